"""``numjpeg encode``: pictures to JPEG files."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.encoder import encode
from numjpeg.errors import JpegError
from numjpeg.tools import jpeg2000_files
from numjpeg.tools.cli.console import UsageError, display, reason
from numjpeg.tools.cli.inputs import (
    find_sources,
    kept_metadata,
    open_picture,
    read_bytes,
    require_8_bits,
    require_opaque,
)
from numjpeg.tools.cli.options import (
    add_command,
    add_inputs,
    add_output,
    add_quality,
    add_reading,
    byte_count,
    positive,
    whole_number,
)
from numjpeg.tools.cli.outputs import PICTURE_SUFFIXES, Outputs, require_jpeg_name, write
from numjpeg.tools.other_formats import Picture, PictureError


def add_encode(commands: Any) -> None:
    """Its options."""
    command = add_command(
        commands,
        "encode",
        "Encode pictures as JPEG files, with loss or without. Reads JPEG, JPEG 2000, binary PPM and PGM and .npy, "
        "and with Pillow whatever Pillow reads; of an animation the first frame.",
        "EXIF data, XMP, dots an inch, and an ICC profile that fits the colours stored are carried over from the "
        "input unless --strip is given; other comments are not. EXIF orientation is kept as it is and pixels are "
        "not turned. Pictures of 9 to 16 bits a sample need --lossless, --precision 12 or --jp2; values stay as "
        "they are. Floats are refused.",
    )
    add_inputs(command, "picture", f"that end in {' '.join(PICTURE_SUFFIXES)}")
    add_output(command, "NAME.jpg")
    add_quality(command)
    command.add_argument(
        "--optimize", action="store_true", help="make Huffman tables for each picture: smaller files"
    )
    command.add_argument(
        "--progressive",
        action="store_true",
        help="write progressive files, which begin with a coarse picture and are mostly smaller",
    )
    _add_processes(command)
    _add_tuning(command)
    command.add_argument("--gray", action="store_true", help="store the luminance only")
    command.add_argument(
        "--keep-rgb", action="store_true", help="store RGB as RGB; dots an inch are then left out"
    )
    _add_jpeg2000(command)
    add_reading(command)
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
    for name, what in (("--restart-blocks", "N MCUs"), ("--restart-rows", "N rows of MCUs")):
        restarts.add_argument(
            name, type=whole_number, default=0, metavar="N", help=f"a restart marker after every {what}"
        )


def _add_processes(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--arithmetic",
        action="store_true",
        help="arithmetic coding in place of Huffman's: smaller files, slow, and few programs open them",
    )
    command.add_argument(
        "--precision",
        type=partial(whole_number, low=2, high=16),
        metavar="BITS",
        help="bits a sample: 8, or 12 for values up to 4095; with --lossless 2 to 16, by default the input's",
    )
    command.add_argument(
        "--lossless",
        action="store_true",
        help="without loss: of JPEG, the process that medical pictures have (SOF3); of JPEG 2000, the default",
    )
    command.add_argument(
        "--predictor",
        type=partial(whole_number, low=1, high=7),
        metavar="1..7",
        help="of a lossless JPEG file; by default the one that costs least",
    )
    command.add_argument(
        "--point-transform",
        type=partial(whole_number, high=15),
        default=0,
        metavar="BITS",
        help="low bits that a lossless JPEG file leaves out; 0 by default",
    )


def _add_tuning(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--tune",
        choices=("psnr", "perceptual"),
        help="choose tables and coefficients for the picture: the best PSNR, or what looks best, that the bytes "
        "can buy; takes some 30 times as long",
    )
    command.add_argument(
        "--target-bytes",
        type=byte_count,
        metavar="N",
        help="the best file of at most N bytes, in place of --quality: 50000, 50k (thousand), 2M (million), 48Ki "
        "(1,024)",
    )
    command.add_argument(
        "--target-psnr",
        type=positive,
        metavar="DB",
        help="the smallest file of this PSNR, in place of --quality",
    )
    command.add_argument(
        "--importance",
        metavar="FILE",
        help="a gray picture of the same size, brighter where errors count more; or auto, to count them less "
        "where detail hides them",
    )


def _add_jpeg2000(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--jp2",
        action="store_true",
        help="write JPEG 2000 files (NAME.jp2), as where OUTPUT ends in .jp2, .j2k or .jph (high throughput): "
        "without loss, or with --bits-per-pixel, --target-bytes or --target-psnr",
    )
    command.add_argument(
        "--bits-per-pixel", type=positive, metavar="R", help="size of a JPEG 2000 file: R bits for each pixel"
    )


_JPEG_ONLY = (
    *("quality", "subsampling", "tune", "qtables", "optimize", "progressive", "gray", "keep_rgb"),
    *("restart_blocks", "restart_rows", "arithmetic", "precision", "predictor", "point_transform"),
)


def _jpeg2000_suffix(arguments: argparse.Namespace) -> str | None:
    """The extension of the JPEG 2000 files to write; None for JPEG. UsageError if options do not go together."""
    suffix = Path(arguments.output or "").suffix.lower()
    if not arguments.jp2 and (suffix not in jpeg2000_files.SUFFIXES or len(arguments.inputs) > 1):
        if arguments.bits_per_pixel is not None:
            raise UsageError("--bits-per-pixel is for JPEG 2000: --jp2, or OUTPUT.jp2")
        return None
    for name in _JPEG_ONLY:
        if getattr(arguments, name):
            raise UsageError(f"--{name.replace('_', '-')} is for JPEG files, not for JPEG 2000")
    return suffix if suffix in jpeg2000_files.SUFFIXES else ".jp2"


def _encode_jpeg2000(
    name: str, target: str, arguments: argparse.Namespace, suffix: str, how: dict[str, Any]
) -> str:
    picture = open_picture(name, arguments.background, arguments.max_pixels)
    _require_whole(picture, not how.keys() & {"bits_per_pixel", "target_bytes", "target_psnr"})
    metadata = kept_metadata(picture, arguments.strip)
    data = jpeg2000_files.write_picture(picture, suffix, metadata, how)
    write(target, data)
    return _summary(name, target, picture, data)


def _given(arguments: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Those of some options that are given."""
    return {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}


