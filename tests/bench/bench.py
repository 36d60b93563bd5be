"""The benchmark: numjpeg against Pillow and simplejpeg, one core, in one process, in turns.

    python tests/bench/bench.py                 the table of targets, under two minutes
    python tests/bench/bench.py --full          every quality, sampling, kind of picture; many files on two cores
    python tests/bench/bench.py --threads       also beside a busy core, with more threads of BLAS
    python tests/bench/bench.py --check         exit 1 if a target is missed
    python tests/bench/bench.py --out DIR       also bench.json, bench.md and bench.png

Bytes and pixels are compared with Pillow's before anything is timed; if they differ, that is an error. Times are
medians of CPU time, a ratio is ours by Pillow's. "Unequal" is said of simplejpeg where its pixels are others. The
process is pinned to one core, where the system can, and BLAS to one thread; in the column "default environment" is
the ratio in a second process, where nothing is set and nothing is pinned. Needs Pillow; takes simplejpeg and
matplotlib (the extra "bench") where they are installed.
"""

from __future__ import annotations

import os
import sys

import threads

if __name__ == "__main__":  # NumPy reads these once, when it is imported
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES"):
        os.environ.pop(name, None)
    for name in threads.NAMES:
        os.environ.pop(name, None)
    DEFAULT = os.environ.copy()
    if "--default-environment" not in sys.argv:
        os.environ.update(dict.fromkeys(threads.NAMES, "1"))

import argparse
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import measure
import numpy as np
import pictures
import report
from rivals import CODECS, Numjpeg, Options, Pillow

Case = tuple[str, str, Options]
"""Picture, direction, options."""

BASE = Options()
OPTIMIZED = replace(BASE, optimize=True)
PROGRESSIVE = replace(BASE, progressive=True)
BATCHES = {32: 500, 64: 250, 224: 40}
"""Side of the pictures: their number."""
QUALITIES = (50, 75, 85, 95, 100)
SAMPLINGS = ("4:2:0", "4:2:2", "4:4:4", "gray")


def main() -> int:
    arguments = parse()
    if arguments.default_environment:
        json.dump([row.ratio() for row in times(arguments)], sys.stdout)
        return 0
    cores = pin(arguments.core)
    environment = report.environment()
    result: dict[str, object] = {"environment": environment}
    parts = [", ".join(f"{key} {value}" for key, value in environment.items())]
    targets: list[tuple[str, float, float]] = []  # beside those of the rows: what, measured, most

    rows = times(arguments)
    for row, ratio in zip(rows, in_the_default_environment(cores), strict=True):
        row.default = ratio
        if report.is_standard(row) and row.megapixels > 1:
            name = f"{row.picture}, {row.what}: default environment by pinned"
            targets.append((name, ratio / row.ratio(), report.DEFAULT_TARGET))
    result["rows"] = [row.as_json() for row in rows]
    parts.append(report.table(report.HEADER, [report.row_cells(row) for row in rows]))
    for what, cost in report.large_cost(rows).items():
        targets.append((f"{what}: a megapixel at 48 MP by one at 2 MP", cost, report.LARGE_TARGET))

    if not arguments.sizes or arguments.thumbnails:
        result["batches"] = by_side = {
            side: measure.batches(side, count, arguments.rounds or 5) for side, count in BATCHES.items()
        }
        parts.append(report.table(["a file of a batch", "numjpeg", "Pillow"], batch_rows(by_side)))
        for (direction, side), most in report.BATCH_TARGETS.items():
            own = by_side[side][direction]
            targets.append((f"{direction}_batch, {side}x{side}, a file", own["numjpeg"] / own["Pillow"], most))

    sizes = arguments.sizes or list(pictures.SIZES)
    if "2 MP" in sizes:
        result["stages"] = found = stages("2 MP")
        for what, by_stage in found.items():
            parts.append(report.table([f"{what}, photograph 2 MP", "calls", "CPU"], stage_rows(by_stage)))
    size = "12 MP" if "12 MP" in sizes else sizes[-1]
    result["memory"] = memory = peaks(size)
    header = [f"peak memory, photograph {size}", "tracemalloc", *(f"resident, {codec.name}" for codec in CODECS)]
    parts.append(report.table(header, memory_rows(memory)))
    if size == "12 MP":
        targets += memory_targets(memory, size)
    if arguments.full or arguments.threads:
        result["threads"] = by_work = beside_a_busy_core(
            "2 MP" if "2 MP" in sizes else sizes[-1], arguments, cores
        )
        header = ["beside a busy core, times Pillow's", *threads.SETTINGS]
        parts.append(
            report.table(header, [[what, *map("{:.2f}".format, by.values())] for what, by in by_work.items()])
        )
        for what, (pinned, *others) in ((what, by.values()) for what, by in by_work.items()):
            name = f"{what} beside a busy core, the worst of 2 and 4 threads and the default by pinned"
            targets.append((name, max(others) / pinned, report.DEFAULT_TARGET))
    result["imports"] = imports = measure.import_times(9)
    for what in ("numjpeg", measure.BOTH_DIRECTIONS):
        name = f"import {what} by import numpy"
        targets.append((name, imports[what] / imports["numpy"], report.IMPORT_TARGET))
    if arguments.full or arguments.batch:
        result["many files"] = batch = many_files(arguments.rounds or 3, cores)
        for what, by_workers in batch.items():
            name = f"{what} 48 photographs of 1 to 2 MP, two workers by one, wall time"
            targets.append((name, by_workers["ratio"], report.WORKERS_TARGET))
            name = f"{what} 48 photographs of 1 to 2 MP, two workers by one, CPU time"
            targets.append((name, by_workers["CPU ratio"], report.WORKERS_CPU_TARGET))
    lines = [[what, f"{measured:.2f}", f"<= {most}"] for what, measured, most in targets]
    parts.append(report.table(["also", "measured", "target"], lines))

    page = "\n\n".join(parts)
    print(page)
    result["missed"] = missed = report.missed(rows, targets)
    if arguments.out:
        write(arguments.out, result, page, rows)
    if arguments.check and missed:
        report.say("\nmissed:\n" + "\n".join(missed))
        return 1
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument("--quick", action="store_true", help="the table of targets (the default)")
    scope.add_argument("--full", action="store_true", help="every quality, sampling and kind, and many files")
    parser.add_argument(
        "--default-environment", action="store_true", help="only ratios, with nothing set or pinned"
    )
    parser.add_argument("--check", action="store_true", help="exit 1 if a target is missed")
    parser.add_argument("--batch", action="store_true", help="many files on two cores, as in --full")
    parser.add_argument("--threads", action="store_true", help="with threads of BLAS, as in --full")
    parser.add_argument("--thumbnails", action="store_true", help="batches of small pictures, as without --sizes")
    parser.add_argument("--sizes", nargs="+", choices=pictures.SIZES, default=(), help="only these sizes")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="also the pictures of a folder")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write bench.json, bench.md and bench.png there")
    parser.add_argument("--rounds", type=int, help="rounds of each case (else as many as its time holds, 3 to 25)")
    parser.add_argument("--core", type=int, help="the core to run on (else the last one)")
    return parser.parse_args()


