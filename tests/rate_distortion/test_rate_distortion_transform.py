"""The real transform of planes equals the float stage, block by block."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.rate_distortion import transform
from numjpeg.stages.blocks import pad_edges, split_blocks
from numjpeg.stages.dct import fdct
from numjpeg.stages.zigzag import inverse_zigzag, zigzag


@pytest.mark.parametrize("size", [(8, 8), (1, 1), (17, 33), (40, 24)])
def test_forward_is_the_float_stage_along_the_zigzag(size: tuple[int, int]) -> None:
    plane = np.random.default_rng(0).uniform(-128, 127, size).astype(np.float32)
    expected = zigzag(fdct(split_blocks(pad_edges(plane)), "float")).reshape(-1, 64)
    found = transform.forward(plane)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("size", [(8, 8), (1, 1), (17, 33), (40, 24)])
def test_inverse_undoes_forward(size: tuple[int, int]) -> None:
    plane = np.random.default_rng(1).integers(-128, 128, size).astype(np.float32)
    steps = np.full(64, 1 / 16, np.float32)
    blocks = -(-size[0] // 8), -(-size[1] // 8)
    levels = np.rint(transform.forward(plane) / steps).astype(np.int16).reshape(*blocks, 64)
    np.testing.assert_allclose(transform.inverse(levels, steps, *size), plane, atol=0.3)


def test_blocks_in_natural_order_lie_where_the_sequences_did() -> None:
    levels = np.random.default_rng(2).integers(-99, 99, (70, 90, 64)).astype(np.int16)
    expected = inverse_zigzag(levels)
    found = transform.to_blocks(levels)
    assert np.shares_memory(found, levels)
    assert np.array_equal(found, expected)
