"""Items in flight: futures in order, and worker processes that pass pictures through shared memory.

For :mod:`numjpeg.batch`, which imports this module when it is needed; nothing here knows of JPEG.

A large array or file crosses to another process as a *parcel*: it lies in a segment of shared memory, and where it
lies goes through a pipe. Segments are used again and again, since touching memory for the first time costs more
than copying into it. Every segment is named by the caller before it exists, so that whatever happens to a worker,
the caller finds and removes what it left.
"""

from __future__ import annotations

import atexit
import gc
import multiprocessing
import os
import pickle
import secrets
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

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
    """The context of that name; of None "fork" if nothing now speaks against it, else one that is always safe.

    A fork is up at once, and has all that was imported and computed before; the others take 0.3 s to get there.
    """
    methods = multiprocessing.get_all_start_methods()
    if context is None:
        context = "fork" if _may_fork() else "forkserver" if "forkserver" in methods else "spawn"
    if not isinstance(context, str):
        return context
    if context not in methods:
        raise ValueError(f"mp_context: {context!r} is none of {methods}")
    return multiprocessing.get_context(context)


def _may_fork() -> bool:
    """Whether a copy of this process will find all locks free and all libraries willing.

    A second thread of Python may hold a lock that nobody releases in the copy. The threads that OpenBLAS starts do
    not matter, it ends them before a fork; those of an OpenMP runtime do: the copy would wait for them for ever.
    Apple's system libraries do not outlive a fork. A process that was itself started by multiprocessing is perhaps
    still importing a script without ``if __name__ == "__main__":``, which the other methods notice.
    """
    if sys.platform != "linux" or multiprocessing.parent_process() is not None or len(sys._current_frames()) > 1:
        return False
    try:
        libraries = Path("/proc/self/maps").read_text(errors="replace")
    except OSError:
        return False
    return "gomp" not in libraries and "omp5" not in libraries and "libomp" not in libraries


def in_processes(
    items: Iterator[Any], task: Task, workers: int, window: int, errors: str, context: BaseContext | None
) -> Iterator[Any]:
    """The same as :func:`in_flight`, by the caller and processes that live as long as the iterator.

    The caller is one of the workers: it works when the result that is due is not there yet. A process is given an
    item in advance, lest it wait for the caller, but never the last one that the caller could have had.
    """
    taken: deque[Any] = deque()
    awaited: deque[Future[Any]] = deque()
    end: Exception | None = None
    done = 0
    with _Pool(task, workers - 1, context or start_method(None)) as pool:
        while True:
            while end is None and len(taken) + len(awaited) < window:
                try:
                    taken.append(next(items))
                except Exception as error:  # StopIteration among them
                    end = error
            pool.receive(0)
            due = bool(awaited) and awaited[0].done()
            if taken and pool.has_room(TASKS_AHEAD if len(taken) > 1 else 1):
                item = taken.popleft()
                awaited.append(pool.submit(done + len(awaited), item) or _at_once(task, item))
                del item
            elif taken and not due:
                awaited.append(_at_once(task, taken.popleft()))
            elif awaited:
                while not awaited[0].done():
                    pool.receive(None)
                yield _outcome(awaited.popleft(), errors)
                done += 1
            else:
                break
    if end is not None and not isinstance(end, StopIteration):
        raise end


def _at_once(task: Task, item: Any) -> Future[Any]:
    future: Future[Any] = Future()
    try:
        future.set_result(task(item))
    except Exception as error:
        future.set_exception(error)
    return future


class _Awaited(NamedTuple):
    number: int
    future: Future[Any]
    back: Segment


TASKS_AHEAD = 2
"""Items that a worker has: one to work on, and one lest it wait while the caller works."""


