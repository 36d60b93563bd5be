"""The scan writer's fast form: one token for each nonzero coefficient, and one look-up for all bits of a token.

The bits of an AC coefficient depend only on its value and on the number of zeros before it: ZRL for every sixteen
zeros, the code of RRRRSSSS, the magnitude bits. A table holds all of these but the magnitude bits
(:func:`ac_words`). The DC coefficient of each block is a token too, zero or not. The zeros before it are those at
the end of the block before. If there are any, the table gives the end-of-block code for them, and the code of the
DC difference follows.

    coefficients   5 0 0 2 0 ... 0 | 4 1 0 ... 0 | ...            positions  0 3 | 64 65 | 128
    token          run, value      code
    5 (DC)         -               code of the DC difference
    2              2, 2            code of 2/2, magnitude bits
    4 (DC)         60, -           end of block; code of the DC difference
    1              0, 1            code of 0/1, magnitude bit

This is the fused form of zigzag, run_length_encode, ac_symbols, magnitude_category, magnitude_bits and
huffman_encode. The tables have no entry for AC coefficients above 1023, DC differences above 2047, tokens of more
than 58 bits and symbols without a code. Bands with one of these go through
:mod:`numjpeg.entropy.sequential_writer`.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.frame import Scan
from numjpeg.entropy.sequential_writer import Coded, Symbols, make_symbols
from numjpeg.entropy.shared import predict_dc
from numjpeg.fast.codewords.scan_order import scan_order
from numjpeg.stages import huffman
from numjpeg.stages.huffman import END_OF_BLOCK, ZERO_RUN, HuffmanTable, magnitude_category
from numjpeg.stages.mcu_order import block_component
from numjpeg.stages.run_length import Runs
from numjpeg.workspace import Workspace

VALUE_BITS = 11
_ZERO = 1 << (VALUE_BITS - 1)
MAX_AC = _ZERO - 1
"""The largest AC coefficient that the table has; 8-bit samples make none above it."""
MAX_DC = 2047
"""The largest DC difference that the table has; 8-bit samples make none above it."""

# An entry of a look-up: code in the low 58 bits, its length in the high 6, 63 if the entry is missing.
CODE_BITS, _NONE = 58, 63
_CODE_BITS, _CODE_MASK = np.uint64(CODE_BITS), np.uint64((1 << CODE_BITS) - 1)
_NO_ENTRY = np.uint64(_NONE << CODE_BITS)


class Tokens(NamedTuple):
    """The tokens of a band in coding order: a :class:`numjpeg.entropy.sequential_writer.Codable`.

    ``key`` is (run << bits of table | table) << 11 | value + 1024; the table is the place in
    ``layout.ac_numbers``. For a DC token the value is 0 and the table that of the block before.
    """

    key: NDArray[np.integer]
    dc_place: NDArray[np.integer]  # index of each block's DC token, and of one that only ends the last block
    differences: NDArray[np.integer]  # of DC, (MCUs, blocks an MCU)
    first_mcu: int  # place of the band in the scan, in MCUs
    layout: _Layout

    def kept(self) -> tuple[Tokens, int]:
        """A copy of the tokens, with 4 bytes for each token and 8 for each block; and how many bytes that is."""
        key, dc_place = self.key.astype(np.int32), self.dc_place.astype(np.int32)
        return self._replace(key=key, dc_place=dc_place), key.nbytes + dc_place.nbytes + self.differences.nbytes

    def frequencies(self, scan: Scan) -> NDArray[np.intp]:
        """How often each symbol occurs. Components that share a table are counted at the first of them."""
        dc = self.layout.dc_counts + magnitude_category(self.differences)
        counts = np.bincount(dc.ravel(), minlength=512 * len(scan.components)).reshape(-1, 256)
        tables = len(self.layout.ac_numbers)
        # Axes: the number of ZRLs, RRRR, table, SSSS.
        by_token = np.bincount(by_category(self.key), minlength=64 * tables * 16).reshape(4, 16, tables, 16)
        by_symbol = by_token.sum(0).swapaxes(0, 1)  # table, RRRR, SSSS
        ends = by_symbol[:, :, 0].sum(1) - by_token[0, 0, :, 0]
        by_symbol[:, :, 0] = 0
        by_symbol[:, ZERO_RUN >> 4, 0] = np.arange(4) @ by_token[..., 1:].sum((1, 3))
        by_symbol[:, END_OF_BLOCK >> 4, 0] = ends
        for row, table in self.layout.ac_counts:
            counts[row] = by_symbol[table].ravel()
        return counts

    def code(self, scan: Scan, workspace: Workspace) -> Coded:
        """The code words, in the workspace's memory."""
        layout = self.layout
        codes = workspace.array("codes", self.key.shape, np.uint64)
        lengths = workspace.array("lengths", self.key.shape, np.uint64)
        tables = tuple(scan.huffman_tables[1, number] for number in layout.ac_numbers)
        ac_codes(tables, self.key, codes)
        np.right_shift(codes, _CODE_BITS, out=lengths)
        np.bitwise_and(codes, _CODE_MASK, out=codes)

        lookup = dc_lookup(tuple(scan.huffman_tables[0, number] for number in layout.dc_numbers))
        dc_codes = lookup.take(self.differences + layout.dc_offset, mode="clip").ravel()
        dc_lengths = dc_codes >> _CODE_BITS
        dc_codes &= _CODE_MASK
        place = self.dc_place[:-1]
        codes[place] = codes[place] << dc_lengths | dc_codes
        lengths[place] += dc_lengths
        if int(lengths.max()) >= _NONE:  # an end of a block and a difference take at most 16 + 27 bits
            return self.expand(scan).code(scan, workspace)
        bound_word = self.dc_place[:: scan.blocks_per_mcu]
        bound_tail = np.zeros(len(bound_word), np.uint64)
        bound_tail[:-1] = dc_lengths[:: scan.blocks_per_mcu]
        return Coded(codes, lengths, self.first_mcu, bound_word, bound_tail)

    def expand(self, scan: Scan) -> Symbols:
        """The tokens as symbols."""
        run = (self.key >> VALUE_BITS).astype(np.intp) >> self.layout.ac_bits
        value = ((self.key & ((1 << VALUE_BITS) - 1)) - _ZERO).astype(np.int16)
        is_dc = np.zeros(len(run), np.intp)
        is_dc[self.dc_place] = 1
        # If zeros stand before a DC token, it is an entry for the end of the block before.
        block = np.cumsum(is_dc) - is_dc - 1
        entry = np.flatnonzero((is_dc == 0) | (run > 0))
        run[is_dc == 1] = 0
        runs = Runs(block[entry], run[entry], value[entry])
        return make_symbols(scan, self.differences.astype(np.int32), runs, self.first_mcu)


