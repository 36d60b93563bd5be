"""Scans of the progressive DCT process with Huffman coding (T.81 Annex G): coefficients -> bits.

There are four kinds of scans (G.1.2), by what they carry and whether it is for the first time:

    DC, first        as in a sequential scan, differences of DC / 2^Al rounded down
    DC, refinement   bit Al of each DC coefficient, as it is
    AC, first        as in a sequential scan, AC / 2^Al rounded towards zero; ends of blocks are counted
    AC, refinement   of a coefficient that has been nonzero, bit Al (a correction bit); of the others those that
                     now become 1 or -1, as in a first scan

Zeros are never coded by themselves. So a component is kept as the list of its nonzero AC coefficients
(:class:`Nonzero`), from which each scan takes those that its band and its bits leave nonzero.

*Ends of blocks.* EOBn, n = 0 .. 14, ends this block and all but the last of the 2^n + (n bits that follow) blocks:
a run of blocks that have nothing more to code (G.1.2.2). A run ends in front of the next symbol, a restart marker
or the end of the scan, and where it has 32,767 blocks.

*Correction bits* stand behind the next symbol of their own block, ZRL included, and those after its last symbol
behind the EOBn that ends it (G.1.2.3). So in the order of the scan they are one string that the symbols cut into
pieces: it is enough to know for each symbol how many have been written when it and its piece are
(:attr:`AcSymbols.taken`). As in libjpeg, whose buffer has room for 1,000 of them, a run of blocks also ends when
more than 937 wait for its EOBn: another block can bring 63.

An AC scan is made in three steps: the symbols of coefficients, some rows of blocks at a time
(:func:`first_symbols`, :func:`refinement_symbols`); the runs of blocks, for the whole scan at once
(:func:`eob_runs`); and both put together (:func:`encode_ac`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.frame import Scan
from numjpeg.entropy.sequential_writer import Codable, Coded
from numjpeg.entropy.shared import predict_dc
from numjpeg.stages.huffman import (
    MAX_CATEGORY,
    ZERO_RUN,
    huffman_encode,
    magnitude_bits,
    magnitude_category,
)
from numjpeg.stages.mcu_order import block_component, pad_to_mcus
from numjpeg.stages.zigzag import zigzag
from numjpeg.workspace import Workspace

MAX_RUN = 0x7FFF
"""Blocks that one EOBn can end: n is at most 14 (Table G.1)."""
MAX_WAITING = 937
"""Correction bits that may wait for an EOBn; with more the run ends."""
PIECE = 1 << 15
"""Symbols, or MCUs of a DC scan, that are coded at a time."""


# --- coefficients as the scans want them -----------------------------------------------------------------


class Nonzero(NamedTuple):
    """The nonzero AC coefficients of some blocks, block by block, along the zig-zag: 3 bytes each."""

    place: NDArray[np.uint8]
    """In the zig-zag sequence, 1 .. 63."""
    value: NDArray[np.int16]
    counts: NDArray[np.uint8]
    """``(blocks,)``, how many there are of each block."""


@dataclass(frozen=True)
class ComponentData:
    """A component's coefficients."""

    dc: NDArray[np.int16]
    """``(block rows, block columns)``."""
    ac: list[Nonzero]
    """From top to bottom."""


Sequences = Callable[[NDArray[np.int16]], NDArray[np.int16]]
"""A component's blocks ``(rows, columns, 8, 8)`` along the zig-zag, ``(rows, columns, 64)``, to be overwritten."""


def collect(bands: Iterable[Sequence[NDArray[np.int16]]], sequences_of: Sequences = zigzag) -> list[ComponentData]:
    """Take coefficients apart for :func:`encode_scan`.

    Parameters
    ----------
    bands : from top to bottom, of each component int16 ``(block rows, block columns, 8, 8)``, natural order.
        They may be overwritten when the next one is asked for.
    sequences_of : the stage, or a fused form of it.
    """
    dc: list[list[NDArray[np.int16]]] = []
    ac: list[list[Nonzero]] = []
    for band in bands:
        dc, ac = dc or [[] for _ in band], ac or [[] for _ in band]
        for plane, own_dc, own_ac in zip(band, dc, ac, strict=True):
            sequences = sequences_of(plane)
            own_dc.append(sequences[..., 0].copy())
            sequences[..., 0] = 0
            present = sequences.reshape(-1, 64) != 0
            position = np.flatnonzero(present)
            value = sequences.ravel().take(position)
            own_ac.append(Nonzero((position & 63).astype(np.uint8), value, present.sum(1, np.uint8)))
    return [ComponentData(np.concatenate(own_dc), own_ac) for own_dc, own_ac in zip(dc, ac, strict=True)]


