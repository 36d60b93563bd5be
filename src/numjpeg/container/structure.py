"""The structure of a file (T.81 B.2): from bytes to a frame, its scans, and the tables in force at each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.container import markers, segments
from numjpeg.container.findings import LOSS, REMARK, Fault, Sink
from numjpeg.container.frame import MAX_BLOCKS_PER_MCU, Frame, Scan, TableKey
from numjpeg.container.markers import Data, Segment
from numjpeg.container.metadata import file_colorspace, is_icc
from numjpeg.errors import FormatError, JpegError, UnsupportedError
from numjpeg.sources import read_bytes
from numjpeg.stages.huffman import MAX_CATEGORY, STANDARD_TABLES
from numjpeg.stages.quantization import CHROMINANCE, LUMINANCE


@dataclass(eq=False, repr=False)
class Structure:
    """The content of a file's markers; tables and conditioning as last defined, by Tq or (class, number)."""

    size: int  # bytes of the file
    frame: Frame | None = None
    frame_offset: int = 0
    scans: list[Scan] = field(default_factory=list)
    quantization_tables: dict[int, NDArray[np.uint16]] = field(default_factory=dict)
    # Index of a component in the frame -> the quantization table in force at its first scan.
    component_tables: dict[int, NDArray[np.uint16]] = field(default_factory=dict)
    # In a progressive frame, index of a component -> for each coefficient along the zig-zag how many low bits have
    # not been sent, -1 if none has been; and the same before the component's last scan (as in libjpeg zeros, if
    # that is the frame's first scan).
    coefficient_bits: dict[int, list[int]] = field(default_factory=dict)
    bits_before: dict[int, list[int]] = field(default_factory=dict)
    # (BITS, HUFFVAL, byte offset), not checked.
    huffman_definitions: dict[TableKey, tuple[tuple[int, ...], bytes, int]] = field(default_factory=dict)
    # Huffman tables that scans use but the file does not define, in whose place the standard ones are used.
    standard_tables: set[TableKey] = field(default_factory=set)
    conditioning: dict[TableKey, int] = field(default_factory=dict)  # DAC's values by statistics area
    restart_interval: int = 0
    # APPn and COM in front of the first scan, but no ICC profile that is sent again behind the frame header.
    application_segments: list[tuple[int, bytes]] = field(default_factory=list)
    profile_in_front: bool = False  # whether an ICC profile stands in front of the frame header
    segments: list[Segment] = field(default_factory=list)  # every marker of the file
    trailing: tuple[int, int] | None = None  # (byte offset, number) of the bytes after EOI
    sink: Sink = field(default_factory=lambda: Sink(strict=True))  # takes all findings, or raises them
    obeys_dnl: bool = True  # whether DNL may change the frame header's height; a height of 0 it gives in any case

    def require_frame(self) -> Frame:
        """The frame; FormatError if there is none."""
        if self.frame is None:
            tables = self.quantization_tables or self.huffman_definitions
            what, clause = (", it holds tables alone", "B.5") if tables else ("", "B.2.1")
            raise FormatError(f"the file has no frame{what}", offset=self.size, clause=clause)
        return self.frame

    @property
    def strict(self) -> bool:
        """Whether damage is an error."""
        return self.sink.strict

    def damage(self, error: FormatError) -> None:
        """Note damage, which puts the scans that follow in doubt; raise it if ``strict``."""
        self.sink.take(error, len(self.scans))

    def lacks_scans(self) -> bool:
        """Whether components lack scans or, if progressive, bits; False for a file with EOI and without damage."""
        frame = self.require_frame()
        damaged = any(finding.kind != REMARK for finding in self.sink.findings)
        if self.segments and self.segments[-1].marker == markers.EOI and not damaged:
            return False
        components = range(len(frame.components))
        if not frame.progressive:
            return any(index not in self.component_tables for index in components)
        return any(any(self.coefficient_bits.get(index, [-1])) for index in components)

    @property
    def colorspace(self) -> str:
        """ "GRAY", "YCbCr", "RGB", "CMYK", "YCCK" or "raw" (two components, or more than four)."""
        return file_colorspace(self.require_frame().components, self.application_segments)


