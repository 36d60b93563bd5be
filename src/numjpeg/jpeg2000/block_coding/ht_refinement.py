"""The two passes that may refine a high-throughput clean-up pass, in lockstep (T.814 7.4, 7.5).

Both passes code the bit-plane below that of the clean-up pass, with raw bits in one code word segment.
Significance propagation reads them from the front, magnitude refinement backwards from the end. Arrays have axes
(row, column, lane), where a lane is a code-block; the numbers of rows and columns are multiples of four.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from numjpeg.jpeg2000.block_coding.ht_streams import ahead_of, join_streams, read_backwards, read_forwards

Cells = NDArray[np.bool_]


def refine(
    values: NDArray[np.int32],
    inside: Cells,
    segments: Sequence[bytes],
    passes: NDArray[np.int64],
    plane: NDArray[np.int64],
    causal: Cells,
) -> NDArray[np.int32]:
    """Refine code-blocks: ``values`` are coefficients in half units after the clean-up pass, ``(H, W, lanes)``.

    ``inside`` says which cells belong to the code-block. Each lane has a code word segment, a number of ``passes``
    (1 for significance propagation, 2 for both), the bit-``plane`` that they code, and a flag for vertically
    ``causal`` contexts.
    """
    known = (values != 0) & inside
    new, negative = _propagate(known, inside, causal, segments)
    unit = np.int32(1) << plane.astype(np.int32)
    refined = known & (passes > 1)
    step = np.where(_refinement_bits(refined, segments), unit, -unit)
    new_values = np.where(negative, -3 * unit, 3 * unit)
    return np.select([new, refined], [new_values, values + np.sign(values) * step], values)


def _neighbours(known: Cells, causal: Cells) -> Cells:
    """Cells that are significant or have a significant neighbour, with a margin of one on all sides."""
    height, width, n = known.shape
    near = np.zeros((height + 2, width + 2, n), bool)
    for dy in (0, 1, 2):
        told = known
        if dy == 0 and causal.any():  # the first row of a stripe does not affect the stripe above
            told = known.copy()
            told[::4] &= ~causal
        for dx in (0, 1, 2):
            near[dy : dy + height, dx : dx + width] |= told
    return near


def _propagate(known: Cells, inside: Cells, causal: Cells, segments: Sequence[bytes]) -> tuple[Cells, Cells]:
    """Significance propagation (T.814 7.4): which cells become significant, and which of them are negative.

    The scan order is that of T.800 D.1. After the significances of four columns of a stripe come their signs.
    """
    words, position, end = join_streams([read_forwards(segment) for segment in segments], 0, False)
    near, free = _neighbours(known, causal), inside & ~known
    new, negative = np.zeros_like(known), np.zeros_like(known)
    for top in range(0, known.shape[0], 4):
        for left in range(0, known.shape[1], 4):
            rows, columns = slice(top, top + 4), slice(left, left + 4)
            if not (near[top + 1 : top + 5, left + 1 : left + 5] & free[rows, columns]).any():
                continue
            position = np.minimum(position, end)  # behind the end are zeros
            ahead = ahead_of(words, position)  # of these 48 bits, at most 32 are taken
            for x in range(left, left + 4):
                for y in range(top, top + 4):
                    member = near[y + 1, x + 1] & free[y, x]
                    found = member & (ahead & 1 != 0)
                    if found.any():
                        new[y, x] = found
                        near[y : y + 3, x : x + 3] |= found
                    ahead = ahead >> member
                    position = position + member
            signed = new[rows, columns].transpose(1, 0, 2).reshape(16, -1)
            count = np.cumsum(signed, axis=0)
            signs = (ahead >> count - signed & 1 != 0) & signed
            negative[rows, columns] = signs.reshape(4, 4, -1).transpose(1, 0, 2)
            position = position + count[-1]
    return new, negative


def _refinement_bits(refined: Cells, segments: Sequence[bytes]) -> Cells:
    """The next magnitude bit of the ``refined`` cells (T.814 7.5)."""
    words, start, end = join_streams([read_backwards(segment) for segment in segments], 0, False)
    height, width, n = refined.shape
    scanned = refined.reshape(-1, 4, width, n).transpose(0, 2, 1, 3).reshape(-1, n)
    position = np.minimum(start + np.cumsum(scanned, axis=0) - scanned, end)
    bits = ahead_of(words, position) & 1 != 0
    laid: Cells = bits.reshape(-1, width, 4, n).transpose(0, 2, 1, 3).reshape(height, width, n)
    return laid
