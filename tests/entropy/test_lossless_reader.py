"""The reader of lossless scans: files of libjpeg-turbo, through imagecodecs, to the samples they were made of."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
import samples

import numjpeg
from numjpeg import scans
from numjpeg.container import segments


def picture(bits: int, shape: tuple[int, ...] = (61, 47), seed: int = 0) -> np.ndarray:
    """Soft waves with noise in the lowest bits, of so many bits."""
    height, width, *channels = shape
    fine = samples.smooth(height, width, *(channels or [1]), seed=seed).astype(np.uint32) << 8
    fine |= np.random.default_rng(seed).integers(0, 256, fine.shape, np.uint32)
    return (fine >> 16 - bits).astype(np.uint8 if bits <= 8 else np.uint16)


@pytest.fixture(params=["fast", "literal"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With numjpeg.fast and without it."""
    monkeypatch.setattr(scans, "_fast_forms_enabled", request.param == "fast")


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("bits", range(2, 17))
def test_every_precision(imagecodecs: ModuleType, bits: int) -> None:
    for shape in ((61, 47), (50, 41, 3)):
        image = picture(bits, shape)
        data = imagecodecs.jpeg8_encode(image, lossless=True, predictor=1, bitspersample=bits)
        decoded = numjpeg.decode(data)
        assert decoded.dtype == image.dtype
        assert np.array_equal(decoded, image)
        header = numjpeg.read_header(data)
        assert (header.marker, header.precision) == ("SOF3", bits)


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("predictor", range(1, 8))
def test_every_predictor(imagecodecs: ModuleType, predictor: int) -> None:
    for image in (
        picture(8, (61, 47, 3)),
        picture(16),
        samples.noise(40, 50),
        np.ascontiguousarray(samples.flat(40, 50)),
    ):
        bits = 8 * image.itemsize
        data = imagecodecs.jpeg8_encode(image, lossless=True, predictor=predictor, bitspersample=bits)
        assert np.array_equal(numjpeg.decode(data), image)


@pytest.mark.usefixtures("form")
def test_the_difference_32768(imagecodecs: ModuleType) -> None:
    """It has a category of its own, 16, and no bits (H.1.2.2)."""
    image = np.zeros((40, 60), np.uint16)
    image[::3, ::2] = 32768
    image[::2, 5:9] = 65535
    data = imagecodecs.jpeg8_encode(image, lossless=True, predictor=1, bitspersample=16)
    assert 16 in numjpeg.read_header(data).huffman_tables[0, 0][1]
    assert np.array_equal(numjpeg.decode(data), image)


def test_what_else_a_lossless_file_is_asked_for(imagecodecs: ModuleType) -> None:
    image = picture(8, (61, 47, 3))
    data = imagecodecs.jpeg8_encode(image, lossless=True)
    assert np.array_equal(numjpeg.decode(data, colorspace="BGR"), image[..., ::-1])
    assert np.array_equal(numjpeg.decode(data, colorspace="raw"), image)
    assert np.array_equal(numjpeg.decode(data, region=(17, 9, 30, 20)), image[17:47, 9:29])
    with pytest.raises(ValueError, match="scale"):
        numjpeg.decode(data, scale=0.5)
    with pytest.raises(numjpeg.UnsupportedError, match=r"lossless.*H\.1"):
        numjpeg.read_coefficients(data)
    with pytest.raises(ValueError, match="restore"):
        numjpeg.decode(data, restore=True)


