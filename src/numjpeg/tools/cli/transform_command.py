"""``numjpeg transform``: JPEG files turned, cropped and changed without loss, as by jpegtran."""

from __future__ import annotations

import argparse
import re
from functools import partial
from typing import Any

from numjpeg.edits.regions import Region
from numjpeg.edits.requantization import as_coefficients
from numjpeg.edits.transform import transform
from numjpeg.tools.cli.console import FileError, UsageError, display, reason
from numjpeg.tools.cli.inputs import JPEG_SUFFIXES, find_sources, read_bytes
from numjpeg.tools.cli.options import add_command, add_inputs, add_output, quality
from numjpeg.tools.cli.outputs import Outputs, require_jpeg_name, write


def add_transform(commands: Any) -> None:
    """Its options."""
    command = add_command(
        commands,
        "transform",
        "Turn, crop or change JPEG files without loss. Options are jpegtran's, and files equal those of "
        "jpegtran -copy all.",
        "The last row or column of MCUs (8 or 16 pixels), if it is not a whole one, cannot change sides: it stays "
        "where it is, unless --trim leaves it out or --perfect refuses the file. Without --optimize and "
        "--progressive files have the standard Huffman tables; numjpeg optimize makes them smaller.",
    )
    add_inputs(command, "JPEG file", f"that end in {' '.join(JPEG_SUFFIXES)}")
    add_output(command, "NAME.edited.jpg")
    turn = command.add_mutually_exclusive_group()
    turn.add_argument("--rotate", choices=("90", "180", "270"), help="degrees, clockwise")
    turn.add_argument("--flip", choices=("horizontal", "vertical"), help="mirror left and right, or up and down")
    for name, what in (
        ("transpose", "mirror at the diagonal from the upper left"),
        ("transverse", "mirror at the diagonal from the upper right"),
        ("autorotate", "put the picture upright as EXIF says, and the tag and the thumbnail right"),
    ):
        turn.add_argument(f"--{name}", dest="turn", action="store_const", const=name, help=what)
    rectangle: dict[str, Any] = {"type": region, "metavar": "WxH+X+Y"}
    command.add_argument(
        "--crop",
        **rectangle,
        help="keep this part, after turning; its left and upper edge move outwards to a whole MCU, unless an f "
        "behind W or H keeps that size",
    )
    command.add_argument("--trim", action="store_true", help="leave out MCUs at the edge that cannot be moved")
    command.add_argument("--perfect", action="store_true", help="refuse a file with MCUs that cannot be moved")
    command.add_argument("--grayscale", action="store_true", help="keep the luminance alone")
    command.add_argument("--wipe", **rectangle, help="make this part, grown to whole MCUs, mid-gray")
    command.add_argument(
        "--drop",
        nargs=2,
        metavar=("+X+Y", "FILE"),
        help="put another file, of equal tables and sampling, in at this place",
    )
    command.add_argument(
        "--requantize", type=quality, metavar="1..100", help="coarser coefficients: this one loses"
    )
    command.add_argument("--optimize", action="store_true", help="make Huffman tables for each picture")
    command.add_argument("--progressive", action="store_true", help="write progressive files")


def region(text: str) -> Region:
    """A rectangle of an option."""
    try:
        return Region.parse("", text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not WxH+X+Y, as in 640x480+16+32") from None


def run_transform(arguments: argparse.Namespace) -> int:
    """Transform, and give the exit code."""
    how = _how(arguments)
    sources = find_sources(arguments.inputs, arguments.recursive, JPEG_SUFFIXES)
    outputs = Outputs(arguments, sources, ".jpg")
    require_jpeg_name("transform", arguments)
    marked = "" if arguments.output else ".edited"
    return outputs.make(partial(_transform_file, how=how), lambda s: marked + (s.inside.suffix or ".jpg"))


def _how(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options of :func:`numjpeg.transform`."""
    operation = arguments.turn or "none"
    if arguments.rotate:
        operation = f"rotate_{arguments.rotate}"
    elif arguments.flip:
        operation = f"flip_{arguments.flip}"
    drop = None
    if arguments.drop:
        place, file = arguments.drop
        found = re.fullmatch(r"\+(\d+)\+(\d+)", place)
        if not found:
            raise UsageError(f"--drop: {place!r} is not +X+Y")
        try:
            drop = (as_coefficients(read_bytes(file)), int(found[1]), int(found[2]))
        except FileError as error:
            raise UsageError(f"--drop {file}: {reason(error)}") from None
    return {
        "operation": operation,
        "crop": arguments.crop,
        "trim": arguments.trim,
        "perfect": arguments.perfect,
        "grayscale": arguments.grayscale,
        "wipe": arguments.wipe,
        "drop": drop,
        "quality": arguments.requantize,
        "optimize": arguments.optimize,
        "progressive": arguments.progressive,
    }


def _transform_file(name: str, target: str, how: dict[str, Any]) -> str:
    data = read_bytes(name)
    edited = transform(data, **how)
    write(target, edited)
    return f"{display(name)} -> {display(target, 'standard output')}: {len(data):,} -> {len(edited):,} bytes"
