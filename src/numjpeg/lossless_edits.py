"""Edits of a JPEG file that lose nothing: functions from coefficients to coefficients, without pixels.

Mirroring a block of samples changes the sign of its odd frequencies, and transposing it transposes its
coefficients. So a picture can be turned, cropped and put together by moving whole blocks. Where its size is no
multiple of an MCU, the last row or column of MCUs cannot change sides: it stays where it is, or is trimmed.

Files equal those of ``jpegtran -copy all`` (libjpeg-turbo 2.1.5) to the byte, wherever jpegtran defines them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Coefficients, Component, ceil_div
from numjpeg.container import markers, metadata
from numjpeg.container.exif import EXIF, read_exif, set_exif_size, turned_exif, upright_xmp
from numjpeg.decoder import read_coefficients
from numjpeg.encoder import write_coefficients
from numjpeg.errors import JpegError
from numjpeg.stages.quantization import quantization_tables, scale_table

Planes = list[NDArray[np.int16]]


class _Turn(NamedTuple):
    """First transpose, then mirror left and right, then mirror top and bottom."""

    transpose: bool
    mirror_columns: bool
    mirror_rows: bool


OPERATIONS = {
    "none": _Turn(False, False, False),
    "flip_horizontal": _Turn(False, True, False),
    "flip_vertical": _Turn(False, False, True),
    "rotate_180": _Turn(False, True, True),
    "transpose": _Turn(True, False, False),
    "rotate_90": _Turn(True, True, False),
    "rotate_270": _Turn(True, False, True),
    "transverse": _Turn(True, True, True),
}
"""What :func:`transform` can do with the whole picture; rotations are clockwise."""

ORIENTATIONS = {
    1: "none",
    2: "flip_horizontal",
    3: "rotate_180",
    4: "flip_vertical",
    5: "transpose",
    6: "rotate_90",
    7: "transverse",
    8: "rotate_270",
}
"""EXIF's orientation (EXIF 2.32, 4.6.4 A) -> the operation that puts the picture upright."""


@dataclass(frozen=True)
class Region:
    """A rectangle of a picture in pixels."""

    width: int
    height: int
    left: int
    top: int
    keeps_width: bool = False
    """The width stays as asked for when the left edge moves to an MCU."""
    keeps_height: bool = False

    @classmethod
    def parse(cls, name: str, text: str | tuple[int, int, int, int] | Region) -> Region:
        """``WxH+X+Y`` as jpegtran takes it (``f`` after W or H keeps that size), or (width, height, left, top)."""
        if isinstance(text, Region):
            return text
        if not isinstance(text, str):
            width, height, left, top = (int(value) for value in text)
            return cls(width, height, left, top)
        found = re.fullmatch(r"(\d+)(f?)x(\d+)(f?)\+(\d+)\+(\d+)", text, re.IGNORECASE)
        if not found:
            raise ValueError(f"{name}: {text!r} is not WxH+X+Y")
        width, height, left, top = (int(found[i]) for i in (1, 3, 5, 6))
        return cls(width, height, left, top, bool(found[2]), bool(found[4]))

    def check(self, name: str, height: int, width: int) -> None:
        """ValueError unless the rectangle lies in a picture."""
        if self.width < 1 or self.height < 1 or self.left < 0 or self.top < 0:
            raise ValueError(f"{name}: {self} is empty or negative")
        if self.left + self.width > width or self.top + self.height > height:
            raise ValueError(f"{name}: {self} reaches past the picture of {width}x{height} pixels")

    def __str__(self) -> str:
        return f"{self.width}x{self.height}+{self.left}+{self.top}"


