"""A traced block, held to the bits that stand in files of Pillow, and to the pixels that Pillow decodes."""

from __future__ import annotations

import numpy as np
import pillow
import pytest
import samples
from command_line import photo

import numjpeg
from numjpeg.tools.explain import describe_file_block
from numjpeg.tools.explain.trace import trace_block


def bits_at(data: bytes, byte: int, bit: int, count: int) -> str:
    """Bits of a file from a place on, stuffing left out."""
    text = ""
    while len(text) < bit + count:
        text += f"{data[byte]:08b}"
        byte += 2 if data[byte] == 0xFF else 1
    return text[bit : bit + count]


def test_the_words_stand_in_the_file_where_they_are_said_to() -> None:
    data = pillow.save(samples.noise(40, 56), quality=98)
    assert b"\xff\x00" in data
    for component, row, column in (("Y", 0, 0), ("Y", 4, 6), ("Cb", 2, 3), ("3", 1, 1)):
        trace = trace_block(data, row, column, component=component)
        assert trace.words
        for word in trace.words:
            text = word.code + word.magnitude
            assert bits_at(data, word.byte, word.bit, len(text)) == text
            if word.magnitude:
                expected = trace.zigzag[word.place] if word.place else trace.difference
                assert word.value == expected
        assert trace.prediction + trace.difference == trace.zigzag[0]


def test_the_first_block_of_all_by_hand() -> None:
    data = pillow.save(np.full((8, 8), 200, np.uint8), quality=50)
    trace = trace_block(data, 0, 0)
    start = data.index(b"\xff\xda") + 10
    # (200 - 128) * 8 / 16 = 36: category 6 is 1110, 36 is 100100; end of block 1010 (K.3, K.5).
    assert [tuple(word[:2]) + tuple(word[3:]) for word in trace.words] == [
        (start, 0, "DC, category 6", "1110", "100100", 36, 0),
        (start + 1, 2, "EOB", "1010", "", 0, 1),
    ]
    assert (trace.prediction, trace.difference, trace.runs) == (0, 36, [])
    assert (trace.shifted == 72).all()
    assert (trace.samples == 200).all()
    assert trace.dequantized[0, 0] == 576


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 1}, {"optimize": True}])
def test_the_samples_are_pillows(options: dict[str, object]) -> None:
    image = photo(channels=1)
    data = pillow.save(image, quality=60, **options)
    trace = trace_block(data, 3, 5)
    np.testing.assert_array_equal(trace.samples, pillow.load(data)[24:32, 40:48])
    assert (trace.words is None) == ("progressive" in options)
    assert "the pixel rows 24 to 31 and columns 40 to 47 of" in trace.place.heading()
    chroma = trace_block(pillow.save(photo()), 1, 2, component="Cb")
    assert "the pixel rows 16 to 31 and columns 32 to 47 of" in chroma.place.heading()


@pytest.mark.parametrize(
    ("arguments", "options", "name"),
    [((9, 0), {}, "row"), ((0, -1), {}, "column"), ((0, 0), {"component": "Q"}, "component")],
)
def test_wrong_arguments_are_named(arguments, options, name) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: "):
        trace_block(pillow.save(photo()), *arguments, **options)


def test_the_samples_of_a_file_of_12_bits() -> None:
    data = numjpeg.encode(np.arange(16 * 16, dtype=np.uint16).reshape(16, 16) * 16, 90, precision=12)
    trace = trace_block(data, 1, 0)
    np.testing.assert_array_equal(trace.samples, numjpeg.decode(data)[8:, :8])
    assert trace.samples.max() > 2000
    assert "Samples: 2048 is added" in describe_file_block(data, 1, 0)
