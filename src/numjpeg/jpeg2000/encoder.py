"""The encoder: a picture to a JPEG 2000 file.

level shift -> components -> wavelet -> quantization -> code-blocks -> where to cut -> packets -> markers -> boxes
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.jpeg2000 import component_transform, quantization, rate_control, wavelet
from numjpeg.jpeg2000 import region_of_interest as roi
from numjpeg.jpeg2000.block_coding import ht_encoder
from numjpeg.jpeg2000.block_coding.contexts import BAND_KIND, HIGH_THROUGHPUT
from numjpeg.jpeg2000.block_coding.lockstep_encoder import EncodedBlock, encode_blocks
from numjpeg.jpeg2000.container import boxes, codestream, packets, progression
from numjpeg.jpeg2000.container.codestream import CodingStyle, ComponentSize, Quantization, Size, TileStyle
from numjpeg.jpeg2000.container.geometry import (
    LOG2_GAIN,
    Band,
    BandOfPrecinct,
    CodeBlock,
    Rectangle,
    Tile,
    TileComponent,
    component_box,
    tile_box,
)
from numjpeg.jpeg2000.container.tag_tree import UNKNOWN, TagTree
from numjpeg.jpeg2000.decoder import decode
from numjpeg.metrics import psnr

GUARD_BITS = 2
PART_15 = 1 << 14
"""Of Rsiz: the file needs T.814."""
SPARE = 1.15
"""How much more than the target the code-blocks should hold, so that the last cuts are good ones."""
ROWS = 64
"""Rows at a time in the component transform."""
FILL_MARGIN = 12
"""Bytes for packet headers that grow when a last few ends are added."""
PSNR_ATTEMPTS, PSNR_TOLERANCE = 5, 0.05
SIZE_TOLERANCE, STEP_ATTEMPTS, COARSEST_STEP = 0.01, 16, 1.0
FINEST_STEP = 1 / 16
"""Of the steps that a search for a size goes down to, in samples."""
ICT_WEIGHTS = (3.0, 3.258, 2.475)
RCT_WEIGHTS = (3.0, 0.6875, 0.6875)
"""Squared error that one unit in a transformed component makes in all three colours."""


def encode(
    image: NDArray[Any],
    *,
    lossless: bool | None = None,
    bits_per_pixel: float | None = None,
    target_psnr: float | None = None,
    target_bytes: int | None = None,
    reversible: bool | None = None,
    layers: int = 1,
    progression: str = "LRCP",
    tile_size: tuple[int, int] | None = None,
    levels: int = 5,
    code_block_size: tuple[int, int] = (64, 64),
    importance: NDArray[Any] | None = None,
    high_throughput: bool = False,
    container: str = "jp2",
    icc_profile: bytes | None = None,
    comment: str | None = None,
) -> bytes:
    """Encode a picture to a JPEG 2000 file (T.800).

    Without a target the file is lossless. At most one of the targets may be given.

    Parameters
    ----------
    image : uint8 or uint16 ``(H, W)`` or ``(H, W, channels)``, 1 to 4 channels: gray, gray and opacity, RGB, RGB
        and opacity.
    lossless : True says so; False asks for a target.
    bits_per_pixel : the whole file has at most so many bits for each of its H * W pixels.
    target_psnr : dB, over all channels, that the decoded picture reaches. Most often it exceeds them by less than
        0.1 dB; a picture that is given back without loss ends the search.
    target_bytes : the whole file has at most so many bytes.
    reversible : 5/3 wavelet on integers (True) or 9/7 (False); None for whichever suits the target.
    layers : quality layers. Each but the last has half the bytes of the next.
    progression : "LRCP", "RLCP", "RPCL", "PCRL" or "CPRL".
    tile_size : (height, width); None for one tile.
    levels : wavelet decompositions, 0 to 32.
    code_block_size : (height, width), powers of two from 4 to 1024 whose product is at most 4096.
    importance : bool or float ``(H, W)``: a region of interest where it is above 0.5. Its coefficients are shifted
        above all others (max-shift, Annex H), and its errors count sixteenfold.
    high_throughput : code the code-blocks by the coder of Part 15 (T.814): several times as fast, files 5 to 10 %
        larger. They cannot be cut, so that a target is reached by the steps, and there is one layer.
    container : "jp2" for a JP2 file, "j2k" for a bare codestream.
    icc_profile : colour profile of a JP2 file.
    comment : a text (Latin-1) in the codestream.

    Raises
    ------
    ValueError, TypeError if an argument is wrong, or the target cannot be reached.
    """
    samples = _checked_image(image)
    plan = _plan(
        samples,
        _target(samples, lossless, bits_per_pixel, target_psnr, target_bytes),
        reversible=reversible,
        layers=_whole(layers, "layers", 1, 65535),
        progression=progression,
        tile_size=tile_size,
        levels=_whole(levels, "levels", 0, 32),
        code_block_size=code_block_size,
        high_throughput=bool(high_throughput),
    )
    if high_throughput and importance is not None:
        raise ValueError("importance: high-throughput code-blocks have no region of interest")
    if container not in ("jp2", "j2k"):
        raise ValueError(f"container: 'jp2' or 'j2k' expected, got {container!r}")
    mask = None if importance is None else roi.region_mask(importance, samples.shape[:2])
    text = None if comment is None else comment.encode("latin-1", "replace")
    front = b""
    if container == "jp2":
        channels = samples.shape[2]
        colorspace = boxes.GRAY if channels < 3 else boxes.SRGB
        opacity = channels - 1 if channels in (2, 4) else None
        brand = b"jph " if high_throughput else b"jp2 "
        front = boxes.write_header(plan.size, colorspace, icc_profile, opacity, brand)
    elif icc_profile is not None:
        raise ValueError("icc_profile: a bare codestream has no place for it")
    room = len(front) + (len(boxes.codestream_box(0)) if front else 0)
    search = _search_steps if high_throughput else _search
    body = search(samples, plan, mask, text, room)
    return front + (boxes.codestream_box(len(body)) if front else b"") + body


# --- arguments


class _Target(NamedTuple):
    """What the file should be: lossless where both are None."""

    size: int | None
    psnr: float | None

    @property
    def lossless(self) -> bool:
        return self.size is None and self.psnr is None


def _checked_image(image: Any) -> NDArray[Any]:
    array = np.asarray(image)
    if array.dtype not in (np.uint8, np.uint16):
        raise TypeError(f"image: uint8 or uint16 samples expected, got {array.dtype}")
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or not 1 <= array.shape[2] <= 4 or array.size == 0:
        raise ValueError(f"image: (H, W) or (H, W, 1 to 4) expected, got {np.shape(image)}")
    return array


def _whole(value: Any, name: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: an integer expected, got {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{name}: {value} is not in {low}..{high}")
    return int(value)


def _target(
    samples: NDArray[Any],
    lossless: bool | None,
    bits_per_pixel: float | None,
    target_psnr: float | None,
    target_bytes: int | None,
) -> _Target:
    named = {"bits_per_pixel": bits_per_pixel, "target_psnr": target_psnr, "target_bytes": target_bytes}
    given = [name for name, value in named.items() if value is not None]
    if len(given) + bool(lossless) > 1:
        raise ValueError(f"{given[0]}: only one of lossless and the targets can be asked for")
    if lossless is False and not given:
        raise ValueError("lossless: False needs bits_per_pixel, target_psnr or target_bytes")
    for name in given:
        value = named[name]
        if not isinstance(value, int | float | np.number) or isinstance(value, bool):
            raise TypeError(f"{name}: a number expected, got {value!r}")
        if not 0 < float(value) < math.inf:
            raise ValueError(f"{name}: {value} is not a positive number")
    if bits_per_pixel is not None:
        return _Target(int(bits_per_pixel * samples.shape[0] * samples.shape[1] / 8), None)
    return _Target(None if target_bytes is None else int(target_bytes), target_psnr)


@dataclass(frozen=True)
class _Plan:
    """What the markers will say, but for the quantization steps."""

    size: Size
    style: TileStyle
    target: _Target
    depth: int

    @property
    def reversible(self) -> bool:
        return self.style.components.reversible

    @property
    def high_throughput(self) -> bool:
        return self.style.components.block_style == HIGH_THROUGHPUT


def _plan(
    samples: NDArray[Any],
    target: _Target,
    *,
    reversible: bool | None,
    layers: int,
    progression: str,
    tile_size: tuple[int, int] | None,
    levels: int,
    code_block_size: tuple[int, int],
    high_throughput: bool,
) -> _Plan:
    height, width, channels = samples.shape
    depth = samples.dtype.itemsize * 8
    if reversible is None:
        reversible = target.lossless
    if target.lossless and not reversible:
        raise ValueError("reversible: a lossless file needs the reversible wavelet")
    if high_throughput and (layers > 1 or (reversible and not target.lossless)):
        name = "layers" if layers > 1 else "reversible"
        raise ValueError(f"{name}: high-throughput code-blocks cannot be cut")
    order = _order(progression)
    tile_height, tile_width = (height, width) if tile_size is None else _pair(tile_size, "tile_size", 1, 1 << 31)
    block_height, block_width = _pair(code_block_size, "code_block_size", 4, 1024)
    if block_height & block_height - 1 or block_width & block_width - 1 or block_height * block_width > 4096:
        raise ValueError(f"code_block_size: {code_block_size} are not powers of two of product 4096 at most")
    components = (ComponentSize(depth, False, 1, 1),) * channels
    size = Size(PART_15 if high_throughput else 0, width, height, 0, 0, tile_width, tile_height, 0, 0, components)
    if size.tiles_wide * size.tiles_high > 65535:
        raise ValueError(f"tile_size: {size.tiles_wide * size.tiles_high} tiles are more than 65535")
    precincts = ((15, 15),) * (levels + 1)
    xcb, ycb = block_width.bit_length() - 1, block_height.bit_length() - 1
    style = CodingStyle(levels, xcb, ycb, HIGH_THROUGHPUT if high_throughput else 0, reversible, precincts)
    return _Plan(size, TileStyle(False, order, layers, channels >= 3, style), target, depth)


def _order(name: Any) -> int:
    if name not in progression.NAMES:
        raise ValueError(f"progression: one of {', '.join(progression.NAMES)} expected, got {name!r}")
    return progression.NAMES.index(name)


def _pair(value: Any, name: str, low: int, high: int) -> tuple[int, int]:
    if not isinstance(value, Sequence) or len(value) != 2:
        raise ValueError(f"{name}: (height, width) expected, got {value!r}")
    return _whole(value[0], name, low, high), _whole(value[1], name, low, high)


# --- steps


@functools.cache
def synthesis_norm(orientation: int, level: int, reversible: bool) -> float:
    """Square root of the squared error that one unit in a sub-band makes in the picture."""
    return _norm_1d(orientation & 1, level, reversible) * _norm_1d(orientation >> 1, level, reversible)


@functools.cache
def _norm_1d(high: int, level: int, reversible: bool) -> float:
    if level == 0:
        return 1.0
    if level > 9:  # from here on each level makes functions of twice the length
        return _norm_1d(high, level - 1, reversible) * math.sqrt(2)
    scale = 1 << 16 if reversible else 1
    bands = [np.zeros(24, np.int32 if reversible else np.float32) for _ in range(2)]
    bands[high][12] = scale
    join = wavelet.inverse_53 if reversible else wavelet.inverse_97
    signal = join(bands[0], bands[1], 0)
    for _ in range(level - 1):
        signal = join(signal, np.zeros_like(signal), 0)
    return float(np.sqrt(np.sum((signal / scale) ** 2.0)))


def _quantization(plan: _Plan, base: float, guard_bits: int) -> Quantization:
    """Steps of all sub-bands: each makes the error in the picture that a step of ``base`` would make there."""
    steps = []
    levels = plan.style.components.levels
    for level, orientations in [(levels, (0,))] + [(level, (1, 2, 3)) for level in range(levels, 0, -1)]:
        for orientation in orientations:
            dynamic_range = plan.depth + LOG2_GAIN[orientation]
            if plan.reversible:
                steps.append((dynamic_range, 0))
            else:
                step = base / synthesis_norm(orientation, level, False)
                steps.append(quantization.nearest_step(step, dynamic_range))
    return Quantization(0 if plan.reversible else 2, guard_bits, tuple(steps))


# --- coefficients


class _Band(NamedTuple):
    """A sub-band with its coefficients, in the order of T.800."""

    band: Band
    component: int
    coefficients: NDArray[Any]
    """int32, or float32."""
    mask: NDArray[np.bool_] | None


def _components(samples: NDArray[Any], plan: _Plan) -> list[NDArray[Any]]:
    """Level shift and component transform: int32 or float32 planes. Some rows at a time, for the memory's sake."""
    height, width, channels = samples.shape
    dtype = np.int32 if plan.reversible else np.float32
    transform = component_transform.rct if plan.reversible else component_transform.ict
    planes: list[NDArray[Any]] = [np.empty((height, width), dtype) for _ in range(channels)]
    for start in range(0, height, ROWS):
        rows = slice(start, start + ROWS)
        parts: list[NDArray[Any]] = [
            quantization.level_shift(samples[rows, :, c], plan.depth).astype(dtype) for c in range(channels)
        ]
        if plan.style.component_transform:
            red, green, blue = parts[:3]
            parts[:3] = transform(red, green, blue)
        for plane, part in zip(planes, parts, strict=True):
            plane[rows] = part
    return planes


