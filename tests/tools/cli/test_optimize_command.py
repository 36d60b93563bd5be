"""``numjpeg optimize``: in place, atomic, never larger."""

from __future__ import annotations

import os

import numpy as np
from command_line import complaint, main, photo, pillow_jpeg, pixels, usage

import numjpeg


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
