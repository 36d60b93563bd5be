"""The decoder: a JPEG 2000 file to a picture.

boxes -> markers -> packets -> code-blocks -> dequantization -> wavelet -> component transform -> channels
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import FormatError, UnsupportedError
from numjpeg.jpeg2000 import component_transform, quantization, wavelet
from numjpeg.jpeg2000.block_coding import contexts, ht_decoder, lockstep_decoder
from numjpeg.jpeg2000.block_coding.lockstep_decoder import CodedBlock
from numjpeg.jpeg2000.container import boxes, geometry, packets, progression
from numjpeg.jpeg2000.container.codestream import Codestream, CodingParameters, Fault, Sink, Size, read_codestream
from numjpeg.jpeg2000.container.geometry import Band, CodeBlock, Rectangle, Tile, TileComponent
from numjpeg.jpeg2000.plan import whole_number
from numjpeg.jpeg2000.workers import shared
from numjpeg.sources import read_bytes

MAX_PIXELS = 178_956_970  # Pillow's limit against decompression bombs
MOST_CHANNELS = 4  # samples of all components for each pixel that max_pixels allows
MAX_DEPTH = 16
ROWS = 64  # some steps take so many rows at a time, instead of copying the whole picture
BLOCKS_AT_ONCE = 4096  # small tiles are decoded together until they have so many code-blocks

# What the headers of a damaged tile may claim at most, beside an allowance of 64 for each byte of its data.
FREE_PRECINCTS, FREE_BLOCKS, FREE_VISITS = 1 << 14, 1 << 17, 4_000_000


@dataclass
class DamageReport:
    """What is wrong with a file, and how much of it could be read."""

    faults: list[Fault]  # in the order of the file
    packets: tuple[int, int]  # of the tiles that were decoded: packets read, packets in all

    @property
    def complete(self) -> bool:
        """Whether no fault was found."""
        return not self.faults


def decode(
    data: Any,
    *,
    reduce: int = 0,
    layers: int | None = None,
    region: tuple[int, int, int, int] | None = None,
    strict: bool = True,
    max_pixels: int | None = MAX_PIXELS,
    workers: int = 1,
) -> NDArray[Any]:
    """Decode a JPEG 2000 file to pixels.

    It decodes Part 1 (T.800) and the high-throughput coder of Part 15 (T.814), as JP2, JPH or a bare codestream.
    The pixels equal those of OpenJPEG, for reversible and for irreversible files.

    Parameters
    ----------
    data : the file: any buffer, a path, or a binary file object.
    reduce : how often to halve the size; at most the file's number of decomposition levels.
    layers : how many quality layers to decode; None for all.
    region : (top, left, height, width) in samples of the full resolution. Only the data it needs are decoded.
    strict : refuse damaged and truncated files. False recovers what it can: a truncated file gives the whole
        picture, as good as its bytes allow. :func:`decode_damaged` reports what is missing.
    max_pixels : most pixels (width x height) that the result may have. All components together may have four
        times as many samples. None for no limit.
    workers : how many processes decode code-blocks; the pixels are the same for any number.

    Returns
    -------
    array ``(H, W)`` or ``(H, W, channels)``: uint8 for unsigned samples of up to 8 bits, uint16 for up to 16,
    int16 for signed samples. Samples keep their depth: 12-bit ones go from 0 to 4095. Samples of sub-sampled
    components are repeated to full size, a palette is applied, and channels are in the order that the file
    defines. sYCC is converted to RGB, and so are three components without a known colour space of which the second
    and the third are sub-sampled. All other colour spaces stay as they are.

    Raises
    ------
    FormatError if the file is no JPEG 2000 or damaged, UnsupportedError if it uses a feature that is not decoded.
    ValueError, TypeError if an argument is wrong.
    """
    return decode_damaged(
        data, reduce=reduce, layers=layers, region=region, max_pixels=max_pixels, strict=strict, workers=workers
    )[0]


def decode_damaged(
    data: Any,
    *,
    reduce: int = 0,
    layers: int | None = None,
    region: tuple[int, int, int, int] | None = None,
    max_pixels: int | None = MAX_PIXELS,
    strict: bool = False,
    workers: int = 1,
) -> tuple[NDArray[Any], DamageReport]:
    """Decode what can be recovered, and report what is wrong. Arguments as in :func:`decode`."""
    sink, workers = Sink(strict), whole_number(workers, "workers", 1)
    content = read_bytes(data)
    container = boxes.read_container(content, sink)
    stream = read_codestream(content, container.start, container.stop, sink)
    decoding = _Decoding(stream, sink, _options(stream, reduce, layers, region, max_pixels), workers)
    picture = _channels(decoding.planes(), decoding, container)
    return picture, DamageReport(sink.faults, (decoding.packets_read, decoding.packets_all))


class _Options(NamedTuple):
    reduce: int
    layers: int
    window: Rectangle  # the region to decode, on the reference grid


def _options(
    stream: Codestream, reduce: int, layers: int | None, region: Sequence[int] | None, max_pixels: int | None
) -> _Options:
    size, reduce = stream.size, whole_number(reduce, "reduce", 0)
    most_layers = 1 << 16 if layers is None else whole_number(layers, "layers", 1)
    whole = Rectangle(size.XOsiz, size.YOsiz, size.Xsiz, size.Ysiz)
    dx, dy = size.finest
    fine, window = whole.divided(dx, dy), whole
    if region is not None:
        if len(region) != 4:
            raise ValueError(f"region: (top, left, height, width) expected, got {region!r}")
        top, left, height, width = (whole_number(value, "region", 0) for value in region)
        x0, y0 = fine.x0 + left, fine.y0 + top
        samples = Rectangle(x0, y0, x0 + width, y0 + height)
        if samples.empty or samples.intersect(fine) != samples:
            raise ValueError(f"region: {tuple(region)} is not within {fine.height} x {fine.width}")
        x0, y0, x1, y1 = samples
        window = Rectangle(x0 * dx, y0 * dy, x1 * dx, y1 * dy).intersect(whole)
    for i, component in enumerate(size.components):
        if component.depth > MAX_DEPTH:
            what = f"component {i} has {component.depth} bits"
            raise UnsupportedError(what, offset=stream.start, clause="A.5.1")
    scale = 1 << min(reduce, 32)
    area = window.divided(dx, dy).divided(scale, scale)
    if max_pixels is not None:
        most, pixels = whole_number(max_pixels, "max_pixels", 0), area.width * area.height
        if pixels > most or pixels * len(size.components) > MOST_CHANNELS * most:
            what = f"{area.width} x {area.height} pixels of {len(size.components)} components"
            raise UnsupportedError(f"{what}, more than max_pixels={most}", offset=stream.start, clause="A.5.1")
    return _Options(reduce, most_layers, window)


class _Decoding:
    """The state of decoding one file."""

    def __init__(self, stream: Codestream, sink: Sink, options: _Options, workers: int) -> None:
        self.stream, self.sink, self.options, self.workers = stream, sink, options, workers
        self.packets_read = self.packets_all = 0
        self.scale = 1 << options.reduce

    def area(self, component: int) -> Rectangle:
        """The samples of a component to decode, at the reduced resolution."""
        box = geometry.component_box(self.stream.size, component, self.options.window)
        return box.divided(self.scale, self.scale)

    def planes(self) -> list[NDArray[Any]]:
        """The components' samples."""
        size = self.stream.size
        areas = [self.area(c) for c in range(len(size.components))]
        planes: list[NDArray[Any]] = []
        for area, spec in zip(areas, size.components, strict=True):
            dtype = np.int16 if spec.signed else np.uint8 if spec.depth <= 8 else np.uint16
            planes.append(np.full((area.height, area.width), 0 if spec.signed else 1 << spec.depth - 1, dtype))
        for tile, samples in self._tiles():
            for c, (spec, values) in enumerate(zip(size.components, samples, strict=True)):
                if values is None:
                    continue
                box = tile.components[c].box.divided(self.scale, self.scale).intersect(areas[c])
                target = planes[c][box.within(areas[c])]
                for start in range(0, len(values), ROWS):
                    rows = slice(start, start + ROWS)
                    target[rows] = quantization.inverse_level_shift(values[rows], spec.depth, spec.signed)
        return planes

    def _tiles(self) -> Iterator[tuple[Tile, list[NDArray[Any] | None]]]:
        """Tiles with the samples of their components. The code-blocks of small tiles are decoded together."""
        pending: list[tuple[Tile, list[_Synthesis]]] = []
        blocks, size = 0, self.stream.size
        for index in range(size.tiles_wide * size.tiles_high):
            box = geometry.tile_box(size, index)
            if box.intersect(self.options.window).empty:
                continue
            if index not in self.stream.tiles:
                self.sink.damage(FormatError(f"tile {index} is missing", offset=self.stream.start, clause="A.4.2"))
                continue
            tile = self._read_tile(index, box)
            syntheses = []
            for c, component in enumerate(tile.components):
                reduce, levels = self.options.reduce, component.style.levels
                if reduce > levels:
                    raise ValueError(f"reduce: {reduce} is more than the file's {levels} decomposition levels")
                syntheses.append(_Synthesis(component, reduce, self.area(c)))
            pending.append((tile, syntheses))
            blocks += sum(len(synthesis.blocks) for synthesis in syntheses)
            if blocks >= BLOCKS_AT_ONCE:
                yield from self._finish(pending)
                pending, blocks = [], 0
        yield from self._finish(pending)

    def _finish(
        self, pending: list[tuple[Tile, list[_Synthesis]]]
    ) -> Iterator[tuple[Tile, list[NDArray[Any] | None]]]:
        """Decode all code-blocks of some tiles, and reconstruct their samples."""
        _decode_all([synthesis for _, syntheses in pending for synthesis in syntheses], self.sink, self.workers)
        for tile, syntheses in pending:
            samples = [synthesis.samples() for synthesis in syntheses]
            if self.stream.style(tile.index).component_transform:
                samples = self._inverse_transform(tile, samples)
            yield tile, samples

    def _inverse_transform(self, tile: Tile, samples: list[NDArray[Any] | None]) -> list[NDArray[Any] | None]:
        colours, kinds = samples[:3], {(c.style.reversible, c.box) for c in tile.components[:3]}
        if len(colours) < 3 or len(kinds) > 1:
            what = "component transform of unlike components"
            self.sink.damage(FormatError(what, offset=self.stream.start, clause="G.2"))
            return samples
        shape = next((plane.shape for plane in colours if plane is not None), None)
        if shape is None:
            return samples
        reversible, _ = kinds.pop()
        dtype = np.int32 if reversible else np.float32
        y, u, v = (_or_zeros(plane, shape, dtype) for plane in colours)
        back = component_transform.inverse_rct if reversible else component_transform.inverse_ict
        for start in range(0, shape[0], ROWS):  # in place, so that no second copy of the picture is needed
            rows = slice(start, start + ROWS)
            y[rows], u[rows], v[rows] = back(y[rows], u[rows], v[rows])
        return [y, u, v, *samples[3:]]

    def _read_tile(self, index: int, box: Rectangle) -> Tile:
        stream, size = self.stream, self.stream.size
        components = []
        for c, spec in enumerate(size.components):
            style, steps = stream.component_style(index, c), stream.quantization(index, c)
            if steps.style != 1 and len(steps.steps) < 3 * style.levels + 1:
                what = f"{len(steps.steps)} quantization steps for {style.levels} levels"
                raise FormatError(what, offset=stream.start, clause="A.6.4")
            roi = stream.roi_shift(index, c)
            components.append(TileComponent(geometry.component_box(size, c, box), style, steps, spec.depth, roi))
        tile = Tile(index, box, components)
        header = stream.tiles[index]
        data = b"".join(stream.data[start:stop] for start, stop in header.parts)
        self.packets_all += tile.precincts * stream.style(index).layers
        try:
            self._read_packets(tile, header, packets.PacketReader(data, header.packet_headers))
        except FormatError as error:
            at = _file_offset(header, error.offset or 0)
            self.sink.damage(FormatError(error.what, offset=at, clause=error.clause))
        return tile

    def _read_packets(self, tile: Tile, header: CodingParameters, reader: packets.PacketReader) -> None:
        stream, budget = self.stream, len(reader.data) + len(reader.headers)
        if tile.precincts > FREE_PRECINCTS + 64 * budget:
            raise FormatError(f"{tile.precincts} precincts in {budget} bytes", offset=0, clause="B.6")
        style, changes = stream.style(tile.index), header.changes or stream.main.changes
        blocks = 0
        for packet in progression.packets(stream.size, tile, style.progression, style.layers, changes):
            if reader.finished:
                raise FormatError("the data end before the last packet", offset=reader.at, clause="B.9")
            component = tile.components[packet.component]
            resolution = component.resolutions[packet.resolution]
            if packet.precinct not in resolution.precincts:
                blocks += resolution.code_blocks_of(packet.precinct)
                if blocks > FREE_BLOCKS + 64 * budget:
                    raise FormatError(f"{blocks} code-blocks in {budget} bytes", offset=reader.at, clause="B.7")
            keep = packet.layer < self.options.layers and resolution.level >= self.options.reduce
            reader.read(resolution.precinct(packet.precinct), packet.layer, component.style.block_style, keep)
            self.packets_read += 1
            if reader.visits > FREE_VISITS + 64 * budget:
                raise FormatError("too many code-blocks for the bytes", offset=reader.at, clause="B.10")


