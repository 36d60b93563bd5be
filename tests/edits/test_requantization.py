"""Requantized pictures."""

from __future__ import annotations

import numpy as np
import pillow
import pytest
import samples
from edited_files import picture

import numjpeg
import numjpeg.files
from numjpeg import join, requantize


def test_requantizing_gives_the_levels_of_rounded_division() -> None:
    c = numjpeg.read_coefficients(numjpeg.encode(picture(40, 40), 95))
    coarse = requantize(c, 50)
    for i, plane in enumerate(coarse.planes):
        ratio = c.dequantized(i) / coarse.quantization_table(i).astype(float)
        assert np.abs(plane - ratio).max() <= 0.5
    assert len(numjpeg.write_coefficients(coarse)) < len(numjpeg.write_coefficients(c))


def test_levels_of_12_bits_a_sample_may_be_as_large_as_their_files_hold() -> None:
    noise = np.random.default_rng(1).integers(0, 4096, (24, 40)).astype(np.uint16)
    data = numjpeg.encode(noise, 50, precision=12)
    c = numjpeg.read_coefficients(data)
    fine = numjpeg.read_coefficients(requantize(data, 99))
    assert np.abs(fine.planes[0]).max() > 2047
    ratio = c.dequantized(0) / fine.quantization_table(0).astype(float)
    assert np.abs(fine.planes[0] - ratio).max() <= 0.5


def test_a_target_in_bytes_is_met_and_a_file_below_it_keeps_its_tables() -> None:
    data = numjpeg.encode(picture(120, 160), 92, optimize=True)
    for target in (len(data) // 2, len(data) // 4):
        small = requantize(data, target_bytes=target)
        assert 0.9 * target < len(small) <= target
        # It is about as good as the picture itself encoded to this size.
        image, fresh = picture(120, 160), numjpeg.encode(picture(120, 160), target_bytes=target, optimize=True)
        assert numjpeg.psnr(image, numjpeg.decode(small)) > numjpeg.psnr(image, numjpeg.decode(fresh)) - 0.7
        again = requantize(numjpeg.read_coefficients(data), target_bytes=target)
        assert isinstance(again, numjpeg.Coefficients)
        assert len(numjpeg.write_coefficients(again, optimize=True)) <= target
    kept = numjpeg.read_coefficients(requantize(data, target_bytes=len(data)))
    assert kept.planes[0].tobytes() == numjpeg.read_coefficients(data).planes[0].tobytes()
    with pytest.raises(ValueError, match="target_bytes: 100 is impossible"):
        requantize(data, target_bytes=100)


def test_tables_for_the_components_in_turn() -> None:
    data = numjpeg.encode(picture(40, 40), 95)
    tables = [np.full((8, 8), step) for step in (3, 7, 300)]
    c = numjpeg.read_coefficients(requantize(data, qtables=tables))
    for i in range(3):
        np.testing.assert_array_equal(c.quantization_table(i), tables[i])
    assert numjpeg.decode(requantize(data, qtables=tables[:1])).shape == (40, 40, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "quality: one of"),
        ({"quality": 50, "qtables": [np.ones(64, int)]}, "quality: one of"),
        ({"quality": 50, "target_bytes": 5}, "target_bytes: not together"),
        ({"quality": 101}, "quality: 101 is outside"),
        ({"qtables": [np.ones(63, int)]}, "qtables: table 0: 64 integers"),
        ({"qtables": []}, "qtables: 0 tables"),
        ({"target_bytes": 0}, "target_bytes: 0 is below 1"),
    ],
)
def test_wrong_arguments_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        requantize(numjpeg.encode(picture(16, 16), 80), **options)


def test_a_level_that_no_file_can_hold_names_its_place() -> None:
    c = numjpeg.read_coefficients(numjpeg.encode(picture(24, 24, 1)[..., 0], 50))
    c.planes[0][1, 2, 3, 4] = 1000
    with pytest.raises(ValueError, match=r"component 0, block \(1, 2\): coefficient \[3, 4\] would be \d+, above"):
        requantize(c, qtables=[np.ones((8, 8), int)])


def test_edits_have_no_limit_of_pixels_that_nobody_could_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pillow.save(samples.smooth(32, 48))
    expected = numjpeg.transform(data, "rotate_90"), requantize(data, 30), join([data, data])
    defaults = {**(numjpeg.read_coefficients.__kwdefaults__ or {}), "max_pixels": 32 * 48 - 1}
    monkeypatch.setattr(numjpeg.read_coefficients, "__kwdefaults__", defaults)
    with pytest.raises(numjpeg.UnsupportedError, match="max_pixels=1535"):
        numjpeg.read_coefficients(data)
    assert expected == (
        numjpeg.transform(data, "rotate_90"),
        requantize(data, 30),
        join([data, data]),
    )
