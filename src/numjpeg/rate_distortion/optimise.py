"""A picture's quantized coefficients at a given strength: chroma, then luma after chroma, by the trellis.

The first pass only rounds, with a dead zone. Each later pass learns three things from the levels of the pass
before it: what each symbol costs, from how often it occurs; which errors of luma can be made up for by chroma, and
the other way round; and which samples the decoder will clip, so that errors beyond 0 and 255 are free. Each pass
of the trellis also refits the quantization steps to the coefficients.

A pass takes the picture in bands (:mod:`numjpeg.rate_distortion.picture`), first for chroma, then for luma. New
levels take the place of the old ones. Only DC levels are chosen for the whole picture at once, at the end of a
pass: the cost of one depends on the one before it in the scan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Coefficients, ceil_div
from numjpeg.rate_distortion import adaptive, transform, trellis
from numjpeg.rate_distortion.chroma import Floats
from numjpeg.rate_distortion.picture import Band, BandedPicture, Levels
from numjpeg.rate_distortion.tables import Aim, Refit, steps, to_table
from numjpeg.stages.huffman import HuffmanTable, optimal_table

ROUNDING = np.float32(0.35)
"""What the first pass adds to magnitudes before it drops their fractions. It does not know code lengths yet."""
PASSES = 2  # of the trellis; a third one saves 0.1 % of the bytes of photographs
Progress = Callable[[float], None]  # is told what part of the work is done, from 0 to 1


@dataclass(frozen=True)
class CodedLevels:
    """The levels of components that share tables, and the Huffman tables for them."""

    levels: Levels
    dc: HuffmanTable
    ac: HuffmanTable


@dataclass(frozen=True)
class Group:
    """Components that share tables, and what is the same for them in every pass."""

    orders: list[NDArray[np.intp]]  # for each component, the numbers of its blocks in the order of the scan
    exchanges: Sequence[Floats]  # for each component (64,): the bits that a squared error of 1 is worth
    progressive: bool

    def code(self, levels: Levels) -> CodedLevels:
        """Join levels with the Huffman tables that are best for them."""
        planes = [plane.reshape(-1, 64) for plane in levels.planes]
        pairs = zip(planes, self.orders, strict=True)
        dc = sum(trellis.dc_frequencies(blocks[order, 0]) for blocks, order in pairs)
        count_ac = trellis.progressive_frequencies if self.progressive else trellis.ac_frequencies
        ac = sum(map(count_ac, planes))
        return CodedLevels(levels, optimal_table(np.asarray(dc)), optimal_table(np.asarray(ac)))


BandOfBlocks = tuple[slice, list[Floats]]  # block rows, each component's coefficients (blocks, 64)


def round_with_dead_zone(
    bands: Iterable[BandOfBlocks], group: Group, blocks: tuple[int, int], table: Floats
) -> CodedLevels:
    """Quantize without code lengths: small magnitudes become 0. ``blocks``: rows and columns of blocks."""
    planes = [np.empty((*blocks, 64), np.int16) for _ in group.orders]
    for rows, coefficients in bands:
        for plane, of_component in zip(planes, coefficients, strict=True):
            quotients = of_component / table
            levels = np.abs(quotients)
            levels += ROUNDING
            np.floor(levels, out=levels)
            np.copysign(levels, quotients, out=levels)
            levels[:, 0] = np.rint(quotients[:, 0])
            plane[rows] = levels.reshape(-1, blocks[1], 64)
    return group.code(Levels(planes, table))


def quantize(
    bands: Iterable[BandOfBlocks], group: Group, before: CodedLevels, weights: Floats | None
) -> CodedLevels:
    """Quantize by the trellis, with the steps and codes of the pass before, and refit the steps.

    The levels ``before`` are overwritten, band by band. While a band is made, its levels and those of the bands
    beside it are still the old ones. ``weights``, ``(blocks,)``: of the errors of each block; None for 1.
    """
    planes, table = before.levels
    if group.progressive:
        ac = trellis.progressive_rates(before.ac, [plane.reshape(-1, 64) for plane in planes])
    else:
        ac = trellis.ac_rates(before.ac)
    of_steps = [exchange * table**2 for exchange in group.exchanges]
    refit = Refit(table)
    columns = planes[0].shape[1]
    dc = [np.empty(plane.shape[0] * columns, np.float32) for plane in planes]
    finished: list[tuple[NDArray[np.int16], NDArray[np.int16]]] = []
    for rows, coefficients in bands:
        # The new levels of a band replace its old ones only now, since the next band was made from the old ones.
        while finished:
            target, levels = finished.pop()
            target[...] = levels
        blocks = slice(rows.start * columns, rows.stop * columns)
        band_weights = None if weights is None else weights[blocks]
        for i, of_component in enumerate(coefficients):
            levels = trellis.quantize_ac(of_component / table, of_steps[i], ac, band_weights)
            refit.add(of_component, levels)
            dc[i][blocks] = of_component[:, 0]
            finished.append((planes[i][rows], levels.reshape(-1, columns, 64)))
    for target, levels in finished:
        target[...] = levels
    rates = trellis.dc_rates(before.dc)
    for i, order in enumerate(group.orders):
        scan_weights = None if weights is None else weights[order]
        chosen = trellis.quantize_dc(dc[i][order] / table[0], float(of_steps[i][0]), rates, scan_weights)
        planes[i].reshape(-1, 64)[order, 0] = chosen
        refit.add_dc(dc[i][order], chosen)
    return group.code(Levels(planes, refit.steps()))


def optimise(
    picture: BandedPicture,
    strength: float,
    aim: Aim,
    passes: int = PASSES,
    progressive: bool = False,
    progress: Progress | None = None,
) -> Coefficients:
    """A picture's coefficients, with components and quantization tables (number 0 for luma, 1 for chroma).

    ``strength``, above 0, is the factor of the aim's steps. ``passes``: how often the trellis runs, after the pass
    that only rounds. In ``progressive`` scans ends of blocks are coded in runs. ``progress`` is told after each
    band what part of the work is done.
    """
    bits = np.float32(1 / (aim.multiplier * strength**2))
    order = _scan_order(*picture.luma_blocks, *picture.ratio)
    luma_group = Group([order], [bits * aim.luma_weight], progressive)
    order = np.arange(math.prod(picture.chroma_blocks))
    chroma_group = Group([order] * 2, [bits * weight for weight in aim.chroma_weights], progressive)
    visible: list[Floats] = []
    all_bands, done = list(picture.bands()), count()
    total = len(all_bands) * (1 + passes) * (2 if picture.is_color else 1)

    def bands() -> Iterator[Band]:
        for band in all_bands:
            yield band
            if progress:
                progress((next(done) + 1) / total)

    def chroma_bands(luma: CodedLevels | None = None, before: CodedLevels | None = None) -> Iterator[BandOfBlocks]:
        for band in bands():
            if luma and before and aim.joint:
                made = picture.chroma_after(band, luma.levels, before.levels)
            else:
                made = picture.chroma(band)
            yield slice(band.first, band.last), made

    def luma_bands(coded: CodedLevels | None, before: CodedLevels | None = None) -> Iterator[BandOfBlocks]:
        for band in bands():
            if aim.joint:
                made = picture.luma_after(band, coded.levels if coded else None, before.levels if before else None)
            else:
                made = picture.luma(band)
            if aim.masking and not before:
                visible.append(adaptive.visibility(made, aim.masking))
            yield picture.luma_rows(band), [made]

    chroma_now = None
    if picture.is_color:
        table = steps(strength, aim.chroma)
        chroma_now = round_with_dead_zone(chroma_bands(), chroma_group, picture.chroma_blocks, table)
    table = steps(strength, aim.luma)
    luma_now = round_with_dead_zone(luma_bands(chroma_now), luma_group, picture.luma_blocks, table)
    luma_weights = adaptive.luma_weights(picture.importance, visible)
    chroma_weights = adaptive.chroma_weights(luma_weights, picture.height, picture.width, *picture.ratio)
    for _ in range(passes):
        if chroma_now:
            chroma_now = quantize(chroma_bands(luma_now, chroma_now), chroma_group, chroma_now, chroma_weights)
        luma_now = quantize(luma_bands(chroma_now, luma_now), luma_group, luma_now, luma_weights)

    planes, tables = [], {}
    for number, coded in enumerate(filter(None, (luma_now, chroma_now))):
        planes += [transform.to_blocks(plane) for plane in coded.levels.planes]
        tables[number] = to_table(coded.levels.steps)
    return Coefficients(picture.height, picture.width, picture.components, planes, tables)


def _scan_order(rows: int, columns: int, H: int, V: int) -> NDArray[np.intp]:
    """Numbers of a component's blocks in the order of an interleaved scan (A.2.3), without the padding."""
    row, column = np.divmod(np.arange(rows * columns), columns)
    key = ((row // V * ceil_div(columns, H) + column // H) * V + row % V) * H + column % H
    return np.argsort(key, kind="stable")
