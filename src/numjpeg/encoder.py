"""The encoder: a picture, or its coefficients, to a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from operator import index
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.coefficients import Coefficients, Component, ceil_div
from numjpeg.container import markers, metadata, segments
from numjpeg.container.frame import MAX_BLOCKS_PER_MCU, SUBSAMPLING
from numjpeg.container.scripts import Script, ScriptScan, check_script, default_script, make_script
from numjpeg.entropy.sequential_writer import MissingCodeError
from numjpeg.fast import tiles as pixels
from numjpeg.rate_distortion.search import CheapestScript
from numjpeg.scans import MAX_RESTART_INTERVAL, frame_of, write_file
from numjpeg.stages import dct
from numjpeg.stages.huffman import STANDARD_TABLES
from numjpeg.stages.quantization import quantization_tables, scale_table

MAX_SIDE = 65500
"""libjpeg's limit; the standard's is 65,535."""

Subsampling = str | int | Sequence[tuple[int, int]]
QTables = Sequence[ArrayLike] | Mapping[int, ArrayLike]
Scans = Sequence[tuple[int | Sequence[int], int, int, int, int] | ScriptScan]

TUNES = ("psnr", "perceptual")
"""What an encoder that thinks harder can aim at (:data:`numjpeg.rate_distortion.tuning.AIMS`)."""


def encode(
    image: ArrayLike,
    quality: int | None = None,
    *,
    subsampling: Subsampling | None = None,
    optimize: bool = False,
    progressive: bool = False,
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
) -> bytes:
    """Encode a picture as a baseline JPEG file, or as a progressive one.

    With equal parameters the file is, byte for byte, the one that Pillow 13 (libjpeg-turbo 3) saves; with ``tune``
    it is a better one of the same kind, for which the encoder takes some thirty times as long.

    Parameters
    ----------
    image : uint8, 1 to 65,500 a side, any memory layout: ``(H, W)`` or ``(H, W, 1)`` gray, ``(H, W, 3)``
        colour, ``(H, W, 4)`` only with ``colorspace="CMYK"``.
    quality : 1 .. 100; None means 75, or with ``qtables``, that these stay as they are.
    subsampling : "4:4:4", "4:2:2", "4:4:0", "4:2:0" (None), "4:1:1" (luminance 4x1; Pillow means 4:2:0 by that
        name), "4:1:0"; Pillow's 0, 1, 2 for the first, second and fourth; sampling factors "HxV" of the first
        component, or of all, "2x2,1x2,1x2" or as pairs. RGB and CMYK files are not subsampled unless asked to;
        a gray file only says so.
    optimize : make Huffman tables for this picture (T.81 K.2). Progressive files have such tables anyway.
    progressive : write a progressive file (SOF2, Annex G) with libjpeg's scans. It takes memory for all
        nonzero coefficients at once.
    scans : scans of your own, which makes the file progressive: of each (components, Ss, Se, Ah, Al) in the sense
        of the scan header (B.2.3), components by their places from 0 on. Bits that no scan sends are lost.
    qtables : quantization tables, 64 entries each in natural order, 1 to 4 of them for the components in turn
        (the last one serves the rest). Entries above 255 need ``quality=None``, and make a file that is not
        progressive extended sequential (SOF1).
    colorspace : what the channels are. Three: "RGB" (None), "BGR", "YCbCr" (stored as it is). Four: "CMYK" in
        Pillow's sense, 0 for no ink. One: "GRAY" (None).
    keep_rgb : store RGB as RGB instead of YCbCr.
    restart_marker_blocks, restart_marker_rows : MCUs, or rows of MCUs, between restart markers; rows win.
    dpi : dots an inch (x, y), rounded; stored if both are above 0.
    exif : EXIF data beginning with ``Exif\\0\\0``, or an object whose ``tobytes()`` gives them.
    icc_profile, xmp, comment : stored as ICC profile, XMP packet and comment; text in UTF-8.
    dct_method : "islow", libjpeg's exact integers, or "float". With ``tune`` it is always "float".
    tune : None; "psnr" for the least squared error over red, green and blue that so many bytes can buy;
        "perceptual" for what looks best, as SSIMULACRA2 sees it. Tables, chroma and every coefficient are then
        chosen for the picture (:mod:`numjpeg.rate_distortion`), Huffman tables made for it, and with
        ``progressive`` the scans that cost least. For RGB, BGR and GRAY pictures.
    importance : with ``tune``, what errors count in different regions of the picture: real ``(H, W)``, at least 0,
        of which only ratios matter; "auto" to count them less where detail hides them, which "perceptual" does
        anyway; or None.
    target_bytes : with ``tune``, in place of ``quality``: the best file that is not larger. It takes at least 98 %
        of them, unless the finest file takes less.
    target_psnr : with ``tune``, in place of ``quality``: the smallest file that has this PSNR in dB over red,
        green and blue, or up to 0.05 dB more.
    fancy_upsampling : with ``tune``, the decoder that chroma is made for: one that enlarges it by the triangle
        filter, as nearly all do, or (False) one that repeats samples.

    Returns
    -------
    The file.

    Raises
    ------
    ValueError, TypeError naming the argument; for a target that no file reaches with the best that one does.

    Notes
    -----
    With ``tune``, ``quality`` stands for about the PSNR, or the SSIMULACRA2 score, that libjpeg gives photographs
    at that number.

    >>> data = encode(np.zeros((16, 16, 3), np.uint8), 90, subsampling="4:4:4")
    >>> data[:4].hex()
    'ffd8ffe0'
    """
    pixels_in, colorspace = _check_image(image, colorspace)
    if dct_method not in dct.METHODS:
        raise ValueError(f"dct_method: {dct_method!r} is none of {dct.METHODS}")
    stored = colorspace
    if colorspace in ("RGB", "BGR"):
        stored = "RGB" if keep_rgb else "YCbCr"
    elif keep_rgb:
        raise ValueError(f"keep_rgb: the picture is {colorspace}, not RGB")
    factors = _sampling_factors(subsampling, stored)
    tables, selectors = _quantization(qtables, quality, stored)
    _check_tuning(tune, importance, target_bytes, target_psnr, quality, qtables, stored, factors)
    components = tuple(
        Component(identifier, H, V, Tq, Td, Td)
        for identifier, (H, V), Tq, Td in zip(
            _IDENTIFIERS[stored], factors, selectors, _HUFFMAN_SELECTORS[stored], strict=True
        )
    )
    script = _script(progressive, scans, components, stored, complete=False)
    height, width, _ = pixels_in.shape
    coefficients = Coefficients(
        height,
        width,
        components,
        [],
        tables,
        restart_interval=_restart_interval(restart_marker_blocks, restart_marker_rows, width, factors),
        application_segments=_application_segments(stored, dpi, exif, icc_profile, xmp, comment),
    )
    if tune is not None:
        cheapest = CheapestScript()

        def write(found: Coefficients) -> bytes:
            whole = replace(
                coefficients,
                components=found.components,
                planes=found.planes,
                quantization_tables=found.quantization_tables,
            )
            if not progressive or scans is not None:
                return write_file(whole, None, script=script or None, restart_rows=restart_marker_rows)

            def with_scans(chosen: Script) -> bytes:
                return write_file(whole, None, script=chosen, restart_rows=restart_marker_rows)

            return cheapest.write(whole.components, with_scans)

        from numjpeg.rate_distortion.tuning import encode_tuned  # noqa: PLC0415 (a tenth of the time of all imports)

        return encode_tuned(
            pixels_in[..., ::-1] if colorspace == "BGR" else pixels_in,
            components,
            write,
            tune=tune,
            quality=75 if quality is None else int(quality),
            importance=importance,
            target_bytes=target_bytes,
            target_psnr=target_psnr,
            fancy_upsampling=fancy_upsampling,
            progressive=bool(script),
        )
    own_tables = [tables[c.Tq] for c in components]

    def bands(first: int) -> Iterator[list[NDArray[np.int16]]]:
        return pixels.analyse(
            pixels_in, components, own_tables, source=colorspace, stored=stored, dct_method=dct_method, first=first
        )

    if script:
        return write_file(coefficients, None, bands, script=script, restart_rows=restart_marker_rows)
    return write_file(coefficients, None if optimize else STANDARD_TABLES, bands)


def write_coefficients(
    coefficients: Coefficients,
    *,
    optimize: bool | None = None,
    progressive: bool = False,
    scans: Scans | None = None,
) -> bytes:
    """Write coefficients as a sequential or a progressive file; nothing is lost.

    Parameters
    ----------
    coefficients : as :func:`numjpeg.read_coefficients` gives them, changed or not.
    optimize : True makes Huffman tables for these coefficients, False takes the standard ones (K.3). None keeps
        the file's own, and makes new ones if it has none or they lack a code that is needed.
    progressive, scans : as of :func:`encode`; the scans must send all bits. Progressive files have tables for
        each scan.

    Returns
    -------
    The file. For a baseline file that Pillow wrote, unchanged coefficients give the same bytes; a progressive file
    is the one that ``jpegtran -progressive`` writes, where its markers are those that jpegtran copies.

    Raises
    ------
    ValueError, TypeError if planes, tables and components do not fit each other, or ``optimize=False`` and the
    standard tables have no code for a coefficient (AC above 1023, DC difference above 2047).
    """
    _check_coefficients(coefficients)
    identifiers = [c.identifier for c in coefficients.components]
    colorspace = metadata.file_colorspace(identifiers, coefficients.application_segments)
    script = _script(progressive, scans, coefficients.components, colorspace, complete=True)
    if script:
        if optimize is False:
            raise ValueError("optimize: the standard tables have no codes for progressive scans")
        selectors = _HUFFMAN_SELECTORS.get(colorspace, [0] * len(identifiers))
        components = tuple(replace(c, Td=i, Ta=i) for c, i in zip(coefficients.components, selectors, strict=True))
        return write_file(replace(coefficients, components=components), None, script=script)
    if optimize is None and coefficients.huffman_tables.keys() >= _huffman_keys(coefficients):
        try:
            return write_file(coefficients, coefficients.huffman_tables)
        except MissingCodeError:
            pass
    if optimize is False:
        # The standard tables are numbered 0 and 1.
        components = tuple(replace(c, Td=min(c.Td, 1), Ta=min(c.Ta, 1)) for c in coefficients.components)
        return write_file(replace(coefficients, components=components), STANDARD_TABLES)
    return write_file(coefficients, None)


def _huffman_keys(coefficients: Coefficients) -> set[tuple[int, int]]:
    return {key for c in coefficients.components for key in ((0, c.Td), (1, c.Ta))}


# --- arguments -------------------------------------------------------------------------------------------

_IDENTIFIERS = {"GRAY": b"\1", "YCbCr": b"\1\2\3", "RGB": b"RGB", "CMYK": b"CMYK"}
_QUANTIZATION_SELECTORS = {"GRAY": [0], "YCbCr": [0, 1, 1], "RGB": [0, 0, 0], "CMYK": [0, 0, 0, 0]}
_HUFFMAN_SELECTORS = {**_QUANTIZATION_SELECTORS, "YCCK": [0, 1, 1, 0]}
_CHANNELS = {"GRAY": 1, "RGB": 3, "BGR": 3, "YCbCr": 3, "CMYK": 4}


def _check_image(image: ArrayLike, colorspace: str | None) -> tuple[NDArray[np.uint8], str]:
    """The picture as ``(H, W, channels)``, and what its channels are."""
    array = np.asarray(image)
    if array.dtype != np.uint8:
        raise TypeError(f"image: uint8 samples expected, got {array.dtype}")
    if array.ndim == 2:
        array = array[:, :, np.newaxis]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise ValueError(f"image: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) expected, got {np.shape(image)}")
    height, width, channels = array.shape
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE):
        raise ValueError(f"image: {height} x {width} pixels, sides of 1 to {MAX_SIDE} can be stored")
    if colorspace is None:
        if channels == 4:
            raise ValueError(
                "image: four channels are taken for RGBA, which JPEG cannot store; blend them with a background, "
                'or say colorspace="CMYK"'
            )
        colorspace = "GRAY" if channels == 1 else "RGB"
    if colorspace not in _CHANNELS:
        raise ValueError(f"colorspace: {colorspace!r} is none of {tuple(_CHANNELS)}")
    if _CHANNELS[colorspace] != channels:
        raise ValueError(f"colorspace: {colorspace!r} does not fit {channels} channels")
    return array, colorspace


def _sampling_factors(subsampling: Subsampling | None, stored: str) -> list[tuple[int, int]]:
    """(H, V) of each component."""
    count = _CHANNELS[stored]
    factors: list[tuple[int, int]]
    if subsampling is None:
        factors = [SUBSAMPLING["4:2:0"] if stored == "YCbCr" else (1, 1)]
    elif isinstance(subsampling, int) and not isinstance(subsampling, bool) and subsampling in (0, 1, 2):
        factors = [SUBSAMPLING[("4:4:4", "4:2:2", "4:2:0")[subsampling]]]
    elif isinstance(subsampling, str) and subsampling in SUBSAMPLING:
        factors = [SUBSAMPLING[subsampling]]
    elif isinstance(subsampling, str) and re.fullmatch(r"[1-4]x[1-4](,[1-4]x[1-4])*", subsampling):
        factors = [(int(pair[0]), int(pair[2])) for pair in subsampling.split(",")]
    elif isinstance(subsampling, Sequence) and not isinstance(subsampling, str):
        try:
            factors = [(index(H), index(V)) for H, V in subsampling]
        except (TypeError, ValueError):
            raise TypeError(f"subsampling: pairs of integers (H, V) expected, got {subsampling!r}") from None
    else:
        raise ValueError(f"subsampling: {subsampling!r} is none of {tuple(SUBSAMPLING)}, 0, 1, 2, or factors HxV")
    if not 1 <= len(factors) <= count:
        raise ValueError(f"subsampling: {len(factors)} pairs of factors for {count} components")
    factors += [(1, 1)] * (count - len(factors))
    if any(not (1 <= H <= 4 and 1 <= V <= 4) for H, V in factors):
        raise ValueError(f"subsampling: factors {factors} are not all in 1..4")
    h_max, v_max = max(H for H, _ in factors), max(V for _, V in factors)
    if any(h_max % H or v_max % V for H, V in factors):
        raise ValueError(f"subsampling: {factors} has a fractional ratio")
    if count > 1 and sum(H * V for H, V in factors) > MAX_BLOCKS_PER_MCU:
        raise ValueError(f"subsampling: {factors} makes more than {MAX_BLOCKS_PER_MCU} blocks an MCU")
    if stored == "RGB" and factors != [(1, 1)] * 3:
        raise ValueError("subsampling: RGB that is kept as RGB is not subsampled")
    return factors


def _quantization(
    qtables: QTables | None, quality: int | None, stored: str
) -> tuple[dict[int, NDArray[np.uint16]], list[int]]:
    """Tables by number, and the number of each component's."""
    if quality is not None:
        _check_integer("quality", quality)
        if not 1 <= quality <= 100:
            raise ValueError(f"quality: {quality} is outside 1..100")
    if qtables is None:
        selectors = _QUANTIZATION_SELECTORS[stored]
        return dict(enumerate(quantization_tables(75 if quality is None else int(quality)))), selectors
    given = [qtables[i] for i in sorted(qtables)] if isinstance(qtables, Mapping) else list(qtables)
    if not 1 <= len(given) <= 4:
        raise ValueError(f"qtables: {len(given)} tables, 1 to 4 expected")
    tables = {}
    for i, entries in enumerate(given):
        table = np.asarray(entries)
        if table.size != 64 or table.dtype.kind not in "iu":
            raise ValueError(f"qtables: 64 integers expected, got {table.size} of {table.dtype} in table {i}")
        if table.min() < 1 or table.max() > 65535:
            raise ValueError(f"qtables: an entry of table {i} is outside 1..65535")
        tables[i] = table.reshape(8, 8).astype(np.uint16) if quality is None else scale_table(table, int(quality))
    return tables, [min(i, len(given) - 1) for i in range(_CHANNELS[stored])]


