"""One scan, read or written: by the fast form where there is one, else by the literal form (T.81 F.1.2, F.2.2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import ceil_div
from numjpeg.container.findings import Sink
from numjpeg.container.frame import Scan, TableKey
from numjpeg.entropy.planes import Planes
from numjpeg.entropy.sequential_reader import SequentialReader, read_bands
from numjpeg.entropy.sequential_writer import Codable, Symbols, band_symbols, write_scan
from numjpeg.entropy.shared import Band
from numjpeg.stages.huffman import HuffmanTable, optimal_table
from numjpeg.stages.mcu_order import pad_to_mcus
from numjpeg.stages.zigzag import zigzag
from numjpeg.workspace import Workspace

if TYPE_CHECKING:
    from numjpeg.entropy.progressive_writer import ComponentData
    from numjpeg.fast.codewords.tokens import Tokens

try:  # without :mod:`numjpeg.fast` everything works as before, but more slowly
    import_module("numjpeg.fast")
    _fast_forms_enabled = True
except ImportError:
    _fast_forms_enabled = False


def fast_forms_enabled() -> bool:
    """Whether :mod:`numjpeg.fast` is used: if it can be imported. Callers import it where they use it."""
    return _fast_forms_enabled


def read_sequential(
    data: bytes,
    scan: Scan,
    rows_per_band: int,
    sink: Sink,
    kept: Sequence[int] | None = None,
    read: list[NDArray[np.bool_]] | None = None,
) -> Iterator[Band]:
    """Decode a sequential scan of the file ``data`` in bands of ``rows_per_band`` MCU rows, from top to bottom.

    If the data end early, Huffman coding leaves out the bands of which nothing can be read. If the sink is strict,
    FormatError with the byte offset for data that are damaged or too short, UnsupportedError for arithmetic
    decoding that takes too much work.

    ``kept`` : for each component 64, or 1 if its bands are to have the DC alone, ``(rows, columns, 1)``.
    ``read`` : as in :func:`numjpeg.entropy.sequential_reader.read_bands`; not used with arithmetic coding.
    """
    if scan.frame.arithmetic:
        from numjpeg.entropy import arithmetic_reader  # noqa: PLC0415 (seldom wanted)

        bands = arithmetic_reader.read_sequential(data, scan, rows_per_band, sink)
        sizes = kept or [64] * len(scan.components)
        return ([plane[..., :size] for plane, size in zip(band, sizes, strict=True)] for band in bands)
    reader = SequentialReader(data, scan, sink, kept)
    pieces = reader.walk()
    if fast_forms_enabled():
        from numjpeg.fast.codewords import lanes  # noqa: PLC0415 (it may be missing)

        pieces = lanes.read_pieces(reader)
    return read_bands(reader, pieces, rows_per_band, read)


def read_progressive(data: bytes, scan: Scan, planes: Planes, sink: Sink) -> int:
    """Decode a progressive scan into the planes; return the last MCU that has data. Errors as read_sequential."""
    if scan.frame.arithmetic:
        from numjpeg.entropy import arithmetic_reader  # noqa: PLC0415 (seldom wanted)

        return arithmetic_reader.read_progressive(data, scan, planes, sink)
    from numjpeg.entropy import progressive_reader  # noqa: PLC0415 (not every file is progressive)

    reader = progressive_reader.reader_of(data, scan, planes, sink)
    if fast_forms_enabled():
        from numjpeg.fast.codewords import progressive  # noqa: PLC0415 (it may be missing)

        if progressive.read_scan(reader):
            return reader.total - 1
    return reader.read()


def read_lossless(data: bytes, scan: Scan, sink: Sink) -> list[NDArray[np.uint16]]:
    """Decode a lossless scan: each component's samples, uint16 ``(rows, columns)``, cut to the component's size.

    Errors as of :func:`read_sequential`, but UnsupportedError whether the sink is strict or not.
    """
    if scan.frame.arithmetic:
        from numjpeg.entropy import arithmetic_reader  # noqa: PLC0415 (seldom wanted)

        return arithmetic_reader.read_lossless(data, scan, sink)
    from numjpeg.entropy import lossless_reader  # noqa: PLC0415 (seldom wanted)

    reader = lossless_reader.LosslessReader(data, scan, sink)
    pieces = reader.walk()
    if fast_forms_enabled():
        from numjpeg.fast.codewords import lossless_lanes  # noqa: PLC0415 (it may be missing)

        pieces = lossless_lanes.find_pieces(reader)
    return reader.samples(pieces)


Bands = Callable[[int], Iterable[list[NDArray[np.int16]]]]
"""A function from a band's number to a picture's coefficients from that band on. A band is some whole MCU rows:
for each component int16 ``(rows, columns, 8, 8)``. It may be overwritten when the next one is asked for."""

KEPT_BYTES = 24 << 20
"""About how many bytes of symbols a scan keeps until its tables are made. For a large picture the limit is 3/4 of
a byte a sample, which is what a photograph of good quality takes."""


class ScanSymbols:
    """A scan's symbols, band by band: once to make its tables, if it has none yet, and once to be written.

    In between they are kept, up to :data:`KEPT_BYTES`. The rest is made a second time, which takes time but no
    memory. A photograph has about one symbol, of 4 bytes, for four pixels.
    """

    def __init__(self, scan: Scan, bands: Bands) -> None:
        self.scan, self._bands = scan, bands
        self._kept: deque[Tokens | Symbols] = deque()
        self._after_kept: _BandStart = 0, 0, (0,) * len(scan.components)

    def frequencies(self) -> NDArray[np.intp]:
        """How often each symbol occurs, as in :class:`numjpeg.entropy.sequential_writer.Codable`."""
        counts = np.zeros((2 * len(self.scan.components), 256), np.intp)
        room = max(KEPT_BYTES, self.scan.frame.samples * 3 // 4)
        for symbols, next_band in self._from(self._after_kept):
            counts += symbols.frequencies(self.scan)
            if room > 0:
                kept, size = symbols.kept()
                room -= size
                self._kept.append(kept)
                self._after_kept = next_band
        return counts

    def to_write(self) -> Iterator[Codable]:
        """The symbols of each band. Kept ones are released as they are handed out."""
        while self._kept:
            yield self._kept.popleft()
        for symbols, _ in self._from(self._after_kept):
            yield symbols

    def _from(self, start: _BandStart) -> Iterator[tuple[Tokens | Symbols, _BandStart]]:
        """The symbols of each band from ``start`` on, and with them the start of the next band."""
        workspace, scan = Workspace(), self.scan
        first, first_mcu, dc_before = start
        predictors = list(dc_before)
        v, h = scan.factors[0]
        for number, planes in enumerate(self._bands(first), first + 1):
            symbols: Tokens | Symbols | None = None
            if fast_forms_enabled():
                from numjpeg.fast.codewords.tokens import find_tokens  # noqa: PLC0415 (it may be missing)

                symbols = find_tokens(scan, planes, first_mcu, predictors, workspace)
            if symbols is None:
                symbols = band_symbols(scan, in_mcus(scan, planes), first_mcu, predictors)
            first_mcu += ceil_div(planes[0].shape[0], v) * ceil_div(planes[0].shape[1], h)
            yield symbols, (number, first_mcu, tuple(predictors))


_BandStart = tuple[int, int, tuple[int, ...]]
"""Where a band begins in its scan: its number, its first MCU, and the DC predictors."""


def write_symbols(scan: Scan, symbols: Iterable[Codable]) -> Iterator[bytes]:
    """The entropy-coded data of a scan, piece by piece (:func:`numjpeg.entropy.sequential_writer.write_scan`)."""
    if not fast_forms_enabled():
        return write_scan(scan, symbols)
    from numjpeg.fast.codewords.packing import pack_scan  # noqa: PLC0415 (it may be missing)

    return pack_scan(scan, symbols)


def write_arithmetic(scan: Scan, planes: list[NDArray[np.int16]]) -> Iterator[bytes]:
    """The arithmetic-coded data of a scan, from its frame's planes ``(rows, columns, 8, 8)``, piece by piece."""
    from numjpeg.entropy import arithmetic_writer  # noqa: PLC0415 (seldom wanted)

    return arithmetic_writer.write_scan(scan, (in_mcus(scan, band) for band in cut_bands(planes, scan, 0)))


