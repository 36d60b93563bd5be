"""Many pictures and files: order, bounds, failures, executors, and no process left behind."""

from __future__ import annotations

import array
import functools
import io
import itertools
import mmap
import multiprocessing
import os
import pickle
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples
from PIL import Image

from numjpeg import FormatError, batch, decode_batch, decode_many, encode, encode_batch, encode_many

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


def work(item: object) -> object:
    """Sleep so long, then say who works."""
    if isinstance(item, float):
        time.sleep(item)
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


@pytest.mark.parametrize("method", [method for method in METHODS if method != "fork"])
def test_every_other_start_method_works_beside_threads(method: str) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        data = list(encode_batch(NOISE, 100, workers=2, mp_context=method))
    finally:
        stop.set()
        thread.join()
    assert data == [pillow.save(image, quality=100) for image in NOISE]


def test_options_reach_the_codec() -> None:
    (gray,) = decode_batch(files(SMALL[:1]), colorspace="GRAY")
    assert gray.ndim == 2
    (data,) = encode_batch(SMALL[:1], optimize=True)
    assert data == pillow.save(SMALL[0], optimize=True)


@pytest.mark.parametrize("workers", [None, 2])
def test_pairs_keep_items_and_results_together(workers: int | None, tmp_path: Path) -> None:
    """Of a generator too, which a second pass would not give again."""
    method = workers and QUICK
    paths = [tmp_path / f"{i}.jpg" for i in range(3)]
    pairs = encode_batch((image for image in LARGE[:3]), 80, workers=workers, mp_context=method, pairs=True)
    for path, image, (item, data) in zip(paths, LARGE, pairs, strict=False):
        assert item is image
        path.write_bytes(data)
    given = (item for item in [*paths, BROKEN])
    found = list(decode_batch(given, workers=workers, mp_context=method, pairs=True, errors="return"))
    assert [item for item, _ in found] == [*paths, BROKEN]
    for path, image in found[:3]:
        np.testing.assert_array_equal(image, pillow.load(path.read_bytes()))
    assert isinstance(found[3][1], FormatError)


@pytest.mark.parametrize("workers", [None, 2])
def test_any_source_is_an_item(workers: int | None, tmp_path: Path) -> None:
    """Also those that cannot be sent to a process."""
    (file,) = files(SMALL[:1])
    path = tmp_path / "picture.jpg"
    path.write_bytes(file)
    with path.open("rb") as stream, path.open("rb") as mapped, mmap.mmap(mapped.fileno(), 0, access=1) as memory:
        given = [memoryview(file), io.BytesIO(file), stream, memory, array.array("B", file), io.StringIO("text")]
        results = list(
            decode_batch(given, workers=workers, mp_context=workers and QUICK, errors="return", window=6)
        )
    assert isinstance(results.pop(), TypeError)
    for image in results:
        np.testing.assert_array_equal(image, pillow.load(file))


@pytest.mark.parametrize(
    "one", ["a.jpg", Path("a.jpg"), b"\xff\xd8", bytearray(3), np.zeros(9, np.uint8), io.BytesIO()]
)
def test_one_file_is_no_iterable_of_files(one: object) -> None:
    with pytest.raises(TypeError, match=f"^files: .* one {type(one).__name__}"):
        decode_batch(one)


@pytest.mark.parametrize(
    "one", [SMALL[0], SMALL[0][..., 0], Image.fromarray(SMALL[0]), "a.png", b"data"], ids=type
)
def test_one_picture_is_no_iterable_of_pictures(one: object) -> None:
    with pytest.raises(TypeError, match=f"^images: .* one {type(one).__name__}"):
        encode_batch(one)


def test_a_stack_of_pictures_is_an_iterable_and_so_is_an_array_of_paths(tmp_path: Path) -> None:
    stack = np.stack([SMALL[0], SMALL[0][::-1]])
    data = list(encode_batch(stack))
    assert data == [pillow.save(image) for image in stack]
    (tmp_path / "a.jpg").write_bytes(data[0])
    (image,) = decode_batch(np.array([str(tmp_path / "a.jpg")]))
    np.testing.assert_array_equal(image, pillow.load(data[0]))


# --- laziness and bounds ---------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [None, 2])
def test_an_endless_input_is_taken_as_needed(workers: int | None) -> None:
    source = Counted(files(SMALL))
    results = decode_batch(source, workers=workers, mp_context=workers and QUICK, batch_size=1)
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


