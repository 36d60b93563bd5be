"""Planes of real samples <-> blocks of real DCT coefficients in zig-zag order (T.81 A.3.3, A.3.6)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.stages.blocks import join_blocks, pad_edges, split_blocks
from numjpeg.stages.dct import COSINES
from numjpeg.stages.zigzag import NATURAL
from numjpeg.workspace import product

BASIS: NDArray[np.float32] = np.ascontiguousarray(np.kron(COSINES, COSINES)[NATURAL], np.float32)
"""The orthonormal transform in one matrix: coefficients in zig-zag order by samples in reading order."""

_PLACE = np.argsort(NATURAL)  # where in the zig-zag each coefficient of natural order stands
_CHUNK = 1 << 12


def forward(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """The coefficients ``(blocks, 64)`` of a level-shifted plane ``(rows, columns)``; DC is in -1024 .. 1016. The
    last row and column are repeated up to whole blocks. Blocks are in reading order.
    """
    return product(split_blocks(pad_edges(plane)).reshape(-1, 64), BASIS.T)


def inverse(levels: NDArray[np.int16], steps: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """Dequantize and transform back levels ``(ceil(rows / 8), ceil(columns / 8), 64)``, zig-zag order, with steps
    ``(64,)``: a plane of ``rows`` by ``columns`` samples, neither rounded nor clipped.
    """
    coefficients = (levels * steps).reshape(-1, 64)
    samples = product(coefficients, BASIS).reshape(ceil_div(rows, 8), ceil_div(columns, 8), 8, 8)
    return join_blocks(samples)[:rows, :columns]


def to_blocks(levels: NDArray[Any]) -> NDArray[Any]:
    """Bring ``(rows, columns, 64)`` from zig-zag to natural order in place; a view ``(rows, columns, 8, 8)``."""
    sequences = levels.reshape(-1, 64)
    for start in range(0, len(sequences), _CHUNK):
        part = sequences[start : start + _CHUNK]
        part[...] = part[:, _PLACE]
    return levels.reshape(*levels.shape[:2], 8, 8)
