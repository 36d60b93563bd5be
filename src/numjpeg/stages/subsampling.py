"""Chroma subsampling and its inverse (T.81 A.1.1 defines the sampling factors, not the filters).

A component with sampling factors H, V in a frame with maxima Hmax, Vmax is stored with every Hmax/H-th
column and every Vmax/V-th row. The filters are libjpeg's: a box on the way down; on the way up a triangle
for the ratios 2x1, 2x2 and 1x2 ("fancy"), a box for every other.
"""

from __future__ import annotations

import sys
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array

Sample = TypeVar("Sample", bound=np.integer)
Plane = TypeVar("Plane", bound=np.unsignedinteger)
Sums = NDArray[np.uint16]

# Names of the ratios: sampling factors (H, V) of luminance, over 1 x 1 of chrominance.
SUBSAMPLING = {
    "4:4:4": (1, 1),
    "4:2:2": (2, 1),
    "4:4:0": (1, 2),
    "4:2:0": (2, 2),
    "4:1:1": (4, 1),
    "4:1:0": (4, 2),
}


def full_name(name: str) -> str:
    """A name of :data:`SUBSAMPLING`, which may be given without its colons; ValueError for any other."""
    full = ":".join(name) if isinstance(name, str) and len(name) == 3 else name
    if not isinstance(full, str) or full not in SUBSAMPLING:
        raise ValueError(f"subsampling: {name!r} is none of {tuple(SUBSAMPLING)}")
    return full


def downsample(plane: NDArray[Sample], h: int, v: int) -> NDArray[Sample]:
    """Average boxes of ``v`` rows and ``h`` columns: ``(..., rows, columns)`` of the same dtype.

    The ratios 2x1 and 2x2 round with a bias that alternates by output column (0, 1, 0, 1 ... and 1, 2, 1, 2 ...),
    so that ties are rounded up and down in turn; all other ratios round half up.

    Parameters
    ----------
    plane : integer ``(..., rows * v, columns * h)``; samples before or after the level shift.
    h, v : horizontal and vertical ratio, at least 1.

    >>> downsample(np.array([[0, 1, 0, 1], [0, 1, 1, 1]], np.int16), 2, 2).tolist()
    [[0, 1]]
    >>> downsample(np.array([[0, 1, 0, 1]], np.int16), 2, 1).tolist()
    [[0, 1]]
    """
    check_array("plane", plane, "iu", "integers (..., rows * v, columns * h)")
    *lead, height, width = plane.shape
    if h < 1 or v < 1 or height % v or width % h:
        raise ValueError(f"plane: {plane.shape} does not hold whole boxes of {v} rows and {h} columns")
    if h == v == 1:
        return plane
    boxes = plane.reshape(*lead, height // v, v, width // h, h)
    total = np.zeros((*lead, height // v, width // h), np.int32)
    for row in range(v):
        for column in range(h):
            total += boxes[..., row, :, column]
    if (h, v) == (2, 1):
        total[..., 1::2] += 1
        total >>= 1
    elif (h, v) == (2, 2):
        total[..., 0::2] += 1
        total[..., 1::2] += 2
        total >>= 2
    else:
        total += h * v // 2
        total //= h * v
    return total.astype(plane.dtype)


def upsample(plane: NDArray[Plane], h: int, v: int, fancy: bool = True) -> NDArray[Plane]:
    """Enlarge a component to ``v`` times its rows and ``h`` times its columns, of the same dtype.

    Parameters
    ----------
    plane : uint8, or uint16 for 12 bits a sample, ``(..., rows, columns)``; the triangle filter takes samples of
        up to 4095. The outer rows and columns count as the edges of the picture. So a caller who works in bands
        passes one more row on either side and cuts ``v`` rows off the result.
    h, v : horizontal and vertical ratio, at least 1.
    fancy : triangle filter (3/4 of the nearer, 1/4 of the farther sample, in each direction) where libjpeg
        has one: 1x2 at any width, 2x1 and 2x2 if there are more than two columns. False: box throughout.

    >>> upsample(np.array([[0, 100, 200]], np.uint8), 2, 1).tolist()
    [[0, 25, 75, 125, 175, 200]]
    >>> upsample(np.array([[0, 100, 200]], np.uint8), 2, 1, fancy=False).tolist()
    [[0, 0, 100, 100, 200, 200]]
    """
    expected = "uint8 or uint16 (..., rows, columns), 0 .. 255 or 4095, the level shift undone"
    check_array("plane", plane, ("uint8", "uint16"), expected)
    if plane.ndim < 2 or h < 1 or v < 1:
        raise ValueError(f"plane, h, v: a plane and ratios of at least 1 expected, got {plane.shape}, {h} and {v}")
    if h == v == 1:
        return plane
    if not fancy or (h, v) not in ((2, 1), (1, 2), (2, 2)) or (h == 2 and plane.shape[-1] <= 2):
        return np.repeat(np.repeat(plane, v, axis=-2), h, axis=-1)
    if plane.dtype == np.uint16 and plane.max(initial=0) > 4095:
        raise ValueError(f"plane: samples of up to {plane.max()}, the triangle filter takes 12 bits at most")
    samples = plane.astype(np.uint16, order="C")
    if v == 1:
        return _side_by_side(*_triangle(samples, -1, (1, 2)), 2, plane.dtype)
    if h == 1:
        even, odd = _triangle(samples, -2, (1, 2))
        even >>= 2
        odd >>= 2
        return _in_turn(even, odd).astype(plane.dtype)
    rows = _in_turn(*_triangle(samples, -2, (0, 0)))
    return _side_by_side(*_triangle(rows, -1, (8, 7)), 4, plane.dtype)


def _triangle(samples: Sums, axis: int, bias: tuple[int, int]) -> tuple[Sums, Sums]:
    """Two new samples for each one along ``axis``: ``3 * sample + neighbour + bias``, at most 16 * 4095 + 8.

    Even ones take the neighbour before, odd ones the neighbour after. At an edge a sample is its own neighbour.
    """
    three = samples * np.uint16(3)
    results = (three + np.uint16(bias[0]), three)
    if bias[1]:
        three += np.uint16(bias[1])
    even, odd = (result.swapaxes(axis, 0) for result in results)
    samples = samples.swapaxes(axis, 0)
    even[1:] += samples[:-1]
    even[:1] += samples[:1]
    odd[:-1] += samples[1:]
    odd[-1:] += samples[-1:]
    return results


def _in_turn(even: Sums, odd: Sums) -> Sums:
    """Rows of ``even`` and ``odd`` in turn."""
    *lead, rows, columns = even.shape
    return np.stack([even, odd], axis=-2).reshape(*lead, 2 * rows, columns)


def _side_by_side(even: Sums, odd: Sums, shift: int, dtype: np.dtype[Plane]) -> NDArray[Plane]:
    """Columns of ``even`` and ``odd`` in turn, shifted right to samples. Both inputs are overwritten.

    Two 8-bit samples are written as one 16-bit number, at 0.1 ns a sample. To write every second byte takes 0.7.
    """
    even >>= shift
    odd >>= shift
    if dtype == np.uint16:
        return np.stack([even, odd], axis=-1).reshape(*even.shape[:-1], -1).astype(dtype, copy=False)
    if sys.byteorder == "little":
        odd <<= 8
    else:
        even <<= 8
    even |= odd
    return even.view(dtype)
