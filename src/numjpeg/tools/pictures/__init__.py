"""Pictures of the codec at work, drawn with Pillow: those of ``pic/``, and those of any photograph's stages.

    python -m numjpeg.tools.pictures [DIRECTORY] [--photo FILE]

draws all of ``pic/`` anew; every run gives the same bytes. All numbers in them are the codec's own.
"""

from numjpeg.forensics import bits_per_block
from numjpeg.tools.pictures.autoencoder_chart import draw_autoencoder
from numjpeg.tools.pictures.canvas import BLUE, ORANGE
from numjpeg.tools.pictures.charts import FACE, RatePoint, draw_blocking, draw_rate_distortion, rate_distortion
from numjpeg.tools.pictures.diagrams import draw_hourglass, draw_pipeline, draw_table, draw_zigzag
from numjpeg.tools.pictures.gallery import PHOTO, draw_all, main, to_file
from numjpeg.tools.pictures.journey import Journey, travel
from numjpeg.tools.pictures.lane_chart import draw_lanes
from numjpeg.tools.pictures.regions import draw_importance
from numjpeg.tools.pictures.stage_sheets import draw_stages, stage_pictures

__all__ = [
    "BLUE",
    "FACE",
    "ORANGE",
    "PHOTO",
    "Journey",
    "RatePoint",
    "bits_per_block",
    "draw_all",
    "draw_autoencoder",
    "draw_blocking",
    "draw_hourglass",
    "draw_importance",
    "draw_lanes",
    "draw_pipeline",
    "draw_rate_distortion",
    "draw_stages",
    "draw_table",
    "draw_zigzag",
    "main",
    "rate_distortion",
    "stage_pictures",
    "to_file",
    "travel",
]
