"""DC level shift (T.81 A.3.1): unsigned samples <-> signed samples around zero.

Samples of P bits lie in 0 .. 2^P - 1; subtracting 2^(P-1) centres them, so that the DC coefficient of a
mid-gray block is 0. With P = 8: 0 .. 255 <-> -128 .. 127.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array

MID_LEVEL = 128


def level_shift(samples: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Subtract 128 from unsigned samples.

    Parameters
    ----------
    samples : uint8 array of any shape, 0 .. 255.

    Returns
    -------
    int16 array of the same shape, -128 .. 127.

    Raises
    ------
    ValueError for another dtype (samples that are shifted already, say), TypeError for what is no array.

    >>> level_shift(np.array([0, 128, 255], np.uint8)).tolist()
    [-128, 0, 127]
    """
    check_array("samples", samples, ("uint8",), "uint8, 0 .. 255")
    return np.subtract(samples, np.int16(MID_LEVEL), dtype=np.int16)


def inverse_level_shift(samples: NDArray[Any]) -> NDArray[np.uint8]:
    """Add 128, round what is not an integer, and clip to 0 .. 255 (T.81 A.3.1 and A.3.4).

    Parameters
    ----------
    samples : array of any shape and any real dtype; -128 .. 127 where nothing has to be clipped.

    Returns
    -------
    uint8 array of the same shape.

    Raises
    ------
    ValueError for a dtype that is not real, TypeError for what is no array.

    >>> inverse_level_shift(np.array([-200, -128, 0, 127, 200], np.int16)).tolist()
    [0, 0, 128, 255, 255]
    >>> inverse_level_shift(np.array([-0.6, 0.4])).tolist()
    [127, 128]
    """
    check_array("samples", samples, "biuf", "real numbers, -128 .. 127")
    if samples.dtype.kind == "f":
        samples = np.rint(samples)
    elif samples.dtype.kind in "ub":
        samples = np.minimum(samples, MID_LEVEL - 1).astype(np.int16)
    shifted: NDArray[np.int16] = np.clip(samples, -MID_LEVEL, MID_LEVEL - 1).astype(np.int16, copy=False)
    shifted += MID_LEVEL
    return shifted.astype(np.uint8)
