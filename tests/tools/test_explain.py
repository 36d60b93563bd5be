"""The texts of ``numjpeg info`` and ``numjpeg block``, held to files that Pillow wrote."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image

from numjpeg.tools.explain import describe_block, describe_header, printable


def photo(height: int, width: int, channels: int = 3) -> np.ndarray:
    """A picture with edges, slopes and some noise."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [
        np.sin(x / (3 + i)) * 60 + np.cos(y / (5 - i)) * 50 + 120 + 25 * ((x + y) // 9 % 2)
        for i in range(channels)
    ]
    noise = np.random.default_rng(7).integers(-9, 10, (height, width, channels))
    image = np.clip(np.stack(planes, -1) + noise, 0, 255).astype(np.uint8)
    return image[..., 0] if channels == 1 else image


def save(image: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def scan_data(file: bytes) -> bytes:
    """The entropy-coded data of a file with one scan, from SOS to EOI."""
    start = file.index(b"\xff\xda")
    return file[start + 2 + int.from_bytes(file[start + 2 : start + 4], "big") : -2]


def as_scan(stream: str) -> bytes:
    """Bits, filled up with ones and stuffed."""
    stream += "1" * (-len(stream) % 8)
    return int(stream, 2).to_bytes(len(stream) // 8, "big").replace(b"\xff", b"\xff\0")


def bits_of(text: str) -> str:
    found = re.search(r"The block as bits:\n([01 \n]+?)\n(\d+) bits in place of 512", text)
    assert found
    stream = re.sub(r"\s", "", found[1])
    assert len(stream) == int(found[2])
    return stream


def section(text: str, title: str) -> np.ndarray:
    """The 8x8 numbers under a title."""
    found = re.search(rf"^{title}.*\n(?:.*[A-Za-z].*\n)*((?:[ \d.-]+\n?){{8}})", text, re.MULTILINE)
    assert found, title
    return np.array([line.split() for line in found[1].strip().split("\n")], float)


# --- one block -------------------------------------------------------------------------------------------


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
        ((0, 0), {"component": "R"}, "component"),
    ],
)
def test_wrong_arguments_are_named(arguments, options, name):
    with pytest.raises(ValueError, match=rf"^{name}: "):
        describe_block(photo(16, 16), *arguments, **options)


def test_a_gray_picture_has_no_chroma():
    with pytest.raises(ValueError, match=r"^component: "):
        describe_block(photo(8, 8, 1), 0, 0, component="Cb")


# --- headers ---------------------------------------------------------------------------------------------


def test_the_header_of_a_file_that_pillow_wrote():
    image = photo(50, 70)
    file = save(
        image,
        quality=83,
        subsampling="4:2:2",
        dpi=(300, 150),
        comment="hello",
        icc_profile=bytes(200),
        exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0",
        restart_marker_blocks=3,
    )
    text = describe_header(file)
    for expected in (
        f"{len(file):,} bytes",
        "70 x 50 pixels",
        "baseline DCT (SOF0)",
        "8 bits a sample",
        "YCbCr",
        "4:2:2",
        "83 (table 0), 83 (table 1)",
        "3 MCUs",
        "300 x 150 dots an inch",
        "200 bytes",
        '"hello"',
        "table K.1 at quality 83, exactly",
        "table K.2 at quality 83, exactly",
        "= table K.6",
    ):
        assert expected in text
    with Image.open(io.BytesIO(file)) as opened:
        tables = [np.array(table).reshape(8, 8) for table in opened.quantization.values()]
    for number, table in enumerate(tables):
        np.testing.assert_array_equal(section(text, f"Quantization table {number}"), table)


def test_markers_stand_with_their_offsets():
    file = save(photo(16, 16))
    text = describe_header(file)
    lines = re.findall(r"^ +(\d+) +(\d*) +([A-Z]+\d*)  ", text, re.MULTILINE)
    codes = {"SOI": 0xD8, "APP0": 0xE0, "DQT": 0xDB, "SOF0": 0xC0, "DHT": 0xC4, "SOS": 0xDA, "EOI": 0xD9}
    assert [name for _, _, name in lines] == [
        "SOI", "APP0", "DQT", "DQT", "SOF0", "DHT", "DHT", "DHT", "DHT", "SOS", "EOI",
    ]  # fmt: skip
    for offset, length, name in lines:
        place = int(offset)
        assert file[place : place + 2] == bytes((0xFF, codes[name]))
        if length:
            assert int(length) == int.from_bytes(file[place + 2 : place + 4], "big")


def test_many_markers_alike_are_summarised():
    file = save(photo(8, 8))
    noise = b"".join(b"\xff\xe7\0\x04ab" for _ in range(5000))
    text = describe_header(file[:2] + noise + file[2:])
    assert "4999 more APP7, 29,994 bytes" in text
    assert len(text) < 10_000


def test_progressive_files_are_described():
    text = describe_header(save(photo(40, 40), progressive=True))
    assert "progressive DCT, Huffman coding (SOF2)" in text
    assert len(re.findall(r"^  byte \d+: component", text, re.MULTILINE)) == 10
    assert "Ss 0, Se 0, Ah 0, Al 1" in text


