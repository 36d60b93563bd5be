"""Decodes small pictures in about 100 calls each: what files with the same header share is prepared once.

Below 300 pixels a side nearly all of the time goes into finding out what to do: reading the markers, making views
and tables, asking for memory. For files whose bytes up to the entropy-coded data are equal, all this is the same,
and a data set is full of them. A :class:`DecodePlan` keeps it. What is left for a file is to walk through its data
(:mod:`numjpeg.fast.codewords.automaton`) and to make the calls that compute. The samples are those of
:mod:`numjpeg.fast.samples.inverse_dct`, the pixels those of :mod:`numjpeg.fast.samples.tiles`.

Only files that have one scan without restart intervals, and no fault, are decoded here. All others, and the first
two files with a header, are decoded the usual way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from numjpeg.container.markers import COM, RST0, SOF0, SOS
from numjpeg.container.structure import Structure
from numjpeg.fast.codewords.automaton import automaton_key
from numjpeg.fast.codewords.proven_words import Words, find_words
from numjpeg.fast.plan_store import PLANS, Promise
from numjpeg.fast.samples.inverse_dct import DC_LIMIT, NORM_LIMIT, SQRT_3, BlockTransform
from numjpeg.fast.samples.plan_pixels import Picture, PixelPlan, plan_of_pixels
from numjpeg.stages.zigzag import NATURAL

MOST_BYTES = 40 << 10
"""Of entropy-coded data. For more, lanes are faster than an automaton, and preparation is little of the time."""

Options = tuple[str | None, bool, int | None]
"""``colorspace``, ``fancy_upsampling`` and ``max_pixels`` of :func:`numjpeg.decode`; a plan has checked them."""


def decode(data: bytes, options: Options, check: Callable[[Structure], Any] | None = None) -> Picture | None:
    """Decode a file whose header has a plan: uint8 ``(H, W)`` or ``(H, W, 3)``. None if the file has to be decoded
    the usual way. ``check`` raises if the caller's other arguments do not suit the file.
    """
    start = scan_start(data)
    key = (DecodePlan, data[:start], options)
    plan = PLANS.take(key) if start else None
    if plan is None:
        return None
    try:
        if not isinstance(plan, DecodePlan):
            return None
        if check:
            check(plan.structure)
        return plan.decode(data, start)
    finally:
        PLANS.put(key, plan)


def prepare(data: bytes, structure: Structure, options: Options) -> None:
    """Take note of a file that has been decoded. If its header was seen before, make a plan for the next one."""
    start = scan_start(data)
    if not start or not structure.scans or structure.scans[0].start != start:
        return
    key = (DecodePlan, data[:start], options)
    known = PLANS.take(key) is not None
    pixels = plan_of_pixels(structure, *options[:2]) if known else None
    PLANS.put(key, Promise(start + 1024) if pixels is None else DecodePlan(structure, pixels))


def scan_start(data: bytes) -> int:
    """The byte at which the data of the first scan begin; 0 if there is anything unusual in front of them."""
    position = 2
    try:
        while data[position] == 0xFF:
            marker = data[position + 1]
            if not SOF0 <= marker < RST0 and not SOS <= marker <= COM:
                return 0
            position += 2 + (data[position + 2] << 8 | data[position + 3])
            if marker == SOS:
                return position
    except IndexError:
        pass
    return 0


def entropy_coded(data: bytes, start: int) -> bytes:
    """The data of a scan that ends with EOI, without stuffed bytes; empty if there are other markers in it."""
    raw = data[start : max(start, data.find(b"\xff\xd9", start))]
    plain = raw.replace(b"\xff\x00", b"\xff")
    return plain if plain.count(b"\xff") == len(raw) - len(plain) else b""


class DecodePlan:
    """Tables, views and buffers for files with the same header."""

    def __init__(self, structure: Structure, pixels: PixelPlan) -> None:
        self.structure, self.pixels = structure, pixels
        (scan,) = structure.scans
        self.per_mcu, self.automaton_key = scan.blocks_per_mcu, automaton_key(scan)
        rows, columns = scan.mcus
        self.blocks = n = rows * columns * self.per_mcu
        # Each block's place among all of them, component by component and row by row.
        mcu_row, mcu_column = np.divmod(np.arange(rows * columns), columns)
        places, factors = [], []
        self.components: list[slice] = []
        first = 0
        for index, (v, h) in zip(scan.indices, scan.factors, strict=True):
            for y in range(v):
                places += [first + (mcu_row * v + y) * columns * h + mcu_column * h + x for x in range(h)]
            factors += [64 * index] * (v * h)
            self.components.append(slice(first, first + rows * columns * v * h))
            first += rows * columns * v * h
        self.place_of_block = np.stack(places, axis=1).ravel()
        tables = [structure.component_tables[i] for i in range(len(scan.indices))]
        self.steps = np.concatenate([table.ravel()[NATURAL] for table in tables]).astype(np.float32)
        self.step_of_block = np.tile(np.array(factors), rows * columns)
        # Sorted by component, blocks in the order of the scan, as DC prediction goes.
        order = [np.flatnonzero(self.step_of_block == 64 * i) for i in range(len(tables))]
        self.dc_order = np.concatenate(order)
        self.dc_place = self.place_of_block[self.dc_order]
        self.dc_step = self.steps[self.step_of_block[self.dc_order]]
        self.place_of_k = NATURAL * n
        self.transform = BlockTransform(n)
        self.flat = self.transform.planes[:8].reshape(-1)
        self.nbytes = self.transform.nbytes + 60 * n + pixels.nbytes + 2 * structure.frame_offset + 4096

    def decode(self, data: bytes, start: int) -> Picture | None:
        """Decode a file; None if anything is odd about it."""
        scan = entropy_coded(data, start)
        if not 0 < len(scan) < MOST_BYTES:
            return None
        bounds = [0, 8 * len(scan)]
        words = find_words(self.automaton_key, scan, bounds, [self.blocks], self.per_mcu, at_once=True)
        if not words or words.mcus * self.per_mcu < self.blocks:
            return None
        exact = self._lay(words)
        self.transform()
        if not exact:
            wraps = (np.abs(self.flat.take(self.dc_place)) > 32767 * self.dc_step).any()  # the predictor of DC
            if wraps or not self.transform.correct():
                return None
        return self.pixels.picture(self.transform.values)

    def _lay(self, words: Words) -> bool:
        """Put the coefficients of words, dequantized, into the planes. Returns whether all blocks are surely
        within the bounds of :mod:`numjpeg.fast.samples.inverse_dct`."""
        step = self.step_of_block.take(words.block)
        step += words.k
        values = self.steps.take(step)
        values *= words.value
        dc = words.value.take(words.start.take(self.dc_order)).astype(np.float32)
        values[words.start] = 0
        place = self.place_of_k.take(words.k)
        place += self.place_of_block.take(words.block)
        self.flat[:] = 0
        self.flat[place] = values
        for component in self.components:
            dc[component].cumsum(out=dc[component])
        dc *= self.dc_step
        self.flat[self.dc_place] = dc
        np.abs(dc, dc)
        values *= values
        norms = np.sqrt(np.add.reduceat(values, words.start)).take(self.dc_order)
        within = float(norms.max()) < NORM_LIMIT
        norms *= SQRT_3
        norms += dc
        return within and float(norms.max()) < DC_LIMIT
