"""Items in flight: futures in order, and worker processes that pass pictures through shared memory.

For :mod:`numjpeg.batch`, which imports this module when it is needed; nothing here knows of JPEG.

A large array or file crosses to another process as a *parcel*: it lies in a segment of shared memory, and its name
goes through the pipe. Every segment is named by the caller's side before it exists, so that whatever happens to a
worker, the caller finds and removes what it left.
"""

from __future__ import annotations

import multiprocessing
import os
import secrets
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import numpy as np

Task = Callable[[Any], Any]
"""An item to its result. Pickled, where it goes to a process."""


class Awaited(Protocol):
    """What is used of a ``concurrent.futures.Future``."""

    def result(self) -> Any:
        """Wait for it."""

    def cancel(self) -> bool:
        """Give it up, if nobody has begun it."""


# --- in order --------------------------------------------------------------------------------------------


def in_flight(items: Iterator[Any], submit: Callable[[Any], Awaited], window: int, errors: str) -> Iterator[Any]:
    """Keep up to ``window`` items submitted, and hand out their results in the order of the items.

    With ``errors="return"`` an exception stands in its result's place, with "raise" it ends the iteration. The
    failure of ``items`` themselves is raised in its turn, after the results of the items before it.
    """
    awaited: deque[Awaited] = deque()
    end: Exception | None = None
    try:
        while True:
            while end is None and len(awaited) < window:
                try:
                    awaited.append(submit(next(items)))
                except Exception as error:  # StopIteration among them
                    end = error
            if not awaited:
                break
            yield _outcome(awaited.popleft(), errors)
    finally:
        for future in awaited:
            future.cancel()
    if end is not None and not isinstance(end, StopIteration):
        raise end


def _outcome(future: Awaited, errors: str) -> Any:
    try:
        return future.result()
    except (BrokenExecutor, CancelledError):  # not this item's fault, and none after it will fare better
        raise
    except Exception as error:
        if errors == "raise":
            raise
        return error


# --- processes -------------------------------------------------------------------------------------------


def start_method(context: BaseContext | str | None) -> BaseContext:
    """The context of that name; of None the first that is safe beside threads."""
    methods = multiprocessing.get_all_start_methods()
    if context is None:
        context = "forkserver" if "forkserver" in methods else "spawn"
    if not isinstance(context, str):
        return context
    if context not in methods:
        raise ValueError(f"mp_context: {context!r} is none of {methods}")
    return multiprocessing.get_context(context)


def in_processes(
    items: Iterator[Any], task: Task, workers: int, window: int, errors: str, context: BaseContext
) -> Iterator[Any]:
    """The same as :func:`in_flight`, in processes that live as long as the iterator."""
    with _Pool(task, workers, context) as pool:
        yield from in_flight(items, pool.submit, window, errors)


class _Pool:
    """Processes to which large items go, and from which large results come, in parcels."""

    def __init__(self, task: Task, workers: int, context: BaseContext) -> None:
        if os.name != "nt":
            # One tracker for all: forked workers would otherwise start their own, which count segments as lost.
            from multiprocessing import resource_tracker  # noqa: PLC0415 (there is none under Windows)

            resource_tracker.ensure_running()
        self._task = task
        self._executor = ProcessPoolExecutor(workers, context, _settle_in)
        self._prefix = f"numjpeg-{secrets.token_hex(4)}"  # with a number within macOS's 30 characters
        self._submitted = 0
        self._segments: set[str] = set()

    def __enter__(self) -> _Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What has begun is waited for, a picture or two a worker: then nobody can make a segment any more.
        self._executor.shutdown(cancel_futures=True)
        self.remove(*self._segments)

    def submit(self, item: Any) -> Awaited:
        """Send an item on its way."""
        number = self._submitted
        self._submitted += 1
        there, back = f"{self._prefix}-{number}a", f"{self._prefix}-{number}b"
        self._segments |= {there, back}
        if isinstance(item, bytearray | memoryview):
            item = bytes(item)  # which can be pickled
        future = self._executor.submit(_work, self._task, pack(item, there), back)
        return _Delivery(self, number, (there, back), future)

    def remove(self, *names: str) -> None:
        """Remove segments, those of them that were made."""
        for name in names:
            remove(name)
        self._segments.difference_update(names)


