"""Quantization against the equations of T.800 Annex E."""

from __future__ import annotations

import math

import numpy as np
import pytest

from numjpeg.jpeg2000 import quantization


def test_the_dead_zone_is_two_steps_wide() -> None:
    values = np.array([-7.6, -2.5, -2.4, 0, 2.4, 2.5, 4.9, 5.0, 7.6], np.float32)
    np.testing.assert_array_equal(quantization.quantize(values, 2.5), [-3, -1, 0, 0, 0, 1, 1, 2, 3])
    # Known to the last bit, a magnitude q is 2 q + 1 half units: the middle of its interval.
    half_units = np.array([-7, 0, 3], np.int32)
    np.testing.assert_array_equal(quantization.dequantize(half_units, 2.5), [-8.75, 0, 3.75])
    np.testing.assert_array_equal(
        quantization.dequantize_reversible(np.array([-7, -3, 0, 3, 7])), [-3, -1, 0, 1, 3]
    )


@pytest.mark.parametrize("step", [0.01, 0.7, 1.0, 3.3, 250.0])
def test_a_step_is_written_almost_as_it_is(step: float) -> None:
    exponent, mantissa = quantization.nearest_step(step, 10)
    found = quantization.step_of(exponent, mantissa, 10)
    assert 0 <= mantissa < 2048
    assert step * (1 - 1 / 2048) < found <= step
    assert math.isclose(found, 2.0 ** (10 - exponent) * (1 + mantissa / 2048))


def test_a_region_of_interest_comes_back_down() -> None:
    np.testing.assert_array_equal(
        quantization.unshift_roi(np.array([0, 31, -31, 32 << 4, -(99 << 4)], np.int32), 4), [0, 31, -31, 32, -99]
    )


@pytest.mark.parametrize(("signed", "low", "high"), [(False, 0, 255), (True, -128, 127)])
def test_samples_are_rounded_and_clipped(signed: bool, low: int, high: int) -> None:
    values = np.array([-500, -0.6, 0.4, 500], np.float32)
    middle = 0 if signed else 128
    found = quantization.inverse_level_shift(values, 8, signed)
    np.testing.assert_array_equal(found, [low, middle - 1, middle, high])
    samples = np.arange(256, dtype=np.uint8)
    if not signed:
        np.testing.assert_array_equal(
            quantization.inverse_level_shift(quantization.level_shift(samples, 8), 8, False), samples
        )


def test_numbers_of_a_damaged_file_are_clipped_before_they_are_rounded() -> None:
    values = np.array([3e9, -3e9, np.inf, -np.inf, -128.4, -0.5, 0.5, 1.5, 127.6], np.float32)
    with np.errstate(all="raise"):
        samples = quantization.inverse_level_shift(values, 8, signed=False)
        signed = quantization.inverse_level_shift(values, 8, signed=True)
    np.testing.assert_array_equal(samples, [255, 0, 255, 0, 0, 128, 128, 130, 255])
    np.testing.assert_array_equal(signed, [127, -128, 127, -128, -128, 0, 0, 2, 127])
    whole = np.array([2**31 - 1, -(2**31), -128, 0, 127], np.int32)
    np.testing.assert_array_equal(quantization.inverse_level_shift(whole, 8, False), [255, 0, 0, 128, 255])
