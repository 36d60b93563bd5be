"""Scans of the progressive DCT process with Huffman coding (T.81 Annex G): coefficients -> bits.

The four kinds of scans are listed in :mod:`numjpeg.entropy.progressive_reader`. DC coefficients are divided by
2^Al and rounded down, AC coefficients rounded towards zero.

A zero is never coded by itself. So a component is kept as the list of its nonzero AC coefficients
(:class:`Nonzero`). Each scan takes those between Ss and Se that are still nonzero after the division by 2^Al.

*New and known coefficients.* A coefficient that is nonzero for the first time is *new*: it gets a symbol. The
others are *known*: they get a correction bit (G.1.2.3). In a first scan all are new. So both kinds of AC scans are
made by one procedure.

*Ends of blocks.* The symbol EOBn, n = 0 .. 14, and the n bits that follow it end a run of 2^n to 2^(n+1) - 1
blocks that have nothing more to code (G.1.2.2). A run ends in front of the next symbol, at a restart marker, at
the end of the scan, and when it has 32,767 blocks.

*Correction bits* follow the next symbol of their block, which may be ZRL. Those after the last symbol of a block
follow the EOBn that ends it. So the correction bits of a scan are one string, and the symbols cut it into pieces.
libjpeg has room for 1,000 correction bits. Another block can bring 63, so libjpeg ends a run when more than 937
bits wait for its EOBn. So do we.

Symbols are made from some rows of blocks at a time, and kept until the scan has its tables: 5 bytes each, and one
for each correction bit. A run of blocks may go on in the next piece (:class:`OpenRun`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.frame import Scan
from numjpeg.entropy.bits import words_64
from numjpeg.entropy.sequential_writer import Codable, Coded, Symbols
from numjpeg.entropy.shared import dc_in_scan_order, interval_starts, predict_dc
from numjpeg.stages import huffman
from numjpeg.stages.huffman import MAX_CATEGORY, ZERO_RUN, magnitude_category
from numjpeg.stages.mcu_order import block_component
from numjpeg.stages.zigzag import zigzag
from numjpeg.workspace import Workspace

MAX_RUN = 0x7FFF  # blocks that one EOBn can end: n is at most 14 (Table G.1)
MAX_WAITING = 937  # correction bits that may wait for an EOBn; with more the run ends
PIECE = 1 << 15  # MCUs of a DC scan, or nonzero coefficients of an AC scan, that are coded at a time, about

_NO_BITS = np.empty(0, np.uint8)


class Nonzero(NamedTuple):
    """The nonzero AC coefficients of some blocks, in the order of the blocks and of the zig-zag: 3 bytes each."""

    place: NDArray[np.uint8]  # in the zig-zag sequence, 1 .. 63
    value: NDArray[np.int16]
    counts: NDArray[np.uint8]  # (blocks,), how many each block has


@dataclass(frozen=True)
class ComponentData:
    """A component's coefficients."""

    dc: NDArray[np.int16]  # (block rows, block columns)
    ac: list[Nonzero]  # from top to bottom


Sequences = Callable[[NDArray[np.int16]], NDArray[np.int16]]
"""Blocks ``(rows, columns, 8, 8)`` -> zig-zag order, ``(rows, columns, 64)``; the result may be overwritten."""