def read_structure(
    data: Data, tables: Any = None, *, decode: bool = True, strict: bool = True, obeys_dnl: bool = True
) -> Structure:
    """Walk through a file's markers; FormatError or UnsupportedError for what cannot be read.

    ``tables`` : a file of tables alone (B.5), which come before the file's own.
    ``decode`` : refuse a frame that the library does not decode, and a file without a scan.
    ``strict`` : refuse broken segments; False leaves them out and notes damage, but refuses a broken frame header.
    ``obeys_dnl`` : False keeps the frame header's height, unless it is 0, whatever a DNL says.
    """
    structure = Structure(len(data), sink=Sink(strict), obeys_dnl=obeys_dnl)
    if tables is not None:
        _take_tables(structure, read_bytes(tables, "tables"))
    for segment in markers.iterate_segments(data, None if strict else structure.damage):
        structure.segments.append(segment)
        if segment.stray:
            what = f"{segment.stray} stray bytes before {segment.name}"
            structure.sink.remark(what, segment.offset, "B.1.1.2")
        if segment.fault:
            structure.sink.remark(f"{segment.name}: {segment.fault}", segment.offset, "B.1.1.4")
            continue
        try:
            _take_segment(structure, data, segment, decode)
        except FormatError as error:
            if strict or (structure.frame is None and segment.marker in markers.FRAMES):
                raise
            structure.damage(error)
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


def _take_segment(structure: Structure, data: Data, segment: Segment, decode: bool) -> None:
    """Put the content of a segment into the structure; FormatError, UnsupportedError if it cannot be taken."""
    payload, offset = bytes(data[segment.start : segment.end]), segment.offset
    match segment.marker:
        case markers.DQT:
            tables = segments.parse_dqt(payload, offset)
            structure.quantization_tables.update(tables)
            for number in (number for number, table in tables.items() if not table.all()):
                what = f"DQT: table {number} has an entry of 0, and is taken as it is"
                structure.sink.remark(what, offset, "B.2.4.1")
        case markers.DHT:
            for key, (lengths, values) in segments.parse_dht(payload, offset).items():
                structure.huffman_definitions[key] = lengths, values, offset
        case markers.DAC:
            structure.conditioning.update(segments.parse_dac(payload, offset))
        case markers.DRI:
            structure.restart_interval = segments.parse_dri(payload, offset)
        case markers.DNL:
            _take_dnl(structure, payload, offset)
        case markers.SOS:
            _take_scan(structure, data, segment, payload, decode)
        case markers.DHP | markers.EXP if decode:
            if not structure.strict and structure.frame is not None:
                raise FormatError(f"{segment.name} in a frame", offset=offset, clause="Annex J")
            what = f"{segment.name}: hierarchical coding is not supported"
            raise UnsupportedError(what, offset=offset, clause="Annex J")
        case markers.SOF55 if structure.frame is None:  # behind a frame header of JPEG it means nothing
            if len(payload) >= 6 and len(payload) == 6 + 3 * payload[5]:
                what = "SOF55: JPEG-LS is not supported"
                raise UnsupportedError(what, offset=offset, clause="ITU-T T.87, C.2.2")
        case marker if marker in markers.FRAMES:
            if structure.frame is not None:
                raise FormatError(f"{segment.name}: a second frame", offset=offset, clause="B.2.1")
            frame = segments.parse_sof(marker, payload, offset)
            if decode:
                segments.check_supported(frame, offset)
            structure.frame, structure.frame_offset = frame, offset
            if len({c.identifier for c in frame.components}) < len(frame.components):
                what = f"{segment.name}: components share an identifier, and are told apart by their order"
                structure.sink.remark(what, offset, "B.2.2")
        case marker if segment.is_application and not structure.scans:
            # As in Pillow, a profile behind the frame header counts only if there is none in front of it. If both
            # were kept and written again, the second would be taken for more chunks of the first.
            is_profile = is_icc(marker, payload)
            if is_profile and structure.frame and structure.profile_in_front:
                what = "ICC profile: sent again behind the frame header, and not looked at there"
                structure.sink.remark(what, offset, "B.2.4.6")
                return
            structure.profile_in_front |= is_profile and structure.frame is None
            structure.application_segments.append((marker, payload))


