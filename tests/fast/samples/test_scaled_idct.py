"""The fused scaled transform, held to the stages."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.fast.samples import scaled_idct
from numjpeg.stages.level_shift import inverse_level_shift
from numjpeg.stages.quantization import dequantize
from numjpeg.stages.scaled_idct import SIZES, idct_scaled
from numjpeg.stages.zigzag import inverse_zigzag


def by_stages(sequences: np.ndarray, table: np.ndarray, size: int) -> np.ndarray:
    blocks = inverse_level_shift(idct_scaled(dequantize(inverse_zigzag(sequences), table), size))
    rows, columns = sequences.shape[:2]
    return blocks.swapaxes(1, 2).reshape(rows * size, columns * size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("largest", [3, 60, 1023, 32767])
@pytest.mark.parametrize("step", [1, 17, 255, 65535])
def test_samples_equal_the_stages(size: int, largest: int, step: int) -> None:
    rng = np.random.default_rng(largest + step)
    table = rng.integers(1, step + 1, (8, 8)).astype(np.uint16)
    for kept in (0, 1, 5, 64):
        sequences = rng.integers(-largest, largest + 1, (7, 9, 64)).astype(np.int16)
        sequences[..., kept:] = 0
        sequences[0, 0, :kept] = -32768 if largest == 32767 else -largest
        out = np.empty((7 * size, 9 * size), np.uint8)
        scaled_idct.samples(sequences, table, size, out)
        np.testing.assert_array_equal(out, by_stages(sequences, table, size))


@pytest.mark.parametrize("size", SIZES)
def test_many_blocks_and_views(size: int) -> None:
    """More than one chunk, and columns cut out of wider rows."""
    rng = np.random.default_rng(size)
    wide = rng.integers(-20, 21, (5, 1500, 64)).astype(np.int16)
    sequences = wide[:, 100:1400]
    table = np.full((8, 8), 9, np.uint16)
    out = np.empty((5 * size, 1300 * size), np.uint8)
    scaled_idct.samples(sequences, table, size, out)
    np.testing.assert_array_equal(out, by_stages(sequences, table, size))
