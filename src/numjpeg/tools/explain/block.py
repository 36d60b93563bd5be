"""All steps of one block as text: of a picture from samples to bits and back, of a file from bits to samples.

This is the output of ``numjpeg block``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.arguments import Subsampling
from numjpeg.container.structure import read_structure
from numjpeg.encoder import encode
from numjpeg.forensics import estimate_quality
from numjpeg.metrics import psnr
from numjpeg.stages.blocks import pad_edges
from numjpeg.stages.color import rgb_to_ycbcr
from numjpeg.stages.dct import fdct
from numjpeg.stages.level_shift import inverse_level_shift, level_shift
from numjpeg.stages.subsampling import downsample
from numjpeg.tools.explain.text import STANDARD_NAMES, matrix
from numjpeg.tools.explain.trace import BlockPlace, BlockTrace, trace_block

_CONVERSION = {
    "Y": "Y = 0.299 R + 0.587 G + 0.114 B",
    "Cb": "Cb = -0.1687 R - 0.3313 G + 0.5 B + 128",
    "Cr": "Cr = 0.5 R - 0.4187 G - 0.0813 B + 128",
}


def describe_block(
    image: ArrayLike,
    row: int,
    column: int,
    *,
    quality: int = 75,
    subsampling: Subsampling | None = None,
    component: str = "Y",
) -> str:
    """Describe every step of one block of a picture, from its samples to bits and back.

    ``image`` is uint8 ``(H, W)`` or RGB ``(H, W, 3)``; ``row`` and ``column`` count the blocks of the component
    ("Y", "Cb" or "Cr") from 0; ``quality`` and ``subsampling`` are those of :func:`numjpeg.encode`. The bits are
    those that ``encode(image, quality, subsampling=subsampling)`` writes for this block. The text has no newline
    at its end. ValueError and TypeError name the argument.
    """
    pixels = np.asarray(image)
    # A file of one pixel checks the arguments, and tells the sampling factors.
    structure = read_structure(encode(pixels[:1, :1], quality, subsampling=subsampling))
    frame = structure.require_frame()._replace(height=pixels.shape[0], width=pixels.shape[1])
    if component not in _CONVERSION or (index := list(_CONVERSION).index(component)) >= len(frame.components):
        raise ValueError(f"component: {component!r} is none of {tuple(_CONVERSION)[: len(frame.components)]}")
    scan = next(scan for scan in structure.scans if index in scan.indices)
    place = BlockPlace(frame, index, component, replace(scan, frame=frame), row, column)
    # The block's MCU is coded, with the one before it: to its left, or else the last of the row above.
    (h, v), (V, H) = place.ratio, place.factors
    top, left = max(0, row // V - (column < H)), max(0, column // H - 1)
    right = 8 * h * (column - column % H + H) if column >= H else None
    part = pixels[8 * v * V * top : 8 * v * V * (row // V + 1), 8 * h * H * left : right]
    file = encode(part, quality, subsampling=subsampling)
    block = trace_block(file, row - V * top, column - H * left, component=str(index + 1))
    pixel_steps, averaged = _pixel_steps(pixels, place)
    return "\n\n".join(
        [
            place.heading(f", quality {quality}"),
            *pixel_steps,
            *_coding_steps(block, place, quality, averaged),
            _bits_step(
                block,
                "Huffman coding (F.1.2; stages.huffman)",
                "The symbol is the category (bits of the magnitude), or run/category; it has a code word. "
                "After it come\n"
                "so many magnitude bits: the value, or if it is negative the value less 1 (F.1.2.1.1).",
                in_file=False,
            ),
            *_way_back(block, inverse_level_shift(averaged)),
        ]
    )


def _pixel_steps(pixels: NDArray[np.uint8], place: BlockPlace) -> tuple[list[str], NDArray[np.int16]]:
    """The steps from the pixels to the samples that the DCT takes; also return these samples."""
    h, v = place.ratio
    covered = pixels[8 * v * place.row :, 8 * h * place.column :][: 8 * v, : 8 * h]
    # A.2.4 as the encoder does it: columns to whole blocks, and rows as far as there are samples to average.
    # Averaged rows are repeated afterwards; where nothing is averaged that is the same as repeating them here.
    area = pad_edges(covered, place.frame.V_max if v > 1 else 8, 8 * h, axis=0)[: 8 * v]
    steps = []
    if covered.shape[:2] != (8 * v, 8 * h):
        steps.append("The picture ends inside the block: its last column and row are repeated (A.2.4).")
    if len(place.frame.components) > 1:
        samples = rgb_to_ycbcr(area)[..., place.index]
        steps += [_step(name, matrix(area[..., i])) for i, name in enumerate(("Red", "Green", "Blue"))]
        title = f"{place.name}: colour conversion (JFIF; stages.color.rgb_to_ycbcr)"
        steps.append(_step(title, _CONVERSION[place.name], matrix(samples), _other_components(place)))
    else:
        samples = area.reshape(area.shape[:2])
        steps.append(_step("Samples (a gray picture has one component)", matrix(samples)))
    shifted = level_shift(samples)
    averaged = pad_edges(downsample(shifted, h, v))
    steps += _matrices(("Level shift (A.3.1; stages.level_shift): 128 is subtracted", shifted))
    if (h, v) != (1, 1):
        title = f"Subsampling (A.1.1; stages.subsampling): boxes of {h} x {v} are averaged"
        steps += _matrices((title, averaged))
    return steps, averaged


def _other_components(place: BlockPlace) -> str:
    areas: dict[tuple[int, int], list[str]] = {}
    for i, name in enumerate(_CONVERSION):
        if name != place.name:
            areas.setdefault(replace(place, index=i, row=0, column=0).ratio, []).append(name)
    words = [
        f"A block of {' or '.join(names)} covers {8 * h} x {8 * v} pixels." for (h, v), names in areas.items()
    ]
    return " ".join(["The other two components go the same way, in blocks of their own.", *words])


def _coding_steps(block: BlockTrace, place: BlockPlace, quality: int, samples: NDArray[np.int16]) -> list[str]:
    """The steps from the DCT to the run lengths; ``place`` is the place in the whole picture."""
    frequencies, table, quantized = fdct(samples), block.table, block.quantized
    prediction = block.prediction or 0
    before = place.predictor()
    if before is None:
        origin = "This is the component's first block in the scan: the prediction is 0."
    else:
        origin = (
            f"The component's block before it in the scan is row {before[0]}, column {before[1]}; "
            f"its DC is {prediction}."
        )
        V, H = place.factors
        if (V, H) != (1, 1):
            origin += f"\nThe scan goes MCU by MCU, {V} x {H} blocks of this component each (A.2.3)."
    return [
        _step(
            "Forward DCT (A.3.3; stages.dct.fdct): vertical frequency downwards, horizontal to the right",
            matrix(frequencies, ".1f"),
        ),
        _step(
            f"Quantization table {place.component.Tq} ({estimate_quality(table).base}, quality {quality})",
            matrix(table),
        ),
        _step(
            "Quantized (A.3.4; stages.quantization.quantize): divided by the table and rounded",
            f"For example DC: {frequencies[0, 0]:g} / {table[0, 0]} = {frequencies[0, 0] / table[0, 0]:.3f} -> "
            f"{quantized[0, 0]}. {np.count_nonzero(quantized)} of 64 coefficients are left.",
            matrix(quantized),
        ),
        *_matrices(("Zig-zag sequence (A.3.6; stages.zigzag)", block.zigzag.reshape(8, 8))),
        _step(
            "DC prediction (F.1.1.5.1; stages.dc_prediction)",
            f"{origin}\nDifference: {block.zigzag[0]} - {prediction} = {block.difference}",
        ),
        _step(
            "Run-length coding of the AC coefficients (F.1.2.2; stages.run_length): (zeros before it, value)",
            _runs(block),
            "" if block.zigzag[63] else "EOB, the end of block, says that only zeros follow.",
        ),
    ]


def _way_back(block: BlockTrace, original: NDArray[np.uint8]) -> list[str]:
    """The steps from the coefficients to samples, shown beside the samples that were coded."""
    error = block.samples.astype(np.int16) - original
    return [
        "And back, from the bits to samples.",
        *_inverse_steps(block),
        *_matrices(
            ("Reconstructed samples: 128 is added (A.3.1; stages.level_shift.inverse_level_shift)", block.samples),
            ("Error: reconstructed less original", error),
        ),
        f"PSNR of the block: {psnr(original, block.samples):.2f} dB; largest error {np.abs(error).max()}."
        + ("" if block.place.ratio == (1, 1) else " (Against the subsampled samples.)"),
    ]


# --- of a file -------------------------------------------------------------------------------------------


def describe_file_block(
    data: Any, row: int, column: int, *, component: str = "1", max_pixels: int | None = None
) -> str:
    """Describe every step of one block of a file, from its bits to samples.

    Parameters and errors are those of :func:`numjpeg.tools.explain.trace.trace_block`. The text has no newline at
    its end. The bits of a progressive file's block stand in several scans: then it says what each of them sends.
    """
    block = trace_block(data, row, column, component=component, max_pixels=max_pixels)
    place, frame = block.place, block.place.frame
    h, v = place.ratio
    return "\n\n".join(
        [
            place.heading(" of this file"),
            *([_scan_step(block)] if frame.progressive or frame.arithmetic else _file_steps(block)),
            *_matrices(
                ("Zig-zag sequence (A.3.6; stages.zigzag)", block.zigzag.reshape(8, 8)),
                ("Quantized coefficients: vertical frequency downwards, horizontal to the right", block.quantized),
                (f"Quantization table {place.component.Tq}", block.table),
            ),
            *_inverse_steps(block),
            _step(
                f"Samples: {frame.mid_level} is added (A.3.1; stages.level_shift.inverse_level_shift)",
                matrix(block.samples),
                f"Each stands for {h} x {v} pixels: upsampling comes next (stages.subsampling)." * (h * v > 1),
            ),
        ]
    )


def _file_steps(block: BlockTrace) -> list[str]:
    """From the bits of a sequential file's block to its coefficients."""
    if block.words is None:
        return ["The bits of this block cannot be told from those around it: the scan's restart markers are odd."]
    prediction = (
        f"The prediction is 0, at the start of a scan or restart interval: {block.zigzag[0]}."
        if block.place.predictor() is None
        else f"{block.prediction} of the block before it in the scan, plus the difference {block.difference}, "
        f"is {block.zigzag[0]}."
    )
    return [
        _bits_step(
            block,
            "Huffman coding (F.2.2): the bits as they stand in the file",
            "The symbol is the category (bits of the magnitude), or run/category. Bit 0 is a byte's highest; the\n"
            "zero byte after an FF is left out (B.1.1.5).",
            in_file=True,
        ),
        _step("DC prediction (F.2.2.1)", prediction),
        _step("Run-length coding of the AC coefficients (F.2.2.2): (zeros before it, value)", _runs(block)),
    ]


