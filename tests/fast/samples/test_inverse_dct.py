"""The fused inverse stages equal the stages that they stand for, value for value."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.fast.samples import inverse_dct
from numjpeg.stages.blocks import join_blocks
from numjpeg.stages.dct import INVERSE_MATRIX, NO_OVERFLOW, fdct, idct
from numjpeg.stages.level_shift import inverse_level_shift
from numjpeg.stages.quantization import dequantize, quantization_tables, quantize
from numjpeg.stages.zigzag import inverse_zigzag, zigzag
from numjpeg.workspace import Workspace

TABLES = {
    "ones": np.ones((8, 8), np.uint16),
    **{f"quality {q}": quantization_tables(q).luminance for q in (1, 10, 50, 85, 98)},
    "chrominance": quantization_tables(75).chrominance,
    "16 bits": np.random.default_rng(1).integers(1, 65536, (8, 8)).astype(np.uint16),
    "Fortran": np.asfortranarray(quantization_tables(30).luminance),
}


def by_the_stages(sequences: np.ndarray, table: np.ndarray) -> np.ndarray:
    return join_blocks(inverse_level_shift(idct(dequantize(inverse_zigzag(sequences), table))))


def fused(sequences: np.ndarray, table: np.ndarray, workspace: Workspace | None = None) -> np.ndarray:
    """Into a part of a larger plane, nothing else of which may change."""
    rows, columns, _ = sequences.shape
    plane = np.full((rows * 8 + 2, columns * 8 + 16), 77, np.uint8)
    inverse_dct.samples(sequences, table, plane[1:-1, 8:-8], workspace or Workspace())
    assert (plane[[0, -1]] == 77).all()
    assert (plane[:, :8] == 77).all()
    assert (plane[:, -8:] == 77).all()
    return plane[1:-1, 8:-8]


def sample_blocks() -> np.ndarray:
    """Noise of all strengths, flats, black and white, and the blocks of the largest coefficients."""
    random = np.random.default_rng(2)
    signs = np.sign(INVERSE_MATRIX)
    largest = np.array([np.outer(signs[:, v], signs[:, u]) for v in range(8) for u in range(8)])
    noise = random.normal(0, 1, (600, 8, 8)) * random.choice([2, 10, 60], (600, 1, 1))
    shares = random.random((600, 8, 8)) < random.random((600, 1, 1))
    flats = np.broadcast_to(np.arange(-128, 128)[:, np.newaxis, np.newaxis], (256, 8, 8))
    blocks = [noise, np.where(shares, 127, -128), flats, largest * 127, largest * -128]
    return np.clip(np.concatenate(blocks), -128, 127).round().astype(np.int16)


@pytest.mark.parametrize("name", TABLES)
def test_samples_of_pictures_equal_the_stages(name: str) -> None:
    quantized = zigzag(quantize(fdct(sample_blocks()), TABLES[name]))
    for columns in (1, 4, 7, 29):
        rows = len(quantized) // columns
        sequences = quantized[: rows * columns].reshape(rows, columns, 64)
        assert np.array_equal(fused(sequences, TABLES[name]), by_the_stages(sequences, TABLES[name]))


@pytest.mark.parametrize("length", [1, 2, 3, 4, 10, 33, 63, 64])
@pytest.mark.parametrize("peak", [0, 1, 12, 200, 1500, 4000, 32767])
def test_samples_of_any_coefficients_equal_the_stages(length: int, peak: int) -> None:
    """Zeros after a number of coefficients, and every strength up to those that overflow, also mixed."""
    random = np.random.default_rng(peak + length)
    sequences = np.zeros((9, 31, 64), np.int16)
    sequences[..., :length] = random.integers(-peak, peak + 1, (9, 31, length))
    sequences[::2] //= random.integers(1, 2 + peak, (5, 31, 1))
    sequences[:, ::3, 5:] = 0
    sequences[0, 0] = -32768 if peak == 32767 else 0
    for name in ("ones", "quality 50", "16 bits"):
        assert np.array_equal(fused(sequences, TABLES[name]), by_the_stages(sequences, TABLES[name]))


def test_blocks_around_the_bounds_equal_the_stages() -> None:
    """Coefficients of which the sums of pass 1 come close to 2^24 from either side, of all signs that add up."""
    random = np.random.default_rng(3)
    signs = np.sign(INVERSE_MATRIX)
    blocks = []
    for y in range(4):
        for u in range(8):
            for parity in (0, 1):
                rows = np.arange(parity, 8, 2)
                for length in np.linspace(900, 1400, 60):
                    block = np.zeros((8, 8))
                    block[rows, u] = INVERSE_MATRIX[y, rows] / 16384 * length
                    block[rows, u] += random.uniform(-3, 3, 4)
                    block[:, 0] += random.uniform(-200, 200) * (u > 0) * signs[y]
                    blocks.append(block)
    sequences = zigzag(np.rint(blocks).astype(np.int16)).reshape(-1, 32, 64)
    assert np.array_equal(fused(sequences, TABLES["ones"]), by_the_stages(sequences, TABLES["ones"]))


@pytest.mark.parametrize("chunk", [1, 40, 100])
def test_chunks_and_a_workspace_in_use(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inverse_dct, "CHUNK", chunk)
    workspace = Workspace()
    random = np.random.default_rng(4)
    for rows, columns in [(5, 20), (1, 1), (13, 3), (2, 61)]:
        sequences = random.integers(-30, 31, (rows, columns, 64)).astype(np.int16)
        expected = by_the_stages(sequences, TABLES["quality 85"])
        assert np.array_equal(fused(sequences, TABLES["quality 85"], workspace), expected)


def test_no_blocks_give_no_samples() -> None:
    for shape in [(0, 3, 64), (3, 0, 64)]:
        assert fused(np.zeros(shape, np.int16), TABLES["ones"]).size == 0


def test_the_sums_are_exact_in_float32() -> None:
    """The claims of the module's text, with integers as large as its bounds let them be."""
    weights = np.abs(INVERSE_MATRIX)
    assert (weights[:, 0] == 8192).all()
    half = 1 << 10
    for y in range(8):
        even, odd = np.linalg.norm(weights[y, 0::2]), np.linalg.norm(weights[y, 1::2])
        assert even * inverse_dct.NORM_LIMIT + half < 1 << 24
        assert odd * inverse_dct.NORM_LIMIT < 1 << 24
        assert np.linalg.norm(weights[y, 2::2]) <= 8192 * np.sqrt(3) * (1 + 1e-4)
    assert 8192 * inverse_dct.DC_LIMIT * (1 + 1e-4) + half < 1 << 24
    assert inverse_dct.PART_LIMIT * 2.0**inverse_dct.SHIFT_1 + half < 1 << 24
    # Pass 1 gives the sum of an even and an odd part, without an overflow.
    between = int(2 * (1 << 24) / 2**inverse_dct.SHIFT_1)
    assert between <= NO_OVERFLOW + 1
    # Pass 2: the high half is made of multiples of 2^-11 below 2^11, the low one of multiples of 2^-19 below 2^5.
    high, low = inverse_dct.ROWS[:8].astype(float), inverse_dct.ROWS[8:].astype(float)
    assert np.array_equal((high + low)[:, :8] * 2.0**inverse_dct.SHIFT_2, INVERSE_MATRIX[inverse_dct.BYTES])
    assert (high * 2**11 % 1 == 0).all()
    assert (low * 2**19 % 1 == 0).all()
    a = np.linspace(0, inverse_dct.DC_LIMIT / np.sqrt(3), 1000)
    others = np.sqrt(a * a + 2 * inverse_dct.NORM_LIMIT**2)
    dc = inverse_dct.DC_LIMIT - np.sqrt(3) * a
    sample = (dc / 8 + others).max()
    row = np.hypot(dc, others).max() * np.sqrt(8) * 4 + np.sqrt(8)  # the norm of eight results of pass 1
    low_half = np.linalg.norm(low[:, :8], axis=1).max() * row - low[0, 8]
    assert low_half < 32
    shift = high[0, 8] - inverse_dct.RULER
    assert sample + shift + low_half < 1 << 11
    assert np.abs(high[:, :8]).max() * inverse_dct.SUM_LIMIT + shift + 64 / 2**18 * inverse_dct.SUM_LIMIT < 1 << 11


