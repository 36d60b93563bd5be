"""All of ``pic/``, and the command that draws it anew.

The only thing needed is the demo photograph, ``astronaut.png`` in that directory: NASA, portrait of astronaut
Eileen Collins, public domain.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from numjpeg.files import imwrite, write_atomically
from numjpeg.stages.quantization import CHROMINANCE, LUMINANCE
from numjpeg.tools.pictures.autoencoder_chart import draw_autoencoder
from numjpeg.tools.pictures.charts import FACE, RATES, draw_blocking, draw_rate_distortion, rate_distortion
from numjpeg.tools.pictures.compare import draw_at_ratio, draw_parts, draw_restored
from numjpeg.tools.pictures.diagrams import draw_hourglass, draw_pipeline, draw_table, draw_zigzag
from numjpeg.tools.pictures.lane_chart import draw_lanes
from numjpeg.tools.pictures.regions import draw_importance
from numjpeg.tools.pictures.stage_sheets import draw_stages
from numjpeg.tools.pictures.wavelets import draw_wavelets

PHOTO = "astronaut.png"
DRAWINGS = (
    "标准亮度量化表.gif",
    "标准色差量化表.gif",
    "zig-zag.png",
    "hourglass.png",
    "lanes.png",
    "rate-distortion.png",
    "autoencoder.png",
)
"""What has so few colours that a palette of 64 does it."""
EYE = (12, 25)
"""Row and column of the block of it that is shown enlarged."""


def draw_all(photo: NDArray[np.uint8]) -> dict[str, Image.Image]:
    """Draw what belongs into ``pic/``.

    Parameters
    ----------
    photo : the demo photograph, uint8 ``(H, W, 3)``.

    Returns
    -------
    File names and RGB pictures.
    """
    height, width, _ = photo.shape
    demo = width >= FACE[2] and height >= FACE[3]  # else another photograph is shown by its corner
    near = EYE if demo else None
    face = FACE if demo else (0, 0, min(width, 128), min(height, 128))
    middle = (width // 4, height // 4, width - width // 4, height - height // 4)
    to_coefficients, to_bits_and_back = draw_stages(photo, block=near)
    curves = {name: rate_distortion(photo, subsampling=name) for name in ("4:4:4", "4:2:0")}
    return {
        "JPEG.jpg": draw_pipeline(),
        "标准亮度量化表.gif": draw_table(
            LUMINANCE, "Luminance quantization table", "T.81 Table K.1: the steps at quality 50", "标准亮度量化表"
        ),
        "标准色差量化表.gif": draw_table(
            CHROMINANCE,
            "Chrominance quantization table",
            "T.81 Table K.2: the steps at quality 50",
            "标准色差量化表",
        ),
        "zig-zag.png": draw_zigzag(),
        "hourglass.png": draw_hourglass(),
        "stages.png": to_coefficients,
        "stages-bits-and-back.png": to_bits_and_back,
        "rate-distortion.png": draw_rate_distortion(
            curves, f"the demo photograph, {width} x {height}, at quality {RATES[0]} to {RATES[-1]}"
        ),
        "blocking.png": draw_blocking(photo, crop=face),
        "importance.jpg": draw_importance(photo, middle if near is None else face),
        "restored.jpg": draw_restored(photo, face),
        "jpeg2000.jpg": draw_at_ratio(photo, _around(face, 192, photo)),
        "parts.jpg": draw_parts(photo, _around(face, 232, photo)),
        "wavelets.jpg": draw_wavelets(photo),
        "autoencoder.png": draw_autoencoder(),
        "lanes.png": draw_lanes(photo, what="the demo photograph"),
    }


def _around(crop: tuple[int, int, int, int], side: int, photo: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """A square about a part of a photograph, as large as there is room for."""
    height, width, _ = photo.shape
    left = min(max(0, (crop[0] + crop[2] - side) // 2), max(0, width - side))
    top = min(max(0, (crop[1] + crop[3] - side) // 2), max(0, height - side))
    return left, top, min(width, left + side), min(height, top + side)


def to_file(name: str, picture: Image.Image) -> bytes:
    """A picture as a file of the kind that its name says; ``.jpg`` by numjpeg itself."""
    stream = BytesIO()
    if name.endswith(".jpg"):
        imwrite(stream, np.asarray(picture), 85, subsampling="4:4:4", optimize=True)
    else:
        if name in DRAWINGS:
            picture = picture.quantize(64, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        picture.save(stream, name[-3:], optimize=True)
    return stream.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw all of ``pic/`` anew: ``python -m numjpeg.tools.pictures [DIRECTORY] [--photo FILE]``."""
    parser = argparse.ArgumentParser(prog="python -m numjpeg.tools.pictures", description="Draw all of pic/ anew.")
    parser.add_argument("directory", nargs="?", type=Path, default=Path("pic"), help="where to write (pic)")
    parser.add_argument("--photo", type=Path, help=f"the demo photograph (DIRECTORY/{PHOTO})")
    options = parser.parse_args(arguments)
    photo = options.photo or options.directory / PHOTO
    try:
        with Image.open(photo) as image:
            samples = np.asarray(image.convert("RGB"))
        options.directory.mkdir(parents=True, exist_ok=True)
        for name, picture in draw_all(samples).items():
            write_atomically(options.directory / name, to_file(name, picture))
    except OSError as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    return 0
