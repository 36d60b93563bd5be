"""The markers of the codestream (T.800 Annex A), read and written.

Fields that mirror the codestream keep the names of the standard (``Xsiz``, ``CSpoc``). Reading allocates no memory
in proportion to the sizes that a header claims.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from numjpeg.errors import FormatError, UnsupportedError

SOC, CAP, SIZ, COD, COC = 0xFF4F, 0xFF50, 0xFF51, 0xFF52, 0xFF53
RGN, QCD, QCC, POC = 0xFF5E, 0xFF5C, 0xFF5D, 0xFF5F
TLM, PLM, PLT, PPM, PPT, CRG, COM = 0xFF55, 0xFF57, 0xFF58, 0xFF60, 0xFF61, 0xFF63, 0xFF64
SOT, SOP, EPH, SOD, EOC = 0xFF90, 0xFF91, 0xFF92, 0xFF93, 0xFFD9
NAMES = {
    SOC: "SOC", CAP: "CAP", SIZ: "SIZ", COD: "COD", COC: "COC", RGN: "RGN", QCD: "QCD", QCC: "QCC", POC: "POC",
    TLM: "TLM", PLM: "PLM", PLT: "PLT", PPM: "PPM", PPT: "PPT", CRG: "CRG", COM: "COM", SOT: "SOT", SOD: "SOD",
    EOC: "EOC",
}  # fmt: skip

START = b"\xff\x4f\xff\x51"  # SOC and SIZ, with which every codestream begins

MAX_COMPONENTS = 16384


class Fault(NamedTuple):
    """One thing that is wrong with a file."""

    what: str
    offset: int  # byte offset in the file
    clause: str  # clause of T.800 that the file breaks

    def __str__(self) -> str:
        return f"byte {self.offset}: {self.what} ({self.clause})"


@dataclass
class Sink:
    """Receives all damage: raises it if ``strict``, collects it otherwise."""

    strict: bool = True
    faults: list[Fault] = field(default_factory=list)

    def damage(self, error: FormatError) -> None:
        """Report damage that makes pixels uncertain."""
        if self.strict:
            raise error
        self.faults.append(Fault(error.what, error.offset or 0, error.clause or "A"))


class ComponentSize(NamedTuple):
    """What SIZ says of a component."""

    depth: int
    signed: bool
    XRsiz: int
    YRsiz: int


class Size(NamedTuple):
    """SIZ (A.5.1): image, tiles, components."""

    Rsiz: int
    Xsiz: int
    Ysiz: int
    XOsiz: int
    YOsiz: int
    XTsiz: int
    YTsiz: int
    XTOsiz: int
    YTOsiz: int
    components: tuple[ComponentSize, ...]

    @property
    def tiles_wide(self) -> int:
        """Columns of tiles."""
        return -(-(self.Xsiz - self.XTOsiz) // self.XTsiz)

    @property
    def tiles_high(self) -> int:
        """Rows of tiles."""
        return -(-(self.Ysiz - self.YTOsiz) // self.YTsiz)

    @property
    def finest(self) -> tuple[int, int]:
        """Distance of samples on the reference grid, (dx, dy), in the component that has most samples."""
        return min(c.XRsiz for c in self.components), min(c.YRsiz for c in self.components)


class CodingStyle(NamedTuple):
    """How a tile-component is coded (COD and COC, Table A.15)."""

    levels: int  # decomposition levels
    xcb: int  # base-2 logarithm of a code-block's width
    ycb: int
    block_style: int  # Table A.19, see block_coding.contexts
    reversible: bool  # 5/3 wavelet; otherwise 9/7
    precincts: tuple[tuple[int, int], ...]  # (PPx, PPy) of each resolution


class TileStyle(NamedTuple):
    """How a tile is coded (COD, Table A.14), and its components where no COC says otherwise."""

    uses_eph: bool
    progression: int
    layers: int
    component_transform: bool
    components: CodingStyle


class Quantization(NamedTuple):
    """QCD or QCC (A.6.4). Style 0: none; 1: all steps are derived from one; 2: one step for each sub-band."""

    style: int
    guard_bits: int
    steps: tuple[tuple[int, int], ...]  # (exponent, mantissa)

    def step(self, index: int, levels: int, level: int) -> tuple[int, int]:
        """Exponent and mantissa of the sub-band whose index in QCD and whose level are given."""
        if self.style == 1:  # Equation E-5
            exponent, mantissa = self.steps[0]
            return max(0, exponent - (levels - level)), mantissa
        return self.steps[index]


class ProgressionChange(NamedTuple):
    """An entry of POC (A.6.6)."""

    RSpoc: int
    CSpoc: int
    LYEpoc: int
    REpoc: int
    CEpoc: int
    progression: int


@dataclass
class CodingParameters:
    """The parameters of the main header, or of one tile's headers."""

    style: TileStyle | None = None
    component_styles: dict[int, CodingStyle] = field(default_factory=dict)
    quantization: Quantization | None = None
    component_quantizations: dict[int, Quantization] = field(default_factory=dict)
    roi_shifts: dict[int, int] = field(default_factory=dict)
    changes: list[ProgressionChange] = field(default_factory=list)
    packed_headers: dict[int, bytes] = field(default_factory=dict)  # PPM or PPT: by index
    parts: list[tuple[int, int]] = field(default_factory=list)  # of a tile-part: where its data begin and end
    packet_headers: bytes | None = None  # packed packet headers of a tile, joined


