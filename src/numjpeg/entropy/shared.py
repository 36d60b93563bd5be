"""What the readers and writers of scans share: tables, restart intervals, DC prediction, single bits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.frame import Scan
from numjpeg.entropy import bits
from numjpeg.stages.dc_prediction import dc_differences, dc_from_differences
from numjpeg.stages.huffman import WINDOW_BITS, HuffmanTable, Lookup, extend, huffman_decode, huffman_lookup
from numjpeg.stages.mcu_order import pad_to_mcus

Band = list[NDArray[np.int16]]
"""Some whole MCU rows of a scan: the blocks of each component, int16 ``(rows, columns, 64)``, zig-zag order."""


def scan_tables(scan: Scan) -> list[HuffmanTable]:
    """The scan's Huffman tables: number 2 c is for the DC of its component c, number 2 c + 1 for the AC."""
    return [scan.huffman_tables[key] for c in scan.components for key in ((0, c.Td), (1, c.Ta))]


def interval_starts(scan: Scan, first_mcu: int, count: int) -> NDArray[np.intp]:
    """The MCUs at which restart intervals begin among ``count`` MCUs from ``first_mcu`` on, which counts as 0."""
    if not scan.restart_interval:
        return np.empty(0, np.intp)
    return np.arange(-first_mcu % scan.restart_interval, count, scan.restart_interval)


def predict_dc(scan: Scan, dc: NDArray[np.int16], first_mcu: int, predictors: list[int]) -> NDArray[np.int32]:
    """Differences of DC coefficients ``(MCUs, blocks an MCU)`` of a band that begins at MCU ``first_mcu``.
    ``predictors``, one for each component, are updated for the next band.
    """
    resets = interval_starts(scan, first_mcu, len(dc))
    differences = np.empty(dc.shape, np.int32)
    first = 0
    for c, (v, h) in enumerate(scan.factors):
        blocks = slice(first, first + v * h)
        component_dc = dc[:, blocks].ravel()
        differences[:, blocks] = dc_differences(component_dc, resets * (v * h), predictors[c]).reshape(-1, v * h)
        predictors[c] = int(component_dc[-1])
        first += v * h
    return differences


def dc_in_scan_order(scan: Scan, planes: Sequence[NDArray[np.int16]]) -> NDArray[np.int16]:
    """The DC coefficients of a scan without their Al lowest bits, ``(MCUs, blocks an MCU)``. ``planes``: the DC
    coefficients of each component of the scan, ``(block rows, block columns)``.
    """
    pairs = zip(planes, scan.factors, strict=True)
    padded = [pad_to_mcus(plane[..., np.newaxis], *scan.mcus, factor) for plane, factor in pairs]
    return in_scan_order(scan, padded) >> scan.Al  # G.1.2.1: an arithmetic shift, which rounds down


def in_scan_order(scan: Scan, planes: Sequence[NDArray[np.int16]]) -> NDArray[np.int16]:
    """Reorder planes of whole MCUs, with a value for each data unit, to ``(MCUs, data units an MCU)``."""
    rows, columns = scan.mcus
    parts = [
        plane.reshape(rows, v, columns, h).swapaxes(1, 2).reshape(rows * columns, v * h)
        for plane, (v, h) in zip(planes, scan.factors, strict=True)
    ]
    return np.concatenate(parts, axis=1)


def band_counts(scan: Scan, rows_per_band: int) -> list[int]:
    """The number of MCUs in each band of a scan."""
    rows, columns = scan.mcus
    return [min(rows_per_band, rows - row) * columns for row in range(0, rows, rows_per_band)]


def interval_bounds(payload: bits.Payload) -> list[int]:
    """The bit at which each restart interval begins, and the end of the last one."""
    return [*(payload.starts * 8).tolist(), payload.size * 8]


