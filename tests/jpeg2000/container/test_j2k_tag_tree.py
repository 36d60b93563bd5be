"""Tag trees come back as they were written; the example of T.800 B.10.2 has its bits."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.jpeg2000.container.tag_tree import TagTree


def test_the_example_of_the_standard() -> None:
    """Figure B.12: a grid of 6 x 3, whose first leaves are coded as 01111, 001, 101."""
    values = [1, 3, 2, 3, 2, 3, 2, 2, 1, 4, 3, 2, 2, 2, 2, 2, 1, 2]
    tree, bits = TagTree(6, 3, values), []
    for x in range(3):
        own: list[int] = []
        tree.write(x, 0, values[x] + 1, own.append)
        bits.append("".join(map(str, own)))
    assert bits == ["01111", "001", "101"]


@pytest.mark.parametrize("shape", [(1, 1), (5, 1), (3, 4), (9, 7)])
def test_both_directions_by_growing_thresholds(shape: tuple[int, int]) -> None:
    width, height = shape
    values = np.random.default_rng(width).integers(0, 6, width * height).tolist()
    writer, reader = TagTree(width, height, values), TagTree(width, height)
    bits: list[int] = []
    for threshold in (1, 2, 4, 7):
        for i, value in enumerate(values):
            y, x = divmod(i, width)
            writer.write(x, y, threshold, bits.append)
            left = iter(bits)
            assert reader.read(x, y, threshold, lambda left=left: next(left)) == (value < threshold)  # type: ignore[misc]
            assert next(left, None) is None
            bits.clear()
            if value < threshold:
                assert reader.value(x, y) == value
