"""The commands: each takes the parsed arguments and gives the exit code."""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.encoder import encode
from numjpeg.errors import JpegError
from numjpeg.metrics import mse, psnr
from numjpeg.tools.cli.console import FAILED, STANDARD_STREAM, DamagedError, UsageError, display, for_each, reason
from numjpeg.tools.cli.inputs import (
    kept_metadata,
    open_picture,
    read_bytes,
    read_jpeg,
    read_photo,
    require_8_bits,
    require_opaque,
)
from numjpeg.tools.cli.outputs import OTHER_EXTENSIONS, Outputs, names_directory, write
from numjpeg.tools.explain import describe_block, describe_header, printable
from numjpeg.tools.other_formats import MissingPillowError, Picture, PictureError, check_format, write_picture


def run_encode(arguments: argparse.Namespace) -> int:
    """``numjpeg encode``."""
    options: dict[str, Any] = {
        "quality": arguments.quality,
        "subsampling": arguments.subsampling,
        "optimize": arguments.optimize,
        "progressive": arguments.progressive,
        "restart_marker_blocks": arguments.restart_blocks,
        "restart_marker_rows": arguments.restart_rows,
    }
    if arguments.qtables:
        options["qtables"] = [table for file in arguments.qtables for table in _read_tables(file)]
    if arguments.comment is not None:
        options["comment"] = os.fsencode(arguments.comment)
    aims = {"target_bytes": arguments.target_bytes, "target_psnr": arguments.target_psnr}
    wanted = [name for name, aim in aims.items() if aim is not None]
    options["tune"] = arguments.tune
    if arguments.tune is None and (wanted or arguments.importance is not None):
        options["tune"] = "psnr"
    if len(wanted) + (arguments.quality is not None) > 1:
        raise UsageError("--quality, --target-bytes and --target-psnr: only one of them")
    try:
        encode(np.zeros((1, 1, 3), np.uint8), keep_rgb=arguments.keep_rgb and not arguments.gray, **options)
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from None
    options |= {name: aims[name] for name in wanted}
    if arguments.importance is not None:
        options["importance"] = _read_importance(arguments.importance)
    outputs = Outputs(arguments, ".jpg")
    if len(arguments.inputs) == 1 and Path(arguments.output or "").suffix.lower() in OTHER_EXTENSIONS:
        raise UsageError(f"-o {arguments.output}: encode writes JPEG files, and these are not called so")
    work = partial(_encode_file, arguments=arguments, options=options, outputs=outputs)
    return for_each(arguments.inputs, work, arguments.verbose)


def _encode_file(name: str, arguments: argparse.Namespace, options: dict[str, Any], outputs: Outputs) -> str:
    target = outputs.target(name)
    picture = open_picture(name, arguments.background, gray=arguments.gray)
    require_8_bits(picture)
    require_opaque(picture)
    if picture.model == "raw":
        raise PictureError("two components without a known meaning cannot be encoded")
    if arguments.gray and picture.model != "GRAY":
        raise PictureError(f"--gray: {picture.model} pictures have no luminance to take")
    keep_rgb = arguments.keep_rgb and picture.model == "RGB"
    metadata = kept_metadata(picture, arguments.strip)
    if keep_rgb:
        metadata.pop("dpi", None)  # a JFIF segment would turn the colours into YCbCr
    if picture.model == "GRAY":
        options = {**options, "subsampling": None}
    data = encode(picture.pixels, colorspace=picture.model, keep_rgb=keep_rgb, **options, **metadata)
    write(target, data)
    pixels = picture.pixels
    rate = 8 * len(data) / (pixels.shape[0] * pixels.shape[1])
    return (
        f"{display(name)} -> {display(target, 'standard output')}: {picture}, {len(data):,} bytes, "
        f"{pixels.nbytes / len(data):.1f}:1, {rate:.3f} bits a pixel"
    )


def _read_importance(file: str) -> NDArray[np.uint8] | str:
    """A map of the size of the pictures, brighter where they are more important; or "auto"."""
    if file == "auto":
        return file
    try:
        return np.atleast_2d(open_picture(file, None, gray=True).pixels)
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


# --- decode ----------------------------------------------------------------------------------------------


def run_decode(arguments: argparse.Namespace) -> int:
    """``numjpeg decode``."""
    extension = ".png"
    if arguments.format is not None:
        extension = "." + arguments.format.lstrip(".").lower()
    elif len(arguments.inputs) == 1 and not names_directory(arguments.output):
        extension = Path(arguments.output or "").suffix or extension
    with suppress(MissingPillowError):  # each file will say so
        try:
            check_format(extension)
        except PictureError as error:
            if isinstance(error, MissingPillowError):
                raise
            raise UsageError(str(error)) from None
    if arguments.damaged and arguments.restore:
        raise UsageError("--damaged and --restore: only one of them")
    outputs = Outputs(arguments, extension)
    work = partial(_decode_file, arguments=arguments, outputs=outputs)
    return for_each(arguments.inputs, work, arguments.verbose)