def receive(
    payload: bits.Payload, positions: NDArray[np.integer], tables: list[HuffmanTable], selector: NDArray[np.intp]
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """DECODE, RECEIVE and EXTEND (F.2.2.1, F.2.2.3): the symbols, and the values of their magnitude bits.
    ``positions``, ``(n,)``: the bit at which each code word begins. ``tables``, ``selector``: as in
    :func:`numjpeg.stages.huffman.huffman_decode`.
    """
    windows = bits.windows_32(payload.data, positions)
    symbol, length = huffman_decode((windows >> np.uint64(16)).astype(np.uint16), tables, selector)
    category = symbol & 15
    magnitude = windows >> (32 - length - category).astype(np.uint64)
    magnitude &= (np.uint64(1) << category.astype(np.uint64)) - np.uint64(1)
    return symbol, extend(magnitude, category)


ILLEGAL_BITS = 17  # bits of a code word that the table does not have: libjpeg gives up after 17


class LastBits:
    """Reads the MCU in which the data of an interval end, symbol by symbol. Missing bits are read as zeros."""

    def __init__(self, payload: bits.Payload, bit: int, end: int) -> None:
        whole = int.from_bytes(payload.data[bit >> 3 : end + 7 >> 3].tobytes(), "big")
        self._bits = whole >> (-end & 7)
        self.bit, self.end = bit, end

    def receive(self, count: int) -> int:
        """RECEIVE (F.2.2.4), of at most 16 bits."""
        value = self._ahead(count)
        self.bit += count
        return value

    def _ahead(self, count: int) -> int:
        behind = self.end - self.bit - count
        value = self._bits >> behind if behind >= 0 else self._bits << -behind
        return value & (1 << count) - 1

    def decode(self, table: HuffmanTable) -> int:
        """DECODE (F.2.2.3)."""
        return self.symbol(huffman_lookup(table))

    def symbol(self, lookup: Lookup) -> int:
        """DECODE with the look-up of a table."""
        window = self._ahead(16)
        self.bit += lookup.length.item(window) or ILLEGAL_BITS
        return lookup.symbol.item(window)

    def extend(self, category: int) -> int:
        """RECEIVE and EXTEND (F.2.2.1)."""
        value = self.receive(category)
        return value if 2 * value >= 1 << category else value - (1 << category) + 1


class McuLayout:
    """The order in which the coefficients of an MCU are stored. Of some components only the DC may be kept."""

    def __init__(self, factors: Sequence[tuple[int, int]], kept: Sequence[int] | None = None) -> None:
        """``kept`` : coefficients kept of a block, for each component: 64, or 1 for the DC. None: 64 for all."""
        kept = kept or [64] * len(factors)
        self.counts = [v * h for v, h in factors]
        self.sizes = np.repeat(kept, self.counts)  # coefficients kept of each block
        self.starts = np.append(0, np.cumsum(self.sizes))  # where each block begins, and the end of the MCU
        self.size = int(self.starts[-1])
        self.keeps_all = self.size == 64 * len(self.sizes)
        self._chosen = np.flatnonzero(np.arange(64) < self.sizes[:, np.newaxis])

    def place(self, block: int) -> int:
        """Where block number ``block`` of a scan begins."""
        mcu, number = divmod(block, len(self.sizes))
        return mcu * self.size + int(self.starts[number])

    def keep(self, blocks: NDArray[np.int16]) -> NDArray[np.int16]:
        """The coefficients that are kept of whole MCUs, int16 ``(m,)``. ``blocks``: ``(n, 64)``."""
        if self.keeps_all:
            return blocks.reshape(-1)
        return blocks.reshape(-1, 64 * len(self.sizes)).take(self._chosen, axis=1).reshape(-1)

    def components(self, coefficients: NDArray[np.int16]) -> list[NDArray[np.int16]]:
        """For each component a view of its kept coefficients, ``(MCUs, blocks an MCU, 64 or 1)``."""
        mcus = coefficients.reshape(-1, self.size)
        parts, first = [], 0
        for count in self.counts:
            part = mcus[:, self.starts[first] : self.starts[first + count]]
            parts.append(part.reshape(len(mcus), count, int(self.sizes[first])))
            first += count
        return parts


def restore_dc(scan: Scan, parts: Sequence[NDArray[np.int16]], first_mcu: int, predictors: list[int]) -> None:
    """Undo the DC prediction of a band in place. ``parts``: each component's blocks ``(MCUs, blocks an MCU, n)``,
    whose element 0 is the DC. ``first_mcu``, ``predictors``: as in :func:`predict_dc`.
    """
    resets = interval_starts(scan, first_mcu, len(parts[0]))
    for c, part in enumerate(parts):
        dc = part[:, :, 0]
        restored = dc_from_differences(dc.ravel(), resets * dc.shape[1], predictors[c])
        dc[:] = restored.reshape(dc.shape)
        predictors[c] = int(restored[-1])


Sparse = tuple[list[int], list[int]]  # the places of coefficients, and their values

CHUNK = 1 << 15  # bytes of entropy-coded data that are looked up at a time


def look_up(
    payload: bits.Payload, by_window: NDArray[np.uint8], margin: int = bits.PAYLOAD_MARGIN - 8
) -> list[bytes]:
    """Look up the 16 bits that begin at every bit of a payload, and of ``margin`` bytes behind it, in two tables.
    ``by_window``, uint8 ``(65536, 2)``, has both: one look-up for both takes half the time.
    """
    first, second = [], []
    pairs = by_window.view(np.uint16).ravel()
    size = payload.size + margin
    for start in range(0, size, CHUNK):
        windows = bits.windows_16(payload.data, start, min(CHUNK, size - start))
        entries = pairs.take(windows, mode="clip").view(np.uint8)
        first.append(entries[0::2].tobytes())
        second.append(entries[1::2].tobytes())
    return [b"".join(first), b"".join(second)]


def code_lengths(table: HuffmanTable) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The lengths of a table's codes, ascending, and the symbol of each."""
    return np.repeat(np.arange(1, 17), table.bits), np.frombuffer(table.values, np.uint8).astype(np.intp)


def tables_by_window(
    length: NDArray[np.intp], first: NDArray[np.intp], second: NDArray[np.intp], none: tuple[int, int]
) -> NDArray[np.uint8]:
    """Two tables with an entry for each window of 16 bits, uint8 ``(65536, 2)``. ``first``, ``second``: their
    entries for each code; ``length``: of each code; ``none``: the entries of windows that begin with no code.
    """
    by_window = np.empty((1 << WINDOW_BITS, 2), np.uint8)
    spans = 1 << (WINDOW_BITS - length)
    used = int(spans.sum())
    by_window[:used, 0] = np.repeat(first.astype(np.uint8), spans)
    by_window[:used, 1] = np.repeat(second.astype(np.uint8), spans)
    by_window[used:] = none
    return by_window
