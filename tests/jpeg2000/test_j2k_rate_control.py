"""Where code-blocks are cut: against a search of all choices."""

from __future__ import annotations

import itertools

import numpy as np

from numjpeg.jpeg2000 import rate_control

LENGTHS = [[3, 5, 11, 12], [4, 9, 10], [2, 20]]
GAINS = [[90.0, 10.0, 70.0, 1.0], [60.0, 2.0, 50.0], [-1.0, 40.0]]


def ends() -> rate_control.Ends:
    return rate_control.sort_ends(LENGTHS, [np.array(gains) for gains in GAINS])


def test_only_ends_on_the_hull() -> None:
    # After 5 bytes little is won: going on to 11 takes off more for each byte.
    assert rate_control.hull(LENGTHS[0], GAINS[0]) == [(0, 0.0, 0), (3, 90.0, 1), (11, 170.0, 3), (12, 171.0, 4)]
    assert rate_control.hull(LENGTHS[2], GAINS[2]) == [(0, 0.0, 0), (20, 39.0, 2)]


def test_nothing_as_small_is_better() -> None:
    found = ends()
    choices = []
    for passes in itertools.product(*(range(len(lengths) + 1) for lengths in LENGTHS)):
        size = sum(lengths[n - 1] if n else 0 for lengths, n in zip(LENGTHS, passes, strict=True))
        choices.append((size, sum(sum(gains[:n]) for gains, n in zip(GAINS, passes, strict=True))))
    for count, (size, gain) in enumerate(zip(found.sizes.tolist(), found.errors.tolist(), strict=True), 1):
        assert gain == max(best for own, best in choices if own <= size)
        passes = found.passes_of(count, 3)
        assert size == sum(lengths[n - 1] if n else 0 for lengths, n in zip(LENGTHS, passes, strict=True))


def test_a_file_is_filled() -> None:
    found = ends()
    sizes = found.sizes
    for target in range(0, 60):
        count = rate_control.fit(sizes, target, lambda count: 5 + (int(sizes[count - 1]) if count else 0))
        assert count == max((n for n in range(1, len(sizes) + 1) if sizes[n - 1] + 5 <= target), default=0)
        left = target - 5 - (int(sizes[count - 1]) if count else 0)
        taken = found.passes_of(count, 3)
        for block, passes in rate_control.fill(found, count, left):
            before = LENGTHS[block][taken[block] - 1] if taken[block] else 0
            left -= LENGTHS[block][passes - 1] - before
            taken[block] = passes
        assert left >= 0 or target < 5


def test_nothing_to_cut() -> None:
    none = rate_control.sort_ends([[], [4]], [np.zeros(0), np.array([-2.0])])
    assert len(none.sizes) == 0
    assert rate_control.fit(none.sizes, 100, lambda count: 7) == 0
