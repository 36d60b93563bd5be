"""Resynchronising: which data belong to which restart interval, and where faults are seen."""

from __future__ import annotations

import numpy as np
import pillow
import pytest
import samples

import numjpeg
from numjpeg import scans
from numjpeg.container.findings import DamageReport, Fault, Sink
from numjpeg.container.structure import read_structure
from numjpeg.entropy import bits, sequential_reader
from numjpeg.entropy.intervals import resynchronise
from numjpeg.fast.codewords import lanes

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
    structure = read_structure(data, strict=False)
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


# --- restart markers in real files -------------------------------------------------------------------------

FILES = {
    "sequential": pillow.save(samples.photograph()[:90, :120], quality=80, restart_marker_blocks=4),
    "lanes": pillow.save(samples.photograph()[:512, :512], quality=85, restart_marker_rows=1),
    "progressive": pillow.save(
        samples.photograph()[:90, :120], quality=80, restart_marker_blocks=4, progressive=True
    ),
    "gray": pillow.save(samples.photograph()[:90, :120, 1], "L", restart_marker_blocks=7),
}


def scan_parts(data: bytes) -> list[tuple[int, int]]:
    return [(scan.start, scan.end) for scan in read_structure(data).scans]


def put_in_front_of_markers(data: bytes, stray: bytes, number: int) -> bytes:
    """Put bytes in front of all RSTm of a number, in every scan."""
    marker = bytes((0xFF, 0xD0 + number))
    for start, end in reversed(scan_parts(data)):
        data = data[:start] + data[start:end].replace(marker, stray + marker) + data[end:]
    return data


@pytest.mark.usual(every=5)
@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize(
    "stray",
    [
        *(b"\0", b"\x7f", b"\x80", b"\xfe", b"\xff\0", b"\xff\0" * 5, bytes(40), b"\xff\xff"),
        *(b"\xff\x01", b"\xff\xbf\x55", b"\xff\x7f\x11" * 9),  # markers below SOF0
    ],
    ids=bytes.hex,
)
def test_stray_bytes_in_front_of_restart_markers(kind: str, stray: bytes) -> None:
    """As cameras write them; and a whole byte of ones is not even in doubt."""
    data = FILES[kind]
    changed = put_in_front_of_markers(data, stray, 2)
    assert len(changed) > len(data)
    expected = pillow.load(data)
    assert np.array_equal(pillow.load(changed), expected)
    assert np.array_equal(numjpeg.decode(changed), expected)
    image, report = numjpeg.decode_damaged(changed)
    assert np.array_equal(image, expected)
    assert all(fault.kind == "remark" for fault in report.faults)
    ones = not stray.strip(b"\xff\0") and stray != bytes(len(stray))
    assert report.mask.all() == ones
    assert bool(report.faults) != ones
    assert bool(report.remarks) == (ones and stray != b"\xff\xff")  # which are fill bytes
    assert report.mask.any()


@pytest.mark.usual(every=5)
@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("junk", [b"", b"\x12\x34", b"\xff\0" * 3, bytes(40)], ids=bytes.hex)
@pytest.mark.parametrize("count", [1, 3])
def test_surplus_restart_markers_and_bytes_after_the_last_mcu(kind: str, junk: bytes, count: int) -> None:
    data = changed = FILES[kind]
    for start, end in reversed(scan_parts(data)):
        number = data[start:end].count(b"\xff") and sum(
            data[start:end].count(bytes((0xFF, 0xD0 + i))) for i in range(8)
        )
        surplus = b"".join(junk + bytes((0xFF, 0xD0 + (number + i) % 8)) for i in range(count)) + junk
        changed = changed[:end] + surplus + changed[end:]
    expected = pillow.load(data)
    assert np.array_equal(pillow.load(changed), expected)
    assert np.array_equal(numjpeg.decode(changed), expected)
    image, report = numjpeg.decode_damaged(changed)
    assert np.array_equal(image, expected)
    assert report.faults or report.remarks
    assert all(fault.kind == "remark" for fault in report.faults)
    assert not report.faults or junk


