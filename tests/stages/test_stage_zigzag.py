"""The zig-zag against a walk along the diagonals, and against the order of a DQT segment that Pillow writes."""

import io

import numpy as np
import pytest
from PIL import Image
from reference import jpeg_file
from reference import zigzag as literal_zigzag

from numjpeg.stages.zigzag import NATURAL, SEQUENCE, inverse_zigzag, zigzag

WALK = literal_zigzag.walk()


def test_zigzag_walks_the_diagonals() -> None:
    block = np.random.default_rng(0).permutation(64).reshape(8, 8).astype(np.int16)
    assert zigzag(block).tolist() == [block[v, u] for v, u in WALK]


def test_inverse_zigzag_walks_the_diagonals() -> None:
    sequence = np.random.default_rng(1).permutation(64).astype(np.int16)
    block = inverse_zigzag(sequence)
    assert [block[v, u] for v, u in WALK] == sequence.tolist()


def test_the_tables_are_those_of_the_walk() -> None:
    assert NATURAL.tolist() == [8 * v + u for v, u in WALK]
    assert [SEQUENCE[v, u] for v, u in WALK] == list(range(64))


def test_zigzag_is_the_order_in_which_pillow_writes_a_table() -> None:
    table = np.random.default_rng(2).permutation(64).reshape(8, 8) + 1
    stream = io.BytesIO()
    Image.new("L", (8, 8)).save(stream, "JPEG", qtables=[table.ravel().tolist()])
    stored = next(body for marker, body in jpeg_file.segments(stream.getvalue()) if marker == 0xDB)
    assert zigzag(table).tolist() == list(stored[1:])


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32, np.uint8, np.bool_, np.complex64])
def test_there_and_back_in_any_dtype(dtype: type) -> None:
    blocks = np.random.default_rng(3).integers(0, 100, (2, 3, 8, 8)).astype(dtype)
    sequences = zigzag(blocks)
    assert sequences.shape == (2, 3, 64)
    assert sequences.dtype == dtype
    assert sequences.flags.c_contiguous
    back = inverse_zigzag(sequences)
    assert back.shape == blocks.shape
    assert back.dtype == dtype
    assert (back == blocks).all()


def test_the_sequence_of_the_worked_example_of_wikipedia() -> None:
    """Wikipedia, "JPEG", section "Entropy coding": the quantized block and its zig-zag sequence."""
    block = np.zeros((8, 8), np.int16)
    block[:5, :6] = [
        [-26, -3, -6, 2, 2, -1],
        [0, -2, -4, 1, 1, 0],
        [-3, 1, 5, -1, -1, 0],
        [-3, 1, 2, -1, 0, 0],
        [1, 0, 0, 0, 0, 0],
    ]
    published = [-26, -3, 0, -3, -2, -6, 2, -4, 1, -3, 1, 1, 5, 1, 2, -1, 1, -1, 2, 0, 0, 0, 0, 0, -1, -1]
    assert zigzag(block).tolist() == published + [0] * 38


@pytest.mark.parametrize("shape", [(64,), (8, 9), (9, 8), (8,), ()])
def test_other_blocks_are_a_value_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="8, 8"):
        zigzag(np.zeros(shape))


@pytest.mark.parametrize("shape", [(63,), (8, 8), (65,), ()])
def test_other_sequences_are_a_value_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="64"):
        inverse_zigzag(np.zeros(shape))
