"""The text of ``numjpeg info``, held to files that Pillow wrote."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from block_text import photo, save, section
from PIL import Image

import numjpeg
from numjpeg.tools.explain import describe_header, header_as_dict


def test_the_header_of_a_file_that_pillow_wrote():
    image = photo(50, 70)
    file = save(
        image,
        quality=83,
        subsampling="4:2:2",
        dpi=(300, 150),
        comment="hello",
        icc_profile=bytes(200),
        exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0",
        restart_marker_blocks=3,
    )
    text = describe_header(file)
    for expected in (
        f"{len(file):,} bytes",
        "70 x 50 pixels",
        "baseline DCT (SOF0)",
        "8 bits a sample",
        "YCbCr",
        "4:2:2",
        "83 (table 0), 83 (table 1)",
        "3 MCUs",
        "300 x 150 dots an inch",
        "200 bytes",
        '"hello"',
        "table K.1 at quality 83, exactly",
        "table K.2 at quality 83, exactly",
        "= table K.6",
    ):
        assert expected in text
    with Image.open(io.BytesIO(file)) as opened:
        tables = [np.array(table).reshape(8, 8) for table in opened.quantization.values()]
    for number, table in enumerate(tables):
        np.testing.assert_array_equal(section(text, f"Quantization table {number}"), table)


def test_markers_stand_with_their_offsets():
    file = save(photo(16, 16))
    text = describe_header(file)
    lines = re.findall(r"^ +(\d+) +(\d*) +([A-Z]+\d*)  ", text, re.MULTILINE)
    codes = {"SOI": 0xD8, "APP0": 0xE0, "DQT": 0xDB, "SOF0": 0xC0, "DHT": 0xC4, "SOS": 0xDA, "EOI": 0xD9}
    assert [name for _, _, name in lines] == [
        "SOI", "APP0", "DQT", "DQT", "SOF0", "DHT", "DHT", "DHT", "DHT", "SOS", "EOI",
    ]  # fmt: skip
    for offset, length, name in lines:
        place = int(offset)
        assert file[place : place + 2] == bytes((0xFF, codes[name]))
        if length:
            assert int(length) == int.from_bytes(file[place + 2 : place + 4], "big")


def test_many_markers_alike_are_summarised():
    file = save(photo(8, 8))
    noise = b"".join(b"\xff\xe7\0\x04ab" for _ in range(5000))
    text = describe_header(file[:2] + noise + file[2:])
    assert "4999 more APP7, 29,994 bytes" in text
    assert len(text) < 10_000


def test_progressive_files_are_described():
    text = describe_header(save(photo(40, 40), progressive=True))
    assert "progressive DCT, Huffman coding (SOF2)" in text
    assert len(re.findall(r"^  byte \d+: component", text, re.MULTILINE)) == 10
    assert "Ss 0, Se 0, Ah 0, Al 1" in text


@pytest.mark.parametrize(
    ("code", "process"),
    [
        (0xC3, "lossless, Huffman coding (SOF3)"),
        (0xC9, "extended sequential DCT, arithmetic coding (SOF9)"),
        (0xCA, "progressive DCT, arithmetic coding (SOF10)"),
    ],
)
def test_other_processes_are_described(code, process):
    file = bytearray(save(photo(16, 16)))
    file[file.index(b"\xff\xc0") + 1] = code
    assert process in describe_header(bytes(file))


def test_12_bits_and_a_height_that_comes_later_are_described():
    file = bytearray(save(photo(16, 16)))
    frame = file.index(b"\xff\xc0")
    file[frame + 1] = 0xC1
    file[frame + 4] = 12
    file[frame + 5 : frame + 7] = b"\0\0"
    text = describe_header(bytes(file))
    assert "12 bits a sample" in text
    assert "16 x unknown" in text


@pytest.mark.parametrize(
    ("comment", "shown"),
    [
        (b"\x1b]0;owned\x07\x1b[2J", r"\x1b]0;owned\x07\x1b[2J"),
        (b"a\nb\r\x08\x9b31m", r"a\nb\r\x08\x9b31m"),
        ("\u202etxt.exe \x85\u2028\u200b".encode(), r"\u202etxt.exe \x85\u2028\u200b"),
        ("Größe 标准".encode(), "Größe 标准"),
    ],
)
def test_comments_do_no_harm_to_a_terminal(comment, shown):
    text = describe_header(save(photo(8, 8), comment=comment))
    assert f'"{shown}"' in text
    assert all(c == "\n" or c.isprintable() for c in text)


def test_names_of_application_segments_do_no_harm():
    file = save(photo(8, 8))
    text = describe_header(file[:2] + b"\xff\xe5\0\x08\x1b[31m\0"[:10] + file[2:])
    assert '"\\x1b[31m"' in text
    assert "\x1b" not in text


def test_metadata_are_described():
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = [Image.fromarray(photo(16, 16)), Image.fromarray(photo(16, 24))]
    stream = io.BytesIO()
    frames[0].save(stream, "MPO", save_all=True, append_images=frames[1:], exif=exif.tobytes())
    file = stream.getvalue()
    place = file.index(b"\xff\xe1")
    thumbnail = b"\xff\xe0\0\x0d" + b"JFXX\0\x13\1\1abc"
    text = describe_header(file[:place] + thumbnail + file[place:])
    second = file.rindex(b"\xff\xd8")
    for expected in (
        r"JFIF +1\.01",
        r"JFIF thumbnail +1 x 1 pixels",
        r"orientation +6, to be turned clockwise",
        rf"image +1, {second:,} bytes at byte 0, MP type 0x030000",
        rf"image +2, {len(file) - second:,} bytes at byte {second + len(thumbnail)}, MP type 0x000000",
        rf"trailing data +{len(file) - second:,} bytes at byte {second + len(thumbnail)}",
        r"APP2 +index of a multi-picture file",
        r"APP0 +JFIF extension",
    ):
        assert re.search(expected, text), expected
    assert "Warnings" not in text
    assert re.search("Adobe +colour transform 0", describe_header(save(photo(8, 8), keep_rgb=True)))


def test_whatever_is_in_application_segments_does_no_harm_to_a_terminal():
    evil = b"\x1b[2J\x9b31m\x07\x08\r\n\xe2\x80\xae" * 4
    names = [b"", b"JFIF\0", b"JFXX\0\x10", b"Exif\0\0", b"Exif\0\0MM\0*", b"MPF\0", b"MPF\0II*\0", b"Adobe"]
    names += [b"ICC_PROFILE\0", b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"]
    segments = [
        bytes((0xFF, marker)) + (len(name + evil) + 2).to_bytes(2, "big") + name + evil
        for marker in (*range(0xE0, 0xF0), 0xFE)
        for name in names
    ]
    file = save(photo(8, 8))
    for segment in segments:
        text = describe_header(file[:2] + segment + file[2:] + evil)
        assert all(c == "\n" or c.isprintable() for c in text)


def test_a_long_comment_is_cut():
    text = describe_header(save(photo(8, 8), comment="x" * 60_000))
    assert "(60,000 bytes)" in text
    assert len(text) < 10_000


def test_warnings_are_listed():
    text = describe_header(save(photo(8, 8)) + b"tail")
    assert "Warnings\n  4 bytes follow EOI" in text


def test_cmyk_and_gray():
    cmyk = io.BytesIO()
    Image.new("CMYK", (9, 9)).save(cmyk, "JPEG")
    assert re.search(r"^colour space +CMYK$", describe_header(cmyk.getvalue()), re.MULTILINE)
    assert re.search(r"^colour space +gray$", describe_header(save(photo(8, 8, 1))), re.MULTILINE)


def test_tables_that_are_not_of_annex_k_have_no_quality():
    tables = [[1 + i // 2 for i in range(64)], [9] * 64]
    text = describe_header(save(photo(16, 16), qtables=tables))
    assert re.search(r"^quality +not of Annex K \(table 0\), not of Annex K \(table 1\)$", text, re.MULTILINE)
    assert len(re.findall("^Quantization table .*no scaled table of Annex K$", text, re.MULTILINE)) == 2
    assert not re.search(r"K\.[12] at quality", text)
    tables = numjpeg.read_header(save(photo(16, 16), quality=75)).quantization_tables
    tables[0][0, 0] += 3  # as zeros and clamped entries of some encoders
    text = describe_header(save(photo(16, 16), qtables=[table.ravel().tolist() for table in tables.values()]))
    assert "no scaled table of Annex K, but nearly K.1 at quality 75: 0.05 away on average" in text
    assert "table K.2 at quality 75, exactly" in text


def test_lossless_files_name_their_predictor():
    data = numjpeg.encode(np.zeros((9, 9), np.uint16), lossless=True, predictor=6, point_transform=3)
    text = describe_header(data)
    assert "predictor         6\n" in text
    assert "point transform   3\n" in text
    assert header_as_dict(data)["prediction"] == [{"predictor": 6, "point_transform": 3}]
    baseline = numjpeg.encode(np.zeros((9, 9), np.uint8))
    assert "predictor" not in describe_header(baseline)
    assert header_as_dict(baseline)["prediction"] == []
