"""Drawings that need no photograph: a quantization table, the zig-zag, the pipeline, the hourglass, a network."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from io import BytesIO
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

import numjpeg.tools.pictures.canvas as sheets
from numjpeg.stages.zigzag import SEQUENCE
from numjpeg.tools.pictures.canvas import BLUE, INK, MUTED, ORANGE, PALE_BLUE, PALE_GRAY, PALE_ORANGE, Canvas


def draw_table(table: ArrayLike, title: str, subtitle: str = "", chinese: str = "") -> Image.Image:
    """Draw a quantization table, integers ``(8, 8)`` in natural order, as a grid of its numbers, shaded by value.

    ``title`` and ``subtitle`` stand above it; ``chinese`` is the title in Chinese. The picture is 680 x 756.
    """
    entries = np.asarray(table)
    if entries.shape != (8, 8) or entries.dtype.kind not in "iu":
        raise ValueError(f"table: integers (8, 8) expected, got {entries.dtype} {entries.shape}")
    canvas = Canvas(680, 756)
    canvas.text((60, 38), title, 28, INK, "lm")
    canvas.text((636, 71), chinese, 23, INK, "rm")
    canvas.text((60, 72), subtitle, 17, MUTED, "lm")
    _draw_axes(canvas, 60, 136, 576)
    sheets.draw_grid(canvas, (60, 136), 72, entries, sheets.colored(entries, 0, max(150, int(entries.max()))))
    canvas.text((60, 734), "v: vertical frequency  垂直频率    upper left: DC  左上: 直流", 16, MUTED, "lm")
    return canvas.finish()


def draw_zigzag(sequence: ArrayLike = SEQUENCE) -> Image.Image:
    """Draw the path of the zig-zag over a block (T.81 Figure A.6), 800 x 860.

    ``sequence``, integers ``(8, 8)``, gives the place of each coefficient in the zig-zag sequence.
    """
    places = np.asarray(sequence)
    cell, left, top = 84, 72, 140
    canvas = Canvas(800, 860)
    canvas.text((left, 38), "The zig-zag sequence", 28, INK, "lm")
    canvas.text((left + 8 * cell, 38), "Z 字形扫描", 28, INK, "rm")
    subtitle = "64 coefficients in order of rising frequency 频率由低到高 (T.81 Figure A.6)"
    canvas.text((left, 72), subtitle, 17, MUTED, "lm")
    _draw_axes(canvas, left, top, 8 * cell)
    shades = sheets.colored(places, 0, 190)
    corners = [(left + u * cell, top + v * cell) for v, u in np.ndindex(8, 8)]
    for corner, shade in zip(corners, shades.reshape(64, 3).tolist(), strict=True):
        canvas.box(corner, (cell, cell), tuple(shade))
    canvas.box((left, top), (8 * cell, 8 * cell), None, MUTED)
    path = [corners[n] for n in np.argsort(places.ravel()).tolist()]
    centres = [(x + cell / 2, y + cell / 2) for x, y in path]
    for (x0, y0), (x1, y1) in pairwise(centres):
        canvas.line([(x0, y0), (x1, y1)], ORANGE, 3)
        canvas.arrow([(x0, y0), (x0 + 0.6 * (x1 - x0), y0 + 0.6 * (y1 - y0))], ORANGE, 3, 14)
    for place, centre in enumerate(centres):
        canvas.dot(centre, 7 if place in (0, 63) else 4, ORANGE)
    for (x, y), number in zip(corners, places.ravel().tolist(), strict=True):
        canvas.text((x + 8, y + 7), str(number), 19, INK, "la")  # no diagonal stroke crosses this corner
    note = "v: vertical frequency  垂直频率    0: DC  直流    1 to 63: AC  交流"
    canvas.text((left, 836), note, 16, MUTED, "lm")
    return canvas.finish()


def _draw_axes(canvas: Canvas, x: int, y: int, side: int) -> None:
    """Label the axes of a block of coefficients: u to the right, v downwards."""
    canvas.text((x, y - 24), "u", 22, BLUE, "lm")
    canvas.arrow([(x + 20, y - 22), (x + 84, y - 22)], BLUE, 2.5, 12)
    canvas.text((x + side, y - 24), "horizontal frequency  水平频率", 18, MUTED, "rm")
    canvas.text((x - 26, y + 12), "v", 22, BLUE)
    canvas.arrow([(x - 26, y + 28), (x - 26, y + 92)], BLUE, 2.5, 12)


# --- the pipeline ----------------------------------------------------------------------------------------

EXACT, ROUNDING, LOSSY = PALE_GRAY, PALE_BLUE, PALE_ORANGE


class _Step(NamedTuple):
    column: int
    name: str
    chinese: str
    function: str
    kind: str
    lane: int = 0


_ENCODER = (
    _Step(1, "colour\nRGB to YCbCr", "颜色空间转换", "rgb_to_ycbcr", ROUNDING),
    _Step(2, "level shift\n- 128", "直流电平偏移", "level_shift", EXACT),
    _Step(3, "subsampling\n4:2:0", "色度子采样", "downsample", LOSSY),
    _Step(4, "8 x 8\nblocks", "分块", "split_blocks", EXACT),
    _Step(5, "forward\nDCT", "离散余弦变换", "fdct", ROUNDING),
    _Step(6, "quantization", "量化", "quantize", LOSSY),
    _Step(7, "zig-zag", "Z 字形扫描", "zigzag", EXACT),
    _Step(8, "DC prediction", "直流差分编码", "dc_differences", EXACT, -1),
    _Step(8, "AC run-length", "游程编码", "run_length_encode", EXACT, 1),
    _Step(9, "Huffman\ncoding", "哈夫曼编码", "huffman_encode", EXACT),
)
_DECODER = (
    _Step(1, "colour\nYCbCr to RGB", "颜色空间转换", "ycbcr_to_rgb", ROUNDING),
    _Step(2, "upsampling\n4:2:0", "色度上采样", "upsample", ROUNDING),
    _Step(3, "join\nblocks", "合并块", "join_blocks", EXACT),
    _Step(4, "level shift\n+ 128", "直流电平还原", "inverse_level_shift", EXACT),
    _Step(5, "inverse\nDCT", "离散余弦逆变换", "idct", ROUNDING),
    _Step(6, "dequantization", "反量化", "dequantize", EXACT),
    _Step(7, "inverse\nzig-zag", "逆 Z 字形扫描", "inverse_zigzag", EXACT),
    _Step(8, "DC sums", "直流差分解码", "dc_from_differences", EXACT, -1),
    _Step(8, "AC run-length", "游程解码", "run_length_decode", EXACT, 1),
    _Step(9, "Huffman\ndecoding", "哈夫曼解码", "huffman_decode", EXACT),
)
_LEFT, _PITCH, _BOX_WIDTH, _BOX_HALF, _LANE = 28, 172, 140, 60, 68


def _column_center(column: int) -> float:
    return _LEFT + column * _PITCH + _BOX_WIDTH / 2


def draw_pipeline() -> Image.Image:
    """Draw encoder and decoder as a block diagram: an RGB picture, 1916 x 804."""
    canvas = Canvas(1916, 804)
    encoder, tables, decoder = 230, 440, 650
    canvas.text((_LEFT, 44), "Baseline JPEG: from pixels to bits and back", 32, INK, "lm")
    canvas.text((690, 44), "从像素到比特再回到像素", 26, INK, "lm")
    canvas.text((1916 - 36, 44), "small print: functions of numjpeg.stages", 18, MUTED, "rm")
    left = float(_LEFT + 16)
    for text, chinese, fill in (
        ("exactly reversible", "完全可逆", EXACT),
        ("reversible up to rounding", "舍入误差内可逆", ROUNDING),
        ("information is lost", "信息有损失", LOSSY),
    ):
        canvas.box((left, tables - 13), (26, 26), fill, MUTED, 5)
        canvas.text((left + 38, tables - 13), text, 20, INK, "lm")
        canvas.text((left + 38, tables + 15), chinese, 18, INK, "lm")
        left += sheets.text_width(text, 20) + 90
    _draw_lane(canvas, "Encoder  编码器", encoder, _ENCODER, forward=True)
    _draw_lane(canvas, "Decoder  解码器", decoder, _DECODER, forward=False)
    quantization, huffman, file = (_column_center(column) for column in (6, 9, 10))
    canvas.line([(quantization, tables), (huffman, tables)], BLUE)
    canvas.arrow([(huffman, tables), (file - 56, tables)], BLUE)
    for center, half, text, chinese in (
        (quantization, 108, "quantization tables\nK.1, K.2 and quality", "量化表"),
        (huffman, 84, "Huffman tables\nK.3 or optimal", "哈夫曼表"),
    ):
        canvas.arrow([(center, tables), (center, encoder + _BOX_HALF + 4)], BLUE)
        canvas.arrow([(center, tables), (center, decoder - _BOX_HALF - 4)], BLUE)
        canvas.box((center - half, tables - 48), (2 * half, 96), sheets.PAPER, BLUE, 8)
        canvas.text((center, tables - 16), text, 18, BLUE)
        canvas.text((center, tables + 28), chinese, 18, BLUE)
    canvas.arrow([(file, encoder + 54), (file, tables - 56)], INK, 3, 13)
    canvas.arrow([(file, tables + 54), (file, decoder - 56)], INK, 3, 13)
    _draw_end(canvas, (file, tables), "JPEG\nfile", "文件", BLUE)
    return canvas.finish()


def _draw_end(canvas: Canvas, at: tuple[float, float], text: str, chinese: str, fill: str) -> None:
    """Draw the box of an input or an output."""
    x, y = at
    canvas.box((x - 54, y - 54), (108, 108), fill, fill, 8)
    canvas.text((x, y - 14), text, 22, sheets.PAPER)
    canvas.text((x, y + 32), chinese, 20, sheets.PAPER)


def _draw_lane(canvas: Canvas, name: str, middle: int, steps: Sequence[_Step], forward: bool) -> None:
    """Draw the encoder from left to right, or the decoder from right to left."""
    canvas.text((_LEFT + 16, middle - 88), name, 24, BLUE, "lm")
    _draw_end(canvas, (_column_center(0), middle), "RGB\npixels", "像素", INK)
    _draw_end(canvas, (_column_center(10), middle), "bits", "比特", INK)
    for step in steps:
        center, y = _column_center(step.column), middle + step.lane * _LANE
        canvas.box((center - _BOX_WIDTH / 2, y - _BOX_HALF), (_BOX_WIDTH, 2 * _BOX_HALF), step.kind, MUTED, 8)
        canvas.text((center, y - 26), step.name, 18)
        canvas.text((center, y + 14), step.chinese, 18)
        canvas.text((center, y + 42), step.function, 14, MUTED)
    for column in range(10):  # one arrow to the next column; two to and from column 8, which has two boxes
        half = [54 if c in (0, 10) else _BOX_WIDTH / 2 for c in (column, column + 1)]
        x0, x1 = _column_center(column) + half[0], _column_center(column + 1) - half[1]
        for lane in (-_LANE, _LANE) if column in (7, 8) else (0,):
            y0, y1 = (middle + (lane if c == 8 else lane // 4) for c in (column, column + 1))
            points = [(x0, y0), (x1, y1)]
            canvas.arrow(points if forward else points[::-1], INK, 2, 10)


# --- the house -------------------------------------------------------------------------------------------


class _Floor(NamedTuple):
    name: str
    modules: str
    width: int  # of the hourglass, in pixels, at the middle of this floor


_UPPER = (
    _Floor("pixels", "uint8 (H, W, 3)", 860),
    _Floor("colour conversion", "stages.color", 760),
    _Floor("level shift, subsampling", "stages.level_shift, stages.subsampling", 660),
    _Floor("8 x 8 blocks", "stages.blocks", 560),
    _Floor("DCT", "stages.dct, stages.scaled_idct", 460),
    _Floor("quantization", "stages.quantization", 360),
)
_LOWER = (
    _Floor("zig-zag, MCU order", "stages.zigzag, stages.mcu_order", 360),
    _Floor("prediction", "stages.dc_prediction, stages.lossless_prediction", 460),
    _Floor("run-length coding", "stages.run_length", 560),
    _Floor("Huffman coding, bits to bytes", "stages.huffman, stages.bitstream", 660),
    _Floor("scans, marker segments", "scans, entropy, container", 760),
    _Floor("bytes", "the JPEG file", 860),
)


class _Room(NamedTuple):
    name: str
    words: str
    fill: str = PALE_GRAY


# The packages and modules of src/numjpeg from top to bottom; imports point down or to the right.
ROOMS = (
    (_Room("tools", "command line, explanations, pictures, demo, study"),),
    (
        _Room("forensics", "traces"),
        _Room("batch", "many files"),
        _Room("files", "imread, imwrite"),
        _Room("edits", "lossless"),
    ),
    (
        _Room("encoder", "arguments, plan, coefficients, file"),
        _Room("decoder", "structure, scans, samples, picture"),
    ),
    (_Room("coefficient_files", "read_coefficients, write_coefficients: files without pixels"),),
    (
        _Room("rate_distortion", "encode(tune=...)", PALE_BLUE),
        _Room("arguments", "checked once, one plan"),
        _Room("restoration", "decode(restore=True)", PALE_BLUE),
    ),
    (
        _Room("synthesis", "coefficients to pixels, fast or plain", PALE_BLUE),
        _Room("scans", "one scan, read or written, fast or plain", PALE_ORANGE),
    ),
    (_Room("fast", "the same values for many blocks at once: who skips this room loses speed and nothing else"),),
    (
        _Room("pipeline", "the whole codec on one screen", PALE_BLUE),
        _Room("entropy", "scans bit by bit, sequential and progressive", PALE_ORANGE),
    ),
    (
        _Room("container", "markers, segments, header, metadata", PALE_ORANGE),
        _Room("jpeg2000", "the sibling, a house of its own"),
    ),
    (
        _Room("coefficients", "the waist"),
        _Room("colorspaces", "which goes to which", PALE_BLUE),
        _Room("stages", "the steps, pure functions", PALE_BLUE),
        _Room("metrics", "MSE, PSNR", PALE_BLUE),
    ),
    (
        _Room("errors", "what, where, by which clause"),
        _Room("sources", "bytes, paths and files"),
        _Room("workspace", "memory, products of matrices"),
    ),
)


def draw_hourglass() -> Image.Image:
    """Draw the architecture: the hourglass from pixels to bytes, and below it the rooms, 1500 x 1790."""
    canvas = Canvas(1500, 1790)
    canvas.text((750, 40), "The hourglass", 32)
    canvas.text((750, 78), "whatever is added hangs on the waist and moves nothing else", 19, MUTED)
    top = _draw_floors(canvas, 110, _UPPER, PALE_BLUE)
    canvas.box((550, top), (400, 116), BLUE, BLUE, 10)
    canvas.text((750, top + 38), "Coefficients", 30, sheets.PAPER)
    canvas.text((750, top + 82), "int16 (rows, columns, 8, 8) a component", 18, sheets.PAPER)
    bottom = _draw_floors(canvas, top + 116, _LOWER, PALE_ORANGE)
    _draw_routes(canvas, 110, top, top + 116, bottom)
    canvas.text((750, bottom + 62), "The rooms of src/numjpeg", 32)
    canvas.text((750, bottom + 98), "imports point down, and within a row to the right", 19, MUTED)
    left, width, gap, height = 60, 1380, 8, 50
    for row, rooms in enumerate(ROOMS):
        share = (width + gap) / len(rooms)
        for column, room in enumerate(rooms):
            x, y = left + column * share, bottom + 122 + row * height
            waist = room.name == "coefficients"
            canvas.box((x, y), (share - gap, height - gap), BLUE if waist else room.fill, None, 6)
            canvas.text((x + 14, y + 21), room.name, 20, sheets.PAPER if waist else INK, "lm")
            words = x + 30 + sheets.text_width(room.name, 20)
            canvas.text((words, y + 22), room.words, 16, sheets.PAPER if waist else MUTED, "lm")
    return canvas.finish()


def _draw_floors(canvas: Canvas, top: int, floors: Sequence[_Floor], fill: str) -> int:
    """Draw one half of the hourglass, and return the y at which it ends.

    Each floor is a trapezoid, 100 wider at one side than at the other.
    """
    middle, height = 750, 72
    slope = floors[1].width - floors[0].width
    for i, floor in enumerate(floors):
        y, upper, lower = top + i * height, (floor.width - slope / 2) / 2, (floor.width + slope / 2) / 2
        corners = [(-upper, y), (upper, y), (lower, y + height), (-lower, y + height)]
        canvas.polygon([(middle + x, y) for x, y in corners], fill, sheets.PAPER)
        canvas.text((middle, y + 24), floor.name, 21)
        canvas.text((middle, y + 52), floor.modules, 16, MUTED)
    return top + len(floors) * height


def _draw_routes(canvas: Canvas, top: int, waist_top: int, waist_bottom: int, bottom: int) -> None:
    """Draw the encoder's way through the hourglass on its left, and the decoder's on its right."""
    upper, middle, lower = (top + waist_top) / 2 + 40, (waist_top + waist_bottom) / 2, (waist_bottom + bottom) / 2
    down = ("encode\nimwrite", "encoder", "pixels_to_\ncoefficients", "coefficients_\nto_bits")
    up = ("decode\nimread", "decoder", "coefficients_\nto_pixels", "bits_to_\ncoefficients")
    for end, side, ends, anchor, (names, module, pixels, bits) in (
        (60, 22, (top, bottom), "lm", down),
        (1440, -22, (bottom, top), "rm", up),
    ):
        x = end + side
        canvas.arrow([(end, ends[0]), (end, ends[1])], INK, 4, 18)
        canvas.text((x, top + 34), names, 22, INK, anchor)
        canvas.text((x, top + 84), module, 16, MUTED, anchor)
        canvas.text((x, upper), f"pipeline.\n{pixels}", 18, BLUE, anchor)
        canvas.text((x, upper + 62), "fast: in bands of rows", 16, MUTED, anchor)
        canvas.text((x, lower + 10), f"pipeline.\n{bits}", 18, ORANGE, anchor)
        canvas.text((x, lower + 72), "fast: all blocks at once", 16, MUTED, anchor)
    base = bottom - 36
    canvas.arrow([(550, middle), (270, middle), (270, base), (324, base)], ORANGE, 3, 15)
    canvas.text((286, middle - 20), "write_coefficients", 20, ORANGE, "lm")
    canvas.arrow([(1176, base), (1230, base), (1230, middle), (950, middle)], ORANGE, 3, 15)
    canvas.text((1214, middle - 20), "read_coefficients", 20, ORANGE, "rm")


# --- the network -----------------------------------------------------------------------------------------


def draw_autoencoder() -> Image.Image:
    """Draw an autoencoder, and below it what the network of this library does instead; 770 x 300."""
    with np.load(BytesIO((files("numjpeg.restoration") / "network.npz").read_bytes())) as weights:
        count = sum(array.size for array in weights.values())
        layers = sum(array.ndim == 4 for array in weights.values())
    network = f"{layers} layers\n{count:,} weights"
    canvas = Canvas(770, 300)
    canvas.text((20, 22), "An autoencoder: the file itself is learned", 18, INK, "lm")
    _draw_boxes(canvas, 44, ["picture", "encoder", "code", "decoder", "picture"], ("encoder", "decoder"))
    canvas.text((20, 122), "Whoever reads the file needs these very weights.", 14, MUTED, "lm")
    canvas.text((20, 172), "Here: the file stays JPEG, only its reading is learned", 18, INK, "lm")
    row = ["JPEG file", "plain and\nrestored", network, "into the\nintervals", "picture"]
    _draw_boxes(canvas, 194, row, (network,))
    canvas.arrow([(82, 250), (82, 270), (532, 270), (532, 252)], BLUE)
    canvas.text((307, 284), "what the file states: the range of each coefficient", 14, MUTED)
    return canvas.finish()


def _draw_boxes(canvas: Canvas, top: int, texts: Sequence[str], learned: Sequence[str]) -> None:
    """Draw boxes with arrows between them. Learned boxes are orange; an encoder narrows, a decoder widens."""
    width, bottom, middle = 124, top + 56, top + 28
    for column, text in enumerate(texts):
        left = 20 + 150 * column
        right = left + width
        cut = {"encoder": (0, 14), "decoder": (14, 0)}.get(text, (0, 0))  # above and below: left, right side
        corners = [(left, top + cut[0]), (right, top + cut[1]), (right, bottom - cut[1]), (left, bottom - cut[0])]
        canvas.polygon(corners, PALE_ORANGE if text in learned else PALE_BLUE)
        canvas.text(((left + right) / 2, middle), text, 15, INK)
        if column:
            canvas.arrow([(left - 150 + width + 2, middle), (left - 2, middle)], ORANGE)
