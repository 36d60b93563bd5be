"""What IPython takes from the pictures that show themselves."""

from __future__ import annotations

import pillow
import pytest
from command_line import photo

import numjpeg
from numjpeg.tools.plugins.notebook import show


def test_ipython_shows_them(host) -> None:
    formatter = host("IPython.core.formatters").JPEGFormatter()
    file = pillow.save(photo(), quality=95)
    for picture in (photo(), file, numjpeg.read_coefficients(file)):
        assert formatter(show(picture)) == file
    assert formatter(show(photo(), 30)) == pillow.save(photo(), quality=30)


def test_it_has_words_too_and_refuses_what_is_no_picture() -> None:
    assert "56 x 40 pixels" in repr(show(photo()))
    with pytest.raises(numjpeg.FormatError):
        show(b"no picture")
    with pytest.raises(TypeError, match=r"^picture: "):
        show(3)
