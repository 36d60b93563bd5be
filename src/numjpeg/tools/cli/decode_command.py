"""``numjpeg decode``: JPEG files to pictures of other formats."""

from __future__ import annotations

import argparse
import re
from functools import partial
from pathlib import Path
from typing import Any

from numjpeg.colorspaces import canonical_name
from numjpeg.container.header import read_header
from numjpeg.errors import JpegError
from numjpeg.jpeg2000 import is_jpeg2000
from numjpeg.tools import jpeg2000_files
from numjpeg.tools.cli.console import STANDARD_STREAM, DamagedError, UsageError, display
from numjpeg.tools.cli.inputs import (
    JPEG_SUFFIXES,
    Part,
    Source,
    find_sources,
    kept_metadata,
    read_bytes,
    read_jpeg,
)
from numjpeg.tools.cli.options import add_command, add_inputs, add_output, add_reading, whole_number
from numjpeg.tools.cli.outputs import Outputs, names_directory, write
from numjpeg.tools.other_formats import MissingPillowError, PictureError, check_format, has_pillow, write_picture


def add_decode(commands: Any) -> None:
    """Its options."""
    command = add_command(
        commands,
        "decode",
        "Decode JPEG and JPEG 2000 files to pictures of another format. PPM, PGM and .npy are written without "
        "Pillow, all others through it.",
        "An ICC profile that fits, EXIF data and dots an inch are carried over where the format and Pillow "
        "allow it, unless --strip is given. Pixels are turned by the EXIF orientation only if "
        "--exif-orientation is given. CMYK files become CMYK pictures, which .tif and .npy can hold; "
        "--colorspace RGB converts them, without a profile.",
    )
    add_inputs(command, "JPEG file", f"that end in {' '.join(JPEG_SUFFIXES)}")
    add_output(command, "NAME.png (without Pillow NAME.ppm, or NAME.pgm of a gray file)")
    command.add_argument(
        "--format", metavar="NAME", help="png, tif, ppm, npy ...; by default the extension of OUTPUT, or png"
    )
    command.add_argument(
        "--colorspace",
        type=canonical_name,
        choices=("GRAY", "RGB", "BGR", "YCbCr", "CMYK", "raw"),
        help="what to decode to; by default what the file holds. BGR, YCbCr and raw (components as stored) "
        "go into .npy only",
    )
    command.add_argument(
        "--nosmooth", action="store_true", help="repeat chroma samples in place of the triangle filter"
    )
    _add_restore(command)
    size = command.add_mutually_exclusive_group()
    size.add_argument(
        "--scale",
        type=scale,
        metavar="1/2",
        help="1/2, 1/4 or 1/8: a smaller picture, which takes less time and memory; as libjpeg makes it",
    )
    size.add_argument(
        "--fit",
        type=partial(whole_number, low=1),
        metavar="N",
        help="a picture of at most N pixels a side, such as 256 for thumbnails",
    )
    command.add_argument(
        "--region",
        type=rectangle,
        metavar="WxH+X+Y",
        help="this part alone, in pixels of the scaled picture, before it is turned",
    )
    command.add_argument(
        "--exif-orientation",
        action="store_true",
        help="turn the picture as the file's EXIF data (or XMP) say that it is to be viewed",
    )
    command.add_argument(
        "--damaged",
        action="store_true",
        help="of damaged files write what can be recovered, and print what is wrong; the exit code is 1 then too",
    )
    add_reading(command, background=False)
    command.add_argument("--strip", action="store_true", help="leave out the file's metadata")


def _add_restore(command: argparse.ArgumentParser) -> None:
    """``--restore``, which takes no value, so that a file may follow, and ``--restore=learned``."""
    command.add_argument(
        "--restore", action="store_true", help="estimate what quantization took away: no blocking at low qualities"
    )
    command.add_argument(
        "--restore=learned",
        dest="restore",
        action="store_const",
        const="learned",
        help="the same, and a small network brings photographs nearer still",
    )


def scale(text: str) -> float:
    """1/2, 1/4 or 1/8."""
    found = {"1": 1.0, "1/2": 1 / 2, "1/4": 1 / 4, "1/8": 1 / 8}.get(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is none of 1/2, 1/4 and 1/8")
    return found


def rectangle(text: str) -> tuple[int, int, int, int]:
    """(top, left, height, width)."""
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})\+(\d{1,5})\+(\d{1,5})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not WxH+X+Y, as in 640x480+16+32")
    width, height, left, top = map(int, found.groups())
    return top, left, height, width


def run_decode(arguments: argparse.Namespace) -> int:
    """Decode, and give the exit code."""
    if arguments.damaged and arguments.restore:
        raise UsageError("--damaged and --restore: only one of them")
    if arguments.fit is not None and arguments.region is not None:
        raise UsageError("--fit and --region: only one of them")
    extension = ""
    if arguments.format is not None:
        extension = "." + arguments.format.lstrip(".").lower()
    elif len(arguments.inputs) == 1 and not names_directory(arguments.output):
        extension = Path(arguments.output or "").suffix
    if not extension and has_pillow():
        extension = ".png"
    try:
        check_format(extension or ".ppm")
    except MissingPillowError:
        pass  # each file will say so
    except PictureError as error:
        raise UsageError(str(error)) from None
    sources = find_sources(arguments.inputs, arguments.recursive, JPEG_SUFFIXES)
    return Outputs(arguments, sources, extension).make(
        partial(_decode_file, arguments=arguments, extension=extension),
        lambda source: extension or _own_format(source, arguments.colorspace),
    )


def _own_format(source: Source, colorspace: str | None) -> str:
    """What a file becomes without Pillow; .pnm, which is either of them, where it goes to standard output."""
    if source.name == STANDARD_STREAM or source.error:
        return ".pnm"
    try:
        data = read_bytes(source.name)
        if is_jpeg2000(data):
            return ".pgm" if jpeg2000_files.header_as_dict(data)["channels"] == 1 else ".ppm"
        gray = (colorspace or read_header(data, strict=False).colorspace) == "GRAY"
    except (OSError, JpegError, PictureError):
        return ".ppm"  # decoding it says what is wrong
    return ".pgm" if gray else ".ppm"


def _decode_file(name: str, target: str, arguments: argparse.Namespace, extension: str) -> str:
    extension = extension or Path(target).suffix or ".pnm"
    check_format(extension)
    data = read_bytes(name)
    faults: list[str] | None = [] if arguments.damaged else None
    if is_jpeg2000(data):
        if arguments.colorspace is not None or arguments.restore:
            raise PictureError("--colorspace and --restore are for JPEG files, and this is JPEG 2000")
        picture = jpeg2000_files.read_picture(data, arguments.max_pixels, faults)
    else:
        picture = read_jpeg(
            data,
            arguments.colorspace,
            arguments.max_pixels,
            fancy=not arguments.nosmooth,
            restore=arguments.restore,
            turn=arguments.exif_orientation,
            faults=faults,
            part=Part(arguments.scale or 1, arguments.region, arguments.fit),
        )
    picture.metadata = kept_metadata(picture, arguments.strip)
    written = write_picture(picture, extension)
    write(target, written)
    if faults:
        raise DamagedError(faults[0])
    return (
        f"{display(name)} -> {display(target, 'standard output')}: {picture}, "
        f"{len(data):,} -> {len(written):,} bytes"
    )
