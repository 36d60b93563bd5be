"""``numjpeg explore``: the page, where it goes, and what is refused."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace

from command_line import complaint, main, usage

from numjpeg.tools.explore import explore_page


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
