"""Pixels <-> quantized coefficients in pieces that fit a processor's cache.

A *band* is some rows of MCUs, a *tile* a piece of one. Both directions work band by band. The blocks of a band lie
in memory as 64 planes, one for each coefficient, so that each line of a transform is a contiguous array over all
blocks. RGB pictures with the usual subsampling take the fused stages (:mod:`numjpeg.fast.samples.forward_dct`);
the rest takes the stages themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, chain
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Component, ceil_div
from numjpeg.colorspaces import from_components, to_components
from numjpeg.fast.plan_store import PLANS
from numjpeg.fast.samples import forward_dct
from numjpeg.stages.blocks import pad_edges, split_blocks
from numjpeg.stages.dct import fdct
from numjpeg.stages.level_shift import level_shift
from numjpeg.stages.quantization import quantize
from numjpeg.stages.subsampling import downsample, upsample
from numjpeg.workspace import Workspace

Sample = TypeVar("Sample", bound=np.generic)

ASSEMBLY_PIXELS = 1 << 17
"""Pixels that are upsampled and converted at a time. That is about 70 calls and 0.2 ms, however few there are."""

ANALYSIS_BLOCKS = 9 << 9
"""Blocks in a band of :func:`analyse`, all components together. With 4:2:0 they are three times 65,536 pixels."""

TILE_BLOCKS = 3 << 9
"""Blocks that it has in flight at a time on the way there: of 4:2:0 65,536 pixels. With twice as many BLAS
might start threads (:data:`numjpeg.workspace.PRODUCT_LIMIT`)."""
TILE_BYTES = 2500
"""What each of them takes, about."""

KEPT_PIXELS = 1 << 20
"""The memory for a picture up to this size is kept for the next one of its kind. To ask for it and to make all
views takes a tenth of the time at 512 x 512 pixels."""

# --- pixels to coefficients ------------------------------------------------------------------------------


def analyse(
    image: NDArray[np.uint8],
    components: Sequence[Component],
    tables: Sequence[NDArray[np.uint16]],
    source: str,
    stored: str,
    dct_method: str = "islow",
    first: int = 0,
) -> Iterator[list[NDArray[np.int16]]]:
    """Turn a picture into quantized coefficients, band by band: the fast form of ``encoder._planes``.

    Parameters
    ----------
    image : uint8 ``(H, W, channels)``, any strides.
    components : one a channel. tables : the quantization table of each.
    source, stored : colour space of the picture and of the file (:func:`to_components`).
    dct_method : as in :func:`numjpeg.stages.dct.fdct`.
    first : the band to begin with.

    Yields
    ------
    For each component int16 ``(block rows, block columns, 8, 8)``: whole MCU rows, from top to bottom. The arrays
    are overwritten when the next band is asked for.
    """
    height, width, _ = image.shape
    v_max = max(c.V for c in components)
    small = height * width <= KEPT_PIXELS and dct_method == "islow"
    key = _Analyser, image.shape, tuple(components), source, stored
    analyser = (PLANS.take(key) if small else None) or _Analyser(components, tables, source, stored)
    analyser.set_tables(tables)
    room = ANALYSIS_BLOCKS if dct_method == "islow" else TILE_BLOCKS
    columns = ceil_div(width, 8 * max(c.H for c in components))
    step = 8 * v_max * max(1, room // (columns * sum(c.H * c.V for c in components)))
    for top in range(first * step, height, step):
        band = image[top : top + step]
        if dct_method == "islow":
            yield analyser.band(band)
        else:
            blocks = component_blocks(band, components, source, stored)
            yield [
                quantize(fdct(_by_coefficient(own), dct_method), table)
                for own, table in zip(blocks, tables, strict=True)
            ]
    if small:
        PLANS.put(key, analyser)


def is_fusible(components: Sequence[Component], source: str, stored: str) -> bool:
    """Whether :class:`numjpeg.fast.samples.forward_dct.YcbcrSamples` knows these colours and factors."""
    first, *others = ((c.H, c.V) for c in components)
    colours = (source, stored) in (("RGB", "YCbCr"), ("BGR", "YCbCr"))
    return colours and first in forward_dct.RATIOS and others == [(1, 1), (1, 1)]


class _Analyser:
    """Turns bands of pixels into quantized coefficients by the fused stages, a tile of whole MCUs at a time."""

    def __init__(
        self, components: Sequence[Component], tables: Sequence[NDArray[np.uint16]], source: str, stored: str
    ) -> None:
        self.components, self.tables = components, [table.copy() for table in tables]
        self.source, self.stored = source, stored
        self.h_max, self.v_max = max(c.H for c in components), max(c.V for c in components)
        self.fusible = is_fusible(components, source, stored)
        self.workspace = Workspace()
        self.stages: dict[tuple[int, ...], _TileStages] = {}

    def set_tables(self, tables: Sequence[NDArray[np.uint16]]) -> None:
        """Take other quantization tables, one for each component."""
        if not all(map(np.array_equal, self.tables, tables)):
            self.tables = [table.copy() for table in tables]
            for stages in self.stages.values():
                stages.factors = forward_dct.reciprocals(tables, stages.counts)

    @property
    def nbytes(self) -> int:
        """Bytes of memory, about (:class:`numjpeg.fast.plan_store.Plan`)."""
        return self.workspace.nbytes + TILE_BYTES * sum(sum(stages.counts) for stages in self.stages.values())

    def band(self, image: NDArray[np.uint8]) -> list[NDArray[np.int16]]:
        """The coefficients of a band, in the workspace's memory."""
        height, width, _ = image.shape
        planes = [
            self.workspace.array(f"plane {i}", (8, 8, *size), np.int16)
            for i, size in enumerate(self._block_sizes(height, width))
        ]
        # Tiles take whole rows of MCUs, or where a row is too long, pieces of it of about equal width.
        mcus = max(1, TILE_BLOCKS // sum(c.H * c.V for c in self.components))
        columns = ceil_div(width, 8 * self.h_max)
        columns = ceil_div(columns, ceil_div(columns, mcus))
        rows = max(1, mcus // columns)
        for top in range(0, height, 8 * self.v_max * rows):
            for left in range(0, width, 8 * self.h_max * columns):
                tile = image[top : top + 8 * self.v_max * rows, left : left + 8 * self.h_max * columns]
                targets = []
                sizes = self._block_sizes(*tile.shape[:2])
                for c, plane, (own_rows, own_columns) in zip(self.components, planes, sizes, strict=True):
                    y, x = top // (8 * self.v_max) * c.V, left // (8 * self.h_max) * c.H
                    targets.append(plane[:, :, y : y + own_rows, x : x + own_columns])
                if self.fusible:
                    self._by_fused_stages(tile, targets)
                else:
                    self._by_stages(tile, targets)
        return [plane.transpose(2, 3, 0, 1) for plane in planes]

    def _block_sizes(self, height: int, width: int) -> list[tuple[int, int]]:
        return [
            (ceil_div(ceil_div(height * c.V, self.v_max), 8), ceil_div(ceil_div(width * c.H, self.h_max), 8))
            for c in self.components
        ]

    def _by_fused_stages(self, tile: NDArray[np.uint8], targets: Sequence[NDArray[np.int16]]) -> None:
        """Fill the targets. The tile is padded to whole MCUs; blocks outside of the targets are left out."""
        height, width, _ = tile.shape
        h, v = self.h_max, self.v_max
        padded = pad_edges(tile, 8 * v, 8 * h, axis=-3)
        whole_height, whole_width, _ = padded.shape
        rows, columns = whole_height // (8 * v), whole_width // (8 * h)
        sizes = [(rows * c.V, columns * c.H) for c in self.components]
        if (height, width) not in self.stages:  # a picture has four sizes of tiles at the most
            convert = forward_dct.YcbcrSamples(whole_height, whole_width, self.source, (h, v), height)
            self.stages[height, width] = _TileStages(convert.samples, sizes, self.tables, convert)
        stages = self.stages[height, width]
        if stages.convert:
            stages.convert(padded)
        stages.finish(targets)

    def _by_stages(self, tile: NDArray[np.uint8], targets: Sequence[NDArray[np.int16]]) -> None:
        """Fill the targets: by the stages up to the blocks, then by the fused ones."""
        blocks = component_blocks(tile, self.components, self.source, self.stored)
        sizes = [own.shape[:2] for own in blocks]
        key = tuple(chain.from_iterable(sizes))
        if key not in self.stages:
            samples = forward_dct.new_samples(sum(rows * columns for rows, columns in sizes))
            self.stages[key] = _TileStages([samples], sizes, self.tables)
        stages = self.stages[key]
        stages.fill(blocks)
        stages.finish(targets)


class _TileStages:
    """DCT and quantization of tiles of one size, and what comes before where it is fused."""

    def __init__(
        self,
        groups: Sequence[forward_dct.Samples],
        sizes: Sequence[tuple[int, int]],
        tables: Sequence[NDArray[np.uint16]],
        convert: forward_dct.YcbcrSamples | None = None,
    ) -> None:
        """``sizes`` : (rows, columns) of the blocks of each component, which follow each other in the groups."""
        self.groups, self.sizes, self.convert = groups, sizes, convert
        self.counts = counts = [rows * columns for rows, columns in sizes]
        self.slices = [slice(end - count, end) for count, end in zip(counts, accumulate(counts), strict=True)]
        self.transform = forward_dct.Transform(groups)
        self.factors = forward_dct.reciprocals(tables, counts)

    def fill(self, blocks: Sequence[NDArray[np.int16]]) -> None:
        """Put level-shifted blocks ``(rows, columns, 8, 8)`` of each component in."""
        [samples] = self.groups
        for own, size, place in zip(blocks, self.sizes, self.slices, strict=True):
            np.copyto(samples[1:, :, place].reshape(8, 8, *size), own.transpose(3, 2, 0, 1))

    def finish(self, targets: Sequence[NDArray[np.int16]]) -> None:
        """Fill the targets ``(8, 8, rows, columns)``."""
        coefficients = self.transform()
        forward_dct.quantize(coefficients, self.factors, coefficients)
        quantized = forward_dct.low_halves(coefficients)
        for target, size, place in zip(targets, self.sizes, self.slices, strict=True):
            own = quantized[:, :, place].reshape(8, 8, *size)
            np.copyto(target, own[:, :, : target.shape[2], : target.shape[3]])


def component_blocks(
    tile: NDArray[np.uint8], components: Sequence[Component], source: str, stored: str
) -> list[NDArray[np.int16]]:
    """Level-shifted blocks ``(rows, columns, 8, 8)`` of each component of a tile, by the stages."""
    height, width, _ = tile.shape
    h_max, v_max = max(c.H for c in components), max(c.V for c in components)
    # Rows are repeated in two steps, to whole boxes before subsampling and to whole blocks after it; columns to
    # whole blocks at once.
    tile = to_components(pad_edges(tile, v_max, 8 * h_max, axis=-3), source, stored)
    blocks = []
    for i, component in enumerate(components):
        samples = level_shift(tile[:, :, i])
        h, v = h_max // component.H, v_max // component.V
        columns = ceil_div(ceil_div(width, h), 8)
        samples = downsample(samples[:, : columns * 8 * h], h, v)
        rows = ceil_div(ceil_div(height, v), 8)
        blocks.append(split_blocks(pad_edges(samples[: rows * 8])))
    return blocks


def _by_coefficient(blocks: NDArray[Sample]) -> NDArray[Sample]:
    """The same blocks ``(..., 8, 8)``, in memory as 64 planes."""
    planes = np.ascontiguousarray(np.moveaxis(blocks, (-2, -1), (0, 1)))
    return np.moveaxis(planes, (0, 1), (-2, -1))


# --- coefficients to pixels ------------------------------------------------------------------------------


def assemble(
    planes: Sequence[NDArray[Any]],
    components: Sequence[Component],
    source: str,
    target: str,
    out: NDArray[Any],
    fancy_upsampling: bool,
    precision: int,
) -> None:
    """Upsample components and convert their colours, band by band: the fast form of
    :func:`numjpeg.synthesis.assemble`, which tells of the parameters.
    """
    height, width = out.shape[:2]
    h_max, v_max = max(c.H for c in components), max(c.V for c in components)
    used = 1 if target == "GRAY" and source in ("GRAY", "YCbCr") else len(planes)
    by_ratio: dict[tuple[int, int], list[int]] = {}
    for i, c in enumerate(components[:used]):
        by_ratio.setdefault((h_max // c.H, v_max // c.V), []).append(i)
    step = max(1, ASSEMBLY_PIXELS // (v_max * width)) * v_max
    for top in range(0, height, step):
        bottom = min(height, top + step)
        samples = np.empty((used, bottom - top, width), out.dtype)
        for (h, v), group in by_ratio.items():
            # The triangle filter looks at one more row on either side, where there is one.
            first, last = max(0, top // v - 1), ceil_div(bottom, v) + 1
            own = [planes[i][first:last] for i in group]
            rows = upsample(np.stack(own), h, v, fancy_upsampling) if (h, v) != (1, 1) else own
            for i, enlarged in zip(group, rows, strict=True):
                samples[i] = enlarged[top - first * v : bottom - first * v, :width]
        picture = from_components(np.moveaxis(samples, 0, -1), source, target, precision)
        if picture.ndim == 2:
            out[top:bottom] = picture
        else:
            for channel in range(picture.shape[2]):  # plane by plane, as they lie in memory
                out[top:bottom, :, channel] = picture[:, :, channel]
