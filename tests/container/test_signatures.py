"""Files that are no JPEG files are named in the error."""

from __future__ import annotations

import io

import numpy as np
import pytest
import samples
from PIL import Image

import numjpeg


def saved(kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(samples.smooth(20, 30)).save(stream, kind, **options)
    return stream.getvalue()


BOX = b"\0\0\0\x18"
IMAGES = {
    "PNG": [saved("PNG")],
    "GIF": [saved("GIF")],
    "BMP": [saved("BMP")],
    "WebP": [saved("WEBP"), saved("WEBP", lossless=True)],
    "TIFF": [saved("TIFF"), saved("TIFF", compression="jpeg"), b"MM\0*" + bytes(20), b"II+\0" + bytes(20)],
    "JPEG 2000": [saved("JPEG2000"), saved("JPEG2000", no_jp2=True)],
    "AVIF": [saved("AVIF")],
    "PNM": [saved("PPM")],
    "JPEG XL": [b"\xff\x0a" + bytes(30), b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20)],
    "HEIC": [BOX + b"ftypheic\0\0\0\0mif1heic", BOX + b"ftypmif1\0\0\0\0", BOX + b"ftypheix\0\0\0\0"],
    "JPEG XR": [b"II\xbc\x01" + bytes(20)],
    "PSD": [b"8BPS\0\1" + bytes(20)],
    "SVG": [b'<svg xmlns="http://www.w3.org/2000/svg"/>', b'<?xml version="1.0"?>\n<!-- one -->\n<svg>'],
}
OTHERS = {
    "HTML": [b"<!DOCTYPE html><html>", b"\n  <HTML>", b"\xef\xbb\xbf<!doctype HTML>", b"<html lang='en'>"],
    "XML": [b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'],
    "PDF": [b"%PDF-1.7\n"],
    "ZIP": [b"PK\3\4" + bytes(20)],
    "MP4": [BOX + b"ftypmp42\0\0\0\0isom", BOX + b"ftypisom"],
    "text": [
        b"404: Not Found",
        b'{"error": "no such file"}',
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n",
        "今天".encode() * 300,
        b"x" + "今天".encode() * 300,
    ],
}


@pytest.mark.parametrize("kind", IMAGES)
def test_other_image_formats(kind: str) -> None:
    for data in IMAGES[kind]:
        for reader in (numjpeg.decode, numjpeg.read_coefficients, numjpeg.read_header):
            for strict in (True, False):
                with pytest.raises(numjpeg.UnsupportedError, match=f"^not a JPEG file: it begins like {kind}"):
                    reader(data, strict=strict)


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_image(kind: str) -> None:
    for data in OTHERS[kind]:
        for strict in (True, False):
            with pytest.raises(numjpeg.FormatError, match=f"^not a JPEG file: it begins like {kind}"):
                numjpeg.decode(data, strict=strict)


def test_what_is_not_known() -> None:
    random = np.random.default_rng(0)
    for data in (
        b"\0",
        bytes(100),
        b"\xfe\xff\xd8",
        b"\x80abc",
        random.integers(128, 160, 600, np.uint8).tobytes(),
    ):
        with pytest.raises(numjpeg.FormatError, match=r"^not a JPEG file: it does not begin with SOI \(B\.2\.1\)"):
            numjpeg.decode(data)
    with pytest.raises(numjpeg.FormatError, match=r"^no data"):
        numjpeg.decode(b"")


def test_jpeg_2000_has_a_decoder_of_its_own() -> None:
    data = IMAGES["JPEG 2000"][0]
    with pytest.raises(numjpeg.UnsupportedError, match=r"which numjpeg\.jpeg2000 decodes"):
        numjpeg.decode(data)
    assert numjpeg.jpeg2000.decode(data).shape == (20, 30, 3)


def test_tables_of_another_format() -> None:
    with pytest.raises(numjpeg.UnsupportedError, match=r"^tables: not a JPEG file: it begins like PNG"):
        numjpeg.decode(b"\xff\xd8\xff\xd9", tables=IMAGES["PNG"][0])
