"""Lossless files that encode writes: equal to libjpeg-turbo's, byte for byte, and read back the same."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
import samples
from entropy.test_lossless_reader import form, picture  # noqa: F401 (a fixture)
from reference import lossless

import numjpeg
from numjpeg.entropy import lossless_writer


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


NATIVE = {
    "three scans": ("1x1,1x1,1x1", {"scans": [(0, 4), (2, 7), (1, 1)]}),
    "two scans, restarts": ("1x1,1x1,1x1", {"scans": [((0, 2), 5), (1,)], "restart_marker_rows": 5}),
    "two components": ("1x1,1x1", {"predictor": 6, "point_transform": 1}),
    "4:2:0": ("2x2,1x1,1x1", {"predictor": 7}),
    "4:2:0, restarts": ("2x2,1x1,1x1", {"restart_marker_rows": 2, "predictor": 5}),
    "4:2:0, three scans": ("2x2,1x1,1x1", {"scans": [(0,), (1,), (2,)], "restart_marker_rows": 3}),
    "4:2:2, chroma in one scan": ("2x1,1x1,1x1", {"scans": [(0, 2), ((1, 2), 3)]}),
    "every factor": ("2x1,1x2,4x2", {"restart_marker_rows": 1, "predictor": 3}),
    "too many for one MCU": ("2x2,2x2,2x2,1x1", {"predictor": 1}),
    "four components": ("2x2,1x1,1x1,2x2", {"predictor": 4}),
}


@pytest.mark.usual("8-4:2:0, restarts", "8-three scans", "16-4:2:0, three scans", "11-every factor")
@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize("bits", [2, 8, 11, 16])
def test_several_scans_and_subsampled_components(imagecodecs: ModuleType, bits: int, name: str) -> None:
    """A literal reader gives the samples back, and libjpeg-turbo the picture that decode makes of them."""
    factors, options = NATIVE[name]
    for size in ((29, 23), (1, 1)):
        planes = native(factors, size, bits)
        data = numjpeg.encode_planes(planes, lossless=True, precision=bits, subsampling=factors, **options)
        low = options.get("point_transform", 0)
        for plane, own, literal in zip(planes, numjpeg.decode_planes(data), lossless.read(data), strict=True):
            assert own.dtype == plane.dtype
            assert np.array_equal(own, plane >> low << low)
            assert np.array_equal(own, literal)
        theirs = imagecodecs.jpeg8_decode(data, outcolorspace="ycbcr" if len(planes) == 3 else None)
        assert np.array_equal(numjpeg.decode(data, colorspace="raw"), theirs)
        _, report = numjpeg.decode_damaged(data)
        assert not report.faults
        assert not report.remarks


def native(factors: str, size: tuple[int, int], bits: int) -> list[np.ndarray]:
    """Planes of components with factors "HxV,HxV" of a picture of this size."""
    pairs = [(int(pair[0]), int(pair[2])) for pair in factors.split(",")]
    H, V = (max(sides) for sides in zip(*pairs, strict=True))
    shapes = [(-(-size[0] * v // V), -(-size[1] * h // H)) for h, v in pairs]
    return [picture(bits, shape, seed) for seed, shape in enumerate(shapes)]


def test_scans_of_a_picture_in_full_colour(imagecodecs: ModuleType) -> None:
    """Each scan has a predictor and a table of its own, so that three scans of unlike components are smaller."""
    image = picture(8, (50, 41, 3))
    image[..., 1] = np.arange(41)
    data = numjpeg.encode(image, lossless=True, scans=[(0,), (1,), (2,)])
    assert len(data) < len(numjpeg.encode(image, lossless=True))
    assert np.array_equal(imagecodecs.jpeg8_decode(data), image)
    assert np.array_equal(numjpeg.decode(data), image)
    all_in_one = numjpeg.encode(image, lossless=True, scans=[((0, 1, 2), 6, 0, 0, 2)])
    assert all_in_one == numjpeg.encode(image, lossless=True, predictor=6, point_transform=2)


@pytest.mark.usefixtures("form")
def test_restart_intervals_of_one_sample(imagecodecs: ModuleType) -> None:
    image = np.random.default_rng(1).integers(0, 2, (23, 1)).astype(np.uint16) << 15
    data = numjpeg.encode(image, lossless=True, predictor=1, restart_marker_rows=1)
    assert np.array_equal(lossless.read(data), [image])
    assert np.array_equal(numjpeg.decode(data), image[:, 0, np.newaxis])
    assert np.array_equal(imagecodecs.jpeg8_decode(data), image)


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("factors", ["2x2,1x1,1x1", "1x1"])
def test_code_words_in_bands(monkeypatch: pytest.MonkeyPatch, factors: str) -> None:
    """Restart intervals begin within a band, or with one."""
    monkeypatch.setattr(lossless_writer, "BAND_SYMBOLS", 60)
    planes = native(factors, (33, 20), 8)
    for rows in (0, 1, 3):
        data = numjpeg.encode_planes(
            planes, lossless=True, subsampling=factors, predictor=2, restart_marker_rows=rows
        )
        for plane, literal in zip(planes, lossless.read(data), strict=True):
            assert np.array_equal(plane, literal)


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
    "scans: 'preview' is no": {"scans": "preview"},
    "scans: none sends component 2": {"scans": [((0, 1),)]},
    "scans: none sends component 0": {"scans": []},
    "scans: none sends component 1": {"scans": np.array([[0, 1, 0, 0, 0]])},
    "scans: number 1 .* second time": {"scans": [((0, 1),), ((1, 2),)]},
    "scans: number 0 .* predictor": {"scans": [((0, 1, 2), 8)]},
    "scans: number 0 .* Se and Ah": {"scans": [((0, 1, 2), 1, 63)]},
    "scans: number 0 .* Al is not 0 to 7": {"scans": [((0, 1, 2), 1, 0, 0, 8)]},
    "scans: number 0 .* numbered 0 to 2": {"scans": [((0, 3),)]},
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
