"""Encode high-throughput code-blocks (T.814 clause 7), each in one clean-up pass that codes all bit-planes.

The encoder knows all samples beforehand. It finds contexts, code words and magnitude bits of all quads of many
code-blocks at once. In the end it packs bits into bytes, one code-block after another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from numjpeg.jpeg2000.block_coding import ht_tables as tables
from numjpeg.jpeg2000.container.packets import HeaderWriter

GROUP = 48  # code-blocks encoded together, to bound memory: each coded bit takes a byte for a while
MAX_TAIL = 4079  # most bytes of the MEL and VLC streams together

Integers = NDArray[np.int64]


def _code_word_table(rows: Integers) -> Integers:
    """Code words by ``context << 9 | rho << 5 | u_off << 4 | pattern of samples at the bound``.

    An entry is ``e_k << 12 | code word << 4 | length``. If several rows of the table fit, it is that with the most
    ones in e_k, which leaves the fewest magnitude bits.
    """
    table = np.zeros(1 << 12, np.int64)
    order = np.argsort([bin(e_k).count("1") for e_k in rows[:, 3].tolist()], kind="stable")
    for context, rho, u_off, e_k, e_1, code_word, length in rows[order].tolist():
        for pattern in range(16):
            if pattern & e_k == e_1 and (u_off or not pattern):
                table[context << 9 | rho << 5 | u_off << 4 | pattern] = e_k << 12 | code_word << 4 | length
    return table


_TABLES = (_code_word_table(tables.OTHER_ROWS), _code_word_table(tables.FIRST_ROW))


# By u from 0 to 36: prefix, its number of bits, suffix, its number of bits.
_SHORT_U = [(0, 0, 0, 0), (1, 1, 0, 0), (2, 2, 0, 0), (4, 3, 0, 1), (4, 3, 1, 1)]
_PREFIX, _PREFIX_BITS, _SUFFIX, _SUFFIX_BITS = np.array([*_SHORT_U, *((0, 3, u - 5, 5) for u in range(5, 37))]).T


class _Joined:
    """Code words joined into one integer; the first is in the lowest bits."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.value, self.bits = np.zeros(shape, np.int64), np.zeros(shape, np.int64)

    def add(self, value: Integers, bits: Integers) -> None:
        self.value |= value << self.bits
        self.bits += bits


def _u_codes(u_0: Integers, u_1: Integers, first: bool, event: NDArray[np.bool_]) -> _Joined:
    """u-VLC of pairs of quads (T.814 7.3.6). In the first row, ``event`` says that both u are above 2."""
    joined = _Joined(u_0.shape)
    less = np.where(event, 2, 0)
    u_0, u_1 = u_0 - less, u_1 - less
    joined.add(_PREFIX[u_0], _PREFIX_BITS[u_0])
    short = (u_0 > 2) & (u_1 > 0) & ~event if first else np.zeros(u_0.shape, bool)
    joined.add(np.where(short, u_1 - 1, _PREFIX[u_1]), np.where(short, 1, _PREFIX_BITS[u_1]))
    joined.add(_SUFFIX[u_0], _SUFFIX_BITS[u_0])
    joined.add(np.where(short, 0, _SUFFIX[u_1]), np.where(short, 0, _SUFFIX_BITS[u_1]))
    return joined