def collect(bands: Iterable[Sequence[NDArray[np.int16]]], sequences_of: Sequences = zigzag) -> list[ComponentData]:
    """Take coefficients apart for :func:`encode_scan`. ``bands``, from top to bottom: of each component int16
    ``(block rows, block columns, 8, 8)``, natural order. They may be overwritten when the next one is asked for.
    ``sequences_of``: ``zigzag``, or a faster form of it.
    """
    dc: list[list[NDArray[np.int16]]] = []
    ac: list[list[Nonzero]] = []
    for band in bands:
        dc, ac = dc or [[] for _ in band], ac or [[] for _ in band]
        for plane, dc_parts, pieces in zip(band, dc, ac, strict=True):
            sequences = sequences_of(plane)
            dc_parts.append(sequences[..., 0].copy())
            sequences[..., 0] = 0
            present = sequences.reshape(-1, 64) != 0
            position = np.flatnonzero(present)
            value = sequences.ravel().take(position)
            piece = Nonzero((position & 63).astype(np.uint8), value, present.sum(1, np.uint8))
            if pieces and len(pieces[-1].value) + len(value) <= PIECE:
                former = pieces.pop()
                piece = Nonzero(*(np.concatenate([former[i], piece[i]]) for i in range(3)))
            pieces.append(piece)
    return [ComponentData(np.concatenate(dc_parts), pieces) for dc_parts, pieces in zip(dc, ac, strict=True)]


def encode_scan(scan: Scan, components: Sequence[ComponentData]) -> list[Codable]:
    """Turn the coefficients of a scan into symbols. Huffman tables are made from these, and then the bits.
    ``components``: all those of the frame. ValueError for coefficients that have no symbol.
    """
    of_scan = [components[i] for i in scan.indices]
    if scan.Ss > 0:
        return list(encode_ac(scan, of_scan[0].ac))
    dc = dc_in_scan_order(scan, [c.dc for c in of_scan])
    if scan.Ah:
        return [DcBits(dc[first : first + PIECE], first) for first in range(0, len(dc), PIECE)]
    return list(encode_dc(scan, dc))


def encode_dc(scan: Scan, dc: NDArray[np.int16]) -> Iterator[Symbols]:
    """A first scan of DC coefficients ``(MCUs, blocks an MCU)``, coded as F.1.2.1 says (G.1.2.1)."""
    predictors = [0] * len(scan.components)
    for first in range(0, len(dc), PIECE):
        differences = predict_dc(scan, dc[first : first + PIECE], first, predictors)
        category = magnitude_category(differences)
        if category.max() > MAX_CATEGORY:
            raise ValueError("planes: neighbouring DC coefficients differ by more than 32767")
        table = np.tile(2 * block_component(scan.factors), len(differences))
        mcu_starts = np.arange(0, len(table), scan.blocks_per_mcu)
        yield Symbols(category.ravel(), differences.ravel(), table, first, mcu_starts)


@dataclass(frozen=True)
class DcBits:
    """A refinement of DC coefficients: one bit each, without a code (G.1.2.1)."""

    dc: NDArray[np.int16]  # (MCUs, blocks an MCU), the bit lowest
    first_mcu: int

    def frequencies(self, scan: Scan) -> NDArray[np.intp]:
        """No symbol occurs."""
        return np.zeros((2 * len(scan.components), 256), np.intp)

    def code(self, scan: Scan, _workspace: Workspace) -> Coded:
        """The bits as words of one bit, and an empty word for the bits that fill up the last byte."""
        bits = np.append(self.dc & np.int16(1), np.int16(0)).astype(np.uint64)
        lengths = np.ones(len(bits), np.uint64)
        lengths[-1] = 0
        bound_word = np.arange(0, len(bits), scan.blocks_per_mcu)
        return Coded(bits, lengths, self.first_mcu, bound_word, lengths[bound_word])


class InScan(NamedTuple):
    """The coefficients of some blocks that are nonzero after a scan, ``(n,)``. Their places are counted from Ss to
    Se of the first block, then on through the next block, and so on.
    """

    place: NDArray[np.int32]
    value: NDArray[np.int16]  # divided by 2^Al
    new: NDArray[np.bool_] | None  # whether it was zero before; None in a first scan, where all were
    before: NDArray[np.intp]  # (blocks + 1,), the number of coefficients before each block, and in all
    bounds: NDArray[np.int32]  # (blocks + 1,), the place at which each block begins, and the end of the last


