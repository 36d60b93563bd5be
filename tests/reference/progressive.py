"""Annex G, literally: the four kinds of progressive scans with Huffman coding, block by block.

What a scan writes is a list of restart intervals; an interval is a list of symbols (table, symbol) and of bits,
which are strings of 0 and 1.
"""

from __future__ import annotations

from reference import huffman

Item = tuple[int, int] | str


def point_transform(value: int, al: int) -> int:
    """G.1.2.2: AC coefficients are divided by 2^Al, rounding towards zero."""
    return abs(value) // (1 << al) * (1 if value > 0 else -1)


class Coder:
    """The state of an AC scan's encoder: EOBRUN, BE and its bits, BR and its bits."""

    def __init__(self, most_waiting: int) -> None:
        self.items: list[Item] = []
        self.eobrun = 0
        self.be = ""
        self.br = ""
        self.most_waiting = most_waiting

    def encode_eobrun(self) -> None:
        """Figures G.4 and G.8."""
        if self.eobrun > 0:
            ssss, eobrun = 0, self.eobrun
            while eobrun > 1:
                ssss, eobrun = ssss + 1, eobrun // 2
            self.items.append((0, ssss * 16))
            if ssss:
                self.items.append(format(self.eobrun - (1 << ssss), f"0{ssss}b"))
            self.eobrun = 0
        if self.be:
            self.items.append(self.be)
            self.be = ""

    def encode_r_zz(self, r: int, value: int) -> None:
        """Figure G.5, one symbol of it; a value of 0 is a ZRL. The bits that wait in BR follow (Figure G.9)."""
        bits = huffman.magnitude(value)
        self.items.append((0, r * 16 + len(bits)))
        if bits:
            self.items.append(bits)
        if self.br:
            self.items.append(self.br)
            self.br = ""

    def end_block(self) -> None:
        """One more block for EOBRUN, BR joins BE."""
        self.eobrun += 1
        self.be += self.br
        self.br = ""
        if self.eobrun == 0x7FFF or len(self.be) > self.most_waiting:
            self.encode_eobrun()

    def first(self, zz: list[int], ss: int, se: int, al: int) -> None:
        """Figure G.3."""
        r = 0
        for k in range(ss, se + 1):
            value = point_transform(zz[k], al)
            if value == 0:
                r += 1
                continue
            self.encode_eobrun()
            while r > 15:
                self.encode_r_zz(15, 0)
                r -= 16
            self.encode_r_zz(r, value)
            r = 0
        if r > 0:
            self.end_block()

    def refine(self, zz: list[int], ss: int, se: int, al: int) -> None:
        """Figure G.7."""
        eob = max((k for k in range(ss, se + 1) if abs(point_transform(zz[k], al)) == 1), default=0)
        r = 0
        for k in range(ss, se + 1):
            value = point_transform(zz[k], al)
            if value == 0:
                r += 1
                continue
            while r > 15 and k <= eob:
                self.encode_eobrun()
                self.encode_r_zz(15, 0)
                r -= 16
            if abs(value) > 1:
                self.br += str(abs(value) % 2)
                continue
            self.encode_eobrun()
            self.encode_r_zz(r, value)
            r = 0
        if r > 0 or self.br:
            self.end_block()


def intervals(values: list, count: int) -> list[list]:
    """Cut after every ``count``; 0 for not at all."""
    count = count or len(values)
    return [values[i : i + count] for i in range(0, len(values), count)]


def encode_ac(
    blocks: list[list[int]], ss: int, se: int, ah: int, al: int, interval: int = 0, most_waiting: int = 937
) -> list[list[Item]]:
    """Blocks of 64 coefficients in zig-zag order; G.1.2.2 and G.1.2.3."""
    coded = []
    for of_interval in intervals(blocks, interval):
        coder = Coder(most_waiting)
        for zz in of_interval:
            (coder.refine if ah else coder.first)(zz, ss, se, al)
        coder.encode_eobrun()
        coded.append(coder.items)
    return coded


def encode_dc(mcus: list[list[tuple[int, int]]], ah: int, al: int, interval: int = 0) -> list[list[Item]]:
    """MCUs of (component, DC coefficient); G.1.2.1: the bits are shifted, which rounds down."""
    coded = []
    for of_interval in intervals(mcus, interval):
        items: list[Item] = []
        predictor = dict.fromkeys(range(4), 0)
        for component, dc in (block for mcu in of_interval for block in mcu):
            value = dc // (1 << al)
            if ah:
                items.append(str(value % 2))
                continue
            bits = huffman.magnitude(value - predictor[component])
            predictor[component] = value
            items.append((component, len(bits)))
            items.append(bits)
        coded.append(items)
    return coded


def frequencies(coded: list[list[Item]], table: int = 0) -> list[int]:
    """How often each symbol of a table occurs."""
    counts = [0] * 256
    for item in (item for items in coded for item in items):
        if not isinstance(item, str) and item[0] == table:
            counts[item[1]] += 1
    return counts


def to_text(items: list[Item], codes: list[dict[int, str]]) -> str:
    """The bits of an interval, the last byte filled up with ones (F.1.2.3)."""
    text = "".join(item if isinstance(item, str) else codes[item[0]][item[1]] for item in items)
    return text + "1" * (-len(text) % 8)


def to_bytes(coded: list[list[Item]], codes: list[dict[int, str]]) -> bytes:
    """The entropy-coded data of a scan; codes by table."""
    out = bytearray()
    for i, items in enumerate(coded):
        if i:
            out += bytes([0xFF, 0xD0 + (i - 1) % 8])
        text = to_text(items, codes)
        out += int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")
    return bytes(out)
