"""The high-throughput block encoder: OpenJPEG reads its code-blocks, of any size and content."""

from __future__ import annotations

import numpy as np
import pytest
from j2k_samples import openjpeg_decode

from numjpeg import jpeg2000
from numjpeg.jpeg2000.block_coding import ht_encoder, ht_streams


@pytest.mark.parametrize("size", [(4, 4), (8, 64), (64, 8), (64, 64)])
@pytest.mark.parametrize("density", [0.002, 0.1, 1.0])
def test_openjpeg_reads_them(size: tuple[int, int], density: float) -> None:
    rng = np.random.default_rng(size[0])
    image = np.where(rng.random((67, 75)) < density, rng.integers(0, 256, (67, 75)), 128).astype(np.uint8)
    data = jpeg2000.encode(image, high_throughput=True, levels=0, code_block_size=size)
    np.testing.assert_array_equal(openjpeg_decode(data), image)


def test_no_marker_within_the_streams() -> None:
    """No byte after FF is above 8F (T.814 7.1), and the last two bytes say how long MEL and VLC are."""
    rng = np.random.default_rng(0)
    blocks = [np.rint(rng.laplace(0, spread, (32, 32))).astype(np.int32) for spread in (0.3, 5, 900)]
    for data in ht_encoder.encode_blocks(blocks):
        content = np.frombuffer(data, np.uint8)
        assert not np.any((content[:-1] == 0xFF) & (content[1:] > 0x8F))
        (front, _), (back, _), _ = ht_streams.split_streams(data)
        assert len(front) + len(back) + 1 == len(data)
