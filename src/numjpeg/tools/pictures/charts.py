"""Charts: bits per pixel against PSNR, and how the lanes of the decoder synchronise themselves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from numjpeg.coefficients import ceil_div
from numjpeg.container.structure import read_structure
from numjpeg.decoder import decode
from numjpeg.encoder import encode
from numjpeg.entropy import bits
from numjpeg.entropy.shared import interval_bounds
from numjpeg.metrics import psnr
from numjpeg.tools.pictures.canvas import BLUE, INK, LINE, MUTED, ORANGE, PAPER, Canvas, Position, text_width

QUALITIES = (*range(5, 96, 5), 98)  # at which the points of rate-distortion curves are measured
LABELLED = (5, 10, 25, 50, 75, 90, 95, 98)  # qualities that are written beside their points
LEFT, WIDTH = 100, 1150  # where a chart begins, and how wide it is


class RatePoint(NamedTuple):
    """A picture coded at one quality: the rate of the whole file, and the PSNR over all RGB samples."""

    quality: int
    bits_per_pixel: float
    psnr: float


def rate_distortion(
    image: NDArray[np.uint8], qualities: Iterable[int] = QUALITIES, subsampling: str = "4:2:0"
) -> list[RatePoint]:
    """Encode and decode a picture, uint8 ``(H, W, 3)``, at several qualities, and give a point for each."""
    points = []
    for quality in qualities:
        data = encode(image, quality, subsampling=subsampling)
        rate = 8 * len(data) / (image.shape[0] * image.shape[1])
        points.append(RatePoint(quality, rate, psnr(image, decode(data))))
    return points


class _Axes(NamedTuple):
    """Where a rate and a PSNR lie on the sheet. The scale of rates is logarithmic."""

    octaves: tuple[float, float]  # lowest and highest log2 of the rate
    decibels: tuple[int, int]  # lowest and highest PSNR
    top: int = 136
    height: int = 640

    def x(self, octave: float) -> float:
        low, high = self.octaves
        return LEFT + WIDTH * (octave - low) / (high - low)

    def y(self, decibels: float) -> float:
        low, high = self.decibels
        return self.top + self.height * (high - decibels) / (high - low)

    def place(self, point: RatePoint) -> Position:
        return self.x(math.log2(point.bits_per_pixel)), self.y(point.psnr)


def draw_rate_distortion(curves: Mapping[str, Sequence[RatePoint]], subtitle: str = "") -> Image.Image:
    """Draw bits a pixel against PSNR, 1300 x 866 pixels.

    ``curves`` has one or two entries: name -> points in order of rising rate. ``subtitle`` is ASCII.
    """
    all_points = [point for points in curves.values() for point in points]
    octaves = [math.log2(point.bits_per_pixel) for point in all_points]
    decibels = [point.psnr for point in all_points]
    axes = _Axes(
        (math.floor(2 * min(octaves) - 0.2) / 2, math.ceil(2 * max(octaves) + 0.2) / 2),
        (2 * math.floor(min(decibels) / 2 - 0.5), 2 * math.ceil(max(decibels) / 2)),
    )
    canvas = Canvas(1300, 866)
    canvas.text((LEFT, 36), "Rate and distortion", 30, INK, "lm")
    canvas.text((LEFT, 70), subtitle, 18, MUTED, "lm")
    _draw_scales(canvas, axes)
    canvas.box((112, axes.top + 12), (270, 112), PAPER)
    for row, (name, color) in enumerate(zip(curves, (BLUE, ORANGE), strict=False)):
        others = [points for other, points in curves.items() if other != name]
        _draw_curve(canvas, axes, curves[name], others, color)
        y = axes.top + 34 + 34 * row
        canvas.line([(124, y), (164, y)], color, 3)
        canvas.dot((144, y), 6, color)
        canvas.text((178, y), name, 20, INK, "lm")
    canvas.text((124, axes.top + 102), "numbers at the points: quality", 17, MUTED, "lm")
    return canvas.finish()


def _draw_curve(
    canvas: Canvas, axes: _Axes, points: Sequence[RatePoint], others: Sequence[Sequence[RatePoint]], color: str
) -> None:
    """Draw a curve, with its labels on the side that faces away from the other curve."""
    canvas.line([axes.place(point) for point in points], color, 3)
    for point in points:
        x, y = axes.place(point)
        canvas.dot((x, y), 6, color)
        if point.quality in LABELLED:
            below = any(
                np.interp(point.bits_per_pixel, *zip(*(other_point[1:] for other_point in other), strict=True))
                > point.psnr
                for other in others
            )
            canvas.text((x + 13, y + 21) if below else (x - 13, y - 21), str(point.quality), 17, color)


def _draw_scales(canvas: Canvas, axes: _Axes) -> None:
    right, top, bottom = LEFT + WIDTH, axes.top, axes.top + axes.height
    for decibels in range(axes.decibels[0], axes.decibels[1] + 1, 2):
        canvas.line([(LEFT, axes.y(decibels)), (right, axes.y(decibels))], LINE, 1)
        canvas.text((LEFT - 12, axes.y(decibels)), str(decibels), 18, INK, "rm")
    for octave in range(math.ceil(axes.octaves[0]), math.floor(axes.octaves[1]) + 1):
        canvas.line([(axes.x(octave), top), (axes.x(octave), bottom)], LINE, 1)
        canvas.text((axes.x(octave), bottom + 20), f"{2**octave:g}", 18)
    canvas.box((LEFT, top), (WIDTH, axes.height), None, MUTED)
    canvas.text((right, bottom + 56), "bits per pixel (log scale)", 20, INK, "rm")
    canvas.text((LEFT - 46, top - 24), "PSNR (dB)", 20, INK, "lm")


# --- lanes -----------------------------------------------------------------------------------------------

SHOWN = 48  # number of lanes that are drawn; a photograph has hundreds
_WRONG, _RIGHT = 1, 2


def _states_by_bit(data: bytes) -> tuple[NDArray[np.uint8], int]:
    """Each lane's state at each bit, ``(lanes, bits)``, 0 where it does not read; and the longest lane's bits."""
    from numjpeg.fast.codewords.lanes import cut, lane_states  # noqa: PLC0415 (other pictures do not need it)

    scan = read_structure(data).scans[0]
    lanes = cut(np.array(interval_bounds(bits.unstuff(data, scan.start, scan.end)), np.int64))
    length = int((lanes.end - lanes.begin).max())
    states = lane_states(data, scan, 2 * length)
    # A state is given at the bit where a code word begins. It holds until the next word begins.
    bit = np.arange(2 * length)
    word_start = np.maximum.accumulate(np.where(states > 0, bit, 0), axis=1)
    last_start = np.where(states > 0, bit, -1).max(axis=1, keepdims=True)
    filled = np.where(bit <= last_start, np.take_along_axis(states, word_start, axis=1), 0).astype(np.uint8)
    # A lane's last right word ends where the first right word of the lane that takes over begins.
    right = np.flatnonzero((states == _RIGHT).any(axis=1))
    first = (states == _RIGHT).argmax(axis=1)
    for lane, follower in pairwise(right.tolist()):
        taken_over = lanes.begin[follower] + first[follower] - lanes.begin[lane]
        filled[lane, first[lane] : taken_over] = _RIGHT
    return filled, length


def draw_lanes(
    image: NDArray[np.uint8], quality: int = 85, subsampling: str = "4:4:4", what: str = "a photograph"
) -> Image.Image:
    """Draw the first lanes of a picture's scan as bars: orange where a lane reads wrong, blue where right.
    ``image`` is uint8 ``(H, W, 3)``; ``what`` names it in the note (ASCII). The drawing is 1300 pixels wide.
    """
    lanes, length = _states_by_bit(encode(image, quality, subsampling=subsampling))
    states, top, pitch, bar = lanes[:SHOWN], 176, 13, 10
    bottom = top + pitch * len(states)
    tick = max(50, length // 350 * 100)
    used = int(np.flatnonzero(states.any(axis=0))[-1]) + 1
    shown = max(ceil_div(2 * used, tick) * tick // 2, length)
    scale = WIDTH / shown
    canvas = Canvas(1300, bottom + 84)
    canvas.text((LEFT, 36), "Lane by bit: wrong, then right", 30, INK, "lm")
    explanation = (
        "All lanes read at once. Each starts with a guess, is soon right, "
        "and reads on until the next one is right too."
    )
    canvas.text((LEFT, 72), explanation, 18, MUTED, "lm")
    left = float(LEFT)
    for color, text in ((ORANGE, "wrong"), (BLUE, "right")):
        canvas.box((left, 112 - bar / 2), (40, bar), color, None)
        canvas.text((left + 52, 112), text, 20, INK, "lm")
        left += 52 + text_width(text, 20) + 36
    for bit in range(0, shown + 1, tick):
        x = LEFT + bit * scale
        canvas.line([(x, top - 4), (x, bottom + 4)], LINE, 1)
        canvas.text((x, bottom + 20), str(bit), 18)
    for row, lane in enumerate(states):
        y = top + row * pitch + (pitch - bar) / 2
        if row == 0 or (row + 1) % 8 == 0:
            canvas.text((LEFT - 14, y + bar / 2), str(row + 1), 18, INK, "rm")
        for state, color in ((_WRONG, ORANGE), (_RIGHT, BLUE)):
            bits = np.flatnonzero(lane == state)
            if len(bits):
                begin, end = int(bits[0]) * scale, (int(bits[-1]) + 1) * scale
                canvas.box((LEFT + begin, y), (end - begin, bar), color, None)
    border = LEFT + length * scale
    for color, width in ((PAPER, 4), (INK, 2)):
        canvas.line([(border, top - 12), (border, bottom + 4)], color, width)
    canvas.text((border, top - 26), "here the next lane begins", 18, INK)
    canvas.text((LEFT - 14, top - 26), "lane", 20, INK, "rm")
    canvas.text((LEFT + WIDTH, bottom + 54), "bits from the beginning of the lane", 20, INK, "rm")
    note = f"{what} at quality {quality}, {subsampling}: the first {len(states)} of {len(lanes)} lanes"
    canvas.text((LEFT, bottom + 54), note, 18, MUTED, "lm")
    return canvas.finish()