def transform(
    source: Any,
    operation: str = "none",
    *,
    crop: str | tuple[int, int, int, int] | Region | None = None,
    trim: bool = False,
    perfect: bool = False,
    grayscale: bool = False,
    wipe: str | tuple[int, int, int, int] | Region | None = None,
    drop: tuple[Any, int, int] | None = None,
    quality: int | None = None,
    optimize: bool = False,
    progressive: bool = False,
) -> Any:
    """Turn, crop or change a JPEG picture without loss.

    Parameters
    ----------
    source : the file (bytes, a path or a binary file) or its Coefficients.
    operation : one of :data:`OPERATIONS`, or "autorotate" for what EXIF's orientation asks for; the tag is then
        set to 1, and the thumbnail in EXIF is turned as well.
    crop : after the operation, ``"WxH+X+Y"`` or (width, height, left, top) in pixels. As in jpegtran the left and
        upper edge move outwards to a whole MCU and the far edge stays; ``f`` behind W or H keeps that size.
    trim : leave out the MCUs at the edge that the operation cannot move.
    perfect : refuse an operation that cannot move all MCUs.
    grayscale : keep the luminance alone, of a YCbCr file.
    wipe : a region that becomes mid-gray, grown to whole MCUs.
    drop : (another file or Coefficients, left, top): a picture of equal tables and sampling that is put in.
    quality : requantize to the standard tables at this quality, without going through pixels. This one loses.
    optimize, progressive : as of :func:`numjpeg.write_coefficients`; without them a file has the standard tables.

    Returns
    -------
    The file as bytes, or Coefficients for Coefficients.

    Raises
    ------
    ValueError naming the argument, and TypeError; FormatError, UnsupportedError for the data.
    """
    whole = isinstance(source, Coefficients)
    c = _as_coefficients(source)
    thumbnail_turn = "none"
    if operation == "autorotate":
        operation = thumbnail_turn = ORIENTATIONS[orientation(c) or 1]
    if operation not in OPERATIONS:
        raise ValueError(f"operation: {operation!r} is none of {('autorotate', *OPERATIONS)}")
    result = _prepared(c, grayscale)
    result = _turned(result, OPERATIONS[operation], crop, trim, perfect)
    if wipe is not None:
        result = _wiped(result, Region.parse("wipe", wipe))
    if drop is not None:
        other, left, top = drop
        result = _dropped(
            result, other if isinstance(other, Coefficients) else read_coefficients(other), left, top
        )
    if quality is not None:
        result = requantize(result, quality)
    result = replace(result, application_segments=_segments(c, result))
    if thumbnail_turn != "none":
        result = replace(result, application_segments=_upright(result.application_segments, thumbnail_turn))
    if whole:
        return result
    return write_coefficients(result, optimize=optimize or progressive, progressive=progressive)


def _as_coefficients(source: Any) -> Coefficients:
    return source if isinstance(source, Coefficients) else read_coefficients(source)


def orientation(c: Coefficients) -> int | None:
    """EXIF's orientation of a picture, 1 .. 8, or None."""
    return read_exif(metadata.find_exif(c.application_segments), [])[0]


# --- geometry --------------------------------------------------------------------------------------------


def mcu_size(components: Sequence[Component]) -> tuple[int, int]:
    """(height, width) of an MCU in pixels (T.81 A.2)."""
    if len(components) == 1:
        return 8, 8
    return 8 * max(c.V for c in components), 8 * max(c.H for c in components)


def _prepared(c: Coefficients, grayscale: bool) -> Coefficients:
    """As jpegtran begins: no restart markers, table numbers by colour space, one component with 1x1 factors."""
    colorspace = metadata.file_colorspace([k.identifier for k in c.components], c.application_segments)
    components, planes = c.components, c.planes
    if grayscale and colorspace != "GRAY":
        if colorspace != "YCbCr":
            raise ValueError(f"grayscale: a {colorspace} file has no luminance of its own")
        luminance = components[0]
        if any(k.H > luminance.H or k.V > luminance.V for k in components):
            raise ValueError("grayscale: the luminance is subsampled")
        components, planes = (replace(luminance, identifier=1),), planes[:1]
    if len(components) == 1:
        components = (replace(components[0], H=1, V=1),)
    huffman = [0, 1, 1, 0] if colorspace in ("YCbCr", "YCCK") else [0] * len(components)
    components = tuple(replace(k, Td=i, Ta=i) for k, i in zip(components, huffman, strict=False))
    return replace(c, components=components, planes=planes, huffman_tables={}, restart_interval=0)


def _turned(
    c: Coefficients,
    turn: _Turn,
    crop: str | tuple[int, int, int, int] | Region | None,
    trim: bool,
    perfect: bool,
) -> Coefficients:
    c = _transposed(c) if turn.transpose else c
    mcu_height, mcu_width = mcu_size(c.components)
    if perfect:
        if turn.mirror_columns and c.width % mcu_width:
            raise ValueError(f"perfect: {c.width} columns are no whole MCUs of {mcu_width}")
        if turn.mirror_rows and c.height % mcu_height:
            raise ValueError(f"perfect: {c.height} rows are no whole MCUs of {mcu_height}")
    top, left, height, width = 0, 0, c.height, c.width
    if crop is not None:
        region = Region.parse("crop", crop)
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
    """A size without the partial MCU at its end, if the cropped part reaches that and has whole ones."""
    whole = size // mcu
    return whole * mcu if whole and first + whole == full // mcu else size