def _script(
    progressive: bool, scans: Scans | None, components: tuple[Component, ...], colorspace: str, *, complete: bool
) -> list[ScriptScan]:
    """The scans of a progressive file; none for a sequential one."""
    if scans is None:
        return default_script(components, colorspace) if progressive else []
    script = make_script(scans)
    check_script(script, components, complete=complete)
    return script


def _check_tuning(
    tune: str | None,
    importance: ArrayLike | str | None,
    target_bytes: int | None,
    target_psnr: float | None,
    quality: int | None,
    qtables: QTables | None,
    stored: str,
    factors: list[tuple[int, int]],
) -> None:
    targets = {"target_bytes": target_bytes, "target_psnr": target_psnr}
    if tune is None:
        for name, value in {"importance": importance, **targets}.items():
            if value is not None:
                raise ValueError(f"{name}: only with tune")
        return
    if tune not in TUNES:
        raise ValueError(f"tune: {tune!r} is none of {(None, *TUNES)}")
    if stored not in ("YCbCr", "GRAY"):
        raise ValueError(f"tune: {stored} files are not tuned, only YCbCr and GRAY ones")
    if qtables is not None:
        raise ValueError("qtables: tune makes its own")
    if factors[1:] != [(1, 1)] * (len(factors) - 1):
        raise ValueError(f"subsampling: tune has chroma of 1x1, not {factors[1:]}")
    if isinstance(importance, str) and importance != "auto":
        raise ValueError(f"importance: {importance!r} is neither 'auto' nor an array")
    if target_bytes is not None:
        _check_integer("target_bytes", target_bytes)
        if target_bytes < 1:
            raise ValueError(f"target_bytes: {target_bytes} is below 1")
    if target_psnr is not None:
        if isinstance(target_psnr, bool) or not isinstance(target_psnr, int | float | np.number):
            raise TypeError(f"target_psnr: a number expected, got {target_psnr!r}")
        if not np.isfinite(target_psnr):
            raise ValueError(f"target_psnr: {target_psnr} is not finite")
    given = [name for name, value in {"quality": quality, **targets}.items() if value is not None]
    if len(given) > 1:
        raise ValueError(f"{given[1]}: not together with {given[0]}")


