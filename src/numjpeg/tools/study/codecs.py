"""The codecs of a study: how each encodes at a given setting, and how its files are decoded.

Pillow decodes the files of all codecs, so that no codec gains by a better decoder. Only the codecs named
"restored" use our decoder, with ``restore=True``.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import numjpeg
from numjpeg import jpeg2000

Pixels = NDArray[np.uint8]  # (H, W, 3), RGB

QUALITIES = (2, 5, 10, 20, 30, 45, 60, 75, 85, 92)
RATIOS = (160.0, 100.0, 60.0, 40.0, 27.0, 18.0, 12.0, 9.0, 7.0, 5.0)  # compression ratios, from 24 bits a pixel


def decode_by_pillow(data: bytes) -> Pixels:
    """Decode any file that Pillow reads, as RGB."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def _decode_restored(data: bytes) -> Pixels:
    return numjpeg.decode(data, colorspace="RGB", restore=True)


class Codec(NamedTuple):
    """One way to encode."""

    label: str  # what plots and reports call it
    encode: Callable[[Pixels, float], bytes]  # (picture, setting) -> file
    built_for: str = ""  # metric that the encoder optimises, if it is known
    settings: Sequence[float] = QUALITIES  # from coarse to fine; a lossless codec has the single setting 0
    decode: Callable[[bytes], Pixels] = decode_by_pillow


def by_pillow(format: str, **options: Any) -> Callable[[Pixels, float], bytes]:  # noqa: A002 (Pillow's name)
    """Make an encoder of Pillow. Its setting is the quality; for lossless formats it is 0 and not passed on."""

    def encode(picture: Pixels, quality: float) -> bytes:
        stream = io.BytesIO()
        setting = {"quality": int(quality)} if quality else {}
        Image.fromarray(picture).save(stream, format, **options, **setting)
        return stream.getvalue()

    return encode


def _by_numjpeg(**options: Any) -> Callable[[Pixels, float], bytes]:
    return lambda picture, quality: numjpeg.encode(picture, int(quality), **options)


def encode_jpeg2000(picture: Pixels, *ratios: float, irreversible: bool = True) -> bytes:
    """Encode by OpenJPEG with one quality layer for each compression ratio; losslessly if not ``irreversible``.

    The progression is by layers. The file is a bare codestream, which saves the 85 bytes of the boxes.
    """
    stream = io.BytesIO()
    options = {"quality_mode": "rates", "quality_layers": ratios, "progression": "LRCP"} if irreversible else {}
    Image.fromarray(picture).save(stream, "JPEG2000", no_jp2=True, mct=1, irreversible=irreversible, **options)
    return stream.getvalue()


def _own_jpeg2000(picture: Pixels, ratio: float) -> bytes:
    """Encode by our own JPEG 2000 at a compression ratio, losslessly if it is 0; also a bare codestream."""
    return jpeg2000.encode(picture, bits_per_pixel=24 / ratio if ratio else None, container="j2k")


def _by_jpegli(picture: Pixels, setting: float) -> bytes:
    import pyjpegli  # noqa: PLC0415 (of the extra; the other codecs work without it)

    height, width, _ = picture.shape
    return bytes(pyjpegli.encode(picture.tobytes(), width, height, int(setting)))


CODECS = {
    "libjpeg": Codec("libjpeg-turbo, optimised", by_pillow("JPEG", optimize=True)),
    "libjpeg-standard": Codec("libjpeg-turbo, standard tables", by_pillow("JPEG")),
    "libjpeg-progressive": Codec("libjpeg-turbo, progressive", by_pillow("JPEG", progressive=True)),
    "numjpeg": Codec("numjpeg", _by_numjpeg(optimize=True)),
    "numjpeg-restored": Codec("numjpeg, restored", _by_numjpeg(optimize=True), decode=_decode_restored),
    "psnr": Codec("numjpeg, PSNR", _by_numjpeg(tune="psnr"), "PSNR"),
    "psnr-restored": Codec("numjpeg, PSNR, restored", _by_numjpeg(tune="psnr"), "PSNR", decode=_decode_restored),
    "psnr-progressive": Codec("numjpeg, PSNR, progressive", _by_numjpeg(tune="psnr", progressive=True), "PSNR"),
    "perceptual": Codec("numjpeg, perceptual", _by_numjpeg(tune="perceptual"), "SSIMULACRA2"),
    "perceptual-progressive": Codec(
        "numjpeg, perceptual, progressive", _by_numjpeg(tune="perceptual", progressive=True), "SSIMULACRA2"
    ),
    "jpegli": Codec("jpegli", _by_jpegli, "Butteraugli"),
    "jpeg2000": Codec("JPEG 2000", encode_jpeg2000, "PSNR", RATIOS),
    "numjpeg-jpeg2000": Codec("numjpeg, JPEG 2000", _own_jpeg2000, "PSNR", RATIOS),
    "webp": Codec("WebP", by_pillow("WEBP", method=6)),
    "avif": Codec("AVIF", by_pillow("AVIF", speed=6, subsampling="4:4:4"), settings=range(15, 86, 10)),
}
"""Lossy codecs by name, as used on the command line and in the table of points."""

LOSSLESS = {
    "png": Codec("PNG", by_pillow("PNG", optimize=True), settings=(0,)),
    "jpeg2000-lossless": Codec("JPEG 2000", partial(encode_jpeg2000, irreversible=False), settings=(0,)),
    "numjpeg-jpeg2000-lossless": Codec("numjpeg, JPEG 2000", _own_jpeg2000, settings=(0,)),
    "webp-lossless": Codec("WebP", by_pillow("WEBP", lossless=True, method=6), settings=(0,)),
}

DEFAULT = (
    *("libjpeg", "numjpeg-restored", "psnr", "psnr-progressive", "perceptual"),
    *("jpegli", "jpeg2000", "webp", "avif"),
)
"""The codecs that a study compares by default."""
