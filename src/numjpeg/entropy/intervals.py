"""The restart intervals of a scan (T.81 B.2.1, F.1.2.3), found as libjpeg finds them, however odd its markers are.

T.81 does not say what a decoder makes of data that break its rules. Pictures should not depend on the decoder, so
all readers of scans do as libjpeg does:

* A restart marker tells where its interval begins. The reader compares it with the marker that is due
  (:func:`resynchronise`). If its number is one or two higher, intervals are missing; they stay empty. If it is one
  or two lower, the marker is passed over with what follows it. Any other marker is taken for the one that is due.
* An interval ends at a marker. Bytes that are left over in front of it are passed over. If data are missing, zero
  bits take their place up to the end of the MCU in which the data end. All coefficients of the interval's other
  MCUs are zero.
* A code word that the table does not have takes 17 bits and stands for zero: no DC difference, or the end of the
  block. A run that passes coefficient 63 puts its value at 63 and ends the block.

After such a step a reader goes on as if nothing had happened. Codes synchronise themselves: after some blocks
there is a picture again. Up to the next restart marker it is displaced and has another DC level.

Code words may have been misread long before anything is noticed. So whatever is wrong with an interval puts all of
its MCUs in doubt. One case is different: if a file ends in the middle of a scan, nothing before its end is in
doubt. And restart numbers repeat after eight: where eight intervals or more are missing or too many at the end of
a scan, they may come from anywhere. Then all MCUs are in doubt from the first interval on with which anything is
wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.container.findings import DAMAGE, LOSS, REMARK, Fault, Sink
from numjpeg.container.frame import Scan
from numjpeg.container.markers import RST0, SOF0, find_markers, marker_name
from numjpeg.entropy import bits
from numjpeg.entropy.shared import interval_bounds

CYCLE = 8  # restart markers have the numbers 0 to 7, again and again


def resynchronise(codes: Sequence[int], intervals: int) -> list[int | None]:
    """Find where restart intervals begin among markers that may be wrong, missing or too many.

    ``codes`` : of the markers inside the entropy-coded data, in order. ``intervals`` : how many are due. Returns,
    for each interval from the second on, the index of the marker that it follows, or None if it is empty. The list
    ends with the last marker that is used. (libjpeg: ``jpeg_resync_to_restart``.)

    >>> resynchronise([0xD0, 0xD1, 0xD3, 0xD4], 6)
    [0, 1, None, 2, 3]
    """
    begins: list[int | None] = []
    unread = 0
    for due in range(RST0, RST0 + intervals - 1):
        while unread < len(codes) and (codes[unread] < SOF0 or (codes[unread] - due) % 8 in (6, 7)):
            unread += 1
        if unread == len(codes):
            break
        if (codes[unread] - due) % 8 in (1, 2):  # it is ahead of the one that is due, not behind
            begins.append(None)
        else:
            begins.append(unread)
            unread += 1
    return begins


def first_of_intervals(mcus: list[NDArray[np.intp]], interval_mcus: int) -> list[tuple[int, int]]:
    """The first of some MCUs in each restart interval that has any, as (interval, MCU)."""
    in_order = np.sort(np.concatenate([np.empty(0, np.intp), *mcus]))
    intervals, at = np.unique(in_order // interval_mcus, return_index=True)
    return list(zip(intervals.tolist(), in_order[at].tolist(), strict=True))


class Intervals:
    """The restart intervals of a scan, and a reader's place in them."""

    clause = "F.2.2"  # the decoding procedure, which findings about code words name
    least_bits = 0  # the fewest that a data unit takes; an AC scan of the progressive process may need none

    def __init__(self, data: bytes, scan: Scan, sink: Sink) -> None:
        self.scan, self.sink = scan, sink
        rows, columns = scan.mcus
        self.total = rows * columns
        size, least = scan.end - scan.start, ceil_div(self.total * scan.blocks_per_mcu * self.least_bits, 8)
        if sink.strict and size < least:  # refused before anything is allocated
            what = f"the scan ends too early: {size} bytes, at least {least} needed for MCUs 0 to {self.total - 1}"
            sink.add(Fault(what, scan.end, self.clause, scan.number, kind=LOSS))
        self.interval_mcus = scan.restart_interval or self.total
        self.interval_count = ceil_div(self.total, self.interval_mcus)
        self.in_doubt: set[int] = set()  # the intervals that a finding puts in doubt
        self.damaged: set[int] = set()  # those of them where a finding is more than a remark
        self.last_note = -1  # index of the last finding that puts MCUs in doubt
        self.pads_with_ones = False  # whether the last byte of some interval so far is filled up with ones
        self.cut_off = scan.end == len(data)  # whether the file ends with the data of the scan
        self.payload = self._take_apart(data)
        self.bounds = interval_bounds(self.payload)
        # Where the reader is: MCU, bit, and interval (-1 in front of the first one). ``spent``: all data of that
        # interval have been read.
        self.mcu, self.bit, self.interval, self.spent = 0, 0, -1, False

    def _take_apart(self, data: bytes) -> bits.Payload:
        """Find the restart intervals: which are ``present``, which is the last of these, and whether the scan has
        ``whole`` all of them. Note the restart markers that are missing, wrong or too many.
        """
        scan, size = self.scan, self.scan.end - self.scan.start
        intervals = self.interval_count
        places = find_markers(data, scan.start, scan.end)
        if not places and intervals == 1:
            self.present, self.last_present, self.whole = [True], 0, True
            return bits.unstuff_parts(data, scan.start, scan.end, [(0, size)])
        codes = [data[place + 1] for place in places]
        begins = resynchronise(codes, intervals)
        ends = [place - scan.start for place in places] + [size]
        parts = [(0, ends[0])] + [(ends[i] + 2, ends[i + 1]) for i in begins if i is not None]
        payload = bits.unstuff_parts(data, scan.start, scan.end, parts)
        self.present = [True] + [i is not None for i in begins]
        self.last_present = max(number for number, is_present in enumerate(self.present) if is_present)
        self.whole = len(begins) == intervals - 1 and all(self.present)
        # An empty interval begins where the next one does, or where the data end. Behind the last interval that is
        # present, the reader enters two more before it knows that nothing follows.
        starts = np.full(min(intervals, len(begins) + 3), payload.size, np.intp)
        following = np.cumsum(self.present) - np.array(self.present)
        starts[: len(following)] = np.append(payload.starts, payload.size)[following]
        offsets = payload.file_offsets(starts).tolist()
        for number, i in enumerate(begins, 1):
            due = (number - 1) % 8
            if i is None:
                self.note(f"RST{due} is missing", offsets[number], number, "B.2.1", LOSS)
            elif codes[i] != RST0 + due:
                what = f"{marker_name(codes[i])} stands where RST{due} is due, in front of MCU"
                self.note(f"{what} {number * self.interval_mcus}", places[i], number, "B.2.1")
        self._note_markers_passed_over(codes, places, begins, intervals)
        return replace(payload, starts=starts)

    def _note_markers_passed_over(
        self, codes: list[int], places: list[int], begins: list[int | None], intervals: int
    ) -> None:
        """Note the markers that begin no interval; those that follow each other are one finding."""
        if len(codes) == sum(i is not None for i in begins):
            return
        interval_of = {i: number for number, i in enumerate(begins, 1) if i is not None}
        interval, passed_over = 0, False
        for i, code in enumerate(codes):
            if i in interval_of:
                interval, passed_over = interval_of[i], False
                continue
            if passed_over:
                continue
            behind = interval == intervals - 1
            passed_over = behind or code >= RST0  # markers below are stray bytes: what follows them counts
            what = f"{marker_name(code)} {'follows the last restart interval' if behind else 'is out of place'}"
            if not behind:
                self.note(what, places[i], interval, "B.2.1", DAMAGE if passed_over else REMARK)
            elif places[-1] + 2 == self.scan.end and len(codes) - i - 1 == places[-1] - places[i] >> 1:
                self.sink.remark(what, places[i], "B.2.1", self.scan.number)
            elif not self._note_lines_below((len(codes) - i) * self.scan.restart_interval, places[i], interval):
                first = self._first_in_doubt() if len(codes) - i >= CYCLE else None
                self.note(what, places[i], interval, "B.2.1", REMARK, first)

    def _first_in_doubt(self) -> int:
        """The first MCU of the first interval with which anything is wrong so far; 0 if there is none."""
        return min(self.in_doubt, default=0) * self.interval_mcus

    def note(
        self, what: str, offset: int, interval: int, clause: str = "", kind: str = DAMAGE, first: int | None = None
    ) -> None:
        """Note what puts an interval in doubt, all of it or from MCU ``first`` on: only the first such finding,
        and the first one that is more than a remark.
        """
        if interval in (self.in_doubt if kind == REMARK else self.damaged):
            return
        if interval == self.last_present + 1 and self.interval_count - interval >= CYCLE and not self.cut_off:
            first = self._first_in_doubt()
        self.in_doubt.add(interval)
        if kind != REMARK:
            self.damaged.add(interval)
        first = min(interval * self.interval_mcus, self.total) if first is None else first
        mcus = (first, min((interval + 1) * self.interval_mcus, self.total))
        self.last_note = len(self.sink.findings)
        self.sink.add(Fault(what, offset, clause or self.clause, self.scan.number, mcus, kind))

    def note_wrong(self, what: str, bit: int) -> None:
        """Note what is wrong with a code word of the MCU that is due; or that the data end in this MCU."""
        if self.interval in self.damaged:
            return
        kind, first, bound = DAMAGE, None, self.bounds[self.interval + 1]
        if bit >= bound:
            what, bit, kind = "data end too early", bound, LOSS
            if self.cut_off and self.interval >= self.last_present:
                first = self.mcu
        offset = self.payload.file_offset(bit >> 3)
        self.note(f"{what} in MCU {self.mcu}", offset, self.interval, kind=kind, first=first)

    def at_next_interval(self) -> bool:
        """Whether the MCU that is due begins an interval that the reader has not entered."""
        return self.interval < 0 or self.mcu == (self.interval + 1) * self.interval_mcus

    def enter_interval(self) -> None:
        """Go to the data of the next restart interval; check that nothing is left of the one before."""
        if self.interval >= 0 and not self.spent:
            self.check_rest(self.interval, self.bit)
        self.interval = self.mcu // self.interval_mcus
        self.bit = self.bounds[self.interval]
        if self.interval < len(self.present) and self.present[self.interval]:
            self.spent = False

    def finish(self) -> None:
        """Note what is missing or left over, at the end of the scan or where only zeros would follow."""
        if self.mcu < self.total and self.last_note >= 0:
            finding = self.sink.findings[self.last_note]
            self.sink.findings[self.last_note] = replace(finding, mcus=((finding.mcus or (0,))[0], self.total))
        elif self.interval >= 0 and not self.spent:
            self.check_rest(self.interval, self.bit)

    def check_rest(self, interval: int, bit: int) -> None:
        """Check that fewer than eight bits follow ``bit`` in an interval, and that they are ones (F.1.2.3). No
        code is all ones (C.2), so ones are never data. Some cameras write a byte of them too many.
        """
        last = interval == self.interval_count - 1
        if last and self.scan.goes_on:
            return
        left = self.bounds[interval + 1] - bit
        rest = self.payload.data[bit >> 3 : bit + left >> 3]
        ones = not len(rest) or (rest[0] | 0xFF00 >> (bit & 7) & 0xFF == 0xFF and bool((rest[1:] == 0xFF).all()))
        if left < 8 and ones:
            self.pads_with_ones |= left > 1
            return
        offset = self.payload.file_offset(bit >> 3)
        what = f"{left // 8} bytes are left over at the end of a {'scan' if last else 'restart interval'}"
        if left < 8:
            what = "the bits that fill up the last byte are not ones"
            # Some encoders fill up with zeros, but then in every interval.
            ones = not self.pads_with_ones and not rest[0] & 0xFF >> (bit & 7)
        bits_an_mcu = self.scan.blocks_per_mcu * self.scan.frame.least_bits
        if ones:
            self.sink.remark(what, offset, "F.1.2.3", self.scan.number)
        elif not (last and self._note_lines_below(left // bits_an_mcu, offset, interval)):
            self.note(what, offset, interval, "F.1.2.3", REMARK)

    def _note_lines_below(self, mcus: int, offset: int, interval: int) -> bool:
        """If the height is from DNL, and data for ``mcus`` more MCUs, at least a row of them, follow the last one,
        note that. Returns whether it did. Only the first scan, which DNL follows, says something of the height.
        """
        if self.scan.frame.header_height is None or self.scan.number or mcus < self.scan.mcus[1]:
            return False
        self.note("the data go on below the last line that DNL states", offset, interval, "B.2.5")
        return True

    def check_rests(self, intervals: NDArray[np.int64], ends: NDArray[np.int64]) -> None:
        """Call :meth:`check_rest` for those of many intervals for which it may note something."""
        left = np.array(self.bounds)[intervals + 1] - ends
        last_bytes = self.payload.data[np.maximum((ends + left >> 3) - 1, 0)].astype(np.int64)
        odd = (left >= 8) | ((last_bytes + 1) & ((1 << np.minimum(left, 8)) - 1) != 0)
        # The first interval that is filled up with ones, by more than one bit, sets ``pads_with_ones``.
        odd[np.flatnonzero(~odd & (left > 1))[:1]] = True
        for number, end in zip(intervals[odd].tolist(), ends[odd].tolist(), strict=True):
            self.check_rest(number, end)
