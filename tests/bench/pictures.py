"""Pictures to measure on, of any size, made from the demo photograph and from what Pillow draws."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

PHOTOGRAPH = Path(__file__).parents[2] / "pic" / "astronaut.png"

SIZES = {
    "64x64": (64, 64),
    "128x128": (128, 128),
    "256x256": (256, 256),
    "512x512": (512, 512),
    "2 MP": (1224, 1632),
    "12 MP": (3000, 4000),
    "48 MP": (6000, 8000),
}
"""Height and width; the larger ones are those of cameras."""

WORDS = [
    "the",
    "of",
    "codec",
    "and",
    "bits",
    "in",
    "quantization",
    "to",
    "a",
    "table",
    "is",
    "sample",
    "block",
    "scan",
]


def photograph(height: int, width: int) -> np.ndarray:
    """The demo photograph, mirrored at its seams; the exposure drifts, so that no two tiles are the same."""
    tile = np.asarray(Image.open(PHOTOGRAPH).convert("RGB"))
    if height <= len(tile) and width <= len(tile):
        top, left = (len(tile) - height) // 4, (len(tile) - width) // 2
        return np.ascontiguousarray(tile[top : top + height, left : left + width])
    picture = np.empty((height, width, 3), np.uint8)
    both = np.concatenate([tile, tile[:, ::-1]], axis=1)
    for top in range(0, height, len(tile)):
        row = both[::-1] if top // len(tile) % 2 else both
        rows = min(len(tile), height - top)
        band = np.tile(row[:rows], (1, -(-width // both.shape[1]), 1))[:, :width]
        exposure = 0.85 + 0.13 * np.sin(np.arange(width) / 2311 + top / 1777)
        picture[top : top + rows] = np.round(band * exposure[:, np.newaxis])
    return picture


def screenshot(height: int, width: int) -> np.ndarray:
    """Windows with titles, text, buttons and a soft shade, as on a screen."""
    chance = random.Random(1)
    page = Image.new("RGB", (width, height), (58, 110, 165))
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default()
    for _ in range(max(3, height * width // 150_000)):
        w, h = chance.randint(160, 640), chance.randint(120, 480)
        x, y = chance.randint(-40, max(0, width - 100)), chance.randint(-20, max(0, height - 80))
        draw.rectangle((x, y, x + w, y + h), fill=(250, 250, 250), outline=(90, 90, 90))
        for i in range(22):
            draw.line((x + 1, y + 1 + i, x + w - 1, y + 1 + i), fill=(30 + 3 * i, 60 + 3 * i, 140 + 3 * i))
        draw.text((x + 6, y + 6), " ".join(chance.choices(WORDS, k=4)), fill="white", font=font)
        for line in range((h - 70) // 14):
            words = " ".join(chance.choices(WORDS, k=chance.randint(3, max(4, w // 45))))
            draw.text((x + 8, y + 30 + 14 * line), words[: w // 7], fill=(20, 20, 20), font=font)
        button = (x + w - 80, y + h - 30, x + w - 10, y + h - 8)
        draw.rectangle(button, fill=(225, 225, 225), outline=(120, 120, 120))
        draw.text((x + w - 58, y + h - 25), "OK", fill="black", font=font)
    return np.asarray(page)


def text(height: int, width: int) -> np.ndarray:
    """A page of print, black on white."""
    chance = random.Random(2)
    page = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default()
    for y in range(20, height - 20, 15):
        line = " ".join(chance.choices(WORDS, k=width // 20 + 1))
        draw.text((30, y), line[: max(1, (width - 60) // 6)], fill="black", font=font)
    return np.asarray(page)


def flat(height: int, width: int) -> np.ndarray:
    """One colour."""
    return np.full((height, width, 3), (200, 120, 40), np.uint8)


def tiles(height: int, width: int) -> np.ndarray:
    """A tile of 32x32 over and over."""
    tile = photograph(64, 64)[:32, :32]
    return np.ascontiguousarray(np.tile(tile, (-(-height // 32), -(-width // 32), 1))[:height, :width])


KINDS = {function.__name__: function for function in (photograph, screenshot, text, flat, tiles)}


def make(kind: str, size: str) -> np.ndarray:
    """A picture by the names of its kind and size, uint8 ``(H, W, 3)``."""
    return KINDS[kind](*SIZES[size])


def crops(side: int, count: int) -> list[np.ndarray]:
    """Squares from all over a photograph, as a data set of thumbnails has them."""
    whole = photograph(*SIZES["2 MP"])
    random = np.random.default_rng(side)
    places = random.integers(0, [len(whole) - side, whole.shape[1] - side], (count, 2)).tolist()
    return [whole[y : y + side, x : x + side].copy() for y, x in places]


def own(folder: Path) -> dict[str, np.ndarray]:
    """The pictures of a folder that Pillow can open."""
    found = {}
    for path in sorted(folder.iterdir()):
        try:
            found[path.name] = np.asarray(Image.open(path).convert("RGB"))
        except OSError:
            continue
    return found