def encode_scan(scan: Scan, components: Sequence[ComponentData]) -> list[Codable]:
    """Turn what a scan carries into symbols, of which tables are made and bits.

    Parameters
    ----------
    scan : its header; the Huffman tables need not be there yet. components : all those of the frame.

    Raises
    ------
    ValueError for coefficients that have no symbol.
    """
    own = [components[i] for i in scan.indices]
    if scan.Ss > 0:
        return list(encode_ac(scan, own[0].ac))
    dc = _dc_in_scan_order(scan, [c.dc for c in own])
    return list(refine_dc(dc) if scan.Ah else encode_dc(scan, dc))


# --- DC --------------------------------------------------------------------------------------------------


def _dc_in_scan_order(scan: Scan, planes: list[NDArray[np.int16]]) -> NDArray[np.int16]:
    """DC coefficients ``(MCUs, blocks an MCU)``, less their low Al bits."""
    rows, columns = scan.mcus
    parts = []
    for plane, (v, h) in zip(planes, scan.factors, strict=True):
        whole = pad_to_mcus(plane[..., np.newaxis], rows, columns, (v, h))
        parts.append(whole.reshape(rows, v, columns, h).swapaxes(1, 2).reshape(rows * columns, v * h))
    # G.1.2.1: an arithmetic shift, which rounds down.
    return np.concatenate(parts, axis=1) >> scan.Al


@dataclass(frozen=True)
class DcDifferences:
    """DC coefficients as differences."""

    differences: NDArray[np.int32]
    """``(MCUs, blocks an MCU)``."""
    first_mcu: int

    def frequencies(self, scan: Scan) -> NDArray[np.intp]:
        """See :class:`numjpeg.entropy.sequential_writer.Codable`."""
        counts = np.zeros((2 * len(scan.components), 256), np.intp)
        symbol = 512 * block_component(scan.factors) + magnitude_category(self.differences)
        counts += np.bincount(symbol.ravel(), minlength=counts.size).reshape(counts.shape)
        return counts

    def code(self, scan: Scan, _workspace: Workspace) -> Coded:
        """See :class:`numjpeg.entropy.sequential_writer.Codable`."""
        tables = [scan.huffman_tables[0, c.Td] for c in scan.components]
        selector = np.tile(block_component(scan.factors), len(self.differences))
        value = self.differences.ravel()
        category = magnitude_category(value)
        codes, lengths = huffman_encode(category, tables, selector)
        codes = codes << category.astype(np.uint64) | magnitude_bits(value, category)
        return _coded_blocks(scan, codes, (lengths + category).astype(np.uint64), self.first_mcu)


def _coded_blocks(scan: Scan, codes: NDArray[np.uint64], lengths: NDArray[np.uint64], first_mcu: int) -> Coded:
    """Of each block one code word, and an empty one for what fills up the last byte."""
    codes, lengths = np.append(codes, np.uint64(0)), np.append(lengths, np.uint64(0))
    bound_word = np.arange(0, len(codes), scan.blocks_per_mcu)
    return Coded(codes, lengths, first_mcu, bound_word, lengths[bound_word])


def encode_dc(scan: Scan, dc: NDArray[np.int16]) -> Iterator[DcDifferences]:
    """A first scan of DC coefficients ``(MCUs, blocks an MCU)``: the procedure of F.1.2.1 (G.1.2.1)."""
    predictors = [0] * len(scan.components)
    for first in range(0, len(dc), PIECE):
        differences = predict_dc(scan, dc[first : first + PIECE], first, predictors)
        if magnitude_category(differences).max() > MAX_CATEGORY:
            raise ValueError("planes: neighbouring DC coefficients differ by more than 32767")
        yield DcDifferences(differences, first)


