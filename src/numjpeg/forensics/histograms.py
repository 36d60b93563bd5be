"""Histograms of quantized coefficients, and the traces of an earlier compression in them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.arguments import checked_integer
from numjpeg.coefficients import Coefficients, check_coefficients
from numjpeg.stages.blocks import join_blocks, split_blocks
from numjpeg.stages.dct import COSINES
from numjpeg.stages.zigzag import SEQUENCE

FREQUENCIES = 10  # number of frequencies that are tested: the first ones behind DC; higher ones are mostly zero
MAX_STEP = 64  # the largest first step that is tried
DECISIVE = 0.5  # a first step is found if its error is below this part of the error of a single compression
LEAST_LEVEL = 3  # one coefficient in a hundred must have this magnitude; a narrower histogram has no traces
LEAST_SHARE = 0.25  # the smallest share of the blocks that may have been quantized before
ROUNDING = math.sqrt(1 / 12)  # standard deviation of a coefficient's error when samples are rounded to integers


def frequency_histograms(
    coefficients: Coefficients, component: int = 0, limit: int | None = None
) -> NDArray[np.int64]:
    """Count how often each value occurs at each frequency: int64 ``(8, 8, 2 * limit + 1)``, natural order.

    E. Y. Lam, J. W. Goodman, A Mathematical Analysis of the DCT Coefficient Distributions for Images, IEEE Trans.
    Image Processing 9(10), 2000.

    Parameters
    ----------
    component : index of the component, from 0.
    limit : values from ``-limit`` to ``limit`` are counted, others are not; None for the largest magnitude that
        occurs. The count of value v is at ``[..., v + limit]``.
    """
    check_coefficients(coefficients)
    plane = coefficients.planes[checked_integer("component", component, 0, len(coefficients.planes) - 1)]
    limit = int(np.abs(plane.astype(np.int32)).max(initial=0)) if limit is None else limit
    limit = checked_integer("limit", limit, 0)
    values, width = plane.reshape(-1, 64).astype(np.int64), 2 * limit + 1
    places = values + limit + width * np.arange(64)
    return np.bincount(places[np.abs(values) <= limit], minlength=64 * width).reshape(8, 8, width)


class FirstQuantization(NamedTuple):
    """An estimate of a compression before the last one.

    ``steps``: uint8 ``(8, 8)``, natural order: the first step of each frequency; 0 where there is no sign of one.
    ``tested``: how many frequencies have been tested.
    """

    steps: NDArray[np.uint8]
    tested: int

    @property
    def found(self) -> bool:
        """Whether at least half of the tested frequencies show signs of an earlier compression."""
        return 2 * int(np.count_nonzero(self.steps)) >= self.tested


def first_quantization(coefficients: Coefficients, component: int = 0) -> FirstQuantization:
    """Test for double quantization, and estimate the steps of the first one.

    J. Lukas, J. Fridrich, Estimation of Primary Quantization Matrix in Double Compressed JPEG Images, Digital
    Forensic Research Workshop, 2003: the picture, moved by four samples, shows how coefficients were distributed
    before any quantization. Each possible first step is tried on that distribution, and the one that comes nearest
    to the histogram is taken. A first step that divides the last one, or equals it, leaves no trace; nor does a
    compression before the picture was cropped. Steps larger than the last one are found reliably. Smaller ones
    leave fewer traces, and some are mistaken for a multiple or a divisor.

    ``coefficients`` are those of the file in question. ValueError if it has no component of this index (from 0),
    or that component has less than 2 x 2 blocks.
    """
    original, table = _calibrated(coefficients, component), coefficients.quantization_table(component)
    steps = np.zeros((8, 8), np.uint8)
    for v, u in _PLACES:
        values = coefficients.planes[component][..., v, u].ravel()
        steps[v, u] = _first_step(values, original[..., v, u].ravel(), int(table[v, u]))
    return FirstQuantization(steps, len(_PLACES))


def double_quantization_map(
    coefficients: Coefficients, steps: NDArray[np.integer], component: int = 0
) -> NDArray[np.float32]:
    """The likelihood ratio of each block: quantized twice, compared with once.

    Z. Lin, J. He, X. Tang, C.-K. Tang, Fast, Automatic and Fine-Grained Tampered JPEG Image Detection via DCT
    Coefficient Analysis, Pattern Recognition 42(11), 2009: parts that were pasted in were not quantized twice, as
    the rest of the picture was. Both distributions come from the picture moved by four samples, as in
    :func:`first_quantization`. The result is the ratios' natural logarithms, float32 ``(rows, columns)``.

    Parameters
    ----------
    coefficients, component : as in :func:`first_quantization`, with its errors.
    steps : ``(8, 8)``, the first quantization steps; frequencies with 0 are left out. Without any the result is 0.
    """
    original, table = _calibrated(coefficients, component), coefficients.quantization_table(component)
    plane, steps = coefficients.planes[component], np.asarray(steps)
    if steps.shape != (8, 8):
        raise ValueError(f"steps: (8, 8) expected, got {steps.shape}")
    log_ratios = np.zeros(plane.shape[:2], np.float32)
    for v, u in np.argwhere((steps > 0) & (table > 0)).tolist():
        magnitudes = np.abs(plane[..., v, u].astype(np.intp))
        limit, values = min(int(magnitudes.max(initial=0)), 4095), original[..., v, u].ravel()
        # A thousandth is added to each probability, so that no single coefficient decides.
        twice = _twice(values, int(steps[v, u]), int(table[v, u]), limit) + 0.001
        once = _once(values, int(table[v, u]), limit) + 0.001
        log_ratios += np.log(twice / once)[np.minimum(magnitudes, limit)]
    return log_ratios


_PLACES = [divmod(place, 8) for place in np.argsort(SEQUENCE.ravel())[1 : FREQUENCIES + 1].tolist()]


def _calibrated(coefficients: Coefficients, component: int) -> NDArray[np.float64]:
    """DCT coefficients of the picture moved by four samples: distributed as if they had never been quantized."""
    check_coefficients(coefficients)
    checked_integer("component", component, 0, len(coefficients.planes) - 1)
    if min(coefficients.planes[component].shape[:2]) < 2:
        raise ValueError("component: at least 2 x 2 blocks expected")
    samples = join_blocks(COSINES.T @ coefficients.dequantized(component).astype(np.float64) @ COSINES)
    return np.asarray(COSINES @ split_blocks(samples[4:-4, 4:-4]) @ COSINES.T, np.float64)


def _first_step(values: NDArray[np.int16], original: NDArray[np.float64], last: int) -> int:
    """The first step with which ``original`` best gives the histogram of ``values``; 0 if none is decisive."""
    limit = min(int(np.abs(values).max(initial=0)), 4095)
    if not last or np.quantile(np.abs(values), 0.99) < LEAST_LEVEL:  # a broken file may have a step of 0
        return 0
    observed = np.bincount(np.abs(values), minlength=limit + 1)[: limit + 1] / values.size
    once = _once(original, last, limit)
    best, least = 0, math.inf
    for step in range(2, MAX_STEP + 1):
        if last % step:
            change = _twice(original, step, last, limit) - once
            # If parts were pasted in, only some blocks were quantized twice: take the share that fits best.
            best_share = float((observed - once) @ change) / max(float(change @ change), 1e-12)
            share = min(max(best_share, LEAST_SHARE), 1.0)
            distance = float(np.abs(observed - once - share * change).sum())
            if distance < least:
                best, least = step, distance
    return best if least < DECISIVE * np.abs(observed - once).sum() else 0


def _once(original: NDArray[np.float64], step: int, limit: int) -> NDArray[np.float64]:
    """Shares of the magnitudes 0 .. limit after one quantization; larger ones count as ``limit``."""
    levels = np.minimum(np.rint(np.abs(original) / step).astype(int), limit)
    return np.asarray(np.bincount(levels, minlength=limit + 1) / original.size, np.float64)


def _twice(original: NDArray[np.float64], first: int, last: int, limit: int) -> NDArray[np.float64]:
    """Shares of the magnitudes 0 .. limit after both quantizations, with samples rounded in between."""
    levels = np.bincount(np.rint(np.abs(original) / first).astype(int))
    edges = (np.arange(limit + 2) - 0.5) * last
    # The probability that a dequantized level, with the error of rounding, falls below each edge.
    below = _normal(np.subtract(edges, first * np.arange(len(levels))[:, np.newaxis], dtype=np.float64) / ROUNDING)
    shares = np.diff(below, axis=1)
    shares[0, 0] += below[0, 0]
    return np.asarray(levels @ shares / original.size)


def _normal(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The normal distribution function, to within 1e-7 (Abramowitz, Stegun, Handbook, 26.2.17)."""
    t = 1 / (1 + 0.2316419 * np.abs(values))
    tail = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    tail *= np.exp(-np.minimum(values * values, 1400) / 2) / math.sqrt(2 * math.pi)
    return np.where(values > 0, 1 - tail, tail)
