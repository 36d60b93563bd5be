"""What of a picture is wanted: at which scale, and which part; and what of its components that takes.

T.81 knows no scaled decoding. The rule is libjpeg's: at a scale of N / 8 a block becomes N x N samples. A
component that is subsampled keeps more of them, so that it needs less enlarging.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import lcm
from operator import index as as_integer
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Component, ceil_div
from numjpeg.container.frame import Frame, Scan, mcu_size

SIZES = {1.0: 8, 0.5: 4, 0.25: 2, 0.125: 1}  # scale -> N, samples a side of a block that is not subsampled


@dataclass(frozen=True, eq=False)
class View:
    """A part of a frame at a scale. Its numbers are pixels of the scaled picture."""

    frame: Frame
    size: int  # N: 8, 4, 2 or 1
    top: int
    left: int
    height: int
    width: int

    @classmethod
    def of(cls, frame: Frame, scale: float, region: tuple[int, int, int, int] | None) -> Self:
        """Of a frame; ValueError for a region that does not lie in the scaled picture."""
        size = SIZES[scale]
        full_height, full_width = ceil_div(frame.height * size, 8), ceil_div(frame.width * size, 8)
        top, left, height, width = region or (0, 0, full_height, full_width)
        if top + height > full_height or left + width > full_width:
            part = f"rows {top} to {top + height}, columns {left} to {left + width}"
            whole = f"{full_height} rows and {full_width} columns"
            raise ValueError(f"region: {part} reach past the picture of {whole}")
        return cls(frame, size, top, left, height, width)

    @cached_property
    def whole(self) -> bool:
        """All of the frame at full size."""
        return self.size == 8 and (self.height, self.width) == (self.frame.height, self.frame.width)

    def block_side(self, index: int) -> int:
        """Samples a side of a component's block: N, doubled while they do not get finer than the picture's."""
        side, frame, component = self.size, self.frame, self.frame.components[index]
        rows, columns = frame.V_max * self.size, frame.H_max * self.size
        while side < 8 and columns % (component.H * side * 2) == 0 and rows % (component.V * side * 2) == 0:
            side *= 2
        return side

    def kept(self, index: int) -> int:
        """Coefficients of a block of component number ``index`` that the inverse transform looks at: 64 or 1."""
        return 1 if self.block_side(index) == 1 else 64

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """The components with sampling factors that have the ratios of the scaled ones."""
        sides = map(self.block_side, range(len(self.frame.components)))
        return tuple(replace(c, H=c.H * n, V=c.V * n) for c, n in zip(self.frame.components, sides, strict=True))

    @cached_property
    def around(self) -> View:
        """The part and what of the picture decides about it: whole samples of all components, and some more.

        Two samples on either side are enough for the triangle filter, and for its rule that planes of at most two
        columns are not filtered.
        """
        frame, size = self.frame, self.size
        V_max, H_max = (max(getattr(c, axis) for c in self.components) for axis in "VH")
        v, h = lcm(*(V_max // c.V for c in self.components)), lcm(*(H_max // c.H for c in self.components))
        top, bottom = _widened(self.top, self.height, ceil_div(frame.height * size, 8), v)
        left, right = _widened(self.left, self.width, ceil_div(frame.width * size, 8), h)
        return View(frame, size, top, left, bottom - top, right - left)

    def samples(self, index: int) -> tuple[slice, slice]:
        """Rows and columns of the samples of component number ``index`` for the part and what is around it."""
        c, around = self.components[index], self.around
        V_max, H_max = (max(getattr(c, axis) for c in self.components) for axis in "VH")
        rows = slice(around.top * c.V // V_max, ceil_div((around.top + around.height) * c.V, V_max))
        return rows, slice(around.left * c.H // H_max, ceil_div((around.left + around.width) * c.H, H_max))

    def blocks(self, index: int) -> tuple[slice, slice]:
        """Rows and columns of blocks that hold these samples."""
        side = self.block_side(index)
        rows, columns = (slice(part.start // side, ceil_div(part.stop, side)) for part in self.samples(index))
        return rows, columns

    @cached_property
    def mcu_rows(self) -> int:
        """How many MCU rows of the frame it takes, from the first on."""
        return max(ceil_div(self.blocks(i)[0].stop, c.V) for i, c in enumerate(self.frame.components))

    def new_plane(self, index: int) -> NDArray[Any]:
        """An array for the samples of these blocks."""
        side = self.block_side(index)
        rows, columns = ((part.stop - part.start) * side for part in self.blocks(index))
        return np.empty((rows, columns), self.frame.sample_type)

    def cut(self, index: int, plane: NDArray[Any] | None) -> NDArray[Any]:
        """Of such a plane what :meth:`samples` says; mid-gray if there is none."""
        samples, side = self.samples(index), self.block_side(index)
        if plane is None:
            shape = [part.stop - part.start for part in samples]
            return np.full(shape, self.frame.mid_level, self.frame.sample_type)
        firsts = (blocks.start * side for blocks in self.blocks(index))
        parts = zip(samples, firsts, strict=True)
        return plane[tuple(slice(part.start - first, part.stop - first) for part, first in parts)]

    def within(self, picture: NDArray[Any]) -> NDArray[Any]:
        """The part itself of a picture of what is :attr:`around` it."""
        top, left = self.top - self.around.top, self.left - self.around.left
        return picture[top : top + self.height, left : left + self.width]

    def scan_rows(self, scan: Scan) -> tuple[int, int]:
        """The first MCU row of a scan that is needed, and the one after the last."""
        needed = [(self.blocks(i)[0], v) for i, (v, _) in zip(scan.indices, scan.factors, strict=True)]
        return min(rows.start // v for rows, v in needed), max(ceil_div(rows.stop, v) for rows, v in needed)


class WholeMcus(View):
    """The same, grown to the MCUs that hold the part: what a file of its own could have."""

    @cached_property
    def cropped(self) -> tuple[int, int, Frame]:
        """The first MCU row and column, and the frame from there to the part's far edges."""
        frame, size = self.frame, self.size
        mcu_height, mcu_width = mcu_size(frame.components)
        row, column = 8 * self.top // size // mcu_height, 8 * self.left // size // mcu_width
        bottom = min(frame.height, 8 * (self.top + self.height) // size)
        right = min(frame.width, 8 * (self.left + self.width) // size)
        return row, column, frame._replace(height=bottom - row * mcu_height, width=right - column * mcu_width)

    def blocks(self, index: int) -> tuple[slice, slice]:
        """Rows and columns of the blocks of component number ``index``."""
        (row, column, own), c = self.cropped, self.frame.components[index]
        V, H = (c.V, c.H) if len(self.frame.components) > 1 else (1, 1)
        rows, columns = own.block_size(c)
        return slice(row * V, row * V + rows), slice(column * H, column * H + columns)


def _widened(first: int, count: int, full: int, ratio: int) -> tuple[int, int]:
    start, stop = first // ratio - 2, ceil_div(first + count, ratio) + 2
    return max(0, start * ratio), min(full, stop * ratio)


def check_scale(scale: Any) -> float:
    """The scale as a float; ValueError if it is none of 1, 1/2, 1/4 and 1/8."""
    try:
        if isinstance(scale, bool | np.bool_ | str):
            raise TypeError
        value = float(scale)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"scale: a number expected, got {scale!r}") from None
    if value not in SIZES:
        raise ValueError(f"scale: {scale!r} is none of 1, 1/2, 1/4 and 1/8")
    return value


def check_region(region: Any) -> tuple[int, int, int, int]:
    """A region as four plain integers; ValueError if it is empty or begins outside of any picture."""
    try:
        if any(isinstance(number, bool) for number in region):
            raise TypeError
        top, left, height, width = map(as_integer, region)
    except (TypeError, ValueError):
        raise TypeError(f"region: (top, left, height, width) expected, integers, got {region!r}") from None
    if top < 0 or left < 0 or height < 1 or width < 1:
        raise ValueError(f"region: {region!r} is empty or negative")
    return top, left, height, width


def cut_below(frame: Frame, scans: Sequence[Scan], rows: int) -> tuple[Frame, list[Scan]]:
    """A progressive frame of at most so many MCU rows, and its scans, whose data go on below."""
    height = 8 * frame.V_max * rows
    if height >= frame.height or frame.header_height is not None:
        return frame, list(scans)
    cut = frame._replace(height=height)
    return cut, [replace(scan, frame=cut, goes_on=True) for scan in scans]


def cut_scan(data: bytes, scan: Scan, first: int, stop: int) -> tuple[Scan, int]:
    """The part of a sequential scan that holds MCU rows ``first`` to ``stop``, and the number of its first one.

    It is the scan itself unless restart markers allow one. They are numbered modulo 8, so a part begins behind a
    multiple of eight intervals. It is a scan of a frame of fewer rows, which a reader reads as any other.
    """
    rows, columns = scan.mcus
    interval = scan.restart_interval
    if not interval or len(scan.components) != len(scan.frame.components):
        return scan, 0
    eight, whole = (lcm(count * interval, columns) // columns for count in (8, 1))  # rows
    start = first // eight * eight
    end = min(rows, ceil_div(stop, whole) * whole)
    if start == 0 and end == rows:
        return scan, 0
    entropy_coded = np.frombuffer(data, np.uint8, scan.end - scan.start, scan.start)
    places = np.flatnonzero(entropy_coded[:-1] == 0xFF)
    after = entropy_coded[places + 1]
    places, after = places[after != 0] + scan.start, after[after != 0]
    count = (rows * columns - 1) // interval
    if not np.array_equal(after, 0xD0 + np.arange(count) % 8):
        return scan, 0  # a marker is missing, comes out of turn, or is another one
    begin = int(places[start * columns // interval - 1]) + 2 if start else scan.start
    finish = int(places[end * columns // interval - 1]) if end < rows else scan.end
    row_height = 8 * (scan.frame.V_max if scan.interleaved else 1)
    part = scan.frame._replace(height=min(scan.frame.height, end * row_height) - start * row_height)
    return replace(scan, frame=part, start=begin, end=finish), start
