"""Coefficients to a file, its segments in libjpeg's order (T.81 B.2.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING

from numjpeg import scans as scan_data
from numjpeg.arguments import Scans
from numjpeg.coefficient_files.checks import plan_writing
from numjpeg.coefficients import Coefficients
from numjpeg.container import markers, segments
from numjpeg.container.frame import Frame, Scan, TableKey, frame_of
from numjpeg.container.scripts import Script, make_scans
from numjpeg.entropy.sequential_writer import MissingCodeError
from numjpeg.stages.huffman import HuffmanTable

if TYPE_CHECKING:
    from numjpeg.entropy.progressive_writer import ComponentData


def write_coefficients(
    coefficients: Coefficients,
    *,
    optimize: bool | None = None,
    progressive: bool = False,
    arithmetic: bool = False,
    scans: Scans | None = None,
) -> bytes:
    """Write coefficients as a sequential or a progressive file; nothing is lost.

    Parameters
    ----------
    coefficients : as :func:`numjpeg.read_coefficients` gives them, changed or not. ValueError, TypeError if
        planes, tables and components do not fit each other, or a coefficient is larger than files of 8 bits a
        sample have codes for: an AC coefficient outside -1023 .. 1023 (F.1.2.2.1), a DC difference outside -2047
        .. 2047 (F.1.2.1.2).
    optimize : True makes Huffman tables for these coefficients, False takes the standard ones (K.3). None keeps
        the file's own, and makes new ones if it has none or they lack a code that is needed.
    progressive, arithmetic, scans : as of :func:`encode`; the scans must send all bits. Progressive files have
        tables for each scan.

    Returns
    -------
    The file. Unchanged coefficients of a baseline file by Pillow give the same bytes again. A progressive file is
    the one that ``jpegtran -progressive`` writes, if its application segments are those that jpegtran copies.
    """
    checked, tables, script = plan_writing(coefficients, optimize, progressive, arithmetic, scans)
    try:
        return write_file(checked, tables, script=script, arithmetic=bool(arithmetic))
    except MissingCodeError:  # the file's own tables have no code for a coefficient that was changed
        return write_file(checked, None)


def write_file(
    coefficients: Coefficients,
    huffman_tables: Mapping[TableKey, HuffmanTable] | None,
    bands: scan_data.Bands | None = None,
    script: Script = (),
    restart_rows: int = 0,
    arithmetic: bool = False,
    merged: bool = False,
) -> bytes:
    """Write a sequential file, or with a script a progressive one, its segments in libjpeg's order.

    ``coefficients`` : the content of the file; its own ``huffman_tables`` are not used.
    ``huffman_tables`` : MissingCodeError if one lacks a code; None for optimal ones, which progressive files
        always have.
    ``bands`` : used in place of ``coefficients.planes``, so that not all coefficients are in memory at once. It is
        called once or twice, and must give the same bands each time.
    ``script`` : a legal one (:func:`numjpeg.container.scripts.check_script`); empty for a sequential file.
    ``restart_rows`` : in a progressive file the rows of MCUs between restart markers; 0 for ``restart_interval``.
    ``arithmetic`` : use arithmetic coding for the planes; ``huffman_tables`` and ``bands`` are not used.
    ``merged`` : put tables into as few segments as possible, unlike libjpeg.
    """
    frame = frame_of(coefficients, progressive=bool(script), arithmetic=arithmetic)
    scans = make_scans(frame, script, coefficients.restart_interval, restart_rows)
    if arithmetic:
        coded = _scan_by_scan(scans, lambda scan: scan_data.write_arithmetic(scan, coefficients.planes))
    elif script:
        code = partial(_with_tables, data=_component_data(frame, coefficients, bands))
        coded = (_scans_that_share_tables if merged else _scan_by_scan)(scans, code)
    else:
        coded = _sequential_scans(scans, coefficients, bands, huffman_tables)
    pieces = chain(head(coefficients, frame), coded)
    file = BytesIO()  # its getvalue makes no copy
    file.writelines(segments.merged(pieces) if merged else pieces)
    file.write(bytes((0xFF, markers.EOI)))
    return file.getvalue()


def head(coefficients: Coefficients, frame: Frame) -> Iterator[bytes]:
    """The beginning of a file, up to and with the frame header."""
    yield bytes((0xFF, markers.SOI))
    for segment in coefficients.application_segments:
        yield segments.build(*segment)
    for number in dict.fromkeys(c.Tq for c in frame.components if not frame.lossless):
        yield segments.build_dqt(number, coefficients.quantization_tables[number])
    yield segments.build_sof(frame)


def tables_head(coefficients: Coefficients, huffman_tables: Mapping[TableKey, HuffmanTable]) -> Iterator[bytes]:
    """Huffman tables and restart interval of a sequential file."""
    for key in dict.fromkeys(key for c in coefficients.components for key in ((0, c.Td), (1, c.Ta))):
        yield segments.build_dht(*key, huffman_tables[key])
    if coefficients.restart_interval:
        yield segments.build_dri(coefficients.restart_interval)


def _sequential_scans(
    scans: list[Scan],
    coefficients: Coefficients,
    bands: scan_data.Bands | None,
    huffman_tables: Mapping[TableKey, HuffmanTable] | None,
) -> Iterator[bytes]:
    """Huffman tables and restart interval; then each scan's header and data."""
    planes = coefficients.planes
    scan_symbols = [scan_data.ScanSymbols(s, bands or partial(scan_data.cut_bands, planes, s)) for s in scans]
    if huffman_tables is None:
        huffman_tables = scan_data.optimal_tables((each.scan, each.frequencies()) for each in scan_symbols)
    yield from tables_head(coefficients, huffman_tables)
    for scan, symbols in zip(scans, scan_symbols, strict=True):
        scan.huffman_tables.update(huffman_tables)
        yield segments.build_sos(scan)
        yield from scan_data.write_symbols(scan, symbols.to_write())


