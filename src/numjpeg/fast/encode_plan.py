"""Plans for encoding: pictures of one kind go all the way from pixels to bytes in a hundred calls.

For a picture up to some 256 x 256 pixels the time goes into calls, not into pixels. Most calls only find out what
size, sampling factors and tables alone decide: where each block lies, which coefficient is the next in the scan,
which block is the one before. A plan holds the answers. The coefficients of all blocks lie in one array. One index
array takes them from there in the order of the scan: along the zig-zag, filled up to whole MCUs.

A plan is made for a number of pictures, which lie below each other. Each begins as a scan of its own, as after a
restart marker, so that the bytes of the pictures can be cut apart.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from math import prod

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.colorspaces import to_blocks
from numjpeg.container.frame import MAX_BLOCKS_PER_MCU, Frame, Scan
from numjpeg.container.markers import EOI
from numjpeg.entropy.sequential_writer import Symbols, restart_marker
from numjpeg.entropy.shared import interval_starts
from numjpeg.fast.codewords.packing import close_intervals, pack, stuff
from numjpeg.fast.codewords.tokens import VALUE_BITS, Tokens, layout_of
from numjpeg.fast.samples import forward_dct
from numjpeg.fast.samples.tiles import TILE_BLOCKS, is_fusible
from numjpeg.stages.mcu_order import block_component, interleave, pad_to_mcus
from numjpeg.stages.zigzag import NATURAL
from numjpeg.workspace import Workspace

Picture = NDArray[np.uint8]


def most_pictures(frame: Frame) -> int:
    """The most pictures that a plan for sequential files with this frame can take; 0 if there can be no plan."""
    v, h = frame.V_max, frame.H_max
    mcus = ceil_div(frame.height, 8 * v) * ceil_div(frame.width, 8 * h)
    blocks = sum(c.H * c.V for c in frame.components)
    return TILE_BLOCKS // (mcus * blocks) if blocks <= MAX_BLOCKS_PER_MCU else 0


BYTES_A_BLOCK = 70 * 64
"""Bytes of a plan for each block, about."""


def bytes_of_plan(frame: Frame) -> int:
    """Bytes that a plan for one picture is going to take, about."""
    return TILE_BLOCKS // most_pictures(frame) * BYTES_A_BLOCK


class CoefficientPlan:
    """Turns ``count`` pictures of one kind into quantized coefficients. Its buffers carry nothing to the next use.

    ``frame`` is that of each file; ``tables`` are the quantization tables of its components; ``source`` and
    ``stored`` are the colour spaces of the pictures and of the files.
    """

    def __init__(
        self, frame: Frame, tables: Sequence[NDArray[np.uint16]], source: str, stored: str, count: int
    ) -> None:
        self.frame, self.source, self.stored, self.count = frame, source, stored, count
        self.components = frame.components
        self.fused = is_fusible(frame.components, source, stored)
        self.workspace = Workspace()
        # The order of the blocks: by component, within it by picture, within this by row.
        h, v = frame.H_max, frame.V_max
        rows, columns = ceil_div(frame.height, 8 * v), ceil_div(frame.width, 8 * h)
        self.padded = (rows * 8 * v, columns * 8 * h)
        # Rows and columns of blocks of each component of a picture.
        self._within = [frame.block_size(c) for c in self.components]  # without those that only fill up MCUs
        fused = [(rows * c.V, columns * c.H) for c in self.components]
        self.sizes = fused if self.fused else self._within
        self.counts = [self.count * rows * columns for rows, columns in self.sizes]
        self.blocks = sum(self.counts)
        self.set_tables(tables)
        self._convert: forward_dct.YcbcrSamples | None = None
        if self.fused:
            height, width = self.count * self.padded[0], self.padded[1]
            self._convert = forward_dct.YcbcrSamples(height, width, self.source, (h, v), frame.height, self.count)
        self._samples = self._convert.samples if self._convert else [forward_dct.new_samples(self.blocks)]
        self._transform = forward_dct.Transform(self._samples)
        quotients = np.full(64 * self.blocks + 1, forward_dct.INTEGERS, np.float32)  # the last one is 0
        self._quotients = quotients[:-1].reshape(8, 8, self.blocks)
        # The low half of each float32 is a coefficient: v, u, block. The last one is the 0 that fills up MCUs.
        self.quantized = quotients.view(np.int16)

    @cached_property
    def nbytes(self) -> int:
        """Bytes of memory, about (:mod:`numjpeg.fast.plan_store`); to be asked for after the first use."""
        parts = (self, self._convert, self._transform)
        arrays = [a for part in parts if part for a in vars(part).values() if isinstance(a, np.ndarray)]
        owners = [a if a.base is None else a.base for a in arrays]
        return self.workspace.nbytes + sum({id(owner): owner.nbytes for owner in owners}.values())

    def block_numbers(self) -> list[NDArray[np.int16]]:
        """For each component the numbers of its blocks, from 1 on, ``(count, rows, columns)``."""
        grids, first = [], 1
        for (height, width), (rows, columns), blocks in zip(self._within, self.sizes, self.counts, strict=True):
            grid = np.arange(first, first + blocks, dtype=np.int16).reshape(self.count, rows, columns)
            grids.append(grid[:, :height, :width])
            first += blocks
        return grids

    def places(self, number: NDArray[np.integer], k: NDArray[np.integer]) -> NDArray[np.intp]:
        """The index in :attr:`quantized` of a block's coefficient ``k`` in zig-zag order; block 0 is all zeros."""
        place = NATURAL.astype(np.intp)[k] * self.blocks + number - 1
        return 2 * np.where(number > 0, place, 64 * self.blocks) + (sys.byteorder == "big")

    def set_tables(self, tables: Sequence[NDArray[np.uint16]]) -> None:
        """Take other quantization tables, one for each component."""
        self._factors = forward_dct.reciprocals(tables, self.counts)

    def frequencies(self, pictures: Sequence[Picture]) -> NDArray[np.float32]:
        """The unquantized coefficients of pictures ``(height, width, channels)``, times 8: v, u, block."""
        if self._convert:
            self._convert(self._padded(pictures))
        else:
            self._fill_by_stages(pictures)
        self._frequencies = self._transform()
        return self._frequencies

    def by_component(self) -> list[NDArray[np.float32]]:
        """For each component what :meth:`frequencies` gave for the first picture, ``(8, 8, blocks)``, without the
        blocks that only fill up MCUs. Valid until the next call of :meth:`frequencies`."""
        parts, first = [], 0
        for count, size, within in zip(self.counts, self.sizes, self._within, strict=True):
            blocks = self._frequencies[:, :, first : first + prod(size)]
            if within != size:
                blocks = blocks.reshape(8, 8, *size)[:, :, : within[0], : within[1]].reshape(8, 8, -1)
            parts.append(blocks)
            first += count
        return parts

    def quantize(self, pictures: Sequence[Picture]) -> None:
        """Fill :attr:`quantized` for these pictures; without pictures, for those of the call before."""
        if pictures:
            self.frequencies(pictures)
        forward_dct.quantize(self._frequencies, self._factors, self._quotients)

    def _padded(self, pictures: Sequence[Picture]) -> Picture:
        """The pictures below each other, each with its last row and column repeated up to whole MCUs."""
        height, width = self.frame.height, self.frame.width
        if self.count == 1 and self.padded == (height, width):
            return pictures[0]
        stack = self.workspace.array("stack", (self.count, *self.padded, 3), np.uint8)
        for place, picture in zip(stack, pictures, strict=True):
            place[:height, :width] = picture
        if width < self.padded[1]:
            stack[:, :height, width:] = stack[:, :height, width - 1 : width]
        if height < self.padded[0]:
            stack[:, height:] = stack[:, height - 1 : height]
        return stack.reshape(-1, *stack.shape[2:])

    def _fill_by_stages(self, pictures: Sequence[Picture]) -> None:
        """Fill the samples for pictures that the fused stages do not know, by the stages themselves."""
        [samples] = self._samples
        factors = [(c.H, c.V) for c in self.components]
        for i, picture in enumerate(pictures):
            of_picture, first = to_blocks(picture, factors, self.source, self.stored), 0
            for blocks, (rows, columns), count in zip(of_picture, self.sizes, self.counts, strict=True):
                place = samples[1:, :, first + i * rows * columns :][:, :, : rows * columns]
                place.reshape(8, 8, rows, columns)[...] = blocks.transpose(3, 2, 0, 1)
                first += count


