"""Plates that need no photograph."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_layers import STOREYS, storey

import numjpeg.restoration
from numjpeg.stages.quantization import CHROMINANCE, LUMINANCE
from numjpeg.stages.zigzag import SEQUENCE
from numjpeg.tools.pictures import diagrams
from numjpeg.tools.pictures.canvas import ORANGE, PALE_ORANGE, Canvas


def cell(picture: Image.Image, row: int, column: int) -> np.ndarray:
    """One cell of the grid of :func:`diagrams.draw_table`, without its border."""
    x, y = 60 + 72 * column, 136 + 72 * row
    return np.asarray(picture)[y + 3 : y + 69, x + 3 : x + 69]


def test_table_pictures_show_the_numbers() -> None:
    changed = LUMINANCE.copy()
    changed[3, 5] += 1
    before, after = diagrams.draw_table(LUMINANCE, "t"), diagrams.draw_table(changed, "t")
    differing = [(v, u) for v in range(8) for u in range(8) if (cell(before, v, u) != cell(after, v, u)).any()]
    assert differing == [(3, 5)]
    # Equal numbers look alike, wherever they stand; different ones do not.
    chrominance = diagrams.draw_table(CHROMINANCE, "t")
    assert (cell(chrominance, 0, 5) == cell(chrominance, 6, 2)).all()
    assert (cell(chrominance, 0, 1) == cell(chrominance, 1, 0)).all()
    assert (cell(chrominance, 0, 0) != cell(chrominance, 0, 1)).any()


def test_larger_steps_are_darker() -> None:
    picture = diagrams.draw_table(LUMINANCE, "t")
    shades = np.array([[cell(picture, v, u)[0, 0].sum() for u in range(8)] for v in range(8)], int)
    order = np.argsort(LUMINANCE.ravel(), kind="stable")
    assert (np.diff(shades.ravel()[order]) <= 0).all()


@pytest.mark.parametrize("table", [np.ones((8, 8)), np.ones((4, 4), int), np.ones(64, int)])
def test_table_of_another_kind(table: np.ndarray) -> None:
    with pytest.raises(ValueError, match="table"):
        diagrams.draw_table(table, "t")


def test_zigzag_follows_its_sequence() -> None:
    standard, transposed = (np.asarray(diagrams.draw_zigzag(s)) for s in (SEQUENCE, SEQUENCE.T))
    assert (standard != transposed).any()
    # The first stroke goes to the right, or else down.
    right, down = (slice(178, 187), slice(130, 170)), (slice(200, 240), slice(110, 119))
    orange = np.array(tuple(bytes.fromhex(ORANGE[1:])))
    for picture, place, other in ((standard, right, down), (transposed, down, right)):
        assert (picture[place] == orange).all(-1).any()
        assert not (picture[other] == orange).all(-1).any()


def test_the_house_has_every_room_above_what_it_may_import() -> None:
    names = [room.name for row in diagrams.ROOMS for room in row]
    assert sorted(names) == sorted(name for rooms in STOREYS for name in rooms if not name.startswith("__"))
    assert [storey(name) for name in names] == sorted(map(storey, names), reverse=True)


def test_the_floors_of_the_hourglass_name_modules_that_there_are() -> None:
    floors = [*diagrams._UPPER, *diagrams._LOWER]
    names = [name for floor in floors[1:-1] for name in floor.modules.split(", ")]
    for name in names:
        importlib.import_module(f"numjpeg.{name}")
    stages = {path.stem for path in Path(importlib.import_module("numjpeg.stages").__path__[0]).glob("[!_]*.py")}
    assert {f"stages.{name}" for name in stages} <= set(names)


def test_the_network_is_drawn_with_its_layers_and_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts: list[str] = []

    class Listening(Canvas):
        def text(self, at: tuple[float, float], text: str, *rest: object) -> None:
            texts.append(text)
            super().text(at, text, *rest)

    monkeypatch.setattr(diagrams, "Canvas", Listening)
    picture = np.asarray(diagrams.draw_autoencoder())
    assert picture.shape == (300, 770, 3)
    weights = np.load(numjpeg.restoration.__path__[0] + "/network.npz")
    assert (
        f"{sum(w.ndim == 4 for w in weights.values())} layers\n{sum(w.size for w in weights.values()):,} weights"
        in texts
    )
    orange = (picture == [int(PALE_ORANGE[i : i + 2], 16) for i in (1, 3, 5)]).all(-1)
    height = orange[44:100].sum(0)
    assert height[172] > height[290] + 20  # the encoder narrows
    assert height[592] > height[474] + 20  # the decoder widens
