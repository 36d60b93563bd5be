"""The automaton gives the literal reader's blocks, findings and errors, whatever the file."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pillow
import pytest
import samples
from lane_reading import broken

import numjpeg
from numjpeg.container.findings import Fault, Sink
from numjpeg.container.structure import band_rows, read_structure
from numjpeg.entropy.sequential_reader import SequentialReader, read_bands
from numjpeg.errors import JpegError
from numjpeg.fast.codewords import lanes, lookup
from numjpeg.fast.plan_store import PLANS
from numjpeg.stages.huffman import STANDARD_TABLES, HuffmanTable, huffman_lookup, run_and_category

Result = tuple[list[np.ndarray], list[Fault], str | None]


@pytest.fixture(autouse=True)
def automaton_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All scans of these tests are short enough for the automaton, none is for lanes."""
    monkeypatch.setattr(lanes, "AUTOMATON_BELOW", 1 << 30)
    monkeypatch.setattr(lanes, "SERIAL_BELOW", 1 << 30)
    PLANS.clear()
    yield
    PLANS.clear()


def read(data: bytes, fast: bool, strict: bool) -> tuple[Result, int]:
    """All planes of all bands, the findings, and the error; and how many MCUs were walked through."""
    planes: list[np.ndarray] = []
    sink = Sink(strict)
    walked = 0
    try:
        for scan in read_structure(data).scans:
            one = SequentialReader(data, scan, sink)
            pieces = lanes.read_pieces(one) if fast else one.walk()
            for band in read_bands(one, pieces, band_rows(scan, 1 << 10)):
                planes += band
            walked += one.walked
    except JpegError as caught:
        return ([], [], str(caught)), walked
    return (planes, sorted(sink.findings, key=lambda f: (f.scan, f.offset, f.what)), None), walked


def assert_same(data: bytes) -> tuple[Result, int]:
    """What automaton and walk give, strict, twice in a row; and how many MCUs were walked through the second time.

    The first time tables may be new to the automaton.
    """
    for strict in (False, True):
        expected, _ = read(data, False, strict)
        for _ in range(2):
            found, walked = read(data, True, strict)
            assert found[1:] == expected[1:]
            assert len(found[0]) == len(expected[0])
            for a, b in zip(found[0], expected[0], strict=True):
                assert np.array_equal(a, b)
    return expected, walked


def crop(random: np.random.Generator, height: int, width: int) -> np.ndarray:
    photograph = samples.photograph()
    y, x = random.integers(0, 512 - height), random.integers(0, 512 - width)
    return np.ascontiguousarray(photograph[y : y + height, x : x + width])


def random_file(random: np.random.Generator, most: int = 300) -> bytes:
    """A picture of any size up to ``most``, quality, sampling, restart interval and tables, or a gray one."""
    image = crop(random, *(int(side) for side in random.integers(1, most + 1, 2)))
    kind = random.integers(7)
    if kind == 0:
        image = image[..., 0]
    options = {"quality": int(random.integers(1, 101)), "optimize": bool(random.integers(2))}
    if random.integers(2):
        options["restart_marker_blocks"] = int(random.choice([1, 2, 3, 7, 40, 1000]))
    names = ["4:4:4", "4:2:2", "4:2:0", "4:4:0", "4:1:1", "4:1:0"]
    subsampling = None if kind == 0 else names[kind - 1]
    return numjpeg.encode(image, subsampling=subsampling, **options)


@pytest.mark.usual(every=3)
@pytest.mark.parametrize("seed", range(12))
def test_random_files(seed: int) -> None:
    random = np.random.default_rng(seed)
    for _ in range(5):
        result, walked = assert_same(random_file(random))
        assert result[1:] == ([], None)
        assert walked == 0


def test_blocks_without_eob_are_repaired() -> None:
    """Of noise at a high quality nearly every block goes up to coefficient 63."""
    for subsampling in (0, 2):
        data = pillow.save(samples.noise(150, 170), quality=97, subsampling=subsampling, restart_marker_blocks=11)
        assert assert_same(data)[1] == 0
    data = pillow.save(samples.extremes(90, 120), quality=100)
    assert assert_same(data)[1] == 0


def test_tables_of_its_own_are_read_literally_at_first() -> None:
    random = np.random.default_rng(1)
    data = pillow.save(crop(random, 60, 60), quality=80, optimize=True)
    assert read(data, True, True)[1] > 0
    assert read(data, True, True)[1] == 0
    assert read(pillow.save(crop(random, 60, 60), quality=80), True, True)[1] == 0


