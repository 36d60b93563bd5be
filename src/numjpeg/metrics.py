"""Mean squared error and peak signal-to-noise ratio of two arrays, of whatever origin.

    MSE  = mean of (reference - image)^2 over all samples
    PSNR = 10 log10(data_range^2 / MSE)   in dB

Differences are taken in float64, so unsigned integers cannot wrap round. Differences of 64-bit integers are exact
until they are rounded to float64.
"""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.errors import check_flags, check_shown

CHUNK = 1 << 18  # samples that are compared at a time, to avoid a float64 copy of a whole picture

_RANGES = {"bool": 1, "uint8": 255, "uint16": 65535}
"""Data ranges of dtypes. Others have no default, since wider and signed types often hold 8-bit samples."""


@overload
def mse(reference: ArrayLike, image: ArrayLike, *, per_channel: Literal[False] = False) -> float: ...
@overload
def mse(reference: ArrayLike, image: ArrayLike, *, per_channel: bool) -> float | NDArray[np.float64]: ...
def mse(reference: ArrayLike, image: ArrayLike, *, per_channel: bool = False) -> float | NDArray[np.float64]:
    """Mean squared error.

    Parameters
    ----------
    reference, image : arrays of the same shape, at least one sample, real or boolean.
    per_channel : one value a channel (entry of the last axis), float64 ``(channels,)``, in place of one float.

    Raises
    ------
    ValueError if the shapes or Pillow's modes differ, there are no samples, or samples are complex, masked, or
    palette indices.

    >>> mse(np.array([0, 255], np.uint8), np.array([255, 255], np.uint8))
    32512.5
    """
    check_flags(per_channel=per_channel)
    first, second = _samples("reference", reference), _samples("image", image)
    modes = [getattr(picture, "mode", None) for picture in (reference, image)]
    if isinstance(modes[0], str) and isinstance(modes[1], str) and modes[0] != modes[1]:
        raise ValueError(f"image: its mode {modes[1]!r} differs from the reference's {modes[0]!r}")
    if first.shape != second.shape:
        raise ValueError(f"image: shape {second.shape} differs from the reference's {first.shape}")
    if first.size == 0:
        raise ValueError("reference: no samples")
    if per_channel and first.ndim == 0:
        raise ValueError("per_channel: a single sample has no channels")
    first, second = np.atleast_1d(first), np.atleast_1d(second)
    channels = first.shape[-1] if per_channel else 1
    total = np.zeros(channels)
    rows = max(1, CHUNK * len(first) // first.size)
    for start in range(0, len(first), rows):
        first_rows, second_rows = first[start : start + rows], second[start : start + rows]
        if first.dtype == second.dtype == np.uint8:
            # A square is at most 255^2, which 16 bits hold, and modulo 2^16 the product is right.
            low = np.subtract(first_rows, second_rows, dtype=np.int16).view(np.uint16)
            squares: NDArray[Any] = np.multiply(low, low, out=low)
        else:
            difference = _difference(first_rows, second_rows)
            squares = np.square(difference, out=difference)
        sum_type = np.int64 if squares.dtype == np.uint16 else np.float64
        total += squares.reshape(-1, channels).sum(0 if per_channel else None, sum_type)
    means: NDArray[np.float64] = total / (first.size // channels)
    return means if per_channel else float(means[0])


def _samples(name: str, picture: ArrayLike) -> NDArray[Any]:
    """A picture as an array; ValueError for palette indices, complex numbers, and masked samples."""
    check_shown(name, picture)
    if getattr(picture, "mode", None) in ("P", "PA"):
        raise ValueError(f'{name}: a Pillow image of palette indices; image.convert("RGB") gives colours')
    try:
        array = np.asarray(picture)
    except ValueError as error:  # rows of different lengths, an image that is closed
        raise ValueError(f"{name}: {error}") from None
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name}: real samples expected, got {array.dtype}")
    return array


def _difference(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """first - second, float64."""
    (difference, low), (high, lower) = _parts(first), _parts(second)
    difference -= high
    if isinstance(rest := low - lower, np.ndarray):
        difference += rest
    return difference


def _parts(samples: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64] | float]:
    """Samples as the sum of two parts, since float64 does not hold every integer beyond 2^53: 32 bits in each."""
    if samples.dtype.kind in "iu" and samples.itemsize == 8:
        high = samples >> 32
        return np.multiply(high, 2.0**32, dtype=np.float64), (samples - (high << 32)).astype(np.float64)
    return samples.astype(np.float64), 0.0


@overload
def psnr(
    reference: ArrayLike, image: ArrayLike, *, data_range: float | None = None, per_channel: Literal[False] = False
) -> float: ...
@overload
def psnr(
    reference: ArrayLike, image: ArrayLike, *, data_range: float | None = None, per_channel: bool
) -> float | NDArray[np.float64]: ...
def psnr(
    reference: ArrayLike, image: ArrayLike, *, data_range: float | None = None, per_channel: bool = False
) -> float | NDArray[np.float64]:
    """Peak signal-to-noise ratio in dB: infinity where all samples are equal.

    Parameters
    ----------
    reference, image, per_channel : as for :func:`mse`.
    data_range : peak-to-peak range of the samples. By default that of the type of both arrays: 255 for uint8,
        65535 for uint16, 1 for bool. For any other type, and for lists of numbers, it must be given.

    Raises
    ------
    ValueError if shapes differ, the range is not positive, or it is not given and the samples are not both bool,
    both uint8 or both uint16.

    >>> psnr(np.array([0, 0], np.uint8), np.array([0, 1], np.uint8))
    51.1411...
    >>> psnr(np.zeros(3), np.full(3, 0.1), data_range=1)
    20.0
    """
    if data_range is None:
        first, second = _samples("reference", reference).dtype, _samples("image", image).dtype
        if first.name != second.name:  # the names are the same for both byte orders
            raise ValueError(f"data_range: must be given, since the types differ ({first}, {second})")
        if first.name not in _RANGES:
            raise ValueError(f"data_range: must be given for {first} samples (for 8-bit pictures 255)")
        data_range = _RANGES[first.name]
    try:
        if isinstance(data_range, bool | np.bool_ | str | bytes) or np.ndim(data_range):
            raise TypeError
        peak = float(data_range)
    except TypeError:
        raise TypeError(f"data_range: a number expected, got {data_range!r}") from None
    except OverflowError:
        peak = float("inf")
    if not (peak > 0 and 0 < peak * peak < float("inf")):
        raise ValueError(f"data_range: {data_range} is no positive number whose square float64 holds")
    decibels = psnr_of(mse(reference, image, per_channel=per_channel), peak)
    return decibels if per_channel else float(decibels)


def psnr_of(error: ArrayLike, data_range: float) -> NDArray[np.float64]:
    """The PSNR in dB of mean squared errors; infinity for 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(np.float64(data_range) ** 2 / np.asarray(error)))
