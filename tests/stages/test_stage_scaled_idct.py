"""Scaled inverse DCT: Pillow's draft mode, libjpeg's constants, means of the full transform."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import numjpeg
from numjpeg.stages.dct import idct
from numjpeg.stages.scaled_idct import SIZES, idct_scaled, matrix


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("quality", [5, 40, 75, 92, 100])
def test_gray_pictures_equal_pillows_draft(size: int, quality: int) -> None:
    image = np.random.default_rng(quality).integers(0, 256, (64, 80)).astype(np.uint8)
    image[:, 40:] = np.arange(40) * 6
    data = numjpeg.encode(image, quality)
    coefficients = numjpeg.read_coefficients(data).dequantized(0)
    samples = idct_scaled(coefficients, size).transpose(0, 2, 1, 3).reshape(8 * size, 10 * size) + 128
    with Image.open(io.BytesIO(data)) as opened:
        opened.draft("L", (10 * size, 8 * size))
        assert opened.size == (10 * size, 8 * size)
        assert np.array_equal(samples, np.asarray(opened))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("step", "nonzero"), [(1, 64), (60, 64), (255, 3), (255, 1), (40, 9)])
def test_extreme_coefficients_wrap_and_saturate_as_in_pillow(size: int, step: int, nonzero: int) -> None:
    rng = np.random.default_rng(step + nonzero)
    table = np.full((8, 8), step, np.uint16)
    blocks = np.zeros((12, 10, 8, 8), np.int16)
    for block in blocks.reshape(-1, 64):
        block[rng.permutation(64)[:nonzero]] = rng.integers(-1023, 1024, nonzero)
    blocks[::3, :, 1:] = 0
    blocks[1::3, :, [1, 2, 3, 5, 6, 7]] = 0
    blocks[..., 0, 0] = np.cumsum(rng.integers(-2000, 2001, (12, 10))).reshape(12, 10)
    parts = (numjpeg.Component(1, 1, 1, 0),), [blocks], {0: table}
    data = numjpeg.write_coefficients(numjpeg.Coefficients(96, 80, *parts), optimize=True)
    samples = idct_scaled(blocks.astype(np.int32) * table, size).transpose(0, 2, 1, 3)
    with Image.open(io.BytesIO(data)) as opened:
        opened.draft("L", (10 * size, 12 * size))
        expected = np.asarray(opened)
    np.testing.assert_array_equal(samples.reshape(12 * size, 10 * size) + 128, expected)
    np.testing.assert_array_equal(numjpeg.decode(data, scale=size / 8), expected)


def test_the_derived_constants_are_libjpegs() -> None:
    assert matrix(4)[0].tolist() == [16384, 20995, 15137, 7373, 0, -4926, -6270, -4176]
    assert matrix(4)[1].tolist() == [16384, 8697, -15137, -17799, 0, 11893, 6270, -1730]
    assert matrix(2)[0].tolist() == [32768, 29692, 0, -10426, 0, 6967, 0, -5906]


@pytest.mark.parametrize("size", SIZES)
def test_it_is_the_mean_of_the_full_transform(size: int) -> None:
    rng = np.random.default_rng(size)
    coefficients = rng.integers(-60, 61, (20, 8, 8))
    box = 8 // size
    mean = idct(coefficients, "float").reshape(20, size, box, size, box).mean(axis=(2, 4))
    assert np.abs(idct_scaled(coefficients, size) - mean).max() <= 1


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match="size: 3"):
        idct_scaled(np.zeros((8, 8), np.int16), 3)
    with pytest.raises(ValueError, match="coefficients: expected integers"):
        idct_scaled(np.zeros((8, 8)), 4)
    with pytest.raises(TypeError, match="coefficients"):
        idct_scaled([[0] * 8] * 8, 4)
