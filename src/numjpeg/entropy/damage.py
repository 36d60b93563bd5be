"""Scans that are damaged: what can still be read of them, as libjpeg reads it.

T.81 does not say what a decoder makes of data that break its rules. Pictures should not depend on the decoder, so
this is libjpeg's way, step by step:

* A restart marker tells where its interval begins. One that is not the next one due is taken for it if it is three
  or more away; one of the next two means that intervals are missing, which stay empty; one of the last two is
  passed over with what follows it (:func:`resynchronise`).
* An interval ends at a marker. What is left over there is passed over; if data are missing, zero bits take their
  place up to the end of the MCU in which they end, and all coefficients of the interval's other MCUs are zero.
* A code word that no table has takes 17 bits and stands for zero: no DC difference, or the end of the block. So do
  AC symbols without a meaning. A run that passes coefficient 63 leaves its value at 63 and ends the block.

After such a step the reader goes on as if nothing had happened: codes synchronise themselves, and what was a
picture is one again after some blocks, displaced and with another DC level up to the next restart marker.

Scans are read by the lanes as far as these prove it right. Then :class:`_Walker` goes on over the damage, at the
serial reader's speed, and for so long (:data:`SERIAL_BYTES`) that what the lanes do in vain is never the larger
part of the work.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.container.faults import ScanDamage
from numjpeg.container.frame import Scan
from numjpeg.container.markers import RST0, SOF0, find_markers, marker_name
from numjpeg.entropy import bits
from numjpeg.entropy.sequential_reader import CHUNK, FIRST_CHUNK, MCU_BYTES, code_steps
from numjpeg.entropy.shared import Band, band_counts, interval_bounds, receive, restore_dc, scan_tables
from numjpeg.fast import lanes
from numjpeg.stages.huffman import ZERO_RUN, HuffmanTable, Lookup, huffman_lookup, run_and_category
from numjpeg.stages.mcu_order import block_component, deinterleave
from numjpeg.stages.run_length import Runs, run_length_decode

ILLEGAL_BITS = 17
"""Bits that libjpeg takes for a code word that no table has: it looks for one of 17 bits before it gives up."""

SERIAL_BYTES = 1 << 17
"""Bytes that are read serially after a fault, before the lanes are tried again: a vain attempt costs as much."""

SERIAL_BLOCKS = 1 << 12
"""Blocks that are read serially at a time."""


def resynchronise(found: Sequence[int], intervals: int) -> list[int | None]:
    """Find where restart intervals begin among markers that may be wrong, missing or too many.

    Parameters
    ----------
    found : codes of the markers inside the entropy-coded data, in order. intervals : how many are due.

    Returns
    -------
    For each interval from the second one on, the index of the marker that it follows, or None if it is empty;
    a shorter list if all that are missing at its end are. (libjpeg: ``jpeg_resync_to_restart``.)

    >>> resynchronise([0xD0, 0xD1, 0xD3, 0xD4], 6)
    [0, 1, None, 2, 3]
    """
    begins: list[int | None] = []
    unread = 0
    for due in range(intervals - 1):
        while unread < len(found) and (found[unread] < SOF0 or _ahead(found[unread], due) in (6, 7)):
            unread += 1
        if unread == len(found):
            break
        if _ahead(found[unread], due) in (1, 2):
            begins.append(None)
        else:
            begins.append(unread)
            unread += 1
    return begins


def _ahead(code: int, due: int) -> int:
    """How many markers after the one due this one comes, modulo 8."""
    return (code - RST0 - due) % 8


def read_scan(
    data: bytes, scan: Scan, rows_per_band: int, warnings: list[str], damage: ScanDamage
) -> Iterator[Band]:
    """Decode what there is of the entropy-coded data of a scan.

    Parameters
    ----------
    data, scan, rows_per_band, warnings : as in :func:`numjpeg.fast.lanes.read_scan`.
    damage : faults are noted in it.

    Yields
    ------
    Bands, from top to bottom; those from which on nothing can be read, all zeros, are left out.
    """
    reader = _Reader(data, scan, warnings, damage)
    _, columns = scan.mcus
    per_mcu = scan.blocks_per_mcu
    predictors = [0] * len(scan.components)
    first_mcu = 0
    pieces = reader.pieces()
    rest = np.empty((0, 64), np.int16)
    for count in band_counts(scan, rows_per_band):
        parts, missing = [rest], count * per_mcu - len(rest)
        while missing > 0 and (piece := next(pieces, None)) is not None:
            parts.append(piece)
            missing -= len(piece)
        if missing == count * per_mcu:
            break
        if missing > 0:
            parts.append(np.zeros((missing, 64), np.int16))
        joined = np.concatenate(parts)
        blocks, rest = joined[: count * per_mcu].reshape(count, per_mcu, 64), joined[count * per_mcu :]
        restore_dc(scan, blocks, first_mcu, predictors)
        reader.clear_left_out(blocks, first_mcu)
        yield deinterleave(blocks, columns, scan.factors)
        first_mcu += count
    damage.faults.sort(key=lambda fault: fault.offset)


@lru_cache(maxsize=32)
def _steps(table: HuffmanTable, table_class: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """As :func:`code_steps`, but AC codes that no table has take their 17 bits."""
    bit_step, k_step = code_steps(table, table_class)
    if table_class == 1:
        bit_step = np.where(bit_step == 0, np.uint8(ILLEGAL_BITS), bit_step)
    return bit_step, k_step


class Intervals:
    """The restart intervals of a scan that may be damaged, and its place in them."""

    def __init__(self, data: bytes, scan: Scan, warnings: list[str], damage: ScanDamage) -> None:
        self.scan, self.warnings, self.damage = scan, warnings, damage
        rows, columns = scan.mcus
        self.total = rows * columns
        self.interval_mcus = scan.restart_interval or self.total
        self.in_doubt: set[int] = set()  # intervals of which a fault is noted
        self.payload = self._take_apart(data)
        self.bounds = interval_bounds(self.payload)
        # Where the reader is: at an MCU, its bit, in an interval (-1: in front of one); and whether all of that
        # interval's data have been read.
        self.mcu, self.bit, self.interval, self.spent = 0, 0, -1, False

    def _take_apart(self, data: bytes) -> bits.Payload:
        """Find the restart intervals; note which restart markers are not as they should be."""
        scan, size = self.scan, self.scan.end - self.scan.start
        intervals = ceil_div(self.total, self.interval_mcus)
        places = find_markers(data, scan.start, scan.end)
        codes = [data[place + 1] for place in places]
        begins = resynchronise(codes, intervals)
        ends = [place - scan.start for place in places] + [size]
        parts = [(0, ends[0])] + [(ends[i] + 2, ends[i + 1]) for i in begins if i is not None]
        payload = bits.unstuff_parts(data, scan.start, scan.end, parts)
        self.present = np.array([True] + [i is not None for i in begins])
        self.last_present = int(np.flatnonzero(self.present)[-1])
        # An interval that is empty begins where the next one does, or the data end. Behind the last one that is
        # present, the reader enters two more before it knows that there is nothing.
        starts = np.full(min(intervals, len(begins) + 3), payload.size, np.intp)
        following = np.cumsum(self.present) - self.present
        starts[: len(following)] = np.append(payload.starts, payload.size)[following]

        interval_of = {}
        offsets = payload.file_offsets(starts).tolist()
        for number, i in enumerate(begins, 1):
            due = (number - 1) % 8
            if i is None:
                self.note(f"RST{due} is missing", offsets[number], number, "B.2.1")
                continue
            interval_of[i] = number
            if codes[i] != RST0 + due:
                self.note(f"{marker_name(codes[i])} stands where RST{due} is due", places[i], number, "B.2.1")
        self._note_markers_passed_over(codes, places, ends, interval_of)
        return replace(payload, starts=starts)

    def _note_markers_passed_over(
        self, codes: list[int], places: list[int], ends: list[int], interval_of: dict[int, int]
    ) -> None:
        """Note the markers that begin no interval: one fault for each row of them. What such a marker ends is seen
        to be incomplete, or is complete and in no doubt.
        """
        if self.scan.restart_interval and len(codes) == ceil_div(self.total, self.interval_mcus):
            last = len(codes) - 1
            if last not in interval_of and ends[last] + 2 == ends[last + 1]:
                self.warnings.append("a restart marker follows the last restart interval")
                codes = codes[:-1]
        interval, passed_over = 1, False
        for i, code in enumerate(codes):
            if i in interval_of:
                interval, passed_over = interval_of[i] + 1, False
            elif not passed_over:
                first = min(interval * self.interval_mcus, self.total)
                self.damage.add(f"{marker_name(code)} is out of place", places[i], "B.2.1", first, first)
                passed_over = True

    def note(self, what: str, offset: int, interval: int, clause: str = "F.2.2", mcu: int | None = None) -> None:
        """Note an interval's first fault: from an MCU on, or from its first one on, all is in doubt."""
        if interval in self.in_doubt:
            return
        self.in_doubt.add(interval)
        first = interval * self.interval_mcus if mcu is None else mcu
        stop = min((interval + 1) * self.interval_mcus, self.total)
        self.damage.add(what, offset, clause, first, stop)

    def at_next_interval(self) -> bool:
        """Whether the MCU that is due is the first of an interval that is still to be entered."""
        return self.interval < 0 or self.mcu == (self.interval + 1) * self.interval_mcus

    def enter_interval(self) -> None:
        """At the first MCU of a restart interval: see that nothing is left of the last one, go to its data."""
        if self.interval >= 0 and not self.spent and self.bounds[self.interval + 1] - self.bit >= 8:
            what = "data are left over at the end of a restart interval"
            self.note(what, self.payload.file_offset(self.bit >> 3), self.interval)
        self.interval = self.mcu // self.interval_mcus
        self.bit = self.bounds[self.interval]
        if self.interval < len(self.present) and self.present[self.interval]:
            self.spent = False

    def finish(self) -> None:
        """At the end of the scan, or where nothing but zeros would follow: note what is missing or left over."""
        if self.mcu < self.total:
            self.damage.extend_last(self.total)
        elif not self.spent and (left := self.bounds[self.interval + 1] - self.bit) >= 8:
            self.warnings.append(f"{left // 8} bytes are left over at the end of a scan")


