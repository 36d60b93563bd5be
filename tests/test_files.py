"""Files by their paths: whole or not at all."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples
from PIL import Image, ImageOps

import numjpeg
from numjpeg import files


def test_imread_and_imwrite_by_path(tmp_path: Path) -> None:
    image = samples.smooth(33, 50)
    for path in (tmp_path / "picture.jpg", str(tmp_path / "other.jpg")):
        numjpeg.imwrite(path, image, 90, subsampling="4:4:4")
        assert Path(path).read_bytes() == pillow.save(image, quality=90, subsampling="4:4:4")
        assert np.array_equal(numjpeg.imread(path), pillow.load(Path(path).read_bytes()))
    assert numjpeg.imread(tmp_path / "picture.jpg", colorspace="GRAY").shape == (33, 50)


def test_imread_and_imwrite_by_file_object() -> None:
    image = samples.smooth(33, 50)
    stream = io.BytesIO()
    numjpeg.imwrite(stream, image)
    assert stream.getvalue() == pillow.save(image)
    stream.seek(0)
    assert np.array_equal(numjpeg.imread(stream), pillow.load(stream.getvalue()))


@pytest.mark.parametrize("orientation", [None, *range(11)])
@pytest.mark.parametrize("channels", [1, 3])
def test_imread_turns_pictures_as_pillow_does(orientation: int | None, channels: int) -> None:
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    data = pillow.save(samples.smooth(17, 34, channels), exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    turned = numjpeg.imread(io.BytesIO(data), exif_orientation=True)
    assert np.array_equal(turned, expected)
    assert turned.flags.c_contiguous
    assert np.array_equal(numjpeg.imread(io.BytesIO(data)), pillow.load(data))


def test_imread_turns_pictures_by_xmp_where_exif_says_nothing() -> None:
    exif = Image.Exif()
    exif[0x010F] = "maker"
    xmp = b'<rdf:Description tiff:Orientation="8"/>'
    for options in ({"xmp": xmp}, {"xmp": xmp, "exif": exif}):
        data = pillow.save(samples.smooth(17, 34), **options)
        expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
        assert expected.shape == (34, 17, 3)
        assert np.array_equal(numjpeg.imread(io.BytesIO(data), exif_orientation=True), expected)


def test_a_picture_that_cannot_be_encoded_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(b"precious")
    with pytest.raises(ValueError, match="quality"):
        numjpeg.imwrite(path, samples.smooth(9, 9), 200)
    assert path.read_bytes() == b"precious"
    assert [entry.name for entry in tmp_path.iterdir()] == ["picture.jpg"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(b"precious")

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        files.write_atomically(path, b"new")
    assert path.read_bytes() == b"precious"
    assert [entry.name for entry in tmp_path.iterdir()] == ["picture.jpg"]


def test_permissions_are_kept_or_follow_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    previous = os.umask(0o027)
    try:
        files.write_atomically(path, b"new")
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o604)
    files.write_atomically(path, b"newer")
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    assert path.read_bytes() == b"newer"


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    target, link = tmp_path / "target.jpg", tmp_path / "link.jpg"
    target.write_bytes(b"old")
    link.symlink_to(target)
    files.write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_device_is_written_straight() -> None:
    files.write_atomically("/dev/null", b"data")
    assert Path("/dev/null").is_char_device()


def test_a_missing_folder_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        numjpeg.imwrite(tmp_path / "missing" / "picture.jpg", samples.smooth(9, 9))
    with pytest.raises(FileNotFoundError):
        numjpeg.imread(tmp_path / "picture.jpg")
