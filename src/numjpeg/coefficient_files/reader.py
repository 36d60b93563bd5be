"""Files to coefficients: what all scans together say of each block."""

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

BAND_BLOCKS = 1 << 12  # blocks in flight at a time


def read_coefficients(
    data: Any,
    *,
    tables: Any = None,
    scale: float = 1,
    region: tuple[int, int, int, int] | None = None,
    strict: bool = True,
    max_pixels: int | None = MAX_PIXELS,
) -> Coefficients:
    """Read a file's quantized coefficients, and all that is needed to write it again.

    Parameters
    ----------
    data : the file: its bytes (any buffer), a path, or a binary file object.
    tables, strict, max_pixels : as in :func:`decode`. :func:`read_coefficients_damaged` says where damage is.
    scale : 1, 1/2, 1/4 or 1/8: only what ``decode`` takes at this scale. Of components whose blocks become one
        sample, that is the DC; their other coefficients are 0, and take neither time nor memory.
    region : (top, left, height, width), in pixels of the scaled picture: the MCUs that hold this part, as a
        picture of their own without restart interval. So its upper left corner may lie above and to the left of
        the region's, and its lower right corner is the region's: what ``transform(data, crop=...)`` gives.

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

    Parameters are as of :func:`read_coefficients`. It returns (coefficients, report): as ``read_coefficients(data,
    strict=False)`` gives them, zeros where nothing can be read; and the report that :func:`decode_damaged` gives,
    of the whole file.
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
    """Whether the frame header's height counts, as in libjpeg, not DNL's, which the first scan does not fit."""
    frame = structure.require_frame()
    if not frame.header_height:
        return False
    lower = frame.header_height < frame.height  # a higher one counts only if data for it are there
    found = (finding for finding in structure.sink.findings if finding.scan == 0 and finding.kind != REMARK)
    return any(lower or finding.clause == "B.2.5" for finding in found)


def needs_planes(structure: Structure) -> bool:
    """Whether all scans must be read before anything can be said of a block."""
    indices = [index for scan in structure.scans for index in scan.indices]
    return structure.require_frame().progressive or len(set(indices)) < len(indices)


def read_bands(
    file: bytes,
    structure: Structure,
    scan: Scan,
    kept: Sequence[int] | None = None,
    read: list[NDArray[np.bool_]] | None = None,
) -> Iterator[tuple[int, Band]]:
    """Bands of a sequential scan with their first MCU rows; ``kept``, ``read`` as of ``scans.read_sequential``."""
    layout, blocks = McuLayout(scan.factors, kept), BAND_BLOCKS
    if structure.strict:  # else what is found wrong in a band depends on what was found in the bands above
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
    """The coefficients of a frame after all of its scans: whole MCUs high; none of a component never sent.

    Also, how many of the frame's MCU rows the last scan has come to.

    ``view`` : what is wanted, of a file that is read strictly. Of components that need no AC coefficients the
    planes are ``(rows, columns, 1)``, and their AC scans are not read. Progressive planes end below the view.
    """
    frame, scans_wanted = structure.require_frame(), structure.scans
    kept = [view.kept(i) if view else 64 for i in range(len(frame.components))]
    if view and frame.progressive:
        frame, scans_wanted = cut_below(frame, scans_wanted, view.mcu_rows)
    planes = new_planes(frame, scans_wanted, structure.size, structure.sink, kept)
    last_read = 0
    for scan in scans_wanted:
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
            there = read.pop().reshape(-1, scan.mcus[1]) if read else None
            for index, (v, h), sequences in zip(scan.indices, scan.factors, band, strict=True):
                own = planes[index][row * v :][: len(sequences)]
                rows, columns = own.shape[:2]
                blocks = None if there is None else there.repeat(v, 0).repeat(h, 1)[:rows, :columns]
                lay_over(own, sequences[:rows, :columns], blocks)
    scan = structure.scans[-1]
    row = last_read // scan.mcus[1]
    return planes, 1 + (row if scan.interleaved else row // scan.components[0].V)


def decoded_coefficients(
    file: bytes, structure: Structure, scale: float = 1, region: tuple[int, int, int, int] | None = None
) -> Coefficients:
    """The coefficients of all scans, or a part of them, with tables such that one scan could carry them."""
    frame = structure.require_frame()
    view = WholeMcus.of(frame, scale, region)
    made: dict[int, NDArray[np.int16]] = {}

    def plane(index: int) -> NDArray[np.int16]:
        """That of a component, of zeros until data have been found to be long enough for it."""
        if index not in made:
            rows, columns = (part.stop - part.start for part in view.blocks(index))
            if view.kept(index) == 1:  # frequency by frequency: the memory of those that stay 0 is never touched
                made[index] = np.zeros((8, 8, rows, columns), np.int16).transpose(2, 3, 0, 1)
            else:
                made[index] = np.zeros((rows, columns, 8, 8), np.int16)
        return made[index]

    if needs_planes(structure):
        for i, whole in enumerate(coefficient_planes(file, structure, view if structure.strict else None)[0]):
            if whole.size:
                _fill(plane(i), whole[view.blocks(i)][..., : view.kept(i)])
    else:
        for i, row, sequences in read_part(file, structure, view):
            _fill(plane(i)[row : row + len(sequences)], sequences)
    components, quantization, huffman = _tables_for_one_scan(structure)
    own, interval = view.cropped[2], 0 if region else structure.scans[0].restart_interval
    planes = [plane(i) for i in range(len(frame.components))]
    c = Coefficients(own.height, own.width, components, planes, quantization, huffman, interval)
    return replace(c, application_segments=structure.application_segments, precision=frame.precision)


def _fill(plane: NDArray[np.int16], sequences: NDArray[np.int16]) -> None:
    """Put blocks ``(rows, columns, 64 or 1)``, in zig-zag order, into a plane ``(rows, columns, 8, 8)``."""
    if sequences.shape[-1] == 1:
        plane[..., 0, 0] = sequences[..., 0]
    else:
        plane[...] = inverse_zigzag(sequences)


def read_part(file: bytes, structure: Structure, view: View) -> Iterator[tuple[int, int, NDArray[np.int16]]]:
    """The blocks of a view, of a file whose blocks come in one scan each: (component, block row of the view,
    sequences).

    ``sequences`` are int16 ``(rows, columns, 64 or 1)``, from this row on. A damaged file is read to its end, so
    that all that is wrong is noticed.
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
    """TypeError for a limit that is no integer."""
    if isinstance(max_pixels, bool) or not isinstance(max_pixels, int | np.integer | None):
        raise TypeError(f"max_pixels: an integer or None expected, got {max_pixels!r}")


def check_size(structure: Structure, max_pixels: int | None) -> None:
    """Refuse more pixels than the caller allows, and a huge frame that the file is too small to fill.

    Above the default limit a file must have at least one bit a block, the least that a block costs (one DC code).
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
    """Components and tables such that one scan could carry what the file's scans carry. Quantization tables that
    share a number without being equal get numbers of their own. Huffman tables that do are left out. Components
    that share an identifier are numbered anew.
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
