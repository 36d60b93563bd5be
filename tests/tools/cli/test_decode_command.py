"""``numjpeg decode``, held to Pillow's pixels."""

from __future__ import annotations

import numpy as np
import pytest
from command_line import (
    complaint,
    main,
    photo,
    pillow_jpeg,
    pixels,
    run_without_pillow,
    usage,
)
from PIL import Image, ImageOps
from samples import photograph

import numjpeg


@pytest.mark.parametrize("extension", ["png", "ppm", "bmp", "tif", "webp"])
def test_decode_gives_pillows_pixels_in_any_format(jpg, tmp_path, extension):
    target = tmp_path / f"out.{extension}"
    assert main("decode", jpg, "-o", target) == 0
    np.testing.assert_array_equal(pixels(target), pixels(jpg))


@pytest.mark.parametrize("extension", ["webp", "gif", "bmp"])
def test_what_a_format_would_clip_or_convert_is_refused(tmp_path, capsys, extension):
    """Pillow writes 16-bit samples as 8-bit ones, clipped at 255, and CMYK as RGB."""
    deep, cmyk = tmp_path / "deep.jpg", tmp_path / "cmyk.jpg"
    deep.write_bytes(numjpeg.encode(np.arange(400, 800, dtype=np.uint16).reshape(20, 20), lossless=True))
    cmyk.write_bytes(pillow_jpeg(Image.new("CMYK", (20, 20), (9, 99, 199, 0))))
    for path, word in ((deep, "16 bits"), (cmyk, "CMYK")):
        assert main("decode", path, "-o", tmp_path / f"out.{extension}") == 1
        assert word in complaint(capsys, path)
    assert not (tmp_path / f"out.{extension}").exists()


@pytest.mark.parametrize("extension", ["gif", "avif", "pdf", "ico", "icns"])
def test_formats_in_which_pillow_would_lose_pixels_are_refused(jpg, tmp_path, capsys, extension):
    """It reduces colours (GIF), compresses with loss (AVIF, JPEG in PDF), or scales the picture (icons)."""
    target = tmp_path / f"out.{extension}"
    if f".{extension}" not in Image.registered_extensions():
        pytest.skip("this Pillow does not know the format")
    assert main("decode", jpg, "-o", target) == 1
    assert ".png, .tif and .npy hold it" in complaint(capsys, jpg)
    assert not target.exists()


def test_a_gray_picture_fits_into_256_colours(tmp_path):
    path, target = tmp_path / "in.jpg", tmp_path / "out.gif"
    path.write_bytes(numjpeg.encode(photo()[..., 0]))
    assert main("decode", path, "-o", target) == 0
    with Image.open(target) as image:
        np.testing.assert_array_equal(np.asarray(image.convert("L")), pixels(path))


def test_decode_writes_png_beside_the_input_and_keeps_metadata(tmp_path):
    profile = bytes(16) + b"RGB " + bytes(300)
    path = tmp_path / "in.jpg"
    path.write_bytes(pillow_jpeg(photo(), icc_profile=profile, dpi=(200, 200)))
    assert main("decode", path) == 0
    with Image.open(tmp_path / "in.png") as image:
        assert image.info["icc_profile"] == profile
        assert image.info["dpi"][0] == pytest.approx(200, abs=0.1)
    assert main("decode", path, "--strip", "--format", "tif") == 0
    assert main("decode", path, "-o", f"{tmp_path}/new.d/") == 0
    assert (tmp_path / "new.d" / "in.png").exists()
    with Image.open(tmp_path / "in.tif") as image:
        assert "icc_profile" not in image.info
        np.testing.assert_array_equal(np.asarray(image), pixels(path))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("extension", ["tif", "png", "webp"])
