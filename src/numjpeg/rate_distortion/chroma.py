"""Chroma for the decoder that will read it: least-squares downsampling, luma that makes up for what chroma lost.

Decoders enlarge subsampled chroma by a triangle filter (:func:`numjpeg.stages.subsampling.upsample`). The small
plane whose enlargement is nearest to the full one is not the plane of means of boxes: it is the least-squares
solution, ``(U^T U)^-1 U^T`` for the enlargement U. And once chroma is coded and its errors are known, luma can
take up that part of them which has luma's own direction in RGB.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numjpeg.stages.subsampling import upsample

RED_CR, GREEN_CB, GREEN_CR, BLUE_CB = 1.402, -0.344136, -0.714136, 1.772
"""What a unit of chroma adds to red, green and blue (JFIF)."""

_POLE = -1 / 3
_TAPS = 10


def downsample_least_squares(plane: NDArray[np.float32], h: int, v: int, fancy: bool = True) -> NDArray[np.float32]:
    """The plane whose enlargement by a decoder differs least from the given one.

    Parameters
    ----------
    plane : float32 ``(..., rows * v, columns * h)``.
    h, v : horizontal and vertical ratio.
    fancy : the decoder enlarges by the triangle filter where libjpeg does (ratios of 2x1, 1x2, 2x2); else, and for
        all other ratios, by repeating samples, and means of boxes are the solution.

    Returns
    -------
    float32 ``(..., rows, columns)``. Beyond the edges the plane goes on as its mirror image, which is the solution
    for what the triangle filter does at edges.

    >>> ramp = np.repeat(np.arange(32, dtype=np.float32)[np.newaxis], 2, axis=0) * 4 + 2
    >>> downsample_least_squares(ramp, 2, 1)[0, 6:9].round(2).tolist()
    [52.0, 60.0, 68.0]
    """
    *lead, height, width = plane.shape
    triangle = fancy and (h, v) in ((2, 1), (1, 2), (2, 2)) and (width // h > 2 or h == 1)
    if triangle:
        if v == 2:
            plane = _half(plane.swapaxes(-1, -2)).swapaxes(-1, -2) if False else _half(plane, -2)
        return _half(plane, -1) if h == 2 else plane
    boxes = plane.reshape(*lead, height // v, v, width // h, h)
    return np.asarray(boxes.mean(axis=(-3, -1)), np.float32)


def _half(plane: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Least squares for the triangle filter along one axis.

    U puts (3 c[i] + c[i-1]) / 4 and (3 c[i] + c[i+1]) / 4 at 2i and 2i + 1. So U^T U has 20/16 on its diagonal and
    6/16 beside it, at the edges too if a mirror continues the plane; its inverse is convolution with (-1/3)^|k|.
    """
    samples = plane.swapaxes(axis, 0)
    half = len(samples) // 2
    pad = [(_TAPS, _TAPS)] + [(0, 0)] * (plane.ndim - 1)
    even, odd = samples[0::2], samples[1::2]
    # U^T: 3/4 of the own two samples, 1/4 of the two beside them.
    even_after = np.concatenate([even[1:], odd[-1:]])
    odd_before = np.concatenate([even[:1], odd[:-1]])
    projected = 0.75 * (even + odd) + 0.25 * (even_after + odd_before)
    padded = np.pad(projected, pad, mode="symmetric")
    total = projected.copy()
    for k in range(1, _TAPS + 1):
        weight = np.float32(_POLE**k)
        total += weight * (padded[_TAPS - k : _TAPS - k + half] + padded[_TAPS + k : _TAPS + k + half])
    return total.swapaxes(axis, 0)


LUMA_WEIGHT = 3.0
COMPENSATED_WEIGHTS = (BLUE_CB**2 + GREEN_CB**2 - (BLUE_CB + GREEN_CB) ** 2 / 3, RED_CR**2 + GREEN_CR**2 - (RED_CR + GREEN_CR) ** 2 / 3)


def chroma_planes(red, green, blue):
    """Cb and Cr, float"""
    luma = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    return (blue - luma) / np.float32(1.772), (red - luma) / np.float32(1.402)


def energy_gain(h, v, fancy):
    """(64,) zigzag"""
    from numjpeg.stages.zigzag import NATURAL

    def one(r):
        if r != 2 or not fancy:
            return np.full(8, float(r))
        from numjpeg.stages.dct import COSINES
        U = np.zeros((48, 24))
        for i in range(24):
            U[2 * i, i] += 0.75
            U[2 * i, max(i - 1, 0)] += 0.25
            U[2 * i + 1, i] += 0.75
            U[2 * i + 1, min(i + 1, 23)] += 0.25
        return ((U[:, 8:16] @ COSINES.T) ** 2).sum(0)

    return np.outer(one(v), one(h)).ravel()[NATURAL].astype(np.float32)


def decode(levels, steps, size, ratio, fancy):
    """as the decoder will have it, float32, level shifted"""
    from numjpeg.rate_distortion import transform

    samples = transform.inverse(levels * steps, *size)
    samples += 128.5
    np.floor(samples, out=samples)
    np.clip(samples, 0, 255, out=samples)
    big = upsample(samples.astype(np.uint8), *ratio, fancy)
    return big.astype(np.float32) - np.float32(128)


def offsets(planes):
    """what chroma adds to R G B"""
    cb, cr = planes
    return [np.float32(RED_CR) * cr, np.float32(GREEN_CB) * cb + np.float32(GREEN_CR) * cr, np.float32(BLUE_CB) * cb]
