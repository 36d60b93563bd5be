"""The order of the scan in one step equals zig-zag, padding and interleaving."""

from __future__ import annotations

import numpy as np
import pytest
from coefficient_samples import FACTORS, random_planes

from numjpeg.coefficients import ceil_div
from numjpeg.fast.codewords.scan_order import scan_order, sequences_of
from numjpeg.stages.mcu_order import interleave, pad_to_mcus
from numjpeg.stages.zigzag import zigzag
from numjpeg.workspace import Workspace


def filled_up(planes, factors) -> list[np.ndarray]:
    """By the stage, and to whole MCUs."""
    rows, columns = ceil_div(planes[0].shape[0], factors[0][0]), ceil_div(planes[0].shape[1], factors[0][1])
    return [pad_to_mcus(zigzag(plane), rows, columns, f) for plane, f in zip(planes, factors, strict=True)]


@pytest.mark.parametrize("factors", FACTORS)
@pytest.mark.parametrize("seed", range(6))
def test_the_scan_order_equals_zigzag_padding_and_interleaving(factors, seed: int) -> None:
    planes = random_planes(factors, 3, 5, seed)
    blocks, dc = scan_order(planes, factors, Workspace())
    expected = interleave(filled_up(planes, factors), factors)
    assert np.array_equal(blocks, expected)
    assert np.array_equal(dc, expected[..., 0])
    for plane in planes:
        assert np.array_equal(sequences_of(Workspace())(plane), zigzag(plane))
