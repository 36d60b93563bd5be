"""The lossless process, literally (T.81 Annex H): whole files with Huffman coding are read sample by sample."""

from __future__ import annotations

from itertools import pairwise

from reference import bits, huffman

Plane = list[list[int]]


def read(data: bytes) -> list[Plane]:
    """For each component of a file its samples, cut to its size (A.1.1)."""
    tables: dict[int, dict[str, int]] = {}
    interval, at, planes, frame = 0, 2, [], {}
    while data[at + 1] != 0xD9:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        body, at = data[at + 4 : at + 2 + length], at + 2 + length
        if marker == 0xC4:
            assert len(body) == 17 + sum(body[1:17])
            codes = huffman.codes(list(body[1:17]), list(body[17:]))
            tables[body[0]] = {code: symbol for symbol, code in codes.items()}
        elif marker == 0xDD:
            interval = int.from_bytes(body)
        elif marker == 0xC3:
            height, width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
            entries = [body[i : i + 3] for i in range(6, len(body), 3)]
            frame = {entry[0]: (number, entry[1] & 15, entry[1] >> 4) for number, entry in enumerate(entries)}
            most = [max(factors[k] for factors in frame.values()) for k in (1, 2)]
            sizes = [(-(-height * v // most[0]), -(-width * h // most[1])) for _, v, h in frame.values()]
            planes, precision = [[] for _ in entries], body[0]
        elif marker == 0xDA:
            end = at
            while data[end] != 0xFF or data[end + 1] == 0 or 0xD0 <= data[end + 1] <= 0xD7:
                end += 1
            chosen = [(*frame[body[1 + 2 * i]], tables[body[2 + 2 * i] >> 4]) for i in range(body[0])]
            first = 1 << precision - body[-1] - 1
            if len(chosen) == 1:  # A.2.2
                chosen = [(chosen[0][0], 1, 1, chosen[0][3])]
                rows, columns = sizes[chosen[0][0]]
            else:  # A.2.3
                rows, columns = -(-height // most[0]), -(-width // most[1])
            found = _scan(data[at:end], chosen, rows, columns, interval, body[-3], first)
            for (number, *_), plane in zip(chosen, found, strict=True):
                sample_rows, sample_columns = sizes[number]
                planes[number] = [[x << body[-1] for x in line[:sample_columns]] for line in plane[:sample_rows]]
            at = end
    return planes


def _scan(data: bytes, chosen: list, rows: int, columns: int, interval: int, predictor: int, first: int) -> list:
    planes = [[[0] * (columns * h) for _ in range(rows * v)] for _, v, h, _ in chosen]
    tops = [0] * len(chosen)  # the line with which the restart interval begins
    payload, starts, restarts, _ = bits.unstuff(data, 0, len(data))
    pieces = [payload[start:end] for start, end in pairwise([*starts, len(payload)])]
    text, at = "", 0
    assert restarts == [number % 8 for number in range(len(restarts))]
    assert len(pieces) == (-(-rows * columns // interval) if interval else 1)
    for mcu in range(rows * columns):
        if mcu % (interval or rows * columns) == 0:
            assert set(text[at:]) <= {"1"}, "the last byte is filled up with ones"
            text, at = bits.text(pieces.pop(0)), 0
            tops = [mcu // columns * v for _, v, _, _ in chosen]
        for (_, v, h, codes), plane, top in zip(chosen, planes, tops, strict=True):
            for y in range(mcu // columns * v, mcu // columns * v + v):
                for x in range(mcu % columns * h, mcu % columns * h + h):
                    length = next(n for n in range(1, 17) if text[at : at + n] in codes)
                    category = codes[text[at : at + length]]
                    at += length
                    difference = 32768
                    if category < 16:
                        difference = huffman.extend(int(text[at : at + category] or "0", 2), category)
                        at += category
                    plane[y][x] = (_prediction(plane, y, x, top, predictor, first) + difference) % 65536
    assert len(text) - at < 8
    return planes


def _prediction(plane: Plane, y: int, x: int, top: int, predictor: int, first: int) -> int:
    """Figure H.2 and Table H.1; H.1.1 for the first line and column."""
    if y == top:
        return plane[y][x - 1] if x else first
    if x == 0:
        return plane[y - 1][x]
    a, b, c = plane[y][x - 1], plane[y - 1][x], plane[y - 1][x - 1]
    return (0, a, b, c, a + b - c, a + (b - c >> 1), b + (a - c >> 1), a + b >> 1)[predictor]
