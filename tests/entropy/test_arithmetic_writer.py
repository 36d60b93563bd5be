"""Files with arithmetic coding equal those of cjpeg -arithmetic and jpegtran -arithmetic, byte for byte."""

from __future__ import annotations

import io
import subprocess

import numpy as np
import pytest
import samples
from entropy.test_lossless_writer import NATIVE, native
from PIL import Image
from requirements import module

import numjpeg

PICTURES = {
    "smooth": samples.smooth(61, 83),
    "noise": samples.noise(40, 33),
    "extremes": samples.extremes(48, 48),
    "flat": samples.flat(64, 64),
    "one pixel": samples.noise(1, 1),
    "gray": samples.smooth(50, 70)[:, :, 0],
}


def output(program: str, *options: str, data: bytes) -> bytes:
    return subprocess.run([program, *options], input=data, capture_output=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize(
    ("quality", "factors", "restart"), [(75, "2x2", 0), (97, "1x1", 2), (20, "2x1", 5), (60, "1x2", 1)]
)
def test_encode_equals_cjpeg(
    cjpeg: str, name: str, progressive: bool, quality: int, factors: str, restart: int
) -> None:
    image = PICTURES[name]
    ppm = io.BytesIO()
    Image.fromarray(image).save(ppm, "PPM")
    options = ["-arithmetic", "-baseline", "-quality", str(quality), "-sample", factors]
    options += ["-progressive"] * progressive + ["-restart", f"{restart}B"] * (restart > 0)
    subsampling = factors if image.ndim == 3 else None
    own = numjpeg.encode(
        image,
        quality,
        subsampling=subsampling,
        progressive=progressive,
        restart_marker_blocks=restart,
        arithmetic=True,
    )
    if image.ndim == 2:
        options[4:6] = []
    assert own == output(cjpeg, *options, data=ppm.getvalue())


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("progressive", [False, True])
def test_write_coefficients_equals_jpegtran(jpegtran, name: str, progressive: bool) -> None:
    data = numjpeg.encode(PICTURES[name], 85)
    own = numjpeg.write_coefficients(numjpeg.read_coefficients(data), arithmetic=True, progressive=progressive)
    assert own == jpegtran(data, "-arithmetic", *["-progressive"] * progressive)


def test_files_are_smaller_than_with_huffman_coding() -> None:
    image = samples.photograph()[:256, :256]
    for progressive in (False, True):
        huffman = numjpeg.encode(image, optimize=True, progressive=progressive)
        assert len(numjpeg.encode(image, arithmetic=True, progressive=progressive)) < 0.97 * len(huffman)


def test_it_goes_without_tuning() -> None:
    with pytest.raises(ValueError, match=r"^arithmetic: not together with tune"):
        numjpeg.encode(PICTURES["smooth"], 75, arithmetic=True, tune="psnr")


def test_a_batch_writes_the_same() -> None:
    images = [PICTURES["smooth"], PICTURES["smooth"][::-1].copy()]
    own = list(numjpeg.encode_batch(images, 75, arithmetic=True))
    assert [bytes(data) for data in own] == [numjpeg.encode(image, 75, arithmetic=True) for image in images]
    assert np.array_equal(numjpeg.decode(own[0]), numjpeg.decode(numjpeg.encode(images[0], 75)))


LOSSLESS = {
    "8 bits": (PICTURES["noise"], {}),
    "gray, restarts": (PICTURES["gray"], {"restart_marker_rows": 7, "predictor": 6}),
    "16 bits": (np.random.default_rng(4).integers(0, 1 << 16, (19, 23), np.uint16), {"predictor": 1}),
    "flat": (np.full((40, 300), 128, np.uint8), {}),
    "point transform": (PICTURES["smooth"], {"point_transform": 2}),
}


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_files_give_their_samples(name: str) -> None:
    image, options = LOSSLESS[name]
    data = numjpeg.encode(image, lossless=True, arithmetic=True, **options)
    shift = options.get("point_transform", 0)
    assert np.array_equal(numjpeg.decode(data), image >> shift << shift)
    assert numjpeg.read_header(data).marker == "SOF11"
    _, report = numjpeg.decode_damaged(data)
    assert not report.faults
    assert not report.remarks
    if name in ("flat", "point transform"):
        assert len(data) < len(numjpeg.encode(image, lossless=True, **options))


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_files_are_read_by_another_decoder(name: str) -> None:
    """It gives white for any point transform, so there its pixels are those of the same file in Huffman coding."""
    libjpeg = module("libjpeg", "rivals", "pylibjpeg-libjpeg is not installed: few others read SOF11")
    data = numjpeg.encode(LOSSLESS[name][0], lossless=True, arithmetic=True, **LOSSLESS[name][1])
    expected = numjpeg.decode(data)
    if name == "point transform":
        expected = libjpeg.decode(numjpeg.encode(LOSSLESS[name][0], lossless=True, **LOSSLESS[name][1]), 0)
    assert np.array_equal(libjpeg.decode(data, 0), expected)


@pytest.mark.usual("4:2:0, restarts", "every factor")
@pytest.mark.parametrize("name", NATIVE)
def test_lossless_files_of_several_scans_and_subsampled_components(name: str) -> None:
    """Another decoder gives each component that it need not enlarge, and white for any point transform."""
    libjpeg = module("libjpeg", "rivals", "pylibjpeg-libjpeg is not installed: few others read SOF11")
    factors, options = NATIVE[name]
    planes = native(factors, (29, 23), 8)
    data = numjpeg.encode_planes(planes, lossless=True, arithmetic=True, subsampling=factors, **options)
    low = options.get("point_transform", 0)
    theirs = np.moveaxis(libjpeg.decode(data, 0), -1, 0)
    for plane, own, other in zip(planes, numjpeg.decode_planes(data), theirs, strict=True):
        assert np.array_equal(own, plane >> low << low)
        assert plane.shape != other.shape or low or np.array_equal(own, other)
    _, report = numjpeg.decode_damaged(data)
    assert not report.faults


@pytest.mark.usual("0")
@pytest.mark.parametrize("part", range(3))
def test_damaged_lossless_files_end_in_pictures(part: int) -> None:
    data = numjpeg.encode(PICTURES["noise"], lossless=True, arithmetic=True, restart_marker_rows=10)
    rng = np.random.default_rng([3, part])
    start = data.index(b"\xff\xda") + 14
    noticed = 0
    for _ in range(10):
        changed = bytearray(data)
        place = int(rng.integers(start, len(data) - 20))
        changed[place : place + 4] = rng.bytes(4)
        image, report = numjpeg.decode_damaged(bytes(changed))
        assert image.shape == PICTURES["noise"].shape
        noticed += bool(report.faults)
    assert noticed
    cut = data[: len(data) // 2]
    with pytest.raises(numjpeg.FormatError):
        numjpeg.decode(cut)
    _, report = numjpeg.decode_damaged(cut)
    assert not report.mask.all()
