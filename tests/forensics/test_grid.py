"""The grid of pictures that Pillow compressed, moved by known offsets; none where there was none."""

from __future__ import annotations

import numpy as np
import pillow
import pytest
import samples

from numjpeg.forensics import grid_offset


@pytest.mark.parametrize(("row", "column"), [(0, 0), (3, 5), (7, 1), (1, 7)])
@pytest.mark.parametrize("quality", [50, 75, 90])
def test_a_cropped_picture_tells_where_its_blocks_begin(row: int, column: int, quality: int) -> None:
    decoded = pillow.load(pillow.save(samples.photograph()[:256, :256], quality=quality))
    found = grid_offset(decoded[(8 - row) % 8 :, (8 - column) % 8 :])
    assert (found.row, found.column, found.found) == (row, column, True)


def test_gray_is_taken_as_it_is() -> None:
    decoded = pillow.load(pillow.save(samples.photograph()[:256, :256, 1], quality=80))
    assert grid_offset(decoded[4:, 2:])[:2] == (4, 6)


def test_what_never_was_compressed_has_no_grid() -> None:
    assert not grid_offset(samples.photograph()).found
    assert not grid_offset(samples.noise(128, 128)).found
    assert not grid_offset(samples.flat(64, 64)).found
    assert not grid_offset(np.full((64, 64), 200, np.uint8)).found


@pytest.mark.parametrize(
    "image", [np.zeros((15, 40), np.uint8), np.zeros((40, 40), np.int16), np.zeros((40, 40, 4), np.uint8)]
)
def test_other_images_are_refused(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"^image: "):
        grid_offset(image)
