"""Packing, stuffing and windows against strings of 0 and 1, and against a walk byte by byte."""

import numpy as np
import pytest
from reference import bits as literal_bits

from numjpeg.entropy.bits import pack, restart_marker, stuff, unstuff, windows_16, windows_32


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


def bytes_with_many_ff(count: int, seed: int) -> bytes:
    random = np.random.default_rng(seed)
    return bytes(random.choice([0xFF, 0x00, 0xD0, 0xD7, 0x12], count).astype(np.uint8))


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


def check_unstuffed(data: bytes, start: int, end: int) -> None:
    payload, starts, restarts, offsets = literal_bits.unstuff(data, start, end)
    ours = unstuff(data, start, end)
    assert ours.size == len(payload)
    assert ours.data.dtype == np.uint8
    assert ours.data[: ours.size].tobytes() == payload
    assert not ours.data[ours.size :].any()
    assert len(ours.data) >= ours.size + 8
    assert ours.starts.tolist() == starts
    assert ours.restarts.tolist() == restarts
    assert [ours.file_offset(i) for i in range(len(payload))] == offsets


@pytest.mark.parametrize("seed", range(20))
def test_unstuffing_equals_the_walk(seed: int) -> None:
    random = np.random.default_rng(seed)
    data = bytes_with_many_ff(80, seed)
    boundaries = np.sort(random.permutation(80)[: random.integers(0, 20)])
    scan = literal_bits.stuff(data, tuple(boundaries.tolist()), seed)
    before, after = bytes_with_many_ff(7, seed), b"\xff\xd9\xff\x00"
    check_unstuffed(before + scan + after, 7, 7 + len(scan))
    check_unstuffed(scan, 0, len(scan))


@pytest.mark.parametrize(
    "scan",
    [
        "",
        "12",
        "ff00",
        "ff00ff00",
        "ffd0",  # two intervals without a byte
        "ffd0ffd1ffd2",
        "ff00ffd3ff00",
        "12ffffd034",  # a fill byte before a restart marker
        "12ffffffffd034",
        "12ff00ffffd0ff00",
        "12ff",  # the first fill byte of the marker behind the scan
        "12ffff",
        "ff00ff",
        "ff",
        "12ffff0034",
        "d0ff00d0",
    ],
)
def test_unstuffing_of_markers_and_fill_bytes(scan: str) -> None:
    data = bytes.fromhex(scan)
    check_unstuffed(data, 0, len(data))
    check_unstuffed(b"\xff\xda\x00" + data + b"\xff\xd9", 3, 3 + len(data))


@pytest.mark.parametrize("seed", range(5))
def test_what_was_packed_and_stuffed_comes_back(seed: int) -> None:
    random = np.random.default_rng(seed)
    words = ["".join(random.choice(["0", "1"], n, p=[0.1, 0.9])) for n in random.integers(1, 58, 200)]
    data, count = packed(words)
    payload = unstuff(stuff(data), 0, len(stuff(data)))
    assert literal_bits.text(payload.data[: payload.size].tobytes())[:count] == "".join(words)


def test_windows_of_16_bits_equal_slices_of_the_string() -> None:
    data = np.random.default_rng(0).integers(0, 256, 50).astype(np.uint8)
    text = literal_bits.text(data.tobytes())
    for start, count in [(0, 48), (0, 1), (5, 20), (47, 1), (10, 0)]:
        windows = windows_16(data, start, count)
        assert windows.dtype == np.uint16
        first = 8 * start
        assert windows.tolist() == [int(text[first + i : first + i + 16], 2) for i in range(8 * count)]


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint32])
def test_windows_of_32_bits_equal_slices_of_the_string(dtype: type) -> None:
    data = np.random.default_rng(1).integers(0, 256, 50).astype(np.uint8)
    data[10:20] = 255
    text = literal_bits.text(data.tobytes())
    positions = np.random.default_rng(2).permutation(45 * 8)
    windows = windows_32(data, positions.astype(dtype))
    assert windows.dtype == np.uint64
    assert windows.tolist() == [int(text[p : p + 32], 2) for p in positions.tolist()]
