"""Frame and scan headers, and the geometry that follows from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pillow
import pytest
import samples

import numjpeg
from numjpeg.coefficients import Component
from numjpeg.container.frame import Frame, Scan, frame_of


def coefficients(**parts: object) -> numjpeg.Coefficients:
    return replace(numjpeg.read_coefficients(pillow.save(samples.flat(20, 30))), **parts)


def test_the_process_follows_from_the_tables() -> None:
    """B.2.2, B.2.4: baseline has 8-bit quantization tables and two Huffman tables of each class."""
    given = coefficients()
    assert frame_of(given).marker == 0xC0
    assert frame_of(given, progressive=True).marker == 0xC2
    wide = {n: np.full((8, 8), 256, np.uint16) for n in given.quantization_tables}
    assert frame_of(coefficients(quantization_tables=wide)).marker == 0xC1
    for field in ("Td", "Ta"):
        third = tuple(replace(c, **{field: 2}) for c in given.components)
        assert frame_of(coefficients(components=third)).marker == 0xC1


@pytest.mark.parametrize(("height", "width"), [(1, 1), (16, 16), (17, 33), (45, 61)])
@pytest.mark.parametrize("factors", [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1)])
def test_sizes(height: int, width: int, factors: tuple[int, int]) -> None:
    """A.1.1, A.2.3, A.2.4: sides of a component, its blocks, and the MCUs, counted one by one."""
    H, V = factors
    components = (Component(1, H, V, 0), Component(2, 1, 1, 0))
    frame = Frame(0xC0, 8, height, width, components)
    assert frame.sample_size(components[0]) == (height, width)
    assert frame.sample_size(components[1]) == (len(range(0, height, V)), len(range(0, width, H)))
    assert frame.block_size(components[0]) == (len(range(0, height, 8)), len(range(0, width, 8)))
    interleaved = Scan(frame, (0, 1), components, {}, 0)
    assert interleaved.mcus == (len(range(0, height, 8 * V)), len(range(0, width, 8 * H)))
    assert interleaved.factors == ((V, H), (1, 1))
    assert interleaved.blocks_per_mcu == H * V + 1
    alone = Scan(frame, (0,), components[:1], {}, 0)
    assert (alone.mcus, alone.factors) == (frame.block_size(components[0]), ((1, 1),))
