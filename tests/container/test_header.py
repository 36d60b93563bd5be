"""``read_header`` tells what Pillow tells, of every process, and what was put in comes out again."""

from __future__ import annotations

import io

import numpy as np
import pillow
import pytest
import samples
from PIL import Image, ImageCms

import numjpeg
from numjpeg.container.segments import build


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("name", ["4:4:4", "4:2:2", "4:2:0"])
def test_frame(progressive: bool, name: str) -> None:
    data = pillow.save(samples.smooth(33, 50), subsampling=name, progressive=progressive)
    image = Image.open(io.BytesIO(data))
    header = numjpeg.read_header(data)
    assert (header.width, header.height) == image.size
    assert header.subsampling == name
    assert header.marker == ("SOF2" if progressive else "SOF0")
    assert ("progressive" in header.process) == progressive
    assert [(c.identifier, c.H, c.V, c.Tq) for c in header.components] == image.layer
    assert header.precision == image.bits == 8
    assert header.colorspace == "YCbCr"
    assert header.scans == (10 if progressive else 1)
    for number, table in header.quantization_tables.items():
        assert table.ravel().tolist() == image.quantization[number]


@pytest.mark.parametrize(
    ("channels", "mode", "options", "colorspace"),
    [
        (1, None, {}, "GRAY"),
        (3, None, {}, "YCbCr"),
        (3, None, {"keep_rgb": True}, "RGB"),
        (4, "CMYK", {}, "CMYK"),
    ],
)
def test_colorspace(channels: int, mode: str | None, options: dict, colorspace: str) -> None:
    assert (
        numjpeg.read_header(pillow.save(samples.smooth(9, 9, channels), mode, **options)).colorspace == colorspace
    )


@pytest.mark.parametrize(
    ("factors", "name"),
    [
        ("1x2", "4:4:0"),
        ("4x1", "4:1:1"),
        ("4x2", "4:1:0"),
        ("2x2,2x2,2x2", "4:4:4"),
        ("2x2,1x2,1x2", "4:2:2"),
        ("3x1", ""),
    ],
)
def test_names_of_subsampling(factors: str, name: str) -> None:
    if factors == "2x2,2x2,2x2":  # 12 blocks an MCU: never interleaved, but the header says 4:4:4 all the same
        c = numjpeg.read_coefficients(numjpeg.encode(samples.smooth(16, 16), subsampling="4:4:4"))
        c.components = tuple(numjpeg.Component(i, 2, 2, 0) for i in (1, 2, 3))
        data = numjpeg.write_coefficients(c)
        assert np.array_equal(numjpeg.decode(data), pillow.load(data))
    else:
        data = numjpeg.encode(samples.smooth(16, 16), subsampling=factors)
    assert numjpeg.read_header(data).subsampling == name


