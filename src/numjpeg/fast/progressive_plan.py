"""Plans for progressive files: all scans of a small picture are made at once.

:mod:`numjpeg.entropy.progressive_writer` takes the AC scans of a file for restart intervals of one long scan: no
run of blocks goes on from one to the next. So one index array takes the coefficients of all AC scans from the
picture, and they go through each step together. Each scan has its own Huffman table. The symbols of DC differences
are put in front. Refinements of DC are bits without codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from numjpeg.container import segments
from numjpeg.container.frame import Frame, Scan
from numjpeg.container.markers import EOI
from numjpeg.container.scripts import Script
from numjpeg.entropy.progressive_writer import (
    AcSymbols,
    InScan,
    OpenRun,
    code_words,
    coefficient_symbols,
    insert_ends_of_blocks,
    magnitudes,
)
from numjpeg.entropy.shared import dc_in_scan_order
from numjpeg.fast.codewords.packing import pack, stuff
from numjpeg.fast.encode_plan import BYTES_A_BLOCK, CoefficientPlan, Picture, bytes_of_plan
from numjpeg.stages.huffman import optimal_table
from numjpeg.stages.mcu_order import block_component

Ints = NDArray[np.intp]


def bytes_of_progressive_plan(frame: Frame, script: Script) -> int:
    """Bytes that a plan is going to take, about."""
    places = sum((step.Se - step.Ss + 1) * len(step.components) for step in script)
    return bytes_of_plan(frame) * (BYTES_A_BLOCK + 13 * places) // BYTES_A_BLOCK


class ProgressivePlan(CoefficientPlan):
    """Turns pictures of one kind into progressive files without restart intervals. ``scans`` are those of a file;
    the other arguments are those of :class:`CoefficientPlan`."""

    def __init__(
        self, scans: Sequence[Scan], tables: Sequence[NDArray[np.uint16]], source: str, stored: str
    ) -> None:
        super().__init__(scans[0].frame, tables, source, stored, 1)
        self._headers = [segments.build_sos(scan) for scan in scans]
        self._numbers = [grid[0] for grid in self.block_numbers()]
        # For each Huffman table the number of its scan, its class and its number.
        self._keys: list[tuple[int, tuple[int, int]]] = []
        of_dc = [i for i, scan in enumerate(scans) if not scan.Ss and not scan.Ah]
        of_ac = [i for i, scan in enumerate(scans) if scan.Ss]
        self._coded = of_dc + of_ac  # the scans that have codes, in the order in which they are made
        self._prepare_dc({i: scans[i] for i in of_dc})
        self._prepare_ac({i: scans[i] for i in of_ac})
        refinements = [(i, scan) for i, scan in enumerate(scans) if not scan.Ss and scan.Ah]
        self._refinements = [(i, self._places_of_dc(scan).ravel(), scan.Al) for i, scan in refinements]

    def _places_of_dc(self, scan: Scan) -> Ints:
        """The indices in ``quantized`` of the DC coefficients of a scan, ``(MCUs, blocks an MCU)``."""
        numbers = dc_in_scan_order(replace(scan, Al=0), [self._numbers[i] for i in scan.indices])
        return self.places(numbers, np.zeros(1, np.intp))

    def _prepare_dc(self, scans: dict[int, Scan]) -> None:
        """For first scans of DC: the places of coefficients, what each is predicted from, and its table."""
        places, before, shifts, tables, starts = [], [], [], [], [0]
        for i, scan in scans.items():
            place, component = self._places_of_dc(scan), block_component(scan.factors)
            number = starts[-1] + np.arange(place.size).reshape(place.shape)
            for c in range(len(scan.factors)):
                of_component = number[:, component == c].ravel()
                # The first one is predicted from the last element of ``_dc``, which is 0.
                number[:, component == c] = np.append(-1, of_component[:-1]).reshape(len(number), -1)
            keys = list(dict.fromkeys((0, c.Td) for c in scan.components))
            table = [len(self._keys) + keys.index((0, scan.components[c].Td)) for c in component]
            self._keys += [(i, key) for key in keys]
            places.append(place.ravel())
            before.append(number.ravel())
            shifts.append(np.full(place.size, scan.Al, np.int16))
            tables.append(np.tile(table, len(place)))
            starts.append(starts[-1] + place.size)
        self._dc_place, self._dc_before = np.concatenate(places), np.concatenate(before)
        self._dc_shift, self._dc_table = np.concatenate(shifts), np.concatenate(tables)
        self._dc_starts = np.array(starts[:-1])
        self._dc = np.zeros(starts[-1] + 1, np.int16)
        self._nothing_follows = np.zeros(starts[-1], np.uint16)

    def _prepare_ac(self, scans: dict[int, Scan]) -> None:
        """For AC scans, one after the other: the places of coefficients, their shifts, where blocks begin."""
        places, widths, starts = [np.empty(0, np.intp)], [np.zeros(1, np.int32)], [0]
        self._ac_tables = len(self._keys) + np.arange(len(scans))
        for i, scan in scans.items():
            number = self._numbers[scan.indices[0]].reshape(-1, 1)
            places.append(self.places(number, np.arange(scan.Ss, scan.Se + 1)).ravel())
            widths.append(np.full(len(number), scan.Se - scan.Ss + 1, np.int32))
            starts.append(starts[-1] + len(number))
            self._keys.append((i, (1, scan.components[0].Ta)))
        self._place = np.concatenate(places)  # for each coefficient of each scan, its place in ``quantized``
        self._bounds = np.cumsum(np.concatenate(widths), dtype=np.int32)
        self._ac_starts = np.array(starts[:-1], np.intp)
        sizes = [place.size for place in places[1:]]
        self._shift = np.repeat(np.array([scan.Al for scan in scans.values()], np.int16), sizes)
        self._is_first = np.repeat(np.array([not scan.Ah for scan in scans.values()], np.bool_), sizes)
        self._values, self._present = (np.empty(len(self._place), dtype) for dtype in (np.int16, np.bool_))

    def _ac_symbols(self) -> AcSymbols:
        """The symbols of all AC scans."""
        self.quantized.take(self._place, out=self._values, mode="clip")
        at = np.not_equal(self._values, 0, out=self._present).nonzero()[0]
        value, shift = self._values.take(at), self._shift.take(at)
        value = (value + ((value >> 15) & ((1 << shift) - 1))) >> shift  # as numjpeg.entropy.progressive_writer
        kept = value.nonzero()[0]
        place, value = at.take(kept).astype(np.int32), value.take(kept)
        new = (np.abs(value) == 1) | self._is_first.take(place)
        before = np.searchsorted(place, self._bounds)
        symbols = coefficient_symbols(InScan(place, value, new, before, self._bounds))
        return insert_ends_of_blocks(symbols, self._ac_starts, OpenRun(), True)[0]

    def file(self, pictures: Sequence[Picture]) -> bytes:
        """The file of a picture from its first Huffman table to its end; without one, of the picture before."""
        self.quantize(pictures)
        dc, ac = self._dc, self._ac_symbols()
        np.right_shift(self.quantized.take(self._dc_place), self._dc_shift, out=dc[:-1])
        # Differences of 8-bit samples are -1024 .. 1023.
        difference = (dc[:-1] - dc.take(self._dc_before)).view(np.uint16)
        category, magnitude = magnitudes()
        symbol, extra = category.take(difference), magnitude.take(difference)
        starts = np.append(self._dc_starts, ac.starts + len(symbol))
        extra, following = np.append(extra, ac.extra), np.append(self._nothing_follows, ac.following)
        symbols = AcSymbols(np.append(symbol, ac.symbol), extra, following, ac.corrections, starts)
        counts = np.diff(ac.starts, append=len(ac.symbol))
        table = np.concatenate([self._dc_table, np.repeat(self._ac_tables, counts)])
        frequencies = np.bincount(table * 256 + symbols.symbol, minlength=256 * len(self._keys)).reshape(-1, 256)
        tables = [optimal_table(of_table) for of_table in frequencies]
        data = self._pack(*code_words(symbols, tables, table), starts)
        parts: dict[int, list[bytes]] = {number: [] for number in range(len(self._headers))}
        for (number, key), table_of in zip(self._keys, tables, strict=True):
            parts[number].append(segments.build_dht(*key, table_of))
        for number, coded in zip(self._coded, data, strict=True):
            parts[number] += self._headers[number], coded
        for number, place, shift in self._refinements:
            bits = self.quantized.take(place) >> shift & 1
            filled = np.append(bits, np.ones(-len(bits) % 8, np.int16)).astype(np.uint8)  # F.1.2.3
            parts[number] += self._headers[number], stuff(np.packbits(filled).tobytes())
        return b"".join([*chain.from_iterable(parts.values()), bytes((0xFF, EOI))])

    def _pack(
        self, codes: NDArray[np.uint64], lengths: NDArray[np.uint64], places: Ints, starts: Ints
    ) -> list[bytes]:
        """The data of each coded scan, given the code words of all and the symbols with which scans begin."""
        last = np.append(places.take(starts[1:]), places[-1]) - 1
        size = np.diff(lengths.cumsum().take(last), prepend=np.uint64(0))
        free = -size & np.uint64(7)  # F.1.2.3: the last byte is filled up with ones
        codes[last] = codes.take(last) << free | (np.uint64(1) << free) - np.uint64(1)
        lengths[last] += free
        packed, _ = pack(codes, lengths, self.workspace)
        ends = (np.cumsum(size + free) >> np.uint64(3)).tolist()
        return [stuff(packed[start:end]) for start, end in pairwise([0, *ends])]
