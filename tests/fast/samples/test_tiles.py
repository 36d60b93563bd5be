"""Bands and tiles equal the stages on the whole picture, wherever it is cut."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import samples

from numjpeg.coefficients import Component
from numjpeg.fast.plan_store import PlanStore
from numjpeg.fast.samples import tiles
from numjpeg.pipeline import pixels_to_coefficients
from numjpeg.stages.quantization import quantization_tables

FACTORS = {"4:4:4": (1, 1), "4:2:2": (2, 1), "4:2:0": (2, 2)}


@pytest.mark.parametrize("subsampling", FACTORS)
@pytest.mark.parametrize("blocks", [1, 40, 9 << 9])
def test_analysis_in_bands_equals_the_pipeline(
    subsampling: str, blocks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles, "ANALYSIS_BLOCKS", blocks)
    image = samples.smooth(67, 83)
    first = Component(1, *FACTORS[subsampling], 0)
    components = [first, Component(2, 1, 1, 1), Component(3, 1, 1, 1)]
    luma, chroma = quantization_tables(80)
    bands = [
        [plane.copy() for plane in band]
        for band in tiles.analyse(image, components, [luma, chroma, chroma], "RGB", "YCbCr")
    ]
    assert len(bands) == 1 or blocks < 9 << 9
    expected = pixels_to_coefficients(image, 80, subsampling)
    for i, plane in enumerate(expected.planes):
        assert np.array_equal(np.concatenate([band[i] for band in bands]), plane)


def test_memory_is_kept_for_the_next_picture_and_shared_by_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of a kind one after the other, two at a time, and again; a large one leaves nothing behind."""
    store = PlanStore()
    monkeypatch.setattr(tiles, "PLANS", store)
    monkeypatch.setattr(tiles, "ANALYSIS_BLOCKS", 40)
    components = [Component(1, 2, 2, 0), Component(2, 1, 1, 1), Component(3, 1, 1, 1)]
    luma, chroma = quantization_tables(80)

    def analyse(image: np.ndarray) -> Iterator[list[np.ndarray]]:
        return tiles.analyse(image, components, [luma, chroma, chroma], "RGB", "YCbCr")

    pictures = samples.smooth(67, 83), samples.noise(67, 83)
    expected = [pixels_to_coefficients(image, 80, "4:2:0").planes for image in pictures]
    for turn in range(2):
        both = [[], []]
        for bands in zip(*map(analyse, pictures), strict=True):
            for found, band in zip(both, bands, strict=True):
                found.append([plane.copy() for plane in band])
        for found, planes in zip(both, expected, strict=True):
            for i, plane in enumerate(planes):
                assert np.array_equal(np.concatenate([band[i] for band in found]), plane), turn
        assert len(store) == 1
        assert store.nbytes > 67 * 83 * 20
    for quality in (30, 80):  # other tables in the same memory
        own = quantization_tables(quality)
        bands = tiles.analyse(pictures[0], components, [own[0], own[1], own[1]], "RGB", "YCbCr")
        found = [[plane.copy() for plane in band] for band in bands]
        for i, plane in enumerate(pixels_to_coefficients(pictures[0], quality, "4:2:0").planes):
            assert np.array_equal(np.concatenate([band[i] for band in found]), plane)
        assert len(store) == 1
    monkeypatch.setattr(tiles, "KEPT_PIXELS", 66 * 83)
    store.clear()
    list(analyse(pictures[0]))
    assert len(store) == 0
