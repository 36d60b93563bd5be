"""``decode`` gives the pixels that Pillow gives; the files come from Pillow, from cjpeg, or are made by hand."""

from __future__ import annotations

import io
import itertools
import re
import struct
import subprocess
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples
from PIL import Image

import numjpeg
from numjpeg.container.frame import Frame, Scan
from numjpeg.container.segments import build, build_dht, build_dqt, build_dri, build_sof, build_sos
from numjpeg.entropy.sequential_writer import find_symbols, write_scan
from numjpeg.stages.huffman import STANDARD_TABLES
from numjpeg.stages.mcu_order import pad_to_mcus
from numjpeg.stages.zigzag import zigzag

SUBSAMPLINGS = ["4:4:4", "4:2:2", "4:2:0"]


# --- what Pillow writes ----------------------------------------------------------------------------------


@pytest.mark.usual(every=4)
@pytest.mark.parametrize("quality", range(1, 101, 3))
def test_qualities(quality: int) -> None:
    for image in (samples.smooth(45, 61, seed=quality), samples.extremes(24, 40, seed=quality)):
        for subsampling, optimize in itertools.product(SUBSAMPLINGS, (False, True)):
            data = pillow.save(image, quality=quality, subsampling=subsampling, optimize=optimize)
            assert np.array_equal(numjpeg.decode(data), pillow.load(data))


@pytest.mark.usual(every=4)
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize("height", range(1, 35))
def test_every_small_size(subsampling: str, height: int) -> None:
    for width in range(1, 36, 1 if height < 18 else 5):
        data = pillow.save(samples.smooth(height, width, seed=width), quality=80, subsampling=subsampling)
        assert np.array_equal(numjpeg.decode(data), pillow.load(data)), (height, width)


