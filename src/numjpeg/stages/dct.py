"""The 8x8 discrete cosine transform and its inverse (T.81 A.3.3).

    F(u, v) = 1/4 C(u) C(v)  sum over x, y of  f(x, y) cos((2x+1) u pi / 16) cos((2y+1) v pi / 16)

with C(0) = 1/sqrt 2 and C(u) = 1 otherwise. Blocks are ``(..., 8, 8)``, rows first (y, then x; v, then u), with
any strides. The memory order changes the speed, not the result: where the blocks lie in memory as 64 planes, one a
coefficient, each operation below is one pass over contiguous memory. Results have the memory order of the input.

There are two methods. ``"float"`` evaluates the formula in float64. ``"islow"`` is the accurate integer method of
Loeffler, Ligtenberg and Moschytz (ICASSP 1989; 11 multiplications for 8 points) with 13-bit constants, as in
libjpeg. Every build of libjpeg-turbo gives these integers, so files and pixels agree to the last bit. Between its
two passes the method keeps two extra bits, or one for samples of 12 bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.errors import check_array

METHODS = ("islow", "float")
CHUNK = 512  # blocks that are transformed at a time; as float64 they take 256 KiB

CONST_BITS = 13
PASS1_BITS = 2  # extra precision between the two passes of the integer method, for samples of 8 bits
PASS1_BITS_OF_12 = 1
MAX_SAMPLE = 1023  # the integer method's sums fit 32 bits: 1023 * (8 * 4) * (8 * 2^13) < 2^31

# The constants of Loeffler's rotations as multiples of 2^-13: sqrt 2 times sums and differences of cos(k pi / 16).
F_0_298, F_0_390, F_0_541, F_0_765 = 2446, 3196, 4433, 6270
F_0_899, F_1_175, F_1_501, F_1_847 = 7373, 9633, 12299, 15137
F_1_961, F_2_053, F_2_562, F_3_072 = 16069, 16819, 20995, 25172

Lines = list[NDArray[np.int32]]

# ``M[u, x] = C(u) / 2 cos((2x+1) u pi / 16)``: orthonormal, so that F = M f M^T and f = M^T F M.
COSINES = np.cos(np.outer(np.arange(8), np.arange(1, 16, 2)) * np.pi / 16) / 2
COSINES[0] /= np.sqrt(2)


def _check(name: str, blocks: NDArray[Any], method: str, precision: int) -> None:
    if precision not in (8, 12):
        raise ValueError(f"precision: {precision!r} is neither 8 nor 12")
    check_array(name, blocks, "iuf", "real numbers (..., 8, 8)", tail=(8, 8))
    if method not in METHODS:
        raise ValueError(f"method: {method!r} is none of {METHODS}")


def fdct(blocks: NDArray[Any], method: str = "islow", precision: int = 8) -> NDArray[Any]:
    """Forward DCT of blocks ``(..., 8, 8)``, on T.81's scale: DC in -1024 .. 1016, or -16384 .. 16376.

    Parameters
    ----------
    blocks : level-shifted samples, -128 .. 127, or -2048 .. 2047 for 12 bits.
    method : "islow" takes integers and gives float32, exact multiples of 1/8. It takes samples within -1023 ..
        1023, for 12 bits 16 times as much; beyond that its sums would not fit 32 bits (12 bits: 64 bits).
        "float" also takes fractions and gives float64. The results differ by less than 1.
    precision : bits a sample, 8 or 12.

    >>> fdct(np.full((8, 8), 100, np.int16))[0, :2].tolist()
    [800.0, 0.0]
    """
    _check("blocks", blocks, method, precision)
    if method == "float":
        return np.asarray(COSINES @ blocks @ COSINES.T, np.float64)
    half = 1 << precision - 1
    if blocks.dtype.kind not in "iu" or _peak(blocks) > MAX_SAMPLE << precision - 8:
        raise ValueError(
            f'blocks: expected integers, {-half} .. {half - 1}, for "islow" ("float" takes fractions), got '
            f"{blocks.dtype} of up to {_peak(blocks):g}"
        )
    # Pass 1 transforms rows and keeps 2 extra bits: |out| <= 8 * 128 * 1.39 * 4 < 2^13.
    # Pass 2 transforms columns: |sum| < 2^13 * 8 * 1.39 * 2^13 < 2^30, so int32 never overflows.
    pass1_bits = PASS1_BITS if precision == 8 else PASS1_BITS_OF_12
    samples: NDArray[Any] = blocks.astype(np.int32 if precision == 8 else np.int64)
    between = np.empty_like(samples)
    for u, line in enumerate(_forward_8([samples[..., x] for x in range(8)])):
        between[..., u] = _descaled(line, CONST_BITS - pass1_bits)
    coefficients = np.empty_like(samples, np.float32)
    for v, line in enumerate(_forward_8([between[..., y, :] for y in range(8)])):
        line = _descaled(line, CONST_BITS + pass1_bits)
        # The two passes have scaled by sqrt 8 each; 1/8 in float32 is exact.
        np.multiply(line, np.float32(0.125), out=coefficients[..., v, :], casting="same_kind")
    return coefficients


def idct(coefficients: NDArray[Any], method: str = "islow", precision: int = 8) -> NDArray[Any]:
    """Inverse DCT of dequantized blocks ``(..., 8, 8)`` to samples whose level is still shifted.

    For every coefficient that an encoder can produce, "islow" is libjpeg's accurate integer inverse. For extreme
    ones, which only damaged or constructed files have, it follows libjpeg-turbo: for 8 bits its SIMD code, where
    16-bit inputs and first sums wrap, and each pass saturates; for 12 bits its C code.

    Parameters
    ----------
    coefficients : real; "islow" rounds them to integers and takes them modulo 2^16, for 12 bits modulo 2^32.
    method : "islow" gives int16 clipped to -128 .. 127, or -2048 .. 2047; "float" gives float64, neither rounded
        nor clipped.
    precision : bits a sample, 8 or 12.

    >>> block = np.zeros((8, 8), np.int32); block[0, 0] = 800
    >>> idct(block)[0, :2].tolist()
    [100, 100]
    """
    _check("coefficients", coefficients, method, precision)
    if method == "float":
        return np.asarray(COSINES.T @ coefficients @ COSINES, np.float64)
    if coefficients.dtype.kind == "f":
        coefficients = np.rint(coefficients)
    if precision == 12:
        return _inverse_of_12_bits(coefficients.astype(np.int32))
    wrapped = coefficients.astype(np.int16)
    samples = _inverse_by_matrices(wrapped)
    return _inverse_with_overflow(wrapped) if samples is None else samples


def _inverse_by_matrices(coefficients: NDArray[np.int16]) -> NDArray[np.int16] | None:
    """The integer method as two matrix products with roundings; None if 16 bits would overflow.

    All sums are multiples of 2^-18 below 2^30. float64 holds them exactly, in whatever order a matrix product adds
    them. This takes 5 ns a sample; the additions and shifts of :func:`_inverse_with_overflow` take 25. Two buffers
    that fit the cache are used in turn, since fresh memory for each intermediate result would cost 10 ns a sample.
    """
    lines = np.moveaxis(coefficients, (-2, -1), (0, 1))
    planes = lines.reshape(8, 8, -1)
    samples = np.empty(planes.shape, np.int16)
    buffers = np.empty((2, 64 * min(CHUNK, planes.shape[2])))
    shift_1, shift_2 = CONST_BITS - PASS1_BITS, CONST_BITS + PASS1_BITS + 3
    for start in range(0, planes.shape[2], CHUNK):
        chunk = planes[..., start : start + CHUNK]
        lines_in, columns = (buffer[: chunk.size].reshape(chunk.shape) for buffer in buffers)
        lines_in[...] = chunk
        # Pass 1 transforms columns and keeps 2 extra bits. Floor rounds, since a half is added to every output: to
        # input line 0, which all outputs take with the same weight.
        lines_in[0] += 0.5 * 2.0 ** (shift_1 - CONST_BITS)
        np.matmul(INVERSE_MATRIX * 2.0**-shift_1, lines_in.reshape(8, -1), out=columns.reshape(8, -1))
        np.floor(columns, out=columns)
        peak = _peak(chunk)
        if peak * INVERSE_GAIN > NO_OVERFLOW and max(peak, _peak(columns)) > NO_OVERFLOW:
            return None
        # Pass 2 transforms rows.
        columns[:, 0] += 0.5 * 2.0 ** (shift_2 - CONST_BITS)
        rows = np.matmul(INVERSE_MATRIX * 2.0**-shift_2, columns, out=lines_in)
        np.floor(rows, out=rows)
        samples[..., start : start + CHUNK] = rows  # within 16 bits, if the results of pass 1 are
    np.clip(samples, -128, 127, out=samples)
    return np.moveaxis(samples.reshape(lines.shape), (0, 1), (-2, -1))


def _inverse_of_12_bits(coefficients: NDArray[np.int32]) -> NDArray[np.int16]:
    """The integer method for samples of 12 bits, as two products with 8x8 matrices.

    All sums are integers below 2^31 * 8 * 2^13 = 2^47, whatever the coefficients: float64 holds them exactly, in
    whatever order a matrix product adds them. Results of pass 1 are taken modulo 2^32, as libjpeg keeps them in an
    int, and those of pass 2 modulo 2^14, the number of entries of libjpeg's table of clipped samples.
    """
    lines = np.moveaxis(coefficients, (-2, -1), (0, 1))
    planes = lines.reshape(8, 8, -1)
    samples = np.empty(planes.shape, np.int16)
    shift_1, shift_2 = CONST_BITS - PASS1_BITS_OF_12, CONST_BITS + PASS1_BITS_OF_12 + 3
    for start in range(0, planes.shape[2], CHUNK):
        chunk = planes[..., start : start + CHUNK].astype(np.float64)
        # Pass 1 transforms columns, pass 2 rows.
        columns = INVERSE_MATRIX @ chunk.reshape(8, -1) + (1 << shift_1 - 1)
        between = (columns.astype(np.int64) >> shift_1).astype(np.int32).astype(np.float64)
        rows = INVERSE_MATRIX @ between.reshape(chunk.shape) + (1 << shift_2 - 1)
        wrapped = ((rows.astype(np.int64) >> shift_2) + 8192 & 16383) - 8192
        samples[..., start : start + CHUNK] = np.clip(wrapped, -2048, 2047)
    return np.moveaxis(samples.reshape(lines.shape), (0, 1), (-2, -1))


def _peak(values: NDArray[Any]) -> float:
    """The largest magnitude."""
    return max(float(values.max(initial=0)), -float(values.min(initial=0)))


def _inverse_with_overflow(coefficients: NDArray[np.int16]) -> NDArray[np.int16]:
    """The integer method by additions and shifts, with libjpeg-turbo's 16-bit overflow."""
    # Pass 1 transforms columns and keeps 2 extra bits; pass 2 transforms rows.
    between, samples = np.empty_like(coefficients), np.empty_like(coefficients)
    for y, line in enumerate(_inverse_8([coefficients[..., v, :] for v in range(8)])):
        line = _descaled(line, CONST_BITS - PASS1_BITS)
        np.clip(line, -32768, 32767, out=between[..., y, :], casting="unsafe")
    # Where rows 1 to 7 are zero, libjpeg-turbo's pass 1 takes a short cut: ``c0 << 2`` modulo 2^16.
    flat = ~coefficients[..., 1:, :].any((-2, -1))
    between[flat] = coefficients[flat, :1] << 2
    for x, line in enumerate(_inverse_8([between[..., u] for u in range(8)])):
        line = _descaled(line, CONST_BITS + PASS1_BITS + 3)
        np.clip(line, -128, 127, out=samples[..., x], casting="unsafe")
    return samples


