"""The lanes give the literal reader's blocks, findings and errors, and leave next to nothing to it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples
from PIL import Image

import numjpeg
from numjpeg.container.findings import Fault, Sink
from numjpeg.container.frame import Scan
from numjpeg.container.structure import band_rows, read_structure
from numjpeg.encoder import write_file
from numjpeg.entropy.sequential_reader import SequentialReader, read_bands
from numjpeg.errors import JpegError
from numjpeg.fast import lanes, lookup
from numjpeg.stages.huffman import (
    AC_CHROMINANCE,
    AC_LUMINANCE,
    DC_CHROMINANCE,
    DC_LUMINANCE,
    HuffmanTable,
    extend,
    huffman_decode,
    run_and_category,
)

Result = tuple[list[np.ndarray], list[Fault], str | None]


def scans_of(data: bytes) -> list[Scan]:
    return read_structure(data).scans


def read(data: bytes, in_lanes: bool, strict: bool) -> tuple[Result, list[SequentialReader]]:
    """All planes of all bands, the findings, and the error; and the readers."""
    planes: list[np.ndarray] = []
    readers: list[SequentialReader] = []
    sink = Sink(strict)
    try:
        for scan in scans_of(data):
            readers.append(SequentialReader(data, scan, sink))
            pieces = lanes.read_pieces(readers[-1]) if in_lanes else readers[-1].walk()
            for band in read_bands(readers[-1], pieces, band_rows(scan, 1 << 10)):
                planes += band
    except JpegError as caught:
        return ([], [], str(caught)), readers
    return (planes, sorted(sink.findings, key=lambda f: (f.scan, f.offset, f.what)), None), readers


def assert_same(data: bytes) -> tuple[Result, int]:
    """What lanes and walk give, strict; and how many MCUs were walked through in spite of the lanes."""
    for strict in (False, True):
        expected, _ = read(data, False, strict)
        found, readers = read(data, True, strict)
        assert found[1:] == expected[1:]
        assert len(found[0]) == len(expected[0])
        for a, b in zip(found[0], expected[0], strict=True):
            assert np.array_equal(a, b)
    return expected, sum(one.walked for one in readers)


def tiled(height: int, width: int) -> np.ndarray:
    """The photograph and its mirror images, cut to size."""
    photograph = samples.photograph()
    pair = np.concatenate([photograph, photograph[:, ::-1]], axis=1)
    four = np.concatenate([pair, pair[::-1]])
    return np.tile(four, (-(-height // 1024), -(-width // 1024), 1))[:height, :width]


PHOTOGRAPH = tiled(200, 312)
TILE = np.tile(samples.photograph()[200:232, 200:232], (20, 20, 1))


@pytest.fixture(autouse=True)
def lanes_for_small_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "SERIAL_BELOW", 64)
    monkeypatch.setattr(lanes, "AUTOMATON_BELOW", 0)


@pytest.mark.parametrize("quality", [10, 50, 85, 97])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("optimize", [False, True])
def test_photographs(quality: int, subsampling: int, optimize: bool) -> None:
    data = pillow.save(PHOTOGRAPH, quality=quality, subsampling=subsampling, optimize=optimize)
    result, walked = assert_same(data)
    assert result[1:] == ([], None)
    assert walked == 0


PICTURES = {
    "gray": pillow.save(PHOTOGRAPH[..., 1], quality=90),
    "cmyk": pillow.save(samples.smooth(120, 90, 4), "CMYK", quality=90),
    "noise": pillow.save(samples.noise(90, 120), quality=100),
    "extremes": pillow.save(samples.extremes(90, 120), quality=100, optimize=True),
    "smooth": pillow.save(samples.smooth(300, 200), quality=75),
    "flat": pillow.save(samples.flat(700, 700), quality=75),
    "flat, 4:4:4": pillow.save(samples.flat(700, 700), quality=75, subsampling=0),
    "tile": pillow.save(TILE, quality=95),
    "rgb": pillow.save(PHOTOGRAPH, quality=80, keep_rgb=True),
    "every MCU a restart interval": pillow.save(PHOTOGRAPH, quality=85, restart_marker_blocks=1),
    "restart intervals of 7": pillow.save(PHOTOGRAPH, quality=85, subsampling=0, restart_marker_blocks=7),
    "restart intervals of rows": pillow.save(PHOTOGRAPH, quality=95, restart_marker_rows=3),
    "a line of pixels": pillow.save(tiled(1, 20000), quality=90),
    "a column of pixels": pillow.save(tiled(20000, 1), quality=90),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(name: str) -> None:
    result, walked = assert_same(PICTURES[name])
    assert result[1:] == ([], None)
    assert walked == 0


@pytest.mark.parametrize("name", ["4:4:0", "4:1:1", "4:1:0"])
def test_sampling_factors(name: str) -> None:
    assert assert_same(numjpeg.encode(PHOTOGRAPH, 90, subsampling=name))[1] == 0


def test_scans_of_one_component(cjpeg: str, tmp_path: Path) -> None:
    """Not interleaved, and tables of 16-bit codes."""
    script, ppm = tmp_path / "scans", tmp_path / "picture.ppm"
    script.write_text("0;\n1 2;\n")
    Image.fromarray(PHOTOGRAPH).save(ppm)
    for sample in ("2x2", "1x2,1x1,1x1"):
        arguments = [cjpeg, "-quality", "95", "-sample", sample, "-scans", str(script), str(ppm)]
        data = subprocess.run(arguments, check=True, capture_output=True).stdout
        assert len(scans_of(data)) == 2
        assert assert_same(data)[1] == 0


def gray_file(blocks: np.ndarray, dc: HuffmanTable, ac: HuffmanTable) -> bytes:
    """A file of given coefficients ``(rows, columns, 8, 8)`` and tables."""
    height, width = 8 * blocks.shape[0], 8 * blocks.shape[1]
    component = numjpeg.Component(1, 1, 1, 0)
    table = np.ones((8, 8), np.uint16)
    tables = {(0, 0): dc, (1, 0): ac}
    data = numjpeg.write_coefficients(
        numjpeg.Coefficients(height, width, (component,), [blocks], {0: table}, tables)
    )
    assert scans_of(data)[0].huffman_tables == tables
    return data


def test_tokens_of_multiples_of_three_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of three guesses never meet the truth: all code words with their magnitude bits are 3, 6 or 9 bits."""
    dc = HuffmanTable((0, 1, 1, *[0] * 13), bytes([1, 0]))
    # End of block 3 bits, (0, 1) 2 + 1, (0, 2) 4 + 2, (1, 1) 5 + 1, (2, 1) 8 + 1, (3, 1) 8 + 1.
    ac = HuffmanTable((0, 1, 1, 1, 1, 0, 0, 2, *[0] * 8), bytes([0x01, 0x00, 0x02, 0x11, 0x21, 0x31]))
    random = np.random.default_rng(3)
    blocks = np.zeros((60, 80, 8, 8), np.int16)
    blocks[..., 0, 1] = random.choice([-1, 1], (60, 80))
    blocks[..., 1, 0] = random.choice([-3, -2, 0, 1], (60, 80))
    blocks[..., 0, 0] = np.arange(60 * 80).reshape(60, 80) % 2
    data = gray_file(blocks, dc, ac)
    made: list[lanes.LaneReader] = []

    class Kept(lanes.LaneReader):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr(lanes, "LaneReader", Kept)
    assert assert_same(data)[1] == 0
    words = len(data) * 8 / 7.5
    assert 0 < made[-1].lane_steps < 5 * words


