"""A picture to draw of, of any shape."""

import numpy as np


def noise(*shape: int) -> np.ndarray:
    """Random samples, the same each time: uint8, gray or colour."""
    return np.random.default_rng(len(shape)).integers(0, 256, shape, np.uint8)
