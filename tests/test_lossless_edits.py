"""Lossless edits equal jpegtran's files to the byte."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

import numjpeg
from numjpeg.lossless_edits import OPERATIONS, transform

JPEGTRAN = {
    "none": [],
    "flip_horizontal": ["-flip", "horizontal"],
    "flip_vertical": ["-flip", "vertical"],
    "rotate_90": ["-rotate", "90"],
    "rotate_180": ["-rotate", "180"],
    "rotate_270": ["-rotate", "270"],
    "transpose": ["-transpose"],
    "transverse": ["-transverse"],
}
KINDS = {
    "4:4:4": {"subsampling": "4:4:4"},
    "4:2:2": {"subsampling": "4:2:2"},
    "4:4:0": {"subsampling": "4:4:0"},
    "4:2:0": {"subsampling": "4:2:0"},
    "4:1:1": {"subsampling": "4:1:1"},
    "restart": {"restart_marker_blocks": 3},
    "progressive": {"progressive": True},
    "keep_rgb": {"keep_rgb": True},
    "metadata": {"dpi": (300, 200), "comment": "a comment", "icc_profile": b"profile" * 9},
}


def picture(height: int, width: int, channels: int = 3) -> np.ndarray:
    rng = np.random.default_rng(height * 1000 + width)
    coarse = rng.integers(0, 256, (height // 5 + 2, width // 5 + 2, channels))
    return np.repeat(np.repeat(coarse, 5, 0), 5, 1)[:height, :width].astype(np.uint8)


def files(height: int, width: int) -> dict[str, bytes]:
    found = {name: numjpeg.encode(picture(height, width), 80, **options) for name, options in KINDS.items()}
    found["gray"] = numjpeg.encode(picture(height, width, 1)[..., 0], 80)
    found["gray 2x2"] = numjpeg.encode(picture(height, width, 1)[..., 0], 80, subsampling="4:2:0")
    found["cmyk"] = numjpeg.encode(picture(height, width, 4), 80, colorspace="CMYK")
    return found


@pytest.fixture
def jpegtran(cjpeg: str, tmp_path: Path):
    def run(data: bytes, *arguments: str) -> bytes | None:
        (tmp_path / "in.jpg").write_bytes(data)
        command = [str(Path(cjpeg).with_name("jpegtran")), "-copy", "all", *arguments, str(tmp_path / "in.jpg")]
        done = subprocess.run(command, capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else None

    return run


@pytest.mark.parametrize("size", [(32, 48), (37, 61), (64, 17), (7, 100)])
@pytest.mark.parametrize("operation", JPEGTRAN)
def test_every_operation_equals_jpegtran(jpegtran, operation: str, size: tuple[int, int]) -> None:
    assert JPEGTRAN.keys() == OPERATIONS.keys()
    for name, data in files(*size).items():
        for trim in (False, True):
            expected = jpegtran(data, *JPEGTRAN[operation], *["-trim"] * trim)
            assert transform(data, operation, trim=trim) == expected, (name, trim)
        if name not in ("4:2:0", "4:1:1", "cmyk"):
            continue
        perfect = jpegtran(data, *JPEGTRAN[operation], "-perfect")
        if perfect is None:
            with pytest.raises(ValueError, match="perfect"):
                transform(data, operation, perfect=True)
        else:
            assert transform(data, operation, perfect=True) == perfect, name


@pytest.mark.parametrize(
    "crop", ["20x25+17+9", "20fx25f+17+9", "44x28+17+9", "1x1+0+0", "61x37+0+0", "30x1f+5+36"]
)
@pytest.mark.parametrize("operation", ["none", "rotate_180", "flip_horizontal"])
def test_crops_equal_jpegtran(jpegtran, crop: str, operation: str) -> None:
    for name, data in files(37, 61).items():
        for trim in (False, True):
            expected = jpegtran(data, *JPEGTRAN[operation], "-crop", crop, *["-trim"] * trim)
            assert expected is not None
            assert transform(data, operation, crop=crop, trim=trim) == expected, (name, trim)


@pytest.mark.parametrize("operation", ["rotate_90", "rotate_270", "transverse"])
def test_crops_of_turned_pictures_equal_jpegtran(jpegtran, operation: str) -> None:
    for name, data in files(37, 61).items():
        for crop in ("20x30+16+8", "37x20+0+41", "30x61+7+0"):
            for trim in (False, True):
                expected = jpegtran(data, *JPEGTRAN[operation], "-crop", crop, *["-trim"] * trim)
                assert transform(data, operation, crop=crop, trim=trim) == expected, (name, crop, trim)


@pytest.mark.parametrize("region", ["20x10+17+9", "1x1+60+36", "61x37+0+0"])
def test_wiping_equals_jpegtran(jpegtran, region: str) -> None:
    for name, data in files(37, 61).items():
        assert transform(data, wipe=region) == jpegtran(data, "-wipe", region), name


@pytest.mark.parametrize(
    ("left", "top", "size"), [(0, 0, (16, 16)), (16, 16, (21, 45)), (5, 3, (20, 40)), (45, 21, (16, 16))]
)
def test_dropping_equals_jpegtran(jpegtran, tmp_path: Path, left: int, top: int, size: tuple[int, int]) -> None:
    others = files(*size)
    for name, data in files(37, 61).items():
        other = tmp_path / "other.jpg"
        other.write_bytes(others[name])
        expected = jpegtran(data, "-drop", f"+{left}+{top}", str(other))
        assert expected is not None
        assert transform(data, drop=(others[name], left, top)) == expected, name


def test_gray_optimized_and_progressive_equal_jpegtran(jpegtran) -> None:
    for name, data in files(37, 61).items():
        if name not in ("cmyk", "keep_rgb"):
            assert transform(data, grayscale=True) == jpegtran(data, "-grayscale"), name
            assert transform(data, "rotate_90", grayscale=True) == jpegtran(data, "-rotate", "90", "-grayscale"), (
                name
            )
        assert transform(data, "flip_vertical", optimize=True) == jpegtran(
            data, "-flip", "vertical", "-optimize"
        ), name
        assert transform(data, "flip_vertical", progressive=True) == jpegtran(
            data, "-flip", "vertical", "-progressive"
        ), name
