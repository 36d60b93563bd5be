"""The forward stages fused for speed: colour, level shift and subsampling in one function; DCT; quantization.

    ycbcr_samples   rgb_to_ycbcr, level_shift, downsample (1x1, 2x1, 2x2), split_blocks
    transform       fdct ("islow")
    quantize        quantize

Each gives exactly what the functions of :mod:`numjpeg.stages` beside it give, and the tests compare them. Matrix
products make it fast: BLAS reads and writes each value once, where a butterfly of NumPy calls makes about forty
passes, and it brings interleaved channels into planes on the way. The products are exact in float32 in any order
of summation, because every partial sum is an integer below 2^24 (times a power of two).

Samples are float32 ``(9, 8, n)``: column x, row y, block; so the blocks of a tile are contiguous. In front of the
eight columns stands one of ones. With it a matrix adds the constant that turns a floor into a rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from numjpeg.fast.products import product
from numjpeg.stages import color
from numjpeg.stages.dct import CONST_BITS, FORWARD, PASS1_BITS
from numjpeg.stages.level_shift import MID_LEVEL
from numjpeg.workspace import Workspace

Samples = NDArray[np.float32]

RATIOS = ((1, 1), (2, 1), (2, 2))
"""(horizontal, vertical) ratios of the chrominance that :func:`ycbcr_samples` knows."""


def new_samples(blocks: int, workspace: Workspace, name: str = "samples") -> Samples:
    """Memory for the samples of ``blocks`` blocks, with the column of ones filled in."""
    samples = workspace.array(name, (9, 8, blocks), np.float32)
    samples[0] = 1
    return samples


# --- colour, level shift, subsampling --------------------------------------------------------------------


@lru_cache(maxsize=2)
def _color_matrix(source: str) -> NDArray[np.float32]:
    """``(24, 24)``: eight interleaved pixels of a row to eight Y, eight Cb and eight Cr.

    A row's weights are multiples of 2^-16, and times 255 they sum up to less than 2^8. So 24 bits hold every
    partial sum.
    """
    channels = slice(None, None, -1 if source == "BGR" else 1)
    matrix = np.zeros((24, 24), np.float32)
    by_pixel = matrix.reshape(3, 8, 8, 3)
    for pixel in range(8):
        by_pixel[:, pixel, pixel] = color.FORWARD[:, channels] / (1 << color.FRACTION_BITS)
    matrix.setflags(write=False)
    return matrix


# Added before the fraction is cut off: one half, for chrominance one unit less; and the level shift of luminance.
_BIAS = np.array([0.5 - MID_LEVEL] + 2 * [0.5 - 2.0**-color.FRACTION_BITS], np.float32).reshape(3, 1, 1)
# Before subsampling chrominance stays 128 higher: above 0 a cast to integers does what floor does.
_BIAS_ABOVE_0 = _BIAS + np.array([0, MID_LEVEL, MID_LEVEL], np.float32).reshape(3, 1, 1)


@lru_cache(maxsize=2)
def _box_bias(h: int, v: int) -> NDArray[np.int16]:
    """What is added to sums of h * v samples before they are shifted, ``(4, 1, 1)``.

    It alternates by column (:mod:`numjpeg.stages.subsampling`). Four columns are half a block, so the first is
    even.
    """
    bias = np.array([v - 1, v] * 2, np.int16) - np.int16(MID_LEVEL * h * v)
    bias.setflags(write=False)
    return bias.reshape(4, 1, 1)


def ycbcr_samples(
    tile: NDArray[np.uint8],
    source: str,
    ratio: tuple[int, int],
    valid_rows: int,
    workspace: Workspace,
    pictures: int = 1,
) -> list[Samples]:
    """Convert a tile of whole MCUs to level-shifted, subsampled YCbCr blocks.

    Parameters
    ----------
    tile : uint8 ``(MCU rows * 8 v, MCU columns * 8 h, 3)``.
    source : order of its channels, "RGB" or "BGR".
    ratio : (h, v), one of :data:`RATIOS`.
    valid_rows : rows of the tile that are in the picture; the others repeat the last one.
    pictures : how many of equal height there are in the tile, below each other; ``valid_rows`` are those of each.

    Returns
    -------
    The blocks of Y, of Cb and of Cr, each row by row. Subsampled Cb and Cr are in one array.

    Notes
    -----
    The product writes luminance right behind a row of ones, where it stays, and chrominance behind that. Measured
    on a tile of 52,000 pixels, 4:2:0: 4.8 ns a pixel, 2.7 of them for the product; the four stages take 8.4.
    """
    h, v = ratio
    height, width, _ = tile.shape
    rows, columns = height // 8, width // 8
    n = rows * columns
    # The rows of a block come first, so that all blocks are in the last axis of what follows.
    pixels = workspace.array("pixels", (8, rows, width * 3), np.float32)
    np.copyto(pixels, tile.reshape(rows, 8, width * 3).transpose(1, 0, 2))
    converted = workspace.array("ycbcr", (25, 8 * n), np.float32)
    converted[0] = 1
    product(_color_matrix(source), pixels.reshape(8 * n, 24).T, converted[1:])
    by_component = converted[1:].reshape(3, 8, 8 * n)
    np.add(by_component, _BIAS if ratio == (1, 1) else _BIAS_ABOVE_0, out=by_component)

    luma = converted[:9].reshape(9, 8, n)
    np.floor(luma, out=luma)
    planes = converted[9:].reshape(2, 8, 8, n)
    if ratio == (1, 1):
        chroma = [new_samples(n, workspace, name) for name in ("Cb", "Cr")]
        for own, plane in zip(chroma, planes, strict=True):
            np.floor(plane, out=own[1:])
        return [luma, *chroma]

    integers = workspace.array("chroma", (2, 8, 8, n), np.int16)
    np.copyto(integers, planes, casting="unsafe")
    total = workspace.array("pairs", (2, 4, 8, n), np.int16)
    np.add(integers[:, 0::2], integers[:, 1::2], out=total)
    if v == 2:
        pairs, total = total, workspace.array("boxes", (2, 4, 4, n), np.int16)
        np.add(pairs[:, :, 0::2], pairs[:, :, 1::2], out=total)
    total += _box_bias(h, v)
    total >>= np.int16(v)
    # A block of chrominance is made of h * v blocks' worth: (component, x, y, MCU row, v, MCU column, h).
    mcu_rows, mcu_columns = rows // v, columns // h
    boxes = total.reshape(2, 8 // h, 8 // v, mcu_rows, v, mcu_columns, h)
    samples = new_samples(2 * mcu_rows * mcu_columns, workspace)
    by_place = samples[1:].reshape(h, 8 // h, v, 8 // v, 2, mcu_rows, mcu_columns)
    for i in range(2):
        np.copyto(by_place[:, :, :, :, i], boxes[i].transpose(5, 0, 3, 1, 2, 4))
    # Below the picture the *subsampled* row is repeated.
    valid = -(-(valid_rows - (mcu_rows // pictures - 1) * 8 * v) // v)
    if valid < 8:
        last = samples[1:].reshape(8, 8, 2, pictures, mcu_rows // pictures, mcu_columns)[:, :, :, :, -1]
        last[:, valid:] = last[:, valid - 1 : valid]
    return [luma, samples]


# --- DCT -------------------------------------------------------------------------------------------------


def _row_matrix() -> NDArray[np.float32]:
    """Pass 1, in units of 2^-11: the half that rounds, and weights with sums up to 8 * 128 * 8192 = 2^23."""
    return np.column_stack([np.full(8, 0.5), FORWARD / 2.0 ** (CONST_BITS - PASS1_BITS)]).astype(np.float32)


LOW_BITS = 7
RULER = 1.5 * 2**15
"""A number between 2^15 and 2^16, where float32 has 8 binary places. Adding it rounds to multiples of 2^-8."""


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
    low = FORWARD - (high << LOW_BITS)
    matrix = np.zeros((16, 9))
    matrix[:8, 1:] = high
    matrix[8:, 1:] = low / 2.0**LOW_BITS
    matrix[8:, 0] = 2.0 ** (shift - 1 - LOW_BITS) - 0.5 + 2.0 ** -(LOW_BITS + 1)
    matrix *= 2.0 ** (LOW_BITS - shift)
    matrix[:8, 0] = RULER
    return matrix.astype(np.float32)


_ROWS = _row_matrix()
_COLUMNS = _column_matrix()


def transform(groups: Sequence[Samples], workspace: Workspace) -> NDArray[np.float32]:
    """Forward DCT, method "islow", of level-shifted samples.

    Parameters
    ----------
    groups : float32 ``(9, 8, n_i)`` each: ones, and integers -128 .. 127.

    Returns
    -------
    float32 ``(8, 8, n)``, the blocks of all groups: eight times what :func:`numjpeg.stages.dct.fdct` gives,
    integers; v, u, block, of which u comes first in memory.

    Notes
    -----
    Apart from its two rounding shifts the integer method is linear. So each pass is a floor after a product with
    an 8x8 matrix of integers, which is what the butterfly makes of the unit vectors. Measured for both passes, in
    ns a pixel of 4:2:0: 2.7, the butterfly 24. For pass 2 with its roundings: two float32 halves 2.2; one float32
    product, with the sums near a tie computed again, 2.5; float64 3.0.
    """
    n = sum(samples.shape[2] for samples in groups)
    between = workspace.array("between", (9, 8, n), np.float32)
    first = 0
    for samples in groups:
        own = between[1:, :, first : first + samples.shape[2]]
        np.matmul(_ROWS, samples.transpose(1, 0, 2), out=own)
        first += samples.shape[2]
    between[0] = 1
    np.floor(between, out=between)
    halves = workspace.array("halves", (8, 16, n), np.float32)
    np.matmul(_COLUMNS, between.transpose(1, 0, 2), out=halves)
    high, low = halves[:, :8], halves[:, 8:]
    np.add(high, low, out=high)
    np.subtract(high, np.float32(RULER), out=high)
    np.floor(high, out=high)
    return high.swapaxes(0, 1)


# --- quantization ----------------------------------------------------------------------------------------


def reciprocals(tables: Sequence[NDArray[np.integer]], counts: Sequence[int]) -> NDArray[np.float32]:
    """What :func:`quantize` multiplies by: a little more than 1 / 8q.

    Parameters
    ----------
    tables : ``(8, 8)`` each, entries 1 .. 65535. counts : how many blocks go with each.

    Returns
    -------
    float32 ``(8, 8, n)``, one for each coefficient. NumPy multiplies faster by these than by one for all blocks:
    0.5 ms a megapixel.
    """
    factors = [((1 + 2.0**-18) / (8.0 * table)).astype(np.float32)[:, :, np.newaxis] for table in tables]
    repeated = [np.repeat(f.swapaxes(0, 1), count, axis=2) for f, count in zip(factors, counts, strict=True)]
    return np.concatenate(repeated, axis=2).swapaxes(0, 1)  # in memory as transform leaves them


def quantize(coefficients: NDArray[np.float32], factors: NDArray[np.float32]) -> None:
    """Divide by the table and round half away from zero, in place, with one product and one rounding.

    Parameters
    ----------
    coefficients : float32 ``(8, 8, n)`` of :func:`transform`: integers c, 8 times too large. Overwritten.
    factors : their :func:`reciprocals`.

    Notes
    -----
    With 0 <= c < 2^16, the product is c / 8q times a factor between 1 + 2^-18 - 2^-23 and 1 + 2^-18 + 2^-22. At
    a tie, c / 8q = k + 1/2, it is therefore more than k + 1/2, by many units of its last place. Below the tie
    c / 8q is at most k + 1/2 - 1 / 8q, and the factor adds at most c / 8q * 2^-17 < 1 / 8q. So no product is
    itself a tie, and the nearest integer is the quotient rounded half up; with the sign, away from zero.
    """
    np.multiply(coefficients, factors, out=coefficients)
    np.rint(coefficients, out=coefficients)