def _transform(samples: NDArray[Any], plan: _Plan, tile: Tile, mask: NDArray[np.bool_] | None) -> Iterator[_Band]:
    """Level shift, component transform and wavelet of one tile."""
    rows, columns = tile.box.within(Rectangle(0, 0, plan.size.Xsiz, plan.size.Ysiz))
    planes = _components(samples[rows, columns], plan)
    own_mask = None if mask is None else mask[rows, columns]
    planes.reverse()
    for c, component in enumerate(tile.components):
        low, low_mask = planes.pop(), own_mask
        found: list[_Band] = []
        for resolution in component.resolutions[:0:-1]:
            x0, y0 = resolution.box.x0, resolution.box.y0
            low, *high = wavelet.forward(low, x0, y0, plan.reversible)
            masks: Sequence[NDArray[np.bool_] | None] = (None,) * 4
            if low_mask is not None:
                masks = roi.split_mask(low_mask, x0, y0)
            low_mask = masks[0]
            found += [
                _Band(band, c, values, own)
                for band, values, own in zip(resolution.bands, high, masks[1:], strict=True)
            ]
        found.append(_Band(component.resolutions[0].bands[0], c, low, low_mask))
        yield from found


class _Coded(NamedTuple):
    """A code-block of the picture, encoded."""

    block: CodeBlock
    encoded: EncodedBlock
    gains: NDArray[np.float64]
    """By how much each pass lowers the squared error of the picture."""