class EncodePlan(CoefficientPlan):
    """Turns ``count`` pictures of one kind into the scans of sequential files. ``scan`` has all components; the
    other arguments are those of :class:`CoefficientPlan`."""

    def __init__(
        self, scan: Scan, tables: Sequence[NDArray[np.uint16]], source: str, stored: str, count: int = 1
    ) -> None:
        super().__init__(scan.frame, tables, source, stored, count)
        self.scan = scan
        self._order_blocks()
        mcus = prod(scan.mcus)
        intervals = interval_starts(scan, 0, mcus) if scan.restart_interval else np.zeros(1, np.intp)
        starts = (np.arange(count)[:, np.newaxis] * mcus + intervals).ravel()
        self.intervals = len(intervals)  # of a picture
        self._ends = np.append(starts[1:], count * mcus)
        self._predict_from_the_block_before(starts)
        self._prepare_keys()

    def _order_blocks(self) -> None:
        """For each coefficient of the scan its index in ``quantized``: the stages put block numbers in order."""
        scan = self.scan
        grids = [np.repeat(grid[..., np.newaxis], 64, axis=3) for grid in self.block_numbers()]
        pictures = []
        for of_components in zip(*grids, strict=True):
            pairs = zip(of_components, scan.factors, strict=True)
            pictures.append(interleave([pad_to_mcus(g, *scan.mcus, f) for g, f in pairs], scan.factors))
        number = np.concatenate(pictures).reshape(-1, 64)  # 0 where an MCU is filled up
        self._order = self.places(number, np.arange(64)).ravel()
        self._sequences = np.zeros(len(self._order) + 1, np.int16)
        self._in_scan = self._sequences[:-1], self._sequences[:-1:64].reshape(-1, scan.blocks_per_mcu)
        self._present = np.ones(len(self._order) + 1, np.bool_)

    def _predict_from_the_block_before(self, starts: NDArray[np.intp]) -> None:
        """For each block the one that its DC is predicted from. At ``starts`` it is the one behind the last: 0."""
        component = block_component(self.scan.factors)
        mcus = len(self._order) // 64 // len(component)
        number = np.arange(mcus * len(component)).reshape(mcus, len(component))
        self._before = np.empty_like(number)
        for c in range(len(self.scan.factors)):
            of_component = number[:, component == c]
            before = np.roll(of_component.ravel(), 1).reshape(of_component.shape)
            before[starts, 0] = number.size
            self._before[:, component == c] = before
        self._dc = np.zeros(number.size + 1, np.int16)
        self._dc_in_scan = self._dc[:-1].reshape(number.shape)

    def _prepare_keys(self) -> None:
        """Prepare what is added to a token's value to make its key, all but the distance from the token before."""
        self._layout = layout = layout_of(self.scan)
        self._starts = np.arange(0, len(self._present), 64)
        mcus, blocks = self._before.shape
        table = np.zeros(blocks, np.int16)
        for first, after_last, offset in layout.offsets:
            table[first:after_last] += offset
        whole = np.repeat(np.tile(table, mcus), 64).reshape(mcus, blocks, 64)
        whole[:, :, 0] = layout.of_block_before
        self._shift = VALUE_BITS + layout.ac_bits
        # A run is one less than a distance. With at most four tables all of it is within -2^13 .. 2^13.
        zero = (1 << (VALUE_BITS - 1)) - (1 << self._shift)
        self._of_place = np.append(whole.ravel(), layout.of_block_before[0]).astype(np.int16) + np.int16(zero)
        self._keys = np.empty_like(self._of_place)

    def tokens(self, pictures: Sequence[Picture]) -> Tokens:
        """The tokens of pictures in coding order, as :func:`numjpeg.fast.codewords.tokens.find_tokens` gives them.
        Without pictures they are those of the call before.

        8-bit samples make no coefficient that is too large for a token: AC coefficients of samples -128 .. 127
        stay below 1023, and two DC coefficients differ by 2040 at the most.
        """
        self.quantize(pictures)
        sequences, present = self._sequences, self._present
        coefficients, dc = self._in_scan
        self.quantized.take(self._order, out=coefficients, mode="clip")
        np.copyto(self._dc_in_scan, dc)
        np.not_equal(coefficients, _ZERO, out=present[:-1])
        present[::64] = True
        dc[...] = _ZERO
        differences = self._dc_in_scan - self._dc.take(self._before)
        np.add(sequences, self._of_place, out=self._keys)
        position = present.nonzero()[0]
        key = np.empty(len(position), np.int64)
        key[0] = 1
        np.subtract(position[1:], position[:-1], out=key[1:])
        np.left_shift(key, self._shift, out=key)
        key += self._keys.take(position).astype(np.int64)
        starts = position.searchsorted(self._starts)
        return Tokens(key, starts, differences, 0, self._layout)

    def scans(self, tokens: Tokens | Symbols) -> list[bytes]:
        """The entropy-coded data of each picture, EOI included. The scan must have its Huffman tables."""
        coded = tokens.code(self.scan, self.workspace)
        if len(self._ends) == 1:
            packed, bits = pack(coded.codes, coded.lengths, self.workspace)
            ones = (1 << -bits % 8) - 1  # F.1.2.3: the last byte is filled up with ones
            return [stuff(packed[:-1] + bytes((packed[-1] | ones,))) + _END]
        bounds = close_intervals(coded, self._ends).tolist()
        packed, _ = pack(coded.codes, coded.lengths, self.workspace)
        pieces = [stuff(packed[start:end]) for start, end in pairwise([0, *bounds])]
        if (n := self.intervals) > 1:
            pieces = [restart_marker(i % n - 1) + piece if i % n else piece for i, piece in enumerate(pieces)]
            pieces = [b"".join(pieces[first : first + n]) for first in range(0, len(pieces), n)]
        return [piece + _END for piece in pieces]


_ZERO = np.zeros((), np.int16)
_END = bytes((0xFF, EOI))
