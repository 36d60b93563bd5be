"""Application and comment segments: JFIF, Adobe, EXIF, XMP, ICC, comments.

Sources: JFIF 1.02; Adobe Technical Note 5116; EXIF 2.32 (4.7.2); XMP part 3 (1.1.3); ICC.1 Annex B.4. The segments
of JFIF and Adobe decide the colour space. The others do not change the pixels: what is wrong in them becomes a
warning, and the value is None.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Component
from numjpeg.container import markers
from numjpeg.container.segments import MAX_SEGMENT
from numjpeg.container.tiff import HEADERS

JFIF, JFXX, ADOBE, EXIF = b"JFIF\0", b"JFXX\0", b"Adobe", b"Exif\0\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
ICC = b"ICC_PROFILE\0"

JFIF_SIZE, ADOBE_SIZE = 14, 12  # least bytes of payload; libjpeg ignores shorter segments
ICC_CHUNK = MAX_SEGMENT - len(ICC) - 2

Marked = tuple[int, bytes]  # marker code and payload
Thumbnail = NDArray[np.uint8] | bytes  # RGB pixels ``(H, W, 3)``, or a JPEG file


class Density(NamedTuple):
    """Pixel density as JFIF gives it: unit 0 (aspect ratio only), 1 (dots an inch) or 2 (dots a centimetre)."""

    unit: int
    x: int
    y: int


Jfif = tuple[tuple[int, int] | None, Density | None, Thumbnail | None]  # version, density, thumbnail


def jfif(density: Density) -> Marked:
    """APP0 of JFIF 1.01, without a thumbnail."""
    return markers.APP0, JFIF + struct.pack(">BBBHHBB", 1, 1, *density, 0, 0)


def jfif_like(segments: Iterable[Marked]) -> Marked:
    """APP0 of JFIF, without a thumbnail: version and density of a file's last JFIF segment, or JFIF 1.01."""
    segment = jfif(Density(0, 1, 1))
    for marker, payload in segments:
        if is_jfif(marker, payload):
            version = payload[5:7] if payload[5] in (1, 2) else b"\1\1"
            segment = marker, JFIF + version + payload[7:12] + b"\0\0"
    return segment


def adobe(transform: int) -> Marked:
    """APP14 of Adobe; transform 0 for RGB or CMYK, 1 for YCbCr, 2 for YCCK."""
    return markers.APP14, ADOBE + b"\0\x64\0\0\0\0" + bytes((transform,))


def exif(payload: bytes) -> Marked:
    """APP1 with EXIF data; the name ``Exif\\0\\0`` in front (EXIF 2.32, 4.7.2) is added if it is missing.

    ValueError for data without the name that do not begin as TIFF either: no reader would find anything in them.
    """
    if not payload.startswith((EXIF, *HEADERS)):
        raise ValueError(f"exif: it begins neither with {EXIF!r} nor as TIFF: {payload[:8]!r}")
    return markers.APP1, payload if payload.startswith(EXIF) else EXIF + payload


def xmp(packet: bytes) -> Marked:
    """APP1 with an XMP packet; the name in front, with which some programs hand packets out, is not doubled."""
    return markers.APP1, XMP + packet.removeprefix(XMP)


def icc(profile: bytes) -> list[Marked]:
    """APP2 segments with an ICC profile, in numbered chunks of at most 65,519 bytes."""
    if profile.startswith(ICC):
        raise ValueError(f"icc_profile: it begins with {ICC!r}, as segments do, and not as a profile")
    chunks = [profile[i : i + ICC_CHUNK] for i in range(0, len(profile), ICC_CHUNK)]
    if len(chunks) > 255:
        raise ValueError(f"icc_profile: {len(profile)} bytes, at most {255 * ICC_CHUNK} can be stored")
    return [(markers.APP2, ICC + bytes((i, len(chunks))) + chunk) for i, chunk in enumerate(chunks, start=1)]


def is_jfif(marker: int, payload: bytes) -> bool:
    """Whether a segment is JFIF's, and long enough for its fields."""
    return marker == markers.APP0 and payload.startswith(JFIF) and len(payload) >= JFIF_SIZE


def find_jfif(segments: Iterable[Marked], warnings: list[str]) -> Jfif:
    """The version and density of the last JFIF segment, and the first thumbnail, also of an extension (JFXX)."""
    version: tuple[int, int] | None = None
    density: Density | None = None
    thumbnail: Thumbnail | None = None
    for marker, payload in segments:
        if marker != markers.APP0:
            continue
        if is_jfif(marker, payload):
            version, density = (payload[5], payload[6]), Density(*struct.unpack(">BHH", payload[7:12]))
            thumbnail = _pixels(payload[12:], 0, warnings) if thumbnail is None else thumbnail
        elif payload.startswith(JFIF) and not is_jfif(marker, payload):
            warnings.append(f"JFIF: {len(payload)} bytes in place of {JFIF_SIZE} or more, not looked at")
        elif payload.startswith(JFXX) and thumbnail is None:
            code, coded = payload[len(JFXX) : len(JFXX) + 1], payload[len(JFXX) + 1 :]
            if code == b"\x10":
                thumbnail = coded  # a JPEG file
            elif code in (b"\x11", b"\x13"):  # with a palette, and RGB
                thumbnail = _pixels(coded, 256 if code == b"\x11" else 0, warnings)
            else:
                warnings.append("JFXX: an extension that is not known")
    return version, density, thumbnail


