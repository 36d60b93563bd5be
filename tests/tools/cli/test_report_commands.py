"""``numjpeg psnr``, ``info``, ``block``, ``demo`` and ``explore``."""

from __future__ import annotations

import io
import json
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from command_line import complaint, decibels, main, photo, pillow_jpeg, pixels, usage
from PIL import Image

from numjpeg.tools import explain
from numjpeg.tools.explore import explore_page


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
    np.save(tmp_path / "b.npy", np.full((4, 4), np.nan))
    assert main("psnr", tmp_path / "a.npy", tmp_path / "b.npy", "--data-range", "1", "--json") == 0
    assert capsys.readouterr().out == '{"psnr": null, "mse": null}\n', "JSON has no NaN"


def test_psnr_of_different_sizes_or_kinds_fails(tmp_path, png, capsys):
    for name, other in (("size.png", photo(40, 55)), ("gray.png", photo(channels=1))):
        Image.fromarray(other).save(tmp_path / name)
        assert main("psnr", png, tmp_path / name) == 1
        assert "the reference is 56 x 40 RGB" in complaint(capsys, tmp_path / name)
    assert main("psnr", tmp_path / "none.png", png) == 1
    complaint(capsys, tmp_path / "none.png")


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


def test_block_of_a_gray_picture(tmp_path, capsys):
    Image.fromarray(photo(channels=1)).save(tmp_path / "gray.png")
    assert main("block", tmp_path / "gray.png", 0, 0) == 0
    assert "512" in capsys.readouterr().out


def test_block_of_a_jpeg_file_is_its_own(jpg, capsys):
    jpg.write_bytes(pillow_jpeg(photo(), quality=31, optimize=True))
    for options in ([], ["-c", "Cr"], ["-c", "3"]):
        assert main("block", jpg, 1, 2, *options) == 0
        expected = explain.describe_file_block(jpg.read_bytes(), 1, 2, component=(options or ["", "1"])[1])
        assert capsys.readouterr().out == expected + "\n"
    assert main("block", jpg, 1, 2, "-q", "75") == 0  # that is of another file
    assert capsys.readouterr().out == explain.describe_block(pixels(jpg), 1, 2) + "\n"
    assert main("block", jpg, 9, 2) == 1
    assert "row: 9 is outside 0..4" in complaint(capsys, jpg)
    assert main("block", jpg, 0, 0, "--max-pixels", "100") == 1
    assert "max_pixels" in complaint(capsys, jpg)


def test_info_as_json(jpg, png, capsys):
    jpg.write_bytes(pillow_jpeg(photo(), quality=83, comment="\x1b[2J", dpi=(300, 300)))
    assert main("info", "--json", jpg, png, jpg) == 1
    lines = capsys.readouterr().out.splitlines()
    first, second = map(json.loads, lines)
    assert first == second
    assert "\x1b" not in lines[0]
    assert (first["file"], first["bytes"]) == (str(jpg), jpg.stat().st_size)
    assert (first["width"], first["height"], first["subsampling"]) == (56, 40, "4:2:0")
    assert (first["comments"], first["density"]) == (["\x1b[2J"], [1, 300, 300])
    with Image.open(jpg) as image:
        tables = [np.array(table).reshape(8, 8).tolist() for table in image.quantization.values()]
    assert [table["table"] for table in first["quantization_tables"].values()] == tables
    assert first["quantization_tables"]["1"]["nearest"] == {"base": "K.2", "quality": 83, "exact": True}


def test_info_of_a_folder(tmp_path, jpg, capsys):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x.JPEG").write_bytes(jpg.read_bytes())
    assert main("info", "-r", tmp_path) == 0
    assert capsys.readouterr().out.count("baseline DCT (SOF0)") == 2


def test_demo_keeps_the_pictures_that_are_there(png, tmp_path, capsys):
    (tmp_path / "shown").mkdir()
    old = tmp_path / "shown" / "05-dct.png"
    old.write_bytes(b"old")
    assert main("demo", png, "-o", tmp_path / "shown") == 1
    said = complaint(capsys, png)  # and nothing on standard output: no work was done
    assert str(old) in said
    assert "-f/--force" in said
    assert old.read_bytes() == b"old"
    assert main("demo", png, "-o", tmp_path / "shown", "-f") == 0
    with Image.open(old) as image:
        image.load()


@pytest.mark.usual("3")
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


def test_the_page_is_written(jpg, png, tmp_path, capsys, monkeypatch) -> None:
    page = tmp_path / "file.html"
    assert main("explore", jpg) == 0
    assert page.read_text(encoding="utf-8") == explore_page(jpg.read_bytes(), "file.jpg")
    assert capsys.readouterr().out == f"wrote {page}\n"
    assert main("explore", jpg) == 1
    assert "exists" in complaint(capsys, jpg)
    other = tmp_path / "other.html"
    assert main("explore", jpg, "-o", other, "--original", png) == 0
    assert '"error"' in other.read_text(encoding="utf-8")
    capsys.readouterr()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(jpg.read_bytes())))
    assert main("explore", "-", "-o", other) == 0
    assert "<title>standard input, block by block" in other.read_text(encoding="utf-8")


def test_what_is_refused(jpg, png, tmp_path, capsys) -> None:
    assert main("explore", png) == 1
    assert "no JPEG file" in complaint(capsys, png)
    assert "needs -o" in usage(capsys, "explore", "-")
    small = tmp_path / "small.ppm"
    small.write_bytes(b"P6 1 1 255\nabc")
    assert main("explore", jpg, "--original", small) == 1
    assert "original: " in complaint(capsys, jpg)
    assert not (tmp_path / "file.html").exists()


def test_the_page_replaces_no_file_that_is_read(jpg, png, tmp_path, capsys) -> None:
    before = jpg.read_bytes()
    for name in (jpg, png, tmp_path / "new.jpeg"):
        assert "not called so" in usage(capsys, "explore", jpg, "-o", name, "-f")
    odd = tmp_path / "photo.html"
    odd.write_bytes(before)
    link = tmp_path / "link"
    link.symlink_to(odd)
    for options in (["-f"], ["-o", odd], ["-o", link]):
        assert main("explore", odd, *options) == 1
        assert "is an input too" in complaint(capsys, odd)
    assert main("explore", jpg, "--original", odd, "-o", odd) == 1
    assert odd.read_bytes() == jpg.read_bytes() == before
