"""Progressive files of which scans are missing: smoothed as Pillow smooths them."""

from __future__ import annotations

import numpy as np
import pillow
import pytest
import samples

import numjpeg
from numjpeg.container import markers

SIZES = [(1, 1), (8, 8), (9, 7), (16, 16), (17, 33), (40, 24), (65, 66), (100, 75)]


def scans_cut(data: bytes) -> list[bytes]:
    """The file that ends after its first scan, after its second ..."""
    ends = [
        markers.end_of_scan(data, found.end)
        for found in markers.iterate_segments(data)
        if found.marker == markers.SOS
    ]
    return [data[:end] + b"\xff\xd9" for end in ends]


@pytest.mark.usual("smooth-4:2:0")
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("kind", ["smooth", "noise"])
def test_incomplete_files_are_smoothed_as_pillow_does(kind: str, subsampling: str) -> None:
    make, quality = {"smooth": (samples.smooth, 90), "noise": (samples.noise, 30)}[kind]
    for size in [*SIZES, (24, 64), (64, 8), (33, 17), (49, 20), (130, 40)]:
        data = pillow.save(make(*size), quality=quality, subsampling=subsampling, progressive=True)
        for i, cut in enumerate(scans_cut(data)):
            assert np.array_equal(numjpeg.decode(cut), pillow.load(cut)), (size, i)


@pytest.mark.usual("1-L")
@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (4, "CMYK")])
def test_incomplete_gray_and_cmyk(channels: int, mode: str) -> None:
    for size in SIZES:
        data = pillow.save(samples.smooth(*size, channels), mode, progressive=True)
        for cut in scans_cut(data):
            assert np.array_equal(numjpeg.decode(cut), pillow.load(cut)), size


def test_smoothing_can_be_left_out() -> None:
    """The same coefficients in a sequential file, which Pillow does not smooth."""
    data = pillow.save(samples.smooth(60, 70), progressive=True)
    for i, cut in enumerate(scans_cut(data)):
        plain = numjpeg.decode(cut, block_smoothing=False)
        sequential = numjpeg.write_coefficients(numjpeg.read_coefficients(cut))
        assert np.array_equal(plain, pillow.load(sequential))
        assert np.array_equal(plain, numjpeg.decode(cut)) == (i == 9), i
