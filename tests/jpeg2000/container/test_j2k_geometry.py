"""Where everything lies: every sample of every sub-band is in exactly one code-block."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.jpeg2000 import wavelet
from numjpeg.jpeg2000.container.codestream import CodingStyle, ComponentSize, Quantization, Size
from numjpeg.jpeg2000.container.geometry import Rectangle, TileComponent, tile_box

STEPS = Quantization(0, 2, ((8, 0),) * 16)


@pytest.mark.parametrize("box", [(0, 0, 50, 41), (3, 5, 50, 41), (17, 2, 18, 90), (7, 7, 8, 8)])
@pytest.mark.parametrize("precincts", [(15, 15), (4, 3)])
def test_sub_bands_are_covered_once(box: tuple[int, int, int, int], precincts: tuple[int, int]) -> None:
    style = CodingStyle(3, 3, 4, 0, True, (precincts,) * 4)
    component = TileComponent(Rectangle(*box), style, STEPS, 8, 0)
    low = np.zeros((component.box.height, component.box.width), np.int32)
    for resolution in component.resolutions[:0:-1]:
        assert low.shape == (resolution.box.height, resolution.box.width)
        low, *high = wavelet.forward(low, resolution.box.x0, resolution.box.y0, True)
        for band, values in zip(resolution.bands, high, strict=True):
            assert values.shape == (band.box.height, band.box.width)
    for resolution in component.resolutions:
        for k in range(resolution.precincts_wide * resolution.precincts_high):
            blocks = sum(len(band.blocks) for band in resolution.precinct(k))
            assert blocks <= resolution.code_blocks_of(k)
    covered: dict[int, np.ndarray] = {}
    for block in (
        block for resolution in component.resolutions for band in resolution.bands for block in band.blocks
    ):
        band = block.band
        counts = covered.setdefault(id(band), np.zeros((band.box.height, band.box.width), int))
        counts[block.box.within(band.box)] += 1
        assert block.box.width <= 8
        assert block.box.height <= 16
    for resolution in component.resolutions:
        for band in resolution.bands:
            assert band.box.empty or (covered[id(band)] == 1).all()


def test_tiles_cover_the_picture_once() -> None:
    size = Size(0, 50, 41, 3, 5, 20, 13, 2, 1, (ComponentSize(8, False, 1, 1),))
    counts = np.zeros((41, 50), int)
    for index in range(size.tiles_wide * size.tiles_high):
        counts[tile_box(size, index).within(Rectangle(0, 0, 50, 41))] += 1
    assert (counts[5:, 3:] == 1).all()
    assert counts.sum() == 36 * 47


def test_rectangles() -> None:
    one = Rectangle(2, 3, 9, 8)
    assert (one.width, one.height, one.empty) == (7, 5, False)
    assert one.divided(2, 4) == (1, 1, 5, 2)
    assert one.intersect(Rectangle(9, 0, 12, 9)).empty
    assert one.grown(1) == (1, 2, 10, 9)
