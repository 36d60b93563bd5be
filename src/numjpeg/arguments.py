"""The arguments of ``encode``: checked once, and turned into a plan.

Every check of them stands here. It raises ValueError or TypeError, and the message begins with the argument's
name. A plan is complete and consistent; nothing is checked again when it runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from operator import index
from types import NoneType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.coefficients import Coefficients, Component, ceil_div
from numjpeg.colorspaces import CHANNELS, LAYOUTS, canonical_name
from numjpeg.container import markers, metadata, scripts, segments
from numjpeg.container.frame import MAX_BLOCKS_PER_MCU, MAX_RESTART_INTERVAL, Frame, frame_of
from numjpeg.container.scripts import Script, ScriptScan
from numjpeg.errors import check_choice, check_flags, check_shown
from numjpeg.stages import dct
from numjpeg.stages.quantization import quantization_tables, scale_table
from numjpeg.stages.subsampling import SUBSAMPLING, full_name

MAX_SIDE = 65500  # libjpeg's limit for pixels; the standard's is 65,535

Subsampling = str | int | Iterable[tuple[int, int]]
QTables = Iterable[ArrayLike] | Mapping[int, ArrayLike]
Scans = Iterable[tuple[int | Sequence[int], int, int, int, int] | ScriptScan] | str

TUNES = ("psnr", "perceptual")  # the values of tune (AIMS in numjpeg.rate_distortion.tuning)
UNSCALED = 50  # the quality at which libjpeg's tables are those of T.81 K.1


class Tuning(NamedTuple):
    """The goal of a search: the parameters of :func:`numjpeg.encode` of these names."""

    tune: str | None  # None if quantization tables are only scaled to meet a target
    quality: int
    importance: ArrayLike | str | None
    target_bytes: int | None
    target_psnr: float | None
    fancy_upsampling: bool
    finds_script: bool  # search for the scans of the progressive file, too


@dataclass(frozen=True, eq=False)
class Settings:
    """The checked arguments of :func:`numjpeg.encode` for pictures of one size. Nothing in it ever changes."""

    source: str  # colour space of the samples
    stored: str  # colour space of the file
    coefficients: Coefficients  # all that goes into the file, without planes
    dct_method: str
    optimize: bool
    script: Script  # of a progressive or lossless file, else empty; a predictor of 0 stands for the cheapest
    restart_rows: int  # MCU rows between restart markers, if the caller gave rows; 0 if not
    tuning: Tuning | None
    lossless: bool = False
    arithmetic: bool = False

    @cached_property
    def tables(self) -> list[NDArray[np.uint16]]:
        """The quantization table of each component."""
        return [self.coefficients.quantization_table(i) for i in range(len(self.coefficients.components))]

    @cached_property
    def frame(self) -> Frame:
        """The frame header."""
        kind = {"progressive": bool(self.script) and not self.lossless, "lossless": self.lossless}
        return frame_of(self.coefficients, **kind, arithmetic=self.arithmetic)

    @cached_property
    def kind(self) -> str:
        """A key of all that decides how pixels become a scan's symbols: a string, since that caches its hash."""
        tables, interval = [table.tobytes() for table in self.tables], self.coefficients.restart_interval
        return repr((self.source, self.stored, self.frame, tables, interval, self.script))


class Plan(NamedTuple):
    """Samples ``(height, width, channels)``, and the settings with which :func:`numjpeg.encode` encodes them."""

    samples: NDArray[Any]
    settings: Settings


def plan_encoding(image: ArrayLike, **options: Any) -> Plan:
    """The plan for :func:`numjpeg.encode`; ``options`` are all of its other parameters, except ``progress``."""
    settings_for = _remembered_settings if _SMALL.issuperset(map(type, options.values())) else _settings
    return _plan(image, partial(settings_for, **options))


def planner(**options: Any) -> Callable[[ArrayLike], Plan]:
    """:func:`plan_encoding` for many pictures: those of one size share their settings, whatever the options."""
    return partial(_plan, settings_for=lru_cache(maxsize=64)(partial(_settings, **options)))


