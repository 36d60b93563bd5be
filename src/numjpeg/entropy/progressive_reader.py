"""Scans of the progressive DCT process with Huffman coding (T.81 Annex G): bits -> coefficients.

A progressive frame sends its coefficients in many scans. A scan carries a *band* Ss .. Se of the zig-zag order
(spectral selection, G.1.1.1.1). The first scan of a band leaves out the lowest Al bits of each coefficient; each
later one adds one bit (successive approximation, G.1.1.1.2). So there are four kinds of scans:

    DC first        the differences of DC coefficients, as in a sequential scan (G.1.2.1)
    DC refinement   one bit a block, without any code (G.1.2.1.1)
    AC first        run and category as in a sequential scan, but one symbol can end many blocks: EOBn and the n
                    bits behind it end 2 ** n .. 2 ** (n + 1) - 1 of them (G.1.2.2)
    AC refinement   a symbol for each coefficient that becomes +1 or -1, with the run of zeros before it; and a bit
                    for each coefficient on the way that was nonzero before (G.1.2.3)

As in :mod:`numjpeg.entropy.sequential_reader`, only finding where each code word begins is serial. The steps are
looked up for every bit beforehand, and all values are computed together afterwards. In an AC refinement the places
of the words depend on the coefficients that are nonzero already: the walk takes one step for each code word, and a
short one for each such coefficient.

Coefficients lie in planes int16 ``(rows, columns, 64)``, zig-zag order, one for each component. Scans change them
in place. The planes have the rows of blocks below the picture that fill up its last MCUs, since
:mod:`numjpeg.restoration.smoothing` reads them. They do not have the columns of blocks beside the picture.

Whatever is wrong with the data goes to a sink, and is read as libjpeg reads it (:mod:`numjpeg.entropy.intervals`).
A coefficient whose run leads beyond the band Ss .. Se is put there, up to coefficient 63. The MCU in which the
data of an interval end is read by itself, symbol by symbol.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.findings import REMARK, Sink
from numjpeg.container.frame import Scan
from numjpeg.entropy import shared
from numjpeg.entropy.intervals import Intervals
from numjpeg.entropy.planes import Planes, lay_dc
from numjpeg.entropy.shared import ILLEGAL_BITS, LastBits, receive
from numjpeg.stages.huffman import ZERO_RUN, HuffmanTable
from numjpeg.stages.mcu_order import block_component

_ILLEGAL = 128 + ILLEGAL_BITS  # marks the step of a code word that the table does not have; others are 31 at most


def reader_of(data: bytes, scan: Scan, planes: Planes, sink: Sink) -> ProgressiveReader:
    """The reader for a scan's kind. It writes into ``planes``, one for each component of the frame."""
    kinds = (DcFirst, _DcRefinement) if scan.Ss == 0 else (_AcFirst, _AcRefinement)
    return kinds[scan.Ah > 0](data, scan, planes, sink)


@lru_cache(maxsize=16)
def _steps(table: HuffmanTable, refinement: bool) -> NDArray[np.uint8]:
    """For each window of 16 bits, the symbol that it begins with, and the bits of code and extra bits together. A
    symbol of a DC table, a category up to 15, has as many extra bits as the same symbol of an AC table.
    """
    length, symbol = shared.code_lengths(table)
    run, category = symbol >> 4, symbol & 15
    extra = np.where((category == 0) & (symbol != ZERO_RUN), run, category)
    if refinement:
        extra[category > 0] = 1  # the sign
    return shared.tables_by_window(length, symbol, length + extra, (0, _ILLEGAL))


class Span(NamedTuple):
    """A restart interval, or the whole scan."""

    begin: int  # its first bit in the payload
    end: int  # the bit after its last
    first_mcu: int
    mcus: int


