"""Curves of rate and distortion; and lanes, which are drawn from the bits of the picture."""

from __future__ import annotations

import numpy as np
from drawing import noise

import numjpeg
from numjpeg.tools.pictures import charts


def test_rate_distortion_points() -> None:
    image = noise(32, 48, 3)
    points = charts.rate_distortion(image, [10, 60], "4:4:4")
    data = numjpeg.encode(image, 60, subsampling="4:4:4")
    assert points[1] == (60, 8 * len(data) / (32 * 48), numjpeg.psnr(image, numjpeg.decode(data)))
    picture = charts.draw_rate_distortion({"a": points, "b": [p._replace(psnr=p.psnr + 1) for p in points]})
    other = charts.draw_rate_distortion({"a": points, "b": [p._replace(psnr=p.psnr + 2) for p in points]})
    assert (np.asarray(picture) != np.asarray(other)).any()


def test_lanes_are_drawn_from_the_bits_of_the_picture() -> None:
    image = noise(40, 56, 3)
    picture, again, other = (np.asarray(charts.draw_lanes(image, quality)) for quality in (30, 30, 31))
    np.testing.assert_array_equal(picture, again)
    assert picture.shape != other.shape or (picture != other).any()
    assert charts.draw_lanes(noise(1, 1, 3)).width == 1300
    orange, blue = (np.array(tuple(bytes.fromhex(color[1:]))) for color in (charts.ORANGE, charts.BLUE))
    chart = picture[170:-90]
    right, wrong = (chart == blue).all(-1), (chart == orange).all(-1)
    assert right.any()
    assert wrong.any()
    first = right[:20].any(-1).argmax() + 2  # the first lane knows, from its first bit on
    assert right[first, 101]
    assert not wrong[first].any()
    for row in range(len(chart)):  # right once, right for ever, until the next one takes over
        if right[row].any() and wrong[row].any():
            assert np.flatnonzero(wrong[row])[-1] < np.flatnonzero(right[row])[0]
