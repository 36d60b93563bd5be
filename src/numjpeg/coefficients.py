"""The waist: quantized DCT coefficients, and what a file needs beside them.

Everything above it (pixels) and below it (bytes) meets here; whoever wants to change a picture without
decoding it reads a :class:`Coefficients`, changes its planes or tables, and writes it again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from numjpeg.stages.huffman import HuffmanTable


def ceil_div(a: int, b: int) -> int:
    """a / b, rounded up: how many whole boxes, blocks or MCUs it takes."""
    return -(-a // b)


@dataclass(frozen=True)
class Component:
    """A component as SOF and SOS name it (T.81 B.2.2, B.2.3); the symbols are the standard's."""

    identifier: int
    H: int
    """Horizontal sampling factor, 1 .. 4."""
    V: int
    """Vertical sampling factor, 1 .. 4."""
    Tq: int
    """Number of its quantization table, 0 .. 3."""
    Td: int = 0
    """Number of its DC Huffman table, 0 .. 3."""
    Ta: int = 0
    """Number of its AC Huffman table, 0 .. 3."""


@dataclass
class Coefficients:
    """A picture as quantized DCT coefficients.

    Attributes
    ----------
    height, width : size of the picture in pixels.
    components : sampling factors and table numbers.
    planes : one int16 ``(rows, columns, 8, 8)`` a component, vertical frequency first, natural order;
        ``rows = ceil(component height / 8)``: blocks that only fill up an MCU are not kept.
    quantization_tables : Tq -> uint16 ``(8, 8)``, natural order.
    huffman_tables : (class, number) -> table, class 0 for DC and 1 for AC: the file's own. Empty if a file
        changed them between scans; a writer then makes optimal ones.
    restart_interval : MCUs between restart markers, 0 for none.
    application_segments : (marker code, payload) of every APPn and COM in front of the first scan, in order.
    """

    height: int
    width: int
    components: tuple[Component, ...]
    planes: list[NDArray[np.int16]]
    quantization_tables: dict[int, NDArray[np.uint16]]
    huffman_tables: dict[tuple[int, int], HuffmanTable] = field(default_factory=dict)
    restart_interval: int = 0
    application_segments: list[tuple[int, bytes]] = field(default_factory=list)

    def quantization_table(self, component: int) -> NDArray[np.uint16]:
        """The ``(8, 8)`` table of component number ``component``."""
        return self.quantization_tables[self.components[component].Tq]

    def dequantized(self, component: int) -> NDArray[np.int32]:
        """The plane of component number ``component`` times its table, int32 ``(rows, columns, 8, 8)``."""
        table = self.quantization_table(component).astype(np.int32)
        return np.multiply(self.planes[component], table, dtype=np.int32)
