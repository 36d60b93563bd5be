"""Many pictures or many files: from an iterator to an iterator, in the caller's process or in worker processes.

    for path, image in numjpeg.decode_batch(sorted(Path("photos").glob("*.jpg")), workers=2, pairs=True):
        ...

The functions read their input as they need it, hand out results in the order of the input, and hold a bounded
number of items, so the input may be endless. Processes make them faster. Threads do not: a picture takes thousands
of calls of NumPy functions, and the interpreter's lock changes hands at each call. With 4,096 elements a call, two
threads took 1.9 times *longer* than one; with 32,768, they took as long.
"""

from __future__ import annotations

import gc
import os
import sys
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import partial
from itertools import count
from operator import length_hint
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.arguments import checked_integer, planner
from numjpeg.decoder import decode, grouping
from numjpeg.encoder import encode, most_together, run, run_together
from numjpeg.errors import check_flags
from numjpeg.sources import is_data, name_error, read_bytes

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from multiprocessing.context import BaseContext

Task = Callable[[Any], Any]  # from an item to its result


def encode_batch(
    images: Iterable[Any],
    quality: int | None = None,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    errors: str = "raise",
    pairs: bool = False,
    window: int | None = None,
    mp_context: BaseContext | str | None = None,
    batch_size: int | None = None,
    **options: Any,
) -> Iterator[Any]:
    """Encode pictures as they come, small ones of one kind together.

    Without workers, pictures of up to about 180 x 180 pixels are collected until those of one size have 65,536
    pixels together. Then all of them are encoded at once: the files are the same, and small ones take a fifth of
    the time. Up to 256 pictures, or 4 megapixels, are read ahead for that.

    Parameters
    ----------
    images : an iterable, perhaps endless, of what :func:`numjpeg.encode` takes, or a stack ``(N, H, W, 3)``; not a
        single picture. An array must not change until its file has been handed out.
    quality, options : as in :func:`numjpeg.encode`, the same for all. Other parameters and errors as in
        :func:`decode_batch`.

    Returns
    -------
    Iterator of files; with ``errors="return"`` of files and exceptions; with ``pairs=True`` of (image, file).

    >>> images = (np.full((8, 8), level, np.uint8) for level in (0, 128, 255))
    >>> [len(data) for data in encode_batch(images, 90)]
    [333, 331, 333]
    """
    given = SimpleNamespace(**locals())  # every parameter by its name
    _check_options(encode, options)
    shape = getattr(images, "shape", None)
    if isinstance(shape, tuple) and (isinstance(images, np.ndarray) or not is_data(images)):  # tensors, too
        single = len(shape) < 3 or (len(shape) == 3 and shape[2] <= 4)
    else:  # Pillow's images have an array interface
        single = isinstance(images, str | os.PathLike) or hasattr(images, "__array_interface__") or is_data(images)
    if single:
        raise TypeError(f"images: an iterable of images expected, got one {type(images).__name__}")
    options["quality"] = quality
    return _batch("images", images, partial(encode, **options), _encoding(options), given)


def encode_many(images: Iterable[Any], quality: int | None = None, **options: Any) -> list[bytes]:
    """Encode all pictures of an array ``(N, H, W)`` or ``(N, H, W, channels)``, or of another iterable.

    ``quality``, ``options`` and errors are those of :func:`encode_batch`; the files are in the pictures' order.

    >>> [len(data) for data in encode_many(np.zeros((3, 16, 16), np.uint8))]
    [335, 335, 335]
    """
    return list(encode_batch(images, quality, **options))


def _encoding(options: dict[str, Any]) -> Callable[[Any], Prepared]:
    """A function that prepares a picture to be encoded with others of its kind."""
    options = (encode.__kwdefaults__ or {}) | options
    progress = options.pop("progress")
    plan_of = planner(**options)

    def prepare(image: Any) -> Prepared:
        plan = plan_of(image)
        height, width, _ = plan.samples.shape
        most = most_together(plan.settings)
        work = run_together if most > 1 else lambda plans: [run(plan, progress) for plan in plans]
        return Prepared(plan, plan.settings, most, height * width, work)

    return prepare


