"""The waist: reading a file and writing it back keeps every coefficient, and the bytes of what Pillow wrote."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples
from PIL import Image
from reference import entropy

import numjpeg
from numjpeg.coefficient_files.writer import write_file
from numjpeg.stages.huffman import DC_LUMINANCE, HuffmanTable
from numjpeg.stages.zigzag import NATURAL

SUBSAMPLINGS = ["4:4:4", "4:2:2", "4:2:0"]


@pytest.mark.parametrize("optimize", [False, True])
@pytest.mark.parametrize("quality", [10, 75, 100])
@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_what_pillow_wrote_is_written_again_to_the_byte(optimize: bool, quality: int, subsampling: str) -> None:
    for image in (samples.smooth(45, 61), samples.noise(33, 20), samples.flat(17, 17)):
        data = pillow.save(image, quality=quality, optimize=optimize, subsampling=subsampling)
        assert numjpeg.write_coefficients(numjpeg.read_coefficients(data)) == data


@pytest.mark.parametrize(
    ("channels", "mode", "options"),
    [
        (1, None, {}),
        (1, None, {"subsampling": "4:2:0", "optimize": True}),
        (4, "CMYK", {"subsampling": "4:2:0"}),
        (3, None, {"keep_rgb": True}),
        (3, None, {"restart_marker_blocks": 3, "optimize": True}),
        (3, None, {"restart_marker_rows": 1}),
        (3, None, {"qtables": [[17 * i + 1 for i in range(64)]]}),
        (3, None, {"qtables": [list(range(1, 65)), [9] * 64, [300] * 64]}),
        (3, None, {"dpi": (300, 300), "icc_profile": b"p" * 70000, "exif": b"Exif\0\0x", "comment": b"text"}),
    ],
)
def test_every_kind_that_pillow_writes(channels: int, mode: str | None, options: dict) -> None:
    data = pillow.save(samples.smooth(45, 61, channels), mode, **options)
    assert numjpeg.write_coefficients(numjpeg.read_coefficients(data)) == data


def test_coefficients_equal_those_of_a_literal_decoder() -> None:
    for image, options in itertools.product(
        (samples.smooth(40, 37), samples.noise(20, 35)), ({}, {"subsampling": 0}, {"restart_marker_blocks": 2})
    ):
        data = pillow.save(image, **options)
        planes = numjpeg.read_coefficients(data).planes
        expected = entropy.decode_baseline(data)
        for plane, blocks in zip(planes, expected, strict=True):
            for row, column in np.ndindex(plane.shape[:2]):
                assert plane[row, column].ravel().tolist() == blocks[row][column]


def test_shapes_and_types() -> None:
    c = numjpeg.read_coefficients(pillow.save(samples.smooth(45, 61)))
    assert (c.height, c.width) == (45, 61)
    assert [plane.shape for plane in c.planes] == [(6, 8, 8, 8), (3, 4, 8, 8), (3, 4, 8, 8)]
    assert {plane.dtype for plane in c.planes} == {np.dtype(np.int16)}
    assert [(x.H, x.V, x.Tq, x.Td, x.Ta) for x in c.components] == [
        (2, 2, 0, 0, 0),
        (1, 1, 1, 1, 1),
        (1, 1, 1, 1, 1),
    ]
    assert c.quantization_table(2).tolist() == c.quantization_tables[1].tolist()
    assert np.array_equal(c.dequantized(0)[0, 0], c.planes[0][0, 0] * c.quantization_table(0).astype(int))


def test_dequantized_coefficients_do_not_overflow() -> None:
    plane = np.full((1, 1, 8, 8), -32768, np.int16)
    table = np.full((8, 8), 65535, np.uint16)
    c = numjpeg.Coefficients(8, 8, (numjpeg.Component(1, 1, 1, 0),), [plane], {0: table})
    assert c.dequantized(0).min() == -32768 * 65535


def test_changed_coefficients_are_what_is_read_again() -> None:
    c = numjpeg.read_coefficients(pillow.save(samples.smooth(45, 61), optimize=True))
    random = np.random.default_rng(3)
    for plane in c.planes:
        plane[:] = random.integers(-1023, 1024, plane.shape)
        plane[..., 0, 0] = random.integers(-1023, 1024, plane.shape[:2])
    again = numjpeg.read_coefficients(numjpeg.write_coefficients(c))
    assert all(np.array_equal(a, b) for a, b in zip(c.planes, again.planes, strict=True))
    standard = numjpeg.write_coefficients(c, optimize=False)
    assert all(
        np.array_equal(a, b) for a, b in zip(c.planes, numjpeg.read_coefficients(standard).planes, strict=True)
    )
    assert entropy.decode_baseline(standard)[0][0][0] == c.planes[0][0, 0].ravel().tolist()


def test_coefficients_that_optimal_tables_alone_can_say_are_read() -> None:
    """Categories up to 15 have codes. T.81 allows up to 10 with 8 bits a sample, but readers take more."""
    plane = np.zeros((4, 4, 8, 8), np.int16)
    plane[..., 1, 1] = np.arange(-8, 8).reshape(4, 4) * 4095
    component = numjpeg.Component(1, 1, 1, 0)
    c = numjpeg.Coefficients(32, 32, (component,), [plane], {0: np.ones((8, 8), np.uint16)})
    again = numjpeg.read_coefficients(write_file(c, None))
    assert np.array_equal(again.planes[0], plane)
    plane[0, 0, 1, 1] = -32768
    with pytest.raises(ValueError, match="coefficient"):
        write_file(c, None)
    plane[0, 0, 1, 1] = 0
    plane[0, 0, 0, 0], plane[0, 1, 0, 0] = 32767, -32767
    with pytest.raises(ValueError, match="DC"):
        write_file(c, None)


def test_a_file_of_too_many_blocks_an_mcu_is_written_in_several_scans() -> None:
    component = [numjpeg.Component(i + 1, 4, 4, 0) for i in range(2)]
    planes = [np.random.default_rng(i).integers(-99, 99, (5, 7, 8, 8)).astype(np.int16) for i in range(2)]
    c = numjpeg.Coefficients(40, 56, tuple(component), planes, {0: np.ones((8, 8), np.uint16)})
    data = numjpeg.write_coefficients(c)
    assert numjpeg.read_header(data).scans == 2
    again = numjpeg.read_coefficients(data)
    assert all(np.array_equal(a, b) for a, b in zip(planes, again.planes, strict=True))


@pytest.mark.cjpeg
def test_optimal_tables_equal_jpegtran(cjpeg: str, tmp_path: Path) -> None:
    jpegtran = shutil.which("jpegtran")
    assert jpegtran, "jpegtran comes with cjpeg"
    for options in ({}, {"subsampling": 0}, {"restart_marker_blocks": 5}):
        data = pillow.save(samples.photograph(), **options)
        source = tmp_path / "picture.jpg"
        source.write_bytes(data)
        expected = subprocess.run(
            [jpegtran, "-copy", "all", "-optimize", str(source)], check=True, capture_output=True
        ).stdout
        c = numjpeg.read_coefficients(data)
        if "restart_marker_blocks" in options:  # jpegtran drops restart markers unless it is told to keep them
            c = replace(c, restart_interval=0)
        assert numjpeg.write_coefficients(c, optimize=True) == expected


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda c: replace(c, planes=c.planes[:2]), "planes"),
        (lambda c: replace(c, planes=[p.astype(np.int32) for p in c.planes]), "planes"),
        (lambda c: replace(c, planes=[p[:-1] for p in c.planes]), "planes"),
        (lambda c: replace(c, height=0), "height"),
        (lambda c: replace(c, width=70000), "width"),
        (lambda c: replace(c, quantization_tables={}), "quantization_tables"),
        (lambda c: replace(c, quantization_tables={0: np.zeros((8, 8), int), 1: np.ones((8, 8), int)}), "quant"),
        (lambda c: replace(c, components=tuple(replace(x, H=5) for x in c.components)), "components"),
        (lambda c: replace(c, components=tuple(replace(x, Td=4) for x in c.components)), "components"),
        (lambda c: replace(c, components=tuple(replace(x, identifier=1) for x in c.components)), "components"),
        (lambda c: replace(c, restart_interval=70000), "restart_interval"),
        (lambda c: replace(c, application_segments=[(0xE1, b"x" * 65534)]), "APP1"),
        (lambda c: replace(c, application_segments=[(0xDA, b"x")]), "application_segments"),
        (lambda c: replace(c, application_segments=[("APP1", b"x")]), "application_segments"),
        (lambda c: replace(c, application_segments=None), "application_segments"),
        (lambda c: replace(c, precision=9), "precision"),
        (lambda c: replace(c, planes=None), "planes"),
        (lambda c: replace(c, planes=[np.ma.masked_array(p, mask=True) for p in c.planes]), "planes"),
        (lambda c: replace(c, quantization_tables="x"), "quantization_tables"),
        (lambda c: replace(c, components=None), "components"),
    ],
)
def test_parts_that_do_not_fit_are_named(change, named: str) -> None:
    c = numjpeg.read_coefficients(pillow.save(samples.smooth(45, 61)))
    with pytest.raises((TypeError, ValueError), match=named):
        numjpeg.write_coefficients(change(c))


@pytest.mark.parametrize("interval", [0, 1, 2])
def test_the_longest_tokens_in_front_of_restart_markers(interval: int) -> None:
    """Two ZRL of 16 bits, a symbol of 16 and 10 magnitude bits, and then whatever fills up the byte."""
    lengths = (0, 1, 1, 1, 1, *[0] * 10, 2)
    ac = HuffmanTable(lengths, bytes((0x01, 0xF1, 0x00, 0xF2, 0xF0, 0xEA)))
    for blocks, dc in itertools.product((1, 2, 5), range(-9, 10)):
        plane = np.zeros((blocks, 1, 8, 8), np.int16)
        sequences = plane.reshape(blocks, 64)
        sequences[:, 0] = dc * np.arange(1, blocks + 1)
        sequences[:, NATURAL[16]], sequences[:, NATURAL[63]] = 1, -1023
        component = numjpeg.Component(1, 1, 1, 0)
        steps, tables = {0: np.ones((8, 8), np.uint16)}, {(0, 0): DC_LUMINANCE, (1, 0): ac}
        c = numjpeg.Coefficients(8 * blocks, 8, (component,), [plane], steps, tables)
        data = numjpeg.write_coefficients(replace(c, restart_interval=interval))
        assert ac.values in data
        decoded = entropy.decode_baseline(data)[0]
        assert [row[0] for row in decoded] == sequences.tolist()


# --- as an object ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(1, 1), (33, 50), (16, 64)])
def test_from_pixels_and_to_pixels_are_pillows_encoder_and_decoder(channels: int, size: tuple[int, int]) -> None:
    image = samples.smooth(*size, channels)
    for options in ({}, {"quality": 40}) if channels == 1 else ({"quality": 92, "subsampling": "4:4:4"}, {}):
        data = pillow.save(image, **options)
        theirs = numjpeg.read_coefficients(data)
        ours = numjpeg.Coefficients.from_pixels(image, **options)
        unused = {} if channels == 3 else {key: ours.huffman_tables[key] for key in ((0, 1), (1, 1))}
        assert replace(theirs, application_segments=[], huffman_tables=theirs.huffman_tables | unused) == ours
        np.testing.assert_array_equal(ours.to_pixels(), pillow.load(data))
        np.testing.assert_array_equal(theirs.to_pixels(), pillow.load(data))


@pytest.mark.parametrize(("channels", "mode"), [(3, "keep_rgb"), (4, "CMYK")])
def test_to_pixels_refuses_colours_that_the_pipeline_has_not(channels: int, mode: str) -> None:
    image = samples.smooth(16, 16, channels)
    data = pillow.save(image, keep_rgb=True) if channels == 3 else pillow.save(image, mode)
    with pytest.raises(ValueError, match=r"RGB|CMYK"):
        numjpeg.read_coefficients(data).to_pixels()


def test_from_pixels_takes_what_encode_takes_or_says_why_not() -> None:
    image = samples.noise(17, 21, 3)
    expected = numjpeg.Coefficients.from_pixels(image, 80, "4:2:0")
    assert numjpeg.Coefficients.from_pixels(Image.fromarray(image), np.int64(80), "420") == expected
    hidden = np.ma.masked_array(image, mask=image > 9)
    for wrong, named in (
        (("photo.png",), "image"),
        ((image / 255,), "image"),
        ((image[:0],), "image"),
        ((hidden,), "image"),
        ((Image.fromarray(image).convert("YCbCr"),), "image"),
        ((image, "80"), "quality"),
        ((image, 80, "4:2:1"), "subsampling"),
    ):
        with pytest.raises((TypeError, ValueError), match=f"^{named}: "):
            numjpeg.Coefficients.from_pixels(*wrong)


def test_what_are_no_coefficients_is_named() -> None:
    data = pillow.save(samples.noise(17, 21, 3))
    for function in (
        numjpeg.write_coefficients,
        numjpeg.forensics.bits_per_block,
        numjpeg.forensics.first_quantization,
    ):
        with pytest.raises(TypeError, match=r"^coefficients: .*got bytes; read_coefficients"):
            function(data)


def test_equality_compares_arrays() -> None:
    data = pillow.save(samples.smooth(45, 61), comment=b"words")
    first, second = numjpeg.read_coefficients(data), numjpeg.read_coefficients(data)
    assert first == second
    assert (first != second) is False
    assert first != data
    for change in (
        lambda c: c.planes[1].__setitem__((0, 0, 7, 7), 5),
        lambda c: c.quantization_tables.__setitem__(0, c.quantization_tables[0] + 1),
        lambda c: c.quantization_tables.__setitem__(3, c.quantization_tables[0]),
        lambda c: c.huffman_tables.clear(),
        lambda c: c.planes.pop(),
        lambda c: c.application_segments.pop(),
        lambda c: setattr(c, "restart_interval", 4),
        lambda c: setattr(c, "components", tuple(replace(x, H=1) for x in c.components)),
    ):
        changed = numjpeg.read_coefficients(data)
        change(changed)
        assert first != changed
        assert changed != first
    with pytest.raises(TypeError, match="unhashable"):
        hash(first)


def test_repr_is_a_few_lines() -> None:
    c = numjpeg.read_coefficients(pillow.save(samples.smooth(450, 610), restart_marker_blocks=7))
    lines = repr(c).splitlines()
    assert len(lines) == 5
    assert "610 x 450 pixels" in lines[0]
    assert "component 2: 1x1, table 1, plane int16 (29, 39, 8, 8)" in lines[2]
    assert "restart interval 7" in lines[4]
    c.planes = [None, [1]]  # of an object that is being put together
    assert "NoneType" in repr(c)
