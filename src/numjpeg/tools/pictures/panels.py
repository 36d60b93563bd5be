"""What stage pictures consist of: enlarged samples, blocks as numbers, heat maps, sheets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import numjpeg.tools.pictures.canvas as sheets
from numjpeg.stages.color import ycbcr_to_rgb
from numjpeg.stages.level_shift import MID_LEVEL
from numjpeg.tools.pictures.canvas import HEAT, INK, LINE, MUTED, ORANGE, SIGNED, Canvas, Number, Position, wrap

NEAR = 5  # a block's neighbourhood is at most NEAR x NEAR blocks


class Panel(NamedTuple):
    """A picture with a line of text below."""

    image: Image.Image
    label: str


class PanelRow(NamedTuple):
    """The pictures of one stage."""

    name: str
    title: str
    note: str
    panels: list[Panel]


def sheet(stages: Sequence[PanelRow], first: int = 1) -> Image.Image:
    """Draw stages below each other, numbered from ``first`` on, with their text on the left."""
    text, margin = 290, 32
    rows = [_panel_row(stage.panels) for stage in stages]
    width = max(row.width for row in rows)
    canvas = Canvas(2 * margin + text + width, margin + sum(row.height + 40 for row in rows))
    y = margin
    for number, (stage, row) in enumerate(zip(stages, rows, strict=True), first):
        if number > first:
            canvas.line([(margin, y - 22), (margin + text + width, y - 22)], LINE, 1)
        title = wrap(f"{number}  {stage.title}", 24, text - 30)
        canvas.text((margin, y), title, 24, INK, "la")
        below = y + 32 * (title.count("\n") + 1) + 8
        canvas.text((margin, below), wrap(stage.note, 17, text - 30), 17, MUTED, "la")
        canvas.paste(row, margin + text, y)
        y += row.height + 40
    return canvas.finish()


def card(stage: PanelRow) -> Image.Image:
    """Draw one stage on a sheet of its own."""
    row = _panel_row(stage.panels)
    width = max(row.width, 640)
    note = wrap(stage.note.replace("\n", " "), 18, width)
    top = 96 + 24 * (note.count("\n") + 1)
    canvas = Canvas(width + 64, top + row.height + 24)
    canvas.text((32, 44), stage.title, 30, INK, "lm")
    canvas.text((32, 74), note, 18, MUTED, "la")
    canvas.paste(row, 32, top)
    return canvas.finish()


def _panel_row(panels: Sequence[Panel]) -> Image.Image:
    """Draw panels side by side, aligned at the top, with labels below."""
    slots = [max(panel.image.width, 150) for panel in panels]
    labels = [wrap(panel.label, 17, slot) for panel, slot in zip(panels, slots, strict=True)]
    tallest = max(panel.image.height for panel in panels)
    lines = max(label.count("\n") + 1 for label in labels)
    canvas = Canvas(sum(slots) + 24 * (len(panels) - 1), tallest + 12 + 23 * lines)
    x = 0
    for panel, slot, label in zip(panels, slots, labels, strict=True):
        canvas.paste(panel.image, x, 0)
        canvas.text((x, panel.image.height + 9), label, 17, INK, "la")
        x += slot + 24
    return canvas.finish()


# --- views of samples ------------------------------------------------------------------------------------


def photo(samples: NDArray[np.uint8], side: int, full: tuple[int, ...] | None = None) -> Image.Image:
    """Draw samples as a picture whose longer side is about ``side`` pixels; or, if a shape ``full`` is given, at
    the scale at which a picture of that shape would be so large. Enlarged samples are rectangles.
    """
    image = Image.fromarray(np.ascontiguousarray(samples)).convert("RGB")
    scale = side / max((full or samples.shape)[:2])
    if 1 <= scale < 4:
        scale = int(scale)  # so that small rectangles are equally large
    width, height = (max(1, round(length * scale)) for length in image.size)
    return image.resize((width, height), Image.Resampling.BOX if scale >= 1 else Image.Resampling.LANCZOS)


def tinted(plane: NDArray[np.uint8], component: int) -> NDArray[np.uint8]:
    """Show Y as it is, and Cb or Cr as colours of medium luminance."""
    if component == 0:
        return plane
    ycbcr = np.full((*plane.shape, 3), MID_LEVEL, np.uint8)
    ycbcr[..., component] = plane
    return ycbcr_to_rgb(ycbcr)


def framed(image: Image.Image, place: Position, scale: float) -> Image.Image:
    """Frame the block whose upper left sample is at ``place`` (x, y); a sample is ``scale`` pixels wide."""
    copy = image.copy()
    x, y = (round(p * scale) for p in place)
    length = max(6, round(8 * scale))
    for distance, color in ((4, "#FFFFFF"), (3, ORANGE), (2, ORANGE), (1, "#FFFFFF")):
        inside = 4 - distance  # keeps the frame on the picture where the block touches its edge
        left, top = max(x - distance, inside), max(y - distance, inside)
        right = max(left, min(x + length - 1 + distance, image.width - 1 - inside))
        bottom = max(top, min(y + length - 1 + distance, image.height - 1 - inside))
        ImageDraw.Draw(copy).rectangle((left, top, right, bottom), None, color)
    return copy


def window(samples: NDArray[Number], block: tuple[int, int], side: int) -> tuple[NDArray[Number], Position]:
    """Cut out at most ``side`` rows and columns around a block; give them and the block's place (x, y) there."""
    top, left = (
        max(0, min(8 * index + 4 - side // 2, length - side)) // 8 * 8
        for length, index in zip(samples.shape[:2], block, strict=True)
    )
    return samples[top : top + side, left : left + side], (8 * block[1] - left, 8 * block[0] - top)


def near(samples: NDArray[np.uint8], block: tuple[int, int], side: int) -> Image.Image:
    """Draw a block and its neighbours, enlarged, with a frame around the block."""
    view, place = window(samples, block, 8 * NEAR)
    image = photo(view, side)
    return framed(image, place, image.width / view.shape[1])


# --- blocks as numbers, blocks as colours ----------------------------------------------------------------


def numbers(
    values: NDArray[np.generic], side: int, low: float, high: float, stops: tuple[str, ...]
) -> Image.Image:
    """Draw a block as numbers on cells coloured by value."""
    return _grid(values, side, sheets.colored(values, low, high, stops))


def signed_numbers(values: NDArray[np.integer], side: int) -> Image.Image:
    """Draw a block as numbers, negative ones orange, positive ones blue, deeper with the root of the magnitude."""
    root = np.sqrt(np.abs(values)) * np.sign(values)
    high = max(1.0, float(np.abs(root).ravel()[1:].max()))  # DC comes first and may exceed the scale
    return _grid(values, side, sheets.colored(root, -high, high, SIGNED))


def _grid(values: NDArray[np.generic], side: int, colors: NDArray[np.uint8]) -> Image.Image:
    canvas = Canvas(side // 8 * 8, side // 8 * 8)
    sheets.draw_grid(canvas, (0, 0), side // 8, values, colors)
    return canvas.finish()


def heat(values: NDArray[np.integer], side: int, high: int, label: str) -> Panel:
    """Draw a heat map with one value for each block, and its scale from 0 to ``high`` below."""
    image = photo(sheets.colored(values, 0, high), side)
    width, below = max(image.width, 150), image.height + 8
    canvas = Canvas(width, image.height + 44)
    canvas.paste(image, 0, 0)
    canvas.box((0, 0), image.size, None)
    bar = Image.fromarray(sheets.color_map(HEAT)[np.newaxis])
    canvas.paste(bar.resize((width, 14), Image.Resampling.BILINEAR), 0, below)
    canvas.box((0, below), (width, 14), None)
    canvas.text((0, below + 27), "0", 15, MUTED, "lm")
    canvas.text((width, below + 27), str(high), 15, MUTED, "rm")
    return Panel(canvas.finish(), label)