WITHOUT_RESTARTS: dict[str, dict[str, object]] = {
    "sequential": {},
    "4:2:0": {"subsampling": "4:2:0"},
    "4:4:4 optimised": {"subsampling": "4:4:4", "optimize": True},
    "progressive": {"progressive": True},
    "arithmetic": {"arithmetic": True},
    "progressive, arithmetic": {"progressive": True, "arithmetic": True},
}


@pytest.mark.usual(every=4)
@pytest.mark.parametrize("kind", WITHOUT_RESTARTS)
@pytest.mark.parametrize(
    "surplus", [b"\xff\xd0", b"\xff\xd7\xff\xd0", b"\xff\xd1\x12\x34", b"\xff\x01"], ids=bytes.hex
)
def test_markers_behind_the_last_mcu_of_a_file_without_restarts(kind: str, surplus: bytes) -> None:
    """libjpeg decodes them; DRI may be missing, or 0, or larger than the picture."""
    data = numjpeg.encode(samples.smooth(40, 52), **WITHOUT_RESTARTS[kind])
    expected = pillow.load(data)
    first = data.index(b"\xff\xc4") if b"\xff\xc4" in data else data.index(b"\xff\xda")
    for interval in (b"", b"\xff\xdd\0\4\0\0", b"\xff\xdd\0\4\xff\xff"):
        changed = data
        for _, end in reversed(scan_parts(data)):
            changed = changed[:end] + surplus + changed[end:]
        changed = changed[:first] + interval + changed[first:]
        assert np.array_equal(pillow.load(changed), expected)
        assert np.array_equal(numjpeg.decode(changed), expected)
        image, report = numjpeg.decode_damaged(changed)
        assert np.array_equal(image, expected)
        assert report.remarks or report.faults
        assert report.mask.all() == (len(surplus.strip(b"\x12\x34")) == len(surplus))


def test_a_marker_in_the_middle_of_a_file_without_restarts_is_damage() -> None:
    data = pillow.save(samples.smooth(40, 52))
    ((start, end),) = scan_parts(data)
    for marker in (b"\xff\xd0", b"\xff\x01"):
        changed = data[: (start + end) // 2] + marker + data[(start + end) // 2 :]
        with pytest.raises(numjpeg.FormatError, match="data end too early"):
            numjpeg.decode(changed)
        image, report = numjpeg.decode_damaged(changed)
        assert np.array_equal(image, pillow.load(changed))
        assert not report.mask.any()
        assert any(fault.kind != "remark" for fault in report.faults)  # stray bytes alone would be one


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("first", range(1, 8))
def test_numbers_that_begin_elsewhere_are_read_as_libjpeg_reads_them(kind: str, first: int) -> None:
    data = bytearray(FILES[kind])
    for start, end in scan_parts(bytes(data)):
        for place in range(start, end - 1):
            if data[place] == 0xFF and 0xD0 <= data[place + 1] <= 0xD7:
                data[place + 1] = 0xD0 + (data[place + 1] + first) % 8
    with pytest.raises(numjpeg.FormatError, match=r"RST\d (is missing|stands where|is out of place)"):
        numjpeg.decode(bytes(data))
    image, report = numjpeg.decode_damaged(bytes(data))
    assert np.array_equal(image, pillow.load(bytes(data)))
    assert report.faults


@pytest.mark.parametrize("kind", FILES)
def test_coefficients_of_damaged_files_are_those_of_the_pixels(kind: str) -> None:
    data = FILES[kind][: len(FILES[kind]) * 3 // 5]
    with pytest.raises(numjpeg.FormatError):
        numjpeg.read_coefficients(data)
    coefficients, report = numjpeg.read_coefficients_damaged(data)
    image, same = numjpeg.decode_damaged(data, block_smoothing=False)
    assert (report.faults, report.remarks) == (same.faults, same.remarks)
    assert np.array_equal(report.mask, same.mask)
    assert not report.mask.all()
    assert np.array_equal(pillow.load(numjpeg.write_coefficients(coefficients)), image)
    again = numjpeg.read_coefficients(data, strict=False)
    assert all(np.array_equal(a, b) for a, b in zip(again.planes, coefficients.planes, strict=True))
