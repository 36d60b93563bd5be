"""A plan that measures the squared error of a small picture for several sets of quantization tables at a time.

A search for a PSNR does this again and again. The forward DCT is done once for a picture. Quantization, inverse
DCT, upsampling and colour conversion follow for each set. For a picture of a few blocks the calls to NumPy take
most of the time. So the sets go through each call together, one after the other in memory.

Colours are converted by a product in float32. All samples are -128 .. 127, and the weights are multiples of 2^-16.
So partial sums below 256 are exact, and the others belong to results beyond 127, which are clipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.colorspaces import to_components
from numjpeg.container.frame import Frame
from numjpeg.fast.encode_plan import most_pictures
from numjpeg.fast.samples.inverse_dct import DC_LIMIT, NORM_LIMIT, BlockTransform
from numjpeg.fast.samples.plan_pixels import MOST_PIXELS, Picture, PixelPlan
from numjpeg.stages.color import CB_TO_B, CB_TO_G, CR_TO_G, CR_TO_R, ONE
from numjpeg.workspace import PRODUCT_LIMIT, product

Floats = NDArray[np.float32]


def most_sets(frame: Frame) -> int:
    """The largest number of sets of tables that a plan can take; 0 if there is no plan for such pictures."""
    within = MOST_PIXELS // (frame.height * frame.width)
    return min(within, most_pictures(frame)) if frame.usual_sampling else 0


class ErrorPlan:
    """Measures the squared errors of pictures of one kind with at most ``count`` sets of tables."""

    def __init__(self, frame: Frame, source: str, stored: str, fancy: bool, count: int) -> None:
        """Prepare; ``source`` and ``stored`` are the colour spaces of the pictures and of the files."""
        self.source, self.stored, self.count = source, stored, count
        self.converts = stored == "YCbCr" and source != "YCbCr"
        of_file = "GRAY" if len(frame.components) == 1 else "YCbCr" if self.converts else "components"
        sizes = [frame.block_size(c) for c in frame.components]
        channels, blocks = len(sizes), [rows * columns for rows, columns in sizes]
        n = sum(blocks)
        self.transform = BlockTransform(count * n)
        self.pixels = PixelPlan(frame, sizes, of_file, fancy, count, 128)
        self._frequencies = np.empty((8, 8, 1, n), np.float32)
        self._coefficients = self.transform.planes[:8].reshape(8, 8, count, n)
        # Tables become one step for each coefficient by a product, which is the fastest way. It has to add up at
        # least two components to be fast.
        self._component_of_block = np.repeat(np.eye(max(channels, 2), channels, dtype=np.float32), blocks, axis=1)
        tables = np.ones((count, max(channels, 2), 8, 8), np.float32)
        self._tables, self._of_sets = tables[:, :channels], tables.reshape(count, -1, 64).swapaxes(1, 2)
        self._steps = np.empty((8, 8, count, n), np.float32)
        self._of_blocks = self._steps.reshape(64, count, n).swapaxes(0, 1)
        self._multiply: Any = np.matmul if 64 * 3 * n <= PRODUCT_LIMIT else product
        self._prepare_colours(channels)
        own = 2 * self._steps.nbytes + 7 * self._samples.nbytes
        self.nbytes = self.transform.nbytes + self.pixels.nbytes + own

    def _prepare_colours(self, channels: int) -> None:
        """Prepare what follows upsampling."""
        pixel = self.pixels.pixel_of_place()
        # The squares of a channel are summed up in pieces, whose sums float32 can hold.
        pieces = -(-pixel.size // MOST_SQUARES)
        piece = -(-pixel.size // pieces)
        shape = self.count, pieces * piece
        self._samples = np.zeros((channels + 1, *shape), np.float32)
        self._samples[channels] = 0.5
        self._in_use = self._samples[:channels, :, : pixel.size].reshape(self.pixels.planes.shape)
        self._result = np.empty((channels, *shape), np.float32) if self.converts else self._samples[:channels]
        self._rows = self._result.reshape(channels, self.count, pieces, 1, piece)
        self._flat = self._samples.reshape(channels + 1, -1), self._result.reshape(channels, -1)
        # A place without a pixel has the value 0 in the picture, and its samples are multiplied by 0.
        self._kept = (pixel >= 0).astype(np.int16)
        self._picture = np.zeros(self.pixels.height * self.pixels.width * channels + 1, np.float32)
        order = range(channels)[:: -1 if self.converts and self.source == "BGR" else 1]
        places = np.full((channels, 1, shape[1]), len(self._picture) - 1)
        for own, channel in zip(places[:, 0], order, strict=True):
            np.copyto(own[: pixel.size], (pixel * channels + channel).ravel(), where=pixel.ravel() >= 0)
        self._places, self._original = places, np.empty(places.shape, np.float32)

    def take(self, picture: Picture, frequencies: Sequence[Floats]) -> None:
        """Take a picture ``(height, width, channels)``, and of each component its coefficients times 8,
        ``(8, 8, blocks)``, from the forward DCT, method "islow".
        """
        own = self._frequencies
        np.concatenate(frequencies, 2, own[:, :, 0])
        self._within = bool((_BOUNDS @ (own * own).reshape(64, -1)).max() < _LIMIT)
        np.multiply(own, _SCALE, own)
        if not self.converts:
            picture = to_components(picture, self.source, self.stored)
        np.subtract(picture.reshape(-1), _MIDDLE, self._picture[:-1])
        self._picture.take(self._places, None, self._original, "clip")

    def errors(self, tables: NDArray[np.floating]) -> NDArray[np.int64]:
        """The sum of squared errors over all samples with each of at most ``count`` sets of tables,
        ``(sets, components, 8, 8)``.
        """
        sets, coefficients, result = len(tables), self._coefficients, self._result
        self._tables[:sets] = tables
        self._multiply(self._of_sets, self._component_of_block, self._of_blocks)
        np.divide(self._frequencies, self._steps, coefficients)
        np.rint(coefficients, coefficients)
        np.multiply(coefficients, self._steps, coefficients)
        self.transform()
        if not self._within:
            self.transform.correct()  # this always works: no coefficient is off by more than half a step
        np.multiply(self.pixels.upsample(self.transform.values), self._kept, self._in_use)
        if self.converts:
            product(_TO_RGB, *self._flat)
            np.floor(result, result)
            result.clip(_LEAST, _MOST, result)
        np.subtract(result, self._original, result)
        sums = np.matmul(self._rows, self._rows.swapaxes(3, 4))
        totals: NDArray[np.int64] = np.add.reduce(sums, (0, 2, 3, 4), np.float64)[:sets].astype(np.int64)
        return totals


_SCALE = np.array((1 + 2.0**-18) / 8, np.float32)
"""Enlarges a coefficient a little, as :func:`numjpeg.fast.samples.forward_dct.quantize` does. Then its quotient
can be rounded to the nearest integer. The two roundings in float32 stay within the limits given there."""
_MIDDLE, _LEAST, _MOST = (np.array(value, np.float32) for value in (128, -128, 127))
_TO_RGB = np.array(
    [[ONE, 0, CR_TO_R, ONE], [ONE, -CB_TO_G, -CR_TO_G, ONE], [ONE, CB_TO_B, 0, ONE]], np.float32
) / np.float32(ONE)
MAX_STEP = 255
"""The largest entry of a table."""


def _bounds() -> tuple[Floats, float]:
    """Weights of the squares of a block's coefficients, times 8, and a limit of the three weighted sums. Below it
    the bounds of :mod:`numjpeg.fast.samples.inverse_dct` hold, whatever the tables.

    Quantization at most doubles a coefficient, and changes DC by at most half of 255. The first bound is a sum of
    |DC| and a norm; (a + b)^2 is at most 2 a^2 + 2 b^2, and also at most 9 / 8 a^2 + 9 b^2.
    """
    limit = DC_LIMIT**2 - 2 * 9 * (MAX_STEP / 2) ** 2
    weights = np.zeros((3, 8, 8))
    weights[0, 0, 0], weights[0, 2::2, 0] = 2 * 9 / 8, 2 * 3 * 4
    weights[1, ::2, 1:] = weights[2, 1::2] = 4 * limit / NORM_LIMIT**2
    return weights.reshape(3, 64).astype(np.float32), 64 * limit


_BOUNDS, _LIMIT = _bounds()
MOST_SQUARES = 256
"""So many squares, of numbers up to 255, float32 can sum up."""
