"""A sequential scan read in lanes and literally: both must say the same."""

from __future__ import annotations

import numpy as np

from numjpeg.container.findings import Fault, Sink
from numjpeg.container.frame import Scan
from numjpeg.container.structure import band_rows, read_structure
from numjpeg.entropy.sequential_reader import SequentialReader, read_bands
from numjpeg.errors import JpegError
from numjpeg.fast.codewords import lanes

Result = tuple[list[np.ndarray], list[Fault], str | None]


def scans_of(data: bytes) -> list[Scan]:
    return read_structure(data).scans


def read(
    data: bytes, in_lanes: bool, strict: bool, kept: list[int] | None = None
) -> tuple[Result, list[SequentialReader]]:
    """All planes of all bands, the findings, and the error; and the readers.

    ``kept`` : for each component of the frame 64, or 1 for the DC alone.
    """
    planes: list[np.ndarray] = []
    readers: list[SequentialReader] = []
    sink = Sink(strict)
    try:
        for scan in scans_of(data):
            of_scan = kept and [kept[i] for i in scan.indices]
            readers.append(SequentialReader(data, scan, sink, of_scan))
            pieces = lanes.read_pieces(readers[-1]) if in_lanes else readers[-1].walk()
            for band in read_bands(readers[-1], pieces, band_rows(scan, 1 << 10)):
                planes += band
    except JpegError as caught:
        return ([], [], str(caught)), readers
    return (planes, sorted(sink.findings, key=lambda f: (f.scan, f.offset, f.what)), None), readers


def assert_same(data: bytes) -> tuple[Result, int]:
    """What lanes and walk give, strict; and how many MCUs were walked through in spite of the lanes."""
    for strict in (False, True):
        expected, _ = read(data, False, strict)
        found, readers = read(data, True, strict)
        assert found[1:] == expected[1:]
        assert len(found[0]) == len(expected[0])
        for a, b in zip(found[0], expected[0], strict=True):
            assert np.array_equal(a, b)
    return expected, sum(one.walked for one in readers)


def broken(data: bytes, random: np.random.Generator) -> bytes:
    """The file with something wrong in its entropy-coded data."""
    damaged = bytearray(data)
    start = read_structure(data).scans[0].start
    place = int(random.integers(start, len(data) - 3))
    kind = random.integers(6)
    if kind == 0:
        del damaged[place:]
    elif kind == 1:
        damaged[place] ^= 1 << int(random.integers(8))
    elif kind == 2:
        del damaged[place : place + int(random.integers(1, 50))]
    elif kind == 3:
        damaged[place:place] = random.bytes(3)
    elif kind == 4:
        damaged[-2:-2] = bytes(random.integers(0, 255, random.integers(1, 5), np.uint8))
    else:
        damaged[place] = int(random.integers(256))
    return bytes(damaged)
