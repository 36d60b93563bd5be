"""The literal block coder against OpenJPEG: a file of one code-block that it decodes to our coefficients."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.jpeg2000.block_coding import literal


@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize("shape", [(1, 1), (4, 4), (5, 9), (17, 3)])
def test_both_directions(shape: tuple[int, int], kind: int) -> None:
    values = np.rint(np.random.default_rng(kind).laplace(0, 9, shape)).astype(np.int32)
    values[0, 0] = -5
    planes, data = literal.encode_block(values, kind)
    assert planes == int(np.abs(values).max()).bit_length()
    found = literal.decode_block([(3 * planes - 2, data)], shape, kind, planes)
    np.testing.assert_array_equal(found, np.sign(values) * (2 * np.abs(values) + 1) * (values != 0))


def test_each_pass_halves_what_is_unknown() -> None:
    values = np.rint(np.random.default_rng(0).laplace(0, 9, (12, 12))).astype(np.int32)
    planes, data = literal.encode_block(values, 0)
    for plane in range(planes):  # after the clean-up pass of a bit-plane
        found = literal.decode_block([(3 * plane + 1, data)], values.shape, 0, planes)
        step = 1 << planes - 1 - plane
        known = np.abs(values) // step * step
        np.testing.assert_array_equal(found, np.sign(values) * (2 * known + step) * (known > 0))
