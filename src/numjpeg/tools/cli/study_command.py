"""``numjpeg study``: the options, the executor, the progress bar; the work is in :mod:`numjpeg.tools.study`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from numjpeg.tools.cli.console import FAILED, UsageError, reason
from numjpeg.tools.explain import printable

NEEDED = ("PIL", "matplotlib", "skimage", "scipy", "bjontegaard", "ssimulacra2", "pyjpegli", "tqdm")
STRIP_RATIO = 100.0


def run_study(arguments: argparse.Namespace) -> int:
    """``numjpeg study``."""
    for name in [*NEEDED, *(["distributed"] if arguments.dask else [])]:
        try:
            importlib.import_module(name)
        except ImportError:
            raise UsageError(
                f"study needs {name}, which is not installed: pip install 'numjpeg[study]'"
                + (" 'numjpeg[cluster]'" if arguments.dask else "")
            ) from None
    codecs = importlib.import_module("numjpeg.tools.study.codecs")
    runner = importlib.import_module("numjpeg.tools.study.runner")
    chosen = arguments.codecs.split(",") if arguments.codecs else list(codecs.DEFAULT)
    anchors = arguments.anchor.split(",")
    for name in [*chosen, *anchors]:
        if name not in codecs.CODECS:
            raise UsageError(f"{printable(name)!r} is no codec of a study; {', '.join(codecs.CODECS)} are")
    chosen = list(dict.fromkeys([*anchors, *chosen]))
    lossless = [] if arguments.no_lossless else list(codecs.LOSSLESS)
    folder, target = Path(arguments.folder), Path(arguments.output)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with _executor(arguments) as executor, _progress() as progress:
            points = runner.run(
                folder,
                [*chosen, *lossless],
                target / "points.csv",
                executor,
                perceptual=not arguments.psnr_only,
                progress=progress,
            )
        report = importlib.import_module("numjpeg.tools.study.report")
        strips = [] if arguments.no_strips else _strips(runner.pictures(folder)[0], target)
        page = report.write_report(points, anchors, target, strips)
    except (runner.StudyError, OSError) as error:
        where = f"{printable(str(error.filename))}: " if isinstance(error, OSError) and error.filename else ""
        print(f"numjpeg: study: {where}{reason(error)}", file=sys.stderr)
        return FAILED
    lossy = [point for point in points if point.codec in codecs.CODECS]
    for metric in report.metrics_of(lossy):
        for anchor in anchors:
            print(f"\nRate at equal {report.METRICS[metric]}, against {codecs.CODECS[anchor].label}\n")
            print(report.as_markdown(report.bd_table(lossy, anchor, metric)))
    print(f"\n{printable(str(page))}")
    return 0


def _strips(path: Path, target: Path) -> list[tuple[str, str, list[str]]]:
    """Pictures of one photograph at 100:1, and from parts of a file."""
    measure = importlib.import_module("numjpeg.tools.study.measure")
    jpeg2000 = importlib.import_module("numjpeg.tools.study.jpeg2000")
    report = importlib.import_module("numjpeg.tools.study.report")
    picture = measure.open_picture(path.read_bytes())
    strips = []
    try:
        views = jpeg2000.at_ratio(picture, STRIP_RATIO)
    except ValueError as error:
        print(f"numjpeg: study: {printable(path.name)}: {reason(error)}", file=sys.stderr)
    else:
        captions = report.strip(picture, views, target / "ratio.png")
        strips.append((f"{path.name} at {STRIP_RATIO:g}:1", "ratio.png", captions))
    for name, views in zip(("parts-jpeg", "parts-jpeg2000"), jpeg2000.from_parts(picture), strict=True):
        captions = report.strip(picture, views, target / f"{name}.png")
        strips.append((f"{path.name}, from a part of the file", f"{name}.png", captions))
    return strips


@contextmanager
def _executor(arguments: argparse.Namespace) -> Iterator[Executor]:
    """Processes of this machine, or a Dask cluster."""
    if arguments.dask:
        distributed: Any = importlib.import_module("distributed")
        with distributed.Client(arguments.dask, timeout="20s") as client:
            yield client.get_executor(pure=False)
        return
    with ProcessPoolExecutor(arguments.workers or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, if it is a terminal."""
    tqdm: Any = importlib.import_module("tqdm").tqdm
    with tqdm(unit="point", file=sys.stderr, disable=None, dynamic_ncols=True) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show
