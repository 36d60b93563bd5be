"""The decoder: a file to a picture, or to its coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Coefficients, Component, ceil_div
from numjpeg.colorspaces import CHANNELS, COLORSPACES, check_conversion
from numjpeg.container import structure as reader
from numjpeg.container.faults import DamageReport, ScanDamage
from numjpeg.container.frame import Frame, Scan
from numjpeg.entropy import damage, damage_progressive
from numjpeg.entropy import progressive_reader as progressive
from numjpeg.errors import UnsupportedError
from numjpeg.fast import progressive as progressive_walk
from numjpeg.fast import tiles as pixels
from numjpeg.fast.lanes import read_scan
from numjpeg.restoration import smoothing
from numjpeg.sources import read_bytes
from numjpeg.stages import dct
from numjpeg.stages.huffman import HuffmanTable
from numjpeg.stages.level_shift import MID_LEVEL
from numjpeg.stages.zigzag import inverse_zigzag
from numjpeg.workspace import Workspace

MAX_PIXELS = 178_956_970
"""Pillow's limit against decompression bombs, in pixels."""

UNBACKED_SAMPLES = MAX_PIXELS
"""Samples, of all components, that a frame may announce whatever the size of the file. For more of them the file
must have at least one bit a block, the least that a block costs (one DC code)."""

BAND_BLOCKS = 1 << 12
"""Blocks in flight at a time."""

_NATIVE = {"GRAY": "GRAY", "YCbCr": "RGB", "RGB": "RGB", "CMYK": "CMYK", "YCCK": "CMYK", "raw": "raw"}
"""What a file of each colour space is decoded to unless the caller says otherwise."""


def decode(
    data: Any,
    *,
    tables: Any = None,
    colorspace: str | None = None,
    strict: bool = True,
    fancy_upsampling: bool = True,
    block_smoothing: bool = True,
    max_pixels: int | None = MAX_PIXELS,
    out: NDArray[np.uint8] | None = None,
    dct_method: str = "islow",
    restore: bool = False,
) -> NDArray[np.uint8]:
    """Decode a JPEG file to pixels.

    Baseline, extended sequential and progressive files with Huffman coding, 8 bits a sample, 1 to 4 components.
    The pixels are those that Pillow (libjpeg-turbo) gives, without any difference.

    Parameters
    ----------
    data : the file: its bytes (any buffer), a path, or a binary file object.
    tables : a file of tables alone (T.81 B.5; TIFF's JPEGTables), for an abbreviated file (B.4) that lacks them.
        A sequential file without any Huffman table, such as a frame of Motion-JPEG, gets the standard ones.
    colorspace : None for what the file holds (see below), or "GRAY", "RGB", "BGR", "YCbCr", "CMYK", or "raw" for
        the components as they are stored, upsampled.
    strict : refuse damaged files. False gives what can be recovered of them, as libjpeg would: after damage it
        goes on at the next restart marker, and what is missing is mid-gray. :func:`decode_damaged` says where.
    fancy_upsampling : triangle filter for chroma, as libjpeg does by default; False repeats samples.
    block_smoothing : of a progressive file of which scans are missing, estimate low frequencies from the blocks
        around (:mod:`numjpeg.restoration.smoothing`), as libjpeg does by default.
    max_pixels : most pixels (width x height) that a file may have; None for no limit.
    out : uint8 array of the result's shape to be filled, any strides.
    dct_method : "islow", libjpeg's exact integers, or "float".
    restore : estimate what quantization took away (:mod:`numjpeg.restoration.restore`): blocks are not seen at
        low qualities, some 0.6 dB more PSNR, at some ten times the cost; no longer libjpeg's pixels, and
        ``dct_method`` is not looked at.

    Returns
    -------
    uint8 array, ``out`` if it is given: ``(H, W)`` for one component, ``(H, W, 2)`` unchanged samples for two,
    ``(H, W, 3)`` RGB for three, ``(H, W, 4)`` CMYK for four, in Pillow's sense (255 - sample: 0 is no ink).

    Raises
    ------
    FormatError, UnsupportedError for the data; ValueError, TypeError for the arguments.
    """
    if restore and not strict:
        raise ValueError("restore: of files that are whole only, strict=True")
    options = _Options(tables, colorspace, fancy_upsampling, block_smoothing, max_pixels, out, dct_method, restore)
    image, _ = _decode(data, strict, options)
    return image


