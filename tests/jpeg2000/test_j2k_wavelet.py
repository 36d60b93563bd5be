"""Wavelets against lifting written out sample by sample (T.800 Equations F-5 to F-11)."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.jpeg2000 import wavelet

INEXACT = 0.01
"""OpenJPEG's 1 / K is too small by 33 millionths, so a sample of 100 does not come back exactly."""


def mirrored(signal: list[float], i: int) -> float:
    last = len(signal) - 1
    while not 0 <= i <= last:
        i = -i if i < 0 else 2 * last - i
    return signal[i]


def literally(signal: list[float], odd: int, steps: list[tuple[int, float]]) -> list[float]:
    """Lifting steps in place: (parity by absolute position, factor)."""
    for parity, factor in steps:
        signal = [
            value + factor * (mirrored(signal, i - 1) + mirrored(signal, i + 1))
            if (i + odd) % 2 == parity
            else value
            for i, value in enumerate(signal)
        ]
    return signal


@pytest.mark.parametrize("odd", [0, 1])
@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 8, 17])
def test_9_7(length: int, odd: int) -> None:
    signal = np.random.default_rng(length).uniform(-99, 99, length).astype(np.float32)
    low, high = wavelet.forward_97(signal, odd)
    np.testing.assert_allclose(wavelet.inverse_97(low, high, odd), signal, atol=INEXACT)
    if length > 1:
        factors = [(1, -1.586134342), (0, -0.052980118), (1, 0.882911075), (0, 0.443506852)]
        found = literally(signal.tolist(), odd, factors)
        np.testing.assert_allclose(low, np.array(found[odd::2]) / 1.230174105, atol=1e-3)
        np.testing.assert_allclose(high, np.array(found[1 - odd :: 2]) * 1.230174105, atol=1e-3)


@pytest.mark.parametrize("odd", [0, 1])
@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 8, 17])
def test_5_3(length: int, odd: int) -> None:
    signal = np.random.default_rng(length).integers(-128, 128, length).astype(np.int32)
    low, high = wavelet.forward_53(signal, odd)
    np.testing.assert_array_equal(wavelet.inverse_53(low, high, odd), signal)
    if length > 1:
        values = signal.tolist()
        for i in range(1 - odd, length, 2):
            values[i] -= (mirrored(values, i - 1) + mirrored(values, i + 1)) // 2
        for i in range(odd, length, 2):
            values[i] += (mirrored(values, i - 1) + mirrored(values, i + 1) + 2) // 4
        np.testing.assert_array_equal(low, values[odd::2])
        np.testing.assert_array_equal(high, values[1 - odd :: 2])


@pytest.mark.parametrize("place", [(0, 0), (1, 0), (0, 1), (3, 5)])
@pytest.mark.parametrize("reversible", [False, True])
def test_both_directions(place: tuple[int, int], reversible: bool) -> None:
    samples = np.random.default_rng(0).integers(-128, 128, (13, 10)).astype(np.int32 if reversible else np.float32)
    bands = wavelet.forward(samples, *place, reversible)
    x0, y0 = place
    assert bands[1].shape == ((13 + 1 - y0 % 2) // 2, (10 + x0 % 2) // 2)  # HL: low in y, high in x
    np.testing.assert_allclose(
        wavelet.inverse(*bands, *place, reversible), samples, atol=0 if reversible else INEXACT
    )


def test_how_far_a_sample_reaches() -> None:
    low, high = np.zeros(40, np.float32), np.zeros(40, np.float32)
    low[20] = high[20] = 1
    changed = np.flatnonzero(wavelet.inverse_97(low, high, 0))
    assert changed.min() >= 40 - wavelet.REACH
    assert changed.max() <= 41 + wavelet.REACH
