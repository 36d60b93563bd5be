"""Factors, and the search for one that gives a PSNR."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from numjpeg.rate_distortion import scaling


def test_factors_give_each_set_of_tables_once() -> None:
    tables = {0: np.array([3, 16, 120, 7] * 16, np.uint16).reshape(8, 8)}
    found = [scaling.scaled(tables, factor)[0][0, :4].tolist() for factor in scaling.factors(tables)[::-1]]
    entries = np.multiply.outer(np.geomspace(0.005, 100, 100_000), [3, 16, 120, 7])
    fine = set(map(tuple, np.unique(np.clip(np.floor(entries + 0.5), 1, 255).astype(int), axis=0).tolist()))
    assert found == sorted(found)
    assert {tuple(entries) for entries in found} >= fine
    assert len({tuple(entries) for entries in found}) == len(found)


def test_sets_of_tables_that_give_the_same_picture_count_once() -> None:
    """Told apart by brute force: where all coefficients become 0, the entry does not matter."""
    chance = np.random.default_rng(1)
    tables = {i: chance.choice([3, 10, 17, 40, 99], (8, 8)).astype(np.uint16) for i in range(2)}
    largest = {i: (np.floor(chance.random(64) ** 4 * 80) * 4 + 2).astype(np.float32) for i in range(2)}
    groups: dict[tuple[int, ...], list[float]] = {}
    for factor in scaling.factors(tables):
        steps = [
            (step, top / 8)
            for i, own in scaling.scaled(tables, factor).items()
            for step, top in zip(own.flat, largest[i], strict=True)
        ]
        groups.setdefault(tuple(int(step) if 2 * top >= step else 0 for step, top in steps), []).append(factor)
    assert scaling.factors(tables, largest).tolist() == [own[0] for own in groups.values()]
    assert scaling.factors(tables, largest, finest=True).tolist() == [own[-1] for own in groups.values()]


class Rough:
    """A rough PSNR that is off by a few dB."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def decibels(self, factor: float) -> float:
        return 10 * math.log10(255**2 / (0.4 * factor**1.5 / self.steps**0.5))

    def factor(self, decibels: float) -> float:
        return (255**2 / 10 ** (decibels / 10) / 0.4 * self.steps**0.5) ** (1 / 1.5)


@pytest.mark.parametrize("count", [1, 4, 8])
@pytest.mark.parametrize("number", range(40))
def test_a_factor_is_found_where_the_one_before_misses(count: int, number: int) -> None:
    chance = random.Random(number)
    places = np.sort(np.random.default_rng(number).uniform(0.01, 30, chance.choice([1, 2, 9, 300, 5000])))[::-1]
    steps = chance.choice([1, 7, 1000])  # level for a while, then a jump
    jitter = chance.choice([0, 0.3])  # not always worse with larger factors

    def error(factor: float) -> float:
        return math.ceil(factor * steps) ** 1.5 / steps * (1 + jitter * math.sin(1e4 * factor))

    asked = []

    def measure(factors: np.ndarray) -> list[float]:
        assert 0 < len(factors) <= count
        asked.append(len(factors))
        return [error(factor) for factor in factors]

    decibels = [10 * math.log10(255**2 / error(place)) for place in places]
    wanted = chance.uniform(decibels[0] - 1, decibels[-1] + 0.5)
    factor, reached = scaling.for_psnr(measure, count, places, Rough(steps), wanted)
    assert len(asked) <= 4 + 2 * math.log2(len(places) + 1) / math.log2(count + 1)
    if factor is None:
        assert decibels[-1] < wanted
        assert reached == pytest.approx(decibels[-1])
        return
    found = places.tolist().index(factor)
    assert reached == pytest.approx(decibels[found])
    assert reached >= wanted
    assert reached <= wanted + 0.2 or found == 0 or decibels[found - 1] < wanted
