"""The damage report as an object: how it is shown and compared."""

from __future__ import annotations

import pickle

import numpy as np
import pillow
import pytest
import samples

import numjpeg


def report_of(lost: int) -> numjpeg.DamageReport:
    """The report of a picture of 30 restart intervals of which ``lost`` have a wrong end."""
    data = pillow.save(samples.noise(80, 96), quality=60, subsampling="4:2:0", restart_marker_blocks=1)
    for number in range(lost):
        place = data.index(bytes((0xFF, 0xD0 + number)))
        data = data[: place - 12] + b"\x00" * 6 + data[place - 6 :]
    return numjpeg.decode_damaged(data)[1]


def test_repr_is_a_few_lines() -> None:
    assert repr(report_of(0)) == "<DamageReport of 96 x 80 pixels (width x height): no sign of damage>"
    for lost in (1, 2, 5):
        report = report_of(lost)
        count = len(report.faults)
        lines = repr(report).splitlines()
        assert lines[0].startswith(f"<DamageReport of 96 x 80 pixels (width x height): {count} fault")
        assert len(lines) == 1 + min(count, 3)
        assert all(str(fault) in line for fault, line in zip(report.faults[:2], lines[1:3], strict=False))
        assert count <= 2 or lines[3] == f"  and {count - 2} more>"


def test_equality_compares_the_mask() -> None:
    first, second = report_of(2), report_of(2)
    assert first.faults
    assert first == second
    assert first == pickle.loads(pickle.dumps(first))
    assert first != report_of(1)
    assert first != "report"
    second.mask[-1, -1] ^= True
    assert first != second
    with pytest.raises(TypeError, match="unhashable"):
        hash(first)


@pytest.mark.parametrize(
    ("subsampling", "reach"), [("4:4:4", (0, 0)), ("4:2:2", (0, 1)), ("4:2:0", (1, 1)), (None, (0, 0))]
)
def test_only_upsampling_reaches_beyond_an_mcu(subsampling: str | None, reach: tuple[int, int]) -> None:
    data = numjpeg.encode(samples.noise(80, 96, 3 if subsampling else 1), subsampling=subsampling)
    image, report = numjpeg.decode_damaged(data[:-400])
    assert report.reach == reach
    rows, columns = np.divmod(np.flatnonzero(~report.mask), report.mask.shape[1])
    expected = np.ones((80, 96), np.bool_)
    for top, left in zip(rows * report.mcu_size[0], columns * report.mcu_size[1], strict=True):
        bottom, right = top + report.mcu_size[0] + reach[0], left + report.mcu_size[1] + reach[1]
        expected[max(0, top - reach[0]) : bottom, max(0, left - reach[1]) : right] = False
    assert not expected.all()
    assert np.array_equal(report.pixels(), expected)
    assert np.array_equal(image[expected], numjpeg.decode(data)[expected])
