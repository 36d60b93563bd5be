"""The geometry of tiles, tile-components, resolutions, sub-bands, precincts and code-blocks (T.800 Annex B).

Rectangles are half open. Their coordinates are absolute, on the grid of what they belong to: the reference grid, a
component, a resolution or a sub-band. Precincts and code-blocks are made only when a packet needs them.
"""

from __future__ import annotations

from typing import NamedTuple

from numjpeg.jpeg2000.container.codestream import CodingStyle, Quantization, Size
from numjpeg.jpeg2000.container.tag_tree import TagTree
from numjpeg.jpeg2000.quantization import step_of

LL, HL, LH, HH = range(4)  # orientation of a sub-band: bit 0 is horizontal high-pass, bit 1 vertical high-pass
LOG2_GAIN = (0, 1, 1, 2)  # by orientation: bits that a reversible transform adds to the dynamic range (Table E.1)


def ceil_div(a: int, b: int) -> int:
    """The quotient, rounded up."""
    return -(-a // b)


class Rectangle(NamedTuple):
    """Columns x0 to x1 - 1 of rows y0 to y1 - 1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        """Columns."""
        return max(0, self.x1 - self.x0)

    @property
    def height(self) -> int:
        """Rows."""
        return max(0, self.y1 - self.y0)

    @property
    def empty(self) -> bool:
        """Whether it holds no sample."""
        return self.x1 <= self.x0 or self.y1 <= self.y0

    def divided(self, dx: int, dy: int) -> Rectangle:
        """The same rectangle on a grid of every dx-th column and every dy-th row."""
        x0, y0, x1, y1 = self
        return Rectangle(ceil_div(x0, dx), ceil_div(y0, dy), ceil_div(x1, dx), ceil_div(y1, dy))

    def intersect(self, other: Rectangle) -> Rectangle:
        """The part that both share."""
        x0, y0, x1, y1 = other
        return Rectangle(max(self.x0, x0), max(self.y0, y0), min(self.x1, x1), min(self.y1, y1))

    def grown(self, margin: int) -> Rectangle:
        """The rectangle with a margin on all sides."""
        return Rectangle(self.x0 - margin, self.y0 - margin, self.x1 + margin, self.y1 + margin)

    def within(self, outer: Rectangle) -> tuple[slice, slice]:
        """Slices of this rectangle in an array that holds ``outer``."""
        return slice(self.y0 - outer.y0, self.y1 - outer.y0), slice(self.x0 - outer.x0, self.x1 - outer.x0)


class CodeBlock:
    """A code-block (B.7), and what packets have said of it so far."""

    __slots__ = ("band", "box", "has_bytes", "length_bits", "passes", "segments", "zero_planes")

    def __init__(self, box: Rectangle, band: Band) -> None:
        self.box, self.band = box, band
        self.passes = 0
        self.has_bytes = False
        self.zero_planes = -1  # most significant bit-planes that are all 0; -1 until a packet includes the block
        self.length_bits = 3  # Lblock (B.10.7.1)
        self.segments: list[list[int | bytes]] = []  # code word segments: number of passes, bytes


class Band:
    """A sub-band of a tile-component (B.5)."""

    def __init__(self, orientation: int, level: int, box: Rectangle) -> None:
        self.orientation, self.level, self.box = orientation, level, box
        self.planes = 0  # magnitude bit-planes Mb (Equation E-2), those of a region of interest included
        self.step = 1.0  # quantization step (Equation E-3); 1 where the transform is reversible
        self.blocks: list[CodeBlock] = []  # of the precincts made so far


class BandOfPrecinct(NamedTuple):
    """The part of a sub-band in one precinct: code-blocks in raster order, and their tag trees."""

    blocks: list[CodeBlock]
    width: int
    inclusion: TagTree
    zero_planes: TagTree


class Resolution:
    """A resolution level of a tile-component, with its precincts (B.5, B.6)."""

    def __init__(self, tile_component: TileComponent, r: int) -> None:
        style, box = tile_component.style, tile_component.box
        self.level = level = style.levels - r  # how often the full resolution was halved
        self.box = box.divided(1 << level, 1 << level)
        self.PPx, self.PPy = style.precincts[r]
        self.px0, self.py0 = self.box.x0 >> self.PPx, self.box.y0 >> self.PPy
        empty = self.box.empty
        self.precincts_wide = 0 if empty else ceil_div(self.box.x1, 1 << self.PPx) - self.px0
        self.precincts_high = 0 if empty else ceil_div(self.box.y1, 1 << self.PPy) - self.py0
        self.precinct_count = self.precincts_wide * self.precincts_high
        self.in_band = 0 if r == 0 else 1  # log2 of resolution coordinates divided by those of its sub-bands
        self.xcb = min(style.xcb, self.PPx - self.in_band)
        self.ycb = min(style.ycb, self.PPy - self.in_band)
        depth = style.levels if r == 0 else level + 1
        orientations = (LL,) if r == 0 else (HL, LH, HH)
        self.bands = [Band(o, depth, sub_band(box, o, depth)) for o in orientations]
        self.precincts: dict[int, list[BandOfPrecinct]] = {}

    def precinct(self, k: int) -> list[BandOfPrecinct]:
        """The k-th precinct in raster order. It is made at the first call."""
        if k not in self.precincts:
            row, column = divmod(k, self.precincts_wide)
            self.precincts[k] = [self._make(self.px0 + column, self.py0 + row, band) for band in self.bands]
        return self.precincts[k]

    def code_blocks_of(self, k: int) -> int:
        """An upper bound of the code-blocks of a precinct in all sub-bands, without making them."""
        wide = (1 << self.PPx - self.in_band) >> self.xcb
        high = (1 << self.PPy - self.in_band) >> self.ycb
        if self.precincts_wide == 1:
            wide = min(wide, (self.box.width >> self.xcb) + 2)
        if self.precincts_high == 1:
            high = min(high, (self.box.height >> self.ycb) + 2)
        return len(self.bands) * wide * high

    def _make(self, px: int, py: int, band: Band) -> BandOfPrecinct:
        sx, sy = self.PPx - self.in_band, self.PPy - self.in_band
        area = Rectangle(px << sx, py << sy, px + 1 << sx, py + 1 << sy).intersect(band.box)
        if area.empty:
            return BandOfPrecinct([], 0, TagTree(0, 0), TagTree(0, 0))
        left, top = area.x0 >> self.xcb, area.y0 >> self.ycb
        right, bottom = ceil_div(area.x1, 1 << self.xcb), ceil_div(area.y1, 1 << self.ycb)
        blocks = []
        for j in range(top, bottom):
            for i in range(left, right):
                cell = Rectangle(i << self.xcb, j << self.ycb, i + 1 << self.xcb, j + 1 << self.ycb)
                blocks.append(CodeBlock(cell.intersect(area), band))
        band.blocks += blocks
        width, height = right - left, bottom - top
        return BandOfPrecinct(blocks, width, TagTree(width, height), TagTree(width, height))


def sub_band(box: Rectangle, orientation: int, level: int) -> Rectangle:
    """The rectangle of a component in a sub-band of decomposition ``level`` (Equation B-15)."""
    scale = 1 << level
    shift_x, shift_y = (scale >> 1) * (orientation & 1), (scale >> 1) * (orientation >> 1)
    moved = Rectangle(box.x0 - shift_x, box.y0 - shift_y, box.x1 - shift_x, box.y1 - shift_y)
    return moved.divided(scale, scale)


class TileComponent:
    """A component's part of a tile."""

    def __init__(
        self, box: Rectangle, style: CodingStyle, quantization: Quantization, depth: int, roi: int
    ) -> None:
        self.box, self.style, self.roi_shift = box, style, roi
        self.resolutions = [Resolution(self, r) for r in range(style.levels + 1)]
        for r, resolution in enumerate(self.resolutions):
            for band in resolution.bands:
                index = 0 if r == 0 else 3 * (r - 1) + band.orientation
                exponent, mantissa = quantization.step(index, style.levels, band.level)
                band.planes = quantization.guard_bits + exponent - 1 + roi
                if not style.reversible:
                    band.step = step_of(exponent, mantissa, depth + LOG2_GAIN[band.orientation])


class Tile:
    """A tile: its rectangle on the reference grid (B.3) and its tile-components."""

    def __init__(self, index: int, box: Rectangle, components: list[TileComponent]) -> None:
        self.index, self.box, self.components = index, box, components

    @property
    def precincts(self) -> int:
        """Number of precincts of all resolutions of all components."""
        return sum(r.precinct_count for component in self.components for r in component.resolutions)


def tile_box(size: Size, index: int) -> Rectangle:
    """A tile on the reference grid (Equations B-7 to B-10)."""
    row, column = divmod(index, size.tiles_wide)
    x0, y0 = size.XTOsiz + column * size.XTsiz, size.YTOsiz + row * size.YTsiz
    whole = Rectangle(size.XOsiz, size.YOsiz, size.Xsiz, size.Ysiz)
    return Rectangle(x0, y0, x0 + size.XTsiz, y0 + size.YTsiz).intersect(whole)


def component_box(size: Size, component: int, box: Rectangle) -> Rectangle:
    """The samples of a component in a rectangle of the reference grid (Equation B-12)."""
    return box.divided(size.components[component].XRsiz, size.components[component].YRsiz)