@dataclass
class Codestream:
    """A codestream that has been read up to its packets."""

    data: bytes
    start: int
    size: Size
    main: CodingParameters
    tiles: dict[int, CodingParameters]
    comments: list[bytes]
    segments: list[tuple[int, int, int]]  # marker segments: marker, byte offset, length without the marker

    def style(self, tile: int) -> TileStyle:
        """COD in force for a tile."""
        style = self.tiles[tile].style or self.main.style
        assert style is not None
        return style

    def component_style(self, tile: int, component: int) -> CodingStyle:
        """By precedence: COC and COD of the tile, then COC and COD of the main header (A.6.1)."""
        header = self.tiles[tile]
        if component in header.component_styles:
            return header.component_styles[component]
        if header.style is None and component in self.main.component_styles:
            return self.main.component_styles[component]
        return self.style(tile).components

    def quantization(self, tile: int, component: int) -> Quantization:
        """By precedence: QCC and QCD of the tile, then QCC and QCD of the main header (A.6.4)."""
        header = self.tiles[tile]
        if component in header.component_quantizations:
            return header.component_quantizations[component]
        if header.quantization is not None:
            return header.quantization
        quantization = self.main.component_quantizations.get(component, self.main.quantization)
        if quantization is None:
            raise FormatError(f"no QCD for component {component}", offset=self.start, clause="A.3")
        return quantization

    def roi_shift(self, tile: int, component: int) -> int:
        """Bit-planes by which a region of interest was shifted up (Annex H)."""
        return self.tiles[tile].roi_shifts.get(component, self.main.roi_shifts.get(component, 0))


class _Segment(NamedTuple):
    """A marker segment: where it stands and its parameters."""

    marker: int
    offset: int
    body: bytes

    def error(self, what: str, clause: str) -> FormatError:
        return FormatError(f"{NAMES.get(self.marker, 'marker')}: {what}", offset=self.offset, clause=clause)

    def unpack(self, layout: str, at: int, clause: str) -> tuple[int, ...]:
        if at + struct.calcsize(layout) > len(self.body):
            raise self.error("too short", clause)
        return struct.unpack_from(layout, self.body, at)


