"""Tag trees (T.800 B.10.2): a grid of small numbers, coded so that large regions of equal numbers cost few bits.

The grid is the leaves; every other node holds the smallest value of its up to four children. A value is coded as a
zero for each step up from the lower bound that its parent gives, then a one. Nothing is coded twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

UNKNOWN = 1 << 30  # larger than all values: that of a leaf that is never coded


class TagTree:
    """A tag tree. Only one that is written needs its ``values``."""

    def __init__(self, width: int, height: int, values: Sequence[int] | None = None) -> None:
        sizes = [(width, height)]
        while width * height > 1:
            width, height = (width + 1) // 2, (height + 1) // 2
            sizes.append((width, height))
        self.widths = [wide for wide, _ in sizes]
        # By level, leaves first: a lower bound of each node's value, and whether it is the value.
        self.low = [[0] * (wide * high) for wide, high in sizes]
        self.known = [bytearray(wide * high) for wide, high in sizes]
        self.values = [] if values is None else self._minima(values)

    def _minima(self, values: Sequence[int]) -> list[list[int]]:
        """The values of all nodes by level, from those of the leaves."""
        level = np.asarray(values, np.int64).reshape(-1, self.widths[0])
        levels = [level.ravel().tolist()]
        for _ in self.widths[1:]:
            rows, columns = level.shape
            level = np.pad(level, ((0, rows & 1), (0, columns & 1)), constant_values=UNKNOWN)
            level = level.reshape(level.shape[0] // 2, 2, -1, 2).min(axis=(1, 3))
            levels.append(level.ravel().tolist())
        return levels

    def read(self, x: int, y: int, threshold: int, bit: Callable[[], int]) -> bool:
        """Read bits until it is known whether the leaf's value is below a threshold, and return that."""
        low = 0
        for level in range(len(self.widths) - 1, -1, -1):
            node = (y >> level) * self.widths[level] + (x >> level)
            lows, known = self.low[level], self.known[level]
            low = max(low, lows[node])
            while not known[node] and low < threshold:
                if bit():
                    known[node] = 1
                else:
                    low += 1
            lows[node] = low
            if low >= threshold:
                return False
        return True

    def value(self, x: int, y: int) -> int:
        """The leaf's value. :meth:`read` must have returned True for it."""
        return self.low[0][y * self.widths[0] + x]

    def write(self, x: int, y: int, threshold: int, bit: Callable[[int], None]) -> None:
        """Write the bits that :meth:`read` reads."""
        low = 0
        for level in range(len(self.widths) - 1, -1, -1):
            node = (y >> level) * self.widths[level] + (x >> level)
            lows, known, value = self.low[level], self.known[level], self.values[level][node]
            low = max(low, lows[node])
            while not known[node] and low < threshold:
                if value <= low:
                    known[node] = 1
                    bit(1)
                else:
                    low += 1
                    bit(0)
            lows[node] = low
            if low >= threshold:
                return