def _take_tables(structure: Structure, data: bytes) -> None:
    """Take the tables of an abbreviated file that holds nothing else (B.5), but no restart interval (B.2.4.4)."""
    try:
        for segment in markers.iterate_segments(data):
            if segment.marker in markers.FRAMES or segment.marker == markers.SOS:
                raise FormatError(f"{segment.name} in a file of tables", offset=segment.offset, clause="B.5")
            if segment.marker in (markers.DQT, markers.DHT):
                _take_segment(structure, data, segment, True)
        for (table_class, _), (lengths, values, offset) in structure.huffman_definitions.items():
            segments.make_huffman_table((lengths, values), table_class, offset)
    except JpegError as error:
        wrong = type(error)(f"tables: {error}")
        wrong.offset, wrong.clause = error.offset, error.clause
        raise wrong from None


def _take_dnl(structure: Structure, payload: bytes, offset: int) -> None:
    """Take the height that DNL gives. libjpeg ignores DNL, so it counts only where it must stand (B.2.5)."""
    frame, scans = structure.frame, structure.scans
    try:
        height = segments.parse_dnl(payload, offset)
    except FormatError as error:
        structure.sink.remark(error.what, offset, "B.2.5")
        return
    stated = frame.height if frame and scans and _may_fill(scans[0]) else 0  # 0 if it is impossible
    if frame is None or len(scans) != 1 or (stated and offset != scans[0].end):
        what = "DNL: it does not stand directly behind the first scan, and is not looked at"
        structure.sink.remark(what, offset, "B.2.5")
        return
    if height == frame.height:
        return
    corrected = replace(scans[0], frame=frame._replace(height=height, header_height=stated))
    # Arithmetic coding can go on for ever after the data, so nothing would show that a larger height is wrong.
    may_fill = height < frame.height if frame.arithmetic else _may_fill(corrected)
    if frame.height and not (structure.obeys_dnl and may_fill):
        what = f"DNL: the height is {height}, where the data fit the frame header's {frame.height}"
        structure.sink.add(Fault(what, offset, "B.2.5"))
        return
    what = f"DNL: the height is {height}, not {frame.height} as in the frame header"
    structure.sink.remark(what, offset, "B.2.5")
    structure.frame, structure.scans = corrected.frame, [corrected]


def _may_fill(scan: Scan) -> bool:
    """Whether a scan's data may be enough for the height of its frame."""
    rows, columns = scan.mcus
    return rows * columns * scan.blocks_per_mcu * scan.frame.least_bits <= 8 * (scan.end - scan.start)


def _take_scan(structure: Structure, data: Data, segment: Segment, payload: bytes, decode: bool) -> None:
    """Take a scan header, with the tables in force at it."""
    frame, offset = structure.frame, segment.offset
    if frame is None:
        raise FormatError("SOS: no frame comes before it", offset=offset, clause="B.2.1")
    indices, components, parameters = segments.parse_sos(payload, frame, offset)
    if decode and frame.progressive:
        segments.check_progression(len(indices), *parameters, offset)
    end = markers.end_of_scan(data, segment.end)
    extent = structure.restart_interval, offset, segment.end, end
    number, conditioning = len(structure.scans), dict(structure.conditioning)
    scan = Scan(frame, indices, components, {}, *extent, *parameters, number, conditioning=conditioning)
    keys = [] if frame.arithmetic else sorted(scan.table_keys)
    _take_standard_tables(structure, frame, keys, offset)
    if decode:
        _take_huffman_tables(structure, scan, keys)
        if scan.interleaved and scan.blocks_per_mcu > MAX_BLOCKS_PER_MCU:
            what = f"SOS: {scan.blocks_per_mcu} blocks an MCU, at most {MAX_BLOCKS_PER_MCU} are allowed"
            raise FormatError(what, offset=offset, clause="B.2.3")
        if frame.lossless:
            segments.check_lossless(scan)
        if not _is_read(structure, scan):
            return
        for index in indices:
            if index not in structure.component_tables:
                structure.component_tables[index] = _quantization_table(structure, frame, index, offset)
            if frame.progressive:
                _progress(structure, scan, index)
    structure.scans.append(scan)


