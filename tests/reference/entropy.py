"""A literal baseline decoder, bit by bit, as far as the coefficients: T.81 F.2.2 with the names of its figures."""

from __future__ import annotations

ZIGZAG = []
for diagonal in range(15):
    cells = [(v, diagonal - v) for v in range(8) if 0 <= diagonal - v < 8]
    ZIGZAG += [8 * v + u for v, u in (cells if diagonal % 2 else cells[::-1])]


class Bits:
    """NEXTBIT (Figure F.18) over one restart interval, already without stuffing."""

    def __init__(self, data: bytes) -> None:
        self.bits = "".join(format(byte, "08b") for byte in data)
        self.place = 0

    def next(self) -> int:
        self.place += 1
        return int(self.bits[self.place - 1])

    def receive(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = 2 * value + self.next()
        return value

    def decode(self, codes: dict[str, int]) -> int:
        word = ""
        while word not in codes:
            word += str(self.next())
        return codes[word]


def extend(value: int, count: int) -> int:
    return value if count == 0 or value >= 1 << (count - 1) else value - (1 << count) + 1


def huffman_codes(bits: list[int], values: bytes) -> dict[str, int]:
    """Figures C.1 and C.2."""
    codes, code, k = {}, 0, 0
    for length in range(1, 17):
        for _ in range(bits[length - 1]):
            codes[format(code, f"0{length}b")] = values[k]
            code, k = code + 1, k + 1
        code *= 2
    return codes


def decode_baseline(data: bytes) -> list[list[list[list[int]]]]:
    """Coefficients ``[component][row][column][64]`` in natural order, of a file with one interleaved scan."""
    tables, interval, place = {}, 0, 2
    while data[place + 1] != 0xDA:
        marker, length = data[place + 1], data[place + 2] * 256 + data[place + 3]
        payload = data[place + 4 : place + 2 + length]
        if marker == 0xC4:
            tables[payload[0]] = huffman_codes(list(payload[1:17]), payload[17:])
        elif marker == 0xC0:
            height, width = payload[1] * 256 + payload[2], payload[3] * 256 + payload[4]
            components = [(payload[7 + 3 * i] >> 4, payload[7 + 3 * i] & 15) for i in range(payload[5])]
        elif marker == 0xDD:
            interval = payload[0] * 256 + payload[1]
        place += 2 + length
    selectors = [data[place + 6 + 2 * i] for i in range(len(components))]
    place += 2 + data[place + 2] * 256 + data[place + 3]

    intervals, current = [], bytearray()
    while True:
        if data[place] != 0xFF:
            current.append(data[place])
            place += 1
        elif data[place + 1] == 0:
            current.append(0xFF)
            place += 2
        else:
            intervals.append(bytes(current))
            current = bytearray()
            if data[place + 1] == 0xD9:
                break
            place += 2

    h_max, v_max = max(h for h, _ in components), max(v for _, v in components)
    columns, rows = -(-width // (8 * h_max)), -(-height // (8 * v_max))
    planes = [[[[0] * 64 for _ in range(columns * h)] for _ in range(rows * v)] for h, v in components]
    for mcu in range(rows * columns):
        if mcu == 0 or (interval and mcu % interval == 0):
            bits, predictors = Bits(intervals.pop(0)), [0] * len(components)
        for c, (h, v) in enumerate(components):
            for y in range(v):
                for x in range(h):
                    block = planes[c][mcu // columns * v + y][mcu % columns * h + x]
                    size = bits.decode(tables[selectors[c] >> 4])
                    predictors[c] += extend(bits.receive(size), size)
                    block[0] = predictors[c]
                    k = 1
                    while k < 64:
                        symbol = bits.decode(tables[0x10 | selectors[c] & 15])
                        run, size = symbol >> 4, symbol & 15
                        if size == 0:
                            if run < 15:
                                break
                            k += 16
                            continue
                        k += run
                        block[ZIGZAG[k]] = extend(bits.receive(size), size)
                        k += 1
    return planes
