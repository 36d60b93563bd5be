"""Quantization tables for the trellis: flat ones for PSNR, perceptual ones, and their refit to what was quantized.

Here a table is 64 real steps in zig-zag order, as the coefficients are; :func:`to_table` makes of it what a file
holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from numjpeg.rate_distortion import chroma
from numjpeg.stages.quantization import CHROMINANCE, LUMINANCE
from numjpeg.stages.zigzag import NATURAL

MAX_STEP = 255
"""The largest that a baseline file holds."""


@dataclass(frozen=True)
class Aim:
    """What counts: how coarse each coefficient is quantized, what its error weighs, and what a bit is worth.

    All of it scales with a strength: steps are ``strength * luma`` and ``strength * chroma``, and one bit is worth
    a weighted squared error of ``multiplier * strength^2``.
    """

    luma: NDArray[np.float32]
    """Relative steps ``(64,)``."""
    chroma: NDArray[np.float32]
    luma_weight: NDArray[np.float32]
    """What a squared error of each coefficient weighs, ``(64,)``."""
    chroma_weights: tuple[NDArray[np.float32], NDArray[np.float32]]
    """The same of Cb and Cr."""
    multiplier: float
    joint: bool = True
    """Luma and chroma make up for each other's errors, and samples that the decoder clips are set free: right for
    the squared error of red, green and blue. Else each component is coded for itself."""
    masking: float = 0.0
    """AC energy of a block at which its errors count half; 0 if there is no masking."""


def steps(strength: float, relative: NDArray[np.float32]) -> NDArray[np.float32]:
    """The steps of a table at a strength: whole numbers, 1 .. 255."""
    return np.clip(np.rint(relative * np.float32(strength)), 1, MAX_STEP).astype(np.float32)


ENOUGH = 20
"""Sum of squared levels from which on a step is refitted."""


def refit(
    coefficients: Sequence[NDArray[np.float32]], levels: Sequence[NDArray[np.int16]], old: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Move the steps so that the levels reconstruct their coefficients best.

    The trellis rounds more coefficients down than up, so the least-squares step ``sum F m / sum m^2`` is larger
    than the one that was quantized with.

    Parameters
    ----------
    coefficients, levels : ``(blocks, 64)`` each, of the components that share the table.
    old : steps to keep where too few levels say something.

    Returns
    -------
    float32 ``(64,)``, whole numbers.
    """
    products, squares = np.zeros(64), np.zeros(64)
    for own, level in zip(coefficients, levels, strict=True):
        real = level.astype(np.float32)
        products += np.einsum("ij,ij->j", own, real)
        squares += np.einsum("ij,ij->j", real, real)
    best = np.where(squares >= ENOUGH, products / np.maximum(squares, 1), old)
    return np.clip(np.rint(best), 1, MAX_STEP).astype(np.float32)


def to_table(relative: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Steps in zig-zag order as uint16 ``(8, 8)`` in natural order."""
    table = np.empty(64, np.uint16)
    table[NATURAL] = relative
    return table.reshape(8, 8)
