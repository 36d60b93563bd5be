"""The encoder: a picture to a file (T.81 B.2.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.arguments import Plan, QTables, Scans, Settings, Subsampling, Tuning, plan_encoding
from numjpeg.coefficient_files.writer import head, scan_costs, tables_head, write_file
from numjpeg.coefficients import Coefficients
from numjpeg.colorspaces import to_blocks, to_components
from numjpeg.container import markers, segments
from numjpeg.container.frame import Scan, TableKey
from numjpeg.container.scripts import Script, make_scans
from numjpeg.scans import Bands, fast_forms_enabled, optimal_tables, write_symbols
from numjpeg.stages.dct import fdct
from numjpeg.stages.huffman import STANDARD_TABLES, HuffmanTable
from numjpeg.stages.quantization import quantize

if TYPE_CHECKING:
    from numjpeg.fast.encode_plan import EncodePlan
    from numjpeg.fast.plan_store import Loans
    from numjpeg.fast.progressive_plan import ProgressivePlan
    from numjpeg.rate_distortion.scaling import Tables


def encode(
    image: ArrayLike,
    quality: int | None = None,
    *,
    subsampling: Subsampling | None = None,
    optimize: bool = False,
    progressive: bool = False,
    arithmetic: bool = False,
    scans: Scans | None = None,
    qtables: QTables | None = None,
    colorspace: str | None = None,
    keep_rgb: bool = False,
    restart_marker_blocks: int = 0,
    restart_marker_rows: int = 0,
    dpi: tuple[float, float] | None = None,
    exif: bytes | None = None,
    icc_profile: bytes | None = None,
    xmp: bytes | None = None,
    comment: bytes | str | None = None,
    dct_method: str = "islow",
    tune: str | None = None,
    importance: ArrayLike | str | None = None,
    target_bytes: int | None = None,
    target_psnr: float | None = None,
    fancy_upsampling: bool = True,
    precision: int | None = None,
    lossless: bool = False,
    predictor: int | None = None,
    point_transform: int = 0,
    progress: Callable[[float], None] | None = None,
) -> bytes:
    """Encode a picture: a baseline or a progressive JPEG file, or one without loss.

    With equal parameters the file equals, byte for byte, the one that Pillow 13 (libjpeg-turbo 3) saves. With
    ``tune`` the picture is better at the same size, and encoding takes about thirty times as long.

    Parameters
    ----------
    image : uint8, 1 to 65,500 a side, any memory layout: ``(H, W)`` or ``(H, W, 1)`` gray, ``(H, W, 3)`` colour,
        ``(H, W, 4)`` only with ``colorspace="CMYK"``. Or a Pillow image of mode L, RGB, CMYK or YCbCr. uint16 with
        ``precision=12``, or with ``lossless``.
    quality : 1 .. 100. None means 75; with ``qtables`` it means that the tables stay as they are. With ``tune``
        the file gets about the PSNR, or the SSIMULACRA2 score, that libjpeg gives photographs at that quality.
    subsampling : "4:4:4", "4:2:2", "4:4:0", "4:2:0", "4:1:1" or "4:1:0", with or without colons; or 0, 1, 2 for
        the first, second and fourth, as in Pillow. Or sampling factors: "HxV" of the first component, of all, as
        "2x2,1x2,1x2", or pairs (H, V). None is "4:2:0" for YCbCr, and no subsampling for RGB and CMYK files. In a
        gray file only the header changes. "4:1:1" is 4x1 here; Pillow means 4:2:0 by that name.
    optimize : make Huffman tables for this picture (T.81 K.2). Progressive files have such tables anyway.
    progressive : write a progressive file (SOF2, Annex G) with libjpeg's scans. All nonzero coefficients are then
        in memory at once.
    arithmetic : use arithmetic coding (SOF9, SOF10, SOF11; Annex D), as ``cjpeg -arithmetic`` does. Files are
        smaller than with the best Huffman tables, but few programs open them, and it is slow, since it cannot be
        vectorised. ``optimize`` has no effect; ``tune`` is refused.
    scans : the scans of a progressive file, each (components, Ss, Se, Ah, Al) as in the scan header (B.2.3);
        components are counted from 0. Bits that no scan sends are lost. Any value makes the file progressive.
        "preview" means libjpeg's scans, which matters with ``tune``: the file is a little larger than with the
        scans that cost least, but its first part shows more of the picture. With ``lossless`` Ss is the predictor
        and Al the point transform; both may be left out: ``[(0,), (1,), (2,)]`` is a scan for each component.
    qtables : 1 to 4 quantization tables of 64 integers in natural order, for the components in turn; the last one
        serves the rest. Entries above 255 need ``quality=None``; a sequential file with them is extended (SOF1).
    colorspace : colour space of the channels, upper or lower case. One channel: "GRAY" or "L" (None). Three: "RGB"
        (None), "BGR", or "YCbCr", which is stored unchanged. Four: "CMYK" as in Pillow, 0 for no ink; unless
        samples have 8 bits, only ``decode(data, colorspace="CMYK")`` gives the same values back.
    keep_rgb : store RGB as RGB instead of YCbCr.
    restart_marker_blocks, restart_marker_rows : MCUs, or rows of MCUs, between restart markers. Rows take
        precedence; 0 means none, and the most is 65,535 MCUs.
    dpi : dots per inch (x, y), rounded; stored if both are above 0.
    exif : EXIF data, or an object whose ``tobytes()`` gives them. ``Exif\\0\\0`` in front is added if missing.
    icc_profile, xmp, comment : ICC profile, XMP packet and comment; text is stored as UTF-8.
    dct_method : "islow", libjpeg's exact integer method, or "float". With ``tune`` it is always "float".
    tune : "psnr" aims at the least squared error of red, green and blue for a given size; "perceptual" at the best
        SSIMULACRA2 score. Tables, chroma, Huffman tables and every coefficient are then chosen for the picture
        (:mod:`numjpeg.rate_distortion`), with ``progressive`` the scans too. Only RGB, BGR and GRAY.
    importance : with ``tune``, the weight of an error at each pixel: real ``(H, W)``, at least 0; only the ratios
        matter. "auto" lowers the weight where detail hides errors, as "perceptual" does anyway.
    target_bytes : in place of ``quality``: the best file that is not larger. It has at least 98 % of this size,
        unless the next finer tables would make it too large. Without ``tune``, libjpeg's tables or ``qtables`` are
        scaled by a real factor, entries 1 to 255.
    target_psnr : in place of ``quality``: the smallest file of this PSNR in dB over the channels, as a rule red,
        green and blue. It has up to 0.05 dB more. Without ``tune`` tables are scaled, and it has up to 0.2 dB
        more, unless the next coarser tables would miss the target.
    precision : bits a sample; None means 8. 12 writes an extended (SOF1) or progressive file of values 0 .. 4095,
        always with optimal Huffman tables. With ``lossless`` 2 to 16; None means 8 for uint8 and 16 for uint16.
    lossless : write a lossless file (SOF3, Annex H), without colour conversion: RGB stays RGB.
    predictor : of a lossless file, 1 .. 7 (Table H.1). None takes the one that costs least.
    point_transform : how many low bits a lossless file leaves out, 0 .. precision - 1; 0 loses nothing.
    fancy_upsampling : with ``tune`` or ``target_psnr``, the decoder to expect: one that enlarges chroma by the
        triangle filter, as nearly all do, or (False) one that repeats samples.
    progress : with ``tune``, is called from time to time with the fraction that is done, 0 .. 1; a search for a
        target begins at 0 with each trial.

    Raises
    ------
    ValueError, TypeError naming the argument. For a target out of reach, the message says what can be reached.

    >>> data = encode(np.zeros((16, 16, 3), np.uint8), 90, subsampling="4:4:4")
    >>> data[:4].hex()
    'ffd8ffe0'
    """
    given = locals()  # every parameter by its name
    del given["image"], given["progress"]
    return run(plan_encoding(image, **given), progress)


def run(plan: Plan, progress: Callable[[float], None] | None = None) -> bytes:
    """The file of a plan. With ``tune``, ``progress`` is called with the fraction that is done, 0 .. 1."""
    settings = plan.settings
    tuning = settings.tuning
    if settings.lossless:
        channels = to_components(plan.samples, settings.source, settings.stored, settings.coefficients.precision)
        return write_lossless_file(list(np.moveaxis(channels, -1, 0)), settings)
    if tuning and tuning.tune:
        return _encode_tuned(plan, tuning, progress)
    if tuning:
        from numjpeg.rate_distortion.trials import encode_scaled  # noqa: PLC0415 (a tenth of the time of all imports)

        return encode_scaled(plan, tuning, _Rewriter)
    if most_together(settings) and (prepared := _prepared(settings, 1)):
        return _encode_together([plan], prepared)[0]
    arithmetic, tables = settings.arithmetic, None if settings.optimize else STANDARD_TABLES
    coefficients = _quantized(plan) if arithmetic else settings.coefficients
    bands = None if arithmetic else _bands(plan)
    return write_file(coefficients, tables, bands, settings.script, settings.restart_rows, arithmetic)


def most_together(settings: Settings) -> int:
    """How many pictures with these settings :func:`run_together` can encode at a time; 0 if none."""
    special = settings.tuning or settings.lossless or settings.arithmetic
    if special or settings.coefficients.precision != 8 or settings.dct_method != "islow":
        return 0
    restarts = settings.restart_rows or settings.coefficients.restart_interval
    if not fast_forms_enabled() or (settings.script and restarts):
        return 0
    most = _most_in_a_plan(settings)
    return min(1, most) if settings.optimize or settings.script else most


@lru_cache(maxsize=64)
def _most_in_a_plan(settings: Settings) -> int:
    from numjpeg.fast.encode_plan import most_pictures  # noqa: PLC0415 (what is in fast/ may be missing)

    return most_pictures(settings.frame)


def run_together(plans: Sequence[Plan]) -> list[bytes]:
    """The files of plans that share their settings, at most :func:`most_together` plans."""
    files: list[bytes] = []
    while len(files) < len(plans):
        # A group is a power of 2, or the largest number, so that few encoding plans are prepared.
        count = 1 << (len(plans) - len(files)).bit_length() - 1
        if len(plans) == most_together(plans[0].settings):
            count = len(plans)
        group = plans[len(files) : len(files) + count]
        prepared = _prepared(group[0].settings, count) if count > 1 else None
        files += _encode_together(group, prepared) if prepared else [run(plan) for plan in group]
    return files


def _prepared(settings: Settings, count: int) -> EncodePlan | ProgressivePlan | None:
    """The encoding plan for ``count`` pictures at a time; None for the first single picture of its kind."""
    from numjpeg.fast.encode_plan import EncodePlan, bytes_of_plan  # noqa: PLC0415 (what is in fast/ may be missing)
    from numjpeg.fast.plan_store import PLANS, Promise  # noqa: PLC0415
    from numjpeg.fast.progressive_plan import ProgressivePlan, bytes_of_progressive_plan  # noqa: PLC0415

    frame, script = settings.frame, settings.script
    key = ProgressivePlan if script else EncodePlan, settings.kind, count
    prepared: EncodePlan | ProgressivePlan | Promise | None = PLANS.take(key)
    if isinstance(prepared, (EncodePlan, ProgressivePlan)):
        return prepared
    if prepared is None and count == 1:
        size = bytes_of_progressive_plan(frame, script) if script else bytes_of_plan(frame)
        PLANS.put(key, Promise(size))
        return None
    return _new_plan(settings, count)


def _new_plan(settings: Settings, count: int) -> EncodePlan | ProgressivePlan:
    """A new encoding plan for ``count`` pictures at a time."""
    from numjpeg.fast.encode_plan import EncodePlan  # noqa: PLC0415 (see above)
    from numjpeg.fast.progressive_plan import ProgressivePlan  # noqa: PLC0415

    scans = make_scans(settings.frame, settings.script, settings.coefficients.restart_interval)
    conversion = settings.tables, settings.source, settings.stored
    return ProgressivePlan(scans, *conversion) if settings.script else EncodePlan(scans[0], *conversion, count)


def _encode_together(plans: Sequence[Plan], prepared: EncodePlan | ProgressivePlan) -> list[bytes]:
    """The files of all plans, by the encoding plan ``prepared``, which then goes back to the store."""
    from numjpeg.fast.plan_store import PLANS  # noqa: PLC0415 (see above)

    settings = plans[0].settings
    files = _files(settings, [plan.samples for plan in plans], prepared)
    PLANS.put((type(prepared), settings.kind, len(plans)), prepared)
    return files


def _files(
    settings: Settings, pictures: Sequence[NDArray[Any]], prepared: EncodePlan | ProgressivePlan
) -> list[bytes]:
    """The files of as many pictures as ``prepared`` takes; without pictures, those of the previous call again."""
    from numjpeg.fast.progressive_plan import ProgressivePlan  # noqa: PLC0415 (see above)

    if isinstance(prepared, ProgressivePlan):
        return [_head(settings) + prepared.file(pictures)]
    scan, symbols = prepared.scan, prepared.tokens(pictures)
    if settings.optimize:
        tables = optimal_tables([(scan, symbols.frequencies(scan))])
        start = _scan_head(settings, scan, tables)
    else:
        tables, start = STANDARD_TABLES, _standard_head(settings)
    scan.huffman_tables.update(tables)
    return [start + data for data in prepared.scans(symbols)]


@lru_cache(maxsize=64)
def _head(settings: Settings) -> bytes:
    """The beginning of a file, up to and with the frame header."""
    return b"".join(head(settings.coefficients, settings.frame))


@lru_cache(maxsize=64)
def _end_of_tables(settings: Settings) -> int:
    """How many bytes of a file go up to and with the quantization tables, which stand before SOF."""
    return len(_head(settings)) - len(segments.build_sof(settings.frame))


def _scan_head(settings: Settings, scan: Scan, tables: Mapping[TableKey, HuffmanTable]) -> bytes:
    """The beginning of a sequential file of one scan, up to the scan's data."""
    return b"".join([_head(settings), *tables_head(settings.coefficients, tables), segments.build_sos(scan)])