@dataclass(frozen=True)
class DcBits:
    """DC coefficients of which one bit each is sent."""

    dc: NDArray[np.int16]
    """``(MCUs, blocks an MCU)``, the bit lowest."""
    first_mcu: int

    def frequencies(self, scan: Scan) -> NDArray[np.intp]:
        """No symbol occurs."""
        return np.zeros((2 * len(scan.components), 256), np.intp)

    def code(self, scan: Scan, _workspace: Workspace) -> Coded:
        """See :class:`numjpeg.entropy.sequential_writer.Codable`."""
        bits = (self.dc & 1).ravel().astype(np.uint64)
        return _coded_blocks(scan, bits, np.ones(len(bits), np.uint64), self.first_mcu)


def refine_dc(dc: NDArray[np.int16]) -> Iterator[DcBits]:
    """A refinement of DC coefficients ``(MCUs, blocks an MCU)``: a bit each, without a code (G.1.2.1.1)."""
    for first in range(0, len(dc), PIECE):
        yield DcBits(dc[first : first + PIECE], first)


# --- AC: the symbols of coefficients ---------------------------------------------------------------------


@lru_cache(maxsize=1)
def _magnitudes() -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """SSSS and magnitude bits of every 16-bit value, by its 16 bits as an unsigned number."""
    values = np.arange(1 << 16, dtype=np.uint16).view(np.int16)
    category = magnitude_category(values)
    return category, magnitude_bits(values, category).astype(np.uint16)


class CoefficientSymbols(NamedTuple):
    """What a scan writes for the coefficients of some blocks: all but the ends of blocks.

    Of ``n`` coefficients (those that are nonzero for the first time) and ``m`` correction bits.
    """

    symbol: NDArray[np.uint8]
    """``(n,)`` RRRRSSSS."""
    extra: NDArray[np.uint16]
    """``(n,)`` magnitude bits."""
    ends: NDArray[np.intp]
    """``(blocks,)``, how many coefficients there are up to the end of each block."""
    full: NDArray[np.bool_]
    """``(blocks,)``, whether coefficient Se is one of them, so that no end is left to be coded."""
    zero_runs: NDArray[np.intp]
    """Ascending, one entry a ZRL: the place of the coefficient in front of which it stands."""
    corrections: NDArray[np.uint8]
    """``(m,)`` bits."""
    taken: NDArray[np.uint32]
    """``(n,)``, how many correction bits have been written after each coefficient and what belongs to it."""
    zero_run_taken: NDArray[np.uint32]
    """The same for each ZRL."""
    correction_ends: NDArray[np.intp]
    """``(blocks,)``, how many correction bits there are up to the end of each block."""


_NO_BITS = np.empty(0, np.uint8)
_NO_COUNTS = np.empty(0, np.uint32)


def _of_scan(scan: Scan, piece: Nonzero) -> tuple[NDArray[np.int32], NDArray[np.uint8], NDArray[np.int16]]:
    """Block, place and value of the coefficients that are nonzero when a scan is over.

    The point transform divides by 2^Al and rounds towards zero (G.1.2.2).
    """
    place, value = piece.place, piece.value
    block = np.repeat(np.arange(len(piece.counts), dtype=np.int32), piece.counts)
    keep = None
    if scan.Al:
        # Rounded down, as a shift does, negative values need 2^Al - 1 more.
        value = (value + ((value >> 15) & np.int16((1 << scan.Al) - 1))) >> scan.Al
        keep = value != 0
    if (scan.Ss, scan.Se) != (1, 63):
        inside = (place >= scan.Ss) & (place <= scan.Se)
        keep = inside if keep is None else keep & inside
    if keep is not None:
        kept = np.flatnonzero(keep)
        block, place, value = block.take(kept), place.take(kept), value.take(kept)
    return block, place, value


def first_symbols(scan: Scan, piece: Nonzero) -> CoefficientSymbols:
    """A first scan of AC coefficients (G.1.2.2, Figures G.3 to G.5, less the ends of blocks)."""
    block, place, value = _of_scan(scan, piece)
    category, bits = _magnitudes()
    index = value.view(np.uint16)
    symbol = category.take(index)
    if symbol.max(initial=0) > MAX_CATEGORY:
        raise ValueError("planes: a coefficient of -32768 has no category of 4 bits")
    run = np.empty_like(place)
    np.subtract(place[1:], place[:-1], out=run[1:])
    run -= np.uint8(1)
    start = np.flatnonzero(np.diff(block, prepend=-1))
    run[start] = place[start] - np.uint8(scan.Ss)
    symbol |= run << np.uint8(4)
    long = np.flatnonzero(run > 15)
    blocks = len(piece.counts)
    return CoefficientSymbols(
        symbol,
        bits.take(index),
        np.cumsum(np.bincount(block, minlength=blocks)),
        _has_last(scan, block, place, blocks),
        np.repeat(long, run[long] >> 4),
        _NO_BITS,
        _NO_COUNTS,
        _NO_COUNTS,
        np.zeros(blocks, np.intp),
    )


