"""The command line, as a user meets it: files, pipes, exit codes, messages; pictures held to Pillow's."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin

import numjpeg
from numjpeg.tools import cli, demo

NOBODY = 65534
"""The user of that name on Linux."""

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(numjpeg.__file__).parents[1]), "PYTHONWARNINGS": "error"}
WITHOUT_PILLOW = (
    "import sys; sys.modules['PIL'] = None; from numjpeg.tools.cli import main; sys.exit(main(sys.argv[1:]))"
)


def photo(height: int = 40, width: int = 56, channels: int = 3) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    planes = [np.sin((x + 2 * y * (i + 1)) / 9) * 70 + 128 + 30 * (x // 8 % 2) for i in range(channels)]
    image = np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)
    return image[..., 0] if channels == 1 else image


def pillow_jpeg(image: np.ndarray | Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def pixels(file: Path | bytes) -> np.ndarray:
    with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file) as image:
        return np.asarray(image)


def run(*arguments, **options) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "numjpeg", *map(str, arguments)],
        capture_output=True, env=ENVIRONMENT, timeout=60, check=False, **options,
    )  # fmt: skip


def main(*arguments) -> int:
    return cli.main([str(argument) for argument in arguments])


def usage(capsys, *arguments) -> str:
    """The message of wrong usage, which exits with 2."""
    with pytest.raises(SystemExit) as exit_:
        main(*arguments)
    assert exit_.value.code == 2
    return capsys.readouterr().err


@pytest.fixture
def png(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(photo()).save(path)
    return path


@pytest.fixture
def jpg(tmp_path: Path) -> Path:
    path = tmp_path / "file.jpg"
    path.write_bytes(pillow_jpeg(photo()))
    return path


def complaint(capsys, path: Path | str) -> str:
    """The one line on standard error, without "numjpeg: FILE: "."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith(f"numjpeg: {path}: ")
    assert "Traceback" not in err
    return err.removeprefix(f"numjpeg: {path}: ").rstrip()


# --- encode ----------------------------------------------------------------------------------------------


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


def test_decode_restored(jpg, tmp_path, capsys):
    assert main("decode", jpg, "-o", tmp_path / "restored.png", "--restore") == 0
    restored = numjpeg.decode(jpg.read_bytes(), restore=True)
    assert np.array_equal(pixels(tmp_path / "restored.png"), restored)
    assert not np.array_equal(restored, pixels(jpg))
    assert "only one" in usage(capsys, "decode", jpg, "--restore", "--damaged")


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


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "RGB", "YCbCr"])
def test_encode_reads_the_modes_of_pillow(tmp_path, mode):
    image = Image.fromarray(photo()).convert(mode)
    image.save(tmp_path / "in.tif")
    assert main("encode", tmp_path / "in.tif") == 0
    converted = image.convert({"1": "L", "P": "RGB"}.get(mode, mode))
    assert (tmp_path / "in.jpg").read_bytes() == pillow_jpeg(converted)


def test_encode_of_a_jpeg_file_goes_through_its_pixels(jpg, tmp_path):
    assert main("encode", jpg, "-o", tmp_path / "out.jpg", "-q", "40") == 0
    assert (tmp_path / "out.jpg").read_bytes() == pillow_jpeg(pixels(jpg), quality=40)


def test_encode_gray_of_a_jpeg_file_takes_its_luminance(jpg, tmp_path):
    assert main("encode", jpg, "-o", tmp_path / "out.jpg", "--gray") == 0
    with Image.open(jpg) as image:
        image.draft("L", None)
        expected = pillow_jpeg(np.asarray(image))
    assert (tmp_path / "out.jpg").read_bytes() == expected


