"""Clocks: codecs in turns, stages by themselves, peak memory, imports, and many files on two cores."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import pkgutil
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pictures
import rivals

import numjpeg
import numjpeg.entropy
import numjpeg.stages

RIVALS = ("simplejpeg", "Pillow")


class UnequalError(Exception):
    """Our bytes or pixels are not Pillow's: there is nothing to time."""


@dataclass
class Row:
    """One case, measured. Times are lists of seconds a call, one entry a round."""

    picture: str
    direction: str
    options: rivals.Options
    megapixels: float
    bits_per_pixel: float
    cpu: dict[str, list[float]]
    wall: dict[str, list[float]]
    simplejpeg_equal: bool | None
    default: float | None = None
    """The ratio to Pillow in a process where nothing is set and nothing is pinned."""

    @property
    def what(self) -> str:
        optimized = self.options.optimize and self.direction == "encode"
        return self.direction + ", optimize" * optimized + ", progressive" * self.options.progressive

    def median(self, codec: str, clock: str = "cpu") -> float | None:
        times = getattr(self, clock).get(codec)
        return statistics.median(times) if times else None

    def ratio(self, to: str = "Pillow", clock: str = "cpu") -> float | None:
        theirs = self.median(to, clock)
        return None if theirs is None else self.median("numjpeg", clock) / theirs

    def as_json(self) -> dict[str, object]:
        medians = {
            f"{clock}_{codec}_ms": round(self.median(codec, clock) * 1e3, 4)
            for clock in ("cpu", "wall")
            for codec in self.cpu
        }
        ratios = {"ratio_cpu": self.ratio(), "ratio_wall": self.ratio(clock="wall")}
        ratios["ratio_cpu_simplejpeg"] = self.ratio("simplejpeg")
        return {**asdict(self), **medians, **ratios}


# --- time ------------------------------------------------------------------------------------------------


def in_turns(
    picture: str,
    image: np.ndarray,
    direction: str,
    options: rivals.Options,
    budget: float,
    rounds: tuple[int, int],
    beside: dict[str, Callable[[], object]] | None = None,
) -> Row:
    """Check that the results are equal, then time the codecs in turns, for about ``budget`` seconds.

    ``beside`` are calls by name that take part in the turns.
    """
    if options.gray:
        image = np.ascontiguousarray(image[..., 1])
    file = rivals.Pillow.encode(image, options)
    source = image if direction == "encode" else file
    calls: dict[str, Callable[[], object]] = {
        codec.name: partial(getattr(codec, direction), source, options)
        for codec in rivals.CODECS
        if codec.can(direction, options)
    }
    results = {name: call() for name, call in calls.items()}
    if not rivals.equal(direction, results["numjpeg"], results["Pillow"]):
        raise UnequalError(f"{picture}, {direction}, {options.words()}: numjpeg's result is not Pillow's")
    simplejpeg_equal = None
    if "simplejpeg" in results:  # of an encoder the pixels count: it has markers of its own taste
        theirs = results["simplejpeg"]
        if direction == "encode":
            theirs, results["Pillow"] = (rivals.Pillow.decode(results[name], options) for name in RIVALS)
        simplejpeg_equal = np.array_equal(theirs, results["Pillow"])
    results.clear()
    calls |= beside or {}

    seconds = {name: _seconds(call) for name, call in calls.items()}
    repeats = {name: max(1, round(0.03 / seconds[name])) for name in calls}
    one_round = sum(seconds[name] * repeats[name] for name in calls)
    cpu: dict[str, list[float]] = {name: [] for name in calls}
    wall: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(max(rounds[0], min(rounds[1], int(budget / one_round)))):
        for name, call in calls.items():
            start, start_wall = time.process_time(), time.perf_counter()
            for _ in range(repeats[name]):
                call()
            cpu[name].append((time.process_time() - start) / repeats[name])
            wall[name].append((time.perf_counter() - start_wall) / repeats[name])
    pixels = image.shape[0] * image.shape[1]
    return Row(picture, direction, options, pixels / 1e6, len(file) * 8 / pixels, cpu, wall, simplejpeg_equal)


def _seconds(call: Callable[[], object]) -> float:
    """About how long one call of many in a row takes. The first makes tables, the second a plan.

    By it the codecs get turns of equal length. A single call after a hundred of another codec's finds that one's
    data in the caches, and takes up to twice as long.
    """
    for _ in range(4):
        start = time.perf_counter()
        call()
        seconds = time.perf_counter() - start
        if seconds > 0.1:
            break
    return seconds


