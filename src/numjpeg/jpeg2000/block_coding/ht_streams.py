"""The bit streams of a high-throughput code-block (T.814 7.1), in reading order and without stuffed bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import FormatError
from numjpeg.jpeg2000.block_coding.unstuffing import drop_stuffed

_PADDING = 32
_U = np.uint64

Integers = NDArray[np.int64]


class Stream(NamedTuple):
    """Bytes in reading order, and which of them have a stuffed top bit."""

    content: NDArray[np.uint8]
    stuffed: NDArray[np.bool_]


def read_forwards(data: bytes | NDArray[np.uint8]) -> Stream:
    """A stream read forwards. A byte after FF has a stuffed bit."""
    content = np.frombuffer(data, np.uint8)
    stuffed = np.zeros(len(content), bool)
    stuffed[1:] = content[:-1] == 0xFF
    return Stream(content, stuffed)


def read_backwards(data: bytes | NDArray[np.uint8]) -> Stream:
    """A stream read from the end. A byte with seven low ones has a stuffed bit after a byte above 8F."""
    content = np.frombuffer(data, np.uint8)[::-1].copy()
    previous = np.concatenate([np.full(1, 0xFF, np.uint8), content])[:-1]
    return Stream(content, (previous > 0x8F) & (content & 127 == 127))


def split_streams(data: bytes) -> tuple[Stream, Stream, Stream]:
    """MagSgn, MEL and VLC of a clean-up segment (T.814 7.1); FormatError if the lengths do not fit."""
    content = np.frombuffer(data, np.uint8)
    size = int(content[-1]) << 4 | int(content[-2]) & 15 if len(content) >= 2 else 0
    if not 2 <= size <= min(len(content), 4079):
        raise FormatError(f"a code-block of {len(content)} bytes has {size} of MEL and VLC", clause="T.814 7.1.1")
    tail = content[-size:-1].copy()
    tail[-1] |= 15  # VLC begins with the upper half of this byte; the lower half counts as ones
    codes = read_backwards(tail)
    codes.stuffed[0] = tail[-1] >> 4 & 7 == 7
    return read_forwards(content[:-size]), read_forwards(tail), codes


def join_streams(streams: Sequence[Stream], fill: int, big: bool) -> tuple[NDArray[np.uint64], Integers, Integers]:
    """Join streams without their stuffed bits. At least 192 bits of ``fill`` follow each.

    Returns the 64 bits from each 16th bit on, and the bits at which each stream begins and ends. ``big`` says that
    the top bit of a byte comes first.
    """
    sizes = np.array([len(content) for content, _ in streams], np.int64)
    starts = np.cumsum(sizes + _PADDING) - sizes - _PADDING
    total = int((sizes + _PADDING).sum())
    data, stuffed = np.full(total, fill, np.uint8), np.zeros(total, bool)
    for at, (content, drop) in zip(starts.tolist(), streams, strict=True):
        data[at : at + len(content)] = content
        stuffed[at : at + len(content)] = drop
    words, first = drop_stuffed(data, stuffed, fill, big)
    return words, first[starts], first[starts + sizes]


def ahead_of(words: NDArray[np.uint64], position: Integers) -> Integers:
    """The next 48 bits or more at each position, the first in the lowest bit."""
    return (words.take(position >> 4, mode="clip") >> (position & 15).astype(_U)).view(np.int64)
