"""The order of blocks in a scan against the loops of A.2.3, and padding blocks against rule 11 of the design."""

import numpy as np
import pytest
from reference import mcu as literal_mcu

from numjpeg.stages.mcu_order import block_component, deinterleave, interleave, pad_to_mcus

FACTORS = [
    [(1, 1)],
    [(1, 1), (1, 1), (1, 1)],
    [(1, 2), (1, 1), (1, 1)],
    [(2, 1), (1, 1), (1, 1)],
    [(2, 2), (1, 1), (1, 1)],
    [(1, 4), (1, 1), (1, 1)],
    [(4, 1), (1, 1), (1, 1)],
    [(2, 2), (1, 2), (2, 1)],
    [(1, 1), (2, 2), (1, 1)],
    [(2, 2), (1, 1), (1, 1), (2, 2)],
    [(3, 1), (1, 3), (1, 1)],
    [(2, 4)],
]


def planes_of(factors: list[tuple[int, int]], rows: int, columns: int) -> list[np.ndarray]:
    random = np.random.default_rng(len(factors))
    return [random.integers(-1024, 1024, (rows * v, columns * h, 64)).astype(np.int16) for v, h in factors]


@pytest.mark.parametrize("factors", FACTORS)
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 4), (3, 1), (2, 5)])
def test_interleaving_equals_the_loops_and_comes_back(factors: list, rows: int, columns: int) -> None:
    planes = planes_of(factors, rows, columns)
    blocks = interleave(planes, factors)
    order = literal_mcu.order(rows, columns, factors)
    assert blocks.shape == (rows * columns, sum(v * h for v, h in factors), 64)
    assert blocks.dtype == np.int16
    for i, unit in enumerate(order):
        for j, (component, row, column) in enumerate(unit):
            assert (blocks[i, j] == planes[component][row, column]).all()
    back = deinterleave(blocks, columns, factors)
    assert len(back) == len(planes)
    for ours, original in zip(back, planes, strict=True):
        assert ours.shape == original.shape
        assert (ours == original).all()


@pytest.mark.parametrize("factors", FACTORS)
def test_interleaving_takes_any_strides_and_changes_nothing(factors: list) -> None:
    planes = planes_of(factors, 2, 3)
    expected = interleave(planes, factors)
    fortran = [np.asfortranarray(plane) for plane in planes]
    strided = [np.repeat(plane, 2, axis=1)[:, ::2] for plane in planes]
    frozen = [plane.copy() for plane in planes]
    for plane in frozen:
        plane.setflags(write=False)
    for given in (fortran, strided, frozen):
        assert (interleave(given, factors) == expected).all()
    for ours, original in zip(deinterleave(np.asfortranarray(expected), 3, factors), planes, strict=True):
        assert (ours == original).all()


@pytest.mark.parametrize("factors", FACTORS)
def test_each_block_of_an_mcu_knows_its_component(factors: list) -> None:
    expected = [component for component, _, _ in literal_mcu.order(1, 1, factors)[0]]
    assert block_component(factors).tolist() == expected


@pytest.mark.parametrize(("v", "h"), [(v, h) for v in range(1, 5) for h in range(1, 5)])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (2, 3)])
def test_padding_blocks_repeat_the_dc_coded_before_and_have_no_ac(v: int, h: int, rows: int, columns: int) -> None:
    """Whatever number of block rows and columns the last MCUs lack."""
    random = np.random.default_rng(v * 5 + h)
    for missing_rows in range(v):
        for missing_columns in range(h):
            shape = (rows * v - missing_rows, columns * h - missing_columns, 64)
            plane = random.integers(-1024, 1024, shape).astype(np.int16)
            original = plane.copy()
            padded = pad_to_mcus(plane, rows, columns, (v, h))
            assert (plane == original).all()
            assert padded.shape == (rows * v, columns * h, 64)
            assert padded.dtype == np.int16
            dc = literal_mcu.pad(plane[..., 0].tolist(), rows, columns, v, h)
            assert padded[..., 0].tolist() == dc
            assert (padded[: shape[0], : shape[1], 1:] == plane[..., 1:]).all()
            assert not padded[shape[0] :, :, 1:].any()
            assert not padded[:, shape[1] :, 1:].any()


def test_a_whole_band_is_given_back_as_it_is() -> None:
    plane = np.zeros((4, 6, 64), np.int16)
    assert pad_to_mcus(plane, 2, 3, (2, 2)) is plane
