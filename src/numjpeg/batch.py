"""Many pictures or many files: an iterator in, an iterator out, on one core or on several.

    for image in numjpeg.decode_batch(sorted(Path("photos").glob("*.jpg")), workers=2):
        ...

Both functions take from their input only what they work on, hand out results in the order of the input, and hold
a bounded number of items, so that the input may be endless. Processes are what makes them faster. Threads are
not: the interpreter's lock changes hands at every call of a NumPy function, of which a picture needs thousands.
Two threads were measured to take 1.9 times *longer* than one at 4,096 elements a call, and as long at 32,768.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.decoder import decode
from numjpeg.encoder import encode

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from multiprocessing.context import BaseContext

File = bytes | bytearray | memoryview | NDArray[np.uint8] | str | os.PathLike[str]


@overload
def encode_batch(
    images: Iterable[ArrayLike],
    quality: int | None = None,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    errors: Literal["raise"] = "raise",
    window: int | None = None,
    mp_context: BaseContext | str | None = None,
    **options: Any,
) -> Iterator[bytes]: ...


@overload
def encode_batch(
    images: Iterable[ArrayLike],
    quality: int | None = None,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    errors: Literal["return"],
    window: int | None = None,
    mp_context: BaseContext | str | None = None,
    **options: Any,
) -> Iterator[bytes | Exception]: ...


def encode_batch(
    images: Iterable[ArrayLike],
    quality: int | None = None,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    errors: str = "raise",
    window: int | None = None,
    mp_context: BaseContext | str | None = None,
    **options: Any,
) -> Iterator[bytes | Exception]:
    """Encode pictures as they come.

    Parameters
    ----------
    images : any iterable of what :func:`numjpeg.encode` takes, endless ones too. An array must stay
        as it is until its file has been handed out.
    quality, options : as in :func:`numjpeg.encode`, the same for all.
    workers, executor, errors, window, mp_context : as in :func:`decode_batch`.

    Returns
    -------
    Iterator of files, or with ``errors="return"`` of files and exceptions.

    >>> images = (np.full((8, 8), level, np.uint8) for level in (0, 128, 255))
    >>> [len(data) for data in encode_batch(images, 90)]
    [333, 331, 333]
    """
    _check_options(encode, options, ())
    task = partial(encode, quality=quality, **options)
    return _batch(task, images, workers, executor, errors, window, mp_context)


@overload
def decode_batch(
    files: Iterable[File],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    errors: Literal["raise"] = "raise",
    window: int | None = None,
    mp_context: BaseContext | str | None = None,
    **options: Any,
) -> Iterator[NDArray[np.uint8]]: ...


@overload
def decode_batch(
    files: Iterable[File],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    errors: Literal["return"],
    window: int | None = None,
    mp_context: BaseContext | str | None = None,
    **options: Any,
) -> Iterator[NDArray[np.uint8] | Exception]: ...


def decode_batch(
    files: Iterable[File],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    errors: str = "raise",
    window: int | None = None,
    mp_context: BaseContext | str | None = None,
    **options: Any,
) -> Iterator[NDArray[np.uint8] | Exception]:
    """Decode files as they come.

    Parameters
    ----------
    files : any iterable, endless ones too: of each file its bytes (also bytearray, memoryview, uint8 array) or
        its path (``str`` or ``os.PathLike``), which is read where it is decoded.
    workers : None, 0 or 1 works in the caller, item by item. With 2 or more the caller is one of the workers: it
        works whenever it is asked for a result that is not there yet. The others are processes, which start when
        the first result is asked for, and end with the iterator: when it is exhausted, closed or forgotten.
    executor : in place of ``workers``, a ``concurrent.futures`` executor that is running. It is left running.
        Arguments and results travel as it sends them; a pool of processes pickles them.
    errors : "raise" raises the first failure in the order of the files, which ends the iteration. "return" hands
        out the exception in place of the result, and goes on. A failure of ``files`` itself is raised after the
        results before it, and a worker that dies is raised, in both.
    window : most items that are held at a time, from being taken to being handed out; None means three a worker,
        of an ``executor`` two a core. More of it helps where sizes differ very much: a result waits for those
        before it.
    mp_context : how the processes start: a context or a name of ``multiprocessing``. None means "fork" under
        Linux in a process that has one Python thread and no OpenMP: it takes 0.02 s, so two workers gain from
        about three pictures of a megapixel on. Else it is "forkserver" where there is one, or "spawn": they take
        0.3 s, while the caller works alone, and want a script's work to stand under ``if __name__ ==
        "__main__":``. Where the caller has threads, "fork" may hang.
    options : as in :func:`numjpeg.decode`, the same for all; without ``out``.

    Returns
    -------
    Iterator of arrays, or with ``errors="return"`` of arrays and exceptions.

    Raises
    ------
    ValueError, TypeError at once for these arguments. While iterating, what :func:`numjpeg.decode` raises;
    OSError for a path; BrokenProcessPool (a RuntimeError) if a worker dies.
    """
    _check_options(decode, options, ("out",))
    return _batch(partial(_decode_file, **options), files, workers, executor, errors, window, mp_context)


def _decode_file(file: File, **options: Any) -> NDArray[np.uint8]:
    return decode(Path(file).read_bytes() if isinstance(file, str | os.PathLike) else file, **options)


def _check_options(function: Callable[..., Any], options: dict[str, Any], refused: tuple[str, ...]) -> None:
    """A misspelt option is one error at once, not one for every item."""
    for name in options:
        if name not in (function.__kwdefaults__ or {}) or name in refused:
            raise TypeError(f"{name}: not an option of {function.__name__}_batch")


# --- who works -------------------------------------------------------------------------------------------


def _batch(
    task: Callable[[Any], Any],
    items: Iterable[Any],
    workers: int | None,
    executor: Executor | None,
    errors: str,
    window: int | None,
    mp_context: BaseContext | str | None,
) -> Iterator[Any]:
    """Check the arguments, and choose who works."""
    iterator = iter(items)
    if errors not in ("raise", "return"):
        raise ValueError(f'errors: "raise" or "return" expected, got {errors!r}')
    _check_integer("workers", workers, 0)
    _check_integer("window", window, 1)
    if executor is not None and (workers is not None or mp_context is not None):
        raise ValueError("executor: it has workers of its own, without workers= and mp_context=")
    if executor is None and (workers is None or workers <= 1):
        return _in_the_caller(iterator, task, errors)

    from numjpeg import processes  # noqa: PLC0415 (it imports multiprocessing, which "import numjpeg" does not need)

    if executor is not None:
        submit = executor.submit
        window = window or 2 * (os.cpu_count() or 1)
        return processes.in_flight(iterator, lambda item: submit(task, item), window, errors)
    assert workers is not None
    context = None if mp_context is None else processes.start_method(mp_context)
    return processes.in_processes(iterator, task, workers, window or 3 * workers, errors, context)


def _check_integer(name: str, value: int | None, least: int) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: an integer expected, got {value!r}")
    if value < least:
        raise ValueError(f"{name}: {value} is below {least}")


def _in_the_caller(items: Iterator[Any], task: Callable[[Any], Any], errors: str) -> Iterator[Any]:
    for item in items:
        try:
            result = task(item)
        except Exception as error:
            if errors == "raise":
                raise
            result = error
        yield result
