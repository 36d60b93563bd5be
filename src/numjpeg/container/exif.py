"""EXIF's orientation and thumbnail (EXIF 2.32, 4.6.4 A, 4.6.5), and the multi-picture index (CIPA DC-007, 5.2.3).

Both are TIFF directories. What is wrong in them becomes a warning, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from numjpeg.container import tiff
from numjpeg.container.metadata import EXIF
from numjpeg.container.segments import MAX_SEGMENT

MPF = b"MPF\0"
ORIENTATION, STRIPS, THUMBNAIL_OFFSET, THUMBNAIL_SIZE = 0x0112, 0x0111, 0x0201, 0x0202  # tags
SUB_DIRECTORY, PIXEL_WIDTH, PIXEL_HEIGHT = 0x8769, 0xA002, 0xA003
IMAGE_COUNT, IMAGE_ENTRIES = 0xB001, 0xB002
UPRIGHT, ORIENTATIONS = 1, range(1, 9)
IMAGE_ENTRY_SIZE = 16
# The orientation in XMP, as an attribute or as an element.
_XMP_ORIENTATION = re.compile(rb'(tiff:Orientation(?:="|>))([0-9])')


class ImagePlace(NamedTuple):
    """Where an image of a multi-picture file lies, as its index states."""

    offset: int  # byte offset in the file
    size: int  # bytes
    kind: int  # MP type code: 0x030000 the primary image, 0x01000n large thumbnails, 0x02000n panoramas and so on


def _tiff(exif: bytes) -> tuple[bytes, bytes, tiff.ByteOrder, tiff.Directory | None, tiff.Directory | None]:
    """EXIF's name, which some writers repeat; the TIFF data behind it; their byte order, first two directories."""
    start = 0
    while exif.startswith(EXIF, start):
        start += len(EXIF)
    data = exif[start:]
    order, first = tiff.opened(data)
    return exif[:start], data, order, first, tiff.read_directory(data, order, first.next) if first else None


def read_exif(exif: bytes | None, warnings: list[str]) -> tuple[int | None, bytes | None]:
    """(orientation 1 .. 8, thumbnail as a JPEG file), each None if missing or wrong; faults go to ``warnings``."""
    if exif is None:
        return None, None
    _, data, order, directory, second = _tiff(exif)
    if not directory:
        warnings.append("EXIF: no TIFF directory")
        return None, None
    orientation = tiff.integer(data, order, directory.fields.get(ORIENTATION))
    if orientation is not None and orientation not in ORIENTATIONS:
        warnings.append(f"EXIF: orientation {orientation} is outside 1..8")
        orientation = None
    if directory.next and second is None:
        warnings.append(f"EXIF: the second directory, at {directory.next}, lies outside the {len(data)} bytes")
    if second is None:
        return orientation, None
    start = tiff.integer(data, order, second.fields.get(THUMBNAIL_OFFSET))
    size = tiff.integer(data, order, second.fields.get(THUMBNAIL_SIZE))
    if start is None or not size:
        return orientation, None
    if start >= 8 and size > 0 and start + size <= len(data):
        return orientation, data[start : start + size]
    warnings.append(f"EXIF: the thumbnail, {size} bytes at {start}, lies outside the {len(data)} bytes")
    return orientation, None


def xmp_orientation(xmp: bytes | None) -> int | None:
    """The orientation in an XMP packet, 1 .. 8, or None."""
    found = _XMP_ORIENTATION.search(xmp or b"")
    return int(found[2]) if found and int(found[2]) in ORIENTATIONS else None


def upright_exif(exif: bytes) -> bytes:
    """EXIF data with the orientations of picture and thumbnail, where there are any, set to 1."""
    name, data, order, first, second = _tiff(exif)
    for field in (directory.fields.get(ORIENTATION) for directory in (first, second) if directory):
        if field and field.kind in tiff.INTEGERS:
            data = _replaced(data, field.start, UPRIGHT.to_bytes(tiff.SIZES[field.kind], order))
    return name + data


def upright_xmp(xmp: bytes) -> bytes:
    """An XMP packet with its orientation, if there is one, set to 1."""
    return _XMP_ORIENTATION.sub(rb"\g<1>1", xmp)


