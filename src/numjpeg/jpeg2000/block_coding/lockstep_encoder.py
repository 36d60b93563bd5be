"""The MQ encoder of many code-blocks in lockstep (T.800 C.2): one step codes one decision of each.

A *lane* is a code-block. Its code register is a long sum. Each step only records the number that it adds, and how
far the register is shifted. The numbers of many steps are added up later, in limbs of 16 bits. Carries and stuffed
bits come last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.jpeg2000.block_coding import lockstep_tables as tables
from numjpeg.jpeg2000.block_coding.bit_planes import BitPlanes, CodingPass
from numjpeg.jpeg2000.block_coding.lockstep_tables import PITCH, TOP

STEPS = 256  # the numbers of so many steps are added up at a time
Integers = NDArray[np.int64]
GROUP = 512  # code-blocks at a time


class EncodedBlock(NamedTuple):
    """A code-block's bytes and where they may be cut."""

    planes: int  # magnitude bit-planes; there are 3 planes - 2 coding passes, or none
    data: bytes
    lengths: list[int]  # how many bytes a decoder needs for the first pass, the first two, and so on
    gains: list[float]  # what each pass takes off the squared error, in squares of the quantization step


def encode_blocks(
    values: Sequence[NDArray[np.int32] | NDArray[np.float32]],
    kinds: Sequence[int],
    wants_gains: bool,
    roi_shift: int = 0,
) -> list[EncodedBlock]:
    """Encode code-blocks, each to one code word segment.

    Coefficients ``(height, width)`` are in units of the quantization step: int32, or float32 that are truncated.
    ``kinds`` are the entries of ``contexts.BAND_KIND`` for the sub-bands. ``wants_gains`` asks for what each pass
    takes off the error; it is 0 otherwise. A region of interest is shifted up by ``roi_shift`` bit-planes.
    """
    encoded: list[EncodedBlock | None] = [None] * len(values)
    for start in range(0, len(values), GROUP):
        part = values[start : start + GROUP]
        exact = [np.abs(block).astype(np.float32) for block in part] if wants_gains else None
        whole = [block.astype(np.int32) for block in part]
        planes = BitPlanes(whole, kinds[start : start + GROUP], exact, roi_shift)
        passes = list(planes.passes())
        coded = _Lanes(len(planes.order), passes).run()
        for lane, i in enumerate(planes.order.tolist()):
            gains = [float(p.gains[lane]) for p in passes if lane < len(p.counts)]
            data, lengths = coded[lane]
            encoded[start + i] = EncodedBlock(int(planes.planes[lane]), data, lengths, gains)
    return [block for block in encoded if block is not None]


_QE = np.repeat(np.array([*tables.QE[:: tables.STATE_PITCH] >> TOP], np.int64), tables.STATE_PITCH)


