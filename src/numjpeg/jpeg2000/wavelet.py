"""The wavelet transforms (T.800 Annex F) by lifting: 5/3 on integers, reversible; 9/7 on float32.

A signal of any length is split into its even samples, which become the low-pass band, and its odd samples, which
become the high-pass band. Absolute positions count: ``odd`` is 1 if the first sample of the signal has an odd one.
A lifting step changes each sample of one half by the sum of its two neighbours in the other half. At the ends the
signal is mirrored.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_F = np.float32
ALPHA, BETA, GAMMA, DELTA = _F(-1.586134342), _F(-0.052980118), _F(0.882911075), _F(0.443506852)
K = _F(1.230174105)  # lifting parameters and scaling factor of the 9/7 wavelet (Table F.4)
HIGH_PASS_SCALE = _F(1.625732422) * _F(0.5)  # 1 / K as OpenJPEG rounds it: pixels equal its

Array = NDArray[Any]
Bands = tuple[Array, Array, Array, Array]


def _neighbour_sums(values: Array, count: int, shift: int) -> Array:
    """values[i - 1 + shift] + values[i + shift] along axis 0 for i < count, mirrored at the ends.

    ``shift`` is ``odd`` for sums of high-pass samples, and ``1 - odd`` for sums of low-pass samples.
    """
    sums = np.empty_like(values, shape=(count, *values.shape[1:]))
    first, stop = 1 - shift, min(count, len(values) - shift)
    before, after = values[first - 1 + shift : stop - 1 + shift], values[first + shift : stop + shift]
    np.add(before, after, out=sums[first:stop])
    sums[:first] = values[:1] + values[:1]
    sums[max(stop, first) :] = values[-1:] + values[-1:]
    return sums


def _lifted(half: Array, sums: Array, factor: Any) -> Array:
    """half + factor * sums, computed in the array of the sums."""
    sums *= factor
    sums += half
    return sums


def forward_53(signal: Array, odd: int) -> tuple[Array, Array]:
    """Split int32 along axis 0 (Equations F-9, F-10): low-pass band, high-pass band."""
    if len(signal) == 1:
        return (signal[:0], signal << 1) if odd else (signal.copy(), signal[:0])
    low, high = signal[odd::2], signal[1 - odd :: 2]
    high = high - (_neighbour_sums(low, len(high), 1 - odd) >> 1)
    return low + ((_neighbour_sums(high, len(low), odd) + 2) >> 2), high


def inverse_53(low: Array, high: Array, odd: int) -> Array:
    """Join what :func:`forward_53` has split (Equations F-5, F-6)."""
    if len(low) + len(high) == 1:
        return low.copy() if len(low) else (high + (high < 0)) >> 1  # towards zero
    even = low - ((_neighbour_sums(high, len(low), odd) + 2) >> 2)
    return _interleave(even, high + (_neighbour_sums(even, len(high), 1 - odd) >> 1), odd)


def forward_97(signal: Array, odd: int) -> tuple[Array, Array]:
    """Split float32 along axis 0 (Equation F-11): low-pass band, high-pass band."""
    if len(signal) == 1:
        return (signal[:0], signal * _F(2)) if odd else (signal.copy(), signal[:0])
    low, high = signal[odd::2], signal[1 - odd :: 2]
    high = _lifted(high, _neighbour_sums(low, len(high), 1 - odd), ALPHA)
    low = _lifted(low, _neighbour_sums(high, len(low), odd), BETA)
    high = _lifted(high, _neighbour_sums(low, len(high), 1 - odd), GAMMA)
    low = _lifted(low, _neighbour_sums(high, len(low), odd), DELTA)
    return low * (1 / K), high * K


def inverse_97(low: Array, high: Array, odd: int) -> Array:
    """Join what :func:`forward_97` has split (Equation F-7)."""
    if len(low) + len(high) == 1:
        return low.copy() if len(low) else high * _F(0.5)
    low, high = low * K, high * HIGH_PASS_SCALE
    low = _lifted(low, _neighbour_sums(high, len(low), odd), -DELTA)
    high = _lifted(high, _neighbour_sums(low, len(high), 1 - odd), -GAMMA)
    low = _lifted(low, _neighbour_sums(high, len(low), odd), -BETA)
    high = _lifted(high, _neighbour_sums(low, len(high), 1 - odd), -ALPHA)
    return _interleave(low, high, odd)


def _interleave(low: Array, high: Array, odd: int) -> Array:
    signal = np.empty_like(low, shape=(len(low) + len(high), *low.shape[1:]))
    signal[odd::2] = low
    signal[1 - odd :: 2] = high
    return signal


def forward(samples: Array, x0: int, y0: int, reversible: bool) -> Bands:
    """One decomposition (2D_SD, F.4.2): LL, HL, LH, HH of a rectangle whose upper left corner is at (x0, y0)."""
    split = forward_53 if reversible else forward_97
    top, bottom = split(samples, y0 & 1)
    ll, hl = split(top.T, x0 & 1)
    lh, hh = split(bottom.T, x0 & 1)
    return ll.T, hl.T, lh.T, hh.T


def inverse(ll: Array, hl: Array, lh: Array, hh: Array, x0: int, y0: int, reversible: bool) -> Array:
    """One reconstruction (2D_SR, F.3.2): rows first, then columns."""
    join = inverse_53 if reversible else inverse_97
    top = join(ll.T, hl.T, x0 & 1).T
    bottom = join(lh.T, hh.T, x0 & 1).T
    return join(top, bottom, y0 & 1)


REACH = 4  # a reconstructed sample depends on at most so many coefficients to each side (9/7)
