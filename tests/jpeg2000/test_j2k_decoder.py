"""The decoder: pixels equal OpenJPEG's, for files that OpenJPEG wrote."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from j2k_openjpeg_files import FILES
from j2k_samples import openjpeg_decode, photo, pillow_decode, pillow_files
from PIL import Image

from numjpeg import jpeg2000, psnr
from numjpeg.errors import FormatError, JpegError, UnsupportedError
from numjpeg.jpeg2000.block_coding import lockstep_decoder
from numjpeg.jpeg2000.container import boxes, codestream

SMALL = {"codeblock_size": (16, 16)}
CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "lossless": (photo(44, 48), {"mct": 1}),
    "lossless_gray": (photo(61, 83, 1), SMALL),
    "irreversible": (photo(40, 45), {"irreversible": True, "mct": 1, **SMALL}),
    "rates": (photo(44, 48), {"irreversible": True, "mct": 1, "quality_layers": [40, 10, 4], **SMALL}),
    "reversible_rates": (photo(40, 45), {"mct": 1, "quality_layers": [40, 10, 4], **SMALL}),
    "no_transform": (photo(40, 50), {"irreversible": True, "mct": 0, **SMALL}),
    "opacity": (photo(30, 35, 4), SMALL),
    "two_channels": (photo(30, 35, 2), SMALL),
    "sixteen_bits": (photo(45, 50, 1, depth=16), SMALL),
    "sixteen_bits_lossy": (photo(45, 50, 1, depth=16), {"irreversible": True, "quality_layers": [5], **SMALL}),
    "tiles": (photo(70, 95), {"tile_size": (32, 24), "mct": 1, **SMALL}),
    "tiles_lossy": (
        photo(70, 95),
        {"tile_size": (33, 27), "irreversible": True, "mct": 1, "quality_layers": [9, 4], **SMALL},
    ),
    "one_resolution": (photo(40, 44, 1), {"num_resolutions": 1, **SMALL}),
    "narrow": (photo(2, 70, 1), {"num_resolutions": 2}),
    "high": (photo(70, 5), {"num_resolutions": 3, "irreversible": True}),
    "one_sample": (photo(1, 1, 1), {"num_resolutions": 1}),
    "offset": (photo(50, 60), {"offset": (13, 7), "mct": 1, "tile_size": (100, 100), **SMALL}),
    "offset_tiles": (
        photo(50, 60),
        {"offset": (5, 3), "tile_size": (40, 25), "tile_offset": (2, 1), "mct": 1, **SMALL},
    ),
    "small_blocks": (photo(60, 50), {"codeblock_size": (4, 8), "num_resolutions": 3, "irreversible": True}),
    "wide_blocks": (photo(20, 300, 1), {"codeblock_size": (256, 16)}),
}
for _order in ("LRCP", "RLCP", "RPCL", "PCRL", "CPRL"):
    CASES[_order] = (
        photo(90, 110),
        {"progression": _order, "precinct_size": (32, 32), "codeblock_size": (16, 16), "quality_layers": [20, 5]},
    )


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    jobs = []
    for i, (image, options) in enumerate(CASES.values()):
        jobs.append((image, {"no_jp2": i % 3 == 0, "quality_mode": "rates", **options}))
    return dict(zip(CASES, pillow_files(jobs), strict=True))


@pytest.mark.usual(*(name for name in CASES if name not in ("lossless", "wide_blocks", "tiles", "RLCP", "RPCL")))
@pytest.mark.parametrize("name", CASES)
def test_pixels_equal_pillow(name: str, files: dict[str, bytes]) -> None:
    np.testing.assert_array_equal(jpeg2000.decode(files[name]), pillow_decode(files[name]))


@pytest.mark.usual("opacity", "sixteen_bits")
@pytest.mark.parametrize("name", ["lossless", "lossless_gray", "opacity", "sixteen_bits", "tiles", "offset"])
def test_lossless_files_give_the_picture_back(name: str, files: dict[str, bytes]) -> None:
    np.testing.assert_array_equal(jpeg2000.decode(files[name]), CASES[name][0])


SUB_SAMPLED = {"sub_sampled_components", "sub_sampled_by_position", "sub_sampled_grid"}


@pytest.mark.usual(
    "all_styles", "bypass_irreversible_layers", "predictable_termination", "roi_irreversible", "tile_parts",
    "progression_changes", "offsets", "signed", "twelve_bits_signed",
)  # fmt: skip
@pytest.mark.parametrize("name", [name for name in FILES if name not in SUB_SAMPLED])
def test_samples_equal_openjpeg(name: str) -> None:
    np.testing.assert_array_equal(jpeg2000.decode(FILES[name]), openjpeg_decode(FILES[name]))


@pytest.mark.usual(
    "sub_sampled_components-None",
    "rgb-18",
    "opacity-18",
    "sub_sampled_by_position-16",
    "sub_sampled_components-1000",
)
@pytest.mark.parametrize("colorspace", [None, boxes.SRGB, boxes.SYCC, 1000])
@pytest.mark.parametrize("name", ["rgb", "opacity", "sub_sampled_components", "sub_sampled_by_position"])
def test_luma_and_chroma_come_as_rgb(name: str, colorspace: int | None) -> None:
    """Components are repeated; sYCC is converted, and so are sub-sampled components of no known colour space."""
    made = {"rgb": photo(20, 24), "opacity": photo(20, 24, 4)}
    data = FILES[name] if name in FILES else jpeg2000.encode(made[name], container="j2k")
    if colorspace is not None:
        size = codestream.read_codestream(data, 0, len(data), codestream.Sink()).size
        data = boxes.write_header(size, colorspace, None, None, b"jp2 ") + boxes.codestream_box(len(data)) + data
    np.testing.assert_array_equal(jpeg2000.decode(data), pillow_decode(data))


@pytest.mark.usual("rates-1", "tiles_lossy-2")
@pytest.mark.parametrize("reduce", [1, 2])
@pytest.mark.parametrize("name", ["lossless", "rates", "tiles_lossy", "PCRL"])
def test_reduced_pictures_equal_pillow(name: str, reduce: int, files: dict[str, bytes]) -> None:
    ours = jpeg2000.decode(files[name], reduce=reduce)
    np.testing.assert_array_equal(ours, pillow_decode(files[name], reduce))


@pytest.mark.usual("rates", "offset_tiles", "PCRL")
@pytest.mark.parametrize("name", ["rates", "tiles_lossy", "offset_tiles", "PCRL", "small_blocks", "RLCP"])
def test_a_region_is_that_part_of_the_picture(name: str, files: dict[str, bytes]) -> None:
    whole = jpeg2000.decode(files[name])
    rng = np.random.default_rng(1)
    for _ in range(2):
        top, left = (int(rng.integers(0, side)) for side in whole.shape[:2])
        height, width = (int(rng.integers(1, side + 1)) for side in (whole.shape[0] - top, whole.shape[1] - left))
        part = jpeg2000.decode(files[name], region=(top, left, height, width))
        np.testing.assert_array_equal(part, whole[top : top + height, left : left + width])


def test_a_region_of_a_reduced_picture(files: dict[str, bytes]) -> None:
    whole = jpeg2000.decode(files["rates"], reduce=2)
    part = jpeg2000.decode(files["rates"], reduce=2, region=(4, 8, 20, 24))
    np.testing.assert_array_equal(part, whole[1:6, 2:8])


def test_a_small_region_decodes_few_code_blocks(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []
    decode_blocks = lockstep_decoder.decode_blocks

    def counting(blocks: list[lockstep_decoder.CodedBlock]) -> list[np.ndarray]:
        counts[-1] += len(blocks)
        return decode_blocks(blocks)

    monkeypatch.setattr(lockstep_decoder, "decode_blocks", counting)
    for region in (None, (30, 30, 4, 4)):
        counts.append(0)
        jpeg2000.decode(files["small_blocks"], region=region)
    assert 0 < counts[1] <= counts[0] / 4


def test_layers_are_what_a_file_of_fewer_layers_holds() -> None:
    """The first layers of a file, cut out by their lengths in a file of one tile in layer order."""
    image = photo(40, 45)
    options = {"irreversible": True, "mct": 1, "quality_mode": "rates", "num_resolutions": 3, "no_jp2": True}
    options |= SMALL
    many, one = pillow_files(
        [(image, {**options, "quality_layers": [40, 8]}), (image, {**options, "quality_layers": [40]})]
    )
    np.testing.assert_array_equal(jpeg2000.decode(many, layers=1), jpeg2000.decode(one))
    assert (jpeg2000.decode(many, layers=2) == jpeg2000.decode(many)).all()
    assert (jpeg2000.decode(many, layers=1) != jpeg2000.decode(many)).any()


def test_a_prefix_gives_the_whole_picture(files: dict[str, bytes]) -> None:
    data, image = files["LRCP"], CASES["LRCP"][0]
    found = []
    for part in (0.2, 0.5, 0.8, 1):
        picture, report = jpeg2000.decode_damaged(data[: int(part * len(data))])
        assert picture.shape == image.shape
        assert report.complete == (part == 1)
        assert (report.packets[0] == report.packets[1]) == (part == 1)
        found.append(psnr(image, picture))
    assert found == sorted(found)
    assert found[0] > 18
    with pytest.raises(FormatError):
        jpeg2000.decode(data[:-40])


def test_palettes_and_channel_definitions() -> None:
    index = (np.arange(48, dtype=np.uint8).reshape(6, 8) * 5) % 7
    (raw,) = pillow_files([(index, {"no_jp2": True, "num_resolutions": 2})])
    colours = np.random.default_rng(3).integers(0, 256, (7, 3), dtype=np.uint8)

    def box(kind: bytes, body: bytes) -> bytes:
        return (len(body) + 8).to_bytes(4, "big") + kind + body

    header = box(b"ihdr", bytes.fromhex("000000060000000800010707 0000".replace(" ", "")))
    header += box(b"colr", b"\1\0\0\0\0\0\x10")
    header += box(b"pclr", b"\0\7\3\7\7\7" + colours.tobytes())
    header += box(b"cmap", b"".join(bytes((0, 0, 1, column)) for column in range(3)))
    front = boxes.SIGNATURE + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    data = front + box(b"jp2h", header) + box(b"jp2c", raw)
    np.testing.assert_array_equal(jpeg2000.decode(data), colours[index])
    np.testing.assert_array_equal(pillow_decode(data), index)  # Pillow keeps the palette
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")), colours[index])
    swapped = header + box(b"cdef", bytes.fromhex("0003 000000000003 000100000002 000200000001".replace(" ", "")))
    data = front + box(b"jp2h", swapped) + box(b"jp2c", raw)
    np.testing.assert_array_equal(jpeg2000.decode(data), colours[index][..., ::-1])


@pytest.mark.parametrize(
    ("options", "error", "name"),
    [
        ({"reduce": -1}, ValueError, "reduce"),
        ({"reduce": 9}, ValueError, "reduce"),
        ({"reduce": 1.0}, TypeError, "reduce"),
        ({"layers": 0}, ValueError, "layers"),
        ({"region": (0, 0, 0, 5)}, ValueError, "region"),
        ({"region": (0, 43, 5, 11)}, ValueError, "region"),
        ({"region": (0, 80)}, ValueError, "region"),
        ({"max_pixels": 2111}, UnsupportedError, "max_pixels"),
    ],
)
def test_wrong_arguments_are_named(
    options: Any, error: type[Exception], name: str, files: dict[str, bytes]
) -> None:
    with pytest.raises(error, match=name):
        jpeg2000.decode(files["lossless"], **options)


def test_data_must_be_a_buffer() -> None:
    with pytest.raises(TypeError, match="data"):
        jpeg2000.decode(5)
    with pytest.raises(JpegError):
        jpeg2000.decode(b"")


@pytest.mark.parametrize("kind", [bytearray, memoryview, lambda data: np.frombuffer(data, np.uint8)])
def test_any_buffer_will_do(kind: Any, files: dict[str, bytes]) -> None:
    data = files["one_sample"]
    np.testing.assert_array_equal(jpeg2000.decode(kind(data)), CASES["one_sample"][0])
