"""What leads a search for a PSNR: the errors that are expected from coefficients.

To measure the PSNR of a picture takes about as long as to encode it. A guide takes a small part of that, and errs
by nearly the same amount in places near to each other. So a few exact values are enough.
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

SMALL_BLOCKS = 1536  # up to here all coefficients of a picture are looked at
SAMPLE_BLOCKS = 768  # of larger ones so many in a sample
TILE_MCUS = 4  # width of the tiles that a sample is made of; their height is 1
CALLS, A_PIXEL, A_BLOCK = 50.0, 0.012, 0.22
"""Microseconds that measuring errors takes for its calls, less what larger arrays cost the caches; for a pixel;
and for a block. As many sets of tables are measured at a time as take as long as the calls."""
TOGETHER = 32  # the most sets of tables at a time
MANY = 4  # with so many at a time no guide is needed
EXPECTED_SIZE, EXPECTED = 25_000, (8, 24)
"""To expect the errors of so many coefficients takes about as long as its calls; the least and the most sets of
tables at a time."""
FEW_PLACES = 4000  # with fewer sets that make a difference, most coefficients are 0, and the error jumps
SPREAD = (1.5, -3.5)  # logarithms of the factors, less that of the first guess, where errors are first expected
NEAR = 0.6, 0.02
"""Between places where the logarithm of the error differs by less than this (0.6 are 2.6 dB), it is taken for
linear; the second where errors jump."""
REFINEMENTS = 3  # so many times at most more places are asked for to find one
COLOUR_WEIGHTS = np.array([3, 0.34414**2 + 1.772**2, 1.402**2 + 0.71414**2])
"""By how much squared errors of Y, Cb and Cr grow on the way to RGB, the three channels together."""
LOST_ABOVE = 1.8
"""Energy that subsampling loses above, in relation to what it takes away below; 1 to 3.3 in photographs."""
ROUNDING = 0.12  # the mean squared error that rounding samples and colours adds, about

Size = tuple[int, ...]  # height and width in pixels
Places = NDArray[np.float64]  # factors, falling
Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


def blocks_of(size: Size, components: Sequence[Component]) -> int:
    """Blocks of all components in whole MCUs."""
    height, width = mcu_size(components)
    per_mcu = sum(c.H * c.V for c in components) if len(components) > 1 else 1
    return ceil_div(size[0], height) * ceil_div(size[1], width) * per_mcu


def sample_of(picture: Bytes, components: Sequence[Component]) -> Bytes:
    """Tiles from all over a picture ``(H, W, channels)``, one below the other."""
    height, width = mcu_size(components)
    rows, columns = len(picture) // height, picture.shape[1] // width
    across = min(columns, TILE_MCUS)
    if not rows or not across:  # some very long rows, or columns
        return picture
    count = min(rows, max(1, SAMPLE_BLOCKS // blocks_of((height, across * width), components)))
    tiles = []
    for i in range(count):
        top = i * rows // count * height
        left = int(i * 0.618034 % 1 * (columns - across + 1)) * width  # by the golden ratio, to spread evenly
        tiles.append(picture[top : top + height, left : left + across * width])
    return np.concatenate(tiles)


def without_repetition(picture: Bytes, components: Sequence[Component], converts: bool) -> Bytes:
    """The first row of a picture whose rows of pixels are all equal, and some columns if all of these are.

    Rows that are equal stay so all the way through a file, since every vertical difference is 0. So each has the
    same error as in the whole picture. Columns do not where 2 x 2 samples are averaged, since their sums are
    rounded up and down in turns, unless rows are equal as well, or the file has YCbCr (``converts``) of gray
    pixels. Eight columns stay, since narrow pictures are enlarged in another way.
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
    """With how many sets of tables at a time a picture of this size is to be measured."""
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
    """Mean squared errors that quantization makes, expected from coefficients, for a decoder that never rounds.

    What subsampling loses above the frequencies that are left is guessed from what it takes away of those. Given
    are of each component the coefficients times 8, ``(8, 8, blocks)``, those ``in_use``, which not every table
    makes 0, the table that is scaled, and by how much it is enlarged, vertically and horizontally; whether the
    factor 2 means the triangle filter; and whether YCbCr become RGB.
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
        self.size = sum(own.size for own, _ in self._coefficients)  # how many coefficients are looked at

    def __call__(self, factors: Places) -> list[float]:
        """The errors with tables scaled by some factors (:func:`numjpeg.rate_distortion.scaling.scaled`)."""
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
    """How much larger each of 8 x 8 coefficients is in enlarged samples, and how large it would have to be to be
    nearest to the samples from which it was averaged, in relation to what it is; ``(8, 8, 1)``; None for 1.

    Averaging two samples lets through the cosine of half a frequency. The triangle filter (1, 3, 3, 1) / 4 lets
    through its cube; enlarging by 2 halves frequencies, and gives each a mirror image at the upper end.
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
    """At most ``count`` numbers that cut the distance between two others into equal parts."""
    step = (above - below) / (count + 1)
    return {below + round(i * step) for i in range(1, count + 1)} - {below, above}


