"""The upper half of the hourglass: bands of samples <-> bands of quantized coefficients, by the stages.

Both directions work on bands of whole MCU rows, small enough for a processor's cache, and hand the stages
views of blocks whose memory is 64 planes, one a coefficient: each line of a transform is then a contiguous
array over all blocks of the band.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Component, ceil_div
from numjpeg.stages.blocks import join_blocks, split_blocks
from numjpeg.stages.color import rgb_to_ycbcr, ycbcr_to_rgb
from numjpeg.stages.dct import fdct, idct
from numjpeg.stages.level_shift import inverse_level_shift, level_shift
from numjpeg.stages.quantization import dequantize, quantize
from numjpeg.stages.subsampling import downsample, upsample
from numjpeg.stages.zigzag import inverse_zigzag

Sample = TypeVar("Sample", bound=np.generic)

BAND_PIXELS = 1 << 16
"""Pixels that are analysed at a time."""

ASSEMBLY_PIXELS = 1 << 17
"""Pixels that are upsampled and converted at a time: some 70 calls, 0.2 ms, whatever their number."""

COLORSPACES = ("GRAY", "RGB", "BGR", "YCbCr", "CMYK", "raw")
"""What :func:`from_components` can give."""


# --- pixels to coefficients ------------------------------------------------------------------------------


def analyse(
    image: NDArray[np.uint8],
    components: Sequence[Component],
    tables: Sequence[NDArray[np.uint16]],
    *,
    source: str,
    stored: str,
    dct_method: str = "islow",
) -> Iterator[list[NDArray[np.int16]]]:
    """Turn a picture into quantized coefficients, band by band.

    Parameters
    ----------
    image : uint8 ``(H, W, channels)``, any strides.
    components : one a channel. tables : the quantization table of each.
    source, stored : colour space of the picture and of the file (:func:`to_components`).
    dct_method : as in :func:`numjpeg.stages.dct.fdct`.

    Yields
    ------
    Of each component, int16 ``(block rows, block columns, 8, 8)``: whole MCU rows from top to bottom.
    """
    height, width, _ = image.shape
    h_max, v_max = max(c.H for c in components), max(c.V for c in components)
    mcu_rows = max(1, BAND_PIXELS // (8 * v_max * width))
    for top in range(0, height, 8 * v_max * mcu_rows):
        band = image[top : top + 8 * v_max * mcu_rows]
        # A.2.4 leaves the filling to the encoder: the last row and column are repeated. Rows in two steps,
        # to whole boxes before subsampling and to whole blocks after it; columns to whole blocks at once.
        band = _repeat_edges(band, v_max, 8 * h_max)
        band = to_components(band, source, stored)
        planes = []
        for i, (component, table) in enumerate(zip(components, tables, strict=True)):
            samples = level_shift(band[:, :, i])
            h, v = h_max // component.H, v_max // component.V
            columns = ceil_div(ceil_div(width, h), 8)
            samples = downsample(samples[:, : columns * 8 * h], h, v)
            rows = ceil_div(ceil_div(min(height - top, len(band)), v), 8)
            blocks = split_blocks(_repeat_edges(samples[: rows * 8], 8, 8))
            planes.append(quantize(fdct(_by_coefficient(blocks), dct_method), table))
        yield planes


def to_components(samples: NDArray[np.uint8], source: str, stored: str) -> NDArray[np.uint8]:
    """Convert a picture's channels into a file's components: the inverse of :func:`from_components`.

    Parameters
    ----------
    samples : uint8 ``(H, W, channels)``.
    source : "GRAY", "RGB", "BGR", "YCbCr", or "CMYK" in Pillow's sense (0 for no ink).
    stored : "YCbCr" or "RGB" of "RGB" and "BGR"; else the same as ``source``.
    """
    if source == "BGR":
        samples, source = samples[..., ::-1], "RGB"
    if source == "CMYK":
        return 255 - samples
    return rgb_to_ycbcr(samples) if (source, stored) == ("RGB", "YCbCr") else samples


def _repeat_edges(samples: NDArray[Sample], row_multiple: int, column_multiple: int) -> NDArray[Sample]:
    """Repeat the last row and column until both sides are whole multiples."""
    below, right = -samples.shape[0] % row_multiple, -samples.shape[1] % column_multiple
    if not below and not right:
        return samples
    rest = [(0, 0)] * (samples.ndim - 2)
    return np.pad(samples, [(0, below), (0, right), *rest], mode="edge")


def _by_coefficient(blocks: NDArray[Sample]) -> NDArray[Sample]:
    """The same ``(..., 8, 8)``, in memory 64 planes."""
    planes = np.ascontiguousarray(np.moveaxis(blocks, (-2, -1), (0, 1)))
    return np.moveaxis(planes, (0, 1), (-2, -1))


# --- coefficients to pixels ------------------------------------------------------------------------------


def synthesise(
    sequences: NDArray[np.int16], table: NDArray[np.uint16], dct_method: str = "islow"
) -> NDArray[np.uint8]:
    """Turn a band of one component's coefficients into samples.

    Parameters
    ----------
    sequences : int16 ``(rows, columns, 64)`` in zig-zag order. table : its quantization table.
    dct_method : as in :func:`numjpeg.stages.dct.idct`.

    Returns
    -------
    uint8 ``(rows * 8, columns * 8)``.
    """
    coefficients = dequantize(inverse_zigzag(sequences), table)
    return join_blocks(inverse_level_shift(idct(coefficients, dct_method)))


def assemble(
    planes: Sequence[NDArray[np.uint8]],
    components: Sequence[Component],
    source: str,
    target: str,
    out: NDArray[np.uint8],
    fancy_upsampling: bool = True,
) -> None:
    """Upsample components and convert their colours, band by band, into a picture.

    Parameters
    ----------
    planes : of each component its samples, uint8, cut to ``ceil(H * H_c / H_max)`` columns and likewise rows.
    components : their sampling factors.
    source, target : colour space of the file and of the picture (:func:`from_components`).
    out : uint8 ``(H, W)`` or ``(H, W, channels)``, any strides; filled.
    fancy_upsampling : triangle filter, see :func:`numjpeg.stages.subsampling.upsample`.
    """
    height, width = out.shape[:2]
    h_max, v_max = max(c.H for c in components), max(c.V for c in components)
    used = 1 if target == "GRAY" and source in ("GRAY", "YCbCr") else len(planes)
    by_ratio: dict[tuple[int, int], list[int]] = {}
    for i, c in enumerate(components[:used]):
        by_ratio.setdefault((h_max // c.H, v_max // c.V), []).append(i)
    step = max(1, ASSEMBLY_PIXELS // (v_max * width)) * v_max
    for top in range(0, height, step):
        bottom = min(height, top + step)
        samples = np.empty((used, bottom - top, width), np.uint8)
        for (h, v), group in by_ratio.items():
            # One row more on either side, where there is one: the triangle filter looks at it.
            first, last = max(0, top // v - 1), ceil_div(bottom, v) + 1
            rows = upsample(np.stack([planes[i][first:last] for i in group]), h, v, fancy_upsampling)
            samples[group] = rows[:, top - first * v : bottom - first * v, :width]
        picture = from_components(np.moveaxis(samples, 0, -1), source, target)
        if picture.ndim == 2:
            out[top:bottom] = picture
        else:
            for channel in range(picture.shape[2]):  # plane by plane, as they lie in memory
                out[top:bottom, :, channel] = picture[:, :, channel]


_TARGETS = {
    "GRAY": ("GRAY", "RGB", "BGR", "YCbCr", "raw"),
    "YCbCr": ("RGB", "BGR", "YCbCr", "GRAY", "raw"),
    "RGB": ("RGB", "BGR", "YCbCr", "GRAY", "raw"),
    "CMYK": ("CMYK", "RGB", "BGR", "raw"),
    "YCCK": ("CMYK", "RGB", "BGR", "raw"),
    "raw": ("raw",),
}


def check_conversion(source: str, target: str) -> None:
    """Raise ValueError unless :func:`from_components` can go from ``source`` to ``target``."""
    if target not in _TARGETS[source]:
        raise ValueError(
            f"colorspace: a {source} file cannot be decoded to {target!r}, only to {_TARGETS[source]}"
        )


def from_components(samples: NDArray[np.uint8], source: str, target: str) -> NDArray[np.uint8]:
    """Convert a file's components into a picture's channels.

    Parameters
    ----------
    samples : uint8 ``(H, W, components)``.
    source : "GRAY", "YCbCr", "RGB", "CMYK", "YCCK" or "raw", as the file says.
    target : one of :data:`COLORSPACES`.

    Returns
    -------
    uint8 ``(H, W)`` for "GRAY", else ``(H, W, channels)``. "CMYK" is meant as Pillow means it, 255 - sample, so
    that 0 is no ink; from it "RGB" is made without a colour profile. "raw" are the samples themselves.

    Raises
    ------
    ValueError if there is no such conversion.
    """
    check_conversion(source, target)
    if target == "raw" or target == source != "CMYK":
        return samples if samples.shape[-1] > 1 else samples[..., 0]
    if target == "BGR":
        return from_components(samples, source, "RGB")[..., ::-1]
    if source == "GRAY":
        if target == "RGB":
            return np.repeat(samples, 3, axis=-1)
        neutral = np.full_like(samples, 128)
        return np.concatenate([samples, neutral, neutral], axis=-1)
    if source == "YCbCr":
        return samples[..., 0] if target == "GRAY" else ycbcr_to_rgb(samples)
    if source == "RGB":
        ycbcr = rgb_to_ycbcr(samples)
        return ycbcr[..., 0] if target == "GRAY" else ycbcr
    cmyk = 255 - samples
    if source == "YCCK":
        cmyk[..., :3] = ycbcr_to_rgb(samples[..., :3])
    return cmyk if target == "CMYK" else _without_ink(cmyk)


def _without_ink(cmyk: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB of CMYK inks without a profile: ``(255 - C) (255 - K) / 255`` and so on, as Pillow computes it."""
    white = 255 - cmyk[..., 3:].astype(np.int32)
    product = cmyk[..., :3] * white + 128
    return np.clip(white - (((product >> 8) + product) >> 8), 0, 255).astype(np.uint8)
