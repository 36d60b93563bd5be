"""DC level shift (T.81 A.3.1): unsigned samples <-> signed samples around zero.

Samples of P bits lie in 0 .. 2^P - 1. Subtracting 2^(P-1) centres them, so that the DC coefficient of a
mid-gray block is 0. With P = 8: 0 .. 255 <-> -128 .. 127; with P = 12: 0 .. 4095 <-> -2048 .. 2047.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array

MID_LEVEL = 128  # the level of 8-bit samples that becomes 0

Samples = NDArray[np.uint8] | NDArray[np.uint16]


def level_shift(samples: Samples, precision: int = 8) -> NDArray[np.int16]:
    """Subtract 128 from uint8 samples of any shape, or 2048 from uint16 samples with ``precision=12``: int16.

    >>> level_shift(np.array([0, 128, 255], np.uint8)).tolist()
    [-128, 0, 127]
    """
    expected = "uint8" if precision <= 8 else "uint16"
    check_array("samples", samples, (expected,), f"{expected}, 0 .. {(1 << precision) - 1}")
    if samples.dtype == np.uint16 and samples.max(initial=0) >> precision:
        raise ValueError(
            f"samples: up to {samples.max()}, {precision} bits hold no more than {(1 << precision) - 1}"
        )
    return np.subtract(samples, np.int16(1 << precision - 1), dtype=np.int16, casting="unsafe")


def inverse_level_shift(samples: NDArray[Any], precision: int = 8) -> NDArray[Any]:
    """Round to integers, add 128 (12 bits: 2048), and clip to the range of samples (T.81 A.3.1 and A.3.4).

    Samples of any shape and real dtype become uint8, 0 .. 255, or with ``precision=12`` uint16, 0 .. 4095.

    >>> inverse_level_shift(np.array([-200, -128, 0, 127, 200], np.int16)).tolist()
    [0, 0, 128, 255, 255]
    >>> inverse_level_shift(np.array([-0.6, 0.4])).tolist()
    [127, 128]
    """
    middle = 1 << precision - 1
    check_array("samples", samples, "biuf", f"real numbers, {-middle} .. {middle - 1}")
    if samples.dtype.kind == "f":
        samples = np.rint(samples)
    elif samples.dtype.kind in "ub":
        samples = np.minimum(samples, middle - 1).astype(np.int16)
    shifted: NDArray[np.int16] = np.clip(samples, -middle, middle - 1).astype(np.int16, copy=False)
    shifted += middle
    return shifted.astype(np.uint8 if precision <= 8 else np.uint16)
