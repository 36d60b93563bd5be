"""Scans of the lossless process with Huffman coding (T.81 H.1.2): samples -> bits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.frame import Scan
from numjpeg.entropy.sequential_writer import Coded
from numjpeg.entropy.shared import in_scan_order
from numjpeg.stages import huffman
from numjpeg.stages.blocks import pad_edges
from numjpeg.stages.lossless_prediction import lossless_differences
from numjpeg.workspace import Workspace

WHOLE = 1 << 15  # the difference of category 16, which has no bits (H.1.2.2)
BAND_SYMBOLS = 1 << 17  # symbols that become code words at a time


@dataclass(frozen=True)
class LosslessSymbols:
    """Symbols of a scan in coding order, ``(n,)`` each. All components have the same table."""

    symbol: NDArray[np.uint8]  # the category of the difference, 0 .. 16
    value: NDArray[np.int32]  # the difference, whose bits follow; 0 if none do
    first_mcu: int = 0  # place of the first symbol in the scan, in MCUs

    def bands(self, scan: Scan) -> Iterator[LosslessSymbols]:
        """Cut them into bands that are coded in turn: a code word takes 30 times the memory of a symbol."""
        step = max(1, BAND_SYMBOLS // scan.blocks_per_mcu) * scan.blocks_per_mcu
        for start in range(0, len(self.symbol), step):
            part = slice(start, start + step)
            yield LosslessSymbols(self.symbol[part], self.value[part], start // scan.blocks_per_mcu)

    def differences(self) -> NDArray[np.int32]:
        """The differences, -32767 .. 32768."""
        return np.where(self.symbol == 16, np.int32(WHOLE), self.value)

    def frequencies(self, _scan: Scan) -> NDArray[np.intp]:
        """``(1, 256)``, how often each symbol occurs."""
        return np.bincount(self.symbol, minlength=256)[np.newaxis]

    def bits(self, table: huffman.HuffmanTable) -> int:
        """How many bits the symbols take with their differences."""
        lengths = dict(zip(table.values, np.repeat(np.arange(1, 17), table.bits).tolist(), strict=True))
        counts = np.bincount(self.symbol).tolist()
        return sum(n * (lengths[s] + s % 16) for s, n in enumerate(counts) if n)

    def code(self, scan: Scan, _workspace: Workspace) -> Coded:
        """See :class:`numjpeg.entropy.sequential_writer.Codable`."""
        codes, lengths = huffman.huffman_encode(self.symbol, [scan.huffman_tables[0, scan.components[0].Td]])
        codes, lengths = huffman.append_magnitude_bits(codes, lengths, self.value)
        total = lengths.astype(np.uint64)
        # An MCU begins where the word before it ends. So no word holds two boundaries, even if an MCU is one word.
        bound_word = np.maximum(np.arange(0, len(codes) + 1, scan.blocks_per_mcu) - 1, 0)
        bound_tail = np.zeros(len(bound_word), np.uint64)
        bound_tail[0] = total[0]
        return Coded(codes, total, self.first_mcu, bound_word, bound_tail)


def code_lossless(
    scan: Scan, samples: Sequence[NDArray[Any]], predictors: Sequence[int]
) -> tuple[Scan, LosslessSymbols, huffman.HuffmanTable]:
    """Code a scan with the predictor that takes the fewest bits. Returns the scan, its symbols and their best
    table. ``samples``: of each component of the scan, uint8 or uint16 ``(rows, columns)``.
    """
    planes: list[NDArray[np.uint16]] = []
    for plane, (v, h) in zip(samples, scan.factors, strict=True):
        kept = np.right_shift(plane, scan.Al, dtype=np.uint16, order="C")
        planes.append(pad_edges(kept, v, h))  # A.2.4
    coded = (_code(replace(scan, Ss=predictor, huffman_tables={}), planes) for predictor in predictors)
    return min(coded, key=lambda trial: trial[1].bits(trial[2]))


def _code(scan: Scan, planes: Sequence[NDArray[np.uint16]]) -> tuple[Scan, LosslessSymbols, huffman.HuffmanTable]:
    """Code with the scan's own predictor. The planes are whole MCUs, after the point transform."""
    rows, columns = scan.mcus
    height = scan.restart_interval // columns or rows
    first = 1 << scan.frame.precision - scan.Al - 1
    differences = []
    for plane, (v, _) in zip(planes, scan.factors, strict=True):
        of_plane = np.empty_like(plane)
        for top in range(0, rows * v, height * v):
            part = slice(top, top + height * v)
            of_plane[part] = lossless_differences(plane[part], scan.Ss, first)
        differences.append(of_plane.view(np.int16))
    signed = in_scan_order(scan, differences).ravel().astype(np.int32)
    symbol = huffman.magnitude_category(signed)  # 16 for -32768, which is 32768 modulo 2^16
    signed[signed == -WHOLE] = 0
    symbols = LosslessSymbols(symbol, signed)
    return scan, symbols, huffman.optimal_table(symbols.frequencies(scan)[0])
