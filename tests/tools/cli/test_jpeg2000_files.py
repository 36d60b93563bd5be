"""JPEG 2000 on the command line: encode, decode, info, psnr."""

from __future__ import annotations

import json

import numpy as np
import pytest
from command_line import main
from j2k_samples import openjpeg_decode, photo, pillow_files
from PIL import Image

from numjpeg import jpeg2000, psnr


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(photo(60, 80)).save(path)
    return path


@pytest.mark.parametrize("suffix", [".jp2", ".j2k", ".jph"])
def test_lossless_there_and_back(picture, tmp_path, suffix):
    file, back = tmp_path / f"photo{suffix}", tmp_path / "back.png"
    assert main("encode", picture, "-o", file) == 0
    np.testing.assert_array_equal(openjpeg_decode(file.read_bytes()), photo(60, 80))
    assert jpeg2000.read_header(file).kind == {".jp2": "JP2", ".j2k": "codestream", ".jph": "JPH"}[suffix]
    assert main("decode", file, "-o", back) == 0
    np.testing.assert_array_equal(np.asarray(Image.open(back)), photo(60, 80))


@pytest.mark.parametrize(
    ("options", "most"),
    [(["--bits-per-pixel", "2"], 1200), (["--target-bytes", "1k"], 1000), (["--target-psnr", "30"], 4000)],
)
def test_targets(picture, tmp_path, options, most):
    file = tmp_path / "photo.jp2"
    assert main("encode", picture, "-o", file, *options) == 0
    assert len(file.read_bytes()) <= most
    if "--target-psnr" in options:
        assert psnr(photo(60, 80), jpeg2000.decode(file)) >= 30


def test_several_pictures(picture, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    other = tmp_path / "gray.png"
    Image.fromarray(photo(20, 30, 1)).save(other)
    assert main("encode", "--jp2", picture, other, "-o", folder) == 0
    assert jpeg2000.decode(folder / "photo.jp2").shape == (60, 80, 3)
    assert jpeg2000.decode(folder / "gray.jp2").shape == (20, 30)


def test_psnr_reads_by_content(picture, tmp_path, capsys):
    file = tmp_path / "named.wrongly"
    (data,) = pillow_files([(photo(60, 80), {})])
    file.write_bytes(data)
    assert main("psnr", picture, file) == 0
    assert capsys.readouterr().out.strip() == "inf dB"


def test_info(picture, tmp_path, capsys):
    file = tmp_path / "photo.jp2"
    assert main("encode", picture, "-o", file, "--comment", "a word") == 0
    assert main("info", file) == 0
    out = capsys.readouterr().out
    for words in ("80 x 60", "5/3", "LRCP", "SIZ at byte", "'jp2c' at byte"):
        assert words in out
    assert main("info", "--json", file) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["levels"], found["tiles"], found["comments"]) == (5, [1, 1], ["a word"])


def test_damage_is_told(picture, tmp_path, capsys):
    file, back = tmp_path / "photo.jp2", tmp_path / "back.png"
    assert main("encode", picture, "-o", file) == 0
    file.write_bytes(file.read_bytes()[:-900])
    assert main("decode", file, "-o", back) == 1
    assert not back.exists()
    assert main("decode", "--damaged", file, "-o", back) == 1
    assert "missing" in capsys.readouterr().err
    assert psnr(photo(60, 80), np.asarray(Image.open(back))) > 20


@pytest.mark.parametrize(
    "options",
    [
        ["-q", "80"],
        ["--progressive"],
        ["--arithmetic"],
        ["--predictor", "2"],
        ["--lossless", "--bits-per-pixel", "1"],
        ["--importance", "auto"],
    ],
)
def test_options_that_do_not_go_together(picture, tmp_path, options):
    with pytest.raises(SystemExit):
        main("encode", picture, "-o", tmp_path / "photo.jp2", *options)
    with pytest.raises(SystemExit):
        main("encode", picture, "-o", tmp_path / "photo.jpg", "--bits-per-pixel", "1")
