"""What the fast readers of AC scans of the progressive process share: kinds of code words, and the places they
stand for.

Places are counted through a scan without gaps, the coefficients of a band one block after the other. In an AC
refinement only those are counted that are zero so far, as the code counts them; this is the *rank*. In a first
scan no coefficient is known, and ranks are places.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.entropy.progressive_reader import ProgressiveReader, Span
from numjpeg.entropy.shared import code_lengths, spread
from numjpeg.stages.huffman import ZERO_RUN, HuffmanTable

Ints = NDArray[np.int64]


class OddError(Exception):
    """Something is not as it should be."""


ZRL, END, NO_CODE = 17, 32, 255
"""Kinds of code words. Up to 16, a run and the coefficient behind it, together; ZRL; 32 + n, EOBn; or none."""


@lru_cache(maxsize=16)
def steps_of(table: HuffmanTable, refinement: bool) -> NDArray[np.uint8]:
    """For each window of 16 bits the kind of the word that begins with it; and the bits of the word and those that
    are its own: magnitude, sign, length of a run of ends of blocks. uint8 ``(65536, 2)``."""
    length, symbol = code_lengths(table)
    run, category = symbol >> 4, symbol & 15
    end = (category == 0) & (symbol != ZERO_RUN)
    kind = np.where(end, END + run, 1 + run)
    kind[symbol == ZERO_RUN] = ZRL
    if refinement:
        kind[category > 1] = NO_CODE
    # A guess goes on even where there is no code.
    return spread(length, kind, length + np.where(end, run, category), (NO_CODE, 1))


def ranks(
    kind: NDArray[np.uint8],
    jumps: Ints,
    first: Ints,
    first_rank: Ints,
    number: type[np.signedinteger[Any]] = np.int64,
) -> NDArray[Any]:
    """The rank that is due in front of each word, given its kind; a ``number`` each.

    Ranks go up by the zeros of each word; ends of blocks set them anew, to ``jumps``, and restart intervals, of
    which ``first`` is the number of the first word, to ``first_rank``.
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
