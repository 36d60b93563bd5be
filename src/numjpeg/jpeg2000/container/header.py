"""What a JPEG 2000 file says about itself, without decoding it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numjpeg.jpeg2000.block_coding.contexts import HIGH_THROUGHPUT
from numjpeg.jpeg2000.container import boxes, codestream, progression
from numjpeg.sources import read_bytes


@dataclass(frozen=True)
class Header:
    """Boxes and main header of a file."""

    kind: str  # "codestream", "JP2" or "JPH"
    height: int
    width: int
    components: tuple[codestream.ComponentSize, ...]  # depth, whether signed, and sampling of each
    channels: int  # of the picture that the file decodes to; a palette makes several of one component
    tiles: tuple[int, int]  # rows and columns of tiles
    tile_size: tuple[int, int]  # (height, width)
    levels: int  # wavelet decompositions
    layers: int
    progression: str
    reversible: bool  # 5/3 wavelet; otherwise 9/7
    component_transform: bool
    code_block_size: tuple[int, int]  # (height, width)
    high_throughput: bool
    colorspace: int | None  # enumerated colour space of the colr box
    icc_profile: bytes | None
    opacity: bool  # whether a channel says how opaque pixels are
    comments: tuple[bytes, ...]
    boxes: tuple[tuple[str, int, int], ...]  # type, byte offset and length
    segments: tuple[tuple[str, int, int], ...]  # marker segments: name, byte offset and length
    faults: tuple[codestream.Fault, ...]  # what is wrong with the headers

    def __str__(self) -> str:
        depths = sorted({c.depth for c in self.components})
        wavelet = "5/3 (reversible)" if self.reversible else "9/7 (irreversible)"
        coder = "high throughput (T.814)" if self.high_throughput else "bit-planes (T.800)"
        rows = [
            f"{self.kind}, {self.width} x {self.height}, {self.channels} channels, {depths[-1]} bits a sample",
            f"tiles: {self.tiles[1]} x {self.tiles[0]} of {self.tile_size[1]} x {self.tile_size[0]}",
            f"wavelet: {wavelet}, {self.levels} levels; component transform: {self.component_transform}",
            f"code-blocks: {self.code_block_size[1]} x {self.code_block_size[0]}, {coder}",
            f"progression: {self.progression}, {self.layers} layers",
            *(f"box {name!r} at byte {offset}, {length} bytes" for name, offset, length in self.boxes),
            *(f"{name} at byte {offset}, {length} bytes" for name, offset, length in self.segments),
            *(f"damaged: {fault}" for fault in self.faults),
        ]
        return "\n".join(rows)


def is_jpeg2000(data: bytes | memoryview) -> bool:
    """Whether a file begins like a JP2 file or a codestream."""
    start = bytes(data[: len(boxes.SIGNATURE)])
    return start == boxes.SIGNATURE or start.startswith(codestream.START)


def read_header(data: Any) -> Header:
    """Read boxes and marker segments of a file: any buffer, a path, or a binary file object.

    Raises
    ------
    FormatError, UnsupportedError if the main header cannot be read.
    """
    content = read_bytes(data)
    sink = codestream.Sink(strict=False)
    container = boxes.read_container(content, sink)
    stream = codestream.read_codestream(content, container.start, container.stop, sink)
    size, style = stream.size, stream.main.style
    assert style is not None
    dx, dy = size.finest
    coding, palette = style.components, container.palette
    return Header(
        kind=container.kind,
        height=-(-size.Ysiz // dy) + -size.YOsiz // dy,
        width=-(-size.Xsiz // dx) + -size.XOsiz // dx,
        components=size.components,
        channels=len(palette.mapping) if palette is not None and palette.mapping else len(size.components),
        tiles=(size.tiles_high, size.tiles_wide),
        tile_size=(size.YTsiz, size.XTsiz),
        levels=coding.levels,
        layers=style.layers,
        progression=progression.NAMES[style.progression],
        reversible=coding.reversible,
        component_transform=style.component_transform,
        code_block_size=(1 << coding.ycb, 1 << coding.xcb),
        high_throughput=bool(coding.block_style & HIGH_THROUGHPUT),
        colorspace=container.colorspace,
        icc_profile=container.icc_profile,
        opacity=any(kind in (1, 2) for kind, _ in container.channels.values()),
        comments=tuple(stream.comments),
        boxes=tuple(container.boxes),
        segments=tuple(
            (codestream.NAMES.get(marker, f"{marker:04X}"), offset, length)
            for marker, offset, length in stream.segments
        ),
        faults=tuple(sink.faults),
    )
