"""Lossless files that encode writes: equal to libjpeg-turbo's, byte for byte, and read back the same."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
import samples
from entropy.test_lossless_reader import picture

import numjpeg


@pytest.mark.parametrize("bits", [2, 5, 8, 9, 12, 15, 16])
def test_bytes_equal_those_of_libjpeg_turbo(imagecodecs: ModuleType, bits: int) -> None:
    for image in (picture(bits), picture(bits, (50, 41, 3))):
        sizes = []
        for predictor in range(1, 8):
            data = numjpeg.encode(image, lossless=True, predictor=predictor, precision=bits)
            theirs = imagecodecs.jpeg8_encode(image, lossless=True, predictor=predictor, bitspersample=bits)
            assert data == theirs
            assert np.array_equal(numjpeg.decode(data), image)
            sizes.append(len(data))
        assert len(numjpeg.encode(image, lossless=True, precision=bits)) == min(sizes)


@pytest.mark.parametrize("predictor", [1, 4, 7])
def test_restarts_and_point_transform(imagecodecs: ModuleType, predictor: int) -> None:
    for image in (picture(16), picture(8, (50, 41, 3))):
        for rows in (1, 7, 1000):
            data = numjpeg.encode(
                image, lossless=True, predictor=predictor, restart_marker_rows=rows, point_transform=3
            )
            assert np.array_equal(numjpeg.decode(data), image >> 3 << 3)
            assert np.array_equal(imagecodecs.jpeg8_decode(data), image >> 3 << 3)
            assert np.array_equal(numjpeg.decode(data, region=(20, 10, 5, 9)), (image >> 3 << 3)[20:25, 10:19])


def test_a_damaged_restart_interval_is_all_that_is_lost() -> None:
    image = picture(16, (64, 50))
    data = numjpeg.encode(image, lossless=True, predictor=1, restart_marker_rows=8)
    begin, end = data.index(b"\xff\xd1"), data.index(b"\xff\xd2")
    part, report = numjpeg.decode_damaged(data[: begin + 2] + data[begin + 300 : end] + data[end:])
    assert report.faults
    sound = report.pixels()
    assert sound.sum() == 56 * 50
    assert np.array_equal(part[sound], image[sound])
    assert not sound[16:24].any()
    whole, report = numjpeg.decode_damaged(data)
    assert not report.faults
    assert np.array_equal(whole, image)


def test_the_difference_32768(imagecodecs: ModuleType) -> None:
    image = np.zeros((40, 60), np.uint16)
    image[::3, ::2] = 32768
    image[::2, 5:9] = 65535
    data = numjpeg.encode(image, lossless=True, predictor=1)
    assert 16 in numjpeg.read_header(data).huffman_tables[0, 0][1]
    assert np.array_equal(imagecodecs.jpeg8_decode(data), image)
    assert np.array_equal(numjpeg.decode(data), image)


def test_colours() -> None:
    """RGB, BGR and CMYK come back as they were; YCbCr is stored as it is, and given back so."""
    rgb, cmyk = samples.smooth(30, 40), samples.smooth(30, 40, 4)
    assert np.array_equal(numjpeg.decode(numjpeg.encode(rgb, lossless=True)), rgb)
    assert np.array_equal(numjpeg.decode(numjpeg.encode(rgb, lossless=True, colorspace="BGR")), rgb[..., ::-1])
    assert np.array_equal(numjpeg.decode(numjpeg.encode(cmyk, lossless=True, colorspace="CMYK")), cmyk)
    assert np.array_equal(numjpeg.decode(numjpeg.encode(rgb, lossless=True, colorspace="YCbCr")), rgb)


REFUSED = {
    "quality": {"quality": 90},
    "qtables": {"qtables": [[1] * 64]},
    "progressive": {"progressive": True},
    "subsampling": {"subsampling": "4:2:0"},
    "tune": {"tune": "psnr"},
    "predictor": {"predictor": 8},
    "point_transform": {"point_transform": 8},
    "precision": {"precision": 17},
    "restart_marker_blocks": {"restart_marker_blocks": 41},
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}"):
        numjpeg.encode(samples.smooth(30, 40), lossless=True, **REFUSED[name])


def test_refused_pictures() -> None:
    gray = samples.smooth(30, 40, 1)
    for image, bits in ((gray.astype(np.uint16), 8), (gray, 9), (gray.astype(float), None)):
        with pytest.raises(TypeError, match=r"^image"):
            numjpeg.encode(image, lossless=True, precision=bits)
    with pytest.raises(ValueError, match="7 bits hold 127"):
        numjpeg.encode(gray | 128, lossless=True, precision=7)
    for name, value in (("predictor", 1), ("point_transform", 1)):
        with pytest.raises(ValueError, match=f"{name}: only with lossless"):
            numjpeg.encode(gray, **{name: value})
