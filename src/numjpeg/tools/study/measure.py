"""One point of a rate-distortion curve."""

from __future__ import annotations

import hashlib
import io
import time
from typing import NamedTuple

from numjpeg.metrics import psnr
from numjpeg.stages.color import rgb_to_ycbcr
from numjpeg.tools.study.codecs import CODECS, LOSSLESS, Pixels, by_pillow, decode_by_pillow

METRICS = {
    "psnr": "PSNR (RGB), dB",
    "psnr_y": "PSNR (luminance), dB",
    "ssim": "SSIM (luminance), -10 log10(1 - SSIM), dB",
    "ssimulacra2": "SSIMULACRA2",
}
"""Name -> label, with the unit of :func:`numjpeg.tools.study.curves.score`."""


class Point(NamedTuple):
    """One picture, coded by one codec at one setting."""

    picture: str  # file name
    digest: str  # of the file, which tells pictures of the same name apart
    codec: str
    setting: float
    bytes: int  # size of the file
    bpp: float  # bits a pixel
    psnr: float  # of all three channels together, in dB
    psnr_y: float  # of the luminance
    ssim: float  # of the luminance, with a Gaussian window of 1.5 samples (Wang et al. 2004)
    ssimulacra2: float  # a score of at most 100
    seconds: float  # CPU time of encoding


def digest(data: bytes) -> str:
    """A picture's identity: 16 hexadecimal digits of the hash of its file."""
    return hashlib.sha256(data).hexdigest()[:16]


def measure(picture: str, data: bytes, codec: str, setting: float, perceptual: bool = True) -> Point:
    """Measure the point of a picture, by the name and the content of its file.

    SSIM and SSIMULACRA2, which take most of the time, are nan unless ``perceptual``.
    """
    original = decode_by_pillow(data)
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

    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(structural_similarity(reference, image, data_range=255, **window))  # type: ignore[no-untyped-call]


def _ssimulacra2(reference: Pixels, image: Pixels) -> float:
    from ssimulacra2 import compute_ssimulacra2  # noqa: PLC0415 (of the extra)

    return float(
        compute_ssimulacra2(*(io.BytesIO(by_pillow("PPM")(picture, 0)) for picture in (reference, image)))
    )
