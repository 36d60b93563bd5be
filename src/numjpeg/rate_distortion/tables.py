"""Quantization tables for the trellis: flat ones for PSNR, perceptual ones, and their refit to the coefficients.

Here a table is 64 real steps in zig-zag order, like the coefficients. :func:`to_table` makes a file's table of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numjpeg.rate_distortion import chroma
from numjpeg.rate_distortion.chroma import Floats
from numjpeg.stages.zigzag import NATURAL

MAX_STEP = 255  # the largest that a baseline file holds


@dataclass(frozen=True)
class Aim:
    """How coarsely each coefficient is quantized, how much its error weighs, and what a bit is worth.

    A strength scales all of this: steps are ``strength * luma`` and ``strength * chroma``, and one bit is worth a
    weighted squared error of ``multiplier * strength^2``.
    """

    luma: Floats  # relative steps (64,)
    chroma: Floats
    luma_weight: Floats  # weight of a squared error in each luma coefficient, (64,)
    chroma_weights: tuple[Floats, Floats]  # the same for Cb and Cr
    multiplier: float
    joint: bool = True
    """Luma and chroma make up for each other's errors, and errors of samples that the decoder clips are free. This
    is best for the squared error of red, green and blue. If False, each component is coded by itself."""
    masking: float = 0.0  # variance of a block at which its errors weigh half; 0 for no masking


_FREQUENCY = np.hypot(*np.divmod(NATURAL, 8)).astype(np.float32)
"""Distance from DC, in half cycles a block, along the zig-zag."""


def psnr_aim(h: int, v: int, fancy_upsampling: bool = True) -> Aim:
    """The aim of least squared error over red, green and blue, for chroma that is subsampled by ``h`` and ``v``.

    Luma steps are flat: all coefficients of an orthonormal transform weigh the same. An error in a chroma
    coefficient weighs as much as its component does in the three channels, times :func:`chroma.energy_gain`. So
    at 4:2:0 its step is about half of a luma step, and more at high frequencies, which enlarging damps.
    """
    gain = chroma.energy_gain(h, v, fancy_upsampling)
    # Cb and Cr share a table, which takes 65 bytes less than two: their weights differ by a few per cent.
    weight = float(np.sqrt(np.prod(chroma.UNCOMPENSATED)))
    relative = (weight * gain[0]) ** -0.5 * (gain / gain[0]) ** (-PSNR_SLOPE / 2)
    flat = np.ones(64, np.float32)
    of_cb, of_cr = ((np.float32(weight) * gain).astype(np.float32) for weight in chroma.WEIGHTS)
    return Aim(flat, relative.astype(np.float32), flat, (of_cb, of_cr), PSNR_MULTIPLIER)


PSNR_SLOPE = 0.7
"""How far the chroma steps follow the gain of enlarging, from 0 to 1. With 0.5 or 1, files are 0.05 % worse."""
PSNR_MULTIPLIER = 0.11  # worth of a bit, found by trial; files are equally good from 0.1 to 0.125


def perceptual_aim(h: int, v: int, fancy_upsampling: bool = True) -> Aim:
    """The aim of looking best, for chroma that is subsampled by ``h`` and ``v``.

    Steps grow in proportion to 1 + the distance from DC, as contrast sensitivity falls. An error weighs in
    proportion to the inverse square of its step, and less where the detail of its block hides it. Each component
    is coded by itself: if luma made up for errors of chroma, that would be seen.
    """
    area = chroma.energy_gain(h, v, fancy_upsampling)[0]
    luma = 1 + _FREQUENCY
    relative = np.float32(PERCEPTUAL_CHROMA * (area / 4) ** -0.5) * luma
    of_cb, of_cr = (np.float32(share) / relative**2 for share in PERCEPTUAL_SHARES)
    return Aim(luma, relative, luma**-2, (of_cb, of_cr), PERCEPTUAL_MULTIPLIER, False, PERCEPTUAL_MASKING)


PERCEPTUAL_CHROMA = 0.8  # chroma steps divided by luma steps at 4:2:0
PERCEPTUAL_SHARES = (0.8, 1.25)  # weights of Cb and Cr relative to their common step: blue is seen less sharply
PERCEPTUAL_MULTIPLIER = 0.045
PERCEPTUAL_MASKING = 500.0  # as :attr:`Aim.masking`, in squared sample values


_THRESHOLD = np.array([int(f"{k:06b}"[::-1], 2) for k in range(64)], np.float32) / 64 + np.float32(1 / 128)
"""What is added to each step before its fraction is dropped: spread evenly over neighbouring frequencies."""


def steps(strength: float, relative: Floats) -> Floats:
    """The steps of a table at a strength: whole numbers, 1 .. 255.

    Each frequency has its own rounding threshold. So small steps do not all go from 1 to 2 at once, and PSNR and
    size change little by little with the strength.

    >>> float(steps(1.5, np.ones(64, np.float32)).mean())
    1.5
    """
    whole = np.floor(relative * np.float32(strength) + _THRESHOLD)
    return np.clip(whole, 1, MAX_STEP).astype(np.float32)


ENOUGH = 20  # a step is refitted if the sum of its squared levels is at least this


class Refit:
    """Moves the steps of a table so that the levels reconstruct their coefficients best.

    The trellis rounds more coefficients down than up. So the least-squares step ``sum F m / sum m^2``, for
    coefficients F and levels m, is larger than the ``old`` one. Where levels are too few, the old step stays.
    """

    def __init__(self, old: Floats) -> None:
        self._old = old
        self._products, self._squares = np.zeros(64), np.zeros(64)

    def add(self, coefficients: Floats, levels: NDArray[np.int16]) -> None:
        """Take in the AC coefficients and levels of some blocks, ``(blocks, 64)``; DC levels are 0."""
        real = levels.astype(np.float32)
        self._products += np.einsum("ij,ij->j", coefficients, real)
        self._squares += np.einsum("ij,ij->j", real, real)

    def add_dc(self, coefficients: Floats, levels: NDArray[np.int16]) -> None:
        """Take in the DC coefficients and levels of some blocks, ``(blocks,)``."""
        real = levels.astype(np.float64)
        self._products[0] += (coefficients * real).sum()
        self._squares[0] += (real * real).sum()

    def steps(self) -> Floats:
        """The new steps: float32 ``(64,)``, whole numbers."""
        best = np.where(self._squares >= ENOUGH, self._products / np.maximum(self._squares, 1), self._old)
        return np.clip(np.rint(best), 1, MAX_STEP).astype(np.float32)


def to_table(relative: Floats) -> NDArray[np.uint16]:
    """Steps in zig-zag order, turned into a table in natural order: uint16 ``(8, 8)``."""
    table = np.empty(64, np.uint16)
    table[NATURAL] = relative
    return table.reshape(8, 8)
