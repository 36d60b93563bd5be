"""The whole codec on one screen, in both directions, by the literal stages (T.800).

    level shift -> RCT or ICT -> 5/3 or 9/7 -> quantization -> bit-planes and MQ coder -> tag trees and packets

There is one tile, one quality layer, and code-blocks of 64 x 64. :func:`.encoder.encode` and
:func:`.decoder.decode` do the same for all kinds of files, and many times as fast. Tests compare the two.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.jpeg2000 import component_transform, quantization, wavelet
from numjpeg.jpeg2000.block_coding.contexts import BAND_KIND
from numjpeg.jpeg2000.block_coding.literal import decode_block, encode_block
from numjpeg.jpeg2000.container import codestream, packets, progression
from numjpeg.jpeg2000.container.codestream import CodingStyle, ComponentSize, Quantization, Size, TileStyle
from numjpeg.jpeg2000.container.geometry import LOG2_GAIN, Rectangle, Tile, TileComponent
from numjpeg.jpeg2000.container.tag_tree import TagTree

DEPTH = 8
GUARD_BITS = 3


def encode(image: NDArray[np.uint8], *, step: float | None = None, levels: int = 3) -> bytes:
    """Encode uint8 ``(H, W)`` or ``(H, W, 3)``, lossless or with one quantization ``step`` for all sub-bands."""
    planes: list[NDArray[Any]] = [image] if image.ndim == 2 else list(np.moveaxis(image, -1, 0))
    reversible, colour = step is None, len(planes) == 3
    planes = [quantization.level_shift(plane, DEPTH) for plane in planes]  # G.1
    if not reversible:
        planes = [plane.astype(np.float32) for plane in planes]
    if colour:  # G.2, G.3
        r, g, b = planes
        planes = list(component_transform.rct(r, g, b) if reversible else component_transform.ict(r, g, b))

    height, width = image.shape[:2]
    size = Size(0, width, height, 0, 0, width, height, 0, 0, (ComponentSize(DEPTH, False, 1, 1),) * len(planes))
    coding = CodingStyle(levels, 6, 6, 0, reversible, ((15, 15),) * (levels + 1))
    style = TileStyle(False, progression.NAMES.index("LRCP"), 1, colour, coding)
    steps = Quantization(0 if reversible else 2, GUARD_BITS, tuple(_steps(step, levels)))  # E.1
    box = Rectangle(0, 0, width, height)
    tile = Tile(0, box, [TileComponent(box, coding, steps, DEPTH, 0) for _ in planes])

    bands: dict[int, NDArray[Any]] = {}
    for component, low in zip(tile.components, planes, strict=True):
        for resolution in component.resolutions[:0:-1]:  # F.4
            low, *high = wavelet.forward(low, 0, 0, reversible)
            bands |= {id(band): values for band, values in zip(resolution.bands, high, strict=True)}
        bands[id(component.resolutions[0].bands[0])] = low

    body: list[bytes] = []
    for packet in progression.packets(size, tile, style.progression, 1, ()):  # B.12
        resolution = tile.components[packet.component].resolutions[packet.resolution]
        precinct, parts = [], []
        for of_band in resolution.precinct(packet.precinct):
            coded: list[packets.Contribution | None] = []
            for block in of_band.blocks:
                values = bands[id(block.band)][block.box.within(block.band.box)]
                if not reversible:
                    values = quantization.quantize(values, block.band.step)  # E.1
                bit_planes, data = encode_block(values, BAND_KIND[block.band.orientation])  # C, D
                block.zero_planes = block.band.planes - bit_planes
                coded.append(packets.Contribution(3 * bit_planes - 2, [data]) if bit_planes else None)
            first_layers = [0 if part else 1 for part in coded]
            rows = len(coded) // max(1, of_band.width)
            missing = [block.zero_planes for block in of_band.blocks]
            trees = [TagTree(of_band.width, rows, values) for values in (first_layers, missing) if coded]
            precinct.append(of_band._replace(inclusion=trees[0], zero_planes=trees[1]) if coded else of_band)
            parts.append(coded)
        body += packets.write_packet(precinct, 0, 0, parts)  # B.9, B.10
    head = [codestream.START[:2], codestream.write_size(size)]  # A
    head += [codestream.write_coding_style(style), codestream.write_quantization(steps)]
    return b"".join([*head, *codestream.write_tile_part(0, body), b"\xff\xd9"])


def decode(data: bytes) -> NDArray[np.uint8]:
    """Decode a bare codestream of one tile and 8 bits a sample."""
    stream = codestream.read_codestream(data, 0, len(data), codestream.Sink())  # A
    size, style = stream.size, stream.style(0)
    coding, steps, box = style.components, stream.quantization(0, 0), Rectangle(0, 0, size.Xsiz, size.Ysiz)
    tile = Tile(0, box, [TileComponent(box, coding, steps, DEPTH, 0) for _ in size.components])
    content = b"".join(data[start:stop] for start, stop in stream.tiles[0].parts)
    reader = packets.PacketReader(content, None)
    for packet in progression.packets(size, tile, style.progression, style.layers, ()):  # B.12
        resolution = tile.components[packet.component].resolutions[packet.resolution]
        reader.read(resolution.precinct(packet.precinct), packet.layer, coding.block_style, True)  # B.9, B.10

    planes: list[NDArray[Any]] = []
    for component in tile.components:
        low: NDArray[Any] | None = None
        for resolution in component.resolutions:
            bands = []
            for band in resolution.bands:
                dtype = np.int32 if coding.reversible else np.float32
                coefficients = np.zeros((band.box.height, band.box.width), dtype)
                for block in band.blocks:
                    segments = [(int(passes), bytes(part)) for passes, part in block.segments]
                    shape, kind = (block.box.height, block.box.width), BAND_KIND[band.orientation]
                    half_units = decode_block(segments, shape, kind, band.planes - block.zero_planes)  # C, D
                    window = block.box.within(band.box)
                    if coding.reversible:  # E.1
                        coefficients[window] = quantization.dequantize_reversible(half_units)
                    else:
                        coefficients[window] = quantization.dequantize(half_units, band.step)
                bands.append(coefficients)
            if low is None:
                low = bands[0]
            else:
                hl, lh, hh = bands
                low = wavelet.inverse(low, hl, lh, hh, 0, 0, coding.reversible)  # F.3
        assert low is not None
        planes.append(low)
    if style.component_transform:  # G.2, G.3
        y, u, v = planes
        back = component_transform.inverse_rct if coding.reversible else component_transform.inverse_ict
        planes = list(back(y, u, v))
    planes = [quantization.inverse_level_shift(plane, DEPTH, False).astype(np.uint8) for plane in planes]  # G.1
    return np.stack(planes, axis=-1) if len(planes) > 1 else planes[0]


def _steps(step: float | None, levels: int) -> list[tuple[int, int]]:
    """Exponent and mantissa of LL, and of HL, LH, HH of each resolution (Equation E-3)."""
    steps = []
    for orientation in (0, *(1, 2, 3) * levels):
        dynamic_range = DEPTH + LOG2_GAIN[orientation]
        steps.append((dynamic_range, 0) if step is None else quantization.nearest_step(step, dynamic_range))
    return steps
