"""Scans of the progressive DCT process with Huffman coding (T.81 Annex G): bits -> coefficients.

A progressive frame sends its coefficients in many scans: a *band* Ss .. Se of the zig-zag order at a time
(spectral selection, G.1.1.1.1), and of each coefficient first the high bits, without the lowest Al, then one bit
more a scan (successive approximation, G.1.1.1.2). So there are four kinds of scans:

    DC first        the differences of DC coefficients, as in a sequential scan (G.1.2.1)
    DC refinement   one bit a block, without any code (G.1.2.1.1)
    AC first        run and category as in a sequential scan, but an end of block may be one of many in a row:
                    EOBn, n bits behind it, ends 2 ** n .. 2 ** (n + 1) - 1 blocks (G.1.2.2)
    AC refinement   runs that count only coefficients that are still zero, each before a new +1 or -1; a bit for
                    each coefficient on the way that has a history, is not zero any more (G.1.2.3)

As in :mod:`numjpeg.entropy.sequential_reader` only finding where each code word begins is serial, with what it
means looked up for every bit beforehand; all values follow at once from the places. In a refinement of AC
coefficients the places depend on the coefficients that are known already. The walk counts the zeros off between
those: it takes one step for each code word and a short one for each coefficient that a bit belongs to.

Coefficients lie in planes int16 ``(rows, columns, 64)``, zig-zag order, one for each component. Of the blocks that
only fill up an MCU they have the rows below the picture (:mod:`numjpeg.restoration.smoothing` looks at them), not
the columns.
Scans change them in place; what they hold in front of a fault stays.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.container.frame import Frame, Scan
from numjpeg.entropy import bits
from numjpeg.entropy.sequential_reader import check_restarts, warn_of_rest
from numjpeg.entropy.shared import interval_bounds, receive, restore_dc
from numjpeg.errors import FormatError, UnsupportedError
from numjpeg.stages.huffman import WINDOW_BITS, ZERO_RUN, HuffmanTable
from numjpeg.stages.mcu_order import block_component, deinterleave

Planes = Sequence[NDArray[np.int16]]
"""Of each component of a frame, blocks int16 ``(rows, columns, 64)`` in zig-zag order."""

FREE_VISITS, VISITS_A_BYTE = 1 << 22, 128
"""How many blocks the scans of a file may visit, all together: so many, and so many more for each of its bytes. A
visit costs up to 0.1 us, though with EOBn 14 bits can ask for 16,384. As a block's DC takes a bit, this allows
sixteen scans of the flattest picture, and hundreds of a photograph."""

LEAST_VISITS = 8192
"""A scan of fewer blocks counts as so many: to begin takes half a millisecond if it has tables of its own. So 512
scans are allowed of any file, and one more for every 64 bytes."""

CHUNK = 1 << 15
"""Bytes of entropy-coded data that are looked up at a time."""


def new_planes(frame: Frame, scans: Sequence[Scan], size: int, strict: bool = True) -> list[NDArray[np.int16]]:
    """Planes of zeros for all components of a frame.

    Parameters
    ----------
    scans : all of the frame's. size : bytes of the file. strict : see that the data can be enough.

    Raises
    ------
    FormatError if the data are too short for the frame; UnsupportedError if the scans visit its blocks too often.
    """
    check_visits(frame, scans, size)
    blocks = _blocks(frame)
    planes = []
    for index, (component, count) in enumerate(zip(frame.components, blocks, strict=True)):
        own = [scan for scan in scans if index in scan.indices]
        have = sum(scan.end - scan.start for scan in own)
        if strict and own and 8 * have < count:  # the DC of a block takes a bit at least
            raise FormatError(
                f"the scans of component {component.identifier} have {have} bytes, at least"
                f" {ceil_div(count, 8)} needed",
                offset=own[-1].end,
                clause="G.2",
            )
        rows, columns = frame.block_size(component) if own else (0, 0)
        planes.append(np.zeros((ceil_div(rows, component.V) * component.V, columns, 64), np.int16))
    return planes


def check_visits(frame: Frame, scans: Sequence[Scan], size: int) -> None:
    """See that the scans of a file of ``size`` bytes do not visit its blocks too often; UnsupportedError if so."""
    blocks = _blocks(frame)
    visits = sum(max(LEAST_VISITS, sum(blocks[index] for index in scan.indices)) for scan in scans)
    if visits > FREE_VISITS + VISITS_A_BYTE * size:
        raise UnsupportedError(
            f"{len(scans)} scans visit {visits} blocks, more than {FREE_VISITS} + {VISITS_A_BYTE} a byte",
            offset=scans[-1].offset,
            clause="G.1.1.1",
        )


def _blocks(frame: Frame) -> list[int]:
    return [rows * columns for rows, columns in map(frame.block_size, frame.components)]


def read_scan(data: bytes, scan: Scan, planes: Planes, warnings: list[str]) -> None:
    """Decode a scan.

    Parameters
    ----------
    data : the file. scan : its header, tables and place.
    planes : of each component of the frame; those of the scan are changed.
    warnings : list to which faults are added that leave no coefficient in doubt.

    Raises
    ------
    FormatError with the byte offset where the data are damaged or too short. What comes before is in the planes.
    """
    payload = bits.unstuff(data, scan.start, scan.end)
    if scan.Ss == 0:
        check_size(scan, payload)
    check_restarts(scan, payload, warnings)
    kinds = {
        (True, False): read_dc_first,
        (True, True): read_dc_refinement,
        (False, False): read_ac_first,
        (False, True): read_ac_refinement,
    }
    kinds[scan.Ss == 0, scan.Ah > 0](scan, payload, planes, warnings)


def check_size(scan: Scan, payload: bits.Payload) -> None:
    """Refuse a DC scan before anything is allocated: a block takes a bit at least."""
    rows, columns = scan.mcus
    least = ceil_div(rows * columns * scan.blocks_per_mcu, 8)
    if payload.size < least:
        raise FormatError(
            f"the scan ends too early: {payload.size} bytes, at least {least} needed",
            offset=scan.end,
            clause="G.2",
        )


# --- what all scans share --------------------------------------------------------------------------------


class Interval(NamedTuple):
    """A restart interval, or the whole scan."""

    begin: int
    """Its first bit in the payload."""
    end: int
    """The bit after its last."""
    first_mcu: int
    mcus: int
    last: bool
    """Nothing follows."""


def restart_intervals(scan: Scan, payload: bits.Payload) -> Iterator[Interval]:
    """The restart intervals of a scan, of which :func:`check_restarts` has found as many as there should be."""
    rows, columns = scan.mcus
    total = rows * columns
    step = scan.restart_interval or total
    bounds = interval_bounds(payload)
    for i, first in enumerate(range(0, total, step)):
        yield Interval(bounds[i], bounds[i + 1], first, min(step, total - first), first + step >= total)


def _fault(payload: bits.Payload, interval: Interval, what: str, mcu: int, place: int) -> FormatError:
    if place >= interval.end:
        what, place = "data end too early", interval.end
    return FormatError(f"{what} in MCU {mcu}", offset=payload.file_offset(place >> 3), clause="G.2")


def _close(payload: bits.Payload, interval: Interval, p: int, warnings: list[str]) -> None:
    """An interval has been read up to bit ``p``: is that its end?"""
    left = interval.end - p
    last = interval.first_mcu + interval.mcus - 1
    if p > interval.end:
        raise _fault(payload, interval, "data end too early", last, p)
    if left >= 8 and not interval.last:
        raise _fault(payload, interval, "data are left over at the end of a restart interval", last, p)
    warn_of_rest(left, warnings)


def look_up(payload: bits.Payload, by_window: NDArray[np.uint8]) -> list[bytes]:
    """From tables by window of 16 bits, what they say of every bit of a payload and some zeros behind it.

    Parameters
    ----------
    by_window : uint8 ``(65536, 2)``, two tables; with both in one look-up it takes half the time.
    """
    first, second = [], []
    pairs = by_window.view(np.uint16).ravel()
    size = payload.size + bits.PAYLOAD_MARGIN - 8
    for start in range(0, size, CHUNK):
        windows = bits.windows_16(payload.data, start, min(CHUNK, size - start))
        found = pairs.take(windows, mode="clip").view(np.uint8)
        first.append(found[0::2].tobytes())
        second.append(found[1::2].tobytes())
    return [b"".join(first), b"".join(second)]


def code_lengths(table: HuffmanTable) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The lengths of a table's codes in ascending order, and their symbols."""
    return np.repeat(np.arange(1, 17), table.bits), np.frombuffer(table.values, np.uint8).astype(np.intp)


