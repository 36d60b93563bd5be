"""Small valid files of all kinds, made here: what the mutations begin with."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import numpy as np
import pillow
import samples
from j2k_openjpeg_files import FILES
from j2k_writing import packed, refined_file

import numjpeg
from numjpeg import jpeg2000
from numjpeg.container import segments

LARGEST = 12_000
"""Bytes of the largest file of the corpus that is a seed: a mutation of a small one is tried sooner."""


@functools.cache
def files() -> dict[str, bytes]:
    """Small files of different kinds, of a few hundred bytes each, by name."""
    picture = samples.smooth(24, 40)
    small = {"quality": 40, "optimize": True}
    return {
        "baseline": pillow.save(picture, **small),
        "gray": pillow.save(picture[..., 0], **small),
        "4:4:4 with restarts": pillow.save(picture, subsampling=0, restart_marker_blocks=3, **small),
        "cmyk": pillow.save(samples.smooth(16, 24, 4), "CMYK", **small),
        "rgb": pillow.save(picture[:16], keep_rgb=True, **small),
        "progressive": pillow.save(picture, progressive=True, **small),
        "progressive with restarts": pillow.save(picture, progressive=True, restart_marker_blocks=2, **small),
        "progressive gray": pillow.save(picture[..., 0], progressive=True, **small),
        "metadata": with_metadata(pillow.save(picture[:16, :16], comment=b"a comment", **small)),
        "4:1:1, 16-bit tables": wide_tables(numjpeg.encode(picture, 60, subsampling="4:1:1", optimize=True)),
        "12 bits": numjpeg.encode(picture.astype(np.uint16) << 4, 40, precision=12),
        "12 bits, progressive": numjpeg.encode(picture.astype(np.uint16) << 4, 40, precision=12, progressive=True),
        "lossless": numjpeg.encode(picture[:12, :16], lossless=True, predictor=7, restart_marker_rows=3),
        "lossless, 16 bits": numjpeg.encode(picture[:16, :24, 0].astype(np.uint16) << 7, lossless=True),
        "arithmetic": numjpeg.encode(picture, 40, arithmetic=True, restart_marker_blocks=4),
        "arithmetic, progressive": numjpeg.encode(picture, 40, arithmetic=True, progressive=True),
        "arithmetic, 12 bits": numjpeg.encode(picture.astype(np.uint16) << 4, 40, precision=12, arithmetic=True),
        "arithmetic, lossless": numjpeg.encode(picture[:12, :16], lossless=True, predictor=4, arithmetic=True),
    }


def with_metadata(data: bytes) -> bytes:
    """The file with an EXIF segment, an ICC profile in two chunks, XMP and a multi-picture index."""
    entries = b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
    exif = b"Exif\0\0MM\0*\0\0\0\x08\x00\x01" + entries + b"\0\0\0\0"
    icc = b"ICC_PROFILE\0"
    mpf = (
        b"MPF\0II*\0\x08\0\0\0\x03\0\x00\xb0\x07\0\x04\0\0\x000100\x01\xb0\x04\0\x01\0\0\0\x01\0\0\0"
        b"\x02\xb0\x07\0\x10\0\0\x002\0\0\0\0\0\0\0" + bytes(16)
    )
    payloads = [
        (0xE1, exif),
        (0xE1, b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="3"/>'),
        (0xE2, icc + b"\x02\x02" + bytes(20)),
        (0xE2, icc + b"\x01\x02" + bytes(range(20))),
        (0xE2, mpf),
    ]
    return data[:2] + b"".join(segments.build(*payload) for payload in payloads) + data[2:] + b"trailing"


def wide_tables(data: bytes) -> bytes:
    """The file with its quantization tables in 16 bits an entry, as SOF1."""
    out, place = bytearray(data), 0
    while (place := out.find(b"\xff\xdb", place)) >= 0:
        length = int.from_bytes(out[place + 2 : place + 4], "big")
        payload = bytes(out[place + 4 : place + 2 + length])
        wide = b"".join(
            bytes((0x10 | payload[i],)) + bytes(b for entry in payload[i + 1 : i + 65] for b in (0, entry))
            for i in range(0, len(payload), 65)
        )
        out[place : place + 2 + length] = segments.build(0xDB, wide)
        place += 4 + len(wide)
    place = out.index(b"\xff\xc0")
    out[place + 1] = 0xC1
    return bytes(out)


@functools.cache
def jpeg_2000() -> dict[str, bytes]:
    """Small JPEG 2000 files, ours and those that OpenJPEG wrote."""
    picture, small = samples.smooth(24, 40)[:14, :18], {"code_block_size": (8, 8), "levels": 2}
    gray = np.ascontiguousarray(picture[..., 0])
    ours = {
        "layers": jpeg2000.encode(picture, layers=3, container="j2k", **small),
        "tiles": jpeg2000.encode(gray, tile_size=(9, 7), progression="PCRL", container="j2k", **small),
        "lossy": jpeg2000.encode(picture, bits_per_pixel=12, comment="a comment", **small),
        "16 bits and opacity": jpeg2000.encode(picture[:6, :6, :2].astype(np.uint16) << 7, **small),
        "high throughput": jpeg2000.encode(gray, high_throughput=True, **small),
        "refined": refined_file(gray, 2, causal=True, layers=3),
        "placeholders": refined_file(gray, 1, placeholders=1),
        "packed headers": packed(FILES["tile_parts"], "PPM"),
    }
    theirs = ("all_styles", "progression_changes", "sub_sampled_by_position", "sub_sampled_grid", "signed")
    return ours | {name: FILES[name] for name in theirs}  # time goes with the largest code-block: few have such


@functools.cache
def larger() -> dict[str, bytes]:
    """Files of some kilobytes, whose scans are cut into several lanes."""
    picture = samples.photograph()[100:180, 150:250]
    kinds: dict[str, dict[str, object]] = {
        "large baseline": {"quality": 75},
        "large 4:4:4": {"quality": 60, "subsampling": 0, "optimize": True},
        "large restarts": {"quality": 75, "restart_marker_blocks": 7},
        "large progressive": {"quality": 75, "progressive": True},
        "large progressive restarts": {"quality": 60, "progressive": True, "restart_marker_rows": 1},
    }
    found = {name: pillow.save(picture, **options) for name, options in kinds.items()}
    found["flat"] = pillow.save(samples.flat(256, 256), quality=75)
    found["noise"] = pillow.save(samples.noise(32, 32), quality=100)
    found["large gray"] = pillow.save(np.ascontiguousarray(picture[..., 1]), quality=90)
    return found


def corpus() -> dict[str, bytes]:
    """The small files of the corpus, where it is there (environment variable NUMJPEG_CORPUS)."""
    folder = os.environ.get("NUMJPEG_CORPUS")
    if not folder:
        return {}
    paths = sorted(p for kind in ("valid", "broken") for p in Path(folder, kind).rglob("*.jp*g"))
    return {str(path): path.read_bytes() for path in paths if path.stat().st_size <= LARGEST}
