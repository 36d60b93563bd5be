"""What is decoded by a plan are the pixels and errors of the usual way, and Pillow's pixels."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator

import numpy as np
import pillow
import pytest
import samples
from PIL import Image

import numjpeg
from numjpeg import scans
from numjpeg.coefficient_files.writer import write_file
from numjpeg.container.structure import read_structure
from numjpeg.errors import JpegError
from numjpeg.fast import decode_plan
from numjpeg.fast.plan_store import PLANS


@pytest.fixture(autouse=True)
def made_by_plan(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Whether each of the plans that were used could decode its file."""
    used: list[bool] = []
    original = decode_plan.DecodePlan.decode

    def decode(self: decode_plan.DecodePlan, data: bytes, start: int) -> np.ndarray | None:
        picture = original(self, data, start)
        used.append(picture is not None)
        return picture

    monkeypatch.setattr(decode_plan.DecodePlan, "decode", decode)
    PLANS.clear()
    yield used
    PLANS.clear()


def outcome(data: bytes, **options: object) -> np.ndarray | str:
    try:
        return numjpeg.decode(data, **options)
    except JpegError as error:
        return f"{type(error).__name__}: {error}"


def usual(data: bytes, monkeypatch: pytest.MonkeyPatch, **options: object) -> np.ndarray | str:
    """What comes out without :mod:`numjpeg.fast`."""
    with monkeypatch.context() as patch:
        patch.setattr(scans, "_fast_forms_enabled", False)
        return outcome(data, **options)


def by_pillow(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def same(a: np.ndarray | str, b: np.ndarray | str) -> bool:
    return a == b if isinstance(a, str) or isinstance(b, str) else np.array_equal(a, b)


def crop(random: np.random.Generator, height: int, width: int) -> np.ndarray:
    y, x = random.integers(0, 512 - height), random.integers(0, 512 - width)
    return np.ascontiguousarray(samples.photograph()[y : y + height, x : x + width])


NAMES = ["4:4:4", "4:2:2", "4:2:0", "4:4:0", "4:1:1", "4:1:0", "gray", "rgb"]


def saved(image: np.ndarray, kind: str, quality: int, optimize: bool = False) -> bytes:
    if kind == "gray":
        return numjpeg.encode(image[..., 0], quality, optimize=optimize)
    if kind == "rgb":
        return pillow.save(image, quality=quality, keep_rgb=True)
    return numjpeg.encode(image, quality, subsampling=kind, optimize=optimize)


@pytest.mark.usual(every=2)
@pytest.mark.parametrize("kind", NAMES)
def test_random_pictures(kind: str, made_by_plan: list[bool]) -> None:
    """Of each header four files, which differ in their data; the third and the fourth are decoded by plan."""
    random = np.random.default_rng(NAMES.index(kind))
    for _ in range(8):
        height, width = (int(side) for side in random.integers(1, 301, 2))
        quality = int(random.integers(1, 101))
        made_by_plan.clear()
        sound = 0
        for _ in range(4):
            data = saved(crop(random, height, width), kind, quality)
            assert np.array_equal(numjpeg.decode(data), by_pillow(data))
            sound += len(data) < decode_plan.MOST_BYTES
        assert len(made_by_plan) == 2
        assert sound < 4 or all(made_by_plan)


@pytest.mark.usual(every=7)
@pytest.mark.parametrize("height", [1, 2, 3, 5, 8, 9, 16, 17])
@pytest.mark.parametrize("kind", NAMES)
def test_small_sides(height: int, kind: str) -> None:
    random = np.random.default_rng(height)
    for width in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33):
        data = saved(crop(random, height, width), kind, 90)
        for _ in range(3):
            assert np.array_equal(numjpeg.decode(data), by_pillow(data))


def test_tables_of_the_file_itself(made_by_plan: list[bool]) -> None:
    random = np.random.default_rng(9)
    for quality in (20, 75, 95):
        data = saved(crop(random, 90, 70), "4:2:0", quality, optimize=True)
        for _ in range(4):
            assert np.array_equal(numjpeg.decode(data), by_pillow(data))
    assert made_by_plan == [True] * 6


