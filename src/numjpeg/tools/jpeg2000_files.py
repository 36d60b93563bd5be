"""JPEG 2000 files for the tools: read as a picture, written, described."""

from __future__ import annotations

from typing import Any

import numpy as np

from numjpeg import jpeg2000
from numjpeg.tools.other_formats import Picture, PictureError

SUFFIXES = (".jp2", ".j2k", ".j2c", ".jpc", ".jph")
"""Names of JPEG 2000 files: JP2, bare codestreams, and JPH (high throughput)."""
CODESTREAM_SUFFIXES = (".j2k", ".j2c", ".jpc")
_SYCC, _CMYK = 18, 12
_MODELS = {1: "GRAY", 2: "GRAYA", 3: "RGB", 4: "RGBA"}


def read_picture(data: bytes, max_pixels: int | None, faults: list[str] | None = None) -> Picture:
    """The picture of a file. If ``faults`` is a list, damage is appended to it instead of raising JpegError."""
    header = jpeg2000.read_header(data)
    pixels, report = jpeg2000.decode_damaged(data, max_pixels=max_pixels, strict=faults is None)
    if faults is not None and report.faults:
        faults.append("\n".join(map(str, report.faults)))
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    model = _MODELS.get(channels, "raw")
    if channels == 3 and header.colorspace == _SYCC:
        model = "YCbCr"
    if channels == 4 and not header.opacity:
        model = "CMYK" if header.colorspace == _CMYK else "raw"
    depth = max(component.depth for component in header.components)
    precision = depth if pixels.dtype == np.uint16 and len(header.components) == channels else None
    return Picture(pixels, model, {"icc_profile": header.icc_profile} if header.icc_profile else {}, precision)


def write_picture(picture: Picture, suffix: str, metadata: dict[str, Any], options: dict[str, Any]) -> bytes:
    """Encode a gray or RGB picture of 8 or 16 bits; ``options`` are those of :func:`numjpeg.jpeg2000.encode`."""
    if picture.model not in _MODELS.values() or picture.pixels.dtype not in (np.uint8, np.uint16):
        raise PictureError(f"JPEG 2000 files hold gray and RGB of 8 or 16 bits here, and this is {picture}")
    container = "j2k" if suffix in CODESTREAM_SUFFIXES else "jp2"
    if container == "jp2":
        options = {**options, "icc_profile": metadata.get("icc_profile")}
    if suffix == ".jph":
        options = {**options, "high_throughput": True}
    try:
        return jpeg2000.encode(picture.pixels, precision=picture.precision, container=container, **options)
    except ValueError as error:
        raise PictureError(str(error)) from None


def header_as_dict(data: bytes) -> dict[str, Any]:
    """What a file says about itself, for JSON."""
    header = jpeg2000.read_header(data)
    plain = ("kind", "width", "height", "channels", "tiles", "tile_size", "levels", "layers", "progression")
    flags = ("reversible", "component_transform", "code_block_size", "high_throughput", "colorspace", "opacity")
    fields: dict[str, Any] = {name: getattr(header, name) for name in (*plain, *flags)}
    fields["components"] = [component._asdict() for component in header.components]
    charsets = {b"\0\0": "utf-8", b"\0\1": "latin-1"}  # T.800, table A.43; binary data are mostly UTF-8
    fields["comments"] = [c[2:].decode(charsets.get(c[:2], "latin-1"), "replace") for c in header.comments]
    for name in ("boxes", "segments"):
        fields[name] = [{"name": what, "offset": at, "length": size} for what, at, size in getattr(header, name)]
    fields["warnings"] = [str(fault) for fault in header.faults]
    return fields
