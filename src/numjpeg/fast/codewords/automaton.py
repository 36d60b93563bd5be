"""The reader of short sequential scans: an automaton that takes a byte a step, equal to the literal reader.

Where a code word begins depends on all bits before it, so the search for it is serial. The walk of
:mod:`numjpeg.entropy.sequential_reader` goes from word to word. This one goes from byte to byte. Its *state* is
what the byte before left unfinished: a node in the tree of a code, or how many magnitude bits are still to come,
in one of the blocks of an MCU. Each state is a list of its 256 followers, so that ``state = state[byte]`` is all
that a step does: 50 ns a byte. From states and bytes, array operations find all code words and their values.

The automaton does not count coefficients. A block that ends with coefficient 63 has no EOB, and the automaton
takes what follows for more words of the block; :mod:`numjpeg.fast.codewords.proven_words` finds and repairs these
places.

States are filled in as they are met. This costs 1 us for each byte met in each state, so the first scan with a set
of tables is read literally. Decoding scans of 3, 12, 40 and 273 KB takes 0.65, 1.8, 5.7 and 43 ms; lanes
(:mod:`numjpeg.fast.codewords.lanes`) take 2.8, 4.6, 7.6 and 24 ms.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.frame import Scan
from numjpeg.fast.codewords.lookup import Pairs, contexts_of, word_entries
from numjpeg.stages.huffman import WINDOW_BITS, ZERO_RUN, HuffmanTable

Ints = NDArray[np.int64]

# Bytes that are walked at a time; each chunk is twice the one before. If a follower is missing, a chunk is walked
# again, and the next one is the least.
LEAST_CHUNK, MOST_CHUNK = 1 << 8, 1 << 13

NO_CODE = -1000

Key = tuple[type, Pairs, tuple[int, ...]]


def automaton_key(scan: Scan) -> Key:
    """The key of a scan's automaton in the store of plans: its class, and what it is made from."""
    return Automaton, *contexts_of(scan)


def code_tree(table: HuffmanTable) -> Ints:
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
            else:
                nodes.append(level + child - leaves if child - leaves < inner[depth + 1] else NO_CODE)
        first_leaf += leaves
    return np.array(nodes, np.int64).reshape(-1, 2)


def tree_states(tree: Ints, at: int, leaf: Ints, without_code: int) -> Ints:
    """The followers ``(nodes, 2)`` of the states for a tree's inner nodes. ``at``: the number of the first state;
    ``leaf``: the state behind each symbol; ``without_code``: the state behind bits that are no code."""
    followers = np.where(tree >= 0, at + tree, without_code)
    is_leaf = (tree < 0) & (tree != NO_CODE)
    followers[is_leaf] = leaf[~tree[is_leaf]]
    return followers


def bits_to_come(at: int, after: int) -> Ints:
    """The followers ``(15, 2)`` of the states ``at`` + n, n = 1 .. 15, in which n bits are still to come. The
    state ``after`` follows the last of them."""
    return np.repeat(np.append(after, at + np.arange(1, 15))[:, np.newaxis], 2, axis=1)


def by_nibble(by_bit: Ints, starts: Ints) -> tuple[Ints, Ints]:
    """The automaton that takes four bits a step, ``(states, 16)`` each: the followers, and a number whose bits 3
    .. 0 say at which of the four bits a code word begins. A second kind of start, 2^8 in ``starts``, has bits 11
    .. 8."""
    nibble = np.arange(16)
    state = np.repeat(np.arange(len(by_bit))[:, np.newaxis], 16, axis=1)
    marks = np.zeros(state.shape, np.int64)
    for i in (3, 2, 1, 0):
        marks |= starts[state] << i
        state = by_bit[state, nibble >> i & 1]
    return state, marks