def test_blocks_with_small_sums_are_within_the_bounds() -> None:
    chance = np.random.default_rng(3)
    found = set()
    for scale in np.linspace(1, 700, 300):
        planes = (chance.normal(0, scale, (8, 8, 1)) * (chance.random((8, 8, 1)) < chance.random())).astype(
            np.float32
        )
        planes[0, 0] = chance.uniform(-2047, 2047)
        squares = (planes * planes).reshape(64, 1)
        dc = np.abs(planes[0, 0]) + np.sqrt(3) * np.linalg.norm(planes[2::2, 0])
        others = np.linalg.norm(planes[::2, 1:]), np.linalg.norm(planes[1::2])
        within = dc[0] <= inverse_dct.DC_LIMIT and max(others) <= inverse_dct.NORM_LIMIT
        shown = inverse_dct.largest_sum(squares) < inverse_dct.DC_LIMIT**2
        beyond = inverse_dct._beyond(np.abs(planes[0, 0]), inverse_dct.IN_SUMS.reshape(3, 64) @ squares)
        assert within == (len(beyond) == 0)
        found.add((shown, within))
    assert found == {(True, True), (False, True), (False, False)}


def test_only_blocks_beyond_the_bounds_go_to_the_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def counted(coefficients: np.ndarray) -> np.ndarray:
        seen.append(len(coefficients))
        return idct(coefficients)

    monkeypatch.setattr(inverse_dct, "idct", counted)
    table = TABLES["quality 85"]
    quantized = zigzag(quantize(fdct(sample_blocks()[:1456]), table)).reshape(-1, 16, 64)
    fused(quantized, table)
    assert sum(seen) < 60  # coarse quantization of black and white
    seen.clear()
    quantized[3, 5, 2] = 1200
    quantized[7, 0, 0] = -3000
    assert np.array_equal(fused(quantized[:8], table), by_the_stages(quantized[:8], table))
    assert 2 <= sum(seen) < 4
