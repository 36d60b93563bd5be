"""Coding passes of many code-blocks at once: coded by the literal MQ coder, they are the literal coder's bytes."""

from __future__ import annotations

import numpy as np

from numjpeg.jpeg2000.block_coding import literal
from numjpeg.jpeg2000.block_coding.bit_planes import BitPlanes


def test_gains_are_what_each_pass_takes_off_the_error() -> None:
    rng = np.random.default_rng(0)
    values = [np.rint(rng.laplace(0, spread, (9, 14))).astype(np.int32) for spread in (2, 9, 30)]
    planes = BitPlanes(values, [0, 1, 2], [np.abs(block).astype(np.float32) for block in values])
    passes = list(planes.passes())
    assert len(passes) == 3 * int(planes.planes.max()) - 2
    for lane, i in enumerate(planes.order.tolist()):
        count, data = literal.encode_block(values[i], i)
        assert planes.planes[lane] == count
        own = [p for p in passes if lane < len(p.counts)]
        assert len(own) == 3 * count - 2
        error = float(np.sum(values[i].astype(float) ** 2))
        for n, coding_pass in enumerate(own, 1):
            error -= float(coding_pass.gains[lane])
            known = literal.decode_block([(n, data)], values[i].shape, i, count)
            np.testing.assert_allclose(error, np.sum((known / 2 - values[i]) ** 2), rtol=1e-5, atol=1e-3)


def test_blocks_of_nothing() -> None:
    planes = BitPlanes([np.zeros((4, 4), np.int32)] * 2, [0, 2])
    assert planes.planes.tolist() == [0, 0]
    assert list(planes.passes()) == []
