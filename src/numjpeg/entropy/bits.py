"""Bytes of entropy-coded data -> bits. Markers and stuffed zero bytes are removed (T.81 B.1.1.5)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.markers import RST0, find_markers


@dataclass(frozen=True, eq=False)
class Payload:
    """The entropy-coded data of a scan without stuffing, fill bytes and restart markers."""

    data: NDArray[np.uint8]  # with zeros behind the end, so that windows may be read past it
    size: int  # bytes without these zeros
    starts: NDArray[np.intp]  # the byte of the payload at which each restart interval begins; the first is 0
    _removed: NDArray[np.intp]  # the removed bytes, counted from the start of the entropy-coded data, ascending
    _offset: int  # byte offset in the file at which the entropy-coded data start

    def file_offset(self, position: int) -> int:
        """Byte offset in the file of byte ``position`` of the payload."""
        return self._offset + position + int(self._before_removed.searchsorted(position, "right"))

    def file_offsets(self, positions: NDArray[np.intp]) -> NDArray[np.intp]:
        """Byte offsets in the file of many bytes of the payload."""
        return self._offset + positions + self._before_removed.searchsorted(positions, "right")

    @cached_property
    def _before_removed(self) -> NDArray[np.intp]:
        """How many bytes of the payload stand before each byte that was removed."""
        return self._removed - np.arange(len(self._removed))


PAYLOAD_MARGIN = 2560  # zero bytes behind a payload: an MCU that begins inside can be read to its end


def unstuff(data: bytes, start: int, end: int) -> Payload:
    """Unstuff the entropy-coded data from byte ``start`` of a file to ``end``. Every RSTm begins an interval."""
    markers = [place - start for place in find_markers(data, start, end) if RST0 <= data[place + 1] < RST0 + 8]
    begins, ends = [0, *(place + 2 for place in markers)], [*markers, end - start]
    return unstuff_parts(data, start, end, list(zip(begins, ends, strict=True)))


def unstuff_parts(data: bytes, start: int, end: int, parts: list[tuple[int, int]]) -> Payload:
    """Unstuff only some parts of the data. ``parts``: (begin, end) of each restart interval, in bytes from
    ``start``, ascending. No part may have a marker inside.
    """
    raw = np.frombuffer(data, np.uint8, end - start, start)
    ff = np.flatnonzero(raw[:-1] == 0xFF)
    follower = raw[ff + 1]
    begin, stop = np.array(parts, np.intp).T
    stuffing = np.where(follower == 0, ff + 1, ff)[(follower == 0) | (follower == 0xFF)]
    # The fill byte of the marker that ends the scan.
    removed = np.append(stuffing, len(raw) - 1) if (raw[-1:] == 0xFF).any() else stuffing
    if parts != [(0, len(raw))]:  # what lies between the parts is removed, too
        gap_begin, gap_end = np.append(0, stop), np.append(begin, len(raw))
        gaps = gap_end - gap_begin
        between = np.repeat(gap_end - np.cumsum(gaps), gaps) + np.arange(gaps.sum())
        removed = np.sort(np.concatenate([removed, between]))
        removed = removed[np.diff(removed, prepend=-1) > 0]
    size = len(raw) - len(removed)
    payload = np.zeros(size + PAYLOAD_MARGIN, np.uint8)
    kept = np.ones(len(raw), np.bool_)
    kept[removed] = False
    payload[:size] = raw[kept]
    return Payload(payload, size, begin - np.searchsorted(removed, begin), removed, start)


def windows_16(data: NDArray[np.uint8], start: int, count: int) -> NDArray[np.uint16]:
    """The 16 bits that begin at *every* bit of a range of bytes, uint16 ``(count * 8,)``.

    ``data`` : uint8, at least two bytes longer than ``start + count``.

    >>> [format(w, "016b") for w in windows_16(np.array([1, 2, 4], np.uint8), 0, 1)[:2]]
    ['0000000100000010', '0000001000000100']
    """
    piece = data[start : start + count + 2].astype(np.uint32)
    words = piece[:-2] << 16
    words |= piece[1:-1] << 8
    words |= piece[2:]
    return (words[:, np.newaxis] >> np.arange(8, 0, -1, dtype=np.uint32)).astype(np.uint16).ravel()


def windows_32(data: NDArray[np.uint8], positions: NDArray[np.integer]) -> NDArray[np.uint64]:
    """The 32 bits that begin at each of the bits ``positions``, right-aligned, uint64 ``(n,)``. ``data``: uint8;
    at least four more bytes follow the byte of the last position.
    """
    byte = positions >> 3
    word: NDArray[np.uint64] = data[byte].astype(np.uint64)
    for i in range(1, 5):
        word <<= np.uint64(8)
        word |= data[byte + i]
    word >>= (8 - (positions & 7)).astype(np.uint64)
    word &= np.uint64(0xFFFFFFFF)
    return word


def words_64(data: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The 64 bits that begin at every *second* byte of uint8 data; zeros follow the data. Any 49 successive bits
    lie in one of these words. uint64 ``(ceil(len(data) / 8) * 4,)``.

    >>> [hex(word) for word in words_64(np.array([1, 2, 3, 4], np.uint8))[:2].tolist()]
    ['0x102030400000000', '0x304000000000000']
    """
    count = -(-len(data) // 8)
    padded = np.zeros(8 * count + 8, np.uint8)
    padded[: len(data)] = data
    return np.ndarray((4 * count,), ">u8", padded.data, 0, (2,)).astype(np.uint64)