def select(scan: Scan, piece: Nonzero) -> InScan:
    """The coefficients that a scan sees. The point transform rounds towards zero (G.1.2.2)."""
    before = _before_each(piece.counts)
    bounds = np.arange(len(before), dtype=np.int32) * np.int32(scan.Se - scan.Ss + 1)
    place, value = np.repeat(bounds[:-1] - np.int32(scan.Ss), piece.counts), piece.value
    place += piece.place
    if scan.Al:
        # The shift rounds down. With 2^Al - 1 added, negative values are rounded towards zero.
        value = (value + ((value >> 15) & np.int16((1 << scan.Al) - 1))) >> scan.Al
    whole = (scan.Ss, scan.Se) == (1, 63)
    if scan.Al or not whole:
        inside = whole or (piece.place >= scan.Ss) & (piece.place <= scan.Se)
        kept = np.flatnonzero(inside & (value != 0))
        place, value, before = place.take(kept), value.take(kept), np.searchsorted(kept, before)
    # The scan before had one bit less. Coefficients that were zero in it are 1 or -1 in this one.
    new = np.abs(value) == 1 if scan.Ah else None
    return InScan(place, value, new, before, bounds)


def _before_each(counts: NDArray[np.integer]) -> NDArray[np.intp]:
    """The sum of the counts before each entry, and of all: ``(n + 1,)``."""
    before = np.zeros(len(counts) + 1, np.intp)
    np.cumsum(counts, out=before[1:])
    return before


@lru_cache(maxsize=1)
def magnitudes() -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """SSSS and magnitude bits of every int16 value; the index is the value as uint16."""
    values = np.arange(1 << 16, dtype=np.uint16).view(np.int16)
    category = magnitude_category(values)
    return category, huffman.magnitude_bits(values, category).astype(np.uint16)


class CoefficientSymbols(NamedTuple):
    """The symbols and bits of the coefficients of some blocks, without the ends of blocks. ``n`` coefficients are
    new; there are ``m`` correction bits.
    """

    symbol: NDArray[np.uint8]  # (n,) RRRRSSSS
    extra: NDArray[np.uint16]  # (n,) magnitude bits
    taken: NDArray[np.intp]  # (n,), the number of correction bits up to each, with those that follow it
    zero_runs: NDArray[np.intp]  # for each ZRL the number of the new coefficient that it precedes, ascending
    zero_run_taken: NDArray[np.intp]  # the number of correction bits up to each ZRL
    corrections: NDArray[np.uint8]  # (m,) bits
    before: NDArray[np.intp]  # (blocks + 1,), the number of new coefficients before each block, and in all
    corrections_before: NDArray[np.intp]  # the same of correction bits
    full: NDArray[np.bool_]  # (blocks,), whether coefficient Se is a new one; then no end of the block is coded