class _Reader(Intervals):
    """Reads the MCUs of a sequential scan, whatever its data."""

    def __init__(self, data: bytes, scan: Scan, warnings: list[str], damage: ScanDamage) -> None:
        super().__init__(data, scan, warnings, damage)
        self.tables = scan_tables(scan)
        self.components = block_component(scan.factors).tolist()
        self.lookups = [huffman_lookup(table) for table in self.tables]
        self.left_out: deque[tuple[int, int]] = deque()  # ranges of MCUs of which nothing is read

    def clear_left_out(self, blocks: NDArray[np.int16], first_mcu: int) -> None:
        """Set to 0 what a DC prediction has made of MCUs of which nothing was read: of ``blocks``
        ``(MCUs, blocks an MCU, 64)`` from ``first_mcu`` on."""
        end = first_mcu + len(blocks)
        edges = np.zeros(len(blocks) + 1, np.int32)
        begins, ends = [], []
        while self.left_out and self.left_out[0][0] < end:
            first, stop = self.left_out[0]
            begins.append(max(0, first - first_mcu))
            ends.append(min(stop, end) - first_mcu)
            if stop > end:
                break
            self.left_out.popleft()
        np.add.at(edges, begins, 1)
        np.subtract.at(edges, ends, 1)
        blocks[np.cumsum(edges[:-1]) > 0] = 0

    # --- MCUs --------------------------------------------------------------------------------------------

    def pieces(self) -> Iterator[NDArray[np.int16]]:
        """Blocks ``(n, 64)`` in order, DC differences in element 0; none from where all are zero."""
        per_mcu = self.scan.blocks_per_mcu
        fast: lanes.LaneReader | None = None
        while self.mcu < self.total:
            known = 0
            if self.at_next_interval():
                self.enter_interval()
            if not self.spent and self.payload.size - (self.bit >> 3) >= lanes.SERIAL_BELOW:
                fast = fast or lanes.LaneReader(self.scan, self.payload, lanes.Statistics())
                place, certain = lanes.Place(self.bit, self.mcu * per_mcu, self.bit), True
                while certain and place.block < self.total * per_mcu:
                    blocks, place, certain = fast.read_piece(place)
                    yield blocks
                self.mcu, known = divmod(place.block, per_mcu)
                self.bit = place.mcu_bit
                self.interval = self.mcu // self.interval_mcus if self.mcu % self.interval_mcus else -1
            since = self.bit
            for blocks in self._walk():
                yield blocks[known:]
                known = 0
                if self.bit - since >= SERIAL_BYTES * 8 and not self.spent:
                    break
            else:
                return

    def _walk(self) -> Iterator[NDArray[np.int16]]:
        """Read on from where the reader is, as :mod:`numjpeg.entropy.sequential_reader` does: where code words
        begin is found one by one, and their values together. Ends where nothing but zeros would follow.
        """
        steps = [_steps(table, i % 2) for i, table in enumerate(self.tables)]
        per_mcu = len(self.components)
        base, limit, chunk = 0, -1, FIRST_CHUNK
        procedure: list[tuple[bytes, bytes, bytes]] = []
        more = True
        while more and self.mcu < self.total:
            first = self.mcu
            stop = min(self.total, first + ceil_div(SERIAL_BLOCKS, per_mcu))
            dc: list[int] = []
            ac: list[int] = []
            ac_ends: list[int] = []
            too_far: list[tuple[int, int]] = []  # AC symbols whose run is too long, and by how much
            whole: list[int] = []  # MCUs, from ``first`` on, of which these are
            last: list[tuple[int, list[int]]] = []  # MCUs in which an interval's data end, and their coefficients
            of_zero_bits: list[int] = []  # such MCUs where an interval has no data at all
            while self.mcu < stop:
                if self.at_next_interval():
                    self.enter_interval()
                if self.spent:
                    more = self.interval < self.last_present
                    if not more:
                        break
                    end = min(stop, (self.interval + 1) * self.interval_mcus)
                    self.left_out.append((self.mcu, end))
                    self.mcu = end
                    continue
                p, bound = self.bit, self.bounds[self.interval + 1]
                if not base <= p <= limit:
                    start = p >> 3
                    size = min(chunk + MCU_BYTES, self.payload.size + MCU_BYTES - start)
                    windows = bits.windows_16(self.payload.data, start, size)
                    maps = [(bit_step[windows].tobytes(), k_step[windows].tobytes()) for bit_step, k_step in steps]
                    procedure = [(maps[2 * c][0], *maps[2 * c + 1]) for c in self.components]
                    base, limit = start * 8, (start + chunk) * 8
                    chunk = min(2 * chunk, CHUNK)
                blocks_before, symbols_before, far_before = len(dc), len(ac), len(too_far)
                wrong, wrong_at = "", 0
                for dc_bits, ac_bits, ac_k in procedure:
                    dc.append(p)
                    step = dc_bits[p - base]
                    if not step:
                        wrong, wrong_at = wrong or "no DC code begins like this", wrong_at or p
                        step = ILLEGAL_BITS
                    p += step
                    k = 1
                    while k < 64:
                        ac.append(p)
                        place = p - base
                        k += ac_k[place]
                        p += ac_bits[place]
                    if k >= 256:
                        wrong, wrong_at = wrong or "no AC code begins like this", wrong_at or ac[-1]
                    elif 64 < k <= 128:
                        wrong, wrong_at = wrong or "a run passes coefficient 63", wrong_at or ac[-1]
                        too_far.append((len(ac) - 1, k - 64))
                    ac_ends.append(len(ac))
                    if p > bound:
                        break
                if p > bound:
                    del dc[blocks_before:], ac_ends[blocks_before:], ac[symbols_before:], too_far[far_before:]
                    if self.bit == bound:
                        of_zero_bits.append(self.mcu - first)
                    else:
                        last.append((self.mcu - first, self._mcu_at_the_end(self.bit, bound)))
                    if not wrong or wrong_at >= bound:
                        wrong, wrong_at = "data end too early", bound
                    self.spent = True
                    p = bound
                else:
                    whole.append(self.mcu - first)
                if wrong and self.interval not in self.in_doubt:
                    offset = self.payload.file_offset(wrong_at >> 3)
                    self.note(f"{wrong} in MCU {self.mcu}", offset, self.interval, mcu=self.mcu)
                self.bit = p
                self.mcu += 1
            blocks = np.zeros((self.mcu - first, per_mcu, 64), np.int16)
            if whole:
                blocks[whole] = self._values(np.array(dc), np.array(ac), np.array(ac_ends), too_far)
            if last:
                at, coefficients = zip(*last, strict=True)
                blocks[list(at)] = np.reshape(coefficients, (-1, per_mcu, 64))
            if of_zero_bits:
                blocks[of_zero_bits] = np.reshape(self._mcu_at_the_end(0, 0), (per_mcu, 64))
            yield blocks.reshape(-1, 64)
        if self.mcu < self.total:
            self.left_out.append((self.mcu, self.total))
        self.finish()

    def _values(
        self,
        dc: NDArray[np.intp],
        ac: NDArray[np.intp],
        ac_ends: NDArray[np.intp],
        too_far: list[tuple[int, int]],
    ) -> NDArray[np.int16]:
        """From the places of the code words, blocks ``(MCUs, blocks an MCU, 64)``."""
        component = np.tile(self.components, len(dc) // len(self.components))
        block = np.repeat(np.arange(len(dc)), np.diff(ac_ends, prepend=0))
        symbol, value = receive(self.payload, ac, self.tables[1::2], component[block])
        run, category = run_and_category(symbol)
        run[(category == 0) & (symbol != ZERO_RUN)] = 0  # the end of the block, whatever the run
        for at, passed in too_far:
            run[at] -= passed
        blocks = run_length_decode(Runs(block, run, value.astype(np.int16)), len(dc))
        _, blocks[:, 0] = receive(self.payload, dc, self.tables[0::2], component)
        return blocks.reshape(-1, len(self.components), 64)

    def _mcu_at_the_end(self, first: int, bound: int) -> list[int]:
        """The coefficients of an MCU that begins at bit ``first`` and would need more bits than there are up to
        ``bound``: symbol by symbol, with zeros for the missing bits.
        """
        tail = int.from_bytes(self.payload.data[first >> 3 : bound >> 3].tobytes(), "big")
        size = bound - first
        place = 0

        def ahead(count: int) -> int:
            shift = size - place - count
            return (tail >> shift if shift >= 0 else tail << -shift) & ((1 << count) - 1)

        def decode(lookup: Lookup) -> int:
            nonlocal place
            window = ahead(16)
            place += lookup.length.item(window) or ILLEGAL_BITS
            return lookup.symbol.item(window)

        def magnitude(category: int) -> int:
            nonlocal place
            value = ahead(category)
            place += category
            return value if 2 * value >= 1 << category else value - (1 << category) + 1

        coefficients: list[int] = []
        for c in self.components:
            of_dc, of_ac = self.lookups[2 * c : 2 * c + 2]
            block = [0] * 64
            block[0] = magnitude(decode(of_dc))
            k = 1
            while k < 64:
                zeros_follow = place >= size
                run, category = divmod(decode(of_ac), 16)
                if category == 0 and run < 15:
                    break
                if zeros_follow:
                    # The same symbol and value again and again, up to the last one at 63.
                    if category:
                        places = range(k + run, 63, run + 1)
                        block[k + run : 63 : run + 1] = [1 - (1 << category)] * len(places)
                        block[63] = 1 - (1 << category)
                    break
                if category:
                    block[min(k + run, 63)] = magnitude(category)
                k += run + 1
            coefficients += block
        return coefficients
