"""Scans of the sequential DCT processes with Huffman coding (T.81 F.1.2, F.2.2): coefficients <-> bits.

The writer takes bands of MCU rows through the stages DC prediction, run-length coding and Huffman coding, all
blocks of a band at once (:mod:`numjpeg.bitstream.gaps` does the same faster, for values as pictures have them).
The reader has one step that cannot be done so, finding where each code word begins (:func:`_walk`); it reads like
F.2.2, and all that follows from the places of the code words is vectorised. :mod:`numjpeg.bitstream.lanes` takes
that step at thousands of places at once; it calls this reader for small scans and, from the last MCU that is
certain, for whatever is odd.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from numjpeg.bitstream import bits
from numjpeg.bitstream.frame import Scan
from numjpeg.bitstream.mcu import block_component, deinterleave, interleave
from numjpeg.coefficients import ceil_div
from numjpeg.errors import FormatError
from numjpeg.stages.dc_prediction import dc_differences, dc_from_differences
from numjpeg.stages.huffman import (
    END_OF_BLOCK,
    MAX_CATEGORY,
    ZERO_RUN,
    HuffmanTable,
    ac_symbols,
    extend,
    huffman_decode,
    huffman_encode,
    huffman_lookup,
    magnitude_bits,
    magnitude_category,
    run_and_category,
)
from numjpeg.stages.run_length import Runs, run_length_decode, run_length_encode
from numjpeg.workspace import Workspace

Band = list[NDArray[np.int16]]
"""Of each component of a scan, blocks int16 ``(rows, columns, 64)`` in zig-zag order, whole MCU rows."""


def scan_tables(scan: Scan) -> list[HuffmanTable]:
    """The scan's tables: number 2 c codes the DC of its component c, number 2 c + 1 the AC."""
    return [scan.huffman_tables[key] for c in scan.components for key in ((0, c.Td), (1, c.Ta))]


def _interval_starts(scan: Scan, first_mcu: int, count: int) -> NDArray[np.intp]:
    """Where in a band of ``count`` MCUs, from ``first_mcu`` of the scan on, restart intervals begin."""
    if not scan.restart_interval:
        return np.empty(0, np.intp)
    return np.arange(-first_mcu % scan.restart_interval, count, scan.restart_interval)


# --- the writer ------------------------------------------------------------------------------------------


class MissingCodeError(ValueError):
    """A Huffman table has no code for a symbol that occurs."""


class Coded(NamedTuple):
    """A band's code words, magnitude bits included."""

    codes: NDArray[np.uint64]
    """Right-aligned."""
    lengths: NDArray[np.uint64]
    """1 .. 58 bits."""
    first_mcu: int
    """Place of the band in the scan, in MCUs."""
    bound_word: NDArray[np.integer]
    """For the start of each MCU, and the end of the last one, the code word that holds it."""
    bound_tail: NDArray[np.uint64]
    """How many bits of that word come after it."""


class Codable(Protocol):
    """The symbols of a band in coding order: from these tables are made, or with tables a scan is written."""

    def frequencies(self, scan: Scan) -> NDArray[np.intp]:
        """How often each symbol occurs: ``(tables, 256)``, tables numbered as in :class:`Tokens`."""

    def code(self, scan: Scan, workspace: Workspace) -> Coded:
        """Their code words, which may lie in the workspace's memory.

        Raises
        ------
        MissingCodeError if one of the scan's tables has no code for a symbol that occurs.
        """


