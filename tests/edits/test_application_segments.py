"""APPn segments of edited files equal jpegtran's; EXIF of pictures put upright."""

from __future__ import annotations

import io

import numpy as np
import pytest
from edited_files import exif, picture, without_jfif
from PIL import ExifTags, Image

import numjpeg
import numjpeg.files
from numjpeg import transform


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
