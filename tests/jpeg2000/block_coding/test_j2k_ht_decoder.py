"""The high-throughput block decoder refuses what cannot be decoded, before it decodes anything."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.errors import FormatError
from numjpeg.jpeg2000.block_coding import ht_decoder, ht_encoder
from numjpeg.jpeg2000.block_coding.lockstep_decoder import CodedBlock


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x00\x00", b"\x12\x34\xff\xff", b"\x00\x00\x01"])
def test_lengths_that_do_not_fit(data: bytes) -> None:
    with pytest.raises(FormatError, match="MEL") as caught:
        ht_decoder.check(CodedBlock(4, 4, 0, 3, 64, [(1, data)]))
    assert caught.value.clause.startswith("T.814")


def test_placeholders_alone_are_nothing_to_decode() -> None:
    with pytest.raises(FormatError, match="MEL"):
        ht_decoder.check(CodedBlock(4, 4, 0, 3, 64, [(4, b"")]))


@pytest.mark.parametrize("group", [1, 7, 300])
def test_the_group_does_not_matter(group: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(group)
    values = [np.rint(rng.laplace(0, 4, rng.integers(1, 20, 2))).astype(np.int32) for _ in range(24)]
    for block in values:
        block[-1, -1] = -7
    blocks = [
        CodedBlock(v.shape[1], v.shape[0], 0, 1, 64, [(1, data)])
        for v, data in zip(values, ht_encoder.encode_blocks(values), strict=True)
    ]
    monkeypatch.setattr(ht_decoder, "GROUP", group)
    found = dict(ht_decoder.decode_blocks(blocks))
    assert sorted(found) == list(range(24))
    for i, half_units in found.items():
        np.testing.assert_array_equal(half_units // 2 + (half_units < 0), values[i])
