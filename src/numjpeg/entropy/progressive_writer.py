"""Scans of the progressive DCT process with Huffman coding (T.81 Annex G): coefficients -> bits.

The four kinds of scans are listed in :mod:`numjpeg.entropy.progressive_reader`. DC coefficients are divided by
2^Al and rounded down, AC coefficients rounded towards zero.

A zero is never coded by itself. So a component is kept as the list of its nonzero AC coefficients
(:class:`Nonzero`); each scan takes those that lie between Ss and Se and that Al leaves nonzero.

*Ends of blocks.* The symbol EOBn, n = 0 .. 14, and the n bits that follow it end a run of 2^n to 2^(n+1) - 1
blocks that have nothing more to code (G.1.2.2). A run ends in front of the next symbol, at a restart marker, at
the end of the scan, and when it has 32,767 blocks.

*Correction bits* follow the next symbol of their own block, ZRL included. Those after the last symbol of a block
follow the EOBn that ends it (G.1.2.3). So the correction bits of a scan are one string, and the symbols cut it
into pieces. For each symbol, :attr:`AcPiece.taken` counts the correction bits that are written once its piece is.
libjpeg has room for 1,000 correction bits. Another block can bring 63, so libjpeg ends a run when more than 937
bits wait for its EOBn. So do we.

An AC scan is made in three steps. :func:`first_symbols` or :func:`refinement_symbols` make the symbols of the
coefficients, some rows of blocks at a time. :func:`eob_runs` finds the runs of blocks, for the whole scan at once.
:func:`encode_ac` puts both together.
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
from numjpeg.entropy.shared import dc_in_scan_order, predict_dc
from numjpeg.stages.huffman import (
    MAX_CATEGORY,
    ZERO_RUN,
    append_magnitude_bits,
    huffman_encode,
    magnitude_bits,
    magnitude_category,
)
from numjpeg.stages.mcu_order import block_component
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
    """The nonzero AC coefficients of some blocks, in the order of the blocks and of the zig-zag: 3 bytes each."""

    place: NDArray[np.uint8]
    """Place in the zig-zag sequence, 1 .. 63."""
    value: NDArray[np.int16]
    counts: NDArray[np.uint8]
    """``(blocks,)``, how many each block has."""


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
    sequences_of : the stage ``zigzag``, or a faster form of it.
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
    """Turn what a scan carries into symbols; Huffman tables are made from them, and then the bits.

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
    dc = dc_in_scan_order(scan, [c.dc for c in own])
    if scan.Ah:
        return [DcBits(dc[first : first + PIECE], first) for first in range(0, len(dc), PIECE)]
    return list(encode_dc(scan, dc))


# --- DC --------------------------------------------------------------------------------------------------


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
        codes, lengths = huffman_encode(magnitude_category(value), tables, selector)
        codes, lengths = append_magnitude_bits(codes, lengths, value)
        return _coded_blocks(scan, codes, lengths.astype(np.uint64), self.first_mcu)


def _coded_blocks(scan: Scan, codes: NDArray[np.uint64], lengths: NDArray[np.uint64], first_mcu: int) -> Coded:
    """One code word a block, and an empty one to hold the bits that fill up the last byte."""
    codes, lengths = np.append(codes, np.uint64(0)), np.append(lengths, np.uint64(0))
    bound_word = np.arange(0, len(codes), scan.blocks_per_mcu)
    return Coded(codes, lengths, first_mcu, bound_word, lengths[bound_word])


def encode_dc(scan: Scan, dc: NDArray[np.int16]) -> Iterator[DcDifferences]:
    """A first scan of DC coefficients ``(MCUs, blocks an MCU)``, coded as F.1.2.1 says (G.1.2.1)."""
    predictors = [0] * len(scan.components)
    for first in range(0, len(dc), PIECE):
        differences = predict_dc(scan, dc[first : first + PIECE], first, predictors)
        if magnitude_category(differences).max() > MAX_CATEGORY:
            raise ValueError("planes: neighbouring DC coefficients differ by more than 32767")
        yield DcDifferences(differences, first)


@dataclass(frozen=True)
class DcBits:
    """A refinement of DC coefficients: one bit each, without a code (G.1.2.1)."""

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


# --- AC: the symbols of coefficients ---------------------------------------------------------------------


@lru_cache(maxsize=1)
def _magnitudes() -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """SSSS and magnitude bits of every int16 value; the index is the value as uint16."""
    values = np.arange(1 << 16, dtype=np.uint16).view(np.int16)
    category = magnitude_category(values)
    return category, magnitude_bits(values, category).astype(np.uint16)