class _Quads:
    """The quads of all code-blocks, ``(lanes, rows, columns)``. Arrays of samples have a first axis of four."""

    def __init__(self, values: Sequence[NDArray[np.int32]]) -> None:
        n = len(values)
        rows = (max(v.shape[0] for v in values) + 1) // 2
        columns = (max(v.shape[1] for v in values) + 3) // 4 * 2
        laid = np.zeros((n, 2 * rows, 2 * columns), np.int64)
        for lane, block in enumerate(values):
            laid[lane, : block.shape[0], : block.shape[1]] = block
        samples = laid.reshape(n, rows, 2, columns, 2).transpose(4, 2, 0, 1, 3).reshape(4, n, rows, columns)
        magnitude = np.abs(samples)
        self.significant = magnitude > 0
        # Magnitude m and its sign are coded as 2 (m - 1) + sign. The exponent is the number of bits of 2 m - 1.
        self.values = np.where(self.significant, 2 * magnitude - 2 + (samples < 0), 0)
        exponents = np.where(self.significant, np.frexp((2 * magnitude - 1).astype(np.float64))[1], 0)
        self.rho = sum(self.significant[i].astype(np.int64) << i for i in range(4))
        self._bounds(exponents)
        self._contexts()
        rows_of = np.array([(v.shape[0] + 1) // 2 for v in values])[:, None, None]
        columns_of = np.array([(v.shape[1] + 1) // 2 for v in values])[:, None, None]
        self.inside = (np.arange(rows)[:, None] < rows_of) & (np.arange(columns) < columns_of)
        other, first = (table.take(self.index) for table in _TABLES)
        self.row = np.where(np.arange(rows)[:, None] == 0, first, other)

    def _bounds(self, exponents: Integers) -> None:
        """Exponent bounds U, and u, by which they exceed the prediction (T.814 7.3.7)."""
        top = exponents.max(axis=0)
        n, rows, columns = top.shape
        predicted = np.ones((n, rows, columns), np.int64)
        lower = np.zeros((n, rows - 1, columns + 2), np.int64)  # lower right of quad j - 1, lower left of j
        lower[..., :columns] = exponents[1, :, :-1]
        lower[..., 1 : columns + 1] = np.maximum(lower[..., 1 : columns + 1], exponents[3, :, :-1])
        above = np.maximum(lower[..., :columns], lower[..., 1 : columns + 1])
        several = (self.rho & self.rho - 1)[:, 1:] != 0
        predicted[:, 1:] = np.where(several, np.maximum(above - 1, 1), 1)
        self.bound = np.maximum(top, predicted)
        self.u = self.bound - predicted
        self.at_bound = sum(((exponents[i] == self.bound) & (self.u > 0)).astype(np.int64) << i for i in range(4))

    def _contexts(self) -> None:
        """Contexts of the code words (T.814 7.3.5), and the indices into the code word tables."""
        rho = self.rho
        context = np.zeros_like(rho)
        west = rho[:, 0, :-1]
        context[:, 0, 1:] = west & 1 | west >> 1
        west = rho[:, 1:, :-1]
        context[:, 1:, 1:] = (west >> 1 | west >> 2) & 2
        lower = rho[:, :-1] >> 1 & 1
        lower[..., 1:] |= rho[:, :-1, :-1] >> 3
        context[:, 1:] |= lower
        context[:, 1:, :-1] |= lower[..., 1:] << 2
        context[:, 1:, -1] |= (rho[:, :-1, -1] >> 3) << 2
        self.context = context
        self.index = context << 9 | rho << 5 | (self.u > 0) << 4 | self.at_bound

    def magnitudes(self) -> tuple[Integers, Integers]:
        """MagSgn values and their numbers of bits, in stream order: ``(lanes, samples)`` (T.814 7.3.8)."""
        known = self.row >> 12
        counts = [np.where(self.significant[i], self.bound - (known >> i & 1), 0) for i in range(4)]
        bits = np.stack(counts, axis=-1)
        values = np.moveaxis(self.values, 0, -1) & (1 << bits) - 1
        return values.reshape(len(bits), -1), bits.reshape(len(bits), -1)

    def codes(self) -> tuple[Integers, Integers]:
        """VLC values and their numbers of bits, by pair of quads: ``(lanes, pairs)``."""
        coded = self.inside & ~((self.context == 0) & (self.rho == 0))
        word, length = np.where(coded, self.row >> 4 & 127, 0), np.where(coded, self.row & 15, 0)
        u_0, u_1 = self.u[..., ::2], self.u[..., 1::2]
        joined = _Joined(u_0.shape)
        joined.add(word[..., ::2], length[..., ::2])
        joined.add(word[..., 1::2], length[..., 1::2])
        other = _u_codes(u_0, u_1, False, np.zeros(u_0.shape, bool))
        first = _u_codes(u_0[:, :1], u_1[:, :1], True, self._both_large())
        other.value[:, :1], other.bits[:, :1] = first.value, first.bits
        joined.add(other.value, other.bits)
        n = len(u_0)
        return joined.value.reshape(n, -1), joined.bits.reshape(n, -1)

    def _both_large(self) -> NDArray[np.bool_]:
        return np.asarray(np.minimum(self.u[:, :1, ::2], self.u[:, :1, 1::2]) > 2)

    def events(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether each MEL event happens, and whether it is coded at all: ``(lanes, events)`` (T.814 7.3.4)."""
        n, rows, columns = self.rho.shape
        happens, coded = (np.zeros((n, rows, columns // 2, 3), bool) for _ in range(2))
        happens[..., :2] = (self.rho != 0).reshape(n, rows, -1, 2)
        coded[..., :2] = (self.inside & (self.context == 0)).reshape(n, rows, -1, 2)
        happens[:, :1, :, 2] = self._both_large()
        coded[:, :1, :, 2] = np.minimum(self.u[:, :1, ::2], self.u[:, :1, 1::2]) > 0
        return happens.reshape(n, -1), coded.reshape(n, -1)


def _bits(values: Integers, counts: Integers) -> NDArray[np.uint8]:
    """The bits of code words, one code word after another, lowest bit first."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    place = np.arange(total) - np.repeat(ends - counts, counts)
    return (np.repeat(values, counts) >> place & 1).astype(np.uint8)


def _magnitude_bytes(bits: NDArray[np.uint8]) -> bytes:
    """Pack MagSgn bits: seven in a byte after FF, ones behind the end; a last FF is left out (T.814 7.1.2)."""
    left = len(bits)
    value = int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")
    out = bytearray()
    while left > 0:
        size = (left + 7) // 8
        data = (value | (-1 << left & (1 << 8 * size) - 1)).to_bytes(size, "little")
        at = data.find(b"\xff")
        if at < 0:
            out += data
            break
        out += data[: at + 1]
        value >>= 8 * (at + 1)
        left -= 8 * (at + 1)
        if left > 0:
            value = value & 127 | value >> 7 << 8
            # The next byte has seven bits: ones fill it up where the stream ends.
            if left < 7:
                value |= 127 & -1 << left
                left = 7
            left += 1
    return bytes(out.rstrip(b"\xff"))


def _code_bytes(bits: NDArray[np.uint8]) -> bytearray:
    """Pack VLC bits into bytes in reading order. The lower half of the first stays free for the length (7.1.4)."""
    value = int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")
    left = len(bits)
    # The byte before counts as FF, so a zero is stuffed after three ones.
    first = 3 if value & 7 == 7 else 4
    out = bytearray([(value & (1 << first) - 1) << 4])
    value >>= first
    left -= first
    previous = out[0] | 15
    rest = value.to_bytes(max(0, left + 7) // 8, "little") if left > 0 else b""
    at = 0
    while at < len(rest):
        low = rest[at] & 127
        if previous > 0x8F and low == 127:
            later = int.from_bytes(rest[at:], "little")
            size = left - 8 * at + 1
            rest = rest[:at] + (later & 127 | later >> 7 << 8).to_bytes((size + 7) // 8, "little")
            left += 1
        previous = rest[at]
        at += 1
    return out + rest


def _event_bytes(events: Sequence[bool]) -> bytes:
    """MEL bytes (T.814 7.3.3): a one is a full run without an event; a zero and a run length precede an event."""
    exponents = tables.MEL_EXPONENTS.tolist()
    out, state, run = HeaderWriter(), 0, 0
    for event in events:
        if event:
            out.bits(run, exponents[state] + 1)  # the run is below its limit: its first bit is 0
            state, run = max(state - 1, 0), 0
        else:
            run += 1
            if run == 1 << exponents[state]:
                out.bit(1)
                state, run = min(state + 1, 12), 0
    if run:
        out.bit(1)
    return out.finish()


def encode_blocks(values: Sequence[NDArray[np.int32]]) -> list[bytes]:
    """Encode code-blocks of quantized coefficients, int32 ``(height, width)``. One of zeros has no bytes."""
    return [
        data for start in range(0, len(values), GROUP) for data in _encode_group(values[start : start + GROUP])
    ]


def _encode_group(values: Sequence[NDArray[np.int32]]) -> list[bytes]:
    quads = _Quads(values)
    streams = []
    for tokens, counts in (quads.magnitudes(), quads.codes()):
        bits = _bits(tokens.ravel(), counts.ravel())
        streams.append(np.split(bits, np.cumsum(counts.sum(axis=1))[:-1]))
    happens, coded = quads.events()
    encoded = []
    for lane in range(len(values)):
        if not quads.significant[:, lane].any():
            encoded.append(b"")
            continue
        codes = _code_bytes(streams[1][lane])
        events = _event_bytes(happens[lane, coded[lane]].tolist())
        size = len(events) + len(codes) + 1
        if size > MAX_TAIL:  # pragma: no cover
            raise ValueError("a high-throughput code-block has too many code words")
        codes[0] |= size & 15
        encoded.append(_magnitude_bytes(streams[0][lane]) + events + bytes(codes[::-1]) + bytes([size >> 4]))
    return encoded
