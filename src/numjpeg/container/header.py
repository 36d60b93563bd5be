"""A file's header: what its marker segments say, read without decoding the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Component, same
from numjpeg.container import markers, metadata
from numjpeg.container.exif import MPF, ImagePlace, read_exif, read_image_index, xmp_orientation
from numjpeg.container.frame import Frame
from numjpeg.container.markers import Data, Segment
from numjpeg.container.structure import Structure, read_structure
from numjpeg.errors import check_flags
from numjpeg.sources import read_source
from numjpeg.stages.subsampling import SUBSAMPLING


@dataclass(frozen=True, eq=False)
class Header:
    """What the marker segments of a file say, whether or not the library decodes its process.

    Metadata that are missing or broken are None; ``warnings`` says which are broken. ``==`` compares all of it.

    Attributes
    ----------
    height, width : size in pixels; a DNL segment may correct the height (B.2.5), which is 0 if nothing gives it.
    precision : bits a sample.
    process, marker : the coding process that the frame header names, and its marker "SOFn".
    components : identifiers, sampling factors and table numbers.
    colorspace : "GRAY", "YCbCr", "RGB", "CMYK", "YCCK" or "raw".
    subsampling : "4:2:0" and the like, or "" if the sampling factors have no such name.
    quantization_tables : Tq -> uint16 ``(8, 8)``, natural order, as last defined.
    huffman_tables : (class, number) -> (BITS, HUFFVAL), as last defined; not checked.
    restart_interval : MCUs between restart markers in the first scan, 0 for none.
    scans : number of scans.
    jfif_version, density : JFIF's (major, minor) and pixel density.
    jfif_thumbnail : JFIF's or JFXX's thumbnail: RGB pixels ``(H, W, 3)``, uint8, or the bytes of a JPEG file.
    adobe_transform : colour transform of Adobe's segment: 0 none, 1 YCbCr, 2 YCCK.
    exif : EXIF data, ``Exif\\0\\0`` in front, as :func:`numjpeg.encode` takes them.
    orientation : how the picture is to be turned for viewing, 1 .. 8, from EXIF, or else from XMP.
    exif_thumbnail : the bytes of a JPEG file.
    xmp, extended_xmp : the XMP packet, and the packet that continues it.
    icc_profile, comments : the ICC profile, put together from its chunks; payloads of the COM segments.
    images : the images of a multi-picture file (MPO), as its index states; the first one is what is decoded.
    trailing : (byte offset, number) of the bytes after EOI; None if there are none.
    application_segments : (marker code, payload) of every APPn and COM in front of the first scan, in order.
    segments : every marker with its offsets.
    warnings : in words, what is wrong with the markers and the metadata.
    """

    height: int
    width: int
    precision: int
    process: str
    marker: str
    components: tuple[Component, ...]
    colorspace: str
    subsampling: str
    quantization_tables: dict[int, NDArray[np.uint16]]
    huffman_tables: dict[tuple[int, int], tuple[tuple[int, ...], bytes]]
    restart_interval: int
    scans: int
    jfif_version: tuple[int, int] | None
    density: metadata.Density | None
    jfif_thumbnail: metadata.Thumbnail | None
    adobe_transform: int | None
    exif: bytes | None
    orientation: int | None
    exif_thumbnail: bytes | None
    xmp: bytes | None
    extended_xmp: bytes | None
    icc_profile: bytes | None
    comments: list[bytes]
    images: tuple[ImagePlace, ...]
    trailing: tuple[int, int] | None
    application_segments: list[tuple[int, bytes]]
    segments: list[Segment]
    warnings: list[str]

    def __eq__(self, other: object) -> bool:
        return same(vars(self), vars(other)) if isinstance(other, Header) else NotImplemented

    def __repr__(self) -> str:
        factors = ", ".join(f"{c.H}x{c.V}" for c in self.components)
        lines = [
            f"<Header of {self.width} x {self.height} pixels (width x height), {self.precision} bits a sample",
            f"  {self.process} ({self.marker}), {self.scans} scans",
            f"  {self.colorspace} {self.subsampling}".rstrip() + f" (sampling factors {factors})",
        ]
        names = ("exif", "xmp", "extended_xmp", "icc_profile")
        extras = [f"{name} {len(value)} bytes" for name in names if (value := getattr(self, name))]
        extras += [f"orientation {self.orientation}"] * bool(self.orientation)
        extras += [f"{len(self.comments)} comments"] * bool(self.comments)
        extras += [f"{self.trailing[1]} bytes after EOI"] if self.trailing else []
        extras += [f"{len(self.warnings)} warnings"] * bool(self.warnings)
        return "\n".join(lines + ["  " + ", ".join(extras)] * bool(extras)) + ">"


def read_header(data: Any, *, strict: bool = True) -> Header:
    """Read all marker segments of a file, whatever its process, without decoding it.

    Parameters
    ----------
    data : the file: its bytes (any buffer), a path, or a binary file object; TypeError for another kind. A buffer
        is not read beyond the picture's EOI. So a walk through many files in a memoryview, by ``view =
        view[header.trailing[0] :]``, takes linear time.
    strict : FormatError for broken segments. False leaves out broken segments, but not a broken frame header.
    """
    check_flags(strict=strict)
    file = read_source(data)
    structure = read_structure(file, decode=False, strict=strict)
    frame, scans, application = structure.require_frame(), structure.scans, structure.application_segments
    warnings = [
        finding.what + (f", byte {finding.offset}" if finding.offset < len(file) else "")
        for finding in structure.sink.findings
    ]
    jfif_version, density, jfif_thumbnail = metadata.find_jfif(application, warnings)
    metadata.check_adobe(application, warnings)
    exif, xmp = metadata.find_exif(application), metadata.find_xmp(application)
    orientation, exif_thumbnail = read_exif(exif, warnings)
    images = _images(file, structure, warnings)
    if structure.trailing and len(images) < 2:
        warnings.append(f"{structure.trailing[1]} bytes follow EOI")
    definitions = structure.huffman_definitions.items()
    return Header(
        height=frame.height,
        width=frame.width,
        precision=frame.precision,
        process=markers.FRAMES[frame.marker],
        marker=markers.marker_name(frame.marker),
        components=frame.components,
        colorspace=structure.colorspace,
        subsampling=_subsampling_name(frame),
        quantization_tables=structure.quantization_tables,
        huffman_tables={key: (lengths, values) for key, (lengths, values, _) in definitions},
        restart_interval=scans[0].restart_interval if scans else structure.restart_interval,
        scans=len(scans),
        jfif_version=jfif_version,
        density=density,
        jfif_thumbnail=jfif_thumbnail,
        adobe_transform=metadata.adobe_transform(application),
        exif=exif,
        orientation=orientation or xmp_orientation(xmp),
        exif_thumbnail=exif_thumbnail,
        xmp=xmp,
        extended_xmp=metadata.find_extended_xmp(application, xmp, warnings),
        icc_profile=metadata.find_icc(application, warnings, structure.profile_in_front),
        comments=[payload for marker, payload in application if marker == markers.COM],
        images=images,
        trailing=structure.trailing,
        application_segments=application,
        segments=structure.segments,
        warnings=warnings,
    )


def _images(file: Data, structure: Structure, warnings: list[str]) -> tuple[ImagePlace, ...]:
    """The images that a file's first multi-picture index in front of the scans lists."""
    for segment in structure.segments:
        payload = bytes(file[segment.start : segment.end]) if segment.marker == markers.APP2 else b""
        if segment.marker == markers.SOS:
            break
        if payload.startswith(MPF):
            return read_image_index(payload, segment.start, len(file), warnings)
    return ()


def _subsampling_name(frame: Frame) -> str:
    """ "4:2:0" and the like, from the ratio of the first component's factors to the others'; "" without a name."""
    if len(frame.components) < 3:
        return ""
    luma, *chroma = frame.components[:3]
    if len({(c.H, c.V) for c in chroma}) > 1 or luma.H % chroma[0].H or luma.V % chroma[0].V:
        return ""
    ratio = (luma.H // chroma[0].H, luma.V // chroma[0].V)
    return next((name for name, factors in SUBSAMPLING.items() if factors == ratio), "")
