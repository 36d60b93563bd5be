"""The passes over a picture: every picture gives a file, and tuned files beat rounding."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from samples import extremes, flat, noise, photograph, smooth

import numjpeg
from numjpeg.coefficients import Component
from numjpeg.rate_distortion.optimise import optimise
from numjpeg.rate_distortion.picture import BandedPicture
from numjpeg.rate_distortion.tables import psnr_aim

COMPONENTS = (Component(1, 2, 2, 0), Component(2, 1, 1, 1, 1, 1), Component(3, 1, 1, 1, 1, 1))


def by_pillow(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """A face and what is around it."""
    return photograph()[20:276, 100:356]


def rate_at(image: np.ndarray, decibels: float, **options: object) -> float:
    """Bytes at a PSNR, between the qualities that surround it."""
    points = []
    for quality in (30, 50, 70, 85, 93):
        data = numjpeg.encode(image, quality, **options)
        points.append((numjpeg.psnr(image, by_pillow(data)), np.log(len(data))))
    at, log_bytes = zip(*points, strict=True)
    assert at[0] < decibels < at[-1]
    return float(np.exp(np.interp(decibels, at, log_bytes)))


def test_psnr_takes_a_fifth_of_the_bytes_less(photo: np.ndarray) -> None:
    assert rate_at(photo, 35, tune="psnr") < 0.8 * rate_at(photo, 35, optimize=True)


@pytest.mark.usual(every=3)
@pytest.mark.parametrize("tune", ["psnr", "perceptual"])
@pytest.mark.parametrize("quality", [1, 40, 90, 100])
def test_every_kind_of_picture_becomes_a_file_that_others_read(tune: str, quality: int) -> None:
    for make in (noise, smooth, flat, extremes):
        for shape in ((1, 1, 3), (9, 3, 3), (17, 33, 1), (40, 50, 3)):
            image = make(*shape)
            data = numjpeg.encode(image, quality, tune=tune)
            decoded = by_pillow(data)
            assert decoded.shape == image.shape
            np.testing.assert_array_equal(decoded, numjpeg.decode(data))


@pytest.mark.usual(every=2)
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:4:0", "4:2:0", "4:1:1"])
def test_every_subsampling_beats_rounding(photo: np.ndarray, subsampling: str) -> None:
    photo = photo[:160]
    plain = numjpeg.encode(photo, 80, subsampling=subsampling, optimize=True)
    tuned = numjpeg.encode(photo, tune="psnr", target_bytes=len(plain), subsampling=subsampling)
    assert [(c.H, c.V) for c in numjpeg.read_coefficients(tuned).components] == [
        (c.H, c.V) for c in numjpeg.read_coefficients(plain).components
    ]
    assert numjpeg.psnr(photo, by_pillow(tuned)) > numjpeg.psnr(photo, by_pillow(plain)) + 0.5


def test_progress_goes_from_0_to_1(photo: np.ndarray) -> None:
    picture = BandedPicture(photo[:64, :96], COMPONENTS)
    parts: list[float] = []
    optimise(picture, 10.0, psnr_aim(2, 2), progress=parts.append)
    assert parts == sorted(parts)
    assert 0 < parts[0] < 1
    assert parts[-1] == 1


def test_each_pass_of_the_trellis_gains(photo: np.ndarray) -> None:
    """In bits and squared error together, at the worth that a bit has."""
    image = photo[:128, :128]
    costs = []
    for passes in range(3):
        coefficients = optimise(BandedPicture(image, COMPONENTS), 15.0, psnr_aim(2, 2), passes)
        data = numjpeg.write_coefficients(coefficients, optimize=True)
        aim = psnr_aim(2, 2)
        error = numjpeg.mse(image, by_pillow(data)) * image.size / 3  # of a luma step; see chroma.WEIGHTS
        costs.append(error / (aim.multiplier * 15.0**2) + 8 * len(data))
    assert costs[1] < costs[0]
    assert costs[2] < costs[1] * 1.005
