"""The options of every command."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import numpy as np

import numjpeg
from numjpeg.encoder import encode
from numjpeg.stages.subsampling import SUBSAMPLING
from numjpeg.tools.cli.commands import run_block, run_decode, run_demo, run_encode, run_info, run_psnr
from numjpeg.tools.cli.study_command import run_study
from numjpeg.tools.explain import printable
from numjpeg.tools.other_formats import PictureError, parse_color


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; what it parses has ``run``, the command's function, and ``parser``."""
    parser = _Parser(
        prog="numjpeg",
        description="A JPEG codec in nothing but NumPy, byte- and pixel-equal to libjpeg-turbo.",
        epilog="Exit codes: 0 success, 1 a file failed, 2 wrong usage. numjpeg COMMAND --help says more.",
    )
    parser.add_argument("--version", action="version", version=f"numjpeg {numjpeg.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_encode, _add_decode, _add_psnr, _add_info, _add_block, _add_demo, _add_study):
        add(commands)
    return parser


# --- values of options -----------------------------------------------------------------------------------


def _whole_number(text: str, low: int = 0, high: int = 65535) -> int:
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"an integer is needed, not {text!r}") from None
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{value} is outside {low}..{high}")
    return value


_quality = partial(_whole_number, low=1, high=100)


def _color(text: str) -> tuple[int, int, int]:
    try:
        return parse_color(text)
    except (ValueError, PictureError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _subsampling(text: str) -> str:
    try:
        encode(np.zeros((1, 1, 3), np.uint8), subsampling=text)
    except ValueError as error:
        reason = f"{text!r} is not known; {', '.join(SUBSAMPLING)} are, or factors such as 2x1"
        if "x" in text:
            reason = str(error).removeprefix("subsampling: ")
        raise argparse.ArgumentTypeError(reason) from None
    return text


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"a positive number is needed, not {text!r}")
    return value


# --- what several commands share -------------------------------------------------------------------------


def _add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], description: str, epilog: str = ""
) -> argparse.ArgumentParser:
    summary = description.partition(".")[0]
    summary = summary[0].lower() + summary[1:]
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=description, epilog=epilog
    )
    command.set_defaults(run=run, parser=command)
    return command


def _add_input_output(command: argparse.ArgumentParser, inputs: str, default: str) -> None:
    command.add_argument("inputs", nargs="+", metavar="INPUT", help=f"{inputs}, or - for standard input")
    command.add_argument(
        "-o",
        "--output",
        metavar="OUTPUT",
        help="file, - for standard output, or a directory (made if missing) where there are several inputs or "
        f"OUTPUT ends with /; by default {default} beside each input",
    )
    command.add_argument("-n", "--no-clobber", action="store_true", help="do not replace files that exist")
    command.add_argument("-v", "--verbose", action="store_true", help="print a line for each file")


def _add_background(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--background",
        type=_color,
        metavar="COLOR",
        help="blend transparent pictures with this colour: white, #rrggbb, or any name that Pillow knows",
    )


def _add_quality(command: argparse.ArgumentParser, default: int | None) -> None:
    command.add_argument("-q", "--quality", type=_quality, default=default, metavar="1..100", help="75 by default")
    command.add_argument(
        "-s",
        "--subsampling",
        type=_subsampling,
        default="4:2:0" if default else None,
        metavar="NAME",
        help="4:4:4, 4:2:2, 4:4:0, 4:2:0 (default), 4:1:1, 4:1:0, or factors such as 2x1; "
        "gray pictures have none to subsample",
    )


# --- the commands ----------------------------------------------------------------------------------------


