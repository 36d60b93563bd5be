"""The zig-zag sequence (T.81 A.3.6, Figure A.6): 8x8 coefficients <-> 64 in order of rising frequency."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array

# Figure A.6: for each coefficient of the block (row v, column u), its index in the sequence.
SEQUENCE = np.array(
    [
        [0, 1, 5, 6, 14, 15, 27, 28],
        [2, 4, 7, 13, 16, 26, 29, 42],
        [3, 8, 12, 17, 25, 30, 41, 43],
        [9, 11, 18, 24, 31, 40, 44, 53],
        [10, 19, 23, 32, 39, 45, 52, 54],
        [20, 22, 33, 38, 46, 51, 55, 60],
        [21, 34, 37, 47, 50, 56, 59, 61],
        [35, 36, 48, 49, 57, 58, 62, 63],
    ]
)
NATURAL = np.argsort(SEQUENCE.ravel())  # the inverse: for each index in the sequence, 8 v + u of its coefficient

Coefficient = TypeVar("Coefficient", bound=np.generic)


def zigzag(blocks: NDArray[Coefficient]) -> NDArray[Coefficient]:
    """Order the coefficients of blocks ``(..., 8, 8)``, any dtype and strides, along the zig-zag.

    The sequences are C-ordered ``(..., 64)``; element 0 is the DC coefficient.

    >>> zigzag(np.arange(64).reshape(8, 8))[:10].tolist()
    [0, 1, 8, 16, 9, 2, 3, 10, 17, 24]
    """
    check_array("blocks", blocks, "", "(..., 8, 8)", tail=(8, 8))
    if blocks.ndim == 2:
        return blocks.reshape(64)[NATURAL]
    sequences = np.empty((*blocks.shape[:-2], 64), blocks.dtype)
    # One assignment per coefficient: where blocks lie in memory as 64 planes, each one reads contiguous memory.
    for place, natural in enumerate(NATURAL.tolist()):
        sequences[..., place] = blocks[..., natural // 8, natural % 8]
    return sequences


def inverse_zigzag(sequences: NDArray[Coefficient]) -> NDArray[Coefficient]:
    """Turn sequences ``(..., 64)``, any dtype and strides, into blocks ``(..., 8, 8)``: undoes :func:`zigzag`.

    The blocks lie in memory as 64 planes, one per coefficient, which is fastest for the inverse DCT.

    >>> inverse_zigzag(np.arange(64))[0].tolist()
    [0, 1, 5, 6, 14, 15, 27, 28]
    """
    check_array("sequences", sequences, "", "(..., 64)", tail=(64,))
    planes = np.moveaxis(sequences, -1, 0)[SEQUENCE]
    return np.moveaxis(planes, (0, 1), (-2, -1))