def test_metadata_are_carried_over_unless_stripped(tmp_path):
    profile = bytes(16) + b"RGB " + bytes(300)
    exif = Image.Exif()
    exif[0x010E] = "a description"
    xmp = b"<x:xmpmeta/>"
    options = {"icc_profile": profile, "exif": exif.tobytes(), "dpi": (300, 300)}
    (tmp_path / "in.jpg").write_bytes(pillow_jpeg(photo(), xmp=xmp, comment="not this", **options))
    Image.fromarray(photo()).save(tmp_path / "in.png", **options)
    for name, more in (("in.jpg", {"xmp": xmp}), ("in.png", {})):
        source = pixels(tmp_path / name)
        assert main("encode", tmp_path / name, "-o", tmp_path / "out.jpg") == 0
        assert (tmp_path / "out.jpg").read_bytes() == pillow_jpeg(source, **options, **more)
        assert main("encode", tmp_path / name, "-o", tmp_path / "out.jpg", "--strip") == 0
        assert (tmp_path / "out.jpg").read_bytes() == pillow_jpeg(source)
        assert main("encode", tmp_path / name, "-o", tmp_path / "out.jpg", "--gray") == 0
        with Image.open(tmp_path / "out.jpg") as image:
            assert "icc_profile" not in image.info  # an RGB profile fits no gray picture
            assert image.info["exif"] == options["exif"]


# --- transparency and depth ------------------------------------------------------------------------------


def transparent(mode: str) -> Image.Image:
    alpha = Image.fromarray(np.linspace(0, 255, 40 * 56).reshape(40, 56).astype(np.uint8))
    if mode == "P":
        image = Image.fromarray(photo()).convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
        image.info["transparency"] = 3
        return image
    image = Image.fromarray(photo()).convert(mode)
    image.putalpha(alpha)
    return image


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_needs_a_background(tmp_path, capsys, mode):
    path = tmp_path / "in.png"
    transparent(mode).save(path)
    assert main("encode", path) == 1
    assert "--background" in complaint(capsys, path)
    assert not path.with_suffix(".jpg").exists()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
@pytest.mark.parametrize(
    ("color", "rgb"), [("white", (255, 255, 255)), ("#10a0f0", (16, 160, 240)), ("teal", (0, 128, 128))]
)
def test_transparency_is_blended_with_the_background(tmp_path, mode, color, rgb):
    path = tmp_path / "in.png"
    transparent(mode).save(path)
    assert main("encode", path, "-o", tmp_path / "out.jpg", "--background", color, "-q", "100", "-s", "4:4:4") == 0
    with Image.open(path) as image:
        expected = Image.new("RGB", image.size, rgb)
        rgba = image.convert("RGBA")
        expected.paste(rgba, mask=rgba.getchannel("A"))
    found = pixels(tmp_path / "out.jpg")
    found = np.repeat(found[..., None], 3, -1) if found.ndim == 2 else found
    assert np.abs(found.astype(int) - np.asarray(expected)).max() <= 4


def test_16_bits_and_floats_are_refused(tmp_path, capsys):
    Image.fromarray(np.full((9, 9), 40_000, np.uint16)).save(tmp_path / "16.png")
    np.save(tmp_path / "float.npy", np.zeros((9, 9)))
    (tmp_path / "16.pgm").write_bytes(b"P5 1 1 65535\n\0\0")
    for name in ("16.png", "float.npy", "16.pgm"):
        assert main("encode", tmp_path / name) == 1
        assert "8 bits" in complaint(capsys, tmp_path / name)


# --- decode ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("extension", ["png", "ppm", "bmp", "tif", "webp"])
def test_decode_gives_pillows_pixels_in_any_format(jpg, tmp_path, extension):
    target = tmp_path / f"out.{extension}"
    assert main("decode", jpg, "-o", target) == 0
    expected = pixels(jpg)
    if extension == "webp":
        assert np.abs(pixels(target).astype(int) - expected).mean() < 10  # WebP loses some
    else:
        np.testing.assert_array_equal(pixels(target), expected)


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


# --- psnr ------------------------------------------------------------------------------------------------


def decibels(a: np.ndarray, b: np.ndarray) -> float:
    return 10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2))


def test_psnr_prints_decibels(png, jpg, capsys):
    expected = decibels(photo(), pixels(jpg))
    assert main("psnr", png, jpg) == 0
    assert capsys.readouterr().out == f"{expected:.4f} dB\n"
    assert main("psnr", png, png) == 0
    assert capsys.readouterr().out == "inf dB\n"


def test_psnr_per_channel_and_json(png, jpg, capsys):
    each = [decibels(photo()[..., i], pixels(jpg)[..., i]) for i in range(3)]
    assert main("psnr", png, jpg, "--per-channel") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["R", "G", "B", "all"]
    assert [float(line.split()[1]) for line in lines[:3]] == pytest.approx(each, abs=1e-4)
    assert main("psnr", png, jpg, "--per-channel", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["channels"].values()) == pytest.approx(each)
    assert found["psnr"] == pytest.approx(decibels(photo(), pixels(jpg)))
    assert main("psnr", png, png, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"psnr": None, "mse": 0.0}


