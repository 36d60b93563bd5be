"""The decoder: a file to a picture, or to its coefficients."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg import pixels
from numjpeg.bitstream import reader
from numjpeg.bitstream.frame import Frame, Scan
from numjpeg.bitstream.lanes import read_scan
from numjpeg.bitstream.reader import as_bytes
from numjpeg.coefficients import Coefficients, Component
from numjpeg.errors import UnsupportedError
from numjpeg.stages import dct
from numjpeg.stages.huffman import HuffmanTable
from numjpeg.stages.level_shift import MID_LEVEL
from numjpeg.stages.zigzag import inverse_zigzag

MAX_PIXELS = 178_956_970
"""Pillow's limit against decompression bombs; here it counts the samples of all components."""

BAND_BLOCKS = 1 << 12
"""Blocks in flight at a time."""

_NATIVE = {"GRAY": "GRAY", "YCbCr": "RGB", "RGB": "RGB", "CMYK": "CMYK", "YCCK": "CMYK", "raw": "raw"}
"""What a file of each colour space is decoded to unless the caller says otherwise."""

_CHANNELS = {"RGB": 3, "BGR": 3, "YCbCr": 3, "CMYK": 4}


def decode(
    data: Any,
    *,
    tables: Any = None,
    colorspace: str | None = None,
    strict: bool = True,
    fancy_upsampling: bool = True,
    max_pixels: int = MAX_PIXELS,
    out: NDArray[np.uint8] | None = None,
    dct_method: str = "islow",
) -> NDArray[np.uint8]:
    """Decode a JPEG file to pixels.

    Baseline and extended sequential files with Huffman coding, 8 bits a sample, 1 to 4 components. The pixels
    are those that Pillow (libjpeg-turbo) gives, without any difference.

    Parameters
    ----------
    data : the file: bytes, bytearray, memoryview or uint8 array.
    tables : a file of tables alone (T.81 B.5; TIFF's JPEGTables), for an abbreviated file (B.4) that lacks them.
        A sequential file without any Huffman table, such as a frame of Motion-JPEG, gets the standard ones.
    colorspace : None for what the file holds (see below), or "GRAY", "RGB", "BGR", "YCbCr", "CMYK", or "raw" for
        the components as they are stored, upsampled.
    strict : refuse damaged files. (False is accepted, and does the same until damaged files are handled.)
    fancy_upsampling : triangle filter for chroma, as libjpeg does by default; False repeats samples.
    max_pixels : most samples, of all components together, that a file may have.
    out : uint8 array of the result's shape to be filled, any strides.
    dct_method : "islow", libjpeg's exact integers, or "float".

    Returns
    -------
    uint8 array, ``out`` if it is given: ``(H, W)`` for one component, ``(H, W, 2)`` unchanged samples for two,
    ``(H, W, 3)`` RGB for three, ``(H, W, 4)`` CMYK for four, in Pillow's sense (255 - sample: 0 is no ink).

    Raises
    ------
    FormatError, UnsupportedError for the data; ValueError, TypeError for the arguments.
    """
    if dct_method not in dct.METHODS:
        raise ValueError(f"dct_method: {dct_method!r} is none of {dct.METHODS}")
    if colorspace is not None and colorspace not in pixels.COLORSPACES:
        raise ValueError(f"colorspace: {colorspace!r} is none of {pixels.COLORSPACES}")
    file = as_bytes(data)
    structure = reader.read_structure(file, tables)
    frame = structure.require_frame()
    _check_size(frame, structure.frame_offset, max_pixels)
    target = colorspace or _NATIVE[structure.colorspace]
    pixels.check_conversion(structure.colorspace, target)
    shape = _shape(frame, target)
    if out is not None:
        if not isinstance(out, np.ndarray) or out.dtype != np.uint8 or out.shape != shape:
            raise ValueError(f"out: a uint8 array {shape} expected")
        if not out.flags.writeable:
            raise ValueError("out: the array is read-only")

    planes: list[NDArray[np.uint8] | None] = [None] * len(frame.components)
    for scan in structure.scans:
        _read_samples(file, structure, scan, planes, dct_method)
    if out is None:
        out = np.empty(shape, np.uint8)
    samples = [
        np.full(size, MID_LEVEL, np.uint8) if plane is None else plane[: size[0], : size[1]]
        for plane, size in zip(planes, map(frame.sample_size, frame.components), strict=True)
    ]
    pixels.assemble(samples, frame.components, structure.colorspace, target, out, fancy_upsampling)
    return out


