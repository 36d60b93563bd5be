"""Chroma that suits the decoder: least-squares downsampling, and luma that makes up for the errors of chroma.

Decoders enlarge subsampled chroma by a triangle filter (:func:`numjpeg.stages.subsampling.upsample`). The small
plane whose enlargement is nearest to the full plane is not the one of means over boxes. It is the least-squares
solution: ``(U^T U)^-1 U^T`` times the full plane, where U is the enlargement. Once chroma is coded, its errors are
known. Luma can make up for the part of them that points in luma's direction in RGB.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from numjpeg.stages.dct import COSINES
from numjpeg.stages.subsampling import upsample
from numjpeg.stages.zigzag import NATURAL

Floats = NDArray[np.float32]

RED_CR, GREEN_CB, GREEN_CR, BLUE_CB = 1.402, -0.344136, -0.714136, 1.772
"""What a unit of chroma adds to red, green and blue (JFIF)."""

TAPS = 7
"""Terms of the solution's series on either side. With one more chroma row they reach over 16 luma rows."""
_SERIES = [np.float32((-1 / 3) ** k) for k in range(1, TAPS)] + [np.float32(0.75 * (-1 / 3) ** TAPS)]
"""The weights of these terms. The last one is reduced to 3/4: so the mean is kept although the series is cut."""


def downsample_least_squares(plane: Floats, h: int, v: int, fancy: bool = True) -> Floats:
    """The plane ``(..., rows, columns)`` whose enlargement by a decoder differs least from the given plane,
    ``(..., rows * v, columns * h)``.

    A ``fancy`` decoder enlarges by the triangle filter where libjpeg does, for the ratios 2x1, 1x2 and 2x2. Beyond
    its edges the plane is continued by its mirror image, which suits what the filter does there. Other decoders
    repeat samples, as all do for other ratios; then means over boxes are the solution.

    >>> ramp = np.repeat(np.arange(32, dtype=np.float32)[np.newaxis], 2, axis=0) * 4 + 2
    >>> downsample_least_squares(ramp, 2, 1)[0, 6:9].round(2).tolist()
    [52.0, 60.0, 68.0]
    """
    *lead, height, width = plane.shape
    if fancy and (h, v) in ((2, 1), (1, 2), (2, 2)) and (width // h > 2 or h == 1):
        if v == 2:
            plane = _half(plane, -2)
        return np.asarray(_half(plane, -1) if h == 2 else plane)
    boxes = plane.reshape(*lead, height // v, v, width // h, h)
    return np.asarray(boxes.mean(axis=(-3, -1)), np.float32)


def _half(plane: Floats, axis: int) -> Floats:
    """Least squares for the triangle filter along one axis.

    U puts (3 c[i] + c[i-1]) / 4 and (3 c[i] + c[i+1]) / 4 at 2i and 2i + 1. So U^T U has 20/16 on its diagonal and
    6/16 beside it, at the edges too if a mirror continues the plane; its inverse is convolution with (-1/3)^|k|.
    """
    samples = plane.swapaxes(axis, 0)
    half = len(samples) // 2
    even, odd = samples[0::2], samples[1::2]
    # U^T: 3/4 of samples 2i and 2i + 1, 1/4 of the two beside them.
    even_after = np.concatenate([even[1:], odd[-1:]])
    odd_before = np.concatenate([even[:1], odd[:-1]])
    projected = 0.75 * (even + odd) + 0.25 * (even_after + odd_before)
    padded = np.pad(projected, [(TAPS, TAPS)] + [(0, 0)] * (plane.ndim - 1), mode="symmetric")
    total = projected.copy()
    for k, weight in enumerate(_SERIES, 1):
        both = padded[TAPS - k : TAPS - k + half] + padded[TAPS + k : TAPS + k + half]
        both *= weight
        total += both
    return np.asarray(total.swapaxes(axis, 0))


_MATRIX = np.array([[0, RED_CR], [GREEN_CB, GREEN_CR], [BLUE_CB, 0]])
_FROM_CHANNELS = (np.linalg.inv(_MATRIX.T @ _MATRIX) @ _MATRIX.T).astype(np.float32)

WEIGHTS = tuple(((_MATRIX**2).sum(0) / 3).tolist())
"""The squared error over red, green and blue of a unit of Cb and of Cr, divided by that of a unit of luma."""
UNCOMPENSATED = tuple(((_MATRIX**2).sum(0) / 3 - (_MATRIX.sum(0) / 3) ** 2).tolist())
"""The part of :data:`WEIGHTS` that luma cannot make up for."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def luma_of(channels: Sequence[Floats]) -> Floats:
    """Y of red, green and blue; if there is only one channel, that channel."""
    return channels[0] if len(channels) == 1 else _weighted(_LUMA, channels)


def chroma_of(channels: Sequence[Floats]) -> list[Floats]:
    """Cb and Cr of red, green and blue, without the offset of 128."""
    red, _, blue = channels
    luma = luma_of(channels)
    return [(blue - luma) / np.float32(BLUE_CB), (red - luma) / np.float32(RED_CR)]


def best_for_luma(channels: Sequence[Floats], luma: Floats) -> list[Floats]:
    """Cb and Cr that, with this luma, come nearest to red, green and blue: least squares in each pixel."""
    rest = [channel - luma for channel in channels]
    return [_weighted(row, rest) for row in _FROM_CHANNELS]


def _weighted(weights: NDArray[np.float32], planes: Sequence[Floats]) -> Floats:
    total: Floats = weights[0] * planes[0]
    for weight, plane in zip(weights[1:], planes[1:], strict=True):
        total += weight * plane
    return total


def added_to_channels(cb: Floats, cr: Floats) -> list[Floats]:
    """What chroma adds to red, green and blue."""
    green = np.float32(GREEN_CB) * cb
    green += np.float32(GREEN_CR) * cr
    return [np.float32(RED_CR) * cr, green, np.float32(BLUE_CB) * cb]


def enlarge(samples: Floats, h: int, v: int, fancy: bool = True) -> Floats:
    """Round, clip and upsample a chroma plane as a decoder does; float32, without the offset of 128."""
    whole = np.clip(np.floor(samples + np.float32(128.5)), 0, 255).astype(np.uint8)
    return upsample(whole, h, v, fancy).astype(np.float32) - np.float32(128)


def energy_gain(h: int, v: int, fancy: bool = True) -> NDArray[np.float32]:
    """The squared error that an error of 1 in each chroma coefficient makes once the plane is enlarged: ``(64,)``,
    zig-zag order. It is about the product of the ratios, and less at high frequencies, which the filter damps.

    >>> energy_gain(2, 2)[[0, 1, 63]].tolist()
    [3.63..., 3.35..., 0.30...]
    """
    return np.outer(_line_gain(v, fancy), _line_gain(h, fancy)).ravel()[NATURAL].astype(np.float32)


def _line_gain(ratio: int, fancy: bool) -> NDArray[np.float64]:
    if ratio != 2 or not fancy:
        return np.full(8, float(ratio))
    # U for eight samples. One output beyond either end takes a quarter of the outermost sample.
    enlarging = np.zeros((18, 8))
    for i in range(8):
        enlarging[2 * i : 2 * i + 4, i] = 0.25, 0.75, 0.75, 0.25
    return np.asarray(((enlarging @ COSINES.T) ** 2).sum(0))
