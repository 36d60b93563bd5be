"""Segments as T.81 B.2 prints them, byte by byte, and back."""

from __future__ import annotations

import numpy as np
import pytest
from reference.entropy import ZIGZAG

from numjpeg.container import segments
from numjpeg.errors import FormatError
from numjpeg.stages.huffman import STANDARD_TABLES


@pytest.mark.parametrize("most", [255, 65535])
def test_quantization_tables_lie_along_the_zigzag(most: int) -> None:
    table = np.random.default_rng(most).integers(1, most + 1, (8, 8)).astype(np.uint16)
    table[7, 7] = most
    wide = most > 255
    data = segments.build_dqt(3, table)
    entries = b"".join(int(table.ravel()[place]).to_bytes(1 + wide, "big") for place in ZIGZAG)
    assert data == bytes((0xFF, 0xDB, 0, 3 + 64 * (1 + wide), wide << 4 | 3)) + entries
    assert np.array_equal(segments.parse_dqt(data[4:] + data[4:], 0)[3], table)


@pytest.mark.parametrize("key", STANDARD_TABLES)
def test_huffman_tables(key: tuple[int, int]) -> None:
    table = STANDARD_TABLES[key]
    data = segments.build_dht(*key, table)
    size = 19 + len(table.values)
    assert data[:5] == bytes((0xFF, 0xC4, size >> 8, size & 255, key[0] << 4 | key[1]))
    assert data[5:] == bytes(table.bits) + table.values
    (found,) = segments.parse_dht(data[4:], 0).values()
    assert segments.make_huffman_table(found, key[0], 0) == table


@pytest.mark.parametrize("interval", [0, 1, 65535])
def test_restart_intervals(interval: int) -> None:
    data = segments.build_dri(interval)
    assert data == b"\xff\xdd\0\4" + interval.to_bytes(2, "big")
    assert segments.parse_dri(data[4:], 0) == interval


@pytest.mark.parametrize(
    ("parse", "payload", "clause"),
    [
        (segments.parse_dqt, b"\x20" + bytes(64), "B.2.4.1"),
        (segments.parse_dqt, b"\x04" + b"\1" * 64, "B.2.4.1"),
        (segments.parse_dqt, b"\x00" + b"\1" * 63, "B.2.4.1"),
        (segments.parse_dht, b"\x20" + bytes(16), "B.2.4.2"),
        (segments.parse_dht, b"\x04" + bytes(16), "B.2.4.2"),
        (segments.parse_dht, b"\x00" + b"\1" + bytes(15), "B.2.4.2"),
        (segments.parse_dri, b"\0", "B.2.4.4"),
    ],
)
def test_what_is_wrong_is_named_with_clause_and_offset(parse, payload: bytes, clause: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse(payload, 1234)
    assert caught.value.clause == clause
    assert caught.value.offset == 1234
