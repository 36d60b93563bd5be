"""Smoothing between blocks for progressive files that lack scans, as libjpeg-turbo does it.

Such a file has the DC coefficients of all blocks. Of the lowest AC coefficients it has no bits, or only the high
ones. T.81 K.8 estimates them from the DC coefficients of the blocks around, as if the picture changed smoothly
from block to block. libjpeg-turbo (since 2.1) looks at 5 x 5 blocks. For a component without any AC coefficients
it estimates the DC and the nine lowest AC coefficients, otherwise the five lowest AC coefficients. Of these it
estimates only those that are zero so far and whose last bits are not in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from numjpeg.stages.zigzag import NATURAL

ESTIMATED = 10  # coefficients along the zig-zag that smoothing reads or estimates


def _kernels(*rows: str) -> NDArray[np.int64]:
    """Five rows of five weights, in 256ths."""
    return np.array([[int(weight) for weight in row.split()] for row in rows])


_DC = _kernels("-2 -6 -8 -6 -2", "-6 6 42 6 -6", "-8 42 152 42 -8", "-6 6 42 6 -6", "-2 -6 -8 -6 -2")
_AC_10 = _kernels("-1 -3 -3 -3 -1", "-1 13 38 13 -1", "0 0 0 0 0", "1 -13 -38 -13 1", "1 3 3 3 1")
_AC_20 = _kernels("0 0 1 0 0", "0 2 7 2 0", "0 -5 -14 -5 0", "0 2 7 2 0", "0 0 1 0 0")
_AC_11 = _kernels("-1 0 0 0 1", "0 9 0 -9 0", "0 0 0 0 0", "0 -9 0 9 0", "1 0 0 0 -1")
_AC_30 = _kernels("0 0 0 0 0", "0 1 2 1 0", "0 0 0 0 0", "0 -1 -2 -1 0", "0 0 0 0 0")
_AC_12 = _kernels("0 0 0 0 0", "0 1 -3 1 0", "0 0 0 0 0", "0 -1 3 -1 0", "0 0 0 0 0")

WITHOUT_AC = (_DC, _AC_10.T, _AC_10, _AC_20, _AC_11, _AC_20.T, _AC_30.T, _AC_12, _AC_12.T, _AC_30)
"""Weights of the 5 x 5 DC coefficients for each coefficient along the zig-zag, if there are no AC ones."""

_SOME_10 = _kernels("0 0 -7 0 0", "0 0 50 0 0", "0 0 0 0 0", "0 0 -50 0 0", "0 0 7 0 0")
_SOME_20 = _kernels("0 0 -1 0 0", "0 0 13 0 0", "0 0 -24 0 0", "0 0 13 0 0", "0 0 -1 0 0")
_SOME_11 = _kernels("0 -1 0 1 0", "-1 10 0 -10 1", "0 0 0 0 0", "1 -10 0 10 -1", "0 1 0 -1 0")

WITH_AC = (None, _SOME_10.T, _SOME_10, _SOME_20, _SOME_11, _SOME_20.T)
"""The same if there are AC coefficients. DC (None) and the coefficients behind these are not estimated."""


def is_useful(known: Sequence[Sequence[int] | None], tables: Iterable[NDArray[np.uint16]] = ()) -> bool:
    """Whether libjpeg smooths a picture with these quantization tables.

    ``known`` says for each component how many low bits of each coefficient along the zig-zag are missing, -1 for
    all bits; None for a component that was never sent. libjpeg smooths if all components have their DC and one of
    the nine AC coefficients is not complete. It does not if a table of a damaged file has an entry of 0 for one of
    these ten coefficients.
    """
    return (
        all(table.ravel()[NATURAL[:ESTIMATED]].all() for table in tables)
        and all(bits is not None and bits[0] >= 0 for bits in known)
        and any(bits is not None and any(bits[1:ESTIMATED]) for bits in known)
    )


def smooth(
    plane: NDArray[np.int16],
    rows: int,
    known: Sequence[int],
    table: NDArray[np.uint16],
    rows_per_mcu: int,
    band: slice = slice(None),
) -> NDArray[np.int16]:
    """Estimate those coefficients of a component of which the file has no bits, or not all bits.

    ``plane``, ``(block rows, columns, 64)`` in zig-zag order, is whole MCUs, ``rows_per_mcu`` (V) block rows each;
    ``rows`` block rows belong to the picture. ``known`` is that of the component, as in :func:`is_useful`. The
    result is a new array of the block rows in ``band``.
    """
    kernels = WITHOUT_AC if all(bits == -1 for bits in known[1:ESTIMATED]) else WITH_AC
    window = [
        np.pad(plane[around[band], :, 0].astype(np.int64), [(0, 0), (2, 2)], mode="edge")
        for around in _rows_around(rows, rows_per_mcu)
    ]
    steps = table.ravel()[NATURAL].astype(np.int64)
    result = plane[:rows][band].copy()
    for k, kernel in enumerate(kernels):
        if kernel is None or (k and known[k] == 0):
            continue
        estimate = np.zeros(result.shape[:2], np.int64)
        for y, x in zip(*np.nonzero(kernel), strict=True):
            estimate += kernel[y, x] * window[y][:, x : x + result.shape[1]]
        # Divided by 256 and this coefficient's step, rounded half away from zero.
        magnitude = (abs(estimate) * steps[0] + (steps[k] << 7)) // (steps[k] << 8)
        if k and known[k] > 0:  # what is missing is less than the lowest bit that was sent
            np.minimum(magnitude, (1 << known[k]) - 1, out=magnitude)
        estimate = np.where(estimate < 0, -magnitude, magnitude)
        coefficient = result[..., k]
        coefficient[...] = np.where((coefficient == 0) | (k == 0), estimate, coefficient)
    return result


def _rows_around(rows: int, rows_per_mcu: int) -> list[NDArray[np.intp]]:
    """For each of a component's block rows, the rows two and one above it, itself, and one and two below.

    Beyond an edge the row at the edge is repeated. libjpeg finds the lower edge as if every MCU row had as many
    block rows as the current one: V, or in the last MCU row only the picture's. So the edge differs between rows.
    """
    row = np.arange(rows)
    mcu, inside = row // rows_per_mcu, row % rows_per_mcu
    mcus = int(mcu[-1]) + 1
    in_mcu = np.where(mcu == mcus - 1, rows - (mcus - 1) * rows_per_mcu, rows_per_mcu)
    number, count = mcu * in_mcu + inside, mcus * in_mcu
    above, below = np.where(number > 0, row - 1, row), np.where(number < count - 1, row + 1, row)
    far_above, far_below = np.where(number > 1, row - 2, above), np.where(number < count - 2, row + 2, below)
    return [far_above, above, row, below, far_below]
