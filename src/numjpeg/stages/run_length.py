"""Run-length coding of zeros (T.81 F.1.2.2): AC coefficients along the zig-zag <-> (run, value) entries.

An entry holds the number of zeros before a nonzero coefficient, and the coefficient's value. An end-of-block entry
(run 0, value 0) closes each block whose coefficient 63 is zero. Runs may have any length here. A code word counts
at most 15 zeros, so the Huffman stage splits longer runs (ZRL, F.1.2.2.1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array


class Runs(NamedTuple):
    """Flat entries, in the order of the blocks and of the zig-zag."""

    block: NDArray[np.intp]  # index of the block that the entry belongs to
    run: NDArray[np.intp]  # zeros before the value, 0 .. 62
    value: NDArray[np.int16]  # the coefficient; 0 in an end-of-block entry


def run_length_encode(sequences: NDArray[np.int16]) -> Runs:
    """Turn zig-zag sequences, int16 ``(n, 64)``, into entries for AC coefficients; element 0 (DC) is ignored.

    >>> block = np.zeros((1, 64), np.int16); block[0, [0, 1, 4]] = 9, -2, 3
    >>> [a.tolist() for a in run_length_encode(block)]
    [[0, 0, 0], [0, 2, 0], [-2, 3, 0]]
    """
    check_array("sequences", sequences, ("int16",), "int16 (n, 64)", ndim=2, tail=(64,))
    # Column 64 stands for the end of the block; it is set unless coefficient 63 is nonzero.
    present = np.empty((len(sequences), 65), np.bool_)
    present[:, 0] = False
    np.not_equal(sequences[:, 1:], 0, out=present[:, 1:64])
    np.equal(sequences[:, 63], 0, out=present[:, 64])
    block, k = np.divmod(np.flatnonzero(present), 65)
    end_of_block = k == 64

    run = np.empty_like(k)
    run[:1] = k[:1] - 1
    np.subtract(k[1:], k[:-1] + 1, out=run[1:])
    first = np.flatnonzero(block[1:] != block[:-1]) + 1
    run[first] = k[first] - 1
    run[end_of_block] = 0

    value = sequences[block, np.where(end_of_block, 0, k)]
    value[end_of_block] = 0
    return Runs(block, run, value)


def run_length_decode(runs: Runs, count: int) -> NDArray[np.int16]:
    """Turn (block, run, value) entries into blocks again: the inverse of :func:`run_length_encode`.

    Entries, grouped by ascending block, become int16 ``(count, 64)`` in zig-zag order, element 0 (DC) zero. The
    entry (run 15, value 0) stands for sixteen zeros (ZRL). ValueError if an entry lies past coefficient 63 or in
    none of the ``count`` blocks.

    >>> runs = Runs(np.array([0, 0, 0]), np.array([0, 2, 0]), np.array([-2, 3, 0], np.int16))
    >>> run_length_decode(runs, 1)[0, :6].tolist()
    [0, -2, 0, 0, 3, 0]
    """
    block, run, value = runs
    check_array("runs.block", block, "iu", "integers (n,)", ndim=1)
    check_array("runs.run", run, "iu", "integers (n,), 0 .. 62", ndim=1)
    check_array("runs.value", value, ("int16",), "int16 (n,)", ndim=1)
    sequences = np.zeros((count, 64), np.int16)
    if len(block) == 0:
        return sequences
    if block.min() < 0 or block.max() >= count or run.min() < 0:
        raise ValueError(f"runs: blocks 0 .. {count - 1} and runs of at least 0 expected")
    k = np.cumsum(run + 1)
    first = np.flatnonzero(np.diff(block, prepend=-1))
    before_block = k[first] - run[first] - 1
    k -= np.repeat(before_block, np.diff(first, append=len(block)))
    if (k > 63).any():
        bad = int(block[np.argmax(k > 63)])
        raise ValueError(f"runs: block {bad} has an entry past coefficient 63")
    sequences[block, k] = value
    return sequences
