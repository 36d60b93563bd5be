"""Every stage takes any strides and leading axes, gives the same result for each, and changes no input."""

from collections.abc import Callable

import numpy as np
import pytest

from numjpeg.stages.bitstream import bit_windows, pack_bits, stuff_bytes, unstuff_bytes
from numjpeg.stages.blocks import join_blocks, pad_edges, split_blocks
from numjpeg.stages.color import rgb_to_ycbcr, ycbcr_to_rgb
from numjpeg.stages.dc_prediction import dc_differences, dc_from_differences
from numjpeg.stages.dct import fdct, idct
from numjpeg.stages.huffman import (
    AC_LUMINANCE,
    STANDARD_TABLES,
    ac_symbols,
    append_magnitude_bits,
    block_symbols,
    extend,
    huffman_decode,
    huffman_encode,
    magnitude_bits,
    magnitude_category,
    optimal_table,
    read_block_symbols,
    run_and_category,
)
from numjpeg.stages.level_shift import inverse_level_shift, level_shift
from numjpeg.stages.mcu_order import deinterleave, interleave, pad_to_mcus
from numjpeg.stages.quantization import dequantize, quantize, scale_table
from numjpeg.stages.run_length import Runs, run_length_decode, run_length_encode
from numjpeg.stages.subsampling import downsample, upsample
from numjpeg.stages.zigzag import inverse_zigzag, zigzag

RANDOM = np.random.default_rng(0)
SAMPLES = RANDOM.integers(0, 256, (2, 3, 8, 8)).astype(np.uint8)
SHIFTED = SAMPLES.astype(np.int16) - np.int16(128)
COEFFICIENTS = RANDOM.integers(-300, 300, (2, 3, 8, 8))
PIXELS = RANDOM.integers(0, 256, (5, 6, 3)).astype(np.uint8)
PLANE = RANDOM.integers(0, 256, (2, 16, 24)).astype(np.uint8)
TABLE = RANDOM.integers(1, 99, (8, 8))
SEQUENCES = (RANDOM.integers(-30, 31, (9, 64)) * (RANDOM.random((9, 64)) < 0.2)).astype(np.int16)
DC = RANDOM.integers(-1024, 1024, 20).astype(np.int16)
VALUES = RANDOM.integers(-2047, 2048, (4, 5))
RUNS = run_length_encode(SEQUENCES)
AC_SYMBOLS = RANDOM.choice(np.frombuffer(AC_LUMINANCE.values, np.uint8), 30)

GRID = np.tile(SEQUENCES[:6], (4, 1)).reshape(4, 6, 64)
DIFFERENCES, COMPONENT = RANDOM.integers(-300, 300, 9), np.arange(9) % 2
SYMBOLS = block_symbols(DIFFERENCES, RUNS, COMPONENT)
TABLES = [STANDARD_TABLES[key] for key in ((0, 0), (1, 0), (0, 1), (1, 1))]
CODES = append_magnitude_bits(*huffman_encode(SYMBOLS.symbol, TABLES, SYMBOLS.table), SYMBOLS.value)
PACKED = pack_bits(*CODES)