def _scan_step(block: BlockTrace) -> str:
    """What each scan of a non-sequential file codes of the block."""
    sequence = block.zigzag.astype(int)
    lines = [f"  {'byte':<10}{'coefficients':<14}{'bits':<20}what the block then holds of them"]
    for scan in block.scans:
        band = sequence[scan.Ss : scan.Se + 1]
        # G.1.2.1: DC is shifted, so that it is rounded down; AC is divided, so that it is rounded towards zero.
        known = band >> scan.Al if scan.Ss == 0 else np.sign(band) * (np.abs(band) >> scan.Al)
        sent = f"bit {scan.Al} more" if scan.Ah else f"all but the low {scan.Al}" if scan.Al else "all"
        places = [f"{scan.Ss + k}: {known[k] << scan.Al}" for k in np.flatnonzero(known).tolist()]
        lines.append(
            f"  {scan.start:<10}{f'{scan.Ss} to {scan.Se}':<14}{sent:<20}"
            + (", ".join(places[:8]) + (f" and {len(places) - 8} more" if len(places) > 8 else "") or "nothing")
        )
    return _step(
        "Progressive coding (Annex G): the block's bits stand in several scans",
        "Coefficients are numbered in zig-zag order; bits are counted from the lowest, bit 0.",
        *lines,
    )


