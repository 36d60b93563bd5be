"""Whole files, literally: a writer of any coefficients, a reader of what Pillow saves in gray, and of segments.

They bring single stages before Pillow: a block that the writer stores is decoded by libjpeg, a block that libjpeg
coded is read back.
"""

from functools import cache

from reference import bits, huffman, mcu, run_length, zigzag

DC_SYMBOLS = list(range(16))
AC_SYMBOLS = [0x00, 0xF0] + [16 * r + s for r in range(16) for s in range(1, 16)]
# Codes of one length each: a symbol's code word is its index.
DC_CODES = {symbol: format(i, "05b") for i, symbol in enumerate(DC_SYMBOLS)}
AC_CODES = {symbol: format(i, "08b") for i, symbol in enumerate(AC_SYMBOLS)}


def segment(marker: int, *parts: bytes | list[int]) -> bytes:
    body = b"".join(bytes(part) for part in parts)
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def segments(data: bytes) -> list[tuple[int, bytes]]:
    """(marker, contents) of all segments up to SOS."""
    found = []
    i = 2
    while not found or found[-1][0] != 0xDA:
        assert data[i] == 0xFF
        length = int.from_bytes(data[i + 2 : i + 4], "big")
        found.append((data[i + 1], data[i + 4 : i + 2 + length]))
        i += 2 + length
    return [*found, (-1, data[i:-2])]


def huffman_tables(data: bytes) -> dict[int, tuple[list[int], list[int]]]:
    """(BITS, HUFFVAL) by Tc * 16 + Th."""
    tables = {}
    for marker, body in segments(data):
        while marker == 0xC4 and body:
            counts = list(body[1:17])
            tables[body[0]] = counts, list(body[17 : 17 + sum(counts)])
            body = body[17 + sum(counts) :]
    return tables


def quantization_tables(data: bytes) -> dict[int, list[list[int]]]:
    """8x8 tables by Tq."""
    tables = {}
    for marker, body in segments(data):
        while marker == 0xDB and body:
            size = 1 + body[0] // 16
            table = [[0] * 8 for _ in range(8)]
            for k, (v, u) in enumerate(zigzag.walk()):
                table[v][u] = int.from_bytes(body[1 + size * k : 1 + size * (k + 1)], "big")
            tables[body[0] % 16] = table
            body = body[1 + 64 * size :]
    return tables


@cache
def ac_bits(zz: tuple[int, ...]) -> str:
    """The bits of a block's AC coefficients."""
    return "".join(
        AC_CODES[symbol] + huffman.magnitude(value) for symbol, value in run_length.ac_symbols(list(zz))
    )


def write(
    width: int,
    height: int,
    factors: list[tuple[int, int]],
    planes: list[list[list[list[int]]]],
    table: list[list[int]],
) -> bytes:
    """A file of one interleaved scan.

    ``planes[component][row][column]`` is a block's 64 coefficients in zig-zag order, up to whole MCUs; ``factors``
    are (V, H); all components use one quantization table. Coefficients and DC differences have 15 bits at most.
    """
    v_max, h_max = max(v for v, _ in factors), max(h for _, h in factors)
    columns, rows = -(-width // (8 * h_max)), -(-height // (8 * v_max))
    words = []
    predictor = [0] * len(factors)
    for component, row, column in (block for unit in mcu.order(rows, columns, factors) for block in unit):
        zz = planes[component][row][column]
        difference = huffman.magnitude(zz[0] - predictor[component])
        predictor[component] = zz[0]
        words += [DC_CODES[len(difference)], difference, ac_bits((0, *zz[1:]))]
    text = "".join(words)
    text += "1" * (-len(text) % 8)
    size = [*height.to_bytes(2, "big"), *width.to_bytes(2, "big")]
    n = len(factors)
    return b"".join(
        [
            b"\xff\xd8",
            segment(0xE0, b"JFIF\0", [1, 1, 0, 0, 1, 0, 1, 0, 0]),
            segment(0xDB, [16], *(table[v][u].to_bytes(2, "big") for v, u in zigzag.walk())),
            segment(0xC1, [8], size, [n], *([i + 1, 16 * h + v, 0] for i, (v, h) in enumerate(factors))),
            segment(0xC4, [0x00, 0, 0, 0, 0, 16, *[0] * 11], DC_SYMBOLS),
            segment(0xC4, [0x10, *[0] * 7, len(AC_SYMBOLS), *[0] * 8], AC_SYMBOLS),
            segment(0xDA, [n], *([i + 1, 0] for i in range(n)), [0, 63, 0]),
            bits.stuff(int(text, 2).to_bytes(len(text) // 8, "big")),
            b"\xff\xd9",
        ]
    )


def read_gray(data: bytes) -> tuple[list[list[int]], list[int], list[int]]:
    """Of a file of one component: its blocks (zig-zag order, in scan order), DC symbols and AC symbols (F.2.2)."""
    tables = huffman_tables(data)
    dc, ac = huffman.Decoder(*tables[0x00]), huffman.Decoder(*tables[0x10])
    found = segments(data)
    scan = found[-1][1]
    frame = next(body for marker, body in found if marker in (0xC0, 0xC1))
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    nextbit = iter(bits.text(bits.unstuff(scan, 0, len(scan))[0]))

    def receive(count: int) -> int:
        return int("".join(next(nextbit) for _ in range(count)) or "0", 2)

    blocks, dc_symbols, ac_symbols = [], [], []
    predictor = 0
    for _ in range(-(-height // 8) * -(-width // 8)):
        t, _ = dc.decode(nextbit)
        dc_symbols.append(t)
        predictor += huffman.extend(receive(t), t)
        pairs = []
        k = 1
        while k < 64:
            rs, _ = ac.decode(nextbit)
            ac_symbols.append(rs)
            pairs.append((rs, huffman.extend(receive(rs % 16), rs % 16)))
            k = 64 if rs == 0 else k + rs // 16 + 1
        zz = run_length.decode(pairs)
        zz[0] = predictor
        blocks.append(zz)
    return blocks, dc_symbols, ac_symbols