def batches(side: int, count: int, rounds: int) -> dict[str, dict[str, float]]:
    """Many small pictures of one size: CPU seconds a file of numjpeg's batch and of Pillow's one by one."""
    images = pictures.crops(side, count)
    options = rivals.Options()
    files = [rivals.Pillow.encode(image, options) for image in images]
    calls = {
        "encode": {
            "numjpeg": lambda: list(numjpeg.encode_batch(images, options.quality)),
            "Pillow": lambda: [rivals.Pillow.encode(image, options) for image in images],
        },
        "decode": {
            "numjpeg": lambda: list(numjpeg.decode_batch(files)),
            "Pillow": lambda: [rivals.Pillow.decode(data, options) for data in files],
        },
    }
    found = {}
    for direction, by_codec in calls.items():
        ours, theirs = by_codec["numjpeg"](), by_codec["Pillow"]()
        if not all(rivals.equal(direction, *pair) for pair in zip(ours, theirs, strict=True)):
            raise UnequalError(f"batch of {side}x{side}, {direction}: numjpeg's results are not Pillow's")
        times: dict[str, list[float]] = {name: [] for name in by_codec}
        for _ in range(rounds):
            for name, call in by_codec.items():
                start = time.process_time()
                call()
                times[name].append((time.process_time() - start) / count)
        found[direction] = {name: statistics.median(own) for name, own in times.items()}
    return found


# --- stages ----------------------------------------------------------------------------------------------


class StageClock:
    """CPU time of every public function of the pipeline by itself, without that of those it calls."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.calls: dict[str, int] = {}
        self._running: list[str] = []
        self._since = 0.0

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        self._charge()
        self._running.append(name)
        try:
            yield
        finally:
            self._charge()
            self._running.pop()

    def _charge(self) -> None:
        now = time.process_time()
        if self._running:
            name = self._running[-1]
            self.seconds[name] = self.seconds.get(name, 0) + now - self._since
        self._since = now

    def wrap(self, name: str, function: Callable[..., object]) -> Callable[..., object]:
        def timed(*args: object, **kwargs: object) -> object:
            self.calls[name] = self.calls.get(name, 0) + 1
            with self.running(name):
                result = function(*args, **kwargs)
            return self._steps(name, result) if inspect.isgenerator(result) else result

        return timed

    def _steps(self, name: str, generator: Iterator[object]) -> Iterator[object]:
        while True:
            with self.running(name):
                try:
                    step = next(generator)
                except StopIteration:
                    return
            yield step


def _pipeline_modules() -> list[object]:
    packages = [numjpeg.stages, numjpeg.entropy]
    names = [f"{p.__name__}.{module.name}" for p in packages for module in pkgutil.iter_modules(p.__path__)]
    return [importlib.import_module(name) for name in [*names, "numjpeg.fast.samples.tiles"]]


def by_stage(run: Callable[[], object]) -> list[tuple[str, int, float]]:
    """Run once with every public function of the pipeline wrapped: (name, calls, own CPU seconds), longest first.

    The wrappers cost about 2 us a call. What private functions take counts for the public ones that call them.
    """
    clock = StageClock()
    patched: list[tuple[object, str, object]] = []
    holders = [module for name, module in sys.modules.items() if name.split(".")[0] == "numjpeg"]
    for module in _pipeline_modules():
        for name, function in list(vars(module).items()):
            if not inspect.isfunction(function) or name.startswith("_") or function.__module__ != module.__name__:
                continue
            timed = clock.wrap(f"{module.__name__.removeprefix('numjpeg.')}.{name}", function)
            for holder in holders:
                for attribute, value in list(vars(holder).items()):
                    if value is function:
                        patched.append((holder, attribute, function))
                        setattr(holder, attribute, timed)
    try:
        with clock.running("everything else"):
            run()
    finally:
        for holder, attribute, function in patched:
            setattr(holder, attribute, function)
    found = [(name, clock.calls.get(name, 1), seconds) for name, seconds in clock.seconds.items()]
    return sorted(found, key=lambda stage: -stage[2])


# --- memory ----------------------------------------------------------------------------------------------


def traced_peak(run: Callable[[], object]) -> int:
    """Bytes that Python and NumPy held at once while it ran, the result among them."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        result = run()
        peak = tracemalloc.get_traced_memory()[1] - before
        del result
    finally:
        tracemalloc.stop()
    return peak


