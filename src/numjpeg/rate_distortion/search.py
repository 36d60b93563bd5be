"""Targets: the strength that gives a size in bytes or a PSNR; the scans that cost least.

The searches look for the strength of an aim (:mod:`numjpeg.rate_distortion.tables`). As it grows, files get
smaller and worse, with few exceptions. The caller gives the functions that make, write and measure a file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Coefficients, Component
from numjpeg.container.frame import MAX_BLOCKS_PER_MCU
from numjpeg.container.scripts import Script, ScriptScan

FINEST, COARSEST = 0.02, 30000.0
"""At the finest strength every step is 1 and a bit is worth next to nothing; at the coarsest no coefficient is
worth a bit."""
SLACK_BYTES = 0.004  # a search for bytes ends when at most this part of them is left
SLACK_DECIBELS = 0.04  # a search for a PSNR ends when it is met by at most this
TRIALS = 40
"""The most places that are tried. A few usually do, since size and PSNR change smoothly with the logarithm of the
strength."""
SIZE_SLOPE, PSNR_SLOPE = 0.75, 4.5
"""By how much the logarithm of a photograph's size, and its PSNR in dB, fall when the logarithm of the strength
rises by 1. They give the second trial."""

Made = TypeVar("Made")
Places = NDArray[np.float64]  # logarithms of strengths that may be tried, rising
STRENGTHS: Places = np.linspace(math.log(FINEST), math.log(COARSEST), 1 << 17)
"""Those of an aim: each is 0.01 % above the one before it."""


def for_bytes(
    make: Callable[[float], bytes],
    target: int,
    guess: float,
    places: Places = STRENGTHS,
    slack: float = SLACK_BYTES,
    head: int = 0,
    slope: float = SIZE_SLOPE,
) -> bytes:
    """The best file, of those that ``make`` makes from strengths, that is not larger than ``target`` bytes. It
    leaves at most ``slack`` (a part) of the target, unless it is the finest one, or the next finer one is too
    large. If even the coarsest file is larger, ValueError says how large that is.

    ``guess`` is a strength to begin with, ``head`` are the bytes of a file that do not depend on it, about. By
    ``slope`` the logarithm of the size falls when that of the strength rises by 1, about.
    """
    sizes: list[int] = []
    room = max(1, target - head)

    def file_at(x: float) -> tuple[float, bytes]:
        data = make(math.exp(x))
        sizes.append(len(data))
        left = math.log(room / max(1, len(data) - head))
        return left if len(data) <= target else min(left, -1e-9), data

    most = math.log(room / max(0.5, (1 - slack) * target - head))
    found = _search(file_at, places, math.log(guess), most, slope)
    if found is None:
        raise ValueError(f"target_bytes: {target} is impossible, the smallest file has {min(sizes)} bytes")
    return found[1]


def for_psnr(
    make: Callable[[float], tuple[float, Made]],
    target: float,
    guess: float,
    full_chroma: Callable[[], float] | None,
) -> Made:
    """What ``make`` makes that has a PSNR of ``target`` dB or a little more: at most :data:`SLACK_DECIBELS`,
    unless it is the coarsest, or the next coarser one misses the target. If even the finest has less, ValueError
    says how much that is, and whether 4:4:4 would do.

    ``make`` returns the PSNR in dB that a strength gives, and what has it. Only the latest one is kept; if an
    earlier one was better, it is made again. ``guess`` is a strength to begin with. ``full_chroma`` gives the best
    PSNR without subsampling; None if there is none in the first place.
    """
    latest: list[tuple[float, float, Made]] = []

    def at(x: float) -> tuple[float, float]:
        latest.clear()
        latest.append((x, *make(math.exp(-x))))
        return latest[0][1] - target, x

    found = _search(at, -STRENGTHS[::-1], -math.log(guess), SLACK_DECIBELS, PSNR_SLOPE)
    if found is None:
        raise out_of_reach(target, latest[0][1], full_chroma)
    if found[1] != latest[0][0]:
        at(found[1])
    return latest[0][2]


def out_of_reach(target: float, best: float, full_chroma: Callable[[], float] | None) -> ValueError:
    """The exception for a PSNR above the best one; the parameters are as of :func:`for_psnr`."""
    advice = '; subsampling="4:4:4" reaches it' if full_chroma and full_chroma() >= target else ""
    best = math.floor(best * 100) / 100
    return ValueError(f"target_psnr: {target} dB is impossible, the best file has {best:.2f} dB{advice}")


def _search(
    make: Callable[[float], tuple[float, Made]], places: Places, guess: float, slack: float, slope: float
) -> tuple[float, Made] | None:
    """What ``make``, which returns a surplus and what has it, gives at a place where the surplus is 0 ..
    ``slack``; failing that, at one above it whose predecessor's is negative; None if it is negative at the last
    place. The surplus rises along ``places``, on the whole, ``slope`` tells how fast, about.

    From ``guess`` on, ``slope`` gives the first step, the slope that was met gives the second. Later steps are
    doubled until the place is bracketed. Then secants aimed at the middle of the slack narrow the bracket. Every
    third time it is bisected instead, in case of jumps.
    """
    last = len(places) - 1
    below = above = -1  # indices into places; -1 for unknown
    too_little, found, before = 0.0, None, None
    i = int(np.clip(np.searchsorted(places, guess), 0, last))
    steps = narrowings = 0
    for _ in range(TRIALS):
        value, made = tried = make(float(places[i]))
        if value >= 0:
            above, found = i, tried
            if value <= slack or i == 0:
                break
        else:
            below, too_little = i, value
            if i == last:
                break
        del made, tried
        if below < 0 or above < 0:
            if before:
                met = (value - before[1]) / (places[i] - before[0])
                slope = min(max(met, slope / 2), slope * 4)
            before = float(places[i]), value
            step = (slack / 2 - value) / slope * max(1, 1 << steps >> 1)
            steps += 1
            i = int(np.clip(np.searchsorted(places, places[i] + step), 0, last))
            # At least one place further, in the right direction.
            i = max(i, below + 1) if value < 0 else min(i, above - 1)
            continue
        if above - below <= 1 or found is None:
            break
        narrowings += 1
        if narrowings % 3 == 0:
            i = (below + above) // 2
        else:
            part = min(max((slack / 2 - too_little) / (found[0] - too_little), 0.02), 0.98)
            i = int(np.searchsorted(places, places[below] + part * (places[above] - places[below])))
        i = min(max(i, below + 1), above - 1)
    return found


STARTS = (1, 3, 6, 9, 13, 19)  # coefficients at which a band of AC coefficients may begin
DEPTHS = (0, 1, 2, 3)  # how many bits may be left to refinement scans
Cost = Callable[[Script], int]  # bytes that scans take in a file, and some that do not depend on the scans
SAME_SIZE = 1.25  # files whose sizes differ by less than this factor share a script


class CheapestScript:
    """Writes files with the script of least cost (:func:`cheapest_script`). ``cost_of`` gives the cost function of
    some coefficients.

    A search writes many files. The script is chosen for the first one, and again when the size has changed much.
    """

    def __init__(
        self, write: Callable[[Coefficients, Script], bytes], cost_of: Callable[[Coefficients], Cost]
    ) -> None:
        self._write, self._cost_of = write, cost_of
        self._script: list[ScriptScan] = []
        self._size = 0

    def __call__(self, coefficients: Coefficients) -> bytes:
        """A file with the cheapest scans."""
        data = self._write(coefficients, self._script) if self._script else b""
        if not self._size / SAME_SIZE < len(data) < self._size * SAME_SIZE:
            self._script = cheapest_script(coefficients.components, self._cost_of(coefficients))
            data = self._write(coefficients, self._script)
            self._size = len(data)
        return data


def cheapest_script(components: Sequence[Component], cost: Cost) -> list[ScriptScan]:
    """The script that costs least among those that are tried.

    DC coefficients go together, or each component by itself, or the first one by itself. AC coefficients go in
    bands that begin at :data:`STARTS`, first without some of their low bits (:data:`DEPTHS` says how many), which
    follow one at a time. The size of a scan does not depend on the others, so each is measured once.
    """
    every = tuple(range(len(components)))
    alone = [ScriptScan((c,)) for c in every]
    # Two scans measured together and apart tell the bytes that do not depend on them.
    first, second = alone[0], ScriptScan((0,), 1, 63)
    constant = cost([first]) + cost([second]) - cost([first, second])

    @cache
    def size(scan: ScriptScan) -> int:
        return cost([scan]) - constant

    script = alone
    for group in ((every,), ((0,), every[1:])):
        scans = [ScriptScan(part) for part in group if part]
        blocks = [sum(components[c].H * components[c].V for c in part) for part in group if len(part) > 1]
        legal = max(blocks, default=0) <= MAX_BLOCKS_PER_MCU
        if legal and sum(map(size, scans)) < sum(map(size, script)):
            script = scans
    return script + [scan for component in every for scan in _ac_scans(component, size)]


def _ac_scans(component: int, size: Callable[[ScriptScan], int]) -> list[ScriptScan]:
    """The cheapest scans of a component's AC coefficients.

    The depth is chosen by one band and by two; then the bands, for this depth and for none.
    """

    def band(start: int, stop: int, depth: int) -> ScriptScan:
        return ScriptScan((component,), start, stop - 1, 0, depth)

    refinements = [ScriptScan((component,), 1, 63, bit, bit - 1) for bit in DEPTHS[1:]]
    totals = []
    for depth in DEPTHS:
        low = min(size(band(1, 64, depth)), size(band(1, 9, depth)) + size(band(9, 64, depth)))
        totals.append(low + sum(map(size, refinements[:depth])))
    found = []
    for depth in sorted({0, totals.index(min(totals))}):
        # From each start on, the cheapest bands to the end.
        best: dict[int, tuple[int, list[ScriptScan]]] = {64: (0, [])}
        for start in reversed(STARTS):
            choices = []
            for stop in (after for after in best if after > start):
                scan = band(start, stop, depth)
                choices.append((size(scan) + best[stop][0], [scan, *best[stop][1]]))
            best[start] = min(choices)
        later = refinements[:depth][::-1]
        found.append((best[1][0] + sum(map(size, later)), best[1][1] + later))
    return min(found)[1]
