"""Motion-JPEG: a stream of JPEG files, one behind the other, each a frame of a video."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import nullcontext
from typing import IO, Any

from numjpeg.container import markers
from numjpeg.errors import FormatError
from numjpeg.sources import check_binary, is_data, read_bytes

MAX_FRAME = 1 << 30  # the most bytes that are held while a frame's end is searched for


def iter_frames(source: Any) -> Iterator[bytes]:
    """Cut a Motion-JPEG stream into its frames, in time proportional to its length.

    Parameters
    ----------
    source : the stream: its bytes (any buffer), a path, or a binary file object, such as a pipe or the answer of a
        network camera; TypeError for anything else. A path or a file object is read in pieces of 64 KiB, and no
        further than the next frame needs.

    Returns
    -------
    Iterator of frames, each a whole JPEG file from SOI to EOI, for :func:`numjpeg.decode`. Bytes between frames,
    such as the headers of an HTTP stream, are left out. A frame without EOI ends where the next one begins, or
    with the stream. FormatError if the stream has no frame, or a frame has no end within ``MAX_FRAME`` bytes;
    OSError.
    """
    if isinstance(source, str | os.PathLike):
        return _frames(source)
    if is_data(source):
        return _frames(io.BytesIO(read_bytes(source)))
    check_binary(source, "read", "source")
    return _frames(source)


def _frames(source: str | os.PathLike[str] | IO[bytes]) -> Iterator[bytes]:
    """Yield the frames of a stream. ``buffer`` holds the current one from its SOI on, and what follows it."""
    with open(source, "rb") if isinstance(source, str | os.PathLike) else nullcontext(source) as stream:  # noqa: PTH123
        read = getattr(stream, "read1", stream.read)  # read1 does not wait until so many bytes have come
        buffer = bytearray()
        position = 0  # up to which the frame has been walked through; 0 while the buffer holds no SOI
        scanned = False
        count = 0
        while chunk := read(1 << 16):
            buffer += chunk
            while True:
                if not position:
                    start = buffer.find(b"\xff\xd8\xff")  # SOI and the first byte of the next marker
                    del buffer[: start if start >= 0 else -2]  # two bytes may belong to an SOI
                    if start < 0:
                        break
                    position, scanned = 2, False
                end, position, scanned = _walk(buffer, position, scanned)
                if not end:
                    break
                count += 1
                yield bytes(buffer[:end])
                del buffer[:end]
                position = 0
            if len(buffer) > MAX_FRAME:
                raise FormatError(f"frame {count} has no end within {MAX_FRAME} bytes", clause="B.2.1")
    if position:
        yield bytes(buffer)
    elif not count:
        raise FormatError("the stream has no frame: there is no SOI", clause="B.2.1")


def _walk(buffer: bytearray, position: int, scanned: bool) -> tuple[int, int, bool]:
    """Walk on through a frame's markers: its end, 0 if that has not come yet; the new position and ``scanned``."""
    while (offset := markers.end_of_scan(buffer, position)) < len(buffer):
        marker = buffer[offset + 1]
        position = offset + 2
        if marker == markers.EOI:
            return position, position, scanned
        if marker == markers.SOI and scanned:  # the next frame's
            return offset, offset, scanned
        if marker == markers.SOI:
            continue
        if len(buffer) < position + 2:
            return 0, offset, scanned  # its length has not come yet
        position += int.from_bytes(buffer[position : position + 2], "big")
        scanned = scanned or marker == markers.SOS
    return 0, max(position, len(buffer) - 1), scanned
