"""Huffman coding against the flow charts of Annexes C, F and K, and against tables that Pillow writes."""

import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from reference import huffman as literal_huffman
from reference import jpeg_file
from reference import run_length as literal_run_length

from numjpeg.stages import huffman
from numjpeg.stages.huffman import (
    HuffmanTable,
    append_magnitude_bits,
    block_symbols,
    extend,
    huffman_codes,
    huffman_decode,
    huffman_encode,
    huffman_lookup,
    magnitude_bits,
    magnitude_category,
    optimal_table,
    read_block_symbols,
    run_and_category,
)
from numjpeg.stages.run_length import run_length_encode

STANDARD = {
    "DC luminance": (huffman.DC_LUMINANCE, 0x00),
    "AC luminance": (huffman.AC_LUMINANCE, 0x10),
    "DC chrominance": (huffman.DC_CHROMINANCE, 0x01),
    "AC chrominance": (huffman.AC_CHROMINANCE, 0x11),
}


def jpeg_of(picture: Image.Image, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", **options)
    return stream.getvalue()


def table_of(lengths: list[int], seed: int = 0) -> HuffmanTable:
    """A table with codes of these lengths for symbols drawn at random."""
    symbols = np.random.default_rng(seed).permutation(256)[: len(lengths)]
    counts = [lengths.count(i) for i in range(1, 17)]
    return HuffmanTable(tuple(counts), bytes(symbols.tolist()))


TABLES = {
    **{name: table for name, (table, _) in STANDARD.items()},
    "one code": table_of([1]),
    "one long code": table_of([16]),
    "1 to 16": table_of(list(range(1, 17))),
    "gaps": table_of([2, 2, 5, 5, 5, 9, 9, 16, 16, 16]),
    "complete": table_of([1, 2, 3, 3]),
    "all symbols": table_of([7] * 2 + [8] * 251 + [16] * 3),
    "eights": table_of([8] * 256),
}


# --- the standard tables --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STANDARD)
def test_standard_tables_are_those_in_pillows_files(name: str) -> None:
    table, identifier = STANDARD[name]
    written = jpeg_file.huffman_tables(jpeg_of(Image.new("RGB", (8, 8))))
    assert (list(table.bits), list(table.values)) == written[identifier]


def test_standard_codes_are_those_printed_in_annex_k() -> None:
    """Some lines of Tables K.3 to K.6: category or run/category, code word."""
    printed = {
        "DC luminance": {0: "00", 1: "010", 5: "110", 6: "1110", 11: "111111110"},
        "DC chrominance": {0: "00", 1: "01", 2: "10", 3: "110", 11: "11111111110"},
        "AC luminance": {0x00: "1010", 0x01: "00", 0x11: "1100", 0xF0: "11111111001", 0xFA: "1111111111111110"},
        "AC chrominance": {0x00: "00", 0x01: "01", 0x11: "1011", 0xF0: "1111111010", 0xFA: "1111111111111110"},
    }
    for name, words in printed.items():
        code, length = huffman_codes(STANDARD[name][0])
        for symbol, word in words.items():
            assert format(int(code[symbol]), f"0{length[symbol]}b") == word


# --- code words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_codes_equal_figures_c_1_to_c_3(name: str) -> None:
    table = TABLES[name]
    code, length = huffman_codes(table)
    assert (code.dtype, length.dtype) == (np.uint64, np.uint8)
    assert code.shape == length.shape == (256,)
    words = literal_huffman.codes(list(table.bits), list(table.values))
    for symbol in range(256):
        word = words.get(symbol, "")
        assert length[symbol] == len(word)
        assert code[symbol] == (int(word, 2) if word else 0)


@pytest.mark.parametrize("name", TABLES)
def test_lookup_equals_decode_of_figure_f_16(name: str) -> None:
    """Each code word followed by zeros, by ones and by chance; and windows by chance."""
    table = TABLES[name]
    literal = literal_huffman.Decoder(list(table.bits), list(table.values))
    random = np.random.default_rng(0)
    texts = [format(w, "016b") for w in (0, 65535, *random.integers(0, 65536, 2000).tolist())]
    for word in literal_huffman.codes(list(table.bits), list(table.values)).values():
        chance = format(random.integers(0, 65536), "016b")
        texts += [(word + tail)[:16] for tail in ("0" * 16, "1" * 16, chance)]
    windows = np.array([int(text, 2) for text in texts], np.uint16)
    expected = [literal.decode(iter(text + "1")) for text in texts]
    symbols, lengths = huffman_decode(windows, [table])
    assert list(zip(symbols.tolist(), lengths.tolist(), strict=True)) == expected
    lookup = huffman_lookup(table)
    assert list(zip(lookup.symbol[windows].tolist(), lookup.length[windows].tolist(), strict=True)) == expected


@pytest.mark.parametrize("name", TABLES)
def test_every_window_is_decoded_as_figure_f_16_decodes_it(name: str) -> None:
    """All 65,536: one window stands for all that begin with the same code word."""
    table = TABLES[name]
    words = literal_huffman.codes(list(table.bits), list(table.values))
    expected = np.zeros((65536, 2), int)
    for symbol, word in words.items():
        first = int(word.ljust(16, "0"), 2)
        expected[first : first + (1 << (16 - len(word)))] = symbol, len(word)
    symbols, lengths = huffman_decode(np.arange(65536).astype(np.uint16), [table])
    assert (symbols.dtype, lengths.dtype) == (np.uint8, np.uint8)
    assert (np.stack([symbols, lengths], axis=1) == expected).all()


def test_few_windows_are_searched_for_as_many_are_looked_up() -> None:
    """By four tables in turns, with codes of all 65,536 windows and without; at a time and one by one."""
    tables = [TABLES[name] for name in list(TABLES)[:4]] + [HuffmanTable((2,) + (0,) * 15, b"\x05\x06")]
    windows = np.random.default_rng(1).integers(0, 65536, 4000).astype(np.uint16)
    windows[:2] = 0, 65535
    selector = np.arange(4000) * 3 % 5
    many = huffman_decode(windows, tables, selector)
    for first in range(0, 4000, huffman.FEW - 1):
        own = slice(first, first + huffman.FEW - 1)
        few = huffman_decode(windows[own], tables, selector[own])
        for a, b in zip(few, many, strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b[own])


def test_tables_are_chosen_by_the_selector() -> None:
    tables = [table for table, _ in STANDARD.values()]
    words = [literal_huffman.codes(list(t.bits), list(t.values)) for t in tables]
    random = np.random.default_rng(1)
    selector = random.integers(0, 4, 3000)
    symbols = np.array([random.choice(list(tables[s].values)) for s in selector], np.uint8)
    codes, lengths = huffman_encode(symbols, tables, selector)
    assert (codes.dtype, lengths.dtype) == (np.uint64, np.uint8)
    expected = [words[s][symbol] for s, symbol in zip(selector.tolist(), symbols.tolist(), strict=True)]
    assert [format(c, f"0{n}b") for c, n in zip(codes.tolist(), lengths.tolist(), strict=True)] == expected
    windows = np.array([int(word.ljust(16, "1"), 2) for word in expected], np.uint16)
    decoded, sizes = huffman_decode(windows, tables, selector)
    assert (decoded == symbols).all()
    assert (sizes == lengths).all()
    for one in range(4):
        own = symbols[selector == one]
        assert (huffman_encode(own, tables, one)[0] == codes[selector == one]).all()
        assert (huffman_decode(windows[selector == one], tables, one)[0] == own).all()


def test_no_symbols_give_no_codes() -> None:
    codes, lengths = huffman_encode(np.zeros(0, np.uint8), [huffman.AC_LUMINANCE])
    assert len(codes) == len(lengths) == 0
    symbols, lengths = huffman_decode(np.zeros(0, np.uint16), [huffman.AC_LUMINANCE])
    assert len(symbols) == len(lengths) == 0


def test_a_symbol_without_a_code_is_a_value_error_that_names_it() -> None:
    with pytest.raises(ValueError, match="0x0C"):
        huffman_encode(np.array([0, 11, 12, 3], np.uint8), [huffman.DC_LUMINANCE])
    tables = [huffman.DC_LUMINANCE, huffman.AC_LUMINANCE]
    with pytest.raises(ValueError, match="0xF1"):
        huffman_encode(np.array([0xF1, 0xF1], np.uint8), tables, np.array([1, 0]))


@pytest.mark.parametrize(
    ("bits", "values"),
    [
        ((0,) * 15, b""),
        ((0,) * 17, b""),
        ((1,) + (0,) * 15, b""),
        ((1,) + (0,) * 15, b"\x01\x02"),
        ((3,) + (0,) * 15, b"\x01\x02\x03"),
        ((1, 3) + (0,) * 14, b"\x01\x02\x03\x04"),
        ((2,) + (0,) * 14 + (1,), b"\x01\x02\x03"),
        ((-1, 1) + (0,) * 14, b""),
    ],
)
def test_counts_that_cannot_be_are_a_value_error(bits: tuple[int, ...], values: bytes) -> None:
    with pytest.raises(ValueError, match=r"bits|values"):
        HuffmanTable(bits, values)


# --- magnitudes -----------------------------------------------------------------------------------------


def test_categories_are_those_of_tables_f_1_and_f_2() -> None:
    """SSSS 0: 0; 1: -1, 1; 2: -3 -2 2 3; and so on, each twice as wide as the one before."""
    expected = {0: 0}
    for ssss in range(1, 18):
        for magnitude in range(1 << (ssss - 1), 1 << ssss):
            expected[magnitude] = expected[-magnitude] = ssss
    values = np.arange(-131071, 131072)
    assert magnitude_category(values).tolist() == [expected[v] for v in range(-131071, 131072)]
    assert magnitude_category(values).dtype == np.uint8
    shorts = np.arange(-32768, 32768).astype(np.int16)
    assert magnitude_category(shorts).tolist() == [expected[v] for v in range(-32768, 32768)]
    assert magnitude_category(np.zeros((2, 3), np.int16)).shape == (2, 3)


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.int64])
def test_magnitude_bits_and_extend_equal_the_figures(dtype: type) -> None:
    values = np.arange(-32767, 32768).astype(dtype)
    category = magnitude_category(values)
    result = magnitude_bits(values, category)
    assert result.dtype == np.uint64
    words = [literal_huffman.magnitude(v) for v in values.tolist()]
    assert category.tolist() == [len(word) for word in words]
    assert result.tolist() == [int(word or "0", 2) for word in words]
    back = extend(result.astype(np.int64), category)
    assert back.dtype == np.int32
    assert (back == values).all()