def test_a_picture_with_an_orientation_goes_into_any_format_and_is_seen_as_before(
    tmp_path, extension, orientation
):
    """Pillow turns TIFF files itself as it reads them; exif_transpose turns all others."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    path, target = tmp_path / "in.jpg", tmp_path / f"out.{extension}"
    path.write_bytes(pillow_jpeg(photo(), exif=exif))
    assert main("decode", path, "-o", target) == 0
    with Image.open(path) as before, Image.open(target) as after:
        after.load()
        expected, seen = ImageOps.exif_transpose(before), ImageOps.exif_transpose(after)
    np.testing.assert_array_equal(np.asarray(seen), np.asarray(expected))


def test_decode_to_npy_and_other_colour_spaces(jpg, tmp_path):
    for space, mode in (("YCbCr", "YCbCr"), ("GRAY", "L"), ("RGB", None)):
        assert main("decode", jpg, "-o", tmp_path / "out.npy", "--colorspace", space) == 0
        with Image.open(jpg) as image:
            if mode:
                image.draft(mode, None)
            np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), np.asarray(image))
    assert main("decode", jpg, "-o", tmp_path / "bgr.npy", "--colorspace", "BGR") == 0
    np.testing.assert_array_equal(np.load(tmp_path / "bgr.npy"), pixels(jpg)[..., ::-1])


def test_samples_that_are_no_picture_go_into_npy_only(jpg, tmp_path, capsys):
    assert main("decode", jpg, "-o", tmp_path / "out.png", "--colorspace", "YCbCr") == 1
    assert ".npy" in complaint(capsys, jpg)


def test_nosmooth_repeats_chroma(jpg, tmp_path):
    assert main("decode", jpg, "-o", tmp_path / "out.npy", "--colorspace", "YCbCr", "--nosmooth") == 0
    chroma = np.load(tmp_path / "out.npy")[..., 1:]
    np.testing.assert_array_equal(chroma[0::2, 0::2], chroma[1::2, 1::2])


def test_decode_restored(tmp_path, capsys):
    jpg = tmp_path / "coarse.jpg"
    jpg.write_bytes(numjpeg.encode(photograph()[100:228, 180:308], 20))
    assert main("decode", jpg, "-o", tmp_path / "restored.png", "--restore") == 0
    restored = numjpeg.decode(jpg.read_bytes(), restore=True)
    assert np.array_equal(pixels(tmp_path / "restored.png"), restored)
    assert not np.array_equal(restored, pixels(jpg))
    assert main("decode", "--restore", jpg, "-o", tmp_path / "again.png") == 0  # what follows is no value of it
    assert np.array_equal(pixels(tmp_path / "again.png"), restored)
    assert main("decode", "--restore=learned", jpg, "-o", tmp_path / "learned.png") == 0
    learned = numjpeg.decode(jpg.read_bytes(), restore="learned")
    assert np.array_equal(pixels(tmp_path / "learned.png"), learned)
    assert not np.array_equal(learned, restored)
    assert "restore" in usage(capsys, "decode", jpg, "--restore=other")
    assert "only one" in usage(capsys, "decode", jpg, "--restore", "--damaged")


def test_decode_turns_pictures_by_their_exif_data_if_asked_to(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "maker"
    path = tmp_path / "in.jpg"
    path.write_bytes(pillow_jpeg(photo(), exif=exif))
    assert main("decode", path, "-o", tmp_path / "stored.png") == 0
    assert main("decode", path, "-o", tmp_path / "turned.png", "--exif-orientation") == 0
    with Image.open(path) as image:
        np.testing.assert_array_equal(pixels(tmp_path / "stored.png"), np.asarray(image))
        np.testing.assert_array_equal(pixels(tmp_path / "turned.png"), np.asarray(ImageOps.exif_transpose(image)))
    for name, orientation in (("stored", 6), ("turned", 1)):  # so that no viewer turns it once more
        with Image.open(tmp_path / f"{name}.png") as image:
            assert image.getexif()[0x0112] == orientation
            assert image.getexif()[0x010F] == "maker"


def test_cmyk_does_not_fit_into_png(tmp_path, capsys):
    path = tmp_path / "in.jpg"
    path.write_bytes(pillow_jpeg(Image.fromarray(photo()).convert("CMYK")))
    assert main("decode", path) == 1
    assert "--colorspace RGB" in complaint(capsys, path)
    assert main("decode", path, "--format", "tif") == 0
    np.testing.assert_array_equal(pixels(path.with_suffix(".tif")), pixels(path))
    assert main("decode", path, "--colorspace", "RGB") == 0
    with Image.open(path) as image:
        np.testing.assert_array_equal(pixels(path.with_suffix(".png")), np.asarray(image.convert("RGB")))


def test_decode_refuses_what_it_cannot_read_and_writes_nothing(tmp_path, png, capsys):
    progressive = tmp_path / "p.jpg"
    progressive.write_bytes(pillow_jpeg(photo())[:-300])
    assert main("decode", progressive) == 1
    complaint(capsys, progressive)
    assert main("decode", png, "-o", tmp_path / "x.ppm") == 1
    assert "not a JPEG file" in complaint(capsys, png)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.jpg", "photo.png"]


def test_without_pillow(jpg, png, tmp_path):
    ppm, again = tmp_path / "out.ppm", tmp_path / "again.jpg"
    *needs_it, decoded, encoded, measured, shown = run_without_pillow(
        ["encode", png, "-o", tmp_path / "x.jpg"],
        ["decode", jpg, "--format", "png"],
        ["decode", jpg, "-o", ppm],
        ["encode", ppm, "-o", again],
        ["psnr", ppm, jpg],
        ["demo", ppm, "-o", tmp_path / "demo"],
    )
    for result in needs_it:
        assert result.returncode == 1
        assert b"needs Pillow" in result.stderr
        assert result.stderr.count(b"\n") == 1
    assert decoded.returncode == encoded.returncode == 0
    np.testing.assert_array_equal(pixels(ppm), pixels(jpg))
    assert again.read_bytes() == pillow_jpeg(pixels(jpg))
    assert measured.stdout == b"inf dB\n"
    assert shown.returncode == 1
    assert b"not installed" in shown.stdout
    assert b"needs Pillow" in shown.stderr
    assert not (tmp_path / "demo").exists()


def test_without_pillow_pixmaps_are_the_default(jpg, tmp_path):
    gray = tmp_path / "gray.jpg"
    gray.write_bytes(pillow_jpeg(photo(channels=1)))
    both, to_gray, again, to_pipe = run_without_pillow(
        ["decode", jpg, gray],
        ["decode", jpg, "-o", f"{tmp_path}/new/", "--colorspace", "GRAY"],
        ["decode", jpg],
        ["decode", gray, "-o", "-"],
    )
    assert both.returncode == to_gray.returncode == 0
    assert jpg.with_suffix(".ppm").read_bytes()[:2] == b"P6"
    assert gray.with_suffix(".pgm").read_bytes()[:2] == b"P5"
    for path, suffix in ((jpg, ".ppm"), (gray, ".pgm")):
        np.testing.assert_array_equal(pixels(path.with_suffix(suffix)), pixels(path))
    assert (tmp_path / "new" / "file.pgm").exists()
    assert again.returncode == 1
    assert b"file.ppm exists" in again.stderr
    assert to_pipe.stdout == gray.with_suffix(".pgm").read_bytes()


def test_a_limit_of_pixels(jpg, tmp_path, capsys):
    target = tmp_path / "out.ppm"
    assert main("decode", jpg, "-o", target, "--max-pixels", photo().size // 3 - 1) == 1
    assert "max_pixels" in complaint(capsys, jpg)
    for limit in (photo().size, "none"):
        assert main("decode", jpg, "-o", target, "--max-pixels", limit) == 0
    np.testing.assert_array_equal(pixels(target), pixels(jpg))


@pytest.mark.parametrize("divisor", [2, 4, 8])
def test_scaled_pictures_are_those_of_pillows_draft(tmp_path, divisor):
    path = tmp_path / "a.jpg"
    path.write_bytes(pillow_jpeg(photo(48, 64)))
    assert main("decode", path, "--scale", f"1/{divisor}") == 0
    with Image.open(path) as image:
        image.draft("RGB", (64 // divisor, 48 // divisor))
        np.testing.assert_array_equal(pixels(tmp_path / "a.png"), np.asarray(image))


def test_regions_and_thumbnails(tmp_path, capsys):
    path, target = tmp_path / "a.jpg", tmp_path / "a.png"
    path.write_bytes(pillow_jpeg(photo(100, 160)))
    assert main("decode", path, "--region", "30x20+7+11") == 0
    np.testing.assert_array_equal(pixels(target), pixels(path)[11:31, 7:37])
    for side, divisor, shape in ((64, 2, (40, 64, 3)), (33, 4, (21, 33, 3)), (1000, 1, (100, 160, 3))):
        assert main("decode", path, "--fit", side, "-f") == 0
        means = numjpeg.decode(path, scale=1 / divisor).astype(float)
        for axis, size in enumerate(shape[:2]):  # of equal parts of which each pixel of either picture has some
            parts = np.repeat(np.moveaxis(means, axis, 0), size, axis=0)
            parts = parts.reshape(size, -1, *parts.shape[1:]).mean(axis=1)
            means = np.moveaxis(parts, 0, axis)
        assert pixels(target).shape == shape
        assert np.abs(pixels(target) - means).max() <= 0.501
    assert main("decode", path, "--region", "161x20+0+0", "-f") == 1
    assert "region: " in complaint(capsys, path)
    assert "invalid choice: '1/3'" in usage(capsys, "decode", path, "--scale", "1/3")
    assert "is not WxH+X+Y" in usage(capsys, "decode", path, "--region", "5")
    assert "only one of them" in usage(capsys, "decode", path, "--fit", "5", "--region", "5x5+0+0")
    assert "not allowed with" in usage(capsys, "decode", path, "--fit", "5", "--scale", "1/2")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert main("decode", path, "--damaged", "--scale", "1/4", "-o", target, "-f") == 1
    shown = numjpeg.decode_damaged(whole[: len(whole) * 2 // 3], scale=1 / 4)[0]
    np.testing.assert_array_equal(pixels(target), shown)
