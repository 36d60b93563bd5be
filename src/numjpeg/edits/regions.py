"""Rectangles of a picture, in whole MCUs: they are wiped, or replaced by another picture."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from numjpeg.arguments import checked_integer
from numjpeg.coefficients import Coefficients, ceil_div
from numjpeg.container.frame import mcu_size
from numjpeg.container.metadata import file_colorspace


@dataclass(frozen=True)
class Region:
    """A rectangle of a picture in pixels."""

    width: int
    height: int
    left: int
    top: int
    keeps_width: bool = False  # whether the width stays as given when the left edge moves outwards to an MCU
    keeps_height: bool = False

    @classmethod
    def parse(cls, name: str, text: str | tuple[int, int, int, int] | Region) -> Region:
        """``WxH+X+Y`` as jpegtran takes it (``f`` after W or H keeps that size), or (width, height, left, top)."""
        if isinstance(text, Region):
            return text
        if isinstance(text, str):
            found = re.fullmatch(r"(\d+)(f?)x(\d+)(f?)\+(\d+)\+(\d+)", text, re.IGNORECASE | re.ASCII)
            if not found:
                raise ValueError(f"{name}: {text!r} is not WxH+X+Y")
            width, height, left, top = (int(found[i]) for i in (1, 3, 5, 6))
            return cls(width, height, left, top, bool(found[2]), bool(found[4]))
        if not isinstance(text, tuple | list) or len(text) != 4:
            raise TypeError(f"{name}: 'WxH+X+Y' or (width, height, left, top) expected, got {text!r}")
        width, height, left, top = (checked_integer(name, value, 0) for value in text)
        return cls(width, height, left, top)

    def check(self, name: str, height: int, width: int) -> None:
        """ValueError unless the rectangle lies in a picture."""
        if self.width < 1 or self.height < 1 or self.left < 0 or self.top < 0:
            raise ValueError(f"{name}: {self} is empty or negative")
        if self.left + self.width > width or self.top + self.height > height:
            raise ValueError(f"{name}: {self} reaches past the picture of {width}x{height} pixels")

    def __str__(self) -> str:
        return f"{self.width}x{self.height}+{self.left}+{self.top}"


Rectangle = str | tuple[int, int, int, int] | Region  # ``"WxH+X+Y"``, or (width, height, left, top), in pixels


def wiped(c: Coefficients, region: Region) -> Coefficients:
    """The picture with a region, grown to whole MCUs, made mid-gray."""
    region.check("wipe", c.height, c.width)
    mcu_height, mcu_width = mcu_size(c.components)
    rows = slice(region.top // mcu_height, ceil_div(region.top + region.height, mcu_height))
    columns = slice(region.left // mcu_width, ceil_div(region.left + region.width, mcu_width))
    planes = [plane.copy() for plane in c.planes]
    for component, plane in zip(c.components, planes, strict=True):
        plane[_blocks(rows, component.V), _blocks(columns, component.H)] = 0
    return replace(c, planes=planes)


def _blocks(mcus: slice, factor: int) -> slice:
    """The blocks of a component in these rows or columns of MCUs."""
    return slice(mcus.start * factor, mcus.stop * factor)


def drop_into(c: Coefficients, other: Coefficients, left: int, top: int) -> Coefficients:
    """Put ``other`` into ``c`` from the next whole MCU on, as far as there is room for its last MCUs."""
    check_alike("drop", c, other)
    left, top = (checked_integer("drop", value, 0) for value in (left, top))
    mcu_height, mcu_width = mcu_size(c.components)
    Region(other.width, other.height, left, top).check("drop", c.height, c.width)
    rows = _dropped_mcus(top, other.height, c.height, mcu_height)
    columns = _dropped_mcus(left, other.width, c.width, mcu_width)
    planes = [plane.copy() for plane in c.planes]
    for component, plane, new in zip(c.components, planes, other.planes, strict=True):
        target = plane[_blocks(rows, component.V), _blocks(columns, component.H)]
        target[...] = new[: target.shape[0], : target.shape[1]]
    return replace(c, planes=planes)


def _dropped_mcus(first: int, size: int, full: int, mcu: int) -> slice:
    """The rows or columns of MCUs that change: whole ones, and a partial one at the edge of the picture."""
    to_next_mcu = -first % mcu
    start = (first + to_next_mcu) // mcu
    rest = max(0, size - to_next_mcu)
    return slice(start, start + (ceil_div(rest, mcu) if first + size == full else rest // mcu))


def check_alike(name: str, c: Coefficients, other: Coefficients) -> None:
    """ValueError unless two pictures have the same colours, sampling and quantization tables."""
    count = len(c.components)
    if count != len(other.components):
        raise ValueError(f"{name}: {len(other.components)} components, not {count}")
    expected, actual = (file_colorspace(each.components, each.application_segments) for each in (c, other))
    if expected != actual:
        raise ValueError(f"{name}: the colours are {actual}, not {expected}")
    for i, (a, b) in enumerate(zip(c.components, other.components, strict=True)):
        if count > 1 and (a.H, a.V) != (b.H, b.V):
            raise ValueError(f"{name}: component {i} is sampled {b.H}x{b.V}, not {a.H}x{a.V}")
        if not np.array_equal(c.quantization_table(i), other.quantization_table(i)):
            raise ValueError(f"{name}: component {i} has another quantization table")
