"""Rate-distortion of encode(tune=...) on a folder of pictures, as BD-rate against libjpeg-turbo.

    python tests/bench/rate_distortion.py KODAK --anchors kodak8.csv
    python tests/bench/rate_distortion.py KODAK --tune perceptual --progressive --ssimulacra2

Files are decoded by Pillow. BD-rate: for each picture the logarithm of the rate as a PCHIP function of quality, on
the lower envelope of the points; averaged over the qualities that both curves cover and that the anchor has
between two rates; exp of the mean difference less 1; then the mean over the pictures. The anchor is libjpeg-turbo,
baseline, 4:2:0, optimised Huffman tables: from ``--anchors`` (or the environment variable NUMJPEG_ANCHORS), a
table with the columns codec, image, bpp, psnr_rgb and ssimu2; or, without it, made by Pillow on the spot. Needs
scipy, and for
``--ssimulacra2`` the package of that name; its scores differ a little between implementations, so with that option
the anchor is always made on the spot.
"""

from __future__ import annotations

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
import io
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.interpolate import PchipInterpolator

import numjpeg

ANCHOR = "turbo-opt-base-420"
ANCHOR_QUALITIES = (6, 10, 17, 28, 45, 65, 80, 90, 95)
QUALITIES = (3, 6, 10, 17, 28, 45, 65, 80, 90, 95, 98)
RANGES = ((0.2, 3.0), (0.2, 0.6), (0.6, 1.5), (1.5, 3.0))
"""Bits a pixel of the anchor."""

Curve = list[tuple[float, float]]
"""Bits a pixel and quality."""


def envelope(curve: Curve) -> tuple[np.ndarray, np.ndarray]:
    """The points that no other one beats, by rising rate."""
    kept: Curve = []
    for rate, quality in sorted(curve):
        if not kept or quality > kept[-1][1] + 1e-9:
            kept.append((rate, quality))
    rates, qualities = np.array(kept).T
    return rates, qualities


def bd_rate(anchor: Curve, curve: Curve, low: float = 0.2, high: float = 3.0) -> float:
    """Mean difference in rate at equal quality, in per cent of the anchor's; NaN where they do not overlap."""
    (anchor_rates, anchor_qualities), (rates, qualities) = envelope(anchor), envelope(curve)
    quality_at = PchipInterpolator(np.log(anchor_rates), anchor_qualities)
    first = float(quality_at(np.log(max(low, anchor_rates[0]))))
    last = float(quality_at(np.log(min(high, anchor_rates[-1]))))
    first, last = max(first, qualities[0]), min(last, qualities[-1])
    if not first < last:
        return float("nan")
    at = np.linspace(first, last, 1000)
    difference = PchipInterpolator(qualities, np.log(rates))(at) - PchipInterpolator(
        anchor_qualities, np.log(anchor_rates)
    )(at)
    return float(np.exp(difference.mean()) - 1) * 100


def pillow_file(image: np.ndarray, quality: int) -> bytes:
    """The anchor's file."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=quality, optimize=True)
    return stream.getvalue()


def score(image: np.ndarray, data: bytes, original: Path, ssimulacra2: bool) -> dict[str, float]:
    """Rate, PSNR and perhaps SSIMULACRA2 of a file."""
    decoded = Image.open(io.BytesIO(data)).convert("RGB")
    found = {
        "bpp": 8 * len(data) / (image.shape[0] * image.shape[1]),
        "psnr_rgb": numjpeg.psnr(image, np.asarray(decoded)),
    }
    if ssimulacra2:
        from ssimulacra2 import compute_ssimulacra2  # noqa: PLC0415 - needed for this option alone

        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "decoded.png"
            decoded.save(path, compress_level=1)
            found["ssimu2"] = float(compute_ssimulacra2(str(original), str(path)))
    return found


def read_anchors(path: Path) -> dict[str, list[dict[str, float]]]:
    """Points of the anchor by picture."""
    points: dict[str, list[dict[str, float]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["codec"] == ANCHOR:
                values = {name: float(row[name]) for name in ("bpp", "psnr_rgb", "ssimu2")}
                points.setdefault(row["image"], []).append(values)
    return points


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="PNG pictures")
    parser.add_argument("--anchors", type=Path, default=os.environ.get("NUMJPEG_ANCHORS"))
    parser.add_argument("--tune", choices=("psnr", "perceptual"), default="psnr")
    parser.add_argument("--progressive", action="store_true")
    parser.add_argument("--ssimulacra2", action="store_true")
    parser.add_argument("--qualities", type=int, nargs="+", default=QUALITIES)
    options = parser.parse_args()
    metrics = ["psnr_rgb", *(["ssimu2"] if options.ssimulacra2 else [])]
    anchors = read_anchors(options.anchors) if options.anchors and not options.ssimulacra2 else {}
    rows: dict[str, list[list[float]]] = {metric: [] for metric in metrics}
    ratios = []
    print("picture", *(f"{m} {low}-{high}" for m in metrics for low, high in RANGES), "CPU", sep="\t")
    for path in sorted(options.folder.glob("*.png")):
        image = np.asarray(Image.open(path).convert("RGB"))

        def points(make, qualities, image=image, path=path):
            return [score(image, make(image, quality), path, options.ssimulacra2) for quality in qualities]

        anchor = anchors.get(path.stem) or points(pillow_file, ANCHOR_QUALITIES)
        own = points(
            lambda image, quality: numjpeg.encode(
                image, quality, tune=options.tune, progressive=options.progressive
            ),
            options.qualities,
        )
        for metric in metrics:
            curves = [[(point["bpp"], point[metric]) for point in curve] for curve in (anchor, own)]
            rows[metric].append([bd_rate(*curves, low, high) for low, high in RANGES])
        ratios.append(cpu_ratio(image, options.tune, options.progressive))
        values = [f"{value:.2f}" for metric in metrics for value in rows[metric][-1]]
        print(path.stem, *values, f"{ratios[-1]:.0f}", sep="\t", flush=True)
    means = [f"{value:.2f}" for metric in metrics for value in np.nanmean(rows[metric], axis=0)]
    print("mean", *means, f"{np.mean(ratios):.0f}", sep="\t")


def cpu_ratio(image: np.ndarray, tune: str, progressive: bool, rounds: int = 5) -> float:
    """CPU time at quality 75 by that of Pillow with ``optimize``, in turns: medians."""
    ours, pillows = [], []
    for _ in range(rounds):
        start = time.process_time()
        numjpeg.encode(image, 75, tune=tune, progressive=progressive)
        ours.append(time.process_time() - start)
        start = time.process_time()
        for _ in range(10):
            pillow_file(image, 75)
        pillows.append((time.process_time() - start) / 10)
    return float(np.median(ours) / np.median(pillows))


if __name__ == "__main__":
    main()
