"""Quantization (T.800 Annex E): a dead-zone quantizer with one step for each sub-band. Level shift (G.1).

The decoder keeps magnitudes in *half units*, so that the middle of an interval is an integer: a magnitude q whose
bits are all known is 2 q + 1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

MANTISSA_BITS = 11


def quantize(coefficients: NDArray[np.float32], step: float) -> NDArray[np.int32]:
    """Quantize: the sign of c times floor(|c| / step) (Equation E-1)."""
    return (coefficients * np.float32(1 / step)).astype(np.int32)


def dequantize(half_units: NDArray[np.int32], step: float) -> NDArray[np.float32]:
    """Reconstruct coefficients in the middle of their intervals (Equation E-6 with r = 1/2)."""
    return half_units.astype(np.float32) * np.float32(0.5 * step)


def dequantize_reversible(half_units: NDArray[np.int32]) -> NDArray[np.int32]:
    """Reconstruct integers of the reversible transform (Equation E-8): half units halved, rounded towards zero."""
    return (half_units + (half_units < 0)) >> 1


def unshift_roi(half_units: NDArray[np.int32], shift: int) -> NDArray[np.int32]:
    """Shift a region of interest back down (H.1): the coefficients whose magnitude is 2^shift or more."""
    magnitude = np.abs(half_units)
    return np.where(magnitude >> 1 >> shift != 0, np.sign(half_units) * (magnitude >> shift), half_units)


def step_of(exponent: int, mantissa: int, dynamic_range: int) -> float:
    """The quantization step that exponent and mantissa stand for (Equation E-3)."""
    return 2.0 ** (dynamic_range - exponent) * (1 + mantissa / (1 << MANTISSA_BITS))


def nearest_step(step: float, dynamic_range: int) -> tuple[int, int]:
    """Exponent and mantissa of the largest step that can be stated and is not above ``step``."""
    power = math.floor(math.log2(step))
    exponent = min(31, max(0, dynamic_range - power))
    mantissa = int((step / 2.0 ** (dynamic_range - exponent) - 1) * (1 << MANTISSA_BITS))
    return exponent, min((1 << MANTISSA_BITS) - 1, max(0, mantissa))


def level_shift(samples: NDArray[Any], depth: int, signed: bool = False) -> NDArray[np.int32]:
    """Centre unsigned samples at zero (G.1.1). Signed ones stay as they are."""
    return samples.astype(np.int32) - (0 if signed else 1 << depth - 1)


def inverse_level_shift(samples: NDArray[Any], depth: int, signed: bool) -> NDArray[np.int32]:
    """Clip to the range of the component, round, and shift (G.1.2)."""
    half = 1 << depth - 1
    whole: NDArray[Any] = np.clip(samples, -half, half - 1)  # before the cast: damaged floats may exceed 32 bits
    if whole.dtype.kind == "f":
        whole = np.rint(whole, out=whole).astype(np.int32)
    whole += 0 if signed else half
    return whole
