"""``numjpeg psnr``: two pictures compared."""

from __future__ import annotations

import argparse
import json
import math
from functools import partial
from typing import Any

import numpy as np

from numjpeg.metrics import mse, psnr
from numjpeg.tools.cli.console import FAILED, STANDARD_STREAM, UsageError, emit, for_each
from numjpeg.tools.cli.inputs import open_picture
from numjpeg.tools.cli.options import add_command, add_reading, positive
from numjpeg.tools.other_formats import Picture, PictureError


def add_psnr(commands: Any) -> None:
    """Its options."""
    command = add_command(
        commands,
        "psnr",
        "Print the peak signal-to-noise ratio of two pictures in dB. Equal pictures give inf (null in JSON).",
    )
    command.add_argument("reference", metavar="REFERENCE", help="picture of any format, or - for standard input")
    command.add_argument("image", metavar="IMAGE", help="picture of the same size and kind, or -")
    command.add_argument("--per-channel", action="store_true", help="print each channel's too")
    command.add_argument("--json", action="store_true", help="print an object with psnr, mse and channels")
    command.add_argument(
        "--data-range",
        type=positive,
        metavar="RANGE",
        help="of the samples; by default 255 for 8 bits, 65535 for 16",
    )
    add_reading(command)


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
        pictures.append(open_picture(name, arguments.background, arguments.max_pixels))
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
        emit(json.dumps(found))
    elif rows:
        emit("\n".join(f"{name:<6}{value:.4f} dB" for name, value in [*rows, ("all", whole)]))
    else:
        emit(f"{whole:.4f} dB")
    return ""


def _finite(value: float) -> float | None:
    """JSON has no infinity."""
    return value if math.isfinite(value) else None
