"""Factors, and the search for one that gives a PSNR."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from numjpeg.rate_distortion import guides, scaling


def test_factors_give_each_set_of_tables_once() -> None:
    tables = {0: np.array([3, 16, 120, 7] * 16, np.uint16).reshape(8, 8)}
    found = [scaling.scaled(tables, factor)[0][0, :4].tolist() for factor in scaling.factors(tables)[::-1]]
    entries = np.multiply.outer(np.geomspace(0.005, 100, 100_000), [3, 16, 120, 7])
    fine = set(map(tuple, np.unique(np.clip(np.floor(entries + 0.5), 1, 255).astype(int), axis=0).tolist()))
    assert found == sorted(found)
    assert {tuple(entries) for entries in found} >= fine
    assert len({tuple(entries) for entries in found}) == len(found)


@pytest.mark.parametrize("count", [1, 4, 32])
@pytest.mark.parametrize("guided", [True, False])
@pytest.mark.parametrize("number", range(20))
def test_a_factor_is_found_where_the_one_before_misses(count: int, guided: bool, number: int) -> None:
    chance = random.Random(number)
    places = np.sort(np.random.default_rng(number).uniform(0.01, 30, chance.choice([1, 2, 9, 300, 5000])))[::-1]
    steps = chance.choice([1, 7, 1000])  # level for a while, then a jump

    def error(factor: float) -> float:
        return math.ceil(factor * steps) ** 1.5 / steps

    asked = []

    def measure(factors: np.ndarray) -> list[float]:
        assert 0 < len(factors) <= count
        asked.append(len(factors))
        return [error(factor) for factor in factors]

    def expected(factors: np.ndarray) -> list[float]:
        return [0.7 * factor**1.5 / steps**0.5 for factor in factors]

    guide = guides.Guide(expected, places, 8) if guided else None
    decibels = [10 * math.log10(255**2 / error(place)) for place in places]
    wanted = chance.uniform(decibels[0] - 1, decibels[-1] + 0.5)
    factor, reached = scaling.for_psnr(measure, count, places, guide, wanted)
    assert len(asked) <= 4 + 2 * math.log2(len(places) + 1) / math.log2(count + 1)
    if decibels[-1] < wanted:
        assert factor is None
        assert reached == pytest.approx(decibels[-1])
        return
    found = places.tolist().index(factor)
    assert reached == pytest.approx(decibels[found])
    assert reached >= wanted
    assert reached <= wanted + 0.2 or found == 0 or decibels[found - 1] < wanted
