"""One block of a file from its bits to samples: the text of ``numjpeg block FILE.jpg``.

Nothing is encoded: the code words are those of the file, with the places at which they stand in it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficient_files.reader import read_coefficients
from numjpeg.coefficients import Coefficients
from numjpeg.container.frame import Frame, Scan
from numjpeg.container.structure import read_structure
from numjpeg.entropy import bits
from numjpeg.sources import read_bytes
from numjpeg.stages.dct import idct
from numjpeg.stages.huffman import ZERO_RUN, huffman_lookup
from numjpeg.stages.level_shift import inverse_level_shift
from numjpeg.stages.mcu_order import block_component
from numjpeg.stages.quantization import dequantize
from numjpeg.stages.zigzag import zigzag
from numjpeg.tools.explain.block_place import BlockPlace, check_block
from numjpeg.tools.explain.text import ac_symbol_name, bits_step, matrix, step, table_name, wrap

_NAMES = {"GRAY": "Y", "YCbCr": "Y Cb Cr", "RGB": "R G B", "CMYK": "C M Y K", "YCCK": "Y Cb Cr K"}


class Word(NamedTuple):
    """A code word, and the magnitude bits behind it."""

    byte: int
    """Offset in the file of the byte that holds its first bit."""
    bit: int
    """Which bit of that byte it is: 0 is the highest."""
    symbol: int
    code: str
    magnitude: str

    @property
    def value(self) -> int:
        """The difference or coefficient (F.2.2.1, EXTEND): a first bit of 0 says that it is negative."""
        number = int(self.magnitude or "0", 2)
        return number if self.magnitude[:1] != "0" else number - (1 << len(self.magnitude)) + 1


def describe_file_block(
    data: Any, row: int, column: int, *, component: str = "1", max_pixels: int | None = None
) -> str:
    """Take one block of a file from its bits to samples, with every step in print.

    Parameters
    ----------
    data : the file: its bytes (any buffer), a path, or a binary file object.
    row, column : which block of the component, counted in blocks from 0.
    component : its number from 1 as a string, or its name: "Y", "Cb" or "Cr".
    max_pixels : as of :func:`numjpeg.decode`; None for no limit.

    Returns
    -------
    Text, without a newline at the end. The bits of a progressive file's block stand in several scans: then it
    says what each of them sends.

    Raises
    ------
    FormatError, UnsupportedError for the data; ValueError for the other arguments.
    """
    block = find_block(data, row, column, component, max_pixels)
    place, frame = block.place, block.place.frame
    rows, columns = frame.block_size(place.component)
    what = f"component {block.name} ({rows} rows of {columns} blocks)"
    title = f"Block row {row}, column {column} of {what} of this file."
    coding = _scan_steps(block) if frame.progressive or frame.arithmetic else _bit_steps(block)
    return "\n\n".join([f"{title}\n{place.where()}", *coding, *_sample_steps(block)])


class FileBlock(NamedTuple):
    """A block of a file. Arrays ``(8, 8)`` are in natural order, vertical frequency first."""

    place: BlockPlace
    name: str
    """The name of its component."""
    scans: list[Scan]
    """Those that have it."""
    words: list[Word] | None
    """Its code words in a sequential file; None in others, and where restart markers are so odd that nothing can
    be told."""
    prediction: int
    """Of the DC coefficient."""
    quantized: NDArray[np.int16]
    table_number: int
    table: NDArray[np.uint16]
    dequantized: NDArray[np.int32]
    shifted: NDArray[np.int16]
    """The inverse DCT."""
    samples: NDArray[Any]

    @property
    def sequence(self) -> NDArray[np.int16]:
        """The quantized coefficients ``(64,)`` in zig-zag order."""
        return zigzag(self.quantized)


def find_block(data: Any, row: int, column: int, component: str, max_pixels: int | None) -> FileBlock:
    """A block of a file, with the parameters and errors of :func:`describe_file_block`."""
    file = read_bytes(data)
    coefficients = read_coefficients(file, max_pixels=max_pixels)
    structure = read_structure(file)
    frame = structure.require_frame()
    index, name = find_component(frame, structure.colorspace, component)
    check_block(frame, index, row, column, name)
    scans = [scan for scan in structure.scans if index in scan.indices]
    if not scans:
        raise ValueError(f"component: the file has no scan of {name}")
    place = BlockPlace(frame, index, scans[-1], row, column)
    prediction = predictor(coefficients, place)
    quantized = coefficients.planes[index][row, column]
    words = None
    if not frame.progressive and not frame.arithmetic:
        payload = bits.unstuff(file, place.scan.start, place.scan.end)
        words = read_words(payload, place.scan, *number_in_scan(place))
        sequence = zigzag(quantized)
        if words[0].value != sequence[0] - prediction or run_lengths(words[1:]) != nonzero(sequence):
            words = None  # only where restart markers are not where the standard wants them
    table = coefficients.quantization_table(index)
    dequantized = dequantize(quantized, table)
    shifted = idct(dequantized, precision=frame.precision)
    samples = inverse_level_shift(shifted, frame.precision)
    number = coefficients.components[index].Tq
    return FileBlock(
        place, name, scans, words, prediction, quantized, number, table, dequantized, shifted, samples
    )


def find_component(frame: Frame, colorspace: str, component: str) -> tuple[int, str]:
    """Number from 0 and name of a component that a caller names by either; ValueError if there is none."""
    names = _NAMES.get(colorspace, "").split() or [str(i + 1) for i in range(len(frame.components))]
    if component in ("Y", "Cb", "Cr") and colorspace in ("GRAY", "YCbCr", "YCCK") and component in names:
        return names.index(component), component
    if component.isdigit() and 1 <= int(component) <= len(names):
        return int(component) - 1, names[int(component) - 1]
    known = ", ".join(f"{i} ({name})" for i, name in enumerate(names, 1))
    raise ValueError(f"component: {component!r} is none of {known}")


# --- sequential files ------------------------------------------------------------------------------------


def _bit_steps(block: FileBlock) -> list[str]:
    place, words, sequence, before = block.place, block.words, block.sequence, block.prediction
    if words is None:
        return ["The bits of this block cannot be told from those around it: the scan's restart markers are odd."]
    dc, ac = words[0], words[1:]
    scan = place.scan
    component = scan.components[scan.indices.index(place.index)]
    tables = [scan.huffman_tables[0, component.Td], scan.huffman_tables[1, component.Ta]]
    lines = [f"  {'byte.bit':<14}{'symbol':<24}{'value':>6}  {'code word':<18}magnitude bits"]
    for i, word in enumerate(words):
        where = f"{word.byte}.{word.bit}"
        name = ac_symbol_name(word.symbol) if i else f"DC, category {word.symbol}"
        value = word.value if word.magnitude or not i else ""
        lines.append(f"  {where:<14}{name:<24}{value:>6}  {word.code:<18}{word.magnitude}".rstrip())
    stream = "".join(word.code + word.magnitude for word in words)
    runs = [f"({run}, {value})" for run, value in run_lengths(ac)]
    if sequence[63] == 0:
        runs.append("EOB")
    return [
        bits_step(
            "Huffman coding (F.2.2): the bits as they stand in the file",
            "The symbol is the category (bits of the magnitude), or run/category. Bit 0 is a byte's highest; the\n"
            "zero byte after an FF is left out (B.1.1.5).",
            f"DC {component.Td}, {table_name(tables[0])}; AC {component.Ta}, {table_name(tables[1])}",
            lines,
            stream,
        ),
        step(
            "DC prediction (F.2.2.1)",
            f"{before} of the block before it in the scan, plus the difference {dc.value}, is {sequence[0]}."
            if has_predictor(place)
            else f"The prediction is 0, at the start of a scan or restart interval: {sequence[0]}.",
        ),
        step("Run-length coding of the AC coefficients (F.2.2.2): (zeros before it, value)", wrap(runs)),
    ]


def read_words(payload: bits.Payload, scan: Scan, mcu: int, block: int) -> list[Word]:
    """The code words of a block of a scan that has been found sound.

    The words before it, from the last restart marker on, are passed over one by one: nothing else tells where a
    block begins.

    Parameters
    ----------
    payload : the scan's data. scan : of a sequential process.
    mcu, block : number of the MCU in the scan, and of the block in the MCU.
    """
    data = payload.data.tobytes()
    blocks = _lookups(scan)
    interval = mcu // scan.restart_interval if scan.restart_interval else 0
    p = 8 * int(payload.starts[interval])
    first = interval * scan.restart_interval
    starts: list[int] = []
    for number in range((mcu - first) * len(blocks) + block + 1):
        dc, ac = blocks[number % len(blocks)]
        starts.clear()
        k = 0
        while k < 64:
            starts.append(p)
            symbols, lengths = ac if k else dc
            window = _window(data, p)
            symbol = symbols[window]
            p += lengths[window] + (symbol & 15)
            # As libjpeg, category 0 ends the block with any run but 15.
            k += 64 if k and not symbol & 15 and symbol != ZERO_RUN else (symbol >> 4) + 1
    found: list[Word] = []
    for start, end in zip(starts, [*starts[1:], p], strict=True):
        symbols, lengths = ac if found else dc
        window = _window(data, start)
        text = f"{int.from_bytes(data[start >> 3 : (start >> 3) + 5], 'big'):040b}"[start & 7 :][: end - start]
        found.append(
            Word(
                payload.file_offset(start >> 3),
                start & 7,
                symbols[window],
                text[: lengths[window]],
                text[lengths[window] :],
            )
        )
    return found


def block_bounds(payload: bits.Payload, scan: Scan) -> NDArray[np.int64]:
    """Where every block of a scan that has been found sound begins and ends: ``(MCUs, blocks an MCU, 2)``.

    In bits of the scan's data without stuffing. One code word after the other is read, about 1 us each; the
    arguments are those of :func:`read_words`.
    """
    data = payload.data.tobytes()
    blocks = _lookups(scan)
    total = scan.mcus[0] * scan.mcus[1]
    step = scan.restart_interval or total
    found: list[int] = []
    for start, first in zip(payload.starts.tolist(), range(0, total, step), strict=False):
        p = 8 * start
        for _ in range(min(step, total - first)):
            for dc, ac in blocks:
                found.append(p)
                symbols, lengths = dc
                k = 0
                while k < 64:
                    window = int.from_bytes(data[p >> 3 : (p >> 3) + 3], "big") >> (8 - (p & 7)) & 0xFFFF
                    symbol = symbols[window]
                    p += lengths[window] + (symbol & 15)
                    k += 64 if k and not symbol & 15 and symbol != ZERO_RUN else (symbol >> 4) + 1
                    symbols, lengths = ac
                found.append(p)
    bounds = np.array(found, np.int64).reshape(-1, len(blocks), 2)
    # Restart markers that are missing leave blocks that nothing can be said of.
    return np.pad(bounds, ((0, total - len(bounds)), (0, 0), (0, 0)))


def _lookups(scan: Scan) -> list[list[tuple[list[int], list[int]]]]:
    """For each block of an MCU, (symbols, lengths) of 16-bit windows for DC and AC."""
    return [
        [
            (lookup[0].tolist(), lookup[1].tolist())
            for kind, number in ((0, scan.components[i].Td), (1, scan.components[i].Ta))
            for lookup in [huffman_lookup(scan.huffman_tables[kind, number])]
        ]
        for i in block_component(scan.factors).tolist()
    ]


def _window(data: bytes, p: int) -> int:
    """The 16 bits from bit ``p`` on."""
    return int.from_bytes(data[p >> 3 : (p >> 3) + 3], "big") >> (8 - (p & 7)) & 0xFFFF


def number_in_scan(place: BlockPlace) -> tuple[int, int]:
    """Number of the block's MCU in the scan, and of the block in the MCU (A.2)."""
    scan, which = place.scan, place.scan.indices.index(place.index)
    V, H = scan.factors[which]
    before = sum(v * h for v, h in scan.factors[:which])
    mcu = place.row // V * scan.mcus[1] + place.column // H
    return mcu, before + place.row % V * H + place.column % H