def test_codes_of_one_bit() -> None:
    """Blocks of two bits: as many as there can be."""
    one = HuffmanTable((1, *[0] * 15), bytes([0]))
    data = gray_file(np.zeros((90, 70, 8, 8), np.int16), one, one)
    assert_same(data)


def test_magnitudes_that_no_window_holds() -> None:
    random = np.random.default_rng(5)
    blocks = random.integers(-32767, 32768, (20, 20, 8, 8)).astype(np.int16)
    blocks[..., 0, 0] //= 2
    blocks[random.random(blocks.shape) < 0.5] = 0
    component = numjpeg.Component(1, 1, 1, 0)
    coefficients = numjpeg.Coefficients(160, 160, (component,), [blocks], {0: np.ones((8, 8), np.uint16)})
    assert assert_same(write_file(coefficients, None))[1] == 0


# --- the look-up -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dc", "ac"),
    [
        (DC_LUMINANCE, AC_LUMINANCE),
        (DC_CHROMINANCE, AC_CHROMINANCE),
        # A symbol with two codes, illegal symbols, 16 bits, a code that is missing in the middle of nowhere.
        (
            HuffmanTable((0, 1, 1, *[0] * 11, 1, 2), bytes([3, 15, 0, 11, 3])),
            HuffmanTable((1, 0, 1, 1, *[0] * 11, 3), bytes([0x01, 0x00, 0xF0, 0x20, 0xFF, 0x01])),
        ),
    ],
)
def test_the_look_up_is_the_stages_fused(dc: HuffmanTable, ac: HuffmanTable) -> None:
    """Every window's entry against DECODE, RECEIVE and EXTEND, symbol by symbol."""
    entries = lookup.entries(((dc, ac),)).reshape(3, -1)
    windows = np.arange(1 << 16)

    def stages(windows: np.ndarray, table: HuffmanTable, is_dc: bool) -> tuple[np.ndarray, ...]:
        symbol, length = huffman_decode(windows.astype(np.uint16), [table])
        run, category = (part.astype(int) for part in run_and_category(symbol))
        used = length + category
        tail = windows << length & 0xFFFF
        value = extend(tail >> (16 - category), category).astype(int)
        illegal = (length == 0) | (~np.bool_(is_dc) & (category == 0) & (symbol != 0) & (symbol != 0xF0))
        end = illegal | (~np.bool_(is_dc) & (symbol == 0))
        run = np.where(end | np.bool_(is_dc), 0, run)
        return np.where(illegal, 16, used), run, np.where(illegal, 0, value), end, illegal

    for row, table, is_dc, most in ((0, dc, True, 3), (1, ac, False, 3), (2, ac, False, 1)):
        entry = entries[row]
        total, run, value, end, illegal = stages(windows, table, is_dc)
        long = ~illegal & ((total > 16) | (abs(value) > 2047))
        place, advance = [run], run + 1
        values = [np.where(long, 0, value)]
        goes_on = ~end & ~long
        for _ in range(1, most):
            tail = windows << np.minimum(total, 16) & 0xFFFF
            used, run, value, next_end, next_illegal = stages(tail, ac, False)
            # What one entry can hold, and that of three words none but the last can fill the block (k < 48).
            joins = goes_on & ~next_illegal & (total + used <= 16) & (run < 15) & (abs(value) < 128)
            if len(place) == 2:
                joins &= np.maximum(place[0] + 1, advance - place[0] - 1) <= 8
            valued = joins & ~next_end
            place.append(np.where(valued, advance + run, place[-1]))
            values.append(np.where(valued, value, 0))
            total = total + joins * used
            advance = np.where(valued, advance + run + 1, advance)
            end = end | (joins & next_end)
            goes_on = valued
        assert np.array_equal(entry >> 32 & 31, total)
        assert np.array_equal(entry >> 37 & 1, long)
        assert np.array_equal(entry >> 38 & 1, illegal)
        for k in (0,) if row == 0 else (1, 20, 47) if row == 1 else (48, 63):
            after = k + (entry & 127) & entry >> 57
            assert np.array_equal(after, np.where(end, 64, k + advance))
        first = entry >> 16 & 15
        second = first + (entry >> 8 & 15)
        third = second + (entry >> 12 & 15)
        found = (entry << 32 >> 52, entry << 16 >> 56, entry << 8 >> 56)
        place += [place[-1]] * (3 - most)
        values += [np.zeros_like(values[0])] * (3 - most)
        for found_place, expected_place in zip((first, second, third), place, strict=True):
            assert np.array_equal(found_place, expected_place)
        for found_value, expected_value in zip(found, values, strict=True):
            assert np.array_equal(found_value, expected_value)


