"""The bits of blocks and coefficients, held to the files that Pillow writes and to codes counted by hand."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pillow
import pytest
import samples

from numjpeg import Coefficients, Component, read_coefficients
from numjpeg.forensics import bits_per_block, bits_per_coefficient
from numjpeg.stages.huffman import STANDARD_TABLES


def test_the_module_needs_no_pillow() -> None:
    program = """
import sys
sys.modules["PIL"] = None
import numpy as np, numjpeg
data = numjpeg.encode(np.zeros((16, 24), np.uint8), 90)
coefficients = numjpeg.read_coefficients(data)
from numjpeg import forensics
assert forensics.estimate_quality(coefficients.quantization_table(0)).quality == 90
(bits,) = forensics.bits_per_block(coefficients)
print(bits.tolist())
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    # The first block codes DC -1024 / 3 = -341 (category 9: 7 + 9 bits), the others a difference of 0 (2 bits);
    # the end of each block takes 4 bits.
    assert done.stdout.strip() == "[[20, 6, 6], [6, 6, 6]]"


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
def test_bits_per_block_add_up_to_the_scan(subsampling: str) -> None:
    """Of a picture of whole MCUs, whose blocks are all counted; but for stuffing and padding."""
    data = pillow.save(samples.smooth(32, 48), quality=85, subsampling=subsampling)
    bits = bits_per_block(read_coefficients(data))
    start = data.index(b"\xff\xda")
    coded = data[start + 2 + int.from_bytes(data[start + 2 : start + 4], "big") : -2].replace(b"\xff\0", b"\xff")
    total = sum(int(plane.sum()) for plane in bits)
    assert -(-total // 8) == len(coded)


def coded_bytes(data: bytes) -> list[bytes]:
    """The entropy-coded data of a file's one scan, without stuffing, cut at restart markers."""
    start = data.index(b"\xff\xda")
    coded = data[start + 2 + int.from_bytes(data[start + 2 : start + 4], "big") : -2]
    for number in range(8):
        coded = coded.replace(bytes((255, 0xD0 + number)), b"\xff\xd0")
    return [piece.replace(b"\xff\0", b"\xff") for piece in coded.split(b"\xff\xd0")]


def test_a_file_with_tables_of_its_own_and_restarts() -> None:
    data = pillow.save(samples.smooth(32, 48, 1), quality=85, optimize=True, restart_marker_rows=1)
    coefficients = read_coefficients(data)
    (bits,) = bits_per_block(coefficients)
    assert [-(-int(row.sum()) // 8) for row in bits] == [len(piece) for piece in coded_bytes(data)]
    assert bits.sum() < bits_per_block(coefficients, STANDARD_TABLES)[0].sum()


def test_every_symbol_counts_where_it_ends() -> None:
    block = np.zeros((1, 2, 8, 8), np.int16)
    block[0, 0, 7, 7] = 1  # 62 zeros in front of it
    block[0, 1, 0, 1] = -3
    c = Coefficients(8, 16, (Component(1, 1, 1, 0),), [block], {0: np.ones((8, 8), np.uint16)})
    (bits,) = bits_per_coefficient(c)
    expected = np.zeros((1, 2, 8, 8), int)
    expected[0, :, 0, 0] = 2  # a difference of 0 (K.3)
    # Zig-zag places 16, 32 and 48: ZRL takes 11 bits; the last coefficient is 14/1, 16 bits and one more (K.5).
    expected[0, 0, 1, 4] = expected[0, 0, 4, 3] = expected[0, 0, 7, 2] = 11  # Figure A.6
    expected[0, 0, 7, 7] = 17
    expected[0, 1, 0, 1] = 4  # 0/2, 2 bits and two more
    expected[0, 1, 1, 0] = 4  # the end of the block
    np.testing.assert_array_equal(bits, expected)


def test_a_table_without_a_code_is_an_error() -> None:
    coefficients = read_coefficients(pillow.save(samples.flat(16, 16, 1), optimize=True))
    coefficients.planes[0][0, 0, 3, 3] = 77
    with pytest.raises(ValueError, match="code"):
        bits_per_block(coefficients)
