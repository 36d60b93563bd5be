"""The demonstration's report."""

from __future__ import annotations

import numpy as np
import pytest
from command_line import (
    photo,
    pillow_jpeg,
    pixels,
)

from numjpeg import pipeline
from numjpeg.tools import demo
from numjpeg.tools.observe import observed


def test_the_report_of_a_subsampling_that_pillow_lacks():
    text = demo.report(photo(), 75, "4:4:0")
    assert "not compared: Pillow does not write 4:4:0" in text
    assert "decoded pixels   equal" in text


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_the_stages_of_the_demo_are_the_codec(subsampling):
    for image in (photo(), photo(77, 61), photo(24, 32, 1)):
        file = pillow_jpeg(image, **({"subsampling": subsampling} if image.ndim == 3 else {}))
        seconds, bits = demo.time_encoding(image, 75, subsampling)
        assert file.endswith(bits + b"\xff\xd9")
        back, decoded = demo.time_decoding(file)
        np.testing.assert_array_equal(decoded, pixels(file))
        colour = {"colour conversion"} if image.ndim == 3 else set()
        assert seconds.keys() ^ demo.STEPS.keys() == {
            "dequantization",
            "inverse DCT",
            "upsampling",
            *({"colour conversion"} - colour),
        }
        assert back.keys() ^ demo.STEPS.keys() == {
            "subsampling",
            "DCT",
            "quantization",
            *({"colour conversion"} - colour),
        }


def test_the_pipeline_is_as_it_was_after_it_has_been_watched():
    before = dict(vars(pipeline))
    with observed() as calls:
        pipeline.pixels_to_coefficients(photo(9, 9))
    with pytest.raises(ValueError, match="rgb"), observed():
        pipeline.pixels_to_coefficients(np.zeros((2, 2, 4), np.uint8))
    assert dict(vars(pipeline)) == before
    assert [call.stage for call in calls[:4]] == [
        "quantization_tables",
        "rgb_to_ycbcr",
        "level_shift",
        "pad_edges",
    ]
    assert all(call.seconds >= 0 for call in calls)