@lru_cache(maxsize=64)
def _standard_head(settings: Settings) -> bytes:
    """The same with the standard Huffman tables (K.3)."""
    [scan] = make_scans(settings.frame, (), settings.coefficients.restart_interval)
    return _scan_head(settings, scan, STANDARD_TABLES)


def _quantized(plan: Plan) -> Coefficients:
    """All coefficients of the plan's picture."""
    bands = [[plane.copy() for plane in band] for band in _bands(plan)(0)]
    planes = [np.concatenate(parts) for parts in zip(*bands, strict=True)]
    return replace(plan.settings.coefficients, planes=planes)


def _bands(plan: Plan) -> Bands:
    """A source of the quantized coefficients of the plan's picture, by fused stages where there are any."""
    settings = plan.settings
    components = settings.coefficients.components
    if not fast_forms_enabled() or settings.coefficients.precision != 8 or settings.dct_method != "islow":
        return partial(_bands_by_stages, plan)
    from numjpeg.fast.samples.tiles import analyse  # noqa: PLC0415 (what is in fast/ may be missing)

    return partial(analyse, plan.samples, components, settings.tables, settings.source, settings.stored)


def _bands_by_stages(plan: Plan, first: int) -> Iterator[list[NDArray[np.int16]]]:
    """The quantized coefficients from band ``first`` on, by the stages of :mod:`numjpeg.pipeline` one by one."""
    for band in _frequencies(plan, first):
        yield [quantize(blocks, table) for blocks, table in zip(band, plan.settings.tables, strict=True)]


