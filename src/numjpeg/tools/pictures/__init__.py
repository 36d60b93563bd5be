"""Pictures of the codec at work, drawn with Pillow: all of ``pic/``, and the stages of any photograph.

    python -m numjpeg.tools.pictures [DIRECTORY] [--photo FILE] [-f]

draws all of ``pic/``; ``-f`` replaces the files that are there. The codec computes all numbers in the pictures.
"""

from numjpeg.tools.pictures.gallery import draw_all, main, to_file
from numjpeg.tools.pictures.stage_sheets import stage_pictures

__all__ = ["draw_all", "main", "stage_pictures", "to_file"]
