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
from numjpeg.container.frame import Frame, Scan
from numjpeg.container.structure import read_structure
from numjpeg.entropy import bits
from numjpeg.entropy.shared import scan_tables
from numjpeg.sources import read_bytes
from numjpeg.stages.dct import idct
from numjpeg.stages.huffman import ZERO_RUN, huffman_lookup
from numjpeg.stages.level_shift import inverse_level_shift
from numjpeg.stages.mcu_order import block_component
from numjpeg.stages.quantization import dequantize
from numjpeg.stages.zigzag import zigzag
from numjpeg.tools.explain.block_place import BlockPlace, check_block
from numjpeg.tools.explain.text import symbol_name

_NAMES = {"GRAY": "Y", "YCbCr": "Y Cb Cr", "RGB": "R G B", "CMYK": "C M Y K", "YCCK": "Y Cb Cr K"}

_Tables = list[tuple[list[int], list[int]]]
"""For DC and for AC: the symbols of all 16-bit windows, and the lengths of their codes."""


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
    place : where the block lies; ``place.row`` and ``place.column`` count the component's blocks.
    scans : those that have it.
    words : code words of a sequential file; None of a progressive one, whose bits stand in several scans, and
        where restart markers are so odd that they cannot be told.
    prediction, difference : of the DC coefficient, which is their sum; None where ``words`` is.
    runs : (zeros before it, value) of each AC coefficient that is not zero.
    zigzag : int16 ``(64,)``, the quantized coefficients as they are coded.
    quantized : int16. table : uint16. dequantized : int32.
    shifted : int16, the inverse DCT. samples : uint8, 128 more; of 12 bits uint16, 2048 more.
    """

    component: str
    place: BlockPlace
    scans: list[Scan]
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

    @property
    def pixels(self) -> tuple[int, int, int, int]:
        """(top, left, height, width) of the pixels it stands for; the picture may end inside them."""
        h, v = self.place.ratio
        return 8 * v * self.place.row, 8 * h * self.place.column, 8 * v, 8 * h


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
    file = read_bytes(data)
    coefficients = read_coefficients(file, max_pixels=max_pixels)
    structure = read_structure(file)
    frame = structure.require_frame()
    index, name = _find_component(frame, structure.colorspace, component)
    check_block(frame, index, row, column, name)
    scans = [scan for scan in structure.scans if index in scan.indices]
    if not scans:
        raise ValueError(f"component: the file has no scan of {name}")
    place = BlockPlace(frame, index, scans[-1], row, column)
    quantized = coefficients.planes[index][row, column]
    sequence = zigzag(quantized)
    words = prediction = difference = None
    if not frame.progressive and not frame.arithmetic:
        before = place.predictor_block()
        prediction = 0 if before is None else int(coefficients.planes[index][before][0, 0])
        difference = int(sequence[0]) - prediction
        words = _read_words(bits.unstuff(file, place.scan.start, place.scan.end), place)
        if words[0].value != difference or _runs_of_words(words[1:]) != _runs(sequence):
            words = prediction = difference = (
                None  # only where restart markers are not where the standard wants them
            )
    table = coefficients.quantization_table(index)
    dequantized = dequantize(quantized, table)
    shifted = idct(dequantized, precision=frame.precision)
    return BlockTrace(
        name,
        place,
        scans,
        words,
        prediction,
        difference,
        _runs(sequence),
        sequence,
        quantized,
        table,
        dequantized,
        shifted,
        inverse_level_shift(shifted, frame.precision),
    )


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


def _runs(sequence: NDArray[np.int16]) -> list[tuple[int, int]]:
    """(zeros before it, value) of each AC coefficient of a zig-zag sequence that is not zero."""
    places = [0, *(int(k) for k in np.flatnonzero(sequence[1:]) + 1)]
    return [(k - before - 1, int(sequence[k])) for before, k in pairwise(places)]


def _runs_of_words(ac: list[TracedWord]) -> list[tuple[int, int]]:
    """The same, as the code words tell it; runs of 16 zeros are joined to what follows them."""
    coded = [word for word in ac if word.symbol & 15]
    places = [0, *(word.place for word in coded)]
    return [(k - before - 1, word.value) for (before, k), word in zip(pairwise(places), coded, strict=True)]


# --- code words ------------------------------------------------------------------------------------------


def _read_words(payload: bits.Payload, place: BlockPlace) -> list[TracedWord]:
    """The code words of a block of a sequential scan that has been found sound; ``payload`` is the scan's data.

    The words before it, from the last restart marker on, are passed over one by one: nothing else tells where a
    block begins.
    """
    data, scan = payload.data.tobytes(), place.scan
    tables = _tables(scan)
    mcu, block = place.number_in_scan()
    interval = mcu // scan.restart_interval if scan.restart_interval else 0
    first = interval * scan.restart_interval
    bounds = [8 * int(payload.starts[interval])]
    for number in range((mcu - first) * len(tables) + block + 1):
        bounds = _word_bounds(data, bounds[-1], tables[number % len(tables)])
    found: list[TracedWord] = []
    reached = 0
    for start, end in pairwise(bounds):
        symbols, lengths = tables[block][bool(found)]
        window = _window(data, start)
        symbol, length = symbols[window], lengths[window]
        text = f"{int.from_bytes(data[start >> 3 : (start >> 3) + 5], 'big'):040b}"[start & 7 :][: end - start]
        magnitude = text[length:]
        # EXTEND (F.2.2.1): a first bit of 0 says that the value is negative.
        value = int(magnitude or "0", 2) - ((1 << len(magnitude)) - 1 if magnitude[:1] == "0" else 0)
        if found:
            reached += 1 if _ends_block(symbol) else (symbol >> 4) + 1
        name = symbol_name(symbol, dc=not found)
        byte = payload.file_offset(start >> 3)
        found.append(TracedWord(byte, start & 7, symbol, name, text[:length], magnitude, value, reached))
    return found


def block_bounds(payload: bits.Payload, scan: Scan) -> NDArray[np.int64]:
    """Where every block of a sequential scan that has been found sound begins and ends: ``(MCUs, blocks, 2)``.

    In bits of the scan's data without stuffing, which ``payload`` holds. One code word after the other is read,
    about 1 us each.
    """
    data = payload.data.tobytes()
    tables = _tables(scan)
    total = scan.mcus[0] * scan.mcus[1]
    step = scan.restart_interval or total
    found: list[int] = []
    for start, first in zip(payload.starts.tolist(), range(0, total, step), strict=False):
        p = 8 * start
        for _ in range(min(step, total - first)):
            for own in tables:
                found.append(p)
                p = _word_bounds(data, p, own)[-1]
                found.append(p)
    bounds = np.array(found, np.int64).reshape(-1, len(tables), 2)
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
