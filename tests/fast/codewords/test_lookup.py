"""The look-up of up to three code words is the stages fused."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.fast.codewords import lookup
from numjpeg.stages.huffman import (
    AC_CHROMINANCE,
    AC_LUMINANCE,
    DC_CHROMINANCE,
    DC_LUMINANCE,
    HuffmanTable,
    extend,
    huffman_decode,
    optimal_table,
    run_and_category,
)

SYMBOLS = np.arange(256)
OPTIMISED = (
    optimal_table(np.where(SYMBOLS < 12, 50_000 >> SYMBOLS, 0)),
    # Long runs are rare, large values rarer: the codes take 1 to 16 bits.
    optimal_table(
        np.where((SYMBOLS & 15 > 0) & (SYMBOLS & 15 < 11) | (SYMBOLS % 240 == 0), 10**6, 0)
        // (1 + (SYMBOLS >> 4) ** 2)
        >> 2 * (SYMBOLS & 15)
    ),
)
ODD = (
    # A symbol with two codes, illegal symbols, 16 bits, a code that is missing in the middle of nowhere.
    HuffmanTable((0, 1, 1, *[0] * 11, 1, 2), bytes([3, 15, 0, 11, 3])),
    HuffmanTable((1, 0, 1, 1, *[0] * 11, 3), bytes([0x01, 0x00, 0xF0, 0x20, 0xFF, 0x01])),
)
FULL = (  # Every window begins with a code, and every byte is a symbol.
    HuffmanTable((0, 0, 0, 16, *[0] * 12), bytes(range(16))),
    HuffmanTable((*[0] * 7, 256, *[0] * 8), bytes(range(256))),
)
SHORT = (  # No code is longer than 4 bits: up to three symbols fit almost everywhere.
    HuffmanTable((2, *[0] * 15), bytes([0, 1])),
    HuffmanTable((1, 1, 1, 2, *[0] * 12), bytes([0x01, 0x00, 0x11, 0x71, 0x82])),
)
EMPTY = (HuffmanTable((0,) * 16, b""), HuffmanTable((0,) * 16, b""))


@pytest.mark.parametrize(
    ("dc", "ac"),
    [(DC_LUMINANCE, AC_LUMINANCE), (DC_CHROMINANCE, AC_CHROMINANCE), OPTIMISED, ODD, FULL, SHORT, EMPTY],
)
def test_the_look_up_is_the_stages_fused(dc: HuffmanTable, ac: HuffmanTable) -> None:
    """Every window's entry against DECODE, RECEIVE and EXTEND, symbol by symbol."""
    entries, _, again = lookup.entries(((dc, ac), ODD, (dc, ac))).reshape(3, 3, -1)
    assert np.array_equal(entries, again)
    windows = np.arange(1 << 16)

    def stages(windows: np.ndarray, table: HuffmanTable, is_dc: bool) -> tuple[np.ndarray, ...]:
        symbol, length = huffman_decode(windows.astype(np.uint16), [table])
        run, category = (part.astype(int) for part in run_and_category(symbol))
        used = length + category
        tail = windows << length & 0xFFFF
        value = extend(tail >> (16 - category), category).astype(int)
        illegal = (length == 0) | (~np.bool_(is_dc) & (category == 0) & (symbol != 0) & (symbol != 0xF0))
        end = illegal | (~np.bool_(is_dc) & (symbol == 0))
        run = np.where(end | np.bool_(is_dc), 0, run)
        return np.where(illegal, 16, used), run, np.where(illegal, 0, value), end, illegal

    for row, table, is_dc, most in ((0, dc, True, 3), (1, ac, False, 3), (2, ac, False, 1)):
        entry = entries[row]
        total, run, value, end, illegal = stages(windows, table, is_dc)
        ends_at_once = end
        long = ~illegal & ((total > 16) | (abs(value) > 2047))
        place, advance = [run], run + 1
        values = [np.where(long, 0, value)]
        goes_on = ~end & ~long
        for _ in range(1, most):
            tail = windows << np.minimum(total, 16) & 0xFFFF
            used, run, value, next_end, next_illegal = stages(tail, ac, False)
            # What one entry can hold, and that of three words none but the last can fill the block (k < 48).
            joins = goes_on & ~next_illegal & (total + used <= 16) & (run < 15) & (abs(value) < 128)
            if len(place) == 2:
                joins &= np.maximum(place[0] + 1, advance - place[0] - 1) <= 8
            valued = joins & ~next_end
            place.append(np.where(valued, advance + run, place[-1]))
            values.append(np.where(valued, value, 0))
            total = total + joins * used
            advance = np.where(valued, advance + run + 1, advance)
            end = end | (joins & next_end)
            goes_on = valued
        for k in (0,) if row == 0 else (1, 20, 47) if row == 1 else (48, 63):
            after = k + (entry & 127) & entry >> 57
            assert np.array_equal(after, np.where(end, 64, k + advance))
        place += [place[-1]] * (3 - most)
        values += [np.zeros_like(values[0])] * (3 - most)
        # A block that ends with its first word advances by 64 alone.
        expected = np.where(end, 64 + np.where(ends_at_once, 0, advance), advance)
        expected |= place[0] << 16 | (place[1] - place[0]) << 8 | (place[2] - place[1]) << 12
        expected |= (values[0] & 0xFFF) << 20 | (values[1] & 0xFF) << 40 | (values[2] & 0xFF) << 48
        expected |= total << 32 | long.astype(int) << 37 | illegal.astype(int) << 38
        expected |= np.where(end, 64, 127) << 57
        assert np.array_equal(entry, expected)
