"""Application segments: what is whole is found, what is broken is None and a warning."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import numjpeg
from numjpeg.container import metadata
from numjpeg.container.metadata import Density

APP0, APP1, APP2, APP14, COM = 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
JFIF = b"JFIF\0\1\2\1\0\x48\0\x60"


def chunk(number: int, total: int, data: bytes) -> tuple[int, bytes]:
    return APP2, b"ICC_PROFILE\0" + bytes((number, total)) + data


WHOLE = [chunk(2, 3, b"b"), chunk(1, 3, b"a"), chunk(3, 3, b"")]


@pytest.mark.parametrize(
    ("segments", "profile", "fault"),
    [
        ([], None, ""),
        (WHOLE, b"ab", ""),
        ([*WHOLE, chunk(2, 3, b"b")], None, "chunk 2 comes twice"),
        (WHOLE[:2], None, "2 chunks are there, and they are not 1 to 3"),
        ([*WHOLE[:2], chunk(4, 3, b"")], None, "3 chunks are there, and they are not 1 to 3"),
        ([*WHOLE[:2], chunk(3, 4, b"c")], b"abc", "do not agree on their number, taken for 3"),
        ([chunk(1, 3, b"a"), chunk(2, 2, b"b")], None, "2 chunks are there, and they are not 1 to 3"),
        ([*WHOLE, (APP2, b"ICC_PROFILE\0\4")], None, "cut short"),
        ([chunk(0, 0, b"x")], None, "not 1 to 0"),
        ([chunk(0, 1, b"x")], b"x", "chunks 0 to 0 of 1"),
        ([chunk(2, 1, b"x")], b"x", "chunks 2 to 2 of 1"),
        ([chunk(1, 2, b"y"), chunk(0, 2, b"x")], b"xy", "chunks 0 to 1 of 2"),
        ([chunk(i, 255, b"x") for i in range(1, 256)], b"x" * 255, ""),
    ],
)
def test_icc(segments: list[tuple[int, bytes]], profile: bytes | None, fault: str) -> None:
    warnings: list[str] = []
    assert metadata.find_icc([(APP1, b"other"), *segments], warnings) == profile
    assert len(warnings) == bool(fault)
    assert all(fault in warning for warning in warnings)


@pytest.mark.parametrize("numbers", [[(1, 2), (2, 3)], [(1, 3), (2, 2)], [(0, 1)], [(2, 1)], [(2, 2), (3, 9)]])
def test_odd_icc_chunks_give_the_profile_that_pillow_gives(numbers: list[tuple[int, int]]) -> None:
    data = numjpeg.encode(np.zeros((8, 8), np.uint8))
    segments = b"".join(
        b"\xff\xe2" + (len(p) + 2).to_bytes(2, "big") + p for _, p in (chunk(*n, b"x") for n in numbers)
    )
    data = data[:2] + segments + data[2:]
    with Image.open(io.BytesIO(data)) as image:
        assert numjpeg.read_header(data).icc_profile == image.info["icc_profile"]


def test_jfif() -> None:
    warnings: list[str] = []
    pixels = np.arange(18, dtype=np.uint8).reshape(3, 2, 3)
    found = metadata.find_jfif([(APP0, JFIF + b"\2\3" + pixels.tobytes() + b"more")], warnings)
    assert (found[0], found[1]) == ((1, 2), Density(1, 72, 96))
    assert np.array_equal(found[2], pixels)
    assert metadata.find_jfif([(APP0, JFIF + b"\0\0")], warnings) == ((1, 2), Density(1, 72, 96), None)
    assert metadata.find_jfif([(APP14, JFIF + b"\0\0")], warnings) == (None, None, None)
    assert warnings == []


def test_jfif_extensions() -> None:
    warnings: list[str] = []
    plain = (APP0, JFIF + b"\0\0")
    pixels = np.arange(18, dtype=np.uint8).reshape(3, 2, 3)
    palette = np.random.default_rng(1).integers(0, 256, (256, 3), np.uint8)
    numbers = np.array([[0, 255, 7], [8, 9, 1]], np.uint8)
    for extension, expected in (
        (b"\x10\xff\xd8 a JPEG file", b"\xff\xd8 a JPEG file"),
        (b"\x13\2\3" + pixels.tobytes(), pixels),
        (b"\x11\3\2" + palette.tobytes() + numbers.tobytes(), palette[numbers]),
    ):
        thumbnail = metadata.find_jfif([plain, (APP0, b"JFXX\0" + extension)], warnings)[2]
        assert type(thumbnail) is type(expected)
        assert np.array_equal(thumbnail, expected)
    assert warnings == []


@pytest.mark.parametrize(
    ("payload", "warning"),
    [
        (JFIF + b"\0", "JFIF: 13 bytes in place of 14"),
        (JFIF + b"\2\3" + bytes(17), "2 x 3 pixels is cut short"),
        (JFIF + b"\xff\xff", "255 x 255 pixels is cut short"),
        (b"JFXX\0", "extension that is not known"),
        (b"JFXX\0\x12", "extension that is not known"),
        (b"JFXX\0\x11\1\1" + bytes(768), "cut short"),
        (b"JFXX\0\x11\1\1" + bytes(3), "cut short"),
        (b"JFXX\0\x13\1\1\0\0", "cut short"),
    ],
)
def test_broken_jfif(payload: bytes, warning: str) -> None:
    warnings: list[str] = []
    assert metadata.find_jfif([(APP0, payload)], warnings)[2] is None
    assert len(warnings) == 1
    assert warning in warnings[0]


def test_adobe() -> None:
    warnings: list[str] = []
    segments = [(APP14, b"Adobe\0\x64\0\0\0\0\2"), (APP14, b"Adobe\0\x64\0\0\0\0")]
    assert metadata.adobe_transform(segments) == 2
    metadata.check_adobe(segments, warnings)
    assert warnings == ["Adobe: 11 bytes in place of 12 or more, not looked at"]


GUID = b"0123456789ABCDEF0123456789ABCDEF"
PACKET = b'<x xmpNote:HasExtendedXMP="' + GUID + b'"/>'


def extension(total: int, offset: int, data: bytes, guid: bytes = GUID) -> tuple[int, bytes]:
    head = b"http://ns.adobe.com/xmp/extension/\0" + guid
    return APP1, head + total.to_bytes(4, "big") + offset.to_bytes(4, "big") + data


@pytest.mark.parametrize(
    ("segments", "packet", "expected", "broken"),
    [
        ([extension(5, 3, b"de"), extension(5, 0, b"abc")], PACKET, b"abcde", False),
        ([extension(5, 3, b"de"), extension(5, 0, b"abc")], PACKET.replace(b'="', b">"), b"abcde", False),
        ([extension(5, 0, b"abcde"), extension(9, 0, b"x", GUID[::-1])], PACKET, b"abcde", False),
        ([extension(5, 0, b"abcde")], b"<x/>", None, False),
        ([extension(5, 0, b"abcde")], None, None, False),
        ([], PACKET, None, True),
        ([extension(5, 3, b"de")], PACKET, None, True),
        ([extension(5, 0, b"abc"), extension(5, 2, b"cde")], PACKET, None, True),
        ([extension(5, 0, b"abc"), extension(6, 3, b"de")], PACKET, None, True),
        ([extension(1 << 31, 0, b"abc")], PACKET, None, True),
    ],
)
def test_extended_xmp(
    segments: list[tuple[int, bytes]], packet: bytes | None, expected: bytes | None, broken: bool
) -> None:
    warnings: list[str] = []
    assert metadata.find_extended_xmp(segments, packet, warnings) == expected
    assert len(warnings) == broken


def test_exif_of_several_segments_is_one() -> None:
    assert metadata.find_exif([(APP1, b"Exif\0\0ab"), (COM, b""), (APP1, b"Exif\0\0cd")]) == b"Exif\0\0abcd"
    assert metadata.find_exif([(APP2, b"Exif\0\0ab")]) is None
