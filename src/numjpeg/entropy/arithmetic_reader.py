"""Scans with arithmetic coding (T.81 F.2.4, G.2.3): decisions -> coefficients.

A sequential block, and each of the four kinds of progressive scans, is decoded by one procedure that reads like
the standard's flow charts. Coefficients are collected as places and values and put into arrays together, so that
little more than the decisions themselves is done one by one.

Statistics areas (F.1.4.4): each table number has 64 contexts for DC (Table F.4), 256 for AC (Table F.5) in one
list of contexts; the first of the list is the one for signs. They start anew with each scan and each restart
interval.

What is wrong with the data goes to a sink, and is read as libjpeg reads it. After a decision that no encoder can
have made, the rest of the restart interval stays as it is. Where data end early, or an interval is missing, zero
bits take their place.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.findings import DAMAGE, LOSS, REMARK, Sink
from numjpeg.container.frame import Scan
from numjpeg.entropy.arithmetic_coder import FIXED, Decode, Run, qm_decoder
from numjpeg.entropy.intervals import Intervals
from numjpeg.entropy.lossless_reader import Ints, LosslessReader, Piece
from numjpeg.entropy.planes import Planes, lay_dc
from numjpeg.entropy.shared import Band, Sparse, band_counts
from numjpeg.errors import UnsupportedError
from numjpeg.stages.mcu_order import block_component, deinterleave

FREE_WORK, WORK_A_BYTE = 1 << 21, 48
"""The scans of a file may step over 2^21 coefficients in all, and 48 more for each byte of the file. A step takes
up to half a microsecond, but hardly any data where decisions are as expected. Photographs have some ten steps a
byte. Flat MCUs are skipped in runs; :data:`RUN` of them count as one step."""

BLOCK_WORK, DC_WORK, SAMPLE_WORK = 12, 6, 6
"""How many steps the start of a block, a DC coefficient of a progressive scan, and a lossless sample count as."""

RUN = 16
CHUNK = 1 << 12  # MCUs that are read at a time

SPARE_BYTES = 3  # bytes that an encoder may write beyond those that a decoder takes; it cannot know their number

DC_CONTEXTS, AC_CONTEXTS, LOSSLESS_CONTEXTS = 64, 256, 158  # contexts of a statistics area
DC_MAGNITUDES = 20  # where in a DC area the contexts X1 of magnitude categories begin (Table F.4)
AC_MAGNITUDES = (189, 217)  # the same in an AC area, of coefficients up to Kx and above (Table F.5)
LOSSLESS_MAGNITUDES = (100, 129)  # in a lossless area: below a difference that is not large, and one that is (H.3)
MAGNITUDE_BITS = 14  # the context of a magnitude's lower bits comes so far behind the last one of its category


class BadCodeError(Exception):
    """Decisions that no encoder makes."""


class Areas:
    """Where the statistics areas of a scan's components begin in its list of contexts, and their conditioning."""

    def __init__(self, scan: Scan) -> None:
        begin, self.contexts = {}, 1
        sizes = (LOSSLESS_CONTEXTS,) if scan.frame.lossless else (DC_CONTEXTS, AC_CONTEXTS)
        for key in scan.statistics_areas:
            begin[key] = self.contexts
            self.contexts += sizes[key[0]]
        # 0 stands for an area that the scan does not use.
        conditioning = scan.statistics_areas
        self.dc = [begin.get((0, c.Td), 0) for c in scan.components]
        self.ac = [begin.get((1, c.Ta), 0) for c in scan.components]
        # From L and U: the largest magnitude of class 0, and the largest that is not large (F.1.4.4.1.2).
        of_dc = [conditioning.get((0, c.Td), 0) for c in scan.components]
        self.bounds = [(1 << (both & 15) >> 1, 1 << (both >> 4)) for both in of_dc]
        self.Kx = [conditioning.get((1, c.Ta), 0) for c in scan.components]


def decode_difference(decode: Decode, context: int, chain: int, bounds: tuple[int, int]) -> tuple[int, int]:
    """Decode a DC or a lossless difference (F.2.4.1, H.2.3); return it with its class, which selects contexts of
    later ones: 0 for zero and nearly zero, 1 and 2 for small positive and negative ones, 3 and 4 for large ones.
    Its four contexts begin at ``context``, those of its magnitude category at ``chain``.
    """
    if not decode(context):
        return 0, 0
    sign = decode(context + 1)
    value = _magnitude(decode, chain, chain + 1) if decode(context + 2 + sign) else 1
    difference_class = 0 if value <= bounds[0] else (3 if value > bounds[1] else 1) + sign
    return -value if sign else value, difference_class


