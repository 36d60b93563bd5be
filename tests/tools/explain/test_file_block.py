"""The text of ``numjpeg block FILE.jpg``: the bits that stand in the file, and the samples that Pillow decodes."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from block_text import bits_of, photo, save, section
from PIL import Image

from numjpeg.errors import FormatError, UnsupportedError
from numjpeg.tools.explain import describe_file_block


def bits_from(file: bytes, offset: int, bit: int, count: int) -> str:
    """Bits of entropy-coded data from a place in the file on, by hand: a zero after FF is none of them."""
    data = file[offset : offset + 400].replace(b"\xff\0", b"\xff")
    return "".join(f"{byte:08b}" for byte in data)[bit : bit + count]


def words_of(text: str) -> list[tuple[int, int, str]]:
    """(byte, bit, code word and magnitude bits) of each line."""
    lines = re.findall(r"^  (\d+)\.(\d) {2,}(?:DC,|AC,|EOB|ZRL).*$", text, re.MULTILINE)
    rows = [line[48:].split() for line in text.splitlines() if re.match(r"  \d+\.\d  +(DC|AC|EOB|ZRL)", line)]
    return [(int(byte), int(bit), "".join(row)) for (byte, bit), row in zip(lines, rows, strict=True)]


CHROMA = [(1, 1), (1, 1)]
SAMPLINGS = {"gray": [(1, 1)], "4:4:4": [(1, 1), *CHROMA], "4:2:2": [(2, 1), *CHROMA], "4:2:0": [(2, 2), *CHROMA]}


@pytest.mark.usual(every=5)
@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize(
    "options", [{"quality": 75}, {"quality": 97, "optimize": True}, {"quality": 20, "restart_marker_blocks": 3}]
)
def test_the_bits_of_all_blocks_are_those_of_the_file(sampling, options):
    gray = sampling == "gray"
    height, width = 32, 48
    file = save(photo(height, width, 1 if gray else 3), **options, **({} if gray else {"subsampling": sampling}))
    start = file.index(b"\xff\xda")
    end = start + 2 + int.from_bytes(file[start + 2 : start + 4], "big")
    factors = SAMPLINGS[sampling]
    H, V = factors[0]
    expected = (end, 0)  # where the next block begins
    for mcu in range((height // (8 * V)) * (width // (8 * H))):
        if mcu and mcu % options.get("restart_marker_blocks", 10**6) == 0:
            rest = bits_from(file, *expected, -expected[1] % 8)
            assert set(rest) <= {"1"}
            marker = expected[0] + (expected[1] > 0)
            marker += file[marker - 1 : marker + 1] == b"\xff\0"
            assert file[marker] == 0xFF
            assert 0xD0 <= file[marker + 1] <= 0xD7
            expected = (marker + 2, 0)
        for number, (h, v) in enumerate(factors, 1):
            for y in range(v):
                for x in range(h):
                    row, column = mcu // (width // (8 * H)) * v + y, mcu % (width // (8 * H)) * h + x
                    text = describe_file_block(file, row, column, component=str(number))
                    words = words_of(text)
                    assert words[0][:2] == expected
                    for byte, bit, word in words:
                        assert (byte, bit) == expected
                        assert bits_from(file, byte, bit, len(word)) == word
                        expected = after(file, byte, bit, len(word))
                    assert bits_of(text) == "".join(word for _, _, word in words)
    padding = bits_from(file, *expected, -expected[1] % 8)
    assert set(padding) <= {"1"}
    assert file[expected[0] + (expected[1] > 0) :] in (b"\xff\xd9", b"\0\xff\xd9")  # nothing is left


def after(file: bytes, byte: int, bit: int, count: int) -> tuple[int, int]:
    """The place so many bits later."""
    while count:
        step = min(8 - bit, count)
        count -= step
        bit += step
        if bit == 8:
            byte += 2 if file[byte : byte + 2] == b"\xff\0" else 1
            bit = 0
    return byte, bit


@pytest.mark.parametrize("options", [{"quality": 60, "optimize": True}, {"quality": 60, "progressive": True}])
def test_the_samples_are_those_that_pillow_decodes(options):
    file = save(photo(29, 43, 1), **options)
    decoded = np.asarray(Image.open(io.BytesIO(file)))
    for row in range(3):
        for column in range(5):
            text = describe_file_block(file, row, column)
            own = decoded[8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
            np.testing.assert_array_equal(section(text, "Samples"), own)
    bottom = section(describe_file_block(file, 3, 0), "Samples")
    assert bottom.shape == (8, 8)  # also where the picture has five rows only
    np.testing.assert_array_equal(bottom[:5], decoded[24:, :8])


def test_the_file_s_own_tables_are_shown_and_the_prediction():
    file = save(photo(16, 24, 1), quality=31, optimize=True)
    with Image.open(io.BytesIO(file)) as image:
        table = np.array(image.quantization[0]).reshape(8, 8)
    first, second = (describe_file_block(file, 0, column) for column in (0, 1))
    np.testing.assert_array_equal(section(first, "Quantization table 0"), table)
    assert "Tables: DC 0, of its own; AC 0, of its own" in first
    assert "K.3" in describe_file_block(save(photo(8, 8, 1)), 0, 0)
    assert "The prediction is 0" in first
    found = re.search(
        r"(-?\d+) of the block before it in the scan, plus the difference (-?\d+), is (-?\d+)", second
    )
    assert found
    before, difference, dc = map(int, found.groups())
    assert before + difference == dc
    assert before == section(first, "Quantized")[0, 0]
    assert dc == section(second, "Quantized")[0, 0]
    restarted = save(photo(16, 24, 1), quality=31, restart_marker_blocks=1)
    assert "The prediction is 0" in describe_file_block(restarted, 1, 1)


def test_a_progressive_file_says_which_scan_sends_what():
    file = save(photo(24, 24), progressive=True, quality=90)
    text = describe_file_block(file, 1, 1, component="Y")
    scans = re.findall(r"^  (\d+) +(\d+) to (\d+) +(.*?)  +(.*)$", text, re.MULTILINE)
    assert [(int(first), int(last)) for _, first, last, _, _ in scans] == [
        (0, 0),
        (1, 5),
        (6, 63),
        (1, 63),
        (0, 0),
        (1, 63),
    ]
    sequence = section(text, "Zig-zag").ravel().astype(int)
    *_, ac = scans
    complete = dict(pair.split(": ") for pair in re.findall(r"\d+: -?\d+", ac[4]))
    assert complete
    assert all(sequence[int(k)] == int(value) for k, value in complete.items())


def test_components_by_name_and_number():
    file = save(photo(32, 32))
    assert describe_file_block(file, 1, 1, component="Cb") == describe_file_block(file, 1, 1, component="2")
    assert "Each stands for 2 x 2 pixels" in describe_file_block(file, 1, 1, component="Cb")
    with pytest.raises(ValueError, match=r"^row: 2 is outside 0\.\.1"):
        describe_file_block(file, 2, 0, component="Cr")
    with pytest.raises(ValueError, match=r"^component: 'Cb' is none of 1 \(R\)"):
        describe_file_block(save(photo(8, 8), keep_rgb=True), 0, 0, component="Cb")
    cmyk = io.BytesIO()
    Image.new("CMYK", (9, 9), (1, 2, 3, 4)).save(cmyk, "JPEG")
    assert "component K" in describe_file_block(cmyk.getvalue(), 0, 0, component="4")


def test_what_cannot_be_read_is_an_error():
    file = save(photo(64, 64, 1))
    with pytest.raises(FormatError):
        describe_file_block(file[: len(file) // 2], 0, 0)
    with pytest.raises(UnsupportedError, match="max_pixels"):
        describe_file_block(file, 0, 0, max_pixels=100)


def test_an_end_of_block_by_another_symbol():
    """Some writers call it run/category 1/0; libjpeg takes it for the end of the block too."""
    file = save(np.full((8, 24), 90, np.uint8), optimize=True)
    table = file.index(b"\x10", file.rindex(b"\xff\xc4"))  # AC table 0, of a single code, EOB
    other = bytearray(file)
    assert other[table + 17] == 0
    other[table + 17] = 0x10
    text = describe_file_block(bytes(other), 0, 1)
    assert "EOB, by run/category 1/0" in text
    assert bits_of(text) == bits_of(describe_file_block(file, 0, 1))
