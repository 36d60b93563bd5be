"""The reader of progressive scans in fewer steps, equal to :mod:`numjpeg.entropy.progressive_reader`.

In scans with codes, only finding where code words begin is serial. Here this walk does as little as it can, and
notes only the bit at which each word begins. Operations on arrays find the rest from these bits: what the words
are, where their coefficients belong, whether a run was too long, whether the data ended where they should. Only
then anything is written. If there is a fault, the serial reader reads the scan again from its start, so that every
error message comes from it.

*First scans.* Where a code word begins depends on the bits before it, and on nothing else: no coefficient has to
be counted. So the states of :mod:`numjpeg.fast.codewords.automaton` are exact here: a node in the tree of a code,
or how many bits are still to come, for each block of an MCU. Each state is a list of its 256 followers, and a step
of a byte takes 50 ns. Bits with which no code begins lead to a state without a way out. Progressive files have
tables of their own, so a whole automaton is made for each scan: 0.6 ms for AC, 2 ms for DC.

*Refinements of AC.* Where a word ends depends on how many coefficients of its block are known. So there is a walk
from word to word, at 0.4 us each. A 2-megapixel photograph of quality 85 has 358,000 such words with libjpeg's
script; they take half of the time.

*Ranks.* The *place* of a coefficient counts all coefficients of the band before it, block after block. Its *rank*
counts only those that are zero so far, since runs count only these. In a first scan no coefficient is known, and
ranks are places. In a refinement the place is the rank plus the number of known coefficients passed. Each of these
has one correction bit (G.1.2.3), so as many bits stand between the words. So the step over a word of run r is

    z += r + 1;  pass known coefficients as long as their own rank (of the zero behind them) is below z

A block ends when all of its zeros are counted. If its last coefficient is a known one, that takes one word more:
for such a block one zero is counted that is not there.
"""

from __future__ import annotations

import sys
from array import array
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.entropy import bits
from numjpeg.entropy.progressive_reader import DcFirst, ProgressiveReader, Span, refine, run_of_ends
from numjpeg.entropy.shared import code_lengths, look_up, receive, tables_by_window
from numjpeg.fast.codewords.automaton import bits_to_come, by_nibble, code_tree, tree_states
from numjpeg.stages.huffman import ZERO_RUN, HuffmanTable, huffman_decode

Ints = NDArray[np.int64]

SERIAL_BELOW = 2048, 256
"""Bytes of a first scan, and of a refinement, below which the serial reader takes as long, or less."""

MOST_IN_32_BITS = (1 << 31) - (1 << 24)
"""The most that bits and places may reach in 32 bits: the longest run can still be added to it."""

MOST_STATES = 500  # of an automaton; one with more takes too long to make
CHUNK = 1 << 15
"""Bytes that are walked at a time."""


def read_scan(reader: ProgressiveReader) -> bool:
    """Decode a scan without faults: what ``reader.read()`` does, faster.

    Returns whether it did. If the scan has a fault, or is of a kind that is not faster here, it returns False, and
    reader and planes are as before.
    """
    if not reader.whole or reader.payload.size < SERIAL_BELOW[reader.scan.Ah > 0]:
        return False
    try:
        if reader.scan.Ss and reader.scan.Ah:
            ends = _read_ac_refinement(reader)
        elif reader.scan.Ss:
            ends = _read_ac_first(reader)
        elif isinstance(reader, DcFirst):
            ends = _read_dc_first(reader)
        else:
            return False
    except (OddError, IndexError):
        return False
    reader.check_rests(np.arange(len(ends)), np.array(ends))
    return True


class OddError(Exception):
    """The scan has a fault, or is not for this reader."""


ZRL, END, NO_CODE = 17, 32, 255
"""Kinds of code words: 1 .. 16, a run and the coefficient behind it, counted together; ZRL; 32 + n, EOBn; none."""


