"""Where of some components only the DC is kept, lanes and walk give what the whole blocks have there."""

from __future__ import annotations

import numpy as np
import pillow
import pytest
import samples
from lane_reading import read

from numjpeg.fast.codewords import lanes

PHOTOGRAPH = samples.photograph()[:200, :312]
SOME = [[1, 64, 64], [1, 1, 1], [64, 1, 64], [64, 64, 1]]


@pytest.fixture(autouse=True)
def lanes_for_small_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "SERIAL_BELOW", 64)
    monkeypatch.setattr(lanes, "AUTOMATON_BELOW", 0)
    monkeypatch.setattr(lanes, "LANES", 40)  # pieces end within MCUs


FILES = {
    "4:2:0": pillow.save(PHOTOGRAPH, quality=85),
    "4:4:4, values that fit no entry": pillow.save(samples.extremes(90, 120), quality=100, subsampling=0),
    "4:2:2, one table for all": pillow.save(PHOTOGRAPH, quality=85, subsampling=1, optimize=True),
    "restart intervals": pillow.save(PHOTOGRAPH, quality=90, restart_marker_blocks=7),
}


def assert_kept(data: bytes, kept: list[int]) -> None:
    for strict in (False, True):
        (whole, findings, error), _ = read(data, False, strict)
        for in_lanes in (False, True):
            (planes, *others), _ = read(data, in_lanes, strict, kept)
            assert others == [findings, error]
            assert [plane.shape[2] for plane in planes] == kept * (len(planes) // 3)
            for plane, expected in zip(planes, whole, strict=True):
                np.testing.assert_array_equal(plane, expected[..., : plane.shape[2]])


@pytest.mark.usual("4:2:0-kept0", "restart intervals-kept2")
@pytest.mark.parametrize("kept", SOME)
@pytest.mark.parametrize("name", FILES)
def test_what_is_kept_is_that_of_the_whole_blocks(name: str, kept: list[int]) -> None:
    assert_kept(FILES[name], kept)


@pytest.mark.usual("4:2:0")
@pytest.mark.parametrize("name", FILES)
def test_damage_is_found_in_what_is_not_kept_as_well(name: str) -> None:
    data, random = FILES[name], np.random.default_rng(5)
    start = data.index(b"\xff\xda") + 20
    for number in range(8):
        broken = bytearray(data)
        place = int(random.integers(start, len(data) - 20))
        if number % 2:
            broken[place] ^= 1 << int(random.integers(8))
        else:
            broken[place : place + 12] = b"\xff\x00" * 6  # code words that no table has
        assert_kept(bytes(broken), SOME[number % len(SOME)])
