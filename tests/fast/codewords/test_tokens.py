"""The fast scan writer: the same symbols, statistics and bits as the stages one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import samples
from coefficient_samples import FACTORS, random_planes

import numjpeg
from numjpeg import scans as writer
from numjpeg.coefficient_files.writer import write_file
from numjpeg.coefficients import Component, ceil_div
from numjpeg.container.frame import Frame, Scan
from numjpeg.entropy.sequential_writer import Codable, find_symbols, write_scan
from numjpeg.fast.codewords import tokens as fast_tokens
from numjpeg.fast.codewords.tokens import ac_codes, dc_lookup, find_tokens
from numjpeg.stages.huffman import (
    AC_CHROMINANCE,
    AC_LUMINANCE,
    DC_CHROMINANCE,
    DC_LUMINANCE,
    STANDARD_TABLES,
    ZERO_RUN,
    HuffmanTable,
    ac_symbols,
    huffman_encode,
    magnitude_bits,
    magnitude_category,
)
from numjpeg.stages.mcu_order import pad_to_mcus
from numjpeg.stages.run_length import run_length_encode
from numjpeg.stages.zigzag import inverse_zigzag, zigzag
from numjpeg.workspace import Workspace


def every_code(tables: tuple[HuffmanTable, ...]) -> np.ndarray:
    """What each token writes, by its key."""
    key = np.arange(64 * len(tables) * 2048)
    return ac_codes(tables, key, np.empty(len(key), np.uint64))


def scan_of(factors, restart_interval: int = 0, selectors=(0, 1, 1, 0)) -> Scan:
    components = tuple(
        Component(i, h, v, 0, s, s) for i, ((v, h), s) in enumerate(zip(factors, selectors, strict=False))
    )
    frame = Frame(0xC0, 8, 1, 1, components)
    tables = dict(STANDARD_TABLES)
    tables |= {(c, n): tables[c, n - 2] for c in (0, 1) for n in (2, 3)}
    return Scan(frame, tuple(range(len(components))), components, tables, restart_interval)


def filled_up(planes, factors) -> list[np.ndarray]:
    """By the stage, and to whole MCUs."""
    rows, columns = ceil_div(planes[0].shape[0], factors[0][0]), ceil_div(planes[0].shape[1], factors[0][1])
    return [pad_to_mcus(zigzag(plane), rows, columns, f) for plane, f in zip(planes, factors, strict=True)]


def written(scan: Scan, symbols: Codable) -> bytes:
    return b"".join(write_scan(scan, [symbols]))


@pytest.mark.usual(every=5)
@pytest.mark.parametrize("factors", FACTORS)
@pytest.mark.parametrize("selectors", [(0, 1, 1, 0), (0, 0, 0, 0), (3, 1, 2, 0), (2, 0, 1, 1)])
@pytest.mark.parametrize("seed", range(4))
def test_symbols_statistics_and_bits_equal_those_of_the_stages(factors, selectors, seed: int) -> None:
    """run_length_encode, ac_symbols, magnitude_category, magnitude_bits, huffman_encode against the look-up."""
    planes = random_planes(factors, 3, 5, seed)
    for restart_interval, first_mcu in itertools.product((0, 1, 4, 7), (0, 8)):
        scan = scan_of(factors, restart_interval, selectors)
        found = find_tokens(scan, planes, first_mcu, [0] * len(factors), Workspace())
        assert found is not None
        (tokens,) = find_symbols(scan, [filled_up(planes, factors)])
        if not first_mcu:
            for name, value in found.expand(scan)._asdict().items():
                assert np.array_equal(value, getattr(tokens, name)), name
            kept, _ = found.kept()
            assert written(scan, kept) == written(scan, found) == written(scan, tokens)
        else:
            assert written(scan, found) == written(scan, found.expand(scan))
        ours, expected = found.expand(scan).frequencies(scan), found.frequencies(scan)
        keys = [key for c in scan.components for key in ((0, c.Td), (1, c.Ta))]
        for key in keys:
            own = [i for i, other in enumerate(keys) if other == key]
            assert np.array_equal(ours[own].sum(0), expected[own].sum(0))


def literally(run: int, value: int, table: HuffmanTable) -> tuple[int, int]:
    """Code and length of what a coefficient writes, symbol by symbol."""
    block = np.zeros((1, 64), np.int16)
    block[0, run + 1] = value
    runs = run_length_encode(block)
    ac = ac_symbols(runs.run[:1], runs.value[:1])
    codes, lengths = huffman_encode(ac.symbol, [table])
    category = magnitude_category(ac.value)
    text = ""
    for code, length, size, bits in zip(codes, lengths, category, magnitude_bits(ac.value, category), strict=True):
        text += format(int(code), f"0{length}b") + (format(int(bits), f"0{size}b") if size else "")
    return int(text, 2), len(text)


@pytest.mark.parametrize("table", [AC_LUMINANCE, AC_CHROMINANCE])
def test_the_look_up_equals_the_stages_for_every_run_and_value(table: HuffmanTable) -> None:
    lookup = every_code((AC_LUMINANCE, table)).reshape(64, 2, 2048)[:, 1]
    for run in range(63):
        edges = {size for k in range(5, 11) for size in ((1 << k) - 1, 1 << k)} - {1024}
        for value in sorted({*range(1, 18), *edges} | {-size for size in {*range(1, 18), *edges}}):
            code, length = literally(run, value, table)
            entry = int(lookup[run, value + 1024])
            assert (entry >> 58) == (length if length <= 58 else 63)
            if length <= 58:
                assert entry & ((1 << 58) - 1) == code
    assert lookup[0, 1024] == 0
    assert (lookup[1:, 1024] == lookup[1, 1024]).all()


@pytest.mark.parametrize("table", [DC_LUMINANCE, DC_CHROMINANCE])
def test_the_look_up_of_differences_equals_the_stages(table: HuffmanTable) -> None:
    values = np.arange(-2047, 2048)
    category = magnitude_category(values)
    codes, lengths = huffman_encode(category, [table])
    entry = dc_lookup((DC_LUMINANCE, table))[4095:]
    assert np.array_equal(entry >> np.uint64(58), lengths + category)
    word = codes << category.astype(np.uint64) | magnitude_bits(values, category)
    assert np.array_equal(entry & np.uint64((1 << 58) - 1), word)


def test_tokens_of_more_than_58_bits_go_the_long_way() -> None:
    """Three ZRL of 16 bits each, as an optimal table may have them."""
    symbols = bytes([0, *range(1, 14), ZERO_RUN, 0xDA])
    scarce = HuffmanTable((0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2), symbols)
    scan = scan_of(FACTORS[1])
    scan.huffman_tables[1, 0] = scan.huffman_tables[1, 1] = scarce
    sequence = np.zeros(64, np.int16)
    sequence[1], sequence[63] = 1, 1023  # a run of 61: three ZRL and 13/10
    planes = [np.zeros((v, h, 8, 8), np.int16) for v, h in FACTORS[1]]
    for plane in planes:
        plane[0, 0] = inverse_zigzag(sequence)
    assert int(every_code((scarce,)).reshape(64, 2048)[61, 1024 + 1023] >> np.uint64(58)) == 63
    found = find_tokens(scan, planes, 0, [0, 0, 0], Workspace())
    assert found is not None
    (tokens,) = find_symbols(scan, [filled_up(planes, FACTORS[1])])
    assert written(scan, found) == written(scan, tokens)


@pytest.mark.parametrize(
    ("index", "value"), [(63, 1024), (1, -1024), (1, 32767), (1, -32767), (0, 2048), (0, -2048)]
)
def test_values_that_are_too_large_are_left_to_the_stages(index: int, value: int) -> None:
    scan = scan_of(FACTORS[1])
    planes = [np.zeros((4, 4, 8, 8), np.int16), *np.zeros((2, 2, 2, 8, 8), np.int16)]
    planes[2][1, 1].reshape(64)[index] = value
    predictors = [1, 2, 3]
    if index or abs(value) > 2050:
        planes[0][0, 0, 0, 0] = 5
    assert find_tokens(scan, planes, 0, predictors, Workspace()) is None
    assert predictors == [1, 2, 3]


@pytest.mark.parametrize(("optimize", "kept"), [(False, 0), (True, 0), (True, 10_000), (True, 1 << 20)])
def test_files_with_some_bands_left_to_the_stages(
    optimize: bool, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "BAND_BLOCKS", 32)
    monkeypatch.setattr(writer, "KEPT_BYTES", kept)
    data = numjpeg.encode(samples.photograph()[:200, :150], 90, restart_marker_blocks=7)
    coefficients = numjpeg.read_coefficients(data)
    coefficients.planes[0][10, 10, 3, 3] = 1023 + optimize
    coefficients.planes[1][5, 2, 7, 7] = -1023
    tables = None if optimize else STANDARD_TABLES
    fast = write_file(coefficients, tables)
    again = numjpeg.read_coefficients(fast)
    assert all(np.array_equal(a, b) for a, b in zip(again.planes, coefficients.planes, strict=True))
    monkeypatch.setattr(fast_tokens, "find_tokens", lambda *_: None)
    assert write_file(coefficients, tables) == fast


def test_the_usual_file_takes_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a band went the long way")

    monkeypatch.setattr(writer, "band_symbols", refuse)
    monkeypatch.setattr(fast_tokens, "make_symbols", refuse)
    for quality, optimize in itertools.product((5, 75, 95), (False, True)):
        numjpeg.encode(samples.photograph(), quality, optimize=optimize)
        numjpeg.encode(samples.extremes(64, 64, 3), quality, optimize=optimize, restart_marker_blocks=1)
