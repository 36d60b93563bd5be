"""Pictures of a photograph at each stage of the codec, and of the bits that each block takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

import numjpeg.tools.pictures.panels as panels
from numjpeg import pipeline
from numjpeg.coefficient_files.reader import read_coefficients
from numjpeg.coefficients import Coefficients
from numjpeg.decoder import decode
from numjpeg.encoder import encode
from numjpeg.forensics import bits_per_block
from numjpeg.metrics import psnr
from numjpeg.stages.blocks import join_blocks, pad_edges, split_blocks
from numjpeg.stages.dct import idct
from numjpeg.stages.level_shift import MID_LEVEL, inverse_level_shift, level_shift
from numjpeg.stages.quantization import dequantize, quantize
from numjpeg.tools.observe import observed
from numjpeg.tools.pictures.canvas import GRAYS, HEAT, PALE_GRAY, Canvas, colored
from numjpeg.tools.pictures.panels import Panel, PanelRow, near, numbers, photo, signed_numbers

SHEET_SIDE = 288  # pixels a side of a panel if all stages share a sheet
AMPLIFIED = 8  # factor by which differences are multiplied to be seen


def stage_pictures(
    image: ArrayLike, quality: int = 75, subsampling: str = "4:2:0", block: tuple[int, int] | None = None
) -> dict[str, Image.Image]:
    """Draw a picture of each stage that has something to see: file name, numbered in order -> picture.

    ``image`` is uint8 ``(H, W)``, ``(H, W, 1)`` or ``(H, W, 3)`` of any size, ``quality`` and ``subsampling`` are
    those of :func:`numjpeg.encode`; ``block`` is (row, column) of the luminance block to show enlarged; None picks
    one with much detail. ValueError and TypeError name the argument. The RGB pictures are ``01-rgb.png``,
    ``02-luminance-and-chrominance.png``, ``03-subsampled.png``, ``04-block-samples.png``, ``05-dct.png``,
    ``06-quantized.png``, ``07-bits-per-block.png``, ``08-decoded.png``, ``09-difference.png``. A gray picture
    begins with ``01-gray.png`` and has no colours to convert or subsample.
    """
    journey = travel(np.asarray(image), quality, subsampling, block)
    stages = [
        *_pixel_stages(journey, 480),
        *_coefficient_stages(journey, 480, 800),
        *_back_stages(journey, 480, 800),
    ]
    return {f"{n:02}-{stage.name}.png": panels.card(stage) for n, stage in enumerate(stages, 1)}


def draw_stages(image: ArrayLike, block: tuple[int, int] | None = None) -> tuple[Image.Image, Image.Image]:
    """Draw all stages on two sheets: from pixels to coefficients, and from bits back to pixels."""
    journey = travel(np.asarray(image), block=block)
    forth = [*_pixel_stages(journey, SHEET_SIDE), *_coefficient_stages(journey, SHEET_SIDE, SHEET_SIDE)]
    back = _back_stages(journey, SHEET_SIDE, SHEET_SIDE)
    return panels.sheet(forth), panels.sheet(back, len(forth) + 1)


@dataclass(frozen=True)
class Journey:
    """A picture at each stage, component by component."""

    image: NDArray[np.uint8]  # (H, W) or (H, W, 3)
    data: bytes  # the file
    coefficients: Coefficients  # those in the file
    planes: list[NDArray[np.uint8]]  # samples of each component before subsampling
    subsampled: list[NDArray[np.uint8]]  # samples after subsampling, without padding
    transformed: list[NDArray[np.floating]]  # float32 (rows, columns, 8, 8), the DCT before quantization
    bits: list[NDArray[np.int64]]  # (rows, columns), how many bits each block takes in the file
    decoded: NDArray[np.uint8]
    block: tuple[int, int]  # (row, column) of the luminance block that is shown enlarged

    @property
    def block_name(self) -> str:
        """What the pictures call the block that they show enlarged."""
        return f"block row {self.block[0]}, column {self.block[1]}"

    @property
    def block_samples(self) -> NDArray[np.uint8]:
        """The samples of that block, uint8 ``(8, 8)``."""
        return np.asarray(split_blocks(pad_edges(self.subsampled[0]))[self.block])


def travel(
    image: NDArray[np.uint8], quality: int = 75, subsampling: str = "4:2:0", block: tuple[int, int] | None = None
) -> Journey:
    """Run a picture through the stages and keep the result of each; arguments as of :func:`stage_pictures`."""
    data = encode(image, quality, subsampling=None if image.ndim == 2 else subsampling)
    image = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    coefficients = read_coefficients(data)
    with observed() as calls:
        pipeline.pixels_to_coefficients(image, quality, subsampling)
    planes = [call.arguments[0] for call in calls if call.stage == "level_shift"]
    transformed = [call.result for call in calls if call.stage == "fdct"]
    averages = [(call.result, *call.arguments[1:]) for call in calls if call.stage == "downsample"]
    subsampled = [
        inverse_level_shift(samples[: -(-len(plane) // v), : -(-plane.shape[1] // h)])
        for plane, (samples, h, v) in zip(planes, averages, strict=True)
    ]
    bits = bits_per_block(coefficients)
    rows, columns = bits[0].shape
    if block is None:  # choose one with much detail: nine of ten blocks take fewer bits
        chosen = int(np.argsort(bits[0], axis=None, kind="stable")[9 * bits[0].size // 10])
        block = divmod(chosen, columns)
    if not (0 <= block[0] < rows and 0 <= block[1] < columns):
        raise ValueError(f"block: {block} is outside {bits[0].shape} (rows, columns) of blocks")
    return Journey(image, data, coefficients, planes, subsampled, transformed, bits, decode(data), block)


# --- the stages; the longer side is about ``side`` pixels for photographs and ``mosaic`` for coefficients -------


def _pixel_stages(journey: Journey, side: int) -> list[PanelRow]:
    image, samples = journey.image, journey.block_samples
    row, column = journey.block
    whole = photo(image, side)
    marked = panels.framed(whole, (8 * column, 8 * row), whole.width / image.shape[1])
    size = f"{image.shape[1]} x {image.shape[0]} pixels, {image.size:,} bytes"
    first = [
        Panel(marked, f"{size}; framed: {journey.block_name}"),
        Panel(near(image, journey.block, side), "Around that block, enlarged"),
    ]
    if image.ndim == 3:
        note = "What goes in: red, green and blue samples of 8 bits."
        stages = [PanelRow("rgb", "RGB picture", note, first), *_chroma_stages(journey, side)]
    else:
        stages = [PanelRow("gray", "Gray picture", "What goes in: luminance samples of 8 bits.", first)]
    note = "split_blocks, level_shift: blocks are coded each for itself; 128 is taken off, so that gray is 0."
    block = [
        Panel(numbers(samples, side, 0, 255, GRAYS), f"Y, {journey.block_name}: samples"),
        Panel(numbers(level_shift(samples), side, -128, 127, GRAYS), "After the level shift"),
    ]
    return [*stages, PanelRow("block-samples", "One block of 8 x 8 samples", note, block)]


def _chroma_stages(journey: Journey, side: int) -> list[PanelRow]:
    labels = ("Y, luminance", "Cb, blueness", "Cr, redness")
    views = [photo(panels.tinted(plane, i), side) for i, plane in enumerate(journey.planes)]
    small = []
    for i, name in ((1, "Cb"), (2, "Cr")):
        plane, frame = journey.subsampled[i], views[0].size
        canvas = Canvas(*frame)
        canvas.box((0, 0), frame, PALE_GRAY)
        canvas.paste(photo(panels.tinted(plane, i), side, journey.planes[0].shape), 0, 0)
        label = f"{name}, {plane.shape[1]} x {plane.shape[0]}, in a frame of Y's size"
        small.append(Panel(canvas.finish(), label))
    share = 100 * sum(plane.size for plane in journey.subsampled) / journey.image.size
    return [
        PanelRow(
            "luminance-and-chrominance",
            "Luminance and chrominance",
            "rgb_to_ycbcr: the eye sees fine detail in Y only; Cb and Cr are smooth, and may be stored coarsely.",
            [Panel(view, label) for view, label in zip(views, labels, strict=True)],
        ),
        PanelRow(
            "subsampled",
            "Chroma subsampling",
            f"level_shift, downsample: Cb and Cr at the size they have now; {share:.0f}% of all samples are left.",
            small,
        ),
    ]


def _coefficient_stages(journey: Journey, side: int, mosaic: int) -> list[PanelRow]:
    frequencies = journey.transformed[0]
    block = np.rint(frequencies[journey.block]).astype(np.intp)
    magnitudes = join_blocks(np.log2(1 + np.abs(frequencies)))
    # If all coefficients do not fit, show a part so enlarged that single ones can be told apart.
    longest = max(magnitudes.shape)
    length = side if longest <= side else mosaic
    view, place = panels.window(magnitudes, journey.block, length if longest <= length else length // 2)
    whole = "the whole picture" if view.shape == magnitudes.shape else "the part of the picture around it"
    colors = photo(colored(view, 0, 11), length)
    table = journey.coefficients.quantization_table(0)
    plane = quantize(frequencies, table)
    counts = np.count_nonzero(plane, axis=(-2, -1))
    nonzero = sum(np.count_nonzero(p) for p in journey.coefficients.planes)
    total = sum(p.size for p in journey.coefficients.planes)
    return [
        PanelRow(
            "dct",
            "Discrete cosine transform",
            "fdct: 64 samples become 64 frequencies. Most of the energy gathers in the upper left, DC first.",
            [
                Panel(signed_numbers(block, side), f"Coefficients of {journey.block_name}, rounded"),
                Panel(
                    panels.framed(colors, place, colors.width / view.shape[1]),
                    f"Magnitudes in {whole}, on a log scale from white (0) to dark (over 1,000)",
                ),
            ],
        ),
        PanelRow(
            "quantized",
            "Quantization",
            f"quantize: divided by the table and rounded. {nonzero:,} of {total:,} coefficients survive "
            f"({100 * nonzero / total:.1f}%).",
            [
                Panel(numbers(table, side, 0, max(121, table.max()), HEAT), "The luminance table at this quality"),
                Panel(signed_numbers(plane[journey.block], side), f"{journey.block_name.capitalize()}, quantized"),
                panels.heat(counts, side, int(counts.max()), "Nonzero coefficients a block, Y"),
            ],
        ),
    ]


def _back_stages(journey: Journey, side: int, mosaic: int) -> list[PanelRow]:
    image, decoded, name = journey.image, journey.decoded, journey.block_name
    spent = [int(grid.sum()) for grid in journey.bits]
    high = max(int(grid.max()) for grid in journey.bits)
    levels = journey.coefficients.planes[0][journey.block]
    restored = inverse_level_shift(idct(dequantize(levels, journey.coefficients.quantization_table(0))))
    error = restored.astype(np.intp) - journey.block_samples
    difference = decoded.astype(np.int32) - image
    shown = np.clip(MID_LEVEL + AMPLIFIED * difference, 0, 255).astype(np.uint8)
    length = side if max(shown.shape) <= side else mosaic
    view, _ = panels.window(shown, journey.block, length)
    part = "" if view.shape == shown.shape else f", around {name}"
    return [
        PanelRow(
            "bits-per-block",
            "Bits per block",
            "zigzag, dc_differences, run_length_encode, huffman_encode: what each block costs in the file, "
            f"{8 * len(journey.data) / journey.planes[0].size:.2f} bits a pixel with all headers.",
            [
                panels.heat(grid, side, high, f"{of}: {bits:,} bits ({100 * bits / sum(spent):.0f}%)")
                for grid, bits, of in zip(journey.bits, spent, ("Y", "Cb", "Cr"), strict=False)
            ],
        ),
        PanelRow(
            "decoded",
            "Decoded",
            f"The same stages backwards. {image.size:,} samples came from {len(journey.data):,} bytes; "
            f"PSNR {psnr(image, decoded):.2f} dB.",
            [
                Panel(photo(decoded, side), "The decoded picture"),
                Panel(
                    numbers(restored, side, 0, 255, GRAYS),
                    f"{name.capitalize()}: dequantize, idct, inverse_level_shift",
                ),
                Panel(signed_numbers(error, side), "The error of this block"),
            ],
        ),
        PanelRow(
            "difference",
            "What was lost",
            f"Decoded minus original, {AMPLIFIED} times amplified around gray; the largest difference is "
            f"{int(np.abs(difference).max())}.",
            [
                Panel(photo(view, length), f"Difference, x {AMPLIFIED}{part}"),
                Panel(near(image, journey.block, side), f"Original around {name}, enlarged"),
                Panel(near(decoded, journey.block, side), "Decoded, enlarged"),
            ],
        ),
    ]