class _Layout(NamedTuple):
    """How a scan's keys are made and counted. It follows from the components alone."""

    ac_numbers: tuple[int, ...]  # Ta of the AC tables by their places in a key, the last one repeated
    ac_bits: int  # of a place in a key
    # (first, after last, what is added to the values of these blocks of each MCU); leading zeros are left out.
    offsets: list[tuple[int, int, np.int16]]
    of_block_before: NDArray[np.int16]  # for each block of an MCU, what is added to values of the block before
    dc_numbers: tuple[int, ...]  # Td of the DC tables in the order of dc_lookup
    dc_offset: NDArray[np.intp]  # where the difference 0 of each block of an MCU stands in dc_lookup
    dc_counts: NDArray[np.intp]  # where the symbols of each block of an MCU are counted: 512 for each component
    ac_counts: list[tuple[int, int]]  # (row of the counts, place of the AC table in a key)


@lru_cache(maxsize=16)
def _layout(
    factors: tuple[tuple[int, int], ...], ac_selectors: tuple[int, ...], dc_selectors: tuple[int, ...]
) -> _Layout:
    ac_numbers, dc_numbers = list(dict.fromkeys(ac_selectors)), list(dict.fromkeys(dc_selectors))
    ac_bits = (len(ac_numbers) - 1).bit_length()
    component = block_component(factors)
    by_block = np.array([ac_numbers.index(Ta) << VALUE_BITS for Ta in ac_selectors], np.int16)[component]
    bounds = [*np.flatnonzero(np.diff(by_block, prepend=0)).tolist(), len(by_block)]
    offsets = [(first, after_last, by_block[first]) for first, after_last in pairwise(bounds)]
    dc_rows = np.array([dc_numbers.index(Td) for Td in dc_selectors], np.intp)[component]
    return _Layout(
        tuple(ac_numbers + ac_numbers[-1:] * ((1 << ac_bits) - len(ac_numbers))),
        ac_bits,
        offsets,
        np.roll(by_block, 1),
        tuple(dc_numbers),
        dc_rows * (2 * MAX_DC + 1) + MAX_DC,
        512 * component,
        [(2 * ac_selectors.index(Ta) + 1, i) for i, Ta in enumerate(ac_numbers)],
    )