def scan_costs(coefficients: Coefficients, merged: bool = False) -> Callable[[Script], int]:
    """A function from a script to the bytes that its scans take in a progressive file, with tables and headers.

    ``merged`` : as in :func:`write_file`. About four tables then share the 4 bytes of a segment's head.
    """
    frame = frame_of(coefficients, progressive=True)
    code = partial(_with_tables, data=_component_data(frame, coefficients, None))

    def cost(script: Script) -> int:
        pieces = list(_scan_by_scan(make_scans(frame, script, 0), code))
        saved = 3 * sum(piece.startswith(segments.DHT_MARKER) for piece in pieces) if merged else 0
        return sum(map(len, pieces)) - saved

    return cost


def _component_data(frame: Frame, c: Coefficients, bands: scan_data.Bands | None) -> list[ComponentData]:
    """The data from which the scans of a progressive file are written."""
    whole = Scan(frame, tuple(range(len(frame.components))), frame.components, {}, 0)
    return scan_data.nonzero_coefficients((bands or partial(scan_data.cut_bands, c.planes, whole))(0))


def _scan_by_scan(scans: list[Scan], code: Callable[[Scan], Iterator[bytes]]) -> Iterator[bytes]:
    """For each scan its tables or conditioning, its restart interval if that changes, its header, and its data."""
    interval = 0
    for scan in scans:
        coded = code(scan)
        for key, table in scan.huffman_tables.items():
            yield segments.build_dht(*key, table)
        if scan.frame.arithmetic and scan.statistics_areas:
            yield segments.build_dac(scan.statistics_areas)
        if scan.restart_interval != interval:
            interval = scan.restart_interval
            yield segments.build_dri(interval)
        yield segments.build_sos(scan)
        yield from coded


def _with_tables(scan: Scan, data: list[ComponentData]) -> Iterator[bytes]:
    """The data of a progressive scan. When the function returns, the scan has optimal Huffman tables."""
    from numjpeg.entropy.progressive_writer import encode_scan  # noqa: PLC0415 (not every file is progressive)

    symbols = encode_scan(scan, data)
    scan.huffman_tables.update(scan_data.optimal_tables((scan, piece.frequencies(scan)) for piece in symbols))
    return scan_data.write_symbols(scan, symbols)


def _scans_that_share_tables(scans: list[Scan], code: Callable[[Scan], Iterator[bytes]]) -> Iterator[bytes]:
    """Scans without restart intervals, behind as few DHT segments as 4 tables of a class allow (B.2.4.2)."""
    numbers: dict[tuple[int, HuffmanTable], int] = {}
    waiting: list[bytes] = []

    def flush() -> Iterator[bytes]:
        for (table_class, table), number in numbers.items():
            yield segments.build_dht(table_class, number, table)
        yield from waiting
        numbers.clear()
        waiting.clear()

    for scan in scans:
        coded = code(scan)
        tables = {key: (key[0], table) for key, table in scan.huffman_tables.items()}
        classes = [table_class for table_class, _ in numbers.keys() | tables.values()]
        if max(map(classes.count, (0, 1))) > 4:
            yield from flush()
        for table in tables.values():
            numbers.setdefault(table, sum(table_class == table[0] for table_class, _ in numbers))
        new = {key: numbers[table] for key, table in tables.items()}
        components = tuple(replace(c, Td=new.get((0, c.Td), 0), Ta=new.get((1, c.Ta), 0)) for c in scan.components)
        waiting += [segments.build_sos(replace(scan, components=components)), *coded]
    yield from flush()
