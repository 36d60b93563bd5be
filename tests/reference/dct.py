"""A.3.3 as a double sum, and libjpeg's accurate integer method (jfdctint, jidctint) on one block of integers."""

from math import cos, pi, sqrt

Block = list[list[int]]


def _c(k: int) -> float:
    return 1 / sqrt(2) if k == 0 else 1.0


COSINE = [[cos((2 * x + 1) * u * pi / 16) for u in range(8)] for x in range(8)]


def forward(s: list[list[float]]) -> list[list[float]]:
    return [
        [
            _c(u) * _c(v) / 4 * sum(s[y][x] * COSINE[x][u] * COSINE[y][v] for y in range(8) for x in range(8))
            for u in range(8)
        ]
        for v in range(8)
    ]


def inverse(S: list[list[float]]) -> list[list[float]]:  # noqa: N803 (the standard's symbol)
    return [
        [
            sum(_c(u) * _c(v) * S[v][u] * COSINE[x][u] * COSINE[y][v] for v in range(8) for u in range(8)) / 4
            for x in range(8)
        ]
        for y in range(8)
    ]


# The constants of the integer method, times 2^13, as libjpeg prints them for compilers that cannot fold them.
FIX = {
    0.298631336: 2446,
    0.390180644: 3196,
    0.541196100: 4433,
    0.765366865: 6270,
    0.899976223: 7373,
    1.175875602: 9633,
    1.501321110: 12299,
    1.847759065: 15137,
    1.961570560: 16069,
    2.053119869: 16819,
    2.562915447: 20995,
    3.072711026: 25172,
}
CONST_BITS, PASS1_BITS = 13, 2


def _descale(x: int, n: int) -> int:
    return (x + (1 << (n - 1))) >> n


def _wrap(x: int, bits: int) -> int:
    """X as a two's complement register of so many bits holds it."""
    return (x + (1 << (bits - 1))) % (1 << bits) - (1 << (bits - 1))


def _saturate(x: int, bits: int) -> int:
    return max(-(1 << (bits - 1)), min(x, (1 << (bits - 1)) - 1))


def _forward_1d(d: list[int], keep: int, shift: int) -> list[int]:
    """One row or column; ``keep`` scales outputs 0 and 4, the others are rounded down by ``shift`` bits."""
    tmp0, tmp7 = d[0] + d[7], d[0] - d[7]
    tmp1, tmp6 = d[1] + d[6], d[1] - d[6]
    tmp2, tmp5 = d[2] + d[5], d[2] - d[5]
    tmp3, tmp4 = d[3] + d[4], d[3] - d[4]
    tmp10, tmp13 = tmp0 + tmp3, tmp0 - tmp3
    tmp11, tmp12 = tmp1 + tmp2, tmp1 - tmp2
    out = [0] * 8
    for k, total in ((0, tmp10 + tmp11), (4, tmp10 - tmp11)):
        out[k] = total << keep if keep > 0 else _descale(total, -keep)
    z1 = (tmp12 + tmp13) * FIX[0.541196100]
    out[2] = _descale(z1 + tmp13 * FIX[0.765366865], shift)
    out[6] = _descale(z1 - tmp12 * FIX[1.847759065], shift)
    z1, z2, z3, z4 = tmp4 + tmp7, tmp5 + tmp6, tmp4 + tmp6, tmp5 + tmp7
    z5 = (z3 + z4) * FIX[1.175875602]
    z1, z2 = -z1 * FIX[0.899976223], -z2 * FIX[2.562915447]
    z3, z4 = -z3 * FIX[1.961570560] + z5, -z4 * FIX[0.390180644] + z5
    out[7] = _descale(tmp4 * FIX[0.298631336] + z1 + z3, shift)
    out[5] = _descale(tmp5 * FIX[2.053119869] + z2 + z4, shift)
    out[3] = _descale(tmp6 * FIX[3.072711026] + z2 + z3, shift)
    out[1] = _descale(tmp7 * FIX[1.501321110] + z1 + z4, shift)
    return out


