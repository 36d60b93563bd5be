"""Regions of different importance: where the bits go."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from numjpeg.coefficient_files.reader import read_coefficients
from numjpeg.decoder import decode
from numjpeg.encoder import encode
from numjpeg.forensics import bits_per_block
from numjpeg.metrics import psnr
from numjpeg.stages.huffman import STANDARD_TABLES
from numjpeg.tools.pictures.canvas import GRAYS, colored
from numjpeg.tools.pictures.panels import Panel, PanelRow, card, heat, photo

IMPORTANCE = 16
"""Weight of errors inside, against 1 outside."""
QUALITY = 40


def draw_importance(image: NDArray[np.uint8], inside: tuple[int, int, int, int]) -> Image.Image:
    """Draw a picture, its important part, and the bits of each luma block without and with the importance.

    Parameters
    ----------
    image : uint8 ``(H, W, 3)``.
    inside : the important part: left, top, right, bottom in pixels.
    """
    left, top, right, bottom = inside
    importance = np.ones(image.shape[:2])
    importance[top:bottom, left:right] = IMPORTANCE
    plain = encode(image, QUALITY, tune="psnr")
    mapped = encode(image, tune="psnr", importance=importance, target_bytes=len(plain))
    where = np.zeros(image.shape[:2], bool)
    where[top:bottom, left:right] = True
    files = {"everything alike": plain, f"the face {IMPORTANCE} times": mapped}
    bits = [bits_per_block(read_coefficients(data), STANDARD_TABLES)[0] for data in files.values()]
    high = int(np.percentile(np.concatenate([grid.ravel() for grid in bits]), 99))
    side = 256
    panels = [
        Panel(photo(image, side), "the picture"),
        Panel(photo(colored(importance, 0, IMPORTANCE, GRAYS), side), "importance"),
    ]
    for (name, data), grid in zip(files.items(), bits, strict=True):
        decoded = decode(data)
        decibels = [psnr(image[part], decoded[part]) for part in (where, ~where)]
        label = f"{name}: {len(data):,} bytes\n{decibels[0]:.1f} dB inside, {decibels[1]:.1f} outside"
        panels.append(heat(np.minimum(grid, high), side, high, label))
    note = (
        "One file has one quantization table, but the encoder decides for each block which coefficients are worth "
        "their bits. Bits of each luma block at equal file size."
    )
    return card(PanelRow("importance", "Different regions, different coarseness", note, panels))
