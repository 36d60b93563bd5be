"""Error levels and ghosts, held to what Pillow does to a picture, and to pasted parts of a known past."""

from __future__ import annotations

import io

import numpy as np
import pillow
import pytest
import samples
from PIL import Image

from numjpeg.forensics import as_picture, encoder_family, error_levels, jpeg_ghosts


def gray() -> np.ndarray:
    return np.ascontiguousarray(samples.photograph()[:256, :256, 1])


@pytest.mark.parametrize("channels", [1, 3])
def test_error_levels_are_the_difference_to_pillows_file(channels: int) -> None:
    image = samples.smooth(40, 56, channels)
    again = pillow.load(pillow.save(image, quality=90)).astype(int)
    found = error_levels(image, 90)
    np.testing.assert_array_equal(found, np.abs(again - image))
    assert found.dtype == np.uint8


@pytest.mark.parametrize("colorspace", ["BGR", "YCbCr", "ycbcr"])
def test_error_levels_are_those_of_the_channels_as_given(colorspace: str) -> None:
    image = samples.smooth(40, 56, 3)
    if colorspace == "BGR":
        again = pillow.load(pillow.save(image[..., ::-1], quality=60))[..., ::-1]
    else:
        with Image.open(io.BytesIO(pillow.save(image, "YCbCr", quality=60))) as file:
            file.draft("YCbCr", None)
            again = np.asarray(file)
    found = error_levels(image, 60, colorspace=colorspace)
    np.testing.assert_array_equal(found, np.abs(again.astype(int) - image))


def test_error_levels_show_what_was_never_compressed() -> None:
    image = gray()
    pasted = pillow.load(pillow.save(image, quality=90)).copy()
    pasted[64:128, 64:128] = image[64:128, 64:128]
    found = error_levels(pasted, 90).astype(float)
    inside = np.zeros(found.shape, bool)
    inside[64:128, 64:128] = True
    assert found[inside].mean() > 3 * found[~inside].mean()


def test_a_ghost_is_darkest_at_the_quality_of_its_past() -> None:
    image = gray()
    past = pillow.load(pillow.save(image, quality=60))
    image[:, 128:] = past[:, 128:]
    stored = pillow.load(pillow.save(image, quality=90))
    qualities = [40, 50, 60, 70, 80]  # below the last one
    ghosts = jpeg_ghosts(stored, qualities)
    assert ghosts.shape == (5, 256, 256)
    assert (ghosts.min(), ghosts.max()) == (0, 1)
    least = ghosts.argmin(0)
    assert (least[:, 144:] == 2).mean() > 0.85
    assert (least[:, :112] == 4).mean() > 0.85  # no ghost: the finer, the nearer


def test_the_average_is_that_of_a_square() -> None:
    image = samples.noise(24, 32, 1)
    errors = [error_levels(image, quality).astype(float) ** 2 for quality in (50, 90)]
    windows = [np.lib.stride_tricks.sliding_window_view(error, (4, 4)).mean((-2, -1)) for error in errors]
    expected = (windows[0] > windows[1]).astype(float)
    np.testing.assert_allclose(jpeg_ghosts(image, (50, 90), 4)[0, 2:-1, 2:-1], expected, atol=1e-6)


def test_a_flat_picture_has_neither() -> None:
    flat = np.full((16, 24), 128, np.uint8)
    assert not error_levels(flat, 20).any()
    assert not jpeg_ghosts(flat, (20, 90)).any()


def test_maps_as_pictures() -> None:
    assert as_picture(np.array([[0, 2], [5, 10]])).tolist() == [[0, 51], [128, 255]]
    assert as_picture(np.array([0.0, 5, 50]), high=10).tolist() == [0, 128, 255]
    assert as_picture(np.zeros((2, 2))).tolist() == [[0, 0], [0, 0]]


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"^qualities: "):
        jpeg_ghosts(gray(), [50])
    with pytest.raises(ValueError, match=r"^window: "):
        jpeg_ghosts(gray(), [50, 60], 0)


@pytest.mark.parametrize("qualities", [5, None, [50]])
def test_qualities_are_named_where_they_are_wrong(qualities) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^qualities: "):
        jpeg_ghosts(np.zeros((16, 16), np.uint8), qualities)


@pytest.mark.parametrize("tables", [None, 5, np.array(5), []])
def test_tables_are_named_where_they_are_wrong(tables) -> None:
    with pytest.raises(ValueError, match=r"^tables: "):
        encoder_family(tables)
