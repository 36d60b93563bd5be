"""APPn segments of edited files equal jpegtran's; EXIF of pictures put upright."""

from __future__ import annotations

import io

import numpy as np
import pytest
from edited_files import exif, picture, without_jfif

import numjpeg
import numjpeg.files
from numjpeg import transform


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("jfif", [True, False])
def test_exif_comes_out_as_jpegtran_writes_it(jpegtran, order: str, jfif: bool) -> None:
    data = numjpeg.encode(picture(37, 61), 80, exif=exif(order=order, orientation=6, size=(37, 61)))
    if not jfif:
        data = without_jfif(data)
    for arguments, options in (
        (["-rotate", "90"], {"operation": "rotate_90"}),
        (["-crop", "20x20+16+0"], {"crop": "20x20+16+0"}),
        (["-flip", "horizontal"], {"operation": "flip_horizontal"}),
    ):
        assert transform(data, **options) == jpegtran(data, *arguments)


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("order", ["big", "little"])
def test_autorotate_turns_picture_tag_and_thumbnail(number: int, order: str) -> None:
    small = numjpeg.encode(picture(16, 24), 80, subsampling="4:4:4", optimize=True)
    data = numjpeg.encode(
        picture(32, 48),
        90,
        subsampling="4:4:4",
        exif=exif(order=order, orientation=number, size=(32, 48), thumbnail=small),
    )
    turned = transform(data, "autorotate")
    header = numjpeg.read_header(turned)
    assert header.orientation == 1
    upright = numjpeg.imread(io.BytesIO(data), exif_orientation=True)
    # The same coefficients turned are the same picture up to the rounding of the inverse transform.
    assert np.abs(numjpeg.decode(turned).astype(int) - upright).max() <= 4
    shown = numjpeg.files.upright(numjpeg.decode(small), number)
    assert header.exif_thumbnail is not None
    thumbnail = numjpeg.decode(header.exif_thumbnail)
    assert thumbnail.shape == shown.shape
    assert np.abs(thumbnail.astype(int) - shown).max() <= 4
