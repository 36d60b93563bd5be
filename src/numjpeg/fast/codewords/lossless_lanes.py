"""The lossless reader at thousands of places at once, equal to :mod:`numjpeg.entropy.lossless_reader`.

As in :mod:`numjpeg.fast.codewords.lanes`, the bits are cut into lanes that step forward together. A prefix code
synchronises itself: a reader that begins anywhere soon finds the places where code words begin. So each lane first
*warms up* on the bits in front of it: where that brings it, it *enters*. It *leaves* at the first word behind its
end. If every lane enters where the one before leaves, all have read what the serial reader reads. If not, a lane
reads once more, from where the one before has left, until no two disagree.

A lane's state is one number: the bit times 16, and the place of the sample in its MCU, which matters if components
have tables of their own. One step looks up the 16 bits ahead and passes up to four whole words.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.entropy.lossless_reader import WHOLE, LosslessReader, Piece, word_lengths
from numjpeg.entropy.shared import ILLEGAL_BITS
from numjpeg.fast.codewords.lanes import Lanes, cut
from numjpeg.stages.huffman import WINDOW_BITS, HuffmanTable

Ints = NDArray[np.int64]

SERIAL_BELOW = 4096
"""Bytes of a scan below which the serial reader is taken."""

LEAST_LANE_BITS, MOST_LANE_BITS = 512, 4096

LANES = 2048
"""Most lanes that step together: a step's arrays stay in a processor's cache."""

WARM_UP, WARM_UP_OF_SEVERAL = 192, 768
"""Bits in front of a lane that it begins with, if all samples have one table, or several."""

STEPS = 32
"""Steps after which lanes that have come to their end are left out."""

WORDS = 1 << 15
"""Words whose differences are looked up at a time."""

MARGIN = STEPS * 33 + 64
"""Bits that a lane may read behind its end."""

PATIENCE, FEW = 3, 24
"""How many rounds lanes that disagree read once more together, and how many lanes at least. In a flat area, whose
bits repeat, lanes may disagree for long; there it is faster to read them one by one."""


class _Table(NamedTuple):
    """Indexed by place in the MCU << 16 | 16 bits ahead. The types are small, so that it stays in the cache."""

    advance: NDArray[np.int16]  # of the state, over the first word and up to three more that the 16 bits hold
    begins: tuple[NDArray[np.uint8], ...]  # at which bit the 2nd, 3rd and 4th of them begins; 0 if there is none
    word: NDArray[np.uint16]  # of the first word: its bits with those of the difference << 5 | its category


ILLEGAL = ILLEGAL_BITS << 5
"""The entry in ``word`` for bits with which no code begins."""


@lru_cache(maxsize=4)
def _table(tables: tuple[HuffmanTable, ...]) -> _Table:
    places, lengths = len(tables), [word_lengths(table) for table in tables]
    advance, begins = [], []
    window = np.arange(1 << WINDOW_BITS)
    for place in range(places):
        bits, count = lengths[place].total.copy(), np.ones(len(window), np.int64)
        fits = np.ones(len(window), np.bool_)
        of_place = []
        for k in range(1, 4):
            following = lengths[(place + k) % places].total[window << np.minimum(bits, WINDOW_BITS) & 0xFFFF]
            fits &= bits + following <= WINDOW_BITS
            of_place.append(np.where(fits, bits, 0).astype(np.uint8))
            bits += np.where(fits, following, 0)
            count += fits
        begins.append(of_place)
        advance.append(((bits << 4) + (place + count) % places - place).astype(np.int16))
    word = [(of_table.category | of_table.total << 5).astype(np.uint16) for of_table in lengths]
    whole = tuple(np.concatenate(part) for part in zip(*begins, strict=True))
    return _Table(np.concatenate(advance), whole, np.concatenate(word))


class _Trace(NamedTuple):
    """Steps of some lanes."""

    lane: NDArray[np.intp]
    reading: Ints  # the number of the reading of each lane: earlier ones do not count
    states: Ints  # (steps, lanes), before each step
    entries: Ints  # (steps, lanes), indices in _Table


def find_pieces(reader: LosslessReader) -> Iterator[Piece]:
    """Find the words of a scan: what ``reader.walk()`` gives, faster."""
    if reader.payload.size < SERIAL_BELOW:
        yield from reader.walk()
        return
    present = min(len(reader.bounds) - 1, reader.last_present + 1)
    all_lanes = cut(np.array(reader.bounds[: present + 1], np.int64), LEAST_LANE_BITS, MOST_LANE_BITS, times=1)
    has_bits = all_lanes.end > all_lanes.begin
    all_lanes = Lanes(*(part[has_bits] for part in all_lanes))
    state = -1  # in which the first lane of a group is entered, if it is not the first of its interval
    last = done = -1  # the interval that was read last, and how many of its samples
    for at in range(0, len(all_lanes.begin), LANES):
        lanes = Lanes(*(part[at : at + LANES] for part in all_lanes))
        group = _Group(reader, lanes, state if lanes.interval[0] == last else -1)
        state = group.prove()
        for piece in group.pieces(done if lanes.interval[0] == last else 0):
            yield piece
            done = len(piece.ends) + (done if piece.interval == last else 0)
            last = piece.interval


class _Group:
    """Some lanes that follow each other. The first is entered in ``state``; if that is -1, at its first bit."""

    def __init__(self, reader: LosslessReader, lanes: Lanes, state: int) -> None:
        self.reader, self.lanes = reader, lanes
        self.places, self.table = len(reader.tables), _table(tuple(reader.tables))
        self.first = np.diff(lanes.interval, prepend=-1) > 0  # the lanes whose entry is known
        self.entry = lanes.begin << 4
        if state >= 0:
            self.entry[0] = state
        self.warm_up = WARM_UP if self.places == 1 else WARM_UP_OF_SEVERAL
        # 48 bits from every 16th bit on; they begin in front of the lanes, where the first one warms up.
        self.base = max(0, int(lanes.begin[0]) - self.warm_up) >> 4
        size = (int(lanes.end[-1]) >> 4) + 16 - self.base
        data = reader.payload.data[2 * self.base :][: 2 * size]
        pairs = np.zeros(size + 2, np.int64)
        pairs[: len(data) // 2] = data[: len(data) // 2 * 2].view(">u2")
        self.words = pairs[:-2] << 32 | pairs[1:-1] << 16 | pairs[2:]
        self.traces: list[_Trace] = []
        self.reading = np.zeros(len(lanes.begin), np.int64)

    def prove(self) -> int:
        """Let all lanes read what the serial reader reads. Returns the state in which the last one leaves."""
        guess = np.flatnonzero(~self.first)
        start = np.maximum(self.lanes.begin[guess] - self.warm_up, self.base << 4) << 4
        self.entry[guess] = self._run(guess, start, self.lanes.begin)
        self.traces.clear()
        leave = self._run(np.arange(len(self.entry)), self.entry, self.lanes.end)
        for round_number in itertools.count():
            wrong = np.flatnonzero(~self.first[1:] & (self.entry[1:] != leave[:-1])) + 1
            if len(wrong) < FEW or round_number == PATIENCE:
                break
            self._read_again(wrong, leave)
        for lane in wrong.tolist():
            while lane < len(leave) and not self.first[lane] and self.entry[lane] != leave[lane - 1]:
                self._read_again(np.array([lane]), leave)
                lane += 1
        return int(leave[-1])

    def _read_again(self, lane: NDArray[np.intp], leave: Ints) -> None:
        """Let lanes read once more, from where the ones before them leave."""
        self.entry[lane] = leave[lane - 1]
        self.reading[lane] += 1
        run = self._run_one if len(lane) == 1 else self._run
        leave[lane] = run(lane, self.entry[lane], self.lanes.end)

    def _run(self, lane: NDArray[np.intp], state: Ints, stops: Ints) -> Ints:
        """Step lanes from their states on until each is at its stop or behind it. Returns the states there."""
        final = state.copy()
        active = np.flatnonzero(state >> 4 < stops[lane])
        now = state[active]
        while len(active):
            states, entries = (np.empty((STEPS, len(active)), np.int64) for _ in range(2))
            self._step(now, states, entries)
            active_lane = lane[active]
            stop = stops[active_lane]
            self.traces.append(_Trace(active_lane, self.reading[active_lane], states, entries))
            finished = now >> 4 >= stop
            done = np.flatnonzero(finished)
            if len(done):
                last = (states[:, done] >> 4 < stop[done]).sum(axis=0) - 1
                final[active[done]] = self._behind(states[last, done], entries[last, done], stop[done])
            active, now = active[~finished], now[~finished]
        return final

    def _run_one(self, lane: NDArray[np.intp], state: Ints, stops: Ints) -> Ints:
        """Do the same for a single lane, in Python's integers."""
        now, stop, words, advance = int(state[0]), int(stops[lane[0]]), self.words.item, self.table.advance.item
        if now >> 4 >= stop:
            return state
        states, entries = [], []
        last_word, base = len(self.words) - 1, self.base
        while now >> 4 < stop:
            ahead = words(min((now >> 8) - base, last_word)) >> 32 - (now >> 4 & 15) & 0xFFFF
            entry = (now & 15) << WINDOW_BITS | ahead
            states.append(now)
            entries.append(entry)
            now += advance(entry)
        trace = _Trace(lane, self.reading[lane], *(np.array(part)[:, np.newaxis] for part in (states, entries)))
        self.traces.append(trace)
        return self._behind(trace.states[-1], trace.entries[-1], stops[lane])

    def _behind(self, before: Ints, entry: Ints, stop: Ints) -> Ints:
        """The state at the first word at or behind a stop, for lanes whose step ``entry`` leads across it."""
        after = before + self.table.advance[entry]
        for k in (2, 1, 0):
            offset = self.table.begins[k][entry]
            place = ((before & 15) + k + 1) % self.places
            earlier = (offset > 0) & ((before >> 4) + offset >= stop)
            after = np.where(earlier, (before >> 4) + offset << 4 | place, after)
        return after

    def _step(self, now: Ints, states: Ints, entries: Ints) -> None:
        """Step all lanes together, :data:`STEPS` times; ``now`` becomes the state after them."""
        take_words, take_advance = self.words.take, self.table.advance.take
        scratch, advance = np.empty_like(now), np.empty(len(now), np.int16)
        base, four, eight, fifteen, thirty_two, window, bits = map(
            np.int64, (self.base, 4, 8, 15, 32, 0xFFFF, WINDOW_BITS)
        )
        for state, entry in zip(states, entries, strict=True):
            state[...] = now
            np.right_shift(now, eight, scratch)
            np.subtract(scratch, base, scratch)
            take_words(scratch, None, entry, "clip")
            np.right_shift(now, four, scratch)
            np.bitwise_and(scratch, fifteen, scratch)
            np.subtract(thirty_two, scratch, scratch)
            np.right_shift(entry, scratch, entry)
            np.bitwise_and(entry, window, entry)
            if self.places > 1:
                np.bitwise_and(now, fifteen, scratch)
                np.left_shift(scratch, bits, scratch)
                np.bitwise_or(entry, scratch, entry)
            take_advance(entry, None, advance, "clip")
            np.add(now, advance, now)

    def pieces(self, done: int) -> Iterator[Piece]:
        """The words of each restart interval. ``done`` words of the first one were read before."""
        lanes = self.lanes
        base = int(lanes.begin[0])
        begins = np.flatnonzero(self._marks(base)) + base
        intervals = lanes.interval[np.diff(lanes.interval, prepend=-1) > 0]
        edges = np.array(self.reader.bounds)[intervals[1:]]
        cuts = [0, *np.searchsorted(begins, edges).tolist(), len(begins)]
        for interval, low, high in zip(intervals.tolist(), cuts[:-1], cuts[1:], strict=True):
            due = max(0, self.reader.samples_due(interval) - done)
            yield self._piece(interval, begins[low : min(high, low + due)], done)
            done = 0

    def _marks(self, base: int) -> NDArray[np.bool_]:
        """Whether a word begins at each bit from ``base`` on. The words that a lane reads behind its end are
        right, too, but not those behind the end of its restart interval."""
        end = int(self.lanes.end[-1]) - base
        marks = np.zeros(end + MARGIN, np.bool_)
        bounds = np.array(self.reader.bounds)[self.lanes.interval + 1] - base
        for trace in self.traces:
            valid = trace.reading == self.reading[trace.lane]
            within = (trace.states[-1] >> 4) + 64 < bounds[trace.lane] + base
            for chosen, limits in ((valid & within, None), (valid & ~within, bounds)):
                if not chosen.any():
                    continue
                states, entries = trace.states, trace.entries
                if not chosen.all():
                    states, entries = states[:, chosen], entries[:, chosen]
                bit = (states >> 4) - base
                for begin in (bit, *(bit + begins.take(entries) for begins in self.table.begins)):
                    marks[begin if limits is None else begin[begin < limits[trace.lane[chosen]]]] = True
        return marks[:end]

    def _piece(self, interval: int, begins: Ints, done: int) -> Piece:
        """The words that begin at the bits ``begins``; the first is sample number ``done`` of the interval."""
        count = len(begins)
        ends, differences = np.empty(count, np.int64), np.empty(count, np.uint16)
        illegal = [np.empty(0, np.int64)]
        for first in range(0, count, WORDS):
            bit = begins[first : first + WORDS]
            in_word = bit & 15
            ahead = self.words.take((bit >> 4) - self.base, mode="clip")
            entry = ahead >> 32 - in_word & 0xFFFF
            if self.places > 1:
                entry |= np.arange(done + first, done + first + len(bit)) % self.places << WINDOW_BITS
            word = self.table.word.take(entry, mode="clip")
            size, bits = (word & 31).astype(np.int64), (word >> 5).astype(np.int64)
            np.add(bit, bits, out=ends[first : first + WORDS])
            in_word += bits
            np.subtract(48, in_word, out=in_word)
            ahead >>= in_word
            mask = np.left_shift(1, size)
            mask -= 1
            ahead &= mask
            mask[2 * ahead > mask] = 0
            ahead -= mask
            ahead[size == WHOLE] = 1 << 15
            differences[first : first + WORDS] = ahead
            if (word == ILLEGAL).any():
                illegal.append(np.flatnonzero(word == ILLEGAL) + first)
        return Piece(interval, ends, differences, np.concatenate(illegal))
