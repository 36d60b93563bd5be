"""The description of a file that ``numjpeg info`` and ``numjpeg info --json`` print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from string import ascii_letters
from typing import Any

from numjpeg.container import exif, markers, metadata
from numjpeg.container.header import Header, read_header
from numjpeg.container.structure import Structure, read_structure
from numjpeg.forensics import estimate_quality
from numjpeg.sources import read_bytes
from numjpeg.tools.explain.text import STANDARD_NAMES, matrix, printable

# What is shown at most: characters of a comment, numbers in a line, lines of a list, and markers of one name in
# succession that are listed one by one.
MAX_TEXT, MAX_NUMBERS, MAX_LINES, MAX_ALIKE = 2000, 8, 40, 4


def describe_header(data: Any) -> str:
    """Describe the marker segments of a file, even if its process is not decoded.

    ``data`` is the file: its bytes (any buffer), a path, or a binary file object; TypeError for another kind. The
    text has sections, no newline at its end, and is safe for a terminal. FormatError if they are broken.
    """
    file = read_bytes(data)
    header = read_header(file)
    structure = read_structure(file, decode=False)
    sections = [
        _summary(header, len(file), _prediction(file, structure)),
        _components(header, structure),
        *_quantization_tables(header),
        _huffman_tables(header),
        _scans(file, structure),
        _markers(file, structure),
        _list("Warnings", [printable(warning) for warning in header.warnings]),
    ]
    return "\n\n".join(section for section in sections if section)


def header_as_dict(data: Any) -> dict[str, Any]:
    """The facts of :func:`describe_header` as numbers, strings, lists and dictionaries, for JSON.

    Offsets and lengths are in bytes. Of EXIF data, profiles and thumbnails there is the length only. Bytes of a
    comment that are not UTF-8 are written as ``\\xff``. Parameters and errors as of :func:`describe_header`.
    """
    file = read_bytes(data)
    header = read_header(file)
    prediction = _prediction(file, read_structure(file, decode=False))
    tables = {}
    for number, table in sorted(header.quantization_tables.items()):
        estimate = estimate_quality(table)
        nearest = {"base": estimate.base, "quality": estimate.quality, "exact": estimate.exact}
        tables[str(number)] = {"table": table.tolist(), "nearest": nearest}
    plain = (
        "height width precision process marker colorspace subsampling restart_interval scans jfif_version density "
        "adobe_transform orientation"
    )
    return {
        "bytes": len(file),
        **{name: getattr(header, name) for name in plain.split()},
        "prediction": [{"predictor": first, "point_transform": low} for first, low in prediction],
        "components": [{"id": c.identifier, "H": c.H, "V": c.V, "Tq": c.Tq} for c in header.components],
        "quantization_tables": tables,
        "huffman_tables": {
            f"{'AC' if kind else 'DC'} {number}": {"bits": list(bits), "values": list(values)}
            for (kind, number), (bits, values) in sorted(header.huffman_tables.items())
        },
        "metadata_bytes": {name: len(value) for name, value in _blobs(header)},
        "comments": [text.decode("utf-8", "backslashreplace") for text in header.comments],
        "images": [{"offset": place.offset, "bytes": place.size, "kind": place.kind} for place in header.images],
        "trailing": header.trailing and dict(zip(("offset", "bytes"), header.trailing, strict=True)),
        "segments": [
            {"marker": segment.name, "offset": segment.offset, "bytes": segment.end - segment.offset}
            for segment in header.segments
        ],
        "warnings": [str(warning) for warning in header.warnings],
    }


def _prediction(file: bytes, structure: Structure) -> list[tuple[int, int]]:
    """Predictor and point transform of each scan of a lossless file (H.1.1)."""
    if not structure.require_frame().lossless:
        return []
    return [(file[scan.start - 3], file[scan.start - 1] & 15) for scan in structure.scans]


def _summary(header: Header, size: int, prediction: Sequence[tuple[int, int]]) -> str:
    height = header.height or "unknown (0, and no DNL gives it)"
    pixels = header.width * header.height
    factors = [f"{c.H}x{c.V}" for c in header.components]
    unnamed = "none" if len(set(factors)) == 1 else f"{_some(factors)} (no name)"
    more_images, more_comments = len(header.images) - MAX_NUMBERS, len(header.comments) - MAX_LINES
    rows = [
        ("file", f"{size:,} bytes" + (f", {8 * size / pixels:.3f} bits a pixel" if pixels else "")),
        ("picture", f"{header.width} x {height} pixels"),
        ("process", f"{header.process} ({header.marker})"),
        ("precision", f"{header.precision} bits a sample"),
        ("predictor", _joined(first for first, _ in prediction)),
        ("point transform", _joined(low for _, low in prediction)),
        ("colour space", _COLORSPACES.get(header.colorspace, header.colorspace).format(len(header.components))),
        (
            "subsampling",
            header.subsampling or unnamed,
        ),
        ("quality", _qualities(header)),
        ("restart interval", f"{header.restart_interval} MCUs" if header.restart_interval else "none"),
        ("scans", str(header.scans)),
        ("JFIF", "{}.{:02}".format(*header.jfif_version) if header.jfif_version else ""),
        ("density", _density(header)),
        ("Adobe", "" if header.adobe_transform is None else f"colour transform {header.adobe_transform}"),
        *[(name, f"{len(value):,} bytes") for name, value in _blobs(header)],
        ("JFIF thumbnail", _thumbnail(header)),
        ("orientation", _ORIENTATIONS[header.orientation or 0]),
    ]
    for i, place in enumerate(header.images[:MAX_NUMBERS], start=1):
        rows.append(("image", f"{i}, {place.size:,} bytes at byte {place.offset}, MP type 0x{place.kind:06x}"))
    rows += [
        ("", f"... {more_images} more images" if more_images > 0 else ""),
        ("trailing data", "{1:,} bytes at byte {0}".format(*header.trailing) if header.trailing else ""),
        *[("comment", _comment(text)) for text in header.comments[:MAX_LINES]],
        ("", f"... {more_comments} more comments" if more_comments > 0 else ""),
    ]
    return "\n".join(f"{name:<18}{value}" for name, value in rows if value)


_COLORSPACES = {
    "GRAY": "gray",
    "YCCK": "YCCK (CMYK stored as YCbCr and K)",
    "raw": "none that is known, {} components",
}
_ORIENTATIONS = (
    "",
    "1, upright",
    "2, mirrored",
    "3, upside down",
    "4, upside down and mirrored",
    "5, rows and columns exchanged",
    "6, to be turned clockwise",
    "7, rows and columns exchanged, upside down and mirrored",
    "8, to be turned counterclockwise",
)


def _blobs(header: Header) -> list[tuple[str, bytes]]:
    """The metadata that the file has."""
    names = ("EXIF", "EXIF thumbnail", "XMP", "extended XMP", "ICC profile")
    values = (header.exif, header.exif_thumbnail, header.xmp, header.extended_xmp, header.icc_profile)
    return [(name, value) for name, value in zip(names, values, strict=True) if value is not None]


def _thumbnail(header: Header) -> str:
    thumbnail = header.jfif_thumbnail
    if isinstance(thumbnail, bytes):
        return f"{len(thumbnail):,} bytes of JPEG"
    return "" if thumbnail is None else f"{thumbnail.shape[1]} x {thumbnail.shape[0]} pixels"


def _some(words: Sequence[object]) -> str:
    return ", ".join(map(str, words[:MAX_NUMBERS])) + " ..." * (len(words) > MAX_NUMBERS)


def _density(header: Header) -> str:
    if header.density is None:
        return ""
    unit, x, y = header.density
    return f"{x} x {y} " + {1: "dots an inch", 2: "dots a centimetre"}.get(unit, "(pixel aspect ratio only)")


def _comment(text: bytes) -> str:
    shown = printable(text[: 4 * MAX_TEXT])[:MAX_TEXT]
    more = f" ... ({len(text):,} bytes)" if len(text) > len(shown) and len(shown) == MAX_TEXT else ""
    return f'"{shown}"{more}'


def _qualities(header: Header) -> str:
    qualities = []
    for number in sorted({c.Tq for c in header.components} & header.quantization_tables.keys()):
        estimate = estimate_quality(header.quantization_tables[number])
        qualities.append(f"{estimate.quality if estimate.exact else 'not of Annex K'} (table {number})")
    return ", ".join(qualities)


def _components(header: Header, structure: Structure) -> str:
    frame, lines = structure.require_frame(), []
    for i, c in enumerate(frame.components, start=1):
        rows, columns = frame.sample_size(c)
        samples = f"{columns} x {rows if frame.height else '?'}"
        letter = chr(c.identifier)
        identifier = f"{c.identifier} '{letter}'" if letter in ascii_letters else str(c.identifier)
        lines.append(f"{i:<8}{identifier:<12}{f'{c.H}x{c.V}':<14}{samples:<15}{c.Tq}")
    head = "number  identifier  sampling HxV  samples        table Tq"
    return _list(f"Components ({header.marker}, B.2.2)\n  {head}", lines)


def _list(title: str, lines: Sequence[str]) -> str:
    left_out = [f"... {len(lines) - MAX_LINES} more"] if len(lines) > MAX_LINES else []
    return "\n  ".join([title, *lines[:MAX_LINES], *left_out]) if lines else ""


def _quantization_tables(header: Header) -> Iterable[str]:
    for number, table in sorted(header.quantization_tables.items()):
        estimate = estimate_quality(table)
        relation, away = f"table {estimate.base} at quality {estimate.quality}, exactly", estimate.distance / 64
        if away:
            relation = "no scaled table of Annex K"
        if 0 < away < 0.5:  # a quality says something only of tables that are nearly those of Annex K
            relation += f", but nearly {estimate.base} at quality {estimate.quality}: {away:.2f} away on average"
        users = [i + 1 for i, c in enumerate(header.components) if c.Tq == number]
        title = f"Quantization table {number}, for {_component_numbers(users)} (DQT, B.2.4.1): {relation}"
        yield f"{title}\n{matrix(table)}"


def _component_numbers(numbers: Sequence[int]) -> str:
    if not numbers:
        return "no component"
    return f"component{'s' * (len(numbers) > 1)} {_some(numbers)}"


def _huffman_tables(header: Header) -> str:
    lines = []
    for (table_class, number), (bits, values) in sorted(header.huffman_tables.items()):
        name = f"{'AC' if table_class else 'DC'} {number}"
        counts = "".join(f"{count:>4}" for count in bits)
        standard = [f"  = table {n}" for t, n in STANDARD_NAMES.items() if (t.bits, t.values) == (bits, values)]
        lines.append(f"{name:<8}{len(values):>5} {counts}{''.join(standard)}")
    head = "table   codes " + "".join(f"{length:>4}" for length in range(1, 17)) + "  bits"
    title = "Huffman tables as last defined (DHT, B.2.4.2): number of codes of each length"
    return _list(f"{title}\n  {head}", lines)


def _scans(data: bytes, structure: Structure) -> str:
    lines = []
    kind = "conditioning" if structure.require_frame().marker in range(0xC9, 0xD0) else "Huffman"
    for scan in structure.scans:
        Ss, Se, approximation = data[scan.start - 3 : scan.start]
        lines.append(
            f"byte {scan.offset}: {_component_numbers([i + 1 for i in scan.indices])}; "
            f"{kind} tables DC {_joined(c.Td for c in scan.components)}, "
            f"AC {_joined(c.Ta for c in scan.components)}; "
            f"Ss {Ss}, Se {Se}, Ah {approximation >> 4}, Al {approximation & 15}; "
            f"{scan.end - scan.start:,} bytes of data"
        )
    return _list("Scans (SOS, B.2.3)", lines)


def _joined(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))


# --- markers ---------------------------------------------------------------------------------------------


def _markers(data: bytes, structure: Structure) -> str:
    """Every marker with its byte offset and the length that its segment states. Many of one name share a line."""
    lines = []
    for _, group in groupby(structure.segments, key=lambda segment: segment.marker):
        first, *others = group
        many = len(others) >= MAX_ALIKE
        lines += [_marker_line(data, structure, segment) for segment in ([first] if many else [first, *others])]
        if many:
            more = f"{len(others)} more {first.name}, {sum(s.end - s.offset for s in others):,} bytes"
            lines.append(f"{'':>22}  ... {more}, to byte {others[-1].end}")
    if len(lines) > (most := 5 * MAX_LINES):
        lines[most:] = [f"{'':>22}  ... {len(lines) - most} more lines"]
    return "\n".join(["Markers (B.1.1.3)", "      offset    length  marker", *lines])


def _marker_line(data: bytes, structure: Structure, segment: markers.Segment) -> str:
    length = "" if segment.start == segment.offset + 2 else str(segment.end - segment.start + 2)
    if segment.marker == markers.SOS:
        size = next((scan.end - scan.start for scan in structure.scans if scan.offset == segment.offset), 0)
        what = f"{size:,} bytes of entropy-coded data follow"
    else:
        describe = _WORDS.get(segment.marker)
        what = describe(data[segment.start : segment.end]) if describe else ""
    return f"  {segment.offset:>10}{length:>10}  {segment.name:<6}{what}".rstrip()


_APPLICATIONS = {
    metadata.EXIF: "EXIF",
    exif.MPF: "index of a multi-picture file",
    metadata.XMP: "XMP",
    metadata.EXTENDED_XMP: "extended XMP",
    metadata.JFXX: "JFIF extension",
    metadata.ICC: "ICC profile, chunk",
    metadata.JFIF: "JFIF",
    metadata.ADOBE: "Adobe",
}


def _application(payload: bytes) -> str:
    start = next((start for start in _APPLICATIONS if payload.startswith(start)), None)
    if start is None:
        return f'"{printable(payload[:24].split(bytes(1))[0])}"' if payload else ""
    name, rest = _APPLICATIONS[start], payload[len(start) :]
    if start == metadata.ICC and len(rest) > 1:
        return f"{name} {rest[0]} of {rest[1]}"
    if start == metadata.JFIF and len(rest) > 1:
        return f"{name} {rest[0]}.{rest[1]:02}"
    if start == metadata.ADOBE and len(payload) >= metadata.ADOBE_SIZE:
        return f"{name}, colour transform {payload[11]}"
    return name


def _tables_of_dqt(payload: bytes) -> str:
    numbers = []
    while payload:
        numbers.append(str(payload[0] & 15))
        payload = payload[1 + (128 if payload[0] >> 4 else 64) :]
    return f"quantization table {', '.join(numbers)}"


def _tables_of_dht(payload: bytes) -> str:
    names = []
    while payload:
        names.append(f"{'AC' if payload[0] >> 4 else 'DC'} {payload[0] & 15}")
        payload = payload[17 + sum(payload[1:17]) :]
    return f"Huffman table {', '.join(names)}"


# Marker -> function that describes its payload.
_WORDS: dict[int, Callable[[bytes], str]] = {
    markers.DQT: _tables_of_dqt,
    markers.DHT: _tables_of_dht,
    markers.DRI: lambda payload: f"restart interval {int.from_bytes(payload, 'big')} MCUs",
    markers.SOI: lambda payload: "start of image",
    markers.EOI: lambda payload: "end of image",
    markers.COM: lambda payload: "comment",
    markers.DNL: lambda payload: f"number of lines {int.from_bytes(payload, 'big')}",
    markers.DAC: lambda payload: "arithmetic coding conditioning",
    **dict.fromkeys(markers.FRAMES, lambda payload: "frame header"),
    **dict.fromkeys(range(0xE0, 0xF0), _application),
}
