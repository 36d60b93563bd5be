"""What a file's bytes may come from: any buffer, a path, a binary file, wherever a whole file is taken."""

from __future__ import annotations

import array
import ctypes
import io
import mmap
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pillow
import pytest
import samples

import numjpeg
from numjpeg.sources import is_data, name_error, read_bytes, read_source

FILE = pillow.save(samples.smooth(33, 48))
FILE += bytes(-len(FILE) % 8)  # so that it is a whole number of items of any type
IMAGE = pillow.load(FILE)

BUFFERS: dict[str, Callable[[], Any]] = {
    "bytes": lambda: FILE,
    "bytearray": lambda: bytearray(FILE),
    "memoryview": lambda: memoryview(FILE),
    "memoryview with steps": lambda: memoryview(b"".join(bytes((b, 0)) for b in FILE))[::2],
    "array.array of bytes": lambda: array.array("B", FILE),
    "array.array of signed bytes": lambda: array.array("b", FILE),
    "array.array of 32-bit integers": lambda: array.array("i", FILE),
    "ctypes": lambda: (ctypes.c_ubyte * len(FILE)).from_buffer_copy(FILE),
    "ctypes, 16-bit": lambda: (ctypes.c_uint16 * (len(FILE) // 2)).from_buffer_copy(FILE),
    "uint8": lambda: np.frombuffer(FILE, np.uint8),
    "uint8 (N, 1)": lambda: np.frombuffer(FILE, np.uint8).reshape(-1, 1),
    "uint8 (1, N)": lambda: np.frombuffer(FILE, np.uint8).reshape(1, -1),
    "uint8, Fortran order": lambda: np.asfortranarray(np.frombuffer(FILE, np.uint8).reshape(-1, 8)),
    "uint8 with steps": lambda: np.repeat(np.frombuffer(FILE, np.uint8), 2)[::2],
    "int8": lambda: np.frombuffer(FILE, np.int8),
    "big-endian uint16": lambda: np.frombuffer(FILE, ">u2"),
    "float64": lambda: np.frombuffer(FILE, np.float64),
    "records": lambda: np.frombuffer(FILE, [("a", "u1"), ("b", "<u4"), ("c", "u1", (3,))]),
    "records with any names": lambda: np.frombuffer(FILE, [("Offset", "<u4"), ("u", "u1"), ("w", "u1", (3,))]),
    "np.void": lambda: np.void(FILE),
    "array of np.void": lambda: np.frombuffer(FILE, "V8"),
    "np.bytes_": lambda: np.bytes_(FILE),
    "pickle.PickleBuffer": lambda: pickle.PickleBuffer(FILE),
}
TAKERS: dict[str, Callable[[Any], Any]] = {
    "decode": lambda data: numjpeg.decode(data).tobytes(),
    "decode_damaged": lambda data: numjpeg.decode_damaged(data)[0].tobytes(),
    "read_header": lambda data: repr(numjpeg.read_header(data)),
    "read_coefficients": lambda data: [plane.tobytes() for plane in numjpeg.read_coefficients(data).planes],
    "split_tables": numjpeg.split_tables,
    "copy_metadata, source": lambda data: numjpeg.copy_metadata(data, FILE),
    "copy_metadata, target": lambda data: numjpeg.copy_metadata(FILE, data),
    "decode_batch": lambda data: next(numjpeg.decode_batch([data])).tobytes(),
}


@pytest.mark.parametrize("kind", BUFFERS)
def test_the_bytes_of_any_buffer_are_the_file(kind: str) -> None:
    assert read_bytes(BUFFERS[kind]()) == FILE
    view = read_source(BUFFERS[kind]())
    assert bytes(view) == FILE
    assert isinstance(view, bytes) or (view.format, view.ndim) == ("B", 1)
    assert is_data(BUFFERS[kind]())
    np.testing.assert_array_equal(numjpeg.decode(BUFFERS[kind]()), IMAGE)


@pytest.mark.parametrize("taker", TAKERS)
def test_one_rule_wherever_a_file_is_taken(taker: str, tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(FILE)
    take = TAKERS[taker]
    expected = take(FILE)
    with path.open("rb") as stream, path.open("rb") as other, mmap.mmap(other.fileno(), 0, access=1) as mapped:
        given = [
            path,
            str(path),
            np.str_(path),
            stream,
            mapped,
            io.BytesIO(FILE),
            *(BUFFERS[kind]() for kind in BUFFERS),
        ]
        for source in given:
            assert take(source) == expected, type(source)
    texts = np.array(["photo.jpg"]), array.array("u", "photo.jpg")
    for wrong in (None, 5, 3.5, [255, 216], np.array([FILE], object), io.StringIO("text"), *texts):
        with pytest.raises(TypeError, match=r"data|source|target"):
            take(wrong)
    with pytest.raises(FileNotFoundError, match="missing"):
        take(tmp_path / "missing.jpg")


def test_tables_may_be_any_source(tmp_path: Path) -> None:
    tables, rest = numjpeg.split_tables(FILE)
    (tmp_path / "tables").write_bytes(tables)
    for source in (tables, tmp_path / "tables", io.BytesIO(tables), memoryview(tables)):
        np.testing.assert_array_equal(numjpeg.decode(rest, tables=source), IMAGE)
    with pytest.raises(TypeError, match="tables"):
        numjpeg.decode(rest, tables=5)


def test_a_file_object_is_read_from_where_it_stands() -> None:
    stream = io.BytesIO(b"ahead" + FILE)
    stream.seek(5)
    assert read_bytes(stream) == FILE


def test_a_file_that_is_open_as_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "picture.jpg").write_bytes(FILE)
    for encoding in ("utf-8", "latin-1"):  # of which the first cannot even be read
        with (
            (tmp_path / "picture.jpg").open(encoding=encoding) as stream,
            pytest.raises(TypeError, match=r'^data: .*"rb"'),
        ):
            numjpeg.decode(stream)


def test_what_is_closed_is_a_value_error() -> None:
    view = memoryview(FILE)
    view.release()
    with pytest.raises(ValueError, match=r"^data: "):
        read_bytes(view)
    assert not is_data(view)


def test_an_empty_buffer_is_no_data() -> None:
    for empty in (b"", bytearray(), np.zeros((0, 3), np.uint8), np.zeros((3, 0))):
        with pytest.raises(numjpeg.FormatError, match="no data"):
            numjpeg.decode(empty)


def test_errors_are_named_once() -> None:
    for error, text in (
        (numjpeg.FormatError("SOS: cut short", offset=3), "a.jpg: SOS: cut short, byte 3"),
        (ValueError("colorspace: no"), "a.jpg: colorspace: no"),
        (OSError(5, "Input/output error"), "[Errno 5] Input/output error: 'a.jpg'"),
        (FileNotFoundError(2, "No such file", "b.jpg"), "[Errno 2] No such file: 'b.jpg'"),
    ):
        name_error(error, "a.jpg")
        assert str(error) == text
        assert str(pickle.loads(pickle.dumps(error))) == text
    error = KeyError(1, 2)
    name_error(error, "a.jpg")
    assert error.__notes__ == ["(in a.jpg)"]
