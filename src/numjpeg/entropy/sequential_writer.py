"""Scans of the sequential DCT processes with Huffman coding (T.81 F.1.2): coefficients -> bits.

All blocks of a band of MCU rows go through DC prediction, run-length coding and Huffman coding together, by the
functions of :mod:`numjpeg.stages`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.frame import Scan
from numjpeg.container.markers import RST0
from numjpeg.entropy.shared import Band, interval_starts, predict_dc
from numjpeg.stages.bitstream import pack_bits, stuff_bytes
from numjpeg.stages.huffman import HuffmanTable, append_magnitude_bits, block_symbols, huffman_encode
from numjpeg.stages.mcu_order import block_component, interleave
from numjpeg.stages.run_length import Runs, run_length_encode
from numjpeg.workspace import Workspace


class MissingCodeError(ValueError):
    """A Huffman table has no code for a symbol that occurs."""


class Coded(NamedTuple):
    """A band's code words, magnitude bits included."""

    codes: NDArray[np.uint64]  # right-aligned
    lengths: NDArray[np.uint64]  # 0 .. 58 bits
    first_mcu: int  # place of the band in the scan, in MCUs
    bound_word: NDArray[np.integer]  # the words in which MCUs begin, and the one in which the last MCU ends
    bound_tail: NDArray[np.uint64]  # for each of these words, how many of its bits come after that boundary


class Codable(Protocol):
    """The symbols of a band in coding order. Huffman tables are made from them; then they are coded with these."""

    def frequencies(self, scan: Scan) -> NDArray[np.intp]:
        """How often each symbol occurs: ``(tables, 256)``, tables numbered as in :class:`Symbols`."""

    def code(self, scan: Scan, workspace: Workspace) -> Coded:
        """Their code words, which may lie in the workspace's memory. MissingCodeError if a symbol has none."""


class Symbols(NamedTuple):
    """The symbols of a band in coding order."""

    symbol: NDArray[np.uint8]  # SSSS or RRRRSSSS
    value: NDArray[np.int32]  # DC difference or AC coefficient, whose magnitude bits follow; 0 if none do
    table: NDArray[np.intp]  # 2 c for DC, 2 c + 1 for AC, c the place of the component in the scan
    first_mcu: int  # place of the band in the scan, in MCUs
    mcu_starts: NDArray[np.intp]  # index of each MCU's first symbol

    def frequencies(self, scan: Scan) -> NDArray[np.intp]:
        """See :class:`Codable`."""
        tables = 2 * len(scan.components)
        return np.bincount(self.table * 256 + self.symbol, minlength=tables * 256).reshape(tables, 256)

    def kept(self) -> tuple[Symbols, int]:
        """These symbols, which stay valid when the next band is made, and how many bytes they take."""
        arrays = (self.symbol, self.value, self.table, self.mcu_starts)
        return self, sum(array.nbytes for array in arrays)

    def code(self, scan: Scan, _workspace: Workspace) -> Coded:
        """See :class:`Codable`."""
        keys = [key for c in scan.components for key in ((0, c.Td), (1, c.Ta))]
        tables = [scan.huffman_tables.get(key, _NO_CODES) for key in keys]
        try:
            codes, lengths = huffman_encode(self.symbol, tables, self.table)
        except ValueError as error:
            raise MissingCodeError(*error.args) from None
        codes, lengths = append_magnitude_bits(codes, lengths, self.value)
        # An empty word holds the bits that fill up the last byte.
        codes, total = np.append(codes, np.uint64(0)), np.append(lengths, np.uint8(0)).astype(np.uint64)
        bound_word = np.append(self.mcu_starts, len(lengths))
        return Coded(codes, total, self.first_mcu, bound_word, total[bound_word])


_NO_CODES = HuffmanTable((0,) * 16, b"")


def find_symbols(scan: Scan, bands: Iterable[Band]) -> Iterator[Symbols]:
    """A scan's symbols, band by band (F.1.2). ValueError for coefficients that have none (above 32767)."""
    predictors, first_mcu = [0] * len(scan.components), 0
    for band in bands:
        symbols = band_symbols(scan, band, first_mcu, predictors)
        yield symbols
        first_mcu += len(symbols.mcu_starts)


def band_symbols(scan: Scan, band: Band, first_mcu: int, predictors: list[int]) -> Symbols:
    """The symbols of a band that begins at MCU ``first_mcu``; ``predictors`` are updated for the next band."""
    blocks = interleave(band, scan.factors)
    differences = predict_dc(scan, blocks[..., 0], first_mcu, predictors)
    return make_symbols(scan, differences, run_length_encode(blocks.reshape(-1, 64)), first_mcu)


def make_symbols(scan: Scan, differences: NDArray[np.int32], runs: Runs, first_mcu: int) -> Symbols:
    """The symbols of DC differences ``(MCUs, blocks an MCU)`` and of the AC coefficients of the same blocks."""
    component = np.tile(block_component(scan.factors), len(differences))
    _, table, symbol, value = block_symbols(differences.ravel(), runs, component)
    first_of_block = np.flatnonzero(table % 2 == 0)
    return Symbols(symbol, value, table, first_mcu, first_of_block[:: scan.blocks_per_mcu])


def write_scan(scan: Scan, bands: Iterable[Codable]) -> Iterator[bytes]:
    """The entropy-coded data of a scan, one restart interval at a time (F.1.2.3). The literal form of
    :func:`numjpeg.fast.codewords.packing.pack_scan`. MissingCodeError as :class:`Codable`.
    """
    pieces, ends, total = [], [0], 0
    for band in bands:
        codes, lengths, first_mcu, bound_word, bound_tail = band.code(scan, Workspace())
        # Where the MCUs of the band begin and the last one ends, in bits of the scan.
        bounds = total + np.cumsum(lengths)[bound_word].astype(np.intp) - bound_tail.astype(np.intp)
        starts = interval_starts(scan, first_mcu, len(bound_word) - 1)
        ends += bounds[starts[starts + first_mcu > 0]].tolist()
        total = int(bounds[-1])
        pieces.append(np.unpackbits(pack_bits(codes, lengths))[: int(lengths.sum())])
    bits = np.concatenate(pieces)
    for i, (first, end) in enumerate(pairwise([*ends, total])):
        if i:
            yield restart_marker(i - 1)
        yield stuff_bytes(pack_bits(bits[first:end], np.ones(end - first, np.uint8))).tobytes()


def restart_marker(count: int) -> bytes:
    """The marker after ``count`` others: RSTm, m = count modulo 8 (F.1.2.3)."""
    return bytes((0xFF, RST0 + count % 8))
