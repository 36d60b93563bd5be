"""The demonstration: one photograph through the codec, with sizes, times and a comparison with Pillow, as text."""

from __future__ import annotations

import importlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from numjpeg.container import structure as reader
from numjpeg.decoder import BAND_BLOCKS, decode
from numjpeg.encoder import encode
from numjpeg.fast import packing
from numjpeg.fast.lanes import read_scan
from numjpeg.fast.tiles import BAND_PIXELS
from numjpeg.metrics import psnr
from numjpeg.stages.blocks import join_blocks, split_blocks
from numjpeg.stages.color import rgb_to_ycbcr, ycbcr_to_rgb
from numjpeg.stages.dc_prediction import dc_differences
from numjpeg.stages.dct import fdct, idct
from numjpeg.stages.huffman import (
    AC_CHROMINANCE,
    AC_LUMINANCE,
    DC_CHROMINANCE,
    DC_LUMINANCE,
    ac_symbols,
    huffman_encode,
    magnitude_bits,
    magnitude_category,
)
from numjpeg.stages.level_shift import inverse_level_shift, level_shift
from numjpeg.stages.quantization import dequantize, quantize
from numjpeg.stages.run_length import run_length_encode
from numjpeg.stages.subsampling import downsample, upsample
from numjpeg.stages.zigzag import inverse_zigzag, zigzag

PILLOW_SUBSAMPLING = ("4:4:4", "4:2:2", "4:2:0")
"""What Pillow can write under these names."""

Result = TypeVar("Result")


@dataclass
class Clock:
    """CPU seconds of each stage, added up over the bands."""

    seconds: dict[str, float] = field(default_factory=dict)

    def time(self, stage: str, function: Callable[..., Result], *arguments: Any) -> Result:
        """Call a function and add the CPU time it takes to a stage's."""
        start = time.process_time()
        result = function(*arguments)
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.process_time() - start
        return result


