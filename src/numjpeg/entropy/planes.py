"""Coefficient planes that several scans fill (T.81 Annex G): a limit on visits, and signs of damage in them."""

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
"""For each component of a frame its blocks, int16 ``(rows, columns, 64)``, in zig-zag order."""

FREE_VISITS, VISITS_A_BYTE = 1 << 22, 128
"""The scans of a file may visit 2^22 blocks in all, and 128 more for each byte of the file. A visit costs up to
0.1 us, but one EOBn with its 14 bits can ask for 16,384 visits. The DC of a block takes a bit at least. So even
the flattest picture may have sixteen scans, and a photograph hundreds."""

LEAST_VISITS = 8192
"""A scan of fewer blocks counts as 8192 visits, since it takes half a millisecond to begin a scan with tables of
its own. So every file may have 512 scans, and one more for every 64 bytes."""


def new_planes(
    frame: Frame, scans: Sequence[Scan], size: int, sink: Sink, kept: Sequence[int] | None = None
) -> list[NDArray[np.int16]]:
    """Planes of zeros for all components of a frame. ``scans``: all scans of the frame; ``size``: bytes of the
    file; ``kept``: coefficients of a block, for each component 64, or 1 for the DC alone; None: 64 for all.

    FormatError if the sink is strict and the data are too short for the frame; UnsupportedError if the scans visit
    its blocks too often.
    """
    check_visits(frame, scans, size)
    blocks = _blocks(frame)
    planes = []
    for index, (component, count) in enumerate(zip(frame.components, blocks, strict=True)):
        of_component = [scan for scan in scans if index in scan.indices]
        have = sum(scan.end - scan.start for scan in of_component)
        # The DC of a block takes a bit at least.
        if sink.strict and of_component and 8 * have < count and not frame.arithmetic:
            what = f"the scans of component {component.identifier} have {have} bytes, at least"
            sink.add(Fault(f"{what} {ceil_div(count, 8)} needed", of_component[-1].end, "G.2", kind=LOSS))
        rows, columns = frame.block_size(component) if of_component else (0, 0)
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
    """Write the blocks ``(rows, columns, 64)`` of a sequential scan over those of an earlier scan. As in libjpeg,
    a DC coefficient always replaces the earlier one, an AC coefficient only if it is not zero. ``read``, ``(rows,
    columns)``, says which blocks were read, None that all were; the others stay as they are.
    """
    np.copyto(plane, sequences, where=sequences != 0)
    np.copyto(plane[:, :, 0], sequences[:, :, 0], where=True if read is None else read)


def lay_dc(scan: Scan, planes: Planes, blocks: NDArray[np.int16], read: NDArray[np.bool_] | np.bool_) -> None:
    """Put the DC coefficients of a progressive scan, ``(MCUs, blocks an MCU, 1)``, into the planes; a refinement
    adds its bits. ``read``, broadcast to the same shape, says which of them were read; only these are put in.
    """
    was_read = np.broadcast_to(read, blocks.shape).astype(np.int16)
    of_components = deinterleave(np.concatenate([blocks, was_read], axis=2), scan.mcus[1], scan.factors)
    for index, pairs in zip(scan.indices, of_components, strict=True):
        plane = planes[index]
        dc, where = np.moveaxis(pairs[:, : plane.shape[1]], 2, 0)
        target = plane[: len(pairs), :, 0]
        np.copyto(target, dc | target if scan.Ah else dc, where=where > 0)


def note_impossible_dc(
    scan: Scan, planes: Planes, tables: Sequence[NDArray[np.uint16]], sink: Sink, first_row: int = 0
) -> None:
    """Put in doubt each restart interval with a DC coefficient that is larger than samples can make it. A wrong
    bit in a DC difference moves all DC coefficients up to the end of the interval. Often some leave the range.
    ``planes``, ``tables``: one for each component of the scan; the planes begin at MCU row ``first_row``.
    """
    rows, columns = scan.mcus
    most = 1 << scan.frame.precision + 2  # A.3.3: for 8-bit samples 8 times 128
    beyond = []
    for (v, h), plane, table in zip(scan.factors, planes, tables, strict=True):
        step = int(table[0, 0])
        dc = plane[: rows * v, : columns * h, 0]
        # The shift by Al rounds down, so the magnitude of a negative coefficient may be too large yet (G.1.2.1).
        limit = (most + step // 2) // max(step, 1) + (1 << scan.Al) - 1
        if dc.size and (dc.max() > limit or dc.min() < -limit):
            y, x = np.nonzero((dc > limit) | (dc < -limit))
            beyond.append((y // v + first_row) * columns + x // h)
    if not beyond:
        return
    size = scan.restart_interval or rows * columns
    known = {f.mcus[0] // size: i for i, f in enumerate(sink.findings) if f.scan == scan.number and f.mcus}
    for interval, mcu in first_of_intervals(beyond, size):
        i = known.get(interval)
        if i is None:
            span = (interval * size, min((interval + 1) * size, rows * columns))
            what = f"a DC coefficient that no {scan.frame.precision}-bit samples have in MCU {mcu}"
            sink.add(Fault(what, scan.start, "A.3.3", scan.number, span, REMARK, mcu))
        elif sink.findings[i].probably_from is None:
            sink.findings[i] = replace(sink.findings[i], probably_from=mcu)
