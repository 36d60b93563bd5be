"""Where the command line writes, and what it never replaces."""

from __future__ import annotations

import os

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

from numjpeg.tools.cli import outputs


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
    for options in ([], ["-f"]):
        png.with_suffix(".jpg").unlink(missing_ok=True)
        assert main("encode", png, other, *options) == 1
        assert "already the output of" in complaint(capsys, other)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("options", [[], ["-f"]])
def test_names_in_upper_and_lower_case_share_an_output_where_case_is_ignored(
    tmp_path, monkeypatch, capsys, options, workers
):
    names = [tmp_path / "in" / name for name in ("photo.png", "PHOTO.bmp", "other.png")]
    (tmp_path / "in").mkdir()
    for name in names:
        Image.fromarray(photo()).save(name)
    (tmp_path / "a").touch()
    assert outputs._ignores_case(tmp_path) == (tmp_path / "A").exists()
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["a"]
    for ignored, expected in (
        (True, ["other.jpg", "photo.jpg"]),
        (False, ["PHOTO.jpg", "other.jpg", "photo.jpg"]),
    ):
        monkeypatch.setattr(outputs, "_ignores_case", lambda _, ignored=ignored: ignored)
        target = tmp_path / f"out {ignored}"
        assert main("encode", *names, "-o", target, "-w", workers, *options) == ignored
        assert ("already the output of" in capsys.readouterr().err) == ignored
        assert sorted(file.name for file in target.iterdir()) == expected


def test_no_output_replaces_an_input_of_another_name(png, tmp_path, capsys):
    """Hard links are two names of one file, as names in other case are where case is ignored."""
    original = tmp_path / "PHOTO.JPG"
    original.write_bytes(pillow_jpeg(photo()))
    os.link(original, png.with_suffix(".jpg"))
    assert main("encode", "-f", png, original, "-q", 1) == 1
    lines = capsys.readouterr().err.splitlines()
    assert f"the output {png.with_suffix('.jpg')} is an input too" in lines[0]
    assert original.read_bytes() == png.with_suffix(".jpg").read_bytes() == pillow_jpeg(photo())


def test_no_clobber(png, capsys):
    target = png.with_suffix(".jpg")
    target.write_bytes(b"old")
    for options in ([], ["-o", target], ["-o", png.parent]):
        assert main("encode", "-n", png, *options) == 1
        assert "exists" in complaint(capsys, png)
    assert target.read_bytes() == b"old"
    assert main("encode", png, "-o", target) == 0
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


def test_an_implied_output_that_exists_is_kept(png, tmp_path, capsys):
    before = png.read_bytes()
    assert main("encode", png) == 0
    assert main("decode", png.with_suffix(".jpg")) == 1
    said = complaint(capsys, png.with_suffix(".jpg"))
    assert str(png) in said
    assert "-f/--force" in said
    assert png.read_bytes() == before
    assert main("decode", png.with_suffix(".jpg"), "-o", f"{tmp_path}/") == 1  # implied too
    assert png.read_bytes() == before
    assert main("decode", png.with_suffix(".jpg"), "--force") == 0
    np.testing.assert_array_equal(pixels(png), pixels(png.with_suffix(".jpg")))


def test_an_output_that_exists_is_refused_before_any_work_and_the_others_are_written(png, tmp_path, capsys):
    spoilt = tmp_path / "spoilt.png"
    spoilt.write_bytes(b"nothing that could be read")
    kept = spoilt.with_suffix(".jpg")
    kept.write_bytes(b"old")
    assert main("encode", spoilt, png) == 1
    assert "exists" in complaint(capsys, spoilt)
    assert kept.read_bytes() == b"old"
    assert png.with_suffix(".jpg").read_bytes() == pillow_jpeg(photo())


def test_no_output_replaces_another_input(png, tmp_path, capsys):
    other = tmp_path / "photo.jpg"
    other.write_bytes(pillow_jpeg(photo(9, 9)))
    before = other.read_bytes()
    assert main("encode", png, other, "-f") == 1
    assert other.read_bytes() == before
    assert "is an input too" in capsys.readouterr().err


def test_no_output_replaces_a_file_that_an_option_names(png, jpg, tmp_path, capsys):
    tables = tmp_path / "tables.jpg"
    tables.write_text("16 " * 64)
    weights = tmp_path / "weights.jpg"
    weights.write_bytes(pillow_jpeg(photo(channels=1)))
    other = tmp_path / "other.jpg"
    other.write_bytes(jpg.read_bytes())
    for name, *arguments in (
        (tables, "encode", png, "--qtables", tables),
        (weights, "encode", png, "--importance", weights),
        (other, "transform", jpg, "--drop", "+0+0", other),
    ):
        before = name.read_bytes()
        assert main(*arguments, "-o", name) == 1
        assert "is an input too" in capsys.readouterr().err
        assert name.read_bytes() == before


def test_a_loop_of_links_is_said_to_be_one(png, tmp_path, capsys):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert main("encode", loop, png) == 1
    assert "symbolic links" in complaint(capsys, loop)
    assert png.with_suffix(".jpg").exists()


