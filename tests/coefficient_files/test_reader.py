"""Files to coefficients: what Pillow wrote, unchanged, is written again to the byte; damage is reported."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples
from edited_files import files
from PIL import Image

import numjpeg
from numjpeg.container.structure import read_structure


@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"optimize": True}, {"restart_marker_blocks": 2}])
def test_unchanged_coefficients_are_the_file_again(options: dict) -> None:
    data = pillow.save(samples.smooth(37, 53), quality=80, **options)
    assert numjpeg.write_coefficients(numjpeg.read_coefficients(data)) == data


def test_the_tables_are_those_that_pillow_reads() -> None:
    data = pillow.save(samples.smooth(37, 53), quality=63)
    with Image.open(io.BytesIO(data)) as image:
        tables = image.quantization
    c = numjpeg.read_coefficients(data)
    assert {n: t.ravel().tolist() for n, t in c.quantization_tables.items()} == tables


def test_a_progressive_file_has_the_coefficients_of_its_sequential_twin() -> None:
    image = samples.smooth(37, 53)
    sequential, progressive = (
        numjpeg.read_coefficients(pillow.save(image, quality=80, progressive=way)) for way in (False, True)
    )
    assert all(np.array_equal(a, b) for a, b in zip(sequential.planes, progressive.planes, strict=True))


def test_a_file_cut_short_keeps_what_came_before() -> None:
    data = pillow.save(samples.smooth(64, 64), quality=80, subsampling=0)
    whole = numjpeg.read_coefficients(data)
    with pytest.raises(numjpeg.FormatError):
        numjpeg.read_coefficients(data[: len(data) * 3 // 4])
    part, report = numjpeg.read_coefficients_damaged(data[: len(data) * 3 // 4])
    clear = report.mask
    assert 0 < clear.mean() < 1
    assert all(np.array_equal(a[clear], b[clear]) for a, b in zip(part.planes, whole.planes, strict=True))


def test_too_many_pixels_are_refused() -> None:
    data = pillow.save(samples.smooth(37, 53), quality=80)
    with pytest.raises(numjpeg.UnsupportedError, match="53 x 37 pixels: more than max_pixels=1960"):
        numjpeg.read_coefficients(data, max_pixels=37 * 53 - 1)


# --- a part of a picture -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["4:2:0", "4:1:1", "restart", "progressive", "gray"])
def test_a_region_has_the_coefficients_of_jpegtrans_crop(kind: str, jpegtran) -> None:
    data = files(70, 101)[kind]
    for top, left, height, width in ((17, 33, 20, 40), (0, 0, 70, 101), (69, 100, 1, 1), (16, 32, 16, 32)):
        cropped = numjpeg.read_coefficients(jpegtran(data, "-crop", f"{width}x{height}+{left}+{top}"))
        part = numjpeg.read_coefficients(data, region=(top, left, height, width))
        assert (part.height, part.width, part.restart_interval) == (cropped.height, cropped.width, 0)
        for own, expected in zip(part.planes, cropped.planes, strict=True):
            np.testing.assert_array_equal(own, expected)


@pytest.mark.parametrize("kind", ["4:4:4", "4:2:0", "restart", "progressive", "gray"])
def test_a_scale_has_the_coefficients_that_it_takes(kind: str) -> None:
    data = files(70, 101)[kind]
    whole = numjpeg.read_coefficients(data)
    assert numjpeg.read_coefficients(data, scale=1 / 4) == whole
    c = numjpeg.read_coefficients(data, scale=1 / 8)
    shown = numjpeg.decode(numjpeg.write_coefficients(c), scale=1 / 8)
    np.testing.assert_array_equal(shown, numjpeg.decode(data, scale=1 / 8))
    luminance = np.zeros_like(whole.Y)
    luminance[..., 0, 0] = whole.Y[..., 0, 0]
    np.testing.assert_array_equal(c.Y, luminance)
    part = numjpeg.read_coefficients(data, scale=1 / 8, region=(3, 2, 2, 5))
    own = numjpeg.read_coefficients(data, region=(24, 16, 16, 40))
    np.testing.assert_array_equal(part.Y[..., 0, 0], own.Y[..., 0, 0])
    assert (part.height, part.width) == (own.height, own.width)


def test_what_a_part_may_be() -> None:
    data = files(70, 101)["4:2:0"]
    for part, error in (
        ({"scale": 2}, ValueError),
        ({"region": (0, 0, 71, 1)}, ValueError),
        ({"region": 3}, TypeError),
    ):
        with pytest.raises(error, match=r"(scale|region):"):
            numjpeg.read_coefficients(data, **part)
        with pytest.raises(error, match=r"(scale|region):"):
            numjpeg.read_coefficients_damaged(data, **part)


def test_a_part_of_a_damaged_file() -> None:
    data = files(70, 101)["restart"]
    broken = data[: len(data) * 3 // 4]
    whole, report = numjpeg.read_coefficients_damaged(broken)
    part, of_part = numjpeg.read_coefficients_damaged(broken, scale=1 / 8, region=(0, 2, 4, 9))
    assert report == of_part
    np.testing.assert_array_equal(part.Y[..., 0, 0], whole.Y[:4, 2:11, 0, 0])
    assert not part.Y[..., 1:, :].any()


# --- a component sent again --------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [("-sample", "2x2"), ("-sample", "2x1", "-restart", "4B"), ("-arithmetic",)])
def test_a_component_sent_again_in_a_scan_that_ends_early(
    options: tuple[str, ...], cjpeg: str, djpeg, tmp_path: Path
) -> None:
    """As in libjpeg, blocks of which the later scan has nothing stay as the earlier one left them."""
    script = tmp_path / "scans"
    script.write_text("0;\n1;\n2;\n")
    ppm = tmp_path / "picture.ppm"
    Image.fromarray(samples.photograph()[:96, :120]).save(ppm)
    arguments = [cjpeg, "-quality", "80", *options, "-scans", str(script), str(ppm)]
    data = bytearray(subprocess.run(arguments, check=True, capture_output=True).stdout)
    frame = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc9"))
    data[frame + 10 : frame + 19 : 3] = b"\1\1\1"  # all components have the identifier 1
    place = 0
    while (place := data.find(b"\xff\xda", place)) >= 0:
        data[place + 5] = 1
        place += 2
    scans = read_structure(bytes(data)).scans
    assert [scan.indices for scan in scans] == [(0,)] * 3
    for scan in scans:
        for share in (0.1, 0.5, 0.8):
            cut = scan.start + int((scan.end - scan.start) * share)
            broken = bytes(data[:cut] + data[scan.end :])
            np.testing.assert_array_equal(numjpeg.decode(broken, strict=False), djpeg(broken))


def test_reports_of_damage_do_not_depend_on_the_scale() -> None:
    """A DC that no samples have, and far below it a code that no table has."""
    image = (np.add.outer(np.arange(512), np.arange(1024)) // 8 % 256).astype(np.uint8)
    broken = bytearray(numjpeg.encode(image, 50))
    start = broken.index(b"\xff\xda") + 10
    first, second = start + (len(broken) - start) // 10, start + (len(broken) - start) * 9 // 10
    broken[first : first + 4] = np.random.default_rng(2).integers(0, 255, 4, dtype=np.uint8).tobytes()
    broken[second : second + 6] = b"\xff\x00" * 3
    reports = [str(numjpeg.decode_damaged(bytes(broken), scale=scale)[1]) for scale in (1, 1 / 8)]
    assert reports[0].count("(A.3.3)") == 1
    assert reports[0].count("(F.2.2)") == 1
    assert reports[1] == reports[0]