def _check_integer(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: an integer expected, got {value!r}")


def _restart_interval(blocks: int, rows: int, width: int, factors: list[tuple[int, int]]) -> int:
    for name, value in (("restart_marker_blocks", blocks), ("restart_marker_rows", rows)):
        _check_integer(name, value)
        if value < 0:
            raise ValueError(f"{name}: {value} is negative")
    if rows:
        h_max = max(H for H, _ in factors) if len(factors) > 1 else 1
        return min(rows * ceil_div(width, 8 * h_max), MAX_RESTART_INTERVAL)
    if blocks > MAX_RESTART_INTERVAL:
        raise ValueError(f"restart_marker_blocks: {blocks} is above 65535")
    return blocks


def _application_segments(
    stored: str,
    dpi: tuple[float, float] | None,
    exif: bytes | None,
    icc_profile: bytes | None,
    xmp: bytes | None,
    comment: bytes | str | None,
) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    density = _density(dpi)
    if stored in ("GRAY", "YCbCr"):
        found.append(metadata.jfif(density or metadata.Density(0, 1, 1)))
    elif density:
        if stored == "RGB":
            raise ValueError("dpi: a JFIF segment would turn RGB that is kept as RGB into YCbCr")
        found.append(metadata.jfif(density))
    if stored in ("RGB", "CMYK"):
        found.append(metadata.adobe(0))
    for name, value, make in (
        ("exif", _bytes("exif", exif), lambda data: [metadata.exif(data)]),
        ("xmp", _bytes("xmp", xmp), lambda data: [metadata.xmp(data)]),
        ("icc_profile", _bytes("icc_profile", icc_profile), metadata.icc),
        ("comment", _bytes("comment", comment), lambda data: [metadata.comment(data)]),
    ):
        if value:
            made = make(value)
            if any(len(payload) > segments.MAX_SEGMENT for _, payload in made):
                raise ValueError(f"{name}: {len(value)} bytes do not fit into a segment of {segments.MAX_SEGMENT}")
            found += made
    return found


def _bytes(name: str, value: Any) -> bytes:
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if hasattr(value, "tobytes"):
        return bytes(value.tobytes())
    raise TypeError(f"{name}: bytes expected, got {type(value).__name__}")


def _density(dpi: tuple[float, float] | None) -> metadata.Density | None:
    if dpi is None:
        return None
    try:
        x, y = (round(value) for value in dpi)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"dpi: two numbers expected, got {dpi!r}") from None
    if x <= 0 or y <= 0:
        return None
    if x > 65535 or y > 65535:
        raise ValueError(f"dpi: {dpi} is above 65535")
    return metadata.Density(1, x, y)