def test_psnr_of_arrays(tmp_path, capsys):
    np.save(tmp_path / "a.npy", np.zeros((4, 4)))
    np.save(tmp_path / "b.npy", np.full((4, 4), 0.1))
    assert main("psnr", tmp_path / "a.npy", tmp_path / "b.npy") == 1
    assert "--data-range" in complaint(capsys, tmp_path / "b.npy")
    assert main("psnr", tmp_path / "a.npy", tmp_path / "b.npy", "--data-range", "1") == 0
    assert capsys.readouterr().out == "20.0000 dB\n"


def test_psnr_of_different_sizes_or_kinds_fails(tmp_path, png, capsys):
    for name, other in (("size.png", photo(40, 55)), ("gray.png", photo(channels=1))):
        Image.fromarray(other).save(tmp_path / name)
        assert main("psnr", png, tmp_path / name) == 1
        assert "the reference is 56 x 40 RGB" in complaint(capsys, tmp_path / name)
    assert main("psnr", tmp_path / "none.png", png) == 1
    complaint(capsys, tmp_path / "none.png")


# --- info, block, demo -----------------------------------------------------------------------------------


def test_info_of_files_that_are_decoded_or_not(tmp_path, jpg, capsys):
    progressive = tmp_path / "progressive.jpg"
    progressive.write_bytes(pillow_jpeg(photo(), progressive=True, comment="\x1b[2J"))
    assert main("info", jpg, progressive) == 0
    out = capsys.readouterr().out
    assert f"== {jpg}" in out
    assert "baseline DCT (SOF0)" in out
    assert "progressive DCT, Huffman coding (SOF2)" in out
    assert r'"\x1b[2J"' in out
    assert "\x1b" not in out


def test_info_of_no_jpeg_file_fails_and_the_others_are_shown(png, jpg, capsys):
    assert main("info", png, jpg) == 1
    out, err = capsys.readouterr()
    assert "baseline" in out
    assert err.startswith(f"numjpeg: {png}: not a JPEG file")


def test_block_prints_a_block_and_refuses_one_outside(png, capsys):
    assert main("block", png, 1, 2, "-q", "50", "-c", "Cb") == 0
    assert "Block row 1, column 2 of component Cb" in capsys.readouterr().out
    assert main("block", png, 99, 0) == 1
    assert "row: 99 is outside 0..4" in complaint(capsys, png)


def test_block_of_a_gray_picture_and_of_a_jpeg_file(tmp_path, jpg, capsys):
    Image.fromarray(photo(channels=1)).save(tmp_path / "gray.png")
    for path in (tmp_path / "gray.png", jpg):
        assert main("block", path, 0, 0) == 0
        assert "512" in capsys.readouterr().out


@pytest.mark.parametrize("channels", [1, 3])
def test_demo_says_that_all_equals_pillow_and_draws(tmp_path, capsys, channels):
    Image.fromarray(photo(96, 80, channels)).save(tmp_path / "in.png")
    assert main("demo", tmp_path / "in.png", "-o", tmp_path / "shown", "-q", "60") == 0
    out = capsys.readouterr().out
    file = pillow_jpeg(photo(96, 80, channels), quality=60)
    assert f"JPEG             {len(file):,} bytes" in out
    assert f"PSNR             {decibels(photo(96, 80, channels), pixels(file)):.2f} dB" in out
    assert re.search(r"^bytes +equal to Pillow", out, re.MULTILINE)
    assert re.search(r"^decoded pixels +equal to Pillow", out, re.MULTILINE)
    named = re.findall(r"^wrote (.*)$", out, re.MULTILINE)
    assert sorted(named) == sorted(str(p) for p in (tmp_path / "shown").iterdir())
    assert len(named) > 4
    for name in named:
        with Image.open(name) as image:
            image.load()


def test_the_report_of_a_subsampling_that_pillow_lacks():
    text = demo.report(photo(), 75, "4:4:0")
    assert "not compared: Pillow does not write 4:4:0" in text
    assert "decoded pixels   equal" in text


