"""Scaled decoding equals Pillow's draft; a region is that part of the picture."""

from __future__ import annotations

import io
import tracemalloc
from math import ceil

import numpy as np
import pytest
from PIL import Image, ImageFile

import numjpeg
from numjpeg import scans
from numjpeg.container import view
from numjpeg.container.structure import read_structure

SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:4:0", "4:2:0", "4:1:1", "4:1:0")
SIDES = [(64, 96), (40, 64), (37, 61), (17, 100), (5, 3), (33, 2), (1, 1)]


def picture(height: int, width: int, channels: int = 3) -> np.ndarray:
    rng = np.random.default_rng(height * 100 + width)
    coarse = rng.integers(0, 256, (height // 4 + 2, width // 4 + 2, channels))
    image = np.repeat(np.repeat(coarse, 4, 0), 4, 1)[:height, :width]
    return np.clip(image + rng.integers(-20, 20, image.shape), 0, 255).astype(np.uint8)


def draft(data: bytes, divisor: int) -> np.ndarray:
    """What Pillow gives at a scale; it is asked for a size that no smaller scale reaches."""
    with Image.open(io.BytesIO(data)) as image:
        size = tuple(max(1, side // divisor) for side in image.size)
        image.draft(image.mode, size)
        return np.asarray(image)


@pytest.mark.usual(every=5)
@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_scaled_pictures_equal_pillows_draft(
    subsampling: str, fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scans, "_fast_forms_enabled", fast)
    compared = 0
    for height, width in SIDES:
        data = numjpeg.encode(picture(height, width), 80, subsampling=subsampling, progressive=height == 37)
        for divisor in (2, 4, 8):
            shape = (ceil(height / divisor), ceil(width / divisor), 3)
            scaled = numjpeg.decode(data, scale=1 / divisor)
            assert scaled.shape == shape
            expected = draft(data, divisor)
            if expected.shape == shape:
                np.testing.assert_array_equal(scaled, expected)
                compared += 1
    assert compared >= 12


@pytest.mark.parametrize("divisor", [2, 4, 8])
def test_gray_and_cmyk(divisor: int) -> None:
    gray = numjpeg.encode(picture(48, 80, 1)[..., 0], 70)
    np.testing.assert_array_equal(numjpeg.decode(gray, scale=1 / divisor), draft(gray, divisor))
    cmyk = numjpeg.encode(picture(48, 80, 4), 70, colorspace="CMYK")
    np.testing.assert_array_equal(numjpeg.decode(cmyk, scale=1 / divisor), draft(cmyk, divisor))


def test_real_files_equal_pillows_draft(corpus) -> None:
    compared = 0
    for path in sorted((corpus / "valid" / "sampling").glob("*.jp*g")):
        data = path.read_bytes()
        try:
            header = numjpeg.read_header(data)
            scaled = numjpeg.decode(data, scale=1 / 2)
            expected = draft(data, 2)
        except (numjpeg.UnsupportedError, OSError):
            continue
        if header.colorspace in ("GRAY", "YCbCr") and expected.shape == scaled.shape:
            np.testing.assert_array_equal(scaled, expected, err_msg=path.name)
            compared += 1
    assert compared > 3


@pytest.mark.usual(every=5)
@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"restart_marker_blocks": 2}]
)
@pytest.mark.parametrize("scale", [1, 1 / 2, 1 / 4, 1 / 8])
def test_a_region_is_that_part_of_the_picture(options: dict, scale: float) -> None:
    rng = np.random.default_rng(7)
    for subsampling in SUBSAMPLINGS:
        for height, width in ((150, 61), (3, 70), (40, 5)):
            data = numjpeg.encode(picture(height, width), 80, subsampling=subsampling, **options)
            full = numjpeg.decode(data, scale=scale)
            rows, columns = full.shape[:2]
            for _ in range(4):
                top, left = int(rng.integers(rows)), int(rng.integers(columns))
                region = (
                    top,
                    left,
                    int(rng.integers(1, rows - top + 1)),
                    int(rng.integers(1, columns - left + 1)),
                )
                part = full[top : top + region[2], left : left + region[3]]
                np.testing.assert_array_equal(numjpeg.decode(data, scale=scale, region=region), part)


def test_a_region_of_a_damaged_file() -> None:
    image = picture(90, 120)
    data = numjpeg.encode(image, 80, restart_marker_rows=1)
    broken = data[: len(data) // 2]
    shown = numjpeg.decode(broken, strict=False)
    np.testing.assert_array_equal(
        numjpeg.decode(broken, strict=False, region=(30, 20, 50, 60)), shown[30:80, 20:80]
    )
    part, report = numjpeg.decode_damaged(broken, region=(0, 20, 9, 60))
    np.testing.assert_array_equal(part, shown[:9, 20:80])
    assert report == numjpeg.decode_damaged(broken)[1]  # of what lies below, too


@pytest.mark.usual(every=3)
@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("way", ["4:2:0", "4:4:4", "gray", "restart", "arithmetic"])
def test_what_lies_below_a_region_of_a_progressive_file_is_not_read(
    way: str, fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs of ends of blocks pass the last row that is wanted."""
    monkeypatch.setattr(scans, "_fast_forms_enabled", fast)
    options: dict = {"progressive": True}
    options |= (
        {"subsampling": "4:4:4"} if way == "4:4:4" else {"restart_marker_blocks": 7} if way == "restart" else {}
    )
    image = picture(320, 72, 1)[..., 0] if way == "gray" else picture(320, 72)
    image[20:60] = 77  # runs of ends of blocks
    image[100:] //= 2
    data = numjpeg.encode(image, 85, **options)
    if way == "arithmetic":
        data = numjpeg.write_coefficients(numjpeg.read_coefficients(data), arithmetic=True, progressive=True)
    full = numjpeg.decode(data)
    whole = numjpeg.read_coefficients(data)
    for bottom in (1, 8, 9, 33, 100, 160, 310, 320):
        top = max(0, bottom - 20)
        part = numjpeg.decode(data, region=(top, 3, bottom - top, 50))
        np.testing.assert_array_equal(part, full[top:bottom, 3:53])
        rows = numjpeg.read_coefficients(data, region=(0, 0, bottom, 72)).Y
        np.testing.assert_array_equal(rows, whole.Y[: len(rows)])
    scans_read: list[int] = []
    read = scans.read_progressive
    monkeypatch.setattr(
        scans, "read_progressive", lambda d, s, *a: (scans_read.append(s.mcus[0]), read(d, s, *a))[1]
    )
    numjpeg.decode(data, region=(0, 0, 32, 72))
    assert max(scans_read) <= 8


@pytest.mark.parametrize("progressive", [False, True])
def test_a_damaged_file_at_a_scale(progressive: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    data = numjpeg.encode(picture(90, 120), 80, progressive=progressive)
    broken = data[: len(data) // 2] + b"\xff\xd9"
    _, whole = numjpeg.decode_damaged(broken)
    for divisor in (2, 4, 8):
        scaled, report = numjpeg.decode_damaged(broken, scale=1 / divisor)
        expected = draft(broken, divisor)
        if expected.shape == scaled.shape:
            np.testing.assert_array_equal(scaled, expected)
        assert report == whole


def test_restart_markers_let_a_reader_pass_over_what_lies_above() -> None:
    data = numjpeg.encode(picture(400, 64), 80, restart_marker_rows=1)
    scan = read_structure(data).scans[0]
    part, row = view.cut_scan(data, scan, 18, 20)
    assert row == 16
    assert part.mcus == (4, 4)
    assert part.end - part.start < (scan.end - scan.start) // 4
    assert view.cut_scan(data, scan, 0, 25) == (scan, 0)
    # A marker out of turn: the whole scan is read, which says so.
    place = data.index(b"\xff\xd3", scan.start)
    assert view.cut_scan(data[:place] + b"\xff\xd5" + data[place + 2 :], scan, 18, 20) == (scan, 0)


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
def test_an_eighth_takes_no_ac_scans_that_it_has_no_use_for(subsampling: str) -> None:
    """Damage in them is found by the other scales, and here where damage is asked for."""
    data = numjpeg.encode(picture(64, 96), 80, subsampling=subsampling, progressive=True)
    scan = next(s for s in read_structure(data).scans if s.Ss == 6)
    broken = data[: scan.start] + b"\xff\x00" * 20 + data[scan.start + 40 :]
    expected = draft(data, 8)
    np.testing.assert_array_equal(numjpeg.decode(broken, scale=1 / 8), expected)
    np.testing.assert_array_equal(numjpeg.decode(broken, scale=1 / 8, strict=False), expected)
    for scale in (1 / 4, 1 / 2, 1):
        with pytest.raises(numjpeg.FormatError):
            numjpeg.decode(broken, scale=scale)


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
def test_memory_shrinks_with_the_scale(subsampling: str) -> None:
    """Of an eighth no plane of coefficients is made that has an AC one which nothing needs."""
    data = numjpeg.encode(picture(200, 300), 75, subsampling=subsampling, progressive=True)
    peaks = []
    for scale in (1, 1 / 8):
        numjpeg.decode(data, scale=scale)  # what is kept from file to file
        tracemalloc.start()
        numjpeg.decode(data, scale=scale)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 0.5 * peaks[0]


def test_an_array_to_be_filled() -> None:
    data = numjpeg.encode(picture(40, 40), 80)
    out = np.zeros((5, 7, 3), np.uint8)
    assert numjpeg.decode(data, scale=1 / 2, region=(3, 4, 5, 7), out=out) is out
    np.testing.assert_array_equal(out, numjpeg.decode(data, scale=1 / 2)[3:8, 4:11])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"scale": 1 / 3}, ValueError, "scale: 0.33.* is none of"),
        ({"scale": True}, TypeError, "scale: a number"),
        ({"scale": "half"}, TypeError, "scale: a number"),
        (
            {"region": (0, 0, 41, 1)},
            ValueError,
            "region: rows 0 to 41, columns 0 to 1 reach past",
        ),
        ({"region": (0, 20, 1, 1), "scale": 0.5}, ValueError, "region: rows 0 to 1, columns 20 to 21"),
        ({"region": (0, 0, 0, 1)}, ValueError, "region: .* is empty"),
        ({"region": (-1, 0, 2, 1)}, ValueError, "region: .* negative"),
        ({"region": (0, 0, 1)}, TypeError, "region: .top, left"),
        ({"region": 5}, TypeError, "region: .top, left"),
        ({"restore": True, "scale": 0.5}, ValueError, "restore: of whole pictures"),
    ],
)
def test_what_is_refused(options: dict, error: type[Exception], message: str) -> None:
    data = numjpeg.encode(picture(40, 40), 80)
    with pytest.raises(error, match=message):
        numjpeg.decode(data, **options)
