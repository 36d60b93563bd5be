"""Bad input is normal input: a JpegError that says what, where and by which clause, and never anything else."""

from __future__ import annotations

import io
import re
import tracemalloc
import warnings
from contextlib import suppress

import numpy as np
import pillow
import pytest
import samples
from PIL import Image

import numjpeg
from numjpeg.container.segments import build

READERS = (numjpeg.decode, numjpeg.read_coefficients, numjpeg.read_header)


def small_files() -> dict[str, bytes]:
    """Valid files of different kinds, some hundred bytes each."""
    return {
        "color": pillow.save(samples.smooth(17, 20), quality=30, optimize=True),
        "gray": pillow.save(samples.smooth(17, 20, 1), quality=30, optimize=True),
        "restart": pillow.save(samples.smooth(17, 40), quality=30, optimize=True, restart_marker_blocks=1),
        "cmyk": pillow.save(samples.smooth(9, 9, 4), "CMYK", quality=20, optimize=True),
        "16-bit tables": pillow.save(samples.noise(9, 9), qtables=[[300] * 64], optimize=True),
    }


def survives(data: bytes) -> None:
    """Every reader gives a result or a JpegError."""
    for reader in READERS:
        with suppress(numjpeg.JpegError):
            reader(data)


@pytest.mark.usual("gray", "restart")
@pytest.mark.parametrize("kind", small_files())
def test_every_truncation(kind: str) -> None:
    data = small_files()[kind]
    for size in range(len(data) - 2):
        with pytest.raises(numjpeg.FormatError):
            numjpeg.decode(data[:size])
        survives(data[:size])


@pytest.mark.parametrize("kind", small_files())
def test_a_missing_eoi_loses_nothing(kind: str) -> None:
    data = small_files()[kind]
    assert np.array_equal(numjpeg.decode(data[:-2]), pillow.load(data))
    assert any("EOI" in warning for warning in numjpeg.read_header(data[:-2]).warnings)


@pytest.mark.usual("color-0")
@pytest.mark.parametrize("first", range(8))
@pytest.mark.parametrize("kind", small_files())
def test_every_byte_set_to_other_values(kind: str, first: int) -> None:
    data = bytearray(small_files()[kind])
    for place in range(first, len(data), 8):
        original = data[place]
        for value in {0x00, 0xFF, 0xD9, original ^ 0x01, original ^ 0x80}:
            data[place] = value
            survives(bytes(data))
        data[place] = original


@pytest.mark.usual("restart", "gray")
@pytest.mark.parametrize("kind", small_files())
def test_bytes_taken_out_and_put_in(kind: str) -> None:
    data = small_files()[kind]
    for place in range(2, len(data), 3):
        survives(data[:place] + data[place + 1 :])
        survives(data[:place] + b"\xff\xda\x00" + data[place:])


def test_marker_soup() -> None:
    random = np.random.default_rng(11)
    segments = [data[2:-2] for data in small_files().values()]
    for _ in range(300):
        parts = [b"\xff\xd8"]
        for _ in range(random.integers(1, 12)):
            piece = segments[random.integers(len(segments))]
            start = int(random.integers(len(piece)))
            parts.append(piece[start : start + int(random.integers(1, 120))])
            parts.append(bytes((0xFF, int(random.integers(0xC0, 0x100)))))
        survives(b"".join(parts))


def replaced(marker: int, payload: bytes) -> bytes:
    """A small colour file in which the first segment of a kind has another payload."""
    data = small_files()["color"]
    place = data.index(bytes((0xFF, marker)))
    end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return data[:place] + build(marker, payload) + data[end:]


