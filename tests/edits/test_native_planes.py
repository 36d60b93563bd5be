"""Planes at their own resolution, in and out."""

from __future__ import annotations

import io
from types import ModuleType

import numpy as np
import pytest
from command_line import photo, pillow_jpeg
from PIL import Image
from requirements import module

import numjpeg
from numjpeg.stages.color import rgb_to_ycbcr
from numjpeg.stages.subsampling import SUBSAMPLING, downsample


def native(image: np.ndarray, subsampling: str) -> list[np.ndarray]:
    """The planes that a picture of whole MCUs has."""
    h, v = SUBSAMPLING[subsampling]
    y, *chroma = np.moveaxis(rgb_to_ycbcr(image), -1, 0)
    return [y, *(downsample(plane, h, v) for plane in chroma)]


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_planes_give_the_file_that_pillow_writes(subsampling: str) -> None:
    image = photo(48, 64)
    data = pillow_jpeg(image, quality=80, subsampling=subsampling)
    assert numjpeg.encode_planes(native(image, subsampling), 80, subsampling=subsampling) == data
    progressive = pillow_jpeg(image, quality=80, subsampling=subsampling, progressive=True)
    planes = native(image, subsampling)
    assert numjpeg.encode_planes(planes, 80, subsampling=subsampling, progressive=True) == progressive
    gray = photo(37, 61, 1)
    assert numjpeg.encode_planes([gray], 80) == pillow_jpeg(gray, quality=80)


@pytest.mark.parametrize("subsampling", SUBSAMPLING)
@pytest.mark.parametrize("size", [(48, 64), (37, 61), (1, 1)])
def test_planes_are_the_samples_before_upsampling(subsampling: str, size: tuple[int, int]) -> None:
    h, v = SUBSAMPLING[subsampling]
    data = numjpeg.encode(photo(*size), 80, subsampling=subsampling)
    planes = numjpeg.decode_planes(data)
    repeated = numjpeg.decode(data, colorspace="YCbCr", fancy_upsampling=False)
    for plane, step, channel in zip(planes, ((1, 1), (v, h), (v, h)), np.moveaxis(repeated, -1, 0), strict=True):
        np.testing.assert_array_equal(plane, channel[:: step[0], :: step[1]])
    exact = numjpeg.decode_planes(data, dtype=np.float32)
    for plane, real in zip(planes, exact, strict=True):
        assert real.dtype == np.float32
        assert np.abs(np.clip(real, 0, 255) - plane).max() < 1.5


def test_full_resolution_is_pillows_ycbcr() -> None:
    data = pillow_jpeg(photo(37, 61), quality=70, subsampling=0)
    with Image.open(io.BytesIO(data)) as image:
        image.draft("YCbCr", image.size)
        np.testing.assert_array_equal(np.stack(numjpeg.decode_planes(data), -1), np.asarray(image))


def test_twelve_bits_give_the_file_of_libjpeg_turbo(imagecodecs: ModuleType) -> None:
    gray = photo(37, 61, 1).astype(np.uint16) * 16 + np.arange(61, dtype=np.uint16) % 16
    own = numjpeg.encode_planes([gray], 80, precision=12)
    assert own == imagecodecs.jpeg8_encode(gray, level=80, bitspersample=12)
    [plane] = numjpeg.decode_planes(own)
    assert np.array_equal(plane, imagecodecs.jpeg8_decode(own))


def test_samples_of_lossless_files_are_exact() -> None:
    gray = photo(37, 61, 1)
    data = numjpeg.encode(gray, lossless=True)
    for dtype in (None, np.float32):
        [plane] = numjpeg.decode_planes(data, dtype=dtype)
        assert plane.dtype == (dtype or np.uint8)
        np.testing.assert_array_equal(plane, gray)
    with pytest.raises(ValueError, match="dtype: uint8 or float32"):
        numjpeg.decode_planes(data, dtype=np.int32)
    with pytest.raises(numjpeg.UnsupportedError, match="pixels"):
        numjpeg.decode_planes(data, max_pixels=100)
    with pytest.raises(numjpeg.FormatError):
        numjpeg.decode_planes(data[:-200])
    [plane] = numjpeg.decode_planes(data[:-200], strict=False)
    assert plane.shape == gray.shape


