"""The structure of a file (T.81 B.2): from bytes to a frame, its scans, and the tables in force at each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.bitstream import markers, segments
from numjpeg.bitstream.frame import MAX_BLOCKS_PER_MCU, Frame, Scan
from numjpeg.bitstream.metadata import file_colorspace
from numjpeg.bitstream.writer import STANDARD_TABLES
from numjpeg.coefficients import Component
from numjpeg.errors import FormatError, UnsupportedError


@dataclass
class Structure:
    """What the markers of a file say."""

    size: int
    """Bytes of the file."""
    frame: Frame | None = None
    frame_offset: int = 0
    scans: list[Scan] = field(default_factory=list)
    quantization_tables: dict[int, NDArray[np.uint16]] = field(default_factory=dict)
    """Tq -> table as last defined."""
    component_tables: dict[int, NDArray[np.uint16]] = field(default_factory=dict)
    """Place of the component in the frame -> the table in force at its first scan."""
    huffman_definitions: dict[tuple[int, int], tuple[tuple[int, ...], bytes, int]] = field(default_factory=dict)
    """(class, number) -> BITS, HUFFVAL, byte offset, as last defined; not checked."""
    restart_interval: int = 0
    application_segments: list[tuple[int, bytes]] = field(default_factory=list)
    """APPn and COM in front of the first scan."""
    segments: list[markers.Segment] = field(default_factory=list)
    """All of them."""
    trailing: tuple[int, int] | None = None
    """(byte offset, number) of the bytes after EOI."""
    warnings: list[str] = field(default_factory=list)

    def require_frame(self) -> Frame:
        """The frame; FormatError if there is none."""
        if self.frame is None:
            tables = self.quantization_tables or self.huffman_definitions
            what = ", it holds tables alone" if tables else ""
            clause = "B.5" if tables else "B.2.1"
            raise FormatError(f"the file has no frame{what}", offset=self.size, clause=clause)
        return self.frame

    @property
    def colorspace(self) -> str:
        """ "GRAY", "YCbCr", "RGB", "CMYK", "YCCK" or "raw" (two components, or more than four)."""
        identifiers = [c.identifier for c in self.require_frame().components]
        return file_colorspace(identifiers, self.application_segments)


def as_bytes(data: Any, name: str = "data") -> bytes:
    """The file's bytes; TypeError for what is not bytes-like."""
    if isinstance(data, bytes):
        return data
    if isinstance(data, np.ndarray) and (data.dtype != np.uint8 or data.ndim != 1):
        raise TypeError(f"{name}: a one-dimensional uint8 array expected, got {data.dtype} {data.shape}")
    if isinstance(data, bytearray | memoryview | np.ndarray):
        return bytes(data)
    raise TypeError(f"{name}: bytes expected, got {type(data).__name__}; imread takes a path or a file")


def read_structure(data: bytes, tables: Any = None, *, decode: bool = True) -> Structure:
    """Walk through a file's markers.

    Parameters
    ----------
    data : the file. tables : a file of tables alone (B.5) that come before its own.
    decode : refuse what the library does not decode at its frame header, and a file without
        a complete scan; False reads on, for what can be said about such files.

    Raises
    ------
    FormatError, UnsupportedError.
    """
    structure = Structure(len(data))
    if tables is not None:
        _take_tables(structure, as_bytes(tables, "tables"))
    segment = None
    for segment in markers.iterate_segments(data):
        structure.segments.append(segment)
        if segment.stray:
            structure.warnings.append(f"{segment.stray} stray bytes before {segment.name}, byte {segment.offset}")
        if segment.fault:
            structure.warnings.append(f"{segment.name}: {segment.fault}, byte {segment.offset}")
            continue
        handler = _HANDLERS.get(segment.marker)
        if handler:
            handler(structure, data, segment, decode)
        elif segment.is_application and not structure.scans:
            structure.application_segments.append((segment.marker, data[segment.start : segment.end]))
    if segment is None or segment.marker != markers.EOI:
        structure.warnings.append("the file ends without EOI")
    elif segment.end < len(data):
        structure.trailing = segment.end, len(data) - segment.end
    frame = structure.require_frame()
    if decode and not structure.scans:
        raise FormatError("the file has no scan", offset=len(data), clause="B.2.1")
    if decode and frame.height == 0:
        segments.check_supported(frame, structure.frame_offset)
    return structure


def _take_tables(structure: Structure, data: bytes) -> None:
    """Take quantization and Huffman tables from an abbreviated file that holds nothing else (B.5).

    A restart interval in it ends with its file (B.2.4.4).
    """
    try:
        for segment in markers.iterate_segments(data):
            if segment.marker in markers.FRAMES or segment.marker == markers.SOS:
                raise FormatError(f"{segment.name} in a file of tables", offset=segment.offset, clause="B.5")
            if segment.marker == markers.DQT:
                _on_dqt(structure, data, segment, True)
            elif segment.marker == markers.DHT:
                _on_dht(structure, data, segment, True)
        for (table_class, _), (lengths, values, offset) in structure.huffman_definitions.items():
            segments.make_huffman_table((lengths, values), table_class, offset)
    except FormatError as error:
        wrong = FormatError(f"tables: {error}")
        wrong.offset, wrong.clause = error.offset, error.clause
        raise wrong from None


