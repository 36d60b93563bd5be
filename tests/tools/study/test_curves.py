"""Curves and Bjøntegaard rates against known ones."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from study_points import PHOTOGRAPH, line

from numjpeg.tools.study import curves
from numjpeg.tools.study.runner import Point


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.0, 1.3])
def test_bd_rate_of_a_constant_factor(factor: float, study: None) -> None:
    points = [
        *line("libjpeg", 1),
        *line("psnr", factor),
        *line("libjpeg", 2, "b.png"),
        *line("psnr", 2 * factor, "b.png"),
    ]
    expected = 100 * (factor - 1)
    assert curves.mean_bd_rate(points, "libjpeg", "psnr", "psnr") == pytest.approx(expected, abs=0.01)
    assert curves.mean_bd_rate(points, "libjpeg", "psnr", "psnr", 0.6, 1.5) == pytest.approx(expected, abs=0.01)


def test_bd_rate_looks_at_its_interval_only(study: None) -> None:
    test = [p._replace(bpp=p.bpp * (0.5 if p.bpp < 1 else 1)) for p in line("psnr", 1)]
    points = [*line("libjpeg", 1), *test]
    assert curves.mean_bd_rate(points, "libjpeg", "psnr", "psnr", 0.2, 0.7) == pytest.approx(-50, abs=0.5)
    assert curves.mean_bd_rate(points, "libjpeg", "psnr", "psnr", 2.0, 3.0) == pytest.approx(0, abs=0.5)


def test_bd_rate_of_nothing_in_common(study: None) -> None:
    far = [p._replace(psnr=p.psnr + 50) for p in line("psnr", 1)]
    assert math.isnan(curves.mean_bd_rate([*line("libjpeg", 1), *far], "libjpeg", "psnr", "psnr"))
    assert math.isnan(curves.mean_bd_rate(line("libjpeg", 1), "libjpeg", "psnr", "psnr"))


def test_a_curve_keeps_what_nothing_beats() -> None:
    pairs = [(1.0, 30.0), (2.0, 29.0), (3.0, 35.0), (3.0, 36.0), (4.0, math.nan), (0.5, 20.0)]
    points = [PHOTOGRAPH._replace(bpp=bpp, psnr=q) for bpp, q in pairs]
    rate, quality = curves.curve(points, "psnr")
    assert rate.tolist() == [0.5, 1.0, 3.0]
    assert quality.tolist() == [20.0, 30.0, 36.0]


@pytest.mark.corpus
def test_bd_rates_are_those_of_the_anchors(corpus: Path, study: None) -> None:
    """Points that others measured, and the rates that they found by the same definition."""
    table = corpus.parent / "anchors" / "kodak8.csv"
    with table.open(newline="") as file:
        points = [
            Point(
                row["image"], "", row["codec"], float(row["q"]), int(row["bytes"]), float(row["bpp"]),
                float(row["psnr_rgb"]), float(row["psnr_y"]), float(row["ssim"]), float(row["ssimu2"]), 0.0,
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip
    expected = {
        "turbo-std-base-420": (7.2, 12.7),
        "moz-default-base-420": (-8.5, -19.0),
        "moz-psnr-prog-420": (-25.7, 2.0),
        "jpegli-p2-420": (-11.5, -19.7),
        "jp2k": (-39.8, -12.2),
        "avif-444-s6": (-46.7, -43.7),
    }
    for codec, (by_psnr, by_ssimulacra2) in expected.items():
        for metric, rate in (("psnr", by_psnr), ("ssimulacra2", by_ssimulacra2)):
            assert curves.mean_bd_rate(points, "turbo-opt-base-420", codec, metric) == pytest.approx(
                rate, abs=0.11
            )