def _pixels(data: bytes, colors: int, warnings: list[str]) -> NDArray[np.uint8] | None:
    """RGB pixels of a thumbnail; ``data`` are width, height, a palette of ``colors`` (0: no palette), samples."""
    width, height = (data[0], data[1]) if len(data) >= 2 else (0, 0)
    samples = np.frombuffer(data, np.uint8)[2:]
    palette, samples = samples[: 3 * colors], samples[3 * colors :]
    size = width * height * (1 if colors else 3)
    if size > len(samples):
        warnings.append(f"JFIF: a thumbnail of {width} x {height} pixels is cut short")
        return None
    if size == 0:
        return None
    if colors:
        return palette.reshape(colors, 3)[samples[:size].reshape(height, width)]
    return samples[:size].reshape(height, width, 3).copy()


def has_jfif(segments: Iterable[Marked]) -> bool:
    """Whether there is a JFIF segment."""
    return any(is_jfif(*segment) for segment in segments)


def is_adobe(marker: int, payload: bytes) -> bool:
    """Whether a segment is Adobe's, and long enough for its fields."""
    return marker == markers.APP14 and payload.startswith(ADOBE) and len(payload) >= ADOBE_SIZE


def adobe_transform(segments: Iterable[Marked]) -> int | None:
    """Transform flag of the last Adobe segment, or None."""
    transforms = [payload[11] for marker, payload in segments if is_adobe(marker, payload)]
    return transforms[-1] if transforms else None


def check_adobe(segments: Iterable[Marked], warnings: list[str]) -> None:
    """Warn of Adobe segments that are too short."""
    for marker, payload in segments:
        if marker == markers.APP14 and payload.startswith(ADOBE) and not is_adobe(marker, payload):
            warnings.append(f"Adobe: {len(payload)} bytes in place of {ADOBE_SIZE} or more, not looked at")


def find_exif(segments: Iterable[Marked]) -> bytes | None:
    """EXIF data with ``Exif\\0\\0`` in front, joined from all their segments; or None."""
    parts = [p[len(EXIF) :] for marker, p in segments if marker == markers.APP1 and p.startswith(EXIF)]
    return EXIF + b"".join(parts) if parts else None


def find_xmp(segments: Iterable[Marked]) -> bytes | None:
    """The last XMP packet, as in Pillow, or None."""
    packets = [p[len(XMP) :] for marker, p in segments if marker == markers.APP1 and p.startswith(XMP)]
    return packets[-1] if packets else None


def find_extended_xmp(segments: Iterable[Marked], xmp: bytes | None, warnings: list[str]) -> bytes | None:
    """The extended XMP packet that the XMP packet names, joined from its chunks (XMP part 3, 1.1.3.1)."""
    named = re.search(rb"xmpNote:HasExtendedXMP\s*(?:=\s*[\"']|>)\s*([0-9A-Fa-f]{32})", xmp or b"")
    if not named:
        return None
    chunks: dict[int, bytes] = {}
    sizes = set()
    start = len(EXTENDED_XMP) + len(named[1])
    for marker, payload in segments:
        if marker == markers.APP1 and payload.startswith(EXTENDED_XMP + named[1]) and len(payload) >= start + 8:
            sizes.add(int.from_bytes(payload[start : start + 4], "big"))
            chunks[int.from_bytes(payload[start + 4 : start + 8], "big")] = payload[start + 8 :]
    position = 0
    for offset in sorted(chunks):
        if offset != position:
            break
        position += len(chunks[offset])
    if sizes != {position}:
        warnings.append("XMP: the extended packet is incomplete, or its chunks do not fit together")
        return None
    return b"".join(chunks[offset] for offset in sorted(chunks))


def is_icc(marker: int, payload: bytes) -> bool:
    """Whether a segment is a chunk of an ICC profile."""
    return marker == markers.APP2 and payload.startswith(ICC)


def find_icc(segments: Iterable[Marked], warnings: list[str], in_front: bool = True) -> bytes | None:
    """The ICC profile as Pillow joins it: sorted by number, if the first chunk says how many chunks there are.

    Numbers other than 1 to n, of n, are a warning. ``in_front`` is False for chunks behind the frame header, where
    Pillow does not look: they are taken only if their numbers are right.
    """
    chunks = sorted(payload[len(ICC) :] for marker, payload in segments if is_icc(marker, payload))
    count = len(chunks)
    right = [(*chunk[:2],) for chunk in chunks] == [(number, count) for number in range(1, count + 1)]
    taken = right or (in_front and (*chunks[0][1:2],) == (count,))
    if not right:
        shown = ", ".join("/".join(map(str, chunk[:2])) or "none" for chunk in chunks[:5]) + ", ..." * (count > 5)
        result = "joined in this order" if taken else "not taken"
        warnings.append(f"ICC profile: its chunks are numbered {shown}, and {result}")
    return b"".join(chunk[2:] for chunk in chunks) if chunks and taken else None


def is_profile_for(channels: int | None, profile: bytes) -> bool:
    """Whether an ICC profile is for colours of so many channels (ICC.1, 7.2.6: data colour space)."""
    return profile[16:20] == {1: b"GRAY", 3: b"RGB ", 4: b"CMYK"}.get(channels or 0)


def file_colorspace(components: Sequence[Component], segments: Sequence[Marked]) -> str:
    """A file's colour space by libjpeg's rules, from the segments before its scans; "raw" if there is no rule."""
    identifiers, transform = [c.identifier for c in components], adobe_transform(segments)
    if len(identifiers) == 3:
        if has_jfif(segments):
            return "YCbCr"
        is_rgb = bytes(identifiers) == b"RGB" if transform is None else not transform
        return "RGB" if is_rgb else "YCbCr"
    if len(identifiers) == 4:
        return "YCCK" if transform else "CMYK"
    return "GRAY" if len(identifiers) == 1 else "raw"
