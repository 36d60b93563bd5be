"""Scans of the sequential DCT processes with Huffman coding (T.81 F.1.2): coefficients -> bits.

Bands of MCU rows go through DC prediction, run-length coding and Huffman coding, all blocks of a band at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.frame import Scan
from numjpeg.entropy import bits
from numjpeg.entropy.shared import Band, interval_starts, predict_dc, scan_tables
from numjpeg.stages.huffman import (
    MAX_CATEGORY,
    ac_symbols,
    huffman_encode,
    magnitude_bits,
    magnitude_category,
)
from numjpeg.stages.mcu_order import block_component, interleave
from numjpeg.stages.run_length import Runs, run_length_encode
from numjpeg.workspace import Workspace


class MissingCodeError(ValueError):
    """A Huffman table has no code for a symbol that occurs."""


class Coded(NamedTuple):
    """A band's code words, magnitude bits included."""

    codes: NDArray[np.uint64]
    """Right-aligned."""
    lengths: NDArray[np.uint64]
    """1 .. 58 bits."""
    first_mcu: int
    """Place of the band in the scan, in MCUs."""
    bound_word: NDArray[np.integer]
    """For the start of each MCU, and the end of the last one, the code word that holds it."""
    bound_tail: NDArray[np.uint64]
    """How many bits of that word come after it."""


class Codable(Protocol):
    """The symbols of a band in coding order: from these tables are made, or with tables a scan is written."""

    def frequencies(self, scan: Scan) -> NDArray[np.intp]:
        """How often each symbol occurs: ``(tables, 256)``, tables numbered as in :class:`Tokens`."""

    def code(self, scan: Scan, workspace: Workspace) -> Coded:
        """Their code words, which may lie in the workspace's memory.

        Raises
        ------
        MissingCodeError if one of the scan's tables has no code for a symbol that occurs.
        """


class Tokens(NamedTuple):
    """The symbols of a band, each by itself."""

    symbol: NDArray[np.uint8]
    """SSSS or RRRRSSSS."""
    value: NDArray[np.int32]
    """DC difference or AC coefficient, whose magnitude bits follow the symbol; 0 if none do."""
    table: NDArray[np.intp]
    """Number of the symbol's table: 2 c for DC, 2 c + 1 for AC, c the place of the component in the scan."""
    first_mcu: int
    """Place of the band in the scan, in MCUs."""
    mcu_starts: NDArray[np.intp]
    """Place of each MCU's first symbol."""

    def frequencies(self, scan: Scan) -> NDArray[np.intp]:
        """See :class:`Codable`."""
        tables = 2 * len(scan.components)
        return np.bincount(self.table * 256 + self.symbol, minlength=tables * 256).reshape(tables, 256)

    def kept(self) -> tuple[Tokens, int]:
        """The same, for longer than until the next band is made, and how many bytes that takes."""
        arrays = (self.symbol, self.value, self.table, self.mcu_starts)
        return self, sum(array.nbytes for array in arrays)

    def code(self, scan: Scan, _workspace: Workspace) -> Coded:
        """See :class:`Codable`."""
        try:
            codes, lengths = huffman_encode(self.symbol, scan_tables(scan), self.table)
        except ValueError as error:
            raise MissingCodeError(*error.args) from None
        # Magnitude bits go right behind the code: at most 16 + 15 bits.
        category = magnitude_category(self.value)
        codes = codes << category.astype(np.uint64) | magnitude_bits(self.value, category)
        total = (lengths + category).astype(np.uint64)
        bound_word = np.append(self.mcu_starts, len(codes) - 1)
        bound_tail = total[bound_word]
        bound_tail[-1] = 0
        return Coded(codes, total, self.first_mcu, bound_word, bound_tail)


def tokenize(scan: Scan, bands: Iterable[Band]) -> Iterator[Tokens]:
    """Turn a scan's coefficients into symbols, band by band (F.1.2).

    Raises
    ------
    ValueError for coefficients that have no symbol (magnitudes above 32767).
    """
    predictors = [0] * len(scan.components)
    first_mcu = 0
    for band in bands:
        tokens = tokenize_band(scan, band, first_mcu, predictors)
        yield tokens
        first_mcu += len(tokens.mcu_starts)