@dataclass
class _Picture:
    """All code-blocks of all tiles, for one choice of steps."""

    tiles: list[Tile]
    coded: list[_Coded]
    steps: Quantization
    roi_shift: int
    energy: float
    """Squared error of a picture of no coefficients at all."""


def _search(
    samples: NDArray[Any], plan: _Plan, mask: NDArray[np.bool_] | None, comment: bytes | None, room: int
) -> bytes:
    """Choose the steps and where to cut. Coarse steps save time: bit-planes nobody takes are not coded."""
    base = 1.0 if plan.reversible else _first_step(samples, plan)
    if mask is not None and not plan.reversible:
        base /= math.sqrt(roi.WEIGHT)  # the region is coded that much finer
    while True:
        picture = _code(samples, plan, mask, base)
        writer = _Writer(plan, picture, comment)
        if plan.target.lossless:
            return writer.lossless()
        final = plan.reversible or base <= FINEST_STEP
        if plan.target.psnr is not None:
            found = writer.to_psnr(samples, plan.target.psnr)
        else:
            found = writer.to_size(int(plan.target.size or 0) - room, final)
        if found is not None or final:
            return writer.everything() if found is None else found
        base /= 2


def _search_steps(
    samples: NDArray[Any], plan: _Plan, mask: NDArray[np.bool_] | None, comment: bytes | None, room: int
) -> bytes:
    """Reach a target by the steps alone, where code-blocks cannot be cut: bisection of their logarithm."""

    def attempt(base: float) -> bytes:
        return _Writer(plan, _code(samples, plan, mask, base), comment).everything()

    if plan.target.lossless:
        return attempt(1.0)
    step, best = _first_step(samples, plan), None
    low, high = math.log2(FINEST_STEP), math.log2(COARSEST_STEP * (1 << plan.depth))
    at = math.log2(step)
    for _ in range(STEP_ATTEMPTS):
        data = attempt(2.0**at)
        if plan.target.psnr is not None:
            beyond = psnr(samples, decode(data).reshape(samples.shape)) - plan.target.psnr
            done, good = 0 <= beyond < PSNR_TOLERANCE, beyond >= 0
            slope = 1 / 6.02
        else:
            beyond = (int(plan.target.size or 0) - room) / len(data) - 1
            done, good = 0 <= beyond < SIZE_TOLERANCE, beyond >= 0
            slope = -1.0
        better = good and (best is None or (len(data) < len(best)) == (plan.target.psnr is not None))
        best = data if better else best
        if done:
            break
        # More bytes need finer steps; less quality allows coarser ones.
        if (beyond > 0) == (slope > 0):
            low = max(low, at)
        else:
            high = min(high, at)
        guess = at + float(np.clip(slope * beyond, -2, 2))
        at = guess if low < guess < high else (low + high) / 2
        if high - low < 1e-3:
            break
    if best is None:
        raise ValueError("target: no step reaches it")
    return best


