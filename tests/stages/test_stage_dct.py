"""The DCT against the double sum of A.3.3, libjpeg's integer method in scalars, Pillow, and published examples."""

import io
import platform
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image
from reference import dct as literal_dct
from reference import jpeg_file, zigzag
from reference import quantization as literal_quantization

from numjpeg.stages.dct import fdct, idct
from numjpeg.stages.level_shift import inverse_level_shift, level_shift
from numjpeg.stages.quantization import dequantize, quantize

WALK = zigzag.walk()


def random_samples(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-128, 128, (count, 8, 8)).astype(np.int16)


def sample_blocks() -> np.ndarray:
    """Noise, flats, black and white at random, single samples, and the signs of every basis function."""
    random = np.random.default_rng(1)
    cosines = np.array(literal_dct.COSINE)
    basis = np.einsum("xu,yv->vuyx", cosines, cosines).reshape(64, 8, 8)
    spikes = np.zeros((64, 64), np.int16)
    np.fill_diagonal(spikes, np.where(np.arange(64) % 2, 127, -128))
    return np.concatenate(
        [
            random_samples(300),
            random.normal(0, 8, (100, 8, 8)).round().astype(np.int16),
            np.where(random.random((100, 8, 8)) < 0.5, -128, 127).astype(np.int16),
            np.where(basis > 0, 127, -128).astype(np.int16),
            np.where(basis > 0, -128, 127).astype(np.int16),
            np.broadcast_to(np.arange(-128, 128, dtype=np.int16)[:, None, None], (256, 8, 8)),
            spikes.reshape(64, 8, 8),
        ]
    )


def test_islow_forward_equals_the_scalar_integers() -> None:
    blocks = sample_blocks()
    result = fdct(blocks)
    assert result.dtype == np.float32
    assert result.shape == blocks.shape
    expected = [literal_dct.islow_forward(block) for block in blocks.tolist()]
    assert (result.astype(np.float64) * 8).tolist() == expected


def test_float_forward_equals_the_double_sum() -> None:
    blocks = random_samples(20)
    result = fdct(blocks, "float")
    assert result.dtype == np.float64
    np.testing.assert_allclose(
        result, [literal_dct.forward(block) for block in blocks.tolist()], rtol=0, atol=1e-9
    )


def test_float_inverse_equals_the_double_sum() -> None:
    coefficients = np.random.default_rng(2).normal(0, 200, (20, 8, 8))
    result = idct(coefficients, "float")
    assert result.dtype == np.float64
    expected = [literal_dct.inverse(block) for block in coefficients.tolist()]
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-9)


def test_islow_forward_differs_from_the_double_sum_by_less_than_one() -> None:
    blocks = sample_blocks()[::5]
    exact = np.array([literal_dct.forward(block) for block in blocks.tolist()])
    assert np.abs(fdct(blocks) - exact).max() < 1


def coefficient_blocks() -> np.ndarray:
    """What encoders produce: transforms of pictures, quantized coarsely or finely."""
    random = np.random.default_rng(3)
    exact = fdct(sample_blocks(), "float")
    step = random.choice([1, 3, 16, 40, 99], (len(exact), 8, 8))
    return (np.rint(exact / step) * step).astype(np.int32)


def test_islow_inverse_equals_the_scalar_integers() -> None:
    coefficients = coefficient_blocks()
    result = idct(coefficients)
    assert result.dtype == np.int16
    assert result.shape == coefficients.shape
    assert result.tolist() == [literal_dct.islow_inverse(block) for block in coefficients.tolist()]


def extreme_blocks() -> np.ndarray:
    """16-bit coefficients as only constructed files have them; many with rows 1 to 7 zero, or one column."""
    random = np.random.default_rng(4)
    dense = random.integers(-32768, 32768, (150, 8, 8))
    sparse = dense[::-1] * (random.random((150, 8, 8)) < 0.06)
    top_row = np.zeros((150, 8, 8), np.int64)
    top_row[:, 0] = random.integers(-32768, 32768, (150, 8)) * (random.random((150, 8)) < 0.5)
    left_column = np.zeros((60, 8, 8), np.int64)
    left_column[:, :, 0] = random.integers(-32768, 32768, (60, 8))
    around_limit = np.zeros((8, 8, 8), np.int64)
    around_limit[:, 0, 0] = [8191, 8192, -8192, -8193, 16383, 16384, 32767, -32768]
    almost_flat = around_limit.copy()
    almost_flat[:, 7, 7] = 1
    return np.concatenate([dense, sparse, top_row, left_column, around_limit, almost_flat]).astype(np.int32)


def test_islow_inverse_wraps_and_saturates_like_the_scalar_registers() -> None:
    coefficients = extreme_blocks()
    expected = [literal_dct.islow_inverse(block) for block in coefficients.tolist()]
    assert idct(coefficients).tolist() == expected


