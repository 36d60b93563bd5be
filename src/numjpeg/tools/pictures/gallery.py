"""All of ``pic/``, and the command that draws it.

It needs only the demo photograph, ``astronaut.png`` in that directory: NASA, portrait of astronaut Eileen Collins,
public domain.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import numjpeg.tools.pictures.charts as charts
import numjpeg.tools.pictures.compare as compare
import numjpeg.tools.pictures.diagrams as diagrams
from numjpeg.files import imwrite, write_atomically
from numjpeg.stages.quantization import CHROMINANCE, LUMINANCE
from numjpeg.tools.pictures.stage_sheets import draw_stages

PHOTO = "astronaut.png"
FACE = (160, 62, 288, 190)  # left, top, right and bottom of the photograph's part that is enlarged
EYE = (12, 25)  # row and column of the photograph's block that is shown as numbers
# Like the GIF files, these have so few colours that a palette of 64 is enough.
DRAWINGS = ("zig-zag.png", "hourglass.png", "lanes.png", "rate-distortion.png", "autoencoder.png")


def draw_all(photo: NDArray[np.uint8]) -> dict[str, Image.Image]:
    """Draw all of ``pic/`` with a photograph, uint8 ``(H, W, 3)``: file name -> RGB picture."""
    height, width, _ = photo.shape
    demo = width >= FACE[2] and height >= FACE[3]  # of a smaller photograph, the corner is enlarged
    face = FACE if demo else (0, 0, min(width, 128), min(height, 128))
    middle = (width // 4, height // 4, width - width // 4, height - height // 4)
    to_coefficients, to_bits_and_back = draw_stages(photo, EYE if demo else None)
    curves = {name: charts.rate_distortion(photo, subsampling=name) for name in ("4:4:4", "4:2:0")}
    about = f"the demo photograph, {width} x {height}, at quality {charts.QUALITIES[0]} to {charts.QUALITIES[-1]}"
    tables = {
        f"{chinese}.gif": diagrams.draw_table(
            table, f"{name} quantization table", f"T.81 Table K.{number}: the steps at quality 50", chinese
        )
        for number, name, chinese, table in (
            (1, "Luminance", "标准亮度量化表", LUMINANCE),
            (2, "Chrominance", "标准色差量化表", CHROMINANCE),
        )
    }
    return {
        "JPEG.jpg": diagrams.draw_pipeline(),
        **tables,
        "zig-zag.png": diagrams.draw_zigzag(),
        "hourglass.png": diagrams.draw_hourglass(),
        "stages.png": to_coefficients,
        "stages-bits-and-back.png": to_bits_and_back,
        "rate-distortion.png": charts.draw_rate_distortion(curves, about),
        "blocking.png": compare.draw_blocking(photo, face),
        "importance.jpg": compare.draw_importance(photo, face if demo else middle),
        "restored.jpg": compare.draw_restored(photo, face),
        "jpeg2000.jpg": compare.draw_at_ratio(photo, _around(face, 192, photo)),
        "parts.jpg": compare.draw_parts(photo, _around(face, 232, photo)),
        "wavelets.jpg": compare.draw_wavelets(photo),
        "autoencoder.png": diagrams.draw_autoencoder(),
        "lanes.png": charts.draw_lanes(photo, what="the demo photograph"),
    }


def _around(crop: compare.Crop, side: int, photo: NDArray[np.uint8]) -> compare.Crop:
    """A square around a part of a photograph, ``side`` pixels long if the photograph is large enough."""
    height, width, _ = photo.shape
    left = min(max(0, (crop[0] + crop[2] - side) // 2), max(0, width - side))
    top = min(max(0, (crop[1] + crop[3] - side) // 2), max(0, height - side))
    return left, top, min(width, left + side), min(height, top + side)


def to_file(name: str, picture: Image.Image) -> bytes:
    """Encode a picture in the format that its name ends in; numjpeg itself encodes ``.jpg``."""
    stream = BytesIO()
    if name.endswith(".jpg"):
        imwrite(stream, np.asarray(picture), 85, subsampling="4:4:4", optimize=True)
    else:
        if name in DRAWINGS or name.endswith(".gif"):
            picture = picture.quantize(64, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        picture.save(stream, name[-3:], optimize=True)
    return stream.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command ``python -m numjpeg.tools.pictures [DIRECTORY] [--photo FILE] [--force]``."""
    parser = argparse.ArgumentParser(prog="python -m numjpeg.tools.pictures", description="Draw all of pic/.")
    parser.add_argument("directory", nargs="?", type=Path, default=Path("pic"), help="where to write (pic)")
    parser.add_argument("--photo", type=Path, help=f"the demo photograph (DIRECTORY/{PHOTO})")
    parser.add_argument("-f", "--force", action="store_true", help="replace pictures that are there")
    options = parser.parse_args(arguments)
    photo = options.photo or options.directory / PHOTO
    try:
        with Image.open(photo) as image:
            samples = np.asarray(image.convert("RGB"))
        options.directory.mkdir(parents=True, exist_ok=True)
        kept = []
        for name, picture in draw_all(samples).items():
            if (options.directory / name).exists() and not options.force:
                kept.append(name)
            else:
                write_atomically(options.directory / name, to_file(name, picture))
    except OSError as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    if kept:
        parser.exit(1, f"{parser.prog}: kept what was there (-f/--force replaces it): {', '.join(kept)}\n")
    return 0