def _first_step(samples: NDArray[Any], plan: _Plan) -> float:
    """A step that should do: that of the error wanted, or by a rough guess at the bits that a step costs."""
    peak = (1 << plan.depth) - 1
    if plan.target.psnr is not None:
        return max(FINEST_STEP, 2.0 ** math.floor(math.log2(peak * 10 ** (-plan.target.psnr / 20))))
    pixels = samples.shape[0] * samples.shape[1]
    wanted = int(plan.target.size or 0) * 8 / pixels
    gray = samples[..., 0].astype(np.float32)
    high = wavelet.forward(gray, 0, 0, False)[1:] if min(gray.shape) > 1 else (gray,)
    spread = float(np.mean([np.mean(np.abs(band)) for band in high])) + 1e-3
    # A Laplacian of mean magnitude m costs about log2(m / step) + 2.4 bits where that is well above 0.
    step = spread * 2.0 ** (2.4 - max(0.2, wanted))
    return max(FINEST_STEP, 2.0 ** math.floor(math.log2(max(1.0, step)) if wanted < 4 else -2))


def _code(samples: NDArray[Any], plan: _Plan, mask: NDArray[np.bool_] | None, base: float) -> _Picture:
    """Everything up to the code-blocks' bytes."""
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
                where = block.box.within(band.box)
                blocks.append(block)
                scaled.append(values[where])
                masks.append(None if part.mask is None else part.mask[where])
                weights.append(weight)
    shift = 0
    if mask is not None:
        shift = roi.shift_for(scaled, masks)
        scaled = [roi.shift_up(v, m, shift) if m is not None else v for v, m in zip(scaled, masks, strict=True)]
    encoded, planes = _encode_blocks(plan, blocks, scaled, shift)
    coded = []
    for block, own, weight in zip(blocks, encoded, weights, strict=True):
        coded.append(_Coded(block, own, roi.true_gains(np.array(own.gains), own.planes, shift) * weight))
    energy = 0.0
    if plan.target.psnr is not None:
        energy = sum(
            w * float(np.sum(np.square(v, dtype=np.float64))) for v, w in zip(scaled, weights, strict=True)
        )
    needed = max((own - block.band.planes for own, block in zip(planes, blocks, strict=True)), default=0) - shift
    if needed > 0:  # only pictures of extreme contrast
        steps = steps._replace(guard_bits=GUARD_BITS + needed)
        for band in {id(c.block.band): c.block.band for c in coded}.values():
            band.planes += needed
    for band in {id(c.block.band): c.block.band for c in coded}.values():
        band.planes += shift
    for c in coded:
        c.block.zero_planes = c.block.band.planes - c.encoded.planes
    return _Picture(tiles, coded, steps, shift, energy)


