"""Marker codes (T.81 B.1.1.3, Table B.1) and the walk from one marker to the next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from numjpeg.errors import FormatError

SOF0, SOF1, SOF2 = 0xC0, 0xC1, 0xC2
DHT, DAC = 0xC4, 0xCC
RST0, RST7 = 0xD0, 0xD7
SOI, EOI, SOS, DQT, DNL, DRI, DHP, EXP = 0xD8, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF
APP0, APP1, APP2, APP14, APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
COM, TEM = 0xFE, 0x01

FRAMES = {
    0xC0: "baseline DCT",
    0xC1: "extended sequential DCT, Huffman coding",
    0xC2: "progressive DCT, Huffman coding",
    0xC3: "lossless, Huffman coding",
    0xC5: "differential sequential DCT, Huffman coding",
    0xC6: "differential progressive DCT, Huffman coding",
    0xC7: "differential lossless, Huffman coding",
    0xC9: "extended sequential DCT, arithmetic coding",
    0xCA: "progressive DCT, arithmetic coding",
    0xCB: "lossless, arithmetic coding",
    0xCD: "differential sequential DCT, arithmetic coding",
    0xCE: "differential progressive DCT, arithmetic coding",
    0xCF: "differential lossless, arithmetic coding",
}
"""The start-of-frame markers SOFn and the process that each announces."""

NAMES = (
    {code: f"SOF{code - 0xC0}" for code in FRAMES}
    | {RST0 + i: f"RST{i}" for i in range(8)}
    | {APP0 + i: f"APP{i}" for i in range(16)}
    | {0xF0 + i: f"JPG{i}" for i in range(14)}
    | {DHT: "DHT", DAC: "DAC", SOI: "SOI", EOI: "EOI", SOS: "SOS", DQT: "DQT", DNL: "DNL", DRI: "DRI"}
    | {DHP: "DHP", EXP: "EXP", COM: "COM", TEM: "TEM", 0xC8: "JPG"}
)

_ALONE = {SOI, EOI, TEM, *range(RST0, RST7 + 1)}
"""Markers without a segment (B.1.1.3)."""

# FF, then neither a stuffed zero, nor a restart marker, nor one more fill byte: the end of entropy-coded data.
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# The same where data may be damaged: markers that mean nothing are passed over.
_END_OF_DAMAGED_SCAN = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_EOI = re.compile(rb"\xff\xd9")


def marker_name(code: int) -> str:
    """The standard's name of a marker code.

    >>> marker_name(0xDB)
    'DQT'
    """
    return NAMES.get(code, f"RES 0x{code:02X}")


def is_application(code: int) -> bool:
    """Whether a marker is an APPn or a COM: no picture depends on what is in them."""
    return APP0 <= code <= APP15 or code == COM


class Segment(NamedTuple):
    """A marker and what belongs to it."""

    marker: int
    offset: int
    """Byte offset of the marker's FF."""
    start: int
    """Byte offset of the payload, after the length; of the next byte where there is none."""
    end: int
    """Byte offset after the payload."""
    stray: int
    """Bytes in front of the marker that belong to nothing (fill bytes FF are not counted)."""
    fault: str = ""
    """What is wrong with the length of an APPn or COM; nothing but the segment itself is lost."""

    @property
    def name(self) -> str:
        """The standard's name of the marker."""
        return marker_name(self.marker)

    @property
    def is_application(self) -> bool:
        """Whether it is an APPn or a COM."""
        return is_application(self.marker)


def iterate_segments(data: bytes | memoryview, faults: list[FormatError] | None = None) -> Iterator[Segment]:
    """Walk through the markers of a file (B.1.1), over the entropy-coded data, up to the first EOI.

    Parameters
    ----------
    data : the file.
    faults : None, or a list: what else would be an error is then added to it, and the walk goes on behind the
        length or the marker that is wrong. Another SOI opens a picture within the picture, which is passed over.
        After a scan SOI opens the next picture, where the walk ends in any case.

    Yields
    ------
    Segment, SOI first. EOI is missing if the data end before it.

    Raises
    ------
    FormatError if there is no SOI; and without ``faults``, if there is another one in front of the scans, a marker
    below SOF0, which means nothing, or a segment whose length is below 2 or passes the end of the data. But an
    APPn or COM with such a length is empty, or after a scan the last segment, and has its own ``fault``.
    """
    if data[:2] != bytes((0xFF, SOI)):
        what = "no data" if not data else "not a JPEG file: it does not begin with SOI"
        raise FormatError(what, offset=0, clause="B.2.1")
    yield Segment(SOI, 0, 2, 2, 0)
    position = 2
    scanned = False
    while found := _MARKER.search(data, position):
        offset = found.start()
        stray = offset - position - _trailing_fill(data, position, offset)
        marker = data[offset + 1]
        start = offset + 2
        if marker == SOI:
            error = FormatError("another SOI", offset=offset, clause="B.2.1")
            if faults is None and not scanned:
                raise error
            if faults is None:
                return
            faults.append(error)
            end_of_image = _EOI.search(data, start)
            if scanned or end_of_image is None:
                return
            position = end_of_image.end()
            continue
        if marker in _ALONE:
            yield Segment(marker, offset, start, start, stray)
            if marker == EOI:
                return
            position = start
            continue
        if marker < SOF0:
            error = FormatError(f"{marker_name(marker)} means nothing", offset=offset, clause="B.1.1.3")
            if faults is None:
                raise error
            faults.append(error)
            position = start
            continue
        length = int.from_bytes(data[start : start + 2], "big")
        end = start + length
        wrong = f"length {length} is below 2" if length < 2 else ""
        if max(end, start + 2) > len(data):
            wrong = "the file ends inside the segment"
            if scanned and is_application(marker):
                yield Segment(marker, offset, len(data), len(data), stray, wrong)
                return
        elif wrong and is_application(marker):
            yield Segment(marker, offset, start + 2, start + 2, stray, wrong)
            position = start + 2
            continue
        if wrong:
            error = FormatError(f"{marker_name(marker)}: {wrong}", offset=offset, clause="B.1.1.4")
            if faults is None:
                raise error
            faults.append(error)
            position = min(start + 2, len(data))
            continue
        yield Segment(marker, offset, start + 2, end, stray)
        position = end_of_scan(data, end, faults is not None) if marker == SOS else end
        scanned = scanned or marker == SOS


def _trailing_fill(data: bytes | memoryview, start: int, end: int) -> int:
    """How many FF stand directly before ``end``: optional fill bytes (B.1.1.2)."""
    return end - start - len(bytes(data[start:end]).rstrip(b"\xff"))


def end_of_scan(data: bytes | bytearray | memoryview, start: int, damaged: bool = False) -> int:
    """Byte offset of the marker (or of the end of the data) that ends the entropy-coded data from ``start`` on.

    Where the data may be ``damaged``, markers below SOF0 do not end them: they mean nothing.
    """
    found = (_END_OF_DAMAGED_SCAN if damaged else _END_OF_SCAN).search(data, start)
    return found.start() if found else len(data)


def find_markers(data: bytes, start: int, end: int) -> list[int]:
    """Byte offsets of the markers, of their last FF, between ``start`` and ``end``."""
    return [found.start() for found in _MARKER.finditer(data, start, end)]
