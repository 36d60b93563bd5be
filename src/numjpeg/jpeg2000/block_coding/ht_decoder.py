"""Decode high-throughput code-blocks in lockstep (T.814 clause 7): a step decodes a pair of quads of each.

The bytes of a code-block hold three streams: magnitudes and signs from the front (MagSgn), the MEL code of events
behind them, and variable-length codes backwards from the end (VLC). A quad's context depends on the quad before,
so quads are decoded one after another. The magnitudes of a whole row of quads are decoded at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.jpeg2000.block_coding import contexts
from numjpeg.jpeg2000.block_coding import ht_tables as tables
from numjpeg.jpeg2000.block_coding.ht_refinement import refine
from numjpeg.jpeg2000.block_coding.ht_streams import Integers, Stream, ahead_of, join_streams, split_streams
from numjpeg.jpeg2000.block_coding.lockstep_decoder import CodedBlock

GROUP = 256
EVENTS = 2304  # most MEL events of a code-block: one for each quad, and one for each pair of the first row
_U = np.uint64

# A quad is a number: bits 0-2 are the length of its code word, 3 u_off, 4-7 rho, 8-11 e_1, 12-15 e_k.


def _code_words(rows: Integers) -> Integers:
    """Quads by ``context * 128 + next seven bits``."""
    quads = np.zeros((tables.CONTEXTS, 128), np.int64)
    for context, rho, u_off, e_k, e_1, code_word, length in rows.tolist():
        quads[context, code_word :: 1 << length] = rho << 4 | u_off << 3 | e_k << 12 | e_1 << 8 | length
    return quads.ravel()


def _u_codes() -> tuple[Integers, Integers]:
    """u-VLC of a pair of quads, by ``mode << 16 | next 16 bits``: one table for other rows, one for the first.

    The mode is u_off of the first quad plus twice u_off of the second. Mode 4 is both, in the first row, with a
    MEL event. Bits 0 to 7 of an entry are the number of bits taken; u + 1 of the first quad follows from bit 8 on,
    u + 1 of the second from bit 16 on.
    """
    window = np.arange(1 << 16)

    def suffix(bits: Integers, size: Integers) -> Integers:
        return bits & ((1 << size) - 1)

    by_prefix = tables.PREFIX_BITS, tables.SUFFIX_BITS, tables.LEAST_VALUE
    taken, size, least = (table[window & 7] for table in by_prefix)
    rest = window >> taken
    alone = least + suffix(rest, size)
    taken_2, size_2, least_2 = (table[rest & 7] for table in by_prefix)
    suffixes = rest >> taken_2
    u_0, u_1 = least + suffix(suffixes, size), least_2 + suffix(suffixes >> size, size_2)
    bits = taken + taken_2 + size + size_2
    codes = np.zeros((2, 5, 1 << 16), np.int64)
    codes[:, 0] = 1 << 8 | 1 << 16
    codes[:, 1] = (taken + size) | (alone + 1) << 8 | 1 << 16
    codes[:, 2] = (taken + size) | 1 << 8 | (alone + 1) << 16
    codes[:, 3] = bits | (u_0 + 1) << 8 | (u_1 + 1) << 16
    codes[:, 4] = bits | (u_0 + 3) << 8 | (u_1 + 3) << 16
    # In the first row without an event, u is at most 2 in one quad: after a long prefix, the second takes one bit.
    one_bit = (taken + 1 + size) | (least + suffix(rest >> 1, size) + 1) << 8 | ((rest & 1) + 2) << 16
    codes[1, 3] = np.where(taken > 2, one_bit, codes[1, 3])
    return codes[0].ravel(), codes[1].ravel()


_CODE_WORDS = (_code_words(tables.OTHER_ROWS), _code_words(tables.FIRST_ROW))
_U_CODES = _u_codes()
_quad = np.arange(1 << 16)
# What a quad adds to the context of the next: its right samples in other rows, all its samples in the first.
_NEXT_CONTEXT = ((_quad & 0x40) >> 5 | (_quad & 0x80) >> 6, (_quad & 0x10) >> 4 | (_quad & 0xE0) >> 5)


class _Set(NamedTuple):
    """An HT set: a clean-up pass of a code-block, and the passes that refine it."""

    planes: int  # bit-planes up to that of the clean-up pass
    cleanup: bytes
    refinement: bytes
    refining: int  # how many passes refine, 0 to 2


def last_set(block: CodedBlock) -> _Set:
    """The last HT set of a code-block. It alone counts, as each set codes all bit-planes down to its own again."""
    number, planes, cleanup, refinement, refining = 0, block.planes, b"", b"", 0
    for passes, data in block.segments:
        number += passes
        if number % 3 != 1:
            refinement, refining = (data, passes) if data else (b"", 0)
        elif data:  # passes without data are placeholders before the first set
            planes, cleanup, refinement, refining = block.planes - number // 3, data, b"", 0
    return _Set(planes, cleanup, refinement, refining)


def check(block: CodedBlock) -> None:
    """Raise FormatError if there is no clean-up pass, or if the lengths of its streams do not fit."""
    split_streams(last_set(block).cleanup)


class _Events:
    """The MEL decoder (T.814 7.3.3) of all lanes. It reads events ahead."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        self.words, self.position, _ = join_streams(streams, 0xFF, True)
        n = len(streams)
        self.events = np.zeros(n * EVENTS, bool)
        self.base = np.arange(n) * EVENTS
        self.decoded, self.taken, self.state = (np.zeros(n, np.int64) for _ in range(3))

    def ensure(self, ahead: int) -> None:
        """Decode until each lane has ``ahead`` events that were not taken."""
        while True:
            lane = np.flatnonzero(self.decoded < np.minimum(self.taken + ahead, EVENTS))
            if not len(lane):
                return
            state, position, decoded = self.state[lane], self.position[lane], self.decoded[lane]
            exponent = tables.MEL_EXPONENTS[state]
            word = self.words.take(position >> 4, mode="clip") << (position & 15).astype(_U)
            whole = (word >> _U(63)).astype(bool)
            run = np.where(exponent > 0, ((word << _U(1)) >> (64 - exponent).astype(_U)).view(np.int64), 0)
            event = decoded + run
            happens = ~whole & (event < EVENTS)
            self.events[self.base[lane[happens]] + event[happens]] = True
            self.decoded[lane] = np.minimum(np.where(whole, decoded + (1 << exponent), event + 1), EVENTS)
            self.state[lane] = np.clip(np.where(whole, state + 1, state - 1), 0, 12)
            self.position[lane] = position + np.where(whole, 1, 1 + exponent)

    def peek(self) -> NDArray[np.bool_]:
        """The next event of each lane."""
        return self.events.take(self.base + self.taken, mode="clip")