def test_colours_are_not_converted(imagecodecs: ModuleType) -> None:
    """JFIF says YCbCr; libjpeg-turbo gives a lossless file's components as they are stored, and so do we."""
    image = picture(8, (61, 47, 3))
    data = imagecodecs.jpeg8_encode(image, lossless=True)
    adobe = data.index(b"\xff\xee")
    jfif = segments.build(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    data = data[:adobe] + jfif + data[adobe + 16 :]
    assert numjpeg.read_header(data).colorspace == "YCbCr"
    assert np.array_equal(numjpeg.decode(data), image)
    assert not np.array_equal(numjpeg.decode(data, colorspace="RGB"), image)


HEADER = {
    "predictor 0": (b"\0\0\0", "predictor 0"),
    "predictor 8": (b"\10\0\0", "predictor 8"),
    "Se": (b"\1\1\0", "Se=1"),
    "Ah": (b"\1\0\x10", "Ah=1"),
    "Al": (b"\1\0\10", "Al=8"),
}


@pytest.mark.parametrize("kind", HEADER)
def test_wrong_scan_headers(imagecodecs: ModuleType, kind: str) -> None:
    parameters, expected = HEADER[kind]
    data = imagecodecs.jpeg8_encode(picture(8), lossless=True, predictor=1)
    place = data.index(b"\xff\xda") + 7
    assert data[place : place + 3] == b"\1\0\0"
    broken = data[:place] + parameters + data[place + 3 :]
    for strict in (True, False):
        with pytest.raises(numjpeg.FormatError, match=expected if strict else "no scan"):
            numjpeg.decode(broken, strict=strict)


def test_a_restart_interval_that_is_not_whole_rows(imagecodecs: ModuleType) -> None:
    data = imagecodecs.jpeg8_encode(picture(8), lossless=True, predictor=1)
    place = data.index(b"\xff\xda")
    for interval in (46, 48, 70):
        with pytest.raises(numjpeg.FormatError, match=r"whole rows of 47 \(H\.1\.1\)"):
            numjpeg.decode(data[:place] + segments.build_dri(interval) + data[place:])


@pytest.mark.usefixtures("form")
def test_what_is_missing_is_what_libjpeg_puts_there(imagecodecs: ModuleType) -> None:
    image = picture(12, (200, 150))
    data = imagecodecs.jpeg8_encode(image, lossless=True, predictor=4, bitspersample=12)
    cut = data[: len(data) * 2 // 3]
    with pytest.raises(numjpeg.FormatError, match=r"data end too early in MCU \d+ \(H\.2\.2\)"):
        numjpeg.decode(cut)
    part, report = numjpeg.decode_damaged(cut)
    (fault,) = report.faults
    first = fault.mcus[0]
    assert 15_000 < first < 25_000
    assert np.array_equal(part.ravel()[:first], image.ravel()[:first])
    assert np.array_equal(part, imagecodecs.jpeg8_decode(cut))
    assert (part[first // 150 + 1 :] == 2048).all()
    assert report.pixels().ravel()[:first].all()
    assert not report.pixels().ravel()[first:].any()


@pytest.mark.usefixtures("form")
def test_flipped_bits_never_pass_for_more_than_they_are(imagecodecs: ModuleType) -> None:
    """Damage is refused, or decoding gives a picture; tolerant decoding always does."""
    image = picture(8, (60, 50))
    data = imagecodecs.jpeg8_encode(image, lossless=True, predictor=7)
    start = data.index(b"\xff\xda") + 10
    random = np.random.default_rng(5)
    refused = 0
    for _ in range(200):
        broken = bytearray(data)
        broken[random.integers(start, len(data) - 2)] ^= 1 << random.integers(8)
        try:
            numjpeg.decode(bytes(broken))
        except numjpeg.FormatError:
            refused += 1
        recovered, _ = numjpeg.decode_damaged(bytes(broken))
        assert recovered.shape == image.shape
    assert refused > 30


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("rows", [0, 1, 3])
@pytest.mark.parametrize(("shape", "bits"), [((20, 23), 8), ((20, 23, 3), 8), ((9, 31), 12)])
def test_damaged_files_are_read_as_libjpeg_reads_them(
    imagecodecs: ModuleType, shape: tuple[int, ...], bits: int, rows: int
) -> None:
    """Bytes changed, put in, left out; files cut short; restart markers lost, doubled, renamed."""
    random = np.random.default_rng(rows)
    compared = 0
    for case in range(60):
        options = {} if bits == 8 else {"precision": bits}
        predictor = 1 + case % 7
        data = numjpeg.encode(
            picture(bits, shape), lossless=True, predictor=predictor, restart_marker_rows=rows, **options
        )
        start = data.index(b"\xff\xda") + 14
        broken = bytearray(data)
        place = int(random.integers(start, len(data) - 2))
        marks = [i for i in range(start, len(data) - 2) if data[i] == 0xFF and data[i + 1]]
        mark = marks[case % len(marks)] if marks else place
        match case % 6:
            case 0:
                broken[place] ^= 1 << random.integers(8)
            case 1:
                broken[place:place] = random.bytes(3)
            case 2:
                del broken[place : place + 2]
            case 3:
                del broken[place:]
            case 4:
                del broken[mark : mark + 2]
            case _:
                broken[mark : mark + 2] = bytes((0xFF, 0xD0 + case % 8))
        try:
            expected = imagecodecs.jpeg8_decode(bytes(broken))
        except imagecodecs.Jpeg8Error:
            continue
        assert np.array_equal(numjpeg.decode(bytes(broken), strict=False), expected), case
        compared += 1
    assert compared > 50


def test_the_number_of_a_quantization_table_says_nothing() -> None:
    data = bytearray(numjpeg.encode(picture(8), lossless=True))
    data[data.index(b"\xff\xc3") + 12] = 16
    assert np.array_equal(numjpeg.decode(bytes(data)), picture(8))


def test_a_bomb_costs_nothing() -> None:
    """A small file that announces a huge picture is refused before anything is allocated."""
    sof = segments.build(0xC3, b"\x10\xff\xff\xff\xff\1\1\x11\0")
    dht = segments.build(0xC4, b"\0" + b"\1" + bytes(15) + b"\0")
    sos = segments.build(0xDA, b"\1\1\0\1\0\0")
    data = b"\xff\xd8" + sof + dht + sos + bytes(1000) + b"\xff\xd9"
    with pytest.raises(numjpeg.UnsupportedError):
        numjpeg.decode(data)
    with pytest.raises(numjpeg.UnsupportedError):
        numjpeg.decode(data, max_pixels=None)
    smaller = data.replace(b"\xff\xff\xff\xff", b"\x10\0\x10\0")
    with pytest.raises(numjpeg.UnsupportedError, match="more than"):
        numjpeg.decode(smaller)
    smallest = data.replace(b"\xff\xff\xff\xff", b"\4\0\4\0")
    with pytest.raises(numjpeg.FormatError, match="at least"):
        numjpeg.decode(smallest)
    assert numjpeg.decode(smallest, strict=False).shape == (1024, 1024)
