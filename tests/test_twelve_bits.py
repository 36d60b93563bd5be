"""Samples of 12 bits (SOF1 and SOF2): files of libjpeg-turbo to its pixels, through imagecodecs."""

from __future__ import annotations

import tracemalloc
from types import ModuleType

import numpy as np
import pytest
import samples
from reference.dct import islow_forward, islow_inverse_12

import numjpeg
from numjpeg import encoder, scans
from numjpeg.stages.color import rgb_to_ycbcr, ycbcr_to_rgb
from numjpeg.stages.dct import fdct, idct
from numjpeg.stages.level_shift import inverse_level_shift, level_shift
from numjpeg.stages.subsampling import upsample


def waves(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    """Soft waves with some noise, uint16 of 12 bits."""
    picture = samples.smooth(height, width, channels, seed).astype(np.uint16) << 4
    return picture | np.random.default_rng(seed).integers(0, 16, picture.shape, np.uint16)


def extremes(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    """0 and 4095 at random: the largest coefficients that 12 bits give."""
    return samples.extremes(height, width, channels, seed).astype(np.uint16) // 255 * np.uint16(4095)


SIZES = [(8, 8), (1, 1), (17, 33), (40, 24), (250, 330)]


@pytest.mark.parametrize("subsampling", ["444", "422", "420"])
@pytest.mark.parametrize("size", SIZES)
def test_colour_equals_libjpeg_turbo(imagecodecs: ModuleType, size: tuple[int, int], subsampling: str) -> None:
    for quality in (1, 30, 75, 98, 100):
        for make in (waves, extremes):
            data = imagecodecs.jpeg8_encode(make(*size), level=quality, bitspersample=12, subsampling=subsampling)
            image = numjpeg.decode(data)
            assert image.dtype == np.uint16
            assert np.array_equal(image, imagecodecs.jpeg8_decode(data))


@pytest.mark.parametrize("size", [size for size in SIZES if size != (1, 1)])  # which imagecodecs refuses in gray
def test_gray_equals_libjpeg_turbo(imagecodecs: ModuleType, size: tuple[int, int]) -> None:
    for quality in (1, 75, 100):
        for make in (waves, extremes):
            picture = np.ascontiguousarray(make(*size, 3)[..., 0])
            data = imagecodecs.jpeg8_encode(picture, level=quality, bitspersample=12)
            assert np.array_equal(numjpeg.decode(data), imagecodecs.jpeg8_decode(data))


NAMES = {"444": "4:4:4", "422": "4:2:2", "420": "4:2:0"}


@pytest.mark.parametrize("subsampling", NAMES)
@pytest.mark.parametrize("size", SIZES)
def test_bytes_equal_those_of_libjpeg_turbo(
    imagecodecs: ModuleType, size: tuple[int, int], subsampling: str
) -> None:
    for quality in (1, 30, 75, 100):
        for make in (waves, extremes):
            picture = make(*size)
            expected = imagecodecs.jpeg8_encode(picture, level=quality, bitspersample=12, subsampling=subsampling)
            assert numjpeg.encode(picture, quality, precision=12, subsampling=NAMES[subsampling]) == expected
        if size != (1, 1):
            gray = np.ascontiguousarray(waves(*size)[..., 0])
            expected = imagecodecs.jpeg8_encode(gray, level=quality, bitspersample=12)
            assert numjpeg.encode(gray, quality, precision=12) == expected


def test_bands_give_the_file_of_libjpeg_turbo(imagecodecs: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = waves(61, 83)
    progressive = numjpeg.encode(picture, 85, precision=12, progressive=True)
    monkeypatch.setattr(encoder, "BAND_PIXELS", 1)
    expected = imagecodecs.jpeg8_encode(picture, level=85, bitspersample=12, subsampling="420")
    assert numjpeg.encode(picture, 85, precision=12) == expected
    assert numjpeg.encode(picture, 85, precision=12, progressive=True) == progressive


def test_a_picture_in_bands_takes_little_memory() -> None:
    picture = np.tile(waves(256, 256), (4, 6, 1))
    numjpeg.encode(picture[:64, :64], precision=12)
    tracemalloc.start()
    try:
        numjpeg.encode(picture, 90, precision=12)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= 36e6  # 24 MB are symbols that are kept


def test_progressive_files_and_coefficients(imagecodecs: ModuleType) -> None:
    for picture in (waves(50, 70), extremes(50, 70)):
        sequential = numjpeg.encode(picture, 90, precision=12)
        progressive = numjpeg.encode(picture, 90, precision=12, progressive=True)
        assert numjpeg.read_header(progressive).marker == "SOF2"
        assert np.array_equal(imagecodecs.jpeg8_decode(progressive), numjpeg.decode(sequential))
        assert np.array_equal(numjpeg.decode(progressive), numjpeg.decode(sequential))
        coefficients = numjpeg.read_coefficients(progressive)
        assert coefficients.precision == 12
        assert numjpeg.write_coefficients(coefficients, progressive=True) == progressive
        assert numjpeg.write_coefficients(coefficients, optimize=True) == sequential
        assert np.array_equal(coefficients.to_pixels(), numjpeg.decode(sequential))
        luminance = numjpeg.decode(sequential, colorspace="GRAY")
        assert np.array_equal(numjpeg.decode_planes(sequential)[0], luminance)
        with pytest.raises(ValueError, match="uint16 or float32"):
            numjpeg.decode_planes(sequential, dtype=np.uint8)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 3}])
