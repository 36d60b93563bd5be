"""The whole codec on one screen: pixels <-> coefficients <-> bits, one step of ITU-T T.81 a line, with its clause.

This is the plain form of :func:`numjpeg.encode` and :func:`numjpeg.decode`. It gives the same bits and the same
pixels for 8-bit gray and colour pictures, only slower. ``numjpeg.write_coefficients`` adds a file's markers.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Coefficients, Component, ceil_div
from numjpeg.stages import huffman
from numjpeg.stages.bitstream import bit_windows, pack_bits, stuff_bytes, unstuff_bytes
from numjpeg.stages.blocks import join_blocks, pad_edges, split_blocks
from numjpeg.stages.color import rgb_to_ycbcr, ycbcr_to_rgb
from numjpeg.stages.dc_prediction import dc_differences, dc_from_differences
from numjpeg.stages.dct import fdct, idct
from numjpeg.stages.huffman import append_magnitude_bits, block_symbols, huffman_encode, read_block_symbols
from numjpeg.stages.level_shift import inverse_level_shift, level_shift
from numjpeg.stages.mcu_order import block_component, deinterleave, interleave, pad_to_mcus
from numjpeg.stages.quantization import dequantize, quantization_tables, quantize
from numjpeg.stages.run_length import Runs, run_length_decode, run_length_encode
from numjpeg.stages.subsampling import SUBSAMPLING, downsample, upsample
from numjpeg.stages.zigzag import inverse_zigzag, zigzag


def pixels_to_coefficients(
    image: NDArray[np.uint8], quality: int = 75, subsampling: str = "4:2:0"
) -> Coefficients:
    """Turn a picture, uint8 ``(H, W)`` gray or ``(H, W, 3)`` RGB, into quantized coefficients.

    ``quality`` is 1 .. 100, ``subsampling`` a key of :data:`numjpeg.stages.subsampling.SUBSAMPLING`.
    """
    height, width, *colour = image.shape
    H, V = SUBSAMPLING[subsampling] if colour else (1, 1)
    luminance, chrominance = Component(1, H, V, 0, 0, 0), Component(2, 1, 1, 1, 1, 1)
    components = (luminance, chrominance, replace(chrominance, identifier=3)) if colour else (luminance,)
    tables = dict(enumerate(quantization_tables(quality)[: 2 if colour else 1]))  # K.1
    channels = np.moveaxis(rgb_to_ycbcr(image), -1, 0) if colour else [image]  # JFIF
    planes = []
    for channel, c in zip(channels, components, strict=True):
        h, v = H // c.H, V // c.V
        samples = level_shift(channel)  # A.3.1
        samples = downsample(pad_edges(samples, v, 8 * h), h, v)  # A.1.1
        blocks = split_blocks(pad_edges(samples, 8, 8))  # A.1.3, A.2.4
        frequencies = fdct(blocks)  # A.3.3
        planes.append(quantize(frequencies, tables[c.Tq]))  # A.3.4
    return Coefficients(height, width, components, planes, tables, dict(huffman.STANDARD_TABLES))


def coefficients_to_bits(coefficients: Coefficients) -> bytes:
    """Turn coefficients into the data of one baseline scan; ValueError if a Huffman table lacks a needed code."""
    factors, rows, columns, tables = _scan(coefficients)
    sequences = [zigzag(plane) for plane in coefficients.planes]  # A.3.6
    padded = [pad_to_mcus(s, rows, columns, f) for s, f in zip(sequences, factors, strict=True)]  # A.2.4
    blocks = interleave(padded, factors).reshape(-1, 64)  # A.2.3
    component = np.tile(block_component(factors), rows * columns)
    differences = np.empty(len(blocks), np.int32)
    for i in range(len(factors)):
        differences[component == i] = dc_differences(blocks[component == i, 0])  # F.1.1.5.1
    runs = run_length_encode(blocks)  # F.1.2.2
    symbols = block_symbols(differences, runs, component)  # F.1.2.1, F.1.2.2
    codes, lengths = huffman_encode(symbols.symbol, tables, symbols.table)  # C.2
    codes, lengths = append_magnitude_bits(codes, lengths, symbols.value)  # F.1.2.1.1
    return stuff_bytes(pack_bits(codes, lengths)).tobytes()  # F.1.2.3, B.1.1.5


def bits_to_coefficients(bits: bytes, like: Coefficients) -> Coefficients:
    """Read the data of a scan: the inverse of :func:`coefficients_to_bits`.

    ``like`` gives size, components and tables; its planes are ignored. ValueError if the bits are no such scan.
    """
    factors, rows, columns, tables = _scan(like)
    component = np.tile(block_component(factors), rows * columns)
    windows = bit_windows(unstuff_bytes(np.frombuffer(bits, np.uint8)))  # B.1.1.5
    block, table, symbol, value = read_block_symbols(windows, tables, component)  # F.2.2
    dc, ac = table % 2 == 0, table % 2 == 1
    run, _ = huffman.run_and_category(symbol[ac])  # F.1.2.2.1
    blocks = run_length_decode(Runs(block[ac], run, value[ac].astype(np.int16)), len(component))  # F.2.2.2
    for i in range(len(factors)):
        blocks[component == i, 0] = dc_from_differences(value[dc][component == i])  # F.2.1.3.1
    planes = deinterleave(blocks.reshape(rows * columns, -1, 64), columns, factors)  # A.2.3
    for i, c in enumerate(like.components):
        m, n, _, _ = _geometry(like, c)
        planes[i] = inverse_zigzag(planes[i][: ceil_div(m, 8), : ceil_div(n, 8)])  # A.2.4, A.3.6
    return replace(like, planes=planes)


def coefficients_to_pixels(coefficients: Coefficients) -> NDArray[np.uint8]:
    """Turn coefficients into a picture, uint8 ``(H, W)`` gray or ``(H, W, 3)`` RGB."""
    channels, precision = [], coefficients.precision
    for plane, c in zip(coefficients.planes, coefficients.components, strict=True):
        frequencies = dequantize(plane, coefficients.quantization_tables[c.Tq])  # A.3.4
        samples = inverse_level_shift(idct(frequencies, precision=precision), precision)  # A.3.3, A.3.1
        m, n, h, v = _geometry(coefficients, c)
        samples = upsample(join_blocks(samples)[:m, :n], h, v)  # A.1.3, A.1.1
        channels.append(samples[: coefficients.height, : coefficients.width])
    return ycbcr_to_rgb(np.stack(channels, axis=-1), precision) if len(channels) > 1 else channels[0]  # JFIF


def _geometry(coefficients: Coefficients, c: Component) -> tuple[int, int, int, int]:
    """A component's rows and columns of samples; then how many columns and rows of pixels share one (A.1.1)."""
    H, V = (max(getattr(other, axis) for other in coefficients.components) for axis in "HV")
    return ceil_div(coefficients.height * c.V, V), ceil_div(coefficients.width * c.H, H), H // c.H, V // c.V


def _scan(coefficients: Coefficients) -> tuple[list[tuple[int, int]], int, int, list[huffman.HuffmanTable]]:
    """Each component's (rows, columns) of blocks in an MCU (A.2.2, A.2.3); rows and columns of MCUs; tables."""
    components = coefficients.components
    factors = [(c.V, c.H) for c in components] if len(components) > 1 else [(1, 1)]
    V, H = (max(sides) for sides in zip(*factors, strict=True))
    tables = [coefficients.huffman_tables[key] for c in components for key in ((0, c.Td), (1, c.Ta))]
    return factors, ceil_div(coefficients.height, 8 * V), ceil_div(coefficients.width, 8 * H), tables
