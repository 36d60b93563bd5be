"""What costs less if it is asked for with care: memory, and products of matrices.

Scratch memory is passed from band to band, so that it is asked for only once; products stay on one core.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Element = TypeVar("Element", bound=np.generic)
Real = TypeVar("Real", np.float32, np.float64)

# Multiplications ``m * k * n`` of one product at the most. OpenBLAS gives each thread at least so many; some
# versions start the second thread from here on, others from twice as many.
PRODUCT_LIMIT = 1 << 18


def keep_freed_memory() -> None:
    """Ask for 24 MiB and give them back untouched, so that the C library keeps what is freed from now on.

    glibc returns large blocks to the system at once. After it has seen one come and go, it keeps blocks up to that
    size, and up to twice as much free memory. Without that, encoding 512x512 pixels again and again touches 1,600
    new pages a time, at 3 us each, and takes 10.6 ms instead of 5.6. With other C libraries this does nothing.
    """
    np.empty(24 << 20, np.uint8)


class Workspace:
    """Arrays by name, since fresh memory from the system costs more than many an operation on it."""

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

    OpenBLAS would share a larger product out among all cores, and its threads wait by spinning. At 0.2 ms a call
    that gains a quarter where the other cores are idle; where they are not, the call takes 8 ms. The pieces
    together take 3 % longer than the whole on one core.

    ``left`` is ``(..., m, k)``, ``right`` ``(..., k, n)``, ``out``, or a new array, ``(..., m, n)``. Leading axes
    are broadcast; each product of a stack is cut by itself. Of m, k and n only one, m or n, may be above 256.
    """
    if out is None:
        lead: tuple[int, ...] = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
        out = np.empty((*lead, left.shape[-2], right.shape[-1]), left.dtype)
    for own_left, own_right, own_out in cut(left, right, out):
        np.matmul(own_left, own_right, out=own_out)
    return out


def cut(
    left: NDArray[Real], right: NDArray[Real], out: NDArray[Real]
) -> Iterator[tuple[NDArray[Real], NDArray[Real], NDArray[Real]]]:
    """The pieces of a :func:`product`: views (left, right, out) for ``np.matmul``."""
    m, k = left.shape[-2:]
    n = right.shape[-1]
    if m > n:  # cut the longer side
        for own_right, own_left, own_out in cut(*(a.swapaxes(-1, -2) for a in (right, left, out))):
            yield own_left.swapaxes(-1, -2), own_right.swapaxes(-1, -2), own_out.swapaxes(-1, -2)
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