def _has_last(scan: Scan, block: NDArray[np.int32], place: NDArray[np.uint8], blocks: int) -> NDArray[np.bool_]:
    """For each block, whether coefficient Se is among these."""
    has = np.zeros(blocks, np.bool_)
    has[block[place == scan.Se]] = True
    return has


def refinement_symbols(scan: Scan, piece: Nonzero) -> CoefficientSymbols:
    """A refinement of AC coefficients (G.1.2.3, Figures G.7 to G.9, less the ends of blocks).

    All that have been or become nonzero are looked at in turn, ``i`` their places. Runs count the zeros since the
    last that became nonzero, or since the start of the block: zeros before ``i`` less zeros before that place.
    Such numbers rise with ``i``, so that the latest of those places is the one with the largest number.
    """
    block, place, value = _of_scan(scan, piece)
    magnitude = np.abs(value)
    new = magnitude == 1  # with one bit more than the scan before: those that it left zero
    i = np.arange(len(block), dtype=np.int32)
    width, blocks = scan.Se - scan.Ss + 1, len(piece.counts)
    block_start = block * np.int32(width)  # places of the band in the blocks before
    zeros = block_start + place - np.int32(scan.Ss) - i
    start = np.flatnonzero(np.diff(block, prepend=-1))
    since = np.zeros(len(block), np.int32)
    np.multiply(zeros[:-1], new[:-1], out=since[1:])
    since[start] = block_start[start] - i[start]
    np.maximum.accumulate(since, out=since)
    run = zeros - since

    at = np.flatnonzero(new)
    ends = np.cumsum(np.bincount(block[at], minlength=blocks))
    symbol = ((run[at] << 4) & 0xF0 | 1).astype(np.uint8)

    # ZRL stands in front of the first coefficient, a corrected one or a new one, that comes after sixteen zeros,
    # but not after the last new one of its block.
    long = np.flatnonzero(run > 15)
    earlier = np.where((long > 0) & (since[long - 1] == since[long]), run[long - 1] >> 4, 0)
    new_before = np.searchsorted(at, long)
    copies = np.where(new_before < ends[block[long]], (run[long] >> 4) - earlier, 0)
    return CoefficientSymbols(
        symbol,
        (value[at] > 0).astype(np.uint16),
        ends,
        _has_last(scan, block[at], place[at], blocks),
        np.repeat(new_before, copies),
        (magnitude[~new] & 1).astype(np.uint8),
        (at - np.arange(len(at))).astype(np.uint32),
        np.repeat(long - new_before, copies).astype(np.uint32),
        np.cumsum(np.bincount(block, minlength=blocks)) - ends,
    )


# --- AC: the ends of blocks, and all together ------------------------------------------------------------


class EobRuns(NamedTuple):
    """Runs of blocks that end with one EOBn each."""

    first: NDArray[np.intp]
    """The first of its blocks."""
    last: NDArray[np.intp]
    """The last of its blocks; those between that are full, or there are none, do not count."""
    length: NDArray[np.intp]
    """Blocks that count, 1 .. MAX_RUN."""


def eob_runs(blocks: NDArray[np.intp], broken: NDArray[np.bool_], waiting: NDArray[np.integer]) -> EobRuns:
    """Group ends of blocks into runs.

    Parameters
    ----------
    blocks : ``(n,)``, ascending: the blocks that have an end to be coded.
    broken : ``(n,)``, whether a symbol or a restart marker stands between the end before and this one.
    waiting : ``(n,)``, number of correction bits that each leaves to its EOBn.

    Notes
    -----
    Only runs that are too long are looked at one by one, and of these only the places where they are cut: at most
    one for 32,767 blocks, and one for 938 correction bits.

    >>> runs = eob_runs(np.array([2, 3, 7]), np.array([True, False, True]), np.zeros(3, int))
    >>> runs.first.tolist(), runs.last.tolist(), runs.length.tolist()
    ([2, 7], [3, 7], [2, 1])
    """
    total = np.concatenate([np.zeros(1, np.intp), np.cumsum(waiting)])
    begin = np.flatnonzero(broken)
    end = np.append(begin[1:], len(blocks))[: len(begin)]
    cuts = []
    for i in np.flatnonzero((end - begin > MAX_RUN) | (total[end] - total[begin] > MAX_WAITING)).tolist():
        cut, limit = int(begin[i]), int(end[i])
        while True:
            # The block with which the bits become too many is the last one of the run.
            cut = min(cut + MAX_RUN, int(np.searchsorted(total, total[cut] + MAX_WAITING, side="right")))
            if cut >= limit:
                break
            cuts.append(cut)
    begin = np.sort(np.concatenate([begin, np.array(cuts, np.intp)]))
    end = np.append(begin[1:], len(blocks))[: len(begin)]
    return EobRuns(blocks[begin], blocks[end - 1], end - begin)


