"""All of ``pic/``: each file is what the command draws now."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from drawing import noise
from PIL import Image, __version__, features
from requirements import REQUIRED
from samples import photograph

import numjpeg
from numjpeg.tools import pictures
from numjpeg.tools.pictures import charts, compare, diagrams, gallery

PIC = Path(__file__).parents[3] / "pic"

NAMES = {
    "JPEG.jpg",
    "标准亮度量化表.gif",
    "标准色差量化表.gif",
    "zig-zag.png",
    "hourglass.png",
    "stages.png",
    "stages-bits-and-back.png",
    "rate-distortion.png",
    "blocking.png",
    "importance.jpg",
    "lanes.png",
    "autoencoder.png",
    "restored.jpg",
    "jpeg2000.jpg",
    "parts.jpg",
    "wavelets.jpg",
}

# Letters and enlargements are drawn by Pillow and FreeType, so another version may draw a pixel differently.
same_letters = pytest.mark.skipif(
    (__version__, features.version("freetype2")) != ("13.0.0", "2.14.3") and "letters" not in REQUIRED,
    reason="pic/ was drawn by Pillow 13.0.0 with FreeType 2.14.3, as its wheels have it",
)


@pytest.fixture(scope="module")
def drawn() -> dict[str, Image.Image]:
    return pictures.draw_all(photograph())


def test_the_face_and_the_eye_are_inside_the_photograph() -> None:
    assert photograph().shape == (512, 512, 3)
    left, top, right, bottom = gallery.FACE
    assert 0 <= left < right <= 512
    assert 0 <= top < bottom <= 512
    assert all(8 * place + 8 <= side for place, side in zip(gallery.EYE, (512, 512), strict=True))


@pytest.mark.sweep
def test_pic_holds_these_files_and_no_others(drawn: dict[str, Image.Image]) -> None:
    assert drawn.keys() == NAMES
    assert {path.name for path in PIC.iterdir()} == NAMES | {gallery.PHOTO}
    sizes = [path.stat().st_size for path in PIC.iterdir()]
    assert max(sizes) < 1_000_000
    assert sum(sizes) < 3_000_000


# What these show was tuned or restored with float32, in which matrix products differ in their last bit from
# machine to machine. Five kernels of OpenBLAS and two machines gave mean squared differences of at most 0.0002.
FLOAT_PICTURES = {"importance.jpg", "restored.jpg", "jpeg2000.jpg", "parts.jpg"}

TOLERANCE = 1.0


def squared_difference(name: str, picture: Image.Image) -> float:
    """Between a picture, once it is a file, and the file in ``pic/``: the mean, in squared 8-bit levels."""
    there, here = (numjpeg.decode(data) for data in ((PIC / name).read_bytes(), pictures.to_file(name, picture)))
    return numjpeg.metrics.mse(there, here)


@pytest.mark.sweep
@same_letters
@pytest.mark.parametrize("name", sorted(NAMES))
def test_pic_is_what_the_command_draws_now(name: str, drawn: dict[str, Image.Image]) -> None:
    if name in FLOAT_PICTURES:
        assert squared_difference(name, drawn[name]) < TOLERANCE
        return
    file = (PIC / name).read_bytes()
    if name.endswith(".jpg"):
        assert file == pictures.to_file(name, drawn[name])
        return
    with Image.open(BytesIO(file)) as there, Image.open(BytesIO(pictures.to_file(name, drawn[name]))) as here:
        np.testing.assert_array_equal(np.asarray(there.convert("RGB")), np.asarray(here.convert("RGB")))
        assert np.abs(np.asarray(here.convert("RGB")).astype(int) - np.asarray(drawn[name])).mean() < 1


@pytest.mark.sweep
def test_the_tolerance_tells_a_stale_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step of quality in one of four panels, and one step of it in the file with importance."""
    assert (
        squared_difference("restored.jpg", compare.draw_restored(photograph(), gallery.FACE, (26, 10)))
        > 10 * TOLERANCE
    )
    monkeypatch.setattr(compare, "IMPORTANCE_QUALITY", compare.IMPORTANCE_QUALITY + 1)
    assert (
        squared_difference("importance.jpg", compare.draw_importance(photograph(), gallery.FACE)) > 10 * TOLERANCE
    )


def test_the_pipeline_is_drawn_and_written_by_numjpeg() -> None:
    data = (PIC / "JPEG.jpg").read_bytes()
    assert numjpeg.write_coefficients(numjpeg.read_coefficients(data)) == data
    assert numjpeg.psnr(np.asarray(diagrams.draw_pipeline()), numjpeg.decode(data)) > 35


@pytest.mark.usual("without charts and comparisons")
@pytest.mark.parametrize("what", ["all", "without charts and comparisons"])
def test_command_writes_the_directory(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if what != "all":  # those are drawn by tests of their own
        for room in (charts, compare):
            for name in (name for name in dir(room) if name.startswith(("draw_", "rate_distortion"))):
                monkeypatch.setattr(room, name, lambda *_, **__: Image.new("RGB", (8, 8)))
    Image.fromarray(noise(24, 32, 3)).save(tmp_path / "p.png")
    assert pictures.main([str(tmp_path / "new"), "--photo", str(tmp_path / "p.png")]) == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == NAMES
    assert (tmp_path / "new" / "JPEG.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert (tmp_path / "new" / "标准亮度量化表.gif").read_bytes()[:3] == b"GIF"


def test_command_keeps_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blank = Image.new("RGB", (8, 8))
    monkeypatch.setattr(gallery, "draw_all", lambda _: {"a.png": blank, "b.png": blank})
    Image.fromarray(noise(24, 32, 3)).save(tmp_path / gallery.PHOTO)
    (tmp_path / "a.png").write_bytes(b"mine")
    with pytest.raises(SystemExit) as stop:
        pictures.main([str(tmp_path)])
    assert stop.value.code == 1
    assert "a.png" in capsys.readouterr().err
    assert (tmp_path / "a.png").read_bytes() == b"mine"
    assert (tmp_path / "b.png").exists()
    assert pictures.main([str(tmp_path), "-f"]) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_command_without_a_photograph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        pictures.main([str(tmp_path)])
    assert stop.value.code == 1
    assert gallery.PHOTO in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
