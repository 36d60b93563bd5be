"""``numjpeg decode``: JPEG files to pictures of other formats."""

from __future__ import annotations

import argparse
from fractions import Fraction
from functools import partial
from pathlib import Path

import numjpeg.tools.cli.inputs as inputs
from numjpeg.container.header import read_header
from numjpeg.errors import JpegError
from numjpeg.jpeg2000 import is_jpeg2000
from numjpeg.tools import jpeg2000_files
from numjpeg.tools.cli.console import STANDARD_STREAM, DamagedError, UsageError
from numjpeg.tools.cli.options import MAX, input_options, output_options
from numjpeg.tools.cli.outputs import Outputs, names_directory, write_output
from numjpeg.tools.other_formats import MissingPillowError, PictureError, check_format, has_pillow, write_picture

DECODE_PAGE = f"""
Decode JPEG and JPEG 2000 files to pictures of another format. PPM, PGM and .npy are written without Pillow, all
others through it.

{input_options("JPEG file", inputs.JPEG_SUFFIXES)}
{output_options("NAME.png (without Pillow NAME.ppm, or NAME.pgm of a gray file)")}
--format NAME  png, tif, ppm, npy ...; by default the extension of OUTPUT, or png
--colorspace GRAY|RGB|BGR|YCbCr|CMYK|raw  colours of the picture; by default those of the file. BGR, YCbCr and raw
    (components as stored) go into .npy only
--nosmooth  repeat chroma samples in place of the triangle filter
--restore  estimate what quantization took away, which removes blocking at low qualities
--restore=learned  the same, then improve photographs by a small neural network
either --scale 1|1/2|1/4|1/8  decode to this part of the size as libjpeg does, in less time and memory
or --fit N  a picture of at most N pixels a side, such as 256 for thumbnails
--region WxH+X+Y  only this part, in pixels of the scaled picture before it is turned
--exif-orientation  turn the picture upright, as the EXIF data (or XMP) of the file say
--damaged  write what can be recovered of damaged files, and print what is wrong; the exit code is still 1
{MAX}
--strip  leave out the file's metadata

An ICC profile that fits, EXIF data and dots per inch are copied if the format and Pillow allow it, unless --strip
is given. Pixels are turned by the EXIF orientation only if --exif-orientation is given. CMYK files become
CMYK pictures, which .tif and .npy can hold; --colorspace RGB converts them, without a profile.
"""


def run_decode(arguments: argparse.Namespace) -> int:
    """Decode, and give the exit code."""
    if arguments.damaged and arguments.restore:
        raise UsageError("--damaged and --restore: only one of them")
    if arguments.fit is not None and arguments.region is not None:
        raise UsageError("--fit and --region: only one of them")
    extension = ""
    if arguments.format is not None:
        extension = "." + arguments.format.lstrip(".").lower()
    elif len(arguments.input) == 1 and not names_directory(arguments.output):
        extension = Path(arguments.output or "").suffix
    if not extension and has_pillow():
        extension = ".png"
    try:
        check_format(extension or ".ppm")
    except MissingPillowError:
        pass  # each file will say so
    except PictureError as error:
        raise UsageError(str(error)) from None
    return Outputs(arguments, inputs.JPEG_SUFFIXES, extension).make(
        partial(_decode_file, arguments=arguments, extension=extension),
        lambda source: extension or _own_format(source, arguments.colorspace),
    )


def _own_format(source: inputs.Source, colorspace: str | None) -> str:
    """The extension of an output without Pillow: .pgm or .ppm; .pnm, which is either, for standard output."""
    if source.name == STANDARD_STREAM or source.error:
        return ".pnm"
    try:
        data = inputs.read_bytes(source.name)
        if is_jpeg2000(data):
            return ".pgm" if jpeg2000_files.header_as_dict(data)["channels"] == 1 else ".ppm"
        gray = (colorspace or read_header(data, strict=False).colorspace) == "GRAY"
    except (OSError, JpegError, PictureError):
        return ".ppm"  # decoding it says what is wrong
    return ".pgm" if gray else ".ppm"


def _decode_file(name: str, target: str, arguments: argparse.Namespace, extension: str) -> str:
    extension = extension or Path(target).suffix or ".pnm"
    check_format(extension)
    data = inputs.read_bytes(name)
    faults: list[str] | None = [] if arguments.damaged else None
    if is_jpeg2000(data):
        if arguments.colorspace is not None or arguments.restore:
            raise PictureError("--colorspace and --restore are for JPEG files, and this is JPEG 2000")
        picture = jpeg2000_files.read_picture(data, arguments.max_pixels, faults)
    else:
        region = arguments.region
        picture = inputs.read_jpeg(
            data,
            arguments.max_pixels,
            arguments.colorspace,
            turn=arguments.exif_orientation,
            fit=arguments.fit,
            restore=arguments.restore,
            faults=faults,
            fancy_upsampling=not arguments.nosmooth,
            scale=Fraction(arguments.scale or 1),
            region=region and (region.top, region.left, region.height, region.width),
        )
    picture.metadata = inputs.kept_metadata(picture, arguments.strip)
    written = write_picture(picture, extension)
    line = write_output(name, target, written, f"{picture}, {len(data):,} -> {len(written):,} bytes")
    if faults:
        raise DamagedError(faults[0])
    return line
