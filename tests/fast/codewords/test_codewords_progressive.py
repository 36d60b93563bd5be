"""The fast reader of progressive scans and the serial one: same coefficients, same findings, same errors."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pillow
import pytest
import samples

import numjpeg
from numjpeg import scans as choosers
from numjpeg.container.findings import Sink
from numjpeg.container.structure import read_structure
from numjpeg.entropy import progressive_reader as progressive
from numjpeg.entropy.planes import new_planes
from numjpeg.errors import JpegError
from numjpeg.fast.codewords import progressive as fast_progressive


def literally(*arguments: Any) -> int:
    return progressive.reader_of(*arguments).read()


def read(data: bytes, read_scan: Callable[..., None], strict: bool) -> tuple[list[bytes], list[str], str | None]:
    """All planes, the findings, and the error; of an error nothing else."""
    sink = Sink(strict)
    try:
        structure = read_structure(data, strict=strict)
        planes = new_planes(structure.require_frame(), structure.scans, len(data), sink)
        for scan in structure.scans:
            read_scan(data, scan, planes, sink)
    except JpegError as error:
        return [], [], str(error)
    return [plane.tobytes() for plane in planes], sorted(map(str, sink.findings)), None


def assert_same(data: bytes) -> tuple[list[bytes], list[str], str | None]:
    for strict in (False, True):
        expected = read(data, literally, strict)
        assert read(data, choosers.read_progressive, strict) == expected
    return expected


@pytest.fixture(autouse=True)
def fast_for_small_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_progressive, "SERIAL_BELOW", (0, 0))


def never(*arguments: object) -> None:
    raise AssertionError("the serial reader was asked")


def test_sound_scans_are_not_read_serially(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [
        pillow.save(picture, progressive=True, **options)
        for picture in (samples.photograph()[:160, :200], samples.noise(50, 60), samples.smooth(120, 90))
        for options in ({}, {"quality": 97, "subsampling": 0}, {"restart_marker_blocks": 7})
    ]
    expected = [read(data, literally, True) for data in files]
    monkeypatch.setattr(progressive._Ac, "prepare", never)
    monkeypatch.setattr(progressive.DcFirst, "prepare", never)
    for data, result in zip(files, expected, strict=True):
        assert result[2] is None
        assert read(data, choosers.read_progressive, True) == result
        assert np.array_equal(numjpeg.decode(data), pillow.load(data))


@pytest.mark.usual("0")
@pytest.mark.parametrize("part", range(8))
def test_damaged_scans_give_the_same_coefficients_or_the_same_error(part: int) -> None:
    chance = random.Random(part)
    files = [
        pillow.save(picture, progressive=True, **options)
        for picture in (samples.smooth(40, 56), samples.noise(24, 32))
        for options in ({}, {"subsampling": 0, "quality": 95}, {"restart_marker_blocks": 3})
    ]
    errors = 0
    for _ in range(40):
        data = bytearray(chance.choice(files))
        first = data.index(b"\xff\xda")
        for _ in range(chance.choice((1, 1, 3))):
            data[chance.randrange(first + 14, len(data))] = chance.randrange(256)
        if chance.random() < 0.1:
            del data[chance.randrange(first, len(data)) :]
        errors += assert_same(bytes(data))[2] is not None
    assert 8 < errors < 40


def test_numbers_of_64_bits_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pillow.save(samples.photograph()[:120, :152], quality=90, progressive=True)
    in_32_bits = numjpeg.decode(data)
    monkeypatch.setattr(fast_progressive, "MOST_IN_32_BITS", 0)
    np.testing.assert_array_equal(numjpeg.decode(data), in_32_bits)
    np.testing.assert_array_equal(in_32_bits, pillow.load(data))