Array = np.ndarray
CALLS: dict[str, tuple[Callable[..., object], tuple[Array, ...]]] = {
    "rgb_to_ycbcr": (rgb_to_ycbcr, (PIXELS,)),
    "ycbcr_to_rgb": (ycbcr_to_rgb, (PIXELS,)),
    "level_shift": (level_shift, (SAMPLES,)),
    "inverse_level_shift": (inverse_level_shift, (SHIFTED,)),
    "inverse_level_shift float": (inverse_level_shift, (SHIFTED + 0.3,)),
    **{
        f"downsample {h} {v}": (lambda p, h=h, v=v: downsample(p, h, v), (PLANE,))
        for h in (1, 2, 4)
        for v in (1, 2)
    },
    **{f"upsample {h} {v}": (lambda p, h=h, v=v: upsample(p, h, v), (PLANE,)) for h in (1, 2, 3) for v in (1, 2)},
    "pad_edges": (lambda p: pad_edges(p, 5, 7), (PLANE,)),
    "pad_to_mcus": (lambda p: pad_to_mcus(p, 3, 4, (2, 2)), (GRID,)),
    "interleave": (lambda p: interleave([p, p[:2, :3]], [(2, 2), (1, 1)]), (GRID,)),
    "deinterleave": (lambda b: tuple(deinterleave(b, 2, [(2, 2), (1, 2)])), (GRID,)),
    "block_symbols": (lambda d, b, r, v, c: block_symbols(d, (b, r, v), c), (DIFFERENCES, *RUNS, COMPONENT)),
    "append_magnitude_bits": (append_magnitude_bits, (CODES[0], CODES[1] % 16, SYMBOLS.value)),
    "pack_bits": (pack_bits, CODES),
    "stuff_bytes": (stuff_bytes, (PACKED,)),
    "unstuff_bytes": (unstuff_bytes, (stuff_bytes(PACKED),)),
    "bit_windows": (bit_windows, (PACKED,)),
    "read_block_symbols": (lambda w, c: read_block_symbols(w, TABLES, c), (bit_windows(PACKED), COMPONENT)),
    "split_blocks": (split_blocks, (PLANE,)),
    "join_blocks": (join_blocks, (SAMPLES,)),
    "fdct": (fdct, (SHIFTED,)),
    "fdct float": (lambda b: fdct(b, "float"), (SHIFTED,)),
    "idct": (idct, (COEFFICIENTS,)),
    "idct float": (lambda b: idct(b, "float"), (COEFFICIENTS,)),
    "quantize": (quantize, (COEFFICIENTS / np.float32(8), TABLE)),
    "quantize float64": (quantize, (COEFFICIENTS / 8, TABLE)),
    "dequantize": (dequantize, (COEFFICIENTS.astype(np.int16), TABLE)),
    "scale_table": (lambda t: scale_table(t, 30), (TABLE,)),
    "zigzag": (zigzag, (COEFFICIENTS,)),
    "inverse_zigzag": (inverse_zigzag, (SEQUENCES,)),
    "dc_differences": (dc_differences, (DC, np.array([3, 7, 8]))),
    "dc_from_differences": (dc_from_differences, (DC, np.array([3, 7, 8]))),
    "run_length_encode": (run_length_encode, (SEQUENCES,)),
    "run_length_decode": (lambda *r: run_length_decode(Runs(*r), 9), tuple(RUNS)),
    "ac_symbols": (ac_symbols, (RUNS.run, RUNS.value)),
    "magnitude_category": (magnitude_category, (VALUES,)),
    "magnitude_bits": (magnitude_bits, (VALUES, magnitude_category(VALUES))),
    "extend": (extend, (np.abs(VALUES), np.full(VALUES.shape, 11))),
    "run_and_category": (run_and_category, (AC_SYMBOLS,)),
    "huffman_encode": (lambda s, c: huffman_encode(s, [AC_LUMINANCE] * 2, c), (AC_SYMBOLS, AC_SYMBOLS & 1)),
    "huffman_decode": (
        lambda w, c: huffman_decode(w, [AC_LUMINANCE] * 2, c),
        (RANDOM.integers(0, 65536, 50).astype(np.uint16), RANDOM.integers(0, 2, 50)),
    ),
    "optimal_table": (lambda f: np.frombuffer(optimal_table(f).values, np.uint8), (RANDOM.integers(0, 99, 256),)),
}


def every_other(array: Array) -> Array:
    """The same values, each axis with gaps in memory."""
    wide = np.full([2 * n for n in array.shape], 99, array.dtype)
    view = wide[(slice(None, None, 2),) * array.ndim]
    view[...] = array
    return view


def backwards(array: Array) -> Array:
    """The same values with negative strides."""
    turned = (slice(None, None, -1),) * array.ndim
    return array[turned].copy()[turned]


def planes_first(array: Array) -> Array:
    """The same values, the last two axes slowest in memory: the order that the pipeline uses."""
    if array.ndim < 3:
        return array.copy()
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(array, (-2, -1), (0, 1))), (0, 1), (-2, -1))


def read_only(array: Array) -> Array:
    copy = array.copy()
    copy.setflags(write=False)
    return copy


LAYOUTS = {
    "C": lambda array: array.copy(),
    "Fortran": lambda array: np.asfortranarray(array).copy(order="F"),
    "strided": every_other,
    "backwards": backwards,
    "planes first": planes_first,
    "read-only": read_only,
}


def arrays(result: object) -> list[Array]:
    return [np.asarray(part) for part in (result if isinstance(result, tuple) else (result,))]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", CALLS)
def test_the_memory_order_changes_neither_result_nor_input(name: str, layout: str) -> None:
    call, inputs = CALLS[name]
    expected = arrays(call(*(array.copy() for array in inputs)))
    given = [LAYOUTS[layout](array) for array in inputs]
    result = arrays(call(*given))
    assert len(result) == len(expected)
    for ours, theirs in zip(result, expected, strict=True):
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
        # The float DCT multiplies matrices, whose sums may be taken in another order.
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9 if "float" in name else 0)
    for array, original in zip(given, inputs, strict=True):
        assert (array == original).all()


BATCHED = [
    name
    for name in CALLS
    if name.split()[0]
    in {
        "rgb_to_ycbcr", "ycbcr_to_rgb", "level_shift", "inverse_level_shift", "downsample", "upsample",
        "split_blocks", "pad_edges", "fdct", "idct", "quantize", "dequantize", "zigzag", "inverse_zigzag",
    }
]  # fmt: skip


@pytest.mark.parametrize("name", BATCHED)
def test_each_item_along_the_leading_axis_is_worked_on_by_itself(name: str) -> None:
    call, (first, *rest) = CALLS[name]
    whole = np.asarray(call(first, *rest))
    for i in range(len(first)):
        np.testing.assert_allclose(np.asarray(call(first[i], *rest)), whole[i], rtol=0, atol=1e-9)
    deeper = np.asarray(call(first[np.newaxis, :, np.newaxis], *rest))
    np.testing.assert_allclose(deeper[0, :, 0], whole, rtol=0, atol=1e-9)