class Tokens(NamedTuple):
    """The symbols of a band, each by itself."""

    symbol: NDArray[np.uint8]
    """SSSS or RRRRSSSS."""
    value: NDArray[np.int32]
    """DC difference or AC coefficient, whose magnitude bits follow the symbol; 0 if none do."""
    table: NDArray[np.intp]
    """Number of the symbol's table: 2 c for DC, 2 c + 1 for AC, c the place of the component in the scan."""
    first_mcu: int
    """Place of the band in the scan, in MCUs."""
    mcu_starts: NDArray[np.intp]
    """Place of each MCU's first symbol."""

    def frequencies(self, scan: Scan) -> NDArray[np.intp]:
        """See :class:`Codable`."""
        tables = 2 * len(scan.components)
        return np.bincount(self.table * 256 + self.symbol, minlength=tables * 256).reshape(tables, 256)

    def kept(self) -> tuple[Tokens, int]:
        """The same, for longer than until the next band is made, and how many bytes that takes."""
        arrays = (self.symbol, self.value, self.table, self.mcu_starts)
        return self, sum(array.nbytes for array in arrays)

    def code(self, scan: Scan, _workspace: Workspace) -> Coded:
        """See :class:`Codable`."""
        try:
            codes, lengths = huffman_encode(self.symbol, scan_tables(scan), self.table)
        except ValueError as error:
            raise MissingCodeError(*error.args) from None
        # Magnitude bits go right behind the code: at most 16 + 15 bits.
        category = magnitude_category(self.value)
        codes = codes << category.astype(np.uint64) | magnitude_bits(self.value, category)
        total = (lengths + category).astype(np.uint64)
        bound_word = np.append(self.mcu_starts, len(codes) - 1)
        bound_tail = total[bound_word]
        bound_tail[-1] = 0
        return Coded(codes, total, self.first_mcu, bound_word, bound_tail)


def tokenize(scan: Scan, bands: Iterable[Band]) -> Iterator[Tokens]:
    """Turn a scan's coefficients into symbols, band by band (F.1.2).

    Raises
    ------
    ValueError for coefficients that have no symbol (magnitudes above 32767).
    """
    predictors = [0] * len(scan.components)
    first_mcu = 0
    for band in bands:
        tokens = tokenize_band(scan, band, first_mcu, predictors)
        yield tokens
        first_mcu += len(tokens.mcu_starts)


def tokenize_band(scan: Scan, band: Band, first_mcu: int, predictors: list[int]) -> Tokens:
    """Turn one band into symbols; ``first_mcu`` and ``predictors`` as of :func:`predict_dc`."""
    blocks = interleave(band, scan.factors)
    differences = predict_dc(scan, blocks[..., 0], first_mcu, predictors)
    return make_tokens(scan, differences, run_length_encode(blocks.reshape(-1, 64)), first_mcu)


def make_tokens(scan: Scan, differences: NDArray[np.int32], runs: Runs, first_mcu: int) -> Tokens:
    """The symbols of DC differences ``(MCUs, blocks an MCU)`` and of the same blocks' AC coefficients."""
    component = block_component(scan.factors)
    ac = ac_symbols(runs.run, runs.value)
    block = runs.block[ac.entry]
    # In coding order each block's DC symbol goes before its AC symbols, of which each block has at least one.
    count = differences.size
    dc_place = np.flatnonzero(np.diff(block, prepend=-1)) + np.arange(count)
    ac_place = np.arange(len(block)) + block + 1
    value = np.empty(count + len(block), np.int32)
    value[dc_place] = differences.ravel()
    value[ac_place] = ac.value
    symbol = np.empty(len(value), np.uint8)
    symbol[dc_place] = magnitude_category(differences.ravel())
    if symbol[dc_place].max() > MAX_CATEGORY:
        raise ValueError("planes: neighbouring DC coefficients differ by more than 32767")
    symbol[ac_place] = ac.symbol
    dc_table = np.tile(2 * component, len(differences))
    table = np.empty(len(value), np.intp)
    table[dc_place] = dc_table
    table[ac_place] = dc_table[block] + 1
    return Tokens(symbol, value, table, first_mcu, dc_place[:: len(component)])


def predict_dc(scan: Scan, dc: NDArray[np.int16], first_mcu: int, predictors: list[int]) -> NDArray[np.int32]:
    """Differences of DC coefficients ``(MCUs, blocks an MCU)`` of a band that begins at MCU ``first_mcu``.

    ``predictors``, one a component, go from band to band.
    """
    resets = _interval_starts(scan, first_mcu, len(dc))
    differences = np.empty(dc.shape, np.int32)
    first = 0
    for c, (v, h) in enumerate(scan.factors):
        own = slice(first, first + v * h)
        own_dc = dc[:, own].ravel()
        differences[:, own] = dc_differences(own_dc, resets * (v * h), predictors[c]).reshape(-1, v * h)
        predictors[c] = int(own_dc[-1])
        first += v * h
    return differences


