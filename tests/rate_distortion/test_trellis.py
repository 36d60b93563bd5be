"""The trellis: no choice of levels costs less, as trying them all shows."""

from __future__ import annotations

import numpy as np
import pytest
from reference import trellis as oracle

from numjpeg.coefficients import Component
from numjpeg.container.frame import Frame, Scan
from numjpeg.container.markers import SOF2
from numjpeg.entropy.progressive_writer import collect, encode_scan
from numjpeg.rate_distortion import trellis
from numjpeg.stages.huffman import (
    AC_CHROMINANCE,
    AC_LUMINANCE,
    DC_CHROMINANCE,
    DC_LUMINANCE,
    ac_symbols,
    magnitude_category,
    optimal_table,
)
from numjpeg.stages.run_length import run_length_encode
from numjpeg.stages.zigzag import inverse_zigzag


def sparse_blocks(count: int, nonzeros: int, seed: int) -> np.ndarray:
    """Quotients of which a few do not round to zero; the others lie below one half."""
    random = np.random.default_rng(seed)
    blocks = random.uniform(-0.45, 0.45, (count, 64)).astype(np.float32)
    for block in blocks:
        place = random.choice(np.arange(1, 64), random.integers(0, nonzeros + 1), replace=False)
        block[place] = random.laplace(0, 3, len(place))
    return blocks


def small_table() -> object:
    """A table that lacks codes, ZRL among them."""
    frequencies = np.zeros(256, int)
    frequencies[[0x00, 0x01, 0x02, 0x11, 0x21]] = 50, 30, 9, 5, 3
    return optimal_table(frequencies)


@pytest.mark.usual(every=4)
@pytest.mark.parametrize("table", [AC_LUMINANCE, AC_CHROMINANCE, small_table()], ids=["K.5", "K.6", "small"])
@pytest.mark.parametrize("worth", [1.5, 9.0, 40.0])
def test_no_choice_of_ac_levels_costs_less(table, worth: float) -> None:
    blocks = sparse_blocks(60, 6, seed=int(worth))
    exchange = (worth * np.linspace(1.3, 0.7, 64)).astype(np.float32)
    weights = np.random.default_rng(1).uniform(0.3, 3, len(blocks)).astype(np.float32)
    levels = trellis.quantize_ac(blocks, exchange, trellis.ac_rates(table), weights)
    assert levels.dtype == np.int16
    assert not levels[:, 0].any()
    for block, own, weight in zip(blocks, levels, weights, strict=True):
        candidates = np.where(np.abs(block) > 0.5, block, 0)
        least = oracle.least_block_cost(candidates, exchange, table, weight)
        # What rounds to zero stays zero, and costs the same whatever else is chosen.
        cost = oracle.block_cost(candidates, own, exchange, table, weight)
        assert cost == pytest.approx(least, rel=1e-4)


def test_the_last_coefficient_needs_no_end_of_block() -> None:
    block = np.zeros((1, 64), np.float32)
    block[0, 63] = 1.0
    exchange = np.full(64, 18.5, np.float32)  # 16 run 15/1 after three ZRLs of 11 bits, and a magnitude bit: 50
    levels = trellis.quantize_ac(block * 2, exchange, trellis.ac_rates(AC_LUMINANCE))
    assert oracle.block_cost(block[0] * 2, levels[0], exchange, AC_LUMINANCE) == pytest.approx(
        oracle.least_block_cost(block[0] * 2, exchange, AC_LUMINANCE)
    )


@pytest.mark.parametrize("table", [DC_LUMINANCE, DC_CHROMINANCE], ids=["K.3", "K.4"])
@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_no_chain_of_dc_levels_costs_less(table, count: int) -> None:
    random = np.random.default_rng(count)
    for _ in range(10):
        quotients = np.cumsum(random.normal(0, 4, count)).astype(np.float32)
        weights = random.uniform(0.5, 2, count).astype(np.float32)
        levels = trellis.quantize_dc(quotients, 3.0, trellis.dc_rates(table), weights)
        cost = oracle.chain_cost(quotients, levels, 3.0, table, weights)
        assert cost == pytest.approx(oracle.least_chain_cost(quotients, 3.0, table, weights), rel=1e-5)


