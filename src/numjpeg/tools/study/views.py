"""JPEG and JPEG 2000 compared by eye: whole files of equal size, and only the first bytes of files."""

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

SHARES = (0.1, 0.25, 0.5, 1.0)  # shares of a file's bytes, from which parts are decoded
Views = TypeVar("Views")


class DecodedPicture(NamedTuple):
    """A decoded picture, and the size of the file or part of a file that it was decoded from."""

    label: str  # the codec, or the codec and the share of the file
    bytes: int
    picture: Pixels


def at_reachable(make: Callable[[Pixels, float], Views], picture: Pixels, ratio: float) -> tuple[Views, float]:
    """Call ``make`` with ``ratio`` halved until JPEG reaches it; small pictures and noise need this."""
    while True:
        try:
            return make(picture, ratio), ratio
        except ValueError:
            if ratio < 1 / 1024:  # a file of one pixel has some 200 times its bytes
                raise
            ratio /= 2


def at_ratio(picture: Pixels, ratio: float) -> list[DecodedPicture]:
    """Code a picture at one compression ratio: by JPEG plain, tuned for PSNR and also restored, and by JPEG 2000.

    ``picture`` is uint8 ``(H, W, 3)``. Each JPEG file has at most ``picture.nbytes / ratio`` bytes; ValueError if
    JPEG cannot make a file so small.
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
    """Encode as libjpeg does, at the highest quality whose file has at most ``limit`` bytes."""

    @cache
    def encoded(quality: int) -> bytes:
        return numjpeg.encode(picture, quality, optimize=True)

    quality = bisect_right(range(1, 101), limit, key=lambda quality: len(encoded(quality)))
    if not quality:
        raise ValueError(f"JPEG does not fit into {limit} bytes at quality 1")
    return encoded(quality)


def from_parts(picture: Pixels, ratio: float) -> tuple[list[DecodedPicture], list[DecodedPicture]]:
    """Decode the first 10, 25, 50 and 100 % of a file (:data:`SHARES`), first of JPEG, then of JPEG 2000.

    The progressive JPEG file is tuned for PSNR, has libjpeg's order of scans, and is cut off at each share. The
    JPEG 2000 file has one quality layer for each share; decoding only the first layers is like cutting the file.
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
    except numjpeg.FormatError:  # the part ends before the first scan
        return np.full(shape, 128, np.uint8)


def _decode_layers(data: bytes, layers: int) -> Pixels:
    with Image.open(io.BytesIO(data)) as image:
        # Pillow heeds its attribute "layers" only if the size is reduced too, so its decoder is given the number.
        (tile,) = image.tile
        codec, reduction, _, *rest = tile.args  # type: ignore[misc, str-unpack]
        image.tile = [tile._replace(args=(codec, reduction, layers, *rest))]
        return np.asarray(image.convert("RGB"))
