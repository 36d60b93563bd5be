"""``numjpeg psnr``, ``info``, ``explore``, ``block`` and ``demo``: what print or draw, and leave files alone."""

from __future__ import annotations

import argparse
import importlib
import json
import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import numjpeg.tools.cli.inputs as inputs
import numjpeg.tools.cli.outputs as outputs
from numjpeg import jpeg2000
from numjpeg.metrics import mse, psnr
from numjpeg.tools import explain, jpeg2000_files
from numjpeg.tools.cli.console import FAILED, STANDARD_STREAM, UsageError, display, emit, for_each
from numjpeg.tools.cli.options import FORCE, MAX, PHOTO, QUALITY, READING, input_options
from numjpeg.tools.explore import explore_page
from numjpeg.tools.other_formats import Picture, PictureError, has_pillow

PSNR_PAGE = f"""
Print the peak signal-to-noise ratio of two pictures in dB. Equal pictures give inf (null in JSON).

REFERENCE  picture of any format, or - for standard input
IMAGE  picture of the same size and kind, or -
--per-channel  also print the value of each channel
--json  print an object with psnr, mse and channels
--data-range RANGE  range of the samples; by default 255 for 8 bits, 65535 for 16
{READING}
"""

_CHANNEL_NAMES = {
    "GRAY": ("gray",),
    "GRAYA": ("gray", "alpha"),
    "RGB": ("R", "G", "B"),
    "RGBA": ("R", "G", "B", "alpha"),
    "CMYK": ("C", "M", "Y", "K"),
    "YCbCr": ("Y", "Cb", "Cr"),
}


def run_psnr(arguments: argparse.Namespace) -> int:
    """Compare two pictures, and give the exit code."""
    names = (arguments.reference, arguments.image)
    if names == (STANDARD_STREAM, STANDARD_STREAM):
        raise UsageError("only one of the two can be - (standard input)")
    pictures: list[Picture] = []

    def read(name: str) -> str:
        data = inputs.read_bytes(name)
        pictures.append(inputs.parse_picture(data, arguments.background, arguments.max_pixels))
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
        scores: dict[str, Any] = {"psnr": _finite(whole), "mse": _finite(mse(reference.pixels, image.pixels))}
        if rows:
            scores["channels"] = {name: _finite(value) for name, value in rows}
        emit(json.dumps(scores))
    elif rows:
        emit("\n".join(f"{name:<6}{value:.4f} dB" for name, value in [*rows, ("all", whole)]))
    else:
        emit(f"{whole:.4f} dB")
    return ""


def _finite(value: float) -> float | None:
    """None for infinity and NaN, which JSON does not have."""
    return value if math.isfinite(value) else None


INFO_PAGE = f"""
Print what a JPEG or JPEG 2000 file says about itself. That is its header, tables, sampling, estimated quality, and
every marker with its byte offset. Files that are not decoded (hierarchical ones) are described, too.

{input_options("JPEG file", inputs.JPEG_SUFFIXES)}
--json  print a JSON object for each file, one a line
"""


def run_info(arguments: argparse.Namespace) -> int:
    """Describe files, and give the exit code."""
    sources = inputs.find_sources(arguments.input, arguments.recursive, inputs.JPEG_SUFFIXES)
    shown = 0

    def describe(source: inputs.Source) -> str:
        nonlocal shown
        if source.error:
            raise source.error
        data = inputs.read_bytes(source.name)
        of_jpeg2000 = jpeg2000.is_jpeg2000(data)
        if arguments.json:
            header = (jpeg2000_files if of_jpeg2000 else explain).header_as_dict(data)
            emit(json.dumps({"file": source.name, **header}))
            return ""
        text = str(jpeg2000.read_header(data)) if of_jpeg2000 else explain.describe_header(data)
        if len(sources) > 1:
            text = ("\n" if shown else "") + f"== {display(source.name)}\n\n{text}"
        emit(text)
        shown += 1
        return ""

    return for_each([source.name for source in sources], describe, items=sources)


EXPLORE_PAGE = f"""
Write a page in which one clicks the blocks of a JPEG file. It shows their bits and where these are in the file,
symbols, coefficients and samples, and maps of where the bits went. It needs no network.

PHOTO  JPEG file, or - for standard input
-o, --output PAGE  the page, or - for standard output; by default .html beside the file
--original FILE  the picture that was encoded, for a map of the error; any format
{FORCE}
{MAX}
"""


