"""Which colour space goes to which, against Pillow's own conversions."""

from __future__ import annotations

import numpy as np
import pytest
import samples
from PIL import Image

from numjpeg.colorspaces import (
    CHANNELS,
    COLORSPACES,
    LAYOUTS,
    canonical_name,
    from_components,
    to_blocks,
    to_components,
)
from numjpeg.pipeline import pixels_to_coefficients
from numjpeg.stages.dct import fdct
from numjpeg.stages.quantization import quantize
from numjpeg.stages.subsampling import SUBSAMPLING

PICTURE = samples.noise(40, 50)


def test_layouts_fit_their_colour_spaces() -> None:
    for name in LAYOUTS.keys() & CHANNELS.keys():
        assert len(LAYOUTS[name].identifiers) == len(LAYOUTS[name].tables) == CHANNELS[name]


def test_names_are_known_in_any_case() -> None:
    for name in COLORSPACES:
        assert canonical_name(name.lower()) == canonical_name(name.upper()) == name
    assert canonical_name("L") == "GRAY"
    assert canonical_name("HSV") == "HSV"


@pytest.mark.parametrize(
    ("source", "stored"), [("RGB", "RGB"), ("BGR", "RGB"), ("YCbCr", "YCbCr"), ("CMYK", "CMYK"), ("GRAY", "GRAY")]
)
def test_what_is_stored_as_it_is_comes_back(source: str, stored: str) -> None:
    picture = samples.noise(40, 50, CHANNELS[source]).reshape(40, 50, -1)
    back = from_components(to_components(picture, source, stored), stored, source)
    assert np.array_equal(back.reshape(picture.shape), picture)


def test_ycbcr_is_pillow_s() -> None:
    """libjpeg rounds chroma's ties down, Pillow's own conversion does not: they differ by one in some places."""
    expected = np.asarray(Image.fromarray(PICTURE).convert("YCbCr")).astype(int)
    ours = to_components(PICTURE, "RGB", "YCbCr")
    assert np.array_equal(ours, to_components(PICTURE[..., ::-1], "BGR", "YCbCr"))
    assert np.abs(ours - expected).max() <= 1
    assert np.abs(from_components(ours, "YCbCr", "RGB").astype(int) - PICTURE).max() <= 2


def test_cmyk_to_rgb_is_pillow_s() -> None:
    inks = samples.noise(40, 50, 4)
    expected = Image.frombytes("CMYK", (50, 40), inks.tobytes()).convert("RGB")
    assert np.array_equal(from_components(255 - inks, "CMYK", "RGB"), np.asarray(expected))


@pytest.mark.parametrize(("source", "target"), [("CMYK", "GRAY"), ("raw", "RGB"), ("GRAY", "CMYK")])
def test_there_is_no_such_conversion(source: str, target: str) -> None:
    with pytest.raises(ValueError, match=r"^colorspace: "):
        from_components(samples.noise(8, 8, 4), source, target)


@pytest.mark.parametrize("subsampling", SUBSAMPLING)
@pytest.mark.parametrize("size", [(1, 1), (8, 17), (33, 31), (40, 64)])
def test_blocks_are_those_of_the_pipeline(subsampling: str, size: tuple[int, int]) -> None:
    image = samples.noise(*size)
    expected = pixels_to_coefficients(image, 90, subsampling)
    factors = [SUBSAMPLING[subsampling], (1, 1), (1, 1)]
    for i, own in enumerate(to_blocks(image, factors, "RGB", "YCbCr")):
        quantized = quantize(fdct(own), expected.quantization_table(i))
        assert np.array_equal(quantized, expected.planes[i])


@pytest.mark.parametrize(
    ("source", "target"), [("YCbCr", "RGB"), ("RGB", "YCbCr"), ("CMYK", "CMYK"), ("YCCK", "RGB")]
)
def test_samples_of_too_many_bits_count_as_the_largest(source: str, target: str) -> None:
    """Damaged lossless files have them. Without a limit their products would overflow."""
    stored = np.random.default_rng(1).integers(0, 1 << 16, (5, 7, len(LAYOUTS[source].tables))).astype(np.uint16)
    converted = from_components(stored, source, target, 12)
    np.testing.assert_array_equal(converted, from_components(np.minimum(stored, 4095), source, target, 12))
    assert converted.max() <= 4095
    np.testing.assert_array_equal(from_components(stored, source, "raw", 12), stored)
