"""The demonstration's report."""

from __future__ import annotations

import numpy as np
from command_line import (
    photo,
    pillow_jpeg,
    pixels,
)

from numjpeg.tools import demo


def test_the_report_of_a_subsampling_that_pillow_lacks():
    text = demo.report(photo(), 75, "4:4:0")
    assert "not compared: Pillow does not write 4:4:0" in text
    assert "decoded pixels   equal" in text


def test_the_stages_of_the_demo_are_the_codec():
    for image, options in ((photo(), {}), (photo(77, 61), {"subsampling": "4:2:2"}), (photo(24, 32, 1), {})):
        file = pillow_jpeg(image, **options)
        _, decoded = demo.time_decoding(file)
        np.testing.assert_array_equal(decoded, pixels(file))
    # A gray picture of whole blocks has nothing but its blocks' bits in the scan.
    _, count = demo.time_encoding(image, file)
    start = file.index(b"\xff\xda") + 10
    assert -(-count // 8) == len(file[start:-2].replace(b"\xff\0", b"\xff"))