def _magnitude(decode: Decode, context: int, others: int) -> int:
    """Decode a magnitude above 1: the highest bit of the magnitude less 1, then the bits below it (Figures F.23,
    F.24). The decision whether it is above 2 has the context ``context``; whether it is above 4, the context
    ``others``, which those of the larger categories follow.
    """
    highest = 1
    if decode(context):
        context, highest = others, 2
        while decode(context):
            highest <<= 1
            if highest == 0x8000:
                raise BadCodeError("a magnitude is above 32768")
            context += 1
    context += MAGNITUDE_BITS
    value, bit = highest, highest >> 1
    while bit:
        if decode(context):
            value |= bit
        bit >>= 1
    return value + 1


def decode_ac(decode: Decode, area: int, Kx: int, k: int, Se: int, place: int, sparse: Sparse) -> int:
    """Decode the AC coefficients k to Se of a block (Figure F.20), also in the first scan of a band (G.1.3.2).
    Magnitudes have the first kind of contexts up to coefficient ``Kx``. ``place`` is that of the block's DC.
    ``sparse`` takes the coefficients that are not 0. Returns the k behind the last of them.
    """
    note_place, note_value = sparse[0].append, sparse[1].append
    context = area + 3 * (k - 1)
    while k <= Se:
        if decode(context):  # end of block
            return k
        while not decode(context + 1):
            context += 3
            k += 1
            if k > Se:
                raise BadCodeError(f"a run passes coefficient {Se}")
        sign = decode(FIXED)
        value = 1
        if decode(context + 2):
            value = _magnitude(decode, context + 2, area + AC_MAGNITUDES[k > Kx])
        note_place(place + k)
        note_value(-value if sign else value)
        context += 3
        k += 1
    return k


def refine_ac(decode: Decode, area: int, scan: Scan, block: list[int], place: int, sparse: Sparse) -> int:
    """Decode one more bit of the AC coefficients of a block (Figure G.11), whose values so far are ``block``. As
    :func:`decode_ac`, but ``sparse`` takes the new values of the coefficients that change.
    """
    k, Se, one = scan.Ss, scan.Se, 1 << scan.Al
    end = Se  # EOBx, the last coefficient that is nonzero so far
    while end and not block[end]:
        end -= 1
    context = area + 3 * (k - 1)
    while k <= Se:
        if k > end and decode(context):
            return k
        while True:
            value = block[k]
            if value:
                if decode(context + 2):
                    sparse[0].append(place + k)
                    sparse[1].append(value - one if value < 0 else value + one)
                break
            if decode(context + 1):
                sparse[0].append(place + k)
                sparse[1].append(-one if decode(FIXED) else one)
                break
            context += 3
            k += 1
            if k > Se:
                raise BadCodeError(f"a run passes coefficient {Se}")
        context += 3
        k += 1
    return k


