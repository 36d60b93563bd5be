"""What sheets are put together from."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from numjpeg.tools.pictures import panels


@pytest.mark.parametrize(("block", "place"), [((0, 0), (0, 0)), ((5, 3), (16, 8)), ((9, 9), (8, 8))])
def test_a_window_holds_its_block(block: tuple[int, int], place: tuple[int, int]) -> None:
    samples = np.arange(80 * 80).reshape(80, 80)
    view, (x, y) = panels.window(samples, block, 24)
    assert view.shape[0] <= 24
    assert view.shape[1] <= 24
    np.testing.assert_array_equal(view[y : y + 8, x : x + 8], samples[8 * block[0] :, 8 * block[1] :][:8, :8])


def test_a_frame_stays_on_the_picture_and_leaves_the_block_free() -> None:
    image = Image.new("RGB", (64, 64), "#808080")
    for corner, inside in ((0, 5), (24, 28), (56, 58)):
        changed = (np.asarray(panels.framed(image, (corner, corner), 1.0)) != 128).any(-1)
        assert changed.sum() > 40
        assert not changed[inside, inside]
        assert not changed[8:16, 40:44].any()
    assert (np.asarray(image) == 128).all()


def test_what_is_enlarged_shows_each_sample_as_a_square() -> None:
    enlarged = np.asarray(panels.photo(np.array([[0, 255], [100, 50]], np.uint8), 20))
    assert enlarged.shape == (20, 20, 3)
    np.testing.assert_array_equal(enlarged[::10, ::10, 0], [[0, 255], [100, 50]])
    assert (enlarged[:10, :10] == 0).all()


def test_a_heat_map_is_darker_where_there_is_more() -> None:
    panel = panels.heat(np.array([[0, 50], [100, 25]]), 200, 100, "bits")
    shades = np.asarray(panel.image.convert("L"))[50:200:100, 50:200:100]
    assert shades[0, 0] > shades[1, 1] > shades[0, 1] > shades[1, 0]
    assert panel.label == "bits"