def _add_encode(commands: Any) -> None:
    command = _add_command(
        commands,
        "encode",
        run_encode,
        "Encode pictures as JPEG files, baseline or progressive. Reads JPEG, binary PPM and PGM and .npy (uint8), "
        "and with Pillow whatever Pillow reads; of an animation the first frame.",
        "EXIF data, XMP, dots an inch, and an ICC profile that fits the colours stored are carried over from the "
        "input unless --strip is given; other comments are not. EXIF orientation is kept as it is and pixels are "
        "not turned. Pictures of 16 bits or floats are refused, except where Pillow itself reads them as 8 bits.",
    )
    _add_input_output(command, "picture", "NAME.jpg")
    _add_quality(command, None)
    command.add_argument(
        "--optimize", action="store_true", help="make Huffman tables for each picture: smaller files"
    )
    command.add_argument(
        "--progressive",
        action="store_true",
        help="write progressive files, which begin with a coarse picture and are mostly smaller",
    )
    command.add_argument(
        "--tune",
        choices=("psnr", "perceptual"),
        help="choose tables and coefficients for the picture: the best PSNR, or what looks best, that the bytes "
        "can buy; takes some 30 times as long",
    )
    command.add_argument(
        "--target-bytes",
        type=partial(_whole_number, low=1, high=2**40),
        metavar="N",
        help="the best file of at most N bytes, in place of --quality; --tune psnr unless given",
    )
    command.add_argument(
        "--target-psnr", type=_positive, metavar="DB", help="the smallest file of this PSNR, in place of --quality"
    )
    command.add_argument(
        "--importance",
        metavar="FILE",
        help="a gray picture of the same size, brighter where errors count more; or auto, to count them less "
        "where detail hides them",
    )
    command.add_argument("--gray", action="store_true", help="store the luminance only")
    command.add_argument(
        "--keep-rgb", action="store_true", help="store RGB as RGB; dots an inch are then left out"
    )
    _add_background(command)
    command.add_argument("--strip", action="store_true", help="leave out the input's metadata")
    command.add_argument("--comment", metavar="TEXT", help="store a comment")
    command.add_argument(
        "--qtables",
        action="append",
        metavar="FILE",
        help="text file with quantization tables of 64 integers, row by row (# begins a comment); may be given "
        "more than once; scaled only if --quality is given too",
    )
    restarts = command.add_mutually_exclusive_group()
    restarts.add_argument(
        "--restart-blocks", type=_whole_number, default=0, metavar="N", help="a restart marker after every N MCUs"
    )
    restarts.add_argument(
        "--restart-rows",
        type=_whole_number,
        default=0,
        metavar="N",
        help="a restart marker after every N rows of MCUs",
    )


