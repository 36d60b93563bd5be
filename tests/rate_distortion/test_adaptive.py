"""Maps of importance: what is marked gets better in the same bytes, and wrong maps are refused."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from samples import noise, photograph, smooth

import numjpeg


def by_pillow(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """A face and what is around it."""
    return photograph()[20:276, 100:356]


def quarter(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The middle quarter four times as important, and where it is."""
    inside = np.zeros((height, width), bool)
    inside[height // 4 : height // 4 + height // 2, width // 4 : width // 4 + width // 2] = True
    return np.where(inside, 4.0, 1.0), inside


def gains(image: np.ndarray, quality: int) -> tuple[float, float, float]:
    """dB inside and outside, and the ratio of bytes."""
    importance, inside = quarter(*image.shape[:2])
    plain = numjpeg.encode(image, quality, tune="psnr")
    mapped = numjpeg.encode(image, tune="psnr", importance=importance, target_bytes=len(plain))
    before, after = by_pillow(plain), by_pillow(mapped)
    inner, outer = (
        numjpeg.psnr(image[where], after[where]) - numjpeg.psnr(image[where], before[where])
        for where in (inside, ~inside)
    )
    return inner, outer, len(mapped) / len(plain)


def test_what_is_marked_gets_better(photo: np.ndarray) -> None:
    inner, outer, ratio = gains(photo, 60)
    assert inner > 0.9
    assert outer < 0
    assert 0.98 <= ratio <= 1


@pytest.mark.corpus
@pytest.mark.usual("8")
@pytest.mark.parametrize("number", [1, 4, 5, 8, 13, 19, 20, 23])
def test_a_quarter_of_each_kodak_picture_gains_a_decibel(corpus: Path, number: int) -> None:
    with Image.open(corpus / "photos" / "kodak" / f"kodim{number:02}.png") as picture:
        inner, _, ratio = gains(np.asarray(picture.convert("RGB")), 75)
    assert inner >= 1.0
    assert 0.995 <= ratio <= 1


@pytest.mark.parametrize("value", [1, 0.3, True, np.uint8(7)])
def test_a_uniform_map_changes_nothing(photo: np.ndarray, value: object) -> None:
    image = photo[:50, :70]
    data = numjpeg.encode(image, 60, tune="psnr")
    assert numjpeg.encode(image, 60, tune="psnr", importance=np.full((50, 70), value)) == data


def test_only_ratios_of_importance_matter(photo: np.ndarray) -> None:
    image = photo[:64, :64]
    importance = np.random.default_rng(0).integers(0, 5, (64, 64))
    data = numjpeg.encode(image, 60, tune="psnr", importance=importance)
    assert numjpeg.encode(image, 60, tune="psnr", importance=importance * 8.0) == data
    assert numjpeg.encode(image, 60, tune="psnr", importance=importance[::-1]) != data


def test_auto_spends_on_what_is_smooth() -> None:
    image = np.concatenate([smooth(128, 128) // 8 * 8, noise(128, 128)], axis=1)
    plain = numjpeg.encode(image, 50, tune="psnr")
    auto = numjpeg.encode(image, tune="psnr", importance="auto", target_bytes=len(plain))
    left = np.s_[:, :112]
    better = numjpeg.psnr(image[left], by_pillow(auto)[left]) - numjpeg.psnr(image[left], by_pillow(plain)[left])
    assert better > 0.3


IMAGE = np.zeros((20, 30, 3), np.uint8)


@pytest.mark.parametrize(
    "importance",
    [
        np.ones((30, 20)),
        np.ones((20, 30, 1)),
        np.ones(5),
        -np.ones((20, 30)),
        np.zeros((20, 30)),
        np.full((20, 30), np.nan),
        np.full((20, 30), np.inf),
        np.ones((20, 30), complex),
        np.full((20, 30), "a"),
        "face",
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.dtype}{value.shape}{value.flat[0]}",
)
def test_wrong_maps_are_refused(importance: object) -> None:
    with pytest.raises(ValueError, match="importance"):
        numjpeg.encode(IMAGE, tune="psnr", importance=importance)
