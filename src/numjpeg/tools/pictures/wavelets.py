"""JPEG 2000 in pictures: sub-bands, bit-planes of a code-block, display by resolution and by quality."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from numjpeg import jpeg2000
from numjpeg.jpeg2000 import component_transform, wavelet
from numjpeg.metrics import psnr
from numjpeg.tools.pictures.panels import Panel, PanelRow, photo, sheet

SIDE = 150
BLOCK = 64


def draw_wavelets(samples: NDArray[np.uint8]) -> Image.Image:
    """A sheet of four rows for a photograph, uint8 ``(H, W, 3)``; all by the reversible wavelet."""
    red, green, blue = (samples[..., c].astype(np.int32) - 128 for c in range(3))
    brightness = component_transform.rct(red, green, blue)[0]
    ll, *details = wavelet.forward(brightness, 0, 0, True)
    names = ("HL: vertical edges", "LH: horizontal edges", "HH: diagonals")
    bands = [Panel(photo(_gray(ll + 128), SIDE), "LL: the picture at half its size")]
    bands += [Panel(photo(_gray(4 * d + 128), SIDE), f"{n} (x 4)") for n, d in zip(names, details, strict=True)]
    block = np.abs(details[0][:BLOCK, ll.shape[1] // 2 :][:, :BLOCK])
    top = int(block.max()).bit_length()
    planes = [
        Panel(photo(_gray((block >> plane & 1) * 255), SIDE), f"bit-plane {plane}")
        for plane in range(top - 1, top - 5, -1)
        if plane >= 0
    ]
    data = jpeg2000.encode(samples, layers=7, levels=3)
    sizes = [
        Panel(photo(part, SIDE), f"{part.shape[1]} x {part.shape[0]}")
        for part in (jpeg2000.decode(data, reduce=n) for n in (3, 2, 1, 0))
    ]
    layers = [
        Panel(photo(part, SIDE), f"{n} of 7 layers: {psnr(samples, part):.1f} dB")
        for n, part in ((n, jpeg2000.decode(data, layers=n)) for n in (1, 2, 4, 6))
    ]
    rows = [
        PanelRow("sub-bands", "Wavelet", "One step of the 5/3 wavelet splits the brightness into four.", bands),
        PanelRow("planes", "Bit-planes", "A code-block of HL, coded from its highest bit-plane down.", planes),
        PanelRow("resolution", "By resolution", "One file gives each size without decoding the rest.", sizes),
        PanelRow("quality", "By quality", "Each layer has as many bytes as all before it.", layers),
    ]
    return sheet(rows, 1)


def _gray(values: NDArray[np.int32]) -> NDArray[np.uint8]:
    return np.clip(values, 0, 255).astype(np.uint8)
