"""Resynchronising: which data belong to which restart interval, and where faults are seen."""

from __future__ import annotations

import numpy as np
import pillow
import pytest
import samples

from numjpeg import scans
from numjpeg.container import structure as reader
from numjpeg.container.findings import DamageReport, Fault, Sink
from numjpeg.entropy import bits, sequential_reader
from numjpeg.entropy.intervals import resynchronise
from numjpeg.fast import lanes

MARKERS = [0xD0 + i % 8 for i in range(20)]


@pytest.mark.parametrize(
    ("found", "intervals", "expected"),
    [
        (MARKERS, 21, list(range(20))),
        (MARKERS[:5], 21, list(range(5))),  # the rest is missing
        (MARKERS, 4, [0, 1, 2]),  # more than are due
        (MARKERS[:3] + MARKERS[4:8], 9, [0, 1, 2, None, 3, 4, 5, 6]),  # one is missing
        (MARKERS[:3] + MARKERS[5:8], 9, [0, 1, 2, None, None, 3, 4, 5]),  # two are
        (MARKERS[:3] + MARKERS[6:8], 9, [0, 1, 2, 3, 4]),  # three are: too far away to say
        (MARKERS[:3] + MARKERS[1:8], 9, [0, 1, 2, 5, 6, 7, 8, 9]),  # two come again
        ([0xD0, 0x01, 0xBF, 0xD1], 4, [0, 3]),  # markers without a meaning
        ([0xD3], 2, [0]),
        ([], 3, []),
    ],
)
def test_resynchronise(found: list[int], intervals: int, expected: list[int | None]) -> None:
    assert resynchronise(found, intervals) == expected


def test_unstuff_parts_takes_what_unstuff_takes() -> None:
    data = b"..\x12\xff\x00\x34\xff\xff\xd0\xff\x00\xff\xd1\xff\xd2\x56\xff"
    whole = bits.unstuff(data, 2, len(data))
    parts = bits.unstuff_parts(data, 2, len(data), [(0, 5), (7, 9), (11, 11), (13, 15)])
    assert np.array_equal(whole.data, parts.data)
    assert whole.size == parts.size
    assert np.array_equal(whole.starts, parts.starts)
    assert [whole.file_offset(i) for i in range(5)] == [parts.file_offset(i) for i in range(5)]
    some = bits.unstuff_parts(data, 2, len(data), [(0, 5), (13, 14)])
    assert some.data[: some.size].tobytes() == b"\x12\xff\x34\x56"
    assert [some.file_offset(i) for i in range(4)] == [2, 3, 5, 15]


def read(data: bytes) -> tuple[list[np.ndarray], DamageReport]:
    structure = reader.read_structure(data, strict=False)
    (scan,) = structure.scans
    sink = Sink()
    planes = [plane for band in scans.read_sequential(data, scan, 2, sink) for plane in band]
    return planes, DamageReport.of(structure.require_frame(), [scan], sink)


@pytest.mark.parametrize("blocks", [0, 1, 7])
@pytest.mark.parametrize("serial_bytes", [1, 200, 1 << 17])
def test_lanes_and_the_walk_take_turns(monkeypatch: pytest.MonkeyPatch, blocks: int, serial_bytes: int) -> None:
    """Whatever part the lanes read, coefficients and faults are the same."""
    data = bytearray(pillow.save(samples.photograph()[:200, :200], quality=85, restart_marker_blocks=blocks))
    random = np.random.default_rng(blocks)
    for place in random.integers(1500, len(data) - 2, 12):
        if 0xFF not in data[place - 1 : place + 1]:
            data[place] ^= 1 << int(random.integers(8))
    alone, faults = read(bytes(data))
    assert faults.faults
    monkeypatch.setattr(lanes, "SERIAL_BELOW", 64)
    monkeypatch.setattr(lanes, "SERIAL_BYTES", serial_bytes)
    monkeypatch.setattr(sequential_reader, "WALK_BLOCKS", 50)
    together, same_faults = read(bytes(data))
    assert len(alone) == len(together)
    for a, b in zip(alone, together, strict=True):
        assert np.array_equal(a, b)
    assert faults.faults == same_faults.faults
    assert faults.remarks == same_faults.remarks
    assert np.array_equal(faults.mask, same_faults.mask)


def test_faults_say_where() -> None:
    data = pillow.save(samples.smooth(64, 64, 1), restart_marker_blocks=4)
    third = data.index(b"\xff\xd3")
    _, found = read(data[:third] + data[third + 2 :])
    assert [(fault.mcus, fault.clause) for fault in found.faults] == [((12, 16), "F.1.2.3"), ((16, 20), "B.2.1")]
    assert str(found.faults[1]).startswith(
        f"byte {found.faults[1].offset} of scan 0, MCUs 16 to 19: RST3 is missing"
    )
    assert np.flatnonzero(~found.mask.ravel()).tolist() == list(range(12, 20))
    assert str(Fault("wrong", 5, "B.1")) == "byte 5: wrong (B.1)"


def test_dense_damage_takes_time_in_proportion() -> None:
    """Four times the garbage takes about four times the steps: no fault costs more than its own place."""
    header = pillow.save(samples.smooth(512, 512), restart_marker_blocks=1)
    header = header[: header.index(b"\xff\xda") + 14]
    for count in (250, 1000):
        intervals = b"".join(bytes((0x55, 0xFF, 0xD0 + i % 8)) for i in range(count))
        _, found = read(header + intervals)
        assert len(found.faults) == min(count, 1023) + 1
