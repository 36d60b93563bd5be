"""Huffman coding (T.81 Annex C, F.1.2, F.2.2; tables of Annex K.3; optimal tables of Annex K.2).

A DC difference is coded as its category SSSS, followed by SSSS magnitude bits. An AC coefficient is coded as the
symbol RRRRSSSS (run of zeros, category), followed by SSSS magnitude bits. Only the symbols are Huffman coded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array

END_OF_BLOCK = 0x00
ZERO_RUN = 0xF0  # ZRL: sixteen zeros
MAX_CATEGORY = 15  # SSSS has 4 bits; files of 8-bit samples need 11 for DC and 10 for AC
WINDOW_BITS = 16  # length of the longest code word: a window of 16 bits holds any code word


@dataclass(frozen=True)
class HuffmanTable:
    """A Huffman table as DHT carries it (B.2.4.2); ValueError if counts and values differ, or codes run out."""

    bits: tuple[int, ...]  # BITS, sixteen counts: the number of codes of 1 to 16 bits
    values: bytes  # HUFFVAL, the symbols in order of their codes

    def __hash__(self) -> int:
        return hash(self.values)  # bytes cache their hash

    def __post_init__(self) -> None:
        if len(self.bits) != 16 or min(self.bits) < 0:
            raise ValueError("bits: sixteen counts expected")
        if sum(self.bits) != len(self.values):
            raise ValueError(f"values: {sum(self.bits)} expected, got {len(self.values)}")
        free = 1
        for count in self.bits:
            free = 2 * free - count
            if free < 0:
                raise ValueError("bits: code lengths oversubscribed")


class Codes(NamedTuple):
    """By symbol: code words, uint64 ``(256,)``, right-aligned; and their lengths, uint8, 0 for no code."""

    code: NDArray[np.uint64]
    length: NDArray[np.uint8]


class Lookup(NamedTuple):
    """By window of 16 bits: the symbol that it begins with, and its length, 0 for none: uint8 ``(65536,)``."""

    symbol: NDArray[np.uint8]
    length: NDArray[np.uint8]


def _table(bits: str, values: str) -> HuffmanTable:
    return HuffmanTable(tuple(map(int, bits.split())), bytes.fromhex(values))


# Tables K.3 to K.6, BITS and HUFFVAL as T.81 lists them.
DC_LUMINANCE = _table("0 1 5 1 1 1 1 1 1 0 0 0 0 0 0 0", "00 01 02 03 04 05 06 07 08 09 0A 0B")
DC_CHROMINANCE = _table("0 3 1 1 1 1 1 1 1 1 1 0 0 0 0 0", "00 01 02 03 04 05 06 07 08 09 0A 0B")
AC_LUMINANCE = _table(
    "0 2 1 3 3 2 4 3 5 5 4 4 0 0 1 125",
    """
    01 02 03 00 04 11 05 12 21 31 41 06 13 51 61 07 22 71 14 32 81 91 A1 08 23 42 B1 C1 15 52 D1 F0
    24 33 62 72 82 09 0A 16 17 18 19 1A 25 26 27 28 29 2A 34 35 36 37 38 39 3A 43 44 45 46 47 48 49
    4A 53 54 55 56 57 58 59 5A 63 64 65 66 67 68 69 6A 73 74 75 76 77 78 79 7A 83 84 85 86 87 88 89
    8A 92 93 94 95 96 97 98 99 9A A2 A3 A4 A5 A6 A7 A8 A9 AA B2 B3 B4 B5 B6 B7 B8 B9 BA C2 C3 C4 C5
    C6 C7 C8 C9 CA D2 D3 D4 D5 D6 D7 D8 D9 DA E1 E2 E3 E4 E5 E6 E7 E8 E9 EA F1 F2 F3 F4 F5 F6 F7 F8
    F9 FA
    """,
)
AC_CHROMINANCE = _table(
    "0 2 1 2 4 4 3 4 7 5 4 4 0 1 2 119",
    """
    00 01 02 03 11 04 05 21 31 06 12 41 51 07 61 71 13 22 32 81 08 14 42 91 A1 B1 C1 09 23 33 52 F0
    15 62 72 D1 0A 16 24 34 E1 25 F1 17 18 19 1A 26 27 28 29 2A 35 36 37 38 39 3A 43 44 45 46 47 48
    49 4A 53 54 55 56 57 58 59 5A 63 64 65 66 67 68 69 6A 73 74 75 76 77 78 79 7A 82 83 84 85 86 87
    88 89 8A 92 93 94 95 96 97 98 99 9A A2 A3 A4 A5 A6 A7 A8 A9 AA B2 B3 B4 B5 B6 B7 B8 B9 BA C2 C3
    C4 C5 C6 C7 C8 C9 CA D2 D3 D4 D5 D6 D7 D8 D9 DA E2 E3 E4 E5 E6 E7 E8 E9 EA F2 F3 F4 F5 F6 F7 F8
    F9 FA
    """,
)
# By (class, number).
STANDARD_TABLES = {(0, 0): DC_LUMINANCE, (1, 0): AC_LUMINANCE, (0, 1): DC_CHROMINANCE, (1, 1): AC_CHROMINANCE}


# --- categories and magnitude bits -----------------------------------------------------------------------

_CATEGORY = np.repeat(np.arange(18, dtype=np.uint8), [1, *(1 << size for size in range(17))])


def magnitude_category(values: NDArray[np.integer]) -> NDArray[np.uint8]:
    """SSSS of Tables F.1 and F.2, the number of bits of the magnitude: 0 for 0, else 1 + floor(log2 |value|).

    ``values`` are integers of any shape, -131071 .. 131071.

    >>> magnitude_category(np.array([0, -1, 3, -2047])).tolist()
    [0, 1, 2, 11]
    """
    check_array("values", values, "iu", "integers, -131071 .. 131071")
    if values.dtype.itemsize > 2 and values.size and not -1 << 17 < values.min() <= values.max() < 1 << 17:
        raise ValueError(f"values: {values.min()} .. {values.max()} are not within -131071 .. 131071")
    return _CATEGORY[np.abs(values.astype(np.int32))]


def magnitude_bits(values: NDArray[np.integer], category: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The bits that follow the symbol (F.1.2.1.1): the low bits of the value, or of value - 1 if it is negative.

    ``category`` is the :func:`magnitude_category` of the values: how many low bits count; higher ones are 0.

    >>> magnitude_bits(np.array([5, -5]), np.array([3, 3], np.uint8)).tolist()
    [5, 2]
    """
    check_array("values", values, "iu", "integers, -131071 .. 131071")
    check_array("category", category, "iu", "integers, 0 .. 17")
    bits = values + (values < 0) * ((1 << category.astype(np.int64)) - 1)
    return bits.astype(np.uint64)


