"""Files to coefficients: each block is put together from all scans that send a part of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg import scans
from numjpeg.coefficients import Coefficients, Component
from numjpeg.container.findings import REMARK, DamageReport
from numjpeg.container.frame import Scan, TableKey
from numjpeg.container.structure import Structure, band_rows, read_structure
from numjpeg.container.view import View, WholeMcus, check_region, check_scale, cut_below, cut_scan
from numjpeg.entropy.planes import lay_over, new_planes, note_impossible_dc
from numjpeg.entropy.shared import Band, McuLayout
from numjpeg.errors import UnsupportedError, check_flags
from numjpeg.sources import read_bytes
from numjpeg.stages.huffman import HuffmanTable
from numjpeg.stages.zigzag import inverse_zigzag

MAX_PIXELS = 178_956_970  # Pillow's limit against decompression bombs, in pixels

BAND_BLOCKS = 1 << 12  # blocks of a component that are decoded at a time


def read_coefficients(
    data: Any,
    *,
    tables: Any = None,
    scale: float = 1,
    region: tuple[int, int, int, int] | None = None,
    strict: bool = True,
    max_pixels: int | None = MAX_PIXELS,
) -> Coefficients:
    """Read a file's quantized coefficients, and all that is needed to write the file again.

    Parameters
    ----------
    data : the file: its bytes (any buffer), a path, or a binary file object.
    tables, strict, max_pixels : as in :func:`decode`. :func:`read_coefficients_damaged` says where damage is.
    scale : 1, 1/2, 1/4 or 1/8: only the coefficients that ``decode`` needs at this scale. For components whose
        blocks become one sample, these are the DC coefficients; the others are 0 and take neither time nor memory.
    region : (top, left, height, width), in pixels of the scaled picture: the MCUs that hold this part, as a
        picture without restart interval. Its upper left corner may lie above and to the left of the region's; its
        lower right corner is the region's. ``transform(data, crop=...)`` gives the same.

    Returns
    -------
    Coefficients. A component that the file never sends has a plane of zeros. FormatError, UnsupportedError for the
    data; ValueError, TypeError for the arguments.
    """
    return _read_coefficients(data, tables, scale, region, strict, max_pixels)[0]


def read_coefficients_damaged(
    data: Any,
    *,
    tables: Any = None,
    scale: float = 1,
    region: tuple[int, int, int, int] | None = None,
    max_pixels: int | None = MAX_PIXELS,
) -> tuple[Coefficients, DamageReport]:
    """Read what can be recovered of a file's coefficients, and say where it is damaged.

    Parameters are those of :func:`read_coefficients`. Returns (coefficients, report): the coefficients that
    ``read_coefficients(data, strict=False)`` gives, zeros where nothing can be read; and the report on the whole
    file that :func:`decode_damaged` gives.
    """
    return _read_coefficients(data, tables, scale, region, False, max_pixels)


def _read_coefficients(
    data: Any, tables: Any, scale: float, region: Any, strict: bool, max_pixels: int | None, obeys_dnl: bool = True
) -> tuple[Coefficients, DamageReport]:
    check_flags(strict=strict)
    scale, region = check_scale(scale), None if region is None else check_region(region)
    file = read_bytes(data)
    structure = read_structure(file, tables, strict=strict, obeys_dnl=obeys_dnl)
    frame = structure.require_frame()
    check_size(structure, max_pixels)
    if frame.lossless:
        what = "lossless coding has samples, and no DCT coefficients"
        raise UnsupportedError(what, offset=structure.frame_offset, clause="H.1")
    coefficients = decoded_coefficients(file, structure, scale, region)
    if dnl_is_wrong(structure):
        return _read_coefficients(file, tables, scale, region, strict, max_pixels, obeys_dnl=False)
    return coefficients, DamageReport.of(frame, structure.scans, structure.sink)


def dnl_is_wrong(structure: Structure) -> bool:
    """Whether the first scan does not fit DNL's height, so that the frame header's counts, as in libjpeg."""
    frame = structure.require_frame()
    if not frame.header_height:
        return False
    raised = frame.header_height < frame.height  # DNL's larger height counts only if there are data for it
    faults = (finding for finding in structure.sink.findings if finding.scan == 0 and finding.kind != REMARK)
    return any(raised or fault.clause == "B.2.5" for fault in faults)


def needs_planes(structure: Structure) -> bool:
    """Whether a block is complete only when all scans have been read, so that whole planes must be held."""
    indices = [index for scan in structure.scans for index in scan.indices]
    return structure.require_frame().progressive or len(set(indices)) < len(indices)


def read_bands(
    file: bytes,
    structure: Structure,
    scan: Scan,
    kept: Sequence[int] | None = None,
    read: list[NDArray[np.bool_]] | None = None,
) -> Iterator[tuple[int, Band]]:
    """(first MCU row, band) of a sequential scan; ``kept``, ``read`` are those of ``scans.read_sequential``."""
    layout, blocks = McuLayout(scan.factors, kept), BAND_BLOCKS
    if structure.strict:  # otherwise the findings in a band depend on the findings in the bands above
        blocks = BAND_BLOCKS * 64 * len(layout.sizes) // layout.size
    step = band_rows(scan, blocks)
    for number, band in enumerate(scans.read_sequential(file, scan, step, structure.sink, kept, read)):
        if not structure.strict:
            tables = [structure.component_tables[index] for index in scan.indices]
            note_impossible_dc(scan, band, tables, structure.sink, number * step)
        yield number * step, band


def coefficient_planes(
    file: bytes, structure: Structure, view: View | None = None
) -> tuple[list[NDArray[np.int16]], int]:
    """The coefficients of a frame after all of its scans, and how many of its MCU rows the last scan has reached.

    Planes are int16 ``(rows, columns, 64)``, zig-zag order, whole MCUs high; empty for a component never sent.

    ``view`` : what is needed, if a file is read strictly. For components that need no AC coefficients the planes
    are ``(rows, columns, 1)``, and their AC scans are not read. Progressive planes end below the view.
    """
    frame, needed_scans = structure.require_frame(), structure.scans
    kept = [view.kept(i) if view else 64 for i in range(len(frame.components))]
    if view and frame.progressive:
        frame, needed_scans = cut_below(frame, needed_scans, view.mcu_rows)
    planes = new_planes(frame, needed_scans, structure.size, structure.sink, kept)
    last_read = 0
    for scan in needed_scans:
        if frame.progressive:
            if scan.Ss and kept[scan.indices[0]] == 1:
                continue
            last_read = scans.read_progressive(file, scan, planes, structure.sink)
            if scan.Ss == 0 and not scan.Ah and not structure.strict:
                tables = [structure.component_tables[index] for index in scan.indices]
                note_impossible_dc(scan, [planes[index] for index in scan.indices], tables, structure.sink)
            continue
        read: list[NDArray[np.bool_]] = []
        for row, band in read_bands(file, structure, scan, [kept[index] for index in scan.indices], read):
            read_mcus = read.pop().reshape(-1, scan.mcus[1]) if read else None
            for index, (v, h), sequences in zip(scan.indices, scan.factors, band, strict=True):
                target = planes[index][row * v :][: len(sequences)]
                rows, columns = target.shape[:2]
                blocks = None if read_mcus is None else read_mcus.repeat(v, 0).repeat(h, 1)[:rows, :columns]
                lay_over(target, sequences[:rows, :columns], blocks)
    scan = structure.scans[-1]
    row = last_read // scan.mcus[1]
    return planes, 1 + (row if scan.interleaved else row // scan.components[0].V)


def decoded_coefficients(
    file: bytes, structure: Structure, scale: float = 1, region: tuple[int, int, int, int] | None = None
) -> Coefficients:
    """The coefficients of a picture or of a region, with tables such that one scan could carry them."""
    frame = structure.require_frame()
    view = WholeMcus.of(frame, scale, region)
    by_index: dict[int, NDArray[np.int16]] = {}

    def plane(index: int) -> NDArray[np.int16]:
        """A component's plane. It is allocated only when data have been found to be long enough for it."""
        if index not in by_index:
            rows, columns = (part.stop - part.start for part in view.blocks(index))
            if view.kept(index) == 1:  # frequency by frequency: the memory of those that stay 0 is never touched
                by_index[index] = np.zeros((8, 8, rows, columns), np.int16).transpose(2, 3, 0, 1)
            else:
                by_index[index] = np.zeros((rows, columns, 8, 8), np.int16)
        return by_index[index]

    if needs_planes(structure):
        for i, whole in enumerate(coefficient_planes(file, structure, view if structure.strict else None)[0]):
            if whole.size:
                _fill(plane(i), whole[view.blocks(i)][..., : view.kept(i)])
    else:
        for i, row, sequences in read_part(file, structure, view):
            _fill(plane(i)[row : row + len(sequences)], sequences)
    components, quantization, huffman = _tables_for_one_scan(structure)
    cropped, interval = view.cropped[2], 0 if region else structure.scans[0].restart_interval
    planes = [plane(i) for i in range(len(frame.components))]
    c = Coefficients(cropped.height, cropped.width, components, planes, quantization, huffman, interval)
    return replace(c, application_segments=structure.application_segments, precision=frame.precision)


