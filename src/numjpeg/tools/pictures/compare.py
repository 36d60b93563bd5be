"""A photograph coded in different ways, side by side: at low rates, restored, with importance, by JPEG 2000.

Pictures are uint8 ``(H, W, 3)``. A part of a picture is given as (left, top, right, bottom), in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from numjpeg import jpeg2000
from numjpeg.coefficient_files.reader import read_coefficients
from numjpeg.decoder import decode
from numjpeg.encoder import encode
from numjpeg.forensics import bits_per_block
from numjpeg.jpeg2000 import component_transform, wavelet
from numjpeg.metrics import psnr
from numjpeg.stages.huffman import STANDARD_TABLES
from numjpeg.tools.pictures.canvas import GRAYS, colored
from numjpeg.tools.pictures.panels import Panel, PanelRow, card, heat, photo, sheet
from numjpeg.tools.study.views import DecodedPicture, at_ratio, at_reachable, from_parts

Crop = tuple[int, int, int, int]

IMPORTANCE = 16  # weight of errors in the important part; it is 1 elsewhere
IMPORTANCE_QUALITY = 40


def draw_blocking(image: NDArray[np.uint8], crop: Crop, qualities: Sequence[int] = (75, 25, 10, 5)) -> Image.Image:
    """Draw a part of a picture at low rates, three times enlarged, each sample a square."""
    panels = []
    for quality in qualities:
        data = encode(image, quality, subsampling="4:2:0")
        decoded, rate = decode(data), 8 * len(data) / (image.shape[0] * image.shape[1])
        label = f"quality {quality}\n{rate:.2f} bits per pixel, {psnr(image, decoded):.1f} dB"
        panels.append(Panel(_part(decoded, crop, 3), label))
    note = (
        "Each block is coded for itself; where the rate is low its frequencies go to zero one by one, and borders "
        "between blocks show. 4:2:0, rate and PSNR of the whole picture."
    )
    return card(PanelRow("blocking", "Blocking at low rates", note, panels))


def draw_restored(image: NDArray[np.uint8], crop: Crop, qualities: Sequence[int] = (25, 10)) -> Image.Image:
    """Draw a part of a picture at low qualities, plain and with ``restore=True``, three times enlarged."""
    panels = []
    for quality in qualities:
        data = encode(image, quality)
        for how in ("plain", "restored"):
            decoded = decode(data, restore=how == "restored")
            panels.append(_panel(image, DecodedPicture(f"quality {quality}, {how}", len(data), decoded), crop, 3))
    note = (
        "The same files: coefficients at the centroids of their intervals, the average of all 64 shifts of the "
        "grid, and never out of the interval that the file tells."
    )
    return card(PanelRow("restored", "Decoding with restore=True", note, panels))


def draw_at_ratio(image: NDArray[np.uint8], crop: Crop, ratio: float = 100.0) -> Image.Image:
    """Draw a part of a picture, twice enlarged: three times by JPEG and once by JPEG 2000, at equal file size.

    The compression ratio is halved until JPEG reaches it.
    """
    views, ratio = at_reachable(at_ratio, image, ratio)
    panels = [_panel(image, view, crop, 2) for view in views]
    plain, _, restored, wavelets = (psnr(image, view.picture) for view in views)
    note = (
        f"At {ratio:g}:1, {24 / ratio:.2f} bits per pixel, JPEG falls apart into blocks and JPEG 2000 stays "
        f"recognisable, {wavelets - plain:.1f} dB ahead. Tuning the file for PSNR and restoring it on decoding "
        f"gain {restored - plain:.1f} dB."
    )
    return card(PanelRow("ratio", f"JPEG and JPEG 2000 at {ratio:g}:1", note, panels))


def draw_parts(image: NDArray[np.uint8], crop: Crop, ratio: float = 20.0) -> Image.Image:
    """Draw a part of a picture from the first 10, 25, 50 and 100 % of a file.

    ``ratio`` is the compression ratio of the whole files; it is halved until JPEG reaches it.
    """
    views, ratio = at_reachable(from_parts, image, ratio)
    jpeg, layered = ([_panel(image, view, crop, 1) for view in of_format] for of_format in views)
    note = f"The first bytes of a file of {ratio:g}:1, tuned for PSNR, with libjpeg's order of scans."
    layers = "Quality layers: the first bytes are the best of that size."
    return sheet(
        [PanelRow("jpeg", "Progressive JPEG", note, jpeg), PanelRow("jpeg2000", "JPEG 2000", layers, layered)]
    )


def draw_importance(image: NDArray[np.uint8], inside: Crop) -> Image.Image:
    """Draw a picture, its important part, and how many bits each luma block takes without and with importance."""
    left, top, right, bottom = inside
    where = np.zeros(image.shape[:2], bool)
    where[top:bottom, left:right] = True
    importance = np.where(where, float(IMPORTANCE), 1.0)
    plain = encode(image, IMPORTANCE_QUALITY, tune="psnr")
    mapped = encode(image, tune="psnr", importance=importance, target_bytes=len(plain))
    files = {"everything alike": plain, f"the face {IMPORTANCE} times": mapped}
    bits = [bits_per_block(read_coefficients(data), STANDARD_TABLES)[0] for data in files.values()]
    high = int(np.percentile(bits, 99))
    side = 256
    panels = [
        Panel(photo(image, side), "the picture"),
        Panel(photo(colored(importance, 0, IMPORTANCE, GRAYS), side), "importance"),
    ]
    for (name, data), grid in zip(files.items(), bits, strict=True):
        decoded = decode(data)
        decibels = [psnr(image[part], decoded[part]) for part in (where, ~where)]
        label = f"{name}: {len(data):,} bytes\n{decibels[0]:.1f} dB inside, {decibels[1]:.1f} outside"
        panels.append(heat(np.minimum(grid, high), side, high, label))
    note = (
        "One file has one quantization table, but the encoder decides for each block which coefficients are worth "
        "their bits. Bits of each luma block at equal file size."
    )
    return card(PanelRow("importance", "Different regions, different coarseness", note, panels))


def draw_wavelets(image: NDArray[np.uint8]) -> Image.Image:
    """Draw JPEG 2000 with the reversible wavelet: its sub-bands, bit-planes, resolutions and layers."""
    red, green, blue = (image[..., c].astype(np.int32) - 128 for c in range(3))
    ll, *details = wavelet.forward(component_transform.rct(red, green, blue)[0], 0, 0, True)
    names = ("HL: vertical edges", "LH: horizontal edges", "HH: diagonals")
    bands = [_gray(ll + 128, "LL: the picture at half its size")]
    bands += [_gray(4 * d + 128, f"{name} (x 4)") for name, d in zip(names, details, strict=True)]
    block = np.abs(details[0][:64, ll.shape[1] // 2 :][:, :64])
    top = int(block.max()).bit_length()
    planes = [_gray((block >> n & 1) * 255, f"bit-plane {n}") for n in range(top - 1, max(top - 5, -1), -1)]
    data = jpeg2000.encode(image, layers=7, levels=3)
    sizes, layers = [], []
    for n in (3, 2, 1, 0):
        part = jpeg2000.decode(data, reduce=n)
        sizes.append(Panel(photo(part, 150), f"{part.shape[1]} x {part.shape[0]}"))
    for n in (1, 2, 4, 6):
        part = jpeg2000.decode(data, layers=n)
        layers.append(Panel(photo(part, 150), f"{n} of 7 layers: {psnr(image, part):.1f} dB"))
    rows = [
        PanelRow("sub-bands", "Wavelet", "One step of the 5/3 wavelet splits the brightness into four.", bands),
        PanelRow("planes", "Bit-planes", "A code-block of HL, coded from its highest bit-plane down.", planes),
        PanelRow("resolution", "By resolution", "One file gives each size without decoding the rest.", sizes),
        PanelRow("quality", "By quality", "Each layer has as many bytes as all before it.", layers),
    ]
    return sheet(rows)


def _gray(values: NDArray[np.int32], label: str) -> Panel:
    return Panel(photo(np.clip(values, 0, 255).astype(np.uint8), 150), label)


def _panel(image: NDArray[np.uint8], view: DecodedPicture, crop: Crop, scale: int) -> Panel:
    label = f"{view.label}\n{view.bytes:,} bytes, {psnr(image, view.picture):.1f} dB"
    return Panel(_part(view.picture, crop, scale), label)


def _part(picture: NDArray[np.uint8], crop: Crop, scale: int) -> Image.Image:
    left, top, right, bottom = crop
    part = picture[top:bottom, left:right]
    return photo(part, scale * max(part.shape[:2]))