def _plan(image: ArrayLike, settings_for: Callable[[tuple[int, ...], np.dtype[Any], Any], Settings]) -> Plan:
    """The plan for a picture; ``settings_for`` gives the settings for its shape, type and Pillow mode or None."""
    is_pillows = not isinstance(image, np.ndarray) and hasattr(image, "getbands")  # open files have a mode, too
    mode = getattr(image, "mode", None) if is_pillows else None
    if mode is not None and mode not in _MODES:
        advice = _CONVERSIONS.get(mode.partition(";")[0], 'image.convert("RGB")')
        if mode.startswith("I;16"):
            advice = f"np.asarray(image) with lossless=True keeps its 16 bits, or {advice}"
        raise ValueError(f"image: JPEG cannot store Pillow's mode {mode!r}; {advice}")
    check_shown("image", image)
    try:
        array = np.asarray(image)
    except (ValueError, TypeError, RuntimeError) as error:  # an image that is closed, a tensor with a gradient
        kind = ValueError if isinstance(error, ValueError) else TypeError
        raise kind(f"image: {error}") from None
    if array.dtype.kind in "OSUV":
        raise TypeError(f"image: an array of samples expected, got {type(image).__name__} ({array.dtype})")
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    settings = settings_for(array.shape, array.dtype, mode)
    check_range("image", array, settings.coefficients.precision)
    return Plan(array if array.ndim == 3 else array[:, :, np.newaxis], settings)


def check_range(name: str, samples: NDArray[Any], bits: int) -> None:
    """ValueError if a sample of the argument, uint8 or uint16, needs more than ``bits`` bits."""
    if bits not in (8, 16) and int(samples.max()) >> bits:
        raise ValueError(f"{name}: a sample of {samples.max()}, {bits} bits hold {(1 << bits) - 1} at most")


_FLAGS = "optimize", "progressive", "arithmetic", "keep_rgb", "fancy_upsampling"
_SMALL = frozenset((bool, int, float, str, NoneType))
"""Types of option values that can be a cache's key: compared by content, and small enough to keep 64 of them."""


def _settings(shape: tuple[int, ...], dtype: np.dtype[Any], mode: str | None, **options: Any) -> Settings:
    """The settings for a picture of this shape and type; ``mode`` is that of a Pillow image."""
    given = SimpleNamespace(**options)  # every other parameter of encode by its name
    check_flags(lossless=given.lossless)
    source, given.precision = _source(shape, dtype, mode, given)
    flags = {name: options[name] for name in _FLAGS}
    check_flags(**flags)
    vars(given).update((name, bool(flag)) for name, flag in flags.items())
    height, width = shape[:2]
    check_choice("dct_method", given.dct_method, dct.METHODS)
    if given.lossless:
        lossy = options | {"progressive": given.progressive or None}
        for name in ("quality", "qtables", "progressive", "subsampling", "tune", "target_bytes", "target_psnr"):
            if lossy[name] is not None:
                raise ValueError(f"{name}: not together with lossless")
        stored = "RGB" if source == "BGR" else source
        components = _components(stored, [(1, 1)] * CHANNELS[stored], LAYOUTS[stored].tables)
        extra = _application_segments(stored, given)
        return lossless_settings(height, width, components, extra, given, source, stored)
    if given.predictor is not None or checked_integer("point_transform", given.point_transform, 0):
        raise ValueError(f"{'point_transform' if given.predictor is None else 'predictor'}: only with lossless")
    has_target = given.target_bytes is not None or given.target_psnr is not None
    if given.precision != 8 and (given.tune is not None or has_target):
        raise ValueError(f"precision: files of {given.precision} bits are not searched for (tune, target_...)")
    if given.keep_rgb and source not in ("RGB", "BGR"):
        raise ValueError(f"keep_rgb: the picture is {source}, not RGB")
    stored = source if source not in ("RGB", "BGR") else "RGB" if given.keep_rgb else "YCbCr"
    factors = sampling_factors(given.subsampling, CHANNELS[stored], stored == "YCbCr")
    if len(factors) > 1 and sum(H * V for H, V in factors) > MAX_BLOCKS_PER_MCU:
        raise ValueError(f"subsampling: {factors} makes more than {MAX_BLOCKS_PER_MCU} blocks an MCU")
    if stored == "RGB" and factors != [(1, 1)] * 3:
        raise ValueError("subsampling: RGB that is kept as RGB is not subsampled")
    if given.quality is not None:
        given.quality = checked_integer("quality", given.quality, 1, 100)
    scaled = has_target and given.tune is None and given.qtables is None
    tables, selectors = _quantization(given.qtables, UNSCALED if scaled else given.quality, stored)
    tuning = _tuning(given, stored, factors)
    components = _components(stored, factors, selectors)
    interval, rows = _restart_interval(given, width, factors)
    extra = _application_segments(stored, given)
    coefficients = Coefficients(height, width, components, [], tables, {}, interval, extra, given.precision)
    script = checked_script(given.progressive, given.scans, components, stored, complete=False)
    optimize = given.optimize or given.precision != 8  # the standard tables are for 8 bits
    plan = source, stored, coefficients, given.dct_method, optimize, script, rows, tuning
    return Settings(*plan, arithmetic=given.arithmetic)


