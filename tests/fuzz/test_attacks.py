"""Files that are changed byte by byte, cut off, thrown together or made to be expensive: JpegErrors, nothing else.

A default run takes a sample. Everything takes a quarter of an hour:

    NUMJPEG_ATTACKS=all python -m pytest tests/fuzz/test_attacks.py -s
"""

from __future__ import annotations

import itertools
import os
import random
import time
import tracemalloc
from collections.abc import Callable
from contextlib import nullcontext
from types import ModuleType
from typing import Any

import pytest
import seeds
from targets import SECONDS

import numjpeg
from numjpeg import decoder
from numjpeg.container import segments
from numjpeg.errors import JpegError

ALL = os.environ.get("NUMJPEG_ATTACKS") == "all"

FILES = seeds.files()

SMALL_FRAME = 1 << 16
"""Samples of a frame that needs no memory worth measuring, which takes its time."""

FREE_MEMORY, MEMORY_A_BYTE, MEMORY_A_SAMPLE = 24_000_000, 4096, 12
"""Most bytes that a call may take: so many for its tables, whatever the file, so many for each byte of the file,
and if damage is no error so many for each sample of the frame."""

SECONDS_OF_ARITHMETIC = 4 * SECONDS
"""CPU time for one call on a file with arithmetic coding: even 64 kB of dense data take a second and a half."""

CALLS: dict[str, tuple[Callable[..., Any], dict[str, bool]]] = {
    "read_header": (numjpeg.read_header, {"strict": True}),
    "read_header, not strict": (numjpeg.read_header, {"strict": False}),
    "decode": (numjpeg.decode, {"strict": True}),
    "decode, not strict": (numjpeg.decode, {"strict": False}),
    "read_coefficients": (numjpeg.read_coefficients, {}),
}


def claim_of(data: bytes) -> tuple[int, bool]:
    """How many samples the frame claims that is read under strict=False, and whether coding is arithmetic."""
    try:
        header = numjpeg.read_header(data, strict=False)
    except JpegError:
        return 0, False
    return header.height * header.width * len(header.components), header.marker in ("SOF9", "SOF10", "SOF11")


def attack(data: bytes, measure_memory: bool = True) -> dict[str, str]:
    """Give a file to all that reads files; what each made of it, "" or the name of its JpegError.

    With arithmetic coding a picture of any size may take a few bytes: its samples are allowed their memory.
    """
    samples, arithmetic = claim_of(data)
    seconds = SECONDS_OF_ARITHMETIC if arithmetic else SECONDS
    results = {}
    for name, (function, options) in CALLS.items():

        def call(function: Callable[..., Any] = function, options: dict[str, bool] = options) -> str:
            try:
                function(data, **options)
            except JpegError as error:
                return type(error).__name__
            return ""

        start = time.process_time()
        results[name] = call()
        taken = time.process_time() - start
        assert taken <= seconds, f"{name}: {taken:.2f} s"
        if measure_memory and samples > SMALL_FRAME:
            allowed = FREE_MEMORY + MEMORY_A_BYTE * len(data)
            if arithmetic or options.get("strict") is False:
                allowed += MEMORY_A_SAMPLE * samples
            tracemalloc.start()
            call()
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak <= allowed, f"{name}: {peak} bytes, {allowed} allowed"
    return results


def count(what: str, attacks: list[dict[str, str]]) -> None:
    """Print what came of the files."""
    for name in CALLS:
        done = [result[name] for result in attacks]
        kinds = {kind or "decoded": done.count(kind) for kind in sorted(set(done))}
        print(f"{what}, {len(attacks)} files, {name}: {kinds}")


def test_there_are_files_of_every_process() -> None:
    """Of different kinds: each is decoded, and small enough that every byte can be tried."""
    assert len(FILES) == 18
    assert max(map(len, FILES.values())) < 1200
    markers = {numjpeg.read_header(data).marker for data in FILES.values()}
    assert markers == {"SOF0", "SOF1", "SOF2", "SOF3", "SOF9", "SOF10", "SOF11"}


