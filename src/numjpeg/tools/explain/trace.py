"""Follow one block of a file from its bits to samples: code words and arrays.

The code words are read from the file, not encoded again, and each has its place in the file.
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

# For DC, then for AC: the symbol whose code begins each 16-bit window, and the length of this code.
_Tables = list[tuple[list[int], list[int]]]


@dataclass(frozen=True)
class BlockPlace:
    """A block's row and column in the frame's component ``index``, which is called ``name``, and one of its scans.

    ValueError if the component has no such block.
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
        """(h, v): how many pixels across and down one sample of the component covers."""
        return self.frame.H_max // self.component.H, self.frame.V_max // self.component.V

    @property
    def factors(self) -> tuple[int, int]:
        """(V, H): rows and columns of the component's blocks in an MCU of the scan."""
        return self.scan.factors[self.scan.indices.index(self.index)]

    def heading(self, more: str = "") -> str:
        """Say which block this is, add ``more`` about it, and say which pixels it covers."""
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
        """The number of the block's MCU in the scan, and its number among the component's blocks there (A.2)."""
        V, H = self.factors
        return self.row // V * self.scan.mcus[1] + self.column // H, self.row % V * H + self.column % H

    def predictor(self) -> tuple[int, int] | None:
        """The block whose DC coefficient predicts that of this one (F.1.1.5.1); None if the prediction is 0.

        That is the component's previous block in the restart interval. Blocks that only fill up an MCU are passed
        over, since each repeats the DC coefficient of the block before it.
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
    """A code word as it stands in the file, and the magnitude bits that follow it."""

    byte: int  # offset in the file of the byte that holds the first bit
    bit: int  # which bit of that byte is the first one; 0 is the highest
    symbol: int  # SSSS for DC, RRRRSSSS for AC
    name: str
    code: str
    magnitude: str
    value: int  # DC difference or AC coefficient; 0 for a symbol without a value
    place: int  # zig-zag place, 0 .. 63, of the last coefficient coded here; for EOB, of its first zero


@dataclass(frozen=True, eq=False)
class BlockTrace:
    """What a decoder does to one block. All arrays ``(8, 8)`` are in natural order, vertical frequency first."""

    place: BlockPlace
    scans: list[Scan]  # all scans of the block's component
    words: list[TracedWord] | None  # None if progressive or arithmetic, or if restart markers are misplaced
    prediction: int | None  # of the DC coefficient; None if ``words`` is None
    difference: int | None  # the DC coefficient minus the prediction; None if ``words`` is None
    runs: list[tuple[int, int]]  # for each nonzero AC coefficient: (zeros before it, its value)
    zigzag: NDArray[np.int16]  # (64,), the quantized coefficients in the order in which they are coded
    quantized: NDArray[np.int16]
    table: NDArray[np.uint16]
    dequantized: NDArray[np.int32]
    shifted: NDArray[np.int16]  # the inverse DCT of ``dequantized``
    samples: NDArray[Any]  # ``shifted`` plus 128, as uint8; at 12 bits a sample plus 2048, as uint16


def trace_block(
    data: Any, row: int, column: int, *, component: str = "1", max_pixels: int | None = MAX_PIXELS
) -> BlockTrace:
    """Follow one block of a file from its bits to samples.

    ``data`` is the file: its bytes (any buffer), a path, or a binary file object. ``row`` and ``column`` count the
    component's blocks from 0; ``component`` is its number from 1 as a string, or its name: "Y", "Cb" or "Cr";
    ``max_pixels`` is that of :func:`numjpeg.decode`. Raises FormatError or
    UnsupportedError for the data, ValueError or TypeError for the other arguments.
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
    nonzero = [0, *(np.flatnonzero(sequence[1:]) + 1).tolist()]  # DC counts as nonzero
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
    """Index (from 0) and name of the component that a caller gives by number or name; ValueError if none is."""
    names = component_names(frame, colorspace)
    if component in ("Y", "Cb", "Cr") and component in names and colorspace != "CMYK":  # Y of CMYK is yellow
        return names.index(component), component
    if component.isdigit() and 1 <= int(component) <= len(names):
        return int(component) - 1, names[int(component) - 1]
    known = ", ".join(f"{i} ({name})" for i, name in enumerate(names, 1))
    raise ValueError(f"component: {component!r} is none of {known}")


# --- code words ------------------------------------------------------------------------------------------


def _read_words(payload: bits.Payload, place: BlockPlace) -> list[TracedWord]:
    """Read the code words of a block of a sequential scan without faults; ``payload`` is the scan's data.

    Nothing in the file tells where a block begins, so reading starts at the last restart marker, and all words
    before the block are passed over one by one.
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
    """Say what a symbol of a DC or an AC table stands for (F.1.2.1, F.1.2.2.1)."""
    if dc:
        return f"DC, category {symbol}"
    if symbol in (END_OF_BLOCK, ZERO_RUN):
        return "ZRL (16 zeros)" if symbol else "EOB"
    run, category = symbol >> 4, symbol & 15
    return f"AC, run/category {run}/{category}" if category else f"EOB, by run/category {run}/0"


def block_bounds(payload: bits.Payload, scan: Scan) -> NDArray[np.int64]:
    """Where every block of a sequential scan without faults begins and ends: ``(MCUs, blocks, 2)``.

    Bits are counted in ``payload``, the scan's data without stuffing. The code words are read one by one, which
    takes about 1 us each. Blocks that are missing at the end of the scan have bounds of 0.
    """
    data = payload.data.tobytes()
    tables = _tables(scan)
    total = scan.mcus[0] * scan.mcus[1]
    step = scan.restart_interval or total
    edges: list[int] = []
    for start, first in zip(payload.starts.tolist(), range(0, total, step), strict=False):
        position = 8 * start
        for _ in range(min(step, total - first)):
            for block_tables in tables:
                end = _word_bounds(data, position, block_tables)[-1]
                edges += [position, end]
                position = end
    bounds = np.array(edges, np.int64).reshape(-1, len(tables), 2)
    return np.pad(bounds, ((0, total - len(bounds)), (0, 0), (0, 0)))


def _tables(scan: Scan) -> list[_Tables]:
    """The DC and AC tables of each block of an MCU."""
    lookups = map(huffman_lookup, scan_tables(scan))
    tables = [(lookup.symbol.tolist(), lookup.length.tolist()) for lookup in lookups]
    return [tables[2 * c : 2 * c + 2] for c in block_component(scan.factors).tolist()]


def _word_bounds(data: bytes, position: int, tables: _Tables) -> list[int]:
    """The bits at which the words of the block at bit ``position`` begin, and the bit after the last word."""
    bounds, k = [position], 0
    symbols, lengths = tables[0]
    while k < 64:
        window = _window(data, position)
        symbol = symbols[window]
        position += lengths[window] + (symbol & 15)
        bounds.append(position)
        k += 64 if k and _ends_block(symbol) else (symbol >> 4) + 1
        symbols, lengths = tables[1]
    return bounds


def _ends_block(symbol: int) -> bool:
    """Whether an AC symbol ends the block. As in libjpeg, category 0 does so with any run but 15."""
    return not symbol & 15 and symbol != ZERO_RUN


def _window(data: bytes, position: int) -> int:
    """The 16 bits from bit ``position`` on."""
    byte, bit = position >> 3, position & 7
    return int.from_bytes(data[byte : byte + 3], "big") >> 8 - bit & 0xFFFF
