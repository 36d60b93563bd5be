"""A plan that measures the squared error of a small picture for several sets of quantization tables at a time.

A search for a PSNR does this again and again. The forward DCT is done once for a picture. Quantization, inverse
DCT, upsampling and colour conversion follow for each set, as in the plans that read files. For a picture of a few
blocks the calls to NumPy take most of the time. So the coefficients lie in memory ``count`` times, each time for
another set of tables.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from numjpeg.colorspaces import to_components
from numjpeg.container.frame import Frame
from numjpeg.fast.encode_plan import most_pictures
from numjpeg.fast.samples import forward_dct
from numjpeg.fast.samples.inverse_dct import DC_LIMIT, NORM_LIMIT, SQRT_3, BlockTransform
from numjpeg.fast.samples.plan_pixels import MOST_PIXELS, Picture, PixelPlan


def most_sets(frame: Frame) -> int:
    """The largest number of sets of tables that a plan can take; 0 if there is no plan for such pictures."""
    within = MOST_PIXELS // (frame.height * frame.width)
    return min(within, most_pictures(frame)) if frame.usual_sampling else 0


class ErrorPlan:
    """Measures the squared errors of pictures of one kind with ``count`` sets of tables."""

    def __init__(self, frame: Frame, source: str, stored: str, fancy: bool, count: int) -> None:
        """Prepare; ``source`` and ``stored`` are the colour spaces of the pictures and of the files."""
        self.source, self.stored, self.count = source, stored, count
        self.converts = stored == "YCbCr" and source != "YCbCr"
        of_file = "GRAY" if len(frame.components) == 1 else "YCbCr" if self.converts else "components"
        sizes = [frame.block_size(c) for c in frame.components]
        counts = np.repeat([rows * columns for rows, columns in sizes], count)
        # Of each block the number of its table: component by component, and in each set by set.
        self._set_of_block = np.repeat(np.arange(len(counts)), counts)
        self.transform = BlockTransform(len(self._set_of_block))
        self.pixels = PixelPlan(frame, sizes, of_file, fancy, count)
        self._coefficients = self.transform.planes[:8]
        self._frequencies = np.empty_like(self._coefficients)
        self._of_sets = np.ones((8, 8, len(sizes), count), np.float32)
        self._factors, self._steps = np.empty_like(self._frequencies), np.empty_like(self._frequencies)
        self.nbytes = self.transform.nbytes + self.pixels.nbytes + 4 * self._frequencies.nbytes

    def take(self, picture: Picture, frequencies: Sequence[NDArray[np.float32]]) -> None:
        """Take a picture ``(height, width, channels)``, and of each component its coefficients times 8,
        ``(8, 8, blocks)``, from the forward DCT, method "islow".
        """
        first = 0
        for own in frequencies:
            blocks = own.shape[2]
            target = self._frequencies[:, :, first : first + self.count * blocks]
            target.reshape(8, 8, self.count, blocks)[...] = own[:, :, np.newaxis]
            first += self.count * blocks
        # Quantization at most doubles a coefficient, and changes a DC coefficient by at most half of 255.
        every = np.concatenate(frequencies, axis=2)
        dc = np.abs(every[0, 0])
        ac = np.sqrt(np.einsum("uvb,uvb->b", every, every) - dc * dc)
        self._within = bool(
            (dc + 2 * SQRT_3 * ac).max() < 8 * (DC_LIMIT - MAX_STEP / 2) and ac.max() < 4 * NORM_LIMIT
        )
        if not self.converts:
            picture = to_components(picture, self.source, self.stored)
        elif self.source == "BGR":
            picture = picture[..., ::-1]
        planes = picture.transpose(2, 0, 1).astype(np.int16)
        channels, height, width = planes.shape
        if channels > 1:  # as PixelPlan.planes has them
            apart = np.zeros((channels, height, 2, -(-width // 2)), np.int16)
            apart[:, :, 0] = planes[..., ::2]
            apart[:, :, 1, : width // 2] = planes[..., 1::2]
            planes = apart
        self._original = planes.reshape(channels, 1, -1)

    def errors(self, tables: NDArray[np.floating]) -> NDArray[np.int64]:
        """The sum of squared errors over all samples with each of at most ``count`` sets of tables,
        ``(sets, components, 8, 8)``.
        """
        sets = len(tables)
        self._of_sets[..., :sets] = tables.transpose(2, 3, 1, 0)
        steps = self._of_sets.reshape(8, 8, -1)
        factors = forward_dct.reciprocal(steps)
        np.take(steps, self._set_of_block, axis=2, out=self._steps, mode="clip")
        np.take(factors, self._set_of_block, axis=2, out=self._factors, mode="clip")
        forward_dct.quantize(self._frequencies, self._factors, self._coefficients)
        np.subtract(self._coefficients, _INTEGERS, out=self._coefficients)
        np.multiply(self._coefficients, self._steps, out=self._coefficients)
        self.transform()
        if not self._within:
            self.transform.correct()  # this always works: no coefficient is off by more than half a step
        found = self.pixels.planes(self.transform.values)
        difference = found.reshape(len(self._original), self.count, -1) - self._original
        if self.pixels.width % 2 and len(self._original) > 1:
            difference.reshape(*difference.shape[:2], self.pixels.height, 2, -1)[..., 1, -1] = 0
        squares = difference.view(np.uint16)
        squares *= squares  # at most 255^2, which 16 bits hold
        sums: NDArray[np.int64] = squares.sum(axis=(0, 2), dtype=np.int64)[:sets]
        return sums


_INTEGERS = np.float32(forward_dct.INTEGERS)
MAX_STEP = 255
"""The largest entry of a table."""
