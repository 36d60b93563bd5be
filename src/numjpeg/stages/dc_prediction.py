"""DC prediction (T.81 F.1.1.5.1, F.2.1.3.1): each DC coefficient <-> its difference from the one before.

The one before is that of the preceding block of the same component in the scan. The prediction is 0 at the start
of a scan and after each restart marker.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array


def dc_differences(
    dc: NDArray[np.int16], resets: NDArray[np.intp] | None = None, predictor: int = 0
) -> NDArray[np.int32]:
    """Subtract from each DC coefficient the one before it: int32, -65535 .. 65535 (2047 in a baseline file).

    Parameters
    ----------
    dc : int16 ``(n,)``, one component's DC coefficients in scan order.
    resets : ascending indices at which the prediction is 0 (the first block after a restart marker), or None.
    predictor : prediction of the first one: 0, or the last DC of the preceding band.

    >>> dc_differences(np.array([5, 7, 4, 4], np.int16), np.array([2])).tolist()
    [5, 2, 4, 0]
    """
    check_array("dc", dc, ("int16",), "int16 (n,)", ndim=1)
    differences: NDArray[np.int32] = np.empty(len(dc), np.int32)
    differences[:1] = dc[:1].astype(np.int32) - predictor
    np.subtract(dc[1:], dc[:-1], out=differences[1:], dtype=np.int32)
    if resets is not None:
        differences[resets] = dc[resets]
    return differences


def dc_from_differences(
    differences: NDArray[np.integer], resets: NDArray[np.intp] | None = None, predictor: int = 0
) -> NDArray[np.int16]:
    """Sum differences, integers ``(n,)``, up again: the inverse of :func:`dc_differences`, with its arguments.

    Sums are taken modulo 2^16, as in libjpeg (only those of a damaged file are larger).

    >>> dc_from_differences(np.array([5, 2, 4, 0]), np.array([2])).tolist()
    [5, 7, 4, 4]
    """
    check_array("differences", differences, "iu", "integers (n,)", ndim=1)
    sums = np.cumsum(differences, dtype=np.int64)
    base = np.full(len(sums), -predictor, np.int64)
    if resets is not None and len(resets):
        before = sums[resets] - differences[resets]
        base[resets[0] :] = np.repeat(before, np.diff(resets, append=len(sums)))
    return (sums - base).astype(np.int16)
