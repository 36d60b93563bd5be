"""Remove stuffed bits from bytes, and arrange the rest as words for reading at any bit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_U = np.uint64


def drop_stuffed(
    data: NDArray[np.uint8], stuffed: NDArray[np.bool_], fill: int, big: bool
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Remove the top bit of the ``stuffed`` bytes.

    Returns the 64 bits from each 16th bit on, and the bit at which each byte begins. Bytes of ``fill`` follow
    behind the last. ``big`` says that the top bit of a byte, and of a word, comes first.
    """
    order = "big" if big else "little"
    bits = np.unpackbits(data, bitorder=order).reshape(-1, 8)  # type: ignore[call-overload]
    keep = np.ones(bits.shape, bool)
    keep[stuffed, 0 if big else 7] = False
    first = np.cumsum(8 - stuffed.astype(np.int64)) - (8 - stuffed)
    packed = np.packbits(bits[keep], bitorder=order)  # type: ignore[call-overload]
    packed = np.concatenate([packed, np.full(16 + (len(packed) & 1), fill, np.uint8)])
    halves = packed.view(">u2" if big else "<u2").astype(_U)
    parts = [halves[i : len(halves) - 3 + i] for i in range(4)]
    if big:
        parts.reverse()
    return parts[0] | parts[1] << _U(16) | parts[2] << _U(32) | parts[3] << _U(48), first
