"""The steps of lanes: codes and values at the limits of what one step can hold, and components with DC alone."""

from __future__ import annotations

import numpy as np
import pillow
import pytest
import samples
from lane_reading import assert_same, read, scans_of

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


# --- where of some components only the DC is kept -------------------------------------------------------------

PHOTOGRAPH = samples.photograph()[:200, :312]
SOME = [[1, 64, 64], [1, 1, 1], [64, 1, 64], [64, 64, 1]]


@pytest.fixture
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "LANES", 40)  # pieces end within MCUs


FILES = {
    "4:2:0": pillow.save(PHOTOGRAPH, quality=85),
    "4:4:4, values that fit no entry": pillow.save(samples.extremes(90, 120), quality=100, subsampling=0),
    "4:2:2, one table for all": pillow.save(PHOTOGRAPH, quality=85, subsampling=1, optimize=True),
    "restart intervals": pillow.save(PHOTOGRAPH, quality=90, restart_marker_blocks=7),
}


def assert_kept(data: bytes, kept: list[int]) -> None:
    for strict in (False, True):
        (whole, findings, error), _ = read(data, False, strict)
        for in_lanes in (False, True):
            (planes, *others), _ = read(data, in_lanes, strict, kept)
            assert others == [findings, error]
            assert [plane.shape[2] for plane in planes] == kept * (len(planes) // 3)
            for plane, expected in zip(planes, whole, strict=True):
                np.testing.assert_array_equal(plane, expected[..., : plane.shape[2]])


@pytest.mark.usual("4:2:0-kept0", "restart intervals-kept2")
@pytest.mark.usefixtures("short_pieces")
@pytest.mark.parametrize("kept", SOME)
@pytest.mark.parametrize("name", FILES)
def test_what_is_kept_is_that_of_the_whole_blocks(name: str, kept: list[int]) -> None:
    assert_kept(FILES[name], kept)


@pytest.mark.usual("4:2:0")
@pytest.mark.usefixtures("short_pieces")
@pytest.mark.parametrize("name", FILES)
def test_damage_is_found_in_what_is_not_kept_as_well(name: str) -> None:
    data, random = FILES[name], np.random.default_rng(5)
    start = data.index(b"\xff\xda") + 20
    for number in range(8):
        broken = bytearray(data)
        place = int(random.integers(start, len(data) - 20))
        if number % 2:
            broken[place] ^= 1 << int(random.integers(8))
        else:
            broken[place : place + 12] = b"\xff\x00" * 6  # code words that no table has
        assert_kept(bytes(broken), SOME[number % len(SOME)])
