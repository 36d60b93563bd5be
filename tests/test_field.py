"""Files as they are met in use, which break a rule and are decoded all the same.

Needs a folder beside the project that is not part of it; skipped, saying so, where that is missing. The kinds of
files have tests of their own, on files made there.
"""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import numjpeg

MAY_BE_REFUSED = {
    "rst_numbers_begin_at_1.jpg",
    "soi_twice.jpg",
    "orient6_bad_dqt.jpg",
    "no_eoi_then_mp4.jpg",
}
"""Files that strict reading may refuse: some pixels are in doubt, or libjpeg refuses them, too."""


def test_every_file_of_the_field(field: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (field / "EXPECTED.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    refused = 0
    for row in rows:
        name, data = row["file"], (field / row["file"]).read_bytes()
        if name.endswith(".jls"):
            for strict in (True, False):
                with pytest.raises(numjpeg.UnsupportedError, match="JPEG-LS"):
                    numjpeg.decode(data, strict=strict)
            continue
        if name.startswith("icc_"):
            assert numjpeg.read_header(data).icc_profile == Image.open(field / name).info["icc_profile"], name
            continue
        expected = np.asarray(Image.open(field / f"{name}.expected.tif"))
        assert hashlib.sha256(expected.tobytes()).hexdigest() == row["expected_sha256"]
        assert np.array_equal(numjpeg.decode(data, strict=False), expected), name
        coefficients = numjpeg.read_coefficients(data, strict=False)
        assert (coefficients.height, coefficients.width) == expected.shape[:2], name
        if expected.shape[-1] == 3:
            assert np.array_equal(coefficients.to_pixels(), expected), name
        try:
            image = numjpeg.decode(data)
        except numjpeg.FormatError:
            refused += 1
            assert name in MAY_BE_REFUSED, name
            assert numjpeg.decode_damaged(data)[1].faults, name
        else:
            assert np.array_equal(image, expected), name
    with capsys.disabled():
        print(f"\n{len(rows)} odd files, {refused} of them refused by strict reading")
    assert len(rows) >= 17


def test_a_turned_picture_that_is_damaged(field: Path) -> None:
    path = field / "orient6_bad_dqt.jpg"
    turned = np.rot90(np.asarray(Image.open(f"{path}.expected.tif")), -1)
    assert np.array_equal(numjpeg.imread(path, strict=False, exif_orientation=True), turned)
