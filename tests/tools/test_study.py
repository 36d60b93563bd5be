"""The study: curves against known rates, going on after an interruption, other executors, the page."""

from __future__ import annotations

import csv
import dataclasses
import importlib
import math
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import samples
from PIL import Image, features

import numjpeg
from numjpeg.metrics import psnr
from numjpeg.tools.cli import main
from numjpeg.tools.study import codecs, curves, report, runner
from numjpeg.tools.study.measure import METRICS, Point, measure
from numjpeg.tools.study.views import at_ratio, from_parts

PHOTOGRAPH = Point("a.png", "0", "libjpeg", 50.0, 1000, 1.0, 30.0, 31.0, 0.9, 60.0, 0.1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two small pictures, one with an awkward name, and something else."""
    path = tmp_path / "pictures"
    path.mkdir()
    Image.fromarray(samples.photograph()[100:200, 100:220]).save(path / "face.png")
    Image.fromarray(samples.photograph()[:200, 100:340]).save(path / 'a "b", c.png')
    (path / "notes.txt").write_text("not a picture")
    return path


def line(codec: str, factor: float, picture: str = "a.png") -> list[Point]:
    """Points of a codec that takes ``factor`` times the rate at each quality."""
    return [
        dataclasses.replace(
            PHOTOGRAPH, picture=picture, codec=codec, setting=q, bpp=factor * 0.1 * 1.06**q, psnr=20 + 0.25 * q
        )
        for q in range(0, 70, 5)
    ]


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
    test = [dataclasses.replace(p, bpp=p.bpp * (0.5 if p.bpp < 1 else 1)) for p in line("psnr", 1)]
    points = [*line("libjpeg", 1), *test]
    assert curves.mean_bd_rate(points, "libjpeg", "psnr", "psnr", 0.2, 0.7) == pytest.approx(-50, abs=0.5)
    assert curves.mean_bd_rate(points, "libjpeg", "psnr", "psnr", 2.0, 3.0) == pytest.approx(0, abs=0.5)


def test_bd_rate_of_nothing_in_common(study: None) -> None:
    far = [dataclasses.replace(p, psnr=p.psnr + 50) for p in line("psnr", 1)]
    assert math.isnan(curves.mean_bd_rate([*line("libjpeg", 1), *far], "libjpeg", "psnr", "psnr"))
    assert math.isnan(curves.mean_bd_rate(line("libjpeg", 1), "libjpeg", "psnr", "psnr"))


def test_a_curve_keeps_what_nothing_beats() -> None:
    pairs = [(1.0, 30.0), (2.0, 29.0), (3.0, 35.0), (3.0, 36.0), (4.0, math.nan), (0.5, 20.0)]
    points = [dataclasses.replace(PHOTOGRAPH, bpp=bpp, psnr=q) for bpp, q in pairs]
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


@pytest.mark.parametrize("name", [*codecs.CODECS, *codecs.LOSSLESS])
def test_every_codec_codes(name: str, study: None) -> None:
    picture = samples.photograph()[100:180, 100:260]
    codec = {**codecs.CODECS, **codecs.LOSSLESS}[name]
    sizes, errors = [], []
    for setting in (codec.settings[0], codec.settings[len(codec.settings) // 2], codec.settings[-1]):
        data = codec.encode(picture, setting)
        decoded = codec.decode(data)
        assert decoded.shape == picture.shape
        assert decoded.dtype == np.uint8
        sizes.append(len(data))
        errors.append(float(np.mean((decoded.astype(float) - picture) ** 2)))
    if name in codecs.LOSSLESS:
        assert errors == [0, 0, 0]
    else:
        assert sizes[0] < sizes[1] < sizes[2]
        assert errors[0] > errors[1] > errors[2]


def test_a_point(tmp_path: Path, study: None) -> None:
    picture = samples.photograph()[100:200, 100:220]
    stream = BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    point = measure("face.png", stream.getvalue(), "libjpeg", 75)
    encoded = BytesIO()
    Image.fromarray(picture).save(encoded, "JPEG", quality=75, optimize=True)
    assert point.bytes == len(encoded.getvalue())
    assert point.bpp == pytest.approx(8 * point.bytes / (100 * 120))
    decoded = np.asarray(Image.open(encoded)).astype(float)
    assert point.psnr == pytest.approx(10 * np.log10(255**2 / np.mean((decoded - picture) ** 2)))
    assert 0.8 < point.ssim < 1
    Image.fromarray(picture).save(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_bytes(encoded.getvalue())
    expected = importlib.import_module("ssimulacra2").compute_ssimulacra2(tmp_path / "a.png", tmp_path / "b.jpg")
    assert point.ssimulacra2 == pytest.approx(expected)
    plain = measure("face.png", stream.getvalue(), "libjpeg", 75, perceptual=False)
    assert math.isnan(plain.ssim)
    assert plain.psnr == point.psnr


class Immediate(Executor):
    """Does the work at once; fails after so many points."""

    def __init__(self, limit: int = 10**9) -> None:
        self.limit, self.done = limit, 0

    def submit(self, function, /, *arguments, **options):  # type: ignore[no-untyped-def]
        future: Future = Future()
        if self.done >= self.limit:
            raise KeyboardInterrupt
        self.done += 1
        try:
            future.set_result(function(*arguments, **options))
        except Exception as error:
            future.set_exception(error)
        return future


def test_a_study_goes_on_where_it_stopped(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "points.csv"
    monkeypatch.setattr(runner, "IN_FLIGHT", 2)
    with pytest.raises(KeyboardInterrupt):
        runner.run(folder, ["libjpeg"], table, Immediate(7), perceptual=False)
    kept = runner.read_points(table)
    assert 4 <= len(kept) <= 7
    with table.open("a") as file:
        file.write('"face.png",123,lib')  # cut short in the middle of a line
    seen: list[tuple[int, int]] = []
    second = Immediate()
    points = runner.run(
        folder, ["libjpeg"], table, second, perceptual=False, progress=lambda *done: seen.append(done)
    )
    total = 2 * len(codecs.CODECS["libjpeg"].settings)
    assert len(points) == total
    assert second.done == total - len(kept)
    assert seen[0] == (len(kept), total)
    assert seen[-1] == (total, total)
    times = {(p.picture, p.setting): p.seconds for p in runner.read_points(table)}
    assert all(times[p.picture, p.setting] == p.seconds for p in kept)
    third = Immediate()
    runner.run(folder, ["libjpeg"], table, third, perceptual=False)
    assert third.done == 0
    assert len(runner.read_points(table)) == total
    Image.fromarray(samples.photograph()[:64, :64]).save(folder / "face.png")  # another picture of this name
    assert len(runner.run(folder, ["libjpeg"], table, third, perceptual=False)) == total
    assert third.done == total // 2


def test_what_is_wrong_is_said(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "points.csv"
    with pytest.raises(runner.StudyError, match="no pictures"):
        runner.run(tmp_path, ["libjpeg"], table, Immediate())
    with pytest.raises(runner.StudyError, match="nonsense: no such codec"):
        runner.run(folder, ["nonsense"], table, Immediate())
    (folder / "broken.png").write_bytes(b"no picture")
    with pytest.raises(runner.StudyError, match=r"broken\.png, libjpeg at \d"):
        runner.run(folder, ["libjpeg"], table, Immediate(), perceptual=False)
    table.write_text("something else\n")
    with pytest.raises(runner.StudyError, match="not a table of points"):
        runner.read_points(table)


@pytest.fixture
def cluster(study: None) -> Iterator[str]:
    """A real Dask cluster on this machine: a scheduler and two workers, processes of their own."""
    import distributed  # noqa: PLC0415 (of the extra)

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as local:
        yield local.scheduler_address


def test_on_a_cluster(folder: Path, tmp_path: Path, cluster: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--psnr-only", "--no-lossless", "--no-strips", "-c", "jpeg2000", "-a", "libjpeg"]
    assert main(["study", str(folder), "-o", str(tmp_path / "far"), "--dask", cluster, *options]) == 0
    assert "JPEG 2000" in capsys.readouterr().out
    with ThreadPoolExecutor(2) as pool:
        near = runner.run(folder, ["libjpeg", "jpeg2000"], tmp_path / "near.csv", pool, perceptual=False)

    def values(points: list[Point]) -> list[tuple[object, ...]]:
        return sorted((p.picture, p.codec, p.setting, p.bytes, p.psnr) for p in points)

    assert values(runner.read_points(tmp_path / "far" / "points.csv")) == values(near)


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


def test_views_from_parts_of_a_file() -> None:
    """Both show the whole picture early, better with every byte; and layers are what a shorter file holds."""
    picture = samples.photograph()
    for views in from_parts(picture, 20):
        scores = [psnr(picture, view.picture) for view in views]
        assert scores == sorted(scores)
        assert scores[0] + 5 < scores[-1]
    first = views[0]
    stream = BytesIO()
    options = {"no_jp2": True, "mct": 1, "irreversible": True, "quality_mode": "rates", "quality_layers": [200]}
    Image.fromarray(picture).save(stream, "JPEG2000", **options)
    assert len(stream.getvalue()) == pytest.approx(first.bytes, rel=0.02)
    alone = codecs.decode_by_pillow(stream.getvalue())
    assert psnr(picture, first.picture) == pytest.approx(psnr(picture, alone), abs=0.5)


def test_views_at_a_ratio() -> None:
    picture = samples.photograph()
    views = at_ratio(picture, 60)
    plain, tuned, restored, wavelet = (psnr(picture, view.picture) for view in views)
    assert all(0.9 * picture.nbytes / 60 < view.bytes <= 1.01 * picture.nbytes / 60 for view in views[1:])
    assert plain < tuned < restored < wavelet
    with pytest.raises(ValueError, match="does not fit"):
        at_ratio(picture, 2000)


def test_columns_with_nothing_to_say_are_left_out_and_single_cells_get_a_dash(study: None) -> None:
    coarse = [dataclasses.replace(p, bpp=min(p.bpp, 1.4)) for p in line("libjpeg", 1) if p.bpp < 1.4]
    points = [*coarse, *line("jpegli", 0.9), *(p for p in line("webp", 0.8) if p.bpp > 0.6)]
    table = report.bd_table(points, "libjpeg", "psnr")
    assert table[0] == ["codec", "0.2 to 3 bpp", "0.2 to 0.6 bpp", "0.6 to 1.5 bpp", "built for"]
    assert table[2][0] == "WebP"
    assert table[2][2] == ""
    assert "<td>&ndash;</td>" in report.as_html(table)
    assert "built for" not in report.bd_table([p for p in points if p.codec != "jpegli"], "libjpeg", "psnr")[0]


def test_ssim_is_given_in_decibels() -> None:
    pairs = [(1, 0.9), (2, 0.99), (4, 0.999)]
    points = [dataclasses.replace(PHOTOGRAPH, setting=rate, bpp=rate, ssim=ssim) for rate, ssim in pairs]
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
