"""The JP2 file format (T.800 Annex I): boxes around a codestream. JPH of Part 15 has the same boxes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import FormatError
from numjpeg.jpeg2000.container.codestream import START, Sink, Size

SIGNATURE = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
SRGB, GRAY, SYCC, CMYK = 16, 17, 18, 12  # enumerated colour spaces (Table I.10, and Part 2 for CMYK)


class Palette(NamedTuple):
    """A palette (I.5.3.4) and which components go through it (I.5.3.5)."""

    values: NDArray[np.uint16]  # (entries, columns)
    depths: tuple[int, ...]
    mapping: tuple[tuple[int, int, int], ...] = ()
    """By channel: component, 1 if the palette is applied to it, and column of the palette."""


@dataclass
class Container:
    """What the boxes say. A bare codestream has none."""

    start: int  # offset of the codestream in the file
    stop: int  # offset behind its end
    kind: str = "codestream"
    colorspace: int | None = None  # enumerated colour space
    icc_profile: bytes | None = None
    palette: Palette | None = None
    # Channel definitions (I.5.3.6): by channel, its type (0 colour, 1 opacity) and the colour it belongs to.
    channels: dict[int, tuple[int, int]] = field(default_factory=dict)
    boxes: list[tuple[str, int, int]] = field(default_factory=list)  # all boxes: type, offset and length


class _Box(NamedTuple):
    kind: bytes
    offset: int
    start: int
    stop: int


def _boxes(data: bytes, at: int, stop: int, sink: Sink) -> Iterator[_Box]:
    """Boxes one after another (I.4)."""
    while at + 8 <= stop:
        length, kind = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if length == 1 and at + 16 <= stop:
            (length,) = struct.unpack_from(">Q", data, at + 8)
            start = at + 16
        end = stop if length == 0 else at + length
        if end < start:
            raise FormatError(f"box length {length}", offset=at, clause="I.4")
        if end > stop:
            if kind != b"jp2c":
                raise FormatError(f"a box ends {end - stop} bytes after the file", offset=at, clause="I.4")
            what = f"{end - stop} bytes of the codestream are missing"
            sink.damage(FormatError(what, offset=stop, clause="I.4"))
            end = stop
        yield _Box(kind, at, start, end)
        at = end


def read_container(data: bytes, sink: Sink) -> Container:
    """Find the codestream, and read the boxes before it.

    FormatError if there is no codestream, or if a box that the picture depends on is damaged.
    """
    if data.startswith(START):
        return Container(0, len(data))
    if not data.startswith(SIGNATURE):
        raise FormatError("no JPEG 2000 file: neither SOC nor a JP2 signature", offset=0, clause="I.5.1")
    container = Container(-1, -1, "JP2")
    for box in _boxes(data, 0, len(data), sink):
        container.boxes.append((box.kind.decode("latin-1"), box.offset, box.stop - box.offset))
        if box.kind == b"jp2h" and container.start < 0:
            _read_header(data, box, container, sink)
        elif box.kind == b"ftyp" and data[box.start : box.start + 4] == b"jph ":
            container.kind = "JPH"
        elif box.kind == b"jp2c" and container.start < 0:
            container.start, container.stop = box.start, box.stop
    if container.start < 0:
        raise FormatError("no codestream box", offset=len(data), clause="I.5.4")
    return container


def _read_header(data: bytes, header: _Box, container: Container, sink: Sink) -> None:
    for box in _boxes(data, header.start, header.stop, sink):
        body = data[box.start : box.stop]
        container.boxes.append((box.kind.decode("latin-1"), box.offset, box.stop - box.offset))
        try:
            if box.kind == b"colr" and container.colorspace is None and container.icc_profile is None:
                if body[0] == 1:
                    (container.colorspace,) = struct.unpack_from(">I", body, 3)
                elif body[0] == 2:
                    container.icc_profile = body[3:]
            elif box.kind == b"pclr":
                container.palette = _read_palette(body)
            elif box.kind == b"cmap" and container.palette is not None:
                mapping = tuple(struct.iter_unpack(">HBB", body))
                container.palette = container.palette._replace(mapping=mapping)
            elif box.kind == b"cdef":
                (count,) = struct.unpack_from(">H", body)
                for i in range(count):
                    channel, kind, belongs = struct.unpack_from(">HHH", body, 2 + 6 * i)
                    container.channels[channel] = (kind, belongs)
        except (struct.error, IndexError, ValueError):
            name = box.kind.decode("latin-1")
            raise FormatError(f"{name} box is too short", offset=box.offset, clause="I.5.3") from None


def _read_palette(body: bytes) -> Palette:
    entries, columns = struct.unpack_from(">HB", body)
    depths = tuple((value & 127) + 1 for value in body[3 : 3 + columns])
    if not 1 <= entries <= 1024 or not columns or len(depths) < columns or max(depths) > 16:
        raise ValueError("palette")
    layout = ">" + "".join("B" if depth <= 8 else "H" for depth in depths)
    rows = [struct.unpack_from(layout, body, 3 + columns + i * struct.calcsize(layout)) for i in range(entries)]
    return Palette(np.array(rows, np.uint16), depths)


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def write_header(
    size: Size, colorspace: int, icc_profile: bytes | None, opacity: int | None, brand: bytes
) -> bytes:
    """All boxes before that of the codestream: signature, file type, JP2 header."""
    depths = {(c.signed << 7) | (c.depth - 1) for c in size.components}
    bpc = depths.pop() if len(depths) == 1 else 255
    height, width, count = size.Ysiz - size.YOsiz, size.Xsiz - size.XOsiz, len(size.components)
    parts = [_box(b"ihdr", struct.pack(">IIHBBBB", height, width, count, bpc, 7, 0, 0))]
    if bpc == 255:
        parts.append(_box(b"bpcc", bytes((c.signed << 7) | (c.depth - 1) for c in size.components)))
    if icc_profile is not None:
        parts.append(_box(b"colr", b"\x02\x00\x00", icc_profile))
    else:
        parts.append(_box(b"colr", b"\x01\x00\x00", struct.pack(">I", colorspace)))
    if opacity is not None:
        rows = [(i, 1, 0) if i == opacity else (i, 0, i + 1) for i in range(count)]
        parts.append(_box(b"cdef", struct.pack(">H", count), *(struct.pack(">HHH", *row) for row in rows)))
    file_type = _box(b"ftyp", brand, struct.pack(">I", 0), brand)
    return SIGNATURE + file_type + _box(b"jp2h", *parts)


def codestream_box(length: int) -> bytes:
    """Header of the box of a codestream of ``length`` bytes."""
    if length + 8 >= 1 << 32:
        return struct.pack(">I4sQ", 1, b"jp2c", length + 16)
    return struct.pack(">I4s", length + 8, b"jp2c")
