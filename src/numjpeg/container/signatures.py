"""The format of a file that is no JPEG file, by its first bytes."""

from __future__ import annotations

import re

from numjpeg.errors import FormatError, JpegError, UnsupportedError

_BOM = rb"(?:\xef\xbb\xbf)?\s*"

# Image formats, and patterns of the first bytes. Of two that match, the first counts.
_IMAGES = {
    "JPEG 2000": rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51",
    "JPEG XL": rb"\x00\x00\x00\x0cJXL |\xff\x0a",
    "JPEG XR": rb"II\xbc[\x00\x01]",
    "PNG": rb"\x89PNG",
    "GIF": rb"GIF8[79]a",
    "WebP": rb"RIFF....WEBP",
    "AVIF": rb"....ftypavi[fs]",
    "HEIC": rb"....ftyp(?:hei[cfmsx]|hev[cmsx]|mif1|msf1)",
    "TIFF": rb"II[*+]\x00|MM\x00[*+]",
    "BMP": rb"BM.{4}\x00\x00\x00\x00",
    "PNM": rb"P[1-7]\s",
    "PSD": rb"8BPS\x00[\x01\x02]",
    "SVG": _BOM + rb"(?:<\?xml[^>]*>\s*)?(?:<!--.{0,200}?-->\s*)?<svg\b",
}

# The same for files that are no images. A file is text if its beginning is UTF-8 without control characters.
_OTHERS = {
    "HTML": _BOM + rb"(?i:<!doctype html|<html|<head|<body)",
    "XML": _BOM + rb"<\?xml",
    "PDF": rb"%PDF-",
    "ZIP": rb"PK\x03\x04",
    "MP4": rb"....ftyp",
    "text": rb"[\t\n\r\x20-\x7e\x80-\xff]+\Z",
}


def error_of(data: bytes | memoryview) -> JpegError:
    """The error for data without SOI: UnsupportedError for another image format, else FormatError."""
    if not data:
        return FormatError("no data", offset=0, clause="B.2.1")
    start = bytes(data[:512])
    for kind, formats in ((UnsupportedError, _IMAGES), (FormatError, _OTHERS)):
        for name, pattern in formats.items():
            if re.match(pattern, start, re.DOTALL) and (name != "text" or _is_utf8(start)):
                hint = ", which numjpeg.jpeg2000 decodes" if name == "JPEG 2000" else ""
                return kind(f"not a JPEG file: it begins like {name}{hint}", offset=0, clause="B.2.1")
    return FormatError("not a JPEG file: it does not begin with SOI", offset=0, clause="B.2.1")


def _is_utf8(start: bytes) -> bool:
    """Whether bytes are UTF-8; a character may be cut off at their end."""
    try:
        start.decode()
    except UnicodeDecodeError as error:
        return len(start) - error.start < 4 and "unexpected end" in error.reason
    return True
