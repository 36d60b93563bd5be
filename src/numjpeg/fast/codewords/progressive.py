"""The reader of progressive scans in fewer steps, equal to :mod:`numjpeg.entropy.progressive_reader`.

In each kind of scan with codes, the walk from code word to code word is what cannot be done at once. Here it does
the least that leads on, and notes no more than the bit at which each word begins. All else follows from these
bits by operations on arrays: what the words are, where their coefficients belong, whether a run was too long,
whether the data ended where they should. If anything is not as it should be, nothing has been written yet, and
the serial reader reads the scan again from its start: every error message is its own.

The first scans of AC coefficients need no walk if they are long: their words are found in lanes. A refinement has
nothing to synchronise, as where a word ends depends on how many coefficients of this very block are known; it is
the dear one, 0.4 us a word. Of a photograph of 2 megapixels at quality 85 (libjpeg's script) these are 358,000
words, and two thirds of the time.

Places are counted through a scan without gaps, the coefficients of a band one block after the other. In an AC
refinement only those are counted that are zero so far, as the code counts them; this is the *rank*. A rank and
the number of known coefficients passed make the place: whatever the walk does in a block, the place is their sum.
And the bit that is due is as many bits behind the words read so far as known coefficients were passed, each of
which has one bit (G.1.2.3). So to follow a word of run r from rank z on is

    z += r + 1;  pass known coefficients as long as their own rank (of the zero behind them) is below z

A block ends when all of its zeros are counted; but if its last coefficient is a known one, this takes a word more.
For such a block one zero is counted that is not there.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.entropy import bits
from numjpeg.entropy.progressive_reader import ProgressiveReader, Span, refine, run_of_ends
from numjpeg.entropy.shared import code_lengths, look_up, receive, spread
from numjpeg.fast.codewords.lanes import cut
from numjpeg.stages.huffman import ZERO_RUN, HuffmanTable

Ints = NDArray[np.int64]

WALK_BELOW = 4096
"""Bytes of an AC first scan below which it is walked through; lanes take longer to begin."""

ROUNDS = 8
"""How often lanes are asked to begin anew. Two rounds do for most scans of photographs, but for a few lanes."""

LANE_STEPS = 32
"""Steps between two looks at which lanes have arrived."""


class _OddError(Exception):
    """Something is not as it should be."""


def read_scan(reader: ProgressiveReader) -> bool:
    """Decode a scan with which nothing is wrong: what ``reader.read()`` does, faster.

    Returns
    -------
    Whether it is such a scan, and of a kind that is read faster here. If not, the reader and the planes are as
    before.
    """
    if reader.scan.Ss == 0 or not reader.whole:
        return False
    try:
        ends = _read_ac_refinement(reader) if reader.scan.Ah else _read_ac_first(reader)
    except (_OddError, IndexError):
        return False
    reader.check_rests(np.arange(len(ends)), np.array(ends))
    return True


# --- what several kinds of scans need -----------------------------------------------------------------------

_ZRL, _END, _NO_CODE = 17, 32, 255
"""Kinds of code words. Up to 16, a run and the coefficient behind it, together; ZRL; 32 + n, EOBn; or none."""


_ADVANCE = np.minimum(np.arange(256), 16).astype(np.uint8)
_ADVANCE[_END:] = 64
"""By the kind of a word, how far it leads in its block; to its end or farther where it ends it."""


@lru_cache(maxsize=16)
def _steps(table: HuffmanTable, refinement: bool) -> NDArray[np.uint8]:
    """For each window of 16 bits, the kind of the code word it begins with, and its bits with those behind it."""
    length, symbol = code_lengths(table)
    run, category = symbol >> 4, symbol & 15
    end = (category == 0) & (symbol != ZERO_RUN)
    kind = np.where(end, _END + run, 1 + run)
    kind[symbol == ZERO_RUN] = _ZRL
    if refinement:
        kind[category > 1] = _NO_CODE
    # A guess goes on even where there is no code.
    return spread(length, kind, length + np.where(end, run, category), (_NO_CODE, 1))


class _Words(NamedTuple):
    """The code words of a scan, ``(n,)`` each."""

    code: Ints
    """The bit at which each begins."""
    kind: NDArray[np.uint8]
    behind: Ints
    """The bit after it and the bits that are its own: magnitude, sign, length of a run of ends of blocks."""
    passed: Ints
    """How many known coefficients have a bit there."""
    rank: Ints
    """The rank that is due in front of it."""


class _Notes:
    """What a walk leaves behind."""

    def __init__(self) -> None:
        self.codes = array("q")
        """The bit at which each word begins."""
        self.jumps = array("q")
        """For each end of a block, the rank that is due behind it."""
        self.intervals: list[tuple[int, int, int]] = []
        """For each restart interval the number of its first word, the rank due there, the bit after its last."""

    def words(self, kinds: bytes, steps: bytes) -> _Words:
        """What follows from it."""
        code = np.frombuffer(self.codes, np.int64)
        kind = np.frombuffer(kinds, np.uint8)[code]
        behind = code + np.frombuffer(steps, np.uint8)[code]
        first, first_rank, last_bit = np.array(self.intervals, np.int64).T
        following = np.append(code[1:], 0)
        following[np.append(first[1:], len(code)) - 1] = last_bit
        # Ranks go up by the zeros of each word; intervals and ends of blocks set them anew.
        ends = np.flatnonzero(kind >= _END)
        advance = np.minimum(kind, 16).astype(np.int64)
        advance[ends] = 0
        rank = np.cumsum(advance)
        rank -= advance
        at = np.concatenate([ends + 1, first])
        new = np.concatenate([np.frombuffer(self.jumps, np.int64), first_rank])
        order = np.argsort(at, kind="stable")
        at, new = at[order], new[order]
        known = np.append(rank, 0)[at]  # the last one may be behind the last word
        rank += np.repeat(new - known, np.diff(at, append=len(code)))
        return _Words(code, kind, behind, following - behind, rank)


def _close(span: Span, p: int, beyond: int, ends: list[int]) -> None:
    """Note the end of a restart interval in the bit ``p``, ``beyond`` coefficients behind its last."""
    if beyond or p > span.end:
        raise _OddError
    ends.append(p)


# --- AC first --------------------------------------------------------------------------------------------


def _read_ac_first(reader: ProgressiveReader) -> list[int]:
    """The first scan of a band (G.1.2.2): no coefficient is known, and ranks are places."""
    scan, payload = reader.scan, reader.payload
    ends: list[int] = []
    table = scan.huffman_tables[1, scan.components[0].Ta]
    kinds, steps = look_up(payload, _steps(table, False))
    size = scan.Se - scan.Ss + 1
    words = None
    if payload.size >= WALK_BELOW:
        tables = np.frombuffer(kinds, np.uint8), np.frombuffer(steps, np.uint8)
        states = _find_in_lanes(reader, *tables, size)
        if states is not None:
            words = _place_words(reader, *states, *tables, size, ends)
    if words is None:
        words = _walk_ac_first(reader, kinds, steps, ends)
    block = words.rank // size
    new = np.flatnonzero(words.kind <= 16)
    target = words.rank[new] + words.kind[new] - 1
    zeros = words.kind == _ZRL
    if (target // size != block[new]).any() or ((words.rank[zeros] + 15) // size != block[zeros]).any():
        raise _OddError
    _, values = receive(payload, words.code[new], [table], np.zeros(len(new), np.intp))
    place = target + block[new] * (64 - size) + scan.Ss
    reader.planes[scan.indices[0]].reshape(-1)[place] = values << scan.Al
    return ends


def _walk_ac_first(reader: ProgressiveReader, kinds: bytes, steps: bytes, ends: list[int]) -> _Words:
    """The words of a scan, one after the other."""
    scan, data = reader.scan, reader.payload.data.tobytes()
    size = scan.Se - scan.Ss + 1
    notes = _Notes()
    note, jump = notes.codes.append, notes.jumps.append
    for interval in reader.spans():
        p = interval.begin
        z = interval.first_mcu * size
        end = z + interval.mcus * size
        first_word, first_rank = len(notes.codes), z
        while z < end:
            note(p)
            kind = kinds[p]
            p += steps[p]
            if kind <= 16:
                z += kind
            elif kind == _ZRL:
                z += 16
            else:
                z = (z // size + (1 if kind == _END else _run_of_ends(data, kind, p))) * size
                jump(z)
        notes.intervals.append((first_word, first_rank, p))
        _close(interval, p, z - end, ends)
    return notes.words(kinds, steps)


def _find_in_lanes(
    reader: ProgressiveReader, kinds: NDArray[np.uint8], steps: NDArray[np.uint8], size: int
) -> tuple[Ints, Ints] | None:
    """Where words begin, found at hundreds of places at once: the bits, and the coefficients due there.

    As in :mod:`numjpeg.fast.codewords.lanes` a lane that begins with a guess is soon right, since the code
    synchronises itself: what a word means depends on its bit, and where its block ends on the coefficient that
    is due. The first lane of each restart interval is right from its start. The others begin with a guess, and
    again with what the lane in front of them came out with, until nothing changes any more: then all are right.
    None if that takes more than :data:`ROUNDS` rounds.
    """
    begin, end, interval = cut(_bounds(reader.spans()))
    at, k = begin.copy(), np.zeros(len(begin), np.int64)
    out_at, out_k = at.copy(), k.copy()
    advance = _ADVANCE[kinds]
    turn = np.arange(len(begin))
    for _ in range(ROUNDS):
        for lane, bit, due, stop in _run_lanes(turn, at, k, end, advance, steps, size):
            own = np.arange(len(lane))
            out_at[lane], out_k[lane] = bit[stop, own], due[stop, own]
        other = (out_at[:-1] != at[1:]) | (out_k[:-1] != k[1:])
        turn = np.flatnonzero(other & (interval[:-1] == interval[1:])) + 1
        at[turn], k[turn] = out_at[turn - 1], out_k[turn - 1]
        if len(turn) == 0:
            break
    else:
        return None
    found = []
    for _, bit, due, stop in _run_lanes(np.arange(len(begin)), at, k, end, advance, steps, size):
        inside = np.arange(len(bit) - 1)[:, np.newaxis] < stop
        found.append(bit[:-1][inside] << 7 | due[:-1][inside])
    words = np.sort(np.concatenate(found))
    return words >> 7, words & 127


def _bounds(intervals: list[Span]) -> Ints:
    return np.array([interval.begin for interval in intervals] + [intervals[-1].end], np.int64)


def _place_words(
    reader: ProgressiveReader,
    code: Ints,
    k: Ints,
    kinds: NDArray[np.uint8],
    steps: NDArray[np.uint8],
    size: int,
    ends: list[int],
) -> _Words:
    """To words that begin at the bits ``code``, where coefficient ``k`` is due, their places in the scan."""
    intervals = reader.spans()
    kind = kinds[code]
    behind = code + steps[code]
    # A word that ends blocks, one or more of them.
    blocks = (k + _ADVANCE[kind] >= size).astype(np.int64)
    several = np.flatnonzero((kind > _END) & (kind != _NO_CODE))
    n = (kind[several] - _END).astype(np.uint64)
    low = bits.windows_32(reader.payload.data, behind[several] - n.astype(np.int64)) >> (np.uint64(32) - n)
    blocks[several] = (low + (np.uint64(1) << n)).astype(np.int64)
    before = np.cumsum(blocks) - blocks
    # Each interval counts for itself; behind its last block there may be bits that fill up the byte.
    number = np.searchsorted(_bounds(intervals)[1:-1], code, side="right")
    count = np.bincount(number, minlength=len(intervals))
    if not count.all():
        raise _OddError
    before -= before[np.cumsum(count) - count][number]
    mcus = np.array([interval.mcus for interval in intervals])
    kept = before < mcus[number]
    if (kind[kept] == _NO_CODE).any():
        raise _OddError
    last = np.cumsum(count) - count + np.bincount(number[kept], minlength=len(intervals)) - 1
    beyond = before[last] + blocks[last] - mcus
    for interval, p, wrong in zip(intervals, behind[last].tolist(), beyond.tolist(), strict=True):
        _close(interval, p, wrong, ends)
    rank = (before + np.array([interval.first_mcu for interval in intervals])[number]) * size + k
    return _Words(code[kept], kind[kept], behind[kept], np.empty(0, np.int64), rank[kept])


def _run_lanes(
    lane: NDArray[np.intp],
    at: Ints,
    k: Ints,
    end: Ints,
    advance: NDArray[np.uint8],
    steps: NDArray[np.uint8],
    size: int,
) -> Iterator[tuple[NDArray[np.intp], Ints, Ints, NDArray[np.intp]]]:
    """Let lanes run from bit ``at`` and coefficient ``k`` to their ends.

    Yields
    ------
    (lane, bits, coefficients, last): of some steps of some lanes the states in front of and behind each,
    ``(steps + 1, n)``, and ``(n,)`` the number of the first state that is not in front of the lane's end.
    """
    bit, due = at[lane], k[lane]
    while len(lane):
        all_bits = np.empty((LANE_STEPS + 1, len(lane)), np.int64)
        all_due = np.empty_like(all_bits)
        all_bits[0], all_due[0] = bit, due
        for i in range(LANE_STEPS):
            np.add(all_bits[i], steps.take(all_bits[i], mode="clip"), out=all_bits[i + 1])
            then = np.add(all_due[i], advance.take(all_bits[i], mode="clip"), out=all_due[i + 1])
            np.multiply(then, then < size, out=then)
        last = np.count_nonzero(all_bits < end[lane], axis=0)
        going = np.flatnonzero(last > LANE_STEPS)
        last = np.minimum(last, LANE_STEPS)
        yield lane, all_bits, all_due, last
        lane, bit, due = lane[going], all_bits[-1, going], all_due[-1, going]


def _run_of_ends(data: bytes, kind: int, p: int) -> int:
    """How many blocks end with a word of a kind from :data:`_END` on, whose bits end at bit ``p``."""
    if kind == _NO_CODE:
        raise _OddError
    return run_of_ends(data, kind - _END, p)


# --- AC refinement ---------------------------------------------------------------------------------------


def _read_ac_refinement(reader: ProgressiveReader) -> list[int]:
    """A later scan of a band (G.1.2.3)."""
    scan, payload, planes = reader.scan, reader.payload, reader.planes
    ends: list[int] = []
    table = scan.huffman_tables[1, scan.components[0].Ta]
    plane = planes[scan.indices[0]]
    kinds, steps = look_up(payload, _steps(table, True))
    size = scan.Se - scan.Ss + 1

    some = plane.reshape(-1, 64)[:, scan.Ss : scan.Se + 1] != 0
    known = np.flatnonzero(some).astype(np.int64, copy=False)
    blocks = np.arange(len(some) + 1)
    ends_known = np.append(some[:, -1], False)
    extra = np.cumsum(ends_known) - ends_known  # zeros that are not there, before each block
    block_of_known = known // size
    before_block = np.append(0, np.cumsum(np.bincount(block_of_known, minlength=len(some))))
    first_of_block = blocks * size + extra - before_block
    rank_of_known = known - np.arange(len(known))
    if extra[-1]:
        rank_of_known += extra[block_of_known]
    ranks = array("q", rank_of_known.tobytes())
    ranks.append(1 << 62)
    first, before = array("q", first_of_block.tobytes()), array("q", before_block.astype(np.int64).tobytes())

    words = _walk_ac_refinement(reader, kinds, steps, (first, before, ranks), ends)
    passed_before = np.cumsum(words.passed) - words.passed
    if extra[-1]:
        block_of = np.searchsorted(first_of_block, words.rank, side="right") - 1
    else:
        block_of = (words.rank + passed_before) // size
    last_rank = (first_of_block[1:] - ends_known[:-1]).take(block_of) - 1
    last_rank[words.kind >= _END] = 1 << 62
    if (words.rank + np.minimum(words.kind - np.uint8(1), 15) > last_rank).any():
        raise _OddError
    new = np.flatnonzero(words.kind <= 16)
    block_of = block_of[new]
    target = words.rank[new] + (words.kind[new] - 1) + (passed_before + words.passed)[new] - extra[block_of]
    place_of_known = known + block_of_known * (64 - size) + scan.Ss
    bit_of_known = np.repeat(words.behind - passed_before, words.passed) + np.arange(len(known))
    refine(
        plane.reshape(-1),
        np.unpackbits(payload.data),
        (place_of_known, bit_of_known),
        (target + block_of * (64 - size) + scan.Ss, words.behind[new] - 1),
        scan.Al,
    )
    return ends


def _walk_ac_refinement(
    reader: ProgressiveReader,
    kinds: bytes,
    steps: bytes,
    known: tuple[array[int], array[int], array[int]],
    ends: list[int],
) -> _Words:
    """The words of a scan, one after the other.

    ``known`` are the rank due in front of each block, the number of known coefficients before each block, and the
    rank of each known coefficient.
    """
    first, before, ranks = known
    data = reader.payload.data.tobytes()
    notes = _Notes()
    note, jump = notes.codes.append, notes.jumps.append
    for interval in reader.spans():
        block = interval.first_mcu
        z, passed = first[block], before[block]
        end = first[block + interval.mcus]
        first_word, first_rank = len(notes.codes), z
        p = interval.begin
        due = ranks[passed]
        while z < end:
            note(p)
            kind = kinds[p]
            p += steps[p]
            if kind > 16:
                if kind != _ZRL:
                    while first[block + 1] <= z:
                        block += 1
                    block += 1 if kind == _END else _run_of_ends(data, kind, p)
                    z = first[block]
                    jump(z)
                    p += before[block] - passed
                    passed = before[block]
                    due = ranks[passed]
                    continue
                kind = 16
            z += kind
            while due < z:
                p += 1
                passed += 1
                due = ranks[passed]
        notes.intervals.append((first_word, first_rank, p))
        _close(interval, p, z - end, ends)
    return notes.words(kinds, steps)
