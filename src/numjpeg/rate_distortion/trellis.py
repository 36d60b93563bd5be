"""Trellis quantization: the levels that minimise bits + distortion, with the lengths of the actual codes.

Rounding each coefficient to its nearest level minimises distortion, but ignores what a level costs. Here each
coefficient may keep its nearest level, take the next one towards zero where that has one magnitude bit less, or
become zero. Dynamic programming finds the cheapest path through these choices (K. Ramchandran and M. Vetterli,
"Rate-distortion optimal fast thresholding with complete JPEG/MPEG decoder compatibility", 1994).

Costs are counted in bits. Let ``t`` be a coefficient divided by its step, and ``m`` its level. Its distortion is
``exchange * (t - m)^2``; ``exchange`` is the worth of a squared error of one step, 1 / lambda in units of steps.
:func:`quantize_ac` chooses the AC levels of blocks, :func:`quantize_dc` the DC levels along a scan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.stages.huffman import END_OF_BLOCK, ZERO_RUN, HuffmanTable, huffman_codes, magnitude_category

Floats = NDArray[np.float32]

LOOK_BACK = 8
"""How many candidates back the search for the one that was kept before goes. If it were further back, eight
coefficients that do not round to zero would become zero. That is never worth it, except at the end of a block,
which is searched without a limit."""

MISSING_BITS = 18  # of a symbol without a code in the table: the longest code, and something for its byte in DHT
CHUNK = 1 << 13  # blocks that are worked on together; more would not fit the cache
_CATEGORY = magnitude_category(np.arange(2048)).astype(np.intp)


class AcRates(NamedTuple):
    """What AC coefficients cost in bits."""

    coefficient: Floats  # [run of zeros, category after it], (64, 16), with ZRLs and magnitude bits
    end: np.float32  # end of block, after a coefficient
    empty: np.float32  # end of block in a block of zeros: less, where such blocks are coded in runs


def ac_rates(table: HuffmanTable) -> AcRates:
    """Bits of all runs and categories under a table (T.81 F.1.2.2.1).

    >>> from numjpeg.stages.huffman import AC_LUMINANCE
    >>> rates = ac_rates(AC_LUMINANCE)
    >>> float(rates.coefficient[0, 1]), float(rates.coefficient[17, 1]), float(rates.end)
    (3.0, 16.0, 4.0)
    """
    length = huffman_codes(table).length.astype(np.float32)
    length[length == 0] = MISSING_BITS
    run, category = np.arange(64)[:, np.newaxis], np.arange(16)
    bits = length[ZERO_RUN] * (run >> 4) + length[(run & 15) << 4 | category] + category
    end = np.float32(length[END_OF_BLOCK])
    return AcRates(bits.astype(np.float32), end, end)


def dc_rates(table: HuffmanTable) -> Floats:
    """Bits of the DC differences of category 0 .. 15 under a table (F.1.2.1), float32 ``(16,)``.

    >>> from numjpeg.stages.huffman import DC_LUMINANCE
    >>> dc_rates(DC_LUMINANCE)[:4].tolist()
    [2.0, 4.0, 5.0, 6.0]
    """
    length = huffman_codes(table).length[:16].astype(np.float32)
    length[length == 0] = MISSING_BITS
    return np.asarray(length + np.arange(16), np.float32)


@dataclass
class _Candidates:
    """The AC coefficients that do not round to zero. Row i holds the i-th one of each block that has i or more.

    Row i is ``rows[i] : rows[i] + counts[i]``; row 0 is the start of each block. Blocks with more candidates come
    first, so the blocks in row i are the first ``counts[i]``.
    """

    counts: NDArray[np.intp]
    rows: NDArray[np.intp]
    place: NDArray[np.intp]  # for each candidate in the order of the blocks, its place in the rows
    flat: NDArray[np.intp]  # the same candidates' indices in the flat array of blocks
    position: NDArray[np.intp]  # 0 at a start, else 1 .. 63 of the zig-zag order
    level: Floats  # nearest level, magnitude
    dropped: Floats  # distortion, in bits, if the coefficient becomes zero
    kept: Floats  # distortion if it keeps its nearest level
    lowered: Floats  # if it takes the next one towards zero; infinite where that saves no magnitude bit


def quantize_ac(
    quotients: Floats, exchange: Floats, rates: AcRates, weights: Floats | None = None
) -> NDArray[np.int16]:
    """Choose the AC levels of blocks, int16 ``(n, 64)``, element 0 of each block 0.

    ``quotients``, ``(n, 64)``: coefficients divided by their steps, zig-zag order; element 0 is ignored.
    ``exchange``, ``(64,)``: the bits that a squared error of one step is worth. ``weights``, ``(n,)``: of each
    block's distortion; None for 1.
    """
    levels = np.zeros(quotients.shape, np.int16)
    for start in range(0, len(quotients), CHUNK):
        chunk = slice(start, start + CHUNK)
        candidates = _candidates(quotients[chunk], exchange, None if weights is None else weights[chunk])
        before, lowered, current = _forward(candidates, rates)
        chosen = np.zeros(len(before), np.bool_)
        for i in range(len(candidates.counts) - 1, 0, -1):  # the way back
            count = candidates.counts[i]
            row = slice(candidates.rows[i], candidates.rows[i] + count)
            chosen[row] = current[:count] == i
            np.copyto(current[:count], before[row], where=chosen[row])
        magnitude = np.where(chosen, candidates.level - lowered, np.float32(0))
        flat = quotients[chunk].reshape(-1)
        values = np.copysign(magnitude[candidates.place], flat[candidates.flat])
        levels[chunk].reshape(-1)[candidates.flat] = values.astype(np.int16)
    return levels


def _candidates(quotients: Floats, exchange: Floats, weights: Floats | None) -> _Candidates:
    blocks = len(quotients)
    magnitude = np.abs(quotients)
    present = magnitude > 0.5
    present[:, 0] = False
    flat = np.flatnonzero(present)
    block, position = flat >> 6, flat & 63
    of_block = np.bincount(block, minlength=blocks)
    order = np.argsort(-of_block, kind="stable")
    rank = np.empty(blocks, np.intp)
    rank[order] = np.arange(blocks)
    most = int(of_block.max(initial=0))
    counts = np.searchsorted(-of_block[order], -np.arange(most + 1), side="right")
    rows = np.concatenate([[0], np.cumsum(counts)])
    ordinal = np.arange(len(flat)) - np.repeat(np.cumsum(of_block) - of_block, of_block) + 1
    place = rows[ordinal] + rank[block]
    size = int(rows[-1])

    positions = np.zeros(size, np.intp)
    positions[place] = position
    value = np.zeros(size, np.float32)
    value[place] = magnitude.reshape(-1)[flat]
    worth = exchange[positions]
    if weights is not None:
        worth = worth * np.concatenate([weights[order[:count]] for count in counts])
    level = np.rint(value)
    # A tie at 0.5 rounds to an even zero, which would be no candidate.
    np.maximum(level, value > 0, out=level)
    saves = (level > 1) & (_CATEGORY[level.astype(np.intp)] != _CATEGORY[np.maximum(level - 1, 0).astype(np.intp)])
    lowered = np.where(saves, worth * (value - (level - 1)) ** 2, np.float32(np.inf))
    dropped, kept = worth * value * value, worth * (value - level) ** 2
    return _Candidates(counts, rows[:-1], place, flat, positions, level, dropped, kept, lowered)


def _forward(
    candidates: _Candidates, rates: AcRates
) -> tuple[NDArray[np.int8], NDArray[np.bool_], NDArray[np.intp]]:
    """The dynamic programme. If candidate i of a block is kept, the least cost of the block up to it is

        J(i) = min over j < i of  J(j) + dropped(j+1 .. i-1) + rate(run between j and i, category of i) + kept(i)

    With D(i) = dropped(1 .. i) and A = J - D, the minimum does not need the sum in the middle. Returns for each
    candidate the number of the one kept before it, and whether it is lowered; and for each block the number of the
    last one kept.
    """
    counts, rows, bits = candidates.counts, candidates.rows, rates.coefficient.ravel()
    # bits[run, category] at 16 run + category, run = position - position before - 1.
    column = 16 * candidates.position
    index = column + _CATEGORY[candidates.level.astype(np.intp)] - 16
    reduced = np.zeros(len(index), np.float32)  # A
    before = np.zeros(len(index), np.int8)
    lowered = np.zeros(len(index), np.bool_)
    dropped = np.zeros(counts[0], np.float32)  # D(i - 1)
    # The cost of a block that keeps nothing, without the distortion that all choices share.
    best_end = np.full(counts[0], rates.empty, np.float32)
    last = np.zeros(counts[0], np.intp)
    for i in range(1, len(counts)):
        count = counts[i]
        row = slice(rows[i], rows[i] + count)
        keep = np.full(count, np.inf, np.float32)
        keep_before = np.zeros(count, np.int8)
        low = np.flatnonzero(np.isfinite(candidates.lowered[row]))
        low_index = index[row][low] - 1
        lower = np.full(len(low), np.inf, np.float32)
        lower_before = np.zeros(len(low), np.int8)
        for j in range(i - 1, max(-1, i - 1 - LOOK_BACK), -1):
            row_before = slice(rows[j], rows[j] + count)
            cost = bits.take(index[row] - column[row_before])
            cost += reduced[row_before]
            _take_cheaper(cost, j, keep, keep_before)
            if len(low):
                cost = bits.take(low_index - column[row_before][low])
                cost += reduced[row_before][low]
                _take_cheaper(cost, j, lower, lower_before)
        keep += candidates.kept[row]
        lower += candidates.lowered[row][low]
        better = lower < keep[low]
        changed = low[better]
        keep[changed] = lower[better]
        keep_before[changed] = lower_before[better]
        lowered[rows[i] + changed] = True
        before[row] = keep_before

        keep += dropped[:count]
        dropped[:count] += candidates.dropped[row]
        keep -= dropped[:count]
        reduced[row] = keep
        end = keep + np.where(candidates.position[row] == 63, np.float32(0), rates.end)
        _take_cheaper(end, i, best_end[:count], last[:count])
    return before, lowered, last


def _take_cheaper(cost: Floats, choice: int, least: Floats, chosen: NDArray[Any]) -> None:
    """Where ``cost`` is below the ``least`` so far, put it there, and ``choice`` into ``chosen``."""
    better = cost < least
    np.copyto(least, cost, where=better)
    np.copyto(chosen, choice, where=better)


_OFFSETS = np.array([-1, 0, 1])  # candidates of a DC coefficient, from its nearest level


def quantize_dc(
    quotients: Floats, exchange: float, rates: Floats, weights: Floats | None = None
) -> NDArray[np.int16]:
    """Choose the DC levels of a component, int16 ``(n,)``: the path of least cost through three candidates of each
    block. ``quotients``, ``(n,)``: DC coefficients divided by their step, in the order of the scan. ``rates``:
    those of :func:`dc_rates`. ``exchange``, ``weights``: as in :func:`quantize_ac`.

    The costs of going from block a to block b are a 3 x 3 matrix, by the candidates at both ends. The costs of
    going from a over b to c are the product of two such matrices, with minimum in place of sum and sum in place of
    product. This product is associative. So neighbours are joined pairwise, then pairs of pairs, and so on. On the
    way back the ends of each piece are known, and with them the candidate in its middle.
    """
    levels = np.rint(quotients).astype(np.int32)[:, np.newaxis] + _OFFSETS
    errors = ((quotients[:, np.newaxis] - levels) ** 2 * np.float32(exchange)).astype(np.float32)
    if weights is not None:
        errors *= weights[:, np.newaxis]
    costs = _costs_between(levels, errors, rates)
    tree: list[NDArray[np.int8]] = []
    while len(costs) > 1:
        first, second = costs[:-1:2], costs[1::2]
        joined = first[:, :, 0, np.newaxis] + second[:, np.newaxis, 0]
        middle = np.zeros(joined.shape, np.int8)
        for candidate in (1, 2):
            through = first[:, :, candidate, np.newaxis] + second[:, np.newaxis, candidate]
            _take_cheaper(through, candidate, joined, middle)
        tree.append(middle)
        costs = np.concatenate([joined, costs[2 * len(joined) :]])
    start, end = np.zeros(1, np.int8), costs[0, 0].argmin(keepdims=True).astype(np.int8)
    for middle in reversed(tree):
        pairs = len(middle)
        between = middle[np.arange(pairs), start[:pairs], end[:pairs]]
        starts, ends = np.stack([start[:pairs], between], axis=1), np.stack([between, end[:pairs]], axis=1)
        start, end = np.append(starts, start[pairs:]), np.append(ends, end[pairs:])
    return np.asarray(levels[np.arange(len(levels)), end], np.int16)


def _costs_between(levels: NDArray[np.int32], errors: Floats, rates: Floats) -> Floats:
    """The cost of each block, ``(n, 3, 3)``: block, candidate of the block before it, its own candidate."""
    costs = np.empty((len(levels), 3, 3), np.float32)
    # In front of the first block there is one candidate, 0.
    before = np.zeros((1, 3), np.int32)
    for start in range(0, len(levels), CHUNK):
        part = slice(start, start + CHUNK)
        current = levels[part]
        previous = np.concatenate([before, current[:-1]])
        differences = current[:, np.newaxis, :] - previous[:, :, np.newaxis]
        np.add(rates[magnitude_category(differences)], errors[part, np.newaxis], out=costs[part])
        before = current[-1:]
    return costs


def ac_frequencies(levels: NDArray[np.int16]) -> NDArray[np.intp]:
    """How often each symbol RRRRSSSS occurs in blocks ``(n, 64)`` of levels, zig-zag order: ``(256,)``."""
    counts = np.zeros((4, 16, 16), np.intp)
    ends = 0
    for start in range(0, len(levels), CHUNK):
        chunk = levels[start : start + CHUNK]
        present = chunk != 0
        present[:, 0] = True
        position = np.flatnonzero(present)
        run = np.diff(position) - 1
        place = position[1:] & 63
        kept = place != 0
        category = _CATEGORY[np.abs(chunk.reshape(-1)[position[1:][kept]].astype(np.int32))]
        counts += np.bincount(run[kept] << 4 | category, minlength=1024).reshape(4, 16, 16)
        ends += len(chunk) - int(np.count_nonzero(place == 63))
    frequencies: NDArray[np.intp] = counts.sum(0).ravel()
    frequencies[ZERO_RUN] += counts.sum((1, 2)) @ np.arange(4)
    frequencies[END_OF_BLOCK] += ends
    return frequencies


def end_of_band_runs(levels: NDArray[np.int16]) -> NDArray[np.intp]:
    """The lengths ``(runs,)`` of the runs of ends of blocks in a progressive scan (G.1.2.2) of levels ``(n, 64)``.

    A run is the end of a block and the blocks of zeros that follow it in the scan.
    """
    empty = ~levels[:, 1:].any(axis=1)
    ended = levels[:, 63] == 0
    starts = ended & ~empty
    starts[1:] |= ended[1:] & ~ended[:-1]
    starts[:1] |= ended[:1]
    return np.bincount(np.cumsum(starts)[ended])[1:]


def progressive_frequencies(levels: NDArray[np.int16]) -> NDArray[np.intp]:
    """:func:`ac_frequencies` with EOBn for runs in place of EOB, for one progressive scan with all bits."""
    frequencies = ac_frequencies(levels)
    frequencies[END_OF_BLOCK] = 0
    category = magnitude_category(end_of_band_runs(levels)).astype(np.intp) - 1
    frequencies += np.bincount(category << 4, minlength=256)
    return frequencies


def progressive_rates(table: HuffmanTable, levels: Sequence[NDArray[np.int16]]) -> AcRates:
    """:func:`ac_rates` for progressive scans like those of the given levels.

    The start of each run costs as much as a run of one. The blocks of zeros share the rest of the bits evenly.
    """
    rates = ac_rates(table)
    length = huffman_codes(table).length
    runs = np.concatenate([end_of_band_runs(plane) for plane in levels])
    category = magnitude_category(runs).astype(np.intp) - 1
    bits = length[category << 4] + category
    empty = sum(len(plane) - np.count_nonzero(plane[:, 1:].any(axis=1)) for plane in levels)
    more = max(0.0, float(bits.sum() - len(runs) * rates.end))
    return rates._replace(empty=np.float32(more / empty if empty else rates.end))


def dc_frequencies(levels: NDArray[np.int16]) -> NDArray[np.intp]:
    """How often each category of DC differences occurs: ``(256,)``. Levels ``(n,)``, in the order of the scan."""
    differences = levels.astype(np.int32)
    differences[1:] -= levels[:-1]
    return np.bincount(magnitude_category(differences), minlength=256)