class Automaton:
    """The automaton for (DC, AC) pairs of tables; ``pattern`` says which pair each block of an MCU takes."""

    def __init__(self, pairs: Pairs, pattern: tuple[int, ...]) -> None:
        self.period = len(pattern)
        by_bit, starts = _bit_states(pairs, pattern)
        self._nibbles, self._marks = (part.ravel().tolist() for part in by_nibble(by_bit, starts))
        self._rows: dict[int, list[Any]] = {}
        self._root = self._row(0)
        self._chunk = LEAST_CHUNK
        # By state and byte: at which bits of the byte code words begin, and at which blocks begin.
        self.words_at, self.blocks_at = (np.zeros(len(by_bit) << 8, np.uint8) for _ in range(2))
        self.entries = word_entries(pairs)
        self.entry_at = memoryview(self.entries.data)
        # For each block of an MCU, where the entries of its AC table begin; those of its DC table are in front.
        self.contexts = (2 * np.array(pattern, np.int64) + 1) << WINDOW_BITS

    @property
    def nbytes(self) -> int:
        """Bytes of memory, about. They grow with the states that are met."""
        return len(self._rows) * 2200 + len(self._nibbles) * 16 + 2 * self.words_at.nbytes + self.entries.nbytes

    def walk(self, data: bytes) -> bytes:
        """The states in front of each byte of a restart interval, and the one behind the last: int64 in native
        order, 256 times their numbers.
        """
        state = self._root
        numbers, start = [state[256]], 0
        while start < len(data):
            chunk, before = data[start : start + self._chunk], state
            start += len(chunk)
            try:
                numbers += [(state := state[byte])[256] for byte in chunk]
                self._chunk = min(2 * self._chunk, MOST_CHUNK)
            except TypeError:  # a follower that is None
                state, self._chunk = before, LEAST_CHUNK
                for byte in chunk:
                    state = state[byte] or self._fill(state, byte)
                    numbers.append(state[256])
        return b"".join(numbers)

    def _row(self, state: int) -> list[Any]:
        row = self._rows.get(state)
        if row is None:
            row = self._rows[state] = [None] * 256 + [(state << 8).to_bytes(8, sys.byteorder)]
        return row

    def _fill(self, row: list[Any], byte: int) -> list[Any]:
        """Fill in the state that follows another one after a byte, and which words and blocks begin there."""
        index = int.from_bytes(row[256], sys.byteorder) | byte
        high = index >> 4
        low = self._nibbles[high] << 4 | byte & 15
        marks = self._marks[high] << 4 | self._marks[low]
        self.words_at[index] = marks & 0xFF
        self.blocks_at[index] = marks >> 8 & 0xFF
        row[byte] = follower = self._row(self._nibbles[low])
        return follower


def _bit_states(pairs: Pairs, pattern: tuple[int, ...]) -> tuple[Ints, Ints]:
    """The automaton that takes a bit a step: the followers ``(states, 2)``, where state 0 is the one in front of
    an MCU; and ``(states,)``: 1 in front of an AC code word, 1 + 2^8 in front of a block.
    """
    trees = [(code_tree(dc), code_tree(ac)) for dc, ac in pairs]
    sizes = [len(dc) + len(ac) + 15 for dc, ac in trees]
    begin = np.cumsum([0] + [sizes[pair] for pair in pattern]).tolist()
    parts = []
    starts = np.zeros(begin[-1], np.int64)
    category = np.arange(256) & 15
    for at, pair, after in zip(begin, pattern, [*begin[1:-1], 0], strict=False):
        dc, ac = trees[pair]
        ac_at = at + len(dc)
        bits_at = ac_at + len(ac) - 1
        starts[at], starts[ac_at] = 1 + (1 << 8), 1
        dc_leaf = np.where(category, bits_at + category, ac_at)
        ac_leaf = np.where(category, bits_at + category, after)
        ac_leaf[ZERO_RUN] = ac_at
        parts += [tree_states(dc, at, dc_leaf, after), tree_states(ac, ac_at, ac_leaf, after)]
        parts.append(bits_to_come(bits_at, ac_at))
    return np.concatenate(parts), starts
