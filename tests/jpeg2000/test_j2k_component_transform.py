"""Component transforms against their equations (T.800 G.2, G.3)."""

from __future__ import annotations

import numpy as np

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
