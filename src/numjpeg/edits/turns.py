"""Turning, mirroring and cropping a picture by moving whole blocks.

Mirroring a block of samples changes the sign of its odd frequencies; transposing it transposes its coefficients.
If the picture's size is no multiple of an MCU's, its last row or column of MCUs is partial and cannot be moved: it
stays where it is, or is trimmed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Coefficients, ceil_div
from numjpeg.container.frame import mcu_size
from numjpeg.edits.regions import Rectangle, Region


class Turn(NamedTuple):
    """Steps of an operation: transpose, then mirror left and right, then mirror top and bottom."""

    transpose: bool
    mirror_columns: bool
    mirror_rows: bool


# The operations of :func:`numjpeg.transform`. They stand in the order of EXIF's orientations 1 .. 8 (EXIF 2.32,
# 4.6.4 A): each turns the picture of one orientation upright. Rotations are clockwise.
OPERATIONS = {
    "none": Turn(False, False, False),
    "flip_horizontal": Turn(False, True, False),
    "rotate_180": Turn(False, True, True),
    "flip_vertical": Turn(False, False, True),
    "transpose": Turn(True, False, False),
    "rotate_90": Turn(True, True, False),
    "transverse": Turn(True, True, True),
    "rotate_270": Turn(True, False, True),
}
ORIENTATIONS = dict(enumerate(OPERATIONS, 1))


def turned(c: Coefficients, turn: Turn, crop: Rectangle | None, trim: bool, perfect: bool) -> Coefficients:
    """A picture that is turned and then cropped; parameters as in :func:`numjpeg.transform`."""
    if turn.transpose:
        components = tuple(replace(k, H=k.V, V=k.H) for k in c.components)
        tables = {number: table.T for number, table in c.quantization_tables.items()}
        c = replace(c, height=c.width, width=c.height, components=components, quantization_tables=tables)
        c = replace(c, planes=[_transpose_blocks(plane) for plane in c.planes])
    mcu_height, mcu_width = mcu_size(c.components)
    if perfect:
        if turn.mirror_columns and c.width % mcu_width:
            raise ValueError(f"perfect: {c.width} columns are no whole MCUs of {mcu_width}")
        if turn.mirror_rows and c.height % mcu_height:
            raise ValueError(f"perfect: {c.height} rows are no whole MCUs of {mcu_height}")
    region = Region.parse("crop", crop if crop is not None else (c.width, c.height, 0, 0))
    region.check("crop", c.height, c.width)
    left, top = region.left // mcu_width, region.top // mcu_height
    width = region.width + (0 if region.keeps_width else region.left % mcu_width)
    height = region.height + (0 if region.keeps_height else region.top % mcu_height)
    if trim and turn.mirror_columns:
        width = _trimmed(width, left, c.width, mcu_width)
    if trim and turn.mirror_rows:
        height = _trimmed(height, top, c.height, mcu_height)
    planes = []
    for component, plane in zip(c.components, c.planes, strict=True):
        if turn.mirror_columns:
            plane = _mirrored(plane, c.width // mcu_width * component.H)
        if turn.mirror_rows:
            plane = _transpose_blocks(_mirrored(_transpose_blocks(plane), c.height // mcu_height * component.V))
        rows = ceil_div(ceil_div(height * component.V * 8, mcu_height), 8)
        columns = ceil_div(ceil_div(width * component.H * 8, mcu_width), 8)
        first_row, first_column = top * component.V, left * component.H
        planes.append(plane[first_row : first_row + rows, first_column : first_column + columns])
    return replace(c, height=height, width=width, planes=planes)


def _trimmed(size: int, first: int, full: int, mcu: int) -> int:
    """A size without the partial MCU at its end, if the cropped part holds that MCU and at least one whole MCU."""
    whole = size // mcu
    return whole * mcu if whole and first + whole == full // mcu else size


def _mirrored(plane: NDArray[np.int16], count: int) -> NDArray[np.int16]:
    """A plane with its first ``count`` columns of blocks mirrored, and the others unchanged."""
    result = plane.copy()
    result[:, :count] = plane[:, :count][:, ::-1]
    np.negative(result[:, :count, :, 1::2], out=result[:, :count, :, 1::2])
    return result


def _transpose_blocks(plane: NDArray[np.int16]) -> NDArray[np.int16]:
    return plane.transpose(1, 0, 3, 2)
