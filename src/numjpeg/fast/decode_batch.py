"""Decodes many files with the same header at once, as if they were the restart intervals of one scan.

DC prediction begins anew at each file, as behind a restart marker, and each file's data begin at a known byte. So
files whose bytes up to the entropy-coded data are equal are read, transformed and converted together, and share
the cost of each call. A file with which anything is wrong is decoded by itself, and has its own error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.colorspaces import from_components
from numjpeg.container.structure import Structure
from numjpeg.entropy import bits
from numjpeg.entropy.shared import restore_dc
from numjpeg.fast.codewords.lanes import LaneReader, Place
from numjpeg.fast.decode_plan import entropy_coded, scan_start
from numjpeg.fast.samples import inverse_dct
from numjpeg.fast.samples.plan_pixels import suits
from numjpeg.stages.mcu_order import deinterleave
from numjpeg.stages.subsampling import upsample
from numjpeg.workspace import Workspace

Picture = NDArray[np.uint8]

ALONE_BELOW = 4
"""With fewer files of a kind, each is decoded by itself."""

MOST_PIXELS = 1 << 20
"""Of a picture that is decoded together with others; a larger one gains nothing by it."""


class Kind:
    """What files with the same header have in common."""

    def __init__(self, structure: Structure, fancy: bool) -> None:
        self.structure, self.fancy = structure, fancy
        frame = structure.require_frame()
        (self.scan,) = structure.scans
        self.start = self.scan.start
        self.pixels = frame.height * frame.width
        self.target = "GRAY" if structure.colorspace == "GRAY" else "RGB"
        self.nbytes = 4096 + 2 * self.start


def kind_of(data: bytes, structure: Structure, colorspace: str | None, fancy: bool) -> Kind | None:
    """The kind of a file with this structure, or None if it has to be decoded by itself."""
    if not suits(structure, colorspace) or structure.scans[0].start != scan_start(data):
        return None
    kind = Kind(structure, fancy)
    return kind if kind.pixels <= MOST_PIXELS else None


def decode_together(kind: Kind, files: list[bytes], alone: Callable[[bytes], Any]) -> list[Any]:
    """Decode files of one kind. Returns for each the picture, or the exception if it cannot be decoded. ``alone``
    decodes a file by itself.
    """
    results: list[Any] = [None] * len(files)
    waiting = [(i, data) for i, file in enumerate(files) if (data := entropy_coded(file, kind.start))]
    while len(waiting) >= ALONE_BELOW:
        planes, read = _read(kind, [data for _, data in waiting])
        for (number, _), picture in zip(waiting, _pictures(kind, planes, read), strict=False):
            results[number] = picture
        waiting = waiting[read + 1 :]  # the file with the fault is decoded by itself
    for number, result in enumerate(results):
        if result is None:
            try:
                results[number] = alone(files[number])
            except Exception as error:
                results[number] = error
    return results


def _read(kind: Kind, parts: list[bytes]) -> tuple[list[NDArray[np.int16]], int]:
    """Read the scans of files, up to the first with which anything is wrong. Returns for each component the blocks
    of all these files, below each other, ``(rows, columns, 64)``; and how many files they are.
    """
    # The reader takes them for one scan with the MCUs of all files, and each file for a restart interval.
    scan, (rows, columns) = kind.scan, kind.scan.mcus
    frame = scan.frame._replace(height=rows * len(parts) * 8 * (scan.frame.V_max if scan.interleaved else 1))
    if not scan.interleaved:
        frame = frame._replace(components=(replace(frame.components[0], H=1, V=1),))
    scan = replace(scan, frame=frame, restart_interval=rows * columns)
    data = np.frombuffer(b"".join([*parts, bytes(bits.PAYLOAD_MARGIN)]), np.uint8)
    starts = np.cumsum([0] + [len(part) for part in parts])
    payload = bits.Payload(data, int(starts[-1]), starts[:-1], np.empty(0, np.intp), 0)
    lanes = LaneReader(scan, payload)
    blocks_per_file = scan.restart_interval * scan.blocks_per_mcu
    pieces = list(lanes.pieces(Place(0, 0, 0)))
    read = pieces[-1].end.block // blocks_per_file
    coefficients = np.concatenate([piece.coefficients for piece in pieces])
    blocks = coefficients[: read * blocks_per_file * 64].reshape(-1, scan.blocks_per_mcu, 64)
    if not read:
        return [], 0
    restore_dc(scan, lanes.layout.components(blocks), 0, [0] * len(scan.components))
    return deinterleave(blocks, scan.mcus[1], scan.factors), read


def _pictures(kind: Kind, planes: list[NDArray[np.int16]], count: int) -> list[Picture]:
    """The ``count`` pictures, from the blocks of each component."""
    frame, workspace = kind.structure.require_frame(), Workspace()
    step = max(1, (1 << 17) // kind.pixels)  # files that are upsampled and converted at a time: 131,072 pixels
    pictures: list[Picture] = []
    for first in range(0, count, step):
        some = min(step, count - first)
        samples = np.empty((len(planes), some, frame.height, frame.width), np.uint8)
        by_ratio: dict[tuple[int, int], list[int]] = {}
        for i, c in enumerate(frame.components):
            by_ratio.setdefault((frame.H_max // c.H, frame.V_max // c.V), []).append(i)
        for (h, v), group in by_ratio.items():
            files = slice(first, first + some)
            stack = np.stack([_samples(kind, planes[i], i, files, count, workspace) for i in group])
            for i, plane in zip(group, upsample(stack, h, v, kind.fancy), strict=True):
                samples[i] = plane[:, : frame.height, : frame.width]
        joined = from_components(np.moveaxis(samples, 0, -1), kind.structure.colorspace, kind.target)
        if joined.ndim > 3:  # plane by plane in memory: many pictures at once take a third of the time
            pixels = np.empty(joined.shape, np.uint8)
            for channel in range(joined.shape[-1]):
                pixels[..., channel] = joined[..., channel]
            joined = pixels
        pictures += [picture.copy() for picture in joined]  # no picture holds the memory of the others
    return pictures


def _samples(
    kind: Kind, plane: NDArray[np.int16], component: int, files: slice, count: int, workspace: Workspace
) -> Picture:
    """The samples of a component in some of the ``count`` files, ``(files, rows, columns)``."""
    frame = kind.structure.require_frame()
    rows, columns = plane.shape[0] // count, plane.shape[1]
    blocks = np.ascontiguousarray(plane[files.start * rows : files.stop * rows])
    out = np.empty((len(blocks) * 8, columns * 8), np.uint8)
    inverse_dct.samples(blocks, kind.structure.component_tables[component], out, workspace)
    height, width = frame.sample_size(frame.components[component])
    return out.reshape(-1, rows * 8, columns * 8)[:, :height, :width]
