"""Metadata carried over and tables taken out: as jpegtran and Pillow do it, and the picture stays as it is."""

from __future__ import annotations

import io
import itertools
import subprocess
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples
from PIL import Image, ImageCms

import numjpeg
from numjpeg.container.segments import build

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
IMAGE = samples.smooth(17, 20)


def exif(orientation: int = 6) -> bytes:
    data = Image.Exif()
    data[0x0112] = orientation
    return data.tobytes()


def rich() -> bytes:
    """A file with much to carry: a profile of two chunks, an extension of JFIF, an unknown segment."""
    data = pillow.save(
        samples.flat(8, 8), exif=exif(), icc_profile=PROFILE * 120, xmp=b"<x/>", comment=b"seen", dpi=(300, 300)
    )
    place = data.index(b"\xff\xe1")
    return data[:place] + build(0xE0, b"JFXX\0\x13\0\0") + build(0xEA, b"unknown\0") + data[place:]


def applications(data: bytes) -> list[tuple[int, bytes]]:
    return numjpeg.read_header(data).application_segments


def rest(data: bytes) -> bytes:
    """A file without its APPn and COM segments."""
    parts, position = [], 0
    for segment in numjpeg.read_header(data).segments:
        if segment.is_application:
            parts.append(data[position : segment.offset])
            position = segment.end
    return b"".join([*parts, data[position:]])


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """One of each kind of colours, and of each way to say so."""
    plain = pillow.save(IMAGE)
    jfif = plain[2:20]
    adobe = build(0xEE, b"Adobe\0\x64" + bytes(5))
    return {
        "YCbCr": plain,
        "YCbCr, no JFIF": plain.replace(jfif, b""),
        "YCbCr by Adobe": plain.replace(jfif, build(0xEE, b"Adobe\0\x64\0\0\0\0\1")),
        "RGB by Adobe": pillow.save(IMAGE, keep_rgb=True),
        "RGB by identifiers": pillow.save(IMAGE, keep_rgb=True).replace(adobe, b""),
        "gray": pillow.save(IMAGE[..., 0], dpi=(72, 72)),
        "CMYK": pillow.save(samples.smooth(9, 9, 4), "CMYK"),
        "YCCK": pillow.save(samples.smooth(9, 9, 4), "CMYK").replace(
            b"Adobe\0\x64" + bytes(5), b"Adobe\0\x64\0\0\0\0\2"
        ),
        "progressive": pillow.save(IMAGE, progressive=True, comment=b"lost"),
        "rich": rich(),
    }


def test_the_picture_stays_as_it_is(files: dict[str, bytes]) -> None:
    """From every kind into every kind: bytes but for APPn and COM, and Pillow's pixels."""
    assert len({numjpeg.read_header(data).colorspace for data in files.values()}) == 5
    for source, target in itertools.product(files.values(), repeat=2):
        made = numjpeg.copy_metadata(source, target)
        assert rest(made) == rest(target)
        assert np.array_equal(pillow.load(made), pillow.load(target))
        assert numjpeg.read_header(made).colorspace == numjpeg.read_header(target).colorspace
        assert numjpeg.copy_metadata(source, made) == made
        header = numjpeg.read_header(source)
        assert numjpeg.read_header(made).comments == header.comments
        assert numjpeg.read_header(made).exif == header.exif


def test_all_segments_in_order(files: dict[str, bytes]) -> None:
    made = numjpeg.copy_metadata(files["rich"], files["progressive"])
    assert applications(made) == applications(files["rich"])
    image = Image.open(io.BytesIO(made))
    assert image.info["icc_profile"] == PROFILE * 120
    assert image.info["exif"] == exif()
    assert image.info["dpi"] == (300, 300)
    assert image.info["comment"] == b"seen"


