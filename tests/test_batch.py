"""Many pictures and files: order, bounds, failures, executors, and shared memory left as it was."""

from __future__ import annotations

import copyreg
import errno
import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples

from numjpeg import FormatError, decode_batch, encode_batch, processes

SEGMENTS = Path("/dev/shm")
FORK = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="there is no fork on this machine"
)
METHODS = multiprocessing.get_all_start_methods()
QUICK = METHODS[0]
"""Where there is a fork, the processes are up at once, and the first item goes to one of them."""
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

SMALL = [samples.smooth(16 + 8 * i, 24) for i in range(9)]
LARGE = [samples.smooth(160, 200 + 16 * i) for i in range(5)]
NOISE = [samples.noise(200, 216 + 8 * i) for i in range(3)]


def segments(caller: int | None = None) -> set[str]:
    """Those of this process or another, since other suites may run beside this one."""
    pattern = f"numjpeg-{os.getpid() if caller is None else caller}-*"
    return {path.name for path in SEGMENTS.glob(pattern)} if SEGMENTS.is_dir() else set()


@pytest.fixture(autouse=True)
def _shared_memory_is_left_clean() -> Iterator[None]:
    yield
    left = segments()
    for name in left:
        processes.remove(name)
    assert not left


def files(images: list[np.ndarray]) -> list[bytes]:
    return [pillow.save(image, quality=80) for image in images]


class Counted:
    """An endless input that knows how much of it has been taken."""

    def __init__(self, items: list) -> None:
        self.taken = 0
        self._items = itertools.cycle(items)

    def __iter__(self) -> Counted:
        return self

    def __next__(self) -> object:
        self.taken += 1
        return next(self._items)


class Bomb(bytes):
    """A file like any other, until it is sent to a worker."""

    def __reduce__(self):
        return os._exit, (1,)


class BombTask:
    """A task that its worker does not live to see."""

    def __call__(self, item):
        return item

    def __reduce__(self):
        return os._exit, (1,)