class _Reader(Intervals, ABC):
    """Reads MCUs of a scan, whatever its data: what all kinds of scans share."""

    clause = "F.2.4"

    def __init__(self, data: bytes, scan: Scan, sink: Sink) -> None:
        super().__init__(data, scan, sink)
        self.allowed = FREE_WORK + WORK_A_BYTE * len(data)
        self.areas = Areas(scan)
        self.components = block_component(scan.factors).tolist()
        self.sparse: Sparse = ([], [])

    @abstractmethod
    def read_mcus(self, stop: int) -> None:
        """Read up to the MCU ``stop`` of the interval. After a BadCodeError the rest of it is not read."""

    def advance(self, stop: int) -> None:
        """Read up to the MCU ``stop``."""
        while self.mcu < stop:
            if self.at_next_interval():
                self.enter_interval()
            until = min(stop, (self.interval + 1) * self.interval_mcus)
            if not self.spent:
                try:
                    self.read_mcus(until)
                except BadCodeError as error:
                    self._note_here(f"{error} in MCU {self.mcu}")
                    self.spent = True
                if self.sink.work > self.allowed:
                    what = f"decisions on more than {self.allowed} coefficients, hardly any of which took data"
                    if self.sink.strict:
                        raise UnsupportedError(what, offset=self.scan.offset, clause="F.2.4")
                    if not self.spent:
                        self._note_here(what)
                    self.spent = True
            self.mcu = until

    def enter_interval(self) -> None:
        """Begin a restart interval: its data, predictions of 0 and new statistics."""
        self.check_end()
        self.interval = self.mcu // self.interval_mcus
        self.first_byte = self.last_byte = self.payload.size
        if self.interval >= len(self.present):
            offset = self.payload.file_offset(self.payload.size)
            self.note(f"RST{(self.interval - 1) % 8} is missing", offset, self.interval, "B.2.1", LOSS)
        elif self.present[self.interval]:
            self.first_byte, self.last_byte = (bound >> 3 for bound in self.bounds[self.interval :][:2])
        data = self.payload.data[self.first_byte : self.last_byte].tobytes()
        self.decode, self.run, self.taken = qm_decoder(data, self.areas.contexts)
        self.spent = False
        self.predictors = [0] * len(self.scan.components)
        self.classes = [0] * len(self.scan.components)  # of the last differences

    def read_dc(self, c: int) -> int:
        """Decode a DC coefficient of component c of the scan, without its Al lowest bits."""
        area = self.areas.dc[c]
        context, chain = area + 4 * self.classes[c], area + DC_MAGNITUDES
        difference, self.classes[c] = decode_difference(self.decode, context, chain, self.areas.bounds[c])
        self.predictors[c] += difference
        return self.predictors[c]

    def _note_here(self, what: str, kind: str = DAMAGE) -> None:
        place = min(self.first_byte + self.taken(), self.last_byte)
        self.note(what, self.payload.file_offset(place), self.interval, kind=kind)

    def check_end(self) -> None:
        """Check that an interval which has been read took all of its data and no more."""
        if self.interval < 0 or self.spent or (self.scan.goes_on and self.mcu == self.total):
            return
        left = self.last_byte - self.first_byte - self.taken()
        if left < 0 and self.cut_off and self.interval == self.last_present:
            self._note_here("data end too early", LOSS)
        elif left > SPARE_BYTES:
            what = "scan" if self.mcu == self.total else "restart interval"
            self._note_here(f"{left} bytes are left over at the end of a {what}", REMARK)


class _Sequential(_Reader):
    """A scan of the sequential process (F.2.4.1)."""

    first_of_band = 0

    def read_mcus(self, stop: int) -> None:
        decode, areas, sparse, components = self.decode, self.areas, self.sparse, self.components
        per_mcu, work = len(components), 0
        place = 64 * per_mcu * (self.mcu - self.first_of_band)
        # The decisions of an MCU that has no differences and no AC coefficients.
        flat = [decision for c in components for decision in ((areas.dc[c], 0), (areas.ac[c], 1))]
        flat_work = per_mcu * (BLOCK_WORK + 1)
        try:
            while self.mcu < stop:
                before = work
                for c in components:
                    sparse[1].append(self.read_dc(c))
                    sparse[0].append(place)
                    work += BLOCK_WORK + decode_ac(decode, areas.ac[c], areas.Kx[c], 1, 63, place, sparse)
                    place += 64
                self.mcu += 1
                if work - before == flat_work and not any(self.classes):
                    count = self.run(flat, stop - self.mcu)
                    self.mcu += count
                    sparse[0].extend(range(place, place + 64 * per_mcu * count, 64))
                    sparse[1].extend([self.predictors[c] for c in components] * count)
                    place += 64 * per_mcu * count
                    work += count // RUN
        finally:
            self.sink.work += work

    def bands(self, rows_per_band: int) -> Iterator[Band]:
        """The bands of the scan."""
        for count in band_counts(self.scan, rows_per_band):
            self.sparse = ([], [])
            self.first_of_band = self.mcu
            self.advance(self.mcu + count)
            blocks = np.zeros(count * len(self.components) * 64, np.int16)
            _put(blocks, self.sparse)
            if self.mcu == self.total:
                self.check_end()
            yield deinterleave(blocks.reshape(count, -1, 64), self.scan.mcus[1], self.scan.factors)


class _Progressive(_Reader):
    """A scan of the progressive process (G.2.3)."""

    clause = "G.2.3"

    def read(self, planes: Planes) -> int:
        """Read all MCUs; return the number of the last."""
        self.planes = planes
        while self.mcu < self.total:
            self.advance(min(self.total, self.mcu + CHUNK))
            self.lay()
        self.check_end()
        return self.total - 1

    @abstractmethod
    def lay(self) -> None:
        """Put the coefficients that were read into the planes."""