def pin(core: int | None) -> set[int]:
    """Stay on one core; give back those there were."""
    if not hasattr(os, "sched_setaffinity"):
        return set()
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores) if core is None else core})
    return cores


# --- times -----------------------------------------------------------------------------------------------


def cases(full: bool, sizes: list[str]) -> Iterator[Case]:
    """Kind and size of the picture, direction, options: the targets first, then one thing changed at a time."""
    for size in sizes or pictures.SIZES:
        for direction, options in (("encode", BASE), ("encode", OPTIMIZED), ("decode", BASE)):
            yield f"photograph {size}", direction, options
        if size in ("64x64", "512x512", "2 MP"):
            yield f"photograph {size}", "encode", PROGRESSIVE
            yield f"photograph {size}", "decode", PROGRESSIVE
    if not full:
        return
    changed = [replace(BASE, quality=quality) for quality in QUALITIES]
    changed += [replace(BASE, subsampling=sampling) for sampling in SAMPLINGS]
    changed += [replace(BASE, restart_rows=1), OPTIMIZED]
    for options in changed:
        for direction in ("encode", "decode"):
            yield "photograph 2 MP", direction, options
    for kind in pictures.KINDS:
        for direction, options in (
            ("encode", BASE),
            ("encode", OPTIMIZED),
            ("decode", BASE),
            ("decode", OPTIMIZED),
        ):
            yield f"{kind} 2 MP", direction, options
    for kind in ("screenshot", "text", "tiles"):
        yield f"{kind} 2 MP", "decode", replace(BASE, quality=95)


def times(arguments: argparse.Namespace) -> list[measure.Row]:
    """Measure every case."""
    budget = 3.0
    rounds = (arguments.rounds, arguments.rounds) if arguments.rounds else (3, 25)
    rows = []
    name, image = "", np.empty(0)
    own = pictures.own(arguments.pictures) if arguments.pictures else {}
    wanted = list(dict.fromkeys(cases(arguments.full, arguments.sizes)))
    for picture in own:
        wanted += [(picture, "encode", BASE), (picture, "encode", OPTIMIZED), (picture, "decode", BASE)]
    for number, (picture, direction, options) in enumerate(wanted, 1):
        report.say(f"{number}/{len(wanted)} {picture}, {direction}, {options.words()}")
        if picture != name:
            name = picture
            image = own[picture] if picture in own else pictures.make(*picture.split(" ", 1))
        beside = at_2_megapixels(direction, options) if picture == "photograph 48 MP" else None
        rows.append(measure.in_turns(picture, image, direction, options, budget, rounds, beside))
    return rows


def in_the_default_environment(cores: set[int]) -> list[float]:
    """The same ratios from a process of its own, which may use all cores."""
    report.say("the same in the default environment")
    with on_cores(cores):
        command = [sys.executable, __file__, "--default-environment", *sys.argv[1:]]
        done = subprocess.run(command, env=DEFAULT, check=True, stdout=subprocess.PIPE, text=True)
    ratios: list[float] = json.loads(done.stdout)
    return ratios