class ProgressiveReader(Intervals, ABC):
    """What the four kinds of scans share. Reads the MCUs of a scan, whatever its data."""

    clause = "G.2"

    def __init__(self, data: bytes, scan: Scan, planes: Planes, sink: Sink) -> None:
        super().__init__(data, scan, sink)
        self.planes = planes
        self.end, self.end_of_band_run = 0, 0  # the bit after the interval's last; blocks that EOBn still ends

    def spans(self) -> list[Span]:
        """The restart intervals of a scan that has all of them."""
        step, bounds = self.interval_mcus, self.bounds
        firsts = range(0, self.total, step)
        return [Span(bounds[i], bounds[i + 1], mcu, min(step, self.total - mcu)) for i, mcu in enumerate(firsts)]

    def read(self) -> int:
        """Read all MCUs; return the last one for which there were data."""
        last_read = self.total - 1
        self.bytes = self.payload.data.tobytes()
        self.prepare()
        while self.mcu < self.total:
            if self.at_next_interval():
                self._check_run()
                self.enter_interval()
                self.end = self.bounds[self.interval + 1]
                self.end_of_band_run = 0
            stop = min(self.total, (self.interval + 1) * self.interval_mcus)
            if self.spent:
                if self.interval >= self.last_present:
                    break
                self.mcu = stop
                continue
            self.walk(stop)
            last_read = self.mcu - 1
            if self.mcu < stop:
                last_read = self.mcu
                self.note_wrong("data end too early", self.end)
                self.read_last(LastBits(self.payload, self.bit, self.end))
                self.bit, self.spent = self.end, True
                self.mcu += 1
        self._check_run()
        self.finish()
        self.lay()
        return last_read

    @abstractmethod
    def prepare(self) -> None:
        """Make the tables that the walk needs."""

    @abstractmethod
    def walk(self, stop: int) -> None:
        """Read on to the MCU ``stop``, or to the MCU in which the data of the interval end."""

    @abstractmethod
    def read_last(self, rest: LastBits) -> None:
        """Read the MCU in which the data of the interval end."""

    @abstractmethod
    def lay(self) -> None:
        """Put what has been read into the planes."""

    def _check_run(self) -> None:
        goes_on = self.scan.goes_on and self.mcu == self.total
        if self.end_of_band_run and not self.spent and not goes_on:
            offset = self.payload.file_offset(self.bit >> 3)
            self.note("a run of ends of blocks passes the last one", offset, self.interval, kind=REMARK)


def run_of_ends(data: bytes, n: int, behind: int) -> int:
    """How many blocks an EOBn ends (G.1.2.2). Its n extra bits end in front of the bit ``behind``."""
    if n == 0:
        return 1
    p = behind - n
    return (1 << n) + (int.from_bytes(data[p >> 3 : (p >> 3) + 3], "big") >> (24 - (p & 7) - n) & (1 << n) - 1)


