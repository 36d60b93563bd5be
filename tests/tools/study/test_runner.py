"""One point of a curve, against others' figures; and a study goes on where it stopped, on other executors too."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import samples
from PIL import Image
from study_points import make_folder

from numjpeg.tools.cli import main
from numjpeg.tools.other_formats import PictureError
from numjpeg.tools.study import codecs, runner
from numjpeg.tools.study.runner import Point, measure


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


def test_pictures_that_pillow_would_clip_or_strip_are_refused(study: None) -> None:
    """16 bits a sample would be cut off at 255, and transparency left out; gray and palettes become RGB."""
    picture = Image.fromarray(samples.smooth(32, 48))

    def png(image: Image.Image) -> bytes:
        stream = BytesIO()
        image.save(stream, "PNG")
        return stream.getvalue()

    wide = Image.fromarray(samples.smooth(32, 48, 1).astype(np.uint16) * 257)
    for image, kind in (
        (picture.convert("RGBA"), "RGBA"),
        (wide, "GRAY uint16"),
        (picture.convert("LA"), "GRAYA"),
    ):
        with pytest.raises(PictureError, match=f"8 bits a sample is needed, and this is 48 x 32 {kind}$"):
            measure("a.png", png(image), "libjpeg", 75, perceptual=False)
    for mode in ("L", "P", "1"):
        image = picture.convert(mode)
        ours, same = (
            measure("a.png", png(each), "libjpeg", 75, perceptual=False) for each in (image, image.convert("RGB"))
        )
        assert ours[4:8] == same[4:8]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two small pictures, one with an awkward name, and something else."""
    return make_folder(tmp_path / "pictures")


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
