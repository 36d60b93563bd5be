"""Where a file's bytes come from: one rule for all functions that take a whole file.

A source is **data**, any object with Python's buffer protocol (bytes, bytearray, memoryview, mmap, ctypes arrays,
``array.array``, NumPy arrays of any shape and item type), whose bytes are the file; a **path**, ``str`` or
``os.PathLike``; or a **binary file object**, anything with ``read()``, read from where it stands to its end.
"""

from __future__ import annotations

import os
import re
from typing import IO, Any

PathOrFile = str | os.PathLike[str] | IO[bytes]


def read_source(source: Any, name: str = "data") -> bytes | memoryview:
    """The bytes of a source: bytes, or a flat memoryview of items "B", which saves copying a buffer.

    ``name`` is the caller's argument, for messages. TypeError for anything that is no source, a file that is open
    as text, or an array of Python objects; ValueError for a buffer or file that is closed; OSError from reading.
    """
    if isinstance(source, bytes):
        return source
    if isinstance(source, str | os.PathLike):
        with open(source, "rb") as file:  # noqa: PTH123 (Path would change the name that an error shows)
            return file.read()
    try:
        view = memoryview(source)
    except TypeError:
        check_binary(source, "read", name)
        content = source.read()
        if not isinstance(content, bytes | bytearray | memoryview):
            raise TypeError(f"{name}: read() gave {type(content).__name__}, bytes expected") from None
        return bytes(content)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if kinds := {"O", "w", "u"}.intersection(re.sub(":[^:]*:", "", view.format)):  # without the names of fields
        what = "Python objects" if "O" in kinds else "text"
        raise TypeError(f"{name}: bytes expected, got an array of {what}")
    # Only C-contiguous memory can be cast; a cast of an empty array of several dimensions is refused.
    return view.cast("B") if view.c_contiguous and view.nbytes else view.tobytes()


def read_bytes(source: Any, name: str = "data") -> bytes:
    """The bytes of a source as bytes; any other buffer is copied. Errors as of :func:`read_source`."""
    return bytes(read_source(source, name))


def check_binary(file: Any, method: str, name: str) -> None:
    """Raise TypeError unless ``file`` has this method ("read" or "write") and is open as binary."""
    if not hasattr(file, method):
        sources = "a path nor a binary file object" + (" nor bytes" if method == "read" else "")
        raise TypeError(f"{name}: {type(file).__name__} is neither {sources}")
    if hasattr(file, "encoding"):
        raise TypeError(f'{name}: the file is open as text, open it with mode "{method[0]}b"')


def is_data(source: Any) -> bool:
    """Whether a source is a buffer, neither a path nor a file object."""
    try:
        memoryview(source)
    except (TypeError, ValueError):
        return False
    return not isinstance(source, str)  # NumPy's strings are buffers, too


def name_error(error: Exception, name: str) -> None:
    """Name the file in an error: in front of the message, or as an OSError's ``filename`` if it has none."""
    if isinstance(error, OSError) and error.errno is not None:
        error.filename = error.filename or name
    elif len(error.args) == 1 and isinstance(error.args[0], str):
        error.args = (f"{name}: {error.args[0]}",)
    else:
        error.add_note(f"(in {name})")
