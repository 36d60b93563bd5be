"""Matrix products that stay on one core: cut below the size at which BLAS starts threads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Real = TypeVar("Real", np.float32, np.float64)

LIMIT = 1 << 18
"""Multiplications ``m * k * n`` of one product at the most. OpenBLAS gives each thread at least so many; some
versions start the second thread from here on, others from twice as many."""


def product(left: NDArray[Real], right: NDArray[Real], out: NDArray[Real] | None = None) -> NDArray[Real]:
    """``left @ right``, in pieces of at most :data:`LIMIT` multiplications.

    OpenBLAS would share a larger product out among all cores, and its threads wait by spinning. At 0.2 ms a call
    that gains a quarter where the other cores are idle; where they are not, the call takes 8 ms. The pieces
    together take 3 % longer than the whole on one core.

    Parameters
    ----------
    left : ``(..., m, k)``, float32 or float64. right : ``(..., k, n)``, of the same dtype. Leading axes
        are broadcast; each product of a stack is cut by itself. Of m, k and n only one, m or n, may be above 256.
    out : ``(..., m, n)`` for the result, or None.

    Returns
    -------
    ``(..., m, n)``: ``out``, or a new array.
    """
    if out is None:
        m, n = left.shape[-2], right.shape[-1]
        lead: tuple[int, ...] = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
        out = np.empty((*lead, m, n), left.dtype)
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
    piece = max(4, LIMIT // max(1, m * k) & -4)  # BLAS works on four columns or more at a time
    whole = n - n % piece if n > piece else 0
    if whole:
        pieces, outs = (
            array[..., :whole].reshape(*array.shape[:-1], -1, piece).swapaxes(-3, -2) for array in (right, out)
        )
        yield left[..., np.newaxis, :, :], pieces, outs
    if whole < n:
        yield left, right[..., whole:], out[..., whole:]
