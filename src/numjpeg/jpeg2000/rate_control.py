"""Where each code-block is cut: the most quality for the bytes (post-compression rate-distortion optimisation).

Each coding pass of a code-block costs bytes and lowers the squared error. A code-block may be cut after any pass,
but only the cuts on the convex hull of (bytes, error) are worth their bytes. These are called *ends* here. Taking
the ends of all code-blocks in the order of error per byte gives the least error for every size (T.800 J.14.3).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ATTEMPTS = 12  # a file is put together so many times at most, until its size fits
FILLINGS = 100  # so many code-blocks at most get further passes to fill the last bytes


class Ends(NamedTuple):
    """The ends of all code-blocks, best first."""

    blocks: NDArray[np.int64]
    passes: NDArray[np.int64]
    sizes: NDArray[np.int64]  # bytes of all code-blocks together, if all ends up to this one are taken
    errors: NDArray[np.float64]  # by how much all of them together lower the squared error

    def passes_of(self, count: int, blocks: int) -> NDArray[np.int64]:
        """How many passes each of ``blocks`` code-blocks has, if the best ``count`` ends are taken."""
        passes = np.zeros(blocks, np.int64)
        np.maximum.at(passes, self.blocks[:count], self.passes[:count])
        return passes


def hull(lengths: Sequence[int], gains: Sequence[float]) -> list[tuple[int, float, int]]:
    """The ends of one code-block: (bytes, reduction of the error, passes), from (0, 0, 0) on.

    ``lengths`` are the bytes up to each pass, ``gains`` what each pass alone takes off the squared error.
    """
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
    """The ends of all code-blocks by error per byte. Those of one code-block keep their order."""
    rows = []
    for block, (block_lengths, block_gains) in enumerate(zip(lengths, gains, strict=True)):
        points = hull(block_lengths, block_gains.tolist())
        for (l0, g0, _), (l1, g1, passes) in itertools.pairwise(points):
            rows.append(((g1 - g0) / (l1 - l0), block, passes, l1 - l0, g1 - g0))
    if not rows:
        none = np.zeros(0, np.int64)
        return Ends(none, none, none, np.zeros(0))
    slope, blocks, passes_, sizes, errors = (np.array(column) for column in zip(*rows, strict=True))
    order = np.lexsort((passes_, blocks, -slope))
    return Ends(blocks[order], passes_[order], np.cumsum(sizes[order]), np.cumsum(errors[order]))


def fit(sizes: NDArray[np.int64], target: int, size_of: Callable[[int], int]) -> int:
    """The largest number of ends with which the whole file has at most ``target`` bytes, or 0.

    ``size_of`` puts a file with so many ends together and gives its size. What headers add to ``sizes`` grows
    slowly, so a few attempts suffice. The file of no ends may be too large as well: the caller looks.
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


class Cuts(NamedTuple):
    """All places where code-blocks may be cut, on their hulls or not: one entry for each."""

    blocks: NDArray[np.int64]
    passes: NDArray[np.int64]
    lengths: NDArray[np.int64]  # bytes of the code-block up to this pass
    errors: NDArray[np.float64]  # by how much the passes up to this one lower the squared error


def all_cuts(lengths: Sequence[Sequence[int]], gains: Sequence[NDArray[np.float64]]) -> Cuts:
    """The cuts of each code-block in order; the first is before its first pass."""
    counts = np.array([len(block_lengths) + 1 for block_lengths in lengths], np.int64)
    blocks = np.repeat(np.arange(len(counts)), counts)
    passes = np.arange(len(blocks)) - np.repeat(np.cumsum(counts) - counts, counts)
    flat = [length for block_lengths in lengths for length in (0, *block_lengths)]
    errors = [np.concatenate([[0.0], np.cumsum(block_gains)]) for block_gains in gains]
    return Cuts(blocks, passes, np.array(flat, np.int64), np.concatenate([np.zeros(0), *errors]))


def fill(cuts: Cuts, passes: NDArray[np.int64], room: int) -> NDArray[np.int64]:
    """Fill ``room`` bytes with further passes: how many each code-block has then.

    No end fits any more, but cuts between the ends are closer together. They lower the error less for each byte.
    """
    passes = passes.copy()
    first = np.flatnonzero(cuts.passes == 0)
    for _ in range(FILLINGS):
        current = (first + passes)[cuts.blocks]
        size, gain = cuts.lengths - cuts.lengths[current], cuts.errors - cuts.errors[current]
        fits = np.flatnonzero((size > 0) & (size <= room) & (gain > 0))
        if not len(fits):
            break
        best = fits[np.argmax(gain[fits] / size[fits])]
        passes[cuts.blocks[best]] = cuts.passes[best]
        room -= int(size[best])
    return passes
