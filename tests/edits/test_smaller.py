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


def test_sequential_files_are_those_of_jpegtran(jpegtran) -> None:
    data = pillow_jpeg(photo(120, 160), quality=85)
    assert numjpeg.optimize(data) == jpegtran(data, "-optimize")


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
