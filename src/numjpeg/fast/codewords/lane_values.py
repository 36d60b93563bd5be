"""What lanes have found within their proven ranges, laid into blocks (see ``lanes``)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numjpeg.entropy import bits
from numjpeg.entropy.shared import McuLayout, receive
from numjpeg.fast.codewords import lookup
from numjpeg.fast.codewords.lane_steps import COUNT, MASK, STEP, K, LaneSteps
from numjpeg.stages.huffman import WINDOW_BITS

Ints = NDArray[np.int64]

SCATTER = 1 << 13
"""Entries that are worth being laid into blocks; fewer of them wait for others."""


def between(states: Ints, begin: Ints, end: Ints) -> NDArray[np.bool_]:
    """Which states ``(steps + 1, n)`` are from ``begin`` up to ``end``, ``(n,)`` each."""
    # States only grow: between a right first one and a right last one all are right.
    right = np.empty(states.shape, np.bool_)
    right[:] = whole = (states[0] >= begin) & (states[-1] < end)
    partly = np.flatnonzero((states[-1] >= begin) & (states[0] < end) & ~whole)
    some = states[:, partly]
    right[:, partly] = (some >= begin[partly]) & (some < end[partly])
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
        """Take entries, ``(n,)``, and the places of the coefficients that were due. The states were
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
        """Take the first value alone of entries with which blocks begin, the DC differences."""
        self._flat[place] = entry.view(np.int16)[lookup.FIRST_VALUE // 16 :: 4] >> 4
        long = np.flatnonzero(entry >> lookup.LONG & 1)
        self._long_values.append((place.take(long), state.take(long)))

    def _lay(self) -> None:
        """Lay the values of the entries that wait at their places, relative to the coefficient that is due."""
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
        # An entry without a third value has its zero laid at the place of the second one, one without a second
        # value at that of the first: the right ones go over them. Of the end of a block, it is a zero among zeros.
        # To pick out those entries that have the values took longer.
        flat[third] = values[:, lookup.THIRD_VALUE // 8].astype(np.int16)
        flat[second] = values[:, lookup.SECOND_VALUE // 8].astype(np.int16)
        flat[first] = entry.view(np.int16)[lookup.FIRST_VALUE // 16 :: 4] >> 4

    def finish(self, payload: bits.Payload) -> NDArray[np.int16]:
        """All coefficients that are kept."""
        self._lay()
        if self._long_values:
            places, states = (np.concatenate(parts) for parts in zip(*self._long_values, strict=True))
            # Magnitude bits that pass the window: read for themselves. The state's count gives the table.
            which = self.steps.context.take((states & COUNT) % self.steps.cycle) >> WINDOW_BITS
            table = which // 3 * 2 + (which % 3 > 0)
            _, value = receive(payload, (states >> 32) + self.steps.piece_bit, self.steps.tables, table)
            self._flat[places] = value
        return self._flat[: self._size]


def values_from_starts(
    steps: LaneSteps, layout: McuLayout, first_block: int, starts: Ints, payload: bits.Payload
) -> NDArray[np.int16]:
    """What is kept of the blocks of a scan from ``first_block`` on, ``(n,)``.

    ``starts`` ``(blocks,)`` is the bit at which each starts, from the piece's first bit on; of a block that starts
    nowhere, which has -1, the coefficients mean nothing. Of blocks of which all is kept the code words are read
    once more, one step of all of these blocks at a time.
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
