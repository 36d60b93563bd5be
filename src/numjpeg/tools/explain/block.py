"""One block from its samples to bits and back: the text of ``numjpeg block``.

The steps are the functions of :mod:`numjpeg.stages`, the same that :func:`numjpeg.encode` and
:func:`numjpeg.decode` run.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.arguments import Subsampling
from numjpeg.coefficient_files.reader import read_coefficients
from numjpeg.container.header import read_header
from numjpeg.encoder import encode
from numjpeg.forensics import estimate_quality
from numjpeg.metrics import psnr
from numjpeg.stages.blocks import pad_edges
from numjpeg.stages.dc_prediction import dc_differences, dc_from_differences
from numjpeg.stages.dct import fdct, idct
from numjpeg.stages.huffman import (
    HuffmanTable,
    ac_symbols,
    huffman_encode,
    magnitude_bits,
    magnitude_category,
)
from numjpeg.stages.level_shift import inverse_level_shift, level_shift
from numjpeg.stages.quantization import dequantize, quantize
from numjpeg.stages.run_length import Runs, run_length_decode, run_length_encode
from numjpeg.stages.subsampling import downsample
from numjpeg.stages.zigzag import inverse_zigzag, zigzag
from numjpeg.tools.explain.block_place import BlockPlace, find_block
from numjpeg.tools.explain.text import ac_symbol_name, matrix, step, table_name, wrap


def describe_block(
    image: ArrayLike,
    row: int,
    column: int,
    *,
    quality: int = 75,
    subsampling: Subsampling | None = None,
    component: str = "Y",
) -> str:
    """Take one block from its samples to bits and back, with every step in print.

    Parameters
    ----------
    image : uint8 ``(H, W)`` or ``(H, W, 3)`` RGB.
    row, column : which block of the component, counted in blocks from 0.
    quality, subsampling : as in :func:`numjpeg.encode`.
    component : "Y", "Cb" or "Cr".

    Returns
    -------
    Text, without a newline at the end. The bits are those that ``encode(image, quality, subsampling=subsampling)``
    writes for this block.

    Raises
    ------
    ValueError, TypeError naming the argument.
    """
    pixels = np.asarray(image)
    # A file of one pixel checks the arguments, and tells the sampling factors and tables.
    sample = encode(pixels[:1, :1], quality, subsampling=subsampling)
    place = find_block(pixels, sample, row, column, component)
    steps = [
        _title(place, component, quality),
        *_pixel_steps(pixels, place, component),
    ]
    samples = place.samples(pixels)
    return "\n\n".join(steps + _coding_steps(pixels, place, sample, samples, quality, subsampling))


def _title(place: BlockPlace, component: str, quality: int) -> str:
    rows, columns = place.frame.block_size(place.component)
    return (
        f"Block row {place.row}, column {place.column} of component {component}"
        f" ({rows} rows of {columns} blocks), quality {quality}.\n{place.where()}"
    )


def _pixel_steps(pixels: NDArray[np.uint8], place: BlockPlace, component: str) -> list[str]:
    area, cut = place.area(pixels)
    steps = []
    if cut:
        steps.append("The picture ends inside the block: its last column and row are repeated (A.2.4).")
    if pixels.ndim == 3 and pixels.shape[-1] == 3:
        steps += [step(name, matrix(area[:, :, i])) for i, name in enumerate(("Red", "Green", "Blue"))]
        steps.append(
            step(
                f"{component}: colour conversion (JFIF; stages.color.rgb_to_ycbcr)",
                _CONVERSION[component],
                matrix(place.samples(pixels)),
                _other_components(place, component),
            )
        )
    else:
        steps.append(step("Samples (a gray picture has one component)", matrix(place.samples(pixels))))
    return steps


_CONVERSION = {
    "Y": "Y = 0.299 R + 0.587 G + 0.114 B",
    "Cb": "Cb = -0.1687 R - 0.3313 G + 0.5 B + 128",
    "Cr": "Cr = 0.5 R - 0.4187 G - 0.0813 B + 128",
}


def _other_components(place: BlockPlace, component: str) -> str:
    areas: dict[tuple[int, int], list[str]] = {}
    for name, c in zip(("Y", "Cb", "Cr"), place.frame.components, strict=True):
        if name != component:
            areas.setdefault((8 * place.frame.H_max // c.H, 8 * place.frame.V_max // c.V), []).append(name)
    words = [f"A block of {' or '.join(names)} covers {h} x {v} pixels." for (h, v), names in areas.items()]
    return " ".join(["The other two components go the same way, in blocks of their own.", *words])


# --- samples to bits -------------------------------------------------------------------------------------


def _coding_steps(
    pixels: NDArray[np.uint8],
    place: BlockPlace,
    sample: bytes,
    samples: NDArray[np.uint8],
    quality: int,
    subsampling: Subsampling | None,
) -> list[str]:
    """All steps from the level shift on, in the pipeline's order, and the way back."""
    h, v = place.ratio
    table = read_header(sample).quantization_tables[place.component.Tq]
    shifted = level_shift(samples)
    small = pad_edges(downsample(shifted, h, v))
    frequencies = fdct(small)
    quantized = quantize(frequencies, table)
    sequence = zigzag(quantized)
    before = place.previous()
    predictor = _dc_before(pixels, place, before, quality, subsampling)
    difference = dc_differences(sequence[:1], None, predictor)
    runs = run_length_encode(sequence[np.newaxis])

    steps = [step("Level shift (A.3.1; stages.level_shift): 128 is subtracted", matrix(shifted))]
    if (h, v) != (1, 1):
        steps.append(
            step(f"Subsampling (A.1.1; stages.subsampling): boxes of {h} x {v} are averaged", matrix(small))
        )
    steps += [
        step(
            "Forward DCT (A.3.3; stages.dct.fdct): vertical frequency downwards, horizontal to the right",
            matrix(frequencies, ".1f"),
        ),
        step(
            f"Quantization table {place.component.Tq} ({estimate_quality(table).base}, quality {quality})",
            matrix(table),
        ),
        step(
            "Quantized (A.3.4; stages.quantization.quantize): divided by the table and rounded",
            f"For example DC: {frequencies[0, 0]:g} / {table[0, 0]} = {frequencies[0, 0] / table[0, 0]:.3f} -> "
            f"{quantized[0, 0]}. {np.count_nonzero(quantized)} of 64 coefficients are left.",
            matrix(quantized),
        ),
        step("Zig-zag sequence (A.3.6; stages.zigzag)", matrix(sequence.reshape(8, 8))),
        step(
            "DC prediction (F.1.1.5.1; stages.dc_prediction)",
            _prediction(place, before, predictor, sequence, difference),
        ),
        step(
            "Run-length coding of the AC coefficients (F.1.2.2; stages.run_length): (zeros before it, value)",
            wrap([f"({r}, {value})" if value else "EOB" for r, value in zip(runs.run, runs.value, strict=True)]),
            "" if sequence[63] else "EOB, the end of block, says that only zeros follow.",
        ),
    ]
    steps.append(_huffman_step(place, difference, runs))
    return steps + _way_back(place, difference, predictor, runs, table, small)


