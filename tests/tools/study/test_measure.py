"""One point of a curve, against others' figures."""

from __future__ import annotations

import importlib
import math
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import samples
from PIL import Image

from numjpeg.tools.study.measure import measure


def test_a_point(tmp_path: Path, study: None) -> None:
    picture = samples.photograph()[100:200, 100:220]
    stream = BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    point = measure("face.png", stream.getvalue(), "libjpeg", 75)
    encoded = BytesIO()
    Image.fromarray(picture).save(encoded, "JPEG", quality=75, optimize=True)
    assert point.bytes == len(encoded.getvalue())
    assert point.bpp == pytest.approx(8 * point.bytes / (100 * 120))
    decoded = np.asarray(Image.open(encoded)).astype(float)
    assert point.psnr == pytest.approx(10 * np.log10(255**2 / np.mean((decoded - picture) ** 2)))
    assert 0.8 < point.ssim < 1
    Image.fromarray(picture).save(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_bytes(encoded.getvalue())
    expected = importlib.import_module("ssimulacra2").compute_ssimulacra2(tmp_path / "a.png", tmp_path / "b.jpg")
    assert point.ssimulacra2 == pytest.approx(expected)
    plain = measure("face.png", stream.getvalue(), "libjpeg", 75, perceptual=False)
    assert math.isnan(plain.ssim)
    assert plain.psnr == point.psnr
