"""Different regions, different coarseness, inside one ordinary file: what the errors of each block count.

A file has one table for all blocks. What differs is which coefficients the trellis finds worth their bits: errors
of an important block count more, so more of its coefficients are kept. The table is made for the important blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.rate_distortion.tables import Aim

MASKING = 300.0
"""Variance of a block, in squared sample values, at which its errors count half: there detail hides them."""

FINENESS = 0.6
"""Power of the largest importance, the mean being 1, that the steps are divided by. With 0.5 the most important
blocks have the best steps for what a bit is worth to them; a little more tells regions further apart."""
LEAST = 1e-4
"""What a block counts at least, in parts of the mean: no region is without any worth."""


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
    padded = np.pad(array / largest, [(0, -height % 8), (0, -width % 8)], mode="edge")
    blocks = padded.reshape(padded.shape[0] // 8, 8, padded.shape[1] // 8, 8).mean(axis=(1, 3))
    weights = np.maximum(blocks / blocks.mean(), LEAST).astype(np.float32)
    return None if weights.max() == weights.min() else weights


def finer_for(aim: Aim, weights: NDArray[np.float32]) -> Aim:
    """The aim with finer steps, as the most important blocks want them; bits and errors are worth what they were.

    Left alone, the important blocks would keep all that rounds to something, and could get no better.
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
    grid = np.pad(weights.reshape(rows, columns), [(0, -rows % v), (0, -columns % h)], mode="edge")
    means: NDArray[np.float32] = grid.reshape(grid.shape[0] // v, v, grid.shape[1] // h, h).mean(axis=(1, 3))
    return means.ravel()
