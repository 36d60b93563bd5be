"""What all commands say alike: names, reasons, progress, exit codes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from numjpeg.errors import JpegError
from numjpeg.tools.explain import printable
from numjpeg.tools.other_formats import PictureError

STANDARD_STREAM = "-"
FAILED, INTERRUPTED, BROKEN_PIPE = 1, 130, 141

FileError = (OSError, JpegError, PictureError, ValueError, TypeError, MemoryError)
"""What can be wrong with one file, its contents, or the options for it."""


class UsageError(Exception):
    """Arguments that do not go together."""


class DamagedError(Exception):
    """What is written is not all that the file once held; the message, of one line or more, says what is not."""


def display(name: str, stream: str = "standard input") -> str:
    """The name of a file as it is shown; ``stream`` is what "-" stands for."""
    return stream if name == STANDARD_STREAM else printable(name)


def reason(error: BaseException) -> str:
    """What an error says, in one line."""
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return printable(str(error) or type(error).__name__)


def _complain(name: str, error: BaseException) -> str:
    return f"numjpeg: {display(name)}: {reason(error)}"


class _Progress:
    """A bar on standard error while many files are done, if it is a terminal."""

    def __init__(self, count: int, shown: bool) -> None:
        self._count, self._done = count, 0
        self._shown = shown and count > 1 and sys.stderr.isatty()
        self._bar: Any = None
        if self._shown:
            with suppress(ImportError):
                self._bar = importlib.import_module("tqdm").tqdm(
                    total=count, unit="file", file=sys.stderr, leave=False, mininterval=0
                )
            self._draw()

    def _draw(self) -> None:
        if self._shown and self._bar is None:
            print(f"\r{self._done}/{self._count} files ", end="", file=sys.stderr, flush=True)

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        if self._bar is not None:
            self._bar.clear()
        elif self._shown:
            print("\r" + " " * 30 + "\r", end="", file=sys.stderr)
        print(line, file=sys.stderr, flush=True)
        self._draw()

    def step(self) -> None:
        self._done += 1
        if self._bar is not None:
            self._bar.update()
        self._draw()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        elif self._shown:
            print(file=sys.stderr)


def for_each(names: Sequence[str], work: Callable[[str], str], verbose: bool = False) -> int:
    """Do the work on each file, whatever becomes of the others; its line is printed if verbose."""
    code = 0
    progress = _Progress(len(names), shown=not verbose)
    try:
        for name in names:
            try:
                line = work(name)
            except BrokenPipeError:
                raise
            except DamagedError as damaged:
                progress.say(f"numjpeg: {display(name)}: {damaged}")
                code = FAILED
            except FileError as error:
                progress.say(_complain(name, error))
                code = FAILED
            else:
                if verbose and line:
                    progress.say(line)
            progress.step()
    finally:
        progress.close()
    return code
