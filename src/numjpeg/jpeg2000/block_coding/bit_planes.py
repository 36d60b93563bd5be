"""The decisions of the encoder for many code-blocks, bit-plane by bit-plane, with their contexts (T.800 Annex D).

The encoder knows all bits beforehand, so it finds the coefficients of each pass by bit operations on whole
bit-planes. A word holds 64 coefficients in scan order: 16 columns of a stripe of four rows, bit
``4 * column + row``. Only the coefficients of a significance propagation pass have to be found step by step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.jpeg2000.block_coding import contexts
from numjpeg.jpeg2000.block_coding.contexts import REFINEMENT, RUN, UNIFORM

_U = np.uint64
Words = NDArray[np.uint64]
Cells = NDArray[np.int64]

_ROW_0, _ROW_3 = _U(0x1111111111111111), _U(0x8888888888888888)
_NOT_ROW_0, _NOT_ROW_3 = ~_ROW_0, ~_ROW_3
_ROWS_2_3 = _U(0xCCCCCCCCCCCCCCCC)

_SIGNIFICANCE = contexts.significance_contexts().astype(np.uint8).ravel()
_SIGN, _FLIP = (table.astype(np.uint8) for table in contexts.sign_contexts())


class CodingPass(NamedTuple):
    """One coding pass of the first lanes. A lane is a code-block."""

    counts: NDArray[np.int64]  # number of decisions of each lane that has this pass
    symbols: NDArray[np.uint8]  # of all lanes, one lane after another: 2 * context + decision
    gains: NDArray[np.float64]  # what the pass takes off each lane's squared error, in squares of the step


class _Grid:
    """Words ``(lanes, words)``: the stripes, an empty one above and below; each ends with a word of padding."""

    def __init__(self, height: int, width: int) -> None:
        self.stripes = (height + 3) // 4
        self.row = (width + 15) // 16 + 1
        self.words = (self.stripes + 2) * self.row

    def lay(self, values: NDArray[Any]) -> NDArray[Any]:
        """Arrange ``(lanes, H, W)`` as cells in scan order, ``(lanes, 64 * words)``."""
        n, height, width = values.shape
        cells = np.zeros((n, self.stripes + 2, self.row * 16, 4), values.dtype)
        rows = np.zeros((n, self.stripes * 4, width), values.dtype)
        rows[:, :height] = values
        cells[:, 1:-1, :width] = rows.reshape(n, self.stripes, 4, width).transpose(0, 1, 3, 2)
        return cells.reshape(n, self.words * 64)

    def pack(self, cells: NDArray[Any]) -> Words:
        """Pack cells of 0 and 1 into words."""
        return np.asarray(np.packbits(cells, axis=-1, bitorder="little").view("<u8"))

    # The next four methods say for each cell whether its neighbour on that side is set.

    def west(self, x: Words) -> Words:
        shifted = x << _U(4)
        shifted[:, 1:] |= x[:, :-1] >> _U(60)
        return shifted

    def east(self, x: Words) -> Words:
        shifted = x >> _U(4)
        shifted[:, :-1] |= x[:, 1:] << _U(60)
        return shifted

    def north(self, x: Words) -> Words:
        shifted = x << _U(1) & _NOT_ROW_0
        shifted[:, self.row :] |= x[:, : -self.row] >> _U(3) & _ROW_0
        return shifted

    def south(self, x: Words) -> Words:
        shifted = x >> _U(1) & _NOT_ROW_3
        shifted[:, : -self.row] |= x[:, self.row :] << _U(3) & _ROW_3
        return shifted

    def any_side(self, x: Words) -> Words:
        """Cells that are set or have a neighbour, out of eight, that is set."""
        column = self.north(x) | self.south(x) | x
        return column | self.west(column) | self.east(column)

    def around(self, before: Words, after: Words) -> list[Words]:
        """For each of ``contexts.NEIGHBOURS``, the cells whose neighbour there is set.

        Neighbours that the scan visits before the cell are looked up in ``before``, the others in ``after``.
        """
        north_before, north_after = self.north(before), self.north(after)
        south_before, south_after = self.south(before), self.south(after)
        return [
            north_before,
            south_after,
            self.west(before),
            self.east(after),
            self.west(north_before),
            self.east(north_before & _ROW_0 | north_after & _NOT_ROW_0),
            self.west(south_before & _NOT_ROW_3 | south_after & _ROW_3),
            self.east(south_after),
        ]

    def visited_after(self, x: Words) -> Words:
        """Cells that have a neighbour in x and are visited after it by the scan."""
        north = self.north(x)
        west = self.west(x | north | self.south(x) & _NOT_ROW_3)
        return north | west | self.east(north & _ROW_0)


def _bits(words: Words) -> NDArray[np.uint8]:
    return np.unpackbits(words.view(np.uint8), axis=-1, bitorder="little").ravel()


class BitPlanes:
    """The coding passes of a group of code-blocks.

    ``values`` are quantized coefficients, ``(height, width)`` each; ``kinds`` are the entries of
    ``contexts.BAND_KIND`` for their sub-bands. ``exact`` are magnitudes before quantization in units of the step,
    or None if gains are not needed. A region of interest is shifted up by ``roi_shift`` bit-planes; its bits below
    gain nothing. ``order`` gives the code-block of each lane: lanes with more bit-planes (``planes``) come first.
    """

    def __init__(
        self,
        values: Sequence[NDArray[np.int32]],
        kinds: Sequence[int],
        exact: Sequence[NDArray[np.float32]] | None = None,
        roi_shift: int = 0,
    ) -> None:
        self.roi_shift = roi_shift
        tops = np.array([max(int(v.max(initial=0)), -int(v.min(initial=0))) for v in values], np.int64)
        self.order = np.argsort(-tops, kind="stable")
        self.planes = np.array([int(tops[i]).bit_length() for i in self.order], np.int64)
        shape = len(values), max(v.shape[0] for v in values), max(v.shape[1] for v in values)
        self.grid = grid = _Grid(shape[1], shape[2])
        self.kind = np.array([kinds[i] for i in self.order], np.int64) * 256
        laid, inside, distances = np.zeros(shape, np.int32), np.zeros(shape, bool), np.zeros(shape, np.float32)
        for lane, i in enumerate(self.order.tolist()):
            height, width = values[i].shape
            laid[lane, :height, :width] = values[i]
            inside[lane, :height, :width] = True
            if exact is not None:
                distances[lane, :height, :width] = exact[i]
        self.inside = grid.pack(grid.lay(inside))
        self.sign = grid.pack(grid.lay(laid < 0))
        self.magnitude = grid.lay(np.abs(laid, out=laid))
        self.exact = None if exact is None else grid.lay(distances).ravel()
        self.significant, self.refined = np.zeros_like(self.sign), np.zeros_like(self.sign)

    def passes(self) -> Iterator[CodingPass]:
        """All passes, from the highest bit-plane down."""
        for plane in range(int(self.planes.max(initial=0)) - 1, -1, -1):
            lanes = int(np.count_nonzero(self.planes > plane))
            older = int(np.count_nonzero(self.planes > plane + 1))
            bits = self.grid.pack((self.magnitude[:lanes] >> plane & 1).astype(np.uint8))
            reached, found = self._reach(bits[:older], older)
            if older:
                yield self._propagation(plane, bits[:older], reached, found)
                yield self._refinement(plane, bits[:older], found)
            yield self._clean_up(plane, bits, reached, found, lanes)

    def _gains(self, plane: int, at: Cells, lanes: int) -> NDArray[np.float64]:
        """By how much the bits of some cells in a plane lower the squared error, by lane."""
        if self.exact is None:
            return np.zeros(lanes)
        exact, unit = self.exact.take(at), np.float32(2.0**plane)
        known = self.magnitude.ravel().take(at) >> plane
        now = exact - (known + np.float32(0.5)) * unit
        middle = ((known >> 1) + np.float32(0.5)) * (2 * unit)
        before = exact - np.where(known > 1, middle, 0)
        gains = before * before - now * now
        if plane < self.roi_shift:
            gains[exact >= 2.0**self.roi_shift] = 0
        return np.bincount(at // self.magnitude.shape[1], gains, lanes).astype(np.float64)

    def _reach(self, bits: Words, lanes: int) -> tuple[Words, Words]:
        """The cells that a significance propagation pass visits, and those that become significant (D.3.1)."""
        grid, known, inside = self.grid, self.significant[:lanes], self.inside[:lanes]
        free = inside & ~known
        reached = grid.any_side(known) & free
        new = found = reached & bits
        while True:
            more = grid.visited_after(new) & free & ~reached
            if not more.any():
                return reached, found
            reached = reached | more
            new = more & bits
            found = found | new

    def _decisions(
        self, coded: Words, bits: Words, before: Words, after: Words
    ) -> tuple[Cells, Cells, NDArray[np.uint8], Cells, NDArray[np.uint8]]:
        """Coded cells, their lanes and symbols; which become significant, and the symbols of their signs."""
        grid, sign = self.grid, self.sign[: len(coded)]
        at = np.flatnonzero(_bits(coded))
        pattern = np.zeros(len(at), np.uint8)
        for i, neighbour in enumerate(grid.around(before, after)):
            pattern |= _bits(neighbour).take(at) << np.uint8(i)
        lane = at // self.magnitude.shape[1]
        bit = _bits(bits).take(at)
        symbols = _SIGNIFICANCE.take(self.kind.take(lane) + pattern) * np.uint8(2) + bit
        ones = np.flatnonzero(bit)
        signs = at[ones]
        neighbourhood = pattern[ones].astype(np.int64)
        for i, neighbour in enumerate(grid.around(before & sign, after & sign)[:4]):
            neighbourhood |= _bits(neighbour).take(signs).astype(np.int64) << 8 + i
        decisions = _bits(sign).take(signs) ^ _FLIP.take(neighbourhood)
        return at, lane, symbols, ones, _SIGN.take(neighbourhood) * np.uint8(2) + decisions

    def _propagation(self, plane: int, bits: Words, reached: Words, found: Words) -> CodingPass:
        lanes, known = len(bits), self.significant[: len(bits)]
        at, lane, symbols, ones, signs = self._decisions(reached, bits, known | found, known)
        counts = np.ones(len(at), np.int64)
        counts[ones] = 2
        start = np.cumsum(counts) - counts
        out = np.empty(int(counts.sum()), np.uint8)
        out[start] = symbols
        out[start[ones] + 1] = signs
        per_lane = np.bincount(lane, counts, lanes).astype(np.int64)
        return CodingPass(per_lane, out, self._gains(plane, at[ones], lanes))

    def _refinement(self, plane: int, bits: Words, found: Words) -> CodingPass:
        lanes, known = len(bits), self.significant[: len(bits)]
        at = np.flatnonzero(_bits(known))
        now = known | found
        column = self.grid.north(now) | self.grid.south(now)
        near = column | self.grid.west(now | column) | self.grid.east(now | column)
        refined = _bits(self.refined[:lanes]).take(at)
        context = np.where(refined, np.uint8(REFINEMENT + 2), np.uint8(REFINEMENT) + _bits(near).take(at))
        self.refined[:lanes] = known
        symbols = context * np.uint8(2) + _bits(bits).take(at)
        counts = np.bincount(at // self.magnitude.shape[1], minlength=lanes)
        return CodingPass(counts, symbols, self._gains(plane, at, lanes))

    def _clean_up(self, plane: int, bits: Words, reached: Words, found: Words, lanes: int) -> CodingPass:
        older = len(reached)
        known = self.significant[:lanes].copy()
        known[:older] |= found
        left = self.inside[:lanes] & ~known
        left[:older] &= ~reached
        new = left & bits
        heads, empty, single = self._runs(left, new, known)
        at, lane, symbols, ones, signs = self._decisions(single | heads | empty, bits, known | new, known)
        is_head, is_empty = _bits(heads).take(at).astype(bool), _bits(empty).take(at).astype(bool)
        counts = np.ones(len(at), np.int64)
        counts[ones] = 2
        counts[is_head] = 4
        start = np.cumsum(counts) - counts
        out = np.empty(int(counts.sum()), np.uint8)
        out[start] = symbols
        out[(start + counts - 1)[ones]] = signs
        begin, row = start[is_head], at[is_head] & 3
        out[begin] = RUN * 2 + 1
        out[begin + 1] = UNIFORM * 2 + (row >> 1)
        out[begin + 2] = UNIFORM * 2 + (row & 1)
        out[start[is_empty]] = RUN * 2
        self.significant[:lanes] = known | new
        per_lane = np.bincount(lane, counts, lanes).astype(np.int64)
        return CodingPass(per_lane, out, self._gains(plane, at[ones], lanes))

    def _runs(self, left: Words, new: Words, known: Words) -> tuple[Words, Words, Words]:
        """Divide the cells of a clean-up pass: columns of four coded as a run (D.3.4), and single cells.

        Returns the first significant cell of each run, the top cell of each run without one, and the single cells.
        """
        grid = self.grid
        sides = grid.around(known | new, known)
        # Cells of the same column do not count: a run ends at its first significant one.
        near = (grid.north(known) & _NOT_ROW_0) | (sides[0] & _ROW_0)
        for side in sides[1:]:
            near |= side

        def any_row(x: Words) -> Words:
            return np.asarray((x | x >> _U(1) | x >> _U(2) | x >> _U(3)) & _ROW_0)

        def below(x: Words) -> Words:
            return np.asarray((x << _U(1) & _NOT_ROW_0) | (x << _U(2) & _ROWS_2_3) | (x << _U(3) & _ROW_3))

        whole = left & left >> _U(1) & left >> _U(2) & left >> _U(3) & _ROW_0
        run = whole & ~any_row(near)
        cells = run * _U(15)
        ones = new & cells
        heads = ones & ~below(ones)
        return heads, run & ~any_row(ones), left & ~cells | below(heads) & cells
