"""``numjpeg encode``, held to the files that Pillow writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import (
    complaint,
    main,
    photo,
    pillow_jpeg,
    pixels,
    usage,
)
from PIL import Image

import numjpeg


def test_encode_writes_the_file_that_pillow_writes_beside_the_input(png):
    assert main("encode", png) == 0
    assert png.with_suffix(".jpg").read_bytes() == pillow_jpeg(photo(), quality=75)


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["-q", "90"], {"quality": 90}),
        (["--quality", "30", "-s", "4:4:4"], {"quality": 30, "subsampling": "4:4:4"}),
        (["--optimize"], {"optimize": True}),
        (["--progressive", "--restart-rows", "2"], {"progressive": True, "restart_marker_rows": 2}),
        (["--restart-blocks", "3"], {"restart_marker_blocks": 3}),
        (["--restart-rows", "1"], {"restart_marker_rows": 1}),
        (["--comment", "grün"], {"comment": "grün".encode()}),
        (["--keep-rgb"], {"keep_rgb": True, "subsampling": "4:4:4"}),
    ],
)
def test_encode_options_mean_what_pillow_means(png, tmp_path, arguments, options):
    target = tmp_path / "out.jpg"
    assert main("encode", png, "-o", target, *arguments) == 0
    assert target.read_bytes() == pillow_jpeg(photo(), **options)


def test_encode_tuned(png, tmp_path):
    target, image = tmp_path / "tuned.jpg", pixels(png)
    assert main("encode", png, "-o", target, "--tune", "perceptual", "-q", "60") == 0
    assert target.read_bytes() == numjpeg.encode(image, 60, tune="perceptual")
    assert main("encode", png, "-o", target, "--target-bytes", "1500") == 0
    assert target.read_bytes() == numjpeg.encode(image, target_bytes=1500)
    assert main("encode", png, "-o", target, "--target-bytes", "1500", "--tune", "psnr") == 0
    assert 1470 <= target.stat().st_size <= 1500
    assert main("encode", png, "-o", target, "--tune", "psnr", "--target-psnr", "33") == 0
    assert 33 <= numjpeg.psnr(image, pixels(target)) <= 33.1
    weights = np.ones(image.shape[:2], np.uint8)
    weights[:, :16] = 9
    Image.fromarray(weights).save(tmp_path / "map.png")
    assert main("encode", png, "-o", target, "--importance", tmp_path / "map.png") == 0
    assert target.read_bytes() == numjpeg.encode(image, tune="psnr", importance=weights)
    assert main("encode", png, "-o", target, "--importance", "auto") == 0
    assert target.read_bytes() == numjpeg.encode(image, tune="psnr", importance="auto")


def test_encode_with_aims_that_cannot_be(png, tmp_path, capsys):
    assert "only one" in usage(capsys, "encode", png, "-q", "80", "--target-bytes", "2000")
    assert "only one" in usage(capsys, "encode", png, "--target-psnr", "30", "--target-bytes", "2000")
    assert "--importance" in usage(capsys, "encode", png, "--importance", tmp_path / "nothing.png")
    assert main("encode", png, "-o", tmp_path / "small.jpg", "--target-bytes", "100") == 1
    assert "the smallest file has" in capsys.readouterr().err
    assert not (tmp_path / "small.jpg").exists()


def test_encode_gray_stores_the_luminance(png, tmp_path):
    assert main("encode", png, "-o", tmp_path / "out.jpg", "--gray", "--keep-rgb") == 0
    assert (tmp_path / "out.jpg").read_bytes() == pillow_jpeg(Image.fromarray(photo()).convert("L"))


@pytest.mark.parametrize("quality", [None, 50])
def test_encode_with_tables_of_a_file(png, tmp_path, quality):
    tables = [np.arange(1, 65), np.arange(64, 0, -1)]
    text = "\n".join("# a table\n" + "\n".join(" ".join(map(str, row)) for row in t.reshape(8, 8)) for t in tables)
    (tmp_path / "tables.txt").write_text(text)
    options = [] if quality is None else ["-q", str(quality)]
    assert main("encode", png, "-o", tmp_path / "out.jpg", "--qtables", tmp_path / "tables.txt", *options) == 0
    with Image.open(tmp_path / "out.jpg") as image:
        assert [list(t) for t in image.quantization.values()] == [t.tolist() for t in tables]


def test_tables_of_a_wrong_number_or_kind(capsys, png, tmp_path):
    for text in ("1 2 3", "one " * 64, "0 " * 64, ""):
        (tmp_path / "tables.txt").write_text(text)
        assert "tables" in usage(capsys, "encode", png, "--qtables", tmp_path / "tables.txt")


def test_encode_of_a_jpeg_file_goes_through_its_pixels(jpg, tmp_path):
    assert main("encode", jpg, "-o", tmp_path / "out.jpg", "-q", "40") == 0
    assert (tmp_path / "out.jpg").read_bytes() == pillow_jpeg(pixels(jpg), quality=40)


def test_encode_gray_of_a_jpeg_file_takes_its_luminance(jpg, tmp_path):
    assert main("encode", jpg, "-o", tmp_path / "out.jpg", "--gray") == 0
    with Image.open(jpg) as image:
        image.draft("L", None)
        expected = pillow_jpeg(np.asarray(image))
    assert (tmp_path / "out.jpg").read_bytes() == expected


def test_options_stand_between_inputs(png, tmp_path):
    other = tmp_path / "other.png"
    other.write_bytes(png.read_bytes())
    assert main("encode", png, "-q", "80", other, "--progressive") == 0
    for path in (png, other):
        assert path.with_suffix(".jpg").read_bytes() == pillow_jpeg(photo(), quality=80, progressive=True)


def test_names_that_begin_with_a_dash(png, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("-odd.png").write_bytes(png.read_bytes())
    assert main("encode", "-q", "80", "--", "-odd.png") == 0
    assert Path("-odd.jpg").read_bytes() == pillow_jpeg(photo(), quality=80)


@pytest.mark.parametrize(("text", "size"), [("1500", 1500), ("1.5k", 1500), ("1.5KB", 1500), ("2ki", 2048)])
def test_target_bytes_in_thousands(png, tmp_path, text, size):
    target = tmp_path / "out.jpg"
    assert main("encode", png, "-o", target, "--target-bytes", text) == 0
    assert 0.95 * size < target.stat().st_size <= size


def test_a_limit_of_pixels_for_inputs(tmp_path, png, jpg, capsys):
    np.save(tmp_path / "a.npy", photo())
    for path in (png, jpg, tmp_path / "a.npy"):
        assert main("encode", path, "-o", tmp_path / "x.jpg", "--max-pixels", 2239) == 1
        assert "max_pixels" in complaint(capsys, path)
        assert main("encode", path, "-o", tmp_path / "x.jpg", "--max-pixels", 3 * 2240) == 0


def test_what_pillow_takes_for_a_bomb_is_read_if_the_limit_says_so(png, tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert main("encode", png, "-o", tmp_path / "x.jpg") == 0
    assert Image.MAX_IMAGE_PIXELS == 100


SCAN = np.add.outer(np.arange(40), np.arange(56)).astype(np.uint16) * 40 + 200
"""A gray picture of 12 bits."""


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["--arithmetic", "-q", "60"], {"arithmetic": True, "quality": 60}),
        (["--arithmetic", "--progressive"], {"arithmetic": True, "progressive": True}),
        (["--lossless"], {"lossless": True}),
        (
            ["--lossless", "--predictor", "5", "--arithmetic"],
            {"lossless": True, "predictor": 5, "arithmetic": True},
        ),
        (["--lossless", "--point-transform", "2"], {"lossless": True, "point_transform": 2}),
        (["--lossless", "--restart-rows", "4"], {"lossless": True, "restart_marker_rows": 4}),
    ],
)
def test_every_process(png, tmp_path, arguments, options):
    target = tmp_path / "out.jpg"
    assert main("encode", png, "-o", target, *arguments) == 0
    assert target.read_bytes() == numjpeg.encode(photo(), **options)
    if "lossless" in options and "point_transform" not in options:
        np.testing.assert_array_equal(numjpeg.decode(target), photo())


@pytest.mark.parametrize("extension", ["png", "tif", "pgm", "npy"])
def test_pictures_of_16_bits_are_kept(tmp_path, extension):
    source, target = tmp_path / f"in.{extension}", tmp_path / "out.jpg"
    if extension == "npy":
        np.save(source, SCAN)
    else:
        Image.fromarray(SCAN).save(source)
    assert main("encode", source, "-o", target, "--lossless") == 0
    np.testing.assert_array_equal(numjpeg.decode(target), SCAN)
    assert numjpeg.read_header(target).precision == 16
    assert main("encode", source, "-o", target, "--precision", "12", "-q", "90") == 0
    assert target.read_bytes() == numjpeg.encode(SCAN, 90, precision=12)
    assert main("decode", target, "-o", tmp_path / f"back.{extension}") == 0
    assert main("encode", tmp_path / f"back.{extension}", "-o", tmp_path / "again.jpg", "--lossless") == 0
    np.testing.assert_array_equal(numjpeg.decode(tmp_path / "again.jpg"), numjpeg.decode(target))


def test_bits_that_the_input_names_are_kept(tmp_path):
    (tmp_path / "in.pgm").write_bytes(b"P5 56 40 4095\n" + SCAN.astype(">u2").tobytes())
    for suffix in (".jpg", ".jp2"):
        target = tmp_path / f"out{suffix}"
        assert main("encode", tmp_path / "in.pgm", "-o", target, "--lossless") == 0
        assert main("decode", target, "-o", tmp_path / "back.pgm", "-f") == 0
        assert (tmp_path / "back.pgm").read_bytes() == b"P5\n56 40\n4095\n" + SCAN.astype(">u2").tobytes()
    assert numjpeg.read_header(tmp_path / "out.jpg").precision == 12
    assert main("encode", tmp_path / "out.jpg", "-o", tmp_path / "copy.jpg", "--lossless") == 0
    assert (tmp_path / "copy.jpg").read_bytes() == (tmp_path / "out.jpg").read_bytes()


def test_colours_of_16_bits(tmp_path, capsys, imagecodecs):
    """Pillow reads them as 8 bits: that is refused where all are asked for."""
    image = np.stack([SCAN * 13, SCAN, SCAN * 7], -1)
    (tmp_path / "in.png").write_bytes(imagecodecs.png_encode(image))
    for target, options in (("out.jpg", ("--precision", "12")), ("out.jpg", ("--lossless",)), ("out.jp2", ())):
        assert main("encode", tmp_path / "in.png", "-o", tmp_path / target, *options) == 1
        assert "16 bits a sample as 8" in complaint(capsys, tmp_path / "in.png")
    assert main("encode", tmp_path / "in.png", "-o", tmp_path / "out.jpg") == 0
    (tmp_path / "in.ppm").write_bytes(b"P6 56 40 65535\n" + image.astype(">u2").tobytes())
    for target in ("out.jpg", "out.jp2"):
        assert main("encode", tmp_path / "in.ppm", "-o", tmp_path / target, "--lossless", "-f") == 0
        assert main("decode", tmp_path / target, "-o", tmp_path / "back.ppm", "-f") == 0
        assert (tmp_path / "back.ppm").read_bytes() == b"P6\n56 40\n65535\n" + image.astype(">u2").tobytes()
        assert main("decode", tmp_path / target, "-o", tmp_path / "back.png") == 1
        assert ".ppm and .npy hold RGB" in complaint(capsys, tmp_path / target)


def test_processes_that_do_not_go_together(png, tmp_path, capsys):
    for options, message in (
        (("--lossless", "-q", "80"), "quality"),
        (("--predictor", "2"), "predictor: only with lossless"),
        (("--precision", "10"), "neither 8 nor 12"),
        (("--lossless", "--target-bytes", "9k"), "--target-bytes"),
        (("--lossless", "--predictor", "8"), "outside 1..7"),
    ):
        assert message in usage(capsys, "encode", png, *options)
    assert main("encode", png, "--precision", "12") == 1
    assert "uint16 samples expected" in complaint(capsys, png)
    np.save(tmp_path / "wide.npy", SCAN * 13)
    for options, message in (((), "--lossless or"), (("--precision", "12"), "12 bits hold 4095")):
        assert main("encode", tmp_path / "wide.npy", *options) == 1
        assert message in complaint(capsys, tmp_path / "wide.npy")


def test_jpeg_2000_is_not_written_under_the_name_of_another_format(tmp_path, capsys):
    path = tmp_path / "in.png"
    Image.fromarray(photo()).save(path)
    for name in ("out.jpg", "out.JPEG", "out.png"):
        with pytest.raises(SystemExit) as exit_:
            main("encode", path, "--jp2", "-o", tmp_path / name)
        assert exit_.value.code == 2
        assert "JPEG 2000" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["in.png"]
