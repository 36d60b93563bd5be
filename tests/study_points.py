"""A folder of pictures for a study, and points of one that was never made."""

from __future__ import annotations

from pathlib import Path

import samples
from PIL import Image

from numjpeg.tools.study.runner import Point

PHOTOGRAPH = Point("a.png", "0", "libjpeg", 50.0, 1000, 1.0, 30.0, 31.0, 0.9, 60.0, 0.1)


def line(codec: str, factor: float, picture: str = "a.png") -> list[Point]:
    """Points of a codec that takes ``factor`` times the rate at each quality."""
    return [
        PHOTOGRAPH._replace(
            picture=picture, codec=codec, setting=q, bpp=factor * 0.1 * 1.06**q, psnr=20 + 0.25 * q
        )
        for q in range(0, 70, 5)
    ]


def make_folder(path: Path) -> Path:
    """Two small pictures, one with an awkward name, and something else."""
    path.mkdir()
    Image.fromarray(samples.photograph()[100:200, 100:220]).save(path / "face.png")
    Image.fromarray(samples.photograph()[:200, 100:340]).save(path / 'a "b", c.png')
    (path / "notes.txt").write_text("not a picture")
    return path
