"""What guides the search for a PSNR: which part of a picture is measured, and about which tables are needed.

Measuring the PSNR of a picture takes about as long as encoding it. So it is measured seldom. For a small picture
the calls to NumPy take most of this time, and several sets of tables are measured at a time. The energies of the
coefficients tell about which factor to begin with.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Component, ceil_div
from numjpeg.container.frame import mcu_size
from numjpeg.rate_distortion.tables import MAX_STEP

SMALL_BLOCKS = 1536  # a picture of at most so many blocks is looked at as a whole
SAMPLE_BLOCKS = 768  # a sample of a larger picture has at most so many blocks
TILE_MCUS = 4  # a sample is made of tiles so many MCUs wide and one MCU high
CALLS, A_PIXEL, A_BLOCK = 60.0, 0.012, 0.22
"""The time in microseconds that one measurement takes, about: a fixed part for its calls, then a part for each
pixel and block of each set of tables. So many sets are measured at a time that they take as long as the fixed
part. With these numbers searches were fastest."""
TOGETHER = 5  # at most so many sets of tables are measured at a time
RUN = 64  # a run has about so many blocks of the first component
FACTORS = np.geomspace(25, 0.01, 9)  # those for which a rough PSNR is worked out
COLOUR_WEIGHTS = np.array([3, 0.34414**2 + 1.772**2, 1.402**2 + 0.71414**2])
"""By how much squared errors of Y, Cb and Cr grow on the way to RGB, the three channels together."""
LOST_ABOVE = 1.8
"""Subsampling loses the high frequencies and weakens the low ones. This is the energy of the first loss divided by
that of the second: 1 to 3.3 in photographs."""

Size = tuple[int, ...]  # height and width in pixels
Places = NDArray[np.float64]  # factors, falling
Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


def blocks_of(size: Size, components: Sequence[Component]) -> int:
    """The number of blocks of all components, with those that fill up the last MCUs."""
    height, width = mcu_size(components)
    per_mcu = sum(c.H * c.V for c in components) if len(components) > 1 else 1
    return ceil_div(size[0], height) * ceil_div(size[1], width) * per_mcu


def sample_of(picture: Bytes, components: Sequence[Component]) -> Bytes:
    """A smaller picture: tiles from all over a picture ``(H, W, channels)``, one below the other."""
    height, width = mcu_size(components)
    rows, columns = len(picture) // height, picture.shape[1] // width
    across = min(columns, TILE_MCUS)
    if not rows or not across:  # the picture is narrower than an MCU
        return picture
    count = min(rows, max(1, SAMPLE_BLOCKS // blocks_of((height, across * width), components)))
    tiles = []
    for i in range(count):
        top = i * rows // count * height
        left = int(i * 0.618034 % 1 * (columns - across + 1)) * width  # by the golden ratio, to spread evenly
        tiles.append(picture[top : top + height, left : left + across * width])
    return np.concatenate(tiles)


def without_repetition(picture: Bytes, components: Sequence[Component], converts: bool) -> Bytes:
    """A part of a picture that has the same mean squared error, if all its rows or columns are equal.

    If all rows are equal, the first one is enough: rows stay equal all the way through a file, since every
    vertical difference is 0. If all columns are equal, eight are enough; fewer are upsampled in another way. There
    is an exception: where 2 x 2 samples are averaged, their sums are rounded up and down in turns, so that equal
    columns may become unequal. This cannot happen if rows are equal too, or if gray pixels become YCbCr
    (``converts``). A picture without repetition is returned as it is.
    """
    rows = picture[0].tobytes() == picture[-1].tobytes() and bool((picture[1:] == picture[:-1]).all())
    if rows:
        picture = picture[:1]
    first = picture[:, 0]
    if first.tobytes() != picture[:, -1].tobytes():
        return picture
    both_ways = any(c.H < components[0].H and c.V < components[0].V for c in components)
    stay = rows or not both_ways or (converts and (first == first[:, :1]).all())
    return picture[:, :8] if stay and (picture[:, 1:] == picture[:, :-1]).all() else picture


def together(size: Size, components: Sequence[Component]) -> int:
    """How many sets of tables are to be measured at a time for a picture of this size."""
    cost = A_PIXEL * size[0] * size[1] + A_BLOCK * blocks_of(size, components)
    return max(1, min(int(CALLS / cost), TOGETHER))


def scaled_entries(factors: NDArray[np.float64], entries: NDArray[Any]) -> NDArray[np.float64]:
    """Entries of any shape times factors of any shape, rounded, 1 .. 255."""
    products: NDArray[np.float64] = np.multiply.outer(factors, entries)
    products += 0.5
    np.floor(products, out=products)
    np.minimum(products, MAX_STEP, out=products)  # np.clip takes 10 us more
    return np.maximum(products, 1, out=products)


class RoughPsnr:
    """About the PSNR that scaled tables give, in dB, from the energies of the coefficients.

    The error of a coefficient is nearly its energy if the step is large, and a twelfth of the step squared if it
    is small. Half the harmonic mean of the two is near both. It is taken for runs of a few blocks, because one
    part of a picture has more energy than another. The frequencies that subsampling removes are unknown. Their
    energy is guessed from the loss in those that remain.

    ``frequencies`` are the coefficients times 8 of each component, ``(8, 8, blocks)``. ``tables`` are scaled, one
    for each component; ``ratios`` are the components' upsampling ratios, vertical and horizontal. ``triangle``
    tells whether a ratio of 2 means the triangle filter, ``converts`` whether the decoder converts YCbCr to RGB.
    """

    def __init__(
        self,
        frequencies: Sequence[Floats],
        tables: Sequence[NDArray[np.uint16]],
        ratios: Sequence[tuple[int, int]],
        triangle: bool,
        converts: bool,
    ) -> None:
        weights = _weights(tuple(own.shape[2] for own in frequencies), tuple(ratios), triangle, converts)
        squares = np.concatenate(frequencies, axis=2).reshape(64, -1)
        squares *= squares
        energies = np.add.reduceat(squares, weights.starts, axis=1)
        largest = np.maximum.reduceat(squares, weights.starts[:: weights.runs], axis=1)
        self.largest: Floats = np.sqrt(largest).T
        """The largest size of each coefficient, times 8, ``(components, 64)``."""
        self._weights, self._energies, self._tables = weights, energies, tables

    @cached_property
    def _decibels(self) -> list[float]:
        """The PSNRs of :data:`FACTORS`, which rise."""
        weights, energies = self._weights, self._energies
        steps = np.array(self._tables, np.float64).reshape(-1, 64).T ** 2
        small = weights.if_uniform * (steps if weights.runs == 1 else steps.repeat(weights.runs, axis=1))
        large = energies * weights.if_lost + TINY
        ratios = np.multiply.outer(FACTORS**2, (small / large).ravel())
        errors = (ratios / (ratios + 1)) @ large.ravel() + np.vdot(energies, weights.always) + TINY
        decibels: list[float] = (10 * np.log10(255**2 / errors)).tolist()
        return decibels

    def factor(self, decibels: float) -> float:
        """The factor that gives this PSNR."""
        return math.exp(-_interpolated(decibels, self._decibels, _FINENESS))

    def decibels(self, factor: float) -> float:
        """The PSNR that this factor gives."""
        return _interpolated(-math.log(factor), _FINENESS, self._decibels)


TINY = 1e-9  # keeps the errors of flat pictures above 0
_FINENESS = [-math.log(factor) for factor in FACTORS]  # rises


def _interpolated(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    """The value at ``x`` of a line through points whose ``xs`` rise; beyond them, that of the nearest one."""
    i = min(max(bisect_left(xs, x), 1), len(xs) - 1)
    part = (x - xs[i - 1]) / (xs[i] - xs[i - 1])  # np.interp takes three times as long
    return ys[i - 1] + min(max(part, 0.0), 1.0) * (ys[i] - ys[i - 1])


class _Weights(NamedTuple):
    """What the energies and squared steps of the coefficients count for, float64 ``(64, components * runs)``.

    Averaging two samples multiplies a frequency by the cosine of half of it. Upsampling by 2 halves a frequency
    and adds its mirror image at the upper end. The triangle filter (1, 3, 3, 1) / 4 multiplies by the cube of that
    cosine.
    """

    runs: int  # of blocks, in each component
    starts: list[int]  # the number of the first block of each run
    if_uniform: NDArray[np.float64]  # of a squared step, where errors up to half a step are equally likely
    if_lost: NDArray[np.float64]  # of the energy, where it becomes 0
    always: NDArray[np.float64]  # of the energy, for what subsampling loses


@lru_cache(maxsize=64)
def _weights(
    counts: tuple[int, ...], ratios: tuple[tuple[int, int], ...], triangle: bool, converts: bool
) -> _Weights:
    """The weights for components with so many blocks and these upsampling ratios."""
    half = np.arange(8) * np.pi / 32
    mirrored = np.cos(half) ** 6 + np.sin(half) ** 6
    runs = min([ceil_div(counts[0], RUN), *counts])
    energies, gains, starts = [], [], []
    for count, ratio in zip(counts, ratios, strict=True):
        filtered = [triangle and own == 2 for own in ratio]
        sizes = [2 * mirrored if own else np.full(8, r) for own, r in zip(filtered, ratio, strict=True)]
        energies.append(np.multiply.outer(*sizes).ravel())
        # By this the coefficients would have to be multiplied to come nearest to the samples before subsampling.
        wanted = [np.cos(half) ** 2 / mirrored if own else np.ones(8) for own in filtered]
        gains.append(np.multiply.outer(*wanted).ravel())
        starts += [sum(counts[: len(energies) - 1]) + i * count // runs for i in range(runs)]
    pixels = 64 * counts[0] * math.prod(ratios[0])
    energy = np.array(energies) / (64 * len(counts) * pixels)
    if converts:
        energy *= COLOUR_WEIGHTS[:, np.newaxis]
    energy, gain = energy.repeat(runs, axis=0).T, np.array(gains).repeat(runs, axis=0).T
    uniform = energy * 64 / 12 * np.diff([*starts, sum(counts)])
    return _Weights(runs, starts, uniform, energy * gain**2, LOST_ABOVE * energy * (gain - 1) ** 2)