def resident_peak(codec: str, direction: str, image: np.ndarray, options: rivals.Options) -> int:
    """Bytes by which a process's resident set grew at most, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        if direction == "encode":
            np.save(source.with_suffix(".npy"), image)
        else:
            source.with_suffix(".jpg").write_bytes(rivals.Pillow.encode(image, options))
        task = json.dumps([codec, direction, str(source), asdict(options)])
        program = "import sys; sys.path[:0] = sys.argv[2:]; import measure; measure.resident_child(sys.argv[1])"
        paths = [str(Path(__file__).parent), str(Path(numjpeg.__file__).parents[1])]
        output = subprocess.run(
            [sys.executable, "-c", program, task, *paths], check=True, capture_output=True, text=True
        ).stdout
    return int(output)


def resident_child(task: str) -> None:
    """In that process: print the growth."""
    name, direction, source, values = json.loads(task)
    options = rivals.as_options(values)
    codec = next(codec for codec in rivals.CODECS if codec.name == name)
    small = np.zeros((64, 64, 3), np.uint8)
    codec.decode(codec.encode(small, options), options)  # tables are built, modules imported
    given = np.load(source + ".npy") if direction == "encode" else Path(source + ".jpg").read_bytes()
    run = getattr(codec, direction)
    status, clear = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")  # the peak begins anew
        before = _status(status, "VmRSS")
        result = run(given, options)
        growth = _status(status, "VmHWM") - before
    else:
        import resource  # noqa: PLC0415 (POSIX only)

        unit = 1 if sys.platform == "darwin" else 1024
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        result = run(given, options)
        growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit
    del result
    print(growth)


def _status(status: Path, field: str) -> int:
    line = next(line for line in status.read_text().splitlines() if line.startswith(field + ":"))
    return int(line.split()[1]) * 1024


# --- imports, many files ---------------------------------------------------------------------------------


BOTH_DIRECTIONS = "numjpeg; numjpeg.encode, numjpeg.decode"


def import_times(rounds: int) -> dict[str, float]:
    """Median CPU seconds of ``import numpy``, of ``import numjpeg`` (NumPy included), and of this with the encoder
    and the decoder, which are imported when they are first asked for; each in fresh processes.

    All are compiled beforehand, as what is installed is.
    """
    times: dict[str, list[float]] = {"numpy": [], "numjpeg": [], BOTH_DIRECTIONS: []}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(Path(numjpeg.__file__).parents[1])
    with tempfile.TemporaryDirectory() as folder:
        environment["PYTHONPYCACHEPREFIX"] = folder
        for turn in range(1 + rounds):
            for name, found in times.items():
                program = f"import time; t = time.process_time(); import {name}; print(time.process_time() - t)"
                command = [sys.executable, "-c", program]
                output = subprocess.run(
                    command, check=True, capture_output=True, text=True, env=environment
                ).stdout
                found += [float(output)] * (turn > 0)
    return {name: statistics.median(found) for name, found in times.items()}


def many_files(images: list[np.ndarray], rounds: int) -> dict[str, dict[str, float]]:
    """Seconds of ``encode_batch`` and ``decode_batch`` on one and on two workers, start and end included.

    Wall time, and CPU time of all processes (which does not see those of a fork server). The shortest of each:
    whoever else runs on a core takes it from two workers rather than from one.
    """
    files = list(numjpeg.encode_batch(images, 85))
    found = {}
    for direction, batch in (
        ("encode", partial(numjpeg.encode_batch, images, 85)),
        ("decode", partial(numjpeg.decode_batch, files)),
    ):
        times: dict[int, list[list[float]]] = {1: [], 2: []}
        for _ in range(rounds):
            for workers, seconds in times.items():
                start = time.perf_counter(), sum(os.times()[:4])
                for _ in batch(workers=workers):
                    pass
                seconds.append([time.perf_counter() - start[0], sum(os.times()[:4]) - start[1]])
        (one, cpu_of_one), (two, cpu_of_two) = (map(min, zip(*seconds, strict=True)) for seconds in times.values())
        found[direction] = {"one": one, "two": two, "ratio": two / one, "CPU ratio": cpu_of_two / cpu_of_one}
    return found