def lossless_settings(
    height: int,
    width: int,
    components: tuple[Component, ...],
    application_segments: list[tuple[int, bytes]],
    given: SimpleNamespace,
    source: str = "raw",
    stored: str = "raw",
) -> Settings:
    """The settings of a lossless file; ``given`` has the parameters of :func:`numjpeg.encode` that it shares."""
    predictor = 0 if given.predictor is None else checked_integer("predictor", given.predictor, 1, 7)
    low_bits = checked_integer("point_transform", given.point_transform, 0, given.precision - 1)
    if isinstance(given.scans, str):
        raise ValueError(f"scans: {given.scans!r} is no sequence of scans, as lossless files need")
    script = None if given.scans is None else scripts.make_script(given.scans)
    script = scripts.lossless_script(script, components, given.precision, predictor, low_bits)
    components = tuple(replace(c, Tq=0, Td=0, Ta=0) for c in components)
    interval, rows = _restart_interval(given, width, [(c.H, c.V) for c in components])
    bits = given.precision
    coefficients = Coefficients(height, width, components, [], {}, {}, interval, application_segments, bits)
    plan = source, stored, coefficients, "islow", False, script, rows, None
    settings = Settings(*plan, lossless=True, arithmetic=bool(given.arithmetic))
    for scan in scripts.make_scans(settings.frame, script, interval, rows):
        if scan.restart_interval % scan.mcus[1]:
            what = f"{interval} is not whole rows of {scan.mcus[1]}, as lossless files need"
            raise ValueError(f"restart_marker_blocks: {what}")
    return settings


_remembered_settings = lru_cache(maxsize=64, typed=True)(_settings)
"""Settings are cached: to make them takes 40 us, and Pillow encodes 64 x 64 pixels in 80 us."""


def checked_integer(name: str, value: Any, least: int, most: int | None = None) -> int:
    """The argument ``name`` as an int, if it is an integer (NumPy's, too) of ``least`` .. ``most``."""
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        number = index(value)
    except TypeError:
        raise TypeError(f"{name}: an integer expected, got {value!r}") from None
    if number < least or (most is not None and number > most):
        raise ValueError(f"{name}: {number} is {f'below {least}' if most is None else f'outside {least}..{most}'}")
    return number


_BLEND = "blend it with a background, or drop its alpha by "
_SCALE = "scale its values to 0..255, then "
_CONVERSIONS = {
    "1": 'image.convert("L")',
    "LA": _BLEND + 'image.convert("L")',
    "La": _BLEND + 'image.convert("LA").convert("L")',
    "PA": _BLEND + 'image.convert("RGB")',
    "RGBA": _BLEND + 'image.convert("RGB")',
    "RGBa": _BLEND + 'image.convert("RGBA").convert("RGB")',
    "I": _SCALE + 'image.convert("L")',
    "F": _SCALE + 'image.convert("L")',
}
"""How to convert a Pillow image whose mode JPEG cannot store. All other modes take ``convert("RGB")``."""
_CLIPPED = "; np.clip(image, 0, 255).astype(np.uint8) if they are 0..255"
_ADVICE = {
    "uint16": "; of samples of 0..65535 (image >> 8).astype(np.uint8) keeps the high 8 bits",
    "b": "; image.astype(np.uint8) * 255 makes black and white of them",
    "f": "; of samples of 0..1 np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8) makes 0..255",
    "i": _CLIPPED,
    "u": _CLIPPED,
}
"""By the name or kind of a dtype: how such samples become uint8."""
_MODES = ("L", "RGB", "CMYK", "YCbCr")  # Pillow's modes that JPEG can store


