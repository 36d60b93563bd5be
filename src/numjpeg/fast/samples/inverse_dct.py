"""The inverse stages fused for speed: from zig-zag sequences, as a scan gives them, to the samples of a plane.

    samples   inverse_zigzag, dequantize, idct ("islow"), inverse_level_shift, join_blocks

It gives exactly what these stages give, and the tests compare them. Without it, decoding 2 megapixels takes 7 to
9 % longer. As in :mod:`numjpeg.fast.samples.forward_dct`, matrix products in float32 make it fast.

**Pass 1** is one product. Its matrix of 64 rows holds zig-zag order, quantization table and column transform. It
turns sequences of 64 into 64 planes whose blocks are contiguous. Its sums would need 25 bits, but the transform is
symmetric: output y is the sum of an even part (coefficients v = 0, 2, 4, 6) and an odd one, output 7 - y their
difference. The parts need 24 bits.

**Pass 2** needs 28 bits. So its weights are split, w = 128 high + low with |low| <= 64, and there are two products
that need fewer. The rounding shift by 18 takes in the low one at bit 7:

    floor((128 H + L + 2^17) / 2^18) = floor((H + floor(L / 2^7) + 2^10) / 2^11)

In units of 2^11, the high product carries :data:`RULER`, so that the sum of both has 11 binary places and no more.
The low one has a bias of less than one half, so that the sum rounds it to floor(L / 2^7) by itself.

**Which blocks.** Let q c be a dequantized coefficient and ‖·‖ the root of a sum of squares. The even part's weight
for v = 0 is 8192, and the squares of those for v = 2, 4, 6 sum up to 3 * 8192^2. By the inequality of Cauchy and
Schwarz no partial sum of pass 1 exceeds 2^24 if

    |DC| + sqrt 3 ‖q c, v = 2, 4, 6, u = 0‖ < 2048,   ‖q c, v even, u > 0‖ < 1024   and   ‖q c, v odd‖ < 1024.

Then the results of pass 1 are below 2^14, pass 2 stays exact, and nothing overflows 16 bits. The samples of a
block are at most 128 in magnitude, so their norm is at most 1024, and so is that of its coefficients. Only the
errors of coarse quantization, or a constructed file, exceed it. Such blocks go through the stages.

Within the bounds no sample, and no partial sum of pass 2, exceeds 1870 before it is clipped. It is DC / 8 and at
most the norm of the other coefficients, sqrt(2 * 1024^2 + a^2), where a is that for v = 2, 4, 6, u = 0, and
|DC| is below 2048 - sqrt 3 a. With the level shift, and the low product below 20, it stays below 2^11.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.stages.dct import CONST_BITS, INVERSE_MATRIX, PASS1_BITS, idct
from numjpeg.stages.level_shift import MID_LEVEL, inverse_level_shift
from numjpeg.stages.quantization import dequantize
from numjpeg.stages.zigzag import NATURAL, inverse_zigzag
from numjpeg.workspace import PRODUCT_LIMIT, Workspace, cut, product

Floats = NDArray[np.float32]
Step = tuple[Callable[..., Any], tuple[Any, ...]]  # a call with its operands, the result among them

# Blocks that are worked on at a time, or one row of them: 5 MB and about 45 calls. With half as many, a sample
# takes 0.4 ns more.
CHUNK = 3072

SHIFT_1, SHIFT_2 = CONST_BITS - PASS1_BITS, CONST_BITS + PASS1_BITS + 3
LOW_BITS = 7
# The bounds above, with room for the bias of one half and for the error of squares in float32.
PART_LIMIT = 2.0 ** (24 - SHIFT_1) - 2
DC_LIMIT, NORM_LIMIT = 2047.0, 1023.0
IN_SUMS = np.zeros((3, 8, 8), np.float32)  # the squares' weights in the three sums that have bounds
IN_SUMS[0, 2::2, 0], IN_SUMS[1, ::2, 1:], IN_SUMS[2, 1::2] = 3, 1, 1
# A block is within the bounds if the sums with these weights are below DC_LIMIT^2: (a + b)^2 <= 2 a^2 + 2 b^2.
ENOUGH = IN_SUMS.reshape(3, 64) * np.array([[2], [4.01], [4.01]], np.float32)
ENOUGH[0, 0] = 2


@lru_cache(maxsize=8)
def _column_matrix(table: bytes) -> tuple[Floats, Floats]:
    """Pass 1, ``(64, 65)`` in units of 2^-11, and the magnitudes of its first 64 columns.

    Rows: those of the even part, then of the odd one, each y = 0 .. 3 by u. Columns: the sequence, then the
    constant that turns a floor into a rounding, which only the even part has.
    """
    step = np.frombuffer(table, np.uint16).reshape(8, 8)
    weights = np.zeros((2, 4, 8, 8, 8))  # part, y, u; v, u
    u = np.arange(8)
    for v in range(8):
        weights[v % 2][:, u, v, u] = np.outer(INVERSE_MATRIX[:4, v], step[v])
    matrix = np.zeros((64, 65), np.float32)
    matrix[:, :64] = weights.reshape(64, 64)[:, NATURAL] / 2.0**SHIFT_1
    matrix[:32, 64] = 0.5
    return matrix, np.abs(matrix[:, :64])


# Columns of a block in the order in which pass 2 gives them, and :func:`_store` packs them into bytes.
BYTES = [x if sys.byteorder == "little" else x ^ 3 for x in (0, 4, 2, 6, 1, 5, 3, 7)]
# Pass 2, in samples: the high weights, with what is added to them; then the low ones.
RULER = 1.5 * 2**12  # between 2^12 and 2^13 float32 has 11 binary places
ROWS = np.zeros((16, 9), np.float32)
ROWS[:8, :8] = np.floor(INVERSE_MATRIX[BYTES] / 2.0**LOW_BITS + 0.5)
ROWS[8:, :8] = INVERSE_MATRIX[BYTES] / 2.0**LOW_BITS - ROWS[:8, :8]
ROWS *= 2.0 ** (LOW_BITS - SHIFT_2)
ROWS[:8, 8] = RULER + MID_LEVEL + 0.5
ROWS[8:, 8] = (2.0 ** -(LOW_BITS + 1) - 0.5) * 2.0 ** (LOW_BITS - SHIFT_2)
LEAST, MOST = np.array(RULER, np.float32), np.array(RULER + 255, np.float32)
SUM_LIMIT = (2048 - 150) / float(np.abs(ROWS[:, :8]).max())  # of all parts that a sample takes in


def samples(
    sequences: NDArray[np.int16], table: NDArray[np.integer], out: NDArray[np.uint8], workspace: Workspace
) -> None:
    """Turn zig-zag sequences, C-ordered int16 ``(rows, columns, 64)``, into samples.

    ``out``, uint8 ``(rows * 8, columns * 8)``, each row contiguous, is filled. Measured on a 2-megapixel
    photograph of quality 85, in ns a sample: 5.7, the stages 8.3. The two products take 1.7 and 0.9 of it, the
    change from planes of blocks to rows of samples 0.7.
    """
    rows, columns, _ = sequences.shape
    steps = np.ascontiguousarray(table, np.uint16)
    step = max(1, CHUNK // max(1, columns))
    for top in range(0, rows, step):
        part = sequences[top : top + step]
        target = out[top * 8 : (top + len(part)) * 8].reshape(len(part), 8, columns, 8)
        _some_rows(part, steps, target, workspace)


def _some_rows(
    sequences: NDArray[np.int16], table: NDArray[np.uint16], target: NDArray[np.uint8], workspace: Workspace
) -> None:
    """Turn sequences ``(rows, columns, 64)`` into samples ``(rows, 8, columns, 8)``."""
    rows, columns, _ = sequences.shape
    n = rows * columns
    if not n:
        return
    sequences = sequences.reshape(n, 64)
    peaks = peaks_of(sequences)
    weights, magnitudes = _column_matrix(table.tobytes())
    # For most chunks this shows that every block is within the bounds, at a tenth of the cost of the norms.
    sums = magnitudes @ peaks
    exact = float(sums.max()) <= PART_LIMIT and float(sums.reshape(2, 4, 8).sum((0, 2)).max()) <= SUM_LIMIT
    k = int(np.flatnonzero(peaks)[-1]) + 1 if peaks.any() else 1
    if k < 64:
        weights = np.concatenate([weights[:, :k], weights[:, 64:]], axis=1)
    inputs = workspace.array("inputs", (n, k + 1), np.float32)
    np.copyto(inputs[:, :k], sequences[:, :k])
    inputs[:, k] = 1
    parts = product(weights, inputs.T, workspace.array("parts", (64, n), np.float32))
    between = workspace.array("between", (8, 9, n), np.float32)
    between[:, 8] = 1
    halves = workspace.array("halves", (16, 8, n), np.float32)
    values = workspace.array("values", (8, 8, n), np.uint16)
    run(_pass_2(parts, between, halves, values))
    values[:4] -= np.uint16(RULER)  # in the others the upper byte is lost
    _store(values, target, workspace)

    if not exact:
        inexact = _inexact(inputs, table, workspace)
        if len(inexact):
            coefficients = dequantize(inverse_zigzag(sequences[inexact]), table)
            target[inexact // columns, :, inexact % columns] = inverse_level_shift(idct(coefficients))


def run(steps: Iterable[Step]) -> None:
    """Make calls that have been prepared."""
    for call, operands in steps:
        call(*operands)


def _pass_2(parts: Floats, between: Floats, halves: Floats, values: NDArray[Any]) -> list[Step]:
    """The steps from the parts of pass 1, ``(64, n)``, to ``values``: samples, 0 .. 255, plus :data:`RULER`,
    ``(8, 8, n)``. ``between`` is ``(8, 9, n)``, and its ninth row is ones; ``halves`` is ``(16, 8, n)``.
    """
    even, odd = parts.reshape(2, 4, 8, -1)
    high, low = halves[:8], halves[8:]
    return [
        (np.add, (even, odd, between[:4, :8])),
        (np.subtract, (even, odd, between[4:, :8])),  # rows 7, 6, 5, 4
        (np.floor, (between, between)),
        *((np.matmul, piece) for piece in cut(ROWS, between, halves.swapaxes(0, 1))),
        (np.add, (high, low, high)),
        (high.clip, (LEAST, MOST, high)),
        (np.copyto, (values, high, "unsafe")),  # cuts off the fraction
    ]


def _store(values: NDArray[np.uint16], target: NDArray[np.uint8], workspace: Workspace) -> None:
    """Bring samples ``(8, 8, blocks)``, columns and rows as pass 2 gives them, into ``(rows, 8, columns, 8)``.

    ``values`` are overwritten. Four samples side by side become one number and are written together: 0.6 ns a
    sample instead of 0.9. Thanks to the order of the columns (:data:`BYTES`) each line below is one pass over long
    runs of memory, which takes NumPy a third of the time of short ones.
    """
    rows, _, columns, _ = target.shape
    pairs = values[4:]
    pairs *= 1 << 8
    pairs += values[:4]
    fours = workspace.array("fours", (2, 8, values.shape[2]), np.uint32)
    np.copyto(fours, pairs[2:])
    fours *= 1 << 16
    fours += pairs[:2]
    words = target.view(np.uint32)
    by_row = fours.reshape(2, 8, rows, columns).swapaxes(1, 2)
    for half in range(2):
        words[:, :4, :, half] = by_row[half, :, :4]
        words[:, :3:-1, :, half] = by_row[half, :, 4:]


SQRT_3 = np.float32(3**0.5)
# Pass 1 in units of 2^-11: the even part of outputs 0 to 3, then the odd part. In the last column, the constant
# that turns a floor into a rounding.
_COLUMNS = np.zeros((8, 9), np.float32)
_COLUMNS[:4, 0:8:2] = INVERSE_MATRIX[:4, ::2] / 2.0**SHIFT_1
_COLUMNS[4:, 1:8:2] = INVERSE_MATRIX[:4, 1::2] / 2.0**SHIFT_1
_COLUMNS[:4, 8] = 0.5

# Rows of a block in the order in which pass 2 gives them; its columns are in that of :data:`BYTES`.
ROW_ORDER = [0, 1, 2, 3, 7, 6, 5, 4]


class BlockTransform:
    """The inverse DCT of a fixed number of dequantized blocks, for plans: it holds its memory.

    ``planes`` are float32 ``(9, 8, n)``: vertical frequency, horizontal frequency, block. The caller fills the
    first eight rows; the ninth is ones. So pass 1 is one product, whatever the tables. ``values`` are the samples
    0 .. 255 plus :data:`RULER`, int16 ``(8, 8, n)``, columns and rows as pass 2 gives them.
    """

    def __init__(self, blocks: int) -> None:
        n = blocks
        self.planes, parts = np.ones((9, 8, n), np.float32), np.empty((8, 8 * n), np.float32)
        self.values = np.empty((8, 8, n), np.int16)
        between, halves = np.ones((8, 9, n), np.float32), np.empty((16, 8, n), np.float32)
        self.steps: list[Step] = [(np.matmul, p) for p in cut(_COLUMNS, self.planes.reshape(9, 8 * n), parts)]
        self.steps += _pass_2(parts, between, halves, self.values)
        self.nbytes = 64 * n * (4 + 4 + 5 + 9 + 2)

    def __call__(self) -> None:
        """Transform ``planes`` to ``values``. The values are right for blocks within the bounds."""
        run(self.steps)

    def correct(self) -> bool:
        """Transform blocks beyond the bounds by the stages. False if float32 cannot hold their coefficients."""
        planes = self.planes[:8]
        squares = (planes * planes).reshape(64, -1)
        if largest_sum(squares) < DC_LIMIT**2:
            return True
        beyond = _beyond(np.abs(planes[0, 0]), product(IN_SUMS.reshape(3, 64), squares))
        if not len(beyond):
            return True
        coefficients = planes[:, :, beyond].transpose(2, 0, 1)
        if np.abs(coefficients).max() >= 1 << 24:
            return False
        samples = inverse_level_shift(idct(coefficients.astype(np.int32)))
        self.values[:, :, beyond] = samples[:, ROW_ORDER][:, :, BYTES].transpose(2, 1, 0) + np.int16(RULER)
        return True


def _inexact(inputs: Floats, table: NDArray[np.uint16], workspace: Workspace) -> NDArray[np.intp]:
    """Numbers of the blocks beyond the bounds of pass 1. ``inputs`` are overwritten."""
    n, k = inputs.shape
    dc = np.abs(inputs[:, 0]) * np.float32(table.flat[0])
    squares = (IN_SUMS * table.astype(np.float32) ** 2).reshape(3, 64)
    np.square(inputs, out=inputs)
    sums = workspace.array("sums", (3, n), np.float32)
    return _beyond(dc, product(squares[:, NATURAL[: k - 1]], inputs[:, : k - 1].T, sums))


def largest_sum(squares: Floats) -> float:
    """The largest of the sums of squares, ``(64, n)``, weighted with :data:`ENOUGH`: one below
    :data:`DC_LIMIT` ^ 2 shows that all blocks are within the bounds.
    """
    multiply: Any = np.matmul if 3 * squares.size <= PRODUCT_LIMIT else product
    return float(np.maximum.reduce(multiply(ENOUGH, squares), axis=None))


def _beyond(dc: Floats, sums: Floats) -> NDArray[np.intp]:
    """Numbers of the blocks beyond the bounds, from magnitudes of DC ``(n,)`` and sums of squares ``(3, n)``."""
    return np.flatnonzero((np.sqrt(sums[0]) + dc > DC_LIMIT) | (np.maximum(sums[1], sums[2]) > NORM_LIMIT**2))


def peaks_of(sequences: NDArray[np.int16]) -> Floats:
    """The largest magnitude of each of 64 coefficients in ``(n, 64)``."""
    whole = len(sequences) // 64 * 64  # 64 rows are made one, so that NumPy's runs are long enough
    wide, rest = sequences[:whole].reshape(-1, 64 * 64), sequences[whole:]
    peaks = []
    for reduce in (np.maximum.reduce, np.minimum.reduce):
        folded = reduce(wide, axis=0, initial=0).reshape(64, 64)
        peaks.append(reduce(np.concatenate([folded, rest]), axis=0).astype(np.float32))
    return np.asarray(np.maximum(peaks[0], -peaks[1]))