def decode_damaged(
    data: Any,
    *,
    tables: Any = None,
    colorspace: str | None = None,
    fancy_upsampling: bool = True,
    block_smoothing: bool = True,
    max_pixels: int | None = MAX_PIXELS,
    out: NDArray[np.uint8] | None = None,
    dct_method: str = "islow",
) -> tuple[NDArray[np.uint8], DamageReport]:
    """Decode what can be recovered of a damaged JPEG file, and say what is wrong with it.

    Parameters
    ----------
    As of :func:`decode`.

    Returns
    -------
    (image, report): the picture, as ``decode(data, strict=False)`` gives it; and its faults, with byte offset,
    clause and range of MCUs, and a mask of the MCUs in no doubt. The report of a file that is whole is empty.

    Raises
    ------
    FormatError, UnsupportedError if there is no frame header, or nothing that can be decoded; ValueError,
    TypeError for the arguments.
    """
    options = _Options(tables, colorspace, fancy_upsampling, block_smoothing, max_pixels, out, dct_method)
    return _decode(data, False, options)


class _Options(NamedTuple):
    """What :func:`decode` and :func:`decode_damaged` are asked for."""

    tables: Any
    colorspace: str | None
    fancy_upsampling: bool
    block_smoothing: bool
    max_pixels: int | None
    out: NDArray[np.uint8] | None
    dct_method: str
    restore: bool = False


def _decode(data: Any, strict: bool, options: _Options) -> tuple[NDArray[np.uint8], DamageReport]:
    """:func:`decode` and :func:`decode_damaged`."""
    colorspace, out, dct_method = options.colorspace, options.out, options.dct_method
    if dct_method not in dct.METHODS:
        raise ValueError(f"dct_method: {dct_method!r} is none of {dct.METHODS}")
    if colorspace is not None and colorspace not in COLORSPACES:
        raise ValueError(f"colorspace: {colorspace!r} is none of {COLORSPACES}")
    file = read_bytes(data)
    structure = reader.read_structure(file, options.tables, strict=strict)
    frame = structure.require_frame()
    _check_size(structure, options.max_pixels)
    target = colorspace or _NATIVE[structure.colorspace]
    check_conversion(structure.colorspace, target)
    shape = _shape(frame, target)
    if out is not None:
        if not isinstance(out, np.ndarray) or out.dtype != np.uint8 or out.shape != shape:
            raise ValueError(f"out: a uint8 array {shape} expected")
        if not out.flags.writeable:
            raise ValueError("out: the array is read-only")

    if frame.progressive:
        progressive.check_visits(frame, structure.scans, structure.size)
    planes: list[NDArray[np.uint8] | None] = [None] * len(frame.components)
    found = [] if strict else [ScanDamage.of(number, scan) for number, scan in enumerate(structure.scans)]
    if options.restore:
        planes = _restored_samples(_coefficients(file, structure))
    elif frame.progressive:
        planes = _progressive_samples(file, structure, options.block_smoothing, dct_method, found)
    else:
        for number, scan in enumerate(structure.scans):
            _read_samples(file, structure, scan, planes, dct_method, found[number] if found else None)
    report = DamageReport.of(frame)
    if found:
        report.add(structure.faults, structure.doubtful_from, structure.scans, found)
        if structure.lacks_scans():
            report.add_missing_scans(structure.size)
    if out is None:
        out = np.empty(shape, np.uint8)
    samples = [
        np.full(size, MID_LEVEL, np.uint8) if plane is None else plane[: size[0], : size[1]]
        for plane, size in zip(planes, map(frame.sample_size, frame.components), strict=True)
    ]
    bottom = _blank_from(samples, frame) if found else frame.height
    parts = [
        plane[: ceil_div(bottom * c.V, frame.V_max)] for plane, c in zip(samples, frame.components, strict=True)
    ]
    pixels.assemble(parts, frame.components, structure.colorspace, target, out[:bottom], options.fancy_upsampling)
    out[bottom:] = out[bottom - 1]
    return out, report


def _blank_from(samples: list[NDArray[np.uint8]], frame: Frame) -> int:
    """The row of a damaged picture from which on, and in some rows above it, no sample differs from mid-gray.

    A small file may say that it holds a huge picture; such rows are all alike.
    """
    step = 8 * frame.V_max
    bottom = 0
    for plane, component in zip(samples, frame.components, strict=True):
        rows = 8 * component.V
        first = ceil_div(len(plane), rows)
        while first > bottom // step and (plane[(first - 1) * rows : first * rows] == MID_LEVEL).all():
            first -= 1
        bottom = max(bottom, first * step)
    return min(frame.height, bottom + step)


