"""The structure of a file (T.81 B.2): from bytes to a frame, its scans, and the tables in force at each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Component
from numjpeg.container import markers, segments
from numjpeg.container.findings import LOSS, Fault, Sink
from numjpeg.container.frame import MAX_BLOCKS_PER_MCU, Frame, Scan
from numjpeg.container.metadata import file_colorspace, is_icc
from numjpeg.errors import FormatError, JpegError, UnsupportedError
from numjpeg.sources import read_bytes
from numjpeg.stages.huffman import MAX_CATEGORY, STANDARD_TABLES, HuffmanTable
from numjpeg.stages.quantization import CHROMINANCE, LUMINANCE


@dataclass(eq=False, repr=False)
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
    coefficient_bits: dict[int, list[int]] = field(default_factory=dict)
    """Of a progressive frame, place of the component -> for each coefficient along the zig-zag how many low bits
    are still to come, -1 where all are."""
    bits_before: dict[int, list[int]] = field(default_factory=dict)
    """The same before the component's last scan; zeros if that is the first of the frame, as in libjpeg."""
    huffman_definitions: dict[tuple[int, int], tuple[tuple[int, ...], bytes, int]] = field(default_factory=dict)
    """(class, number) -> BITS, HUFFVAL, byte offset, as last defined; not checked."""
    standard_tables: set[tuple[int, int]] = field(default_factory=set)
    """(class, number) of the Huffman tables that scans use and the file does not define: the standard ones."""
    conditioning: dict[tuple[int, int], int] = field(default_factory=dict)
    """(class, number) of a statistics area of arithmetic coding -> what DAC last said of it."""
    restart_interval: int = 0
    application_segments: list[tuple[int, bytes]] = field(default_factory=list)
    """APPn and COM in front of the first scan, but no ICC profile that is sent again behind the frame header."""
    profile_in_front: bool = False
    """An ICC profile stands in front of the frame header."""
    segments: list[markers.Segment] = field(default_factory=list)
    """All of them."""
    trailing: tuple[int, int] | None = None
    """(byte offset, number) of the bytes after EOI."""
    sink: Sink = field(default_factory=lambda: Sink(strict=True))
    """Takes what is noticed. If it is not strict, what is wrong is left out."""
    obeys_dnl: bool = True
    """DNL may change a height that the frame header states. It gives one that is 0 in any case."""

    def require_frame(self) -> Frame:
        """The frame; FormatError if there is none."""
        if self.frame is None:
            tables = self.quantization_tables or self.huffman_definitions
            what = ", it holds tables alone" if tables else ""
            clause = "B.5" if tables else "B.2.1"
            raise FormatError(f"the file has no frame{what}", offset=self.size, clause=clause)
        return self.frame

    @property
    def strict(self) -> bool:
        """Whether damage is an error."""
        return self.sink.strict

    def damage(self, error: FormatError) -> None:
        """Note damage, which puts the scans that follow in doubt; raises it under ``strict``."""
        self.sink.take(error, len(self.scans))

    def lacks_scans(self) -> bool:
        """Whether damage has cost components or, in a progressive frame, bits of their coefficients. A file with
        EOI and without a fault may leave them out.
        """
        ended = bool(self.segments) and self.segments[-1].marker == markers.EOI
        if ended and not self.sink.harmed:
            return False
        components = range(len(self.require_frame().components))
        if not self.require_frame().progressive:
            return any(index not in self.component_tables for index in components)
        return any(any(self.coefficient_bits.get(index, [-1])) for index in components)

    @property
    def colorspace(self) -> str:
        """ "GRAY", "YCbCr", "RGB", "CMYK", "YCCK" or "raw" (two components, or more than four)."""
        identifiers = [c.identifier for c in self.require_frame().components]
        return file_colorspace(identifiers, self.application_segments)