def write_scan(scan: Scan, bands: Iterable[Codable]) -> Iterator[bytes]:
    """The entropy-coded data of a scan, band by band: Huffman coding, packing, stuffing, restart markers.

    Raises
    ------
    MissingCodeError if one of the scan's tables has no code for a symbol that occurs.
    """
    workspace = Workspace()
    carry, carried = 0, 0  # bits of a byte that is not full yet, right-aligned, and their number
    for band in bands:
        coded = band.code(scan, workspace)
        codes, lengths = coded.codes, coded.lengths
        interval, at_start = divmod(coded.first_mcu, scan.restart_interval or 1 << 62)
        if coded.first_mcu and not at_start:
            yield bits.restart_marker(interval - 1)
        # The first word is a DC symbol and its bits, at most 16 + 15, so 7 more have room in front.
        codes[0] |= np.uint64(carry << int(lengths[0]))
        lengths[0] += np.uint64(carried)
        boundaries = _close_intervals(scan, coded)
        packed, size = bits.pack(codes, lengths, workspace)
        carried = size % 8
        carry = packed[-1] >> (8 - carried) if carried else 0
        yield bits.stuff(packed[: size // 8], boundaries, interval)
    if carried:
        # F.1.2.3: the last byte is filled up with ones.
        free = 8 - carried
        yield bits.stuff(bytes((carry << free | (1 << free) - 1,)))


def _close_intervals(scan: Scan, coded: Coded) -> NDArray[np.intp]:
    """Fill up the last byte of each restart interval that ends in the band with ones (F.1.2.3), in place.

    Returns the byte offsets of the ends inside the band.
    """
    count = len(coded.bound_word) - 1
    ends = _interval_starts(scan, coded.first_mcu, count + 1)
    ends = ends[ends > 0]
    if len(ends) == 0:
        return ends
    word, tail = coded.bound_word[ends], coded.bound_tail[ends]
    size = np.diff(np.cumsum(coded.lengths)[word] - tail, prepend=np.uint64(0))
    padding = -size & np.uint64(7)
    one = np.uint64(1)
    # An end may lie within a word: what is before it goes up, what is after it stays.
    codes = coded.codes[word]
    head = codes >> tail << padding | ((one << padding) - one)
    coded.codes[word] = head << tail | codes & ((one << tail) - one)
    coded.lengths[word] += padding
    boundaries = np.cumsum(size + padding) >> np.uint64(3)
    return boundaries[ends < count].astype(np.intp)


# --- the reader ------------------------------------------------------------------------------------------

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


def band_counts(scan: Scan, rows_per_band: int) -> list[int]:
    """The number of MCUs in each band of a scan."""
    rows, columns = scan.mcus
    return [min(rows_per_band, rows - row) * columns for row in range(0, rows, rows_per_band)]


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


def interval_bounds(payload: bits.Payload) -> list[int]:
    """The bit at which each restart interval begins, and the end of the last one."""
    return [*(payload.starts * 8).tolist(), payload.size * 8]


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


def receive(
    payload: bits.Payload, positions: NDArray[np.integer], tables: list[HuffmanTable], selector: NDArray[np.intp]
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """DECODE, RECEIVE and EXTEND (F.2.2.1, F.2.2.3): the symbols, and the values of their magnitude bits.

    Parameters
    ----------
    positions : ``(n,)``, the bit at which each code word begins.
    tables, selector : as in :func:`numjpeg.stages.huffman.huffman_decode`.
    """
    windows = bits.windows_32(payload.data, positions)
    symbol, length = huffman_decode((windows >> np.uint64(16)).astype(np.uint16), tables, selector)
    category = symbol & 15
    magnitude = windows >> (32 - length - category).astype(np.uint64)
    magnitude &= (np.uint64(1) << category.astype(np.uint64)) - np.uint64(1)
    return symbol, extend(magnitude, category)


def restore_dc(scan: Scan, blocks: NDArray[np.int16], first_mcu: int, predictors: list[int]) -> None:
    """Undo the DC prediction of a band, in place: element 0 of ``blocks`` ``(MCUs, blocks an MCU, 64)`` goes from
    difference to coefficient. ``predictors``, one a component, go from band to band.
    """
    resets = _interval_starts(scan, first_mcu, len(blocks))
    first = 0
    for c, (v, h) in enumerate(scan.factors):
        own = blocks[:, first : first + v * h, 0]
        dc = dc_from_differences(own.ravel(), resets * (v * h), predictors[c])
        own[:] = dc.reshape(own.shape)
        predictors[c] = int(dc[-1])
        first += v * h
