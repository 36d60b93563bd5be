"""Scans of the sequential DCT processes with Huffman coding (T.81 F.2.2): bits -> coefficients.

Only finding where each code word begins is serial (:meth:`SequentialReader.walk`); it reads like F.2.2. Once this
is known, the values of all code words are computed together. Whatever is wrong with the data goes to a sink, and
is read as libjpeg reads it (:mod:`numjpeg.entropy.intervals`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.container.findings import Sink
from numjpeg.container.frame import Scan
from numjpeg.entropy import bits, shared
from numjpeg.entropy.intervals import Intervals
from numjpeg.entropy.shared import ILLEGAL_BITS, Band, LastBits, Sparse
from numjpeg.stages import huffman
from numjpeg.stages.huffman import ZERO_RUN
from numjpeg.stages.mcu_order import block_component, deinterleave
from numjpeg.stages.run_length import Runs, run_length_decode

CHUNK = 1 << 15  # bytes of entropy-coded data for which the steps from every bit are looked up at a time
FIRST_CHUNK = 1 << 11  # the walk may be a short one; each chunk is twice as long as the one before

MCU_BYTES = bits.PAYLOAD_MARGIN - 8  # an MCU takes less: 10 blocks (B.2.3) of 64 symbols of 16 + 15 bits at most
BLOCK_BYTES = MCU_BYTES // 10  # a block takes less; the last one may begin just before the data end

WALK_BLOCKS = 1 << 12  # blocks that are walked through at a time

_END, _EMPTY, _ILLEGAL = 128, 192, 255
"""Steps in k that end a block. In a block k is 1 .. 63. After its last symbol k tells how the block ended: 64 if
it is full, 65 .. 79 after a run that is too long, 129 .. 191 after EOB, 193 .. 255 after a symbol with a run and
without a value, and 256 or more after a code that the table does not have."""


@lru_cache(maxsize=32)
def code_steps(table: huffman.HuffmanTable, table_class: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """For each window of 16 bits the steps of the symbol that it begins with: in bits (code and magnitude), and in
    k. Where no code begins, the step of an AC table is 17 bits, and that of a DC table 0.
    """
    symbol, length = huffman.huffman_lookup(table)
    run, category = symbol >> 4, symbol & 15
    bit_step = length + category
    if table_class == 0:
        return bit_step, np.ones(len(symbol), np.uint8)
    k_step = np.add(run, 1, dtype=np.uint8)  # zeros and the coefficient after them; for ZRL sixteen zeros
    # Of category 0 only EOB and ZRL have a meaning in a sequential scan (F.1.2.2.1). libjpeg takes others for EOB.
    k_step[(category == 0) & (symbol != ZERO_RUN)] = _EMPTY
    k_step[symbol == huffman.END_OF_BLOCK] = _END
    k_step[length == 0] = _ILLEGAL
    return np.where(length == 0, np.uint8(ILLEGAL_BITS), bit_step), k_step


def read_bands(
    reader: SequentialReader,
    pieces: Iterator[NDArray[np.int16]],
    rows_per_band: int,
    read: list[NDArray[np.bool_]] | None = None,
) -> Iterator[Band]:
    """Join pieces of coefficients, as a reader's ``walk`` gives them, to bands, and undo DC prediction. For each
    band, ``read`` takes an array ``(MCUs,)``: whether anything was read of each MCU.
    """
    scan, layout = reader.scan, reader.layout
    predictors = [0] * len(scan.components)
    first_mcu = 0
    rest = np.empty(0, np.int16)
    for count in shared.band_counts(scan, rows_per_band):
        missing = count * layout.size
        parts = []
        while missing > 0:
            if not len(rest):
                following = next(pieces, None)
                if following is None:
                    break
                rest = following
            parts.append(rest[:missing])
            rest = rest[missing:]
            missing -= len(parts[-1])
        if not parts:
            break
        if missing:
            parts.append(np.zeros(missing, np.int16))
        joined = parts[0] if len(parts) == 1 else np.concatenate(parts)
        of_components = layout.components(joined)
        shared.restore_dc(scan, of_components, first_mcu, predictors)
        left_out = reader.clear_left_out(joined.reshape(count, -1), first_mcu)
        if read is not None:
            read.append(~left_out)
        pairs = zip(of_components, scan.factors, strict=True)
        yield [deinterleave(blocks, scan.mcus[1], [factor])[0] for blocks, factor in pairs]
        first_mcu += count
    for _ in pieces:  # no piece is left, but asking lets the reader check what is left over
        pass


class SequentialReader(Intervals):
    """Reads the MCUs of a sequential scan, whatever its data."""

    least_bits = 2  # one for the DC, one for EOB

    def __init__(self, data: bytes, scan: Scan, sink: Sink, kept: Sequence[int] | None = None) -> None:
        super().__init__(data, scan, sink)
        self.layout = shared.McuLayout(scan.factors, kept)
        self.tables = shared.scan_tables(scan)
        self.components = block_component(scan.factors).tolist()
        self.left_out: deque[tuple[int, int]] = deque()  # ranges of MCUs of which nothing is read
        self._lookups: list[tuple[huffman.Lookup, huffman.Lookup]] = []  # of each component; made when needed
        self._zero_bits: dict[int, Sparse] = {}  # for each component the block that zero bits make
        self.walked = 0  # MCUs that were read by this reader
        self.has_empty = False  # whether there was an AC symbol with a run and without a value

    def _leave_out(self, stop: int) -> None:
        """Note that nothing is read of the MCUs up to ``stop``."""
        first = self.left_out.pop()[0] if self.left_out and self.left_out[-1][1] == self.mcu else self.mcu
        self.left_out.append((first, stop))

    def clear_left_out(self, blocks: NDArray[np.int16], first_mcu: int) -> NDArray[np.bool_]:
        """Set to 0 the MCUs of which nothing was read; DC prediction has given them a DC. Returns which they are.
        ``blocks``: ``(MCUs, coefficients)``, from MCU ``first_mcu`` on.
        """
        end = first_mcu + len(blocks)
        left_out = np.zeros(len(blocks), np.bool_)
        while self.left_out and self.left_out[0][0] < end:
            first, stop = self.left_out[0]
            left_out[max(0, first - first_mcu) : stop - first_mcu] = True
            if stop > end:
                break
            self.left_out.popleft()
        blocks[left_out] = 0
        return left_out

    def walk(self) -> Iterator[NDArray[np.int16]]:
        """Read on from where the reader is: find code words one by one, then the values of many at once.

        A code word and the number of its magnitude bits depend only on the 16 bits with which the word begins. So
        the steps are looked up for every bit of a chunk at once. Only the walk from step to step is serial.

        Yields the coefficients that are kept, block after block; their DC are differences. Ends early where only
        zeros would follow.
        """
        look_up = _LookUp(self)
        more = True
        while more and self.mcu < self.total:
            first, words = self.mcu, _CodeWords()
            stop = min(self.total, first + ceil_div(WALK_BLOCKS, len(self.components)))
            more = self._walk_mcus(stop, look_up, words)
            yield self.layout.keep(self._blocks(words, self.mcu - first))
        if self.mcu < self.total:
            self._leave_out(self.total)
        self.finish()

    def _walk_mcus(self, stop: int, look_up: _LookUp, words: _CodeWords) -> bool:
        """Note where the code words begin, up to MCU ``stop``. Returns False if only zeros would follow."""
        first, dc, ac = self.mcu, words.dc, words.ac
        note_dc, note_ac, note_block_end = dc.append, ac.append, words.ac_ends.append
        while self.mcu < stop:
            if self.at_next_interval():
                self.enter_interval()
            if self.spent:
                if self.interval >= self.last_present:
                    return False
                end = min(stop, (self.interval + 1) * self.interval_mcus)
                self._leave_out(end)
                self.mcu = end
                continue
            p, bound = self.bit, self.bounds[self.interval + 1]
            if not look_up.base <= p <= look_up.limit:
                look_up.go_to(p)
            base = look_up.base
            before = len(dc), len(ac), len(words.too_far)
            wrong, wrong_at = "", 0
            for dc_bits, ac_bits, ac_k in look_up.procedure:
                # F.2.2.1: the category of the DC difference, then its bits.
                note_dc(p)
                step = dc_bits[p - base]
                if not step:
                    wrong, wrong_at = wrong or "no DC code begins like this", wrong_at or p
                    step = ILLEGAL_BITS
                p += step
                # F.2.2.2, Figure F.13: symbols and their bits until coefficient 63 or the end of the block.
                k = 1
                while k < 64:
                    note_ac(p)
                    place = p - base
                    k += ac_k[place]
                    p += ac_bits[place]
                if k != 64 and not _END < k < _EMPTY:
                    what = self._odd_end(k, words)
                    if what:
                        wrong, wrong_at = wrong or what, wrong_at or ac[-1]
                note_block_end(len(ac))
                if p > bound:
                    break
            if p > bound:
                blocks, symbols, too_far = before
                del dc[blocks:], ac[symbols:], words.ac_ends[blocks:], words.too_far[too_far:]
                if self.bit == bound:
                    words.of_zero_bits.append(self.mcu - first)
                else:
                    places, values = self._mcu_at_the_end(self.bit, bound)
                    begin = (self.mcu - first) * len(self.components) * 64
                    words.last_places += [begin + place for place in places]
                    words.last_values += values
                wrong, wrong_at = wrong or "data end too early", wrong_at if wrong else bound
                self.spent, p = True, bound
            else:
                words.whole.append(self.mcu - first)
            if wrong:
                self.note_wrong(wrong, wrong_at)
            self.bit = p
            self.mcu += 1
            self.walked += 1
        return True

    def _odd_end(self, k: int, words: _CodeWords) -> str:
        """What is wrong with a block that ends with this ``k``. Remarks, once a scan, that a symbol without a
        meaning is taken for the end of the block.
        """
        bit = words.ac[-1]
        if k >= 256:
            return "no AC code begins like this"
        if k < _END:
            words.too_far.append((len(words.ac) - 1, k - 64))
            return "a run passes coefficient 63"
        if not self.has_empty and bit < self.bounds[self.interval + 1]:
            self.has_empty = True
            offset = self.payload.file_offset(bit >> 3)
            what = f"an AC symbol with a run and without a value, in MCU {self.mcu}, is taken for EOB"
            self.sink.remark(what, offset, "F.1.2.2.1", self.scan.number)
        return ""

    def _blocks(self, words: _CodeWords, count: int) -> NDArray[np.int16]:
        """The blocks ``(n, 64)`` of ``count`` MCUs, given where their code words begin."""
        per_mcu = len(self.components)
        if len(words.whole) == count and count:
            return self._values(words).reshape(-1, 64)
        blocks = np.zeros((count, per_mcu, 64), np.int16)
        if words.whole:
            blocks[words.whole] = self._values(words)
        blocks.reshape(-1)[words.last_places] = np.array(words.last_values, np.int64)
        if words.of_zero_bits:
            mcu = np.zeros(per_mcu * 64, np.int64)
            places, values = self._mcu_at_the_end(0, 0)
            mcu[places] = values
            blocks[words.of_zero_bits] = mcu.reshape(per_mcu, 64)
        return blocks.reshape(-1, 64)

    def _values(self, words: _CodeWords) -> NDArray[np.int16]:
        """The blocks ``(MCUs, blocks an MCU, 64)`` of the whole MCUs, given where their code words begin."""
        dc, ac = np.array(words.dc, np.intp), np.array(words.ac, np.intp)
        component = np.tile(self.components, len(dc) // len(self.components))
        block = np.repeat(np.arange(len(dc)), np.diff(words.ac_ends, prepend=0))
        symbol, value = shared.receive(self.payload, ac, self.tables[1::2], component[block])
        run, category = huffman.run_and_category(symbol)
        if self.has_empty or self.in_doubt:
            run[(category == 0) & (symbol != ZERO_RUN)] = 0  # the end of the block, whatever the run
        for at, passed in words.too_far:
            run[at] -= passed
        blocks = run_length_decode(Runs(block, run, value.astype(np.int16)), len(dc))
        _, blocks[:, 0] = shared.receive(self.payload, dc, self.tables[0::2], component)
        return blocks.reshape(-1, len(self.components), 64)

    def _mcu_at_the_end(self, first: int, bound: int) -> Sparse:
        """The coefficients of an MCU that begins at bit ``first`` and whose data end too early, at ``bound``."""
        if not self._lookups:
            lookups = map(huffman.huffman_lookup, self.tables)
            self._lookups = list(zip(lookups, lookups, strict=True))
        rest = LastBits(self.payload, first, bound)
        places: list[int] = []
        values: list[int] = []
        for begin, c in zip(range(0, 64 * len(self.components), 64), self.components, strict=True):
            if rest.bit < bound:
                block_places, block_values = self._block_at_the_end(rest, c)
            else:
                if c not in self._zero_bits:
                    self._zero_bits[c] = self._block_at_the_end(LastBits(self.payload, 0, 0), c)
                block_places, block_values = self._zero_bits[c]
            places += [begin + place for place in block_places]
            values += block_values
        return places, values

    def _block_at_the_end(self, rest: LastBits, component: int) -> Sparse:
        """The next block of an MCU whose data end too early."""
        dc_table, ac_table = self._lookups[component]
        category = rest.symbol(dc_table)
        places, values = [0], [rest.extend(category) if category else 0]
        k = 1
        while k < 64:
            zeros_follow = rest.bit >= rest.end
            run, category = divmod(rest.symbol(ac_table), 16)
            if category == 0 and run < 15:
                break
            if zeros_follow:
                # Zero bits give the same symbol and value again and again, up to coefficient 63.
                if category:
                    repeated = [*range(k + run, 63, run + 1), 63]
                    places += repeated
                    values += [1 - (1 << category)] * len(repeated)
                break
            if category:
                places.append(min(k + run, 63))
                values.append(rest.extend(category))
            k += run + 1
        return places, values


class _LookUp:
    """The step of the code word that begins at each bit, for a chunk of the data."""

    def __init__(self, reader: SequentialReader) -> None:
        self.payload, self.components = reader.payload, reader.components
        self.tables = [(table, i % 2) for i, table in enumerate(reader.tables)]
        self.chunk = FIRST_CHUNK
        self.base, self.limit = 0, -1  # the chunk's first bit, and the last one in it at which an MCU may begin
        # For each block of an MCU, the steps in bits of a DC code, in bits of an AC code, and in k.
        self.procedure: list[tuple[bytes, bytes, bytes]] = []

    def go_to(self, bit: int) -> None:
        """Look up a chunk that begins with the byte of this bit."""
        start = bit >> 3
        size = min(self.chunk + MCU_BYTES, self.payload.size + BLOCK_BYTES - start)
        windows = bits.windows_16(self.payload.data, start, size)
        maps = {
            key: [steps.take(windows, mode="clip").tobytes() for steps in code_steps(*key)]
            for key in set(self.tables)
        }
        of_dc, of_ac = ([maps[key] for key in self.tables[i::2]] for i in (0, 1))
        self.procedure = [(of_dc[c][0], of_ac[c][0], of_ac[c][1]) for c in self.components]
        self.base, self.limit = start * 8, (start + self.chunk) * 8
        self.chunk = min(2 * self.chunk, CHUNK)


class _CodeWords:
    """Where code words begin, in bits of the payload, and which MCUs have something special."""

    def __init__(self) -> None:
        self.dc: list[int] = []  # one a block
        self.ac: list[int] = []
        self.ac_ends: list[int] = []  # for each block, how many entries of ``ac`` there are up to its end
        self.too_far: list[tuple[int, int]] = []  # AC symbols whose run is too long, and by how much
        self.whole: list[int] = []  # the MCUs that these code words make
        self.last_places: list[int] = []  # coefficients of MCUs in which an interval's data end
        self.last_values: list[int] = []
        self.of_zero_bits: list[int] = []  # MCUs that follow the last bit of an interval: all their bits are zeros
