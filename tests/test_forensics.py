"""The quality of the tables that Pillow (libjpeg) writes, exact and nearest; the bits of each block."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pillow
import pytest
import samples
from PIL import Image

from numjpeg import read_coefficients
from numjpeg.forensics import bits_per_block, estimate_quality


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


def test_the_module_needs_no_pillow() -> None:
    program = """
import sys
sys.modules["PIL"] = None
import numpy as np, numjpeg
data = numjpeg.encode(np.zeros((16, 24), np.uint8), 90)
coefficients = numjpeg.read_coefficients(data)
from numjpeg import forensics
assert forensics.estimate_quality(coefficients.quantization_table(0)).quality == 90
(bits,) = forensics.bits_per_block(coefficients)
print(bits.tolist())
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    # The first block codes DC -1024 / 3 = -341 (category 9: 7 + 9 bits), the others a difference of 0 (2 bits);
    # the end of each block takes 4 bits.
    assert done.stdout.strip() == "[[20, 6, 6], [6, 6, 6]]"


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
def test_bits_per_block_add_up_to_the_scan(subsampling: str) -> None:
    """Of a picture of whole MCUs, whose blocks are all counted; but for stuffing and padding."""
    data = pillow.save(samples.smooth(32, 48), quality=85, subsampling=subsampling)
    bits = bits_per_block(read_coefficients(data))
    start = data.index(b"\xff\xda")
    coded = data[start + 2 + int.from_bytes(data[start + 2 : start + 4], "big") : -2].replace(b"\xff\0", b"\xff")
    total = sum(int(plane.sum()) for plane in bits)
    assert -(-total // 8) == len(coded)
