"""What a file says: the text of ``numjpeg info``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from string import ascii_letters
from typing import Any

from numjpeg.container import markers
from numjpeg.container.exif import ImagePlace
from numjpeg.container.header import Header, read_header
from numjpeg.container.structure import Structure, read_structure
from numjpeg.forensics import estimate_quality
from numjpeg.sources import read_bytes
from numjpeg.tools.explain.segment_words import describe_segments
from numjpeg.tools.explain.text import MAX_LINES, STANDARD_NAMES, matrix, printable

MAX_TEXT = 2000
"""Characters of a comment that are shown."""
MAX_NUMBERS = 8
"""Numbers in a line that are shown."""


def describe_header(data: Any) -> str:
    """Say what the marker segments of a file say, whether or not its process is decoded.

    Parameters
    ----------
    data : the file: its bytes (any buffer), a path, or a binary file object.

    Returns
    -------
    Text of several sections, without a newline at the end, safe for a terminal.

    Raises
    ------
    FormatError if the segments are broken; TypeError for another kind of ``data``.
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
        describe_segments(file, structure),
        _list("Warnings", [printable(warning) for warning in header.warnings]),
    ]
    return "\n\n".join(section for section in sections if section)


def header_as_dict(data: Any) -> dict[str, Any]:
    """What :func:`describe_header` says, as numbers, strings, lists and dictionaries that JSON can hold.

    Offsets and lengths are in bytes. Of EXIF data, profiles and thumbnails there is the length only. Bytes of a
    comment that are not UTF-8 are written as ``\\xff``. Parameters and errors as of :func:`describe_header`.
    """
    file = read_bytes(data)
    header = read_header(file)
    prediction = _prediction(file, read_structure(file, decode=False))
    tables = {}
    for number, table in sorted(header.quantization_tables.items()):
        estimate = estimate_quality(table)
        tables[str(number)] = {
            "table": table.tolist(),
            "nearest": {"base": estimate.base, "quality": estimate.quality, "exact": estimate.exact},
        }
    plain = ("height", "width", "precision", "process", "marker", "colorspace", "subsampling", "restart_interval")
    return {
        "bytes": len(file),
        **{
            name: getattr(header, name) for name in (*plain, "scans", "jfif_version", "density", "adobe_transform")
        },
        "orientation": header.orientation,
        "prediction": [{"predictor": first, "point_transform": low} for first, low in prediction],
        "components": [{"id": c.identifier, "H": c.H, "V": c.V, "Tq": c.Tq} for c in header.components],
        "quantization_tables": tables,
        "huffman_tables": {
            f"{'AC' if kind else 'DC'} {number}": {"bits": list(bits), "values": list(values)}
            for (kind, number), (bits, values) in sorted(header.huffman_tables.items())
        },
        "metadata_bytes": {name: len(value) for name, value in _blobs(header) if value is not None},
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
    """Of a lossless file, predictor and point transform of each scan (H.1.1)."""
    if not structure.require_frame().lossless:
        return []
    return [(file[scan.start - 3], file[scan.start - 1] & 15) for scan in structure.scans]


def _summary(header: Header, size: int, prediction: Sequence[tuple[int, int]]) -> str:
    height = header.height or "unknown (0, and no DNL gives it)"
    pixels = header.width * header.height
    rows = [
        ("file", f"{size:,} bytes" + (f", {8 * size / pixels:.3f} bits a pixel" if pixels else "")),
        ("picture", f"{header.width} x {height} pixels"),
        ("process", f"{header.process} ({header.marker})"),
        ("precision", f"{header.precision} bits a sample"),
        ("predictor", _joined(first for first, _ in prediction)),
        ("point transform", _joined(low for _, low in prediction)),
        ("colour space", _COLORSPACES[header.colorspace].format(len(header.components))),
        ("subsampling", header.subsampling or _unnamed_subsampling(header)),
        ("quality", _qualities(header)),
        ("restart interval", f"{header.restart_interval} MCUs" if header.restart_interval else "none"),
        ("scans", str(header.scans)),
        ("JFIF", "{}.{:02}".format(*header.jfif_version) if header.jfif_version else ""),
        ("density", _density(header)),
        ("Adobe", "" if header.adobe_transform is None else f"colour transform {header.adobe_transform}"),
        *[(name, f"{len(value):,} bytes") for name, value in _blobs(header) if value is not None],
        ("JFIF thumbnail", _thumbnail(header)),
        ("orientation", _ORIENTATIONS.get(header.orientation or 0, "")),
        *[("image", _image(i, place)) for i, place in enumerate(header.images[:MAX_NUMBERS], start=1)],
        ("", f"... {len(header.images) - MAX_NUMBERS} more images" if len(header.images) > MAX_NUMBERS else ""),
        ("trailing data", "{1:,} bytes at byte {0}".format(*header.trailing) if header.trailing else ""),
        *[("comment", _comment(text)) for text in header.comments[:MAX_LINES]],
    ]
    if len(header.comments) > MAX_LINES:
        rows.append(("", f"... {len(header.comments) - MAX_LINES} more comments"))
    return "\n".join(f"{name:<18}{value}" for name, value in rows if value)


_COLORSPACES = {
    "GRAY": "gray",
    "YCbCr": "YCbCr",
    "RGB": "RGB",
    "CMYK": "CMYK",
    "YCCK": "YCCK (CMYK stored as YCbCr and K)",
    "raw": "none that is known, {} components",
}


def _blobs(header: Header) -> Iterable[tuple[str, bytes | None]]:
    return (
        ("EXIF", header.exif),
        ("EXIF thumbnail", header.exif_thumbnail),
        ("XMP", header.xmp),
        ("extended XMP", header.extended_xmp),
        ("ICC profile", header.icc_profile),
    )


_ORIENTATIONS = {
    1: "1, upright",
    2: "2, mirrored",
    3: "3, upside down",
    4: "4, upside down and mirrored",
    5: "5, rows and columns exchanged",
    6: "6, to be turned clockwise",
    7: "7, rows and columns exchanged, upside down and mirrored",
    8: "8, to be turned counterclockwise",
}


def _thumbnail(header: Header) -> str:
    thumbnail = header.jfif_thumbnail
    if thumbnail is None:
        return ""
    if isinstance(thumbnail, bytes):
        return f"{len(thumbnail):,} bytes of JPEG"
    return f"{thumbnail.shape[1]} x {thumbnail.shape[0]} pixels"


def _image(number: int, place: ImagePlace) -> str:
    return f"{number}, {place.size:,} bytes at byte {place.offset}, MP type 0x{place.kind:06x}"


def _unnamed_subsampling(header: Header) -> str:
    factors = [f"{c.H}x{c.V}" for c in header.components]
    if len(set(factors)) == 1:
        return "none"
    return ", ".join(factors[:MAX_NUMBERS]) + (" ..." if len(factors) > MAX_NUMBERS else "") + " (no name)"


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
    numbers = sorted({c.Tq for c in header.components} & header.quantization_tables.keys())
    found = []
    for number in numbers:
        estimate = estimate_quality(header.quantization_tables[number])
        found.append(f"{estimate.quality if estimate.exact else 'not of Annex K'} (table {number})")
    return ", ".join(found)


def _components(header: Header, structure: Structure) -> str:
    frame = structure.require_frame()
    lines = [f"Components ({header.marker}, B.2.2)", "  number  identifier  sampling HxV  samples        table Tq"]
    for i, c in enumerate(frame.components[:MAX_LINES]):
        rows, columns = frame.sample_size(c)
        samples = f"{columns} x {rows}" if frame.height else f"{columns} x ?"
        identifier = (
            f"{c.identifier} '{chr(c.identifier)}'" if chr(c.identifier) in ascii_letters else str(c.identifier)
        )
        lines.append(f"  {i + 1:<8}{identifier:<12}{f'{c.H}x{c.V}':<14}{samples:<15}{c.Tq}")
    return "\n".join(lines + _left_out(len(frame.components)))


def _left_out(count: int) -> list[str]:
    return [f"  ... {count - MAX_LINES} more"] if count > MAX_LINES else []


def _list(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return "\n".join([title, *(f"  {line}" for line in lines[:MAX_LINES]), *_left_out(len(lines))])


def _quantization_tables(header: Header) -> Iterable[str]:
    for number, table in sorted(header.quantization_tables.items()):
        estimate = estimate_quality(table)
        relation = (
            f"table {estimate.base} at quality {estimate.quality}, exactly"
            if estimate.exact
            else f"no scaled table of Annex K; from the nearest, {estimate.base} at quality {estimate.quality}, "
            f"entries are {estimate.distance / 64:.2f} away on average"
        )
        users = [i + 1 for i, c in enumerate(header.components) if c.Tq == number]
        title = f"Quantization table {number}, for {_component_numbers(users)} (DQT, B.2.4.1): {relation}"
        yield f"{title}\n{matrix(table)}"


def _component_numbers(numbers: Sequence[int]) -> str:
    if not numbers:
        return "no component"
    shown = ", ".join(map(str, numbers[:MAX_NUMBERS])) + (" ..." if len(numbers) > MAX_NUMBERS else "")
    return f"component{'s' if len(numbers) > 1 else ''} {shown}"


def _huffman_tables(header: Header) -> str:
    if not header.huffman_tables:
        return ""
    lines = [
        "Huffman tables as last defined (DHT, B.2.4.2): number of codes of each length",
        "  table   codes " + "".join(f"{length:>4}" for length in range(1, 17)) + "  bits",
    ]
    for (table_class, number), (bits, values) in sorted(header.huffman_tables.items()):
        name = f"{'AC' if table_class else 'DC'} {number}"
        standard = _standard_name(bits, values)
        counts = "".join(f"{count:>4}" for count in bits)
        lines.append(f"  {name:<8}{len(values):>5} {counts}{standard}")
    return "\n".join(lines)


def _standard_name(bits: tuple[int, ...], values: bytes) -> str:
    for table, name in STANDARD_NAMES.items():
        if (table.bits, table.values) == (bits, values):
            return f"  = table {name}"
    return ""


def _scans(data: bytes, structure: Structure) -> str:
    lines = []
    arithmetic = structure.require_frame().marker in markers.FRAMES.keys() - range(markers.SOF0, 0xC8)
    for scan in structure.scans[:MAX_LINES]:
        Ss, Se, approximation = data[scan.start - 3 : scan.start]
        kind = "conditioning" if arithmetic else "Huffman"
        lines.append(
            f"byte {scan.offset}: {_component_numbers([i + 1 for i in scan.indices])}; "
            f"{kind} tables DC {_joined(c.Td for c in scan.components)}, "
            f"AC {_joined(c.Ta for c in scan.components)}; "
            f"Ss {Ss}, Se {Se}, Ah {approximation >> 4}, Al {approximation & 15}; "
            f"{scan.end - scan.start:,} bytes of data"
        )
    left_out = _left_out(len(structure.scans))
    return "\n".join([_list("Scans (SOS, B.2.3)", lines), *left_out]) if lines else ""


def _joined(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))
