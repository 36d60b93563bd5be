"""The APPn and COM segments of an edited file: those that ``jpegtran -copy all`` writes."""

from __future__ import annotations

from collections.abc import Callable

from numjpeg.coefficients import Coefficients
from numjpeg.container import markers, metadata
from numjpeg.container.exif import set_exif_size, turned_exif, upright_xmp
from numjpeg.container.metadata import EXIF, Marked


def segments_of(source: Coefficients, result: Coefficients) -> list[Marked]:
    """The segments that ``jpegtran -copy all`` writes.

    JFIF or Adobe segments are written anew if the colour space has them, with the density of the source. If EXIF
    comes first in the source, no JFIF segment is written, and EXIF's size tags get the new size.
    """
    segments = source.application_segments
    identifiers = [k.identifier for k in source.components]
    colorspace = metadata.file_colorspace(identifiers, segments) if len(result.components) > 1 else "GRAY"
    exif_first = bool(segments) and segments[0][0] == markers.APP1 and segments[0][1].startswith(EXIF)
    made: list[Marked] = []
    if colorspace in ("RGB", "CMYK", "YCCK"):
        made = [metadata.adobe(2 if colorspace == "YCCK" else 0)]
        segments = [s for s in segments if not (s[0] == markers.APP14 and s[1].startswith(metadata.ADOBE))]
    elif colorspace in ("GRAY", "YCbCr") and not exif_first:
        made = [metadata.jfif_like(segments)]
        segments = [s for s in segments if not (s[0] == markers.APP0 and s[1].startswith(metadata.JFIF))]
    if exif_first and (result.height, result.width) != (source.height, source.width):
        resized = set_exif_size(segments[0][1], result.height, result.width)
        return [*made, (markers.APP1, resized), *segments[1:]]
    return [*made, *segments]


def upright_segments(segments: list[Marked], turn_thumbnail: Callable[[bytes], bytes | None]) -> list[Marked]:
    """Set EXIF's and XMP's orientation to 1, and turn EXIF's thumbnail (or leave it out, for None)."""
    result = []
    for marker, payload in segments:
        if marker == markers.APP1 and payload.startswith(EXIF):
            payload = turned_exif(payload, turn_thumbnail)
        elif marker == markers.APP1 and payload.startswith(metadata.XMP):
            payload = upright_xmp(payload)
        result.append((marker, payload))
    return result
