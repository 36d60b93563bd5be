"""Planes of real samples <-> blocks of real DCT coefficients in zig-zag order (T.81 A.3.3, A.3.6)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.stages.blocks import join_blocks, split_blocks
from numjpeg.stages.dct import COSINES
from numjpeg.stages.zigzag import NATURAL

BASIS: NDArray[np.float32] = np.ascontiguousarray(np.kron(COSINES, COSINES)[NATURAL], np.float32)
"""Coefficients in zig-zag order by samples in reading order: all of the orthonormal transform in one matrix."""


def forward(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Coefficients of a plane.

    Parameters
    ----------
    plane : float32 ``(rows, columns)``, level-shifted; the last row and column are repeated up to whole blocks.

    Returns
    -------
    float32 ``(blocks, 64)``, blocks in reading order, DC in -1024 .. 1016.
    """
    padded = np.pad(plane, [(0, -side % 8) for side in plane.shape], mode="edge")
    return np.asarray(split_blocks(padded).reshape(-1, 64) @ BASIS.T)


def inverse(coefficients: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """The inverse of :func:`forward`: a plane of ``rows`` by ``columns`` samples, neither rounded nor clipped."""
    samples = (coefficients @ BASIS).reshape(-(-rows // 8), -(-columns // 8), 8, 8)
    return join_blocks(samples)[:rows, :columns]


def to_blocks(sequences: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    """Blocks ``(blocks, 64)`` in zig-zag order as ``(block rows, block columns, 8, 8)`` in natural order."""
    natural = np.empty_like(sequences)
    natural[:, NATURAL] = sequences
    return natural.reshape(-(-rows // 8), -(-columns // 8), 8, 8)
