"""Files to be edited without loss."""

from __future__ import annotations

import numpy as np

import numjpeg

JPEGTRAN = {
    "none": [],
    "flip_horizontal": ["-flip", "horizontal"],
    "flip_vertical": ["-flip", "vertical"],
    "rotate_90": ["-rotate", "90"],
    "rotate_180": ["-rotate", "180"],
    "rotate_270": ["-rotate", "270"],
    "transpose": ["-transpose"],
    "transverse": ["-transverse"],
}


KINDS = {
    "4:4:4": {"subsampling": "4:4:4"},
    "4:2:2": {"subsampling": "4:2:2"},
    "4:4:0": {"subsampling": "4:4:0"},
    "4:2:0": {"subsampling": "4:2:0"},
    "4:1:1": {"subsampling": "4:1:1"},
    "restart": {"restart_marker_blocks": 3},
    "progressive": {"progressive": True},
    "keep_rgb": {"keep_rgb": True},
    "metadata": {"dpi": (300, 200), "comment": "a comment", "icc_profile": b"profile" * 9},
}


def picture(height: int, width: int, channels: int = 3) -> np.ndarray:
    rng = np.random.default_rng(height * 1000 + width)
    coarse = rng.integers(0, 256, (height // 5 + 2, width // 5 + 2, channels))
    return np.repeat(np.repeat(coarse, 5, 0), 5, 1)[:height, :width].astype(np.uint8)


def files(height: int, width: int) -> dict[str, bytes]:
    found = {name: numjpeg.encode(picture(height, width), 80, **options) for name, options in KINDS.items()}
    found["gray"] = numjpeg.encode(picture(height, width, 1)[..., 0], 80)
    found["gray 2x2"] = numjpeg.encode(picture(height, width, 1)[..., 0], 80, subsampling="4:2:0")
    found["cmyk"] = numjpeg.encode(picture(height, width, 4), 80, colorspace="CMYK")
    return found


def exif(*, order: str, orientation: int, size: tuple[int, int], thumbnail: bytes = b"") -> bytes:
    """EXIF with an orientation, the size tags in the Exif directory, and a thumbnail."""

    def entry(tag: int, kind: int, value: int) -> bytes:
        raw = value.to_bytes(2, order).ljust(4, b"\0") if kind == 3 else value.to_bytes(4, order)
        return tag.to_bytes(2, order) + kind.to_bytes(2, order) + (1).to_bytes(4, order) + raw

    def directory(entries: list[bytes], following: int) -> bytes:
        return len(entries).to_bytes(2, order) + b"".join(entries) + following.to_bytes(4, order)

    first = 8
    sub = first + 2 + 2 * 12 + 4
    second = sub + 2 + 2 * 12 + 4
    data = second + 2 + 2 * 12 + 4
    head = (b"MM\0\x2a" if order == "big" else b"II\x2a\0") + first.to_bytes(4, order)
    height, width = size
    return b"Exif\0\0" + b"".join(
        (
            head,
            directory([entry(0x0112, 3, orientation), entry(0x8769, 4, sub)], second if thumbnail else 0),
            directory([entry(0xA002, 3, width), entry(0xA003, 4, height)], 0),
            directory([entry(0x0201, 4, data), entry(0x0202, 4, len(thumbnail))], 0),
            thumbnail,
        )
    )


def without_jfif(data: bytes) -> bytes:
    """As cameras write: EXIF is the first segment."""
    assert data[2:4] == b"\xff\xe0"
    return data[:2] + data[4 + int.from_bytes(data[4:6], "big") :]
