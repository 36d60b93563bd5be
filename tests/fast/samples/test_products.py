"""Products in pieces: equal to the whole, and no piece above the limit."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.fast.samples import products


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
    monkeypatch.setattr(products.np, "matmul", watched)
    assert products.product(a, b, target) is target
    assert max(sizes, default=0) <= products.LIMIT
    monkeypatch.undo()
    np.testing.assert_array_equal(target, expected)
    np.testing.assert_array_equal(products.product(a, b), expected)


def test_transposed_operands_are_cut_in_place() -> None:
    random = np.random.default_rng(2)
    pixels = random.integers(0, 256, (7000, 24)).astype(np.float32)
    matrix = random.integers(-9, 9, (24, 24)).astype(np.float32)
    room = np.zeros((25, 7000), np.float32)
    products.product(matrix, pixels.T, room[1:])
    np.testing.assert_array_equal(room[1:], matrix @ pixels.T)
    assert not room[0].any()
