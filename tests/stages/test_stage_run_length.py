"""Run-length coding against the flow charts of Figures F.2 and F.13."""

import numpy as np
import pytest
from reference import run_length as literal_run_length

from numjpeg.stages.huffman import ac_symbols, run_and_category
from numjpeg.stages.run_length import Runs, run_length_decode, run_length_encode


def sequences() -> np.ndarray:
    """Random blocks of every density; one value at each place; two at any distance; full and empty blocks."""
    random = np.random.default_rng(0)
    dense = random.integers(-1023, 1024, (200, 64)) * (random.random((200, 64)) < np.linspace(0, 1, 200)[:, None])
    single = np.diag(random.integers(1, 1024, 64))
    pairs = np.zeros((64, 64), int)
    for i in range(64):
        pairs[i, random.integers(0, 64, 2)] = random.integers(1, 1024, 2)
    last = np.zeros((20, 64), int)
    last[:, 63] = -1
    last[np.arange(20), random.integers(1, 64, 20)] = 7
    special = np.zeros((6, 64), int)
    special[1] = 1
    special[2, 1:] = -1
    special[3, 0] = 5
    special[4, 63] = -32767
    special[5, [1, 18, 35, 52]] = 32767  # runs of exactly 16
    return np.concatenate([dense, single, pairs, last, special]).astype(np.int16)


def test_entries_equal_the_walk_along_each_block() -> None:
    blocks = sequences()
    runs = run_length_encode(blocks)
    expected = [
        (number, run, value)
        for number, block in enumerate(blocks.tolist())
        for run, value in literal_run_length.entries(block)
    ]
    assert list(zip(*(array.tolist() for array in runs), strict=True)) == expected
    assert runs.value.dtype == np.int16


def test_symbols_equal_figure_f_2() -> None:
    blocks = sequences()
    runs = run_length_encode(blocks)
    coded = ac_symbols(runs.run, runs.value)
    expected = [pair for block in blocks.tolist() for pair in literal_run_length.ac_symbols(block)]
    assert list(zip(coded.symbol.tolist(), coded.value.tolist(), strict=True)) == expected
    of_block = runs.block[coded.entry].tolist()
    assert of_block == [i for i, b in enumerate(blocks.tolist()) for _ in literal_run_length.ac_symbols(b)]


def test_symbols_where_no_run_passes_fifteen() -> None:
    blocks = np.zeros((3, 64), np.int16)
    blocks[:, [1, 5, 21, 30]] = [[3, -4, 5, -6], [1, 1, 1, 1], [-1, 2, -3, 4]]
    runs = run_length_encode(blocks)
    coded = ac_symbols(runs.run, runs.value)
    expected = [pair for block in blocks.tolist() for pair in literal_run_length.ac_symbols(block)]
    assert list(zip(coded.symbol.tolist(), coded.value.tolist(), strict=True)) == expected
    assert coded.entry.tolist() == list(range(len(expected)))


def test_minus_32768_is_an_entry_but_no_symbol() -> None:
    """Its category would be 16, which RRRRSSSS cannot hold."""
    blocks = np.zeros((1, 64), np.int16)
    blocks[0, 63] = -32768
    runs = run_length_encode(blocks)
    assert (run_length_decode(runs, 1) == blocks).all()
    with pytest.raises(ValueError, match="32768"):
        ac_symbols(runs.run, runs.value)


def test_dc_is_not_looked_at() -> None:
    blocks = sequences()
    other = blocks.copy()
    other[:, 0] = np.random.default_rng(1).integers(-100, 100, len(blocks))
    for a, b in zip(run_length_encode(blocks), run_length_encode(other), strict=True):
        assert (a == b).all()


def test_decoding_gives_the_blocks_back() -> None:
    blocks = sequences()
    decoded = run_length_decode(run_length_encode(blocks), len(blocks))
    assert decoded.dtype == np.int16
    assert (decoded[:, 0] == 0).all()
    assert (decoded[:, 1:] == blocks[:, 1:]).all()


def test_decoding_of_symbols_with_zero_runs_equals_figure_f_13() -> None:
    blocks = sequences()
    number, run, value, expected = [], [], [], []
    for i, block in enumerate(blocks.tolist()):
        symbols = literal_run_length.ac_symbols(block)
        expected.append(literal_run_length.decode(symbols))
        r, _ = run_and_category(np.array([symbol for symbol, _ in symbols], np.uint8))
        number += [i] * len(symbols)
        run += r.tolist()
        value += [v for _, v in symbols]
    runs = Runs(np.array(number), np.array(run), np.array(value, np.int16))
    assert run_length_decode(runs, len(blocks)).tolist() == expected


def test_blocks_without_an_entry_are_zero() -> None:
    runs = Runs(np.array([1, 3]), np.array([2, 0]), np.array([5, 6], np.int16))
    decoded = run_length_decode(runs, 5)
    expected = np.zeros((5, 64), int)
    expected[1, 3], expected[3, 1] = 5, 6
    assert (decoded == expected).all()


def test_nothing_gives_nothing() -> None:
    runs = run_length_encode(np.zeros((0, 64), np.int16))
    assert [len(array) for array in runs] == [0, 0, 0]
    assert run_length_decode(runs, 0).shape == (0, 64)
    assert len(ac_symbols(runs.run, runs.value).symbol) == 0


@pytest.mark.parametrize("shape", [(64,), (2, 63), (2, 65), (1, 8, 8)])
def test_other_shapes_are_a_value_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="64"):
        run_length_encode(np.zeros(shape, np.int16))


def test_an_entry_past_coefficient_63_is_a_value_error_that_names_the_block() -> None:
    inside = Runs(np.array([4, 4]), np.array([30, 31]), np.array([1, 1], np.int16))
    assert run_length_decode(inside, 5)[4, [31, 63]].tolist() == [1, 1]
    past = Runs(np.array([0, 4, 4]), np.array([0, 30, 32]), np.array([0, 1, 1], np.int16))
    with pytest.raises(ValueError, match="block 4"):
        run_length_decode(past, 5)