def _frequencies(plan: Plan, first: int) -> Iterator[list[NDArray[np.floating]]]:
    """The unquantized DCT coefficients from band ``first`` on."""
    settings = plan.settings
    factors, precision = [(c.H, c.V) for c in settings.coefficients.components], settings.coefficients.precision
    height, width, _ = plan.samples.shape
    mcu_height = 8 * max(v for _, v in factors)
    rows = mcu_height * max(1, BAND_PIXELS // (mcu_height * width))
    for top in range(first * rows, height, rows):
        band = plan.samples[top : top + rows]
        components = to_blocks(band, factors, settings.source, settings.stored, precision)
        yield [fdct(blocks, settings.dct_method, precision) for blocks in components]


BAND_PIXELS = 1 << 16
"""Pixels of a band in the single stages: 6 MB in colour. Bands of a quarter of it take up to 1.6 times as long."""


class _Rewriter:
    """Writes one picture with several quantization tables (:class:`rate_distortion.trials.Rewriter`)."""

    def __init__(self, plan: Plan, loans: Loans) -> None:
        self.plan, self.loans = plan, loans

    @property
    def start(self) -> int:
        settings = self.plan.settings
        standard = not (settings.optimize or settings.script or settings.arithmetic)
        return len(_standard_head(settings) if standard else _head(settings))

    @cached_property
    def _writer(self) -> EncodePlan | ProgressivePlan | None:
        """The encoding plan that makes the files of a small picture; None for any other picture."""
        settings = self.plan.settings
        if not most_together(settings):
            return None
        from numjpeg.fast.plan_store import PLANS  # noqa: PLC0415 (what is in fast/ may be missing)

        key = "any tables", settings.kind
        writer = PLANS.borrow(key, lambda: _new_plan(settings, 1), self.loans)
        writer.frequencies([self.plan.samples])
        return writer

    @cached_property
    def frequencies(self) -> list[NDArray[np.float32]]:
        if self._writer:
            return self._writer.by_component()
        by_component = zip(*_frequencies(self.plan, 0), strict=True)
        components = [np.concatenate(bands).reshape(-1, 8, 8) for bands in by_component]
        return [np.multiply(8, blocks.transpose(1, 2, 0), order="C", dtype=np.float32) for blocks in components]

    def _with(self, tables: Tables) -> Plan:
        coefficients = replace(self.plan.settings.coefficients, quantization_tables=dict(tables))
        return self.plan._replace(settings=replace(self.plan.settings, coefficients=coefficients))

    def quantized(self, tables: Tables) -> Coefficients:
        return _quantized(self._with(tables))

    def file(self, tables: Tables) -> bytes:
        if not self._writer:
            return run(self._with(tables))
        settings, components = self.plan.settings, self.plan.settings.coefficients.components
        self._writer.set_tables([tables[c.Tq] for c in components])
        [data] = _files(settings, [], self._writer)
        dqt = b"".join(segments.build_dqt(i, tables[i]) for i in dict.fromkeys(c.Tq for c in components))
        end = _end_of_tables(settings)
        return b"".join([data[: end - len(dqt)], dqt, data[end:]])


def _encode_tuned(plan: Plan, tuning: Tuning, progress: Callable[[float], None] | None) -> bytes:
    """The file whose coefficients and tables a search finds best."""
    from numjpeg.rate_distortion.search import CheapestScript  # noqa: PLC0415 (a tenth of the time of all imports)
    from numjpeg.rate_distortion.tuning import encode_tuned  # noqa: PLC0415

    settings = plan.settings
    if progress is not None and not callable(progress):
        raise TypeError(f"progress: a function expected, got {progress!r}")

    def write(tuned: Coefficients, script: Script = settings.script) -> bytes:
        """The file with these coefficients, and with all else that the plan puts into it."""
        parts = {name: getattr(tuned, name) for name in ("components", "planes", "quantization_tables")}
        coefficients = replace(settings.coefficients, **parts)
        return write_file(coefficients, None, script=script, restart_rows=settings.restart_rows)

    samples = plan.samples[..., ::-1] if settings.source == "BGR" else plan.samples
    writer = CheapestScript(write, scan_costs) if tuning.finds_script else write
    options = {**tuning._asdict(), "progressive": bool(settings.script), "progress": progress}
    del options["finds_script"]
    return encode_tuned(samples, settings.coefficients.components, writer, **options)


def write_lossless_file(planes: Sequence[NDArray[Any]], settings: Settings) -> bytes:
    """The lossless file (Annex H) of sample planes: for each component uint8 or uint16 ``(rows, columns)``."""
    from numjpeg.entropy.lossless_writer import code_lossless  # noqa: PLC0415 (seldom wanted)
    from numjpeg.stages.lossless_prediction import PREDICTORS  # noqa: PLC0415

    frame, coefficients = settings.frame, settings.coefficients
    parts = list(head(coefficients, frame))
    interval = 0
    for scan in make_scans(frame, settings.script, coefficients.restart_interval, settings.restart_rows):
        predictors = (scan.Ss,) if scan.Ss else PREDICTORS
        coded, symbols, table = code_lossless(scan, [planes[i] for i in scan.indices], predictors)
        if frame.arithmetic:
            from numjpeg.entropy.arithmetic_writer import write_lossless  # noqa: PLC0415 (seldom wanted)

            # The predictor that costs least with Huffman coding is a good one here, too.
            parts.append(segments.build_dac(coded.statistics_areas))
            data = write_lossless(coded, symbols.differences())
        else:
            coded.huffman_tables[0, 0] = table
            parts.append(segments.build_dht(0, 0, table))
            data = write_symbols(coded, symbols.bands(coded))
        if coded.restart_interval != interval:
            interval = coded.restart_interval
            parts.append(segments.build_dri(interval))
        parts += [segments.build_sos(coded), *data]
    return b"".join([*parts, bytes((0xFF, markers.EOI))])
