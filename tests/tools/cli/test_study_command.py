"""``numjpeg study``: what it needs, and what it never replaces. test_study.py holds what it measures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from command_line import main, photo, run_without_pillow, usage
from PIL import Image

OPTIONS = ("-c", "libjpeg", "-a", "libjpeg", "--psnr-only", "--no-lossless", "--no-strips", "-w", "1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "pictures"
    path.mkdir()
    Image.fromarray(photo(48, 64)).save(path / "a.png")
    return path


def test_a_finished_study_is_kept(folder, tmp_path, capsys, study):
    target = tmp_path / "out"
    assert main("study", folder, "-o", target, *OPTIONS) == 0
    assert str(target / "index.html") in capsys.readouterr().out
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    assert main("study", folder, "-o", target, *OPTIONS) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"numjpeg: study: {target}")
    assert "-f/--force" in err
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before
    (target / "index.html").write_text("old")
    assert main("study", folder, "-o", target, *OPTIONS, "-f") == 0
    assert (target / "index.html").read_bytes() != b"old"
    assert (target / "points.csv").read_bytes() == before["points.csv"]  # nothing was measured again


def test_all_that_a_study_writes_is_known_to_be_its_own(folder, tmp_path, study):
    """So that nothing of it is replaced unasked: each of its files alone is refused."""
    target = tmp_path / "out"
    assert main("study", folder, "-o", target, *OPTIONS[:5], "-w", "1") == 0
    written = {path.name for path in target.iterdir()} - {"points.csv"}
    assert len(written) > 5
    for name in written:
        other = tmp_path / f"{name}.d"
        other.mkdir()
        (other / name).write_bytes(b"old")
        assert main("study", folder, "-o", other, *OPTIONS) == 1, name
        assert [path.read_bytes() for path in other.iterdir()] == [b"old"]


@pytest.mark.parametrize("missing", ["skimage", "ssimulacra2", "pyjpegli"])
def test_only_what_is_asked_for_is_needed(folder, tmp_path, monkeypatch, capsys, study, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    wanted = {"pyjpegli": ["-c", "jpegli", "--psnr-only"]}.get(missing, ["-c", "libjpeg"])
    assert missing in usage(capsys, "study", folder, "-o", tmp_path / "x", *wanted)
    assert main("study", folder, "-o", tmp_path / "out", *OPTIONS) == 0


def test_without_pillow_it_says_so(folder, tmp_path):
    (done,) = run_without_pillow(["study", folder, "-o", tmp_path / "x"])
    assert done.returncode == 2
    assert b"study needs Pillow" in done.stderr
    assert done.stderr.count(b"\n") == 1
