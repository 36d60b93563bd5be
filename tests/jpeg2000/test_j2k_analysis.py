"""A picture to code-blocks: the errors that the encoder reckons with are those of the decoded picture."""

from __future__ import annotations

import numpy as np
import pytest
from j2k_samples import photo

from numjpeg import jpeg2000
from numjpeg.jpeg2000 import analysis, plan, wavelet


@pytest.mark.parametrize("reversible", [False, True])
@pytest.mark.parametrize(("orientation", "level"), [(0, 3), (1, 1), (2, 2), (3, 1), (3, 3)])
def test_what_a_unit_makes_in_the_picture(orientation: int, level: int, reversible: bool) -> None:
    scale = 1 << 12 if reversible else 1
    bands = [np.zeros((16, 16), np.int32 if reversible else np.float32) for _ in range(4)]
    bands[orientation][8, 8] = scale
    samples = wavelet.inverse(*bands, 0, 0, reversible)
    for _ in range(level - 1):
        rest = np.zeros_like(samples)
        samples = wavelet.inverse(samples, rest, rest, rest, 0, 0, reversible)
    found = np.sqrt(np.sum((samples / scale) ** 2.0))
    assert found == pytest.approx(analysis.synthesis_norm(orientation, level, reversible), rel=0.01)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_error_it_reckons_with_is_that_of_the_picture(channels: int) -> None:
    image = photo(64, 96, channels)
    target = plan.Target(None, 30.0)
    made = plan.make_plan(
        plan.checked_image(image), target, reversible=None, layers=1, progression="LRCP", tile_size=None, levels=3,
        code_block_size=(16, 16), high_throughput=False, workers=1,
    )  # fmt: skip
    picture = analysis.code_picture(plan.checked_image(image), made, None, 16.0)
    expected = picture.energy - sum(float(np.sum(block.gains)) for block in picture.coded)
    data = jpeg2000.encode(image, target_psnr=30.0, levels=3, code_block_size=(16, 16))
    error = float(np.sum((jpeg2000.decode(data).astype(float) - image) ** 2))
    assert 0.3 < error / expected < 3
    assert picture.energy == pytest.approx(
        float(np.sum((image - 128.0) ** 2)), rel=0.02 if channels == 1 else 0.15
    )