class _Lanes:
    """The state of all code-blocks of a group. Arrays have axes (quad, lane)."""

    def __init__(self, blocks: Sequence[CodedBlock], sets: Sequence[_Set]) -> None:
        magnitudes, events, codes = zip(*(split_streams(ht_set.cleanup) for ht_set in sets), strict=True)
        self.magnitude_words, self.magnitude_at, _ = join_streams(magnitudes, 0xFF, False)
        self.events = _Events(events)
        self.code_words, start, _ = join_streams(codes, 0, False)
        self.code_at = start + 4
        width, height = (np.array([block[i] for block in blocks], np.int64) for i in (0, 1))
        self.quads_wide, self.quads_high = (width + 1) // 2, (height + 1) // 2
        self.rows, self.pairs = int(self.quads_high.max()), (int(self.quads_wide.max()) + 1) // 2
        self.shift = np.array([ht_set.planes for ht_set in sets], np.int64) - 1
        n, quads = len(blocks), 2 * self.pairs
        self.above = np.zeros((quads + 2, n), np.int64)  # what quads of the row above add to contexts
        # From the row above: the larger exponent of the lower right sample of quad j - 1 and the lower left of j.
        self.exponents = np.zeros((quads + 1, n), np.int64)
        self.values = np.zeros((n, 2 * self.rows, 2 * quads), np.int32)

    def run(self) -> NDArray[np.int32]:
        """Signed values in half units."""
        for row in range(self.rows):
            self._magnitudes(row, *self._quads(row))
        return self.values

    def _quads(self, row: int) -> tuple[Integers, Integers]:
        """Decode the quads of a row; also return u + 1 of each."""
        first, events = int(row == 0), self.events
        events.ensure(3 * self.pairs + 2 if first else 2 * self.pairs)
        n = len(self.shift)
        quads, bounds = (np.zeros((2 * self.pairs + 2, n), np.int64) for _ in range(2))
        in_row, context = self.quads_high > row, np.zeros(n, np.int64)
        for x in range(0, 2 * self.pairs, 2):
            ahead = ahead_of(self.code_words, self.code_at)
            taken = np.zeros(n, np.int64)
            for j in (x, x + 1):
                on = in_row & (self.quads_wide > j)
                if not first:
                    context = context | self.above[j]
                quad = _CODE_WORDS[first].take(context << 7 | ahead & 127)
                with_event = on & (context == 0)
                quad = np.where(on & ~(with_event & ~events.peek()), quad, 0)
                events.taken += with_event
                context = _NEXT_CONTEXT[first].take(quad)
                length = quad & 7
                ahead, taken = ahead >> length, taken + length
                quads[j] = quad
            mode = (quads[x] >> 3 & 1) | (quads[x + 1] >> 2 & 2)
            if first:
                both = mode == 3
                mode = mode + (both & events.peek())
                events.taken += both
            code = _U_CODES[first].take(mode << 16 | ahead & 0xFFFF)
            bounds[x], bounds[x + 1] = code >> 8 & 255, code >> 16
            self.code_at += taken + (code & 255)
        left, right = quads >> 5 & 1, quads >> 7 & 1
        left[1:] |= right[:-1]
        self.above[:-1] = left[:-1] | left[1:] << 2
        return quads[:-2], bounds[:-2]

    def _magnitudes(self, row: int, quads: Integers, bounds: Integers) -> None:
        """Decode magnitudes and signs of a row of quads (T.814 7.3.8); keep their exponents for the next row."""
        count, n = quads.shape
        rho = quads >> 4 & 15
        if row:  # the exponent bound is predicted if more than one sample is significant
            several = rho & rho - 1 != 0
            predicted = np.maximum(self.exponents[:-1], self.exponents[1:]) - 2
            bounds = bounds + np.where(several, np.maximum(predicted, 0), 0)
        sample = np.arange(4)[:, None]
        significant = (rho[:, None] >> sample & 1).reshape(-1, n)
        known = (quads[:, None] >> 12 + sample & 1).reshape(-1, n)
        top = (quads[:, None] >> 8 + sample & 1).reshape(-1, n)
        bits = np.minimum((np.repeat(bounds, 4, axis=0) - known) * significant, 40)
        ends = self.magnitude_at + np.cumsum(bits, axis=0)
        window = ahead_of(self.magnitude_words, ends - bits)
        self.magnitude_at = ends[-1]
        value = window & ((1 << bits) - 1) | top << bits | 1
        half_units = (value + 2 << self.shift) * significant
        signed = np.where(window & 1, -half_units, half_units).reshape(count, 2, 2, n)
        self.values[:, 2 * row : 2 * row + 2] = signed.transpose(3, 2, 0, 1).reshape(n, 2, 2 * count)
        exponent = (np.frexp(value.astype(np.float64))[1] * significant).reshape(count, 4, n)
        self.exponents[:] = 0
        self.exponents[:-1] = exponent[:, 1]
        self.exponents[1:] = np.maximum(self.exponents[1:], exponent[:, 3])


