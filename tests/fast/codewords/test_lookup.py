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
    run_and_category,
)


@pytest.mark.parametrize(
    ("dc", "ac"),
    [
        (DC_LUMINANCE, AC_LUMINANCE),
        (DC_CHROMINANCE, AC_CHROMINANCE),
        # A symbol with two codes, illegal symbols, 16 bits, a code that is missing in the middle of nowhere.
        (
            HuffmanTable((0, 1, 1, *[0] * 11, 1, 2), bytes([3, 15, 0, 11, 3])),
            HuffmanTable((1, 0, 1, 1, *[0] * 11, 3), bytes([0x01, 0x00, 0xF0, 0x20, 0xFF, 0x01])),
        ),
    ],
)
def test_the_look_up_is_the_stages_fused(dc: HuffmanTable, ac: HuffmanTable) -> None:
    """Every window's entry against DECODE, RECEIVE and EXTEND, symbol by symbol."""
    entries = lookup.entries(((dc, ac),)).reshape(3, -1)
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
        assert np.array_equal(entry >> 32 & 31, total)
        assert np.array_equal(entry >> 37 & 1, long)
        assert np.array_equal(entry >> 38 & 1, illegal)
        for k in (0,) if row == 0 else (1, 20, 47) if row == 1 else (48, 63):
            after = k + (entry & 127) & entry >> 57
            assert np.array_equal(after, np.where(end, 64, k + advance))
        first = entry >> 16 & 15
        second = first + (entry >> 8 & 15)
        third = second + (entry >> 12 & 15)
        found = (entry << 32 >> 52, entry << 16 >> 56, entry << 8 >> 56)
        place += [place[-1]] * (3 - most)
        values += [np.zeros_like(values[0])] * (3 - most)
        for found_place, expected_place in zip((first, second, third), place, strict=True):
            assert np.array_equal(found_place, expected_place)
        for found_value, expected_value in zip(found, values, strict=True):
            assert np.array_equal(found_value, expected_value)