def has_predictor(place: BlockPlace) -> bool:
    """Whether a block of the component comes before this one in its restart interval."""
    previous = place.previous()
    if previous is None:
        return False
    mcu, _ = number_in_scan(place)
    before, _ = number_in_scan(BlockPlace(place.frame, place.index, place.scan, *previous))
    interval = place.scan.restart_interval
    return not interval or mcu // interval == before // interval


def predictor(coefficients: Coefficients, place: BlockPlace) -> int:
    """What a block's DC coefficient is predicted by (F.1.1.5.1)."""
    previous = place.previous()
    if previous is None or not has_predictor(place):
        return 0
    return int(coefficients.planes[place.index][previous][0, 0])


def run_lengths(ac: list[Word]) -> list[tuple[int, int]]:
    """(zeros before it, value) of each coefficient; runs of 16 zeros are joined to what follows them."""
    found, zeros = [], 0
    for word in ac:
        if word.symbol == ZERO_RUN:
            zeros += 16
        elif word.symbol & 15:
            found.append((zeros + (word.symbol >> 4), word.value))
            zeros = 0
    return found


def nonzero(sequence: NDArray[np.int16]) -> list[tuple[int, int]]:
    """The same, of a zig-zag sequence."""
    places = [0, *(int(k) for k in np.flatnonzero(sequence[1:]) + 1)]
    return [(k - before - 1, int(sequence[k])) for before, k in pairwise(places)]