def _encode_blocks(
    plan: _Plan, blocks: Sequence[CodeBlock], scaled: Sequence[NDArray[Any]], shift: int
) -> tuple[list[EncodedBlock], list[int]]:
    """Encode all code-blocks; and how many magnitude bit-planes each has."""
    if plan.high_throughput:
        values = [block.astype(np.int32) for block in scaled]
        data = ht_encoder.encode_blocks(values)
        encoded = [
            EncodedBlock(1, own, [len(own)], [0.0]) if own else EncodedBlock(0, b"", [], []) for own in data
        ]
        return encoded, [int(np.abs(block).max()).bit_length() for block in values]
    kinds = [BAND_KIND[block.band.orientation] for block in blocks]
    wants_gains = not plan.target.lossless or plan.style.layers > 1
    encoded = encode_blocks(scaled, kinds, wants_gains, shift)
    return encoded, [block.planes for block in encoded]


def _tile(plan: _Plan, index: int, steps: Quantization) -> Tile:
    """A tile with all its code-blocks."""
    box = tile_box(plan.size, index)
    components = []
    for c in range(len(plan.size.components)):
        own = component_box(plan.size, c, box)
        components.append(TileComponent(own, plan.style.components, steps, plan.depth, 0))
    for component in components:
        for resolution in component.resolutions:
            for k in range(resolution.precincts_wide * resolution.precincts_high):
                resolution.precinct(k)
    return Tile(index, box, components)


