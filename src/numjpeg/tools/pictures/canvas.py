"""The sheet that all pictures are drawn on: palette, font, shapes, colours for numbers, grids.

ASCII labels are drawn in Pillow's own font, which every machine has; Chinese ones by :mod:`.glyphs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont

from numjpeg.tools.pictures.glyphs import glyph

PAPER, INK, MUTED, LINE = "#FCFCFA", "#1B2730", "#55636E", "#BCC6CD"
BLUE, ORANGE = "#1D639E", "#C2600A"
PALE_BLUE, PALE_ORANGE, PALE_GRAY = "#DCEAF5", "#FBE3C8", "#EEF1F3"

# Colour scales; the colours of each stand at equal distances.
HEAT = ("#FCFCFA", "#BFD9EC", "#5C9CCB", "#1D639E", "#0B2A4A")
SIGNED = ("#C2600A", "#F3B778", "#FFFFFF", "#8FBDE0", "#1D639E")
GRAYS = ("#000000", "#FFFFFF")

Position = tuple[float, float]
Color = str | tuple[int, ...]
Number = TypeVar("Number", bound=np.generic)


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own font. FreeType alone lays it out: optional layout libraries would move letters."""
    font = ImageFont.load_default(size=size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType, which draws the labels")
    return font.font_variant(layout_engine=ImageFont.Layout.BASIC)


def _runs(line: str, size: int) -> list[tuple[str, int]]:
    """Cut a line into runs of ASCII and single other characters, each with its width in pixels."""
    runs = re.findall(r"[\x00-\x7f]+|[^\x00-\x7f]", line) or [line]
    return [(run, int(_font(size).getlength(run)) + 1 if run.isascii() else size) for run in runs]


def text_width(text: str, size: int) -> int:
    """The width, in pixels, of the longest line of a text."""
    return max(sum(width for _, width in _runs(line, size)) for line in text.split("\n"))


def wrap(text: str, size: int, width: int) -> str:
    """Break lines between words so that none is wider than ``width``; line breaks in the text stay."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}".lstrip()
            if line and text_width(longer, size) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return "\n".join(lines)


class Canvas:
    """A sheet. All is drawn twice as large and then reduced, so that edges are equally smooth on any machine."""

    def __init__(self, width: int, height: int) -> None:
        self._image = Image.new("RGB", (2 * width, 2 * height), PAPER)
        self._draw = ImageDraw.Draw(self._image)

    def text(self, at: Position, text: str, size: int = 18, fill: str = INK, anchor: str = "mm") -> None:
        """Write text with its anchor, named as in Pillow, at ``at``. Only ASCII text may have several lines."""
        x, y, size = 2 * at[0], 2 * at[1], 2 * size
        share, align = {"l": (0, "left"), "m": (0.5, "center"), "r": (1, "right")}[anchor[0]]
        if text.isascii():
            self._draw.text((x, y), text, fill, _font(size), anchor, 0.3 * size, align)
            return
        x -= share * text_width(text, size)
        for run, width in _runs(text, size):
            if run.isascii():
                self._draw.text((x, y), run, fill, _font(size), "lm")
            else:
                self._draw.bitmap((round(x), round(y) - size // 2), glyph(run, size), fill)
            x += width

    def line(self, points: Iterable[Position], fill: str = INK, width: float = 2) -> None:
        """Draw a line through points."""
        self._draw.line([(2 * x, 2 * y) for x, y in points], fill, round(2 * width), "curve")

    def arrow(self, points: Sequence[Position], fill: str = INK, width: float = 2, head: float = 9) -> None:
        """Draw a line through points with an arrowhead at the last one."""
        (x0, y0), (x1, y1) = points[-2:]
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        dx, dy = head * (x1 - x0) / length, head * (y1 - y0) / length
        x, y = x1 - dx, y1 - dy
        self.line([*points[:-1], (x, y)], fill, width)
        self.polygon([(x1, y1), (x - dy / 2, y + dx / 2), (x + dy / 2, y - dx / 2)], fill)

    def polygon(self, points: Iterable[Position], fill: str, outline: str | None = None) -> None:
        """Fill a polygon."""
        self._draw.polygon([(2 * x, 2 * y) for x, y in points], fill, outline, 3)

    def box(
        self, at: Position, size: Position, fill: Color | None = None, outline: str | None = LINE, radius: int = 0
    ) -> None:
        """Draw a rectangle with its upper left corner at ``at``."""
        corners = (2 * at[0], 2 * at[1], 2 * (at[0] + size[0]) - 1, 2 * (at[1] + size[1]) - 1)
        self._draw.rounded_rectangle(corners, 2 * radius, fill, outline, 3 if radius else 2)

    def dot(self, at: Position, radius: float, fill: str) -> None:
        """Draw a disc."""
        self._draw.circle((2 * at[0], 2 * at[1]), 2 * radius, fill)

    def paste(self, image: Image.Image, x: int, y: int) -> None:
        """Put a picture, pixel for pixel, with its upper left corner at (x, y)."""
        doubled = image.convert("RGB").resize((2 * image.width, 2 * image.height), Image.Resampling.NEAREST)
        self._image.paste(doubled, (2 * x, 2 * y))

    def finish(self) -> Image.Image:
        """The picture in its final size."""
        return self._image.reduce(2)


def color_map(stops: tuple[str, ...]) -> NDArray[np.uint8]:
    """256 colours, uint8 ``(256, 3)``, interpolated between ``stops``."""
    channels = zip(*map(ImageColor.getrgb, stops), strict=True)
    places = np.linspace(0, 255, len(stops))
    return np.stack([np.rint(np.interp(np.arange(256), places, c)) for c in channels], -1).astype(np.uint8)


def colored(
    values: NDArray[np.generic], low: float, high: float, stops: tuple[str, ...] = HEAT
) -> NDArray[np.uint8]:
    """Colours for numbers between ``low`` and ``high``."""
    share = (values.astype(np.float64) - low) / (high - low or 1)
    return color_map(stops)[np.rint(255 * np.clip(share, 0, 1)).astype(np.intp)]


def draw_grid(
    canvas: Canvas, at: Position, cell: int, numbers: NDArray[np.generic], colors: NDArray[np.uint8]
) -> None:
    """Draw 8 x 8 numbers in coloured cells, in black or white, whichever is easier to read."""
    for v, u in np.ndindex(8, 8):
        x, y, number = at[0] + u * cell, at[1] + v * cell, str(numbers[v, u])
        canvas.box((x, y), (cell, cell), tuple(colors[v, u].tolist()), LINE)
        dark = colors[v, u] @ np.array([299, 587, 114]) < 117_500
        size = round(cell * (0.4 if len(number) < 4 else 0.34))
        canvas.text((x + cell / 2, y + cell / 2), number, size, "white" if dark else "black")
    canvas.box(at, (8 * cell, 8 * cell), None, MUTED)