@pytest.mark.usual(*(name for name in FILES if not name.startswith("arithmetic")), "arithmetic, lossless")
@pytest.mark.parametrize("name", FILES)
def test_every_byte_changed(name: str) -> None:
    """To 0 and 255, by one, and in its highest and a middle bit."""
    data = FILES[name]
    changes = [
        (place, value)
        for place, old in enumerate(data)
        for value in sorted({0, 255, (old + 1) % 256, (old - 1) % 256, old ^ 0x80, old ^ 0x10} - {old})
    ]
    if not ALL:
        changes = random.Random(name).sample(changes, 15)
    found = [attack(data[:place] + bytes((value,)) + data[place + 1 :]) for place, value in changes]
    count(f"one byte of {name}", found)


@pytest.mark.parametrize("name", FILES)
def test_every_truncation(name: str) -> None:
    data = FILES[name]
    lengths = list(range(len(data)))
    if not ALL:
        lengths = sorted(random.Random(name).sample(lengths, 20))
    found = [attack(data[:length]) for length in lengths]
    count(f"{name} cut off", found)
    # A file that does not come up to its first scan has no picture.
    first = data.index(b"\xff\xda")
    assert all(
        result["decode, not strict"] for length, result in zip(lengths, found, strict=True) if length < first
    )