def test_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() * 200
    data = pillow.save(
        samples.smooth(9, 9), exif=exif, icc_profile=profile, xmp=b"<x/>", comment=b"a comment", dpi=(300, 150)
    )
    header = numjpeg.read_header(data)
    assert header.exif == exif.tobytes()
    assert header.icc_profile == profile
    assert len(profile) > 65536
    assert header.xmp == b"<x/>"
    assert header.comments == [b"a comment"]
    assert header.density == (1, 300, 150)
    chunks = -(-len(profile) // 65519)
    assert [marker for marker, _ in header.application_segments] == [0xE0, 0xE1, 0xE1, *[0xE2] * chunks, 0xFE]


@pytest.mark.parametrize("number", [0, 2, 255])
def test_an_icc_profile_with_a_wrong_number_is_read_as_pillow_reads_it(number: int) -> None:
    profile = bytes(range(256)) * 2
    data = pillow.save(samples.smooth(9, 9), icc_profile=profile)
    wrong = data.replace(b"ICC_PROFILE\0\1\1", b"ICC_PROFILE\0" + bytes((number, 1)))
    assert wrong != data
    header = numjpeg.read_header(wrong)
    assert header.icc_profile == profile == Image.open(io.BytesIO(wrong)).info["icc_profile"]
    assert [f"numbered {number}/1, and joined" in warning for warning in header.warnings] == [True]


@pytest.mark.parametrize("again", [b"another profile" * 9, b"p" * 70000, None])
@pytest.mark.parametrize("size", [400, 70000])
def test_an_icc_profile_sent_again_behind_the_frame_header_does_not_count(size: int, again: bytes | None) -> None:
    """As in Pillow, which reads it at the frame header; and what is written again has the right one alone."""
    profile = (b"\0" * 16 + b"RGB " + bytes(range(180))) * (size // 200)
    data = pillow.save(samples.smooth(9, 9), icc_profile=profile)
    other = pillow.save(samples.smooth(9, 9), icc_profile=again or profile)
    segments = numjpeg.read_header(other).segments
    chunks = b"".join(other[s.offset : s.end] for s in segments if s.marker == 0xE2)
    behind = data.index(b"\xff\xc4")
    twice = data[:behind] + chunks + data[behind:]
    header = numjpeg.read_header(twice)
    assert header.icc_profile == profile == Image.open(io.BytesIO(twice)).info["icc_profile"]
    assert header.warnings
    assert all("ICC profile: sent again" in warning for warning in header.warnings)
    assert numjpeg.write_coefficients(numjpeg.read_coefficients(twice)) == data
    copied = numjpeg.copy_metadata(twice, pillow.save(samples.smooth(9, 9)))
    assert Image.open(io.BytesIO(copied)).info["icc_profile"] == profile
    assert b"another" not in copied


def test_an_icc_profile_behind_the_frame_header_alone_is_found() -> None:
    profile = b"p" * 70000
    data = pillow.save(samples.smooth(9, 9), icc_profile=profile)
    chunks = [data[s.offset : s.end] for s in numjpeg.read_header(data).segments if s.marker == 0xE2]
    bare = pillow.save(samples.smooth(9, 9))
    behind = bare.index(b"\xff\xc4")
    header = numjpeg.read_header(bare[:behind] + b"".join(chunks) + bare[behind:])
    assert (header.icc_profile, header.warnings) == (profile, [])


@pytest.mark.parametrize("numbers", [b"\1\2", b"\3\2", b"\2\5", b"\2\1"])  # in place of 2 of 2, behind 1 of 2
def test_a_broken_icc_profile_is_what_pillow_makes_of_it(numbers: bytes) -> None:
    data = pillow.save(samples.smooth(9, 9), icc_profile=bytes(range(250)) * 280)
    broken = data.replace(b"ICC_PROFILE\0\2\2", b"ICC_PROFILE\0" + numbers)
    header = numjpeg.read_header(broken)
    assert header.icc_profile == Image.open(io.BytesIO(broken)).info["icc_profile"]
    assert header.warnings == [
        f"ICC profile: its chunks are numbered 1/2, {numbers[0]}/{numbers[1]}, and joined in this order"
    ]


def test_a_profile_behind_the_scan_header_is_not_looked_at_and_not_copied() -> None:
    data = pillow.save(samples.smooth(9, 9), progressive=True)
    other = pillow.save(samples.smooth(9, 9), icc_profile=b"\0" * 16 + b"RGB " + b"p" * 9)
    chunk = next(other[s.offset : s.end] for s in numjpeg.read_header(other).segments if s.marker == 0xE2)
    second = data.rindex(b"\xff\xda")
    file = data[:second] + chunk + data[second:]
    assert numjpeg.read_header(file).icc_profile is None
    assert "icc_profile" not in Image.open(io.BytesIO(file)).info
    assert numjpeg.copy_metadata(file, data) == data
    assert numjpeg.copy_metadata(other[:2] + chunk + file[2:], data) == numjpeg.copy_metadata(other, data)


def test_of_two_xmp_packets_the_last_counts() -> None:
    data = pillow.save(samples.smooth(9, 9), xmp=b"<x first/>")
    place = data.index(b"\xff\xdb")
    twice = data[:place] + build(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x second/>") + data[place:]
    assert numjpeg.read_header(twice).xmp == Image.open(io.BytesIO(twice)).info["xmp"] == b"<x second/>"


def test_a_file_without_metadata_has_none() -> None:
    without = pillow.save(samples.smooth(9, 9))
    header = numjpeg.read_header(without)
    assert (header.icc_profile, header.exif, header.xmp, header.comments) == (None, None, None, [])


def test_segments_name_every_marker_with_its_offset() -> None:
    data = pillow.save(samples.smooth(33, 50), restart_marker_blocks=2)
    header = numjpeg.read_header(data)
    names = [segment.name for segment in header.segments]
    assert names == ["SOI", "APP0", "DQT", "DQT", "SOF0", "DHT", "DHT", "DHT", "DHT", "DRI", "SOS", "EOI"]
    for segment in header.segments:
        assert data[segment.offset : segment.offset + 2] == bytes((0xFF, segment.marker))
    assert header.restart_interval == 2
    assert header.warnings == []


def test_huffman_tables_are_the_ones_in_the_file() -> None:
    data = pillow.save(samples.smooth(33, 50))
    header = numjpeg.read_header(data)
    assert sorted(header.huffman_tables) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    for (table_class, number), (lengths, values) in header.huffman_tables.items():
        assert bytes((0xFF, 0xC4, 0, 19 + len(values), table_class << 4 | number, *lengths)) + values in data


def test_what_is_there_of_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = pillow.save(samples.smooth(9, 9), exif=exif, dpi=(300, 150))
    place = data.index(b"\xff\xe1")
    thumbnail = build(0xE0, b"JFXX\0\x10\xff\xd8")
    header = numjpeg.read_header(data[:place] + thumbnail + data[place:] + b"after")
    assert (header.jfif_version, header.density) == ((1, 1), (1, 300, 150))
    assert header.jfif_thumbnail == b"\xff\xd8"
    assert header.orientation == 6
    assert (header.exif_thumbnail, header.adobe_transform, header.extended_xmp) == (None, None, None)
    assert header.trailing == (len(data) + len(thumbnail), 5)
    assert header.warnings == ["5 bytes follow EOI"]
    assert numjpeg.read_header(pillow.save(samples.smooth(9, 9), keep_rgb=True)).adobe_transform == 0
    bare = numjpeg.read_header(data[:2] + data[data.index(b"\xff\xdb") :])
    assert (bare.jfif_version, bare.density, bare.orientation, bare.trailing, bare.images) == (*[None] * 4, ())
    assert bare.warnings == []


def test_a_multi_picture_file() -> None:
    """Pillow writes one: where its images are, and that the bytes after the first one are no fault."""
    frames = [Image.fromarray(samples.smooth(24, 40, seed=seed)) for seed in range(2)]
    stream = io.BytesIO()
    frames[0].save(stream, "MPO", save_all=True, append_images=frames[1:])
    data = stream.getvalue()
    header = numjpeg.read_header(data)
    image = Image.open(io.BytesIO(data))
    assert image.n_frames == len(header.images) == 2
    for number, place in enumerate(header.images):
        image.seek(number)
        assert place.offset == image.offset
        assert np.array_equal(numjpeg.decode(data[place.offset :][: place.size]), np.asarray(image))
    assert np.array_equal(numjpeg.decode(data), pillow.load(data))
    assert header.trailing == (header.images[0].size, len(data) - header.images[0].size)
    assert header.warnings == []


BAD = {
    "APP0: length 0": b"\xff\xe0\0\0",
    "COM: length 1": b"\xff\xfe\0\1",
    "JFIF: 9 bytes": build(0xE0, b"JFIF\0\1\1\0\0"),
    "Adobe: 6 bytes": build(0xEE, b"Adobe\0"),
    "EXIF: no TIFF directory": build(0xE1, b"Exif\0\0II"),
    "ICC profile: its chunks are numbered 1, and not taken": build(0xE2, b"ICC_PROFILE\0\1"),
    "XMP: the extended packet": build(
        0xE1, b'http://ns.adobe.com/xap/1.0/\0<x xmpNote:HasExtendedXMP="' + b"0" * 32 + b'"/>'
    ),
    "MPF: no TIFF directory": build(0xE2, b"MPF\0"),
    "7 stray bytes before DQT": b"strange",
}


@pytest.mark.filterwarnings("ignore:Image appears to be a malformed MPO")
@pytest.mark.parametrize("warning", BAD)
@pytest.mark.parametrize("kind", [{}, {"keep_rgb": True}])
def test_bad_metadata_are_warnings_and_the_pixels_are_pillow_s(warning: str, kind: dict) -> None:
    data = pillow.save(samples.smooth(9, 9), **kind)
    place = data.index(b"\xff\xdb")
    bad = data[:place] + BAD[warning] + data[place:]
    header = numjpeg.read_header(bad)
    assert len(header.warnings) == 1
    assert warning in header.warnings[0]
    assert np.array_equal(numjpeg.decode(bad), pillow.load(data))
    if not warning.startswith(("ICC", "Adobe")):  # which Pillow's own reader fails at
        assert np.array_equal(numjpeg.decode(bad), pillow.load(bad))


@pytest.mark.parametrize("segment", [b"\xff\xe1", b"\xff\xe1\0", b"\xff\xfe\0\x09short"])
def test_a_segment_cut_by_the_end_of_the_file(segment: bytes) -> None:
    """After the scan nothing is lost but the segment; in front of it, the picture."""
    data = pillow.save(samples.smooth(9, 9))
    header = numjpeg.read_header(data[:-2] + segment)
    assert [warning.partition(",")[0].partition(":")[2] for warning in header.warnings] == [
        " the file ends inside the segment",
        "",
    ]
    assert header.warnings[1] == "the file ends without EOI"
    assert np.array_equal(numjpeg.decode(data[:-2] + segment), pillow.load(data))
    for reader in (numjpeg.read_header, numjpeg.decode):
        with pytest.raises(numjpeg.FormatError, match="the file ends inside the segment"):
            reader(data[: data.index(b"\xff\xda")] + segment)


def test_a_file_of_tables_alone_has_no_header() -> None:
    for reader in (numjpeg.read_header, numjpeg.decode, numjpeg.read_coefficients):
        with pytest.raises(numjpeg.FormatError, match=r"no frame, it holds tables alone \(B\.5\), byte 574"):
            reader(pillow.save(samples.smooth(9, 9), streamtype=1))


def test_equality_compares_arrays() -> None:
    data = pillow.save(samples.smooth(33, 50))
    header = numjpeg.read_header(data)
    assert header == numjpeg.read_header(data)
    assert header != data
    others = [pillow.save(samples.smooth(33, 50), **options) for options in ({"quality": 74}, {"optimize": True})]
    for other in [*others, data + b"more"]:
        assert header != numjpeg.read_header(other)
    with pytest.raises(TypeError, match="unhashable"):
        hash(header)


def test_repr_is_a_few_lines() -> None:
    plain = numjpeg.read_header(pillow.save(samples.smooth(33, 50), progressive=True))
    assert repr(plain).splitlines() == [
        "<Header of 50 x 33 pixels (width x height), 8 bits a sample",
        "  progressive DCT, Huffman coding (SOF2), 10 scans",
        "  YCbCr 4:2:0 (sampling factors 2x2, 1x1, 1x1)>",
    ]
    exif = Image.Exif()
    exif[0x0112] = 6
    full = pillow.save(samples.smooth(33, 50), exif=exif, icc_profile=bytes(70_000), comment=b"words") + b"more"
    last = repr(numjpeg.read_header(full)).splitlines()[3:]
    assert len(last) == 1
    for part in ("exif 32 bytes", "icc_profile 70000 bytes", "orientation 6", "1 comments", "4 bytes after EOI"):
        assert part in last[0]
