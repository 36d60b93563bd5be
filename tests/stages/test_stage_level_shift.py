"""The level shift of A.3.1 for every sample, and its inverse for everything a real dtype can hold."""

import numpy as np
import pytest

from numjpeg.stages.level_shift import inverse_level_shift, level_shift


def test_every_sample_is_shifted_by_128() -> None:
    shifted = level_shift(np.arange(256, dtype=np.uint8))
    assert shifted.dtype == np.int16
    assert shifted.tolist() == [sample - 128 for sample in range(256)]


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.int64, np.float32, np.float64])
def test_the_inverse_adds_128_and_clips(dtype: type) -> None:
    values = list(range(-1000, 1001))
    samples = inverse_level_shift(np.array(values, dtype))
    assert samples.dtype == np.uint8
    assert samples.tolist() == [min(max(value + 128, 0), 255) for value in values]


def test_the_inverse_rounds_what_is_no_integer() -> None:
    values = [-128.6, -128.4, -0.6, -0.4, 0.4, 0.6, 126.51, 126.49, 127.4, 127.6, 1e9, -1e9, np.inf, -np.inf]
    expected = [0, 0, 127, 128, 128, 129, 255, 254, 255, 255, 255, 0, 255, 0]
    for dtype in (np.float32, np.float64):
        assert inverse_level_shift(np.array(values, dtype)).tolist() == expected


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32])
def test_the_inverse_clips_the_extremes_of_every_integer_dtype(dtype: type) -> None:
    """The sum must not wrap round in the dtype of the samples."""
    limits = np.iinfo(dtype)
    for value in (limits.min, limits.min + 1, 0, 100, limits.max - 1, limits.max):
        assert inverse_level_shift(np.array([value], dtype)).tolist() == [min(max(value + 128, 0), 255)]


def test_there_and_back() -> None:
    samples = np.arange(256, dtype=np.uint8).reshape(4, 8, 8)
    assert (inverse_level_shift(level_shift(samples)) == samples).all()
    assert (inverse_level_shift(level_shift(samples).astype(np.float64) + 0.4) == samples).all()


def test_any_shape() -> None:
    for shape in [(), (0,), (1,), (2, 3, 8, 8)]:
        assert level_shift(np.zeros(shape, np.uint8)).shape == shape
        assert inverse_level_shift(np.zeros(shape, np.int16)).shape == shape
