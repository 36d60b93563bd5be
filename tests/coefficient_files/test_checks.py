"""What ``write_coefficients`` refuses: what is no set of planes, and what a file of 8 bits has no codes for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import samples

import numjpeg

PICTURE = samples.smooth(33, 47)


def changed(**parts: object) -> numjpeg.Coefficients:
    return replace(numjpeg.read_coefficients(numjpeg.encode(PICTURE)), **parts)


def test_planes_that_are_no_arrays_are_refused() -> None:
    planes = [plane.tolist() for plane in changed().planes]
    with pytest.raises(TypeError, match=r"^planes: number 0 is a list"):
        numjpeg.write_coefficients(changed(planes=planes))


def flat(rows: int, columns: int) -> numjpeg.Coefficients:
    """4:2:0, all zeros, ``rows`` x ``columns`` MCUs."""
    components = tuple(numjpeg.Component(i, 2 - (i > 0), 2 - (i > 0), 0) for i in range(3))
    planes = [np.zeros((rows * c.V, columns * c.H, 8, 8), np.int16) for c in components]
    return numjpeg.Coefficients(16 * rows, 16 * columns, components, planes, {0: np.ones((8, 8), np.uint16)})


WAYS = [{}, {"optimize": True}, {"optimize": False}, {"progressive": True}]


@pytest.mark.parametrize("options", WAYS)
@pytest.mark.parametrize("component", [0, 1])
@pytest.mark.parametrize("sign", [-1, 1])
def test_ac_coefficients_of_more_than_10_bits_are_refused(options: dict, component: int, sign: int) -> None:
    """F.1.2.2.1, Table F.2; cjpeg and jpegtran refuse them, too."""
    c = flat(3, 3)
    c.planes[component][1, 2, 3, 4] = sign * 1023
    again = numjpeg.read_coefficients(numjpeg.write_coefficients(c, **options))
    assert np.array_equal(again.planes[component], c.planes[component])
    c.planes[component][1, 2, 3, 4] = sign * 1024
    with pytest.raises(ValueError, match=rf"^planes: AC .*block \(1, 2\) of component {component} .*1023"):
        numjpeg.write_coefficients(c, **options)


@pytest.mark.parametrize("options", WAYS)
def test_dc_differences_of_more_than_11_bits_are_refused(options: dict) -> None:
    c = flat(2, 3)
    # Coded before block (2, 3) of luminance, the second one of its MCU, is block (2, 2).
    c.planes[0][2, 2, 0, 0], c.planes[0][2, 3, 0, 0] = 1000, -1047
    again = numjpeg.read_coefficients(numjpeg.write_coefficients(c, **options))
    assert np.array_equal(again.planes[0], c.planes[0])
    # A first progressive scan leaves out one bit of them.
    c.planes[0][2, 2, 0, 0], c.planes[0][2, 3, 0, 0] = (2040, -2060) if "progressive" in options else (1000, -1048)
    wrong = -2050 if "progressive" in options else -2048
    with pytest.raises(ValueError, match=rf"^planes: .*DC .*block \(2, 3\) of component 0 .* {wrong}, .*2047"):
        numjpeg.write_coefficients(c, **options)


def test_large_dc_coefficients_that_differ_by_little_are_written() -> None:
    """T.81 bounds the difference alone, and restarts make it the coefficient itself."""
    c = flat(2, 2)
    c.planes[0][..., 0, 0] = 2047
    c.planes[0][1, 1, 0, 0] = 4000
    again = numjpeg.read_coefficients(numjpeg.write_coefficients(c))
    assert np.array_equal(again.planes[0], c.planes[0])
    c.planes[0][..., 0, 0] = 2047
    c.planes[0][0, 2, 0, 0] = 4000
    numjpeg.write_coefficients(c)
    with pytest.raises(ValueError, match=r"^planes: .*block \(0, 2\) of component 0 .*4000"):
        numjpeg.write_coefficients(replace(c, restart_interval=1))


def test_differences_are_those_of_the_scan() -> None:
    """Blocks that follow each other in an MCU are not those that follow each other in a row."""
    c = flat(1, 2)
    c.planes[0][0, :, 0, 0] = -1500, 500, 1500, 1000  # between MCUs stand the two blocks of the row below
    c.planes[0][1, :, 0, 0] = 500, 500, 500, 500
    apart = [(i, 0, 0, 0, 0) for i in range(3)] + [(i, 1, 63, 0, 0) for i in range(3)]
    for options in ({}, {"scans": apart}):
        assert numjpeg.write_coefficients(c, **options)
    c.planes[0][0, :, 0, 0] = -1500, -600, 1600, 1000
    assert numjpeg.write_coefficients(c)
    with pytest.raises(ValueError, match=r"^planes: .*block \(0, 2\) of component 0 .*2200"):
        numjpeg.write_coefficients(c, scans=apart)
    shifted = [(i, 0, 0, 0, 1) for i in range(3)] + [(i, 0, 0, 1, 0) for i in range(3)] + apart[3:]
    again = numjpeg.read_coefficients(numjpeg.write_coefficients(c, scans=shifted))
    assert np.array_equal(again.planes[0], c.planes[0])
