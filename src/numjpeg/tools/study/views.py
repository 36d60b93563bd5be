"""JPEG beside JPEG 2000: at equal sizes, and from a part of a file."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from typing import NamedTuple, TypeVar

import numpy as np
from PIL import Image

import numjpeg
from numjpeg.tools.study.codecs import Pixels, decode_by_pillow, encode_jpeg2000

SHARES = (0.1, 0.25, 0.5, 1.0)  # of a file's bytes
Views = TypeVar("Views")


class DecodedPicture(NamedTuple):
    """A decoded picture and what it took."""

    label: str
    bytes: int
    picture: Pixels


def as_small(make: Callable[[Pixels, float], Views], picture: Pixels, ratio: float) -> tuple[Views, float]:
    """Views at a ratio. It is halved until it can be reached, which small pictures and noise need."""
    while True:
        try:
            return make(picture, ratio), ratio
        except ValueError:
            if ratio < 1:
                raise
            ratio /= 2


def at_ratio(picture: Pixels, ratio: float) -> list[DecodedPicture]:
    """A picture at about one compression ratio: JPEG plain, restored, made for PSNR, and JPEG 2000.

    ``picture`` is uint8 ``(H, W, 3)``, ``ratio`` its bytes over those of each file, at least. Raises ValueError if
    JPEG cannot make a file as small.
    """
    limit = int(picture.nbytes / ratio)
    plain = _largest_within(picture, limit)
    tuned = numjpeg.encode(picture, tune="psnr", target_bytes=limit)
    wavelet = encode_jpeg2000(picture, ratio)
    return [
        DecodedPicture("JPEG (libjpeg)", len(plain), decode_by_pillow(plain)),
        DecodedPicture("JPEG, tuned for PSNR", len(tuned), decode_by_pillow(tuned)),
        DecodedPicture("the same, restored", len(tuned), numjpeg.decode(tuned, restore=True)),
        DecodedPicture("JPEG 2000", len(wavelet), decode_by_pillow(wavelet)),
    ]


def _largest_within(picture: Pixels, limit: int) -> bytes:
    """libjpeg's file of the highest quality that fits."""

    @cache
    def file(quality: int) -> bytes:
        return numjpeg.encode(picture, quality, optimize=True)

    quality = bisect_right(range(1, 101), limit, key=lambda quality: len(file(quality)))
    if not quality:
        raise ValueError(f"JPEG does not fit into {limit} bytes at quality 1")
    return file(quality)


def from_parts(picture: Pixels, ratio: float) -> tuple[list[DecodedPicture], list[DecodedPicture]]:
    """What the first 10, 25, 50 and 100 % of a file show (:data:`SHARES`): JPEG's views, and JPEG 2000's.

    JPEG 2000's file has a quality layer that ends at each share, so that its first layers are what stands in the
    first part of the file. The JPEG file is tuned for PSNR, with libjpeg's order of progressive scans, and is cut.
    """
    limit = int(picture.nbytes / ratio)
    progressive = numjpeg.encode(picture, tune="psnr", target_bytes=limit, scans="preview")
    layered = encode_jpeg2000(picture, *(ratio / share for share in SHARES))
    jpeg, wavelet = [], []
    for layers, share in enumerate(SHARES, 1):
        size = int(len(progressive) * share)
        jpeg.append(DecodedPicture(f"JPEG, {share:.0%}", size, _decode_part(progressive[:size], picture.shape)))
        size = int(len(layered) * share)
        wavelet.append(DecodedPicture(f"JPEG 2000, {share:.0%}", size, _decode_layers(layered, layers)))
    return jpeg, wavelet


def _decode_part(data: bytes, shape: tuple[int, ...]) -> Pixels:
    try:
        return numjpeg.decode(data, strict=False, colorspace="RGB")
    except numjpeg.FormatError:  # no scan has begun yet
        return np.full(shape, 128, np.uint8)


def _decode_layers(data: bytes, layers: int) -> Pixels:
    with Image.open(io.BytesIO(data)) as image:
        # Pillow's attribute "layers" counts only together with a reduced size; its decoder takes the number here.
        (tile,) = image.tile
        codec, reduction, _, *rest = tile.args  # type: ignore[misc, str-unpack]
        image.tile = [tile._replace(args=(codec, reduction, layers, *rest))]
        return np.asarray(image.convert("RGB"))
