"""Marker codes (T.81 B.1.1.3, Table B.1) and the walk from one marker to the next."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from numjpeg.container.signatures import error_of
from numjpeg.errors import FormatError

SOF0, SOF1, SOF2, SOF3 = 0xC0, 0xC1, 0xC2, 0xC3
SOF9, SOF10, SOF11 = 0xC9, 0xCA, 0xCB
DHT, DAC = 0xC4, 0xCC
RST0, RST7 = 0xD0, 0xD7
SOI, EOI, SOS, DQT, DNL, DRI, DHP, EXP = 0xD8, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF
APP0, APP1, APP2, APP14, APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
SOF55 = 0xF7  # the frame header of JPEG-LS (ITU-T T.87, C.1.1)
COM, TEM = 0xFE, 0x01

# The start-of-frame markers SOFn and the process that each announces.
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

NAMES = (
    {code: f"SOF{code - 0xC0}" for code in FRAMES}
    | {RST0 + i: f"RST{i}" for i in range(8)}
    | {APP0 + i: f"APP{i}" for i in range(16)}
    | {0xF0 + i: f"JPG{i}" for i in range(14)}
    | {DHT: "DHT", DAC: "DAC", SOI: "SOI", EOI: "EOI", SOS: "SOS", DQT: "DQT", DNL: "DNL", DRI: "DRI"}
    | {DHP: "DHP", EXP: "EXP", COM: "COM", TEM: "TEM", 0xC8: "JPG"}
)

_ALONE = {SOI, EOI, TEM, *range(RST0, RST7 + 1)}  # markers without a segment (B.1.1.3)
Data = bytes | memoryview  # a file

# The end of entropy-coded data: a marker that is no restart marker. Those below SOF0 mean nothing inside a scan.
_END_OF_SCAN = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
_MARKER = re.compile(rb"\xff[^\x00\xff]")


def marker_name(code: int) -> str:
    """The standard's name of a marker code: 0xDB is "DQT"."""
    return NAMES.get(code, f"RES 0x{code:02X}")


class Segment(NamedTuple):
    """A marker, and where its segment lies."""

    marker: int
    offset: int  # byte offset of the marker's FF
    start: int  # byte offset of the payload, after the length; without payload, of the byte after the marker
    end: int  # byte offset after the payload
    stray: int  # number of bytes in front of the marker that belong to no segment, without fill bytes FF
    fault: str = ""  # what is wrong with the length of an APPn or COM, of which only the segment itself is lost

    @property
    def name(self) -> str:
        """The standard's name of the marker."""
        return marker_name(self.marker)

    @property
    def is_application(self) -> bool:
        """Whether it is an APPn or a COM segment."""
        return APP0 <= self.marker <= APP15 or self.marker == COM


def iterate_segments(data: Data, note: Callable[[FormatError], None] | None = None) -> Iterator[Segment]:
    """Walk through the markers of a file (B.1.1) from SOI to the first EOI, skipping entropy-coded data.

    The walk ends without EOI if the data end before it, or if another picture's SOI follows a scan. Data that do
    not begin with SOI are a FormatError or an UnsupportedError. Without ``note`` there is a FormatError also for
    another SOI in front of the scans, for a marker below SOF0, which has no meaning, and for a segment whose
    length is below 2 or passes the end of the data. An APPn or COM of such a length is yielded without a payload
    and with a ``fault``; it is an error only if it passes the end of the data in front of the scans.

    With ``note``, a function that takes each error, the walk goes on behind a wrong length, a marker below SOF0,
    another SOI (:func:`_after_second_soi`), or EOI in front of the frame header.
    """
    if data[:2] != bytes((0xFF, SOI)):
        raise error_of(data)
    yield Segment(SOI, 0, 2, 2, 0)
    position = 2
    skipped = 2  # up to here only the SOI marker itself is passed over
    framed = scanned = False
    while found := _MARKER.search(data, position):
        offset, marker, start = found.start(), data[found.start() + 1], found.end()
        stray = len(bytes(data[position:offset]).rstrip(b"\xff"))  # without fill bytes (B.1.1.2)
        position = start
        if marker == SOI:
            if scanned and note is None:
                return
            what, clause = "another SOI", "B.2.1"
        elif marker in _ALONE:
            if marker != EOI or scanned or note is None or not _has_frame(data, start):
                yield Segment(marker, offset, start, start, stray)
                if marker == EOI:
                    return
                continue
            what, clause = "EOI in front of the frame header", "B.2.1"
        elif marker < SOF0:
            what, clause = f"{marker_name(marker)} means nothing", "B.1.1.3"
        else:
            end = start + int.from_bytes(data[start : start + 2], "big")
            cut = max(end, start + 2) > len(data)
            segment = Segment(marker, offset, start + 2, end, stray)
            if not cut and end >= start + 2:
                yield segment
                position = end_of_scan(data, end) if marker == SOS else end
                framed = framed or marker in FRAMES
                scanned = scanned or (framed and marker == SOS)
                continue
            wrong = "the file ends inside the segment" if cut else f"length {end - start} is below 2"
            position = min(start + 2, len(data))
            if segment.is_application and (scanned or not cut):
                position = len(data) if cut else position
                yield Segment(marker, offset, position, position, stray, wrong)
                continue
            what, clause = f"{segment.name}: {wrong}", "B.1.1.4"
        error = FormatError(what, offset=offset, clause=clause)
        if note is None:
            raise error
        note(error)
        if marker == SOI and scanned and _has_frame(data, start):
            return
        if marker == SOI and not scanned and start > skipped:
            position, skipped = _after_second_soi(data, start)


def _after_second_soi(data: Data, start: int) -> tuple[int, int]:
    """Where the walk goes on behind a second SOI in front of the scans, and up to where it passes over SOI alone.

    The SOI may open a thumbnail in an APPn whose length is wrong. Then the picture's frame header follows the
    thumbnail's EOI, and the walk goes on there. Otherwise the picture follows, and only SOI is passed over.
    """
    end_of_image = re.compile(rb"\xff\xd9").search(data, start)
    end = end_of_image.end() if end_of_image else len(data)
    return (end, end) if _has_frame(data, end) else (start, end)


def _has_frame(data: Data, position: int) -> bool:
    """Whether a frame header comes before another SOI, SOS or EOI."""
    while found := _MARKER.search(data, position):
        marker, position = data[found.start() + 1], found.end()
        length = int.from_bytes(data[position : position + 2], "big")
        if marker in FRAMES and position + 8 <= len(data) and length == 8 + 3 * data[position + 7]:
            return True
        if marker in (SOI, SOS, EOI):
            return False
        if marker >= SOF0 and marker not in _ALONE:
            position += length
    return False


def end_of_scan(data: Data | bytearray, start: int) -> int:
    """Byte offset where entropy-coded data end: at a marker from SOF0 on, or with the data."""
    found = _END_OF_SCAN.search(data, start)
    return found.start() if found else len(data)


def find_markers(data: bytes, start: int, end: int) -> list[int]:
    """Byte offsets of the markers between ``start`` and ``end``: of the FF just in front of the code."""
    return [found.start() for found in _MARKER.finditer(data, start, end)]
