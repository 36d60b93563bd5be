"""Notebooks: show a picture in Jupyter by the method ``_repr_jpeg_``. Nothing needs to be installed.

show(image)  # as the last line of a cell
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from numjpeg.coefficient_files.writer import write_coefficients
from numjpeg.coefficients import Coefficients
from numjpeg.container.header import read_header
from numjpeg.encoder import encode
from numjpeg.sources import read_bytes


class Shown(NamedTuple):
    """A JPEG file that a notebook shows."""

    data: bytes

    def _repr_jpeg_(self) -> bytes:
        return self.data

    def __repr__(self) -> str:
        return repr(read_header(self.data, strict=False))


def show(picture: Any, quality: int = 95, **options: Any) -> Shown:
    """Make an object that a notebook shows as a JPEG file.

    An array is encoded with ``quality`` and ``options`` of :func:`numjpeg.encode`. A JPEG file (its bytes, a path
    or a binary file object) and :class:`numjpeg.Coefficients` are shown without encoding them again. FormatError,
    ValueError, TypeError or OSError if ``picture`` is none of these.
    """
    if isinstance(picture, Coefficients):
        return Shown(write_coefficients(picture))
    if isinstance(picture, np.ndarray):
        return Shown(encode(picture, quality, **options))
    data = read_bytes(picture, "picture")
    read_header(data, strict=False)
    return Shown(data)
