"""Progressive scans that are damaged: what can still be read of them, as libjpeg reads it.

Whole scans go to :mod:`numjpeg.bitstream.progressive_walk`. One that this refuses is read again, symbol by symbol,
with the rules of :mod:`numjpeg.bitstream.damage` for restart markers, missing bits and illegal codes. What a run
leads beyond the band Ss .. Se is laid there, up to coefficient 63.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from numjpeg.bitstream import progressive_walk
from numjpeg.bitstream.damage import ILLEGAL_BITS, Intervals
from numjpeg.bitstream.faults import ScanDamage
from numjpeg.bitstream.frame import Scan
from numjpeg.bitstream.markers import RST0, RST7, find_markers
from numjpeg.errors import FormatError
from numjpeg.stages.huffman import HuffmanTable, huffman_lookup


def read_scan(
    data: bytes, scan: Scan, planes: Sequence[NDArray[np.int16]], warnings: list[str], damage: ScanDamage
) -> None:
    """Decode what there is of a scan.

    Parameters
    ----------
    data, scan, planes, warnings : as in :func:`numjpeg.bitstream.progressive.read_scan`.
    damage : faults are noted in it.
    """
    codes = {data[place + 1] for place in find_markers(data, scan.start, scan.end)}
    if codes <= set(range(RST0, RST7 + 1)):
        before = [(planes[index], planes[index].copy()) for index in scan.indices]
        said: list[str] = []
        try:
            progressive_walk.read_scan(data, scan, planes, said)
        except FormatError:
            for plane, copy in before:
                plane[...] = copy
        else:
            warnings += said
            return
    _Reader(data, scan, planes, warnings, damage).read()


class _Reader(Intervals):
    """Reads the MCUs of a progressive scan, whatever its data."""

    def __init__(
        self,
        data: bytes,
        scan: Scan,
        planes: Sequence[NDArray[np.int16]],
        warnings: list[str],
        damage: ScanDamage,
    ) -> None:
        super().__init__(data, scan, warnings, damage)
        self.planes = planes
        self.bytes = self.payload.data.tobytes()
        self.end = 0  # the bit after the interval's last
        self.end_of_band_run = 0
        self.predictors = [0] * len(scan.components)
        self.wrong = ""

    def read(self) -> None:
        """Read all MCUs."""
        scan = self.scan
        kinds: dict[tuple[bool, bool], Callable[[], None]] = {
            (True, False): self._dc_first,
            (True, True): self._dc_refinement,
            (False, False): self._ac_first,
            (False, True): self._ac_refinement,
        }
        read_mcu = kinds[scan.Ss == 0, scan.Ah > 0]
        while self.mcu < self.total:
            if self.at_next_interval():
                self._check_run()
                self.enter_interval()
                self.end = self.bounds[self.interval + 1]
                self.end_of_band_run = 0
                self.predictors = [0] * len(scan.components)
            if self.spent:
                if self.interval >= self.last_present:
                    break
                self.mcu = min(self.total, (self.interval + 1) * self.interval_mcus)
                continue
            begin, self.wrong = self.bit, ""
            self.damage.last_read = self.mcu
            read_mcu()
            if self.bit > self.end:
                self.wrong, self.bit, self.spent = self.wrong or "data end too early", self.end, True
                begin = self.end
            if self.wrong:
                offset = self.payload.file_offset(begin >> 3)
                self.note(f"{self.wrong} in MCU {self.mcu}", offset, self.interval, "G.2", self.mcu)
            self.mcu += 1
        self._check_run()
        self.finish()
        self.damage.faults.sort(key=lambda fault: fault.offset)

    def _check_run(self) -> None:
        if self.end_of_band_run and not self.spent:
            offset = self.payload.file_offset(self.bit >> 3)
            self.note("a run of ends of blocks passes the last one", offset, self.interval, "G.2")

    # --- bits --------------------------------------------------------------------------------------------

    def _receive(self, count: int) -> int:
        """RECEIVE (F.2.2.4), with zeros behind the end."""
        value = self._ahead(count)
        self.bit += count
        return value

    def _ahead(self, count: int) -> int:
        p, missing = self.bit, self.bit + count - self.end
        if missing >= count:
            return 0
        value = int.from_bytes(self.bytes[p >> 3 : (p >> 3) + 5], "big") >> (40 - (p & 7) - count)
        value &= (1 << count) - 1
        return value >> missing << missing if missing > 0 else value

    def _decode(self, table: HuffmanTable) -> int:
        """DECODE (F.2.2.3)."""
        lookup, window = huffman_lookup(table), self._ahead(16)
        length = lookup.length.item(window)
        if not length:
            self.wrong = self.wrong or "no code begins like this"
        self.bit += length or ILLEGAL_BITS
        return lookup.symbol.item(window)

    def _extend(self, category: int) -> int:
        """RECEIVE and EXTEND (F.2.2.1)."""
        value = self._receive(category)
        return value if 2 * value >= 1 << category else value - (1 << category) + 1

    # --- MCUs --------------------------------------------------------------------------------------------

    def _dc_blocks(self) -> list[tuple[int, NDArray[np.int16] | None]]:
        """The place of the component in the scan, and the block, for each block of the MCU; None for filling."""
        _, columns = self.scan.mcus
        row, column = divmod(self.mcu, columns)
        blocks: list[tuple[int, NDArray[np.int16] | None]] = []
        for c, (index, (v, h)) in enumerate(zip(self.scan.indices, self.scan.factors, strict=True)):
            plane = self.planes[index]
            for y in range(row * v, (row + 1) * v):
                for x in range(column * h, (column + 1) * h):
                    there = y < plane.shape[0] and x < plane.shape[1]
                    blocks.append((c, plane[y, x] if there else None))
        return blocks

    def _dc_first(self) -> None:
        for c, block in self._dc_blocks():
            self.predictors[c] += self._extend(
                self._decode(self.scan.huffman_tables[0, self.scan.components[c].Td])
            )
            if block is not None:
                block[0] = _wrap(self.predictors[c] << self.scan.Al)

    def _dc_refinement(self) -> None:
        for _, block in self._dc_blocks():
            if self._receive(1) and block is not None:
                block[0] |= np.int16(1 << self.scan.Al)

    def _ac_block(self) -> NDArray[np.int16]:
        plane = self.planes[self.scan.indices[0]]
        block: NDArray[np.int16] = plane.reshape(-1, 64)[self.mcu]
        return block

    def _run_of_ends(self, n: int) -> int:
        """How many blocks EOBn ends (G.1.2.2)."""
        return (1 << n) + self._receive(n)

    def _ac_first(self) -> None:
        if self.end_of_band_run:
            self.end_of_band_run -= 1
            return
        scan, block = self.scan, self._ac_block()
        table = scan.huffman_tables[1, scan.components[0].Ta]
        k = scan.Ss
        while k <= scan.Se:
            run, category = divmod(self._decode(table), 16)
            if category:
                block[min(k + run, 63)] = _wrap(self._extend(category) << scan.Al)
            elif run < 15:
                self.end_of_band_run = self._run_of_ends(run) - 1
                return
            k += run + 1
        if k > scan.Se + 1:
            self.wrong = self.wrong or f"a run passes coefficient {scan.Se}"

    def _ac_refinement(self) -> None:
        scan, block = self.scan, self._ac_block()
        table = scan.huffman_tables[1, scan.components[0].Ta]
        one = 1 << scan.Al
        k = scan.Ss
        while k <= scan.Se and not self.end_of_band_run:
            run, category = divmod(self._decode(table), 16)
            new = 0
            if category:
                if category > 1:
                    self.wrong = self.wrong or "no AC code begins like this"
                new = one if self._receive(1) else -one
            elif run < 15:
                self.end_of_band_run = self._run_of_ends(run)
                break
            while k <= scan.Se:
                if block[k]:
                    self._correct(block, k, one)
                elif run == 0:
                    break
                else:
                    run -= 1
                k += 1
            if k > scan.Se:
                self.wrong = self.wrong or f"a run passes coefficient {scan.Se}"
            if new:
                block[min(k, 63)] = new
            k += 1
        if self.end_of_band_run:
            for place in (k + np.flatnonzero(block[k : scan.Se + 1])).tolist():
                self._correct(block, place, one)
            self.end_of_band_run -= 1

    def _correct(self, block: NDArray[np.int16], k: int, one: int) -> None:
        """A bit for a coefficient that is not zero."""
        value = int(block[k])
        if self._receive(1) and not value & one:
            block[k] = _wrap(value + one if value >= 0 else value - one)


def _wrap(value: int) -> int:
    """Modulo 2^16, signed."""
    return (value + 0x8000 & 0xFFFF) - 0x8000
