"""The sheet of JPEG 2000 can be drawn of any photograph, and shows it."""

from __future__ import annotations

import numpy as np
from j2k_samples import photo

from numjpeg.tools.pictures.wavelets import draw_wavelets


def test_any_photograph() -> None:
    image = photo(33, 45)
    drawn, other = draw_wavelets(image), draw_wavelets(255 - image)
    assert drawn.size == other.size
    assert drawn.width > 4 * 150
    assert np.any(np.asarray(drawn) != np.asarray(other))
