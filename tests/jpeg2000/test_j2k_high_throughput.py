"""The high-throughput coder (T.814) against OpenJPH, which imagecodecs brings, and OpenJPEG."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from j2k_samples import openjpeg_decode, photo, pillow_decode
from j2k_writing import components_by_turns, tiles_by_turns
from requirements import module

from numjpeg import jpeg2000, psnr
from numjpeg.errors import JpegError, UnsupportedError
from numjpeg.jpeg2000.block_coding import ht_decoder, ht_encoder
from numjpeg.jpeg2000.block_coding.lockstep_decoder import CodedBlock

imagecodecs = module("imagecodecs", "imagecodecs", "imagecodecs brings OpenJPH")

PICTURES = {
    "rgb": photo(75, 90),
    "gray": photo(61, 83, 1),
    "sixteen_bits": photo(45, 50, 1, depth=16),
    "flat": np.full((50, 60, 3), 77, np.uint8),
    "sixteen_bits_rgb": photo(45, 50, 3, depth=16),
    "noise": np.random.default_rng(0).integers(0, 256, (40, 45, 3), dtype=np.uint8),
    "narrow": photo(70, 3, 1),
}


# OpenJPEG is the measure of irreversible files. The decoder of OpenJPH, as imagecodecs calls it, differs from it
# even in files of OpenJPH's encoder: by 1 in some samples, by 255 where one wraps at the end of its range.


@pytest.mark.parametrize("reversible", [False, True])
@pytest.mark.parametrize("name", PICTURES)
def test_files_of_openjph(name: str, reversible: bool) -> None:
    image = PICTURES[name]
    for resolutions in (1, 2, 4):
        level = None if reversible else 0.004 * resolutions
        data = imagecodecs.htj2k_encode(image, level=level, reversible=reversible, resolutions=resolutions)
        np.testing.assert_array_equal(jpeg2000.decode(data), openjpeg_decode(data).reshape(image.shape))


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("container", ["jp2", "j2k"])
def test_lossless_files(name: str, container: str) -> None:
    image = PICTURES[name]
    data = jpeg2000.encode(image, high_throughput=True, container=container)
    for decode in (jpeg2000.decode, openjpeg_decode, imagecodecs.htj2k_decode):
        np.testing.assert_array_equal(decode(data).reshape(image.shape), image)


@pytest.mark.usual("gray-target0", "sixteen_bits-target1", "rgb-target1")
@pytest.mark.parametrize("target", [{"target_psnr": 34}, {"bits_per_pixel": 3}])
@pytest.mark.parametrize("name", ["rgb", "gray", "sixteen_bits"])
def test_lossy_files(name: str, target: dict[str, Any]) -> None:
    image = PICTURES[name]
    data = jpeg2000.encode(image, high_throughput=True, tile_size=(33, 47), **target)
    ours = jpeg2000.decode(data)
    np.testing.assert_array_equal(ours, pillow_decode(data))
    if "target_psnr" in target:
        assert 34 <= psnr(image, ours) < 34.1
    else:
        assert (
            0.98 * 3 * image.shape[0] * image.shape[1] / 8 < len(data) <= 3 * image.shape[0] * image.shape[1] / 8
        )


@pytest.mark.parametrize("make", [tiles_by_turns, components_by_turns])
def test_two_block_coders_in_one_file(make: Callable[[np.ndarray], bytes]) -> None:
    data = make(PICTURES["rgb"])
    np.testing.assert_array_equal(jpeg2000.decode(data), PICTURES["rgb"])
    np.testing.assert_array_equal(openjpeg_decode(data), PICTURES["rgb"])


def test_both_block_coders_in_one_component_are_refused() -> None:
    data = bytearray(components_by_turns(PICTURES["rgb"]))
    data[data.index(b"\xff\x53") + 9] |= 128
    with pytest.raises(UnsupportedError, match="code-block style 0xc0"):
        jpeg2000.decode(data)


def test_code_blocks_of_any_size_come_back() -> None:
    rng = np.random.default_rng(0)
    values = []
    for i in range(60):
        shape = rng.integers(1, 34, 2)
        values.append(
            np.rint(rng.laplace(0, rng.uniform(0.05, 60), shape)).astype(np.int32) * (1000 if i % 9 == 0 else 1)
        )
        values[-1][0, 0] = 5
    coded = [
        CodedBlock(v.shape[1], v.shape[0], 0, 1, 64, [(1, data)])
        for v, data in zip(values, ht_encoder.encode_blocks(values), strict=True)
    ]
    for i, found in ht_decoder.decode_blocks(coded):
        np.testing.assert_array_equal(found // 2 + (found < 0), values[i])
    assert ht_encoder.encode_blocks([np.zeros((5, 7), np.int32)]) == [b""]


def test_any_bytes_give_a_picture_or_an_error() -> None:
    data = jpeg2000.encode(PICTURES["gray"], high_throughput=True, container="j2k")
    rng = np.random.default_rng(0)
    for _ in range(25):
        broken = bytearray(data)
        for at in rng.integers(150, len(data) - 2, 3):
            broken[at] = rng.integers(256)
        with contextlib.suppress(JpegError):
            assert jpeg2000.decode(bytes(broken), strict=False).shape == PICTURES["gray"].shape


@pytest.mark.parametrize(
    ("options", "name"), [({"layers": 2}, "layers"), ({"bits_per_pixel": 2, "reversible": True}, "reversible")]
)
def test_what_cannot_be_cut_is_refused(options: dict[str, Any], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        jpeg2000.encode(PICTURES["gray"], high_throughput=True, **options)
