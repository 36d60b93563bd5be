"""First scans of the progressive process by an automaton that takes a byte a step.

Where a code word begins depends on all bits before it, but in a first scan on nothing else: no coefficient need be
counted. So the states of :mod:`numjpeg.fast.codewords.automaton` are exact here: a node in the tree of a code, or
how many bits are still to come, for each block of an MCU. Each state is a list of its 256 followers, and a step
takes 50 ns. Bits that no code begins with lead to a state without a way out.

Progressive files have tables of their own, so an automaton is made for one scan, all of it at once: 0.6 ms for one
of AC, 2 ms for one of DC.
"""

from __future__ import annotations

import sys
from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.entropy import bits
from numjpeg.entropy.progressive_reader import DcFirst, ProgressiveReader, Span
from numjpeg.entropy.shared import receive
from numjpeg.fast.codewords.automaton import bits_to_come, by_nibble, code_tree, tree_states
from numjpeg.fast.codewords.scan_words import END, NO_CODE, ZRL, Ints, OddError, close, ranks, steps_of
from numjpeg.stages.huffman import ZERO_RUN, HuffmanTable, huffman_decode

MOST_STATES = 500
CHUNK = 1 << 15
"""Bytes that are walked at a time."""


def _by_bit(tables: list[HuffmanTable], of_dc: bool) -> tuple[Ints, Ints]:
    """The automaton that takes a bit a step: the followers of each state, ``(states, 2)``, and 1 if a code word
    begins at it. ``tables``: those of the blocks of an MCU. The last state has no way out.
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


def _by_byte(followers: Ints, starts: Ints) -> tuple[Ints, NDArray[np.uint8]]:
    """The same with a byte a step: followers, and at which of the byte's bits code words begin."""
    state, marks = by_nibble(followers, starts)
    high, low = np.arange(256) >> 4, np.arange(256) & 15
    middle = state[:, high]
    return state[middle, low], (marks[:, high] << 4 | marks[middle, low]).astype(np.uint8)


def _find_words(
    reader: ProgressiveReader, spans: list[Span], tables: list[HuffmanTable], of_dc: bool
) -> tuple[Ints, Ints]:
    """The bits at which code words begin, those in the bits that fill up an interval included; and for each
    restart interval the number of its first word."""
    by_bit, starts = _by_bit(tables, of_dc)
    if len(by_bit) > MOST_STATES:
        raise OddError
    followers, marks = _by_byte(by_bit, starts)
    data = reader.payload.data[: reader.payload.size]
    parts = [(span.begin >> 3, span.end >> 3) for span in spans]
    at = _walk(data.tobytes(), parts, followers).astype(np.intp) << 8
    begin = spans[0].begin
    at += data[begin >> 3 : (begin >> 3) + len(at)]
    code = np.unpackbits(marks.ravel().take(at)).view(np.bool_).nonzero()[0] + begin
    return code, np.searchsorted(code, np.array([span.begin for span in spans]))


def _walk(data: bytes, parts: list[tuple[int, int]], followers: Ints) -> NDArray[np.uint16]:
    """The state in front of each byte of some parts of the data, each of which begins at the first state."""
    rows: list[list[object]] = [[] for _ in followers]
    for i, (row, own) in enumerate(zip(rows, followers.tolist(), strict=True)):
        row += map(rows.__getitem__, own)
        row.append(i.to_bytes(2, sys.byteorder))
    found = []
    for begin, end in parts:
        state: Any = rows[0]
        found.append(state[256])
        for start in range(begin, end, CHUNK):
            chunk = data[start : min(start + CHUNK, end)]
            found.append(b"".join([(state := state[byte])[256] for byte in chunk]))
        found[-1] = found[-1][:-2]  # the state behind the last byte
    for row in rows:
        row.clear()  # they hold each other
    return np.frombuffer(b"".join(found), np.uint16)


def read_dc_first(reader: DcFirst) -> list[int]:
    """The first scan of DC coefficients (G.1.2.1): the bit behind the last word of each restart interval."""
    ends: list[int] = []
    spans, per_mcu = reader.spans(), len(reader.components)
    code, first = _find_words(reader, spans, [reader.tables[c] for c in reader.components], True)
    wanted = np.array([span.mcus * per_mcu for span in spans])
    if (np.diff(first, append=len(code)) < wanted).any():
        raise OddError
    skipped = first - (np.cumsum(wanted) - wanted)
    code = code[np.arange(wanted.sum()) + np.repeat(skipped, wanted)]
    last = code[np.cumsum(wanted) - 1]
    windows = bits.windows_32(reader.payload.data, last) >> np.uint64(16)
    category, length = huffman_decode(windows.astype(np.uint16), [reader.tables[reader.components[-1]]])
    if not length.all():
        raise OddError
    for span, p in zip(spans, (last + length + category).tolist(), strict=True):
        close(reader, span, p, 0, ends)
    reader.codes, reader.ranges = array("q", code.tobytes()), [(0, reader.total)]
    reader.lay()
    return ends


def read_ac_first(reader: ProgressiveReader) -> list[int]:
    """The first scan of a band (G.1.2.2): the bit behind the last word of each restart interval."""
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
    """The words of a scan, ``(n,)`` each: the bits at which they begin, their kinds and the ranks that are due;
    and the bit behind the last word of each restart interval."""
    spans, ends = reader.spans(), list[int]()
    code, first = _find_words(reader, spans, [table], False)
    if (np.diff(first, append=len(code)) < 1).any():
        raise OddError
    window = bits.words_64(reader.payload.data).take(code >> 4) << (code & 15).astype(np.uint64)
    pairs = steps_of(table, False).view(np.uint16).ravel()
    found = pairs.take((window >> np.uint64(48)).view(np.int64)).view(np.uint8)
    kind, step = found[0::2].copy(), found[1::2].copy()
    # A word that ends blocks ends so many, and those that the words before it have filled.
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
    # Behind the last block of an interval there may be bits that fill up the byte.
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
