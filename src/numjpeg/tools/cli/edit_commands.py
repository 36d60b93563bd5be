"""``numjpeg transform`` and ``optimize``: JPEG files changed or made smaller without loss."""

from __future__ import annotations

import argparse
import os
import re
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from numjpeg.edits.requantization import as_coefficients
from numjpeg.edits.smaller import STRIPS, optimize
from numjpeg.edits.transform import transform
from numjpeg.tools.cli.console import STANDARD_STREAM, FileError, UsageError, display, for_each, reason
from numjpeg.tools.cli.inputs import JPEG_SUFFIXES, Source, find_sources, read_bytes
from numjpeg.tools.cli.options import WORKERS, input_options, output_options
from numjpeg.tools.cli.outputs import Outputs, require_jpeg_name, write, write_output

TRANSFORM_PAGE = f"""
Turn, crop or change JPEG files without loss. Options are jpegtran's, and files equal those of jpegtran -copy all.

{input_options("JPEG file", JPEG_SUFFIXES)}
{output_options("NAME.edited.jpg")}
either --rotate 90|180|270  degrees, clockwise
or --flip horizontal|vertical  mirror left and right, or up and down
or --transpose  mirror at the diagonal from the upper left
or --transverse  mirror at the diagonal from the upper right
or --autorotate  turn the picture upright as EXIF says, and correct the tag and the thumbnail
--crop WxH+X+Y  keep this part, after turning; its left and upper edge move outwards to a whole MCU, unless an f
    behind W or H keeps that size
--trim  leave out MCUs at the edge that cannot be moved
--perfect  refuse a file with MCUs that cannot be moved
--grayscale  keep only the luminance
--wipe WxH+X+Y  make this part, grown to whole MCUs, mid-gray
--drop +X+Y FILE  insert another file, which has the same tables and sampling, at this place
--requantize 1..100  make coefficients coarser, to this quality, with loss
--optimize  make Huffman tables for each picture
--progressive  write progressive files

An incomplete last row or column of MCUs (8 or 16 pixels) cannot change sides. It stays where it is, unless --trim
leaves it out or --perfect refuses the file. Without --optimize and --progressive, files have the standard Huffman
tables; numjpeg optimize makes them smaller.
"""


def run_transform(arguments: argparse.Namespace) -> int:
    """Transform, and give the exit code."""
    names = ("crop", "trim", "perfect", "grayscale", "wipe", "optimize", "progressive")
    how = {name: getattr(arguments, name) for name in names}
    how |= {"operation": "none", "drop": _drop(arguments), "quality": arguments.requantize}
    for name in ("rotate", "flip", "transpose", "transverse", "autorotate"):
        if turn := getattr(arguments, name):
            how["operation"] = name if turn is True else f"{name}_{turn}"
    outputs = Outputs(arguments, JPEG_SUFFIXES, ".jpg")
    require_jpeg_name("transform", arguments)
    marked = "" if arguments.output else ".edited"
    return outputs.make(partial(_transform_file, how=how), lambda s: marked + (s.inside.suffix or ".jpg"))


def _drop(arguments: argparse.Namespace) -> tuple[Any, int, int] | None:
    """The argument ``drop`` of :func:`numjpeg.transform`."""
    if not arguments.drop:
        return None
    place, file = arguments.drop
    match = re.fullmatch(r"\+(\d+)\+(\d+)", place)
    if not match:
        raise UsageError(f"--drop: {place!r} is not +X+Y")
    try:
        return as_coefficients(read_bytes(file), "drop"), int(match[1]), int(match[2])
    except FileError as error:
        raise UsageError(f"--drop {file}: {reason(error)}") from None


def _transform_file(name: str, target: str, how: dict[str, Any]) -> str:
    data = read_bytes(name)
    edited = transform(data, **how)
    return write_output(name, target, edited, f"{len(data):,} -> {len(edited):,} bytes")


OPTIMIZE_PAGE = f"""
Make JPEG files smaller, in place, without loss. Each gets Huffman tables of its own. A line for each says what
that saved.

{input_options("JPEG file", JPEG_SUFFIXES)}
--progressive  write progressive files, with the scans that cost least, where that is smaller
--strip {"|".join(STRIPS)}  leave out all metadata, or most of them: all but the ICC profile and the orientation
{WORKERS}

Before a file is replaced, in one step, the old and the new one are decoded and all samples compared. It never
becomes larger, and keeps its dates and permissions.
"""


def run_optimize(arguments: argparse.Namespace) -> int:
    """Optimize, and give the exit code."""
    if STANDARD_STREAM in arguments.input:
        raise UsageError("- (standard input) cannot be replaced; name files")
    sources = find_sources(arguments.input, arguments.recursive, JPEG_SUFFIXES)
    return for_each(
        [source.name for source in sources],
        partial(_optimize_file, progressive=arguments.progressive, strip=arguments.strip),
        items=sources,
        verbose=True,
        workers=arguments.workers,
        progress=True,
    )


def _optimize_file(source: Source, progressive: bool, strip: str | None) -> str:
    if source.error:
        raise source.error
    name = source.name
    status = Path(name).stat()
    data = read_bytes(name)
    smaller = optimize(data, progressive=progressive, strip=strip)
    if smaller == data:
        return f"{display(name)}: {len(data):,} bytes, nothing to save"
    write(name, smaller)
    with suppress(OSError):  # dates are the owner's, and others may be allowed to write
        os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns))
    part = 100 * (1 - len(smaller) / len(data))
    return f"{display(name)}: {len(data):,} -> {len(smaller):,} bytes, {part:.1f} % saved"
