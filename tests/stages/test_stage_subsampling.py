"""Subsampling against filters written per sample, and upsampling against Pillow."""

import io

import numpy as np
import pytest
from PIL import Image
from reference import dct as literal_dct
from reference import jpeg_file, zigzag
from reference import subsampling as literal_subsampling

from numjpeg.stages.subsampling import downsample, upsample

RATIOS = [(h, v) for h in range(1, 5) for v in range(1, 5)]
WALK = zigzag.walk()


@pytest.mark.parametrize(("h", "v"), RATIOS)
def test_downsampling_equals_the_scalar_boxes(h: int, v: int) -> None:
    random = np.random.default_rng(10 * h + v)
    for rows, columns in [(1, 1), (1, 2), (2, 1), (3, 5), (4, 8)]:
        noise = random.integers(0, 256, (rows * v, columns * h)).astype(np.uint8)
        ties = random.integers(127, 129, (rows * v, columns * h)).astype(np.uint8)
        white = np.full((rows * v, columns * h), 255, np.uint8)
        for plane in (noise, ties, white):
            result = downsample(plane, h, v)
            assert result.dtype == np.uint8
            assert result.tolist() == literal_subsampling.downsample(plane.tolist(), h, v)


@pytest.mark.parametrize(("h", "v"), RATIOS)
def test_downsampling_and_level_shift_change_places(h: int, v: int) -> None:
    plane = np.random.default_rng(h + v).integers(0, 256, (6 * v, 7 * h)).astype(np.int16)
    result = downsample(plane - np.int16(128), h, v)
    assert result.dtype == np.int16
    expected = np.array(literal_subsampling.downsample(plane.tolist(), h, v)) - 128
    assert (result == expected).all()


def test_downsampling_every_pair_and_every_sum_of_four() -> None:
    a, b = np.meshgrid(np.arange(256), np.arange(256))
    pairs = np.stack([a, b], axis=-1).reshape(256, 512).astype(np.uint8)
    total = a + b
    total[:, 1::2] += 1
    assert (downsample(pairs, 2, 1) == total // 2).all()
    sums = np.arange(1021)
    fours = np.array([[(s + 3) // 4, (s + 2) // 4, (s + 1) // 4, s // 4] for s in sums])
    for bias, column in ((1, 0), (2, 1)):
        boxes = np.zeros((2, 4), np.uint8)
        for s, (p, q, r, t) in zip(sums.tolist(), fours.tolist(), strict=True):
            boxes[:, 2 * column : 2 * column + 2] = [[p, q], [r, t]]
            assert downsample(boxes, 2, 2)[0, column] == (s + bias) // 4


@pytest.mark.parametrize(("h", "v"), RATIOS)
@pytest.mark.parametrize("fancy", [True, False])
def test_upsampling_equals_the_scalar_filters(h: int, v: int, fancy: bool) -> None:
    random = np.random.default_rng(100 * h + v)
    for height in range(1, 6):
        for width in (1, 2, 3, 4, 5, 8, 9):
            noise = random.integers(0, 256, (height, width)).astype(np.uint8)
            extreme = (random.integers(0, 2, (height, width)) * 255).astype(np.uint8)
            for plane in (noise, extreme):
                result = upsample(plane, h, v, fancy)
                assert result.dtype == np.uint8
                assert result.tolist() == literal_subsampling.upsample(plane.tolist(), h, v, fancy)


def test_fancy_is_the_default() -> None:
    plane = np.array([[0, 200, 50, 255]], np.uint8)
    assert upsample(plane, 2, 1).tolist() == literal_subsampling.upsample(plane.tolist(), 2, 1, fancy=True)
    assert upsample(plane, 2, 1).tolist() != literal_subsampling.upsample(plane.tolist(), 2, 1, fancy=False)


@pytest.mark.parametrize(("h", "v"), RATIOS)
def test_what_was_enlarged_as_boxes_is_averaged_back(h: int, v: int) -> None:
    plane = np.random.default_rng(h * v).integers(0, 256, (5, 6)).astype(np.uint8)
    assert (downsample(upsample(plane, h, v, fancy=False), h, v) == plane).all()


@pytest.mark.parametrize(("h", "v"), [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (1, 4), (4, 2), (2, 4), (3, 1)])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (4, 5), (5, 6), (17, 19), (37, 50)])
def test_upsampling_equals_pillow(h: int, v: int, width: int, height: int) -> None:
    """Chroma blocks of random coefficients, stored by the literal writer, seen as YCbCr through Pillow's draft."""
    random = np.random.default_rng(width)
    mcu_rows, mcu_columns = -(-height // (8 * v)), -(-width // (8 * h))
    grids = [(mcu_rows * v, mcu_columns * h), (mcu_rows, mcu_columns), (mcu_rows, mcu_columns)]
    planes, samples = [], []
    for rows, columns in grids:
        blocks = random.integers(-60, 61, (rows, columns, 8, 8)).tolist()
        planes.append([[[block[y][x] for y, x in WALK] for block in row] for row in blocks])
        shifted = [[literal_dct.islow_inverse(block) for block in row] for row in blocks]
        samples.append((np.array(shifted).swapaxes(1, 2).reshape(rows * 8, columns * 8) + 128).astype(np.uint8))
    data = jpeg_file.write(width, height, [(v, h), (1, 1), (1, 1)], planes, [[1] * 8] * 8)
    with Image.open(io.BytesIO(data)) as image:
        image.draft("YCbCr", image.size)
        assert image.mode == "YCbCr"
        decoded = np.asarray(image)
    assert (decoded[..., 0] == samples[0][:height, :width]).all()
    for i in (1, 2):
        component = samples[i][: -(-height // v), : -(-width // h)]
        assert (upsample(component, h, v)[:height, :width] == decoded[..., i]).all()


@pytest.mark.parametrize(("shape", "h", "v"), [((3, 4), 2, 2), ((4, 3), 2, 2), ((4, 4), 3, 1), ((4, 4), 1, 3)])
def test_broken_boxes_are_a_value_error(shape: tuple[int, int], h: int, v: int) -> None:
    with pytest.raises(ValueError, match="whole boxes"):
        downsample(np.zeros(shape, np.uint8), h, v)


@pytest.mark.parametrize(("h", "v"), [(0, 1), (1, 0), (-1, 1), (1, -2)])
def test_ratios_below_one_are_a_value_error(h: int, v: int) -> None:
    with pytest.raises(ValueError, match="boxes"):
        downsample(np.zeros((4, 4), np.uint8), h, v)
