"""Bits <-> bytes of entropy-coded data: packing, byte stuffing (T.81 B.1.1.5, F.1.2.3), windows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.markers import RST0
from numjpeg.workspace import Workspace


def pack(
    codes: NDArray[np.uint64], lengths: NDArray[np.integer], workspace: Workspace | None = None
) -> tuple[bytes, int]:
    """String code words together, the most significant bit first.

    Parameters
    ----------
    codes : uint64 ``(n,)``, right-aligned, no bit set above its length.
    lengths : ``(n,)``, 0 .. 63 bits.
    workspace : memory for what is in between.

    Returns
    -------
    (bytes, bits): the bytes, the last one filled up with zeros, and the number of bits that count.

    Notes
    -----
    Shifted to its place in the 64-bit word in which it *ends*, a code is added to that word; what sticks out
    at the word's top is added to the word before. No two codes share a bit, so sums are ors. The sum over the
    codes that end in a word is a difference of a cumulative sum over all codes, which may wrap: modulo 2^64 it
    comes out right. As no code is longer than a word, one ends in each.

    Neighbours that fit a word together are joined first, which halves the rest of the work. Measured for 20,000
    codes: 0.17 ms, with ``add.reduceat`` in place of both 0.30 ms.

    >>> pack(np.array([0b101, 0b11111], np.uint64), np.array([3, 5]))
    (b'\\xbf', 8)
    """
    workspace = workspace or Workspace()
    codes, ends = _join_pairs(codes, lengths.astype(np.uint64, copy=False), workspace)
    np.cumsum(ends, out=ends)
    total = int(ends[-1]) if len(ends) else 0
    if total == 0:
        return b"", 0
    if not ends[0]:
        some = ends > 0  # a word that ends before the first one would be one too many
        codes, ends = codes[some], ends[some]
    shift = workspace.array("shift", ends.shape, np.uint64)
    np.negative(ends, out=shift)
    np.bitwise_and(shift, np.uint64(63), out=shift)
    sums = workspace.array("sums", ends.shape, np.uint64)
    np.left_shift(codes, shift, out=sums)
    np.cumsum(sums, out=sums)
    word = np.subtract(ends, np.uint64(1), out=ends)
    np.right_shift(word, np.uint64(6), out=word)
    last = np.flatnonzero(word[1:] != word[:-1])
    at_last = sums.take(last)
    words = np.append(at_last, sums[-1:])
    words[1:] -= at_last
    # The first code that ends in a word is the only one that can begin in the word before.
    straddling = last + 1
    # A shift by 64 is undefined: shift twice.
    words[:-1] |= codes.take(straddling) >> (np.uint64(63) - shift.take(straddling)) >> np.uint64(1)
    return words.astype(">u8").tobytes()[: (total + 7) // 8], total


def _join_pairs(
    codes: NDArray[np.uint64], lengths: NDArray[np.uint64], workspace: Workspace
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Codes 0 and 1, 2 and 3 ... as one; all as they are if a pair is longer than 64 bits. Copies either way."""
    pairs, odd = divmod(len(codes), 2)
    joined = workspace.array("joined", (pairs + odd,), np.uint64)
    length = workspace.array("joined lengths", (pairs + odd,), np.uint64)
    second = lengths[1::2]
    np.add(lengths[: 2 * pairs : 2], second, out=length[:pairs])
    if length[:pairs].max(initial=0) > 64:
        return codes, lengths.copy()
    np.left_shift(codes[: 2 * pairs : 2], second, out=joined[:pairs])
    np.bitwise_or(joined[:pairs], codes[1::2], out=joined[:pairs])
    if odd:
        joined[-1], length[-1] = codes[-1], lengths[-1]
    return joined, length


def stuff(data: bytes, boundaries: NDArray[np.intp] | None = None, first_restart: int = 0) -> bytes:
    """Put a zero byte after each FF (B.1.1.5) and restart markers between the intervals (F.1.2.3).

    Parameters
    ----------
    data : packed bits.
    boundaries : ascending offsets in ``data`` in front of which a restart marker goes, no two equal, or None.
    first_restart : m of the first marker RSTm; the others count on modulo 8.

    >>> stuff(b"\\xff\\x01", np.array([2]), 7).hex()
    'ff0001ffd7'
    """
    if boundaries is None or len(boundaries) == 0:
        return data.replace(b"\xff", b"\xff\x00")
    array = np.frombuffer(data, np.uint8)
    zeros_at = np.flatnonzero(array == 0xFF) + 1
    numbers = (first_restart + np.arange(len(boundaries))) % 8
    # np.insert keeps the given order among equal positions: a stuffed zero goes before the marker.
    positions = np.concatenate([zeros_at, boundaries, boundaries])
    values = np.concatenate([np.zeros(len(zeros_at)), np.full(len(boundaries), 0xFF), RST0 + numbers]).astype(
        np.uint8
    )
    return np.insert(array, positions, values).tobytes()


def restart_marker(count: int) -> bytes:
    """The marker after ``count`` others: RSTm, m = count modulo 8 (F.1.2.3)."""
    return bytes((0xFF, RST0 + count % 8))