_EXTRA_BITS = np.array([s & 15 or (0 if s == ZERO_RUN else s >> 4) for s in range(256)], np.uint8)
"""How many bits follow a symbol: magnitude bits after RRRRSSSS, n after EOBn (n << 4), none after ZRL."""


@dataclass(frozen=True)
class AcSymbols:
    """A piece of an AC scan."""

    symbol: NDArray[np.uint8]
    """``(n,)``."""
    extra: NDArray[np.uint16]
    """``(n,)``, the bits that follow each symbol."""
    taken: NDArray[np.uint32]
    """``(n,)``, how many correction bits of the scan have been written after each symbol; empty if it has none."""
    corrections: NDArray[np.uint8]
    """The correction bits of this piece."""
    first_mcu: int
    """Block at which the piece begins; 0 throughout if there are no restart intervals."""
    mcus: int
    interval_starts: NDArray[np.intp]
    """Place of the first symbol of each restart interval, if there are any."""

    def frequencies(self, _scan: Scan) -> NDArray[np.intp]:
        """See :class:`numjpeg.entropy.sequential_writer.Codable`."""
        counts = np.zeros((2, 256), np.intp)
        counts[1] = np.bincount(self.symbol, minlength=256)
        return counts

    def code(self, scan: Scan, _workspace: Workspace) -> Coded:
        """See :class:`numjpeg.entropy.sequential_writer.Codable`."""
        own_codes, own_lengths = huffman_encode(self.symbol, [scan.huffman_tables[1, scan.components[0].Ta]])
        extra_bits = _EXTRA_BITS.take(self.symbol)
        own_codes <<= extra_bits.astype(np.uint64)
        own_codes |= self.extra
        own_lengths = own_lengths + extra_bits  # at most 16 + 15
        # A correction bit is a word by itself, and an empty word is there for what fills up the last byte.
        place = np.arange(len(self.symbol))
        if len(self.corrections):
            taken_before = int(self.taken[-1]) - len(self.corrections)
            place[1:] += self.taken[:-1] - np.uint32(taken_before)
        count = len(self.symbol) + len(self.corrections) + 1
        codes, lengths = np.empty(count, np.uint64), np.ones(count, np.uint64)
        if len(self.corrections):
            is_correction = np.ones(count, np.bool_)
            is_correction[place] = is_correction[-1] = False
            codes[is_correction] = self.corrections
        codes[place], lengths[place] = own_codes, own_lengths
        codes[-1] = lengths[-1] = 0
        # Only where restart intervals begin need it be known which word an MCU begins with.
        bound_word, bound_tail = np.zeros(self.mcus + 1, np.intp), np.zeros(self.mcus + 1, np.uint64)
        bound_word[-1] = count - 1
        if len(self.interval_starts):
            starts = place[self.interval_starts]
            bound_word[: -1 : scan.restart_interval] = starts
            bound_tail[: -1 : scan.restart_interval] = lengths[starts]
        return Coded(codes, lengths, self.first_mcu, bound_word, bound_tail)


def _join(pieces: Iterable[CoefficientSymbols]) -> CoefficientSymbols:
    """Several as one, their places and numbers counting on."""
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in CoefficientSymbols._fields}
    coefficients = corrections = 0
    for piece in pieces:
        for name, array in piece._asdict().items():
            if name in ("ends", "zero_runs"):
                array += coefficients
            elif name in ("taken", "zero_run_taken", "correction_ends"):
                array += array.dtype.type(corrections)
            parts[name].append(array)
        coefficients += len(piece.symbol)
        corrections += len(piece.corrections)
    # One by one, as each gives its memory back when it is joined.
    return CoefficientSymbols(**{name: np.concatenate(parts.pop(name)) for name in CoefficientSymbols._fields})


