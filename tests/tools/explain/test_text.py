"""Words that are safe for a terminal."""

from __future__ import annotations

from numjpeg.tools.explain import printable


def test_printable_keeps_what_prints():
    assert printable("plain ä 中") == "plain ä 中"
    assert printable("\udcff") == r"\xff"
    assert printable("\ud800") == r"\ud800"