def _descaled(line: NDArray[np.int32], shift: int) -> NDArray[np.int32]:
    """Shift to the right in place, rounding half up."""
    line += 1 << shift - 1
    line >>= shift
    return line


def _odd_part(x: Lines, x1_x5: NDArray[np.integer], x3_x7: NDArray[np.integer]) -> Lines:
    """Loeffler's odd rotations, the same in both directions: lines 0 to 3, times 2^13, from inputs 1, 3, 5, 7.

    The caller gives the sums x1 + x5 and x3 + x7, since the inverse transform keeps them in 16 bits.
    """
    x1, x3, x5, x7 = x
    z3, z4 = x3_x7.astype(np.int32), x1_x5.astype(np.int32)
    z5 = (z3 + z4) * F_1_175
    z3, z4 = z5 - z3 * F_1_961, z5 - z4 * F_0_390
    z1, z2 = (x1 + x7) * -F_0_899, (x3 + x5) * -F_2_562
    return [x1 * F_1_501 + z1 + z4, x3 * F_3_072 + z2 + z3, x5 * F_2_053 + z2 + z4, x7 * F_0_298 + z1 + z3]


def _forward_8(x: Lines) -> Lines:
    """8-point forward DCT of eight lines, scaled up by sqrt 8 * 2^13."""
    sums = [x[i] + x[7 - i] for i in range(4)]
    differences = [x[i] - x[7 - i] for i in range(4)]
    outer, inner = sums[0] + sums[3], sums[1] + sums[2]
    outer_rest, inner_rest = sums[0] - sums[3], sums[1] - sums[2]
    rotation = (outer_rest + inner_rest) * F_0_541
    odd = _odd_part(differences, differences[0] + differences[2], differences[1] + differences[3])
    even = [(outer + inner) << CONST_BITS, rotation + outer_rest * F_0_765]
    even += [(outer - inner) << CONST_BITS, rotation - inner_rest * F_1_847]
    return [line for pair in zip(even, odd, strict=True) for line in pair]


