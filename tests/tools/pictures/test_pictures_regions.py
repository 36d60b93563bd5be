"""Bits go to what is important."""

from __future__ import annotations

import numpy as np
from samples import photograph

from numjpeg.tools import pictures


def test_the_bits_go_to_what_is_important() -> None:
    """The map of the file with importance is darker on the face than the one without, and lighter elsewhere."""
    picture = np.asarray(pictures.draw_importance(photograph(), pictures.FACE)).astype(int)
    side, top = 256, picture.shape[0] - 24 - 23 * 2 - 12 - 44 - 256
    x0, y0, x1, y1 = (value // 2 for value in pictures.FACE)
    maps = [picture[top : top + side, 32 + k * (side + 24) :][:, :side].mean(axis=-1) for k in (2, 3)]
    inside = [grid[y0:y1, x0:x1].mean() for grid in maps]
    outside = [(grid.sum() - grid[y0:y1, x0:x1].sum()) / (side**2 - (y1 - y0) * (x1 - x0)) for grid in maps]
    assert inside[1] < inside[0] - 20
    assert outside[1] > outside[0] + 1
