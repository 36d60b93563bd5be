"""The reader of progressive scans in fewer steps, equal to :mod:`numjpeg.entropy.progressive_reader`.

In each kind of scan with codes, the walk from code word to code word is what cannot be done at once. Here it does
the least that leads on, and notes no more than the bit at which each word begins. All else follows from these bits
by operations on arrays: what the words are, where their coefficients belong, whether a run was too long, whether
the data ended where they should. If anything is not as it should be, nothing has been written yet, and the serial
reader reads the scan again from its start: every error message is its own.

First scans are in :mod:`numjpeg.fast.codewords.first_scans`. In a refinement of AC, where a word ends depends on
how many coefficients of this very block are known, so a walk from word to word takes 0.4 us each. A photograph of
2 megapixels at quality 85 has 358,000 such words with libjpeg's script, half of the time.

A rank (:mod:`numjpeg.fast.codewords.scan_words`) and the number of known coefficients passed make the place:
whatever the walk does in a block, the place is their sum. And the bit that is due is as many bits behind the words
read so far as known coefficients were passed, each of which has one bit (G.1.2.3). So to follow a word of run r
from rank z on is

    z += r + 1;  pass known coefficients as long as their own rank (of the zero behind them) is below z

A block ends when all of its zeros are counted; but if its last coefficient is a known one, this takes a word more.
For such a block one zero is counted that is not there.
"""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.entropy.progressive_reader import DcFirst, ProgressiveReader, refine, run_of_ends
from numjpeg.entropy.shared import look_up
from numjpeg.fast.codewords.first_scans import read_ac_first, read_dc_first
from numjpeg.fast.codewords.scan_words import END, NO_CODE, ZRL, OddError, close, ranks, steps_of

SERIAL_BELOW = 2048, 512
"""Bytes of a first scan, and of a refinement, below which the serial reader takes as long, or less."""

MARGIN = 8
"""Bytes behind the data of which words may be asked for."""

MOST_IN_32_BITS = (1 << 31) - (1 << 24)
"""Numbers below it may grow by what the longest run of blocks and of zeros adds."""


def read_scan(reader: ProgressiveReader) -> bool:
    """Decode a scan with which nothing is wrong: what ``reader.read()`` does, faster.

    Says whether it is such a scan, and of a kind that is read faster here. If not, the reader and the planes are
    as before.
    """
    if not reader.whole or reader.payload.size < SERIAL_BELOW[reader.scan.Ah > 0]:
        return False
    try:
        if reader.scan.Ss and reader.scan.Ah:
            ends = _read_ac_refinement(reader)
        elif reader.scan.Ss:
            ends = read_ac_first(reader)
        elif isinstance(reader, DcFirst):
            ends = read_dc_first(reader)
        else:
            return False
    except (OddError, IndexError):
        return False
    reader.check_rests(np.arange(len(ends)), np.array(ends))
    return True


def _read_ac_refinement(reader: ProgressiveReader) -> list[int]:
    """A later scan of a band (G.1.2.3)."""
    scan, payload = reader.scan, reader.payload
    ends: list[int] = []
    plane = reader.planes[scan.indices[0]]
    size = scan.Se - scan.Ss + 1

    # Bits, places and ranks of nearly all scans have room in 32 bits, which halves the memory.
    number: Any = np.int32 if max(plane.size, 8 * payload.size) < MOST_IN_32_BITS else np.int64
    some = plane.reshape(-1, 64)[:, scan.Ss : scan.Se + 1] != 0
    blocks = np.arange(len(some) + 1)
    ends_known = np.append(some[:, -1], False)
    known: NDArray[Any] = np.flatnonzero(some).astype(number, copy=False)
    del some
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
    """The words of a scan, one after the other, ``(n,)`` each: the kinds, the bits behind the words and what is
    their own, how many known coefficients have a bit there, and the ranks that are due in front.

    ``known`` are the rank due in front of each block, the number of known coefficients before each block, and the
    rank of each known coefficient, in a type that holds all bits and ranks.
    """
    first, before, known_ranks = known
    table = reader.scan.huffman_tables[1, reader.scan.components[0].Ta]
    kinds, steps = look_up(reader.payload, steps_of(table, True), MARGIN)
    data, scan_goes_on = reader.payload.data.tobytes(), reader.scan.goes_on
    codes, jumps, intervals = array(known_ranks.typecode), array("q"), []
    note, jump = codes.append, jumps.append
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
                    jump(z)
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
    # Each word is followed by the bits of known coefficients, and these by the next word or the interval's end.
    number: Any = np.dtype(codes.typecode).type
    code = np.frombuffer(codes, number)
    behind = code + np.frombuffer(steps, np.uint8)[code]
    first_words, first_ranks, last_bits = np.array(intervals, np.int64).T
    bits = np.append(code[1:], number(0))
    bits[np.append(first_words[1:], len(code)) - 1] = last_bits
    bits -= behind
    found = np.frombuffer(kinds, np.uint8)[code]
    return found, behind, bits, ranks(found, np.frombuffer(jumps, np.int64), first_words, first_ranks, number)