def _mirrored(plane: NDArray[np.int16], count: int) -> NDArray[np.int16]:
    """The first ``count`` columns of blocks mirrored, the others as they are."""
    result = plane.copy()
    result[:, :count] = plane[:, :count][:, ::-1]
    np.negative(result[:, :count, :, 1::2], out=result[:, :count, :, 1::2])
    return result


def _transpose_blocks(plane: NDArray[np.int16]) -> NDArray[np.int16]:
    return plane.transpose(1, 0, 3, 2)


def _transposed(c: Coefficients) -> Coefficients:
    return replace(
        c,
        height=c.width,
        width=c.height,
        components=tuple(replace(k, H=k.V, V=k.H) for k in c.components),
        planes=[_transpose_blocks(plane) for plane in c.planes],
        quantization_tables={number: table.T for number, table in c.quantization_tables.items()},
    )


# --- regions ---------------------------------------------------------------------------------------------


def _wiped(c: Coefficients, region: Region) -> Coefficients:
    region.check("wipe", c.height, c.width)
    mcu_height, mcu_width = mcu_size(c.components)
    rows = slice(region.top // mcu_height, ceil_div(region.top + region.height, mcu_height))
    columns = slice(region.left // mcu_width, ceil_div(region.left + region.width, mcu_width))
    planes = [plane.copy() for plane in c.planes]
    for component, plane in zip(c.components, planes, strict=True):
        plane[_blocks(rows, component.V), _blocks(columns, component.H)] = 0
    return replace(c, planes=planes)


def _blocks(mcus: slice, factor: int) -> slice:
    return slice(mcus.start * factor, mcus.stop * factor)


def _dropped(c: Coefficients, other: Coefficients, left: int, top: int) -> Coefficients:
    """``other`` put in from the next whole MCU on; the last MCUs for which no room is left are left out."""
    _check_alike("drop", c, other)
    mcu_height, mcu_width = mcu_size(c.components)
    Region(other.width, other.height, left, top).check("drop", c.height, c.width)
    rows = _dropped_mcus(top, other.height, c.height, mcu_height)
    columns = _dropped_mcus(left, other.width, c.width, mcu_width)
    planes = [plane.copy() for plane in c.planes]
    for component, plane, new in zip(c.components, planes, other.planes, strict=True):
        v, h = component.V, component.H
        target = plane[_blocks(rows, v), _blocks(columns, h)]
        target[...] = new[: target.shape[0], : target.shape[1]]
    return replace(c, planes=planes)


def _dropped_mcus(first: int, size: int, full: int, mcu: int) -> slice:
    """Which rows or columns of MCUs change: whole ones inside the region, and the partial one at a far edge."""
    missing = -first % mcu
    start = (first + missing) // mcu
    rest = max(0, size - missing)
    reaches_edge = first + size == full
    return slice(start, start + (ceil_div(rest, mcu) if reaches_edge else rest // mcu))


def _check_alike(name: str, c: Coefficients, other: Coefficients) -> None:
    """ValueError unless two pictures have the same components and tables."""
    if len(c.components) != len(other.components):
        raise ValueError(f"{name}: {len(other.components)} components, not {len(c.components)}")
    alone = len(c.components) == 1
    for i, (a, b) in enumerate(zip(c.components, other.components, strict=True)):
        if not alone and (a.H, a.V) != (b.H, b.V):
            raise ValueError(f"{name}: component {i} is sampled {b.H}x{b.V}, not {a.H}x{a.V}")
        if not np.array_equal(c.quantization_table(i), other.quantization_table(i)):
            raise ValueError(f"{name}: component {i} has another quantization table")


def join(sources: Sequence[Any], direction: str = "horizontal") -> Any:
    """Put pictures side by side, or above each other, without loss.

    Parameters
    ----------
    sources : files or Coefficients, with equal tables, sampling, and height (or width). All but the last must be
        whole MCUs wide (or high).
    direction : "horizontal" (from left to right) or "vertical" (from top to bottom).

    Returns
    -------
    Coefficients if the first source is such, else the file, with the first one's metadata.

    Raises
    ------
    ValueError naming the picture that does not fit.
    """
    if direction not in ("horizontal", "vertical"):
        raise ValueError(f"direction: {direction!r} is neither 'horizontal' nor 'vertical'")
    if not sources:
        raise ValueError("sources: no picture")
    parts = [_prepared(_as_coefficients(source), False) for source in sources]
    first, axis = parts[0], 1 if direction == "horizontal" else 0
    size = ("height", "width")[axis]
    other_size = ("width", "height")[axis]
    mcu = mcu_size(first.components)[axis]
    for number, part in enumerate(parts):
        name = f"sources: picture {number}"
        _check_alike(name, first, part)
        if getattr(part, other_size) != getattr(first, other_size):
            raise ValueError(f"{name} has another {other_size}: {getattr(part, other_size)}")
        if number < len(parts) - 1 and getattr(part, size) % mcu:
            raise ValueError(f"{name}: its {size}, {getattr(part, size)}, is no multiple of an MCU's {mcu}")
    planes = [np.concatenate(planes, axis) for planes in zip(*(part.planes for part in parts), strict=True)]
    total = sum(getattr(part, size) for part in parts)
    result = replace(first, planes=planes, **{size: total})
    result = replace(result, application_segments=_segments(first, result))
    return result if isinstance(sources[0], Coefficients) else write_coefficients(result, optimize=False)


# --- requantization --------------------------------------------------------------------------------------


def requantize(
    c: Coefficients, quality: int | None = None, *, qtables: Sequence[Any] | None = None
) -> Coefficients:
    """Coarser coefficients of the same picture, without going through pixels.

    Parameters
    ----------
    quality : 1 .. 100, for the standard tables: the first table is luminance's, the others are chrominance's.
    qtables : in place of it, ``(8, 8)`` tables for the components in turn; the last one serves the rest.

    Returns
    -------
    Coefficients whose levels are the old ones, dequantized and divided by the new steps, rounded half away from
    zero (T.81 A.3.4).
    """
    if (quality is None) == (qtables is None):
        raise ValueError("quality: either it or qtables is needed")
    first = c.components[0].Tq
    if qtables is None:
        assert quality is not None
        if not 1 <= quality <= 100:
            raise ValueError(f"quality: {quality} is outside 1..100")
        luminance, chrominance = quantization_tables(quality)
        tables = {number: luminance if number == first else chrominance for number in c.quantization_tables}
    else:
        numbers = list(dict.fromkeys(k.Tq for k in c.components))
        given = [scale_table(np.asarray(table).reshape(8, 8), 50) for table in qtables]
        tables = {number: given[min(i, len(given) - 1)] for i, number in enumerate(numbers)}
    planes = []
    for i, component in enumerate(c.components):
        step = tables[component.Tq].astype(np.int32)
        value = c.dequantized(i)
        levels = (2 * np.abs(value) + step) // (2 * step)
        planes.append(np.copysign(levels, value).astype(np.int16))
    return replace(c, planes=planes, quantization_tables=tables, huffman_tables={})


# --- metadata --------------------------------------------------------------------------------------------


def _segments(source: Coefficients, result: Coefficients) -> list[tuple[int, bytes]]:
    """The segments that ``jpegtran -copy all`` writes.

    JFIF and Adobe segments are written anew where the colour space has one, with the density of the source. If
    EXIF comes first in the source, no JFIF segment is written, and its size tags say the new size.
    """
    segments = source.application_segments
    identifiers = [k.identifier for k in source.components]
    colorspace = metadata.file_colorspace(identifiers, segments)
    if len(result.components) == 1:
        colorspace = "GRAY"
    has_jfif = colorspace in ("GRAY", "YCbCr")
    has_adobe = colorspace in ("RGB", "CMYK", "YCCK")
    exif_first = bool(segments) and segments[0][0] == markers.APP1 and segments[0][1].startswith(EXIF)
    made = []
    if has_jfif and not exif_first:
        made.append(metadata.jfif_like(segments))
    if has_adobe:
        made.append(metadata.adobe(2 if colorspace == "YCCK" else 0))
    kept = []
    for number, (marker, payload) in enumerate(segments):
        if number == 0 and exif_first and (result.height, result.width) != (source.height, source.width):
            payload = set_exif_size(payload, result.height, result.width)
        if has_jfif and not exif_first and marker == markers.APP0 and payload.startswith(metadata.JFIF):
            continue
        if has_adobe and marker == markers.APP14 and payload.startswith(metadata.ADOBE):
            continue
        kept.append((marker, payload))
    return made + kept


def _upright(segments: list[tuple[int, bytes]], operation: str) -> list[tuple[int, bytes]]:
    """EXIF's and XMP's orientation set to 1, and EXIF's thumbnail turned."""

    def turn(thumbnail: bytes) -> bytes | None:
        try:
            return bytes(transform(thumbnail, operation, trim=True, optimize=True))
        except (JpegError, ValueError):
            return None

    result = []
    for marker, payload in segments:
        if marker == markers.APP1 and payload.startswith(EXIF):
            payload = turned_exif(payload, turn)
        elif marker == markers.APP1 and payload.startswith(metadata.XMP):
            payload = upright_xmp(payload)
        result.append((marker, payload))
    return result