@lru_cache(maxsize=16)
def steps_of(table: HuffmanTable, refinement: bool) -> NDArray[np.uint8]:
    """For each window of 16 bits the kind of the word that begins there, and its bits with the extra ones:
    magnitude, sign, or length of a run of ends of blocks. uint8 ``(65536, 2)``."""
    length, symbol = code_lengths(table)
    run, category = symbol >> 4, symbol & 15
    end = (category == 0) & (symbol != ZERO_RUN)
    kind = np.where(end, END + run, 1 + run)
    kind[symbol == ZERO_RUN] = ZRL
    if refinement:
        kind[category > 1] = NO_CODE
    return tables_by_window(length, kind, length + np.where(end, run, category), (NO_CODE, 1))


def ranks(
    kind: NDArray[np.uint8], jumps: Ints, first: Ints, first_rank: Ints, number: Any = np.int64
) -> NDArray[Any]:
    """The rank that is due in front of each word, given the words' kinds. ``number``: the type of the result.

    Ranks go up by the zeros of each word. Each end of blocks sets the rank to one of ``jumps``; each restart
    interval sets it to one of ``first_rank``, at the word whose number is in ``first``.
    """
    ends = np.flatnonzero(kind >= END)
    advance = np.minimum(kind, 16)
    advance[ends] = 0
    rank = np.cumsum(advance, dtype=number)
    rank -= advance
    at = np.concatenate([ends + 1, first])
    new = np.concatenate([jumps, first_rank])
    order = np.argsort(at, kind="stable")
    at, new = at[order], new[order]
    known = np.append(rank, number(0))[at]  # the last one may be behind the last word
    rank += np.repeat((new - known).astype(number), np.diff(at, append=len(kind)))
    return rank


def close(reader: ProgressiveReader, span: Span, p: int, beyond: int, ends: list[int]) -> None:
    """Note that a restart interval ends with bit ``p``, ``beyond`` coefficients behind its last one."""
    goes_on = reader.scan.goes_on and span.first_mcu + span.mcus == reader.total
    if (beyond and not goes_on) or p > span.end:
        raise OddError
    ends.append(p)


def _by_bit(tables: list[HuffmanTable], of_dc: bool) -> tuple[Ints, Ints]:
    """The automaton that takes a bit a step: the followers of each state, ``(states, 2)``, and for each state 1 if
    a code word begins there. ``tables``: one for each block of an MCU. The last state has no way out.
    """
    trees = [code_tree(table) for table in tables]
    begin = np.cumsum([0] + [len(tree) + 15 for tree in trees]).tolist()
    dead = begin[-1]
    symbol = np.arange(256)
    to_come = symbol & 15
    if not of_dc:
        ends = (to_come == 0) & (symbol != ZERO_RUN)
        to_come[ends] = symbol[ends] >> 4
    parts = []
    for at, tree, after in zip(begin, trees, [*begin[1:-1], 0], strict=False):
        bits_at = at + len(tree) - 1
        leaf = np.where(to_come, bits_at + to_come, after)
        if of_dc:
            leaf[16:] = dead
        parts += [tree_states(tree, at, leaf, dead), bits_to_come(bits_at, after)]
    starts = np.zeros(dead + 1, np.int64)
    starts[begin[:-1]] = 1
    return np.concatenate([*parts, np.array([[dead, dead]])]), starts


def _find_words(
    reader: ProgressiveReader, spans: list[Span], tables: list[HuffmanTable], of_dc: bool
) -> tuple[Ints, Ints]:
    """The bits at which code words begin, and for each restart interval the number of its first word. Bits that
    fill up the last byte of an interval are taken for words, too."""
    by_bit, starts = _by_bit(tables, of_dc)
    if len(by_bit) > MOST_STATES:
        raise OddError
    state, nibble_marks = by_nibble(by_bit, starts)
    high, low = np.arange(256) >> 4, np.arange(256) & 15
    middle = state[:, high]
    marks = (nibble_marks[:, high] << 4 | nibble_marks[middle, low]).astype(np.uint8)
    data = reader.payload.data[: reader.payload.size]
    parts = [(span.begin >> 3, span.end >> 3) for span in spans]
    at = _walk(data.tobytes(), parts, state[middle, low]).astype(np.intp) << 8
    begin = spans[0].begin
    at += data[begin >> 3 : (begin >> 3) + len(at)]
    code = np.unpackbits(marks.ravel().take(at)).view(np.bool_).nonzero()[0] + begin
    return code, np.searchsorted(code, np.array([span.begin for span in spans]))


