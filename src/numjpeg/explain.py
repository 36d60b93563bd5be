"""What a file says, and what happens to one block, as plain text.

Nothing here reads or writes anything: :func:`describe_header` and :func:`describe_block` return the text that
``numjpeg info`` and ``numjpeg block`` print. The steps of a block are the functions of :mod:`numjpeg.stages`, the
same that :func:`numjpeg.encode` and :func:`numjpeg.decode` run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from string import ascii_letters
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.bitstream import markers, metadata, reader
from numjpeg.bitstream.frame import Frame, Scan
from numjpeg.coefficients import Component
from numjpeg.decoder import Header, as_bytes, read_coefficients, read_header
from numjpeg.encoder import Subsampling, encode
from numjpeg.forensics import estimate_quality
from numjpeg.metrics import psnr
from numjpeg.pixels import to_components
from numjpeg.stages.dc_prediction import dc_differences, dc_from_differences
from numjpeg.stages.dct import fdct, idct
from numjpeg.stages.huffman import (
    AC_CHROMINANCE,
    AC_LUMINANCE,
    DC_CHROMINANCE,
    DC_LUMINANCE,
    END_OF_BLOCK,
    ZERO_RUN,
    HuffmanTable,
    ac_symbols,
    huffman_encode,
    magnitude_bits,
    magnitude_category,
    run_and_category,
)
from numjpeg.stages.level_shift import inverse_level_shift, level_shift
from numjpeg.stages.quantization import dequantize, quantize
from numjpeg.stages.run_length import Runs, run_length_decode, run_length_encode
from numjpeg.stages.subsampling import downsample
from numjpeg.stages.zigzag import inverse_zigzag, zigzag

MAX_TEXT = 2000
"""Characters of a comment that are shown."""
MAX_LINES = 40
"""Lines of a list that are shown."""
MAX_NUMBERS = 8
"""Numbers in a line that are shown."""
MAX_ALIKE = 4
"""Markers of one name in succession that are listed one by one."""


def printable(text: str | bytes) -> str:
    r"""Make text from a stranger safe for a terminal.

    Parameters
    ----------
    text : a string, or bytes in UTF-8 or in anything else.

    Returns
    -------
    The text with every character that does not print (control characters, escape sequences' ESC, bidirectional
    marks, lone surrogates, bytes that are not UTF-8) written as ``\x1b``, ``\u202e`` and so on.

    >>> print(printable(b"red \x1b[31m alarm\n"))
    red \x1b[31m alarm\n
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    if 0xDC80 <= ord(character) <= 0xDCFF:  # a byte that is not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


# --- a file's header -------------------------------------------------------------------------------------


def describe_header(data: Any) -> str:
    """Say what the marker segments of a file say, whether or not its process is decoded.

    Parameters
    ----------
    data : the file: bytes, bytearray, memoryview or uint8 array.

    Returns
    -------
    Text of several sections, without a newline at the end, safe for a terminal.

    Raises
    ------
    FormatError if the segments are broken; TypeError for another kind of ``data``.
    """
    file = as_bytes(data)
    header = read_header(file)
    structure = reader.read_structure(file, decode=False)
    sections = [
        _summary(header, len(file)),
        _components(header, structure),
        *_quantization_tables(header),
        _huffman_tables(header),
        _scans(file, structure),
        _markers(file, structure),
        _list("Warnings", [printable(warning) for warning in header.warnings]),
    ]
    return "\n\n".join(section for section in sections if section)


def _summary(header: Header, size: int) -> str:
    height = header.height or "unknown (it comes later, with DNL)"
    pixels = header.width * header.height
    rows = [
        ("file", f"{size:,} bytes" + (f", {8 * size / pixels:.3f} bits a pixel" if pixels else "")),
        ("picture", f"{header.width} x {height} pixels"),
        ("process", f"{header.process} ({header.marker})"),
        ("precision", f"{header.precision} bits a sample"),
        ("colour space", _COLORSPACES[header.colorspace].format(len(header.components))),
        ("subsampling", header.subsampling or _unnamed_subsampling(header)),
        ("quality", _qualities(header)),
        ("restart interval", f"{header.restart_interval} MCUs" if header.restart_interval else "none"),
        ("scans", str(header.scans)),
        ("density", _density(header)),
        *[(name, f"{len(value):,} bytes") for name, value in _blobs(header) if value is not None],
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
    return ("EXIF", header.exif), ("XMP", header.xmp), ("ICC profile", header.icc_profile)


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
        found.append(f"{'' if estimate.exact else 'about '}{estimate.quality} (table {number})")
    return ", ".join(found)


def _components(header: Header, structure: reader.Structure) -> str:
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
            else f"nearest: table {estimate.base} at quality {estimate.quality}, "
            f"entries {estimate.distance / 64:.2f} away on average"
        )
        users = [i + 1 for i, c in enumerate(header.components) if c.Tq == number]
        title = f"Quantization table {number}, for {_component_numbers(users)} (DQT, B.2.4.1): {relation}"
        yield f"{title}\n{_matrix(table)}"


def _component_numbers(numbers: Sequence[int]) -> str:
    if not numbers:
        return "no component"
    shown = ", ".join(map(str, numbers[:MAX_NUMBERS])) + (" ..." if len(numbers) > MAX_NUMBERS else "")
    return f"component{'s' if len(numbers) > 1 else ''} {shown}"


_STANDARD_NAMES = {
    DC_LUMINANCE: "K.3",
    DC_CHROMINANCE: "K.4",
    AC_LUMINANCE: "K.5",
    AC_CHROMINANCE: "K.6",
}


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
    for table, name in _STANDARD_NAMES.items():
        if (table.bits, table.values) == (bits, values):
            return f"  = table {name}"
    return ""


def _scans(data: bytes, structure: reader.Structure) -> str:
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


# --- the list of markers ---------------------------------------------------------------------------------


def _markers(data: bytes, structure: reader.Structure) -> str:
    """Every marker with its byte offset and the length that its segment states; many alike in one line."""
    lines = ["Markers (B.1.1.3)", "      offset    length  marker"]
    for _, group in groupby(structure.segments, key=lambda segment: segment.marker):
        alike = list(group)
        shown = alike if len(alike) <= MAX_ALIKE else alike[:1]
        lines += [_marker_line(data, structure, segment) for segment in shown]
        if len(shown) < len(alike):
            size = sum(segment.end - segment.offset for segment in alike[1:])
            lines.append(
                f"{'':>22}  ... {len(alike) - 1} more {alike[0].name}, {size:,} bytes, to byte {alike[-1].end}"
            )
    shown_lines = lines[: 2 + 5 * MAX_LINES]
    if len(shown_lines) < len(lines):
        shown_lines.append(f"{'':>22}  ... {len(lines) - len(shown_lines)} more lines")
    return "\n".join(shown_lines)


def _marker_line(data: bytes, structure: reader.Structure, segment: markers.Segment) -> str:
    alone = segment.start == segment.offset + 2
    length = "" if alone else str(segment.end - segment.start + 2)
    describe = _PAYLOADS.get(segment.marker, _application if 0xE0 <= segment.marker <= 0xEF else None)
    what = describe(data[segment.start : segment.end]) if describe else ""
    if segment.marker == markers.SOS:
        size = next((s.end - s.start for s in structure.scans if s.offset == segment.offset), 0)
        what = f"{size:,} bytes of entropy-coded data follow"
    return f"  {segment.offset:>10}{length:>10}  {segment.name:<6}{what}".rstrip()


def _application(payload: bytes) -> str:
    known = (
        (metadata.EXIF, "EXIF"),
        (metadata.XMP, "XMP"),
        (metadata.ICC, "ICC profile, chunk"),
        (metadata.JFIF, "JFIF"),
        (metadata.ADOBE, "Adobe"),
    )
    for start, name in known:
        if payload.startswith(start):
            rest = payload[len(start) :]
            if start == metadata.ICC and len(rest) > 1:
                return f"{name} {rest[0]} of {rest[1]}"
            if start == metadata.JFIF and len(rest) > 1:
                return f"{name} {rest[0]}.{rest[1]:02}"
            if start == metadata.ADOBE and len(payload) >= metadata.ADOBE_SIZE:
                return f"{name}, colour transform {payload[11]}"
            return name
    return f'"{printable(payload[:24].split(bytes(1))[0])}"' if payload else ""


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


_PAYLOADS: dict[int, Callable[[bytes], str]] = {
    markers.DQT: _tables_of_dqt,
    markers.DHT: _tables_of_dht,
    markers.DRI: lambda payload: f"restart interval {int.from_bytes(payload, 'big')} MCUs",
    markers.SOI: lambda payload: "start of image",
    markers.EOI: lambda payload: "end of image",
    markers.COM: lambda payload: "comment",
    markers.DNL: lambda payload: f"number of lines {int.from_bytes(payload, 'big')}",
    markers.DAC: lambda payload: "arithmetic coding conditioning",
    **dict.fromkeys(markers.FRAMES, lambda payload: "frame header"),
}


# --- one block -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """A block of a component, and what surrounds it in the file that :func:`numjpeg.encode` makes."""

    frame: Frame
    index: int
    scan: Scan
    row: int
    column: int

    @property
    def component(self) -> Component:
        return self.frame.components[self.index]

    @property
    def ratio(self) -> tuple[int, int]:
        """(h, v): pixels to one sample."""
        return self.frame.H_max // self.component.H, self.frame.V_max // self.component.V

    def previous(self) -> tuple[int, int] | None:
        """The component's block before this one in the scan (A.2); None if there is none.

        A block that only fills up an MCU repeats the DC of the one before it, so that one is taken.
        """
        rows, columns = self.frame.block_size(self.component)
        V, H = self.scan.factors[self.scan.indices.index(self.index)]
        row, column = self.row, self.column
        while True:
            inner = row % V * H + column % H
            mcu_row, mcu_column = row // V, column // H
            if inner == 0:
                mcu_row, mcu_column = divmod(mcu_row * self.scan.mcus[1] + mcu_column - 1, self.scan.mcus[1])
                inner = V * H
            if mcu_row < 0:
                return None
            inner -= 1
            row, column = mcu_row * V + inner // H, mcu_column * H + inner % H
            if row < rows and column < columns:
                return row, column


def describe_block(
    image: ArrayLike,
    row: int,
    column: int,
    *,
    quality: int = 75,
    subsampling: Subsampling | None = None,
    component: str = "Y",
) -> str:
    """Take one block from its samples to bits and back, with every step in print.

    Parameters
    ----------
    image : uint8 ``(H, W)`` or ``(H, W, 3)`` RGB.
    row, column : which block of the component, counted in blocks from 0.
    quality, subsampling : as in :func:`numjpeg.encode`.
    component : "Y", "Cb" or "Cr".

    Returns
    -------
    Text, without a newline at the end. The bits are those that ``encode(image, quality, subsampling=subsampling)``
    writes for this block.

    Raises
    ------
    ValueError, TypeError naming the argument.
    """
    pixels = np.asarray(image)
    # A file of one pixel checks the arguments, and tells the sampling factors and tables.
    sample = encode(pixels[:1, :1], quality, subsampling=subsampling)
    place = _find(pixels, sample, row, column, component)
    steps = [
        _title(place, component, quality),
        *_pixel_steps(pixels, place, component),
    ]
    samples = _component_samples(pixels, place)
    return "\n\n".join(steps + _coding_steps(pixels, place, sample, samples, quality, subsampling))


def _find(pixels: NDArray[np.uint8], sample: bytes, row: int, column: int, component: str) -> _Place:
    structure = reader.read_structure(sample)
    one = structure.require_frame()
    frame = Frame(one.marker, one.precision, pixels.shape[0], pixels.shape[1], one.components)
    names = ("Y", "Cb", "Cr")[: len(frame.components)]
    if component not in names:
        raise ValueError(f"component: {component!r} is none of {names}")
    index = names.index(component)
    scan = next(s for s in structure.scans if index in s.indices)
    rows, columns = frame.block_size(frame.components[index])
    for name, value, count in (("row", row, rows), ("column", column, columns)):
        if not 0 <= value < count:
            raise ValueError(f"{name}: {value} is outside 0..{count - 1}, the {component} blocks of this picture")
    whole = Scan(frame, scan.indices, scan.components, scan.huffman_tables, 0)
    return _Place(frame, index, whole, row, column)


def _area(pixels: NDArray[np.uint8], place: _Place) -> tuple[NDArray[np.uint8], bool]:
    """The pixels that a block is made of ``(8 v, 8 h, ...)``; and whether the picture ends inside them."""
    h, v = place.ratio
    top, left = place.row * 8 * v, place.column * 8 * h
    found = pixels[top : top + 8 * v, left : left + 8 * h]
    # A.2.4 as pixels.analyse does it: columns to whole blocks; rows to whole boxes, which here is the same as
    # far as downsampling looks.
    below, right = -found.shape[0] % place.frame.V_max, 8 * h - found.shape[1]
    below = min(below, 8 * v - found.shape[0])
    rest = [(0, 0)] * (found.ndim - 2)
    return np.pad(found, [(0, below), (0, right), *rest], mode="edge"), found.shape[:2] != (8 * v, 8 * h)


def _component_samples(pixels: NDArray[np.uint8], place: _Place) -> NDArray[np.uint8]:
    """The component's samples at full resolution, ``(rows, 8 h)``, at most ``8 v`` rows."""
    area, _ = _area(pixels, place)
    if area.ndim == 2:
        area = area[:, :, np.newaxis]
    if area.shape[-1] == 1:
        return area[:, :, 0]
    return to_components(area, "RGB", "YCbCr")[:, :, place.index]


def _title(place: _Place, component: str, quality: int) -> str:
    h, v = place.ratio
    rows, columns = place.frame.block_size(place.component)
    return (
        f"Block row {place.row}, column {place.column} of component {component}"
        f" ({rows} rows of {columns} blocks), quality {quality}.\n"
        f"It covers the pixel rows {8 * v * place.row} to {8 * v * (place.row + 1) - 1}"
        f" and columns {8 * h * place.column} to {8 * h * (place.column + 1) - 1}"
        f" of a picture of {place.frame.width} x {place.frame.height}."
    )


def _pixel_steps(pixels: NDArray[np.uint8], place: _Place, component: str) -> list[str]:
    area, cut = _area(pixels, place)
    steps = []
    if cut:
        steps.append("The picture ends inside the block: its last column and row are repeated (A.2.4).")
    if pixels.ndim == 3 and pixels.shape[-1] == 3:
        steps += [_step(name, _matrix(area[:, :, i])) for i, name in enumerate(("Red", "Green", "Blue"))]
        steps.append(
            _step(
                f"{component}: colour conversion (JFIF; stages.color.rgb_to_ycbcr)",
                _CONVERSION[component],
                _matrix(_component_samples(pixels, place)),
                _other_components(place, component),
            )
        )
    else:
        steps.append(
            _step("Samples (a gray picture has one component)", _matrix(_component_samples(pixels, place)))
        )
    return steps


_CONVERSION = {
    "Y": "Y = 0.299 R + 0.587 G + 0.114 B",
    "Cb": "Cb = -0.1687 R - 0.3313 G + 0.5 B + 128",
    "Cr": "Cr = 0.5 R - 0.4187 G - 0.0813 B + 128",
}


def _other_components(place: _Place, component: str) -> str:
    areas: dict[tuple[int, int], list[str]] = {}
    for name, c in zip(("Y", "Cb", "Cr"), place.frame.components, strict=True):
        if name != component:
            areas.setdefault((8 * place.frame.H_max // c.H, 8 * place.frame.V_max // c.V), []).append(name)
    words = [f"A block of {' or '.join(names)} covers {h} x {v} pixels." for (h, v), names in areas.items()]
    return " ".join(["The other two components go the same way, in blocks of their own.", *words])


def _coding_steps(
    pixels: NDArray[np.uint8],
    place: _Place,
    sample: bytes,
    samples: NDArray[np.uint8],
    quality: int,
    subsampling: Subsampling | None,
) -> list[str]:
    """All steps from the level shift on, in the pipeline's order, and the way back."""
    h, v = place.ratio
    table = read_header(sample).quantization_tables[place.component.Tq]
    shifted = level_shift(samples)
    small = downsample(shifted, h, v)
    small = np.pad(small, [(0, 8 - len(small)), (0, 0)], mode="edge")
    frequencies = fdct(small)
    quantized = quantize(frequencies, table)
    sequence = zigzag(quantized)
    before = place.previous()
    predictor = _dc_before(pixels, place, before, quality, subsampling)
    difference = dc_differences(sequence[:1], None, predictor)
    runs = run_length_encode(sequence[np.newaxis])

    steps = [_step("Level shift (A.3.1; stages.level_shift): 128 is subtracted", _matrix(shifted))]
    if (h, v) != (1, 1):
        steps.append(
            _step(f"Subsampling (A.1.1; stages.subsampling): boxes of {h} x {v} are averaged", _matrix(small))
        )
    steps += [
        _step(
            "Forward DCT (A.3.3; stages.dct.fdct): vertical frequency downwards, horizontal to the right",
            _matrix(frequencies, ".1f"),
        ),
        _step(
            f"Quantization table {place.component.Tq} ({estimate_quality(table).base}, quality {quality})",
            _matrix(table),
        ),
        _step(
            "Quantized (A.3.4; stages.quantization.quantize): divided by the table and rounded",
            f"For example DC: {frequencies[0, 0]:g} / {table[0, 0]} = {frequencies[0, 0] / table[0, 0]:.3f} -> "
            f"{quantized[0, 0]}. {np.count_nonzero(quantized)} of 64 coefficients are left.",
            _matrix(quantized),
        ),
        _step("Zig-zag sequence (A.3.6; stages.zigzag)", _matrix(sequence.reshape(8, 8))),
        _step(
            "DC prediction (F.1.1.5.1; stages.dc_prediction)",
            _prediction(place, before, predictor, sequence, difference),
        ),
        _step(
            "Run-length coding of the AC coefficients (F.1.2.2; stages.run_length): (zeros before it, value)",
            _wrap([f"({r}, {value})" if value else "EOB" for r, value in zip(runs.run, runs.value, strict=True)]),
            "" if sequence[63] else "EOB, the end of block, says that only zeros follow.",
        ),
    ]
    steps.append(_huffman_step(place, difference, runs))
    return steps + _way_back(place, difference, predictor, runs, table, small)


def _dc_before(
    pixels: NDArray[np.uint8],
    place: _Place,
    before: tuple[int, int] | None,
    quality: int,
    subsampling: Subsampling | None,
) -> int:
    """Quantized DC coefficient of the block before, from the MCU row it lies in."""
    if before is None:
        return 0
    row, column = before
    step = place.component.V
    top = row // step * 8 * place.frame.V_max
    strip = pixels[top : top + 8 * place.frame.V_max]
    plane = read_coefficients(encode(strip, quality, subsampling=subsampling)).planes[place.index]
    return int(plane[row % step, column, 0, 0])


def _prediction(
    place: _Place,
    before: tuple[int, int] | None,
    predictor: int,
    sequence: NDArray[np.int16],
    difference: NDArray[np.int32],
) -> str:
    if before is None:
        origin = "This is the component's first block in the scan: the prediction is 0."
    else:
        origin = (
            f"The component's block before it in the scan is row {before[0]}, column {before[1]}; "
            f"its DC is {predictor}."
        )
        V, H = place.scan.factors[place.scan.indices.index(place.index)]
        if (V, H) != (1, 1):
            origin += f"\nThe scan goes MCU by MCU, {V} x {H} blocks of this component each (A.2.3)."
    return f"{origin}\nDifference: {sequence[0]} - {predictor} = {difference[0]}"


def _huffman_step(place: _Place, difference: NDArray[np.int32], runs: Runs) -> str:
    """A line a symbol: what it stands for, its code word and its magnitude bits; then all bits."""
    component = place.scan.components[place.scan.indices.index(place.index)]
    tables = place.scan.huffman_tables
    ac = ac_symbols(runs.run, runs.value)
    lines = [f"  {'symbol':<24}{'value':>6}  {'code word':<18}magnitude bits"]
    dc_words = _words(magnitude_category(difference), difference, tables[0, component.Td])
    ac_words = _words(ac.symbol, ac.value, tables[1, component.Ta])
    names = [f"DC, category {magnitude_category(difference)[0]}", *map(_symbol_name, ac.symbol)]
    values = [int(difference[0]), *ac.value.tolist()]
    stream = ""
    for name, value, (code, magnitude) in zip(names, values, dc_words + ac_words, strict=True):
        without = name in ("EOB", "ZRL (16 zeros)")
        lines.append(f"  {name:<24}{'' if without else value:>6}  {code:<18}{magnitude}".rstrip())
        stream += code + magnitude
    count = len(stream)
    octets = [stream[i : i + 8] for i in range(0, count, 8)]
    return _step(
        "Huffman coding (F.1.2; stages.huffman)",
        "The symbol is the category (bits of the magnitude), or run/category; it has a code word. After it come\n"
        "so many magnitude bits: the value, or if it is negative the value less 1 (F.1.2.1.1).",
        f"Tables: DC {_table_name(tables[0, component.Td])}, AC {_table_name(tables[1, component.Ta])}",
        "\n".join(lines),
        "The block as bits:",
        _wrap(octets),
        f"{count} bits in place of {64 * 8} ({count / 64:.2f} a sample).",
    )


def _words(symbols: NDArray[np.uint8], values: NDArray[np.integer], table: HuffmanTable) -> list[tuple[str, str]]:
    """(code word, magnitude bits) of each symbol, as strings of 0 and 1."""
    codes, lengths = huffman_encode(symbols, [table])
    category = magnitude_category(values)
    magnitudes = magnitude_bits(values, category)
    return [
        (f"{int(code):0{length}b}", f"{int(bits):0{size}b}" if size else "")
        for code, length, bits, size in zip(codes, lengths, magnitudes, category, strict=True)
    ]


def _symbol_name(symbol: np.uint8) -> str:
    if symbol == END_OF_BLOCK:
        return "EOB"
    if symbol == ZERO_RUN:
        return "ZRL (16 zeros)"
    run, category = run_and_category(np.asarray(symbol))
    return f"AC, run/category {int(run)}/{int(category)}"


def _table_name(table: HuffmanTable) -> str:
    return _STANDARD_NAMES.get(table, "of its own")


def _way_back(
    place: _Place,
    difference: NDArray[np.int32],
    predictor: int,
    runs: Runs,
    table: NDArray[np.uint16],
    shifted: NDArray[np.integer],
) -> list[str]:
    sequence = run_length_decode(runs, 1)[0]
    sequence[0] = dc_from_differences(difference, None, predictor)[0]
    dequantized = dequantize(inverse_zigzag(sequence), table)
    samples = idct(dequantized)
    original, restored = inverse_level_shift(shifted), inverse_level_shift(samples)
    error = restored.astype(np.int16) - original
    decibels = psnr(original, restored)
    return [
        "And back, from the bits to samples.",
        _step(
            "Dequantized (A.3.4; stages.quantization.dequantize): multiplied by the table", _matrix(dequantized)
        ),
        _step("Inverse DCT (A.3.3; stages.dct.idct)", _matrix(samples)),
        _step(
            "Reconstructed samples: 128 is added (A.3.1; stages.level_shift.inverse_level_shift)",
            _matrix(restored),
        ),
        _step("Error: reconstructed less original", _matrix(error)),
        f"PSNR of the block: {decibels:.2f} dB; largest error {np.abs(error).max()}."
        + ("" if place.ratio == (1, 1) else " (Against the subsampled samples.)"),
    ]


# --- text ------------------------------------------------------------------------------------------------


def _step(title: str, *parts: str) -> str:
    return "\n".join([title, *(part for part in parts if part)])


def _matrix(values: NDArray[np.generic], spec: str = "d") -> str:
    """Numbers in columns of one width, at least five characters."""
    words = [[format(value, spec) for value in row] for row in np.asarray(values).tolist()]
    width = max(5, 1 + max(len(word) for row in words for word in row))
    return "\n".join("".join(f"{word:>{width}}" for word in row) for row in words)


def _wrap(words: Sequence[str], width: int = 76) -> str:
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else f"  {word}"
    return "\n".join(lines)
