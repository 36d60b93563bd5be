"""Prediction of samples from their neighbours, for lossless coding (T.81 H.1.2).

    c b      predictor 1: a    2: b    3: c    4: a + b - c    5: a + (b - c) / 2    6: b + (a - c) / 2
    a x                7: (a + b) / 2

Halves are rounded down. The first sample of all is predicted as 2^(P - Pt - 1), the rest of the first row by a,
and the first column of the other rows by b. Differences are taken modulo 2^16.

Planes are ``(..., rows, columns)``; each one along the leading axes is predicted by itself, as a restart interval
is. Decoding with predictors 1, 2 and 4 is cumulative sums of differences. With 3, 5 and 6 it goes row by row (6 is
5 with rows and columns exchanged). With 7 each sample needs two others, so it goes by anti-diagonals.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from numjpeg.errors import check_array

Samples = NDArray[np.uint16]
PREDICTORS = (1, 2, 3, 4, 5, 6, 7)


def _check(name: str, planes: NDArray[Any], predictor: int) -> None:
    check_array(name, planes, ("uint16",), "uint16 (..., rows, columns)")
    if planes.ndim < 2 or 0 in planes.shape:
        raise ValueError(f"{name}: planes (..., rows, columns) expected, got {planes.shape}")
    if predictor not in PREDICTORS:
        raise ValueError(f"predictor: {predictor!r} is none of {PREDICTORS}")


def lossless_differences(samples: Samples, predictor: int, first: int) -> Samples:
    """Subtract from each sample, uint16 ``(..., rows, columns)``, its prediction modulo 2^16: uint16, same shape.

    Parameters
    ----------
    samples : after the point transform (H.1.1).
    predictor : 1 .. 7. first : the prediction of the first sample of each plane, 2^(P - Pt - 1).

    >>> lossless_differences(np.array([[5, 7], [6, 9]], np.uint16), 4, 4).tolist()
    [[1, 2], [1, 1]]
    """
    _check("samples", samples, predictor)
    x = samples.astype(np.int32)
    predicted = np.empty_like(x)
    predicted[..., 0, 0] = first
    predicted[..., 0, 1:] = x[..., 0, :-1]
    predicted[..., 1:, 0] = x[..., :-1, 0]
    a, b, c = x[..., 1:, :-1], x[..., :-1, 1:], x[..., :-1, :-1]
    match predictor:
        case 1 | 2 | 3:
            inner = (a, b, c)[predictor - 1]
        case 4:
            inner = a + b - c
        case 5:
            inner = a + (b - c >> 1)
        case 6:
            inner = b + (a - c >> 1)
        case _:
            inner = a + b >> 1
    predicted[..., 1:, 1:] = inner
    return (x - predicted).astype(np.uint16)


def lossless_samples(differences: Samples, predictor: int, first: int) -> Samples:
    """Add to each difference its prediction: the inverse of :func:`lossless_differences`, with its arguments.

    >>> lossless_samples(np.array([[1, 2], [1, 1]], np.uint16), 4, 4).tolist()
    [[5, 7], [6, 9]]
    """
    _check("differences", differences, predictor)
    x = differences.copy()
    x[..., 0, 0] += np.uint16(first & 0xFFFF)
    if predictor == 6:
        x = np.ascontiguousarray(x.swapaxes(-1, -2))
    if predictor == 4:
        _sum(x[..., 1:, :], -1)
    if predictor == 1:
        _sum(x[..., 0], -1)
        return _sum(x, -1)
    _sum(x[..., 0, :], -1)
    if predictor in (2, 4):
        return _sum(x, -2)
    _sum(x[..., 0], -1)
    if predictor == 7:
        return _by_diagonals(x)
    for row in range(1, x.shape[-2]):
        if predictor == 3:
            x[..., row, 1:] += x[..., row - 1, :-1]
        else:
            # Predictor 5: a sample is the sum of the one before it, half a difference of the row above, and its
            # coded difference. So a row is one cumulative sum. The first row and column are samples already.
            above = x[..., row - 1, :].astype(np.int32)
            x[..., row, 1:] += (above[..., 1:] - above[..., :-1] >> 1).astype(np.uint16)
            _sum(x[..., row, :], -1)
    return x.swapaxes(-1, -2) if predictor == 6 else x


def _sum(x: Samples, axis: int) -> Samples:
    """Cumulative sums modulo 2^16, in place."""
    return np.cumsum(x, axis=axis, dtype=np.uint16, out=x)


def _by_diagonals(x: Samples) -> Samples:
    """Predictor 7: each anti-diagonal from the one before. The first row and column are samples already.

    In ``skewed`` the sample of row r and column c stands in line r + c at index r, so an anti-diagonal is a line.
    """
    *lead, rows, columns = x.shape
    lines = rows + columns - 1
    skewed = np.zeros((lines, rows, int(np.prod(lead))), np.uint16)
    step = skewed.strides[1]
    planes = x.reshape(-1, rows, columns)
    shape, strides = planes.shape, (skewed.strides[2], rows * step + step, rows * step)
    as_strided(skewed, shape, strides)[...] = planes
    sums = np.empty(skewed.shape[1:], np.uint32)
    for t in range(2, lines):
        low, high = max(1, t - columns + 1), min(rows, t)  # rows of the line, without row 0 and column 0
        if low < high:
            total = np.add(
                skewed[t - 1, low:high], skewed[t - 1, low - 1 : high - 1], sums[low:high], dtype=np.uint32
            )
            total >>= 1
            np.add(skewed[t, low:high], total, out=skewed[t, low:high], casting="unsafe")
    return as_strided(skewed, shape, strides).reshape(x.shape)
