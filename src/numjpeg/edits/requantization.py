"""Requantization: other quantization tables for a picture, without going through pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.arguments import QTables, checked_integer, given_tables
from numjpeg.coefficient_files.checks import checked_coefficients
from numjpeg.coefficient_files.reader import read_coefficients
from numjpeg.coefficient_files.writer import write_coefficients
from numjpeg.coefficients import Coefficients
from numjpeg.rate_distortion import scaling
from numjpeg.sources import read_bytes
from numjpeg.stages.quantization import quantization_tables

Tables = Mapping[int, NDArray[np.uint16]]


def requantize(
    source: Any,
    quality: int | None = None,
    *,
    qtables: QTables | None = None,
    target_bytes: int | None = None,
    optimize: bool = True,
    progressive: bool = False,
) -> Any:
    """Quantize the coefficients of a picture again with other tables, without going through pixels.

    Parameters
    ----------
    source : the file (bytes, a path or a binary file) or its Coefficients.
    quality : 1 .. 100, for the standard tables: the luminance table replaces the first component's, the
        chrominance table all others.
    qtables : in place of ``quality``, tables of 64 integers in natural order for the components in turn; the last
        one serves the rest.
    target_bytes : in place of both: the picture's own tables are scaled so that the file has at most this size. A
        file that is small enough keeps its tables.
    optimize, progressive : as in :func:`numjpeg.write_coefficients`, for the file.

    Returns
    -------
    The file as bytes, or Coefficients if ``source`` is Coefficients. Each quantized coefficient is the old one,
    dequantized, divided by the new step and rounded half away from zero (T.81 A.3.4). ValueError, TypeError name
    the argument, or the block of a value that a file cannot hold; FormatError, UnsupportedError are for the data.
    """
    is_coefficients = isinstance(source, Coefficients)
    c = as_coefficients(source, "source")

    def write(tables: Tables) -> bytes:
        return write_coefficients(with_tables(c, tables), optimize=optimize, progressive=progressive)

    if target_bytes is None:
        result = requantized(c, quality, qtables)
    elif quality is not None or qtables is not None:
        raise ValueError("target_bytes: not together with quality or qtables")
    else:
        target = checked_integer("target_bytes", target_bytes, 1)
        tables = {k.Tq: c.quantization_tables[k.Tq] for k in c.components}
        file = write(tables)
        if len(file) > target:
            file = scaling.for_bytes(write, tables, target, sum(plane.size for plane in c.planes))
        if not is_coefficients:
            return file
        result = replace(read_coefficients(file), huffman_tables={})
    return result if is_coefficients else write_coefficients(result, optimize=optimize, progressive=progressive)


def as_coefficients(source: Any, name: str) -> Coefficients:
    """The coefficients of a file, or checked Coefficients. ``name`` is the argument's, for messages."""
    if isinstance(source, Coefficients):
        return checked_coefficients(source)
    return read_coefficients(read_bytes(source, name), max_pixels=None)  # as its callers have no such argument


def requantized(c: Coefficients, quality: int | None = None, qtables: QTables | None = None) -> Coefficients:
    """Coefficients requantized to the standard tables of a quality, or to other tables."""
    if (quality is None) == (qtables is None):
        raise ValueError("quality: one of quality, qtables and target_bytes is needed")
    if qtables is None:
        luminance, chrominance = quantization_tables(checked_integer("quality", quality, 1, 100))
        return with_tables(c, dict.fromkeys(c.quantization_tables, chrominance) | {c.components[0].Tq: luminance})
    tables = given_tables(qtables)
    return with_tables(c, tables, [min(i, len(tables) - 1) for i in range(len(c.components))])


def with_tables(c: Coefficients, tables: Tables, numbers: Sequence[int] = ()) -> Coefficients:
    """Coefficients requantized to tables; ``numbers`` are those of each component's table, by default its Tq.

    ValueError for a result that no file can hold, since it is beyond the DC range of its precision (F.1.2.1.2).
    """
    numbers = numbers or [k.Tq for k in c.components]
    most = (1 << c.precision + 3) - 1
    planes = []
    for i, number in enumerate(numbers):
        if np.array_equal(tables[number], c.quantization_table(i)):
            planes.append(c.planes[i])
            continue
        step = tables[number].astype(np.int32)
        value = c.dequantized(i)
        levels = (2 * np.abs(value) + step) // (2 * step)
        if levels.max(initial=0) > most:
            row, column, v, u = np.argwhere(levels > most)[0]
            raise ValueError(
                f"qtables: component {i}, block ({row}, {column}): coefficient [{v}, {u}] would be "
                f"{levels[row, column, v, u]}, above {most}, what files have codes for (F.1.2.1.2)"
            )
        planes.append(np.where(value < 0, -levels, levels).astype(np.int16))
    components = tuple(replace(k, Tq=number) for k, number in zip(c.components, numbers, strict=True))
    return replace(c, components=components, planes=planes, quantization_tables=dict(tables), huffman_tables={})
