"""``dask.array.image.imread`` takes numjpeg's reader as it is: no plugin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pillow
from command_line import photo

import numjpeg


def test_a_stack_of_files(host, tmp_path: Path) -> None:
    files = [pillow.save(photo(), quality=quality) for quality in (50, 75, 95)]
    for number, file in enumerate(files):
        (tmp_path / f"{number}.jpg").write_bytes(file)
    stack = host("dask.array.image").imread(str(tmp_path / "*.jpg"), imread=numjpeg.imread)
    assert stack.shape == (3, *photo().shape)
    np.testing.assert_array_equal(stack.compute(), np.stack([pillow.load(file) for file in files]))
