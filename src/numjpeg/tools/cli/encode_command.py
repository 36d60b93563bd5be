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

import numjpeg.tools.cli.inputs as inputs
from numjpeg.encoder import encode
from numjpeg.tools import jpeg2000_files
from numjpeg.tools.cli.console import FileError, UsageError, reason
from numjpeg.tools.cli.options import QUALITY, READING, input_options, output_options
from numjpeg.tools.cli.outputs import PICTURE_SUFFIXES, Outputs, require_jpeg_name, write_output
from numjpeg.tools.other_formats import Picture, PictureError

ENCODE_PAGE = f"""
Encode pictures as JPEG files, with loss or without. Reads JPEG, JPEG 2000, binary PPM and PGM and .npy, and with
Pillow whatever Pillow reads. Only the first frame of an animation is read.

{input_options("picture", PICTURE_SUFFIXES)}
{output_options("NAME.jpg")}
{QUALITY}
--optimize  make Huffman tables for each picture, for smaller files
--progressive  write progressive files, which begin with a coarse picture and are mostly smaller
--arithmetic  arithmetic coding in place of Huffman's: smaller files, slow, and few programs open them
--precision BITS  bits a sample: 8, or 12 for values up to 4095; with --lossless 2 to 16, by default the input's
--lossless  lose nothing: JPEG files use the process of medical pictures (SOF3); JPEG 2000 does so by default
--predictor 1..7  predictor of a lossless JPEG file; by default the one that costs the fewest bits
--point-transform BITS=0  low bits that a lossless JPEG file leaves out; 0 by default
--tune psnr|perceptual  choose tables and coefficients for the picture: the best PSNR, or the best look, for the
    bytes; takes some 30 times as long
--target-bytes N  the best file of at most N bytes, in place of --quality: 50000, 50k (thousand), 2M (million),
    48Ki (1,024)
--target-psnr DB  the smallest file of this PSNR, in place of --quality
--importance FILE  a gray picture of the same size, brighter where errors count more; or auto, to count them less
    where detail hides them
--gray  store only the luminance
--keep-rgb  store RGB without converting it to YCbCr; the resolution (dots per inch) is then left out
--jp2  write JPEG 2000 files (NAME.jp2). An OUTPUT that ends in .jp2, .j2k or .jph (high throughput) does so, too.
    They are lossless without --bits-per-pixel, --target-bytes or --target-psnr
--bits-per-pixel R  size of a JPEG 2000 file: R bits for each pixel
{READING}
--strip  leave out the input's metadata
--comment TEXT  store a comment
--qtables FILE ...  text file with quantization tables of 64 integers, row by row (# begins a comment); may be
    given more than once; scaled only if --quality is given too
either --restart-blocks N=0  a restart marker after every N MCUs
or --restart-rows N=0  a restart marker after every N rows of MCUs

EXIF data, XMP, dots per inch, and an ICC profile that fits the stored colours are copied from the input unless
--strip is given. Comments are not copied. The EXIF orientation is kept, and pixels are not turned.
Pictures of 9 to 16 bits a sample need --lossless, --precision 12 or --jp2; values stay as they are. Floats are
refused.
"""


def run_encode(arguments: argparse.Namespace) -> int:
    """Encode, and give the exit code."""
    suffix = _jpeg2000_suffix(arguments)
    how = _how_jpeg2000(arguments) if suffix else _how(arguments)
    if arguments.importance is not None:
        if suffix and arguments.importance == "auto":
            raise UsageError("--importance auto is for JPEG files, not for JPEG 2000")
        importance = _read_importance(arguments.importance, arguments.max_pixels)
        how["importance"] = importance > 127 if suffix else importance
    outputs = Outputs(arguments, PICTURE_SUFFIXES, suffix or ".jpg")
    if not suffix:
        require_jpeg_name("encode", arguments)
    return outputs.make(partial(_encode_file, arguments=arguments, suffix=suffix, how=how), tells=True)


def _jpeg2000_suffix(arguments: argparse.Namespace) -> str:
    """The extension of the JPEG 2000 files to write; "" for JPEG. UsageError if options contradict each other."""
    suffix = Path(arguments.output or "").suffix.lower()
    if not arguments.jp2 and (suffix not in jpeg2000_files.SUFFIXES or len(arguments.input) > 1):
        if arguments.bits_per_pixel is not None:
            raise UsageError("--bits-per-pixel is for JPEG 2000: --jp2, or OUTPUT.jp2")
        return ""
    for name in (
        *("quality", "subsampling", "tune", "qtables", "optimize", "progressive", "gray", "keep_rgb"),
        *("restart_blocks", "restart_rows", "arithmetic", "precision", "predictor", "point_transform"),
    ):
        if getattr(arguments, name):
            raise UsageError(f"--{name.replace('_', '-')} is for JPEG files, not for JPEG 2000")
    if suffix in inputs.JPEG_SUFFIXES + PICTURE_SUFFIXES and len(arguments.input) == 1:
        raise UsageError(f"-o {arguments.output}: --jp2 writes JPEG 2000 files, and these are not called so")
    return suffix if suffix in jpeg2000_files.SUFFIXES else ".jp2"


def _given(arguments: argparse.Namespace, *names: str) -> dict[str, Any]:
    """The options among ``names`` that are given."""
    return {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}


