"""The steps of lanes (:mod:`numjpeg.fast.codewords.lanes`) over the bits of a scan, and what they found."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.container.frame import Scan
from numjpeg.entropy import bits
from numjpeg.entropy.shared import McuLayout, receive
from numjpeg.fast.codewords import lookup
from numjpeg.stages.huffman import WINDOW_BITS

Ints = NDArray[np.int64]

GUESS_STEPS, CHAIN_STEPS, FEW_STEPS, LONG_STEPS = 24, 32, 64, 256
"""Steps of a round, after which lanes that have arrived are taken out: in the guess; in the chain; in the chain if
few lanes are left; and if few are left that have looked for a meeting for long."""

FEW = 16
"""Up to 16 lanes go one by one: that takes 0.6 us a step and lane, a step of all together at least 12 us."""

SCATTER = 1 << 13
"""Entries that are written to blocks together; fewer of them wait for others."""

# These are arrays: to convert a Python integer takes half as long as a call with small operands.
STEP = np.array(31 << lookup.USED_AT | 127)  # of an entry, what is added to the state
COUNT = np.array((1 << 32) - 1)  # of a state, blocks and k
BIT, BIT_TO_WORD, IN_WORD = np.array(32), np.array(32 + 4), np.array(15)
USED, FIVE_BITS, MASK = np.array(lookup.USED_AT), np.array(31), np.array(lookup.MASK_AT)
TOP_16 = np.array(48, np.uint64)
K, ZERO = np.array(63), np.array(0)
ILLEGAL_FLAG = np.array(1 << lookup.ILLEGAL)


class Trace(NamedTuple):
    """Some steps of ``n`` lanes. If only the starts of blocks are noted, there are no entries, and only the first
    and the last row of states."""

    lane: NDArray[np.intp]  # (n,)
    blocks: Ints  # (n,), 64 times the blocks that each lane had read before; states count on from there
    states: Ints  # (steps + 1, n)
    entries: Ints  # (steps, n), what was looked up at each state but the last
    starts: Ints  # (m,), the states at the start of a block (k = 0), the last ones included; they count all blocks
    column: NDArray[np.intp]  # (m,), to which of the lanes each start belongs
    illegal: NDArray[np.intp]  # the indices of the starts that follow an illegal code


class LaneSteps:
    """The look-up of a scan, and the steps of lanes over some of its bits.

    ``only_starts``: traces note only the starts of blocks.
    """

    def __init__(self, scan: Scan, only_starts: bool = False) -> None:
        self.only_starts = only_starts
        self.lane_steps = 0  # of all lanes together
        pairs, pattern = lookup.contexts_of(scan)
        self.phases, self.cycle = len(pattern), 64 * len(pattern)
        self.entries = lookup.entries(pairs)
        self.tables = [table for pair in pairs for table in pair]
        look_up = np.ones((self.phases, 64), np.int64)
        look_up[:, 0] = 0
        look_up[:, 48:] = 2
        look_up += 3 * np.array(pattern)[:, np.newaxis]
        repeats = ceil_div(self.phases + max(GUESS_STEPS, CHAIN_STEPS) + 1, self.phases)
        self.context = np.tile((look_up << WINDOW_BITS).ravel(), repeats)
        self.scratch = [np.empty(0, np.int64)] * 3
        self.memory, self.free = np.empty(0, np.int64), 0
        self.words = np.empty(0, np.uint64)  # of the piece's bits
        self.piece_bit = 0  # at which they begin in the payload

    def step(self, lane: NDArray[np.intp], blocks: Ints, state: Ints, steps: int) -> Trace:
        """Let lanes go ``steps`` steps, an even number."""
        lanes = len(lane)
        whole = (state & COUNT) // self.cycle * self.cycle
        if self.only_starts:
            self.free = 0  # nobody needs the arrays of the steps before
        states, entries = self._allocate(steps + 1, lanes), self._allocate(steps, lanes)
        np.subtract(state, whole, out=states[0])
        (self._step_together if lanes > FEW else self._step_one_by_one)(states, entries)
        self.lane_steps += entries.size
        k = np.bitwise_and(states, K, out=self._buffer(2, states.size).reshape(states.shape))
        at = np.flatnonzero(k == ZERO)
        column = at % lanes
        blocks = blocks + whole
        starts = states.take(at) + blocks.take(column)
        at -= lanes
        first = int(np.searchsorted(at, 0))
        illegal = first + np.flatnonzero(entries.take(at[first:]) & ILLEGAL_FLAG)
        if self.only_starts:
            states, entries = states[[0, -1]], entries[:0]
        return Trace(lane, blocks, states, entries, starts, column, illegal)

    def look_up(self, state: Ints) -> Ints:
        """The entry for each state."""
        word = self.words.take(state >> 36, mode="clip")
        word <<= (state >> 32 & 15).view(np.uint64)
        index = (word >> TOP_16).view(np.int64)
        index += self.context.take(state & COUNT, mode="clip")
        return self.entries.take(index)

    def _step_together(self, states: Ints, entries: Ints) -> None:
        """Fill ``states`` and ``entries`` from ``states[0]`` on, a step of all lanes at a time."""
        lanes = states.shape[1]
        index, window, ahead = (self._buffer(i, lanes) for i in range(3))
        unsigned_index, word = index.view(np.uint64), ahead.view(np.uint64)
        # With few lanes, most of a call's cost is the look-up of its name.
        shift_right, shift_left, both, add = np.right_shift, np.left_shift, np.bitwise_and, np.add
        take_word, take_context, take_entry = self.words.take, self.context.take, self.entries.take
        for step in range(0, len(entries), 2):
            now = states[step]
            shift_right(now, BIT_TO_WORD, index)
            take_word(index, None, word, "clip")
            shift_right(now, BIT, index)
            both(index, IN_WORD, index)
            # 49 bits ahead: one step takes 31 at the most, the next one looks at 16.
            shift_left(word, unsigned_index, word)
            for half in (step, step + 1):
                entry, then = entries[half], states[half + 1]
                both(now, COUNT, index)
                take_context(index, None, window, "clip")
                shift_right(word, TOP_16, unsigned_index)
                add(index, window, index)
                take_entry(index, None, entry, "clip")
                if half == step:
                    shift_right(entry, USED, index)
                    both(index, FIVE_BITS, index)
                    shift_left(word, unsigned_index, word)
                both(entry, STEP, index)
                add(now, index, then)
                shift_right(entry, MASK, index)
                both(then, index, then)
                now = then

    def _step_one_by_one(self, states: Ints, entries: Ints) -> None:
        """Do the same in Python's integers, which is faster for a few lanes (:data:`FEW`)."""
        word_at, entry_at, context = self.words.item, self.entries.item, self.context[: self.cycle].tolist()
        last_word, cycle, step_mask, count_mask = len(self.words) - 1, self.cycle, int(STEP), int(COUNT)
        for lane in range(states.shape[1]):
            state = int(states[0, lane])
            seen, looked_up = [state], []
            for _ in range(len(entries)):
                bit = state >> 32
                window = word_at(min(bit >> 4, last_word)) >> (48 - (bit & 15)) & 0xFFFF
                entry = entry_at(context[(state & count_mask) % cycle] + window)
                state = state + (entry & step_mask) & entry >> 57
                looked_up.append(entry)
                seen.append(state)
            states[:, lane], entries[:, lane] = seen, looked_up

    def _allocate(self, rows: int, columns: int) -> Ints:
        """An array for a trace, of memory that all pieces use in turn."""
        size = rows * columns
        if self.free + size > len(self.memory):
            # Memory that is in use lives on in its traces.
            self.memory, self.free = np.empty(max(size, 1 << 20), np.int64), 0
        self.free += size
        return self.memory[self.free - size : self.free].reshape(rows, columns)

    def _buffer(self, number: int, size: int) -> Ints:
        """The start of one of the scratch arrays."""
        if size > len(self.scratch[number]):
            self.scratch[number] = np.empty(size, np.int64)
        return self.scratch[number][:size]


