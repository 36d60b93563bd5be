"""Cutting planes into blocks and laying them side by side again, sample by sample (A.1.3)."""

import numpy as np
import pytest

from numjpeg.stages.blocks import join_blocks, pad_edges, split_blocks


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float64])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 3), (3, 1), (2, 5)])
def test_every_sample_is_in_its_block(rows: int, columns: int, dtype: type) -> None:
    plane = np.random.default_rng(0).integers(0, 256, (rows * 8, columns * 8)).astype(dtype)
    blocks = split_blocks(plane)
    assert blocks.shape == (rows, columns, 8, 8)
    assert blocks.dtype == dtype
    for y in range(rows * 8):
        for x in range(columns * 8):
            assert blocks[y // 8, x // 8, y % 8, x % 8] == plane[y, x]


def test_every_sample_of_a_block_is_in_its_place() -> None:
    blocks = np.random.default_rng(1).integers(0, 256, (3, 2, 8, 8)).astype(np.int16)
    plane = join_blocks(blocks)
    assert plane.shape == (24, 16)
    assert plane.dtype == np.int16
    for y in range(24):
        for x in range(16):
            assert plane[y, x] == blocks[y // 8, x // 8, y % 8, x % 8]


def test_there_and_back_with_leading_axes_and_nothing() -> None:
    for shape in [(2, 3, 16, 24), (0, 8), (8, 0), (0, 16, 8), (5, 8, 8)]:
        plane = np.random.default_rng(2).integers(0, 256, shape).astype(np.uint8)
        blocks = split_blocks(plane)
        assert blocks.shape == (*shape[:-2], shape[-2] // 8, shape[-1] // 8, 8, 8)
        back = join_blocks(blocks)
        assert back.shape == shape
        assert (back == plane).all()


def test_splitting_copies_nothing() -> None:
    plane = np.zeros((16, 24), np.uint8)
    assert np.shares_memory(split_blocks(plane), plane)


@pytest.mark.parametrize("shape", [(8, 9), (9, 8), (4, 4), (8, 8, 3)])
def test_sides_that_are_no_multiples_of_8_are_a_value_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="multiples of 8"):
        split_blocks(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("shape", [(8, 8), (2, 8, 8), (2, 2, 8, 7), (2, 2, 64), (2, 2, 7, 8)])
def test_what_are_no_blocks_is_a_value_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="8, 8"):
        join_blocks(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 9), (8, 16), (16, 8), (17, 5)])
@pytest.mark.parametrize("multiples", [(8, 8), (1, 16), (2, 1), (3, 5)])
def test_edges_are_repeated_to_whole_multiples(height: int, width: int, multiples: tuple[int, int]) -> None:
    plane = np.random.default_rng(height).integers(0, 256, (2, height, width)).astype(np.uint8)
    padded = pad_edges(plane, *multiples)
    rows, columns = (-(-side // m) * m for side, m in zip((height, width), multiples, strict=True))
    assert padded.shape == (2, rows, columns)
    assert padded.dtype == np.uint8
    for y in range(rows):
        for x in range(columns):
            assert (padded[:, y, x] == plane[:, min(y, height - 1), min(x, width - 1)]).all()
    channels_last = np.moveaxis(plane, 0, -1)
    assert np.array_equal(pad_edges(channels_last, *multiples, axis=-3), np.moveaxis(padded, 0, -1))


def test_a_plane_without_samples_has_no_edge() -> None:
    for shape in ((0, 8), (8, 0), (8,)):
        with pytest.raises(ValueError, match="samples"):
            pad_edges(np.zeros(shape, np.uint8))
