"""Conversion of colour spaces: a picture's channels <-> a file's components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.stages.blocks import pad_edges, split_blocks
from numjpeg.stages.color import rgb_to_ycbcr, ycbcr_to_rgb
from numjpeg.stages.level_shift import level_shift
from numjpeg.stages.subsampling import downsample

# Colour spaces of a picture, and how many channels they have.
CHANNELS = {"GRAY": 1, "RGB": 3, "BGR": 3, "YCbCr": 3, "CMYK": 4}
COLORSPACES = (*CHANNELS, "raw")  # the targets of :func:`from_components`


class Layout(NamedTuple):
    """How libjpeg stores a colour space."""

    identifiers: bytes  # of each component
    tables: tuple[int, ...]  # of each component, the number of its quantization table and of its Huffman tables


# Colour spaces of a file.
LAYOUTS = {
    "GRAY": Layout(b"\1", (0,)),
    "YCbCr": Layout(b"\1\2\3", (0, 1, 1)),
    "RGB": Layout(b"RGB", (0, 0, 0)),
    "CMYK": Layout(b"CMYK", (0, 0, 0, 0)),
    "YCCK": Layout(b"\1\2\3\4", (0, 1, 1, 0)),
}
_NAMES = {name.lower(): name for name in COLORSPACES} | {"l": "GRAY"}


def canonical_name(colorspace: Any) -> Any:
    """The name as :data:`COLORSPACES` has it, whatever its case; "L" is "GRAY". An unknown name stays as it is.

    >>> canonical_name("ycbcr"), canonical_name("L")
    ('YCbCr', 'GRAY')
    """
    return _NAMES.get(colorspace.lower(), colorspace) if isinstance(colorspace, str) else colorspace


def to_components(samples: NDArray[Any], source: str, stored: str, precision: int = 8) -> NDArray[Any]:
    """Convert a picture's channels into a file's components: the inverse of :func:`from_components`.

    Samples are ``(H, W, channels)``, uint8, or uint16 for more than 8 bits. ``source`` is "GRAY", "RGB", "BGR",
    "YCbCr", or "CMYK" in Pillow's sense (0: no ink). ``stored`` is the same, but "YCbCr" or "RGB" for RGB and BGR.
    """
    if source == "BGR":
        samples, source = samples[..., ::-1], "RGB"
    if source == "CMYK":
        return _inverted(samples, precision)
    return rgb_to_ycbcr(samples, precision) if (source, stored) == ("RGB", "YCbCr") else samples


def to_blocks(
    pixels: NDArray[Any], factors: Sequence[tuple[int, int]], source: str, stored: str, precision: int = 8
) -> list[NDArray[np.int16]]:
    """Turn pixels into each component's level-shifted blocks, int16 ``(rows, columns, 8, 8)``.

    The pixels are a picture, or whole MCU rows of one, as in :func:`to_components`; ``factors`` are the (H, V) of
    each component.
    """
    height, width, _ = pixels.shape
    H, V = map(max, zip(*factors, strict=True))
    # Columns are repeated to whole blocks at once, rows to whole boxes here, and to whole blocks when downsampled.
    channels = to_components(pad_edges(pixels, V, 8 * H, axis=-3), source, stored, precision)
    blocks = []
    for i, (h, v) in enumerate((H // h, V // v) for h, v in factors):
        samples = pad_edges(downsample(level_shift(channels[:, :, i], precision), h, v))
        blocks.append(split_blocks(samples)[: -(-height // (8 * v)), : -(-width // (8 * h))])
    return blocks


_COLOURS, _INKS = ("RGB", "BGR", "YCbCr", "GRAY", "raw"), ("CMYK", "RGB", "BGR", "raw")
_TARGETS = {"YCbCr": _COLOURS, "RGB": _COLOURS, "CMYK": _INKS, "YCCK": _INKS, "raw": ("raw",)}
_TARGETS["GRAY"] = ("GRAY", "RGB", "BGR", "YCbCr", "raw")


def check_conversion(source: str, target: str) -> None:
    """Raise ValueError unless :func:`from_components` can go from ``source`` to ``target``."""
    if target not in _TARGETS[source]:
        raise ValueError(
            f"colorspace: a {source} file cannot be decoded to {target!r}, only to {_TARGETS[source]}"
        )


def _inverted(samples: NDArray[Any], precision: int) -> NDArray[Any]:
    """Ink for light, and light for ink: the largest sample value, 255 for 8 bits, minus the sample."""
    return np.asarray(np.subtract(samples.dtype.type((1 << precision) - 1), samples))


def from_components(samples: NDArray[Any], source: str, target: str, precision: int = 8) -> NDArray[Any]:
    """Convert a file's components into a picture's channels; ValueError if there is no such conversion.

    Samples are ``(H, W, components)``, uint8, or uint16 for more than 8 bits. They become ``(H, W)`` for "GRAY",
    else ``(H, W, channels)``. "CMYK" is 255 - sample as in Pillow, so 0 is no ink; "RGB" is made of it without a
    colour profile. "raw" gives the samples unchanged. ``source`` is the file's: one of :data:`LAYOUTS`, or "raw".
    """
    check_conversion(source, target)
    if target == "raw" or target == source != "CMYK":
        return samples if samples.shape[-1] > 1 else samples[..., 0]
    if target == "BGR":
        return from_components(samples, source, "RGB", precision)[..., ::-1]
    if precision not in (8, 16):  # damaged lossless files have larger samples
        samples = np.minimum(samples, samples.dtype.type((1 << precision) - 1))
    if source == "GRAY":
        if target == "RGB":
            return np.repeat(samples, 3, axis=-1)
        neutral = np.full_like(samples, 1 << precision - 1)
        return np.concatenate([samples, neutral, neutral], axis=-1)
    if source == "YCbCr":
        return samples[..., 0] if target == "GRAY" else ycbcr_to_rgb(samples, precision)
    if source == "RGB":
        ycbcr = rgb_to_ycbcr(samples, precision)
        return ycbcr[..., 0] if target == "GRAY" else ycbcr
    cmyk = _inverted(samples, precision)
    if source == "YCCK":
        cmyk[..., :3] = ycbcr_to_rgb(samples[..., :3], precision)
    if target == "CMYK":
        return cmyk
    # ``(255 - C) (255 - K) / 255`` and so on, rounded, as Pillow computes it. No quotient lies halfway between two
    # integers, and no product exceeds 32 bits.
    most = np.uint32((1 << precision) - 1)
    light = most - cmyk.astype(np.uint32)
    return ((light[..., :3] * light[..., 3:] + most // 2) // most).astype(cmyk.dtype)