# --- faults ----------------------------------------------------------------------------------------------

TO_BREAK = [
    pillow.save(PHOTOGRAPH, quality=90),
    pillow.save(PHOTOGRAPH, quality=80, subsampling=0),
    pillow.save(PHOTOGRAPH[..., 0], quality=90, optimize=True),
    pillow.save(PHOTOGRAPH, quality=90, restart_marker_blocks=3),
    pillow.save(PHOTOGRAPH, quality=90, optimize=True, restart_marker_rows=2),
]


def broken(data: bytes, random: np.random.Generator) -> bytes:
    """The file with something wrong in its entropy-coded data."""
    damaged = bytearray(data)
    start = scans_of(data)[0].start
    place = int(random.integers(start, len(data) - 3))
    kind = random.integers(6)
    if kind == 0:
        del damaged[place:]
    elif kind == 1:
        damaged[place] ^= 1 << int(random.integers(8))
    elif kind == 2:
        del damaged[place : place + int(random.integers(1, 50))]
    elif kind == 3:
        damaged[place:place] = random.bytes(3)
    elif kind == 4:
        damaged[-2:-2] = bytes(random.integers(0, 255, random.integers(1, 5), np.uint8))
    else:
        damaged[place] = int(random.integers(256))
    return bytes(damaged)


