"""Regions of different quality inside one ordinary file: what the errors of each block count.

A file has one table for all blocks. What differs is which coefficients the trellis finds worth their bits. Errors
of an important block count more, so more of its coefficients are kept. The table is made for the important blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.rate_distortion.tables import Aim
from numjpeg.stages.blocks import pad_edges

MASKING = 300.0
"""Variance of a block, in squared sample values, at which its errors count half: there detail hides them."""

FINENESS = 0.6
"""The steps are divided by this power of the largest importance (the mean is 1). With 0.5 they are the best steps
for what a bit is worth to the most important blocks. A little more makes regions differ more."""
LEAST = 1e-4
"""The least that a block counts, in parts of the mean, so that no region is worthless."""


def block_importance(importance: ArrayLike, height: int, width: int) -> NDArray[np.float32] | None:
    """What errors of each luma block count, from what the samples of the picture count.

    Parameters
    ----------
    importance : real ``(height, width)``, finite, at least 0, not all 0. Only ratios matter.

    Returns
    -------
    float32 ``(block rows, block columns)`` with a mean of 1: means over the samples of each block. None where all
    are equal.

    Raises
    ------
    ValueError if the map is something else.

    >>> block_importance(np.repeat([[1.0, 3.0]], 8, axis=1), 1, 16).tolist()
    [[0.5, 1.5]]
    """
    array = np.asarray(importance)
    if array.shape != (height, width):
        raise ValueError(f"importance: shape {array.shape}, that of the picture is {(height, width)}")
    if array.dtype.kind not in "buif":
        raise ValueError(f"importance: real numbers expected, got {array.dtype}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError("importance: not all numbers are finite")
    if array.min() < 0:
        raise ValueError("importance: a number is negative")
    largest = float(array.max())
    if largest == 0:
        raise ValueError("importance: nothing is above 0")
    if largest == array.min():
        return None
    padded = pad_edges(array / largest)
    blocks = padded.reshape(padded.shape[0] // 8, 8, padded.shape[1] // 8, 8).mean(axis=(1, 3))
    weights = np.maximum(blocks / blocks.mean(), LEAST).astype(np.float32)
    return None if weights.max() == weights.min() else weights


def finer_for(aim: Aim, weights: NDArray[np.float32]) -> Aim:
    """The aim with finer steps, for the most important blocks. Bits and errors are worth what they were.

    With the old steps these blocks would keep every coefficient that does not round to zero, and get no better.
    """
    factor = np.float32(float(weights.max()) ** -FINENESS)
    return replace(aim, luma=aim.luma * factor, chroma=aim.chroma * factor)


def visibility(coefficients: NDArray[np.float32], masking: float) -> NDArray[np.float32]:
    """What errors of each block count where its own detail hides them: ``A / (A + variance)``.

    Parameters
    ----------
    coefficients : float32 ``(blocks, 64)``, DC first.
    masking : the variance A, at which they count half.

    Returns
    -------
    float32 ``(blocks,)``, above 0, at most 1.
    """
    variance = np.einsum("ij,ij->i", coefficients[:, 1:], coefficients[:, 1:]) / 64
    return np.asarray(np.float32(masking) / (np.float32(masking) + variance))


def luma_weights(
    importance: NDArray[np.float32] | None, visible: Sequence[NDArray[np.float32]]
) -> NDArray[np.float32] | None:
    """What errors of each luma block count: its importance times its visibility.

    Parameters
    ----------
    importance : of as many blocks, or None for 1.
    visible : :func:`visibility` of the blocks, in pieces; none for 1.

    Returns
    -------
    float32 ``(blocks,)``, or None if all count 1.
    """
    weights = None if importance is None else importance.ravel()
    if visible:
        hidden = np.concatenate(visible)
        weights = hidden if weights is None else weights * hidden
    return weights


def chroma_weights(
    weights: NDArray[np.float32] | None, height: int, width: int, h: int, v: int
) -> NDArray[np.float32] | None:
    """What errors of each chroma block count: means of the ``v`` by ``h`` luma blocks that it covers.

    ``height``, ``width``: of the picture, in samples.
    """
    if weights is None or (h, v) == (1, 1):
        return weights
    rows, columns = ceil_div(height, 8), ceil_div(width, 8)
    grid = pad_edges(weights.reshape(rows, columns), v, h)
    means: NDArray[np.float32] = grid.reshape(grid.shape[0] // v, v, grid.shape[1] // h, h).mean(axis=(1, 3))
    return means.ravel()
