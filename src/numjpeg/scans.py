"""A whole file (T.81 B.2.1): tables, frame and scans in the order in which libjpeg writes them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Coefficients, ceil_div
from numjpeg.container import markers, segments
from numjpeg.container.frame import MAX_BLOCKS_PER_MCU, Frame, Scan
from numjpeg.container.scripts import Script, ScriptScan
from numjpeg.entropy.progressive_writer import collect, encode_scan
from numjpeg.entropy.sequential_writer import Codable, Tokens, tokenize_band, write_scan
from numjpeg.fast.tokens import Gaps, find_gaps
from numjpeg.stages.huffman import (
    HuffmanTable,
    optimal_table,
)
from numjpeg.stages.mcu_order import pad_to_mcus
from numjpeg.stages.zigzag import zigzag
from numjpeg.workspace import Workspace

MAX_RESTART_INTERVAL = 65535
"""What DRI can say (B.2.4.4)."""

TableKey = tuple[int, int]
"""(class, number) of a Huffman table."""


def frame_of(coefficients: Coefficients, *, progressive: bool = False) -> Frame:
    """The frame header: baseline (SOF0) where the tables allow it, else extended sequential (SOF1); or SOF2."""
    components = coefficients.components
    baseline = all(
        coefficients.quantization_tables[c.Tq].max() <= 255 and c.Td <= 1 and c.Ta <= 1 for c in components
    )
    marker = markers.SOF2 if progressive else markers.SOF0 if baseline else markers.SOF1
    return Frame(marker, 8, coefficients.height, coefficients.width, components)


Bands = Callable[[int], Iterable[list[NDArray[np.int16]]]]
"""Of which number on bands are wanted, to these: of each component int16 ``(rows, columns, 8, 8)``, whole MCU rows
from top to bottom. They may be overwritten when the next band is asked for."""


def write_file(
    coefficients: Coefficients,
    huffman_tables: dict[TableKey, HuffmanTable] | None,
    bands: Bands | None = None,
    *,
    script: Script | None = None,
    restart_rows: int = 0,
) -> bytes:
    """Write a sequential file, or with a script a progressive one.

    Parameters
    ----------
    coefficients : what goes into the file. Its own ``huffman_tables`` are not looked at.
    huffman_tables : tables to code with, or None for optimal ones. Progressive files have them anyway.
    bands : in place of ``coefficients.planes``, so that the whole waist need not be held; always the same ones.
    script : a legal one (:func:`numjpeg.container.scripts.check_script`).
    restart_rows : rows of MCUs between restart markers in a progressive file; 0 for
        ``coefficients.restart_interval``.

    Returns
    -------
    The file.

    Raises
    ------
    ValueError if a table has no code for a symbol that occurs.
    """
    frame = frame_of(coefficients, progressive=script is not None)
    numbers = dict.fromkeys(c.Tq for c in frame.components)
    file = BytesIO()  # which gives its content away without a copy
    file.write(bytes((0xFF, markers.SOI)))
    file.writelines(segments.build(*segment) for segment in coefficients.application_segments)
    file.writelines(segments.build_dqt(number, coefficients.quantization_tables[number]) for number in numbers)
    file.write(segments.build_sof(frame))
    if script is None:
        file.writelines(_sequential_scans(frame, coefficients, huffman_tables, bands))
    else:
        file.writelines(_progressive_scans(frame, coefficients, bands, script, restart_rows))
    file.write(bytes((0xFF, markers.EOI)))
    return file.getvalue()


def _sequential_scans(
    frame: Frame,
    coefficients: Coefficients,
    huffman_tables: dict[TableKey, HuffmanTable] | None,
    bands: Bands | None,
) -> Iterator[bytes]:
    """Huffman tables, restart interval and scans."""
    scans = [_scan(frame, group, coefficients.restart_interval) for group in _groups(frame)]
    symbols = [_Symbols(scan, bands or partial(_cut, coefficients.planes, scan)) for scan in scans]
    if huffman_tables is None:
        huffman_tables = _optimal_tables((of_scan.scan, of_scan.frequencies()) for of_scan in symbols)

    for key in dict.fromkeys(key for c in frame.components for key in ((0, c.Td), (1, c.Ta))):
        yield segments.build_dht(*key, huffman_tables[key])
    if coefficients.restart_interval:
        yield segments.build_dri(coefficients.restart_interval)
    for scan, of_scan in zip(scans, symbols, strict=True):
        scan.huffman_tables.update(huffman_tables)
        yield segments.build_sos(scan)
        yield from write_scan(scan, of_scan.to_write())


def _progressive_scans(
    frame: Frame,
    coefficients: Coefficients,
    bands: Bands | None,
    script: Script,
    restart_rows: int,
) -> Iterator[bytes]:
    """Scan by scan its Huffman tables, its restart interval if that changes, and itself."""
    whole = _scan(frame, tuple(range(len(frame.components))), 0)
    data = collect(bands(0) if bands else _cut(coefficients.planes, whole, 0))
    interval = 0
    for step in script:
        scan = _script_scan(frame, step, coefficients.restart_interval)
        if restart_rows:
            _, columns = scan.mcus
            scan = replace(scan, restart_interval=min(restart_rows * columns, MAX_RESTART_INTERVAL))
        symbols = encode_scan(scan, data)
        scan.huffman_tables.update(_optimal_tables((scan, piece.frequencies(scan)) for piece in symbols))
        for key, table in scan.huffman_tables.items():
            yield segments.build_dht(*key, table)
        if scan.restart_interval != interval:
            interval = scan.restart_interval
            yield segments.build_dri(interval)
        yield segments.build_sos(scan)
        yield from write_scan(scan, symbols)


def _script_scan(frame: Frame, step: ScriptScan, restart_interval: int) -> Scan:
    """A scan of a script. Numbers of tables that it does without are 0, as all of a refinement of DC."""
    scan = _scan(frame, step.components, restart_interval)
    components = tuple(
        replace(c, Td=0 if step.Ss or step.Ah else c.Td, Ta=c.Ta if step.Ss else 0) for c in scan.components
    )
    return replace(scan, components=components, Ss=step.Ss, Se=step.Se, Ah=step.Ah, Al=step.Al)


def _groups(frame: Frame) -> list[tuple[int, ...]]:
    """All components in one scan; each in its own if an MCU would have too many blocks."""
    every = tuple(range(len(frame.components)))
    if len(every) > 1 and sum(c.H * c.V for c in frame.components) > MAX_BLOCKS_PER_MCU:
        return [(i,) for i in every]
    return [every]


def _scan(frame: Frame, indices: tuple[int, ...], restart_interval: int) -> Scan:
    return Scan(frame, indices, tuple(frame.components[i] for i in indices), {}, restart_interval)


KEPT_BYTES = 24 << 20
"""Bytes of symbols, to a band, that a scan keeps until its tables are made; of a large picture 3/4 of a byte for
each sample, which is what a photograph of good quality takes."""


class _Symbols:
    """A scan's symbols, band by band: once for its tables, if it has none yet, and once to be written.

    In between, the first ones are kept, 4 bytes each and of a photograph about one for four pixels. Where they
    are more than :data:`KEPT_BYTES` says, the others are made again: that takes longer, but no memory.
    """

    def __init__(self, scan: Scan, bands: Bands) -> None:
        self.scan, self._bands = scan, bands
        self._kept: deque[Gaps | Tokens] = deque()
        self._after_kept = _Place(0, 0, (0,) * len(scan.components))

    def frequencies(self) -> NDArray[np.intp]:
        """How often each symbol occurs, as of :class:`numjpeg.entropy.sequential_writer.Codable`."""
        counts = np.zeros((2 * len(self.scan.components), 256), np.intp)
        room = max(KEPT_BYTES, self.scan.frame.samples * 3 // 4)
        for band, place in self._from(self._after_kept):
            counts += band.frequencies(self.scan)
            if room > 0:
                kept, size = band.kept()
                room -= size
                self._kept.append(kept)
                self._after_kept = place
        return counts

    def to_write(self) -> Iterator[Codable]:
        """The symbols; those that were kept are let go."""
        while self._kept:
            yield self._kept.popleft()
        for band, _ in self._from(self._after_kept):
            yield band

    def _from(self, place: _Place) -> Iterator[tuple[Gaps | Tokens, _Place]]:
        """Those from a place on; with each band, where it ends."""
        workspace = Workspace()
        scan = self.scan
        v, h = scan.factors[0]
        for planes in self._bands(place.band):
            rows, columns = ceil_div(planes[0].shape[0], v), ceil_div(planes[0].shape[1], h)
            predictors = list(place.predictors)
            made: Gaps | Tokens | None = find_gaps(scan, planes, place.first_mcu, predictors, workspace)
            if made is None:
                whole = zip(planes, scan.factors, strict=True)
                band = [pad_to_mcus(zigzag(plane), rows, columns, factor) for plane, factor in whole]
                made = tokenize_band(scan, band, place.first_mcu, predictors)
            place = _Place(place.band + 1, place.first_mcu + rows * columns, tuple(predictors))
            yield made, place


class _Place(NamedTuple):
    """Between two bands of a scan."""

    band: int
    first_mcu: int
    predictors: tuple[int, ...]


BAND_BLOCKS = 1 << 12
"""Blocks of given coefficients that are coded at a time."""


def _cut(planes: list[NDArray[np.int16]], scan: Scan, first: int) -> Iterator[list[NDArray[np.int16]]]:
    """Cut the planes of a scan into bands of about :data:`BAND_BLOCKS` blocks, whole MCU rows."""
    rows, columns = scan.mcus
    step = max(1, BAND_BLOCKS // (columns * scan.blocks_per_mcu))
    own = [planes[i] for i in scan.indices]
    for row in range(first * step, rows, step):
        yield [plane[row * v : (row + step) * v] for plane, (v, _) in zip(own, scan.factors, strict=True)]


def _optimal_tables(counted: Iterable[tuple[Scan, NDArray[np.intp]]]) -> dict[TableKey, HuffmanTable]:
    """Tables for the statistics of scans together (Annex K.2): those that any symbol goes with."""
    totals: dict[TableKey, NDArray[np.intp]] = {}
    for scan, frequencies in counted:
        keys = [key for c in scan.components for key in ((0, c.Td), (1, c.Ta))]
        for key, counts in zip(keys, frequencies, strict=True):
            totals[key] = totals.get(key, 0) + counts
    return {key: optimal_table(counts) for key, counts in totals.items() if counts.any()}
