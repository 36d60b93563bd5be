"""Packets (T.800 B.9, B.10): a packet has the coding passes that one layer adds to the code-blocks of a precinct.

Its header begins with one bit: whether the packet holds anything. Then follow, for the code-blocks in raster order
of each sub-band: whether the packet includes it (a tag tree until it does the first time), how many of its
bit-planes are all zero (a tag tree, the first time only), how many coding passes it adds, and how many bytes each
of its code word segments takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from numjpeg.errors import FormatError
from numjpeg.jpeg2000.block_coding.contexts import HIGH_THROUGHPUT, starts_segment
from numjpeg.jpeg2000.container.geometry import BandOfPrecinct, CodeBlock

MAX_LENGTH_BITS = 32
_SOP, _EPH = b"\xff\x91", b"\xff\x92"


class HeaderBits:
    """Reads the bits of a packet header: a byte after FF has only seven (B.10.1)."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at
        self.byte = self.left = 0

    def bit(self) -> int:
        """The next bit. Raises IndexError at the end of the data."""
        if self.left == 0:
            self.left = 7 if self.byte == 0xFF else 8
            self.byte = self.data[self.at]
            self.at += 1
        self.left -= 1
        return self.byte >> self.left & 1

    def bits(self, count: int) -> int:
        """An unsigned number."""
        value = 0
        for _ in range(count):
            value = value << 1 | self.bit()
        return value

    def align(self) -> int:
        """End the header at a byte boundary (after FF, one byte further on) and return the offset."""
        if self.byte == 0xFF:
            self.at += 1
        self.left = self.byte = 0
        return self.at


class HeaderWriter:
    """Writes what :class:`HeaderBits` reads."""

    def __init__(self) -> None:
        self.out = bytearray()
        self.byte, self.left = 0, 8

    def bit(self, value: int) -> None:
        """Write a bit."""
        self.left -= 1
        self.byte |= value << self.left
        if self.left == 0:
            self.out.append(self.byte)
            self.left = 7 if self.byte == 0xFF else 8
            self.byte = 0

    def bits(self, value: int, count: int) -> None:
        """Write an unsigned number."""
        for i in range(count - 1, -1, -1):
            self.bit(value >> i & 1)

    def finish(self) -> bytes:
        """The header's bytes; the last is never FF."""
        if self.left < 8 or (self.out and self.out[-1] == 0xFF):
            self.out.append(self.byte)
        return bytes(self.out)


def read_pass_count(header: HeaderBits) -> int:
    """Number of new coding passes (Table B.4)."""
    if not header.bit():
        return 1
    if not header.bit():
        return 2
    value = header.bits(2)
    if value < 3:
        return 3 + value
    value = header.bits(5)
    return 6 + value if value < 31 else 37 + header.bits(7)


def write_pass_count(header: HeaderWriter, count: int) -> None:
    """Number of new coding passes, 1 to 164."""
    if count <= 2:
        header.bits((0, 2)[count - 1], count)
    elif count <= 5:
        header.bits(0xC | count - 3, 4)
    elif count <= 36:
        header.bits(0x1E0 | count - 6, 9)
    else:
        header.bits(0xFF80 | count - 37, 16)


def pieces(done: int, new: int, style: int, empty: bool = False) -> list[int]:
    """Divide ``new`` coding passes after ``done`` ones among code word segments: passes of each.

    The first piece continues the last segment, unless its first pass starts a new one. ``empty`` says that the
    code-block has no bytes yet. In the high-throughput coder it may then begin with placeholder passes, in the
    same segment as the first clean-up pass (T.814 B.1).
    """
    if empty and style & HIGH_THROUGHPUT:
        refining = (done + new - 1) % 3
        return [new - refining, refining][: 1 + (refining > 0)]
    counts: list[int] = []
    for number in range(done, done + new):
        if not counts or starts_segment(number, style):
            counts.append(0)
        counts[-1] += 1
    return counts


class _Piece(NamedTuple):
    """Some bytes of a packet, which belong to one code word segment."""

    block: CodeBlock
    passes: int
    starts: bool  # whether it starts a new code word segment
    size: int


