"""Pictures as planes of components, each at its own resolution, as cameras and video deliver them."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from numjpeg.arguments import (
    MAX_SIDE,
    Scans,
    Subsampling,
    check_range,
    checked_integer,
    checked_precision,
    lossless_settings,
    sampling_factors,
)
from numjpeg.coefficient_files.reader import MAX_PIXELS, read_coefficients
from numjpeg.coefficient_files.writer import write_coefficients
from numjpeg.coefficients import Coefficients, Component, ceil_div, checked_sample_type
from numjpeg.container import metadata
from numjpeg.container.structure import read_structure
from numjpeg.decoder import lossless_samples
from numjpeg.encoder import write_lossless_file
from numjpeg.errors import check_flags, check_shown
from numjpeg.sources import read_bytes
from numjpeg.stages.blocks import pad_edges, split_blocks
from numjpeg.stages.dct import fdct
from numjpeg.stages.level_shift import level_shift
from numjpeg.stages.quantization import quantization_tables, quantize


def encode_planes(
    planes: Sequence[NDArray[Any]],
    quality: int | None = None,
    *,
    subsampling: Subsampling | None = None,
    optimize: bool = False,
    progressive: bool = False,
    arithmetic: bool = False,
    precision: int | None = None,
    lossless: bool = False,
    predictor: int | None = None,
    point_transform: int = 0,
    scans: Scans | None = None,
    restart_marker_rows: int = 0,
) -> bytes:
    """Encode components as they are, without converting colours and without subsampling.

    Parameters
    ----------
    planes : Y alone, or Y, Cb and Cr: uint8 ``(rows, columns)``, or uint16 with ``precision=12``. With
        ``lossless`` any 1 to 4 components, uint8 or uint16. The picture is as high and as wide as the component
        that is not subsampled; one of ratio h x v has ``ceil(H / v)`` rows and ``ceil(W / h)`` columns.
    quality : 1 .. 100; None means 75.
    subsampling : as in :func:`numjpeg.encode`. None is "4:2:0" for three planes, otherwise no subsampling.
    optimize, progressive, arithmetic : as in :func:`numjpeg.write_coefficients`.
    precision, lossless, predictor, point_transform, scans, restart_marker_rows : as in :func:`numjpeg.encode`; the
        last four only with ``lossless``.

    Returns
    -------
    The file. One or three planes get a JFIF segment: decoders expect the full-range YCbCr of sRGB (BT.601).

    ValueError, TypeError name the argument.
    """
    check_flags(optimize=optimize, progressive=progressive, arithmetic=arithmetic, lossless=lossless)
    factors, height, width, bits = _check(planes, subsampling, precision, lossless)
    given = SimpleNamespace(
        predictor=predictor, point_transform=point_transform, scans=scans, restart_marker_rows=restart_marker_rows
    )
    jfif = [metadata.jfif(metadata.Density(0, 1, 1))] * (len(planes) in (1, 3))
    components = tuple(Component(i + 1, *factors[i], min(i, 1), min(i, 1), min(i, 1)) for i in range(len(planes)))
    if lossless:
        for name, is_given in (("quality", quality is not None), ("progressive", progressive)):
            if is_given:
                raise ValueError(f"{name}: not together with lossless")
        given.precision, given.arithmetic, given.restart_marker_blocks = bits, arithmetic, 0
        return write_lossless_file(planes, lossless_settings(height, width, components, jfif, given))
    for name, value in vars(given).items():
        if value is not None and not (np.isscalar(value) and value == 0):
            raise ValueError(f"{name}: only with lossless")
    quality = 75 if quality is None else checked_integer("quality", quality, 1, 100)
    tables = dict(enumerate(quantization_tables(quality)[: min(len(planes), 2)]))
    levels = [
        quantize(fdct(split_blocks(pad_edges(level_shift(plane, bits))), precision=bits), tables[c.Tq])
        for plane, c in zip(planes, components, strict=True)
    ]
    c = Coefficients(height, width, components, levels, tables, application_segments=jfif, precision=bits)
    optimize = optimize or progressive or bits != 8
    return write_coefficients(c, optimize=optimize, progressive=progressive, arithmetic=arithmetic)


def _check(
    planes: Sequence[NDArray[Any]], subsampling: Subsampling | None, precision: int | None, lossless: bool
) -> tuple[list[tuple[int, int]], int, int, int]:
    """(H, V) of each component; height, width and bits a sample of the picture."""
    if not isinstance(planes, Sequence | np.ndarray) or getattr(planes, "ndim", 1) == 0:
        raise TypeError(f"planes: a sequence of arrays expected, got {type(planes).__name__}")
    count = len(planes)
    if count not in ((1, 2, 3, 4) if lossless else (1, 3)):
        raise ValueError(f"planes: {count}, one (gray) or three (Y, Cb, Cr) expected, or with lossless 1 to 4")
    factors = sampling_factors(subsampling, count, count == 3)
    if count == 1:
        factors = [(1, 1)]
    h_factors, v_factors = zip(*factors, strict=True)
    h_max, v_max = max(h_factors), max(v_factors)
    for i, plane in enumerate(planes):
        if not isinstance(plane, np.ndarray):
            raise TypeError(f"planes: number {i} is a {type(plane).__name__}, an array expected")
        check_shown(f"planes: number {i}", plane)
        if plane.dtype not in (np.uint8, np.uint16) or plane.ndim != 2 or not plane.size:
            what = f"{plane.dtype} {plane.shape}, uint8 or uint16 (rows, columns)"
            raise ValueError(f"planes: number {i} is {what} expected")
        if plane.dtype != planes[0].dtype:
            raise ValueError(f"planes: number 0 is {planes[0].dtype}, number {i} is {plane.dtype}")
        precision = checked_precision(f"planes: number {i}", plane.dtype, precision, lossless)
        check_range(f"planes: number {i}", plane, precision)
    height, width = planes[v_factors.index(v_max)].shape[0], planes[h_factors.index(h_max)].shape[1]
    if max(height, width) > MAX_SIDE:
        raise ValueError(f"planes: {height} x {width} pixels, sides of 1 to {MAX_SIDE} can be stored")
    for i, (plane, (H, V)) in enumerate(zip(planes, factors, strict=True)):
        size = ceil_div(height * V, v_max), ceil_div(width * H, h_max)
        if plane.shape != size:
            what = f"{plane.dtype} {plane.shape}, {plane.dtype} {size}"
            raise ValueError(f"planes: number {i} is {what} expected")
    assert precision is not None
    return factors, height, width, precision


def decode_planes(
    data: Any,
    *,
    dtype: DTypeLike | None = None,
    tables: Any = None,
    strict: bool = True,
    max_pixels: int | None = MAX_PIXELS,
) -> list[NDArray[Any]]:
    """Decode a file to its components as they are stored, each at its own resolution.

    Parameters
    ----------
    data : the file: its bytes (any buffer), a path, or a binary file object.
    dtype : None for uint8 (more than 8 bits a sample: uint16), or float32 for samples that are neither rounded nor
        clipped.
    tables, strict, max_pixels : as in :func:`numjpeg.decode`.

    Returns
    -------
    A plane ``(rows, columns)`` for each component, as :meth:`numjpeg.Coefficients.planes_as_samples` gives it: as
    a rule Y, Cb and Cr. If a progressive file lacks scans, its blocks are not smoothed.

    FormatError, UnsupportedError for the data; ValueError, TypeError for the arguments.
    """
    check_flags(strict=strict)
    file = read_bytes(data)
    if read_structure(file, tables, strict=strict).require_frame().lossless:
        samples = lossless_samples(file, tables, strict=strict, max_pixels=max_pixels)
        return [plane.astype(checked_sample_type(plane.dtype, dtype), copy=False) for plane in samples]
    coefficients = read_coefficients(file, tables=tables, strict=strict, max_pixels=max_pixels)
    return coefficients.planes_as_samples(dtype)
