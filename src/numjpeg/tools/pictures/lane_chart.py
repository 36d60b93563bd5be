"""How the lanes of the decoder synchronise themselves: which lane is right from which bit on."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from numjpeg.coefficients import ceil_div
from numjpeg.container.structure import read_structure
from numjpeg.encoder import encode
from numjpeg.entropy import bits
from numjpeg.entropy.shared import interval_bounds
from numjpeg.tools.pictures.canvas import BLUE, INK, LINE, MUTED, ORANGE, PAPER, Canvas, text_width

SHOWN = 48
"""Lanes that are drawn, of the hundreds that a photograph has."""

_WRONG, _RIGHT = 1, 2
_LEFT, _TOP, _WIDTH, _PITCH, _BAR = 100, 176, 1150, 13, 10


def _every_bit(data: bytes) -> tuple[NDArray[np.uint8], int]:
    """The states of the first lanes of a baseline file, a column a bit, and the length of a lane."""
    from numjpeg.fast.codewords.lanes import cut, lane_states  # noqa: PLC0415 (the other pictures do without)

    scan = read_structure(data).scans[0]
    lanes = cut(np.array(interval_bounds(bits.unstuff(data, scan.start, scan.end)), np.int64))
    length = int((lanes.end - lanes.begin).max())
    states = lane_states(data, scan, 2 * length)
    # A state stands at the bit where a word begins, and holds until the next word.
    column = np.arange(2 * length)
    word = np.maximum.accumulate(np.where(states > 0, column, 0), axis=1)
    last = np.where(states > 0, column, -1).max(axis=1, keepdims=True)
    filled = np.where(column <= last, np.take_along_axis(states, word, axis=1), 0).astype(np.uint8)
    # The next word after a lane's last right one is the first right one of the lane that takes over.
    right = np.flatnonzero((states == _RIGHT).any(axis=1))
    first = (states == _RIGHT).argmax(axis=1)
    for lane, follower in pairwise(right.tolist()):
        taken_over = lanes.begin[follower] + first[follower] - lanes.begin[lane]
        filled[lane, first[lane] : taken_over] = _RIGHT
    return filled, length


def draw_lanes(
    image: NDArray[np.uint8], quality: int = 85, subsampling: str = "4:4:4", what: str = "a photograph"
) -> Image.Image:
    """Draw the first lanes of a picture's scan, one below the other, and what each reads right.

    Parameters
    ----------
    image : uint8 ``(H, W, 3)``. quality, subsampling : as in :func:`numjpeg.encode`.
    what : what the picture is called, ASCII.

    Returns
    -------
    RGB picture, 1300 wide.
    """
    every, length = _every_bit(encode(image, quality, subsampling=subsampling))
    states = every[:SHOWN]
    height = _PITCH * len(states)
    bottom = _TOP + height
    tick = max(50, length // 350 * 100)
    used = int(np.flatnonzero(states.any(axis=0))[-1]) + 1
    shown = max(ceil_div(2 * used, tick) * tick // 2, length)
    scale = _WIDTH / shown
    canvas = Canvas(1300, bottom + 84)
    canvas.text((_LEFT, 36), "Lane by bit: wrong, then right", 30, INK, "lm")
    explanation = (
        "All lanes read at once. Each starts with a guess, is soon right, "
        "and reads on until the next one is right too."
    )
    canvas.text((_LEFT, 72), explanation, 18, MUTED, "lm")
    _draw_legend(canvas, 112)

    for bit in range(0, shown + 1, tick):
        x = _LEFT + bit * scale
        canvas.line([(x, _TOP - 4), (x, bottom + 4)], LINE, 1)
        canvas.text((x, bottom + 20), str(bit), 18)
    for row, lane in enumerate(states):
        y = _TOP + row * _PITCH + (_PITCH - _BAR) / 2
        if row == 0 or (row + 1) % 8 == 0:
            canvas.text((_LEFT - 14, y + _BAR / 2), str(row + 1), 18, INK, "rm")
        for state, color in ((_WRONG, ORANGE), (_RIGHT, BLUE)):
            own = np.flatnonzero(lane == state)
            if len(own):
                begin, end = int(own[0]) * scale, (int(own[-1]) + 1) * scale
                canvas.box((_LEFT + begin, y), (end - begin, _BAR), color, None)
    border = _LEFT + length * scale
    canvas.line([(border, _TOP - 12), (border, bottom + 4)], PAPER, 4)
    canvas.line([(border, _TOP - 12), (border, bottom + 4)], INK, 2)
    canvas.text((border, _TOP - 26), "here the next lane begins", 18, INK)
    canvas.text((_LEFT - 14, _TOP - 26), "lane", 20, INK, "rm")
    canvas.text((_LEFT + _WIDTH, bottom + 54), "bits from the beginning of the lane", 20, INK, "rm")
    note = f"{what} at quality {quality}, {subsampling}: the first {len(states)} of {len(every)} lanes"
    canvas.text((_LEFT, bottom + 54), note, 18, MUTED, "lm")
    return canvas.finish()


def _draw_legend(canvas: Canvas, y: int) -> None:
    left = float(_LEFT)
    for color, text in ((ORANGE, "wrong"), (BLUE, "right")):
        canvas.box((left, y - _BAR / 2), (40, _BAR), color, None)
        canvas.text((left + 52, y), text, 20, INK, "lm")
        left += 52 + text_width(text, 20) + 36
