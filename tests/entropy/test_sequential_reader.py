"""Sequential scans: the literal reader against the oracle, libjpeg and the fast forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pillow
import pytest
import samples

import numjpeg
from numjpeg import scans
from numjpeg.container.findings import Sink
from numjpeg.container.structure import read_structure
from numjpeg.entropy.sequential_reader import SequentialReader
from numjpeg.fast.codewords import lanes
from numjpeg.fast.codewords import progressive as fast_progressive
from numjpeg.fast.samples import inverse_dct, tiles

OPTIONS: list[dict[str, object]] = [
    {},
    {"subsampling": 0, "quality": 95},
    {"subsampling": 1, "optimize": True},
    {"restart_marker_rows": 1},
    {"progressive": True},
    {"progressive": True, "restart_marker_blocks": 3},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_without_the_fast_forms_the_pixels_are_the_same(
    options: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The literal readers and the stages alone, of whole and of damaged files."""
    data = pillow.save(samples.photograph()[:150, :203], **options)
    cut = data[: len(data) * 2 // 3]
    expected = [numjpeg.decode(cut, strict=False), numjpeg.decode(data, colorspace="BGR", fancy_upsampling=False)]

    def never(*arguments: object) -> None:
        raise AssertionError("a fast form is used")

    monkeypatch.setattr(scans, "_fast_forms_enabled", False)
    for module in (lanes, fast_progressive, inverse_dct, tiles):
        for name in ("read_pieces", "read_scan", "samples", "assemble"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, never)
    assert np.array_equal(numjpeg.decode(data), pillow.load(data))
    assert np.array_equal(numjpeg.decode(cut, strict=False), expected[0])
    assert np.array_equal(numjpeg.decode(data, colorspace="BGR", fancy_upsampling=False), expected[1])


@pytest.mark.parametrize("source", ["CMYK", "L"])
def test_other_colour_spaces_without_the_fast_forms(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "_fast_forms_enabled", False)
    data = pillow.save(samples.smooth(40, 50, 4 if source == "CMYK" else 1), source)
    assert np.array_equal(numjpeg.decode(data), pillow.load(data))


def test_the_walk_goes_on_from_any_mcu() -> None:
    """The blocks behind an MCU and its bit are those of a walk from the start."""
    data = pillow.save(samples.photograph()[:96, :120], quality=90, restart_marker_blocks=5)
    (scan,) = read_structure(data).scans
    whole = SequentialReader(data, scan, Sink(strict=True))
    bits = []
    note = whole.enter_interval
    whole.enter_interval = lambda: (note(), bits.append((whole.mcu, whole.bit)))[0]  # type: ignore[method-assign]
    blocks = np.concatenate(list(whole.walk()))
    assert len(bits) == len(whole.bounds) - 1
    for mcu, bit in bits[1::3]:
        other = SequentialReader(data, scan, Sink(strict=True))
        other.mcu, other.bit = mcu, bit
        rest = np.concatenate(list(other.walk()))
        assert np.array_equal(rest, blocks[mcu * scan.blocks_per_mcu * 64 :])


# --- an AC symbol with a run and without a value -----------------------------------------------------------


def with_other_end_of_block(data: bytes, symbol: int) -> bytes:
    """The file with another symbol in place of EOB in its AC tables."""
    changed = bytearray(data)
    place = 0
    while (place := data.find(b"\xff\xc4", place)) >= 0:
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        table = place + 4
        while table < end:
            values = table + 17
            stop = values + sum(data[table + 1 : values])
            if data[table] >> 4:
                changed[data.index(b"\0", values, stop)] = symbol
            table = stop
        place = end
    return bytes(changed)


@pytest.mark.parametrize("symbol", [0x10, 0x50, 0xE0])
@pytest.mark.parametrize("size", [(40, 56), (512, 512)])
def test_a_run_without_a_value_ends_the_block(symbol: int, size: tuple[int, int]) -> None:
    data = pillow.save(samples.photograph()[: size[0], : size[1]], optimize=True, quality=70)
    changed = with_other_end_of_block(data, symbol)
    assert changed != data
    assert np.array_equal(numjpeg.decode(changed), pillow.load(data))
    assert np.array_equal(pillow.load(changed), pillow.load(data))
    image, report = numjpeg.decode_damaged(changed)
    assert np.array_equal(image, pillow.load(data))
    assert report.faults == []
    assert report.mask.all()
    assert [(found.kind, found.clause) for found in report.remarks] == [("remark", "F.1.2.2.1")]


# --- components in several scans ---------------------------------------------------------------------------


def gray_scans(*pictures: np.ndarray) -> list[bytes]:
    """Of each picture, as one component of three, tables and scan: a file can hold several."""
    return [pillow.save(picture, "L", quality=60) for picture in pictures]


def components_again(first: int) -> bytes:
    """A file of three components, each in a scan of its own, where ``first`` of them come again, otherwise."""
    planes = [samples.smooth(40, 48, 1), samples.noise(40, 48)[..., 0], samples.smooth(40, 48)[..., 2]]
    again = [samples.noise(40, 48)[..., 1], samples.flat(40, 48)[..., 0], samples.smooth(40, 48)[..., 1]]
    files = gray_scans(*planes, *again[:first])
    data = files[0]
    sof = data.index(b"\xff\xc0")
    sos = data.index(b"\xff\xda")
    frame = b"\xff\xc0\x00\x11\x08" + data[sof + 5 : sof + 9] + b"\3\1\x11\0\2\x11\0\3\x11\0"
    out = data[:sof] + frame + data[sof + 13 : sos]
    for i, one in enumerate(files):
        start = one.index(b"\xff\xda")
        out += one[start : start + 5] + bytes((i % 3 + 1,)) + one[start + 6 : -2]
    return out + b"\xff\xd9"


@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_a_component_that_comes_again_is_laid_over(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = components_again(first)
    expected = pillow.load(data)
    assert np.array_equal(numjpeg.decode(data), expected)
    coefficients, report = numjpeg.read_coefficients_damaged(data)
    assert len(report.remarks) == first
    assert report.faults == []
    written = numjpeg.write_coefficients(coefficients)
    assert np.array_equal(pillow.load(written), expected)
    monkeypatch.setattr(scans, "_fast_forms_enabled", False)
    assert np.array_equal(numjpeg.decode(data), expected)


def test_scans_after_one_of_all_components_are_not_read() -> None:
    data = pillow.save(samples.smooth(40, 48), subsampling=0)
    start = data.index(b"\xff\xda")
    again = data[:-2] + data[start:-2][:5] + data[start + 5 :]
    with pytest.raises(OSError, match="broken"):
        pillow.load(again)
    with pytest.raises(numjpeg.FormatError, match="coded twice"):
        numjpeg.decode(again)
    image, report = numjpeg.decode_damaged(again)
    assert np.array_equal(image, pillow.load(data))
    assert len(report.faults) == 1
    assert report.mask.all()


def test_djpeg_lays_components_over_too(djpeg, tmp_path: Path) -> None:
    data = components_again(2)
    assert np.array_equal(numjpeg.decode(data), djpeg(data))