def extend(bits: NDArray[np.integer], category: NDArray[np.integer]) -> NDArray[np.int32]:
    """EXTEND (F.2.2.1, Figure F.12): the value, int32, of 0 .. 16 bits. It undoes :func:`magnitude_bits`.

    >>> extend(np.array([5, 2, 0]), np.array([3, 3, 0])).tolist()
    [5, -5, 0]
    """
    check_array("bits", bits, "iu", "integers, 0 .. 65535")
    check_array("category", category, "iu", "integers, 0 .. 16")
    bits = bits.astype(np.int32)
    full = np.left_shift(np.int32(1), category.astype(np.int32))
    value: NDArray[np.int32] = bits - (2 * bits < full) * (full - 1)
    return value


# --- AC symbols ------------------------------------------------------------------------------------------


class AcSymbols(NamedTuple):
    """Symbols in coding order."""

    entry: NDArray[np.intp]  # index of the (run, value) entry that the symbol belongs to
    symbol: NDArray[np.uint8]
    value: NDArray[np.int16]  # the value whose magnitude bits follow: 0 after ZRL and end of block


def ac_symbols(run: NDArray[np.intp], value: NDArray[np.int16]) -> AcSymbols:
    """Form the symbols RRRRSSSS of (run, value) entries (F.1.2.2.1); every sixteen zeros become one ZRL.

    A run is 0 .. 62 zeros; run 0 with value 0 stands for the end of a block. ValueError for the value -32768: its
    category 16 does not fit the symbol.

    >>> ac_symbols(np.array([35, 0]), np.array([-3, 0], np.int16)).symbol.tolist()
    [240, 240, 50, 0]
    """
    check_array("run", run, "iu", "integers (n,), 0 .. 62", ndim=1)
    check_array("value", value, "iu", "int16 (n,)", ndim=1)
    if len(run) and not 0 <= run.min() <= run.max() <= 62:
        raise ValueError(f"run: {run.min()} .. {run.max()} are not within 0 .. 62")
    category = magnitude_category(value)
    if category.max(initial=0) > MAX_CATEGORY:
        raise ValueError("value: a coefficient of -32768 has no category of 4 bits")
    symbol = ((run & 15) << 4).astype(np.uint8) | category
    if run.max(initial=0) < 16:
        return AcSymbols(np.arange(len(run)), symbol, value)
    copies = (run >> 4) + 1
    entry = np.repeat(np.arange(len(run)), copies)
    last = np.cumsum(copies) - 1  # the place of each entry's symbol, behind its ZRLs
    expanded, values = np.full(len(entry), ZERO_RUN, np.uint8), np.zeros(len(entry), np.int16)
    expanded[last], values[last] = symbol, value
    return AcSymbols(entry, expanded, values)