def read_structure(
    data: bytes, tables: Any = None, *, decode: bool = True, strict: bool = True, obeys_dnl: bool = True
) -> Structure:
    """Walk through a file's markers.

    Parameters
    ----------
    data : the file.
    tables : a file of tables alone (B.5) that come before its own.
    decode : refuse what the library does not decode at its frame header, and a file without a complete scan; False
        reads on, for what can be said about such files.
    strict : refuse broken segments; False leaves them out and notes a fault, but for the frame header, without
        which nothing can be decoded.
    obeys_dnl : False keeps the frame header's height, unless it is 0, whatever a DNL says.

    Raises
    ------
    FormatError, UnsupportedError.
    """
    structure = Structure(len(data), sink=Sink(strict), obeys_dnl=obeys_dnl)
    if tables is not None:
        _take_tables(structure, read_bytes(tables, "tables"))
    _walk(structure, data, decode)
    last = structure.segments[-1]
    if last.marker != markers.EOI:
        structure.sink.remark("the file ends without EOI", len(data), "B.2.1")
    elif last.end < len(data):
        structure.trailing = last.end, len(data) - last.end
    frame = structure.require_frame()
    if not decode:
        return structure
    if not structure.scans:
        raise FormatError("the file has no scan", offset=len(data), clause="B.2.1")
    if frame.height == 0:
        what = f"{markers.marker_name(frame.marker)}: height 0, and no DNL behind the first scan gives another"
        raise UnsupportedError(what, offset=structure.frame_offset, clause="B.2.5")
    if structure.lacks_scans():
        what = "the file ends before all scans of its components have come"
        structure.sink.add(Fault(what, len(data), "B.2.1", kind=LOSS))
        structure.sink.doubtful_from = 0
    return structure


def _walk(structure: Structure, data: bytes, decode: bool) -> None:
    """Take the file's segments, one after the other."""
    errors: list[FormatError] | None = None if structure.strict else []
    for segment in markers.iterate_segments(data, errors):
        _note_all(structure, errors)
        structure.segments.append(segment)
        if segment.stray:
            what = f"{segment.stray} stray bytes before {segment.name}"
            structure.sink.remark(what, segment.offset, "B.1.1.2")
        if segment.fault:
            structure.sink.remark(f"{segment.name}: {segment.fault}", segment.offset, "B.1.1.4")
            continue
        handler = _HANDLERS.get(segment.marker)
        if handler:
            try:
                handler(structure, data, segment, decode)
            except FormatError as error:
                if structure.strict or (structure.frame is None and segment.marker in markers.FRAMES):
                    raise
                structure.damage(error)
        elif segment.is_application and not structure.scans:
            _take_application_segment(structure, data, segment)
    _note_all(structure, errors)


def _take_application_segment(structure: Structure, data: bytes, segment: markers.Segment) -> None:
    """Keep a segment in front of the first scan.

    An ICC profile behind the frame header counts only if there is none in front of it, as in Pillow. Kept beside
    the other one, it would be taken for more chunks of that one when the segments are written again.
    """
    payload = data[segment.start : segment.end]
    if is_icc(segment.marker, payload):
        if structure.frame is None:
            structure.profile_in_front = True
        elif structure.profile_in_front:
            what = "ICC profile: sent again behind the frame header, and not looked at there"
            structure.sink.remark(what, segment.offset, "B.2.4.6")
            return
    structure.application_segments.append((segment.marker, payload))


def _note_all(structure: Structure, errors: list[FormatError] | None) -> None:
    """Note damage of several kinds; empties the list."""
    for error in errors or ():
        structure.damage(error)
    if errors:
        errors.clear()


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
    except JpegError as error:
        wrong = type(error)(f"tables: {error}")
        wrong.offset, wrong.clause = error.offset, error.clause
        raise wrong from None


def _on_dqt(structure: Structure, data: bytes, segment: markers.Segment, decode: bool) -> None:
    tables = segments.parse_dqt(data[segment.start : segment.end], segment.offset)
    structure.quantization_tables.update(tables)
    for number, table in tables.items():
        if not table.all():
            what = f"DQT: table {number} has an entry of 0, and is taken as it is"
            structure.sink.remark(what, segment.offset, "B.2.4.1")


