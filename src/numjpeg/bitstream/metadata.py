"""Application and comment segments: JFIF, Adobe, EXIF, XMP, ICC, comments.

Sources: JFIF 1.02; Adobe Technical Note 5116; EXIF 2.32 (4.7.2); XMP part 3 (1.1.3); ICC.1 Annex B.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from numjpeg.bitstream import markers
from numjpeg.bitstream.segments import MAX_SEGMENT

JFIF = b"JFIF\0"
ADOBE = b"Adobe"
EXIF = b"Exif\0\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
ICC = b"ICC_PROFILE\0"

JFIF_SIZE, ADOBE_SIZE = 14, 12
"""Bytes of payload below which libjpeg does not take the segment for what its name says."""
ICC_CHUNK = MAX_SEGMENT - len(ICC) - 2

Marked = tuple[int, bytes]
"""Marker code and payload."""


class Density(NamedTuple):
    """Pixel density as JFIF gives it: unit 0 (aspect ratio only), 1 (dots an inch) or 2 (dots a centimetre)."""

    unit: int
    x: int
    y: int


def jfif(density: Density) -> Marked:
    """APP0 of JFIF 1.01, without a thumbnail."""
    x, y = density.x.to_bytes(2, "big"), density.y.to_bytes(2, "big")
    return markers.APP0, JFIF + b"\1\1" + bytes((density.unit,)) + x + y + b"\0\0"


def adobe(transform: int) -> Marked:
    """APP14 of Adobe; transform 0 for RGB or CMYK, 1 for YCbCr, 2 for YCCK."""
    return markers.APP14, ADOBE + b"\0\x64\0\0\0\0" + bytes((transform,))


def exif(payload: bytes) -> Marked:
    """APP1 with EXIF data as given; they begin with ``Exif\\0\\0``."""
    return markers.APP1, payload


def xmp(packet: bytes) -> Marked:
    """APP1 with an XMP packet."""
    return markers.APP1, XMP + packet


def icc(profile: bytes) -> list[Marked]:
    """APP2 segments with an ICC profile, in numbered chunks of at most 65,519 bytes."""
    chunks = [profile[i : i + ICC_CHUNK] for i in range(0, len(profile), ICC_CHUNK)]
    if len(chunks) > 255:
        raise ValueError(f"icc_profile: {len(profile)} bytes, at most {255 * ICC_CHUNK} can be stored")
    return [(markers.APP2, ICC + bytes((i, len(chunks))) + chunk) for i, chunk in enumerate(chunks, start=1)]


def comment(text: bytes) -> Marked:
    """COM."""
    return markers.COM, text


# --- reading ---------------------------------------------------------------------------------------------


def find_density(segments: Iterable[Marked]) -> Density | None:
    """Density of the first JFIF segment, or None."""
    for marker, payload in segments:
        if marker == markers.APP0 and is_jfif(payload):
            return Density(payload[7], int.from_bytes(payload[8:10], "big"), int.from_bytes(payload[10:12], "big"))
    return None


def is_jfif(payload: bytes) -> bool:
    """Whether an APP0 is the one of JFIF, and long enough for its fields."""
    return payload.startswith(JFIF) and len(payload) >= JFIF_SIZE


def has_jfif(segments: Iterable[Marked]) -> bool:
    """Whether there is a JFIF segment."""
    return any(marker == markers.APP0 and is_jfif(payload) for marker, payload in segments)


def adobe_transform(segments: Iterable[Marked]) -> int | None:
    """Transform flag of the last Adobe segment, or None."""
    transform = None
    for marker, payload in segments:
        if marker == markers.APP14 and payload.startswith(ADOBE) and len(payload) >= ADOBE_SIZE:
            transform = payload[11]
    return transform


def find_exif(segments: Iterable[Marked]) -> bytes | None:
    """The first EXIF segment's payload, ``Exif\\0\\0`` included, or None."""
    for marker, payload in segments:
        if marker == markers.APP1 and payload.startswith(EXIF):
            return payload
    return None


def find_xmp(segments: Iterable[Marked]) -> bytes | None:
    """The first XMP packet, or None."""
    for marker, payload in segments:
        if marker == markers.APP1 and payload.startswith(XMP):
            return payload[len(XMP) :]
    return None


def find_icc(segments: Sequence[Marked]) -> bytes | None:
    """The ICC profile, put together from its chunks; None if there is none or a chunk is missing or double."""
    chunks = {}
    total = set()
    for marker, payload in segments:
        if marker == markers.APP2 and payload.startswith(ICC) and len(payload) >= len(ICC) + 2:
            number, count = payload[len(ICC)], payload[len(ICC) + 1]
            if number in chunks:
                return None
            chunks[number] = payload[len(ICC) + 2 :]
            total.add(count)
    if len(total) != 1 or sorted(chunks) != list(range(1, total.pop() + 1)):
        return None
    return b"".join(chunks[number] for number in sorted(chunks))


def find_comments(segments: Iterable[Marked]) -> list[bytes]:
    """The payload of every COM segment."""
    return [payload for marker, payload in segments if marker == markers.COM]


def file_colorspace(identifiers: Sequence[int], segments: Sequence[Marked]) -> str:
    """What the components mean, by libjpeg's rules.

    Parameters
    ----------
    identifiers : Ci of each component. segments : the application segments in front of the first scan.

    Returns
    -------
    "GRAY" for one component; "YCbCr" or "RGB" for three; "CMYK" or "YCCK" for four; "raw" for two.
    """
    transform = adobe_transform(segments)
    if len(identifiers) == 1:
        return "GRAY"
    if len(identifiers) == 3:
        if has_jfif(segments):
            return "YCbCr"
        if transform is not None:
            return "YCbCr" if transform else "RGB"
        return "RGB" if bytes(identifiers) == b"RGB" else "YCbCr"
    if len(identifiers) == 4:
        return "YCCK" if transform else "CMYK"
    return "raw"
