"""What an autoencoder is, and what the network of this library is instead."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from io import BytesIO

import numpy as np
from PIL import Image

from numjpeg.tools.pictures.canvas import BLUE, INK, MUTED, ORANGE, PALE_BLUE, PALE_ORANGE, Canvas

_LEFT, _PITCH, _WIDTH, _HEIGHT = 20, 150, 124, 56
"""Where the first box stands, how far its neighbour is, and the size of one."""
_NARROWER = {"encoder": (0, 14), "decoder": (14, 0)}
"""By how much the left and the right end of a box are cut, above and below."""


def draw_autoencoder() -> Image.Image:
    """Draw both, one below the other; what is learned is orange.

    Returns
    -------
    RGB picture, 770 x 300.
    """
    with np.load(BytesIO((files("numjpeg.restoration") / "network.npz").read_bytes())) as weights:
        count = sum(array.size for array in weights.values())
        layers = sum(array.ndim == 4 for array in weights.values())
    network = f"{layers} layers\n{count:,} weights"
    canvas = Canvas(770, 300)
    canvas.text((_LEFT, 22), "An autoencoder: the file itself is learned", 18, INK, "lm")
    _draw_row(canvas, 44, ["picture", "encoder", "code", "decoder", "picture"], ("encoder", "decoder"))
    canvas.text((_LEFT, 122), "Whoever reads the file needs these very weights.", 14, MUTED, "lm")
    canvas.text((_LEFT, 172), "Here: the file stays JPEG, only its reading is learned", 18, INK, "lm")
    row = ["JPEG file", "plain and\nrestored", network, "into the\nintervals", "picture"]
    _draw_row(canvas, 194, row, (network,))
    start, end = _LEFT + _WIDTH / 2, _LEFT + 3 * _PITCH + _WIDTH / 2
    canvas.arrow([(start, 250), (start, 270), (end, 270), (end, 252)], BLUE)
    canvas.text(((start + end) / 2, 284), "what the file states: the range of each coefficient", 14, MUTED)
    return canvas.finish()


def _draw_row(canvas: Canvas, top: int, texts: Sequence[str], learned: Sequence[str]) -> None:
    """Boxes with arrows between them."""
    bottom, middle = top + _HEIGHT, top + _HEIGHT / 2
    for column, text in enumerate(texts):
        left = _LEFT + column * _PITCH
        right = left + _WIDTH
        near, far = _NARROWER.get(text, (0, 0))
        corners = [(left, top + near), (right, top + far), (right, bottom - far), (left, bottom - near)]
        canvas.polygon(corners, PALE_ORANGE if text in learned else PALE_BLUE)
        canvas.text(((left + right) / 2, middle), text, 15, INK)
        if column:
            canvas.arrow([(left - _PITCH + _WIDTH + 2, middle), (left - 2, middle)], ORANGE)