def _on_dht(structure: Structure, data: bytes, segment: markers.Segment, decode: bool) -> None:
    tables = segments.parse_dht(data[segment.start : segment.end], segment.offset)
    for key, (lengths, values) in tables.items():
        structure.huffman_definitions[key] = (lengths, values, segment.offset)


def _on_dac(structure: Structure, data: bytes, segment: markers.Segment, decode: bool) -> None:
    structure.conditioning.update(segments.parse_dac(data[segment.start : segment.end], segment.offset))


def _on_dri(structure: Structure, data: bytes, segment: markers.Segment, decode: bool) -> None:
    structure.restart_interval = segments.parse_dri(data[segment.start : segment.end], segment.offset)


def _on_sof(structure: Structure, data: bytes, segment: markers.Segment, decode: bool) -> None:
    if structure.frame is not None:
        raise FormatError(f"{segment.name}: a second frame", offset=segment.offset, clause="B.2.1")
    frame = segments.parse_sof(segment.marker, data[segment.start : segment.end], segment.offset)
    if decode:
        segments.check_supported(frame, segment.offset)
    structure.frame, structure.frame_offset = frame, segment.offset
    if len({c.identifier for c in frame.components}) < len(frame.components):
        what = f"{segment.name}: components share an identifier, and are told apart by their order"
        structure.sink.remark(what, segment.offset, "B.2.2")


def _on_sof55(structure: Structure, data: bytes, segment: markers.Segment, decode: bool) -> None:
    """The frame header of JPEG-LS, built like JPEG's. Behind a frame header of JPEG the marker means nothing."""
    size = segment.end - segment.start
    if structure.frame is None and size >= 6 and size == 6 + 3 * data[segment.start + 5]:
        what = "SOF55: JPEG-LS is not supported"
        raise UnsupportedError(what, offset=segment.offset, clause="ITU-T T.87, C.2.2")


def _on_dnl(structure: Structure, data: bytes, segment: markers.Segment, decode: bool) -> None:
    """Take the height that DNL gives. libjpeg passes all DNL segments over, so only what must be one counts."""
    frame, scans = structure.frame, structure.scans
    try:
        height = segments.parse_dnl(data[segment.start : segment.end], segment.offset)
    except FormatError as error:
        structure.sink.remark(error.what, segment.offset, "B.2.5")
        return
    if frame is None or len(scans) != 1 or (frame.height and segment.offset != scans[0].end):
        what = "DNL: it does not stand directly behind the first scan, and is not looked at"
        structure.sink.remark(what, segment.offset, "B.2.5")
        return
    if height == frame.height:
        return
    corrected = replace(scans[0], frame=frame._replace(height=height, header_height=frame.height))
    if frame.height and (not structure.obeys_dnl or not _can_hold(corrected)):
        what = f"DNL: the height is {height}, where the data fit the frame header's {frame.height}"
        structure.sink.add(Fault(what, segment.offset, "B.2.5"))
        return
    what = f"DNL: the height is {height}, not {frame.height} as in the frame header"
    structure.sink.remark(what, segment.offset, "B.2.5")
    structure.frame, structure.scans = corrected.frame, [corrected]


def _can_hold(scan: Scan) -> bool:
    """Whether the data of a scan may be enough for its frame: :attr:`Frame.least_bits` a data unit."""
    rows, columns = scan.mcus
    least = rows * columns * scan.blocks_per_mcu * scan.frame.least_bits
    return least <= 8 * (scan.end - scan.start)


def _on_hierarchical(structure: Structure, data: bytes, segment: markers.Segment, decode: bool) -> None:
    if decode and not structure.strict and structure.frame is not None:
        raise FormatError(f"{segment.name} in a frame", offset=segment.offset, clause="Annex J")
    if decode:
        raise UnsupportedError(
            f"{segment.name}: hierarchical coding is not supported", offset=segment.offset, clause="Annex J"
        )


