"""Pictures of the stages of a photograph, and its way through them."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from drawing import noise
from PIL import Image

import numjpeg
from numjpeg.forensics import bits_per_block
from numjpeg.stages.quantization import quantize
from numjpeg.tools import pictures
from numjpeg.tools.pictures import stage_sheets

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


def test_files_of_stage_pictures_keep_every_colour() -> None:
    for name, picture in pictures.stage_pictures(noise(32, 32, 3)).items():
        with Image.open(BytesIO(pictures.to_file(name, picture))) as image:
            np.testing.assert_array_equal(np.asarray(image), np.asarray(picture))


def test_arguments_are_checked() -> None:
    with pytest.raises(TypeError, match="image"):
        pictures.stage_pictures(np.zeros((8, 8)))
    with pytest.raises(ValueError, match="quality"):
        pictures.stage_pictures(noise(8, 8), 0)
    with pytest.raises(ValueError, match="subsampling"):
        pictures.stage_pictures(noise(8, 8, 3), subsampling="4:2")
    with pytest.raises(ValueError, match="block"):
        pictures.stage_pictures(noise(8, 8), block=(0, 1))


@pytest.mark.parametrize("shape", [(48, 64, 3), (13, 21, 3), (50, 31)])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0", "4:4:0", "4:1:1"])
def test_the_journey_is_the_encoder_s(shape: tuple[int, ...], subsampling: str) -> None:
    """What is shown before quantization leads to the very coefficients that the file holds."""
    journey = stage_sheets.travel(noise(*shape), 60, subsampling)
    coefficients = journey.coefficients
    for i, (transformed, plane) in enumerate(zip(journey.transformed, coefficients.planes, strict=True)):
        quantized = quantize(transformed, coefficients.quantization_table(i))
        np.testing.assert_array_equal(quantized, plane)
    np.testing.assert_array_equal(journey.decoded, numjpeg.decode(journey.data))


@pytest.mark.parametrize(
    ("shape", "subsampling"), [((48, 64, 3), "4:2:0"), ((40, 24, 3), "4:4:4"), ((24, 40), None)]
)
def test_bits_per_block_add_up_to_the_scan(shape: tuple[int, ...], subsampling: str | None) -> None:
    """Whole MCUs, so that no bits go to blocks that only fill up."""
    data = numjpeg.encode(noise(*shape), 80, subsampling=subsampling)
    scan = data[data.index(b"\xff\xda") :]
    scan = scan[2 + int.from_bytes(scan[2:4], "big") : -2].replace(b"\xff\x00", b"\xff")
    bits = bits_per_block(numjpeg.read_coefficients(data))
    assert -(-sum(int(grid.sum()) for grid in bits) // 8) == len(scan)
    assert min(int(grid.min()) for grid in bits) >= 4