def tokenize_band(scan: Scan, band: Band, first_mcu: int, predictors: list[int]) -> Tokens:
    """Turn one band into symbols; ``first_mcu`` and ``predictors`` as of :func:`predict_dc`."""
    blocks = interleave(band, scan.factors)
    differences = predict_dc(scan, blocks[..., 0], first_mcu, predictors)
    return make_tokens(scan, differences, run_length_encode(blocks.reshape(-1, 64)), first_mcu)


def make_tokens(scan: Scan, differences: NDArray[np.int32], runs: Runs, first_mcu: int) -> Tokens:
    """The symbols of DC differences ``(MCUs, blocks an MCU)`` and of the same blocks' AC coefficients."""
    component = block_component(scan.factors)
    ac = ac_symbols(runs.run, runs.value)
    block = runs.block[ac.entry]
    # In coding order each block's DC symbol goes before its AC symbols, of which each block has at least one.
    count = differences.size
    dc_place = np.flatnonzero(np.diff(block, prepend=-1)) + np.arange(count)
    ac_place = np.arange(len(block)) + block + 1
    value = np.empty(count + len(block), np.int32)
    value[dc_place] = differences.ravel()
    value[ac_place] = ac.value
    symbol = np.empty(len(value), np.uint8)
    symbol[dc_place] = magnitude_category(differences.ravel())
    if symbol[dc_place].max() > MAX_CATEGORY:
        raise ValueError("planes: neighbouring DC coefficients differ by more than 32767")
    symbol[ac_place] = ac.symbol
    dc_table = np.tile(2 * component, len(differences))
    table = np.empty(len(value), np.intp)
    table[dc_place] = dc_table
    table[ac_place] = dc_table[block] + 1
    return Tokens(symbol, value, table, first_mcu, dc_place[:: len(component)])


def write_scan(scan: Scan, bands: Iterable[Codable]) -> Iterator[bytes]:
    """The entropy-coded data of a scan, band by band: Huffman coding, packing, stuffing, restart markers.

    Raises
    ------
    MissingCodeError if one of the scan's tables has no code for a symbol that occurs.
    """
    workspace = Workspace()
    carry, carried = 0, 0  # bits of a byte that is not full yet, right-aligned, and their number
    for band in bands:
        coded = band.code(scan, workspace)
        codes, lengths = coded.codes, coded.lengths
        interval, at_start = divmod(coded.first_mcu, scan.restart_interval or 1 << 62)
        if coded.first_mcu and not at_start:
            yield bits.restart_marker(interval - 1)
        # The first word is a DC symbol and its bits, at most 16 + 15, so 7 more have room in front.
        codes[0] |= np.uint64(carry << int(lengths[0]))
        lengths[0] += np.uint64(carried)
        boundaries = _close_intervals(scan, coded)
        packed, size = bits.pack(codes, lengths, workspace)
        carried = size % 8
        carry = packed[-1] >> (8 - carried) if carried else 0
        yield bits.stuff(packed[: size // 8], boundaries, interval)
    if carried:
        # F.1.2.3: the last byte is filled up with ones.
        free = 8 - carried
        yield bits.stuff(bytes((carry << free | (1 << free) - 1,)))


def _close_intervals(scan: Scan, coded: Coded) -> NDArray[np.intp]:
    """Fill up the last byte of each restart interval that ends in the band with ones (F.1.2.3), in place.

    Returns the byte offsets of the ends inside the band.
    """
    count = len(coded.bound_word) - 1
    ends = interval_starts(scan, coded.first_mcu, count + 1)
    ends = ends[ends > 0]
    if len(ends) == 0:
        return ends
    word, tail = coded.bound_word[ends], coded.bound_tail[ends]
    size = np.diff(np.cumsum(coded.lengths)[word] - tail, prepend=np.uint64(0))
    padding = -size & np.uint64(7)
    one = np.uint64(1)
    # An end may lie within a word: what is before it goes up, what is after it stays.
    codes = coded.codes[word]
    head = codes >> tail << padding | ((one << padding) - one)
    coded.codes[word] = head << tail | codes & ((one << tail) - one)
    coded.lengths[word] += padding
    boundaries = np.cumsum(size + padding) >> np.uint64(3)
    return boundaries[ends < count].astype(np.intp)
