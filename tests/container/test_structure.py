"""Files whose segments are odd: what libjpeg decodes is decoded, with a remark, to the same pixels."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
import tracemalloc
from contextlib import suppress
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples

import numjpeg
from numjpeg.container.markers import Segment, end_of_scan
from numjpeg.container.segments import build


def segments_of(data: bytes, name: str) -> list[Segment]:
    return [segment for segment in numjpeg.read_header(data).segments if segment.name == name]


def without_scans(data: bytes, kept: list[int]) -> bytes:
    """The file with those of its scans alone whose SOS has one of these offsets."""
    segments = numjpeg.read_header(data).segments
    for scan, following in reversed(list(pairwise(segments))):
        if scan.name == "SOS" and scan.offset not in kept:
            data = data[: scan.offset] + data[following.offset :]
    return data


def with_identifiers(data: bytes, identifiers: list[int]) -> bytes:
    """The file with other component identifiers, in the frame header and in all scan headers."""
    changed = bytearray(data)
    header = numjpeg.read_header(data)
    new = {c.identifier: identifiers[i] for i, c in enumerate(header.components)}
    for segment in header.segments:
        if segment.name in ("SOF0", "SOF1", "SOF2"):
            places = range(segment.start + 6, segment.end, 3)
        elif segment.name == "SOS":
            places = range(segment.start + 1, segment.start + 1 + 2 * data[segment.start], 2)
        else:
            continue
        for place in places:
            changed[place] = new[data[place]]
    return bytes(changed)


def remarks(data: bytes) -> list[str]:
    """What was noticed, of a file in which nothing is damaged."""
    report = numjpeg.decode_damaged(data)[1]
    assert report.faults == []
    assert report.mask.all()
    return [finding.what for finding in report.remarks]


def assert_as_pillow(data: bytes) -> None:
    expected = pillow.load(data)
    for strict in (True, False):
        assert np.array_equal(numjpeg.decode(data, strict=strict), expected)
    coefficients = numjpeg.read_coefficients(data)
    planes = [plane.shape[:2] for plane in coefficients.planes]
    assert (coefficients.height, coefficients.width) == expected.shape[:2]
    assert all(planes)


# --- component identifiers -------------------------------------------------------------------------------


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
@pytest.mark.parametrize("identifiers", [[1, 1, 1], [0, 0, 0], [1, 2, 2], [2, 1, 1], [1, 2, 1], [82, 82, 66]])
def test_equal_identifiers_of_three_components(identifiers: list[int], subsampling: str) -> None:
    data = pillow.save(samples.smooth(40, 52), subsampling=subsampling)
    changed = with_identifiers(data, identifiers)
    assert_as_pillow(changed)
    assert np.array_equal(numjpeg.decode(changed), numjpeg.decode(data))
    assert remarks(changed) == ["SOF0: components share an identifier, and are told apart by their order"]
    assert any("share an identifier" in text for text in numjpeg.read_header(changed).warnings)


@pytest.mark.parametrize("identifiers", [[1, 1, 1], [1, 2, 2], [2, 1, 1], [1, 2, 1]])
def test_equal_identifiers_of_a_progressive_file(identifiers: list[int]) -> None:
    """Its scans of one component all mean the first one of the identifier: the picture suffers, as libjpeg's."""
    data = pillow.save(samples.smooth(40, 52), progressive=True)
    changed = with_identifiers(data, identifiers)
    assert np.array_equal(numjpeg.decode(changed, strict=False), pillow.load(changed))
    # What a file has that sends the chroma's DC alone is one picture to all.
    kept = [s.offset for s in segments_of(data, "SOS") if data[s.start] == 3 or data[s.start + 1] == 1]
    assert 2 < len(kept) < len(segments_of(data, "SOS"))
    luma_alone = without_scans(changed, kept)
    assert_as_pillow(luma_alone)
    assert np.array_equal(numjpeg.decode(luma_alone), numjpeg.decode(without_scans(data, kept)))