def test_arithmetic_files(imagecodecs: ModuleType, options: dict[str, object]) -> None:
    for picture in (waves(50, 70), extremes(50, 70), waves(41, 23)[..., 0]):
        plain = numjpeg.encode(picture, 90, precision=12)
        data = numjpeg.encode(picture, 90, precision=12, arithmetic=True, **options)
        header = numjpeg.read_header(data)
        assert (header.precision, header.marker) == (12, "SOF10" if "progressive" in options else "SOF9")
        image = numjpeg.decode(data)
        assert np.array_equal(image, imagecodecs.jpeg8_decode(data))
        assert np.array_equal(image, numjpeg.decode(plain))


def test_refusals_of_the_encoder() -> None:
    picture = waves(16, 16)
    with pytest.raises(TypeError, match=r"^image: uint8"):
        numjpeg.encode(picture)
    with pytest.raises(TypeError, match=r"^image: uint16"):
        numjpeg.encode(picture.astype(np.uint8), precision=12)
    with pytest.raises(ValueError, match="12 bits hold 4095"):
        numjpeg.encode(picture + np.uint16(4096), precision=12)
    with pytest.raises(ValueError, match=r"^precision: 10 is neither 8 nor 12"):
        numjpeg.encode(picture, precision=10)
    for options in ({"tune": "psnr"}, {"target_psnr": 40}, {"target_bytes": 900}):
        with pytest.raises(ValueError, match=r"^precision"):
            numjpeg.encode(picture, precision=12, **options)


