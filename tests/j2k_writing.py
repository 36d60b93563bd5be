"""JPEG 2000 files that no encoder at hand writes: refining passes of T.814, packed packet headers."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from numjpeg import jpeg2000
from numjpeg.jpeg2000 import quantization, wavelet
from numjpeg.jpeg2000.block_coding import contexts, ht_encoder
from numjpeg.jpeg2000.container import codestream, packets
from numjpeg.jpeg2000.container.codestream import CodingStyle, ComponentSize, Quantization, Size, TileStyle
from numjpeg.jpeg2000.container.geometry import Rectangle, Tile, TileComponent
from numjpeg.jpeg2000.container.progression import packets as all_packets
from numjpeg.jpeg2000.container.tag_tree import TagTree
from numjpeg.jpeg2000.plan import PART_15

# --- high-throughput code-blocks


def scan(height: int, width: int) -> Iterator[list[tuple[int, int]]]:
    """Cells in the order of T.800 D.1, up to four columns of a stripe at a time."""
    for top in range(0, height, 4):
        for left in range(0, width, 4):
            columns, rows = range(left, min(left + 4, width)), range(top, min(top + 4, height))
            yield [(y, x) for x in columns for y in rows]


def stuffed(bits: Iterable[int], backwards: bool) -> bytes:
    """Bytes in the order of reading, lowest bit first, with a zero on top where the reader drops a bit."""
    left, out, previous = list(bits), bytearray(), 0xFF if backwards else 0
    while left:
        seven = sum(bit << i for i, bit in enumerate(left[:7]))
        drop = previous > 0x8F and seven == 127 if backwards else previous == 0xFF
        previous = seven if drop else sum(bit << i for i, bit in enumerate(left[:8]))
        del left[: 7 if drop else 8]
        out.append(previous)
    return bytes(out)


def refinement(values: np.ndarray, causal: bool) -> list[bytes]:
    """Bit-plane 0 of what is coded down to bit-plane 1: bytes of either pass, in the order of the file."""
    height, width = values.shape
    known = np.abs(values) > 1
    significant, propagated, refined = known.copy(), [], []
    for cells in scan(height, width):
        new = []
        for y, x in cells:
            below = y + 1 if causal and y % 4 == 3 else y + 2
            if not known[y, x] and significant[max(0, y - 1) : below, max(0, x - 1) : x + 2].any():
                propagated.append(int(values[y, x] != 0))
                significant[y, x] = values[y, x] != 0
                new += [values[y, x]] if values[y, x] else []
            elif known[y, x]:
                refined.append(int(abs(values[y, x]) & 1))
        propagated += [int(value < 0) for value in new]
    return [stuffed(propagated, False) + b"\0", stuffed(refined, True)[::-1]]


def coded(values: np.ndarray, refining: int, causal: bool) -> tuple[int, list[bytes]]:
    """Bit-planes of a code-block, and the bytes of its passes."""
    high = np.sign(values) * (np.abs(values) >> 1)
    if not refining or not high.any():
        return 1, ht_encoder.encode_blocks([values])
    return 2, ht_encoder.encode_blocks([high]) + refinement(values, causal)[:refining]


def refined_file(
    image: np.ndarray, refining: int, causal: bool = False, layers: int = 1, placeholders: int = 0
) -> bytes:
    """A gray picture; each pass in a layer of its own if there are three, else all in one."""
    height, width = image.shape
    style = contexts.HIGH_THROUGHPUT | (contexts.VERTICALLY_CAUSAL if causal else 0)
    own, steps = (
        CodingStyle(1, 4, 4, style, True, ((15, 15),) * 2),
        Quantization(0, 2, ((8, 0), (9, 0), (9, 0), (10, 0))),
    )
    size = Size(PART_15, width, height, 0, 0, width, height, 0, 0, (ComponentSize(8, False, 1, 1),))
    box = Rectangle(0, 0, width, height)
    tile = Tile(0, box, [TileComponent(box, own, steps, 8, 0)])
    bands = wavelet.forward(quantization.level_shift(image, 8), 0, 0, True)
    fresh, body = {}, []
    for packet in all_packets(size, tile, 0, layers, ()):
        if packet.layer == 0:
            fresh[packet.resolution] = []
            for of_band in tile.components[0].resolutions[packet.resolution].precinct(0):
                contents = []
                for block in of_band.blocks:
                    values = bands[block.band.orientation][block.box.within(block.band.box)]
                    planes, passes = coded(values, refining, causal)
                    block.zero_planes = block.band.planes - planes - placeholders
                    contents.append([part for part in passes if part or len(passes) > 1])
                rows = len(contents) // of_band.width
                first = [0 if passes else layers for passes in contents]
                missing = [block.zero_planes for block in of_band.blocks]
                trees = [TagTree(of_band.width, rows, leaves) for leaves in (first, missing)]
                fresh[packet.resolution].append(
                    (of_band._replace(inclusion=trees[0], zero_planes=trees[1]), contents)
                )
        precinct, parts = [], []
        for of_band, contents in fresh[packet.resolution]:
            precinct.append(of_band)
            parts.append([contribution(passes, packet.layer, layers, placeholders) for passes in contents])
        body += packets.write_packet(precinct, packet.layer, style, parts)
    head = [codestream.START[:2], codestream.write_size(size), codestream.write_capabilities(12, True)]
    head += [
        codestream.write_coding_style(TileStyle(False, 0, layers, False, own)),
        codestream.write_quantization(steps),
    ]
    return b"".join([*head, *codestream.write_tile_part(0, body), b"\xff\xd9"])


def contribution(passes: list[bytes], layer: int, layers: int, placeholders: int) -> packets.Contribution | None:
    own = passes[layer : layer + 1] if layers == 3 else passes
    if not own:
        return None
    pieces = own if layers == 3 else [own[0], b"".join(own[1:])][: 1 + (len(own) > 1)]
    return packets.Contribution(len(own) + 3 * placeholders, pieces)


# --- packed packet headers


def packet_places(data: bytes) -> list[list[tuple[int, int, int]]]:
    """Of each tile the packets' headers (from, to) and their ends, in the tile's data; the reader says it."""
    tiles: list[list[tuple[int, int, int]]] = []
    begun: list[int] = []
    read, body, create = packets.PacketReader.read, packets.PacketReader._body, packets.PacketReader.__init__

    def noting_tile(self: packets.PacketReader, *arguments: object) -> None:
        create(self, *arguments)  # type: ignore[arg-type]
        tiles.append([])

    def noting_body(self: packets.PacketReader, *arguments: object) -> None:
        begun.append(self.at)
        body(self, *arguments)  # type: ignore[arg-type]

    def noting_packet(self: packets.PacketReader, *arguments: object) -> None:
        start = self.at + (6 if self.data[self.at : self.at + 2] == b"\xff\x91" else 0)
        read(self, *arguments)  # type: ignore[arg-type]
        tiles[-1].append((start, begun[0] if begun else self.at, self.at))
        begun.clear()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packets.PacketReader, "__init__", noting_tile)
        patch.setattr(packets.PacketReader, "_body", noting_body)
        patch.setattr(packets.PacketReader, "read", noting_packet)
        jpeg2000.decode(data)
    return tiles


def packed(data: bytes, kind: str, missing: int = 0) -> bytes:
    """A bare codestream with its packet headers in two PPM or PPT segments; or without their last bytes."""
    stream = codestream.read_codestream(data, 0, len(data), codestream.Sink())
    starts = [offset for marker, offset, _ in stream.segments if marker == codestream.SOT]
    main, parts = [], []
    left = dict(zip(sorted(stream.tiles), packet_places(data), strict=True))
    # Bytes in the tile-parts before, and PPT segments so far.
    done = dict.fromkeys(stream.tiles, 0)
    number = dict.fromkeys(stream.tiles, 0)
    for start in starts:
        (tile,) = struct.unpack_from(">H", data, start + 4)
        begin, stop = next(part for part in stream.tiles[tile].parts if start < part[0])
        own = [place for place in left[tile] if place[0] < done[tile] + stop - begin]
        left[tile] = left[tile][len(own) :]
        shift = begin - done[tile]
        headers = b"".join(data[shift + a : shift + b] for a, b, _ in own)
        headers = headers[: len(headers) - missing * (start == starts[-1])]
        at, body = done[tile], b""
        for a, b, end in own:  # what stands before a header is SOP
            body += data[shift + at : shift + a] + data[shift + b : shift + end]
            at = end
        done[tile] += stop - begin
        header = bytearray(data[start : begin - 2])
        if kind == "PPM":
            main.append(struct.pack(">I", len(headers)) + headers)
        else:
            for piece in (headers[: len(headers) // 3], headers[len(headers) // 3 :]):
                header += struct.pack(">HHB", codestream.PPT, 3 + len(piece), number[tile]) + piece
                number[tile] += 1
        struct.pack_into(">I", header, 6, len(header) + 2 + len(body))
        parts.append(bytes(header) + b"\xff\x93" + body)
    whole = b"".join(main)
    segments = b""
    for index, piece in enumerate((whole[: len(whole) // 3], whole[len(whole) // 3 :]) if main else ()):
        segments += struct.pack(">HHB", codestream.PPM, 3 + len(piece), index) + piece
    return data[: starts[0]] + segments + b"".join(parts) + b"\xff\xd9"


# --- two block coders in one file


def _segments(data: bytes) -> dict[int, bytes]:
    """Marker segments of the main header, markers included."""
    stream = codestream.read_codestream(data, 0, len(data), codestream.Sink())
    return {
        marker: data[at : at + 2 + length] for marker, at, length in stream.segments if marker != codestream.SOT
    }


def tiles_by_turns(image: np.ndarray) -> bytes:
    """Every second tile is a high-throughput one: its header has a COD and QCD of its own."""
    files = [
        jpeg2000.encode(image, tile_size=(40, 33), container="j2k", high_throughput=fast) for fast in (False, True)
    ]
    plain, fast = (_segments(data) for data in files)
    head = b"".join([codestream.START[:2], fast[codestream.SIZ], fast[codestream.CAP]])
    parts = [head, plain[codestream.COD], plain[codestream.QCD]]
    streams = [codestream.read_codestream(data, 0, len(data), codestream.Sink()) for data in files]
    for index in sorted(streams[0].tiles):
        ((start, stop),) = streams[index % 2].tiles[index].parts
        own = fast[codestream.COD] + fast[codestream.QCD] if index % 2 else b""
        length = 14 + len(own) + stop - start
        parts.append(struct.pack(">HHHIBB", codestream.SOT, 10, index, length, 0, 1) + own + b"\xff\x93")
        parts.append(files[index % 2][start:stop])
    return b"".join([*parts, b"\xff\xd9"])


def components_by_turns(image: np.ndarray) -> bytes:
    """Every second component is a high-throughput one: it has a COC and QCC of its own."""
    files = [
        jpeg2000.encode(plane, progression="CPRL", container="j2k", high_throughput=c % 2 == 1)
        for c, plane in enumerate(np.moveaxis(image, -1, 0))
    ]
    streams = [codestream.read_codestream(data, 0, len(data), codestream.Sink()) for data in files]
    plain, fast = (_segments(data) for data in files[:2])
    size = streams[1].size
    head = [codestream.START[:2], codestream.write_size(size._replace(components=size.components * len(files)))]
    head += [fast[codestream.CAP], plain[codestream.COD], plain[codestream.QCD]]
    style, steps = fast[codestream.COD][9:], fast[codestream.QCD][4:]
    for c in range(1, len(files), 2):
        head.append(struct.pack(">HHBB", codestream.COC, 4 + len(style), c, 0) + style)
        head.append(struct.pack(">HHB", codestream.QCC, 3 + len(steps), c) + steps)
    places = [stream.tiles[0].parts[0] for stream in streams]
    bodies = [data[slice(*place)] for data, place in zip(files, places, strict=True)]
    return b"".join([*head, *codestream.write_tile_part(0, bodies), b"\xff\xd9"])
