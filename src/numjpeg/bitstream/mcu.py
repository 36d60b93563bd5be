"""The order of blocks in a scan (T.81 A.2): component planes <-> minimum coded units (MCU).

A band of MCU rows holds of each component a plane of blocks ``(MCU rows * V, MCU columns * H, 64)``; in the
scan the blocks of an MCU follow each other, component by component, row by row: ``(MCUs, blocks, 64)``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.stages.zigzag import NATURAL
from numjpeg.workspace import Workspace

Factors = Sequence[tuple[int, int]]
"""(rows, columns) of blocks an MCU holds of each component: (V, H), or (1, 1) in a scan of one component."""


def pad_to_mcus(plane: NDArray[np.int16], rows: int, columns: int, factor: tuple[int, int]) -> NDArray[np.int16]:
    """Fill a band up to whole MCUs (A.2.4) with the blocks that cost least: AC zero, DC as in the block before.

    Parameters
    ----------
    plane : int16 ``(block rows, block columns, 64)``, zig-zag order; or a last axis of the DC alone.
    rows, columns : size in MCUs. factor : (V, H) of the component.

    Returns
    -------
    int16 ``(rows * V, columns * H, ...)``; the plane itself if nothing is missing. A filling row takes the DC of
    the block that its MCU codes before it, the last one of the row above.
    """
    v, h = factor
    height, width = rows * v, columns * h
    have_rows, have_columns, kept = plane.shape
    if (have_rows, have_columns) == (height, width):
        return plane
    padded = np.zeros((height, width, kept), np.int16)
    padded[:have_rows, :have_columns] = plane
    padded[:have_rows, have_columns:, 0] = plane[:, -1:, 0]
    last_in_mcu = np.arange(width) // h * h + h - 1
    padded[have_rows:, :, 0] = padded[have_rows - 1, last_in_mcu, 0]
    return padded


def interleave(planes: Sequence[NDArray[np.int16]], factors: Factors) -> NDArray[np.int16]:
    """Bring a band of blocks into the order of the scan.

    Parameters
    ----------
    planes : for each component of the scan, int16 ``(rows * V, columns * H, 64)``.
    factors : (V, H) of each.

    Returns
    -------
    int16 ``(rows * columns, blocks an MCU, 64)``.
    """
    rows, columns = planes[0].shape[0] // factors[0][0], planes[0].shape[1] // factors[0][1]
    if len(factors) == 1 and factors[0] == (1, 1):
        return planes[0].reshape(rows * columns, 1, 64)
    blocks = np.empty((rows, columns, sum(v * h for v, h in factors), 64), np.int16)
    first = 0
    for plane, (v, h) in zip(planes, factors, strict=True):
        for y in range(v):
            for x in range(h):
                blocks[:, :, first + y * h + x] = plane[y::v, x::h]
        first += v * h
    return blocks.reshape(rows * columns, -1, 64)


def scan_order(
    planes: Sequence[NDArray[np.int16]], factors: Factors, workspace: Workspace
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Zig-zag, :func:`pad_to_mcus` and :func:`interleave` in one, without the arrays between them.

    Parameters
    ----------
    planes : for each component of the scan, int16 ``(block rows, block columns, 8, 8)``, natural order.
    factors : (V, H) of each.

    Returns
    -------
    int16 ``(MCUs, blocks an MCU, 64)`` in the workspace's memory, and of it the DC coefficients alone,
    ``(MCUs, blocks an MCU)``, in memory of their own.
    """
    rows, columns = (ceil_div(have, whole) for have, whole in zip(planes[0].shape[:2], factors[0], strict=True))
    count = sum(v * h for v, h in factors)
    blocks = workspace.array("blocks", (rows, columns, count, 64), np.int16)
    dc = np.empty((rows, columns, count), np.int16)
    first = 0
    for plane, (v, h) in zip(planes, factors, strict=True):
        own = slice(first, first + v * h)
        first += v * h
        dc_plane = pad_to_mcus(plane[:, :, 0, :1], rows, columns, (v, h))
        dc[:, :, own].reshape(rows, columns, v, h)[...] = dc_plane.reshape(rows, v, columns, h).swapaxes(1, 2)
        grid = blocks[:, :, own].reshape(rows, columns, v, h, 64)
        sequence = _by_coefficient(plane, workspace)
        if dc_plane.shape[:2] == plane.shape[:2]:
            np.copyto(grid, sequence.reshape(64, rows, v, columns, h).transpose(1, 3, 2, 4, 0))
            continue
        grid[-1] = 0
        grid[:, -1] = 0
        for y in range(v):
            for x in range(h):
                part = sequence[:, y::v, x::h]
                grid[: part.shape[1], : part.shape[2], y, x] = part.transpose(1, 2, 0)
        blocks[:, :, own, 0] = dc[:, :, own]
    return blocks.reshape(rows * columns, count, 64), dc.reshape(rows * columns, count)


def _by_coefficient(plane: NDArray[np.int16], workspace: Workspace) -> NDArray[np.int16]:
    """A component's blocks along the zig-zag, ``(64, rows, columns)``.

    In memory the 64 lie an odd number of cache lines apart, so that reading a block does not meet them all in the
    same set of the cache: 35 us for 1,024 blocks instead of 190.
    """
    rows, columns, _, _ = plane.shape
    count = rows * columns
    lines = ceil_div(count, 32) | 1
    sequence = workspace.array("sequence", (64, lines * 32), np.int16)[:, :count].reshape(64, rows, columns)
    sequence[...] = plane.transpose(2, 3, 0, 1).reshape(64, rows, columns)[NATURAL]
    return sequence


def deinterleave(blocks: NDArray[np.int16], columns: int, factors: Factors) -> list[NDArray[np.int16]]:
    """The inverse of :func:`interleave`: a band of whole MCU rows, cut into planes.

    Parameters
    ----------
    blocks : int16 ``(rows * columns, blocks an MCU, 64)``, or a last axis of the DC alone.
    columns : MCUs in a row.

    Returns
    -------
    for each component int16 ``(rows * V, columns * H, 64)``.
    """
    rows = ceil_div(len(blocks), columns)
    kept = blocks.shape[-1]
    grid = blocks.reshape(rows, columns, -1, kept)
    planes = []
    first = 0
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