def test_the_stages_of_the_demo_are_the_codec():
    for image, options in ((photo(), {}), (photo(77, 61), {"subsampling": "4:2:2"}), (photo(24, 32, 1), {})):
        file = pillow_jpeg(image, **options)
        _, decoded = demo.time_decoding(file)
        np.testing.assert_array_equal(decoded, pixels(file))
    # A gray picture of whole blocks has nothing but its blocks' bits in the scan.
    _, count = demo.time_encoding(image, file)
    start = file.index(b"\xff\xda") + 10
    assert -(-count // 8) == len(file[start:-2].replace(b"\xff\0", b"\xff"))


# --- where files go --------------------------------------------------------------------------------------


def test_many_files_go_into_a_directory(tmp_path, png, jpg, capsys):
    target = tmp_path / "made" / "here"
    assert main("encode", png, tmp_path / "none.png", jpg, "-o", target, "-v") == 1
    assert sorted(p.name for p in target.iterdir()) == ["file.jpg", "photo.jpg"]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[1] == f"numjpeg: {tmp_path / 'none.png'}: No such file or directory"
    assert f"{(target / 'photo.jpg').stat().st_size:,} bytes" in lines[0]


def test_an_input_is_not_replaced_by_itself(jpg, tmp_path, capsys):
    before = jpg.read_bytes()
    (tmp_path / "link.jpg").symlink_to(jpg)
    for options in ([], ["-o", jpg], ["-o", tmp_path / "link.jpg"], ["-o", tmp_path]):
        assert main("encode", jpg, *options) == 1
        assert "input itself" in complaint(capsys, jpg)
    assert jpg.read_bytes() == before


def test_two_inputs_do_not_share_an_output(png, capsys):
    other = png.with_suffix(".bmp")
    Image.fromarray(photo()).save(other)
    assert main("encode", png, other) == 1
    assert "already the output of" in complaint(capsys, other)


def test_no_clobber(png, capsys):
    target = png.with_suffix(".jpg")
    target.write_bytes(b"old")
    assert main("encode", "-n", png) == 1
    assert "exists" in complaint(capsys, png)
    assert target.read_bytes() == b"old"
    assert main("encode", png) == 0
    assert target.read_bytes() == pillow_jpeg(photo())


def test_a_file_that_fails_leaves_the_old_output_and_no_rubbish(tmp_path, jpg, monkeypatch, capsys):
    target = tmp_path / "out.ppm"
    target.write_bytes(b"old")

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    assert main("decode", jpg, "-o", target) == 1
    assert complaint(capsys, jpg) == f"cannot write {target}: No space left on device"
    assert target.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file.jpg", "out.ppm"]


def test_errors_are_one_line(tmp_path, png, monkeypatch, capsys):
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "short.png").write_bytes(png.read_bytes()[:60])
    for name, reason in (
        ("none.png", "No such file or directory"),
        (".", "Is a directory"),
        ("empty.png", "the file is empty"),
        ("text.png", "not a picture in a format that is known"),
        ("short.png", ""),
    ):
        path = tmp_path / name
        assert main("encode", path, "-o", tmp_path / "x.jpg") == 1
        assert reason in complaint(capsys, path)
    assert main("encode", png, "-o", tmp_path / "no" / "such.jpg") == 1
    assert complaint(capsys, png).endswith("No such file or directory")

    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("numjpeg.tools.cli.outputs.write_atomically", no_memory)
    assert main("encode", png) == 1
    assert complaint(capsys, png) == "not enough memory"


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_permission_denied(png, capsys):
    assert main("encode", png) == 0  # all that has to be imported is
    png.chmod(0)
    root = os.geteuid() == 0  # root may read everything, so it steps down for a moment
    if root:
        os.seteuid(NOBODY)
    try:
        assert main("encode", png) == 1
    finally:
        if root:
            os.seteuid(0)
    assert complaint(capsys, png) == "Permission denied"


def test_names_do_no_harm_to_a_terminal(tmp_path, capsys):
    name = tmp_path / "\x1b[31mred.png"
    Image.fromarray(photo()).save(name)
    assert main("encode", name, tmp_path / "\x1b[2Jnone.png", "-v") == 1
    err = capsys.readouterr().err
    assert "\x1b" not in err
    assert r"\x1b[31mred.png" in err
    assert r"\x1b[2Jnone.png" in err