def test_magnitude_bits_of_differences_of_17_bits() -> None:
    values = np.array([-65535, -32769, -32768, 32768, 65535])
    words = [literal_huffman.magnitude(v) for v in values.tolist()]
    assert magnitude_bits(values, magnitude_category(values)).tolist() == [int(word, 2) for word in words]


def test_extend_equals_figure_f_12() -> None:
    bits, category = [], []
    for t in range(17):
        some = range(1 << t) if t < 11 else [0, 1, (1 << (t - 1)) - 1, 1 << (t - 1), (1 << t) - 1]
        bits += list(some)
        category += [t] * len(some)
    expected = [literal_huffman.extend(v, t) for v, t in zip(bits, category, strict=True)]
    assert extend(np.array(bits), np.array(category)).tolist() == expected
    assert extend(np.array(bits, np.uint64), np.array(category, np.uint8)).tolist() == expected
    assert extend(np.array(bits, np.uint16), np.array(category, np.uint8)).tolist() == expected


def test_symbols_come_apart() -> None:
    run, category = run_and_category(np.arange(256).astype(np.uint8))
    assert run.tolist() == [symbol // 16 for symbol in range(256)]
    assert category.tolist() == [symbol % 16 for symbol in range(256)]


# --- the symbols of blocks ------------------------------------------------------------------------------


def some_blocks(count: int) -> np.ndarray:
    """``(count, 64)`` along the zig-zag: empty and full ones, long runs."""
    random = np.random.default_rng(count)
    share = random.choice([0, 0.02, 0.3, 1], (count, 1))
    return (random.integers(-1023, 1024, (count, 64)) * (random.random((count, 64)) < share)).astype(np.int16)


@pytest.mark.parametrize("count", [1, 2, 50])
def test_the_symbols_of_blocks_stand_in_coding_order_and_are_read_back(count: int) -> None:
    blocks, component = some_blocks(count), np.arange(count) % 3 // 2
    differences = blocks[:, 0].astype(np.int32)
    symbols = block_symbols(differences, run_length_encode(blocks), component)
    expected, text = [], ""
    tables = [huffman.STANDARD_TABLES[key] for key in ((0, 0), (1, 0), (0, 1), (1, 1))]
    words = [literal_huffman.codes(list(table.bits), list(table.values)) for table in tables]
    for i, block in enumerate(blocks.tolist()):
        dc = (len(literal_huffman.magnitude(block[0])), block[0])
        for k, (symbol, value) in enumerate([dc, *literal_run_length.ac_symbols(block)]):
            table = 2 * int(component[i]) + (k > 0)
            expected.append((i, table, symbol, value))
            text += words[table][symbol] + literal_huffman.magnitude(value)
    assert list(zip(*(field.tolist() for field in symbols), strict=True)) == expected

    codes, lengths = append_magnitude_bits(*huffman_encode(symbols.symbol, tables, symbols.table), symbols.value)
    assert "".join(f"{c:0{n}b}" for c, n in zip(codes.tolist(), lengths.tolist(), strict=True)) == text

    filled = text + "1" * 32
    windows = np.array([int(filled[i : i + 32], 2) for i in range(len(text))], np.uint32)
    for field, again in zip(symbols, read_block_symbols(windows, tables, component), strict=True):
        assert field.dtype == again.dtype
        assert np.array_equal(field, again)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "bit 0, in block 0"),
        ("00", "bit 2, in block 0"),  # DC 0, and then nothing
        ("00" + "1" * 16, "bit 2, in block 0"),  # no code word is all ones
        ("00" + "11111111001" * 4, "coefficient 63"),  # ZRL four times: one zero too many
        ("1111", "block 0"),  # a code word without its magnitude bits
    ],
)
def test_what_cannot_be_read_is_a_value_error_that_says_where(text: str, message: str) -> None:
    filled = text + "0" * 32
    windows = np.array([int(filled[i : i + 32], 2) for i in range(len(text))], np.uint32)
    with pytest.raises(ValueError, match=message):
        read_block_symbols(windows, [huffman.DC_LUMINANCE, huffman.AC_LUMINANCE], np.zeros(1, np.intp))