@pytest.mark.parametrize("number", range(len(TO_BREAK)))
def test_broken_data(number: int) -> None:
    """The same bands, findings and error: text, offset and MCU."""
    random = np.random.default_rng(number)
    errors = 0
    for _ in range(40):
        errors += assert_same(broken(TO_BREAK[number], random))[0][2] is not None
    assert errors > 5


@pytest.mark.parametrize("interval", [0, 40])
def test_a_fault_is_read_from_the_last_certain_mcu_on(interval: int) -> None:
    """Near the end of the data an illegal code: of thousands of MCUs a few are read serially."""
    data = pillow.save(tiled(512, 1024), quality=85, restart_marker_blocks=interval)
    place = int(len(data) * 0.98)
    damaged = bytearray(data)
    damaged[place : place + 16] = b"\xff\x00" * 8
    (_, _, error), walked = assert_same(bytes(damaged))
    assert error is not None
    assert walked <= 64


@pytest.mark.parametrize("interval", [0, 7, 32])
def test_trailing_bytes_are_a_remark(interval: int) -> None:
    data = pillow.save(tiled(512, 512), quality=85, restart_marker_blocks=interval)
    (_, findings, error), walked = assert_same(data[:-2] + b"abc" + data[-2:])
    assert [(found.kind, found.what) for found in findings] == [
        ("remark", "3 bytes are left over at the end of a scan")
    ]
    assert error is None
    assert walked == 0


@pytest.mark.parametrize("interval", [1, 7, 32])
def test_bytes_in_front_of_restart_markers_are_read_in_lanes(interval: int) -> None:
    data = pillow.save(tiled(512, 512), quality=85, restart_marker_blocks=interval)
    for stray, in_doubt in ((b"\xff\x00", False), (b"\x12\x34", True)):
        changed = data.replace(b"\xff\xd3", stray + b"\xff\xd3")
        (_, findings, error), walked = assert_same(changed)
        assert error is None
        assert walked == 0
        assert len(findings) == data.count(b"\xff\xd3")
        assert all((found.mcus is not None) == in_doubt for found in findings)


# --- the corpus ------------------------------------------------------------------------------------------


def test_every_file_of_the_corpus(corpus: Path) -> None:
    count = 0
    for path in sorted(corpus.rglob("*.jp*g")):
        data = path.read_bytes()
        if len(data) > 300_000:
            continue
        try:
            scans = scans_of(data)
        except JpegError:
            continue
        if not scans or scans[0].frame.progressive:
            continue
        _, walked = assert_same(data)
        if "valid/baseline" in str(path):
            assert walked == 0, path
        count += 1
    assert count > 200


# --- the picture -----------------------------------------------------------------------------------------


def test_what_a_lane_knows() -> None:
    data = pillow.save(tiled(256, 256), quality=85, subsampling=0)
    (scan,) = scans_of(data)
    states = lanes.lane_states(data, scan, 64)
    assert states.dtype == np.uint8
    assert set(np.unique(states)) == {0, 1, 2}
    assert (states[0] != 1).all()  # the first lane knows
    for row in states:  # right once, right for ever, until the next one takes over
        order = row[row > 0].astype(int)
        assert (np.diff(order) >= 0).all()
    assert (states == 2).mean() > 0.3
