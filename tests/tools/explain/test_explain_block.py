"""The text of ``numjpeg block``: of a picture, held to the files that Pillow and cjpeg write; of a file, to the
bits that stand in it, and the samples that Pillow decodes.
"""

from __future__ import annotations

import io
import re
import subprocess

import numpy as np
import pytest
from block_text import as_scan, bits_of, photo, save, scan_data, section
from PIL import Image

from numjpeg.errors import FormatError, UnsupportedError
from numjpeg.tools.explain import describe_block, describe_file_block


@pytest.mark.parametrize("quality", [20, 98])
def test_the_bits_of_all_blocks_are_the_scan_of_pillow_gray(quality):
    image = photo(29, 43, 1)
    stream = "".join(
        bits_of(describe_block(image, row, column, quality=quality)) for row in range(4) for column in range(6)
    )
    assert as_scan(stream) == scan_data(save(image, quality=quality))


def test_the_bits_of_all_blocks_are_the_scan_of_pillow_444():
    image = photo(19, 26)
    stream = "".join(
        bits_of(describe_block(image, row, column, quality=85, subsampling="4:4:4", component=name))
        for row in range(3)
        for column in range(4)
        for name in ("Y", "Cb", "Cr")
    )
    assert as_scan(stream) == scan_data(save(image, quality=85, subsampling="4:4:4"))


