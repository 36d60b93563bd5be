"""All points of a study, on any executor. Points are kept in a table; a study goes on where it stopped."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from itertools import islice
from pathlib import Path

from numjpeg.files import write_atomically
from numjpeg.tools.study.codecs import CODECS, LOSSLESS
from numjpeg.tools.study.measure import Point, digest, measure

SUFFIXES = (".png", ".ppm", ".tif", ".tiff", ".bmp", ".webp")
"""File names of formats that are, or can be, lossless."""

IN_FLIGHT = 64
"""Most points that are submitted at a time. Each carries the file of its picture."""

Key = tuple[str, str, str, float]


class StudyError(Exception):
    """A study lacks something that it needs, or a picture or a codec failed."""


def pictures(folder: Path) -> list[Path]:
    """The lossless pictures of a folder, by name."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not found:
        raise StudyError(f"{folder}: no pictures ({', '.join(SUFFIXES)})")
    return found


def read_points(table: Path) -> list[Point]:
    """The points of a table, none if there is no table. A last line that is cut short is left out."""
    if not table.exists():
        return []
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    if not rows or tuple(rows[0]) != Point._fields:
        raise StudyError(f"{table}: not a table of points")
    points = []
    for number, row in enumerate(rows[1:], 2):
        try:
            picture, known, codec, setting, size, *values = row
            points.append(Point(picture, known, codec, float(setting), int(size), *map(float, values)))
        except (ValueError, TypeError):
            if number < len(rows):
                raise StudyError(f"{table}: line {number} is not a point") from None
    return points


def write_points(table: Path, points: Iterable[Point]) -> None:
    """Write a table of points, whole or not at all."""
    lines = [",".join(Point._fields), *(_line(point) for point in points)]
    write_atomically(table, ("\n".join(lines) + "\n").encode())


def _line(point: Point) -> str:
    quoted = point.picture.replace('"', '""')
    return ",".join([f'"{quoted}"', *map(str, point[1:])])


def run(
    folder: Path,
    codecs: Iterable[str],
    table: Path,
    executor: Executor,
    *,
    perceptual: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Point]:
    """Measure all codecs on all pictures of a folder: the points asked for, by picture, codec and setting.

    Points that the CSV file ``table`` has are not measured again; new ones are appended as they come.
    ``executor`` is any of ``concurrent.futures``, or one that behaves so. ``progress`` is called with the number
    of points that are done, and of all. Raises StudyError for an empty folder, an unknown codec, a file that is no
    table, and what fails while measuring.
    """
    every = {**CODECS, **LOSSLESS}
    names = list(codecs)
    for name in names:
        if name not in every:
            raise StudyError(f"{name}: no such codec; {', '.join(every)}")
    found = pictures(folder)
    digests = {path: digest(path.read_bytes()) for path in found}
    wanted: dict[Key, Path] = {
        (path.name, digests[path], name, float(setting)): path
        for path in found
        for name in names
        for setting in every[name].settings
    }
    known = {point[:4]: point for point in read_points(table)}
    write_points(table, known.values())
    missing = [key for key in wanted if key not in known]
    done = len(wanted) - len(missing)
    progress(done, len(wanted))
    with table.open("a", encoding="utf-8", newline="") as file:
        for point in _measured(missing, wanted, executor, perceptual):
            known[point[:4]] = point
            file.write(_line(point) + "\n")
            file.flush()
            os.fsync(file.fileno())
            done += 1
            progress(done, len(wanted))
    return [known[key] for key in wanted]


def _measured(keys: list[Key], paths: dict[Key, Path], executor: Executor, perceptual: bool) -> Iterator[Point]:
    """The points of ``keys``, in the order in which they are done; a bounded number is under way."""
    waiting = iter(keys)
    under_way: dict[Future[Point], Key] = {}
    try:
        while True:
            for key in islice(waiting, IN_FLIGHT - len(under_way)):
                name, _, codec, setting = key
                data = paths[key].read_bytes()
                under_way[executor.submit(measure, name, data, codec, setting, perceptual)] = key
            if not under_way:
                return
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                name, _, codec, setting = under_way.pop(future)
                try:
                    point = future.result()
                except Exception as error:
                    raise StudyError(f"{name}, {codec} at {setting:g}: {type(error).__name__}: {error}") from error
                yield point
    finally:
        for future in under_way:
            future.cancel()
