"""Where pictures are written to."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from numjpeg.files import write_atomically
from numjpeg.tools.cli.console import STANDARD_STREAM, UsageError, reason
from numjpeg.tools.other_formats import OWN_FORMATS, PictureError

OTHER_EXTENSIONS = (*OWN_FORMATS, ".png", ".tif", ".tiff", ".gif", ".bmp", ".webp")
"""Names that a JPEG file had better not have."""


def names_directory(output: str | None) -> bool:
    """Whether an argument of ``-o`` is a directory, there already or by its last character."""
    return output is not None and (output.endswith(("/", os.sep)) or Path(output).is_dir())


class Outputs:
    """Which file each input is written to."""

    def __init__(self, arguments: argparse.Namespace, extension: str) -> None:
        names, output = arguments.inputs, arguments.output
        self.extension = extension
        self.no_clobber: bool = arguments.no_clobber
        self._taken: dict[Path, str] = {}
        self._directory: Path | None = None
        self._file: str | None = output
        if STANDARD_STREAM in names and len(names) > 1:
            raise UsageError("- (standard input) does not go together with other inputs")
        if output is None or output == STANDARD_STREAM:
            if output and len(names) > 1:
                raise UsageError("-o -: several pictures do not go to standard output")
            return
        if len(names) > 1 or names_directory(output):
            if STANDARD_STREAM in names:
                raise UsageError("-o: the picture from standard input needs the name of a file")
            if Path(output).exists() and not Path(output).is_dir():
                raise UsageError(f"-o {output}: several pictures go into a directory, and this is none")
            self._directory = Path(output)

    def target(self, name: str) -> str:
        """The path to write to, or "-"; PictureError if it must not be written."""
        if self._directory is None and self._file is not None:
            target = self._file
        elif name == STANDARD_STREAM:
            target = STANDARD_STREAM
        else:
            target = str(Path(name).with_suffix(self.extension))
            if self._directory is not None:
                self._directory.mkdir(parents=True, exist_ok=True)
                target = str(self._directory / Path(target).name)
        if target == STANDARD_STREAM:
            if sys.stdout.isatty():
                raise PictureError("a picture is not written to a terminal; -o FILE or a pipe takes it")
            return target
        path = Path(target)
        if name != STANDARD_STREAM and path.exists() and path.samefile(name):
            raise PictureError("the output would replace the input itself; -o names another file or directory")
        if self.no_clobber and path.exists():
            raise PictureError(f"{target} exists and is kept (--no-clobber)")
        place = path.resolve()
        if place in self._taken:
            raise PictureError(f"{target} is already the output of {self._taken[place]}")
        self._taken[place] = name
        return target


def write(target: str, data: bytes) -> None:
    """Write a whole file, or to standard output; PictureError names the file."""
    if target == STANDARD_STREAM:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        write_atomically(target, data)
    except OSError as error:
        raise PictureError(f"cannot write {target}: {reason(error)}") from None
