"""The QM coder: binary arithmetic coding (T.81 Annex D).

Each decision has a *context*, and each context has a *state*: an index into Table D.3, which estimates how
probable the less probable symbol is, and which of 0 and 1 is the more probable one (MPS). The coder divides the
interval that stands for the decisions so far: the lower part is for the more probable symbol, the upper part, of
the size Qe, for the less probable one (LPS). Where the upper part is the larger one, the two change places
(conditional exchange). The code is a number in the last interval, chosen with as many zeros at its end as there
can be. Zero bytes at its end are not written; a decoder that comes to the end of the data goes on with zeros.

Coding is serial by nature: each state depends on all decisions before. So coder and decoder are plain functions
on integers. They keep A, the size of the interval, as in Annex D: 0x10000 is 1, and 0x8000 is the least that it
may be between two decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

Decode = Callable[[int], int]
"""Takes a context; returns its next decision, 0 or 1."""

Run = Callable[[Sequence[tuple[int, int]], int], int]
"""Skips repetitions of a sequence of decisions. Takes the sequence, as (context, decision), and the most
repetitions to skip. Returns how many were skipped: they do follow in the data, and change no state."""


class Decoder(NamedTuple):
    """A decoder of one restart interval."""

    decode: Decode
    run: Run
    taken: Callable[[], int]  # how many bytes of the data have been taken, zeros behind them included


Encode = Callable[[int, int], None]
"""Takes a context and its next decision, 0 or 1."""

FIXED = 0
"""The context whose two symbols are always taken to be about equally probable (F.1.4.4.2: signs). It is the first
in every list of contexts; those of the statistics areas follow."""

_ROWS = """
    5a1d 1 1 1, 2586 14 2 0, 1114 16 3 0, 080b 18 4 0, 03d8 20 5 0, 01da 23 6 0, 00e5 25 7 0, 006f 28 8 0,
    0036 30 9 0, 001a 33 10 0, 000d 35 11 0, 0006 9 12 0, 0003 10 13 0, 0001 12 13 0, 5a7f 15 15 1, 3f25 36 16 0,
    2cf2 38 17 0, 207c 39 18 0, 17b9 40 19 0, 1182 42 20 0, 0cef 43 21 0, 09a1 45 22 0, 072f 46 23 0, 055c 48 24 0,
    0406 49 25 0, 0303 51 26 0, 0240 52 27 0, 01b1 54 28 0, 0144 56 29 0, 00f5 57 30 0, 00b7 59 31 0, 008a 60 32 0,
    0068 62 33 0, 004e 63 34 0, 003b 32 35 0, 002c 33 9 0, 5ae1 37 37 1, 484c 64 38 0, 3a0d 65 39 0, 2ef1 67 40 0,
    261f 68 41 0, 1f33 69 42 0, 19a8 70 43 0, 1518 72 44 0, 1177 73 45 0, 0e74 74 46 0, 0bfb 75 47 0, 09f8 77 48 0,
    0861 78 49 0, 0706 79 50 0, 05cd 48 51 0, 04de 50 52 0, 040f 50 53 0, 0363 51 54 0, 02d4 52 55 0, 025c 53 56 0,
    01f8 54 57 0, 01a4 55 58 0, 0160 56 59 0, 0125 57 60 0, 00f6 58 61 0, 00cb 59 62 0, 00ab 61 63 0, 008f 61 32 0,
    5b12 65 65 1, 4d04 80 66 0, 412c 81 67 0, 37d8 82 68 0, 2fe8 83 69 0, 293c 84 70 0, 2379 86 71 0, 1edf 87 72 0,
    1aa9 87 73 0, 174e 72 74 0, 1424 72 75 0, 119c 74 76 0, 0f6b 74 77 0, 0d51 75 78 0, 0bb6 77 79 0, 0a40 77 48 0,
    5832 80 81 1, 4d1c 88 82 0, 438e 89 83 0, 3bdd 90 84 0, 34ee 91 85 0, 2eae 92 86 0, 299a 93 87 0, 2516 86 71 0,
    5570 88 89 1, 4ca9 95 90 0, 44d9 96 91 0, 3e22 97 92 0, 3824 99 93 0, 32b4 99 94 0, 2e17 93 86 0, 56a8 95 96 1,
    4f46 101 97 0, 47e5 102 98 0, 41cf 103 99 0, 3c3d 104 100 0, 375e 99 93 0, 5231 105 102 0, 4c0f 106 103 0,
    4639 107 104 0, 415e 103 99 0, 5627 105 106 1, 50e7 108 107 0, 4b85 109 103 0, 5597 110 109 0, 504f 111 107 0,
    5a10 110 111 1, 5522 112 109 0, 59eb 112 111 1, 5a1d 113 113 0,
