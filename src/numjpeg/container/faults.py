"""What is wrong with a damaged file: the faults, and which part of the picture they leave in no doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.container.frame import Frame, Scan
from numjpeg.errors import JpegError

SHOWN = 10
"""Faults that a report in words lists."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong."""

    what: str
    offset: int
    """Byte offset in the file at which it was seen."""
    clause: str
    """Of ITU-T T.81, which the file breaks."""
    scan: int | None = None
    """Number of the scan, from 0; None outside of scans."""
    mcus: tuple[int, int] | None = None
    """The scan's MCUs that are in doubt because of it, first and last plus 1; None outside of scans."""

    @classmethod
    def of(cls, error: JpegError) -> Fault:
        """The fault that an error tells of."""
        return cls(error.what, error.offset or 0, error.clause or "B.1")

    def __str__(self) -> str:
        where = ""
        if self.mcus is not None:
            first, stop = self.mcus
            where = f", MCU {first}" if stop == first + 1 else f", MCUs {first} to {stop - 1}"
            where = f" of scan {self.scan}{where}" if stop > first else f" of scan {self.scan}"
        return f"byte {self.offset}{where}: {self.what} ({self.clause})"


@dataclass
class DamageReport:
    """What is wrong with a file, and where in the picture.

    Attributes
    ----------
    faults : all that was found, in the order of the file within each scan. Of a restart interval, or of a scan
        without restart markers, the first fault only: what follows it in there is in doubt anyway.
    mask : bool ``(rows, columns)``, True for each MCU that was read without a fault before it in its restart
        interval. An MCU is ``mcu_size`` pixels large (A.2): the sampling factors' largest times 8.
    height, width : size of the picture in pixels.
    mcu_size : (rows, columns) of pixels that an MCU covers.
    reach : (rows, columns) of pixels next to an MCU that its chroma takes part in, when it is upsampled with the
        triangle filter.

    Notes
    -----
    Damaged bits often read as other legal codes for a while: a fault is seen where the data stop making sense, and
    the damage itself may lie somewhat before that place, in MCUs that count as sound. Truncation and missing
    restart intervals are seen where they are.
    """

    faults: list[Fault]
    mask: NDArray[np.bool_]
    height: int
    width: int
    mcu_size: tuple[int, int]
    reach: tuple[int, int] = (0, 0)

    @classmethod
    def of(cls, frame: Frame) -> DamageReport:
        """The empty report of a frame."""
        one = len(frame.components) == 1
        v, h = (1, 1) if one else (frame.V_max, frame.H_max)
        rows, columns = ceil_div(frame.height, 8 * v), ceil_div(frame.width, 8 * h)
        reach = (int(any(v > c.V for c in frame.components)), int(any(h > c.H for c in frame.components)))
        return cls([], np.ones((rows, columns), np.bool_), frame.height, frame.width, (8 * v, 8 * h), reach)

    @property
    def sound(self) -> float:
        """The share of MCUs that are in no doubt, 0.0 .. 1.0."""
        return float(self.mask.mean())

    def pixels(self) -> NDArray[np.bool_]:
        """The mask by pixel: bool ``(height, width)``, True where no MCU in doubt takes part."""
        rows, columns = self.mcu_size
        doubt = np.repeat(np.repeat(~self.mask, rows, axis=0), columns, axis=1)[: self.height, : self.width]
        for axis, reach in enumerate(self.reach):
            if reach:
                spread = np.swapaxes(doubt.copy(), 0, axis)
                before = np.swapaxes(doubt, 0, axis)
                spread[1:] |= before[:-1]
                spread[:-1] |= before[1:]
                doubt = np.swapaxes(spread, 0, axis)
        return ~doubt

    def add(
        self, faults: list[Fault], doubtful_from: int | None, scans: Sequence[Scan], found: Sequence[ScanDamage]
    ) -> None:
        """Take in what is wrong.

        Parameters
        ----------
        faults : those outside of scans. doubtful_from : the first scan that these put in doubt, or None.
        scans, found : all scans, and what is wrong with each.
        """
        self.faults += faults
        for number, (scan, damage) in enumerate(zip(scans, found, strict=True)):
            self.faults += damage.faults
            if doubtful_from is not None and number >= doubtful_from:
                self.mask[:] = False
            elif damage.faults:
                self._add_scan(scan, damage.sound)

    def add_missing_scans(self, size: int) -> None:
        """Scans are missing from a file of ``size`` bytes: no MCU is sound, even if no other fault says so."""
        if not self.faults:
            what = "the file ends before all scans of its components have come"
            self.faults.append(Fault(what, size, "B.2.1"))
        self.mask[:] = False

    def _add_scan(self, scan: Scan, sound: NDArray[np.bool_]) -> None:
        """Take in which of a scan's MCUs ``(MCUs,)`` are sound."""
        grid = sound.reshape(scan.mcus)
        if grid.shape != self.mask.shape:
            # A scan of one component goes by blocks, of which an MCU of the frame holds V rows of H.
            (component,) = scan.components
            v, h = component.V, component.H
            rows, columns = self.mask.shape
            whole = np.ones((rows * v, columns * h), np.bool_)
            whole[: grid.shape[0], : grid.shape[1]] = grid
            grid = np.logical_and.reduce(whole.reshape(rows, v, columns, h), axis=(1, 3))
        self.mask &= grid

    def __str__(self) -> str:
        if not self.faults:
            return "no damage"
        count = len(self.faults)
        lines = [f"{count} fault{'s' * (count > 1)}, {self.mask.sum()} of {self.mask.size} MCUs sound"]
        lines += [f"  {fault}" for fault in self.faults[:SHOWN]]
        if count > SHOWN:
            lines.append(f"  and {count - SHOWN} more")
        return "\n".join(lines)


@dataclass
class ScanDamage:
    """What is found wrong with a scan while it is read."""

    number: int
    """Of the scan, from 0."""
    sound: NDArray[np.bool_]
    """``(MCUs,)``"""
    faults: list[Fault] = field(default_factory=list)
    last_read: int = -1
    """The last MCU of a progressive scan of which there were data."""

    @classmethod
    def of(cls, number: int, scan: Scan) -> ScanDamage:
        """Nothing wrong so far."""
        rows, columns = scan.mcus
        return cls(number, np.ones(rows * columns, np.bool_), last_read=rows * columns - 1)

    def add(self, what: str, offset: int, clause: str, first: int, stop: int) -> None:
        """Note a fault that puts the MCUs ``first`` to ``stop - 1`` in doubt."""
        self.sound[first:stop] = False
        self.faults.append(Fault(what, offset, clause, self.number, (first, stop)))

    def extend_last(self, stop: int) -> None:
        """The last fault puts all MCUs up to ``stop - 1`` in doubt."""
        fault = self.faults[-1]
        assert fault.mcus is not None
        first, _ = fault.mcus
        self.sound[first:stop] = False
        self.faults[-1] = replace(fault, mcus=(first, stop))