class TwoWordsError(Exception):
    """What is pickled without complaint, and cannot be put together again."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


def work(item: object) -> object:
    """Sleep so long; raise that; or say who works."""
    if isinstance(item, float):
        time.sleep(item)
    if isinstance(item, str):
        raise TwoWordsError(item, item)
    if isinstance(item, list):
        raise type("LocalError", (Exception,), {})
    return os.getpid(), item


# --- results ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [None, 0, 1, 2])
def test_results_are_pillows_in_the_order_of_the_input(workers: int | None, tmp_path: Path) -> None:
    images = [*SMALL, *LARGE]
    method = QUICK if workers == 2 else None
    data = list(encode_batch(iter(images), 80, workers=workers, mp_context=method, subsampling="4:2:2"))
    assert data == [pillow.save(image, quality=80, subsampling="4:2:2") for image in images]
    path = tmp_path / "last.jpg"
    path.write_bytes(data[-1])
    given = [
        *data[:-2],
        bytearray(data[0]),
        memoryview(data[1]),
        np.frombuffer(data[2], np.uint8),
        path,
        str(path),
    ]
    expected = [pillow.load(d) for d in [*data[:-2], *data[:3], data[-1], data[-1]]]
    for ours, theirs in zip(decode_batch(given, workers=workers, mp_context=method), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.flags.writeable


@pytest.mark.skipif(os.name == "nt", reason="there are no parcels")
@pytest.mark.parametrize("method", METHODS)
def test_any_start_method_sends_large_pictures_and_files_through_shared_memory(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = []

    def unpack(value, segment):
        came.extend([value] * isinstance(value, processes.Parcel))
        return _UNPACK(value, segment)

    monkeypatch.setattr(processes, "unpack", unpack)
    images = [*NOISE, NOISE[0][::-1, ::-1]]
    data = [pillow.save(image, quality=100) for image in images]
    assert all(len(d) > processes.PARCEL_BYTES for d in data)
    context = multiprocessing.get_context(method) if method == "spawn" else method
    written = encode_batch(itertools.cycle(images), 100, workers=2, mp_context=context)
    for theirs in itertools.cycle(data):
        assert next(written) == theirs
        if len(came) >= 6:  # so the worker is up, and every segment has been used again
            break
    written.close()
    assert len({parcel.name for parcel in came}) == 2
    if method == METHODS[0]:
        came.clear()
        for ours, file in zip(decode_batch(data, workers=2, mp_context=method), data, strict=True):
            np.testing.assert_array_equal(ours, pillow.load(file))
        assert came


_UNPACK = processes.unpack


def test_options_reach_the_codec() -> None:
    (gray,) = decode_batch(files(SMALL[:1]), colorspace="GRAY")
    assert gray.ndim == 2
    (data,) = encode_batch(SMALL[:1], optimize=True)
    assert data == pillow.save(SMALL[0], optimize=True)


def test_parcels() -> None:
    ours, theirs = (processes.Segment(f"numjpeg-{os.getpid()}-test") for _ in range(2))
    for value in (NOISE[0], NOISE[0][::-1, ::-1], NOISE[0].tobytes(), np.tile(NOISE[0], (3, 3, 1)), NOISE[0][:99]):
        parcel = processes.pack(value, ours)
        assert isinstance(parcel, processes.Parcel) == (os.name != "nt")
        back = processes.unpack(parcel, theirs)
        assert type(back) is type(value)
        np.testing.assert_array_equal(back, value)
    for value in (b"few", SMALL[0], NOISE[0].astype(np.int16), [[1, 2]], None):
        assert processes.pack(value, ours) is value
    ours.close()
    theirs.close()
    processes.remove(ours.name)


@FORK
@pytest.mark.parametrize("where", ["SharedMemory", "posix_fallocate"])
def test_where_shared_memory_has_run_out_results_are_pickled(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if where == "posix_fallocate" and not SEGMENTS.is_dir():
        pytest.skip("no /dev/shm")

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(processes if where == "SharedMemory" else os, where, full)
    if where == "SharedMemory":
        monkeypatch.setattr(processes, "remove", lambda name: None)
    data = list(encode_batch(NOISE, 100, workers=2, mp_context="fork"))
    assert data == [pillow.save(image, quality=100) for image in NOISE]


# --- laziness and bounds ---------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [None, 2])
def test_an_endless_input_is_taken_as_needed(workers: int | None) -> None:
    source = Counted(files(SMALL))
    results = decode_batch(source, workers=workers, mp_context=workers and QUICK)
    assert source.taken == 0
    five = list(itertools.islice(results, 5))
    assert [image.shape for image in five] == [image.shape for image in SMALL[:5]]
    assert source.taken <= 5 + (0 if workers is None else 5)
    results.close()


@pytest.mark.parametrize("window", [1, 3, 8])
def test_no_more_than_the_window_is_held(window: int) -> None:
    source = Counted(SMALL)
    with ThreadPoolExecutor(2) as executor:
        results = encode_batch(source, executor=executor, window=window)
        for count in range(1, 12):
            next(results)
            assert source.taken <= count + window - 1
        assert source.taken == 11 + window - 1
        results.close()


def test_segments_are_used_again() -> None:
    growing = [samples.noise(64 + 32 * i, 200) for i in range(12)]
    results = encode_batch(growing, 100, workers=2, mp_context=QUICK)
    for image, data in zip(growing, results, strict=True):
        assert data == pillow.save(image, quality=100)
        assert len(segments()) <= 2 * processes.TASKS_AHEAD  # there and back


# --- who works -------------------------------------------------------------------------------------------


@FORK
@pytest.mark.parametrize("workers", [2, 3])
def test_the_caller_is_one_of_the_workers(workers: int) -> None:
    context = processes.start_method("fork")
    start = time.perf_counter()
    results = list(processes.in_processes(iter([0.05] * 24), work, workers, 2 * workers, "raise", context))
    assert time.perf_counter() - start < 0.05 * 24
    assert [item for _, item in results] == [0.05] * 24
    who = [pid for pid, _ in results]
    assert os.getpid() in who
    assert len(set(who)) == workers


@FORK
def test_results_keep_their_order_whoever_is_slow() -> None:
    context = processes.start_method("fork")
    given = [0.2, *range(5), 0.1, *range(5), 0.0, 0.1]
    results = processes.in_processes(iter(given), work, 2, 3, "raise", context)
    assert [item for _, item in results] == given


START = """
import threading
from numjpeg import processes
{}
print(processes.start_method(None).get_start_method())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a fork is for Linux alone")
def test_only_a_process_of_one_thread_is_forked() -> None:
    other = "forkserver" if "forkserver" in METHODS else "spawn"
    thread = "threading.Thread(target=threading.Event().wait, daemon=True).start()"
    copy = "import multiprocessing; multiprocessing.parent_process = lambda: 1"
    library = "processes.Path.read_text = lambda *_, **__: '7f00-7f01 r-xp /usr/lib/libgomp.so.1'"
    for line, method in [("", "fork"), (thread, other), (copy, other), (library, other)]:
        assert run(START.format(line)).stdout == f"{method}\n"


