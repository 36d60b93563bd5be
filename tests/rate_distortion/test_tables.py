"""Real steps: how they round, how they are refitted, and what a file holds of them."""

from __future__ import annotations

import numpy as np
import pytest
from reference.entropy import ZIGZAG

from numjpeg.rate_distortion import tables


@pytest.mark.parametrize("strength", [1.0, 1.25, 2.5, 7.5, 100.25])
def test_steps_have_the_mean_that_the_strength_asks_for(strength: float) -> None:
    steps = tables.steps(strength, np.ones(64, np.float32))
    assert steps.dtype == np.float32
    assert set(steps.tolist()) <= {np.floor(strength), np.ceil(strength)}
    assert steps.mean() == pytest.approx(strength, abs=1 / 64)


def test_steps_stay_within_a_baseline_file() -> None:
    relative = np.geomspace(0.01, 1000, 64).astype(np.float32)
    for strength in (0.02, 1, 30000):
        steps = tables.steps(strength, relative)
        assert steps.min() >= 1
        assert steps.max() <= 255
        assert (np.diff(tables.steps(strength * 2, relative) - steps) >= -255).all()
        assert (tables.steps(strength * 2, relative) >= steps).all()


def test_a_refit_is_the_least_squares_step() -> None:
    random = np.random.default_rng(0)
    old = random.integers(5, 40, 64).astype(np.float32)
    coefficients = random.laplace(0, 60, (500, 64)).astype(np.float32)
    levels = np.trunc(coefficients / old).astype(np.int16)  # as a trellis does, mostly downwards
    levels[:, 7] = 0  # nothing to learn from
    refit = tables.Refit(old)
    ac_levels = levels.copy()
    ac_levels[:, 0] = 0
    for half in (slice(0, 200), slice(200, 500)):
        refit.add(coefficients[half], ac_levels[half])
        refit.add_dc(coefficients[half, 0], levels[half, 0])
    found = refit.steps()
    for k in range(64):
        if k == 7:
            assert found[k] == old[k]
            continue
        candidates = np.arange(1, 256)
        errors = ((coefficients[:, k, np.newaxis] - levels[:, k, np.newaxis] * candidates) ** 2).sum(0)
        assert found[k] == candidates[errors.argmin()]


def test_a_table_is_in_natural_order() -> None:
    sequence = np.arange(1, 65, dtype=np.float32)
    table = tables.to_table(sequence)
    assert table.dtype == np.uint16
    assert [table.ravel()[place] for place in ZIGZAG] == sequence.tolist()


@pytest.mark.parametrize("make", [tables.psnr_aim, tables.perceptual_aim])
@pytest.mark.parametrize("ratio", [(1, 1), (2, 1), (2, 2)])
def test_chroma_weighs_more_the_fewer_samples_it_has(make, ratio: tuple[int, int]) -> None:
    """A chroma sample that stands for several pixels errs in all of them; its steps are finer."""
    full, small = make(1, 1), make(*ratio)
    assert small.chroma_weights[0][0] == pytest.approx(full.chroma_weights[0][0] * np.prod(ratio), rel=0.1)
    assert small.chroma[0] == pytest.approx(full.chroma[0] / np.sqrt(np.prod(ratio)), rel=0.1)