class _Lanes:
    """The registers of all lanes. Lanes with more decisions have lower columns."""

    def __init__(self, lanes: int, passes: Sequence[CodingPass]) -> None:
        self.lanes, self.passes = lanes, passes
        counts = np.zeros(lanes, np.int64)
        for coding_pass in passes:
            counts[: len(coding_pass.counts)] += coding_pass.counts
        self.counts = counts
        self.order = np.argsort(-counts, kind="stable")
        self.column = np.empty(lanes, np.int64)
        self.column[self.order] = np.arange(lanes)
        self.longest = int(counts.max(initial=0))
        self.active = lanes - np.searchsorted(np.sort(counts), np.arange(self.longest), side="right")
        self._lay_symbols()
        self.A = np.full(lanes, 0x8000, np.int64)
        self.states = np.tile(tables.INITIAL, lanes)
        self.shifted = np.zeros(lanes, np.int64)  # how far each lane's register has been shifted
        # Limbs of the sums, most significant first. Bit 15 of limb 0 is bit 15 of the register before any shift.
        self.limbs = np.zeros((lanes, 64), np.int64)

    def _lay_symbols(self) -> None:
        """Arrange all decisions by step and column, and note the step and column at which each pass ends."""
        self.symbols = np.zeros((self.longest, self.lanes), np.uint8)
        flat, done = self.symbols.ravel(), np.zeros(self.lanes, np.int64)
        ends: list[NDArray[np.int64]] = []
        for coding_pass in self.passes:
            k = len(coding_pass.counts)
            first = np.cumsum(coding_pass.counts) - coding_pass.counts
            step = np.arange(len(coding_pass.symbols)) + np.repeat(done[:k] - first, coding_pass.counts)
            flat[step * self.lanes + np.repeat(self.column[:k], coding_pass.counts)] = coding_pass.symbols
            done[:k] += coding_pass.counts
            ends.append(np.stack([done[:k], self.column[:k]]))
        self.ends = np.concatenate(ends, axis=1) if ends else np.zeros((2, 0), np.int64)
        self.bits_at_end = np.zeros(self.ends.shape[1], np.int64)
        self.by_step = np.argsort(self.ends[0], kind="stable")

    def run(self) -> list[tuple[bytes, list[int]]]:
        """Code all decisions: for each lane its bytes, and how many of them each number of passes needs."""
        step = 0
        while step < self.longest:
            step = self._run_some(step, min(step + STEPS, self.longest))
        columns = zip(self.column.tolist(), self.counts, strict=True)
        data = [self._bytes(column) if count else b"" for column, count in columns]
        return list(zip(data, self._lengths(data), strict=True))

    def _run_some(self, first: int, stop: int) -> int:
        """Code the decisions of some steps; return the step after them."""
        k, steps = int(self.active[first]), stop - first
        added, shifts = np.zeros((steps, k), np.int64), np.zeros((steps, k), np.int64)
        lower = np.ones((steps, k), bool)
        index = self.symbols[first:stop, :k].astype(np.int64)
        decision = (index & 1).astype(bool)
        index = (index >> 1) + np.arange(k) * PITCH
        i2, i3, wide = (np.zeros(k, np.int64) for _ in range(3))
        less, lps = np.zeros(k, bool), wide.view(bool)[1::8]  # counts 256
        interval, states = self.A[:k], self.states
        take_state, take_qe, take_mps = states.take, _QE.take, tables.DECISION.take
        take_shift, take_next = tables.SHIFT.take, tables.NEXT_STATE.take
        for step in range(steps):
            active = int(self.active[first + step])
            if active < k:
                k = active
                i2, i3, less, lps, wide, interval = i2[:k], i3[:k], less[:k], lps[:k], wide[:k], interval[:k]
            at, qe, shift, in_lower = index[step, :k], added[step, :k], shifts[step, :k], lower[step, :k]
            take_state(at, None, i2, "clip")
            take_qe(i2, None, qe, "clip")
            take_mps(i2, None, i3, "clip")
            np.not_equal(i3, decision[step, :k] * 128, lps)
            np.subtract(interval, qe, interval)
            np.less(interval, qe, less)
            np.not_equal(less, lps, in_lower)  # the LPS has the lower part, unless the MPS' is smaller
            np.copyto(interval, qe, where=in_lower)
            take_shift(interval, None, shift, "clip")
            np.left_shift(interval, shift, interval)
            np.add(i2, shift, i2)
            np.add(i2, wide, i2)
            states[at] = take_next(i2, None, i3, "clip")
        self._sum(first, added, shifts, lower)
        return stop

    def _sum(self, first: int, added: Integers, shifts: Integers, lower: NDArray[np.bool_]) -> None:
        """Add the numbers of some steps to the limbs, each shifted to its place."""
        steps, k = added.shape
        after = self.shifted[:k] + np.cumsum(shifts, axis=0)
        before = after - shifts
        self.shifted[:k] = after[-1]
        low, high = np.searchsorted(self.ends[0, self.by_step], [first + 1, first + steps + 1])
        which = self.by_step[low:high]
        self.bits_at_end[which] = after[self.ends[0, which] - 1 - first, self.ends[1, which]]
        need = int(self.shifted.max() >> 4) + 4
        if need > self.limbs.shape[1]:
            self.limbs = np.concatenate([self.limbs, np.zeros((self.lanes, need), np.int64)], axis=1)
        width = self.limbs.shape[1]
        upper = np.flatnonzero(~lower)
        shift = before.ravel()[upper]
        value = added.ravel()[upper] << (16 - (shift & 15))  # of two limbs
        cell = (upper % k) * width + (shift >> 4)
        size = k * width + 1
        flat = self.limbs.ravel()
        for offset, part in ((0, value >> 16), (1, value & 0xFFFF)):
            flat[:size] += np.bincount(cell + offset, part, size)[: len(flat)].astype(np.int64)

    def _bytes(self, column: int) -> bytes:
        """A lane's bytes."""
        shifted = int(self.shifted[column])
        count = (shifted >> 4) + 2
        limbs = self.limbs[column, :count]
        parts = [(limbs >> part & 0xFFFF).astype(">u2").tobytes() for part in (0, 16, 32)]
        total = sum(int.from_bytes(part, "big") << 16 * i for i, part in enumerate(parts))
        total >>= 16 * count - 16 - shifted  # the register, shifted to its bit 0
        return _stuff(total, int(self.A[column]), shifted)

    def _lengths(self, data: Sequence[bytes]) -> list[list[int]]:
        """How many bytes the passes up to each need, at most."""
        lengths: list[list[int]] = [[] for _ in range(self.lanes)]
        lane = self.order[self.ends[1]]
        for i, bits in zip(lane.tolist(), self.bits_at_end.tolist(), strict=True):
            lengths[i].append(min(len(data[i]), (bits >> 3) + 3 + bits // 2040))
        return lengths


def _stuff(total: int, interval: int, shifted: int) -> bytes:
    """The shortest bytes that lie in the interval when ones follow them; a zero bit is stuffed after each FF."""
    # The register has 15 bits more than were shifted out. The value is chosen so that all of them are ones.
    value = ((total + interval >> 15 << 15) - 1) >> 15
    left = shifted
    out = bytearray()
    while left > 0:
        padding = -left % 8
        data = (value << padding | (1 << padding) - 1).to_bytes((left + padding) // 8, "big")
        at = data.find(b"\xff")
        if at < 0 or 8 * (at + 1) >= left:
            out += data
            break
        out += data[: at + 1]
        left -= 8 * (at + 1)
        value &= (1 << left) - 1
        left += 1  # the stuffed zero
    return bytes(out).rstrip(b"\xff")