# --- usage -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["transmogrify"],
        ["encode"],
        ["encode", "a.png", "-q", "0"],
        ["encode", "a.png", "-q", "101"],
        ["encode", "a.png", "-q", "x"],
        ["encode", "a.png", "-s", "3:2:1"],
        ["encode", "a.png", "-s", "3x1,2x1"],
        ["encode", "a.png", "--background", "no-such-colour"],
        ["encode", "a.png", "--restart-rows", "-1"],
        ["encode", "a.png", "--restart-rows", "1", "--restart-blocks", "1"],
        ["encode", "a.png", "--keep-rgb", "-s", "4:2:0"],
        ["encode", "a.png", "--qtables", "/no/such/file"],
        ["encode", "a.png", "--comment", "x" * 70_000],
        ["encode", "a.png", "-"],
        ["encode", "a.png", "b.png", "-o", "-"],
        ["encode", "a.png", "b.png", "-o", __file__],
        ["encode", "-", "-o", "."],
        ["encode", "a.tif", "-o", "b.png"],
        ["decode", "a.jpg", "-o", "b.unknown"],
        ["decode", "a.jpg", "-o", "b.jpeg"],
        ["decode", "a.jpg", "--format", "jpg"],
        ["decode", "a.jpg", "--colorspace", "HSV"],
        ["psnr", "a.png"],
        ["psnr", "-", "-"],
        ["psnr", "a", "b", "--data-range", "0"],
        ["block", "a.png", "-1", "0"],
        ["block", "a.png", "0", "0", "-c", "R"],
        ["info"],
    ],
)
def test_wrong_usage_exits_with_2(capsys, arguments):
    assert "numjpeg" in usage(capsys, *arguments)


def test_wrong_usage_does_no_harm_to_a_terminal(capsys):
    assert "\x1b" not in usage(capsys, "encode", "a.png", "--no\x1b[31m")
    assert "\x1b" not in usage(capsys, "encode", "a.png", "--qtables", "\x1b[31m")


def test_tables_of_a_wrong_number_or_kind(capsys, png, tmp_path):
    for text in ("1 2 3", "one " * 64, "0 " * 64, ""):
        (tmp_path / "tables.txt").write_text(text)
        assert "tables" in usage(capsys, "encode", png, "--qtables", tmp_path / "tables.txt")


@pytest.mark.parametrize("command", ["encode", "decode", "psnr", "info", "block", "demo"])
def test_help(capsys, command):
    with pytest.raises(SystemExit) as exit_:
        main(command, "--help")
    assert exit_.value.code == 0
    assert "usage: numjpeg " + command in capsys.readouterr().out


def test_interrupt_is_quiet(png, monkeypatch, capsys):
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("numjpeg.tools.cli.inputs.read_picture", interrupt)
    assert main("encode", png) == 130
    assert capsys.readouterr() == ("", "")


# --- as a process ----------------------------------------------------------------------------------------


def test_version():
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, f"numjpeg {numjpeg.__version__}\n".encode())


def test_pipes(png):
    encoded = run("encode", "-", "-q", "80", input=png.read_bytes())
    assert (encoded.returncode, encoded.stderr) == (0, b"")
    assert encoded.stdout == pillow_jpeg(photo(), quality=80)
    decoded = run("decode", "-", "--format", "ppm", input=encoded.stdout)
    np.testing.assert_array_equal(pixels(decoded.stdout), pixels(encoded.stdout))
    measured = run("psnr", png, "-", input=decoded.stdout)
    assert measured.stdout.decode() == f"{decibels(photo(), pixels(encoded.stdout)):.4f} dB\n"


def test_standard_input_that_fails():
    result = run("decode", "-", input=b"nothing")
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr.startswith(b"numjpeg: standard input: not a JPEG file")
    assert result.stderr.count(b"\n") == 1


