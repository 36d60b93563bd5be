"""The quality of the tables that Pillow (libjpeg) writes, exact and nearest; families of encoders."""

from __future__ import annotations

import io
import subprocess

import numpy as np
import pillow
import pytest
import samples
from PIL import Image

from numjpeg import read_header
from numjpeg.forensics import FAMILIES, encoder_family, estimate_quality


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
        (np.full(64, -1), None),
        (np.full(64, 65536), None),
        (np.ones(64), None),
        (np.ones(64, int), "K.3"),
    ],
)
def test_wrong_arguments(table, base):
    with pytest.raises(ValueError, match=r"^(table|base): "):
        estimate_quality(table, base)


def test_a_broken_table_with_an_entry_of_0_has_the_quality_of_the_others() -> None:
    table = pillow_tables(60)[0].ravel()
    broken = np.where(np.arange(64) == 5, 0, table)
    assert estimate_quality(broken) == (60, False, "K.1", table[5])


def test_the_family_of_tables_in_one_array() -> None:
    assert encoder_family(np.stack(pillow_tables(60))).name == "annex-k"
    with pytest.raises(ValueError, match=r"^tables: "):
        encoder_family(np.ones((0, 8, 8), int))


@pytest.mark.parametrize("quality", [1, 2, 3, 30, 83, 100])
def test_the_family_of_pillow(quality: int) -> None:
    luminance, chrominance = pillow_tables(quality)
    found = encoder_family([luminance, chrominance, chrominance])
    assert (found.name, found.distance) == ("annex-k", 0)
    assert found.qualities[0] == quality
    assert encoder_family([luminance]).name == "annex-k"


def tables_of(data: bytes) -> list[np.ndarray]:
    header = read_header(data)
    return [header.quantization_tables[c.Tq] for c in header.components]


def test_the_family_of_cjpeg_with_two_qualities(cjpeg: str) -> None:
    picture = b"P6 16 16 255\n" + bytes(768)
    data = subprocess.run([cjpeg, "-quality", "90,70"], input=picture, capture_output=True, check=True).stdout
    assert encoder_family(tables_of(data)) == ("annex-k, several qualities", (90, 70, 70), 0)


def test_the_family_of_jpegli(study: None) -> None:
    import pyjpegli  # noqa: PLC0415 (an extra)

    file = bytes(pyjpegli.encode(samples.smooth(32, 32).tobytes(), 32, 32, 80))
    assert encoder_family(tables_of(file)).name == "own tables"


def test_families_of_other_tables() -> None:
    own = np.add.outer(np.arange(8), np.arange(8)) * 3 + 5
    assert (
        encoder_family(tables_of(pillow.save(samples.smooth(16, 16), qtables=[own.ravel().tolist()]))).name
        == "one table"
    )
    assert encoder_family([own, own + 1, own + 1]).name == "own tables"
    three = [(own + i).ravel().tolist() for i in range(3)]
    assert encoder_family(tables_of(pillow.save(samples.smooth(16, 16), qtables=three))).name == "table for each"
    assert encoder_family([np.full((8, 8), 7)] * 3).name == "flat"
    assert {encoder_family([table]).name for table in (own, np.full(64, 7))} <= set(FAMILIES)
    with pytest.raises(ValueError, match=r"^tables: "):
        encoder_family([])
