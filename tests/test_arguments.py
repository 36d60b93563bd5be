"""What the arguments of ``encode`` mean, in all the forms that callers give them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples
from PIL import Image

import numjpeg

PICTURE = samples.smooth(33, 47)

# --- Pillow's images -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK", "YCbCr"])
@pytest.mark.parametrize("options", [{}, {"optimize": True, "quality": 90}, {"progressive": True}])
def test_a_pillow_image_is_encoded_as_what_it_is(mode: str, options: dict) -> None:
    image = Image.fromarray(PICTURE).convert(mode)
    assert numjpeg.encode(image, **options) == pillow.save(image, **options)
    name = {"L": "GRAY"}.get(mode, mode)
    assert numjpeg.encode(image, colorspace=name, **options) == pillow.save(image, **options)


@pytest.mark.parametrize(
    "mode", ["1", "P", "PA", "LA", "La", "RGBA", "RGBa", "RGBX", "HSV", "LAB", "I", "I;16", "I;16B", "F"]
)
def test_every_other_mode_is_refused_and_the_advice_works(mode: str) -> None:
    image = Image.new(mode, (16, 8))
    with pytest.raises(ValueError, match=r"^image: ") as caught:
        numjpeg.encode(image)
    message = str(caught.value)
    assert repr(mode) in message
    advice = message[message.index("image.convert") :]
    if mode.startswith("I;16"):
        stored = numjpeg.encode(np.asarray(image) + np.uint16(300), lossless=True)
        np.testing.assert_array_equal(numjpeg.decode(stored), np.full((8, 16), 300))
    converted = eval(advice, {"image": image})
    assert converted.mode == ("L" if mode in {"1", "LA", "La", "F"} or mode[0] == "I" else "RGB")
    assert numjpeg.encode(converted) == pillow.save(converted)
    for colorspace in ("GRAY", "RGB", "CMYK"):
        with pytest.raises(ValueError, match=r"^image: "):
            numjpeg.encode(image, colorspace=colorspace)


@pytest.mark.parametrize(("mode", "colorspace"), [("RGB", "BGR"), ("RGB", "YCbCr"), ("YCbCr", "RGB")])
def test_a_colour_space_that_contradicts_the_mode(mode: str, colorspace: str) -> None:
    with pytest.raises(ValueError, match=rf"^colorspace: .*{mode}"):
        numjpeg.encode(Image.new(mode, (8, 8)), colorspace=colorspace)


# --- arrays of other types -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        (bool, (0, 1)),
        (np.uint16, (0, 65535)),
        (np.float32, (0, 1)),
        (np.float64, (0, 1)),
        (np.int64, (0, 255)),
        (np.int8, (0, 127)),
    ],
)
def test_the_error_for_another_type_says_how_to_convert(dtype: type, values: tuple[int, int]) -> None:
    image = np.array(values, dtype)[samples.noise(8, 8) % 2]
    with pytest.raises(TypeError, match=r"^image: uint8") as caught:
        numjpeg.encode(image)
    message = str(caught.value)
    assert str(np.dtype(dtype)) in message
    advice = re.search(r"(np|image|\(image).*\.astype\(np\.uint8\)( \* 255)?", message.partition("; ")[2])
    assert advice
    converted = eval(advice[0], {"np": np, "image": image})
    assert converted.dtype == np.uint8
    assert (converted.min(), converted.max()) == (0, 127 if dtype is np.int8 else 255)


class Tensor:
    """As one of PyTorch that requires a gradient."""

    def __array__(self, *_: object, **__: object) -> np.ndarray:
        raise RuntimeError("detach it")


@pytest.mark.parametrize("given", ["photo.png", b"photo", None, object(), [[1, 2], [3]], Tensor()])
def test_what_is_no_picture_is_named(given: object) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^image: "):
        numjpeg.encode(given)


def test_an_open_file_is_no_picture_though_it_has_a_mode() -> None:
    with (
        Path(__file__).open("rb") as file,
        pytest.raises(TypeError, match=r"samples expected, got BufferedReader"),
    ):
        numjpeg.encode(file)


@pytest.mark.parametrize("options", [{"precision": 12}, {"lossless": True}])
def test_the_byte_order_of_16_bit_samples_does_not_matter(options: dict) -> None:
    image = samples.noise(9, 12).astype(np.uint16) * 16
    assert numjpeg.encode(image.astype(">u2"), **options) == numjpeg.encode(image, **options)


def test_masked_samples_are_not_shown() -> None:
    image = np.ma.masked_array(PICTURE, mask=PICTURE > 250)
    with pytest.raises(ValueError, match=r"^image: .*masked.*\.filled"):
        numjpeg.encode(image)
    assert numjpeg.encode(image.filled(0)) == numjpeg.encode(np.where(PICTURE > 250, np.uint8(0), PICTURE))
    assert numjpeg.encode(np.ma.masked_array(PICTURE)) == numjpeg.encode(PICTURE)


@pytest.mark.parametrize(
    "flag", ["optimize", "progressive", "lossless", "arithmetic", "keep_rgb", "fancy_upsampling"]
)
def test_a_flag_is_true_or_false(flag: str) -> None:
    for wrong in ("no", "False", 2, 0.0, None, [True], np.ones(2), np.int64(2), np.float64(1)):
        with pytest.raises(TypeError, match=f"^{flag}: True or False"):
            numjpeg.encode(PICTURE, **{flag: wrong})
    for true in (1, np.bool_(True), np.int64(1), np.uint8(1)):
        assert numjpeg.encode(PICTURE, **{flag: true}) == numjpeg.encode(PICTURE, **{flag: True})


@pytest.mark.parametrize("name", ["tune", "point_transform", "colorspace", "target_psnr", "progress"])
def test_an_array_in_place_of_a_word_or_number_is_named(name: str) -> None:
    options = {"tune": "psnr", "quality": 50} if name == "progress" else {}
    with pytest.raises((ValueError, TypeError), match=f"^{name}: "):
        numjpeg.encode(PICTURE, **options | {name: np.zeros(3)})
    if name == "colorspace":
        with pytest.raises(ValueError, match=r"^colorspace: "):
            numjpeg.decode(numjpeg.encode(PICTURE), colorspace=np.zeros(3))
        with pytest.raises(TypeError, match=r"^strict: "):
            numjpeg.read_header(numjpeg.encode(PICTURE), strict=np.zeros(3))


@pytest.mark.parametrize("name", ["exif", "icc_profile"])
@pytest.mark.parametrize("wrong", ["sRGB.icc", np.float64(5), np.arange(5), np.bool_(True), 5])
def test_metadata_are_bytes(name: str, wrong: object) -> None:
    """A text would be the name of a file, and the bytes of a number mean nothing."""
    with pytest.raises(TypeError, match=f"^{name}: bytes expected"):
        numjpeg.encode(PICTURE, **{name: wrong})
    octets = np.frombuffer(b"II*\0profile", np.uint8)
    assert numjpeg.encode(PICTURE, **{name: octets}) == numjpeg.encode(PICTURE, **{name: octets.tobytes()})


# --- names and numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("integer", [np.int64, np.uint8, np.int16])
def test_numpy_integers_are_integers(integer: type) -> None:
    given = {"quality": integer(80), "subsampling": integer(1), "restart_marker_blocks": integer(3)}
    assert numjpeg.encode(PICTURE, **given) == numjpeg.encode(PICTURE, 80, subsampling=1, restart_marker_blocks=3)
    rows = {"restart_marker_rows": integer(1), "dpi": (integer(72), integer(72))}
    assert numjpeg.encode(PICTURE, **rows) == numjpeg.encode(PICTURE, restart_marker_rows=1, dpi=(72, 72))
    pairs = np.array([(2, 1), (1, 1), (1, 1)], integer)
    assert numjpeg.encode(PICTURE, subsampling=pairs) == numjpeg.encode(PICTURE, subsampling="4:2:2")
    tables = {"qtables": [np.full(64, 9, integer)], "optimize": True}
    assert numjpeg.encode(PICTURE, **tables) == numjpeg.encode(PICTURE, qtables=[[9] * 64], optimize=True)
    script = [((0, 1, 2), 0, 0, 0, 0), *((c, 1, 63, 0, 0) for c in range(3))]
    given = [(tuple(map(integer, (0, 1, 2))), *map(integer, (0, 0, 0, 0)))]
    given += [tuple(map(integer, scan)) for scan in script[1:]]
    assert numjpeg.encode(PICTURE, scans=given) == numjpeg.encode(PICTURE, scans=script)


def test_a_numpy_integer_of_bytes_is_a_target() -> None:
    small = PICTURE[:16, :16]
    assert numjpeg.encode(small, tune="psnr", target_bytes=np.int64(700)) == numjpeg.encode(
        small, tune="psnr", target_bytes=700
    )


def test_numpy_integers_in_coefficients() -> None:
    coefficients = numjpeg.read_coefficients(numjpeg.encode(PICTURE, restart_marker_blocks=2))
    components = tuple(
        numjpeg.Component(*(np.int64(getattr(c, name)) for name in ("identifier", "H", "V", "Tq", "Td", "Ta")))
        for c in coefficients.components
    )
    given = replace(
        coefficients,
        height=np.int32(coefficients.height),
        width=np.int64(coefficients.width),
        restart_interval=np.uint8(coefficients.restart_interval),
        components=components,
        quantization_tables={n: t.astype(np.int64) for n, t in coefficients.quantization_tables.items()},
    )
    for options in ({}, {"optimize": True}, {"progressive": True}):
        expected = numjpeg.write_coefficients(coefficients, **options)
        assert numjpeg.write_coefficients(given, **options) == expected


@pytest.mark.parametrize(
    ("spelling", "name"), [("rgb", "RGB"), ("Bgr", "BGR"), ("YCBCR", "YCbCr"), ("ycbcr", "YCbCr")]
)
def test_colour_spaces_in_any_case(spelling: str, name: str) -> None:
    assert numjpeg.encode(PICTURE, colorspace=spelling) == numjpeg.encode(PICTURE, colorspace=name)


def test_l_is_gray() -> None:
    gray = PICTURE[..., 0]
    for name in ("L", "l", "gray", "Gray"):
        assert numjpeg.encode(gray, colorspace=name) == numjpeg.encode(gray)


@pytest.mark.parametrize("name", ["4:4:4", "4:2:2", "4:4:0", "4:2:0", "4:1:1", "4:1:0"])
def test_subsampling_without_colons(name: str) -> None:
    digits = name.replace(":", "")
    assert numjpeg.encode(PICTURE, subsampling=digits) == numjpeg.encode(PICTURE, subsampling=name)


@pytest.mark.parametrize("wrong", ["421", "4200", "42", 420, 3, -1, 1.0, True, np.bool_(True), "", object()])
def test_subsampling_that_is_none(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"^subsampling: "):
        numjpeg.encode(PICTURE, subsampling=wrong)


def test_exif_without_its_name_gets_it() -> None:
    tiff = b"II*\0\x08\0\0\0\0\0\0\0\0\0"
    data = numjpeg.encode(PICTURE, exif=tiff)
    assert data == numjpeg.encode(PICTURE, exif=b"Exif\0\0" + tiff)
    assert numjpeg.read_header(data).exif == b"Exif\0\0" + tiff
    assert Image.open(pillow.io.BytesIO(data)).info["exif"] == b"Exif\0\0" + tiff
    for wrong in (b"Exif\0" + tiff, b"EXIF\0\0" + tiff, b"\xff\xe1\0\x16Exif\0\0" + tiff, b"text"):
        with pytest.raises(ValueError, match=r"^exif: "):
            numjpeg.encode(PICTURE, exif=wrong)


def test_xmp_with_its_name_does_not_get_it_twice() -> None:
    packet = b"<x:xmpmeta/>"
    data = numjpeg.encode(PICTURE, xmp=b"http://ns.adobe.com/xap/1.0/\0" + packet)
    assert data == numjpeg.encode(PICTURE, xmp=packet)
    assert Image.open(pillow.io.BytesIO(data)).info["xmp"] == packet


# --- wrong arguments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "options", "error", "named"),
    [
        ([np.zeros((4, 4, 4), np.uint8)], {}, ValueError, "image.*RGBA"),
        ([np.zeros((4, 4, 2), np.uint8)], {}, ValueError, "image"),
        ([np.zeros((4,), np.uint8)], {}, ValueError, "image"),
        ([np.zeros((2, 4, 4, 3), np.uint8)], {}, ValueError, "image"),
        ([np.zeros((0, 4, 3), np.uint8)], {}, ValueError, "image"),
        ([np.zeros((65501, 1), np.uint8)], {}, ValueError, "image"),
        ([np.zeros((4, 4, 3))], {}, TypeError, "image"),
        ([np.zeros((4, 4, 3), np.uint16)], {}, TypeError, "image"),
        ([None], {}, TypeError, "image"),
        ([], {"quality": 0}, ValueError, "quality"),
        ([], {"quality": 101}, ValueError, "quality"),
        ([], {"quality": 75.0}, TypeError, "quality"),
        ([], {"quality": True}, TypeError, "quality"),
        ([], {"quality": "high"}, TypeError, "quality"),
        ([], {"subsampling": "4:2:1"}, ValueError, "subsampling"),
        ([], {"subsampling": 3}, ValueError, "subsampling"),
        ([], {"subsampling": True}, ValueError, "subsampling"),
        ([], {"subsampling": "5x1"}, ValueError, "subsampling"),
        ([], {"subsampling": "3x1,2x1,1x1"}, ValueError, "subsampling.*fractional"),
        ([], {"subsampling": "4x4"}, ValueError, "subsampling.*MCU"),
        ([], {"subsampling": [(1, 1)] * 4}, ValueError, "subsampling"),
        ([], {"subsampling": [(0, 1)]}, ValueError, "subsampling"),
        ([], {"colorspace": "HSV"}, ValueError, "colorspace"),
        ([], {"colorspace": "CMYK"}, ValueError, "colorspace"),
        ([], {"colorspace": "GRAY"}, ValueError, "colorspace"),
        ([], {"keep_rgb": True, "subsampling": "4:2:0"}, ValueError, "subsampling"),
        ([], {"keep_rgb": True, "dpi": (72, 72)}, ValueError, "dpi"),
        ([np.zeros((4, 4), np.uint8)], {"keep_rgb": True}, ValueError, "keep_rgb"),
        ([], {"qtables": []}, ValueError, "qtables"),
        ([], {"qtables": [[1] * 64] * 5}, ValueError, "qtables"),
        ([], {"qtables": [[1] * 63]}, ValueError, "qtables"),
        ([], {"qtables": 5}, TypeError, "^qtables"),
        ([], {"qtables": "web_high"}, TypeError, "^qtables"),
        ([], {"colorspace": ["RGB"]}, ValueError, "^colorspace"),
        ([], {"qtables": [[0] * 64]}, ValueError, "qtables"),
        ([], {"qtables": [[65536] * 64]}, ValueError, "qtables"),
        ([], {"qtables": [[1.5] * 64]}, ValueError, "qtables"),
        ([], {"restart_marker_blocks": -1}, ValueError, "restart_marker_blocks"),
        ([], {"restart_marker_blocks": 65536}, ValueError, "restart_marker_blocks"),
        ([], {"restart_marker_rows": -1}, ValueError, "restart_marker_rows"),
        ([], {"dpi": (65536, 1)}, ValueError, "dpi"),
        ([], {"dpi": 72}, TypeError, "dpi"),
        ([], {"dpi": (72, float("nan"))}, TypeError, "dpi"),
        ([], {"subsampling": [1, 2]}, TypeError, "subsampling"),
        ([], {"subsampling": [(1.5, 1)]}, TypeError, "subsampling"),
        ([], {"restart_marker_blocks": None}, TypeError, "restart_marker_blocks"),
        ([], {"restart_marker_rows": 1.0}, TypeError, "restart_marker_rows"),
        ([], {"exif": b"x" * 65534}, ValueError, "exif"),
        ([], {"xmp": b"x" * 65534}, ValueError, "xmp"),
        ([], {"comment": b"x" * 65534}, ValueError, "comment"),
        ([], {"comment": 5}, TypeError, "comment"),
        ([], {"comment": "\ud800"}, ValueError, "^comment: 'utf-8' codec can't encode"),
        ([], {"icc_profile": b"ICC_PROFILE\0\1\1profile"}, ValueError, "^icc_profile: it begins with"),
        ([], {"icc_profile": b"x" * (255 * 65519 + 1)}, ValueError, "icc_profile"),
        ([], {"dct_method": "fast"}, ValueError, "dct_method"),
        ([], {"lossless": True, "target_bytes": 500}, ValueError, "^target_bytes: not together with lossless"),
    ],
    ids=lambda value: repr(value)[:80],
)
def test_wrong_arguments_are_named(arguments: list, options: dict, error: type[Exception], named: str) -> None:
    with pytest.raises(error, match=named):
        numjpeg.encode(*(arguments or [np.zeros((4, 4, 3), np.uint8)]), **options)


# --- coefficients ----------------------------------------------------------------------------------------


def changed(**parts: object) -> numjpeg.Coefficients:
    return replace(numjpeg.read_coefficients(numjpeg.encode(PICTURE)), **parts)


def test_fractions_in_quantization_tables_are_refused() -> None:
    tables = {n: t + 0.5 for n, t in changed().quantization_tables.items()}
    with pytest.raises(ValueError, match=r"^quantization_tables: "):
        numjpeg.write_coefficients(changed(quantization_tables=tables))
    with pytest.raises(ValueError, match=r"^qtables: "):
        numjpeg.encode(PICTURE, qtables=[np.full((8, 8), 1.5)])
