"""The search for a target: sizes and qualities are kept, in the classical and in the high-throughput coder."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from j2k_samples import photo

from numjpeg import jpeg2000, psnr

IMAGES = {
    "photo": photo(75, 90),
    "ramps": np.arange(3000).astype(np.uint8).reshape(30, 100),
    "sixteen_bits": photo(45, 50, 1, depth=16),
}


@pytest.mark.parametrize("rate", [2, 5, 8])
@pytest.mark.parametrize("name", IMAGES)
def test_steps_reach_a_size(name: str, rate: float) -> None:
    image = IMAGES[name]
    most = rate * image.shape[0] * image.shape[1] / 8
    assert 0.98 * most < len(jpeg2000.encode(image, bits_per_pixel=rate, high_throughput=True)) <= most


@pytest.mark.parametrize("rate", [3, 4.5, 6])
@pytest.mark.parametrize("shape", [(20, 28), (41, 17)])
def test_steps_reach_the_size_of_a_tiny_picture(shape: tuple[int, int], rate: float) -> None:
    """Its headers are most of the file, and do not shrink with the steps."""
    image = photo(*shape)
    most = rate * shape[0] * shape[1] / 8
    data = jpeg2000.encode(image, bits_per_pixel=rate, high_throughput=True, container="j2k")
    assert 0.98 * most < len(data) <= most


@pytest.mark.parametrize("high_throughput", [False, True])
def test_nothing_is_lost_where_the_size_allows_it(high_throughput: bool) -> None:
    image = IMAGES["ramps"]
    options = {"high_throughput": high_throughput, "code_block_size": (8, 8)}
    data = jpeg2000.encode(image, bits_per_pixel=13, **options)
    np.testing.assert_array_equal(jpeg2000.decode(data), image)
    assert data == jpeg2000.encode(image, **options)
    asked = jpeg2000.encode(image, bits_per_pixel=13, reversible=False, **options)
    assert not jpeg2000.read_header(asked).reversible


@pytest.mark.usual("{'high_throughput': True}", "{}")
@pytest.mark.parametrize("options", [{"high_throughput": True}, {"reversible": True}, {}], ids=str)
def test_a_quality_is_reached_and_little_more(options: dict[str, Any]) -> None:
    image = IMAGES["photo"]
    data = jpeg2000.encode(image, target_psnr=36, code_block_size=(16, 16), **options)
    found = psnr(image, jpeg2000.decode(data))
    assert 36 <= found < 36.3


def test_what_nothing_reaches() -> None:
    with pytest.raises(ValueError, match="target"):
        jpeg2000.encode(IMAGES["photo"], target_bytes=150, high_throughput=True)


@pytest.mark.parametrize("fast", [False, True])
def test_decibels_are_those_of_the_precision(fast: bool) -> None:
    """Of signed samples of 12 bits; a PSNR for the whole type would be 24 dB more."""
    noise = (
        np.random.default_rng(0).normal(0, 60, (60, 80)) + np.add.outer(np.arange(60), np.arange(80)) * 20 - 1400
    )
    image = np.clip(noise, -2048, 2047).astype(np.int16)
    data = jpeg2000.encode(image, precision=12, target_psnr=40, high_throughput=fast)
    assert 40 <= psnr(image, jpeg2000.decode(data), data_range=4095) < 41


@pytest.mark.parametrize(("shape", "target"), [((8, 8), 50.0), ((30, 41), 60.0)])
def test_finer_steps_lose_nothing_and_coarser_ones_too_much(shape: tuple[int, int], target: float) -> None:
    """The PSNR of the first is infinite, which is no number to interpolate with."""
    image = photo(*shape)
    data = jpeg2000.encode(image, target_psnr=target, high_throughput=True)
    assert psnr(image, jpeg2000.decode(data)) >= target


@pytest.mark.parametrize("fast", [False, True])
def test_a_quality_beyond_the_irreversible_wavelet(fast: bool) -> None:
    """Rounded constants limit 16-bit samples to about 97 dB: the file is lossless, or refused."""
    image = np.random.default_rng(0).integers(0, 1 << 16, (20, 24)).astype(np.uint16)
    data = jpeg2000.encode(image, target_psnr=110, high_throughput=fast)
    np.testing.assert_array_equal(jpeg2000.decode(data), image)
    with pytest.raises(ValueError, match="target_psnr"):
        jpeg2000.encode(image, target_psnr=110, reversible=False, high_throughput=fast)
