"""JP2 boxes: what is written is read, and what is damaged is refused with its place."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from j2k_samples import photo

from numjpeg import jpeg2000
from numjpeg.errors import FormatError
from numjpeg.jpeg2000.container import boxes
from numjpeg.jpeg2000.container.codestream import ComponentSize, Sink, Size

BODY = jpeg2000.encode(photo(9, 11, 1), container="j2k")


def file(*inside: tuple[bytes, bytes], length: int | None = None) -> bytes:
    header = b"".join(struct.pack(">I4s", 8 + len(body), kind) + body for kind, body in inside)
    stream = boxes.codestream_box(len(BODY)) if length is None else struct.pack(">I4s", length, b"jp2c")
    return boxes.SIGNATURE + struct.pack(">I4s", 8 + len(header), b"jp2h") + header + stream + BODY


def test_what_is_written_is_read() -> None:
    size = Size(0, 11, 9, 0, 0, 11, 9, 0, 0, (ComponentSize(8, False, 1, 1), ComponentSize(1, False, 1, 1)))
    head = boxes.write_header(size, boxes.GRAY, b"profile", 1, b"jp2 ")
    data = head + boxes.codestream_box(len(BODY)) + BODY
    found = boxes.read_container(data, Sink())
    assert data[found.start : found.stop] == BODY
    assert (found.kind, found.icc_profile, found.channels) == ("JP2", b"profile", {0: (0, 1), 1: (1, 0)})
    assert [name for name, _, _ in found.boxes] == ["jP  ", "ftyp", "jp2h", "ihdr", "bpcc", "colr", "cdef", "jp2c"]


def test_lengths() -> None:
    assert boxes.codestream_box(1 << 32) == struct.pack(">I4sQ", 1, b"jp2c", (1 << 32) + 16)
    for data in (file(length=0), file(length=None)):
        np.testing.assert_array_equal(jpeg2000.decode(data), jpeg2000.decode(BODY))
    with pytest.raises(FormatError, match="missing"):
        jpeg2000.decode(file(length=len(BODY) + 20))
    assert jpeg2000.decode(file(length=len(BODY) + 20), strict=False).shape == (9, 11)


def test_a_palette() -> None:
    entries = np.random.default_rng(0).integers(0, 256, (256, 3), dtype=np.uint8)
    palette = struct.pack(">HB", 256, 3) + b"\x07\x07\x07" + entries.tobytes()
    mapping = b"".join(struct.pack(">HBB", 0, 1, column) for column in range(3))
    found = jpeg2000.decode(file((b"pclr", palette), (b"cmap", mapping)))
    np.testing.assert_array_equal(found, entries[jpeg2000.decode(BODY)])


@pytest.mark.parametrize(
    "box", [(b"colr", b"\x01\x00"), (b"pclr", b"\x00\x05\x01\x07abc"), (b"cdef", b"\x00\x02\x00")]
)
def test_boxes_that_are_too_short(box: tuple[bytes, bytes]) -> None:
    with pytest.raises(FormatError, match="too short") as caught:
        jpeg2000.decode(file(box))
    assert caught.value.offset == 20
    assert caught.value.clause == "I.5.3"


def test_no_codestream() -> None:
    with pytest.raises(FormatError, match="no codestream box"):
        jpeg2000.decode(boxes.SIGNATURE)
