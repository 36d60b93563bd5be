"""What readers and writers share, against strings of 0 and 1 and symbol by symbol."""

from __future__ import annotations

import numpy as np
import pytest
from reference import bits as literal_bits

from numjpeg.coefficients import Component
from numjpeg.container.frame import Frame, Scan
from numjpeg.entropy import shared
from numjpeg.entropy.bits import unstuff
from numjpeg.stages.huffman import AC_LUMINANCE, DC_LUMINANCE, HuffmanTable, huffman_codes
from numjpeg.stages.mcu_order import interleave, pad_to_mcus

ONE_CODE = HuffmanTable((1, *[0] * 15), bytes([5]))


def payload_of(text: str):
    data = literal_bits.stuff(literal_bits.pack([text])[0])
    return unstuff(data, 0, len(data))


@pytest.mark.parametrize("seed", range(10))
def test_bits_behind_the_end_are_zeros(seed: int) -> None:
    random = np.random.default_rng(seed)
    text = "".join(random.choice(["0", "1"], 80, p=[0.2, 0.8]))
    start, end = int(random.integers(0, 40)), int(random.integers(4, 10)) * 8
    followed = text[:end] + "0" * 400
    rest = shared.LastBits(payload_of(text), start, end)
    place = start
    for count in random.integers(0, 17, 20).tolist():
        assert rest.receive(count) == int(followed[place : place + count] or "0", 2)
        place += count
        assert rest.bit == place


@pytest.mark.parametrize("table", [DC_LUMINANCE, AC_LUMINANCE])
def test_decode_finds_each_symbol(table: HuffmanTable) -> None:
    codes = huffman_codes(table)
    symbols = list(table.values)
    words = [format(int(codes.code[s]), f"0{codes.length[s]}b") for s in symbols]
    text = "".join(words)
    text += "1" * (-len(text) % 8)
    rest = shared.LastBits(payload_of(text), 0, len(text))
    assert [rest.decode(table) for _ in symbols] == symbols
    assert rest.bit == sum(map(len, words))


def test_a_code_that_no_table_has_takes_17_bits() -> None:
    rest = shared.LastBits(payload_of("1" * 40), 3, 40)
    assert rest.decode(ONE_CODE) == 0
    assert rest.bit == 3 + 17


def test_extend_is_figure_f_12() -> None:
    for category in range(1, 9):
        for value in range(1 << category):
            text = format(value, f"0{category}b")
            expected = value if text[0] == "1" else value - (1 << category) + 1
            assert shared.LastBits(payload_of(text + "0" * 8), 0, category).extend(category) == expected


@pytest.mark.parametrize("factors", [((1, 1),), ((2, 2), (1, 1), (1, 1)), ((1, 2), (1, 1), (1, 1))])
@pytest.mark.parametrize("Al", [0, 1, 3])
def test_dc_in_the_order_of_the_scan(factors, Al: int) -> None:
    components = tuple(Component(i, h, v, 0) for i, (v, h) in enumerate(factors))
    frame = Frame(0xC2, 8, 50, 70, components)
    scan = Scan(frame, tuple(range(len(factors))), components, {}, 0, Ah=0, Al=Al)
    random = np.random.default_rng(Al)
    planes = [random.integers(-999, 999, (*frame.block_size(c), 64)).astype(np.int16) for c in components]
    rows, columns = scan.mcus
    whole = [pad_to_mcus(plane, rows, columns, f) for plane, f in zip(planes, scan.factors, strict=True)]
    expected = np.floor(interleave(whole, scan.factors)[..., 0] / 2**Al)
    assert np.array_equal(shared.dc_in_scan_order(scan, [plane[..., 0] for plane in planes]), expected)


def test_the_look_up_tells_of_every_bit() -> None:
    length, symbol = shared.code_lengths(AC_LUMINANCE)
    by_window = shared.tables_by_window(length, symbol, length, (0, 99))
    random = np.random.default_rng(0)
    data = random.integers(0, 256, 500).astype(np.uint8).tobytes()
    payload = unstuff(literal_bits.stuff(data), 0, len(literal_bits.stuff(data)))
    symbols, lengths = shared.look_up(payload, by_window)
    codes = huffman_codes(AC_LUMINANCE)
    words = {format(int(codes.code[s]), f"0{codes.length[s]}b"): s for s in AC_LUMINANCE.values}
    text = literal_bits.text(data) + "0" * 16
    for bit in range(8 * len(data)):
        found = next((text[bit : bit + n] for n in range(1, 17) if text[bit : bit + n] in words), None)
        assert (symbols[bit], lengths[bit]) == ((0, 99) if found is None else (words[found], len(found)))