"""
"""Table D.3: for each index Qe, the next index after an LPS and an MPS, and whether an LPS exchanges the MPS.
The standard does not have the last row; it is for :data:`FIXED`, whose state never changes."""


def _by_state() -> tuple[list[int], list[int], list[int]]:
    """Qe, and the next state after an MPS and after an LPS, by state: twice the index, plus the MPS."""
    size, after_mps, after_lps = [], [], []
    for row in _ROWS.replace("\n", " ").strip(" ,").split(","):
        Qe, next_lps, next_mps, exchange = row.split()
        for mps in (0, 1):
            size.append(int(Qe, 16))
            after_mps.append(2 * int(next_mps) + mps)
            after_lps.append(2 * int(next_lps) + (mps ^ int(exchange)))
    return size, after_mps, after_lps


QE, AFTER_MPS, AFTER_LPS = _by_state()

_SHIFT = [16 - A.bit_length() for A in range(0x8001)]  # bits to shift A until it is 0x8000 or more again (D.1.6)


def new_states(contexts: int) -> list[int]:
    """The states of ``contexts`` contexts at the start (D.1.7): index 0, MPS 0, but for :data:`FIXED`."""
    states = [0] * contexts
    states[FIXED] = 2 * 113  # the last row
    return states


def qm_decoder(data: bytes, contexts: int) -> Decoder:
    """A decoder (D.2) of one restart interval: its ``data``, without stuffed bytes, and the number of contexts."""
    states, size = new_states(contexts), len(data)
    qe, after_mps, after_lps, shift = QE, AFTER_MPS, AFTER_LPS, _SHIFT
    # C has ``ahead`` bits more than A: those of the data that have been taken and not yet reached, at most seven.
    C, A, ahead, taken = int.from_bytes(data[:2].ljust(2, b"\0"), "big"), 0x10000, 0, 2

    def decode(context: int) -> int:
        nonlocal A, C, ahead, taken
        state = states[context]
        q = qe[state]
        A -= q
        lower = A << ahead
        if lower > C:
            if A >= 0x8000:
                return state & 1
            likely = q <= A
        else:
            C -= lower
            likely = q > A
            A = q
        if likely:
            states[context] = after_mps[state]
            decision = state & 1
        else:
            states[context] = after_lps[state]
            decision = state & 1 ^ 1
        n = shift[A]
        A <<= n
        ahead -= n
        while ahead < 0:
            C = C << 8 | (data[taken] if taken < size else 0)
            taken += 1
            ahead += 8
        return decision

    def run(decisions: Sequence[tuple[int, int]], most: int) -> int:
        nonlocal A
        together = 0
        for context, decision in decisions:
            state = states[context]
            if state & 1 != decision:
                return 0
            together += qe[state]
        # Each time A loses their sizes; it stays above C and is not shifted.
        count = min(most, (A - max(0x8000, (C >> ahead) + 1)) // together)
        if count <= 0:
            return 0
        A -= count * together
        return count

    return Decoder(decode, run, lambda: taken)


def qm_encoder(contexts: int) -> tuple[Encode, Callable[[], bytes]]:
    """An encoder (D.1), as two functions: one encodes a decision, one ends the code and returns it, unstuffed."""
    states, code = new_states(contexts), bytearray()
    qe, after_mps, after_lps, shift = QE, AFTER_MPS, AFTER_LPS, _SHIFT
    # C is the lower end of the interval: 16 bits that belong to A, and in front of them ``pending`` bits of code.
    C, A, pending = 0, 0x10000, 0

    def encode(context: int, decision: int) -> None:
        nonlocal A, C, pending
        state = states[context]
        q = qe[state]
        A -= q
        likely = decision == state & 1
        if likely and A >= 0x8000:
            return
        if likely == (q > A):
            C += A
            A = q
        states[context] = after_mps[state] if likely else after_lps[state]
        n = shift[A]
        A <<= n
        C <<= n
        pending += n
        if pending >= 32:
            pending -= 32
            _append(code, C >> 16 + pending)
            C &= (0x10000 << pending) - 1

    def finish() -> bytes:
        # D.1.8: the number in the interval that has the most zeros at its end.
        number = C + A - 1 & ~0xFFFF
        if number < C:
            number += 0x8000
        number <<= 32 - pending  # 48 bits now
        _append(code, number >> 16)
        code.extend((number & 0xFFFF).to_bytes(2, "big"))
        return bytes(code.rstrip(b"\0"))

    return encode, finish


def _append(code: bytearray, word: int) -> None:
    """Append 32 bits to the code. A bit above them is a carry into what is there."""
    if word >> 32:
        last = len(code) - 1
        while code[last] == 0xFF:
            code[last] = 0
            last -= 1
        code[last] += 1
    code += (word & 0xFFFFFFFF).to_bytes(4, "big")
