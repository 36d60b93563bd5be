"""Files that are put together from the segments of other files, without decoding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from numjpeg.container import exif, markers, metadata, segments
from numjpeg.container.structure import read_structure
from numjpeg.sources import read_bytes


def copy_metadata(source: Any, target: Any) -> bytes:
    """Put the metadata of one file into another. The other's picture does not change by a byte.

    Both are files of any process: their bytes (any buffer), paths, or binary file objects. All APPn and COM
    segments of ``source``, unchanged and in order, replace those of ``target``, with these exceptions:

    - Adobe's segment stays ``target``'s, since it decides the colour space.
    - JFIF's (density, thumbnail) is ``source``'s, unless ``source`` has none, or it would change the colour space
      of ``target``. It comes first, Adobe's second.
    - An ICC profile for another kind of colours (gray, RGB, CMYK) is left out.
    - The index of a multi-picture file (MPF) is left out: its offsets are those of ``source``.

    :func:`numjpeg.write_coefficients` keeps ``Coefficients.application_segments`` by itself. FormatError if the
    segments of a file are broken; TypeError for another kind of argument.
    """
    source_file, file = read_bytes(source, "source"), read_bytes(target, "target")
    structure = read_structure(file, decode=False)
    components = structure.require_frame().components
    new, old = _application_segments(source_file), structure.application_segments
    fits = metadata.is_profile_for(len(components), metadata.find_icc(new, []) or b"")
    adobe = [s for s in old if metadata.is_adobe(*s)]
    new_jfif, old_jfif = ([s for s in group if metadata.is_jfif(*s)][-1:] for group in (new, old))
    jfif = new_jfif or old_jfif
    if metadata.file_colorspace(components, jfif + adobe) != structure.colorspace:
        jfif = old_jfif
    others = []
    for marker, payload in new:
        is_index = marker == markers.APP2 and payload.startswith(exif.MPF)
        left_out = is_index or (metadata.is_icc(marker, payload) and not fits)
        if not (left_out or metadata.is_jfif(marker, payload) or metadata.is_adobe(marker, payload)):
            others.append((marker, payload))
    head = b"".join(segments.build(*segment) for segment in jfif + adobe + others)
    return file[:2] + head + _without(file, (s for s in structure.segments if s.is_application))


def split_tables(data: Any) -> tuple[bytes, bytes]:
    """Take the tables out of a file (T.81 B.4, B.5), so that many abbreviated files can share them.

    ``data`` : the file: its bytes (any buffer), a path, or a binary file object.

    Returns
    -------
    (a file of the DQT and DHT segments alone, the file without them), as Pillow's ``streamtype`` 1 and 2 write
    them for a colour file that is not optimized. ``decode(image, tables=tables)`` reads both. FormatError if the
    segments are broken; ValueError if tables come after the first scan, as in progressive files.
    """
    file = read_bytes(data)
    structure = read_structure(file, decode=False)
    of_tables = [s for s in structure.segments if s.marker in (markers.DQT, markers.DHT)]
    if structure.scans and any(segment.offset > structure.scans[0].offset for segment in of_tables):
        raise ValueError("data: tables change between the scans of this file, and cannot stand apart from it")
    tables = b"".join(file[segment.offset : segment.end] for segment in of_tables)
    start, end = bytes((0xFF, markers.SOI)), bytes((0xFF, markers.EOI))
    return start + tables + end, start + _without(file, of_tables)


def _without(file: bytes, left_out: Iterable[markers.Segment]) -> bytes:
    """The file after SOI, without some of its segments."""
    parts, position = [], 2
    for segment in left_out:
        parts.append(file[position : segment.offset])
        position = segment.end
    return b"".join([*parts, file[position:]])


def _application_segments(file: bytes) -> list[metadata.Marked]:
    """All APPn and COM segments, but no chunks of ICC profiles where readers do not look: behind the frame header
    if there are any in front of it, and behind a scan header."""
    kept: list[metadata.Marked] = []
    profile_in_front = framed = scanned = False
    for s in markers.iterate_segments(file):
        framed, scanned = framed or s.marker in markers.FRAMES, scanned or s.marker == markers.SOS
        if s.is_application and not s.fault:
            segment = s.marker, file[s.start : s.end]
            profile = metadata.is_icc(*segment)
            profile_in_front = profile_in_front or (profile and not framed)
            if not (profile and framed and (scanned or profile_in_front)):
                kept.append(segment)
    return kept
