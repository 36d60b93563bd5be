"""One block of a file, from its bits to samples, as arrays and code words.

Nothing is encoded: the code words are those of the file, with the places at which they stand in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficient_files.reader import MAX_PIXELS, read_coefficients
from numjpeg.coefficients import Component
from numjpeg.container.frame import Frame, Scan
from numjpeg.container.structure import read_structure
from numjpeg.entropy import bits
from numjpeg.entropy.shared import scan_tables
from numjpeg.sources import read_bytes
from numjpeg.stages.dct import idct
from numjpeg.stages.huffman import END_OF_BLOCK, ZERO_RUN, huffman_lookup
from numjpeg.stages.level_shift import inverse_level_shift
from numjpeg.stages.mcu_order import block_component
from numjpeg.stages.quantization import dequantize
from numjpeg.stages.zigzag import zigzag

_NAMES = {"GRAY": "Y", "YCbCr": "Y Cb Cr", "RGB": "R G B", "CMYK": "C M Y K", "YCCK": "Y Cb Cr K"}

# For DC and for AC: the symbols of all 16-bit windows, and the lengths of their codes.
_Tables = list[tuple[list[int], list[int]]]


@dataclass(frozen=True)
class BlockPlace:
    """Where a block lies: in component number ``index`` of the frame, which ``name`` calls, and in a scan.

    ValueError unless there is such a block.
    """

    frame: Frame
    index: int
    name: str
    scan: Scan
    row: int
    column: int

    def __post_init__(self) -> None:
        for axis, count in zip(("row", "column"), self.frame.block_size(self.component), strict=True):
            if not 0 <= (value := getattr(self, axis)) < count:
                raise ValueError(
                    f"{axis}: {value} is outside 0..{count - 1}, the {self.name} blocks of this picture"
                )

    @property
    def component(self) -> Component:
        """The component that the block belongs to."""
        return self.frame.components[self.index]

    @property
    def ratio(self) -> tuple[int, int]:
        """(h, v): pixels to one sample."""
        return self.frame.H_max // self.component.H, self.frame.V_max // self.component.V

    @property
    def factors(self) -> tuple[int, int]:
        """(V, H): rows and columns of the component's blocks in an MCU of the scan."""
        return self.scan.factors[self.scan.indices.index(self.index)]

    def heading(self, more: str = "") -> str:
        """Which block it is, ``more`` about it, and which pixels it covers, in words."""
        h, v = self.ratio
        rows, columns = self.frame.block_size(self.component)
        return (
            f"Block row {self.row}, column {self.column} of component {self.name} "
            f"({rows} rows of {columns} blocks){more}.\n"
            f"It covers the pixel rows {8 * v * self.row} to {8 * v * (self.row + 1) - 1}"
            f" and columns {8 * h * self.column} to {8 * h * (self.column + 1) - 1}"
            f" of a picture of {self.frame.width} x {self.frame.height}."
        )

    def number_in_mcu(self) -> tuple[int, int]:
        """Number of the block's MCU in the scan, and of the block among the component's in the MCU (A.2)."""
        V, H = self.factors
        return self.row // V * self.scan.mcus[1] + self.column // H, self.row % V * H + self.column % H

    def predictor(self) -> tuple[int, int] | None:
        """The block whose DC coefficient predicts that of this one (F.1.1.5.1); None if the prediction is 0.

        It is the component's block before this one in the scan and restart interval. A block that only fills up an
        MCU repeats the DC of the one before it, so that one is taken.
        """
        rows, columns = self.frame.block_size(self.component)
        (V, H), width = self.factors, self.scan.mcus[1]
        mcu, inner = self.number_in_mcu()
        first = mcu - mcu % self.scan.restart_interval if self.scan.restart_interval else 0
        for number in range(mcu * V * H + inner - 1, first * V * H - 1, -1):
            mcu, inner = divmod(number, V * H)
            row, column = mcu // width * V + inner // H, mcu % width * H + inner % H
            if row < rows and column < columns:
                return row, column
        return None


class TracedWord(NamedTuple):
    """A code word as it stands in the file, and the magnitude bits behind it."""

    byte: int  # offset in the file of the byte that holds its first bit
    bit: int  # which bit of that byte it is: 0 is the highest
    symbol: int  # SSSS for DC, RRRRSSSS for AC
    name: str
    code: str
    magnitude: str
    value: int  # DC difference or AC coefficient; 0 for a symbol without one
    place: int  # zig-zag place at which it ends, 0 .. 63; for an end of block the first one that it stands for


