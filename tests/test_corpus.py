"""Real files nobody here made: every row of the corpus's manifest has an expectation, and the counts are printed.

Needs the corpus, a folder beside the project that is not part of it; skipped, saying so, where that is missing.
"""

from __future__ import annotations

import hashlib
import io
import time
import tracemalloc
import warnings
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import pillow
import pytest
from PIL import Image, ImageOps

import numjpeg
from numjpeg.stages.dct import fdct, idct
from numjpeg.stages.quantization import quantize
from numjpeg.stages.zigzag import zigzag

pytestmark = pytest.mark.corpus

INCOMPLETE = {f"valid/progressive/wuffs__peacock.progressive.scan00{i}.jpeg" for i in (0, 3, 8)}
"""Progressive files without their last scans."""

DECODED = ("SOF0", "SOF1", "SOF2", "SOF3", "SOF9", "SOF10", "SOF11")

SECONDS, MEMORY = 10, 1 << 30


def expectation(row: dict[str, str]) -> str:
    """What must come out of a file that is valid."""
    if row["path"] == "valid/t83/pydcmjpeg__B1.JPG":
        return "the file has no frame, it holds tables alone"
    if row["path"] == "valid/t83/pydcmjpeg__B2.JPG":
        return "unsupported: SOF0: 255 components"
    if row["sof"] not in DECODED:
        return f"unsupported: {row['sof']}:"
    if not row["pillow_sha256"]:
        return "equal to the second decoder"
    return "equal"


@pytest.mark.parametrize("manifest", ["whole"], indirect=True)
def test_what_the_corpus_holds(manifest: list[dict[str, str]]) -> None:
    """So many files that must come out as they do elsewhere."""
    expected = Counter(expectation(row) for row in manifest if row["kind"] == "valid")
    assert expected["equal"] == 271
    assert expected["equal to the second decoder"] == 39
    assert sum(row["kind"] == "broken" for row in manifest) == 248


