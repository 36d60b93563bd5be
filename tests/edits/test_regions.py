"""Regions wiped and dropped equal jpegtran's files."""

from __future__ import annotations

from pathlib import Path

import pytest
from edited_files import files

from numjpeg import transform


@pytest.mark.parametrize("region", ["20x10+17+9", "1x1+60+36", "61x37+0+0"])
def test_wiping_equals_jpegtran(jpegtran, region: str) -> None:
    for name, data in files(37, 61).items():
        assert transform(data, wipe=region) == jpegtran(data, "-wipe", region), name


@pytest.mark.parametrize(
    ("left", "top", "size"), [(0, 0, (16, 16)), (16, 16, (21, 45)), (5, 3, (20, 40)), (45, 21, (16, 16))]
)
def test_dropping_equals_jpegtran(jpegtran, tmp_path: Path, left: int, top: int, size: tuple[int, int]) -> None:
    others = files(*size)
    for name, data in files(37, 61).items():
        other = tmp_path / "other.jpg"
        other.write_bytes(others[name])
        expected = jpegtran(data, "-drop", f"+{left}+{top}", str(other))
        assert expected is not None
        assert transform(data, drop=(others[name], left, top)) == expected, name
