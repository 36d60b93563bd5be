"""Turned and cropped pictures equal jpegtran's files."""

from __future__ import annotations

import pytest
from edited_files import JPEGTRAN, files

from numjpeg import transform
from numjpeg.edits.turns import OPERATIONS


@pytest.mark.usual(every=3)
@pytest.mark.parametrize("size", [(32, 48), (37, 61), (64, 17), (7, 100)])
@pytest.mark.parametrize("operation", JPEGTRAN)
def test_every_operation_equals_jpegtran(jpegtran, operation: str, size: tuple[int, int]) -> None:
    assert JPEGTRAN.keys() == OPERATIONS.keys()
    for name, data in files(*size).items():
        for trim in (False, True):
            expected = jpegtran(data, *JPEGTRAN[operation], *["-trim"] * trim)
            assert transform(data, operation, trim=trim) == expected, (name, trim)
        if name not in ("4:2:0", "4:1:1", "cmyk"):
            continue
        perfect = jpegtran(data, *JPEGTRAN[operation], "-perfect")
        if perfect is None:
            with pytest.raises(ValueError, match="perfect"):
                transform(data, operation, perfect=True)
        else:
            assert transform(data, operation, perfect=True) == perfect, name


@pytest.mark.usual(
    *("none-20x25+17+9", "rotate_180-20fx25f+17+9", "flip_horizontal-44x28+17+9"),
    *("none-1x1+0+0", "rotate_180-61x37+0+0", "flip_horizontal-30x1f+5+36"),
)
@pytest.mark.parametrize(
    "crop", ["20x25+17+9", "20fx25f+17+9", "44x28+17+9", "1x1+0+0", "61x37+0+0", "30x1f+5+36"]
)
@pytest.mark.parametrize("operation", ["none", "rotate_180", "flip_horizontal"])
def test_crops_equal_jpegtran(jpegtran, crop: str, operation: str) -> None:
    for name, data in files(37, 61).items():
        for trim in (False, True):
            expected = jpegtran(data, *JPEGTRAN[operation], "-crop", crop, *["-trim"] * trim)
            assert expected is not None
            assert transform(data, operation, crop=crop, trim=trim) == expected, (name, trim)


@pytest.mark.parametrize("operation", ["rotate_90", "rotate_270", "transverse"])
def test_crops_of_turned_pictures_equal_jpegtran(jpegtran, operation: str) -> None:
    for name, data in files(37, 61).items():
        for crop in ("20x30+16+8", "37x20+0+41", "30x61+7+0"):
            for trim in (False, True):
                expected = jpegtran(data, *JPEGTRAN[operation], "-crop", crop, *["-trim"] * trim)
                assert transform(data, operation, crop=crop, trim=trim) == expected, (name, crop, trim)