def _how_jpeg2000(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options of :func:`numjpeg.jpeg2000.encode`, except the importance."""
    how = _given(arguments, "bits_per_pixel", "target_bytes", "target_psnr")
    if len(how) + arguments.lossless > 1:
        raise UsageError("--lossless, --bits-per-pixel, --target-bytes and --target-psnr: only one of them")
    return {**how, "comment": arguments.comment}


def _how(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options of :func:`numjpeg.encode`, except the importance. UsageError if they contradict each other."""
    names = ("subsampling", "optimize", "progressive", "arithmetic", "lossless", "predictor", "point_transform")
    how: dict[str, Any] = {name: getattr(arguments, name) for name in ("quality", "precision", *names)}
    how["restart_marker_blocks"], how["restart_marker_rows"] = arguments.restart_blocks, arguments.restart_rows
    if arguments.qtables:
        how["qtables"] = [table for file in arguments.qtables for table in _read_tables(file)]
    if arguments.comment is not None:
        how["comment"] = os.fsencode(arguments.comment)
    target = _given(arguments, "target_bytes", "target_psnr")
    how["tune"] = "psnr" if arguments.tune is None and arguments.importance is not None else arguments.tune
    if len(target) + (arguments.quality is not None) > 1:
        raise UsageError("--quality, --target-bytes and --target-psnr: only one of them")
    if target and (arguments.lossless or arguments.precision not in (None, 8)):
        raise UsageError("--target-bytes and --target-psnr: not with --lossless or --precision")
    dtype = np.uint16 if (arguments.precision or 8) > 8 else np.uint8
    try:  # encode one pixel, so that wrong options are reported once and not for each file
        encode(np.zeros((1, 1, 3), dtype), keep_rgb=arguments.keep_rgb and not arguments.gray, **how)
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from None
    return how | target


def _encode_file(
    name: str,
    target: str,
    arguments: argparse.Namespace,
    suffix: str,
    how: dict[str, Any],
    progress: Callable[[float], None] | None = None,
) -> str:
    picture = inputs.parse_picture(
        inputs.read_bytes(name), arguments.background, arguments.max_pixels, arguments.gray
    )
    metadata = inputs.kept_metadata(picture, arguments.strip)
    if suffix:
        _require_whole(picture, not how.keys() & {"bits_per_pixel", "target_bytes", "target_psnr"})
        data = jpeg2000_files.write_picture(picture, suffix, metadata, how)
    else:
        data = encode(picture.pixels, progress=progress, **_how_picture(picture, metadata, arguments, how))
    pixels = picture.pixels
    rate = 8 * len(data) / (pixels.shape[0] * pixels.shape[1])
    ratio = pixels.nbytes / len(data)
    what = f"{picture}, {len(data):,} bytes, {ratio:.1f}:1, {rate:.3f} bits a pixel"
    return write_output(name, target, data, what)


def _how_picture(
    picture: Picture, metadata: dict[str, Any], arguments: argparse.Namespace, how: dict[str, Any]
) -> dict[str, Any]:
    """The options of :func:`numjpeg.encode` for a picture. PictureError if a file cannot hold it unchanged."""
    _require_whole(picture, arguments.lossless or arguments.precision is not None)
    if picture.pixels.dtype != np.uint16:
        inputs.require_8_bits(picture)
    elif not arguments.lossless and (arguments.precision or 8) == 8:
        raise PictureError(
            "samples are uint16: --lossless or, up to 4095, --precision 12 keeps them; or convert them to 8 bits"
        )
    inputs.require_opaque(picture)
    if picture.model == "raw":
        raise PictureError("two components without a known meaning cannot be encoded")
    if arguments.gray and picture.model != "GRAY":
        raise PictureError(f"--gray: {picture.model} pictures have no luminance to take")
    keep_rgb = arguments.keep_rgb and picture.model == "RGB"
    if keep_rgb or (arguments.lossless and picture.model == "RGB"):
        metadata.pop("dpi", None)  # a JFIF segment would turn the colours into YCbCr
    if picture.model == "GRAY":
        how = {**how, "subsampling": None}
    if arguments.lossless and arguments.precision is None:
        how = {**how, "precision": picture.precision}
    return {"colorspace": picture.model, "keep_rgb": keep_rgb, **how, **metadata}


def _require_whole(picture: Picture, exactly: bool) -> None:
    """Raise PictureError if a picture is to be kept exactly, but Pillow has read only 8 of its 16 bits."""
    if exactly and picture.narrowed:
        raise PictureError("Pillow reads its 16 bits a sample as 8; .ppm, .npy and gray files are read whole")


def _read_importance(file: str, max_pixels: int | None) -> Any:
    """The map of importance, uint8, as large as the pictures, brighter where errors count more; or "auto"."""
    if file == "auto":
        return file
    try:
        return np.atleast_2d(inputs.parse_picture(inputs.read_bytes(file), None, max_pixels, gray=True).pixels)
    except FileError as error:
        raise UsageError(f"--importance {file}: {reason(error)}") from None


def _read_tables(file: str) -> list[NDArray[np.int64]]:
    """Quantization tables of a text file: 64 integers each, row by row, ``#`` begins a comment (as in cjpeg)."""
    try:
        lines = inputs.read_bytes(file).decode("ascii").splitlines()
        entries = np.array([int(word) for line in lines for word in line.partition("#")[0].split()], np.int64)
    except UnicodeDecodeError:
        raise UsageError(f"--qtables {file}: not a text file") from None
    except (*FileError, OverflowError) as error:
        raise UsageError(f"--qtables {file}: {reason(error)}") from None
    if entries.size == 0 or entries.size % 64:
        raise UsageError(f"--qtables {file}: {entries.size} numbers, 64 a table expected")
    return list(entries.reshape(-1, 8, 8))
