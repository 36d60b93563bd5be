"""The README is true where a program can tell: its Python runs, its links lead somewhere, it stays short."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numjpeg

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.S | re.M)


def test_its_python_runs_word_for_word(tmp_path: Path) -> None:
    """All blocks in order as one script, as somebody would paste them one after the other."""
    script = tmp_path / "pasted.py"
    found = blocks("python")
    assert len(found) >= 5
    script.write_text("\n".join(found), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(numjpeg.__file__).parents[1])}
    subprocess.run([sys.executable, "-W", "error", script], cwd=tmp_path, env=environment, check=True)


def test_its_first_block_needs_numpy_alone(tmp_path: Path) -> None:
    program = "import sys; sys.modules['PIL'] = None\n" + blocks("python")[0]
    environment = {**os.environ, "PYTHONPATH": str(Path(numjpeg.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, check=True)


def test_its_links_and_pictures_are_there() -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(targets) > 5
    for target in targets:
        assert (Path(__file__).parents[1] / target).exists(), target


def test_it_is_short() -> None:
    assert README.count("\n") <= 250
    first_screen = "\n".join(README.split("\n")[:40])
    assert all(word in first_screen for word in ("pip install", "encode(", "decode(", "psnr("))


def test_every_stage_of_its_table_exists_and_none_is_missing() -> None:
    section = README.split("## The steps")[1].split("\n## ")[0]
    table = {name for row in re.findall(r"^\|.*\|$", section, re.M) for name in re.findall(r"`(\w+)`", row)}
    modules = {path.stem for path in (Path(numjpeg.__file__).parent / "stages").glob("[a-z]*.py")}
    assert modules <= table, modules - table