def _decode_group(blocks: Sequence[CodedBlock]) -> NDArray[np.int32]:
    """Decode code-blocks together, with the passes that refine them: ``(lanes, H, W)`` in half units."""
    sets = [last_set(block) for block in blocks]
    values = _Lanes(blocks, sets).run()
    refined = [i for i, ht_set in enumerate(sets) if ht_set.refining]
    if not refined:
        return values
    height, width = (-(-side // 4) * 4 for side in values.shape[1:])
    laid = np.zeros((height, width, len(refined)), np.int32)
    laid[: values.shape[1], : values.shape[2]] = values[refined].transpose(1, 2, 0)
    high, wide = (np.array([blocks[i][side] for i in refined]) for side in (1, 0))
    inside = (np.arange(height)[:, None, None] < high) & (np.arange(width)[None, :, None] < wide)
    plane = np.array([sets[i].planes for i in refined]) - 2
    causal = np.array([blocks[i].style & contexts.VERTICALLY_CAUSAL != 0 for i in refined])
    passes = np.array([sets[i].refining for i in refined])
    laid = refine(laid, inside, [sets[i].refinement for i in refined], passes, plane, causal)
    values[refined] = laid.transpose(2, 0, 1)[:, : values.shape[1], : values.shape[2]]
    return values


def decode_blocks(blocks: Sequence[CodedBlock]) -> Iterator[tuple[int, NDArray[np.int32]]]:
    """Like :func:`.lockstep_decoder.decode_blocks`, for code-blocks that :func:`check` accepts."""
    order = sorted(range(len(blocks)), key=lambda i: -blocks[i].height)
    for start in range(0, len(order), GROUP):
        some = order[start : start + GROUP]
        for i, values in zip(some, _decode_group([blocks[i] for i in some]), strict=True):
            yield i, values[: blocks[i].height, : blocks[i].width]