# --- failures of items -----------------------------------------------------------------------------------


BROKEN = b"\xff\xd8 broken"


def with_faults() -> list:
    data = files(SMALL[:3] + LARGE[:1])
    return [data[0], BROKEN, data[1], Path("no such file.jpg"), data[3], 3.5, data[2]]


@pytest.mark.parametrize("workers", [None, 2])
def test_exceptions_stand_in_their_results_place(workers: int | None) -> None:
    given = with_faults()
    results = list(decode_batch(given, workers=workers, errors="return", mp_context=workers and QUICK))
    kinds = [FormatError if i == 1 else FileNotFoundError if i == 3 else TypeError for i in (1, 3, 5)]
    assert [type(results[i]) for i in (1, 3, 5)] == kinds
    for i in (0, 2, 4, 6):
        np.testing.assert_array_equal(results[i], pillow.load(given[i]))
    (alone,) = decode_batch([BROKEN], errors="return")
    assert str(results[1]) == str(alone)
    assert vars(results[1]) == vars(alone)


@pytest.mark.parametrize("workers", [None, 2])
def test_the_first_failure_is_raised_in_its_turn(workers: int | None) -> None:
    given = with_faults()
    results = decode_batch(given, workers=workers, mp_context=workers and QUICK)
    np.testing.assert_array_equal(next(results), pillow.load(given[0]))
    with pytest.raises(FormatError):
        next(results)
    assert list(results) == []


@pytest.mark.parametrize("workers", [None, 2])
def test_pictures_that_cannot_be_encoded(workers: int | None) -> None:
    given = [
        SMALL[0],
        LARGE[0].astype(np.float32),
        NOISE[0][..., :2],
        NOISE[1],
        "words",
        NOISE[2].tolist(),
        len,
        lambda: 0,
    ]
    results = list(encode_batch(given, workers=workers, errors="return", mp_context=workers and QUICK))
    assert [type(result) for result in results] == [bytes, TypeError, ValueError, bytes, *[TypeError] * 4]
    assert results[3] == pillow.save(NOISE[1])


@FORK
def test_a_workers_exception_says_where_it_was_raised() -> None:
    (error,) = decode_batch([BROKEN], workers=2, errors="return", mp_context="fork")
    assert "Traceback" in str(error.__cause__)
    assert "in decode" in str(error.__cause__)


