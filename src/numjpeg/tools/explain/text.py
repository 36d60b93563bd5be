"""Words, numbers and tables as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.stages.huffman import (
    AC_CHROMINANCE,
    AC_LUMINANCE,
    DC_CHROMINANCE,
    DC_LUMINANCE,
    END_OF_BLOCK,
    ZERO_RUN,
    HuffmanTable,
)

MAX_LINES = 40
"""Lines of a list that are shown."""


def printable(text: str | bytes) -> str:
    r"""Make text from a stranger safe for a terminal.

    Parameters
    ----------
    text : a string, or bytes in UTF-8 or in anything else.

    Returns
    -------
    The text with every character that does not print (control characters, escape sequences' ESC, bidirectional
    marks, lone surrogates, bytes that are not UTF-8) written as ``\x1b``, ``\u202e`` and so on.

    >>> print(printable(b"red \x1b[31m alarm\n"))
    red \x1b[31m alarm\n
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    if 0xDC80 <= ord(character) <= 0xDCFF:  # a byte that is not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def step(title: str, *parts: str) -> str:
    """A title with what belongs to it below; empty parts are left out."""
    return "\n".join([title, *(part for part in parts if part)])


def matrix(values: NDArray[np.generic], spec: str = "d") -> str:
    """Numbers in columns of one width, at least five characters."""
    words = [[format(value, spec) for value in row] for row in np.asarray(values).tolist()]
    width = max(5, 1 + max(len(word) for row in words for word in row))
    return "\n".join("".join(f"{word:>{width}}" for word in row) for row in words)


def wrap(words: Sequence[str], width: int = 76) -> str:
    """Words in indented lines, broken where they would be wider than ``width``."""
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else f"  {word}"
    return "\n".join(lines)


def bits_step(title: str, words: str, tables: str, lines: Sequence[tuple[str, str, int, str, str]]) -> str:
    """Huffman coding of a block: what a symbol is, in words; its tables; a line a symbol; and all its bits.

    ``lines`` are (place in the file or "", name of the symbol, value, code word, magnitude bits), DC first.
    """
    head = ("byte.bit" if lines[0][0] else "", "symbol", "value", "code word", "magnitude bits")
    rows: list[tuple[Any, ...]] = [head]
    rows += [(*line[:2], line[2] if line[4] or not i else "", *line[3:]) for i, line in enumerate(lines)]
    width = 14 if lines[0][0] else 0
    shown = [
        f"  {place:<{width}}{name:<24}{value:>6}  {code:<18}{bits}".rstrip()
        for place, name, value, code, bits in rows
    ]
    stream = "".join(code + magnitude for *_, code, magnitude in lines)
    return step(
        title,
        words,
        f"Tables: {tables}",
        *shown,
        "The block as bits:",
        wrap([stream[i : i + 8] for i in range(0, len(stream), 8)]),
        f"{len(stream)} bits in place of {64 * 8} ({len(stream) / 64:.2f} a sample).",
    )


STANDARD_NAMES = {
    DC_LUMINANCE: "K.3",
    DC_CHROMINANCE: "K.4",
    AC_LUMINANCE: "K.5",
    AC_CHROMINANCE: "K.6",
}


def table_name(table: HuffmanTable) -> str:
    """The table of Annex K that this is, if it is one."""
    return STANDARD_NAMES.get(table, "of its own")


def symbol_name(symbol: int, dc: bool) -> str:
    """What a symbol of a DC or an AC table stands for (F.1.2.1, F.1.2.2.1)."""
    if dc:
        return f"DC, category {symbol}"
    if symbol == END_OF_BLOCK:
        return "EOB"
    if symbol == ZERO_RUN:
        return "ZRL (16 zeros)"
    run, category = symbol >> 4, symbol & 15
    return f"AC, run/category {run}/{category}" if category else f"EOB, by run/category {run}/0"
