"""DC prediction (T.81 F.1.1.5.1, F.2.1.3.1): DC coefficients <-> differences between neighbours.

The prediction of a DC coefficient is that of the preceding block of the same component in the scan. At the start
of a scan and after each restart marker it is 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array


def dc_differences(
    dc: NDArray[np.int16], resets: NDArray[np.intp] | None = None, predictor: int = 0
) -> NDArray[np.int32]:
    """Subtract from each DC coefficient the one before it: int32, -65535 .. 65535 (baseline: -2047 .. 2047).

    Parameters
    ----------
    dc : int16 ``(n,)``, one component's DC coefficients in scan order.
    resets : ascending indices at which the prediction is 0 (the first block after a restart marker), or None.
    predictor : prediction of the first coefficient: 0, or the last DC coefficient of the preceding band.

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
    """Sum up differences, integers ``(n,)``, to int16 ``(n,)``: the inverse of :func:`dc_differences`.

    Other parameters are the same. Sums are taken modulo 2^16, as in libjpeg; only damaged files have larger ones.

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