def test_a_name_is_a_folder_only_if_it_exists_ends_so_or_there_are_several_inputs(png, jpg, tmp_path, capsys):
    assert main("encode", png, "-o", tmp_path / "one") == 0
    assert (tmp_path / "one").read_bytes() == pillow_jpeg(photo())
    assert main("encode", png, "-o", f"{tmp_path / 'two.jpg'}/") == 0
    assert (tmp_path / "two.jpg" / "photo.jpg").is_file()
    assert main("encode", png, jpg, "-o", tmp_path / "three.d") == 0
    assert len(list((tmp_path / "three.d").iterdir())) == 2
    for name in ("out.jpg", "out.PNG", "one"):
        assert "several" in usage(capsys, "encode", png, jpg, "-o", tmp_path / name)
        assert not (tmp_path / "out.jpg").exists()
    (tmp_path / "folder.jpg").mkdir()
    assert main("encode", png, jpg, "-o", tmp_path / "folder.jpg") == 0


def test_names_that_are_empty_too_long_or_loops(png, jpg, tmp_path, capsys, monkeypatch):
    """What is wrong with an output is said of the output, and an empty name (of a shell variable) is none."""
    page = jpg.with_suffix(".html")
    page.write_text("precious")
    for arguments in (["encode", png], ["explore", jpg], ["demo", png]):
        assert "the name is empty" in usage(capsys, *arguments, "-o", "")
    assert page.read_text() == "precious"
    long = tmp_path / ("n" * 250 + ".jpg")
    long.write_bytes(jpg.read_bytes())
    assert main("transform", long, "--rotate", 90) == 1
    assert complaint(capsys, long) == f"cannot write {long.with_suffix('.edited.jpg')}: File name too long"
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    assert main("encode", png, "-o", tmp_path / "loop.jpg") == 1
    assert "loop.jpg: Too many levels" in complaint(capsys, png)
    assert (tmp_path / "loop.jpg").is_symlink()
    (tmp_path / "photo.jpg").symlink_to("made.jpg")  # where an implied output would make another file
    assert main("encode", png) == 1
    assert "exists and is kept" in complaint(capsys, png)
    assert main("encode", png, "-f") == 0
    assert pixels(tmp_path / "made.jpg").shape == (40, 56, 3)


def test_an_input_that_is_missing_is_named_and_makes_no_folder(tmp_path, capsys):
    for name, options in (("none.jpg", []), ("none.png", ["-o", f"{tmp_path}/new/"]), ("", [])):
        path = tmp_path / name if name else ""
        assert main("encode", path, *options) == 1
        assert complaint(capsys, path) == "No such file or directory"
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="a current folder cannot be removed here")
def test_a_current_folder_that_is_gone_harms_only_names_in_it(png, tmp_path, capsys, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert main("encode", "photo.png") == 1
    assert complaint(capsys, "photo.png") == "No such file or directory"
    assert main("encode", png) == 0
    assert png.with_suffix(".jpg").read_bytes() == pillow_jpeg(photo())


def test_folders_keep_their_shape(png, jpg, tmp_path, capsys):
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    (inside / "deep.PNG").write_bytes(png.read_bytes())
    (tmp_path / "a" / "high.png").write_bytes(png.read_bytes())
    (tmp_path / "a" / "notes.txt").touch()
    out = tmp_path / "out"
    assert main("encode", tmp_path / "a", "-o", out) == 1
    assert "-r" in complaint(capsys, tmp_path / "a")
    assert main("encode", "-r", tmp_path / "a", "-o", out) == 0
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*.*")) == ["b/deep.jpg", "high.jpg"]
    assert main("decode", "-r", out, jpg, "-o", tmp_path / "back", "--format", "ppm") == 0
    back = [p.relative_to(tmp_path / "back").as_posix() for p in (tmp_path / "back").rglob("*.ppm")]
    assert sorted(back) == ["file.ppm", "out/b/deep.ppm", "out/high.ppm"]
    assert main("decode", "-r", tmp_path / "back") == 1
    assert ".jpeg" in complaint(capsys, tmp_path / "back")


def test_a_folder_that_cannot_be_made_is_named(png, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main("encode", png, "-o", f"{tmp_path / 'file' / 'sub'}/") == 1
    assert str(tmp_path / "file" / "sub") in complaint(capsys, png)


@pytest.mark.parametrize("failing", [False, True])
def test_workers_write_the_same_files(tmp_path, capsys, failing):
    names = []
    for i in range(5):
        names.append(tmp_path / f"{i}.ppm")
        Image.fromarray(photo(20 + i)).save(names[-1])
    if failing:
        names[2].write_bytes(b"P6 nothing")
    assert main("encode", *names, "-w", "2", "-v") == int(failing)
    lines = capsys.readouterr().err.splitlines()
    assert [str(tmp_path / f"{i}.ppm") in line for i, line in enumerate(lines)] == [True] * 5
    for i, name in enumerate(names):
        if failing and i == 2:
            assert not name.with_suffix(".jpg").exists()
        else:
            assert name.with_suffix(".jpg").read_bytes() == pillow_jpeg(photo(20 + i))
