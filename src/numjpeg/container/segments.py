"""Marker segments (T.81 B.2): payload bytes <-> their content.

Each ``parse_*`` takes the payload (after the length) and the byte offset of its marker for error messages. Each
``build_*`` gives the whole segment with marker and length.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Component
from numjpeg.container import markers
from numjpeg.container.frame import Frame, Scan, TableKey
from numjpeg.container.scripts import MAX_POINT_TRANSFORM
from numjpeg.errors import FormatError, JpegError, UnsupportedError
from numjpeg.stages.huffman import MAX_CATEGORY, HuffmanTable
from numjpeg.stages.zigzag import inverse_zigzag, zigzag

MAX_SEGMENT = 65533  # the most bytes of a payload: 65,535 less the length field (B.1.1.4)


def _refusal(name: str, clause: str, offset: int, kind: type[JpegError] = FormatError) -> Callable[..., JpegError]:
    """A function that makes a segment's errors from what is wrong, and from the clause if it is another one."""
    return lambda what, broken=clause: kind(f"{name}: {what}", offset=offset, clause=broken)


def build(marker: int, payload: bytes) -> bytes:
    """A marker segment (B.1.1.4); ValueError if the payload is too long."""
    if len(payload) > MAX_SEGMENT:
        raise ValueError(f"{markers.marker_name(marker)}: {len(payload)} bytes, at most {MAX_SEGMENT} fit")
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


DQT_MARKER, DHT_MARKER = bytes((0xFF, markers.DQT)), bytes((0xFF, markers.DHT))


