"""Slow, short, literal oracles, scalar by scalar, from the standard's text and libjpeg's documented arithmetic.

Nothing here imports numjpeg or NumPy; nothing in src imports this.
"""
