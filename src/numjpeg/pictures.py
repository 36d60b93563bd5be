"""Pictures of the codec at work, drawn with Pillow: those of ``pic/``, and those of any photograph's stages.

    python -m numjpeg.pictures [DIRECTORY] [--photo FILE]

draws all of ``pic/`` anew; every run gives the same bytes. All numbers in them are the codec's own. The only
thing needed is the demo photograph, ``astronaut.png`` in that directory: NASA, portrait of astronaut Eileen
Collins, public domain.

Labels are plain ASCII, since Pillow's own font has no more and no other font can be counted upon.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFont

from numjpeg.bitstream.frame import Scan
from numjpeg.bitstream.mcu import deinterleave, pad_to_mcus
from numjpeg.bitstream.sequential import tokenize
from numjpeg.bitstream.writer import STANDARD_TABLES, frame_of
from numjpeg.coefficients import Coefficients
from numjpeg.decoder import decode, read_coefficients
from numjpeg.encoder import encode
from numjpeg.files import imwrite, write_atomically
from numjpeg.metrics import psnr
from numjpeg.stages.blocks import join_blocks, split_blocks
from numjpeg.stages.color import rgb_to_ycbcr, ycbcr_to_rgb
from numjpeg.stages.dct import fdct, idct
from numjpeg.stages.huffman import huffman_encode, magnitude_category
from numjpeg.stages.level_shift import MID_LEVEL, inverse_level_shift, level_shift
from numjpeg.stages.quantization import CHROMINANCE, LUMINANCE, dequantize, quantize
from numjpeg.stages.subsampling import downsample
from numjpeg.stages.zigzag import SEQUENCE, zigzag

PHOTO = "astronaut.png"
RATES = (*range(5, 96, 5), 98)
"""Qualities of the rate-distortion curves."""
LOW_RATES = (75, 25, 10, 5)
"""Qualities at which blocking is shown."""
FACE = (160, 62, 288, 190)
"""Left, top, right and bottom of what is enlarged of the demo photograph."""
EYE = (12, 25)
"""Row and column of the block of it that is shown from near."""

PAPER, INK, MUTED, LINE = "#FCFCFA", "#1B2730", "#55636E", "#BCC6CD"
BLUE, ORANGE = "#1D639E", "#C2600A"
PALE_BLUE, PALE_ORANGE, PALE_GRAY = "#DCEAF5", "#FBE3C8", "#EEF1F3"

# Colour scales, each with its stops at equal distances.
HEAT = ("#FCFCFA", "#BFD9EC", "#5C9CCB", "#1D639E", "#0B2A4A")
SIGNED = ("#C2600A", "#F3B778", "#FFFFFF", "#8FBDE0", "#1D639E")
GRAYS = ("#000000", "#FFFFFF")


# --- drawing ---------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own font, laid out by FreeType alone, so that optional libraries move nothing."""
    font = ImageFont.load_default(size=size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType, which draws the labels")
    return font.font_variant(layout_engine=ImageFont.Layout.BASIC)


def _text_width(text: str, size: int) -> int:
    return max(int(_font(size).getlength(line)) + 1 for line in text.split("\n"))


def _wrap(text: str, size: int, width: int) -> str:
    """Break lines between words where they would be wider than ``width``; line breaks in the text stay."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}".lstrip()
            if line and _text_width(longer, size) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return "\n".join(lines)


Point = tuple[float, float]
Number = TypeVar("Number", bound=np.generic)


class Canvas:
    """A sheet on which everything is drawn twice as large, then reduced: smooth edges, the same everywhere."""

    def __init__(self, width: int, height: int) -> None:
        self._image = Image.new("RGB", (2 * width, 2 * height), PAPER)
        self._draw = ImageDraw.Draw(self._image)

    def text(self, at: Point, text: str, size: int = 18, fill: str = INK, anchor: str = "mm") -> None:
        """Write text, of several lines too, with the anchor point of Pillow's names at ``at``."""
        position = (2 * at[0], 2 * at[1])
        align = {"l": "left", "m": "center", "r": "right"}[anchor[0]]
        self._draw.text(position, text, fill, _font(2 * size), anchor, 0.6 * size, align)

    def line(self, points: Iterable[Point], fill: str = INK, width: float = 2) -> None:
        """Draw a line through points."""
        doubled = [(2 * x, 2 * y) for x, y in points]
        self._draw.line(doubled, fill, round(2 * width), "curve")

    def arrow(self, points: Sequence[Point], fill: str = INK, width: float = 2, head: float = 9) -> None:
        """Draw a line through points with an arrowhead at the last one."""
        (x0, y0), (x1, y1) = points[-2:]
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        dx, dy = head * (x1 - x0) / length, head * (y1 - y0) / length
        base = (x1 - dx, y1 - dy)
        self.line([*points[:-1], base], fill, width)
        self.polygon([(x1, y1), (base[0] - dy / 2, base[1] + dx / 2), (base[0] + dy / 2, base[1] - dx / 2)], fill)

    def polygon(self, points: Iterable[Point], fill: str, outline: str | None = None) -> None:
        """Fill a polygon."""
        self._draw.polygon([(2 * x, 2 * y) for x, y in points], fill, outline, 3)

    def box(
        self, at: Point, size: Point, fill: str | None = None, outline: str | None = LINE, radius: int = 0
    ) -> None:
        """Draw a rectangle with its upper left corner at ``at``."""
        corners = (2 * at[0], 2 * at[1], 2 * (at[0] + size[0]) - 1, 2 * (at[1] + size[1]) - 1)
        self._draw.rounded_rectangle(corners, 2 * radius, fill, outline, 3 if radius else 2)

    def dot(self, at: Point, radius: float, fill: str) -> None:
        """Draw a disc."""
        self._draw.circle((2 * at[0], 2 * at[1]), 2 * radius, fill)

    def paste(self, image: Image.Image, x: int, y: int) -> None:
        """Put a picture, pixel for pixel, with its upper left corner at (x, y)."""
        doubled = image.convert("RGB").resize((2 * image.width, 2 * image.height), Image.Resampling.NEAREST)
        self._image.paste(doubled, (2 * x, 2 * y))

    def finish(self) -> Image.Image:
        """The picture in its final size."""
        return self._image.reduce(2)


@lru_cache(maxsize=8)
def _color_map(stops: tuple[str, ...]) -> NDArray[np.uint8]:
    """256 colours, uint8 ``(256, 3)``, between stops."""
    channels = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in stops])
    places = np.linspace(0, 255, len(stops))
    return np.stack([np.rint(np.interp(np.arange(256), places, c)) for c in channels.T], -1).astype(np.uint8)


