"""A region of interest by max-shift (T.800 Annex H): its coefficients lie above all others, so they come first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_shown
from numjpeg.jpeg2000.wavelet import REACH

WEIGHT = 16.0  # how much more an error in the region counts

Mask = NDArray[np.bool_]


def region_mask(importance: NDArray[Any], shape: tuple[int, ...]) -> Mask:
    """Where the importance is above one half. ValueError: its shape is not the picture's, or a value no number."""
    check_shown("importance", importance)
    array = np.asarray(importance)
    if array.shape != tuple(shape):
        raise ValueError(f"importance: shape {array.shape} differs from the picture's {tuple(shape)}")
    if array.dtype.kind not in "biuf" or (array.dtype.kind == "f" and not np.isfinite(array).all()):
        raise ValueError("importance: finite numbers or booleans expected")
    mask: Mask = array.astype(bool) if array.dtype.kind == "b" else array > 0.5
    return mask


def split_mask(mask: Mask, x0: int, y0: int) -> tuple[Mask, Mask, Mask, Mask]:
    """Which coefficients of LL, HL, LH and HH reach into a region."""
    top, bottom = _split(mask, y0 & 1)
    ll, hl = _split(top.T, x0 & 1)
    lh, hh = _split(bottom.T, x0 & 1)
    return ll.T, hl.T, lh.T, hh.T


def _split(mask: Mask, odd: int) -> tuple[Mask, Mask]:
    wide = mask.copy()
    for distance in range(1, REACH + 1):
        wide[distance:] |= mask[:-distance]
        wide[:-distance] |= mask[distance:]
    return wide[odd::2], wide[1 - odd :: 2]


def shift_for(values: Sequence[NDArray[Any]], masks: Sequence[Mask | None]) -> int:
    """How far to shift: above every coefficient outside.

    That is one more than Annex H asks for, as OpenJPEG compares twice the magnitude.
    """
    top = 0
    for block, mask in zip(values, masks, strict=True):
        outside = block if mask is None else block[~mask]
        top = max(top, int(np.abs(outside).max(initial=0)))
    return top.bit_length() + 1


def shift_up(values: NDArray[Any], mask: Mask, shift: int) -> NDArray[Any]:
    """Shift the coefficients of the region.

    Quantized ones get a half behind their last bit: a decoder that reads on finds the middle of the interval.
    """
    if values.dtype.kind == "i":
        return np.where(mask, values << shift, values)
    magnitude = np.floor(np.abs(values))
    inside = np.where(magnitude > 0, np.copysign((magnitude + 0.5) * 2.0**shift, values), 0)
    return np.where(mask, inside, values).astype(np.float32)


def true_gains(gains: NDArray[np.float64], planes: int, shift: int) -> NDArray[np.float64]:
    """What passes take off the squared error: those of shifted bit-planes in the unit of the others."""
    if not shift:
        return gains
    plane = planes - 1 - (np.arange(len(gains)) + 2) // 3
    return np.where(plane >= shift, gains * (WEIGHT / 4.0**shift), gains)
