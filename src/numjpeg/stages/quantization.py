"""Quantization (T.81 A.3.4) and the tables of Annex K.1, scaled by quality.

Tables are ``(8, 8)`` in natural order (vertical frequency first), entries 1 .. 65535.
"""

from __future__ import annotations

from operator import index
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.errors import check_array

# Table K.1: luminance, for 720 x 576 pictures seen from six times their height.
LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.uint16,
)
# Table K.2: chrominance, subsampled 2:1 horizontally.
CHROMINANCE = np.array(
    [
        [17, 18, 24, 47, 99, 99, 99, 99],
        [18, 21, 26, 66, 99, 99, 99, 99],
        [24, 26, 56, 99, 99, 99, 99, 99],
        [47, 66, 99, 99, 99, 99, 99, 99],
        [99, 99, 99, 99, 99, 99, 99, 99],
        [99, 99, 99, 99, 99, 99, 99, 99],
        [99, 99, 99, 99, 99, 99, 99, 99],
        [99, 99, 99, 99, 99, 99, 99, 99],
    ],
    np.uint16,
)
for _table in (LUMINANCE, CHROMINANCE):
    _table.setflags(write=False)


class QuantizationTables(NamedTuple):
    """Tables of a colour file, uint16 ``(8, 8)`` each."""

    luminance: NDArray[np.uint16]
    chrominance: NDArray[np.uint16]


def scale_table(table: ArrayLike, quality: int) -> NDArray[np.uint16]:
    """Scale 64 entries in natural order by libjpeg's quality and clamp them to 1 .. 255: uint16 ``(8, 8)``.

    ``quality`` is 1 .. 100. At 50 the table stays as it is, at 100 every entry is 1. Below 50 the factor is
    50 / quality, above it 2 - quality / 50.

    >>> scale_table(LUMINANCE, 75)[0].tolist()
    [8, 6, 5, 8, 12, 20, 26, 31]
    """
    if isinstance(quality, bool | np.bool_) or not isinstance(quality, int | np.integer):
        raise TypeError(f"quality: an integer expected, got {quality!r}")
    if not 1 <= quality <= 100:
        raise ValueError(f"quality: {quality} is outside 1..100")
    values = np.asarray(table)
    if values.dtype.kind not in "iu" or values.size != 64:
        raise ValueError(f"table: expected 64 integers, got {values.dtype} {values.shape}")
    quality = index(quality)
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    scaled = (values.astype(np.int64).reshape(8, 8) * percent + 50) // 100
    return np.maximum(np.minimum(scaled, 255), 1).astype(np.uint16)  # np.clip takes 20 us


def quantization_tables(quality: int = 75) -> QuantizationTables:
    """The tables K.1 and K.2, scaled to a quality of 1 .. 100 by :func:`scale_table`.

    >>> quantization_tables(50).chrominance[0, :4].tolist()
    [17, 18, 24, 47]
    """
    return QuantizationTables(scale_table(LUMINANCE, quality), scale_table(CHROMINANCE, quality))


def quantize(coefficients: NDArray[np.floating], table: NDArray[np.integer]) -> NDArray[np.int16]:
    """Divide coefficients ``(..., 8, 8)`` by the table ``(8, 8)``, 1 .. 65535, and round half away from zero.

    float32 or float64 from the forward DCT become int16 in the same memory order. ValueError for table entries
    below 1, and for quotients that 16 bits do not hold.

    For the integer DCT's multiples of 1/8, float32 arithmetic rounds correctly. A quotient n - 1/2 can be
    represented, so it is exact. Any other quotient differs from it by at least 1 / 8q. Division and addition err
    by less than 2 n / 2^24, and that is smaller: 16 n q <= 2 (8 |c| + 4 q) < 2^24 for |c| <= 2048 and q <= 65535.

    >>> quantize(np.full((8, 8), -24, np.float32), np.full((8, 8), 16))[0, 0].item()
    -2
    """
    check_array("coefficients", coefficients, "f", "floating-point numbers (..., 8, 8)", tail=(8, 8))
    check_array("table", table, "iu", "integers (8, 8), 1 .. 65535", ndim=2, tail=(8, 8))
    if table.min() < 1:
        raise ValueError(f"table: entries of 1 .. 65535 expected, got {table.min()}")
    magnitude = np.abs(coefficients)
    magnitude /= table.astype(magnitude.dtype)
    magnitude += magnitude.dtype.type(0.5)
    np.floor(magnitude, out=magnitude)
    if not magnitude.max(initial=0) <= 32767:
        raise ValueError(f"coefficients: a quotient of {magnitude.max()} does not fit 16 bits")
    np.copysign(magnitude, coefficients, out=magnitude)
    return np.asarray(magnitude, np.int16)


def dequantize(quantized: NDArray[np.int16], table: NDArray[np.integer]) -> NDArray[np.int32]:
    """Multiply int16 ``(..., 8, 8)`` by the table ``(8, 8)``, 1 .. 65535: int32, since 2^15 * 65535 < 2^31.

    >>> dequantize(np.full((8, 8), -2, np.int16), np.full((8, 8), 16))[0, 0].item()
    -32
    """
    check_array("quantized", quantized, ("int8", "uint8", "int16"), "int16 (..., 8, 8)", tail=(8, 8))
    check_array("table", table, "iu", "integers (8, 8), 1 .. 65535", ndim=2, tail=(8, 8))
    return np.multiply(quantized, table.astype(np.int32), dtype=np.int32)
