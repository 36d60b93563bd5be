"""Lossless edits of a JPEG file: functions from coefficients to coefficients, without going through pixels.

Files equal those of ``jpegtran -copy all`` (libjpeg-turbo 2.1.5) to the byte, wherever jpegtran has the operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from numjpeg.coefficient_files.writer import write_coefficients
from numjpeg.coefficients import Coefficients
from numjpeg.container import markers, metadata
from numjpeg.container.exif import read_exif, set_exif_size, turned_exif, upright_xmp, xmp_orientation
from numjpeg.container.frame import mcu_size
from numjpeg.container.metadata import EXIF, Marked
from numjpeg.edits.regions import Rectangle, Region, check_alike, drop_into, wiped
from numjpeg.edits.requantization import as_coefficients, requantized
from numjpeg.edits.turns import OPERATIONS, ORIENTATIONS, turned
from numjpeg.errors import JpegError, check_choice, check_flags
from numjpeg.sources import is_data


def transform(
    source: Any,
    operation: str = "none",
    *,
    crop: Rectangle | None = None,
    trim: bool = False,
    perfect: bool = False,
    grayscale: bool = False,
    wipe: Rectangle | None = None,
    drop: tuple[Any, int, int] | None = None,
    quality: int | None = None,
    optimize: bool = False,
    progressive: bool = False,
) -> Any:
    """Turn, crop or change a JPEG picture without loss: the file as bytes, or Coefficients from Coefficients.

    ValueError, TypeError name the argument that is wrong; FormatError, UnsupportedError are for the data.

    Parameters
    ----------
    source : the file (bytes, a path or a binary file) or its Coefficients.
    operation : "flip_horizontal", "flip_vertical", "rotate_90", "rotate_180", "rotate_270" (clockwise),
        "transpose", "transverse" or "none"; or "autorotate" for what the orientation in EXIF (or else XMP) asks
        for. The orientation is then set to 1, and the thumbnail in EXIF is turned as well.
    crop : after the operation, ``"WxH+X+Y"`` or (width, height, left, top) in pixels. As in jpegtran, the left and
        the upper edge move outwards to a whole MCU, and the other edges stay; ``f`` behind W or H keeps that size.
    trim : leave out the partial MCUs at an edge, which the operation cannot move.
    perfect : refuse an operation that cannot move such MCUs (ValueError).
    grayscale : keep only the luminance of a YCbCr file.
    wipe : a region that becomes mid-gray, grown to whole MCUs.
    drop : (another file or Coefficients, left, top): a picture of equal tables and sampling that is put in.
    quality : requantize to the standard tables at this quality (:func:`requantize`), which is not lossless.
    optimize, progressive : as in :func:`numjpeg.write_coefficients`; without them a file has the standard tables.
    """
    check_flags(trim=trim, perfect=perfect, grayscale=grayscale, optimize=optimize, progressive=progressive)
    original = as_coefficients(source, "source")
    check_choice("operation", operation, ("autorotate", *OPERATIONS))
    turn = ORIENTATIONS[orientation(original) or 1] if operation == "autorotate" else operation
    result = turned(_prepared(original, grayscale), OPERATIONS[turn], crop, trim, perfect)
    if wipe is not None:
        result = wiped(result, Region.parse("wipe", wipe))
    if drop is not None:
        if not isinstance(drop, tuple | list) or len(drop) != 3:
            raise TypeError(f"drop: (picture, left, top) expected, got {drop!r}")
        other, left, top = drop
        result = drop_into(result, as_coefficients(other, "drop"), left, top)
    if quality is not None:
        result = requantized(result, quality)
    application_segments = _segments_of(original, result)
    if operation == "autorotate" and turn != "none":
        application_segments = _upright_segments(application_segments, turn)
    result = replace(result, application_segments=application_segments)
    if isinstance(source, Coefficients):
        return replace(result, planes=[plane.copy() for plane in result.planes])
    return write_coefficients(result, optimize=optimize or progressive, progressive=progressive)


def join(sources: Sequence[Any], direction: str = "horizontal", *, optimize: bool = False) -> Any:
    """Put pictures side by side, or above each other, without loss.

    Parameters
    ----------
    sources : files or Coefficients, with equal tables, sampling, colours, and height (or width). All but the last
        must be whole MCUs wide (or high). ValueError names the picture that does not fit.
    direction : "horizontal" (from left to right) or "vertical" (from top to bottom).
    optimize : make Huffman tables for the picture; without it a file has the standard ones.

    Returns
    -------
    Coefficients if the first source is Coefficients, else the file; with the metadata of the first source.
    """
    check_choice("direction", direction, ("horizontal", "vertical"))
    check_flags(optimize=optimize)
    if is_data(sources) or isinstance(sources, str) or not isinstance(sources, Sequence):
        raise TypeError(f"sources: a sequence of pictures expected, got one {type(sources).__name__}")
    if not sources:
        raise ValueError("sources: no picture")
    parts = [_prepared(as_coefficients(s, f"sources: picture {i}"), False) for i, s in enumerate(sources)]
    first, axis = parts[0], 1 if direction == "horizontal" else 0
    size, other_size = ("width", "height") if axis else ("height", "width")
    mcu = mcu_size(first.components)[axis]
    for number, part in enumerate(parts):
        name = f"sources: picture {number}"
        check_alike(name, first, part)
        if getattr(part, other_size) != getattr(first, other_size):
            raise ValueError(f"{name} has another {other_size}: {getattr(part, other_size)}")
        if number < len(parts) - 1 and getattr(part, size) % mcu:
            raise ValueError(f"{name}: its {size}, {getattr(part, size)}, is no multiple of an MCU's {mcu}")
    planes = [np.concatenate(planes, axis) for planes in zip(*(part.planes for part in parts), strict=True)]
    total = sum(getattr(part, size) for part in parts)
    result = replace(first, planes=planes, **{size: total})
    result = replace(result, application_segments=_segments_of(first, result))
    return result if isinstance(sources[0], Coefficients) else write_coefficients(result, optimize=optimize)


def orientation(c: Coefficients) -> int | None:
    """How a picture is to be turned for viewing, 1 .. 8, from EXIF, or else from XMP; None if neither says it."""
    exif, xmp = metadata.find_exif(c.application_segments), metadata.find_xmp(c.application_segments)
    return read_exif(exif, [])[0] or xmp_orientation(xmp)


def _prepared(c: Coefficients, grayscale: bool) -> Coefficients:
    """Prepare as jpegtran does: no restart markers, table numbers by colour space, a single component is 1x1."""
    colorspace = metadata.file_colorspace(c.components, c.application_segments)
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


def _segments_of(source: Coefficients, result: Coefficients) -> list[Marked]:
    """The segments that ``jpegtran -copy all`` writes.

    For colour spaces that have a JFIF or Adobe segment, a new one is written, with the source's density. If EXIF
    comes first in the source, no JFIF segment is written, and EXIF's size tags get the new size.
    """
    segments = source.application_segments
    colorspace = metadata.file_colorspace(source.components, segments) if len(result.components) > 1 else "GRAY"
    exif_first = bool(segments) and segments[0][0] == markers.APP1 and segments[0][1].startswith(EXIF)
    new: list[Marked] = []
    if colorspace in ("RGB", "CMYK", "YCCK"):
        new = [metadata.adobe(2 if colorspace == "YCCK" else 0)]
        segments = [s for s in segments if not (s[0] == markers.APP14 and s[1].startswith(metadata.ADOBE))]
    elif colorspace in ("GRAY", "YCbCr") and not exif_first:
        new = [metadata.jfif_like(segments)]
        segments = [s for s in segments if not (s[0] == markers.APP0 and s[1].startswith(metadata.JFIF))]
    if exif_first and (result.height, result.width) != (source.height, source.width):
        resized = set_exif_size(segments[0][1], result.height, result.width)
        return [*new, (markers.APP1, resized), *segments[1:]]
    return [*new, *segments]


def _upright_segments(segments: list[Marked], operation: str) -> list[Marked]:
    """Set EXIF's and XMP's orientation to 1, and turn EXIF's thumbnail, or leave out one that cannot be turned."""

    def turned_thumbnail(file: bytes) -> bytes | None:
        try:
            return bytes(transform(file, operation, trim=True, optimize=True))
        except (JpegError, ValueError):
            return None

    result = []
    for marker, payload in segments:
        if marker == markers.APP1 and payload.startswith(EXIF):
            payload = turned_exif(payload, turned_thumbnail)
        elif marker == markers.APP1 and payload.startswith(metadata.XMP):
            payload = upright_xmp(payload)
        result.append((marker, payload))
    return result
