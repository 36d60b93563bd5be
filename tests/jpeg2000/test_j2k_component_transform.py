"""Component transforms against their equations (T.800 G.2, G.3)."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from numjpeg.jpeg2000 import component_transform as transform


def test_the_reversible_one_loses_nothing() -> None:
    rgb = np.random.default_rng(0).integers(-128, 128, (3, 4000), dtype=np.int32)
    y, u, v = transform.rct(*rgb)
    np.testing.assert_array_equal(y, np.floor((rgb[0] + 2.0 * rgb[1] + rgb[2]) / 4))
    np.testing.assert_array_equal((u, v), (rgb[2] - rgb[1], rgb[0] - rgb[1]))
    np.testing.assert_array_equal(transform.inverse_rct(y, u, v), rgb)


def test_the_irreversible_one_is_its_matrix() -> None:
    rgb = np.random.default_rng(1).uniform(-128, 128, (3, 4000)).astype(np.float32)
    matrix = [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
    found = transform.ict(*rgb)
    np.testing.assert_allclose(found, np.array(matrix) @ rgb, atol=1e-3)
    np.testing.assert_allclose(transform.inverse_ict(*found), rgb, atol=2e-3)


@pytest.mark.parametrize("depth", [8, 12, 16])
def test_sycc_is_its_matrix(depth: int) -> None:
    """8 bits are Pillow's to the last bit."""
    dtype = np.uint8 if depth == 8 else np.uint16
    ycc = np.random.default_rng(2).integers(0, 1 << depth, (3, 50, 90)).astype(dtype)
    found = np.stack(transform.sycc_to_rgb(*ycc, depth), axis=-1)
    assert found.dtype == dtype
    y, cb, cr = ycc.astype(float) - np.array([0, 1, 1])[:, None, None] * (1 << depth - 1)
    expected = np.stack([y + 1.402 * cr, y - 0.34414 * cb - 0.71414 * cr, y + 1.772 * cb], axis=-1)
    np.testing.assert_allclose(found, np.clip(expected, 0, (1 << depth) - 1), atol=1.05)
    if depth == 8:
        pillow = Image.fromarray(np.moveaxis(ycc, 0, -1).copy(), "YCbCr").convert("RGB")
        np.testing.assert_array_equal(found, np.asarray(pillow))
