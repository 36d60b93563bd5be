"""Coefficients to test with: sampling factors, and planes with blocks of all kinds."""

from __future__ import annotations

import numpy as np

FACTORS = [((1, 1),), ((2, 2), (1, 1), (1, 1)), ((1, 2), (1, 1), (1, 1)), ((4, 1), (1, 1), (2, 1), (1, 1))]


def random_planes(factors, rows: int, columns: int, seed: int, largest: int = 1023, density: float = 0.1):
    """Blocks of all kinds: empty ones, full ones, long runs; ``rows`` x ``columns`` MCUs or a little less."""
    random = np.random.default_rng(seed)
    planes = []
    for v, h in factors:
        height, width = rows * v - seed % v, columns * h - seed % h
        values = (random.laplace(0, 1, (height, width, 8, 8)) * random.choice([1, 5, 200])).clip(-largest, largest)
        share = random.choice([0, density, 1], (height, width, 1, 1), p=[0.3, 0.6, 0.1])
        kept = random.random(values.shape) < share
        plane = (values * kept).astype(np.int16)
        plane[0, 0] = 0
        plane[0, 0, 7, 7] = largest
        plane[..., 0, 0] = random.integers(-1000, 1001, plane.shape[:2])
        planes.append(plane)
    return planes
