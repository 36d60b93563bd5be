"""The decoder: a file to a picture, to its coefficients, or to what its header says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg import pixels
from numjpeg.bitstream import damage, markers, metadata, reader
from numjpeg.bitstream.faults import DamageReport, ScanDamage
from numjpeg.bitstream.frame import SUBSAMPLING, Frame, Scan
from numjpeg.bitstream.lanes import read_scan
from numjpeg.bitstream.markers import Segment
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
    colorspace : None for what the file holds (see below), or "GRAY", "RGB", "BGR", "YCbCr", "CMYK", or "raw" for
        the components as they are stored, upsampled.
    strict : refuse damaged files. False gives what can be recovered of them, as libjpeg would: after damage it goes
        on at the next restart marker, and what is missing is mid-gray. :func:`decode_damaged` says where.
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
    image, _ = _decode(data, colorspace, strict, fancy_upsampling, max_pixels, out, dct_method)
    return image


def decode_damaged(
    data: Any,
    *,
    colorspace: str | None = None,
    fancy_upsampling: bool = True,
    max_pixels: int = MAX_PIXELS,
    out: NDArray[np.uint8] | None = None,
    dct_method: str = "islow",
) -> tuple[NDArray[np.uint8], DamageReport]:
    """Decode what can be recovered of a damaged JPEG file, and say what is wrong with it.

    Parameters
    ----------
    As of :func:`decode`.

    Returns
    -------
    (image, report): the picture, as ``decode(data, strict=False)`` gives it; and its faults, with byte offset, clause
    and range of MCUs, and a mask of the MCUs in no doubt. The report of a file that is whole is empty.

    Raises
    ------
    FormatError, UnsupportedError if there is no frame header, or nothing that can be decoded; ValueError, TypeError
    for the arguments.
    """
    return _decode(data, colorspace, False, fancy_upsampling, max_pixels, out, dct_method)


def _decode(
    data: Any,
    colorspace: str | None,
    strict: bool,
    fancy_upsampling: bool,
    max_pixels: int,
    out: NDArray[np.uint8] | None,
    dct_method: str,
) -> tuple[NDArray[np.uint8], DamageReport]:
    """:func:`decode` and :func:`decode_damaged`."""
    if dct_method not in dct.METHODS:
        raise ValueError(f"dct_method: {dct_method!r} is none of {dct.METHODS}")
    if colorspace is not None and colorspace not in pixels.COLORSPACES:
        raise ValueError(f"colorspace: {colorspace!r} is none of {pixels.COLORSPACES}")
    file = as_bytes(data)
    structure = reader.read_structure(file, strict=strict)
    frame = structure.require_frame()
    _check_size(frame, structure.frame_offset, max_pixels)
    report = DamageReport.of(frame)
    report.faults += structure.faults
    target = colorspace or _NATIVE[structure.colorspace]
    pixels.check_conversion(structure.colorspace, target)
    shape = _shape(frame, target)
    if out is not None:
        if not isinstance(out, np.ndarray) or out.dtype != np.uint8 or out.shape != shape:
            raise ValueError(f"out: a uint8 array {shape} expected")
        if not out.flags.writeable:
            raise ValueError("out: the array is read-only")

    planes: list[NDArray[np.uint8] | None] = [None] * len(frame.components)
    for number, scan in enumerate(structure.scans):
        found = None if strict else ScanDamage(number, np.ones(scan.mcus, np.bool_).ravel())
        _read_samples(file, structure, scan, planes, dct_method, found)
        if found is not None:
            in_doubt = structure.doubtful_from is not None and structure.doubtful_from <= number
            report.add_scan(scan, found.sound & (not in_doubt))
            report.faults += found.faults
    if structure.faults and any(plane is None for plane in planes):
        report.mask[:] = False
    if out is None:
        out = np.empty(shape, np.uint8)
    samples = [
        np.full(size, MID_LEVEL, np.uint8) if plane is None else plane[: size[0], : size[1]]
        for plane, size in zip(planes, map(frame.sample_size, frame.components), strict=True)
    ]
    pixels.assemble(samples, frame.components, structure.colorspace, target, out, fancy_upsampling)
    return out, report


def _read_samples(
    file: bytes,
    structure: reader.Structure,
    scan: Scan,
    planes: list[NDArray[np.uint8] | None],
    dct_method: str,
    found: ScanDamage | None,
) -> None:
    """Decode a scan to the sample planes of its components; where nothing can be read, these stay mid-gray."""
    row = 0
    step = reader.band_rows(scan, BAND_BLOCKS)
    if found is None:
        bands = read_scan(file, scan, step, structure.warnings)
    else:
        bands = damage.read_scan(file, scan, step, structure.warnings, found)
    for band in bands:
        for index, (v, _), sequences in zip(scan.indices, scan.factors, band, strict=True):
            samples = pixels.synthesise(sequences, structure.component_tables[index], dct_method)
            plane = planes[index]
            if plane is None:
                height = scan.mcus[0] * v * 8
                plane = planes[index] = np.empty((height, samples.shape[1]), np.uint8)
                if found is not None:
                    plane[:] = MID_LEVEL
            plane[row * v * 8 : row * v * 8 + len(samples)] = samples
        row += step


def read_coefficients(data: Any, *, max_pixels: int = MAX_PIXELS) -> Coefficients:
    """Read a file's quantized coefficients, and all that is needed to write it again.

    Parameters
    ----------
    data : the file: bytes, bytearray, memoryview or uint8 array.
    max_pixels : as in :func:`decode`.

    Returns
    -------
    Coefficients. A component that the file never sends has a plane of zeros.

    Raises
    ------
    FormatError, UnsupportedError for the data; TypeError for another kind of ``data``.
    """
    file = as_bytes(data)
    structure = reader.read_structure(file)
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
    components, tables, huffman = _tables_for_one_scan(structure)
    return Coefficients(
        frame.height,
        frame.width,
        components,
        [
            np.zeros((*frame.block_size(c), 8, 8), np.int16) if plane is None else plane
            for c, plane in zip(frame.components, planes, strict=True)
        ],
        tables,
        huffman,
        structure.scans[0].restart_interval,
        structure.application_segments,
    )


@dataclass(frozen=True)
class Header:
    """What a file says about itself, whether or not the library decodes its process.

    Attributes
    ----------
    height, width : size in pixels; height 0 if it comes later (DNL).
    precision : bits a sample.
    process : the coding process that the frame header names, and its marker "SOFn".
    components : identifiers, sampling factors and table numbers.
    colorspace : "GRAY", "YCbCr", "RGB", "CMYK", "YCCK" or "raw".
    subsampling : "4:2:0" and the like, or "" if the sampling factors have no such name.
    quantization_tables : Tq -> uint16 ``(8, 8)``, natural order, as last defined.
    huffman_tables : (class, number) -> (BITS, HUFFVAL), as last defined; not checked.
    restart_interval : MCUs between restart markers in the first scan, 0 for none.
    scans : number of scans.
    density : JFIF's pixel density, or None.
    exif, xmp, icc_profile : bytes, or None (also for an ICC profile of which a chunk is missing).
    comments : payloads of the COM segments.
    application_segments : (marker code, payload) of every APPn and COM in front of the first scan.
    segments : every marker with its offsets.
    warnings : faults that leave the pixels certain.
    """

    height: int
    width: int
    precision: int
    process: str
    marker: str
    components: tuple[Component, ...]
    colorspace: str
    subsampling: str
    quantization_tables: dict[int, NDArray[np.uint16]]
    huffman_tables: dict[tuple[int, int], tuple[tuple[int, ...], bytes]]
    restart_interval: int
    scans: int
    density: metadata.Density | None
    exif: bytes | None
    xmp: bytes | None
    icc_profile: bytes | None
    comments: list[bytes]
    application_segments: list[tuple[int, bytes]]
    segments: list[Segment]
    warnings: list[str]


def read_header(data: Any) -> Header:
    """Read all marker segments of a file, of whatever process, without decoding it.

    Parameters
    ----------
    data : the file: bytes, bytearray, memoryview or uint8 array.

    Raises
    ------
    FormatError if the segments are broken; TypeError for another kind of ``data``.
    """
    structure = reader.read_structure(as_bytes(data), decode=False)
    frame = structure.require_frame()
    application = structure.application_segments
    return Header(
        frame.height,
        frame.width,
        frame.precision,
        markers.FRAMES[frame.marker],
        markers.marker_name(frame.marker),
        frame.components,
        structure.colorspace,
        _subsampling_name(frame),
        structure.quantization_tables,
        {key: (lengths, values) for key, (lengths, values, _) in structure.huffman_definitions.items()},
        structure.scans[0].restart_interval if structure.scans else structure.restart_interval,
        len(structure.scans),
        metadata.find_density(application),
        metadata.find_exif(application),
        metadata.find_xmp(application),
        metadata.find_icc(application),
        metadata.find_comments(application),
        application,
        structure.segments,
        structure.warnings,
    )


def as_bytes(data: Any) -> bytes:
    """The file's bytes; TypeError for what is not bytes-like."""
    if isinstance(data, bytes):
        return data
    if isinstance(data, np.ndarray) and (data.dtype != np.uint8 or data.ndim != 1):
        raise TypeError(f"data: a one-dimensional uint8 array expected, got {data.dtype} {data.shape}")
    if isinstance(data, bytearray | memoryview | np.ndarray):
        return bytes(data)
    raise TypeError(f"data: bytes expected, got {type(data).__name__}; imread takes a path or a file")


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


def _subsampling_name(frame: Frame) -> str:
    """ "4:2:0" and so on where luminance has these factors and the rest 1 x 1 (or a common multiple)."""
    if len(frame.components) < 3:
        return ""
    (luma, *chroma) = frame.components[:3]
    if len({(c.H, c.V) for c in chroma}) > 1 or luma.H % chroma[0].H or luma.V % chroma[0].V:
        return ""
    ratio = (luma.H // chroma[0].H, luma.V // chroma[0].V)
    return next((name for name, factors in SUBSAMPLING.items() if factors == ratio), "")


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