def _take_standard_tables(structure: Structure, frame: Frame, keys: list[TableKey], offset: int) -> None:
    """Use the standard tables (K.3 - K.6) for Huffman tables that a sequential file does not define.

    Motion-JPEG leaves out all tables, some encoders leave out a few. Each is filled in by itself, as in libjpeg.
    """
    if frame.marker not in (markers.SOF0, markers.SOF1) or frame.precision != 8:
        return
    if not (structure.huffman_definitions or structure.scans or structure.standard_tables):
        what = "no Huffman tables: the standard ones (K.3 - K.6) are meant"
        structure.sink.remark(what, structure.frame_offset, "B.2.4.2")
        structure.standard_tables.update(STANDARD_TABLES)
    defined = structure.huffman_definitions.keys() | structure.standard_tables
    for key in keys:
        if key in STANDARD_TABLES and key not in defined:
            what = f"{_table_name(key)} is not defined: the standard one is meant"
            structure.sink.remark(what, offset, "B.2.4.2")
            structure.standard_tables.add(key)


def _take_huffman_tables(structure: Structure, scan: Scan, keys: list[TableKey]) -> None:
    """Check the Huffman tables that a scan uses, and give them to the scan."""
    lossless = scan.frame.lossless
    for key in keys:
        if key in structure.huffman_definitions:
            lengths, values, place = structure.huffman_definitions[key]
            table = segments.make_huffman_table((lengths, values), key[0], place, MAX_CATEGORY + lossless)
            scan.huffman_tables[key] = table
            continue
        if key not in structure.standard_tables:
            what = f"SOS: {_table_name(key)} is not defined"
            error = FormatError(what, offset=scan.offset, clause="B.2.4.2")
            if key not in STANDARD_TABLES or lossless:
                raise error
            structure.damage(error)  # most files have the standard ones
        scan.huffman_tables[key] = STANDARD_TABLES[key]


def _table_name(key: tuple[int, int]) -> str:
    return f"{'AC' if key[0] else 'DC'} Huffman table {key[1]}"


def _is_read(structure: Structure, scan: Scan) -> bool:
    """Whether libjpeg reads a scan. In a sequential frame it reads none after a first scan of all components: the
    picture is complete. A component that comes again in a later scan is laid over the earlier one.
    """
    if scan.frame.progressive or not structure.scans:
        return True
    if len(structure.scans[0].indices) == len(scan.frame.components):
        what = f"SOS: component number {scan.indices[0]} is coded twice, in a scan after the one of all components"
        structure.damage(FormatError(what, offset=scan.offset, clause="B.2.3"))
        return False
    for index in scan.indices:
        if index in structure.component_tables:
            what = f"component number {index} is coded again, and laid over what came before"
            structure.sink.remark(what, scan.offset, "B.2.3", scan.number)
    return True


def _quantization_table(structure: Structure, frame: Frame, index: int, offset: int) -> NDArray[np.uint16]:
    """The table in force for a component at its first scan, which it keeps; ones in a lossless frame.

    If a damaged file lacks it, another table of the file, or one of Annex K, is used: any shows more than none.
    """
    tables, number = structure.quantization_tables, frame.components[index].Tq
    if frame.lossless:
        return np.ones((8, 8), np.uint16)
    if number in tables:
        return tables[number]
    what = f"SOS: quantization table {number} is not defined"
    structure.damage(FormatError(what, offset=offset, clause="B.2.4.1"))
    return tables[min(tables)] if tables else CHROMINANCE if index else LUMINANCE


def _progress(structure: Structure, scan: Scan, index: int) -> None:
    """Note which bits a scan adds to a component. An order that breaks G.1.1.1 is a remark, as in libjpeg."""
    low_bits = structure.coefficient_bits.setdefault(index, [-1] * 64)
    structure.bits_before[index] = list(low_bits) if structure.scans else [0] * 64
    if scan.Ss and low_bits[0] < 0:
        what = f"AC coefficients of component number {index} come before its DC"
        structure.sink.remark(what, scan.offset, "G.1.1.1.1", scan.number)
    if any(scan.Ah != max(bits, 0) for bits in low_bits[scan.Ss : scan.Se + 1]):
        what = f"component number {index}: coefficients {scan.Ss} to {scan.Se} do not come bit after bit"
        structure.sink.remark(what, scan.offset, "G.1.1.1.2", scan.number)
    low_bits[scan.Ss : scan.Se + 1] = [scan.Al] * (scan.Se - scan.Ss + 1)


def band_rows(scan: Scan, blocks: int) -> int:
    """How many MCU rows hold about this number of blocks; at least 1."""
    _, columns = scan.mcus
    return max(1, blocks // max(1, columns * scan.blocks_per_mcu))