def spread(
    length: NDArray[np.intp], first: NDArray[np.intp], second: NDArray[np.intp], none: tuple[int, int]
) -> NDArray[np.uint8]:
    """Two tables by code, as two by window of 16 bits, uint8 ``(65536, 2)``; ``none`` where there is no code."""
    by_window = np.empty((1 << WINDOW_BITS, 2), np.uint8)
    spans = 1 << (WINDOW_BITS - length)
    used = int(spans.sum())
    by_window[:used, 0] = np.repeat(first.astype(np.uint8), spans)
    by_window[:used, 1] = np.repeat(second.astype(np.uint8), spans)
    by_window[used:] = none
    return by_window


def _receive_bits(payload: bits.Payload, p: int, count: int) -> int:
    """RECEIVE (F.2.2.4): ``count`` bits, 16 at the most, from bit ``p`` on."""
    byte = p >> 3
    three = int.from_bytes(payload.data[byte : byte + 3].tobytes(), "big")
    return three >> (24 - (p & 7) - count) & (1 << count) - 1


def _ints(values: array[int]) -> NDArray[np.int64]:
    return np.frombuffer(values, np.int64) if len(values) else np.empty(0, np.int64)


# --- DC scans --------------------------------------------------------------------------------------------


def read_dc_first(scan: Scan, payload: bits.Payload, planes: Planes, warnings: list[str]) -> None:
    """The first scan of DC coefficients (G.1.2.1): differences, less their Al lowest bits."""
    procedure = dc_procedure(scan, payload)
    places = array("q")
    found = places.append
    try:
        for interval in restart_intervals(scan, payload):
            p = interval.begin
            mcu = interval.first_mcu
            try:
                for mcu in range(interval.first_mcu, interval.first_mcu + interval.mcus):
                    for steps in procedure:
                        step = steps[p]
                        if not step:
                            raise _fault(payload, interval, "no DC code begins like this", mcu, p)
                        found(p)
                        p += step
            except IndexError:
                raise _fault(payload, interval, "data end too early", mcu, p) from None
            _close(payload, interval, p, warnings)
    finally:
        lay_dc(scan, payload, planes, _ints(places))


