"""The reader of short sequential scans: an automaton that takes a byte a step, equal to the literal reader.

Where a code word begins depends on all bits before it, so someone must walk. The walk of
:mod:`numjpeg.entropy.sequential_reader` goes from word to word. This one goes from byte to byte. Its *state* is
what the byte before left unfinished: a node in the tree of a code, or how many magnitude bits are still to come,
in one of the blocks of an MCU. Each state is a list of its 256 followers, so that ``state = state[byte]`` is all
that a step does: 50 ns a byte. From states and bytes all code words are found at once, and their values.

The automaton does not count coefficients. A block that ends with coefficient 63 has no EOB, and the automaton
takes what follows for more words of the block. :mod:`numjpeg.fast.codewords.proven_words` finds and repairs
these places.

States are filled as they are met. That costs 1 us for each byte met in each state, so a set of tables is read
literally the first time it is seen (:func:`automaton_of`).
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.frame import Scan
from numjpeg.entropy.shared import scan_tables
from numjpeg.fast.codewords.lookup import word_entries
from numjpeg.fast.plan_store import PLANS
from numjpeg.stages.huffman import END_OF_BLOCK, STANDARD_TABLES, WINDOW_BITS, ZERO_RUN, HuffmanTable
from numjpeg.stages.mcu_order import block_component

Ints = NDArray[np.int64]
Pairs = tuple[tuple[HuffmanTable, HuffmanTable], ...]

LEAST_CHUNK, MOST_CHUNK = 1 << 8, 1 << 13
"""Bytes that are walked at a time, more and more of them. Where a follower is missing, they are walked again."""

NO_CODE = -1000


Key = tuple[type, Pairs, tuple[int, ...]]


def automaton_key(scan: Scan) -> Key:
    """Under what the automaton of a scan is kept in the store of plans: its class, and what it is made of."""
    tables = scan_tables(scan)
    pairs = list(zip(tables[0::2], tables[1::2], strict=True))
    different = list(dict.fromkeys(pairs))
    pattern = [different.index(pairs[c]) for c in block_component(scan.factors).tolist()]
    size = len(pattern)
    period = next(n for n in range(1, size + 1) if size % n == 0 and pattern == pattern[:n] * (size // n))
    return Automaton, tuple(different), tuple(pattern[:period])


def known_automaton(key: Key) -> Automaton | None:
    """Take an automaton out of the store of plans, or make it.

    None if the tables are seen for the first time (unless they are those of Annex K): to make the automaton and
    its states takes longer than to read one short scan.
    """
    found = PLANS.take(key)
    if isinstance(found, Automaton):
        return found
    if found is None and any(table not in _STANDARD for pair in key[1] for table in pair):
        PLANS.put(key, Seen())
        return None
    return Automaton(*key[1:])


_STANDARD = frozenset(STANDARD_TABLES.values())


class Seen:
    """Stands in the store for a plan that will be made the next time."""

    def __init__(self, nbytes: int = 0) -> None:
        self.nbytes = nbytes + (1 << 10)


def code_tree(table: HuffmanTable) -> NDArray[np.int64]:
    """The code's tree, ``(nodes, 2)``: for each inner node, root first, what follows on 0 and on 1: an inner node,
    or ``~symbol``, or :data:`NO_CODE`.

    Codes are canonical (C.2): at each depth leaves come first, then inner nodes, then what no code begins like.
    """
    inner = [0] * 17  # nodes at each depth that have codes below them
    for depth in range(15, -1, -1):
        inner[depth] = (table.bits[depth] + inner[depth + 1] + 1) // 2
    inner[0] = 1
    nodes: list[int] = []
    first_leaf, level = 0, 0
    for depth in range(16):
        leaves, level = table.bits[depth], level + inner[depth]
        for child in range(2 * inner[depth]):
            if child < leaves:
                nodes.append(~table.values[first_leaf + child])
            elif child - leaves < inner[depth + 1]:
                nodes.append(level + child - leaves)
            else:
                nodes.append(NO_CODE)
        first_leaf += leaves
    return np.array(nodes, np.int64).reshape(-1, 2)


class Automaton:
    """The automaton of (DC, AC) pairs of tables, and of which pair each block of an MCU takes."""

    def __init__(self, pairs: Pairs, pattern: tuple[int, ...]) -> None:
        self.period = len(pattern)
        by_bit, starts = _bit_states(pairs, pattern)
        self.states = len(by_bit)
        # Nibble by nibble: the follower, and at which of four bits a code word, or a block, begins.
        nibble = np.arange(16)
        state = np.repeat(np.arange(self.states)[:, np.newaxis], 16, axis=1)
        marks = np.zeros((self.states, 16), np.int64)
        for i in (3, 2, 1, 0):
            marks |= starts[state] << i
            state = by_bit[state, nibble >> i & 1]
        self._nibbles: list[int] = state.ravel().tolist()
        self._marks: list[int] = marks.ravel().tolist()
        self._rows: dict[int, list[Any]] = {}
        self._root = self._row(0)
        self._chunk = LEAST_CHUNK
        self.words_at = np.zeros(self.states << 8, np.uint8)
        """By state and byte, at which of its bits code words begin."""
        self.blocks_at = np.zeros(self.states << 8, np.uint8)
        self.entries = word_entries(pairs)
        self.entry_at = memoryview(self.entries.data)
        self.contexts = (2 * np.array(pattern, np.int64) + 1) << WINDOW_BITS
        """Of each block of an MCU, where the entries of its AC table begin; those of the DC table are in front."""
        self.nbytes = 0
        self.count_bytes()

    def count_bytes(self) -> None:
        """Bring ``nbytes`` up to date."""
        self.nbytes = len(self._rows) * 2200 + self.states * (2 * 256 + 16 * 8 * 2) + self.entries.nbytes

    def walk(self, data: bytes) -> bytes:
        """The states in front of each byte of a restart interval, and the one behind the last: int64 in native
        order, 256 times their numbers.
        """
        state = self._root
        found, start = [state[256]], 0
        while start < len(data):
            chunk, before = data[start : start + self._chunk], state
            start += len(chunk)
            try:
                found += [(state := state[byte])[256] for byte in chunk]
                self._chunk = min(2 * self._chunk, MOST_CHUNK)
            except TypeError:  # a follower that is None
                state, self._chunk = before, LEAST_CHUNK
                for byte in chunk:
                    state = state[byte] or self._fill(state, byte)
                    found.append(state[256])
        return b"".join(found)

    def _row(self, state: int) -> list[Any]:
        row = self._rows.get(state)
        if row is None:
            row = self._rows[state] = [None] * 256
            row.append((state << 8).to_bytes(8, sys.byteorder))
        return row

    def _fill(self, row: list[Any], byte: int) -> list[Any]:
        """Find what follows a state."""
        index = int.from_bytes(row[256], sys.byteorder) | byte
        high = index >> 4
        low = self._nibbles[high] << 4 | byte & 15
        marks = self._marks[high] << 4 | self._marks[low]
        self.words_at[index] = marks & 0xFF
        self.blocks_at[index] = marks >> 8 & 0xFF
        row[byte] = follower = self._row(self._nibbles[low])
        return follower


def _bit_states(pairs: Pairs, pattern: tuple[int, ...]) -> tuple[Ints, Ints]:
    """The automaton that takes a bit a step.

    Returns
    -------
    followers : ``(states, 2)``. The first state is in front of an MCU.
    starts : ``(states,)``, 1 in front of an AC code word, 1 + 2^8 in front of a block.
    """
    trees = [(code_tree(dc), code_tree(ac)) for dc, ac in pairs]
    sizes = [len(dc) + len(ac) + 15 for dc, ac in trees]
    begin = np.cumsum([0] + [sizes[pair] for pair in pattern]).tolist()
    parts = []
    starts = np.zeros(begin[-1], np.int64)
    symbol = np.arange(256)
    category = symbol & 15
    for at, pair, after in zip(begin, pattern, [*begin[1:-1], 0], strict=False):
        dc, ac = trees[pair]
        ac_at = at + len(dc)
        bits_at = ac_at + len(ac) - 1  # behind it, the states with 1 .. 15 bits to come
        starts[at], starts[ac_at] = 1 + (1 << 8), 1
        dc_leaf = np.where(category, bits_at + category, ac_at)
        ac_leaf = np.where(category, bits_at + category, after)
        ac_leaf[ZERO_RUN] = ac_at
        ac_leaf[END_OF_BLOCK] = after
        for first, tree, leaf in ((at, dc, dc_leaf), (ac_at, ac, ac_leaf)):
            followers = np.where(tree >= 0, first + tree, after)
            is_leaf = (tree < 0) & (tree != NO_CODE)
            followers[is_leaf] = leaf[~tree[is_leaf]]
            parts.append(followers)
        fewer = np.append(ac_at, bits_at + np.arange(1, 15))
        parts.append(np.stack([fewer, fewer], axis=1))
    return np.concatenate(parts), starts
