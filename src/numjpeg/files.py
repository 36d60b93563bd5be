"""Reading and writing files: no file is left half-written, and errors name the file."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from io import RawIOBase
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.container.header import read_header
from numjpeg.decoder import decode
from numjpeg.encoder import encode
from numjpeg.errors import check_flags
from numjpeg.sources import PathOrFile, check_binary, is_data, name_error, read_bytes

_NO_REPLACEMENT = {errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES}
"""Errors of a file that can be written but not replaced: it is a mount point, or others own it or its folder."""


def imread(file: PathOrFile, *, exif_orientation: bool = False, **options: Any) -> NDArray[np.uint8]:
    """Decode a file by its path, or from a binary file object.

    Parameters
    ----------
    file : a path, or a binary file object, which is read from where it stands.
    exif_orientation : turn the picture as its metadata say (``Header.orientation``), like Pillow's
        ``ImageOps.exif_transpose``. Broken metadata turn nothing. False gives the pixels as they are stored, like
        Pillow's ``Image.open``; ``out`` holds those in either case.
    options : those of :func:`numjpeg.decode`, which also says what is returned. Errors are its errors and
        ``OSError``; all of them name the file.
    """
    if is_data(file):
        raise TypeError(f"file: a path or a binary file expected, got {type(file).__name__}; decode takes bytes")
    check_flags(exif_orientation=exif_orientation)
    name = os.fsdecode(file) if isinstance(file, str | os.PathLike) else getattr(file, "name", None)
    try:
        data = read_bytes(file, "file")
        image = decode(data, **options)
        # decode has checked what it needs; the rest of the file may be broken.
        return upright(image, read_header(data, strict=False).orientation) if exif_orientation else image
    except Exception as error:
        if isinstance(name, str):
            name_error(error, name)
        raise


def imwrite(file: PathOrFile, image: ArrayLike, quality: int | None = None, **options: Any) -> None:
    """Encode a picture into a file by its path, or into a binary file object.

    ``quality`` and ``options`` are those of :func:`numjpeg.encode`. The picture is encoded before anything is
    written, and a path is replaced in one step (:func:`write_atomically`).
    """
    if isinstance(file, str | os.PathLike):
        write_atomically(file, encode(image, quality, **options))
    else:
        check_binary(file, "write", "file")
        _write_all(file, encode(image, quality, **options))


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file under another name beside it, then rename it: readers see all of the old file or of the new.

    Where that is impossible (a device, a pipe, a mount point, a file in a folder that others own), the file is
    written in place. If that fails, the old content is put back, or the new file removed. A file that ``open``
    may not write (a read-only one) is not replaced either. OSErrors name ``path``.
    """
    try:
        _replace(os.fsdecode(path), data)
    except OSError as error:  # it names the caller's path, not the resolved one or that of a temporary file
        if error.errno is not None:
            error.filename = None
            del error.filename2  # which None would not take out of the message
        name_error(error, os.fsdecode(path))
        raise


def _replace(path: str, data: bytes) -> None:
    target = Path(path)
    if not path or path.endswith(tuple(filter(None, (os.sep, os.altsep)))):
        number = errno.EISDIR if path else errno.ENOENT
        raise OSError(number, os.strerror(number))
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    target = Path(os.path.realpath(target))  # a symbolic link stays, and what it points to is replaced
    if target.exists() or target.is_symlink():  # a link here is one of a loop
        target.open("ab").close()  # PermissionError, as from any other way to write it
    temporary = target.with_name(f".numjpeg-{os.urandom(8).hex()}")  # short, as the target's name may be long
    try:
        stream = temporary.open("xb")  # with the permissions that any new file gets
    except OSError:
        _write_in_place(target, data)
        return
    try:
        with stream:
            stream.write(data)
        if target.exists():
            old = target.stat()
            with suppress(OSError, AttributeError):  # few users may give files away; Windows has no owners
                os.chown(temporary, old.st_uid, old.st_gid)
            with suppress(OSError):  # some file systems have permissions of their own
                temporary.chmod(old.st_mode & 0o7777)
        temporary.replace(target)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if not isinstance(error, OSError) or error.errno not in _NO_REPLACEMENT:
            raise
        _write_in_place(target, data)


def _write_in_place(target: Path, data: bytes) -> None:
    """Write a file as open() does; if that fails, put back what was there."""
    old = target.read_bytes() if target.exists() else None
    with target.open("xb" if old is None else "r+b", buffering=0) as stream:  # a failure here changes nothing
        try:
            _write_all(stream, data)
            stream.truncate()
        except BaseException:
            with suppress(OSError):
                if old is None:
                    target.unlink()
                else:
                    stream.seek(0)
                    _write_all(stream, old)
                    stream.truncate()
            raise


def _write_all(file: IO[bytes] | RawIOBase, data: bytes) -> None:
    """Write all of ``data``; an unbuffered file may take only a part at a time, or nothing, which is an error."""
    while data:
        count = file.write(data)
        if count is None and not isinstance(file, RawIOBase):
            return  # other files need not tell
        if not count or count < 0:
            raise BlockingIOError(errno.EAGAIN, f"the file takes no more, and {len(data)} bytes are left")
        data = data[count:]


def upright(image: NDArray[np.uint8], orientation: int | None) -> NDArray[np.uint8]:
    """Turn a picture ``(H, W)`` or ``(H, W, channels)`` as EXIF's orientation says.

    The orientation is 1 .. 8 (EXIF 2.32, 4.6.4 A: the sides that row 0 and column 0 belong to); None means 1. The
    result is ``image`` itself for 1, else a new array; from 5 on height and width are exchanged.

    >>> upright(np.array([[1, 2, 3]], np.uint8), 6).ravel()
    array([1, 2, 3], dtype=uint8)
    """
    if orientation is None or orientation == 1:
        return image
    turned = image.swapaxes(0, 1) if orientation >= 5 else image
    down, right = -1 if orientation in (3, 4, 7, 8) else 1, -1 if orientation in (2, 3, 6, 7) else 1
    return np.ascontiguousarray(turned[::down, ::right])
