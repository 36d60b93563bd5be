"""Scans of the lossless process with Huffman coding (T.81 H.2.2): bits -> samples.

A sample is coded as the category of its difference, a code word, and as many bits as the category says (H.1.2.2).
Only finding where each code word begins is serial (:meth:`LosslessReader.walk`). Whatever is wrong with the data
goes to a sink, and is read as libjpeg reads it (:mod:`numjpeg.entropy.intervals`), but by rows: where data are
missing, zero bits take their place up to the end of the row of MCUs. Rows from there up to the next restart
interval are mid-gray.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import cycle, islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.container.findings import LOSS, REMARK, Sink
from numjpeg.container.frame import Scan
from numjpeg.entropy import bits
from numjpeg.entropy.intervals import Intervals, first_of_intervals
from numjpeg.entropy.shared import ILLEGAL_BITS
from numjpeg.stages.huffman import HuffmanTable, huffman_lookup
from numjpeg.stages.lossless_prediction import lossless_samples
from numjpeg.stages.mcu_order import block_component, deinterleave

Ints = NDArray[np.int64]

WHOLE = 16  # the category of the difference 32768, which has no bits (H.1.2.2)
CHUNK = 1 << 16  # words that are walked over, or bytes looked up, at a time


class Piece(NamedTuple):
    """Code words of a restart interval that follow each other, ``(n,)`` each."""

    interval: int
    ends: Ints  # the bit after each code word and its difference, ascending
    differences: NDArray[np.uint16]  # modulo 2^16
    illegal: Ints  # the indices of the code words that the table does not have


class WordLengths(NamedTuple):
    """The code word with which each window of 16 bits begins, ``(65536,)`` each."""

    category: Ints
    code: Ints  # bits of the code word
    total: Ints  # bits of the code word and of the difference


@lru_cache(maxsize=16)
def word_lengths(table: HuffmanTable) -> WordLengths:
    """The categories and lengths for a table."""
    symbol, length = huffman_lookup(table)
    category = symbol.astype(np.int64)
    code = np.where(length == 0, ILLEGAL_BITS, length).astype(np.int64)
    lengths = WordLengths(category, code, code + np.where(category == WHOLE, 0, category))
    for array in lengths:
        array.setflags(write=False)
    return lengths


class LosslessReader(Intervals):
    """Reads the samples of a lossless scan, whatever its data."""

    clause = "H.2.2"
    least_bits = 1

    def __init__(self, data: bytes, scan: Scan, sink: Sink) -> None:
        super().__init__(data, scan, sink)
        tables = [scan.huffman_tables[0, c.Td] for c in scan.components]
        self.tables = [tables[c] for c in block_component(scan.factors)]  # of each sample of an MCU
        if len(set(self.tables)) == 1:
            self.tables = self.tables[:1]

    def samples_due(self, interval: int) -> int:
        """How many samples a restart interval has."""
        first = interval * self.interval_mcus
        return max(0, min(self.interval_mcus, self.total - first)) * self.scan.blocks_per_mcu

    def walk(self) -> Iterator[Piece]:
        """Find where code words begin, one by one, then the differences of many at once."""
        steps = [_word_steps(self.payload, table) for table in self.tables]
        most = CHUNK // len(steps) * len(steps)
        for interval in range(min(len(self.bounds) - 1, self.last_present + 1)):
            bit, bound, left = self.bounds[interval], self.bounds[interval + 1], self.samples_due(interval)
            while left and bit < bound:
                begins = []
                for step in islice(cycle(steps), min(left, most)):
                    if bit >= bound:
                        break
                    begins.append(bit)
                    bit += step[bit]
                left -= len(begins)
                at = np.array(begins, np.int64)
                windows = bits.windows_32(self.payload.data, at)
                code, total, differences = self._words(windows, np.arange(len(at)))
                yield Piece(interval, at + total, differences, np.flatnonzero(code == ILLEGAL_BITS))

    def _words(self, windows: NDArray[np.uint64], samples: Ints) -> tuple[Ints, Ints, NDArray[np.uint16]]:
        """DECODE, RECEIVE and EXTEND (F.2.2.1) for the 32 bits ahead of some samples of a scan. Returns the bits
        of each code word, the bits of word and difference together, and the differences modulo 2^16.
        """
        tables = [word_lengths(table) for table in self.tables]
        ahead = (windows >> np.uint64(16)).astype(np.int64)
        by_table = (np.stack(arrays) for arrays in zip(*tables, strict=True))
        category, code, total = (arrays[samples % len(tables), ahead] for arrays in by_table)
        value = windows.astype(np.int64) >> 32 - np.minimum(total, 32) & (1 << category) - 1
        difference = value - np.where(2 * value < 1 << category, (1 << category) - 1, 0)
        difference[category == WHOLE] = 1 << 15
        return code, total, difference.astype(np.uint16)

    def samples(self, pieces: Iterable[Piece]) -> list[NDArray[np.uint16]]:
        """Turn differences into samples, a plane for each component. Note what is wrong or missing."""
        per_mcu = self.scan.blocks_per_mcu
        differences = np.zeros(self.total * per_mcu, np.uint16)
        count = ceil_div(self.total, self.interval_mcus)
        read, end = np.zeros((2, count), np.int64)  # samples of each interval, and the bit after them
        for piece in pieces:
            interval, bound = piece.interval, self.bounds[piece.interval + 1]
            usable = int(np.searchsorted(piece.ends, bound, side="right"))
            first = interval * self.interval_mcus * per_mcu + int(read[interval])
            differences[first : first + usable] = piece.differences[:usable]
            for place in piece.illegal[:1][piece.illegal[:1] < usable].tolist():
                self.mcu, self.interval = (first + place) // per_mcu, interval
                self.note_wrong("no code begins like this", int(piece.ends[place]) - ILLEGAL_BITS)
            read[interval] += usable
            if usable:
                end[interval] = piece.ends[usable - 1]
        due = np.full(count, self.interval_mcus * per_mcu)
        due[-1] = self.samples_due(count - 1)
        self._note_ends(read, end, due)
        filled = self.fill_rows(differences, read, end, due)
        return self._planes(differences.reshape(self.total, per_mcu), filled // per_mcu)

    def fill_rows(self, differences: NDArray[np.uint16], read: Ints, end: Ints, due: Ints) -> Ints:
        """Let zero bits follow the data of each interval that is cut short, up to the end of its row of MCUs. As
        in libjpeg, a missing interval behind one that is cut short has no such row. Returns how many samples
        each interval has now; ``read`` are those that were read, up to bit ``end``, of ``due``.
        """
        per_mcu = self.scan.blocks_per_mcu
        short = read < due
        present = np.zeros(len(read), np.bool_)
        present[: len(self.present)] = self.present[: len(read)]
        ends_here = np.flatnonzero(short & (present | ~np.append(False, short[:-1])))
        row = self.scan.mcus[1] * per_mcu
        filled = read.copy()
        filled[ends_here] = np.minimum((read[ends_here] // row + 1) * row, due[ends_here])
        _, _, of_zeros = self._words(np.zeros(len(self.tables), np.uint64), np.arange(len(self.tables)))
        for interval in ends_here.tolist():
            of_interval = differences[interval * self.interval_mcus * per_mcu :][: int(filled[interval])]
            first = int(read[interval])
            of_interval[first:] = np.resize(np.roll(of_zeros, -first), len(of_interval) - first)
            if not present[interval]:
                continue
            # The code word in which the data end goes on with zeros.
            bit, bound = int(end[interval]) if first else self.bounds[interval], self.bounds[interval + 1]
            if bit < bound:
                zeros = np.uint64(max(0, 32 - (bound - bit)))
                window = bits.windows_32(self.payload.data, np.array([bit])) >> zeros << zeros
                _, _, of_interval[first : first + 1] = self._words(window, np.array([first]))
        return filled

    def _note_ends(self, read: Ints, end: Ints, due: Ints) -> None:
        """Note intervals that are cut short, and what is left over behind the others."""
        whole = np.flatnonzero(read == due)
        self.check_rests(whole, end[whole])
        for interval in np.flatnonzero(read < due).tolist():
            self.interval = interval
            self.mcu = interval * self.interval_mcus + int(read[interval]) // self.scan.blocks_per_mcu
            if interval < len(self.present) and self.present[interval]:
                self.note_wrong("data end too early", self.bounds[interval + 1])
            elif interval > self.last_present:
                offset = self.payload.file_offset(self.payload.size)
                first = self.mcu if self.cut_off else None
                self.note(f"data end too early in MCU {self.mcu}", offset, interval, kind=LOSS, first=first)
                self.finish()  # the rest of the scan is missing, too
                return

    def _planes(self, differences: NDArray[np.uint16], whole: Ints) -> list[NDArray[np.uint16]]:
        """The samples of each component. ``whole``: how many MCUs of each interval have differences."""
        scan, frame = self.scan, self.scan.frame
        rows, columns = scan.mcus
        height = self.interval_mcus // columns
        with_data = np.flatnonzero(whole)
        # An interval without data is mid-gray; below the last one with data, nothing has to be computed.
        bottom = min(rows, (int(with_data[-1]) + 1) * height) if len(with_data) else 0
        middle = frame.mid_level
        if not bottom:
            return [np.full(frame.sample_size(c), middle, np.uint16) for c in scan.components]
        planes = []
        of_components = deinterleave(differences[: bottom * columns, :, np.newaxis], columns, scan.factors)
        for component, (v, h), coded in zip(scan.components, scan.factors, of_components, strict=True):
            plane = np.empty((rows * v, columns * h), np.uint16)
            plane[bottom * v :] = middle
            regular = bottom // height * height
            for top, after in ((0, regular), (regular, bottom)):
                if top < after:
                    part = coded[top * v : after * v, :, 0].reshape(-1, min(height, after - top) * v, columns * h)
                    samples = lossless_samples(part, scan.Ss, middle >> scan.Al)
                    plane[top * v : after * v] = samples.reshape(-1, columns * h)
            plane[: bottom * v] <<= scan.Al
            for interval in np.flatnonzero(whole[: ceil_div(bottom, height)] < height * columns).tolist():
                part = plane[interval * height * v :][: height * v]
                row, column = divmod(int(whole[interval]), columns)
                part[row * v : (row + 1) * v, column * h :] = middle
                part[(row + 1) * v :] = middle
            sample_rows, sample_columns = frame.sample_size(component)
            planes.append(plane[:sample_rows, :sample_columns])
        self._note_impossible(planes)
        return planes

    def _note_impossible(self, planes: list[NDArray[np.uint16]]) -> None:
        """Put in doubt restart intervals in which a sample has more bits than the frame says. A wrong difference
        moves all samples up to the end of the interval.
        """
        columns = self.scan.mcus[1]
        beyond = []
        for (v, h), plane in zip(self.scan.factors, planes, strict=True):
            if int(plane.max(initial=0)) >> self.scan.frame.precision:
                y, x = np.nonzero(plane >> self.scan.frame.precision)
                beyond.append(y // v * columns + x // h)
        for interval, mcu in first_of_intervals(beyond, self.interval_mcus):
            what = f"a sample of more than {self.scan.frame.precision} bits in MCU {mcu}"
            self.note(what, self.scan.start, interval, "H.1.2.1", REMARK)


def _word_steps(payload: bits.Payload, table: HuffmanTable) -> bytes:
    """For every bit of the payload, how many bits the code word that begins there takes with its difference."""
    total = word_lengths(table).total.astype(np.uint8)
    size = payload.size
    chunks = (bits.windows_16(payload.data, at, min(CHUNK, size - at)) for at in range(0, size, CHUNK))
    return b"".join(total[windows].tobytes() for windows in chunks)
