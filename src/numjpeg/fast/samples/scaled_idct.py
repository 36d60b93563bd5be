"""The scaled inverse DCT, fused: from zig-zag sequences to blocks of 4x4, 2x2 or 1x1 samples.

It gives what ``inverse_zigzag``, ``dequantize``, :func:`numjpeg.stages.scaled_idct.idct_scaled`,
``inverse_level_shift`` and the joining of blocks give. Pass 1 is one product, whose matrix holds zig-zag order,
quantization table and column transform; pass 2 is another. Float64 holds every sum exactly: those of pass 1 are
below 2^53, and those of pass 2 below 2^31. Where a sum may be so large that libjpeg-turbo would wrap or saturate
it, the blocks go through the stages.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from numjpeg.fast.samples.inverse_dct import peaks_of
from numjpeg.stages.level_shift import MID_LEVEL, inverse_level_shift
from numjpeg.stages.quantization import dequantize
from numjpeg.stages.scaled_idct import idct_scaled, matrix, shifts, wrapped
from numjpeg.stages.zigzag import NATURAL, inverse_zigzag
from numjpeg.workspace import product

CHUNK = 3072  # blocks that are worked on at a time, or one row of them


def samples(sequences: NDArray[np.int16], table: NDArray[np.uint16], size: int, out: NDArray[np.uint8]) -> None:
    """Turn zig-zag sequences, int16 ``(rows, columns, 64)``, into blocks of ``size`` (4, 2, 1) samples a side.

    ``out``, uint8 ``(rows * size, columns * size)``, is filled.
    """
    rows, columns, _ = sequences.shape
    step = max(1, CHUNK // max(1, columns))
    for top in range(0, rows, step):
        part = sequences[top : top + step]
        target = out[top * size : (top + len(part)) * size]
        if size == 1:
            dc = part[:, :, 0].astype(np.int32) * np.int32(table.flat[0])
            target[...] = np.clip(wrapped(dc + 4 >> 3, 10) + MID_LEVEL, 0, 255)
            continue
        place = target.reshape(len(part), size, columns, size).transpose(1, 3, 0, 2)
        _blocks(part, np.ascontiguousarray(table, np.uint16), size, place)


def _blocks(sequences: NDArray[np.int16], table: NDArray[np.uint16], size: int, place: NDArray[np.uint8]) -> None:
    """Turn sequences ``(rows, columns, 64)`` into samples ``(size, size, rows, columns)``."""
    rows, columns, _ = sequences.shape
    flat = sequences.reshape(-1, 64)
    peaks = peaks_of(flat).astype(np.int64)
    # Whether a sum may be too large for libjpeg-turbo's integers.
    weights, (shift, _), dequantized = np.abs(matrix(size)), shifts(size), inverse_zigzag(peaks) * table
    columns_of_peaks = weights @ dequantized >> shift
    large = max(dequantized.max(), columns_of_peaks.max() + 1) >= 1 << 15
    if large or (columns_of_peaks @ weights.T).max() >= 1 << 30:
        blocks = idct_scaled(dequantize(inverse_zigzag(sequences), table), size)
        place[...] = inverse_level_shift(blocks).transpose(2, 3, 0, 1)
        return
    column_matrix, row_matrix = _matrices(table.tobytes(), size)
    used = np.flatnonzero(column_matrix.any(axis=0) & (peaks > 0))
    between = product(column_matrix.take(used, axis=1), flat.T.take(used, axis=0).astype(np.float64))
    between += 0.5  # in units of 2^shift
    np.floor(between, out=between)
    halves = product(row_matrix, between.reshape(size, -1, len(flat)))
    halves += MID_LEVEL + 0.5
    values = np.clip(np.floor(halves, out=halves), 0, 255, out=halves)
    place[...] = values.reshape(size, size, rows, columns)


@lru_cache(maxsize=8)
def _matrices(table: bytes, size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The matrices of pass 1, ``(size * n, 64)``, for each y and each of the n frequencies u that count; and of
    pass 2, ``(size, n)``.
    """
    step = np.frombuffer(table, np.uint16).reshape(8, 8)
    by_frequency = matrix(size)
    counting = np.flatnonzero(by_frequency.any(axis=0))
    shift_1, shift_2 = shifts(size)
    weights = np.zeros((size, len(counting), 8, 8))  # y, u; v, u
    for place, u in enumerate(counting.tolist()):
        weights[:, place, :, u] = by_frequency * step[:, u] / 2.0**shift_1
    pass_1 = np.ascontiguousarray(weights.reshape(-1, 64)[:, NATURAL])
    return pass_1, by_frequency[:, counting] / 2.0**shift_2
