"""What is printed, written and drawn, and the targets it is held to."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import numpy as np
import PIL
from measure import Row
from pictures import SIZES
from PIL import features
from rivals import simplejpeg

import numjpeg

TARGETS = {
    ("encode", "64x64"): 2.5,
    ("encode", "128x128"): 3.5,
    ("encode", "256x256"): 5.5,
    ("encode", "512x512"): 5,
    ("encode", "2 MP"): 5.5,
    ("encode", "12 MP"): 3.8,
    ("encode, optimize", "64x64"): 5,
    ("encode, optimize", "512x512"): 4.5,
    ("encode, optimize", "2 MP"): 2.7,
    ("encode, optimize", "12 MP"): 2.2,
    ("encode, progressive", "64x64"): 15,
    ("decode", "64x64"): 4,
    ("decode", "128x128"): 8,
    ("decode", "256x256"): 11,
    ("decode", "512x512"): 8.5,
    ("decode", "2 MP"): 6.3,
    ("decode", "12 MP"): 3.5,
    ("decode, progressive", "2 MP"): 9,
}
"""Most of Pillow's CPU time that a photograph may take, quality 85, 4:2:0."""
BATCH_TARGETS = {
    ("encode", 32): 0.6,
    ("decode", 32): 0.5,
    ("encode", 64): 1.5,
    ("decode", 64): 1.3,
    ("encode", 224): 5,
    ("decode", 224): 6,
}
"""The same of a file of a batch."""
DEFAULT_TARGET = 1.15
"""Most that a ratio may be in the default environment, of what it is with all pinned."""
LARGE_TARGET = 1.2
"""Most that a megapixel may cost at 48 megapixels, of what it costs at 2."""
IMPORT_TARGET = 1.3
"""Most of NumPy's import time."""
MEMORY_TARGETS = {"decode": ("times the output", 3.0), "encode": ("MB beyond the input", 60.0)}
"""At 12 megapixels, by tracemalloc."""
WORKERS_TARGET = 0.6
"""Most of one worker's wall time that two may take."""
WORKERS_CPU_TARGET = 1.15
"""Most of one worker's CPU time that two may take together."""


def environment() -> dict[str, str]:
    """What the figures depend on."""
    return {
        "numjpeg": numjpeg.__version__,
        "NumPy": np.__version__,
        "Pillow": f"{PIL.__version__} (libjpeg-turbo {features.version_feature('libjpeg_turbo')})",
        "simplejpeg": getattr(simplejpeg, "__version__", "installed") if simplejpeg else "not installed",
        "Python": platform.python_version(),
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()) if hasattr(os, "getloadavg") else "",
    }


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{platform.machine()}, {names[0] if names else platform.processor()}"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [header, ["---"] * len(header), *rows])


HEADER = ["picture", "what", "MP", "bits/pixel", "numjpeg", "Pillow", "simplejpeg", "ms/MP", "wall ratio", "ratio"]
HEADER += ["default environment", "to simplejpeg", "target"]


def row_cells(row: Row) -> list[str]:
    """A row of the table of times."""

    def milliseconds(codec: str) -> str:
        seconds = row.median(codec)
        return "" if seconds is None else f"{seconds * 1e3:.3g} ms" if seconds < 0.1 else f"{seconds * 1e3:.0f} ms"

    to_simplejpeg = row.ratio("simplejpeg")
    unequal = "" if row.simplejpeg_equal in (True, None) else " (unequal)"
    target = target_of(row)
    return [
        row.picture,
        f"{row.direction}, {row.options.words()}",
        f"{row.megapixels:.3g}",
        f"{row.bits_per_pixel:.2f}",
        milliseconds("numjpeg"),
        milliseconds("Pillow"),
        milliseconds("simplejpeg") + unequal,
        f"{row.median('numjpeg') * 1e3 / row.megapixels:.1f}",
        f"{row.ratio(clock='wall'):.2f}",
        f"**{row.ratio():.2f}**",
        "" if row.default is None else f"{row.default:.2f}",
        "" if to_simplejpeg is None else f"{to_simplejpeg:.1f}",
        "" if target is None else f"<= {target}" + ("" if row.ratio() <= target else ", missed"),
    ]


