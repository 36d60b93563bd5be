"""Different regions, different coarseness: what errors of each block count."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div


def luma_weights(coefficients, importance, masking):
    """weights"""
    weights = None if importance is None else importance.ravel()
    if masking:
        energy = np.einsum("ij,ij->i", coefficients[:, 1:], coefficients[:, 1:]) / 64
        mask = (np.float32(masking) / (np.float32(masking) + energy)) ** np.float32(POWER)
        if NORM:
            mask /= np.exp(np.log(mask).mean()) ** NORM
        weights = mask if weights is None else weights * mask
    return weights

POWER = 1.0
NORM = 0.0

def chroma_weights(weights, height, width, h, v):
    """Means of the luma blocks that a chroma block covers."""
    if weights is None or (h, v) == (1, 1):
        return weights
    rows, columns = ceil_div(height, 8), ceil_div(width, 8)
    grid = np.pad(weights.reshape(rows, columns), [(0, -rows % v), (0, -columns % h)], mode="edge")
    return grid.reshape(grid.shape[0] // v, v, grid.shape[1] // h, h).mean(axis=(1, 3)).ravel()
