"""What arguments come to: sizes and styles that the markers say."""

from __future__ import annotations

import numpy as np
import pytest
from j2k_samples import photo
from PIL import Image

from numjpeg import jpeg2000
from numjpeg.jpeg2000 import plan


def test_what_the_file_is_to_be() -> None:
    image = photo(30, 40)
    assert plan.make_target(image, None, None, None, None).lossless
    assert plan.make_target(image, None, 0.5, None, None).size == 75
    assert plan.make_target(image, None, None, 31.5, None) == plan.Target(None, 31.5)


@pytest.mark.parametrize("fast", [False, True])
def test_the_header_says_so(fast: bool) -> None:
    options = {"levels": 3, "tile_size": (20, 33), "code_block_size": (8, 32), "progression": "CPRL"}
    header = jpeg2000.read_header(jpeg2000.encode(photo(30, 40), high_throughput=fast, **options))
    assert (header.levels, header.tile_size, header.tiles) == (3, (20, 33), (2, 2))
    assert (header.code_block_size, header.progression) == ((8, 32), "CPRL")
    assert (header.reversible, header.component_transform, header.high_throughput) == (True, True, fast)


def test_too_many_tiles() -> None:
    with pytest.raises(ValueError, match="tile_size"):
        jpeg2000.encode(photo(300, 300, 1), tile_size=(1, 1))


def test_bits_of_the_samples() -> None:
    image = photo(30, 40, 1)
    signed = (image ^ 0x80).view("i1")
    assert plan.checked_precision(image, None) == plan.checked_precision(signed, 8) == 8
    assert plan.checked_precision(signed >> 3, 5) == plan.checked_precision(image >> 3, 5) == 5
    for samples, message in ((image >> 2, "0 .. 31"), (signed >> 2, "-16 .. 15")):
        with pytest.raises(ValueError, match=f"image: .* 5 bits hold {message}"):
            jpeg2000.encode(samples, precision=5)
    with pytest.raises(ValueError, match=r"precision: 9 is not in 1\.\.8"):
        jpeg2000.encode(image, precision=9)
    with pytest.raises(ValueError, match="component_transform: of three channels"):
        jpeg2000.encode(image, component_transform=True)


@pytest.mark.parametrize("transforms", [False, True])
def test_the_colour_transform_can_be_left_out(transforms: bool) -> None:
    data = jpeg2000.encode(photo(30, 40), component_transform=transforms)
    assert jpeg2000.read_header(data).component_transform is transforms


def test_lengths_of_tiles_lead_to_them() -> None:
    data = jpeg2000.encode(photo(30, 40), tile_size=(20, 33), tile_lengths=True)
    header = jpeg2000.read_header(data)
    tiles = [offset for name, offset, _ in header.segments if name == "SOT"]
    [at] = [offset for name, offset, _ in header.segments if name == "TLM"]
    found = [int.from_bytes(data[at + 8 + 6 * i : at + 12 + 6 * i]) for i in range(4)]
    assert [tiles[0] + sum(found[:i]) for i in range(4)] == tiles
    assert tiles[0] + sum(found) == len(data) - 2


@pytest.mark.parametrize("mode", ["1", "P", "CMYK", "YCbCr", "LAB", "HSV", "La", "RGBa"])
def test_a_pillow_image_that_the_file_would_not_show_is_refused_and_the_advice_works(mode: str) -> None:
    """CMYK would be read as RGB and opacity, YCbCr as RGB, a palette's numbers as gray."""
    image = Image.new("RGBA" if mode == "RGBa" else "LA" if mode == "La" else "RGB", (8, 8)).convert(mode)
    with pytest.raises(ValueError, match=rf"^image: .*'{mode}'") as caught:
        jpeg2000.encode(image)
    if mode[-1] != "a":
        converted = image.convert(str(caught.value).split('"')[1])
        assert np.array_equal(jpeg2000.decode(jpeg2000.encode(converted)), np.asarray(converted))


def test_samples_that_are_hidden_or_of_the_other_byte_order() -> None:
    image = photo(9, 12).astype(np.uint16)
    assert jpeg2000.encode(image.astype(">u2")) == jpeg2000.encode(image)
    with pytest.raises(ValueError, match=r"^image: .*masked"):
        jpeg2000.encode(np.ma.masked_array(image, mask=image > 9))


def test_a_target_that_cannot_be_met_or_is_no_number() -> None:
    with pytest.raises(ValueError, match=r"^bits_per_pixel, target_bytes: \d+ bytes too few"):
        jpeg2000.encode(photo(30, 40), target_bytes=10)
    for options in ({"target_bytes": 900.5}, {"lossless": "no"}):
        with pytest.raises(TypeError, match=f"^{next(iter(options))}: "):
            jpeg2000.encode(photo(30, 40), **options)
