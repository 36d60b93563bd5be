"""The quantizer in exact rational arithmetic, and the tables against those that Pillow writes."""

import io
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image
from reference import jpeg_file
from reference import quantization as literal_quantization

from numjpeg.stages import quantization
from numjpeg.stages.quantization import dequantize, quantization_tables, quantize, scale_table


def exact(eighths: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """(|c| + 4 q) // 8 q with the sign of c, c in eighths, in whole numbers (rule 12 of the design)."""
    magnitude = (np.abs(eighths) + 4 * steps) // (8 * steps)
    return np.where(eighths < 0, -magnitude, magnitude)


def steps_to_try() -> np.ndarray:
    """Every step of a baseline table, powers of two and their neighbours, and many of 16 bits."""
    powers = 2 ** np.arange(8, 16)
    chosen = np.concatenate(
        [
            np.arange(1, 256),
            powers,
            powers - 1,
            powers + 1,
            [65535, 65534, 32769, 4095, 4096, 8191, 8192, 16383, 16384],
            np.random.default_rng(0).integers(256, 65536, 400),
        ]
    )
    return np.resize(chosen, -(-len(chosen) // 64) * 64)


def test_the_whole_number_formula_is_the_rational_one() -> None:
    random = np.random.default_rng(1)
    eighths = np.concatenate([np.arange(-40, 41), random.integers(-16384, 16385, 60), [-16384, 16384]])
    for step in [1, 2, 3, 5, 7, 8, 16, 99, 255, 256, 1023, 8191, 8192, 65535]:
        expected = [literal_quantization.quantize(Fraction(int(c), 8), step) for c in eighths]
        assert exact(eighths, np.array(step)).tolist() == expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_quantize_is_exact_for_every_eighth_and_many_steps(dtype: type) -> None:
    eighths = np.arange(-16384, 16385)
    coefficients = np.broadcast_to((eighths / 8).astype(dtype)[:, None, None], (len(eighths), 8, 8))
    for table in steps_to_try().reshape(-1, 8, 8)[:: 1 if dtype == np.float32 else 5]:
        result = quantize(coefficients, table)
        assert result.dtype == np.int16
        assert (result == exact(eighths[:, None, None], table)).all()


def test_quantize_is_exact_at_every_tie() -> None:
    """Halves go away from zero: c = (n + 1/2) q for every q up to 65535 and every n that fits."""
    steps = np.arange(1, 65536)
    for n in (0, 1, 2, 7, 100, 1023):
        own = steps[4 * steps * (2 * n + 1) <= 16384]
        own = np.resize(own, -(-len(own) // 64) * 64).reshape(-1, 8, 8)
        for table in own:
            tie = (table * (2 * n + 1) / 2).astype(np.float32)
            below, above = tie - np.float32(0.125), tie + np.float32(0.125)
            assert (quantize(tie, table) == n + 1).all()
            assert (quantize(-tie, table) == -n - 1).all()
            assert (quantize(below, table) == n).all()
            assert (quantize(-below, table) == -n).all()
            assert (quantize(above, table) == n + 1).all()


def test_dequantize_multiplies_without_overflow() -> None:
    values = np.array([-32768, -32767, -1, 0, 1, 2, 1000, 32767], np.int16)
    blocks = np.broadcast_to(values[:, None, None], (8, 8, 8))
    for dtype in (np.uint8, np.uint16, np.int32, np.int64):
        table = np.array([1, 2, 3, 16, 99, 121, 254, 255] * 8).reshape(8, 8)
        if dtype != np.uint8:
            table = table * 257
        result = dequantize(blocks, table.astype(dtype))
        assert result.dtype == np.int32
        expected = [[[int(c) * q for q in row] for row in table.tolist()] for c in values]
        assert result.tolist() == expected


def test_quantize_gives_multiples_back() -> None:
    table = np.arange(1, 65).reshape(8, 8)
    quantized = np.random.default_rng(2).integers(-31, 32, (50, 8, 8)).astype(np.int16)
    assert (quantize(dequantize(quantized, table).astype(np.float32), table) == quantized).all()


@pytest.fixture(scope="module")
def tables_of_pillow() -> dict[int, dict[int, list[list[int]]]]:
    """From files that Pillow saves at each quality, with the zig-zag undone by walking it."""
    picture = Image.new("RGB", (8, 8))
    tables = {}
    for quality in range(1, 101):
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=quality)
        tables[quality] = jpeg_file.quantization_tables(stream.getvalue())
    return tables


def test_tables_equal_pillows_at_every_quality(tables_of_pillow: dict) -> None:
    for quality in range(1, 101):
        luminance, chrominance = quantization_tables(quality)
        assert luminance.dtype == chrominance.dtype == np.uint16
        assert luminance.tolist() == tables_of_pillow[quality][0]
        assert chrominance.tolist() == tables_of_pillow[quality][1]


def test_tables_of_annex_k_are_pillows_at_quality_50(tables_of_pillow: dict) -> None:
    assert quantization.LUMINANCE.tolist() == tables_of_pillow[50][0]
    assert quantization.CHROMINANCE.tolist() == tables_of_pillow[50][1]


def test_tables_of_annex_k_cannot_be_changed() -> None:
    for table in (quantization.LUMINANCE, quantization.CHROMINANCE):
        with pytest.raises(ValueError, match="read-only"):
            table[0, 0] = 1


def test_default_quality_is_pillows(tables_of_pillow: dict) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "JPEG")
    default = jpeg_file.quantization_tables(stream.getvalue())
    assert [table.tolist() for table in quantization_tables()] == [default[0], default[1]]


def test_given_tables_scale_as_pillow_scales_them() -> None:
    table = np.random.default_rng(3).integers(1, 256, (8, 8))
    for quality in (1, 2, 10, 25, 49, 50, 51, 75, 90, 99, 100):
        stream = io.BytesIO()
        Image.new("L", (8, 8)).save(stream, "JPEG", quality=quality, qtables=[table.ravel().tolist()])
        result = scale_table(table, quality)
        assert result.tolist() == jpeg_file.quantization_tables(stream.getvalue())[0]
        assert result.tolist() == [[literal_quantization.scale(q, quality) for q in row] for row in table.tolist()]


def test_scale_table_takes_lists_flat_or_square_and_large_entries() -> None:
    entries = [1, 254, 255, 256, 1000, 32767, 65534, 65535] * 8
    square = [entries[i : i + 8] for i in range(0, 64, 8)]
    for quality in (1, 30, 50, 80, 100):
        expected = [[literal_quantization.scale(q, quality) for q in row] for row in square]
        assert scale_table(entries, quality).tolist() == expected
        assert scale_table(square, quality).tolist() == expected
        assert scale_table(np.array(square, np.uint16), quality).tolist() == expected


@pytest.mark.parametrize("quality", [0, -1, 101, 1000])
def test_a_quality_outside_1_to_100_is_a_value_error(quality: int) -> None:
    with pytest.raises(ValueError, match="quality"):
        quantization_tables(quality)
    with pytest.raises(ValueError, match="quality"):
        scale_table(quantization.LUMINANCE, quality)
