"""A region of interest by max-shift (T.800 Annex H).

Its coefficients are shifted above all others, so that their bit-planes come first in the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_shown
from numjpeg.jpeg2000.block_coding.contexts import MAX_PLANES
from numjpeg.jpeg2000.wavelet import REACH

WEIGHT = 16.0  # how many times as much a squared error in the region counts

Mask = NDArray[np.bool_]


class TooManyPlanesError(ValueError):
    """The region, shifted up, needs more bit-planes than a code-block can have."""


def region_mask(importance: NDArray[Any], shape: tuple[int, ...]) -> Mask:
    """Where the importance is above one half. ValueError for another shape than the picture's, or no numbers."""
    check_shown("importance", importance)
    array = np.asarray(importance)
    if array.shape != tuple(shape):
        raise ValueError(f"importance: shape {array.shape} differs from the picture's {tuple(shape)}")
    if array.dtype.kind not in "biuf" or (array.dtype.kind == "f" and not np.isfinite(array).all()):
        raise ValueError("importance: finite numbers or booleans expected")
    mask: Mask = array.astype(bool) if array.dtype.kind == "b" else array > 0.5
    return mask


def split_mask(mask: Mask, x0: int, y0: int) -> tuple[Mask, Mask, Mask, Mask]:
    """Mark the coefficients of LL, HL, LH and HH that take part in samples of the region."""
    top, bottom = _split(mask, y0 & 1)
    ll, hl = _split(top.T, x0 & 1)
    lh, hh = _split(bottom.T, x0 & 1)
    return ll.T, hl.T, lh.T, hh.T


def _split(mask: Mask, odd: int) -> tuple[Mask, Mask]:
    grown = mask.copy()
    for distance in range(1, REACH + 1):
        grown[distance:] |= mask[:-distance]
        grown[:-distance] |= mask[distance:]
    return grown[odd::2], grown[1 - odd :: 2]


def shift_for(values: Sequence[NDArray[Any]], masks: Sequence[Mask | None]) -> int:
    """How many bit-planes to shift by, so that the region lies above every coefficient outside.

    This is one more than Annex H asks for, since OpenJPEG compares twice the magnitude.
    """
    inside = outside = 0
    for block, mask in zip(values, masks, strict=True):
        magnitude = np.abs(block)
        if mask is not None:
            inside = max(inside, int(magnitude[mask].max(initial=0)))
            magnitude = magnitude[~mask]
        outside = max(outside, int(magnitude.max(initial=0)))
    shift = outside.bit_length() + 1
    planes = inside.bit_length() + shift
    if planes > MAX_PLANES:
        raise TooManyPlanesError(f"importance: the region takes {planes} bit-planes, more than {MAX_PLANES}")
    return shift


def weighted_energy(values: NDArray[Any], mask: Mask | None) -> float:
    """Sum of squares, in which those of the region count as much as their errors do."""
    squares = np.square(values, dtype=np.float64)
    return float(np.sum(squares if mask is None else squares * np.where(mask, WEIGHT, 1.0)))


def shift_up(values: NDArray[Any], mask: Mask, shift: int) -> NDArray[Any]:
    """Shift the coefficients of the region up.

    Those that are quantized get a one bit behind their last bit: that is the middle of their interval, which the
    decoder finds when it reads the bit-planes below.
    """
    if values.dtype.kind == "i":
        return np.where(mask, values << shift, values)
    magnitude = np.floor(np.abs(values))
    inside = np.where(magnitude > 0, np.copysign((magnitude + 0.5) * 2.0**shift, values), 0)
    return np.where(mask, inside, values).astype(np.float32)


def true_gains(gains: NDArray[np.float64], planes: int, shift: int) -> NDArray[np.float64]:
    """What each pass takes off the weighted error: passes of shifted bit-planes in the unit of the others."""
    if not shift:
        return gains
    plane = planes - 1 - (np.arange(len(gains)) + 2) // 3
    return np.where(plane >= shift, gains * (WEIGHT / 4.0**shift), gains)