class DcFirst(ProgressiveReader):
    """The first scan of DC coefficients (G.1.2.1)."""

    least_bits = 1

    def __init__(self, data: bytes, scan: Scan, planes: Planes, sink: Sink) -> None:
        super().__init__(data, scan, planes, sink)
        self.tables = [scan.huffman_tables[0, c.Td] for c in scan.components]
        self.components: list[int] = block_component(scan.factors).tolist()
        self.codes = array("q")  # the bits at which code words begin
        self.walked = np.zeros(self.total, np.bool_)  # which MCUs these belong to
        self.last: list[tuple[int, list[int]]] = []  # MCUs in which data end, and their differences

    def prepare(self) -> None:
        """See :class:`ProgressiveReader`; for each block of an MCU, the step from every bit over a code word."""
        maps = {table: shared.look_up(self.payload, _steps(table, False))[1] for table in set(self.tables)}
        self.procedure = [maps[self.tables[c]] for c in self.components]

    def walk(self, stop: int) -> None:
        """See :class:`ProgressiveReader`."""
        first, p, procedure, per_mcu = self.mcu, self.bit, self.procedure, len(self.procedure)
        note_code = self.codes.append
        while self.mcu < stop:
            q, wrong = p, False
            for steps in procedure:
                note_code(q)
                step = steps[q]
                if step > 127:
                    step, wrong = ILLEGAL_BITS, True
                q += step
            if q > self.end:
                del self.codes[-per_mcu:]
                break
            if wrong:
                self.note_wrong("no code begins like this", p)
            p = q
            self.mcu += 1
        self.bit = p
        self.walked[first : self.mcu] = True

    def read_last(self, rest: LastBits) -> None:
        """See :class:`ProgressiveReader`."""
        self.last.append((self.mcu, [rest.extend(rest.decode(self.tables[c])) for c in self.components]))

    def lay(self) -> None:
        """See :class:`ProgressiveReader`."""
        scan, per_mcu = self.scan, len(self.components)
        blocks = np.zeros((self.total, per_mcu, 1), np.int16)
        if self.codes:
            codes = np.frombuffer(self.codes, np.int64)
            selector = np.tile(self.components, len(codes) // per_mcu)
            _, differences = receive(self.payload, codes, self.tables, selector)
            blocks[self.walked] = differences.reshape(-1, per_mcu, 1)
        for mcu, of_blocks in self.last:
            blocks[mcu, :, 0] = of_blocks
            self.walked[mcu] = True
        ones = [1] * len(scan.components)
        shared.restore_dc(scan, shared.McuLayout(scan.factors, ones).components(blocks), 0, [0] * len(ones))
        lay_dc(scan, self.planes, blocks << scan.Al, self.walked[:, np.newaxis, np.newaxis])


class _DcRefinement(ProgressiveReader):
    """A later scan of DC coefficients (G.1.2.1.1)."""

    least_bits = 1

    def prepare(self) -> None:
        self.per_mcu = self.scan.blocks_per_mcu
        self.every_bit = np.unpackbits(self.payload.data)
        self.dc_bits = np.zeros(self.total * self.per_mcu, np.int16)

    def walk(self, stop: int) -> None:
        count = min(stop - self.mcu, (self.end - self.bit) // self.per_mcu)
        self._take(count * self.per_mcu)
        self.mcu += count

    def read_last(self, rest: LastBits) -> None:
        self._take(self.end - self.bit)

    def _take(self, count: int) -> None:
        first = self.mcu * self.per_mcu
        self.dc_bits[first : first + count] = self.every_bit[self.bit : self.bit + count]
        self.bit += count

    def lay(self) -> None:
        blocks = self.dc_bits.reshape(self.total, self.per_mcu, 1) << self.scan.Al
        lay_dc(self.scan, self.planes, blocks, np.True_)


class _Ac(ProgressiveReader):
    def prepare(self) -> None:
        # For every bit, the symbol that begins there and its step in bits.
        self.table = self.scan.huffman_tables[1, self.scan.components[0].Ta]
        self.symbols, self.steps = shared.look_up(self.payload, _steps(self.table, self.scan.Ah > 0))
        self.plane = self.planes[self.scan.indices[0]].reshape(-1)
        self.too_long = f"a run passes coefficient {self.scan.Se}"
        # For each coefficient that becomes nonzero, its place in the plane, and the bit at which its code word
        # begins; in a refinement the bit of its sign.
        self.places, self.codes = array("q"), array("q")

    def read_last(self, rest: LastBits) -> None:
        scan, block = self.scan, self.plane[64 * self.mcu : 64 * self.mcu + 64]
        k = scan.Ss
        while k <= scan.Se and not self.end_of_band_run:
            run, category = divmod(rest.decode(self.table), 16)
            if category == 0 and run < 15:
                self.end_of_band_run = (1 << run) + rest.receive(run)
                break
            new = rest.extend(min(category, 1) if scan.Ah else category) << scan.Al
            if not scan.Ah:
                k += run
            while scan.Ah and k <= scan.Se and (run or block[k]):
                if block[k]:
                    self._correct(block, k, rest)
                else:
                    run -= 1
                k += 1
            if category:
                block[min(k, 63)] = _wrap(new)
            k += 1
        if self.end_of_band_run and scan.Ah:
            for place in (k + np.flatnonzero(block[k : scan.Se + 1])).tolist():
                self._correct(block, place, rest)
            self.end_of_band_run -= 1

    def _correct(self, block: NDArray[np.int16], k: int, rest: LastBits) -> None:
        """Add a correction bit to a coefficient that is not zero."""
        value, one = int(block[k]), 1 << self.scan.Al
        if rest.receive(1) and not value & one:
            block[k] = _wrap(value + one if value >= 0 else value - one)


class _AcFirst(_Ac):
    """The first scan of a band (G.1.2.2)."""

    def walk(self, stop: int) -> None:
        symbols, steps, Ss, Se, end = self.symbols, self.steps, self.scan.Ss, self.scan.Se, self.end
        places, codes = self.places, self.codes
        run, mcu, p = self.end_of_band_run, self.mcu, self.bit
        while mcu < stop:
            if run:
                count = min(run, stop - mcu)
                mcu += count
                run -= count
                continue
            had_places, q, k, wrong = len(places), p, Ss, ""
            while k <= Se:
                code, step, symbol = q, steps[q], symbols[q]
                if step > 127:
                    step, wrong = ILLEGAL_BITS, wrong or "no code begins like this"
                q += step
                if symbol & 15:
                    k += symbol >> 4
                    places.append(64 * mcu + min(k, 63))
                    codes.append(code)
                    k += 1
                elif symbol == ZERO_RUN:
                    k += 16
                else:
                    run = run_of_ends(self.bytes, symbol >> 4, q) - 1 if symbol else 0
                    break
            else:
                wrong = wrong or (self.too_long if k > Se + 1 else "")
            if q > end:
                del places[had_places:], codes[had_places:]
                run = 0
                break
            if wrong:
                self.mcu = mcu
                self.note_wrong(wrong, p)
            p = q
            mcu += 1
        self.end_of_band_run, self.mcu, self.bit = run, mcu, p

    def lay(self) -> None:
        codes = np.frombuffer(self.codes, np.int64)
        if len(codes):
            _, values = receive(self.payload, codes, [self.table], np.zeros(len(codes), np.intp))
            self.plane[np.frombuffer(self.places, np.int64)] = values << self.scan.Al


class _AcRefinement(_Ac):
    """A later scan of a band (G.1.2.3). Coefficients that are nonzero before it are called *known*."""

    def prepare(self) -> None:
        super().prepare()
        Ss, size = self.scan.Ss, self.scan.Se - self.scan.Ss + 1
        nonzero = self.plane.reshape(-1, 64)[:, Ss : Ss + size] != 0
        known = np.flatnonzero(nonzero)
        block = known // size
        counts = np.bincount(block, minlength=len(nonzero))
        self.place_of_known = known + block * (64 - size) + Ss
        self.known = (known % size + Ss).astype(np.uint8).tobytes()  # the k of each
        # How many known coefficients come before each block, and in all.
        self.before = array("q", np.append(0, np.cumsum(counts)).astype(np.int64).tobytes())
        self.blocks_with_known = array("q", np.append(np.flatnonzero(counts), 1 << 62).astype(np.int64).tobytes())
        # For each correction bit, the number of its known coefficient, and which bit of the payload it is.
        self.corrected, self.corrections = array("q"), array("q")

    def walk(self, stop: int) -> None:
        symbols, steps, Ss, Se, end = self.symbols, self.steps, self.scan.Ss, self.scan.Se, self.end
        places, codes, corrected, corrections = self.places, self.codes, self.corrected, self.corrections
        known, before = self.known, self.before
        run, mcu, p = self.end_of_band_run, self.mcu, self.bit
        while mcu < stop:
            i, beyond = before[mcu], before[mcu + 1]
            if run and i == beyond:
                following = self.blocks_with_known[bisect_left(self.blocks_with_known, mcu)]
                count = min(run, stop - mcu, following - mcu)
                mcu, run = mcu + count, run - count
                continue
            had_new, had_corrected, had_run = len(places), len(corrected), run
            q, k, wrong = p, Ss, ""
            while k <= Se and not run:
                step, symbol = steps[q], symbols[q]
                if step > 127:
                    step, wrong = ILLEGAL_BITS, wrong or "no code begins like this"
                q += step
                sign, zeros, category = q - 1, symbol >> 4, symbol & 15
                if category > 1:
                    wrong = wrong or "no AC code begins like this"
                elif not category and zeros < 15:
                    run = run_of_ends(self.bytes, zeros, q)
                    break
                # Pass ``zeros`` zeros, and the known coefficients between and behind them.
                while True:
                    gap = (known[i] if i < beyond else Se + 1) - k
                    if zeros < gap:
                        k += zeros
                        break
                    k += gap
                    zeros -= gap
                    if i == beyond:
                        break
                    corrected.append(i)
                    corrections.append(q)
                    q += 1
                    i += 1
                    k += 1
                if k > Se:
                    wrong = wrong or self.too_long
                if category:
                    places.append(64 * mcu + min(k, 63))
                    codes.append(sign)
                k += 1
            if run:
                corrected.extend(range(i, beyond))
                corrections.extend(range(q, q + beyond - i))
                q, run = q + beyond - i, run - 1
            if q > end:
                del places[had_new:], codes[had_new:], corrected[had_corrected:], corrections[had_corrected:]
                run = had_run
                break
            if wrong:
                self.mcu = mcu
                self.note_wrong(wrong, p)
            p = q
            mcu += 1
        self.end_of_band_run, self.mcu, self.bit = run, mcu, p

    def lay(self) -> None:
        corrected, corrections = np.frombuffer(self.corrected, np.int64), np.frombuffer(self.corrections, np.int64)
        new = np.frombuffer(self.places, np.int64), np.frombuffer(self.codes, np.int64)
        known = self.place_of_known[corrected], corrections
        refine(self.plane, np.unpackbits(self.payload.data), known, new, self.scan.Al)


def _wrap(value: int) -> int:
    """Modulo 2^16, signed."""
    return (value + 0x8000 & 0xFFFF) - 0x8000


def refine(
    flat: NDArray[np.int16],
    every_bit: NDArray[np.uint8],
    known: tuple[NDArray[np.int64], NDArray[np.int64]],
    new: tuple[NDArray[np.int64], NDArray[np.int64]],
    Al: int,
) -> None:
    """Add one bit to coefficients of a plane, ``flat``, in place (G.1.2.3). ``every_bit``: the payload, 0 or 1 for
    each bit. ``known``: the places of nonzero coefficients, and for each the number of its correction bit.
    ``new``: the places of coefficients that become nonzero, and for each the number of its sign bit.
    """
    one = np.int16(1 << Al)
    place, bit = known
    corrected = place.take(np.flatnonzero(every_bit.take(bit, mode="clip")))
    values = flat.take(corrected)
    set_already = np.flatnonzero(values & one)
    if len(set_already):  # such a bit stays; only scans out of order send it again
        corrected, values = np.delete(corrected, set_already), np.delete(values, set_already)
    flat[corrected] = values + (values >> 15 | 1) * one  # away from zero
    place, bit = new
    flat[place] = every_bit.take(bit, mode="clip").astype(np.int16) * (2 * one) - one
