"""Make the HTML page that shows the blocks of a file, and the data in it.

The page is one HTML file, which loads nothing else. It holds the JPEG file, from which it reads the code words of
a chosen block, and compressed arrays of all blocks: where their bits begin, their coefficients and samples.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficient_files.reader import MAX_PIXELS, read_coefficients
from numjpeg.coefficient_files.writer import write_coefficients
from numjpeg.coefficients import Coefficients
from numjpeg.container.frame import Scan
from numjpeg.container.header import Header, read_header
from numjpeg.container.structure import Structure, read_structure
from numjpeg.decoder import decode
from numjpeg.encoder import encode
from numjpeg.entropy import bits
from numjpeg.forensics import (
    FAMILIES,
    FirstQuantization,
    bits_per_block,
    double_quantization_map,
    encoder_family,
    first_quantization,
    grid_offset,
)
from numjpeg.sources import read_bytes
from numjpeg.stages.blocks import pad_edges
from numjpeg.stages.dct import idct
from numjpeg.stages.level_shift import inverse_level_shift
from numjpeg.tools.explain.trace import block_bounds, component_names

NO_PLACE = 0  # stands for an unknown beginning of a block's bits; no block begins at the first bit of a file


def explore_page(
    data: Any,
    title: str = "photo.jpg",
    original: NDArray[np.uint8] | None = None,
    max_pixels: int | None = MAX_PIXELS,
) -> str:
    """Make the HTML page of a file; it has a few bytes for each pixel.

    ``data`` is the file: its bytes (any buffer), a path, or a binary file object. The page calls it ``title``.
    ``original``, the picture that was encoded, adds a map of errors; it is uint8, shaped as the decoded picture.
    ``max_pixels`` is that of :func:`numjpeg.decode`. Raises FormatError or UnsupportedError for the data, and
    ValueError for the original.
    """
    file = read_bytes(data)
    coefficients = read_coefficients(file, max_pixels=max_pixels)
    pixels = decode(file, max_pixels=max_pixels)
    structure = read_structure(file)
    frame, header = structure.require_frame(), read_header(file, strict=False)
    # Browsers cannot decode arithmetic coding, 12 bits a sample, or a height that is given by DNL.
    browsers_decode = not frame.arithmetic and frame.precision == 8 and frame.header_height is None
    arrays = _block_arrays(file, coefficients, structure)
    if original is not None:
        arrays["error"] = [_block_errors(pixels, original, coefficients)]
    first = first_quantization(coefficients) if min(coefficients.planes[0].shape[:2]) >= 4 else None
    if first and first.found:
        ratio = np.clip(double_quantization_map(coefficients, first.steps), -50, 50)
        arrays["past"] = [np.rint(100 / (1 + np.exp(-ratio))).astype(np.uint8)]
    content = {
        "title": title,
        "width": header.width,
        "height": header.height,
        "facts": _facts(file, header, coefficients, pixels, first),
        "mid": frame.mid_level,
        "coding": "arithmetic" if frame.arithmetic else "progressive" if frame.progressive else "sequential",
        "components": _components(coefficients, structure),
        "arrays": {name: _packed(np.concatenate([a.ravel() for a in each])) for name, each in arrays.items()},
        "file": base64.b64encode(file).decode("ascii"),
        "shown": "" if browsers_decode else base64.b64encode(_baseline(pixels, frame.precision)).decode("ascii"),
    }
    template = files("numjpeg.tools.explore").joinpath("page.html").read_text(encoding="utf-8")
    # "<" is escaped, so that no file name can end the script.
    text = json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")
    return template.replace("{{title}}", escape(title)).replace("{{content}}", text)


def _baseline(pixels: NDArray[Any], precision: int) -> bytes:
    """Encode a picture as a file that every browser decodes."""
    samples = (pixels >> precision - 8).astype(np.uint8)
    if samples.ndim == 3 and samples.shape[2] == 2:
        samples = samples[..., 0]
    return encode(samples, 95, colorspace="CMYK" if samples.shape[2:] == (4,) else None)


def _packed(array: NDArray[Any]) -> dict[str, str]:
    """Pack an array for the page: little-endian, zlib, base64."""
    raw = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return {"type": array.dtype.name, "data": base64.b64encode(zlib.compress(raw, 6)).decode("ascii")}


def _components(coefficients: Coefficients, structure: Structure) -> list[dict[str, Any]]:
    frame = structure.require_frame()
    components = []
    for i, name in enumerate(component_names(frame, structure.colorspace)):
        c, (rows, columns) = frame.components[i], coefficients.planes[i].shape[:2]
        entry: dict[str, Any] = {"name": name, "rows": rows, "columns": columns}
        entry |= {"h": frame.H_max // c.H, "v": frame.V_max // c.V, "tableNumber": c.Tq}
        entry |= {"table": coefficients.quantization_table(i).ravel().tolist(), "huffman": {}}
        scans = [scan for scan in structure.scans if i in scan.indices]
        if scans and not (frame.progressive or frame.arithmetic):
            coded = scans[-1].components[scans[-1].indices.index(i)]
            for kind, key in (("dc", (0, coded.Td)), ("ac", (1, coded.Ta))):
                table = scans[-1].huffman_tables[key]
                entry["huffman"][kind] = {"bits": list(table.bits), "values": list(table.values)}
        components.append(entry)
    return components


def _block_arrays(file: bytes, coefficients: Coefficients, structure: Structure) -> dict[str, list[NDArray[Any]]]:
    """For each component, arrays that describe its blocks row by row."""
    starts = [np.full(plane.shape[:2], NO_PLACE, np.uint32) for plane in coefficients.planes]
    frame = structure.require_frame()
    if frame.progressive or frame.arithmetic:
        steps = {c.Tq: np.ones((8, 8), np.uint16) for c in coefficients.components}  # bits do not depend on steps
        huffman = replace(coefficients, restart_interval=0, huffman_tables={}, quantization_tables=steps)
        sequential = read_coefficients(write_coefficients(huffman), max_pixels=None)
        spent = [grid.astype(np.uint16) for grid in bits_per_block(sequential)]
    else:
        spent = [np.zeros(plane.shape[:2], np.uint16) for plane in coefficients.planes]
        for scan in structure.scans:
            _place_blocks(file, scan, starts, spent)
    frequencies = map(coefficients.dequantized, range(len(coefficients.planes)))
    levels = [idct(each, precision=frame.precision) for each in frequencies]
    return {
        "start": list(starts),
        "bits": list(spent),
        "nonzeros": [np.count_nonzero(plane, (-2, -1)).astype(np.uint8) for plane in coefficients.planes],
        "quantized": list(coefficients.planes),
        "samples": [inverse_level_shift(plane, frame.precision) for plane in levels],
    }


def _place_blocks(
    file: bytes, scan: Scan, starts: list[NDArray[np.uint32]], spent: list[NDArray[np.uint16]]
) -> None:
    """Fill in where the blocks of a scan begin, in bits of the file, and how many bits they take."""
    payload = bits.unstuff(file, scan.start, scan.end)
    bounds = block_bounds(payload, scan)
    begin = payload.file_offsets((bounds[..., 0] >> 3).astype(np.intp)) * 8 + (bounds[..., 0] & 7)
    length = bounds[..., 1] - bounds[..., 0]
    first, (rows, columns) = 0, scan.mcus
    for index, (V, H) in zip(scan.indices, scan.factors, strict=True):
        for values, target in ((begin, starts[index]), (length, spent[index])):
            grid = values[:, first : first + V * H].reshape(rows, columns, V, H).swapaxes(1, 2)
            target[:] = grid.reshape(rows * V, columns * H)[: target.shape[0], : target.shape[1]]
        first += V * H


def _block_errors(
    pixels: NDArray[np.uint8], original: NDArray[np.uint8], coefficients: Coefficients
) -> NDArray[np.uint16]:
    """Root mean square error, in hundredths, over the pixels that each block of the first component covers."""
    if original.shape != pixels.shape or original.dtype != np.uint8:
        expected = f"uint8 {pixels.shape} expected, as the file is decoded"
        raise ValueError(f"original: {expected}, got {original.dtype} {original.shape}")
    rows, columns = coefficients.planes[0].shape[:2]
    h = 8 * max(c.H for c in coefficients.components) // coefficients.components[0].H
    v = 8 * max(c.V for c in coefficients.components) // coefficients.components[0].V
    squares = (pixels.astype(np.float32) - original) ** 2
    filled = pad_edges(squares if squares.ndim == 2 else squares.mean(-1), v, h)
    rms = np.sqrt(filled.reshape(filled.shape[0] // v, v, filled.shape[1] // h, h).mean((1, 3)))[:rows, :columns]
    return np.asarray(np.rint(100 * rms), np.uint16)


def _facts(
    file: bytes,
    header: Header,
    coefficients: Coefficients,
    pixels: NDArray[np.uint8],
    first: FirstQuantization | None,
) -> list[tuple[str, str]]:
    """List facts of the headers, and traces of earlier compression in tables, coefficients and pixels."""
    family = encoder_family([coefficients.quantization_table(i) for i in range(len(coefficients.components))])
    qualities = ", ".join(map(str, dict.fromkeys(family.qualities)))
    about = "" if family.distance == 0 else "about "
    facts = [
        ("File", f"{len(file):,} bytes, {8 * len(file) / (header.width * header.height):.2f} bits a pixel"),
        ("Picture", f"{header.width} x {header.height} pixels, {header.colorspace} {header.subsampling}".rstrip()),
        ("Process", f"{header.process}, {header.scans} scan" + "s" * (header.scans != 1)),
        ("Quantization tables", f"{FAMILIES[family.name]}; quality {about}{qualities}"),
    ]
    if first:
        steps = (
            f"{np.count_nonzero(first.steps)} of {first.tested} frequencies show steps of an earlier quantization"
        )
        sign = "probably" if first.found else "no sign"
        facts.append(("Compressed before", f"{sign}: {steps} (Lukas, Fridrich 2003)"))
    if header.colorspace in ("GRAY", "YCbCr") and pixels.dtype == np.uint8 and min(pixels.shape[:2]) >= 32:
        grid = grid_offset(pixels)
        where = f"begins at row {grid.row}, column {grid.column}" if grid.found else "cannot be told"
        facts.append(("Grid of blocks in the pixels", f"{where} (ZERO, Nikoukhah et al. 2021)"))
    return facts