@pytest.mark.parametrize("identifiers", [[1, 2, 1, 3], [1, 1, 1, 1], [4, 3, 3, 4], [1, 2, 3, 3]])
def test_equal_identifiers_of_four_components(identifiers: list[int]) -> None:
    data = pillow.save(samples.smooth(40, 52, 4), mode="CMYK")
    changed = with_identifiers(data, identifiers)
    assert_as_pillow(changed)
    assert np.array_equal(numjpeg.decode(changed), numjpeg.decode(data))


def test_equal_identifiers_in_scans_of_one_component(cjpeg: str) -> None:
    """Each scan means the first component, and is laid over what came before; the others are never sent."""
    data = not_interleaved(cjpeg, samples.smooth(40, 52), "1x1")
    for identifiers in ([1, 1, 1], [1, 2, 2], [1, 2, 1], [1, 2, 3]):
        assert_as_pillow(with_identifiers(data, identifiers))


def not_interleaved(cjpeg: str, image: np.ndarray, sampling: str) -> bytes:
    """A sequential file with a scan for each component."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "script")
        script.write_text("0; 1; 2;")
        ppm = b"P6 %d %d 255\n" % image.shape[1::-1] + image.tobytes()
        command = [cjpeg, "-sample", sampling, "-scans", str(script)]
        return subprocess.run(command, input=ppm, capture_output=True, check=True).stdout


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
@pytest.mark.parametrize("identifiers", [[1, 1, 2], [1, 2, 1], [2, 1, 1], [3, 3, 3]])
def test_equal_identifiers_in_another_order(identifiers: list[int], order: tuple[int, int, int]) -> None:
    """The scan header's components in any order. libjpeg refuses some; the others are read as it reads them."""
    data = with_identifiers(pillow.save(samples.smooth(40, 52), subsampling="4:4:4"), identifiers)
    changed = bytearray(data)
    (scan,) = segments_of(data, "SOS")
    for i, place in enumerate(order):
        changed[scan.start + 1 + 2 * i] = identifiers[place]
    image = numjpeg.decode(bytes(changed))
    with suppress(OSError):
        assert np.array_equal(image, pillow.load(bytes(changed)))


def test_coefficients_of_components_that_share_an_identifier_can_be_written() -> None:
    data = pillow.save(samples.smooth(40, 52))
    coefficients = numjpeg.read_coefficients(with_identifiers(data, [7, 7, 7]))
    assert [c.identifier for c in coefficients.components] == [1, 2, 3]
    assert numjpeg.write_coefficients(coefficients) == data


# --- Huffman tables that are not defined -----------------------------------------------------------------


def without_tables(data: bytes, left_out: set[int]) -> bytes:
    """The file without some of its DHT segments, counted from 0."""
    for number in sorted(left_out, reverse=True):
        segment = segments_of(data, "DHT")[number]
        data = data[: segment.offset] + data[segment.end :]
    return data


@pytest.mark.parametrize("left_out", [s for n in range(1, 5) for s in combinations(range(4), n)])
def test_each_huffman_table_is_filled_in_by_itself(left_out: tuple[int, ...]) -> None:
    full = pillow.save(samples.smooth(40, 52), restart_marker_blocks=2)
    data = without_tables(full, set(left_out))
    assert_as_pillow(data)
    assert np.array_equal(numjpeg.decode(data), numjpeg.decode(full))
    names = ["DC Huffman table 0", "AC Huffman table 0", "DC Huffman table 1", "AC Huffman table 1"]
    expected = [f"{names[i]} is not defined: the standard one is meant" for i in left_out]
    if len(left_out) == 4:
        expected = ["no Huffman tables: the standard ones (K.3 - K.6) are meant"]
    assert sorted(remarks(data)) == sorted(expected)
    said = [warning.rpartition(", byte ")[0] for warning in numjpeg.read_header(data).warnings]
    assert sorted(said) == sorted(expected)
    assert numjpeg.write_coefficients(numjpeg.read_coefficients(data)) == full