class CoefficientSymbols(NamedTuple):
    """What a scan writes for the coefficients of some blocks, without the ends of blocks.

    ``n`` coefficients become nonzero in this scan; there are ``m`` correction bits.
    """

    symbol: NDArray[np.uint8]
    """``(n,)`` RRRRSSSS."""
    extra: NDArray[np.uint16]
    """``(n,)`` magnitude bits."""
    ends: NDArray[np.intp]
    """``(blocks,)``, the number of coefficients up to the end of each block."""
    full: NDArray[np.bool_]
    """``(blocks,)``, whether coefficient Se is one of them; then no end of the block is coded."""
    zero_runs: NDArray[np.intp]
    """One entry a ZRL, ascending: the index of the coefficient that it precedes."""
    corrections: NDArray[np.uint8]
    """``(m,)`` bits."""
    taken: NDArray[np.uint32]
    """``(n,)``, the number of correction bits written up to each coefficient, those that follow it included."""
    zero_run_taken: NDArray[np.uint32]
    """The same for each ZRL."""
    correction_ends: NDArray[np.intp]
    """``(blocks,)``, the number of correction bits up to the end of each block."""


_NO_BITS = np.empty(0, np.uint8)
_NO_COUNTS = np.empty(0, np.uint32)


def _of_scan(scan: Scan, piece: Nonzero) -> tuple[NDArray[np.int32], NDArray[np.uint8], NDArray[np.int16]]:
    """Block, place and value of the coefficients that are nonzero after a scan.

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

    Number ``i`` counts the coefficients that were nonzero before or become so. A run counts the zeros since the
    last coefficient that became nonzero, or since the start of the block. It is the number of zeros before ``i``
    less the number before that last coefficient. These numbers never fall, so a running maximum carries the latest
    one along.
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

    # A ZRL precedes the first coefficient (corrected or new) that comes after sixteen zeros, but none follows the
    # last new one of a block.
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
    """The last of its blocks. Blocks between them that have no end to be coded do not count."""
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
    Only runs that are too long are looked at one by one. They take one step for each cut: at most one for 32,767
    blocks, and one for 938 correction bits.

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
            # The block whose bits exceed the limit is still part of the run.
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
class AcPiece:
    """A piece of an AC scan."""

    symbol: NDArray[np.uint8]
    """``(n,)``."""
    extra: NDArray[np.uint16]
    """``(n,)``, the bits that follow each symbol."""
    taken: NDArray[np.uint32]
    """``(n,)``, how many correction bits of the scan are written up to the end of each symbol's piece; empty if
    the scan has none."""
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
        # Each correction bit is a word of its own. The empty last word holds the bits that fill up the last byte.
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
        # The word that an MCU begins with is needed only where restart intervals begin.
        bound_word, bound_tail = np.zeros(self.mcus + 1, np.intp), np.zeros(self.mcus + 1, np.uint64)
        bound_word[-1] = count - 1
        if len(self.interval_starts):
            starts = place[self.interval_starts]
            bound_word[: -1 : scan.restart_interval] = starts
            bound_tail[: -1 : scan.restart_interval] = lengths[starts]
        return Coded(codes, lengths, self.first_mcu, bound_word, bound_tail)


def _join(pieces: Iterable[CoefficientSymbols]) -> CoefficientSymbols:
    """Join the symbols of consecutive blocks; places and numbers count on."""
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
    # One field after the other, so that its parts are freed before the next is joined.
    return CoefficientSymbols(**{name: np.concatenate(parts.pop(name)) for name in CoefficientSymbols._fields})


def encode_ac(scan: Scan, pieces: Iterable[Nonzero]) -> Iterator[AcPiece]:
    """All symbols of an AC scan, in pieces of :data:`PIECE` symbols, or of whole restart intervals if it has any.

    The EOBn of a run stands where its first block ends. The other blocks of the run write only correction bits,
    which follow it.
    """
    symbols = _join((refinement_symbols if scan.Ah else first_symbols)(scan, piece) for piece in pieces)
    runs = _eob_runs_of(scan, symbols)
    n = magnitude_category(runs.length) - np.uint8(1)

    # Insert EOBn and ZRL between the coefficients. Where both go, EOBn comes first: it ends an earlier block.
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
    # Before a block come the coefficients of earlier blocks, their ZRLs, and the runs that began there.
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
        # These come after the last coefficient written so far, or after the block before if that ends later.
        last = np.append(np.uint32(0), symbols.taken)[symbols.ends[blocks]]
        before = np.append(0, symbols.correction_ends)[blocks]
        waiting = symbols.correction_ends[blocks] - np.maximum(last, before)
    return eob_runs(blocks, broken, waiting)


def _piece(symbols: CoefficientSymbols, own: slice) -> AcPiece:
    """A slice of a scan's symbols, EOBn and ZRL included, with their correction bits."""
    taken, corrections = symbols.taken[own], symbols.corrections
    if len(corrections):
        corrections = corrections[symbols.taken[own.start - 1] if own.start else 0 : taken[-1]]
    return AcPiece(symbols.symbol[own], symbols.extra[own], taken, corrections, 0, 1, np.empty(0, np.intp))
