"""Files to work on."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import photo, pillow_jpeg
from PIL import Image


@pytest.fixture
def png(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(photo()).save(path)
    return path


@pytest.fixture
def jpg(tmp_path: Path) -> Path:
    path = tmp_path / "file.jpg"
    path.write_bytes(pillow_jpeg(photo()))
    return path
