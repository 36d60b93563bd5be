"""Scans of the sequential DCT processes with Huffman coding (T.81 F.2.2): bits -> coefficients.

Only finding where each code word begins is serial (:func:`_walk`); it reads like F.2.2. All that follows from the
places of the code words is vectorised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.container.frame import Scan
from numjpeg.entropy import bits
from numjpeg.entropy.shared import Band, band_counts, interval_bounds, receive, restore_dc, scan_tables
from numjpeg.errors import FormatError
from numjpeg.stages.huffman import (
    END_OF_BLOCK,
    ZERO_RUN,
    HuffmanTable,
    huffman_lookup,
    run_and_category,
)
from numjpeg.stages.mcu_order import block_component, deinterleave
from numjpeg.stages.run_length import Runs, run_length_decode

CHUNK = 1 << 15
"""Bytes of entropy-coded data for which the steps from every bit are looked up at a time."""

FIRST_CHUNK = 1 << 11
"""The first chunk is short, as the walk may be a short one; each is twice as long as the one before."""

MCU_BYTES = bits.PAYLOAD_MARGIN - 8
"""More than an MCU can take: 10 blocks (B.2.3) of 64 symbols of at most 16 + 15 bits."""

_END, _ILLEGAL = 128, 255
"""Steps of k. From 1 .. 63, a run too long leads to 65 .. 79, the end of a block to 129 .. 191, an illegal code
to 256 and above; a block that is full ends at 64."""


@lru_cache(maxsize=32)
def code_steps(table: HuffmanTable, table_class: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """For each window of 16 bits, how far its symbol leads: in bits (code and magnitude), and in k."""
    symbol, length = huffman_lookup(table)
    run, category = symbol >> 4, symbol & 15
    bit_step = length + category
    if table_class == 0:
        k_step = np.ones(len(symbol), np.uint8)
    else:
        k_step = np.add(run, 1, dtype=np.uint8)  # zeros and the coefficient after them; for ZRL sixteen zeros
        k_step[symbol == END_OF_BLOCK] = _END
        # With category 0 only EOB and ZRL mean something in a sequential scan (F.1.2.2.1).
        k_step[(category == 0) & (symbol != END_OF_BLOCK) & (symbol != ZERO_RUN)] = _ILLEGAL
    k_step[length == 0] = _ILLEGAL
    return bit_step, k_step


class _Places(NamedTuple):
    """Where the code words of a band begin, in bits of the payload."""

    dc: NDArray[np.intp]
    """One a block."""
    ac: NDArray[np.intp]
    ac_ends: NDArray[np.intp]
    """For each block, how many entries of ``ac`` there are up to its end."""
    end: int
    """The bit after the last."""


class Mcus(NamedTuple):
    """MCUs as they are read."""

    blocks: NDArray[np.int16]
    """``(MCUs, blocks an MCU, 64)`` in zig-zag order. Element 0 is the *difference* of the DC coefficient: 15 bits
    and a sign at most, as SSSS has 4 bits."""
    end: int
    """The bit of the payload after the last one."""


def read_scan(data: bytes, scan: Scan, rows_per_band: int, warnings: list[str]) -> Iterator[Band]:
    """Decode the entropy-coded data of a scan.

    Parameters
    ----------
    data : the file. scan : its header, tables and place. rows_per_band : MCU rows in a band.
    warnings : list to which faults are added that leave no coefficient in doubt.

    Yields
    ------
    Bands, from top to bottom, until the scan is complete.

    Raises
    ------
    FormatError with the byte offset where the data are damaged or too short.
    """
    payload = bits.unstuff(data, scan.start, scan.end)
    check_payload(scan, payload, warnings)
    _, columns = scan.mcus
    predictors = [0] * len(scan.components)
    first_mcu = 0
    counts = band_counts(scan, rows_per_band)
    for blocks, _ in read_mcus(scan, payload, counts, warnings):
        restore_dc(scan, blocks, first_mcu, predictors)
        yield deinterleave(blocks, columns, scan.factors)
        first_mcu += len(blocks)


def check_payload(scan: Scan, payload: bits.Payload, warnings: list[str]) -> None:
    """What can be said of a scan's data before a bit is decoded; raises FormatError as :func:`read_scan` does."""
    _check_size(scan, payload)
    check_restarts(scan, payload, warnings)