# --- of both ---------------------------------------------------------------------------------------------


def _step(title: str, *parts: str) -> str:
    """A title with its paragraphs below. Empty ones are left out."""
    return "\n".join([title, *filter(None, parts)])


def _matrices(*steps: tuple[str, NDArray[np.integer]]) -> list[str]:
    return [_step(title, matrix(values)) for title, values in steps]


def _wrap(words: Sequence[str], width: int = 76) -> str:
    """Words in indented lines, broken where they would be wider than ``width``."""
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else f"  {word}"
    return "\n".join(lines)


def _bits_step(block: BlockTrace, title: str, words: str, in_file: bool) -> str:
    """Huffman coding of a block: what a symbol is, in words; its tables; a line a symbol; and all its bits."""
    scan, traced = block.place.scan, block.words or []
    component = scan.components[scan.indices.index(block.place.index)]
    tables = []
    for of_ac, name, number in ((0, "DC", component.Td), (1, "AC", component.Ta)):
        known = STANDARD_NAMES.get(scan.huffman_tables[of_ac, number], "of its own")
        tables.append(f"{name} {number}, {known}" if in_file else f"{name} {known}")
    rows: list[tuple[Any, ...]] = [("byte.bit", "symbol", "value", "code word", "magnitude bits")]
    for w in traced:
        value = w.value if w.magnitude or not w.place else ""
        rows.append((f"{w.byte}.{w.bit}", w.name, value, w.code, w.magnitude))
    stream = "".join(word.code + word.magnitude for word in traced)
    return _step(
        title,
        words,
        f"Tables: {('; ' if in_file else ', ').join(tables)}",
        *(
            f"  {f'{place:<14}' * in_file}{name:<24}{value:>6}  {code:<18}{magnitude}".rstrip()
            for place, name, value, code, magnitude in rows
        ),
        "The block as bits:",
        _wrap([stream[i : i + 8] for i in range(0, len(stream), 8)]),
        f"{len(stream)} bits in place of {64 * 8} ({len(stream) / 64:.2f} a sample).",
    )


def _runs(block: BlockTrace) -> str:
    return _wrap([f"({zeros}, {value})" for zeros, value in block.runs] + ["EOB"] * int(block.zigzag[63] == 0))


def _inverse_steps(block: BlockTrace) -> list[str]:
    return _matrices(
        ("Dequantized (A.3.4; stages.quantization.dequantize): multiplied by the table", block.dequantized),
        ("Inverse DCT (A.3.3; stages.dct.idct)", block.shifted),
    )