def _summary(name: str, target: str, picture: Picture, data: bytes) -> str:
    """What a file became, in a line."""
    pixels = picture.pixels
    rate = 8 * len(data) / (pixels.shape[0] * pixels.shape[1])
    return (
        f"{display(name)} -> {display(target, 'standard output')}: {picture}, {len(data):,} bytes, "
        f"{pixels.nbytes / len(data):.1f}:1, {rate:.3f} bits a pixel"
    )


def _run_jpeg2000(arguments: argparse.Namespace, suffix: str) -> int:
    how = _given(arguments, "bits_per_pixel", "target_bytes", "target_psnr")
    if len(how) + arguments.lossless > 1:
        raise UsageError("--lossless, --bits-per-pixel, --target-bytes and --target-psnr: only one of them")
    how["comment"] = arguments.comment
    if arguments.importance is not None:
        importance = _read_importance(arguments.importance, arguments.max_pixels)
        if isinstance(importance, str):
            raise UsageError("--importance auto is for JPEG files, not for JPEG 2000")
        how["importance"] = importance > 127
    sources = find_sources(arguments.inputs, arguments.recursive, PICTURE_SUFFIXES)
    work = partial(_encode_jpeg2000, arguments=arguments, suffix=suffix, how=how)
    return Outputs(arguments, sources, suffix).make(work)


def run_encode(arguments: argparse.Namespace) -> int:
    """Encode, and give the exit code."""
    suffix = _jpeg2000_suffix(arguments)
    if suffix is not None:
        return _run_jpeg2000(arguments, suffix)
    how = _how(arguments)
    if arguments.importance is not None:
        how["importance"] = _read_importance(arguments.importance, arguments.max_pixels)
    sources = find_sources(arguments.inputs, arguments.recursive, PICTURE_SUFFIXES)
    outputs = Outputs(arguments, sources, ".jpg")
    require_jpeg_name("encode", arguments)
    return outputs.make(partial(_encode_file, arguments=arguments, how=how), tells=True)


_PROCESS = ("arithmetic", "precision", "lossless", "predictor", "point_transform")
"""Options that go to :func:`numjpeg.encode` as they are."""


