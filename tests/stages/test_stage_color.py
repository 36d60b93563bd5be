"""Colour conversion: every RGB and every YCbCr triple against scalars, and both directions against Pillow."""

import io

import numpy as np
import pytest
from PIL import Image
from reference import color as literal_color
from reference import jpeg_file

from numjpeg.stages.color import rgb_to_ycbcr, ycbcr_to_rgb

EDGES = [0, 1, 2, 63, 64, 126, 127, 128, 129, 130, 191, 192, 253, 254, 255]


def triples(seed: int = 0) -> np.ndarray:
    """A grid of telling values, and random ones."""
    grid = np.stack(np.meshgrid(EDGES, EDGES, EDGES), axis=-1).reshape(-1, 3)
    return np.concatenate([grid, np.random.default_rng(seed).integers(0, 256, (10000, 3))]).astype(np.uint8)


def test_rgb_to_ycbcr_equals_the_scalar_fixed_point() -> None:
    rgb = triples()
    result = rgb_to_ycbcr(rgb)
    assert result.dtype == np.uint8
    assert result.tolist() == [list(literal_color.rgb_to_ycbcr(*pixel)) for pixel in rgb.tolist()]


def test_ycbcr_to_rgb_equals_the_scalar_fixed_point() -> None:
    ycbcr = triples()
    result = ycbcr_to_rgb(ycbcr)
    assert result.dtype == np.uint8
    assert result.tolist() == [list(literal_color.ycbcr_to_rgb(*pixel)) for pixel in ycbcr.tolist()]


def test_rgb_to_ycbcr_for_all_sixteen_million_colours() -> None:
    green, blue = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    slices = [
        np.array([weight * value for value in range(256)])
        for weights in (literal_color.Y, literal_color.CB, literal_color.CR)
        for weight in weights
    ]
    biases = (32768, 128 * 65536 + 32767, 128 * 65536 + 32767)
    rest = [slices[3 * i + 1][green] + slices[3 * i + 2][blue] + biases[i] for i in range(3)]
    rgb = np.empty((256, 256, 3), np.uint8)
    rgb[..., 1], rgb[..., 2] = green, blue
    for red in range(256):
        rgb[..., 0] = red
        result = rgb_to_ycbcr(rgb)
        for i in range(3):
            expected = (rest[i] + slices[3 * i][red]) >> 16
            assert (result[..., i] == expected).all(), (red, i)


def test_ycbcr_to_rgb_for_all_sixteen_million_colours() -> None:
    offsets = np.array([[literal_color.rgb_offsets(cb, cr) for cr in range(256)] for cb in range(256)])
    ycbcr = np.empty((256, 256, 3), np.uint8)
    ycbcr[..., 1], ycbcr[..., 2] = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    for luma in range(256):
        ycbcr[..., 0] = luma
        assert (ycbcr_to_rgb(ycbcr) == np.clip(offsets + luma, 0, 255)).all(), luma


def test_rgb_to_ycbcr_stays_within_one_of_the_equations_of_jfif() -> None:
    """JFIF 1.02, "Conversion to and from RGB", with the real weights of BT.601."""
    rgb = triples(1)
    red, green, blue = rgb.astype(float).T
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    exact = np.stack([luma, (blue - luma) / 1.772 + 128, (red - luma) / 1.402 + 128], axis=-1)
    assert np.abs(rgb_to_ycbcr(rgb) - np.minimum(exact, 255)).max() < 0.51


def test_ycbcr_to_rgb_stays_within_one_of_the_equations_of_jfif() -> None:
    ycbcr = triples(1)
    luma, cb, cr = ycbcr.astype(float).T
    red, blue = luma + 1.402 * (cr - 128), luma + 1.772 * (cb - 128)
    green = (luma - 0.299 * red - 0.114 * blue) / 0.587
    exact = np.clip(np.stack([red, green, blue], axis=-1), 0, 255)
    assert np.abs(ycbcr_to_rgb(ycbcr) - exact).max() < 0.51