@dataclass(frozen=True, eq=False)
class BlockTrace:
    """What a decoder does to one block. All arrays ``(8, 8)`` are in natural order, vertical frequency first."""

    place: BlockPlace
    scans: list[Scan]  # those that have it
    words: list[TracedWord] | None  # None if progressive or arithmetic, or if restart markers are too odd to tell
    prediction: int | None  # of the DC coefficient; None where the words are
    difference: int | None  # what DC is more than that
    runs: list[tuple[int, int]]  # (zeros before it, value) of each AC coefficient that is not zero
    zigzag: NDArray[np.int16]  # (64,), the quantized coefficients as they are coded
    quantized: NDArray[np.int16]
    table: NDArray[np.uint16]
    dequantized: NDArray[np.int32]
    shifted: NDArray[np.int16]  # the inverse DCT
    samples: NDArray[Any]  # uint8, 128 more; of 12 bits uint16, 2048 more


def trace_block(
    data: Any, row: int, column: int, *, component: str = "1", max_pixels: int | None = MAX_PIXELS
) -> BlockTrace:
    """Follow one block of a file from its bits to samples.

    ``data`` is the file: its bytes (any buffer), a path, or a binary file object. ``row`` and ``column`` count the
    component's blocks from 0; ``component`` is its number from 1 as a string, or its name: "Y", "Cb" or "Cr";
    ``max_pixels`` is that of :func:`numjpeg.decode`. FormatError, UnsupportedError for the data; ValueError,
    TypeError for the other arguments.
    """
    file = read_bytes(data)
    coefficients = read_coefficients(file, max_pixels=max_pixels)
    structure = read_structure(file)
    frame = structure.require_frame()
    index, name = _find_component(frame, structure.colorspace, component)
    scans = [scan for scan in structure.scans if index in scan.indices]
    if not scans:
        raise ValueError(f"component: the file has no scan of {name}")
    place = BlockPlace(frame, index, name, scans[-1], row, column)
    quantized = coefficients.planes[index][row, column]
    sequence = zigzag(quantized)
    nonzero = [0, *(np.flatnonzero(sequence[1:]) + 1).tolist()]  # and DC
    words = prediction = difference = None
    if not frame.progressive and not frame.arithmetic:
        before = place.predictor()
        prediction = 0 if before is None else int(coefficients.planes[index][before][0, 0])
        difference = int(sequence[0]) - prediction
        words = _read_words(bits.unstuff(file, place.scan.start, place.scan.end), place)
        coded = {word.place: word.value for word in words if word.magnitude or not word.place}
        if coded != {**dict(zip(nonzero, sequence[nonzero].tolist(), strict=True)), 0: difference}:
            words = prediction = difference = None  # restart markers are not where the standard wants them
    table = coefficients.quantization_table(index)
    dequantized = dequantize(quantized, table)
    shifted = idct(dequantized, precision=frame.precision)
    samples = inverse_level_shift(shifted, frame.precision)
    runs = [(k - before - 1, int(sequence[k])) for before, k in pairwise(nonzero)]
    arrays = (sequence, quantized, table, dequantized, shifted, samples)
    return BlockTrace(place, scans, words, prediction, difference, runs, *arrays)


def component_names(frame: Frame, colorspace: str) -> list[str]:
    """The name of each component, as :func:`trace_block` takes it; numbers where the colour space has no names."""
    return _NAMES.get(colorspace, "").split() or [str(i + 1) for i in range(len(frame.components))]


def _find_component(frame: Frame, colorspace: str, component: str) -> tuple[int, str]:
    """Number from 0 and name of a component that a caller names by either; ValueError if there is none."""
    names = component_names(frame, colorspace)
    if component in ("Y", "Cb", "Cr") and component in names and colorspace != "CMYK":  # Y is yellow there
        return names.index(component), component
    if component.isdigit() and 1 <= int(component) <= len(names):
        return int(component) - 1, names[int(component) - 1]
    known = ", ".join(f"{i} ({name})" for i, name in enumerate(names, 1))
    raise ValueError(f"component: {component!r} is none of {known}")


# --- code words ------------------------------------------------------------------------------------------