def _check_coefficients(coefficients: Coefficients) -> None:
    """Raise ValueError unless the parts fit each other and a file can hold them."""
    height, width, components = coefficients.height, coefficients.width, coefficients.components
    if not (1 <= height <= 65535 and 1 <= width <= 65535):
        raise ValueError(f"height, width: {height} x {width}, 1 to 65535 can be stored")
    if not 1 <= len(components) <= 4:
        raise ValueError(f"components: {len(components)}, 1 to 4 can be stored")
    if len({c.identifier for c in components}) < len(components):
        raise ValueError("components: two have the same identifier")
    if len(coefficients.planes) != len(components):
        raise ValueError(f"planes: {len(coefficients.planes)} for {len(components)} components")
    if not 0 <= coefficients.restart_interval <= 65535:
        raise ValueError(f"restart_interval: {coefficients.restart_interval} is outside 0..65535")
    for marker, _ in coefficients.application_segments:
        if not (markers.APP0 <= marker <= markers.APP15 or marker == markers.COM):
            raise ValueError(f"application_segments: 0x{marker:02X} is neither APPn (0xE0..0xEF) nor COM (0xFE)")
    for i, c in enumerate(components):
        _check_component(i, c, coefficients.quantization_tables.get(c.Tq))
    frame = frame_of(coefficients)
    for i, (c, plane) in enumerate(zip(components, coefficients.planes, strict=True)):
        shape = (*frame.block_size(c), 8, 8)
        if plane.dtype != np.int16 or plane.shape != shape:
            raise ValueError(f"planes: number {i} is {plane.dtype} {plane.shape}, int16 {shape} expected")


def _check_component(i: int, component: Component, table: NDArray[np.uint16] | None) -> None:
    ranges = {"identifier": (0, 255), "H": (1, 4), "V": (1, 4), "Tq": (0, 3), "Td": (0, 3), "Ta": (0, 3)}
    for name, (least, most) in ranges.items():
        value = getattr(component, name)
        if not least <= value <= most:
            raise ValueError(f"components: {name}={value} of number {i} is outside {least}..{most}")
    if table is None:
        raise ValueError(f"quantization_tables: table {component.Tq} of component {i} is missing")
    if np.shape(table) != (8, 8) or np.min(table) < 1 or np.max(table) > 65535:
        raise ValueError(f"quantization_tables: table {component.Tq} is not (8, 8) with entries of 1..65535")
