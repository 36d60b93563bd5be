"""Lossless edits equal jpegtran's files to the byte."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy as np
import pytest

import numjpeg
import numjpeg.files
from numjpeg import join, requantize, transform
from numjpeg.edits.turns import OPERATIONS

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
            turned = transform(data, "rotate_90", grayscale=True)
            assert turned == jpegtran(data, "-rotate", "90", "-grayscale"), name
        for option in ("optimize", "progressive"):
            changed = transform(data, "flip_vertical", **{option: True})
            assert changed == jpegtran(data, "-flip", "vertical", f"-{option}"), (name, option)


def exif(*, order: str, orientation: int, size: tuple[int, int], thumbnail: bytes = b"") -> bytes:
    """EXIF with an orientation, the size tags in the Exif directory, and a thumbnail."""

    def entry(tag: int, kind: int, value: int) -> bytes:
        raw = value.to_bytes(2, order).ljust(4, b"\0") if kind == 3 else value.to_bytes(4, order)
        return tag.to_bytes(2, order) + kind.to_bytes(2, order) + (1).to_bytes(4, order) + raw

    def directory(entries: list[bytes], following: int) -> bytes:
        return len(entries).to_bytes(2, order) + b"".join(entries) + following.to_bytes(4, order)

    first = 8
    sub = first + 2 + 2 * 12 + 4
    second = sub + 2 + 2 * 12 + 4
    data = second + 2 + 2 * 12 + 4
    head = (b"MM\0\x2a" if order == "big" else b"II\x2a\0") + first.to_bytes(4, order)
    height, width = size
    return b"Exif\0\0" + b"".join(
        (
            head,
            directory([entry(0x0112, 3, orientation), entry(0x8769, 4, sub)], second if thumbnail else 0),
            directory([entry(0xA002, 3, width), entry(0xA003, 4, height)], 0),
            directory([entry(0x0201, 4, data), entry(0x0202, 4, len(thumbnail))], 0),
            thumbnail,
        )
    )


def without_jfif(data: bytes) -> bytes:
    """As cameras write: EXIF is the first segment."""
    assert data[2:4] == b"\xff\xe0"
    return data[:2] + data[4 + int.from_bytes(data[4:6], "big") :]


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("jfif", [True, False])
def test_exif_comes_out_as_jpegtran_writes_it(jpegtran, order: str, jfif: bool) -> None:
    data = numjpeg.encode(picture(37, 61), 80, exif=exif(order=order, orientation=6, size=(37, 61)))
    if not jfif:
        data = without_jfif(data)
    for arguments, options in (
        (["-rotate", "90"], {"operation": "rotate_90"}),
        (["-crop", "20x20+16+0"], {"crop": "20x20+16+0"}),
        (["-flip", "horizontal"], {"operation": "flip_horizontal"}),
    ):
        assert transform(data, **options) == jpegtran(data, *arguments)


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("order", ["big", "little"])
def test_autorotate_turns_picture_tag_and_thumbnail(number: int, order: str) -> None:
    small = numjpeg.encode(picture(16, 24), 80, subsampling="4:4:4", optimize=True)
    data = numjpeg.encode(
        picture(32, 48),
        90,
        subsampling="4:4:4",
        exif=exif(order=order, orientation=number, size=(32, 48), thumbnail=small),
    )
    turned = transform(data, "autorotate")
    header = numjpeg.read_header(turned)
    assert header.orientation == 1
    upright = numjpeg.imread(io.BytesIO(data), exif_orientation=True)
    # The same coefficients turned are the same picture up to the rounding of the inverse transform.
    assert np.abs(numjpeg.decode(turned).astype(int) - upright).max() <= 4
    shown = numjpeg.files.upright(numjpeg.decode(small), number)
    assert header.exif_thumbnail is not None
    thumbnail = numjpeg.decode(header.exif_thumbnail)
    assert thumbnail.shape == shown.shape
    assert np.abs(thumbnail.astype(int) - shown).max() <= 4


def test_coefficients_give_coefficients_and_stay_as_they_are() -> None:
    c = numjpeg.read_coefficients(numjpeg.encode(picture(37, 61), 80))
    before = [plane.copy() for plane in c.planes]
    turned = transform(c, "rotate_90", crop="16x16+0+0", wipe="1x1+0+0")
    assert isinstance(turned, numjpeg.Coefficients)
    assert all(np.array_equal(a, b) for a, b in zip(before, c.planes, strict=True))
    back = transform(transform(c, "transpose"), "transpose")
    assert all(np.array_equal(a, b) for a, b in zip(back.planes, c.planes, strict=True))


def test_join_is_undone_by_crops() -> None:
    left, right = (numjpeg.encode(picture(37, width), 80) for width in (48, 61))
    joined = join([left, right])
    assert numjpeg.read_header(joined).width == 109
    for part, crop in ((left, "48x37+0+0"), (right, "61x37+48+0")):
        again, own = numjpeg.read_coefficients(transform(joined, crop=crop)), numjpeg.read_coefficients(part)
        assert all(np.array_equal(a, b) for a, b in zip(again.planes, own.planes, strict=True))
    tower = numjpeg.encode(picture(32, 48), 80)
    assert numjpeg.read_header(join([tower, left], "vertical")).height == 69


def test_requantizing_gives_the_levels_of_rounded_division() -> None:
    c = numjpeg.read_coefficients(numjpeg.encode(picture(40, 40), 95))
    coarse = requantize(c, 50)
    for i, plane in enumerate(coarse.planes):
        ratio = c.dequantized(i) / coarse.quantization_table(i).astype(float)
        assert np.abs(plane - ratio).max() <= 0.5
    assert len(numjpeg.write_coefficients(coarse)) < len(numjpeg.write_coefficients(c))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"operation": "rotate_45"}, "operation: 'rotate_45'"),
        ({"crop": "10"}, "crop: '10' is not WxH"),
        ({"crop": "60x60+10+10"}, "crop: 60x60[+]10[+]10 reaches past the picture of 61x37"),
        ({"crop": "0x5+0+0"}, "crop: 0x5"),
        ({"wipe": "5x5+60+0"}, "wipe: 5x5[+]60[+]0 reaches past"),
        ({"quality": 0}, "quality: 0"),
    ],
)
def test_what_cannot_be_is_refused(options: dict, message: str) -> None:
    data = numjpeg.encode(picture(37, 61), 80)
    with pytest.raises(ValueError, match=message):
        transform(data, **options)


def test_pictures_that_do_not_fit_are_refused() -> None:
    data = numjpeg.encode(picture(32, 48), 80)
    with pytest.raises(ValueError, match="drop: component 0 has another quantization table"):
        transform(data, drop=(numjpeg.encode(picture(16, 16), 70), 0, 0))
    with pytest.raises(ValueError, match="drop: component 0 is sampled 1x1, not 2x2"):
        transform(data, drop=(numjpeg.encode(picture(16, 16), 80, subsampling="4:4:4"), 0, 0))
    with pytest.raises(ValueError, match="sources: picture 1 has another height"):
        join([data, numjpeg.encode(picture(16, 16), 80)])
    with pytest.raises(ValueError, match="sources: picture 0: its width, 50"):
        join([numjpeg.encode(picture(32, 50), 80), data])