def _read_samples(
    file: bytes,
    structure: reader.Structure,
    scan: Scan,
    planes: list[NDArray[np.uint8] | None],
    dct_method: str,
) -> None:
    """Decode a scan to the sample planes of its components."""
    row = 0
    step = reader.band_rows(scan, BAND_BLOCKS)
    for band in read_scan(file, scan, step, structure.warnings):
        for index, (v, _), sequences in zip(scan.indices, scan.factors, band, strict=True):
            samples = pixels.synthesise(sequences, structure.component_tables[index], dct_method)
            plane = planes[index]
            if plane is None:
                height = scan.mcus[0] * v * 8
                plane = planes[index] = np.empty((height, samples.shape[1]), np.uint8)
            plane[row * v * 8 : row * v * 8 + len(samples)] = samples
        row += step


def read_coefficients(data: Any, *, tables: Any = None, max_pixels: int = MAX_PIXELS) -> Coefficients:
    """Read a file's quantized coefficients, and all that is needed to write it again.

    Parameters
    ----------
    data : the file: bytes, bytearray, memoryview or uint8 array.
    tables, max_pixels : as in :func:`decode`.

    Returns
    -------
    Coefficients. A component that the file never sends has a plane of zeros.

    Raises
    ------
    FormatError, UnsupportedError for the data; TypeError for another kind of ``data``.
    """
    file = as_bytes(data)
    structure = reader.read_structure(file, tables)
    frame = structure.require_frame()
    _check_size(frame, structure.frame_offset, max_pixels)
    planes: list[NDArray[np.int16] | None] = [None] * len(frame.components)
    for scan in structure.scans:
        row = 0
        step = reader.band_rows(scan, BAND_BLOCKS)
        for band in read_scan(file, scan, step, structure.warnings):
            for index, (v, _), sequences in zip(scan.indices, scan.factors, band, strict=True):
                rows, columns = frame.block_size(frame.components[index])
                plane = planes[index]
                if plane is None:
                    plane = planes[index] = np.empty((rows, columns, 8, 8), np.int16)
                plane[row * v : row * v + len(sequences)] = inverse_zigzag(sequences[: rows - row * v, :columns])
            row += step
    components, quantization, huffman = _tables_for_one_scan(structure)
    return Coefficients(
        frame.height,
        frame.width,
        components,
        [
            np.zeros((*frame.block_size(c), 8, 8), np.int16) if plane is None else plane
            for c, plane in zip(frame.components, planes, strict=True)
        ],
        quantization,
        huffman,
        structure.scans[0].restart_interval,
        structure.application_segments,
    )


def _check_size(frame: Frame, offset: int, max_pixels: int) -> None:
    if isinstance(max_pixels, bool) or not isinstance(max_pixels, int | np.integer):
        raise TypeError(f"max_pixels: an integer expected, got {max_pixels!r}")
    if frame.samples > max_pixels:
        raise UnsupportedError(
            f"{frame.width} x {frame.height} pixels, {frame.samples} samples: more than max_pixels={max_pixels}",
            offset=offset,
        )


def _shape(frame: Frame, target: str) -> tuple[int, ...]:
    channels = len(frame.components) if target == "raw" else _CHANNELS.get(target, 1)
    return (frame.height, frame.width) if channels == 1 else (frame.height, frame.width, channels)


def _tables_for_one_scan(
    structure: reader.Structure,
) -> tuple[tuple[Component, ...], dict[int, NDArray[np.uint16]], dict[tuple[int, int], HuffmanTable]]:
    """Components and tables such that one scan could carry what the file's scans carry.

    Quantization tables that share a number without being equal get numbers of their own. Huffman tables that do
    are left out.
    """
    frame = structure.require_frame()
    components = list(frame.components)
    huffman: dict[tuple[int, int], HuffmanTable] = {}
    for scan in structure.scans:
        for index, component in zip(scan.indices, scan.components, strict=True):
            components[index] = component
        if any(huffman.get(key, table) != table for key, table in scan.huffman_tables.items()):
            huffman = {}
            break
        huffman.update(scan.huffman_tables)
    tables = [
        structure.component_tables.get(i, structure.quantization_tables.get(c.Tq, np.ones((8, 8), np.uint16)))
        for i, c in enumerate(components)
    ]
    numbered: dict[int, NDArray[np.uint16]] = {}
    for component, table in zip(components, tables, strict=True):
        if not np.array_equal(numbered.setdefault(component.Tq, table), table):
            numbered = dict(enumerate(tables))
            components = [replace(c, Tq=i) for i, c in enumerate(components)]
            break
    return tuple(components), numbered, huffman