def _colored(
    values: NDArray[np.generic], low: float, high: float, stops: tuple[str, ...] = HEAT
) -> NDArray[np.uint8]:
    """Colours for numbers between ``low`` and ``high``."""
    share = (values.astype(np.float64) - low) / (high - low or 1)
    return _color_map(stops)[np.rint(255 * np.clip(share, 0, 1)).astype(np.intp)]


def _hex(color: NDArray[np.uint8]) -> str:
    return "#" + bytes(color).hex()


def _draw_grid(
    canvas: Canvas, at: Point, cell: int, numbers: NDArray[np.generic], colors: NDArray[np.uint8]
) -> None:
    """Draw 8 x 8 numbers in coloured cells, in black or white, whichever is easier to read."""
    for v in range(8):
        for u in range(8):
            x, y = at[0] + u * cell, at[1] + v * cell
            canvas.box((x, y), (cell, cell), _hex(colors[v, u]), LINE)
            dark = colors[v, u] @ np.array([299, 587, 114]) < 117_500
            size = round(cell * (0.4 if len(str(numbers[v, u])) < 4 else 0.34))
            canvas.text((x + cell / 2, y + cell / 2), str(numbers[v, u]), size, "white" if dark else "black")
    canvas.box(at, (8 * cell, 8 * cell), None, MUTED)


def _draw_axes(canvas: Canvas, at: Point, side: int) -> None:
    """Label the frequencies of a block of coefficients: u to the right, v downwards."""
    x, y = at
    canvas.text((x, y - 24), "u", 22, BLUE, "lm")
    canvas.arrow([(x + 20, y - 22), (x + 84, y - 22)], BLUE, 2.5, 12)
    canvas.text((x + side, y - 24), "horizontal frequency", 18, MUTED, "rm")
    canvas.text((x - 26, y + 12), "v", 22, BLUE)
    canvas.arrow([(x - 26, y + 28), (x - 26, y + 92)], BLUE, 2.5, 12)


# --- plates: tables, zig-zag -----------------------------------------------------------------------------


def draw_table(table: ArrayLike, title: str, subtitle: str = "") -> Image.Image:
    """Draw a quantization table as a grid of its numbers, shaded by value.

    Parameters
    ----------
    table : integers ``(8, 8)``, natural order.
    title, subtitle : what stands above it, ASCII.

    Returns
    -------
    RGB picture, 680 x 756.
    """
    entries = np.asarray(table)
    if entries.shape != (8, 8) or entries.dtype.kind not in "iu":
        raise ValueError(f"table: integers (8, 8) expected, got {entries.dtype} {entries.shape}")
    canvas = Canvas(680, 756)
    canvas.text((60, 38), title, 28, INK, "lm")
    canvas.text((60, 72), subtitle, 17, MUTED, "lm")
    _draw_axes(canvas, (60, 136), 576)
    _draw_grid(canvas, (60, 136), 72, entries, _colored(entries, 0, max(150, int(entries.max()))))
    canvas.text((60, 734), "vertical frequency grows downwards; upper left: DC", 16, MUTED, "lm")
    return canvas.finish()


