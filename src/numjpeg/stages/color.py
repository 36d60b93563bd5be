"""Colour conversion between RGB and YCbCr as JFIF defines it (ITU-R BT.601, full range).

    Y  =  0.299   R + 0.587   G + 0.114   B
    Cb = -0.16874 R - 0.33126 G + 0.5     B + 128
    Cr =  0.5     R - 0.41869 G - 0.08131 B + 128

These are the formulas for samples of 8 bits; for P bits, 2^(P-1) takes the place of 128. Both directions use
fixed point, as libjpeg does: each weight is rounded to a multiple of 2^-16, and the sum is shifted right once.

Arrays are ``(..., 3)`` with any strides. Results lie in memory as three planes, since the next stages read one
component at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array

FRACTION_BITS = 16
ONE = 1 << FRACTION_BITS
HALF = ONE // 2
# Weights of R, G, B in Y, Cb, Cr, as multiples of 2^-16.
FORWARD = np.rint(
    np.array([[0.299, 0.587, 0.114], [-0.16874, -0.33126, 0.5], [0.5, -0.41869, -0.08131]]) * ONE
).astype(np.int32)
CR_TO_R, CR_TO_G, CB_TO_G, CB_TO_B = (round(weight * ONE) for weight in (1.402, 0.71414, 0.34414, 1.772))
LEAST, MOST = np.int16(0), np.int16(255)

Samples = NDArray[np.uint8] | NDArray[np.uint16]
Chroma = NDArray[np.int16]


def _three_planes(like: Samples) -> tuple[NDArray[Any], NDArray[Any]]:
    """New planes ``(3, ...)`` of this dtype and shape, and a view of the same memory as ``(..., 3)``."""
    planes = np.empty((3, *like.shape[:-1]), like.dtype)
    return planes, np.moveaxis(planes, 0, -1)


def _check(name: str, samples: Samples, precision: int) -> None:
    expected, most = "uint8" if precision <= 8 else "uint16", (1 << precision) - 1
    check_array(name, samples, (expected,), f"{expected} (..., 3), 0 .. {most}", tail=(3,))
    if precision not in (8, 16) and samples.max(initial=0) > most:
        raise ValueError(f"{name}: a sample of {samples.max()}, {precision} bits hold {most} at most")


def rgb_to_ycbcr(rgb: Samples, precision: int = 8) -> NDArray[Any]:
    """Convert RGB to YCbCr, both ``(..., 3)``: uint8 for a ``precision`` of 2 to 8 bits a sample, else uint16.

    Y is rounded half up, Cb and Cr half down (libjpeg's bias of one unit keeps their maximum at 255).

    >>> rgb_to_ycbcr(np.array([255, 0, 0], np.uint8)).tolist()
    [76, 85, 255]
    """
    _check("rgb", rgb, precision)
    planes, ycbcr = _three_planes(rgb)
    # |sums| stay below 2^24 + 2^15; for 12 bits, below 2^28 + 2^15.
    integers = np.dtype(np.int32 if precision <= 12 else np.int64)
    red, green, blue = (np.asarray(rgb[..., i].astype(integers)) for i in range(3))
    chroma_bias = (1 << precision - 1 + FRACTION_BITS) + HALF - 1
    for i, bias in enumerate((HALF, chroma_bias, chroma_bias)):
        r, g, b = FORWARD[i].tolist()
        total: NDArray[Any] = red * r
        total += green * g
        total += blue * b
        total += bias
        total >>= FRACTION_BITS
        planes[i, ...] = total
    return ycbcr


def ycbcr_to_rgb(ycbcr: Samples, precision: int = 8) -> NDArray[Any]:
    """Convert YCbCr to RGB, each rounded half up and clipped; dtypes and ``precision`` as in :func:`rgb_to_ycbcr`.

        R = Y + 1.402 (Cr - 128)
        G = Y - 0.34414 (Cb - 128) - 0.71414 (Cr - 128)
        B = Y + 1.772 (Cb - 128)

    >>> ycbcr_to_rgb(np.array([76, 85, 255], np.uint8)).tolist()
    [254, 0, 0]
    """
    _check("ycbcr", ycbcr, precision)
    planes, rgb = _three_planes(ycbcr)
    if precision != 8:  # literally as above
        y, b, r = (ycbcr[..., i].astype(np.int64) for i in range(3))
        b -= 1 << precision - 1
        r -= 1 << precision - 1
        for i, added in enumerate((r * CR_TO_R, -b * CB_TO_G - r * CR_TO_G, b * CB_TO_B)):
            planes[i, ...] = np.clip(y + (added + HALF >> FRACTION_BITS), 0, (1 << precision) - 1)
        return rgb
    luma = np.asarray(ycbcr[..., 0].astype(np.int16))
    # An unsigned byte minus 128 is the same byte with its first bit flipped, read as a signed one.
    cb, cr = (np.asarray((ycbcr[..., i] ^ np.uint8(128)).view(np.int8).astype(np.int16)) for i in (1, 2))

    def finish(plane: NDArray[np.uint8], whole: Chroma, high: Chroma, low: Chroma) -> None:
        """``luma + whole + round((256 high + low) / 2^16)``, clipped."""
        low >>= 8
        low += high
        low += 128
        low >>= 8
        low += whole
        low += luma
        low.clip(LEAST, MOST, out=low)
        plane[...] = low

    finish(planes[0, ...], cr, *_times(cr, CR_TO_R - ONE))
    finish(planes[2, ...], cb, *_times(cb, CB_TO_B - ONE))
    (high, low), (high_b, low_b) = _times(cr, ONE - CR_TO_G), _times(cb, CB_TO_G)
    high -= high_b
    low -= low_b
    np.negative(cr, out=cr)
    finish(planes[1, ...], cr, high, low)
    return rgb


def _times(chroma: Chroma, weight: int) -> tuple[Chroma, Chroma]:
    """A 16-bit weight times chroma as 256 * high + low, where both parts fit 16 bits.

    16-bit arithmetic costs a third of 32-bit arithmetic, and it is exact: for integers x and y the floor of
    (x + floor(y / 256)) / 256 is the floor of (256 x + y) / 65536. Nothing overflows: chroma is -128 .. 127, the
    upper byte of each weight is at most 197 and the lower one at most 233, so |high| <= 128 * 197 and |low| <=
    128 * 233. In the sum for green, |73 cr - 88 cb| <= 128 * 161.
    """
    high, low = np.int16(weight >> 8), np.int16(weight & 255)
    return np.asarray(chroma * high), np.asarray(chroma * low)
