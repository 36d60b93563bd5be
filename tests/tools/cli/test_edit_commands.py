"""``numjpeg transform``: jpegtran's options, and its files; ``optimize``: in place, atomic, never larger."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import numpy as np
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


def test_files_are_replaced_and_what_was_saved_is_printed(jpg, tmp_path, capsys):
    before, shown = jpg.read_bytes(), pixels(jpg)
    os.utime(jpg, ns=(10**18, 10**18 + 5000))
    jpg.chmod(0o640)
    assert main("optimize", jpg) == 0
    after = jpg.read_bytes()
    assert after == numjpeg.optimize(before)
    assert (jpg.stat().st_mtime_ns, jpg.stat().st_mode & 0o777) == (10**18 + 5000, 0o640)
    np.testing.assert_array_equal(pixels(jpg), shown)
    saved = f"{len(before):,} -> {len(after):,} bytes, {100 * (1 - len(after) / len(before)):.1f} % saved"
    assert capsys.readouterr().err == f"{jpg}: {saved}\n"
    assert main("optimize", jpg) == 0
    assert "nothing to save" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.jpg"]


def test_a_file_of_another_user_is_made_smaller_though_its_dates_cannot_be_set(jpg, monkeypatch, capsys):
    def refuse(*_, **__):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    before = jpg.stat().st_size
    monkeypatch.setattr(os, "utime", refuse)
    assert main("optimize", jpg) == 0
    assert "% saved" in capsys.readouterr().err
    assert jpg.stat().st_size < before


def test_options_and_folders(tmp_path, capsys):
    folder = tmp_path / "album"
    folder.mkdir()
    data = pillow_jpeg(photo(120, 160), quality=85, comment=b"gone")
    for name in ("a.jpg", "b.jpeg"):
        (folder / name).write_bytes(data)
    assert main("optimize", "-r", folder, "--progressive", "--strip", "all", "-w", "2") == 0
    assert capsys.readouterr().err.count("% saved") == 2
    expected = numjpeg.optimize(data, progressive=True, strip="all")
    assert [(folder / name).read_bytes() for name in ("a.jpg", "b.jpeg")] == [expected, expected]


def test_what_fails_stays_as_it_is(jpg, tmp_path, capsys):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(jpg.read_bytes()[:600])
    assert main("optimize", broken) == 1
    complaint(capsys, broken)
    assert broken.read_bytes() == jpg.read_bytes()[:600]
    assert "cannot be replaced" in usage(capsys, "optimize", "-")
