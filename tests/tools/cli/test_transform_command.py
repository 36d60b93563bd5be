"""``numjpeg transform``: jpegtran's options, and its files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from command_line import complaint, main, photo, pillow_jpeg, pixels, run, usage

import numjpeg

CASES = [
    ["--rotate", "90"],
    ["--rotate", "270", "--trim"],
    ["--flip", "horizontal"],
    ["--flip", "vertical", "--optimize"],
    ["--transpose"],
    ["--transverse", "--progressive"],
    ["--crop", "20x20+17+9"],
    ["--crop", "20fx20f+17+9", "--grayscale"],
    ["--wipe", "10x10+16+8"],
]


@pytest.mark.parametrize("options", CASES, ids=" ".join)
def test_files_are_those_of_jpegtran(cjpeg, jpg, options):
    assert main("transform", jpg, *options) == 0
    command = [str(Path(cjpeg).with_name("jpegtran")), "-copy", "all"]
    command += [option.replace("--", "-") for option in options]
    expected = subprocess.run([*command, str(jpg)], capture_output=True, check=True).stdout
    assert jpg.with_name("file.edited.jpg").read_bytes() == expected


def test_drop_is_that_of_jpegtran(cjpeg, jpg, tmp_path):
    other = tmp_path / "other.jpg"
    other.write_bytes(pillow_jpeg(photo(16, 16)))
    assert main("transform", jpg, "--drop", "+16+0", other, "-o", tmp_path / "out.jpg") == 0
    command = [str(Path(cjpeg).with_name("jpegtran")), "-copy", "all", "-drop", "+16+0", str(other), str(jpg)]
    expected = subprocess.run(command, capture_output=True, check=True).stdout
    assert (tmp_path / "out.jpg").read_bytes() == expected


def test_outputs(jpg, tmp_path, capsys):
    before = jpg.read_bytes()
    assert main("transform", jpg, "--rotate", "180") == 0
    assert main("transform", jpg, "--rotate", "180") == 1
    assert "exists and is kept" in complaint(capsys, jpg)
    assert main("transform", jpg, "-o", jpg) == 1
    assert "input itself" in complaint(capsys, jpg)
    assert jpg.read_bytes() == before
    assert main("transform", jpg, "-o", f"{tmp_path}/made/", "-v") == 0
    assert (tmp_path / "made" / "file.jpg").exists()
    assert f"{len(before):,} -> " in capsys.readouterr().err
    assert numjpeg.decode(run("transform", "-", "--transpose", input=before).stdout).shape == (56, 40, 3)


def test_autorotate_and_requantize(jpg, tmp_path):
    exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
    jpg.write_bytes(numjpeg.encode(photo(), 90, exif=exif))
    assert main("transform", jpg, "--autorotate", "-o", tmp_path / "up.jpg") == 0
    header = numjpeg.read_header((tmp_path / "up.jpg").read_bytes())
    assert (header.width, header.height, header.orientation) == (40, 56, 1)
    assert main("transform", jpg, "--requantize", "30", "-o", tmp_path / "small.jpg") == 0
    assert pixels(tmp_path / "small.jpg").shape == (40, 56, 3)
    assert (tmp_path / "small.jpg").stat().st_size < jpg.stat().st_size * 0.7


def test_wrong_usage_and_what_fails(jpg, png, tmp_path, capsys):
    assert "is not WxH+X+Y" in usage(capsys, "transform", jpg, "--crop", "10")
    assert "is not +X+Y" in usage(capsys, "transform", jpg, "--drop", "16", jpg)
    assert "not allowed with" in usage(capsys, "transform", jpg, "--rotate", "90", "--transpose")
    assert "not called so" in usage(capsys, "transform", jpg, "-o", tmp_path / "out.png")
    assert main("transform", jpg, "--crop", "100x100+0+0") == 1
    assert "crop: 100x100+0+0 reaches past" in complaint(capsys, jpg)
    assert main("transform", jpg, "--flip", "horizontal", "--perfect") == 1
    assert "perfect: 56 columns" in complaint(capsys, jpg)
    assert main("transform", png) == 1
    complaint(capsys, png)
    assert not list(tmp_path.glob("*.edited*"))


def test_the_file_that_is_dropped_in_is_named_if_it_is_the_wrong_one(jpg, png, tmp_path, capsys):
    for wrong, word in ((tmp_path / "none.jpg", "No such file"), (png, "begins like PNG")):
        message = usage(capsys, "transform", jpg, "--drop", "+0+0", wrong)
        assert f"--drop {wrong}: " in message
        assert word in message