def test_errors_that_are_worth_much_make_plain_rounding() -> None:
    blocks = sparse_blocks(50, 30, seed=3) * 5
    levels = trellis.quantize_ac(blocks, np.full(64, 1e6, np.float32), trellis.ac_rates(AC_LUMINANCE))
    np.testing.assert_array_equal(levels[:, 1:], np.rint(blocks[:, 1:]))
    dc = blocks[:, 0]
    np.testing.assert_array_equal(trellis.quantize_dc(dc, 1e6, trellis.dc_rates(DC_LUMINANCE)), np.rint(dc))


def test_errors_that_are_worth_nothing_make_empty_blocks() -> None:
    blocks = sparse_blocks(50, 30, seed=4) * 5
    levels = trellis.quantize_ac(blocks, np.full(64, 1e-6, np.float32), trellis.ac_rates(AC_LUMINANCE))
    assert not levels.any()


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = sparse_blocks(100, 20, seed=5)
    weights = np.linspace(0.2, 2, 100).astype(np.float32)
    arguments = np.full(64, 8, np.float32), trellis.ac_rates(AC_LUMINANCE), weights
    whole = trellis.quantize_ac(blocks, *arguments)
    monkeypatch.setattr(trellis, "CHUNK", 7)
    np.testing.assert_array_equal(trellis.quantize_ac(blocks, *arguments), whole)


@pytest.mark.parametrize("seed", range(4))
def test_progressive_frequencies_equal_those_of_the_scan_writer(seed: int) -> None:
    random = np.random.default_rng(seed)
    levels = np.rint(sparse_blocks(600, [2, 20, 63, 1][seed], seed) * 2).astype(np.int16)
    levels[random.random(600) < [0.9, 0.3, 0.1, 0.999][seed]] = 0
    levels[random.random(600) < 0.05, 63] = 1
    component = Component(1, 1, 1, 0)
    frame = Frame(SOF2, 8, 8 * 20, 8 * 30, (component,))
    scan = Scan(frame, (0,), (component,), {}, 0, Ss=1, Se=63)
    written = encode_scan(scan, collect([[inverse_zigzag(levels).reshape(20, 30, 8, 8)]]))
    expected = sum(band.frequencies(scan)[1] for band in written)
    np.testing.assert_array_equal(trellis.progressive_frequencies(levels), expected)


def test_progressive_rates_add_up_to_what_the_runs_take() -> None:
    levels = np.rint(sparse_blocks(500, 2, seed=8) * 2).astype(np.int16)
    levels[np.random.default_rng(8).random(500) < 0.7] = 0
    table = optimal_table(trellis.progressive_frequencies(levels))
    rates = trellis.progressive_rates(table, [levels])
    assert 0 < rates.empty < rates.end
    runs = trellis.end_of_band_runs(levels)
    category = np.log2(runs).astype(int)
    bits = sum(oracle.length(table, int(n) << 4) + int(n) for n in category)
    empty = np.count_nonzero(~levels[:, 1:].any(axis=1))
    assert len(runs) * rates.end + empty * rates.empty == pytest.approx(bits, rel=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_frequencies_equal_those_of_the_stages(seed: int) -> None:
    levels = np.rint(sparse_blocks(200, [2, 20, 63][seed], seed) * 3).astype(np.int16)
    levels[0] = 5  # a block without an end of block
    runs = run_length_encode(levels)
    symbols = ac_symbols(runs.run, runs.value).symbol
    np.testing.assert_array_equal(trellis.ac_frequencies(levels), np.bincount(symbols, minlength=256))
    differences = np.diff(levels[:, 0].astype(int), prepend=0)
    expected = np.bincount(magnitude_category(differences), minlength=256)
    np.testing.assert_array_equal(trellis.dc_frequencies(levels[:, 0]), expected)
