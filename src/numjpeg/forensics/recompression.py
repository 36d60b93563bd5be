"""Recompression: how much the parts of a picture change when it is compressed once more.

Parts that were compressed before at a similar quality change least. Both maps are hints only: flat parts always
change little, and edges change much.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.arguments import checked_integer
from numjpeg.colorspaces import canonical_name
from numjpeg.decoder import decode
from numjpeg.encoder import encode


def error_levels(image: NDArray[np.uint8], quality: int = 95, **options: Any) -> NDArray[np.uint8]:
    """Error level analysis: how much each sample changes when the picture is compressed once more.

    N. Krawetz, A Picture's Worth ... Digital Image Analysis and Forensics, Black Hat Briefings, 2007.

    ``image`` is uint8 ``(H, W)`` or ``(H, W, 3)``; ``quality``, ``options`` and errors are those of
    :func:`numjpeg.encode`. Returns absolute differences, uint8 of the picture's shape, for :func:`as_picture`.
    """
    colorspace = canonical_name(options.get("colorspace"))
    decoded: NDArray[np.uint8] = decode(encode(image, quality, **options), colorspace=colorspace)
    source = np.asarray(image).reshape(decoded.shape)
    return np.maximum(decoded, source) - np.minimum(decoded, source)


def jpeg_ghosts(
    image: NDArray[np.uint8], qualities: Iterable[int] = range(40, 100, 5), window: int = 16, **options: Any
) -> NDArray[np.float32]:
    """JPEG ghosts: the error of compressing once more at each quality, averaged around each pixel.

    H. Farid, Exposing Digital Forgeries from JPEG Ghosts, IEEE Trans. Information Forensics and Security 4(1),
    2009, equations (4) and (5). Where the error has a second minimum, at a quality below that of the last
    compression, this part was once compressed at that lower quality.

    Parameters
    ----------
    image, options : as in :func:`error_levels`, with its errors.
    qualities : at least two, each 1 .. 100; otherwise a ValueError.
    window : side of the square over which errors are averaged, 1 .. 256 pixels.

    Returns
    -------
    float32 ``(qualities, H, W)``: for each pixel 0 at the quality of its least error, 1 at that of its largest. A
    pixel whose error is the same at all qualities is 0 throughout.
    """
    if not isinstance(qualities, Iterable):
        raise TypeError(f"qualities: integers expected, got {qualities!r}")
    levels = [checked_integer("qualities", quality, 1, 100) for quality in qualities]
    if len(levels) < 2:
        raise ValueError("qualities: at least two expected")
    window = checked_integer("window", window, 1, 256)
    errors = [error_levels(image, quality, **options).astype(np.float32) ** 2 for quality in levels]
    averages = np.stack([_average(error.mean(-1) if error.ndim > 2 else error, window) for error in errors])
    low, high = averages.min(0), averages.max(0)
    return np.asarray((averages - low) / np.where(high > low, high - low, 1), np.float32)


def _average(plane: NDArray[np.float32], window: int) -> NDArray[np.float32]:
    """The mean over a square around each pixel, edges repeated, by cumulative sums."""
    before = window // 2
    padded = np.pad(plane.astype(np.float64), (before, window - 1 - before), mode="edge")
    total = np.pad(padded, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    strips = total[window:] - total[:-window]
    return np.asarray((strips[:, window:] - strips[:, :-window]) / window**2, np.float32)


def as_picture(values: NDArray[Any], high: float | None = None) -> NDArray[np.uint8]:
    """Turn a map into a picture, uint8 of its shape: 0 is black, ``high`` and above is white.

    ``values`` are real, at least 0; ``high`` None means the largest of them.

    >>> as_picture(np.array([0, 1, 2])).tolist()
    [0, 128, 255]
    """
    top = float(np.max(values, initial=0)) if high is None else float(high)
    if top <= 0:
        return np.zeros(np.shape(values), np.uint8)
    return np.asarray(np.minimum(np.asarray(values) * (255 / top) + 0.5, 255), np.uint8)
