"""Finds out which of the code words that an automaton saw in a short scan are right, and repairs the others.

:mod:`numjpeg.fast.codewords.automaton` does not count coefficients. Where a block ends with coefficient 63, it
takes what follows for more words of that block. A count over all words finds such blocks; in photographs they are
0.5 to 3.4 %. From the end of such a block the words are followed one by one, until a block begins where the
automaton had one begin, at the same place of the MCU. From there on its words are right again. Blocks are repaired
one after the other, in order: what looks like the next one may only be a consequence of the one before.

Faults are not reported here. The proven words end in front of the MCU that has a fault, and the literal reader
goes on from there.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.entropy import bits
from numjpeg.fast.codewords.automaton import Automaton, Key
from numjpeg.fast.codewords.lookup import ADVANCE, WORD_ENDS, WORD_ILLEGAL, WORD_LONG, WORD_USED, WORD_USED_AT
from numjpeg.fast.plan_store import PLANS, Promise
from numjpeg.stages.huffman import STANDARD_TABLES, WINDOW_BITS

Ints = NDArray[np.int64]

VALUE = 1 if sys.byteorder == "little" else 0
"""Which half of an entry is the value, or the category if the value does not fit."""


class Words(NamedTuple):
    """The proven code words of whole MCUs, ``(n,)`` each, in order."""

    block: Ints  # number of the word's block in the scan
    k: Ints  # the coefficient that the word sets
    value: NDArray[np.int16]  # of this coefficient; 0 for ZRL, and for EOB, which sets the one that is due
    start: Ints  # indices of the DC words, (blocks,)
    ends: list[int]  # for each restart interval that is read to its end, the bit after its last word
    mcus: int  # how many MCUs these are
    next_bit: int  # at which the next MCU begins, if it is in the same interval


def find_words(
    key: Key, data: bytes, bounds: list[int], counts: list[int], per_mcu: int, at_once: bool = False
) -> Words | None:
    """All code words of a scan, up to the first MCU with a fault. ``data``: without stuffed bytes and markers.

    ``key`` is that of its automaton in the store of plans. ``bounds``: bits at which the restart intervals begin,
    and the end. ``counts``: how many blocks each interval has. None if the tables are seen for the first time,
    since making the automaton takes longer than reading one short scan. The tables of Annex K are always read, and
    all tables if ``at_once`` is set.
    """
    automaton = PLANS.take(key)
    if not isinstance(automaton, Automaton):
        standard = all(table in STANDARD_TABLES.values() for pair in key[1] for table in pair)
        if automaton is None and not standard and not at_once:
            PLANS.put(key, Promise(1 << 10))
            return None
        automaton = Automaton(*key[1:])
    words = _Path(automaton, data, bounds).prove(counts, per_mcu)
    PLANS.put(key, automaton)
    return words


class _Path:
    """The words that an automaton saw, right or wrong, and those that are proven."""

    def __init__(self, automaton: Automaton, data: bytes, bounds: list[int]) -> None:
        states = [automaton.walk(data[a >> 3 : b >> 3])[:-8] for a, b in pairwise(bounds)]
        at = np.frombuffer(b"".join(states), np.int64) + np.frombuffer(data, np.uint8)
        bit = np.unpackbits(automaton.words_at.take(at)).view(np.bool_).nonzero()[0]
        is_start = np.unpackbits(automaton.blocks_at.take(at)).view(np.bool_).take(bit)
        self.automaton, self.bounds, self.bit, self.is_start = automaton, bounds, bit, is_start
        self.padded = np.frombuffer(data + bytes(8), np.uint8)
        self.windows = bits.words_64(self.padded)
        self.start_word = is_start.nonzero()[0]  # of each block
        self.start_bit = memoryview(bit.take(self.start_word).data)
        self.first_block = [0, len(self.start_word)]  # of each interval
        number = np.arange(len(self.start_word))
        words = np.full_like(number, len(bit))
        words[:-1] = self.start_word[1:]
        words -= self.start_word
        self.block: Ints = number.repeat(words)
        if len(bounds) > 2:
            self.first_block = np.searchsorted(bit.take(self.start_word), bounds).tolist()
            number = number - np.repeat(self.first_block[:-1], np.diff(self.first_block))
        index = (self.ahead(bit) >> np.uint64(48)).view(np.int64)
        index += automaton.contexts.take(number % automaton.period).take(self.block)
        index[self.start_word] -= 1 << WINDOW_BITS
        self.entry = automaton.entries.take(index)
        self.k = _coefficients(self.entry, self.block, self.start_word)
        # The words that fill their block without EOB. Behind such a word, the automaton's words are wrong.
        full = (self.k > 62).nonzero()[0]
        full = full[self.entry.take(full) & WORD_ENDS == 0][::-1]  # reversed: the first word of each block is kept
        self.full_word: dict[int, int] = dict(zip(self.block.take(full).tolist(), full.tolist(), strict=True))
        self.full_block = sorted(self.full_word)
        # What is proven: bits, entries, and whether a block begins.
        self.parts: list[tuple[Ints, NDArray[np.int32], NDArray[np.bool_]]] = []
        self.copied = 0, 0

    def ahead(self, bit: Ints) -> NDArray[np.uint64]:
        """At least 49 bits from each bit on, left-aligned in 64."""
        ahead = self.windows.take(bit >> 4)
        ahead <<= (bit & 15).view(np.uint64)
        return ahead

    def prove(self, counts: list[int], per_mcu: int) -> Words:
        """Prove the words of one interval after the other, up to the first fault."""
        proven, ends = 0, []
        for interval, count in enumerate(counts):
            blocks, end = self._prove_interval(interval, count)
            proven += blocks
            if blocks < count:
                break
            ends.append(end)
        if len(self.parts) == 1 and self.copied[0] == 0:
            n = self.copied[1]
            bit, entry, block, k = self.bit[:n], self.entry[:n], self.block[:n], self.k[:n]
            start = self.start_word
        else:
            bit, entry, is_start = (np.concatenate(part) for part in zip(*self.parts, strict=True))
            block = is_start.cumsum(dtype=np.int64) - 1
            start = is_start.nonzero()[0]
            k = _coefficients(entry, block, start)
        flagged = (entry & (WORD_LONG | WORD_ILLEGAL)).nonzero()[0]
        value = entry.view(np.int16)[VALUE::2]
        if len(flagged):
            illegal = flagged[entry.take(flagged) & WORD_ILLEGAL != 0]
            if len(illegal):
                proven = min(proven, int(block[illegal[0]]))
            flagged = flagged[entry.take(flagged) & WORD_LONG != 0]
            value = value.copy()
            value[flagged] = self._long_values(bit.take(flagged), entry.take(flagged))
        mcus = proven // per_mcu
        blocks = mcus * per_mcu
        n, next_bit = int(block.searchsorted(blocks)), 0
        if n:
            next_bit = int(bit[n]) if n < len(bit) else _end(bit[-1], entry[-1])
        whole = bisect_right(list(accumulate(counts)), blocks)
        return Words(block[:n], k[:n], value[:n], start[:blocks], ends[:whole], mcus, next_bit)

    def _prove_interval(self, interval: int, count: int) -> tuple[int, int]:
        """Add an interval's words to the parts. Returns how many blocks are proven, ``count`` unless there is a
        fault, and the bit after them."""
        first, stop = self.first_block[interval : interval + 2]
        bound = self.bounds[interval + 1]
        block, number = first, 0  # the number that the automaton gave to a block, and the true one in the interval
        while True:
            begin = self._word(block)
            at = bisect_left(self.full_block, block)
            full = self.full_block[at] if at < len(self.full_block) else stop
            if full >= stop or full - block >= count - number:
                last = block + count - number
                if last > stop:  # the last one may not be whole
                    last = max(block, stop - 1)
                    self._copy(begin, self._word(last))
                    return number + last - block, 0
                word = self._word(last)
                self._copy(begin, word)
                end = _end(self.bit[word - 1], self.entry[word - 1])
                return count - (end > bound or not self.entry[word - 1] & WORD_ENDS), end
            word = self.full_word[full]
            end = _end(self.bit[word], self.entry[word])
            if self.k[word] > 63 or end > bound:
                self._copy(begin, self._word(full))
                return number + full - block, 0
            self._copy(begin, word + 1)
            number += full + 1 - block
            block, number, end = self._follow(interval, end, number, count)
            if block < 0:
                return number, end

    def _word(self, block: int) -> int:
        return int(self.start_word[block]) if block < len(self.start_word) else len(self.bit)

    def _copy(self, begin: int, end: int) -> None:
        """Add some of the automaton's words to the parts."""
        self.copied = begin, end
        self.parts.append((self.bit[begin:end], self.entry[begin:end], self.is_start[begin:end]))

    def _follow(self, interval: int, bit: int, number: int, count: int) -> tuple[int, int, int]:
        """Go from word to word, from the start of a block on, and add the words to the parts.

        Returns (block, number, bit) of the first block at which the automaton is right again: the automaton's
        number, the true number in the interval, and the bit. ``block`` is -1 at the end of the interval; and in
        front of a fault, where ``number`` is below ``count``.
        """
        bound, start_bit = self.bounds[interval + 1], self.start_bit
        first, stop = self.first_block[interval : interval + 2]
        period, contexts = self.automaton.period, self.automaton.contexts.tolist()
        entry_at = self.automaton.entry_at
        begin, base, limit, size = bit, 0, 0, 64
        entries, starts, block = list[int](), list[int](), first
        while number < count:
            block = bisect_left(start_bit, bit, first, stop)
            if block < stop and start_bit[block] == bit and (block - first - number) % period == 0:
                break
            starts.append(len(entries))
            context = contexts[number % period]
            k, at, table = 0, bit, context - (1 << WINDOW_BITS)
            while k < 64 and at <= bound:
                if at >= limit:
                    byte = at >> 3
                    size = min(2 * size, len(self.padded) - 2 - byte)
                    ahead = memoryview(bits.windows_16(self.padded, byte, size).data)
                    base, limit = 8 * byte, 8 * (byte + size)
                entry = entry_at[table + ahead[at - base]]
                entries.append(entry)
                at += entry >> WORD_USED_AT & WORD_USED
                if entry & (WORD_ENDS | WORD_ILLEGAL):
                    k = 64 + (entry & WORD_ILLEGAL)
                else:
                    k += entry & ADVANCE
                table = context
            if k != 64 or at > bound:
                del entries[starts.pop() :]
                block = -1
                break
            bit = at
            number += 1
        else:
            block = -1
        is_start = np.zeros(len(entries), np.bool_)
        is_start[starts] = True
        entry_of = np.array(entries, np.int32)
        used = (entry_of >> WORD_USED_AT & WORD_USED).astype(np.int64)
        self.parts.append((begin + used.cumsum() - used, entry_of, is_start))
        return block, number, bit

    def _long_values(self, bit: Ints, entry: NDArray[np.int32]) -> Ints:
        """The values of words that are longer than a window; their entries have the category."""
        used = (entry >> WORD_USED_AT & WORD_USED).astype(np.uint64)
        ones = (1 << (entry >> 16).astype(np.int64)) - 1
        magnitude = (self.ahead(bit) >> np.uint64(64) - used).view(np.int64) & ones
        return magnitude - ones * (2 * magnitude <= ones)


def _coefficients(entry: NDArray[np.int32], block: Ints, start_word: Ints) -> Ints:
    """The coefficient that each word sets."""
    k: Ints = (entry & ADVANCE).astype(np.int64).cumsum()
    k -= k.take(start_word).take(block)
    return k


def _end(bit: np.int64, entry: np.int32) -> int:
    """The bit after a word."""
    return int(bit) + (int(entry) >> WORD_USED_AT & WORD_USED)