def read_mcus(
    scan: Scan,
    payload: bits.Payload,
    counts: Iterable[int],
    warnings: list[str],
    first_mcu: int = 0,
    first_bit: int = 0,
) -> Iterator[Mcus]:
    """Decode MCUs from a given one on, up to the last or as long as they are asked for.

    Parameters
    ----------
    counts : number of MCUs to decode at a time.
    first_mcu, first_bit : number of the first MCU in the scan, and the bit of the payload at which it begins.

    Raises
    ------
    FormatError as :func:`read_scan` does.
    """
    for places in _walk(scan, payload, counts, warnings, first_mcu, first_bit):
        yield Mcus(_read_values(scan, payload, places), places.end)


def _check_size(scan: Scan, payload: bits.Payload) -> None:
    """Refuse before anything is allocated: a block takes at least 2 bits, one for DC and one for EOB."""
    rows, columns = scan.mcus
    least = rows * columns * scan.blocks_per_mcu * 2
    if payload.size * 8 < least:
        raise FormatError(
            f"the scan ends too early: {payload.size} bytes, at least {ceil_div(least, 8)} needed"
            f" for MCUs 0 to {rows * columns - 1}",
            offset=scan.end,
            clause="F.2.2",
        )


def check_restarts(scan: Scan, payload: bits.Payload, warnings: list[str]) -> None:
    """There is one restart interval after the other, RSTm counting modulo 8 (B.2.1, F.1.1.5.1)."""
    rows, columns = scan.mcus
    expected = ceil_div(rows * columns, scan.restart_interval) if scan.restart_interval else 1
    found = len(payload.starts)
    wrong = np.flatnonzero(payload.restarts != np.arange(found - 1) % 8)
    if len(wrong):
        i = int(wrong[0])
        mcu = (i + 1) * scan.restart_interval
        raise FormatError(
            f"RST{payload.restarts[i]} stands where RST{i % 8} is due, in front of MCU {mcu}",
            offset=payload.file_offset(int(payload.starts[i + 1])) - 2,
            clause="B.2.1",
        )
    if found == expected + 1 and payload.starts[-1] == payload.size:
        warnings.append("a restart marker follows the last restart interval")
    elif found != expected:
        raise FormatError(
            f"the scan has {found} restart intervals, {expected} expected", offset=scan.end, clause="B.2.1"
        )


def padding_starts(payload: bits.Payload) -> list[int]:
    """The bits from which on there are only ones, 24 at most, up to each of :func:`interval_bounds`.

    Ones fill up the last byte of an interval (F.1.2.3). No code is all ones (C.2), so they are never data, and
    some cameras write a byte of them more than it takes.
    """
    ends = np.append(payload.starts, payload.size)
    last = payload.data[np.maximum(ends[:, np.newaxis] - (3, 2, 1), 0)].astype(np.int64) @ (1 << 16, 1 << 8, 1)
    zeros = ~last & 0xFFFFFF | 1 << 24
    ones = np.rint(np.log2(zeros & -zeros)).astype(np.intp)
    return [*map(int, 8 * ends - ones)]


def warn_of_rest(count: int, warnings: list[str]) -> None:
    """A scan is padded to whole bytes (F.1.2.3): of so many bits behind its last MCU, 8 are too many."""
    if count >= 8:
        warnings.append(f"{count // 8} bytes are left over at the end of a scan")


