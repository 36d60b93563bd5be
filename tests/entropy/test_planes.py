"""Scans of large frames: memory and time are not spent on what no data stand behind. Signs of damage in planes."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest

import numjpeg
from numjpeg.container import segments


def segment(marker: int, payload: bytes) -> bytes:
    return segments.build(marker, payload)


def file_of_end_runs(height: int, width: int, dc: bytes, scans: int, refinement: bool) -> bytes:
    """One component; its DC scan, and AC scans of nothing but the longest runs of ends of blocks."""
    blocks = -(-height // 8) * -(-width // 8)
    out = b"\xff\xd8" + segment(0xDB, b"\0" + b"\1" * 64)
    out += segment(0xC2, bytes((8, *height.to_bytes(2, "big"), *width.to_bytes(2, "big"), 1, 1, 0x11, 0)))
    one_bit = bytes((1, *[0] * 15))
    out += segment(0xC4, b"\0" + one_bit + b"\0") + segment(0xC4, b"\x10" + one_bit + b"\xe0")
    if dc:
        out += segment(0xDA, bytes((1, 1, 0, 0, 0, 0))) + dc
    count = -(-blocks // 32767)
    # EOB14: a code of one bit, and 14 bits for how many blocks more than 16,384.
    text = "".join(format(blocks * (i + 1) // count - blocks * i // count - 16384, "015b") for i in range(count))
    text += "1" * (-len(text) % 8)
    data = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")
    for _ in range(scans):
        out += segment(0xDA, bytes((1, 1, 0, 1, 63, 0x10 if refinement else 0))) + data
    return out + b"\xff\xd9"


@pytest.mark.usual("True")
@pytest.mark.parametrize("refinement", [False, True])
def test_many_scans_over_a_large_frame(refinement: bool) -> None:
    """Refused, or done at once, and never with memory for what no data stand behind."""
    side = 4096  # 262,144 blocks, whose DC take 32 KiB
    dc = bytes(side * side // 64 // 8)
    for height, width, own_dc, scans in ((16384, 8192, b"", 300), (side, side, b"", 300), (side, side, dc, 900)):
        data = file_of_end_runs(height, width, own_dc, scans, refinement)
        assert len(data) < 65536
        tracemalloc.start()
        with pytest.raises(
            numjpeg.UnsupportedError, match=r"scans visit \d+ blocks, more than 4194304 \+ 128 a byte"
        ):
            numjpeg.decode(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2_000_000
    data = file_of_end_runs(side, side, dc, 25, refinement)
    start = time.process_time()
    coefficients = numjpeg.read_coefficients(data)
    assert time.process_time() - start < 5
    assert not coefficients.planes[0].any()


def test_a_header_s_word_is_not_enough() -> None:
    data = file_of_end_runs(16384, 8192, b"", 1, False)
    tracemalloc.start()
    with pytest.raises(
        numjpeg.FormatError, match=r"the scans of component 1 have \d+ bytes, at least 262144 needed"
    ):
        numjpeg.decode(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


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