def _how(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options of :func:`numjpeg.encode`, but the importance; UsageError if they do not go together."""
    how: dict[str, Any] = {
        "quality": arguments.quality,
        "subsampling": arguments.subsampling,
        "optimize": arguments.optimize,
        "progressive": arguments.progressive,
        "restart_marker_blocks": arguments.restart_blocks,
        "restart_marker_rows": arguments.restart_rows,
        **{name: getattr(arguments, name) for name in _PROCESS},
    }
    if arguments.qtables:
        how["qtables"] = [table for file in arguments.qtables for table in _read_tables(file)]
    if arguments.comment is not None:
        how["comment"] = os.fsencode(arguments.comment)
    wanted = _given(arguments, "target_bytes", "target_psnr")
    how["tune"] = "psnr" if arguments.tune is None and arguments.importance is not None else arguments.tune
    if len(wanted) + (arguments.quality is not None) > 1:
        raise UsageError("--quality, --target-bytes and --target-psnr: only one of them")
    if wanted and (arguments.lossless or arguments.arithmetic or arguments.precision not in (None, 8)):
        raise UsageError("--target-bytes and --target-psnr: not with --lossless, --arithmetic or --precision")
    dtype = np.uint16 if (arguments.precision or 8) > 8 else np.uint8
    try:  # on one pixel, so that what is wrong is said once and not for each file
        encode(np.zeros((1, 1, 3), dtype), keep_rgb=arguments.keep_rgb and not arguments.gray, **how)
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from None
    return how | wanted


def _encode_file(
    name: str,
    target: str,
    arguments: argparse.Namespace,
    how: dict[str, Any],
    progress: Callable[[float], None] | None = None,
) -> str:
    picture = open_picture(name, arguments.background, arguments.max_pixels, gray=arguments.gray)
    _require_depth(picture, arguments)
    require_opaque(picture)
    if picture.model == "raw":
        raise PictureError("two components without a known meaning cannot be encoded")
    if arguments.gray and picture.model != "GRAY":
        raise PictureError(f"--gray: {picture.model} pictures have no luminance to take")
    keep_rgb = arguments.keep_rgb and picture.model == "RGB"
    metadata = kept_metadata(picture, arguments.strip)
    if keep_rgb or (arguments.lossless and picture.model == "RGB"):
        metadata.pop("dpi", None)  # a JFIF segment would turn the colours into YCbCr
    if picture.model == "GRAY":
        how = {**how, "subsampling": None}
    if arguments.lossless and arguments.precision is None:
        how = {**how, "precision": picture.precision}
    options: dict[str, Any] = {"colorspace": picture.model, "keep_rgb": keep_rgb, **how, **metadata}
    data = encode(picture.pixels, progress=progress, **options)
    write(target, data)
    return _summary(name, target, picture, data)


def _require_depth(picture: Picture, arguments: argparse.Namespace) -> None:
    """Refuse samples that the file would not hold as they are."""
    _require_whole(picture, arguments.lossless or arguments.precision is not None)
    if picture.pixels.dtype != np.uint16:
        require_8_bits(picture)
    elif not arguments.lossless and (arguments.precision or 8) == 8:
        raise PictureError(
            "samples are uint16: --lossless or, up to 4095, --precision 12 keeps them; or convert them to 8 bits"
        )


def _require_whole(picture: Picture, exactly: bool) -> None:
    """Refuse a picture that is to be kept exactly, and of which Pillow has read only a part."""
    if exactly and picture.narrowed:
        raise PictureError("Pillow reads its 16 bits a sample as 8; .ppm, .npy and gray files are read whole")


def _read_importance(file: str, max_pixels: int | None) -> NDArray[np.uint8] | str:
    """A map of the size of the pictures, brighter where they are more important; or "auto"."""
    if file == "auto":
        return file
    try:
        return np.atleast_2d(open_picture(file, None, max_pixels, gray=True).pixels)
    except (OSError, JpegError, PictureError, ValueError) as error:
        raise UsageError(f"--importance {file}: {reason(error)}") from None


def _read_tables(file: str) -> list[NDArray[np.int64]]:
    """Quantization tables of a text file: 64 integers each, row by row, ``#`` begins a comment (as in cjpeg)."""
    try:
        lines = read_bytes(file).decode("ascii").splitlines()
        entries = np.array([int(word) for line in lines for word in line.partition("#")[0].split()], np.int64)
    except UnicodeDecodeError:
        raise UsageError(f"--qtables {file}: not a text file") from None
    except (OverflowError, ValueError) as error:
        raise UsageError(f"--qtables {file}: {error}") from None
    except (OSError, PictureError) as error:
        raise UsageError(f"--qtables {file}: {reason(error)}") from None
    if entries.size == 0 or entries.size % 64:
        raise UsageError(f"--qtables {file}: {entries.size} numbers, 64 a table expected")
    return list(entries.reshape(-1, 8, 8))
