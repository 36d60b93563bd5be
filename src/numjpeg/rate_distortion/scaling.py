"""Targets without tuning: quantization tables, as a rule libjpeg's, are scaled by a real factor.

An entry b becomes ``floor(b * factor + 1/2)``, within 1 .. 255. So the tables change only where
``b * factor + 1/2`` passes a whole number. Many sets of tables lie between two of libjpeg's qualities, which are
whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from numjpeg.rate_distortion import search
from numjpeg.rate_distortion.guides import TOGETHER, Places, RoughPsnr, scaled_entries
from numjpeg.rate_distortion.tables import MAX_STEP

Tables = Mapping[int, NDArray[np.uint16]]  # by number, (8, 8) each, natural order

SLACK_BYTES, SLACK_DECIBELS = 0.02, 0.2
"""A file may leave this part of a target in bytes unused, and a PSNR may be this far above its target."""
TRIALS = 40  # the picture is measured at most so many times; dividing the interval in two alone takes 14
SIZE_SLOPE = 0.58  # by so much the logarithm of a photograph's size falls when that of the factor rises by 1
STRAIGHT = 2  # so many trials follow a straight line in any case
MOST_SLOPE = 4.0  # the PSNR is taken to rise at most so many times as fast as the rough one, and at least 1 / 4
SPREAD = 0.3  # in the first trial the logarithms of the factors are at most so far from the rough one's


def scaled(tables: Tables, factor: float | NDArray[np.float64]) -> dict[int, NDArray[np.uint16]]:
    """The tables times a factor, rounded, entries 1 .. 255. For factors ``(n,)`` each becomes ``(n, 8, 8)``.

    >>> int(scaled({0: np.full((8, 8), 16)}, 0.22)[0][0, 0])
    4
    """
    steps = scaled_entries(np.asarray(factor, np.float64), np.array(list(tables.values())))
    return dict(zip(tables, steps.astype(np.uint16).swapaxes(0, -3), strict=True))


def factors(
    tables: Tables, largest: Mapping[int, NDArray[np.float32]] | None = None, finest: bool = False
) -> Places:
    """One factor for each different set of tables that scaling makes, the coarsest set first.

    ``largest`` tells by the number of the table how large each coefficient of a picture becomes at most, times 8,
    ``(64,)``. An entry makes no difference to the picture where it quantizes all of them to 0. Sets that differ in
    such entries only count as one: its coarsest stands for it, or its ``finest``.
    """
    every, changes, order, starts = _ladder(np.array(list(tables.values()), np.uint16).tobytes())
    if largest is None:
        return every
    none = np.zeros(64, np.float32)
    bounds = np.maximum.reduceat(np.concatenate([largest.get(number, none) for number in tables])[order], starts)
    bounds /= 4 - 0.01  # a little more, for methods that do not work in integers
    counts = np.minimum(bounds, MAX_STEP - 1).astype(np.intp)  # of steps to which a change makes a difference
    ends = counts.cumsum()
    if not finest and 2 * ends[-1] > changes.size:
        return every
    # For each distinct value the first of its changes.
    which = np.arange(ends[-1]) + (np.arange(len(ends)) * (MAX_STEP - 1) + counts - ends).repeat(counts)
    differs = np.zeros(len(every) + 1, np.bool_)
    differs[0] = differs[-1] = True
    differs[1 + changes.take(which)] = True
    return every.take((differs[1:] if finest else differs[:-1]).nonzero()[0])


@lru_cache(maxsize=64)
def _ladder(
    entries: bytes,
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """All factors, falling; for each distinct value of an entry, after which of the factors it changes; the order
    of the entries by value, and where in this order each distinct value begins.
    """
    values = np.frombuffer(entries, np.uint16)
    order = values.argsort(kind="stable")
    different, starts = np.unique(values[order], return_index=True)
    steps = (np.arange(1, MAX_STEP) + 0.5) / different.astype(np.float64)[:, np.newaxis]
    bounds, changes = np.unique(-steps, return_inverse=True)
    bounds = np.concatenate([[bounds[0] * 2], bounds, [bounds[-1] / 2]])
    found = np.sqrt(bounds[:-1] * bounds[1:])
    found.setflags(write=False)
    return found, changes.reshape(steps.shape), order, starts


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
    guess = 0.5 * (0.05 * samples / target) ** (1 / SIZE_SLOPE)  # a photograph, 4:2:0, quality 75
    logarithms = np.log((factors(tables) if places is None else places)[::-1])
    return search.for_bytes(
        lambda factor: write(scaled(tables, factor)), target, guess, logarithms, SLACK_BYTES, head, SIZE_SLOPE
    )


def for_psnr(
    measure: Callable[[Places], Sequence[float]], together: int, places: Places, rough: RoughPsnr, target: float
) -> tuple[float | None, float]:
    """A factor whose PSNR meets ``target``, in dB, and this PSNR; None and the best PSNR if no factor does.

    The PSNR is above the target by at most :data:`SLACK_DECIBELS`, unless the tables are the coarsest, or the next
    coarser ones miss the target.

    ``places`` are the factors to choose from. ``measure`` tells the mean squared errors of at most ``together`` of
    them. ``rough`` tells about which factor to begin with.

    The first places lie around the one that ``rough`` suggests. Then the PSNR is taken to be linear in the rough
    one. Since it may jump, some trials divide the remaining interval into equal parts instead.
    """
    aim = target + SLACK_DECIBELS / 2
    below, above = -1, len(places)
    reached: dict[int, float] = {}  # the PSNRs that have been measured
    trials_between = 0
    for trial in range(TRIALS):
        between = below >= 0 and above < len(places)
        if trial > STRAIGHT and not between:
            # The end that is open is tried, too.
            some = {0 if below < 0 else len(places) - 1, *evenly(below, above, together - 1)}
        elif between and (
            above - below <= 3 * (together + 1) or (trials_between > STRAIGHT and trials_between % 2)
        ):
            some = evenly(below, above, together)
        else:
            known = sorted(reached, reverse=below >= 0) if not between else [below, above]
            factor = _likely(rough, [(places[place], reached[place]) for place in known], aim)
            if between:
                [middle] = _nearest(places, np.array([factor]))
                some = about(middle, below, above, together)
            else:
                factors = factor * _spread(together) ** (0.5 if reached else 1)
                some = {min(max(place, below + 1), above - 1) for place in _nearest(places, factors)}
        trials_between += between
        ordered = sorted(some)
        errors = np.maximum(measure(places[ordered]), 1e-99)
        reached.update(zip(ordered, (10 * np.log10(255**2 / errors)).tolist(), strict=True))
        above = min((place for place, own in reached.items() if own >= target), default=len(places))
        below = max((place for place in reached if place < above), default=-1)
        enough = [place for place, own in reached.items() if 0 <= own - target <= SLACK_DECIBELS]
        if enough:
            above = min(enough)
        if enough or above - below == 1:
            break
    return (float(places[above]), reached[above]) if above < len(places) else (None, reached[below])


def _likely(rough: RoughPsnr, known: list[tuple[float, float]], aim: float) -> float:
    """The factor whose PSNR is likely to be ``aim``. ``known`` are factors and their PSNRs; the first one is the
    nearest. The PSNR is taken to be linear in the rough one.
    """
    if not known:
        return rough.factor(aim)
    (first, decibels), (last, others) = known[0], known[-1]
    start = rough.decibels(first)
    rise = rough.decibels(last) - start
    slope = (others - decibels) / rise if rise else 1.0
    if not decibels < aim < others:
        slope = min(max(slope, 1 / MOST_SLOPE), MOST_SLOPE)
    return rough.factor(start + (aim - decibels) / slope)


def _nearest(places: Places, factors: NDArray[np.float64]) -> list[int]:
    """For each factor the number of the first place that is not above it; if all are, how many there are."""
    numbers: list[int] = (len(places) - places[::-1].searchsorted(factors, "right")).tolist()
    return numbers


@lru_cache(maxsize=TOGETHER)
def _spread(count: int) -> NDArray[np.float64]:
    """So many factors from a larger to a smaller one, around 1."""
    return np.exp(np.linspace(SPREAD, -SPREAD, count)) if count > 1 else np.ones(1)


def evenly(below: int, above: int, count: int) -> set[int]:
    """At most ``count`` whole numbers that divide the distance from ``below`` to ``above`` into equal parts."""
    step = (above - below) / (count + 1)
    return {below + round(i * step) for i in range(1, count + 1)} - {below, above}


def about(middle: int, below: int, above: int, count: int) -> set[int]:
    """At most ``count`` whole numbers between ``below`` and ``above``: one near ``middle``, and others on both
    sides of it, the further away the less dense.
    """
    middle = min(max(middle, below + 1), above - 1)
    sides = below - middle, above - middle
    return {middle + int(sides[i % 2 == 0] * part) for i, part in enumerate(_parts(count))} - {below, above}


@lru_cache(maxsize=TOGETHER)
def _parts(count: int) -> list[float]:
    """The distances of :func:`about`, as parts of the distance to the end: 0, and for each side more and more."""
    return [((i + 1) // 2 / (count // 2 + 1)) ** 2 for i in range(count)]