@FORK
def test_exceptions_that_cannot_travel_are_told_in_other_words(monkeypatch: pytest.MonkeyPatch) -> None:
    # Some libraries teach pickle all exceptions there are, once they are imported.
    monkeypatch.delitem(copyreg.dispatch_table, TwoWordsError, raising=False)
    context = processes.start_method("fork")
    results = list(processes.in_processes(iter(["ab", 1]), work, 2, 2, "return", context))
    assert isinstance(results[0], TypeError)  # from TwoWordsError
    assert results[1][1] == 1
    (local,) = processes.in_processes(iter([[]]), work, 2, 2, "return", context)
    assert isinstance(local, RuntimeError)
    assert "LocalError" in str(local)


@pytest.mark.parametrize("errors", ["raise", "return"])
@pytest.mark.parametrize("workers", [None, 2])
def test_a_failure_of_the_input_comes_after_the_results_before_it(workers: int | None, errors: str) -> None:
    def source() -> Iterator[np.ndarray]:
        yield from LARGE[:2]
        raise LookupError("the camera is gone")

    results = encode_batch(source(), workers=workers, errors=errors, mp_context=workers and QUICK)
    assert [next(results), next(results)] == [pillow.save(image) for image in LARGE[:2]]
    with pytest.raises(LookupError, match="camera"):
        next(results)


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (TypeError, {"qualty": 3}),
        (TypeError, {"out": np.empty((8, 8), np.uint8)}),
        (ValueError, {"errors": "ignore"}),
        (ValueError, {"workers": -1}),
        (TypeError, {"workers": 2.0}),
        (ValueError, {"window": 0}),
        (ValueError, {"workers": 2, "mp_context": "spoon"}),
        (ValueError, {"workers": 2, "executor": ThreadPoolExecutor(1)}),
    ],
)
@pytest.mark.parametrize("function", [encode_batch, decode_batch])
def test_arguments_are_checked_at_once(function, error, options) -> None:
    with pytest.raises(error, match=next(name for name in reversed(options))):
        function([], **options)
    with pytest.raises(TypeError, match="not iterable"):
        function(3)


# --- other executors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor_works_and_is_left_running(kind: type) -> None:
    options = {} if kind is ThreadPoolExecutor else {"mp_context": multiprocessing.get_context(METHODS[-1])}
    with kind(2, **options) as executor:
        data = list(encode_batch(LARGE, 80, executor=executor))
        assert data == files(LARGE)
        results = list(decode_batch([*data, BROKEN], executor=executor, errors="return"))
        assert isinstance(results.pop(), FormatError)
        for ours, file in zip(results, data, strict=True):
            np.testing.assert_array_equal(ours, pillow.load(file))
        assert executor.submit(len, "abc").result() == 3


def test_closing_cancels_what_waits_in_an_executor() -> None:
    with ThreadPoolExecutor(1) as executor:
        results = encode_batch([SMALL[0], *NOISE * 10], executor=executor, window=20)
        next(results)
        start = time.perf_counter()
        results.close()
        assert executor.submit(len, "abc").result() == 3
        assert time.perf_counter() - start < 1


# --- whatever happens ------------------------------------------------------------------------------------


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_closing_early_ends_the_workers(taken: int) -> None:
    before = set(multiprocessing.active_children())
    results = decode_batch(itertools.cycle(files(LARGE)), workers=3)
    for _ in range(taken):
        next(results)
    assert len(set(multiprocessing.active_children()) - before) == (2 if taken else 0)
    results.close()
    assert set(multiprocessing.active_children()) <= before


def test_forgetting_the_iterator_closes_it() -> None:
    before = set(multiprocessing.active_children())
    next(decode_batch(itertools.cycle(files(LARGE)), workers=2))
    assert set(multiprocessing.active_children()) <= before


@pytest.mark.parametrize("errors", ["raise", "return"])
def test_a_worker_that_dies_is_a_clear_error(errors: str) -> None:
    bombs = [Bomb(file) for file in files(SMALL) if len(file) < processes.PARCEL_BYTES]
    assert len(bombs) > 5
    given = [*files(LARGE), *bombs, *files(LARGE)]
    results = decode_batch(given, workers=2, errors=errors, mp_context=QUICK)
    with pytest.raises(BrokenProcessPool, match="a worker process died before item"):
        list(results)


