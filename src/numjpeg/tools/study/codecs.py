"""The codecs of a study: how each is asked for a rate, and how its files become pixels again.

Pillow decodes every file, ours too, so that no codec has a decoder that others lack. Only the codecs that are
called "restored" use our decoder, with ``restore=True``.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import numjpeg
from numjpeg import jpeg2000

Pixels = NDArray[np.uint8]
"""uint8 ``(H, W, 3)``, RGB."""

QUALITIES = (2, 5, 10, 20, 30, 45, 60, 75, 85, 92)
RATIOS = (160.0, 100.0, 60.0, 40.0, 27.0, 18.0, 12.0, 9.0, 7.0, 5.0)
"""Compression ratios, of 24 bits a pixel."""
AVIF_QUALITIES = (15, 25, 35, 45, 55, 65, 75, 85)


@dataclass(frozen=True)
class Codec:
    """One way to encode.

    Attributes
    ----------
    name : what the command line and the table of points call it.
    label : what plots and reports call it.
    settings : from coarse to fine; a single 0 for lossless ones.
    encode : (picture, setting) -> file.
    decode : file -> picture.
    built_for : the metric that the encoder was made to minimise, where it is known; "" if none.
    """

    name: str
    label: str
    settings: Sequence[float]
    encode: Callable[[Pixels, float], bytes]
    decode: Callable[[bytes], Pixels]
    built_for: str = ""


def decode_by_pillow(data: bytes) -> Pixels:
    """Whatever Pillow reads, as RGB."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def _decode_restored(data: bytes) -> Pixels:
    return numjpeg.decode(data, colorspace="RGB", restore=True)


def _by_numjpeg(picture: Pixels, setting: float, **options: Any) -> bytes:
    return numjpeg.encode(picture, int(setting), **options)


def _by_pillow(picture: Pixels, quality: float, *, format: str, **options: Any) -> bytes:  # noqa: A002 (Pillow's name)
    """``quality`` 0 is that of a lossless format, which takes none."""
    stream = io.BytesIO()
    if quality:
        options["quality"] = int(quality)
    Image.fromarray(picture).save(stream, format, **options)
    return stream.getvalue()


def encode_jpeg2000(picture: Pixels, *ratios: float, irreversible: bool = True) -> bytes:
    """JPEG 2000 with a quality layer for each compression ratio, the first layers first in the file; or lossless.

    There is no box structure around the codestream, which is 85 bytes less.
    """
    stream = io.BytesIO()
    options = {"quality_mode": "rates", "quality_layers": ratios, "progression": "LRCP"} if irreversible else {}
    Image.fromarray(picture).save(stream, "JPEG2000", no_jp2=True, mct=1, irreversible=irreversible, **options)
    return stream.getvalue()


def _own_jpeg2000(picture: Pixels, ratio: float) -> bytes:
    """Our own JPEG 2000, of a compression ratio or, for 0, lossless; without boxes too."""
    rate = 24 / ratio if ratio else None
    return jpeg2000.encode(picture, bits_per_pixel=rate, container="j2k")


def _by_jpegli(picture: Pixels, setting: float) -> bytes:
    import pyjpegli  # noqa: PLC0415 (of the extra; the rest works without it)

    height, width, _ = picture.shape
    return bytes(pyjpegli.encode(picture.tobytes(), width, height, int(setting)))


def _codec(
    name: str,
    label: str,
    encode: Callable[..., bytes],
    settings: Sequence[float] = QUALITIES,
    decode: Callable[[bytes], Pixels] = decode_by_pillow,
    built_for: str = "",
    **options: Any,
) -> Codec:
    return Codec(name, label, settings, partial(encode, **options) if options else encode, decode, built_for)


def _ours(name: str, label: str, restored: bool = False, **options: Any) -> Codec:
    """This library's encoder; ``restored`` decodes by ``restore=True``, in place of Pillow."""
    aims = {"psnr": "PSNR", "perceptual": "SSIMULACRA2"}
    decode = _decode_restored if restored else decode_by_pillow
    return _codec(name, label, _by_numjpeg, QUALITIES, decode, aims.get(options.get("tune", ""), ""), **options)


CODECS: dict[str, Codec] = {
    codec.name: codec
    for codec in [
        _codec("libjpeg", "libjpeg-turbo, optimised", _by_pillow, format="JPEG", optimize=True),
        _codec("libjpeg-standard", "libjpeg-turbo, standard tables", _by_pillow, format="JPEG"),
        _codec("libjpeg-progressive", "libjpeg-turbo, progressive", _by_pillow, format="JPEG", progressive=True),
        _ours("numjpeg", "numjpeg", optimize=True),
        _ours("numjpeg-restored", "numjpeg, restored", restored=True, optimize=True),
        _ours("psnr", "numjpeg, PSNR", tune="psnr"),
        _ours("psnr-restored", "numjpeg, PSNR, restored", restored=True, tune="psnr"),
        _ours("psnr-progressive", "numjpeg, PSNR, progressive", tune="psnr", progressive=True),
        _ours("perceptual", "numjpeg, perceptual", tune="perceptual"),
        _ours("perceptual-progressive", "numjpeg, perceptual, progressive", tune="perceptual", progressive=True),
        _codec("jpegli", "jpegli", _by_jpegli, built_for="Butteraugli"),
        _codec("jpeg2000", "JPEG 2000", encode_jpeg2000, RATIOS, built_for="PSNR"),
        _codec("numjpeg-jpeg2000", "numjpeg, JPEG 2000", _own_jpeg2000, RATIOS, built_for="PSNR"),
        _codec("webp", "WebP", _by_pillow, format="WEBP", method=6),
        _codec("avif", "AVIF", _by_pillow, AVIF_QUALITIES, format="AVIF", speed=6, subsampling="4:4:4"),
    ]
}
"""Of lossy codecs, by name."""

LOSSLESS: dict[str, Codec] = {
    codec.name: codec
    for codec in [
        _codec("png", "PNG", _by_pillow, (0,), format="PNG", optimize=True),
        _codec("jpeg2000-lossless", "JPEG 2000", encode_jpeg2000, (0,), irreversible=False),
        _codec("numjpeg-jpeg2000-lossless", "numjpeg, JPEG 2000", _own_jpeg2000, (0,)),
        _codec("webp-lossless", "WebP", _by_pillow, (0,), format="WEBP", lossless=True, method=6),
    ]
}
"""Of lossless codecs, by name."""

DEFAULT = (
    "libjpeg",
    "numjpeg-restored",
    "psnr",
    "psnr-progressive",
    "perceptual",
    "jpegli",
    "jpeg2000",
    "webp",
    "avif",
)
"""What a study compares unless it is told what to."""