@pytest.mark.parametrize(
    ("code", "process"),
    [
        (0xC3, "lossless, Huffman coding (SOF3)"),
        (0xC9, "extended sequential DCT, arithmetic coding (SOF9)"),
        (0xCA, "progressive DCT, arithmetic coding (SOF10)"),
    ],
)
def test_other_processes_are_described(code, process):
    file = bytearray(save(photo(16, 16)))
    file[file.index(b"\xff\xc0") + 1] = code
    assert process in describe_header(bytes(file))


def test_12_bits_and_a_height_that_comes_later_are_described():
    file = bytearray(save(photo(16, 16)))
    frame = file.index(b"\xff\xc0")
    file[frame + 1] = 0xC1
    file[frame + 4] = 12
    file[frame + 5 : frame + 7] = b"\0\0"
    text = describe_header(bytes(file))
    assert "12 bits a sample" in text
    assert "16 x unknown" in text


@pytest.mark.parametrize(
    ("comment", "shown"),
    [
        (b"\x1b]0;owned\x07\x1b[2J", r"\x1b]0;owned\x07\x1b[2J"),
        (b"a\nb\r\x08\x9b31m", r"a\nb\r\x08\x9b31m"),
        ("\u202etxt.exe \x85\u2028\u200b".encode(), r"\u202etxt.exe \x85\u2028\u200b"),
        ("Größe 标准".encode(), "Größe 标准"),
    ],
)
def test_comments_do_no_harm_to_a_terminal(comment, shown):
    text = describe_header(save(photo(8, 8), comment=comment))
    assert f'"{shown}"' in text
    assert all(c == "\n" or c.isprintable() for c in text)


def test_names_of_application_segments_do_no_harm():
    file = save(photo(8, 8))
    text = describe_header(file[:2] + b"\xff\xe5\0\x08\x1b[31m\0"[:10] + file[2:])
    assert '"\\x1b[31m"' in text
    assert "\x1b" not in text


def test_metadata_are_described():
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = [Image.fromarray(photo(16, 16)), Image.fromarray(photo(16, 24))]
    stream = io.BytesIO()
    frames[0].save(stream, "MPO", save_all=True, append_images=frames[1:], exif=exif.tobytes())
    file = stream.getvalue()
    place = file.index(b"\xff\xe1")
    thumbnail = b"\xff\xe0\0\x0d" + b"JFXX\0\x13\1\1abc"
    text = describe_header(file[:place] + thumbnail + file[place:])
    second = file.rindex(b"\xff\xd8")
    for expected in (
        r"JFIF +1\.01",
        r"JFIF thumbnail +1 x 1 pixels",
        r"orientation +6, to be turned clockwise",
        rf"image +1, {second:,} bytes at byte 0, MP type 0x030000",
        rf"image +2, {len(file) - second:,} bytes at byte {second + len(thumbnail)}, MP type 0x000000",
        rf"trailing data +{len(file) - second:,} bytes at byte {second + len(thumbnail)}",
        r"APP2 +index of a multi-picture file",
        r"APP0 +JFIF extension",
    ):
        assert re.search(expected, text), expected
    assert "Warnings" not in text
    assert re.search("Adobe +colour transform 0", describe_header(save(photo(8, 8), keep_rgb=True)))


def test_whatever_is_in_application_segments_does_no_harm_to_a_terminal():
    evil = b"\x1b[2J\x9b31m\x07\x08\r\n\xe2\x80\xae" * 4
    names = [b"", b"JFIF\0", b"JFXX\0\x10", b"Exif\0\0", b"Exif\0\0MM\0*", b"MPF\0", b"MPF\0II*\0", b"Adobe"]
    names += [b"ICC_PROFILE\0", b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"]
    segments = [
        bytes((0xFF, marker)) + (len(name + evil) + 2).to_bytes(2, "big") + name + evil
        for marker in (*range(0xE0, 0xF0), 0xFE)
        for name in names
    ]
    file = save(photo(8, 8))
    for segment in segments:
        text = describe_header(file[:2] + segment + file[2:] + evil)
        assert all(c == "\n" or c.isprintable() for c in text)


def test_a_long_comment_is_cut():
    text = describe_header(save(photo(8, 8), comment="x" * 60_000))
    assert "(60,000 bytes)" in text
    assert len(text) < 10_000


def test_warnings_are_listed():
    text = describe_header(save(photo(8, 8)) + b"tail")
    assert "Warnings\n  4 bytes follow EOI" in text


def test_cmyk_and_gray():
    cmyk = io.BytesIO()
    Image.new("CMYK", (9, 9)).save(cmyk, "JPEG")
    assert re.search(r"^colour space +CMYK$", describe_header(cmyk.getvalue()), re.MULTILINE)
    assert re.search(r"^colour space +gray$", describe_header(save(photo(8, 8, 1))), re.MULTILINE)


def test_printable_keeps_what_prints():
    assert printable("plain ä 中") == "plain ä 中"
    assert printable("\udcff") == r"\xff"
    assert printable("\ud800") == r"\ud800"
