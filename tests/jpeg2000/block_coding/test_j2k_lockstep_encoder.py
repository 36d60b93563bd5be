"""The lockstep encoder codes what the literal one codes."""

from __future__ import annotations

import numpy as np

from numjpeg.jpeg2000.block_coding import literal
from numjpeg.jpeg2000.block_coding.lockstep_encoder import encode_blocks


def test_blocks_of_many_sizes_at_once() -> None:
    rng = np.random.default_rng(0)
    values = [
        np.rint(rng.laplace(0, rng.uniform(0.1, 30), rng.integers(1, 18, 2))).astype(np.int32) for _ in range(6)
    ]
    values.append(np.zeros((5, 5), np.int32))
    kinds = [i % 3 for i in range(len(values))]
    for block, kind, coded in zip(values, kinds, encode_blocks(values, kinds, True), strict=True):
        planes, data = literal.encode_block(block, kind)
        assert coded.planes == planes
        assert len(coded.data) <= len(data) + 1
        passes = max(0, 3 * planes - 2)
        assert len(coded.lengths) == len(coded.gains) == passes
        if not planes:
            continue
        whole = [literal.decode_block([(n, coded.data)], block.shape, kind, planes) for n in range(1, passes + 1)]
        np.testing.assert_array_equal(whole[-1] // 2 + (whole[-1] < 0), block)
        error = np.sum(block.astype(float) ** 2)
        for n in range(1, passes + 1):
            cut = coded.data[: coded.lengths[n - 1]]
            np.testing.assert_array_equal(
                literal.decode_block([(n, cut)], block.shape, kind, planes), whole[n - 1], str(n)
            )
            error -= coded.gains[n - 1]
            np.testing.assert_allclose(error, np.sum((whole[n - 1] / 2 - block) ** 2), rtol=1e-5, atol=1e-3)
