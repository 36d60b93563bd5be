"""The findings of a reader: one sink that takes all of them, and the report of a damaged file.

There are three kinds. *Remark*: the file breaks a rule, but libjpeg goes on decoding. *Damage*: data are invalid,
or are not what should stand there. *Loss*: data are missing.

Whether a finding puts MCUs in doubt is a second fact. For instance, bytes that are left over behind a restart
interval are only a remark, but code words in that interval may have been misread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div, same
from numjpeg.container.frame import Frame, Scan
from numjpeg.errors import FormatError

REMARK, DAMAGE, LOSS = "remark", "damage", "loss"


@dataclass(frozen=True)
class Fault:
    """One finding: a remark, damage or a loss."""

    what: str  # what is wrong, without place and clause
    offset: int  # byte offset in the file at which it was seen
    clause: str  # of ITU-T T.81, which the file breaks
    scan: int | None = None  # number of the scan, from 0; None outside of scans
    mcus: tuple[int, int] | None = None  # MCUs of the scan that it puts in doubt, first and last plus 1; or None
    kind: str = DAMAGE  # "remark", "damage" or "loss"
    probably_from: int | None = None  # the first MCU that is probably wrong; None without evidence

    @property
    def puts_in_doubt(self) -> bool:
        """Whether the finding puts a part of the picture in doubt."""
        return self.kind != REMARK or self.mcus is not None

    def __str__(self) -> str:
        where = ""
        if self.scan is not None:
            where = f" of scan {self.scan}"
        if self.mcus is not None and self.mcus[1] > self.mcus[0]:
            first, stop = self.mcus
            where += f", MCU {first}" if stop == first + 1 else f", MCUs {first} to {stop - 1}"
        if self.probably_from is not None:
            where += f" (probably from MCU {self.probably_from})"
        return f"byte {self.offset}{where}: {self.what} ({self.clause})"


@dataclass(eq=False)
class Sink:
    """Takes all findings while a file is read."""

    strict: bool = False  # damage and losses are raised as FormatError; remarks are collected in any case
    findings: list[Fault] = field(default_factory=list)
    doubtful_from: int | None = None  # number of the first scan that damage in front of it may have harmed
    work: int = 0  # coefficients that scans with arithmetic coding have stepped over, a number that is limited

    def add(self, finding: Fault) -> None:
        """Take a finding; if the sink is strict, raise damage and losses."""
        if self.strict and finding.kind != REMARK:
            raise FormatError(finding.what, offset=finding.offset, clause=finding.clause)
        self.findings.append(finding)

    def remark(self, what: str, offset: int, clause: str, scan: int | None = None) -> None:
        """Take a remark that puts nothing in doubt."""
        self.add(Fault(what, offset, clause, scan, kind=REMARK))

    def take(self, error: FormatError, scans: int) -> None:
        """Take damage outside of scans, or raise it if strict; it may harm all scans from number ``scans`` on."""
        if self.strict:
            raise error
        self.findings.append(Fault(error.what, error.offset or 0, error.clause or "B.1"))
        if self.doubtful_from is None:
            self.doubtful_from = scans


@dataclass
class DamageReport:
    """What was found in a file, and which part of the picture shows no sign of damage.

    Attributes
    ----------
    faults : damage, losses, and the remarks that put MCUs in doubt: first those outside of scans, then scan by
        scan in the order of the file. In each restart interval, or scan without restart markers, only the first
        one is listed, as it puts the whole interval in doubt.
    mask : bool ``(rows, columns)``, True for each MCU without a sign of damage. It may still be damaged: a flipped
        bit can turn a code word into another one of the same length, or change a magnitude, unnoticed.
    height, width : size of the picture in pixels.
    mcu_size : (rows, columns) of pixels that an MCU covers (A.2): the largest sampling factors times 8, or in a
        lossless file times 1.
    reach : how many (rows, columns) of pixels next to an MCU are computed from its chroma, too, when the triangle
        filter upsamples it.
    remarks : findings that put nothing in doubt.
    """

    faults: list[Fault]
    mask: NDArray[np.bool_]
    height: int
    width: int
    mcu_size: tuple[int, int]
    reach: tuple[int, int] = (0, 0)
    remarks: list[Fault] = field(default_factory=list)

    @classmethod
    def of(cls, frame: Frame, scans: Sequence[Scan], sink: Sink) -> DamageReport:
        """The report of all findings of a sink."""
        v, h = (1, 1) if len(frame.components) == 1 else (frame.V_max, frame.H_max)
        reach = (int(any(v > c.V for c in frame.components)), int(any(h > c.H for c in frame.components)))
        height, width = size = frame.unit * v, frame.unit * h
        mask = np.ones((ceil_div(frame.height, height), ceil_div(frame.width, width)), np.bool_)
        report = cls([], mask, frame.height, frame.width, size, reach)
        for finding in sorted(sink.findings, key=lambda f: (-1, 0) if f.scan is None else (f.scan, f.offset)):
            (report.faults if finding.puts_in_doubt else report.remarks).append(finding)
        for number, scan in enumerate(scans):
            if sink.doubtful_from is not None and number >= sink.doubtful_from:
                mask[:] = False
                break
            doubts = [f.mcus for f in report.faults if f.scan == number and f.mcus is not None]
            certain = np.ones(scan.mcus if doubts else mask.shape, np.bool_)
            for first, stop in doubts:
                certain.reshape(-1)[first:stop] = False
            if certain.shape != mask.shape:
                # A scan of one component counts blocks as MCUs; an MCU of the frame holds V rows of H of them.
                (component,) = scan.components
                (rows, columns), v, h = mask.shape, component.V, component.H
                whole = np.ones((rows * v, columns * h), np.bool_)
                whole[: certain.shape[0], : certain.shape[1]] = certain
                certain = np.logical_and.reduce(whole.reshape(rows, v, columns, h), axis=(1, 3))
            mask &= certain
        return report

    @property
    def sound(self) -> float:
        """The share of MCUs without a sign of damage, 0.0 .. 1.0; some of these may still be damaged."""
        return float(self.mask.mean())

    def pixels(self) -> NDArray[np.bool_]:
        """The mask by pixel: bool ``(height, width)``, True for each pixel that depends on no MCU in doubt."""
        rows, columns = self.mcu_size
        doubt = np.repeat(np.repeat(~self.mask, rows, axis=0), columns, axis=1)[: self.height, : self.width]
        for axis in np.flatnonzero(self.reach):
            spread = np.swapaxes(doubt, 0, axis)
            before = spread.copy()
            spread[1:] |= before[:-1]
            spread[:-1] |= before[1:]
        return ~doubt

    def __eq__(self, other: object) -> bool:
        return same(vars(self), vars(other)) if isinstance(other, DamageReport) else NotImplemented

    def __repr__(self) -> str:
        lines = "\n".join(self._lines(2))
        return f"<DamageReport of {self.width} x {self.height} pixels (width x height): {lines}>"

    def __str__(self) -> str:
        return "\n".join(self._lines(10))

    def _lines(self, most: int) -> list[str]:
        count = len(self.faults)
        if not count:
            return ["no sign of damage"]
        certain = f"{self.mask.sum()} of {self.mask.size} MCUs show no sign of damage"
        shown = [f"  {fault}" for fault in self.faults[:most]]
        rest = [f"  and {count - most} more"] * (count > most)
        return [f"{count} fault{'s' * (count > 1)}, {certain}", *shown, *rest]
