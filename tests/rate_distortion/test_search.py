"""Targets of tuned files: they are met, nearly used up, or refused with what is possible."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from samples import photograph

import numjpeg
from numjpeg.rate_distortion import search


def by_pillow(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """A face and what is around it."""
    return photograph()[20:276, 100:356]


@pytest.mark.parametrize(
    ("tune", "target", "progressive"),
    [
        ("psnr", 1000, False),
        ("psnr", 3000, True),
        ("psnr", 10000, False),
        ("perceptual", 1000, True),
        ("perceptual", 10000, False),
    ],
)
@pytest.mark.usual(every=2)
def test_target_bytes(photo: np.ndarray, tune: str, target: int, progressive: bool) -> None:
    image = photo[:128, :160]
    data = numjpeg.encode(image, tune=tune, target_bytes=target, progressive=progressive)
    assert 0.98 * target <= len(data) <= target
    assert by_pillow(data).shape == image.shape


@pytest.mark.usual(every=3)
@pytest.mark.parametrize("tune", ["psnr", "perceptual"])
@pytest.mark.parametrize("target", [24, 31.5, 36, 40.25])
def test_target_psnr(photo: np.ndarray, tune: str, target: float) -> None:
    data = numjpeg.encode(photo, tune=tune, target_psnr=target)
    assert target <= numjpeg.psnr(photo, by_pillow(data)) <= target + 0.05


def test_more_bytes_than_any_file_takes_give_the_finest(photo: np.ndarray) -> None:
    data = numjpeg.encode(photo, tune="psnr", target_bytes=10_000_000)
    assert data == numjpeg.encode(photo, 100, tune="psnr")


def test_impossible_targets_name_what_is_possible(photo: np.ndarray) -> None:
    photo = photo[:96, :128]
    with pytest.raises(
        ValueError, match=r"target_bytes: 200 is impossible, the smallest file has (\d+) bytes"
    ) as e:
        numjpeg.encode(photo, tune="psnr", target_bytes=200)
    smallest = int(str(e.value).split()[-2])
    assert 0.98 * smallest <= len(numjpeg.encode(photo, tune="psnr", target_bytes=smallest)) <= smallest
    with pytest.raises(ValueError, match=r"target_psnr: 60 dB is impossible, the best file has (\S+) dB") as e:
        numjpeg.encode(photo, tune="psnr", target_psnr=60)
    best = float(str(e.value).split()[-2])
    finest = numjpeg.psnr(photo, by_pillow(numjpeg.encode(photo, 100, tune="psnr")))
    assert best <= finest < best + 0.01
    assert numjpeg.psnr(photo, by_pillow(numjpeg.encode(photo, tune="psnr", target_psnr=best))) >= best


def test_a_search_in_jumps_ends_at_the_best_file() -> None:
    """Sizes that only change in steps: the largest that fits is found."""
    sizes = {k: bytes(10 * k + 7) for k in range(1, 40)}
    found = search.for_bytes(lambda strength: sizes[int(np.clip(40 / strength, 1, 39))], 105, 1.0)
    assert len(found) == 97