class _Dc(_Progressive):
    """A scan of DC coefficients: the first one (G.1.3.1), or a refinement, which has a bit a block."""

    def read_mcus(self, stop: int) -> None:
        per_mcu, components = len(self.components), self.components
        decode, sparse, work = self.decode, self.sparse, 0
        flat = [(self.areas.dc[c], 0) for c in components]
        sparse[0].extend(range(self.mcu * per_mcu, stop * per_mcu))
        try:
            while self.mcu < stop:
                if self.scan.Ah:
                    sparse[1].extend([decode(FIXED) for _ in components])
                    self.mcu += 1
                    continue
                before = self.predictors.copy()
                sparse[1].extend([self.read_dc(c) for c in components])
                self.mcu += 1
                work += DC_WORK * per_mcu
                if before == self.predictors and not any(self.classes):
                    count = self.run(flat, stop - self.mcu)
                    sparse[1].extend([self.predictors[c] for c in components] * count)
                    self.mcu += count
                    work += count // RUN
        finally:
            del sparse[0][len(sparse[1]) :]
            self.sink.work += work

    def lay(self) -> None:
        if self.mcu < self.total:  # the coefficients go into the planes once all are there
            return
        coded = np.zeros(self.total * len(self.components), np.int16)
        read = np.zeros(len(coded), np.bool_)
        _put(coded, self.sparse)
        read[self.sparse[0]] = True
        shape = (self.total, -1, 1)
        lay_dc(self.scan, self.planes, (coded << self.scan.Al).reshape(shape), read.reshape(shape))


class _Ac(_Progressive):
    """A scan of a band of AC coefficients: the first one (G.1.3.2) or a refinement (G.1.3.3)."""

    def read_mcus(self, stop: int) -> None:
        scan, decode, area, Kx, sparse = self.scan, self.decode, self.areas.ac[0], self.areas.Kx[0], self.sparse
        known, first, work = self.planes[scan.indices[0]].reshape(-1, 64), self.mcu, 0
        blocks, ahead = [], iter([stop])
        if scan.Ah:
            blocks = known[first:stop].tolist()
            # Blocks with nonzero coefficients have bits of their own: no run passes them.
            busy = first + np.flatnonzero(known[first:stop, scan.Ss : scan.Se + 1].any(axis=1))
            ahead = iter([*busy.tolist(), stop])
        next_busy = next(ahead)
        before = len(sparse[1])
        flat = [(area + 3 * (scan.Ss - 1), 1)]
        try:
            while self.mcu < stop:
                if scan.Ah:
                    last = refine_ac(decode, area, scan, blocks[self.mcu - first], 64 * self.mcu, sparse)
                else:
                    last = decode_ac(decode, area, Kx, scan.Ss, scan.Se, 64 * self.mcu, sparse)
                work += BLOCK_WORK + last - scan.Ss + 1
                self.mcu += 1
                while next_busy < self.mcu < stop:
                    next_busy = next(ahead)
                if last == scan.Ss:
                    count = self.run(flat, next_busy - self.mcu)
                    self.mcu += count
                    work += count // RUN
        finally:
            self.sink.work += work
            if not scan.Ah and scan.Al:
                sparse[1][before:] = [value << scan.Al for value in sparse[1][before:]]

    def lay(self) -> None:
        _put(self.planes[self.scan.indices[0]].reshape(-1), self.sparse)
        self.sparse = ([], [])


