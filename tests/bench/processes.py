"""Lossless files beside libjpeg-turbo (imagecodecs' jpeg8), and what a decision of arithmetic coding takes.

    python tests/bench/processes.py [PICTURES...] [--rounds 5] [--arithmetic | --lossless]

Times are medians of CPU time in one process, where the codecs take turns. Pictures are those named, of 8 bits,
or photographs of 0.4 and 4.7 megapixels; a gray one of 512 x 512 and 16 bits comes first. A decision is put beside
one turn of a loop with two additions and a look-up in a list.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pictures
from PIL import Image

import numjpeg
from numjpeg.entropy import arithmetic_reader

SIZES = {"0.4 MP": (512, 768), "4.7 MP": (1780, 2640)}
KINDS: dict[str, dict[str, Any]] = {
    "sequential": {},
    "progressive": {"progressive": True},
    "lossless": {"lossless": True, "predictor": 4},
}


def medians(rounds: int, *tasks: Callable[[], object]) -> list[float]:
    """Seconds of CPU time of each task; they take turns."""
    found: list[list[float]] = [[] for _ in tasks]
    for _ in range(rounds):
        for task, seconds in zip(tasks, found, strict=True):
            start = time.process_time()
            task()
            seconds.append(time.process_time() - start)
    return [statistics.median(seconds) for seconds in found]


def gray_of_16_bits() -> np.ndarray:
    """512 x 512 samples that have all of their bits, the lowest four of them noise."""
    luma = pictures.photograph(512, 512) @ np.array([0.299, 0.587, 0.114])
    noise = np.random.default_rng(1).normal(0, 8, luma.shape)
    return np.clip(luma * 257 + noise, 0, 65535).astype(np.uint16)


def lossless(image: np.ndarray, rounds: int) -> str:
    """Our times by libjpeg-turbo's, of one file that both read and of one that each writes."""
    data = imagecodecs.jpeg8_encode(image, lossless=True, predictor=1, bitspersample=8 * image.itemsize)
    if not np.array_equal(numjpeg.decode(data), image):
        raise SystemExit("the samples are not those that were encoded")
    ours, theirs, own_file, their_file = medians(
        rounds,
        lambda: numjpeg.decode(data),
        lambda: imagecodecs.jpeg8_decode(data),
        lambda: numjpeg.encode(image, lossless=True, predictor=1),
        lambda: imagecodecs.jpeg8_encode(image, lossless=True, predictor=1, bitspersample=8 * image.itemsize),
    )
    return (
        f"decode {ours / theirs:.1f} times libjpeg-turbo's, {1e3 * ours:.0f} ms; "
        f"encode {own_file / their_file:.1f} times, {1e3 * own_file:.0f} ms"
    )


def decisions_of(data: bytes) -> int:
    """How many decisions a file has that are decoded one by one."""
    count = 0
    make = arithmetic_reader.qm_decoder

    def counting(*arguments: Any) -> Any:
        decoder = make(*arguments)

        def decode(context: int) -> int:
            nonlocal count
            count += 1
            return decoder.decode(context)

        return decoder._replace(decode=decode)

    arithmetic_reader.qm_decoder = counting
    try:
        numjpeg.decode(data)
    finally:
        arithmetic_reader.qm_decoder = make
    return count


def empty_loop(turns: int) -> int:
    """As many turns, each with two additions and a look-up in a list."""
    table, place, total = list(range(256)), 0, 0
    for _ in range(turns):
        total += table[place]
        place = place + 1 & 255
    return total


def arithmetic(image: np.ndarray, rounds: int, kind: str) -> str:
    """Microseconds a decision, all that belongs to decoding the file included."""
    data = numjpeg.encode(image, arithmetic=True, **KINDS[kind])
    count = decisions_of(data)
    ours, loop = (1e6 * seconds / count for seconds in medians(
        rounds, lambda: numjpeg.decode(data), lambda: empty_loop(count)
    ))  # fmt: skip
    return f"{ours:.2f} us a decision of {count:,}, a turn of the loop {loop:.3f} us, {ours / loop:.1f} times"


def main() -> None:
    """Print a line for each picture and what is measured of it."""
    parser = argparse.ArgumentParser(description="Lossless files and arithmetic coding.")
    parser.add_argument("pictures", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--arithmetic", action="store_true")
    parser.add_argument("--lossless", action="store_true")
    options = parser.parse_args()
    both = options.arithmetic == options.lossless
    named = {path.stem: np.asarray(Image.open(path)) for path in options.pictures}
    named = named or {name: pictures.photograph(*size) for name, size in SIZES.items()}
    if both or options.lossless:
        for name, image in {"gray, 16 bits, 512 x 512": gray_of_16_bits(), **named}.items():
            print(f"lossless, {name}: {lossless(image, options.rounds)}", flush=True)
    if both or options.arithmetic:
        name, image = next(iter(named.items()))
        for kind in KINDS:
            print(f"arithmetic, {kind}, {name}: {arithmetic(image, options.rounds, kind)}", flush=True)


if __name__ == "__main__":
    main()
