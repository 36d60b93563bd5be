"""The two passes that may refine a high-throughput clean-up pass, in lockstep (T.814 7.4, 7.5).

Both code the bit-plane below that of the clean-up pass. Their bits are raw. They share a code word segment: those
of significance propagation are read from its front, those of magnitude refinement backwards from its end. Arrays
have rows and columns of a code-block in front and the lane behind; sides are multiples of four.
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
    """Refine code-blocks: coefficients in half units after the clean-up pass, ``(H, W, lanes)``.

    ``inside`` says which cells belong to the code-block. Each lane has its code word segment, its ``passes`` (1
    for significance propagation alone, 2 for both), the bit-``plane`` that they code, and whether its contexts are
    vertically ``causal``.
    """
    known = (values != 0) & inside
    new, negative = _propagate(known, inside, causal, segments)
    unit = np.int32(1) << plane.astype(np.int32)
    refined = known & (passes > 1)
    step = np.where(_refinement_bits(refined, segments), unit, -unit)
    found = np.where(negative, -3 * unit, 3 * unit)
    return np.select([new, refined], [found, values + np.sign(values) * step], values)


def _neighbours(known: Cells, causal: Cells) -> Cells:
    """Cells that are significant or have a significant neighbour, with a margin of one on all sides."""
    height, width, n = known.shape
    near = np.zeros((height + 2, width + 2, n), bool)
    for dy in (0, 1, 2):
        told = known
        if dy == 0 and causal.any():  # a stripe's first row tells nothing to the stripe above
            told = known.copy()
            told[::4] &= ~causal
        for dx in (0, 1, 2):
            near[dy : dy + height, dx : dx + width] |= told
    return near


def _propagate(known: Cells, inside: Cells, causal: Cells, segments: Sequence[bytes]) -> tuple[Cells, Cells]:
    """Significance propagation (T.814 7.4): which cells become significant, and which of them are negative.

    The scan is that of T.800 D.1. The signs of four columns of a stripe follow behind their significances.
    """
    words, position, end = join_streams([read_forwards(segment) for segment in segments], 0, False)
    near, free = _neighbours(known, causal), inside & ~known
    new, negative = np.zeros_like(known), np.zeros_like(known)
    for top in range(0, known.shape[0], 4):
        for left in range(0, known.shape[1], 4):
            rows, columns = slice(top, top + 4), slice(left, left + 4)
            if not (near[top + 1 : top + 5, left + 1 : left + 5] & free[rows, columns]).any():
                continue
            position = np.minimum(position, end)  # zeros behind the end
            ahead = ahead_of(words, position)  # at most 32 of them are taken
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
    """The next bit of the magnitude of cells (T.814 7.5)."""
    words, start, end = join_streams([read_backwards(segment) for segment in segments], 0, False)
    height, width, n = refined.shape
    scanned = refined.reshape(-1, 4, width, n).transpose(0, 2, 1, 3).reshape(-1, n)
    position = np.minimum(start + np.cumsum(scanned, axis=0) - scanned, end)
    bits = ahead_of(words, position) & 1 != 0
    laid: Cells = bits.reshape(-1, width, 4, n).transpose(0, 2, 1, 3).reshape(height, width, n)
    return laid
