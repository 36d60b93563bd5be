"""Coefficients <-> bytes: the structure of a JPEG file (T.81 Annex B) and its entropy-coded data (Annex F)."""
