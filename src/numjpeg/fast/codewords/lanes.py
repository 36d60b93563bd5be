"""The scan reader at thousands of places at once, equal to :mod:`numjpeg.entropy.sequential_reader`.

A prefix code does not say where its words begin. A reader that starts in the middle of a word reads nonsense at
first. Once it begins a word where the true reader begins one, in the same context, the two agree from there on.
Such meetings are frequent where words have many lengths: Huffman codes synchronise themselves (Klein and Wiseman,
"Parallel Huffman decoding with applications to JPEG files", 2003; Weissenborn and Schmidt, "Massively parallel
Huffman decoding on GPUs", 2021). In JPEG the context is the block within the MCU, which selects the tables, and
the coefficient k that is due. A reader that starts with a guess is right after about 130 bits of a 4:4:4
photograph, and after about 900 bits of a 4:2:0 one, whose MCUs have six blocks.

1. *Cut*: the bits are cut into lanes.
2. *Guess*: all lanes step forward together, by array operations. Each starts from the guess that an MCU begins at
   its first bit. When they come to their end, most lanes read the true words.
3. *Chain*: each lane runs on into the next one, until both begin a block at the same bit in the same context.
   There they meet. The first lane is right, so the next one is right from the meeting on, and so forth. What lies
   between meetings is proven. Restart intervals begin at known places: each is a chain of its own.
4. *Scatter*: the values that lanes found in the proven ranges are written to the blocks. If only the DC of some
   components is kept, lanes note where blocks start, and the code words that are kept are read again from there.

A step looks up the 16 bits ahead. The result is one 64-bit *entry* (:mod:`numjpeg.fast.codewords.lookup`) for the
first symbol with its magnitude bits, mostly for the second symbol too, and often for a third. In a photograph of
quality 85 an entry takes 11.7 bits on average. The *state* of a lane is one integer: the bit times 2^32, plus 64
times the blocks read, plus k.

Lanes do not report faults. The proven blocks end at an illegal code word, a run past coefficient 63 or an early
end of the data, and the serial reader goes on from that MCU. Flat areas and repeated patterns synchronise late. If
only a few lanes still look for a meeting, they step one by one in Python's integers, which is then faster.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.container.frame import Scan
from numjpeg.entropy import bits
from numjpeg.entropy.sequential_reader import SequentialReader
from numjpeg.entropy.shared import McuLayout, interval_bounds
from numjpeg.fast.codewords import lane_steps
from numjpeg.fast.codewords.automaton import automaton_key
from numjpeg.fast.codewords.lane_steps import COUNT, LaneSteps, LaneValues, Trace, between, values_from_starts
from numjpeg.fast.codewords.proven_words import find_words

Ints = NDArray[np.int64]

SERIAL_BYTES = 1 << 17
"""Bytes that are read serially after a fault before lanes are tried again; a try in vain takes as long as they."""

SERIAL_BELOW = 8192
"""Bytes of a scan below which the serial reader reads it. Times in ms at quality 85, serially and in lanes, with
4:2:0: 4 KB 5.7, 6.5; 9.5 KB 10.1, 9.8; 15 KB 12.1, 7.7; 24 KB 23, 12.8. 4:4:4: 4.7 KB 6.4, 4.5; 11 KB 13, 4.9."""

AUTOMATON_BELOW = 12 << 10
"""Bytes of a scan, times the blocks of an MCU (at least 3, at most 5), below which the automaton
(:mod:`numjpeg.fast.codewords.automaton`) is tried first. Lanes synchronise later where MCUs are larger."""

LEAST_LANE_BITS, MOST_LANE_BITS, MOST_LANE_BITS_FOR_STARTS = 256, 4096, 16384
"""Limits of a lane's length. It may be longer where only the starts of blocks are noted, since traces are short
then. With longer lanes, fewer steps run on past a lane's end (three of ten in a 2-megapixel photograph). With
shorter ones, more lanes share the cost of a call."""

LANES = 2000
"""Most lanes in a piece, which then has fewer than 2^23 bits. The arrays of a step stay in the processor's cache.
The traces of 2000 lanes take 35 MB, most of the memory beside the coefficients. If only the starts of blocks are
noted, a piece has three fifths as many lanes, and longer ones."""

PATIENCE = 3
"""How many rounds, for each round of the guess, all lanes look for a meeting. After these only the lanes that the
chain waits for go on; what is proven by then is kept."""


def read_pieces(reader: SequentialReader) -> Iterator[NDArray[np.int16]]:
    """Read all blocks of a scan: what ``reader.walk()`` gives, faster. Yields the coefficients that are kept,
    block after block, with DC differences. Ends early where only zeros would follow.

    Lanes read as far as they can prove what they read. Behind a fault the reader walks :data:`SERIAL_BYTES`, so
    that less than half of the work is lanes in vain.
    """
    per_mcu, layout = reader.scan.blocks_per_mcu, reader.layout
    if reader.payload.size < AUTOMATON_BELOW * max(3, min(per_mcu, 5)):
        yield from _read_by_automaton(reader)
    lanes: LaneReader | None = None
    while True:
        known = 0
        if reader.mcu < reader.total and reader.at_next_interval():
            reader.enter_interval()
        unread = reader.mcu < reader.total and not reader.spent
        if unread and reader.payload.size - (reader.bit >> 3) >= SERIAL_BELOW:
            lanes = lanes or LaneReader(reader.scan, reader.payload, layout)
            for piece in lanes.pieces(Place(reader.bit, reader.mcu * per_mcu, reader.bit)):
                yield piece.coefficients
                reader.check_rests(piece.intervals, piece.ends)
                place = piece.end
            mcu, known = divmod(place.block, per_mcu)
            _go_to(reader, mcu, place.mcu_bit)
        since = reader.bit
        for blocks in reader.walk():
            yield blocks[layout.place(known) :]
            known = 0
            if reader.bit - since >= SERIAL_BYTES * 8 and not reader.spent:
                break
        else:
            return


def _go_to(reader: SequentialReader, mcu: int, bit: int) -> None:
    """Set a reader to an MCU that begins at ``bit``. If a restart interval begins, it is still to be entered."""
    reader.mcu, reader.bit = mcu, bit
    within = mcu % reader.interval_mcus > 0 and mcu < reader.total
    reader.interval = mcu // reader.interval_mcus if within else -1


def _read_by_automaton(reader: SequentialReader) -> Iterator[NDArray[np.int16]]:
    """Read the blocks of a short scan, up to the first MCU with a fault."""
    if not reader.whole or not reader.total:
        return
    per_mcu = reader.scan.blocks_per_mcu
    data = reader.payload.data[: reader.payload.size].tobytes()
    starts = range(0, reader.total, reader.interval_mcus)
    counts = [(min(reader.total, first + reader.interval_mcus) - first) * per_mcu for first in starts]
    words = find_words(automaton_key(reader.scan), data, reader.bounds, counts, per_mcu)
    if words is None:
        return
    blocks = np.zeros((words.mcus * per_mcu, 64), np.int16)
    blocks.reshape(-1)[(words.block << 6) + words.k] = words.value
    yield reader.layout.keep(blocks)
    reader.check_rests(np.arange(len(words.ends)), np.array(words.ends, np.int64))
    _go_to(reader, words.mcus, words.next_bit)


def lane_states(data: bytes, scan: Scan, columns: int = 256) -> NDArray[np.uint8]:
    """A map of which lanes of a scan are right from which bit on, uint8 ``(lanes, columns)``.

    There is a row for each lane of the first piece. It begins at the lane's first bit and is twice as long as the
    longest lane. 1 where the lane is wrong, 2 where it is right, 0 where it does not read.
    """
    reader = LaneReader(scan, bits.unstuff(data, scan.start, scan.end))
    lanes, traces, chain = reader.prove(Place(0, 0, 0))
    span = 2 * int((lanes.end - lanes.begin).max())
    states = np.zeros((len(lanes.begin), columns), np.uint8)
    for trace in traces:
        bit = (trace.states[:-1] >> 32) - lanes.begin[trace.lane]
        right = trace.states[:-1] >= chain.begin[trace.lane]
        shown = (trace.states[:-1] < chain.end[trace.lane]) & (bit < span)
        lane = np.broadcast_to(trace.lane, bit.shape)[shown]
        np.maximum.at(states, (lane, bit[shown] * columns // span), 1 + right[shown].astype(np.uint8))
    return states


class Place(NamedTuple):
    """A proven block start."""

    bit: int
    block: int  # its number in the scan
    mcu_bit: int  # at which the block's MCU begins


class Piece(NamedTuple):
    """What some thousand lanes have read."""

    coefficients: NDArray[np.int16]  # the proven ones that are kept, block after block; DC differences
    end: Place  # the proven block start after them
    certain: bool  # False if there is a fault in the MCU at that place
    intervals: Ints  # numbers of the restart intervals that ended
    ends: Ints  # the bit after the last code word of each


class Lanes(NamedTuple):
    """Lanes, ``(n,)`` each, in the order of their bits."""

    begin: Ints  # the bit at which each starts
    end: Ints  # the bit at which the next one starts, or the restart interval ends
    interval: Ints  # number of its restart interval


class _Chain(NamedTuple):
    """The proven range of each lane, ``(n,)`` each."""

    begin: Ints  # the state from which on the lane is right
    end: Ints  # the state from which on another one takes over; ``begin`` if the lane is right nowhere
    base: Ints  # 64 times the number in the scan of its first block, if the lane were right from its start
    leaving: int  # the lane that leaves the piece; -1 if the piece ends with an interval
    block: int  # number in the scan of the first block behind the piece


_NEVER = np.iinfo(np.int64).max


def cut(bounds: Ints, least: int = LEAST_LANE_BITS, most: int = MOST_LANE_BITS, times: int = 2) -> Lanes:
    """Cut restart intervals into lanes of about equal length. ``bounds``: the bits at which the intervals begin,
    and the end of the last. The length is the square root of ``times`` the number of bits, within limits. So the
    number of lanes and their steps both grow with the square root of the bits.
    """
    size = np.diff(bounds)
    length = int(np.clip((times * bounds[-1]) ** 0.5, least, most))
    count = np.maximum(1, (size + length // 2) // length)
    interval = np.repeat(np.arange(len(size)), count)
    number = np.arange(len(interval)) - np.repeat(np.cumsum(count) - count, count)
    begin = bounds[interval] + number * size[interval] // count[interval]
    return Lanes(begin, np.append(begin[1:], bounds[-1]), interval)


def _starts_by_bit(lanes: Lanes, traces: list[Trace]) -> Ints:
    """Table by bit of the states at block starts in each lane's range. Where one overwrites another, lanes meet a
    block later."""
    table = np.zeros(1 << min(20, max(8, int(lanes.end[-1]).bit_length() - 3)), np.int64)
    for trace in traces:
        start, end = trace.starts, lanes.end[trace.lane] << 32
        if (trace.states[-1] >= end).any():
            start = start.take(np.flatnonzero(start < end.take(trace.column)))
        table[start >> 32 & len(table) - 1] = start
    return table


class LaneReader(LaneSteps):
    """Lanes over a payload: guess, chain and scatter."""

    def __init__(self, scan: Scan, payload: bits.Payload, layout: McuLayout | None = None) -> None:
        self.payload, self.layout = payload, layout or McuLayout(scan.factors)
        super().__init__(scan, not self.layout.keeps_all)
        self.per_mcu = scan.blocks_per_mcu
        blocks = scan.mcus[0] * scan.mcus[1] * self.per_mcu
        self.interval_blocks = scan.restart_interval * self.per_mcu or blocks
        intervals = ceil_div(blocks, self.interval_blocks)
        self.bounds = np.array(interval_bounds(payload)[: intervals + 1], np.int64)
        self.block_bounds = np.minimum(np.arange(intervals + 1) * self.interval_blocks, blocks)
        most = MOST_LANE_BITS_FOR_STARTS if self.only_starts else MOST_LANE_BITS
        self.lanes = cut(self.bounds, LEAST_LANE_BITS, most)

    def guess(self, lanes: Lanes, phase: int) -> tuple[list[Trace], Ints, Ints]:
        """Let each lane run to its end, from the guess that an MCU begins at its first bit. Returns the traces,
        and the state and count of each lane when it has passed its end. The first lane is known to begin with a
        block of phase ``phase``.
        """
        traces = []
        lane = np.arange(len(lanes.begin))
        state = lanes.begin << 32
        state[0] += 64 * phase
        blocks = np.zeros(len(lane), np.int64)
        stopped, counted = np.empty_like(state), np.empty_like(blocks)
        while len(lane):
            trace = self.step(lane, blocks, state, lane_steps.GUESS_STEPS)
            traces.append(trace)
            state, blocks = trace.states[-1], trace.blocks
            stopped[lane], counted[lane] = state, blocks
            going = np.flatnonzero(state < lanes.end[lane] << 32)
            lane, state, blocks = lane[going], state[going], blocks[going]
        return traces, stopped, counted

    def chain(self, lanes: Lanes, traces: list[Trace], state: Ints, blocks: Ints, first_base: int) -> _Chain:
        """Let lanes run on from :meth:`guess` until each meets another one, and follow the meetings from the known
        starts. Adds to ``traces``. ``first_base`` is the base of the first lane.
        """
        count = len(lanes.begin)
        here = np.arange(count)
        table = _starts_by_bit(lanes, traces)
        interval = lanes.interval - lanes.interval[0]
        # The state at which each lane's interval or the piece ends; and whether the interval ends behind it.
        bound, piece_end = self.bounds[lanes.interval + 1] - self.piece_bit, lanes.end[-1]
        limit, open_end = np.minimum(bound, piece_end) << 32, bound > piece_end
        opens = np.flatnonzero(np.diff(interval, prepend=-1))
        closed = np.append(np.diff(interval) > 0, not open_end[-1])

        # The meeting of each lane with its successor: the state, and what to add to the base.
        meeting = np.where(closed, _NEVER, -1)
        successor, shift = np.full(count, -1), np.zeros(count, np.int64)
        # The chain of each interval, and how far it is known: the last lane that is right, its front.
        begin, end, base = np.full(count, _NEVER), np.full(count, _NEVER), np.zeros(count, np.int64)
        begin[opens] = 0
        base[opens] = np.append(first_base, 64 * self.block_bounds[lanes.interval[opens[1:]]])
        front = opens.copy()
        waiting = meeting[front] < 0

        rounds, patience = 0, PATIENCE * len(traces)
        while True:
            for number in np.flatnonzero(waiting).tolist():
                lane = front.item(number)
                while (follower := successor.item(lane)) >= 0:
                    begin[follower] = end[lane] = meeting[lane]
                    base[follower] = base[lane] + shift[lane]
                    lane = follower
                front[number] = lane
            end[front] = meeting[front]
            # Lanes before the front are done. When patience is over, only the fronts go on.
            waiting = meeting[front] < 0
            active = front[waiting]
            if rounds < patience:
                active = np.flatnonzero((meeting < 0) & waiting[interval] & (here >= front[interval]))
            if len(active) == 0:
                break
            rounds += 1
            steps = lane_steps.FEW_STEPS if rounds <= patience else lane_steps.LONG_STEPS
            if len(active) > lane_steps.FEW:
                steps = lane_steps.CHAIN_STEPS
            trace = self.step(active, blocks[active], state[active], steps)
            traces.append(trace)
            state[active], blocks[active] = trace.states[-1], trace.blocks

            first, start, other, met = self._first_meetings(trace, table, limit[active], open_end[active])
            going = first < 0
            first, arrived = first[~going], active[~going]
            bit, met = start[first] >> 32, met[first]
            meeting[arrived] = bit << 32
            successor[arrived] = np.where(met, np.searchsorted(lanes.begin, bit, side="right") - 1, -1)
            shift[arrived] = (start[first] & COUNT) - np.where(met, other[first] & COUNT, 0)
            # A lane that meets no other one reads to the end of the interval.
            meeting[active[going & (trace.states[-1] >= limit[active]) & ~open_end[active]]] = _NEVER

        leaving, last, block = -1, front.item(-1), int(self.block_bounds[lanes.interval[-1] + 1])
        if end[last] < _NEVER:
            leaving = last
            block = min(block, int(base[last] + shift[last]) >> 6)
        return _Chain(begin, end, base, leaving, block)

    def _first_meetings(
        self, trace: Trace, table: Ints, limit: Ints, open_end: NDArray[np.bool_]
    ) -> tuple[NDArray[np.intp], Ints, Ints, NDArray[np.bool_]]:
        """Find where lanes first meet another one, or pass an open end at ``limit``.

        Returns for each lane an index into the other three arrays, or -1. These are the states of the lanes, the
        states of those that they meet, and whether it is a meeting.
        """
        start, column = trace.starts, trace.column
        other = table.take(start >> 32 & len(table) - 1)
        seen = (start ^ other) <= COUNT
        if (trace.states[-1] >= limit).any():
            seen |= start >= limit.take(column)
        chosen = np.flatnonzero(seen)
        start, column, other = start.take(chosen), column.take(chosen), other.take(chosen)
        limit = limit.take(column)
        met = ((start ^ other) <= COUNT) & (start < limit)
        met &= (start - other) % self.cycle == 0
        chosen = np.flatnonzero(met | ((start >= limit) & open_end[column]))[::-1]
        first = np.full(len(trace.lane), -1)
        first[column[chosen]] = chosen
        return first, start, other, met

    def scatter(
        self, lanes: Lanes, traces: list[Trace], chain: _Chain, first_block: int
    ) -> tuple[NDArray[np.int16], Ints, int]:
        """Write the values in the proven ranges to blocks; empties ``traces``. Returns

        * the coefficients that are kept, int16 ``(n,)``, block after block in zig-zag order, with DC differences;
        * the bit at which each block starts, int64 ``(blocks + intervals,)``, -1 where there is none. After the
          blocks of each interval stands the bit at which one more would start;
        * the number of the first block that has an illegal code, or the number of blocks.
        """
        count = illegal = chain.block - first_block
        values = None if self.only_starts else LaneValues(self, 64 * count)
        interval = lanes.interval - lanes.interval[0]
        starts = np.full(count + interval[-1] + 1, -1)
        limits = 64 * (np.minimum(self.block_bounds[lanes.interval + 1], chain.block) - first_block)
        traces.reverse()
        while traces:  # so that the memory of each is freed when it is done
            trace = traces.pop()
            lane, states = trace.lane, trace.states
            begin, end, limit = chain.begin[lane], chain.end[lane], limits[lane]
            if not ((states[-1] >= begin) & (states[0] < end)).any():
                continue
            base = chain.base[lane] - 64 * first_block
            right = (trace.starts >= begin.take(trace.column)) & (trace.starts < end.take(trace.column))
            start, column = (part.take(np.flatnonzero(right)) for part in (trace.starts, trace.column))
            place = (start & COUNT) + base.take(column)
            inside = np.flatnonzero(place <= limit.take(column))
            start, column = start.take(inside), column.take(inside)
            starts[(place.take(inside) >> 6) + interval[lane].take(column)] = start >> 32
            if len(trace.illegal):
                start, column = (part.take(trace.illegal) for part in (trace.starts, trace.column))
                place = (start & COUNT) + base.take(column)
                bit = start & ~COUNT
                right = (bit > begin.take(column)) & (bit <= end.take(column)) & (place <= limit.take(column))
                illegal = min(illegal, (int(place[right].min(initial=64 * count + 64)) >> 6) - 1)
            if values:
                place = (states[:-1] & COUNT) + (base + trace.blocks)
                right = between(states, begin, end)[:-1]
                if (place[-1] >= limit).any():
                    right &= place < limit
                chosen = np.flatnonzero(right)
                values.add(trace.entries.take(chosen), place.take(chosen), states, chosen)
        if values:
            return values.finish(self.payload), starts, illegal
        block = np.arange(count)
        slot = block + (first_block + block) // self.interval_blocks - lanes.interval[0]
        coefficients = values_from_starts(self, self.layout, first_block, starts[slot], self.payload)
        return coefficients, starts, illegal

    def prove(self, place: Place) -> tuple[Lanes, list[Trace], _Chain]:
        """Guess and chain some thousand lanes from a proven block start on."""
        all_lanes = self.lanes
        interval = place.block // self.interval_blocks
        low, high = np.searchsorted(all_lanes.interval, [interval, interval + 1]).tolist()
        at = int(np.searchsorted(all_lanes.begin, place.bit, side="right")) - 1
        at = min(max(at, low), high - 1)
        left = len(all_lanes.begin) - at
        most = LANES * 3 // 5 if self.only_starts else LANES
        chosen = slice(at, at + ceil_div(left, ceil_div(left, most)))
        byte = place.bit >> 4 << 1
        self.piece_bit = 8 * byte
        begin, end, of_interval = (part[chosen] for part in all_lanes)
        lanes = Lanes(begin - 8 * byte, end - 8 * byte, of_interval)
        lanes.begin[0] = place.bit - 8 * byte
        size = (int(lanes.end[-1]) >> 3) + bits.PAYLOAD_MARGIN
        self.words = bits.words_64(self.payload.data[byte : byte + size])
        self.free = 0
        phase = place.block % self.per_mcu % self.phases
        traces, state, blocks = self.guess(lanes, phase)
        return lanes, traces, self.chain(lanes, traces, state, blocks, 64 * (place.block - phase))

    def pieces(self, place: Place) -> Iterator[Piece]:
        """Read piece by piece from a proven block start on, to the end of the scan or up to a fault."""
        certain = True
        while certain and place.block < self.block_bounds[-1]:
            yield (piece := self._read_piece(place))
            place, certain = piece.end, piece.certain

    def _read_piece(self, place: Place) -> Piece:
        lanes, traces, chain = self.prove(place)
        coefficients, starts, illegal = self.scatter(lanes, traces, chain, place.block)
        if chain.leaving >= 0 and starts[-1] < 0:
            starts[-1] = chain.end[chain.leaving] >> 32
        intervals = np.arange(lanes.interval[0], lanes.interval[-1] + 1)
        # For each interval the place in ``starts`` behind its last block.
        number = np.arange(len(intervals))
        behind = np.minimum(self.block_bounds[intervals + 1], chain.block) - place.block + number
        # If no block starts behind a block, that block ran past coefficient 63. If one starts behind the data, the
        # block ran past the end of the data.
        bound = np.repeat(self.bounds[intervals + 1] - self.piece_bit, np.diff(behind, prepend=-1))
        wrong = np.flatnonzero((starts < 0) | (starts > bound))[:1]
        faults = (wrong - np.searchsorted(behind, wrong) - 1).tolist()
        if illegal < chain.block - place.block:
            faults.append(illegal)
        end_block = chain.block
        if faults:
            end_block = max((place.block + min(faults)) // self.per_mcu * self.per_mcu, place.block)

        def start_of(block: int) -> int:
            """The bit at which a block of the piece, or the one after them, starts."""
            interval = min(block // self.interval_blocks, len(self.bounds) - 2)
            if block == self.block_bounds[interval]:
                return int(self.bounds[interval])
            return int(starts[block - place.block + interval - intervals[0]]) + self.piece_bit

        mcu_block = end_block // self.per_mcu * self.per_mcu
        bit = start_of(end_block) if end_block > place.block else place.bit
        end = Place(bit, end_block, start_of(mcu_block) if mcu_block > place.block else place.mcu_bit)
        done = (self.block_bounds[intervals + 1] <= end_block) & (self.block_bounds[intervals + 1] > place.block)
        kept = self.layout.place(end_block) - self.layout.place(place.block)
        ends = starts[behind[done]] + self.piece_bit
        return Piece(coefficients[:kept], end, not faults, intervals[done], ends)
