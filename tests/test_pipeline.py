"""The codec on one screen: the same bits and pixels as Pillow, by nothing but stages, at most 120 lines."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples

import numjpeg
from numjpeg import pipeline
from numjpeg.pipeline import (
    bits_to_coefficients,
    coefficients_to_bits,
    coefficients_to_pixels,
    pixels_to_coefficients,
)

SIZES = [(1, 1), (1, 17), (9, 1), (8, 8), (7, 15), (16, 16), (17, 33), (31, 24), (40, 57), (64, 48)]
QUALITIES = [1, 25, 75, 92, 100]
KINDS = ["4:4:4", "4:2:2", "4:2:0", "gray"]


def entropy_coded(data: bytes) -> bytes:
    """What stands between the scan header and EOI; no marker lies in it."""
    start = data.index(b"\xff\xda")
    return data[start + 2 + int.from_bytes(data[start + 2 : start + 4], "big") : -2]


@pytest.mark.usual(every=3)
@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_bits_and_pixels_equal_pillows(height: int, width: int, kind: str, quality: int) -> None:
    channels, options = (1, {}) if kind == "gray" else (3, {"subsampling": kind})
    for make in (samples.smooth, samples.noise):
        image = make(height, width, channels, quality)
        data = pillow.save(image, quality=quality, **options)
        coefficients = pixels_to_coefficients(image, quality, *options.values())
        bits = coefficients_to_bits(coefficients)
        assert bits == entropy_coded(data)
        again = bits_to_coefficients(bits, coefficients)
        theirs = numjpeg.read_coefficients(data)
        for plane, first, read in zip(again.planes, coefficients.planes, theirs.planes, strict=True):
            assert plane.dtype == first.dtype == np.int16
            assert np.array_equal(plane, first)
            assert np.array_equal(plane, read)
        assert again.components == theirs.components
        pixels = coefficients_to_pixels(again)
        assert pixels.dtype == np.uint8
        assert np.array_equal(pixels, pillow.load(data))


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:4:0", "4:2:0", "4:1:1", "4:1:0"])
def test_encode_and_decode_equal_the_pipeline(subsampling: str) -> None:
    for height, width in ((1, 1), (33, 47), (100, 70)):
        image = samples.smooth(height, width)
        coefficients = pixels_to_coefficients(image, 80, subsampling)
        data = numjpeg.encode(image, 80, subsampling=subsampling)
        assert coefficients_to_bits(coefficients) == entropy_coded(data)
        again = bits_to_coefficients(entropy_coded(data), coefficients)
        assert np.array_equal(coefficients_to_pixels(again), numjpeg.decode(data))
        segments = numjpeg.read_coefficients(data).application_segments
        coefficients.application_segments = segments
        assert numjpeg.write_coefficients(coefficients) == data


def test_a_photograph() -> None:
    image = samples.photograph()[:200, 100:331]
    data = pillow.save(image, quality=85)
    coefficients = pixels_to_coefficients(image, 85)
    assert coefficients_to_bits(coefficients) == entropy_coded(data)
    assert np.array_equal(coefficients_to_pixels(coefficients), pillow.load(data))


def test_what_is_no_scan_is_a_value_error() -> None:
    image = samples.smooth(24, 24)
    coefficients = pixels_to_coefficients(image)
    bits = coefficients_to_bits(coefficients)
    for wrong in (b"", bits[:-3], bits[: len(bits) // 2], b"\xfe" * 9, b"\x00\xff\xd9", bits[:-1] + b"\xff"):
        with pytest.raises(ValueError, match=r"windows|data"):
            bits_to_coefficients(wrong, coefficients)


def test_it_stands_on_one_screen_and_on_nothing_but_stages() -> None:
    source = Path(pipeline.__file__).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 120
    modules = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            modules.add(str(node.module))
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
    own = {name for name in modules if not name.startswith("numjpeg.stages")}
    assert own == {"__future__", "dataclasses", "numpy", "numpy.typing", "numjpeg.coefficients"}