def test_a_standard_table_among_tables_of_the_file(cjpeg: str) -> None:
    """Of an optimised file that lacks one table, the code words mean something else, as in libjpeg."""
    optimised = pillow.save(samples.smooth(40, 52), optimize=True)
    data = without_tables(optimised, {2})
    assert np.array_equal(numjpeg.decode(data, strict=False), pillow.load(data))
    scans = not_interleaved(cjpeg, samples.smooth(40, 52), "2x2")
    for number in range(len(segments_of(scans, "DHT"))):
        lacking = without_tables(scans, {number})
        assert np.array_equal(numjpeg.decode(lacking, strict=False), pillow.load(lacking))


def test_tables_without_a_standard_are_damage() -> None:
    """Table numbers above 1, and progressive files: libjpeg gives up."""
    data = pillow.save(samples.smooth(40, 52))
    (scan,) = segments_of(data, "SOS")
    other = data[: scan.start + 4] + b"\x22" + data[scan.start + 5 :]
    with pytest.raises(numjpeg.FormatError, match="DC Huffman table 2 is not defined"):
        numjpeg.decode(other)
    progressive = pillow.save(samples.smooth(40, 52), progressive=True)
    with pytest.raises(numjpeg.FormatError, match="DC Huffman table 0 is not defined"):
        numjpeg.decode(without_tables(progressive, set(range(len(segments_of(progressive, "DHT"))))))
    with pytest.raises(OSError, match="broken data stream"):
        pillow.load(other)


# --- quantization tables ---------------------------------------------------------------------------------


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("place", [0, 1, 8, 63])
@pytest.mark.parametrize("table", [0, 1])
def test_an_entry_of_0_is_taken_as_it_is(table: int, place: int, progressive: bool) -> None:
    data = bytearray(pillow.save(samples.smooth(40, 52), progressive=progressive))
    data[segments_of(bytes(data), "DQT")[table].start + 1 + place] = 0
    assert_as_pillow(bytes(data))
    assert remarks(bytes(data)) == [f"DQT: table {table} has an entry of 0, and is taken as it is"]
    assert (
        not np.array_equal(numjpeg.decode(bytes(data)), pillow.load(pillow.save(samples.smooth(40, 52)))) or place
    )


def test_entries_of_0_in_a_table_that_nothing_uses() -> None:
    data = pillow.save(samples.smooth(40, 52))
    place = segments_of(data, "DQT")[0].offset
    unused = data[:place] + build(0xDB, b"\x03" + bytes(64)) + data[place:]
    assert_as_pillow(unused)
    assert np.array_equal(numjpeg.decode(unused), numjpeg.decode(data))
    assert np.isfinite(numjpeg.decode(unused, restore=True)).all()
    wide = data[:place] + build(0xDB, b"\x12" + bytes(128)) + data[place:]
    assert_as_pillow(wide)


# --- DNL (B.2.5) -----------------------------------------------------------------------------------------


def with_dnl(data: bytes, stated: int, dnl: int) -> bytes:
    """The file with a height in its frame header, and another one in a DNL behind the first scan."""
    frame = next(s for s in numjpeg.read_header(data).segments if s.name.startswith("SOF"))
    data = data[: frame.start + 1] + stated.to_bytes(2, "big") + data[frame.start + 3 :]
    end = end_of_scan(data, segments_of(data, "SOS")[0].end)
    return data[:end] + build(0xDC, dnl.to_bytes(2, "big")) + data[end:]


KINDS: dict[str, dict[str, object]] = {
    "sequential": {},
    "4:2:0 optimised": {"subsampling": "4:2:0", "optimize": True},
    "restart markers": {"restart_marker_rows": 1},
    "short restart intervals": {"restart_marker_blocks": 2},
    "progressive": {"progressive": True},
    "progressive with restart markers": {"progressive": True, "restart_marker_blocks": 5},
}


@pytest.mark.usual(every=5)
@pytest.mark.parametrize("stated", [0, 1, 8, 41, 47, 64, 65535])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_dnl_corrects_the_height(channels: int, kind: str, stated: int) -> None:
    image = samples.noise(48, 70, channels)
    data = pillow.save(image, **KINDS[kind])
    changed = with_dnl(data, stated, 48)
    expected = pillow.load(data)
    for strict in (True, False):
        assert np.array_equal(numjpeg.decode(changed, strict=strict), expected)
        header = numjpeg.read_header(changed, strict=strict)
        assert (header.height, header.width) == (48, 70)
    said = [f"DNL: the height is 48, not {stated} as in the frame header"]
    assert remarks(changed) == said
    coefficients = numjpeg.read_coefficients(changed)
    for ours, theirs in zip(coefficients.planes, numjpeg.read_coefficients(data).planes, strict=True):
        assert np.array_equal(ours, theirs)


