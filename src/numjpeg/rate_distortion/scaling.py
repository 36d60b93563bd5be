"""Targets without tuning: quantization tables, as a rule libjpeg's, are scaled by a real factor.

An entry b becomes ``floor(b * factor + 1/2)``, within 1 .. 255. So the tables change only where
``b * factor + 1/2`` passes a whole number. Many sets of tables lie between two of libjpeg's qualities, which are
whole numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from numjpeg.metrics import psnr_of
from numjpeg.rate_distortion import search
from numjpeg.rate_distortion.guides import FEW_PLACES, Guide, Places, about, evenly, place_of, scaled_entries
from numjpeg.rate_distortion.tables import MAX_STEP

Tables = Mapping[int, NDArray[np.uint16]]  # by number, (8, 8) each, natural order

SLACK_BYTES, SLACK_DECIBELS = 0.02, 0.2
"""A file may leave this part of a target in bytes unused, and a PSNR may be this far above its target."""
TRIALS = 30  # the picture is measured at most so many times; halving alone takes 14
GUIDED = {0, 1, 2, 3, 5, 7}
"""The trials whose factors a guide chooses. In the others they divide the remaining interval into equal parts."""


def scaled(tables: Tables, factor: float | NDArray[np.float64]) -> dict[int, NDArray[np.uint16]]:
    """The tables times a factor, rounded, entries 1 .. 255. For factors ``(n,)`` each becomes ``(n, 8, 8)``.

    >>> int(scaled({0: np.full((8, 8), 16)}, 0.22)[0][0, 0])
    4
    """
    steps = scaled_entries(np.asarray(factor, np.float64), np.stack(list(tables.values())))
    return dict(zip(tables, steps.astype(np.uint16).swapaxes(0, -3), strict=True))


def factors(tables: Tables, in_use: Mapping[int, NDArray[np.bool_]] | None = None, finest: bool = False) -> Places:
    """One factor for each different set of tables that scaling makes, the coarsest set first.

    ``in_use`` tells by the number of the table which entries make a difference to the picture, ``(8, 8)`` each;
    None means all. Sets that differ in other entries only count as one: its coarsest stands for it, or its
    ``finest``.
    """
    every, changes, numbers = _ladder(np.stack(list(tables.values())).astype(np.uint16).tobytes())
    if in_use is None:
        return every
    used = np.zeros(len(changes), np.bool_)
    none = np.zeros((8, 8), np.bool_)
    used[numbers[np.concatenate([in_use.get(number, none).ravel() for number in tables])]] = True
    differs = np.zeros(len(every) - 1, np.bool_)
    differs[changes[used]] = True
    after = differs.nonzero()[0]
    return np.asarray(every[np.append(after, len(every) - 1) if finest else np.append(0, after + 1)])


@lru_cache(maxsize=64)
def _ladder(entries: bytes) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp]]:
    """All factors, falling; for each distinct value of an entry, after which of the factors it changes; and for
    each entry the number of its value among the distinct ones.
    """
    different, numbers = np.unique(np.frombuffer(entries, np.uint16), return_inverse=True)
    steps = (np.arange(1, MAX_STEP) + 0.5) / different.astype(np.float64)[:, np.newaxis]
    bounds, changes = np.unique(-steps, return_inverse=True)
    bounds = np.concatenate([[bounds[0] * 2], bounds, [bounds[-1] / 2]])
    found = np.sqrt(bounds[:-1] * bounds[1:])
    found.setflags(write=False)
    return found, changes.reshape(steps.shape), numbers.ravel()


def for_bytes(
    write: Callable[[Tables], bytes],
    tables: Tables,
    target: int,
    samples: int,
    places: Places | None = None,
    head: int = 0,
) -> bytes:
    """The best file of scaled tables that is not larger than ``target`` bytes (:func:`search.for_bytes`). It
    leaves at most :data:`SLACK_BYTES` of them unused, unless the next finer tables need more than the target.

    ``samples`` is the number of samples in the picture. ``places`` are the factors that are tried, None for all.
    ``head`` is how many bytes stand in front of the entropy-coded data, as far as that is known.
    """
    guess = 0.5 * (0.05 * samples / target) ** (1 / search.SIZE_SLOPE)  # a photograph, 4:2:0, quality 75
    logarithms = np.log((factors(tables) if places is None else places)[::-1])
    return search.for_bytes(
        lambda factor: write(scaled(tables, factor)), target, guess, logarithms, SLACK_BYTES, head
    )


def for_psnr(
    measure: Callable[[Places], Sequence[float]], together: int, places: Places, guide: Guide | None, target: float
) -> tuple[float | None, float]:
    """A factor whose PSNR meets ``target``, in dB, and this PSNR; None and the best PSNR if no factor does.

    The PSNR is above the target by at most :data:`SLACK_DECIBELS`, unless the tables are the coarsest, or the next
    coarser ones miss the target.

    ``places`` are the factors to choose from. ``measure`` tells the mean squared errors of at most ``together`` of
    them. ``guide`` chooses which ones to measure; None if so many are measured at a time that it is not needed.
    """
    first = 0.5 * math.exp(min(max((34 - target) / search.PSNR_SLOPE, -9), 9))  # a photograph, quality 75
    # PSNRs to aim at: the middle of the slack, and others one slack apart on both sides of it.
    wanted = [target + SLACK_DECIBELS * (1 + i - together / 2) for i in range(together)]
    below, above = -1, len(places)
    reached: dict[int, float] = {}
    for trial in range(TRIALS):
        close = below >= 0 and above - below <= (together + 1) ** 2
        between = below >= 0 and above < len(places)
        if guide and not close and trial in GUIDED:
            ends = places[below] if below >= 0 else math.inf, places[above] if above < len(places) else 0.0
            found = guide.find([255**2 / 10 ** (own / 10) for own in wanted], first, ends)
            wished = [place_of(places, factor) for factor in found]
            some = _nearest(wished, below, above, together, between and together > 2)
        elif not trial and len(places) > FEW_PLACES:
            some = about(min(place_of(places, first), above - 1), below, above, together)
        elif trial == 1 and not guide and len(places) > FEW_PLACES and between:
            part = (target + SLACK_DECIBELS / 2 - reached[below]) / (reached[above] - reached[below])
            middle = place_of(places, places[below] ** (1 - part) * places[above] ** part)
            some = about(middle, below, above, together)
        else:
            some = evenly(below, above, together)
        ordered = sorted(some)
        factors = places[ordered]
        errors = measure(factors)
        reached.update(zip(ordered, psnr_of(errors, 255).tolist(), strict=True))
        above = min((place for place, decibels in reached.items() if decibels >= target), default=len(places))
        below = max((place for place in reached if place < above), default=-1)
        enough = [place for place, decibels in reached.items() if 0 <= decibels - target <= SLACK_DECIBELS]
        if enough:
            above = min(enough)
        if enough or above - below == 1:
            break
        if guide:
            guide.calibrate(factors.tolist(), errors)
    return (float(places[above]), reached[above]) if above < len(places) else (None, reached[below])


def _nearest(wanted: Sequence[int], below: int, above: int, count: int, between: bool) -> set[int]:
    """At most ``count`` numbers between ``below`` and ``above``. First the middle one of ``wanted``; then others
    or, if the errors at both ends are known (``between``) and so likely to jump, numbers at equal distances; then
    the one before the middle; then more at equal distances.
    """
    middle = min(max(wanted[len(wanted) // 2], below + 1), above - 1)
    others = sorted(evenly(below, above, count - 2)) if between else wanted
    found = [middle, *others, middle - 1, *sorted(evenly(below, above, count))]
    return set([own for own in dict.fromkeys(found) if below < own < above][:count])
