"""The errors that a file can cause.

Faults of the data are a :class:`JpegError`; faults of the caller (a wrong argument) are Python's own
``ValueError`` and ``TypeError`` and name the argument.
"""

from __future__ import annotations


class JpegError(Exception):
    """A JPEG file that cannot be decoded.

    Attributes
    ----------
    what : str
        What is wrong, without place and clause.
    offset : int or None
        Byte offset in the file at which the fault was seen.
    clause : str or None
        Clause, figure or table of ITU-T T.81 that the file breaks, or that names the process it uses.
    """

    def __init__(self, what: str, *, offset: int | None = None, clause: str | None = None) -> None:
        self.what = what
        self.offset = offset
        self.clause = clause
        where = "" if offset is None else f", byte {offset}"
        why = "" if clause is None else f" ({clause})"
        super().__init__(f"{what}{why}{where}")


class FormatError(JpegError):
    """The data break the standard: damaged, truncated, or no JPEG file at all."""


class UnsupportedError(JpegError):
    """The data may be good, but use a process or a size that this library does not decode."""
