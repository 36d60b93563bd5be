"""A.3.4 in exact rational arithmetic."""

from fractions import Fraction
from math import floor


def quantize(coefficient: Fraction, q: int) -> int:
    """The quotient's nearest integer, halves away from zero."""
    quotient = Fraction(coefficient) / q
    nearest = floor(abs(quotient) + Fraction(1, 2))
    return nearest if quotient >= 0 else -nearest


def scale(entry: int, quality: int) -> int:
    """libjpeg's quality: a percentage in whole numbers, then a clamp to 1 .. 255."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return min(max((entry * percent + 50) // 100, 1), 255)
