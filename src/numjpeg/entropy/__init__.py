"""Scans, read and written literally: entropy-coded data <-> coefficients (T.81 Annexes F and G)."""
