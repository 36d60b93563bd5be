"""The MQ coder: the test sequence of the standard, and both directions."""

from __future__ import annotations

import numpy as np

from numjpeg.jpeg2000.block_coding import mq_coder

# T.88 H.2 (the same coder): decisions, and the bytes they are coded to.
SEQUENCE = bytes.fromhex("00020051000000C0035287 2AAAAAAAAA82C02000FCD79EF6BF7FED90 4F46A3BF".replace(" ", ""))
CODED = bytes.fromhex("84C73B FC E1A1 43 04 02 20 00 00 41 0D BB 86 F4 31 7F FF 88 FF 37 47 1A DB 6A DF FF AC")


def test_the_sequence_of_the_standard() -> None:
    encoder, states = mq_coder.Encoder(), [0]
    bits = np.unpackbits(np.frombuffer(SEQUENCE, np.uint8)).tolist()
    for bit in bits:
        encoder.encode(states, 0, bit)
    data = encoder.flush()
    assert data == CODED[: len(data)]
    assert len(data) >= len(CODED) - 2  # the marker FF AC ends the standard's
    decoder, states = mq_coder.Decoder(CODED), [0]
    assert [decoder.decode(states, 0) for _ in bits] == bits


def test_both_directions_in_many_contexts() -> None:
    rng = np.random.default_rng(0)
    encoder, states = mq_coder.Encoder(), mq_coder.initial_states()
    contexts = rng.integers(0, 19, 3000).tolist()
    decisions = (rng.random(3000) < np.array(contexts) / 19).astype(int).tolist()
    for context, decision in zip(contexts, decisions, strict=True):
        encoder.encode(states, context, decision)
    data = encoder.flush()
    assert len(data) < 3000 / 8
    decoder, again = mq_coder.Decoder(data), mq_coder.initial_states()
    assert [decoder.decode(again, context) for context in contexts] == decisions
    assert again == states


def test_raw_bits() -> None:
    raw = mq_coder.RawDecoder(b"\xff\x7f\x80")
    assert [raw.bit() for _ in range(24)] == [1] * 15 + [1] + [0] * 7 + [1]
