"""Figures F.2 (encoding) and F.13 (decoding) for the AC coefficients of one block."""


def ac_symbols(zz: list[int]) -> list[tuple[int, int]]:
    """(RRRRSSSS, value whose magnitude bits follow) by the flow chart of Figure F.2."""
    out = []
    k = r = 0
    while True:
        k += 1
        if zz[k] == 0:
            if k == 63:
                out.append((0x00, 0))
                return out
            r += 1
            continue
        while r > 15:
            out.append((0xF0, 0))
            r -= 16
        ssss = 0
        while abs(zz[k]) >= 1 << ssss:
            ssss += 1
        out.append((16 * r + ssss, zz[k]))
        r = 0
        if k == 63:
            return out


def entries(zz: list[int]) -> list[tuple[int, int]]:
    """(run, value) with whole runs, and (0, 0) at the end where the last coefficient is zero."""
    out = []
    run = 0
    for k in range(1, 64):
        if zz[k] == 0:
            run += 1
        else:
            out.append((run, zz[k]))
            run = 0
    if zz[63] == 0:
        out.append((0, 0))
    return out


def decode(symbols: list[tuple[int, int]]) -> list[int]:
    """Figure F.13, from (RRRRSSSS, value); element 0 is left zero."""
    zz = [0] * 64
    k = 1
    for rs, value in symbols:
        r, ssss = rs // 16, rs % 16
        if ssss == 0:
            if r != 15:
                return zz
            k += 16
            continue
        k += r
        zz[k] = value
        k += 1
        if k == 64:
            return zz
    raise AssertionError("no end of block")
