"""The text of ``numjpeg block`` of a picture, held to the files that Pillow writes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from block_text import as_scan, bits_of, photo, save, scan_data, section
from PIL import Image

from numjpeg.tools.explain import describe_block


@pytest.mark.parametrize("quality", [20, 98])
def test_the_bits_of_all_blocks_are_the_scan_of_pillow_gray(quality):
    image = photo(29, 43, 1)
    stream = "".join(
        bits_of(describe_block(image, row, column, quality=quality)) for row in range(4) for column in range(6)
    )
    assert as_scan(stream) == scan_data(save(image, quality=quality))


def test_the_bits_of_all_blocks_are_the_scan_of_pillow_444():
    image = photo(19, 26)
    stream = "".join(
        bits_of(describe_block(image, row, column, quality=85, subsampling="4:4:4", component=name))
        for row in range(3)
        for column in range(4)
        for name in ("Y", "Cb", "Cr")
    )
    assert as_scan(stream) == scan_data(save(image, quality=85, subsampling="4:4:4"))


@pytest.mark.parametrize(("subsampling", "H", "V"), [("4:2:0", 2, 2), ("4:2:2", 2, 1)])
@pytest.mark.parametrize(("height", "width"), [(16, 32), (21, 35), (9, 7)])
def test_the_bits_of_all_blocks_are_the_scan_of_pillow_subsampled(subsampling, H, V, height, width):
    image = photo(height, width)
    filling = "00" + "1010"  # a block that only fills up an MCU: DC difference 0, end of block (K.3, K.5)
    rows, columns = -(-height // 8), -(-width // 8)
    stream = ""
    for mcu_row in range(-(-height // (8 * V))):
        for mcu_column in range(-(-width // (8 * H))):
            for row in range(mcu_row * V, mcu_row * V + V):
                for column in range(mcu_column * H, mcu_column * H + H):
                    inside = row < rows and column < columns
                    text = (
                        describe_block(image, row, column, quality=60, subsampling=subsampling) if inside else ""
                    )
                    stream += bits_of(text) if inside else filling
            for name in ("Cb", "Cr"):
                text = describe_block(
                    image, mcu_row, mcu_column, quality=60, subsampling=subsampling, component=name
                )
                stream += bits_of(text)
    assert as_scan(stream) == scan_data(save(image, quality=60, subsampling=subsampling))


def test_the_reconstructed_samples_are_pillows():
    image = photo(24, 24, 1)
    decoded = np.asarray(Image.open(io.BytesIO(save(image, quality=50))))
    text = describe_block(image, 1, 2, quality=50)
    own = decoded[8:16, 16:24]
    np.testing.assert_array_equal(section(text, "Samples"), image[8:16, 16:24])
    np.testing.assert_array_equal(section(text, "Reconstructed samples"), own)
    error = own.astype(int) - image[8:16, 16:24]
    np.testing.assert_array_equal(section(text, "Error"), error)
    decibels = 10 * np.log10(255**2 / np.mean(error.astype(float) ** 2))
    assert f"PSNR of the block: {decibels:.2f} dB; largest error {abs(error).max()}" in text


def test_the_coefficients_are_the_transform_that_t81_defines():
    image = photo(16, 16, 1)
    text = describe_block(image, 1, 1, quality=75)
    u, x = np.mgrid[0:8, 0:8]
    matrix = np.cos((2 * x + 1) * u * np.pi / 16) / 2
    matrix[0] /= np.sqrt(2)
    expected = matrix @ (image[8:, 8:].astype(float) - 128) @ matrix.T
    np.testing.assert_allclose(section(text, "Forward DCT"), expected, atol=0.5)
    np.testing.assert_array_equal(section(text, "Level shift"), image[8:, 8:].astype(int) - 128)


def test_colour_shows_the_pixels_and_the_luminance_of_pillow():
    image = photo(16, 24)
    text = describe_block(image, 0, 2)
    for i, name in enumerate(("Red", "Green", "Blue")):
        np.testing.assert_array_equal(section(text, name), image[:8, 16:, i])
    luminance = np.asarray(Image.fromarray(image).convert("L"))
    np.testing.assert_array_equal(section(text, "Y: colour conversion"), luminance[:8, 16:])
    assert "A block of Cb or Cr covers 16 x 16 pixels" in text


def test_long_runs_and_full_blocks():
    cosine = np.cos((2 * np.arange(8) + 1) * 7 * np.pi / 16)
    highest = np.rint(128 + 120 * np.outer(cosine, cosine)).astype(np.uint8)
    text = describe_block(highest, 0, 0, quality=10)
    assert text.count("ZRL (16 zeros)") == 3
    assert "EOB" not in text
    flat = describe_block(np.full((8, 8), 128, np.uint8), 0, 0)
    assert bits_of(flat) == "001010"
    assert "inf dB" in flat


def test_the_first_block_is_predicted_by_zero_and_edges_are_said():
    text = describe_block(photo(5, 5, 1), 0, 0)
    assert "the prediction is 0" in text
    assert "last column and row are repeated" in text


@pytest.mark.parametrize(
    ("arguments", "options", "name"),
    [
        ((2, 0), {}, "row"),
        ((0, -1), {}, "column"),
        ((0, 0), {"quality": 0}, "quality"),
        ((0, 0), {"subsampling": "5:5:5"}, "subsampling"),
        ((0, 0), {"subsampling": [(2, 2), (2, 1), (1, 1)]}, "subsampling"),
        ((0, 0), {"component": "R"}, "component"),
    ],
)
def test_wrong_arguments_are_named(arguments, options, name):
    with pytest.raises(ValueError, match=rf"^{name}: "):
        describe_block(photo(16, 16), *arguments, **options)


def test_a_gray_picture_has_no_chroma():
    with pytest.raises(ValueError, match=r"^component: "):
        describe_block(photo(8, 8, 1), 0, 0, component="Cb")


@pytest.mark.parametrize(("channels", "subsampling"), [(1, None), (3, "4:2:0"), (3, "4:4:4")])
def test_eight_rows_are_shown_at_the_bottom_edge(channels, subsampling):
    image = photo(21, 24, channels)
    text = describe_block(image, 2, 1, subsampling=subsampling)
    shown = section(text, "Samples" if channels == 1 else "Red")
    rows = np.minimum(np.arange(16, 24), 20)  # the last row is repeated
    np.testing.assert_array_equal(shown, (image if channels == 1 else image[..., 0])[rows, 8:16])
