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
        ([*WHOLE, chunk(2, 3, b"b")], None, "numbered 1/3, 2/3, 2/3, 3/3, and not taken"),
        (WHOLE[:2], None, "1/3, 2/3, and not taken"),
        ([*WHOLE[:2], chunk(4, 3, b"d")], b"abd", "1/3, 2/3, 4/3, and joined in this order"),
        ([*WHOLE[:2], chunk(3, 4, b"c")], b"abc", "1/3, 2/3, 3/4, and joined"),
        ([chunk(1, 2, b"y"), chunk(1, 2, b"x")], b"xy", "1/2, 1/2, and joined"),
        ([chunk(1, 3, b"a"), chunk(2, 2, b"b")], None, "1/3, 2/2, and not taken"),
        ([*WHOLE, (APP2, b"ICC_PROFILE\0\4")], None, "1/3, 2/3, 3/3, 4, and not taken"),
        ([(APP2, b"ICC_PROFILE\0")], None, "numbered none, and not taken"),
        ([chunk(0, 0, b"x")], None, "0/0, and not taken"),
        ([chunk(0, 1, b"x")], b"x", "0/1, and joined"),
        ([chunk(2, 1, b"x")], b"x", "2/1, and joined"),
        ([chunk(1, 2, b"y"), chunk(0, 2, b"x")], b"xy", "0/2, 1/2, and joined"),
        ([chunk(i, 255, b"x") for i in range(1, 256)], b"x" * 255, ""),
        ([chunk(i, 0, b"x") for i in range(256)], None, "0/0, 1/0, 2/0, 3/0, 4/0, ..., and not taken"),
    ],
)
def test_icc(segments: list[tuple[int, bytes]], profile: bytes | None, fault: str) -> None:
    warnings: list[str] = []
    assert metadata.find_icc([(APP1, b"other"), *segments], warnings) == profile
    assert len(warnings) == bool(fault)
    assert all(fault in warning for warning in warnings)


def segment(payload: bytes) -> bytes:
    return b"\xff\xe2" + (len(payload) + 2).to_bytes(2, "big") + payload


def right(chunks: list[bytes]) -> bool:
    """Whether the payloads are chunks 1 to n, of n."""
    numbers = sorted((payload[12], payload[13]) for payload in chunks)
    return numbers == [(i, len(chunks)) for i in range(1, len(chunks) + 1)]


@pytest.mark.parametrize("progressive", [False, True])
def test_icc_chunks_in_any_order_give_the_profile_that_pillow_gives(progressive: bool) -> None:
    """Doubled, missing, empty and wrongly numbered chunks, several profiles, before and behind SOF and SOS."""
    rng = np.random.default_rng(26)
    data = numjpeg.encode(np.zeros((8, 8, 3), np.uint8), progressive=progressive)
    marks = {s.name: s.offset for s in reversed(numjpeg.read_header(data).segments)}
    frame, tables, scan = marks["SOF2" if progressive else "SOF0"], marks["DHT"], marks["SOS"]
    places = [2, frame, tables, scan, data.rindex(b"\xff\xda") if progressive else len(data) - 2]
    found = []
    for _ in range(400):
        at: dict[int, list[bytes]] = {place: [] for place in places}
        for _ in range(rng.integers(1, 3)):  # profiles
            numbers = list(rng.permutation(4)[: rng.integers(1, 4)] + rng.integers(0, 2))
            numbers += numbers[: int(rng.random() < 0.2)]  # one comes twice
            place = rng.choice(places, p=[0.5, 0.2, 0.1, 0.1, 0.1])
            for number in numbers:
                count = len(numbers) if rng.random() < 0.9 else int(rng.integers(0, 5))
                at[place].append(chunk(int(number), count, rng.bytes(int(rng.choice([0, 1, 9]))))[1])
        file = data
        for place in sorted(places, reverse=True):
            file = file[:place] + b"".join(map(segment, at[place])) + file[place:]
        with Image.open(io.BytesIO(file)) as image:
            expected = image.info.get("icc_profile")
        front, behind = at[2] + at[frame], at[tables] + at[scan]
        if not front and behind and right(behind):  # Pillow does not look there
            expected = b"".join(payload[14:] for payload in sorted(behind))
        header = numjpeg.read_header(file)
        assert header.icc_profile == expected
        assert bool(header.warnings) == (not right(front or behind) or bool(front and behind))
        found.append(expected)
    assert 80 < sum(profile is not None for profile in found) < 320


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
