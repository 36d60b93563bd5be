"""Progressive files: ``encode`` writes those of Pillow and cjpeg, ``write_coefficients`` those of jpegtran."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples
from PIL import Image, ImageFile

import numjpeg
from numjpeg.coefficient_files.writer import write_file
from numjpeg.container.scripts import default_script, make_script
from numjpeg.stages.zigzag import inverse_zigzag

SUBSAMPLINGS = ["4:4:4", "4:2:2", "4:2:0"]


def check(image: np.ndarray, mode: str | None = None, **options) -> bytes:
    """The file, which is the one that Pillow saves."""
    options = options | {"progressive": True}
    colorspace = {} if mode is None else {"colorspace": mode}
    data = numjpeg.encode(image, **options, **colorspace)
    assert data == pillow.save(image, mode, **options), (image.shape, options)
    return data


# --- pictures --------------------------------------------------------------------------------------------


@pytest.mark.usual(every=7)
@pytest.mark.parametrize("quality", range(1, 101))
def test_every_quality(quality: int) -> None:
    for subsampling in SUBSAMPLINGS:
        check(samples.smooth(45, 61, seed=quality), quality=quality, subsampling=subsampling)
        check(samples.noise(16, 40, seed=quality), quality=quality, subsampling=subsampling)


@pytest.mark.usual("4:2:0")
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_small_sizes(subsampling: str) -> None:
    sides = (1, 2, 7, 8, 9, 16, 17, 25, 33)
    for height, width in itertools.product(sides, sides):
        check(samples.smooth(height, width, seed=width), quality=80, subsampling=subsampling)


@pytest.mark.parametrize("kind", [samples.smooth, samples.noise, samples.flat, samples.extremes])
@pytest.mark.parametrize("quality", [1, 50, 90, 100])
def test_every_kind_of_picture(kind, quality: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "MAXBLOCK", 1 << 24)  # Pillow's buffer is too small for some of them
    check(kind(50, 70, 1), quality=quality)
    for subsampling in SUBSAMPLINGS:
        check(kind(50, 70), quality=quality, subsampling=subsampling)


@pytest.mark.parametrize("quality", [20, 85, 100])
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_the_photograph_in_several_bands(quality: int, subsampling: str) -> None:
    check(samples.photograph(), quality=quality, subsampling=subsampling)


def test_more_than_32767_blocks_without_an_ac_coefficient() -> None:
    image = np.zeros((8 * 190, 8 * 190), np.uint8)
    check(image)
    image[5, 7], image[-3, -2] = 200, 99
    check(image, quality=95)
    check(image, restart_marker_blocks=34_000)
    check(samples.flat(8 * 190, 8 * 380), subsampling="4:2:0")


@pytest.mark.parametrize("shape", [(1, 65500), (65500, 1)])
def test_the_longest_sides(shape: tuple[int, int]) -> None:
    check(samples.smooth(*shape), quality=60)


# --- what else a file can be -----------------------------------------------------------------------------


@pytest.mark.parametrize("subsampling", [None, *SUBSAMPLINGS])
def test_colour_spaces(subsampling: str | None) -> None:
    options = {"quality": 82} | ({} if subsampling is None else {"subsampling": subsampling})
    check(samples.smooth(45, 37, 4), "CMYK", **options)
    check(samples.smooth(45, 37), "YCbCr", **options)
    check(samples.smooth(45, 37, 1), **options)
    if subsampling is None:
        check(samples.smooth(45, 37), keep_rgb=True)


@pytest.mark.parametrize("tables", [[list(range(1, 65))], [[17 * i + 1 for i in range(64)], [9] * 64]])
def test_own_tables(tables: list[list[int]]) -> None:
    data = check(samples.noise(40, 40), qtables=tables)
    assert b"\xff\xc2" in data
    check(samples.smooth(40, 40), qtables=tables, quality=60)


@pytest.mark.parametrize("blocks", [1, 2, 7, 8, 64, 1000, 65535])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
def test_restart_blocks(blocks: int, subsampling: str) -> None:
    for image in (samples.smooth(90, 75), samples.noise(40, 75), samples.flat(90, 75)):
        check(image, restart_marker_blocks=blocks, subsampling=subsampling)


@pytest.mark.usual(every=2)
@pytest.mark.parametrize("rows", [1, 2, 3, 100])
def test_restart_rows(rows: int) -> None:
    """Scans of one component have other rows of MCUs than those of all, and so another DRI."""
    for image in (samples.smooth(90, 75), samples.smooth(90, 75, 1), samples.photograph()):
        for options in ({}, {"restart_marker_blocks": 2}, {"subsampling": "4:2:2"}, {"subsampling": "4:4:4"}):
            check(image, **options, restart_marker_rows=rows)
    data = check(samples.smooth(90, 75), restart_marker_rows=rows)
    intervals = [s for s in numjpeg.read_header(data).segments if s.name == "DRI"]
    assert len(intervals) == 6


def test_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"dpi": (96, 48), "exif": exif, "icc_profile": b"p" * 70000, "xmp": b"packet", "comment": b"text"}
    check(samples.smooth(20, 20), **options)
    check(samples.smooth(20, 20, 1), **options)
    check(samples.smooth(20, 20, 4), "CMYK", dpi=(300, 300), icc_profile=b"p" * 70000)


def test_optimize_is_nothing_that_can_be_left_out() -> None:
    image = samples.smooth(40, 40)
    assert check(image) == check(image, optimize=True)


def test_imwrite_and_encode_batch_take_the_same_options(tmp_path: Path) -> None:
    image = samples.smooth(40, 40)
    expected = check(image, quality=90)
    numjpeg.imwrite(tmp_path / "picture.jpg", image, 90, progressive=True)
    assert (tmp_path / "picture.jpg").read_bytes() == expected
    assert list(numjpeg.encode_batch([image, image], 90, progressive=True)) == [expected] * 2


# --- own scripts, and cjpeg ------------------------------------------------------------------------------

PLAIN = [((0, 1, 2), 0, 0, 0, 0), (0, 1, 63, 0, 0), (1, 1, 63, 0, 0), (2, 1, 63, 0, 0)]
DEEP = [
    (0, 0, 0, 0, 3), ((1, 2), 0, 0, 0, 2), (0, 0, 0, 3, 2), ((0, 1, 2), 0, 0, 2, 1), (0, 1, 9, 0, 4),
    (2, 1, 63, 0, 1), (0, 10, 63, 0, 3), (0, 1, 9, 4, 3), ((0, 1, 2), 0, 0, 1, 0), (0, 1, 63, 3, 2),
    (1, 1, 20, 0, 0), (1, 21, 63, 0, 0), (2, 1, 63, 1, 0), (0, 1, 1, 2, 1), (0, 2, 63, 2, 1), (0, 1, 63, 1, 0),
]  # fmt: skip
INCOMPLETE = [((0, 1, 2), 0, 0, 0, 1), (0, 1, 5, 0, 2)]
SINGLE = [*(((k) // 22, 0, 0, 0, 0) for k in (0, 22, 44)), *((0, k, k, 0, k % 11) for k in range(1, 64))]
SCRIPTS = [PLAIN, DEEP, INCOMPLETE, SINGLE]


def run(*command: object) -> bytes:
    return subprocess.run([str(word) for word in command], check=True, capture_output=True).stdout


def as_text(scans: list) -> str:
    """A script as cjpeg reads it."""
    lines = []
    for components, *rest in scans:
        names = [components] if isinstance(components, int) else components
        lines.append(f"{' '.join(map(str, names))}: {rest[0]}-{rest[1]}, {rest[2]}, {rest[3]};")
    return "\n".join(lines)


@pytest.mark.usual(every=3)
@pytest.mark.cjpeg
@pytest.mark.parametrize("scans", SCRIPTS, ids=["plain", "deep", "incomplete", "single"])
@pytest.mark.parametrize("factors", ["1x1", "2x2", "1x2", "4x1", "2x1,1x2,1x1"])
def test_own_scripts_equal_cjpeg(cjpeg: str, scans: list, factors: str, tmp_path: Path) -> None:
    source, script = tmp_path / "picture.ppm", tmp_path / "script.txt"
    script.write_text(as_text(scans))
    for image in (samples.smooth(45, 61), samples.noise(33, 20), samples.flat(9, 9)):
        source.write_bytes(b"P6 %d %d 255\n" % image.shape[1::-1] + image.tobytes())
        for quality in (60, 100):
            expected = run(cjpeg, "-quality", quality, "-sample", factors, "-scans", script, source)
            assert numjpeg.encode(image, quality, subsampling=factors, scans=scans) == expected


@pytest.mark.usual(every=2)
@pytest.mark.cjpeg
@pytest.mark.parametrize(
    "factors", ["1x2", "4x1", "4x2", "1x4", "3x1", "2x2,1x2,1x2", "2x2,2x2,1x1", "1x1,2x2,2x2", "1x1,1x1,2x2"]
)
def test_every_ratio_equals_cjpeg(cjpeg: str, factors: str, tmp_path: Path) -> None:
    source = tmp_path / "picture.ppm"
    for height, width in [(1, 1), (7, 9), (17, 33), (40, 25), (65, 64), (31, 130)]:
        image = samples.smooth(height, width, seed=height)
        source.write_bytes(b"P6 %d %d 255\n" % (width, height) + image.tobytes())
        for restart in ([], ["-restart", "1"], ["-restart", "3B"]):
            expected = run(cjpeg, "-quality", "77", "-sample", factors, "-progressive", *restart, source)
            options = {"restart_marker_rows": 1} if restart[1:] == ["1"] else {}
            options = {"restart_marker_blocks": 3} if restart[1:] == ["3B"] else options
            data = numjpeg.encode(image, 77, subsampling=factors, progressive=True, **options)
            assert data == expected, (height, width, restart)


def test_wrong_scripts_are_named() -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    for scans in ([], [(0, 0, 0, 0, 0)], [((0, 1, 2), 0, 63, 0, 0)], [(3, 0, 0, 0, 0)]):
        with pytest.raises(ValueError, match="scans"):
            numjpeg.encode(image, scans=scans)
    with pytest.raises(ValueError, match=r"scans.*'preview'"):
        numjpeg.encode(image, scans="default")
    with pytest.raises(TypeError, match="scans"):
        numjpeg.encode(image, scans=5)
    coefficients = numjpeg.read_coefficients(numjpeg.encode(image))
    with pytest.raises(ValueError, match=r"scans.*last bit"):
        numjpeg.write_coefficients(coefficients, scans=INCOMPLETE)
    with pytest.raises(ValueError, match="optimize"):
        numjpeg.write_coefficients(coefficients, progressive=True, optimize=False)


# --- coefficients ----------------------------------------------------------------------------------------


@pytest.fixture
def jpegtran(cjpeg: str) -> str:
    path = shutil.which("jpegtran")
    assert path, "jpegtran comes with cjpeg"
    return path


def check_coefficients(jpegtran: str, data: bytes, tmp_path: Path, **changes) -> None:
    """To progressive as jpegtran does, and back: every coefficient, and the bytes of jpegtran."""
    source, result = tmp_path / "sequential.jpg", tmp_path / "progressive.jpg"
    source.write_bytes(data)
    coefficients = replace(numjpeg.read_coefficients(data), **changes)
    restart = ["-restart", f"{changes['restart_interval']}B"] if changes.get("restart_interval") else []
    progressive = numjpeg.write_coefficients(coefficients, progressive=True)
    assert progressive == run(jpegtran, "-copy", "all", "-progressive", *restart, source)
    result.write_bytes(progressive)
    back = run(jpegtran, "-copy", "all", "-optimize", *restart, result)
    assert numjpeg.write_coefficients(coefficients, optimize=True) == back
    planes = numjpeg.read_coefficients(back).planes
    assert all(np.array_equal(a, b) for a, b in zip(coefficients.planes, planes, strict=True))
    assert np.array_equal(pillow.load(progressive), pillow.load(data))


@pytest.mark.usual(every=5)
@pytest.mark.cjpeg
@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"subsampling": 1, "quality": 97}, {"quality": 5}])
@pytest.mark.parametrize("restart", [0, 1, 50])
def test_progressive_files_equal_jpegtran(jpegtran: str, options: dict, restart: int, tmp_path: Path) -> None:
    for image in (samples.photograph()[:200, :300], samples.noise(33, 20)):
        check_coefficients(jpegtran, pillow.save(image, **options), tmp_path, restart_interval=restart)
    gray = pillow.save(samples.smooth(45, 61, 1), quality=options.get("quality", 75))
    check_coefficients(jpegtran, gray, tmp_path, restart_interval=restart)


@pytest.mark.cjpeg
def test_other_colour_spaces_equal_jpegtran(jpegtran: str, tmp_path: Path) -> None:
    check_coefficients(jpegtran, pillow.save(samples.smooth(45, 61), keep_rgb=True), tmp_path)
    check_coefficients(jpegtran, pillow.save(samples.smooth(45, 61, 4), "CMYK"), tmp_path)


@pytest.mark.cjpeg
def test_coefficients_that_fill_the_runs(jpegtran: str, tmp_path: Path) -> None:
    """EOB runs of 32,767 blocks, and of 938 and more correction bits."""
    random = np.random.default_rng(1)
    empty = np.zeros((182, 182, 8, 8), np.int16)
    ends = empty.copy()
    ends[0, 0] = ends[-1, -1] = 1
    corrections = random.choice([-6, -5, 4, 7], (30, 40, 8, 8)).astype(np.int16)
    sequences = random.choice([-9, -4, -1, 0, 0, 0, 0, 1, 2, 5], (30, 40, 64)).astype(np.int16)
    sequences[random.random((30, 40)) < 0.7] //= 2
    for plane in (empty, ends, corrections, inverse_zigzag(sequences)):
        rows, columns = plane.shape[:2]
        template = numjpeg.read_coefficients(pillow.save(np.zeros((8 * rows, 8 * columns), np.uint8)))
        data = numjpeg.write_coefficients(replace(template, planes=[plane]))
        check_coefficients(jpegtran, data, tmp_path, planes=[plane])


@pytest.mark.cjpeg
def test_own_scripts_of_coefficients_equal_jpegtran(jpegtran: str, tmp_path: Path) -> None:
    source, script = tmp_path / "picture.jpg", tmp_path / "script.txt"
    source.write_bytes(pillow.save(samples.photograph()[:200, :300], quality=95))
    coefficients = numjpeg.read_coefficients(source.read_bytes())
    for scans in (PLAIN, DEEP):
        script.write_text(as_text(scans))
        expected = run(jpegtran, "-copy", "all", "-scans", script, source)
        assert numjpeg.write_coefficients(coefficients, scans=scans) == expected


def test_components_of_too_many_blocks_an_mcu_have_dc_scans_of_their_own() -> None:
    components = tuple(numjpeg.Component(i + 1, 4, 4, 0) for i in range(2))
    planes = [np.random.default_rng(i).integers(-99, 99, (5, 7, 8, 8)).astype(np.int16) for i in range(2)]
    c = numjpeg.Coefficients(40, 56, components, planes, {0: np.ones((8, 8), np.uint16)})
    assert numjpeg.read_header(numjpeg.write_coefficients(c, progressive=True)).scans == 12


def test_what_no_symbol_can_say_is_an_error() -> None:
    plane = np.zeros((1, 2, 8, 8), np.int16)
    c = numjpeg.Coefficients(8, 16, (numjpeg.Component(1, 1, 1, 0),), [plane], {0: np.ones((8, 8), np.uint16)})
    script = default_script(c.components, "GRAY")
    plane[0, 1, 3, 3] = -32768
    write_file(c, None, script=script)  # its first scan lacks two bits
    with pytest.raises(ValueError, match="-32768"):
        write_file(c, None, script=make_script([(0, 0, 0, 0, 0), (0, 1, 63, 0, 0)]))
    plane[0, :, 0, 0] = -32768, 32767
    with pytest.raises(ValueError, match="DC"):
        write_file(c, None, script=make_script([(0, 0, 0, 0, 0), *script[1:4]]))


def test_memory() -> None:
    """Beside 3 bytes for each of its nonzero coefficients the writer needs little: 4.2 bytes a pixel here."""
    image = np.tile(samples.photograph(), (3, 3, 1))
    coefficients = numjpeg.read_coefficients(pillow.save(image, quality=92, subsampling="4:4:4"))
    tracemalloc.start()
    numjpeg.write_coefficients(coefficients, progressive=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4.6 * image.shape[0] * image.shape[1]


def from_frame_on(data: bytes) -> bytes:
    """A file without what stands in front of SOF."""
    return data[next(s.offset for s in numjpeg.read_header(data).segments if s.name == "SOF2") :]


@pytest.mark.corpus
@pytest.mark.cjpeg
@pytest.mark.usual("sample")
def test_real_files_equal_jpegtran(jpegtran: str, corpus: Path, manifest: list[dict[str, str]]) -> None:
    """Of the corpus the sequential files below 100 KB. Jpegtran drops restart markers and the factors of gray."""
    count = 0
    rows = [row for row in manifest if row["kind"] == "valid" and int(row["size"]) < 100_000]
    # jpegtran 2.1.5 has no 12 bits, and refuses a height that DNL gives.
    for row in (row for row in rows if row["sof"] in ("SOF0", "SOF1") and row["precision"] == "8"):
        if "/dnl/" in row["path"]:
            continue
        try:
            c = numjpeg.read_coefficients((corpus / row["path"]).read_bytes())
        except numjpeg.JpegError:
            continue
        components = c.components if len(c.components) > 1 else (replace(c.components[0], H=1, V=1),)
        data = numjpeg.write_coefficients(replace(c, components=components, restart_interval=0), progressive=True)
        expected = run(jpegtran, "-copy", "all", "-progressive", corpus / row["path"])
        assert from_frame_on(data) == from_frame_on(expected), row["path"]
        count += 1
    assert count >= (100 if len(manifest) > 500 else 20)