def test_dnl_in_scans_of_one_component(cjpeg: str) -> None:
    data = not_interleaved(cjpeg, samples.noise(48, 70), "2x2")
    for stated in (0, 16, 65535):
        assert np.array_equal(numjpeg.decode(with_dnl(data, stated, 48)), pillow.load(data))


def test_dnl_of_the_same_height_changes_nothing() -> None:
    data = pillow.save(samples.noise(48, 70))
    assert_as_pillow(with_dnl(data, 48, 48))
    assert remarks(with_dnl(data, 48, 48)) == []


def test_dnl_of_processes_that_are_not_decoded() -> None:
    """What a file says of itself is corrected all the same."""
    data = with_dnl(pillow.save(samples.noise(48, 70)), 0, 48).replace(b"\xff\xc0", b"\xff\xc3")
    assert numjpeg.read_header(data).height == 48


@pytest.mark.usual(every=5)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("stated", "dnl"), [(48, 16), (48, 32), (48, 64), (48, 65535), (0, 16), (0, 80)])
def test_a_dnl_that_disagrees_with_the_data_is_damage(kind: str, stated: int, dnl: int) -> None:
    """Where the frame header's height fits, it counts: libjpeg looks at no DNL."""
    data = pillow.save(samples.noise(48, 70), **KINDS[kind])
    changed = with_dnl(data, stated, dnl)
    for reader in (numjpeg.decode, numjpeg.read_coefficients):
        with pytest.raises(numjpeg.FormatError):
            reader(changed)
    image, report = numjpeg.decode_damaged(changed)
    assert report.faults
    if stated:
        assert np.array_equal(image, pillow.load(changed))
        assert report.mask.all()
        coefficients, _ = numjpeg.read_coefficients_damaged(changed)
        assert coefficients.height == 48
    elif dnl < 48:
        assert image.shape == (dnl, 70, 3)


def test_a_dnl_where_none_may_stand() -> None:
    data = pillow.save(samples.noise(48, 70))
    (scan,) = segments_of(data, "SOS")
    (frame,) = segments_of(data, "SOF0")
    dnl = build(0xDC, b"\0\x10")
    end = end_of_scan(data, scan.end)
    for changed in (
        data[: scan.offset] + dnl + data[scan.offset :],
        data[: frame.offset] + dnl + data[frame.offset :],
        data[:end] + build(0xFE, b"between") + dnl + data[end:],
        data[:end] + build(0xDC, b"\x10") + data[end:],
        data[:end] + build(0xDC, b"\0\0") + data[end:],
    ):
        assert_as_pillow(changed)
        assert any(text.startswith("DNL: ") for text in remarks(changed))


@pytest.mark.parametrize(
    "kind", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"lossless": True}], ids=str
)
def test_dnl_of_an_arithmetic_file(kind: dict[str, bool]) -> None:
    """A smaller height counts. A larger one does not: libjpeg would go on with gray without a word."""
    image = samples.noise(48, 70)
    data = numjpeg.encode(image, arithmetic=True, **kind)
    for stated in (0, 52, 65535):
        assert np.array_equal(numjpeg.decode(with_dnl(data, stated, 48)), numjpeg.decode(data))
    for dnl in (56, 65535):
        with pytest.raises(numjpeg.FormatError, match="DNL: the height is"):
            numjpeg.decode(with_dnl(data, 48, dnl))
        assert np.array_equal(numjpeg.decode(with_dnl(data, 48, dnl), strict=False), numjpeg.decode(data))


