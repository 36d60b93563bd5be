"""JPEG 2000 beside OpenJPEG (through Pillow, with its colour transform on): CPU time, size and quality.

    python tests/bench/jpeg2000.py PICTURES... [--rounds 3] [--quality] [--parts] [--workers]

Times are ratios of medians of CPU time in one process, and the codecs take turns. ``--quality`` compares lossless
sizes, and PSNR at equal bytes. ``--parts`` decodes the first part of a file, beside a progressive JPEG file of the
same size. ``--workers`` compares the wall time of two processes with that of one.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import numjpeg
from numjpeg import jpeg2000, psnr

RATES = (0.25, 0.5, 1.0, 2.0)


def pillow_encode(image: np.ndarray, rate: float | None = None) -> bytes:
    """A file of OpenJPEG: lossless, or 9/7 at so many bits for each pixel."""
    stream = io.BytesIO()
    options: dict[str, Any] = {"mct": 1}
    if rate is not None:
        bits = image.itemsize * 8 * image[0, 0].size
        options |= {"irreversible": True, "quality_mode": "rates", "quality_layers": [bits / rate]}
    Image.fromarray(image).save(stream, "JPEG2000", **options)
    return stream.getvalue()


def pillow_decode(data: bytes) -> np.ndarray:
    """OpenJPEG's pixels."""
    return np.asarray(Image.open(io.BytesIO(data)))


def ratio(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Our median of CPU time by theirs, and ours in seconds."""
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for run, seconds in zip((ours, theirs), found, strict=True):
            start = time.process_time()
            run()
            seconds.append(time.process_time() - start)
    mine, other = (statistics.median(seconds) for seconds in found)
    return mine / other, mine


def times(image: np.ndarray, rounds: int) -> dict[str, tuple[float, float]]:
    """Ratios by what is done."""
    lossless, small = pillow_encode(image), pillow_encode(image, 1)
    fast = jpeg2000.encode(image, high_throughput=True)
    tasks: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "lossless decode": (lambda: jpeg2000.decode(lossless), lambda: pillow_decode(lossless)),
        "lossless encode": (lambda: jpeg2000.encode(image), lambda: pillow_encode(image)),
        "1 bpp decode": (lambda: jpeg2000.decode(small), lambda: pillow_decode(small)),
        "1 bpp encode": (lambda: jpeg2000.encode(image, bits_per_pixel=1), lambda: pillow_encode(image, 1)),
        "HT decode": (lambda: jpeg2000.decode(fast), lambda: pillow_decode(lossless)),
        "HT encode": (lambda: jpeg2000.encode(image, high_throughput=True), lambda: pillow_encode(image)),
    }
    return {name: ratio(*task, rounds) for name, task in tasks.items()}


def quality(image: np.ndarray) -> dict[str, float]:
    """Lossless size by OpenJPEG's; by rate, our PSNR at its number of bytes and what that is more than its own."""
    found = {"lossless size": len(jpeg2000.encode(image)) / len(pillow_encode(image))}
    for rate in RATES:
        theirs = pillow_encode(image, rate)
        ours = psnr(image, jpeg2000.decode(jpeg2000.encode(image, target_bytes=len(theirs))))
        found[f"{rate} bpp"] = ours
        found[f"{rate} bpp, more than OpenJPEG"] = ours - psnr(image, pillow_decode(theirs))
    return found


def parts(image: np.ndarray) -> dict[str, float]:
    """PSNR of the first part of a file of 1 bit a pixel, and of a JPEG file made to show a preview early."""
    wavelets = jpeg2000.encode(image, bits_per_pixel=1, layers=8, container="j2k")
    cosines = numjpeg.encode(image, tune="psnr", target_bytes=len(wavelets), scans="preview")
    found = {}
    for share in (0.1, 0.25, 0.5, 1):
        part = jpeg2000.decode(wavelets[: int(share * len(wavelets))], strict=False)
        found[f"first {share:.0%}"] = psnr(image, part)
        part = numjpeg.decode(cosines[: int(share * len(cosines))], strict=False)
        found[f"first {share:.0%}, JPEG"] = psnr(image, part)
    return found


def workers(image: np.ndarray) -> dict[str, float]:
    """Wall time of two processes by that of one."""
    data, found = jpeg2000.encode(image), {}
    tasks: dict[str, Callable[[int], object]] = {
        "decode": lambda count: jpeg2000.decode(data, workers=count),
        "encode": lambda count: jpeg2000.encode(image, workers=count),
    }
    for name, task in tasks.items():
        seconds = []
        for count in (1, 2):
            start = time.perf_counter()
            task(count)
            seconds.append(time.perf_counter() - start)
        found[name] = seconds[1] / seconds[0]
    return found


def main() -> None:
    """Print a line for each picture and what is measured of it."""
    parser = argparse.ArgumentParser(description="JPEG 2000 beside OpenJPEG.")
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quality", action="store_true")
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--workers", action="store_true")
    options = parser.parse_args()
    for path in options.pictures:
        image = np.asarray(Image.open(path))
        megapixels = image.shape[0] * image.shape[1] / 1e6
        if options.quality or options.parts:
            values = quality(image) if options.quality else parts(image)
            rows = {name: f"{value:.4f}" for name, value in values.items()}
        elif options.workers:
            rows = {name: f"{value:.2f} of the wall time" for name, value in workers(image).items()}
        else:
            found = times(image, options.rounds)
            rows = {name: f"{by:.1f} times OpenJPEG's, {seconds:.2f} s" for name, (by, seconds) in found.items()}
        for name, row in rows.items():
            print(f"{path.stem} ({megapixels:.1f} MP)  {name}: {row}", flush=True)


if __name__ == "__main__":
    main()
