"""The region of interest: which coefficients it takes, and how far they are shifted (T.800 Annex H)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from numjpeg.jpeg2000 import quantization, wavelet
from numjpeg.jpeg2000 import region_of_interest as roi


@pytest.mark.parametrize("place", [(0, 0), (1, 3)])
def test_what_a_region_needs_is_in_its_masks(place: tuple[int, int]) -> None:
    """Coefficients outside the masks do not change a sample of the region."""
    mask = np.zeros((40, 44), bool)
    mask[17:22, 9:20] = True
    samples = np.random.default_rng(0).uniform(-99, 99, mask.shape).astype(np.float32)
    bands = wavelet.forward(samples, *place, False)
    masks = roi.split_mask(mask, *place)
    kept = tuple(np.where(own, band, 0).astype(np.float32) for band, own in zip(bands, masks, strict=True))
    assert any((band != part).any() for band, part in zip(bands, kept, strict=True))
    np.testing.assert_allclose(wavelet.inverse(*kept, *place, False)[mask], samples[mask], atol=0.02)


def test_shifted_coefficients_lie_above_all_others() -> None:
    values = np.array([[3, -9, 0, 5, -1]], np.int32)
    mask = np.array([[True, False, True, False, True]])
    shift = roi.shift_for([values], [mask])
    shifted = roi.shift_up(values, mask, shift)
    assert np.abs(shifted[mask & (values != 0)]).min() > np.abs(values[~mask]).max()
    half_units = np.sign(shifted) * (2 * np.abs(shifted) + 1)
    back = quantization.unshift_roi(half_units.astype(np.int32), shift)
    np.testing.assert_array_equal(np.sign(back) * (np.abs(back) // 2), values)


def test_gains_of_shifted_planes() -> None:
    found = roi.true_gains(np.full(7, 64.0), 3, 1)
    np.testing.assert_array_equal(found, [256.0] * 4 + [64.0] * 3)


@pytest.mark.parametrize("importance", [np.zeros((3, 4)), np.full((4, 4), np.nan), np.full((4, 4), "a")])
def test_wrong_importance_is_named(importance: Any) -> None:
    with pytest.raises(ValueError, match="importance"):
        roi.region_mask(importance, (4, 4))
