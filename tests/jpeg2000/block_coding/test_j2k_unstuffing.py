"""Stuffed bits are left out: against a string of bits."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.jpeg2000.block_coding.unstuffing import drop_stuffed


@pytest.mark.parametrize("big", [False, True])
def test_bits_of_every_byte(big: bool) -> None:
    rng = np.random.default_rng(0)
    data, stuffed = rng.integers(0, 256, 101).astype(np.uint8), rng.random(101) < 0.3
    words, first = drop_stuffed(data, stuffed, 0xFF, big)
    text, starts = "", []
    for byte, drop in zip(data.tolist(), stuffed.tolist(), strict=True):
        starts.append(len(text))
        bits = f"{byte:08b}"[1 if drop else 0 :]
        text += bits if big else bits[::-1]
    assert first.tolist() == starts
    for i in range(len(text) // 16 - 3):  # behind the last bit, the byte is filled with zeros
        bits = text[16 * i : 16 * i + 64]
        assert words[i] == int(bits if big else bits[::-1], 2)