@dataclass(frozen=True)
class _Delivery:
    """A future of a :class:`_Pool`, and the segments that belong to it."""

    pool: _Pool
    number: int
    segments: tuple[str, str]
    future: Awaited

    def result(self) -> Any:
        try:
            result = unpack(self.future.result())
        except BrokenProcessPool as error:  # its segments are removed when all workers are gone
            raise BrokenProcessPool(
                f"a worker process died before item {self.number} was done: killed, out of memory, or never up "
                '(a script starts its work under if __name__ == "__main__":)'
            ) from error
        except Exception:
            self.pool.remove(*self.segments)
            raise
        self.pool.remove(*self.segments)
        return result

    def cancel(self) -> bool:
        return self.future.cancel()


def _settle_in() -> None:
    """Begin a worker's life: an interrupt does not end it, its caller's death does.

    Ctrl-C reaches all processes of a terminal, and the caller is the one to answer it. A caller that is killed
    cannot tell its workers, which would wait for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_the_caller, daemon=True).start()


def _leave_with_the_caller() -> None:
    caller = multiprocessing.parent_process()
    if caller is not None:
        caller.join()
        with _handing_over:  # so that Python's resource tracker, which removes what is left, knows of it
            os._exit(1)


def _work(task: Task, item: Any, back: str) -> Any:
    """In a worker: an item to its result, either of them perhaps a parcel."""
    result = task(unpack(item))
    with _handing_over:
        return pack(result, back)


_handing_over = threading.Lock()


# --- shared memory ---------------------------------------------------------------------------------------

PARCEL_BYTES = 1 << 16
"""Arrays and files from this size on, what a pipe holds, travel as parcels."""


@dataclass(frozen=True)
class Parcel:
    """uint8 array, or bytes (``shape`` None), in a segment of shared memory."""

    name: str
    size: int
    shape: tuple[int, ...] | None


def pack(value: Any, name: str) -> Any:
    """Put a large picture or file into a segment of that name; give anything else as it is, to be pickled.

    So is everything where shared memory has run out, and under Windows, where a segment vanishes with the last
    process that has it open.
    """
    if isinstance(value, bytes):
        array, shape = np.frombuffer(value, np.uint8), None
    elif type(value) is np.ndarray and value.dtype == np.uint8:
        array, shape = value, value.shape
    else:
        return value
    if array.size < PARCEL_BYTES or os.name == "nt":
        return value
    segment = _create(name, array.size)
    if segment is None:
        return value
    np.ndarray(array.shape, np.uint8, segment.buf)[...] = array
    segment.close()
    return Parcel(name, array.size, shape)


def unpack(value: Any) -> Any:
    """Copy a picture or file out of its segment; give anything else as it is."""
    if not isinstance(value, Parcel):
        return value
    segment = SharedMemory(value.name)
    try:
        if value.shape is None:
            return np.ndarray(value.size, np.uint8, segment.buf).tobytes()
        return np.ndarray(value.shape, np.uint8, segment.buf).copy()
    finally:
        segment.close()


def _create(name: str, size: int) -> SharedMemory | None:
    """A new segment, or None if there is no room.

    The memory is claimed here: a segment can be made larger than what is left of /dev/shm (64 MB in all in many
    containers), and the first write beyond that would kill the process.
    """
    try:
        segment = SharedMemory(name, create=True, size=size)
    except OSError:
        return None
    file = Path("/dev/shm", name)
    try:
        if file.exists():
            with file.open("r+b") as stream:
                os.posix_fallocate(stream.fileno(), 0, size)
    except OSError:
        segment.close()
        segment.unlink()
        return None
    return segment


def remove(name: str) -> None:
    """Remove a segment, if it was made."""
    try:
        segment = SharedMemory(name)
    except FileNotFoundError:
        return
    except ValueError:  # empty: who made it was stopped before giving it a size
        Path("/dev/shm", name).unlink(missing_ok=True)
        return
    segment.close()
    segment.unlink()