def _walk(data: bytes, parts: list[tuple[int, int]], followers: Ints) -> NDArray[np.uint16]:
    """The state in front of each byte of some parts of the data. Each part begins in the first state."""
    rows: list[list[object]] = [[] for _ in followers]
    for i, (row, numbers) in enumerate(zip(rows, followers.tolist(), strict=True)):
        row += map(rows.__getitem__, numbers)
        row.append(i.to_bytes(2, sys.byteorder))
    states = []
    for begin, end in parts:
        state: Any = rows[0]
        states.append(state[256])
        for start in range(begin, end, CHUNK):
            chunk = data[start : min(start + CHUNK, end)]
            states.append(b"".join([(state := state[byte])[256] for byte in chunk]))
        states[-1] = states[-1][:-2]  # without the state behind the last byte
    for row in rows:
        row.clear()  # the rows hold each other in memory
    return np.frombuffer(b"".join(states), np.uint16)


def _read_dc_first(reader: DcFirst) -> list[int]:
    """Read the first scan of DC coefficients (G.1.2.1). Returns the bit behind each interval's last word."""
    ends: list[int] = []
    spans, per_mcu = reader.spans(), len(reader.components)
    code, first = _find_words(reader, spans, [reader.tables[c] for c in reader.components], True)
    counts = np.array([span.mcus * per_mcu for span in spans])  # words of each interval
    if (np.diff(first, append=len(code)) < counts).any():
        raise OddError
    skipped = first - (np.cumsum(counts) - counts)
    code = code[np.arange(counts.sum()) + np.repeat(skipped, counts)]
    last = code[np.cumsum(counts) - 1]
    windows = bits.windows_32(reader.payload.data, last) >> np.uint64(16)
    category, length = huffman_decode(windows.astype(np.uint16), [reader.tables[reader.components[-1]]])
    if not length.all():
        raise OddError
    for span, p in zip(spans, (last + length + category).tolist(), strict=True):
        close(reader, span, p, 0, ends)
    reader.codes, reader.walked[:] = array("q", code.tobytes()), True
    reader.lay()
    return ends


