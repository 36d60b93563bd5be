"""Where each code-block is cut: the most quality for the bytes (post-compression rate-distortion optimisation).

Each coding pass of a code-block costs bytes and takes something off the squared error. Only passes on the convex
hull of these points are worth an end; taking them from all code-blocks in the order of error per byte gives, for
every size, the least error that these passes allow (T.800 J.14.3).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ATTEMPTS = 12  # how often a file is put together at most, until its size fits
FILLINGS = 100  # how many code-blocks get more at most, to fill the last bytes


class Ends(NamedTuple):
    """All ends on the hulls of all code-blocks, best first."""

    blocks: NDArray[np.int64]
    passes: NDArray[np.int64]
    sizes: NDArray[np.int64]  # bytes of all code-blocks together, if all ends up to this one are taken
    errors: NDArray[np.float64]  # by how much all of them together lower the squared error

    def passes_of(self, count: int, blocks: int) -> NDArray[np.int64]:
        """Passes of each code-block, if the best so many ends are taken."""
        found = np.zeros(blocks, np.int64)
        np.maximum.at(found, self.blocks[:count], self.passes[:count])
        return found


def hull(lengths: Sequence[int], gains: Sequence[float]) -> list[tuple[int, float, int]]:
    """Ends of one code-block on its convex hull: (bytes, error taken off, passes), from (0, 0, 0) on."""
    points, total = [(0, 0.0, 0)], 0.0
    for passes, (length, gain) in enumerate(zip(lengths, gains, strict=True), 1):
        total += gain
        if total <= points[-1][1]:
            continue
        while len(points) > 1:
            (l0, g0, _), (l1, g1, _) = points[-2:]
            if (total - g1) * (l1 - l0) < (g1 - g0) * (length - l1):
                break
            points.pop()
        if length > points[-1][0]:
            points.append((length, total, passes))
    return points


def sort_ends(lengths: Sequence[Sequence[int]], gains: Sequence[NDArray[np.float64]]) -> Ends:
    """Ends of all code-blocks by error per byte; of each block they stay in their order."""
    rows = []
    for block, (own_lengths, own_gains) in enumerate(zip(lengths, gains, strict=True)):
        points = hull(own_lengths, own_gains.tolist())
        for (l0, g0, _), (l1, g1, passes) in itertools.pairwise(points):
            rows.append(((g1 - g0) / (l1 - l0), block, passes, l1 - l0, g1 - g0))
    if not rows:
        none = np.zeros(0, np.int64)
        return Ends(none, none, none, np.zeros(0))
    slope, blocks, passes_, sizes, errors = (np.array(column) for column in zip(*rows, strict=True))
    order = np.lexsort((passes_, blocks, -slope))
    return Ends(blocks[order], passes_[order], np.cumsum(sizes[order]), np.cumsum(errors[order]))


def fit(sizes: NDArray[np.int64], target: int, size_of: Callable[[int], int]) -> int:
    """The greatest number of ends with which the whole file has at most ``target`` bytes.

    ``size_of`` puts a file together and says how large it is. Headers grow slowly, so that a few attempts do.
    Returns 0 where even nothing is too much.
    """
    overhead, best, low, high = 0, -1, 0, len(sizes)
    for _ in range(ATTEMPTS):
        count = min(max(int(np.searchsorted(sizes, target - overhead, side="right")), low), high)
        if count == best:
            break
        size = size_of(count)
        if size <= target:
            best, low = count, max(low, count)
            if count == high or target - size < 3:
                break
        else:
            high = count - 1
        overhead = size - (int(sizes[count - 1]) if count else 0)
        if low > high:
            break
    return max(best, 0)


class Passes(NamedTuple):
    """All passes of all code-blocks, on their hulls or not."""

    blocks: NDArray[np.int64]
    passes: NDArray[np.int64]
    lengths: NDArray[np.int64]  # bytes of the code-block up to this pass
    errors: NDArray[np.float64]  # by how much the passes up to this one lower the squared error


def every_pass(lengths: Sequence[Sequence[int]], gains: Sequence[NDArray[np.float64]]) -> Passes:
    """The passes, each code-block's in order, behind one of no bytes."""
    counts = np.array([len(own) + 1 for own in lengths], np.int64)
    blocks = np.repeat(np.arange(len(counts)), counts)
    passes = np.arange(len(blocks)) - np.repeat(np.cumsum(counts) - counts, counts)
    flat = [length for own in lengths for length in (0, *own)]
    errors = [np.concatenate([[0.0], np.cumsum(own)]) for own in gains]
    return Passes(blocks, passes, np.array(flat, np.int64), np.concatenate([np.zeros(0), *errors]))


def fill(every: Passes, taken: NDArray[np.int64], room: int) -> NDArray[np.int64]:
    """Passes of each code-block, where what is left of some bytes is filled by what fits and takes off most.

    Of the hulls' ends only large ones are left; between them are others, which cost more for what they take off.
    """
    taken = taken.copy()
    first = np.flatnonzero(every.passes == 0)
    for _ in range(FILLINGS):
        now = (first + taken)[every.blocks]
        size, gain = every.lengths - every.lengths[now], every.errors - every.errors[now]
        fits = np.flatnonzero((size > 0) & (size <= room) & (gain > 0))
        if not len(fits):
            break
        best = fits[np.argmax(gain[fits] / size[fits])]
        taken[every.blocks[best]] = every.passes[best]
        room -= int(size[best])
    return taken