def dc_procedure(scan: Scan, payload: bits.Payload) -> list[bytes]:
    """For each block of an MCU, how far its code and difference lead from every bit, or 0."""
    maps = {table: look_up(payload, _dc_steps(table))[0] for table in scan.huffman_tables.values()}
    by_component = [maps[scan.huffman_tables[0, c.Td]] for c in scan.components]
    return [by_component[c] for c in block_component(scan.factors).tolist()]


def lay_dc(scan: Scan, payload: bits.Payload, planes: Planes, places: NDArray[np.int64]) -> None:
    """From the bits at which the codes of the first blocks of a scan begin, all their DC coefficients.

    Behind the last of them the prediction goes on.
    """
    rows, columns = scan.mcus
    tables = [scan.huffman_tables[0, c.Td] for c in scan.components]
    component = np.tile(block_component(scan.factors), ceil_div(len(places), scan.blocks_per_mcu))
    _, differences = receive(payload, places, tables, component[: len(places)])
    blocks = np.zeros((rows * columns, scan.blocks_per_mcu, 1), np.int16)
    blocks.reshape(-1)[: len(places)] = differences
    restore_dc(scan, blocks, 0, [0] * len(scan.components))
    blocks <<= scan.Al
    for index, dc in zip(scan.indices, deinterleave(blocks, columns, scan.factors), strict=True):
        plane = planes[index]
        plane[: len(dc), :, 0] = dc[:, : plane.shape[1], 0]


@lru_cache(maxsize=16)
def _dc_steps(table: HuffmanTable) -> NDArray[np.uint8]:
    """For each window of 16 bits, the bits of the code and the difference it begins with, or 0; and the symbol."""
    length, symbol = code_lengths(table)
    return spread(length, length + symbol, symbol, (0, 0))