def _file_offset(header: CodingParameters, at: int) -> int:
    """Offset in the file of byte ``at`` of a tile's data, which its tile-parts hold."""
    for start, stop in header.parts:
        if at <= stop - start:
            return start + at
        at -= stop - start
    return header.parts[-1][1] if header.parts else 0


class _Synthesis:
    """The reconstruction of a tile-component from its code-blocks, restricted to the samples of a window."""

    def __init__(self, component: TileComponent, reduce: int, area: Rectangle) -> None:
        self.component, style = component, component.style
        self.levels: list[tuple[Rectangle, Rectangle]] = []  # (needed, computed) by level, finest first
        self.bands: dict[int, tuple[Rectangle, NDArray[Any] | None]] = {}  # by id: window, its coefficients
        self.blocks: list[CodeBlock] = []
        needed = component.box.divided(1 << reduce, 1 << reduce).intersect(area)
        self.empty = needed.empty
        if self.empty:
            return
        for level in range(reduce, style.levels):
            resolution = component.resolutions[style.levels - level]
            computed = needed.grown(wavelet.REACH).intersect(resolution.box)
            self.levels.append((needed, computed))
            for band in resolution.bands:
                self._take(band, geometry.sub_band(computed, band.orientation, 1))
            needed = geometry.sub_band(computed, geometry.LL, 1)
        self._take(component.resolutions[0].bands[0], needed)

    def _take(self, band: Band, window: Rectangle) -> None:
        """Note the part of a sub-band that is needed, and the code-blocks that it takes."""
        window = window.intersect(band.box)
        self.bands[id(band)] = (window, None)
        self.blocks += [b for b in band.blocks if b.segments and not b.box.intersect(window).empty]

    def put(self, block: CodeBlock, half_units: NDArray[np.int32]) -> None:
        """Dequantize a code-block and copy it into its sub-band."""
        component, band = self.component, block.band
        window, array = self.bands[id(band)]
        reversible = component.style.reversible
        if array is None:
            array = np.zeros((window.height, window.width), np.int32 if reversible else np.float32)
            self.bands[id(band)] = (window, array)
        if component.roi_shift:
            half_units = quantization.unshift_roi(half_units, component.roi_shift)
        area = block.box.intersect(window)
        part = half_units[area.within(block.box)]
        array[area.within(window)] = (
            quantization.dequantize_reversible(part) if reversible else quantization.dequantize(part, band.step)
        )

    def samples(self) -> NDArray[Any] | None:
        """Reconstruct the samples (Figure F.3). None where no coefficient is known: then all samples are 0."""
        if self.empty:
            return None
        component = self.component
        low = self.bands.pop(id(component.resolutions[0].bands[0]))[1]
        dtype = np.int32 if component.style.reversible else np.float32
        for r, (needed, computed) in enumerate(reversed(self.levels), 1):
            arrays = [low, *(self.bands.pop(id(band))[1] for band in component.resolutions[r].bands)]
            if all(array is None for array in arrays):
                continue
            windows = [geometry.sub_band(computed, orientation, 1) for orientation in range(4)]
            shapes = [(window.height, window.width) for window in windows]
            ll, hl, lh, hh = (_or_zeros(a, shape, dtype) for a, shape in zip(arrays, shapes, strict=True))
            low = wavelet.inverse(ll, hl, lh, hh, computed.x0, computed.y0, component.style.reversible)
            low = low[needed.within(computed)]
        return low