@pytest.mark.skipif(METHODS == ["fork"], reason="a forked worker is up at once")
def test_a_worker_that_is_never_up_is_a_clear_error() -> None:
    context = processes.start_method(METHODS[-1])
    results = processes.in_processes(itertools.repeat(0), BombTask(), 2, 4, "return", context)
    with pytest.raises(BrokenProcessPool, match="a worker process died before it was up"):
        deque(results, maxlen=0)


@FORK
def test_a_worker_that_dies_before_it_hands_over_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    def pack_and_die(value, segment):
        parcel = _PACK(value, segment)
        if os.getpid() != caller:
            os._exit(1)
        return parcel

    caller = os.getpid()
    monkeypatch.setattr(processes, "pack", pack_and_die)
    with pytest.raises(BrokenExecutor):
        list(decode_batch(files(LARGE), workers=2, mp_context="fork"))


_PACK = processes.pack


def test_an_interrupt_while_taking_the_input_cleans_up() -> None:
    def source() -> Iterator[np.ndarray]:
        yield from NOISE
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(encode_batch(source(), workers=2, window=8, mp_context=QUICK))


def run(program: str, kill: Callable[[int], None] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program that prints "ready" when it may be killed, in a group of processes of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(
        command, stdout=-1, stderr=-1, text=True, env=environment, start_new_session=True
    ) as process:
        if kill is not None:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            kill(process.pid)
        out, err = process.communicate(timeout=30)
    deadline = time.monotonic() + 10  # where all were killed, Python's resource tracker cleans up, a little later
    while segments(process.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not segments(process.pid)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


@pytest.mark.skipif(not SEGMENTS.is_dir(), reason="no /dev/shm")
def test_a_segment_whose_maker_was_stopped_at_once_is_removed() -> None:
    name = f"numjpeg-{os.getpid()}-empty"
    (SEGMENTS / name).touch()
    processes.remove(name)
    processes.remove(name)
    assert not segments()


ENDLESS = """
import itertools, numjpeg, numpy as np
images = itertools.repeat(np.random.default_rng(1).integers(0, 256, (400, 400, 3), np.uint8))
for number, data in enumerate(numjpeg.encode_batch(images, 100, workers=2)):
    if number == 2:
        print("ready", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_reaches_the_caller_and_only_the_caller() -> None:
    done = run(ENDLESS, lambda pid: os.killpg(pid, signal.SIGINT))
    assert done.returncode == -signal.SIGINT or done.returncode == 1
    assert done.stderr.count("KeyboardInterrupt") == 1
    assert "leaked" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_caller_that_is_killed_leaves_no_workers() -> None:
    run(ENDLESS, lambda pid: os.kill(pid, signal.SIGKILL))  # ends when the last process has closed its output


def test_an_iterator_that_is_never_closed_is_cleaned_up_at_exit() -> None:
    done = run(
        """
        import itertools, numjpeg, numpy as np
        images = itertools.repeat(np.zeros((300, 300, 3), np.uint8))
        results = numjpeg.encode_batch(images, 100, workers=2)
        next(results)
        """
    )
    assert (done.returncode, done.stderr) == (0, "")


@FORK
def test_a_copy_of_the_caller_ends_no_workers() -> None:
    done = run(
        """
        import itertools, os, numjpeg, numpy as np
        images = itertools.repeat(np.zeros((300, 300, 3), np.uint8))
        results = numjpeg.encode_batch(images, 100, workers=2)
        first = next(results)
        pid = os.fork()
        if pid == 0:
            results.close()
            os._exit(0)
        os.waitpid(pid, 0)
        assert all(data == first for data in itertools.islice(results, 20))
        """
    )
    assert (done.returncode, done.stderr) == (0, "")
