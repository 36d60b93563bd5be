"""Pictures that a plan encodes are, byte for byte, those of the literal form: alone, in a row, side by side."""

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
from numjpeg import arguments, encoder
from numjpeg.fast.codewords.tokens import Tokens
from numjpeg.fast.encode_plan import BYTES_A_BLOCK, EncodePlan
from numjpeg.fast.plan_store import PLANS, PlanStore

SAMPLINGS = ("4:4:4", "4:2:2", "4:4:0", "4:2:0", "4:1:1", "4:1:0", "3x1", "1x3", "2x2,2x1,1x2", "1x1,2x2,1x1")
Case = tuple[np.ndarray, dict[str, Any]]


def make_case(number: int) -> Case:
    """A picture and options, most of which go by a plan."""
    chance = random.Random(number)
    height, width = chance.randint(1, 300), chance.randint(1, 300)
    channels = chance.choice([1, 3, 3, 3, 3, 4])
    kind = chance.choice([samples.smooth, samples.smooth, samples.noise, samples.extremes])
    options: dict[str, Any] = {"quality": chance.randint(1, 100)}
    if channels == 4:
        options |= {"colorspace": "CMYK"}
    if channels == 3:
        options |= chance.choice([{}, {}, {"colorspace": "BGR"}, {"colorspace": "YCbCr"}, {"keep_rgb": True}])
        if not options.get("keep_rgb"):
            options |= {"subsampling": chance.choice(SAMPLINGS)}
    options |= chance.choice(
        [{}, {}, {"restart_marker_blocks": chance.randint(1, 50)}, {"restart_marker_rows": chance.randint(1, 3)}]
    )
    options |= chance.choice([{}, {}, {"optimize": True}])
    if chance.random() < 0.2:
        tables = np.random.default_rng(number).integers(1, 256, (chance.randint(1, 4), 64))
        options |= {"qtables": tables.tolist(), "quality": None}
    if chance.random() < 0.1:
        options |= {"qtables": [list(range(300, 364))], "quality": None}
    return kind(height, width, channels), options


def literally(monkeypatch: pytest.MonkeyPatch, call: Callable[[], Any]) -> Any:
    """What a call gives without the fast forms."""
    with monkeypatch.context() as context:
        context.setattr(numjpeg.scans, "_fast_forms_enabled", False)
        return call()


@pytest.mark.usual(every=4)
@pytest.mark.parametrize("number", range(120))
def test_files_equal_those_of_the_literal_form_twice(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time the plan is an old one."""
    image, options = make_case(number)
    expected = literally(monkeypatch, lambda: numjpeg.encode(image, **options))
    other = 255 - image
    assert numjpeg.encode(image, **options) == expected
    numjpeg.encode(other, **options)  # a plan is made when a kind comes again
    assert numjpeg.encode(image, **options) == expected


@pytest.mark.usual(every=4)
@pytest.mark.parametrize("name", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("side", [1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 64])
def test_files_equal_pillow_s(name: str, side: int) -> None:
    for image in (samples.smooth(side, 40, 3), samples.noise(40, side, 3), samples.extremes(side, side, 3)):
        for quality in (1, 75, 100):
            options = {"quality": quality, "subsampling": name}
            for more in ({}, {}, {"optimize": True}, {"restart_marker_blocks": 3}):
                assert numjpeg.encode(image, **options, **more) == pillow.save(image, **options, **more)


def together(images: list[np.ndarray], **options: Any) -> list[bytes]:
    """Files of one plan."""
    defaults = {name: value for name, value in numjpeg.encode.__kwdefaults__.items() if name != "progress"}
    quality = options.pop("quality", None)
    plans = [arguments.plan_encoding(image, quality=quality, **(defaults | options)) for image in images]
    assert all(plan.settings is plans[0].settings for plan in plans)
    assert encoder.most_together(plans[0].settings) >= len(plans)
    return encoder.run_together(plans)


@pytest.mark.parametrize("number", range(30))
def test_pictures_together_are_what_they_are_alone(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(number)
    height, width, count = chance.randint(1, 60), chance.randint(1, 60), chance.randint(2, 9)
    channels = chance.choice([1, 3, 3])
    kinds = [samples.smooth, samples.noise, samples.extremes]
    images = [chance.choice(kinds)(height, width, channels) for _ in range(count)]
    options: dict[str, Any] = {"quality": chance.randint(1, 100)}
    if channels == 3:
        options |= {"subsampling": chance.choice(SAMPLINGS)}
    options |= chance.choice([{}, {"restart_marker_blocks": chance.randint(1, 5)}, {"restart_marker_rows": 1}])
    expected = literally(monkeypatch, lambda: [numjpeg.encode(image, **options) for image in images])
    assert together(images, **options) == expected
    assert together(images[::-1], **options) == expected[::-1]


def test_a_token_too_long_for_the_look_up_takes_the_literal_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coefficient 63 alone, with ten bits: behind three ZRLs of 11 bits it makes a token of 59."""
    wave = np.cos(np.pi * (2 * np.arange(8) + 1) * 7 / 16)
    block = np.rint(np.outer(wave, wave) / np.square(wave).max() * 127 + 128).astype(np.uint8)
    table = np.full((8, 8), 255)
    table[7, 7] = 1
    expanded = []
    expand = Tokens.expand
    monkeypatch.setattr(Tokens, "expand", lambda self, scan: expanded.append(1) or expand(self, scan))
    image = np.tile(block, (3, 4))
    expected = pillow.save(image, qtables=[table.ravel().tolist()])
    for _ in range(2):
        assert numjpeg.encode(image, qtables=[table]) == expected
    assert len(expanded) == 2
    stack = [image, 255 - image, np.zeros_like(image)]
    assert together(stack, quality=100) == [pillow.save(own, quality=100) for own in stack]


def test_threads_do_not_share_a_plan() -> None:
    images = [samples.noise(120, 90, 3) for _ in range(4)] * 10
    expected = [pillow.save(image, quality=80) for image in images]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda image: numjpeg.encode(image, 80), images)) == expected


def test_a_plan_is_used_again_and_its_memory_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    store = PlanStore()
    monkeypatch.setattr("numjpeg.fast.plan_store.PLANS", store)
    made = []
    make = EncodePlan.__init__
    monkeypatch.setattr(EncodePlan, "__init__", lambda self, *args: made.append(1) or make(self, *args))
    image = samples.smooth(64, 64, 3)
    for quality in (80, 80, 81, 81, 80, 81, 82):
        numjpeg.encode(image, quality)
    assert (len(made), len(store)) == (2, 3)  # of 82 there is a promise
    expected = 3 * 96 * BYTES_A_BLOCK
    assert 0.9 < store.nbytes / expected < 1.1


def test_kinds_that_do_not_fit_the_store_together_get_no_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numjpeg.fast.plan_store.PLANS", PlanStore(2 * 96 * BYTES_A_BLOCK))
    monkeypatch.setattr(EncodePlan, "__init__", lambda *_args: pytest.fail("a plan was made in vain"))
    image = samples.smooth(64, 64, 3)
    for quality in (80, 81, 82) * 3:
        assert numjpeg.encode(image, quality) == pillow.save(image, quality=quality)


def test_the_store_stays_within_its_bound() -> None:
    for side in range(200, 250, 2):
        numjpeg.encode(samples.smooth(side, side, 3))
    assert 0 < PLANS.nbytes <= PLANS.capacity
