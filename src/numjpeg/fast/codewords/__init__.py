"""Coefficients <-> entropy-coded bits, many code words at a time."""
