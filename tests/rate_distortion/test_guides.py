"""Guides find the place they are asked for, and what they expect is near to what is."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from samples import flat, noise, photograph, smooth

import numjpeg
from numjpeg.coefficients import Component
from numjpeg.rate_distortion import guides

COLOUR = (Component(1, 2, 2, 0, 0, 0), Component(2, 1, 1, 1, 1, 1), Component(3, 1, 1, 1, 1, 1))


@pytest.mark.parametrize("count", [1, 4, 8])
@pytest.mark.parametrize("number", range(30))
def test_a_place_is_found_where_the_one_before_misses(count: int, number: int) -> None:
    chance = random.Random(number)
    places = np.sort(np.random.default_rng(number).uniform(0.01, 30, chance.choice([1, 2, 9, 300, 5000])))[::-1]
    steps = chance.choice([1, 7, 1000])  # level for a while, then a jump

    def error(factor: float) -> float:
        return math.ceil(factor * steps) ** 1.5 / steps

    asked = []

    def measure(factors: np.ndarray) -> list[float]:
        assert len(factors) <= count
        asked.append(len(factors))
        return [error(factor) for factor in factors]

    guide = guides.Guide(measure, places, count)
    decibels = [10 * math.log10(255**2 / error(place)) for place in places]
    wanted = chance.uniform(decibels[0] - 1, decibels[-1] + 0.5)
    found = guide.find(wanted, 0.2, 1.0)
    if decibels[-1] < wanted:
        assert found is None
        assert guide.best == pytest.approx(decibels[-1])
        return
    assert found is not None
    assert decibels[found] >= wanted
    assert decibels[found] <= wanted + 0.2 or found == 0 or decibels[found - 1] < wanted
    assert len(asked) <= 2 + 2 * math.log(len(places) + 1) / math.log(count + 1) + 2


def test_calibrating_moves_all_places() -> None:
    places = np.geomspace(30, 0.01, 4000)
    for missing in (0.0, 0.1):
        guide = guides.Guide(lambda factors: [float(f) for f in factors], places, 4, missing)
        guide.calibrate(1.0, 2.5)
        found = guide.find(40, 0.05, 1.0)
        assert found is not None
        wanted = 255**2 / 10**4  # the error at 40 dB
        expected = wanted - 1.5 if missing else wanted / 2.5
        assert places[found] == pytest.approx(expected, rel=0.02)


def test_expected_errors_are_near_the_real_ones() -> None:
    image = photograph()[100:260, 140:300]
    for subsampling, ratio in (("4:4:4", 1), ("4:2:0", 2)):
        exact = numjpeg.read_coefficients(numjpeg.encode(image, 100, subsampling=subsampling))
        frequencies = [8 * plane.reshape(-1, 8, 8).transpose(1, 2, 0).astype(np.float32) for plane in exact.planes]
        ratios = [(1, 1), (ratio, ratio), (ratio, ratio)]
        expected = guides.ExpectedErrors(frequencies, ratios, True, True, image.size)
        errors = []
        for quality in (30, 60, 85):
            data = numjpeg.encode(image, quality, subsampling=subsampling)
            c = numjpeg.read_coefficients(data)
            [found] = expected([c.quantization_table(i)[np.newaxis] for i in range(3)])
            errors.append(numjpeg.mse(image, numjpeg.decode(data)) / (found + guides.ROUNDING))
        if ratio == 1:
            assert all(0.8 < error < 1.2 for error in errors)
        else:  # subsampling makes errors of its own, which are not expected
            assert all(error > 0.8 for error in errors)


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


def test_equal_mcus_are_taken_once() -> None:
    assert guides.different_mcus(flat(160, 320), COLOUR).shape == (16, 16, 3)
    assert guides.different_mcus(np.tile(noise(16, 48), (10, 1, 1)), COLOUR).shape == (16, 48, 3)
    many = guides.different_mcus(noise(320, 320), COLOUR)
    assert many.shape[1] <= 16 * guides.MOST_MCUS