@pytest.mark.parametrize("kind", ["rich", "gray", "progressive", "CMYK", "YCbCr"])
def test_equal_to_jpegtran(kind: str, files: dict[str, bytes], cjpeg: str, tmp_path: Path) -> None:
    """jpegtran -copy all carries the segments of the file into the file that it writes; so does copy_metadata."""
    data = files[kind]

    def jpegtran(copy: str) -> bytes:
        (tmp_path / "in.jpg").write_bytes(data)
        command = [str(Path(cjpeg).with_name("jpegtran")), "-copy", copy, "-optimize", str(tmp_path / "in.jpg")]
        return subprocess.run(command, check=True, capture_output=True).stdout

    bare, full = jpegtran("none"), jpegtran("all")
    assert (bare != full) == (kind in ("rich", "progressive"))
    assert numjpeg.copy_metadata(data, bare) == full


def test_a_profile_for_other_colours_is_left_out(files: dict[str, bytes]) -> None:
    for kind in ("gray", "CMYK"):
        made = numjpeg.copy_metadata(files["rich"], files[kind])
        assert numjpeg.read_header(made).icc_profile is None
        assert b"ICC_PROFILE" not in made
        assert numjpeg.read_header(made).xmp == b"<x/>"


def test_jfif_goes_where_it_does_not_change_the_colours(files: dict[str, bytes]) -> None:
    for kind in ("RGB by Adobe", "RGB by identifiers"):
        assert numjpeg.read_header(numjpeg.copy_metadata(files["rich"], files[kind])).density is None
    assert numjpeg.read_header(numjpeg.copy_metadata(files["rich"], files["CMYK"])).density == (1, 300, 300)
    assert numjpeg.read_header(numjpeg.copy_metadata(files["RGB by Adobe"], files["gray"])).density == (1, 72, 72)


def test_the_index_of_a_multi_picture_file_is_left_out(files: dict[str, bytes]) -> None:
    source = files["YCbCr"][:20] + build(0xE2, b"MPF\0anything") + files["YCbCr"][20:]
    assert numjpeg.copy_metadata(source, files["YCbCr"]) == files["YCbCr"]


def test_segments_between_scans_are_metadata_as_well(files: dict[str, bytes]) -> None:
    data = files["progressive"]
    place = data.rindex(b"\xff\xc4")
    later = data[:place] + build(0xFE, b"late") + data[place:]
    assert numjpeg.read_header(numjpeg.copy_metadata(later, files["YCbCr"])).comments == [b"lost", b"late"]
    assert rest(numjpeg.copy_metadata(files["YCbCr"], later)) == rest(data)


def test_wrong_arguments(files: dict[str, bytes]) -> None:
    with pytest.raises(numjpeg.FormatError):
        numjpeg.copy_metadata(b"no", files["gray"])
    with pytest.raises(numjpeg.FormatError):
        numjpeg.copy_metadata(files["gray"], files["gray"][:30])
    with pytest.raises(TypeError, match="source"):
        numjpeg.copy_metadata(5, files["gray"])
    with pytest.raises(TypeError, match="target"):
        numjpeg.copy_metadata(files["gray"], None)


# --- tables ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [{}, {"quality": 30, "subsampling": 0, "comment": b"kept"}, {"restart_marker_blocks": 2, "dpi": (9, 9)}],
)
def test_tables_stand_apart_as_pillow_writes_them(options: dict) -> None:
    full = pillow.save(IMAGE, **options)
    tables, image = numjpeg.split_tables(full)
    assert tables == pillow.save(IMAGE, streamtype=1, **options)
    assert image == pillow.save(IMAGE, streamtype=2, **options)
    assert np.array_equal(numjpeg.decode(image, tables=tables), pillow.load(full))
    assert numjpeg.split_tables(image) == (b"\xff\xd8\xff\xd9", image)


def test_tables_that_change_between_scans_cannot_stand_apart(files: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="between the scans"):
        numjpeg.split_tables(files["progressive"])
    with pytest.raises(numjpeg.FormatError):
        numjpeg.split_tables(b"no")