def coefficient_symbols(coefficients: InScan) -> CoefficientSymbols:
    """The symbols of coefficients (G.1.2.2, G.1.2.3, Figures G.3 to G.9, less the ends of blocks).

    A run counts the zeros since the last new coefficient, or since the start of the block. That is the number of
    zeros before a coefficient, less the number before that last one. These numbers never fall, so a running
    maximum carries the latest one along.
    """
    place, value, new, in_front, bounds = coefficients
    occupied = np.flatnonzero(in_front[:-1] < in_front[1:])  # the blocks that have coefficients
    first, last = in_front.take(occupied), in_front.take(occupied + 1) - 1
    number = np.arange(len(place), dtype=np.int32)
    zeros = place - number
    since = np.zeros_like(zeros)
    at: NDArray[np.signedinteger] = number if new is None else np.flatnonzero(new)
    before = in_front if new is None else np.searchsorted(at, in_front)
    since[1:] = zeros[:-1] if new is None else zeros[:-1] * new[:-1]
    since[first] = bounds.take(occupied) - first
    if new is not None:
        np.maximum.accumulate(since, out=since)
    run = zeros - since
    category, bits = magnitudes()
    index = value.take(at).view(np.uint16)
    symbol = category.take(index)
    if symbol.max(initial=0) > MAX_CATEGORY:
        raise ValueError("planes: a coefficient of -32768 has no category of 4 bits")
    symbol |= run.take(at).astype(np.uint8) << np.uint8(4)
    full = np.zeros(len(bounds) - 1, np.bool_)
    full[occupied] = place.take(last) == bounds.take(occupied + 1) - 1
    if new is not None:
        full[occupied] &= new.take(last)

    # A ZRL precedes the first coefficient, known or new, that comes after sixteen zeros. Behind the last new
    # coefficient of a block there is none.
    long = np.flatnonzero(run > 15)
    new_before = long if new is None else np.searchsorted(at, long)
    earlier = np.where((long > 0) & (since[long - 1] == since[long]), run[long - 1] >> 4, 0)
    more = new_before < before[np.searchsorted(in_front, long, side="right")]
    copies = np.where(more, (run[long] >> 4) - earlier, 0)
    return CoefficientSymbols(
        symbol,
        bits.take(index),
        at - number[: len(at)],
        np.repeat(new_before, copies),
        np.repeat(long - new_before, copies),
        _NO_BITS if new is None else (value[~new] & np.int16(1)).astype(np.uint8),
        before,
        in_front - before,
        full,
    )


