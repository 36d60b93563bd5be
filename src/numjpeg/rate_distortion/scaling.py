"""Targets without tuning: quantization tables, libjpeg's as a rule, scaled by a real factor.

Between two qualities, which are whole numbers, lie many tables. An entry b becomes ``floor(b * factor + 1/2)``,
within 1 .. 255. So tables change only where ``b * factor + 1/2`` passes a whole number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Coefficients
from numjpeg.rate_distortion import search
from numjpeg.rate_distortion.tables import MAX_STEP

Tables = Mapping[int, NDArray[np.uint16]]
"""By number, ``(8, 8)`` each, natural order."""

SLACK_BYTES, SLACK_DECIBELS = 0.02, 0.2
"""The part of a target in bytes that may be left, and by how much a PSNR may be above its target."""


def scaled(tables: Tables, factor: float) -> dict[int, NDArray[np.uint16]]:
    """The tables times a factor, rounded, entries 1 .. 255.

    >>> int(scaled({0: np.full((8, 8), 16)}, 0.22)[0][0, 0])
    4
    """
    return {
        number: np.clip(np.floor(table * factor + 0.5), 1, MAX_STEP).astype(np.uint16)
        for number, table in tables.items()
    }


def factors(tables: Tables) -> NDArray[np.float64]:
    """One factor for each different set of tables that scaling makes, the finest set first."""
    entries = np.unique(np.concatenate([np.ravel(table) for table in tables.values()])).astype(np.float64)
    changes = np.unique((np.arange(1, MAX_STEP) + 0.5) / entries[:, np.newaxis])
    bounds = np.concatenate([[changes[0] / 2], changes, [changes[-1] * 2]])
    return np.asarray(np.sqrt(bounds[:-1] * bounds[1:]))


def for_bytes(write: Callable[[Tables], bytes], tables: Tables, target: int, samples: int) -> bytes:
    """The file with the finest scaled tables that is not larger than ``target`` bytes.

    Parameters
    ----------
    write : makes a file from tables. tables : those that are scaled. samples : how many the picture has.

    Returns, Raises: as in :func:`search.for_bytes`; it leaves at most :data:`SLACK_BYTES` of the target.
    """
    guess = 0.5 * (0.05 * samples / target) ** (1 / search.SIZE_SLOPE)  # a photograph, 4:2:0, quality 75
    places = np.log(factors(tables))
    return search.for_bytes(lambda factor: write(scaled(tables, factor)), target, guess, places, SLACK_BYTES)


def for_psnr(
    measure: Callable[[Tables], tuple[float, Coefficients]],
    tables: Tables,
    target: float,
    full_chroma: Callable[[], float] | None,
) -> Coefficients:
    """The coefficients with scaled tables whose PSNR is ``target`` or a little more.

    Parameters
    ----------
    measure : makes coefficients from tables, and tells their PSNR. tables : those that are scaled.

    All else as in :func:`search.for_psnr`; the PSNR is above the target by at most :data:`SLACK_DECIBELS`.
    """
    guess = 0.5 * math.exp(min(max((34 - target) / search.PSNR_SLOPE, -9), 9))  # a photograph, quality 75
    places = np.log(factors(tables))
    return search.for_psnr(
        lambda factor: measure(scaled(tables, factor)), target, guess, full_chroma, places, SLACK_DECIBELS
    )
