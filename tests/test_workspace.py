"""Scratch memory: asked for once, and big enough."""

from __future__ import annotations

import numpy as np

from numjpeg.workspace import Workspace


def test_the_same_name_gives_the_same_memory() -> None:
    workspace = Workspace()
    first = workspace.array("a", (10, 20), np.int16)
    assert first.shape == (10, 20)
    assert first.dtype == np.int16
    assert workspace.array("a", (10, 20), np.int16) is first
    smaller = workspace.array("a", (5, 4), np.int32)
    assert np.shares_memory(smaller, first)
    assert not np.shares_memory(workspace.array("b", (10, 20), np.int16), first)


def test_memory_grows_with_what_is_asked_for() -> None:
    workspace = Workspace()
    for size in (1, 7, 1000, 10, 5000):
        array = workspace.array("a", (size,), np.float64)
        array[...] = size
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert (array == size).all()
