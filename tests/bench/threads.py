"""What our work takes beside a busy core, with as many threads as BLAS may start, and with one.

Each setting has a process of its own, since OpenBLAS reads how many threads it may start when it is loaded.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

NAMES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
SETTINGS = {"pinned": "1", "default environment": None, "2 threads": "2", "4 threads": "4"}
"""Threads that BLAS is allowed."""


def compare(environment: dict[str, str], size: str, rounds: int) -> dict[str, dict[str, float]]:
    """For each kind of work and each setting, the median ratio of our CPU time to Pillow's.

    ``environment``: without any of :data:`NAMES`.
    """
    found: dict[str, dict[str, float]] = {}
    for setting, threads in SETTINGS.items():
        own = environment | ({} if threads is None else dict.fromkeys(NAMES, threads))
        command = [sys.executable, __file__, size, str(rounds)]
        with _busy_core():
            done = subprocess.run(command, env=own, check=True, stdout=subprocess.PIPE, text=True)
        for what, ratio in json.loads(done.stdout).items():
            found.setdefault(what, {})[setting] = ratio
    return found


@contextmanager
def _busy_core() -> Iterator[None]:
    """A process that computes all the time."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _works(size: str) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """By name, our work on a photograph and Pillow's that it is compared with."""
    import pictures  # noqa: PLC0415 (NumPy is for the processes that measure)
    from rivals import Numjpeg, Options, Pillow  # noqa: PLC0415

    import numjpeg  # noqa: PLC0415

    image = pictures.make("photograph", size)
    works = {}
    for name, options in {
        "": Options(),
        ", 4:4:4": Options(subsampling="4:4:4"),
        ", optimize": Options(optimize=True),
        ", progressive": Options(progressive=True),
    }.items():
        data = Pillow.encode(image, options)
        works["encode" + name] = partial(Numjpeg.encode, image, options), partial(Pillow.encode, image, options)
        if not options.optimize:
            works["decode" + name] = partial(Numjpeg.decode, data, options), partial(Pillow.decode, data, options)
    options = Options(quality=40)
    small = min(size, "512x512", key=lambda name: pictures.SIZES[name])  # it takes a hundred times as long
    data = Pillow.encode(pictures.make("photograph", small), options)
    works[f"restore {small}"] = partial(numjpeg.decode, data, restore=True), partial(Pillow.decode, data, options)
    return works


def main(size: str, rounds: int) -> None:
    """Measure in this process."""
    found = {}
    for what, pair in _works(size).items():
        for call in pair:
            call()
        ratios = []
        for _ in range(rounds):
            seconds = []
            for call in pair:
                start = time.process_time()
                call()
                seconds.append(time.process_time() - start)
            ratios.append(seconds[0] / seconds[1])
        found[what] = statistics.median(ratios)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