def read_dc_refinement(scan: Scan, payload: bits.Payload, planes: Planes, warnings: list[str]) -> None:
    """A later scan of DC coefficients (G.1.2.1.1): a bit for each."""
    rows, columns = scan.mcus
    per_mcu = scan.blocks_per_mcu
    every_bit = np.unpackbits(payload.data)
    blocks = np.zeros((rows * columns, per_mcu, 1), np.int16)
    for interval in restart_intervals(scan, payload):
        own = every_bit[interval.begin : interval.begin + interval.mcus * per_mcu]
        if interval.end - interval.begin < interval.mcus * per_mcu:
            own = own[: interval.end - interval.begin]
        blocks.reshape(-1)[interval.first_mcu * per_mcu :][: len(own)] = own
        if len(own) < interval.mcus * per_mcu:
            break
    blocks <<= scan.Al
    for index, dc in zip(scan.indices, deinterleave(blocks, columns, scan.factors), strict=True):
        plane = planes[index]
        plane[: len(dc), :, 0] |= dc[:, : plane.shape[1], 0]
    for interval in restart_intervals(scan, payload):
        p = interval.begin + interval.mcus * per_mcu
        if p > interval.end:
            mcu = interval.first_mcu + (interval.end - interval.begin) // per_mcu
            raise _fault(payload, interval, "data end too early", mcu, p)
        _close(payload, interval, p, warnings)


# --- AC scans --------------------------------------------------------------------------------------------

_VALUE, _END, _NO_CODE = 16, 32, 255
"""Kinds of code words. Below 16, a run of so many zeros before a coefficient; 16 + 15, sixteen zeros (ZRL);
32 + n, EOBn; or an illegal one."""


@lru_cache(maxsize=16)
def _ac_steps(table: HuffmanTable, refinement: bool) -> NDArray[np.uint8]:
    """For each window of 16 bits, the kind of the code word it begins with, and its bits with those behind it."""
    length, symbol = code_lengths(table)
    run, category = symbol >> 4, symbol & 15
    end = (category == 0) & (symbol != ZERO_RUN)
    kind = np.where(end, _END + run, run)
    kind[symbol == ZERO_RUN] = _VALUE + 15
    if refinement:
        kind[category > 1] = _NO_CODE  # a new coefficient is +1 or -1 (G.1.2.3)
    return spread(length, kind, length + np.where(end, run, category), (_NO_CODE, 0))


def read_ac_first(scan: Scan, payload: bits.Payload, planes: Planes, warnings: list[str]) -> None:
    """The first scan of a band of AC coefficients (G.1.2.2).

    ``place`` is 64 times the block and the coefficient that is due, as in the plane's memory; ``limit`` is the
    place behind the last coefficient of the block's band, and ``gap`` what lies between two bands.
    """
    table = scan.huffman_tables[1, scan.components[0].Ta]
    flat = planes[scan.indices[0]].reshape(-1)
    kinds, steps = look_up(payload, _ac_steps(table, False))
    gap = 63 + scan.Ss - scan.Se
    codes, targets = array("q"), array("q")
    found, laid = codes.append, targets.append
    try:
        for interval in restart_intervals(scan, payload):
            p = interval.begin
            place = interval.first_mcu * 64 + scan.Ss
            limit = place + 64 - gap
            end = place + interval.mcus * 64
            try:
                while place < end:
                    kind = kinds[p]
                    if kind < _END:
                        target = place + (kind & 15)
                        if target >= limit:
                            raise _fault(payload, interval, _too_long(scan), place >> 6, p)
                        found(p)
                        laid(target)
                        p += steps[p]
                        place = target + 1
                        if place == limit:
                            place += gap
                            limit += 64
                    elif kind == _NO_CODE:
                        raise _fault(payload, interval, "no AC code begins like this", place >> 6, p)
                    else:
                        p += steps[p]
                        n = kind - _END
                        blocks = (1 << n) + _receive_bits(payload, p - n, n) if n else 1
                        place = limit + gap + (blocks - 1) * 64
                        limit = place + 64 - gap
            except IndexError:
                raise _fault(payload, interval, "data end too early", place >> 6, p) from None
            _check_end(payload, interval, place - end, p)
            _close(payload, interval, p, warnings)
    finally:
        _, values = receive(payload, _ints(codes), [table], np.zeros(len(codes), np.intp))
        some = np.flatnonzero(values)  # a ZRL has none
        flat[_ints(targets)[some]] = (values[some] << scan.Al).astype(np.int16)


