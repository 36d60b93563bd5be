"""Zig-zag order, padding to whole MCUs and MCU order in one step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.stages.mcu_order import Factors, pad_to_mcus
from numjpeg.stages.zigzag import NATURAL
from numjpeg.workspace import Workspace


def scan_order(
    planes: Sequence[NDArray[np.int16]], factors: Factors, workspace: Workspace
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Zig-zag, :func:`pad_to_mcus` and :func:`interleave` in one, without the arrays between them.

    ``planes``: for each component of the scan int16 ``(block rows, block columns, 8, 8)``, natural order;
    ``factors``: its (V, H). Returns int16 ``(MCUs, blocks an MCU, 64)`` in the workspace's memory, and a copy of
    the DC coefficients, ``(MCUs, blocks an MCU)``.
    """
    rows, columns = (ceil_div(have, whole) for have, whole in zip(planes[0].shape[:2], factors[0], strict=True))
    count = sum(v * h for v, h in factors)
    blocks = workspace.array("blocks", (rows, columns, count, 64), np.int16)
    dc = np.empty((rows, columns, count), np.int16)
    first = 0
    for plane, (v, h) in zip(planes, factors, strict=True):
        in_mcu = slice(first, first + v * h)
        first += v * h
        dc_plane = pad_to_mcus(plane[:, :, 0, :1], rows, columns, (v, h))
        dc[:, :, in_mcu].reshape(rows, columns, v, h)[...] = dc_plane.reshape(rows, v, columns, h).swapaxes(1, 2)
        grid = blocks[:, :, in_mcu].reshape(rows, columns, v, h, 64)
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
        blocks[:, :, in_mcu, 0] = dc[:, :, in_mcu]
    return blocks.reshape(rows * columns, count, 64), dc.reshape(rows * columns, count)


def sequences_of(workspace: Workspace) -> Callable[[NDArray[np.int16]], NDArray[np.int16]]:
    """:func:`numjpeg.stages.zigzag.zigzag` of one component's blocks, into the workspace's memory."""

    def sequences(plane: NDArray[np.int16]) -> NDArray[np.int16]:
        blocks = workspace.array("blocks", (*plane.shape[:2], 64), np.int16)
        np.copyto(blocks, _by_coefficient(plane, workspace).transpose(1, 2, 0))
        return blocks

    return sequences


def _by_coefficient(plane: NDArray[np.int16], workspace: Workspace) -> NDArray[np.int16]:
    """A component's blocks along the zig-zag, ``(64, rows, columns)``.

    In memory the 64 planes lie an odd number of cache lines apart. Otherwise the coefficients of a block would all
    fall into the same set of the cache: 1,024 blocks take 35 us in place of 190.
    """
    rows, columns, _, _ = plane.shape
    count = rows * columns
    lines = ceil_div(count, 32) | 1
    sequence = workspace.array("sequence", (64, lines * 32), np.int16)[:, :count].reshape(64, rows, columns)
    sequence[...] = plane.transpose(2, 3, 0, 1).reshape(64, rows, columns)[NATURAL]
    return sequence
