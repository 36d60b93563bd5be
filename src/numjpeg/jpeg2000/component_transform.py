"""Component transforms (T.800 Annex G): red, green and blue to one luma and two chroma components.

RCT is reversible and works on integers. ICT is irreversible and works on float32, with the factors of JFIF.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Planes = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def rct(red: NDArray[np.int32], green: NDArray[np.int32], blue: NDArray[np.int32]) -> Planes:
    """Reversible transform of level-shifted samples (G.2.1): int32. Chroma takes one bit more."""
    return (red + 2 * green + blue) >> 2, blue - green, red - green


def inverse_rct(y: NDArray[np.int32], u: NDArray[np.int32], v: NDArray[np.int32]) -> Planes:
    """Inverse of :func:`rct` (G.2.2)."""
    green = y - ((u + v) >> 2)
    return v + green, green, u + green


def ict(red: NDArray[np.float32], green: NDArray[np.float32], blue: NDArray[np.float32]) -> Planes:
    """Irreversible transform of level-shifted samples (G.3.1): float32."""
    f = np.float32
    y = f(0.299) * red + f(0.587) * green + f(0.114) * blue
    return y, (blue - y) * f(1 / 1.772), (red - y) * f(1 / 1.402)


def inverse_ict(y: NDArray[np.float32], cb: NDArray[np.float32], cr: NDArray[np.float32]) -> Planes:
    """Inverse of :func:`ict` (G.3.2), with the rounded factors and the order of operations of OpenJPEG."""
    f = np.float32
    return y + f(1.402) * cr, y - (f(0.34413) * cb + f(0.71414) * cr), y + f(1.772) * cb


def sycc_to_rgb(y: NDArray[Any], cb: NDArray[Any], cr: NDArray[Any], depth: int) -> Planes:
    """The colour space sYCC (I.5.3.3) to RGB: products in 64ths, rounded as Pillow rounds them."""
    chroma = np.arange(1 << depth) - (1 << depth - 1)

    def in_64ths(factor: float, plane: NDArray[Any]) -> NDArray[np.int32]:
        products: NDArray[np.int32] = np.trunc(64 * factor * chroma + 0.5).astype(np.int32).take(plane)
        return products

    luma, peak = y.astype(np.int32) << 6, (1 << depth) - 1
    green = luma + in_64ths(-0.34414, cb)
    green += in_64ths(-0.71414, cr)
    sums = (luma + in_64ths(1.402, cr), green, luma + in_64ths(1.772, cb))
    red, green, blue = (np.clip(part >> 6, 0, peak).astype(y.dtype) for part in sums)
    return red, green, blue
