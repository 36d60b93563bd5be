"""Pillow (libjpeg-turbo) as the reference codec."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def save(image: np.ndarray | Image.Image, mode: str | None = None, **options: object) -> bytes:
    """The JPEG file that Pillow saves."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(np.ascontiguousarray(image))
        if mode is not None:
            image = Image.frombytes(mode, image.size, image.tobytes())
    stream = io.BytesIO()
    image.save(stream, "JPEG", **options)
    return stream.getvalue()


def load(data: bytes) -> np.ndarray:
    """The pixels that Pillow decodes, in the file's own mode."""
    return np.asarray(Image.open(io.BytesIO(data)))
