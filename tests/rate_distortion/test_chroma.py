"""Chroma is downsampled by least squares for the decoder that enlarges it."""

from __future__ import annotations

import numpy as np
import pytest
from samples import photograph

import numjpeg
from numjpeg.rate_distortion import chroma
from numjpeg.stages import dct
from numjpeg.stages.zigzag import inverse_zigzag


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """A face and what is around it."""
    return photograph()[20:276, 100:356]


def test_chroma_is_made_for_the_decoder(photo: np.ndarray) -> None:
    """Each kind of downsampling is the better one for the decoder that it is made for."""
    saturated = np.clip((photo.astype(int) - 128) * 2 + 128, 0, 255).astype(np.uint8)
    error = {}
    for fitted in (True, False):
        data = numjpeg.encode(saturated, tune="psnr", target_bytes=15000, fancy_upsampling=fitted)
        for used in (True, False):
            error[fitted, used] = numjpeg.mse(saturated, numjpeg.decode(data, fancy_upsampling=used))
    assert error[True, True] < error[False, True]
    assert error[False, False] < error[True, False]


def enlarging(size: int) -> np.ndarray:
    """The triangle filter along a line as a matrix ``(2 size, size)``; beyond an edge stands the edge's sample."""
    matrix = np.zeros((2 * size, size))
    for i in range(size):
        for place, beside in ((2 * i, max(i - 1, 0)), (2 * i + 1, min(i + 1, size - 1))):
            matrix[place, i] += 0.75
            matrix[place, beside] += 0.25
    return matrix


@pytest.mark.parametrize("ratio", [(2, 1), (1, 2), (2, 2)])
def test_downsampling_is_least_squares_for_the_triangle_filter(ratio: tuple[int, int]) -> None:
    """As solved in one piece; the series is cut off after seven terms, of which the last is below 1/2000."""
    h, v = ratio
    plane = np.random.default_rng(3).uniform(0, 255, (20 * v, 24 * h)).astype(np.float32)
    expected = plane.astype(np.float64)
    if v == 2:
        expected = np.linalg.pinv(enlarging(20)) @ expected
    if h == 2:
        expected = expected @ np.linalg.pinv(enlarging(24)).T
    found = chroma.downsample_least_squares(plane, h, v)
    assert found.shape == (20, 24)
    np.testing.assert_allclose(found, expected, atol=0.5)


@pytest.mark.parametrize(("ratio", "fancy"), [((4, 1), True), ((2, 2), False), ((1, 1), True)])
def test_where_samples_are_repeated_means_are_the_solution(ratio: tuple[int, int], fancy: bool) -> None:
    h, v = ratio
    plane = np.random.default_rng(4).uniform(0, 255, (8 * v, 8 * h)).astype(np.float32)
    found = chroma.downsample_least_squares(plane, h, v, fancy)
    expected = [[plane[y * v : y * v + v, x * h : x * h + h].mean() for x in range(8)] for y in range(8)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_no_other_chroma_comes_nearer_with_a_given_luma() -> None:
    """In one pixel, against a grid of all Cb and Cr."""
    random = np.random.default_rng(5)
    channels = [random.uniform(0, 255, (1, 1)).astype(np.float32) for _ in range(3)]
    luma = random.uniform(0, 255, (1, 1)).astype(np.float32)
    best = chroma.best_for_luma(channels, luma)

    def error(cb: np.ndarray, cr: np.ndarray) -> np.ndarray:
        added = chroma.added_to_channels(cb, cr)
        return sum((channel - luma - more) ** 2 for channel, more in zip(channels, added, strict=True))

    cb, cr = np.meshgrid(np.arange(-250, 250, 2, np.float32), np.arange(-250, 250, 2, np.float32))
    assert error(*best).item() <= error(cb, cr).min() + 1e-2


@pytest.mark.parametrize("ratio", [(2, 1), (2, 2), (4, 1)])
def test_the_gain_of_an_error_is_that_of_its_enlargement(ratio: tuple[int, int]) -> None:
    """Each coefficient by itself, in the middle of a plane of zeros."""
    h, v = ratio
    gain = chroma.energy_gain(h, v)
    for k in (0, 1, 5, 20, 63):
        plane = np.zeros((24, 24))
        block = np.zeros(64)
        block[k] = 1.0
        plane[8:16, 8:16] = dct.idct(inverse_zigzag(block), "float")
        if v == 2:
            plane = enlarging(24) @ plane
        plane = plane @ enlarging(24).T if h == 2 else np.repeat(plane, h, axis=1)
        assert (plane**2).sum() == pytest.approx(gain[k], rel=1e-4)
