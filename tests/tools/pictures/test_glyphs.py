"""Chinese characters as small pictures."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.tools.pictures.glyphs import CHARACTERS, glyph


def test_characters_are_drawn_each_in_its_own_way() -> None:
    assert len({glyph(character, 36).tobytes() for character in CHARACTERS}) == len(CHARACTERS)
    for character in CHARACTERS:
        assert 0.05 < (np.asarray(glyph(character, 36)) > 127).mean() < 0.6


def test_a_box_looks_like_one() -> None:
    """The character is a box in a box: its outer strokes run down both sides."""
    mask = np.asarray(glyph("回", 40)) > 127
    rows, columns = np.nonzero(mask)
    sides = mask[rows.min() : rows.max(), [columns.min() + 1, columns.max() - 1]]
    assert sides.mean() > 0.8
    assert not mask[0].any()


def test_a_character_that_is_missing() -> None:
    with pytest.raises(ValueError, match="substring"):
        glyph("龘", 36)
