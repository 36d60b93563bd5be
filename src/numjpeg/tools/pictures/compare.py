"""JPEG at its lower end: plain and restored, beside JPEG 2000 at the same size, and from parts of a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from numjpeg.decoder import decode
from numjpeg.encoder import encode
from numjpeg.metrics import psnr
from numjpeg.tools.pictures.panels import Panel, PanelRow, card, sheet
from numjpeg.tools.study.views import View, as_small, at_ratio, from_parts

Crop = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""

RESTORED_QUALITIES = (25, 10)
RATIO = 100.0
PARTS_RATIO = 20.0


def draw_restored(
    image: NDArray[np.uint8], crop: Crop, qualities: Sequence[int] = RESTORED_QUALITIES
) -> Image.Image:
    """Draw a part of a picture at low qualities, decoded plainly and with ``restore=True``.

    Parameters
    ----------
    image : uint8 ``(H, W, 3)``. crop : what is shown, three times enlarged. qualities : two panels each.
    """
    panels = []
    for quality in qualities:
        data = encode(image, quality)
        for restore in (False, True):
            decoded = decode(data, restore=restore)
            how = "restored" if restore else "plain"
            panels.append(_panel(image, View(f"quality {quality}, {how}", len(data), decoded), crop, 3))
    note = (
        "The same files: coefficients at the centroids of their intervals, the average of all 64 shifts of the "
        "grid, and never out of the interval that the file tells."
    )
    return card(PanelRow("restored", "Decoding with restore=True", note, panels))


def draw_at_ratio(image: NDArray[np.uint8], crop: Crop, ratio: float = RATIO) -> Image.Image:
    """Draw a part of a picture at one file size by JPEG in three ways, and by JPEG 2000.

    Parameters
    ----------
    image : uint8 ``(H, W, 3)``. crop : what is shown, twice enlarged. ratio : of compression; halved until JPEG
        can do it.
    """
    views, ratio = as_small(at_ratio, image, ratio)
    panels = [_panel(image, view, crop, 2) for view in views]
    plain, _, restored, wavelet = (psnr(image, view.picture) for view in views)
    note = (
        f"At {ratio:g}:1, {24 / ratio:.2f} bits per pixel, JPEG falls apart into blocks and JPEG 2000 stays "
        f"recognisable, {wavelet - plain:.1f} dB ahead. Tuning the file for PSNR and restoring it on decoding "
        f"gain {restored - plain:.1f} dB."
    )
    return card(PanelRow("ratio", f"JPEG and JPEG 2000 at {ratio:g}:1", note, panels))


def draw_parts(image: NDArray[np.uint8], crop: Crop, ratio: float = PARTS_RATIO) -> Image.Image:
    """Draw a part of a picture from the first 10, 25, 50 and 100 % of a file.

    Parameters
    ----------
    image : uint8 ``(H, W, 3)``. crop : what is shown, as it is. ratio : of compression of the whole files; halved
        until JPEG can do it.
    """
    (jpeg, wavelet), ratio = as_small(from_parts, image, ratio)

    def panels(views: Iterable[View]) -> list[Panel]:
        return [_panel(image, view, crop, 1) for view in views]

    return sheet(
        [
            PanelRow(
                "jpeg",
                "Progressive JPEG",
                f"The first bytes of a file of {ratio:g}:1, tuned for PSNR, with libjpeg's order of scans.",
                panels(jpeg),
            ),
            PanelRow(
                "jpeg2000",
                "JPEG 2000",
                "Quality layers: the first bytes are the best of that size.",
                panels(wavelet),
            ),
        ],
        1,
    )


def _panel(image: NDArray[np.uint8], view: View, crop: Crop, scale: int) -> Panel:
    left, top, right, bottom = crop
    part = view.picture[top:bottom, left:right]
    size = (scale * part.shape[1], scale * part.shape[0])
    enlarged = Image.fromarray(part).resize(size, Image.Resampling.NEAREST)
    return Panel(enlarged, f"{view.label}\n{view.bytes:,} bytes, {psnr(image, view.picture):.1f} dB")
