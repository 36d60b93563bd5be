"""``encode`` writes, byte for byte, the file that Pillow saves; what Pillow cannot write, cjpeg does."""

from __future__ import annotations

import itertools
import subprocess
import tracemalloc
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples
from PIL import Image, features

import numjpeg
from numjpeg import scans as writer
from numjpeg.fast.samples import tiles as pixels

QUALITIES = range(1, 101)
SUBSAMPLINGS = ["4:4:4", "4:2:2", "4:2:0"]
KINDS = [samples.smooth, samples.noise, samples.flat, samples.extremes]


def test_the_reference_is_the_one_that_the_library_promises_to_equal() -> None:
    assert features.check_feature("libjpeg_turbo")
    assert features.version_feature("libjpeg_turbo").startswith("3.")


# --- pictures --------------------------------------------------------------------------------------------


@pytest.mark.usual("1", "2", "3", "10", "24", "25", "49", "50", "51", "75", "90", "95", "99", "100")
@pytest.mark.parametrize("quality", QUALITIES)
def test_every_quality(quality: int) -> None:
    image = samples.smooth(45, 61, seed=quality)
    noise = samples.noise(24, 40, seed=quality)
    for subsampling, optimize in itertools.product(SUBSAMPLINGS, (False, True)):
        for picture in (image, noise):
            options = {"quality": quality, "subsampling": subsampling, "optimize": optimize}
            assert numjpeg.encode(picture, **options) == pillow.save(picture, **options)


@pytest.mark.usual(every=4)
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize("height", range(1, 35))
def test_every_small_size(subsampling: str, height: int) -> None:
    for width in range(1, 36, 1 if height < 18 else 5):
        image = samples.smooth(height, width, seed=width)
        expected = pillow.save(image, quality=80, subsampling=subsampling)
        assert numjpeg.encode(image, 80, subsampling=subsampling) == expected, (height, width)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("quality", [1, 50, 95, 100])
@pytest.mark.parametrize("optimize", [False, True])
def test_every_kind_of_picture(kind, quality: int, optimize: bool) -> None:
    for channels, subsampling in [(1, None), *((3, name) for name in SUBSAMPLINGS)]:
        image = kind(50, 70, channels)
        options = {} if subsampling is None else {"subsampling": subsampling}
        expected = pillow.save(image, quality=quality, optimize=optimize, **options)
        assert numjpeg.encode(image, quality, optimize=optimize, **options) == expected


def test_the_photograph_in_several_bands() -> None:
    image = samples.photograph()
    for subsampling, optimize in itertools.product(SUBSAMPLINGS, (False, True)):
        options = {"quality": 85, "subsampling": subsampling, "optimize": optimize}
        assert numjpeg.encode(image, **options) == pillow.save(image, **options)


@pytest.mark.parametrize("kept", [0, 1, 100_000])
@pytest.mark.parametrize("dct_method", ["islow", "float"])
def test_symbols_that_are_not_kept_for_their_tables_are_made_again(
    kept: int, dct_method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixels, "TILE_BLOCKS", 3 << 7)
    monkeypatch.setattr(pixels, "ANALYSIS_BLOCKS", 9 << 6)
    image = np.tile(samples.photograph(), (2, 1, 1))[:1001, :333]
    options = {"quality": 95, "optimize": True, "restart_marker_blocks": 50}
    expected = pillow.save(image, **options)
    if dct_method == "float":
        expected = numjpeg.encode(image, **options, dct_method=dct_method)
    monkeypatch.setattr(writer, "KEPT_BYTES", kept)
    assert numjpeg.encode(image, **options, dct_method=dct_method) == expected