def decode_batch(
    files: Iterable[Any],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    errors: str = "raise",
    pairs: bool = False,
    window: int | None = None,
    mp_context: BaseContext | str | None = None,
    batch_size: int | None = None,
    **options: Any,
) -> Iterator[Any]:
    """Decode files as they come, small ones of one kind together.

    Without workers, files that have the same bytes up to the entropy-coded data are collected and decoded all at
    once: the pictures are the same, and small ones take a fraction of the time. Up to 256 files, or 4 megapixels,
    are read ahead for that.

    Parameters
    ----------
    files : an iterable, perhaps endless, of what :func:`numjpeg.decode` takes; not one file. A path is read where
        it is decoded.
    batch_size : the most items that the caller's process works on together; None for as many as is best. With 1 an
        item is taken only when the result before it has been handed out.
    workers : number of worker processes; None, 0 or 1 for the caller's process alone. Workers start when the first
        result is asked for, and end with the iterator: when it is exhausted, closed or forgotten.
    executor : in place of ``workers``, a ``concurrent.futures`` executor that is running. It is left running.
    errors : "raise" raises the first failure in the order of the files, which ends the iteration. "return" hands
        out the exception in place of the result, and goes on. Both raise a failure of ``files`` itself, after
        the results before it, and the death of a worker.
    pairs : hand out (item, result), with the item as it was given.
    window : the most items that have been taken and not yet handed out; None means three a worker, or two a core
        with an ``executor``. A larger window helps where sizes differ much, as a result waits for those before it.
    mp_context : how the processes start: a context or a name of ``multiprocessing``. None means "fork" under
        Linux in a process that has one Python thread and no OpenMP, which takes 0.02 s. Otherwise it means
        "forkserver" or, where that does not exist, "spawn". These take 0.3 s, and a script must do its work under
        ``if __name__ == "__main__":``. Where the caller has threads, "fork" may hang.
    options : as in :func:`numjpeg.decode`, the same for all; without ``out``.

    Returns
    -------
    Iterator of arrays; with ``errors="return"`` of arrays and exceptions; with ``pairs=True`` of (file, array).

    Raises
    ------
    ValueError, TypeError at once for these arguments. While iterating, what :func:`numjpeg.decode` raises, OSError
    for a path, BrokenProcessPool (a RuntimeError) if a worker dies. Each names the path, or "item 3" (from 0).
    """
    given = SimpleNamespace(**locals())  # every parameter by its name
    _check_options(decode, options)
    names = isinstance(files, np.ndarray) and files.dtype.kind in "OU"
    if isinstance(files, str | os.PathLike) or hasattr(files, "read") or (is_data(files) and not names):
        raise TypeError(f"files: an iterable of files expected, got one {type(files).__name__}")
    return _batch("files", files, partial(decode, **options), _decoding(options), given)


def decode_many(files: Iterable[Any], **options: Any) -> list[NDArray[Any]] | NDArray[Any]:
    """Decode all files, in their order. ``options`` and errors are those of :func:`decode_batch`.

    Returns an array ``(N, H, W)`` or ``(N, H, W, channels)`` if all pictures have one shape and type, else a list.
    It is a list, too, of pairs, or with exceptions in it, as the options ask.

    >>> decode_many([encode(np.zeros((5, 4, 3), np.uint8))] * 2).shape
    (2, 5, 4, 3)
    """
    pictures = list(decode_batch(files, **options))
    kinds = {(p.shape, p.dtype) if isinstance(p, np.ndarray) else None for p in pictures}  # None: pairs, errors
    return np.stack(pictures) if len(kinds) == 1 and None not in kinds else pictures


