"""The tables of lockstep decoding say what the MQ coder and the contexts say."""

from __future__ import annotations

import numpy as np

from numjpeg.jpeg2000.block_coding import contexts, mq_coder
from numjpeg.jpeg2000.block_coding import lockstep_tables as tables


def test_states_move_as_the_mq_coders() -> None:
    for state in range(tables.NULL_STATE):
        at = state * tables.STATE_PITCH
        assert tables.QE[at] >> tables.TOP == mq_coder.QE[state]
        assert tables.NEXT_STATE[at] == at  # no shift: A has its top bit, the state stays
        assert tables.NEXT_STATE[at + 1] == mq_coder.AFTER_MPS[state] * tables.STATE_PITCH
        assert tables.NEXT_STATE[at + 257] == mq_coder.AFTER_LPS[state] * tables.STATE_PITCH
        assert (tables.DECISION[at] != 0, tables.DECISION[at + 257] != 0) == (state & 1 == 1, state & 1 == 0)


def test_shifts_bring_the_top_bit_up() -> None:
    for value in (1, 2, 3, 0x5601, 0x7FFF, 0x8000, 0xFFFF):
        assert 0x8000 <= value << int(tables.SHIFT[value]) <= 0xFFFF


def test_contexts_of_propagation() -> None:
    significance = contexts.significance_contexts()
    for kind in range(tables.KINDS):
        for busy in (0, 1):
            key = kind * 32 + tables.PROPAGATE * 2 + busy
            found = tables.CONTEXT[(key << tables.FLAG_BITS) + np.arange(256)]
            np.testing.assert_array_equal(found, significance[kind])


def test_the_lowest_bit_of_a_word() -> None:
    for i in range(64):
        with np.errstate(over="ignore"):
            assert tables.BIT_OF[int((np.uint64(1 << i) * tables.HASH) >> np.uint64(56))] == i
    assert tables.BIT_OF[0] == tables.NOTHING
