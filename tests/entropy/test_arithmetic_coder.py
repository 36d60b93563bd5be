"""The QM coder against the test sequence of T.81 K.4.1, and its decoder as the inverse of its encoder."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.entropy.arithmetic_coder import FIXED, qm_decoder, qm_encoder

DECISIONS = bytes.fromhex("00020051000000C00352872AAAAAAAAA82C02000FCD79EF674EAABF7697EE74C")
CODE = bytes.fromhex("655B5144F7969D517855BFFF00FC5184C7CEF93900287D46708ECBC0F6")
"""T.81 K.4.1: 256 decisions of one context, and the code of Table K.7, in which FF is stuffed."""


def test_the_sequence_of_the_standard_is_encoded() -> None:
    encode, finish = qm_encoder(2)
    for decision in np.unpackbits(np.frombuffer(DECISIONS, np.uint8)).tolist():
        encode(1, decision)
    assert finish().replace(b"\xff", b"\xff\0") == CODE


def test_the_sequence_of_the_standard_is_decoded() -> None:
    decode, _, taken = qm_decoder(CODE.replace(b"\xff\0", b"\xff"), 2)
    assert np.packbits([decode(1) for _ in range(256)]).tobytes() == DECISIONS
    assert taken() - 2 <= len(CODE) - 1 <= taken() + 2


@pytest.mark.parametrize("ones", [0, 0.001, 0.1, 0.5, 0.9, 1])
def test_what_was_encoded_is_decoded(ones: float) -> None:
    """Rare and frequent ones, in contexts of their own and in the one that is fixed."""
    rng = np.random.default_rng(int(1000 * ones))
    contexts = rng.integers(0, 5, 20_000).tolist()
    decisions = (rng.random(20_000) < ones).astype(int).tolist()
    encode, finish = qm_encoder(5)
    for context, decision in zip(contexts, decisions, strict=True):
        encode(context, decision)
    code = finish()
    decode, _, _ = qm_decoder(code, 5)
    assert [decode(context) for context in contexts] == decisions
    if ones in (0, 1):  # hardly anything but signs takes data, about a bit each
        assert 8 * len(code) < 1.3 * contexts.count(FIXED)


def test_zero_bytes_at_the_end_are_not_written() -> None:
    encode, finish = qm_encoder(2)
    for _ in range(100):
        encode(1, 0)
    code = finish()
    assert not code.endswith(b"\0")
    decode, _, _ = qm_decoder(code, 2)
    assert [decode(1) for _ in range(100)] == [0] * 100


@pytest.mark.parametrize("seed", range(6))
def test_a_run_is_its_decisions_one_by_one(seed: int) -> None:
    """Three decisions that occur again and again, with others among them."""
    rng = np.random.default_rng(seed)
    repeated = [(1, 0), (2, 1), (3, 0)]
    groups = [(n, int(rng.integers(2)), int(rng.integers(2))) for n in rng.integers(1, 3000, 12).tolist()]
    encode, finish = qm_encoder(5)
    for count, other, wrong in groups:
        for decision in [*repeated * count, (4, other), (1, wrong)]:
            encode(*decision)
    decode, run, _ = qm_decoder(finish(), 5)
    longest = 0
    for left, other, wrong in groups:
        while left:
            count = run(repeated, min(left, 700))
            longest = max(longest, count)
            left -= count
            if left:
                assert [(context, decode(context)) for context, _ in repeated] == repeated
                left -= 1
        assert (decode(4), decode(1)) == (other, wrong)
    assert longest == 700
