"""An encoder of a student, forty lines of stages, writes the file of ``encode`` at any size."""

from __future__ import annotations

import numpy as np
import pytest
import samples

import numjpeg


def student_encode(image: np.ndarray, quality: int) -> bytes:
    """A baseline file of an RGB picture, 4:2:0, by nothing but ``numjpeg.stages``."""
    s = numjpeg.stages
    height, width, _ = image.shape
    rows, columns = -(-height // 16), -(-width // 16)
    ycbcr = s.color.rgb_to_ycbcr(image)
    factors, tables = [(2, 2), (1, 1), (1, 1)], s.quantization.quantization_tables(quality)
    planes = []
    for i, (v, h) in enumerate(factors):
        plane = s.level_shift.level_shift(ycbcr[:, :, i])
        if i:
            plane = s.subsampling.downsample(s.blocks.pad_edges(plane, 2, 16), 2, 2)
        frequencies = s.dct.fdct(s.blocks.split_blocks(s.blocks.pad_edges(plane)))
        quantized = s.quantization.quantize(frequencies, tables[min(i, 1)])
        planes.append(s.mcu_order.pad_to_mcus(s.zigzag.zigzag(quantized), rows, columns, (v, h)))
    blocks = s.mcu_order.interleave(planes, factors).reshape(-1, 64)
    component = np.tile(s.mcu_order.block_component(factors), rows * columns)
    differences = np.zeros(len(blocks), np.int32)
    for i in range(3):
        differences[component == i] = s.dc_prediction.dc_differences(blocks[component == i, 0])
    symbols = s.huffman.block_symbols(differences, s.run_length.run_length_encode(blocks), component)
    huffman = [s.huffman.STANDARD_TABLES[kind, min(i, 1)] for i in range(3) for kind in (0, 1)]
    codes, lengths = s.huffman.huffman_encode(symbols.symbol, huffman, symbols.table)
    codes, lengths = s.huffman.append_magnitude_bits(codes, lengths, symbols.value)
    scan = s.bitstream.stuff_bytes(s.bitstream.pack_bits(codes, lengths)).tobytes()

    def segment(marker: int, payload: bytes) -> bytes:
        return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload

    file = b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    for i, table in enumerate(tables):
        file += segment(0xDB, bytes([i, *s.zigzag.zigzag(table).tolist()]))
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    file += segment(0xC0, b"\x08" + size + bytes((3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1)))
    for (kind, i), table in sorted(s.huffman.STANDARD_TABLES.items(), key=lambda item: item[0][::-1]):
        file += segment(0xC4, bytes([kind << 4 | i, *table.bits]) + table.values)
    return file + segment(0xDA, bytes((3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0))) + scan + b"\xff\xd9"


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 40), (23, 1), (16, 16), (17, 15), (33, 50), (64, 47)])
@pytest.mark.parametrize("quality", [10, 75, 100])
def test_it_equals_encode(height: int, width: int, quality: int) -> None:
    for image in (samples.smooth(height, width), samples.noise(height, width)):
        assert student_encode(image, quality) == numjpeg.encode(image, quality)
