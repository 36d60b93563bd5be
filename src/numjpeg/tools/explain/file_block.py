"""One block of a file from its bits to samples: the text of ``numjpeg block FILE.jpg``."""

from __future__ import annotations

from typing import Any

import numpy as np

from numjpeg.tools.explain.text import bits_step, matrix, step, table_name, wrap
from numjpeg.tools.explain.trace import BlockTrace, trace_block


def describe_file_block(
    data: Any, row: int, column: int, *, component: str = "1", max_pixels: int | None = None
) -> str:
    """Take one block of a file from its bits to samples, with every step in print.

    Parameters and errors are those of :func:`numjpeg.tools.explain.trace.trace_block`.

    Returns
    -------
    Text, without a newline at the end. The bits of a progressive file's block stand in several scans: then it
    says what each of them sends.
    """
    block = trace_block(data, row, column, component=component, max_pixels=max_pixels)
    frame = block.place.frame
    rows, columns = frame.block_size(block.place.component)
    what = f"component {block.component} ({rows} rows of {columns} blocks)"
    title = f"Block row {row}, column {column} of {what} of this file."
    coding = _scan_steps(block) if frame.progressive or frame.arithmetic else _bit_steps(block)
    return "\n\n".join([f"{title}\n{block.place.where()}", *coding, *_sample_steps(block)])


def _bit_steps(block: BlockTrace) -> list[str]:
    """The steps of a sequential file's block."""
    if block.words is None:
        return ["The bits of this block cannot be told from those around it: the scan's restart markers are odd."]
    scan, dc = block.place.scan, block.zigzag[0]
    component = scan.components[scan.indices.index(block.place.index)]
    tables = [scan.huffman_tables[0, component.Td], scan.huffman_tables[1, component.Ta]]
    runs = [f"({run}, {value})" for run, value in block.runs]
    if block.zigzag[63] == 0:
        runs.append("EOB")
    return [
        bits_step(
            "Huffman coding (F.2.2): the bits as they stand in the file",
            "The symbol is the category (bits of the magnitude), or run/category. Bit 0 is a byte's highest; the\n"
            "zero byte after an FF is left out (B.1.1.5).",
            f"DC {component.Td}, {table_name(tables[0])}; AC {component.Ta}, {table_name(tables[1])}",
            [(f"{w.byte}.{w.bit}", w.name, w.value, w.code, w.magnitude) for w in block.words],
        ),
        step(
            "DC prediction (F.2.2.1)",
            f"The prediction is 0, at the start of a scan or restart interval: {dc}."
            if block.place.predictor_block() is None
            else f"{block.prediction} of the block before it in the scan, plus the difference {block.difference}, "
            f"is {dc}.",
        ),
        step("Run-length coding of the AC coefficients (F.2.2.2): (zeros before it, value)", wrap(runs)),
    ]


def _scan_steps(block: BlockTrace) -> list[str]:
    """What each scan sends of the block of a file that is not sequential."""
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
    return [
        step(
            "Progressive coding (Annex G): the block's bits stand in several scans",
            "Coefficients are numbered in zig-zag order; bits are counted from the lowest, bit 0.",
            "\n".join(lines),
        )
    ]


def _sample_steps(block: BlockTrace) -> list[str]:
    h, v = block.place.ratio
    added = block.place.frame.mid_level
    return [
        step("Zig-zag sequence (A.3.6; stages.zigzag)", matrix(block.zigzag.reshape(8, 8))),
        step(
            "Quantized coefficients: vertical frequency downwards, horizontal to the right",
            matrix(block.quantized),
        ),
        step(f"Quantization table {block.place.component.Tq}", matrix(block.table)),
        step(
            "Dequantized (A.3.4; stages.quantization.dequantize): multiplied by the table",
            matrix(block.dequantized),
        ),
        step("Inverse DCT (A.3.3; stages.dct.idct)", matrix(block.shifted)),
        step(
            f"Samples: {added} is added (A.3.1; stages.level_shift.inverse_level_shift)",
            matrix(block.samples),
            f"Each stands for {h} x {v} pixels: upsampling comes next (stages.subsampling)." if h * v > 1 else "",
        ),
    ]
