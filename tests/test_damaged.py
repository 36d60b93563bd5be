"""Damaged files: what is recovered is what libjpeg recovers, and the report says which part of it is sound."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pillow
import pytest
import samples
from PIL import Image, ImageFile

import numjpeg
from numjpeg.container.segments import build
from numjpeg.tools.cli import main


def files() -> dict[str, bytes]:
    """Small files of different kinds."""
    return {
        "4:2:0": pillow.save(samples.smooth(33, 40), quality=40),
        "4:4:4": pillow.save(samples.smooth(20, 24), quality=60, subsampling=0, optimize=True),
        "gray": pillow.save(samples.smooth(24, 30, 1), quality=40),
        "restart": pillow.save(samples.smooth(48, 64), quality=40, restart_marker_blocks=1),
        "restart, rows": pillow.save(samples.smooth(48, 40), quality=60, subsampling=1, restart_marker_rows=1),
        "cmyk": pillow.save(samples.smooth(17, 17, 4), "CMYK", quality=40, restart_marker_blocks=2),
        "progressive": pillow.save(samples.smooth(33, 40), quality=40, progressive=True),
        "progressive, restart": pillow.save(
            samples.smooth(33, 40), quality=60, progressive=True, restart_marker_blocks=3
        ),
        "progressive, gray": pillow.save(samples.smooth(24, 30, 1), quality=60, progressive=True),
    }


FILES = files()


def load_truncated(data: bytes) -> np.ndarray | None:
    """What libjpeg recovers, through Pillow; None where it gives up with an error."""
    try:
        pillow.load(data)
    except OSError as error:
        if "truncated" not in str(error):
            return None
    except (SyntaxError, ValueError):
        return None
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        return np.asarray(Image.open(io.BytesIO(data)))
    except OSError:
        return None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def scans_begin(data: bytes) -> int:
    """Where the entropy-coded data of the first scan begin."""
    place = data.index(b"\xff\xda")
    return place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")


def assert_as_libjpeg(data: bytes) -> bool:
    """No error but JpegError; libjpeg's pixels, where it gives any. Returns whether these were compared."""
    expected = load_truncated(data)
    try:
        image, report = numjpeg.decode_damaged(data)
    except numjpeg.JpegError:
        return False
    assert report.mask.shape == tuple(-(-a // b) for a, b in zip(image.shape, report.mcu_size, strict=False))
    assert report.pixels().shape == image.shape[:2]
    if expected is None or expected.shape != image.shape or not expected.any():
        return False  # Pillow leaves black what libjpeg's error kept it from
    assert np.array_equal(image, expected)
    return True


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_whole_has_an_empty_report(kind: str) -> None:
    image, report = numjpeg.decode_damaged(FILES[kind])
    assert np.array_equal(image, pillow.load(FILES[kind]))
    assert report.faults == []
    assert report.mask.all()
    assert report.pixels().all()
    assert report.sound == 1
    assert report.remarks == []
    assert str(report) == "no sign of damage"


@pytest.mark.usual("4:2:0-9", "restart-9", "progressive-9")
@pytest.mark.parametrize("step", [3, 9])
@pytest.mark.parametrize("kind", FILES)
def test_every_truncation(kind: str, step: int) -> None:
    """libjpeg's pixels; and those of sound MCUs are the whole file's."""
    data = FILES[kind]
    whole = pillow.load(data)
    compared = 0
    begin = scans_begin(data)
    for size in range(0, begin, 7):
        with pytest.raises(numjpeg.JpegError):
            numjpeg.decode(data[:size], strict=False)
    for size in range(begin, len(data), step):
        compared += assert_as_libjpeg(data[:size])
        image, report = numjpeg.decode_damaged(data[:size])
        if size < len(data) - 2:
            assert report.faults
        sound = report.pixels()
        assert np.array_equal(image[sound], whole[sound])
        assert image.any()  # never black
    assert compared > (len(data) - begin) / step * (0.3 if "progressive" in kind else 0.95)


@pytest.mark.usual(every=3)
@pytest.mark.parametrize("kind", [kind for kind in FILES if "progressive" not in kind])
def test_what_comes_before_a_truncation_is_sound(kind: str) -> None:
    """The mask grows with the data, and at most two MCUs lag behind."""
    data = FILES[kind]
    before = 0
    for size in range(scans_begin(data), len(data), 5):
        _, report = numjpeg.decode_damaged(data[:size])
        now = int(report.mask.sum())
        first, stop = report.faults[-1].mcus if report.faults else (report.mask.size, 0)
        assert report.mask.ravel()[:first].all()
        assert not report.mask.ravel()[first:stop].any()
        assert now >= before
        before = now
    assert before > report.mask.size - 3


_PICTURE = samples.smooth(40, 56)
OTHERS = {
    "12 bits": numjpeg.encode(_PICTURE.astype(np.uint16) << 4, precision=12),
    "12 bits, progressive": numjpeg.encode(_PICTURE.astype(np.uint16) << 4, precision=12, progressive=True),
    "12 bits, arithmetic": numjpeg.encode(
        _PICTURE.astype(np.uint16) << 4, precision=12, arithmetic=True, restart_marker_blocks=2
    ),
    "arithmetic": numjpeg.encode(_PICTURE, arithmetic=True, restart_marker_rows=1),
    "arithmetic, progressive": numjpeg.encode(_PICTURE, arithmetic=True, progressive=True),
    "lossless": numjpeg.encode(_PICTURE, lossless=True, predictor=5),
    "lossless, restarts": numjpeg.encode(_PICTURE, lossless=True, restart_marker_rows=4),
    "lossless, arithmetic": numjpeg.encode(_PICTURE[:20], lossless=True, arithmetic=True, restart_marker_rows=4),
}
"""Files of processes that Pillow does not read, or whose truncated files it reads otherwise."""


@pytest.mark.usual(every=3)
@pytest.mark.parametrize("kind", OTHERS)
def test_truncations_of_other_processes(kind: str) -> None:
    """Sound MCUs show what the whole file shows, and with most of the file most are sound."""
    data = OTHERS[kind]
    whole, begin = numjpeg.decode(data), scans_begin(data)
    image, report = numjpeg.decode_damaged(data)
    assert np.array_equal(image, whole)
    assert not report.faults
    before = 0
    for size in range(begin, len(data) - 2, max(1, (len(data) - begin) // 20)):
        image, report = numjpeg.decode_damaged(data[:size])
        sound = report.pixels()
        assert image.shape == whole.shape
        assert np.array_equal(image[sound], whole[sound])
        assert report.faults
        assert sound.sum() >= before
        before = int(sound.sum())
        with pytest.raises(numjpeg.FormatError):
            numjpeg.decode(data[:size])
    assert before > 0.5 * sound.size or "progressive" in kind


@pytest.mark.usual(every=2)
@pytest.mark.parametrize("kind", OTHERS)
def test_changed_bytes_of_other_processes(kind: str) -> None:
    data = OTHERS[kind]
    whole, reported = numjpeg.decode(data), 0
    for changed in changes(data, 12, 5):
        image, report = numjpeg.decode_damaged(changed)
        assert (image.dtype, image.shape) == (whole.dtype, whole.shape)
        reported += bool(report.faults)
    assert reported > 6


def changes(data: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Bits flipped; bytes lost and put in; restart markers lost and changed; intervals lost and doubled."""
    random = np.random.default_rng(seed)
    begin = scans_begin(data)
    restarts = [i for i in range(begin, len(data) - 1) if data[i] == 0xFF and 0xD0 <= data[i + 1] <= 0xD7]
    for _ in range(count):
        changed = bytearray(data)
        place = int(random.integers(begin, len(data)))
        kind = int(random.integers(7 if len(restarts) > 2 else 3))
        if kind == 0:
            for at in random.integers(begin, len(data), random.integers(1, 4)).tolist():
                changed[at] ^= 1 << int(random.integers(8))
        elif kind == 1:
            del changed[place : place + int(random.integers(1, 40))]
        elif kind == 2:
            changed[place:place] = random.integers(0, 256, random.integers(1, 30), np.uint8).tobytes()
        else:
            low, high = sorted(random.choice(restarts, 2, replace=False).tolist())
            if kind == 3:
                del changed[low : low + 2]
            elif kind == 4:
                changed[low + 1] = int(random.choice([*range(0xD0, 0xD8), 0x01, 0xBF]))
            elif kind == 5:
                changed[low:low] = data[low:high]
            else:
                del changed[low:high]
        yield bytes(changed)


@pytest.mark.usual("restart", "progressive")
@pytest.mark.parametrize("kind", FILES)
def test_damage_of_all_kinds_is_read_as_libjpeg_reads_it(kind: str) -> None:
    compared = sum(assert_as_libjpeg(data) for data in changes(FILES[kind], 60, len(kind)))
    assert compared > (15 if "progressive" in kind else 45)


@pytest.mark.usual(every=4)
@pytest.mark.parametrize("kind", FILES)
def test_what_strict_refuses_has_a_fault(kind: str) -> None:
    for data in changes(FILES[kind], 25, 99):
        try:
            strict = numjpeg.decode(data)
        except numjpeg.JpegError:
            try:
                _, report = numjpeg.decode_damaged(data)
            except numjpeg.JpegError:
                continue
            assert report.faults
        else:
            assert np.array_equal(numjpeg.decode(data, strict=False), strict)


@pytest.mark.usual("gray-0", "progressive, gray-1")
@pytest.mark.parametrize("first", range(6))
@pytest.mark.parametrize("kind", ["gray", "progressive, gray"])
def test_every_byte_of_the_headers(kind: str, first: int) -> None:
    data = bytearray(FILES[kind])
    for place in range(first, scans_begin(bytes(data)), 6):
        original = data[place]
        for value in {0x00, 0xFF, original ^ 0x01}:
            data[place] = value
            try:
                image = numjpeg.decode(bytes(data), strict=False, max_pixels=1 << 16)
            except numjpeg.JpegError:
                continue
            assert image.dtype == np.uint8
        data[place] = original


def test_upsampling_reaches_one_pixel() -> None:
    data = FILES["4:2:0"]
    image, report = numjpeg.decode_damaged(data[: (scans_begin(data) + len(data)) // 2])
    assert (report.mcu_size, report.reach) == ((16, 16), (1, 1))
    first = int(np.argmin(report.mask.ravel()))
    row, column = divmod(first, report.mask.shape[1])
    sound = report.pixels()
    assert not sound[row * 16 - 1, column * 16 :].any()
    assert sound[row * 16 - 2].all()
    assert np.array_equal(image[sound], pillow.load(data)[sound])


def test_faults_outside_of_scans() -> None:
    data = FILES["4:2:0"]
    whole = pillow.load(data)
    place = data.index(b"\xff\xc4")
    for junk, what, mask in [
        (build(0xC4, b"\x20" + bytes(16)), "DHT: class Tc=2", False),
        (build(0xDB, b"\x07" + bytes(64)), "DQT: table number Tq=7", False),
        (build(0xDD, b"\x01"), "DRI: 1 bytes", False),
        (b"\xff\x02", "RES 0x02 means nothing", False),
    ]:
        image, report = numjpeg.decode_damaged(data[:place] + junk + data[place:])
        assert np.array_equal(image, whole)
        assert [fault.what.startswith(what) for fault in report.faults] == [True]
        assert report.faults[0].offset == place
        assert report.mask.any() == mask
    image, report = numjpeg.decode_damaged(data[:-2] + build(0xC4, b"\x20") + data[-2:])
    assert np.array_equal(image, whole)
    assert report.mask.all()  # behind the last scan it does no harm
    assert len(report.faults) == 1


def test_missing_tables() -> None:
    def without(data: bytes, marker: int) -> bytes:
        while (place := data.find(bytes((0xFF, marker)))) >= 0:
            data = data[:place] + data[place + 2 + int.from_bytes(data[place + 2 : place + 4], "big") :]
        return data

    data = FILES["4:2:0"]
    for marker, what in ((0xDB, "quantization table"), (0xC4, "Huffman table")):
        changed = without(data, marker)
        if marker == 0xDB:
            with pytest.raises(numjpeg.FormatError, match=r"not defined \(B.2.4.*byte \d+"):
                numjpeg.decode(changed)
            image, report = numjpeg.decode_damaged(changed)
            assert what in report.faults[0].what
            assert not report.mask.any()
            assert numjpeg.psnr(pillow.load(data), image) > 10  # another contrast, the same picture
    # One Huffman table is lost: the standard one is what most files have. libjpeg says so of sequential files.
    first = data.index(b"\xff\xc4")
    end = first + 2 + int.from_bytes(data[first + 2 : first + 4], "big")
    image, report = numjpeg.decode_damaged(data[:first] + data[end:])
    assert np.array_equal(image, pillow.load(data))
    assert report.faults == []
    assert any("Huffman table 0 is not defined" in finding.what for finding in report.remarks)
    progressive = FILES["progressive"]
    image, report = numjpeg.decode_damaged(without(progressive, 0xC4))
    assert image.shape == numjpeg.decode(progressive).shape
    assert "Huffman table 0 is not defined" in report.faults[0].what


def test_entries_of_0_in_a_quantization_table() -> None:
    data = bytearray(FILES["4:4:4"])
    data[data.index(b"\xff\xdb") + 10] = 0
    assert np.array_equal(numjpeg.decode(bytes(data)), pillow.load(bytes(data)))
    assert assert_as_libjpeg(bytes(data))


def test_a_picture_after_the_picture() -> None:
    """A file that is cut off, with another one behind it: that one is not mixed in."""
    first, second = FILES["gray"], FILES["4:2:0"]
    cut = first[: (scans_begin(first) + len(first)) // 2]
    image, report = numjpeg.decode_damaged(cut + second)
    assert np.array_equal(image, numjpeg.decode(cut, strict=False))
    assert "another SOI" in report.faults[0].what


def test_there_must_be_a_frame_and_a_scan() -> None:
    for data in (b"", b"no JPEG file", b"\xff\xd8", b"\xff\xd8\xff\xd9", FILES["gray"][:150]):
        with pytest.raises(numjpeg.FormatError):
            numjpeg.decode(data, strict=False)
    with pytest.raises(numjpeg.UnsupportedError, match="max_pixels=100"):
        numjpeg.decode(FILES["gray"][:-50], strict=False, max_pixels=100)
    arithmetic = FILES["gray"].replace(b"\xff\xc0", b"\xff\xcd")
    with pytest.raises(numjpeg.UnsupportedError, match="SOF13"):
        numjpeg.decode(arithmetic, strict=False)


def test_djpeg_agrees(djpeg) -> None:
    data = pillow.save(samples.photograph()[:160, :160], quality=70, restart_marker_rows=1)
    for size in range(scans_begin(data), len(data), 997):
        assert np.array_equal(numjpeg.decode(data[:size], strict=False), djpeg(data[:size]))
    for changed in changes(data, 20, 5):
        expected = djpeg(changed)
        if expected is not None:
            assert np.array_equal(numjpeg.decode(changed, strict=False), expected)


def test_imread_and_the_command_line(tmp_path, capsys) -> None:
    data = FILES["restart"]
    path = tmp_path / "cut.jpg"
    path.write_bytes(data[: (scans_begin(data) + len(data)) // 2])
    image, report = numjpeg.decode_damaged(path.read_bytes())
    assert np.array_equal(numjpeg.imread(path, strict=False), image)
    target = tmp_path / "cut.ppm"
    assert main(["decode", str(path), "-o", str(target)]) == 1
    assert not target.exists()
    capsys.readouterr()
    assert main(["decode", "--damaged", str(path), "-o", str(target)]) == 1
    assert np.array_equal(np.asarray(Image.open(target)), image)
    said = capsys.readouterr().err
    assert str(path) in said
    assert str(report.faults[0]) in said
    whole = tmp_path / "whole.jpg"
    whole.write_bytes(data)
    assert main(["decode", "--damaged", str(whole), "-o", str(target)]) == 0
    assert capsys.readouterr().err == ""


def test_a_report_lists_some_faults_and_counts_the_rest() -> None:
    data = FILES["restart"]
    image, report = numjpeg.decode_damaged(data.replace(b"\xff\xd1", b"\xff\xd6").replace(b"\xff\xd4", b""))
    assert image.shape == (48, 64, 3)
    report.faults *= 10
    assert f"and {len(report.faults) - 10} more" in str(report)
