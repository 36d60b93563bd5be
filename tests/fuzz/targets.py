"""What must hold of any bytes whatever: each target takes a file and raises where it does not.

Only JpegErrors come out of the decoder. Its fast readers give what the serial ones give. All is done in two
seconds of CPU time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import numjpeg
from numjpeg import scans
from numjpeg.container.findings import Fault, Sink
from numjpeg.container.frame import Scan
from numjpeg.container.structure import band_rows, read_structure
from numjpeg.entropy import progressive_reader, sequential_reader
from numjpeg.entropy.planes import Planes, new_planes
from numjpeg.entropy.shared import Band
from numjpeg.errors import JpegError
from numjpeg.fast.codewords import lanes, progressive
from numjpeg.jpeg2000.container.header import read_header
from numjpeg.jpeg2000.decoder import decode as decode_jpeg_2000
from numjpeg.jpeg2000.decoder import decode_damaged as decode_damaged_jpeg_2000

SECONDS = 2.0
"""CPU time for one call."""

MAX_PIXELS = 1 << 20
"""Larger frames take time that is better spent on other files; :mod:`test_attacks` has them."""


class TooSlowError(AssertionError):
    """A call took more than :data:`SECONDS`."""


@contextmanager
def clock(what: str) -> Iterator[None]:
    """A limit of the time."""
    start = time.process_time()
    yield
    taken = time.process_time() - start
    if taken > SECONDS:
        raise TooSlowError(f"{what} took {taken:.1f} s")


def attempt(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """What a function returns, or its JpegError."""
    with clock(function.__name__):
        try:
            return function(*arguments, **options)
        except JpegError as error:
            return error


def decode(data: bytes, max_pixels: int = MAX_PIXELS) -> None:
    """``decode``, strict and not: a sound file gives the same pixels either way, and ``decode_damaged`` too."""
    strict = attempt(numjpeg.decode, data, max_pixels=max_pixels)
    found = attempt(numjpeg.decode_damaged, data, max_pixels=max_pixels)
    if isinstance(found, JpegError):
        assert isinstance(strict, JpegError), f"refused under strict=False alone: {found}"
        return
    image, report = found
    assert report.mask.dtype == bool
    if not isinstance(strict, JpegError):
        assert np.array_equal(strict, image), "strict=False gives other pixels"
    for fault in report.faults:
        assert 0 <= fault.offset <= len(data), fault


def header(data: bytes) -> None:
    """``read_header``, strict and not."""
    for strict in (True, False):
        attempt(numjpeg.read_header, data, strict=strict)


def coefficients(data: bytes, max_pixels: int = MAX_PIXELS) -> None:
    """``read_coefficients``, and what a file must have for it."""
    found = attempt(numjpeg.read_coefficients, data, max_pixels=max_pixels)
    if isinstance(found, JpegError):
        return
    for plane, component in zip(found.planes, found.components, strict=True):
        assert plane.dtype == np.int16
        assert plane.shape[2:] == (8, 8)
        assert component.Tq in found.quantization_tables


def read_sequential_literally(data: bytes, scan: Scan, rows_per_band: int, sink: Sink) -> Iterator[Band]:
    """What :func:`numjpeg.scans.read_sequential` gives without the fast forms."""
    reader = sequential_reader.SequentialReader(data, scan, sink)
    return sequential_reader.read_bands(reader, reader.walk(), rows_per_band)


def read_progressive_literally(data: bytes, scan: Scan, planes: Planes, sink: Sink) -> int:
    """What :func:`numjpeg.scans.read_progressive` does without the fast forms."""
    return progressive_reader.reader_of(data, scan, planes, sink).read()


Result = tuple[list[bytes], list[Fault], str | None]


def read_bands(data: bytes, read_scan: Callable[..., Any], sink: Sink) -> Result:
    """Planes of all bands of a sequential file, the findings, and the error; of an error nothing else."""
    planes: list[bytes] = []
    try:
        for scan in read_structure(data, strict=sink.strict).scans:
            rows, columns = scan.mcus
            if rows * columns * scan.blocks_per_mcu * 64 > MAX_PIXELS:
                break
            for band in read_scan(data, scan, band_rows(scan, 1 << 10), sink):
                planes += [plane.tobytes() for plane in band]
    except JpegError as caught:
        return [], [], str(caught)
    return planes, sorted(sink.findings, key=str), None


def read_planes(data: bytes, read_scan: Callable[..., Any], sink: Sink) -> Result:
    """Planes of a progressive file, the findings, and the error; of an error nothing else."""
    planes: list[np.ndarray] = []
    try:
        structure = read_structure(data, strict=sink.strict)
        frame = structure.require_frame()
        if frame.height * frame.width <= MAX_PIXELS:
            planes = new_planes(frame, structure.scans, len(data), sink)
            for scan in structure.scans:
                read_scan(data, scan, planes, sink)
    except JpegError as caught:
        return [], [], str(caught)
    return [plane.tobytes() for plane in planes], sorted(sink.findings, key=str), None


def fast_and_serial(data: bytes) -> None:
    """The fast readers against the literal ones, strict and not; lanes are forced on scans of every size."""
    try:
        frame = read_structure(data, strict=False).require_frame()
    except JpegError:
        return
    if frame.lossless or frame.arithmetic:
        return  # the first has lanes of its own, the second no fast form
    progressive_frame = frame.progressive
    below = lanes.SERIAL_BELOW, progressive.SERIAL_BELOW
    lanes.SERIAL_BELOW, progressive.SERIAL_BELOW = 64, (0, 0)
    try:
        for strict in (True, False):
            if progressive_frame:
                readers = (scans.read_progressive, read_progressive_literally)
                found, expected = (read_planes(data, read, Sink(strict)) for read in readers)
            else:
                readers = (scans.read_sequential, read_sequential_literally)
                found, expected = (read_bands(data, read, Sink(strict)) for read in readers)
            assert found[1:] == expected[1:], f"{found[1:]}, literally {expected[1:]}"
            assert found[0] == expected[0], "other coefficients than the literal reader's"
    finally:
        lanes.SERIAL_BELOW, progressive.SERIAL_BELOW = below


def jpeg_2000(data: bytes, max_pixels: int = 1 << 14) -> None:
    """``jpeg2000.decode``, strict and not; a region is that part of the picture."""
    found = attempt(decode_damaged_jpeg_2000, data, max_pixels=max_pixels)
    attempt(read_header, data)
    if isinstance(found, JpegError):
        assert found.clause, found
        return
    image, report = found
    for fault in report.faults:
        assert 0 <= fault.offset <= len(data), fault
        assert fault.clause, fault
    strict = attempt(decode_jpeg_2000, data, max_pixels=max_pixels)
    if isinstance(strict, JpegError):
        assert report.faults, strict
        assert strict.clause, strict
        return
    assert report.complete, report
    assert np.array_equal(strict, image), "strict=False gives other pixels"
    height, width = image.shape[:2]
    region = (height // 3, width // 2, (height + 2) // 3, (width + 1) // 2)
    if data[-9] & 1 and region[2] <= height - region[0] and region[3] <= width - region[1]:
        part = attempt(decode_jpeg_2000, data, max_pixels=max_pixels, region=region)
        rows, columns = slice(region[0], region[0] + region[2]), slice(region[1], region[1] + region[3])
        assert np.array_equal(part, image[rows, columns]), "a region has other pixels"


TARGETS: dict[str, Callable[[bytes], None]] = {
    "decode": decode,
    "header": header,
    "coefficients": coefficients,
    "lanes": fast_and_serial,
    "jpeg2000": jpeg_2000,
}
