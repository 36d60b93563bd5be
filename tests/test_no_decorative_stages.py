"""Every public function of ``numjpeg.stages`` is run by ``encode`` or ``decode``: none is there for show.

Where a fused form runs in its place, a test holds that form to the function, and :data:`FUSED` names it.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from functools import partial
from types import CodeType, ModuleType

import numpy as np
import pytest
import test_pipeline
from entropy import test_bits
from fast.codewords import test_packing, test_scan_order, test_tokens
from fast.samples import test_forward_dct, test_inverse_dct, test_scaled_idct

import numjpeg
import numjpeg.arguments
import numjpeg.decoder
import numjpeg.encoder
import numjpeg.fast
import numjpeg.scans
import numjpeg.stages
import numjpeg.synthesis
from numjpeg.fast.codewords import tokens as fast_tokens
from numjpeg.fast.plan_store import PLANS

STAGES = [
    importlib.import_module(f"numjpeg.stages.{found.name}")
    for found in pkgutil.iter_modules(numjpeg.stages.__path__)
]
for found in pkgutil.walk_packages(numjpeg.fast.__path__, "numjpeg.fast."):
    importlib.import_module(found.name)  # so that none binds a wrapped stage when a test loads it first
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
    for cached in (
        numjpeg.entropy.sequential_reader.code_steps,
        numjpeg.arguments._remembered_settings,
        fast_tokens._layout,
        fast_tokens.ac_words,
        fast_tokens._values,
        fast_tokens.dc_lookup,
    ):
        cached.cache_clear()
    PLANS.clear()
    return seen


# What encode runs a fused form of, on pictures as they usually are: the test that holds the form to the function.
FUSED = {
    "bitstream.pack_bits": test_packing.test_packing_equals_the_stage,
    "bitstream.stuff_bytes": test_packing.test_stuffing_equals_the_stage,
    "blocks.split_blocks": test_forward_dct.test_samples_equal_the_stages,
    "color.rgb_to_ycbcr": test_forward_dct.test_every_colour,
    "dct.fdct": test_forward_dct.test_the_transform_equals_the_butterfly,
    "huffman.append_magnitude_bits": test_pipeline.test_encode_and_decode_equal_the_pipeline,
    "huffman.block_symbols": test_pipeline.test_encode_and_decode_equal_the_pipeline,
    "huffman.ac_symbols": test_tokens.test_symbols_statistics_and_bits_equal_those_of_the_stages,
    "huffman.huffman_encode": test_tokens.test_the_look_up_equals_the_stages_for_every_run_and_value,
    "level_shift.level_shift": test_forward_dct.test_samples_equal_the_stages,
    "mcu_order.interleave": test_scan_order.test_the_scan_order_equals_zigzag_padding_and_interleaving,
    "quantization.quantize": test_forward_dct.test_quantization_equals_the_stage_for_every_value,
    "run_length.run_length_encode": test_tokens.test_symbols_statistics_and_bits_equal_those_of_the_stages,
    "subsampling.downsample": test_forward_dct.test_samples_equal_the_stages,
    "zigzag.zigzag": test_scan_order.test_the_scan_order_equals_zigzag_padding_and_interleaving,
}
ENCODING = {
    "blocks.pad_edges",
    "dc_prediction.dc_differences",
    "huffman.huffman_codes",
    "huffman.magnitude_bits",
    "huffman.magnitude_category",
    "mcu_order.block_component",
    "mcu_order.pad_to_mcus",
    "quantization.quantization_tables",
    "quantization.scale_table",
}
# What decode runs a fused form of.
FUSED_INVERSE = dict.fromkeys(
    (
        "blocks.join_blocks",
        "dct.idct",
        "level_shift.inverse_level_shift",
        "quantization.dequantize",
        "zigzag.inverse_zigzag",
    ),
    test_inverse_dct.test_samples_of_pictures_equal_the_stages,
)
ALWAYS_FUSED_INVERSE = {
    "bitstream.bit_windows": test_bits.test_unstuffing_and_windows_equal_the_stages,
    "bitstream.unstuff_bytes": test_bits.test_unstuffing_and_windows_equal_the_stages,
    "huffman.read_block_symbols": test_pipeline.test_encode_and_decode_equal_the_pipeline,
}
SCALED = {"scaled_idct.idct_scaled": test_scaled_idct.test_samples_equal_the_stages}
SCALED_PARTS = {"scaled_idct.matrix", "scaled_idct.shifts", "scaled_idct.wrapped"}
DECODING = {
    "color.ycbcr_to_rgb",
    "dc_prediction.dc_from_differences",
    "huffman.extend",
    "huffman.huffman_decode",
    "huffman.huffman_lookup",
    "huffman.run_and_category",
    "mcu_order.deinterleave",
    "run_length.run_length_decode",
    "subsampling.upsample",
}


LOSSLESS = {"lossless_prediction.lossless_samples", "lossless_prediction.lossless_differences"}


HELD = FUSED | FUSED_INVERSE | ALWAYS_FUSED_INVERSE | SCALED


def test_the_lists_name_every_function() -> None:
    assert set(FUNCTIONS) == ENCODING | DECODING | HELD.keys() | SCALED_PARTS | LOSSLESS | {
        "huffman.optimal_table",
        "subsampling.full_name",
    }


def test_lossless_decoding_runs_its_stage(calls: set[str], imagecodecs: ModuleType) -> None:
    numjpeg.decode(imagecodecs.jpeg8_encode(np.zeros((20, 20, 3), np.uint8), lossless=True))
    assert "lossless_prediction.lossless_samples" in calls


def test_encode_runs_every_forward_stage(calls: set[str]) -> None:
    image = np.zeros((20, 20, 3), np.uint8)
    for size in ((300, 500, 3), (20, 20, 3)):  # band by band, and by a plan
        numjpeg.encode(np.zeros(size, np.uint8))
    assert calls >= ENCODING
    assert "huffman.optimal_table" not in calls
    numjpeg.encode(image, optimize=True)
    assert "huffman.optimal_table" in calls


def test_encode_runs_the_stages_themselves_where_nothing_is_fused(
    calls: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numjpeg.scans, "_fast_forms_enabled", False)
    numjpeg.encode(np.zeros((20, 20, 3), np.uint8), subsampling="4:1:1", dct_method="float")
    assert calls >= FUSED.keys()


def names_in(code: CodeType) -> set[str]:
    """The names that a piece of code uses, its comprehensions included."""
    inner = (names_in(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*inner)


def reached_from(function: object, seen: set[object]) -> set[object]:
    """The functions that a function names, and those that they name."""
    if inspect.isfunction(function) and function not in seen:
        seen.add(function)
        for name in names_in(inspect.unwrap(function).__code__):
            reached_from(function.__globals__.get(name), seen)
    return seen


@pytest.mark.parametrize("name", sorted(HELD))
def test_the_test_of_a_fused_form_runs_the_stage(name: str) -> None:
    """It would be no comparison if it did not."""
    assert FUNCTIONS[name] in reached_from(HELD[name], set())


def test_decode_runs_every_inverse_stage(calls: set[str]) -> None:
    """Tables that are new: the literal reader reads the file. Automaton and lanes read others by look-ups in
    which stages are fused; ``test_automaton`` and ``test_lanes`` hold them to these stages and to that reader.
    """
    data = numjpeg.encode(np.zeros((20, 20, 3), np.uint8), optimize=True)
    PLANS.clear()
    calls.clear()
    numjpeg.decode(data)
    assert calls >= DECODING
    numjpeg.decode(data, dct_method="float")
    assert calls >= FUSED_INVERSE.keys()


def test_scaled_decoding_runs_the_scaled_transform(calls: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    data = numjpeg.encode(np.zeros((20, 20, 3), np.uint8))
    numjpeg.fast.samples.scaled_idct._matrices.cache_clear()
    calls.clear()
    numjpeg.decode(data, scale=1 / 4)
    numjpeg.decode(data, scale=1 / 8)
    assert calls >= SCALED_PARTS
    monkeypatch.setattr(numjpeg.scans, "_fast_forms_enabled", False)
    numjpeg.decode(data, scale=1 / 4)
    assert calls >= SCALED.keys()


def test_a_stage_that_is_changed_changes_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """The functions are not only called: what they return is what the pipelines go on with."""
    image = np.random.default_rng(1).integers(0, 256, (24, 24, 3), np.uint8)
    data = numjpeg.encode(image)
    pixels = numjpeg.decode(data)
    by_stages = partial(numjpeg.encode, subsampling="4:1:1", dct_method="float")
    by_stages_data = by_stages(image)
    to_pixels = partial(numjpeg.decode, dct_method="float")
    float_pixels = to_pixels(data)
    places = [
        (numjpeg.colorspaces, "rgb_to_ycbcr", by_stages, image, by_stages_data),
        (numjpeg.colorspaces, "level_shift", by_stages, image, by_stages_data),
        (numjpeg.colorspaces, "downsample", by_stages, image, by_stages_data),
        (numjpeg.encoder, "fdct", by_stages, image, by_stages_data),
        (numjpeg.encoder, "quantize", by_stages, image, by_stages_data),
        (numjpeg.synthesis, "dequantize", to_pixels, data, float_pixels),
        (numjpeg.synthesis, "idct", to_pixels, data, float_pixels),
        (numjpeg.synthesis, "upsample", numjpeg.decode, data, pixels),
        (numjpeg.colorspaces, "ycbcr_to_rgb", numjpeg.decode, data, pixels),
    ]
    for module, name, pipeline, argument, expected in places:
        original = getattr(module, name)

        def off_by_one(*args, _original=original, **kwargs):
            result = _original(*args, **kwargs)
            return result + np.ones((), result.dtype)

        with monkeypatch.context() as patch:
            patch.setattr(module, name, off_by_one)
            PLANS.clear()  # a plan fuses these stages; test_decode_plan holds it to them
            assert not np.array_equal(pipeline(argument), expected), name
