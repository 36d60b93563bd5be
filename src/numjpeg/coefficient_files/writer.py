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
    The file. For a baseline file that Pillow wrote, unchanged coefficients give the same bytes; a progressive file
    is the one that ``jpegtran -progressive`` writes, where its markers are those that jpegtran copies.
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

    ``coefficients`` : what goes into the file; its own ``huffman_tables`` are not looked at.
    ``huffman_tables`` : MissingCodeError if one lacks a code; None for optimal ones, which progressive files
        always have.
    ``bands`` : in place of ``coefficients.planes``, so that the whole waist need not be held; always the same
        ones.
    ``script`` : a legal one (:func:`numjpeg.container.scripts.check_script`); empty for a sequential file.
    ``restart_rows`` : in a progressive file the rows of MCUs between restart markers; 0 for ``restart_interval``.
    ``arithmetic`` : code the planes by arithmetic coding; ``huffman_tables`` and ``bands`` are not looked at.
    ``merged`` : put tables into as few segments as possible, which libjpeg does not.
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
    file = BytesIO()  # which gives its content away without a copy
    file.writelines(segments.merged(pieces) if merged else pieces)
    file.write(bytes((0xFF, markers.EOI)))
    return file.getvalue()


def head(coefficients: Coefficients, frame: Frame) -> Iterator[bytes]:
    """A file up to the frame header."""
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
    """Huffman tables and restart interval; then of each scan its header and its data."""
    planes = coefficients.planes
    symbols = [scan_data.ScanSymbols(s, bands or partial(scan_data.cut_bands, planes, s)) for s in scans]
    if huffman_tables is None:
        huffman_tables = scan_data.optimal_tables((of_scan.scan, of_scan.frequencies()) for of_scan in symbols)
    yield from tables_head(coefficients, huffman_tables)
    for scan, of_scan in zip(scans, symbols, strict=True):
        scan.huffman_tables.update(huffman_tables)
        yield segments.build_sos(scan)
        yield from scan_data.write_symbols(scan, of_scan.to_write())


def scan_costs(coefficients: Coefficients, merged: bool = False) -> Callable[[Script], int]:
    """What tells how many bytes scans of a progressive file take, their tables and headers included.

    ``merged`` : as of :func:`write_file`. Four tables share the 4 bytes of a segment's head.
    """
    frame = frame_of(coefficients, progressive=True)
    code = partial(_with_tables, data=_component_data(frame, coefficients, None))

    def cost(script: Script) -> int:
        pieces = list(_scan_by_scan(make_scans(frame, script, 0), code))
        saved = 3 * sum(piece.startswith(segments.DHT_MARKER) for piece in pieces) if merged else 0
        return sum(map(len, pieces)) - saved

    return cost


def _component_data(frame: Frame, c: Coefficients, bands: scan_data.Bands | None) -> list[ComponentData]:
    """What the scans of a progressive file are made of."""
    whole = Scan(frame, tuple(range(len(frame.components))), frame.components, {}, 0)
    return scan_data.nonzero_coefficients((bands or partial(scan_data.cut_bands, c.planes, whole))(0))


def _scan_by_scan(scans: list[Scan], code: Callable[[Scan], Iterator[bytes]]) -> Iterator[bytes]:
    """Of each scan its tables or conditioning, its restart interval if that changes, its header and its data."""
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
    """The data of a progressive scan, which gets its Huffman tables at once."""
    from numjpeg.entropy.progressive_writer import encode_scan  # noqa: PLC0415 (not every file is progressive)

    symbols = encode_scan(scan, data)
    scan.huffman_tables.update(scan_data.optimal_tables((scan, piece.frequencies(scan)) for piece in symbols))
    return scan_data.write_symbols(scan, symbols)


def _scans_that_share_tables(scans: list[Scan], code: Callable[[Scan], Iterator[bytes]]) -> Iterator[bytes]:
    """The same without restart intervals, as many scans as possible behind one segment of tables. Equal tables
    stand there once. At most 4 of a class are in force at a time (B.2.4.2).
    """
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
        own = {key: (key[0], table) for key, table in scan.huffman_tables.items()}
        needed = [table_class for table_class, _ in numbers.keys() | own.values()]
        if max(map(needed.count, (0, 1))) > 4:
            yield from flush()
        for each in own.values():
            numbers.setdefault(each, sum(table_class == each[0] for table_class, _ in numbers))
        numbered = {key: numbers[each] for key, each in own.items()}
        components = tuple(
            replace(c, Td=numbered.get((0, c.Td), 0), Ta=numbered.get((1, c.Ta), 0)) for c in scan.components
        )
        waiting += [segments.build_sos(replace(scan, components=components)), *coded]
    yield from flush()
