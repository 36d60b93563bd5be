"""Scratch memory: asked for once, and big enough. Products: cut, and equal to the whole."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg import workspace
from numjpeg.workspace import Workspace


def test_the_same_name_gives_the_same_memory() -> None:
    own = Workspace()
    first = own.array("a", (10, 20), np.int16)
    assert first.shape == (10, 20)
    assert first.dtype == np.int16
    assert own.array("a", (10, 20), np.int16) is first
    smaller = own.array("a", (5, 4), np.int32)
    assert np.shares_memory(smaller, first)
    assert not np.shares_memory(own.array("b", (10, 20), np.int16), first)


def test_memory_grows_with_what_is_asked_for() -> None:
    own = Workspace()
    for size in (1, 7, 1000, 10, 5000):
        array = own.array("a", (size,), np.float64)
        array[...] = size
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert (array == size).all()


# --- products ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((24, 24), (24, 5000)),
        ((9000, 64), (64, 64)),
        ((8, 8), (3, 8, 9001)),
        ((64, 65), (65, 1)),
        ((2, 5000, 8), (8, 8)),
        ((16, 9), (5, 9, 4)),
        ((0, 64), (64, 64)),
        ((8, 8), (8, 0)),
    ],
)
def test_pieces_equal_the_whole(
    left: tuple[int, ...], right: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(1)
    a, b = (random.integers(-50, 50, shape).astype(np.float32) for shape in (left, right))
    expected = a.astype(np.float64) @ b
    real, sizes = np.matmul, []

    def watched(one: np.ndarray, other: np.ndarray, out: np.ndarray) -> np.ndarray:
        assert np.shares_memory(out, target) or not out.size  # a view: what is written there arrives
        sizes.append(one.shape[-2] * one.shape[-1] * other.shape[-1])
        return real(one, other, out=out)

    target = np.empty(expected.shape, np.float32)
    monkeypatch.setattr(workspace.np, "matmul", watched)
    assert workspace.product(a, b, target) is target
    assert max(sizes, default=0) <= workspace.PRODUCT_LIMIT
    monkeypatch.undo()
    np.testing.assert_array_equal(target, expected)
    np.testing.assert_array_equal(workspace.product(a, b), expected)


def test_transposed_operands_are_cut_in_place() -> None:
    random = np.random.default_rng(2)
    pixels = random.integers(0, 256, (7000, 24)).astype(np.float32)
    matrix = random.integers(-9, 9, (24, 24)).astype(np.float32)
    room = np.zeros((25, 7000), np.float32)
    workspace.product(matrix, pixels.T, room[1:])
    np.testing.assert_array_equal(room[1:], matrix @ pixels.T)
    assert not room[0].any()
