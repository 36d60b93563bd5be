"""8x8 blocks (T.81 A.1.3, A.2): a component's samples <-> its data units."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

BLOCK = 8

Sample = TypeVar("Sample", bound=np.generic)


def split_blocks(plane: NDArray[Sample]) -> NDArray[Sample]:
    """Cut a plane into 8x8 blocks.

    Parameters
    ----------
    plane : ``(..., rows * 8, columns * 8)``, any dtype.

    Returns
    -------
    ``(..., rows, columns, 8, 8)``, same dtype, a view where the strides allow one.

    Raises
    ------
    ValueError if a side is not a multiple of 8.

    >>> split_blocks(np.arange(128).reshape(8, 16))[0, 1, 0].tolist()
    [8, 9, 10, 11, 12, 13, 14, 15]
    """
    *lead, height, width = plane.shape
    if height % BLOCK or width % BLOCK:
        raise ValueError(f"plane: sides {height} x {width} are not multiples of 8")
    cut = plane.reshape(*lead, height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return cut.swapaxes(-3, -2)


def join_blocks(blocks: NDArray[Sample]) -> NDArray[Sample]:
    """Lay 8x8 blocks side by side: the inverse of :func:`split_blocks`.

    Parameters
    ----------
    blocks : ``(..., rows, columns, 8, 8)``, any dtype.

    Returns
    -------
    ``(..., rows * 8, columns * 8)``, same dtype.

    Raises
    ------
    ValueError if the last two axes are not 8 x 8.

    >>> plane = np.arange(256).reshape(16, 16)
    >>> bool((join_blocks(split_blocks(plane)) == plane).all())
    True
    """
    if blocks.ndim < 4 or blocks.shape[-2:] != (BLOCK, BLOCK):
        raise ValueError(f"blocks: expected (..., rows, columns, 8, 8), got {blocks.shape}")
    *lead, rows, columns, _, _ = blocks.shape
    return blocks.swapaxes(-3, -2).reshape(*lead, rows * BLOCK, columns * BLOCK)
