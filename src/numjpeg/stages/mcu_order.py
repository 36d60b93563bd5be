"""The order of blocks in a scan (T.81 A.2): component planes <-> minimum coded units (MCU).

A band of MCU rows has a plane of blocks ``(MCU rows * V, MCU columns * H, 64)`` for each component. In the scan
the blocks of an MCU follow each other, component by component and row by row: ``(MCUs, blocks, 64)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array

Element = TypeVar("Element", bound=np.generic)

# (rows, columns) of blocks an MCU holds of each component: (V, H), or (1, 1) in a scan of one component.
Factors = Sequence[tuple[int, int]]


def pad_to_mcus(plane: NDArray[np.int16], rows: int, columns: int, factor: tuple[int, int]) -> NDArray[np.int16]:
    """Fill a band up to whole MCUs (A.2.4) with blocks that take few bits: AC 0, DC that of the block before.

    In a row that was added that is the last block of the same MCU in the row above. The result is int16
    ``(rows * V, columns * H, ...)``, the plane itself if nothing is missing.

    Parameters
    ----------
    plane : int16 ``(block rows, block columns, 64)``, zig-zag order; or ``(..., 1)``, only the DC.
    rows, columns : size in MCUs. factor : (V, H) of the component.
    """
    check_array("plane", plane, ("int16",), "int16 (block rows, block columns, 64)", ndim=3)
    v, h = factor
    height, width = rows * v, columns * h
    have_rows, have_columns, kept = plane.shape
    if (have_rows, have_columns) == (height, width):
        return plane
    if not (0 < have_rows <= height and 0 < have_columns <= width):
        raise ValueError(f"plane: at most {height} x {width} blocks expected, got {have_rows} x {have_columns}")
    padded = np.zeros((height, width, kept), np.int16)
    padded[:have_rows, :have_columns] = plane
    padded[:have_rows, have_columns:, 0] = plane[:, -1:, 0]
    last_in_mcu = np.arange(width) // h * h + h - 1
    padded[have_rows:, :, 0] = padded[have_rows - 1, last_in_mcu, 0]
    return padded


def interleave(planes: Sequence[NDArray[np.int16]], factors: Factors) -> NDArray[np.int16]:
    """Bring a band of blocks into the order of the scan: int16 ``(rows * columns, blocks an MCU, 64)``.

    ``planes`` : for each component of the scan int16 ``(rows * V, columns * H, 64)``. ``factors`` : their (V, H).
    """
    for plane in planes:
        check_array("planes", plane, ("int16",), "int16 (rows * V, columns * H, 64)", ndim=3, tail=(64,))
    rows, columns = planes[0].shape[0] // factors[0][0], planes[0].shape[1] // factors[0][1]
    for plane, (v, h) in zip(planes, factors, strict=True):
        if plane.shape[:2] != (rows * v, columns * h):
            raise ValueError(f"planes: {rows} x {columns} MCUs of {v} x {h} blocks expected, got {plane.shape}")
    if len(factors) == 1 and factors[0] == (1, 1):
        return planes[0].reshape(rows * columns, 1, 64)
    blocks = np.empty((rows, columns, sum(v * h for v, h in factors), 64), np.int16)
    place = 0
    for plane, (v, h) in zip(planes, factors, strict=True):
        for y, x in product(range(v), range(h)):
            blocks[:, :, place] = plane[y::v, x::h]
            place += 1
    return blocks.reshape(rows * columns, -1, 64)


def deinterleave(blocks: NDArray[Element], columns: int, factors: Factors) -> list[NDArray[Element]]:
    """The inverse of :func:`interleave`: a band of whole rows of ``columns`` MCUs, cut into planes.

    ``blocks`` may be of any dtype, and have another last axis, such as the DC alone.
    """
    check_array("blocks", blocks, "", "(rows * columns, blocks an MCU, 64)", ndim=3)
    if len(blocks) % columns or blocks.shape[1] != sum(v * h for v, h in factors):
        raise ValueError(
            f"blocks: rows of {columns} MCUs of {factors} (rows, columns) expected, got {blocks.shape}"
        )
    rows, kept = len(blocks) // columns, blocks.shape[-1]
    grid = blocks.reshape(rows, columns, -1, kept)
    planes, first = [], 0
    for v, h in factors:
        own = grid[:, :, first : first + v * h].reshape(rows, columns, v, h, kept)
        planes.append(own.transpose(0, 2, 1, 3, 4).reshape(rows * v, columns * h, kept))
        first += v * h
    return planes


def block_component(factors: Factors) -> NDArray[np.intp]:
    """For each block of an MCU, the place of its component in the scan.

    >>> block_component([(2, 2), (1, 1), (1, 1)]).tolist()
    [0, 0, 0, 0, 1, 2]
    """
    return np.repeat(np.arange(len(factors)), [v * h for v, h in factors])