class _Reader:
    """Reads the markers of one codestream."""

    def __init__(self, data: bytes, start: int, stop: int, sink: Sink) -> None:
        self.data, self.start, self.stop, self.sink = data, start, stop, sink
        self.main = CodingParameters()
        self.tiles: dict[int, CodingParameters] = {}
        self.comments: list[bytes] = []
        self.segments: list[tuple[int, int, int]] = []
        self.part_order: list[int] = []
        self.size: Size | None = None

    def read(self) -> Codestream:
        at = self._main_header()
        assert self.size is not None
        if self.main.style is None:
            raise FormatError("no COD in the main header", offset=at, clause="A.3")
        try:
            self._tile_parts(at)
        except FormatError as error:
            self.sink.damage(error)
        self._unpack_headers()
        headers = self.main, self.tiles, self.comments, self.segments
        return Codestream(self.data, self.start, self.size, *headers)

    def _main_header(self) -> int:
        """Read the main header; return the offset of the first tile-part."""
        if self.data[self.start : self.start + 4] != START:
            raise FormatError("no codestream: SOC and SIZ expected", offset=self.start, clause="A.4.1")
        at = self.start + 2
        while True:
            marker = self._marker(at)
            if marker in (SOT, EOC):
                return at
            if not 0xFF30 <= marker <= 0xFF3F:
                segment = self._segment(at)
                if segment.marker == SIZ:
                    self.size = _read_size(segment)
                else:
                    self._parameters(segment, self.main, None)
                at += 2 + len(segment.body)
            at += 2

    def _marker(self, at: int) -> int:
        if at + 2 > self.stop:
            raise FormatError("the codestream ends within its headers", offset=at, clause="A.3")
        marker = self.data[at] << 8 | self.data[at + 1]
        if marker < 0xFF00:
            raise FormatError(f"marker expected, found {marker:04X}", offset=at, clause="A.1")
        return marker

    def _segment(self, at: int) -> _Segment:
        marker = self._marker(at)
        length = int.from_bytes(self.data[at + 2 : at + 4], "big")
        if length < 2 or at + 2 + length > self.stop:
            name = NAMES.get(marker, f"{marker:04X}")
            raise FormatError(f"{name}: length {length} does not fit", offset=at, clause="A.1.1")
        self.segments.append((marker, at, length))
        return _Segment(marker, at, self.data[at + 4 : at + 2 + length])

    def _parameters(self, segment: _Segment, header: CodingParameters, tile: int | None) -> None:
        """Read one marker segment of the main header, or of the header of a tile-part."""
        assert self.size is not None
        components, marker = len(self.size.components), segment.marker
        component, at = _component(segment, components) if marker in (COC, QCC, RGN) else (0, 0)
        if marker == COD:
            header.style = _read_cod(segment)
        elif marker == COC:
            (scoc,) = segment.unpack(">B", at, "A.6.2")
            header.component_styles[component] = _read_style(segment, at + 1, bool(scoc & 1))
        elif marker == QCD:
            header.quantization = _read_quantization(segment, 0)
        elif marker == QCC:
            header.component_quantizations[component] = _read_quantization(segment, at)
        elif marker == RGN:
            style, shift = segment.unpack(">BB", at, "A.6.3")
            if style != 0:
                raise UnsupportedError(f"RGN: style {style}", offset=segment.offset, clause="A.6.3")
            header.roi_shifts[component] = shift
        elif marker == POC:
            header.changes += _read_changes(segment, components)
        elif marker == (PPM if tile is None else PPT):
            (index,) = segment.unpack(">B", 0, "A.7.4")
            header.packed_headers[index] = segment.body[1:]
        elif marker == COM and tile is None:
            self.comments.append(segment.body)

    def _tile_parts(self, at: int) -> None:
        assert self.size is not None
        tiles = self.size.tiles_wide * self.size.tiles_high
        while at < self.stop:
            marker = self._marker(at)
            if marker == EOC:
                return
            if marker != SOT:
                raise FormatError(f"SOT or EOC expected, found {marker:04X}", offset=at, clause="A.4.2")
            segment = self._segment(at)
            tile, length, _, _ = segment.unpack(">HIBB", 0, "A.4.2")
            if tile >= tiles:
                raise segment.error(f"tile {tile} of {tiles}", "A.4.2")
            eoc = self.data[self.stop - 2 : self.stop] == b"\xff\xd9"
            end = at + length if length else self.stop - 2 * eoc  # the last tile-part may name no length
            header = self.tiles.setdefault(tile, CodingParameters())
            body = at + 4 + len(segment.body)
            while self._marker(body) != SOD:
                parameters = self._segment(body)
                self._parameters(parameters, header, tile)
                body += 4 + len(parameters.body)
            body += 2
            if end < body:
                raise segment.error(f"length {length} is less than its headers", "A.4.2")
            header.parts.append((body, min(end, self.stop)))
            self.part_order.append(tile)
            if end > self.stop:
                raise segment.error(f"{end - self.stop} bytes of the tile-part are missing", "A.4.2")
            at = end
        raise FormatError("the codestream ends without EOC", offset=self.stop, clause="A.4.4")

    def _unpack_headers(self) -> None:
        """Give each tile its packed packet headers (A.7.4, A.7.5)."""
        for header in self.tiles.values():
            if header.packed_headers:
                header.packet_headers = b"".join(header.packed_headers[i] for i in sorted(header.packed_headers))
        if not self.main.packed_headers:
            return
        packed = b"".join(self.main.packed_headers[i] for i in sorted(self.main.packed_headers))
        at = 0
        for tile in self.part_order:
            if at + 4 > len(packed):
                self.sink.damage(FormatError("PPM: too short", offset=self.start, clause="A.7.4"))
                break
            size = int.from_bytes(packed[at : at + 4], "big")
            header = self.tiles[tile]
            header.packet_headers = (header.packet_headers or b"") + packed[at + 4 : at + 4 + size]
            at += 4 + size


