"""The encoder: its files decode alike in OpenJPEG and here, and are as small and as good as OpenJPEG's."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from j2k_samples import openjpeg_decode, photo, pillow_decode, pillow_files
from PIL import Image, ImageCms

from numjpeg import jpeg2000, psnr
from numjpeg.jpeg2000.container import boxes, codestream

SMALL = {"code_block_size": (16, 16)}
"""Time goes with the decisions of the largest code-block: these take a fifth of it."""

SHAPES: dict[str, tuple[Any, dict[str, Any]]] = {
    "rgb": (photo(50, 70), {}),
    "gray": (photo(61, 83, 1), {"container": "j2k", **SMALL}),
    "opacity": (photo(33, 35, 4), SMALL),
    "gray_and_opacity": (photo(33, 35, 2), SMALL),
    "sixteen_bits": (photo(45, 50, 1, depth=16), SMALL),
    "sixteen_bits_rgb": (photo(25, 30, 3, depth=16), {"container": "j2k", **SMALL}),
    "noise": (np.random.default_rng(0).integers(0, 256, (40, 45, 3), dtype=np.uint8), SMALL),
    "extreme": ((np.indices((40, 45)).sum(0) % 2 * 255).astype(np.uint8), SMALL),
    "flat": (np.full((50, 60, 3), 77, np.uint8), {}),
    "one_sample": (photo(1, 1), {}),
    "one_row": (photo(1, 70, 1), {}),
    "one_column": (photo(70, 1), {}),
    "tiles": (photo(50, 70), {"tile_size": (24, 33), **SMALL}),
    "no_wavelet": (photo(40, 44), {"levels": 0, **SMALL}),
    "many_levels": (photo(40, 44), {"levels": 9, **SMALL}),
    "small_blocks": (photo(60, 50), {"code_block_size": (4, 16), "levels": 3}),
    "wide_blocks": (photo(20, 300, 1), {"code_block_size": (4, 1024)}),
    "layers": (photo(75, 90), {"layers": 4, "progression": "RPCL", **SMALL}),
    "twelve_bits": (photo(25, 30, 1, depth=16) >> 4, {"precision": 12, **SMALL}),
    "no_colour_transform": (photo(25, 30), {"component_transform": False, **SMALL}),
    "tile_lengths": (photo(45, 50, 1), {"tile_size": (24, 33), "tile_lengths": True, **SMALL}),
}
SIGNED = {
    "signed": ((photo(25, 30, 1, depth=16) ^ 0x8000).view(np.int16), SMALL),
    "signed_thirteen_bits": (
        (photo(25, 30, 1, depth=16) ^ 0x8000).view(np.int16) >> 3,
        {"precision": 13, **SMALL},
    ),
    "signed_eight_bits": ((photo(25, 30, 1) ^ 0x80).view(np.int8), SMALL),
}


@pytest.mark.usual(
    "opacity", "sixteen_bits", "extreme", "flat", "one_sample", "one_row", "one_column", "tiles", "small_blocks",
    "layers", "twelve_bits", "no_colour_transform", "tile_lengths", *SIGNED,
)  # fmt: skip
@pytest.mark.parametrize("name", SHAPES | SIGNED)
def test_lossless_files_give_the_picture_back(name: str) -> None:
    image, options = (SHAPES | SIGNED)[name]
    data = jpeg2000.encode(image, lossless=True, **options)
    np.testing.assert_array_equal(jpeg2000.decode(data), image)
    np.testing.assert_array_equal(openjpeg_decode(data), image)


@pytest.mark.usual("gray-True", "sixteen_bits_rgb-False", "tiles-True", "flat-True")
@pytest.mark.parametrize("reversible", [False, True])
@pytest.mark.parametrize("name", [name for name in SHAPES if name not in ("one_sample", "one_row", "one_column")])
def test_lossy_files_decode_alike(name: str, reversible: bool) -> None:
    image, options = SHAPES[name]
    data = jpeg2000.encode(image, target_psnr=32, reversible=reversible, **options)
    ours = jpeg2000.decode(data)
    np.testing.assert_array_equal(ours, openjpeg_decode(data))
    assert psnr(image, ours) >= 32


@pytest.mark.usual("RPCL")
@pytest.mark.parametrize("order", ["LRCP", "RLCP", "RPCL", "PCRL", "CPRL"])
def test_every_progression(order: str) -> None:
    image = photo(50, 60)
    data = jpeg2000.encode(image, bits_per_pixel=4, progression=order, layers=3, tile_size=(30, 40), **SMALL)
    np.testing.assert_array_equal(jpeg2000.decode(data), pillow_decode(data))
    found = [psnr(image, jpeg2000.decode(data, layers=layers)) for layers in (1, 2, 3)]
    assert found[0] + 1 < found[1] < found[2] - 1


@pytest.mark.usual("0.3-False", "1-True")
@pytest.mark.parametrize("reversible", [False, True])
@pytest.mark.parametrize("rate", [0.3, 1, 3])
def test_the_rate_is_kept_and_used(rate: float, reversible: bool) -> None:
    image = photo(160, 200)
    data = jpeg2000.encode(image, bits_per_pixel=rate, reversible=reversible, **SMALL)
    assert 0.98 * rate * 160 * 200 / 8 < len(data) <= rate * 160 * 200 / 8
    exactly = jpeg2000.encode(image, target_bytes=len(data), reversible=reversible, **SMALL)
    assert 0.98 * len(data) < len(exactly) <= len(data)


@pytest.mark.parametrize("rate", [0.7, 1])
def test_few_bytes_of_noise_are_used(rate: float) -> None:
    """All passes are large and few are worth it: the first steps tried leave nothing of it."""
    image = np.random.default_rng(0).integers(0, 256, (96, 40, 3), dtype=np.uint8)
    assert 0.98 * 480 * rate < len(jpeg2000.encode(image, bits_per_pixel=rate, container="j2k")) <= 480 * rate


@pytest.mark.usual("1-32")
@pytest.mark.parametrize(("rate", "block"), [(1, 32), (0.5, 64), (1, 64), (2, 64)])
def test_size_and_quality_are_openjpegs(rate: float, block: int) -> None:
    image = photo(150, 192)
    common = {"mct": 1, "codeblock_size": (block, block)}
    lossy = {"irreversible": True, "quality_mode": "rates", "quality_layers": [24 / rate]}
    theirs, lossless = pillow_files([(image, common | lossy), (image, common)])
    ours = jpeg2000.encode(image, target_bytes=len(theirs), code_block_size=(block, block))
    assert psnr(image, jpeg2000.decode(ours)) > psnr(image, pillow_decode(theirs)) - 0.05
    assert len(jpeg2000.encode(image, code_block_size=(block, block))) < 1.005 * len(lossless)


@pytest.mark.parametrize("target", [30, 45])
def test_the_quality_is_reached(target: float) -> None:
    image = photo(70, 90)
    data = jpeg2000.encode(image, target_psnr=target, **SMALL)
    assert target <= psnr(image, jpeg2000.decode(data)) < target + 0.4


@pytest.mark.usual("False-16")
@pytest.mark.parametrize("block", [16, 64])
@pytest.mark.parametrize("reversible", [False, True])
def test_a_region_of_interest_is_better(reversible: bool, block: int) -> None:
    image = photo(130, 200)
    region = np.zeros((130, 200), bool)
    region[40:90, 60:140] = True
    options: dict[str, Any] = {"bits_per_pixel": 1.5, "code_block_size": (block, block), "reversible": reversible}
    plain = jpeg2000.encode(image, **options)
    data = jpeg2000.encode(image, importance=region, **options)
    ours, without = jpeg2000.decode(data), jpeg2000.decode(plain)
    np.testing.assert_array_equal(ours, pillow_decode(data))
    assert psnr(image[region], ours[region]) > psnr(image[region], without[region]) + 1
    assert psnr(image[~region], ours[~region]) < psnr(image[~region], without[~region])


def test_a_region_of_interest_of_a_lossless_file() -> None:
    image = photo(50, 60)
    region = np.zeros((50, 60), bool)
    region[20:35, 10:40] = True
    np.testing.assert_array_equal(pillow_decode(jpeg2000.encode(image, importance=region, **SMALL)), image)


def test_profile_and_comment() -> None:
    image = photo(20, 30)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = jpeg2000.encode(image, icc_profile=profile)
    assert boxes.read_container(data, codestream.Sink()).icc_profile == profile
    np.testing.assert_array_equal(openjpeg_decode(data), image)
    opened = Image.open(io.BytesIO(jpeg2000.encode(image, container="j2k", comment="Grüße")))
    assert opened.info["comment"] == "Grüße".encode("latin-1")
    for comment, kind, stored in (("日本", 0, "日本".encode()), ("ü" * 65531, 1, b"\xfc" * 65531)):
        data = jpeg2000.encode(image, comment=comment)
        assert Image.open(io.BytesIO(data)).info["comment"] == stored
        assert jpeg2000.read_header(data).comments == (bytes((0, kind)) + stored,)
        np.testing.assert_array_equal(openjpeg_decode(data), image)
    assert Image.open(io.BytesIO(jpeg2000.encode(photo(9, 9, 4)))).mode == "RGBA"
    assert Image.open(io.BytesIO(jpeg2000.encode(photo(9, 9, 2)))).mode == "LA"


@pytest.mark.parametrize(
    ("options", "error", "name"),
    [
        ({"lossless": False}, ValueError, "lossless"),
        ({"lossless": True, "bits_per_pixel": 1}, ValueError, "bits_per_pixel"),
        ({"target_bytes": 900, "target_psnr": 30}, ValueError, "target_psnr"),
        ({"target_bytes": 50}, ValueError, "target"),
        ({"bits_per_pixel": -1}, ValueError, "bits_per_pixel"),
        ({"target_psnr": "high"}, TypeError, "target_psnr"),
        ({"lossless": True, "reversible": False}, ValueError, "reversible"),
        ({"layers": 0}, ValueError, "layers"),
        ({"levels": 33}, ValueError, "levels"),
        ({"levels": 2.0}, TypeError, "levels"),
        ({"progression": "LRPC"}, ValueError, "progression"),
        ({"tile_size": 64}, ValueError, "tile_size"),
        ({"code_block_size": (128, 64)}, ValueError, "code_block_size"),
        ({"code_block_size": (12, 16)}, ValueError, "code_block_size"),
        ({"container": "jpx"}, ValueError, "container"),
        ({"container": "j2k", "icc_profile": b"x"}, ValueError, "icc_profile"),
        ({"importance": np.zeros((3, 3))}, ValueError, "importance"),
        ({"comment": "x" * 65532}, ValueError, "comment: 65532 bytes, at most 65531 fit"),
    ],
)
def test_wrong_arguments_are_named(options: Any, error: type[Exception], name: str) -> None:
    with pytest.raises(error, match=name):
        jpeg2000.encode(photo(30, 40), **options)


@pytest.mark.parametrize("image", [np.zeros((4, 4)), np.zeros((4, 4, 5), np.uint8), np.zeros((0, 4), np.uint8)])
def test_pictures_are_checked(image: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="image"):
        jpeg2000.encode(image)
