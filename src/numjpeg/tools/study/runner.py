"""Measure the points of curves on any executor, and keep them in a table, so that a study can be continued."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from numjpeg.files import write_atomically
from numjpeg.metrics import psnr
from numjpeg.stages.color import rgb_to_ycbcr
from numjpeg.tools.other_formats import PictureError, read_picture
from numjpeg.tools.study.codecs import CODECS, LOSSLESS, Pixels, by_pillow

SUFFIXES = (".png", ".ppm", ".tif", ".tiff", ".bmp", ".webp")  # formats that are, or can be, lossless
IN_FLIGHT = 64  # most points submitted at a time; limits memory, as each task carries a picture's file
Key = tuple[str, str, str, float]  # the first four fields of a point

METRICS = {
    "psnr": "PSNR (RGB), dB",
    "psnr_y": "PSNR (luminance), dB",
    "ssim": "SSIM (luminance), -10 log10(1 - SSIM), dB",
    "ssimulacra2": "SSIMULACRA2",
}
"""Metric -> its label, with the unit of :func:`numjpeg.tools.study.curves.score`."""


class Point(NamedTuple):
    """The measurements of one picture, coded by one codec at one setting."""

    picture: str  # file name
    digest: str  # hash of the file; tells pictures of the same name apart
    codec: str
    setting: float
    bytes: int  # size of the file
    bpp: float  # bits a pixel
    psnr: float  # of all three channels together, in dB
    psnr_y: float  # of the luminance
    ssim: float  # of the luminance, with a Gaussian window of 1.5 samples (Wang et al. 2004)
    ssimulacra2: float  # a score of at most 100
    seconds: float  # CPU time of encoding


def digest(data: bytes) -> str:
    """A picture's identity: 16 hexadecimal digits of the hash of its file."""
    return hashlib.sha256(data).hexdigest()[:16]


def measure(picture: str, data: bytes, codec: str, setting: float, perceptual: bool = True) -> Point:
    """Measure a point; ``picture`` is the name of the picture's file, ``data`` the content.

    SSIM and SSIMULACRA2 take most of the time; unless ``perceptual``, they are left out and nan.
    """
    source = read_picture(data)
    if source.model not in ("GRAY", "RGB") or source.pixels.dtype != np.uint8:
        raise PictureError(f"a gray or RGB picture of 8 bits a sample is needed, and this is {source}")
    original: Pixels = source.pixels if source.model == "RGB" else np.stack([source.pixels] * 3, axis=-1)
    coder = CODECS.get(codec) or LOSSLESS[codec]
    start = time.process_time()
    encoded = coder.encode(original, setting)
    seconds = time.process_time() - start
    decoded = coder.decode(encoded)
    luma, decoded_luma = rgb_to_ycbcr(original)[..., 0], rgb_to_ycbcr(decoded)[..., 0]
    height, width, _ = original.shape
    return Point(
        picture,
        digest(data),
        codec,
        setting,
        len(encoded),
        8 * len(encoded) / (height * width),
        psnr(original, decoded),
        psnr(luma, decoded_luma),
        _ssim(luma, decoded_luma) if perceptual else float("nan"),
        _ssimulacra2(original, decoded) if perceptual else float("nan"),
        seconds,
    )


def _ssim(reference: Pixels, image: Pixels) -> float:
    if min(reference.shape) < 11:  # the Gaussian window has 11 x 11 samples
        return float("nan")
    from skimage.metrics import structural_similarity  # noqa: PLC0415 (of the extra)

    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(structural_similarity(reference, image, data_range=255, **window))  # type: ignore[no-untyped-call]


def _ssimulacra2(reference: Pixels, image: Pixels) -> float:
    from ssimulacra2 import compute_ssimulacra2  # noqa: PLC0415 (of the extra)

    ppm = by_pillow("PPM")
    return float(compute_ssimulacra2(io.BytesIO(ppm(reference, 0)), io.BytesIO(ppm(image, 0))))


class StudyError(Exception):
    """Something that the study needs is missing, or a picture or a codec failed."""


def pictures(folder: Path) -> list[Path]:
    """The lossless pictures of a folder, sorted by name; StudyError if there are none."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())
    if not paths:
        raise StudyError(f"{folder}: no pictures ({', '.join(SUFFIXES)})")
    return paths


def read_points(table: Path) -> list[Point]:
    """The points of a table; none if it does not exist. An incomplete last line is ignored."""
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


def _line(point: Point) -> str:
    quoted = point.picture.replace('"', '""')
    return ",".join([f'"{quoted}"', *map(str, point[1:])]) + "\n"


def run(
    folder: Path,
    codecs: Iterable[str],
    table: Path,
    executor: Executor,
    *,
    perceptual: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Point]:
    """Measure all codecs on all pictures of a folder; return the points by picture, codec and setting.

    Points that are in the CSV file ``table`` are not measured again; a new point is appended as soon as it is
    done. ``executor`` has the interface of ``concurrent.futures``. ``progress`` is called with the number of
    points done and the number of all points. Raises StudyError for an empty folder, an unknown codec, a file that
    is no table of points, and any error of a measurement.
    """
    by_name, names = {**CODECS, **LOSSLESS}, list(codecs)
    for name in names:
        if name not in by_name:
            raise StudyError(f"{name}: no such codec; {', '.join(by_name)}")
    paths = pictures(folder)
    digests = {path: digest(path.read_bytes()) for path in paths}
    keys: dict[Key, Path] = {
        (path.name, digests[path], name, float(setting)): path
        for path in paths
        for name in names
        for setting in by_name[name].settings
    }
    known = {point[:4]: point for point in read_points(table)}
    write_atomically(table, "".join([",".join(Point._fields) + "\n", *map(_line, known.values())]).encode())
    missing = [key for key in keys if key not in known]
    done = len(keys) - len(missing)
    progress(done, len(keys))
    with table.open("a", encoding="utf-8", newline="") as file:
        for point in _measured(missing, keys, executor, perceptual):
            known[point[:4]] = point
            file.write(_line(point))
            file.flush()
            os.fsync(file.fileno())
            done += 1
            progress(done, len(keys))
    return [known[key] for key in keys]


def _measured(keys: list[Key], paths: dict[Key, Path], executor: Executor, perceptual: bool) -> Iterator[Point]:
    """Measure the points of ``keys``, at most IN_FLIGHT at a time, and yield each as soon as it is done."""
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
