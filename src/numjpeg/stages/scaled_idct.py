"""Inverse DCT of 8x8 blocks to 4x4, 2x2 or 1x1 samples: a picture at a half, a quarter or an eighth of its size.

T.81 does not define it. This is libjpeg's accurate integer method with averaged outputs: each output is the mean
of 2, 4 or 8 neighbours of the 8-point transform. Frequencies whose mean is 0 drop out: F(4) at 4 points, and all
even ones but F(0) at 2 points. Constants have 13 bits, as in :mod:`numjpeg.stages.dct`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array

CONST_BITS, PASS1_BITS = 13, 2
SIZES = (1, 2, 4)  # samples a side that a block can become


def matrix(size: int) -> NDArray[np.int64]:
    """A pass as a matrix ``(size, 8)``, output by frequency: 2^13 sqrt 8 times the sum of 8 / size neighbours.

    The mean of cos((2x+1) u pi / 16) over 8 / size neighbours is the cosine of their centre times
    sin(u pi / 2 size) / ((8 / size) sin(u pi / 16)).
    """
    u, x = np.arange(8), np.arange(size)[:, np.newaxis]
    centre = np.cos((2 * x + 1) * u * np.pi / (2 * size))
    mean = np.full(8, 8 / size)
    mean[1:] = np.sqrt(2) * np.sin(u[1:] * np.pi / (2 * size)) / np.sin(u[1:] * np.pi / 16)
    return np.asarray(np.rint(centre * mean * (1 << CONST_BITS)), np.int64)


def shifts(size: int) -> tuple[int, int]:
    """By how many bits the sums of pass 1 and of pass 2 are shifted right, for 4 or 2 samples a side."""
    extra = {4: 1, 2: 2}[size]
    return CONST_BITS - PASS1_BITS + extra, CONST_BITS + PASS1_BITS + 3 + extra


def idct_scaled(coefficients: NDArray[Any], size: int) -> NDArray[np.int16]:
    """Inverse DCT of dequantized integers ``(..., 8, 8)`` to 4, 2 or 1 samples a side.

    The samples, before the level shift is undone, are int16 ``(..., size, size)``, clipped to -128 .. 127.

    For extreme coefficients, which no valid file has, the result follows libjpeg-turbo's SIMD code. At 1 sample it
    takes the value modulo 2^10. At 4 and 2 samples the coefficients are wrapped to 16 bits, the sums to 32 bits,
    and pass 1 saturates to 16 bits, except for column 0 at 2 samples. At 4 samples pass 1 is ``4 * c``, wrapped to
    16 bits, for blocks whose rows 1, 2, 3, 5, 6 and 7 are zero.

    >>> block = np.zeros((8, 8), np.int32); block[0, 0] = 800
    >>> idct_scaled(block, 2).tolist()
    [[100, 100], [100, 100]]
    """
    check_array("coefficients", coefficients, "iu", "integers (..., 8, 8)", tail=(8, 8))
    if size not in SIZES:
        raise ValueError(f"size: {size!r} is none of {SIZES}")
    values = coefficients.astype(np.int64)
    if size == 1:
        samples = wrapped((values[..., :1, :1] + 4) >> 3, 10)
    else:
        weights, (shift_1, shift_2) = matrix(size), shifts(size)
        values = wrapped(values, 16)
        # Pass 1 transforms columns and keeps 2 extra bits; pass 2 transforms rows.
        columns = _descale(weights @ values, shift_1)
        saturated = np.clip(columns, -(1 << 15), (1 << 15) - 1)
        if size == 2:
            saturated[..., :1] = columns[..., :1]
        else:
            flat = ~coefficients[..., [1, 2, 3, 5, 6, 7], :].any(axis=(-2, -1), keepdims=True)
            saturated = np.where(flat, wrapped(values[..., :1, :] << PASS1_BITS, 16), saturated)
        samples = _descale(saturated @ weights.T, shift_2)
    return np.asarray(np.clip(samples, -128, 127), np.int16)


def wrapped(values: NDArray[Any], width: int) -> NDArray[Any]:
    """Signed integers modulo 2^width."""
    half = 1 << width - 1
    return np.asarray((values + half & 2 * half - 1) - half)


def _descale(sums: NDArray[np.int64], shift: int) -> NDArray[np.int64]:
    """Sums wrapped to 32 bits, divided by 2^shift and rounded half up."""
    return wrapped(sums + (1 << (shift - 1)), 32) >> shift
