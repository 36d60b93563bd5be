"""Smaller files of the same pixels."""

from __future__ import annotations

import io

import numpy as np
import pytest
from command_line import photo, pillow_jpeg, pixels
from PIL import Image
from requirements import module

import numjpeg

PROFILE = bytes(16) + b"RGB " + bytes(200)


@pytest.mark.usual(every=3)
@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"progressive": True}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("progressive", [False, True])
def test_pixels_stay_and_the_file_is_smaller(options: dict, progressive: bool) -> None:
    data = pillow_jpeg(photo(120, 160), quality=85, comment=b"kept", **options)
    smaller = numjpeg.optimize(data, progressive=progressive)
    assert len(smaller) <= len(data)
    assert len(smaller) < len(data) or options.get("progressive")
    np.testing.assert_array_equal(pixels(smaller), pixels(data))
    assert numjpeg.read_header(smaller).comments == [b"kept"]
    assert numjpeg.optimize(smaller, progressive=progressive) == smaller


def segments_of(data: bytes) -> list[bytes]:
    """The segments up to the first scan's data, and the rest."""
    found, place = [], 2
    while not found or found[-1][1] != 0xDA:
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        found.append(data[place:end])
        place = end
    return [*found, data[place:]]


def test_sequential_files_are_those_of_jpegtran_with_fewer_segments(jpegtran) -> None:
    data = pillow_jpeg(photo(120, 160), quality=85)
    parts = segments_of(jpegtran(data, "-optimize"))
    assert [part[1] for part in parts[:-1]] == [0xE0, 0xDB, 0xDB, 0xC0, 0xC4, 0xC4, 0xC4, 0xC4, 0xDA]
    for marker in (0xDB, 0xC4):
        own = [part for part in parts[:-1] if part[1] == marker]
        payload = b"".join(part[4:] for part in own)
        at = parts.index(own[0])
        parts[at : at + len(own)] = [bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload]
    assert numjpeg.optimize(data) == b"\xff\xd8" + b"".join(parts)


def test_scans_share_segments_of_tables() -> None:
    flat = np.full((32, 48, 3), (200, 100, 50), np.uint8)
    for image, most in ((photo(120, 160), 3), (flat, 1)):
        smaller = numjpeg.optimize(pillow_jpeg(image, quality=92), progressive=True)
        assert smaller.count(b"\xff\xdb") == 1
        assert smaller.count(b"\xff\xc4") <= most


def test_equal_tables_of_scans_are_written_once() -> None:
    flat = np.full((80, 80, 3), (200, 100, 50), np.uint8)
    data = numjpeg.encode(flat, 90, subsampling="4:4:4", progressive=True)
    smaller = numjpeg.optimize(data)
    np.testing.assert_array_equal(pixels(smaller), pixels(data))
    (tables,) = (part for part in segments_of(smaller)[:-1] if part[1] == 0xC4)
    number_of_ac_tables, place = 0, 4
    while place < len(tables):
        number_of_ac_tables += tables[place] >> 4
        place += 17 + sum(tables[place + 1 : place + 17])
    assert number_of_ac_tables == 1
    assert smaller.count(b"\xff\xda") > 3


@pytest.mark.parametrize(
    ("options", "marker"),
    [
        ({}, "SOF0"),
        ({"progressive": True}, "SOF2"),
        ({"arithmetic": True}, "SOF9"),
        ({"arithmetic": True, "progressive": True}, "SOF10"),
    ],
)
def test_files_keep_their_process(options: dict, marker: str) -> None:
    data = numjpeg.encode(photo(), 85, comment="gone", **options)
    smaller = numjpeg.optimize(data, strip="all")
    assert len(smaller) < len(data)
    assert numjpeg.read_header(smaller).marker == marker
    np.testing.assert_array_equal(numjpeg.decode(smaller), numjpeg.decode(data))


