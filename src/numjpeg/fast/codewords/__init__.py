"""Coefficients <-> entropy-coded data, many code words at a time."""