def _read_samples(
    file: bytes,
    structure: reader.Structure,
    scan: Scan,
    planes: list[NDArray[np.uint8] | None],
    dct_method: str,
    found: ScanDamage | None,
) -> None:
    """Decode a scan to the sample planes of its components; where nothing can be read, these stay mid-gray."""
    row = 0
    step = reader.band_rows(scan, BAND_BLOCKS)
    if found is None:
        bands = read_scan(file, scan, step, structure.warnings)
    else:
        bands = damage.read_scan(file, scan, step, structure.warnings, found)
    workspace = Workspace()
    for band in bands:
        for index, (v, _), sequences in zip(scan.indices, scan.factors, band, strict=True):
            rows, columns, _ = sequences.shape
            plane = planes[index]
            if plane is None:
                plane = planes[index] = np.empty((scan.mcus[0] * v * 8, columns * 8), np.uint8)
                if found is not None:
                    plane[:] = MID_LEVEL
            samples = plane[row * v * 8 : (row * v + rows) * 8]
            pixels.synthesise(sequences, structure.component_tables[index], samples, workspace, dct_method)
        row += step


def _restored_samples(coefficients: Coefficients) -> list[NDArray[np.uint8] | None]:
    """The sample planes as they probably were before quantization."""
    from numjpeg.restoration.restore import restore as restore_samples  # noqa: PLC0415 (seldom wanted)

    planes: list[NDArray[np.uint8] | None] = []
    for i, plane in enumerate(coefficients.planes):
        samples = restore_samples(plane, coefficients.quantization_table(i))
        np.rint(samples, out=samples)
        planes.append(np.clip(samples, 0, 255, out=samples).astype(np.uint8))
    return planes


