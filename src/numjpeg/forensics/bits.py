"""The cost of a picture in bits: how many each block and each coefficient takes.

It follows ITU-T T.81 (1992), F.1.2. Every bit of the entropy-coded data, except padding and stuffing, counts once,
for one coefficient.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Coefficients, check_coefficients
from numjpeg.container.frame import Scan, frame_of
from numjpeg.entropy.sequential_writer import Symbols, find_symbols
from numjpeg.entropy.shared import scan_tables
from numjpeg.scans import in_mcus
from numjpeg.stages.huffman import END_OF_BLOCK, STANDARD_TABLES, HuffmanTable, huffman_encode, magnitude_category
from numjpeg.stages.mcu_order import deinterleave
from numjpeg.stages.zigzag import inverse_zigzag

Tables = Mapping[tuple[int, int], HuffmanTable]


def bits_per_coefficient(coefficients: Coefficients, tables: Tables | None = None) -> list[NDArray[np.uint8]]:
    """Count the bits of each coefficient, codes and magnitudes, in a baseline scan of all components.

    Parameters
    ----------
    coefficients : of a picture whose components fit one scan.
    tables : (class, number) -> Huffman table. None means the coefficients' own tables, and the standard ones where
        there are none, as in a progressive file. ValueError if a table has no code for a symbol that occurs.

    Returns
    -------
    For each component uint8 ``(rows, columns, 8, 8)``, natural order. The symbol for 16 zeros (ZRL) counts for the
    last of them, the end of a block (EOB) for the coefficient after the last nonzero one. Blocks that only fill up
    an MCU are left out.
    """
    check_coefficients(coefficients)
    components = coefficients.components
    given = coefficients.huffman_tables if tables is None else tables
    keys = {key for c in components for key in ((0, c.Td), (1, c.Ta))}
    tables = {key: given.get(key) or STANDARD_TABLES[key[0], min(key[1], 1)] for key in keys}
    indices, interval = tuple(range(len(components))), coefficients.restart_interval
    scan = Scan(frame_of(coefficients), indices, components, tables, interval)
    (symbols,) = find_symbols(scan, [in_mcus(scan, coefficients.planes)])
    _, lengths = huffman_encode(symbols.symbol, scan_tables(scan), symbols.table)
    bits = _spread(symbols, np.asarray(lengths + magnitude_category(symbols.value), np.uint8))
    bit_planes = deinterleave(bits.reshape(-1, scan.blocks_per_mcu, 64), scan.mcus[1], scan.factors)
    pairs = zip(bit_planes, coefficients.planes, strict=True)
    return [inverse_zigzag(bits[: plane.shape[0], : plane.shape[1]]) for bits, plane in pairs]


def bits_per_block(coefficients: Coefficients, tables: Tables | None = None) -> list[NDArray[np.int64]]:
    """Count the bits of each block, as :func:`bits_per_coefficient`: int64 ``(rows, columns)`` a component."""
    return [bits.sum((-2, -1), dtype=np.int64) for bits in bits_per_coefficient(coefficients, tables)]


def _spread(symbols: Symbols, lengths: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put the bits of each symbol at the coefficient where the symbol ends: ``(blocks, 64)``, zig-zag order."""
    is_dc = symbols.table % 2 == 0
    step = np.where(symbols.symbol == END_OF_BLOCK, 1, (symbols.symbol >> 4).astype(np.intp) + 1)
    step[is_dc] = 0
    block = np.cumsum(is_dc) - 1
    reached = np.cumsum(step)
    bits = np.zeros((int(is_dc.sum()), 64), np.uint8)
    bits[block, reached - reached[is_dc][block]] = lengths
    return bits
