"""The planes that many scans fill (T.81 Annex G), and how often scans may visit them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.container.findings import LOSS, Fault, Sink
from numjpeg.container.frame import Frame, Scan
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
    """Planes of zeros for all components of a frame.

    Parameters
    ----------
    scans : all of the frame's. size : bytes of the file. sink : if it is strict, the data must be long enough.
    kept : for each component 64, or 1 for planes of the DC alone; None for 64 of all.

    Raises
    ------
    FormatError if the data are too short for the frame; UnsupportedError if the scans visit its blocks too often.
    """
    check_visits(frame, scans, size)
    blocks = _blocks(frame)
    planes = []
    for index, (component, count) in enumerate(zip(frame.components, blocks, strict=True)):
        own = [scan for scan in scans if index in scan.indices]
        have = sum(scan.end - scan.start for scan in own)
        if (
            sink.strict and own and 8 * have < count and not frame.arithmetic
        ):  # the DC of a block takes a bit at least
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
        raise UnsupportedError(
            f"{len(scans)} scans visit {visits} blocks, more than {FREE_VISITS} + {VISITS_A_BYTE} a byte",
            offset=scans[-1].offset,
            clause="G.1.1.1",
        )


def _blocks(frame: Frame) -> list[int]:
    return [rows * columns for rows, columns in map(frame.block_size, frame.components)]


def lay_over(plane: NDArray[np.int16], sequences: NDArray[np.int16], read: NDArray[np.bool_] | None) -> None:
    """Lay the blocks ``(rows, columns, 64)`` of a sequential scan over those of an earlier scan.

    As in libjpeg, all DC coefficients are replaced, and AC coefficients only by those that are not zero. Blocks of
    which nothing was ``read``, ``(rows, columns)``, stay as they were. None: all were.
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
