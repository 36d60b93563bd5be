"""The fused forward stages equal the stages that they stand for, value for value."""

from __future__ import annotations

import numpy as np
import pytest
import samples as pictures

from numjpeg.fast.samples import forward_dct
from numjpeg.stages.blocks import split_blocks
from numjpeg.stages.color import rgb_to_ycbcr
from numjpeg.stages.dct import FORWARD, fdct
from numjpeg.stages.level_shift import level_shift
from numjpeg.stages.quantization import quantize
from numjpeg.stages.subsampling import downsample


def as_samples(blocks: np.ndarray) -> np.ndarray:
    """``(n, 8, 8)`` as the fused transform takes them."""
    samples = forward_dct.new_samples(len(blocks))
    samples[1:] = blocks.transpose(2, 1, 0)
    return samples


def by_the_stages(tile: np.ndarray, source: str, h: int, v: int, valid_rows: int) -> list[np.ndarray]:
    """Blocks of Y, Cb and Cr, ``(n, 8, 8)`` each."""
    ycbcr = rgb_to_ycbcr(tile[..., ::-1] if source == "BGR" else tile)
    planes = []
    for i, (h_, v_) in enumerate([(1, 1), (h, v), (h, v)]):
        plane = downsample(level_shift(ycbcr[..., i]), h_, v_)
        valid = -(-valid_rows // v_)
        plane[valid:] = plane[valid - 1]
        planes.append(split_blocks(plane).reshape(-1, 8, 8))
    return planes


@pytest.mark.parametrize("source", ["RGB", "BGR"])
@pytest.mark.parametrize("ratio", forward_dct.RATIOS)
@pytest.mark.parametrize("kind", [pictures.smooth, pictures.noise, pictures.extremes])
@pytest.mark.parametrize("missing", [0, 1, 2, 5, 7])
def test_samples_equal_the_stages(source: str, ratio: tuple[int, int], kind, missing: int) -> None:
    h, v = ratio
    tile = kind(8 * v * 3, 8 * h * 5, 3)
    valid_rows = len(tile) - missing
    tile[valid_rows:] = tile[valid_rows - 1]
    expected = np.concatenate(by_the_stages(tile, source, h, v, valid_rows))
    convert = forward_dct.YcbcrSamples(*tile.shape[:2], source, ratio, valid_rows)
    for given in (255 - tile, tile):  # nothing is left of the tile before
        convert(given)
    samples = np.concatenate(convert.samples, axis=2)
    assert np.array_equal(samples[1:].transpose(2, 1, 0), expected)
    assert (samples[0] == 1).all()


@pytest.mark.parametrize("ratio", forward_dct.RATIOS)
@pytest.mark.parametrize("missing", [0, 3, 8])
def test_samples_of_several_pictures_equal_those_of_each(ratio: tuple[int, int], missing: int) -> None:
    h, v = ratio
    stack = np.stack([pictures.noise(8 * v * 2, 8 * h * 3, 3) for _ in range(3)])
    valid_rows = stack.shape[1] - missing * (v if missing == 8 else 1) % (8 * v)
    stack[:, valid_rows:] = stack[:, valid_rows - 1 : valid_rows]
    expected = [by_the_stages(picture, "RGB", h, v, valid_rows) for picture in stack]
    convert = forward_dct.YcbcrSamples(3 * stack.shape[1], stack.shape[2], "RGB", ratio, valid_rows, 3)
    convert(stack.reshape(-1, *stack.shape[2:]))
    samples = np.concatenate(convert.samples, axis=2)[1:].transpose(2, 1, 0)
    assert np.array_equal(samples, np.concatenate([np.concatenate(own) for own in zip(*expected, strict=True)]))


def test_every_colour() -> None:
    """All 2^24 colours: the matrix product and its floor give what the fixed-point sums give."""
    convert = forward_dct.YcbcrSamples(256, 256, "RGB", (1, 1), 256)
    green, blue = np.mgrid[0:256, 0:256].astype(np.uint8)
    tile = np.stack([np.zeros_like(green), green, blue], axis=-1)
    for red in range(256):
        tile[..., 0] = red
        convert(tile)
        samples = np.stack(convert.samples, axis=2)
        ours = samples[1:].reshape(8, 8, 3, 32, 32).transpose(3, 1, 4, 0, 2).reshape(256, 256, 3)
        assert np.array_equal(ours, level_shift(rgb_to_ycbcr(tile)))


def extreme_blocks() -> np.ndarray:
    """The blocks that make each coefficient as large as it gets, of both signs, and what noise adds to them."""
    random = np.random.default_rng(4)
    signs = np.sign(FORWARD)
    largest = np.array([np.outer(signs[v], signs[u]) for v in range(8) for u in range(8)])
    blocks = np.concatenate([largest * 127, largest * -128, np.where(largest > 0, 127, -128)])
    noisy = np.clip(np.tile(blocks, (20, 1, 1)) + random.integers(-20, 21, (3840, 8, 8)), -128, 127)
    rows = random.choice([-128, 127], (2000, 8, 8))
    return np.concatenate([blocks, noisy, rows, random.integers(-128, 128, (20000, 8, 8))]).astype(np.int16)


def test_the_transform_equals_the_butterfly() -> None:
    blocks = extreme_blocks()
    ours = forward_dct.Transform([as_samples(blocks)])()
    assert np.array_equal(ours.transpose(2, 0, 1), 8 * fdct(blocks))


def test_the_sums_of_the_transform_are_exact_in_float32() -> None:
    """The claims of its comments: what each float32 product sums up, in units of its last place."""
    weights = np.abs(FORWARD).sum(1).max()
    assert 128 * weights <= 1 << 23
    largest = 128 * weights >> 11
    assert largest <= 1 << 12
    columns, ruler = forward_dct._COLUMNS, forward_dct.RULER
    # The high half and the ruler, in units of 2^-8; with the low half they stay where those are the last places.
    high, low = np.abs(columns[:8, 1:]).sum(1).max(), np.abs(columns[8:, 1:]).sum(1).max()
    assert np.array_equal(columns[:8] * 256, np.rint(columns[:8] * 256))
    assert 1 << 15 < ruler - largest * (high + low) - 1 < ruler + largest * (high + low) + 1 < 1 << 16
    # The low half, in units of 2^-16, of which its weights are twice as large: so it never is halfway.
    units = columns[8:] * 2.0**16
    assert np.array_equal(units[:, 1:] % 2, np.zeros((8, 8)))
    assert (units[:, 0] % 2 == 1).all()
    assert largest * low * 2**16 + units[:, 0].max() < 1 << 24
    recombined = (columns[:8, 1:] + columns[8:, 1:]) * 2.0**15
    assert np.array_equal(recombined, FORWARD)


def quantized(coefficients: np.ndarray, q: int) -> tuple[np.ndarray, np.ndarray]:
    """Fused, and by the stage. ``coefficients`` are 8 times too large, as many as fill blocks."""
    table = np.full((8, 8), q, np.uint16)
    factors = forward_dct.reciprocals([table], [coefficients.shape[2]])
    ours = np.empty_like(coefficients)
    forward_dct.quantize(coefficients, factors, ours)
    expected = quantize(np.moveaxis(coefficients, -1, 0) / np.float32(8), table)
    return forward_dct.low_halves(ours), np.moveaxis(expected, 0, -1)


def test_quantization_equals_the_stage_for_every_value() -> None:
    coefficients = np.arange(-(1 << 14), 1 << 14, dtype=np.float32).reshape(8, 8, -1)
    wide = np.random.default_rng(5).integers(256, 65536, 64).tolist()
    for q in [*range(1, 256), *wide, 65535]:
        ours, expected = quantized(coefficients, q)
        assert np.array_equal(ours, expected), q