def run_and_category(symbol: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """Split symbols RRRRSSSS, uint8 of any shape, into (RRRR, SSSS).

    >>> [a.tolist() for a in run_and_category(np.array([0x32, 0xF0], np.uint8))]
    [[3, 15], [2, 0]]
    """
    check_array("symbol", symbol, ("uint8",), "uint8")
    return (symbol >> 4).astype(np.intp), symbol & np.uint8(15)


class BlockSymbols(NamedTuple):
    """The symbols of blocks in coding order: each block's DC symbol, then its AC symbols."""

    block: NDArray[np.intp]  # index of the block that the symbol belongs to
    table: NDArray[np.intp]  # its Huffman table: 2 c for DC, 2 c + 1 for AC of the scan's component number c
    symbol: NDArray[np.uint8]  # SSSS or RRRRSSSS
    value: NDArray[np.int32]  # DC difference or AC coefficient, whose magnitude bits follow; 0 if none do


def block_symbols(
    differences: NDArray[np.integer],
    runs: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int16]],
    component: NDArray[np.intp],
) -> BlockSymbols:
    """Form the symbols of blocks, in coding order (F.1.2.1, F.1.2.2).

    Parameters
    ----------
    differences : integers ``(n,)``, the DC difference of each block, -32767 .. 32767.
    runs : (block, run, value) entries of their AC coefficients, as given by
        :func:`numjpeg.stages.run_length.run_length_encode`.
    component : ``(n,)``, the index of each block's component in the scan.

    >>> runs = np.array([0, 0]), np.array([2, 0]), np.array([-3, 0], np.int16)
    >>> block_symbols(np.array([5]), runs, np.array([0])).symbol.tolist()
    [3, 34, 0]
    """
    check_array("differences", differences, "iu", "integers (n,)", ndim=1)
    check_array("component", component, "iu", "integers (n,)", ndim=1)
    category, count = magnitude_category(differences), len(differences)
    if category.max(initial=0) > MAX_CATEGORY:
        raise ValueError("differences: neighbouring DC coefficients differ by more than 32767")
    entry_block, run, value = runs
    ac = ac_symbols(run, value)
    block = np.concatenate([np.arange(count), entry_block[ac.entry]])
    order = np.argsort(block, kind="stable")  # of equal blocks the DC symbol stays in front
    block = block[order]
    return BlockSymbols(
        block,
        2 * component[block] + (order >= count),
        np.concatenate([category, ac.symbol])[order],
        np.concatenate([differences, ac.value])[order].astype(np.int32),
    )


def append_magnitude_bits(
    codes: NDArray[np.uint64], lengths: NDArray[np.uint8], values: NDArray[np.integer]
) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """Put each value's magnitude bits behind the code word of its symbol (F.1.2.1, F.1.2.2).

    ``codes`` and ``lengths``, ``(n,)``, are those of :func:`huffman_encode`; the results are at most 16 + 15 bits
    long. ``values`` are integers ``(n,)``, -32767 .. 32767; 0 has no bits.

    >>> code, length = np.array([0b100], np.uint64), np.array([3], np.uint8)
    >>> [a.tolist() for a in append_magnitude_bits(code, length, np.array([2]))]
    [[18], [5]]
    """
    category = magnitude_category(values)
    return codes << category.astype(np.uint64) | magnitude_bits(values, category), lengths + category


