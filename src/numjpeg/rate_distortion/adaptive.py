"""Regions of different quality inside one ordinary file: weights for the errors of each block.

A file has one quantization table for all blocks, made for the important ones. Regions differ in which coefficients
the trellis finds worth their bits: errors of an important block weigh more, so more of its coefficients are kept.
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
"""The steps are divided by this power of the largest weight (the mean is 1). The power 0.5 gives the best steps
for the most important blocks, given what a bit is worth to them. A little more makes regions differ more."""
LEAST = 1e-4  # the smallest weight of a block (the mean is 1), so that no region is worthless


def block_importance(importance: ArrayLike, height: int, width: int) -> Floats | None:
    """The weight of errors in each luma block, ``(block rows, block columns)``: the means of ``importance`` over
    the block's samples, scaled to a mean of 1. None if all are equal.

    ``importance``: a weight for each sample, real ``(height, width)``, finite, at least 0, not all 0; otherwise
    ValueError. Only ratios matter.

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
    """The aim with finer steps, as the most important blocks need them. Bits and errors keep their worth.

    With the old steps, all these blocks could do is keep every coefficient that does not round to zero.
    """
    factor = np.float32(float(weights.max()) ** -FINENESS)
    return replace(aim, luma=aim.luma * factor, chroma=aim.chroma * factor)


def visibility(coefficients: Floats, masking: float) -> Floats:
    """The weight of errors in each block, whose detail hides them: ``masking / (masking + variance)``, above 0, at
    most 1. ``coefficients``: ``(blocks, 64)``, DC first.
    """
    variance = np.einsum("ij,ij->i", coefficients[:, 1:], coefficients[:, 1:]) / 64
    return np.asarray(np.float32(masking) / (np.float32(masking) + variance))


def luma_weights(importance: Floats | None, visible: Sequence[Floats]) -> Floats | None:
    """The weights of all luma blocks, ``(blocks,)``: importance times :func:`visibility`, whose pieces follow each
    other. No importance (None) and no pieces stand for 1.
    """
    if importance is None:
        return np.concatenate(visible) if visible else None
    return importance.ravel() * np.concatenate(visible) if visible else importance.ravel()


def chroma_weights(weights: Floats | None, height: int, width: int, h: int, v: int) -> Floats | None:
    """The weights of chroma blocks: the means over the ``v`` by ``h`` luma blocks that each one covers.
    ``height``, ``width``: of the picture, in samples.
    """
    if weights is None or (h, v) == (1, 1):
        return weights
    rows, columns = ceil_div(height, 8), ceil_div(width, 8)
    grid = pad_edges(weights.reshape(rows, columns), v, h)
    means: Floats = grid.reshape(grid.shape[0] // v, v, grid.shape[1] // h, h).mean(axis=(1, 3))
    return means.ravel()
