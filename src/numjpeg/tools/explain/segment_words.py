"""The list of a file's markers: where each is, how long, and what it is for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from numjpeg.container import exif, markers, metadata
from numjpeg.container.structure import Structure
from numjpeg.tools.explain.text import MAX_LINES, printable

MAX_ALIKE = 4
"""Markers of one name in succession that are listed one by one."""


def describe_segments(data: bytes, structure: Structure) -> str:
    """Every marker with its byte offset and the length that its segment states. Many of one name share a line."""
    lines = ["Markers (B.1.1.3)", "      offset    length  marker"]
    for _, group in groupby(structure.segments, key=lambda segment: segment.marker):
        alike = list(group)
        shown = alike if len(alike) <= MAX_ALIKE else alike[:1]
        lines += [_marker_line(data, structure, segment) for segment in shown]
        if len(shown) < len(alike):
            size = sum(segment.end - segment.offset for segment in alike[1:])
            lines.append(
                f"{'':>22}  ... {len(alike) - 1} more {alike[0].name}, {size:,} bytes, to byte {alike[-1].end}"
            )
    shown_lines = lines[: 2 + 5 * MAX_LINES]
    if len(shown_lines) < len(lines):
        shown_lines.append(f"{'':>22}  ... {len(lines) - len(shown_lines)} more lines")
    return "\n".join(shown_lines)


def _marker_line(data: bytes, structure: Structure, segment: markers.Segment) -> str:
    alone = segment.start == segment.offset + 2
    length = "" if alone else str(segment.end - segment.start + 2)
    describe = _PAYLOADS.get(segment.marker, _application if 0xE0 <= segment.marker <= 0xEF else None)
    what = describe(data[segment.start : segment.end]) if describe else ""
    if segment.marker == markers.SOS:
        size = next((s.end - s.start for s in structure.scans if s.offset == segment.offset), 0)
        what = f"{size:,} bytes of entropy-coded data follow"
    return f"  {segment.offset:>10}{length:>10}  {segment.name:<6}{what}".rstrip()


def _application(payload: bytes) -> str:
    known = (
        (metadata.EXIF, "EXIF"),
        (exif.MPF, "index of a multi-picture file"),
        (metadata.XMP, "XMP"),
        (metadata.EXTENDED_XMP, "extended XMP"),
        (metadata.JFXX, "JFIF extension"),
        (metadata.ICC, "ICC profile, chunk"),
        (metadata.JFIF, "JFIF"),
        (metadata.ADOBE, "Adobe"),
    )
    for start, name in known:
        if payload.startswith(start):
            rest = payload[len(start) :]
            if start == metadata.ICC and len(rest) > 1:
                return f"{name} {rest[0]} of {rest[1]}"
            if start == metadata.JFIF and len(rest) > 1:
                return f"{name} {rest[0]}.{rest[1]:02}"
            if start == metadata.ADOBE and len(payload) >= metadata.ADOBE_SIZE:
                return f"{name}, colour transform {payload[11]}"
            return name
    return f'"{printable(payload[:24].split(bytes(1))[0])}"' if payload else ""


def _tables_of_dqt(payload: bytes) -> str:
    numbers = []
    while payload:
        numbers.append(str(payload[0] & 15))
        payload = payload[1 + (128 if payload[0] >> 4 else 64) :]
    return f"quantization table {', '.join(numbers)}"


def _tables_of_dht(payload: bytes) -> str:
    names = []
    while payload:
        names.append(f"{'AC' if payload[0] >> 4 else 'DC'} {payload[0] & 15}")
        payload = payload[17 + sum(payload[1:17]) :]
    return f"Huffman table {', '.join(names)}"


_PAYLOADS: dict[int, Callable[[bytes], str]] = {
    markers.DQT: _tables_of_dqt,
    markers.DHT: _tables_of_dht,
    markers.DRI: lambda payload: f"restart interval {int.from_bytes(payload, 'big')} MCUs",
    markers.SOI: lambda payload: "start of image",
    markers.EOI: lambda payload: "end of image",
    markers.COM: lambda payload: "comment",
    markers.DNL: lambda payload: f"number of lines {int.from_bytes(payload, 'big')}",
    markers.DAC: lambda payload: "arithmetic coding conditioning",
    **dict.fromkeys(markers.FRAMES, lambda payload: "frame header"),
}
