"""The fast reader of progressive scans and the serial one: same coefficients, same findings, same errors."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
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
from numjpeg.stages.huffman import HuffmanTable


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


# --- the automaton of first scans ---------------------------------------------------------------------------

FILES = [
    pillow.save(picture, progressive=True, **options)
    for picture in (
        samples.photograph()[:120, :100],
        samples.noise(50, 60),
        samples.smooth(9, 90),
        samples.flat(64, 64),
    )
    for options in (
        {},
        {"quality": 98, "subsampling": 0},
        {"restart_marker_blocks": 3},
        {"restart_marker_rows": 1},
    )
]


def readers(data: bytes) -> Iterator[progressive.ProgressiveReader]:
    """Those of the first scans, each with planes of its own."""
    structure = read_structure(data)
    for scan in structure.scans:
        if not scan.Ah:
            sink = Sink(True)
            planes = new_planes(structure.require_frame(), structure.scans, len(data), sink)
            yield progressive.reader_of(data, scan, planes, sink)


@pytest.mark.parametrize("data", FILES)
def test_ac_words_equal_those_of_the_literal_reader(data: bytes) -> None:
    for found, literal in zip(readers(data), readers(data), strict=True):
        if isinstance(literal, progressive._AcFirst):
            scan = found.scan
            table, size = scan.huffman_tables[1, scan.components[0].Ta], scan.Se - scan.Ss + 1
            code, kind, rank, ends = fast_progressive._find_ac_words(found, table, size)
            assert ends == fast_progressive._read_ac_first(found)
            literal.read()
            assert ends[-1] == literal.bit
            new = kind <= 16
            block, k = np.divmod(rank[new] + kind[new] - 1, size)
            assert code[new].tolist() == literal.codes.tolist()
            assert (64 * block + scan.Ss + k).tolist() == literal.places.tolist()
            for a, b in zip(found.planes, literal.planes, strict=True):
                np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("data", FILES)
def test_dc_words_equal_those_of_the_literal_reader(data: bytes) -> None:
    for found, literal in zip(readers(data), readers(data), strict=True):
        if isinstance(found, progressive.DcFirst) and isinstance(literal, progressive.DcFirst):
            ends = fast_progressive._read_dc_first(found)
            literal.read()
            assert ends[-1] == literal.bit
            assert found.codes == literal.codes
            for a, b in zip(found.planes, literal.planes, strict=True):
                np.testing.assert_array_equal(a, b)


def test_bits_that_no_code_begins_with_lead_nowhere() -> None:
    table = HuffmanTable((0, 2) + (0,) * 14, bytes((0x01, 0x00)))  # 00 and 01
    followers, starts = fast_progressive._by_bit([table], False)
    state, seen = 0, []
    for bit in (0, 1, 0, 0, 1, 1, 1, 0, 0, 1):
        seen.append(bool(starts[state]))
        state = int(followers[state, bit])
    assert seen == [True, False, True, False, False, True, False, False, False, False]


def test_too_many_states_are_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    [reader] = [reader for reader in readers(FILES[0]) if isinstance(reader, progressive.DcFirst)]
    monkeypatch.setattr(fast_progressive, "MOST_STATES", 20)
    with pytest.raises(fast_progressive.OddError):
        fast_progressive._read_dc_first(reader)
