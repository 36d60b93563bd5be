"""The literal writer of sequential scans against strings of 0 and 1, made by the flow charts symbol by symbol."""

from __future__ import annotations

import numpy as np
import pytest
from reference import bits as literal_bits
from reference import huffman as literal_huffman
from reference import mcu as literal_mcu
from reference import prediction
from reference import run_length as literal_run_length

from numjpeg.coefficients import Component
from numjpeg.container.frame import Frame, Scan
from numjpeg.entropy.sequential_writer import MissingCodeError, find_symbols, restart_marker, write_scan
from numjpeg.stages.huffman import STANDARD_TABLES, HuffmanTable

FACTORS = [((1, 1),), ((2, 2), (1, 1), (1, 1)), ((1, 2), (1, 1), (2, 1))]


def scan_of(factors, interval: int) -> Scan:
    components = tuple(Component(i, h, v, 0, min(i, 1), min(i, 1)) for i, (v, h) in enumerate(factors))
    frame = Frame(0xC0, 8, 1, 1, components)
    return Scan(frame, tuple(range(len(factors))), components, dict(STANDARD_TABLES), interval)


def words(table: HuffmanTable) -> dict[int, str]:
    return literal_huffman.codes(list(table.bits), list(table.values))


def literally(scan: Scan, planes: list[np.ndarray], rows: int, columns: int) -> tuple[bytes, list[dict[int, int]]]:
    """The scan's data (F.1.2, F.1.2.3), and how often each table's symbols occur."""
    order = literal_mcu.order(rows, columns, list(scan.factors))
    dc: dict[tuple[int, int, int], int] = {}
    for c in range(len(planes)):
        own = [(i, place) for i, unit in enumerate(order) for place in unit if place[0] == c]
        firsts = {n for n, (i, _) in enumerate(own) if scan.restart_interval and i % scan.restart_interval == 0}
        resets = {n for n in firsts if n == 0 or own[n - 1][0] != own[n][0]}
        values = [int(planes[c][y, x, 0]) for _, (_, y, x) in own]
        differences = prediction.differences(values, resets)
        dc |= {place: difference for (_, place), difference in zip(own, differences, strict=True)}
    counts: list[dict[int, int]] = [{} for _ in range(2 * len(planes))]
    intervals = [""]
    for i, unit in enumerate(order):
        if i and scan.restart_interval and i % scan.restart_interval == 0:
            intervals.append("")
        for place in unit:
            c, y, x = place
            magnitude = literal_huffman.magnitude(dc[place])
            symbols = [(2 * c, len(magnitude), magnitude)]
            for symbol, value in literal_run_length.ac_symbols(planes[c][y, x].tolist()):
                symbols.append((2 * c + 1, symbol, literal_huffman.magnitude(value) if value else ""))
            for number, symbol, bits in symbols:
                counts[number][symbol] = counts[number].get(symbol, 0) + 1
                intervals[-1] += words(scan.huffman_tables[number % 2, min(c, 1)])[symbol] + bits
    data = b""
    for i, text in enumerate(intervals):
        packed, _ = literal_bits.pack([text + "1" * (-len(text) % 8)])
        data += (bytes((0xFF, 0xD0 + (i - 1) % 8)) if i else b"") + literal_bits.stuff(packed)
    return data, counts


@pytest.mark.usual(every=2)
@pytest.mark.parametrize("factors", FACTORS)
@pytest.mark.parametrize("interval", [0, 1, 3, 5, 100])
def test_scans_equal_the_flow_charts(factors, interval: int) -> None:
    rows, columns = 3, 4
    scan = scan_of(factors, interval)
    random = np.random.default_rng(interval)
    planes = []
    for v, h in factors:
        plane = random.integers(-1000, 1000, (rows * v, columns * h, 64))
        planes.append((plane * (random.random(plane.shape) < random.choice([0.02, 0.2, 1]))).astype(np.int16))
    expected, counts = literally(scan, planes, rows, columns)
    for cuts in ([3], [1, 2], [1, 1, 1]):
        first, bands = 0, []
        for height in cuts:
            bands.append([p[first * v : (first + height) * v] for p, (v, _) in zip(planes, factors, strict=True)])
            first += height
        assert b"".join(write_scan(scan, find_symbols(scan, bands))) == expected
        frequencies = sum(symbols.frequencies(scan) for symbols in find_symbols(scan, bands))
        for own, literal in zip(frequencies, counts, strict=True):
            assert {symbol: count for symbol, count in enumerate(own.tolist()) if count} == literal


def test_a_symbol_without_a_code_is_an_error_that_names_it() -> None:
    scan = scan_of(FACTORS[0], 0)
    scan.huffman_tables[1, 0] = HuffmanTable((0, 1, *[0] * 14), b"\0")
    plane = np.zeros((1, 1, 64), np.int16)
    plane[0, 0, 1] = 3
    with pytest.raises(MissingCodeError, match="0x02"):
        list(write_scan(scan, find_symbols(scan, [[plane]])))


def test_differences_of_16_bits_have_no_symbol() -> None:
    plane = np.zeros((1, 2, 64), np.int16)
    plane[0, :, 0] = -20000, 20000
    with pytest.raises(ValueError, match="32767"):
        list(find_symbols(scan_of(FACTORS[0], 0), [[plane]]))


def test_restart_markers_count_modulo_8() -> None:
    assert [restart_marker(i) for i in range(10)] == [bytes([0xFF, 0xD0 + i % 8]) for i in range(10)]
