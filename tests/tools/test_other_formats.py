"""The formats that need no Pillow, and what is taken from those that do."""

from __future__ import annotations

import io
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from command_line import (
    complaint,
    main,
    photo,
    pillow_jpeg,
    pixels,
)
from PIL import Image, PngImagePlugin

import numjpeg
from numjpeg.tools.other_formats import read_picture


@pytest.mark.parametrize("channels", [1, 3])
def test_pnm_is_read_as_pillow_reads_it(tmp_path, channels):
    image = photo(7, 5, channels)
    kind = {1: b"P5", 3: b"P6"}[channels]
    for most, samples in ((255, image), (100, image % 101)):
        data = kind + b" # a comment\n# and one more\n5\t7\r\n" + str(most).encode() + b"\n" + samples.tobytes()
        (tmp_path / "in.pnm").write_bytes(data)
        assert main("encode", tmp_path / "in.pnm", "-f") == 0
        assert (tmp_path / "in.jpg").read_bytes() == pillow_jpeg(pixels(data))


@pytest.mark.parametrize(
    "data",
    [
        b"P6\n4 4\n255\nshort",
        b"P5\n0 4\n255\n",
        b"P5 9999999 9999999 255\n",
        b"P6 x",
        b"\x93NUMPY\x01\0junk",
        b"P5 1 1 4095\n\x10\0",
        b"P5 1 1 65536\n\0\0",
    ],
)
def test_damaged_pnm_and_npy(tmp_path, capsys, data):
    (tmp_path / "in").write_bytes(data)
    assert main("encode", tmp_path / "in") == 1
    complaint(capsys, tmp_path / "in")


def test_npy_of_other_shapes(tmp_path, capsys):
    np.save(tmp_path / "a.npy", photo())
    assert main("encode", tmp_path / "a.npy", "-f") == 0
    assert (tmp_path / "a.jpg").read_bytes() == pillow_jpeg(photo())
    np.save(tmp_path / "a.npy", photo(channels=1)[..., np.newaxis])
    assert main("encode", tmp_path / "a.npy", "-f") == 0
    assert (tmp_path / "a.jpg").read_bytes() == pillow_jpeg(photo(channels=1))
    for shape in ((3,), (2, 2, 5), (0, 4), (2, 2, 2, 2)):
        np.save(tmp_path / "b.npy", np.zeros(shape, np.uint8))
        assert main("encode", tmp_path / "b.npy") == 1
        complaint(capsys, tmp_path / "b.npy")


def test_npy_that_says_more_than_it_holds(tmp_path, capsys):
    for version in ((1, 0), (2, 0)):
        stream = io.BytesIO()
        np.lib.format.write_array(stream, np.zeros((4, 5, 3), np.uint8), version)
        whole = stream.getvalue()
        for data in (whole[:-1], whole.replace(b"(4, 5, 3), }        ", b"(40000, 50000, 3), }")):
            (tmp_path / "a.npy").write_bytes(data)
            assert main("encode", tmp_path / "a.npy") == 1
            assert "ends early" in complaint(capsys, tmp_path / "a.npy")


def test_samples_of_any_range_become_pillows():
    for most in range(1, 256):
        data = b"P5 16 16 %d\n" % most + bytes(range(256))
        np.testing.assert_array_equal(read_picture(data).pixels, pixels(data), f"of 0..{most}")


def test_both_byte_orders_of_npy_are_kept_by_the_lossless_process(tmp_path):
    image = photo(9, 7, 1).astype(np.uint16) * 257
    np.save(tmp_path / "in.npy", image.astype(">u2"))
    np.save(tmp_path / "same.npy", image)
    assert main("encode", "--lossless", tmp_path / "in.npy") == 0
    np.testing.assert_array_equal(numjpeg.imread(tmp_path / "in.jpg"), image)
    assert main("psnr", tmp_path / "in.npy", tmp_path / "same.npy") == 0


def test_threads_leave_pillows_limit_and_the_warnings_as_they_were():
    """A thread that reads while another one has changed a setting would put the changed one back, for good."""
    stream = io.BytesIO()
    Image.fromarray(photo(400, 400)).save(stream, "PNG")
    before = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(read_picture, [stream.getvalue()] * 40))
    assert (Image.MAX_IMAGE_PIXELS, list(warnings.filters)) == before


def test_pgm_is_for_gray(jpg, tmp_path, capsys):
    assert main("decode", jpg, "-o", tmp_path / "out.pgm") == 1
    assert "--colorspace GRAY" in complaint(capsys, jpg)
    assert main("decode", jpg, "-o", tmp_path / "out.pgm", "--colorspace", "GRAY") == 0
    with Image.open(jpg) as image:
        image.draft("L", None)
        np.testing.assert_array_equal(pixels(tmp_path / "out.pgm"), np.asarray(image))
    (tmp_path / "gray.jpg").write_bytes(pillow_jpeg(photo(channels=1)))
    assert main("decode", tmp_path / "gray.jpg", "-o", tmp_path / "gray.ppm") == 0
    assert pixels(tmp_path / "gray.ppm").shape == (40, 56, 3)


def test_png_text_is_not_taken_for_metadata(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("exif", "not bytes")
    info.add_text("dpi", "not a pair")
    info.add_text("icc_profile", "no")
    Image.fromarray(photo()).save(tmp_path / "in.png", pnginfo=info)
    assert main("encode", tmp_path / "in.png") == 0
    assert (tmp_path / "in.jpg").read_bytes() == pillow_jpeg(photo())