def test_a_symbol_that_means_nothing_is_a_value_error() -> None:
    table = HuffmanTable((0, 1, *[0] * 14), b"\x30")
    with pytest.raises(ValueError, match="0x30"):
        read_block_symbols(np.zeros(40, np.uint32), [huffman.DC_LUMINANCE, table], np.zeros(1, np.intp))


# --- optimal tables -------------------------------------------------------------------------------------


def fibonacci(count: int) -> list[int]:
    numbers = [1, 1]
    while len(numbers) < count:
        numbers.append(numbers[-1] + numbers[-2])
    return numbers[:count]


def statistics() -> dict[str, list[int]]:
    random = np.random.default_rng(2)

    def placed(values: list[int]) -> list[int]:
        frequencies = np.zeros(256, np.int64)
        frequencies[random.permutation(256)[: len(values)]] = values
        return frequencies.tolist()

    cases = {f"single {symbol}": [int(i == symbol) * 9 for i in range(256)] for symbol in (0, 1, 128, 255)}
    cases |= {f"{count} equal": placed([5] * count) for count in (2, 3, 4, 5, 15, 16, 17, 127, 128, 255, 256)}
    cases |= {f"{count} ones": placed([1] * count) for count in (1, 2, 3, 7, 8, 200, 255, 256)}
    cases |= {
        f"fibonacci {count}": placed(fibonacci(count)) for count in (5, 15, 16, 17, 18, 20, 25, 31, 32, 33, 45)
    }
    cases |= {f"fibonacci {n} and ones": placed(fibonacci(n) + [1] * (256 - n)) for n in (20, 30)}
    cases |= {f"powers of 2, {count}": placed([2**i for i in range(count)]) for count in (10, 17, 30, 33, 40, 50)}
    cases |= {f"geometric {i}": placed([int(1.3**k) for k in range(80)]) for i in range(5)}
    cases |= {f"ties {i}": placed(random.integers(1, 5, 100).tolist()) for i in range(20)}
    cases |= {
        f"chance {i}": placed(random.integers(1, 10**6, random.integers(2, 257)).tolist()) for i in range(20)
    }
    cases |= {
        f"skewed {i}": placed((random.pareto(0.3, 200).clip(0, 1e7) + 1).astype(int).tolist()) for i in range(20)
    }
    return cases


