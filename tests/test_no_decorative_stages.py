"""Every public function of ``numjpeg.stages`` is run by ``encode`` or ``decode``: none is there for show."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator

import numpy as np
import pytest

import numjpeg
import numjpeg.stages

STAGES = [
    importlib.import_module(f"numjpeg.stages.{found.name}")
    for found in pkgutil.iter_modules(numjpeg.stages.__path__)
]
FUNCTIONS = {
    f"{module.__name__.rsplit('.', 1)[1]}.{name}": function
    for module in STAGES
    for name, function in vars(module).items()
    if callable(function)
    and not name.startswith("_")
    and not inspect.isclass(function)
    and getattr(function, "__module__", None) == module.__name__
}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Wrap each stage function wherever the package holds it; the set fills with the names of those that run."""
    seen: set[str] = set()

    def wrap(name, function):
        def wrapper(*args, **kwargs):
            seen.add(name)
            return function(*args, **kwargs)

        return wrapper

    modules = [module for name, module in sys.modules.items() if name.split(".")[0] == "numjpeg"]
    for name, function in FUNCTIONS.items():
        wrapper = wrap(name, function)
        for module in modules:
            for attribute, value in list(vars(module).items()):
                if value is function:
                    monkeypatch.setattr(module, attribute, wrapper)
    numjpeg.bitstream.sequential._steps.cache_clear()
    return seen


ENCODING = {
    "blocks.split_blocks",
    "color.rgb_to_ycbcr",
    "dc_prediction.dc_differences",
    "dct.fdct",
    "huffman.ac_symbols",
    "huffman.huffman_codes",
    "huffman.huffman_encode",
    "huffman.magnitude_bits",
    "huffman.magnitude_category",
    "level_shift.level_shift",
    "quantization.quantization_tables",
    "quantization.quantize",
    "quantization.scale_table",
    "run_length.run_length_encode",
    "subsampling.downsample",
    "zigzag.zigzag",
}
DECODING = {
    "blocks.join_blocks",
    "color.ycbcr_to_rgb",
    "dc_prediction.dc_from_differences",
    "dct.idct",
    "huffman.extend",
    "huffman.huffman_decode",
    "huffman.huffman_lookup",
    "huffman.run_and_category",
    "level_shift.inverse_level_shift",
    "quantization.dequantize",
    "run_length.run_length_decode",
    "subsampling.upsample",
    "zigzag.inverse_zigzag",
}


def test_the_lists_name_every_function() -> None:
    assert set(FUNCTIONS) == ENCODING | DECODING | {"huffman.optimal_table"}


def test_encode_runs_every_forward_stage(calls: set[str]) -> None:
    image = np.zeros((20, 20, 3), np.uint8)
    numjpeg.encode(image)
    assert calls >= ENCODING
    assert "huffman.optimal_table" not in calls
    numjpeg.encode(image, optimize=True)
    assert "huffman.optimal_table" in calls


def test_decode_runs_every_inverse_stage(calls: set[str]) -> None:
    """A small file: the serial reader reads it. The lanes read large ones by a look-up in which stages are fused;
    ``test_lanes`` holds the look-up to these stages, and all that the lanes read to the serial reader.
    """
    data = numjpeg.encode(np.zeros((20, 20, 3), np.uint8))
    calls.clear()
    numjpeg.decode(data)
    assert calls >= DECODING


def test_a_stage_that_is_changed_changes_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """The functions are not only called: what they return is what the pipelines go on with."""
    image = np.random.default_rng(1).integers(0, 256, (24, 24, 3), np.uint8)
    data = numjpeg.encode(image)
    pixels = numjpeg.decode(data)
    places = [
        (numjpeg.pixels, "rgb_to_ycbcr", numjpeg.encode, image, data),
        (numjpeg.pixels, "level_shift", numjpeg.encode, image, data),
        (numjpeg.pixels, "downsample", numjpeg.encode, image, data),
        (numjpeg.pixels, "fdct", numjpeg.encode, image, data),
        (numjpeg.pixels, "quantize", numjpeg.encode, image, data),
        (numjpeg.pixels, "dequantize", numjpeg.decode, data, pixels),
        (numjpeg.pixels, "idct", numjpeg.decode, data, pixels),
        (numjpeg.pixels, "upsample", numjpeg.decode, data, pixels),
        (numjpeg.pixels, "ycbcr_to_rgb", numjpeg.decode, data, pixels),
    ]
    for module, name, pipeline, argument, expected in places:
        original = getattr(module, name)

        def off_by_one(*args, _original=original, **kwargs):
            result = _original(*args, **kwargs)
            return result + np.ones((), result.dtype)

        with monkeypatch.context() as patch:
            patch.setattr(module, name, off_by_one)
            assert not np.array_equal(pipeline(argument), expected), name
