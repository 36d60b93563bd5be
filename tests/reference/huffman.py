"""The flow charts of Annex C (codes), F.2.2.1 and F.2.2.3 (EXTEND, DECODE) and K.2 (optimal tables)."""

from collections.abc import Iterator


def codes(bits: list[int], huffval: list[int]) -> dict[int, str]:
    """Figures C.1 to C.3; code words as strings of 0 and 1."""
    # Figure C.1: the sizes.
    huffsize = []
    i, j = 1, 1
    while i <= 16:
        if j > bits[i - 1]:
            i, j = i + 1, 1
        else:
            huffsize.append(i)
            j += 1
    huffsize.append(0)
    # Figure C.2: the codes.
    huffcode = []
    k, code, si = 0, 0, huffsize[0]
    while huffsize[k] != 0:
        huffcode.append(code)
        code, k = code + 1, k + 1
        while huffsize[k] != 0 and huffsize[k] != si:
            code, si = code << 1, si + 1
    # Figure C.3: by symbol.
    return {huffval[k]: format(huffcode[k], f"0{huffsize[k]}b") for k in range(len(huffcode))}


class Decoder:
    """MINCODE, MAXCODE and VALPTR of Figure F.15, and DECODE of Figure F.16."""

    def __init__(self, bits: list[int], huffval: list[int]) -> None:
        self.huffval = huffval
        huffcode = [int(word, 2) for word in codes(bits, huffval).values()]  # in the order of HUFFVAL
        self.mincode, self.maxcode, self.valptr = [0] * 17, [-1] * 17, [0] * 17
        j = 0
        for i in range(1, 17):
            if bits[i - 1] == 0:
                self.maxcode[i] = -1
                continue
            self.valptr[i] = j
            self.mincode[i] = huffcode[j]
            j += bits[i - 1] - 1
            self.maxcode[i] = huffcode[j]
            j += 1

    def decode(self, nextbit: Iterator[str]) -> tuple[int, int]:
        """(symbol, length of its code); (0, 0) if sixteen bits begin with no code."""
        i, code = 1, int(next(nextbit))
        while code > self.maxcode[i]:
            i += 1
            if i > 16:
                return 0, 0
            code = (code << 1) + int(next(nextbit))
        return self.huffval[self.valptr[i] + code - self.mincode[i]], i


def extend(v: int, t: int) -> int:
    """Figure F.12."""
    if t == 0:
        return 0
    vt = 1 << (t - 1)
    return v + (-1 << t) + 1 if v < vt else v


def magnitude(value: int) -> str:
    """The additional bits (F.1.2.1.1): the low SSSS bits of the value, or of the value - 1 if it is negative."""
    ssss = len(format(abs(value), "b")) if value else 0
    low = (value if value >= 0 else value - 1) % (1 << ssss)
    return format(low, f"0{ssss}b") if ssss else ""


def code_sizes(frequencies: list[int]) -> list[int]:
    """Figure K.1, of equal frequencies the largest V is taken; V = 256 reserves the code of all ones."""
    freq = [*frequencies, 1]
    codesize, others = [0] * 257, [-1] * 257
    while True:
        v1 = v2 = -1
        for v in range(257):
            if freq[v] and (v1 < 0 or freq[v] <= freq[v1]):
                v1 = v
        for v in range(257):
            if freq[v] and v != v1 and (v2 < 0 or freq[v] <= freq[v2]):
                v2 = v
        if v2 < 0:
            break
        freq[v1] += freq[v2]
        freq[v2] = 0
        codesize[v1] += 1
        while others[v1] != -1:
            v1 = others[v1]
            codesize[v1] += 1
        others[v1] = v2
        codesize[v2] += 1
        while others[v2] != -1:
            v2 = others[v2]
            codesize[v2] += 1
    return codesize


def optimal(frequencies: list[int]) -> tuple[list[int], list[int]]:
    """(BITS, HUFFVAL) by Figures K.1 to K.4."""
    codesize = code_sizes(frequencies)
    # Figure K.2.
    bits = [0] * 258
    for size in codesize:
        if size:
            bits[size] += 1
    # Figure K.3 (the standard begins at I = 32; longer codes are shortened in the same way).
    i = 257
    while True:
        if bits[i] > 0:
            j = i - 1
            while True:
                j -= 1
                if bits[j] > 0:
                    break
            bits[i] -= 2
            bits[i - 1] += 1
            bits[j + 1] += 2
            bits[j] -= 1
        else:
            i -= 1
            if i == 16:
                break
    while bits[i] == 0:
        i -= 1
    bits[i] -= 1
    # Figure K.4.
    huffval = [j for i in range(1, 258) for j in range(256) if codesize[j] == i]
    return bits[1:17], huffval
