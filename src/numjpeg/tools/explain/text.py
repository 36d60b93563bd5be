"""Words, numbers and tables as plain text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numjpeg.stages.huffman import AC_CHROMINANCE, AC_LUMINANCE, DC_CHROMINANCE, DC_LUMINANCE

STANDARD_NAMES = {DC_LUMINANCE: "K.3", DC_CHROMINANCE: "K.4", AC_LUMINANCE: "K.5", AC_CHROMINANCE: "K.6"}


def printable(text: str | bytes) -> str:
    r"""Make untrusted text safe for a terminal: a string, or bytes in UTF-8 or any other encoding.

    Every character that does not print (control characters, escape sequences' ESC, bidirectional marks, lone
    surrogates, bytes that are not UTF-8) is written as ``\x1b``, ``\u202e`` and so on.

    >>> print(printable(b"red \x1b[31m alarm\n"))
    red \x1b[31m alarm\n
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # a byte that is not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def matrix(values: NDArray[np.generic], spec: str = "d") -> str:
    """Numbers in columns of one width, at least five characters."""
    words = [[format(value, spec) for value in row] for row in np.asarray(values).tolist()]
    width = max(5, 1 + max(len(word) for row in words for word in row))
    return "\n".join("".join(f"{word:>{width}}" for word in row) for row in words)