@pytest.mark.usual(every=5)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stated", [0, 65535])
def test_a_height_that_no_data_can_fill_counts_as_little_as_0(kind: str, stated: int) -> None:
    """DNL gives another one even where it does not stand directly behind the scan, or is wrong itself."""
    data = pillow.save(samples.noise(48, 70), **KINDS[kind])
    changed = with_dnl(data, stated, 48)
    end = changed.index(build(0xDC, b"\0\x30"))
    number = len(re.findall(rb"\xff[\xd0-\xd7]", changed[segments_of(data, "SOS")[0].start : end]))
    surplus = bytes((0xFF, 0xD0 + number % 8))
    for between in (build(0xFE, b"text"), b"\0", b"\xff\xff", build(0xDC, b"\0\0"), surplus):
        for strict in (True, False):
            image = numjpeg.decode(changed[:end] + between + changed[end:], strict=strict)
            assert np.array_equal(image, pillow.load(data))
    wrong = with_dnl(data, stated, 24)
    with pytest.raises(numjpeg.FormatError):
        numjpeg.decode(wrong)
    assert numjpeg.decode(wrong, strict=False).shape == (24, 70, 3)
    coefficients, report = numjpeg.read_coefficients_damaged(wrong)
    assert coefficients.height == numjpeg.read_header(wrong, strict=False).height == 24
    assert report.faults


def test_a_height_of_0_without_dnl() -> None:
    data = bytearray(pillow.save(samples.noise(48, 70)))
    (frame,) = segments_of(bytes(data), "SOF0")
    data[frame.start + 1 : frame.start + 3] = b"\0\0"
    for strict in (True, False):
        with pytest.raises(numjpeg.UnsupportedError, match=r"SOF0: height 0, and no DNL.*\(B\.2\.5\)"):
            numjpeg.decode(bytes(data), strict=strict)
        assert numjpeg.read_header(bytes(data), strict=strict).height == 0


