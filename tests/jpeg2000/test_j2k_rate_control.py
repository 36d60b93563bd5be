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
    found, cuts = ends(), rate_control.all_cuts(LENGTHS, [np.array(gains) for gains in GAINS])
    sizes = found.sizes
    for target in range(0, 60):
        count = rate_control.fit(sizes, target, lambda count: 5 + (int(sizes[count - 1]) if count else 0))
        assert count == max((n for n in range(1, len(sizes) + 1) if sizes[n - 1] + 5 <= target), default=0)
        left = target - 5 - (int(sizes[count - 1]) if count else 0)
        before = found.passes_of(count, 3).tolist()
        after = rate_control.fill(cuts, np.array(before), left).tolist()
        for lengths, gains, some, more in zip(LENGTHS, GAINS, before, after, strict=True):
            assert more >= some
            assert sum(gains[:more]) >= sum(gains[:some])
            left -= [0, *lengths][more] - [0, *lengths][some]
        assert left >= 0 or target < 5
        fitting = (
            [0, *lengths][n] - [0, *lengths][more] <= left
            for lengths, gains, more in zip(LENGTHS, GAINS, after, strict=True)
            for n in range(more + 1, len(lengths) + 1)
            if sum(gains[more:n]) > 0
        )
        assert not any(fitting)


def test_passes_within_the_hull_fill_a_file() -> None:
    """Of one block with one end of 20 bytes, what is left of 12 takes a pass before it."""
    lengths, gains = [[3, 9, 20]], [np.array([1.0, 2.0, 90.0])]
    assert rate_control.hull(lengths[0], gains[0].tolist()) == [(0, 0.0, 0), (20, 93.0, 3)]
    assert rate_control.fill(rate_control.all_cuts(lengths, gains), np.zeros(1, np.int64), 12).tolist() == [2]


def test_nothing_to_cut() -> None:
    none = rate_control.sort_ends([[], [4]], [np.zeros(0), np.array([-2.0])])
    assert len(none.sizes) == 0
    assert rate_control.fit(none.sizes, 100, lambda count: 7) == 0