class PacketReader:
    """Reads the packets of one tile, one after another.

    ``data`` are the bytes of all its tile-parts. ``headers`` are packed packet headers (PPM, PPT), or None if each
    header stands before its packet's bytes. An EPH marker may end each header (A.8.2).
    """

    def __init__(self, data: bytes, headers: bytes | None) -> None:
        self.data, self.at = data, 0
        self.packed = headers is not None
        self.headers = data if headers is None else headers
        self.header_at = 0
        self.visits = 0  # code-blocks whose header bits were read; bounds the time that a damaged file takes

    @property
    def finished(self) -> bool:
        """Whether all bytes have been read."""
        return self.header_at >= len(self.headers) if self.packed else self.at >= len(self.data)

    def read(self, precinct: Sequence[BandOfPrecinct], layer: int, style: int, keep: bool) -> None:
        """Read a packet. ``keep=False`` skips its bytes, for layers and resolutions that are not decoded.

        The offset of a FormatError counts from the start of the tile's data.
        """
        if self.data[self.at : self.at + 2] == _SOP and self.data[self.at + 2 : self.at + 4] == b"\x00\x04":
            self.at += 6
        bits = HeaderBits(self.headers, self.header_at if self.packed else self.at)
        try:
            parts = self._header(bits, precinct, layer, style)
        except IndexError:
            raise self._error("the data end within a packet header", "B.10") from None
        end = bits.align()
        if self.headers[end : end + 2] == _EPH:
            end += 2
        if self.packed:
            self.header_at = end
        else:
            self.at = end
        for piece in parts:
            self._body(piece, keep)

    def _error(self, what: str, clause: str) -> FormatError:
        return FormatError(what, offset=self.at, clause=clause)

    def _header(
        self, bits: HeaderBits, precinct: Sequence[BandOfPrecinct], layer: int, style: int
    ) -> list[_Piece]:
        """Read a packet header: what the packet's bytes are, in order."""
        parts: list[_Piece] = []
        if not bits.bit():
            return parts
        for band in precinct:
            self.visits += len(band.blocks)
            for i, block in enumerate(band.blocks):
                y, x = divmod(i, band.width)
                if block.zero_planes >= 0:
                    included = bits.bit() == 1
                else:
                    included = band.inclusion.read(x, y, layer + 1, bits.bit)
                    threshold = 1
                    while included and not band.zero_planes.read(x, y, threshold, bits.bit):
                        threshold += 1
                        if threshold > block.band.planes + 1:
                            what = f"more than all {block.band.planes} bit-planes are missing"
                            raise self._error(what, "B.10.5")
                    if included:
                        block.zero_planes = band.zero_planes.value(x, y)
                if included:
                    parts += self._lengths(bits, block, style)
        return parts

    def _lengths(self, bits: HeaderBits, block: CodeBlock, style: int) -> list[_Piece]:
        """Read the number of new passes of a code-block, and the lengths of its code word segments."""
        new = read_pass_count(bits)
        planes = block.band.planes - block.zero_planes
        if block.passes + new > 3 * planes - 2:
            raise self._error(f"{block.passes + new} coding passes of {planes} bit-planes", "B.10.6")
        while bits.bit():
            block.length_bits += 1
            if block.length_bits > MAX_LENGTH_BITS:
                raise self._error("code word segment too long", "B.10.7")
        parts = []
        for passes in pieces(block.passes, new, style, not block.has_bytes):
            size = bits.bits(block.length_bits + passes.bit_length() - 1)
            parts.append(_Piece(block, passes, starts_segment(block.passes, style), size))
            block.passes += passes
            block.has_bytes |= size > 0
        return parts

    def _body(self, piece: _Piece, keep: bool) -> None:
        """Read the bytes of a piece, or skip them."""
        end = self.at + piece.size
        if end > len(self.data):
            raise self._error(f"{end - len(self.data)} bytes of a packet are missing", "B.9")
        if keep:
            segments = piece.block.segments
            if piece.starts or not segments:
                segments.append([0, b""])
            segments[-1][0] += piece.passes  # type: ignore[operator]
            segments[-1][1] += self.data[self.at : end]  # type: ignore[operator]
        self.at = end


class Contribution(NamedTuple):
    """What a layer adds to a code-block."""

    passes: int
    pieces: Sequence[bytes]  # for each code word segment that these passes belong to


def write_packet(
    precinct: Sequence[BandOfPrecinct],
    layer: int,
    style: int,
    contributions: Sequence[Sequence[Contribution | None]],
) -> list[bytes]:
    """Write a packet: its header, then the bytes of its code-blocks.

    ``contributions`` has an entry for each sub-band and code-block, None if the packet does not include it. Tag
    trees hold their values. ``passes`` and ``length_bits`` of the code-blocks are updated.
    """
    header = HeaderWriter()
    body: list[bytes] = []
    if not any(part for parts in contributions for part in parts):
        header.bit(0)
        return [header.finish()]
    header.bit(1)
    for band, parts in zip(precinct, contributions, strict=True):
        for i, (block, part) in enumerate(zip(band.blocks, parts, strict=True)):
            y, x = divmod(i, band.width)
            if block.passes:
                header.bit(part is not None)
            else:
                band.inclusion.write(x, y, layer + 1, header.bit)
            if part is None:
                continue
            if not block.passes:
                for threshold in range(1, block.zero_planes + 2):
                    band.zero_planes.write(x, y, threshold, header.bit)
            _write_lengths(header, block, style, part)
            body += part.pieces
    return [header.finish(), *body]


def _write_lengths(header: HeaderWriter, block: CodeBlock, style: int, part: Contribution) -> None:
    write_pass_count(header, part.passes)
    counts = pieces(block.passes, part.passes, style, not block.passes)
    sizes = [(len(data), passes.bit_length() - 1) for passes, data in zip(counts, part.pieces, strict=True)]
    more = max(0, *(size.bit_length() - extra - block.length_bits for size, extra in sizes))
    header.bits((1 << more + 1) - 2, more + 1)
    block.length_bits += more
    for size, extra in sizes:
        header.bits(size, block.length_bits + extra)
    block.passes += part.passes
