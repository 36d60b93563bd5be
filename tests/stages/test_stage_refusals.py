"""Stages refuse what they would otherwise turn into garbage, naming the argument, and what they got of what."""

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
    DC_LUMINANCE,
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

U8, I16, I64, F64 = (np.ones((8, 8), dtype) for dtype in (np.uint8, np.int16, np.int64, np.float64))
HIDDEN = np.ma.masked_array(U8, mask=U8 == 1)
COUNTS, FRACTIONS = np.ones(4, np.intp), np.full(4, 1.5)
SEQUENCES = np.ones((2, 2, 64), np.int16)
ROW = np.ones(4, np.int16)
TABLES = [DC_LUMINANCE, AC_LUMINANCE]
RUNS = Runs(np.zeros(4, np.intp), COUNTS, ROW)

WRONG: dict[str, tuple[str, Callable[[], object]]] = {
    # What a reader of the table upwards does who forgets the level shift: signed samples.
    "upsample of signed samples": ("plane: expected uint8", lambda: upsample(I16, 2, 2)),
    "upsample of fractions": ("plane: expected uint8", lambda: upsample(F64, 1, 1)),
    "upsample by nothing": ("h, v", lambda: upsample(U8, 0, 1)),
    "upsample of a row": ("plane", lambda: upsample(U8[0], 2, 1)),
    "downsample of fractions": ("plane: expected integers", lambda: downsample(F64, 2, 2)),
    "downsample of truth values": ("plane: expected integers", lambda: downsample(U8 > 0, 2, 2)),
    "level_shift of what is shifted": ("samples: expected uint8", lambda: level_shift(I16)),
    "level_shift of fractions": ("samples: expected uint8", lambda: level_shift(F64)),
    "inverse_level_shift of complex numbers": ("samples", lambda: inverse_level_shift(F64 + 1j)),
    "rgb_to_ycbcr of 0 .. 1": ("rgb: expected uint8", lambda: rgb_to_ycbcr(F64[:, :3])),
    "rgb_to_ycbcr of four channels": ("rgb: expected uint8", lambda: rgb_to_ycbcr(U8[:, :4])),
    "ycbcr_to_rgb of signed samples": ("ycbcr: expected uint8", lambda: ycbcr_to_rgb(I16[:, :3])),
    "rgb_to_ycbcr of hidden samples": ("rgb: some samples are masked", lambda: rgb_to_ycbcr(HIDDEN[:, :3])),
    "fdct of hidden samples": ("blocks: some samples are masked", lambda: fdct(HIDDEN.astype(np.int16))),
    "quantize by a hidden table": ("masked", lambda: quantize(F64, HIDDEN.astype(np.uint16))),
    "fdct of fractions": ("blocks: expected integers", lambda: fdct(F64 / 2)),
    "fdct of what overflows": ("blocks.*1024", lambda: fdct(I16 * np.int16(-1024))),
    "fdct of truth values": ("blocks", lambda: fdct(U8 > 0)),
    "idct of complex numbers": ("coefficients", lambda: idct(F64 + 1j)),
    "quantize of integers": ("coefficients: expected floating", lambda: quantize(I16, I64)),
    "quantize by fractions": ("table: expected integers", lambda: quantize(F64, F64)),
    "quantize by zero": ("table: entries", lambda: quantize(F64, I64 * 0)),
    "quantize by a sequence": ("table: expected integers", lambda: quantize(F64, np.ones(64, np.int64))),
    "quantize to more than 16 bits": ("coefficients: a quotient", lambda: quantize(F64 * 40000, I64)),
    "quantize of no number": ("coefficients: a quotient", lambda: quantize(F64 * np.nan, I64)),
    "dequantize of fractions": ("quantized: expected int16", lambda: dequantize(F64, I64)),
    "dequantize of long integers": ("quantized: expected int16", lambda: dequantize(I64, I64)),
    "dequantize by fractions": ("table: expected integers", lambda: dequantize(I16, F64)),
    "scale_table of fractions": ("table: expected 64 integers", lambda: scale_table(F64, 75)),
    "scale_table of 63": ("table: expected 64 integers", lambda: scale_table(range(63), 75)),
    "zigzag of sequences": ("blocks: expected", lambda: zigzag(SEQUENCES)),
    "inverse_zigzag of blocks": ("sequences: expected", lambda: inverse_zigzag(I16)),
    "split_blocks of a row": ("plane", lambda: split_blocks(U8[0])),
    "pad_edges of a row": ("samples", lambda: pad_edges(U8[0])),
    "pad_to_mcus of long integers": (
        "plane: expected int16",
        lambda: pad_to_mcus(SEQUENCES.astype(np.int64), 2, 2, (1, 1)),
    ),
    "pad_to_mcus of fractions": ("plane: expected int16", lambda: pad_to_mcus(SEQUENCES * 0.5, 1, 1, (2, 2))),
    "interleave of fractions": ("planes: expected int16", lambda: interleave([SEQUENCES * 0.5], [(2, 2)])),
    "interleave of half an MCU": ("planes: 1 x 0", lambda: interleave([SEQUENCES[:, :1]], [(2, 2)])),
    "deinterleave of half a row": ("blocks: rows", lambda: deinterleave(SEQUENCES, 3, [(1, 2)])),
    "deinterleave by other factors": ("blocks: rows", lambda: deinterleave(SEQUENCES, 1, [(2, 2)])),
    "dc_differences of fractions": ("dc: expected int16", lambda: dc_differences(FRACTIONS)),
    "dc_differences of a plane": ("dc: expected int16", lambda: dc_differences(I16)),
    "dc_from_differences of fractions": ("differences: expected integers", lambda: dc_from_differences(FRACTIONS)),
    "run_length_encode of fractions": ("sequences: expected int16", lambda: run_length_encode(SEQUENCES[0] * 0.5)),
    "run_length_encode of 8 x 8": ("sequences: expected int16", lambda: run_length_encode(I16)),
    "run_length_decode into too few": ("runs: blocks", lambda: run_length_decode(RUNS, 0)),
    "run_length_decode of negative runs": ("runs", lambda: run_length_decode(RUNS._replace(run=-COUNTS), 1)),
    "run_length_decode of fractions": ("runs.value", lambda: run_length_decode(RUNS._replace(value=FRACTIONS), 1)),
    "magnitude_category of fractions": ("values: expected integers", lambda: magnitude_category(FRACTIONS)),
    "magnitude_category of large values": (
        "values: 1 .. 131072",
        lambda: magnitude_category(np.array([1, 1 << 17])),
    ),
    "magnitude_category of 2^32": ("values", lambda: magnitude_category(np.array([1 << 32]))),
    "magnitude_bits of fractions": ("values: expected integers", lambda: magnitude_bits(FRACTIONS, U8[0, :4])),
    "append_magnitude_bits of fractions": ("values", lambda: append_magnitude_bits(COUNTS, COUNTS, FRACTIONS)),
    "extend of fractions": ("bits: expected integers", lambda: extend(FRACTIONS, COUNTS)),
    "ac_symbols of fractions": ("run: expected integers", lambda: ac_symbols(FRACTIONS, ROW)),
    "ac_symbols of negative runs": ("run: -1 .. -1", lambda: ac_symbols(-COUNTS, ROW)),
    "ac_symbols of long runs": ("run: 63 .. 63", lambda: ac_symbols(COUNTS * 63, ROW)),
    "run_and_category of long integers": ("symbol: expected uint8", lambda: run_and_category(COUNTS)),
    "block_symbols of fractions": ("differences", lambda: block_symbols(FRACTIONS, RUNS, COUNTS)),
    "huffman_encode of long integers": ("symbols: expected uint8", lambda: huffman_encode(COUNTS, TABLES)),
    "huffman_encode by table 2": ("selector: 2 .. 2", lambda: huffman_encode(U8[0], TABLES, 2)),
    "huffman_encode by table -1": ("selector: -1", lambda: huffman_encode(U8[0, :4], TABLES, -COUNTS)),
    "huffman_decode of 32 bits": ("windows: expected uint16", lambda: huffman_decode(COUNTS, TABLES)),
    "read_block_symbols of 16 bits": ("windows", lambda: read_block_symbols(ROW.view(np.uint16), TABLES, COUNTS)),
    "optimal_table of fractions": ("frequencies: expected integers", lambda: optimal_table(FRACTIONS)),
    "optimal_table of less than none": ("frequencies", lambda: optimal_table(-COUNTS)),
    "optimal_table of 257": ("frequencies", lambda: optimal_table(np.ones(257, np.intp))),
    "pack_bits of signed codes": ("codes: expected unsigned", lambda: pack_bits(COUNTS, COUNTS)),
    "pack_bits of fractions": ("lengths: expected integers", lambda: pack_bits(COUNTS.view(np.uintp), FRACTIONS)),
    "stuff_bytes of long integers": ("data: expected uint8", lambda: stuff_bytes(COUNTS)),
    "unstuff_bytes of long integers": ("data: expected uint8", lambda: unstuff_bytes(COUNTS)),
    "bit_windows of long integers": ("data: expected uint8", lambda: bit_windows(COUNTS)),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_would_become_garbage_is_a_value_error(case: str) -> None:
    message, call = WRONG[case]
    with pytest.raises(ValueError, match=message):
        call()


LISTS: dict[str, Callable[[list], object]] = {
    "rgb": rgb_to_ycbcr,
    "ycbcr": ycbcr_to_rgb,
    "samples": level_shift,
    "samples again": inverse_level_shift,
    "plane": lambda values: upsample(values, 2, 2),
    "plane again": lambda values: downsample(values, 2, 2),
    "plane of blocks": split_blocks,
    "plane of MCUs": lambda values: pad_to_mcus(values, 1, 1, (1, 1)),
    "planes": lambda values: interleave([values], [(1, 1)]),
    "blocks of MCUs": lambda values: deinterleave(values, 1, [(1, 1)]),
    "blocks": join_blocks,
    "blocks again": fdct,
    "blocks in turn": zigzag,
    "coefficients": idct,
    "coefficients again": lambda values: quantize(values, I64),
    "quantized": lambda values: dequantize(values, I64),
    "table": lambda values: quantize(F64, values),
    "sequences": run_length_encode,
    "sequences again": inverse_zigzag,
    "dc": dc_differences,
    "differences": dc_from_differences,
    "runs": lambda values: run_length_decode(Runs(values, values, values), 1),
    "values": magnitude_category,
    "bits": lambda values: extend(values, COUNTS),
    "run": lambda values: ac_symbols(values, ROW),
    "symbol": run_and_category,
    "symbols": lambda values: huffman_encode(values, TABLES),
    "windows": lambda values: huffman_decode(values, TABLES),
    "frequencies": optimal_table,
    "codes": lambda values: pack_bits(values, COUNTS),
    "data": stuff_bytes,
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_a_type_error(name: str) -> None:
    with pytest.raises(TypeError, match=rf"{name.split(maxsplit=1)[0]}.*expected .*got list"):
        LISTS[name]([1, 2, 3])


def test_a_quality_that_is_no_integer_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="integer"):
        scale_table(I64, 75.5)


def test_fractions_have_the_float_method() -> None:
    assert fdct(F64 / 2, "float")[0, 0] == pytest.approx(4)
    assert (fdct(I16 * np.int16(1023))[0, 0], fdct(I16 * np.int16(-1023))[0, 0]) == (8184, -8184)
