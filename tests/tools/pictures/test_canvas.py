"""The sheet: text in both scripts."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.tools.pictures.canvas import Canvas, text_width


def test_labels_are_chinese_too() -> None:
    """Characters are drawn where they are asked for; one that there is no picture of is an error."""
    canvas = Canvas(200, 40)
    canvas.text((100, 20), "DC 直流", 18, "#FF0000", "mm")
    drawn = np.asarray(canvas.finish())
    columns = np.flatnonzero((drawn[..., 1] < 160).any(0))
    width = text_width("DC 直流", 18)
    assert abs(columns[0] - (100 - width / 2)) < 4
    assert abs(columns[-1] - (100 + width / 2)) < 4
    assert width == text_width("DC ", 18) + 2 * 18
    with pytest.raises(ValueError, match="substring"):
        canvas.text((0, 0), "龘")