def test_odd_tables() -> None:
    """Codes of one bit; symbols with two codes, of 16 bits, illegal; no code for most windows."""
    one = HuffmanTable((1, *[0] * 15), bytes([0]))
    odd_dc = HuffmanTable((0, 1, 1, *[0] * 11, 1, 2), bytes([3, 15, 0, 11, 3]))
    odd_ac = HuffmanTable((1, 0, 1, 1, *[0] * 11, 3), bytes([0x01, 0x00, 0xF0, 0x20, 0xFF, 0x01]))
    random = np.random.default_rng(2)
    head = numjpeg.encode(np.zeros((64, 64), np.uint8), 90)
    tables = read_structure(head)
    start = tables.scans[0].start
    for dc, ac in ((one, one), (odd_dc, odd_ac), (one, odd_ac), (odd_dc, one)):
        for _ in range(20):
            noise = random.bytes(int(random.integers(1, 400))).replace(b"\xff", b"\xff\x00")
            header = head[:start]
            for key, table in ((0x00, dc), (0x10, ac)):
                payload = bytes([key, *table.bits]) + table.values
                segment = b"\xff\xc4" + (2 + len(payload)).to_bytes(2, "big") + payload
                at = header.rindex(b"\xff\xda")
                header = header[:at] + segment + header[at:]
            assert_same(header + noise + b"\xff\xd9")


@pytest.mark.parametrize("table", STANDARD_TABLES.values(), ids=lambda table: f"{len(table.values)} symbols")
@pytest.mark.parametrize("table_class", [0, 1])
def test_entries_say_what_the_code_words_mean(table: HuffmanTable, table_class: int) -> None:
    entries = lookup.word_entries(((table, table),)).reshape(2, -1)[table_class].astype(np.int64)
    symbol, length = huffman_lookup(table)
    run, category = (part.astype(int) for part in run_and_category(symbol))
    legal = length > 0
    if table_class:
        legal &= (category > 0) | (symbol == 0) | (symbol == 0xF0)
    assert np.array_equal(entries & lookup.WORD_ILLEGAL == 0, legal)
    ends = (symbol == 0) if table_class else np.zeros(1 << 16, bool)
    advance = np.where(ends | (table_class == 0), 1, run + 1)
    assert np.array_equal((entries & lookup.ADVANCE)[legal], advance[legal])
    assert np.array_equal((entries & lookup.WORD_ENDS != 0)[legal], ends[legal])
    assert np.array_equal((entries >> lookup.WORD_USED_AT & lookup.WORD_USED)[legal], (length + category)[legal])


# --- damage ----------------------------------------------------------------------------------------------


@pytest.mark.usual("0")
@pytest.mark.parametrize("seed", range(8))
def test_broken_files(seed: int) -> None:
    """The same bands, findings and error: text, offset and MCU."""
    random = np.random.default_rng(100 + seed)
    errors = 0
    for _ in range(3):
        data = random_file(random, 120)
        for _ in range(15):
            errors += assert_same(broken(data, random))[0][2] is not None
    assert errors > 3


def test_a_fault_is_read_from_the_last_proven_mcu_on() -> None:
    data = pillow.save(samples.photograph()[:256, :256], quality=85)
    damaged = bytearray(data)
    place = int(len(data) * 0.98)
    damaged[place : place + 16] = b"\xff\x00" * 8
    (_, _, error), _ = assert_same(bytes(damaged))
    assert error is not None
    assert read(bytes(damaged), True, False)[1] <= 16


# --- the store -------------------------------------------------------------------------------------------


def test_two_threads() -> None:
    random = np.random.default_rng(7)
    files = [random_file(random, 100) for _ in range(12)]
    expected = [numjpeg.decode(data) for data in files]
    wrong: list[int] = []

    def work(order: list[int]) -> None:
        wrong.extend(i for i in order * 3 if not np.array_equal(numjpeg.decode(files[i]), expected[i]))

    threads = [threading.Thread(target=work, args=(order,)) for order in (list(range(12)), list(range(12))[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_automata_count_what_they_hold() -> None:
    random = np.random.default_rng(8)
    for _ in range(40):
        numjpeg.decode(random_file(random, 60))
    assert 0 < PLANS.nbytes <= PLANS.capacity
