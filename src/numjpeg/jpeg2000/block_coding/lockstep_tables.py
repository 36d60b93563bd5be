"""Tables of the lockstep block decoder: what a lane does next, by mode, decision and neighbourhood.

A lane is a code-block that is being decoded. Its *mode* says which decision it reads next. Its *key* is
``kind * 32 + mode * 2 + busy``, where ``kind`` is the column of Table D.1 for the sub-band, and ``busy`` says
whether any flag is set in the column of four coefficients: a clean-up pass then does not code it as a run.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numjpeg.jpeg2000.block_coding import contexts, mq_coder
from numjpeg.jpeg2000.block_coding.contexts import REFINEMENT, RUN, UNIFORM

Integers = NDArray[np.int64]

# Flags of a coefficient: bits 0 to 11 are its neighbourhood (see contexts), then follow:
SIGNIFICANT, REFINED = 1 << 12, 1 << 13
FLAG_BITS = 14
NULL_FLAGS = 0x0F00
"""Flags of the cells at which a lane idles: negative neighbours that are not significant, which cannot occur."""

# Modes. In the last three, a lane waits for the next step that decodes signs.
PROPAGATE, CLEAN_UP, REFINE, RUN_HIGH, RUN_LOW, SYMBOLS, RAW_PROPAGATE, RAW_REFINE = range(8)
SIGN_PROPAGATE, SIGN_CLEAN_UP, SIGN_RAW = 8, 9, 10
KINDS, KEYS = 3, 96

# Two contexts beyond those of T.800: one that decodes nothing, and one that reads raw bits.
NULL, RAW = 19, 20
PITCH = 32  # entries of a lane in the array of states: one for each context, and unused ones

NULL_STATE, RAW_STATE = 94, 95
STATES = 96
STATE_PITCH = 512  # states are stored multiplied by this: state + 256 * lps + shift is an index

TOP = 47  # lowest bit of the 16-bit register A in an int64: A and the top of C take bits 47 to 62


def _states() -> tuple[Integers, Integers, Integers]:
    """Qe, next state and decision (times 128), by ``state * 512 + lps * 256 + shift``."""
    qe = np.array([*mq_coder.QE, 0, 0x4000], np.int64) << TOP
    # The raw state never changes and halves A = 0x8000, so that the next bit of C is the decision.
    after = np.zeros((STATES, 2, 256), np.int64)
    decision = np.zeros_like(after)
    for state in range(NULL_STATE):
        after[state, 0, 0] = state
        after[state, 0, 1:] = mq_coder.AFTER_MPS[state]
        after[state, 1] = mq_coder.AFTER_LPS[state]
    for state in (NULL_STATE, RAW_STATE):
        after[state] = state
    mps = (np.arange(STATES) & 1)[:, None]
    decision[:, 0], decision[:, 1] = 128 * mps, 128 - 128 * mps
    return np.repeat(qe, STATE_PITCH), after.ravel() * STATE_PITCH, decision.ravel()


QE, NEXT_STATE, DECISION = _states()

INITIAL = np.full(PITCH, NULL_STATE, np.int64)
INITIAL[: contexts.CONTEXTS] = mq_coder.initial_states()
INITIAL[RAW] = RAW_STATE
INITIAL *= STATE_PITCH

SHIFT = np.zeros(1 << 16, np.int64)  # by A: how far to shift it until bit 15 is set
SHIFT[1:] = 15 - np.floor(np.log2(np.arange(1, 1 << 16))).astype(np.int64)

_FLIP = contexts.sign_contexts()[1]
FLIP = np.concatenate([_FLIP, np.zeros_like(_FLIP)])
"""XOR bit of a sign, by neighbourhood. Entries from 4096 on are for raw signs, which are not changed."""


def _context_table() -> NDArray[np.int64]:
    """Context by ``key << FLAG_BITS | flags``."""
    significance, (sign, _) = contexts.significance_contexts(), contexts.sign_contexts()
    flags = np.arange(1 << FLAG_BITS)
    table = np.full((KINDS, 16, 2, 1 << FLAG_BITS), NULL, np.int64)
    for kind in range(KINDS):
        table[kind, [PROPAGATE, CLEAN_UP]] = significance[kind][flags & 255]
    table[:, CLEAN_UP, 0] = RUN
    table[:, [SIGN_PROPAGATE, SIGN_CLEAN_UP]] = sign[flags & 4095]
    refined = np.where(flags & REFINED, 2, np.where(flags & 255, 1, 0))
    table[:, REFINE] = REFINEMENT + refined
    table[:, [RUN_HIGH, RUN_LOW, SYMBOLS]] = UNIFORM
    table[:, [RAW_PROPAGATE, RAW_REFINE, SIGN_RAW]] = RAW
    table[..., NULL_FLAGS] = NULL
    return table.ravel()


def _steps() -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Next mode (as a key) and factor ``move``, by ``decision * 128 + key``.

    In a word of candidates, the bits below ``move`` times the lowest set bit are cleared: 1 stays at the current
    coefficient, 2 goes on to the next, 16 to the next column.
    """
    after = np.zeros((2, 128), np.int64)
    move = np.full((2, 128), 2, np.uint64)
    # (mode, busy, decision): next mode, step in coefficients
    rules = {
        (PROPAGATE, None, 0): (PROPAGATE, 1),
        (PROPAGATE, None, 1): (SIGN_PROPAGATE, 0),
        (RAW_PROPAGATE, None, 0): (RAW_PROPAGATE, 1),
        (RAW_PROPAGATE, None, 1): (SIGN_RAW, 0),
        (CLEAN_UP, 1, 0): (CLEAN_UP, 1),
        (CLEAN_UP, 1, 1): (SIGN_CLEAN_UP, 0),
        (CLEAN_UP, 0, 0): (CLEAN_UP, 4),
        (CLEAN_UP, 0, 1): (RUN_HIGH, 0),
        (RUN_HIGH, None, 0): (RUN_LOW, 0),
        (RUN_HIGH, None, 1): (RUN_LOW, 2),
        (RUN_LOW, None, 0): (SIGN_CLEAN_UP, 0),
        (RUN_LOW, None, 1): (SIGN_CLEAN_UP, 1),
    }
    same = {SIGN_PROPAGATE: PROPAGATE, SIGN_CLEAN_UP: CLEAN_UP, SIGN_RAW: RAW_PROPAGATE}
    same |= {mode: mode for mode in (REFINE, RAW_REFINE, SYMBOLS)}
    rules |= {(mode, None, decision): (then, 1) for mode, then in same.items() for decision in (0, 1)}
    for (mode, busy, decision), (then, step) in rules.items():
        for kind in range(KINDS):
            keys = [kind * 32 + mode * 2 + b for b in (0, 1) if busy in (None, b)]
            after[decision, keys] = kind * 32 + then * 2
            move[decision, keys] = 1 << step
    return after.ravel(), move.ravel()


