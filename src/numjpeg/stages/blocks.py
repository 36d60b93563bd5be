"""8x8 blocks (T.81 A.1.3, A.2): a component's samples <-> its data units."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array

Sample = TypeVar("Sample", bound=np.generic)


def pad_edges(
    samples: NDArray[Sample], row_multiple: int = 8, column_multiple: int = 8, axis: int = -2
) -> NDArray[Sample]:
    """Repeat the last row and the last column until both sides are whole multiples.

    A.2.4 lets the encoder choose the samples that it adds; libjpeg repeats the edge. If nothing is missing, the
    result is the array itself.

    Parameters
    ----------
    samples : ``(..., height, width)``, any dtype, no side empty.
    row_multiple, column_multiple : what the two sides become multiples of.
    axis : the axis of the rows; that of the columns comes next. -3 for ``(height, width, channels)``.

    >>> pad_edges(np.array([[1, 2, 3]]), 2, 4).tolist()
    [[1, 2, 3, 3], [1, 2, 3, 3]]
    """
    check_array("samples", samples, "", "(..., height, width)")
    if samples.ndim < -axis or 0 in samples.shape:
        raise ValueError(f"samples: expected (..., height, width) and no side empty, got {samples.shape}")
    below, right = -samples.shape[axis] % row_multiple, -samples.shape[axis + 1] % column_multiple
    if not below and not right:
        return samples
    width = [(0, 0)] * samples.ndim
    width[axis], width[axis + 1] = (0, below), (0, right)
    return np.pad(samples, width, mode="edge")


def split_blocks(plane: NDArray[Sample]) -> NDArray[Sample]:
    """Cut a plane ``(..., rows * 8, columns * 8)`` of any dtype into 8x8 blocks ``(..., rows, columns, 8, 8)``.

    The blocks are a view where the strides allow one.

    >>> split_blocks(np.arange(128).reshape(8, 16))[0, 1, 0].tolist()
    [8, 9, 10, 11, 12, 13, 14, 15]
    """
    check_array("plane", plane, "", "(..., height, width)")
    if plane.ndim < 2 or plane.shape[-2] % 8 or plane.shape[-1] % 8:
        raise ValueError(f"plane: expected (..., height, width), sides that are multiples of 8, got {plane.shape}")
    *lead, height, width = plane.shape
    return plane.reshape(*lead, height // 8, 8, width // 8, 8).swapaxes(-3, -2)


def join_blocks(blocks: NDArray[Sample]) -> NDArray[Sample]:
    """Lay blocks ``(..., rows, columns, 8, 8)`` of any dtype side by side: the inverse of :func:`split_blocks`.

    >>> plane = np.arange(256).reshape(16, 16)
    >>> bool((join_blocks(split_blocks(plane)) == plane).all())
    True
    """
    check_array("blocks", blocks, "", "(..., rows, columns, 8, 8)", tail=(8, 8))
    if blocks.ndim < 4:
        raise ValueError(f"blocks: expected (..., rows, columns, 8, 8), got {blocks.shape}")
    *lead, rows, columns, _, _ = blocks.shape
    return blocks.swapaxes(-3, -2).reshape(*lead, rows * 8, columns * 8)