def test_memory_does_not_follow_a_wrong_height() -> None:
    data = with_dnl(pillow.save(samples.noise(48, 70)), 65535, 48)
    tracemalloc.start()
    numjpeg.decode(data, strict=False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


# --- a second SOI, and what follows the picture ----------------------------------------------------------


def test_a_second_soi_in_front() -> None:
    """libjpeg refuses it; it costs nothing of the picture."""
    data = pillow.save(samples.smooth(48, 70), exif=b"Exif\0\0" + bytes(40))
    expected = pillow.load(data)
    app = segments_of(data, "APP0")[0]
    for changed in (
        data[:2] + data,
        data[:2] * 1000 + data,
        data[: app.end] + data,
        data[:2] + b"\xff" + data,
        data[:2] + data[:-2],
        data[:2] + data + data,
        data[:2] + data + b"\0" * 100,
        data[: segments_of(data, "SOS")[0].offset] + data[:2] + data[segments_of(data, "SOS")[0].offset :],
    ):
        with pytest.raises(numjpeg.FormatError, match="another SOI"):
            numjpeg.decode(changed)
        image, report = numjpeg.decode_damaged(changed)
        assert np.array_equal(image, expected)
        assert "another SOI" in report.faults[0].what
        assert numjpeg.read_header(changed, strict=False).height == 48


@pytest.mark.parametrize("behind", [b"", pillow.save(samples.noise(16, 24))])
def test_an_soi_between_scans(behind: bytes) -> None:
    """Another picture's scans are not mixed in, but the rest of this one's are not lost."""
    data = pillow.save(samples.smooth(48, 70), progressive=True)
    for scan in segments_of(data, "SOS")[1:]:
        changed = data[: scan.offset] + data[:2] + data[scan.offset :] + behind
        with pytest.raises(numjpeg.FormatError):
            numjpeg.decode(changed)
        image, report = numjpeg.decode_damaged(changed)
        assert np.array_equal(image, pillow.load(data))
        assert any("another SOI" in fault.what for fault in report.faults)


@pytest.mark.parametrize("length", [2, 20, 28, 400, 620])
def test_a_picture_in_an_appn_whose_length_is_wrong(length: int) -> None:
    """The walk falls into the thumbnail, and comes out of it behind its EOI."""
    thumbnail = pillow.save(samples.noise(16, 24), quality=50)
    data = pillow.save(samples.smooth(48, 70))
    app = build(0xE1, b"Exif\0\0" + bytes(20) + thumbnail + bytes(30))
    good = data[:2] + app + data[2:]
    assert np.array_equal(numjpeg.decode(good), pillow.load(data))  # its data are none of the picture's
    wrong = data[:2] + app[:2] + length.to_bytes(2, "big") + app[4:] + data[2:]
    image = numjpeg.decode(wrong, strict=False)
    assert np.array_equal(image, pillow.load(data))


def test_many_second_sois_take_linear_time() -> None:
    start = time.process_time()
    with pytest.raises(numjpeg.FormatError, match="no frame"):
        numjpeg.decode(b"\xff\xd8" * 40_000, strict=False)
    with pytest.raises(numjpeg.FormatError, match="no frame"):
        numjpeg.decode(b"\xff\xd8" * 20_000 + b"\xff\xd9" * 20_000, strict=False)
    assert time.process_time() - start < 5


@pytest.mark.usual(every=5)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_data_of_another_format_where_eoi_should_be(kind: str, seed: int) -> None:
    data = pillow.save(samples.smooth(48, 70), **KINDS[kind])[:-2]
    noise = np.random.default_rng(seed).integers(0, 256, 500, np.uint8).tobytes()
    others = [
        b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + noise.replace(b"\xff", b"\xfe"),
        b"\x89PNG\r\n\x1a\n" + noise.replace(b"\xff", b"\xfe") + b"\xff\x40\x10\x00",
        b"RIFF" + noise[:50].replace(b"\xff", b"\xfe") + b"\xff\xfe\xff",
    ]
    for other in others:
        image, report = numjpeg.decode_damaged(data + other)
        assert np.array_equal(image, pillow.load(data + b"\xff\xd9"))
        assert report.faults or report.remarks


# --- precision, and other formats ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marker", "precision"),
    [(marker, bits) for marker in (0xC0, 0xC1, 0xC2) for bits in (2, 7, 9, 16)]
    + [(0xC0, 12)],  # SOF1 and SOF2 may have 12
)
def test_samples_of_other_bits_are_not_decoded_as_8(marker: int, precision: int) -> None:
    data = pillow.save(samples.smooth(40, 52), progressive=marker == 0xC2)
    frame = next(s for s in numjpeg.read_header(data).segments if s.name.startswith("SOF"))
    changed = data[: frame.offset + 1] + bytes((marker,)) + data[frame.offset + 2 : frame.start]
    changed += bytes((precision,)) + data[frame.start + 1 :]
    assert numjpeg.read_header(changed).precision == precision
    for strict in (True, False):
        for reader in (numjpeg.decode, numjpeg.read_coefficients):
            with pytest.raises(numjpeg.JpegError, match=f"precision {precision}|of {precision} bits"):
                reader(changed, strict=strict)


@pytest.mark.parametrize("components", [1, 3])
def test_jpeg_ls_is_named(components: int) -> None:
    frame = b"\x08\0\x10\0\x10" + bytes((components,)) + b"".join(bytes((i, 0x11, 0)) for i in range(components))
    for front in (b"", build(0xE8, b"SPIFF\0"), build(0xF8, b"\1" + bytes(10)), build(0xFE, b"text")):
        data = b"\xff\xd8" + front + build(0xF7, frame) + build(0xDA, b"\1\1\0\0\0\0") + b"\0\1\2\xff\xd9"
        for strict in (True, False):
            for reader in (numjpeg.decode, numjpeg.read_coefficients, numjpeg.read_header):
                with pytest.raises(numjpeg.UnsupportedError, match="SOF55: JPEG-LS"):
                    reader(data, strict=strict)


def test_its_marker_in_a_jpeg_file_means_nothing() -> None:
    data = pillow.save(samples.smooth(40, 52))
    (scan,) = segments_of(data, "SOS")
    for payload in (b"", b"\x08\0\x10\0\x10\1\1\x11\0"):
        changed = data[: scan.offset] + build(0xF7, payload) + data[scan.offset :]
        assert np.array_equal(numjpeg.decode(changed), numjpeg.decode(data))
