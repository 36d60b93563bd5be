"""The arguments of ``write_coefficients``, checked once.

A file of 8 bits a sample has no codes for coefficients that are larger than a DCT of such samples gives (F.1.2).
They are refused before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from numjpeg.arguments import Scans, checked_integer, checked_script, quantization_table
from numjpeg.coefficients import Coefficients, Component, check_coefficients
from numjpeg.colorspaces import LAYOUTS
from numjpeg.container import markers, metadata
from numjpeg.container.frame import MAX_RESTART_INTERVAL, Frame, Scan, TableKey, frame_of
from numjpeg.container.scripts import Script, make_scans
from numjpeg.entropy.shared import dc_in_scan_order, predict_dc
from numjpeg.errors import check_flags, check_shown
from numjpeg.stages.huffman import STANDARD_TABLES, HuffmanTable
from numjpeg.stages.mcu_order import block_component


def plan_writing(
    coefficients: Coefficients, optimize: bool | None, progressive: bool, arithmetic: bool, scans: Scans | None
) -> tuple[Coefficients, Mapping[TableKey, HuffmanTable] | None, Script]:
    """Check the arguments of :func:`numjpeg.write_coefficients`, and plan the file.

    Returns the checked coefficients; the Huffman tables, None for optimal ones; and the scans of a progressive
    file, none for a sequential one. ValueError, TypeError name the argument, or the part of ``coefficients``.
    """
    check_flags(progressive=progressive, arithmetic=arithmetic)
    if optimize is not None:
        check_flags(optimize=optimize)
    checked = checked_coefficients(coefficients)
    components = checked.components
    colorspace = metadata.file_colorspace(components, checked.application_segments)
    script = checked_script(progressive, scans, components, colorspace, complete=True)
    huffman_tables: Mapping[TableKey, HuffmanTable] | None = None
    if script:
        if optimize is False and not arithmetic:
            raise ValueError("optimize: the standard tables have no codes for progressive scans")
        numbers = LAYOUTS[colorspace].tables if colorspace in LAYOUTS else [0] * len(components)
        components = tuple(replace(c, Td=i, Ta=i) for c, i in zip(components, numbers, strict=True))
    elif optimize is False:
        # The standard tables are numbered 0 and 1.
        components = tuple(replace(c, Td=min(c.Td, 1), Ta=min(c.Ta, 1)) for c in components)
        huffman_tables = STANDARD_TABLES
    elif optimize is None:
        needed = {(0, c.Td) for c in components} | {(1, c.Ta) for c in components}
        huffman_tables = checked.huffman_tables if checked.huffman_tables.keys() >= needed else None
    checked = replace(checked, components=components)
    frame = frame_of(checked, progressive=bool(script), arithmetic=bool(arithmetic))
    _check_ranges(frame, checked.planes, make_scans(frame, script, checked.restart_interval))
    return checked, huffman_tables, script


_KINDS = {"components": Sequence, "quantization_tables": Mapping, "application_segments": Sequence}
_RANGES = {"identifier": (0, 255), "H": (1, 4), "V": (1, 4), "Tq": (0, 3), "Td": (0, 3), "Ta": (0, 3)}


def checked_coefficients(coefficients: Coefficients) -> Coefficients:
    """Coefficients with plain integers and uint16 tables; ValueError, TypeError if parts do not fit."""
    check_coefficients(coefficients)
    for name, kind in _KINDS.items():
        if not isinstance(getattr(coefficients, name), kind):
            wrong = type(getattr(coefficients, name)).__name__
            raise TypeError(f"{name}: a {kind.__name__.lower()} expected, got {wrong}")
    if checked_integer("precision", coefficients.precision, 8, 12) not in (8, 12):
        raise ValueError(f"precision: {coefficients.precision} is neither 8 nor 12")
    height = checked_integer("height", coefficients.height, 1, 65535)
    width = checked_integer("width", coefficients.width, 1, 65535)
    if not 1 <= len(coefficients.components) <= 4:
        raise ValueError(f"components: {len(coefficients.components)}, 1 to 4 can be stored")
    components = tuple(
        Component(*(checked_integer(f"components: number {i}: {k}", getattr(c, k), *_RANGES[k]) for k in _RANGES))
        for i, c in enumerate(coefficients.components)
    )
    if len({c.identifier for c in components}) < len(components):
        raise ValueError("components: two have the same identifier")
    for marker, _ in coefficients.application_segments:
        checked_integer("application_segments", marker, 0)
        if not (markers.APP0 <= marker <= markers.APP15 or marker == markers.COM):
            raise ValueError(f"application_segments: 0x{marker:02X} is neither APPn (0xE0..0xEF) nor COM (0xFE)")
    tables = {}
    for i, c in enumerate(components):
        if c.Tq not in coefficients.quantization_tables:
            raise ValueError(f"quantization_tables: table {c.Tq} of component {i} is missing")
        entries = coefficients.quantization_tables[c.Tq]
        if np.shape(entries) != (8, 8):
            raise ValueError(f"quantization_tables: table {c.Tq} is {np.shape(entries)}, (8, 8) expected")
        # Entries of 0 that a file has are kept; a table without any other would keep nothing.
        tables[c.Tq] = quantization_table(f"quantization_tables: table {c.Tq}", entries, int(not np.any(entries)))
    interval = checked_integer("restart_interval", coefficients.restart_interval, 0, MAX_RESTART_INTERVAL)
    checked = replace(coefficients, height=height, width=width, components=components)
    checked = replace(checked, quantization_tables=tables, restart_interval=interval)
    planes = coefficients.planes
    if not isinstance(planes, Sequence | np.ndarray):
        raise TypeError(f"planes: a sequence of arrays expected, got {type(planes).__name__}")
    if len(planes) != len(components):
        raise ValueError(f"planes: {len(planes)} for {len(components)} components")
    frame = frame_of(checked)
    for i, (c, plane) in enumerate(zip(components, planes, strict=True)):
        shape = (*frame.block_size(c), 8, 8)
        if not isinstance(plane, np.ndarray):
            raise TypeError(f"planes: number {i} is a {type(plane).__name__}, an int16 array {shape} expected")
        check_shown("planes", plane)
        if plane.dtype != np.int16 or plane.shape != shape:
            raise ValueError(f"planes: number {i} is {plane.dtype} {plane.shape}, int16 {shape} expected")
    return checked


def _check_ranges(frame: Frame, planes: list[NDArray[np.int16]], scans: list[Scan]) -> None:
    """Raise ValueError for values that have no category at this precision (F.1.2.1.2, F.1.2.2.1)."""
    # With 8 bits a sample AC coefficients have at most 10 magnitude bits and DC differences 11, in every process.
    most_ac, most_dc = (1 << (frame.precision + 2)) - 1, (1 << (frame.precision + 3)) - 1
    if all(plane.max() <= most_ac and plane.min() >= -most_ac for plane in planes):
        return  # then no two DC coefficients differ by more than most_dc
    for i, plane in enumerate(planes):
        large = (plane > most_ac) | (plane < -most_ac)
        large[..., 0, 0] = False
        if large.any():
            row, column, v, u = (int(place) for place in np.argwhere(large)[0])
            raise ValueError(
                f"planes: AC coefficient {plane[row, column, v, u]} at [{v}, {u}] of block ({row}, {column}) of "
                f"component {i} is outside -{most_ac}..{most_ac}, what {frame.precision} bits a sample have codes "
                "for (F.1.2.2.1)"
            )
    for scan in scans:
        if scan.Ss == 0 and scan.Ah == 0:
            _check_differences(scan, planes, most_dc)


def _check_differences(scan: Scan, planes: list[NDArray[np.int16]], most: int) -> None:
    """Raise ValueError if two DC coefficients that follow each other in a scan differ by more than ``most``."""
    dc = dc_in_scan_order(scan, [planes[i][:, :, 0, 0] for i in scan.indices])
    differences = predict_dc(scan, dc, 0, [0] * len(scan.indices))
    for mcu, block in np.argwhere(np.abs(differences) > most):
        components, columns = block_component(scan.factors), scan.mcus[1]
        number = components[block]
        place, (v, h) = int(block) - int(np.argmax(components == number)), scan.factors[number]
        row, column = mcu // columns * v + place // h, mcu % columns * h + place % h
        raise ValueError(
            f"planes: the DC coefficient of block ({row}, {column}) of component {scan.indices[number]} "
            f"differs from the one before it by {differences[mcu, block]}, outside -{most}..{most}, what "
            f"{scan.frame.precision} bits a sample have codes for (F.1.2.1.2)"
        )