def test_a_reader_that_goes_away(jpg):
    with subprocess.Popen(
        [sys.executable, "-m", "numjpeg", "info", *[str(jpg)] * 300],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_standard_output_that_is_full(jpg):
    for arguments in (["info", str(jpg)], ["decode", str(jpg), "-o", "-"]):
        command = [sys.executable, "-m", "numjpeg", *arguments]
        with Path("/dev/full").open("wb") as full:
            result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False)
        assert result.returncode == 1
        assert result.stderr.endswith(b": No space left on device\n")
        assert result.stderr.count(b"\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_on_a_terminal_there_is_progress_and_no_binary(png, jpg, tmp_path):
    import pty  # noqa: PLC0415 - not on every platform
    import termios  # noqa: PLC0415

    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 80))
    command = [sys.executable, "-m", "numjpeg"]
    refused = subprocess.run(
        [*command, "encode", "-o", "-", str(png)],
        stdout=slave,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        check=False,
    )
    assert refused.returncode == 1
    assert b"terminal" in refused.stderr
    many = [*command, "encode", str(png), str(jpg), "-o", str(tmp_path / "out")]
    assert subprocess.run(many, stderr=slave, env=ENVIRONMENT, check=False).returncode == 0
    os.close(slave)
    assert b"2/2" in os.read(master, 10_000)
    os.close(master)


def test_without_pillow(jpg, png, tmp_path):
    def blocked(*arguments: object, **options) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-c", WITHOUT_PILLOW, *map(str, arguments)],
            capture_output=True, env=ENVIRONMENT, timeout=60, check=False, **options,
        )  # fmt: skip

    for arguments in (["encode", png], ["decode", jpg], ["encode", png, "--background", "white"]):
        result = blocked(*arguments)
        assert result.returncode == 1
        assert b"needs Pillow" in result.stderr
        assert result.stderr.count(b"\n") == 1
    assert blocked("decode", jpg, "-o", tmp_path / "out.ppm").returncode == 0
    np.testing.assert_array_equal(pixels(tmp_path / "out.ppm"), pixels(jpg))
    assert blocked("encode", tmp_path / "out.ppm", "-o", tmp_path / "again.jpg").returncode == 0
    assert (tmp_path / "again.jpg").read_bytes() == pillow_jpeg(pixels(jpg))
    assert blocked("psnr", tmp_path / "out.ppm", jpg).stdout == b"inf dB\n"
    shown = blocked("demo", tmp_path / "out.ppm", "-o", tmp_path / "demo")
    assert shown.returncode == 1
    assert b"not installed" in shown.stdout
    assert b"needs Pillow" in shown.stderr


# --- the formats that need no Pillow ---------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
def test_pnm_is_read_as_pillow_reads_it(tmp_path, channels):
    image = photo(7, 5, channels)
    kind = {1: b"P5", 3: b"P6"}[channels]
    for most, samples in ((255, image), (100, image % 101)):
        data = kind + b" # a comment\n# and one more\n5\t7\r\n" + str(most).encode() + b"\n" + samples.tobytes()
        (tmp_path / "in.pnm").write_bytes(data)
        assert main("encode", tmp_path / "in.pnm") == 0
        assert (tmp_path / "in.jpg").read_bytes() == pillow_jpeg(pixels(data))


@pytest.mark.parametrize(
    "data",
    [b"P6\n4 4\n255\nshort", b"P5\n0 4\n255\n", b"P5 9999999 9999999 255\n", b"P6 x", b"\x93NUMPY\x01\0junk"],
)
def test_damaged_pnm_and_npy(tmp_path, capsys, data):
    (tmp_path / "in").write_bytes(data)
    assert main("encode", tmp_path / "in") == 1
    complaint(capsys, tmp_path / "in")


def test_npy_of_other_shapes(tmp_path, capsys):
    np.save(tmp_path / "a.npy", photo())
    assert main("encode", tmp_path / "a.npy") == 0
    assert (tmp_path / "a.jpg").read_bytes() == pillow_jpeg(photo())
    np.save(tmp_path / "a.npy", photo(channels=1)[..., np.newaxis])
    assert main("encode", tmp_path / "a.npy") == 0
    assert (tmp_path / "a.jpg").read_bytes() == pillow_jpeg(photo(channels=1))
    for shape in ((3,), (2, 2, 5), (0, 4), (2, 2, 2, 2)):
        np.save(tmp_path / "b.npy", np.zeros(shape, np.uint8))
        assert main("encode", tmp_path / "b.npy") == 1
        complaint(capsys, tmp_path / "b.npy")


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
