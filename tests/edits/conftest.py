"""jpegtran, the reference of lossless edits."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def jpegtran(cjpeg: str, tmp_path: Path):
    def run(data: bytes, *arguments: str) -> bytes | None:
        (tmp_path / "in.jpg").write_bytes(data)
        command = [str(Path(cjpeg).with_name("jpegtran")), "-copy", "all", *arguments, str(tmp_path / "in.jpg")]
        done = subprocess.run(command, capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else None

    return run