def read_block_symbols(
    windows: NDArray[np.uint32], tables: Sequence[HuffmanTable], component: NDArray[np.intp]
) -> BlockSymbols:
    """Walk through a scan, one code word after the other (F.2.2.1, F.2.2.2; Figure F.13).

    The inverse of :func:`block_symbols`, :func:`huffman_encode` and :func:`append_magnitude_bits` together: where
    a code word begins, and which table it is from, is known only when the one before has been read. ValueError if
    no code word begins where one should, the bits end, or a block has too many coefficients.

    Parameters
    ----------
    windows : uint32 ``(bits,)``, the 32 bits from every bit on (:func:`numjpeg.stages.bitstream.bit_windows`).
    tables : two per component, DC and AC, as ``BlockSymbols.table`` numbers them.
    component : ``(blocks,)``, the index of each block's component in the scan.
    """
    check_array("windows", windows, ("uint32",), "uint32 (bits,)", ndim=1)
    check_array("component", component, "iu", "integers (blocks,)", ndim=1)
    first_16 = (windows >> np.uint32(16)).astype(np.uint16)
    decoded = [huffman_decode(first_16, [table]) for table in tables]
    words: list[tuple[int, int, int, int]] = []  # (block, table, symbol, bit behind the code word)
    bit = 0
    for block, c in enumerate(component.tolist()):
        k, table = 0, 2 * c
        while k < 64:
            length = int(decoded[table][1][bit]) if bit < len(windows) else 0
            if not length:
                raise ValueError(f"windows: no code word begins at bit {bit}, in block {block}")
            symbol = int(decoded[table][0][bit])
            words.append((block, table, symbol, bit + length))
            bit += length + (symbol & 15)
            if k and not symbol & 15 and symbol not in (END_OF_BLOCK, ZERO_RUN):
                raise ValueError(f"windows: block {block} has the symbol 0x{symbol:02X}, which means nothing")
            if k == 0:
                k, table = 1, 2 * c + 1
            else:
                k = 64 if symbol == END_OF_BLOCK else k + (symbol >> 4) + 1
                if k > 64:
                    raise ValueError(f"windows: block {block} has an entry past coefficient 63")
    if bit > len(windows):
        raise ValueError(f"windows: the last block ends at bit {bit}, of {len(windows)}")
    blocks, table_of, symbols, behind = np.array(words, np.intp).reshape(-1, 4).T
    category = (symbols & 15).astype(np.uint8)
    window = np.append(windows, np.uint32(0))[behind].astype(np.uint64)
    bits = window >> (32 - category.astype(np.uint64))
    return BlockSymbols(blocks, table_of, symbols.astype(np.uint8), extend(bits.astype(np.int64), category))


# --- codes -----------------------------------------------------------------------------------------------


_LENGTHS = np.arange(1, 17)
_BELOW_16 = 16 - _LENGTHS


@lru_cache(maxsize=64)
def huffman_codes(*tables: HuffmanTable) -> Codes:
    """Assign code words (Annex C): they ascend within a length, and each length goes on where the last one ended.

    The results of several tables stand one behind the other: ``(256 * tables,)``.

    >>> codes = huffman_codes(DC_LUMINANCE)
    >>> [format(int(codes.code[s]), f"0{codes.length[s]}b") for s in range(4)]
    ['00', '010', '011', '100']
    """
    counts = np.array([table.bits for table in tables])
    # Of the 2^16 windows of 16 bits, a code of length n takes 2^(16 - n), beginning where the code before it ends.
    spans = counts << _BELOW_16
    first = spans.cumsum(axis=1) - spans >> _BELOW_16  # the first code of each length
    counts = counts.ravel()
    before = counts.cumsum() - counts
    group = np.arange(len(counts)).repeat(counts)  # 16 * table + length - 1 of each code
    symbol = np.frombuffer(b"".join([table.values for table in tables]), np.uint8) + (group >> 4 << 8)
    code = np.zeros(256 * len(tables), np.uint64)
    length = np.zeros(256 * len(tables), np.uint8)
    code[symbol] = (first.ravel() - before).take(group) + np.arange(len(group))
    length[symbol] = (group & 15) + 1
    for array in (code, length):
        array.setflags(write=False)
    return Codes(code, length)