def beside_a_busy_core(size: str, arguments: argparse.Namespace, cores: set[int]) -> dict[str, dict[str, float]]:
    """The ratios with as many threads as BLAS may start, on all the cores there are."""
    report.say("threads of BLAS beside a busy core")
    with on_cores(cores):
        return threads.compare(DEFAULT, size, arguments.rounds or 7)


@contextmanager
def on_cores(cores: set[int]) -> Iterator[None]:
    """Leave the one core for these, if the system can."""
    pinned = os.sched_getaffinity(0) if cores else set()
    if cores:
        os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        if cores:
            os.sched_setaffinity(0, pinned)


def batch_rows(by_side: dict[int, dict[str, dict[str, float]]]) -> list[list[str]]:
    """Microseconds, and our ratio."""
    return [
        [
            f"{direction}, {side}x{side}",
            f"{own['numjpeg'] * 1e6:.0f} us, **{own['numjpeg'] / own['Pillow']:.2f}**",
            f"{own['Pillow'] * 1e6:.0f} us",
        ]
        for side, by_direction in by_side.items()
        for direction, own in by_direction.items()
    ]


def at_2_megapixels(direction: str, options: Options) -> dict[str, Callable[[], object]]:
    """Our own work on a small photograph."""
    image = pictures.make("photograph", "2 MP")
    source = image if direction == "encode" else Pillow.encode(image, options)
    return {report.SMALL: partial(getattr(Numjpeg, direction), source, options)}


# --- the rest --------------------------------------------------------------------------------------------


def stages(size: str) -> dict[str, list[tuple[str, int, float]]]:
    """CPU time by stage."""
    image = pictures.make("photograph", size)
    data = Pillow.encode(image, BASE)
    runs = {
        "encode": partial(Numjpeg.encode, image, BASE),
        "encode, optimize": partial(Numjpeg.encode, image, OPTIMIZED),
        "decode": partial(Numjpeg.decode, data, BASE),
    }
    return {what: measure.by_stage(run) for what, run in runs.items()}


def stage_rows(found: list[tuple[str, int, float]]) -> list[list[str]]:
    """The stages that take half a per cent or more."""
    total = sum(seconds for *_, seconds in found)
    rows = [
        [name, str(calls), f"{seconds * 1e3:.1f} ms, {seconds / total:.0%}"]
        for name, calls, seconds in found
        if seconds >= total / 200
    ]
    return [*rows, ["together", "", f"{total * 1e3:.1f} ms"]]


def peaks(size: str) -> dict[str, dict[str, int]]:
    """Peak memory beyond the input, of which a decoder's output is a part."""
    image = pictures.make("photograph", size)
    data = Pillow.encode(image, BASE)
    found = {}
    for what, direction, options in (
        ("encode", "encode", BASE),
        ("encode, optimize", "encode", OPTIMIZED),
        ("decode", "decode", BASE),
    ):
        report.say(f"peak memory, {what}")
        source = image if direction == "encode" else data
        found[what] = {"traced": measure.traced_peak(partial(getattr(Numjpeg, direction), source, options))}
        for codec in CODECS:
            if codec.can(direction, options):
                found[what][codec.name] = measure.resident_peak(codec.name, direction, image, options)
    return found


def memory_rows(found: dict[str, dict[str, int]]) -> list[list[str]]:
    return [
        [
            what,
            *(f"{by[name] / 1e6:.0f} MB" if name in by else "" for name in ("traced", *(c.name for c in CODECS))),
        ]
        for what, by in found.items()
    ]


def memory_targets(found: dict[str, dict[str, int]], size: str) -> list[tuple[str, float, float]]:
    height, width = pictures.SIZES[size]
    scale = {"decode": height * width * 3, "encode": 1e6}
    return [
        (f"{what}: peak memory at {size}, {unit}", found[what]["traced"] / scale[what], most)
        for what, (unit, most) in report.MEMORY_TARGETS.items()
    ]


def many_files(rounds: int, cores: set[int]) -> dict[str, dict[str, float]]:
    """48 photographs of 1 to 2 megapixels, on all the cores there are."""
    report.say("many files")
    whole = pictures.make("photograph", "12 MP")
    sizes = [(1000 + 9 * i, 1000 + 15 * i) for i in range(48)]
    images = [whole[8 * i : 8 * i + h, 16 * i : 16 * i + w].copy() for i, (h, w) in enumerate(sizes)]
    with on_cores(cores):
        return measure.many_files(images, rounds)


def write(folder: Path, result: dict[str, object], page: str, rows: list[measure.Row]) -> None:
    """Write the figures, the tables and the plot."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(result, indent=1) + "\n")
    (folder / "bench.md").write_text(page + "\n")
    if not report.plot(rows, folder / "bench.png"):
        report.say("no plot: matplotlib is not installed")


if __name__ == "__main__":
    sys.exit(main())