def _source(
    shape: tuple[int, ...], dtype: np.dtype[Any], mode: str | None, given: SimpleNamespace
) -> tuple[str, int]:
    """The colour space of a picture's channels, and bits a sample; ``mode`` is that of a Pillow image."""
    colorspace, source = given.colorspace, canonical_name(given.colorspace)
    if mode is not None:
        if source not in (None, canonical_name(mode)):
            raise ValueError(f"colorspace: {source!r} contradicts the image's mode {mode!r}")
        source = canonical_name(mode)
    precision = checked_precision("image", dtype, given.precision, bool(given.lossless))
    channels = 1 if len(shape) == 2 else shape[-1] if len(shape) == 3 else 0
    if channels not in (1, 3, 4):
        raise ValueError(f"image: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) expected, got {shape}")
    height, width = shape[:2]
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE):
        raise ValueError(f"image: {height} x {width} pixels, sides of 1 to {MAX_SIDE} can be stored")
    if source is None:
        if channels == 4:
            advice = 'blend them with a background, or say colorspace="CMYK"'
            raise ValueError(f"image: four channels are taken for RGBA, which JPEG cannot store; {advice}")
        source = "GRAY" if channels == 1 else "RGB"
    if not isinstance(source, str) or source not in CHANNELS:
        raise ValueError(f"colorspace: {colorspace!r} is none of {tuple(CHANNELS)}")
    if CHANNELS[source] != channels:
        raise ValueError(f"colorspace: {colorspace!r} does not fit {channels} channels")
    return source, precision


def checked_precision(name: str, dtype: np.dtype[Any], precision: Any, lossless: bool) -> int:
    """Bits a sample, 2 .. 16, of an array of this dtype; ``name`` is the argument that holds it."""
    if precision is None:
        precision = 16 if lossless and dtype == np.uint16 else 8
    bits = checked_integer("precision", precision, 2, 16)
    if not lossless and bits not in (8, 12):
        raise ValueError(f"precision: {bits} is neither 8 nor 12; lossless takes 2 to 16")
    expected = np.uint8 if bits <= 8 else np.uint16
    if dtype != expected:
        advice = _ADVICE.get(dtype.name, _ADVICE.get(dtype.kind, ""))
        advice = advice if bits == 8 else f" of values 0 .. {(1 << bits) - 1}"
        types = "uint8 or uint16" if lossless and bits == 8 else str(np.dtype(expected))
        raise TypeError(f"{name}: {types} samples expected, got {dtype}{advice}")
    return bits


def sampling_factors(subsampling: Subsampling | None, count: int, chroma: bool) -> list[tuple[int, int]]:
    """(H, V) of each of ``count`` components, 1 .. 4. For None, 4:2:0 if ``chroma``, else no subsampling."""
    if subsampling is None:
        factors = [SUBSAMPLING["4:2:0"] if chroma else (1, 1)]
    elif isinstance(subsampling, str) and re.fullmatch(r"[1-4]x[1-4](,[1-4]x[1-4])*", subsampling):
        factors = [(int(pair[0]), int(pair[2])) for pair in subsampling.split(",")]
    elif not isinstance(subsampling, str | int) and np.ndim(subsampling):  # type: ignore[arg-type]
        try:
            factors = [(index(H), index(V)) for H, V in subsampling]
        except (TypeError, ValueError):
            raise TypeError(f"subsampling: pairs of integers (H, V) expected, got {subsampling!r}") from None
    else:
        try:
            if not isinstance(subsampling, str):
                subsampling = ("4:4:4", "4:2:2", "4:2:0")[checked_integer("", subsampling, 0, 2)]
            factors = [SUBSAMPLING[full_name(subsampling)]]
        except (TypeError, ValueError):
            names = f"{tuple(SUBSAMPLING)}, 0, 1, 2, or factors HxV"
            raise ValueError(f"subsampling: {subsampling!r} is none of {names}") from None
    if not 1 <= len(factors) <= count:
        raise ValueError(f"subsampling: {len(factors)} pairs of factors for {count} components")
    factors += [(1, 1)] * (count - len(factors))
    if not all(1 <= H <= 4 and 1 <= V <= 4 for H, V in factors):
        raise ValueError(f"subsampling: factors {factors} are not all in 1..4")
    h_max, v_max = max(H for H, _ in factors), max(V for _, V in factors)
    if any(h_max % H or v_max % V for H, V in factors):
        raise ValueError(f"subsampling: {factors} has a fractional ratio")
    return factors


