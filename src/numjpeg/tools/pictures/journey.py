"""A picture's way through the stages: what each of them makes of it, and the bits of each block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Coefficients
from numjpeg.container.frame import Scan, frame_of
from numjpeg.decoder import decode, read_coefficients
from numjpeg.encoder import encode
from numjpeg.entropy.sequential_writer import find_symbols
from numjpeg.stages.blocks import split_blocks
from numjpeg.stages.color import rgb_to_ycbcr
from numjpeg.stages.dct import fdct
from numjpeg.stages.huffman import STANDARD_TABLES, huffman_encode, magnitude_category
from numjpeg.stages.level_shift import inverse_level_shift, level_shift
from numjpeg.stages.mcu_order import deinterleave, pad_to_mcus
from numjpeg.stages.subsampling import downsample
from numjpeg.stages.zigzag import zigzag
from numjpeg.tools.pictures.canvas import Number


@dataclass(frozen=True)
class Journey:
    """A picture at each stage, component by component.

    Attributes
    ----------
    image : uint8 ``(H, W)`` or ``(H, W, 3)``. data : the file. coefficients : what the file holds.
    planes : samples of each component in full size. subsampled : uint8, cut to the component's size.
    transformed : float32 ``(rows, columns, 8, 8)``, the DCT before quantization.
    bits : int64 ``(rows, columns)``, what each block takes in the file.
    decoded : like ``image``.
    block : (row, column) of the luminance block that is shown from near.
    """

    image: NDArray[np.uint8]
    data: bytes
    coefficients: Coefficients
    planes: list[NDArray[np.uint8]]
    subsampled: list[NDArray[np.uint8]]
    transformed: list[NDArray[np.floating]]
    bits: list[NDArray[np.int64]]
    decoded: NDArray[np.uint8]
    block: tuple[int, int]

    @property
    def block_samples(self) -> NDArray[np.uint8]:
        """The samples of the block that is shown from near, uint8 ``(8, 8)``."""
        return np.asarray(split_blocks(_padded(self.subsampled[0], 8, 8))[self.block])


def travel(
    image: NDArray[np.uint8],
    quality: int = 75,
    subsampling: str = "4:2:0",
    block: tuple[int, int] | None = None,
) -> Journey:
    """Run a picture through the stages and keep what each of them makes.

    Parameters
    ----------
    image : uint8 ``(H, W)``, ``(H, W, 1)`` or ``(H, W, 3)``.
    quality, subsampling : as in :func:`numjpeg.encode`.
    block : (row, column) of the luminance block to show from near; None picks one with much detail.

    Raises
    ------
    ValueError, TypeError naming the argument.
    """
    data = encode(image, quality, subsampling=None if image.ndim == 2 else subsampling)
    image = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    coefficients = read_coefficients(data)
    planes = list(np.moveaxis(rgb_to_ycbcr(image), -1, 0)) if image.ndim == 3 else [image]
    h_max, v_max = (max(getattr(c, axis) for c in coefficients.components) for axis in "HV")
    subsampled, transformed = [], []
    for plane, component in zip(planes, coefficients.components, strict=True):
        h, v = h_max // component.H, v_max // component.V
        samples = downsample(_padded(level_shift(plane), v, 8 * h), h, v)
        subsampled.append(inverse_level_shift(samples[: -(-len(plane) // v), : -(-plane.shape[1] // h)]))
        transformed.append(fdct(split_blocks(_padded(samples, 8, 8))))
    bits = bits_per_block(coefficients)
    block = _busy_block(bits[0]) if block is None else block
    if not (0 <= block[0] < bits[0].shape[0] and 0 <= block[1] < bits[0].shape[1]):
        raise ValueError(f"block: {block} is outside {bits[0].shape} (rows, columns) of blocks")
    return Journey(image, data, coefficients, planes, subsampled, transformed, bits, decode(data), block)


def _busy_block(bits: NDArray[np.int64]) -> tuple[int, int]:
    """A block with much detail, yet not the most: nine of ten take fewer bits."""
    chosen = int(np.argsort(bits, axis=None, kind="stable")[9 * bits.size // 10])
    return chosen // bits.shape[1], chosen % bits.shape[1]


def _padded(samples: NDArray[Number], rows: int, columns: int) -> NDArray[Number]:
    """Repeat the last row and column up to whole multiples, as :func:`numjpeg.fast.tiles.analyse` does."""
    below, right = -samples.shape[0] % rows, -samples.shape[1] % columns
    return np.pad(samples, [(0, below), (0, right)], mode="edge")


def bits_per_block(coefficients: Coefficients) -> list[NDArray[np.int64]]:
    """Count the bits that each block takes with the standard Huffman tables, codes and magnitudes.

    Parameters
    ----------
    coefficients : as a baseline file that fits into one scan holds them.

    Returns
    -------
    For each component int64 ``(rows, columns)``; blocks that only fill up an MCU are left out.
    """
    components = coefficients.components
    frame = frame_of(coefficients)
    scan = Scan(frame, tuple(range(len(components))), components, dict(STANDARD_TABLES), 0)
    rows, columns = scan.mcus
    tables = [STANDARD_TABLES[key] for c in components for key in ((0, c.Td), (1, c.Ta))]
    band = [
        pad_to_mcus(zigzag(plane), rows, columns, factor)
        for plane, factor in zip(coefficients.planes, scan.factors, strict=True)
    ]
    (tokens,) = find_symbols(scan, [band])
    _, lengths = huffman_encode(tokens.symbol, tables, tokens.table)
    spent = lengths.astype(np.int64) + magnitude_category(tokens.value)
    starts = np.flatnonzero(tokens.table % 2 == 0)  # a block begins with its DC symbol
    each = np.add.reduceat(spent, starts).astype(np.int16).reshape(-1, scan.blocks_per_mcu, 1)
    planes = deinterleave(np.broadcast_to(each, (*each.shape[:2], 64)), columns, scan.factors)
    return [
        grid[: plane.shape[0], : plane.shape[1], 0].astype(np.int64)
        for grid, plane in zip(planes, coefficients.planes, strict=True)
    ]
