"""What the fast readers of AC scans of the progressive process share: code words, and the places they stand for.

Places are counted through a scan without gaps, the coefficients of a band one block after the other. In an AC
refinement only those are counted that are zero so far, as the code counts them; this is the *rank*. In a first
scan no coefficient is known, and ranks are places.
"""

from __future__ import annotations

from array import array
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numjpeg.entropy.bits import Payload, windows_16
from numjpeg.entropy.progressive_reader import ProgressiveReader, Span, run_of_ends
from numjpeg.entropy.shared import code_lengths, look_up, spread
from numjpeg.stages.huffman import WINDOW_BITS, ZERO_RUN, HuffmanTable

Ints = NDArray[np.int64]
Integers = NDArray[np.integer]


class OddError(Exception):
    """Something is not as it should be."""


ZRL, END, NO_CODE = 17, 32, 255
"""Kinds of code words. Up to 16, a run and the coefficient behind it, together; ZRL; 32 + n, EOBn; or none."""


SHORT = 512
"""Bytes of data below which each window is searched for among the codes: that takes 15 ns, and to tabulate all
65,536 windows of a table 100 us."""
MARGIN = 8
"""Bytes behind the data of which words may be asked for."""


def find_words(payload: Payload, table: HuffmanTable, refinement: bool) -> list[bytes]:
    """For every bit of the data, the kind of the word that begins there, and its bits with those behind it."""
    if payload.size >= SHORT:
        return look_up(payload, steps_of(table, refinement), MARGIN)
    return search(payload, _by_code(table, refinement), (NO_CODE, 1))


def search(payload: Payload, by_code: tuple[Integers, ...], none: tuple[int, ...]) -> list[bytes]:
    """:func:`look_up` of few data, without tables by window.

    ``by_code`` : ascending, the length of each code and what is looked up. ``none`` : that where no code begins.
    """
    length, *parts = by_code
    ends = (1 << WINDOW_BITS - length).cumsum()
    code = ends.searchsorted(windows_16(payload.data, 0, payload.size + MARGIN), "right")
    found = (np.append(part, own).astype(np.uint8) for part, own in zip(parts, none, strict=True))
    return [part.take(code).tobytes() for part in found]


@lru_cache(maxsize=16)
def steps_of(table: HuffmanTable, refinement: bool) -> NDArray[np.uint8]:
    """The same for each window of 16 bits."""
    length, kind, step = _by_code(table, refinement)
    return spread(length, kind, step, (NO_CODE, 1))


def _by_code(table: HuffmanTable, refinement: bool) -> tuple[NDArray[np.intp], ...]:
    length, symbol = code_lengths(table)
    run, category = symbol >> 4, symbol & 15
    end = (category == 0) & (symbol != ZERO_RUN)
    kind = np.where(end, END + run, 1 + run)
    kind[symbol == ZERO_RUN] = ZRL
    if refinement:
        kind[category > 1] = NO_CODE
    # A guess goes on even where there is no code.
    return length, kind, length + np.where(end, run, category)


class Words(NamedTuple):
    """The code words of a scan, ``(n,)`` each; int32 where that holds all numbers of the scan, or int64."""

    code: NDArray[Any]
    """The bit at which each begins."""
    kind: NDArray[np.uint8]
    behind: NDArray[Any]
    """The bit after it and the bits that are its own: magnitude, sign, length of a run of ends of blocks."""
    passed: NDArray[Any]
    """How many known coefficients have a bit there."""
    rank: NDArray[Any]
    """The rank that is due in front of it."""


class Notes:
    """What a walk leaves behind."""

    def __init__(self, number: type[np.signedinteger[Any]] = np.int64) -> None:
        """``number`` : a type that holds all bits and ranks."""
        self._number = number
        self.codes = array(np.dtype(number).char)
        """The bit at which each word begins."""
        self.jumps = array("q")
        """For each end of a block, the rank that is due behind it."""
        self.intervals: list[tuple[int, int, int]] = []
        """For each restart interval the number of its first word, the rank due there, the bit after its last."""

    def words(self, kinds: bytes, steps: bytes) -> Words:
        """What follows from it."""
        code = np.frombuffer(self.codes, self._number)
        kind = np.frombuffer(kinds, np.uint8)[code]
        behind = code + np.frombuffer(steps, np.uint8)[code]
        first, first_rank, last_bit = np.array(self.intervals, np.int64).T
        passed = np.append(code[1:], self._number(0))
        passed[np.append(first[1:], len(code)) - 1] = last_bit
        passed -= behind
        rank = ranks(kind, np.frombuffer(self.jumps, np.int64), first, first_rank, self._number)
        return Words(code, kind, behind, passed, rank)


def ranks(
    kind: NDArray[np.uint8],
    jumps: Ints,
    first: Ints,
    first_rank: Ints,
    number: type[np.signedinteger[Any]] = np.int64,
) -> NDArray[Any]:
    """The rank that is due in front of each word.

    Ranks go up by the zeros of each word; restart intervals and ends of blocks set them anew.

    Parameters
    ----------
    kind : of each word. jumps : for each end of a block, the rank that is due behind it.
    first, first_rank : for each restart interval the number of its first word, and the rank due there.
    number : the type of the result.
    """
    ends = np.flatnonzero(kind >= END)
    advance = np.minimum(kind, 16)
    advance[ends] = 0
    rank = np.cumsum(advance, dtype=number)
    rank -= advance
    at = np.concatenate([ends + 1, first])
    new = np.concatenate([jumps, first_rank])
    order = np.argsort(at, kind="stable")
    at, new = at[order], new[order]
    known = np.append(rank, number(0))[at]  # the last one may be behind the last word
    rank += np.repeat((new - known).astype(number), np.diff(at, append=len(kind)))
    return rank


def close(reader: ProgressiveReader, span: Span, p: int, beyond: int, ends: list[int]) -> None:
    """Note the end of a restart interval in the bit ``p``, ``beyond`` coefficients behind its last."""
    goes_on = reader.scan.goes_on and span.first_mcu + span.mcus == reader.total
    if (beyond and not goes_on) or p > span.end:
        raise OddError
    ends.append(p)


def run_of_ends_at(data: bytes, kind: int, p: int) -> int:
    """How many blocks end with a word of a kind from :data:`END` on, whose bits end at bit ``p``."""
    if kind == NO_CODE:
        raise OddError
    return run_of_ends(data, kind - END, p)