@pytest.mark.parametrize("shape", [(1, 65500), (65500, 1), (3, 65500), (65500, 9)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_longest_sides(shape: tuple[int, int], channels: int) -> None:
    data = pillow.save(samples.smooth(*shape, channels), quality=60)
    assert np.array_equal(numjpeg.decode(data), pillow.load(data))


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_the_photograph_in_several_bands(subsampling: str) -> None:
    data = pillow.save(samples.photograph(), quality=92, subsampling=subsampling)
    assert np.array_equal(numjpeg.decode(data), pillow.load(data))


@pytest.mark.parametrize("blocks", [1, 2, 7, 8, 33, 256, 257])
def test_restart_intervals(blocks: int) -> None:
    data = pillow.save(samples.photograph(), restart_marker_blocks=blocks)
    assert np.array_equal(numjpeg.decode(data), pillow.load(data))


def test_gray_cmyk_rgb_and_16_bit_tables() -> None:
    files = [
        pillow.save(samples.smooth(30, 41, 1)),
        pillow.save(samples.smooth(30, 41, 1), subsampling="4:2:0"),
        pillow.save(samples.smooth(30, 41, 4), "CMYK"),
        pillow.save(samples.smooth(30, 41, 4), "CMYK", subsampling="4:2:0"),
        pillow.save(samples.smooth(30, 41), keep_rgb=True),
        pillow.save(samples.noise(30, 41), qtables=[[17 * i + 1 for i in range(64)]]),
        pillow.save(samples.noise(30, 41), qtables=[[2000] * 64]),
    ]
    for data in files:
        assert np.array_equal(numjpeg.decode(data), pillow.load(data))


# --- every ratio, by cjpeg -------------------------------------------------------------------------------

FACTORS = [
    "1x2", "4x1", "1x4", "3x1", "1x3", "4x2", "2x4", "3x2", "2x3", "2x2,1x2,1x2", "2x2,2x1,2x1", "2x2,2x2,1x1",
    "2x1,2x1,1x1", "1x1,2x2,2x2", "1x1,2x1,1x2", "4x1,2x1,1x1", "1x1,1x1,2x2",
]  # fmt: skip


@pytest.mark.usual(every=2)
@pytest.mark.cjpeg
@pytest.mark.parametrize("factors", FACTORS)
def test_every_ratio(cjpeg: str, factors: str, tmp_path: Path) -> None:
    for height, width in [(1, 1), (2, 5), (7, 9), (16, 16), (17, 33), (40, 25), (65, 64), (31, 130), (300, 400)]:
        image = samples.smooth(height, width, seed=height)
        source = tmp_path / "picture.ppm"
        source.write_bytes(b"P6 %d %d 255\n" % (width, height) + image.tobytes())
        data = subprocess.run([cjpeg, "-sample", factors, str(source)], check=True, capture_output=True).stdout
        assert np.array_equal(numjpeg.decode(data), pillow.load(data)), (height, width)


@pytest.mark.cjpeg
@pytest.mark.parametrize("factors", ["1x1", "2x1", "1x2", "2x2", "4x1"])
def test_box_upsampling_equals_djpeg_nosmooth(cjpeg: str, factors: str, tmp_path: Path) -> None:
    image = samples.smooth(45, 61)
    data = numjpeg.encode(image, subsampling=factors)
    path = tmp_path / "picture.jpg"
    path.write_bytes(data)
    djpeg = str(Path(cjpeg).with_name("djpeg"))
    ppm = subprocess.run([djpeg, "-nosmooth", "-dct", "int", str(path)], check=True, capture_output=True).stdout
    assert np.array_equal(numjpeg.decode(data, fancy_upsampling=False), np.asarray(Image.open(io.BytesIO(ppm))))


# --- files made by hand ----------------------------------------------------------------------------------


def scan_bytes(scan: Scan, planes: list[np.ndarray]) -> bytes:
    """The entropy-coded data of one scan over whole planes."""
    rows, columns = scan.mcus
    band = [pad_to_mcus(zigzag(p), rows, columns, f) for p, f in zip(planes, scan.factors, strict=True)]
    return b"".join(write_scan(scan, find_symbols(scan, [band])))


def in_several_scans(data: bytes, groups: list[tuple[int, ...]], *, restart: int = 0, extra: bytes = b"") -> bytes:
    """The same coefficients, its components spread over several scans."""
    c = numjpeg.read_coefficients(data)
    frame = Frame(0xC0, 8, c.height, c.width, c.components)
    parts = [b"\xff\xd8"]
    parts += [build(*segment) for segment in c.application_segments]
    parts += [build_dqt(number, table) for number, table in c.quantization_tables.items()]
    parts += [build_sof(frame)]
    parts += [build_dht(*key, table) for key, table in STANDARD_TABLES.items()]
    if restart:
        parts.append(build_dri(restart))
    for group in groups:
        scan = Scan(frame, group, tuple(c.components[i] for i in group), dict(STANDARD_TABLES), restart)
        parts += [extra, build_sos(scan), scan_bytes(scan, [c.planes[i] for i in group])]
    return b"".join([*parts, b"\xff\xd9"])


@pytest.mark.usual(every=4)
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@pytest.mark.parametrize("restart", [0, 1, 5])
@pytest.mark.parametrize("groups", [[(0,), (1,), (2,)], [(0,), (1, 2)], [(2,), (0,), (1,)], [(0, 1), (2,)]])
def test_several_scans(subsampling: str, restart: int, groups: list[tuple[int, ...]]) -> None:
    for height, width in [(1, 1), (33, 50), (70, 90)]:
        original = pillow.save(samples.smooth(height, width), subsampling=subsampling)
        data = in_several_scans(original, groups, restart=restart)
        assert np.array_equal(pillow.load(data), pillow.load(original))
        assert np.array_equal(numjpeg.decode(data), pillow.load(data))


def test_segments_between_scans() -> None:
    original = pillow.save(samples.smooth(33, 50))
    extra = build(0xFE, b"a comment") + build(0xE5, b"\xff\xd9\xff\xda") + b"\xff\xff\xff"
    data = in_several_scans(original, [(0,), (1,), (2,)], extra=extra)
    assert np.array_equal(numjpeg.decode(data), pillow.load(data))


def test_a_component_that_is_never_sent_is_mid_gray() -> None:
    data = in_several_scans(pillow.save(samples.smooth(33, 50)), [(0,), (2,)])
    assert np.array_equal(numjpeg.decode(data), pillow.load(data))


def test_tables_that_change_between_scans() -> None:
    """A DQT between scans counts for the components whose first scan comes after it."""
    original = pillow.save(samples.smooth(33, 50), quality=60)
    changed = build_dqt(1, np.full((8, 8), 40, np.uint16)) + build_dqt(0, np.full((8, 8), 3, np.uint16))
    data = in_several_scans(original, [(0,), (1,), (2,)])
    second = [i for i in range(len(data) - 1) if data[i : i + 2] == b"\xff\xda"][1]
    data = data[:second] + changed + data[second:]
    assert np.array_equal(numjpeg.decode(data), pillow.load(data))
    coefficients = numjpeg.read_coefficients(data)
    assert np.array_equal(pillow.load(numjpeg.write_coefficients(coefficients)), pillow.load(data))


def test_huffman_tables_that_change_between_scans() -> None:
    original = pillow.save(samples.smooth(64, 64), subsampling=0)
    coefficients = numjpeg.read_coefficients(original)
    frame = Frame(0xC0, 8, 64, 64, coefficients.components)
    parts = [
        b"\xff\xd8",
        *(build_dqt(n, t) for n, t in coefficients.quantization_tables.items()),
        build_sof(frame),
    ]
    for index in range(3):
        # Each scan defines table 0 anew, in turn as luminance's and chrominance's.
        tables = {(0, 0): STANDARD_TABLES[0, index % 2], (1, 0): STANDARD_TABLES[1, index % 2]}
        component = numjpeg.Component(index + 1, 1, 1, min(index, 1), 0, 0)
        scan = Scan(frame, (index,), (component,), tables, 0)
        parts += [build_dht(*key, table) for key, table in tables.items()]
        parts += [build_sos(scan), scan_bytes(scan, [coefficients.planes[index]])]
    data = b"".join([*parts, b"\xff\xd9"])
    assert np.array_equal(numjpeg.decode(data), pillow.load(data))
    assert np.array_equal(
        pillow.load(numjpeg.write_coefficients(numjpeg.read_coefficients(data))), pillow.load(data)
    )


def without(data: bytes, marker: int) -> bytes:
    place = data.index(bytes((0xFF, marker)))
    return data[:place] + data[place + 2 + struct.unpack(">H", data[place + 2 : place + 4])[0] :]


def adobe(transform: int, size: int = 12) -> bytes:
    return build(0xEE, (b"Adobe\0\x64\0\0\0\0" + bytes((transform,)) + b"more")[:size])


def rename(data: bytes, identifiers: bytes) -> bytes:
    """Change the component identifiers in SOF and SOS."""
    changed = bytearray(data)
    sof, sos = data.index(b"\xff\xc0"), data.index(b"\xff\xda")
    for i, identifier in enumerate(identifiers):
        changed[sof + 10 + 3 * i] = identifier
        changed[sos + 5 + 2 * i] = identifier
    return bytes(changed)


@pytest.mark.parametrize("jfif", [True, False])
@pytest.mark.parametrize("marker", [None, 0, 1, 2, 76])
@pytest.mark.parametrize("identifiers", [b"\1\2\3", b"RGB", b"rgb", b"\0\1\2"])
def test_colour_decision_with_three_components(jfif: bool, marker: int | None, identifiers: bytes) -> None:
    data = rename(pillow.save(samples.smooth(20, 20), subsampling=0), identifiers)
    if not jfif:
        data = without(data, 0xE0)
    for size in (11, 12, 16):
        changed = data if marker is None else data[:2] + adobe(marker, size) + data[2:]
        assert np.array_equal(numjpeg.decode(changed), pillow.load(changed)), size


@pytest.mark.parametrize("marker", [None, 0, 1, 2, 76])
@pytest.mark.parametrize("jfif", [True, False])
def test_colour_decision_with_four_components(marker: int | None, jfif: bool) -> None:
    data = without(pillow.save(samples.smooth(20, 20, 4), "CMYK"), 0xEE)
    if jfif:
        data = data[:2] + build(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + data[2:]
    if marker is not None:
        data = data[:2] + adobe(marker) + data[2:]
    assert np.array_equal(numjpeg.decode(data), pillow.load(data))


def test_the_last_adobe_segment_wins() -> None:
    data = without(pillow.save(samples.smooth(20, 20), subsampling=0), 0xE0)
    for first, second in ((0, 1), (1, 0)):
        changed = data[:2] + adobe(first) + adobe(second) + data[2:]
        assert np.array_equal(numjpeg.decode(changed), pillow.load(changed))


def test_two_components_come_as_they_are() -> None:
    coefficients = numjpeg.read_coefficients(pillow.save(samples.smooth(20, 20), subsampling=0))
    two = numjpeg.Coefficients(
        20, 20, coefficients.components[:2], coefficients.planes[:2], coefficients.quantization_tables
    )
    decoded = numjpeg.decode(numjpeg.write_coefficients(two))
    expected = numjpeg.decode(numjpeg.write_coefficients(coefficients), colorspace="YCbCr")[..., :2]
    assert decoded.shape == (20, 20, 2)
    assert np.array_equal(decoded, expected)
    ycbcr = Image.open(io.BytesIO(numjpeg.write_coefficients(coefficients)))
    ycbcr.draft("YCbCr", None)
    assert np.array_equal(decoded, np.asarray(ycbcr)[..., :2])


def test_extreme_coefficients_wrap_and_saturate_as_in_libjpeg_turbo() -> None:
    """Blocks that no encoder makes: random coefficients times tables that carry them beyond 16 bits."""
    random = np.random.default_rng(5)
    component = numjpeg.Component(1, 1, 1, 0)
    for scale in (255, 2000, 65535):
        plane = np.zeros((12, 12, 8, 8), np.int16)
        nonzero = random.random(plane.shape) < random.random((12, 12, 1, 1)) * 0.5
        plane[nonzero] = random.integers(-1023, 1024, int(nonzero.sum()))
        plane[:4, :, 1:] = 0  # rows 1 to 7 empty
        plane[:2, :, 0, 1:] = 0  # DC only
        table = random.integers(1, scale + 1, (8, 8)).astype(np.uint16)
        data = numjpeg.write_coefficients(numjpeg.Coefficients(96, 96, (component,), [plane], {0: table}))
        assert np.array_equal(numjpeg.decode(data), pillow.load(data)), scale


def test_extended_sequential_files_with_four_tables() -> None:
    original = numjpeg.read_coefficients(pillow.save(samples.smooth(40, 40), subsampling=0))
    original.components = tuple(
        numjpeg.Component(c.identifier, 1, 1, c.Tq, 1 + i, 3 - i) for i, c in enumerate(original.components)
    )
    data = numjpeg.write_coefficients(original, optimize=True)
    assert b"\xff\xc1" in data
    assert np.array_equal(numjpeg.decode(data), pillow.load(data))


# --- options ---------------------------------------------------------------------------------------------


def drafted(data: bytes, mode: str) -> np.ndarray:
    """What libjpeg decodes to another colour space by itself."""
    image = Image.open(io.BytesIO(data))
    image.draft(mode, None)
    assert image.mode == mode
    return np.asarray(image)


def test_colorspace() -> None:
    data = pillow.save(samples.smooth(33, 50))
    rgb = pillow.load(data)
    assert np.array_equal(numjpeg.decode(data, colorspace="RGB"), rgb)
    assert np.array_equal(numjpeg.decode(data, colorspace="BGR"), rgb[..., ::-1])
    assert np.array_equal(numjpeg.decode(data, colorspace="GRAY"), drafted(data, "L"))
    assert np.array_equal(numjpeg.decode(data, colorspace="YCbCr"), drafted(data, "YCbCr"))
    assert np.array_equal(numjpeg.decode(data, colorspace="raw"), drafted(data, "YCbCr"))


@pytest.mark.parametrize("spelling", ["rgb", "Bgr", "gray", "L", "ycbcr", "RAW"])
def test_colour_spaces_in_any_case(spelling: str) -> None:
    data = pillow.save(samples.noise(9, 12, 3))
    name = {"ycbcr": "YCbCr", "RAW": "raw", "L": "GRAY"}.get(spelling, spelling.upper())
    expected = numjpeg.decode(data, colorspace=name)
    assert np.array_equal(numjpeg.decode(data, colorspace=spelling), expected)
    assert np.array_equal(numjpeg.decode_damaged(data, colorspace=spelling)[0], expected)
    assert np.array_equal(next(iter(numjpeg.decode_batch([data], colorspace=spelling))), expected)


@pytest.mark.parametrize("flag", ["strict", "fancy_upsampling", "block_smoothing"])
@pytest.mark.parametrize("wrong", ["no", None, 2, [False]])
def test_a_flag_is_true_or_false(flag: str, wrong: object) -> None:
    with pytest.raises(TypeError, match=f"^{flag}: True or False"):
        numjpeg.decode(pillow.save(samples.noise(9, 12, 3)), **{flag: wrong})


def test_a_limit_that_is_no_number_is_named_for_a_known_kind_of_file_too() -> None:
    data = pillow.save(samples.noise(9, 12, 3))
    for _ in range(3):
        numjpeg.decode(data)
        with pytest.raises(TypeError, match=r"^max_pixels: "):
            numjpeg.decode(data, max_pixels=[100])


def test_colorspace_of_gray() -> None:
    data = pillow.save(samples.smooth(33, 50, 1))
    gray = pillow.load(data)
    assert np.array_equal(numjpeg.decode(data, colorspace="GRAY"), gray)
    for name in ("RGB", "BGR"):
        assert np.array_equal(numjpeg.decode(data, colorspace=name), np.stack([gray] * 3, -1))
    neutral = np.full_like(gray, 128)
    assert np.array_equal(numjpeg.decode(data, colorspace="YCbCr"), np.stack([gray, neutral, neutral], -1))


def test_colorspace_of_rgb_kept_as_rgb() -> None:
    data = pillow.save(samples.smooth(33, 50), keep_rgb=True)
    rgb = pillow.load(data)
    assert np.array_equal(numjpeg.decode(data, colorspace="RGB"), rgb)
    assert np.array_equal(numjpeg.decode(data, colorspace="raw"), rgb)
    assert np.array_equal(numjpeg.decode(data, colorspace="GRAY"), drafted(data, "L"))
    assert np.array_equal(numjpeg.decode(data, colorspace="BGR"), rgb[..., ::-1])
    ycbcr = numjpeg.decode(data, colorspace="YCbCr").astype(int)
    assert abs(ycbcr - np.asarray(Image.fromarray(rgb).convert("YCbCr"))).max() <= 1  # Pillow rounds otherwise


def test_colorspace_of_cmyk() -> None:
    data = pillow.save(samples.smooth(33, 50, 4), "CMYK")
    image = Image.open(io.BytesIO(data))
    assert np.array_equal(numjpeg.decode(data, colorspace="CMYK"), np.asarray(image))
    assert np.array_equal(numjpeg.decode(data, colorspace="RGB"), np.asarray(image.convert("RGB")))
    assert np.array_equal(numjpeg.decode(data, colorspace="raw"), 255 - np.asarray(image))
    with pytest.raises(ValueError, match="colorspace"):
        numjpeg.decode(data, colorspace="GRAY")


def test_every_kind_of_data() -> None:
    data = pillow.save(samples.smooth(20, 20))
    expected = pillow.load(data)
    for same in (data, bytearray(data), memoryview(data), np.frombuffer(data, np.uint8)):
        assert np.array_equal(numjpeg.decode(same), expected)
    strided = np.repeat(np.frombuffer(data, np.uint8), 2)[::2]
    assert np.array_equal(numjpeg.decode(strided), expected)


def test_out_is_filled() -> None:
    data = pillow.save(samples.smooth(33, 50))
    expected = pillow.load(data)
    for out in (
        np.empty((33, 50, 3), np.uint8),
        np.empty((33, 50, 3), np.uint8, order="F"),
        np.empty((66, 100, 6), np.uint8)[::2, ::-2, ::2],
    ):
        assert numjpeg.decode(data, out=out) is out
        assert np.array_equal(out, expected)


@pytest.mark.parametrize(
    ("options", "error", "named"),
    [
        ({"out": np.empty((33, 50), np.uint8)}, ValueError, "out"),
        ({"out": np.empty((33, 50, 3))}, ValueError, "out"),
        ({"max_pixels": 1e6}, TypeError, "max_pixels"),
        ({"max_pixels": -1}, ValueError, "max_pixels: -1 is below 0; None is for no limit"),
        ({"out": "picture"}, ValueError, "out"),
        ({"out": np.broadcast_to(np.uint8(0), (33, 50, 3))}, ValueError, "out"),
        ({"colorspace": "HSV"}, ValueError, "colorspace"),
        ({"colorspace": "CMYK"}, ValueError, "colorspace"),
        ({"dct_method": "fast"}, ValueError, "dct_method"),
    ],
    ids=[
        "shape of out",
        "dtype of out",
        "type of max_pixels",
        "negative max_pixels",
        "type of out",
        "read-only out",
        "colorspace unknown",
        "colorspace impossible",
        "dct_method",
    ],
)
def test_wrong_arguments_are_named(options: dict, error: type[Exception], named: str) -> None:
    data = pillow.save(samples.smooth(33, 50))
    with pytest.raises(error, match=named):
        numjpeg.decode(data, **options)


@pytest.mark.parametrize("data", [None, 5, [255, 216], np.array([None])], ids=type)
def test_what_is_not_bytes_is_a_type_error(data: object) -> None:
    for function in (numjpeg.decode, numjpeg.read_header, numjpeg.read_coefficients):
        with pytest.raises(TypeError, match="data"):
            function(data)


def test_the_float_dct_differs_by_little() -> None:
    data = pillow.save(samples.photograph(), quality=90)
    difference = numjpeg.decode(data, dct_method="float").astype(int) - pillow.load(data)
    assert 0 < abs(difference).max() <= 4


# --- tables from elsewhere -------------------------------------------------------------------------------


def abbreviated(**options: object) -> tuple[bytes, bytes, bytes]:
    """A file, its tables, and the file without them, as Pillow writes them."""
    image = samples.smooth(33, 50)
    full, tables, data = (pillow.save(image, streamtype=kind, **options) for kind in (0, 1, 2))
    return full, tables, data


def test_tables_of_another_file() -> None:
    full, tables, data = abbreviated(quality=40)
    assert len(data) < len(full) - 500
    assert np.array_equal(numjpeg.decode(data, tables=tables), pillow.load(full))
    assert np.array_equal(numjpeg.decode(data, tables=np.frombuffer(tables, np.uint8)), pillow.load(full))
    mine, theirs = numjpeg.read_coefficients(data, tables=tables), numjpeg.read_coefficients(full)
    assert all(map(np.array_equal, mine.planes, theirs.planes))
    assert numjpeg.write_coefficients(mine) == full


def test_tables_of_the_file_itself_win() -> None:
    full, tables, _ = abbreviated(quality=40)
    other = abbreviated(quality=90)[1]
    assert np.array_equal(numjpeg.decode(full, tables=other), pillow.load(full))
    restarts = tables[:2] + b"\xff\xdd\0\4\0\1" + tables[2:]  # a restart interval is of its own file only
    assert np.array_equal(numjpeg.decode(full, tables=restarts), pillow.load(full))


def test_tables_of_a_tiff_file() -> None:
    """JPEGTables (tag 347) and the strips, as libtiff writes and reads them."""
    for channels in (1, 3):
        stream = io.BytesIO()
        Image.fromarray(samples.smooth(200, 300, channels)).save(stream, "TIFF", compression="jpeg")
        tiff = Image.open(io.BytesIO(stream.getvalue()))
        places = zip(tiff.tag_v2[273], tiff.tag_v2[279], strict=True)
        strips = [stream.getvalue()[place : place + size] for place, size in places]
        assert tiff.tag_v2[262] in (1, 2)  # gray, RGB
        rows = [numjpeg.decode(strip, tables=tiff.tag_v2[347], colorspace="raw") for strip in strips]
        assert np.array_equal(np.concatenate(rows), np.asarray(tiff))
        with pytest.raises(numjpeg.FormatError, match="table 0 is not defined"):
            numjpeg.decode(strips[0])


def test_wrong_tables() -> None:
    full, tables, data = abbreviated()
    for wrong, what in (
        (b"", "tables: no data"),
        (b"hello", "tables: not a JPEG file"),
        (full, "tables: SOF0 in a file of tables"),
        (tables[:100], "tables: DQT: the file ends inside"),
        (tables.replace(b"\xff\xc4\0\x1f\0\0\1", b"\xff\xc4\0\x1f\0\3\1"), "tables: DHT"),
    ):
        with pytest.raises(numjpeg.FormatError, match=what) as caught:
            numjpeg.decode(data, tables=wrong)
        assert f"byte {caught.value.offset}" in str(caught.value)
        assert caught.value.clause in str(caught.value)
    with pytest.raises(TypeError, match="tables"):
        numjpeg.decode(data, tables=3)
    dqt = tables[: tables.index(b"\xff\xc4")] + b"\xff\xd9"
    assert np.array_equal(numjpeg.decode(data, tables=dqt), pillow.load(full))  # and the standard Huffman tables


def without_huffman_tables(data: bytes, left_out: set[int]) -> bytes:
    """A file of which some DHT segments, counted from 0, are missing."""
    tables = [segment for segment in numjpeg.read_header(data).segments if segment.name == "DHT"]
    for number in sorted(left_out, reverse=True):
        data = data[: tables[number].offset] + data[tables[number].end :]
    return data


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("blocks", [0, 3])
def test_a_frame_of_motion_jpeg_gets_the_standard_tables(channels: int, blocks: int) -> None:
    full = pillow.save(samples.smooth(33, 50, channels), restart_marker_blocks=blocks)
    data = without_huffman_tables(full, set(range(channels + 1 if channels == 3 else 2)))
    assert b"\xff\xc4" not in data
    assert np.array_equal(numjpeg.decode(data), pillow.load(data))
    assert np.array_equal(pillow.load(data), pillow.load(full))
    header = numjpeg.read_header(data)
    frame = data.index(b"\xff\xc0")
    assert header.warnings == [f"no Huffman tables: the standard ones (K.3 - K.6) are meant, byte {frame}"]
    assert header.huffman_tables == {}
    assert numjpeg.write_coefficients(numjpeg.read_coefficients(data)) == full


def test_a_progressive_file_without_tables_is_no_motion_jpeg() -> None:
    progressive = pillow.save(samples.smooth(33, 50), progressive=True)
    every = set(range(sum(s.name == "DHT" for s in numjpeg.read_header(progressive).segments)))
    assert numjpeg.read_header(without_huffman_tables(progressive, every)).warnings == []


@pytest.mark.parametrize("size", [(40, 40), (512, 512)])
def test_a_byte_of_ones_more_than_padding_takes_is_no_data(size: tuple[int, int]) -> None:
    """As some cameras write it in front of every restart marker; read serially, and in lanes."""
    data = pillow.save(samples.photograph()[: size[0], : size[1]], quality=90, restart_marker_blocks=3)
    scan = data.index(b"\xff\xda")
    for ones in (b"\xff\0", b"\xff\0\xff\0"):
        padded = data[:scan] + re.sub(rb"(\xff[\xd0-\xd7])", ones + rb"\1", data[scan:])
        assert len(padded) > len(data) + 2
        assert np.array_equal(numjpeg.decode(padded), pillow.load(data))
        assert np.array_equal(pillow.load(padded), pillow.load(data))
    other = data[:scan] + re.sub(rb"(\xff[\xd0-\xd7])", b"\xfe\xff\0" + rb"\1", data[scan:])
    assert np.array_equal(numjpeg.decode(other), pillow.load(data))
    assert np.array_equal(pillow.load(other), pillow.load(data))
