"""The forward stages fused for speed: colour, level shift and subsampling in one function; DCT; quantization.

    YcbcrSamples    rgb_to_ycbcr, level_shift, downsample (1x1, 2x1, 2x2), split_blocks
    Transform       fdct ("islow")
    quantize        quantize

Each gives exactly what the stages beside it give, and the tests compare them. Matrix products make it fast: BLAS
reads and writes each value once, where a butterfly of NumPy calls makes about forty passes. The products are exact
in float32 in any order of summation, because every partial sum is an integer below 2^24 (times a power of two).

Samples are float32 ``(9, 8, n)``: column x, row y, block; so the blocks of a tile are contiguous. In front of the
eight columns stands a column of ones. With it a matrix adds the constant that turns a floor into a rounding.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.stages import color
from numjpeg.stages.dct import CONST_BITS, FORWARD, PASS1_BITS
from numjpeg.stages.level_shift import MID_LEVEL
from numjpeg.workspace import cut

Samples = NDArray[np.float32]

RATIOS = ((1, 1), (2, 1), (2, 2))  # subsampling (horizontal, vertical) that :class:`YcbcrSamples` can do
# Pixels that are converted at a time: as float32 with 4 channels they stay in the cache, and the product is below
# :data:`numjpeg.workspace.PRODUCT_LIMIT`.
PIXELS = 1 << 14


def new_samples(blocks: int) -> Samples:
    """Memory for the samples of ``blocks`` blocks, with the column of ones filled in."""
    samples = np.empty((9, 8, blocks), np.float32)
    samples[0] = 1
    return samples


# --- colour, level shift, subsampling --------------------------------------------------------------------


@lru_cache(maxsize=4)
def _color_matrix(source: str, subsampled: bool) -> NDArray[np.float32]:
    """The matrix ``(3, 4)`` from the channels of a pixel, and 1, to Y, Cb and Cr, before the fraction is cut off.

    The weights are multiples of 2^-16. In any order of summation all sums stay between -2^8 and 2^8, so that 24
    bits hold them. The constants are one half, for chrominance one unit of 2^-16 less, and the level shift.
    Chrominance that is going to be subsampled stays 128 higher: above 0 a cast to integers does what floor does.
    """
    chroma = 0.5 - 2.0**-color.FRACTION_BITS + subsampled * MID_LEVEL
    weights = color.FORWARD[:, :: -1 if source == "BGR" else 1] / (1 << color.FRACTION_BITS)
    matrix = np.column_stack([weights, [0.5 - MID_LEVEL, chroma, chroma]]).astype(np.float32)
    matrix.setflags(write=False)
    return matrix


class YcbcrSamples:
    """Converts tiles of one size, of whole MCUs, to level-shifted, subsampled YCbCr blocks.

    It holds the memory for that, and all views of it: to make them takes longer than to compute a small tile.
    A tile is ``height`` (MCU rows * 8 v) by ``width`` (MCU columns * 8 h); ``source`` is "RGB" or "BGR"; ``ratio``
    (h, v) is one of :data:`RATIOS`. A tile holds ``pictures`` pictures of equal height, below each other. Each has
    ``valid_rows`` rows of its own; the others repeat the last of these.

    The pixels are reordered while they are bytes, which are fastest to move. The product writes luminance right
    behind a row of ones, where it stays, and chrominance behind that.
    """

    def __init__(
        self, height: int, width: int, source: str, ratio: tuple[int, int], valid_rows: int, pictures: int = 1
    ) -> None:
        rows, columns = height // 8, width // 8
        n = rows * columns
        # All blocks are in the last axes: channel, x, y, row of blocks, column of blocks.
        self._bytes = np.empty((3, 8, 8, rows, columns), np.uint8)
        self._matrix = _color_matrix(source, ratio != (1, 1))
        channels = self._channels = np.ones((4, min(PIXELS, 64 * n)), np.float32)
        converted = np.empty((25, 8 * n), np.float32)
        converted[0] = 1
        flat_bytes, colors = self._bytes.reshape(3, 64 * n), converted[1:].reshape(3, 64 * n)
        self._pieces = []
        for first in range(0, 64 * n, PIXELS):
            piece = flat_bytes[:, first : first + PIXELS]
            with_1 = channels[:, : piece.shape[1]]
            self._pieces.append((piece, with_1[:3], with_1, colors[:, first : first + PIXELS]))
        self._luma = converted[:9].reshape(9, 8, n)
        self._chroma = converted[9:].reshape(2, 8, 8, n)
        self._ratio = ratio
        if ratio == (1, 1):
            self._samples = [new_samples(n) for _ in range(2)]
        else:
            self._samples = [new_samples(2 * n // (ratio[0] * ratio[1]))]
            self._prepare_subsampling(rows, columns, valid_rows, pictures)
        # The blocks of Y, of Cb and of Cr, each row by row. Subsampled Cb and Cr are in one array.
        self.samples: list[Samples] = [self._luma, *self._samples]

    def _prepare_subsampling(self, rows: int, columns: int, valid_rows: int, pictures: int) -> None:
        h, v = self._ratio
        n = rows * columns
        self._integers = np.empty((2, 8, 8, n), np.int16)
        total = np.empty((2, 4, 8, n), np.int16)
        self._sums = [(self._integers[:, 0::2], self._integers[:, 1::2], total)]
        if v == 2:
            pairs, total = total, np.empty((2, 4, 4, n), np.int16)
            self._sums.append((pairs[:, :, 0::2], pairs[:, :, 1::2], total))
        # The bias alternates by column, as in the stage. Four columns are half a block, so the first is even.
        bias = np.array([v - 1, v] * 2, np.int16) - np.int16(MID_LEVEL * h * v)
        self._total, self._box_bias, self._shift = total, bias.reshape(4, 1, 1), np.int16(v)
        # A block of chrominance is made of h * v blocks' worth: (component, x, y, MCU row, v, MCU column, h).
        mcu_rows, mcu_columns = rows // v, columns // h
        boxes = total.reshape(2, 8 // h, 8 // v, mcu_rows, v, mcu_columns, h)
        samples = self._samples[0][1:]
        by_place = samples.reshape(h, 8 // h, v, 8 // v, 2, mcu_rows, mcu_columns)
        self._moves = [(by_place[:, :, :, :, i], boxes[i].transpose(5, 0, 3, 1, 2, 4)) for i in range(2)]
        # Below the picture the *subsampled* row is repeated.
        valid = -(-(valid_rows - (mcu_rows // pictures - 1) * 8 * v) // v)
        if valid < 8:
            last = samples.reshape(8, 8, 2, pictures, mcu_rows // pictures, mcu_columns)[:, :, :, :, -1]
            self._moves.append((last[:, valid:], last[:, valid - 1 : valid]))

    def __call__(self, tile: NDArray[np.uint8]) -> None:
        """Fill :attr:`samples` from a tile, uint8 ``(height, width, 3)``."""
        _, _, _, rows, columns = self._bytes.shape
        np.copyto(self._bytes, tile.reshape(rows, 8, columns, 8, 3).transpose(4, 3, 1, 0, 2))
        for piece, channels, with_1, colors in self._pieces:
            np.copyto(channels, piece)
            np.matmul(self._matrix, with_1, out=colors)
        np.floor(self._luma, out=self._luma)
        if self._ratio == (1, 1):
            for samples, plane in zip(self._samples, self._chroma, strict=True):
                np.floor(plane, out=samples[1:])
            return
        np.copyto(self._integers, self._chroma, casting="unsafe")
        for even, odd, total in self._sums:
            np.add(even, odd, out=total)
        np.add(self._total, self._box_bias, out=self._total)
        np.right_shift(self._total, self._shift, out=self._total)
        for target, origin in self._moves:
            np.copyto(target, origin)


# --- DCT -------------------------------------------------------------------------------------------------


# Pass 1, in units of 2^-11: the half that rounds, and weights with sums up to 8 * 128 * 8192 = 2^23.
_ROWS = np.full((8, 9), 0.5, np.float32)
_ROWS[:, 1:] = FORWARD / 2.0 ** (CONST_BITS - PASS1_BITS)

LOW_BITS = 7
# A number between 2^15 and 2^16, where float32 has 8 binary places. Adding it rounds to multiples of 2^-8.
RULER = 1.5 * 2**15


def _column_matrix() -> NDArray[np.float32]:
    """Pass 2 in two halves of 8 rows, the high and the low bits of the weights, in units of 2^-8.

    The sums of pass 2 need 28 bits, too many for float32. So the weights are split, w = 128 high + low, where
    |low| <= 64. A row of |high| sums up to at most 2^9 (T.81's weights are below 1.39 * 2^13), and so does a row
    of |low|. Pass 1 gives at most 2^12, so both halves stay below 2^22. The rounding shift by 15 takes in the low
    half at bit 7:

        floor((128 H + L + 2^14) / 2^15) = floor((H + l) / 2^8),   l = floor((L + 2^14) / 2^7)

    l is the integer nearest to (L + 2^14) / 2^7 - 1/2 + 2^-8, which is never halfway between two. The high half
    carries :data:`RULER`, so that the addition of the low one rounds it to that integer by itself.
    """
    shift = CONST_BITS + PASS1_BITS
    high = (FORWARD + (1 << (LOW_BITS - 1))) >> LOW_BITS
    matrix = np.zeros((16, 9))
    matrix[:8, 1:] = high
    matrix[8:, 1:] = FORWARD / 2.0**LOW_BITS - high
    matrix[8:, 0] = 2.0 ** (shift - 1 - LOW_BITS) - 0.5 + 2.0 ** -(LOW_BITS + 1)
    matrix *= 2.0 ** (LOW_BITS - shift)
    matrix[:8, 0] = RULER
    return matrix.astype(np.float32)


_COLUMNS = _column_matrix()
_RULER = np.array(RULER, np.float32)


class Transform:
    """The forward DCT, method "islow", of level-shifted samples; it holds its memory.

    ``groups`` are float32 ``(9, 8, n_i)`` each: a column of ones, and columns of integers -128 .. 127, filled in
    later. Apart from its two rounding shifts the integer method is linear. So each pass is a product with an 8x8
    matrix of integers (the butterfly's results for the unit vectors), then a floor. Measured in ns a pixel of
    4:2:0, both passes take 2.7, the butterfly 24. Pass 2 with its roundings takes 2.2 in two float32 halves, 2.5
    in one float32 product whose sums near a tie are computed again, and 3.0 in float64.
    """

    def __init__(self, groups: Sequence[Samples]) -> None:
        n = sum(samples.shape[2] for samples in groups)
        self._between = between = new_samples(n)
        self._rows, first = [], 0
        for samples in groups:
            self._rows.append((samples.transpose(1, 0, 2), between[1:, :, first : first + samples.shape[2]]))
            first += samples.shape[2]
        halves = np.empty((16, 8, n), np.float32)
        self._columns = list(cut(_COLUMNS, between.reshape(9, 8 * n), halves.reshape(16, 8 * n)))
        self._high, self._low = halves[:8], halves[8:]

    def __call__(self) -> NDArray[np.float32]:
        """Transform the groups: float32 ``(8, 8, n)``, v, u, block: integers, eight times those of ``fdct``."""
        for samples, out in self._rows:
            np.matmul(_ROWS, samples, out=out)
        np.floor(self._between, out=self._between)
        for left, right, out in self._columns:
            np.matmul(left, right, out=out)
        high = self._high
        np.add(high, self._low, out=high)
        np.subtract(high, _RULER, out=high)
        return np.floor(high, out=high)


# --- quantization ----------------------------------------------------------------------------------------


def reciprocals(tables: Sequence[NDArray[np.integer]], counts: Sequence[int]) -> NDArray[np.float32]:
    """The factors for :func:`quantize`, float32 ``(8, 8, n)``: v, u, block.

    ``tables`` are ``(8, 8)`` each, entries 1 .. 65535; ``counts`` says how many blocks go with each. NumPy
    multiplies faster by a factor for each coefficient than by one for all blocks: this saves 0.5 ms a megapixel.
    """
    return reciprocal(np.array(tables).transpose(1, 2, 0)).repeat(counts, axis=2)


def reciprocal(tables: NDArray[Any]) -> NDArray[np.float32]:
    """The factor of each entry of tables of any shape: a little more than 1 / 8q."""
    return ((1 + 2.0**-18) / (8.0 * tables)).astype(np.float32)


def quantize(coefficients: NDArray[np.float32], factors: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Divide by the table and round half away from zero, with one product and one sum.

    ``coefficients`` are those of :class:`Transform`, integers c, 8 times too large; ``factors`` their
    :func:`reciprocals`. ``out``, which may be ``coefficients``, becomes the quotients, -2^15 .. 2^15 - 1, and
    :data:`INTEGERS` more. The low half of each is the quotient as an int16 (:func:`low_halves`).

    With 0 <= c < 2^16, the product is c / 8q times a factor between 1 + 2^-18 - 2^-23 and 1 + 2^-18 + 2^-22. At
    a tie, c / 8q = k + 1/2, it is therefore more than k + 1/2, by many units of its last place. Below the tie
    c / 8q is at most k + 1/2 - 1 / 8q, and the factor adds at most c / 8q * 2^-17 < 1 / 8q. So no product is
    itself a tie, and the nearest integer is the quotient rounded half up; with the sign, away from zero. The sum
    has no binary places, so it is rounded to that integer.
    """
    np.multiply(coefficients, factors, out=out)
    np.add(out, _INTEGERS, out=out)


# Between 2^23 and 2^24 float32 are the integers, and the low bits of their fractions count them from 2^23 on.
INTEGERS = 1.5 * 2**23
_INTEGERS = np.array(INTEGERS, np.float32)


def low_halves(quotients: NDArray[np.float32]) -> NDArray[np.int16]:
    """The results of :func:`quantize` as integers: an int16 view of float32 ``(..., n)``, of the same shape."""
    return quotients.view(np.int16)[..., sys.byteorder == "big" :: 2]
