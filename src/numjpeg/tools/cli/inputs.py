"""Which files are read, by name and from folders; and reading their pictures."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg import sources
from numjpeg.colorspaces import CHANNELS
from numjpeg.container.exif import upright_exif, upright_xmp
from numjpeg.container.header import Header, read_header
from numjpeg.container.metadata import is_profile_for
from numjpeg.container.view import SIZES
from numjpeg.decoder import decode, decode_damaged
from numjpeg.files import upright
from numjpeg.jpeg2000 import is_jpeg2000
from numjpeg.stages.color import rgb_to_ycbcr
from numjpeg.tools import jpeg2000_files
from numjpeg.tools.cli.console import STANDARD_STREAM
from numjpeg.tools.other_formats import Picture, PictureError, blend, read_picture

START_OF_IMAGE = b"\xff\xd8"
JPEG_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif")  # names that -r looks for


class Source(NamedTuple):
    """A file to read, or what is wrong with its name."""

    name: str
    inside: Path  # path of its output within an output folder: its own path within the folder that was named
    error: Exception | None = None


def find_sources(names: Sequence[str], recursive: bool, suffixes: Sequence[str]) -> list[Source]:
    """The named files in order; if ``recursive``, also files with one of the suffixes in named folders."""
    found = []
    for name in names:
        if not is_folder(name):
            found.append(Source(name, Path(Path(name).name)))
        elif recursive:
            found += _in_folder(name, suffixes, Path(Path(name).resolve().name if len(names) > 1 else ""))
        else:
            found.append(Source(name, Path(), PictureError("Is a directory; -r takes the pictures in it")))
    return found


def is_folder(name: str) -> bool:
    """Whether the name is that of a folder. False on an error: reading the file reports it."""
    return name != STANDARD_STREAM and os.path.isdir(name)  # noqa: PTH112 (Path takes "" for the current folder)


def _in_folder(folder: str, suffixes: Sequence[str], inside: Path) -> list[Source]:
    closed: list[OSError] = []
    paths = sorted(
        path
        for root, _, files in os.walk(folder, onerror=closed.append)
        for path in (Path(root, file) for file in files)
        # To read a pipe or a device that nobody has named could take for ever. A broken link is named as an error.
        if path.suffix.lower() in suffixes and (os.path.isfile(path) or not os.path.exists(path))  # noqa: PTH110, PTH113
    )
    found = [Source(str(path), inside / path.relative_to(folder)) for path in paths]
    found += [Source(str(error.filename), Path(), error) for error in closed]
    return found or [Source(folder, Path(), PictureError(f"no files in it end in {', '.join(suffixes)}"))]


def read_bytes(name: str) -> bytes:
    """The contents of a file or of standard input; PictureError if it is empty."""
    if name == STANDARD_STREAM and sys.stdin is None:  # the shell has closed it (<&-)
        raise PictureError("it is closed")
    data = sys.stdin.buffer.read() if name == STANDARD_STREAM else sources.read_bytes(name)
    if not data:
        raise PictureError("the file is empty")
    return data


def parse_picture(
    data: bytes, background: tuple[int, int, int] | None, max_pixels: int | None, gray: bool = False
) -> Picture:
    """The picture of a file of any format. Transparency is blended with ``background``, unless that is None.

    ``max_pixels`` is the most pixels that it may have, None for no limit. ``gray`` keeps only the luminance.
    """
    if data.startswith(START_OF_IMAGE):
        return read_jpeg(data, max_pixels, gray=gray)
    picture = read = (jpeg2000_files.read_picture if is_jpeg2000(data) else read_picture)(data, max_pixels)
    if background is not None and picture.pixels.dtype == np.uint8:
        picture = blend(picture, background)
    if gray and picture.pixels.dtype == np.uint8 and picture.model in ("RGB", "YCbCr"):
        planes = picture.pixels if picture.model == "YCbCr" else rgb_to_ycbcr(picture.pixels)
        picture = Picture(planes[..., 0], "GRAY", picture.metadata)
    picture.narrowed = read.narrowed
    return picture


def read_jpeg(
    data: bytes,
    max_pixels: int | None,
    colorspace: str | None = None,
    gray: bool = False,
    turn: bool = False,
    fit: int | None = None,
    restore: bool | str = False,
    faults: list[str] | None = None,
    **how: Any,
) -> Picture:
    """The picture of a JPEG file. Without a ``colorspace``, YCbCr becomes RGB and YCCK becomes CMYK.

    ``turn`` applies the orientation in the metadata, and sets it to upright. ``fit`` is the most pixels of a side.
    If ``faults`` is a list, a damaged file is recovered as far as possible, and a description of the damage is
    appended to it. ``restore`` and ``how`` are options of :func:`numjpeg.decode`.
    """
    header = read_header(data, strict=faults is None)
    if gray and header.colorspace in ("YCbCr", "RGB"):
        colorspace = "GRAY"
    how |= {"colorspace": colorspace, "max_pixels": max_pixels}
    if fit is not None:  # decode at the smallest scale that leaves enough pixels
        longer = max(header.height, header.width)
        how["scale"] = min((scale for scale in SIZES if longer * scale >= fit), default=1.0)
    if faults is None:
        pixels = decode(data, restore=restore, **how)
    else:
        pixels, report = decode_damaged(data, **how)
        faults += [str(report)] if report.faults else []
    if fit is not None:
        pixels = _fitted(pixels, fit)
    model = colorspace or {"YCbCr": "RGB", "YCCK": "CMYK"}.get(header.colorspace, header.colorspace)
    metadata = _jpeg_metadata(header)
    if turn:
        pixels = upright(pixels, header.orientation)
        for name, upright_bytes in (("exif", upright_exif), ("xmp", upright_xmp)):
            if name in metadata:
                metadata[name] = upright_bytes(metadata[name])
    precision = header.precision if header.precision > 8 else None
    return Picture(pixels, "GRAY" if pixels.ndim == 2 else model, metadata, precision)


def _fitted(pixels: NDArray[Any], side: int) -> NDArray[Any]:
    """Reduce a picture to at most ``side`` pixels a side. Each pixel is the mean of the area that it covers."""
    height, width = pixels.shape[:2]
    ratio = side / max(height, width)
    if ratio >= 1:
        return pixels

    def shares(size: int) -> NDArray[np.float64]:
        """Weights ``(fewer, size)`` with which each of ``size`` samples counts for each of fewer samples."""
        fewer = max(1, round(size * ratio))
        edges = np.arange(fewer + 1)[:, np.newaxis] * size / fewer
        return np.asarray(np.diff(np.clip(edges - np.arange(size), 0, 1), axis=0) * (fewer / size))

    narrow = np.tensordot(pixels.astype(np.float64), shares(width), ([1], [1]))  # (rows, channels, fewer columns)
    means = np.moveaxis(np.tensordot(shares(height), narrow, ([1], [0])), -1, 1)
    return np.ascontiguousarray(np.rint(means)).astype(pixels.dtype)


def _jpeg_metadata(header: Header) -> dict[str, Any]:
    metadata: dict[str, Any] = {"exif": header.exif, "icc_profile": header.icc_profile, "xmp": header.xmp}
    if header.density and header.density.unit:
        scale = {1: 1.0, 2: 2.54}.get(header.density.unit, 0.0)
        x, y = (round(scale * value, 2) for value in (header.density.x, header.density.y))
        if 0 < x <= 65535 and 0 < y <= 65535:
            metadata["dpi"] = (x, y)
    return {name: value for name, value in metadata.items() if value}


def kept_metadata(picture: Picture, strip: bool) -> dict[str, Any]:
    """The metadata to write with the picture. An ICC profile is kept only if it fits the colour model."""
    kept = {} if strip else dict(picture.metadata)
    if not is_profile_for(CHANNELS.get(picture.model), kept.get("icc_profile", b"")):
        kept.pop("icc_profile", None)
    return kept


def require_8_bits(picture: Picture) -> None:
    """Raise PictureError if samples are not uint8."""
    if picture.pixels.dtype != np.uint8:
        raise PictureError(f"samples are {picture.pixels.dtype}; convert the picture to 8 bits (uint8) first")


def require_opaque(picture: Picture) -> None:
    """Raise PictureError if the picture has transparency."""
    if picture.model in ("RGBA", "GRAYA"):
        raise PictureError(
            "the picture has transparency, which JPEG cannot store; --background COLOR (such as white) blends it"
        )


def require_photo(picture: Picture) -> NDArray[np.uint8]:
    """The samples of a gray or RGB picture of 8 bits; PictureError if it is another one."""
    require_8_bits(picture)
    require_opaque(picture)
    if picture.model not in ("GRAY", "RGB"):
        raise PictureError(f"a gray or RGB picture is needed, and this is {picture.model}")
    return np.asarray(picture.pixels, np.uint8)
