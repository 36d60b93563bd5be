"""Bits <-> bytes of an entropy-coded segment (T.81 F.1.2.3, B.1.1.5).

Code words follow each other without gaps, the most significant bit first. Ones fill up the last byte. A zero byte
follows each byte FF, so that a decoder can tell it from a marker.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array


def pack_bits(codes: NDArray[np.unsignedinteger[Any]], lengths: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Join code words bit by bit, and fill up the last byte with ones: uint8 ``(ceil(sum of lengths / 8),)``.

    Parameters
    ----------
    codes : unsigned integers ``(n,)``, right-aligned, no bit set above the length.
    lengths : integers ``(n,)``, 0 .. 64 bits.

    >>> pack_bits(np.array([0b101, 0b0111], np.uint64), np.array([3, 4])).tolist() == [0b1010111_1]
    True
    """
    check_array("codes", codes, "u", "unsigned integers (n,)", ndim=1)
    check_array("lengths", lengths, "iu", "integers (n,), 0 .. 64", ndim=1)
    if len(codes) != len(lengths):
        raise ValueError(f"lengths: {len(codes)} expected, one for each code, got {len(lengths)}")
    if len(lengths) and not 0 <= lengths.min() <= lengths.max() <= 64:
        raise ValueError(f"lengths: {lengths.min()} .. {lengths.max()} are not within 0 .. 64")
    lengths = lengths.astype(np.intp)
    word = np.repeat(np.arange(len(codes)), lengths)
    total = len(word)
    # How many bits of the same code word follow each bit.
    after = np.cumsum(lengths)[word] - np.arange(1, total + 1)
    bits = np.ones(total + -total % 8, np.uint8)
    bits[:total] = codes[word] >> after.astype(codes.dtype) & codes.dtype.type(1)
    return np.packbits(bits)


def bit_windows(data: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """For every bit of the data, the 32 bits that begin there: enough for a code word and its magnitude bits.

    ``data`` is uint8 ``(n,)``, without stuffed bytes; zeros follow its end. The windows are uint32 ``(8 n,)``.

    >>> [hex(window) for window in bit_windows(np.array([0x12, 0x34], np.uint8))[[0, 4, 8]].tolist()]
    ['0x12340000', '0x23400000', '0x34000000']
    """
    check_array("data", data, ("uint8",), "uint8 (n,)", ndim=1)
    octets = np.concatenate([data, np.zeros(4, np.uint8)]).astype(np.uint64)
    n = len(data)
    forty = sum(octets[i : i + n] << np.uint64(32 - 8 * i) for i in range(5))
    windows = np.asarray(forty, np.uint64)[:, np.newaxis] >> np.arange(8, 0, -1, dtype=np.uint64)
    return windows.astype(np.uint32).ravel()


def stuff_bytes(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put a zero byte behind each byte FF of uint8 ``(n,)`` (B.1.1.5).

    >>> stuff_bytes(np.array([1, 255, 2], np.uint8)).tolist()
    [1, 255, 0, 2]
    """
    check_array("data", data, ("uint8",), "uint8 (n,)", ndim=1)
    return np.insert(data, np.flatnonzero(data == 0xFF) + 1, 0)


def unstuff_bytes(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Remove the zero byte behind each FF of entropy-coded data, uint8 ``(n,)``: undoes :func:`stuff_bytes`.

    ValueError if anything but zero follows an FF: then it is a marker, or the data are not stuffed.

    >>> unstuff_bytes(np.array([1, 255, 0, 2], np.uint8)).tolist()
    [1, 255, 2]
    """
    check_array("data", data, ("uint8",), "uint8 (n,)", ndim=1)
    behind = np.flatnonzero(data == 0xFF) + 1
    follower = np.append(data, np.uint8(0xFF))[behind]
    if follower.any():
        raise ValueError(f"data: no zero follows the FF at byte {behind[np.argmax(follower > 0)] - 1}: a marker?")
    return np.delete(data, behind)
