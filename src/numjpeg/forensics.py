"""What a file tells of its making: the quality of its quantization tables, and where its bits went.

libjpeg, and what is built on it, multiplies the tables K.1 and K.2 of T.81 by a percentage that follows from a
quality of 1 .. 100. :func:`estimate_quality` compares a table with all two hundred of them at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.coefficients import Coefficients
from numjpeg.container.frame import Scan, frame_of
from numjpeg.entropy.sequential_writer import find_symbols
from numjpeg.stages.huffman import STANDARD_TABLES, huffman_encode, magnitude_category
from numjpeg.stages.mcu_order import deinterleave, pad_to_mcus
from numjpeg.stages.quantization import CHROMINANCE, LUMINANCE
from numjpeg.stages.zigzag import zigzag

BASES = ("K.1", "K.2")
"""The tables of T.81 that are scaled: luminance and chrominance."""

MAX_ENTRY = {False: 255, True: 32767}
"""Where libjpeg clamps entries: in baseline files, and in files with 16-bit tables."""


class QualityEstimate(NamedTuple):
    """The scaled table of Annex K that comes nearest to a given one."""

    quality: int
    """1 .. 100, libjpeg's scale."""
    exact: bool
    """The tables are equal."""
    base: str
    """"K.1" (luminance) or "K.2" (chrominance)."""
    distance: int
    """Sum of the absolute differences of the 64 entries; 0 if exact."""


def estimate_quality(table: ArrayLike, base: str | None = None) -> QualityEstimate:
    """Find the quality at which libjpeg makes a table, or one as near to it as possible.

    Parameters
    ----------
    table : 64 integers, 1 .. 65535, natural order.
    base : "K.1" or "K.2" to compare with this table only; None for both, of which "K.1" is reported if they are
        equally near (as tables of ones are, quality 100, and of 255s, quality 1).

    Returns
    -------
    QualityEstimate. Where several qualities are equally near, the lowest: K.2 is all 255 at 1, 2 and 3.

    Raises
    ------
    ValueError if the table has not 64 integers, one is out of range, or there is no such base.

    Notes
    -----
    If an entry is above 255, the candidates are clamped to 32767 as libjpeg does in files that are not baseline;
    otherwise to 255.

    >>> from numjpeg.stages.quantization import quantization_tables
    >>> estimate_quality(quantization_tables(83).chrominance)
    QualityEstimate(quality=83, exact=True, base='K.2', distance=0)
    """
    entries = np.asarray(table)
    if entries.size != LUMINANCE.size or entries.dtype.kind not in "iu":
        raise ValueError(f"table: 64 integers expected, got {entries.size} of {entries.dtype}")
    if entries.min() < 1 or entries.max() > np.iinfo(np.uint16).max:
        raise ValueError("table: an entry is outside 1..65535")
    if base is not None and base not in BASES:
        raise ValueError(f"base: {base!r} is none of {BASES}")
    wide = bool(entries.max() > MAX_ENTRY[False])
    bases = BASES if base is None else (base,)
    distances = np.abs(_candidates(bases, wide) - entries.ravel().astype(np.int64)).sum(-1)
    which, quality = np.unravel_index(int(np.argmin(distances)), distances.shape)
    distance = int(distances[which, quality])
    return QualityEstimate(int(quality) + 1, distance == 0, bases[which], distance)


def _candidates(bases: tuple[str, ...], wide: bool) -> NDArray[np.int64]:
    """The base tables at all qualities, ``(bases, 100, 64)``; ``[:, i]`` has quality i + 1."""
    quality = np.arange(1, 101)
    percent = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    tables = {"K.1": LUMINANCE, "K.2": CHROMINANCE}
    base = np.stack([tables[name].ravel() for name in bases]).astype(np.int64)
    return np.clip((base[:, np.newaxis] * percent[:, np.newaxis] + 50) // 100, 1, MAX_ENTRY[wide])


def bits_per_block(coefficients: Coefficients) -> list[NDArray[np.int64]]:
    """Count the bits that each block takes with the standard Huffman tables, codes and magnitudes.

    Parameters
    ----------
    coefficients : as a baseline file that fits into one scan holds them.

    Returns
    -------
    For each component int64 ``(rows, columns)``; blocks that only fill up an MCU are left out.
    """
    components = coefficients.components
    frame = frame_of(coefficients)
    scan = Scan(frame, tuple(range(len(components))), components, dict(STANDARD_TABLES), 0)
    rows, columns = scan.mcus
    tables = [STANDARD_TABLES[key] for c in components for key in ((0, c.Td), (1, c.Ta))]
    band = [
        pad_to_mcus(zigzag(plane), rows, columns, factor)
        for plane, factor in zip(coefficients.planes, scan.factors, strict=True)
    ]
    (tokens,) = find_symbols(scan, [band])
    _, lengths = huffman_encode(tokens.symbol, tables, tokens.table)
    spent = lengths.astype(np.int64) + magnitude_category(tokens.value)
    starts = np.flatnonzero(tokens.table % 2 == 0)  # a block begins with its DC symbol
    each = np.add.reduceat(spent, starts).astype(np.int16).reshape(-1, scan.blocks_per_mcu, 1)
    planes = deinterleave(np.broadcast_to(each, (*each.shape[:2], 64)), columns, scan.factors)
    return [
        grid[: plane.shape[0], : plane.shape[1], 0].astype(np.int64)
        for grid, plane in zip(planes, coefficients.planes, strict=True)
    ]
