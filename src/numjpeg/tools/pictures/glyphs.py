"""The Chinese characters of the labels as small pictures, since not every machine has a font for them.

``glyphs.png`` shows :data:`CHARACTERS` in order, 16 in a row, black on white. It was drawn from Noto Sans CJK
SC (2014-2021 Adobe, SIL Open Font License 1.1: ``glyphs-OFL.txt``). To draw it anew, with other characters:

    python -c "from numjpeg.tools.pictures import glyphs; glyphs.draw_atlas('NotoSansCJK-Regular.ttc')"
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

CHARACTERS = (
    "上交亮从件低余信偏像入全内再准分到化原反变可合哈器回块垂夫失子字完左差平并度弦形息扫损换描"
    "散文曼有标样比水流游特率由电直码离移程空素编舍色表解误转还逆采量间频颜高"
)
SIDE, ROW = 64, 16  # pixels a side of a character; characters a row
_ATLAS = Path(__file__).with_name("glyphs.png")


@cache
def _atlas() -> Image.Image:
    with Image.open(_ATLAS) as image:
        return ImageChops.invert(image.convert("L"))


@cache
def glyph(character: str, side: int) -> Image.Image:
    """A character as a mask of mode L, 255 where there is ink; ValueError if it is not in :data:`CHARACTERS`."""
    y, x = divmod(CHARACTERS.index(character), ROW)
    box = (SIDE * x, SIDE * y, SIDE * (x + 1), SIDE * (y + 1))
    return _atlas().crop(box).resize((side, side), Image.Resampling.LANCZOS)


def draw_atlas(font_file: str) -> None:
    """Draw ``glyphs.png`` from a font collection whose third font is the one for simplified Chinese."""
    font = ImageFont.truetype(font_file, SIDE, index=2)
    image = Image.new("1", (ROW * SIDE, -(-len(CHARACTERS) // ROW) * SIDE), 1)
    for place, character in enumerate(CHARACTERS):
        y, x = divmod(place, ROW)
        baseline = SIDE * y + 0.88 * SIDE  # 0.12 em above the bottom
        ImageDraw.Draw(image).text((SIDE * x, baseline), character, 0, font, "ls")
    image.save(_ATLAS, optimize=True)
