"""Targets: the strength that gives a size in bytes or a PSNR; the scans that cost least.

What is searched is the strength of an aim (:mod:`numjpeg.rate_distortion.tables`). Files get smaller and worse as
it grows, not strictly but nearly so. How a file is made, written or measured is the caller's: the functions here
are given functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from typing import TypeVar

import numpy as np

from numjpeg.coefficients import Coefficients, Component
from numjpeg.container.frame import MAX_BLOCKS_PER_MCU
from numjpeg.container.scripts import Script, ScriptScan

FINEST, COARSEST = 0.02, 30000.0
"""At the finest strength every step is 1 and a bit is worth next to nothing; at the coarsest no coefficient is
worth a bit."""

SLACK_BYTES = 0.004
"""A search for bytes ends when at most this part of them is left."""
SLACK_DECIBELS = 0.04
"""A search for a PSNR ends when it is met by at most this."""
TRIALS = 40
"""Strengths that are tried at the most. Against the logarithm of the strength size and PSNR are so smooth that a
few do."""

Made = TypeVar("Made")


# --- targets ---------------------------------------------------------------------------------------------


def for_bytes(make: Callable[[float], bytes], target: int, guess: float) -> bytes:
    """The best file that is not larger than ``target`` bytes.

    Parameters
    ----------
    make : a file from a strength. guess : a strength to begin with.

    Returns
    -------
    The file. It takes at least 98 % of ``target``, unless the finest one does not.

    Raises
    ------
    ValueError if even the coarsest file is larger; the message says how large that is.
    """
    largest_log = math.log(target)
    smallest: list[int] = []

    def file_at(x: float) -> bytes:
        data = make(math.exp(x))
        smallest[:] = [min(len(data), *smallest)] if smallest else [len(data)]
        return data

    found = _search(
        file_at,
        lambda data: largest_log - math.log(len(data)),
        -math.log1p(-SLACK_BYTES),
        math.log(guess),
        (math.log(FINEST), math.log(COARSEST)),
    )
    if found is None:
        raise ValueError(f"target_bytes: {target} is impossible, the smallest file has {smallest[0]} bytes")
    return found


def for_psnr(make: Callable[[float], tuple[float, Made]], target: float, guess: float) -> Made:
    """What has a PSNR of ``target`` or a little more.

    Parameters
    ----------
    make : a PSNR in dB, and what has it, from a strength. Only the latest is kept; if an earlier one was better,
        it is made again.
    guess : a strength to begin with.

    Returns
    -------
    The second of what ``make`` gives. Its PSNR is above the target by at most 0.05 dB, unless the coarsest file is
    better than that.

    Raises
    ------
    ValueError if even the finest has less; the message says how much that is.
    """
    latest: list[Made] = []

    def at(x: float) -> tuple[float, float]:
        latest.clear()
        decibels, made = make(math.exp(-x))
        latest.append(made)
        tried.append((x, decibels))
        return decibels, x

    tried: list[tuple[float, float]] = []
    ends = -math.log(COARSEST), -math.log(FINEST)
    found = _search(at, lambda made: made[0] - target, SLACK_DECIBELS, -math.log(guess), ends)
    if found is None:
        best = math.floor(max(decibels for _, decibels in tried) * 100) / 100
        raise ValueError(f"target_psnr: {target} dB is impossible, the best file has {best:.2f} dB")
    if found[1] != tried[-1][0]:
        at(found[1])
    return latest[0]


def _search(
    make: Callable[[float], Made],
    surplus: Callable[[Made], float],
    slack: float,
    guess: float,
    ends: tuple[float, float],
) -> Made | None:
    """What ``make`` gives where 0 <= surplus <= slack, or if there is no such place the least surplus found.

    ``surplus`` rises from one end to the other; None if it is negative at both. A step that doubles looks for a
    bracket, secants aimed at the middle of the slack narrow it; every third trial bisects, in case of jumps.
    """
    lowest, highest = ends
    below: tuple[float, float] | None = None  # place, surplus
    above: tuple[float, float] | None = None
    best: tuple[float, Made] | None = None
    x, step = min(max(guess, lowest), highest), 0.3
    for trial in range(TRIALS):
        made = make(x)
        value = surplus(made)
        if value >= 0:
            above = (x, value)
            if best is None or value < best[0]:
                best = (value, made)
            if value <= slack or x == lowest:
                break
        else:
            below = (x, value)
            if x == highest:
                break
        if below is None or above is None:
            x = min(max(x + (step if value < 0 else -step), lowest), highest)
            step *= 2
            continue
        part = (slack / 2 - below[1]) / (above[1] - below[1])
        part = 0.5 if trial % 3 == 2 else min(max(part, 0.02), 0.98)
        x = below[0] + part * (above[0] - below[0])
        if above[0] - below[0] < 1e-7:
            break
    return None if best is None else best[1]


# --- scans -----------------------------------------------------------------------------------------------

BANDS = ((), (2,), (5,), (8,))
"""Where the AC coefficients of a component are cut in two: nowhere, after the second, the fifth or the eighth."""
DEPTHS = (0, 1, 2)
"""How many bits are left to refinement scans."""


def ac_scans(component: int, bands: tuple[int, ...], depth: int) -> list[ScriptScan]:
    """The scans of a component's AC coefficients: bands without their low bits, then these, one at a time.

    >>> print(*ac_scans(0, (5,), 1), sep="; ")
    0: 1-5, 0, 1; 0: 6-63, 0, 1; 0: 1-63, 1, 0
    """
    starts, stops = (1, *(end + 1 for end in bands)), (*bands, 63)
    scans = [ScriptScan((component,), Ss, Se, 0, depth) for Ss, Se in zip(starts, stops, strict=True)]
    return scans + [ScriptScan((component,), 1, 63, bit, bit - 1) for bit in range(depth, 0, -1)]


SAME_SIZE = 1.25
"""Factor within which files are taken to be of about one size."""


class CheapestScript:
    """Files with the script of least cost among those that cut each component by :data:`BANDS` and :data:`DEPTHS`.

    It is chosen for the first file, and anew when files are no more of about the same size: a search writes many.
    """

    def __init__(self, write: Callable[[Coefficients, Script], bytes]) -> None:
        """``write`` : a file from coefficients and scans. What the AC scans of a component take does not depend on
        the others, so each component is measured by itself.
        """
        self._write = write
        self._script: list[ScriptScan] = []
        self._size = 0

    def __call__(self, coefficients: Coefficients) -> bytes:
        """A file with the cheapest scans."""
        data = self._write(coefficients, self._script) if self._script else b""
        if not self._size / SAME_SIZE < len(data) < self._size * SAME_SIZE:
            write = partial(self._write, coefficients)
            self._script = _cheapest(coefficients.components, lambda script: len(write(script)))
            data = self._write(coefficients, self._script)
            self._size = len(data)
        return data


def _cheapest(components: Sequence[Component], cost: Callable[[Script], int]) -> list[ScriptScan]:
    every = tuple(range(len(components)))
    together = len(every) == 1 or sum(c.H * c.V for c in components) <= MAX_BLOCKS_PER_MCU
    script = [ScriptScan(every)] if together else [ScriptScan((c,)) for c in every]
    for component in every:
        candidates = [ac_scans(component, *choice) for choice in product(BANDS, DEPTHS)]
        script += candidates[int(np.argmin([cost(scans) for scans in candidates]))]
    return script