def _decode_file(name: str, arguments: argparse.Namespace, outputs: Outputs) -> str:
    target = outputs.target(name)
    check_format(outputs.extension)
    data = read_bytes(name)
    faults: list[str] | None = [] if arguments.damaged else None
    picture = read_jpeg(
        data,
        arguments.colorspace,
        fancy=not arguments.nosmooth,
        restore=arguments.restore,
        turn=arguments.exif_orientation,
        faults=faults,
    )
    picture.metadata = kept_metadata(picture, arguments.strip)
    written = write_picture(picture, outputs.extension)
    write(target, written)
    if faults:
        raise DamagedError(faults[0])
    return (
        f"{display(name)} -> {display(target, 'standard output')}: {picture}, "
        f"{len(data):,} -> {len(written):,} bytes"
    )


# --- psnr ------------------------------------------------------------------------------------------------


_CHANNEL_NAMES = {
    "GRAY": ("gray",),
    "GRAYA": ("gray", "alpha"),
    "RGB": ("R", "G", "B"),
    "RGBA": ("R", "G", "B", "alpha"),
    "CMYK": ("C", "M", "Y", "K"),
    "YCbCr": ("Y", "Cb", "Cr"),
}


def run_psnr(arguments: argparse.Namespace) -> int:
    """``numjpeg psnr``."""
    names = (arguments.reference, arguments.image)
    if names == (STANDARD_STREAM, STANDARD_STREAM):
        raise UsageError("only one of the two can be - (standard input)")
    pictures: list[Picture] = []

    def read(name: str) -> str:
        pictures.append(open_picture(name, arguments.background))
        return ""

    codes = [for_each([name], read) for name in names]
    if FAILED in codes:
        return FAILED
    return for_each([arguments.image], lambda name: _compare(pictures[0], pictures[1], arguments))


def _compare(reference: Picture, image: Picture, arguments: argparse.Namespace) -> str:
    if str(reference) != str(image):
        raise PictureError(f"{image}, but the reference is {reference}: there is nothing to compare")
    if arguments.data_range is None and image.pixels.dtype not in (np.bool_, np.uint8, np.uint16):
        raise PictureError(f"{image.pixels.dtype} samples have no range of their own: give --data-range")
    names = _CHANNEL_NAMES.get(image.model, tuple(f"channel {i + 1}" for i in range(image.pixels.shape[-1])))
    measured = partial(psnr, reference.pixels, image.pixels, data_range=arguments.data_range)
    whole = measured()
    rows = []
    if arguments.per_channel:
        each = np.atleast_1d(whole if image.pixels.ndim == 2 else measured(per_channel=True))
        rows = [(name, float(value)) for name, value in zip(names, each, strict=True)]
    if arguments.json:
        found: dict[str, Any] = {"psnr": _finite(whole), "mse": mse(reference.pixels, image.pixels)}
        if rows:
            found["channels"] = {name: _finite(value) for name, value in rows}
        print(json.dumps(found))
    elif rows:
        print("\n".join(f"{name:<6}{value:.4f} dB" for name, value in [*rows, ("all", whole)]))
    else:
        print(f"{whole:.4f} dB")
    return ""


def _finite(value: float) -> float | None:
    """JSON has no infinity."""
    return value if math.isfinite(value) else None


# --- info, block, demo -----------------------------------------------------------------------------------


def run_info(arguments: argparse.Namespace) -> int:
    """``numjpeg info``."""
    shown = 0

    def describe(name: str) -> str:
        nonlocal shown
        text = describe_header(read_bytes(name))
        if len(arguments.inputs) > 1:
            print(("\n" if shown else "") + f"== {display(name)}\n")
        print(text)
        shown += 1
        return ""

    return for_each(arguments.inputs, describe, verbose=True)


def run_block(arguments: argparse.Namespace) -> int:
    """``numjpeg block``."""

    def describe(name: str) -> str:
        image = read_photo(name, arguments.background)
        text = describe_block(
            image,
            arguments.row,
            arguments.column,
            quality=arguments.quality,
            subsampling=arguments.subsampling if image.ndim > 2 else None,
            component=arguments.component,
        )
        print(text)
        return ""

    return for_each([arguments.photo], describe)


def run_demo(arguments: argparse.Namespace) -> int:
    """``numjpeg demo``."""
    return for_each([arguments.photo], partial(_demonstrate, arguments=arguments))


def _demonstrate(name: str, arguments: argparse.Namespace) -> str:
    image = read_photo(name, arguments.background)
    # Reports time and pictures are for this command only, and the pictures need Pillow.
    demo = importlib.import_module("numjpeg.tools.demo")
    print(demo.report(image, arguments.quality, arguments.subsampling))
    print()
    sys.stdout.flush()
    try:
        pictures = importlib.import_module("numjpeg.tools.pictures")
    except ImportError:
        raise PictureError("drawing the pictures of the stages needs Pillow (pip install pillow)") from None
    directory = Path(arguments.output)
    directory.mkdir(parents=True, exist_ok=True)
    for file, picture in pictures.stage_pictures(image, arguments.quality, arguments.subsampling).items():
        path = directory / file
        write(str(path), pictures.to_file(file, picture))
        print(f"wrote {printable(str(path))}")
    return ""
