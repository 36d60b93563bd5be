"""Forensics: traces of how a file or a picture was made. Each function names the paper that it follows."""

from numjpeg.forensics.bits import bits_per_block, bits_per_coefficient
from numjpeg.forensics.grid import GridOffset, grid_offset
from numjpeg.forensics.histograms import (
    FirstQuantization,
    double_quantization_map,
    first_quantization,
    frequency_histograms,
)
from numjpeg.forensics.recompression import as_picture, error_levels, jpeg_ghosts
from numjpeg.forensics.tables import FAMILIES, EncoderFamily, QualityEstimate, encoder_family, estimate_quality

__all__ = ["FAMILIES", "EncoderFamily", "FirstQuantization", "GridOffset", "QualityEstimate", "as_picture"]
__all__ += ["bits_per_block", "bits_per_coefficient", "double_quantization_map", "encoder_family", "error_levels"]
__all__ += ["estimate_quality", "first_quantization", "frequency_histograms", "grid_offset", "jpeg_ghosts"]