def _read_words(payload: bits.Payload, place: BlockPlace) -> list[TracedWord]:
    """The code words of a block of a sequential scan that has been found sound; ``payload`` is the scan's data.

    The words before it, from the last restart marker on, are passed over one by one: nothing else tells where a
    block begins.
    """
    data, scan = payload.data.tobytes(), place.scan
    tables = _tables(scan)
    mcu, block = place.number_in_mcu()
    block += sum(V * H for V, H in scan.factors[: scan.indices.index(place.index)])
    interval, mcu = divmod(mcu, scan.restart_interval) if scan.restart_interval else (0, mcu)
    ends = [8 * int(payload.starts[interval])]
    for number in range(mcu * len(tables) + block + 1):
        ends = _word_bounds(data, ends[-1], tables[number % len(tables)])
    words: list[TracedWord] = []
    reached = 0
    for start, end in pairwise(ends):
        symbols, lengths = tables[block][bool(words)]
        window = _window(data, start)
        symbol, length = symbols[window], lengths[window]
        text = f"{int.from_bytes(data[start >> 3 : (start >> 3) + 5], 'big'):040b}"[start & 7 :][: end - start]
        magnitude = text[length:]
        # EXTEND (F.2.2.1): a first bit of 0 says that the value is negative.
        value = int(magnitude or "0", 2) - ((1 << len(magnitude)) - 1 if magnitude[:1] == "0" else 0)
        if words:
            reached += 1 if _ends_block(symbol) else (symbol >> 4) + 1
        name = _symbol_name(symbol, dc=not words)
        byte = payload.file_offset(start >> 3)
        words.append(TracedWord(byte, start & 7, symbol, name, text[:length], magnitude, value, reached))
    return words


def _symbol_name(symbol: int, dc: bool) -> str:
    """What a symbol of a DC or an AC table stands for (F.1.2.1, F.1.2.2.1)."""
    if dc:
        return f"DC, category {symbol}"
    if symbol in (END_OF_BLOCK, ZERO_RUN):
        return "ZRL (16 zeros)" if symbol else "EOB"
    run, category = symbol >> 4, symbol & 15
    return f"AC, run/category {run}/{category}" if category else f"EOB, by run/category {run}/0"


def block_bounds(payload: bits.Payload, scan: Scan) -> NDArray[np.int64]:
    """Where every block of a sequential scan that has been found sound begins and ends: ``(MCUs, blocks, 2)``.

    In bits of the scan's data without stuffing, which ``payload`` holds. One code word after the other is read,
    about 1 us each.
    """
    data = payload.data.tobytes()
    tables = _tables(scan)
    total = scan.mcus[0] * scan.mcus[1]
    step = scan.restart_interval or total
    edges: list[int] = []
    for start, first in zip(payload.starts.tolist(), range(0, total, step), strict=False):
        p = 8 * start
        for _ in range(min(step, total - first)):
            for block_tables in tables:
                edges.append(p)
                p = _word_bounds(data, p, block_tables)[-1]
                edges.append(p)
    bounds = np.array(edges, np.int64).reshape(-1, len(tables), 2)
    # Restart markers that are missing leave blocks that nothing can be said of.
    return np.pad(bounds, ((0, total - len(bounds)), (0, 0), (0, 0)))


def _tables(scan: Scan) -> list[_Tables]:
    """The tables of each block of an MCU."""
    lookups = map(huffman_lookup, scan_tables(scan))
    tables = [(lookup.symbol.tolist(), lookup.length.tolist()) for lookup in lookups]
    return [tables[2 * c : 2 * c + 2] for c in block_component(scan.factors).tolist()]


def _word_bounds(data: bytes, p: int, tables: _Tables) -> list[int]:
    """The bits at which the words of the block at bit ``p`` begin, and the bit behind the last of them."""
    bounds, k = [p], 0
    symbols, lengths = tables[0]
    while k < 64:
        window = _window(data, p)
        symbol = symbols[window]
        p += lengths[window] + (symbol & 15)
        bounds.append(p)
        k += 64 if k and _ends_block(symbol) else (symbol >> 4) + 1
        symbols, lengths = tables[1]
    return bounds


def _ends_block(symbol: int) -> bool:
    """Whether an AC symbol does: as libjpeg, category 0 with any run but 15."""
    return not symbol & 15 and symbol != ZERO_RUN


def _window(data: bytes, p: int) -> int:
    """The 16 bits from bit ``p`` on."""
    return int.from_bytes(data[p >> 3 : (p >> 3) + 3], "big") >> (8 - (p & 7)) & 0xFFFF