def _fill(plane: NDArray[np.int16], sequences: NDArray[np.int16]) -> None:
    """Put blocks ``(rows, columns, 64 or 1)``, in zig-zag order, into a plane ``(rows, columns, 8, 8)``."""
    if sequences.shape[-1] == 1:
        plane[..., 0, 0] = sequences[..., 0]
    else:
        plane[...] = inverse_zigzag(sequences)


def read_part(file: bytes, structure: Structure, view: View) -> Iterator[tuple[int, int, NDArray[np.int16]]]:
    """The blocks of a view, band by band, from a file that sends each block in one scan.

    Yields (component's index, block row in the view, sequences). These are int16 ``(rows, columns, 64 or 1)``,
    from that row on. If not strict, the file is read to its end, so that all faults are found.
    """
    for scan in structure.scans:
        first, stop = view.scan_rows(scan)
        part, start = cut_scan(file, scan, first, stop) if structure.strict else (scan, 0)
        for row, band in read_bands(file, structure, part, [view.kept(index) for index in scan.indices]):
            for index, (v, _), sequences in zip(scan.indices, scan.factors, band, strict=True):
                top = (start + row) * v
                rows, columns = view.blocks(index)
                lowest, highest = max(top, rows.start), min(top + len(sequences), rows.stop)
                if lowest < highest:
                    yield index, lowest - rows.start, sequences[lowest - top : highest - top, columns]
            end = start + row + len(band[0]) // scan.factors[0][0]
            if structure.strict and end >= stop < start + part.mcus[0]:
                break  # what lies below is not needed


