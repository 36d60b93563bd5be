"""Scans of the lossless process with Huffman coding (T.81 H.1.2): samples -> bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.frame import Scan
from numjpeg.entropy.sequential_writer import Coded
from numjpeg.stages.huffman import (
    HuffmanTable,
    append_magnitude_bits,
    huffman_encode,
    magnitude_category,
    optimal_table,
)
from numjpeg.stages.lossless_prediction import lossless_differences
from numjpeg.workspace import Workspace

WHOLE = 1 << 15
"""The difference of category 16, which has no bits (H.1.2.2)."""


@dataclass(frozen=True)
class LosslessSymbols:
    """The symbols of a scan in coding order, ``(n,)`` each; all components have one table."""

    symbol: NDArray[np.uint8]
    """The category of the difference, 0 .. 16."""
    value: NDArray[np.int32]
    """The difference, whose bits follow; 0 if none do."""

    def differences(self) -> NDArray[np.int32]:
        """What is coded, -32767 .. 32768."""
        return np.where(self.symbol == 16, np.int32(WHOLE), self.value)

    def frequencies(self, _scan: Scan) -> NDArray[np.intp]:
        """``(1, 256)``, how often each symbol occurs."""
        return np.bincount(self.symbol, minlength=256)[np.newaxis]

    def bits(self, table: HuffmanTable) -> int:
        """How many bits they take."""
        lengths = dict(zip(table.values, np.repeat(np.arange(1, 17), table.bits).tolist(), strict=True))
        counts = np.bincount(self.symbol).tolist()
        return sum(n * (lengths[s] + s % 16) for s, n in enumerate(counts) if n)

    def code(self, scan: Scan, _workspace: Workspace) -> Coded:
        """See :class:`numjpeg.entropy.sequential_writer.Codable`."""
        codes, lengths = huffman_encode(self.symbol, [scan.huffman_tables[0, scan.components[0].Td]])
        codes, lengths = append_magnitude_bits(codes, lengths, self.value)
        total = lengths.astype(np.uint64)
        bound_word = np.append(np.arange(0, len(codes), scan.blocks_per_mcu), len(codes) - 1)
        bound_tail = total[bound_word]
        bound_tail[-1] = 0
        return Coded(codes, total, 0, bound_word, bound_tail)


def code_lossless(scan: Scan, planes: Sequence[NDArray[np.uint16]]) -> tuple[Scan, LosslessSymbols, HuffmanTable]:
    """The scan, its symbols and the best table for them.

    Parameters
    ----------
    scan : one of all components, not subsampled; its Ss is the predictor.
    planes : of each component its samples, uint16 ``(rows, columns)``, after the point transform.
    """
    columns = planes[0].shape[1]
    height = scan.restart_interval // columns or len(planes[0])
    first = 1 << scan.frame.precision - scan.Al - 1
    differences = []
    for plane in planes:
        own = np.empty_like(plane)
        for top in range(0, len(plane), height):
            own[top : top + height] = lossless_differences(plane[top : top + height], scan.Ss, first)
        differences.append(own.view(np.int16))
    signed = np.stack(differences, axis=-1).ravel().astype(np.int32)
    symbol = magnitude_category(signed)  # 16 for -32768, which is 32768 modulo 2^16
    signed[signed == -WHOLE] = 0
    return scan, (symbols := LosslessSymbols(symbol, signed)), optimal_table(symbols.frequencies(scan)[0])
