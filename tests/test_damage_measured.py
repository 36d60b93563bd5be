"""What the damage report is worth, measured over flipped bits, and over the corpus's undamaged files."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples

import numjpeg
from numjpeg.container.structure import read_structure

FLIPS = 50

KINDS: dict[str, dict[str, object]] = {
    "baseline": {},
    "optimised": {"optimize": True},
    "restart rows": {"restart_marker_rows": 1},
    "progressive": {"progressive": True},
}


@pytest.mark.usual(*(f"{kind}-0" for kind in KINDS))
@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_flipped_bits(kind: str, part: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Of flips that leave a sign, wrong pixels that are in no doubt are at most 0.5 % of all pixels.

    For all flips together the share is printed: a flip that keeps every length leaves no sign.
    """
    data = pillow.save(samples.photograph()[:256, :256], quality=80, **KINDS[kind])
    whole, report = numjpeg.decode_damaged(data)
    assert report.mask.all()
    assert not report.faults
    assert not report.remarks
    scans = read_structure(data).scans
    places = np.concatenate([np.arange(scan.start, scan.end) for scan in scans])
    random = np.random.default_rng([len(kind), part])
    shares, signs, outside = [], [], []
    for place, bit in zip(random.choice(places, FLIPS), random.integers(8, size=FLIPS), strict=True):
        flipped = bytearray(data)
        flipped[place] ^= 1 << int(bit)
        image, report = numjpeg.decode_damaged(bytes(flipped))  # raises nothing
        unseen = (image != whole).any(axis=-1) & report.pixels()
        shares.append(unseen.mean())
        signs.append(bool(report.faults))
        assert signs[-1] != report.mask.all()
        if kind == "restart rows":
            own = len(re.findall(rb"\xff[\xd0-\xd7]", data[scans[0].start : place]))
            outside.append(np.delete(report.mask, own, axis=0).mean())
    seen = float(np.mean(np.array(shares)[signs]))
    with capsys.disabled():
        print(
            f"\n{kind}: {sum(signs)} of {FLIPS} flips leave a sign; wrong pixels in no doubt:"
            f" {seen:.2%} with a sign, {np.mean(shares):.2%} of all flips"
        )
    assert sum(signs) > FLIPS / 8
    assert seen <= 0.005
    assert not outside or np.mean(outside) >= 0.95


@pytest.mark.parametrize("kind", [{}, {"progressive": True}, {"arithmetic": True}], ids=str)
def test_eight_intervals_more_or_less(kind: dict[str, bool]) -> None:
    """Restart numbers repeat after eight, so nothing shows where eight intervals were lost, or came twice."""
    data = numjpeg.encode(samples.photograph()[:256, :128], 80, restart_marker_rows=1, **kind)
    whole = numjpeg.decode(data)
    scan = read_structure(data).scans[0]
    begins = [found.start() for found in re.finditer(rb"\xff[\xd0-\xd7]", data[: scan.end])]
    first, stop = begins[1], begins[9]
    for damaged in (data[:first] + data[stop:], data[:stop] + data[first:]):
        image, report = numjpeg.decode_damaged(damaged)
        wrong = (image != whole).any(axis=-1)
        assert wrong.mean() > 0.2
        assert not (wrong & report.pixels()).any()
    # Where something is wrong before, nothing in front of it is in doubt.
    damaged = bytearray(data[: begins[4]] + data[begins[12] :])
    damaged[begins[2] + 1] = 0xD0 + (damaged[begins[2] + 1] + 3) % 8
    image, report = numjpeg.decode_damaged(bytes(damaged))
    assert not ((image != whole).any(axis=-1) & report.pixels()).any()
    assert report.mask[:2].all()


# What valid files of the corpus have that is no damage, and yet may be a sign of it.
LEFT_OVER = {
    "valid/baseline/jpeg-js__redbox-with-trailing-bytes.jpg": "2 bytes are left over at the end of a scan"
}

TABLES_ALONE = "valid/t83/pydcmjpeg__B1.JPG"


@pytest.mark.corpus
@pytest.mark.usual("sample")
def test_undamaged_files_are_in_no_doubt(corpus: Path, manifest: list[dict[str, str]]) -> None:
    count = 0
    rows = [row for row in manifest if row["kind"] == "valid" and int(row["size"]) < 300_000]
    for row in rows:
        try:
            _, report = numjpeg.decode_damaged((corpus / row["path"]).read_bytes())
        except numjpeg.UnsupportedError:
            continue
        except numjpeg.FormatError:
            assert row["path"] == TABLES_ALONE
            continue
        assert [fault.what for fault in report.faults] == [
            what for path, what in LEFT_OVER.items() if path == row["path"]
        ]
        assert report.mask.all() == (row["path"] not in LEFT_OVER)
        count += 1
    assert count > (150 if len(manifest) > 500 else 40)