@dataclass(frozen=True, eq=False)
class Payload:
    """The entropy-coded data of a scan without stuffing, fill bytes and restart markers.

    Attributes
    ----------
    data : uint8, followed by zeros so that windows may be read past the end.
    size : number of bytes that count.
    starts : byte offset at which each restart interval begins; the first is 0.
    restarts : m of the marker RSTm in front of each interval but the first.
    """

    data: NDArray[np.uint8]
    size: int
    starts: NDArray[np.intp]
    restarts: NDArray[np.intp]
    _removed: NDArray[np.intp]
    _offset: int

    def file_offset(self, position: int) -> int:
        """Byte offset in the file of byte ``position`` of the payload."""
        return self._offset + position + int(np.searchsorted(self._before_removed, position, side="right"))

    def file_offsets(self, positions: NDArray[np.intp]) -> NDArray[np.intp]:
        """The same of many bytes."""
        return self._offset + positions + np.searchsorted(self._before_removed, positions, side="right")

    @cached_property
    def _before_removed(self) -> NDArray[np.intp]:
        """How many bytes of the payload stand before each byte that was removed."""
        return self._removed - np.arange(len(self._removed))


PAYLOAD_MARGIN = 2560
"""Zero bytes behind a payload, so that an MCU that begins inside it may be read to its end."""


def unstuff(data: bytes, start: int, end: int) -> Payload:
    """Take entropy-coded data apart: the inverse of :func:`stuff`.

    Parameters
    ----------
    data : the file. start, end : byte offsets of the entropy-coded data.
    """
    raw = np.frombuffer(data, np.uint8, end - start, start)
    ff = np.flatnonzero(raw[:-1] == 0xFF)
    follower = raw[ff + 1]
    stuffed = ff[follower == 0] + 1
    fill = ff[follower == 0xFF]
    restart = ff[(follower >= RST0) & (follower < RST0 + 8)]
    if len(raw) and raw[-1] == 0xFF:
        fill = np.append(fill, len(raw) - 1)  # the fill byte of the marker that ends the scan
    removed = np.sort(np.concatenate([stuffed, fill, restart, restart + 1]))
    size = len(raw) - len(removed)
    payload = np.zeros(size + PAYLOAD_MARGIN, np.uint8)
    payload[:size] = np.delete(raw, removed)
    starts = restart - np.searchsorted(removed, restart)
    return Payload(payload, size, np.append(0, starts), (raw[restart + 1] - RST0).astype(np.intp), removed, start)


def unstuff_parts(data: bytes, start: int, end: int, parts: list[tuple[int, int]]) -> Payload:
    """Take entropy-coded data apart of which only some parts are to be read.

    Parameters
    ----------
    data : the file. start, end : byte offsets of the entropy-coded data.
    parts : (begin, end) of each restart interval, in bytes from ``start``; ascending, none with a marker inside.
    """
    raw = np.frombuffer(data, np.uint8, end - start, start)
    begin, stop = np.array(parts, np.intp).T
    edges = np.zeros(len(raw) + 1, np.int8)
    edges[begin] += 1  # markers stand between the parts, so no two share an edge; an empty one has none
    edges[stop] -= 1
    keep = np.cumsum(edges[:-1], dtype=np.int8).view(np.bool_)
    ff = np.flatnonzero(raw[:-1] == 0xFF)
    keep[ff[raw[ff + 1] == 0] + 1] = False
    keep[ff[raw[ff + 1] == 0xFF]] = False
    keep[-1:] &= raw[-1:] != 0xFF
    removed = np.flatnonzero(~keep)
    size = len(raw) - len(removed)
    payload = np.zeros(size + PAYLOAD_MARGIN, np.uint8)
    payload[:size] = raw[keep]
    starts = begin - np.searchsorted(removed, begin)
    return Payload(payload, size, starts, np.empty(0, np.intp), removed, start)


def windows_16(data: NDArray[np.uint8], start: int, count: int) -> NDArray[np.uint16]:
    """The 16 bits from *every* bit on.

    Parameters
    ----------
    data : uint8, at least two bytes longer than ``start + count``. start, count : a range of bytes.

    Returns
    -------
    uint16 ``(count * 8,)``.

    >>> [format(w, "016b") for w in windows_16(np.array([1, 2, 4], np.uint8), 0, 1)[:2]]
    ['0000000100000010', '0000001000000100']
    """
    piece = data[start : start + count + 2].astype(np.uint32)
    words = piece[:-2] << 16
    words |= piece[1:-1] << 8
    words |= piece[2:]
    return (words[:, np.newaxis] >> np.arange(8, 0, -1, dtype=np.uint32)).astype(np.uint16).ravel()


def windows_32(data: NDArray[np.uint8], positions: NDArray[np.integer]) -> NDArray[np.uint64]:
    """The 32 bits from given bits on.

    Parameters
    ----------
    data : uint8, at least five bytes longer than any position's byte. positions : bit offsets ``(n,)``.

    Returns
    -------
    uint64 ``(n,)``, the upper half zero.
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
    """The 64 bits from every *second* byte on: of any bit, at least 49 of those that follow are in one word.

    Parameters
    ----------
    data : uint8; taken to go on with zeros.

    Returns
    -------
    uint64 ``(ceil(len(data) / 8) * 4,)``.

    >>> [hex(word) for word in words_64(np.array([1, 2, 3, 4], np.uint8))[:2].tolist()]
    ['0x102030400000000', '0x304000000000000']
    """
    count = -(-len(data) // 8)
    padded = np.zeros(8 * count + 8, np.uint8)
    padded[: len(data)] = data
    words = np.empty((count, 4), np.uint64)
    for i in range(4):
        words[:, i] = padded[2 * i : 2 * i + 8 * count].view(">u8")
    return words.ravel()
