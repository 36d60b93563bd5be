"""Packing and stuffing at full speed, against strings of 0 and 1, the stages, and the literal writer of scans."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from entropy.test_bits import bytes_with_many_ff
from reference import bits as literal_bits

from numjpeg.coefficients import Component
from numjpeg.container.frame import Frame, Scan
from numjpeg.entropy.sequential_writer import find_symbols, restart_marker, write_scan
from numjpeg.fast.codewords.packing import pack, pack_scan, stuff
from numjpeg.stages.bitstream import pack_bits, stuff_bytes
from numjpeg.stages.huffman import STANDARD_TABLES


def packed(words: list[str]) -> tuple[bytes, int]:
    codes = np.array([int(word or "0", 2) for word in words], np.uint64)
    return pack(codes, np.array([len(word) for word in words], np.uint8))


@pytest.mark.parametrize("seed", range(20))
def test_packing_equals_a_string(seed: int) -> None:
    random = np.random.default_rng(seed)
    limits = [(0, 57), (1, 1), (57, 57), (1, 8), (0, 2), (50, 57), (31, 33), (16, 16), (1, 27), (0, 57)]
    low, high = limits[seed % 10]
    words = []
    for length in random.integers(low, high + 1, random.integers(1, 400)):
        chance = random.choice([0.0, 0.5, 1.0])
        words.append("".join("01"[int(bit)] for bit in random.random(length) < chance))
    assert packed(words) == literal_bits.pack(words)


@pytest.mark.parametrize("first", range(65))
def test_a_code_may_begin_at_any_bit_of_a_word(first: int) -> None:
    words = ["0"] * first + ["1" * 57, "0" * 57, "1"]
    assert packed(words) == literal_bits.pack(words)


@pytest.mark.parametrize(
    "words",
    [[], [""], ["", ""], ["1"], ["", "1", ""], ["0" * 57], ["1" * 32, "0" * 32], ["1" * 32, "0" * 32, "1"]],
)
def test_packing_of_little_or_nothing(words: list[str]) -> None:
    assert packed(words) == literal_bits.pack(words)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64, np.uint64])
def test_lengths_of_any_integer_dtype(dtype: type) -> None:
    codes = np.array([5, 0, 1], np.uint64)
    assert pack(codes, np.array([3, 57, 1], dtype)) == literal_bits.pack(["101", "0" * 57, "1"])


@pytest.mark.parametrize("seed", range(10))
def test_packing_equals_the_stage(seed: int) -> None:
    random = np.random.default_rng(seed)
    lengths = random.integers(0, 59, 300)
    codes = random.integers(0, 1 << 62, 300, np.uint64) & (
        (np.uint64(1) << lengths.astype(np.uint64)) - np.uint64(1)
    )
    data, count = pack(codes, lengths)
    literal = pack_bits(codes, lengths)
    ones = (1 << -count % 8) - 1
    assert data[:-1] + bytes([data[-1] | ones]) == literal.tobytes()


@pytest.mark.parametrize("seed", range(20))
def test_stuffing_equals_the_walk(seed: int) -> None:
    random = np.random.default_rng(seed)
    data = bytes_with_many_ff(60, seed)
    boundaries = np.sort(random.permutation(61)[: random.integers(0, 20)])
    first = int(random.integers(0, 8))
    expected = literal_bits.stuff(data, tuple(boundaries.tolist()), first)
    assert stuff(data, boundaries, first) == expected
    assert stuff(data) == literal_bits.stuff(data)


def test_a_zero_stands_between_an_interval_that_ends_in_ff_and_the_marker() -> None:
    """B.1.1.5 before E.1.4: FF of the data, its 00, then the marker."""
    assert stuff(b"\x01\xff\x02\xff", np.array([2, 4]), 6).hex() == "01ff00ffd602ff00ffd7"
    assert stuff(b"\xff\xff", np.array([1])).hex() == "ff00ffd0ff00"


def test_restart_markers_count_modulo_8() -> None:
    data = bytes(range(20))
    stuffed = stuff(data, np.arange(1, 20), 3)
    markers = [stuffed[i + 1] - 0xD0 for i in range(len(stuffed)) if stuffed[i] == 0xFF]
    assert markers == [(3 + i) % 8 for i in range(19)]
    assert [restart_marker(i) for i in range(10)] == [bytes([0xFF, 0xD0 + i % 8]) for i in range(10)]


def test_stuffing_nothing() -> None:
    assert stuff(b"") == b""
    assert stuff(b"", np.array([], np.intp)) == b""
    assert stuff(b"\x00\x01", np.array([0])).hex() == "ffd00001"


@pytest.mark.parametrize("seed", range(10))
def test_stuffing_equals_the_stage(seed: int) -> None:
    data = bytes_with_many_ff(60, seed)
    assert stuff(data) == stuff_bytes(np.frombuffer(data, np.uint8)).tobytes()


FACTORS = [((1, 1),), ((2, 2), (1, 1), (1, 1)), ((1, 2), (1, 1), (2, 1))]


@pytest.mark.parametrize("factors", FACTORS)
@pytest.mark.parametrize("interval", [0, 1, 2, 3, 7, 12, 100])
def test_scans_equal_those_of_the_literal_writer(factors, interval: int) -> None:
    """Bands of several sizes; with intervals of one MCU more than eight markers go by."""
    components = tuple(Component(i, h, v, 0, min(i, 1), min(i, 1)) for i, (v, h) in enumerate(factors))
    scan = Scan(Frame(0xC0, 8, 1, 1, components), tuple(range(len(factors))), components, {}, interval)
    scan.huffman_tables.update(STANDARD_TABLES)
    for seed, heights in itertools.product(range(3), ([1], [3, 1], [1, 1, 2, 1])):
        random = np.random.default_rng(seed)
        bands = []
        for rows in heights:
            shapes = [(rows * v, 4 * h, 64) for v, h in factors]
            bands.append(
                [
                    (random.integers(-200, 200, shape) * (random.random(shape) < 0.2)).astype(np.int16)
                    for shape in shapes
                ]
            )
        expected = b"".join(write_scan(scan, find_symbols(scan, bands)))
        assert b"".join(pack_scan(scan, find_symbols(scan, bands))) == expected
        markers = sum(expected.count(bytes((0xFF, 0xD0 + m))) for m in range(8))
        assert markers == (-(-4 * sum(heights) // interval) - 1 if interval else 0)