def set_exif_size(exif: bytes, height: int, width: int) -> bytes:
    """EXIF data with PixelXDimension and PixelYDimension, where they are present, set to this size in pixels."""
    name, data, order, directory, _ = _tiff(exif)
    pointer = tiff.entry_places(data, order, int.from_bytes(data[4:8], order)).get(SUB_DIRECTORY)
    if not directory or pointer is None:
        return exif
    places = tiff.entry_places(data, order, int.from_bytes(data[pointer + 8 : pointer + 12], order))
    for tag, value in ((PIXEL_WIDTH, width), (PIXEL_HEIGHT, height)):
        if tag in places:
            data = _replaced(data, places[tag] + 2, _long(value, order))
    return name + data


def turned_exif(exif: bytes, turn_thumbnail: Callable[[bytes], bytes | None]) -> bytes:
    """EXIF data of a picture that has been turned upright: orientation 1, and the thumbnail turned as well.

    ``turn_thumbnail`` gives the turned JPEG file, or None if it cannot. In that case the thumbnail is left out;
    also if it is no JPEG file, or does not fit into the segment when it is turned.
    """
    exif = upright_exif(exif)
    _, thumbnail = read_exif(exif, [])
    name, data, order, directory, second = _tiff(exif)
    if not directory or not second or (thumbnail is None and STRIPS not in second.fields):
        return exif
    turned, place = None, len(data)
    if thumbnail is not None:
        turned = turn_thumbnail(thumbnail)
        old = tiff.integer(data, order, second.fields[THUMBNAIL_OFFSET]) or 0
        # The new thumbnail lies where the old one lay, unless it is longer and something follows there.
        if turned is not None and (old + len(thumbnail) == len(data) or len(turned) <= len(thumbnail)):
            place = old
    if turned is None or len(name) + place + len(turned) > MAX_SEGMENT:
        first = int.from_bytes(data[4:8], order)
        link = first + 2 + tiff.ENTRY_SIZE * int.from_bytes(data[first : first + 2], order)
        return name + _replaced(data, link, bytes(4))
    entries = tiff.entry_places(data, order, directory.next)
    data = _replaced(data, place, turned)
    for tag, value in ((THUMBNAIL_OFFSET, place), (THUMBNAIL_SIZE, len(turned))):
        data = _replaced(data, entries[tag] + 2, _long(value, order))
    return name + data


def _long(value: int, order: tiff.ByteOrder) -> bytes:
    """The part of a directory entry behind its tag: type LONG, one value, the value."""
    return (4).to_bytes(2, order) + (1).to_bytes(4, order) + value.to_bytes(4, order)


def _replaced(data: bytes, start: int, new: bytes) -> bytes:
    """The data with ``new`` written over them from byte ``start`` on."""
    return data[:start] + new + data[start + len(new) :]


def read_image_index(payload: bytes, offset: int, file_size: int, warnings: list[str]) -> tuple[ImagePlace, ...]:
    """The images that APP2's payload at byte ``offset`` lists, none if it is broken; ``warnings`` get faults."""
    data = payload[len(MPF) :]
    order, directory = tiff.opened(data)
    if not directory:
        warnings.append("MPF: no TIFF directory")
        return ()
    count = tiff.integer(data, order, directory.fields.get(IMAGE_COUNT))
    field = directory.fields.get(IMAGE_ENTRIES)
    held = field.size // IMAGE_ENTRY_SIZE if field else 0
    if not field or count != held:
        warnings.append(f"MPF: {count} images stated, {held} listed")
    if not field or not count:
        return ()
    places: list[ImagePlace] = []
    for start in range(field.start, field.start + max(0, min(count, held)) * IMAGE_ENTRY_SIZE, IMAGE_ENTRY_SIZE):
        attribute, size, place = (int.from_bytes(data[i : i + 4], order) for i in range(start, start + 12, 4))
        # Offsets count from the TIFF header; only the first image's is 0, the beginning of the file.
        place = place and offset + len(MPF) + place
        if place + size > file_size:
            warnings.append(f"MPF: image {len(places) + 1}, {size} bytes at {place}, lies outside the file")
        places.append(ImagePlace(place, size, attribute & 0xFFFFFF))
    return tuple(places)
