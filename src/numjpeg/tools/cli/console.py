"""What all commands say alike: names, reasons, progress, exit codes."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from functools import partial
from typing import Any

from numjpeg.batch import settle_in, start_method
from numjpeg.errors import JpegError
from numjpeg.tools.explain import printable
from numjpeg.tools.other_formats import PictureError

STANDARD_STREAM = "-"
FAILED, INTERRUPTED, BROKEN_PIPE = 1, 130, 141
TICK = 1.0  # seconds between two looks at the clock


class UsageError(Exception):
    """Arguments that do not go together."""


class DamagedError(Exception):
    """The picture that was written lacks a part of the file's. The message, of one line or more, says what."""


FileError = (OSError, JpegError, PictureError, ValueError, TypeError, MemoryError, DamagedError)
"""What can be wrong with one file, its contents, or the options for it."""


class OutputError(Exception):
    """Standard output is closed, or takes no more; its cause is the OSError, if there is one."""


def display(name: str, stream: str = "standard input") -> str:
    """The name of a file as it is shown; ``stream`` is what "-" stands for."""
    return stream if name == STANDARD_STREAM else printable(name)


def reason(error: BaseException) -> str:
    """What an error says, in one line (damage may take more)."""
    if isinstance(error, DamagedError):
        return str(error)
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return printable(str(error) or type(error).__name__)


def emit(output: str | bytes) -> None:
    """Write a text and a newline, or bytes, to standard output at once; OutputError if that fails."""
    # Python has no standard output at all where the shell has closed it (>&-).
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
        print(line, file=sys.stderr, flush=True)


class Progress:
    """A line on standard error while work goes on, if it is a terminal: how many ``unit`` of ``count`` are done.

    Of a single thing, whose name is ``what``, a thread that wakes at every ``TICK`` shows the seconds.
    """

    share = 0.0  # which part of a single thing is done, 0 to 1; it is shown at the next tick

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
        """Put a text in place of the one that is there."""
        print(f"\r{text:<{self._width}}", end="" if text else "\r", file=sys.stderr, flush=True)
        self._width = len(text)

    def say(self, line: str) -> None:
        """Print a line above the one that is there."""
        if self._shown:
            self._draw("")
        complain(line)

    def set(self, done: int, count: int) -> None:
        """Say how many are done."""
        if self._shown and count > 1:
            self._draw(f"{done}/{count} {self._unit}")

    def close(self) -> None:
        """Leave the line empty."""
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
    """Do the work on each file, whatever becomes of the others; 0, or ``FAILED`` if a file failed.

    ``names`` are those that messages give to the files, and ``items`` what is worked on, if not these names.
    ``work`` takes an item and gives a line, which is printed if ``verbose``. ``workers`` are processes, this one
    among them; for more than one, work and items are pickled. ``progress`` is shown on a terminal. If ``tells``,
    the work on a single file takes ``progress=``, a function that it tells what part is done.
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
    """For each item, in order, what gives the line or raises what is wrong with it."""
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
        finally:  # an interrupt leaves some that nobody waits for
            pool.shutdown(wait=False, cancel_futures=True)
