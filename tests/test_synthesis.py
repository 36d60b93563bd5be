"""The chooser between fused and literal synthesis: both give what the stages give."""

from __future__ import annotations

import numpy as np
import pytest
import samples

import numjpeg
from numjpeg import scans, synthesis
from numjpeg.pipeline import coefficients_to_pixels
from numjpeg.stages.blocks import join_blocks
from numjpeg.stages.dct import idct
from numjpeg.stages.level_shift import inverse_level_shift
from numjpeg.stages.quantization import dequantize
from numjpeg.stages.zigzag import inverse_zigzag
from numjpeg.workspace import Workspace


@pytest.fixture(params=["fast", "literal"])
def _fast_and_literal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "_fast_forms_enabled", request.param == "fast")


@pytest.mark.parametrize("method", ["islow", "float"])
@pytest.mark.usefixtures("_fast_and_literal")
def test_synthesis_equals_the_stages(method: str) -> None:
    coefficients = numjpeg.Coefficients.from_pixels(samples.noise(50, 70), 60)
    table = coefficients.quantization_table(0)
    sequences = np.ascontiguousarray(coefficients.planes[0].reshape(*coefficients.planes[0].shape[:2], 64))
    out = np.empty((8 * sequences.shape[0], 8 * sequences.shape[1]), np.uint8)
    synthesis.synthesise(sequences.copy(), table, out, Workspace(), method)
    blocks = dequantize(inverse_zigzag(sequences), table)
    assert np.array_equal(out, join_blocks(inverse_level_shift(idct(blocks, method))))


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0", None])
@pytest.mark.parametrize("blocks", [1, 1 << 13])
@pytest.mark.usefixtures("_fast_and_literal")
def test_the_picture_of_coefficients_is_the_pipeline_s(
    subsampling: str | None, blocks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthesis, "BAND_BLOCKS", blocks)
    image = samples.smooth(67, 83, 3 if subsampling else 1)
    coefficients = numjpeg.read_coefficients(numjpeg.encode(image, subsampling=subsampling))
    picture = synthesis.picture_of(coefficients)
    assert picture.shape == (67, 83, len(coefficients.components))
    assert np.array_equal(picture.squeeze(), coefficients_to_pixels(coefficients))


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.usefixtures("_fast_and_literal")
def test_assembly_in_pieces_equals_assembly_in_one(subsampling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = numjpeg.encode(samples.photograph()[:150, :130], subsampling=subsampling)
    whole = numjpeg.decode(data)
    monkeypatch.setattr(synthesis, "ASSEMBLY_PIXELS", 1)
    assert np.array_equal(numjpeg.decode(data), whole)