def layout_of(scan: Scan) -> _Layout:
    """The layout of a scan's keys."""
    return _layout(scan.factors, tuple(c.Ta for c in scan.components), tuple(c.Td for c in scan.components))


def find_tokens(
    scan: Scan, planes: list[NDArray[np.int16]], first_mcu: int, predictors: list[int], workspace: Workspace
) -> Tokens | None:
    """Turn a band of coefficients into tokens, in the workspace's memory (:meth:`Tokens.kept`).

    ``planes``: for each component of the scan int16 ``(rows, columns, 8, 8)``, whole MCU rows or a piece of one,
    without padding blocks; fastest if they are 64 planes in memory. ``first_mcu``, ``predictors``: as in
    :func:`numjpeg.entropy.shared.predict_dc`. None if a value is too large; then ``predictors`` stay as they were.
    """
    blocks, dc = scan_order(planes, scan.factors, workspace)
    after = list(predictors)
    differences = predict_dc(scan, dc, first_mcu, after)
    if max(differences.max(), -differences.min()) > MAX_DC:
        return None

    size = blocks.size
    present = workspace.array("present", (size + 1,), np.bool_)
    flat = blocks.reshape(size)
    np.not_equal(flat, 0, out=present[:-1])
    present[::64] = True
    blocks[..., 0] = 0
    if max(int(flat.max()), -int(flat.min())) > MAX_AC:
        return None
    # The number of the table goes above the bits of the value. Zeros change too, but no token is made of them.
    layout = layout_of(scan)
    for first, after_last, offset in layout.offsets:
        part = blocks[:, first:after_last]
        np.add(part, offset, out=part)
    blocks[..., 0] = layout.of_block_before

    position = present.nonzero()[0]
    count = len(position)
    values = workspace.array("values", (count,), np.int16)
    np.take(flat, position[:-1], out=values[:-1], mode="clip")
    values[-1] = layout.of_block_before[0]
    # The number of zeros before a token is its distance from the token before, less one.
    np.add(values, np.int16(_ZERO - (1 << (VALUE_BITS + layout.ac_bits))), out=values)
    key = workspace.array("key", (count,), np.int64)
    key[0] = 1
    np.subtract(position[1:], position[:-1], out=key[1:])
    np.left_shift(key, VALUE_BITS + layout.ac_bits, out=key)
    np.add(key, values, out=key)
    predictors[:] = after
    # A block's first token is its coefficient 0. A search is faster for few blocks, three times slower for many.
    starts = (position & 63 == 0).nonzero()[0]
    return Tokens(key, starts, differences, first_mcu, layout)


_VALUE_MASK = (1 << VALUE_BITS) - 1
_STANDARD = frozenset(huffman.STANDARD_TABLES.values())


@lru_cache(maxsize=2)
def _values(first: int, behind: int) -> tuple[NDArray[np.intp], NDArray[np.uint64]]:
    """Category and magnitude bits of the values ``first`` .. ``behind`` - 1."""
    values = np.arange(first, behind)
    category = magnitude_category(values)
    return category.astype(np.intp), huffman.magnitude_bits(values, category)