def _read_ac_first(reader: ProgressiveReader) -> list[int]:
    """Read the first scan of a band (G.1.2.2). Returns the bit behind each restart interval's last word."""
    scan, payload = reader.scan, reader.payload
    table = scan.huffman_tables[1, scan.components[0].Ta]
    size = scan.Se - scan.Ss + 1
    code, kind, rank, ends = _find_ac_words(reader, table, size)
    block = rank // size
    new = np.flatnonzero(kind <= 16)
    target = rank[new] + kind[new] - 1
    zeros = kind == ZRL
    if (target // size != block[new]).any() or ((rank[zeros] + 15) // size != block[zeros]).any():
        raise OddError
    _, values = receive(payload, code[new], [table], np.zeros(len(new), np.intp))
    place = target + block[new] * (64 - size) + scan.Ss
    reader.planes[scan.indices[0]].reshape(-1)[place] = values << scan.Al
    return ends


def _find_ac_words(
    reader: ProgressiveReader, table: HuffmanTable, size: int
) -> tuple[Ints, NDArray[np.uint8], Ints, list[int]]:
    """The words of a first scan, ``(n,)`` each: the bits at which they begin, their kinds and the ranks that are
    due; and the bit behind each restart interval's last word."""
    spans, ends = reader.spans(), list[int]()
    code, first = _find_words(reader, spans, [table], False)
    if (np.diff(first, append=len(code)) < 1).any():
        raise OddError
    window = bits.words_64(reader.payload.data).take(code >> 4) << (code & 15).astype(np.uint64)
    pairs = steps_of(table, False).view(np.uint16).ravel()
    kind_and_step = pairs.take((window >> np.uint64(48)).view(np.int64)).view(np.uint8)
    kind, step = kind_and_step[0::2].copy(), kind_and_step[1::2].copy()
    # At an EOBn, ``blocks`` is how many it ends, plus those that the words since the last EOBn have filled.
    at = np.flatnonzero(kind >= END)
    n = np.minimum(kind[at] - np.uint8(END), 15).astype(np.uint64)
    low = window.take(at) << (step[at] - n) >> np.uint64(1) >> (np.uint64(63) - n)
    advance = np.minimum(kind, 16).astype(np.int64)
    advance[at] = 0
    passed = np.append(0, np.cumsum(advance))
    interval = np.searchsorted(first, at, side="right") - 1
    since = np.append(0, at[:-1])
    begins = np.flatnonzero(np.diff(interval, prepend=-1))
    since[begins] = first[interval[begins]]
    blocks = (passed[at] - passed[since]) // size + (low + (np.uint64(1) << n)).astype(np.int64)
    ended = np.append(0, np.cumsum(blocks))
    mcus = np.array([span.first_mcu for span in spans])
    before = np.zeros(len(spans), np.int64)
    before[interval[begins]] = ended[begins]
    jumps = (ended[1:] - before[interval] + mcus[interval]) * size
    rank = ranks(kind, jumps, first, mcus * size)
    # Words behind the last block of an interval are bits that fill up the byte: they are dropped.
    limit = (mcus + np.array([span.mcus for span in spans])) * size
    number = np.repeat(np.arange(len(spans)), np.diff(first, append=len(code)))
    kept = np.flatnonzero(rank < limit[number])
    last = kept[np.searchsorted(number[kept], np.arange(len(spans)), side="right") - 1]
    beyond = rank[last] + advance[last]
    of_end = np.flatnonzero(kind[last] >= END)
    beyond[of_end] = jumps[np.searchsorted(at, last[of_end])]
    beyond -= limit
    if (kind[kept] == NO_CODE).any():
        raise OddError
    for span, p, wrong in zip(spans, (code + step)[last].tolist(), beyond.tolist(), strict=True):
        close(reader, span, p, wrong, ends)
    return code[kept], kind[kept], rank[kept], ends


def _read_ac_refinement(reader: ProgressiveReader) -> list[int]:
    """Read a later scan of a band (G.1.2.3). Returns the bit behind each restart interval's last word."""
    scan, payload = reader.scan, reader.payload
    ends: list[int] = []
    plane = reader.planes[scan.indices[0]]
    size = scan.Se - scan.Ss + 1

    # Bits, places and ranks of nearly all scans have room in 32 bits, which halves the memory.
    number: Any = np.int32 if max(plane.size, 8 * payload.size) < MOST_IN_32_BITS else np.int64
    nonzero = plane.reshape(-1, 64)[:, scan.Ss : scan.Se + 1] != 0
    blocks = np.arange(len(nonzero) + 1)
    ends_known = np.append(nonzero[:, -1], False)
    known: NDArray[Any] = np.flatnonzero(nonzero).astype(number, copy=False)
    del nonzero
    extra = np.cumsum(ends_known) - ends_known  # zeros that are not there, before each block
    block_of_known = known // number(size)
    before_block = np.append(0, np.cumsum(np.bincount(block_of_known, minlength=len(blocks) - 1)))
    first_of_block = blocks * size + extra - before_block
    rank_of_known = known - np.arange(len(known), dtype=number)
    if extra[-1]:
        rank_of_known += extra.astype(number).take(block_of_known)
    known_ranks = array(np.dtype(number).char)
    known_ranks.frombytes(rank_of_known.data.cast("B"))
    known_ranks.append(np.iinfo(number).max)
    del rank_of_known
    first, before = array("q", first_of_block.tobytes()), array("q", before_block.astype(np.int64).tobytes())

    kind, behind, passed, rank = _walk_ac_refinement(reader, (first, before, known_ranks), ends)
    del known_ranks
    passed_before: NDArray[Any] = np.cumsum(passed, dtype=number)
    passed_before -= passed
    if extra[-1]:
        block_of = np.searchsorted(first_of_block.astype(number), rank, side="right").astype(number) - number(1)
    else:
        block_of = (rank + passed_before) // number(size)
    beyond = (first_of_block[1:] - ends_known[:-1]).astype(number).take(block_of)
    beyond[kind >= END] = np.iinfo(number).max
    if (rank + np.minimum(kind - np.uint8(1), 15) >= beyond).any():
        raise OddError
    del beyond
    new = np.flatnonzero(kind <= 16)
    block_of = block_of[new]
    place = rank[new] + (kind[new] - 1) - extra.astype(number).take(block_of)
    place += (passed_before + passed)[new] + block_of * number(64 - size) + number(scan.Ss)
    sign = behind[new] - number(1)
    del kind, rank, new, block_of
    bit_of_known: NDArray[Any] = np.repeat(behind - passed_before, passed)
    bit_of_known += np.arange(len(known), dtype=number)
    del behind, passed, passed_before
    known += block_of_known * number(64 - size) + number(scan.Ss)
    del block_of_known
    refine(plane.reshape(-1), np.unpackbits(payload.data), (known, bit_of_known), (place, sign), scan.Al)
    return ends


def _walk_ac_refinement(
    reader: ProgressiveReader, known: tuple[array[int], array[int], array[int]], ends: list[int]
) -> tuple[NDArray[np.uint8], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Find the words of a scan one by one. Returns, ``(n,)`` each: their kinds; the bit behind each word and its
    extra bits; how many correction bits follow there; and the rank that is due in front of each.

    ``known``: the rank due in front of each block, the number of known coefficients before each block, and the
    rank of each known coefficient; the type of this last array holds all bits and ranks.
    """
    first, before, known_ranks = known
    table = reader.scan.huffman_tables[1, reader.scan.components[0].Ta]
    kinds, steps = look_up(reader.payload, steps_of(table, True), 8)  # words may be asked for behind the data
    data, scan_goes_on = reader.payload.data.tobytes(), reader.scan.goes_on
    codes, jumps, intervals = array(known_ranks.typecode), array("q"), []
    note, note_jump = codes.append, jumps.append
    for interval in reader.spans():
        block = interval.first_mcu
        z, passed = first[block], before[block]
        last = block + interval.mcus
        end = first[last]
        first_word, first_rank = len(codes), z
        p = interval.begin
        due = known_ranks[passed]
        while z < end:
            note(p)
            kind = kinds[p]
            p += steps[p]
            if kind > 16:
                if kind != ZRL:
                    if kind == NO_CODE:
                        raise OddError
                    while first[block + 1] <= z:
                        block += 1
                    block += 1 if kind == END else run_of_ends(data, kind - END, p)
                    if block > last and scan_goes_on:
                        block = last
                    z = first[block]
                    note_jump(z)
                    p += before[block] - passed
                    passed = before[block]
                    due = known_ranks[passed]
                    continue
                kind = 16
            z += kind
            while due < z:
                p += 1
                passed += 1
                due = known_ranks[passed]
        intervals.append((first_word, first_rank, p))
        close(reader, interval, p, z - end, ends)
    # Correction bits follow each word; then comes the next word, or the end of the interval.
    number: Any = np.dtype(codes.typecode).type
    code = np.frombuffer(codes, number)
    behind = code + np.frombuffer(steps, np.uint8)[code]
    first_words, first_ranks, last_bits = np.array(intervals, np.int64).T
    passed_bits = np.append(code[1:], number(0))
    passed_bits[np.append(first_words[1:], len(code)) - 1] = last_bits
    passed_bits -= behind
    kind_of = np.frombuffer(kinds, np.uint8)[code]
    rank = ranks(kind_of, np.frombuffer(jumps, np.int64), first_words, first_ranks, number)
    return kind_of, behind, passed_bits, rank
