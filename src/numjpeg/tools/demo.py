"""The demonstration: codes one photograph, and reports sizes, times and a comparison with Pillow as text."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from numjpeg import pipeline
from numjpeg.coefficient_files.reader import read_coefficients
from numjpeg.container.structure import read_structure
from numjpeg.decoder import decode
from numjpeg.encoder import encode
from numjpeg.metrics import psnr
from numjpeg.tools.observe import Call, observed
from numjpeg.tools.other_formats import has_pillow, pillow

Result = TypeVar("Result")

STEPS = {
    "colour conversion": ("rgb_to_ycbcr", "ycbcr_to_rgb"),
    "level shift": ("level_shift", "inverse_level_shift"),
    "subsampling": ("pad_edges", "downsample"),
    "8x8 blocks": ("split_blocks", "join_blocks"),
    "DCT": ("fdct",),
    "quantization": ("quantize",),
    "zig-zag": ("zigzag", "inverse_zigzag"),
    "MCU order": ("pad_to_mcus", "interleave", "deinterleave"),
    "DC prediction": ("dc_differences", "dc_from_differences"),
    "run-length coding": ("run_length_encode", "run_length_decode"),
    "Huffman coding": ("block_symbols", "huffman_encode", "append_magnitude_bits", "read_block_symbols"),
    "bits and bytes": ("pack_bits", "stuff_bytes", "unstuff_bytes", "bit_windows"),
    "dequantization": ("dequantize",),
    "inverse DCT": ("idct",),
    "upsampling": ("upsample",),
}
"""Name of a step in the report -> its stages. Stages that make tables are left out."""


def _by_step(calls: list[Call]) -> dict[str, float]:
    """CPU seconds of each step, in the order of the calls."""
    step_of = {stage: step for step, stages in STEPS.items() for stage in stages}
    seconds: dict[str, float] = {}
    for call in calls:
        if step := step_of.get(call.stage):
            seconds[step] = seconds.get(step, 0.0) + call.seconds
    return seconds


def time_encoding(image: NDArray[np.uint8], quality: int, subsampling: str) -> tuple[dict[str, float], bytes]:
    """Encode gray or RGB samples stage by stage: CPU seconds by step, and the data of the scan."""
    with observed() as calls:
        coefficients = pipeline.pixels_to_coefficients(image, quality, subsampling)
        bits = pipeline.coefficients_to_bits(coefficients)
    return _by_step(calls), bits


def time_decoding(data: bytes) -> tuple[dict[str, float], NDArray[np.uint8]]:
    """Decode stage by stage: CPU seconds by step, and the picture.

    ``data`` is a gray or YCbCr file with one scan and no restart markers.
    """
    (scan,) = read_structure(data).scans
    like = read_coefficients(data)
    with observed() as calls:
        coefficients = pipeline.bits_to_coefficients(data[scan.start : scan.end], like)
        picture = pipeline.coefficients_to_pixels(coefficients)
    return _by_step(calls), picture


def _timed(function: Callable[[], Result]) -> tuple[float, Result]:
    """The shorter CPU time of two runs, and the result."""
    seconds = []
    for _ in range(2):
        start = time.process_time()
        result = function()
        seconds.append(time.process_time() - start)
    return min(seconds), result


def report(image: NDArray[np.uint8], quality: int, subsampling: str) -> str:
    """Encode and decode a picture, uint8 ``(H, W)`` or RGB ``(H, W, 3)``.

    Return lines of text: sizes, PSNR, times, and whether Pillow gives the same bytes and pixels.
    """
    factors = subsampling if image.ndim == 3 else None
    encode_seconds, data = _timed(lambda: encode(image, quality, subsampling=factors))
    decode_seconds, decoded = _timed(lambda: decode(data))
    height, width = image.shape[:2]
    equal, pillow_seconds = _compare_with_pillow(image, data, decoded, quality, subsampling)
    stages_of_encoding, _ = time_encoding(image, quality, subsampling)
    lines = [
        f"picture          {width} x {height}, {'gray' if image.ndim == 2 else 'RGB'}, {image.nbytes:,} bytes",
        f"JPEG             {len(data):,} bytes, quality {quality}, {factors or 'gray'}",
        f"ratio            {image.nbytes / len(data):.2f} : 1",
        f"rate             {8 * len(data) / (height * width):.3f} bits a pixel",
        f"PSNR             {psnr(image, decoded):.2f} dB",
        *equal,
        "",
        *_table("encoding", stages_of_encoding, encode_seconds, pillow_seconds.get("encode")),
        "",
        *_table("decoding", time_decoding(data)[0], decode_seconds, pillow_seconds.get("decode")),
        "",
        "numjpeg.pipeline runs the stages in their plain form; each is timed by itself, in CPU time. encode() and",
        "decode() use faster forms that join several stages and give the same; they also read and write markers.",
    ]
    return "\n".join(lines)


def _table(title: str, seconds: dict[str, float], whole: float, pillow_seconds: float | None) -> list[str]:
    total = sum(seconds.values())
    lines = [f"{title:<24} CPU time   share"]
    lines += [f"  {stage:<22}{1000 * s:>9.2f} ms{s / total:>7.1%}" for stage, s in seconds.items()]
    whole_seconds = {"all stages": total, title.replace("ing", "e()"): whole, "Pillow": pillow_seconds}
    return lines + [f"  {what:<22}{1000 * s:>9.2f} ms" for what, s in whole_seconds.items() if s]


def _compare_with_pillow(
    image: NDArray[np.uint8], data: bytes, decoded: NDArray[np.uint8], quality: int, subsampling: str
) -> tuple[list[str], dict[str, float]]:
    """Lines that say whether bytes and pixels equal Pillow's, and Pillow's times."""
    if not has_pillow():
        return ["Pillow           not installed: nothing to compare with"], {}
    image_module = pillow("Image", "")
    name, verdicts = f"Pillow {image_module.__version__}", {True: "equal", False: "NOT EQUAL"}

    def save() -> bytes:
        buffer = io.BytesIO()
        options = {"subsampling": subsampling} if image.ndim == 3 else {}
        image_module.fromarray(np.ascontiguousarray(image)).save(buffer, "JPEG", quality=quality, **options)
        return buffer.getvalue()

    seconds, lines = {}, []
    if image.ndim == 3 and subsampling not in ("4:4:4", "4:2:2", "4:2:0"):
        lines.append(f"bytes            not compared: Pillow does not write {subsampling}")
    else:
        seconds["encode"], theirs = _timed(save)
        lines.append(f"bytes            {verdicts[theirs == data]} to {name}'s")
    seconds["decode"], pixels = _timed(lambda: np.asarray(image_module.open(io.BytesIO(data))))
    lines.append(f"decoded pixels   {verdicts[np.array_equal(pixels, decoded)]} to {name}'s")
    return lines, seconds
