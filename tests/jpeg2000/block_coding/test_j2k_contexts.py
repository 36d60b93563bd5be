"""Contexts against rows of the standard's tables (T.800 Tables D.1 to D.3, D.9)."""

from __future__ import annotations

import pytest

from numjpeg.jpeg2000.block_coding import contexts

N, S, W, E, NW, NE, SW, SE = (1 << i for i in range(8))


@pytest.mark.parametrize(
    ("pattern", "low_pass", "horizontal", "both"),
    [
        (0, 0, 0, 0),
        (W | E, 8, 4, 2),
        (W | N, 7, 7, 2),
        (W | NE, 6, 3, 4),
        (N | S, 4, 8, 2),
        (N, 3, 5, 1),
        (NW | NE, 2, 2, 6),
        (NW, 1, 1, 3),
        (NW | NE | SW, 2, 2, 8),
        (NW | NE | W, 6, 3, 7),
        (NW | W | N, 7, 7, 5),
        (255, 8, 8, 8),
    ],
)
def test_significance(pattern: int, low_pass: int, horizontal: int, both: int) -> None:
    assert contexts.significance_contexts()[:, pattern].tolist() == [low_pass, horizontal, both]


@pytest.mark.parametrize(
    ("pattern", "context", "flip"),
    [
        (0, 9, 0),
        (N | S, 10, 0),
        (N | N << 8 | S, 9, 0),
        (N | N << 8, 10, 1),
        (W, 12, 0),
        (W | W << 8, 12, 1),
        (W | N, 13, 0),
        (W | N | N << 8, 11, 0),
        (W | W << 8 | N, 11, 1),
        (W | W << 8 | N | N << 8, 13, 1),
    ],
)
def test_signs(pattern: int, context: int, flip: int) -> None:
    own, xor = contexts.sign_contexts()
    assert (own[pattern], xor[pattern]) == (context, flip)


def test_segments_of_bypass() -> None:
    starts = [number for number in range(20) if contexts.starts_segment(number, contexts.BYPASS)]
    raw = [number for number in range(20) if contexts.is_raw(number, contexts.BYPASS)]
    assert starts == [0, 10, 12, 13, 15, 16, 18, 19]
    assert raw == [10, 11, 13, 14, 16, 17, 19]
    assert all(contexts.starts_segment(number, contexts.TERMINATE_ALL) for number in range(20))