# --- progressive files -----------------------------------------------------------------------------------


def _scan_steps(block: FileBlock) -> list[str]:
    sequence = block.sequence.astype(int)
    lines = [f"  {'byte':<10}{'coefficients':<14}{'bits':<20}what the block then holds of them"]
    for scan in block.scans:
        band = sequence[scan.Ss : scan.Se + 1]
        # G.1.2.1: DC is shifted, so that it is rounded down; AC is divided, so that it is rounded towards zero.
        known = band >> scan.Al if scan.Ss == 0 else np.sign(band) * (np.abs(band) >> scan.Al)
        sent = f"bit {scan.Al} more" if scan.Ah else f"all but the low {scan.Al}" if scan.Al else "all"
        places = [f"{scan.Ss + k}: {known[k] << scan.Al}" for k in np.flatnonzero(known).tolist()]
        lines.append(
            f"  {scan.start:<10}{f'{scan.Ss} to {scan.Se}':<14}{sent:<20}"
            + (", ".join(places[:8]) + (f" and {len(places) - 8} more" if len(places) > 8 else "") or "nothing")
        )
    return [
        step(
            "Progressive coding (Annex G): the block's bits stand in several scans",
            "Coefficients are numbered in zig-zag order; bits are counted from the lowest, bit 0.",
            "\n".join(lines),
        )
    ]


# --- coefficients to samples -----------------------------------------------------------------------------


def _sample_steps(block: FileBlock) -> list[str]:
    h, v = block.place.ratio
    added = block.place.frame.mid_level
    return [
        step("Zig-zag sequence (A.3.6; stages.zigzag)", matrix(block.sequence.reshape(8, 8))),
        step(
            "Quantized coefficients: vertical frequency downwards, horizontal to the right",
            matrix(block.quantized),
        ),
        step(f"Quantization table {block.table_number}", matrix(block.table)),
        step(
            "Dequantized (A.3.4; stages.quantization.dequantize): multiplied by the table",
            matrix(block.dequantized),
        ),
        step("Inverse DCT (A.3.3; stages.dct.idct)", matrix(block.shifted)),
        step(
            f"Samples: {added} is added (A.3.1; stages.level_shift.inverse_level_shift)",
            matrix(block.samples),
            f"Each stands for {h} x {v} pixels: upsampling comes next (stages.subsampling)." if h * v > 1 else "",
        ),
    ]
