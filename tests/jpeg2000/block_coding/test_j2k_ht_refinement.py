"""The refining passes of T.814: files that a literal coder writes decode as in OpenJPEG and OpenJPH."""

from __future__ import annotations

import numpy as np
import pytest
from j2k_samples import openjpeg_decode, photo
from j2k_writing import refined_file, refinement
from requirements import module

from numjpeg import jpeg2000
from numjpeg.jpeg2000.block_coding import contexts, ht_decoder, ht_encoder
from numjpeg.jpeg2000.block_coding.lockstep_decoder import CodedBlock

IMAGES = {
    "photo": photo(45, 58, 1),
    "sparse": np.where(np.random.default_rng(1).random((37, 50)) < 0.05, 135, 128).astype(np.uint8),
    "noise": np.random.default_rng(0).integers(0, 256, (33, 21), dtype=np.uint8),
}


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("refining", [0, 1, 2])
@pytest.mark.parametrize("name", IMAGES)
def test_files_decode_as_in_openjpeg(name: str, refining: int, causal: bool) -> None:
    data = refined_file(IMAGES[name], refining, causal)
    found = jpeg2000.decode(data)
    np.testing.assert_array_equal(found, openjpeg_decode(data))
    if refining == 2 and name != "sparse":
        np.testing.assert_array_equal(found, IMAGES[name])


def test_each_pass_in_a_layer_of_its_own() -> None:
    """Neither OpenJPEG nor OpenJPH takes more than one layer."""
    image = IMAGES["photo"]
    data = refined_file(image, 2, layers=3)
    np.testing.assert_array_equal(jpeg2000.decode(data), image)
    for layers in (1, 2):
        found = jpeg2000.decode(data, layers=layers)
        assert not np.array_equal(found, image)
        if layers == 2:
            np.testing.assert_array_equal(found, jpeg2000.decode(refined_file(image, 1)))


@pytest.mark.parametrize("refining", [0, 2])
def test_placeholder_passes(refining: int) -> None:
    """OpenJPEG does not take them, OpenJPH does."""
    imagecodecs = module("imagecodecs", "imagecodecs", "imagecodecs brings OpenJPH")
    data = refined_file(IMAGES["photo"], refining, placeholders=2)
    np.testing.assert_array_equal(jpeg2000.decode(data), IMAGES["photo"])
    np.testing.assert_array_equal(imagecodecs.htj2k_decode(data), IMAGES["photo"])


def test_the_last_set_counts() -> None:
    """Sets of one code-block, each a bit-plane further down."""
    values = np.rint(np.random.default_rng(0).laplace(0, 9, (13, 18))).astype(np.int32)
    sets = [np.sign(values) * (np.abs(values) >> plane) for plane in (2, 1, 0)]
    first, second, third = ht_encoder.encode_blocks(sets)
    more = b"".join(refinement(sets[1], False))
    segments = [(4, first), (2, more), (1, second), (2, b"".join(refinement(values, False))), (1, third)]
    for count, plane in ((2, 2), (4, 1), (5, 0)):
        block = CodedBlock(18, 13, 0, 4, contexts.HIGH_THROUGHPUT, segments[:count])
        ((_, found),) = ht_decoder.decode_blocks([block])
        expected = values if plane == 0 else sets[3 - plane]
        near = np.where(np.abs(expected) > 1, expected, 0)
        whole = np.sign(found) * (np.abs(found) >> max(0, plane - 1) + 1)
        np.testing.assert_array_equal(np.where(np.abs(expected) > 1, whole, 0), near)