def _on_sos(structure: Structure, data: bytes, segment: markers.Segment, decode: bool) -> None:
    frame = structure.frame
    if frame is None:
        raise FormatError("SOS: no frame comes before it", offset=segment.offset, clause="B.2.1")
    chosen, parameters = segments.parse_sos(data[segment.start : segment.end], frame, segment.offset)
    components = tuple(
        Component(c.identifier, c.H, c.V, c.Tq, Td, Ta)
        for c, Td, Ta in ((frame.components[i], Td, Ta) for i, Td, Ta in chosen)
    )
    if decode and frame.progressive:
        segments.check_progression(len(chosen), *parameters, segment.offset)
    keys = _table_keys(frame, chosen, *parameters)
    _take_standard_tables(structure, frame, keys, segment.offset)
    scan = Scan(
        frame,
        tuple(index for index, _, _ in chosen),
        components,
        _huffman_tables(structure, frame, keys, segment.offset) if decode else {},
        structure.restart_interval,
        segment.offset,
        segment.end,
        markers.end_of_scan(data, segment.end, not structure.strict),
        *parameters,
        number=len(structure.scans),
        conditioning=dict(structure.conditioning),
    )
    if decode:
        if scan.interleaved and scan.blocks_per_mcu > MAX_BLOCKS_PER_MCU:
            what = f"SOS: {scan.blocks_per_mcu} blocks an MCU, at most {MAX_BLOCKS_PER_MCU} are allowed"
            raise FormatError(what, offset=segment.offset, clause="B.2.3")
        if frame.lossless:
            columns = scan.mcus[1]
            segments.check_lossless(frame, scan.restart_interval, columns, parameters, segment.offset)
        if not _is_read(structure, scan):
            return
        for index in scan.indices:
            if index not in structure.component_tables:
                structure.component_tables[index] = _quantization_table(structure, index, segment.offset)
            if frame.progressive:
                _progress(structure, index, *parameters, segment.offset)
    structure.scans.append(scan)


def _take_standard_tables(structure: Structure, frame: Frame, keys: list[tuple[int, int]], offset: int) -> None:
    """In place of Huffman tables that a sequential file does not define the standard ones are meant (K.3 - K.6).

    Motion-JPEG leaves out all of them, some encoders a part. Each one is filled in by itself, as in libjpeg.
    """
    if frame.marker not in (markers.SOF0, markers.SOF1) or frame.precision != 8:
        return
    if not (structure.huffman_definitions or structure.scans or structure.standard_tables):
        what = "no Huffman tables: the standard ones (K.3 - K.6) are meant"
        structure.sink.remark(what, structure.frame_offset, "B.2.4.2")
        structure.standard_tables.update(STANDARD_TABLES)
    for key in keys:
        defined = key in structure.huffman_definitions or key in structure.standard_tables
        if key in STANDARD_TABLES and not defined:
            what = f"{_table_name(key)} is not defined: the standard one is meant"
            structure.sink.remark(what, offset, "B.2.4.2")
            structure.standard_tables.add(key)


def _huffman_tables(
    structure: Structure, frame: Frame, keys: list[tuple[int, int]], offset: int
) -> dict[tuple[int, int], HuffmanTable]:
    """The tables that a scan uses, checked."""
    tables = {}
    most = MAX_CATEGORY + frame.lossless
    for key in keys:
        if key in structure.huffman_definitions:
            lengths, values, place = structure.huffman_definitions[key]
            tables[key] = segments.make_huffman_table((lengths, values), key[0], place, most)
            continue
        if key not in structure.standard_tables:
            error = FormatError(f"SOS: {_table_name(key)} is not defined", offset=offset, clause="B.2.4.2")
            if key not in STANDARD_TABLES or frame.lossless:
                raise error
            structure.damage(error)  # most files have the standard ones
        tables[key] = STANDARD_TABLES[key]
    return tables


def _table_name(key: tuple[int, int]) -> str:
    return f"{'AC' if key[0] else 'DC'} Huffman table {key[1]}"