def _quantization(
    qtables: QTables | None, quality: int | None, stored: str
) -> tuple[dict[int, NDArray[np.uint16]], Sequence[int]]:
    """The quantization tables by number, and the number of each component's table."""
    if qtables is None:
        return dict(enumerate(quantization_tables(75 if quality is None else quality))), LAYOUTS[stored].tables
    tables = given_tables(qtables)
    if quality is not None:
        tables = {i: scale_table(table, quality) for i, table in tables.items()}
    return tables, [min(i, len(tables) - 1) for i in range(CHANNELS[stored])]


def given_tables(qtables: QTables) -> dict[int, NDArray[np.uint16]]:
    """The 1 to 4 tables of an argument ``qtables``, numbered from 0."""
    try:
        if isinstance(qtables, str):  # Pillow knows some tables by name
            raise TypeError
        tables = [qtables[i] for i in sorted(qtables)] if isinstance(qtables, Mapping) else list(qtables)
    except TypeError:
        raise TypeError(f"qtables: tables of 64 integers expected, got {qtables!r}") from None
    if not 1 <= len(tables) <= 4:
        raise ValueError(f"qtables: {len(tables)} tables, 1 to 4 expected")
    return {i: quantization_table(f"qtables: table {i}", entries) for i, entries in enumerate(tables)}


def quantization_table(name: str, entries: Any, least: int = 1) -> NDArray[np.uint16]:
    """A table of 64 integers of ``least`` .. 65535, any shape, as uint16 ``(8, 8)``. ``name`` is for messages."""
    table = np.asarray(entries)
    if table.size != 64 or table.dtype.kind not in "iu":
        raise ValueError(f"{name}: 64 integers expected, got {table.size} of {table.dtype}")
    if table.min() < least or table.max() > 65535:
        raise ValueError(f"{name}: an entry is outside {least}..65535")
    return table.reshape(8, 8).astype(np.uint16)


def _components(
    stored: str, factors: Iterable[tuple[int, int]], selectors: Iterable[int]
) -> tuple[Component, ...]:
    """The components of a file in colour space ``stored``; ``selectors`` number their quantization tables."""
    layout = LAYOUTS[stored]
    parts = zip(layout.identifiers, factors, selectors, layout.tables, strict=True)
    return tuple(Component(identifier, H, V, Tq, table, table) for identifier, (H, V), Tq, table in parts)


def checked_script(
    progressive: bool, scans: Scans | None, components: tuple[Component, ...], colorspace: str, *, complete: bool
) -> Script:
    """The scans of a progressive file; none for a sequential one. ``complete`` : they must send all bits."""
    if isinstance(scans, str) and scans != "preview":
        raise ValueError(f"scans: {scans!r} is neither 'preview' nor a sequence of scans")
    if scans is None or isinstance(scans, str):
        return scripts.default_script(components, colorspace) if progressive or scans else []
    script = scripts.make_script(scans)
    scripts.check_script(script, components, complete=complete)
    return script


def _restart_interval(given: SimpleNamespace, width: int, factors: list[tuple[int, int]]) -> tuple[int, int]:
    """The restart interval in MCUs of the first scan; and in MCU rows, 0 if the caller gave no rows."""
    mcus = checked_integer("restart_marker_blocks", given.restart_marker_blocks, 0, MAX_RESTART_INTERVAL)
    rows = checked_integer("restart_marker_rows", given.restart_marker_rows, 0)
    if rows:
        h_max = max(H for H, _ in factors) if len(factors) > 1 else 1
        mcus = min(rows * ceil_div(width, 8 * h_max), MAX_RESTART_INTERVAL)
    return mcus, rows


