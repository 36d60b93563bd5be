"""``numjpeg info``, ``block`` and ``demo``: what is in a file, and what happens to a picture, in words."""

from __future__ import annotations

import argparse
import importlib
import json
from functools import partial
from pathlib import Path
from typing import Any

from numjpeg.jpeg2000 import is_jpeg2000
from numjpeg.jpeg2000 import read_header as read_jpeg2000_header
from numjpeg.tools import jpeg2000_files
from numjpeg.tools.cli.console import display, emit, for_each
from numjpeg.tools.cli.inputs import (
    JPEG_SUFFIXES,
    START_OF_IMAGE,
    find_sources,
    open_picture,
    parse_picture,
    read_bytes,
    require_photo,
)
from numjpeg.tools.cli.options import add_command, add_force, add_inputs, add_quality, add_reading, whole_number
from numjpeg.tools.cli.outputs import check_output, make_folder, write
from numjpeg.tools.explain import describe_block, describe_file_block, describe_header, header_as_dict, printable
from numjpeg.tools.other_formats import PictureError, has_pillow

# --- info ------------------------------------------------------------------------------------------------


def add_info(commands: Any) -> None:
    """The options of ``numjpeg info``."""
    command = add_command(
        commands,
        "info",
        "Print what a JPEG or JPEG 2000 file says about itself. Header, tables, sampling, estimated quality, and "
        "every marker with its byte offset; also of files that are not decoded (hierarchical ones).",
    )
    add_inputs(command, "JPEG file", f"that end in {' '.join(JPEG_SUFFIXES)}")
    command.add_argument("--json", action="store_true", help="print a JSON object for each file, one a line")


def run_info(arguments: argparse.Namespace) -> int:
    """Describe files, and give the exit code."""
    sources = find_sources(arguments.inputs, arguments.recursive, JPEG_SUFFIXES)
    shown = 0

    def describe(source: Any) -> str:
        nonlocal shown
        if source.error:
            raise source.error
        data = read_bytes(source.name)
        of_jpeg2000 = is_jpeg2000(data)
        if arguments.json:
            found = jpeg2000_files.header_as_dict(data) if of_jpeg2000 else header_as_dict(data)
            emit(json.dumps({"file": source.name, **found}))
            return ""
        text = str(read_jpeg2000_header(data)) if of_jpeg2000 else describe_header(data)
        if len(sources) > 1:
            text = ("\n" if shown else "") + f"== {display(source.name)}\n\n{text}"
        emit(text)
        shown += 1
        return ""

    return for_each([source.name for source in sources], describe, items=sources)


# --- block -----------------------------------------------------------------------------------------------


def add_block(commands: Any) -> None:
    """The options of ``numjpeg block``."""
    command = add_command(
        commands,
        "block",
        "Print every step that one 8x8 block takes. Of a JPEG file it is the file's own block: its bits, and how "
        "they become samples. Any other picture is encoded, from samples to bits, and decoded again; with -q or "
        "-s the decoded pixels of a JPEG file are too.",
    )
    command.add_argument("photo", metavar="PHOTO", help="picture of any format, or - for standard input")
    command.add_argument(
        "row", metavar="ROW", type=whole_number, help="row of the block, in blocks of its component from 0"
    )
    command.add_argument("column", metavar="COL", type=whole_number, help="column of the block")
    command.add_argument(
        "-c",
        "--component",
        choices=("Y", "Cb", "Cr", "1", "2", "3", "4"),
        default="1",
        help="by name or number; the first by default",
    )
    add_quality(command)
    add_reading(command)


def run_block(arguments: argparse.Namespace) -> int:
    """Describe a block, and give the exit code."""

    def describe(name: str) -> str:
        data = read_bytes(name)
        row, column, component = arguments.row, arguments.column, arguments.component
        if data.startswith(START_OF_IMAGE) and arguments.quality is None and arguments.subsampling is None:
            emit(describe_file_block(data, row, column, component=component, max_pixels=arguments.max_pixels))
            return ""
        image = require_photo(parse_picture(data, arguments.background, arguments.max_pixels))
        names = ("Y", "Cb", "Cr") if image.ndim > 2 else ("Y",)
        emit(
            describe_block(
                image,
                row,
                column,
                quality=arguments.quality or 75,
                subsampling=arguments.subsampling if image.ndim > 2 else None,
                component=dict(zip("123", names, strict=False)).get(component, component),
            )
        )
        return ""

    return for_each([arguments.photo], describe)


# --- demo ------------------------------------------------------------------------------------------------


def add_demo(commands: Any) -> None:
    """The options of ``numjpeg demo``."""
    command = add_command(
        commands,
        "demo",
        "Show the codec at work on a photograph. Encodes and decodes it, prints sizes, PSNR, CPU times, and "
        "whether bytes and pixels equal Pillow's, and writes a picture of every stage.",
    )
    command.add_argument("photo", metavar="PHOTO", help="picture of any format, or - for standard input")
    command.add_argument(
        "-o", "--output", metavar="DIR", default="demo", help="folder for the pictures; ./demo by default"
    )
    add_force(command)
    add_quality(command)
    add_reading(command)


def run_demo(arguments: argparse.Namespace) -> int:
    """Report and draw, and give the exit code."""
    return for_each([arguments.photo], partial(_demonstrate, arguments=arguments))


def _demonstrate(name: str, arguments: argparse.Namespace) -> str:
    directory = Path(arguments.output)
    for picture in sorted(directory.glob("0?-*.png")):  # as the pictures of the stages are called
        check_output(str(picture), arguments.force)
    image = require_photo(open_picture(name, arguments.background, arguments.max_pixels))
    if has_pillow():
        make_folder(directory)
    quality, subsampling = arguments.quality or 75, arguments.subsampling or "4:2:0"
    # Reports time and pictures are for this command only, and the pictures need Pillow.
    demo = importlib.import_module("numjpeg.tools.demo")
    emit(demo.report(image, quality, subsampling) + "\n")
    try:
        pictures = importlib.import_module("numjpeg.tools.pictures")
    except ImportError:
        raise PictureError("drawing the pictures of the stages needs Pillow (pip install pillow)") from None
    for file, picture in pictures.stage_pictures(image, quality, subsampling).items():
        path = str(directory / file)
        write(path, pictures.to_file(file, picture))
        emit(f"wrote {printable(path)}")
    return ""
