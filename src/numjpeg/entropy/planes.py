"""The planes that many scans fill (T.81 Annex G): how often these may visit them, and signs of damage in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.container.findings import LOSS, REMARK, Fault, Sink
from numjpeg.container.frame import Frame, Scan
from numjpeg.entropy.intervals import first_of_intervals
from numjpeg.errors import UnsupportedError
from numjpeg.stages.mcu_order import deinterleave

Planes = Sequence[NDArray[np.int16]]
"""Of each component of a frame, blocks int16 ``(rows, columns, 64)`` in zig-zag order."""

FREE_VISITS, VISITS_A_BYTE = 1 << 22, 128
"""The scans of a file may visit so many blocks in all, and so many more for each byte of the file. A visit costs
up to 0.1 us, but one EOBn with its 14 bits can ask for 16,384 visits. The DC of a block takes a bit at least, so
this allows sixteen scans of the flattest picture, and hundreds of a photograph."""

LEAST_VISITS = 8192
"""A scan of fewer blocks counts as so many, since it takes half a millisecond to begin a scan with tables of its
own. So every file may have 512 scans, and one more for every 64 bytes."""


def new_planes(
    frame: Frame, scans: Sequence[Scan], size: int, sink: Sink, kept: Sequence[int] | None = None
) -> list[NDArray[np.int16]]:
    """Planes of zeros for all components of a frame, of which these are all the scans, in a file of ``size``
    bytes.

    ``kept`` : for each component 64, or 1 for planes of the DC alone; None for 64 of all. FormatError if the sink
    is strict and the data are too short for the frame; UnsupportedError if the scans visit its blocks too often.
    """
    check_visits(frame, scans, size)
    blocks = _blocks(frame)
    planes = []
    for index, (component, count) in enumerate(zip(frame.components, blocks, strict=True)):
        own = [scan for scan in scans if index in scan.indices]
        have = sum(scan.end - scan.start for scan in own)
        # The DC of a block takes a bit at least.
        if sink.strict and own and 8 * have < count and not frame.arithmetic:
            what = f"the scans of component {component.identifier} have {have} bytes, at least"
            sink.add(Fault(f"{what} {ceil_div(count, 8)} needed", own[-1].end, "G.2", kind=LOSS))
        rows, columns = frame.block_size(component) if own else (0, 0)
        coefficients = kept[index] if kept else 64
        planes.append(np.zeros((ceil_div(rows, component.V) * component.V, columns, coefficients), np.int16))
    return planes


def check_visits(frame: Frame, scans: Sequence[Scan], size: int) -> None:
    """Raise UnsupportedError if the scans of a file of ``size`` bytes visit its blocks too often."""
    blocks = _blocks(frame)
    visits = sum(max(LEAST_VISITS, sum(blocks[index] for index in scan.indices)) for scan in scans)
    if visits > FREE_VISITS + VISITS_A_BYTE * size:
        what = f"{len(scans)} scans visit {visits} blocks, more than {FREE_VISITS} + {VISITS_A_BYTE} a byte"
        raise UnsupportedError(what, offset=scans[-1].offset, clause="G.1.1.1")


def _blocks(frame: Frame) -> list[int]:
    return [rows * columns for rows, columns in map(frame.block_size, frame.components)]


def lay_over(plane: NDArray[np.int16], sequences: NDArray[np.int16], read: NDArray[np.bool_] | None) -> None:
    """Lay the blocks ``(rows, columns, 64)`` of a sequential scan over those of an earlier scan. As in libjpeg,
    all DC coefficients are replaced, and AC coefficients only by those that are not zero. Blocks of which nothing
    was ``read``, ``(rows, columns)``, stay as they were. None: all were.
    """
    np.copyto(plane, sequences, where=sequences != 0)
    np.copyto(plane[:, :, 0], sequences[:, :, 0], where=True if read is None else read)


def lay_dc(scan: Scan, planes: Planes, blocks: NDArray[np.int16], read: NDArray[np.bool_] | np.bool_) -> None:
    """Put the DC coefficients of a progressive scan, ``(MCUs, blocks an MCU, 1)``, into the planes where ``read``
    says so, which is broadcast to that shape. In a refinement their bits are added.
    """
    there = np.broadcast_to(read, blocks.shape).astype(np.int16)
    both = deinterleave(np.concatenate([blocks, there], axis=2), scan.mcus[1], scan.factors)
    for index, own in zip(scan.indices, both, strict=True):
        plane = planes[index]
        dc, where = np.moveaxis(own[:, : plane.shape[1]], 2, 0)
        target = plane[: len(own), :, 0]
        np.copyto(target, dc | target if scan.Ah else dc, where=where > 0)


def note_impossible_dc(
    scan: Scan, planes: Planes, tables: Sequence[NDArray[np.uint16]], sink: Sink, first_row: int = 0
) -> None:
    """Put each restart interval in doubt that has a DC coefficient larger than any samples make it. A wrong bit in
    a DC difference moves all DC coefficients up to the end of the interval. Often some of them leave the range.
    ``planes``, ``tables``: of each component of the scan, from MCU row ``first_row`` on.
    """
    rows, columns = scan.mcus
    most = 1 << scan.frame.precision + 2  # A.3.3: of 8-bit samples 8 times 128
    found = []
    for (v, h), plane, table in zip(scan.factors, planes, tables, strict=True):
        step = int(table[0, 0])
        dc = plane[: rows * v, : columns * h, 0]
        # Without its lowest bits a coefficient below zero is larger than it will be (G.1.2.1).
        limit = (most + step // 2) // max(step, 1) + (1 << scan.Al) - 1
        if dc.size and (dc.max() > limit or dc.min() < -limit):
            y, x = np.nonzero((dc > limit) | (dc < -limit))
            found.append((y // v + first_row) * columns + x // h)
    if not found:
        return
    size = scan.restart_interval or rows * columns
    known = {f.mcus[0] // size: i for i, f in enumerate(sink.findings) if f.scan == scan.number and f.mcus}
    for interval, mcu in first_of_intervals(found, size):
        i = known.get(interval)
        if i is None:
            span = (interval * size, min((interval + 1) * size, rows * columns))
            what = f"a DC coefficient that no {scan.frame.precision}-bit samples have in MCU {mcu}"
            sink.add(Fault(what, scan.start, "A.3.3", scan.number, span, REMARK, mcu))
        elif sink.findings[i].probably_from is None:
            sink.findings[i] = replace(sink.findings[i], probably_from=mcu)