def _dc_before(
    pixels: NDArray[np.uint8],
    place: BlockPlace,
    before: tuple[int, int] | None,
    quality: int,
    subsampling: Subsampling | None,
) -> int:
    """Quantized DC coefficient of the block before, from the MCU row it lies in."""
    if before is None:
        return 0
    row, column = before
    V = place.component.V
    top = row // V * 8 * place.frame.V_max
    strip = pixels[top : top + 8 * place.frame.V_max]
    plane = read_coefficients(encode(strip, quality, subsampling=subsampling)).planes[place.index]
    return int(plane[row % V, column, 0, 0])


def _prediction(
    place: BlockPlace,
    before: tuple[int, int] | None,
    predictor: int,
    sequence: NDArray[np.int16],
    difference: NDArray[np.int32],
) -> str:
    if before is None:
        origin = "This is the component's first block in the scan: the prediction is 0."
    else:
        origin = (
            f"The component's block before it in the scan is row {before[0]}, column {before[1]}; "
            f"its DC is {predictor}."
        )
        V, H = place.scan.factors[place.scan.indices.index(place.index)]
        if (V, H) != (1, 1):
            origin += f"\nThe scan goes MCU by MCU, {V} x {H} blocks of this component each (A.2.3)."
    return f"{origin}\nDifference: {sequence[0]} - {predictor} = {difference[0]}"


