"""DC prediction against the loop of F.1.1.5.1, with restarts, and across bands."""

import numpy as np
import pytest
from reference import prediction as literal_prediction

from numjpeg.stages.dc_prediction import dc_differences, dc_from_differences

CASES = [
    (0, []),
    (1, []),
    (1, [0]),
    (2, [1]),
    (50, []),
    (50, [0]),
    (50, [49]),
    (50, [7, 8, 20, 21, 22]),
    (50, list(range(50))),
]


def random_dc(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-32768, 32768, count).astype(np.int16)


@pytest.mark.parametrize(("count", "resets"), CASES)
@pytest.mark.parametrize("predictor", [0, 5, -1024, 32767, -32768])
def test_differences_equal_the_loop(count: int, resets: list[int], predictor: int) -> None:
    dc = random_dc(count)
    result = dc_differences(dc, np.array(resets, np.intp), predictor)
    assert result.dtype == np.int32
    assert result.tolist() == literal_prediction.differences(dc.tolist(), set(resets), predictor)


@pytest.mark.parametrize(("count", "resets"), CASES)
@pytest.mark.parametrize("predictor", [0, 5, -1024, 32767, -32768])
def test_sums_equal_the_loop(count: int, resets: list[int], predictor: int) -> None:
    """Differences of 16 bits at random pass the limits of int16 all the time: sums are kept modulo 2^16."""
    differences = np.random.default_rng(1).integers(-32768, 32768, count)
    for dtype in (np.int16, np.int32, np.int64):
        result = dc_from_differences(differences.astype(dtype), np.array(resets, np.intp), predictor)
        assert result.dtype == np.int16
        assert result.tolist() == literal_prediction.sums(differences.tolist(), set(resets), predictor)


def test_no_resets_may_be_left_out() -> None:
    dc = random_dc(20)
    assert dc_differences(dc).tolist() == literal_prediction.differences(dc.tolist(), set())
    assert dc_from_differences(dc).tolist() == literal_prediction.sums(dc.tolist(), set())


@pytest.mark.parametrize(("count", "resets"), CASES)
def test_there_and_back(count: int, resets: list[int]) -> None:
    dc = random_dc(count, seed=2)
    places = np.array(resets, np.intp)
    assert (dc_from_differences(dc_differences(dc, places, 77), places, 77) == dc).all()


def test_bands_join_through_the_predictor() -> None:
    dc = random_dc(100, seed=3)
    whole = dc_differences(dc)
    sums, differences = [], []
    predictor = 0
    for start in range(0, 100, 7):
        band = dc[start : start + 7]
        differences += dc_differences(band, predictor=predictor).tolist()
        sums += dc_from_differences(whole[start : start + 7], predictor=predictor).tolist()
        predictor = int(band[-1])
    assert differences == whole.tolist()
    assert sums == dc.tolist()


def test_a_reset_at_the_start_of_a_band_overrides_the_predictor() -> None:
    dc = np.array([10, 12], np.int16)
    assert dc_differences(dc, np.array([0]), 1000).tolist() == [10, 2]
    assert dc_from_differences(np.array([10, 2]), np.array([0]), 1000).tolist() == [10, 12]


def test_a_long_run_of_large_sums_stays_exact() -> None:
    differences = np.full(200000, 32767)
    expected = [(32767 * (i + 1) + 32768) % 65536 - 32768 for i in range(200000)]
    assert dc_from_differences(differences).tolist() == expected