def check_limit(max_pixels: Any) -> None:
    """TypeError for a limit that is no integer, ValueError for one below 0."""
    if isinstance(max_pixels, bool) or not isinstance(max_pixels, int | np.integer | None):
        raise TypeError(f"max_pixels: an integer or None expected, got {max_pixels!r}")
    if max_pixels is not None and max_pixels < 0:
        raise ValueError(f"max_pixels: {max_pixels} is below 0; None is for no limit")


def check_size(structure: Structure, max_pixels: int | None) -> None:
    """UnsupportedError for more pixels than the caller allows, and for a frame that the file is too small to fill.

    Above the default limit a file must have at least one bit a data unit: a block has at least one DC code word.
    """
    frame, offset = structure.require_frame(), structure.frame_offset
    check_limit(max_pixels)
    size = f"{frame.width} x {frame.height} pixels"
    if max_pixels is not None and frame.width * frame.height > max_pixels:
        raise UnsupportedError(f"{size}: more than max_pixels={max_pixels}", offset=offset)
    if frame.samples > max(MAX_PIXELS, frame.unit**2 * 8 * structure.size):
        what = f"{size}, {frame.samples} samples: more than a file of {structure.size} bytes can hold"
        raise UnsupportedError(what, offset=offset)


def _tables_for_one_scan(
    structure: Structure,
) -> tuple[tuple[Component, ...], dict[int, NDArray[np.uint16]], dict[TableKey, HuffmanTable]]:
    """Components and tables such that one scan could carry what the file's scans carry.

    Different quantization tables of the same number get new numbers. If Huffman tables of the same number differ,
    all are left out. Components that share an identifier get new identifiers.
    """
    frame = structure.require_frame()
    components = list(frame.components)
    huffman: dict[TableKey, HuffmanTable] = {}
    for scan in structure.scans:
        for index, component in zip(scan.indices, scan.components, strict=True):
            if not frame.progressive:
                components[index] = component
            elif scan.Ss:
                components[index] = replace(components[index], Ta=component.Ta)
            elif not scan.Ah:
                components[index] = replace(components[index], Td=component.Td)
        if frame.progressive:
            continue
        if any(huffman.get(key, table) != table for key, table in scan.huffman_tables.items()):
            huffman = {}
            break
        huffman.update(scan.huffman_tables)
    tables = [
        structure.component_tables.get(i, structure.quantization_tables.get(c.Tq, np.ones((8, 8), np.uint16)))
        for i, c in enumerate(components)
    ]
    if len({c.identifier for c in components}) < len(components):
        components = [replace(c, identifier=i) for i, c in enumerate(components, 1)]
    numbered: dict[int, NDArray[np.uint16]] = {}
    for component, table in zip(components, tables, strict=True):
        if not np.array_equal(numbered.setdefault(component.Tq, table), table):
            numbered = dict(enumerate(tables))
            components = [replace(c, Tq=i) for i, c in enumerate(components)]
            break
    return tuple(components), numbered, huffman
