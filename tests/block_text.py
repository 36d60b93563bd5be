"""Texts about blocks, read back."""

from __future__ import annotations

import io
import re

import numpy as np
from PIL import Image


def photo(height: int, width: int, channels: int = 3) -> np.ndarray:
    """A picture with edges, slopes and some noise."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [
        np.sin(x / (3 + i)) * 60 + np.cos(y / (5 - i)) * 50 + 120 + 25 * ((x + y) // 9 % 2)
        for i in range(channels)
    ]
    noise = np.random.default_rng(7).integers(-9, 10, (height, width, channels))
    image = np.clip(np.stack(planes, -1) + noise, 0, 255).astype(np.uint8)
    return image[..., 0] if channels == 1 else image


def save(image: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def scan_data(file: bytes) -> bytes:
    """The entropy-coded data of a file with one scan, from SOS to EOI."""
    start = file.index(b"\xff\xda")
    return file[start + 2 + int.from_bytes(file[start + 2 : start + 4], "big") : -2]


def as_scan(stream: str) -> bytes:
    """Bits, filled up with ones and stuffed."""
    stream += "1" * (-len(stream) % 8)
    return int(stream, 2).to_bytes(len(stream) // 8, "big").replace(b"\xff", b"\xff\0")


def bits_of(text: str) -> str:
    found = re.search(r"The block as bits:\n([01 \n]+?)\n(\d+) bits in place of 512", text)
    assert found
    stream = re.sub(r"\s", "", found[1])
    assert len(stream) == int(found[2])
    return stream


def section(text: str, title: str) -> np.ndarray:
    """The 8x8 numbers under a title."""
    found = re.search(rf"^{title}.*\n(?:.*[A-Za-z].*\n)*((?:[ \d.-]+\n?){{8}})", text, re.MULTILINE)
    assert found, title
    return np.array([line.split() for line in found[1].strip().split("\n")], float)