@pytest.mark.parametrize(("subsampling", "H", "V"), [("4:2:0", 2, 2), ("4:2:2", 2, 1)])
@pytest.mark.parametrize(("height", "width"), [(16, 32), (21, 35), (9, 7)])
def test_the_bits_of_all_blocks_are_the_scan_of_pillow_subsampled(subsampling, H, V, height, width):
    image = photo(height, width)
    filling = "00" + "1010"  # a block that only fills up an MCU: DC difference 0, end of block (K.3, K.5)
    rows, columns = -(-height // 8), -(-width // 8)
    stream = ""
    for mcu_row in range(-(-height // (8 * V))):
        for mcu_column in range(-(-width // (8 * H))):
            for row in range(mcu_row * V, mcu_row * V + V):
                for column in range(mcu_column * H, mcu_column * H + H):
                    inside = row < rows and column < columns
                    text = (
                        describe_block(image, row, column, quality=60, subsampling=subsampling) if inside else ""
                    )
                    stream += bits_of(text) if inside else filling
            for name in ("Cb", "Cr"):
                text = describe_block(
                    image, mcu_row, mcu_column, quality=60, subsampling=subsampling, component=name
                )
                stream += bits_of(text)
    assert as_scan(stream) == scan_data(save(image, quality=60, subsampling=subsampling))


@pytest.mark.cjpeg
def test_the_bits_of_all_blocks_are_the_scan_of_cjpeg_at_factors_without_a_name(cjpeg):
    image = photo(20, 40)
    command = [cjpeg, "-quality", "60", "-dct", "int", "-sample", "1x2,2x1,2x2"]
    ppm = b"P6 40 20 255\n" + image.tobytes()
    file = subprocess.run(command, input=ppm, capture_output=True, check=True).stdout
    # (name, rows, columns) of blocks: what reaches beyond them only fills up an MCU.
    components, stream = [("Y", 3, 3), ("Cb", 2, 5), ("Cr", 3, 5)], ""
    for mcu_row in range(2):
        for mcu_column in range(3):
            for (name, rows, columns), (H, V) in zip(components, [(1, 2), (2, 1), (2, 2)], strict=True):
                for v, h in np.ndindex(V, H):
                    row, column = mcu_row * V + v, mcu_column * H + h
                    options = {"quality": 60, "subsampling": "1x2,2x1,2x2", "component": name}
                    inside = row < rows and column < columns
                    text = describe_block(image, row, column, **options) if inside else ""
                    filling = "00" + "1010" if name == "Y" else "00" + "00"  # K.3 and K.5, or K.4 and K.6
                    stream += bits_of(text) if inside else filling
    assert as_scan(stream) == scan_data(file)


def test_the_reconstructed_samples_are_pillows():
    image = photo(24, 24, 1)
    decoded = np.asarray(Image.open(io.BytesIO(save(image, quality=50))))
    text = describe_block(image, 1, 2, quality=50)
    own = decoded[8:16, 16:24]
    np.testing.assert_array_equal(section(text, "Samples"), image[8:16, 16:24])
    np.testing.assert_array_equal(section(text, "Reconstructed samples"), own)
    error = own.astype(int) - image[8:16, 16:24]
    np.testing.assert_array_equal(section(text, "Error"), error)
    decibels = 10 * np.log10(255**2 / np.mean(error.astype(float) ** 2))
    assert f"PSNR of the block: {decibels:.2f} dB; largest error {abs(error).max()}" in text


def test_the_coefficients_are_the_transform_that_t81_defines():
    image = photo(16, 16, 1)
    text = describe_block(image, 1, 1, quality=75)
    u, x = np.mgrid[0:8, 0:8]
    matrix = np.cos((2 * x + 1) * u * np.pi / 16) / 2
    matrix[0] /= np.sqrt(2)
    expected = matrix @ (image[8:, 8:].astype(float) - 128) @ matrix.T
    np.testing.assert_allclose(section(text, "Forward DCT"), expected, atol=0.5)
    np.testing.assert_array_equal(section(text, "Level shift"), image[8:, 8:].astype(int) - 128)


def test_colour_shows_the_pixels_and_the_luminance_of_pillow():
    image = photo(16, 24)
    text = describe_block(image, 0, 2)
    for i, name in enumerate(("Red", "Green", "Blue")):
        np.testing.assert_array_equal(section(text, name), image[:8, 16:, i])
    luminance = np.asarray(Image.fromarray(image).convert("L"))
    np.testing.assert_array_equal(section(text, "Y: colour conversion"), luminance[:8, 16:])
    assert "A block of Cb or Cr covers 16 x 16 pixels" in text


def test_long_runs_and_full_blocks():
    cosine = np.cos((2 * np.arange(8) + 1) * 7 * np.pi / 16)
    highest = np.rint(128 + 120 * np.outer(cosine, cosine)).astype(np.uint8)
    text = describe_block(highest, 0, 0, quality=10)
    assert text.count("ZRL (16 zeros)") == 3
    assert "EOB" not in text
    flat = describe_block(np.full((8, 8), 128, np.uint8), 0, 0)
    assert bits_of(flat) == "001010"
    assert "inf dB" in flat


def test_the_first_block_is_predicted_by_zero_and_edges_are_said():
    text = describe_block(photo(5, 5, 1), 0, 0)
    assert "the prediction is 0" in text
    assert "last column and row are repeated" in text


@pytest.mark.parametrize(
    ("arguments", "options", "name"),
    [
        ((2, 0), {}, "row"),
        ((0, -1), {}, "column"),
        ((0, 0), {"quality": 0}, "quality"),
        ((0, 0), {"subsampling": "5:5:5"}, "subsampling"),
        ((0, 0), {"subsampling": [(2, 2), (3, 1), (1, 1)]}, "subsampling"),
        ((0, 0), {"component": "R"}, "component"),
    ],
)
def test_wrong_arguments_are_named(arguments, options, name):
    with pytest.raises(ValueError, match=rf"^{name}: "):
        describe_block(photo(16, 16), *arguments, **options)


def test_a_gray_picture_has_no_chroma():
    with pytest.raises(ValueError, match=r"^component: "):
        describe_block(photo(8, 8, 1), 0, 0, component="Cb")


@pytest.mark.parametrize(("channels", "subsampling"), [(1, None), (3, "4:2:0"), (3, "4:4:4")])
def test_eight_rows_are_shown_at_the_bottom_edge(channels, subsampling):
    image = photo(21, 24, channels)
    text = describe_block(image, 2, 1, subsampling=subsampling)
    shown = section(text, "Samples" if channels == 1 else "Red")
    rows = np.minimum(np.arange(16, 24), 20)  # the last row is repeated
    np.testing.assert_array_equal(shown, (image if channels == 1 else image[..., 0])[rows, 8:16])


# --- of a file -------------------------------------------------------------------------------------------


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
    height, width = 32, 32
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