# --- together --------------------------------------------------------------------------------------------


def some_small_pictures() -> list[np.ndarray]:
    """Of several kinds, in turns and in rows."""
    random = np.random.default_rng(8)
    shapes = [(32, 32, 3), (31, 17, 3), (32, 32), (64, 48, 3), (300, 260, 3), (1, 1, 3)]
    order = [*random.integers(0, len(shapes), 80).tolist(), *[0] * 70, *[4] * 3, *[1] * 5]
    kinds = [samples.smooth, samples.noise, samples.extremes]
    return [kinds[i % 3](*shapes[number]) for i, number in enumerate(order)]


@pytest.mark.usual("options0-None", "options1-1", "options2-2", "options0-7")
@pytest.mark.parametrize("batch_size", [None, 1, 2, 7])
@pytest.mark.parametrize("options", [{}, {"subsampling": "4:4:4", "restart_marker_blocks": 2}, {"optimize": True}])
def test_pictures_encoded_together_are_pillows(batch_size: int | None, options: dict) -> None:
    images = some_small_pictures()
    expected = [pillow.save(image, quality=80, **options) for image in images]
    for _ in range(2):
        assert list(encode_batch(images, 80, batch_size=batch_size, **options)) == expected
    table = np.arange(1, 65)  # tables that are arrays do not keep pictures apart
    of_tables = encode_batch(images[:30], qtables=[table], batch_size=batch_size)
    assert list(of_tables) == [pillow.save(image, qtables=[table.tolist()]) for image in images[:30]]


def test_the_pictures_of_an_array_are_encoded_together() -> None:
    stack = np.stack([samples.noise(24, 40) for _ in range(150)])
    expected = [pillow.save(image, quality=90) for image in stack]
    assert encode_many(stack, 90) == expected
    assert encode_many(stack[..., 0], 90) == [pillow.save(image, quality=90) for image in stack[..., 0]]
    assert encode_many(stack[:, ::-1, ::2], 90) == [
        pillow.save(image, quality=90) for image in stack[:, ::-1, ::2]
    ]
    assert encode_many(stack[:0], 90) == []


