"""Other quantization tables for a picture, without going through pixels."""

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
    """Coarser coefficients of the same picture, without going through pixels.

    Parameters
    ----------
    source : the file (bytes, a path or a binary file) or its Coefficients.
    quality : 1 .. 100, for the standard tables: luminance's in place of the first component's table, chrominance's
        in place of all others.
    qtables : in place of it, tables of 64 integers in natural order for the components in turn; the last one
        serves the rest.
    target_bytes : in place of both: the picture's own tables, scaled so that the file takes at most so many bytes.
        A file that is small enough keeps its tables.
    optimize, progressive : as of :func:`numjpeg.write_coefficients`, for the file.

    Returns
    -------
    The file as bytes, or Coefficients for Coefficients. Each level is the old one, dequantized, divided by the new
    step and rounded half away from zero (T.81 A.3.4). ValueError names the argument, or the component and block of
    a level that a file cannot hold; TypeError; FormatError, UnsupportedError for the data.
    """
    given = isinstance(source, Coefficients)
    c = as_coefficients(source, "source")

    def write(tables: Tables) -> bytes:
        return write_coefficients(with_tables(c, tables), optimize=optimize, progressive=progressive)

    if target_bytes is None:
        result = requantized(c, quality, qtables)
    elif quality is not None or qtables is not None:
        raise ValueError("target_bytes: not together with quality or qtables")
    else:
        target = checked_integer("target_bytes", target_bytes, 1)
        own = {k.Tq: c.quantization_tables[k.Tq] for k in c.components}
        file = write(own)
        if len(file) > target:
            file = scaling.for_bytes(write, own, target, sum(plane.size for plane in c.planes))
        if not given:
            return file
        result = replace(read_coefficients(file), huffman_tables={})
    return result if given else write_coefficients(result, optimize=optimize, progressive=progressive)


def as_coefficients(source: Any, name: str) -> Coefficients:
    """Those of a file, or Coefficients themselves, if their parts fit each other. ``name`` is the argument's."""
    given = isinstance(source, Coefficients)
    return checked_coefficients(source) if given else read_coefficients(read_bytes(source, name))


def requantized(c: Coefficients, quality: int | None = None, qtables: QTables | None = None) -> Coefficients:
    """Coefficients with the standard tables of a quality, or with other tables."""
    if (quality is None) == (qtables is None):
        raise ValueError("quality: one of quality, qtables and target_bytes is needed")
    if qtables is None:
        luminance, chrominance = quantization_tables(checked_integer("quality", quality, 1, 100))
        return with_tables(c, dict.fromkeys(c.quantization_tables, chrominance) | {c.components[0].Tq: luminance})
    tables = given_tables(qtables)
    return with_tables(c, tables, [min(i, len(tables) - 1) for i in range(len(c.components))])


def with_tables(c: Coefficients, tables: Tables, numbers: Sequence[int] = ()) -> Coefficients:
    """Coefficients requantized to tables; ``numbers`` say which one each component takes, if not that of its Tq.

    ValueError for a level that no file can hold: one beyond the DC coefficients of its precision (F.1.2.1.2).
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