def test_options(made_by_plan: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(10)
    data = saved(crop(random, 45, 61), "4:2:0", 85)
    for options in ({}, {"fancy_upsampling": False}, {"colorspace": "RGB"}, {"colorspace": "GRAY"}, {"out": 1}):
        for _ in range(4):
            if "out" in options:
                options["out"] = np.zeros((61, 45, 3), np.uint8).swapaxes(0, 1)
            expected = usual(data, monkeypatch, **{k: v for k, v in options.items() if k != "out"})
            found = numjpeg.decode(data, **options)
            assert np.array_equal(found, expected)
            assert found is options.get("out", found)
    made_by_plan.clear()
    with pytest.raises(ValueError, match="out: a uint8 array"):
        numjpeg.decode(data, out=np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(numjpeg.UnsupportedError, match="max_pixels=100"):
        numjpeg.decode(data, max_pixels=100)
    with pytest.raises(ValueError, match="colorspace"):
        numjpeg.decode(data, colorspace="nonsense")
    assert made_by_plan == []
    assert np.array_equal(numjpeg.decode(data), by_pillow(data))
    assert made_by_plan == [True]


def test_blocks_out_of_bounds(made_by_plan: list[bool]) -> None:
    """Whose sums float32 does not hold: some go through the stages."""
    random = np.random.default_rng(11)
    for kind in ("4:2:0", "4:4:4", "gray"):
        for quality in (5, 40, 100):
            for image in (samples.extremes(60, 70), random.choice([0, 255], (50, 60, 3)).astype(np.uint8)):
                data = saved(image, kind, quality)
                for _ in range(3):
                    assert np.array_equal(numjpeg.decode(data), by_pillow(data))
    assert all(made_by_plan)


@pytest.mark.parametrize("most", [2047, 32767])
def test_constructed_coefficients(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond what pictures give, with large quantization tables: predictors and products that wrap."""
    random = np.random.default_rng(most)
    for step in (1, 255, 65535):
        blocks = random.integers(-most, most + 1, (5, 6, 8, 8)).astype(np.int16)
        blocks[random.random(blocks.shape) < 0.8] = 0
        blocks[..., 0, 0] = random.integers(-most // 2, most // 2, (5, 6))
        component = numjpeg.Component(1, 1, 1, 0)
        table = np.full((8, 8), step, np.uint16)
        data = write_file(numjpeg.Coefficients(40, 48, (component,), [blocks], {0: table}), None)
        expected = usual(data, monkeypatch)
        for _ in range(4):
            assert same(outcome(data), expected)


def test_predictors_that_wrap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Differences of 32767, block after block."""
    header = numjpeg.encode(np.zeros((40, 48), np.uint8), 90)
    header = header[: read_structure(header).scans[0].offset]
    for table in (b"\x00\x01" + bytes(15) + b"\x0f", b"\x10\x01" + bytes(15) + b"\x00"):  # codes of one bit
        header += b"\xff\xc4" + (2 + len(table)).to_bytes(2, "big") + table
    header += bytes.fromhex("ffda 0008 01 01 00 00 3f 00")
    for blocks in (2, 30):
        number = int(("0" + "1" * 15 + "0") * blocks + "0" * 17 * (30 - blocks) + "11", 2)
        scan = number.to_bytes(64, "big").replace(b"\xff", b"\xff\x00")
        data = header + scan + b"\xff\xd9"
        expected = usual(data, monkeypatch)
        assert np.array_equal(expected, by_pillow(data))
        for _ in range(4):
            assert same(outcome(data), expected)


# --- files that are not as the first one with their header -----------------------------------------------


def broken(data: bytes, random: np.random.Generator) -> bytes:
    """The file with something wrong behind its header."""
    damaged = bytearray(data)
    start = read_structure(data).scans[0].start
    place = int(random.integers(start, len(data) - 2))
    kind = random.integers(8)
    if kind == 0:
        del damaged[place:]
    elif kind == 1:
        damaged[place] ^= 1 << int(random.integers(8))
    elif kind == 2:
        del damaged[place : place + int(random.integers(1, 50))]
    elif kind == 3:
        damaged[place:place] = b"\xff" + random.bytes(1)
    elif kind == 4:
        damaged[-2:-2] = bytes(random.integers(0, 255, random.integers(1, 5), np.uint8))
    elif kind == 5:
        damaged += random.bytes(9)
    elif kind == 6:
        damaged[-2:-2] = b"\xff" * int(random.integers(1, 4))
    else:
        damaged[-2:] = random.bytes(int(random.integers(0, 3)))
    return bytes(damaged)


@pytest.mark.usual("4:2:0")
@pytest.mark.parametrize("kind", ["4:4:4", "4:2:0", "gray"])
def test_broken_files(kind: str, made_by_plan: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(12)
    errors = 0
    for _ in range(4):
        data = saved(crop(random, *(int(side) for side in random.integers(8, 80, 2))), kind, 85)
        for _ in range(3):
            numjpeg.decode(data)
        for _ in range(25):
            damaged = broken(data, random)
            expected = usual(damaged, monkeypatch)
            assert same(outcome(damaged), expected)
            errors += isinstance(expected, str)
        assert np.array_equal(numjpeg.decode(data), by_pillow(data))
    assert errors > 10
    assert not all(made_by_plan)


def test_headers_that_are_for_the_usual_way(made_by_plan: list[bool]) -> None:
    image = crop(np.random.default_rng(13), 50, 60)
    files = [
        pillow.save(image, quality=80, progressive=True),
        pillow.save(image, quality=80, restart_marker_blocks=2),
        pillow.save(np.dstack([image, image[..., :1]]), "CMYK", quality=80),
        saved(np.ascontiguousarray(np.tile(image, (8, 8, 1))), "4:2:0", 50),
    ]
    for data in files:
        for _ in range(4):
            assert np.array_equal(numjpeg.decode(data), by_pillow(data))
    assert made_by_plan == []


def test_a_height_from_behind_the_scan_is_no_other_files() -> None:
    """Headers with a height of 0 are equal, though DNL (B.2.5) gives each picture a height of its own."""
    files = []
    for height in (40, 40, 40, 33):
        data = bytearray(numjpeg.encode(samples.smooth(height, 48, 3, seed=height)))
        frame = data.index(b"\xff\xc0")
        data[frame + 5 : frame + 7] = bytes(2)
        files.append(bytes(data[:-2]) + b"\xff\xdc\0\4" + height.to_bytes(2, "big") + bytes(data[-2:]))
    for pictures in (map(numjpeg.decode, files), numjpeg.decode_batch(files * 8)):
        assert [len(picture) for picture in pictures][:4] == [40, 40, 40, 33]
    without = files[3].replace(b"\xff\xdc\0\4\0\x21", b"")
    for _ in range(3):
        with pytest.raises(JpegError, match="height 0"):
            numjpeg.decode(without)


def test_two_threads() -> None:
    random = np.random.default_rng(14)
    files = [saved(crop(random, 40 + i % 3, 50), NAMES[i % 4], 85) for i in range(12)]
    expected = [by_pillow(data) for data in files]
    wrong: list[int] = []

    def work(order: list[int]) -> None:
        wrong.extend(i for i in order * 6 if not np.array_equal(numjpeg.decode(files[i]), expected[i]))

    threads = [threading.Thread(target=work, args=(list(range(12))[:: 1 - 2 * (i % 2)],)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_results_stay_as_they_are() -> None:
    """No picture lies in memory that the next one is written to."""
    random = np.random.default_rng(15)
    for kind in NAMES:
        files = [saved(crop(random, 33, 47), kind, 85) for _ in range(5)]
        pictures = [numjpeg.decode(data) for data in files]
        for data, picture in zip(files, pictures, strict=True):
            assert np.array_equal(picture, by_pillow(data))
            assert picture.flags.writeable
