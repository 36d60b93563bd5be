"""A picture of each stage of a photograph's way through the codec."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from numjpeg.metrics import psnr
from numjpeg.stages.blocks import join_blocks
from numjpeg.stages.dct import idct
from numjpeg.stages.level_shift import MID_LEVEL, inverse_level_shift, level_shift
from numjpeg.stages.quantization import dequantize, quantize
from numjpeg.tools.pictures.canvas import GRAYS, HEAT, PALE_GRAY, Canvas, colored
from numjpeg.tools.pictures.journey import Journey, travel
from numjpeg.tools.pictures.panels import (
    Panel,
    PanelRow,
    card,
    framed,
    heat,
    near,
    numbers,
    photo,
    sheet,
    signed_numbers,
    tinted,
    window,
)

SHEET_SIDE = 288
"""Pixels a side of a panel where all stages share a sheet."""
AMPLIFIED = 8


def stage_pictures(
    image: NDArray[np.uint8], quality: int = 75, subsampling: str = "4:2:0", block: tuple[int, int] | None = None
) -> dict[str, Image.Image]:
    """Draw a picture of each stage that there is something to see of.

    Parameters
    ----------
    image : uint8 ``(H, W)``, ``(H, W, 1)`` or ``(H, W, 3)`` of any size.
    quality, subsampling : as in :func:`numjpeg.encode`.
    block : (row, column) of the luminance block to show enlarged; None picks one with much detail.

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
    return {f"{n:02}-{stage.name}.png": card(stage) for n, stage in enumerate(stages, 1)}


def draw_stages(image: NDArray[np.uint8], block: tuple[int, int] | None = None) -> tuple[Image.Image, Image.Image]:
    """Draw all stages on two sheets: pixels to coefficients, and bits and the way back.

    Parameters as in :func:`stage_pictures`.
    """
    stages = _stages(travel(np.asarray(image), block=block), SHEET_SIDE, SHEET_SIDE)
    cut = [stage.name for stage in stages].index("bits-per-block")
    return sheet(stages[:cut], 1), sheet(stages[cut:], cut + 1)


def _stages(journey: Journey, side: int, mosaic: int) -> list[PanelRow]:
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


def _stage_input(journey: Journey, side: int) -> PanelRow:
    height, width = journey.image.shape[:2]
    count = journey.image.size
    color = journey.image.ndim == 3
    return PanelRow(
        "rgb" if color else "gray",
        "RGB picture" if color else "Gray picture",
        "What goes in: red, green and blue samples of 8 bits."
        if color
        else "What goes in: luminance samples of 8 bits.",
        [
            Panel(
                _marked(photo(journey.image, side), journey),
                f"{width} x {height} pixels, {count:,} bytes; framed: {_name_of(journey)}",
            ),
            Panel(near(journey.image, journey.block, side), "Around that block, enlarged"),
        ],
    )


def _name_of(journey: Journey) -> str:
    """What the pictures call the block that they show enlarged."""
    row, column = journey.block
    return f"block row {row}, column {column}"


def _marked(image: Image.Image, journey: Journey) -> Image.Image:
    """Frame the block in a view of the whole picture."""
    row, column = journey.block
    return framed(image, (8 * column, 8 * row), image.width / journey.image.shape[1])


def _stage_components(journey: Journey, side: int) -> PanelRow:
    return PanelRow(
        "luminance-and-chrominance",
        "Luminance and chrominance",
        "rgb_to_ycbcr: the eye sees fine detail in Y only; Cb and Cr are smooth, and may be stored coarsely.",
        [
            Panel(photo(tinted(plane, i), side), label)
            for i, (plane, label) in enumerate(
                zip(journey.planes, ("Y, luminance", "Cb, blueness", "Cr, redness"), strict=True)
            )
        ],
    )


def _stage_subsampled(journey: Journey, side: int) -> PanelRow:
    share = 100 * sum(plane.size for plane in journey.subsampled) / journey.image.size
    full = journey.planes[0].shape
    frame = photo(np.zeros(full, np.uint8), side).size
    panels = []
    for i, name in ((1, "Cb"), (2, "Cr")):
        plane = journey.subsampled[i]
        canvas = Canvas(*frame)
        canvas.box((0, 0), frame, PALE_GRAY)
        canvas.paste(photo(tinted(plane, i), side, full), 0, 0)
        panels.append(
            Panel(canvas.finish(), f"{name}, {plane.shape[1]} x {plane.shape[0]}, in a frame of Y's size")
        )
    return PanelRow(
        "subsampled",
        "Chroma subsampling",
        f"level_shift, downsample: Cb and Cr at the size they have now; {share:.0f}% of all samples are left.",
        panels,
    )


