"""The literal pipeline and the fast codec agree, and OpenJPEG with both."""

from __future__ import annotations

import numpy as np
import pytest
from j2k_samples import openjpeg_decode, photo

from numjpeg import jpeg2000
from numjpeg.jpeg2000 import pipeline


@pytest.mark.usual("gray-2.5", "rgb-None")
@pytest.mark.parametrize("step", [None, 2.5])
@pytest.mark.parametrize("image", [photo(33, 41, 1), photo(17, 19)], ids=["gray", "rgb"])
def test_both_directions(image: np.ndarray, step: float | None) -> None:
    data = pipeline.encode(image, step=step)
    decoded = pipeline.decode(data)
    np.testing.assert_array_equal(decoded, openjpeg_decode(data))
    np.testing.assert_array_equal(decoded, jpeg2000.decode(data))
    if step is None:
        np.testing.assert_array_equal(decoded, image)
    rate = None if step is None else 12
    fast = jpeg2000.encode(image, container="j2k", levels=3, bits_per_pixel=rate)
    np.testing.assert_array_equal(pipeline.decode(fast), openjpeg_decode(fast))