def _huffman_step(place: BlockPlace, difference: NDArray[np.int32], runs: Runs) -> str:
    """A line a symbol: what it stands for, its code word and its magnitude bits; then all bits."""
    component = place.scan.components[place.scan.indices.index(place.index)]
    tables = place.scan.huffman_tables
    ac = ac_symbols(runs.run, runs.value)
    lines = [f"  {'symbol':<24}{'value':>6}  {'code word':<18}magnitude bits"]
    dc_words = _words(magnitude_category(difference), difference, tables[0, component.Td])
    ac_words = _words(ac.symbol, ac.value, tables[1, component.Ta])
    names = [f"DC, category {magnitude_category(difference)[0]}", *map(ac_symbol_name, ac.symbol)]
    values = [int(difference[0]), *ac.value.tolist()]
    stream = ""
    for name, value, (code, magnitude) in zip(names, values, dc_words + ac_words, strict=True):
        without = name in ("EOB", "ZRL (16 zeros)")
        lines.append(f"  {name:<24}{'' if without else value:>6}  {code:<18}{magnitude}".rstrip())
        stream += code + magnitude
    count = len(stream)
    octets = [stream[i : i + 8] for i in range(0, count, 8)]
    return step(
        "Huffman coding (F.1.2; stages.huffman)",
        "The symbol is the category (bits of the magnitude), or run/category; it has a code word. After it come\n"
        "so many magnitude bits: the value, or if it is negative the value less 1 (F.1.2.1.1).",
        f"Tables: DC {table_name(tables[0, component.Td])}, AC {table_name(tables[1, component.Ta])}",
        "\n".join(lines),
        "The block as bits:",
        wrap(octets),
        f"{count} bits in place of {64 * 8} ({count / 64:.2f} a sample).",
    )


def _words(symbols: NDArray[np.uint8], values: NDArray[np.integer], table: HuffmanTable) -> list[tuple[str, str]]:
    """(code word, magnitude bits) of each symbol, as strings of 0 and 1."""
    codes, lengths = huffman_encode(symbols, [table])
    category = magnitude_category(values)
    magnitudes = magnitude_bits(values, category)
    return [
        (f"{int(code):0{length}b}", f"{int(bits):0{size}b}" if size else "")
        for code, length, bits, size in zip(codes, lengths, magnitudes, category, strict=True)
    ]


# --- the way back ----------------------------------------------------------------------------------------


def _way_back(
    place: BlockPlace,
    difference: NDArray[np.int32],
    predictor: int,
    runs: Runs,
    table: NDArray[np.uint16],
    shifted: NDArray[np.integer],
) -> list[str]:
    sequence = run_length_decode(runs, 1)[0]
    sequence[0] = dc_from_differences(difference, None, predictor)[0]
    dequantized = dequantize(inverse_zigzag(sequence), table)
    samples = idct(dequantized)
    original, restored = inverse_level_shift(shifted), inverse_level_shift(samples)
    error = restored.astype(np.int16) - original
    decibels = psnr(original, restored)
    return [
        "And back, from the bits to samples.",
        step("Dequantized (A.3.4; stages.quantization.dequantize): multiplied by the table", matrix(dequantized)),
        step("Inverse DCT (A.3.3; stages.dct.idct)", matrix(samples)),
        step(
            "Reconstructed samples: 128 is added (A.3.1; stages.level_shift.inverse_level_shift)",
            matrix(restored),
        ),
        step("Error: reconstructed less original", matrix(error)),
        f"PSNR of the block: {decibels:.2f} dB; largest error {np.abs(error).max()}."
        + ("" if place.ratio == (1, 1) else " (Against the subsampled samples.)"),
    ]
