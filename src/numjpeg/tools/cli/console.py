"""What all commands print in the same way: names, error messages, progress; and their exit codes."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from numjpeg.batch import settle_in, start_method
from numjpeg.errors import JpegError
from numjpeg.tools.explain import printable
from numjpeg.tools.other_formats import PictureError

STANDARD_STREAM = "-"
FAILED, INTERRUPTED, BROKEN_PIPE = 1, 130, 141
TICK = 1.0  # seconds between two updates of the time shown


class UsageError(Exception):
    """Arguments are wrong or contradict each other."""


class DamagedError(Exception):
    """The picture was written, but the file is damaged. The message, of one line or more, says what is missing."""


FileError = (OSError, JpegError, PictureError, ValueError, TypeError, MemoryError, DamagedError)
"""Errors of one file, its contents, or the options for it. Other files are still processed."""


class OutputError(Exception):
    """Standard output is closed or cannot be written. The cause is the OSError, if there is one."""


def display(name: str, stream: str = "standard input") -> str:
    """The name of a file as messages show it; ``stream`` is what "-" stands for."""
    return stream if name == STANDARD_STREAM else printable(name)


def reason(error: BaseException) -> str:
    """The message of an error in one line; that of a DamagedError may have more."""
    if isinstance(error, DamagedError):
        return str(error)
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return printable(str(error) or type(error).__name__)


def emit(output: str | bytes) -> None:
    """Write a text and a newline, or bytes, to standard output at once; OutputError if that fails."""
    # sys.stdout is None if the shell has closed standard output (>&-).
    if sys.stdout is None:
        raise OutputError("it is closed")
    try:
        if isinstance(output, str):
            print(output)
        else:
            sys.stdout.buffer.write(output)
        sys.stdout.flush()
    except OSError as error:
        raise OutputError(reason(error)) from error


def complain(line: str) -> None:
    """Write a line to standard error, if there is one."""
    if sys.stderr is not None:
        with suppress(OSError):  # where nobody can be told, the exit code still tells
            print(line, file=sys.stderr, flush=True)


class Progress:
    """A line that shows progress on standard error, if that is a terminal: how many of ``count`` are done.

    ``unit`` is what is counted. For a single item, named ``what``, a thread shows the seconds at every ``TICK``.
    """

    share = 0.0  # part of a single item that is done, 0 to 1; shown at the next tick

    def __init__(self, what: str, count: int, wanted: bool = True, unit: str = "files") -> None:
        self._what, self._unit = what, unit
        self._shown = wanted and sys.stderr is not None and sys.stderr.isatty()
        self._width = 0
        self._start = time.monotonic()
        self._stop = threading.Event()
        self._clock: threading.Thread | None = None
        if self._shown and count == 1:
            self._clock = threading.Thread(target=self._tick, daemon=True)
            self._clock.start()
        self.set(0, count)

    def _tick(self) -> None:
        while not self._stop.wait(TICK):
            share = f"{self.share:.0%}, " if self.share else ""
            self._draw(f"{self._what}: {share}{time.monotonic() - self._start:.0f} s")

    def _draw(self, text: str) -> None:
        """Replace the text of the line."""
        print(f"\r{text:<{self._width}}", end="" if text else "\r", file=sys.stderr, flush=True)
        self._width = len(text)

    def say(self, line: str) -> None:
        """Print a line above the progress line."""
        if self._shown:
            self._draw("")
        complain(line)

    def set(self, done: int, count: int) -> None:
        """Show how many are done."""
        if self._shown and count > 1:
            self._draw(f"{done}/{count} {self._unit}")

    def close(self) -> None:
        """Stop, and clear the line."""
        self._stop.set()
        if self._clock:
            self._clock.join()
        if self._shown:
            self._draw("")


def for_each(
    names: Sequence[str],
    work: Callable[..., str],
    *,
    items: Iterable[Any] | None = None,
    verbose: bool = False,
    workers: int = 1,
    progress: bool = False,
    tells: bool = False,
) -> int:
    """Do the work on each file, even if others fail. Return 0, or ``FAILED`` if a file failed.

    ``names`` are the names of the files in messages. ``items`` are what ``work`` takes; by default the names.
    ``work`` returns a line, which is printed if ``verbose``. ``workers`` is the number of processes; for more than
    one, work and items are pickled. ``progress`` is shown on a terminal. If ``tells`` is true, ``work`` on a
    single file also takes ``progress=``, a function to call with the part that is done.
    """
    code = 0
    single = len(names) == 1
    shown = Progress(display(names[0]) if single else "", len(names), progress)
    if tells and single:
        work = partial(work, progress=partial(setattr, shown, "share"))
    results = _results(names if items is None else items, work, min(workers, len(names)))
    try:
        for done, name in enumerate(names, 1):
            try:
                line = next(results)()
            except FileError as error:
                shown.say(f"numjpeg: {display(name)}: {reason(error)}")
                code = FAILED
            except RuntimeError as error:
                if type(error).__name__ != "BrokenProcessPool":
                    raise
                for left in names[done - 1 :]:
                    shown.say(f"numjpeg: {display(left)}: not done, as a worker died (killed, or out of memory)")
                return FAILED
            else:
                if verbose and line:
                    shown.say(line)
            shown.set(done, len(names))
    finally:
        shown.close()
        results.close()
    return code


def _results(
    items: Iterable[Any], work: Callable[[Any], str], workers: int
) -> Generator[Callable[[], str], None, None]:
    """For each item, in order, a function that returns its line or raises its error."""
    if workers <= 1:
        yield from (partial(work, item) for item in items)
        return
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 (seldom needed, and not quick to import)

    with ProcessPoolExecutor(workers, mp_context=start_method(None), initializer=settle_in) as pool:
        waiting: deque[Any] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= 3 * workers:
                    yield waiting.popleft().result
            while waiting:
                yield waiting.popleft().result
        finally:  # after an interrupt, nobody waits for what has not begun
            pool.shutdown(cancel_futures=True)