def between(states: Ints, begin: Ints, end: Ints) -> NDArray[np.bool_]:
    """Which states ``(steps + 1, n)`` are from ``begin`` up to ``end``, ``(n,)`` each."""
    # States only grow: between a right first one and a right last one all are right.
    right = np.empty(states.shape, np.bool_)
    right[:] = whole = (states[0] >= begin) & (states[-1] < end)
    partly = np.flatnonzero((states[-1] >= begin) & (states[0] < end) & ~whole)
    inside = states[:, partly]
    right[:, partly] = (inside >= begin[partly]) & (inside < end[partly])
    return right


class LaneValues:
    """The ``size`` coefficients of a piece of a scan."""

    def __init__(self, steps: LaneSteps, size: int) -> None:
        self.steps, self._size = steps, size
        self._flat = np.zeros(size + 128, np.int16)
        self._long_values: list[tuple[Ints, Ints]] = []
        self._waiting: list[tuple[Ints, Ints]] = []
        self._waiting_size = 0

    def add(self, entry: Ints, place: Ints, states: Ints, at: NDArray[np.intp]) -> None:
        """Take entries, ``(n,)``, the places of the coefficients that were due at each, and the states,
        ``states.flat[at]``."""
        flags = np.flatnonzero(entry.view(np.uint8)[lookup.LONG // 8 :: 8] >= 1 << lookup.LONG % 8)
        if len(flags):
            flags = flags[entry.take(flags) >> lookup.LONG & 1 == 1]
            long_place = place.take(flags) + (entry.take(flags) >> lookup.FIRST & 15)
            self._long_values.append((long_place, states.take(at.take(flags))))
        self._waiting.append((entry, place))
        self._waiting_size += len(entry)
        if self._waiting_size > SCATTER:
            self._lay()

    def add_first(self, entry: Ints, place: Ints, state: Ints) -> None:
        """Take only the first values, the DC differences, of entries with which blocks begin."""
        self._flat[place] = entry.view(np.int16)[lookup.FIRST_VALUE // 16 :: 4] >> 4
        long = np.flatnonzero(entry >> lookup.LONG & 1)
        self._long_values.append((place.take(long), state.take(long)))

    def _lay(self) -> None:
        """Write the values of the waiting entries, at and behind the places of the coefficients that were due."""
        if not self._waiting:
            return
        waiting, flat = self._waiting, self._flat
        entry, place = waiting[0] if len(waiting) == 1 else (np.concatenate(a) for a in zip(*waiting, strict=True))
        waiting.clear()
        self._waiting_size = 0
        first, second, third = (entry >> shift & 15 for shift in (lookup.FIRST, lookup.SECOND, lookup.THIRD))
        first += place
        second += first
        third += second
        values = entry.view(np.int8).reshape(-1, 8)
        # The zero of an entry without a third value goes to the place of the second value, which is written later;
        # that of an entry without a second value to the place of the first. At the end of a block it is a zero
        # among zeros. To pick out the entries that have these values takes longer.
        flat[third] = values[:, lookup.THIRD_VALUE // 8].astype(np.int16)
        flat[second] = values[:, lookup.SECOND_VALUE // 8].astype(np.int16)
        flat[first] = entry.view(np.int16)[lookup.FIRST_VALUE // 16 :: 4] >> 4

    def finish(self, payload: bits.Payload) -> NDArray[np.int16]:
        """Write what is left; return all coefficients."""
        self._lay()
        if self._long_values:
            places, states = (np.concatenate(parts) for parts in zip(*self._long_values, strict=True))
            # Values whose magnitude bits pass the window are read again. The count in the state gives the table.
            which = self.steps.context.take((states & COUNT) % self.steps.cycle) >> WINDOW_BITS
            table = which // 3 * 2 + (which % 3 > 0)
            _, value = receive(payload, (states >> 32) + self.steps.piece_bit, self.steps.tables, table)
            self._flat[places] = value
        return self._flat[: self._size]


def values_from_starts(
    steps: LaneSteps, layout: McuLayout, first_block: int, starts: Ints, payload: bits.Payload
) -> NDArray[np.int16]:
    """The coefficients that are kept, ``(n,)``, of the blocks of a scan from ``first_block`` on.

    ``starts``, ``(blocks,)``: the bit at which each block starts, from the piece's first bit on. If it is -1, the
    coefficients of the block mean nothing. For a block that is kept whole, the code words are read once more, one
    step of all such blocks at a time.
    """
    mcu, number = np.divmod(np.arange(first_block, first_block + len(starts) + 1), len(layout.sizes))
    place = mcu * layout.size + layout.starts[number] - layout.place(first_block)
    values = LaneValues(steps, int(place[-1]))
    place, number = place[:-1], number[:-1]
    state = np.maximum(starts, 0) << 32 | number % steps.phases * 64
    entry = steps.look_up(state)
    values.add_first(entry, place, state)
    whole = np.flatnonzero(layout.sizes.take(number) == 64)
    place, state, entry = place.take(whole), state.take(whole), entry.take(whole)
    end = (state & COUNT) + 64
    while len(state):
        values.add(entry, place + (state & K), state, np.arange(len(state)))
        state = state + (entry & STEP) & entry >> MASK
        going = np.flatnonzero((state & COUNT) < end)
        place, state, end = place.take(going), state.take(going), end.take(going)
        entry = steps.look_up(state)
    return values.finish(payload)
