"""Pictures of the stages of a photograph."""

from __future__ import annotations

import numpy as np
import pytest
from drawing import noise

from numjpeg.tools import pictures

COLOR = [
    "01-rgb.png",
    "02-luminance-and-chrominance.png",
    "03-subsampled.png",
    "04-block-samples.png",
    "05-dct.png",
    "06-quantized.png",
    "07-bits-per-block.png",
    "08-decoded.png",
    "09-difference.png",
]

GRAY = [
    "01-gray.png",
    "02-block-samples.png",
    "03-dct.png",
    "04-quantized.png",
    "05-bits-per-block.png",
    "06-decoded.png",
    "07-difference.png",
]


@pytest.mark.usual(every=2)
@pytest.mark.parametrize(
    ("shape", "subsampling"),
    [
        ((1, 1, 3), "4:2:0"),
        ((1, 1), "4:2:0"),
        ((17, 33, 3), "4:2:2"),
        ((5, 700, 3), "4:1:1"),
        ((100, 3, 1), "4:4:4"),
        ((1001, 9), "4:2:0"),
    ],
)
def test_stage_pictures(shape: tuple[int, ...], subsampling: str) -> None:
    drawn = pictures.stage_pictures(noise(*shape), 40, subsampling)
    assert list(drawn) == (COLOR if shape[2:] == (3,) else GRAY)
    for picture in drawn.values():
        assert picture.mode == "RGB"
        assert 600 < picture.width < 3000
        assert picture.height < 1200


def test_stage_pictures_show_the_quality_and_the_block() -> None:
    image = noise(32, 32, 3)
    first, same, coarser, elsewhere = (
        pictures.stage_pictures(image, quality, block=block)
        for quality, block in ((75, (0, 0)), (75, (0, 0)), (20, (0, 0)), (75, (3, 3)))
    )
    assert all(first[name].tobytes() == same[name].tobytes() for name in COLOR)
    differing = [name for name in COLOR if first[name].tobytes() != coarser[name].tobytes()]
    assert differing == COLOR[5:]
    assert first[COLOR[3]].tobytes() != elsewhere[COLOR[3]].tobytes()


def test_arguments_are_checked() -> None:
    with pytest.raises(TypeError, match="image"):
        pictures.stage_pictures(np.zeros((8, 8)))
    with pytest.raises(ValueError, match="quality"):
        pictures.stage_pictures(noise(8, 8), 0)
    with pytest.raises(ValueError, match="subsampling"):
        pictures.stage_pictures(noise(8, 8, 3), subsampling="4:2")
    with pytest.raises(ValueError, match="block"):
        pictures.stage_pictures(noise(8, 8), block=(0, 1))
