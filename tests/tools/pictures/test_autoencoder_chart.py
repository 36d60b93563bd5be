"""The picture of the network shows its own numbers."""

from __future__ import annotations

import numpy as np
import pytest

from numjpeg.tools import pictures
from numjpeg.tools.pictures import autoencoder_chart
from numjpeg.tools.pictures.canvas import PALE_ORANGE, Canvas


def test_it_names_the_layers_and_weights_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []

    class Listening(Canvas):
        def text(self, at: tuple[float, float], text: str, *rest: object) -> None:
            texts.append(text)
            super().text(at, text, *rest)

    monkeypatch.setattr(autoencoder_chart, "Canvas", Listening)
    picture = np.asarray(pictures.draw_autoencoder())
    assert picture.shape == (300, 770, 3)
    weights = np.load(pictures.__path__[0] + "/../../restoration/network.npz")
    assert (
        f"{sum(w.ndim == 4 for w in weights.values())} layers\n{sum(w.size for w in weights.values()):,} weights"
        in texts
    )
    orange = (picture == [int(PALE_ORANGE[i : i + 2], 16) for i in (1, 3, 5)]).all(-1)
    height = orange[44:100].sum(0)
    assert height[172] > height[290] + 20  # the encoder narrows
    assert height[592] > height[474] + 20  # the decoder widens