def draw_zigzag(sequence: ArrayLike = SEQUENCE) -> Image.Image:
    """Draw the path of the zig-zag over a block (T.81 Figure A.6).

    Parameters
    ----------
    sequence : integers ``(8, 8)``, the place in the sequence of each coefficient.

    Returns
    -------
    RGB picture, 800 x 860.
    """
    places = np.asarray(sequence)
    cell, left, top = 84, 72, 140
    canvas = Canvas(800, 860)
    canvas.text((left, 38), "The zig-zag sequence", 28, INK, "lm")
    canvas.text((left, 72), "64 coefficients in order of rising frequency (T.81 Figure A.6)", 17, MUTED, "lm")
    _draw_axes(canvas, (left, top), 8 * cell)
    shades = _colored(places, 0, 190)
    for v in range(8):
        for u in range(8):
            canvas.box((left + u * cell, top + v * cell), (cell, cell), _hex(shades[v, u]))
    canvas.box((left, top), (8 * cell, 8 * cell), None, MUTED)
    centres = [
        (left + (n % 8 + 0.5) * cell, top + (n // 8 + 0.5) * cell) for n in np.argsort(places.ravel()).tolist()
    ]
    for (x0, y0), (x1, y1) in pairwise(centres):
        canvas.line([(x0, y0), (x1, y1)], ORANGE, 3)
        canvas.arrow([(x0, y0), (x0 + 0.6 * (x1 - x0), y0 + 0.6 * (y1 - y0))], ORANGE, 3, 14)
    for place, centre in enumerate(centres):
        canvas.dot(centre, 7 if place in (0, 63) else 4, ORANGE)
    # Diagonal strokes leave the upper left corner of each cell free.
    for v in range(8):
        for u in range(8):
            canvas.text((left + u * cell + 8, top + v * cell + 7), str(places[v, u]), 19, INK, "la")
    canvas.text((left, 836), "vertical frequency grows downwards; 0: DC, 1 to 63: AC", 16, MUTED, "lm")
    return canvas.finish()


# --- plates: the pipeline and the architecture -----------------------------------------------------------

EXACT, ROUNDING, LOSSY = PALE_GRAY, PALE_BLUE, PALE_ORANGE


class _Step(NamedTuple):
    column: int
    name: str
    function: str
    kind: str
    lane: int = 0


_ENCODER = (
    _Step(1, "colour\nRGB to YCbCr", "rgb_to_ycbcr", ROUNDING),
    _Step(2, "level shift\n- 128", "level_shift", EXACT),
    _Step(3, "subsampling\n4:2:0", "downsample", LOSSY),
    _Step(4, "8 x 8\nblocks", "split_blocks", EXACT),
    _Step(5, "forward\nDCT", "fdct", ROUNDING),
    _Step(6, "quantization", "quantize", LOSSY),
    _Step(7, "zig-zag", "zigzag", EXACT),
    _Step(8, "DC prediction", "dc_differences", EXACT, -1),
    _Step(8, "AC run-length", "run_length_encode", EXACT, 1),
    _Step(9, "Huffman\ncoding", "huffman_encode", EXACT),
)
_DECODER = (
    _Step(1, "colour\nYCbCr to RGB", "ycbcr_to_rgb", ROUNDING),
    _Step(2, "upsampling\n4:2:0", "upsample", ROUNDING),
    _Step(3, "join\nblocks", "join_blocks", EXACT),
    _Step(4, "level shift\n+ 128", "inverse_level_shift", EXACT),
    _Step(5, "inverse\nDCT", "idct", ROUNDING),
    _Step(6, "dequantization", "dequantize", EXACT),
    _Step(7, "inverse\nzig-zag", "inverse_zigzag", EXACT),
    _Step(8, "DC sums", "dc_from_differences", EXACT, -1),
    _Step(8, "AC run-length", "run_length_decode", EXACT, 1),
    _Step(9, "Huffman\ndecoding", "huffman_decode", EXACT),
)
_LEFT, _PITCH, _BOX_WIDTH = 28, 172, 140


def _column_center(column: int) -> float:
    return _LEFT + column * _PITCH + _BOX_WIDTH / 2


def draw_pipeline() -> Image.Image:
    """Draw encoder and decoder as a block diagram: an RGB picture, 1916 x 760."""
    canvas = Canvas(1916, 760)
    encoder, tables, decoder = 230, 420, 610
    canvas.text((_LEFT, 44), "Baseline JPEG: from pixels to bits and back", 32, INK, "lm")
    canvas.text((1916 - 36, 44), "small print: functions of numjpeg.stages", 18, MUTED, "rm")
    left = float(_LEFT + 16)
    for text, fill in (
        ("exactly reversible", EXACT),
        ("reversible up to rounding", ROUNDING),
        ("information is lost", LOSSY),
    ):
        canvas.box((left, tables - 13), (26, 26), fill, MUTED, 5)
        canvas.text((left + 38, tables), text, 20, INK, "lm")
        left += _text_width(text, 20) + 90
    _draw_lane(canvas, encoder, _ENCODER, forward=True)
    _draw_lane(canvas, decoder, _DECODER, forward=False)
    quantization, huffman, file = (_column_center(column) for column in (6, 9, 10))
    canvas.line([(quantization, tables), (huffman, tables)], BLUE)
    canvas.arrow([(huffman, tables), (file - 56, tables)], BLUE)
    for center, half, text in (
        (quantization, 108, "quantization tables\nK.1, K.2 and quality"),
        (huffman, 84, "Huffman tables\nK.3 or optimal"),
    ):
        canvas.arrow([(center, tables), (center, encoder + 50)], BLUE)
        canvas.arrow([(center, tables), (center, decoder - 50)], BLUE)
        canvas.box((center - half, tables - 34), (2 * half, 68), PAPER, BLUE, 8)
        canvas.text((center, tables), text, 18, BLUE)
    canvas.arrow([(file, encoder + 46), (file, tables - 48)], INK, 3, 13)
    canvas.arrow([(file, tables + 46), (file, decoder - 48)], INK, 3, 13)
    canvas.box((file - 54, tables - 46), (108, 92), BLUE, BLUE, 8)
    canvas.text((file, tables), "JPEG\nfile", 22, PAPER)
    return canvas.finish()


def _draw_lane(canvas: Canvas, middle: int, steps: Sequence[_Step], forward: bool) -> None:
    """Draw the encoder from left to right, or the decoder from right to left."""
    canvas.text((_LEFT + 16, middle - 84), "Encoder" if forward else "Decoder", 24, BLUE, "lm")
    for column, text in ((0, "RGB\npixels"), (10, "bits")):
        center = _column_center(column)
        canvas.box((center - 54, middle - 46), (108, 92), INK, INK, 8)
        canvas.text((center, middle), text, 22, PAPER)
    for step in steps:
        center, y = _column_center(step.column), middle + step.lane * 62
        canvas.box((center - _BOX_WIDTH / 2, y - 46), (_BOX_WIDTH, 92), step.kind, MUTED, 8)
        canvas.text((center, y - 12), step.name, 18)
        canvas.text((center, y + 31), step.function, 14, MUTED)
    for column in range(10):
        _connect(canvas, column, middle, forward)


def _connect(canvas: Canvas, column: int, middle: int, forward: bool) -> None:
    """Draw the arrows between a column and the next one; column 8 has two boxes."""
    half = [54 if c in (0, 10) else _BOX_WIDTH / 2 for c in (column, column + 1)]
    x0, x1 = _column_center(column) + half[0], _column_center(column + 1) - half[1]
    for lane in (-62, 62) if column in (7, 8) else (0,):
        y0, y1 = (middle + lane * (c == 8) + (lane // 4) * (c != 8) for c in (column, column + 1))
        points = [(x0, y0), (x1, y1)]
        canvas.arrow(points if forward else points[::-1], INK, 2, 10)


class _Floor(NamedTuple):
    name: str
    modules: str
    width: int
    """Width of the hourglass at the middle of the floor."""


_UPPER = (
    _Floor("pixels", "uint8 (H, W, 3)", 860),
    _Floor("colour conversion", "stages.color", 760),
    _Floor("level shift, subsampling", "stages.level_shift, stages.subsampling", 660),
    _Floor("8 x 8 blocks", "stages.blocks", 560),
    _Floor("DCT", "stages.dct", 460),
    _Floor("quantization", "stages.quantization", 360),
)
_LOWER = (
    _Floor("zig-zag, MCU order", "stages.zigzag, bitstream.mcu", 360),
    _Floor("DC prediction", "stages.dc_prediction", 460),
    _Floor("run-length coding", "stages.run_length", 560),
    _Floor("Huffman coding", "stages.huffman, bitstream.bits", 660),
    _Floor("scans, marker segments", "bitstream.sequential, .segments, .reader, .writer", 760),
    _Floor("bytes", "the JPEG file", 860),
)


def draw_hourglass() -> Image.Image:
    """Draw the architecture: pixels narrow to coefficients and widen to bytes, an RGB picture, 1500 x 1126."""
    canvas = Canvas(1500, 1126)
    canvas.text((750, 40), "The hourglass", 32)
    canvas.text((750, 78), "whatever is added hangs on the waist and moves nothing else", 19, MUTED)
    middle, floor = 750, 72
    _draw_floors(canvas, middle, 110, floor, _UPPER, PALE_BLUE)
    top = 110 + len(_UPPER) * floor
    canvas.box((middle - 200, top), (400, 116), BLUE, BLUE, 10)
    canvas.text((middle, top + 38), "Coefficients", 30, PAPER)
    canvas.text((middle, top + 82), "int16 (rows, columns, 8, 8) a component", 18, PAPER)
    _draw_floors(canvas, middle, top + 116, floor, _LOWER, PALE_ORANGE)
    bottom = top + 116 + len(_LOWER) * floor
    _draw_routes(canvas, (110, top, top + 116, bottom))
    return canvas.finish()


def _draw_floors(canvas: Canvas, middle: int, top: int, height: int, floors: Sequence[_Floor], fill: str) -> None:
    """Draw one half of the hourglass; each floor is a trapezoid, 100 wider at one side than at the other."""
    slope = floors[1].width - floors[0].width
    for i, floor in enumerate(floors):
        y, upper, lower = top + i * height, (floor.width - slope / 2) / 2, (floor.width + slope / 2) / 2
        corners = [(-upper, y), (upper, y), (lower, y + height), (-lower, y + height)]
        canvas.polygon([(middle + x, y) for x, y in corners], fill, PAPER)
        canvas.text((middle, y + 24), floor.name, 21)
        canvas.text((middle, y + 52), floor.modules, 16, MUTED)


def _draw_routes(canvas: Canvas, levels: tuple[int, int, int, int]) -> None:
    """Draw the ways through the hourglass beside it: encoder on the left, decoder on the right."""
    top, waist_top, waist_bottom, bottom = levels
    for x, far, points in ((60, 1, (top, bottom)), (1440, -1, (bottom, top))):
        canvas.arrow([(x, points[0]), (x, points[1])], INK, 4, 18)
        name = "encode\nimwrite" if far == 1 else "decode\nimread"
        canvas.text((x + 22 * far, top + 34), name, 22, INK, "lm" if far == 1 else "rm")
        module = "encoder.py" if far == 1 else "decoder.py"
        canvas.text((x + 22 * far, top + 84), module, 16, MUTED, "lm" if far == 1 else "rm")
    middle = (waist_top + waist_bottom) / 2
    canvas.arrow([(550, middle), (270, middle), (270, bottom - 36), (324, bottom - 36)], ORANGE, 3, 15)
    canvas.text((286, middle - 20), "write_coefficients", 20, ORANGE, "lm")
    canvas.arrow([(1176, bottom - 36), (1230, bottom - 36), (1230, middle), (950, middle)], ORANGE, 3, 15)
    canvas.text((1214, middle - 20), "read_coefficients", 20, ORANGE, "rm")
    upper, lower = (top + waist_top) / 2 + 40, (waist_bottom + bottom) / 2 + 10
    canvas.text((82, upper), "pixels.analyse\nbands of samples\nto coefficients", 18, BLUE, "lm")
    canvas.text(
        (1418, upper), "pixels.synthesise,\npixels.assemble\nbands of coefficients\nto samples", 18, BLUE, "rm"
    )
    canvas.text((82, lower), "bitstream.writer\ncoefficients\nto bytes", 18, ORANGE, "lm")
    canvas.text((1418, lower), "bitstream.reader\nbytes to\ncoefficients", 18, ORANGE, "rm")


# --- a photograph's way through the stages ---------------------------------------------------------------


@dataclass(frozen=True)
class Journey:
    """A picture at each stage, component by component.

    Attributes
    ----------
    image : uint8 ``(H, W)`` or ``(H, W, 3)``. data : the file. coefficients : what the file holds.
    planes : samples of each component in full size. subsampled : uint8, cut to the component's size.
    transformed : float32 ``(rows, columns, 8, 8)``, the DCT before quantization.
    bits : int64 ``(rows, columns)``, what each block takes in the file.
    decoded : like ``image``.
    block : (row, column) of the luminance block that is shown from near.
    """

    image: NDArray[np.uint8]
    data: bytes
    coefficients: Coefficients
    planes: list[NDArray[np.uint8]]
    subsampled: list[NDArray[np.uint8]]
    transformed: list[NDArray[np.floating]]
    bits: list[NDArray[np.int64]]
    decoded: NDArray[np.uint8]
    block: tuple[int, int]


def travel(
    image: NDArray[np.uint8],
    quality: int = 75,
    subsampling: str = "4:2:0",
    block: tuple[int, int] | None = None,
) -> Journey:
    """Run a picture through the stages and keep what each of them makes.

    Parameters
    ----------
    image : uint8 ``(H, W)``, ``(H, W, 1)`` or ``(H, W, 3)``.
    quality, subsampling : as in :func:`numjpeg.encode`.
    block : (row, column) of the luminance block to show from near; None picks one with much detail.

    Raises
    ------
    ValueError, TypeError naming the argument.
    """
    data = encode(image, quality, subsampling=None if image.ndim == 2 else subsampling)
    image = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    coefficients = read_coefficients(data)
    planes = list(np.moveaxis(rgb_to_ycbcr(image), -1, 0)) if image.ndim == 3 else [image]
    h_max, v_max = (max(getattr(c, axis) for c in coefficients.components) for axis in "HV")
    subsampled, transformed = [], []
    for plane, component in zip(planes, coefficients.components, strict=True):
        h, v = h_max // component.H, v_max // component.V
        samples = downsample(_padded(level_shift(plane), v, 8 * h), h, v)
        subsampled.append(inverse_level_shift(samples[: -(-len(plane) // v), : -(-plane.shape[1] // h)]))
        transformed.append(fdct(split_blocks(_padded(samples, 8, 8))))
    bits = bits_per_block(coefficients)
    block = _busy_block(bits[0]) if block is None else block
    if not (0 <= block[0] < bits[0].shape[0] and 0 <= block[1] < bits[0].shape[1]):
        raise ValueError(f"block: {block} is outside {bits[0].shape} (rows, columns) of blocks")
    return Journey(image, data, coefficients, planes, subsampled, transformed, bits, decode(data), block)


def _busy_block(bits: NDArray[np.int64]) -> tuple[int, int]:
    """A block with much detail, yet not the most: nine of ten take fewer bits."""
    chosen = int(np.argsort(bits, axis=None, kind="stable")[9 * bits.size // 10])
    return chosen // bits.shape[1], chosen % bits.shape[1]


def _padded(samples: NDArray[Number], rows: int, columns: int) -> NDArray[Number]:
    """Repeat the last row and column up to whole multiples, as :func:`numjpeg.pixels.analyse` does."""
    below, right = -samples.shape[0] % rows, -samples.shape[1] % columns
    return np.pad(samples, [(0, below), (0, right)], mode="edge")


def bits_per_block(coefficients: Coefficients) -> list[NDArray[np.int64]]:
    """Count the bits that each block takes with the standard Huffman tables, codes and magnitudes.

    Parameters
    ----------
    coefficients : as a baseline file that fits into one scan holds them.

    Returns
    -------
    For each component int64 ``(rows, columns)``; blocks that only fill up an MCU are left out.
    """
    components = coefficients.components
    frame = frame_of(coefficients)
    scan = Scan(frame, tuple(range(len(components))), components, dict(STANDARD_TABLES), 0)
    rows, columns = scan.mcus
    tables = [STANDARD_TABLES[key] for c in components for key in ((0, c.Td), (1, c.Ta))]
    band = [
        pad_to_mcus(zigzag(plane), rows, columns, factor)
        for plane, factor in zip(coefficients.planes, scan.factors, strict=True)
    ]
    (tokens,) = tokenize(scan, [band])
    _, lengths = huffman_encode(tokens.symbol, tables, tokens.table)
    spent = lengths.astype(np.int64) + magnitude_category(tokens.value)
    starts = np.flatnonzero(tokens.table % 2 == 0)  # a block begins with its DC symbol
    each = np.add.reduceat(spent, starts).astype(np.int16).reshape(-1, scan.blocks_per_mcu, 1)
    planes = deinterleave(np.broadcast_to(each, (*each.shape[:2], 64)), columns, scan.factors)
    return [
        grid[: plane.shape[0], : plane.shape[1], 0].astype(np.int64)
        for grid, plane in zip(planes, coefficients.planes, strict=True)
    ]


# --- its pictures ----------------------------------------------------------------------------------------


class Panel(NamedTuple):
    """A picture with a line of text below."""

    image: Image.Image
    label: str


class Stage(NamedTuple):
    """What one stage has to show."""

    name: str
    title: str
    note: str
    panels: list[Panel]


def stage_pictures(
    image: NDArray[np.uint8],
    quality: int = 75,
    subsampling: str = "4:2:0",
    block: tuple[int, int] | None = None,
) -> dict[str, Image.Image]:
    """Draw a picture of each stage that there is something to see of.

    Parameters
    ----------
    image : uint8 ``(H, W)``, ``(H, W, 1)`` or ``(H, W, 3)`` of any size.
    quality, subsampling : as in :func:`numjpeg.encode`.
    block : (row, column) of the luminance block to show from near; None picks one with much detail.

    Returns
    -------
    File names, numbered in order, and RGB pictures: ``01-rgb.png``, ``02-luminance-and-chrominance.png``,
    ``03-subsampled.png``, ``04-block-samples.png``, ``05-dct.png``, ``06-quantized.png``,
    ``07-bits-per-block.png``, ``08-decoded.png``, ``09-difference.png``. A gray picture begins with
    ``01-gray.png`` and has no colours to convert or subsample.

    Raises
    ------
    ValueError, TypeError naming the argument.
    """
    stages = _stages(travel(np.asarray(image), quality, subsampling, block), 480, 800)
    return {f"{n:02}-{stage.name}.png": _card(stage) for n, stage in enumerate(stages, 1)}


SHEET_SIDE = 288
"""Pixels a side of a panel where all stages share a sheet."""


def draw_stages(
    image: NDArray[np.uint8],
    quality: int = 75,
    subsampling: str = "4:2:0",
    block: tuple[int, int] | None = None,
) -> tuple[Image.Image, Image.Image]:
    """Draw all stages on two sheets, pixels to coefficients, and bits and the way back.

    Parameters as in :func:`stage_pictures`.
    """
    stages = _stages(travel(np.asarray(image), quality, subsampling, block), SHEET_SIDE, SHEET_SIDE)
    cut = [stage.name for stage in stages].index("bits-per-block")
    return _sheet(stages[:cut], 1), _sheet(stages[cut:], cut + 1)


def _sheet(stages: Sequence[Stage], first: int) -> Image.Image:
    """Stages one below the other, text on the left, numbered from ``first`` on."""
    text, margin = 290, 32
    rows = [_panel_row(stage.panels) for stage in stages]
    width = max(row.width for row in rows)
    canvas = Canvas(2 * margin + text + width, margin + sum(row.height + 40 for row in rows))
    y = margin
    for number, (stage, row) in enumerate(zip(stages, rows, strict=True), first):
        if number > first:
            canvas.line([(margin, y - 22), (margin + text + width, y - 22)], LINE, 1)
        title = _wrap(f"{number}  {stage.title}", 24, text - 30)
        canvas.text((margin, y), title, 24, INK, "la")
        below = y + 32 * (title.count("\n") + 1) + 8
        canvas.text((margin, below), _wrap(stage.note, 17, text - 30), 17, MUTED, "la")
        canvas.paste(row, margin + text, y)
        y += row.height + 40
    return canvas.finish()


def _card(stage: Stage) -> Image.Image:
    """One stage on a sheet of its own."""
    row = _panel_row(stage.panels)
    width = max(row.width, 640)
    note = _wrap(stage.note.replace("\n", " "), 18, width)
    top = 96 + 24 * (note.count("\n") + 1)
    canvas = Canvas(width + 64, top + row.height + 24)
    canvas.text((32, 44), stage.title, 30, INK, "lm")
    canvas.text((32, 74), note, 18, MUTED, "la")
    canvas.paste(row, 32, top)
    return canvas.finish()


def _panel_row(panels: Sequence[Panel]) -> Image.Image:
    """Panels side by side, labels below, upper edges in line."""
    slots = [max(panel.image.width, 150) for panel in panels]
    labels = [_wrap(panel.label, 17, slot) for panel, slot in zip(panels, slots, strict=True)]
    tallest = max(panel.image.height for panel in panels)
    lines = max(label.count("\n") + 1 for label in labels)
    canvas = Canvas(sum(slots) + 24 * (len(panels) - 1), tallest + 12 + 23 * lines)
    x = 0
    for panel, slot, label in zip(panels, slots, labels, strict=True):
        canvas.paste(panel.image, x, 0)
        canvas.text((x, panel.image.height + 9), label, 17, INK, "la")
        x += slot + 24
    return canvas.finish()


def _stages(journey: Journey, side: int, mosaic: int) -> list[Stage]:
    """All stages; photographs are shown ``side`` pixels long, or a little less, coefficients ``mosaic``."""
    color = journey.image.ndim == 3
    stages = [_stage_input(journey, side)]
    if color:
        stages += [_stage_components(journey, side), _stage_subsampled(journey, side)]
    return [
        *stages,
        _stage_block(journey, side),
        _stage_dct(journey, side, mosaic),
        _stage_quantized(journey, side),
        _stage_bits(journey, side),
        _stage_decoded(journey, side),
        _stage_difference(journey, side, mosaic),
    ]


def _stage_input(journey: Journey, side: int) -> Stage:
    height, width = journey.image.shape[:2]
    count = journey.image.size
    color = journey.image.ndim == 3
    return Stage(
        "rgb" if color else "gray",
        "RGB picture" if color else "Gray picture",
        "What goes in: red, green and blue samples of 8 bits."
        if color
        else "What goes in: luminance samples of 8 bits.",
        [
            Panel(
                _marked(_photo(journey.image, side), journey),
                f"{width} x {height} pixels, {count:,} bytes; framed: where the block below lies",
            ),
            Panel(_near(journey.image, journey, side), "The neighbourhood of the block, enlarged"),
        ],
    )


def _stage_components(journey: Journey, side: int) -> Stage:
    return Stage(
        "luminance-and-chrominance",
        "Luminance and chrominance",
        "rgb_to_ycbcr: the eye sees fine detail in Y only; Cb and Cr are smooth, and may be stored coarsely.",
        [
            Panel(_photo(_tinted(plane, i), side), label)
            for i, (plane, label) in enumerate(
                zip(journey.planes, ("Y, luminance", "Cb, blueness", "Cr, redness"), strict=True)
            )
        ],
    )


def _stage_subsampled(journey: Journey, side: int) -> Stage:
    share = 100 * sum(plane.size for plane in journey.subsampled) / journey.image.size
    full = journey.planes[0].shape
    frame = _photo(np.zeros(full, np.uint8), side).size
    panels = []
    for i, name in ((1, "Cb"), (2, "Cr")):
        plane = journey.subsampled[i]
        canvas = Canvas(*frame)
        canvas.box((0, 0), frame, PALE_GRAY)
        canvas.paste(_photo(_tinted(plane, i), side, full), 0, 0)
        panels.append(
            Panel(canvas.finish(), f"{name}, {plane.shape[1]} x {plane.shape[0]}, in a frame of Y's size")
        )
    return Stage(
        "subsampled",
        "Chroma subsampling",
        f"level_shift, downsample: Cb and Cr at the size they have now; {share:.0f}% of all samples are left.",
        panels,
    )


def _block_samples(journey: Journey) -> NDArray[np.uint8]:
    """The samples of the block that is shown from near, uint8 ``(8, 8)``."""
    return np.asarray(split_blocks(_padded(journey.subsampled[0], 8, 8))[journey.block])


def _stage_block(journey: Journey, side: int) -> Stage:
    samples = _block_samples(journey)
    shifted = level_shift(samples)
    row, column = journey.block
    return Stage(
        "block-samples",
        "One block of 8 x 8 samples",
        "split_blocks, level_shift: blocks are coded each for itself; 128 is taken off, so that gray is 0.",
        [
            Panel(_numbers(samples, side, 0, 255, GRAYS), f"Y, block row {row}, column {column}: samples"),
            Panel(_numbers(shifted, side, -128, 127, GRAYS), "After the level shift"),
        ],
    )


def _stage_dct(journey: Journey, side: int, mosaic: int) -> Stage:
    coefficients = journey.transformed[0]
    block = np.rint(coefficients[journey.block]).astype(np.intp)
    loudness = join_blocks(np.log2(1 + np.abs(coefficients)))
    # Where there is no room for all of them, a part, and so large that single coefficients can be told apart.
    longest = max(loudness.shape)
    length = side if longest <= side else mosaic
    view, place = _window(loudness, journey.block, length if longest <= length else length // 2)
    whole = "the whole picture" if view.shape == loudness.shape else "the part of the picture around it"
    colors = _photo(_colored(view, 0, 11), length)
    return Stage(
        "dct",
        "Discrete cosine transform",
        "fdct: 64 samples become 64 frequencies. Most of the energy gathers in the upper left, DC first.",
        [
            Panel(_signed_numbers(block, side), "The block's coefficients, rounded"),
            Panel(
                _framed(colors, place, colors.width / view.shape[1]),
                f"Magnitudes in {whole}, on a log scale from white (0) to dark (over 1,000)",
            ),
        ],
    )


def _stage_quantized(journey: Journey, side: int) -> Stage:
    table = journey.coefficients.quantization_table(0)
    plane = quantize(journey.transformed[0], table)
    counts = np.count_nonzero(plane, axis=(-2, -1))
    alive = sum(np.count_nonzero(p) for p in journey.coefficients.planes)
    total = sum(p.size for p in journey.coefficients.planes)
    return Stage(
        "quantized",
        "Quantization",
        f"quantize: divided by the table and rounded. {alive:,} of {total:,} coefficients survive "
        f"({100 * alive / total:.1f}%).",
        [
            Panel(
                _numbers(table, side, 0, max(121, int(table.max())), HEAT), "The luminance table at this quality"
            ),
            Panel(_signed_numbers(plane[journey.block], side), "The block, quantized"),
            _heat(counts, side, int(counts.max()), "Nonzero coefficients a block, Y"),
        ],
    )


def _stage_bits(journey: Journey, side: int) -> Stage:
    total = sum(int(grid.sum()) for grid in journey.bits)
    high = max(int(grid.max()) for grid in journey.bits)
    pixels = journey.planes[0].size
    return Stage(
        "bits-per-block",
        "Bits per block",
        "zigzag, dc_differences, run_length_encode, huffman_encode: what each block costs in the file, "
        f"{8 * len(journey.data) / pixels:.2f} bits a pixel with all headers.",
        [
            _heat(grid, side, high, f"{name}: {int(grid.sum()):,} bits ({100 * grid.sum() / total:.0f}%)")
            for grid, name in zip(journey.bits, ("Y", "Cb", "Cr"), strict=False)
        ],
    )


def _stage_decoded(journey: Journey, side: int) -> Stage:
    samples = _block_samples(journey).astype(np.intp)
    table = journey.coefficients.quantization_table(0)
    restored = inverse_level_shift(idct(dequantize(journey.coefficients.planes[0][journey.block], table)))
    return Stage(
        "decoded",
        "Decoded",
        f"The same way back. {journey.image.size:,} samples came from {len(journey.data):,} bytes; "
        f"PSNR {psnr(journey.image, journey.decoded):.2f} dB.",
        [
            Panel(_photo(journey.decoded, side), "The decoded picture"),
            Panel(_numbers(restored, side, 0, 255, GRAYS), "The block: dequantize, idct, inverse_level_shift"),
            Panel(_signed_numbers(restored.astype(np.intp) - samples, side), "The block's error"),
        ],
    )


AMPLIFIED = 8


def _stage_difference(journey: Journey, side: int, mosaic: int) -> Stage:
    difference = journey.decoded.astype(np.int32) - journey.image
    shown = np.clip(MID_LEVEL + AMPLIFIED * difference, 0, 255).astype(np.uint8)
    length = side if max(shown.shape) <= side else mosaic
    view, _ = _window(shown, journey.block, length)
    part = "" if view.shape == shown.shape else ", around the block"
    return Stage(
        "difference",
        "What was lost",
        f"Decoded minus original, {AMPLIFIED} times amplified around gray; the largest difference is "
        f"{int(np.abs(difference).max())}.",
        [
            Panel(_photo(view, length), f"Difference, x {AMPLIFIED}{part}"),
            Panel(_near(journey.image, journey, side), "Original, enlarged"),
            Panel(_near(journey.decoded, journey, side), "Decoded, enlarged"),
        ],
    )


# --- parts of these pictures -----------------------------------------------------------------------------


def _photo(samples: NDArray[np.uint8], side: int, full: tuple[int, ...] | None = None) -> Image.Image:
    """Samples as a picture such that one of the shape ``full`` (None: its own) is about ``side`` long.

    What is enlarged shows each sample as a rectangle.
    """
    image = Image.fromarray(np.ascontiguousarray(samples)).convert("RGB")
    scale = side / max((full or samples.shape)[:2])
    if 1 <= scale < 4:
        scale = int(scale)  # rectangles of few pixels must be equally large
    width, height = (max(1, round(length * scale)) for length in image.size)
    method = Image.Resampling.BOX if scale >= 1 else Image.Resampling.LANCZOS
    return image.resize((width, height), method)


def _tinted(plane: NDArray[np.uint8], component: int) -> NDArray[np.uint8]:
    """Y as it is; Cb or Cr as the colours it makes at medium luminance."""
    if component == 0:
        return plane
    ycbcr = np.full((*plane.shape, 3), MID_LEVEL, np.uint8)
    ycbcr[..., component] = plane
    return ycbcr_to_rgb(ycbcr)


def _framed(image: Image.Image, place: Point, scale: float) -> Image.Image:
    """A frame around the block whose upper left sample is at ``place`` (x, y) of what the picture shows."""
    framed = image.copy()
    x, y = (round(p * scale) for p in place)
    length = max(6, round(8 * scale))
    draw = ImageDraw.Draw(framed)
    for distance, color in ((4, "#FFFFFF"), (3, ORANGE), (2, ORANGE), (1, "#FFFFFF")):
        inside = 4 - distance  # the frame stays on the picture even where the block ends with it
        left, top = max(x - distance, inside), max(y - distance, inside)
        right = min(x + length - 1 + distance, image.width - 1 - inside)
        bottom = min(y + length - 1 + distance, image.height - 1 - inside)
        draw.rectangle((left, top, max(left, right), max(top, bottom)), None, color)
    return framed


def _marked(image: Image.Image, journey: Journey) -> Image.Image:
    """Frame the block in a view of the whole picture."""
    row, column = journey.block
    return _framed(image, (8 * column, 8 * row), image.width / journey.image.shape[1])


NEAR = 5
"""Blocks a side of a block's neighbourhood."""


def _window(samples: NDArray[Number], block: tuple[int, int], side: int) -> tuple[NDArray[Number], Point]:
    """At most ``side`` rows and columns around a block, and the block's place (x, y) in them."""
    cuts, place = [], []
    for length, index in zip(samples.shape[:2], block, strict=True):
        first = max(0, min(8 * index + 4 - side // 2, length - side)) // 8 * 8
        cuts.append(slice(first, first + side))
        place.append(8 * index - first)
    return samples[cuts[0], cuts[1]], (place[1], place[0])


def _near(samples: NDArray[np.uint8], journey: Journey, side: int) -> Image.Image:
    """A block and its neighbours, enlarged, the block framed."""
    view, place = _window(samples, journey.block, 8 * NEAR)
    image = _photo(view, side)
    return _framed(image, place, image.width / view.shape[1])


def _numbers(
    values: NDArray[np.generic], side: int, low: float, high: float, stops: tuple[str, ...]
) -> Image.Image:
    """A block as numbers on cells coloured by value."""
    return _grid(values, side, _colored(values, low, high, stops))


def _signed_numbers(values: NDArray[np.integer], side: int) -> Image.Image:
    """A block as numbers, negative ones orange, positive ones blue, deeper with the magnitude's root."""
    root = np.sqrt(np.abs(values)) * np.sign(values)
    high = max(1.0, float(np.abs(root).ravel()[1:].max()))  # the first, DC, may lie beyond the scale
    return _grid(values, side, _colored(root, -high, high, SIGNED))


def _grid(values: NDArray[np.generic], side: int, colors: NDArray[np.uint8]) -> Image.Image:
    """A block as numbers on coloured cells."""
    canvas = Canvas(side // 8 * 8, side // 8 * 8)
    _draw_grid(canvas, (0, 0), side // 8, values, colors)
    return canvas.finish()


def _heat(values: NDArray[np.integer], side: int, high: int, label: str) -> Panel:
    """A heat map of blocks, with the scale below it."""
    image = _photo(_colored(values, 0, high), side)
    width = max(image.width, 150)
    canvas = Canvas(width, image.height + 44)
    canvas.paste(image, 0, 0)
    canvas.box((0, 0), image.size, None)
    bar = Image.fromarray(_color_map(HEAT)[np.newaxis]).resize((width, 14), Image.Resampling.BILINEAR)
    canvas.paste(bar, 0, image.height + 8)
    canvas.box((0, image.height + 8), (width, 14), None)
    canvas.text((0, image.height + 35), "0", 15, MUTED, "lm")
    canvas.text((width, image.height + 35), str(high), 15, MUTED, "rm")
    return Panel(canvas.finish(), label)


# --- rate and distortion ---------------------------------------------------------------------------------


class RatePoint(NamedTuple):
    """What a picture costs at a quality, and how near it comes."""

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
    One point a quality. Bits are those of the whole file, PSNR is that of all RGB samples together.
    """
    points = []
    for quality in qualities:
        data = encode(image, quality, subsampling=subsampling)
        rate = 8 * len(data) / (image.shape[0] * image.shape[1])
        points.append(RatePoint(quality, rate, psnr(image, decode(data))))
    return points


class _Axes(NamedTuple):
    """Where a rate and a PSNR lie on the sheet: rates by octaves, decibels evenly."""

    octaves: tuple[float, float]
    decibels: tuple[int, int]
    corner: Point = (100, 136)
    size: Point = (1150, 640)

    def x(self, octave: float) -> float:
        low, high = self.octaves
        return self.corner[0] + self.size[0] * (octave - low) / (high - low)

    def y(self, decibels: float) -> float:
        low, high = self.decibels
        return self.corner[1] + self.size[1] * (high - decibels) / (high - low)

    def place(self, point: RatePoint) -> Point:
        return self.x(math.log2(point.bits_per_pixel)), self.y(point.psnr)


LABELLED = (5, 10, 25, 50, 75, 90, 95, 98)
"""Qualities written beside the points of the curves."""


def draw_rate_distortion(curves: Mapping[str, Sequence[RatePoint]], subtitle: str = "") -> Image.Image:
    """Draw bits a pixel against PSNR.

    Parameters
    ----------
    curves : name -> points in order of rising rate; one or two curves.
    subtitle : what stands below the title, ASCII.

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
    """Draw one curve, its labels on the side where the other one is not."""
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


def draw_blocking(
    image: NDArray[np.uint8], qualities: Sequence[int] = LOW_RATES, crop: tuple[int, int, int, int] = FACE
) -> Image.Image:
    """Draw a part of a picture at low rates, three times enlarged, each sample a square.

    Parameters
    ----------
    image : uint8 ``(H, W, 3)``. qualities : from left to right.
    crop : left, top, right, bottom in pixels.
    """
    left, top, right, bottom = crop
    panels = []
    for quality in qualities:
        ((_, rate, decibels),) = rate_distortion(image, [quality])
        part = decode(encode(image, quality))[top:bottom, left:right]
        enlarged = Image.fromarray(part).resize((3 * part.shape[1], 3 * part.shape[0]), Image.Resampling.NEAREST)
        panels.append(Panel(enlarged, f"quality {quality}\n{rate:.2f} bits per pixel, {decibels:.1f} dB"))
    note = (
        "Each block is coded for itself; where the rate is low its frequencies go to zero one by one, and borders "
        "between blocks show. 4:2:0, rate and PSNR of the whole picture."
    )
    return _card(Stage("blocking", "Blocking at low rates", note, panels))


# --- all of pic/ -----------------------------------------------------------------------------------------


def draw_all(photo: NDArray[np.uint8]) -> dict[str, Image.Image]:
    """Draw what belongs into ``pic/``.

    Parameters
    ----------
    photo : the demo photograph, uint8 ``(H, W, 3)``.

    Returns
    -------
    File names and RGB pictures.
    """
    height, width, _ = photo.shape
    demo = width >= FACE[2] and height >= FACE[3]  # else another photograph is shown by its corner
    near = EYE if demo else None
    face = FACE if demo else (0, 0, min(width, 128), min(height, 128))
    to_coefficients, to_bits_and_back = draw_stages(photo, block=near)
    curves = {name: rate_distortion(photo, subsampling=name) for name in ("4:4:4", "4:2:0")}
    return {
        "JPEG.jpg": draw_pipeline(),
        "\u6807\u51c6\u4eae\u5ea6\u91cf\u5316\u8868.gif": draw_table(
            LUMINANCE, "Luminance quantization table", "T.81 Table K.1: the steps at quality 50"
        ),
        "\u6807\u51c6\u8272\u5dee\u91cf\u5316\u8868.gif": draw_table(
            CHROMINANCE, "Chrominance quantization table", "T.81 Table K.2: the steps at quality 50"
        ),
        "zig-zag.png": draw_zigzag(),
        "hourglass.png": draw_hourglass(),
        "stages.png": to_coefficients,
        "stages-bits-and-back.png": to_bits_and_back,
        "rate-distortion.png": draw_rate_distortion(
            curves, f"the demo photograph, {width} x {height}, at quality {RATES[0]} to {RATES[-1]}"
        ),
        "blocking.png": draw_blocking(photo, crop=face),
    }


def to_file(name: str, picture: Image.Image) -> bytes:
    """A picture as a file of the kind that its name says; ``.jpg`` by numjpeg itself."""
    stream = BytesIO()
    if name.endswith(".jpg"):
        imwrite(stream, np.asarray(picture), 90, subsampling="4:4:4", optimize=True)
    elif name.endswith(".gif"):
        picture.quantize(128, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(stream, "GIF")
    else:
        picture.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw all of ``pic/`` anew: ``python -m numjpeg.pictures [DIRECTORY] [--photo FILE]``."""
    parser = argparse.ArgumentParser(prog="python -m numjpeg.pictures", description="Draw all of pic/ anew.")
    parser.add_argument("directory", nargs="?", type=Path, default=Path("pic"), help="where to write (pic)")
    parser.add_argument("--photo", type=Path, help=f"the demo photograph (DIRECTORY/{PHOTO})")
    options = parser.parse_args(arguments)
    photo = options.photo or options.directory / PHOTO
    try:
        with Image.open(photo) as image:
            samples = np.asarray(image.convert("RGB"))
        options.directory.mkdir(parents=True, exist_ok=True)
        for name, picture in draw_all(samples).items():
            write_atomically(options.directory / name, to_file(name, picture))
    except OSError as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
