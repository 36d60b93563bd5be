"""The quality of the tables that Pillow (libjpeg) writes, exact and nearest."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from numjpeg.forensics import estimate_quality


def pillow_tables(quality: int) -> list[np.ndarray]:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as image:
        return [np.array(table).reshape(8, 8) for table in image.quantization.values()]


@pytest.mark.parametrize("quality", range(1, 101))
def test_every_quality_of_pillow_is_found_exactly(quality):
    luminance, chrominance = pillow_tables(quality)
    assert estimate_quality(luminance) == (quality, True, "K.1", 0)
    found = estimate_quality(chrominance)
    lowest = 1 if chrominance.min() == 255 else quality  # K.2 is all 255 up to quality 3
    assert (found.quality, found.exact) == (lowest, True)
    assert estimate_quality(chrominance, "K.2") == (lowest, True, "K.2", 0)


def test_a_table_that_differs_a_little_is_near_and_not_exact():
    table = pillow_tables(80)[0]
    table[7, 7] += 3
    assert estimate_quality(table) == (80, False, "K.1", 3)


def test_the_base_can_be_told():
    luminance, _ = pillow_tables(75)
    found = estimate_quality(luminance, "K.2")
    assert found.base == "K.2"
    assert not found.exact


def test_a_table_that_libjpeg_does_not_clamp_to_8_bits():
    # cjpeg -quality 5 without -baseline: K.1 times 10.
    table = np.array(pillow_tables(50)[0]) * 10
    assert table.max() > 255
    assert estimate_quality(table) == (5, True, "K.1", 0)


def test_any_shape_of_64_integers():
    table = pillow_tables(60)[0]
    assert estimate_quality(table.ravel().tolist()).quality == 60


@pytest.mark.parametrize(
    ("table", "base"),
    [
        (np.ones(63, int), None),
        (np.zeros(64, int), None),
        (np.full(64, 65536), None),
        (np.ones(64), None),
        (np.ones(64, int), "K.3"),
    ],
)
def test_wrong_arguments(table, base):
    with pytest.raises(ValueError, match=r"^(table|base): "):
        estimate_quality(table, base)