def test_islow_inverse_takes_its_input_modulo_two_to_the_sixteen() -> None:
    coefficients = coefficient_blocks()[:50]
    assert (idct(coefficients + 65536) == idct(coefficients)).all()
    assert (idct(coefficients - 3 * 65536) == idct(coefficients)).all()


def zigzag_lists(blocks: np.ndarray) -> list[list[int]]:
    return [[block[v][u] for v, u in WALK] for block in blocks.tolist()]


def decoded_by_pillow(quantized: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Blocks of one gray file, one beside the other, as libjpeg decodes them."""
    data = jpeg_file.write(8 * len(quantized), 8, [(1, 1)], [[zigzag_lists(quantized)]], table.tolist())
    pixels = np.asarray(Image.open(io.BytesIO(data)))
    return pixels.reshape(8, -1, 8).swapaxes(0, 1)


def test_inverse_equals_pillow_on_what_encoders_write() -> None:
    random = np.random.default_rng(5)
    table = random.integers(1, 60, (8, 8))
    quantized = np.rint(fdct(sample_blocks(), "float") / table).astype(np.int16)
    ours = inverse_level_shift(idct(dequantize(quantized, table)))
    assert (ours == decoded_by_pillow(quantized, table)).all()


@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="the registers of libjpeg-turbo on x86-64 are meant"
)
@pytest.mark.parametrize("step", [1, 255, 65535])
def test_inverse_equals_pillow_on_extreme_coefficients(step: int) -> None:
    quantized = (extreme_blocks() // 2).astype(np.int16)  # differences of DC have to fit into 16 bits
    table = np.random.default_rng(6).integers(max(1, step // 2), step + 1, (8, 8))
    ours = inverse_level_shift(idct(dequantize(quantized, table)))
    assert (ours == decoded_by_pillow(quantized, table)).all()


def test_forward_and_quantizer_equal_pillow() -> None:
    random = np.random.default_rng(7)
    photo = np.clip(random.normal(128, 60, (64, 8, 8)), 0, 255).astype(np.uint8)
    black_or_white = (random.random((64, 8, 8)) < 0.5).astype(np.uint8) * np.uint8(255)
    samples = np.concatenate([photo, black_or_white])
    for table in (np.ones((8, 8), int), random.integers(1, 12, (8, 8))):
        stream = io.BytesIO()
        picture = Image.fromarray(np.ascontiguousarray(samples.swapaxes(0, 1).reshape(8, -1)))
        picture.save(stream, "JPEG", qtables=[table.ravel().tolist()])
        assert jpeg_file.quantization_tables(stream.getvalue())[0] == table.tolist()
        stored, _, _ = jpeg_file.read_gray(stream.getvalue())
        assert zigzag_lists(quantize(fdct(level_shift(samples)), table)) == stored


# Wikipedia, "JPEG", sections "Discrete cosine transform", "Quantization" and "Decoding": a block, its transform to
# two decimals, and its quantization by Table K.1.
WIKIPEDIA_SAMPLES = [
    [52, 55, 61, 66, 70, 61, 64, 73],
    [63, 59, 55, 90, 109, 85, 69, 72],
    [62, 59, 68, 113, 144, 104, 66, 73],
    [63, 58, 71, 122, 154, 106, 70, 69],
    [67, 61, 68, 104, 126, 88, 68, 70],
    [79, 65, 60, 70, 77, 68, 58, 75],
    [85, 71, 64, 59, 55, 61, 65, 83],
    [87, 79, 69, 68, 65, 76, 78, 94],
]
WIKIPEDIA_TRANSFORM = [
    [-415.38, -30.19, -61.20, 27.24, 56.12, -20.10, -2.39, 0.46],
    [4.47, -21.86, -60.76, 10.25, 13.15, -7.09, -8.54, 4.88],
    [-46.83, 7.37, 77.13, -24.56, -28.91, 9.93, 5.42, -5.65],
    [-48.53, 12.07, 34.10, -14.76, -10.24, 6.30, 1.83, 1.95],
    [12.12, -6.55, -13.20, -3.95, -1.87, 1.75, -2.79, 3.14],
    [-7.73, 2.91, 2.38, -5.94, -2.38, 0.94, 4.30, 1.85],
    [-1.03, 0.18, 0.42, -2.42, -0.88, -3.02, 4.12, -0.66],
    [-0.17, 0.14, -1.07, -4.19, -1.17, -0.10, 0.50, 1.68],
]
WIKIPEDIA_QUANTIZED = [
    [-26, -3, -6, 2, 2, -1, 0, 0],
    [0, -2, -4, 1, 1, 0, 0, 0],
    [-3, 1, 5, -1, -1, 0, 0, 0],
    [-3, 1, 2, -1, 0, 0, 0, 0],
    [1, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0],
]
# Table K.1 of T.81.
K_1 = [
    [16, 11, 10, 16, 24, 40, 51, 61],
    [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77],
    [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101],
    [72, 92, 95, 98, 112, 100, 103, 99],
]


@pytest.mark.parametrize(("method", "tolerance"), [("float", 0.00501), ("islow", 0.2)])
def test_the_worked_example_of_wikipedia(method: str, tolerance: float) -> None:
    shifted = level_shift(np.array(WIKIPEDIA_SAMPLES, np.uint8))
    transformed = fdct(shifted, method)
    np.testing.assert_allclose(transformed, WIKIPEDIA_TRANSFORM, rtol=0, atol=tolerance)
    assert quantize(transformed, np.array(K_1)).tolist() == WIKIPEDIA_QUANTIZED


# Z.-N. Li, S.-C. Chang, course notes of the University of Pittsburgh ("DCT example on an 8x8 block"): the
# published transform is rounded to integers.
PITTSBURGH_SAMPLES = [
    [168, 161, 161, 150, 154, 168, 164, 154],
    [171, 154, 161, 150, 157, 171, 150, 164],
    [171, 168, 147, 164, 164, 161, 143, 154],
    [164, 171, 154, 161, 157, 157, 147, 132],
    [161, 161, 157, 154, 143, 161, 154, 132],
    [164, 161, 161, 154, 150, 157, 154, 140],
    [161, 168, 157, 154, 161, 140, 140, 132],
    [154, 161, 157, 150, 140, 132, 136, 128],
]
PITTSBURGH_TRANSFORM = [
    [214, 49, -3, 20, -10, -1, 1, -6],
    [34, -25, 11, 13, 5, -3, 15, -6],
    [-6, -4, 8, -9, 3, -3, 5, 10],
    [8, -10, 4, 4, -15, 10, 6, 6],
    [-12, 5, -1, -2, -15, 9, -5, -1],
    [5, 9, -8, 3, 4, -7, -14, 2],
    [2, -2, 3, -1, 1, 3, -3, -4],
]


def test_the_worked_example_of_pittsburgh() -> None:
    shifted = level_shift(np.array(PITTSBURGH_SAMPLES, np.uint8))
    for method in ("float", "islow"):
        np.testing.assert_allclose(fdct(shifted, method)[:7], PITTSBURGH_TRANSFORM, rtol=0, atol=0.75)


@pytest.mark.parametrize("method", ["islow", "float"])
def test_inverse_of_forward_gives_the_samples_back_within_one(method: str) -> None:
    blocks = sample_blocks()
    assert np.abs(idct(fdct(blocks, method), method) - blocks).max() <= (1 if method == "islow" else 1e-9)


def test_integer_inverse_of_rounded_coefficients_gives_noise_back_within_one() -> None:
    """What a file at quality 100 keeps."""
    blocks = random_samples(1000)
    rounded = quantize(fdct(blocks), np.ones((8, 8), int))
    assert np.abs(idct(rounded).astype(int) - blocks).max() <= 1


def test_integer_inverse_differs_from_the_double_sum_by_one_at_most() -> None:
    coefficients = coefficient_blocks()[::4]
    exact = np.clip([literal_dct.inverse(block) for block in coefficients.tolist()], -128, 127)
    assert np.abs(idct(coefficients) - exact).max() <= 1


def test_forward_and_exact_quantizer_of_flat_blocks() -> None:
    """The DC of a flat block is 8 times its level, all else is zero."""
    levels = np.arange(-128, 128, dtype=np.int16)
    blocks = np.broadcast_to(levels[:, None, None], (256, 8, 8))
    expected = np.zeros((256, 8, 8))
    expected[:, 0, 0] = 8 * levels.astype(float)
    assert (fdct(blocks) == expected).all()
    quantized = quantize(fdct(blocks), np.full((8, 8), 16))[:, 0, 0].tolist()
    assert quantized == [literal_quantization.quantize(Fraction(8 * int(level)), 16) for level in levels]


@pytest.mark.parametrize("transform", [fdct, idct])
def test_wrong_shapes_and_methods_are_value_errors(transform: object) -> None:
    for shape in [(8,), (8, 7), (7, 8), (64,), (8, 8, 2)]:
        with pytest.raises(ValueError, match="8, 8"):
            transform(np.zeros(shape, np.int16))
    for method in ("ifast", "", None):
        with pytest.raises(ValueError, match="method"):
            transform(np.zeros((8, 8), np.int16), method)


@pytest.mark.parametrize("method", ["islow", "float"])
def test_no_blocks_give_no_blocks(method: str) -> None:
    nothing = np.zeros((3, 0, 8, 8), np.int16)
    assert fdct(nothing, method).shape == nothing.shape
    assert idct(nothing, method).shape == nothing.shape