@pytest.mark.parametrize("strip", [None, "all"])
@pytest.mark.parametrize(
    "name",
    [
        "baseline/jpeg-js__redbox-with-trailing-bytes.jpg",
        "baseline/sharp__booleanTest.jpg",  # best without point transform and in two bands
        "gray/serenity__grayscale_app14.jpg",
        "progressive/imgproxy__test2.jpg",  # Adobe's segment is longer than it need be
        "restart/pillow__photoshop-200dpi.jpg",
    ],
)
@pytest.mark.usual(every=4)
def test_no_file_is_larger_than_mozjpegs(corpus, name: str, strip: str | None) -> None:
    moz = module("mozjpeg_lossless_optimization", "rivals", "mozjpeg-lossless-optimization is not here")
    data = (corpus / "valid" / name).read_bytes()
    copy = moz.COPY_MARKERS.NONE if strip else moz.COPY_MARKERS.ALL
    smaller = numjpeg.optimize(data, progressive=True, strip=strip)
    behind = numjpeg.read_header(data).trailing  # which mozjpeg leaves out
    assert len(smaller) - (behind[1] if behind and not strip else 0) <= len(moz.optimize(data, copy=copy))
    np.testing.assert_array_equal(pixels(smaller), pixels(data))


def test_progressive_files_are_smaller_than_mozjpegs(corpus) -> None:
    moz = module("mozjpeg_lossless_optimization", "rivals", "mozjpeg-lossless-optimization is not here")
    for path in sorted((corpus / "photos" / "kodak").glob("*.png"))[:3]:
        with Image.open(path) as image:
            data = pillow_jpeg(np.asarray(image.convert("RGB"))[:256, :384], quality=85)
        assert len(numjpeg.optimize(data, progressive=True)) <= len(moz.optimize(data)), path.name


def test_stripping() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    data = pillow_jpeg(
        photo(), quality=85, exif=exif.tobytes(), icc_profile=PROFILE, comment=b"gone", dpi=(300, 300)
    )
    kept, most, everything = (numjpeg.optimize(data, strip=strip) for strip in (None, "most", "all"))
    assert len(everything) < len(most) < len(kept) < len(data)
    for file in (kept, most, everything):
        np.testing.assert_array_equal(pixels(file), pixels(data))
    with Image.open(io.BytesIO(most)) as image:
        assert dict(image.getexif()) == {0x0112: 6}
        assert image.info["icc_profile"] == PROFILE
        assert image.info["dpi"] == (300, 300)
        assert "comment" not in image.info
    header = numjpeg.read_header(everything)
    assert (header.exif, header.icc_profile, header.comments) == (None, None, [])


@pytest.mark.parametrize("options", [{"keep_rgb": True}, {"colorspace": "CMYK"}])
def test_what_says_how_colours_are_read_is_not_stripped(options: dict) -> None:
    image = photo(channels=4 if options.get("colorspace") else 3)
    data = numjpeg.encode(image, 85, comment="gone", **options)
    smaller = numjpeg.optimize(data, strip="all")
    assert len(smaller) < len(data) - 8
    np.testing.assert_array_equal(pixels(smaller), pixels(data))


def test_bytes_behind_the_end_stay() -> None:
    data = pillow_jpeg(photo(), quality=85)
    smaller = numjpeg.optimize(data + b"a film")
    assert smaller == numjpeg.optimize(data) + b"a film"
    assert numjpeg.optimize(data + b"a film", strip="all").endswith(b"\xff\xd9")


def test_what_is_refused() -> None:
    data = pillow_jpeg(photo(), quality=85, progressive=True)
    with pytest.raises(ValueError, match="strip: 'some'"):
        numjpeg.optimize(data, strip="some")
    with pytest.raises(numjpeg.FormatError):
        numjpeg.optimize(data[: len(data) // 2])
    # Without its last scans a picture is smoothed, which a complete file would not be.
    last = data.rindex(b"\xff\xc4")
    cut = data[:last]
    for _ in range(4):
        cut = cut[: cut.rindex(b"\xff\xc4")]
    with pytest.raises(numjpeg.UnsupportedError, match="other pixels"):
        numjpeg.optimize(cut + b"\xff\xd9")
