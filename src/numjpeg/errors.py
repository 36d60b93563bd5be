"""The errors that a file can cause.

Faults of the data are a :class:`JpegError`; faults of the caller (a wrong argument) are Python's own
``ValueError`` and ``TypeError`` and name the argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from numbers import Integral
from typing import Any


class JpegError(Exception):
    """A JPEG file that cannot be decoded.

    Attributes
    ----------
    what : what is wrong, without place and clause.
    offset : byte offset in the file at which the fault was seen, or None.
    clause : clause, figure or table of ITU-T T.81 that the file breaks, or that defines its process; or None.
    """

    def __init__(self, what: str, *, offset: int | None = None, clause: str | None = None) -> None:
        self.what, self.offset, self.clause = what, offset, clause
        where = "" if offset is None else f", byte {offset}"
        why = "" if clause is None else f" ({clause})"
        super().__init__(f"{what}{why}{where}")


class FormatError(JpegError):
    """The data break the standard: damaged, truncated, or no JPEG file at all."""


class UnsupportedError(JpegError):
    """The data may be good, but use a process or a size that this library does not decode."""


@lru_cache(maxsize=64)
def _dtype_name(dtype: Any) -> str:
    """``dtype.name``, cached, since NumPy takes 10 us to find it."""
    return str(dtype.name)


def check_array(
    name: str, array: Any, dtypes: Sequence[str], expected: str, *, ndim: int = 0, tail: tuple[int, ...] = ()
) -> None:
    """Refuse an argument that is no NumPy array (TypeError), or one of another dtype or shape, or with masked
    samples (ValueError).

    ``dtypes`` has the names of the dtypes that are allowed, or the letters of their kinds ("iu" for integers); ""
    allows all. ``expected`` says dtype, shape and range in words. ``ndim`` is the number of axes, 0 for any;
    ``tail`` the lengths of the last axes.
    """
    dtype, shape = getattr(array, "dtype", None), getattr(array, "shape", None)
    if dtype is None or shape is None:
        raise TypeError(f"{name}: expected {expected}, got {type(array).__name__}")
    allowed = not dtypes or (dtype.kind if isinstance(dtypes, str) else _dtype_name(dtype)) in dtypes
    if not allowed or (ndim and len(shape) != ndim) or (tail and shape[-len(tail) :] != tail):
        raise ValueError(f"{name}: expected {expected}, got {dtype} {shape}")
    check_shown(name, array)


def check_flags(**flags: Any) -> None:
    """TypeError for an argument that is none of True, False, 1, 0: otherwise the text "no" would count as true."""
    for name, value in flags.items():
        is_flag = type(value).__name__ in ("bool", "bool_")  # Python's, and NumPy's of version 2 and 1
        if not is_flag and not (isinstance(value, Integral) and value in (0, 1)):
            raise TypeError(f"{name}: True or False expected, got {value!r}")


def check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    """ValueError for an argument that is none of some words."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name}: {value!r} is none of {tuple(choices)}")


def check_shown(name: str, array: object) -> None:
    """ValueError for a masked array that hides samples, since ``np.asarray`` would show them."""
    if getattr(getattr(array, "mask", None), "any", bool)():
        raise ValueError(f"{name}: some samples are masked; give them values by .filled(...)")