def is_standard(row: Row) -> bool:
    """A photograph of ours, quality 85, 4:2:0: what the targets are about."""
    options = row.options
    plain = (options.quality, options.subsampling, options.restart_rows) == (85, "4:2:0", 0)
    return plain and row.picture.startswith("photograph ") and not (row.direction == "decode" and options.optimize)


def target_of(row: Row) -> float | None:
    """The target of a row, if it has one."""
    return TARGETS.get((row.what, row.picture.removeprefix("photograph "))) if is_standard(row) else None


SMALL = "numjpeg at 2 MP"
"""What is timed in turns with 48 megapixels: the machine's mood changes more than the cost does."""


def large_cost(rows: list[Row]) -> dict[str, float]:
    """By direction, what a megapixel costs at 48 megapixels in terms of what it costs at 2."""
    height, width = SIZES["2 MP"]
    return {
        row.what: row.median("numjpeg") / row.megapixels / (row.median(SMALL) / (height * width / 1e6))
        for row in rows
        if SMALL in row.cpu
    }


def missed(rows: list[Row], others: list[tuple[str, float, float]]) -> list[str]:
    """The targets that are missed, in words. ``others``: (what, measured, most)."""
    found = [
        f"{row.picture}, {row.what}: ratio {row.ratio():.2f}, target {target}"
        for row in rows
        if (target := target_of(row)) is not None and row.ratio() > target
    ]
    return found + [f"{what}: {value:.2f}, target {most}" for what, value, most in others if value > most]


def plot(rows: list[Row], path: Path) -> bool:
    """Draw cost against size, ours and theirs, if matplotlib is there."""
    try:
        import matplotlib  # noqa: PLC0415 (optional)
    except ImportError:
        return False
    matplotlib.use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415 (optional)

    kinds = ["encode", "encode, optimize", "decode"]
    figure, axes = pyplot.subplots(1, 3, figsize=(13, 4.6), sharey=True, layout="constrained")
    styles = {"numjpeg": ("#c2410c", "o"), "Pillow": ("#1d4ed8", "s"), "simplejpeg": ("#047857", "^")}
    for axis, what in zip(axes, kinds, strict=True):
        found = sorted(
            (row for row in rows if is_standard(row) and row.what == what), key=lambda row: row.megapixels
        )
        for codec, (colour, marker) in styles.items():
            points = [
                (row.megapixels, row.median(codec) * 1e3 / row.megapixels) for row in found if codec in row.cpu
            ]
            if points:
                axis.plot(*zip(*points, strict=True), color=colour, marker=marker, label=codec)
        for row in found:
            axis.annotate(
                f"{row.ratio():.1f}x",
                (row.megapixels, row.median("numjpeg") * 1e3 / row.megapixels),
                textcoords="offset points",
                xytext=(0, 9),
                ha="center",
                fontsize=9,
                color=styles["numjpeg"][0],
            )
        axis.set(xscale="log", yscale="log", title=what, xlabel="megapixels")
        axis.set_xticks([row.megapixels for row in found], [f"{row.megapixels:.2g}" for row in found])
        axis.set_xticks([], minor=True)
        axis.grid(alpha=0.3, which="both", linewidth=0.5)
        axis.margins(x=0.1, y=0.12)
    axes[0].set_ylabel("CPU time, ms per megapixel")
    axes[0].legend(loc="best")
    figure.suptitle("One core, photographs, quality 85, 4:2:0; with our ratio to Pillow")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return True


def say(text: str) -> None:
    """Print to the error stream, where it does not mix with the tables."""
    print(text, file=sys.stderr, flush=True)
