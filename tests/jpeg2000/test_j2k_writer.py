"""The writer: a file of layers, cut at any of them, is the file that fewer layers give."""

from __future__ import annotations

import numpy as np
from j2k_samples import openjpeg_decode, photo

from numjpeg import jpeg2000, psnr


def test_layers_before_the_last_have_half_the_bytes() -> None:
    image = photo(70, 90)
    data = jpeg2000.encode(image, layers=4, container="j2k", code_block_size=(16, 16))
    found = []
    for layers in (1, 2, 3, 4):
        part = jpeg2000.decode(data, layers=layers)
        found.append(psnr(image, part))
    assert found[0] + 1 < found[1]
    assert found[1] + 1 < found[2] < found[3] == float("inf")
    np.testing.assert_array_equal(openjpeg_decode(data), image)
    # A prefix in the order of layers, up to half the bytes, is a third layer and a part of the fourth.
    half, report = jpeg2000.decode_damaged(data[: len(data) * 55 // 100])
    assert not report.complete
    assert psnr(image, half) > found[2] - 0.1


def test_a_picture_of_nothing() -> None:
    image = np.full((70, 80, 3), 128, np.uint8)
    for options in ({}, {"layers": 3}, {"bits_per_pixel": 1}, {"high_throughput": True}):
        data = jpeg2000.encode(image, **options)
        assert len(data) < 600
        np.testing.assert_array_equal(openjpeg_decode(data), image)