# --- putting the file together


class _Writer:
    """Puts files together, of code-blocks that are cut here or there."""

    def __init__(self, plan: _Plan, picture: _Picture, comment: bytes | None) -> None:
        self.plan, self.picture = plan, picture
        self.number = {id(c.block): i for i, c in enumerate(picture.coded)}
        self.head = self._main_header(comment)
        self.all_passes = np.array([len(c.encoded.lengths) for c in picture.coded], np.int64)

    @functools.cached_property
    def ends(self) -> rate_control.Ends:
        """Of all code-blocks, best first."""
        coded = self.picture.coded
        return rate_control.sort_ends([c.encoded.lengths for c in coded], [c.gains for c in coded])

    def _main_header(self, comment: bytes | None) -> bytes:
        plan, picture = self.plan, self.picture
        parts = [codestream.START[:2], codestream.write_size(plan.size)]
        if plan.high_throughput:
            most = max((c.block.band.planes for c in picture.coded), default=1)
            parts.append(codestream.write_capabilities(most, plan.reversible))
        parts += [codestream.write_coding_style(plan.style), codestream.write_quantization(picture.steps)]
        if picture.roi_shift:
            parts += [codestream.write_roi(c, picture.roi_shift) for c in range(len(plan.size.components))]
        if comment is not None:
            parts.append(codestream.write_comment(comment))
        return b"".join(parts)

    def lossless(self) -> bytes:
        """All passes; the layers before the last by their worth."""
        return self._layered(None)

    def everything(self) -> bytes:
        """All that the finest steps give."""
        return self._layered(None)

    def to_size(self, target: int, final: bool) -> bytes | None:
        """The best file of at most so many bytes; None where finer steps could fill it better."""
        ends = self.ends
        if len(ends.sizes) and ends.sizes[-1] < SPARE * target and not final:
            return None
        whole = self._layered(len(ends.sizes)) if not len(ends.sizes) or ends.sizes[-1] <= target else None
        if whole is not None and len(whole) <= target:
            return whole
        count = rate_control.fit(ends.sizes, target, lambda count: len(self._layered(count)))
        found = self._layered(count)
        if len(found) > target:
            raise ValueError(f"target: {target} bytes are too few; without any coefficient there are {len(found)}")
        filled = self._layered(count, rate_control.fill(ends, count, target - len(found) - FILL_MARGIN))
        return filled if len(found) <= len(filled) <= target else found

    def to_psnr(self, samples: NDArray[Any], target: float) -> bytes | None:
        """The smallest file that reaches a quality; None where that needs finer steps.

        What the coefficients say leaves out that samples are rounded and clipped: each attempt is decoded.
        """
        peak = (1 << self.plan.depth) - 1
        wanted = samples.size * (peak * 10 ** (-target / 20)) ** 2
        errors = self.picture.energy - self.ends.errors
        best: bytes | None = None
        allowed, most = wanted, len(errors)
        for _ in range(PSNR_ATTEMPTS):
            count = 0 if self.picture.energy <= allowed else int(np.searchsorted(-errors, -allowed)) + 1
            if count > most:
                break
            data = self._layered(count)
            reached = psnr(samples, decode(data).reshape(samples.shape))
            if reached >= target and (best is None or len(data) < len(best)):
                best = data
            if target <= reached < target + PSNR_TOLERANCE or not math.isfinite(reached) or not count:
                break
            allowed *= 10 ** ((reached - target - PSNR_TOLERANCE / 2) / 10)
        return best

    def _layered(self, count: int | None, more: Sequence[tuple[int, int]] = ()) -> bytes:
        """A file of the best so many ends, or of all passes; each layer has half the bytes of the next.

        ``more`` are further ends of the last layer.
        """
        layers, blocks = self.plan.style.layers, len(self.picture.coded)
        last = self.all_passes if count is None else self.ends.passes_of(count, blocks)
        for block, passes in more:
            last[block] = passes
        cuts = [last]
        if layers > 1:
            stop = len(self.ends.sizes) if count is None else count
            total = int(self.ends.sizes[stop - 1]) if stop else 0
            for layer in range(1, layers):
                part = int(np.searchsorted(self.ends.sizes[:stop], total >> layer, side="right"))
                cuts.append(np.minimum(self.ends.passes_of(part, blocks), last))
        return self._assemble(cuts[::-1])

    def _assemble(self, cuts: Sequence[NDArray[np.int64]]) -> bytes:
        """``cuts`` says, for each layer, how many passes of each code-block it goes up to."""
        parts = [self.head]
        for tile in self.picture.tiles:
            parts += codestream.write_tile_part(tile.index, self._packets(tile, [cut.tolist() for cut in cuts]))
        parts.append(b"\xff\xd9")
        return b"".join(parts)

    def _packets(self, tile: Tile, cuts: Sequence[Sequence[int]]) -> list[bytes]:
        style = self.plan.style
        fresh: dict[tuple[int, int, int], list[BandOfPrecinct]] = {}
        body: list[bytes] = []
        for packet in progression.packets(self.plan.size, tile, style.progression, style.layers, ()):
            place = packet[1:]
            resolution = tile.components[packet.component].resolutions[packet.resolution]
            if place not in fresh:
                fresh[place] = [self._fresh(band, cuts) for band in resolution.precinct(packet.precinct)]
            precinct = fresh[place]
            parts = [[self._contribution(block, packet.layer, cuts) for block in band.blocks] for band in precinct]
            body += packets.write_packet(precinct, packet.layer, style.components.block_style, parts)
        return body

    def _fresh(self, band: BandOfPrecinct, cuts: Sequence[Sequence[int]]) -> BandOfPrecinct:
        """A precinct's sub-band before its first packet, with the values of its tag trees."""
        if not band.blocks:
            return band
        first, zero_planes = [], []
        for block in band.blocks:
            block.passes, block.length_bits = 0, 3
            i = self.number[id(block)]
            layer = next((layer for layer, cut in enumerate(cuts) if cut[i]), None)
            first.append(len(cuts) if layer is None else layer)
            zero_planes.append(UNKNOWN if layer is None else block.zero_planes)
        width, height = band.width, len(band.blocks) // band.width
        inclusion, missing = TagTree(width, height, first), TagTree(width, height, zero_planes)
        return band._replace(inclusion=inclusion, zero_planes=missing)

    def _contribution(
        self, block: CodeBlock, layer: int, cuts: Sequence[Sequence[int]]
    ) -> packets.Contribution | None:
        i = self.number[id(block)]
        passes, before = cuts[layer][i], cuts[layer - 1][i] if layer else 0
        if passes <= before:
            return None
        encoded = self.picture.coded[i].encoded
        start = encoded.lengths[before - 1] if before else 0
        piece = encoded.data[start : encoded.lengths[passes - 1]]
        if layer == len(cuts) - 1 or cuts[-1][i] == passes:
            piece = piece.rstrip(b"\xff")
        return packets.Contribution(passes - before, [piece])
