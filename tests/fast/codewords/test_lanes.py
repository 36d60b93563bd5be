"""The lanes give the literal reader's blocks, findings and errors, and leave next to nothing to it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples
from lane_reading import assert_same, broken, scans_of
from PIL import Image

import numjpeg
from numjpeg.errors import JpegError
from numjpeg.fast.codewords import lanes


def tiled(height: int, width: int) -> np.ndarray:
    """The photograph and its mirror images, cut to size."""
    photograph = samples.photograph()
    pair = np.concatenate([photograph, photograph[:, ::-1]], axis=1)
    four = np.concatenate([pair, pair[::-1]])
    return np.tile(four, (-(-height // 1024), -(-width // 1024), 1))[:height, :width]


PHOTOGRAPH = tiled(200, 312)
TILE = np.tile(samples.photograph()[200:232, 200:232], (20, 20, 1))


@pytest.fixture(autouse=True)
def lanes_for_small_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "SERIAL_BELOW", 64)
    monkeypatch.setattr(lanes, "AUTOMATON_BELOW", 0)


@pytest.mark.usual(every=5)
@pytest.mark.parametrize("quality", [10, 50, 85, 97])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("optimize", [False, True])
def test_photographs(quality: int, subsampling: int, optimize: bool) -> None:
    data = pillow.save(PHOTOGRAPH, quality=quality, subsampling=subsampling, optimize=optimize)
    result, walked = assert_same(data)
    assert result[1:] == ([], None)
    assert walked == 0


PICTURES = {
    "gray": pillow.save(PHOTOGRAPH[..., 1], quality=90),
    "cmyk": pillow.save(samples.smooth(120, 90, 4), "CMYK", quality=90),
    "noise": pillow.save(samples.noise(90, 120), quality=100),
    "extremes": pillow.save(samples.extremes(90, 120), quality=100, optimize=True),
    "smooth": pillow.save(samples.smooth(300, 200), quality=75),
    "flat": pillow.save(samples.flat(700, 700), quality=75),
    "flat, 4:4:4": pillow.save(samples.flat(700, 700), quality=75, subsampling=0),
    "tile": pillow.save(TILE, quality=95),
    "rgb": pillow.save(PHOTOGRAPH, quality=80, keep_rgb=True),
    "every MCU a restart interval": pillow.save(PHOTOGRAPH, quality=85, restart_marker_blocks=1),
    "restart intervals of 7": pillow.save(PHOTOGRAPH, quality=85, subsampling=0, restart_marker_blocks=7),
    "restart intervals of rows": pillow.save(PHOTOGRAPH, quality=95, restart_marker_rows=3),
    "a line of pixels": pillow.save(tiled(1, 20000), quality=90),
    "a column of pixels": pillow.save(tiled(20000, 1), quality=90),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(name: str) -> None:
    result, walked = assert_same(PICTURES[name])
    assert result[1:] == ([], None)
    assert walked == 0


@pytest.mark.parametrize("name", ["4:4:0", "4:1:1", "4:1:0"])
def test_sampling_factors(name: str) -> None:
    assert assert_same(numjpeg.encode(PHOTOGRAPH, 90, subsampling=name))[1] == 0


def test_scans_of_one_component(cjpeg: str, tmp_path: Path) -> None:
    """Not interleaved, and tables of 16-bit codes."""
    script, ppm = tmp_path / "scans", tmp_path / "picture.ppm"
    script.write_text("0;\n1 2;\n")
    Image.fromarray(PHOTOGRAPH).save(ppm)
    for sample in ("2x2", "1x2,1x1,1x1"):
        arguments = [cjpeg, "-quality", "95", "-sample", sample, "-scans", str(script), str(ppm)]
        data = subprocess.run(arguments, check=True, capture_output=True).stdout
        assert len(scans_of(data)) == 2
        assert assert_same(data)[1] == 0


# --- faults ----------------------------------------------------------------------------------------------

TO_BREAK = [
    pillow.save(PHOTOGRAPH, quality=90),
    pillow.save(PHOTOGRAPH, quality=80, subsampling=0),
    pillow.save(PHOTOGRAPH[..., 0], quality=90, optimize=True),
    pillow.save(PHOTOGRAPH, quality=90, restart_marker_blocks=3),
    pillow.save(PHOTOGRAPH, quality=90, optimize=True, restart_marker_rows=2),
]


@pytest.mark.usual("1-0")
@pytest.mark.parametrize("part", range(2))
@pytest.mark.parametrize("number", range(len(TO_BREAK)))
def test_broken_data(number: int, part: int) -> None:
    """The same bands, findings and error: text, offset and MCU."""
    random = np.random.default_rng([number, part])
    errors = 0
    for _ in range(20):
        errors += assert_same(broken(TO_BREAK[number], random))[0][2] is not None
    assert errors > 2


@pytest.mark.parametrize("interval", [0, 40])
def test_a_fault_is_read_from_the_last_certain_mcu_on(interval: int) -> None:
    """Near the end of the data an illegal code: of thousands of MCUs a few are read serially."""
    data = pillow.save(tiled(512, 1024), quality=85, restart_marker_blocks=interval)
    place = int(len(data) * 0.98)
    damaged = bytearray(data)
    damaged[place : place + 16] = b"\xff\x00" * 8
    (_, _, error), walked = assert_same(bytes(damaged))
    assert error is not None
    assert walked <= 64


@pytest.mark.parametrize("interval", [0, 7, 32])
def test_trailing_bytes_are_a_remark(interval: int) -> None:
    data = pillow.save(tiled(512, 512), quality=85, restart_marker_blocks=interval)
    (_, findings, error), walked = assert_same(data[:-2] + b"abc" + data[-2:])
    assert [(found.kind, found.what) for found in findings] == [
        ("remark", "3 bytes are left over at the end of a scan")
    ]
    assert error is None
    assert walked == 0


@pytest.mark.parametrize("interval", [1, 7, 32])
def test_bytes_in_front_of_restart_markers_are_read_in_lanes(interval: int) -> None:
    data = pillow.save(tiled(512, 512), quality=85, restart_marker_blocks=interval)
    for stray, in_doubt in ((b"\xff\x00", False), (b"\x12\x34", True)):
        changed = data.replace(b"\xff\xd3", stray + b"\xff\xd3")
        (_, findings, error), walked = assert_same(changed)
        assert error is None
        assert walked == 0
        assert len(findings) == data.count(b"\xff\xd3")
        assert all((found.mcus is not None) == in_doubt for found in findings)


# --- the corpus ------------------------------------------------------------------------------------------


@pytest.mark.corpus
@pytest.mark.usual("sample")
def test_every_file_of_the_corpus(corpus: Path, manifest: list[dict[str, str]]) -> None:
    count = 0
    for row in manifest:
        data = (corpus / row["path"]).read_bytes()
        if len(data) > 300_000:
            continue
        try:
            scans = scans_of(data)
        except JpegError:
            continue
        if not scans or scans[0].frame.progressive or scans[0].frame.arithmetic or scans[0].frame.lossless:
            continue
        _, walked = assert_same(data)
        if row["category"] == "baseline":
            assert walked == 0, row["path"]
        count += 1
    assert count > (200 if len(manifest) > 500 else 30)


# --- the picture -----------------------------------------------------------------------------------------


def test_what_a_lane_knows() -> None:
    data = pillow.save(tiled(256, 256), quality=85, subsampling=0)
    (scan,) = scans_of(data)
    states = lanes.lane_states(data, scan, 64)
    assert states.dtype == np.uint8
    assert set(np.unique(states)) == {0, 1, 2}
    assert (states[0] != 1).all()  # the first lane knows
    for row in states:  # right once, right for ever, until the next one takes over
        order = row[row > 0].astype(int)
        assert (np.diff(order) >= 0).all()
    assert (states == 2).mean() > 0.3
