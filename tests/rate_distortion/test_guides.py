"""Rough PSNRs are near the real ones; samples and parts of pictures stand for the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from samples import flat, noise, photograph, smooth

import numjpeg
from numjpeg.coefficients import Component
from numjpeg.rate_distortion import guides

COLOUR = (Component(1, 2, 2, 0, 0, 0), Component(2, 1, 1, 1, 1, 1), Component(3, 1, 1, 1, 1, 1))


def rough_psnr(image: np.ndarray, subsampling: str) -> guides.RoughPsnr:
    """That of standard tables, by the coefficients of a file with the finest tables."""
    c = numjpeg.read_coefficients(numjpeg.encode(image, 100, subsampling=subsampling))
    frequencies = [8 * plane.reshape(-1, 8, 8).transpose(1, 2, 0).astype(np.float32) for plane in c.planes]
    standard = numjpeg.read_coefficients(numjpeg.encode(image, 50, subsampling=subsampling))
    ratio = 1 if subsampling == "4:4:4" else 2
    ratios = [(1, 1), (ratio, ratio), (ratio, ratio)]
    return guides.RoughPsnr(frequencies, [standard.quantization_table(i) for i in range(3)], ratios, True, True)


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
@pytest.mark.parametrize("size", [64, 160])
def test_a_rough_psnr_is_near_the_real_one(size: int, subsampling: str) -> None:
    image = photograph()[100 : 100 + size, 140 : 140 + size]
    rough = rough_psnr(image, subsampling)
    for quality, factor in ((25, 2.0), (50, 1.0), (75, 0.5), (90, 0.2)):
        real = numjpeg.psnr(image, numjpeg.decode(numjpeg.encode(image, quality, subsampling=subsampling)))
        assert rough.decibels(factor) == pytest.approx(real, abs=1.5)
        assert rough.factor(rough.decibels(factor)) == pytest.approx(factor)


def test_the_largest_coefficients_are_those_of_all_runs() -> None:
    chance = np.random.default_rng(3)
    frequencies = [chance.normal(0, 40, (8, 8, 20 * guides.RUN // (1 + i))).astype(np.float32) for i in range(2)]
    tables = [np.full((8, 8), 7, np.uint16)] * 2
    rough = guides.RoughPsnr(frequencies, tables, [(1, 1), (1, 2)], False, False)
    for found, own in zip(rough.largest, frequencies, strict=True):
        assert found == pytest.approx(np.abs(own).max(axis=2).ravel(), rel=1e-6)


def test_a_sample_has_whole_mcus_of_the_picture() -> None:
    image = noise(300, 500)
    sample = guides.sample_of(image, COLOUR)
    assert sample.shape[0] % 16 == sample.shape[1] % 16 == 0
    assert guides.blocks_of(sample.shape[:2], COLOUR) <= guides.SAMPLE_BLOCKS
    mcus = {image[y : y + 16, x : x + 16].tobytes() for y in range(0, 285, 16) for x in range(0, 485, 16)}
    taken = [
        sample[y : y + 16, x : x + 16].tobytes()
        for y in range(0, len(sample), 16)
        for x in range(0, sample.shape[1], 16)
    ]
    assert mcus.issuperset(taken)
    assert len(set(taken)) == len(taken)
    small = smooth(9, 700)
    assert guides.sample_of(small, COLOUR) is small


def test_equal_rows_and_columns_are_taken_once() -> None:
    """Columns stay where averages of 2 x 2 samples are rounded up and down in turns."""
    column = noise(40, 1)
    gray = np.repeat(column[..., :1], 3, axis=2)
    whole = tuple(replace(c, H=1, V=1) for c in COLOUR)

    def size(picture: np.ndarray, components: tuple[Component, ...], converts: bool = True) -> tuple[int, ...]:
        return guides.without_repetition(picture, components, converts).shape[:2]

    assert size(flat(160, 320), COLOUR) == (1, 8)
    assert size(np.tile(noise(1, 50), (40, 1, 1)), COLOUR) == (1, 50)
    assert size(np.tile(column, (1, 50, 1)), COLOUR) == (40, 50)
    assert size(np.tile(column, (1, 50, 1)), whole) == (40, 8)
    assert size(np.tile(gray, (1, 50, 1)), COLOUR) == (40, 8)
    assert size(np.tile(gray, (1, 50, 1)), COLOUR, converts=False) == (40, 50)
    assert size(noise(40, 50), COLOUR) == (40, 50)
    almost = np.tile(noise(1, 50), (40, 1, 1))
    almost[20, 7, 1] ^= 1
    assert size(almost, COLOUR) == (40, 50)
