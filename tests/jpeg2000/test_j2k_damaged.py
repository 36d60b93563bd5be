"""Bad input is normal input: a typed error with place and clause, or a picture; no hang, no unbounded memory."""

from __future__ import annotations

import contextlib
import itertools
import struct
import time
import tracemalloc

import numpy as np
import pytest
from j2k_openjpeg_files import FILES
from j2k_samples import photo

from numjpeg import jpeg2000, psnr
from numjpeg.errors import FormatError, JpegError
from numjpeg.jpeg2000.container import codestream, packets

SECONDS = 10
SAMPLES = {
    name: FILES[name]
    for name in ("all_styles", "tile_parts", "progression_changes", "sub_sampled_by_position", "roi")
}
SAMPLES["high_throughput"] = jpeg2000.encode(photo(20, 24, 1), high_throughput=True)
SAMPLES["layers"] = jpeg2000.encode(photo(20, 24), layers=3, levels=2, code_block_size=(8, 8))


def outcome(data: bytes, **options: bool) -> str:
    start, error = time.process_time(), None
    try:
        jpeg2000.decode(data, max_pixels=1_000_000, **options)
    except JpegError as found:
        error = found
    assert time.process_time() - start < SECONDS
    assert error is None or error.clause is not None
    return "picture" if error is None else type(error).__name__


@pytest.mark.usual("all_styles", "high_throughput", "tile_parts", "layers")
@pytest.mark.parametrize("name", SAMPLES)
def test_truncation_anywhere(name: str) -> None:
    data = SAMPLES[name]
    whole = jpeg2000.decode(data)
    rng = np.random.default_rng(0)
    for cut in sorted(rng.choice(len(data), 4, replace=False).tolist()):
        assert outcome(data[:cut]) == "FormatError" or len(data) - cut <= 2
        with contextlib.suppress(JpegError):
            picture, report = jpeg2000.decode_damaged(data[:cut])
            assert picture.shape == whole.shape
            assert not report.complete
            assert all(0 <= fault.offset <= len(data) and fault.clause for fault in report.faults)


@pytest.mark.usual("roi", "high_throughput", "progression_changes", "sub_sampled_by_position")
@pytest.mark.parametrize("name", SAMPLES)
def test_single_byte_changes(name: str) -> None:
    data = SAMPLES[name]
    rng = np.random.default_rng(1)
    for at in rng.integers(4, len(data), 4).tolist():
        broken = bytearray(data)
        broken[at] = rng.integers(256)
        outcome(bytes(broken), strict=False)


@pytest.mark.sweep
@pytest.mark.parametrize("name", SAMPLES)
def test_every_second_byte_changed(name: str) -> None:
    data = SAMPLES[name]
    rng = np.random.default_rng(3)
    for at in range(4, len(data), 2):
        broken = bytearray(data)
        broken[at] ^= int(rng.integers(1, 256))
        outcome(bytes(broken), strict=False)


def packet_ends(data: bytes) -> list[int]:
    """Where the packets of a file of one tile-part end: the reader says it."""
    ends: list[int] = []
    read = packets.PacketReader.read

    def noting(self: packets.PacketReader, *arguments: object) -> None:
        read(self, *arguments)  # type: ignore[arg-type]
        ends.append(self.at)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packets.PacketReader, "read", noting)
        jpeg2000.decode(data)
    start = len(data) - 2 - ends[-1]
    return [start + end for end in ends]


@pytest.mark.parametrize(("layers", "levels"), [(2, 1), pytest.param(5, 3, marks=pytest.mark.sweep)])
def test_a_prefix_is_the_picture_as_good_as_its_bytes(layers: int, levels: int) -> None:
    """Cut at every packet, and at one place within each: never an error, and the picture becomes better."""
    image = photo(10 * layers, 12 * layers)
    data = jpeg2000.encode(image, layers=layers, levels=levels, container="j2k", code_block_size=(8, 8))
    ends = packet_ends(data)
    assert len(ends) == layers * (levels + 1) * 3
    found = []
    for number, end in enumerate(ends, 1):
        picture, report = jpeg2000.decode_damaged(data[:end])
        assert report.packets[0] == number
        assert report.packets[1] == len(ends)
        found.append(psnr(image, picture))
        inside, _ = jpeg2000.decode_damaged(data[: end - 1])
        assert inside.shape == image.shape
    assert found[-1] == float("inf")
    by_layer = found[3 * levels + 2 :: 3 * levels + 3]
    assert all(low + 0.5 < high for low, high in itertools.pairwise(by_layer))
    # Of a packet that is one of three components colours may become worse for a moment; not by much.
    assert all(high > low - 1.5 for low, high in itertools.pairwise(found))


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(3, 13))
def test_more_marker_soup(seed: int) -> None:
    marker_soup(np.random.default_rng(seed), 400)


def test_marker_soup() -> None:
    marker_soup(np.random.default_rng(2), 80)


def marker_soup(rng: np.random.Generator, count: int) -> None:
    """Decode a main header of random marker segments, many times."""
    markers = [marker for marker in codestream.NAMES if marker not in (codestream.SOC, codestream.SOD)]
    head = SAMPLES["layers"]
    head = head[head.index(codestream.START) :][:47]
    for _ in range(count):
        soup = bytearray(head)
        for _ in range(int(rng.integers(1, 8))):
            body = rng.bytes(int(rng.integers(0, 12)))
            soup += struct.pack(">HH", int(rng.choice(markers)), len(body) + 2) + body
            if rng.integers(3) == 0:
                soup += b"\xff\x93"
        outcome(bytes(soup), strict=bool(rng.integers(2)))


def test_claims_without_data() -> None:
    """A header that claims much costs little, before any data back it."""
    style = codestream.CodingStyle(5, 2, 2, 0, True, ((15, 15),) * 6)
    small = codestream.CodingStyle(5, 2, 2, 0, True, ((1, 1),) * 6)
    steps = codestream.Quantization(0, 2, ((8, 0),) * 16)
    for own, tile in ((style, 1 << 31), (small, 1 << 31), (small, 700)):
        size = codestream.Size(
            0, 12000, 12000, 0, 0, tile, tile, 0, 0, (codestream.ComponentSize(8, False, 1, 1),)
        )
        cod = codestream.TileStyle(False, 3, 65535, False, own)
        head = b"\xff\x4f" + codestream.write_size(size) + codestream.write_coding_style(cod)
        head += codestream.write_quantization(steps)
        data = head + b"".join(codestream.write_tile_part(0, [b"\xc0" * 40])) + b"\xff\xd9"
        tracemalloc.start()
        start = time.process_time()
        with pytest.raises(FormatError):
            jpeg2000.decode(data)
        assert time.process_time() - start < SECONDS
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
        tracemalloc.stop()


def test_an_error_says_what_where_and_why() -> None:
    data = bytearray(SAMPLES["layers"])
    at = data.index(b"\xff\x52")
    data[at + 5] = 9
    with pytest.raises(FormatError, match="COD: progression 9") as caught:
        jpeg2000.decode(bytes(data))
    assert caught.value.offset == at
    assert caught.value.clause == "A.6.1"
