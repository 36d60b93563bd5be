"""Pictures to test with, made here: something of a photograph, noise, flats and edges, in any size."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from PIL import Image

PHOTOGRAPH = Path(__file__).parents[1] / "pic" / "astronaut.png"


@functools.cache
def photograph() -> np.ndarray:
    """The demo photograph, uint8 (512, 512, 3)."""
    return np.asarray(Image.open(PHOTOGRAPH).convert("RGB"))


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    """White noise over the whole range: every coefficient is large."""
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def smooth(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    """Soft waves, a hard edge and a little noise: long runs of zeros among coefficients of all sizes."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = [
        128
        + 90 * np.sin(x / random.uniform(4, 40) + c) * np.cos(y / random.uniform(4, 40))
        + (x > width * 0.6) * 60
        for c in range(channels)
    ]
    picture = np.stack(planes, axis=-1) + random.normal(0, 3, (height, width, channels))
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    return picture if channels > 1 else picture[..., 0]


def flat(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    """One colour."""
    colour = np.random.default_rng(seed).integers(0, 256, channels, np.uint8)
    picture = np.broadcast_to(colour, (height, width, channels))
    return picture if channels > 1 else picture[..., 0]


def extremes(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    """Black and white at random, pixel by pixel: the largest coefficients that 8 bits give."""
    return noise(height, width, channels, seed) // 128 * np.uint8(255)