def test_marker_soup(hypothesis: ModuleType) -> None:
    """Segments of all files and none, in any order, with anything between them."""
    strategies = hypothesis.strategies
    files = []
    for data in FILES.values():
        places = [i for i in range(len(data) - 1) if data[i] == 255 and data[i + 1] not in (0, 255)] + [len(data)]
        files.append([data[begin:end] for begin, end in itertools.pairwise(places)])
    pieces = [piece for file in files for piece in file]
    markers = strategies.integers(1, 254)
    part = strategies.one_of(
        strategies.sampled_from(pieces),
        strategies.sampled_from(pieces),
        strategies.builds(segments.build, markers, strategies.binary(max_size=40)),
        strategies.builds(lambda marker: bytes((255, marker)), markers),
        strategies.binary(max_size=20),
    )
    found = []

    @hypothesis.settings(
        max_examples=10_000 if ALL else 150,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(
        strategies.one_of(strategies.just([b"\xff\xd8"]), strategies.sampled_from(files)),
        strategies.lists(strategies.tuples(strategies.integers(1, 24), part), max_size=16),
    )
    def run(file: list[bytes], added: list[tuple[int, bytes]]) -> None:
        parts = list(file)
        for place, piece in added:
            parts.insert(place, piece)
        found.append(attack(b"".join(parts)))

    run()
    decoded = sum(not result["decode, not strict"] for result in found)
    assert 0.1 * len(found) < decoded < 0.9 * len(found)
    count("marker soup", found)


# --- files that are made to be expensive -----------------------------------------------------------------

ONE_BIT = bytes((1, *[0] * 15))


def head(
    height: int,
    width: int,
    components: int = 1,
    restarts: int = 0,
    sof: int = 0xC0,
    first: int = 0x11,
    precision: int = 8,
) -> bytes:
    """All up to the first scan. Each code has one bit: no DC difference; the end of the block."""
    frame = bytes((precision, *height.to_bytes(2, "big"), *width.to_bytes(2, "big"), components))
    frame += b"".join(bytes((i + 1, 0x11 if i else first, 0)) for i in range(components))
    out = b"\xff\xd8" + segments.build(0xDB, b"\0" + b"\1" * 64)
    out += segments.build(0xC4, b"\0" + ONE_BIT + b"\0") + segments.build(0xC4, b"\x10" + ONE_BIT + b"\0")
    return out + segments.build(sof, frame) + segments.build(0xDD, restarts.to_bytes(2, "big"))


def scan(components: int = 1, Ss: int = 0, Se: int = 63, bits: int = 0) -> bytes:
    selectors = b"".join(bytes((i + 1, 0)) for i in range(components))
    return segments.build(0xDA, bytes((components,)) + selectors + bytes((Ss, Se, bits)))


def ac_table(symbols: bytes) -> bytes:
    """Of codes of 1, 2, 3 ... bits."""
    return segments.build(0xC4, b"\x10" + bytes([1] * len(symbols) + [0] * (16 - len(symbols))) + symbols)


def restarts(count: int, data: bytes = b"", step: int = 1) -> bytes:
    return b"".join(data + bytes((255, 0xD0 + i * step % 8)) for i in range(count))


def progressive(height: int, width: int, dc: bytes, *scans: bytes) -> bytes:
    return head(height, width, sof=0xC2) + scan(1, 0, 0) + dc + b"".join(scans) + b"\xff\xd9"


ONES, NOISE = b"\xfe" * 30_000, random.Random(0).randbytes(60_000).replace(b"\xff", b"\x7f")
REFINED = [scan(1, 1, 63, 0x10) + b"\0" * 6000 for _ in range(5)]

EXPENSIVE = {
    "intervals of a byte": head(3000, 4000, 1, 11) + scan() + restarts(21_000, b"\0"),
    "empty intervals": head(3000, 4000, 1, 6) + scan() + restarts(31_400),
    "two of three intervals missing": head(3000, 4000, 1, 2) + scan() + restarts(31_400, step=3),
    "intervals of a byte, 4:2:0": head(3000, 4000, 3, 3, first=0x22) + scan(3) + restarts(20_000, b"\0"),
    "intervals of an MCU, huge": head(13_000, 13_700, 1, 1) + scan() + restarts(21_000, b"\0"),
    "intervals of noise": head(3000, 4000, 1, 3) + scan() + restarts(10_000, b"\xfe\xd1\x55\x23"),
    "runs beyond the block": head(3000, 4000) + ac_table(b"\xf1") + scan() + bytes(60_000),
    "runs beyond the block, 4:2:0": head(3000, 4000, 3, first=0x22) + ac_table(b"\xf1") + scan(3) + bytes(60_000),
    "markers out of place": head(3000, 4000, 1, 1) + scan() + b"\xff\xd7" * 32_000,
    "markers without meaning": head(3000, 4000, 1, 1) + scan() + b"\xff\x01" * 32_000,
    "nothing but a header, gray": head(13_000, 13_700) + scan() + bytes(10),
    "nothing but a header, 4:2:0": head(10_000, 11_900, 3, first=0x22) + scan(3) + bytes(10),
    "nothing but a header, CMYK": head(6000, 7400, 4) + scan(4) + bytes(10),
    "zeros over a huge frame": head(13_000, 13_700) + scan() + bytes(65_000),
    "no code begins like this": head(3000, 4000) + scan() + b"\xfe" * 64_000,
    "progressive, nothing but a header": progressive(13_000, 13_700, b"\0"),
    "progressive, DC of zeros": progressive(13_000, 13_700, bytes(60_000)),
    "progressive, DC without codes": progressive(13_000, 13_700, ONES * 2),
    "progressive, AC of ends": progressive(3000, 4000, bytes(24_000), scan(1, 1, 63) + bytes(24_000)),
    "progressive, AC of ends, torn": progressive(1600, 4000, bytes(9000), scan(1, 1, 63) + bytes(50_000)),
    "progressive, runs beyond the band": progressive(
        3000, 4000, bytes(24_000), ac_table(b"\xf0"), scan(1, 1, 1) + bytes(30_000)
    ),
    "progressive, values beyond the band": progressive(
        3000, 4000, bytes(24_000), ac_table(b"\xf1"), scan(1, 1, 1) + bytes(30_000)
    ),
    "progressive, the longest runs of ends": progressive(
        16_000, 11_000, bytes(20_000), ac_table(b"\xe0"), scan(1, 1, 63) + bytes(20_000)
    ),
    "progressive, ends refined": progressive(2000, 3000, bytes(12_000), *[scan(1, 1, 63, 0x10) + bytes(9000)] * 5),
    "progressive, noise": progressive(1000, 1000, NOISE[:5000], ac_table(bytes(range(1, 13))),
        scan(1, 1, 63) + NOISE[:50_000]),
    "progressive, noise refined": progressive(
        1000,
        1000,
        bytes(2000),
        ac_table(b"\x01\x11\x00\x21\x31\xf0"),
        scan(1, 1, 63) + NOISE[:20_000],
        scan(1, 1, 63, 0x10) + NOISE[:20_000],
        scan(1, 1, 63, 0x10) + NOISE[20_000:40_000],
    ),
    "progressive, every coefficient refined": progressive(
        800, 800, bytes(1300), ac_table(b"\x01\x00"), scan(1, 1, 63) + b"\x22" * 30_000, *REFINED
    ),
    "hundreds of scans over a huge frame": progressive(13_000, 13_700, b"\0", *[scan(1, 0, 0) + b"\0"] * 5000),
    "thousands of scans over a block": progressive(8, 8, b"\0", *[scan(1, 0, 0) + b"\0"] * 5000),
    "hundreds of scans over a block": progressive(8, 8, b"\0", *[scan(1, 1, 63) + b"\0"] * 1000, bytes(40_000)),
    "tables of their own": progressive(
        8, 8, b"\0", *[ac_table(bytes((i % 256, i // 256, 255))) + scan(1, 1, 63) + b"\0" for i in range(1000)],
        bytes(20_000),
    ),
    "tables that no scan uses": head(8, 8)
    + b"".join(ac_table(bytes((i % 256, i // 256, 255))) for i in range(2700))
    + scan(),
    "a component again and again": head(8, 8) + (scan() + b"\0") * 5000,
    "12 bits, zeros over a huge frame": head(13_000, 13_700, sof=0xC1, precision=12) + scan() + bytes(65_000),
    "12 bits, noise": head(3000, 4000, sof=0xC1, precision=12) + ac_table(bytes(range(1, 15))) + scan() + NOISE,
    "lossless, nothing but a header": head(1600, 2500, sof=0xC3) + scan(1, 1, 0) + bytes(10),
    "lossless, a huge frame": head(13_000, 13_700, sof=0xC3) + scan(1, 1, 0) + bytes(65_000),
    "lossless, zeros": head(700, 740, sof=0xC3) + scan(1, 7, 0) + bytes(65_000),
    "lossless, categories of noise": head(700, 740, sof=0xC3, precision=16)
    + segments.build(0xC4, bytes((0, 1, 1, 1, 1, 1, *[0] * 11)) + bytes((16, 15, 1, 0, 7)))
    + scan(1, 6, 0) + NOISE,
    "lossless, no code begins like this": head(700, 740, sof=0xC3) + scan(1, 5, 0) + b"\xfe" * 64_000,
    "lossless, intervals of a row": head(60_000, 8, 1, 8, sof=0xC3) + scan(1, 3, 0) + restarts(21_000, b"\0"),
    "comments": b"\xff\xd8" + b"\xff\xfe\0\2" * 16_000,
    "broken comments": b"\xff\xd8" + b"\xff\xfe\0\0" * 16_000,
    "pictures in pictures": b"\xff\xd8" * 32_000,
    "pictures behind each other": head(8, 8) + scan() + b"\0" + b"\xff\xd8" * 32_000,
    "broken tables": head(8, 8) + b"\xff\xdb\0\3\5" * 12_000 + scan(),
    "fill bytes": b"\xff\xd8" + b"\xff" * 64_000,
    "chunks of a profile": head(8, 8)
    + b"".join(segments.build(0xE2, b"ICC_PROFILE\0" + bytes((i % 255 + 1, 255))) for i in range(3400))
    + scan(),
    "an index again and again": head(8, 8) + b"\xff\xe2\0\6MPF\0" * 8000 + scan(),
}  # fmt: skip


@pytest.mark.usual(
    "intervals of a byte",
    "runs beyond the block, 4:2:0",
    "markers out of place",
    "nothing but a header, 4:2:0",
    "zeros over a huge frame",
    "no code begins like this",
    "progressive, DC of zeros",
    "progressive, AC of ends, torn",
    "progressive, every coefficient refined",
    "a component again and again",
    "comments",
)
@pytest.mark.parametrize("name", EXPENSIVE)
def test_expensive_files(name: str) -> None:
    data = EXPENSIVE[name]
    assert len(data) < 65_536
    results = attack(data, measure_memory=ALL or "nothing" in name or "hundreds" in name)
    print(f"{name}: {results}")


ARITHMETIC = {
    "nothing but a header": head(13_000, 13_700, sof=0xC9) + scan() + bytes(10),
    "nothing but a header, lossless": head(1600, 2500, sof=0xCB) + scan(1, 1, 0) + bytes(10),
    "a huge frame": head(13_000, 13_700, sof=0xC9) + scan() + bytes(60_000),
    "blocks that take no data": head(2000, 3000, 3, sof=0xC9, first=0x22) + scan(3) + bytes(60_000),
    "noise": head(3000, 4000, sof=0xC9) + scan() + NOISE,
    "noise, 12 bits": head(3000, 4000, sof=0xC9, precision=12) + scan() + NOISE,
    "no encoder makes this": head(3000, 4000, sof=0xC9) + scan() + b"\xfe" * 60_000,
    "intervals of an MCU": head(3000, 4000, 1, 1, sof=0xC9) + scan() + restarts(15_000, b"\x55\x33"),
    "progressive": head(2000, 3000, sof=0xCA) + scan(1, 0, 0) + bytes(9000) + scan(1, 1, 63) + bytes(50_000),
    "progressive, noise refined": head(1000, 1000, sof=0xCA) + scan(1, 0, 0) + NOISE[:9000]
    + scan(1, 1, 63, 1) + NOISE[:25_000] + scan(1, 1, 63, 0x10) + NOISE[25_000:50_000],
    "samples that take no data": head(2000, 2000, sof=0xCB) + scan(1, 1, 0) + bytes(60_000),
    "lossless noise": head(700, 740, sof=0xCB, precision=16) + scan(1, 7, 0) + NOISE,
}  # fmt: skip


@pytest.mark.usual("progressive")
@pytest.mark.parametrize("name", ARITHMETIC)
def test_expensive_files_with_arithmetic_coding(name: str) -> None:
    data = ARITHMETIC[name]
    assert len(data) < 65_536
    results = attack(data, measure_memory="nothing" in name)
    print(f"{name}: {results}")


READERS = (numjpeg.decode, numjpeg.decode_damaged, numjpeg.read_coefficients)


@pytest.mark.parametrize("components", [1, 3])
def test_the_limit_counts_pixels(components: int) -> None:
    data = head(100, 100, components, first=0x22) + scan(components)
    for function in READERS:
        with pytest.raises(numjpeg.UnsupportedError, match="100 x 100 pixels: more than max_pixels=9999"):
            function(data, max_pixels=9999)
        with nullcontext() if function is numjpeg.decode_damaged else pytest.raises(numjpeg.FormatError):
            function(data, max_pixels=10_000)


@pytest.mark.parametrize("limit", [decoder.reader.MAX_PIXELS, None])
def test_samples_beyond_a_bound_need_data(limit: int | None) -> None:
    """What memory a small file can claim does not depend on the limit of pixels."""
    for data in (
        head(13_000, 13_700, 3) + scan(3) + bytes(60_000) + b"\xff\xd9",
        head(13_000, 13_700, 4, first=0x22) + scan(4) + bytes(60_000) + b"\xff\xd9",
        head(13_000, 13_700, 3, sof=0xC2) + scan(3, 0, 0) + bytes(60_000) + b"\xff\xd9",
    ):
        for function in READERS:
            tracemalloc.start()
            with pytest.raises(numjpeg.UnsupportedError, match=r"more than a file of 6.... bytes can hold"):
                function(data, max_pixels=limit)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < FREE_MEMORY


@pytest.mark.usual("64")
@pytest.mark.parametrize("rows", [64, 6336])
def test_sixty_megapixels_of_three_components_are_within_the_limit(rows: int) -> None:
    """180 million samples, as some cameras write them; each block of two bits."""
    data = head(6336, 9504, 3) + scan(3) + bytes(792 * 1188 * 3 * 2 // 8) + b"\xff\xd9"
    image = numjpeg.decode(data, colorspace="GRAY", region=(0, 0, rows, 9504))
    assert image.shape == (rows, 9504)
    assert (image == 128).all()


def test_scans_and_tables_are_counted() -> None:
    """Scans that visit too many blocks are refused before anything is read; unused tables are not even checked."""
    for name in ("hundreds of scans over a huge frame", "thousands of scans over a block"):
        for function in (numjpeg.decode, numjpeg.decode_damaged, numjpeg.read_coefficients):
            with pytest.raises(numjpeg.UnsupportedError, match=r"5001 scans visit \d+ blocks, more than 4194304"):
                function(EXPENSIVE[name])
    # Three codes of one bit.
    data = head(8, 8) + segments.build(0xC4, b"\x11\3" + bytes(15) + bytes(3)) * 9
    with pytest.raises(numjpeg.FormatError, match="DHT"):
        numjpeg.decode(data + segments.build(0xDA, bytes((1, 1, 0x01, 0, 63, 0))) + b"\0\xff\xd9")
    assert (numjpeg.decode(data + scan() + b"\0\xff\xd9") == 128).all()