# One pass of the integer method, without its rounding shift, as a matrix (u, x): the transforms of the unit
# vectors. The pass is linear, so a matrix product can replace it.
FORWARD = np.stack(_forward_8(list(np.eye(8, dtype=np.int32))))


def _inverse_8(c: list[NDArray[np.int16]]) -> Lines:
    """8-point inverse DCT of eight lines, times sqrt 8 * 2^13. c0 +- c4, c1 + c5 and c3 + c7 stay in 16 bits."""
    c1, c2, c3, c5, c6, c7 = (c[i].astype(np.int32) for i in (1, 2, 3, 5, 6, 7))
    rotation = (c2 + c6) * F_0_541
    even_low = rotation - c6 * F_1_847
    even_high = rotation + c2 * F_0_765
    plus = (c[0] + c[4]).astype(np.int32) << CONST_BITS
    minus = (c[0] - c[4]).astype(np.int32) << CONST_BITS
    even = [plus + even_high, minus + even_low, minus - even_low, plus - even_high]
    odd = _odd_part([c1, c3, c5, c7], c[1] + c[5], c[3] + c[7])
    return [even[i] + odd[i] for i in range(4)] + [even[i] - odd[i] for i in (3, 2, 1, 0)]


# ``_inverse_8`` as a matrix (x, u).
INVERSE_MATRIX = np.stack(_inverse_8(list(np.eye(8, dtype=np.int16)))).astype(np.float64)
# How much larger than the largest coefficient a result of pass 1 can be.
INVERSE_GAIN = float(np.abs(INVERSE_MATRIX).sum(axis=1).max()) * 2.0 ** (PASS1_BITS - CONST_BITS)
NO_OVERFLOW = 16383  # sums of two such numbers fit 16 bits, and sums of eight times the matrix 32 bits
