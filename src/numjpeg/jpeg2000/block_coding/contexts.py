"""The contexts of bit-plane coding (T.800 D.3, Tables D.1 to D.4), as look-up tables.

An integer describes a coefficient's *neighbourhood*. Bits 0 to 7 say which of its neighbours are significant, in
the order of :data:`NEIGHBOURS`. Bits 8 to 11 are the signs of the first four, 1 where negative.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))
"""(rows, columns) from a coefficient to its neighbours: north, south, west, east, then the corners."""

SIGN = 9  # first of the five contexts of signs; contexts 0 to 8 are those of significance
REFINEMENT = 14  # first of the three contexts of magnitude refinement
RUN, UNIFORM = 17, 18  # whether a column of four has a significant coefficient; which of the four it is
CONTEXTS = 19  # number of contexts

INITIAL_STATES = {0: 4, RUN: 3, UNIFORM: 46}
"""Row of Table C.2 at which a context begins (Table D.7). All other contexts begin at row 0."""

BAND_KIND = (0, 1, 0, 2)
"""Column of Table D.1 for sub-bands LL, HL, LH and HH."""

# Flags of the code-block style (Table A.19).
BYPASS, RESET, TERMINATE_ALL, VERTICALLY_CAUSAL, PREDICTABLE_TERMINATION, SEGMENTATION = 1, 2, 4, 8, 16, 32
HIGH_THROUGHPUT = 64  # flag for the high-throughput block coder (T.814 A.4)

MAX_PLANES = 30  # most magnitude bit-planes of a code-block: an int32 in half units holds no more

FIRST_BYPASS_PASS = 10
"""The first coding pass that selective bypass codes raw: that after the four highest bit-planes (Table D.9)."""


def significance_contexts() -> NDArray[np.int64]:
    """Contexts 0 to 8 by column of Table D.1 and significance of the eight neighbours: int64 ``(3, 256)``."""
    pattern = np.arange(256)
    north, south, west, east, *corners = (pattern >> i & 1 for i in range(8))
    vertical, horizontal, diagonal = north + south, west + east, sum(corners)

    def low_pass(h: NDArray[np.int64], v: NDArray[np.int64]) -> NDArray[np.int64]:
        rows = [h == 2, (h == 1) & (v >= 1), (h == 1) & (diagonal >= 1), h == 1, v == 2, v == 1, diagonal >= 2]
        return np.select([*rows, diagonal == 1], [8, 7, 6, 5, 4, 3, 2, 1], 0)

    sides = horizontal + vertical
    diagonal_rows = [diagonal >= 3, (diagonal == 2) & (sides >= 1), diagonal == 2, (diagonal == 1) & (sides >= 2)]
    side_rows = [(diagonal == 1) & (sides == 1), diagonal == 1, sides >= 2, sides == 1]
    high_pass = np.select([*diagonal_rows, *side_rows], [8, 7, 6, 5, 4, 3, 2, 1], 0)
    return np.stack([low_pass(horizontal, vertical), low_pass(vertical, horizontal), high_pass])


def sign_contexts() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Context and XOR bit of a sign, by neighbourhood: two int64 ``(4096,)`` (Tables D.2 and D.3)."""
    pattern = np.arange(1 << 12)

    def contribution(i: int) -> NDArray[np.int64]:
        return (pattern >> i & 1) * (1 - 2 * (pattern >> (8 + i) & 1))

    vertical = np.clip(contribution(0) + contribution(1), -1, 1)
    horizontal = np.clip(contribution(2) + contribution(3), -1, 1)
    flip = (horizontal < 0) | ((horizontal == 0) & (vertical < 0))
    h, v = np.where(flip, -horizontal, horizontal), np.where(flip, -vertical, vertical)
    return np.where(h == 1, SIGN + 3 + v, SIGN + v), flip.astype(np.int64)


def starts_segment(number: int, style: int) -> bool:
    """Whether a coding pass begins a code word segment of its own (Table D.9).

    ``number`` counts the passes of a code-block from 0, the clean-up pass of its first bit-plane.
    """
    if number == 0 or style & TERMINATE_ALL:
        return True
    if style & HIGH_THROUGHPUT:  # a segment is a clean-up pass, or the two passes that refine it
        return number % 3 != 2
    # With bypass, each clean-up pass and each pair of raw passes (propagation and refinement) is a segment.
    return bool(style & BYPASS) and number >= FIRST_BYPASS_PASS and number % 3 != 2


def is_raw(number: int, style: int) -> bool:
    """Whether a coding pass is coded raw, without the MQ coder."""
    return bool(style & BYPASS) and number >= FIRST_BYPASS_PASS and number % 3 != 0
