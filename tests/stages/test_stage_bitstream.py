"""Bits to bytes and back, against strings of 0 and 1 and a walk byte by byte."""

import numpy as np
import pytest
from reference import bits as literal_bits

from numjpeg.stages.bitstream import bit_windows, pack_bits, stuff_bytes, unstuff_bytes


def packed(words: list[str]) -> bytes:
    codes = np.array([int(word or "0", 2) for word in words], np.uint64)
    return pack_bits(codes, np.array([len(word) for word in words], np.uint8)).tobytes()


def expected(words: list[str]) -> bytes:
    """F.1.2.3: the last byte is filled up with ones."""
    text = "".join(words)
    data, count = literal_bits.pack([text + "1" * (-len(text) % 8)])
    assert count % 8 == 0
    return data


@pytest.mark.parametrize("seed", range(12))
def test_packing_equals_a_string(seed: int) -> None:
    random = np.random.default_rng(seed)
    low, high = [(0, 64), (1, 1), (64, 64), (1, 8), (0, 2), (16, 16)][seed % 6]
    words = ["".join(random.choice(["0", "1"], n)) for n in random.integers(low, high + 1, 200)]
    assert packed(words) == expected(words)


@pytest.mark.parametrize("words", [[], [""], ["", ""], ["1"], ["", "0", ""], ["0" * 64], ["0" * 9], ["1" * 7]])
def test_packing_of_little_or_nothing(words: list[str]) -> None:
    assert packed(words) == expected(words)


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32, np.uint64])
def test_codes_of_any_unsigned_dtype(dtype: type) -> None:
    assert pack_bits(np.array([5, 0, 1], dtype), np.array([3, 16, 1])).tobytes() == expected(
        ["101", "0" * 16, "1"]
    )


@pytest.mark.parametrize("seed", range(8))
def test_stuffing_equals_the_walk_and_comes_back(seed: int) -> None:
    random = np.random.default_rng(seed)
    data = random.choice([0xFF, 0x00, 0xD0, 0x12], random.integers(0, 60)).astype(np.uint8)
    stuffed = stuff_bytes(data)
    assert stuffed.dtype == np.uint8
    assert stuffed.tobytes() == literal_bits.stuff(data.tobytes())
    assert unstuff_bytes(stuffed).tobytes() == data.tobytes()
    assert unstuff_bytes(stuffed).tobytes() == literal_bits.unstuff(stuffed.tobytes(), 0, len(stuffed))[0]


@pytest.mark.parametrize("wrong", ["ff", "12ffd0", "ffff00", "ff00ff"])
def test_a_marker_is_no_stuffed_byte(wrong: str) -> None:
    with pytest.raises(ValueError, match="marker"):
        unstuff_bytes(np.frombuffer(bytes.fromhex(wrong), np.uint8))


def test_windows_equal_slices_of_the_string() -> None:
    data = np.random.default_rng(1).integers(0, 256, 50).astype(np.uint8)
    data[10:20] = 255
    text = literal_bits.text(data.tobytes()) + "0" * 32
    windows = bit_windows(data)
    assert windows.dtype == np.uint32
    assert windows.tolist() == [int(text[i : i + 32], 2) for i in range(8 * len(data))]
    assert bit_windows(data[:0]).shape == (0,)


def test_lengths_that_do_not_fit_are_refused() -> None:
    codes = np.zeros(2, np.uint64)
    for lengths in ([1], [1, 2, 3], [1, -1], [65, 1]):
        with pytest.raises(ValueError, match="lengths"):
            pack_bits(codes, np.array(lengths))
