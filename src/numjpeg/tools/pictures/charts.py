"""Charts of the rate: bits per pixel against PSNR, and blocking at low rates."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from numjpeg.decoder import decode
from numjpeg.encoder import encode
from numjpeg.metrics import psnr
from numjpeg.tools.pictures.canvas import BLUE, INK, LINE, MUTED, ORANGE, PAPER, Canvas, Position
from numjpeg.tools.pictures.panels import Panel, PanelRow, card

RATES = (*range(5, 96, 5), 98)
"""Qualities of the rate-distortion curves."""
LOW_RATES = (75, 25, 10, 5)
"""Qualities at which blocking is shown."""
FACE = (160, 62, 288, 190)
"""Left, top, right and bottom of the part of the demo photograph that is enlarged."""
LABELLED = (5, 10, 25, 50, 75, 90, 95, 98)
"""Qualities written beside the points of the curves."""


class RatePoint(NamedTuple):
    """The rate and the PSNR of a picture at a quality."""

    quality: int
    bits_per_pixel: float
    psnr: float


def rate_distortion(
    image: NDArray[np.uint8], qualities: Iterable[int] = RATES, subsampling: str = "4:2:0"
) -> list[RatePoint]:
    """Encode and decode a picture at several qualities.

    Parameters
    ----------
    image : uint8 ``(H, W, 3)``. qualities, subsampling : as in :func:`numjpeg.encode`.

    Returns
    -------
    A point for each quality: bits of the whole file, PSNR of all RGB samples together.
    """
    points = []
    for quality in qualities:
        data = encode(image, quality, subsampling=subsampling)
        rate = 8 * len(data) / (image.shape[0] * image.shape[1])
        points.append(RatePoint(quality, rate, psnr(image, decode(data))))
    return points


# --- the curves ------------------------------------------------------------------------------------------


class _Axes(NamedTuple):
    """Where a rate and a PSNR lie on the sheet. The scale of rates is logarithmic."""

    octaves: tuple[float, float]
    decibels: tuple[int, int]
    corner: Position = (100, 136)
    size: Position = (1150, 640)

    def x(self, octave: float) -> float:
        low, high = self.octaves
        return self.corner[0] + self.size[0] * (octave - low) / (high - low)

    def y(self, decibels: float) -> float:
        low, high = self.decibels
        return self.corner[1] + self.size[1] * (high - decibels) / (high - low)

    def place(self, point: RatePoint) -> Position:
        return self.x(math.log2(point.bits_per_pixel)), self.y(point.psnr)


def draw_rate_distortion(curves: Mapping[str, Sequence[RatePoint]], subtitle: str = "") -> Image.Image:
    """Draw bits a pixel against PSNR.

    Parameters
    ----------
    curves : name -> points in order of rising rate; one or two curves.
    subtitle : below the title, ASCII.

    Returns
    -------
    RGB picture, 1300 x 866.
    """
    every = [point for points in curves.values() for point in points]
    octaves = [math.log2(point.bits_per_pixel) for point in every]
    decibels = [point.psnr for point in every]
    axes = _Axes(
        (math.floor(2 * min(octaves) - 0.2) / 2, math.ceil(2 * max(octaves) + 0.2) / 2),
        (2 * math.floor(min(decibels) / 2 - 0.5), 2 * math.ceil(max(decibels) / 2)),
    )
    canvas = Canvas(1300, 866)
    canvas.text((axes.corner[0], 36), "Rate and distortion", 30, INK, "lm")
    canvas.text((axes.corner[0], 70), subtitle, 18, MUTED, "lm")
    _draw_axes_of_rates(canvas, axes)
    canvas.box((112, axes.corner[1] + 12), (270, 112), PAPER)
    for row, (name, color) in enumerate(zip(curves, (BLUE, ORANGE), strict=False)):
        others = [points for other, points in curves.items() if other != name]
        _draw_curve(canvas, axes, curves[name], others, color)
        y = axes.corner[1] + 34 + 34 * row
        canvas.line([(124, y), (164, y)], color, 3)
        canvas.dot((144, y), 6, color)
        canvas.text((178, y), name, 20, INK, "lm")
    canvas.text((124, axes.corner[1] + 102), "numbers at the points: quality", 17, MUTED, "lm")
    return canvas.finish()


def _draw_curve(
    canvas: Canvas, axes: _Axes, points: Sequence[RatePoint], others: Sequence[Sequence[RatePoint]], color: str
) -> None:
    """Draw a curve, with its labels on the side away from the other one."""
    canvas.line([axes.place(point) for point in points], color, 3)
    for point in points:
        x, y = axes.place(point)
        canvas.dot((x, y), 6, color)
        below = any(
            np.interp(point.bits_per_pixel, [p.bits_per_pixel for p in other], [p.psnr for p in other])
            > point.psnr
            for other in others
        )
        if point.quality in LABELLED:
            place = (x + 13, y + 21) if below else (x - 13, y - 21)
            canvas.text(place, str(point.quality), 17, color)


def _draw_axes_of_rates(canvas: Canvas, axes: _Axes) -> None:
    (left, top), (width, height) = axes.corner, axes.size
    for decibels in range(axes.decibels[0], axes.decibels[1] + 1, 2):
        canvas.line([(left, axes.y(decibels)), (left + width, axes.y(decibels))], LINE, 1)
        canvas.text((left - 12, axes.y(decibels)), str(decibels), 18, INK, "rm")
    for octave in range(math.ceil(axes.octaves[0]), math.floor(axes.octaves[1]) + 1):
        canvas.line([(axes.x(octave), top), (axes.x(octave), top + height)], LINE, 1)
        canvas.text((axes.x(octave), top + height + 20), f"{2**octave:g}", 18)
    canvas.box((left, top), (width, height), None, MUTED)
    canvas.text((left + width, top + height + 56), "bits per pixel (log scale)", 20, INK, "rm")
    canvas.text((left - 46, top - 24), "PSNR (dB)", 20, INK, "lm")


# --- low rates -------------------------------------------------------------------------------------------


def draw_blocking(image: NDArray[np.uint8], crop: tuple[int, int, int, int] = FACE) -> Image.Image:
    """Draw a part of a picture at low rates, three times enlarged, each sample a square.

    Parameters
    ----------
    image : uint8 ``(H, W, 3)``. crop : left, top, right, bottom in pixels.
    """
    left, top, right, bottom = crop
    panels = []
    for quality in LOW_RATES:
        ((_, rate, decibels),) = rate_distortion(image, [quality])
        part = decode(encode(image, quality))[top:bottom, left:right]
        enlarged = Image.fromarray(part).resize((3 * part.shape[1], 3 * part.shape[0]), Image.Resampling.NEAREST)
        panels.append(Panel(enlarged, f"quality {quality}\n{rate:.2f} bits per pixel, {decibels:.1f} dB"))
    note = (
        "Each block is coded for itself; where the rate is low its frequencies go to zero one by one, and borders "
        "between blocks show. 4:2:0, rate and PSNR of the whole picture."
    )
    return card(PanelRow("blocking", "Blocking at low rates", note, panels))
