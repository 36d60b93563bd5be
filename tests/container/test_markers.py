"""Markers: fill bytes in front of them, application segments anywhere."""

from __future__ import annotations

import numpy as np
import pillow
import pytest
import samples

import numjpeg
from numjpeg.container.segments import build


def test_fill_bytes_in_front_of_markers() -> None:
    data = pillow.save(samples.smooth(33, 50), restart_marker_blocks=2)
    filled = data
    for code in [0xDB, 0xC4, 0xC0, 0xDA, 0xD9, *range(0xD0, 0xD8)]:
        filled = filled.replace(bytes((0xFF, code)), bytes((0xFF, 0xFF, 0xFF, code)))
    assert len(filled) > len(data)
    assert np.array_equal(pillow.load(filled), pillow.load(data))
    assert np.array_equal(numjpeg.decode(filled), pillow.load(data))


@pytest.mark.parametrize("marker", [0xE0, 0xE1, 0xE8, 0xED, 0xEF, 0xFE])
def test_application_segments_anywhere(marker: int) -> None:
    data = pillow.save(samples.smooth(33, 50))
    segment = build(marker, b"anything \xff\xd9\xff\xda at all")
    for code in (0xDB, 0xC0, 0xC4, 0xDA):
        place = data.index(bytes((0xFF, code)))
        changed = data[:place] + segment + data[place:]
        assert np.array_equal(numjpeg.decode(changed), pillow.load(changed))
