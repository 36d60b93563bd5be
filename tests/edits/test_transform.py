"""Lossless edits of files and of Coefficients, their APPn segments (jpegtran's), and what they refuse."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from edited_files import exif, files, picture, without_jfif
from PIL import ExifTags, Image

import numjpeg
import numjpeg.files
from numjpeg import join, requantize, transform


def test_gray_optimized_and_progressive_equal_jpegtran(jpegtran) -> None:
    for name, data in files(37, 61).items():
        if name not in ("cmyk", "keep_rgb"):
            assert transform(data, grayscale=True) == jpegtran(data, "-grayscale"), name
            turned = transform(data, "rotate_90", grayscale=True)
            assert turned == jpegtran(data, "-rotate", "90", "-grayscale"), name
        for option in ("optimize", "progressive"):
            changed = transform(data, "flip_vertical", **{option: True})
            assert changed == jpegtran(data, "-flip", "vertical", f"-{option}"), (name, option)


@pytest.mark.parametrize("place", [0, 5, 63])
@pytest.mark.parametrize(
    "options", [("none",), ("rotate_90", "-rotate", "90"), ("flip_vertical", "-flip", "vertical")]
)
def test_tables_with_an_entry_of_0_are_kept_as_by_jpegtran(jpegtran, options: tuple[str, ...], place: int) -> None:
    """Decoders take such files, so edits do."""
    for data in (numjpeg.encode(picture(32, 48), 80), numjpeg.encode(picture(32, 48), 80, progressive=True)):
        changed = bytearray(data)
        changed[data.index(b"\xff\xdb") + 5 + place] = 0
        expected = jpegtran(bytes(changed), *options[1:])
        assert transform(bytes(changed), options[0]) == expected
        pixels = np.asarray(Image.open(io.BytesIO(expected)))
        assert np.array_equal(numjpeg.decode(expected), pixels)
    smaller = numjpeg.optimize(bytes(changed))
    assert np.array_equal(numjpeg.decode(smaller), numjpeg.decode(bytes(changed)))
    with pytest.raises(ValueError, match="entry is outside 1"):
        numjpeg.encode(picture(32, 48), qtables=[[0] * 64])


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


def test_coefficients_that_do_not_fit_each_other_are_refused() -> None:
    c = numjpeg.read_coefficients(numjpeg.encode(picture(37, 61), 80))
    c.planes[1] = c.planes[1][1:]
    with pytest.raises(ValueError, match="planes: number 1 is int16"):
        transform(c, "rotate_90")
    c = numjpeg.read_coefficients(numjpeg.encode(picture(37, 61), 80))
    del c.quantization_tables[1]
    with pytest.raises(ValueError, match="quantization_tables: table 1 of component 1 is missing"):
        requantize(c, 50)


def test_results_do_not_share_memory_with_what_they_were_made_of() -> None:
    c = numjpeg.read_coefficients(numjpeg.encode(picture(37, 61), 80))
    for result in (transform(c), transform(c, crop="16x16+16+16"), transform(c, "transpose")):
        assert not any(np.shares_memory(a, b) for a, b in zip(c.planes, result.planes, strict=True))


def test_pictures_of_other_colours_do_not_fit() -> None:
    ycbcr, rgb = (
        numjpeg.encode(picture(16, 16), qtables=[np.full(64, 5)], subsampling="4:4:4", keep_rgb=keep)
        for keep in (False, True)
    )
    with pytest.raises(ValueError, match="sources: picture 1: the colours are RGB, not YCbCr"):
        join([ycbcr, rgb])


def test_ycck_and_adobe_marked_files_equal_jpegtran(jpegtran, corpus: Path) -> None:
    paths = sorted((corpus / "valid" / "cmyk").glob("*.jp*g")) + sorted(
        (corpus / "valid" / "metadata").glob("*.jp*g")
    )
    compared = 0
    for path in paths:
        data = path.read_bytes()
        if len(data) > 100_000 or numjpeg.read_header(data).marker not in ("SOF0", "SOF1", "SOF2"):
            continue
        expected = jpegtran(data, "-rotate", "90", "-trim")
        if path.stem == "pillow__icc-after-SOF":  # its profile comes twice; it is kept once
            continue
        assert transform(data, "rotate_90", trim=True) == expected, path.name
        compared += 1
    assert compared > 5


def test_the_last_of_several_jfif_segments_counts(jpegtran) -> None:
    data = numjpeg.encode(picture(16, 24), 80, dpi=(300, 200))
    other = b"\xff\xe0\0\x10JFIF\0\1\2\2\0\x46\0\x47\0\0"  # version 1.2, 70 x 71 dots a centimetre
    for several in (data[:20] + other + data[20:], data[:2] + other + data[2:]):
        assert transform(several, "rotate_180") == jpegtran(several, "-rotate", "180")
        density = numjpeg.read_header(several).density
        with Image.open(io.BytesIO(several)) as image:
            assert density is not None
            assert (density.unit, density.x, density.y) == (image.info["jfif_unit"], *image.info["jfif_density"])


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


def thumbnail_entries(data: bytes) -> dict[int, int]:
    """Tag -> value of the thumbnail's directory, as Pillow reads it."""
    return dict(Image.open(io.BytesIO(data)).getexif().get_ifd(ExifTags.IFD.IFD1))


