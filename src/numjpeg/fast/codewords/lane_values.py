"""What lanes have found within their proven ranges, laid into blocks (see ``lanes``)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numjpeg.entropy import bits
from numjpeg.entropy.shared import McuLayout, receive
from numjpeg.fast.codewords.lane_steps import COUNT, LaneSteps, Trace
from numjpeg.fast.codewords.lookup import (
    FIRST,
    FIRST_VALUE,
    ILLEGAL,
    LONG,
    SECOND,
    SECOND_VALUE,
    THIRD,
    THIRD_VALUE,
)
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
    """The blocks of a piece of a scan."""

    def __init__(self, steps: LaneSteps, layout: McuLayout, first_block: int, count: int) -> None:
        """``count`` blocks from number ``first_block`` of the scan on."""
        self.steps, self.count = steps, count
        self.illegal = count
        """Number of the first block that has an illegal code; ``count`` if none has."""
        self._layout = layout
        self._size = 64 * count
        if not layout.everything:
            mcu, number = np.divmod(np.arange(first_block, first_block + count + 1), len(layout.sizes))
            # Where each block begins, and whether all of it is kept.
            self._start = mcu * layout.size + layout.starts[number] - layout.place(first_block)
            self._whole = layout.sizes[number] == 64
            self._some_whole = bool((layout.sizes == 64).any())
            self._size = int(self._start[-1])
        self._flat = np.zeros(self._size + 128, np.int16)
        self._long_values: list[tuple[Ints, Ints]] = []
        self._waiting: list[tuple[Ints, Ints]] = []
        self._waiting_size = 0

    def add(
        self, trace: Trace, place: Ints, right: NDArray[np.bool_], at: NDArray[np.intp], block: NDArray[np.intp]
    ) -> None:
        """Take what a trace holds; ``right`` is overwritten.

        Parameters
        ----------
        place : 64 times the number of each entry's block, plus k. right : which entries are proven.
        at, block : which of them begin a block, and its number.
        """
        entries = trace.entries
        if not self._layout.everything:
            first = entries.take(at)
            self._flat[self._start.take(block)] = first.view(np.int16)[FIRST_VALUE // 16 :: 4] >> 4
            self._add_flagged(trace, place, at, first)
            # Of the other entries it counts whether one has an illegal code. It ends its block.
            ends = trace.at[np.searchsorted(trace.at, len(trace.lane)) :] - len(trace.lane)
            ends = ends[right.take(ends)]
            self._add_flagged(trace, place, ends, entries.take(ends))
            if not self._some_whole:
                return
            right &= self._whole.take(place >> 6, mode="clip")
        chosen = np.flatnonzero(right)
        if not len(chosen):
            return
        entry = entries.take(chosen)
        self._add_flagged(trace, place, chosen, entry)
        self._waiting.append((entry, self._target(place.take(chosen))))
        self._waiting_size += len(chosen)
        if self._waiting_size > SCATTER:
            self._lay()

    def _target(self, place: Ints) -> Ints:
        """To places of coefficients if all were kept, the places that they have."""
        if self._layout.everything:
            return place
        target: Ints = self._start.take(place >> 6) + (place & 63)
        return target

    def _add_flagged(self, trace: Trace, place: Ints, chosen: NDArray[np.intp], entry: Ints) -> None:
        """Of the entries ``chosen``, note illegal codes, and where values are that do not fit into an entry."""
        flags = np.flatnonzero(entry.view(np.uint8)[LONG // 8 :: 8] >= 1 << LONG % 8)
        if not len(flags):
            return
        entry, chosen = entry.take(flags), chosen.take(flags)
        place = place.take(chosen)
        self.illegal = min(self.illegal, int(place[entry >> ILLEGAL & 1 == 1].min(initial=64 * self.count)) >> 6)
        long = entry >> LONG & 1 == 1
        if not self._layout.everything:
            long &= self._whole.take(place >> 6) | (place & 63 == 0)
        place = self._target(place[long]) + (entry[long] >> FIRST & 15)
        self._long_values.append((place, trace.states.take(chosen[long])))

    def _lay(self) -> None:
        """Lay the values of the entries that wait at their places, relative to the coefficient that is due."""
        if not self._waiting:
            return
        waiting, flat = self._waiting, self._flat
        entry, place = waiting[0] if len(waiting) == 1 else (np.concatenate(a) for a in zip(*waiting, strict=True))
        waiting.clear()
        self._waiting_size = 0
        first, second, third = (entry >> shift & 15 for shift in (FIRST, SECOND, THIRD))
        first += place
        second += first
        third += second
        values = entry.view(np.int8).reshape(-1, 8)
        # An entry without a third value has its zero laid at the place of the second one, one without a second
        # value at that of the first: the right ones go over them. Of the end of a block, it is a zero among
        # zeros. To pick out those entries that have the values took longer.
        flat[third] = values[:, THIRD_VALUE // 8].astype(np.int16)
        flat[second] = values[:, SECOND_VALUE // 8].astype(np.int16)
        flat[first] = entry.view(np.int16)[FIRST_VALUE // 16 :: 4] >> 4

    def finish(self, payload: bits.Payload, piece_bit: int) -> NDArray[np.int16]:
        """All coefficients that are kept; states count bits from ``piece_bit`` of the payload on."""
        self._lay()
        if self._long_values:
            places, states = (np.concatenate(parts) for parts in zip(*self._long_values, strict=True))
            # Magnitude bits that pass the window: read for themselves. The state's count gives the table.
            which = self.steps.context.take((states & COUNT) % self.steps.cycle) >> WINDOW_BITS
            table = which // 3 * 2 + (which % 3 > 0)
            _, value = receive(payload, (states >> 32) + piece_bit, self.steps.tables, table)
            self._flat[places] = value
        return self._flat[: self._size]
