"""JPEG beside JPEG 2000."""

from __future__ import annotations

from io import BytesIO

import pytest
import samples
from PIL import Image

from numjpeg.metrics import psnr
from numjpeg.tools.study import codecs
from numjpeg.tools.study.views import at_ratio, at_reachable, from_parts


def test_views_from_parts_of_a_file() -> None:
    """Both show the whole picture early, better with every byte; and layers are what a shorter file holds."""
    picture = samples.photograph()
    for views in from_parts(picture, 20):
        scores = [psnr(picture, view.picture) for view in views]
        assert scores == sorted(scores)
        assert scores[0] + 5 < scores[-1]
    first = views[0]
    stream = BytesIO()
    options = {"no_jp2": True, "mct": 1, "irreversible": True, "quality_mode": "rates", "quality_layers": [200]}
    Image.fromarray(picture).save(stream, "JPEG2000", **options)
    assert len(stream.getvalue()) == pytest.approx(first.bytes, rel=0.02)
    alone = codecs.decode_by_pillow(stream.getvalue())
    assert psnr(picture, first.picture) == pytest.approx(psnr(picture, alone), abs=0.5)


def test_views_at_a_ratio() -> None:
    picture = samples.photograph()
    views = at_ratio(picture, 60)
    plain, tuned, restored, wavelet = (psnr(picture, view.picture) for view in views)
    assert all(0.9 * picture.nbytes / 60 < view.bytes <= 1.01 * picture.nbytes / 60 for view in views[1:])
    assert plain < tuned < restored < wavelet
    with pytest.raises(ValueError, match="does not fit"):
        at_ratio(picture, 2000)


def test_views_of_a_single_pixel() -> None:
    """Its file is hundreds of times larger than it, which is no reason to show nothing."""
    shown, ratio = at_reachable(at_ratio, samples.flat(1, 1), 100.0)
    assert len(shown) == 4
    assert 0.001 < ratio < 0.1
    assert all(view.picture.shape == (1, 1, 3) for view in shown)
