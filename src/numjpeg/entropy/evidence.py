"""Signs of damage in coefficients whose code words all look right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.findings import REMARK, Fault, Sink
from numjpeg.container.frame import Scan


def note_impossible_dc(
    scan: Scan,
    planes: Sequence[NDArray[np.int16]],
    tables: Sequence[NDArray[np.uint16]],
    sink: Sink,
    first_row: int = 0,
) -> None:
    """Put each restart interval in doubt that has a DC coefficient larger than any samples make it.

    A wrong bit in a DC difference moves all DC coefficients up to the end of the interval. Often some of them
    leave the range.

    Parameters
    ----------
    planes : of each component of the scan, blocks int16 ``(rows, columns, 64)``, from MCU row ``first_row`` on.
    tables : their quantization tables.
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
    mcus = np.sort(np.concatenate(found))
    interval_mcus = scan.restart_interval or rows * columns
    intervals, at = np.unique(mcus // interval_mcus, return_index=True)
    known = {
        f.mcus[0] // interval_mcus: i
        for i, f in enumerate(sink.findings)
        if f.scan == scan.number and f.mcus is not None
    }
    for interval, mcu in zip(intervals.tolist(), mcus[at].tolist(), strict=True):
        i = known.get(interval)
        if i is None:
            span = (interval * interval_mcus, min((interval + 1) * interval_mcus, rows * columns))
            what = f"a DC coefficient that no {scan.frame.precision}-bit samples have in MCU {mcu}"
            sink.add(Fault(what, scan.start, "A.3.3", scan.number, span, REMARK, mcu))
        elif sink.findings[i].probably_from is None:
            sink.findings[i] = replace(sink.findings[i], probably_from=mcu)
