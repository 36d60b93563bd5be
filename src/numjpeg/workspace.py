"""Scratch memory that is passed from band to band, so that it is allocated once; matrix products on one core."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Element = TypeVar("Element", bound=np.generic)
Real = TypeVar("Real", np.float32, np.float64)

# The most multiplications, ``m * k * n``, of one product. OpenBLAS gives each thread at least this many; some
# versions start a second thread from here on, others from twice as many.
PRODUCT_LIMIT = 1 << 18


def keep_freed_memory() -> None:
    """Allocate 24 MiB and free them untouched, so that the C library keeps memory that is freed from now on.

    glibc returns large blocks to the system at once. After one large block has been freed, it keeps blocks up to
    that size, and up to twice as much free memory. Without this, each encoding of 512x512 pixels touches 1,600 new
    pages, at 3 us each, and takes 10.6 ms instead of 5.6. With other C libraries this does nothing.
    """
    np.empty(24 << 20, np.uint8)


class Workspace:
    """Arrays by name. They are used again, since fresh memory often costs more than an operation on it."""

    def __init__(self) -> None:
        self._memory: dict[str, NDArray[np.uint8]] = {}
        self._latest: dict[str, tuple[tuple[int, ...], type[np.generic], NDArray[Any]]] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of memory that all arrays together take."""
        return sum(memory.nbytes for memory in self._memory.values())

    def array(self, name: str, shape: tuple[int, ...], dtype: type[Element]) -> NDArray[Element]:
        """An array of undefined content; it is overwritten when the same name is asked for again."""
        latest = self._latest.get(name)
        if latest is not None and latest[0] == shape and latest[1] is dtype:
            return latest[2]  # wrapping memory as an array takes over 1 us
        size = prod(shape) * np.dtype(dtype).itemsize
        memory = self._memory.get(name)
        if memory is None or memory.size < size:
            memory = self._memory[name] = np.empty(size + size // 4, np.uint8)  # the next band may need more
        array = np.ndarray(shape, dtype, memory)
        self._latest[name] = shape, dtype, array
        return array


def product(left: NDArray[Real], right: NDArray[Real], out: NDArray[Real] | None = None) -> NDArray[Real]:
    """``left @ right``, in pieces of at most :data:`PRODUCT_LIMIT` multiplications.

    OpenBLAS would divide a larger product among all cores, and its threads wait by spinning. For a call of 0.2 ms
    that saves a quarter of the time where the other cores are idle; where they are busy, the call takes 8 ms. The
    pieces together take 3 % longer than the whole product on one core.

    ``left`` is ``(..., m, k)``, ``right`` is ``(..., k, n)``; ``out``, or a new array, is ``(..., m, n)``. Leading
    axes are broadcast; each product of a stack is cut by itself. Only one of m, k, n may be above 256: m or n.
    """
    if out is None:
        lead: tuple[int, ...] = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
        out = np.empty((*lead, left.shape[-2], right.shape[-1]), left.dtype)
    for left_piece, right_piece, out_piece in cut(left, right, out):
        np.matmul(left_piece, right_piece, out=out_piece)
    return out


def cut(
    left: NDArray[Real], right: NDArray[Real], out: NDArray[Real]
) -> Iterator[tuple[NDArray[Real], NDArray[Real], NDArray[Real]]]:
    """The pieces of a :func:`product`: views (left, right, out) for ``np.matmul``."""
    m, k = left.shape[-2:]
    n = right.shape[-1]
    if m > n:  # cut the longer side
        for transposed in cut(*(a.swapaxes(-1, -2) for a in (right, left, out))):
            right_piece, left_piece, out_piece = (piece.swapaxes(-1, -2) for piece in transposed)
            yield left_piece, right_piece, out_piece
        return
    piece = max(4, PRODUCT_LIMIT // max(1, m * k) & -4)  # BLAS works on four columns or more at a time
    whole = n - n % piece if n > piece else 0
    if whole:
        pieces, outs = (
            array[..., :whole].reshape(*array.shape[:-1], -1, piece).swapaxes(-3, -2) for array in (right, out)
        )
        yield left[..., np.newaxis, :, :], pieces, outs
    if whole < n:
        yield left, right[..., whole:], out[..., whole:]