def _progressive_samples(
    file: bytes,
    structure: reader.Structure,
    block_smoothing: bool,
    dct_method: str,
    found: list[ScanDamage],
) -> list[NDArray[np.uint8] | None]:
    """Decode all scans of a progressive frame, then its components to sample planes."""
    frame = structure.require_frame()
    known = [structure.coefficient_bits.get(i) for i in range(len(frame.components))]
    smoothed = block_smoothing and smoothing.is_useful(known, structure.component_tables.values())
    planes: list[NDArray[np.uint8] | None] = []
    workspace = Workspace()
    for i, (sequences, bits) in enumerate(zip(_progressive_planes(file, structure, found), known, strict=True)):
        if bits is None:
            planes.append(None)
            continue
        table = structure.component_tables[i]
        rows, columns = frame.block_size(frame.components[i])
        cut, before = rows, bits
        if found:
            # Where the last scan has not come to, what was known before a component's last scan counts.
            cut = min(rows, _mcu_rows_read(structure, found) * frame.components[i].V)
            before = structure.bits_before[i] if len(structure.scans) > 1 else [bits[0]] + [-1] * 63
        step = max(1, BAND_BLOCKS // columns)
        plane = np.empty((rows * 8, columns * 8), np.uint8)
        for row in sorted({*range(0, rows, step), cut} - {rows}):
            bottom = min(rows, row - row % step + step)
            if row < cut:
                bottom = min(bottom, cut)
            samples = plane[row * 8 : bottom * 8]
            if found and not sequences[max(0, row - 2) : bottom + 2].any():
                samples[:] = MID_LEVEL  # as the steps below give it; of a damaged file it may be the most
                continue
            band = sequences[row:bottom]
            if smoothed:
                of_band = bits if row < cut else before
                band = smoothing.smooth(sequences, rows, of_band, table, frame.components[i].V, slice(row, bottom))
            pixels.synthesise(band, table, samples, workspace, dct_method)
        planes.append(plane)
    return planes


def _mcu_rows_read(structure: reader.Structure, found: list[ScanDamage]) -> int:
    """How many of the frame's MCU rows the last scan has come to."""
    scan = structure.scans[-1]
    row = found[-1].last_read // scan.mcus[1]
    return 1 + (row if scan.interleaved else row // scan.components[0].V)


def _progressive_planes(
    file: bytes, structure: reader.Structure, found: Sequence[ScanDamage] = ()
) -> list[NDArray[np.int16]]:
    """The coefficients of a progressive frame, all scans: whole MCUs high; none of a component never sent."""
    planes = progressive.new_planes(structure.require_frame(), structure.scans, structure.size, not found)
    for number, scan in enumerate(structure.scans):
        if not found:
            progressive_walk.read_scan(file, scan, planes, structure.warnings)
        else:
            damage_progressive.read_scan(file, scan, planes, structure.warnings, found[number])
    return planes


def read_coefficients(data: Any, *, tables: Any = None, max_pixels: int | None = MAX_PIXELS) -> Coefficients:
    """Read a file's quantized coefficients, and all that is needed to write it again.

    Parameters
    ----------
    data : the file: its bytes (any buffer), a path, or a binary file object.
    tables, max_pixels : as in :func:`decode`.

    Returns
    -------
    Coefficients. A component that the file never sends has a plane of zeros.

    Raises
    ------
    FormatError, UnsupportedError for the data; TypeError for another kind of ``data``.
    """
    file = read_bytes(data)
    structure = reader.read_structure(file, tables)
    _check_size(structure, max_pixels)
    return _coefficients(file, structure)


def _coefficients(file: bytes, structure: reader.Structure) -> Coefficients:
    frame = structure.require_frame()
    planes: list[NDArray[np.int16] | None] = [None] * len(frame.components)
    if frame.progressive:
        for i, whole in enumerate(_progressive_planes(file, structure)):
            if whole.size:
                planes[i] = inverse_zigzag(whole[: frame.block_size(frame.components[i])[0]])
    for scan in structure.scans if not frame.progressive else []:
        row = 0
        step = reader.band_rows(scan, BAND_BLOCKS)
        for band in read_scan(file, scan, step, structure.warnings):
            for index, (v, _), sequences in zip(scan.indices, scan.factors, band, strict=True):
                rows, columns = frame.block_size(frame.components[index])
                plane = planes[index]
                if plane is None:
                    plane = planes[index] = np.empty((rows, columns, 8, 8), np.int16)
                plane[row * v : row * v + len(sequences)] = inverse_zigzag(sequences[: rows - row * v, :columns])
            row += step
    components, quantization, huffman = _tables_for_one_scan(structure)
    return Coefficients(
        frame.height,
        frame.width,
        components,
        [
            np.zeros((*frame.block_size(c), 8, 8), np.int16) if plane is None else plane
            for c, plane in zip(frame.components, planes, strict=True)
        ],
        quantization,
        huffman,
        structure.scans[0].restart_interval,
        structure.application_segments,
    )


def _check_size(structure: reader.Structure, max_pixels: int | None) -> None:
    """Refuse more pixels than the caller allows, and a huge frame that the file is too small to fill."""
    frame, offset = structure.require_frame(), structure.frame_offset
    if isinstance(max_pixels, bool) or not isinstance(max_pixels, int | np.integer | None):
        raise TypeError(f"max_pixels: an integer or None expected, got {max_pixels!r}")
    size = f"{frame.width} x {frame.height} pixels"
    if max_pixels is not None and frame.width * frame.height > max_pixels:
        raise UnsupportedError(f"{size}: more than max_pixels={max_pixels}", offset=offset)
    if frame.samples > max(UNBACKED_SAMPLES, 64 * 8 * structure.size):
        what = f"{size}, {frame.samples} samples: more than a file of {structure.size} bytes can hold"
        raise UnsupportedError(what, offset=offset)


def _shape(frame: Frame, target: str) -> tuple[int, ...]:
    channels = len(frame.components) if target == "raw" else CHANNELS[target]
    return (frame.height, frame.width) if channels == 1 else (frame.height, frame.width, channels)


def _tables_for_one_scan(
    structure: reader.Structure,
) -> tuple[tuple[Component, ...], dict[int, NDArray[np.uint16]], dict[tuple[int, int], HuffmanTable]]:
    """Components and tables such that one scan could carry what the file's scans carry.

    Quantization tables that share a number without being equal get numbers of their own. Huffman tables that do
    are left out.
    """
    frame = structure.require_frame()
    components = list(frame.components)
    if frame.progressive:
        for scan in structure.scans:
            for index, component in zip(scan.indices, scan.components, strict=True):
                own = components[index]
                if scan.Ss:
                    components[index] = replace(own, Ta=component.Ta)
                elif not scan.Ah:
                    components[index] = replace(own, Td=component.Td)
    huffman: dict[tuple[int, int], HuffmanTable] = {}
    for scan in structure.scans if not frame.progressive else []:
        for index, component in zip(scan.indices, scan.components, strict=True):
            components[index] = component
        if any(huffman.get(key, table) != table for key, table in scan.huffman_tables.items()):
            huffman = {}
            break
        huffman.update(scan.huffman_tables)
    tables = [
        structure.component_tables.get(i, structure.quantization_tables.get(c.Tq, np.ones((8, 8), np.uint16)))
        for i, c in enumerate(components)
    ]
    numbered: dict[int, NDArray[np.uint16]] = {}
    for component, table in zip(components, tables, strict=True):
        if not np.array_equal(numbered.setdefault(component.Tq, table), table):
            numbered = dict(enumerate(tables))
            components = [replace(c, Tq=i) for i, c in enumerate(components)]
            break
    return tuple(components), numbered, huffman