def _take_standard_tables(structure: Structure, decode: bool) -> None:
    """Motion-JPEG: a sequential file that defines no Huffman table at all means the standard ones (K.3 - K.6)."""
    frame = structure.frame
    if structure.huffman_definitions or structure.scans or frame is None:
        return
    if frame.marker in (markers.SOF0, markers.SOF1) and frame.precision == 8:
        structure.warnings.append("no Huffman tables: the standard ones (K.3 - K.6) are meant")
        if decode:
            for key, table in STANDARD_TABLES.items():
                structure.huffman_definitions[key] = (table.bits, table.values, structure.frame_offset)


def _on_dqt(structure: Structure, data: bytes, segment: markers.Segment, decode: bool) -> None:
    tables = segments.parse_dqt(data[segment.start : segment.end], segment.offset)
    structure.quantization_tables.update(tables)


def _on_dht(structure: Structure, data: bytes, segment: markers.Segment, decode: bool) -> None:
    tables = segments.parse_dht(data[segment.start : segment.end], segment.offset)
    for key, (lengths, values) in tables.items():
        structure.huffman_definitions[key] = (lengths, values, segment.offset)


def _on_dri(structure: Structure, data: bytes, segment: markers.Segment, decode: bool) -> None:
    structure.restart_interval = segments.parse_dri(data[segment.start : segment.end], segment.offset)


def _on_sof(structure: Structure, data: bytes, segment: markers.Segment, decode: bool) -> None:
    if structure.frame is not None:
        raise FormatError(f"{segment.name}: a second frame", offset=segment.offset, clause="B.2.1")
    frame = segments.parse_sof(segment.marker, data[segment.start : segment.end], segment.offset)
    structure.frame, structure.frame_offset = frame, segment.offset
    if decode:
        segments.check_supported(frame, segment.offset)


def _on_hierarchical(structure: Structure, data: bytes, segment: markers.Segment, decode: bool) -> None:
    if decode:
        raise UnsupportedError(
            f"{segment.name}: hierarchical coding is not supported", offset=segment.offset, clause="Annex J"
        )


def _on_sos(structure: Structure, data: bytes, segment: markers.Segment, decode: bool) -> None:
    frame = structure.frame
    if frame is None:
        raise FormatError("SOS: no frame comes before it", offset=segment.offset, clause="B.2.1")
    _take_standard_tables(structure, decode)
    chosen, parameters = segments.parse_sos(data[segment.start : segment.end], frame, segment.offset)
    components = tuple(
        Component(c.identifier, c.H, c.V, c.Tq, Td, Ta)
        for c, Td, Ta in ((frame.components[i], Td, Ta) for i, Td, Ta in chosen)
    )
    tables = {}
    if decode:
        for index, _, _ in chosen:
            _latch_quantization(structure, index, segment.offset)
        for key in sorted({key for _, Td, Ta in chosen for key in ((0, Td), (1, Ta))}):
            if key not in structure.huffman_definitions:
                kind = "AC" if key[0] else "DC"
                raise FormatError(
                    f"SOS: {kind} Huffman table {key[1]} is not defined",
                    offset=segment.offset,
                    clause="B.2.4.2",
                )
            lengths, values, offset = structure.huffman_definitions[key]
            tables[key] = segments.make_huffman_table((lengths, values), key[0], offset)
    scan = Scan(
        frame,
        tuple(index for index, _, _ in chosen),
        components,
        tables,
        structure.restart_interval,
        segment.offset,
        segment.end,
        markers.end_of_scan(data, segment.end),
        *parameters,
    )
    if decode and scan.interleaved and scan.blocks_per_mcu > MAX_BLOCKS_PER_MCU:
        raise FormatError(
            f"SOS: {scan.blocks_per_mcu} blocks an MCU, at most 10 are allowed",
            offset=segment.offset,
            clause="B.2.3",
        )
    structure.scans.append(scan)


def _latch_quantization(structure: Structure, index: int, offset: int) -> None:
    """A component keeps the table that is in force at its first scan; a second scan of it has nothing to code."""
    if index in structure.component_tables:
        raise FormatError(f"SOS: component number {index} is coded twice", offset=offset, clause="B.2.3")
    assert structure.frame is not None
    number = structure.frame.components[index].Tq
    if number not in structure.quantization_tables:
        raise FormatError(f"SOS: quantization table {number} is not defined", offset=offset, clause="B.2.4.1")
    structure.component_tables[index] = structure.quantization_tables[number]


_HANDLERS: dict[int, Callable[[Structure, bytes, markers.Segment, bool], None]] = {
    markers.DQT: _on_dqt,
    markers.DHT: _on_dht,
    markers.DRI: _on_dri,
    markers.SOS: _on_sos,
    markers.DHP: _on_hierarchical,
    markers.EXP: _on_hierarchical,
    **dict.fromkeys(markers.FRAMES, _on_sof),
}


def band_rows(scan: Scan, blocks: int) -> int:
    """MCU rows that hold about so many blocks, at least one."""
    _, columns = scan.mcus
    return max(1, blocks // max(1, columns * scan.blocks_per_mcu))
