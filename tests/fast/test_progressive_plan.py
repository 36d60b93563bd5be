"""Progressive files that a plan makes of small pictures equal those of the literal form and of Pillow."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pillow
import pytest
import samples

import numjpeg
import numjpeg.scans
from numjpeg.container.frame import frame_of
from numjpeg.container.scripts import default_script, make_scans
from numjpeg.fast.plan_store import PLANS
from numjpeg.fast.progressive_plan import ProgressivePlan, bytes_of_progressive_plan

SAMPLINGS = ("4:4:4", "4:2:2", "4:4:0", "4:2:0", "4:1:1", "3x1", "2x2,2x1,1x2", "1x1,2x2,1x1")
SCRIPTS = (
    [((0, 1, 2), 0, 0, 0, 0)],  # no AC at all
    [(0, 0, 0, 0, 0), (0, 1, 63, 0, 3), (1, 0, 0, 0, 2), (2, 0, 0, 0, 0), (1, 0, 0, 2, 1), (1, 6, 40, 0, 0)],
    [((0, 1, 2), 0, 0, 0, 0), (0, 1, 63), (1, 1, 63), (2, 1, 63)],
    [((0, 2), 0, 0, 0, 1), (1, 0), (2, 63, 63, 0, 1), ((0, 2), 0, 0, 1, 0), (2, 63, 63, 1, 0), (0, 1, 1)],
)


def literally(monkeypatch: pytest.MonkeyPatch, call: Callable[[], Any]) -> Any:
    """What a call gives without the fast forms."""
    with monkeypatch.context() as context:
        context.setattr(numjpeg.scans, "_fast_forms_enabled", False)
        return call()


def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts the files that plans make."""
    calls: list[int] = []
    file = ProgressivePlan.file
    monkeypatch.setattr(ProgressivePlan, "file", lambda self, picture: calls.append(1) or file(self, picture))
    return calls


def make_case(number: int) -> tuple[np.ndarray, dict[str, Any]]:
    """A picture and options, most of which go by a plan."""
    chance = random.Random(number)
    channels = chance.choice([1, 3, 3, 3, 3, 4])
    kind = chance.choice([samples.smooth, samples.smooth, samples.noise, samples.extremes, samples.flat])
    options: dict[str, Any] = {"quality": chance.choice([chance.randint(1, 100), 95, 100]), "progressive": True}
    if channels == 4:
        options |= {"colorspace": "CMYK"}
    if channels == 3:
        options |= chance.choice([{}, {}, {"colorspace": "BGR"}, {"colorspace": "YCbCr"}, {"keep_rgb": True}])
        if not options.get("keep_rgb"):
            options |= {"subsampling": chance.choice(SAMPLINGS)}
        options |= chance.choice([{}, {"scans": chance.choice(SCRIPTS)}])
    if chance.random() < 0.2:
        options |= {"restart_marker_blocks": chance.randint(1, 9)}  # these go without a plan
    if chance.random() < 0.2:
        options |= {"qtables": [list(range(300, 364))], "quality": None}
    return kind(chance.randint(1, 200), chance.randint(1, 200), channels), options


@pytest.mark.usual(*map(str, range(12)))
@pytest.mark.parametrize("number", range(150))
def test_files_equal_those_of_the_literal_form_twice(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time the plan is an old one."""
    image, options = make_case(number)
    expected = literally(monkeypatch, lambda: numjpeg.encode(image, **options))
    assert numjpeg.encode(image, **options) == expected
    numjpeg.encode(255 - image, **options)  # a plan is made when a kind comes again
    assert numjpeg.encode(image, **options) == expected


def test_most_of_these_go_by_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = made(monkeypatch)
    for number in range(12):
        image, options = make_case(number)
        PLANS.clear()
        for _ in range(2):
            numjpeg.encode(image, **options)
    assert len(calls) >= 6


@pytest.mark.usual(every=2)
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("side", [1, 8, 9, 17, 64])
def test_files_equal_pillow_s(side: int, subsampling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = made(monkeypatch)
    for image in (samples.smooth(side, 40, 3), samples.noise(40, side, 3), samples.extremes(side, side, 3)):
        for quality in (1, 75, 100):
            options = {"quality": quality, "subsampling": subsampling, "progressive": True}
            expected = pillow.save(image, **options)
            for _ in range(2):
                assert numjpeg.encode(image, **options) == expected
    assert len(calls) >= 9


def test_more_correction_bits_than_may_wait() -> None:
    """A coarse chess-board: the last scan has blocks with nothing but correction bits."""
    rows, columns = np.indices((96, 96))
    image = np.where((rows + columns) % 2 > 0, 200, 60).astype(np.uint8)
    image += (rows % 8 * 3 + columns % 8).astype(np.uint8)
    for _ in range(2):
        assert numjpeg.encode(image, quality=99, progressive=True) == pillow.save(
            image, quality=99, progressive=True
        )


def test_threads_do_not_share_a_plan() -> None:
    images = [samples.noise(40, 56, seed=seed) for seed in range(16)]
    expected = [pillow.save(image, quality=80, progressive=True) for image in images]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            found = list(pool.map(lambda image: numjpeg.encode(image, quality=80, progressive=True), images))
            assert found == expected


def test_size_is_about_what_was_promised() -> None:
    image = samples.smooth(100, 90)
    frame = frame_of(numjpeg.read_coefficients(numjpeg.encode(image)), progressive=True)
    script = default_script(frame.components, "YCbCr")
    tables = [np.ones((8, 8), np.uint16)] * 3
    plan = ProgressivePlan(make_scans(frame, script, 0), tables, "RGB", "YCbCr")
    plan.file([image])
    assert plan.nbytes / 2 < bytes_of_progressive_plan(frame, script) < plan.nbytes * 2