@pytest.mark.usual("1500-2000")
@pytest.mark.parametrize(("height", "width"), [(1500, 2000), (3000, 4000)])
def test_12_megapixels_take_60_mb_beyond_the_picture(height: int, width: int) -> None:
    """Where they take most: nearly three symbols a pixel, a file of 15 MB. 3 megapixels take nearly as much."""
    image = np.tile(samples.photograph(), (6, 8, 1))[:height, :width]
    numjpeg.encode(image[:64, :64])
    tracemalloc.start()
    try:
        numjpeg.encode(image, 100, subsampling="4:4:4", optimize=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= 60e6


@pytest.mark.parametrize("shape", [(1, 65500), (65500, 1), (3, 65500), (65500, 9)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_longest_sides(shape: tuple[int, int], channels: int) -> None:
    image = samples.smooth(*shape, channels)
    assert numjpeg.encode(image, 60) == pillow.save(image, quality=60)


def test_defaults_are_quality_75_and_420() -> None:
    image = samples.smooth(33, 47)
    assert numjpeg.encode(image) == pillow.save(image)
    assert numjpeg.encode(image, subsampling=None) == pillow.save(image, quality=75, subsampling="4:2:0")
    assert numjpeg.encode(image, subsampling=0) == pillow.save(image, subsampling=0)
    assert numjpeg.encode(image, subsampling=1) == pillow.save(image, subsampling=1)
    assert numjpeg.encode(image, subsampling=2) == pillow.save(image, subsampling=2)


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(lambda a: np.asfortranarray(a), id="Fortran order"),
        pytest.param(lambda a: np.repeat(np.repeat(a, 2, 0), 3, 1)[::2, ::3], id="strided"),
        pytest.param(lambda a: a[::-1, ::-1], id="negative strides"),
        pytest.param(lambda a: np.broadcast_to(a[:1], a.shape), id="broadcast, read-only"),
        pytest.param(lambda a: np.moveaxis(np.ascontiguousarray(np.moveaxis(a, -1, 0)), 0, -1), id="planes"),
        pytest.param(lambda a: np.concatenate([a, a], -1)[..., :3], id="three of six channels"),
    ],
)
def test_any_array_layout(view) -> None:
    image = view(samples.smooth(40, 56))
    assert numjpeg.encode(image, 90) == pillow.save(np.ascontiguousarray(image), quality=90)


def test_the_picture_is_not_changed() -> None:
    image = samples.noise(20, 20)
    before = image.copy()
    numjpeg.encode(image)
    numjpeg.encode(image, colorspace="YCbCr")
    assert np.array_equal(image, before)
    image.setflags(write=False)
    numjpeg.encode(image)


def test_gray_with_one_channel_is_gray() -> None:
    image = samples.smooth(30, 30, 1)
    assert numjpeg.encode(image[..., np.newaxis]) == pillow.save(image)


# --- colour spaces ---------------------------------------------------------------------------------------


def test_ycbcr_is_stored_as_it_is() -> None:
    image = samples.smooth(37, 29)
    assert numjpeg.encode(image, 88, colorspace="YCbCr") == pillow.save(image, "YCbCr", quality=88)


def test_bgr_is_rgb_turned_round() -> None:
    image = samples.smooth(37, 29)
    assert numjpeg.encode(image[..., ::-1], colorspace="BGR") == pillow.save(image)
    assert numjpeg.encode(image[..., ::-1], colorspace="BGR", keep_rgb=True) == pillow.save(image, keep_rgb=True)


@pytest.mark.parametrize("optimize", [False, True])
def test_rgb_kept_as_rgb(optimize: bool) -> None:
    image = samples.smooth(37, 29)
    expected = pillow.save(image, quality=70, keep_rgb=True, optimize=optimize)
    assert numjpeg.encode(image, 70, keep_rgb=True, optimize=optimize) == expected


@pytest.mark.parametrize("subsampling", [None, *SUBSAMPLINGS])
@pytest.mark.parametrize("optimize", [False, True])
def test_cmyk(subsampling: str | None, optimize: bool) -> None:
    image = samples.smooth(45, 37, 4)
    options = {"quality": 82, "optimize": optimize}
    if subsampling:
        options["subsampling"] = subsampling
    assert numjpeg.encode(image, colorspace="CMYK", **options) == pillow.save(image, "CMYK", **options)


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_subsampling_of_gray_is_only_said(subsampling: str) -> None:
    image = samples.smooth(45, 37, 1)
    assert numjpeg.encode(image, subsampling=subsampling) == pillow.save(image, subsampling=subsampling)


# --- quantization tables ---------------------------------------------------------------------------------

ASCENDING = list(range(1, 65))
STEEP = [min(255, 2 * i + 1) for i in range(64)]
WIDE = [17 * i + 1 for i in range(64)]
LARGE = [8191] * 64


@pytest.mark.parametrize("quality", [None, 1, 40, 75, 100])
@pytest.mark.parametrize("tables", [[ASCENDING], [ASCENDING, STEEP], [STEEP, ASCENDING, STEEP], [STEEP] * 4])
@pytest.mark.parametrize("kind", ["gray", "color", "cmyk"])
def test_own_tables(quality: int | None, tables: list[list[int]], kind: str) -> None:
    channels = {"gray": 1, "color": 3, "cmyk": 4}[kind]
    image = samples.smooth(40, 40, channels)
    options = {"qtables": tables}
    reference = dict(options) if quality is None else options | {"quality": quality}
    mode = "CMYK" if kind == "cmyk" else None
    colorspace = "CMYK" if kind == "cmyk" else None
    assert numjpeg.encode(image, quality, colorspace=colorspace, **options) == pillow.save(
        image, mode, **reference
    )


@pytest.mark.parametrize("tables", [[WIDE], [ASCENDING, WIDE], [LARGE, ASCENDING]])
def test_tables_of_16_bits(tables: list[list[int]]) -> None:
    image = samples.noise(40, 40)
    data = numjpeg.encode(image, qtables=tables)
    assert data == pillow.save(image, qtables=tables)
    assert b"\xff\xc1" in data


def test_tables_beyond_255_are_clamped_when_they_are_scaled() -> None:
    image = samples.noise(40, 40)
    assert numjpeg.encode(image, 50, qtables=[WIDE]) == pillow.save(image, quality=50, qtables=[WIDE])


def test_tables_as_arrays_and_as_a_mapping() -> None:
    image = samples.smooth(40, 40)
    expected = pillow.save(image, qtables=[ASCENDING, STEEP])
    arrays = [np.reshape(ASCENDING, (8, 8)), np.array(STEEP, np.uint16)]
    assert numjpeg.encode(image, qtables=arrays) == expected
    assert numjpeg.encode(image, qtables=dict(enumerate(arrays))) == expected


# --- restart markers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("blocks", [1, 2, 3, 7, 8, 9, 64, 1000, 65535])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
@pytest.mark.parametrize("optimize", [False, True])
def test_restart_blocks(blocks: int, subsampling: str, optimize: bool) -> None:
    for image in (samples.smooth(90, 75), samples.noise(40, 75)):
        options = {"restart_marker_blocks": blocks, "subsampling": subsampling, "optimize": optimize}
        assert numjpeg.encode(image, **options) == pillow.save(image, **options)


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_restart_rows(rows: int) -> None:
    for image in (samples.smooth(90, 75), samples.smooth(90, 75, 1)):
        for options in ({}, {"restart_marker_blocks": 2}, {"subsampling": "4:2:2"}):
            options = options | {"restart_marker_rows": rows}
            assert numjpeg.encode(image, **options) == pillow.save(image, **options)


def test_restart_intervals_that_cross_bands_and_end_with_them() -> None:
    image = samples.photograph()  # 32 x 32 MCUs, 8 rows of them in a band
    for blocks in (1, 5, 31, 32, 33, 8 * 32, 8 * 32 + 1, 1024, 1025):
        assert numjpeg.encode(image, restart_marker_blocks=blocks) == pillow.save(
            image, restart_marker_blocks=blocks
        )


def test_an_interval_that_ends_in_ff_is_stuffed_before_its_marker() -> None:
    image = samples.noise(120, 120)
    data = numjpeg.encode(image, 95, restart_marker_blocks=1)
    assert any(b"\xff\x00\xff" + bytes((0xD0 + i,)) in data for i in range(8))
    assert data == pillow.save(image, quality=95, restart_marker_blocks=1)


# --- metadata --------------------------------------------------------------------------------------------

EXIF = Image.Exif()
EXIF[0x010E] = "a description"
EXIF[0x0112] = 6


@pytest.mark.parametrize(
    "options",
    [
        {"dpi": (300, 300)},
        {"dpi": (72.4, 71.6)},
        {"dpi": (0, 300)},
        {"dpi": (65535, 1)},
        {"exif": EXIF.tobytes()},
        {"exif": EXIF},
        {"icc_profile": b"profile"},
        {"icc_profile": bytes(range(256)) * 256},
        {"icc_profile": b"x" * 65519},
        {"icc_profile": b"x" * 65520},
        {"icc_profile": bytes(range(256)) * 1024},
        {"xmp": b"<x:xmpmeta/>"},
        {"comment": b"a comment"},
        {"comment": "ein Kommentar: \u00e4\u00f6\u00fc"},
        {"comment": b""},
        {"dpi": (96, 48), "exif": EXIF, "icc_profile": b"p" * 70000, "xmp": b"packet", "comment": b"text"},
    ],
    ids=lambda options: "+".join(options),
)
def test_metadata(options: dict) -> None:
    for image in (samples.smooth(20, 20), samples.smooth(20, 20, 1)):
        assert numjpeg.encode(image, **options) == pillow.save(image, **options)


def test_cmyk_with_metadata() -> None:
    image = samples.smooth(20, 20, 4)
    options = {"dpi": (300, 300), "icc_profile": b"p" * 70000, "comment": b"text"}
    assert numjpeg.encode(image, colorspace="CMYK", **options) == pillow.save(image, "CMYK", **options)


# --- cjpeg -----------------------------------------------------------------------------------------------

FACTORS = [
    "1x1", "2x1", "1x2", "2x2", "4x1", "1x4", "3x1", "1x3", "4x2", "2x4", "3x2", "2x3",
    "2x2,1x2,1x2", "2x2,2x1,2x1", "2x2,2x2,1x1", "2x1,2x1,1x1", "1x1,2x2,2x2", "1x1,2x1,1x2", "4x1,2x1,1x1",
    "1x1,1x1,2x2",
]  # fmt: skip


@pytest.mark.usual(every=3)
@pytest.mark.cjpeg
@pytest.mark.parametrize("factors", FACTORS)
def test_every_ratio_equals_cjpeg(cjpeg: str, factors: str, tmp_path: Path) -> None:
    sizes = [(1, 1), (7, 9), (16, 16), (17, 33), (40, 25), (65, 64), (31, 130)]
    for height, width in sizes:
        image = samples.smooth(height, width, seed=height)
        source = tmp_path / "picture.ppm"
        source.write_bytes(b"P6 %d %d 255\n" % (width, height) + image.tobytes())
        for optimize in (False, True):
            command = [cjpeg, "-baseline", "-quality", "77", "-sample", factors]
            command += ["-optimize"] if optimize else []
            expected = subprocess.run([*command, str(source)], check=True, capture_output=True).stdout
            assert numjpeg.encode(image, 77, subsampling=factors, optimize=optimize) == expected, (height, width)


@pytest.mark.cjpeg
@pytest.mark.parametrize(("name", "factors"), [("4:4:0", "1x2"), ("4:1:1", "4x1"), ("4:1:0", "4x2")])
def test_names_that_pillow_does_not_write(cjpeg: str, name: str, factors: str, tmp_path: Path) -> None:
    image = samples.photograph()
    source = tmp_path / "picture.ppm"
    source.write_bytes(b"P6 512 512 255\n" + image.tobytes())
    expected = subprocess.run(
        [cjpeg, "-baseline", "-quality", "75", "-sample", factors, str(source)], check=True, capture_output=True
    ).stdout
    assert numjpeg.encode(image, subsampling=name) == expected


def test_the_float_dct_gives_nearly_the_same_picture() -> None:
    image = samples.photograph()
    exact, real = numjpeg.encode(image, 95), numjpeg.encode(image, 95, dct_method="float")
    assert exact != real
    assert abs(numjpeg.psnr(image, pillow.load(exact)) - numjpeg.psnr(image, pillow.load(real))) < 0.05
