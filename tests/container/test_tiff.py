"""Directories of tags: bounded work, whatever the bytes are."""

from __future__ import annotations

import time

import numpy as np

from numjpeg.container import tiff
from numjpeg.container.exif import read_exif


def directory(order: str, entries: list[tuple[int, int, int, bytes]], following: int = 0, at: int = 8) -> bytes:
    """A header and a directory: (tag, type, count, four bytes) each."""
    number = {"big": ">", "little": "<"}[order]
    head = (b"MM\0\x2a" if order == "big" else b"II\x2a\0") + at.to_bytes(4, order)
    fields = np.array(
        [(tag, kind, count, value) for tag, kind, count, value in entries],
        [("tag", f"{number}u2"), ("kind", f"{number}u2"), ("count", f"{number}u4"), ("value", "V4")],
    )
    return head + len(entries).to_bytes(2, order) + fields.tobytes() + following.to_bytes(4, order)


def test_directories_that_point_to_themselves_or_claim_the_most() -> None:
    """No pointer is followed twice, and a directory is no longer than the data."""
    loop = directory("big", [(0x8769, 4, 1, b"\0\0\0\x08"), (0x0112, 3, 1, b"\0\3\0\0")], 8)
    start = time.perf_counter()
    assert read_exif(loop, []) == (3, None)
    many = bytearray(directory("little", [(0x0112, 3, 1, b"\3\0\0\0")] * 5000, 8))
    many[8:10] = b"\xff\xff"
    assert read_exif(bytes(many), []) == (3, None)
    huge = directory("big", [(0x0112, 3, 0xFFFFFFFF, b"\0\0\0\x08"), (0x0111, 4, 1 << 30, b"\xff\xff\xff\xff")])
    assert read_exif(huge, []) == (None, None)
    assert time.perf_counter() - start < 1


def test_fields_hold_whole_numbers_only() -> None:
    data = directory(
        "big",
        [(1, 3, 1, b"\0\7\0\0"), (2, 9, 1, b"\xff\xff\xff\xff"), (3, 1, 4, b"abcd"), (4, 5, 1, b"\0\0\0\x08")],
    )
    order, found = tiff.opened(data)
    assert order == "big"
    assert found is not None
    assert [tiff.integer(data, "big", found.fields.get(tag)) for tag in range(5)] == [None, 7, -1, None, None]
    assert found.fields.keys() == {1, 2, 3}  # rational numbers are not read
