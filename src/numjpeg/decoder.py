"""The decoder: a file to a picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from numjpeg import scans
from numjpeg.coefficient_files import reader
from numjpeg.coefficients import Coefficients, ceil_div
from numjpeg.colorspaces import CHANNELS, COLORSPACES, canonical_name, check_conversion
from numjpeg.container.findings import DamageReport
from numjpeg.container.frame import Frame
from numjpeg.container.structure import Structure, read_structure
from numjpeg.container.view import View, check_region, check_scale
from numjpeg.entropy.planes import check_visits
from numjpeg.errors import JpegError, check_choice, check_flags
from numjpeg.sources import read_bytes
from numjpeg.stages import dct
from numjpeg.synthesis import assemble, samples_of, synthesise
from numjpeg.workspace import Workspace

if TYPE_CHECKING:
    from numjpeg.fast.decode_batch import Kind


def decode(
    data: Any,
    *,
    tables: Any = None,
    scale: float = 1,
    region: tuple[int, int, int, int] | None = None,
    colorspace: str | None = None,
    strict: bool = True,
    fancy_upsampling: bool = True,
    block_smoothing: bool = True,
    max_pixels: int | None = reader.MAX_PIXELS,
    out: NDArray[Any] | None = None,
    dct_method: str = "islow",
    restore: bool | str = False,
) -> NDArray[Any]:
    """Decode a JPEG file to pixels.

    Baseline, extended sequential and progressive files, 8 or 12 bits a sample, and lossless files, 2 to 16 bits a
    sample; Huffman or arithmetic coding; 1 to 4 components. The pixels are exactly Pillow's (libjpeg-turbo's).

    Parameters
    ----------
    data : the file: its bytes (any buffer), a path, or a binary file object.
    tables : a file of tables alone (T.81 B.5; TIFF's JPEGTables), for an abbreviated file (B.4) that lacks them.
        A sequential file without any Huffman table, such as a frame of Motion-JPEG, gets the standard ones.
    scale : 1, 1/2, 1/4 or 1/8: a picture of ``ceil(H * scale)`` rows and ``ceil(W * scale)`` columns, as libjpeg's
        scaled decoding (Pillow's ``draft``) gives it, without making the large one first. Progressive scans that
        do not matter at this scale (most do not at 1/8) are not read, so damage in them is not noticed.
    region : (top, left, height, width), in pixels of the scaled picture: exactly this part of it. Data far below
        it are not read, nor, where there are restart markers, data above it; damage in them is not noticed.
    colorspace : None for what the file holds (see below), or "GRAY" ("L"), "RGB", "BGR", "YCbCr", "CMYK", or "raw"
        for the components as they are stored, upsampled; upper or lower case.
    strict : refuse damaged files. False gives what can be recovered of them, as libjpeg would: after damage it
        goes on at the next restart marker, and missing parts are mid-gray. :func:`decode_damaged` says where.
    fancy_upsampling : triangle filter for chroma, as libjpeg does by default; False repeats samples.
    block_smoothing : where scans of a progressive file are missing, estimate low frequencies from the blocks
        around (:mod:`numjpeg.restoration.smoothing`), as libjpeg does by default.
    max_pixels : most pixels (width x height) that a file may have; None for no limit.
    out : array of the result's shape and type to be filled, any strides.
    dct_method : "islow", libjpeg's exact integer method, or "float".
    restore : True estimates what quantization took away (:mod:`numjpeg.restoration.restore`). Block edges at low
        qualities disappear, and PSNR rises by about 0.6 dB, at about ten times the cost; the pixels are no longer
        libjpeg's. ``dct_method`` has no effect. Components that may not gain, as those of drawings, are decoded
        plainly. "learned" adds a small network (:mod:`numjpeg.restoration.network`): about 0.4 dB more, in up to
        1.4 times the time. ``fancy_upsampling`` then has no effect. Drawings, and files of quality 95 or more, are
        decoded plainly; colour spaces other than gray and YCbCr are restored as with True.

    Returns
    -------
    uint8 array, ``out`` if it is given: ``(H, W)`` for one component, ``(H, W, 2)`` unchanged samples for two,
    ``(H, W, 3)`` RGB for three, ``(H, W, 4)`` CMYK for four, in Pillow's sense (255 - sample: 0 is no ink). With
    more than 8 bits a sample the array is uint16 (0 .. 4095 for 12 bits), and four components are unchanged
    samples. A lossless file gives its components as they are stored, except for CMYK of 8 bits.

    Raises
    ------
    FormatError, UnsupportedError for the data; ValueError, TypeError for the arguments; OSError for a path.
    """
    options = _checked(SimpleNamespace(**locals()))
    by_plan = scans.fast_forms_enabled() and strict and _is_plain(options)
    if by_plan:
        from numjpeg.fast import decode_plan  # noqa: PLC0415 (it may be missing)

        kind = options.colorspace, bool(fancy_upsampling), max_pixels
        image = decode_plan.decode(options.data, kind, partial(_target, options) if out is not None else None)
        if image is not None:
            if out is None:
                return image
            out[...] = image
            return out
    image, structure = _decode(options)
    if by_plan:
        decode_plan.prepare(options.data, structure, kind)
    return image


def decode_damaged(
    data: Any,
    *,
    tables: Any = None,
    scale: float = 1,
    region: tuple[int, int, int, int] | None = None,
    colorspace: str | None = None,
    fancy_upsampling: bool = True,
    block_smoothing: bool = True,
    max_pixels: int | None = reader.MAX_PIXELS,
    out: NDArray[Any] | None = None,
    dct_method: str = "islow",
) -> tuple[NDArray[Any], DamageReport]:
    """Decode what can be recovered of a damaged JPEG file, and say what is wrong with it.

    The parameters are those of :func:`decode`. All of the file is read and reported on, whatever scale and region.

    Returns
    -------
    (image, report): the picture, as ``decode(data, strict=False)`` gives it; and its faults, with byte offset,
    clause and range of MCUs, and a mask of the MCUs that show no sign of damage. A sound file has no faults, and
    no MCU in doubt.

    Raises
    ------
    FormatError, UnsupportedError if there is no frame header, or nothing that can be decoded; ValueError,
    TypeError for the arguments.
    """
    image, structure = _decode(_checked(SimpleNamespace(**locals(), strict=False, restore=False)))
    return image, DamageReport.of(structure.require_frame(), structure.scans, structure.sink)


def _checked(given: SimpleNamespace) -> SimpleNamespace:
    """Check the parameters of :func:`decode` that need no file, bring them to one form, and read the file."""
    restore = given.restore
    if not isinstance(restore, bool | np.bool_) and not (isinstance(restore, str) and restore == "learned"):
        raise ValueError(f"restore: True, False or 'learned' expected, got {restore!r}")
    if restore and not given.strict:
        raise ValueError("restore: of files that are whole only, strict=True")
    if restore and (given.scale != 1 or given.region is not None):
        raise ValueError("restore: of whole pictures only, without scale and region")
    check_flags(strict=given.strict, fancy_upsampling=given.fancy_upsampling)
    check_flags(block_smoothing=given.block_smoothing)
    reader.check_limit(given.max_pixels)
    check_choice("dct_method", given.dct_method, dct.METHODS)
    given.colorspace = canonical_name(given.colorspace)
    if given.colorspace is not None:
        check_choice("colorspace", given.colorspace, COLORSPACES)
    given.region = None if given.region is None else check_region(given.region)
    given.scale, given.data = check_scale(given.scale), read_bytes(given.data)
    return given


def _is_plain(options: SimpleNamespace) -> bool:
    """Whether these options allow decoding by a plan, if the file does, too."""
    special = options.restore or options.tables is not None or options.dct_method != "islow"
    return not special and options.scale == 1 and options.region is None


def _target(options: SimpleNamespace, structure: Structure) -> tuple[str, NDArray[Any] | None, View]:
    """The picture's colour space, ``out``, and the view, after a check that they suit the file."""
    frame, out = structure.require_frame(), options.out
    reader.check_size(structure, options.max_pixels)
    native = {"YCbCr": "RGB", "YCCK": "CMYK"}.get(structure.colorspace, structure.colorspace)
    if frame.lossless and native != structure.colorspace:
        native = "raw"  # libjpeg converts no colours of lossless files
    if len(frame.components) == 4 and frame.precision != 8:
        native = "raw"  # decoders invert inks in 8-bit files only
    target = options.colorspace or native
    check_conversion(structure.colorspace, target)
    view = View.of(frame, options.scale, options.region)
    if out is not None:
        shape, dtype = _shape(view, target), frame.sample_type
        if not isinstance(out, np.ndarray) or out.dtype != dtype or out.shape != shape:
            raise ValueError(f"out: a {dtype} array {shape} expected")
        if not out.flags.writeable:
            raise ValueError("out: the array is read-only")
    return target, out, view


def grouping(given: dict[str, Any]) -> Callable[[bytes], Kind | None]:
    """A function from a file to its kind. Files of one kind can be decoded together.

    The function gives None for a file that has to be decoded alone: the first one with its header, or one that no
    plan can decode. ``given`` holds all options of :func:`decode`.
    """
    options = SimpleNamespace(**given | {"colorspace": canonical_name(given["colorspace"])})
    known = options.colorspace is None or str(options.colorspace) in COLORSPACES
    if not scans.fast_forms_enabled() or not _is_plain(options) or not known or not options.strict:
        return lambda _: None
    from numjpeg.fast.decode_batch import Kind, kind_of  # noqa: PLC0415 (what is in fast/ may be missing)
    from numjpeg.fast.decode_plan import scan_start  # noqa: PLC0415
    from numjpeg.fast.plan_store import PLANS, Promise  # noqa: PLC0415

    fancy = bool(options.fancy_upsampling)
    suitable: list[Kind] = []  # the latest kind for which the options were checked

    def kind_of_file(file: bytes) -> Kind | None:
        start = scan_start(file)
        key = (Kind, file[:start], options.colorspace, fancy)
        kind = PLANS.take(key) if start else None
        if isinstance(kind, Promise):
            try:
                kind = kind_of(file, read_structure(file), options.colorspace, fancy) or kind
            except JpegError:  # decode raises it
                return None
        PLANS.put(key, Promise(start + 1024) if kind is None else kind)
        if not isinstance(kind, Kind):
            return None
        if kind not in suitable:
            _target(options, kind.structure)
            suitable[:] = [kind]
        return kind

    return kind_of_file


def _decode(options: SimpleNamespace, obeys_dnl: bool = True) -> tuple[NDArray[Any], Structure]:
    """Structure -> scans -> samples -> picture."""
    file, strict = options.data, options.strict
    structure = read_structure(file, options.tables, strict=strict, obeys_dnl=obeys_dnl)
    target, out, view = _target(options, structure)
    frame = structure.require_frame()
    for name, is_given in (("restore", options.restore), ("scale", view.size < 8)):
        if is_given and (frame.precision != 8 or frame.lossless):
            kind = "lossless" if frame.lossless else f"of {frame.precision} bits a sample"
            raise ValueError(f"{name}: only for lossy files of 8 bits a sample; this one is {kind}")
    if frame.lossless:
        samples = _lossless_samples(file, structure, view)
    elif options.restore:
        from numjpeg.restoration import network  # noqa: PLC0415 (seldom wanted)

        coefficients = reader.decoded_coefficients(file, structure)
        learned = options.restore == "learned" and network.suits(coefficients, structure.colorspace)
        if learned and not network.gains(coefficients):
            return _decode(SimpleNamespace(**vars(options) | {"restore": False}), obeys_dnl)
        samples = [] if learned else _restored_samples(coefficients)
    elif reader.needs_planes(structure):
        samples = _samples_of_planes(structure, view, options)
    else:
        samples = _samples_of_scans(structure, view, options)
    if reader.dnl_is_wrong(structure):
        return _decode(options, obeys_dnl=False)
    if out is None:
        out = np.empty(_shape(view, target), frame.sample_type)
    if not samples:
        network.fill(out, coefficients, target)
        return out, structure
    planes = [view.cut(i, plane) for i, plane in enumerate(samples)]
    fancy = options.fancy_upsampling and view.size > 1 and not frame.lossless
    if not view.whole:
        around = np.empty(_shape(view.around, target), frame.sample_type)
        assemble(planes, view.components, structure.colorspace, target, around, fancy, frame.precision)
        out[...] = view.within(around)
        return out, structure
    bottom = frame.height if strict else _end_of_content(planes, frame)
    heights = [ceil_div(bottom * c.V, frame.V_max) for c in frame.components]
    planes = [plane[:rows] for plane, rows in zip(planes, heights, strict=True)]
    assemble(planes, frame.components, structure.colorspace, target, out[:bottom], fancy, frame.precision)
    out[bottom:] = out[bottom - 1]
    return out, structure


def _end_of_content(samples: list[NDArray[Any]], frame: Frame) -> int:
    """The row of a damaged picture from which on all rows equal the one above, since all samples are mid-gray.

    A small file may announce a huge picture; its equal rows need not be computed one by one.
    """
    step, bottom = 8 * frame.V_max, 0
    for plane, component in zip(samples, frame.components, strict=True):
        rows = 8 * component.V
        end = ceil_div(len(plane), rows)
        while end > bottom // step and (plane[(end - 1) * rows : end * rows] == frame.mid_level).all():
            end -= 1
        bottom = max(bottom, end * step)
    return min(frame.height, bottom + step)


def _samples_of_scans(structure: Structure, view: View, options: SimpleNamespace) -> list[NDArray[Any] | None]:
    """Decode sequential scans to the sample planes of their components, band by band.

    None for a component of which nothing can be read. Where a scan ends too early, its planes go on in mid-gray.
    """
    frame = structure.require_frame()
    planes: list[NDArray[Any] | None] = [None] * len(frame.components)
    workspace = Workspace()
    for index, row, sequences in reader.read_part(options.data, structure, view):
        plane = planes[index]
        if plane is None:
            plane = planes[index] = view.new_plane(index)
            if not structure.strict:
                plane[:] = frame.mid_level
        side = view.block_side(index)
        samples = plane[row * side : (row + len(sequences)) * side]
        table = structure.component_tables[index]
        synthesise(sequences, table, samples, workspace, options.dct_method, frame.precision, side)
    return planes


def _lossless_samples(file: bytes, structure: Structure, view: View) -> list[NDArray[Any] | None]:
    """The sample planes of a lossless file, from the view's top left corner on; None for one without a scan."""
    frame = structure.require_frame()
    check_visits(frame, structure.scans, structure.size)
    planes: list[NDArray[Any] | None] = [None] * len(frame.components)
    for scan in structure.scans:
        samples = scans.read_lossless(file, scan, structure.sink)
        for index, plane in zip(scan.indices, samples, strict=True):
            rows, columns = view.blocks(index)
            part = plane[8 * rows.start :, 8 * columns.start :]
            planes[index] = part.astype(frame.sample_type, copy=False)
    return planes


def lossless_samples(
    file: bytes, tables: Any, *, strict: bool, max_pixels: int | None, obeys_dnl: bool = True
) -> list[NDArray[Any]]:
    """Each component's samples of a lossless file, not upsampled; mid-gray for a component without a scan."""
    structure = read_structure(file, tables, strict=strict, obeys_dnl=obeys_dnl)
    reader.check_size(structure, max_pixels)
    frame = structure.require_frame()
    planes = _lossless_samples(file, structure, View.of(frame, 1, None))
    if reader.dnl_is_wrong(structure):
        return lossless_samples(file, tables, strict=strict, max_pixels=max_pixels, obeys_dnl=False)
    return [
        np.full(frame.sample_size(c), frame.mid_level, frame.sample_type) if plane is None else plane
        for c, plane in zip(frame.components, planes, strict=True)
    ]


def _samples_of_planes(structure: Structure, view: View, options: SimpleNamespace) -> list[NDArray[Any] | None]:
    """Decode all scans of a frame, then its components to sample planes; None for one that is never sent."""
    from numjpeg.restoration import smoothing  # noqa: PLC0415 (few files have several scans)

    frame = structure.require_frame()
    known_bits = [structure.coefficient_bits.get(i) for i in range(len(frame.components))]
    smoothed = options.block_smoothing and smoothing.is_useful(known_bits, structure.component_tables.values())
    planes: list[NDArray[Any] | None] = []
    workspace = Workspace()
    # strict=False reports all damage of the file, so it reads the scans that the view does not need, too.
    needed = view if structure.strict and not smoothed else None
    all_sequences, mcu_rows = reader.coefficient_planes(options.data, structure, needed)
    for i, (sequences, bits) in enumerate(zip(all_sequences, known_bits, strict=True)):
        if i not in structure.component_tables:
            planes.append(None)
            continue
        table = structure.component_tables[i]
        rows, columns = frame.block_size(frame.components[i])
        last_row, bits_below = rows, bits
        if not structure.strict and bits is not None:
            # Where the last scan ends too early, only the bits of the scans before it are known below its end.
            last_row = min(rows, mcu_rows * frame.components[i].V)
            bits_below = structure.bits_before[i] if len(structure.scans) > 1 else [bits[0]] + [-1] * 63
        step, side, plane = max(1, reader.BAND_BLOCKS // columns), view.block_side(i), view.new_plane(i)
        needed_rows, needed_columns = view.blocks(i)
        start, stop = needed_rows.start, needed_rows.stop
        edges = {*range(start, stop, step), min(max(last_row, start), stop), stop}
        for row, bottom in pairwise(sorted(edges)):
            samples = plane[(row - start) * side : (bottom - start) * side]
            if not structure.strict and not sequences[max(0, row - 2) : bottom + 2].any():
                samples[:] = frame.mid_level  # a shortcut: a damaged file may have little else
                continue
            band, band_bits = sequences[row:bottom], bits if row < last_row else bits_below
            if smoothed and band_bits is not None:
                factor, block_rows = frame.components[i].V, slice(row, bottom)
                band = smoothing.smooth(sequences, rows, band_bits, table, factor, block_rows)
            part = band[:, needed_columns]
            synthesise(part, table, samples, workspace, options.dct_method, frame.precision, side)
        planes.append(plane)
    return planes


def _restored_samples(coefficients: Coefficients) -> list[NDArray[Any] | None]:
    """The sample planes with what quantization took away estimated; plain ones where that may not gain."""
    from numjpeg.restoration import restore as restoration  # noqa: PLC0415 (seldom wanted)

    planes: list[NDArray[Any] | None] = []
    for i, gains in enumerate(restoration.worthwhile(coefficients)):
        plane, table = coefficients.planes[i], coefficients.quantization_table(i)
        if gains:
            samples = restoration.restore(plane, table)
            planes.append(np.clip(np.rint(samples, out=samples), 0, 255, out=samples).astype(np.uint8))
        else:
            planes.append(samples_of(plane, table))
    return planes


def _shape(view: View, target: str) -> tuple[int, ...]:
    """The shape of the view's picture in colour space ``target``."""
    channels = len(view.components) if target == "raw" else CHANNELS[target]
    return (view.height, view.width) if channels == 1 else (view.height, view.width, channels)
