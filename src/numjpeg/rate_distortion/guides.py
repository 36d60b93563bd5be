"""A guide for the search for a PSNR: it estimates the error of quantization from the coefficients.

Measuring the PSNR of a picture takes about as long as encoding it. Estimating it takes a small part of that time.
The estimate is off by nearly the same amount for similar tables. So a few exact values are enough to correct it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence, Set
from functools import lru_cache
from operator import neg
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Component, ceil_div
from numjpeg.container.frame import mcu_size
from numjpeg.rate_distortion.tables import MAX_STEP

SMALL_BLOCKS = 1536  # a picture of at most so many blocks is looked at as a whole
SAMPLE_BLOCKS = 768  # a sample of a larger picture has at most so many blocks
TILE_MCUS = 4  # a sample is made of tiles so many MCUs wide and one MCU high
CALLS, A_PIXEL, A_BLOCK = 50.0, 0.012, 0.22
"""The time in microseconds that one measurement takes: a fixed part for its calls, then a part for each pixel and
block of each set of tables. So many sets are measured at a time that their part is as long as the fixed one."""
TOGETHER = 32  # at most so many sets of tables are measured at a time
MANY = 4  # a search that measures so many sets at a time needs no guide
EXPECTED_SIZE, EXPECTED = 25_000, (8, 24)
"""NumPy handles so many coefficients in about the time that its calls take anyway. So this number, divided by the
coefficients of the picture, tells how many sets of tables are estimated at a time: within these two bounds."""
FEW_PLACES = 4000
"""If fewer sets of tables than this make a difference, most coefficients are 0. Then the error jumps from one set
to the next."""
SPREAD = (1.5, -3.5)  # the first estimates lie between the first guess times e^1.5 and times e^-3.5
NEAR = 1.3, 0.02
"""Two places are near if the logarithms of their errors differ by less than this; 1.3 is 5.6 dB. Between them the
logarithm of the error is taken to be linear. The second bound holds where the error jumps."""
REFINEMENTS = 3  # one factor is sought by at most so many rounds of further estimates
COLOUR_WEIGHTS = np.array([3, 0.34414**2 + 1.772**2, 1.402**2 + 0.71414**2])
"""By how much squared errors of Y, Cb and Cr grow on the way to RGB, the three channels together."""
LOST_ABOVE = 1.8
"""Subsampling loses the high frequencies and weakens the low ones. This is the energy of the first loss divided by
that of the second: 1 to 3.3 in photographs."""
ROUNDING = 0.12  # rounding of samples and colours adds about this to the mean squared error

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
    rows = bool((picture[0] == picture[-1]).all() and (picture[1:] == picture[:-1]).all())
    if rows:
        picture = picture[:1]
    both_ways = any(c.H < components[0].H and c.V < components[0].V for c in components)
    first = picture[:, 0]
    if (first == picture[:, -1]).all() and (rows or not both_ways or (converts and (first == first[:, :1]).all())):
        return picture[:, :8] if (picture[:, 1:] == picture[:, :-1]).all() else picture
    return picture


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


class ExpectedErrors:
    """Estimates the mean squared error that quantization makes, for a decoder that never rounds.

    The frequencies that subsampling removes are unknown; their energy is guessed from the loss in those that
    remain. The first four parameters have one entry for each component: the coefficients times 8,
    ``(8, 8, blocks)``; which of the 64 may be quantized to something else than 0, ``in_use``; the table that is
    scaled; and the upsampling ratios, vertical and horizontal. ``triangle`` tells whether a ratio of 2 means the
    triangle filter, ``converts`` whether the decoder converts YCbCr to RGB.
    """

    def __init__(
        self,
        frequencies: Sequence[Floats],
        in_use: Sequence[NDArray[np.bool_]],
        tables: Sequence[NDArray[np.uint16]],
        ratios: Sequence[tuple[int, int]],
        triangle: bool,
        converts: bool,
    ) -> None:
        colours = COLOUR_WEIGHTS if converts else [1.0] * len(ratios)
        samples = 64 * frequencies[0].shape[2] * math.prod(ratios[0]) * len(ratios)
        entries, scales, self._always = [], [], 0.0
        self._coefficients: list[tuple[Floats, Floats]] = []
        for own, used, table, ratio, colour in zip(frequencies, in_use, tables, ratios, colours, strict=True):
            size, wanted = _enlarged(ratio, triangle)
            scale = size * np.float32(math.sqrt(colour / (64 * samples)))
            weighted = goal = own * scale
            if wanted is not None:
                goal = weighted * wanted
                lost = (goal - weighted).ravel()
                self._always += LOST_ABOVE * float(lost @ lost)
            never = goal[~used].ravel()
            self._always += float(never @ never)
            self._coefficients.append((weighted[used], goal[used]))
            entries.append(table[used])
            scales.append(8 * scale[used, 0])
        self._entries, self._scales = np.concatenate(entries).astype(np.float64), np.concatenate(scales)
        self.size = sum(own.size for own, _ in self._coefficients)  # the number of coefficients in use

    def __call__(self, factors: Places) -> list[float]:
        """The errors with the tables scaled by each of the factors."""
        steps = (scaled_entries(factors, self._entries) * self._scales).astype(np.float32)[..., np.newaxis]
        inverse = 1 / steps
        errors, first = np.full(len(factors), self._always), 0
        for own, goal in self._coefficients:
            rows = slice(first, first + len(own))
            found = own * inverse[:, rows]
            np.rint(found, out=found)
            found *= steps[:, rows]
            found -= goal
            errors += np.einsum("nkb,nkb->n", found, found)
            first += len(own)
        return errors.tolist()


@lru_cache(maxsize=64)
def _enlarged(ratio: tuple[int, int], triangle: bool) -> tuple[Floats, Floats | None]:
    """Two factors for each of the 8 x 8 coefficients, ``(8, 8, 1)``: by how much upsampling enlarges it, and by
    what it would have to be multiplied to come nearest to the samples before subsampling; None if by 1.

    Averaging two samples multiplies a frequency by the cosine of half of it. Upsampling by 2 halves a frequency
    and adds its mirror image at the upper end. The triangle filter (1, 3, 3, 1) / 4 multiplies by the cube of that
    cosine.
    """
    half = np.arange(8) * np.pi / 32
    mirrored = np.cos(half) ** 6 + np.sin(half) ** 6
    filtered = [triangle and own == 2 for own in ratio]
    energy = np.multiply.outer(
        *(2 * mirrored if own else np.full(8, r) for own, r in zip(filtered, ratio, strict=True))
    )
    wanted = np.multiply.outer(*(np.cos(half) ** 2 / mirrored if own else np.ones(8) for own in filtered))
    sizes, ratios = (own.astype(np.float32)[..., np.newaxis] for own in (np.sqrt(energy), wanted))
    return sizes, ratios if any(filtered) else None


def evenly(below: int, above: int, count: int) -> set[int]:
    """At most ``count`` whole numbers that divide the distance from ``below`` to ``above`` into equal parts."""
    step = (above - below) / (count + 1)
    return {below + round(i * step) for i in range(1, count + 1)} - {below, above}


def about(middle: int, below: int, above: int, count: int) -> set[int]:
    """At most ``count`` whole numbers between ``below`` and ``above``, dense near ``middle``."""
    half = (count + 1) // 2
    sides = {int(middle + (end - middle) * (i / half) ** 2) for end in (below, above) for i in range(half)}
    return sides - {below, above}


class Guide:
    """The estimates that have been made so far, and the exact errors that correct them.

    A place is one of the factors to choose from. ``expected`` estimates the mean squared errors at some places; it
    works best with ``count`` of them at a time. ``missing`` is about the error that the estimates leave out.
    """

    def __init__(
        self, expected: Callable[[Places], Sequence[float]], places: Places, count: int, missing: float = 0.0
    ) -> None:
        self.places, self._expected, self._count = places, expected, count
        self._known: list[
            int
        ] = []  # the places with an estimate, by number; logarithms of their factors and errors
        self._factors: list[float] = []
        self._errors: list[float] = []
        self._exact: list[tuple[float, float]] = []  # exact errors, each with the estimate at the same factor
        self._missing, self._jumps = missing, len(places) < FEW_PLACES

    def calibrate(self, factors: Sequence[float], errors: Sequence[float]) -> None:
        """Take the exact errors at some factors."""
        for factor, error in zip(factors, errors, strict=True):
            logarithm = math.log(factor)
            i = min(max(bisect_left(self._factors, -logarithm, key=neg), 1), len(self._factors) - 1)
            expected = _between(logarithm, self._factors[i - 1 : i + 1], self._errors[i - 1 : i + 1])
            self._exact.append((error, math.exp(expected)))

    def _wanted(self, error: float) -> float:
        """The logarithm of the estimate where the exact error is ``error``.

        It is interpolated between the nearest larger and the nearest smaller exact error. If there is only one
        of them, the difference between error and estimate is taken to be the same everywhere, or else their ratio.
        """
        more = min((own for own in self._exact if own[0] > error), default=None)
        less = max((own for own in self._exact if own[0] <= error), default=None)
        exact, expected = more or less or (self._missing, 0.0)
        if more and less and more[1] > less[1]:
            found = less[1] + (more[1] - less[1]) * (error - less[0]) / (more[0] - less[0])
        elif expected <= exact < error + expected:
            found = error - (exact - expected)
        else:
            found = error * expected / exact if exact else error
        return math.log(max(found, 1e-6))

    def find(
        self, errors: Sequence[float], guess: float, ends: tuple[float, float] = (math.inf, 0.0)
    ) -> list[float]:
        """The factors at which the exact errors are likely to be ``errors``, which fall; where the error jumps
        over one of them, the first factor behind the jump.

        ``guess`` is a factor to begin with. The error is known to be too large at the first of ``ends``, and small
        enough at the second; where errors jump, no factor beyond the two is returned.

        The first estimates are spread over all factors. Further ones divide the interval around the middle one of
        ``errors``.
        """
        last = len(self.places) - 1
        if not self._known:
            step = (SPREAD[1] - SPREAD[0]) / (self._count - 2)
            factors = [guess * math.exp(SPREAD[0] + i * step) for i in range(self._count - 1)]
            self._add({*(min(place_of(self.places, factor), last) for factor in factors), last})
        below, above = -1, last
        if self._jumps:
            below, above = (min(place_of(self.places, end), last) for end in ends)
            below -= self.places[below] < ends[0]
        wanted = [self._wanted(error) for error in errors]
        for _ in range(REFINEMENTS):
            start, end, near = self._around(wanted[len(wanted) // 2], below, above)
            if near or end - start <= 1:
                break
            self._add(evenly(start, end, self._count))
        return [self._factor(own, below, above) for own in wanted]

    def _around(self, wanted: float, below: int, above: int) -> tuple[int, int, bool]:
        """The interval between ``below`` and ``above`` in which the estimate falls to ``wanted``: the last place
        above it, the first place not above it, and whether the two are near enough for a straight line. Where no
        place has an estimate, ``below`` or ``above`` itself is the end.
        """
        i = bisect_left(self._known, below + 1)
        while i < len(self._known) and self._known[i] < above and self._errors[i] > wanted:
            i += 1
        end = min(self._known[i], above) if i < len(self._known) else above
        start = self._known[i - 1] if i else -1
        known = start >= max(below, 0) and self._known[i : i + 1] == [end]
        return max(start, below), end, known and self._errors[i - 1] - self._errors[i] <= NEAR[self._jumps]

    def _factor(self, wanted: float, below: int, above: int) -> float:
        start, end, near = self._around(wanted, below, above)
        if near and end - start > 1:
            i = self._known.index(end)
            return math.exp(_between(wanted, self._errors[i - 1 : i + 1], self._factors[i - 1 : i + 1]))
        return float(self.places[end])

    def _add(self, places: Set[int]) -> None:
        more = sorted(places - set(self._known))
        found = list(zip(self._known, self._factors, self._errors, strict=True))
        for first in range(0, len(more), self._count):
            some = more[first : first + self._count]
            factors = self.places[some]
            errors = [math.log(max(error, 1e-6)) for error in self._expected(factors)]
            found += zip(some, np.log(factors).tolist(), errors, strict=True)
        self._known, self._factors, self._errors = map(list, zip(*sorted(found), strict=True))


def place_of(places: Places, factor: float) -> int:
    """The number of the first place that is not above ``factor``; if all are above, how many there are."""
    return bisect_left(places, -factor, key=neg)


def _between(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    """The value at ``x`` of a straight line through two points; beyond them, that of the nearer one."""
    part = (x - xs[0]) / (xs[1] - xs[0]) if xs[0] != xs[1] else 1.0
    return ys[0] + (ys[1] - ys[0]) * min(max(part, 0.0), 1.0)