def read_ac_refinement(scan: Scan, payload: bits.Payload, planes: Planes, warnings: list[str]) -> None:
    """A later scan of a band of AC coefficients (G.1.2.3); ``place``, ``limit`` and ``gap`` as in
    :func:`read_ac_first`.

    ``history`` are the places that are not zero, and ``passed`` is how many of them the walk has passed. A code
    word's bits for these stand behind it. To count off ``kind`` zeros from ``place`` on, the target moves one
    further for each of them on the way.
    """
    table = scan.huffman_tables[1, scan.components[0].Ta]
    plane = planes[scan.indices[0]]
    flat = plane.reshape(-1)
    kinds, steps = look_up(payload, _ac_steps(table, True))
    gap = 63 + scan.Ss - scan.Se
    known = _history(plane, scan.Ss, scan.Se)
    history = array("q", known.tobytes())
    history.append(1 << 62)
    codes, targets, passes = array("q"), array("q"), array("q")
    found, laid, corrected = codes.append, targets.append, passes.append
    passed = 0
    try:
        for interval in restart_intervals(scan, payload):
            p = interval.begin
            place = interval.first_mcu * 64 + scan.Ss
            limit = place + 64 - gap
            end = place + interval.mcus * 64
            try:
                while place < end:
                    kind = kinds[p]
                    if kind < _END:
                        target = place + (kind & 15)
                        before = passed
                        while history[passed] <= target:
                            passed += 1
                            target += 1
                        if target >= limit:
                            passed = before
                            raise _fault(payload, interval, _too_long(scan), place >> 6, p)
                        found(p)
                        laid(target)
                        corrected(passed)
                        p += steps[p] + passed - before
                        place = target + 1
                        if place == limit:
                            place += gap
                            limit += 64
                    elif kind == _NO_CODE:
                        raise _fault(payload, interval, "no AC code begins like this", place >> 6, p)
                    else:
                        n = kind - _END
                        before = passed
                        blocks = (1 << n) + _receive_bits(payload, p + steps[p] - n, n) if n else 1
                        place = limit + gap + (blocks - 1) * 64
                        limit = place + 64 - gap
                        passed = bisect_left(history, place, passed)
                        found(p)
                        laid(0)
                        corrected(passed)
                        p += steps[p] + passed - before
            except IndexError:
                raise _fault(payload, interval, "data end too early", place >> 6, p) from None
            _check_end(payload, interval, place - end, p)
            _close(payload, interval, p, warnings)
    finally:
        # The bits of known coefficients follow each other behind their code word; the bit before them is a sign.
        words = _ints(codes)
        behind = words + np.frombuffer(steps, np.uint8)[words]
        after = _ints(passes)
        before_each = np.append(0, after)[:-1]
        bit = np.repeat(behind - before_each, after - before_each)
        bit += np.arange(len(bit))
        new = np.frombuffer(kinds, np.uint8)[words] < _VALUE
        corrected_places = (known[: len(bit)], bit)
        refine(
            flat, np.unpackbits(payload.data), corrected_places, (_ints(targets)[new], behind[new] - 1), scan.Al
        )


def _history(plane: NDArray[np.int16], Ss: int, Se: int) -> NDArray[np.int64]:
    """The places of a band's coefficients that are not zero."""
    blocks = plane.reshape(-1, 64)
    some = np.zeros(blocks.shape, np.bool_)
    np.not_equal(blocks[:, Ss : Se + 1], 0, out=some[:, Ss : Se + 1])
    return np.flatnonzero(some).astype(np.int64, copy=False)


def refine(
    flat: NDArray[np.int16],
    every_bit: NDArray[np.uint8],
    known: tuple[NDArray[np.int64], NDArray[np.int64]],
    new: tuple[NDArray[np.int64], NDArray[np.int64]],
    Al: int,
) -> None:
    """Add a bit to coefficients.

    Parameters
    ----------
    flat : a plane's coefficients, changed in place. every_bit : the bits of the payload, each by itself.
    known : the places of the coefficients that are not zero, and the bit of the payload that corrects each.
    new : the places of those that are not zero any more, and the bit that gives the sign of each.
    """
    one = np.int16(1 << Al)
    place, bit = known
    corrected = place.take(np.flatnonzero(every_bit.take(bit, mode="clip")))
    values = flat.take(corrected)
    there = np.flatnonzero(values & one)
    if len(there):  # a bit that is there already stays; only scans out of order send it again
        corrected, values = np.delete(corrected, there), np.delete(values, there)
    flat[corrected] = values + (values >> 15 | 1) * one  # away from zero
    place, bit = new
    flat[place] = every_bit.take(bit, mode="clip").astype(np.int16) * (2 * one) - one


def _too_long(scan: Scan) -> str:
    return f"a run passes coefficient {scan.Se}"


def _check_end(payload: bits.Payload, interval: Interval, beyond: int, p: int) -> None:
    if beyond:
        last = interval.first_mcu + interval.mcus - 1
        raise _fault(payload, interval, "a run of ends of blocks passes the last one", last, p)
