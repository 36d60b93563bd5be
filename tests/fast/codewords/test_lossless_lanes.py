"""Lossless reading in lanes against the literal reader: the same pieces, whatever the data."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
import samples

from numjpeg.container.frame import Scan
from numjpeg.container.structure import read_structure
from numjpeg.entropy.lossless_reader import LosslessReader
from numjpeg.fast.codewords import lossless_lanes


def compare(data: bytes, scan: Scan | None = None) -> None:
    structure = read_structure(data, strict=False)
    found = []
    for lanes in (True, False):
        reader = LosslessReader(data, scan or structure.scans[0], structure.sink)
        pieces = list(lossless_lanes.find_pieces(reader) if lanes else reader.walk())
        size = len(reader.bounds)
        per_interval = [[p for p in pieces if p.interval == i] for i in range(size)]
        ends = [np.concatenate([p.ends for p in own] or [[]]) for own in per_interval]
        usable = [end <= bound for end, bound in zip(ends, reader.bounds[1:], strict=False)]
        values = [np.concatenate([p.differences for p in own] or [[]]) for own in per_interval]
        illegal = [sum(len(p.illegal) for p in own) for own in per_interval]
        found.append(
            (
                [end[keep].tolist() for end, keep in zip(ends, usable, strict=False)],
                [value[keep].tolist() for value, keep in zip(values, usable, strict=False)],
                illegal,
            )
        )
    assert found[0] == found[1]
    assert sum(map(len, found[0][0])) > 0


@pytest.fixture(autouse=True)
def short_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lanes and groups so short that a small file has many."""
    monkeypatch.setattr(lossless_lanes, "SERIAL_BELOW", 0)
    monkeypatch.setattr(lossless_lanes, "LEAST_LANE_BITS", 100)
    monkeypatch.setattr(lossless_lanes, "LANES", 7)


PICTURES = {
    "photograph": samples.photograph()[:60, :80],
    "noise": samples.noise(60, 50),
    "flat": samples.flat(200, 200, 1),
    "two levels": (np.arange(20_000).reshape(100, 200) // 7 % 2 * 200).astype(np.uint8),
    "16 bits": np.random.default_rng(0).integers(0, 65536, (60, 50)).astype(np.uint16),
}


@pytest.mark.parametrize("kind", PICTURES)
def test_pictures(imagecodecs: ModuleType, kind: str) -> None:
    image = PICTURES[kind]
    for predictor in (1, 7):
        compare(
            imagecodecs.jpeg8_encode(
                np.ascontiguousarray(image), lossless=True, predictor=predictor, bitspersample=8 * image.itemsize
            )
        )


@pytest.mark.parametrize("few", [0, 1 << 30])
def test_together_and_one_by_one(imagecodecs: ModuleType, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    """Lanes that do not synchronise on their way are read once more, either way."""
    monkeypatch.setattr(lossless_lanes, "WARM_UP", 0)
    monkeypatch.setattr(lossless_lanes, "FEW", few)
    for kind in ("photograph", "two levels", "flat"):
        compare(imagecodecs.jpeg8_encode(np.ascontiguousarray(PICTURES[kind]), lossless=True, predictor=1))


def test_broken_data(imagecodecs: ModuleType) -> None:
    data = imagecodecs.jpeg8_encode(np.ascontiguousarray(PICTURES["photograph"]), lossless=True, predictor=4)
    start = data.index(b"\xff\xda") + 14
    random = np.random.default_rng(1)
    for _ in range(30):
        broken = bytearray(data)
        for place in random.integers(start, len(data) - 2, 5):
            broken[place] = random.integers(0, 255)
        compare(bytes(broken))
    compare(data[: len(data) // 2])