def eob_runs(
    broken: NDArray[np.bool_], blocks: NDArray[np.intp], waiting: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Group ends of blocks into runs, each coded by one EOBn.

    Arrays ``(n,)``, for each end of a block: ``broken``, whether a new run has to begin with it, as with the
    first; ``blocks``, 1, or more for a run that was left open; ``waiting``, the correction bits that wait for its
    EOBn. Returns for each run its first entry, the one behind its last, and its blocks, 1 .. MAX_RUN.

    Only runs that are too long are cut one by one, after 32,767 blocks or 938 correction bits at the earliest.

    >>> [a.tolist() for a in eob_runs(np.array([True, False, True]), np.ones(3, int), np.zeros(3, int))]
    [[0, 2], [2, 3], [2, 1]]
    """
    so_far, total = _before_each(blocks), _before_each(waiting)
    begin = np.flatnonzero(broken)
    end = np.append(begin[1:], len(broken))[: len(begin)]
    cuts = []
    long = (so_far[end] - so_far[begin] > MAX_RUN) | (total[end] - total[begin] > MAX_WAITING)
    for i in np.flatnonzero(long).tolist():
        cut, limit = int(begin[i]), int(end[i])
        while True:
            full = int(np.searchsorted(so_far, so_far[cut] + MAX_RUN, side="right")) - 1
            # The block whose bits exceed the limit is still part of the run.
            cut = min(full, int(np.searchsorted(total, total[cut] + MAX_WAITING, side="right")))
            if cut >= limit:
                break
            cuts.append(cut)
    if cuts:
        begin = np.sort(np.concatenate([begin, np.array(cuts, np.intp)]))
        end = np.append(begin[1:], len(broken))
    return begin, end, so_far[end] - so_far[begin]


class OpenRun(NamedTuple):
    """A run of ends of blocks that is not written yet: the next piece may add to it."""

    blocks: int = 0
    corrections: NDArray[np.uint8] = _NO_BITS  # the bits that wait for their EOBn


class AcSymbols(NamedTuple):
    """The symbols of some blocks, ``(n,)``, EOBn and ZRL included, with the bits that follow them."""

    symbol: NDArray[np.uint8]
    extra: NDArray[np.uint16]  # the extra bits of each symbol: magnitude bits, or those of EOBn
    following: NDArray[np.uint16]  # how many correction bits come behind these
    corrections: NDArray[np.uint8]  # the correction bits of all symbols
    starts: NDArray[np.intp]  # the number of the symbol with which each restart interval begins


def insert_ends_of_blocks(
    symbols: CoefficientSymbols, starts: NDArray[np.intp], former: OpenRun, close: bool
) -> tuple[AcSymbols, OpenRun]:
    """All symbols of some blocks, and the run that these leave open.

    The EOBn of a run stands where its first block ends. The other blocks of the run write only correction bits,
    which follow it. ``starts`` : the blocks with which restart intervals begin. ``former`` : the run that the
    former piece has left open. ``close`` : whether all runs end with the last of these blocks.
    """
    count, carried = len(symbols.symbol), len(former.corrections)
    blocks = np.flatnonzero(~symbols.full)
    counts = np.ones(len(blocks), np.intp)
    if former.blocks:
        blocks, counts = np.append(-1, blocks), np.append(former.blocks, counts)
    ends, corrections_up_to = symbols.before.take(blocks + 1), symbols.corrections_before.take(blocks + 1)
    broken = np.diff(ends, prepend=0) > 0
    if len(starts):
        broken |= np.diff(np.searchsorted(starts, blocks, side="right"), prepend=0) > 0
    broken[:1] = True
    waiting = np.zeros_like(ends)
    if carried or len(symbols.corrections):
        # They come after the last coefficient written so far, or after the block before if that ends later.
        written = np.append(0, symbols.taken).take(ends)
        waiting = corrections_up_to - np.maximum(written, symbols.corrections_before.take(blocks))
        if former.blocks:
            waiting[0] = carried
    begin, end, length = eob_runs(broken, counts, waiting)
    corrections = np.concatenate([former.corrections, symbols.corrections])
    left = OpenRun()
    if not close and len(begin) and ends[begin[-1]] == count:
        cut = len(corrections) - int(waiting[begin[-1] :].sum())
        left, corrections = OpenRun(int(length[-1]), corrections[cut:]), corrections[:cut]
        begin, end, length = begin[:-1], end[:-1], length[:-1]

    # Where an EOBn and a ZRL have the same place, EOBn comes first: it ends an earlier block.
    place = np.concatenate([ends.take(begin), symbols.zero_runs])
    order = np.argsort(place, kind="stable")
    source = np.insert(np.arange(count), place.take(order), order + count)
    n = magnitude_category(length) - np.uint8(1)
    zero_run = np.full(len(symbols.zero_runs), ZERO_RUN, np.uint8)
    symbol = np.concatenate([symbols.symbol, n << 4, zero_run]).take(source)
    run_bits = (length - (1 << n.astype(np.intp))).astype(np.uint16)
    extra = np.concatenate([symbols.extra, run_bits, np.zeros(len(zero_run), np.uint16)]).take(source)
    following = np.zeros(len(source), np.uint16)
    if len(corrections):
        taken = [symbols.taken, corrections_up_to.take(end - 1), symbols.zero_run_taken]
        following = np.diff(np.concatenate(taken).take(source) + carried, prepend=0).astype(np.uint16)
    # Before a block come the coefficients of earlier blocks, their ZRLs, and the runs that began there.
    earlier = symbols.before.take(starts)
    runs = np.searchsorted(blocks.take(begin), starts)
    begins = earlier + np.searchsorted(symbols.zero_runs, earlier) + runs
    return AcSymbols(symbol, extra, following, corrections, begins), left


_EXTRA_BITS = np.array([s & 15 or (0 if s == ZERO_RUN else s >> 4) for s in range(256)], np.uint8)
"""How many bits follow a symbol: magnitude bits after RRRRSSSS, n after EOBn (n << 4), none after ZRL."""
TOGETHER = 24  # correction bits that go into one word with the symbol and its extra bits, at most 16 + 15


def code_words(
    symbols: AcSymbols, tables: Sequence[huffman.HuffmanTable], selector: NDArray[np.intp] | int = 0
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.intp]]:
    """Code symbols, and put the bits that follow behind their codes. ``tables``, ``selector``: as in
    huffman_encode. Returns (codes, lengths, places): words of at most 16 + 15 + 24 bits, the last one empty; and
    the place of each symbol's word among them and of the empty one, ``(n + 1,)``.
    """
    codes, code_lengths = huffman.huffman_encode(symbols.symbol, tables, selector)
    extra_bits = _EXTRA_BITS.take(symbols.symbol)
    codes = codes << extra_bits.astype(np.uint64) | symbols.extra
    lengths = (code_lengths + extra_bits).astype(np.uint64)
    places = np.arange(len(codes) + 1)
    if len(symbols.corrections):
        words = words_64(np.packbits(symbols.corrections))
        joined = np.minimum(symbols.following, TOGETHER).astype(np.uint64)
        at = _before_each(symbols.following)[:-1]
        codes = codes << joined | _bits_at(words, at, joined)
        lengths += joined
        # What is left over, in words of 32 bits.
        rest = symbols.following.astype(np.intp) - TOGETHER
        if rest.max() > 0:
            before = _before_each(np.maximum(rest + 31, 0) >> 5)
            index = np.repeat(np.arange(len(rest)), np.diff(before))
            passed = 32 * (np.arange(len(index)) - before.take(index))
            size = np.minimum(rest.take(index) - passed, 32).astype(np.uint64)
            word = _bits_at(words, at.take(index) + TOGETHER + passed, size)
            codes, lengths = np.insert(codes, index + 1, word), np.insert(lengths, index + 1, size)
            places += before
    return np.append(codes, np.uint64(0)), np.append(lengths, np.uint64(0)), places


def _bits_at(words: NDArray[np.uint64], at: NDArray[np.intp], count: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """``count`` bits, 0 .. 49, from bit ``at`` on; ``words`` are from :func:`numjpeg.entropy.bits.words_64`."""
    word = words.take(at >> 4, mode="clip") << (at & 15).astype(np.uint64)
    return word >> np.uint64(1) >> (np.uint64(63) - count)  # a shift by 64 is undefined


@dataclass(frozen=True)
class AcPiece:
    """The symbols of some blocks of a scan."""

    symbols: AcSymbols
    first_mcu: int
    mcus: int

    def frequencies(self, _scan: Scan) -> NDArray[np.intp]:
        """See :class:`numjpeg.entropy.sequential_writer.Codable`."""
        return np.stack([np.zeros(256, np.intp), np.bincount(self.symbols.symbol, minlength=256)])

    def code(self, scan: Scan, _workspace: Workspace) -> Coded:
        """See :class:`numjpeg.entropy.sequential_writer.Codable`."""
        codes, lengths, places = code_words(self.symbols, [scan.huffman_tables[1, scan.components[0].Ta]])
        # Where MCUs begin is needed only at restart intervals; all other entries stay 0.
        bound_word, bound_tail = np.zeros(self.mcus + 1, np.intp), np.zeros(self.mcus + 1, np.uint64)
        starts = interval_starts(scan, self.first_mcu, self.mcus)
        bound_word[starts] = places.take(self.symbols.starts)
        bound_word[-1] = places[-1]
        bound_tail[starts] = lengths.take(bound_word[starts])
        return Coded(codes, lengths, self.first_mcu, bound_word, bound_tail)


def encode_ac(scan: Scan, pieces: Iterable[Nonzero]) -> Iterator[AcPiece]:
    """A scan of AC coefficients."""
    first, blocks, run = 0, prod(scan.mcus), OpenRun()
    for piece in pieces:
        count = len(piece.counts)
        end = first + count
        close = end == blocks or (scan.restart_interval > 0 and end % scan.restart_interval == 0)
        starts = interval_starts(scan, first, count)
        symbols, run = insert_ends_of_blocks(coefficient_symbols(select(scan, piece)), starts, run, close)
        yield AcPiece(symbols, first, count)
        first = end
