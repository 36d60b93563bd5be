"""Tables of T.814: code words are prefix-free, and those of each context fill the code space."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.jpeg2000.block_coding import ht_tables


@pytest.mark.parametrize("rows", [ht_tables.FIRST_ROW, ht_tables.OTHER_ROWS], ids=["first_row", "other_rows"])
def test_code_words(rows: np.ndarray) -> None:
    for context in range(ht_tables.CONTEXTS):
        own = rows[rows[:, 0] == context]
        taken = np.zeros(128, int)
        for _, rho, u_off, e_k, e_1, word, length in own.tolist():
            assert 1 <= length <= 7
            assert word < 1 << length
            taken[word :: 1 << length] += 1
            assert e_k & ~rho == 0  # only significant samples have an exponent at the bound
            assert e_1 & ~e_k == 0
            assert u_off or not e_k
        assert taken.max() == 1
        assert taken.sum() >= 126
        quads = {tuple(row) for row in own[:, 1:5].tolist()}
        assert len(quads) == len(own)
        assert {row[0] for row in quads} >= set(range(1, 16))


def test_runs_of_the_mel_coder() -> None:
    assert ht_tables.MEL_EXPONENTS.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5]


def test_u_codes_are_prefix_free() -> None:
    """Table 3: 1; 01; 001 and a bit; 000 and five bits."""
    rows = zip(ht_tables.PREFIX_BITS, ht_tables.SUFFIX_BITS, ht_tables.LEAST_VALUE, strict=True)
    found = [tuple(map(int, row)) for row in rows]
    assert [found[bits] for bits in (0b001, 0b010, 0b100, 0b000)] == [(1, 0, 1), (2, 0, 2), (3, 1, 3), (3, 5, 5)]
    for bits in range(8):
        lowest = next((i for i in range(3) if bits >> i & 1), 3)
        assert found[bits][0] == min(lowest + 1, 3)
