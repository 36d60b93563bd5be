"""Plain and restored, beside JPEG 2000, from parts of files, and with bits where they are important."""

from __future__ import annotations

import j2k_samples
import numpy as np
import pytest
from drawing import noise
from samples import photograph

from numjpeg.metrics import psnr
from numjpeg.tools.pictures import compare
from numjpeg.tools.pictures.gallery import FACE
from numjpeg.tools.pictures.panels import PanelRow
from numjpeg.tools.study.views import at_ratio


def test_words_are_computed_from_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """At two ratios the text gives what JPEG 2000 is ahead, and what tuning and restoring gain."""
    rows: list[PanelRow] = []
    image = photograph()[:256, :384]
    monkeypatch.setattr(compare, "card", rows.append)
    views = {ratio: at_ratio(image, ratio) for ratio in (100.0, 60.0)}
    monkeypatch.setattr(compare, "at_ratio", lambda _, ratio: views[ratio])
    for ratio, made in views.items():
        compare.draw_at_ratio(image, FACE, ratio)
        plain, _, restored, wavelet = (psnr(image, view.picture) for view in made)
        assert f"{wavelet - plain:.1f} dB ahead" in rows[-1].note
        assert f"gain {restored - plain:.1f} dB" in rows[-1].note


def test_what_cannot_be_made_so_small_is_shown_larger() -> None:
    image = noise(64, 64, 3)
    drawn = compare.draw_parts(image, (0, 0, 64, 64), 1000.0)
    assert np.asarray(drawn).std() > 10


def test_restored_panels_differ_from_plain_ones() -> None:
    drawn = np.asarray(compare.draw_restored(photograph(), (160, 62, 200, 102), (10,))).astype(int)
    top = next(y for y in range(90, drawn.shape[0]) if np.ptp(drawn[y, 32:152]) > 20)
    plain, restored = (drawn[top + 60 : top + 110, left : left + 120] for left in (32, 32 + 150 + 24))
    assert plain.shape == restored.shape
    assert 0 < np.abs(plain - restored).mean() < 20


def test_the_bits_go_to_what_is_important() -> None:
    """The map of the file with importance is darker on the face than the one without, and lighter elsewhere."""
    picture = np.asarray(compare.draw_importance(photograph(), FACE)).astype(int)
    side, top = 256, picture.shape[0] - 24 - 23 * 2 - 12 - 44 - 256
    x0, y0, x1, y1 = (value // 2 for value in FACE)
    maps = [picture[top : top + side, 32 + k * (side + 24) :][:, :side].mean(axis=-1) for k in (2, 3)]
    inside = [grid[y0:y1, x0:x1].mean() for grid in maps]
    outside = [(grid.sum() - grid[y0:y1, x0:x1].sum()) / (side**2 - (y1 - y0) * (x1 - x0)) for grid in maps]
    assert inside[1] < inside[0] - 20
    assert outside[1] > outside[0] + 1


def test_jpeg_2000_at_work_can_be_drawn_of_any_photograph() -> None:
    image = j2k_samples.photo(33, 45)
    drawn, other = compare.draw_wavelets(image), compare.draw_wavelets(255 - image)
    assert drawn.size == other.size
    assert drawn.width > 4 * 150
    assert np.any(np.asarray(drawn) != np.asarray(other))