def with_directory(order: str, orientation: int, entries: list[tuple[int, int, int]], thumbnail: bytes) -> bytes:
    """EXIF data with a thumbnail's directory of such entries: tag, type, value (-1: where the thumbnail lies)."""
    where = 8 + 2 + 12 + 4 + 2 + 12 * len(entries) + 4

    def entry(tag: int, kind: int, value: int) -> bytes:
        value = where if value < 0 else value
        raw = value.to_bytes(2, order).ljust(4, b"\0") if kind == 3 else value.to_bytes(4, order)
        return tag.to_bytes(2, order) + kind.to_bytes(2, order) + (1).to_bytes(4, order) + raw

    parts = [b"MM\0\x2a" if order == "big" else b"II\x2a\0", (8).to_bytes(4, order)]
    parts += [(1).to_bytes(2, order), entry(0x0112, 3, orientation), (26).to_bytes(4, order)]
    parts += [len(entries).to_bytes(2, order), *(entry(*one) for one in entries), bytes(4), thumbnail]
    return b"Exif\0\0" + b"".join(parts)


@pytest.mark.parametrize("order", ["big", "little"])
def test_a_thumbnail_with_short_fields_and_an_orientation_of_its_own(jpegtran, order: str) -> None:
    small = numjpeg.encode(picture(16, 24), 80, optimize=True)
    entries = [(0x0103, 3, 6), (0x0112, 3, 6), (0x0201, 3, -1), (0x0202, 3, len(small))]
    data = numjpeg.encode(picture(32, 48), 90, exif=with_directory(order, 6, entries, small))
    assert Image.open(io.BytesIO(data)).getexif()[0x0112] == 6
    assert thumbnail_entries(data)[0x0112] == 6
    turned = transform(data, "autorotate")
    assert Image.open(io.BytesIO(turned)).getexif()[0x0112] == 1
    found = thumbnail_entries(turned)
    assert found[0x0112] == 1
    start = turned.index(b"Exif\0\0") + 6 + found[0x0201]
    thumbnail = turned[start : start + found[0x0202]]
    expected = jpegtran(small, "-rotate", "90", "-trim", "-optimize")
    assert thumbnail == expected == numjpeg.read_header(turned).exif_thumbnail


@pytest.mark.parametrize("order", ["big", "little"])
def test_a_thumbnail_that_is_no_jpeg_file_is_left_out(order: str) -> None:
    pixels = bytes(16 * 24 * 3)
    entries = [(0x0103, 3, 1), (0x0111, 4, -1), (0x0117, 4, len(pixels))]
    data = numjpeg.encode(picture(32, 48), 90, exif=with_directory(order, 6, entries, pixels))
    assert 0x0111 in thumbnail_entries(data)
    turned = transform(data, "autorotate")
    assert Image.open(io.BytesIO(turned)).getexif()[0x0112] == 1
    assert thumbnail_entries(turned) == {}


ARRAY = np.zeros((8, 8))


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("operation", lambda data: transform(data, ARRAY)),
        ("direction", lambda data: join([data], ARRAY)),
        ("optimize", lambda data: join([data], optimize="no")),
        ("strip", lambda data: numjpeg.optimize(data, strip=ARRAY)),
        ("source", lambda data: transform(None)),
        ("source", lambda data: requantize(7, 50)),
        ("drop", lambda data: transform(data, drop=(None, 0, 0))),
        ("sources: picture 1", lambda data: join([data, 7])),
        ("crop", lambda data: transform(data, crop="\N{ARABIC-INDIC DIGIT ONE}x1+0+0")),
        ("planes", lambda data: numjpeg.encode_planes(np.array(5))),
        ("scans", lambda data: numjpeg.encode_planes([np.zeros((8, 8), np.uint8)], scans=ARRAY)),
        ("dtype", lambda data: numjpeg.decode_planes(data, dtype="8x8+0+0")),
        ("strict", lambda data: numjpeg.decode_planes(data, strict="no")),
        ("strict", lambda data: numjpeg.read_coefficients(data, strict="no")),
        ("dct_method", lambda data: numjpeg.decode(data, dct_method=ARRAY)),
        ("dct_method", lambda data: numjpeg.encode(picture(8, 8), dct_method=ARRAY)),
    ],
)
def test_errors_begin_with_the_argument(name: str, call) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{name}: "):
        call(numjpeg.encode(picture(16, 16), 80))
