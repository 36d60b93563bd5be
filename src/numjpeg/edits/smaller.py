"""Files made smaller without loss: by optimal Huffman tables and scans, and by leaving out metadata."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from numjpeg.coefficient_files.checks import plan_writing
from numjpeg.coefficient_files.reader import read_coefficients
from numjpeg.coefficient_files.writer import scan_costs, write_file
from numjpeg.coefficients import Coefficients
from numjpeg.container import metadata
from numjpeg.container.header import read_header
from numjpeg.decoder import decode
from numjpeg.edits.transform import orientation
from numjpeg.errors import UnsupportedError, check_choice, check_flags
from numjpeg.rate_distortion.search import cheapest_script
from numjpeg.sources import read_bytes

STRIPS = ("all", "most")


def optimize(data: Any, *, progressive: bool = False, strip: str | None = None) -> bytes:
    """Make a smaller file of the same pixels. If none is found, the result is the file itself.

    Parameters
    ----------
    data : the file: its bytes (any buffer), a path, or a binary file object. FormatError if it is damaged;
        UnsupportedError also for files of several pictures (MPO), unless ``strip`` is given, and for progressive
        files that lack scans, since decoders smooth their blocks.
    progressive : try a progressive file, too, with the scans that cost least for this picture. Without it a file
        keeps its process: sequential or progressive, Huffman or arithmetic coding.
    strip : metadata to leave out: None for none, "all", or "most", which is all but the ICC profile and the
        orientation; ValueError for another value. The segments that decide the colour space, and JFIF's pixel
        density, always stay.

    Returns
    -------
    The file. Both files have been decoded, and all samples are equal. Restart markers are left out. Bytes behind
    the picture's end stay, unless ``strip`` is given.
    """
    check_flags(progressive=progressive)
    if strip is not None:
        check_choice("strip", strip, STRIPS)
    file = read_bytes(data)
    header = read_header(file)
    if strip is None and len(header.images) > 1:
        raise UnsupportedError("a file of several pictures, whose index would become wrong")
    original = replace(read_coefficients(file, max_pixels=None), restart_interval=0)
    c = original if strip is None else replace(original, application_segments=_kept(original, strip))
    was_progressive = "progressive" in header.process
    files = []
    if "arithmetic" in header.process:
        files.append(_written(c, arithmetic=True, progressive=was_progressive))
    elif progressive or not was_progressive:
        files.append(_written(c))
    if progressive or not files:
        files.append(_written(c, scans=cheapest_script(c.components, scan_costs(c, merged=True))))
    smallest = min(files, key=len)
    before, after = (decode(each, colorspace="raw", max_pixels=None) for each in (file, smallest))
    if not np.array_equal(before, after) or read_header(smallest).colorspace != header.colorspace:
        raise UnsupportedError("written anew, the file would have other pixels")
    if strip is None and header.trailing:
        smallest += file[header.trailing[0] :]
    return smallest if len(smallest) < len(file) else file


def _written(c: Coefficients, *, progressive: bool = False, arithmetic: bool = False, scans: Any = None) -> bytes:
    """The file with optimal tables, in as few segments as possible."""
    checked, tables, script = plan_writing(c, True, progressive, arithmetic, scans)
    return write_file(checked, tables, script=script, arithmetic=arithmetic, merged=True)


def _kept(c: Coefficients, strip: str) -> list[metadata.Marked]:
    """The segments that decide the colours, with JFIF's density; for "most" also ICC profile and orientation."""
    segments = c.application_segments
    kept = [metadata.jfif_like(segments)] if metadata.has_jfif(segments) else []
    transform = metadata.adobe_transform(segments)
    # Three components with JFIF are YCbCr, and a single one is gray, whatever Adobe's segment says.
    if transform is not None and len(c.components) > 1 and not (kept and len(c.components) == 3):
        kept.append(metadata.adobe(transform))
    if strip == "most":
        if (number := orientation(c) or 1) != 1:
            # One entry: tag 0x0112, SHORT, one value (EXIF 2.32, 4.6.4 A).
            entry = b"\x01\x12\0\3\0\0\0\1\0" + bytes((number,)) + b"\0\0"
            kept.append(metadata.exif(b"MM\0\x2a\0\0\0\x08\0\1" + entry + bytes(4)))
        kept += [segment for segment in segments if metadata.is_icc(*segment)]
    return kept
