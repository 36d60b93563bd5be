"""Packet headers: bits, counts of passes (Table B.4), segments; what the literal numbers of the standard are."""

from __future__ import annotations

import numpy as np
import pytest
from j2k_openjpeg_files import FILES
from j2k_samples import openjpeg_decode, photo, pillow_decode, pillow_files
from j2k_writing import packed

from numjpeg import jpeg2000
from numjpeg.errors import FormatError
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


@pytest.mark.parametrize("kind", ["PPM", "PPT"])
@pytest.mark.usual("tile_parts-PPM", "tile_parts-PPT", "progression_changes-PPM", "offsets-PPT")
@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("sub_sampled")])
def test_packed_headers(name: str, kind: str) -> None:
    data = packed(FILES[name], kind)
    found = jpeg2000.decode(data)
    np.testing.assert_array_equal(found, jpeg2000.decode(FILES[name]))
    np.testing.assert_array_equal(found, openjpeg_decode(data))


@pytest.mark.parametrize("kind", ["PPM", "PPT"])
def test_packed_headers_of_precincts_and_layers(kind: str) -> None:
    """In tiles and precincts, of two layers."""
    options = {"tile_size": (40, 32), "quality_layers": [20, 5], "quality_mode": "rates", "progression": "RPCL"}
    options |= {"codeblock_size": (8, 8), "precinct_size": (32, 32), "no_jp2": True, "mct": 1}
    (plain,) = pillow_files([(photo(50, 70), options)])
    data = packed(plain, kind)
    assert data.count(b"\xff\x60" if kind == "PPM" else b"\xff\x61") >= 2
    np.testing.assert_array_equal(jpeg2000.decode(data), pillow_decode(data))


@pytest.mark.parametrize("kind", ["PPM", "PPT"])
def test_packed_headers_that_end_too_early(kind: str) -> None:
    shorter = packed(FILES["tile_parts"], kind, missing=3)
    with pytest.raises(FormatError) as caught:
        jpeg2000.decode(shorter)
    assert caught.value.clause is not None
    picture, report = jpeg2000.decode_damaged(shorter)
    assert picture.shape == jpeg2000.decode(FILES["tile_parts"]).shape
    assert not report.complete
