"""Curves through measured points, and the rate that one codec saves against another (Bjøntegaard)."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from numjpeg.tools.study.runner import Point

LOW_BPP, HIGH_BPP = 0.2, 3.0
"""Range of the anchor's bits per pixel over which codecs are compared by default."""

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]  # bits a pixel, quality; both strictly increasing


def by_picture(points: Iterable[Point]) -> list[list[Point]]:
    """Group points by picture, in the order of the pictures' names."""
    points_of: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        points_of.setdefault((point.picture, point.digest), []).append(point)
    return [picture_points for _, picture_points in sorted(points_of.items())]


def measured(points: Iterable[Point], metric: str) -> list[Point]:
    """The points of pictures whose values are all finite. A picture may be too small for SSIM, or kept exactly."""
    pictures = by_picture(points)
    return [p for of in pictures if all(np.isfinite(getattr(p, metric)) for p in of) for p in of]


def curve(points: Iterable[Point], metric: str) -> Curve:
    """Keep the points of one picture and codec that no other point beats in both rate and quality."""
    pairs = sorted((point.bpp, score(point, metric)) for point in points)
    kept: list[tuple[float, float]] = []
    for bpp, quality in pairs:
        if not np.isfinite(quality) or (kept and quality <= kept[-1][1]):
            continue
        if kept and bpp == kept[-1][0]:
            kept.pop()
        kept.append((bpp, quality))
    rates, qualities = np.array(kept, np.float64).reshape(-1, 2).T
    return rates, qualities


def score(point: Point, metric: str) -> float:
    """A metric's value at a point. SSIM, near 1 for all good pictures, is spread out as -10 log10(1 - SSIM)."""
    value = float(getattr(point, metric))
    return -10 * np.log10(max(1 - value, 1e-12)) if metric == "ssim" else value


def bd_rate(anchor: Curve, test: Curve, low: float = LOW_BPP, high: float = HIGH_BPP) -> float:
    """How many percent more bits ``test`` takes than ``anchor`` at equal quality; negative if it takes fewer.

    This is Bjøntegaard's difference, with piecewise cubic interpolation. It covers the qualities that the anchor
    has between ``low`` and ``high`` bits a pixel and that both curves reach; nan if there are none.
    """
    import bjontegaard  # noqa: PLC0415 (of the extra)
    from scipy.interpolate import PchipInterpolator  # noqa: PLC0415 (of the extra)

    rate, quality = anchor
    if len(rate) < 2 or len(test[0]) < 2:
        return float("nan")
    # The anchor's curve is cut at the ends of the interval, where it seldom has points.
    quality_at = PchipInterpolator(np.log(rate), quality)
    first, last = max(low, rate[0]), min(high, rate[-1])
    if first >= last:
        return float("nan")
    inside = (rate > first) & (rate < last)
    rate = np.concatenate([[first], rate[inside], [last]])
    quality = np.concatenate([[quality_at(np.log(first))], quality[inside], [quality_at(np.log(last))]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # curves may overlap only in part: only that interval is compared
        options = {"method": "pchip", "require_matching_points": False, "min_overlap": 0}
        return float(bjontegaard.bd_rate(rate, quality, *test, **options))


def mean_bd_rate(
    points: Sequence[Point], anchor: str, test: str, metric: str, low: float = LOW_BPP, high: float = HIGH_BPP
) -> float:
    """The mean of :func:`bd_rate` over all pictures for which it is known; nan if there are none."""
    known = []
    for picture_points in by_picture(points):
        both = [curve((p for p in picture_points if p.codec == codec), metric) for codec in (anchor, test)]
        rate = bd_rate(both[0], both[1], low, high)
        known += [rate] if np.isfinite(rate) else []
    return float(np.mean(known)) if known else float("nan")


def mean_curve(points: Sequence[Point], codec: str, metric: str) -> Curve:
    """Mean rate and mean quality at each setting of a codec, of the pictures that are :func:`measured`."""
    of_codec = [point for point in measured(points, metric) if point.codec == codec]
    settings = sorted({point.setting for point in of_codec})
    rate = [np.mean([p.bpp for p in of_codec if p.setting == setting]) for setting in settings]
    quality = [np.mean([score(p, metric) for p in of_codec if p.setting == setting]) for setting in settings]
    order = np.argsort(rate)
    return np.array(rate)[order], np.array(quality)[order]
