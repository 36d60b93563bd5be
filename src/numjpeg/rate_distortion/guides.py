"""What leads a search for a PSNR: errors expected from coefficients, or the errors of a sample of the picture.

To measure the PSNR of a picture takes about as long as to encode it. A guide takes a small part of that, and errs
by nearly the same amount in places near to each other. So a few exact values are enough.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Component, ceil_div
from numjpeg.container.frame import mcu_size

TINY_BLOCKS = 54
"""Up to here a picture is its own sample."""
SMALL_BLOCKS = 1536
"""Up to here all coefficients of a picture are looked at."""
SAMPLE_BLOCKS = 768
"""Of larger ones so many in a sample."""
FEW_PLACES = 2000
"""With fewer sets of tables that make a difference, most coefficients are 0, and the error jumps."""
TILE_MCUS = 4
"""Width of the tiles that a sample is made of; their height is 1."""
LOOKED_AT, MOST_MCUS = 24, 24
"""From so many rows and columns of MCUs different ones are taken; the most that are."""
TOGETHER_BLOCKS, TOGETHER = 96, (4, 8)
"""A plan for so many blocks costs about as much for its calls as for its blocks; how many pictures it has."""
EXPECTED_BLOCKS = 400
"""The same for expected errors, of up to 8 pictures."""

COLOUR_WEIGHTS = np.array([3, 0.34414**2 + 1.772**2, 1.402**2 + 0.71414**2])
"""By how much squared errors of Y, Cb and Cr grow on the way to RGB, the three channels together."""
ROUNDING = 0.12
"""The mean squared error that rounding samples and colours adds, about."""

Size = tuple[int, ...]
"""Height and width in pixels."""
Places = NDArray[np.float64]
"""Factors, falling."""


def blocks_of(size: Size, components: Sequence[Component]) -> int:
    """Blocks of all components in whole MCUs."""
    height, width = mcu_size(components)
    per_mcu = sum(c.H * c.V for c in components) if len(components) > 1 else 1
    return ceil_div(size[0], height) * ceil_div(size[1], width) * per_mcu


def sample_of(picture: NDArray[np.uint8], components: Sequence[Component]) -> NDArray[np.uint8]:
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


def different_mcus(picture: NDArray[np.uint8], components: Sequence[Component]) -> NDArray[np.uint8]:
    """Side by side the MCUs of a picture that are not equal, or some of them."""
    height, width = mcu_size(components)
    rows, columns = len(picture) // height, picture.shape[1] // width
    if not rows or not columns:
        return picture
    found: dict[bytes, NDArray[np.uint8]] = {}
    for row in range(0, rows, ceil_div(rows, LOOKED_AT)):
        for column in range(0, columns, ceil_div(columns, LOOKED_AT)):
            mcu = picture[row * height : (row + 1) * height, column * width : (column + 1) * width]
            found.setdefault(mcu.tobytes(), mcu)
    mcus = list(found.values())
    return np.concatenate(mcus[:: ceil_div(len(mcus), MOST_MCUS)], axis=1)


def together(size: Size, components: Sequence[Component]) -> int:
    """With how many sets of tables at a time a picture of this size is to be measured."""
    least, most = TOGETHER
    return min(max(TOGETHER_BLOCKS // blocks_of(size, components), least), most)


def expected_together(size: Size, components: Sequence[Component]) -> int:
    """With how many sets of tables at a time errors are to be expected."""
    return min(max(EXPECTED_BLOCKS // blocks_of(size, components), TOGETHER[0]), TOGETHER[1])


class ExpectedErrors:
    """Mean squared errors that quantization makes, expected from coefficients, for a decoder that never rounds.

    Parameters
    ----------
    frequencies : of each component the coefficients times 8, float32 ``(8, 8, blocks)``.
    ratios : of each component, by how much it is enlarged, vertically and horizontally.
    triangle : whether a factor of 2 is enlarged by the triangle filter. converts : whether YCbCr become RGB.
    samples : how many the picture has.
    """

    def __init__(
        self,
        frequencies: Sequence[NDArray[np.float32]],
        ratios: Sequence[tuple[int, int]],
        triangle: bool,
        converts: bool,
        samples: int,
    ) -> None:
        colours = COLOUR_WEIGHTS if converts else [1.0] * len(ratios)
        self._frequencies = frequencies
        self._weights = [
            np.multiply.outer(_gains(v, triangle), _gains(h, triangle)) * (colour / (64 * samples))
            for (v, h), colour in zip(ratios, colours, strict=True)
        ]

    def __call__(self, tables: Sequence[NDArray[np.uint16]]) -> list[float]:
        """The errors with some tables of each component, ``(n, 8, 8)``."""
        errors = np.zeros(len(tables[0]))
        for own, some, weights in zip(self._frequencies, tables, self._weights, strict=True):
            step = 8 * some.astype(np.float32)
            off = own * (1 / step)[..., np.newaxis]
            off -= np.rint(off)
            np.square(off, out=off)
            errors += (off.sum(axis=3) * np.square(step) * weights).sum(axis=(1, 2))
        return errors.tolist()


def _gains(ratio: int, triangle: bool) -> NDArray[np.float64]:
    """By how much the energy of each of 8 frequencies grows when samples are enlarged by a factor.

    The triangle filter (1, 3, 3, 1) / 4 lets through the cube of the cosine of half a frequency; enlarging by 2
    halves frequencies, and gives each a mirror image at the upper end.
    """
    half = np.arange(8) * np.pi / 32
    return 2 * (np.cos(half) ** 6 + np.sin(half) ** 6) if triangle and ratio == 2 else np.full(8, float(ratio))


class Guide:
    """A PSNR that on the whole rises from place to place, as far as it is known."""

    def __init__(
        self,
        measure: Callable[[Places], Sequence[float]],
        places: Places,
        count: int,
        missing: float = 0.0,
    ) -> None:
        """Prepare.

        Parameters
        ----------
        measure : tells mean squared errors, of 8-bit samples, at some places.
        places : the factors where it can be told. count : at how many to ask at a time.
        missing : an error that is in the picture besides, about.
        """
        self.places, self._measure, self._count = places, measure, count
        self._missing, self._factor = missing, 1.0
        self._errors: dict[int, float] = {}

    @property
    def best(self) -> float:
        """The PSNR at the last place, after a search."""
        return self._decibels(len(self.places) - 1)

    def _decibels(self, place: int) -> float:
        error = self._errors[place] * self._factor + self._missing
        return 10 * math.log10(255**2 / error) if error > 0 else math.inf

    @property
    def jumps(self) -> bool:
        """Whether few places differ, so that the PSNR jumps from one to the next."""
        return len(self.places) < FEW_PLACES

    def calibrate(self, factor: float, error: float) -> None:
        """Take note of the picture's error at a factor."""
        place = self._place(factor)
        self._add({place})
        own = self._errors[place]
        if self._missing and error >= own:
            self._missing, self._factor = error - own, 1.0
        elif error and own:
            self._missing, self._factor = 0.0, error / own

    def _place(self, factor: float) -> int:
        """The number of the first place that is not above a factor."""
        return min(int(np.searchsorted(-self.places, -factor)), len(self.places) - 1)

    def find(self, wanted: float, slack: float, guess: float) -> int | None:
        """The number of a place where the PSNR is ``wanted`` .. ``wanted + slack``; failing that, where it is
        more, and ``wanted`` is missed at the place before. None if it is missed everywhere. ``guess`` is a factor
        to begin with.

        Notes
        -----
        Places are first tried all over, then about where a straight line from one to the next passes the middle
        of the slack. In case of jumps, they share the rest out evenly instead: where there are few, at once.
        """
        last = len(self.places) - 1
        if not self._errors:
            all_over = self._evenly(-1, last + 1) if self.jumps else self._about(self._place(guess), -1, last + 1)
            self._add(all_over)
        even = self.jumps
        while True:
            known = {place: self._decibels(place) for place in self._errors}
            above = min((place for place, value in known.items() if value >= wanted), default=-1)
            if above < 0 and last in known:
                return None
            if above < 0:
                self._add({last})
                continue
            below = max((place for place in known if place < above), default=-1)
            if known[above] <= wanted + slack or above - below == 1:
                return above
            if even or below < 0 or above - below <= self._count:
                self._add(self._evenly(below, above))
                even = self.jumps or self._count > 1
                continue
            part = (wanted + slack / 2 - known[below]) / (known[above] - known[below])
            middle = self._place(self.places[below] ** (1 - part) * self.places[above] ** part)
            self._add(self._about(min(max(middle, below + 1), above - 1), below, above))
            even = True

    def _evenly(self, below: int, above: int) -> set[int]:
        """Numbers that cut the distance between two others into equal parts."""
        step = (above - below) / (self._count + 1)
        return {below + round(i * step) for i in range(1, self._count + 1)} - {below, above}

    def _about(self, middle: int, below: int, above: int) -> set[int]:
        """Numbers between two others, the closer together, the closer they are to ``middle``."""
        half = (self._count + 1) // 2
        sides = {int(middle + (end - middle) * (i / half) ** 2) for end in (below, above) for i in range(half)}
        return (sides | {middle}) - {below, above}

    def _add(self, places: Collection[int]) -> None:
        ordered = sorted(set(places) - self._errors.keys())
        while ordered:
            some, ordered = ordered[: self._count], ordered[self._count :]
            self._errors.update(zip(some, self._measure(self.places[some]), strict=True))
