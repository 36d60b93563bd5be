"""Pictures of the codec at work, drawn with Pillow: those of ``pic/``, and those of any photograph's stages.

    python -m numjpeg.tools.pictures [DIRECTORY] [--photo FILE] [-f]

draws all of ``pic/`` anew; every run gives the same bytes. All numbers in them are the codec's own.
"""

from numjpeg.tools.pictures.gallery import draw_all, main, to_file
from numjpeg.tools.pictures.stage_sheets import stage_pictures

__all__ = ["draw_all", "main", "stage_pictures", "to_file"]