def _walk(
    scan: Scan,
    payload: bits.Payload,
    counts: Iterable[int],
    warnings: list[str],
    mcu: int = 0,
    p: int = 0,
) -> Iterator[_Places]:
    """Find where each code word begins: the decoding procedures of F.2.2, less the values.

    What a code word is and how many magnitude bits follow it depends on nothing but the 16 bits it begins with.
    So these steps are looked up for every bit of a chunk at once, and only the walk from step to step is serial.
    ``counts`` are the MCUs of each band; one :class:`_Places` is yielded for each. The walk begins at MCU number
    ``mcu``, at bit ``p``.
    """
    steps = [code_steps(table, i % 2) for i, table in enumerate(scan_tables(scan))]
    components = block_component(scan.factors).tolist()
    bounds = interval_bounds(payload)
    padding = padding_starts(payload)
    rows, columns = scan.mcus
    base, limit = 0, -1  # a chunk's first bit, and the last one in it at which an MCU may begin
    chunk = FIRST_CHUNK
    # Restart intervals begun, MCUs left in this one (-1: all there are).
    if scan.restart_interval:
        interval, mcus_left = ceil_div(mcu, scan.restart_interval), -mcu % scan.restart_interval
    else:
        interval, mcus_left = (1, -1) if mcu else (0, 0)

    def fault(what: str, place: int) -> FormatError:
        if place >= bounds[interval]:
            what, place = "data end too early", bounds[interval]
        offset = payload.file_offset(place >> 3)
        return FormatError(f"{what} in MCU {mcu}", offset=offset, clause="F.2.2")

    for count in counts:
        dc: list[int] = []
        ac: list[int] = []
        ac_ends: list[int] = []
        found_dc, found_ac, end_block = dc.append, ac.append, ac_ends.append
        for _ in range(count):
            if mcus_left == 0:
                if interval and bounds[interval] - p >= 8 and p < padding[interval]:
                    raise fault("data are left over at the end of a restart interval", p)
                p = bounds[interval]
                interval += 1
                mcus_left = scan.restart_interval or -1
            mcus_left -= 1
            if p > limit:
                start = p >> 3
                size = min(chunk + MCU_BYTES, payload.size + MCU_BYTES - start)
                windows = bits.windows_16(payload.data, start, size)
                maps = [(bit_step[windows].tobytes(), k_step[windows].tobytes()) for bit_step, k_step in steps]
                procedure = [(maps[2 * c][0], *maps[2 * c + 1]) for c in components]
                base, limit = start * 8, (start + chunk) * 8
                chunk = min(2 * chunk, CHUNK)
            for dc_bits, ac_bits, ac_k in procedure:
                # F.2.2.1: the category of the DC difference, then its bits.
                found_dc(p)
                step = dc_bits[p - base]
                if not step:
                    raise fault("no DC code begins like this", p)
                p += step
                # F.2.2.2, Figure F.13: symbols and their bits until coefficient 63 or the end of the block.
                k = 1
                while k < 64:
                    found_ac(p)
                    place = p - base
                    k += ac_k[place]
                    p += ac_bits[place]
                if k >= 256:
                    raise fault("no AC code begins like this", p)
                if 64 < k <= 128:
                    raise fault("a run passes coefficient 63", p)
                end_block(len(ac))
            if p > bounds[interval]:
                raise fault("data end too early", p)
            mcu += 1
        yield _Places(np.array(dc, np.intp), np.array(ac, np.intp), np.array(ac_ends, np.intp), p)
    if mcu == rows * columns:
        warn_of_rest(bounds[interval] - p, warnings)


def _read_values(scan: Scan, payload: bits.Payload, places: _Places) -> NDArray[np.int16]:
    """From the places of the code words, blocks ``(MCUs, blocks an MCU, 64)`` with DC differences in element 0."""
    tables = scan_tables(scan)
    count = len(places.dc)
    component = np.tile(block_component(scan.factors), count // scan.blocks_per_mcu)
    block = np.repeat(np.arange(count), np.diff(places.ac_ends, prepend=0))
    symbol, value = receive(payload, places.ac, tables[1::2], component[block])
    run, _ = run_and_category(symbol)
    blocks = run_length_decode(Runs(block, run, value.astype(np.int16)), count)
    _, differences = receive(payload, places.dc, tables[0::2], component)
    blocks[:, 0] = differences
    return blocks.reshape(-1, scan.blocks_per_mcu, 64)
