"""What is decoded together are the pictures and the errors that each file has by itself."""

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
from numjpeg.fast import decode_batch
from numjpeg.fast.plan_store import PLANS


@pytest.fixture(autouse=True)
def together(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many files were decoded together at each time."""
    sizes: list[int] = []
    original = decode_batch.decode_together

    def spy(kind: decode_batch.Kind, files: list[bytes], alone: object) -> list[object]:
        sizes.append(len(files))
        return original(kind, files, alone)

    monkeypatch.setattr(decode_batch, "decode_together", spy)
    PLANS.clear()
    yield sizes
    PLANS.clear()


def crop(random: np.random.Generator, height: int, width: int) -> np.ndarray:
    y, x = random.integers(0, 512 - height), random.integers(0, 512 - width)
    return np.ascontiguousarray(samples.photograph()[y : y + height, x : x + width])


NAMES = ["4:4:4", "4:2:2", "4:2:0", "4:4:0", "4:1:1", "4:1:0", "gray", "rgb"]


def saved(image: np.ndarray, kind: str, quality: int) -> bytes:
    if kind == "gray":
        return numjpeg.encode(image[..., 0], quality)
    if kind == "rgb":
        return pillow.save(image, quality=quality, keep_rgb=True)
    return numjpeg.encode(image, quality, subsampling=kind)


def by_pillow(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def outcome(data: bytes) -> np.ndarray | numjpeg.JpegError:
    try:
        return numjpeg.decode(data)
    except numjpeg.JpegError as error:
        return error


@pytest.mark.usual(every=3)
@pytest.mark.parametrize("kind", NAMES)
def test_files_of_one_header(kind: str, together: list[int]) -> None:
    random = np.random.default_rng(NAMES.index(kind))
    for _ in range(5):
        height, width = (int(side) for side in random.integers(1, 120, 2))
        quality = int(random.integers(1, 101))
        files = [saved(crop(random, height, width), kind, quality) for _ in range(int(random.integers(5, 12)))]
        together.clear()
        for options in ({}, {"fancy_upsampling": False}):
            found = list(numjpeg.decode_batch(files, **options))
            expected = [numjpeg.decode(data, **options) for data in files]
            assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
            if not options:
                assert all(np.array_equal(a, by_pillow(data)) for a, data in zip(found, files, strict=True))
        assert together == [len(files) - 1] * 2  # the first with its header goes alone


def test_mixed_files(together: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several kinds, in any order, and some that always go alone."""
    random = np.random.default_rng(20)
    kinds = [saved(crop(random, 30, 40), "4:2:0", 80), saved(crop(random, 30, 41), "4:4:4", 80)]
    files = [saved(crop(random, 30, 40), "4:2:0", 80) for _ in range(30)]
    files += [saved(crop(random, 16, 16), "gray", 70) for _ in range(30)]
    files += [pillow.save(crop(random, 20, 20), quality=80, progressive=True) for _ in range(6)]
    files += [pillow.save(crop(random, 40, 40), quality=80, restart_marker_blocks=1) for _ in range(6)]
    files += kinds
    order = random.permutation(len(files))
    files = [files[i] for i in order]
    for _ in range(2):
        for data, (given, picture) in zip(files, numjpeg.decode_batch(files, pairs=True), strict=True):
            assert given is data
            assert np.array_equal(picture, by_pillow(data))
    assert sum(together) > 100
    together.clear()
    monkeypatch.setattr(scans, "_fast_forms_enabled", False)
    for data, picture in zip(files, numjpeg.decode_batch(files), strict=True):
        assert np.array_equal(picture, by_pillow(data))
    assert together == []


def test_damaged_files_have_their_own_errors(together: list[int]) -> None:
    random = np.random.default_rng(21)
    files = [saved(crop(random, 50, 60), "4:2:0", 85) for _ in range(40)]
    start = files[0].index(b"\xff\xda") + 14
    for number in random.choice(40, 15, replace=False).tolist():
        damaged = bytearray(files[number])
        place = int(random.integers(start, len(damaged) - 2))
        if number % 3 == 0:
            del damaged[place:]
        elif number % 3 == 1:
            damaged[place] ^= 1 << int(random.integers(8))
        else:
            damaged[place:place] = b"\xff\x00" * 6
        files[number] = bytes(damaged)
    failures = 0
    for _ in range(2):
        for data, result in zip(files, numjpeg.decode_batch(files, errors="return"), strict=True):
            expected = outcome(data)
            if isinstance(expected, numjpeg.JpegError):
                assert type(result) is type(expected)
                assert str(result).endswith(str(expected))
                failures += 1
            else:
                assert np.array_equal(result, expected)
    assert failures > 6
    assert together
    with pytest.raises(numjpeg.JpegError, match="item"):
        list(numjpeg.decode_batch(files))


def test_options_are_checked_for_each_file() -> None:
    random = np.random.default_rng(22)
    files = [saved(crop(random, 20, 20), "4:2:0", 85) for _ in range(8)]
    results = list(numjpeg.decode_batch(files, errors="return", max_pixels=100))
    assert [type(result) for result in results] == [numjpeg.UnsupportedError] * 8
    gray = list(numjpeg.decode_batch(files, colorspace="GRAY"))
    assert all(
        np.array_equal(a, numjpeg.decode(data, colorspace="GRAY")) for a, data in zip(gray, files, strict=True)
    )
    results = list(numjpeg.decode_batch(files, errors="return", colorspace="nonsense"))
    assert [type(result) for result in results] == [ValueError] * 8
    tolerant = list(numjpeg.decode_batch([data[:-30] for data in files], strict=False))
    assert all(picture.shape == (20, 20, 3) for picture in tolerant)


def test_reading_ahead_is_bounded() -> None:
    random = np.random.default_rng(23)
    small, large = saved(crop(random, 16, 16), "4:2:0", 85), saved(crop(random, 400, 400), "4:2:0", 30)
    for data, most, files in ((small, 256, 600), (large, (1 << 22) // 400**2 + 2, 90)):
        taken = 0

        def source(data: bytes = data) -> Iterator[bytes]:
            nonlocal taken
            while True:
                taken += 1
                yield data

        results = numjpeg.decode_batch(source())
        for count in range(1, files):
            next(results)
            assert taken <= count + most
        results.close()
        results, taken = numjpeg.decode_batch(source(), batch_size=1), 0
        for count in range(1, 6):
            next(results)
            assert taken == count
        results.close()


def test_a_failure_of_the_input_comes_after_the_results_before_it() -> None:
    random = np.random.default_rng(24)
    files = [saved(crop(random, 20, 20), "4:2:0", 85) for _ in range(9)]

    def source() -> Iterator[bytes]:
        yield from files
        raise LookupError("the camera is gone")

    results = numjpeg.decode_batch(source())
    for data in files:
        assert np.array_equal(next(results), by_pillow(data))
    with pytest.raises(LookupError, match="camera"):
        next(results)


def test_decode_many() -> None:
    random = np.random.default_rng(25)
    files = [saved(crop(random, 20, 30), "4:2:0", 85) for _ in range(9)]
    found = numjpeg.decode_many(files)
    assert isinstance(found, np.ndarray)
    assert found.shape == (9, 20, 30, 3)
    assert np.array_equal(found, [by_pillow(data) for data in files])
    mixed = numjpeg.decode_many([*files, saved(crop(random, 9, 9), "gray", 85)])
    assert [picture.shape for picture in mixed] == [(20, 30, 3)] * 9 + [(9, 9)]
    assert numjpeg.decode_many([]) == []


def test_two_threads() -> None:
    random = np.random.default_rng(26)
    files = [saved(crop(random, 24, 24), "4:2:0", 85) for _ in range(30)]
    expected = [by_pillow(data) for data in files]
    wrong: list[bool] = []

    def work() -> None:
        for _ in range(3):
            found = numjpeg.decode_batch(files, batch_size=10)
            wrong.extend(not np.array_equal(a, b) for a, b in zip(found, expected, strict=True))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wrong) == 180
    assert not any(wrong)