def _holding(
    table: Integers, after: Integers, move: NDArray[np.uint64]
) -> tuple[Integers, Integers, NDArray[np.uint64]]:
    """The same tables for steps that decode no signs: a lane whose next decision is a sign idles."""
    table, after, move = table.copy(), after.copy(), move.copy()
    table.reshape(KINDS, 16, -1)[:, SIGN_PROPAGATE:] = NULL
    signs = np.flatnonzero(np.arange(KEYS) & 16)
    after[signs] = signs & ~1
    move[signs] = 1
    return table, after, move


CONTEXT = _context_table()
AFTER, MOVE = _steps()
CONTEXT_HOLD, AFTER_HOLD, MOVE_HOLD = _holding(CONTEXT, AFTER, MOVE)

NOTHING = 1 << 40  # entry of BIT_OF for a word that has no candidate left


def _lowest_bit() -> tuple[np.uint64, NDArray[np.int64]]:
    """A factor whose products with powers of two differ in the top 8 bits, and the exponents by these bits."""
    generator = np.random.default_rng(5)
    powers = np.uint64(1) << np.arange(64, dtype=np.uint64)
    while True:
        factor = generator.integers(1, 1 << 63, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        hashes = ((factor * powers) >> np.uint64(56)).astype(np.int64)
        if len(set(hashes.tolist()) - {0}) == 64:
            table = np.full(256, NOTHING, np.int64)
            table[hashes] = np.arange(64)
            return factor, table


HASH, BIT_OF = _lowest_bit()
