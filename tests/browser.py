"""A program: the library and the command line where there are no processes, no ctypes, no mmap and no threads.

So it is in Pyodide, Python in a browser. What is missing there is made impossible here. It needs NumPy alone.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import threading
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import NoReturn

MISSING = ("multiprocessing", "_multiprocessing", "ctypes", "_ctypes", "mmap", "_posixsubprocess", "PIL")


class Missing(MetaPathFinder):
    """Finds nothing, and lets nobody else find these."""

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def no_thread(*_: object) -> NoReturn:
    raise RuntimeError("can't start new thread")


def block() -> None:
    """Make the place as poor as a browser."""
    for name in [name for name in sys.modules if name.split(".")[0] in MISSING]:
        del sys.modules[name]
    sys.meta_path.insert(0, Missing())
    threading.Thread.start = no_thread  # type: ignore[method-assign]


def use_the_library() -> None:
    import numpy as np  # noqa: PLC0415 (once the modules are missing)

    import numjpeg  # noqa: PLC0415

    image = np.add.outer(np.arange(100), np.arange(0, 300, 2)).astype(np.uint8)
    color = np.dstack([image, image[::-1], image[:, ::-1]])
    for picture in (image, color):
        for options in ({}, {"progressive": True}, {"tune": "psnr"}):
            data = numjpeg.encode(picture, 95, **options)
            assert numjpeg.psnr(picture, numjpeg.decode(data)) > 25
            assert numjpeg.write_coefficients(
                numjpeg.read_coefficients(data), progressive="progressive" in options
            )
    assert len(list(numjpeg.decode_batch(numjpeg.encode_batch([image, color])))) == 2
    numjpeg.imwrite("photo.jpg", color, 90)
    assert numjpeg.imread("photo.jpg").shape == color.shape
    np.save("photo.npy", color)


def use_the_command_line() -> str:
    from numjpeg.tools.cli import main  # noqa: PLC0415

    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        for words in (
            "encode photo.npy -q 90 -o again.jpg",
            "decode again.jpg -o again.ppm",
            "psnr photo.npy again.ppm",
            "info again.jpg",
            "block again.jpg 0 1",
        ):
            assert main(words.split()) == 0, words
    assert Path("again.jpg").read_bytes() == Path("photo.jpg").read_bytes()
    return shown.getvalue()


if __name__ == "__main__":
    block()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        use_the_library()
        text = use_the_command_line()
    assert " dB" in text
    assert not set(MISSING) & {name.split(".")[0] for name in sys.modules}
    print("encoded, decoded and scored, in Python and by the command line")
