"""Signs of damage in what has been read."""

from __future__ import annotations

import numpy as np

import numjpeg


def test_a_dc_coefficient_out_of_range_is_a_sign() -> None:
    """It puts its whole interval in doubt, and is where the picture is probably wrong from."""
    image = np.full((64, 64), 128, np.uint8)
    image[32:] = 250
    coefficients = numjpeg.read_coefficients(numjpeg.encode(image, 90))
    for restart_rows in (0, 8):
        coefficients.restart_interval = restart_rows
        coefficients.planes[0][...] = 0
        coefficients.planes[0][4:, :, 0, 0] = 2000 // int(coefficients.quantization_table(0)[0, 0])
        _, report = numjpeg.decode_damaged(numjpeg.write_coefficients(coefficients))
        (first, *_) = report.faults
        assert first.kind == "remark"
        assert first.probably_from == 32
        assert first.mcus == ((32, 40) if restart_rows else (0, 64))
        assert "probably from MCU 32" in str(report)
        assert report.mask.sum() == (32 if restart_rows else 0)
        assert numjpeg.decode(numjpeg.write_coefficients(coefficients)).shape == (64, 64)
