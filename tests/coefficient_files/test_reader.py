"""Files to coefficients: what Pillow wrote, unchanged, is written again to the byte; damage is reported."""

from __future__ import annotations

import io

import numpy as np
import pillow
import pytest
import samples
from PIL import Image

import numjpeg


@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"optimize": True}, {"restart_marker_blocks": 2}])
def test_unchanged_coefficients_are_the_file_again(options: dict) -> None:
    data = pillow.save(samples.smooth(37, 53), quality=80, **options)
    assert numjpeg.write_coefficients(numjpeg.read_coefficients(data)) == data


def test_the_tables_are_those_that_pillow_reads() -> None:
    data = pillow.save(samples.smooth(37, 53), quality=63)
    with Image.open(io.BytesIO(data)) as image:
        tables = image.quantization
    c = numjpeg.read_coefficients(data)
    assert {n: t.ravel().tolist() for n, t in c.quantization_tables.items()} == tables


def test_a_progressive_file_has_the_coefficients_of_its_sequential_twin() -> None:
    image = samples.smooth(37, 53)
    sequential, progressive = (
        numjpeg.read_coefficients(pillow.save(image, quality=80, progressive=way)) for way in (False, True)
    )
    assert all(np.array_equal(a, b) for a, b in zip(sequential.planes, progressive.planes, strict=True))


def test_a_file_cut_short_keeps_what_came_before() -> None:
    data = pillow.save(samples.smooth(64, 64), quality=80, subsampling=0)
    whole = numjpeg.read_coefficients(data)
    with pytest.raises(numjpeg.FormatError):
        numjpeg.read_coefficients(data[: len(data) * 3 // 4])
    part, report = numjpeg.read_coefficients_damaged(data[: len(data) * 3 // 4])
    clear = report.mask
    assert 0 < clear.mean() < 1
    assert all(np.array_equal(a[clear], b[clear]) for a, b in zip(part.planes, whole.planes, strict=True))


def test_too_many_pixels_are_refused() -> None:
    data = pillow.save(samples.smooth(37, 53), quality=80)
    with pytest.raises(numjpeg.UnsupportedError, match="53 x 37 pixels: more than max_pixels=1960"):
        numjpeg.read_coefficients(data, max_pixels=37 * 53 - 1)
