"""Files with arithmetic coding are decoded as by libjpeg, whole or damaged, and in bounded time."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import numpy as np
import pillow
import pytest
import samples
from PIL import Image, UnidentifiedImageError

import numjpeg
from numjpeg.container import markers, segments
from numjpeg.entropy import arithmetic_reader

PICTURE = samples.smooth(61, 83) // 2 + samples.noise(61, 83) // 3
KINDS = {
    "sequential": {},
    "restarts": {"restart_marker_blocks": 3},
    "4:4:4": {"subsampling": 0, "quality": 95},
    "progressive": {"progressive": True},
    "progressive, restarts": {"progressive": True, "restart_marker_blocks": 4},
}


def file(kind: str, image: np.ndarray = PICTURE) -> bytes:
    return numjpeg.encode(image, arithmetic=True, **KINDS[kind])


def data_of(kind: str) -> tuple[bytes, int]:
    """A file, and where its first scan's data begin."""
    data = file(kind)
    return data, data.index(b"\xff\xda") + 14


def damaged(data: bytes, start: int, count: int) -> Iterator[bytes]:
    """The file with bits flipped, bytes overwritten, bytes left out, and cut off in front of an EOI."""
    rng = np.random.default_rng(count)
    for number in range(count):
        changed = bytearray(data)
        place = int(rng.integers(start, len(data) - 20))
        if number % 4 == 0:
            changed[place] ^= 1 << int(rng.integers(8))
        elif number % 4 == 1:
            changed[place : place + 4] = rng.bytes(4)
        elif number % 4 == 2:
            del changed[place : place + int(rng.integers(1, 20))]
        else:
            changed[place:] = b"\xff\xd9"
        yield bytes(changed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_files_are_decoded_as_by_pillow(kind: str, channels: int) -> None:
    data = numjpeg.encode(PICTURE[:, :, 0] if channels == 1 else PICTURE, arithmetic=True, **KINDS[kind])
    expected = pillow.load(data)
    for strict in (True, False):
        assert np.array_equal(numjpeg.decode(data, strict=strict), expected)
    _, report = numjpeg.decode_damaged(data)
    assert not report.faults
    assert not report.remarks


@pytest.mark.usual(every=2)
@pytest.mark.parametrize("kind", KINDS)
def test_parts_and_smaller_sizes(kind: str) -> None:
    data = file(kind)
    whole = numjpeg.decode(data)
    assert np.array_equal(numjpeg.decode(data, region=(20, 30, 25, 41)), whole[20:45, 30:71])
    for scale in (2, 4, 8):
        with Image.open(io.BytesIO(data)) as image:
            image.draft("RGB", (83 // scale, 61 // scale))
            expected = np.asarray(image)
        smaller = numjpeg.decode(data, scale=1 / scale)
        assert np.array_equal(smaller, expected)
        part = numjpeg.decode(data, scale=1 / scale, region=(2, 3, 5, 7))
        assert np.array_equal(part, smaller[2:7, 3:10])


@pytest.mark.usual(every=2)
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_decoded_as_by_pillow(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What libjpeg gives up, as a wrong marker ends the data, is not compared."""
    monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", True)
    data, start = data_of(kind)
    compared = noticed = 0
    for changed in damaged(data, start, 24):
        try:
            expected = pillow.load(changed)
        except (OSError, UnidentifiedImageError, SyntaxError):
            continue
        if not expected.any():  # Pillow gave up, and left all black
            continue
        image, report = numjpeg.decode_damaged(changed)
        assert np.array_equal(image, expected)
        compared += 1
        noticed += bool(report.faults)
    assert compared >= 12
    assert noticed >= 4


def test_a_file_that_ends_in_a_scan_is_refused_and_its_end_in_doubt() -> None:
    data, start = data_of("sequential")
    cut = data[: (start + len(data)) // 2]
    with pytest.raises(numjpeg.FormatError, match="end too early"):
        numjpeg.decode(cut)
    _, report = numjpeg.decode_damaged(cut)
    assert not report.mask.all()


def test_decisions_that_no_encoder_makes_are_an_error() -> None:
    data, start = data_of("sequential")
    found = []
    for changed in damaged(data, start, 40):
        try:
            numjpeg.decode(changed)
        except numjpeg.FormatError as error:
            found.append(str(error))
            _, report = numjpeg.decode_damaged(changed)
            assert not report.mask.all()
    assert any("a run passes coefficient 63" in text for text in found)


@pytest.mark.parametrize("conditioning", [{(0, 0): 0x64, (1, 0): 6}, {(0, 0): 0xF0, (1, 0): 63, (0, 1): 0x22}])
@pytest.mark.parametrize("progressive", [False, True])
def test_conditioning_is_obeyed(
    conditioning: dict[tuple[int, int], int], progressive: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DAC says otherwise than the default: Pillow reads what we write, and we read it."""
    plain = numjpeg.encode(PICTURE, 95, progressive=progressive, arithmetic=True)
    original = arithmetic_reader.Areas.__init__

    def areas(self: arithmetic_reader.Areas, scan: object) -> None:
        scan.conditioning.update(conditioning)
        original(self, scan)

    monkeypatch.setattr(arithmetic_reader.Areas, "__init__", areas)
    build = segments.build_dac
    monkeypatch.setattr(
        segments, "build_dac", lambda own: build({k: conditioning.get(k, v) for k, v in own.items()})
    )
    data = numjpeg.encode(PICTURE, 95, progressive=progressive, arithmetic=True)
    monkeypatch.undo()
    assert data != plain
    assert np.array_equal(pillow.load(data), pillow.load(plain))
    assert np.array_equal(numjpeg.decode(data), pillow.load(plain))


@pytest.mark.parametrize(
    ("payload", "what"), [(b"\0", "pairs"), (b"\0\x12", "L=2 is above U=1"), (b"\x20\1", "Tc=2")]
)
def test_a_wrong_dac_is_an_error(payload: bytes, what: str) -> None:
    data = file("sequential")
    wrong = data[:2] + segments.build(markers.DAC, payload) + data[2:]
    with pytest.raises(numjpeg.FormatError, match=what):
        numjpeg.decode(wrong)
    assert np.array_equal(numjpeg.decode(wrong, strict=False), pillow.load(data))


@pytest.mark.parametrize("kind", ["sequential", "progressive"])
def test_work_is_bounded(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = file(kind)
    monkeypatch.setattr(arithmetic_reader, "FREE_WORK", 2000)
    monkeypatch.setattr(arithmetic_reader, "WORK_A_BYTE", 0)
    with pytest.raises(numjpeg.UnsupportedError, match="more than 2000"):
        numjpeg.decode(data)
    _, report = numjpeg.decode_damaged(data)
    assert not report.mask.all()


def drawing(height: int = 150, width: int = 210, channels: int = 3) -> np.ndarray:
    """Large flat areas with something in them here and there."""
    image = np.full((height, width, channels), 200, np.uint8)
    rng = np.random.default_rng(height)
    for _ in range(9):
        y, x = int(rng.integers(height)), int(rng.integers(width))
        image[y : y + 20, x : x + 30] = rng.integers(0, 256, channels)
    image[5:9, 40:60] = rng.integers(0, 256, (4, 20, channels))
    return image


@pytest.mark.parametrize("kind", [*KINDS, "lossless"])
@pytest.mark.parametrize("channels", [1, 3])
def test_flat_areas_are_passed_at_once(kind: str, channels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    side = 192 if kind == "lossless" else 640
    flat = np.full((side, side, channels)[: 1 + channels], 33, np.uint8)
    picture = drawing(channels=channels).squeeze()
    if kind == "lossless":
        for image in (flat, picture):
            for options in ({"predictor": 1}, {"predictor": 7, "restart_marker_rows": 16}):
                data = numjpeg.encode(image, lossless=True, arithmetic=True, **options)
                assert np.array_equal(numjpeg.decode(data), image)
        data = numjpeg.encode(flat, lossless=True, arithmetic=True)
    else:
        data = file(kind, picture)
        assert np.array_equal(numjpeg.decode(data), pillow.load(data))
        data = file(kind.partition(",")[0].replace("restarts", "sequential"), flat)
    monkeypatch.setattr(arithmetic_reader, "FREE_WORK", flat.size // 8)
    monkeypatch.setattr(arithmetic_reader, "WORK_A_BYTE", 0)
    assert (numjpeg.decode(data) == 33).all()


def test_a_scan_without_data_takes_bounded_time() -> None:
    """A megapixel a second at the least: where data end, zeros follow to the end of the picture."""
    image = np.zeros((2000, 2000), np.uint8)
    whole = numjpeg.encode(image, arithmetic=True)
    start = whole.index(b"\xff\xda") + 10
    before = time.process_time()
    numjpeg.decode(whole[:start] + b"\xff\xd9", strict=False)
    assert time.process_time() - before < 4


def test_coefficients_are_those_of_huffman_coding() -> None:
    plain = numjpeg.read_coefficients(numjpeg.encode(PICTURE, 80))
    for progressive in (False, True):
        data = numjpeg.encode(PICTURE, 80, arithmetic=True, progressive=progressive)
        own = numjpeg.read_coefficients(data)
        assert all(np.array_equal(a, b) for a, b in zip(own.planes, plain.planes, strict=True))
        again = numjpeg.write_coefficients(own)
        assert np.array_equal(numjpeg.decode(again), np.asarray(Image.fromarray(numjpeg.decode(data))))
