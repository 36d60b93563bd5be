"""The steps of lanes: codes and values at the limits of what one step can hold."""

from __future__ import annotations

import numpy as np
import pytest
from lane_reading import assert_same, scans_of

import numjpeg
from numjpeg.coefficient_files.writer import write_file
from numjpeg.fast.codewords import lanes
from numjpeg.stages.huffman import (
    HuffmanTable,
)


@pytest.fixture(autouse=True)
def lanes_for_small_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "SERIAL_BELOW", 64)
    monkeypatch.setattr(lanes, "AUTOMATON_BELOW", 0)


def gray_file(blocks: np.ndarray, dc: HuffmanTable, ac: HuffmanTable) -> bytes:
    """A file of given coefficients ``(rows, columns, 8, 8)`` and tables."""
    height, width = 8 * blocks.shape[0], 8 * blocks.shape[1]
    component = numjpeg.Component(1, 1, 1, 0)
    table = np.ones((8, 8), np.uint16)
    tables = {(0, 0): dc, (1, 0): ac}
    data = numjpeg.write_coefficients(
        numjpeg.Coefficients(height, width, (component,), [blocks], {0: table}, tables)
    )
    assert scans_of(data)[0].huffman_tables == tables
    return data


def test_tokens_of_multiples_of_three_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of three guesses never meet the truth: all code words with their magnitude bits are 3, 6 or 9 bits."""
    dc = HuffmanTable((0, 1, 1, *[0] * 13), bytes([1, 0]))
    # End of block 3 bits, (0, 1) 2 + 1, (0, 2) 4 + 2, (1, 1) 5 + 1, (2, 1) 8 + 1, (3, 1) 8 + 1.
    ac = HuffmanTable((0, 1, 1, 1, 1, 0, 0, 2, *[0] * 8), bytes([0x01, 0x00, 0x02, 0x11, 0x21, 0x31]))
    random = np.random.default_rng(3)
    blocks = np.zeros((60, 80, 8, 8), np.int16)
    blocks[..., 0, 1] = random.choice([-1, 1], (60, 80))
    blocks[..., 1, 0] = random.choice([-3, -2, 0, 1], (60, 80))
    blocks[..., 0, 0] = np.arange(60 * 80).reshape(60, 80) % 2
    data = gray_file(blocks, dc, ac)
    made: list[lanes.LaneReader] = []

    class Kept(lanes.LaneReader):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr(lanes, "LaneReader", Kept)
    assert assert_same(data)[1] == 0
    words = len(data) * 8 / 7.5
    assert 0 < made[-1].lane_steps < 5 * words


def test_codes_of_one_bit() -> None:
    """Blocks of two bits: as many as there can be."""
    one = HuffmanTable((1, *[0] * 15), bytes([0]))
    data = gray_file(np.zeros((90, 70, 8, 8), np.int16), one, one)
    assert_same(data)


def test_magnitudes_that_no_window_holds() -> None:
    random = np.random.default_rng(5)
    blocks = random.integers(-32767, 32768, (20, 20, 8, 8)).astype(np.int16)
    blocks[..., 0, 0] //= 2
    blocks[random.random(blocks.shape) < 0.5] = 0
    component = numjpeg.Component(1, 1, 1, 0)
    coefficients = numjpeg.Coefficients(160, 160, (component,), [blocks], {0: np.ones((8, 8), np.uint16)})
    assert assert_same(write_file(coefficients, None))[1] == 0
