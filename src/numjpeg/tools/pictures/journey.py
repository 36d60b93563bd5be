"""A picture's way through the stages: what each of them makes of it, and the bits of each block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numjpeg import pipeline
from numjpeg.coefficient_files.reader import read_coefficients
from numjpeg.coefficients import Coefficients
from numjpeg.decoder import decode
from numjpeg.encoder import encode
from numjpeg.forensics import bits_per_block
from numjpeg.stages.blocks import pad_edges, split_blocks
from numjpeg.stages.level_shift import inverse_level_shift
from numjpeg.tools.observe import observed


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
    block : (row, column) of the luminance block that is shown enlarged.
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
        """The samples of the block that is shown enlarged, uint8 ``(8, 8)``."""
        return np.asarray(split_blocks(pad_edges(self.subsampled[0]))[self.block])


def travel(
    image: NDArray[np.uint8], quality: int = 75, subsampling: str = "4:2:0", block: tuple[int, int] | None = None
) -> Journey:
    """Run a picture through the stages and keep what each of them makes.

    Parameters
    ----------
    image : uint8 ``(H, W)``, ``(H, W, 1)`` or ``(H, W, 3)``.
    quality, subsampling : as in :func:`numjpeg.encode`.
    block : (row, column) of the luminance block to show enlarged; None picks one with much detail.

    Raises
    ------
    ValueError, TypeError naming the argument.
    """
    data = encode(image, quality, subsampling=None if image.ndim == 2 else subsampling)
    image = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    coefficients = read_coefficients(data)
    with observed() as calls:
        pipeline.pixels_to_coefficients(image, quality, subsampling)
    planes = [call.arguments[0] for call in calls if call.stage == "level_shift"]
    transformed = [call.result for call in calls if call.stage == "fdct"]
    averages = [(call.result, *call.arguments[1:]) for call in calls if call.stage == "downsample"]
    subsampled = [
        inverse_level_shift(samples[: -(-len(plane) // v), : -(-plane.shape[1] // h)])
        for plane, (samples, h, v) in zip(planes, averages, strict=True)
    ]
    bits = bits_per_block(coefficients)
    block = _busy_block(bits[0]) if block is None else block
    if not (0 <= block[0] < bits[0].shape[0] and 0 <= block[1] < bits[0].shape[1]):
        raise ValueError(f"block: {block} is outside {bits[0].shape} (rows, columns) of blocks")
    return Journey(image, data, coefficients, planes, subsampled, transformed, bits, decode(data), block)


def _busy_block(bits: NDArray[np.int64]) -> tuple[int, int]:
    """A block with much detail, yet not the most: nine of ten take fewer bits."""
    chosen = int(np.argsort(bits, axis=None, kind="stable")[9 * bits.size // 10])
    return chosen // bits.shape[1], chosen % bits.shape[1]
