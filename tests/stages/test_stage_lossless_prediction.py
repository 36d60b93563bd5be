"""Prediction of samples against T.81 H.1.2, sample by sample."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.stages.lossless_prediction import PREDICTORS, lossless_differences, lossless_samples


def literal_samples(differences: np.ndarray, predictor: int, first: int) -> np.ndarray:
    """Table H.1 and H.1.2.1 in Python's integers."""
    rows, columns = differences.shape
    x = [[0] * columns for _ in range(rows)]
    for i in range(rows):
        for j in range(columns):
            if i == 0:
                prediction = x[0][j - 1] if j else first
            elif j == 0:
                prediction = x[i - 1][0]
            else:
                a, b, c = x[i][j - 1], x[i - 1][j], x[i - 1][j - 1]
                table = (a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1)
                prediction = table[predictor - 1]
            x[i][j] = (prediction + int(differences[i, j])) % 65536
    return np.array(x)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2), (5, 13), (13, 4)])
@pytest.mark.parametrize("predictor", PREDICTORS)
def test_every_predictor(predictor: int, size: tuple[int, int]) -> None:
    """Any differences, all 65,536 of them possible, of several planes at once."""
    for seed, first in enumerate((0, 2, 128, 32768)):
        differences = np.random.default_rng(seed).integers(0, 65536, (3, *size)).astype(np.uint16)
        samples = lossless_samples(differences, predictor, first)
        assert samples.dtype == np.uint16
        assert np.array_equal(samples, [literal_samples(plane, predictor, first) for plane in differences])
        assert np.array_equal(lossless_differences(samples, predictor, first), differences)
        assert np.array_equal(lossless_samples(differences[0], predictor, first), samples[0])


@pytest.mark.parametrize("stage", [lossless_samples, lossless_differences])
def test_refusals(stage) -> None:
    for wrong, name in (
        (np.zeros((2, 2), np.uint8), "uint16"),
        (np.zeros(2, np.uint16), "planes"),
        (np.zeros((0, 2), np.uint16), "planes"),
    ):
        with pytest.raises(ValueError, match=name):
            stage(wrong, 1, 128)
    for predictor in (0, 8):
        with pytest.raises(ValueError, match="predictor"):
            stage(np.zeros((2, 2), np.uint16), predictor, 128)
    with pytest.raises(TypeError):
        stage([[1]], 1, 128)