ByCode = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.intp]]


def _code_spans(table: HuffmanTable) -> ByCode:
    """Symbol, length and number of windows of each code; then 0, 0 and the number of windows without a code."""
    lengths = np.repeat(_LENGTHS, table.bits)
    spans = np.append(1 << WINDOW_BITS - lengths, 0)
    spans[-1] = (1 << WINDOW_BITS) - spans.sum()
    return np.frombuffer(table.values + b"\0", np.uint8), np.append(lengths, 0).astype(np.uint8), spans


@lru_cache(maxsize=64)
def _code_starts(tables: tuple[HuffmanTable, ...]) -> ByCode:
    """Symbol, length and first window of each code; the windows of each table follow those of the one before."""
    symbols, lengths, spans = (np.concatenate(parts) for parts in zip(*map(_code_spans, tables), strict=True))
    return symbols, lengths, spans.cumsum() - spans


@lru_cache(maxsize=64)
def huffman_lookup(table: HuffmanTable) -> Lookup:
    """Tabulate the symbol that each of the 65,536 windows of 16 bits begins with (in place of Figure F.16).

    >>> lookup = huffman_lookup(DC_LUMINANCE)
    >>> int(lookup.symbol[0b0110000000000000]), int(lookup.length[0b0110000000000000])
    (2, 3)
    """
    symbols, lengths, spans = _code_spans(table)
    lookup = Lookup(symbols.repeat(spans), lengths.repeat(spans))
    for array in lookup:
        array.setflags(write=False)
    return lookup


# Fewer windows than this are looked up by binary search, at 15 ns each: to tabulate all takes 60 us a table.
FEW = 500


def _check_selector(selector: NDArray[np.integer] | int, tables: int) -> None:
    """ValueError unless all selectors are 0 .. tables - 1."""
    numbers = np.asarray(selector)
    check_array("selector", numbers, "iu", f"integers, 0 .. {tables - 1}")
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < tables:
        raise ValueError(f"selector: {numbers.min()} .. {numbers.max()} are not within 0 .. {tables - 1}")


def huffman_encode(
    symbols: NDArray[np.uint8], tables: Sequence[HuffmanTable], selector: NDArray[np.integer] | int = 0
) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """Look up the code word of each symbol, uint8 ``(n,)``: uint64, right-aligned, and its length, 1 .. 16 bits.

    ``selector`` is the index in ``tables`` of each symbol's table, or one index for all. ValueError if a table has
    no code for a symbol.

    >>> codes, lengths = huffman_encode(np.array([0x01, 0x00], np.uint8), [AC_LUMINANCE])
    >>> codes.tolist(), lengths.tolist()
    ([0, 10], [2, 4])
    """
    check_array("symbols", symbols, ("uint8",), "uint8 (n,)")
    _check_selector(selector, len(tables))
    by_symbol = huffman_codes(*tables)
    index = symbols + 256 * np.asarray(selector, np.intp)
    lengths = by_symbol.length[index]
    if len(lengths) and not lengths.all():
        raise ValueError(f"symbols: no code for symbol 0x{int(symbols[np.argmin(lengths)]):02X}")
    return by_symbol.code[index], lengths