def merged(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of a file, in which neighbouring DQT segments, and neighbouring DHT segments, have been joined."""
    waiting = b""
    for piece in pieces:
        if piece[:2] in (DQT_MARKER, DHT_MARKER) and piece[:2] == waiting[:2]:
            waiting = build(piece[1], waiting[4:] + piece[4:])
        else:
            yield waiting
            waiting = piece
    yield waiting


def parse_dqt(payload: bytes, offset: int) -> dict[int, NDArray[np.uint16]]:
    """Quantization tables (B.2.4.1): Tq -> uint16 ``(8, 8)``, natural order. Entries of 0 pass, as in libjpeg."""
    wrong = _refusal("DQT", "B.2.4.1", offset)
    tables = {}
    position = 0
    while position < len(payload):
        precision, number = payload[position] >> 4, payload[position] & 15
        if precision > 1:
            raise wrong(f"precision Pq={precision} is neither 0 nor 1")
        if number > 3:
            raise wrong(f"table number Tq={number} is above 3")
        end = position + 1 + 64 * (precision + 1)
        if end > len(payload):
            raise wrong(f"table {number} is cut short")
        sequence = np.frombuffer(payload[position + 1 : end], ">u2" if precision else np.uint8).astype(np.uint16)
        tables[number] = np.ascontiguousarray(inverse_zigzag(sequence))
        position = end
    return tables


def build_dqt(number: int, table: NDArray[np.uint16]) -> bytes:
    """One quantization table; entries have 16 bits only if 8 are too few."""
    entries = zigzag(table).tolist()
    wide = max(entries) > 255
    return build(markers.DQT, struct.pack(f">B64{'H' if wide else 'B'}", wide << 4 | number, *entries))


def parse_dht(payload: bytes, offset: int) -> dict[TableKey, tuple[tuple[int, ...], bytes]]:
    """Huffman tables (B.2.4.2): (BITS, HUFFVAL), not yet checked, since a table that no scan uses does no harm."""
    wrong = _refusal("DHT", "B.2.4.2", offset)
    tables = {}
    position = 0
    while position < len(payload):
        table_class, number = payload[position] >> 4, payload[position] & 15
        if table_class > 1:
            raise wrong(f"class Tc={table_class} is neither 0 nor 1")
        if number > 3:
            raise wrong(f"table number Th={number} is above 3")
        bits = tuple(payload[position + 1 : position + 17])
        end = position + 17 + sum(bits)
        if len(bits) < 16 or end > len(payload):
            raise wrong("a table is cut short")
        tables[table_class, number] = (bits, payload[position + 17 : end])
        position = end
    return tables


def make_huffman_table(
    definition: tuple[tuple[int, ...], bytes], table_class: int, offset: int, most: int = MAX_CATEGORY
) -> HuffmanTable:
    """Check a table that a scan uses, from its (BITS, HUFFVAL); ``most`` is the largest category of a DC table."""
    wrong = _refusal("DHT", "B.2.4.2", offset)
    try:
        table = HuffmanTable(*definition)
    except ValueError as error:
        raise wrong(error) from None
    # A DC symbol is a category, at most 15. Only lossless files have 16, for the difference 32768.
    if table_class == 0 and max(table.values, default=0) > most:
        raise wrong(f"a DC table has a category above {most}", "F.1.2.1.2")
    return table


def build_dht(table_class: int, number: int, table: HuffmanTable) -> bytes:
    """One Huffman table."""
    return build(markers.DHT, bytes((table_class << 4 | number, *table.bits)) + table.values)


def parse_dac(payload: bytes, offset: int) -> dict[TableKey, int]:
    """Conditioning of arithmetic coding (B.2.4.3): 16 U + L of DC, Kx of AC (any, as in libjpeg)."""
    wrong = _refusal("DAC", "B.2.4.3", offset)
    if len(payload) % 2:
        raise wrong(f"{len(payload)} bytes are not pairs")
    areas = {}
    for area, value in zip(payload[::2], payload[1::2], strict=True):
        table_class, number = area >> 4, area & 15
        if table_class > 1:
            raise wrong(f"class Tc={table_class} is neither 0 nor 1")
        if table_class == 0 and value & 15 > value >> 4:
            raise wrong(f"L={value & 15} is above U={value >> 4}")
        areas[table_class, number] = value
    return areas


def build_dac(areas: dict[TableKey, int]) -> bytes:
    """Conditioning of arithmetic coding, as :func:`parse_dac` gives it."""
    pairs = (bytes((table_class << 4 | number, value)) for (table_class, number), value in areas.items())
    return build(markers.DAC, b"".join(pairs))


def parse_dri(payload: bytes, offset: int) -> int:
    """The restart interval in MCUs (B.2.4.4); 0 switches restart markers off."""
    if len(payload) != 2:
        raise _refusal("DRI", "B.2.4.4", offset)(f"{len(payload)} bytes in place of 2")
    return int.from_bytes(payload, "big")


def build_dri(interval: int) -> bytes:
    """The restart interval in MCUs, 0 .. 65535."""
    return build(markers.DRI, interval.to_bytes(2, "big"))


def parse_dnl(payload: bytes, offset: int) -> int:
    """The height of the frame, 1 .. 65535 (B.2.5)."""
    if len(payload) != 2 or not any(payload):
        what = "a height of 0" if len(payload) == 2 else f"{len(payload)} bytes in place of 2"
        raise _refusal("DNL", "B.2.5", offset)(what)
    return int.from_bytes(payload, "big")


def parse_sof(marker: int, payload: bytes, offset: int) -> Frame:
    """The frame header (B.2.2) of any process, whether or not it can be decoded (:func:`check_supported`)."""
    wrong = _refusal(markers.marker_name(marker), "B.2.2", offset)
    if len(payload) < 6 or len(payload) < 6 + 3 * payload[5]:
        raise wrong("cut short")
    precision, count = payload[0], payload[5]
    height, width = int.from_bytes(payload[1:3], "big"), int.from_bytes(payload[3:5], "big")
    if width == 0:
        raise wrong("width 0")
    if count == 0:
        raise wrong("no components")
    components = []
    for i in range(count):
        identifier, factors, table = payload[6 + 3 * i : 9 + 3 * i]
        H, V = factors >> 4, factors & 15
        if not (1 <= H <= 4 and 1 <= V <= 4):
            raise wrong(f"sampling factors {H}x{V} of component {identifier} are outside 1..4")
        if table > 3 and marker != markers.SOF3:  # as in libjpeg, where nothing is quantized
            raise wrong(f"table number Tq={table} is above 3")
        components.append(Component(identifier, H, V, table))
    return Frame(marker, precision, height, width, tuple(components))


# The frame headers of the processes that the library decodes.
DECODED = (*range(markers.SOF0, markers.SOF3 + 1), markers.SOF9, markers.SOF10, markers.SOF11)


def check_supported(frame: Frame, offset: int) -> None:
    """Raise FormatError or UnsupportedError, which name the reason, unless the library decodes such a frame."""
    name, precision = markers.marker_name(frame.marker), frame.precision
    wrong = _refusal(name, "B.2.2", offset)
    unsupported = _refusal(name, "B.2.2", offset, UnsupportedError)
    if frame.marker not in DECODED:
        raise unsupported(f"{markers.FRAMES[frame.marker]} is not supported", "B.1.1.3")
    if frame.marker == markers.SOF0 and precision != 8:
        raise wrong(f"precision {precision} is not 8")
    if frame.lossless and not 2 <= precision <= 16:
        raise wrong(f"precision {precision} is not 2 to 16")
    if not frame.lossless and precision not in (8, 12):
        raise unsupported(f"samples of {precision} bits are not supported")
    if len(frame.components) > 4:
        raise unsupported(f"{len(frame.components)} components, at most 4 are supported")
    for c in frame.components:
        if frame.H_max % c.H or frame.V_max % c.V:
            what = f"sampling {c.H}x{c.V} of {frame.H_max}x{frame.V_max} is a fractional ratio"
            raise unsupported(what, "A.1.1")


def build_sof(frame: Frame) -> bytes:
    """The frame header."""
    size = frame.height.to_bytes(2, "big") + frame.width.to_bytes(2, "big")
    components = (bytes((c.identifier, c.H << 4 | c.V, c.Tq)) for c in frame.components)
    return build(
        frame.marker, bytes((frame.precision,)) + size + bytes((len(frame.components),)) + b"".join(components)
    )


def parse_sos(
    payload: bytes, frame: Frame, offset: int
) -> tuple[tuple[int, ...], tuple[Component, ...], tuple[int, int, int, int]]:
    """The scan header (B.2.3): its components' indices in the frame; they with Td and Ta; (Ss, Se, Ah, Al).

    An identifier that several components of the frame share means the first of these that the scan has not named
    yet. As in libjpeg, the search for component number i of a scan begins at the frame's number i, and comes to
    earlier ones only if there is none behind. Ss, Se, Ah and Al are not checked.
    """
    wrong = _refusal("SOS", "B.2.3", offset)
    if not payload or len(payload) < 4 + 2 * payload[0]:
        raise wrong("cut short")
    count = payload[0]
    if not 1 <= count <= 4:
        raise wrong(f"{count} components, 1 to 4 expected")
    indices: list[int] = []
    components = []
    for i in range(count):
        identifier, Td, Ta = payload[1 + 2 * i], payload[2 + 2 * i] >> 4, payload[2 + 2 * i] & 15
        places = [place for place, c in enumerate(frame.components) if c.identifier == identifier]
        if not places:
            raise wrong(f"component {identifier} is not in the frame")
        # A progressive scan uses only one of the two numbers. Whether its table exists is checked later.
        if not frame.progressive and (Td > 3 or Ta > 3):
            raise wrong(f"table numbers Td={Td}, Ta={Ta} of component {identifier}: above 3")
        free = [place for place in places if place not in indices]
        if not free:
            raise wrong("a component stands twice")
        indices.append(next((place for place in free if place >= i), free[0]))
        c = frame.components[indices[-1]]
        components.append(Component(c.identifier, c.H, c.V, c.Tq, Td, Ta))
    Ss, Se, approximation = payload[1 + 2 * count : 4 + 2 * count]
    return tuple(indices), tuple(components), (Ss, Se, approximation >> 4, approximation & 15)


def check_progression(components: int, Ss: int, Se: int, Ah: int, Al: int, offset: int) -> None:
    """FormatError, as in libjpeg, for values that a progressive scan cannot have (G.1.1.1, Table B.3)."""
    wrong = _refusal("SOS", "B.2.3", offset)
    if Ss > Se or Se > 63 or (Ss == 0 and Se > 0):
        raise wrong(f"Ss={Ss}, Se={Se} is neither the DC coefficient nor a band of AC coefficients", "G.1.1.1.1")
    if Ss and components > 1:
        raise wrong(f"a scan of AC coefficients has {components} components", "G.1.1.1.1")
    if Al > MAX_POINT_TRANSFORM or (Ah and Al != Ah - 1):
        raise wrong(f"Ah={Ah}, Al={Al} is no step of successive approximation", "G.1.1.1.2")


def check_lossless(scan: Scan) -> None:
    """FormatError, as in libjpeg, for values that a lossless scan cannot have (Table B.3, H.1)."""
    wrong = _refusal("SOS", "B.2.3", scan.offset)
    precision, columns = scan.frame.precision, scan.mcus[1]
    if not 1 <= scan.Ss <= 7:
        raise wrong(f"predictor {scan.Ss} is none of 1 to 7", "H.1.2.1")
    if scan.Se or scan.Ah or scan.Al >= precision:
        raise wrong(f"Se={scan.Se}, Ah={scan.Ah}, Al={scan.Al} is no lossless scan of {precision} bits")
    if scan.restart_interval % columns:
        raise wrong(f"a restart interval of {scan.restart_interval} MCUs is not whole rows of {columns}", "H.1.1")


def build_sos(scan: Scan) -> bytes:
    """The scan header."""
    components = b"".join(bytes((c.identifier, c.Td << 4 | c.Ta)) for c in scan.components)
    parameters = bytes((scan.Ss, scan.Se, scan.Ah << 4 | scan.Al))
    return build(markers.SOS, bytes((len(scan.components),)) + components + parameters)
