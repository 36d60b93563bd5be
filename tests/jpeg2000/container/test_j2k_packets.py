"""Packet headers: bits, counts of passes (Table B.4), segments; what the literal numbers of the standard are."""

from __future__ import annotations

import pytest

from numjpeg.jpeg2000.block_coding import contexts
from numjpeg.jpeg2000.container import packets

CODES = {1: "0", 2: "10", 3: "1100", 5: "1110", 6: "111100000", 36: "111111110", 37: "1111111110000000"}
CODES[164] = "1111111111111111"


@pytest.mark.parametrize("count", CODES)
def test_counts_of_passes(count: int) -> None:
    writer = packets.HeaderWriter()
    packets.write_pass_count(writer, count)
    bits, data = CODES[count], writer.finish()
    # A zero is stuffed after each byte of ones.
    found = "".join(f"{byte:08b}"[1 if i and data[i - 1] == 0xFF else 0 :] for i, byte in enumerate(data))
    assert found.startswith(bits)
    assert packets.read_pass_count(packets.HeaderBits(data, 0)) == count


def test_a_bit_is_stuffed_after_ff() -> None:
    writer = packets.HeaderWriter()
    writer.bits(0xFFFF, 16)
    assert writer.finish() == b"\xff\x7f\x80"
    writer = packets.HeaderWriter()
    writer.bits(0xFF, 8)
    assert writer.finish() == b"\xff\x00"
    reader = packets.HeaderBits(b"\xff\x7f\x80", 0)
    assert reader.bits(16) == 0xFFFF
    reader = packets.HeaderBits(b"\xff\x00", 0)
    assert (reader.bits(8), reader.align()) == (255, 2)
    with pytest.raises(IndexError):
        reader.bit()


@pytest.mark.parametrize(
    ("done", "new", "style", "expected"),
    [
        (0, 7, 0, [7]),
        (3, 4, contexts.TERMINATE_ALL, [1, 1, 1, 1]),
        (0, 16, contexts.BYPASS, [10, 2, 1, 2, 1]),
        (11, 3, contexts.BYPASS, [1, 1, 1]),
        (0, 3, contexts.HIGH_THROUGHPUT, [1, 2]),
    ],
)
def test_pieces(done: int, new: int, style: int, expected: list[int]) -> None:
    assert packets.pieces(done, new, style) == expected