def _stage_block(journey: Journey, side: int) -> PanelRow:
    samples = journey.block_samples
    shifted = level_shift(samples)
    row, column = journey.block
    return PanelRow(
        "block-samples",
        "One block of 8 x 8 samples",
        "split_blocks, level_shift: blocks are coded each for itself; 128 is taken off, so that gray is 0.",
        [
            Panel(numbers(samples, side, 0, 255, GRAYS), f"Y, block row {row}, column {column}: samples"),
            Panel(numbers(shifted, side, -128, 127, GRAYS), "After the level shift"),
        ],
    )


def _stage_dct(journey: Journey, side: int, mosaic: int) -> PanelRow:
    coefficients = journey.transformed[0]
    block = np.rint(coefficients[journey.block]).astype(np.intp)
    loudness = join_blocks(np.log2(1 + np.abs(coefficients)))
    # Where there is no room for all of them, a part, and so large that single coefficients can be told apart.
    longest = max(loudness.shape)
    length = side if longest <= side else mosaic
    view, place = window(loudness, journey.block, length if longest <= length else length // 2)
    whole = "the whole picture" if view.shape == loudness.shape else "the part of the picture around it"
    colors = photo(colored(view, 0, 11), length)
    return PanelRow(
        "dct",
        "Discrete cosine transform",
        "fdct: 64 samples become 64 frequencies. Most of the energy gathers in the upper left, DC first.",
        [
            Panel(signed_numbers(block, side), f"Coefficients of {_name_of(journey)}, rounded"),
            Panel(
                framed(colors, place, colors.width / view.shape[1]),
                f"Magnitudes in {whole}, on a log scale from white (0) to dark (over 1,000)",
            ),
        ],
    )


def _stage_quantized(journey: Journey, side: int) -> PanelRow:
    table = journey.coefficients.quantization_table(0)
    plane = quantize(journey.transformed[0], table)
    counts = np.count_nonzero(plane, axis=(-2, -1))
    alive = sum(np.count_nonzero(p) for p in journey.coefficients.planes)
    total = sum(p.size for p in journey.coefficients.planes)
    return PanelRow(
        "quantized",
        "Quantization",
        f"quantize: divided by the table and rounded. {alive:,} of {total:,} coefficients survive "
        f"({100 * alive / total:.1f}%).",
        [
            Panel(
                numbers(table, side, 0, max(121, int(table.max())), HEAT), "The luminance table at this quality"
            ),
            Panel(signed_numbers(plane[journey.block], side), f"{_name_of(journey).capitalize()}, quantized"),
            heat(counts, side, int(counts.max()), "Nonzero coefficients a block, Y"),
        ],
    )


def _stage_bits(journey: Journey, side: int) -> PanelRow:
    total = sum(int(grid.sum()) for grid in journey.bits)
    high = max(int(grid.max()) for grid in journey.bits)
    pixels = journey.planes[0].size
    return PanelRow(
        "bits-per-block",
        "Bits per block",
        "zigzag, dc_differences, run_length_encode, huffman_encode: what each block costs in the file, "
        f"{8 * len(journey.data) / pixels:.2f} bits a pixel with all headers.",
        [
            heat(grid, side, high, f"{name}: {int(grid.sum()):,} bits ({100 * grid.sum() / total:.0f}%)")
            for grid, name in zip(journey.bits, ("Y", "Cb", "Cr"), strict=False)
        ],
    )


def _stage_decoded(journey: Journey, side: int) -> PanelRow:
    samples = journey.block_samples.astype(np.intp)
    table = journey.coefficients.quantization_table(0)
    restored = inverse_level_shift(idct(dequantize(journey.coefficients.planes[0][journey.block], table)))
    return PanelRow(
        "decoded",
        "Decoded",
        f"The same stages backwards. {journey.image.size:,} samples came from {len(journey.data):,} bytes; "
        f"PSNR {psnr(journey.image, journey.decoded):.2f} dB.",
        [
            Panel(photo(journey.decoded, side), "The decoded picture"),
            Panel(
                numbers(restored, side, 0, 255, GRAYS),
                f"{_name_of(journey).capitalize()}: dequantize, idct, inverse_level_shift",
            ),
            Panel(signed_numbers(restored.astype(np.intp) - samples, side), "The error of this block"),
        ],
    )


def _stage_difference(journey: Journey, side: int, mosaic: int) -> PanelRow:
    difference = journey.decoded.astype(np.int32) - journey.image
    shown = np.clip(MID_LEVEL + AMPLIFIED * difference, 0, 255).astype(np.uint8)
    length = side if max(shown.shape) <= side else mosaic
    view, _ = window(shown, journey.block, length)
    part = "" if view.shape == shown.shape else f", around {_name_of(journey)}"
    return PanelRow(
        "difference",
        "What was lost",
        f"Decoded minus original, {AMPLIFIED} times amplified around gray; the largest difference is "
        f"{int(np.abs(difference).max())}.",
        [
            Panel(photo(view, length), f"Difference, x {AMPLIFIED}{part}"),
            Panel(near(journey.image, journey.block, side), f"Original around {_name_of(journey)}, enlarged"),
            Panel(near(journey.decoded, journey.block, side), "Decoded, enlarged"),
        ],
    )