def _is_read(structure: Structure, scan: Scan) -> bool:
    """Whether libjpeg reads a scan of a sequential frame.

    After a first scan of all components it gives up at another one, with the picture complete. A component that
    comes again in a later scan is laid over the earlier one.
    """
    assert structure.frame is not None
    if structure.frame.progressive or not structure.scans:
        return True
    if len(structure.scans[0].indices) == len(structure.frame.components):
        what = f"SOS: component number {scan.indices[0]} is coded twice, in a scan after the one of all components"
        structure.damage(FormatError(what, offset=scan.offset, clause="B.2.3"))
        return False
    for index in scan.indices:
        if index in structure.component_tables:
            what = f"component number {index} is coded again, and laid over what came before"
            structure.sink.remark(what, scan.offset, "B.2.3", scan.number)
    return True


def _quantization_table(structure: Structure, index: int, offset: int) -> NDArray[np.uint16]:
    """The table that is in force for a component at its first scan, which it keeps.

    A lossless frame has none; it gets one of ones. In place of one that is missing a damaged file's component
    takes another one of the file, or one of Annex K: any shows more than none.
    """
    assert structure.frame is not None
    if structure.frame.lossless:
        return np.ones((8, 8), np.uint16)
    tables, number = structure.quantization_tables, structure.frame.components[index].Tq
    if number in tables:
        return tables[number]
    error = FormatError(f"SOS: quantization table {number} is not defined", offset=offset, clause="B.2.4.1")
    structure.damage(error)
    return tables[min(tables)] if tables else CHROMINANCE if index else LUMINANCE


def _table_keys(
    frame: Frame, chosen: list[tuple[int, int, int]], Ss: int, Se: int, Ah: int, Al: int
) -> list[tuple[int, int]]:
    """(class, number) of the Huffman tables that a scan uses."""
    if frame.arithmetic:
        return []
    if frame.lossless:
        return sorted({(0, Td) for _, Td, _ in chosen})
    if not frame.progressive:
        return sorted({key for _, Td, Ta in chosen for key in ((0, Td), (1, Ta))})
    if Ss:
        return [(1, Ta) for _, _, Ta in chosen]
    return [] if Ah else sorted({(0, Td) for _, Td, _ in chosen})  # a refinement of DC has no codes


def _progress(structure: Structure, index: int, Ss: int, Se: int, Ah: int, Al: int, offset: int) -> None:
    """Note what a scan adds to a component. Another order than G.1.1.1 has is a warning, as in libjpeg."""
    known = structure.coefficient_bits.setdefault(index, [-1] * 64)
    structure.bits_before[index] = list(known) if structure.scans else [0] * 64
    if Ss and known[0] < 0:
        what = f"AC coefficients of component number {index} come before its DC"
        structure.sink.remark(what, offset, "G.1.1.1.1", len(structure.scans))
    if any(Ah != max(bits, 0) for bits in known[Ss : Se + 1]):
        what = f"component number {index}: coefficients {Ss} to {Se} do not come bit after bit"
        structure.sink.remark(what, offset, "G.1.1.1.2", len(structure.scans))
    known[Ss : Se + 1] = [Al] * (Se - Ss + 1)


_HANDLERS: dict[int, Callable[[Structure, bytes, markers.Segment, bool], None]] = {
    markers.DQT: _on_dqt,
    markers.DHT: _on_dht,
    markers.DAC: _on_dac,
    markers.DRI: _on_dri,
    markers.DNL: _on_dnl,
    markers.SOF55: _on_sof55,
    markers.SOS: _on_sos,
    markers.DHP: _on_hierarchical,
    markers.EXP: _on_hierarchical,
    **dict.fromkeys(markers.FRAMES, _on_sof),
}


def band_rows(scan: Scan, blocks: int) -> int:
    """MCU rows that hold about so many blocks, at least one."""
    _, columns = scan.mcus
    return max(1, blocks // max(1, columns * scan.blocks_per_mcu))