def about(middle: int, below: int, above: int, count: int) -> set[int]:
    """At most ``count`` numbers between two others, the closer together, the closer they are to ``middle``."""
    half = (count + 1) // 2
    sides = {int(middle + (end - middle) * (i / half) ** 2) for end in (below, above) for i in range(half)}
    return sides - {below, above}


class Guide:
    """The errors that are expected at some places, as far as they are known, and by how much they are wrong.

    ``expected`` tells mean squared errors at places, at best at ``count`` of them at a time. ``missing`` is an
    error that is in the picture besides, about.
    """

    def __init__(
        self, expected: Callable[[Places], Sequence[float]], places: Places, count: int, missing: float = 0.0
    ) -> None:
        self.places, self._expected, self._count = places, expected, count
        self._known: list[int] = []  # numbers of places, rising; logarithms of their factors and errors
        self._factors: list[float] = []
        self._errors: list[float] = []
        self._exact: list[tuple[float, float]] = []  # errors of the picture, and those that are expected there
        self._missing, self._jumps = missing, len(places) < FEW_PLACES

    def calibrate(self, factors: Sequence[float], errors: Sequence[float]) -> None:
        """Take note of the picture's errors with some factors."""
        for factor, error in zip(factors, errors, strict=True):
            logarithm = math.log(factor)
            i = min(max(bisect_left(self._factors, -logarithm, key=neg), 1), len(self._factors) - 1)
            expected = _between(logarithm, self._factors[i - 1 : i + 1], self._errors[i - 1 : i + 1])
            self._exact.append((error, math.exp(expected)))

    def _wanted(self, error: float) -> float:
        """The logarithm of the error to be expected where the picture's is ``error``: by a straight line from the
        nearest one that is more to the nearest one that is less; from a single one, for what is missing there.
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
        """The factors where the picture's errors are expected, those of a PSNR that rises a little; where errors
        jump, the one behind the jump. ``guess`` is a factor to begin with; ``ends`` are one with which errors are
        too large and one with which they are small enough: if errors jump, none is found beyond.

        Places are first asked for all over. Then they cut the distance between the two on both sides of the middle
        error into equal parts.
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
        """Between two places: the first one that is known to be enough, or else the second of these two; the known
        one before it, or else the first of these two; and whether a straight line leads from that to this.
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
    """The number of the first place that is not above a factor; their number if all are."""
    return bisect_left(places, -factor, key=neg)


def _between(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    """Where a straight line through two points is at ``x``, not beyond them."""
    part = (x - xs[0]) / (xs[1] - xs[0]) if xs[0] != xs[1] else 1.0
    return ys[0] + (ys[1] - ys[0]) * min(max(part, 0.0), 1.0)
