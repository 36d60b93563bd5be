"""The automaton of first scans finds the words that the literal reader finds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pillow
import pytest
import samples

from numjpeg.container.findings import Sink
from numjpeg.container.structure import read_structure
from numjpeg.entropy.planes import new_planes
from numjpeg.entropy.progressive_reader import DcFirst, ProgressiveReader, _AcFirst, reader_of
from numjpeg.fast.codewords import first_scans
from numjpeg.fast.codewords.scan_words import OddError
from numjpeg.stages.huffman import HuffmanTable

FILES = [
    pillow.save(picture, progressive=True, **options)
    for picture in (
        samples.photograph()[:120, :100],
        samples.noise(50, 60),
        samples.smooth(9, 90),
        samples.flat(64, 64),
    )
    for options in (
        {},
        {"quality": 98, "subsampling": 0},
        {"restart_marker_blocks": 3},
        {"restart_marker_rows": 1},
    )
]


def readers(data: bytes) -> Iterator[ProgressiveReader]:
    """Those of the first scans, each with planes of its own."""
    structure = read_structure(data)
    for scan in structure.scans:
        if not scan.Ah:
            sink = Sink(True)
            planes = new_planes(structure.require_frame(), structure.scans, len(data), sink)
            yield reader_of(data, scan, planes, sink)


@pytest.mark.parametrize("data", FILES)
def test_ac_words_equal_those_of_the_literal_reader(data: bytes) -> None:
    for found, literal in zip(readers(data), readers(data), strict=True):
        if isinstance(literal, _AcFirst):
            scan = found.scan
            table, size = scan.huffman_tables[1, scan.components[0].Ta], scan.Se - scan.Ss + 1
            code, kind, rank, ends = first_scans._find_ac_words(found, table, size)
            assert ends == first_scans.read_ac_first(found)
            literal.read()
            assert ends[-1] == literal.bit
            new = kind <= 16
            block, k = np.divmod(rank[new] + kind[new] - 1, size)
            assert code[new].tolist() == literal.codes.tolist()
            assert (64 * block + scan.Ss + k).tolist() == literal.places.tolist()
            for a, b in zip(found.planes, literal.planes, strict=True):
                np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("data", FILES)
def test_dc_words_equal_those_of_the_literal_reader(data: bytes) -> None:
    for found, literal in zip(readers(data), readers(data), strict=True):
        if isinstance(found, DcFirst) and isinstance(literal, DcFirst):
            ends = first_scans.read_dc_first(found)
            literal.read()
            assert ends[-1] == literal.bit
            assert found.codes == literal.codes
            for a, b in zip(found.planes, literal.planes, strict=True):
                np.testing.assert_array_equal(a, b)


def test_bits_that_no_code_begins_with_lead_nowhere() -> None:
    table = HuffmanTable((0, 2) + (0,) * 14, bytes((0x01, 0x00)))  # 00 and 01
    followers, starts = first_scans._by_bit([table], False)
    state, seen = 0, []
    for bit in (0, 1, 0, 0, 1, 1, 1, 0, 0, 1):
        seen.append(bool(starts[state]))
        state = int(followers[state, bit])
    assert seen == [True, False, True, False, False, True, False, False, False, False]


def test_too_many_states_are_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    [reader] = [reader for reader in readers(FILES[0]) if isinstance(reader, DcFirst)]
    monkeypatch.setattr(first_scans, "MOST_STATES", 20)
    with pytest.raises(OddError):
        first_scans.read_dc_first(reader)