def test_reading_ahead_is_bounded() -> None:
    one = samples.smooth(8, 8)
    for side, most in ((16, batch.AHEAD_ITEMS), (160, batch.AHEAD_PIXELS // 160**2 + 2)):
        source = Counted([samples.smooth(side, side)])
        results = encode_batch(itertools.chain([one], source))  # it waits for others like it, in vain
        assert next(results) == pillow.save(one)
        assert most // 2 < source.taken <= most
        for count in range(1, 400):
            next(results)
            assert source.taken <= count + most
        results.close()


@pytest.mark.parametrize(
    ("image", "options"),
    [(SMALL[0], {"batch_size": 1}), (samples.smooth(256, 300), {}), (SMALL[0], {"progressive": True})],
)
def test_what_goes_alone_is_taken_one_by_one(image: np.ndarray, options: dict) -> None:
    source = Counted([image])
    results = encode_batch(source, **options)
    for count in range(1, 5):
        next(results)
        assert source.taken == count


def test_every_option_of_encode_is_one_of_encode_batch() -> None:
    image = samples.smooth(16, 16)
    defaults = encode.__kwdefaults__
    assert list(encode_batch([image] * 2, **defaults)) == [pillow.save(image)] * 2
    told: list[float] = []
    tuned = encode_batch([image], tune="psnr", progress=told.append)
    assert list(tuned) == [encode(image, tune="psnr")]
    assert told


def test_a_group_that_fails_is_encoded_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    images = [samples.smooth(16, 16) for _ in range(6)]
    run_together = batch.run_together
    calls = []

    def fails(plans: list) -> list[bytes]:
        calls.append(len(plans))
        if len(plans) > 1 or (plans[0].samples == images[3]).all():
            raise MemoryError("no room")
        return run_together(plans)

    monkeypatch.setattr(batch, "run_together", fails)
    images[3] = 255 - images[3]
    results = list(encode_batch(images, errors="return"))
    assert calls == [6, 1, 1, 1, 1, 1, 1]
    assert isinstance(results.pop(3), MemoryError)
    assert results == [pillow.save(image) for image in [*images[:3], *images[4:]]]


def test_pictures_that_cannot_be_encoded_leave_the_others_of_their_group() -> None:
    good = samples.smooth(16, 16)
    items = [good, good[:, :, :2], good, None, good.astype(float), good]
    results = list(encode_batch(items, 80, errors="return", pairs=True))
    assert [item is given for (item, _), given in zip(results, items, strict=True)] == [True] * len(items)
    assert [type(result) for _, result in results] == [bytes, ValueError, bytes, TypeError, TypeError, bytes]
    assert "item 3" in str(results[3][1])
    with pytest.raises(ValueError, match="image"):
        list(encode_batch(items))


def test_a_failure_of_the_input_comes_after_the_results_of_the_group_before_it() -> None:
    def source() -> Iterator[np.ndarray]:
        yield from SMALL
        raise LookupError("the camera is gone")

    results = encode_batch(source())
    assert [next(results) for _ in SMALL] == [pillow.save(image) for image in SMALL]
    with pytest.raises(LookupError, match="camera"):
        next(results)


# --- who works -------------------------------------------------------------------------------------------


def in_processes(items: list, workers: int, window: int, errors: str) -> Iterator:
    def results(pool: ProcessPoolExecutor) -> Iterator:
        submit = functools.partial(batch._submit, pool, work)
        return batch._in_order(iter(items), errors, False, submit, lambda waiting: len(waiting) < window)

    return batch._in_processes(workers, batch.start_method("fork"), results)


@FORK
@pytest.mark.parametrize("workers", [2, 3])
def test_so_many_processes_work_at_a_time(workers: int) -> None:
    start = time.perf_counter()
    results = list(in_processes([0.05] * 24, workers, 2 * workers, "raise"))
    assert time.perf_counter() - start < 0.05 * 24
    assert [item for _, item in results] == [0.05] * 24
    who = {pid for pid, _ in results}
    assert os.getpid() not in who
    assert len(who) == workers


def test_no_more_workers_are_started_than_there_are_items(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    def pool(workers: int, **options: object) -> ThreadPoolExecutor:
        started.append(workers)
        return ThreadPoolExecutor(1)

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", pool)
    for images in (SMALL[:3], (image for image in SMALL[:3])):
        assert len(list(encode_batch(images, workers=1000))) == 3
    assert started == [3, 1000]  # of a generator the number is not known


@FORK
def test_results_keep_their_order_whoever_is_slow() -> None:
    given = [0.2, *range(5), 0.1, *range(5), 0.0, 0.1]
    assert [item for _, item in in_processes(given, 2, 3, "raise")] == given


START = """
import multiprocessing, threading
from pathlib import Path
from numjpeg import batch

def show():
    print(batch.start_method(None).get_start_method())

show()
parent, multiprocessing.parent_process = multiprocessing.parent_process, lambda: 1  # this process is a copy
show()
multiprocessing.parent_process = parent
read, Path.read_text = Path.read_text, lambda *_, **__: "7f00-7f01 r-xp /usr/lib/libgomp.so.1"
show()
Path.read_text = read
threading.Thread(target=threading.Event().wait, daemon=True).start()
show()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a fork is for Linux alone")
def test_only_a_process_of_one_thread_is_forked() -> None:
    other = "forkserver" if "forkserver" in METHODS else "spawn"
    assert run(START).stdout.split() == ["fork", other, other, other]


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
    assert [str(results[i]).startswith(f"item {i}: ") for i in (1, 5)] == [True, True]
    assert "'no such file.jpg'" in str(results[3])
    (alone,) = decode_batch([BROKEN], errors="return")
    assert str(results[1]) == str(alone).replace("item 0", "item 1")
    assert vars(results[1]) == vars(alone)


@pytest.mark.parametrize("workers", [None, 2])
def test_every_error_names_its_file(workers: int | None, tmp_path: Path) -> None:
    broken, wrong = tmp_path / "broken.jpg", tmp_path / "cmyk.jpg"
    broken.write_bytes(BROKEN)
    wrong.write_bytes(pillow.save(samples.smooth(9, 9, 4), "CMYK"))
    (good,) = files(SMALL[:1])
    for item, kind in ((broken, FormatError), (str(wrong), ValueError)):
        results = decode_batch([good, item], colorspace="YCbCr", workers=workers, mp_context=workers and QUICK)
        next(results)
        with pytest.raises(kind, match=f"^{re.escape(str(item))}: "):
            next(results)


def test_errors_name_a_file_that_was_given_by_bytes(tmp_path: Path) -> None:
    """As os.scandir does, if it is asked by bytes."""
    (tmp_path / "bad.jpg").write_bytes(b"bad")
    with os.scandir(os.fsencode(tmp_path)) as entries, pytest.raises(FormatError, match=r"^/.*/bad.jpg: "):
        list(decode_batch(entries))


def test_decode_many_hands_out_pairs_and_exceptions_in_a_list() -> None:
    files = [pillow.save(image) for image in LARGE[:2]]
    pairs = decode_many(files, pairs=True)
    assert [file for file, _ in pairs] == files
    assert all(np.array_equal(image, pillow.load(file)) for file, image in pairs)
    for bad, kind in ((b"bad", FormatError), (5, TypeError)):
        results = decode_many([files[0], bad], errors="return")
        assert [type(result) for result in results] == [np.ndarray, kind]
        assert [type(result) for result in decode_many([bad], errors="return")] == [kind]


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
        lambda: 0,  # which cannot be sent to a process either
    ]
    results = list(encode_batch(given, workers=workers, errors="return", mp_context=workers and QUICK))
    kinds = [type(result) for result in results]
    assert kinds[:7] == [bytes, TypeError, ValueError, bytes, *[TypeError] * 3]
    assert issubclass(kinds[7], TypeError if workers is None else (AttributeError, pickle.PicklingError))
    assert [str(results[i]).startswith(f"item {i}: ") for i in (1, 2, 5, 6, 7)] == [True] * 5
    assert str(results[4]).startswith("words: ")
    assert results[3] == pillow.save(NOISE[1])


@FORK
def test_a_workers_exception_says_where_it_was_raised() -> None:
    (error,) = decode_batch([BROKEN], workers=2, errors="return", mp_context="fork")
    assert "Traceback" in str(error.__cause__)
    assert "in decode" in str(error.__cause__)


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
        (TypeError, {"pairs": "no"}),
        (ValueError, {"workers": 2, "mp_context": "spoon"}),
        (ValueError, {"workers": 2, "mp_context": 5}),
        (ValueError, {"workers": 2, "executor": ThreadPoolExecutor(1)}),
        (TypeError, {"executor": 5}),
        (TypeError, {"executor": ThreadPoolExecutor}),
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
    assert len(set(multiprocessing.active_children()) - before) == (3 if taken else 0)
    results.close()
    assert set(multiprocessing.active_children()) <= before


def test_forgetting_the_iterator_closes_it() -> None:
    before = set(multiprocessing.active_children())
    next(decode_batch(itertools.cycle(files(LARGE)), workers=2))
    assert set(multiprocessing.active_children()) <= before


@pytest.mark.parametrize("errors", ["raise", "return"])
def test_a_worker_that_dies_is_a_clear_error(errors: str) -> None:
    given = [*files(LARGE), *map(Bomb, files(SMALL)), *files(LARGE)]
    results = decode_batch(given, workers=2, errors=errors, mp_context=QUICK)
    with pytest.raises(BrokenProcessPool, match=r"^item \d+: ") as caught:
        list(results)
    assert "__main__" in caught.value.__notes__[0]


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
        try:
            out, err = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # leaving the block would wait for ever
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


ENDLESS = """
import itertools, numjpeg, numpy as np
images = itertools.repeat(np.random.default_rng(1).integers(0, 256, (160, 160, 3), np.uint8))
for number, data in enumerate(numjpeg.encode_batch(images, 100, workers=2)):
    if number == 2:
        print("ready", flush=True)
"""


@pytest.mark.usefixtures("interruptible")
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_reaches_the_caller_and_only_the_caller() -> None:
    done = run(ENDLESS, lambda pid: os.killpg(pid, signal.SIGINT))
    assert done.returncode == -signal.SIGINT or done.returncode == 1
    assert done.stderr.count("KeyboardInterrupt") == 1


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


class Tensor:
    """A picture as other libraries hold it: iterable row by row, and no buffer."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape = array, array.shape

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(self.array)


def test_a_single_picture_is_not_taken_for_its_rows() -> None:
    stack = np.stack([samples.smooth(16, 24, 3, seed=seed) for seed in range(3)])
    for picture in (stack[0], Tensor(stack[0]), stack[0, ..., 0], Tensor(stack[0, ..., 0])):
        for function in (encode_batch, encode_many):
            with pytest.raises(TypeError, match=r"^images: "):
                function(picture)
    assert encode_many(Tensor(stack)) == encode_many(stack) == [encode(p) for p in stack]
    assert encode_many(Tensor(stack[..., 0])) == [encode(p) for p in stack[..., 0]]
