"""The region of interest: which coefficients it takes, and how far they are shifted (T.800 Annex H)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from j2k_samples import openjpeg_decode, photo

from numjpeg import jpeg2000, psnr
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


@pytest.mark.parametrize("target", [{"bits_per_pixel": 8}, {"target_psnr": 60}], ids=str)
@pytest.mark.usual(every=2)
def test_a_region_of_16_bits_has_as_many_bit_planes_as_fit(target: dict[str, float]) -> None:
    image = photo(64, 80, 1, depth=16)
    region = np.zeros((64, 80), bool)
    region[20:40, 30:60] = True
    data = jpeg2000.encode(image, importance=region, container="j2k", **target)
    decoded = jpeg2000.decode(data)
    np.testing.assert_array_equal(decoded, openjpeg_decode(data))
    errors = np.abs(decoded.astype(int) - image)
    assert errors[region].max() < 64
    assert errors[region].mean() < errors[~region].mean()


def test_a_quality_with_a_region_is_reached_and_little_more() -> None:
    image = photo(64, 80)
    region = np.zeros((64, 80), bool)
    region[20:40, 30:60] = True
    data = jpeg2000.encode(image, target_psnr=36, importance=region, code_block_size=(16, 16))
    decoded = jpeg2000.decode(data)
    assert 36 <= psnr(image, decoded) < 36.5
    assert psnr(image[region], decoded[region]) > psnr(image[~region], decoded[~region])


@pytest.mark.parametrize("options", [{"lossless": True}, {"bits_per_pixel": 4, "reversible": True}], ids=str)
def test_a_region_that_no_code_block_can_hold(options: dict[str, Any]) -> None:
    image = photo(64, 80, 1, depth=16)
    with pytest.raises(ValueError, match="importance: the region takes"):
        jpeg2000.encode(image, importance=np.arange(80) < np.full((64, 1), 40), **options)
