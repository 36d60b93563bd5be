"""EXIF and the multi-picture index: what Pillow finds in them, and whatever the bytes are, a short answer."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from PIL import Image

from numjpeg.container.exif import ImagePlace, read_exif, read_image_index, upright_exif, upright_xmp
from numjpeg.container.exif import xmp_orientation as of_xmp


def by_pillow(orientation: int, endian: str = ">") -> bytes:
    exif = Image.Exif()
    exif.endian = endian
    exif[0x010F] = "maker"
    exif[0x0112] = orientation
    exif[0x011A] = 72.0
    return exif.tobytes()


def pillow_orientation(exif: bytes) -> object:
    found = Image.Exif()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found.load(exif)
            return found.get(0x0112)
        except SyntaxError:
            return None


def directory(order: str, entries: list[tuple[int, int, int, bytes]], following: int = 0, at: int = 8) -> bytes:
    """A header and a directory: (tag, type, count, four bytes) each."""
    number = {"big": ">", "little": "<"}[order]
    head = (b"MM\0\x2a" if order == "big" else b"II\x2a\0") + at.to_bytes(4, order)
    fields = np.array(
        [(tag, kind, count, value) for tag, kind, count, value in entries],
        [("tag", f"{number}u2"), ("kind", f"{number}u2"), ("count", f"{number}u4"), ("value", "V4")],
    )
    return head + len(entries).to_bytes(2, order) + fields.tobytes() + following.to_bytes(4, order)


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(orientation: int, endian: str) -> None:
    exif = by_pillow(orientation, endian)
    found: list[str] = []
    assert read_exif(exif, found) == (orientation, None)
    assert read_exif(b"Exif\0\0" + exif, found) == (orientation, None)
    assert found == []
    turned = upright_exif(exif)
    assert pillow_orientation(turned) == 1
    assert len(turned) == len(exif)
    assert sum(a != b for a, b in zip(turned, exif, strict=True)) == (orientation != 1)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_a_warning(orientation: int) -> None:
    found: list[str] = []
    assert read_exif(by_pillow(orientation), found) == (None, None)
    assert found == [f"EXIF: orientation {orientation} is outside 1..8"]


def test_no_exif() -> None:
    found: list[str] = []
    assert read_exif(None, found) == (None, None)
    assert found == []
    for data in (
        b"",
        b"Exif\0\0",
        b"Exif\0\0MM\0\x2a",
        b"Exif\0\0XX\0\x2a\0\0\0\x08\0\0",
        b"MM\0\x2a\xff\xff\xff\xff",
    ):
        assert read_exif(data, found) == (None, None)
        assert found.pop() == "EXIF: no TIFF directory"
        assert upright_exif(data) == data


@pytest.mark.parametrize("endian", ["<", ">"])
def test_every_byte_changed_and_every_truncation(endian: str) -> None:
    """What Pillow finds is found, and nothing is raised; of damaged data Pillow may find less."""
    exif = by_pillow(6, endian)
    header = 14
    agreed = 0
    for place in range(len(exif)):
        for value in {0, 1, 2, 3, 4, 9, 255, exif[place] ^ 1, exif[place] ^ 128}:
            changed = exif[:place] + bytes((value,)) + exif[place + 1 :]
            orientation, _ = read_exif(changed, [])
            upright_exif(changed)
            expected = pillow_orientation(changed) if place >= header else None
            if expected in range(1, 9):
                assert orientation == expected
                agreed += 1
    assert agreed > 150
    for size in range(len(exif)):
        assert read_exif(exif[:size], [])[0] in (None, 6)


def test_a_thumbnail() -> None:
    jpeg = b"\xff\xd8 thumbnail \xff\xd9"
    for order in ("big", "little"):
        value = {name: number.to_bytes(4, order) for name, number in (("at", 56), ("size", len(jpeg)))}
        first = directory(order, [(0x0112, 3, 1, (6).to_bytes(2, order) + b"\0\0")], 26)
        second = directory(order, [(0x0201, 4, 1, value["at"]), (0x0202, 4, 1, value["size"])])[8:]
        data = first + second + jpeg
        assert data.index(jpeg) == 56
        found: list[str] = []
        assert read_exif(b"Exif\0\0" + data, found) == (6, jpeg)
        assert found == []
        assert read_exif(data[:-1], found) == (6, None)
        assert "the thumbnail, 15 bytes at 56, lies outside the 70 bytes" in found.pop()
        assert read_exif(data[:26], found) == (6, None)
        assert "second directory" in found.pop()


@pytest.mark.parametrize(
    ("xmp", "orientation"),
    [
        (None, None),
        (b"", None),
        (b'<rdf tiff:Orientation="6"/>', 6),
        (b"<tiff:Orientation>8</tiff:Orientation>", 8),
        (b'<rdf tiff:Orientation="9"/>', None),
        (b'<rdf tiff:Orientation="0"/>', None),
    ],
)
def test_orientation_in_xmp(xmp: bytes | None, orientation: int | None) -> None:
    assert of_xmp(xmp) == orientation
    if orientation:
        assert of_xmp(upright_xmp(xmp)) == 1


def image_index(entries: bytes, count: int) -> bytes:
    return (
        b"MPF\0"
        + directory(
            "big", [(0xB001, 4, 1, count.to_bytes(4, "big")), (0xB002, 7, len(entries), (38).to_bytes(4, "big"))]
        )
        + entries
    )


def test_the_index_of_a_multi_picture_file() -> None:
    entries = bytes.fromhex("00030000 00000064 00000000 0000000000020002 00000032 00000100 00000000")
    found: list[str] = []
    places = (ImagePlace(0, 100, 0x030000), ImagePlace(20 + 4 + 256, 50, 0x020002))
    assert read_image_index(image_index(entries, 2), 20, 1000, found) == places
    assert found == []
    assert read_image_index(image_index(entries, 2), 20, 329, found) == places
    assert found.pop() == "MPF: image 2, 50 bytes at 280, lies outside the file"
    for count, kept in ((0xFFFFFFFF, places), (1, places[:1]), (0, ())):
        assert read_image_index(image_index(entries, count), 20, 1000, found) == kept
        assert found.pop() == f"MPF: {count} images stated, 2 listed"
    for data in (b"MPF\0", b"MPF\0 M\0*\0\0\0\x08\0\3", image_index(entries, 2)[:12]):
        assert read_image_index(data, 20, 1000, found) == ()
        assert found.pop() == "MPF: no TIFF directory"
    for size in range(len(image_index(entries, 2))):
        read_image_index(image_index(entries, 2)[:size], 20, 1000, [])


def test_of_two_orientations_the_first_counts_and_is_set() -> None:
    """As in Pillow from version 13 on."""
    entries = b"".join(b"\x01\x12\0\3\0\0\0\1\0" + bytes((number, 0, 0)) for number in (6, 3))
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\2" + entries + bytes(4)
    assert read_exif(exif, []) == (6, None)
    assert upright_exif(exif) == exif.replace(b"\1\0\6", b"\1\0\1")