def _decoding(options: dict[str, Any]) -> Callable[[Any], Prepared]:
    """A function that prepares a file to be decoded with others of its kind."""
    kind_of_file = grouping((decode.__kwdefaults__ or {}) | options)
    alone: Task = partial(decode, **options)

    def prepare(item: Any) -> Prepared:
        data = read_bytes(item)
        kind = kind_of_file(data)
        if kind is None:
            return Prepared(data, None, 1, 0, lambda files: [alone(data) for data in files])
        from numjpeg.fast.decode_batch import decode_together  # noqa: PLC0415 (what is in fast/ may be missing)

        most, work = max(1, AHEAD_PIXELS // kind.pixels), partial(decode_together, kind, alone=alone)
        return Prepared(data, data[: kind.start], most, kind.pixels, work)

    return prepare


def _check_options(function: Callable[..., Any], options: dict[str, Any]) -> None:
    """Refuse a misspelt option at once, not for every item."""
    for name in options:
        if name not in (function.__kwdefaults__ or {}) or name == "out":
            raise TypeError(f"{name}: not an option of {function.__name__}_batch")


def _batch(
    name: str, items: Iterable[Any], task: Task, prepare: Callable[[Any], Prepared], given: SimpleNamespace
) -> Iterator[Any]:
    """Check the arguments ``given``. Workers do ``task`` for an item; the caller's process uses ``prepare``."""
    together = Together(prepare, given.batch_size)
    try:
        iterator = iter(items)
    except TypeError:
        raise TypeError(f"{name}: {type(items).__name__} is not iterable") from None
    if given.errors not in ("raise", "return"):
        raise ValueError(f'errors: "raise" or "return" expected, got {given.errors!r}')
    check_flags(pairs=given.pairs)
    executor, context = given.executor, given.mp_context
    workers = 0 if given.workers is None else checked_integer("workers", given.workers, 0)
    window = None if given.window is None else checked_integer("window", given.window, 1)
    in_order = partial(_in_order, iterator, given.errors, given.pairs)

    def sent_to(pool: Executor, most: int) -> Iterator[Any]:
        return in_order(partial(_submit, pool, task), lambda waiting: len(waiting) < most)

    if executor is not None:
        if given.workers is not None or context is not None:
            raise ValueError("executor: it has workers of its own, without workers= and mp_context=")
        if isinstance(executor, type) or not hasattr(executor, "submit"):
            raise TypeError(f"executor: an executor that is running expected, got {executor!r}")
        return sent_to(executor, window or 2 * (os.cpu_count() or 1))
    if workers <= 1:
        return in_order(together.submit, together.wants_more)
    context = None if context is None else start_method(context)
    workers = max(1, min(workers, length_hint(iterator, workers)))  # a thousand take half a minute to start
    return _in_processes(workers, context, lambda pool: sent_to(pool, window or 3 * workers))


# --- in order --------------------------------------------------------------------------------------------

Waiting = deque[tuple[Any, str, Any]]
"""(item, name, future of its result) of each item that has been taken; the item is None if only results count."""


def _in_order(
    items: Iterator[Any], errors: str, pairs: bool, submit: Task, wants_more: Callable[[Waiting], bool]
) -> Iterator[Any]:
    """Submit items as long as ``wants_more`` says so, and hand out their results in the order of the items.

    ``submit`` returns a Future. If the iterator ``items`` fails, the results before the failure come first.
    """
    waiting: Waiting = deque()
    numbers = count()
    end: Exception | None = None
    try:
        while True:
            while end is None and wants_more(waiting):
                try:
                    item = next(items)
                    waiting.append((item if pairs else None, _name(item, next(numbers)), submit(item)))
                except Exception as error:  # StopIteration among them
                    end = error
                item = None  # nothing but the queue holds an item or a result
            if not waiting:
                break
            item, name, future = waiting.popleft()
            outcome = _outcome(future, name, errors)
            del future
            yield (item, outcome) if pairs else outcome
            del item, outcome
    finally:
        for _, _, future in waiting:
            future.cancel()
    if end is not None and not isinstance(end, StopIteration):
        raise end


def _name(item: Any, number: int) -> str:
    """The name of an item in errors: its path, or "item" and its number from 0."""
    if isinstance(item, str | os.PathLike):
        return os.fsdecode(item)
    name = getattr(item, "name", "") or getattr(item, "filename", "")  # of files, and of Pillow's images
    return name if name and isinstance(name, str) else f"item {number}"


def _outcome(future: Any, name: str, errors: str) -> Any:
    """The result, or the exception if it is to be returned."""
    try:
        return future.result()
    except Exception as error:
        from concurrent.futures import BrokenExecutor, CancelledError  # noqa: PLC0415 (seldom needed)

        name_error(error, name)
        if isinstance(error, BrokenExecutor):  # not this item's fault, and no later item can work
            error.add_note('killed, out of memory, or a script whose work is not under if __name__ == "__main__":')
        if errors == "raise" or isinstance(error, BrokenExecutor | CancelledError):
            raise
        return error


# --- together --------------------------------------------------------------------------------------------

Work = Callable[[list[Any]], list[Any]]  # from the states of some items to their results
AHEAD_PIXELS, AHEAD_ITEMS = 1 << 22, 1 << 8  # the most that is read ahead; more than 4 megapixels gain nothing


class Prepared(NamedTuple):
    """An item that can be worked on together with others of its kind."""

    state: Any  # what ``work`` takes of the item: an encoder's plan, or a file's bytes
    kind: Hashable
    most: int  # items that can be worked on together; 0 or 1 for this one alone
    pixels: int
    work: Work


class Together:
    """Works on items of one kind together, in the caller's process. The first result of a group computes them all.

    Items are read until the group of the first waiting item is full, or until as many are waiting as may be. If
    that item is worked on alone, this is done before the next is taken. ``prepare`` raises an item's early errors.
    """

    def __init__(self, prepare: Callable[[Any], Prepared], batch_size: int | None) -> None:
        self._prepare = prepare
        self._most = AHEAD_ITEMS if batch_size is None else checked_integer("batch_size", batch_size, 1)
        self._open: dict[Hashable, _Group] = {}  # groups that still take items
        self.ahead = 0  # pixels of the items that have not been handed out

    def submit(self, item: Any) -> _Member:
        """Take an item, and put it into the group of its kind."""
        try:
            state, kind, most, pixels, work = self._prepare(item)
        except Exception as error:
            return _Member(self, _Group(None, list, []), 0, error)
        group = self._open.setdefault(kind, _Group(kind, work, []))
        member = _Member(self, group, pixels)
        group.entries.append((member, state))
        if len(group.entries) >= min(most, self._most):
            del self._open[kind]
        self.ahead += pixels
        return member

    def wants_more(self, waiting: Waiting) -> bool:
        """Whether the first waiting item should wait for more items of its kind."""
        if not waiting:
            return True
        group = waiting[0][2].group
        full = self._open.get(group.kind) is not group
        return not full and self.ahead < AHEAD_PIXELS and len(waiting) < AHEAD_ITEMS

    def run(self, group: _Group) -> None:
        """Close a group, work on its items, and give each member its outcome."""
        if self._open.get(group.kind) is group:
            del self._open[group.kind]
        entries = group.entries.copy()
        group.entries.clear()
        outcomes = _outcomes(group.work, [state for _, state in entries])
        for (member, _), outcome in zip(entries, outcomes, strict=True):
            member.outcome = outcome


class _Group(NamedTuple):
    """Items of one kind that are worked on together, with their states."""

    kind: Hashable
    work: Work
    entries: list[tuple[_Member, Any]]


def _outcomes(work: Work, states: list[Any]) -> list[Any]:
    """Work on all together. If that fails, work on them one by one, so that each has its own error."""
    try:
        return work(states)
    except Exception as error:
        return [error] if len(states) == 1 else [_outcomes(work, [state])[0] for state in states]


class _Member:
    """An item of a group, with the methods of a ``Future`` that are used here."""

    def __init__(self, together: Together, group: _Group, pixels: int, outcome: Any = None) -> None:
        self._together, self.group, self._pixels, self.outcome = together, group, pixels, outcome

    def result(self) -> Any:
        """The result, or the error, raised."""
        if self.outcome is None:
            self._together.run(self.group)
        self._together.ahead -= self._pixels
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def cancel(self) -> None:
        """Nothing has to be done."""


# --- processes -------------------------------------------------------------------------------------------


def _in_processes(
    workers: int, context: BaseContext | None, results: Callable[[Executor], Iterator[Any]]
) -> Iterator[Any]:
    """The results of worker processes, which live as long as the iterator."""
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 ("import numjpeg" does not need it)

    context = context or start_method(None)
    with ProcessPoolExecutor(workers, mp_context=context, initializer=settle_in) as pool:
        yield from results(pool)


def _submit(executor: Executor, task: Task, item: Any) -> Any:
    """Submit an item to an executor; buffers and file objects go as bytes, since few of them can be pickled."""
    from concurrent.futures import Future  # noqa: PLC0415 ("import numjpeg" does not need it)

    try:
        if (is_data(item) and not isinstance(item, bytes | np.ndarray)) or hasattr(item, "read"):
            item = read_bytes(item)
    except Exception as error:
        unreadable: Future[Any] = Future()
        unreadable.set_exception(error)  # it is raised in the item's turn
        return unreadable
    return executor.submit(task, item)


def start_method(context: BaseContext | str | None) -> BaseContext:
    """The multiprocessing context of that name. None gives "fork" if that is safe, else one that always is."""
    import multiprocessing  # noqa: PLC0415 ("import numjpeg" does not need it)

    methods = multiprocessing.get_all_start_methods()
    if context is None:
        context = "fork" if _may_fork() else "forkserver" if "forkserver" in methods else "spawn"
    if not isinstance(context, str) and hasattr(context, "get_start_method"):
        return context
    if context not in methods:
        raise ValueError(f"mp_context: {context!r} is none of {methods}")
    return multiprocessing.get_context(context)


def _may_fork() -> bool:
    """Whether a fork of this process can work.

    A second Python thread may hold a lock that nobody releases in the copy. The threads of an OpenMP runtime do
    not exist in the copy, which would wait for them for ever; OpenBLAS ends its threads before a fork. Apple's
    system libraries do not work after a fork. A process that multiprocessing started may still be importing a
    script without ``if __name__ == "__main__":``; the other methods notice that.
    """
    import multiprocessing  # noqa: PLC0415 (see above)

    if sys.platform != "linux" or multiprocessing.parent_process() is not None or len(sys._current_frames()) > 1:
        return False
    try:
        libraries = Path("/proc/self/maps").read_text(errors="replace")
    except OSError:
        return False
    return not any(openmp in libraries for openmp in ("gomp", "omp5", "libomp"))


def settle_in() -> None:
    """Prepare a worker process: it ignores interrupts, and ends when its caller ends.

    Ctrl-C reaches all processes of a terminal, but only the caller should answer it. A caller that is killed
    cannot tell its workers, which would wait for ever. The garbage collector leaves out the memory that a fork
    shares, since looking through it would copy it.
    """
    import multiprocessing  # noqa: PLC0415 (in workers only, as the next two)
    import signal  # noqa: PLC0415
    import threading  # noqa: PLC0415

    def leave_with_the_caller() -> None:
        if caller := multiprocessing.parent_process():
            caller.join()
            os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    threading.Thread(target=leave_with_the_caller, daemon=True).start()
