"""Histograms counted one by one; first quantization steps of files that Pillow compressed twice."""

from __future__ import annotations

import numpy as np
import pillow
import pytest
import samples

from numjpeg import read_coefficients
from numjpeg.forensics import double_quantization_map, first_quantization, frequency_histograms


def test_histograms_count_every_coefficient() -> None:
    coefficients = read_coefficients(pillow.save(samples.photograph()[:64, :96], quality=90))
    plane = coefficients.planes[0].reshape(-1, 8, 8)
    whole = frequency_histograms(coefficients)
    limit = whole.shape[-1] // 2
    assert limit == np.abs(plane).max()
    for v, u in ((0, 0), (0, 1), (3, 2), (7, 7)):
        expected = [(plane[:, v, u] == value).sum() for value in range(-limit, limit + 1)]
        assert whole[v, u].tolist() == expected
    np.testing.assert_array_equal(frequency_histograms(coefficients, limit=3), whole[..., limit - 3 : limit + 4])
    with pytest.raises(ValueError, match=r"^limit: "):
        frequency_histograms(coefficients, limit=-1)


def twice(first: int, last: int) -> tuple[bytes, bytes]:
    once = pillow.save(samples.photograph(), quality=first)
    return once, pillow.save(pillow.load(once), quality=last)


@pytest.mark.parametrize(("first", "last"), [(60, 85), (50, 90), (75, 95)])
def test_coarser_first_steps_are_found_exactly(first: int, last: int) -> None:
    once, again = twice(first, last)
    found = first_quantization(read_coefficients(again))
    looked_at = found.steps > 0
    assert found.found
    assert looked_at.sum() == found.tested == 10
    np.testing.assert_array_equal(found.steps[looked_at], read_coefficients(once).quantization_table(0)[looked_at])


@pytest.mark.parametrize("quality", [50, 75, 90, 95, 100])
@pytest.mark.usual(every=2)
def test_a_single_compression_shows_no_other(quality: int) -> None:
    found = first_quantization(read_coefficients(pillow.save(samples.photograph(), quality=quality)))
    assert not found.found
    assert np.count_nonzero(found.steps) <= 1


def test_the_same_quality_twice_leaves_no_sign() -> None:
    assert not first_quantization(read_coefficients(twice(80, 80)[1])).found


def test_a_plane_that_is_too_small_or_is_not_there() -> None:
    coefficients = read_coefficients(pillow.save(samples.flat(8, 64, 1)))
    with pytest.raises(ValueError, match=r"^component: "):
        first_quantization(coefficients)
    for component in (1, -1):
        with pytest.raises(ValueError, match=r"^component: .* outside 0\.\.0"):
            frequency_histograms(coefficients, component)
        with pytest.raises(ValueError, match=r"^component: .* outside 0\.\.0"):
            first_quantization(coefficients, component)


def test_steps_that_are_no_table() -> None:
    with pytest.raises(ValueError, match=r"^steps: \(8, 8\) expected"):
        double_quantization_map(read_coefficients(pillow.save(samples.flat(32, 64, 1))), np.ones(64, int))


def test_a_pasted_part_lacks_the_past() -> None:
    image = samples.photograph()[..., 1].copy()
    past = pillow.load(pillow.save(image, quality=55)).copy()
    past[:, 320:] = image[:, 320:]
    coefficients = read_coefficients(pillow.save(past, quality=90))
    first = first_quantization(coefficients)
    assert first.found
    ratio = double_quantization_map(coefficients, first.steps)
    assert ratio.shape == (64, 64)
    assert (ratio[:, :40] > 0).mean() > 0.9
    assert (ratio[:, 40:] < 0).mean() > 0.7
    assert ratio[:, :40].mean() > 5 > -10 > ratio[:, 40:].mean()
    assert not double_quantization_map(coefficients, np.zeros((8, 8), int)).any()


def test_frequencies_with_a_step_of_0_are_left_out() -> None:
    """Decoders take a table of a broken file as it is, with entries of 0."""
    data = bytearray(pillow.save(pillow.load(pillow.save(samples.photograph(), quality=50)), quality=90))
    whole = first_quantization(read_coefficients(bytes(data))).steps
    data[data.index(b"\xff\xdb") + 5 + 2] = 0  # the third of the zig-zag sequence: v 1, u 0
    steps = first_quantization(read_coefficients(bytes(data))).steps
    assert whole[1, 0] > 0
    assert steps[1, 0] == 0
    ratios = double_quantization_map(read_coefficients(bytes(data)), whole)
    assert np.isfinite(ratios).all()
    assert ratios.any()
