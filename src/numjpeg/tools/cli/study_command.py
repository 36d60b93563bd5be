"""``numjpeg study``: the options, what they need, the executor; the work is in :mod:`numjpeg.tools.study`."""

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from numjpeg.tools.cli.console import FAILED, Progress, UsageError, complain, emit, reason
from numjpeg.tools.cli.options import FORCE
from numjpeg.tools.cli.outputs import check_output, make_folder
from numjpeg.tools.explain import printable
from numjpeg.tools.other_formats import PictureError

STUDY_PAGE = f"""
Compare codecs on a folder of lossless pictures. The results are a page, plots and CSV files, with rate-distortion
curves, rates at equal quality (Bjontegaard), lossless sizes, and pictures at 100:1 and from parts of a file.

FOLDER  with the pictures (PNG, TIFF, PPM, BMP, WebP)
-o, --output OUTPUT=study  folder for the results; ./study by default
{FORCE}
-c, --codecs NAME,...  codecs to compare; an unknown name lists them all
-a, --anchor NAME,...=libjpeg,psnr  codecs to compare against; libjpeg,psnr by default
--psnr-only  leave out SSIM and SSIMULACRA2, which take longest
--no-lossless  leave out lossless sizes
--no-strips  leave out the pictures at 100:1 and from parts
either -w, --workers N  processes; all cores by default
or --dask ADDRESS  a Dask scheduler's address, such as tcp://host:8786

All measurements are kept in OUTPUT/points.csv: the same command continues after an interruption. A study needs pip
install 'numjpeg[study]', or at least the packages for what is asked for, and 'numjpeg[cluster]' for --dask.
"""

_WRITTEN = (
    *("index.html", "lossless.csv", "times.csv", "bd-*.csv"),
    *("ratio-*.csv", "ratio-*.png", "parts-*.png", "psnr*.png", "ssim*.png"),
)
"""Files that a study replaces. It only adds lines to points.csv."""


def run_study(arguments: argparse.Namespace) -> int:
    """Measure and report, and give the exit code."""
    _require(["PIL"])
    codecs = importlib.import_module("numjpeg.tools.study.codecs")
    anchors = arguments.anchor.split(",")
    chosen = [*anchors, *(arguments.codecs.split(",") if arguments.codecs else codecs.DEFAULT)]
    for name in chosen:
        if name not in codecs.CODECS:
            raise UsageError(f"{printable(name)!r} is no codec of a study; {', '.join(codecs.CODECS)} are")
    names = list(dict.fromkeys([*chosen, *([] if arguments.no_lossless else codecs.LOSSLESS)]))
    _require_all(arguments, names)
    runner = importlib.import_module("numjpeg.tools.study.runner")
    report = importlib.import_module("numjpeg.tools.study.report")
    folder, target = Path(arguments.folder), Path(arguments.output)
    try:
        for path in sorted(path for pattern in _WRITTEN for path in target.glob(pattern)):
            check_output(str(path), arguments.force)
        pictures = runner.pictures(folder)
        make_folder(target)
        with _executor(arguments) as executor, closing(Progress("study", 0, unit="points")) as progress:
            points = runner.run(
                folder,
                names,
                target / "points.csv",
                executor,
                perceptual=not arguments.psnr_only,
                progress=progress.set,
            )
        strips = [] if arguments.no_strips else report.write_strips(pictures[0], target)
        page = report.write_report(points, anchors, target, strips)
    except (runner.StudyError, PictureError, OSError) as error:
        where = f"{printable(str(error.filename))}: " if isinstance(error, OSError) and error.filename else ""
        complain(f"numjpeg: study: {where}{reason(error)}")
        return FAILED
    lossy = [point for point in points if point.codec in codecs.CODECS]
    for anchor in anchors:
        emit(f"\nRate at equal quality, against {codecs.CODECS[anchor].label}\n")
        emit(report.as_markdown(report.bd_table(lossy, anchor)))
    emit(f"\n{printable(str(page))}")
    return 0


def _require_all(arguments: argparse.Namespace, codecs: Sequence[str]) -> None:
    """Raise UsageError if a package for the chosen codecs, metrics and tables is missing."""
    _require(["matplotlib", "scipy", "bjontegaard"])
    if not arguments.psnr_only:
        _require(["skimage", "ssimulacra2"], "; --psnr-only does without")
    if "jpegli" in codecs:
        _require(["pyjpegli"], "; -c without jpegli does without")
    if arguments.dask:
        _require(["distributed"], extra="cluster")
    features = importlib.import_module("PIL.features")
    names = [*codecs, *([] if arguments.no_strips else ["jpeg2000"])]
    for codec, feature in (("jpeg2000", "jpg_2000"), ("webp", "webp"), ("avif", "avif")):
        if any(name.startswith(codec) for name in names) and not features.check(feature):
            raise UsageError(f"this Pillow does not write {codec}: -c, --no-lossless, --no-strips leave it out")


def _require(names: Sequence[str], otherwise: str = "", extra: str = "study") -> None:
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            package = name.replace("PIL", "Pillow")
            raise UsageError(
                f"study needs {package}, which is not installed: pip install 'numjpeg[{extra}]'{otherwise}"
            ) from None


@contextmanager
def _executor(arguments: argparse.Namespace) -> Iterator[Any]:
    """An executor like those of ``concurrent.futures``: processes of this machine, or a Dask cluster."""
    if arguments.dask:
        distributed: Any = importlib.import_module("distributed")
        with distributed.Client(arguments.dask, timeout="20s") as client:
            yield client.get_executor(pure=False)
        return
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 (there is none in a browser)
    from multiprocessing import get_context  # noqa: PLC0415

    with ProcessPoolExecutor(arguments.workers or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