def time_encoding(image: NDArray[np.uint8], data: bytes) -> tuple[dict[str, float], int]:
    """Run the stages of encoding one by one, band by band, and time each.

    Parameters
    ----------
    image : uint8 ``(H, W)`` or ``(H, W, 3)`` RGB. data : the file that ``encode`` made of it.

    Returns
    -------
    (seconds by stage, bits of all code words and magnitudes).
    """
    structure = reader.read_structure(data)
    frame = structure.require_frame()
    clock = Clock(dict.fromkeys(("colour conversion", "level shift", "subsampling"), 0.0))
    total = 0
    predictors = [0] * len(frame.components)
    step = 8 * frame.V_max * max(1, BAND_PIXELS // (8 * frame.V_max * frame.width))
    for top in range(0, frame.height, step):
        band = image[top : top + step]
        below, right = -len(band) % (8 * frame.V_max), -frame.width % (8 * frame.H_max)
        band = np.pad(band, [(0, below), (0, right), *[(0, 0)] * (band.ndim - 2)], mode="edge")
        if band.ndim == 3:
            band = clock.time("colour conversion", rgb_to_ycbcr, band)
        planes = [band] if band.ndim == 2 else [band[..., i] for i in range(3)]
        for i, (plane, c) in enumerate(zip(planes, frame.components, strict=True)):
            h, v = frame.H_max // c.H, frame.V_max // c.V
            samples: NDArray[Any] = clock.time("level shift", level_shift, plane)
            if (h, v) != (1, 1):
                samples = clock.time("subsampling", downsample, samples, h, v)
            blocks = clock.time("8x8 blocks", _blocks, samples)
            blocks = clock.time("DCT", fdct, blocks)
            quantized = clock.time("quantization", quantize, blocks, structure.component_tables[i])
            sequences = clock.time("zig-zag", zigzag, quantized).reshape(-1, 64)
            differences = clock.time("DC prediction", dc_differences, sequences[:, 0], None, predictors[i])
            predictors[i] = int(sequences[-1, 0])
            runs = clock.time("run-length coding", run_length_encode, sequences)
            codes, lengths = clock.time("Huffman coding", _code, differences, runs, min(i, 1))
            total += clock.time("bits to bytes", _pack, codes, lengths)
    return {stage: seconds for stage, seconds in clock.seconds.items() if seconds}, total


def _blocks(plane: NDArray[np.integer]) -> NDArray[np.generic]:
    """Blocks in the memory order that the transforms want: 64 planes."""
    planes = np.ascontiguousarray(np.moveaxis(split_blocks(plane), (-2, -1), (0, 1)))
    return np.moveaxis(planes, (0, 1), (-2, -1))


def _code(differences: NDArray[np.int32], runs: Any, table: int) -> tuple[NDArray[np.uint64], NDArray[np.integer]]:
    """Code words with their magnitude bits; DC first, then AC, which is not the file's order but the same work."""
    ac = ac_symbols(runs.run, runs.value)
    dc_tables, ac_tables = (DC_LUMINANCE, DC_CHROMINANCE), (AC_LUMINANCE, AC_CHROMINANCE)
    parts = []
    for symbols, values, tables in (
        (magnitude_category(differences), differences, dc_tables),
        (ac.symbol, ac.value, ac_tables),
    ):
        codes, lengths = huffman_encode(symbols, [tables[table]])
        category = magnitude_category(values)
        parts.append((codes << category.astype(np.uint64) | magnitude_bits(values, category), lengths + category))
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def _pack(codes: NDArray[np.uint64], lengths: NDArray[np.integer]) -> int:
    packed, count = packing.pack(codes, lengths)
    packing.stuff(packed)
    return count


def time_decoding(data: bytes) -> tuple[dict[str, float], NDArray[np.uint8]]:
    """Run the stages of decoding one by one, and time each.

    Parameters
    ----------
    data : a gray or YCbCr file that ``encode`` made.

    Returns
    -------
    (seconds by stage, the picture).
    """
    structure = reader.read_structure(data)
    frame = structure.require_frame()
    clock = Clock()
    planes: list[list[NDArray[np.generic]]] = [[] for _ in frame.components]
    for scan in structure.scans:
        bands = read_scan(data, scan, reader.band_rows(scan, BAND_BLOCKS), [])
        while (band := clock.time("entropy decoding", next, bands, None)) is not None:
            for index, sequences in zip(scan.indices, band, strict=True):
                blocks = clock.time("inverse zig-zag", inverse_zigzag, sequences)
                blocks = clock.time("dequantization", dequantize, blocks, structure.component_tables[index])
                blocks = clock.time("inverse DCT", idct, blocks)
                blocks = clock.time("inverse level shift", inverse_level_shift, blocks)
                planes[index].append(clock.time("blocks to planes", join_blocks, blocks))
    full = []
    for bands_of_plane, c in zip(planes, frame.components, strict=True):
        rows, columns = frame.sample_size(c)
        h, v = frame.H_max // c.H, frame.V_max // c.V
        plane = np.concatenate(bands_of_plane)[:rows, :columns]
        if (h, v) != (1, 1):
            plane = clock.time("upsampling", upsample, plane, h, v)
        full.append(plane[: frame.height, : frame.width])
    if len(full) == 1:
        return clock.seconds, full[0].astype(np.uint8)
    ycbcr = np.moveaxis(np.stack(full).astype(np.uint8), 0, -1)  # in memory three planes, as the decoder has them
    return clock.seconds, clock.time("colour conversion", ycbcr_to_rgb, ycbcr)


def _timed(function: Callable[[], Result]) -> tuple[float, Result]:
    """The shorter CPU time of two runs, and the result."""
    found = []
    for _ in range(2):
        start = time.process_time()
        result = function()
        found.append(time.process_time() - start)
    return min(found), result


def report(image: NDArray[np.uint8], quality: int, subsampling: str) -> str:
    """Encode and decode a picture, and say how large, how good, how fast, and whether Pillow does the same.

    Parameters
    ----------
    image : uint8 ``(H, W)`` or ``(H, W, 3)`` RGB. quality, subsampling : as in :func:`numjpeg.encode`.

    Returns
    -------
    Text of several lines, without a newline at the end.
    """
    encode_seconds, data = _timed(
        lambda: encode(image, quality, subsampling=subsampling if image.ndim == 3 else None)
    )
    decode_seconds, decoded = _timed(lambda: decode(data))
    height, width = image.shape[:2]
    equal, pillow_seconds = _compare_with_pillow(image, data, decoded, quality, subsampling)
    lines = [
        f"picture          {width} x {height}, {'gray' if image.ndim == 2 else 'RGB'}, {image.nbytes:,} bytes",
        f"JPEG             {len(data):,} bytes, quality {quality}, {subsampling if image.ndim == 3 else 'gray'}",
        f"ratio            {image.nbytes / len(data):.2f} : 1",
        f"rate             {8 * len(data) / (height * width):.3f} bits a pixel",
        f"PSNR             {psnr(image, decoded):.2f} dB",
        *equal,
        "",
        *_table("encoding", time_encoding(image, data)[0], encode_seconds, pillow_seconds.get("encode")),
        "",
        *_table("decoding", time_decoding(data)[0], decode_seconds, pillow_seconds.get("decode")),
        "",
        "Stages are run and timed one by one, in CPU time, which other programs do not lengthen. encode() takes",
        "faster forms that join several stages; it and decode() also order the blocks into MCUs, read and write",
        "markers, and copy. Entropy decoding is Huffman, run-length and DC decoding in one reader.",
    ]
    return "\n".join(lines)


def _table(title: str, seconds: dict[str, float], whole: float, pillow_seconds: float | None) -> list[str]:
    total = sum(seconds.values())
    lines = [f"{title:<24} CPU time   share"]
    lines += [f"  {stage:<22}{1000 * s:>9.2f} ms{s / total:>7.1%}" for stage, s in seconds.items()]
    lines += [
        f"  {'all stages':<22}{1000 * total:>9.2f} ms",
        f"  {title.replace('ing', 'e()'):<22}{1000 * whole:>9.2f} ms",
    ]
    if pillow_seconds:
        lines.append(f"  {'Pillow':<22}{1000 * pillow_seconds:>9.2f} ms")
    return lines


def _compare_with_pillow(
    image: NDArray[np.uint8], data: bytes, decoded: NDArray[np.uint8], quality: int, subsampling: str
) -> tuple[list[str], dict[str, float]]:
    """Lines that say whether bytes and pixels equal Pillow's, and Pillow's times."""
    try:
        pillow = importlib.import_module("PIL.Image")
        version = importlib.import_module("PIL").__version__
    except ImportError:
        return ["Pillow           not installed: nothing to compare with"], {}
    name = f"Pillow {version}"

    def save() -> bytes:
        buffer = io.BytesIO()
        options = {"subsampling": subsampling} if image.ndim == 3 else {}
        pillow.fromarray(np.ascontiguousarray(image)).save(buffer, "JPEG", quality=quality, **options)
        return buffer.getvalue()

    seconds = {}
    lines = []
    if image.ndim == 3 and subsampling not in PILLOW_SUBSAMPLING:
        lines.append(f"bytes            not compared: Pillow does not write {subsampling}")
    else:
        seconds["encode"], theirs = _timed(save)
        lines.append(f"bytes            {_verdict(theirs == data)} to {name}'s")
    seconds["decode"], pixels = _timed(lambda: np.asarray(pillow.open(io.BytesIO(data))))
    lines.append(f"decoded pixels   {_verdict(np.array_equal(pixels, decoded))} to {name}'s")
    return lines, seconds


def _verdict(equal: bool) -> str:
    return "equal" if equal else "NOT EQUAL"
