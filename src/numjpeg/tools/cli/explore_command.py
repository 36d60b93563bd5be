"""``numjpeg explore``: a page in which one clicks the blocks of a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from numjpeg.tools.cli.console import STANDARD_STREAM, UsageError, display, emit, for_each
from numjpeg.tools.cli.inputs import JPEG_SUFFIXES, START_OF_IMAGE, open_picture, read_bytes, require_8_bits
from numjpeg.tools.cli.options import add_command, add_force, add_reading
from numjpeg.tools.cli.outputs import (
    PICTURE_SUFFIXES,
    check_no_input,
    check_output,
    files_of_options,
    write,
)
from numjpeg.tools.explain import printable
from numjpeg.tools.explore import explore_page
from numjpeg.tools.other_formats import PictureError


def add_explore(commands: Any) -> None:
    """Its options."""
    command = add_command(
        commands,
        "explore",
        "Write a page in which one clicks the blocks of a JPEG file. It shows bits with their places in the file, "
        "symbols, coefficients and samples, and maps of where the bits went; it needs no network.",
    )
    command.add_argument("photo", metavar="PHOTO", help="JPEG file, or - for standard input")
    command.add_argument(
        "-o",
        "--output",
        metavar="PAGE",
        help="the page, or - for standard output; by default .html beside the file",
    )
    command.add_argument(
        "--original", metavar="FILE", help="the picture that was encoded, for a map of the error; any format"
    )
    add_force(command)
    add_reading(command, background=False)


def run_explore(arguments: argparse.Namespace) -> int:
    """Write the page, and give the exit code."""
    if arguments.photo == STANDARD_STREAM and (arguments.output is None or arguments.original == STANDARD_STREAM):
        raise UsageError("- (standard input) needs -o PAGE, and is but one picture")
    if Path(arguments.output or "").suffix.lower() in JPEG_SUFFIXES + PICTURE_SUFFIXES:
        raise UsageError(f"-o {arguments.output}: explore writes a page, and pages are not called so")

    def explore(name: str) -> str:
        target = arguments.output or str(Path(name).with_suffix(".html"))
        if target != STANDARD_STREAM:
            check_no_input(target, [name, *files_of_options(arguments)])
            check_output(target, arguments.force or arguments.output is not None)
        data = read_bytes(name)
        if not data.startswith(START_OF_IMAGE):
            raise PictureError("this is no JPEG file; numjpeg block takes other pictures")
        original = None
        if arguments.original:
            picture = open_picture(arguments.original, None, arguments.max_pixels)
            require_8_bits(picture)
            original = picture.pixels
        page = explore_page(data, Path(display(name)).name, original, arguments.max_pixels)
        write(target, page.encode("utf-8"))
        if target != STANDARD_STREAM:
            emit(f"wrote {printable(target)}")
        return ""

    return for_each([arguments.photo], explore)
