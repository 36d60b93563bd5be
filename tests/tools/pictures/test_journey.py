"""A picture on its way through the stages."""

from __future__ import annotations

import numpy as np
import pytest
from drawing import noise

import numjpeg
from numjpeg.stages.quantization import quantize
from numjpeg.tools import pictures


@pytest.mark.parametrize("shape", [(48, 64, 3), (13, 21, 3), (50, 31)])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0", "4:4:0", "4:1:1"])
def test_the_journey_is_the_encoder_s(shape: tuple[int, ...], subsampling: str) -> None:
    """What is shown before quantization leads to the very coefficients that the file holds."""
    journey = pictures.travel(noise(*shape), 60, subsampling)
    coefficients = journey.coefficients
    for i, (transformed, plane) in enumerate(zip(journey.transformed, coefficients.planes, strict=True)):
        quantized = quantize(transformed, coefficients.quantization_table(i))
        np.testing.assert_array_equal(quantized, plane)
    np.testing.assert_array_equal(journey.decoded, numjpeg.decode(journey.data))


@pytest.mark.parametrize(
    ("shape", "subsampling"), [((48, 64, 3), "4:2:0"), ((40, 24, 3), "4:4:4"), ((24, 40), None)]
)
def test_bits_per_block_add_up_to_the_scan(shape: tuple[int, ...], subsampling: str | None) -> None:
    """Whole MCUs, so that no bits go to blocks that only fill up."""
    data = numjpeg.encode(noise(*shape), 80, subsampling=subsampling)
    scan = data[data.index(b"\xff\xda") :]
    scan = scan[2 + int.from_bytes(scan[2:4], "big") : -2].replace(b"\xff\x00", b"\xff")
    bits = pictures.bits_per_block(numjpeg.read_coefficients(data))
    assert -(-sum(int(grid.sum()) for grid in bits) // 8) == len(scan)
    assert min(int(grid.min()) for grid in bits) >= 4
