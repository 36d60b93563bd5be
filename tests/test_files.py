"""Files by their paths: whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import tempfile
from collections.abc import Iterator
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


def test_broken_metadata_turn_nothing() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = pillow.save(samples.smooth(17, 34), exif=exif)
    upright = numjpeg.imread(io.BytesIO(whole), exif_orientation=True)
    assert upright.shape == (34, 17, 3)
    dqt = whole.index(b"\xff\xdb")
    broken = whole[:dqt] + b"\xff\xdb\0\3\5" + whole[dqt:]  # a table that ends before it begins
    with pytest.raises(numjpeg.FormatError, match="DQT"):
        numjpeg.imread(io.BytesIO(broken), exif_orientation=True)
    assert np.array_equal(numjpeg.imread(io.BytesIO(broken), exif_orientation=True, strict=False), upright)
    place = whole.index(b"Exif\0\0")
    for value in (b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0nonsense"):
        data = whole[:place] + value + whole[place + len(value) :]
        for strict in (True, False):
            stored = numjpeg.imread(io.BytesIO(data), exif_orientation=True, strict=strict)
            assert np.array_equal(stored, pillow.load(whole))


def test_every_error_of_imread_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(pillow.save(samples.smooth(9, 9, 4), "CMYK"))
    for options, kind in (({"colorspace": "YCbCr"}, ValueError), ({"max_pixels": 80}, numjpeg.UnsupportedError)):
        with pytest.raises(kind) as caught:
            numjpeg.imread(path, **options)
        assert str(caught.value).startswith(f"{path}: ")
        with path.open("rb") as stream, pytest.raises(kind, match=r"picture\.jpg: "):
            numjpeg.imread(stream, **options)
    with pytest.raises(numjpeg.FormatError, match=r"^not a JPEG"):
        numjpeg.imread(io.BytesIO(b"hello"))


@pytest.mark.parametrize(
    "file", [b"data", bytearray(2), np.zeros(3, np.uint8), io.StringIO("text"), 5, None], ids=type
)
def test_what_is_no_file_is_named(file: object) -> None:
    with pytest.raises(TypeError, match=r"^file: "):
        numjpeg.imread(file)
    with pytest.raises(TypeError, match=r"^file: "):
        numjpeg.imwrite(file, samples.smooth(9, 9))


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


def test_the_umask_is_never_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def touched(_: int) -> int:
        raise AssertionError("another thread would see this umask")

    monkeypatch.setattr(os, "umask", touched)
    numjpeg.imwrite(tmp_path / "new.jpg", samples.smooth(9, 9))
    (tmp_path / "like.jpg").write_bytes(b"")
    assert (tmp_path / "new.jpg").stat().st_mode == (tmp_path / "like.jpg").stat().st_mode


@pytest.mark.parametrize("size", [200, 251, 255])
def test_names_as_long_as_open_takes(size: int, tmp_path: Path) -> None:
    path = tmp_path / ("a" * (size - 4) + ".jpg")
    for data in (b"new", b"newer"):
        files.write_atomically(path, data)
        assert path.read_bytes() == data
    longer = tmp_path / ("a" * 300)
    with pytest.raises(OSError, match="File name too long") as caught:
        files.write_atomically(longer, b"new")
    assert caught.value.filename == str(longer)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES])
@pytest.mark.parametrize("old", [None, b"", b"precious"])
def test_a_file_that_cannot_be_replaced_is_written_in_place(
    number: int, old: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a bind-mounted file."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    path = tmp_path / "picture.jpg"
    if old is not None:
        path.write_bytes(old)
        path.chmod(0o604)
    monkeypatch.setattr(Path, "replace", refuse)
    files.write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert old is None or stat.S_IMODE(path.stat().st_mode) == 0o604
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("old", [None, b"precious", b"precious" * 1000])
def test_a_write_in_place_that_fails_puts_the_old_content_back(
    old: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "picture.jpg"
    if old is not None:
        path.write_bytes(old)
    write_all = files._write_all

    def full(stream: object, data: bytes) -> None:
        if data != old:
            write_all(stream, data[:100])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_all(stream, data)

    monkeypatch.setattr(files, "_write_all", full)
    with pytest.raises(OSError, match="No space left") as caught:
        files._write_in_place(path, b"new" * 1000)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == old if old is not None else not path.exists()


def test_where_permissions_cannot_be_set_the_file_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    path = tmp_path / "picture.jpg"
    path.write_bytes(b"old")
    monkeypatch.setattr(Path, "chmod", refuse)
    files.write_atomically(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.skipif(not hasattr(os, "chown"), reason="files have no owners here")
@pytest.mark.parametrize("allowed", [True, False])
def test_a_file_keeps_its_owner_where_that_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: bool
) -> None:
    given = []

    def chown(path: Path, user: int, group: int) -> None:
        given.append((path.read_bytes(), user, group))
        if not allowed:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    path = tmp_path / "picture.jpg"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "chown", chown)
    files.write_atomically(path, b"new")
    assert given == [(b"new", path.stat().st_uid, path.stat().st_gid)]
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("old", [None, b"old"])
def test_where_no_file_can_be_made_beside_it_it_is_written_in_place(
    old: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others own the folder."""
    path = tmp_path / "picture.jpg"
    if old:
        path.write_bytes(old)
    real = Path.open

    def only_itself(self: Path, *args: object, **options: object) -> object:
        if self != path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        return real(self, *args, **options)

    monkeypatch.setattr(Path, "open", only_itself)
    files.write_atomically(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"new"


@contextlib.contextmanager
def ordinary_user() -> Iterator[None]:
    """Without the rights of root, who may write any file."""
    is_root = hasattr(os, "seteuid") and os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_a_read_only_file_is_not_replaced_though_its_folder_may_be_written() -> None:
    with tempfile.TemporaryDirectory() as folder:  # in pytest's own folders other users may not even look
        Path(folder).chmod(0o777)
        path = Path(folder, "picture.jpg")
        path.write_bytes(b"precious")
        path.chmod(0o444)
        with ordinary_user():
            for write in (lambda: files.write_atomically(path, b"new"), lambda: path.open("wb")):
                with pytest.raises(PermissionError, match="Permission denied") as caught:
                    write()
                assert caught.value.filename == str(path)
            files.write_atomically(path.with_name("new.jpg"), b"new")
        assert path.read_bytes() == b"precious"
        assert sorted(file.name for file in Path(folder).iterdir()) == ["new.jpg", "picture.jpg"]
        path.chmod(0o666)
        with ordinary_user():
            files.write_atomically(path, b"new")
        assert path.read_bytes() == b"new"


def test_a_string_of_numpys_is_a_path(tmp_path: Path) -> None:
    picture = np.zeros((8, 8), np.uint8)
    files.imwrite(np.str_(tmp_path / "x.jpg"), picture)
    np.testing.assert_array_equal(files.imread(np.str_(tmp_path / "x.jpg")), picture)


def test_errors_name_the_callers_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.jpg").symlink_to("elsewhere/target.jpg")
    for path in ("missing/picture.jpg", Path("link.jpg")):
        with pytest.raises(FileNotFoundError) as caught:
            files.write_atomically(path, b"new")
        assert caught.value.filename == str(path)
        assert caught.value.filename2 is None
        assert str(caught.value) == f"[Errno 2] No such file or directory: '{path}'"
    if Path("/dev/full").exists():
        with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
            files.write_atomically("/dev/full", b"new")


def test_a_file_object_that_takes_a_part_at_a_time_gets_all() -> None:
    class Slow(io.RawIOBase):
        taken = b""

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:
            self.taken += bytes(data[:100])
            return min(100, len(data))

    slow = Slow()
    image = samples.smooth(33, 50)
    numjpeg.imwrite(slow, image)
    assert slow.taken == pillow.save(image)


@pytest.mark.parametrize("count", [0, -1, None])
def test_a_file_object_that_takes_nothing_is_an_error(count: int | None) -> None:
    """As a pipe that does not wait: its write() gives None when it is full, and bytes would be lost."""

    class Full(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int | None:
            return min(100, len(data)) if len(data) > 500 else count

    with pytest.raises(BlockingIOError, match="takes no more"):
        numjpeg.imwrite(Full(), samples.smooth(33, 50))


def test_a_file_object_need_not_tell_how_much_it_took() -> None:
    class Silent:
        taken = b""

        def write(self, data: bytes) -> None:
            self.taken += data

    silent = Silent()
    numjpeg.imwrite(silent, samples.smooth(33, 50))
    assert silent.taken == pillow.save(samples.smooth(33, 50))


def test_paths_may_be_bytes_inside_and_are_not_empty(tmp_path: Path) -> None:
    image = samples.smooth(9, 9)
    (tmp_path / "old.jpg").write_bytes(b"old")
    with os.scandir(os.fsencode(tmp_path)) as entries:
        numjpeg.imwrite(next(entries), image)
    assert (tmp_path / "old.jpg").read_bytes() == pillow.save(image)
    with pytest.raises(FileNotFoundError) as caught:
        numjpeg.imwrite("", image)
    assert caught.value.filename == ""


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


def test_a_name_that_ends_in_a_slash_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="new/"):
        numjpeg.imwrite(f"{tmp_path}/new/", samples.noise(8, 8))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["https://example.com/a.jpg", "", "a//b.jpg"])
def test_a_missing_file_is_called_as_the_caller_called_it(name: str) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        numjpeg.imread(name)
    assert caught.value.filename == name


def test_a_closed_file_is_named(tmp_path: Path) -> None:
    with (tmp_path / "a.jpg").open("wb") as file:
        pass
    with pytest.raises(ValueError, match=r"a\.jpg: "):
        numjpeg.imread(file)