def encode_ac(scan: Scan, pieces: Iterable[Nonzero]) -> Iterator[AcSymbols]:
    """All symbols of an AC scan, in pieces of whole restart intervals, or of :data:`PIECE` symbols.

    The EOBn of a run goes to where its first block ends: its other blocks write nothing but correction bits, and
    these stand behind it.
    """
    symbols = _join((refinement_symbols if scan.Ah else first_symbols)(scan, piece) for piece in pieces)
    runs = _eob_runs_of(scan, symbols)
    n = magnitude_category(runs.length) - np.uint8(1)

    # EOBn and ZRL go in between the coefficients; where both do, EOBn first, as it ends a block before.
    before = np.concatenate([symbols.ends[runs.first], symbols.zero_runs])
    order = np.argsort(before, kind="stable")
    place = before[order] + np.arange(len(order))
    is_coefficient = np.ones(len(symbols.symbol) + len(order), np.bool_)
    is_coefficient[place] = False

    def insert(values: NDArray[Any], eob: NDArray[Any], zero_run: NDArray[Any]) -> NDArray[Any]:
        whole = np.empty(len(is_coefficient), values.dtype)
        whole[is_coefficient] = values
        whole[place] = np.concatenate([eob, zero_run])[order]
        return whole

    zeros = np.zeros(len(symbols.zero_runs), np.uint16)
    symbols = symbols._replace(symbol=insert(symbols.symbol, n << 4, zeros + np.uint16(ZERO_RUN)))
    symbols = symbols._replace(extra=insert(symbols.extra, runs.length - (1 << n.astype(np.intp)), zeros))
    if len(symbols.corrections):
        eob_taken = symbols.correction_ends[runs.last]
        symbols = symbols._replace(taken=insert(symbols.taken, eob_taken, symbols.zero_run_taken))

    if not scan.restart_interval:
        for first in range(0, len(symbols.symbol), PIECE):
            yield _piece(symbols, slice(first, first + PIECE))
        return
    blocks = len(symbols.ends)
    mcu = np.append(np.arange(0, blocks, scan.restart_interval), blocks)
    # What goes before a block: the coefficients of those before it, their ZRLs, and the runs begun in them.
    coefficients = np.append(0, symbols.ends)[mcu]
    start = coefficients + np.searchsorted(symbols.zero_runs, coefficients) + np.searchsorted(runs.first, mcu)
    cuts = [*np.flatnonzero(np.diff(start[:-1] // PIECE, prepend=-1)).tolist(), len(mcu) - 1]
    for first, end in pairwise(cuts):
        own = slice(int(start[first]), int(start[end]))
        piece = _piece(symbols, own)
        starts = start[first:end] - own.start
        yield replace(piece, first_mcu=int(mcu[first]), mcus=int(mcu[end] - mcu[first]), interval_starts=starts)


def _eob_runs_of(scan: Scan, symbols: CoefficientSymbols) -> EobRuns:
    """The runs of blocks of a whole scan."""
    blocks = np.flatnonzero(~symbols.full)
    broken = np.diff(symbols.ends[blocks], prepend=-1) > 0
    if scan.restart_interval:
        broken |= np.diff(blocks // scan.restart_interval, prepend=-1) > 0
    waiting = np.zeros(len(blocks), np.intp)
    if len(symbols.corrections):
        # Those after the last coefficient written so far, or after the end of the block before, if that is later.
        last = np.append(np.uint32(0), symbols.taken)[symbols.ends[blocks]]
        before = np.append(0, symbols.correction_ends)[blocks]
        waiting = symbols.correction_ends[blocks] - np.maximum(last, before)
    return eob_runs(blocks, broken, waiting)


def _piece(symbols: CoefficientSymbols, own: slice) -> AcSymbols:
    """Some of a scan's symbols, those inserted among them, with their correction bits."""
    taken, corrections = symbols.taken[own], symbols.corrections
    if len(corrections):
        corrections = corrections[symbols.taken[own.start - 1] if own.start else 0 : taken[-1]]
    return AcSymbols(symbols.symbol[own], symbols.extra[own], taken, corrections, 0, 1, np.empty(0, np.intp))