@pytest.mark.parametrize("name", statistics())
def test_optimal_tables_equal_figures_k_1_to_k_4(name: str) -> None:
    frequencies = statistics()[name]
    bits, huffval = literal_huffman.optimal(frequencies)
    table = optimal_table(np.array(frequencies))
    assert list(table.bits) == bits
    assert list(table.values) == huffval


@pytest.mark.parametrize("name", statistics())
def test_optimal_tables_are_valid_and_leave_the_code_of_all_ones_free(name: str) -> None:
    frequencies = statistics()[name]
    table = optimal_table(np.array(frequencies))
    assert sorted(table.values) == [symbol for symbol in range(256) if frequencies[symbol]]
    words = literal_huffman.codes(list(table.bits), list(table.values)).values()
    assert max(map(len, words)) <= 16
    assert all("0" in word for word in words)


def test_some_of_the_statistics_force_codes_over_16_bits_before_the_limit() -> None:
    """Otherwise the test above would not see Figure K.3 at work."""
    longest = [max(literal_huffman.code_sizes(frequencies)) for frequencies in statistics().values()]
    assert sum(size > 16 for size in longest) >= 10
    assert sum(size > 32 for size in longest) >= 2


def test_optimal_tables_equal_those_that_pillow_writes() -> None:
    """The symbols of a file that Pillow optimised, read literally, give the file's own tables."""
    random = np.random.default_rng(3)
    pictures = [
        random.integers(0, 256, (40, 48)).astype(np.uint8),
        np.clip(128 + 60 * np.sin(np.arange(64) / 5) + random.normal(0, 4, (64, 64)), 0, 255).astype(np.uint8),
        np.full((24, 24), 77, np.uint8),
    ]
    for pixels in pictures:
        for quality in (30, 75, 95):
            data = jpeg_of(Image.fromarray(pixels), quality=quality, optimize=True)
            written = jpeg_file.huffman_tables(data)
            _, dc_symbols, ac_symbols = jpeg_file.read_gray(data)
            for identifier, symbols in ((0x00, dc_symbols), (0x10, ac_symbols)):
                count = Counter(symbols)
                table = optimal_table(np.array([count[symbol] for symbol in range(256)]))
                assert (list(table.bits), list(table.values)) == written[identifier]


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint32, np.uint64])
def test_frequencies_of_any_integer_dtype(dtype: type) -> None:
    frequencies = statistics()["fibonacci 20 and ones"]
    assert optimal_table(np.array(frequencies, dtype)) == optimal_table(np.array(frequencies))