def _tuning(given: SimpleNamespace, stored: str, factors: list[tuple[int, int]]) -> Tuning | None:
    """The goal of the search for a file in colour space ``stored``; None without ``tune`` and targets."""
    tune, importance, psnr = given.tune, given.importance, given.target_psnr
    if tune is None and importance is not None:
        raise ValueError("importance: only with tune")
    if tune is None and given.target_bytes is None and psnr is None:
        return None
    if tune is not None:
        check_choice("tune", tune, TUNES)
    if isinstance(importance, str) and importance != "auto":
        raise ValueError(f"importance: {importance!r} is neither 'auto' nor an array")
    if given.target_bytes is not None:
        given.target_bytes = checked_integer("target_bytes", given.target_bytes, 1)
    if psnr is not None:
        if isinstance(psnr, bool) or not isinstance(psnr, int | float | np.number):
            raise TypeError(f"target_psnr: a number expected, got {psnr!r}")
        if not -1000 < psnr < 1000:  # this leaves out NaN, too
            raise ValueError(f"target_psnr: {psnr} is not finite, or no PSNR that a picture can have")
    goals = [name for name in ("quality", "target_bytes", "target_psnr") if getattr(given, name) is not None]
    if len(goals) > 1:
        raise ValueError(f"{goals[1]}: not together with {goals[0]}")
    if tune is not None:
        if given.arithmetic:
            raise ValueError("arithmetic: not together with tune")
        if stored not in ("YCbCr", "GRAY"):
            raise ValueError(f"tune: {stored} files are not tuned, only YCbCr and GRAY ones")
        if given.qtables is not None:
            raise ValueError("qtables: tune makes its own")
        if set(factors[1:]) - {(1, 1)}:
            raise ValueError(f"subsampling: tune has chroma of 1x1, not {factors[1:]}")
    quality = 75 if given.quality is None else given.quality
    finds_script = given.progressive and given.scans is None
    return Tuning(tune, quality, importance, given.target_bytes, psnr, given.fancy_upsampling, finds_script)


def _application_segments(stored: str, given: SimpleNamespace) -> list[tuple[int, bytes]]:
    """(marker code, payload) of the APPn and COM segments, in libjpeg's and Pillow's order."""
    written: list[tuple[int, bytes]] = []
    density = None
    if given.dpi is not None:
        try:
            x, y = (int(round(value)) for value in given.dpi)  # noqa: RUF046 (round leaves NumPy's integers)
        except (TypeError, ValueError, OverflowError):
            raise TypeError(f"dpi: two numbers expected, got {given.dpi!r}") from None
        if max(x, y) > 65535 and min(x, y) > 0:
            raise ValueError(f"dpi: {given.dpi} is above 65535")
        density = metadata.Density(1, x, y) if min(x, y) > 0 else None
    if density and stored == "RGB":
        raise ValueError("dpi: a JFIF segment would turn RGB that is kept as RGB into YCbCr")
    if density or stored in ("GRAY", "YCbCr"):
        written.append(metadata.jfif(density or metadata.Density(0, 1, 1)))
    if stored in ("RGB", "CMYK"):
        written.append(metadata.adobe(0))
    for name, make in (
        ("exif", lambda data: [metadata.exif(data)]),
        ("xmp", lambda data: [metadata.xmp(data)]),
        ("icc_profile", metadata.icc),
        ("comment", lambda data: [(markers.COM, data)]),
    ):
        if value := _bytes(name, getattr(given, name)):
            new = make(value)
            if any(len(payload) > segments.MAX_SEGMENT for _, payload in new):
                raise ValueError(f"{name}: {len(value)} bytes do not fit into a segment of {segments.MAX_SEGMENT}")
            written += new
    return written


def _bytes(name: str, value: Any) -> bytes:
    """The bytes of a metadata argument; text of an XMP packet or a comment becomes UTF-8."""
    if value is None:
        return b""
    if isinstance(value, str) and name in ("xmp", "comment"):  # an ICC profile as text would be a file's name
        try:
            return value.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"{name}: {error}") from None
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if hasattr(value, "tobytes") and getattr(value, "dtype", np.uint8) in (np.uint8, np.int8):
        return bytes(value.tobytes())
    raise TypeError(f"{name}: bytes expected, got {type(value).__name__}")
