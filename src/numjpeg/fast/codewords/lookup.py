"""The look-up table of the lanes: for the 16 bits ahead, up to three symbols with their values.

An *entry* is one 64-bit integer. Its fields, from the lowest bit:

* the advance in k, 7 bits (64 more, together with the mask, end the block); one bit is free;
* the steps in k from the first value to the second and from the second to the third, 4 bits each, 0 for no value;
* the run before the first value, 4 bits, and the first value, 12 bits;
* the bits that are used, 5 bits; the flags LONG and ILLEGAL; one bit is free;
* the second and the third value, 8 bits each; one bit is free; the mask, 7 bits.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.frame import Scan
from numjpeg.entropy.shared import scan_tables
from numjpeg.stages.huffman import END_OF_BLOCK, WINDOW_BITS, ZERO_RUN, HuffmanTable, extend, run_and_category
from numjpeg.stages.mcu_order import block_component

Ints = NDArray[np.int64]
Pairs = tuple[tuple[HuffmanTable, HuffmanTable], ...]
"""(DC, AC) tables, no two pairs equal."""

SECOND, THIRD, FIRST, FIRST_VALUE, USED_AT, LONG, ILLEGAL = 8, 12, 16, 20, 32, 37, 38
SECOND_VALUE, THIRD_VALUE, MASK_AT = 40, 48, 57
_END = 64 - (63 << MASK_AT)  # what is added to an entry to end the block


def contexts_of(scan: Scan) -> tuple[Pairs, tuple[int, ...]]:
    """The pairs of tables of a scan, and which of them each block of an MCU takes. If that sequence repeats within
    the MCU, only its period is given: blocks at the same place of the period have the same context.
    """
    tables = scan_tables(scan)
    pairs = list(zip(tables[0::2], tables[1::2], strict=True))
    different = list(dict.fromkeys(pairs))
    pattern = [different.index(pairs[c]) for c in block_component(scan.factors).tolist()]
    size = len(pattern)
    period = next(n for n in range(1, size + 1) if size % n == 0 and pattern == pattern[:n] * (size // n))
    return tuple(different), tuple(pattern[:period])


class _Words(NamedTuple):
    """The words with which a window of 16 bits can begin, in the order of the windows: a code with its magnitude
    bits where both fit, else the code alone; and in the end what is no code."""

    bits: Ints  # of the window that belong to the word: 2 ** (16 - bits) windows begin with it
    used: Ints  # the bits that a step takes: more than 16 if the magnitude bits do not fit
    run: Ints
    value: Ints  # of the coefficient; 0 if there is none or it does not fit
    long: NDArray[np.bool_]  # the value does not fit: its bits pass the window, or it has more than 12
    ends: NDArray[np.bool_]  # no more coefficients of this block: EOB, or an illegal code
    illegal: NDArray[np.bool_]


def _words(table: HuffmanTable, table_class: int) -> _Words:
    """What DECODE, RECEIVE and EXTEND (F.2.2) make of each word."""
    length = np.repeat(np.arange(1, 17), table.bits)
    symbol = np.frombuffer(table.values, np.uint8)
    # The windows that begin with no code are counted in powers of two, each size at most once.
    free = (1 << WINDOW_BITS) - int((1 << WINDOW_BITS - length).sum())
    boxes = np.array([i for i in range(WINDOW_BITS, -1, -1) if free >> (WINDOW_BITS - i) & 1], np.int64)
    run, category = (part.astype(np.int64) for part in run_and_category(symbol))
    illegal = ends = np.zeros(len(symbol), np.bool_)
    if table_class == 0:
        run[:] = 0
    else:
        # With category 0 only EOB and ZRL mean something in a sequential scan (F.1.2.2.1).
        ends = (category == 0) & (symbol != ZERO_RUN)
        illegal = ends & (symbol != END_OF_BLOCK)
        run[ends] = 0
    used = length + category
    fits = (used <= WINDOW_BITS) & (category <= 11)
    copies = 1 << np.where(fits, category, 0)
    code = np.repeat(np.arange(len(symbol)), copies)
    number = np.arange(len(code)) - np.repeat(np.cumsum(copies) - copies, copies)
    value = extend(number, np.where(fits, category, 0)[code]).astype(np.int64)
    # A lane that guessed and meets an illegal code goes on 16 bits further on: any place is as good as another.
    used[illegal] = WINDOW_BITS
    nothing = np.zeros(len(boxes), np.int64)
    return _Words(
        np.append(np.where(fits & ~illegal, used, length)[code], boxes),
        np.append(used[code], nothing + WINDOW_BITS),
        np.append(run[code], nothing),
        np.append(value, nothing),
        np.append(~fits[code], nothing > 0),
        np.append(ends[code], nothing == 0),
        np.append(illegal[code], nothing == 0),
    )


def _single(words: _Words) -> Ints:
    """The entry of each word."""
    entry = (-1 << MASK_AT) + np.where(words.ends, _END, words.run + 1)
    entry |= words.run << FIRST | (words.value & 0xFFF) << FIRST_VALUE | words.used << USED_AT
    entry |= words.long * np.int64(1 << LONG) | words.illegal * np.int64(1 << ILLEGAL)
    return entry


Tail = tuple[Ints, NDArray[np.uint8]]
"""For each window that may follow a word, ``(65536,)`` each, what it adds to the word's entry, and the bits of the
window that this takes; more than 16 if nothing can be added."""


def _tails(words: _Words) -> tuple[Tail, Tail]:
    """What a window adds to an entry if its first word becomes the entry's second one; and if its first two words
    become the second and the third one.

    Only the last word of an entry may complete the block. Entries for k < 48 therefore hold three words only if
    the first two advance by at most 8 each.
    """
    advance = words.run + 1
    fits = ~(words.long | words.illegal) & (advance < 16) & (np.abs(words.value) < 128)
    needs = np.where(fits, words.used, 99).astype(np.uint8)
    value = words.value & 0xFF
    used = words.used << USED_AT
    second = used + np.where(words.ends, _END, advance | advance << SECOND | value << SECOND_VALUE)
    third = used + np.where(words.ends, _END, advance | advance << THIRD | value << THIRD_VALUE)
    goes_on = np.where(words.ends | (advance > 8), 99, needs).astype(np.uint8)
    windows = 1 << WINDOW_BITS - words.bits
    needs, second, third, goes_on = (np.repeat(a, windows) for a in (needs, second, third, goes_on))
    behind = np.arange(1 << WINDOW_BITS, dtype=np.uint16) << goes_on  # 0 past the window's end
    third = third.take(behind)
    third += second
    return (second, needs), (third, goes_on + needs.take(behind))


def _fill(first: _Words, tails: tuple[Tail, Tail], entries: Ints) -> None:
    """Fill ``entries``, 65,536 for each table in ``first``, with up to three words each."""
    single = _single(first)
    windows = 1 << WINDOW_BITS - first.bits
    entries[:] = np.repeat(single, windows)
    start = np.cumsum(windows) - windows
    # Words that leave equally many bits are followed by the same tails.
    room = np.where(first.ends | first.long, 0, WINDOW_BITS - first.bits)
    kind = 2 * room + (first.run < 8)
    # np.unique imports numpy.ma when it is first called; that takes longer than this whole function.
    for key in np.flatnonzero(np.bincount(kind)).tolist():
        bits_left, joined = divmod(key, 2)
        if bits_left == 0:
            continue
        added = np.zeros(1 << bits_left, np.int64)
        for tail in tails[: 1 + joined]:
            addend, needs = (a[:: 1 << WINDOW_BITS - bits_left] for a in tail)
            np.copyto(added, addend, where=needs <= bits_left)
        word = np.flatnonzero(kind == key)
        entries.reshape(-1, 1 << bits_left)[start[word] >> bits_left] = single[word, np.newaxis] + added


@lru_cache(maxsize=8)
def entries(pairs: Pairs) -> Ints:
    """The look-up of a scan, for its pairs of tables: int64 ``(pairs * 3 * 65536,)``.

    Each pair has three parts: for k = 0, entries that begin with a DC symbol; for k < 48, entries of up to three
    AC symbols, of which only the last can complete the block; and for the rest, entries of one symbol.
    """
    by_pair = np.empty((len(pairs), 3 << WINDOW_BITS), np.int64)
    for (dc, ac), of_pair in zip(pairs, by_pair, strict=True):
        words = _words(ac, 1)
        # Symbols of both tables are followed by AC symbols, so both are filled in one call.
        both = _Words._make(map(np.concatenate, zip(_words(dc, 0), words, strict=True)))
        _fill(both, _tails(words), of_pair[: 2 << WINDOW_BITS])
        of_pair[2 << WINDOW_BITS :] = np.repeat(_single(words), 1 << WINDOW_BITS - words.bits)
    by_pair.setflags(write=False)
    return by_pair.ravel()


# Fields of an entry of word_entries: the advance in k, 1 .. 16; the bits that are used; flags.
ADVANCE, WORD_USED_AT, WORD_USED = 31, 7, 31
WORD_LONG, WORD_ILLEGAL, WORD_ENDS = 1 << 12, 1 << 13, 1 << 14


def word_entries(pairs: Pairs) -> NDArray[np.int32]:
    """A look-up of single words: int32 ``(pairs * 2 * 65536,)``, for each pair DC, then AC.

    An entry's fields, from the lowest bit: the advance in k, 5 bits, 1 .. 16 (1 at the end of a block); two free
    bits; the bits that are used, 5 bits; the flags WORD_LONG (the value does not fit), WORD_ILLEGAL and WORD_ENDS;
    a free bit; the value, 16 bits, or the category of one that does not fit.
    """
    parts = []
    for pair in pairs:
        for table_class, table in enumerate(pair):
            words = _words(table, table_class)
            value = np.where(words.long & ~words.illegal, words.used - words.bits, words.value)
            entry = np.where(words.ends, 1, words.run + 1) | words.used << WORD_USED_AT | value << 16
            entry += words.long * WORD_LONG + words.illegal * WORD_ILLEGAL + words.ends * WORD_ENDS
            parts.append(np.repeat(entry.astype(np.int32), 1 << WINDOW_BITS - words.bits))
    whole = np.concatenate(parts)
    whole.setflags(write=False)
    return whole
