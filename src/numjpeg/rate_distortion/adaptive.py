"""Regions of different quality inside one ordinary file: weights for the errors of each block.

A file has one table for all blocks. Regions differ in which coefficients the trellis finds worth their bits:
errors of an important block weigh more, so more of its coefficients are kept. The table is made for the important
blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from numjpeg.coefficients import ceil_div
from numjpeg.errors import check_shown
from numjpeg.rate_distortion.chroma import Floats
from numjpeg.rate_distortion.tables import Aim
from numjpeg.stages.blocks import pad_edges

MASKING = 300.0  # variance of a block, in squared sample values, at which its detail hides half of its errors
FINENESS = 0.6
"""The steps are divided by this power of the largest weight (the mean is 1). 0.5 gives the steps that are best for
the most important blocks at the worth that a bit has to them. A little more makes regions differ more."""
LEAST = 1e-4  # the smallest weight of a block (the mean is 1), so that no region is worthless


def block_importance(importance: ArrayLike, height: int, width: int) -> Floats | None:
    """The weight of errors in each luma block, from a map of weights for each sample: real ``(height, width)``,
    finite, at least 0, not all 0, or else ValueError. Only ratios matter.

    They are means over the samples of each block, ``(block rows, block columns)``, scaled to a mean of 1; None if
    all are equal.

    >>> block_importance(np.repeat([[1.0, 3.0]], 8, axis=1), 1, 16).tolist()
    [[0.5, 1.5]]
    """
    check_shown("importance", importance)
    array = np.asarray(importance)
    if array.shape != (height, width):
        raise ValueError(f"importance: shape {array.shape}, that of the picture is {(height, width)}")
    if array.dtype.kind not in "buif":
        raise ValueError(f"importance: real numbers expected, got {array.dtype}")
    if not np.isfinite(array).all():
        raise ValueError("importance: not all numbers are finite")
    if array.min() < 0:
        raise ValueError("importance: a number is negative")
    largest = float(array.max())
    if largest == 0:
        raise ValueError("importance: nothing is above 0")
    padded = pad_edges(array / largest)
    blocks = padded.reshape(padded.shape[0] // 8, 8, padded.shape[1] // 8, 8).mean(axis=(1, 3))
    weights = np.maximum(blocks / blocks.mean(), LEAST).astype(np.float32)
    return None if weights.max() == weights.min() else weights


def finer_for(aim: Aim, weights: Floats) -> Aim:
    """The aim with finer steps, for the most important blocks. Bits and errors keep their worth.

    With the old steps these blocks would keep every coefficient that does not round to zero, and get no better.
    """
    factor = np.float32(float(weights.max()) ** -FINENESS)
    return replace(aim, luma=aim.luma * factor, chroma=aim.chroma * factor)


def visibility(coefficients: Floats, masking: float) -> Floats:
    """The weight of errors in blocks whose own detail hides them, above 0, at most 1: ``A / (A + variance)``, A
    being ``masking``. ``coefficients`` are ``(blocks, 64)``, DC first.
    """
    variance = np.einsum("ij,ij->i", coefficients[:, 1:], coefficients[:, 1:]) / 64
    return np.asarray(np.float32(masking) / (np.float32(masking) + variance))


def luma_weights(importance: Floats | None, visible: Sequence[Floats]) -> Floats | None:
    """The weights of all luma blocks, ``(blocks,)``: importance times :func:`visibility`, in pieces. None, or no
    piece, stands for 1.
    """
    if importance is None:
        return np.concatenate(visible) if visible else None
    return importance.ravel() * np.concatenate(visible) if visible else importance.ravel()


def chroma_weights(weights: Floats | None, height: int, width: int, h: int, v: int) -> Floats | None:
    """The weights of chroma blocks: means of the ``v`` by ``h`` luma blocks that each covers. ``height`` and
    ``width`` are those of the picture, in samples.
    """
    if weights is None or (h, v) == (1, 1):
        return weights
    rows, columns = ceil_div(height, 8), ceil_div(width, 8)
    grid = pad_edges(weights.reshape(rows, columns), v, h)
    means: Floats = grid.reshape(grid.shape[0] // v, v, grid.shape[1] // h, h).mean(axis=(1, 3))
    return means.ravel()
