"""One block of a file, from its bits to samples, as arrays and code words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficient_files.reader import MAX_PIXELS
from numjpeg.container.frame import Frame
from numjpeg.stages.huffman import ZERO_RUN
from numjpeg.tools.explain.file_block import FileBlock, find_block, find_component, nonzero
from numjpeg.tools.explain.text import ac_symbol_name


class TracedWord(NamedTuple):
    """A code word as it stands in the file, and the magnitude bits behind it."""

    byte: int
    """Offset in the file of the byte that holds its first bit."""
    bit: int
    """Which bit of that byte it is: 0 is the highest."""
    symbol: int
    """SSSS for DC, RRRRSSSS for AC."""
    name: str
    code: str
    magnitude: str
    value: int
    """DC difference or AC coefficient; 0 for a symbol without one."""
    place: int
    """Zig-zag place at which it ends, 0 .. 63; for an end of block the first one that it stands for."""


@dataclass(frozen=True, eq=False)
class BlockTrace:
    """What a decoder does to one block. All arrays ``(8, 8)`` are in natural order, vertical frequency first.

    Attributes
    ----------
    component : its name, such as "Y".
    row, column : of the block among the component's.
    pixels : (top, left, height, width) of the pixels it stands for; the picture may end inside them.
    words : code words of a sequential file; None of a progressive one, whose bits stand in several scans, and
        where restart markers are so odd that they cannot be told.
    prediction, difference : of the DC coefficient, which is their sum; None where ``words`` is.
    runs : (zeros before it, value) of each AC coefficient that is not zero.
    zigzag : int16 ``(64,)``, the quantized coefficients as they are coded.
    quantized : int16. table : uint16. dequantized : int32.
    shifted : int16, the inverse DCT. samples : uint8, 128 more; of 12 bits uint16, 2048 more.
    """

    component: str
    row: int
    column: int
    pixels: tuple[int, int, int, int]
    words: list[TracedWord] | None
    prediction: int | None
    difference: int | None
    runs: list[tuple[int, int]]
    zigzag: NDArray[np.int16]
    quantized: NDArray[np.int16]
    table: NDArray[np.uint16]
    dequantized: NDArray[np.int32]
    shifted: NDArray[np.int16]
    samples: NDArray[Any]


def trace_block(
    data: Any, row: int, column: int, *, component: str = "1", max_pixels: int | None = MAX_PIXELS
) -> BlockTrace:
    """Follow one block of a file from its bits to samples.

    Parameters
    ----------
    data : the file: its bytes (any buffer), a path, or a binary file object.
    row, column : which block of the component, counted in blocks from 0.
    component : its number from 1 as a string, or its name: "Y", "Cb" or "Cr".
    max_pixels : as of :func:`numjpeg.decode`.

    Raises
    ------
    FormatError, UnsupportedError for the data; ValueError, TypeError for the other arguments.
    """
    block = find_block(data, row, column, component, max_pixels)
    words = _words(block)
    h, v = block.place.ratio
    return BlockTrace(
        component=block.name,
        row=row,
        column=column,
        pixels=(8 * v * row, 8 * h * column, 8 * v, 8 * h),
        words=words,
        prediction=block.prediction if words else None,
        difference=words[0].value if words else None,
        runs=nonzero(block.sequence),
        zigzag=block.sequence,
        quantized=block.quantized,
        table=block.table,
        dequantized=block.dequantized,
        shifted=block.shifted,
        samples=block.samples,
    )


def _words(block: FileBlock) -> list[TracedWord] | None:
    if block.words is None:
        return None
    found, reached = [], 0
    for i, word in enumerate(block.words):
        ends = bool(i) and not word.symbol & 15 and word.symbol != ZERO_RUN
        reached += (1 if ends else (word.symbol >> 4) + 1) if i else 0
        found.append(
            TracedWord(
                word.byte,
                word.bit,
                word.symbol,
                ac_symbol_name(word.symbol) if i else f"DC, category {word.symbol}",
                word.code,
                word.magnitude,
                word.value if word.magnitude else 0,
                reached,
            )
        )
    return found


def component_names(frame: Frame, colorspace: str) -> list[str]:
    """The name of each component, as :func:`trace_block` takes it; numbers where the colour space has no names."""
    return [find_component(frame, colorspace, str(i + 1))[1] for i in range(len(frame.components))]