def huffman_decode(
    windows: NDArray[np.uint16], tables: Sequence[HuffmanTable], selector: NDArray[np.integer] | int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """DECODE (F.2.2.3) at many places at once: the inverse of :func:`huffman_encode`, with its other arguments.

    ``windows`` are uint16 ``(n,)``, the 16 bits from the start of each code word on. The results are symbols and
    lengths, uint8 ``(n,)``; where no code word begins, the length is 0.

    >>> symbols, lengths = huffman_decode(np.array([0b1010_0000_0000_0000], np.uint16), [AC_LUMINANCE])
    >>> symbols.tolist(), lengths.tolist()
    ([0], [4])
    """
    check_array("windows", windows, ("uint16",), "uint16 (n,)")
    _check_selector(selector, len(tables))
    index = windows + (np.asarray(selector, np.intp) << WINDOW_BITS)
    if windows.size < FEW:
        symbols, lengths, starts = _code_starts(tuple(tables))
        code = starts.searchsorted(index, "right") - 1
        return symbols[code], lengths[code]
    lookups = [huffman_lookup(table) for table in tables]
    if len(lookups) == 1:
        return lookups[0].symbol[index], lookups[0].length[index]
    symbol, length = (np.concatenate(parts) for parts in zip(*lookups, strict=True))
    return symbol[index], length[index]


# --- optimal tables --------------------------------------------------------------------------------------


def optimal_table(frequencies: NDArray[np.integer]) -> HuffmanTable:
    """The best table for given statistics (Annex K.2), as libjpeg builds it.

    Each symbol that occurs has a code of at most 16 bits, not all ones. ``frequencies``, integers ``(256,)``, say
    how often each symbol occurs. ValueError if none does.

    >>> frequencies = np.zeros(256, int); frequencies[[1, 2, 3]] = 10, 5, 1
    >>> optimal_table(frequencies).bits[:3]
    (1, 1, 1)
    """
    check_array("frequencies", frequencies, "iu", "integers (256,), at least 0", ndim=1)
    (occurring,) = frequencies.nonzero()
    symbols, counts = occurring.tolist(), frequencies.take(occurring).tolist()
    if len(frequencies) > 256 or min(counts, default=0) < 0:
        raise ValueError("frequencies: expected at most 256 counts of at least 0")
    if not symbols:
        raise ValueError("frequencies: no symbol occurs")
    sizes = _code_sizes([*symbols, RESERVED], [*counts, 1])
    bits = [0] * (max(*sizes, 16) + 1)
    for symbol in (*symbols, RESERVED):
        bits[sizes[symbol]] += 1
    _limit_to_16(bits)
    longest = 16
    while not bits[longest]:
        longest -= 1
    bits[longest] -= 1  # the code of all ones stays unused
    return HuffmanTable(tuple(bits[1:17]), bytes(sorted(symbols, key=sizes.__getitem__)))


RESERVED = 256  # a symbol that reserves the code of all ones (K.2)


def _code_sizes(symbols: list[int], counts: list[int]) -> list[int]:
    """Figure K.1: the code length of each symbol 0 .. 256; 0 for symbols that are not given.

    The two least frequent nodes are merged until one is left. Of equally frequent nodes the one with the larger
    index is taken first. The merged node keeps the index of the node that was taken first. So one number stands
    for a node: its count, and in the low 9 bits 256 minus its index.
    """
    from heapq import heapify, heappop, heapreplace  # noqa: PLC0415 (1 ms, and few files need new tables)

    heap = [count << 9 | 256 - symbol for symbol, count in zip(symbols, counts, strict=True)]
    heapify(heap)
    merged = []
    while len(heap) > 1:
        first = heappop(heap)
        second = heap[0]
        heapreplace(heap, first + (second & -512))
        merged.append((256 - (first & 511), 256 - (second & 511)))
    # From the root down: the codes of a node's two parts are one bit longer than the node's code.
    sizes = [0] * 257
    for kept, other in reversed(merged):
        sizes[kept] = sizes[other] = sizes[kept] + 1
    return sizes


def _limit_to_16(bits: list[int]) -> None:
    """Figure K.3: shorten codes to at most 16 bits, in place; ``bits[i]`` is the number of codes of i bits.

    Take two of the longest codes. One of their symbols gets their common prefix, which is one bit shorter. The
    other shares the code of a symbol of the next shorter length in use, and both of these become one bit longer.
    """
    for length in range(len(bits) - 1, 16, -1):
        while bits[length] > 0:
            shorter = length - 2
            while bits[shorter] == 0:
                shorter -= 1
            bits[length] -= 2
            bits[length - 1] += 1
            bits[shorter + 1] += 2
            bits[shorter] -= 1
