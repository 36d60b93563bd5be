"""Motion-JPEG: every frame, whole, in linear time, from bytes, paths, files and streams that come in pieces."""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pillow
import pytest
import samples
from PIL import Image

import numjpeg
from numjpeg.container import motion_jpeg


def frames() -> list[bytes]:
    """Of different kinds; one with restart markers, one with pictures in a comment."""
    exif = Image.Exif()
    exif[0x010F] = "maker"
    thumbnail = pillow.save(samples.smooth(8, 8))
    return [
        pillow.save(samples.smooth(33, 48), quality=50),
        pillow.save(samples.noise(40, 40), quality=95, restart_marker_blocks=1),
        pillow.save(samples.smooth(24, 24), progressive=True, comment=thumbnail + b"\xff\xd8\xff" + thumbnail),
        pillow.save(samples.smooth(16, 16, 1), exif=exif),
    ]


class Pieces(io.RawIOBase):
    """A stream of which so many bytes come at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size = data, size
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._data[self.given : self.given + min(size, self._size)]
        self.given += len(piece)
        return piece


@pytest.mark.parametrize(
    "between", [b"", b"\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n", b"\xff\xd8\0\xff", b"\xff"]
)
def test_frames_come_out_as_they_went_in(between: bytes, tmp_path: Path) -> None:
    stream = b"".join(between + frame for frame in frames()) + between
    path = tmp_path / "film.mjpeg"
    path.write_bytes(stream)
    with path.open("rb") as file:
        for source in (stream, bytearray(stream), memoryview(stream), path, str(path), file, io.BytesIO(stream)):
            assert list(numjpeg.iter_frames(source)) == frames()
    for size in (1, 2, 3, 7, 100, 4096):
        assert list(numjpeg.iter_frames(Pieces(stream, size))) == frames()
    for frame in numjpeg.iter_frames(path):
        assert np.array_equal(numjpeg.decode(frame), pillow.load(frame))


def test_a_frame_is_handed_out_when_its_end_has_come() -> None:
    first, second = frames()[:2]
    stream = Pieces(first + second, 10)
    assert next(numjpeg.iter_frames(stream)) == first
    assert stream.given < len(first) + 10


def test_a_frame_without_eoi_ends_with_the_next_or_the_stream() -> None:
    first, second = frames()[:2]
    for size in (1, 1000):
        stream = Pieces(first[:-2] + second + first[:-9], size)
        assert list(numjpeg.iter_frames(stream)) == [first[:-2], second, first[:-9]]


def test_every_truncation_gives_the_whole_frames_and_the_rest() -> None:
    first, second = frames()[0], frames()[3]
    stream = first + second
    for size in range(3, len(stream)):
        found = list(numjpeg.iter_frames(stream[:size]))
        rest = [stream[len(first) : size]] if size > len(first) + 2 else []
        assert found == ([first, *rest] if size >= len(first) else [stream[:size]])


@pytest.mark.parametrize("stream", [b"", b"no picture", b"\xff\xd8", b"\xff\xd9" * 9])
def test_a_stream_without_a_frame_is_an_error(stream: bytes) -> None:
    with pytest.raises(numjpeg.FormatError, match="no frame"):
        list(numjpeg.iter_frames(stream))


def test_what_is_no_source_is_a_type_error_at_once(tmp_path: Path) -> None:
    for wrong in (5, None, [b"data"], io.StringIO("text")):
        with pytest.raises(TypeError, match=r"^source: "):
            numjpeg.iter_frames(wrong)
    for missing in (tmp_path / "missing", ""):
        with pytest.raises(FileNotFoundError):
            next(numjpeg.iter_frames(missing))


def test_a_stream_that_never_ends_a_frame_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motion_jpeg, "MAX_FRAME", 1 << 18)

    class Endless:
        def read(self, size: int) -> bytes:
            return bytes(size)

    class Begun(Endless):
        first = frames()[0][:-2]

        def read(self, size: int) -> bytes:
            data, self.first = self.first, bytes(size)
            return data

    with pytest.raises(numjpeg.FormatError, match="frame 0 has no end"):
        list(numjpeg.iter_frames(Begun()))


def seconds(walk: object, stream: bytes) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        assert walk(stream) == len(stream) // len(frames()[0])
        best = min(best, time.process_time() - start)
    return best


def count_frames(stream: bytes) -> int:
    return sum(1 for _ in numjpeg.iter_frames(stream))


def count_headers(stream: bytes) -> int:
    """As a caller may walk: from header to header, by what each says to follow."""
    view = memoryview(stream)
    position = count = 0
    while True:
        header = numjpeg.read_header(view[position:])
        count += 1
        if header.trailing is None:
            return count
        assert header.trailing[1] == len(view) - position - header.trailing[0]
        position += header.trailing[0]


@pytest.mark.parametrize("walk", [count_frames, count_headers])
def test_a_stream_is_walked_through_in_linear_time(walk: object) -> None:
    """Eight times the frames, 800 of them, in eight times the time; the square would be 64 times."""
    frame = frames()[0]
    assert seconds(walk, frame * 800) < 16 * seconds(walk, frame * 100)


def test_a_header_is_the_same_whatever_follows() -> None:
    for data in frames():
        alone = numjpeg.read_header(data)
        for source in (data + data, memoryview(data + data)):
            followed = numjpeg.read_header(source)
            assert followed.trailing == (len(data), len(data))
            assert followed.segments == alone.segments
            assert followed.warnings == [*alone.warnings, f"{len(data)} bytes follow EOI"]
