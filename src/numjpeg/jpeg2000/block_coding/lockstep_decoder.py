"""Decode many code-blocks in lockstep: one step decodes one decision of each (T.800 Annexes C and D).

A *lane* is a code-block. Its coefficients are in scan order, in words of 64 cells: 16 columns of a stripe of four
rows, bit ``4 * column + row``. A word of *candidates* marks the coefficients that the current pass still has to
visit, so a step takes the same time wherever the next one is. In a significance propagation pass, coefficients
that become significant make their neighbours candidates. Raw bits are decoded as decisions with a probability of
exactly one half, so that bypass needs no second loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.jpeg2000.block_coding import contexts
from numjpeg.jpeg2000.block_coding import lockstep_tables as tables
from numjpeg.jpeg2000.block_coding.lockstep_tables import NULL_FLAGS, PITCH, REFINED, SIGNIFICANT, TOP
from numjpeg.jpeg2000.block_coding.unstuffing import drop_stuffed

BATCH = 48  # after so many steps, lanes that have come to the end of a pass begin the next one
SIGN_EVERY = 2  # only every second step decodes signs: they take many operations, and few lanes have one
REFILL_EVERY = 3  # steps: each shifts C by at most 15 bits, and a refill provides 47
GROUP = 1024  # lanes decoded together, so that their state stays in the cache

_U = np.uint64
Integers = NDArray[np.int64]
Words = NDArray[np.uint64]
_ALL = _U(0xFFFFFFFFFFFFFFFF)
_LOWER_ROWS, _UPPER_ROWS = _U(0xEEEEEEEEEEEEEEEE), _U(0x7777777777777777)
_ROW_0, _ROW_3 = _U(0x1111111111111111), _U(0x8888888888888888)
_MARGIN = 16


class CodedBlock(NamedTuple):
    """A code-block as it stands in the packets."""

    width: int
    height: int
    kind: int  # entry of contexts.BAND_KIND for the sub-band
    planes: int  # magnitude bit-planes that are coded, at most 30
    style: int  # code-block style (Table A.19)
    segments: Sequence[tuple[int, bytes]]  # code word segments: number of coding passes, bytes

    @property
    def passes(self) -> int:
        """Coding passes of all segments."""
        return sum(passes for passes, _ in self.segments)


class _Segments(NamedTuple):
    """Bits of code word segments without stuffed bits, each segment followed by ones."""

    words: Words  # 64 bits from each 16th bit on
    starts: Integers  # bit at which each segment begins
    limits: Integers  # a bit behind each segment that at least 64 ones follow
    carries: NDArray[np.bool_]  # whether a carry leaves the first bit of each segment


def unstuff(chunks: Sequence[bytes], raw: Sequence[bool]) -> _Segments:
    """Join code word segments without their stuffed bits; ``raw`` ones are not MQ-coded (D.6).

    In MQ code, the bit stuffed after FF is added to the code register (Figure C.19): if it is 1, a carry goes to
    the bytes before. FF followed by a byte above 8F is a marker: the decoder reads ones from there on.
    """
    sizes = np.array([len(chunk) for chunk in chunks], np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes + _MARGIN)])[:-1]
    data = np.full(int((sizes + _MARGIN).sum()) + _MARGIN, 0xFF, np.uint8)
    real = np.zeros(len(data), bool)
    for start, chunk in zip(starts.tolist(), chunks, strict=True):
        data[start : start + len(chunk)] = np.frombuffer(chunk, np.uint8)
        real[start : start + len(chunk)] = True
    stuffed = np.zeros(len(data), bool)
    stuffed[1:] = (data[:-1] == 0xFF) & real[:-1] & real[1:]
    ended = stuffed & (data > 0x8F)
    for at in np.flatnonzero(ended).tolist():  # only in damaged files
        stop = int(np.searchsorted(starts, at, "right"))
        end = int(starts[stop]) if stop < len(starts) else len(data)
        data[at:end] = 0xFF
        stuffed[at:end] = False
    most = np.where(stuffed, np.int16(0x7F), np.int16(0xFF))
    value, carry = data & most, stuffed & (data >= 0x80)
    carry &= ~np.repeat([*raw, True], [*(sizes + _MARGIN), _MARGIN])
    carries = np.zeros(len(chunks), bool)
    while carry.any():  # a carry may cause another one, as in FF 7F FF 80
        carries |= carry[starts]
        carry[starts] = False
        value[:-1] += carry[1:]
        carry = value > most
        value[carry] = 0
    words, first = drop_stuffed(value.astype(np.uint8), stuffed, 0xFF, True)
    return _Segments(words, first[starts], first[starts + sizes + 4], carries)


def _segment_starts(blocks: Sequence[CodedBlock]) -> tuple[list[bytes], list[bool], Integers]:
    """All segments, whether each is raw, and by lane and pass the segment that begins there, or -1."""
    segments: list[tuple[bytes, bool]] = []
    starts = np.full((len(blocks), max(block.passes for block in blocks) + 1), -1, np.int64)
    for lane, block in enumerate(blocks):
        number = 0
        for passes, data in block.segments:
            starts[lane, number] = len(segments)
            segments.append((data, contexts.is_raw(number, block.style)))
            number += passes
    return [data for data, _ in segments], [raw for _, raw in segments], starts


def _offsets(stripe_words: int) -> tuple[Integers, NDArray[np.bool_]]:
    """Distances in cells to the eight neighbours, and which of them the scan visits later.

    Both are ``(8, 8)``, indexed by the row in the stripe, plus 4 for vertically causal contexts (D.7). With these,
    the first row of a stripe does not affect the stripe above: the distance to its northern neighbours is 0.
    """
    stripe = stripe_words * 64
    steps, later = np.zeros((8, 8), np.int64), np.zeros((8, 8), bool)
    for row in range(4):
        north = -1 if row else -stripe + 3
        south = 1 if row < 3 else stripe - 3
        steps[row] = [north, south, -4, 4, north - 4, north + 4, south - 4, south + 4]
        later[row] = [False, True, False, True, False, row > 0, row == 3, True]
    steps[4:], later[4:] = steps[:4], later[:4]
    steps[4, [0, 4, 5]] = 0
    return steps, later


_AS_SEEN = (1, 0, 3, 2, 7, 6, 5, 4)  # a coefficient is the southern neighbour of its northern neighbour, and so on
# Flags that a coefficient sets in each of its neighbours, by its sign.
_TOLD = np.array([[1 << b for b in _AS_SEEN], [1 << b | (1 << 8 + b) * (b < 4) for b in _AS_SEEN]], np.uint16)


class _Lanes:
    """The lanes of one group: the cells of all its code-blocks, and the registers of unfinished ones."""

    def __init__(self, blocks: Sequence[CodedBlock]) -> None:
        n = len(blocks)
        width, height, self.kind, self.planes, self.style = (
            np.array([block[i] for block in blocks], np.int64) for i in range(5)
        )
        self.passes = np.array([block.passes for block in blocks], np.int64)
        self.stripes = (int(height.max()) + 3) // 4
        self.stripe_words = (int(width.max()) + 15) // 16 + 1  # one word of padding between stripes
        # Words of a lane: one in front, an empty stripe, the stripes, an empty stripe, and two for idling.
        self.first = 1 + self.stripe_words
        self.end = 1 + (self.stripes + 2) * self.stripe_words
        self.per_lane = self.end + 2
        chunks, raw, self.segment_of = _segment_starts(blocks)
        self.segments = unstuff(chunks, raw)
        self.overflows = bool(self.segments.carries.any())
        self._make_cells(width, height)
        self.steps_to, self.later = _offsets(self.stripe_words)
        self.causal = (self.style & contexts.VERTICALLY_CAUSAL != 0) * 4
        self.states = np.tile(tables.INITIAL, n)
        self.number = np.full(n, -1, np.int64)
        self.at_symbols = np.zeros(n, bool)
        self.lane = np.flatnonzero(self.passes > 0)
        k = len(self.lane)
        self.A, self.C, self.used, self.bit, self.limit = (np.zeros(k, np.int64) for _ in range(5))
        self.word = self.lane * self.per_lane + self.end  # behind the last stripe, so that pass 0 begins
        self.left = np.full(k, _ALL)
        self.mode = np.zeros(k, np.int64)
        self.buffers: tuple[Any, ...] = ()

    def _make_cells(self, width: Integers, height: Integers) -> None:
        n, shape = len(width), (self.stripes + 2, self.stripe_words * 16, 4)
        grid = slice(1, self.end)
        column = np.arange(shape[1])[None, None, :, None]
        row = ((np.arange(shape[0])[:, None] - 1) * 4 + np.arange(4))[None, :, None, :]
        outside = column >= width[:, None, None, None]
        outside = outside | (row >= height[:, None, None, None]) | (row < 0)
        outside = outside.reshape(n, self.end - 1, 64)
        self.flags = np.full(n * self.per_lane * 64 + 64, NULL_FLAGS, np.uint16)
        self.cells = self.flags[:-64].reshape(n, self.per_lane, 64)
        self.cells[:, : self.end] = 0
        self.cells[:, grid] |= outside.astype(np.uint16) * np.uint16(SIGNIFICANT)
        self.inside = np.zeros((n, self.per_lane), _U)
        self.inside[:, grid] = np.packbits(~outside, axis=-1, bitorder="little").view("<u8")[..., 0]
        self.candidates = np.zeros((n, self.per_lane), _U)
        self.candidates[:, self.end :] = _ALL
        self.significant = np.zeros((n, self.per_lane), _U)
        self.visited = np.zeros_like(self.significant)
        self.magnitude = np.zeros(n * self.per_lane * 64, np.int32)
        self.negative = np.zeros(n * self.per_lane * 64, bool)

    def run(self) -> None:
        """Decode all passes."""
        while len(self.lane):
            ended = np.flatnonzero(self.word - self.lane * self.per_lane >= self.end)
            if len(ended):
                self._end_passes(ended)
            if len(self.lane):
                self._run_batch()
                self._store()

    def _end_passes(self, ended: Integers) -> None:
        """Begin the next pass of some lanes, or drop them after their last pass."""
        lanes = self.lane[ended]
        refined = lanes[self.number[lanes] % 3 == 2]
        if len(refined):  # mark the coefficients that this refinement pass has visited
            words = self.candidates[refined, : self.end]
            cells = np.unpackbits(words.view(np.uint8), bitorder="little").reshape(len(refined), self.end, 64)
            self.cells[refined, : self.end] |= cells.astype(np.uint16) * np.uint16(REFINED)
        more = self.number[lanes] + 1 < self.passes[lanes]
        symbols = more & (self.style[lanes] & contexts.SEGMENTATION != 0) & ~self.at_symbols[lanes]
        symbols &= (self.number[lanes] >= 0) & (self.number[lanes] % 3 == 0)
        # The four segmentation symbols after a clean-up pass (D.5) are read in a word of padding.
        which, of_symbols = ended[symbols], lanes[symbols]
        self.candidates[of_symbols, self.end - 1] = 15
        self.word[which] = of_symbols * self.per_lane + self.end - 1
        self.left[which] = _ALL
        self.mode[which] = self.kind[of_symbols] * 32 + tables.SYMBOLS * 2
        self.at_symbols[lanes] = symbols
        self._begin_passes(ended[more & ~symbols])
        if not more.all():
            keep = np.ones(len(self.lane), bool)
            keep[ended[~more]] = False
            for name in ("lane", "A", "C", "used", "bit", "limit", "word", "left", "mode"):
                setattr(self, name, getattr(self, name)[keep])

    def _begin_passes(self, which: Integers) -> None:
        lanes = self.lane[which]
        self.number[lanes] += 1
        number, style = self.number[lanes], self.style[lanes]
        segment = self.segment_of[lanes, number]
        self._begin_segments(which[segment >= 0], segment[segment >= 0])
        reset = lanes[style & contexts.RESET != 0]
        self.states.reshape(-1, PITCH)[reset] = tables.INITIAL
        kind_of_pass = (number + 2) % 3
        for of_kind, begin in enumerate((self._propagation, self._refinement, self._clean_up)):
            some = lanes[kind_of_pass == of_kind]
            if len(some):
                words = begin(some)
                words[:, self.end :] = _ALL
                self.candidates[some] = words
        mode = np.array([tables.PROPAGATE, tables.REFINE, tables.CLEAN_UP])[kind_of_pass]
        raw = (style & contexts.BYPASS != 0) & (number >= contexts.FIRST_BYPASS_PASS) & (kind_of_pass < 2)
        mode[raw] = np.array([tables.RAW_PROPAGATE, tables.RAW_REFINE])[kind_of_pass[raw]]
        self.mode[which] = self.kind[lanes] * 32 + mode * 2
        self.word[which] = lanes * self.per_lane + self.first
        self.left[which] = _ALL

    def _begin_segments(self, which: Integers, segment: Integers) -> None:
        """Set the registers of the MQ decoder (Figure C.20): C has a zero, 15 bits of data, and 33 more below."""
        segments = self.segments
        bit = segments.starts[segment]
        ahead = segments.words.take(bit >> 4, mode="clip") << (bit & 15).astype(_U) >> _U(2)
        self.C[which] = ahead.view(np.int64) & ~np.int64((1 << 14) - 1) | segments.carries[segment] * (1 << 62)
        self.used[which] = 14
        self.bit[which] = bit + 48
        self.limit[which] = segments.limits[segment]
        self.A[which] = 0x8000 << TOP

    def _propagation(self, lanes: Integers) -> Words:
        """Candidates: coefficients that are not significant but have a significant neighbour (D.3.1)."""
        known, row = self.significant[lanes], self.stripe_words
        near = known | known << _U(1) & _LOWER_ROWS | known >> _U(1) & _UPPER_ROWS
        near[:, row:] |= known[:, :-row] >> _U(3) & _ROW_0
        from_below = known[:, row:] << _U(3) & _ROW_3
        from_below[self.causal[lanes] != 0] = 0
        near[:, :-row] |= from_below
        around = near | near << _U(4) | near >> _U(4)
        around[:, 1:] |= near[:, :-1] >> _U(60)
        around[:, :-1] |= near[:, 1:] << _U(60)
        return np.asarray(around & ~known & self.inside[lanes])

    def _refinement(self, lanes: Integers) -> Words:
        """Candidates: coefficients that were significant before this bit-plane (D.3.3)."""
        self.visited[lanes] = self.candidates[lanes]
        return self.significant[lanes] & ~self.candidates[lanes] & self.inside[lanes]

    def _clean_up(self, lanes: Integers) -> Words:
        """Candidates: all coefficients that the two other passes have not visited (D.3.4)."""
        return ~self.significant[lanes] & ~self.visited[lanes] & self.inside[lanes]

    def _scratch(self) -> Any:
        """Buffers of the size of the lanes left. The first holds positions, keys and decisions by step."""
        k = len(self.lane)
        if not self.buffers or self.buffers[-1].shape != (k,):
            trace, integers = np.empty((3, BATCH, k), np.int64), np.empty((5, k), np.int64)
            unsigned, wide = np.empty((4, k), _U), np.zeros((3, k), np.int64)
            self.buffers = (trace, integers, unsigned, wide, np.empty((2, k), bool), np.empty(k, np.uint16))
        return self.buffers

    def _run_batch(self) -> None:
        """Run ``BATCH`` steps. Positions, keys and decisions of each step stay in the first buffers."""
        trace, integers, unsigned, wide, (less, exchange), flags16 = self._scratch()
        i1, i2, i3, shift, stall = integers
        word, low, u0, u1 = unsigned
        flags64, busy64, lps64 = wide
        # Narrow views of int64 arrays, which serve as indices. A True in the view ``lps`` counts 256.
        flags_low, busy, lps = flags64.view(np.uint16)[::4], busy64.view(bool)[::8], lps64.view(bool)[1::8]
        interval, code, used, left, mode, at = self.A, self.C, self.used, self.left, self.mode, self.word
        u_code, u_i3, u_hash, u_stall = code.view(_U), i3.view(_U), i1.view(_U), stall.view(_U)
        states, lane32, overflows = self.states, self.lane * PITCH, self.overflows
        take_word, take_state = self.candidates.ravel().take, states.take
        take_flags, take_column = self.flags.take, self.flags.view(_U).take
        for step in range(BATCH):
            pos, key, sym = trace[:, step]
            take_context, take_after, take_move, signing = _TAKES[step % SIGN_EVERY == SIGN_EVERY - 1]
            take_word(at, None, word, "clip")
            _lowest_candidate(word, left, at, low, pos, u0, i1, u_hash)
            _right(pos, _C40, stall)  # 1 if no candidate is left: the position is NOTHING then
            take_flags(pos, None, flags16, "clip")
            _copyto(flags_low, flags16)
            _right(pos, _C2, i1)
            take_column(i1, None, u0, "clip")
            _unequal(u0, _ZERO, busy)
            _add(mode, busy64, key)
            # Its context, and the decision (Figure C.15).
            _left(key, _FLAG_BITS, i1)
            _add(i1, flags64, i1)
            take_context(i1, None, i2, "clip")
            _add(lane32, i2, i1)
            take_state(i1, None, i2, "clip")
            _take_qe(i2, None, i3, "clip")
            _subtract(interval, i3, interval)
            _less(code, i3, less)
            _less(interval, i3, exchange)
            _xor(less, exchange, lps)
            _copyto(interval, i3, where=less)
            _subtract(u_code, u_i3, u1)
            _minimum(u_code, u1, out=u_code)  # if C is smaller, the difference wraps and is not the minimum
            _right(interval, _TOP, i3)
            _take_shift(i3, None, shift, "clip")
            _left(interval, shift, interval)
            _left(code, shift, code)
            if overflows:  # only in damaged files is C as large as A
                _and(code, _REGISTER, code)
            _add(used, shift, used)
            _add(i2, shift, i2)
            _add(i2, lps64, i2)
            states[i1] = _take_next(i2, None, i3, "clip")
            _take_decision(i2, None, sym, "clip")
            if step % REFILL_EVERY == REFILL_EVERY - 1:
                self._refill(i1, u0)
            # The next mode and position.
            _add(key, sym, i3)
            take_after(i3, None, mode, "clip")
            if signing:
                self._new_signs(pos, key, sym, flags16, low)
            take_move(i3, None, u0, "clip")
            _multiply(low, u0, u0)
            _negative(u0, left)
            _add(at, stall, at)
            _subtract(left, u_stall, left)

    def _refill(self, i1: Integers, u0: Words) -> None:
        """Append bits to those left in C. After the end of the segment they are ones."""
        _minimum(self.bit, self.limit, out=self.bit)
        _right(self.bit, _C4, i1)
        self.segments.words.take(i1, None, u0, "clip")
        _and(self.bit, _C15, i1)
        _left(u0, i1.view(_U), u0)
        _subtract(_C64, self.used, i1)
        _right(u0, i1.view(_U), u0)
        code = self.C.view(_U)
        _or(code, u0, code)
        _add(self.bit, self.used, self.bit)
        self.used.fill(0)

    def _new_signs(
        self, pos: Integers, key: Integers, sym: Integers, flags16: NDArray[np.uint16], low: Words
    ) -> None:
        """Make coefficients significant whose sign was decoded, and update the flags of their neighbours."""
        signs = (key & 16).nonzero()[0]
        if not len(signs):
            return
        position, keys, flags = pos.take(signs), key.take(signs), flags16.take(signs)
        sign = sym.take(signs) >> 7 ^ tables.FLIP.take((flags & 4095) + ((keys & 4) << 10))
        self.negative[position] = sign
        row = (position & 3) + self.causal.take(self.lane.take(signs))
        near = position[:, None] + self.steps_to.take(row, 0)
        before = self.flags.take(near)
        self.flags[near] = before | _TOLD.take(sign, 0)
        self.flags[position] = flags | SIGNIFICANT
        self.significant.ravel()[self.word.take(signs)] |= low.take(signs)
        # In a propagation pass, neighbours that come later become candidates.
        new = self.later.take(row, 0)
        new &= before < SIGNIFICANT
        new &= (keys & 2 == 0)[:, None]
        cells = near[new]
        np.bitwise_or.at(self.candidates.ravel(), cells >> 6, _U(1) << (cells & 63).astype(_U))

    def _store(self) -> None:
        """Update the magnitudes, in half units: twice the known bits plus the middle of the unknown ones."""
        positions, keys, decisions = self.buffers[0]
        lanes = len(self.lane)
        plane = self.planes[self.lane] - 1 - (self.number[self.lane] + 2) // 3
        mode = keys & 30
        found = np.flatnonzero((mode == tables.REFINE * 2) | (mode == tables.RAW_REFINE * 2))
        position = positions.ravel()[found]
        found, position = found[position < tables.NOTHING], position[position < tables.NOTHING]
        up = 2 * (decisions.ravel()[found] >> 7) - 1
        self.magnitude[position] += (up << plane[found % lanes]).astype(np.int32)
        signing = slice(SIGN_EVERY - 1, None, SIGN_EVERY)
        found = np.flatnonzero(keys[signing] & 16)
        self.magnitude[positions[signing].ravel()[found]] = 3 << plane[found % lanes]

    def result(self) -> NDArray[np.int32]:
        """Signed values in half units, ``(lanes, 4 * stripes, 16 * words)``."""
        n = len(self.kind)
        np.negative(self.magnitude, out=self.magnitude, where=self.negative)
        values = self.magnitude.reshape(n, self.per_lane, 64)
        grid = values[:, 1 : self.end].reshape(n, self.stripes + 2, self.stripe_words * 16, 4)[:, 1:-1]
        return grid.transpose(0, 1, 3, 2).reshape(n, self.stripes * 4, self.stripe_words * 16)


def decode_blocks(blocks: Sequence[CodedBlock]) -> Iterator[tuple[int, NDArray[np.int32]]]:
    """Decode code-blocks; yield (index, coefficients) in any order. Coefficients are int32 ``(height, width)``.

    They are in half units: a magnitude is twice its known bits plus the middle of its unknown bits, which is 1 if
    all bits are known. 0 stays 0.
    """
    order = sorted(range(len(blocks)), key=lambda i: -sum(len(data) for _, data in blocks[i].segments))
    for start in range(0, len(order), GROUP):
        group = order[start : start + GROUP]
        lanes = _Lanes([blocks[i] for i in group])
        lanes.run()
        for i, values in zip(group, lanes.result(), strict=True):
            yield i, values[: blocks[i].height, : blocks[i].width]


# Names bound once, since call overhead dominates steps of few lanes. Arrays as constants need no conversion.
_add, _subtract, _multiply, _negative, _minimum = np.add, np.subtract, np.multiply, np.negative, np.minimum
_and, _or, _xor, _left, _right = np.bitwise_and, np.bitwise_or, np.logical_xor, np.left_shift, np.right_shift
_less, _unequal, _copyto = np.less, np.not_equal, np.copyto
_TAKES = (
    (tables.CONTEXT_HOLD.take, tables.AFTER_HOLD.take, tables.MOVE_HOLD.take, False),
    (tables.CONTEXT.take, tables.AFTER.take, tables.MOVE.take, True),
)
_take_bit, _take_qe, _take_shift = tables.BIT_OF.take, tables.QE.take, tables.SHIFT.take
_take_next, _take_decision = tables.NEXT_STATE.take, tables.DECISION.take
_HASH, _C56, _ZERO = np.array(tables.HASH), np.array(56, _U), np.array(0, _U)
_C2, _C4, _C6, _C15, _C40, _C64 = (np.array(value) for value in (2, 4, 6, 15, 40, 64))
_FLAG_BITS, _TOP, _REGISTER = np.array(tables.FLAG_BITS), np.array(TOP), np.array((1 << 63) - 1)


def _lowest_candidate(
    word: Words,
    left: Words,
    at: Integers,
    low: Words,
    pos: Integers,
    product: Words,
    hashed: Integers,
    u_hashed: Words,
) -> None:
    """Write the bit of the lowest candidate left in each word to ``low``, and its position to ``pos``."""
    _and(word, left, word)
    _negative(word, low)
    _and(low, word, low)
    _multiply(low, _HASH, product)
    _right(product, _C56, u_hashed)
    _take_bit(hashed, None, pos, "clip")
    _left(at, _C6, hashed)
    _add(pos, hashed, pos)
