"""Pictures as the planes of their components, each at its own resolution: what cameras and video deliver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from numjpeg.arguments import checked_integer
from numjpeg.coefficient_files.reader import MAX_PIXELS, read_coefficients
from numjpeg.coefficient_files.writer import write_coefficients
from numjpeg.coefficients import Coefficients, Component, ceil_div
from numjpeg.container import metadata
from numjpeg.stages.blocks import pad_edges, split_blocks
from numjpeg.stages.dct import fdct
from numjpeg.stages.level_shift import level_shift
from numjpeg.stages.quantization import quantization_tables, quantize
from numjpeg.stages.subsampling import SUBSAMPLING


def encode_planes(
    planes: Sequence[NDArray[np.uint8]],
    quality: int = 75,
    *,
    subsampling: str = "4:2:0",
    optimize: bool = False,
    progressive: bool = False,
) -> bytes:
    """Encode Y, Cb and Cr as they are, without converting colours and without subsampling.

    Parameters
    ----------
    planes : uint8 arrays. Y alone, or Y of ``(H, W)``, and Cb and Cr of ``(ceil(H / v), ceil(W / h))``.
    quality : 1 .. 100. subsampling : "4:4:4", "4:2:2", "4:4:0", "4:2:0", "4:1:1" or "4:1:0", which gives h and v.
    optimize, progressive : as of :func:`numjpeg.write_coefficients`.

    Returns
    -------
    The file, with a JFIF segment: sRGB's YCbCr of full range (BT.601) is what decoders expect.

    Raises
    ------
    ValueError, TypeError naming the argument.
    """
    if subsampling not in SUBSAMPLING:
        raise ValueError(f"subsampling: {subsampling!r} is none of {tuple(SUBSAMPLING)}")
    quality = checked_integer("quality", quality, 1, 100)
    if len(planes) not in (1, 3):
        raise ValueError(f"planes: {len(planes)}, one (gray) or three (Y, Cb, Cr) expected")
    h, v = SUBSAMPLING[subsampling] if len(planes) == 3 else (1, 1)
    height, width = np.shape(planes[0]) if np.ndim(planes[0]) == 2 else (0, 0)
    for i, plane in enumerate(planes):
        shape = (ceil_div(height, v), ceil_div(width, h)) if i else (height, width)
        if not isinstance(plane, np.ndarray):
            raise TypeError(f"planes: number {i} is a {type(plane).__name__}, a uint8 array expected")
        if plane.dtype != np.uint8 or plane.shape != shape or not plane.size:
            raise ValueError(f"planes: number {i} is {plane.dtype} {plane.shape}, uint8 {shape} expected")
    components = tuple(
        Component(i + 1, 1 if i else h, 1 if i else v, min(i, 1), min(i, 1), min(i, 1)) for i in range(len(planes))
    )
    tables = dict(enumerate(quantization_tables(quality)[: min(len(planes), 2)]))
    levels = [
        quantize(fdct(split_blocks(pad_edges(level_shift(plane)))), tables[c.Tq])
        for plane, c in zip(planes, components, strict=True)
    ]
    jfif = metadata.jfif(metadata.Density(0, 1, 1))
    coefficients = Coefficients(height, width, components, levels, tables, application_segments=[jfif])
    return write_coefficients(coefficients, optimize=optimize or progressive, progressive=progressive)


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
    dtype : None for uint8 (12 bits a sample: uint16), or float32 for samples that are neither rounded nor clipped.
    tables, strict, max_pixels : as of :func:`numjpeg.decode`.

    Returns
    -------
    For each component ``(rows, columns)``, as of :meth:`numjpeg.Coefficients.planes_as_samples`: Y, Cb and Cr, as
    a rule. If a progressive file lacks scans, its blocks are not smoothed.

    Raises
    ------
    FormatError, UnsupportedError for the data; ValueError, TypeError for the arguments.
    """
    coefficients = read_coefficients(data, tables=tables, strict=strict, max_pixels=max_pixels)
    return coefficients.planes_as_samples(dtype)