def test_gray_stays_gray() -> None:
    gray = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    ycbcr = rgb_to_ycbcr(gray)
    assert (ycbcr[:, 0] == gray[:, 0]).all()
    assert (ycbcr[:, 1:] == 128).all()
    assert (ycbcr_to_rgb(ycbcr) == gray).all()


def test_rgb_to_ycbcr_equals_pillow() -> None:
    """Blocks of one colour at quantization 1 come through unchanged; Pillow's draft mode shows them as YCbCr."""
    rgb = triples(2)[:11000].reshape(100, 110, 3)
    picture = Image.fromarray(np.repeat(np.repeat(rgb, 8, axis=0), 8, axis=1))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", qtables=[[1] * 64], subsampling="4:4:4")
    with Image.open(io.BytesIO(stream.getvalue())) as image:
        image.draft("YCbCr", image.size)
        assert image.mode == "YCbCr"
        decoded = np.asarray(image)
    assert (decoded[::8, ::8] == decoded[7::8, 7::8]).all()
    assert (rgb_to_ycbcr(rgb) == decoded[::8, ::8]).all()


@pytest.mark.usual(every=4)
@pytest.mark.parametrize("first", range(0, 256, 32))
def test_ycbcr_to_rgb_equals_pillow_for_all_pairs_of_chroma(first: int) -> None:
    """A DC coefficient times 8 is a flat block of level DC + 128."""
    luma = np.random.default_rng(first).integers(0, 256, (32, 256))
    cb, cr = np.meshgrid(np.arange(256), np.arange(first, first + 32))
    no_ac = [0] * 63
    planes = [[[[level - 128, *no_ac] for level in row] for row in plane.tolist()] for plane in (luma, cb, cr)]
    data = jpeg_file.write(2048, 256, [(1, 1)] * 3, planes, [[8] * 8] * 8)
    decoded = np.asarray(Image.open(io.BytesIO(data)))
    ycbcr = np.stack([luma, cb, cr], axis=-1).astype(np.uint8)
    assert (ycbcr_to_rgb(ycbcr) == decoded[::8, ::8]).all()


@pytest.mark.parametrize("convert", [rgb_to_ycbcr, ycbcr_to_rgb])
def test_one_pixel_no_pixel_and_a_stack(convert: object) -> None:
    pixel = np.array([10, 200, 30], np.uint8)
    assert convert(pixel).shape == (3,)
    assert convert(np.zeros((4, 0, 3), np.uint8)).shape == (4, 0, 3)
    stack = convert(np.broadcast_to(pixel, (2, 3, 4, 5, 3)))
    assert stack.shape == (2, 3, 4, 5, 3)
    assert (stack == convert(pixel)).all()


@pytest.mark.parametrize("convert", [rgb_to_ycbcr, ycbcr_to_rgb])
@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.zeros((), np.uint8),
        np.zeros((4, 3), np.int16),
        np.zeros((4, 3), np.float32),
        np.zeros((4, 3), np.bool_),
    ],
)
def test_another_dtype_or_last_axis_is_a_value_error(convert: object, pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8"):
        convert(pixels)


@pytest.mark.parametrize("convert", [rgb_to_ycbcr, ycbcr_to_rgb])
@pytest.mark.parametrize(("precision", "dtype"), [(2, np.uint8), (7, np.uint8), (12, np.uint16), (15, np.uint16)])
def test_a_sample_of_too_many_bits_is_a_value_error(convert: object, precision: int, dtype: type) -> None:
    """Its products would not fit the sums: of 12 bits these have 32."""
    most = (1 << precision) - 1
    assert convert(np.full((1, 3), most, dtype), precision).max() <= most  # type: ignore[operator]
    name = "rgb" if convert is rgb_to_ycbcr else "ycbcr"
    with pytest.raises(ValueError, match=f"^{name}: a sample of {most + 1}, {precision} bits hold {most} at most"):
        convert(np.array([[0, most + 1, 0]], dtype), precision)  # type: ignore[operator]
