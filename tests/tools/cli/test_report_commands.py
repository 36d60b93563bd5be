"""``numjpeg info``, ``block`` and ``demo``."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from command_line import (
    complaint,
    decibels,
    main,
    photo,
    pillow_jpeg,
    pixels,
)
from PIL import Image

from numjpeg.tools import explain


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
