"""The order of blocks in a scan (T.81 A.2): component planes <-> minimum coded units (MCU).

In a band of MCU rows each component has a plane of blocks ``(MCU rows * V, MCU columns * H, 64)``. In a scan the
blocks of an MCU follow each other, component by component and row by row: ``(MCUs, blocks, 64)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array

Element = TypeVar("Element", bound=np.generic)

# For each component the (rows, columns) of its blocks in an MCU: (V, H), or (1, 1) in a scan of one component.
Factors = Sequence[tuple[int, int]]


def pad_to_mcus(plane: NDArray[np.int16], rows: int, columns: int, factor: tuple[int, int]) -> NDArray[np.int16]:
    """Fill a band up to whole MCUs (A.2.4) with blocks that take few bits, as libjpeg does: AC 0, DC repeated.

    A block added on the right repeats the DC of the block to its left. One added below repeats the DC of the last
    block of its MCU in the row above. The result is int16 ``(rows * V, columns * H, 64)``, or ``(..., 1)``; it is
    the plane itself if nothing is missing.

    Parameters
    ----------
    plane : int16 ``(block rows, block columns, 64)``, zig-zag order; or ``(..., 1)``, only the DC.
    rows, columns : size of the band in MCUs. factor : (V, H) of the component.
    """
    check_array("plane", plane, ("int16",), "int16 (block rows, block columns, 64)", ndim=3)
    v, h = factor
    height, width = rows * v, columns * h
    block_rows, block_columns, size = plane.shape
    if (block_rows, block_columns) == (height, width):
        return plane
    if not (0 < block_rows <= height and 0 < block_columns <= width):
        raise ValueError(f"plane: at most {height} x {width} blocks expected, got {block_rows} x {block_columns}")
    padded = np.zeros((height, width, size), np.int16)
    padded[:block_rows, :block_columns] = plane
    padded[:block_rows, block_columns:, 0] = plane[:, -1:, 0]
    last_in_mcu = np.arange(width) // h * h + h - 1
    padded[block_rows:, :, 0] = padded[block_rows - 1, last_in_mcu, 0]
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
    """Sort the blocks of whole rows of ``columns`` MCUs into planes: the inverse of :func:`interleave`.

    ``blocks`` are ``(MCUs, blocks an MCU, 64)`` of any dtype, or ``(..., 1)`` for the DC alone.
    """
    check_array("blocks", blocks, "", "(rows * columns, blocks an MCU, 64)", ndim=3)
    if len(blocks) % columns or blocks.shape[1] != sum(v * h for v, h in factors):
        raise ValueError(
            f"blocks: rows of {columns} MCUs of {factors} (rows, columns) expected, got {blocks.shape}"
        )
    rows, size = len(blocks) // columns, blocks.shape[-1]
    mcus = blocks.reshape(rows, columns, -1, size)
    planes, first = [], 0
    for v, h in factors:
        component = mcus[:, :, first : first + v * h].reshape(rows, columns, v, h, size)
        planes.append(component.transpose(0, 2, 1, 3, 4).reshape(rows * v, columns * h, size))
        first += v * h
    return planes


def block_component(factors: Factors) -> NDArray[np.intp]:
    """For each block of an MCU, the index of its component in the scan: integers ``(blocks an MCU,)``.

    >>> block_component([(2, 2), (1, 1), (1, 1)]).tolist()
    [0, 0, 0, 0, 1, 2]
    """
    return np.repeat(np.arange(len(factors)), [v * h for v, h in factors])