@pytest.mark.usual("sample")
def test_every_valid_file(
    corpus: Path, manifest: list[dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Equal to the hash of Pillow's pixels, or refused by the name of the process that is not decoded.

    Pillow reads no file whose height DNL gives. The manifest has the pixels of a copy with that height in its SOF.
    """
    counts: Counter[str] = Counter()
    for row in (row for row in manifest if row["kind"] == "valid"):
        expected = expectation(row)
        data = (corpus / row["path"]).read_bytes()
        if expected == "equal":
            image = numjpeg.decode(data)
            assert hashlib.sha256(image.tobytes()).hexdigest() == row["pillow_sha256"], row["path"]
            assert image.dtype == np.uint8
            counts["equal to Pillow"] += 1
        elif expected == "equal to the second decoder":
            assert hashlib.sha256(numjpeg.decode(data).tobytes()).hexdigest() == row["ref2_sha256"], row["path"]
            counts["equal to the second decoder"] += 1
        elif expected.startswith("unsupported"):
            with pytest.raises(numjpeg.UnsupportedError, match=expected.removeprefix("unsupported: ")):
                numjpeg.decode(data)
            counts["unsupported, " + row["sof"]] += 1
        else:
            with pytest.raises(numjpeg.FormatError, match=expected):
                numjpeg.decode(data)
            counts[expected] += 1
        if not expected.startswith("the file has no frame"):
            header = numjpeg.read_header(data)
            assert str(header.width) == row["width"], row["path"]
            assert str(header.height) == (row["dnl_height"] or row["height"]), row["path"]
            assert header.marker == row["sof"], row["path"]
            assert str(header.scans) == row["scans"], row["path"]
    with capsys.disabled():
        print(f"\nvalid: {dict(counts)}")
    assert sum(counts.values()) == sum(row["kind"] == "valid" for row in manifest)


NOT_JPEG = {"broken/not_jpeg/jpegdecoder__jpg-size-6x6.jpg", "broken/not_jpeg/pydcmjpeg__JPEG2000.jpg"}

BANDS = {"L": 1, "RGB": 3, "CMYK": 4}


def recovered(row: dict[str, str]) -> str:
    """What must come out of a broken file with ``strict=False``."""
    if row["path"] in NOT_JPEG:
        return "not a JPEG file"
    if not row["pillow_truncated_sha256"]:
        return "no reference"  # Pillow does not open it: a picture or a JpegError
    if row["sof"] not in DECODED:
        return "unsupported"
    _, mode, size = row["pillow_truncated_ok"].split()
    width, height = map(int, size.split("x"))
    if hashlib.sha256(bytes(width * height * BANDS[mode])).hexdigest() == row["pillow_truncated_sha256"]:
        return "libjpeg gives up"  # Pillow's picture is black; ours is another, or a JpegError
    return "equal"


@pytest.mark.usual("sample")
def test_every_broken_file(
    corpus: Path,
    manifest: list[dict[str, str]],
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    """A result or a JpegError, within 10 seconds and 1 GiB.

    Strict, what is decoded is what Pillow gives without being told to be lenient. Otherwise it is what libjpeg
    recovers (:func:`recovered`), and the report tells of a fault wherever strict refuses.
    """
    strict_counts: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    slowest, largest = 0.0, 0
    tracemalloc.start()
    request.addfinalizer(tracemalloc.stop)  # tests that follow a failure would be slow and seem to need memory
    rows = [row for row in manifest if row["kind"] == "broken"]
    for row in rows:
        data = (corpus / row["path"]).read_bytes()
        outcomes = {}
        for reader in (numjpeg.decode, numjpeg.read_coefficients, numjpeg.read_header, numjpeg.decode_damaged):
            tracemalloc.reset_peak()
            start = time.perf_counter()
            try:
                outcomes[reader.__name__] = reader(data)
            except numjpeg.JpegError as error:
                outcomes[reader.__name__] = error
            slowest = max(slowest, time.perf_counter() - start)
            largest = max(largest, tracemalloc.get_traced_memory()[1])
        for name in ("decode", "read_coefficients", "read_header"):
            kind = type(outcomes[name]).__name__ if isinstance(outcomes[name], Exception) else "result"
            strict_counts[f"{name}: {kind}"] += 1
        strict, damaged = outcomes["decode"], outcomes["decode_damaged"]
        if not isinstance(strict, Exception) and row["pillow"] == "ok":
            assert hashlib.sha256(strict.tobytes()).hexdigest() == row["pillow_sha256"], row["path"]

        expected = recovered(row)
        outcome = expected
        if isinstance(damaged, Exception):
            assert expected != "equal", row["path"]
            assert isinstance(strict, Exception), row["path"]
            if expected == "not a JPEG file":
                assert "not a JPEG file" in str(damaged), row["path"]
            if expected == "unsupported":
                assert isinstance(damaged, numjpeg.UnsupportedError), row["path"]
                assert str(damaged).startswith(row["sof"]), row["path"]
            outcome += f", {type(damaged).__name__}"
        else:
            image, report = damaged
            assert any(fault.kind != "remark" for fault in report.faults) == isinstance(strict, Exception), row[
                "path"
            ]
            assert expected not in ("unsupported", "not a JPEG file"), row["path"]
            digest = hashlib.sha256(image.tobytes()).hexdigest()
            assert (digest == row["pillow_truncated_sha256"]) == (
                expected == "equal"
            ) or expected == "no reference"
            outcome += ", picture"
        counts[outcome] += 1
    with capsys.disabled():
        print(f"\nbroken: {dict(strict_counts)}, slowest {slowest:.2f} s, most memory {largest / 2**20:.0f} MiB")
        print(f"recovered: {dict(counts)}")
    assert sum(counts.values()) == len(rows)
    assert slowest < SECONDS
    assert largest < MEMORY


# Where the manifest's scanner and numjpeg do not mean the same: column -> file -> what numjpeg says, and why.
METADATA = {
    "icc_bytes": {
        "valid/metadata/pillow__icc-after-SOF.jpg": "7",  # sent again behind the frame header
        "valid/quirks/jpegdecoder__icc_missing_chunk.jpeg": "0",
    },
    "exif_orientation": {
        "valid/metadata/exif-samples__image01713.jpg": "1",  # which only XMP says
        "valid/restart/pillow__invalid-exif.jpg": "",  # no TIFF header
    },
    "exif_thumbnail": {
        "valid/camera/exif-samples__87_OSError.jpg": "0",  # of 0 bytes
        "valid/metadata/exiftool__ExifTool.jpg": "0",  # of 0 bytes
        "valid/restart/pillow__invalid-exif.jpg": "0",
    },
    "mpf": {"valid/metadata/pillow__sugarshack_bad_mpo_header.jpg": "0"},
}


@pytest.mark.parametrize("manifest", ["whole"], indirect=True)
def test_metadata_of_every_valid_file(corpus: Path, manifest: list[dict[str, str]]) -> None:
    """What the manifest says, and what Pillow says, of files of every process."""
    count = 0
    for row in manifest:
        path = row["path"]
        if row["kind"] != "valid" or expectation(row).startswith("the file has no frame"):
            continue
        header = numjpeg.read_header((corpus / path).read_bytes())
        found = {
            "icc_bytes": len(header.icc_profile or b""),
            "exif_orientation": header.orientation or "",
            "exif_thumbnail": int(header.exif_thumbnail is not None),
            "adobe_transform": "" if header.adobe_transform is None else header.adobe_transform,
            "mpf": int(bool(header.images)),
            "comments": len(header.comments),
            "trailing_bytes": header.trailing[1] if header.trailing else 0,
        }
        for column, value in found.items():
            assert str(value) == METADATA.get(column, {}).get(path, row[column]), (path, column)
        assert (header.jfif_thumbnail is not None) == (row["jfif_thumbnail"] != "0"), path
        assert (header.exif is not None) == (row["exif"] != "0"), path
        if row["pillow"] == "ok":
            _compare_with_pillow(corpus / path, header)
            count += 1
    assert count > 250


def _compare_with_pillow(path: Path, header: numjpeg.Header) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = Image.open(path)
    info = image.info
    assert header.exif == info.get("exif"), path
    assert header.xmp == info.get("xmp"), path
    assert (header.comments or [None])[-1] == info.get("comment"), path
    assert header.jfif_version == info.get("jfif_version"), path
    assert (header.density and header.density[1:]) == info.get("jfif_density"), path
    assert (header.density and header.density[0]) == info.get("jfif_unit"), path
    if not any("ICC" in warning for warning in header.warnings):
        assert header.icc_profile == info.get("icc_profile"), path
    try:
        assert header.orientation == image.getexif().get(0x0112), path
    except SyntaxError:  # of Pillow's, at EXIF data without a TIFF header
        assert "EXIF: no TIFF directory" in header.warnings, path
    if image.format == "MPO":
        assert len(header.images) == image.n_frames
        for number, place in enumerate(header.images):
            with suppress(ValueError):  # an image that is not in the file
                image.seek(number)
            assert place.offset == image.offset, path


@pytest.mark.parametrize("manifest", ["whole"], indirect=True)
def test_pictures_are_turned_as_pillow_turns_them(corpus: Path, manifest: list[dict[str, str]]) -> None:
    count = 0
    for row in manifest:
        turned = row["exif_orientation"] not in ("", "1")
        if row["kind"] == "valid" and expectation(row) == "equal" and turned and int(row["size"]) < 500_000:
            expected = np.asarray(ImageOps.exif_transpose(Image.open(corpus / row["path"])))
            image = numjpeg.imread(corpus / row["path"], exif_orientation=True)
            assert np.array_equal(image, expected), row["path"]
            count += 1
    assert count > 10


@pytest.mark.usual("sample")
def test_coefficients_of_every_file_are_kept(corpus: Path, manifest: list[dict[str, str]]) -> None:
    """Read, write, read again; and Pillow sees the same pixels in both files."""
    count = 0
    for row in manifest:
        if row["kind"] != "valid" or expectation(row) != "equal" or int(row["size"]) > 300_000:
            continue
        if row["sof"] in ("SOF3", "SOF11"):
            continue  # lossless coding has no coefficients
        data = (corpus / row["path"]).read_bytes()
        before = numjpeg.read_coefficients(data)
        written = numjpeg.write_coefficients(before)
        after = numjpeg.read_coefficients(written)
        for a, b in zip(before.planes, after.planes, strict=True):
            assert np.array_equal(a, b), row["path"]
        if row["path"] in INCOMPLETE:  # what a sequential file does not say any more
            smoothed = numjpeg.decode(data)
            assert not np.array_equal(smoothed, numjpeg.decode(written))
            assert np.array_equal(numjpeg.decode(data, block_smoothing=False), pillow.load(written))
            continue
        # Pillow refuses a few files for their metadata's sake alone; numjpeg's pixels equal its own in any case.
        assert hashlib.sha256(pillow.load(written).tobytes()).hexdigest() == row["pillow_sha256"], row["path"]
        count += 1
    assert count > (150 if len(manifest) > 500 else 25)


@pytest.mark.parametrize("stream", ["A1", "C1", "C2"])
def test_compliance_by_t83(corpus: Path, stream: str) -> None:
    """ITU-T T.83: decoded samples, transformed and quantized again, are within 1 of the reference coefficients."""
    coefficients = numjpeg.read_coefficients((corpus / f"valid/t83/pydcmjpeg__{stream}.JPG").read_bytes())
    for component, name in enumerate("ABCD"):
        reference = np.fromfile(corpus / f"valid/t83/reference/DREF_{name}8.DCT", ">i2").reshape(-1, 64)
        samples = idct(coefficients.dequantized(component))
        again = quantize(fdct(samples, "float"), coefficients.quantization_table(component))
        assert abs(zigzag(again).reshape(-1, 64) - reference.astype(int)).max() <= 1


def test_motion_jpeg(corpus: Path) -> None:
    """A camera's frame without Huffman tables, with more padding in front of restart markers than it takes."""
    data = (corpus / "broken/mjpeg_no_dht/jpegdecoder__mjpeg.jpg").read_bytes()
    assert np.array_equal(numjpeg.decode(data), pillow.load(data))
    assert numjpeg.read_header(data).warnings == [
        "no Huffman tables: the standard ones (K.3 - K.6) are meant, byte 187"
    ]


def test_abbreviated_streams_by_t83(corpus: Path) -> None:
    """B1 holds the tables alone of A1 and B2; B2, without tables, has 255 components."""
    a1, b1, b2 = ((corpus / f"valid/t83/pydcmjpeg__{name}.JPG").read_bytes() for name in ("A1", "B1", "B2"))
    for reader in (numjpeg.decode, numjpeg.read_coefficients, numjpeg.read_header):
        with pytest.raises(numjpeg.FormatError, match="no frame, it holds tables alone"):
            reader(b1)
    for reader in (numjpeg.decode, numjpeg.read_coefficients):
        with pytest.raises(numjpeg.UnsupportedError, match="255 components, at most 4 are supported"):
            reader(b2, tables=b1)
    header = numjpeg.read_header(b2)
    assert len(header.components) == header.scans == 255
    _, image = numjpeg.split_tables(a1)
    with pytest.raises(numjpeg.FormatError, match="quantization table 0 is not defined"):
        numjpeg.decode(image)
    assert np.array_equal(numjpeg.decode(image, tables=b1), pillow.load(a1))


@pytest.mark.sweep
def test_a_camera_file_of_12_megapixels_all_the_way(corpus: Path) -> None:
    """Decoded without a difference, encoded again to Pillow's bytes, and scored."""
    data = (corpus / "valid/camera/exif-samples__42_IndexError.jpg").read_bytes()
    image = numjpeg.decode(data)
    assert image.shape == (3024, 4032, 3)
    assert np.array_equal(image, pillow.load(data))
    encoded = numjpeg.encode(image, 85)
    assert encoded == pillow.save(image, quality=85)
    again = numjpeg.decode(encoded)
    error = image.astype(np.float64) - again
    assert numjpeg.psnr(image, again) == pytest.approx(10 * np.log10(255**2 / (error**2).mean()))


@pytest.mark.usual("sample")
def test_photographs_and_screens(corpus: Path, photos: list[Path]) -> None:
    """Every lossless picture of the corpus: bytes equal, pixels equal."""
    assert len(list((corpus / "photos").rglob("*.png"))) == 20
    for path in photos:
        image = np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB"))
        for options in ({"quality": 75}, {"quality": 95, "subsampling": "4:4:4", "optimize": True}):
            data = numjpeg.encode(image, **options)
            assert data == pillow.save(image, **options), path.name
            assert np.array_equal(numjpeg.decode(data), pillow.load(data)), path.name