SOF = b"\x08\0\x11\0\x14\3\1\x22\0\2\x11\1\3\x11\1"
SOS = b"\3\1\0\2\x11\3\x11\0\x3f\0"
WRONG = {
    "empty": (b"", "no data"),
    "text": (b"hello", "not a JPEG file.*B.2.1"),
    "SOI alone": (b"\xff\xd8", "no frame.*B.2.1"),
    "tables alone": (small_files()["color"][:100] + b"\xff\xd9", "no frame|ends inside"),
    "length 1": (b"\xff\xd8\xff\xdb\0\1", "DQT: length 1.*B.1.1.4.*byte 2"),
    "DQT precision": (replaced(0xDB, b"\x20" + bytes(64)), r"DQT.*Pq=2.*B\.2\.4\.1"),
    "DQT number": (replaced(0xDB, b"\x04" + bytes(64)), "DQT.*Tq=4"),
    "DQT short": (replaced(0xDB, b"\x00" + bytes([1] * 63)), "DQT.*cut short"),
    "DHT class": (replaced(0xC4, b"\x20" + bytes(16)), r"DHT.*Tc=2.*B\.2\.4\.2"),
    "DHT number": (replaced(0xC4, b"\x04" + bytes(16)), "DHT.*Th=4"),
    "DHT short": (replaced(0xC4, b"\x00\1" + bytes(15)), "DHT.*cut short"),
    "DHT oversubscribed": (replaced(0xC4, b"\x00\3" + bytes(15) + b"\1\2\3"), "DHT.*oversubscribed"),
    "DHT DC category": (replaced(0xC4, b"\x00\1" + bytes(15) + b"\x10"), "DHT.*category"),
    "SOF short": (replaced(0xC0, SOF[:-1]), r"SOF0.*cut short.*B\.2\.2"),
    "SOF precision": (replaced(0xC0, b"\x0c" + SOF[1:]), "SOF0: precision 12"),
    "SOF width": (replaced(0xC0, SOF[:3] + b"\0\0" + SOF[5:]), "SOF0: width 0"),
    "SOF components": (replaced(0xC0, SOF[:5] + b"\0"), "SOF0: no components"),
    "SOF factors": (replaced(0xC0, SOF[:7] + b"\x52" + SOF[8:]), "SOF0: sampling factors 5x2"),
    "SOF table": (replaced(0xC0, SOF[:8] + b"\4" + SOF[9:]), "SOF0.*Tq=4"),
    "SOF table missing": (replaced(0xC0, SOF[:8] + b"\3" + SOF[9:]), "quantization table 3 is not defined"),
    "SOS short": (replaced(0xDA, SOS[:-1]), r"SOS: cut short.*B\.2\.3"),
    "SOS none": (replaced(0xDA, b"\0\0\x3f\0"), "SOS: 0 components"),
    "SOS unknown": (replaced(0xDA, SOS.replace(b"\2\x11", b"\7\x11")), "SOS: component 7"),
    "SOS twice": (replaced(0xDA, SOS.replace(b"\2\x11", b"\1\x11")), "SOS: a component stands twice"),
    "SOS selector": (replaced(0xDA, SOS.replace(b"\2\x11", b"\2\x41")), "SOS: table numbers Td=4"),
    "SOS table missing": (replaced(0xDA, SOS.replace(b"\2\x11", b"\2\x31")), "DC Huffman table 3 is not defined"),
    "too many blocks": (replaced(0xC0, SOF[:7] + b"\x44" + SOF[8:]), "18 blocks an MCU"),
    "two frames": (
        small_files()["color"].replace(b"\xff\xda", b"\xff\xc0\0\x11" + SOF + b"\xff\xda"),
        "second frame",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_format_error_says_what_where_and_by_which_clause(kind: str) -> None:
    data, expected = WRONG[kind]
    with pytest.raises(numjpeg.FormatError, match=expected) as caught:
        numjpeg.decode(data)
    assert caught.value.offset is not None
    assert f"byte {caught.value.offset}" in str(caught.value)
    assert 0 <= caught.value.offset <= len(data)
    assert caught.value.clause
    assert caught.value.clause in str(caught.value)


UNSUPPORTED = {
    "PNG": (b"\x89PNG\r\n\x1a\n", "not a JPEG file: it begins like PNG"),
    "arithmetic": (small_files()["color"].replace(b"\xff\xc0", b"\xff\xcf"), "SOF15.*arithmetic"),
    "differential lossless": (small_files()["color"].replace(b"\xff\xc0", b"\xff\xc7"), "SOF7: differential"),
    "differential": (small_files()["color"].replace(b"\xff\xc0", b"\xff\xc5"), "SOF5: differential"),
    "10 bits": (small_files()["color"].replace(b"\xff\xc0\0\x11\x08", b"\xff\xc1\0\x11\x0a"), "SOF1.*10 bits"),
    "DNL": (replaced(0xC0, SOF[:1] + b"\0\0" + SOF[3:]), "SOF0.*DNL"),
    "fractional": (replaced(0xC0, SOF[:7] + b"\x32" + SOF[8:10] + b"\x21" + SOF[11:]), "fractional"),
    "5 components": (replaced(0xC0, SOF[:5] + b"\5" + SOF[6:] + b"\4\x11\0\5\x11\0"), "5 components"),
    "hierarchical": (b"\xff\xd8" + build(0xDE, SOF) + small_files()["color"][2:], "DHP: hierarchical"),
}


@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_what_is_not_decoded_is_named(kind: str) -> None:
    data, expected = UNSUPPORTED[kind]
    for reader in (numjpeg.decode, numjpeg.read_coefficients):
        with pytest.raises(numjpeg.UnsupportedError, match=expected) as caught:
            reader(data)
        assert re.search(r"\(.+\), byte \d+$", str(caught.value))


def test_damage_is_found_where_it_is() -> None:
    """64 ones in a row: whatever comes before them, a code of all ones follows, and there is none (C.2)."""
    data = pillow.save(samples.photograph(), quality=80)
    ones = b"\xff\x00" * 8
    scan = data.index(b"\xff\xda") + 14
    places = [p for p in range(scan, len(data) - 100, 997) if b"\xff" not in data[p - 1 : p + len(ones)]]
    assert len(places) > 20
    for place in places[::3]:
        with pytest.raises(numjpeg.FormatError, match=r"code begins like this in MCU \d+ \(F.2.2\)") as caught:
            numjpeg.decode(data[:place] + ones + data[place + len(ones) :])
        assert place - 4 <= caught.value.offset <= place + len(ones)


def test_restart_markers_out_of_order_or_missing() -> None:
    data = pillow.save(samples.smooth(40, 40), restart_marker_blocks=1)
    with pytest.raises(numjpeg.FormatError, match="RST5 stands where RST2 is due"):
        numjpeg.decode(data.replace(b"\xff\xd2", b"\xff\xd5"))
    with pytest.raises(numjpeg.FormatError, match="RST2 is missing"):
        numjpeg.decode(data.replace(b"\xff\xd2", b""))


def test_memory_is_not_taken_on_a_header_s_word() -> None:
    """A file of some hundred bytes that claims 65,500 x 2,700 pixels."""
    data = bytearray(small_files()["color"])
    place = data.index(b"\xff\xc0")
    data[place + 5 : place + 9] = (2700).to_bytes(2, "big") + (65500).to_bytes(2, "big")
    for reader in (numjpeg.decode, numjpeg.read_coefficients):
        tracemalloc.start()
        with pytest.raises(numjpeg.JpegError):
            reader(bytes(data), max_pixels=1 << 40)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2_000_000


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
def test_max_pixels_counts_pixels(subsampling: str) -> None:
    data = pillow.save(samples.smooth(20, 30), subsampling=subsampling)
    for reader in (numjpeg.decode, numjpeg.decode_damaged, numjpeg.read_coefficients):
        for enough in (600, np.int64(600), None):
            reader(data, max_pixels=enough)
        with pytest.raises(numjpeg.UnsupportedError, match="30 x 20 pixels: more than max_pixels=599"):
            reader(data, max_pixels=599)


def test_the_default_limit_is_the_one_at_which_pillow_raises() -> None:
    data = bytearray(small_files()["gray"])
    place = data.index(b"\xff\xc0")
    for height in (13_670, 13_671):
        data[place + 5 : place + 9] = height.to_bytes(2, "big") + (13_091).to_bytes(2, "big")
        with pytest.raises(numjpeg.JpegError) as ours:
            numjpeg.decode(bytes(data))
        refused = "max_pixels=178956970" in str(ours.value)
        with warnings.catch_warnings(), suppress(OSError):
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            try:
                Image.open(io.BytesIO(data)).load()
            except Image.DecompressionBombError:
                assert refused
                refused = False
        assert not refused


def test_stray_bytes_are_warnings() -> None:
    data = small_files()["color"]
    expected = pillow.load(data)
    place = data.index(b"\xff\xc4")
    for changed, said in (
        (data[:place] + b"stray" + data[place:], "5 stray bytes before DHT"),
        (data + b"trailing", "8 bytes follow EOI"),
        (data[:-2] + b"\x12\x34\x56" + data[-2:], None),
    ):
        assert np.array_equal(numjpeg.decode(changed), expected)
        assert said is None or any(said in warning for warning in numjpeg.read_header(changed).warnings)


def test_the_two_families_of_errors() -> None:
    assert issubclass(numjpeg.FormatError, numjpeg.JpegError)
    assert issubclass(numjpeg.UnsupportedError, numjpeg.JpegError)
    assert not issubclass(numjpeg.JpegError, ValueError)