def test_without_the_fast_forms_it_is_the_same(imagecodecs: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    data = imagecodecs.jpeg8_encode(waves(40, 70), level=80, bitspersample=12, subsampling="420")
    expected = imagecodecs.jpeg8_decode(data)
    monkeypatch.setattr(scans, "_fast_forms_enabled", False)
    assert np.array_equal(numjpeg.decode(data), expected)


def test_what_else_a_12_bit_file_is_asked_for(imagecodecs: ModuleType) -> None:
    picture = waves(40, 70)
    data = imagecodecs.jpeg8_encode(picture, level=90, bitspersample=12, subsampling="444")
    header = numjpeg.read_header(data)
    assert (header.precision, header.marker) == (12, "SOF1")
    rgb = numjpeg.decode(data)
    out = np.empty((40, 70, 3), np.uint16)
    assert numjpeg.decode(data, out=out) is out
    assert np.array_equal(out, rgb)
    with pytest.raises(ValueError, match="out: a uint16 array"):
        numjpeg.decode(data, out=np.empty((40, 70, 3), np.uint8))
    assert np.array_equal(numjpeg.decode(data, colorspace="BGR"), rgb[..., ::-1])
    ycbcr = numjpeg.decode(data, colorspace="YCbCr")
    assert np.array_equal(ycbcr_to_rgb(ycbcr, 12), rgb)
    assert np.array_equal(numjpeg.decode(data, colorspace="GRAY"), ycbcr[..., 0])
    exact = numjpeg.decode(data, dct_method="float").astype(int)
    assert 0 < np.abs(exact - rgb).max() <= 3
    with pytest.raises(ValueError, match="restore"):
        numjpeg.decode(data, restore=True)
    assert numjpeg.psnr(picture, rgb, data_range=4095) > 45


def test_damage(imagecodecs: ModuleType) -> None:
    """What is missing is mid-gray, 2048; what is there is as it was."""
    data = imagecodecs.jpeg8_encode(waves(250, 330, 3), level=90, bitspersample=12, subsampling="444")
    image = numjpeg.decode(data)
    with pytest.raises(numjpeg.FormatError):
        numjpeg.decode(data[: len(data) // 2])
    part, report = numjpeg.decode_damaged(data[: len(data) // 2])
    assert report.faults
    assert np.array_equal(part[:96], image[:96])
    assert (part[-1] == 2048).all()
    assert report.pixels()[:96].all()
    assert not report.pixels()[-1].any()


def test_stages_of_12_bits() -> None:
    random = np.random.default_rng(0)
    levels = np.arange(4096, dtype=np.uint16)
    shifted = level_shift(levels, 12)
    assert shifted.dtype == np.int16
    assert shifted.tolist() == list(range(-2048, 2048))
    assert np.array_equal(inverse_level_shift(shifted, 12), levels)
    assert inverse_level_shift(np.array([-9999, 9999]), 12).tolist() == [0, 4095]
    for wrong in (np.zeros(3, np.uint8), np.full(3, 4096, np.uint16)):
        with pytest.raises(ValueError, match="samples"):
            level_shift(wrong, 12)
    blocks = random.integers(-2048, 2048, (50, 8, 8)).astype(np.int16)
    blocks[0], blocks[1] = -2048, 2047
    frequencies = fdct(blocks, precision=12)
    assert np.abs(frequencies - fdct(blocks, "float")).max() < 1.5
    assert frequencies[0, 0, 0] == -16384
    assert np.abs(idct(frequencies, precision=12).astype(int) - blocks).max() <= 1
    for stage, argument in ((fdct, blocks), (idct, frequencies)):
        with pytest.raises(ValueError, match="precision"):
            stage(argument, precision=10)
    grays = np.repeat(levels[:, np.newaxis], 3, axis=1)
    assert np.array_equal(rgb_to_ycbcr(grays, 12)[:, 0], levels)
    assert (rgb_to_ycbcr(grays, 12)[:, 1:] == 2048).all()
    with pytest.raises(ValueError, match="rgb"):
        rgb_to_ycbcr(grays)
    for ratio in ((2, 1), (1, 2), (2, 2)):
        assert (upsample(np.full((4, 5), 4095, np.uint16), *ratio) == 4095).all()
        with pytest.raises(ValueError, match="12 bits"):
            upsample(np.full((4, 5), 4096, np.uint16), *ratio)


def test_the_dct_of_12_bits_equals_the_literal_one() -> None:
    random = np.random.default_rng(1)
    blocks = random.integers(-2048, 2048, (20, 8, 8))
    blocks[:2] = [[[-2048]], [[2047]]]
    expected = [islow_forward(block.tolist(), 1) for block in blocks]
    assert np.array_equal(fdct(blocks, precision=12) * 8, expected)


@pytest.mark.parametrize("size", [1 << 8, 1 << 12, 1 << 15, 1 << 23, 1 << 31])
def test_the_inverse_of_any_coefficients_equals_the_literal_one(size: int) -> None:
    """Whatever a damaged or constructed file may hold."""
    blocks = np.random.default_rng(size).integers(-size, size, (20, 8, 8))
    expected = [islow_inverse_12(block.tolist()) for block in blocks]
    assert np.array_equal(idct(blocks, precision=12), expected)