def _or_zeros(array: NDArray[Any] | None, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    return np.zeros(shape, dtype) if array is None else array


def _decode_all(syntheses: Sequence[_Synthesis], sink: Sink, workers: int) -> None:
    """Decode the code-blocks of many tile-components together."""
    for coder, high_throughput in ((lockstep_decoder, False), (ht_decoder, True)):
        owners, coded = [], []
        for synthesis in syntheses:
            style = synthesis.component.style.block_style
            if bool(style & contexts.HIGH_THROUGHPUT) != high_throughput:
                continue
            for block in synthesis.blocks:
                planes = block.band.planes - block.zero_planes
                if planes > contexts.MAX_PLANES:
                    raise UnsupportedError(f"a code-block of {planes} bit-planes", clause="E.1")
                kind = contexts.BAND_KIND[block.band.orientation]
                segments = [(int(passes), bytes(data)) for passes, data in block.segments]
                coded_block = CodedBlock(block.box.width, block.box.height, kind, planes, style, segments)
                if high_throughput:
                    try:
                        ht_decoder.check(coded_block)
                    except FormatError as error:
                        sink.damage(error)
                        continue
                owners.append((synthesis, block))
                coded.append(coded_block)
        for i, values in _decoded(coded, coder.decode_blocks, coder.GROUP, workers):
            synthesis, block = owners[i]
            synthesis.put(block, values)


Decoded = Iterator[tuple[int, NDArray[np.int32]]]
_Decode = Callable[[Sequence[CodedBlock]], Decoded]


def _decoded(coded: Sequence[CodedBlock], decode: _Decode, group: int, workers: int) -> Decoded:
    """Decode code-blocks in one process or in several; yield (index, values) in any order."""
    if workers == 1 or len(coded) < 2:
        yield from decode(coded)
        return
    order = sorted(range(len(coded)), key=lambda i: -sum(len(data) for _, data in coded[i].segments))
    for part, results in shared(functools.partial(_all_of, decode), coded, order, group, workers):
        for i, values in results:
            yield part[i], values


def _all_of(decode: _Decode, coded: Sequence[CodedBlock]) -> list[Any]:
    return list(decode(coded))


def _channels(planes: list[NDArray[Any]], decoding: _Decoding, container: boxes.Container) -> NDArray[Any]:
    """Components to the picture: full size, palette, order of channels, sYCC to RGB."""
    size = decoding.stream.size
    dx, dy = size.finest
    full = decoding.options.window.divided(dx, dy).divided(decoding.scale, decoding.scale)
    for c, spec in enumerate(size.components):
        if (spec.XRsiz, spec.YRsiz) != (dx, dy):
            rows = np.arange(full.y0, full.y1) * dy // spec.YRsiz
            columns = np.arange(full.x0, full.x1) * dx // spec.XRsiz
            planes[c] = _repeated(planes[c], decoding.area(c), rows, columns)
    palette = container.palette
    if palette is not None and palette.mapping:
        planes = [_look_up(planes, palette, *row) for row in palette.mapping]
    # Colours in the order that channel definitions give, then the rest.
    order = sorted(range(len(planes)), key=lambda i: (*container.channels.get(i, (0, i + 1)), i))
    planes = [planes[i] for i in order]
    if len(planes) >= 3 and _is_sycc(size, container):
        y, cb, cr = planes[:3]
        planes[:3] = component_transform.sycc_to_rgb(y, cb, cr, size.components[0].depth)
    if len(planes) == 1:
        return planes[0]
    dtype = np.result_type(*planes)
    if dtype.itemsize > 2:
        dtype = np.dtype(np.int16 if all(plane.max(initial=0) < 1 << 15 for plane in planes) else np.int32)
    return np.stack(planes, axis=-1, dtype=dtype)


def _is_sycc(size: Size, container: boxes.Container) -> bool:
    """Whether colours are luma and chroma. If no box says, sub-sampled components are chroma, as in Pillow."""
    first = size.components[:3]
    if len(first) < 3 or len({component[:2] for component in first}) > 1 or first[0].signed:
        return False
    if container.colorspace in (boxes.SRGB, boxes.GRAY, boxes.SYCC, boxes.CMYK):
        return container.colorspace == boxes.SYCC
    return container.palette is None and all(component[2:] != first[0][2:] for component in first[1:])


def _repeated(plane: NDArray[Any], area: Rectangle, rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
    """Samples of a sub-sampled component at some rows and columns of its own grid."""
    if plane.size == 0:
        return np.zeros((len(rows), len(columns)), plane.dtype)
    rows, columns = np.clip(rows - area.y0, 0, area.height - 1), np.clip(columns - area.x0, 0, area.width - 1)
    repeated: NDArray[Any] = plane[rows[:, None], columns]
    return repeated


def _look_up(
    planes: list[NDArray[Any]], palette: boxes.Palette, component: int, through: int, column: int
) -> NDArray[Any]:
    """One channel by its entry of the component mapping box (I.5.3.5): a component, or a column of the palette."""
    if component >= len(planes) or (through and column >= palette.values.shape[1]):
        raise FormatError("cmap: no such component or palette column", clause="I.5.3.5")
    if not through:
        return planes[component]
    values = palette.values[:, column].astype(np.uint8 if palette.depths[column] <= 8 else np.uint16)
    return values.take(planes[component].astype(np.int64), mode="clip")
