"""The page, its tables and its plots."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features
from study_points import PHOTOGRAPH, line, make_folder

import numjpeg
from numjpeg.metrics import psnr
from numjpeg.tools.cli import main
from numjpeg.tools.study import curves, report
from numjpeg.tools.study.runner import METRICS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two small pictures, one with an awkward name, and something else."""
    return make_folder(tmp_path / "pictures")


def test_the_command_writes_a_page(
    folder: Path, tmp_path: Path, study: None, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out"
    assert main(["study", str(folder), "-o", str(target), "-c", "jpeg2000,psnr", "-a", "libjpeg", "-w", "2"]) == 0
    page = (target / "index.html").read_text()
    assert 'name="viewport"' in page
    assert f"numjpeg {numjpeg.__version__}" in page
    assert f"libjpeg-turbo {features.version('libjpeg_turbo')}" in page
    assert page.index("How to read") < page.index("<table>")
    assert next(csv.reader((target / "bd-libjpeg.csv").open())) == [
        "codec", "PSNR (RGB)", "PSNR (luminance)", "SSIM (luminance)", "SSIMULACRA2", "built for",
    ]  # fmt: skip
    assert [row[0] for row in csv.reader((target / "times.csv").open())][1] == "libjpeg-turbo, optimised"
    for name in METRICS:
        assert f'src="{name}.png"' in page
        assert Image.open(target / f"{name}.png").size[0] > 600
        rows = list(csv.reader((target / f"bd-{name}-libjpeg.csv").open()))
        assert [row[0] for row in rows[1:]] == ["numjpeg, PSNR", "JPEG 2000"]
    assert "a &quot;b&quot;, c.png" in page
    original = np.asarray(Image.open(folder / 'a "b", c.png'))
    for name in ("ratio", "parts-jpeg", "parts-jpeg2000"):
        for number in range(1, 5):
            with Image.open(target / f"{name}-{number}.png") as image:
                score = f"{psnr(original, np.asarray(image)):.2f} dB"
            figure = page[page.index(f'src="{name}-{number}.png"') :]
            assert score in figure[: figure.index("</figure>")]  # the caption is in its picture's figure
    assert "Lossless" in page
    assert "| JPEG 2000 |" in capsys.readouterr().out


def test_wrong_usage(folder: Path, tmp_path: Path, study: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["study", str(folder), "-o", str(tmp_path), "-c", "jpegxl"])
    assert caught.value.code == 2
    assert "'jpegxl' is no codec" in capsys.readouterr().err
    assert main(["study", str(tmp_path / "nowhere"), "-o", str(tmp_path / "out")]) == 1
    assert "nowhere" in capsys.readouterr().err


def test_columns_with_nothing_to_say_are_left_out_and_single_cells_get_a_dash(study: None) -> None:
    coarse = [p._replace(bpp=min(p.bpp, 1.4)) for p in line("libjpeg", 1) if p.bpp < 1.4]
    points = [*coarse, *line("jpegli", 0.9), *(p for p in line("webp", 0.8) if p.bpp > 0.6)]
    table = report.bd_table(points, "libjpeg", "psnr")
    assert table[0] == ["codec", "0.2 to 3 bpp", "0.2 to 0.6 bpp", "0.6 to 1.5 bpp", "built for"]
    assert table[2][0] == "WebP"
    assert table[2][2] == ""
    assert "<td>&ndash;</td>" in report.as_html(table)
    assert "built for" not in report.bd_table([p for p in points if p.codec != "jpegli"], "libjpeg", "psnr")[0]


def test_a_picture_without_a_finite_value_does_not_take_the_metric_from_the_others(
    tmp_path: Path, study: None
) -> None:
    """As a flat one, which all codecs keep exactly, or one that is too small for SSIM."""
    points = [*line("libjpeg", 1), *line("webp", 0.8)]
    exact = [p._replace(picture="flat.png", digest="0", psnr=math.inf, ssim=math.nan) for p in points]
    assert report.metrics_of(points + exact) == report.metrics_of(points)
    assert "psnr" not in report.metrics_of(exact)
    table = report.bd_table(points, "libjpeg", "psnr")
    assert report.bd_table(points + exact, "libjpeg", "psnr") == table
    np.testing.assert_array_equal(
        curves.mean_curve(points + exact, "webp", "psnr"), curves.mean_curve(points, "webp", "psnr")
    )
    page = report.write_report(points + exact, ["libjpeg"], tmp_path, []).read_text(encoding="utf-8")
    assert "; pictures left out, as a codec keeps them exactly or they are too small: 1<" in page


def test_ssim_is_given_in_decibels() -> None:
    pairs = [(1, 0.9), (2, 0.99), (4, 0.999)]
    points = [PHOTOGRAPH._replace(setting=rate, bpp=rate, ssim=ssim) for rate, ssim in pairs]
    np.testing.assert_allclose(curves.curve(points, "ssim")[1], [10, 20, 30])
    np.testing.assert_allclose(curves.mean_curve(points, "libjpeg", "ssim")[1], [10, 20, 30])
    # 3, 2.4 and 1.2 bits a pixel, on a log scale; 5:1 and beyond 20:1 there are no points.
    assert report.ratio_table(points, "ssim") == [
        ["codec", "8:1", "10:1", "20:1"],
        ["libjpeg-turbo, optimised", "25.85", "22.63", "12.63"],
    ]
    assert "-10 log10(1 - SSIM), dB" in METRICS["ssim"]


def test_each_curve_of_a_plot_is_drawn_in_its_own_way(tmp_path: Path, study: None) -> None:
    """Two codecs with the very same points are both seen: the picture is not that of either one alone."""
    seen = set()
    for names in (["libjpeg"], ["webp"], ["libjpeg", "webp"], ["libjpeg", "psnr"]):
        report.plot([p for name in names for p in line(name, 1)], "psnr", tmp_path / "p.png")
        with Image.open(tmp_path / "p.png") as image:
            seen.add(np.asarray(image.convert("RGB"))[:700].tobytes())  # without the legend below
    assert len(seen) == 4


def test_tables() -> None:
    table = [["codec", "x"], ['a "b" <c>', "+1.0 %"]]
    assert report.as_markdown(table) == '| codec | x |\n| --- | --- |\n| a "b" <c> | +1.0 % |'
    assert report.as_csv(table) == '"codec","x"\n"a ""b"" <c>","+1.0 %"\n'
    assert "<td>a &quot;b&quot; &lt;c&gt;</td>" in report.as_html(table)