def in_mcus(scan: Scan, band: list[NDArray[np.int16]]) -> list[NDArray[np.int16]]:
    """The planes ``(rows, columns, 8, 8)`` of a band in zig-zag order, filled up to whole MCUs."""
    rows, columns = ceil_div(len(band[0]), scan.factors[0][0]), scan.mcus[1]
    planes = zip(band, scan.factors, strict=True)
    return [pad_to_mcus(zigzag(plane), rows, columns, factor) for plane, factor in planes]


def nonzero_coefficients(bands: Iterable[list[NDArray[np.int16]]]) -> list[ComponentData]:
    """The data from which progressive scans are written (:func:`numjpeg.entropy.progressive_writer.collect`)."""
    from numjpeg.entropy.progressive_writer import collect  # noqa: PLC0415 (not every file is progressive)

    if not fast_forms_enabled():
        return collect(bands)
    from numjpeg.fast.codewords.scan_order import sequences_of  # noqa: PLC0415 (it may be missing)

    return collect(bands, sequences_of(Workspace()))


BAND_BLOCKS = 1 << 12  # blocks of given coefficients that are coded at a time


def cut_bands(planes: list[NDArray[np.int16]], scan: Scan, first: int) -> Iterator[list[NDArray[np.int16]]]:
    """Bands of a scan's planes from number ``first`` on: whole MCU rows of about :data:`BAND_BLOCKS` blocks."""
    rows, columns = scan.mcus
    step = max(1, BAND_BLOCKS // (columns * scan.blocks_per_mcu))
    scan_planes = [planes[i] for i in scan.indices]
    for row in range(first * step, rows, step):
        yield [plane[row * v : (row + step) * v] for plane, (v, _) in zip(scan_planes, scan.factors, strict=True)]


def optimal_tables(counted: Iterable[tuple[Scan, NDArray[np.intp]]]) -> dict[TableKey, HuffmanTable]:
    """Optimal tables for the statistics of all scans together (Annex K.2); none for a key without symbols."""
    totals: dict[TableKey, NDArray[np.intp]] = {}
    for scan, frequencies in counted:
        keys = [key for c in scan.components for key in ((0, c.Td), (1, c.Ta))]
        for key, counts in zip(keys, frequencies, strict=True):
            totals[key] = totals.get(key, 0) + counts
    return {key: optimal_table(counts) for key, counts in totals.items() if counts.any()}