def by_category(key: NDArray[np.integer]) -> NDArray[np.intp]:
    """The index of each token in :func:`ac_words`: run and table, then the category of the value."""
    place: NDArray[np.intp] = _values(-_ZERO, _ZERO)[0].take(key & _VALUE_MASK)
    place += key >> (VALUE_BITS - 4) & -16
    return place


def ac_codes(
    tables: tuple[HuffmanTable, ...], key: NDArray[np.integer], out: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """The bits of tokens but for DC differences, with their lengths. ``tables``: by the places in the keys."""
    if all(table in _STANDARD for table in tables):
        return _standard_words(tables).take(key, out=out, mode="clip")
    ac_words(tables).take(by_category(key), out=out, mode="clip")
    return np.bitwise_or(out, _values(-_ZERO, _ZERO)[1].take(key & _VALUE_MASK), out=out)


@lru_cache(maxsize=2)
def _standard_words(tables: tuple[HuffmanTable, ...]) -> NDArray[np.uint64]:
    """The bits of every key: 2 MB, made in 2 ms. A look-up here takes a third of the time of the two otherwise."""
    key = np.arange(64 * len(tables) << VALUE_BITS)
    return ac_words(tables).take(by_category(key)) | _values(-_ZERO, _ZERO)[1].take(key & _VALUE_MASK)


@lru_cache(maxsize=4)
def ac_words(tables: tuple[HuffmanTable, ...]) -> NDArray[np.uint64]:
    """The bits of a token with zeros in place of the magnitude bits, for each run 0 .. 63, table and category 0 ..
    15. Category 0 is the end of a block, or nothing if the run is 0.
    """
    # Axes: the number of ZRLs, RRRR, table, SSSS.
    codes = huffman.huffman_codes(*tables)
    code = codes.code.reshape(-1, 16, 16).swapaxes(0, 1)
    length = codes.length.reshape(-1, 16, 16).swapaxes(0, 1).astype(np.uint64)
    category, zero_runs = np.arange(16, dtype=np.uint64), np.arange(4, dtype=np.uint64)
    zero_code, zero_length = code[15, :, 0], length[15, :, 0]
    ahead = np.zeros((4, len(tables)), np.uint64)
    for k in range(1, 4):
        ahead[k] = ahead[k - 1] << zero_length | zero_code
    total = (zero_runs[:, np.newaxis] * zero_length)[:, np.newaxis, :, np.newaxis] + (length + category)
    exists = (length > 0) & (total <= CODE_BITS)
    exists[1:] &= zero_length[:, np.newaxis] > 0
    word = (ahead[:, np.newaxis, :, np.newaxis] << length | code) << category | total << _CODE_BITS
    # Codes that are too long have been shifted out of the word; they get no entry.
    words = np.where(exists, word, _NO_ENTRY).reshape(64, -1, 16)
    end_length = length[0, :, 0]
    words[1:, :, 0] = np.where(end_length > 0, code[0, :, 0] | end_length << _CODE_BITS, _NO_ENTRY)
    words[0, :, 0] = 0
    flat = words.ravel()
    flat.setflags(write=False)
    return flat


@lru_cache(maxsize=8)
def dc_lookup(tables: tuple[HuffmanTable, ...]) -> NDArray[np.uint64]:
    """The bits of the DC differences -2047 .. 2047, for each table."""
    category, magnitude = _values(-MAX_DC, MAX_DC + 1)
    codes = huffman.huffman_codes(*tables)
    code, length = (part.reshape(-1, 256)[:, : MAX_DC.bit_length() + 1].astype(np.uint64) for part in codes)
    extra = np.arange(code.shape[1], dtype=np.uint64)  # magnitude bits of each category
    word = np.where(length > 0, code << extra | (length + extra) << _CODE_BITS, _NO_ENTRY)
    flat = (word.take(category, axis=1) | magnitude).ravel()
    flat.setflags(write=False)
    return flat
