"""Streams of a high-throughput code-block, against the rules of T.814 7.1 written out bit by bit."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.jpeg2000.block_coding import ht_streams


def literally(data: bytes, backwards: bool) -> list[int]:
    found, previous = [], 0xFF if backwards else 0
    for byte in data[::-1] if backwards else data:
        seven = previous > 0x8F and byte & 127 == 127 if backwards else previous == 0xFF
        found += [byte >> i & 1 for i in range(7 if seven else 8)]
        previous = byte
    return found


@pytest.mark.parametrize("backwards", [False, True])
def test_bits_in_the_order_of_reading(backwards: bool) -> None:
    rng = np.random.default_rng(0)
    datas = [bytes(rng.choice([0, 0x7F, 0x8F, 0x90, 0xFF, 0x35], size).astype(np.uint8)) for size in (0, 1, 2, 60)]
    read = ht_streams.read_backwards if backwards else ht_streams.read_forwards
    words, starts, ends = ht_streams.join_streams([read(data) for data in datas], 0, False)
    for data, start, end in zip(datas, starts, ends, strict=True):
        expected = literally(data, backwards)
        assert end - start == len(expected)
        found = ht_streams.ahead_of(words, np.arange(start, end + 40)) & 1
        assert found.tolist() == expected + [0] * 40


def test_the_tail_is_shared() -> None:
    """MEL from its front and VLC from its end; the byte of the length is half VLC's."""
    magnitudes, events, codes = ht_streams.split_streams(b"\x11\xff\x01" + b"\x22\xff\x05\x74\x00")
    assert magnitudes.content.tolist() == [0x11, 0xFF, 0x01, 0x22]
    assert magnitudes.stuffed.tolist() == [False, False, True, False]
    assert events.content.tolist() == [0xFF, 0x05, 0x7F]
    assert codes.content.tolist() == [0x7F, 0x05, 0xFF]
    assert codes.stuffed.tolist() == [True, False, False]