def test_real_samples_are_not_clipped() -> None:
    c = numjpeg.Coefficients.from_pixels(np.full((8, 8), 255, np.uint8), 90)
    c.planes[0][..., 0, 0] *= 2
    assert c.planes_as_samples()[0].max() == 255
    assert c.planes_as_samples(np.float32)[0].min() > 380


@pytest.mark.parametrize(
    ("planes", "options", "error", "message"),
    [
        ([], {}, ValueError, "planes: 0, one"),
        ([np.zeros((4, 4))], {}, ValueError, "planes: number 0 is float64"),
        ([[[1]]], {}, TypeError, "planes: number 0 is a list"),
        ([np.zeros((0, 4), np.uint8)], {}, ValueError, "planes: number 0 is uint8 .0, 4."),
        ([np.zeros((4, 4), np.uint8)] * 3, {}, ValueError, r"number 1 is uint8 \(4, 4\), uint8 \(2, 2\) expected"),
        ([np.zeros((4, 4), np.uint8)], {"quality": 0}, ValueError, "quality: 0 is outside"),
        ([np.zeros((4, 4), np.uint8)], {"subsampling": "5:5:5"}, ValueError, "subsampling: '5:5:5'"),
        ([np.zeros((4, 4), np.uint8)] * 2, {}, ValueError, "planes: 2, one .* with lossless 1 to 4"),
        ([np.zeros((4, 4), np.uint8)] * 5, {"lossless": True}, ValueError, "planes: 5, one"),
        (None, {"lossless": True}, TypeError, "planes: a sequence of arrays expected, got NoneType"),
        ([np.zeros((4, 4), t) for t in "BH"], {"lossless": True}, ValueError, "0 is uint8, number 1 is uint16"),
        (
            [np.ma.masked_array(np.zeros((4, 4), np.uint8), True)],
            {},
            ValueError,
            "number 0: some samples are masked",
        ),
        ([np.zeros((4, 4), np.uint16)], {}, TypeError, "planes: number 0: uint8 samples expected, got uint16"),
        ([np.zeros((1, 65501), np.uint8)], {}, ValueError, "planes: 1 x 65501 pixels"),
        (
            [np.full((4, 4), 9, np.uint8)],
            {"lossless": True, "precision": 3},
            ValueError,
            "number 0: a sample of 9",
        ),
        ([np.zeros((4, 4), np.uint8)], {"lossless": True, "quality": 9}, ValueError, "quality: not together"),
        ([np.zeros((4, 4), np.uint8)], {"lossless": True, "progressive": True}, ValueError, "progressive: not"),
        ([np.zeros((4, 4), np.uint8)], {"scans": [(0,)]}, ValueError, "scans: only with lossless"),
        ([np.zeros((4, 4), np.uint8)], {"restart_marker_rows": 1}, ValueError, "restart_marker_rows: only with"),
    ],
)
def test_what_is_refused(planes: list, options: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        numjpeg.encode_planes(planes, **options)
    with pytest.raises(ValueError, match="dtype: uint8 or float32"):
        numjpeg.decode_planes(numjpeg.encode(np.zeros((8, 8), np.uint8)), dtype=np.int32)


def test_names_that_users_of_jpeglib_know(tmp_path) -> None:
    jpeglib = module("jpeglib", "rivals", "jpeglib is not installed")
    path = tmp_path / "a.jpg"
    for subsampling in ("4:4:4", "4:2:0"):
        path.write_bytes(pillow_jpeg(photo(37, 61), quality=80, subsampling=subsampling))
        c, theirs = numjpeg.read_coefficients(path), jpeglib.read_dct(str(path))
        for name in ("Y", "Cb", "Cr"):
            np.testing.assert_array_equal(getattr(c, name), getattr(theirs, name))
        np.testing.assert_array_equal(c.qt, theirs.qt[:2])


def test_planes_by_name() -> None:
    gray = numjpeg.read_coefficients(numjpeg.encode(photo(16, 16, 1)))
    assert gray.Y is gray.planes[0]
    assert gray.qt.shape == (1, 8, 8)
    for name in ("Cb", "Cr", "K"):
        with pytest.raises(AttributeError, match=f"{name}: a picture of 1 components"):
            getattr(gray, name)
    cmyk = numjpeg.read_coefficients(numjpeg.encode(photo(16, 16, 4), colorspace="CMYK"))
    assert cmyk.K is cmyk.planes[3]
