"""How much longer than Pillow: CPU time of encode and decode on the demo photograph, in one process, alternating.

    python tests/bench/against_pillow.py

Prints a table of times and their ratio (medians), and whether bytes and pixels are equal. One thread.
"""

from __future__ import annotations

import io
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

import numjpeg

PHOTOGRAPH = Path(__file__).parents[2] / "pic" / "astronaut.png"
QUALITY = 85
ROUNDS = 9


def pillow_encode(image: np.ndarray, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", **options)
    return stream.getvalue()


def pillow_decode(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def cpu_time(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def compare(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median CPU times of both, in seconds, taken in turns after one warm-up."""
    ours(), theirs()
    pairs = [(cpu_time(ours), cpu_time(lambda: [theirs() for _ in range(5)]) / 5) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def pictures() -> dict[str, np.ndarray]:
    """The photograph, and eight of it side by side, mirrored at the seams."""
    photograph = np.asarray(Image.open(PHOTOGRAPH).convert("RGB"))
    pair = np.concatenate([photograph, photograph[:, ::-1]], axis=1)
    row = np.concatenate([pair, pair], axis=1)
    return {"0.26 MP": photograph, "2.1 MP": np.concatenate([row, row[::-1]])}


def print_rows(name: str, image: np.ndarray, what: str, options: dict[str, object]) -> None:
    data = pillow_encode(image, **options)
    encoders = partial(numjpeg.encode, image, **options), partial(pillow_encode, image, **options)
    decoders = partial(numjpeg.decode, data), partial(pillow_decode, data)
    equal = {
        "encode": encoders[0]() == encoders[1](),
        "decode": np.array_equal(decoders[0](), decoders[1]()),
    }
    for direction, (ours, theirs) in (("encode", encoders), ("decode", decoders)):
        a, b = compare(ours, theirs, ROUNDS)
        verdict = "yes" if equal[direction] else "NO"
        print(f"| {name} | {direction} {what} | {a * 1e3:.0f} ms | {b * 1e3:.1f} ms | {a / b:.1f} | {verdict} |")


def main() -> None:
    print(f"numjpeg {numjpeg.__version__}, NumPy {np.__version__}, quality {QUALITY}, CPU time\n")
    print("| picture | what | numjpeg | Pillow | ratio | equal |\n|---|---|---|---|---|---|")
    for name, image in pictures().items():
        print_rows(name, image, "4:2:0", {"quality": QUALITY})
        print_rows(name, image, "4:4:4", {"quality": QUALITY, "subsampling": "4:4:4"})
        print_rows(name, image, "4:2:0, optimize", {"quality": QUALITY, "optimize": True})


if __name__ == "__main__":
    main()
