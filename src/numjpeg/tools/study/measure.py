"""One point of a rate-distortion curve."""

from __future__ import annotations

import hashlib
import io
import time
from dataclasses import dataclass, fields

import numpy as np
from PIL import Image

from numjpeg.metrics import psnr
from numjpeg.stages.color import rgb_to_ycbcr
from numjpeg.tools.study.codecs import CODECS, LOSSLESS, Pixels

METRICS = {
    "psnr": "PSNR (RGB), dB",
    "psnr_y": "PSNR (luminance), dB",
    "ssim": "SSIM (luminance), -10 log10(1 - SSIM), dB",
    "ssimulacra2": "SSIMULACRA2",
}
"""Name -> label, with the unit of :func:`numjpeg.tools.study.curves.score`."""


@dataclass(frozen=True)
class Point:
    """One picture, coded by one codec at one setting.

    Attributes
    ----------
    picture : file name. digest : of the file, which tells pictures of the same name apart.
    codec, setting : see :class:`numjpeg.tools.study.codecs.Codec`.
    bytes : size of the file. bpp : bits a pixel.
    psnr : of all three channels together, in dB. psnr_y : of the luminance.
    ssim : of the luminance, with a Gaussian window of 1.5 samples (Wang et al. 2004).
    ssimulacra2 : a score of at most 100.
    seconds : CPU time of encoding.
    """

    picture: str
    digest: str
    codec: str
    setting: float
    bytes: int
    bpp: float
    psnr: float
    psnr_y: float
    ssim: float
    ssimulacra2: float
    seconds: float


COLUMNS = tuple(field.name for field in fields(Point))


def digest(data: bytes) -> str:
    """A picture's identity: 16 hexadecimal digits of the hash of its file."""
    return hashlib.sha256(data).hexdigest()[:16]


def open_picture(data: bytes) -> Pixels:
    """A picture as RGB."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def measure(picture: str, data: bytes, codec: str, setting: float, perceptual: bool = True) -> Point:
    """Measure a point.

    Parameters
    ----------
    picture, data : name and content of the picture's file. codec, setting : as of :class:`Point`.
    perceptual : measure SSIM and SSIMULACRA2 too, which take most of the time; else they are nan.
    """
    original = open_picture(data)
    by = CODECS.get(codec) or LOSSLESS[codec]
    start = time.process_time()
    encoded = by.encode(original, setting)
    seconds = time.process_time() - start
    decoded = by.decode(encoded)
    luminance, other = rgb_to_ycbcr(original)[..., 0], rgb_to_ycbcr(decoded)[..., 0]
    height, width, _ = original.shape
    return Point(
        picture,
        digest(data),
        codec,
        setting,
        len(encoded),
        8 * len(encoded) / (height * width),
        psnr(original, decoded),
        psnr(luminance, other),
        _ssim(luminance, other) if perceptual else float("nan"),
        _ssimulacra2(original, decoded) if perceptual else float("nan"),
        seconds,
    )


def _ssim(reference: Pixels, image: Pixels) -> float:
    from skimage.metrics import structural_similarity  # noqa: PLC0415 (of the extra)

    return float(
        structural_similarity(  # type: ignore[no-untyped-call]
            reference, image, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
    )


def _ssimulacra2(reference: Pixels, image: Pixels) -> float:
    from ssimulacra2 import compute_ssimulacra2  # noqa: PLC0415 (of the extra)

    return float(compute_ssimulacra2(_as_file(reference), _as_file(image)))


def _as_file(picture: Pixels) -> io.BytesIO:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PPM")
    stream.seek(0)
    return stream
