"""A picture to coded code-blocks, for one choice of quantization steps. Where they are cut is decided later."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from numjpeg.jpeg2000 import component_transform, quantization, wavelet
from numjpeg.jpeg2000 import region_of_interest as roi
from numjpeg.jpeg2000.block_coding import ht_encoder, lockstep_encoder
from numjpeg.jpeg2000.block_coding.contexts import BAND_KIND
from numjpeg.jpeg2000.block_coding.lockstep_encoder import EncodedBlock
from numjpeg.jpeg2000.container import geometry
from numjpeg.jpeg2000.container.codestream import Quantization
from numjpeg.jpeg2000.container.geometry import LOG2_GAIN, Band, CodeBlock, Rectangle, Tile, TileComponent
from numjpeg.jpeg2000.plan import Plan
from numjpeg.jpeg2000.workers import shared

GUARD_BITS = 2
ROWS = 64  # the component transform takes so many rows at a time, to save memory
ICT_WEIGHTS = (3.0, 3.258, 2.475)
RCT_WEIGHTS = (3.0, 0.6875, 0.6875)
"""Squared error in all three colours that an error of one unit in a transformed component makes."""


@functools.cache
def synthesis_norm(orientation: int, level: int, reversible: bool) -> float:
    """Square root of the squared error in the picture that an error of one unit in a sub-band makes."""
    return _norm_1d(orientation & 1, level, reversible) * _norm_1d(orientation >> 1, level, reversible)


@functools.cache
def _norm_1d(high: int, level: int, reversible: bool) -> float:
    if level == 0:
        return 1.0
    if level > 9:  # from here on, each level doubles the length of the synthesis function
        return _norm_1d(high, level - 1, reversible) * math.sqrt(2)
    scale = 1 << 16 if reversible else 1
    bands = [np.zeros(24, np.int32 if reversible else np.float32) for _ in range(2)]
    bands[high][12] = scale
    join = wavelet.inverse_53 if reversible else wavelet.inverse_97
    signal = join(bands[0], bands[1], 0)
    for _ in range(level - 1):
        signal = join(signal, np.zeros_like(signal), 0)
    return float(np.sqrt(np.sum((signal / scale) ** 2.0)))


def _quantization(plan: Plan, base: float, guard_bits: int) -> Quantization:
    """Steps of all sub-bands: each makes the error in the picture that a step ``base`` on the samples makes."""
    steps, levels = [], plan.style.components.levels
    for level, orientation in [(levels, 0), *((level, o) for level in range(levels, 0, -1) for o in (1, 2, 3))]:
        dynamic_range = plan.depth + LOG2_GAIN[orientation]
        if plan.reversible:
            steps.append((dynamic_range, 0))
        else:
            step = base / synthesis_norm(orientation, level, False)
            steps.append(quantization.nearest_step(step, dynamic_range))
    return Quantization(0 if plan.reversible else 2, guard_bits, tuple(steps))


class _Band(NamedTuple):
    """A sub-band of a tile-component, with its coefficients."""

    band: Band
    component: int
    coefficients: NDArray[Any]  # int32, or float32
    mask: NDArray[np.bool_] | None


def _components(samples: NDArray[Any], plan: Plan) -> list[NDArray[Any]]:
    """Level shift and component transform: int32 or float32 planes."""
    height, width, channels = samples.shape
    dtype = np.int32 if plan.reversible else np.float32
    transform = component_transform.rct if plan.reversible else component_transform.ict
    planes: list[NDArray[Any]] = [np.empty((height, width), dtype) for _ in range(channels)]
    for start in range(0, height, ROWS):
        rows = slice(start, start + ROWS)
        parts: list[NDArray[Any]] = [
            quantization.level_shift(samples[rows, :, c], plan.depth, plan.signed).astype(dtype)
            for c in range(channels)
        ]
        if plan.style.component_transform:
            red, green, blue = parts[:3]
            parts[:3] = transform(red, green, blue)
        for plane, part in zip(planes, parts, strict=True):
            plane[rows] = part
    return planes


def _transform(samples: NDArray[Any], plan: Plan, tile: Tile, mask: NDArray[np.bool_] | None) -> Iterator[_Band]:
    """Level shift, component transform and wavelet of one tile."""
    window = tile.box.within(Rectangle(0, 0, plan.size.Xsiz, plan.size.Ysiz))
    planes, tile_mask = _components(samples[window], plan)[::-1], None if mask is None else mask[window]
    for c, component in enumerate(tile.components):
        low, low_mask = planes.pop(), tile_mask
        bands: list[_Band] = []
        for resolution in component.resolutions[:0:-1]:
            x0, y0 = resolution.box.x0, resolution.box.y0
            low, *high = wavelet.forward(low, x0, y0, plan.reversible)
            low_mask, *masks = (None,) * 4 if low_mask is None else roi.split_mask(low_mask, x0, y0)
            parts = zip(resolution.bands, high, masks, strict=True)
            bands += [_Band(band, c, values, band_mask) for band, values, band_mask in parts]
        bands.append(_Band(component.resolutions[0].bands[0], c, low, low_mask))
        yield from bands


class RatedBlock(NamedTuple):
    """An encoded code-block and what its passes are worth."""

    block: CodeBlock
    encoded: EncodedBlock
    gains: NDArray[np.float64]  # by how much each pass lowers the squared error of the picture


@dataclass
class CodedPicture:
    """All code-blocks of all tiles, encoded with one choice of quantization steps."""

    tiles: list[Tile]
    coded: list[RatedBlock]  # in the order of the tiles
    steps: Quantization
    roi_shift: int
    energy: float  # weighted squared error of a file without any coefficient; only for a PSNR


def code_picture(samples: NDArray[Any], plan: Plan, mask: NDArray[np.bool_] | None, base: float) -> CodedPicture:
    """Transform, quantize and encode the picture; ``base`` is the step of :func:`_quantization`."""
    steps = _quantization(plan, base, GUARD_BITS)
    size, tiles = plan.size, []
    blocks: list[CodeBlock] = []
    scaled: list[NDArray[Any]] = []
    masks: list[NDArray[np.bool_] | None] = []
    weights: list[float] = []
    error_weights = (RCT_WEIGHTS if plan.reversible else ICT_WEIGHTS) if plan.style.component_transform else ()
    for index in range(size.tiles_wide * size.tiles_high):
        tile = _tile(plan, index, steps)
        tiles.append(tile)
        for part in _transform(samples, plan, tile, mask):
            band, values = part.band, part.coefficients
            weight = error_weights[part.component] if part.component < len(error_weights) else 1.0
            weight *= (band.step * synthesis_norm(band.orientation, band.level, plan.reversible)) ** 2
            if not plan.reversible:
                values = values * np.float32(1 / band.step)
            for block in band.blocks:
                window = block.box.within(band.box)
                blocks.append(block)
                scaled.append(values[window])
                masks.append(None if part.mask is None else part.mask[window])
                weights.append(weight)
    energy = 0.0
    if plan.target.psnr is not None:
        energies = map(roi.weighted_energy, scaled, masks)
        energy = sum(weight * block_energy for weight, block_energy in zip(weights, energies, strict=True))
    shift = 0
    if mask is not None:
        shift = roi.shift_for(scaled, masks)
        scaled = [roi.shift_up(v, m, shift) if m is not None else v for v, m in zip(scaled, masks, strict=True)]
    encoded, planes = _encode_blocks(plan, blocks, scaled, shift)
    coded = []
    for block, result, weight in zip(blocks, encoded, weights, strict=True):
        gains = roi.true_gains(np.array(result.gains), result.planes, shift) * weight
        coded.append(RatedBlock(block, result, gains))
    excess = (count - block.band.planes for count, block in zip(planes, blocks, strict=True))
    more_guard_bits = max(0, max(excess, default=0) - shift)  # only pictures of extreme contrast need them
    steps = steps._replace(guard_bits=GUARD_BITS + more_guard_bits)
    for band in {id(c.block.band): c.block.band for c in coded}.values():
        band.planes += shift + more_guard_bits
    for c in coded:
        c.block.zero_planes = c.block.band.planes - c.encoded.planes
    return CodedPicture(tiles, coded, steps, shift, energy)


def _encode_blocks(
    plan: Plan, blocks: Sequence[CodeBlock], scaled: Sequence[NDArray[Any]], shift: int
) -> tuple[list[EncodedBlock], list[int]]:
    """Encode all code-blocks; also return how many magnitude bit-planes each has."""
    if plan.high_throughput:
        values = [block.astype(np.int32) for block in scaled]
        data = _shared(ht_encoder.encode_blocks, plan.workers, ht_encoder.GROUP, values)
        encoded = [EncodedBlock(1, d, [len(d)], [0.0]) if d else EncodedBlock(0, b"", [], []) for d in data]
        return encoded, [int(np.abs(block).max()).bit_length() for block in values]
    kinds = [BAND_KIND[block.band.orientation] for block in blocks]
    wants_gains = not plan.target.lossless or plan.style.layers > 1
    encode = functools.partial(_encode_some, wants_gains=wants_gains, shift=shift)
    encoded = _shared(encode, plan.workers, lockstep_encoder.GROUP, list(zip(scaled, kinds, strict=True)))
    return encoded, [block.planes for block in encoded]


def _encode_some(blocks: list[tuple[NDArray[Any], int]], *, wants_gains: bool, shift: int) -> list[EncodedBlock]:
    values, kinds = zip(*blocks, strict=True)
    return lockstep_encoder.encode_blocks(values, kinds, wants_gains, shift)


_B = TypeVar("_B")
_R = TypeVar("_R")


def _shared(encode: Callable[[list[_B]], list[_R]], workers: int, group: int, blocks: list[_B]) -> list[_R]:
    """Encode code-blocks in one process or in several."""
    if workers == 1 or len(blocks) < 2:
        return encode(blocks)
    encoded: dict[int, _R] = {}
    for part, results in shared(encode, blocks, range(len(blocks)), group, workers):
        encoded.update(zip(part, results, strict=True))
    return [encoded[i] for i in range(len(blocks))]


def _tile(plan: Plan, index: int, steps: Quantization) -> Tile:
    """A tile with all its code-blocks."""
    box = geometry.tile_box(plan.size, index)
    areas = [geometry.component_box(plan.size, c, box) for c in range(len(plan.size.components))]
    components = [TileComponent(area, plan.style.components, steps, plan.depth, 0) for area in areas]
    for component in components:
        for resolution in component.resolutions:
            for k in range(resolution.precinct_count):
                resolution.precinct(k)
    return Tile(index, box, components)
