"""Where files are written, and which existing files must not be replaced."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

from numjpeg.files import write_atomically
from numjpeg.tools.cli.console import STANDARD_STREAM, UsageError, display, emit, for_each, reason
from numjpeg.tools.cli.inputs import JPEG_SUFFIXES, Source, find_sources, is_folder
from numjpeg.tools.other_formats import OWN_FORMATS, PictureError

PICTURE_SUFFIXES = (*OWN_FORMATS, ".png", ".tif", ".tiff", ".gif", ".bmp", ".webp")
"""Names of pictures in other formats. ``encode -r`` looks for them; JPEG files must not have such names."""


def names_directory(output: str | None) -> bool:
    """Whether the argument of ``-o`` is a directory: one that exists, or a name that ends with a separator."""
    return output is not None and (output.endswith(("/", os.sep)) or is_folder(output))


class Outputs:
    """Which file each input is written to. :meth:`make` writes files and makes folders one at a time."""

    def __init__(self, arguments: argparse.Namespace, suffixes: Sequence[str], extension: str) -> None:
        names, output = arguments.input, arguments.output
        self._sources = find_sources(names, arguments.recursive, suffixes)
        self._arguments, self._extension = arguments, extension
        self._inputs = identities([*(source.name for source in self._sources), *files_of_options(arguments)])
        # Real path of an output in lower case -> such paths that are taken, and the inputs that took them.
        self._taken: dict[str, dict[str, str]] = {}
        self._directory: Path | None = None
        self._file: str | None = None
        several = len(names) > 1 or (arguments.recursive and is_folder(names[0]))
        if STANDARD_STREAM in names and several:
            raise UsageError("- (standard input) does not go together with other inputs")
        if output == STANDARD_STREAM and several:
            raise UsageError("-o -: several pictures do not go to standard output")
        if output is None or not (several or names_directory(output)):
            self._file = output
            return
        if STANDARD_STREAM in names:
            raise UsageError("-o: the picture from standard input needs the name of a file")
        if not is_folder(output) and Path(output).exists():
            raise UsageError(f"-o {output}: this is a file, and several pictures, or a / behind it, need a folder")
        if not names_directory(output) and Path(output).suffix.lower() in JPEG_SUFFIXES + PICTURE_SUFFIXES:
            raise UsageError(
                f"-o {output}: several pictures go into a folder, and this names a file (a / behind helps)"
            )
        self._directory = Path(output)

    def make(
        self, work: Callable[..., str], suffix: Callable[[Source], str] | None = None, tells: bool = False
    ) -> int:
        """Do ``work(name, target)`` for each input by :func:`for_each`, and return the exit code.

        ``suffix`` gives the extension for each input, if it is not the same for all.
        """
        return for_each(
            [source.name for source in self._sources],
            partial(_make, work=work),
            items=(self._plan(source, suffix(source) if suffix else self._extension) for source in self._sources),
            verbose=self._arguments.verbose,
            workers=self._arguments.workers,
            progress=True,
            tells=tells,
        )

    def _plan(self, source: Source, extension: str) -> tuple[str, str | Exception]:
        """The name to read from, and the path to write to ("-" for standard output), or what forbids it."""
        try:
            return source.name, self._target(source, extension)
        except (OSError, PictureError) as error:
            return source.name, error

    def _target(self, source: Source, extension: str) -> str:
        if source.error:
            raise source.error
        if source.name != STANDARD_STREAM:
            os.stat(source.name)  # noqa: PTH116 (a missing input is named before its output; Path changes names)
        if self._file or source.name == STANDARD_STREAM:
            target = self._file or STANDARD_STREAM
        else:
            path = Path(source.name) if self._directory is None else self._directory / source.inside
            target = str(path.with_suffix(extension))
        if target == STANDARD_STREAM:
            if sys.stdout is not None and sys.stdout.isatty():
                raise PictureError("a picture is not written to a terminal; -o FILE or a pipe takes it")
            return target
        if source.name != STANDARD_STREAM and identities([target]) & identities([source.name]):
            raise PictureError("the output would replace the input itself; -o names another file or directory")
        if self._inputs & identities([target]):
            raise PictureError(f"the output {target} is an input too; -o names another file or directory")
        where = _real_path(target)
        taken = self._taken.setdefault(where.casefold(), {})
        if where in taken or (taken and _ignores_case(Path(where).parent)):
            other = taken.get(where) or next(iter(taken.values()))
            raise PictureError(f"{target} is already the output of {other}")
        check_output(target, self._arguments.force or self._file is not None, self._arguments.no_clobber)
        taken[where] = source.name
        if self._directory is not None:
            make_folder(Path(target).parent)
        return target


def _make(item: tuple[str, str | Exception], work: Callable[..., str], **how: object) -> str:
    name, target = item
    if isinstance(target, Exception):
        raise target
    return work(name, target, **how)


def _real_path(name: str) -> str:
    """The path of a file, with all links resolved. Broken links are no error here."""
    return os.path.normcase(os.path.realpath(name))


def identities(names: Sequence[str]) -> set[Hashable]:
    """What tells whether files are the same: their real paths, and (device, number) of those that exist.

    Hard links share a number, and so do names in upper and lower case on a file system that ignores case.
    """
    found: set[Hashable] = set()
    for name in names:
        with suppress(OSError):  # of a missing file, or because the current folder is gone
            found.add(_real_path(name))
            status = os.stat(name)  # noqa: PTH116 (Path would change the name)
            found.add((status.st_dev, status.st_ino))
    return found


def _ignores_case(folder: Path) -> bool:
    """Whether names that differ in upper and lower case alone are one file in a folder that can be written."""
    try:
        with NamedTemporaryFile(prefix=".numjpeg-case-", dir=folder) as probe:
            return Path(probe.name.replace("case", "CASE")).exists()
    except OSError:
        return False


def files_of_options(arguments: argparse.Namespace) -> list[str]:
    """Further files that are read, which options name."""
    given = vars(arguments)
    names = [given.get("importance"), given.get("original"), *(given.get("qtables") or ())]
    return [name for name in [*names, *(given.get("drop") or ())[1:]] if name]


def require_jpeg_name(command: str, arguments: argparse.Namespace) -> None:
    """Raise UsageError if the single output has the extension of another picture format."""
    if len(arguments.input) == 1 and Path(arguments.output or "").suffix.lower() in PICTURE_SUFFIXES:
        raise UsageError(f"-o {arguments.output}: {command} writes JPEG files, and these are not called so")


def check_output(target: str, replace: bool, keep: bool = False) -> None:
    """Raise PictureError if the file exists and must not be replaced."""
    if os.path.lexists(target) and (keep or not replace):  # a link to nowhere would make a file elsewhere
        how = "--no-clobber" if keep else "-f/--force replaces it"
        raise PictureError(f"{target} exists and is kept ({how})")


def make_folder(path: Path) -> None:
    """Make a folder and its parents. A PictureError names the folder."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PictureError(f"cannot make the folder {path}: {reason(error)}") from None


def write(target: str, data: bytes) -> None:
    """Write a file atomically, or write to standard output. A PictureError names the file."""
    if target == STANDARD_STREAM:
        emit(data)
        return
    try:
        write_atomically(target, data)
    except OSError as error:
        raise PictureError(f"cannot write {target}: {reason(error)}") from None


def write_output(name: str, target: str, data: bytes, what: str) -> str:
    """Write the output of an input, and return the line that reports it."""
    write(target, data)
    return f"{display(name)} -> {display(target, 'standard output')}: {what}"