def run_explore(arguments: argparse.Namespace) -> int:
    """Write the page, and give the exit code."""
    if arguments.photo == STANDARD_STREAM and (arguments.output is None or arguments.original == STANDARD_STREAM):
        raise UsageError("- (standard input) needs -o PAGE, and is but one picture")
    if Path(arguments.output or "").suffix.lower() in inputs.JPEG_SUFFIXES + outputs.PICTURE_SUFFIXES:
        raise UsageError(f"-o {arguments.output}: explore writes a page, and pages are not called so")

    def explore(name: str) -> str:
        target = arguments.output or str(Path(name).with_suffix(".html"))
        if target != STANDARD_STREAM:
            read = [name, *outputs.files_of_options(arguments)]
            if outputs.identities([target]) & outputs.identities(read):
                raise PictureError(f"the output {target} is an input too; -o names another file")
            outputs.check_output(target, arguments.force or arguments.output is not None)
        data = inputs.read_bytes(name)
        if not data.startswith(inputs.START_OF_IMAGE):
            raise PictureError("this is no JPEG file; numjpeg block takes other pictures")
        original = None
        if arguments.original:
            picture = inputs.parse_picture(inputs.read_bytes(arguments.original), None, arguments.max_pixels)
            inputs.require_8_bits(picture)
            original = picture.pixels
        page = explore_page(data, Path(display(name)).name, original, arguments.max_pixels)
        outputs.write(target, page.encode("utf-8"))
        if target != STANDARD_STREAM:
            emit(f"wrote {explain.printable(target)}")
        return ""

    return for_each([arguments.photo], explore)


BLOCK_PAGE = f"""
Print every step of coding one 8x8 block. For a JPEG file, these are the steps from the bits of the block to its
samples. Any other picture is encoded, from samples to bits, and decoded again. So is a decoded JPEG file with -q
or -s.

{PHOTO}
ROW  row of the block, in blocks of its component from 0
COL  column of the block
-c, --component Y|Cb|Cr|1|2|3|4=1  by name or number; the first by default
{QUALITY}
{READING}
"""


def run_block(arguments: argparse.Namespace) -> int:
    """Describe a block, and give the exit code."""

    def describe(name: str) -> str:
        data = inputs.read_bytes(name)
        block = (arguments.row, arguments.col)
        component = arguments.component
        if data.startswith(inputs.START_OF_IMAGE) and arguments.quality is None and arguments.subsampling is None:
            limit = arguments.max_pixels
            emit(explain.describe_file_block(data, *block, component=component, max_pixels=limit))
            return ""
        picture = inputs.parse_picture(data, arguments.background, arguments.max_pixels)
        image = inputs.require_photo(picture)
        names = ("Y", "Cb", "Cr") if image.ndim > 2 else ("Y",)
        component = dict(zip("123", names, strict=False)).get(component, component)
        subsampling = arguments.subsampling if image.ndim > 2 else None
        quality = arguments.quality or 75
        emit(explain.describe_block(image, *block, quality=quality, subsampling=subsampling, component=component))
        return ""

    return for_each([arguments.photo], describe)


DEMO_PAGE = f"""
Show the codec at work on a photograph. Encodes and decodes it, prints sizes, PSNR, CPU times, and whether bytes
and pixels equal Pillow's, and writes a picture of every stage.

{PHOTO}
-o, --output DIR=demo  folder for the pictures; ./demo by default
{FORCE}
{QUALITY}
{READING}
"""


def run_demo(arguments: argparse.Namespace) -> int:
    """Report and draw, and give the exit code."""

    def demonstrate(name: str) -> str:
        directory = Path(arguments.output)
        for picture in sorted(directory.glob("0?-*.png")):  # as the pictures of the stages are called
            outputs.check_output(str(picture), arguments.force)
        read = inputs.parse_picture(inputs.read_bytes(name), arguments.background, arguments.max_pixels)
        image = inputs.require_photo(read)
        if has_pillow():
            outputs.make_folder(directory)
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
            outputs.write(path, pictures.to_file(file, picture))
            emit(f"wrote {explain.printable(path)}")
        return ""

    return for_each([arguments.photo], demonstrate)