def _add_decode(commands: Any) -> None:
    command = _add_command(
        commands,
        "decode",
        run_decode,
        "Decode JPEG files to pictures of another format. PPM, PGM and .npy are written without Pillow, "
        "all others through it.",
        "An ICC profile that fits, EXIF data and dots an inch are carried over where the format and Pillow "
        "allow it, unless --strip is given. Pixels are turned by the EXIF orientation only if "
        "--exif-orientation is given. CMYK files become CMYK pictures, which .tif and .npy can hold; "
        "--colorspace RGB converts them, without a profile.",
    )
    _add_input_output(command, "JPEG file", "NAME.png")
    command.add_argument(
        "--format", metavar="NAME", help="png, tif, ppm, npy ...; by default the extension of OUTPUT, or png"
    )
    command.add_argument(
        "--colorspace",
        choices=("GRAY", "RGB", "BGR", "YCbCr", "CMYK", "raw"),
        help="what to decode to; by default what the file holds. BGR, YCbCr and raw (components as stored) "
        "go into .npy only",
    )
    command.add_argument(
        "--nosmooth", action="store_true", help="repeat chroma samples in place of the triangle filter"
    )
    command.add_argument(
        "--restore", action="store_true", help="estimate what quantization took away: no blocking at low qualities"
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
    command.add_argument("--strip", action="store_true", help="leave out the file's metadata")


def _add_psnr(commands: Any) -> None:
    command = _add_command(
        commands,
        "psnr",
        run_psnr,
        "Print the peak signal-to-noise ratio of two pictures in dB. Equal pictures give inf (null in JSON).",
    )
    command.add_argument("reference", metavar="REFERENCE", help="picture of any format, or - for standard input")
    command.add_argument("image", metavar="IMAGE", help="picture of the same size and kind, or -")
    command.add_argument("--per-channel", action="store_true", help="print each channel's too")
    command.add_argument("--json", action="store_true", help="print an object with psnr, mse and channels")
    command.add_argument(
        "--data-range",
        type=_positive,
        metavar="RANGE",
        help="of the samples; by default 255 for 8 bits, 65535 for 16",
    )
    _add_background(command)


def _add_info(commands: Any) -> None:
    command = _add_command(
        commands,
        "info",
        run_info,
        "Print what a JPEG file says about itself. Header, tables, sampling, estimated quality, and every marker "
        "with its byte offset; also of files that are not decoded (arithmetic, lossless, 12 bits).",
    )
    command.add_argument("inputs", nargs="+", metavar="INPUT", help="JPEG file, or - for standard input")


def _add_block(commands: Any) -> None:
    command = _add_command(
        commands,
        "block",
        run_block,
        "Print every step that one 8x8 block takes from samples to bits and back. Of a JPEG file the decoded "
        "pixels are encoded anew.",
    )
    command.add_argument("photo", metavar="PHOTO", help="picture of any format, or - for standard input")
    command.add_argument("row", metavar="ROW", type=_whole_number, help="row of the block, in blocks from 0")
    command.add_argument("column", metavar="COL", type=_whole_number, help="column of the block")
    command.add_argument("-c", "--component", choices=("Y", "Cb", "Cr"), default="Y", help="Y by default")
    _add_quality(command, 75)
    _add_background(command)


def _add_demo(commands: Any) -> None:
    command = _add_command(
        commands,
        "demo",
        run_demo,
        "Show the codec at work on a photograph. Encodes and decodes it, prints sizes, PSNR, times, and whether "
        "bytes and pixels equal Pillow's, and writes a picture of every stage.",
    )
    command.add_argument("photo", metavar="PHOTO", help="picture of any format, or - for standard input")
    command.add_argument(
        "-o", "--output", metavar="DIR", default="demo", help="directory for the pictures; ./demo by default"
    )
    _add_quality(command, 75)
    _add_background(command)


def _add_study(commands: Any) -> None:
    command = _add_command(
        commands,
        "study",
        run_study,
        "Compare codecs on a folder of lossless pictures. Rate-distortion curves, rates at equal quality "
        "(Bjontegaard), sizes without loss, pictures at 100:1 and from parts of a file: a page, plots, CSV.",
        "What has been measured is kept in OUTPUT/points.csv; the same command goes on after an interruption. "
        "Needs pip install 'numjpeg[study]', and 'numjpeg[cluster]' for --dask.",
    )
    command.add_argument("folder", metavar="FOLDER", help="with the pictures (PNG, TIFF, PPM, BMP, WebP)")
    command.add_argument(
        "-o", "--output", metavar="OUTPUT", default="study", help="folder for the results; ./study by default"
    )
    command.add_argument("-c", "--codecs", metavar="NAME,...", help="which codecs; an unknown name lists them all")
    command.add_argument(
        "-a",
        "--anchor",
        metavar="NAME,...",
        default="libjpeg,psnr",
        help="compared against; libjpeg,psnr by default",
    )
    command.add_argument(
        "--psnr-only", action="store_true", help="leave out SSIM and SSIMULACRA2, which take longest"
    )
    command.add_argument("--no-lossless", action="store_true", help="leave out lossless sizes")
    command.add_argument("--no-strips", action="store_true", help="leave out the pictures at 100:1 and from parts")
    where = command.add_mutually_exclusive_group()
    where.add_argument(
        "-w",
        "--workers",
        type=partial(_whole_number, low=1, high=256),
        metavar="N",
        help="processes; all cores by default",
    )
    where.add_argument("--dask", metavar="ADDRESS", help="a Dask scheduler's address, such as tcp://host:8786")
