"""The lockstep decoder gives what the literal one gives, for sound data and for any other bytes."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.jpeg2000.block_coding import literal
from numjpeg.jpeg2000.block_coding.lockstep_decoder import CodedBlock, decode_blocks
from numjpeg.jpeg2000.container.packets import pieces


def random_values(rng: np.random.Generator, most: int = 18) -> np.ndarray:
    height, width = rng.integers(1, most, 2)
    return np.rint(rng.laplace(0, rng.uniform(0.3, 20), (height, width))).astype(np.int32)


def test_sound_blocks_of_many_sizes_at_once() -> None:
    rng = np.random.default_rng(0)
    blocks, expected = [], []
    for i in range(12):
        values = random_values(rng)
        values[0, 0] = 3
        kind = i % 3
        planes, data = literal.encode_block(values, kind)
        passes = 3 * planes - 2
        cut = passes if i % 2 else int(rng.integers(1, passes + 1))
        blocks.append(CodedBlock(values.shape[1], values.shape[0], kind, planes, 0, [(cut, data)]))
        expected.append(literal.decode_block([(cut, data)], values.shape, kind, planes))
        if cut == passes:
            np.testing.assert_array_equal(expected[-1] // 2 + (expected[-1] < 0), values)
    found = dict(decode_blocks(blocks))
    assert len(found) == len(blocks)
    for i, values in found.items():
        np.testing.assert_array_equal(values, expected[i])


@pytest.mark.parametrize("seed", range(8))
def test_any_bytes_in_any_style(seed: int) -> None:
    """Every second time with many bytes FF, carries that go far and markers."""
    rng = np.random.default_rng(seed)
    odd = np.array([0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x7F, 0x80, 0x8F, 0, 3] * 5 + [0x90], np.uint8)
    blocks = []
    for _ in range(16):
        height, width = (int(side) for side in rng.integers(1, 14, 2))
        style, kind, planes = int(rng.integers(64)), int(rng.integers(3)), int(rng.integers(1, 9))
        passes = int(rng.integers(1, 3 * planes - 1))
        bytes_ = rng.choice(odd, 900).tobytes() if seed % 2 else rng.bytes(900)
        starts = rng.integers(0, 870, passes).tolist()
        segments = [
            (count, bytes_[start : start + int(rng.integers(0, 30))])
            for start, count in zip(starts, pieces(0, passes, style), strict=False)
        ]
        blocks.append(CodedBlock(width, height, kind, planes, style, segments))
    for i, values in decode_blocks(blocks):
        block = blocks[i]
        literally = literal.decode_block(
            block.segments, (block.height, block.width), block.kind, block.planes, block.style
        )
        np.testing.assert_array_equal(values, literally)
