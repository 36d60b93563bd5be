"""A plan that measures the squared error of a small picture for several sets of quantization tables at a time.

A search for a PSNR does this again and again. The forward DCT is done once for a picture. Quantization, inverse
DCT, upsampling and colour conversion follow for each set. For a picture of a few blocks the calls to NumPy take
most of the time. So the sets go through each call together, one after the other in memory.

Colours are converted by a product in float32. All samples are -128 .. 127, and the weights are multiples of 2^-16.
So partial sums below 256 are exact, and the others belong to results beyond 127, which are clipped.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from numjpeg.colorspaces import to_components
from numjpeg.container.frame import Frame
from numjpeg.fast.encode_plan import most_pictures
from numjpeg.fast.samples.inverse_dct import DC_LIMIT, BlockTransform, Step, largest_sum, run
from numjpeg.fast.samples.plan_pixels import MOST_PIXELS, Picture, PixelPlan
from numjpeg.stages.color import CB_TO_B, CB_TO_G, CR_TO_G, CR_TO_R, ONE
from numjpeg.workspace import cut

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
        coefficients, steps = (
            self.transform.planes[:8].reshape(8, 8, count, n),
            np.empty((8, 8, count, n), np.float32),
        )
        # Tables become one step for each coefficient by a product, which is the fastest way. It has to add up at
        # least two components to be fast.
        component_of_block = np.repeat(np.eye(max(channels, 2), channels, dtype=np.float32), blocks, axis=1)
        tables = np.ones((count, max(channels, 2), 8, 8), np.float32)
        self._tables, of_sets = tables[:, :channels], tables.reshape(count, -1, 64).swapaxes(1, 2)
        of_blocks = steps.reshape(64, count, n).swapaxes(0, 1)
        self._first_steps: list[Step] = [
            *((np.matmul, piece) for piece in cut(of_sets, component_of_block, of_blocks)),
            (np.divide, (self._frequencies, steps, coefficients)),
            (np.rint, (coefficients, coefficients)),
            (np.multiply, (coefficients, steps, coefficients)),
            *self.transform.steps,
        ]
        self._prepare_colours(channels)
        self.nbytes = (
            self.transform.nbytes + self.pixels.nbytes + 2 * steps.nbytes + 5 * self._original.nbytes * count
        )

    def _prepare_colours(self, channels: int) -> None:
        """Prepare what follows upsampling."""
        pixels, ys, xs = self.pixels, self.pixels.rows, self.pixels.columns
        inside = ((ys < pixels.height) & (xs >= 0) & (xs < pixels.width)).ravel()
        # The squares of a channel are summed up in pieces, whose sums float32 can hold.
        pieces = -(-inside.size // MOST_SQUARES)
        piece = -(-inside.size // pieces)
        samples = np.zeros((channels + 1, self.count, pieces * piece), np.float32)
        # At places without a pixel luma is so dark that the colour is black; without a conversion all are 0.
        none = -128 if self.converts else 0
        samples[0], samples[channels] = 4 * none, 0.5
        pixels.level[: self.count * inside.size].reshape(self.count, -1)[:, ~inside] -= np.int16(32 * none)
        pixels.write_to(samples[:channels, :, : inside.size].reshape(pixels.shape))
        result = samples[:channels]
        self._last_steps: list[Step] = [(pixels.upsample, (self.transform.values,))]
        if self.converts:
            result = np.empty_like(result)
            flat = samples.reshape(channels + 1, -1), result.reshape(channels, -1)
            self._last_steps += [(np.matmul, piece) for piece in cut(_TO_RGB, *flat)]
            self._last_steps += [(np.floor, (result, result)), (result.clip, (_LEAST, _MOST, result))]
        elif not inside.all():
            kept = inside.reshape(pixels.shape[2:]).astype(np.float32)
            self._last_steps.append((np.multiply, (pixels.planes, kept, pixels.planes)))
        rows = result.reshape(channels, self.count, pieces, 1, piece)
        self._sums = np.empty((channels, self.count, pieces, 1, 1), np.float32)
        self._original = np.full((channels, 1, pieces * piece), none, np.float32)
        self._last_steps.append((np.subtract, (result, self._original, result)))
        self._last_steps.append((np.matmul, (rows, rows.swapaxes(3, 4), self._sums)))
        # The picture as it is given, and where its pixels go. In the planes columns lie apart, and so may rows.
        planes = self._original[:, 0, : inside.size].reshape(channels, *pixels.shape[2:])
        if channels == 1:
            self._picture, self._moves = planes[0].transpose(1, 2, 0), []
        else:
            planes = planes[..., pixels.edge : planes.shape[-1] - pixels.edge]
            _, _, v, rows, columns = planes.shape
            even = np.full((rows * v, 2 * columns, channels), none, np.float32)
            order = -1 if self.converts and self.source == "BGR" else 1
            self._picture = even[: pixels.height, : pixels.width, ::order]
            self._moves = [(planes, even.reshape(rows, v, columns, 2, channels).transpose(4, 3, 1, 0, 2))]

    def take(self, picture: Picture, frequencies: Sequence[Floats]) -> None:
        """Take a picture ``(height, width, channels)``, and of each component its coefficients times 8,
        ``(8, 8, blocks)``, from the forward DCT, method "islow".
        """
        own = self._frequencies
        np.concatenate(frequencies, 2, own[:, :, 0])
        # A coefficient is at most doubled, and DC changes by at most half of MAX_STEP. So the square of DC
        # is at most 9 / 8 of what it was, plus 9 times the square of that half.
        squares = own * own
        squares[0, 0] *= 9 / 32
        self._within = 4 / 64 * largest_sum(squares.reshape(64, -1)) < DC_LIMIT**2 - 18 * (MAX_STEP / 2) ** 2
        np.multiply(own, _SCALE, own)
        if not self.converts:
            picture = to_components(picture, self.source, self.stored)
        np.subtract(picture, _MIDDLE, self._picture)
        for target, moved in self._moves:
            np.copyto(target, moved)

    def errors(self, tables: NDArray[np.floating]) -> NDArray[np.int64]:
        """The sum of squared errors over all samples with each of at most ``count`` sets of tables,
        ``(sets, components, 8, 8)``.
        """
        self._tables[: len(tables)] = tables
        run(self._first_steps)
        if not self._within:
            self.transform.correct()  # this always works: no coefficient is off by more than half a step
        run(self._last_steps)
        totals: NDArray[np.int64] = np.add.reduce(self._sums, (0, 2, 3, 4), np.float64).astype(np.int64)
        return totals[: len(tables)]


_SCALE = np.array((1 + 2.0**-18) / 8, np.float32)
"""Enlarges a coefficient a little, as :func:`numjpeg.fast.samples.forward_dct.quantize` does. Then its quotient
can be rounded to the nearest integer. The two roundings in float32 stay within the limits given there."""
_MIDDLE, _LEAST, _MOST = (np.array(value, np.float32) for value in (128, -128, 127))
_TO_RGB = np.array(
    [[ONE, 0, CR_TO_R, ONE], [ONE, -CB_TO_G, -CR_TO_G, ONE], [ONE, CB_TO_B, 0, ONE]], np.float32
) / np.float32(ONE)
MAX_STEP = 255
"""The largest entry of a table."""

MOST_SQUARES = 256
"""So many squares, of numbers up to 255, float32 can sum up."""