class _Pool:
    """Processes to which large items go, and from which large results come, in parcels."""

    def __init__(self, task: Task, workers: int, context: BaseContext) -> None:
        if os.name != "nt":
            # One tracker for all: forked workers would otherwise start their own, which count segments as lost.
            from multiprocessing import resource_tracker  # noqa: PLC0415 (there is none under Windows)

            resource_tracker.ensure_running()
        self._caller = os.getpid()
        self._workers: list[_Worker] = []
        prefix = f"numjpeg-{self._caller}-{secrets.token_hex(2)}"  # with what follows within macOS's 30 characters
        atexit.register(self.close)
        try:
            for number in range(workers):
                self._workers.append(_Worker(task, context, f"{prefix}-{number}"))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> _Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the workers, and remove what was shared with them."""
        if os.getpid() == self._caller:  # a copy of the caller has these objects, but not their processes
            for worker in self._workers:
                worker.end()
        self._workers = []
        atexit.unregister(self.close)

    def has_room(self, tasks: int) -> bool:
        """Whether a worker is up that has fewer tasks than that."""
        return any(worker.has_room(tasks) for worker in self._workers)

    def submit(self, number: int, item: Any) -> Future[Any] | None:
        """Send an item on its way; None if nobody can be given it just now."""
        able = [worker for worker in self._workers if worker.has_room(TASKS_AHEAD)]
        return min(able, key=lambda worker: len(worker.awaited)).submit(number, item) if able else None

    def receive(self, seconds: float | None) -> None:
        """Take the results that are there; wait so long (None: for ever) if there are none."""
        by_connection: dict[Any, _Worker] = {w.connection: w for w in self._workers if w.alive}
        for connection in wait(list(by_connection), seconds):
            by_connection[connection].receive()


class _Worker:
    """A process, seen from its caller."""

    def __init__(self, task: Task, context: BaseContext, prefix: str) -> None:
        self.connection, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, task), daemon=True)  # type: ignore[attr-defined]
        self._process.start()
        there.close()
        self.alive = True
        self._up = context.get_start_method() == "fork"  # at once; it says so in any case
        self.awaited: deque[_Awaited] = deque()
        self._segments = deque((Segment(f"{prefix}{i}a"), Segment(f"{prefix}{i}b")) for i in range(TASKS_AHEAD))

    def has_room(self, tasks: int) -> bool:
        return self.alive and self._up and len(self.awaited) < tasks

    def submit(self, number: int, item: Any) -> Future[Any] | None:
        """Send an item; None if it cannot be pickled, or would fill the pipe of a worker that is not reading it.

        (Both ends would wait for ever, if this worker's result filled the pipe as well.)
        """
        there, back = self._segments[0]
        if isinstance(item, bytearray | memoryview):
            item = bytes(item)  # which can be pickled
        try:
            message = pickle.dumps((pack(item, there), back.name), pickle.HIGHEST_PROTOCOL)
        except Exception:  # whatever an item of the caller's raises
            return None
        if self.awaited and len(message) > 2 * PARCEL_BYTES:  # with all that is pickled around an array
            return None
        future: Future[Any] = Future()
        self._segments.rotate()
        self.awaited.append(_Awaited(number, future, back))
        try:
            self.connection.send_bytes(message)
        except OSError:
            self._lost()
        return future

    def receive(self) -> None:
        """Take the next result, which there is."""
        try:
            message = self.connection.recv_bytes()
        except (EOFError, OSError):
            self._lost()
            return
        if message == _UP:
            self._up = True
            return
        awaited = self.awaited.popleft()
        try:
            succeeded, result, trace = pickle.loads(message)
            result = unpack(result, awaited.back)
        except Exception as error:  # of an exception's that cannot be put together again
            awaited.future.set_exception(error)
            return
        if succeeded:
            awaited.future.set_result(result)
        else:
            result.__cause__ = _InWorkerError(trace)
            awaited.future.set_exception(result)

    def _lost(self) -> None:
        self.alive = False
        words = 'killed, out of memory, or never up (a script starts its work under if __name__ == "__main__":)'
        if not self._up:
            raise BrokenProcessPool(f"a worker process died before it was up: {words}")
        for number, future, _ in self.awaited:
            future.set_exception(
                BrokenProcessPool(f"a worker process died before item {number} was done: {words}")
            )

    def end(self) -> None:
        self._process.kill()
        self._process.join()  # from here on nobody can make a segment
        self.connection.close()
        for pair in self._segments:
            for segment in pair:
                segment.close()
                remove(segment.name)


class _InWorkerError(Exception):
    """Where in a worker an exception was raised."""

    def __str__(self) -> str:
        return f"\n\n{self.args[0]}"


# --- in a worker -----------------------------------------------------------------------------------------

_UP = b"up"

_handing_over = threading.Lock()


def _serve(connection: Connection, task: Task) -> None:
    """Do what comes, until killed."""
    _settle_in()
    connection.send_bytes(_UP)
    segments: dict[str, Segment] = {}
    while True:
        reply = _reply(connection.recv_bytes(), task, segments)
        with _handing_over:
            connection.send_bytes(reply)


def _settle_in() -> None:
    """Begin a worker's life: an interrupt does not end it, its caller's death does.

    Ctrl-C reaches all processes of a terminal, and the caller is the one to answer it. A caller that is killed
    cannot tell its workers, which would wait for ever. What was copied by a fork is left alone, since looking
    through it for garbage would copy it in fact.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    threading.Thread(target=_leave_with_the_caller, daemon=True).start()


def _leave_with_the_caller() -> None:
    caller = multiprocessing.parent_process()
    if caller is not None:
        caller.join()
        with _handing_over:  # so that Python's resource tracker, which removes what is left, knows of it
            os._exit(1)


def _reply(message: bytes, task: Task, segments: dict[str, Segment]) -> bytes:
    """An item to its result, either of them perhaps a parcel, both pickled."""
    try:
        item, back = pickle.loads(message)
        if isinstance(item, Parcel):
            item = unpack(item, segments.setdefault(item.name, Segment(item.name)))
        result = task(item)
        with _handing_over:
            packed = pack(result, segments.setdefault(back, Segment(back)))
        return pickle.dumps((True, packed, ""), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        trace = "".join(traceback.format_exception(error))
        try:
            return pickle.dumps((False, error, trace), pickle.HIGHEST_PROTOCOL)
        except Exception:  # an exception that holds what cannot be pickled
            return pickle.dumps((False, RuntimeError(repr(error)), trace), pickle.HIGHEST_PROTOCOL)


# --- shared memory ---------------------------------------------------------------------------------------

PARCEL_BYTES = 1 << 11
"""Arrays and files from this size on travel as parcels. What is smaller fits into any pipe (8 KB on some)."""


@dataclass(frozen=True)
class Parcel:
    """uint8 array, or bytes (``shape`` None), at the start of a segment of that name and capacity."""

    name: str
    capacity: int
    size: int
    shape: tuple[int, ...] | None


class Segment:
    """Shared memory under a name, seen from one of its two processes. One writes, then the other reads.

    Where what is written does not fit, a larger one takes the old one's place under its name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._memory: SharedMemory | None = None
        self._claimed = 0

    def write(self, array: NDArray[np.uint8]) -> int | None:
        """Copy an array into it; give its capacity, or None if there is no room."""
        try:
            if self._memory is None or self._memory.size < array.size:
                self.close()
                remove(self.name)
                # Room to grow, which costs nothing until it is used.
                self._memory = SharedMemory(self.name, create=True, size=4 * array.size)
                self._claimed = 0
            self._claim(array.size)
        except OSError:
            return None
        np.ndarray(array.shape, np.uint8, self._memory.buf)[...] = array
        return self._memory.size

    def _claim(self, size: int) -> None:
        """Have the system set memory aside, or raise OSError.

        A segment can be made larger than what is left of /dev/shm (64 MB in all in many containers), and the first
        write beyond that would kill the process.
        """
        file = Path("/dev/shm", self.name)
        if size > self._claimed and file.exists():
            with file.open("r+b") as stream:
                os.posix_fallocate(stream.fileno(), 0, size)
            self._claimed = size

    def read(self, parcel: Parcel) -> NDArray[np.uint8]:
        """What the other side wrote, a view. It must be gone when the segment is closed."""
        if self._memory is None or self._memory.size != parcel.capacity:
            self.close()
            self._memory = SharedMemory(self.name)
        return np.ndarray(parcel.shape or parcel.size, np.uint8, self._memory.buf)

    def close(self) -> None:
        """Let go of the memory, without removing it."""
        if self._memory is not None:
            self._memory.close()
            self._memory = None


def pack(value: Any, segment: Segment) -> Any:
    """Put a large picture or file into a segment; give anything else as it is, to be pickled.

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
    capacity = segment.write(array)
    return value if capacity is None else Parcel(segment.name, capacity, array.size, shape)


def unpack(value: Any, segment: Segment) -> Any:
    """Copy a picture or file out of its segment; give anything else as it is."""
    if not isinstance(value, Parcel):
        return value
    view = segment.read(value)
    return view.tobytes() if value.shape is None else view.copy()


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
