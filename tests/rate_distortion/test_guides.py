"""Guides find the place they are asked for, and what they expect is near to what is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from samples import flat, noise, photograph, smooth

import numjpeg
from numjpeg.coefficients import Component
from numjpeg.rate_distortion import guides

COLOUR = (Component(1, 2, 2, 0, 0, 0), Component(2, 1, 1, 1, 1, 1), Component(3, 1, 1, 1, 1, 1))


@pytest.mark.parametrize("places", [500, 5000])
def test_factors_are_found_where_the_error_is_expected(places: int) -> None:
    guide = guides.Guide(lambda factors: [float(f) for f in factors], np.geomspace(30, 0.01, places), 8)
    for error in (20.0, 6.5, 0.3, 0.02):
        assert guide.find([error], 1.0) == pytest.approx([error], rel=0.02)


def test_calibrating_moves_all_places() -> None:
    places = np.geomspace(30, 0.01, 4000)
    guide = guides.Guide(lambda factors: [float(f) for f in factors], places, 8)
    guide.find([7.0], 1.0)
    guide.calibrate([1.0], [2.5])  # 1.5 more than expected
    assert guide.find([6.5], 1.0) == pytest.approx([5.0], rel=0.02)
    guide.calibrate([10.0], [8.0])  # now there are two points of a line
    assert guide.find([5.25], 1.0) == pytest.approx([5.5], rel=0.02)


def test_expected_errors_are_near_the_real_ones() -> None:
    image = photograph()[100:260, 140:300]
    for subsampling, ratio in (("4:4:4", 1), ("4:2:0", 2)):
        exact = numjpeg.read_coefficients(numjpeg.encode(image, 100, subsampling=subsampling))
        frequencies = [8 * plane.reshape(-1, 8, 8).transpose(1, 2, 0).astype(np.float32) for plane in exact.planes]
        ratios = [(1, 1), (ratio, ratio), (ratio, ratio)]
        errors = []
        for quality in (30, 60, 85):
            data = numjpeg.encode(image, quality, subsampling=subsampling)
            c = numjpeg.read_coefficients(data)
            tables, used = [c.quantization_table(i) for i in range(3)], [np.ones((8, 8), np.bool_)] * 3
            expected = guides.ExpectedErrors(frequencies, used, tables, ratios, True, True)
            [found] = expected(np.ones(1))
            errors.append(numjpeg.mse(image, numjpeg.decode(data)) / (found + guides.ROUNDING))
        assert all(0.8 < error < 1.2 for error in errors)


def test_coefficients_that_are_always_0_count_as_errors() -> None:
    chance = np.random.default_rng(3)
    frequencies = [chance.normal(0, 40, (8, 8, 20)).astype(np.float32)]
    frequencies[0][5:] = chance.uniform(-3.9, 3.9, (3, 8, 20))
    table, used = [np.full((8, 8), 7, np.uint16)], [np.arange(64).reshape(8, 8) < 40]
    some = guides.ExpectedErrors(frequencies, used, table, [(1, 1)], True, False)
    every = guides.ExpectedErrors(frequencies, [np.ones((8, 8), np.bool_)], table, [(1, 1)], True, False)
    factors = np.array([0.1, 1, 3])
    assert some(factors) == pytest.approx(every(factors), rel=1e-5)


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
