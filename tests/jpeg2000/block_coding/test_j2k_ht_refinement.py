"""The refining passes of T.814: files that a literal coder writes decode as in OpenJPEG and OpenJPH."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from j2k_samples import openjpeg_decode, photo

from numjpeg import jpeg2000
from numjpeg.jpeg2000 import quantization, wavelet
from numjpeg.jpeg2000.block_coding import contexts, ht_decoder, ht_encoder
from numjpeg.jpeg2000.block_coding.lockstep_decoder import CodedBlock
from numjpeg.jpeg2000.container import codestream, packets
from numjpeg.jpeg2000.container.codestream import CodingStyle, ComponentSize, Quantization, Size, TileStyle
from numjpeg.jpeg2000.container.geometry import Rectangle, Tile, TileComponent
from numjpeg.jpeg2000.container.progression import packets as all_packets
from numjpeg.jpeg2000.container.tag_tree import TagTree
from numjpeg.jpeg2000.plan import PART_15


def scan(height: int, width: int) -> Iterator[list[tuple[int, int]]]:
    """Cells in the order of T.800 D.1, up to four columns of a stripe at a time."""
    for top in range(0, height, 4):
        for left in range(0, width, 4):
            columns, rows = range(left, min(left + 4, width)), range(top, min(top + 4, height))
            yield [(y, x) for x in columns for y in rows]


def stuffed(bits: Iterable[int], backwards: bool) -> bytes:
    """Bytes in the order of reading, lowest bit first, with a zero on top where the reader drops a bit."""
    left, out, previous = list(bits), bytearray(), 0xFF if backwards else 0
    while left:
        seven = sum(bit << i for i, bit in enumerate(left[:7]))
        drop = previous > 0x8F and seven == 127 if backwards else previous == 0xFF
        previous = seven if drop else sum(bit << i for i, bit in enumerate(left[:8]))
        del left[: 7 if drop else 8]
        out.append(previous)
    return bytes(out)


def refinement(values: np.ndarray, causal: bool) -> list[bytes]:
    """Bit-plane 0 of what is coded down to bit-plane 1: bytes of either pass, in the order of the file."""
    height, width = values.shape
    known = np.abs(values) > 1
    significant, propagated, refined = known.copy(), [], []
    for cells in scan(height, width):
        new = []
        for y, x in cells:
            below = y + 1 if causal and y % 4 == 3 else y + 2
            if not known[y, x] and significant[max(0, y - 1) : below, max(0, x - 1) : x + 2].any():
                propagated.append(int(values[y, x] != 0))
                significant[y, x] = values[y, x] != 0
                new += [values[y, x]] if values[y, x] else []
            elif known[y, x]:
                refined.append(int(abs(values[y, x]) & 1))
        propagated += [int(value < 0) for value in new]
    return [stuffed(propagated, False) + b"\0", stuffed(refined, True)[::-1]]


def coded(values: np.ndarray, refining: int, causal: bool) -> tuple[int, list[bytes]]:
    """Bit-planes of a code-block, and the bytes of its passes."""
    high = np.sign(values) * (np.abs(values) >> 1)
    if not refining or not high.any():
        return 1, ht_encoder.encode_blocks([values])
    return 2, ht_encoder.encode_blocks([high]) + refinement(values, causal)[:refining]


def file(image: np.ndarray, refining: int, causal: bool = False, layers: int = 1, placeholders: int = 0) -> bytes:
    """A gray picture; each pass in a layer of its own if there are three, else all in one."""
    height, width = image.shape
    style = contexts.HIGH_THROUGHPUT | (contexts.VERTICALLY_CAUSAL if causal else 0)
    own, steps = (
        CodingStyle(1, 4, 4, style, True, ((15, 15),) * 2),
        Quantization(0, 2, ((8, 0), (9, 0), (9, 0), (10, 0))),
    )
    size = Size(PART_15, width, height, 0, 0, width, height, 0, 0, (ComponentSize(8, False, 1, 1),))
    box = Rectangle(0, 0, width, height)
    tile = Tile(0, box, [TileComponent(box, own, steps, 8, 0)])
    bands = wavelet.forward(quantization.level_shift(image, 8), 0, 0, True)
    fresh, body = {}, []
    for packet in all_packets(size, tile, 0, layers, ()):
        if packet.layer == 0:
            fresh[packet.resolution] = []
            for of_band in tile.components[0].resolutions[packet.resolution].precinct(0):
                contents = []
                for block in of_band.blocks:
                    values = bands[block.band.orientation][block.box.within(block.band.box)]
                    planes, passes = coded(values, refining, causal)
                    block.zero_planes = block.band.planes - planes - placeholders
                    contents.append([part for part in passes if part or len(passes) > 1])
                rows = len(contents) // of_band.width
                first = [0 if passes else layers for passes in contents]
                missing = [block.zero_planes for block in of_band.blocks]
                trees = [TagTree(of_band.width, rows, leaves) for leaves in (first, missing)]
                fresh[packet.resolution].append(
                    (of_band._replace(inclusion=trees[0], zero_planes=trees[1]), contents)
                )
        precinct, parts = [], []
        for of_band, contents in fresh[packet.resolution]:
            precinct.append(of_band)
            parts.append([contribution(passes, packet.layer, layers, placeholders) for passes in contents])
        body += packets.write_packet(precinct, packet.layer, style, parts)
    head = [codestream.START[:2], codestream.write_size(size), codestream.write_capabilities(12, True)]
    head += [
        codestream.write_coding_style(TileStyle(False, 0, layers, False, own)),
        codestream.write_quantization(steps),
    ]
    return b"".join([*head, *codestream.write_tile_part(0, body), b"\xff\xd9"])


def contribution(passes: list[bytes], layer: int, layers: int, placeholders: int) -> packets.Contribution | None:
    own = passes[layer : layer + 1] if layers == 3 else passes
    if not own:
        return None
    pieces = own if layers == 3 else [own[0], b"".join(own[1:])][: 1 + (len(own) > 1)]
    return packets.Contribution(len(own) + 3 * placeholders, pieces)


IMAGES = {
    "photo": photo(45, 58, 1),
    "sparse": np.where(np.random.default_rng(1).random((37, 50)) < 0.05, 135, 128).astype(np.uint8),
    "noise": np.random.default_rng(0).integers(0, 256, (33, 21), dtype=np.uint8),
}


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("refining", [0, 1, 2])
@pytest.mark.parametrize("name", IMAGES)
def test_files_decode_as_in_openjpeg(name: str, refining: int, causal: bool) -> None:
    data = file(IMAGES[name], refining, causal)
    found = jpeg2000.decode(data)
    np.testing.assert_array_equal(found, openjpeg_decode(data))
    if refining == 2 and name != "sparse":
        np.testing.assert_array_equal(found, IMAGES[name])


def test_each_pass_in_a_layer_of_its_own() -> None:
    """Neither OpenJPEG nor OpenJPH takes more than one layer."""
    image = IMAGES["photo"]
    data = file(image, 2, layers=3)
    np.testing.assert_array_equal(jpeg2000.decode(data), image)
    for layers in (1, 2):
        found = jpeg2000.decode(data, layers=layers)
        assert not np.array_equal(found, image)
        if layers == 2:
            np.testing.assert_array_equal(found, jpeg2000.decode(file(image, 1)))


@pytest.mark.parametrize("refining", [0, 2])
def test_placeholder_passes(refining: int) -> None:
    """OpenJPEG does not take them, OpenJPH does."""
    imagecodecs = pytest.importorskip("imagecodecs", reason="imagecodecs brings OpenJPH")
    data = file(IMAGES["photo"], refining, placeholders=2)
    np.testing.assert_array_equal(jpeg2000.decode(data), IMAGES["photo"])
    np.testing.assert_array_equal(imagecodecs.htj2k_decode(data), IMAGES["photo"])


def test_the_last_set_counts() -> None:
    """Sets of one code-block, each a bit-plane further down."""
    values = np.rint(np.random.default_rng(0).laplace(0, 9, (13, 18))).astype(np.int32)
    sets = [np.sign(values) * (np.abs(values) >> plane) for plane in (2, 1, 0)]
    first, second, third = ht_encoder.encode_blocks(sets)
    more = b"".join(refinement(sets[1], False))
    segments = [(4, first), (2, more), (1, second), (2, b"".join(refinement(values, False))), (1, third)]
    for count, plane in ((2, 2), (4, 1), (5, 0)):
        block = CodedBlock(18, 13, 0, 4, contexts.HIGH_THROUGHPUT, segments[:count])
        ((_, found),) = ht_decoder.decode_blocks([block])
        expected = values if plane == 0 else sets[3 - plane]
        near = np.where(np.abs(expected) > 1, expected, 0)
        whole = np.sign(found) * (np.abs(found) >> max(0, plane - 1) + 1)
        np.testing.assert_array_equal(np.where(np.abs(expected) > 1, whole, 0), near)