def islow_forward(samples: Block, pass1_bits: int = PASS1_BITS) -> Block:
    """8 times the DCT of one level-shifted block; of 12 bits a sample ``pass1_bits`` is 1."""
    rows = [_forward_1d(row, pass1_bits, CONST_BITS - pass1_bits) for row in samples]
    columns = [_forward_1d([rows[y][u] for y in range(8)], -pass1_bits, CONST_BITS + pass1_bits) for u in range(8)]
    return [[columns[u][v] for u in range(8)] for v in range(8)]


def _inverse_sums(c: list[int], bits: int) -> list[int]:
    """One column or row before its rounding shift; first sums are kept in so many bits."""
    z1 = (c[2] + c[6]) * FIX[0.541196100]
    tmp2, tmp3 = z1 - c[6] * FIX[1.847759065], z1 + c[2] * FIX[0.765366865]
    tmp0, tmp1 = _wrap(c[0] + c[4], bits) << CONST_BITS, _wrap(c[0] - c[4], bits) << CONST_BITS
    even = [tmp0 + tmp3, tmp1 + tmp2, tmp1 - tmp2, tmp0 - tmp3]
    tmp0, tmp1, tmp2, tmp3 = c[7], c[5], c[3], c[1]
    z1, z2, z3, z4 = tmp0 + tmp3, tmp1 + tmp2, _wrap(tmp0 + tmp2, bits), _wrap(tmp1 + tmp3, bits)
    z5 = (z3 + z4) * FIX[1.175875602]
    z1, z2 = -z1 * FIX[0.899976223], -z2 * FIX[2.562915447]
    z3, z4 = -z3 * FIX[1.961570560] + z5, -z4 * FIX[0.390180644] + z5
    odd = [
        tmp3 * FIX[1.501321110] + z1 + z4,
        tmp2 * FIX[3.072711026] + z2 + z3,
        tmp1 * FIX[2.053119869] + z2 + z4,
        tmp0 * FIX[0.298631336] + z1 + z3,
    ]
    return [even[k] + odd[k] for k in range(4)] + [even[k] - odd[k] for k in (3, 2, 1, 0)]


def _inverse_1d(c: list[int], shift: int) -> list[int]:
    """One column or row: 16-bit inputs, first sums modulo 2^16, sums modulo 2^32, outputs saturated to 16 bits."""
    return [_saturate(_wrap(total + (1 << (shift - 1)), 32) >> shift, 16) for total in _inverse_sums(c, 16)]


def islow_inverse(coefficients: Block) -> Block:
    """Samples before the level shift is undone, -128 .. 127, as libjpeg-turbo's SIMD code computes them."""
    c = [[_wrap(x, 16) for x in row] for row in coefficients]
    if any(x for row in c[1:] for x in row):
        columns = [_inverse_1d([c[v][u] for v in range(8)], CONST_BITS - PASS1_BITS) for u in range(8)]
    else:
        columns = [[_wrap(c[0][u] << PASS1_BITS, 16)] * 8 for u in range(8)]
    rows = [_inverse_1d([columns[u][y] for u in range(8)], CONST_BITS + PASS1_BITS + 3) for y in range(8)]
    return [[_saturate(x, 8) for x in row] for row in rows]


def islow_inverse_12(coefficients: Block) -> Block:
    """The same of 12 bits, -2048 .. 2047, as libjpeg-turbo's C code computes them.

    It has 64 bits for its sums, 32 between the passes, and 14 for the index into its table of clipped samples.
    """
    columns = [
        [_wrap(_descale(total, 12), 32) for total in _inverse_sums([coefficients[v][u] for v in range(8)], 64)]
        for u in range(8)
    ]
    rows = [_inverse_sums([columns[u][y] for u in range(8)], 64) for y in range(8)]
    return [[max(-2048, min(_wrap(_descale(total, 17), 14), 2047)) for total in row] for row in rows]
