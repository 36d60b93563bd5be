"""Scan scripts of the progressive process (T.81 G.1.1): which scan carries which bits, and whether that is legal.

A progressive file cuts the 64 coefficients of each component into bands along the zig-zag (spectral selection, Ss
to Se), and into bits (successive approximation, Ah and Al): the first scan of a band leaves out the low Al bits,
and each later scan, a refinement, adds one bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from operator import index
from typing import Any, NamedTuple

from numjpeg.coefficients import Component
from numjpeg.container.frame import MAX_BLOCKS_PER_MCU, MAX_RESTART_INTERVAL, Frame, Scan

MAX_POINT_TRANSFORM = 13  # the largest Ah and Al (Table B.3)


class ScriptScan(NamedTuple):
    """A scan of a script; the symbols are those of the scan header (B.2.3)."""

    components: tuple[int, ...]  # indices of its components in the frame, ascending
    Ss: int = 0  # first coefficient, in zig-zag order
    Se: int = 0  # last coefficient
    Ah: int = 0  # Al of the scan that this one refines; 0 for none
    Al: int = 0  # how many low bits of the coefficients are left to later scans

    def __str__(self) -> str:
        """The scan as a line of a script file for cjpeg."""
        return f"{','.join(map(str, self.components))}: {self.Ss}-{self.Se}, {self.Ah}, {self.Al}"


Script = Sequence[ScriptScan]


def default_script(components: Sequence[Component], colorspace: str) -> list[ScriptScan]:
    """libjpeg's script: ten scans for YCbCr, six for gray, 2 + 4 a component for any other colour space.

    >>> component = Component(1, 1, 1, 0)
    >>> print(*default_script([component], "GRAY"), sep="; ")
    0: 0-0, 0, 1; 0: 1-5, 0, 2; 0: 6-63, 0, 2; 0: 1-63, 2, 1; 0: 0-0, 1, 0; 0: 1-63, 1, 0
    """
    indices = range(len(components))
    bands = [(c, *band) for band in ((1, 5, 0, 2), (6, 63, 0, 2), (1, 63, 2, 1)) for c in indices]
    last = [(c, 1, 63, 1, 0) for c in indices]
    if colorspace == "YCbCr":
        bands = [(0, 1, 5, 0, 2), (2, 1, 63, 0, 1), (1, 1, 63, 0, 1), (0, 6, 63, 0, 2), (0, 1, 63, 2, 1)]
        last = last[::-1]
    groups = _groups(components)
    dc, refined = ([ScriptScan(group, 0, 0, *bits) for group in groups] for bits in ((0, 1), (1, 0)))
    return dc + make_script(bands) + refined + make_script(last)


def make_script(scans: Iterable[Any]) -> list[ScriptScan]:
    """A script from scans (components, Ss, Se, Ah, Al), of which the last ones may be left out; else a TypeError.

    ``components`` is a sequence of indices, or a single index.

    >>> make_script([((0, 1, 2), 0, 0, 0, 0), (0, 1, 63)])[1]
    ScriptScan(components=(0,), Ss=1, Se=63, Ah=0, Al=0)
    """
    script = []
    try:
        for components, *parameters in scans:
            indices = components if isinstance(components, Iterable) else (components,)
            script.append(ScriptScan(tuple(map(index, indices)), *map(index, parameters)))
    except (TypeError, ValueError):
        raise TypeError(f"scans: (components, Ss, Se, Ah, Al) expected of scan number {len(script)}") from None
    return script


def make_scans(frame: Frame, script: Script, restart_interval: int, restart_rows: int = 0) -> list[Scan]:
    """The scans of a file, still without Huffman tables; sequential ones if the script is empty.

    ``restart_interval`` is in MCUs, 0 for none. ``restart_rows``, if not 0, replaces it in files with a script: it
    is in MCU rows, whose length differs from scan to scan.
    """
    scans = []
    for step in script or [ScriptScan(group, 0, 63) for group in _groups(frame.components)]:
        components = tuple(frame.components[i] for i in step.components)
        if script:
            # The numbers of tables that a scan does not use are 0. A refinement of DC uses none.
            uses_dc, uses_ac = not (step.Ss or step.Ah), step.Ss > 0
            components = tuple(replace(c, Td=c.Td * uses_dc, Ta=c.Ta * uses_ac) for c in components)
        scan = Scan(frame, step.components, components, {}, restart_interval, 0, 0, 0, *step[1:])
        if script and restart_rows:
            scan = replace(scan, restart_interval=_interval_of_rows(scan, restart_rows))
        scans.append(scan)
    return scans


def _interval_of_rows(scan: Scan, rows: int) -> int:
    """The restart interval of ``rows`` MCU rows, in MCUs.

    It must be whole rows in a lossless scan (H.1.1). If that has one component, V lines of it count as an MCU row
    here, since libjpeg-turbo 3 decodes no other intervals of such scans correctly.
    """
    columns = scan.mcus[1]
    if not scan.frame.lossless:
        return min(rows * columns, MAX_RESTART_INTERVAL)
    step = columns if scan.interleaved else columns * scan.components[0].V
    if step > MAX_RESTART_INTERVAL:
        step = columns
    return min(rows, MAX_RESTART_INTERVAL // step) * step


def _groups(components: Sequence[Component]) -> list[tuple[int, ...]]:
    """All components in one scan, or one scan for each if an MCU would have too many data units."""
    indices = tuple(range(len(components)))
    fit_one_scan = len(indices) == 1 or sum(c.H * c.V for c in components) <= MAX_BLOCKS_PER_MCU
    return [indices] if fit_one_scan else [(i,) for i in indices]


def check_script(script: Script, components: Sequence[Component], *, complete: bool = True) -> None:
    """Raise ValueError, which names the scan and the reason, unless a script is legal (G.1.1.1, B.2.3).

    ``complete`` : every bit of every coefficient must be sent. Otherwise only first scans of the DC coefficients
    must be there; bits that no scan sends are lost.
    """
    # For each component and coefficient: Al of the last scan that sent it, None before the first one.
    sent: list[list[int | None]] = [[None] * 64 for _ in components]
    for number, scan in enumerate(script):
        if fault := _fault(scan, components, sent):
            raise ValueError(f"scans: number {number} ({scan}): {fault}")
        for c in scan.components:
            sent[c][scan.Ss : scan.Se + 1] = [scan.Al] * (scan.Se - scan.Ss + 1)
    for c, low_bits in enumerate(sent):
        if low_bits[0] is None:
            raise ValueError(f"scans: none sends the DC coefficients of component {c}")
    for c, low_bits in enumerate(sent):
        unsent = [k for k, bits in enumerate(low_bits) if bits != 0]
        if complete and unsent:
            raise ValueError(f"scans: coefficient {unsent[0]} of component {c} is not sent to its last bit")


def _fault(scan: ScriptScan, components: Sequence[Component], sent: list[list[int | None]]) -> str:
    """What is wrong with a scan after the bits that have been ``sent``; empty if nothing is."""
    indices, Ss, Se, Ah, Al = scan
    if fault := _fault_of_components(indices, components):
        return fault
    if not 0 <= Ss <= Se <= 63:
        return "Ss and Se are not 0 <= Ss <= Se <= 63"
    if not (0 <= Ah <= MAX_POINT_TRANSFORM and 0 <= Al <= MAX_POINT_TRANSFORM):
        return f"Ah and Al are not 0 to {MAX_POINT_TRANSFORM}"
    if Ss == 0 and Se > 0:
        return "DC and AC coefficients do not share a scan of a progressive file"
    if Ss > 0 and len(indices) > 1:
        return "a scan of AC coefficients has one component"
    if Ah and Al != Ah - 1:
        return "a refinement adds one bit, Al = Ah - 1"
    for c in indices:
        if Ss > 0 and sent[c][0] is None:
            return f"the DC coefficients of component {c} go first"
        for k in range(Ss, Se + 1):
            before = sent[c][k]
            if before is None and Ah:
                return f"coefficient {k} of component {c} is refined before it has been sent"
            if before is not None and not Ah:
                return f"coefficient {k} of component {c} is sent a second time"
            if before is not None and before != Ah:
                return f"coefficient {k} of component {c} has been sent down to bit {before}, not {Ah}"
    return ""


def _fault_of_components(indices: tuple[int, ...], components: Sequence[Component]) -> str:
    """Why these components cannot share a scan (B.2.3); empty if they can."""
    if not 1 <= len(indices) <= 4:
        return f"{len(indices)} components, 1 to 4 can share a scan"
    if any(not 0 <= c < len(components) for c in indices):
        return f"the components are numbered 0 to {len(components) - 1}"
    if any(a >= b for a, b in pairwise(indices)):
        return "components stand in the frame's order, each once"
    if len(indices) > 1 and sum(components[c].H * components[c].V for c in indices) > MAX_BLOCKS_PER_MCU:
        return f"more than {MAX_BLOCKS_PER_MCU} blocks an MCU"
    return ""


def lossless_script(
    script: Script | None, components: Sequence[Component], precision: int, predictor: int, point_transform: int
) -> list[ScriptScan]:
    """The scans of a lossless file, whose Ss is the predictor and Al the point transform (Table B.3).

    The scans must send each component once; otherwise ValueError names the scan and the reason. Without a script
    all components share one scan, or each has its own if an MCU would have too many samples. ``predictor`` and
    ``point_transform`` replace an Ss and an Al of 0. A predictor that is still 0 stands for the one that costs
    least. ``precision`` is bits a sample.
    """
    steps = [ScriptScan(group) for group in _groups(components)] if script is None else script
    scans = [scan._replace(Ss=scan.Ss or predictor, Al=scan.Al or point_transform) for scan in steps]
    sent: set[int] = set()
    for number, scan in enumerate(scans):
        fault = _fault_of_components(scan.components, components)
        if not 0 <= scan.Ss <= 7:
            fault = "Ss, the predictor, is none of 1 to 7, nor 0 for the one that costs least"
        elif scan.Se or scan.Ah or not 0 <= scan.Al < precision:
            fault = f"Se and Ah are not 0, or Al is not 0 to {precision - 1}"
        elif sent.intersection(scan.components):
            fault = "a component is sent a second time"
        if fault:
            raise ValueError(f"scans: number {number} ({scan}): {fault}")
        sent.update(scan.components)
    if missing := set(range(len(components))) - sent:
        raise ValueError(f"scans: none sends component {min(missing)}")
    return scans
