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
from numjpeg.container import structure as reader
from numjpeg.entropy import progressive_reader as progressive
from numjpeg.entropy import sequential_reader as sequential
from numjpeg.errors import JpegError
from numjpeg.fast import lanes
from numjpeg.fast import progressive as progressive_walk

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


Result = tuple[list[bytes], list[str], str | None]


def read_bands(data: bytes, read_scan: Callable[..., Any]) -> Result:
    """Planes of all bands of a sequential file, the warnings, and the error."""
    planes: list[bytes] = []
    warnings: list[str] = []
    try:
        for scan in reader.read_structure(data).scans:
            rows, columns = scan.mcus
            if rows * columns * scan.blocks_per_mcu * 64 > MAX_PIXELS:
                break
            for band in read_scan(data, scan, reader.band_rows(scan, 1 << 10), warnings):
                planes += [plane.tobytes() for plane in band]
    except JpegError as error:
        return planes, warnings, str(error)
    return planes, warnings, None


def read_planes(data: bytes, read_scan: Callable[..., Any]) -> Result:
    """Planes of a progressive file, the warnings, and the error."""
    warnings: list[str] = []
    planes: list[np.ndarray] = []
    error = None
    try:
        structure = reader.read_structure(data)
        frame = structure.require_frame()
        if frame.height * frame.width <= MAX_PIXELS:
            planes = progressive.new_planes(frame, structure.scans, len(data))
            for scan in structure.scans:
                read_scan(data, scan, planes, warnings)
    except JpegError as caught:
        error = str(caught)
    return [plane.tobytes() for plane in planes], warnings, error


def fast_and_serial(data: bytes) -> None:
    """The lane decoder against the serial reader, of progressive files as of sequential ones; lanes are forced on
    scans of every size.
    """
    try:
        progressive_frame = reader.read_structure(data).require_frame().progressive
    except JpegError:
        return
    below = lanes.SERIAL_BELOW, progressive_walk.WALK_BELOW
    lanes.SERIAL_BELOW, progressive_walk.WALK_BELOW = 64, 0
    try:
        if progressive_frame:
            found, expected = (read_planes(data, r.read_scan) for r in (progressive_walk, progressive))
        else:
            found, expected = (read_bands(data, r.read_scan) for r in (lanes, sequential))
    finally:
        lanes.SERIAL_BELOW, progressive_walk.WALK_BELOW = below
    assert found[1:] == expected[1:], f"{found[1:]}, serially {expected[1:]}"
    assert found[0] == expected[0], "other coefficients than the serial reader's"


TARGETS: dict[str, Callable[[bytes], None]] = {
    "decode": decode,
    "header": header,
    "coefficients": coefficients,
    "lanes": fast_and_serial,
}
