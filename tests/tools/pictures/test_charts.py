"""Curves of rate and distortion, and blocking."""

from __future__ import annotations

import numpy as np
from drawing import noise
from samples import photograph

import numjpeg
from numjpeg.tools import pictures


def test_the_face_and_the_eye_are_inside_the_photograph() -> None:
    assert photograph().shape == (512, 512, 3)
    left, top, right, bottom = pictures.FACE
    assert 0 <= left < right <= 512
    assert 0 <= top < bottom <= 512


def test_rate_distortion_points() -> None:
    image = noise(32, 48, 3)
    points = pictures.rate_distortion(image, [10, 60], "4:4:4")
    data = numjpeg.encode(image, 60, subsampling="4:4:4")
    assert points[1] == (60, 8 * len(data) / (32 * 48), numjpeg.psnr(image, numjpeg.decode(data)))
    picture = pictures.draw_rate_distortion({"a": points, "b": [p._replace(psnr=p.psnr + 1) for p in points]})
    other = pictures.draw_rate_distortion({"a": points, "b": [p._replace(psnr=p.psnr + 2) for p in points]})
    assert (np.asarray(picture) != np.asarray(other)).any()