def read_codestream(data: bytes, start: int, stop: int, sink: Sink) -> Codestream:
    """Read all markers of the codestream ``data[start:stop]``.

    FormatError and UnsupportedError mean that the main header is unusable. Damage of tile-parts goes to the sink.
    """
    return _Reader(data, start, stop, sink).read()


def _read_size(segment: _Segment) -> Size:
    values = segment.unpack(">HIIIIIIIIH", 0, "A.5.1")
    count = values[-1]
    if not 1 <= count <= MAX_COMPONENTS or len(segment.body) < 36 + 3 * count:
        raise segment.error(f"{count} components", "A.5.1")
    components = []
    for i in range(count):
        ssiz, dx, dy = segment.body[36 + 3 * i : 39 + 3 * i]
        if dx == 0 or dy == 0:
            raise segment.error(f"component {i} has sampling {dx} x {dy}", "A.5.1")
        depth = (ssiz & 127) + 1
        if depth > 38:
            raise segment.error(f"component {i} has {depth} bits", "A.5.1")
        components.append(ComponentSize(depth, bool(ssiz >> 7), dx, dy))
    rsiz, x1, y1, x0, y0, tile_x, tile_y, tile_x0, tile_y0 = values[:-1]
    size = Size(rsiz, x1, y1, x0, y0, tile_x, tile_y, tile_x0, tile_y0, tuple(components))
    if size.XOsiz >= size.Xsiz or size.YOsiz >= size.Ysiz:
        raise segment.error("the image is empty", "A.5.1")
    if size.XTsiz == 0 or size.YTsiz == 0:
        raise segment.error("tiles are empty", "A.5.1")
    if not (0 <= size.XOsiz - size.XTOsiz < size.XTsiz and 0 <= size.YOsiz - size.YTOsiz < size.YTsiz):
        raise segment.error("the first tile is empty", "B.3")
    if size.tiles_wide * size.tiles_high > 65535:
        raise segment.error(f"{size.tiles_wide * size.tiles_high} tiles", "A.5.1")
    return size


def _component(segment: _Segment, components: int) -> tuple[int, int]:
    """The component number at the start of a segment, and its size in bytes: 2 for more than 256 components."""
    (component,) = segment.unpack(">B" if components < 257 else ">H", 0, "A.6.2")
    if component >= components:
        raise segment.error(f"component {component} of {components}", "A.6.2")
    return component, 1 if components < 257 else 2


def _read_cod(segment: _Segment) -> TileStyle:
    scod, progression, layers, transform = segment.unpack(">BBHB", 0, "A.6.1")
    if progression > 4:
        raise segment.error(f"progression {progression}", "A.6.1")
    if layers == 0:
        raise segment.error("no layers", "A.6.1")
    if transform > 1:
        raise UnsupportedError(f"COD: component transform {transform}", offset=segment.offset, clause="A.6.1")
    style = _read_style(segment, 5, bool(scod & 1))
    return TileStyle(bool(scod & 4), progression, layers, bool(transform), style)


def _read_style(segment: _Segment, at: int, with_precincts: bool) -> CodingStyle:
    levels, xcb, ycb, style, transform = segment.unpack(">BBBBB", at, "A.6.1")
    xcb, ycb = (xcb & 15) + 2, (ycb & 15) + 2
    if levels > 32:
        raise segment.error(f"{levels} decomposition levels", "A.6.1")
    if xcb > 10 or ycb > 10 or xcb + ycb > 12:
        raise segment.error(f"code-blocks of 2^{xcb} x 2^{ycb}", "A.6.1")
    if transform > 1:
        raise UnsupportedError(f"wavelet {transform}", offset=segment.offset, clause="A.6.1")
    if style & 0x80:
        raise UnsupportedError(f"code-block style {style:#x}", offset=segment.offset, clause="A.6.1")
    precincts = ((15, 15),) * (levels + 1)
    if with_precincts:
        sizes = segment.unpack(f">{levels + 1}B", at + 5, "A.6.1")
        precincts = tuple((value & 15, value >> 4) for value in sizes)
        if any(0 in sizes for sizes in precincts[1:]):
            raise segment.error("precinct size 2^0 above the lowest resolution", "A.6.1")
    return CodingStyle(levels, xcb, ycb, style, bool(transform), precincts)


