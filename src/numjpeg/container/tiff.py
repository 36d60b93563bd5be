"""TIFF directories (TIFF 6.0, section 2), which EXIF and the multi-picture index consist of.

Every offset is checked against the data, and no pointer is followed twice. So for any bytes the work is bounded by
the 65,535 entries that a directory can have.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

ByteOrder = Literal["big", "little"]

HEADERS: dict[bytes, ByteOrder] = {b"MM\0\x2a": "big", b"II\x2a\0": "little"}
ENTRY_SIZE = 12
# Type of a field -> bytes of a value, for the types that hold integers or bytes.
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4}
INTEGERS = {3, 4, 8, 9}  # 8 and 9 are signed


class Field(NamedTuple):
    """Where the values of a tag lie; all of them are inside the data."""

    kind: int  # type of the values
    start: int  # byte offset of the first value, counted from the TIFF header
    size: int  # bytes of all values together


class Directory(NamedTuple):
    """The tags of a directory."""

    fields: dict[int, Field]
    next: int  # byte offset of the next directory, 0 for none


def opened(data: bytes) -> tuple[ByteOrder, Directory | None]:
    """The byte order and the first directory by the TIFF header; no directory if there is no such header."""
    order = HEADERS.get(data[:4]) if len(data) >= 8 else None
    return order or "big", read_directory(data, order, int.from_bytes(data[4:8], order)) if order else None


def read_directory(data: bytes, order: ByteOrder, start: int) -> Directory | None:
    """A directory, or those of its entries that lie inside the data; None if not even their number does.

    Of two entries of one tag the first one counts. Entries of types that :data:`SIZES` lacks, or whose values lie
    outside the data, are left out.
    """
    if not 8 <= start <= len(data) - 2:
        return None
    count = int.from_bytes(data[start : start + 2], order)
    fields: dict[int, Field] = {}
    for position in range(start + 2, min(start + 2 + count * ENTRY_SIZE, len(data) - 11), ENTRY_SIZE):
        tag = int.from_bytes(data[position : position + 2], order)
        kind = int.from_bytes(data[position + 2 : position + 4], order)
        size = SIZES.get(kind, 0) * int.from_bytes(data[position + 4 : position + 8], order)
        place = position + 8 if size <= 4 else int.from_bytes(data[position + 8 : position + 12], order)
        if 0 < size <= len(data) - place:
            fields.setdefault(tag, Field(kind, place, size))
    end = start + 2 + count * ENTRY_SIZE
    return Directory(fields, int.from_bytes(data[end : end + 4], order) if end + 4 <= len(data) else 0)


def entry_places(data: bytes, order: ByteOrder, start: int) -> dict[int, int]:
    """Tag -> byte offset of its first entry, for the entries of a directory that lie inside the data."""
    count = int.from_bytes(data[start : start + 2], order) if 8 <= start <= len(data) - 2 else 0
    places = range(start + 2, min(start + 2 + count * ENTRY_SIZE, len(data) - ENTRY_SIZE + 1), ENTRY_SIZE)
    return {int.from_bytes(data[place : place + 2], order): place for place in reversed(places)}


def integer(data: bytes, order: ByteOrder, field: Field | None) -> int | None:
    """The first value of a field; None if there is no field, or its values are no integers."""
    if field is None or field.kind not in INTEGERS:
        return None
    value = data[field.start : field.start + SIZES[field.kind]]
    return int.from_bytes(value, order, signed=field.kind >= 8)
