"""Decoding at a scale, or a part of the picture: which samples and blocks of each component that needs.

T.81 does not define scaled decoding. The rule is libjpeg's: at a scale of N / 8 a block becomes N x N samples. A
block of a subsampled component becomes more samples, so that less upsampling is needed.
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
    """A part of a frame at a scale. All sizes are in pixels of the scaled picture."""

    frame: Frame
    size: int  # N: 8, 4, 2 or 1
    top: int
    left: int
    height: int
    width: int

    @classmethod
    def of(cls, frame: Frame, scale: float, region: tuple[int, int, int, int] | None) -> Self:
        """The view of a frame; ValueError for a region that does not lie in the scaled picture. None means all."""
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
        """Whether the view is all of the frame at full size."""
        return self.size == 8 and (self.height, self.width) == (self.frame.height, self.frame.width)

    def block_side(self, index: int) -> int:
        """Samples a side of a component's block: N, doubled while they are not finer than the picture's pixels."""
        side, frame, component = self.size, self.frame, self.frame.components[index]
        rows, columns = frame.V_max * self.size, frame.H_max * self.size
        while side < 8 and columns % (component.H * side * 2) == 0 and rows % (component.V * side * 2) == 0:
            side *= 2
        return side

    def kept(self, index: int) -> int:
        """How many coefficients of its blocks the inverse DCT of component number ``index`` needs: 64 or 1."""
        return 1 if self.block_side(index) == 1 else 64

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """The components, with sampling factors in the ratios of the scaled planes."""
        sides = map(self.block_side, range(len(self.frame.components)))
        return tuple(replace(c, H=c.H * n, V=c.V * n) for c, n in zip(self.frame.components, sides, strict=True))

    @cached_property
    def around(self) -> View:
        """The view, grown to all that its pixels depend on: whole samples of all components, and two more.

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
        """Rows and columns of the samples of component number ``index`` that :attr:`around` covers."""
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
        """How many MCU rows of the frame are needed, from the first on."""
        return max(ceil_div(self.blocks(i)[0].stop, c.V) for i, c in enumerate(self.frame.components))

    def new_plane(self, index: int) -> NDArray[Any]:
        """An array for the samples of these blocks."""
        side = self.block_side(index)
        rows, columns = ((part.stop - part.start) * side for part in self.blocks(index))
        return np.empty((rows, columns), self.frame.sample_type)

    def cut(self, index: int, plane: NDArray[Any] | None) -> NDArray[Any]:
        """The samples of :meth:`samples` from a plane of :meth:`new_plane`; mid-gray if there is no plane."""
        rows, columns = self.samples(index)
        if plane is None:
            shape = rows.stop - rows.start, columns.stop - columns.start
            return np.full(shape, self.frame.mid_level, self.frame.sample_type)
        top, left = (blocks.start * self.block_side(index) for blocks in self.blocks(index))
        return plane[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]

    def within(self, picture: NDArray[Any]) -> NDArray[Any]:
        """The view's own pixels, cut out of a picture of :attr:`around`."""
        top, left = self.top - self.around.top, self.left - self.around.left
        return picture[top : top + self.height, left : left + self.width]

    def scan_rows(self, scan: Scan) -> tuple[int, int]:
        """The first MCU row of a scan that is needed, and the one after the last."""
        needed = [(self.blocks(i)[0], v) for i, (v, _) in zip(scan.indices, scan.factors, strict=True)]
        return min(rows.start // v for rows, v in needed), max(ceil_div(rows.stop, v) for rows, v in needed)


class WholeMcus(View):
    """A view that is grown to whole MCUs, so that a file of its own could hold it."""

    @cached_property
    def cropped(self) -> tuple[int, int, Frame]:
        """The first MCU row and column, and the frame from there to the view's lower right corner."""
        frame, size = self.frame, self.size
        mcu_height, mcu_width = mcu_size(frame.components)
        row, column = 8 * self.top // size // mcu_height, 8 * self.left // size // mcu_width
        bottom = min(frame.height, 8 * (self.top + self.height) // size)
        right = min(frame.width, 8 * (self.left + self.width) // size)
        return row, column, frame._replace(height=bottom - row * mcu_height, width=right - column * mcu_width)

    def blocks(self, index: int) -> tuple[slice, slice]:
        """Rows and columns of the blocks of component number ``index``."""
        (row, column, frame), c = self.cropped, self.frame.components[index]
        V, H = (c.V, c.H) if len(self.frame.components) > 1 else (1, 1)
        rows, columns = frame.block_size(c)
        return slice(row * V, row * V + rows), slice(column * H, column * H + columns)


def _widened(first: int, count: int, full: int, ratio: int) -> tuple[int, int]:
    """Start and stop of ``count`` pixels, grown to whole samples of ``ratio`` pixels, and by two more samples."""
    start, stop = first // ratio - 2, ceil_div(first + count, ratio) + 2
    return max(0, start * ratio), min(full, stop * ratio)


def check_scale(scale: Any) -> float:
    """The scale as a float; ValueError if it is none of 1, 1/2, 1/4 and 1/8, TypeError if it is no number."""
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
    """A region as four plain integers, else TypeError; ValueError if it is empty or has negative numbers."""
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
    """A progressive frame cut to ``rows`` MCU rows, if it has more, and its scans, whose data go on below."""
    height = 8 * frame.V_max * rows
    if height >= frame.height or frame.header_height is not None:
        return frame, list(scans)
    cut = frame._replace(height=height)
    return cut, [replace(scan, frame=cut, goes_on=True) for scan in scans]


def cut_scan(data: bytes, scan: Scan, first: int, stop: int) -> tuple[Scan, int]:
    """The part of a sequential scan that holds MCU rows ``first`` to ``stop``, and the number of its first row.

    Without suitable restart markers it is the whole scan. Markers are numbered modulo 8, so a part begins behind a
    multiple of eight intervals. The part is a scan of a frame of fewer rows, and is read like any other.
    """
    rows, columns = scan.mcus
    interval = scan.restart_interval
    if not interval or len(scan.components) != len(scan.frame.components):
        return scan, 0
    # A part can begin after a number of rows where the eighth interval ends, too, and end where any interval does.
    start_step, end_step = (lcm(intervals * interval, columns) // columns for intervals in (8, 1))
    start = first // start_step * start_step
    end = min(rows, ceil_div(stop, end_step) * end_step)
    if start == 0 and end == rows:
        return scan, 0
    entropy_coded = np.frombuffer(data, np.uint8, scan.end - scan.start, scan.start)
    offsets = np.flatnonzero(entropy_coded[:-1] == 0xFF)
    codes = entropy_coded[offsets + 1]
    offsets, codes = offsets[codes != 0] + scan.start, codes[codes != 0]
    count = (rows * columns - 1) // interval
    if not np.array_equal(codes, 0xD0 + np.arange(count) % 8):
        return scan, 0  # a marker is missing, comes out of turn, or is another one
    begin = int(offsets[start * columns // interval - 1]) + 2 if start else scan.start
    finish = int(offsets[end * columns // interval - 1]) if end < rows else scan.end
    row_height = 8 * (scan.frame.V_max if scan.interleaved else 1)
    part = scan.frame._replace(height=min(scan.frame.height, end * row_height) - start * row_height)
    return replace(scan, frame=part, start=begin, end=finish), start
