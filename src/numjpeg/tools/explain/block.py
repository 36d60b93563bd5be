"""One block from its samples to bits and back: the text of ``numjpeg block``.

:mod:`numjpeg.pipeline` codes and decodes the rows of MCUs around the block. What its stages make of the block is
shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg import pipeline
from numjpeg.arguments import Subsampling
from numjpeg.container.frame import mcu_size
from numjpeg.encoder import encode
from numjpeg.forensics import estimate_quality
from numjpeg.metrics import psnr
from numjpeg.stages.level_shift import inverse_level_shift
from numjpeg.tools.explain.block_place import BlockPlace, find_place
from numjpeg.tools.explain.text import bits_step, matrix, step, symbol_name, table_name, wrap
from numjpeg.tools.observe import Call, observed


def describe_block(
    image: ArrayLike,
    row: int,
    column: int,
    *,
    quality: int = 75,
    subsampling: Subsampling | None = None,
    component: str = "Y",
) -> str:
    """Take one block from its samples to bits and back, with every step in print.

    Parameters
    ----------
    image : uint8 ``(H, W)`` or ``(H, W, 3)`` RGB.
    row, column : which block of the component, counted in blocks from 0.
    quality, subsampling : as in :func:`numjpeg.encode`, but only sampling factors that have a name ("4:2:0").
    component : "Y", "Cb" or "Cr".

    Returns
    -------
    Text, without a newline at the end. The bits are those that ``encode(image, quality, subsampling=subsampling)``
    writes for this block.

    Raises
    ------
    ValueError, TypeError naming the argument.
    """
    pixels = np.asarray(image)
    # A file of one pixel checks the arguments, and tells the sampling factors.
    place = find_place(pixels, encode(pixels[:1, :1], quality, subsampling=subsampling), row, column, component)
    run = _Run(pixels, place, quality)
    steps = [_title(place, component, quality), *_pixel_steps(pixels, place, component, run)]
    return "\n\n".join([*steps, *_coding_steps(place, quality, run), _huffman_step(run), *_way_back(place, run)])


class _Run:
    """A run of the pipeline, both ways: what its stages make of a block and of what surrounds it."""

    def __init__(self, pixels: NDArray[np.uint8], place: BlockPlace, quality: int) -> None:
        """Run it over the block's row of MCUs, with the one above if the block coded before lies there."""
        scan, self.component = place.scan, place.index
        V, H = scan.factors[self.component]
        first = max(0, place.row // V - (place.column < H))
        height, _ = mcu_size(scan.components)
        strip = pixels[first * height : (place.row // V + 1) * height]
        with observed() as self.calls:
            coefficients = pipeline.pixels_to_coefficients(
                strip if scan.interleaved else strip.reshape(strip.shape[:2]), quality, place.subsampling
            )
            pipeline.coefficients_to_bits(coefficients)
            pipeline.coefficients_to_pixels(coefficients)
        self.place = replace(place, row=place.row - V * first)
        mcu, inner = self.place.number_in_scan()
        self.number = mcu * scan.blocks_per_mcu + inner

    def call(self, stage: str, number: int = 0) -> Call:
        """A stage's call of this number."""
        return [call for call in self.calls if call.stage == stage][number]

    def block(self, stage: str) -> NDArray[Any]:
        """What a stage that takes a component's blocks ``(rows, columns, ...)`` makes of this one."""
        found: NDArray[Any] = self.call(stage, self.component).result[self.place.row, self.place.column]
        return found

    def samples(self) -> tuple[NDArray[np.uint8], NDArray[np.integer], NDArray[np.integer]]:
        """The block's samples at full resolution, the same with the level shift, and subsampled."""
        shift = self.call("level_shift", self.component)
        top, left = 8 * self.place.row, 8 * self.place.column
        small = self.call("pad_edges", 2 * self.component + 1).result[top : top + 8, left : left + 8]
        return self.place.area(shift.arguments[0])[0], self.place.area(shift.result)[0], small

    def difference(self) -> int:
        """The block's DC difference."""
        return int(self.call("block_symbols").arguments[0][self.number])

    def runs(self) -> list[tuple[int, int]]:
        """(zeros before it, value) of its AC coefficients."""
        runs = self.call("run_length_encode").result
        own = runs.block == self.number
        return list(zip(runs.run[own].tolist(), runs.value[own].tolist(), strict=True))

    def words(self) -> list[tuple[str, str, int, str, str]]:
        """The lines of :func:`numjpeg.tools.explain.text.bits_step`; the block lies in no file, so in no place."""
        symbols = self.call("block_symbols").result
        own = symbols.block == self.number
        _, lengths = self.call("huffman_encode").result
        columns = (symbols.symbol, symbols.value, lengths, *self.call("append_magnitude_bits").result)
        found: list[tuple[str, str, int, str, str]] = []
        for symbol, value, length, bits, size in zip(*(c[own].tolist() for c in columns), strict=True):
            word = f"{bits:0{size}b}"
            found.append(("", symbol_name(symbol, dc=not found), value, word[:length], word[length:]))
        return found


def _title(place: BlockPlace, component: str, quality: int) -> str:
    rows, columns = place.frame.block_size(place.component)
    return (
        f"Block row {place.row}, column {place.column} of component {component}"
        f" ({rows} rows of {columns} blocks), quality {quality}.\n{place.where()}"
    )


def _pixel_steps(pixels: NDArray[np.uint8], place: BlockPlace, component: str, run: _Run) -> list[str]:
    samples, _, _ = run.samples()
    area, cut = place.area(pixels)
    steps = []
    if cut:
        steps.append("The picture ends inside the block: its last column and row are repeated (A.2.4).")
    if pixels.ndim == 3 and pixels.shape[-1] == 3:
        steps += [step(name, matrix(area[:, :, i])) for i, name in enumerate(("Red", "Green", "Blue"))]
        steps.append(
            step(
                f"{component}: colour conversion (JFIF; stages.color.rgb_to_ycbcr)",
                _CONVERSION[component],
                matrix(samples),
                _other_components(place, component),
            )
        )
    else:
        steps.append(step("Samples (a gray picture has one component)", matrix(samples)))
    return steps


_CONVERSION = {
    "Y": "Y = 0.299 R + 0.587 G + 0.114 B",
    "Cb": "Cb = -0.1687 R - 0.3313 G + 0.5 B + 128",
    "Cr": "Cr = 0.5 R - 0.4187 G - 0.0813 B + 128",
}


def _other_components(place: BlockPlace, component: str) -> str:
    areas: dict[tuple[int, int], list[str]] = {}
    for name, c in zip(("Y", "Cb", "Cr"), place.frame.components, strict=True):
        if name != component:
            areas.setdefault((8 * place.frame.H_max // c.H, 8 * place.frame.V_max // c.V), []).append(name)
    words = [f"A block of {' or '.join(names)} covers {h} x {v} pixels." for (h, v), names in areas.items()]
    return " ".join(["The other two components go the same way, in blocks of their own.", *words])


def _coding_steps(place: BlockPlace, quality: int, run: _Run) -> list[str]:
    """The steps from the level shift to the run lengths, in the pipeline's order."""
    _, shifted, small = run.samples()
    frequencies, quantized, sequence = run.block("fdct"), run.block("quantize"), run.block("zigzag")
    table = run.call("quantize", place.index).arguments[1]
    steps = [step("Level shift (A.3.1; stages.level_shift): 128 is subtracted", matrix(shifted))]
    if place.ratio != (1, 1):
        h, v = place.ratio
        steps.append(
            step(f"Subsampling (A.1.1; stages.subsampling): boxes of {h} x {v} are averaged", matrix(small))
        )
    return [
        *steps,
        step(
            "Forward DCT (A.3.3; stages.dct.fdct): vertical frequency downwards, horizontal to the right",
            matrix(frequencies, ".1f"),
        ),
        step(
            f"Quantization table {place.component.Tq} ({estimate_quality(table).base}, quality {quality})",
            matrix(table),
        ),
        step(
            "Quantized (A.3.4; stages.quantization.quantize): divided by the table and rounded",
            f"For example DC: {frequencies[0, 0]:g} / {table[0, 0]} = {frequencies[0, 0] / table[0, 0]:.3f} -> "
            f"{quantized[0, 0]}. {np.count_nonzero(quantized)} of 64 coefficients are left.",
            matrix(quantized),
        ),
        step("Zig-zag sequence (A.3.6; stages.zigzag)", matrix(sequence.reshape(8, 8))),
        step(
            "DC prediction (F.1.1.5.1; stages.dc_prediction)",
            _prediction(place, int(sequence[0]), run.difference()),
        ),
        step(
            "Run-length coding of the AC coefficients (F.1.2.2; stages.run_length): (zeros before it, value)",
            wrap([f"({zeros}, {value})" if value else "EOB" for zeros, value in run.runs()]),
            "" if sequence[63] else "EOB, the end of block, says that only zeros follow.",
        ),
    ]


def _prediction(place: BlockPlace, dc: int, difference: int) -> str:
    before = place.previous()
    if before is None:
        origin = "This is the component's first block in the scan: the prediction is 0."
    else:
        origin = (
            f"The component's block before it in the scan is row {before[0]}, column {before[1]}; "
            f"its DC is {dc - difference}."
        )
        V, H = place.scan.factors[place.index]
        if (V, H) != (1, 1):
            origin += f"\nThe scan goes MCU by MCU, {V} x {H} blocks of this component each (A.2.3)."
    return f"{origin}\nDifference: {dc} - {dc - difference} = {difference}"


def _huffman_step(run: _Run) -> str:
    dc_table, ac_table = run.call("huffman_encode").arguments[1][2 * run.component :][:2]
    return bits_step(
        "Huffman coding (F.1.2; stages.huffman)",
        "The symbol is the category (bits of the magnitude), or run/category; it has a code word. After it come\n"
        "so many magnitude bits: the value, or if it is negative the value less 1 (F.1.2.1.1).",
        f"DC {table_name(dc_table)}, AC {table_name(ac_table)}",
        run.words(),
    )


def _way_back(place: BlockPlace, run: _Run) -> list[str]:
    original, restored = inverse_level_shift(run.samples()[2]), run.block("inverse_level_shift")
    error = restored.astype(np.int16) - original
    decibels = psnr(original, restored)
    return [
        "And back, from the bits to samples.",
        step(
            "Dequantized (A.3.4; stages.quantization.dequantize): multiplied by the table",
            matrix(run.block("dequantize")),
        ),
        step("Inverse DCT (A.3.3; stages.dct.idct)", matrix(run.block("idct"))),
        step(
            "Reconstructed samples: 128 is added (A.3.1; stages.level_shift.inverse_level_shift)",
            matrix(restored),
        ),
        step("Error: reconstructed less original", matrix(error)),
        f"PSNR of the block: {decibels:.2f} dB; largest error {np.abs(error).max()}."
        + ("" if place.ratio == (1, 1) else " (Against the subsampled samples.)"),
    ]
