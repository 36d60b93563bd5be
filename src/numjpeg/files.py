"""Reading and writing files: nothing is left half-written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.container.header import read_header
from numjpeg.decoder import decode
from numjpeg.encoder import encode

PathOrFile = str | os.PathLike[str] | IO[bytes]


def imread(file: PathOrFile, *, exif_orientation: bool = False, **options: Any) -> NDArray[np.uint8]:
    """Decode a file by its path, or from a binary file object.

    Parameters
    ----------
    exif_orientation : turn the picture as its metadata say it is to be viewed (``Header.orientation``), as
        Pillow's ``ImageOps.exif_transpose`` does. False gives the pixels as they are stored, as Pillow's
        ``Image.open`` does; ``out`` holds them in either case.
    options : those of :func:`numjpeg.decode`; errors are the same, and ``OSError``.
    """
    data = Path(file).read_bytes() if isinstance(file, str | os.PathLike) else file.read()
    image = decode(data, **options)
    return upright(image, read_header(data).orientation) if exif_orientation else image


def imwrite(file: PathOrFile, image: ArrayLike, quality: int | None = None, **options: Any) -> None:
    """Encode a picture into a file by its path, or into a binary file object.

    ``quality`` and ``options`` are those of :func:`numjpeg.encode`. The picture is encoded before anything is
    written, and a path is replaced in one step (:func:`write_atomically`).
    """
    data = encode(image, quality, **options)
    if isinstance(file, str | os.PathLike):
        write_atomically(file, data)
    else:
        file.write(data)


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file under another name beside it, then rename it: readers see the old one or the new one, whole.

    A device or a pipe is written straight.
    """
    import tempfile  # noqa: PLC0415 (a tenth of what "import numjpeg" adds to NumPy)

    target = Path(path)
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    target = target.resolve()  # a symbolic link stays, and what it points to is replaced
    mode = target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask()
    with tempfile.NamedTemporaryFile(prefix=f".{target.name}.", dir=target.parent, delete=False) as stream:
        temporary = Path(stream.name)
        try:
            stream.write(data)
            stream.close()
            temporary.chmod(mode)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def upright(image: NDArray[np.uint8], orientation: int | None) -> NDArray[np.uint8]:
    """Turn a picture as EXIF's orientation says.

    Parameters
    ----------
    image : ``(H, W)`` or ``(H, W, channels)``.
    orientation : 1 .. 8 (EXIF 2.32, 4.6.4 A: where row 0 and column 0 are to be seen); None means 1.

    Returns
    -------
    ``image`` itself for 1, else a new array; from 5 on with height and width exchanged.

    >>> upright(np.array([[1, 2, 3]], np.uint8), 6).ravel()
    array([1, 2, 3], dtype=uint8)
    """
    if orientation is None or orientation == 1:
        return image
    turned = image.swapaxes(0, 1) if orientation >= 5 else image
    rows = slice(None, None, -1 if orientation in (3, 4, 7, 8) else 1)
    columns = slice(None, None, -1 if orientation in (2, 3, 6, 7) else 1)
    return np.ascontiguousarray(turned[rows, columns])
