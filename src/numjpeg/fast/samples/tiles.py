"""Pixels -> quantized coefficients in pieces that fit a processor's cache.

A *band* is some rows of MCUs, a *tile* a piece of one. The blocks of a band lie in memory as 64 planes, one for
each coefficient, so that each line of a transform is a contiguous array over all blocks. RGB pictures with the
usual subsampling go through the fused stages (:mod:`numjpeg.fast.samples.forward_dct`). For other pictures the
stages themselves make the blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Component, ceil_div
from numjpeg.colorspaces import to_blocks
from numjpeg.fast.plan_store import PLANS
from numjpeg.fast.samples import forward_dct
from numjpeg.stages.blocks import pad_edges
from numjpeg.workspace import Workspace

# Blocks in a band, all components together: with 4:2:0 they are three times 65,536 pixels.
ANALYSIS_BLOCKS = 9 << 9
# Blocks in a tile: with 4:2:0 they are 65,536 pixels. With twice as many BLAS might start threads
# (``PRODUCT_LIMIT``).
TILE_BLOCKS = 3 << 9
TILE_BYTES = 2500  # memory for each block of a tile, about
# The memory for a picture of up to this size is kept for the next one of its kind. At 512 x 512 pixels a tenth of
# the time goes into asking for memory and making views.
KEPT_PIXELS = 1 << 20


def analyse(
    image: NDArray[np.uint8],
    components: Sequence[Component],
    tables: Sequence[NDArray[np.uint16]],
    source: str,
    stored: str,
    first: int = 0,
) -> Iterator[list[NDArray[np.int16]]]:
    """Turn uint8 ``(H, W, channels)``, any strides, into quantized coefficients, band by band from ``first`` on.

    A band has for each component int16 ``(block rows, block columns, 8, 8)``: whole MCU rows, from top to bottom.
    The arrays are overwritten when the next band is asked for. ``components``, ``tables``: one for each channel;
    ``source``, ``stored``: as in :func:`numjpeg.colorspaces.to_components`.
    """
    height, width, _ = image.shape
    small = height * width <= KEPT_PIXELS
    key = _Analyser, image.shape, tuple(components), source, stored
    analyser = (PLANS.take(key) if small else None) or _Analyser(components, tables, source, stored)
    analyser.set_tables(tables)
    columns = ceil_div(width, 8 * analyser.h_max)
    step = 8 * analyser.v_max * max(1, ANALYSIS_BLOCKS // (columns * sum(c.H * c.V for c in components)))
    for top in range(first * step, height, step):
        yield analyser.band(image[top : top + step])
    if small:
        PLANS.put(key, analyser)


def is_fusible(components: Sequence[Component], source: str, stored: str) -> bool:
    """Whether :class:`numjpeg.fast.samples.forward_dct.YcbcrSamples` can convert these colours and factors."""
    first, *others = ((c.H, c.V) for c in components)
    known = first in forward_dct.RATIOS and others == [(1, 1), (1, 1)]
    return known and source in ("RGB", "BGR") and stored == "YCbCr"


class _Analyser:
    """Turns bands of pixels into quantized coefficients by the fused stages, a tile of whole MCUs at a time."""

    def __init__(
        self, components: Sequence[Component], tables: Sequence[NDArray[np.uint16]], source: str, stored: str
    ) -> None:
        self.factors, self.tables = [(c.H, c.V) for c in components], [table.copy() for table in tables]
        self.source, self.stored = source, stored
        self.h_max, self.v_max = map(max, zip(*self.factors, strict=True))
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
        """Bytes of memory, about (:mod:`numjpeg.fast.plan_store`)."""
        return self.workspace.nbytes + TILE_BYTES * sum(sum(stages.counts) for stages in self.stages.values())

    def band(self, image: NDArray[np.uint8]) -> list[NDArray[np.int16]]:
        """The coefficients of a band, in the workspace's memory."""
        height, width, _ = image.shape
        planes = [
            self.workspace.array(f"plane {i}", (8, 8, *size), np.int16)
            for i, size in enumerate(self.block_sizes(height, width))
        ]
        # Tiles take whole rows of MCUs, or where a row is too long, pieces of it of about equal width.
        mcu_height, mcu_width = 8 * self.v_max, 8 * self.h_max
        mcus = max(1, TILE_BLOCKS // sum(h * v for h, v in self.factors))
        columns = ceil_div(width, mcu_width)
        columns = ceil_div(columns, ceil_div(columns, mcus))
        rows = max(1, mcus // columns)
        for top in range(0, height, mcu_height * rows):
            for left in range(0, width, mcu_width * columns):
                tile = image[top : top + mcu_height * rows, left : left + mcu_width * columns]
                targets = []
                for (h, v), plane in zip(self.factors, planes, strict=True):
                    y, x = top // mcu_height * v, left // mcu_width * h
                    targets.append(plane[:, :, y : y + rows * v, x : x + columns * h])
                size = tile.shape[:2]
                if size not in self.stages:  # a picture has four sizes of tiles at the most
                    self.stages[size] = _TileStages(self, *size)
                self.stages[size].run(self, tile, targets)
        return [plane.transpose(2, 3, 0, 1) for plane in planes]

    def block_sizes(self, height: int, width: int) -> list[tuple[int, int]]:
        """Rows and columns of the blocks of each component."""
        return [
            (ceil_div(ceil_div(height * v, self.v_max), 8), ceil_div(ceil_div(width * h, self.h_max), 8))
            for h, v in self.factors
        ]


class _TileStages:
    """The stages for tiles of one size: all of them fused, or those from the blocks on."""

    def __init__(self, analyser: _Analyser, height: int, width: int) -> None:
        self.sizes = analyser.block_sizes(height, width)
        self.convert: forward_dct.YcbcrSamples | None = None
        if analyser.fusible:  # the tile is padded to whole MCUs
            h_max, v_max = analyser.h_max, analyser.v_max
            rows, columns = ceil_div(height, 8 * v_max), ceil_div(width, 8 * h_max)
            self.sizes = [(rows * v, columns * h) for h, v in analyser.factors]
            whole = 8 * v_max * rows, 8 * h_max * columns
            self.convert = forward_dct.YcbcrSamples(*whole, analyser.source, (h_max, v_max), height)
        self.counts = counts = [rows * columns for rows, columns in self.sizes]
        self.slices = [slice(end - count, end) for count, end in zip(counts, accumulate(counts), strict=True)]
        self.groups = self.convert.samples if self.convert else [forward_dct.new_samples(sum(counts))]
        self.transform = forward_dct.Transform(self.groups)
        self.factors = forward_dct.reciprocals(analyser.tables, counts)

    def run(self, analyser: _Analyser, tile: NDArray[np.uint8], targets: Sequence[NDArray[np.int16]]) -> None:
        """Fill the targets, for each component ``(8, 8, rows, columns)``; blocks beyond them are dropped."""
        if self.convert:
            self.convert(pad_edges(tile, 8 * analyser.v_max, 8 * analyser.h_max, axis=-3))
        else:
            blocks_of_all = to_blocks(tile, analyser.factors, analyser.source, analyser.stored)
            for blocks, size, place in zip(blocks_of_all, self.sizes, self.slices, strict=True):
                samples = self.groups[0][1:, :, place]
                np.copyto(samples.reshape(8, 8, *size), blocks.transpose(3, 2, 0, 1))
        coefficients = self.transform()
        forward_dct.quantize(coefficients, self.factors, coefficients)
        quantized = forward_dct.low_halves(coefficients)
        for target, size, place in zip(targets, self.sizes, self.slices, strict=True):
            quotients = quantized[:, :, place].reshape(8, 8, *size)
            np.copyto(target, quotients[:, :, : target.shape[2], : target.shape[3]])
