"""Targets without tuning: quantization tables, libjpeg's as a rule, scaled by a real factor.

Between two qualities, which are whole numbers, lie many tables. An entry b becomes ``floor(b * factor + 1/2)``,
within 1 .. 255. So tables change only where ``b * factor + 1/2`` passes a whole number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from numjpeg.metrics import psnr_of
from numjpeg.rate_distortion import search
from numjpeg.rate_distortion.guides import Guide, Places
from numjpeg.rate_distortion.tables import MAX_STEP

Tables = Mapping[int, NDArray[np.uint16]]
"""By number, ``(8, 8)`` each, natural order."""

SLACK_BYTES, SLACK_DECIBELS = 0.02, 0.2
"""The part of a target in bytes that may be left, and by how much a PSNR may be above its target."""
TRIALS = 30
"""The most factors with which the PSNR of a whole picture is measured. Halving alone takes 14."""


def scaled(tables: Tables, factor: float | NDArray[np.float64]) -> dict[int, NDArray[np.uint16]]:
    """The tables times a factor, rounded, entries 1 .. 255. For factors ``(n,)`` each becomes ``(n, 8, 8)``.

    >>> int(scaled({0: np.full((8, 8), 16)}, 0.22)[0][0, 0])
    4
    """
    products = np.multiply.outer(np.asarray(factor, np.float64), np.stack(list(tables.values())))
    products += 0.5
    np.maximum(np.minimum(products, MAX_STEP, out=products), 1, out=products)  # np.clip takes 10 us more
    return dict(zip(tables, products.astype(np.uint16).swapaxes(0, -3), strict=True))


def factors(
    tables: Tables, in_use: Mapping[int, NDArray[np.bool_]] | None = None, finest: bool = False
) -> NDArray[np.float64]:
    """One factor for each different set of tables that scaling makes, the coarsest set first.

    ``in_use`` tells which entries make a difference to the picture, by number ``(8, 8)``; None for all. Of sets
    that differ only in others there is the coarsest, or the ``finest``.
    """
    every = np.stack(list(tables.values())).astype(np.uint16)
    used = every if in_use is None else every[np.stack([in_use.get(number, _NONE) for number in tables])]
    return _factors(np.unique(every).tobytes(), np.unique(used).tobytes(), finest)


_NONE = np.zeros((8, 8), np.bool_)


@lru_cache(maxsize=64)
def _factors(entries: bytes, used: bytes, finest: bool) -> NDArray[np.float64]:
    if entries != used:
        every = _factors(entries, entries, finest)[::-1]
        after = np.searchsorted(every, _changes(used)) if used else np.empty(0, np.intp)
        found = every[np.append(0, after) if finest else np.append(after, len(every)) - 1]
    else:
        changes = _changes(entries)
        bounds = np.concatenate([[changes[0] / 2], changes, [changes[-1] * 2]])
        found = np.sqrt(bounds[:-1] * bounds[1:])
    found = np.ascontiguousarray(found[::-1])
    found.setflags(write=False)
    return found


def _changes(entries: bytes) -> NDArray[np.float64]:
    """The factors at which some entry changes, rising."""
    steps = np.arange(1, MAX_STEP) + 0.5
    return np.unique(steps / np.frombuffer(entries, np.uint16).astype(np.float64)[:, np.newaxis])


def for_bytes(
    write: Callable[[Tables], bytes],
    tables: Tables,
    target: int,
    samples: int,
    places: Places | None = None,
    head: int = 0,
) -> bytes:
    """The file with the finest scaled tables that is not larger than ``target`` bytes.

    Parameters
    ----------
    write : makes a file from tables. tables : those that are scaled. samples : how many the picture has.
    places : the factors; None for all. head : bytes in front of the entropy-coded data, as far as they are known.

    Returns, Raises: as in :func:`search.for_bytes`; it leaves at most :data:`SLACK_BYTES` of the target.
    """
    guess = 0.5 * (0.05 * samples / target) ** (1 / search.SIZE_SLOPE)  # a photograph, 4:2:0, quality 75
    logarithms = np.log((factors(tables) if places is None else places)[::-1])
    return search.for_bytes(
        lambda factor: write(scaled(tables, factor)), target, guess, logarithms, SLACK_BYTES, head
    )


def for_psnr(
    measure: Callable[[float], float] | None, places: Places, guide: Guide, target: float
) -> tuple[float | None, float]:
    """The largest factor with which the PSNR is ``target`` or a little more.

    Parameters
    ----------
    measure : tells the mean squared error that a factor gives; None if the guide is exact. places : the factors.
    guide : what leads the way.

    Returns
    -------
    The factor, and the PSNR in dB there, which is above the target by at most :data:`SLACK_DECIBELS`, unless the
    tables are the coarsest, or the next coarser ones miss the target. None, and the best PSNR, if that misses it.

    Notes
    -----
    Where the guide does not lead to the factor soon, every second trial halves the distance.
    """
    first = 0.5 * math.exp(min(max((34 - target) / search.PSNR_SLOPE, -9), 9))  # a photograph, quality 75
    if measure is None:
        found = guide.find(target, SLACK_DECIBELS, first)
        return (None, guide.best) if found is None else (float(places[found]), target)
    below, above = -1, len(places)
    reached: dict[int, float] = {}
    place, stepped = len(places) - 1, False
    for trial in range(TRIALS):
        bracketed = below >= 0 and above < len(places)
        if above < len(places) and guide.jumps and not stepped:
            place, stepped = above - 1, True
        elif trial > 2 and bracketed:
            place = (below + above) // 2
        else:
            found = guide.find(target + SLACK_DECIBELS * 3 / 8, SLACK_DECIBELS / 4, first)
            if found is not None:
                place = int(np.searchsorted(-places, -guide.places[found]))
            if found is None and above == len(places):
                place = above - 1
            elif not below < place < above:
                place = (below + above) // 2 if bracketed else min(max(place, below + 1), above - 1)
        error = measure(float(places[place]))
        reached[place] = decibels = float(psnr_of(error, 255))
        if decibels < target:
            below = place
        else:
            above = place
        if above - below == 1 or 0 <= decibels - target <= SLACK_DECIBELS:
            break
        guide.calibrate(float(places[place]), error)
    return (float(places[above]), reached[above]) if above < len(places) else (None, reached[below])