def test_no_symbol_at_all_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="no symbol"):
        optimal_table(np.zeros(256, np.int64))


# --- a whole block --------------------------------------------------------------------------------------


def test_a_block_becomes_the_bits_of_the_flow_charts() -> None:
    """Run-length symbols, code words and magnitude bits together, for the worked example of Wikipedia's "JPEG"."""
    zz = [-26, -3, 0, -3, -2, -6, 2, -4, 1, -3, 1, 1, 5, 1, 2, -1, 1, -1, 2, 0, 0, 0, 0, 0, -1, -1] + [0] * 38
    words = literal_huffman.codes(list(huffman.AC_LUMINANCE.bits), list(huffman.AC_LUMINANCE.values))
    expected = [(words[s], literal_huffman.magnitude(v)) for s, v in literal_run_length.ac_symbols(zz)]
    # Published in that article: (0, 2)(-3); (1, 2)(-3); (0, 2)(-2); (0, 3)(-6) ... (0, 1)(-1); (0, 0).
    symbols = [s for s, _ in literal_run_length.ac_symbols(zz)]
    assert symbols[:4] == [0x02, 0x12, 0x02, 0x03]
    assert symbols[-3:] == [0x51, 0x01, 0x00]
    values = np.array([v for _, v in literal_run_length.ac_symbols(zz)], np.int16)
    codes, lengths = huffman_encode(np.array(symbols, np.uint8), [huffman.AC_LUMINANCE])
    category = magnitude_category(values)
    low = magnitude_bits(values, category)
    ours = [
        (format(c, f"0{n}b"), format(b, f"0{s}b") if s else "")
        for c, n, b, s in zip(codes.tolist(), lengths.tolist(), low.tolist(), category.tolist(), strict=True)
    ]
    assert ours == expected
