"""Marker segments: what is written is read; what contradicts itself is refused with its place and clause."""

from __future__ import annotations

import pytest

from numjpeg import jpeg2000
from numjpeg.errors import FormatError, JpegError
from numjpeg.jpeg2000.container import codestream
from numjpeg.jpeg2000.container.codestream import CodingStyle, ComponentSize, Quantization, Sink, Size, TileStyle

SIZE = Size(0, 50, 41, 3, 5, 20, 13, 2, 1, (ComponentSize(12, True, 1, 1), ComponentSize(8, False, 2, 1)))
STYLE = TileStyle(False, 3, 7, False, CodingStyle(2, 4, 5, 0, False, ((4, 5), (6, 7), (15, 15))))
STEPS = Quantization(2, 3, tuple((8 + i, 100 * i) for i in range(7)))


def stream(*, size: bytes | None = None, style: bytes | None = None, steps: bytes | None = None) -> bytes:
    head = codestream.START[:2] + (size or codestream.write_size(SIZE))
    head += (style or codestream.write_coding_style(STYLE)) + (steps or codestream.write_quantization(STEPS))
    return (
        head + codestream.write_comment("abc") + b"".join(codestream.write_tile_part(0, [b"\x00"])) + b"\xff\xd9"
    )


def test_what_is_written_is_read() -> None:
    data = stream()
    found = codestream.read_codestream(data, 0, len(data), Sink())
    assert found.size == SIZE
    assert found.style(0) == STYLE
    assert found.component_style(0, 1) == STYLE.components
    assert found.quantization(0, 1) == STEPS
    assert found.roi_shift(0, 1) == 0
    assert [data[start:stop] for start, stop in found.tiles[0].parts] == [b"\x00"]


@pytest.mark.parametrize(("at", "value"), [(9, 0), (25, 0), (41, 0), (33, 200), (38, 9)])
def test_sizes_that_cannot_be(at: int, value: int) -> None:
    """One byte of SIZ is changed."""
    size = bytearray(codestream.write_size(SIZE))
    size[at] = value
    data = stream(size=bytes(size))
    with pytest.raises(JpegError) as caught:
        codestream.read_codestream(data, 0, len(data), Sink())
    assert caught.value.clause is not None
    assert caught.value.offset is not None


def test_a_missing_segment() -> None:
    data = codestream.START[:2] + codestream.write_size(SIZE) + codestream.write_coding_style(STYLE)
    data += b"".join(codestream.write_tile_part(0, [b"\x00"])) + b"\xff\xd9"
    with pytest.raises(FormatError, match="QCD") as caught:
        jpeg2000.decode(data)
    assert caught.value.clause is not None
    with pytest.raises(FormatError):
        jpeg2000.decode(data[:20], strict=False)
