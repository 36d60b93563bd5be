"""Unstuffing against a walk byte by byte, and windows against strings of 0 and 1."""

import numpy as np
import pytest
from reference import bits as literal_bits

from numjpeg.entropy.bits import unstuff, windows_16, windows_32
from numjpeg.stages.bitstream import bit_windows, unstuff_bytes


def bytes_with_many_ff(count: int, seed: int) -> bytes:
    random = np.random.default_rng(seed)
    return bytes(random.choice([0xFF, 0x00, 0xD0, 0xD7, 0x12], count).astype(np.uint8))


def check_unstuffed(data: bytes, start: int, end: int) -> None:
    payload, starts, _, offsets = literal_bits.unstuff(data, start, end)
    ours = unstuff(data, start, end)
    assert ours.size == len(payload)
    assert ours.data.dtype == np.uint8
    assert ours.data[: ours.size].tobytes() == payload
    assert not ours.data[ours.size :].any()
    assert len(ours.data) >= ours.size + 8
    assert ours.starts.tolist() == starts
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
    data, count = literal_bits.pack(words)
    stuffed = literal_bits.stuff(data)
    payload = unstuff(stuffed, 0, len(stuffed))
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


@pytest.mark.parametrize("seed", range(5))
def test_unstuffing_and_windows_equal_the_stages(seed: int) -> None:
    stuffed = np.frombuffer(literal_bits.stuff(bytes_with_many_ff(80, seed)), np.uint8)
    payload = unstuff(stuffed.tobytes(), 0, len(stuffed))
    plain = unstuff_bytes(stuffed)
    assert np.array_equal(payload.data[: payload.size], plain)
    windows = bit_windows(plain)
    every = np.arange(8 * len(plain))
    assert np.array_equal(windows_32(payload.data, every), windows)
    assert np.array_equal(windows_16(payload.data, 0, len(plain)), windows >> np.uint32(16))
