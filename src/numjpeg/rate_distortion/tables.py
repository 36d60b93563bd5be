"""Quantization tables for the trellis: flat ones for PSNR, perceptual ones, and their refit to what was quantized."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numjpeg.stages.zigzag import NATURAL


@dataclass(frozen=True)
class Shape:
    """test"""

    luma: NDArray[np.float32]
    chroma: NDArray[np.float32]
    luma_norm: NDArray[np.float32] | float = 1.0
    chroma_norm: NDArray[np.float32] | float = 1.0
    multiplier: float = 0.11
    chroma_bias: float = 1.0
    chroma_passes: int = 1
    refit: bool = True
    free: bool = True
    masking: float = 0.0
    mask_power: float = 1.0
    mask_normalise: bool = False


def steps(strength: float, shape: NDArray[np.float32]) -> NDArray[np.float32]:
    """steps"""
    return np.clip(np.rint(shape * strength), 1, 255).astype(np.float32)


def refit(
    coefficients: Sequence[NDArray[np.float32]], levels: Sequence[NDArray[np.int16]], old: NDArray[np.float32]
) -> NDArray[np.float32]:
    """refit"""
    products, squares = np.zeros(64), np.zeros(64)
    for c, l in zip(coefficients, levels, strict=True):
        l = l.astype(np.float32)
        products += np.einsum("ij,ij->j", c, l)
        squares += np.einsum("ij,ij->j", l, l)
    best = np.where(squares > 20, products / np.maximum(squares, 1e-9), old)
    return np.clip(np.rint(best), 1, 255).astype(np.float32)


def to_table(steps: NDArray[np.float32]) -> NDArray[np.uint16]:
    """to table"""
    t = np.empty(64, np.uint16)
    t[NATURAL] = steps
    return t.reshape(8, 8)
