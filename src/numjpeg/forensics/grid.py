"""The 8x8 grid of an earlier compression of a picture: whether there is one, and where."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array
from numjpeg.stages.blocks import split_blocks
from numjpeg.stages.color import rgb_to_ycbcr
from numjpeg.stages.dct import COSINES

ZERO = 0.5  # a coefficient of a smaller magnitude counts as zero, as quantization makes it
CHANCE = 1 / 16
"""The share of the votes that any of the 64 grids may get by chance. It is four times an equal share, since in
smooth gradients the first and the last offsets win more often than the others."""


class GridOffset(NamedTuple):
    """The grid with most votes.

    ``row``, ``column``: rows above the first whole block, and columns to the left of it, 0 .. 7.
    ``log10_false_alarms``: decimal logarithm of the number of equally clear grids that are to be expected in a
    picture without a grid: the lower, the surer.
    """

    row: int
    column: int
    log10_false_alarms: float

    @property
    def found(self) -> bool:
        """Whether the grid is real: less than one false alarm in ten pictures."""
        return self.log10_false_alarms < -1


def grid_offset(image: NDArray[np.uint8]) -> GridOffset:
    """Find the grid of the blocks in which a picture was once compressed.

    T. Nikoukhah, J. Anger, M. Colom, J.-M. Morel, R. Grompone von Gioi, ZERO: a Local JPEG Grid Origin Detector
    Based on the Number of DCT Zeros and its Application in Image Forensics, Image Processing On Line 11, 2021.
    Here the method is used for a picture as a whole. Quantization makes zeros, so at the right grid blocks have
    more zeros than at any other. Each place votes for the grid whose block there has most zeros. The number of
    votes is compared with that by chance in a picture without a grid, by Hoeffding's bound (a contrario).

    ``image`` is uint8 ``(H, W)``, or RGB ``(H, W, 3)``, of which the luminance is used; both sides at least 16.
    ValueError, TypeError for any other.
    """
    check_array("image", image, ("uint8",), "uint8 (H, W) or (H, W, 3)")
    if image.ndim != 2 and image.shape[2:] != (3,):
        raise ValueError(f"image: uint8 (H, W) or (H, W, 3) expected, got {image.dtype} {image.shape}")
    if min(image.shape[:2]) < 16:
        raise ValueError(f"image: both sides at least 16 expected, got {image.shape[:2]}")
    plane = (image if image.ndim == 2 else rgb_to_ycbcr(image)[..., 0]).astype(np.float32)
    rows, columns = (plane.shape[0] - 8) // 8, (plane.shape[1] - 8) // 8
    zeros = np.empty((64, rows, columns), np.uint8)
    cosines = COSINES.astype(np.float32)
    for offset in range(64):
        y, x = divmod(offset, 8)
        blocks = split_blocks(plane[y : y + 8 * rows, x : x + 8 * columns])
        zeros[offset] = (np.abs(cosines @ blocks @ cosines.T) < ZERO).sum((-2, -1))
    # A place without a single winner does not vote, such as a flat one, whose blocks have equal numbers of zeros.
    most = zeros.max(0)
    has_winner = (zeros == most).sum(0) == 1
    votes = np.bincount(zeros.argmax(0)[has_winner], minlength=64)
    best = int(votes.argmax())
    return GridOffset(best // 8, best % 8, _log10_false_alarms(int(votes[best]), int(has_winner.sum())))


def _log10_false_alarms(votes: int, count: int) -> float:
    """Logarithm of 64 tests times the chance that ``votes`` of ``count`` places are for one grid."""
    share = votes / count if count else 0.0
    if share <= CHANCE:
        return math.log10(64)
    divergence = share * math.log(share / CHANCE)
    if share < 1:
        divergence += (1 - share) * math.log((1 - share) / (1 - CHANCE))
    return math.log10(64) - count * divergence / math.log(10)
