"""Progressive files: pixels as Pillow has them, coefficients as jpegtran has them; both readers say the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples
from PIL import Image

import numjpeg
from numjpeg.container import markers, segments
from numjpeg.container.structure import read_structure

SIZES = [(1, 1), (8, 8), (9, 7), (16, 16), (17, 33), (40, 24), (65, 66), (100, 75)]


def segment(marker: int, payload: bytes) -> bytes:
    return segments.build(marker, payload)


# --- pixels and coefficients -----------------------------------------------------------------------------


@pytest.mark.usual("10-4:2:0", "60-4:2:2", "90-4:4:4", "100-4:2:0")
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("quality", [10, 60, 90, 100])
def test_pixels_equal_pillow_s(subsampling: str, quality: int) -> None:
    for size in SIZES:
        for make in (samples.smooth, samples.noise, samples.flat):
            data = pillow.save(make(*size), quality=quality, subsampling=subsampling, progressive=True)
            assert np.array_equal(numjpeg.decode(data), pillow.load(data)), (size, make.__name__)


@pytest.mark.parametrize(
    "options",
    [
        {"restart_marker_blocks": 1},
        {"restart_marker_blocks": 5},
        {"restart_marker_rows": 1},
        {"keep_rgb": True},
        {"qtables": [[300] * 64, [700] * 64]},
        {"quality": 85},
    ],
    ids=str,
)
def test_options_of_pillow(options: dict[str, object]) -> None:
    for picture in (samples.smooth(70, 90), samples.noise(33, 50), samples.photograph()[:200, :300]):
        data = pillow.save(picture, progressive=True, **options)
        assert np.array_equal(numjpeg.decode(data), pillow.load(data))


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (4, "CMYK")])
def test_gray_and_cmyk(channels: int, mode: str) -> None:
    for size in SIZES:
        data = pillow.save(samples.smooth(*size, channels), mode, progressive=True, quality=80)
        assert np.array_equal(numjpeg.decode(data), pillow.load(data)), size


SCRIPTS = {
    "two scans": "0 1 2: 0 0 0 0; 0: 1 63 0 0; 1: 1 63 0 0; 2: 1 63 0 0;",
    "DC of each": "0: 0 0 0 3; 1: 0 0 0 0; 2: 0 0 0 1; 0: 1 63 0 0; 0: 0 0 3 2; 0: 0 0 2 1; 2: 0 0 1 0;"
    "0: 0 0 1 0; 1: 1 63 0 0; 2: 1 63 0 0;",
    "pairs": "0 2: 0 0 0 1; 1: 0 0 0 0; 2: 1 63 0 0; 0 2: 0 0 1 0; 1: 1 63 0 0; 0: 1 63 0 0;",
    "every coefficient": "0 1 2: 0 0 0 0;" + "".join(f"0: {k} {k} 0 0;" for k in range(63, 0, -1)),
    "every bit": "0 1 2: 0 0 0 8;"
    + "".join(f"0 1 2: 0 0 {a} {a - 1};" for a in range(8, 0, -1))
    + "0: 1 63 0 8;"
    + "".join(f"0: 1 63 {a} {a - 1};" for a in range(8, 0, -1)),
    "bands of bits": "0 1 2: 0 0 0 0; 0: 1 5 0 2; 0: 6 20 0 1; 0: 1 5 2 1; 0: 21 63 0 3; 0: 6 20 1 0; 0: 1 5 1 0;"
    "0: 21 63 3 2; 0: 21 63 2 1; 0: 21 63 1 0; 1: 1 63 0 4; 1: 1 63 4 3; 1: 1 63 3 2; 1: 1 63 2 1;",
    "chroma without AC": "0 1 2: 0 0 0 0; 0: 1 63 0 0;",
    "last bit missing": "0 1 2: 0 0 0 1; 0: 1 63 0 1; 1: 1 63 0 2; 2: 1 63 0 1; 1: 1 63 2 1;",
}


@pytest.mark.usual(every=2)
@pytest.mark.cjpeg
@pytest.mark.parametrize("name", SCRIPTS)
def test_scan_scripts(cjpeg: str, name: str, tmp_path: Path) -> None:
    """Pixels as Pillow has them; the coefficients as jpegtran writes them into a sequential file."""
    script, source, file = tmp_path / "script", tmp_path / "source.ppm", tmp_path / "file.jpg"
    script.write_text(SCRIPTS[name].replace(";", ";\n"))
    jpegtran = str(Path(cjpeg).with_name("jpegtran"))
    for options in ((), ("-sample", "1x2", "-quality", "95"), ("-sample", "2x2,1x1,1x2", "-restart", "3B")):
        for picture in (samples.smooth(61, 90), samples.noise(35, 35)):
            Image.fromarray(picture).save(source)
            command = [cjpeg, *options, "-scans", str(script), "-outfile", str(file), str(source)]
            subprocess.run(command, check=True)
            data = file.read_bytes()
            assert np.array_equal(numjpeg.decode(data), pillow.load(data))
            sequential = subprocess.run([jpegtran, str(file)], check=True, capture_output=True).stdout
            assert numjpeg.read_header(sequential).marker == "SOF0"
            found, expected = numjpeg.read_coefficients(data), numjpeg.read_coefficients(sequential)
            for a, b in zip(found.planes, expected.planes, strict=True):
                assert np.array_equal(a, b)
            assert found.huffman_tables == {}
            assert numjpeg.read_coefficients(numjpeg.write_coefficients(found)).planes[0].any()


# --- incomplete files ------------------------------------------------------------------------------------


def test_a_component_that_is_never_sent_is_neutral() -> None:
    data = pillow.save(samples.smooth(20, 20), progressive=True, subsampling=0)
    frame = read_structure(data).require_frame()
    place = data.index(b"\xff\xda")
    tables = data[:place]
    dc = segment(0xDA, bytes((1, frame.components[0].identifier, 0, 0, 0, 1)))
    cut = tables + dc + b"\x00" * 20 + b"\xff\xd9"
    assert np.array_equal(numjpeg.decode(cut), pillow.load(cut))
    assert not numjpeg.read_coefficients(cut).planes[1].any()


# --- errors ----------------------------------------------------------------------------------------------


def test_errors_say_what_where_and_by_which_clause() -> None:
    data = pillow.save(samples.noise(80, 80), progressive=True)
    scans = read_structure(data).scans
    for scan in scans:
        ones = b"\xff\x00" * 6
        if scan.Ss == 0 and scan.Ah:
            continue  # any bits will do
        places = range(scan.start + 8, scan.end - len(ones) - 8)
        place = next(p for p in places if b"\xff" not in data[p - 1 : p + len(ones) + 1])
        damaged = data[:place] + ones + data[place + len(ones) :]
        with pytest.raises(numjpeg.FormatError, match=r"in MCU \d+ \(G\.2\), byte \d+") as caught:
            numjpeg.decode(damaged)
        assert scan.start <= caught.value.offset <= scan.end
    cut = data[: scans[5].start + 100] + b"\xff\xd9"
    with pytest.raises(numjpeg.FormatError, match="data end too early in MCU"):
        numjpeg.decode(cut)


# --- scan headers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ((0, 1, 0, 1), "Ss=0, Se=1"),
        ((5, 4, 0, 0), "Ss=5, Se=4"),
        ((1, 64, 0, 0), "Ss=1, Se=64"),
        ((1, 5, 0, 0), "AC coefficients has 3 components"),
        ((0, 0, 0, 14), "Ah=0, Al=14"),
        ((0, 0, 3, 1), "Ah=3, Al=1"),
    ],
)
def test_scan_headers_that_mean_nothing(parameters: tuple[int, int, int, int], expected: str) -> None:
    data = bytearray(pillow.save(samples.smooth(16, 16), progressive=True))
    place = data.index(b"\xff\xda") + 11
    Ss, Se, Ah, Al = parameters
    data[place : place + 3] = bytes((Ss, Se, Ah << 4 | Al))
    with pytest.raises(numjpeg.FormatError, match=expected + r".*\(G\.1\.1\.1\.[12]\), byte"):
        numjpeg.decode(bytes(data))


def _remarks(data: bytes) -> list[str]:
    return [found.what for found in read_structure(data).sink.findings]


def test_scans_out_of_order_are_remarks() -> None:
    """As in libjpeg: a scan that comes twice, or a refinement that skips a bit."""
    data = pillow.save(samples.smooth(32, 32, 1), progressive=True)
    parts = [found for found in markers.iterate_segments(data) if found.marker == markers.SOS]
    ends = [markers.end_of_scan(data, found.end) for found in parts]
    for i in (0, 1, 4):
        scan = data[ends[i - 1] if i else data.index(b"\xff\xc4") : ends[i]]
        twice = data[: ends[i]] + scan + data[ends[i] :]
        assert np.array_equal(numjpeg.decode(twice), pillow.load(twice)), i
        assert any("do not come bit after bit" in text for text in _remarks(twice))
    assert not _remarks(data)
    reverse = data[: data.index(b"\xff\xc4")] + data[ends[0] : ends[1]] + data[data.index(b"\xff\xc4") : ends[0]]
    reverse += b"\xff\xd9"
    assert np.array_equal(numjpeg.decode(reverse), pillow.load(reverse))
    assert any("come before its DC" in text for text in _remarks(reverse))


def test_only_tables_that_a_scan_uses_must_be_there() -> None:
    data = pillow.save(samples.smooth(32, 32, 1), progressive=True)
    dht = data.index(b"\xff\xc4")
    length = int.from_bytes(data[dht + 2 : dht + 4], "big")
    with pytest.raises(numjpeg.FormatError, match="DC Huffman table 0 is not defined"):
        numjpeg.decode(data[:dht] + data[dht + 2 + length :])
    # Without any AC table there are only DC scans; the refinement needs none at all.
    scans = read_structure(data).scans
    refinement = next(scan for scan in scans if scan.Ss == 0 and scan.Ah)
    assert refinement.huffman_tables == {}
    only_dc = data[: scans[0].end] + data[refinement.offset : refinement.end] + b"\xff\xd9"
    assert np.array_equal(numjpeg.decode(only_dc), pillow.load(only_dc))


def test_a_run_of_ends_that_passes_the_last_block_is_a_remark() -> None:
    """As libjpeg, which does not look at what is left of it."""
    one_bit = bytes((1, *[0] * 15))
    tables = segment(0xDB, b"\0" + b"\1" * 64) + segment(0xC4, b"\0" + one_bit + b"\0")
    tables += segment(0xC4, b"\x10" + one_bit + b"\x30")  # EOB3, which ends 8 to 15 blocks
    frame = segment(markers.SOF2, bytes((8, 0, 8, 0, 32, 1, 1, 0x11, 0)))
    dc = segment(markers.SOS, bytes((1, 1, 0, 0, 0, 0))) + b"\x0f"
    ac = segment(markers.SOS, bytes((1, 1, 0, 1, 63, 0))) + b"\x0f"
    data = b"\xff\xd8" + tables + frame + dc + ac + b"\xff\xd9"
    assert np.array_equal(numjpeg.decode(data), pillow.load(data))
    _, report = numjpeg.decode_damaged(data)
    assert [(f.what, f.kind) for f in report.faults] == [("a run of ends of blocks passes the last one", "remark")]