class _Lossless(LosslessReader):
    """A scan of the lossless process (H.2.3); its differences become samples as those of Huffman coding do."""

    clause = "H.2.3"
    least_bits = 0

    def __init__(self, data: bytes, scan: Scan, sink: Sink) -> None:
        Intervals.__init__(self, data, scan, sink)
        self.allowed = FREE_WORK + WORK_A_BYTE * len(data)
        self.areas = Areas(scan)

    def walk(self) -> Iterator[Piece]:
        """Decode the differences by rows of MCUs; after a wrong decision the rest of the interval is left out."""
        columns = self.scan.mcus[1]
        for interval in range(min(len(self.bounds) - 1, self.last_present + 1)):
            if not self.present[interval]:
                continue
            first, end = (bound >> 3 for bound in self.bounds[interval : interval + 2])
            decoder = qm_decoder(self.payload.data[first:end].tobytes(), self.areas.contexts)
            above = [[0] * (columns * h) for _, h in self.scan.factors]
            rows = self.samples_due(interval) // (columns * self.scan.blocks_per_mcu)
            differences: list[int] = []
            for row in range(rows):
                try:
                    differences += self._read_row(decoder.decode, decoder.run, columns, above)
                except BadCodeError as error:
                    mcu = interval * self.interval_mcus + row * columns
                    self.note(f"{error} from MCU {mcu} on", self.payload.file_offset(first), interval)
                    break
                if len(differences) >= CHUNK:  # rows may be as short as one sample
                    yield self._piece(interval, differences)
                    differences = []
            yield self._piece(interval, differences)
            if decoder.taken() > end - first and self.cut_off and interval == self.last_present:
                self.note("data end too early", self.payload.file_offset(end), interval, kind=LOSS)

    def _piece(self, interval: int, differences: list[int]) -> Piece:
        ends = np.full(len(differences), self.bounds[interval + 1], np.int64)
        return Piece(interval, ends, np.array(differences, np.int64).astype(np.uint16), np.empty(0, np.intp))

    def fill_rows(self, _differences: NDArray[np.uint16], read: Ints, _end: Ints, _due: Ints) -> Ints:
        """Rows that are missing stay mid-gray: libjpeg reads no such files, and so sets no example."""
        return read

    def _read_row(self, decode: Decode, run: Run, columns: int, above: list[list[int]]) -> list[int]:
        """Decode the differences of a row of MCUs. ``above``: the classes of the samples above, to be updated."""
        areas, differences, per_mcu = self.areas, list[int](), self.scan.blocks_per_mcu
        if self.sink.work > self.allowed:
            what = f"more than {self.allowed // SAMPLE_WORK} samples, hardly any of which took data"
            raise UnsupportedError(what, offset=self.scan.offset, clause=self.clause)
        factors = self.scan.factors
        flat = [(areas.dc[c], 0) for c, (v, h) in enumerate(factors) for _ in range(v * h)]
        # The MCUs below samples of other classes than 0: no run passes them.
        pairs = zip(above, factors, strict=True)
        busy = sorted({x // h for line, (_, h) in pairs for x, of_sample in enumerate(line) if of_sample})
        busy.append(columns)
        next_busy, mcu = 0, 0
        # For each component the classes of the row above, of its own rows, and of the samples to the left.
        parts = []
        for line, (v, h), area, bounds in zip(above, factors, areas.dc, areas.bounds, strict=True):
            rows = [line] + [[0] * len(line) for _ in range(v)]
            chains = [area + chain for chain in LOSSLESS_MAGNITUDES]
            parts.append((rows, [0] * v, v, h, area, chains, bounds))
        while mcu < columns:
            for rows, left, v, h, area, chains, bounds in parts:
                for y in range(v):
                    for x in range(mcu * h, mcu * h + h):
                        over = rows[y][x]
                        context = area + 4 * (5 * left[y] + over)
                        difference, left[y] = decode_difference(decode, context, chains[over > 2], bounds)
                        rows[y + 1][x] = left[y]
                        differences.append(difference)
            mcu += 1
            self.sink.work += SAMPLE_WORK * per_mcu
            if differences[-1] or any(differences[-per_mcu:]):
                continue
            while busy[next_busy] < mcu:
                next_busy += 1
            count = run(flat, busy[next_busy] - mcu)
            differences.extend([0] * (count * per_mcu))
            mcu += count
            self.sink.work += count // RUN
        above[:] = [rows[-1] for rows, *_ in parts]
        return differences


def _put(flat: NDArray[np.int16], sparse: Sparse) -> None:
    """Put coefficients, modulo 2^16, into an array."""
    places, values = sparse
    flat[np.array(places, np.intp)] = np.array(values, np.int64).astype(np.int16)


def read_lossless(data: bytes, scan: Scan, sink: Sink) -> list[NDArray[np.uint16]]:
    """See :func:`numjpeg.scans.read_lossless`."""
    reader = _Lossless(data, scan, sink)
    return reader.samples(reader.walk())


def read_sequential(data: bytes, scan: Scan, rows_per_band: int, sink: Sink) -> Iterator[Band]:
    """See :func:`numjpeg.scans.read_sequential`."""
    return _Sequential(data, scan, sink).bands(rows_per_band)


def read_progressive(data: bytes, scan: Scan, planes: Planes, sink: Sink) -> int:
    """See :func:`numjpeg.scans.read_progressive`."""
    return (_Ac if scan.Ss else _Dc)(data, scan, sink).read(planes)