def _read_quantization(segment: _Segment, at: int) -> Quantization:
    (sqcd,) = segment.unpack(">B", at, "A.6.4")
    style, guard_bits, body = sqcd & 31, sqcd >> 5, segment.body[at + 1 :]
    if style == 0:
        steps = tuple((value >> 3, 0) for value in body)
    elif style in (1, 2):
        values = struct.unpack_from(f">{len(body) // 2}H", body)
        steps = tuple((value >> 11, value & 0x7FF) for value in values)
    else:
        raise segment.error(f"style {style}", "A.6.4")
    if not steps:
        raise segment.error("no steps", "A.6.4")
    return Quantization(style, guard_bits, steps)


def _read_changes(segment: _Segment, components: int) -> Iterator[ProgressionChange]:
    layout = ">BBHBBB" if components < 257 else ">BHHBHB"
    width = struct.calcsize(layout)
    if len(segment.body) % width:
        raise segment.error("length is not a multiple of its entries'", "A.6.6")
    for at in range(0, len(segment.body), width):
        first, component, layers, resolutions, stop, progression = segment.unpack(layout, at, "A.6.6")
        if progression > 4:
            raise segment.error(f"progression {progression}", "A.6.6")
        stop = stop or (256 if components < 257 else 16384)
        yield ProgressionChange(first, component, layers, resolutions, stop, progression)


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">HH", marker, len(body) + 2) + body


def write_size(size: Size) -> bytes:
    """SIZ (A.5.1)."""
    parts = [bytes((c.signed << 7 | c.depth - 1, c.XRsiz, c.YRsiz)) for c in size.components]
    return _segment(SIZ, struct.pack(">HIIIIIIIIH", *size[:-1], len(parts)) + b"".join(parts))


def write_capabilities(magnitude_bits: int, reversible: bool) -> bytes:
    """CAP (T.814 A.3): all code-blocks are high-throughput ones and have ``magnitude_bits`` at most."""
    bound = max(0, magnitude_bits - 8) if magnitude_bits < 28 else 13 + magnitude_bits // 4
    return _segment(CAP, struct.pack(">IH", 1 << 17, (0 if reversible else 1 << 5) | bound))


def write_coding_style(style: TileStyle) -> bytes:
    """COD (A.6.1)."""
    c = style.components
    states_precincts = any(sizes != (15, 15) for sizes in c.precincts)
    flags = states_precincts | style.uses_eph << 2
    body = struct.pack(">BBHB", flags, style.progression, style.layers, style.component_transform)
    body += bytes((c.levels, c.xcb - 2, c.ycb - 2, c.block_style, c.reversible))
    return _segment(COD, body + (bytes(x | y << 4 for x, y in c.precincts) if states_precincts else b""))


def write_quantization(quantization: Quantization) -> bytes:
    """QCD (A.6.4)."""
    first = bytes((quantization.guard_bits << 5 | quantization.style,))
    if quantization.style == 0:
        return _segment(QCD, first + bytes(exponent << 3 for exponent, _ in quantization.steps))
    return _segment(QCD, first + b"".join(struct.pack(">H", e << 11 | m) for e, m in quantization.steps))


def write_roi(component: int, shift: int) -> bytes:
    """RGN (A.6.3)."""
    return _segment(RGN, bytes((component, 0, shift)))


def write_comment(text: str) -> bytes:
    """COM (A.9.2): Latin-1 text, or UTF-8 as binary data if Latin-1 lacks a character; ValueError if too long."""
    try:
        body = b"\x00\x01" + text.encode("latin-1")
    except UnicodeEncodeError:
        body = b"\x00\x00" + text.encode(errors="surrogateescape")
    if len(body) > 65533:
        raise ValueError(f"comment: {len(body) - 2} bytes, at most 65531 fit")
    return _segment(COM, body)


def write_tile_lengths(lengths: Sequence[int]) -> bytes:
    """TLM (A.7.1), in as many segments as needed, for tiles in order that have one tile-part each."""
    most = (65535 - 4) // 6
    parts = []
    for number, start in enumerate(range(0, len(lengths), most)):
        entries = b"".join(struct.pack(">HI", i, n) for i, n in enumerate(lengths[start : start + most], start))
        parts.append(_segment(TLM, bytes((number, 0x60)) + entries))
    return b"".join(parts)


def write_tile_part(tile: int, body: Sequence[bytes]) -> list[bytes]:
    """SOT, SOD and the packets of a tile, in one tile-part (A.4.2)."""
    length = 14 + sum(map(len, body))
    return [struct.pack(">HHHIBBH", SOT, 10, tile, length, 0, 1, SOD), *body]
